"""Instances of inequalities about expectations that the goal as written suggests.

Promise: proposals only, in a fixed order and number; the kernel recomputes each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from derive.core.sort import OUTCOME
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    mentions,
    sub,
    substitute,
    subterms,
)
from derive.kernel.certificate import Instance
from derive.kernel.goal import Goal

_MOST = 8
_POINT = Sym("outcome~p", OUTCOME)


def expectations(claim: Term) -> list[Term]:
    """The bodies of the expectations of a claim, at one sample point."""
    found = []
    for t in subterms(claim):
        if isinstance(t, Bind) and t.op == "E" and t.var.sort is OUTCOME:
            found.append(substitute(t.body, {t.var: _POINT}))
    return list(dict.fromkeys(found))[:_MOST]


def _lam(body: Term) -> Bind:
    return Bind("lam", _POINT, (), body)


def chance_instances(goal: Goal, allowed: Callable[[str], bool]) -> Iterator[Instance]:
    """Monotony, Jensen, Markov, Chebyshev, Cauchy-Schwarz at the expectations that occur."""
    if not mentions(goal.claim, "E"):
        return
    bodies = expectations(goal.claim)
    events = [b for b in bodies if isinstance(b, App) and b.op == "indicator"]
    plain = [b for b in bodies if b not in events]
    if allowed("expectation_is_monotone"):
        for b in bodies:
            yield Instance("expectation_is_monotone", (_lam(b),))
        for one, two in combinations(plain, 2):
            yield Instance("expectation_is_monotone", (_lam(sub(two, one)),))
            yield Instance("expectation_is_monotone", (_lam(sub(one, two)),))
    for b in bodies:
        # a conditional mean is nearer than the mean, and shorter than the variable
        for s in dict.fromkeys(t for t in subterms(b) if isinstance(t, App) and t.op == "given"):
            yield Instance("jensen", (_lam(s), ZERO))
            if isinstance(s.args[0], Bind):
                whole = substitute(s.args[0].body, {s.args[0].var: _POINT})
                yield Instance("expectation_is_monotone", (_lam(App("^", (sub(whole, s), TWO))),))
    for event in events:
        yield from _tails(event, plain, allowed)
    inner = list(dict.fromkeys([*(x for b in plain for x in _roots(b)), *plain]))[:_MOST]
    if allowed("jensen") or allowed("log_tangent"):
        kinds = _kinds(goal.claim)
        for b in inner[:5]:
            for kind in kinds:
                yield Instance("jensen", (_lam(b), Num(kind)))
    if allowed("cauchy_schwarz_of_means") or allowed("cauchy_schwarz"):
        for one, two in combinations(inner[:5], 2):
            yield Instance("cauchy_schwarz_of_means", (_lam(one), _lam(two)))
        if mentions(goal.claim, "sqrt"):
            for one, two in combinations(list(dict.fromkeys(s for b in bodies for s in _squared(b)))[:4], 2):
                yield Instance("cauchy_schwarz_of_means", (_lam(one), _lam(two), ONE))
                yield Instance("cauchy_schwarz_of_means", (_lam(one), _lam(sub(ZERO, two)), ONE))


def _kinds(claim: Term) -> list[int]:
    """The convex functions of Jensen's inequality that occur: x^2, exp, abs, -log, 1/x."""
    found = [0] if any(isinstance(t, App) and t.op == "^" for t in subterms(claim)) else []
    found += [k for k, op in ((1, "exp"), (2, "abs"), (3, "log"), (4, "/")) if mentions(claim, op)]
    return found


def _roots(body: Term) -> Iterator[Term]:
    """What the body is a function or a product of."""
    match body:
        case App("^", (base, exponent)) if exponent == TWO:
            yield base
        case App("^", (base, Num(e))) if e.denominator == 1 and e > 2 and e % 2 == 0:
            yield App("^", (base, Num(e / 2)))
        case App("*", (a, b)):
            yield from (a, b)
        case App("exp" | "log" | "abs" | "neg", (a,)):
            yield a
        case App("/", (_, b)):
            yield b


def _squared(body: Term) -> Iterator[Term]:
    match body:
        case App("^", (base, exponent)) if exponent == TWO:
            yield base


def _tails(event: Term, plain: list[Term], allowed: Callable[[str], bool]) -> Iterator[Instance]:
    """`P(s >= a)`: Markov for s, Chebyshev for its distance from the mean."""
    assert isinstance(event, App)
    match event.args[0]:
        case App("<" | "<=" as op, (bound, value)):
            strict = ONE if op == "<" else ZERO
            if allowed("markov"):
                yield Instance("markov", (_lam(value), bound, strict))
            if allowed("chebyshev"):
                match value:
                    case App("abs", (App("-", (s, Bind("E"))),)):
                        yield Instance("chebyshev", (_lam(s), bound, strict))
                    case App("abs", (App("-", (s, centre)),)) if _POINT not in free_symbols(centre):
                        yield Instance("chebyshev", (_lam(s), bound, strict))
                        yield Instance("chebyshev", (_lam(s), bound, strict, centre))
                    case App("abs", (s,)):
                        yield Instance("chebyshev", (_lam(s), bound, strict))
                        yield Instance("chebyshev", (_lam(s), bound, strict, ZERO))
            if allowed("chernoff"):
                for rate in _rates(plain, value):
                    for scaled in (ZERO, ONE):
                        yield Instance("chernoff", (_lam(value), rate, bound, strict, scaled))
            if allowed("markov"):
                for other in plain:
                    match other:
                        case App("^" | "exp" as fn, (base, *rest)) if base == value or value == App("abs", (base,)):
                            yield Instance("markov", (_lam(other), App(fn, (bound, *rest)), strict))


def _rates(plain: list[Term], value: Term) -> list[Term]:
    """The t of each `E[exp(t*s)]` that occurs."""
    found = []
    for body in plain:
        match body:
            case App("exp", (App("*", (a, b)),)) if value in (a, b):
                found.append(b if a == value else a)
            case App("exp", (inner,)) if inner == value:
                found.append(ONE)
    return list(dict.fromkeys(found))[:3]
