"""How symbols are called on paper: free letters for fresh names, Greek letters, LaTeX names.

Promise: within one term two different symbols never get the same name, and a name that the author
wrote is kept wherever nothing else claims it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from derive.core.sort import Scalar
from derive.core.term import Sym

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ϵ", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
}

LATEX = {
    **{name: "\\" + name for name in GREEK if name != "eps"},
    **{glyph: "\\" + name for name, glyph in GREEK.items() if name != "eps"},
    "epsilon": "\\varepsilon", "ε": "\\varepsilon", "eps": "\\epsilon", "ϵ": "\\epsilon",
}

_INDEX_LETTERS = ("i", "j", "k", "l", "m", "n", "r", "s", "t", "a", "b", "c", "d")


@dataclass(frozen=True, slots=True)
class Names:
    """What each symbol in sight is called; `avoid` holds the names that are taken."""

    given: Mapping[Sym, str]
    avoid: frozenset[str]

    def of(self, symbol: Sym) -> str:
        """The name of a symbol."""
        return self.given.get(symbol, symbol.name.replace("~", "_"))

    def bind(self, symbol: Sym) -> tuple[Names, str]:
        """The names inside a binder of `symbol`, and what it is called there."""
        name = free_name(symbol, self.avoid)
        return Names({**self.given, symbol: name}, self.avoid | {name}), name

    def alias(self, symbol: Sym, name: str) -> Names:
        """The names where `symbol` is called like another one that does not occur."""
        return Names({**self.given, symbol: name}, self.avoid | {name})


def names_for(symbols: Iterable[Sym]) -> Names:
    """Names for the free symbols of a term: those without `~` first, so that they keep theirs."""
    ordered = sorted(symbols, key=lambda s: ("~" in s.name, s.name, str(s.sort)))
    names = Names({}, frozenset())
    for symbol in ordered:
        names, _ = names.bind(symbol)
    return names


def free_name(symbol: Sym, avoid: frozenset[str]) -> str:
    """The symbol's own name if it is free, else another index letter, else a primed one."""
    stem = symbol.name.split("~")[0] or "x"
    if stem not in avoid:
        return stem
    if symbol.sort is Scalar.INTEGER:
        for letter in _INDEX_LETTERS:
            if letter not in avoid:
                return letter
    name = stem + "'"
    while name in avoid:
        name += "'"
    return name


def unicode_name(name: str) -> str:
    """The name with a Greek word as its letter; primes and what follows are kept."""
    stem = name.rstrip("'")
    return GREEK.get(stem, stem) + name[len(stem) :]


def latex_name(name: str) -> str:
    """The name in LaTeX: Greek words, `W1` as W_1, `x_hat` with a subscript, primes."""
    stem = name.rstrip("'")
    primes = name[len(stem) :]
    head, _, tail = stem.partition("_")
    if not tail and not head.isdigit():
        bare = head.rstrip("0123456789")
        head, tail = bare, head[len(bare) :]
    shown = LATEX.get(head, head if len(head) == 1 else f"\\mathrm{{{_escape(head)}}}")
    if tail:
        shown += f"_{{{LATEX.get(tail, _latex_tail(tail))}}}"
    return shown + primes


def _latex_tail(tail: str) -> str:
    return tail if len(tail) == 1 or tail.isdigit() else f"\\mathrm{{{_escape(tail)}}}"


def _escape(text: str) -> str:
    return text.replace("_", "\\_")
