"""Powers of numbers, and binomial coefficients.

Promise: integer exponents multiply, with 0^0 = 1; a real exponent needs a positive base, or a base of 0 under
a positive number written as such; sizes are bounded before anything is computed.
"""

from __future__ import annotations

from flint import arb, fmpq, fmpz

from derive.backends import flint_series
from derive.backends.flint_functions import complex_function, function, natural, root
from derive.backends.flint_numbers import (
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    div,
    dual,
    integer_power,
    mul,
    sign_of,
)


def binomial(n: Number, k: Number) -> Number:
    """The binomial coefficient of two naturals."""
    top, bottom = natural(n, "binomial"), natural(k, "binomial")
    if bottom > top:
        return ZERO
    bottom = min(bottom, top - bottom)
    if bottom * max(top, 2).bit_length() > 40_000 or top > 10**9:
        raise NotDecided("binomial too large", final=True)
    return fmpq(fmpz.bin_uiui(top, bottom))


def power(base: Number, exponent: Number, integer: bool, literal: bool, complex_base: bool) -> Number:
    """base ^ exponent.

    `integer`: the exponent's sort is integer (multiplication, 0^0 = 1). `literal`: it is written as a
    number, so that a base of 0 is allowed where it is positive. Else the base is owed positive.
    """
    if integer and type(exponent) is not flint_series.Series:
        if type(exponent) is not fmpq or exponent.q != 1:
            raise NotDecided("inexact integer exponent", final=True)
        return integer_power(base, int(exponent.p))
    if complex_base or type(base) is Pair or type(exponent) is Pair:
        if literal and type(exponent) is fmpq and exponent.q == 1:
            return integer_power(base, int(exponent.p))
        return function("exp", mul(exponent, complex_function("log", base)))
    sign = sign_of(base)
    if sign is None:
        raise NotDecided("power of a base of unknown sign")
    if sign == 0 and literal and (sign_of(exponent) or 0) > 0:
        if type(base) is Dual:
            raise NotDefined("derivative of a power at a base of 0", certain=False)
        return ZERO
    if sign <= 0:
        raise NotDefined("real power of a base that is not positive")
    if type(exponent) is fmpq:
        return _rational_power(base, exponent)
    return function("exp", mul(exponent, function("log", base)))


def _rational_power(base: Number, exponent: fmpq) -> Number:
    p, q = int(exponent.p), int(exponent.q)
    if q == 1:
        return integer_power(base, p)
    if type(base) is flint_series.Series:
        return flint_series.power(base, exponent)
    if type(base) is Dual:
        value = _rational_power(base.value, exponent)
        slope = mul(exponent, div(value, base.value))
        return dual(base.tag, value, {k: mul(slope, v) for k, v in base.slopes.items()})
    if q <= 64 and abs(p) <= 64:
        return integer_power(root(base, q), p)
    return arb(base) ** arb(exponent)
