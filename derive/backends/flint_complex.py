"""Elementary functions of complex numbers, by real and imaginary parts.

Promise: principal branches; where a ball meets a branch cut the enclosure unites both sides, and there is no
derivative on the cut.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb

from derive.backends.flint_functions import function
from derive.backends.flint_numbers import (
    HALF,
    ONE,
    TWO,
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    add,
    as_pair,
    div,
    dual,
    integer_power,
    is_zero,
    mul,
    neg,
    sign_of,
    sub,
)


def _complex_exp(z: Pair) -> Number:
    size = function("exp", z.re)
    return Pair(mul(size, function("cos", z.im)), mul(size, function("sin", z.im)))


def _complex_cos(z: Pair) -> Number:
    return Pair(
        mul(function("cos", z.re), function("cosh", z.im)),
        neg(mul(function("sin", z.re), function("sinh", z.im))),
    )


def _complex_sin(z: Pair) -> Number:
    return Pair(
        mul(function("sin", z.re), function("cosh", z.im)),
        mul(function("cos", z.re), function("sinh", z.im)),
    )


def _complex_abs(z: Pair) -> Number:
    if is_zero(z.im):
        return function("abs", z.re)
    return function("sqrt", add(integer_power(z.re, 2), integer_power(z.im, 2)))


def _principal(op: str, slope: Callable[[Pair, Number], Number]) -> Callable[[Pair], Number]:
    """A principal branch: values by Arb, which unites both sides where a ball meets the cut."""

    def compute(z: Pair) -> Number:
        tag = max((p.tag for p in (z.re, z.im) if type(p) is Dual), default=None)
        if tag is None:
            return _branch(op, z)
        parts = [p if type(p) is Dual and p.tag == tag else Dual(tag, p, {}) for p in (z.re, z.im)]
        base = Pair(parts[0].value, parts[1].value)
        value = as_pair(compute(base))
        if is_zero(base.im) and (sign_of(base.re) or 0) <= 0:
            raise NotDefined(f"derivative of {op} on its branch cut", certain=False)
        by = slope(base, value)
        keys = sorted({*parts[0].slopes, *parts[1].slopes})
        steps = {
            k: as_pair(mul(by, Pair(parts[0].slopes.get(k, ZERO), parts[1].slopes.get(k, ZERO))))
            for k in keys
        }
        return Pair(
            dual(tag, value.re, {k: s.re for k, s in steps.items()}),
            dual(tag, value.im, {k: s.im for k, s in steps.items()}),
        )

    return compute


def _branch(op: str, z: Pair) -> Number:
    if is_zero(z.im):
        sign = sign_of(z.re)
        if op == "sqrt" and sign is not None:
            root_of = function("sqrt", z.re if sign >= 0 else neg(z.re))
            return Pair(root_of, ZERO) if sign >= 0 else Pair(ZERO, root_of)
        if op == "log" and sign == 1:
            return Pair(function("log", z.re), ZERO)
    ball = acb(arb(z.re), arb(z.im))
    if op == "log":
        if is_zero(z.re) and is_zero(z.im):
            raise NotDefined("log of 0")
        if ball.contains(acb(0)):
            raise NotDecided("log of a number that may be 0")
    value = ball.log() if op == "log" else ball.sqrt()
    return Pair(value.real, value.imag)


COMPLEX: dict[str, Callable[[Pair], Number]] = {
    "exp": _complex_exp,
    "sin": _complex_sin,
    "cos": _complex_cos,
    "sinh": lambda z: div(sub(_complex_exp(z), _complex_exp(neg(z))), TWO),
    "cosh": lambda z: div(add(_complex_exp(z), _complex_exp(neg(z))), TWO),
    "tan": lambda z: div(_complex_sin(z), _complex_cos(z)),
    "tanh": lambda z: sub(ONE, div(TWO, add(ONE, _complex_exp(mul(TWO, z))))),
    "log": _principal("log", lambda z, v: div(ONE, z)),
    "sqrt": _principal("sqrt", lambda z, v: div(HALF, v)),
    "abs": _complex_abs,
    "conj": lambda z: Pair(z.re, neg(z.im)),
    "re": lambda z: z.re,
    "im_part": lambda z: z.im,
}
