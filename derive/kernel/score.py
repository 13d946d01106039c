"""The derivative of an expectation: that of what stands under E, plus the score of each law that moves.

Promise: where the derivative may be taken under E (`interchange.py` says when), the value is right: the density of
an independent family is the product of its densities, and the slope of a density is the density times that of its
logarithm (Casella and Berger, Statistical Inference, section 7.3; Williams, REINFORCE, Machine Learning 8, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.chance import MEASURE
from derive.core.families import family_of, members
from derive.core.laws import LAWS
from derive.core.term import ZERO, Bind, Sym, Term, add, free_symbols, map_children


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands under E with names for the members that move, what the names stand for, and the logarithms of
    their densities at the names."""

    body: Term
    names: tuple[tuple[Sym, Term], ...]
    logs: tuple[Term, ...]

    @property
    def log_density(self) -> Term:
        """The logarithm of the joint density, up to what does not move."""
        return add(*self.logs) if self.logs else ZERO

    def back(self, term: Term) -> Term:
        """The members in the places of their names."""
        found = dict(self.names)

        def change(t: Term) -> Term:
            if isinstance(t, Sym):
                return found.get(t, t)
            return map_children(t, change)

        return change(term)


def parts(mean: Bind, variable: Sym) -> Parts | str:
    """The parts of an expectation as a function of a variable; why not, where no rule here speaks of it."""
    if mean.over != (MEASURE,):
        return "an expectation of another kind"
    moving = [m for m in members(mean.body) if variable in free_symbols(m)]
    names: list[tuple[Sym, Term]] = []
    logs: list[Term] = []
    origins = set()
    for m in moving:
        family = family_of(m)
        assert family is not None
        row = LAWS[family.law.op]
        if not free_symbols(m) <= free_symbols(mean) | {mean.var} or family.point != mean.var:
            return "the law of an entry at an index that varies moves with the variable"
        if row.log_density is None or any(variable in free_symbols(a) for a in family.law.args[:row.fixed]):
            # without this: the density of Uniform(0, t) would have the slope -1/t^2 and no moving end
            return f"the score of {row.word} in this parameter has no row"
        if family.origin in origins:
            return "a variable under two laws at once"
        origins.add(family.origin)
        name = Sym(f"~x{len(names)}", row.outcome)
        names.append((name, m))
        logs.append(row.log_density(family.law.args, name))
    swap = {m: n for n, m in names}

    def change(t: Term) -> Term:
        return swap[t] if t in swap else map_children(t, change)

    return Parts(change(mean.body), tuple(names), tuple(logs))
