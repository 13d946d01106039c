"""Change of variables in an integral: u = g(x) for a g that rises, or falls, strictly from end to end.

Promise: where every premise holds, one of the two integrals exists if and only if the other does, and they are equal.
On every part between the ends g has a continuous slope that is not 0, so that the values there agree whatever is
integrated (Apostol, Mathematical Analysis, 7.8); at the ends both have the same limit. Without the strict slope:
u = x^2 from -1 to 1 (tests/unsound/substitution_that_turns_round.drv).
"""

from __future__ import annotations

from derive.core.alpha import rename_bound
from derive.core.claim import Context
from derive.core.sort import REAL
from derive.core.term import (
    INF,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    eq,
    free_symbols,
    le,
    lt,
    mentions,
    mul,
    neg,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.continuity import is_continuous
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.germ import UNIT_SCALE
from derive.kernel.limits import germ_at
from derive.kernel.poly import Decline
from derive.kernel.primitive import Theorem, everywhere, inside, own_variable


def by_substitution(
    term: Bind, function: Term, target: Term, factor: Term, rises: bool, context: Context
) -> Theorem:
    """`int(x in a..b, f)` as `k*int(u in c..d, h)`: f = k*h(g)*g' where g rises from c to d.

    It may also fall from d to c, with the other sign.
    """
    if not (isinstance(function, Bind) and function.op == "lam" and function.var.sort is REAL):
        raise Decline("the substitution is no function of a real number")
    if not (isinstance(target, Bind) and target.op == "int" and target.var.sort is REAL):
        raise Decline("no integral to change into")
    whole, x = own_variable(term, function, target, factor)
    other = rename_bound(target, free_symbols(whole.body) | {x} | free_symbols(function))
    low, high = whole.over
    _in_order(low, high)
    g = substitute(function.body, {function.var: x})
    slope = App("deriv", (Bind("lam", x, (), g), x))
    if not (is_continuous(g, x) and _has_continuous_slope(g, x)):
        raise Decline("the substitution is not seen to have a continuous slope")
    where = inside(low, high, x)
    claims = (
        *conditions(g, context), *conditions(slope, context),
        lt(ZERO, slope) if rises else lt(slope, ZERO),
        *conditions(whole.body, context),
        *conditions(substitute(other.body, {other.var: g}), context),
        eq(whole.body, mul(factor, substitute(other.body, {other.var: g}), slope if rises else neg(slope))),
    )
    premises = (*conditions(factor, context), *(everywhere(x, where, c) for c in claims))
    if not (mentions(low, "inf") or mentions(high, "inf")):
        # without this: from the larger end to the smaller nothing lies between, and nothing would be owed
        premises += (le(low, high),)
    uses: frozenset[str] = frozenset()
    ends = other.over if rises else (other.over[1], other.over[0])
    for end, side, value in ((low, 1, ends[0]), (high, -1, ends[1])):
        owed, used = _tends(g, x, (end, side), value, context)
        premises += owed
        uses |= used
    _in_order(*other.over)
    return Theorem(premises, mul(factor, target), uses, needs=(target,))


def _in_order(low: Term, high: Term) -> None:
    """Ends that are infinite are infinite in the right direction."""
    if low == INF or high == neg(INF):
        raise Decline("an interval that runs from infinity")
    for end in (low, high):
        if mentions(end, "inf") and end not in (INF, neg(INF)):
            raise Decline("an end that is infinity in disguise")


def _has_continuous_slope(g: Term, x: Sym) -> bool:
    slope = derivative(g, x)
    return not isinstance(slope, Refusal) and is_continuous(slope, x)


def _tends(
    g: Term, x: Sym, place: tuple[Term, int], value: Term, context: Context
) -> tuple[tuple[Term, ...], frozenset[str]]:
    """What is owed for g to tend to a value, or to an infinity, at an end from inside."""
    end, side = place
    limits, germ = germ_at(g, x, end, side, context)
    owed = () if mentions(end, "inf") else conditions(end, context)
    if mentions(value, "inf"):
        m, _, sign = limits.leading(germ)
        if limits.compare(m, UNIT_SCALE) <= 0 or (value == INF) != (sign == "+") or sign not in ("+", "-"):
            raise Decline("the substitution does not grow at that end")
        return (*owed, *limits.premises), limits.seen | frozenset(limits.run.used)
    _, found = limits.split(germ)
    used = limits.seen | frozenset(limits.run.used)
    return (*owed, *limits.premises, *conditions(value, context), eq(limits.run.to_term(found), value)), used
