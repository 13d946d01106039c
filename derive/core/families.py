"""Families of random variables: one variable at every value of its law's parameters.

Promise: `X~Normal(a, b, w)` is the quantile of Normal(a, b) at the level that X takes at w, drawn uniformly where X
has a mass. So it has this law for all parameters in range, is X at the parameters of X, and is independent of
whatever X is independent of (Williams, Probability with Martingales, 3.12). The derivative of an expectation by a
parameter of a law is that of the expectation of the family.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.laws import LAWS
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, OUTCOME, Function, Sort
from derive.core.term import App, Sym, Term, subterms


@dataclass(frozen=True, slots=True)
class Family:
    """A member of a family at a sample point: `name[indices]`, its law, the point."""

    name: str
    indices: tuple[Term, ...]
    law: App
    point: Term

    @property
    def origin(self) -> tuple[str, tuple[Term, ...]]:
        """The name of the variable, and the entry of it."""
        return self.name, self.indices


def member(variable: Sym, indices: tuple[Term, ...], law: App, point: Term) -> Term:
    """The variable, or its entry, as it would be under a law."""
    sorts: tuple[Sort, ...] = (*(INTEGER for _ in indices), *map(sort_of, law.args), OUTCOME)
    symbol = Sym(f"{variable.name}~{law.op}", Function(sorts, LAWS[law.op].outcome))
    return App("apply", (symbol, *indices, *law.args, point))


def is_family(symbol: Sym) -> bool:
    """Is it the symbol of a family?"""
    sort = symbol.sort
    return (
        isinstance(sort, Function) and len(sort.args) > 1 and sort.args[-1] is OUTCOME
        and symbol.name.rpartition("~")[2] in LAWS
    )


def family_of(term: Term) -> Family | None:
    """The parts of a member of a family; None for another term."""
    match term:
        case App("apply", (Sym() as symbol, *args, point)) if args and is_family(symbol):
            name, _, op = symbol.name.rpartition("~")
            count = len(args) - len(LAWS[op].parameters)
            return Family(name, tuple(args[:count]), App(op, tuple(args[count:])), point)
    return None


def members(term: Term) -> tuple[Term, ...]:
    """The members of families in a term, each once, in order."""
    return tuple(dict.fromkeys(t for t in subterms(term) if family_of(t) is not None))


def entry_of(term: Term, point: Sym) -> tuple[str, tuple[Term, ...]] | None:
    """The name and the indices of a random variable, of an entry of one, or of a member of a family, at a point."""
    found = family_of(term)
    if found is not None:
        return found.origin if found.point == point else None
    match term:
        case App("apply", (Sym(name), p)) if p == point:
            return name, ()
        case App("index", (App("apply", (Sym(name), p)), *at)) if p == point:
            return name, tuple(at)
    return None
