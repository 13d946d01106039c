"""Elementary and special functions of one number, over rationals, balls, complex pairs and jets.

Promise: domains are the conventions of the project (real `log` and `sqrt` are undefined for negative
arguments); values at exact special points stay exact; derivatives follow from the table `_SLOPES`, and a
kink or the edge of a domain has none. Sources of the slopes: NIST DLMF chapters 4, 5 and 7.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, fmpq, fmpz

from derive.backends import flint_series
from derive.backends.flint_numbers import (
    HALF,
    ONE,
    PLAIN,
    TWO,
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    add,
    div,
    dual,
    integer_power,
    mul,
    neg,
    sign_of,
    sub,
)


def function(op: str, x: Number) -> Number:
    """The function named `op` of a number."""
    kind = type(x)
    if kind in PLAIN:
        return _VALUES[op](x)
    if kind is Dual:
        value = function(op, x.value)
        if op not in _SLOPES:
            raise NotDecided(f"derivative of {op}", final=True)
        slope = _SLOPES[op](x.value, value)
        return dual(x.tag, value, {k: mul(slope, v) for k, v in x.slopes.items()})
    if kind is not Pair:
        return flint_series.function(op, x)
    return _of_pair(op, x)


def _of_pair(op: str, x: Pair) -> Number:
    from derive.backends.flint_complex import COMPLEX

    if op not in COMPLEX:
        raise NotDecided(f"{op} of a complex number", final=True)
    return COMPLEX[op](x)


def complex_function(op: str, x: Number) -> Number:
    """The same over the complex numbers: principal branches of `log`, `sqrt` at negative arguments."""
    if type(x) is not Pair and op in ("log", "sqrt"):
        sign = sign_of(x)
        if sign is None or sign < 0:
            return _of_pair(op, Pair(x, ZERO))
    return function(op, x)


def known(op: str) -> bool:
    """Is the function in the table?"""
    return op in _VALUES


# ---------------------------------------------------------------- values


def _sign_or_stop(x: Number, reason: str) -> int:
    sign = sign_of(x)
    if sign is None:
        raise NotDecided(reason)
    return sign


def _exact_at(point: int, value: fmpq, ball: Callable[[arb], arb]) -> Callable[[Number], Number]:
    def compute(x: Number) -> Number:
        if type(x) is fmpq:
            return value if x == point else ball(arb(x))
        return ball(x)

    return compute


def _exp(x: Number) -> Number:
    if type(x) is fmpq:
        if not x:
            return ONE
        x = arb(x)
    result = x.exp()
    if not result.is_finite():
        raise NotDecided("overflow", final=True)
    return result


def _log(x: Number) -> Number:
    sign = _sign_or_stop(x, "log of a number of unknown sign")
    if sign <= 0:
        raise NotDefined("log of a number that is not positive")
    return ZERO if x == 1 else arb(x).log()


def _sqrt(x: Number) -> Number:
    sign = _sign_or_stop(x, "sqrt of a number of unknown sign")
    if sign < 0:
        raise NotDefined("sqrt of a negative number")
    return root(x, 2)


def root(x: Number, q: int) -> Number:
    """The real q-th root of a nonnegative plain number, exact where it is rational."""
    if type(x) is not fmpq:
        return x.root(q) if q != 2 else x.sqrt()
    if not x:
        return ZERO
    top, bottom = x.p.root(q), x.q.root(q)
    if top**q == x.p and bottom**q == x.q:
        return fmpq(top, bottom)
    return arb(x).root(q) if q != 2 else arb(x).sqrt()


def _cbrt(x: Number) -> Number:
    sign = _sign_or_stop(x, "cbrt of a number of unknown sign")
    return neg(root(neg(x), 3)) if sign < 0 else root(x, 3)


def _tan(x: Number) -> Number:
    if type(x) is fmpq:
        if not x:
            return ZERO
        x = arb(x)
    if x.cos().contains(0):
        raise NotDecided("tan where the cosine may be 0")
    return x.tan()


def _between(op: str, low: int | None, high: int | None, strict: bool) -> Callable[[Number], Number]:
    """A function on an interval: undefined outside, undecided where a ball reaches over an end."""

    def compute(x: Number) -> Number:
        for end, side in ((low, 1), (high, -1)):
            if end is None:
                continue
            sign = _sign_or_stop(x - end, f"{op} near the end of its domain") * side
            if sign < 0 or (strict and sign == 0):
                raise NotDefined(f"{op} outside its domain")
        if type(x) is fmpq and x == (1 if op in ("acos", "acosh") else 0):
            return ZERO
        return getattr(arb(x), op)()

    return compute


def _abs(x: Number) -> Number:
    return abs(x)


def _signum(x: Number) -> Number:
    return fmpq(_sign_or_stop(x, "sign of a number that may be 0"))


def _floor(x: Number) -> Number:
    if type(x) is fmpq:
        return fmpq(int(x.p) // int(x.q))
    whole = x.floor().unique_fmpz()
    if whole is None:
        raise NotDecided("floor near an integer")
    return fmpq(whole)


def _ceil(x: Number) -> Number:
    return neg(_floor(neg(x)))


def _sigmoid(x: Number) -> Number:
    return div(ONE, add(ONE, _exp(neg(x))))


def _softplus(x: Number) -> Number:
    return _log(add(ONE, _exp(x)))


def _relu(x: Number) -> Number:
    return x if _sign_or_stop(x, "relu of a number of unknown sign") > 0 else ZERO


def natural(x: Number, op: str) -> int:
    if type(x) is not fmpq:
        raise NotDecided(f"{op} of an inexact number", final=True)
    if x.q != 1 or x < 0:
        raise NotDefined(f"{op} of a number that is not natural")
    return int(x.p)


def _factorial(x: Number) -> Number:
    n = natural(x, "factorial")
    if n > 3000:
        if n > 10**9:
            raise NotDecided("factorial too large", final=True)
        return arb(n + 1).gamma()
    return fmpq(fmpz.fac_ui(n))


def _gamma(x: Number) -> Number:
    if _sign_or_stop(x, "Gamma of a number of unknown sign") <= 0:
        raise NotDefined("Gamma of a number that is not positive")
    if type(x) is fmpq and x.q == 1 and x < 1000:
        return fmpq(fmpz.fac_ui(int(x.p) - 1))
    return arb(x).gamma()


def _digamma(x: Number) -> Number:
    if _sign_or_stop(x, "digamma of a number of unknown sign") <= 0:
        raise NotDefined("digamma of a number that is not positive")
    return arb(x).digamma()


def _trigamma(x: Number) -> Number:
    if type(x) not in PLAIN:
        raise NotDecided("third derivative of Gamma", final=True)
    return arb(2).zeta(arb(x))


_VALUES: dict[str, Callable[[Number], Number]] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "sin": _exact_at(0, ZERO, lambda x: x.sin()),
    "cos": _exact_at(0, ONE, lambda x: x.cos()),
    "tan": _tan,
    "sinh": _exact_at(0, ZERO, lambda x: x.sinh()),
    "cosh": _exact_at(0, ONE, lambda x: x.cosh()),
    "tanh": _exact_at(0, ZERO, lambda x: x.tanh()),
    "asin": _between("asin", -1, 1, strict=False),
    "acos": _between("acos", -1, 1, strict=False),
    "atan": _exact_at(0, ZERO, lambda x: x.atan()),
    "asinh": _exact_at(0, ZERO, lambda x: x.asinh()),
    "acosh": _between("acosh", 1, None, strict=False),
    "atanh": _between("atanh", -1, 1, strict=True),
    "abs": _abs,
    "sign": _signum,
    "floor": _floor,
    "ceil": _ceil,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": _relu,
    "factorial": _factorial,
    "Gamma": _gamma,
    "digamma": _digamma,
    "erf": _exact_at(0, ZERO, lambda x: x.erf()),
    "conj": lambda x: x,
    "re": lambda x: x,
    "im_part": lambda x: ZERO,
}


# ---------------------------------------------------------------- slopes


def _away_from_zero(x: Number, op: str) -> int:
    sign = _sign_or_stop(x, f"derivative of {op} near a kink")
    if sign == 0:
        raise NotDefined(f"derivative of {op} at a kink", certain=False)
    return sign


def _step(op: str) -> Callable[[Number, Number], Number]:
    def slope(x: Number, value: Number) -> Number:
        while type(x) is Dual:
            x = x.value
        if type(x) is fmpq and x.q == 1:
            raise NotDefined(f"derivative of {op} at a jump", certain=False)
        return ZERO

    return slope


def _edge_root(x: Number, value: Number, op: str) -> Number:
    if sign_of(x) == 0:
        raise NotDefined(f"derivative of {op} at the end of its domain", certain=False)
    return value


def _inverse_sqrt(x: Number) -> Number:
    if sign_of(x) == 0:
        raise NotDefined("derivative at the end of the domain", certain=False)
    return div(ONE, function("sqrt", x))


def _square(x: Number) -> Number:
    return integer_power(x, 2)


_SLOPES: dict[str, Callable[[Number, Number], Number]] = {
    "exp": lambda x, v: v,
    "log": lambda x, v: div(ONE, x),
    "sqrt": lambda x, v: div(HALF, _edge_root(x, v, "sqrt")),
    "cbrt": lambda x, v: div(ONE, mul(fmpq(3), _square(_edge_root(x, v, "cbrt")))),
    "sin": lambda x, v: function("cos", x),
    "cos": lambda x, v: neg(function("sin", x)),
    "tan": lambda x, v: add(ONE, _square(v)),
    "sinh": lambda x, v: function("cosh", x),
    "cosh": lambda x, v: function("sinh", x),
    "tanh": lambda x, v: sub(ONE, _square(v)),
    "asin": lambda x, v: _inverse_sqrt(sub(ONE, _square(x))),
    "acos": lambda x, v: neg(_inverse_sqrt(sub(ONE, _square(x)))),
    "atan": lambda x, v: div(ONE, add(ONE, _square(x))),
    "asinh": lambda x, v: _inverse_sqrt(add(ONE, _square(x))),
    "acosh": lambda x, v: _inverse_sqrt(sub(_square(x), ONE)),
    "atanh": lambda x, v: div(ONE, sub(ONE, _square(x))),
    "abs": lambda x, v: fmpq(_away_from_zero(x, "abs")),
    "sign": lambda x, v: mul(ZERO, fmpq(_away_from_zero(x, "sign"))),
    "floor": _step("floor"),
    "ceil": _step("ceil"),
    "sigmoid": lambda x, v: mul(v, sub(ONE, v)),
    "softplus": lambda x, v: function("sigmoid", x),
    "relu": lambda x, v: ONE if _away_from_zero(x, "relu") > 0 else ZERO,
    "Gamma": lambda x, v: mul(v, function("digamma", x)),
    "digamma": lambda x, v: _trigamma(x),
    "erf": lambda x, v: mul(
        div(TWO, arb.pi().sqrt()), function("exp", neg(_square(x)))
    ),
    "conj": lambda x, v: ONE,
    "re": lambda x, v: ONE,
    "im_part": lambda x, v: ZERO,
}
