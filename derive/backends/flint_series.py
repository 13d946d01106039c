"""Limits by asymptotic series: exp(P(1/t)) * (c0*t^v + c1*t^(v+1) + ... ) as t tends to 0.

Promise: a limit is returned only where the leading coefficients are known (exact, or balls away from 0);
a two-sided limit never uses the sign of t. Terms that are smaller than every power are dropped, which is
sound for the leading behaviour (Olver, Asymptotics and Special Functions, chapter 1).
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, arb_series, ctx, fmpq, fmpq_series

from derive.backends.flint_numbers import (
    ONE,
    PLAIN,
    TWO,
    ZERO,
    NotDecided,
    NotDefined,
    Number,
    is_zero,
    sign_of,
)

TERMS = 10
_EXACT_AT = {"exp": 0, "log": 1, "sin": 0, "cos": 0, "tan": 0, "atan": 0, "asin": 0, "sinh": 0,
             "cosh": 0, "tanh": 0, "sqrt": 1}
_BALLS = frozenset({"exp", "log", "sin", "cos", "tan", "atan", "asin", "sqrt", "Gamma", "erf"})


class Series:
    """exp(scale) * t^low * (coefficients), up to O(t^(low + length)).

    `scale` maps negative exponents of t to coefficients. `side` is 1 where t > 0 is known, else 0.
    """

    __slots__ = ("coefficients", "low", "scale", "side")

    def __init__(
        self, low: int, coefficients: list[Number], side: int, scale: dict[int, Number] | None = None
    ) -> None:
        while coefficients and is_zero(coefficients[0]):
            low += 1
            coefficients = coefficients[1:]
        self.low, self.coefficients, self.side = low, coefficients, side
        self.scale = {k: v for k, v in (scale or {}).items() if not is_zero(v)}

    @property
    def end(self) -> int:
        """The exponent of the first unknown term."""
        return self.low + len(self.coefficients)

    def at(self, k: int) -> Number:
        """The coefficient of t^k."""
        i = k - self.low
        return self.coefficients[i] if 0 <= i < len(self.coefficients) else ZERO


def variable(point: Number, direction: int, side: int) -> Series:
    """point + direction * t."""
    return Series(0, [point, fmpq(direction), *[ZERO] * (TERMS - 2)], side)


def reciprocal_variable(sign: int) -> Series:
    """sign / t with t > 0: a variable that tends to infinity."""
    return Series(-1, [fmpq(sign), *[ZERO] * (TERMS - 1)], 1)


def lifted(x: Number, like: Series) -> Series:
    """A number as a series."""
    if type(x) is Series:
        return x
    if type(x) not in PLAIN:
        raise NotDecided("a limit of this kind", final=True)
    return Series(0, [x, *[ZERO] * (TERMS - 1)], like.side)


def leading(x: Series) -> Number:
    """The first coefficient, known not to be 0."""
    if not x.coefficients:
        raise NotDecided("a term that vanishes to every order computed", final=True)
    if sign_of(x.coefficients[0]) in (None, 0):
        raise NotDecided("a leading coefficient that may be 0", final=True)
    return x.coefficients[0]


def sign(x: Series) -> int:
    """The sign for small t."""
    first = leading(x)
    if x.side == 0 and x.low % 2:
        raise NotDecided("a sign that depends on the side", final=True)
    return sign_of(first) or 0


def add(x: Series, y: Series) -> Series:
    """x + y; of two different exponential scales the smaller one is dropped."""
    if x.scale != y.scale:
        return x if _outgrows(x, y) else y
    low, end = min(x.low, y.low), min(x.end, y.end)
    return Series(
        low, [x.at(k) + y.at(k) for k in range(low, end)], x.side, x.scale
    )


def _outgrows(x: Series, y: Series) -> bool:
    keys = sorted({*x.scale, *y.scale})
    for k in keys:
        gap = x.scale.get(k, ZERO) - y.scale.get(k, ZERO)
        if is_zero(gap):
            continue
        found = sign_of(gap)
        if found is None or x.side == 0:
            break
        leading(x if found > 0 else y)
        return found > 0
    raise NotDecided("exponentials of unknown order", final=True)


def neg(x: Series) -> Series:
    """-x."""
    return Series(x.low, [-c for c in x.coefficients], x.side, x.scale)


def mul(x: Series, y: Series) -> Series:
    """x * y."""
    length = min(len(x.coefficients), len(y.coefficients))
    products = []
    for k in range(length):
        total: Number = ZERO
        for i in range(k + 1):
            a, b = x.coefficients[i], y.coefficients[k - i]
            if not is_zero(a) and not is_zero(b):
                total = total + a * b
        products.append(total)
    scale = {k: x.scale.get(k, ZERO) + y.scale.get(k, ZERO) for k in {*x.scale, *y.scale}}
    return Series(x.low + y.low, products, x.side, scale)


def inverse(x: Series) -> Series:
    """1 / x."""
    first = leading(x)
    found: list[Number] = [ONE / first]
    for k in range(1, len(x.coefficients)):
        total: Number = ZERO
        for i in range(1, k + 1):
            if not is_zero(x.coefficients[i]):
                total = total + x.coefficients[i] * found[k - i]
        found.append(ZERO if is_zero(total) else -total / first)
    return Series(-x.low, found, x.side, {k: -v for k, v in x.scale.items()})


def function(op: str, x: Series) -> Series:
    """An analytic function of a series, or one that needs only the sign."""
    if op in ("abs", "relu", "sign"):
        return _by_sign(op, x)
    if op == "exp":
        return _exp(x)
    if op in ("sigmoid", "sinh", "cosh", "tanh", "softplus"):
        return _by_exp(op, x)
    if op == "log" and x.scale and x.low == 0:
        poles = Series(min(x.scale), [x.scale.get(k, ZERO) for k in range(min(x.scale), x.end)], x.side)
        return add(poles, _analytic("log", Series(0, x.coefficients, x.side)))
    if op in ("sqrt", "cbrt") and x.low:
        return power(x, fmpq(1, 2 if op == "sqrt" else 3))
    if x.scale or (x.low < 0 and x.coefficients):
        raise NotDecided(f"{op} near infinity", final=True)
    return _analytic(op, x)


def _by_exp(op: str, x: Series) -> Series:
    """The functions that are rational in exp."""
    one, two = lifted(ONE, x), lifted(TWO, x)
    match op:
        case "sigmoid":
            return inverse(add(one, _exp(neg(x))))
        case "softplus":
            return function("log", add(one, _exp(x)))
        case "tanh" if x.low >= 0 and not x.scale and x.at(0) == 0:
            return _analytic(op, x)
        case "tanh":
            return add(one, neg(mul(two, inverse(add(one, _exp(mul(two, x)))))))
    other = _exp(neg(x))
    return mul(inverse(two), add(_exp(x), neg(other) if op == "sinh" else other))


def combine(op: str, x: Number, y: Number) -> Series:
    """A binary operation of which one side at least is a series."""
    like = x if type(x) is Series else y
    a, b = lifted(x, like), lifted(y, like)
    match op:
        case "add":
            return add(a, b)
        case "mul":
            return mul(a, b)
        case _:
            return mul(a, inverse(b))


def _by_sign(op: str, x: Series) -> Series:
    found = sign(x)
    if op == "sign":
        return lifted(fmpq(found), x)
    if found > 0:
        return x
    return neg(x) if op == "abs" else lifted(ZERO, x)


def _exp(x: Series) -> Series:
    if x.scale:
        raise NotDecided("exponential of an exponential", final=True)
    if x.low < 0 and x.side == 0:
        raise NotDecided("exp near infinity", final=True)
    if x.end <= 0:
        raise NotDecided("too few terms", final=True)
    scale = {k: x.at(k) for k in range(x.low, 0)}
    regular = Series(0, [x.at(k) for k in range(x.end)], x.side)
    found = _analytic("exp", regular)
    return Series(found.low, found.coefficients, x.side, scale)


def _analytic(op: str, x: Series) -> Series:
    coefficients = [x.at(k) for k in range(x.end)]
    if not coefficients:
        raise NotDecided("too few terms", final=True)
    start = coefficients[0]
    if op in ("log", "sqrt") and (sign_of(start) or 0) <= 0:
        raise NotDecided(f"{op} near the end of its domain", final=True)
    length = len(coefficients)
    old = ctx.cap
    ctx.cap = length
    try:
        if all(type(c) is fmpq for c in coefficients) and _EXACT_AT.get(op) == start:
            found = getattr(fmpq_series(coefficients, prec=length), op)()
        elif op in _BALLS:
            name = "gamma" if op == "Gamma" else op
            found = getattr(arb_series([arb(c) for c in coefficients], prec=length), name)()
        else:
            raise NotDecided(f"limit of {op}", final=True)
        values = [found[k] for k in range(length)]
    finally:
        ctx.cap = old
    return Series(0, values, x.side)


def power(base: Series, exponent: Number) -> Series:
    """base ^ exponent for a real exponent: of a base that is positive for small t."""
    if type(exponent) is fmpq and exponent.q == 1:
        return integer_power(base, int(exponent.p))
    if sign(base) < 0:
        raise NotDefined("real power of a base that is not positive")
    if base.low == 0 and not base.scale:
        e = lifted(exponent, base)
        return _exp(mul(e, _analytic("log", base)))
    if type(exponent) is fmpq and not base.scale and (exponent * base.low).q == 1:
        rest = Series(0, base.coefficients, base.side)
        found = _exp(mul(lifted(exponent, base), _analytic("log", rest)))
        shift = int((exponent * base.low).p)
        return Series(found.low + shift, found.coefficients, base.side)
    raise NotDecided("a power near 0 or infinity", final=True)


def integer_power(x: Series, n: int) -> Series:
    """x^n."""
    if abs(n) > 200:
        raise NotDecided("exponent too large", final=True)
    result = lifted(ONE, x)
    for _ in range(abs(n)):
        result = mul(result, x)
    return inverse(result) if n < 0 else result


def limit_of(x: Number) -> Number:
    """The value that a series tends to."""
    if type(x) is not Series:
        return x
    for k in sorted(x.scale):
        found = sign_of(x.scale[k])
        if found is None:
            raise NotDecided("an exponential of unknown growth", final=True)
        if found < 0:
            return ZERO
        leading(x)
        raise NotDefined("the limit is infinite")
    if x.low < 0:
        leading(x)
        raise NotDefined("the limit is infinite")
    if x.end <= 0:
        raise NotDecided("too few terms", final=True)
    return x.at(0)


def limit(
    evaluate: Callable[[Series], Number], point: Number | None, sign_of_infinity: int, side: int
) -> Number:
    """The limit of a function at a point (from a side, or from both), or at an infinity."""
    if point is None:
        return limit_of(evaluate(reciprocal_variable(sign_of_infinity)))
    if type(point) not in PLAIN:
        raise NotDecided("a limit of this kind", final=True)
    return limit_of(evaluate(variable(point, side or 1, 1 if side else 0)))
