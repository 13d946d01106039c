"""Named inequalities about expectations, each a quantity that is at least 0.

Promise: as for `lemmas.py`; every random variable whose mean is taken is known to be integrable, since the
linear extension of E that the normal form uses is no measure on the others.

Sources: Williams, Probability with Martingales, chapter 6; Boucheron, Lugosi and Massart, Concentration
Inequalities, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.chance import MEASURE
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
    le,
    lt,
    mul,
    power,
    sub,
    substitute,
)
from derive.kernel.independence import POINT
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus
from derive.kernel.written import sign_as_written

Args = tuple[Term, ...]
_UP = ("+", "0+", "0")
SQUARE, EXP, ABS, LOG, RECIPROCAL = (Num(k) for k in range(5))


def _body(function: Term) -> Term:
    if not (isinstance(function, Bind) and function.op == "lam" and function.var.sort is OUTCOME):
        raise Decline("no function of the sample point")
    return substitute(function.body, {function.var: POINT})


def _mean(body: Term) -> Term:
    return Bind("E", POINT, (MEASURE,), body)


def _integrable(run: Normaliser, *bodies: Term) -> None:
    """Without this: E[s] >= 0 for a nonnegative s without a mean."""
    for body in bodies:
        p = run.simplify(run.normal(body))
        if not run.is_real(p):
            raise Decline("an inequality between complex numbers")
        if not run.integrable(POINT, p):
            raise Decline("nothing shows that this has a mean")


def means_exist(run: Normaliser, function: Term) -> None:
    """The function of the sample point is known to have a mean, or a `Decline`."""
    _integrable(run, _body(function))


def _nonnegative(run: Normaliser, body: Term, strictly: bool = False) -> None:
    sign = sign_as_written(run, body)
    if sign != "+" and (strictly or sign not in _UP):
        raise Decline("a random variable that may be negative")


def _monotone(run: Normaliser, args: Args) -> Poly:
    """`E[s] >= 0` for an integrable s >= 0."""
    body = _body(args[0])
    _nonnegative(run, body)
    _integrable(run, body)
    return run.normal(_mean(body))


def _event(bound: Term, value: Term, strict: Term) -> Term:
    return App("indicator", (lt(bound, value) if strict == ONE else le(bound, value),))


def _markov(run: Normaliser, args: Args) -> Poly:
    """`a*P(s >= a) <= E[s]` for s >= 0. Without the sign: s = -1."""
    body, bound, strict = _body(args[0]), args[1], args[2]
    _nonnegative(run, body)
    _integrable(run, body)
    chance = _mean(_event(bound, body, strict))
    return minus(run.normal(_mean(body)), run.times(run.normal(bound), run.normal(chance)))


def _chernoff(run: Normaliser, args: Args) -> Poly:
    """`P(s >= a) <= exp(-t*a)*E[exp(t*s)]` for t >= 0; with a last argument 1, both sides times exp(t*a).

    Without the sign: t = -1, where exp(t*s) falls as s grows.
    """
    body, rate, bound, strict, scaled = _body(args[0]), *args[1:5]
    if run.sign(run.normal(rate)) not in _UP:
        raise Decline("the rate may be negative")
    grown = App("exp", (mul(rate, body),))
    _integrable(run, grown)
    chance, mean = run.normal(_mean(_event(bound, body, strict))), run.normal(_mean(grown))
    if scaled == ONE:
        return minus(mean, run.times(run.normal(App("exp", (mul(rate, bound),))), chance))
    return minus(run.times(run.normal(App("exp", (sub(ZERO, mul(rate, bound)),))), mean), chance)


def _chebyshev(run: Normaliser, args: Args) -> Poly:
    """`a^2*P(abs(s - c) >= a) <= E[(s - c)^2]` for a >= 0, c = E[s] where no other number is given.

    Without the sign: a = -2, where the event is sure.
    """
    body, bound, strict = _body(args[0]), args[1], args[2]
    if run.sign(run.normal(bound)) not in _UP:
        raise Decline("the bound may be negative")
    _integrable(run, body, power(body, TWO))
    centred = sub(body, args[3] if len(args) > 3 else _fixed(body))
    chance = _mean(_event(bound, App("abs", (centred,)), strict))
    spread = _mean(power(centred, TWO))
    return minus(run.normal(spread), run.times(run.normal(power(bound, TWO)), run.normal(chance)))


def _fixed(body: Term) -> Bind:
    """`E[s]` with a bound point of its own, to stand beside `s`."""
    inner = Sym("~u", OUTCOME)
    return Bind("E", inner, (MEASURE,), substitute(body, {POINT: inner}))


def _cauchy_schwarz(run: Normaliser, args: Args) -> Poly:
    """`E[s*t]^2 <= E[s^2]*E[t^2]`; with a last argument 1, its root: `E[s*t] <= sqrt(E[s^2])*sqrt(E[t^2])`."""
    s, t = _body(args[0]), _body(args[1])
    _integrable(run, power(s, TWO), power(t, TWO))
    mixed = run.normal(_mean(mul(s, t)))
    sizes = _mean(power(s, TWO)), _mean(power(t, TWO))
    if args[2:] == (ONE,):
        return minus(run.times(*(run.normal(App("sqrt", (v,))) for v in sizes)), mixed)
    return minus(run.times(*map(run.normal, sizes)), run.times(mixed, mixed))


def _jensen(run: Normaliser, args: Args) -> Poly:
    """`f(E[s]) <= E[f(s)]` for f = x^2, exp, abs, -log, 1/x, the last two on the positive numbers."""
    body, kind = _body(args[0]), args[1]
    if kind in (LOG, RECIPROCAL):
        _nonnegative(run, body, strictly=True)

    def convex(x: Term) -> Term:
        match kind:
            case Num() if kind == SQUARE:
                return power(x, TWO)
            case Num() if kind == EXP:
                return App("exp", (x,))
            case Num() if kind == ABS:
                return App("abs", (x,))
            case Num() if kind == LOG:
                return sub(ZERO, App("log", (x,)))
            case Num() if kind == RECIPROCAL:
                return App("/", (ONE, x))
        raise Decline("no convex function that is known here")

    _integrable(run, body, convex(body))
    return minus(run.normal(_mean(convex(body))), run.normal(convex(_mean(body))))


CHANCE_LEMMAS: dict[str, Callable[[Normaliser, Args], Poly]] = {
    "expectation_is_monotone": _monotone,
    "markov": _markov,
    "chebyshev": _chebyshev,
    "chernoff": _chernoff,
    "cauchy_schwarz_of_means": _cauchy_schwarz,
    "jensen": _jensen,
}
