"""Mistakes of syntax: what a parse error is called in the reader's words.

Promise: a message names what was expected and what was found, never a terminal of the grammar; the
hints in `grammar/mistakes/` are read only when something went wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from derive.diagnostic import Diagnostic, Label, Severity
from derive.syntax import words
from derive.syntax.folders import grammar_folder
from derive.text import Span

if TYPE_CHECKING:
    from lark import Token


class Mistake(Exception):  # noqa: N818 (it carries a diagnostic, it is not an error of ours)
    """A diagnostic on its way out of the parser; it never leaves `derive/syntax`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def syntax_error(
    message: str,
    span: Span,
    hint: str | None = None,
    notes: tuple[str, ...] = (),
    labels: tuple[Label, ...] = (),
    code: str = "syntax",
) -> Diagnostic:
    """A diagnostic with the code `syntax`, or a more particular one."""
    return Diagnostic(code, Severity.ERROR, message, span, labels, notes, hint)


def mistake(
    message: str, span: Span, hint: str | None = None, notes: tuple[str, ...] = ()
) -> Mistake:
    """The same as an exception."""
    return Mistake(syntax_error(message, span, hint, notes))


@dataclass(frozen=True, slots=True)
class Slip:
    """One file of `grammar/mistakes/`: where a common slip shows, and what to say of it."""

    name: str
    after: frozenset[str]
    at: frozenset[str]
    after_text: str
    at_text: str
    expecting: str
    adjacent: bool
    message: str
    hint: str
    notes: tuple[str, ...]
    example: str

    @property
    def weight(self) -> int:
        """How particular it is: the conditions that it makes."""
        return sum(
            map(
                bool,
                (self.after, self.at, self.after_text, self.at_text, self.expecting, self.adjacent),
            )
        )


@cache
def slips() -> tuple[Slip, ...]:
    """The known slips, the most particular first."""
    found = []
    for file in sorted((grammar_folder() / "mistakes").glob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        found.append(
            Slip(
                file.stem,
                frozenset(data.get("after", ())),
                frozenset(data.get("at", ())),
                data.get("after_text", ""),
                data.get("at_text", ""),
                data.get("expecting", ""),
                data.get("adjacent", False),
                data["message"],
                data["hint"],
                tuple(data.get("notes", ())),
                data["example"],
            )
        )
    return tuple(sorted(found, key=lambda slip: (-slip.weight, slip.name)))


def explain(tokens: Sequence[Token], index: int, accepts: frozenset[str], end: Span) -> Diagnostic:
    """What to say when the parser, accepting `accepts`, meets `tokens[index]` (or the end of the line)."""
    before = tokens[index - 1] if index else None
    at = tokens[index] if index < len(tokens) else None
    span = end if at is None else Span(at.start_pos or 0, at.end_pos or 0)
    if at is not None and at.type == "NAME" and "SORT" in accepts and str(at) not in words.SORTS:
        return unknown_sort(str(at), span)
    slip = next((s for s in slips() if _fits(s, before, at, accepts)), None)
    if slip is not None:
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        shown = {"before": str(before or ""), "at": str(at or ""), "next": str(after or "")}
        if before is not None and slip.after:
            span = Span(before.start_pos or 0, span.end)
        fill = _filler(shown)
        return syntax_error(fill(slip.message), span, fill(slip.hint), tuple(map(fill, slip.notes)))
    found = "the line ends here" if at is None else f"found {_found(at)}"
    return syntax_error(f"expected {_expected(accepts, tokens[:index])}; {found}", span)


def unknown_sort(word: str, span: Span) -> Diagnostic:
    """A word where a sort must stand."""
    near = words.FOREIGN_SORTS.get(word.lower()) or words.nearest(word, words.SORTS)
    guess = f"; did you mean `{near}`?" if near else ""
    return syntax_error(
        f"unknown sort `{word}`{guess}",
        span,
        f"write `{near}`"
        if near
        else "sorts are words such as `real`, `positive`, `real[n]`, `index[n]`, `dim`",
        code="unknown-sort",
    )


def _filler(shown: dict[str, str]) -> Callable[[str], str]:
    def fill(text: str) -> str:
        for key, value in shown.items():
            text = text.replace("{" + key + "}", value)
        return text

    return fill


def _touch(before: Token | None, at: Token | None) -> bool:
    return before is not None and at is not None and before.end_pos == at.start_pos


def _fits(slip: Slip, before: Token | None, at: Token | None, accepts: frozenset[str]) -> bool:
    kind = "END" if at is None else at.type
    previous = "START" if before is None else before.type
    return (
        (not slip.after or previous in slip.after)
        and (not slip.at or kind in slip.at)
        and (not slip.adjacent or _touch(before, at))
        and (not slip.expecting or slip.expecting in accepts)
        and (not slip.after_text or re.fullmatch(slip.after_text, str(before or "")) is not None)
        and (not slip.at_text or re.fullmatch(slip.at_text, str(at or "")) is not None)
    )


_PHRASES = {
    "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "COMMA": "`,`", "COLON": "`:`", "DEFINE": "`:=`",
    "EQ": "a relation such as `=`", "BY": "`by` with a reason", "THEN": "`then`", "ELSE": "`else`",
    "SORT": "a sort such as `real`", "$END": "the end of the line", "STRING": 'a text in quotes `"..."`',
    "WITH": "`with`", "BAR": "`|`", "IN": "`in`", "TILDE": "`~`", "LPAR": "`(`", "LSQB": "`[`",
}  # fmt: skip
_OPERAND = frozenset(("NAME", "NUMBER", "LPAR"))
_ORDER = tuple(_PHRASES)


def _expected(accepts: frozenset[str], before: Sequence[Token]) -> str:
    parts: list[str] = []
    if accepts >= _OPERAND:
        parts.append("an expression")
        accepts = accepts & {"RPAR", "RSQB", "RBRACE", "SORT"}
    elif "NAME" in accepts:
        parts.append("a name")
    if "PLUS" in accepts:
        parts.append("an operator such as `+` or `*`")
        accepts = accepts - {"LPAR", "LSQB", "TILDE", "IN", "COMMA", "BAR", "WITH"}
    parts += [_PHRASES[kind] for kind in _ORDER if kind in accepts]
    parts = parts or ["something else"]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]


def _found(token: Token) -> str:
    text = str(token)
    if token.type == "LEAD":
        return "a line that a relation leads"
    if token.type == "OTHER" and not text.isprintable():
        return f"the character U+{ord(text[0]):04X}"
    if token.type.isalpha() and text.isalpha() and token.type not in ("NAME", "SORT"):
        return f"the word `{text}`"
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"
