"""What an integral without ends, or without a bounded integrand, owes to be differentiated under the sign.

Promise: where the conditions returned hold, the slope of the integrand in the parameter is, for every parameter of a
neighbourhood of the point, at most one function with a finite integral, so that the derivative of the integral is the
integral of the slope (Folland, Real Analysis, 2.27). The integrand is read as a sum of c(a)*h(x)*exp(a^k*T(x)):
between two parameters a^k*T(x) is at most the larger of its values at them, the exponential at most their sum. Without
the neighbourhood: t*exp(-t*x) at t = 0 (tests/unsound/differentiate_under_an_endless_integral.drv).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.core.claim import Context
from derive.core.sort import REAL
from derive.core.term import (
    INF,
    ONE,
    TRUE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    mentions,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.continuity import is_continuous, surface
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Goal, normaliser
from derive.kernel.guards import Conditions
from derive.kernel.kinks import kinks
from derive.kernel.poly import Decline, Poly
from derive.kernel.separated import Piece, pieces, times

Walk = Callable[[Term], Conditions]


def neighbourhood(variable: Sym, point: Term, context: Context) -> tuple[Term, Term]:
    """Two parameters around the point: half way to what a fact puts it above or below, or 1 away."""
    low: Term = sub(variable, ONE)
    high: Term = add(variable, ONE)
    for fact in reversed(context.facts):
        for claim in conjuncts(fact.claim):
            match claim:
                # from `<=` likewise: that the point is inside is owed
                case App("<" | "<=", (below, p)) if p == point and point not in free_symbols(below):
                    low = div(variable, TWO) if below == ZERO else div(add(below, variable), TWO)
                case App("<" | "<=", (p, above)) if p == point and point not in free_symbols(above):
                    high = div(add(variable, above), TWO)
    return low, high


def dominated(whole: Bind, variable: Sym, around: tuple[Term, Term], walk: Walk) -> Conditions | None:
    """The conditions for an integral over any interval whose ends do not vary; None where the form is not read."""
    x, f = whole.var, whole.body
    low, high = whole.over
    if any(variable in free_symbols(e) for e in whole.over) or low == INF or high == neg(INF):
        return None
    if any(_infinite(e) and e not in (INF, neg(INF)) for e in whole.over):
        return None
    slope = derivative(f, variable)
    parts = pieces(f, x, variable)
    if parts is None or isinstance(slope, Refusal) or not all(is_continuous(t, v) for t in (f, slope)
                                                               for v in (x, variable)):
        return None
    try:
        read = [_read(p, x, variable) for p in parts]
    except Decline:
        return None
    low, high = around
    owed: Conditions = (*walk(low), *walk(high), lt(low, variable), lt(variable, high))
    smooth = [*walk(f), *kinks(f, variable), *walk(slope)]
    for outer, inner, k, rate in read:
        change = derivative(outer, variable)
        if isinstance(change, Refusal) or not all(is_continuous(t, variable) for t in (outer, change)):
            return None
        smooth += [*walk(outer), *kinks(outer, variable), *walk(change)]
        if k not in (0, 1):
            # without this: 1/a is not monotone across 0
            owed += (lt(ZERO, low),)
        for end in (low, high) if k else (low,):
            raised = end if k == 1 else power(end, Num(k))
            grown = times(inner, App("exp", (mul(raised, rate),))) if k else inner
            for size in (grown, mul(rate, grown)) if k else (grown,):
                owed += walk(Bind("int", x, whole.over, App("abs", (size,))))
    return (*owed, *_throughout(smooth, whole, variable, around))


def _throughout(smooth: list[Term], whole: Bind, variable: Sym, around: tuple[Term, Term]) -> Conditions:
    """The conditions at every parameter from the one to the other, and everywhere between the ends."""
    x, (start, stop) = whole.var, whole.over
    names = {s.name for t in (*smooth, whole, *around) for s in free_symbols(t)} | {x.name}
    y = Sym(fresh_name(variable.name, names), REAL)
    low, high = around
    between = conj(le(low, y), le(y, high))
    within = conj(*(lt(a, b) for a, b in ((start, x), (x, stop)) if not _infinite(a, b)))
    backwards = conj(*(lt(a, b) for a, b in ((stop, x), (x, start)))) if not _infinite(start, stop) else within
    found: list[Term] = []
    for condition in dict.fromkeys(smooth):
        here = substitute(condition, {variable: y})
        for where in dict.fromkeys((within, backwards)) if x in free_symbols(here) else (TRUE,):
            there = implies(where, here)
            there = Bind("forall", x, (), there) if x in free_symbols(here) else there
            if variable in free_symbols(condition):
                there = Bind("forall", y, (), implies(between, there))
            found.append(there)
    return tuple(found)


def _infinite(*ends: Term) -> bool:
    return any(mentions(e, "inf") for e in ends)


def _read(piece: Piece, x: Sym, a: Sym) -> tuple[Term, Term, Fraction, Term]:
    """`outer`, `inner`, k and T for `outer*inner*exp(a^k*T)`; k is 0 where the exponential does not vary."""
    if piece.exponent == ZERO:
        return piece.outer, piece.inner, Fraction(0), ZERO
    run, _ = normaliser(Goal(TRUE, Context()), ALL_FEATURES, ())
    groups: dict[Fraction, Poly] = {}
    alone: list[Poly] = [{}, {}]
    for m, c in run.simplify(run.normal(piece.exponent)).items():
        own = tuple((i, e) for i, e in m if run.atoms[i] == a)
        other = tuple((i, e) for i, e in m if run.atoms[i] != a)
        if any(a in free_symbols(run.atoms[i]) for i, _ in other):
            if any(x in free_symbols(run.atoms[i]) for i, _ in m):
                raise Decline("an exponent that does not come apart")
            alone[0][m] = c
        elif not any(x in free_symbols(run.atoms[i]) for i, _ in other):
            alone[0 if own else 1][m] = c
        elif not own:
            alone[1][m] = c
        else:
            groups.setdefault(Fraction(own[0][1]), {})[other] = c
    if len(groups) > 1:
        raise Decline("an exponent with two powers of the parameter")
    outer, inner = (
        times(t, App("exp", (surface(run.to_term(p)),))) if p else t
        for t, p in zip((piece.outer, piece.inner), alone, strict=True)
    )
    if not groups:
        return outer, inner, Fraction(0), ZERO
    ((k, rate),) = groups.items()
    return outer, inner, k, surface(run.to_term(rate))
