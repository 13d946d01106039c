"""The fundamental theorem of calculus: an integral by an antiderivative, its premises as claims.

Promise: where every premise holds, the integral exists and has the value returned. The antiderivative may come
from anywhere: it is differentiated here, on the whole interval (Rudin, Principles of Mathematical Analysis, 6.21).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.alpha import rename_bound
from derive.core.claim import Context
from derive.core.sort import REAL
from derive.core.term import (
    INF,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    eq,
    free_symbols,
    implies,
    le,
    lt,
    mentions,
    mul,
    neg,
    sub,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.continuity import is_continuous
from derive.kernel.poly import Decline

Limit = tuple[Term, frozenset[str], tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class Theorem:
    """What a method owes, and the value that it then gives; None where it shows only that there is one.

    `needs` are terms of the value that must be shown to exist in their turn.
    """

    premises: tuple[Term, ...]
    value: Term | None
    uses: frozenset[str] = frozenset()
    needs: tuple[Bind, ...] = ()


def own_variable(term: Bind, *others: Term) -> tuple[Bind, Sym]:
    """The integral with a real variable that none of its ends, and nothing else, shares its name with."""
    taken = frozenset().union(*map(free_symbols, (*term.over, *others)))
    bound = rename_bound(term, taken)
    if bound.var.sort is not REAL:
        raise Decline("the variable of this integral is not real")
    return bound, bound.var


def inside(low: Term, high: Term, x: Sym) -> Term:
    """`low < x < high`, without the ends that are infinite."""
    return conj(
        *((lt(low, x),) if not mentions(low, "inf") else ()),
        *((lt(x, high),) if not mentions(high, "inf") else ()),
    )


def everywhere(x: Sym, where: Term, claim: Term) -> Term:
    """The claim for every real in an open interval."""
    return Bind("forall", x, (), implies(where, claim))


def directions(low: Term, high: Term, ordered: bool) -> tuple[tuple[tuple[Term, Term], ...], tuple[Term, ...]]:
    """The intervals that may lie between two ends, and the premise that leaves only one of them."""
    if low == neg(INF) or high == INF:
        if low == INF or high == neg(INF):
            raise Decline("an interval that runs from infinity")
        return ((low, high),), ()
    if mentions(low, "inf") or mentions(high, "inf"):
        raise Decline("an end that is infinity in disguise")
    if ordered:
        return ((low, high),), (le(low, high),)
    # without the second: int from 1 to -1 of 1/x^2 would owe nothing, since no x is above 1 and below -1
    return ((low, high), (high, low)), ()


def by_primitive(
    term: Bind, primitive: Term, ordered: bool, ends: tuple[Limit | None, Limit | None], context: Context
) -> Theorem:
    """`F(b) - F(a)`; an end with a limit given uses that limit instead of a value.

    Without differentiability on the whole interval: -1/x across 0 (tests/unsound/integral_across_a_pole.drv).
    """
    if not (isinstance(primitive, Bind) and primitive.op == "lam" and primitive.var.sort is REAL):
        raise Decline("the antiderivative is no function of a real number")
    whole, x = own_variable(term, primitive)
    low, high = whole.over
    big = substitute(primitive.body, {primitive.var: x})
    if not (is_continuous(big, x) and is_continuous(whole.body, x)):
        # without this: floor(x) has the derivative 0 between its jumps
        raise Decline("the antiderivative or the integrand is not seen to be continuous")
    slope = App("deriv", (Bind("lam", x, (), big), x))
    intervals, premises = directions(low, high, ordered)
    for a, b in intervals:
        where = inside(a, b, x)
        premises += tuple(everywhere(x, where, c) for c in conditions(whole.body, context))
        premises += tuple(everywhere(x, where, c) for c in conditions(slope, context))
        premises += (everywhere(x, where, eq(slope, whole.body)),)
    values: list[Term] = []
    uses: frozenset[str] = frozenset()
    for end, limit in zip(whole.over, ends, strict=True):
        if limit is not None:
            values.append(limit[0])
            uses |= limit[1]
            premises += limit[2]
            continue
        if mentions(end, "inf"):
            raise Decline("an infinite end needs a limit")
        here = substitute(big, {x: end})
        # without these: an antiderivative with a pole at an end, 1/x on 0..1
        premises += conditions(here, context)
        values.append(here)
    return Theorem(premises, sub(values[1], values[0]), uses)


def by_pieces(term: Bind, point: Term, context: Context) -> Theorem:
    """`int(a..b) = int(a..c) + int(c..b)` for c between the ends; each part must exist.

    Without the order: pieces beyond the ends may meet a pole that the interval does not.
    """
    whole, _ = own_variable(term, point)
    low, high = whole.over
    if mentions(point, "inf"):
        raise Decline("a piece that ends at infinity")
    first = Bind("int", whole.var, (low, point), whole.body)
    second = Bind("int", whole.var, (point, high), whole.body)
    premises = conditions(point, context)
    for a, b in ((low, point), (point, high)):
        ordered = mentions(a, "inf") or mentions(b, "inf")
        premises += () if ordered else (le(a, b),)
        if ordered:
            directions(a, b, ordered=False)
    return Theorem(premises, add(first, second), needs=(first, second))


def by_linearity(term: Bind, parts: tuple[Term, ...], ordered: bool, context: Context) -> Theorem:
    """`int(c*f + d*g) = c*int(f) + d*int(g)` where both exist; parts are c, f, d, g, ... with f, g functions.

    Without their existence: 1/x - 1/(x + 1) from 1 to infinity (tests/unsound/integral_of_divergent_pieces.drv).
    """
    whole, x = own_variable(term, *parts)
    pairs = [(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
    needs: list[Bind] = []
    bodies: list[Term] = []
    for factor, function in pairs:
        if not (isinstance(function, Bind) and function.op == "lam" and x not in free_symbols(factor)):
            raise Decline("a part is no function, or its factor varies")
        here = substitute(function.body, {function.var: x})
        needs.append(Bind("int", x, whole.over, here))
        bodies.append(mul(factor, here))
    low, high = whole.over
    intervals, premises = directions(low, high, ordered)
    for factor, _ in pairs:
        premises += conditions(factor, context)
    for a, b in intervals:
        where = inside(a, b, x)
        premises += tuple(everywhere(x, where, c) for t in (*bodies, whole.body) for c in conditions(t, context))
        premises += (everywhere(x, where, eq(whole.body, add(*bodies))),)
    value = add(*(mul(c, n) for (c, _), n in zip(pairs, needs, strict=True)))
    return Theorem(premises, value, needs=tuple(needs))


def by_continuity(term: Bind, ordered: bool, context: Context) -> Theorem:
    """The integral of a continuous function over a closed and bounded interval exists (Rudin, 6.8)."""
    whole, x = own_variable(term)
    low, high = whole.over
    if mentions(low, "inf") or mentions(high, "inf"):
        raise Decline("the interval has no end")
    if not is_continuous(whole.body, x):
        raise Decline("the integrand is not seen to be continuous")
    intervals, premises = directions(low, high, ordered)
    for a, b in intervals:
        # without the closed ends: int from 0 to 1 of 1/x would exist
        where = conj(le(a, x), le(x, b))
        premises += tuple(everywhere(x, where, c) for c in conditions(whole.body, context))
    return Theorem(premises, None)


def flag(term: Term) -> bool:
    """Is a literal of a certificate 1?"""
    return term == Num(1)
