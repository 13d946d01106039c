"""Scalar arithmetic of the evaluator: exact rationals, Arb balls, complex pairs, and jets of all three.

Promise: every result encloses the true value; a rational stays an exact rational for as long as the
operation has one. What does not exist raises `NotDefined`, what a ball leaves open raises `NotDecided`.

A number is a `fmpq` (exact), an `arb` (ball), a `Dual` (a value with its partial derivatives) or a `Pair`
(real and imaginary part, each one of the three). This module is imported lazily: it loads python-flint.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from flint import arb, fmpq, fmpz

Number: TypeAlias = Any

ZERO, ONE, TWO, HALF = fmpq(0), fmpq(1), fmpq(2), fmpq(1, 2)
PLAIN = frozenset({fmpq, arb})
MAX_BITS = 40_000


class NotDefined(Exception):  # noqa: N818 - an answer, not a mistake
    """The value does not exist. `certain` is False where only a derivative rule stops (a kink)."""

    def __init__(self, reason: str, certain: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.certain = reason, certain


class NotDecided(Exception):  # noqa: N818 - an answer, not a mistake
    """The value could not be found. `final` means that more precision will not help."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.final = reason, final


class Dual:
    """A number with its partial derivatives by the variables of one derivative operator, `tag`."""

    __slots__ = ("slopes", "tag", "value")

    def __init__(self, tag: int, value: Number, slopes: dict[int, Number]) -> None:
        self.tag, self.value, self.slopes = tag, value, slopes


class Pair:
    """A complex number: real and imaginary part."""

    __slots__ = ("im", "re")

    def __init__(self, re: Number, im: Number) -> None:
        self.re, self.im = re, im


IMAGINARY = Pair(ZERO, ONE)


def exact(value: Fraction | int) -> fmpq:
    """A Python rational as a flint one."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """A flint rational as a Python one."""
    return Fraction(int(value.p), int(value.q))


def dual(tag: int, value: Number, slopes: dict[int, Number]) -> Number:
    """A dual number, or the plain value where every slope is exactly 0."""
    kept = {k: v for k, v in slopes.items() if not is_zero(v)}
    return Dual(tag, value, kept) if kept else value


def is_zero(x: Number) -> bool:
    """Is it exactly 0?"""
    return type(x) is fmpq and not x


# ---------------------------------------------------------------- signs and comparison


def sign_of(x: Number) -> int | None:
    """The sign of a real number, None where the ball leaves it open."""
    kind = type(x)
    if kind is fmpq:
        p = x.p
        return 1 if p > 0 else -1 if p < 0 else 0
    if kind is arb:
        if x > 0:
            return 1
        if x < 0:
            return -1
        return 0 if x.is_zero() else None
    if kind is Dual:
        return sign_of(x.value)
    if kind is not Pair:
        return int(_series().sign(x))
    if is_zero(x.im):
        return sign_of(x.re)
    raise NotDecided("order of complex numbers", final=True)


def _series() -> Any:
    """The arithmetic of asymptotic series: what a number is if it is none of the other kinds."""
    from derive.backends import flint_series

    return flint_series


def differs(x: Number, y: Number) -> bool | None:
    """True if certainly different, False if exactly equal, None if the enclosures overlap."""
    kind, other = type(x), type(y)
    if kind is fmpq and other is fmpq:
        return bool(x != y)
    if kind is Dual:
        return differs(x.value, y)
    if other is Dual:
        return differs(x, y.value)
    if kind is Pair or other is Pair:
        a, b = as_pair(x), as_pair(y)
        re, im = differs(a.re, b.re), differs(a.im, b.im)
        if re or im:
            return True
        return False if re is False and im is False else None
    if kind not in PLAIN or other not in PLAIN:
        require_nonzero(sub(x, y), "a difference that vanishes")
        return True
    if not (finite(x) and finite(y)):
        raise NotDecided("overflow")
    if x != y:
        return True
    return False if x == y else None


def finite(x: Number) -> bool:
    """Is the enclosure bounded?"""
    return type(x) is fmpq or x.is_finite()


def require_nonzero(x: Number, reason: str) -> None:
    """Raise unless `x` is certainly not 0."""
    kind = type(x)
    if kind is fmpq:
        if not x:
            raise NotDefined(reason)
    elif kind is Pair:
        if differs(x, ZERO) is False:
            raise NotDefined(reason)
        if differs(x, ZERO) is None:
            raise NotDecided(reason)
    elif kind is Dual:
        require_nonzero(x.value, reason)
    elif kind is not arb:
        _series().leading(x)
    elif x.contains(0):
        if x.is_zero():
            raise NotDefined(reason)
        raise NotDecided(reason)


# ---------------------------------------------------------------- arithmetic


def add(x: Number, y: Number) -> Number:
    """x + y."""
    if type(x) in PLAIN and type(y) in PLAIN:
        return x + y
    return _both(x, y, add, lambda a, b: (ONE, ONE), _pair_add)


def sub(x: Number, y: Number) -> Number:
    """x - y."""
    if type(x) in PLAIN and type(y) in PLAIN:
        return x - y
    return add(x, neg(y))


def neg(x: Number) -> Number:
    """-x."""
    kind = type(x)
    if kind in PLAIN:
        return -x
    if kind is Pair:
        return Pair(neg(x.re), neg(x.im))
    if kind is not Dual:
        return _series().neg(x)
    return Dual(x.tag, neg(x.value), {k: neg(v) for k, v in x.slopes.items()})


def mul(x: Number, y: Number) -> Number:
    """x * y; an exact 0 stays exact."""
    kind, other = type(x), type(y)
    if kind in PLAIN and other in PLAIN:
        if (kind is fmpq and not x) or (other is fmpq and not y):
            return ZERO
        return x * y
    return _both(x, y, mul, lambda a, b: (b, a), _pair_mul)


def div(x: Number, y: Number) -> Number:
    """x / y; y = 0 is undefined."""
    kind, other = type(x), type(y)
    if other is Pair:
        require_nonzero(y, "division by zero")
        size = add(mul(y.re, y.re), mul(y.im, y.im))
        top = mul(x, Pair(y.re, neg(y.im)))
        return Pair(div(top.re, size), div(top.im, size))
    require_nonzero(y, "division by zero")
    if kind in PLAIN and other in PLAIN:
        if kind is fmpq and not x:
            return ZERO
        return x / y
    if kind is Pair:
        return Pair(div(x.re, y), div(x.im, y))
    return _both(x, y, div, _quotient_slopes, _pair_mul)


def _quotient_slopes(x: Number, y: Number) -> tuple[Number, Number]:
    inverse = div(ONE, y)
    return inverse, neg(mul(mul(x, inverse), inverse))


def _both(
    x: Number,
    y: Number,
    op: Callable[[Number, Number], Number],
    slopes: Callable[[Number, Number], tuple[Number, Number]],
    pairs: Callable[[Pair, Pair], Number],
) -> Number:
    """A binary operation on pairs or jets: by components, or by the chain rule."""
    if type(x) is Pair or type(y) is Pair:
        return pairs(as_pair(x), as_pair(y))
    tag = max(x.tag if type(x) is Dual else -1, y.tag if type(y) is Dual else -1)
    if tag < 0:
        return _series().combine(op.__name__, x, y)
    a, da = (x.value, x.slopes) if type(x) is Dual and x.tag == tag else (x, {})
    b, db = (y.value, y.slopes) if type(y) is Dual and y.tag == tag else (y, {})
    by_a, by_b = slopes(a, b)
    total = {k: mul(by_a, v) for k, v in da.items()}
    for k, v in db.items():
        term = mul(by_b, v)
        total[k] = add(total[k], term) if k in total else term
    return dual(tag, op(a, b), total)


def as_pair(x: Number) -> Pair:
    """A number as real and imaginary part."""
    return x if type(x) is Pair else Pair(x, ZERO)


def _pair_add(x: Pair, y: Pair) -> Pair:
    return Pair(add(x.re, y.re), add(x.im, y.im))


def _pair_mul(x: Pair, y: Pair) -> Pair:
    return Pair(
        sub(mul(x.re, y.re), mul(x.im, y.im)), add(mul(x.re, y.im), mul(x.im, y.re))
    )


def integer_power(x: Number, n: int) -> Number:
    """x^n by multiplication, 0^0 = 1; bounded before it is computed."""
    if abs(n) > 2**62:
        raise NotDecided("exponent too large", final=True)
    kind = type(x)
    if n < 0:
        return div(ONE, integer_power(x, -n))
    if kind is fmpq:
        if max(int(x.p).bit_length(), int(x.q).bit_length()) * n <= MAX_BITS or abs(x) in (0, 1):
            return x**n if abs(x) != 1 or n < 2**31 else (x if n % 2 else ONE)
        return arb(x) ** fmpz(n)
    if kind is arb:
        return x ** fmpz(n)
    if kind is Dual:
        if n == 0:
            return ONE
        slope = mul(fmpq(n), integer_power(x.value, n - 1))
        value = integer_power(x.value, n)
        return dual(x.tag, value, {k: mul(slope, v) for k, v in x.slopes.items()})
    if kind is not Pair:
        return _series().integer_power(x, n)
    if n > 10_000:
        raise NotDecided("exponent too large", final=True)
    result: Number = ONE
    while n:
        if n & 1:
            result = mul(result, x)
        n >>= 1
        if n:
            x = mul(x, x)
    return result
