"""The words of the language: sorts, words that lead a line, spellings of operators, letters and
glyphs.

Promise: `canonical` and `glyph` are inverse on every name that `canonical` returns.
"""

from __future__ import annotations

from derive.core.naming import GREEK

SORTS = frozenset(
    (
        *(
            "real",
            "positive",
            "nonnegative",
            "negative",
            "nonzero",
            "integer",
            "natural",
            "complex",
            "bool",
        ),
        *(
            "probability",
            "dim",
            "index",
            "symmetric",
            "posdef",
            "psd",
            "diagonal",
            "orthogonal",
            "unitary",
        ),
        *("hermitian", "density", "invertible", "stochastic", "simplex", "random"),
    )
)

# What people write for a sort in other languages, and what to write here.
FOREIGN_SORTS = {
    "int": "integer", "nat": "natural", "float": "real", "scalar": "real", "number": "real",
    "vector": "real[n]", "vec": "real[n]", "matrix": "real[m, n]", "mat": "real[m, n]",
    "boolean": "bool", "prob": "probability", "spd": "posdef[n]", "pos": "positive", "sym": "symmetric[n]",
    "reals": "real", "integers": "integer", "naturals": "natural", "size": "dim", "dimension": "dim",
}  # fmt: skip

LAYOUTS = ("denominator", "numerator")  # of gradients by a matrix; the first is the one of a file that says none
HEADINGS = ("title", "source", "author", "tags", "use", "language", "layout")
SECTIONS = ("given", "define")
THEOREMS = ("theorem", "lemma", "corollary")
PROOF_MARKS = ("proof", "qed")
BLOCKS = ("split", "case", "end", "induction", "strong", "base", "step", "suppose")
PROOF_WORDS = ("let", "have", "conclude", "contradiction", "admit")

# Words that make a line alone, and the kinds of token that may follow each of the others.
ALONE = frozenset(("given", "define", "proof", "qed", "split", "end"))
_OPERAND = frozenset(("NAME", "NUMBER", "NOT"))
_CLAIM = _OPERAND | {"LPAR", "MINUS", "FOR", "IF", "LSQB", "LBRACE", "BAR"}
FOLLOWERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("title", "source", "author"), frozenset(("STRING",))),
    **dict.fromkeys(("tags", "use", "layout"), frozenset(("NAME", "STRING", "NUMBER"))),
    "language": frozenset(("NUMBER",)),
    **dict.fromkeys(THEOREMS, frozenset(("NAME", "COLON"))),
    **dict.fromkeys(("have", "suppose"), _CLAIM),
    "case": _CLAIM | {"OTHERWISE"},
    **dict.fromkeys(("base", "step"), _OPERAND),
    "let": frozenset(("NAME",)),
    **dict.fromkeys(("induction", "strong"), frozenset(("NAME",))),
    "conclude": frozenset(("BY", "")),
    "contradiction": frozenset(("BY", "")),
    "admit": frozenset(("STRING", "")),
}
LEADERS = (*HEADINGS, *SECTIONS, *THEOREMS, *PROOF_MARKS, *BLOCKS, *PROOF_WORDS)
OPENING = frozenset((*HEADINGS, *SECTIONS, *THEOREMS, *PROOF_MARKS))

OPERATORS = {
    "−": "-", "·": "*", "⋅": "*", "×": "*", "⊙": ".*", "**": "^", "≤": "<=", "≥": ">=", "≠": "!=",
    "⇔": "<=>", "⟺": "<=>", "⇒": "=>", "⟹": "=>", "ᵀ": ".T", "ᴴ": ".H",
}  # fmt: skip
OPERATOR_GLYPHS = {
    "-": "−", "*": "·", ".*": "⊙", "<=": "≤", ">=": "≥", "!=": "≠", "<=>": "⇔", "=>": "⇒",
    ".T": "ᵀ", ".H": "ᴴ", "->": "→", "in": "∈", "and": "∧", "or": "∨", "not": "¬",
}  # fmt: skip

_LETTERS = {glyph: word for word, glyph in GREEK.items()} | {"π": "pi"}
_LETTER_GLYPHS = GREEK | {"pi": "π"}
_SYMBOLS = {"∑": "sum", "∏": "prod", "∫": "int", "∇": "grad", "√": "sqrt", "∞": "inf"}
_SYMBOL_GLYPHS = {word: glyph for glyph, word in _SYMBOLS.items()}
LOOKALIKES = {"µ": "μ", "∆": "Δ"}
_LOOKALIKES = str.maketrans(LOOKALIKES)

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TO_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def canonical(name: str) -> str:
    """The one spelling of a name: `σ_1` is `sigma_1`, `∑` is `sum`; other letters stay."""
    if name.isascii():
        return name
    name = name.translate(_LOOKALIKES)
    return _SYMBOLS.get(name) or _by_segment(name, _LETTERS)


def glyph(name: str, symbols: bool = True) -> str:
    """The name in Greek letters, and with `symbols` in signs such as ∑ where it is one."""
    if symbols and name in _SYMBOL_GLYPHS:
        return _SYMBOL_GLYPHS[name]
    return _by_segment(name, _LETTER_GLYPHS)


def _by_segment(name: str, table: dict[str, str]) -> str:
    mark = "∂" if name.startswith("∂") else ""
    return mark + "_".join(_segment(part, table) for part in name[len(mark) :].split("_"))


def _segment(part: str, table: dict[str, str]) -> str:
    stem = part.rstrip("0123456789'")
    return table.get(stem, stem) + part[len(stem) :]


def from_superscript(text: str) -> str:
    """`⁻¹` is `-1`."""
    return text.translate(_SUPERSCRIPTS)


def to_superscript(digits: str) -> str:
    """`12` is `¹²`."""
    return digits.translate(_TO_SUPERSCRIPT)


def distance(left: str, right: str) -> int:
    """How many letters to insert, delete, change or swap with a neighbour (Damerau and Levenshtein)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def nearest(word: str, words: tuple[str, ...] | frozenset[str]) -> str | None:
    """The word that `word` is a slip for: one letter off, or two when it is long; None when none is."""
    if not 3 <= len(word) <= 20:
        return None
    lowered = word.lower()
    ranked = sorted(
        (distance(lowered, other), other) for other in words if abs(len(other) - len(word)) < 3
    )
    allowed = 1 if len(word) <= 4 else 2
    return ranked[0][1] if ranked and ranked[0][0] <= allowed else None
