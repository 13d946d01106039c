"""Integrals, limits and endless sums of closed terms that are shown to have no finite value.

Promise: `undefined_side` names a side only where a theorem says that it does not exist: near one point the integrand
has one sign and is at least a multiple of 1/t there, or the terms are at least a multiple of 1/k (Rudin, 3.28 and
chapter 6, exercises 7 and 8), or a limit is infinite, or its two sides differ. A claim that such a side equals a number
is false, by the project's convention that an undefined side of an equation is.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import DOMAIN, STEP, THEOREM, Context, Obligation
from derive.core.show import show
from derive.core.term import (
    INF,
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Term,
    free_symbols,
    mentions,
    neg,
    sub,
    subterms,
)
from derive.core.verdict import Witness
from derive.engines.places import roots_within
from derive.kernel.conditions import conditions
from derive.kernel.endless import is_endless
from derive.kernel.germ import UNIT_SCALE, Scale
from derive.kernel.identity import shows
from derive.kernel.limits import Limits, germ_at, one_sided
from derive.kernel.poly import Decline, constant, minus


def undefined_side(obligation: Obligation) -> Witness | None:
    """The refutation of `T = c` for a T that does not exist and a c that does."""
    claim, context = obligation.context.unfold(obligation.claim), obligation.context
    if any(f.kind not in (DOMAIN, STEP, THEOREM) for f in context.facts):
        # without this: hypotheses that nothing satisfies would have a witness
        return None
    match claim:
        case App("=", (left, right)):
            pass
        case _:
            return None
    for side, other in ((left, right), (right, left)):
        if any(is_endless(t) for t in subterms(other)) or free_symbols(other) or conditions(other, context):
            continue
        for term in _needed(side):
            try:
                why = None if free_symbols(term) else why_divergent(term, context)
            except (Decline, RecursionError):
                why = None
            if why is not None:
                sides = ("does not exist", show(other))
                return Witness((), (), *(sides if side is left else sides[::-1]), exact=True, note=why)
    return None


def _needed(side: Term) -> Iterator[Bind]:
    """The integrals, limits and endless sums without which a side has no value."""
    if isinstance(side, Bind) and is_endless(side):
        yield side
    elif isinstance(side, App) and side.op in _PLAIN:
        for a in side.args:
            yield from _needed(a)


_PLAIN = frozenset({"+", "-", "neg", "*", "/", "^", "exp", "log", "sqrt", "abs"})


def why_divergent(term: Bind, context: Context) -> str | None:
    """Why an integral, a limit or an endless sum has no finite value, if that is seen."""
    match term.op:
        case "sum":
            return _series(term, context)
        case "lim":
            return _limit(term, context)
    for point, side in _places(term):
        try:
            limits, g = germ_at(term.body, term.var, point, side, context)
            if not limits.premises and _too_large(limits, limits.leading(g)[0], mentions(point, "inf")):
                return f"the integral diverges at {show(point)}"
        except Decline:
            continue
    return None


def _places(term: Bind) -> Iterator[tuple[Term, int]]:
    """The ends, and points between them where a denominator may vanish, each with a side that lies inside."""
    low, high = term.over
    if low == INF or high == neg(INF):
        return
    context = Context()
    finite = not (mentions(low, "inf") or mentions(high, "inf"))
    if finite and shows(App("<", (low, high)), context) is None:
        return
    yield low, 1
    yield high, -1
    for point in (ZERO, ONE, Num(-1), *roots_within(term)):
        inside = all(
            mentions(a, "inf") or mentions(b, "inf") or shows(App("<", (a, b)), context) is not None
            for a, b in ((low, point), (point, high))
        )
        if inside and not free_symbols(point):
            yield point, 1
            yield point, -1


def _too_large(limits: Limits, m: Scale, infinite: bool) -> bool:
    """Is a scale at least 1/t near a point, or at least 1/x far out?"""
    for _, p in m.rates:
        sign = limits.known_sign(dict(p))
        if sign:
            return sign > 0
    bar = constant(1 if infinite else -1)
    order = limits.known_sign(minus(m.exponent(), bar))
    return order < 0 or (order == 0 and m.j >= -1)


def _series(term: Bind, context: Context) -> str | None:
    limits, g = germ_at(term.body, term.var, INF, 1, context)
    m, _, _ = limits.leading(g)
    if not limits.premises and _too_large(limits, m, infinite=True):
        return "the terms are too large for the series to converge"
    return None


def _limit(term: Bind, context: Context) -> str | None:
    point, side = term.over
    infinite = point in (INF, neg(INF))
    assert isinstance(side, Num)
    sides = (1,) if infinite else (int(side.value),) if side.value else (1, -1)
    found = []
    for s in sides:
        limits, g = germ_at(term.body, term.var, point, s, context)
        if limits.premises:
            return None
        if g.terms and limits.compare(limits.leading(g)[0], UNIT_SCALE) > 0:
            return "the limit is infinite"
        found.append((limits, one_sided(term.body, term.var, point, s, context)[1]))
    if len(found) == 2:
        (limits, p), (_, q) = found
        gap = sub(limits.run.to_term(p), limits.run.to_term(q))
        if limits.run.sign(limits.run.normal(gap)) in ("+", "-"):
            return "the limits from the two sides differ"
    return None
