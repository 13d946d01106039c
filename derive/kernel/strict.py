"""Strict comparison on an interval away from a point where the two sides may meet.

Promise: if every premise holds, then `left < right` at the variable's value. By the mean value theorem (Rudin,
5.10): the difference is at least 0 at the point, its slope is positive right of it and negative left of it.
"""

from __future__ import annotations

from derive.core.claim import Context
from derive.core.sort import REAL
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    ne,
    sub,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.order import domain_of, relaxed


def strict_slope(claim: Term, var: Sym, point: Term, context: Context) -> tuple[Term, ...] | str:
    """The premises. Without the first: `exp(x) > 1 + x` at x = 0 (tests/unsound/solve_strict_at_the_point.drv)."""
    match claim:
        case App("<", (left, right)):
            pass
        case _:
            return "no strict comparison"
    if var.sort is not REAL or var in free_symbols(point):
        return "the variable is not real, or the point depends on it"
    domain = domain_of(var, context)
    if domain is None:
        return "the domain is not seen to be an interval"
    gap = sub(right, left)
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(gap) | free_symbols(domain)}
    other = Sym(fresh_name(var.name, taken), REAL)
    rate = App("deriv", (Bind("lam", other, (), substitute(gap, {var: other})), other))
    inside = substitute(domain, {var: other})

    def everywhere(goal: Term, *extra: Term) -> Term:
        return Bind("forall", other, (), implies(conj(inside, *extra), goal))

    owed = conditions(rate, context)
    smooth = (*(everywhere(c) for c in owed), *(substitute(c, {other: point}) for c in owed))
    return (
        ne(var, point),
        substitute(relaxed(domain), {var: point}),
        le(ZERO, substitute(gap, {var: point})),
        everywhere(lt(ZERO, rate), lt(point, other)),
        everywhere(lt(rate, ZERO), lt(other, point)),
        *smooth,
    )
