"""Values of terms at points, for the fuzz tests: rationals where possible, mpmath otherwise.

Promise: written out again from the conventions; it shares no code with the kernel or the refuter.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mp, mpc, mpf

from derive.core.shape import sort_of
from derive.core.sort import COMPLEX
from derive.core.term import App, Bind, Num, Sym, Term, subterms

Env = dict[str, Any]
PRECISION = 60


class Undefined(Exception):
    """The value does not exist, or it is too large to compute."""


# ---------------------------------------------------------------- numbers: rationals where possible


def wide(x: Any) -> Any:
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def _two(f: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return f(x, y)
    return f(wide(x), wide(y))


def _settled(x: Any) -> Any:
    """Without an imaginary part that is only rounding: cosines come back from complex exponentials."""
    x = wide(x)
    if isinstance(x, mpc) and abs(x.imag) <= mpf(10) ** (10 - PRECISION) * (1 + abs(x.real)):
        return mpc(x.real, 0)
    return x


def _ordered(x: Any) -> Any:
    """A number that is compared: real, or Undefined."""
    x = _settled(x)
    if isinstance(x, mpc):
        if x.imag:
            raise Undefined("an order on complex numbers")
        return x.real
    return x


def _small(x: Any) -> bool:
    return abs(wide(x)) < mpf(10) ** (10 - PRECISION)


def _is_zero(x: Any) -> bool:
    if isinstance(x, Fraction):
        return x == 0
    return _small(x)


def _same(x: Any, y: Any) -> bool:
    """Equal: exactly where both are rational, to 20 digits otherwise (derivatives are differences)."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x == y
    x, y = wide(x), wide(y)
    return bool(abs(x - y) <= mpf(10) ** -20 * (1 + abs(x) + abs(y)))


def _divide(x: Any, y: Any) -> Any:
    if _is_zero(y):
        raise Undefined("division by 0")
    return _two(lambda a, b: a / b, x, y)


def _power(x: Any, e: Any) -> Any:
    if isinstance(e, (mpf, mpc)) and e == int(mp.re(e)) and mp.im(e) == 0 and abs(e) < 1000:
        e = Fraction(int(mp.re(e)))
    if isinstance(e, Fraction) and e.denominator == 1:
        if abs(e) > 60:
            raise Undefined("a large exponent")
        if e < 0:
            return _divide(Fraction(1), _power(x, -e))
        return x ** int(e) if isinstance(x, Fraction) else wide(x) ** int(e)
    x, e = wide(x), wide(e)
    if isinstance(x, mpc) or isinstance(e, mpc):
        x = _settled(x)
        if _is_zero(x) and isinstance(e, mpf) and e > 0:
            return mpf(0)
        if x == 0:
            raise Undefined("0 to a complex power")
        return mp.exp(e * mp.log(x))
    if x < 0 or (x == 0 and e <= 0):
        raise Undefined("a power of a negative number")
    return x**e


def _root(x: Any) -> Any:
    x = _settled(x)
    if _is_zero(x):
        return mpf(0)
    if not isinstance(x, mpc) and x < 0:
        raise Undefined("a root")
    return mp.sqrt(x)


def _log(x: Any) -> Any:
    x = _settled(x)
    if _is_zero(x) or (not isinstance(x, mpc) and x < 0):
        raise Undefined("a logarithm")
    return mp.log(x)


def _exp(x: Any) -> Any:
    x = wide(x)
    if abs(x) > 200:
        raise Undefined("a large exponential")
    return mp.exp(x)


def _sign(x: Any) -> Any:
    return Fraction(0) if _is_zero(x) else Fraction(1 if _ordered(x) > 0 else -1)


def _between(low: int, high: int, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inside(x: Any) -> Any:
        x = wide(x)
        if not isinstance(x, mpc) and not low <= x <= high:
            raise Undefined("outside the domain")
        return f(x)

    return inside


def _acosh(x: Any) -> Any:
    x = wide(x)
    if not isinstance(x, mpc) and x < 1:
        raise Undefined("acosh")
    return mp.acosh(x)


def _factorial(x: Any) -> Any:
    if not isinstance(x, Fraction) or x.denominator != 1 or not 0 <= x <= 60:
        raise Undefined("a factorial")
    return Fraction(int(mp.factorial(int(x))))


ONE_ARGUMENT: dict[str, Callable[[Any], Any]] = {
    "neg": lambda x: -x,
    "exp": _exp, "log": _log, "sqrt": _root, "root": lambda x: x, "poly": lambda x: x,
    "abs": abs, "sign": _sign, "floor": lambda x: Fraction(int(mp.floor(wide(x)))),
    "ceil": lambda x: Fraction(int(mp.ceil(wide(x)))),
    "sin": lambda x: mp.sin(wide(x)), "cos": lambda x: mp.cos(wide(x)),
    "tan": lambda x: _divide(mp.sin(wide(x)), mp.cos(wide(x))),
    "sinh": lambda x: mp.sinh(wide(x)), "cosh": lambda x: mp.cosh(wide(x)),
    "tanh": lambda x: mp.tanh(wide(x)), "atan": lambda x: mp.atan(wide(x)),
    "asin": _between(-1, 1, mp.asin), "acos": _between(-1, 1, mp.acos),
    "asinh": lambda x: mp.asinh(wide(x)), "acosh": _acosh, "atanh": _between(-1, 1, mp.atanh),
    "sigmoid": lambda x: 1 / (1 + _exp(-wide(x))), "softplus": lambda x: mp.log(1 + _exp(x)),
    "relu": lambda x: max(_ordered(x), mpf(0)), "factorial": _factorial,
    "conj": lambda x: mp.conj(wide(x)), "re": lambda x: mp.re(wide(x)),
    "im_part": lambda x: mp.im(wide(x)), "erf": lambda x: mp.erf(wide(x)),
}


def value(term: Term, env: Env) -> Any:
    """The value at a point: a Fraction, mpf or mpc; arrays are nested lists."""
    match term:
        case Num(v):
            return v
        case Sym(name, _):
            if name not in env:
                raise Undefined(f"no value for {name}")
            return env[name]
        case App("*", (a, b)):
            return _product(a, b, env)
        case App("+", (a, b)):
            return _two(lambda x, y: x + y, value(a, env), value(b, env))
        case App("-", (a, b)):
            return _two(lambda x, y: x - y, value(a, env), value(b, env))
        case App("/", (a, b)):
            return _divide(value(a, env), value(b, env))
        case App("^", (a, b)):
            x, e = value(a, env), value(b, env)
            return _power(mpc(wide(x)) if _is_complex(a) or _is_complex(b) else x, e)
        case App("max" | "min" as op, (a, b)):
            x, y = _ordered(value(a, env)), _ordered(value(b, env))
            return max(x, y) if op == "max" else min(x, y)
        case App("ite", (c, a, b)):
            return value(a if holds(c, env) else b, env)
        case App("indicator", (c,)):
            return Fraction(int(holds(c, env)))
        case App("delta", (a, b)):
            return Fraction(int(_is_zero(_two(lambda x, y: x - y, value(a, env), value(b, env)))))
        case App("binomial", (a, b)):
            top, bottom = value(a, env), value(b, env)
            if not (isinstance(top, Fraction) and isinstance(bottom, Fraction) and top >= 0 and bottom >= 0):
                raise Undefined("a binomial coefficient")
            return Fraction(int(mp.binomial(int(top), int(bottom))))
        case App("pi", ()):
            return +mp.pi
        case App("im", ()):
            return mpc(0, 1)
        case App("index", (array, *places)):
            found = value(array, env)
            for place in places:
                at = value(place, env)
                if not (isinstance(at, Fraction) and at.denominator == 1 and 1 <= at <= len(found)):
                    raise Undefined("an index out of range")
                found = found[int(at) - 1]
            return found
        case App("deriv", (Bind("lam", var, _, body), point)):
            at, h = wide(value(point, env)), mpf(10) ** (-PRECISION // 4)
            up, down = (wide(value(body, {**env, var.name: at + s * h})) for s in (1, -1))
            return (up - down) / (2 * h)
        case App("partial", (Bind("lam", var, _, body), point, *places)):
            return _partial(body, var, value(point, env), [int(value(p, env)) for p in places], env)
        case App(op, (a,)) if op in ONE_ARGUMENT:
            x = value(a, env)
            if op in ("log", "sqrt", "asinh", "acosh", "atanh") and _is_complex(a):
                x = mpc(wide(x))
            return ONE_ARGUMENT[op](x)
        case Bind("sum" | "prod" | "max" | "min" as op, var, (low, high), body):
            items = [value(body, {**env, var.name: i}) for i in _range(low, high, env)]
            return _folded(op, items)
        case Bind("array", var, (low, high), body):
            return [value(body, {**env, var.name: i}) for i in _range(low, high, env)]
    raise Undefined(f"no value of {term!r}")


def _is_complex(term: Term) -> bool:
    """Of complex sort, so that branches are principal; not for what the kernel writes with `im` for reals."""
    try:
        return sort_of(term) is COMPLEX
    except ValueError:
        return False


def _partial(body: Term, var: Sym, at: Any, places: list[int], env: Env) -> Any:
    h = mpf(10) ** (-PRECISION // 4)

    def moved(array: Any, left: list[int], by: Any) -> Any:
        if not left:
            return wide(array) + by
        return [moved(e, left[1:], by) if k == left[0] - 1 else e for k, e in enumerate(array)]

    up, down = (wide(value(body, {**env, var.name: moved(at, places, s * h)})) for s in (1, -1))
    return (up - down) / (2 * h)


def _product(a: Term, b: Term, env: Env) -> Any:
    """0 times anything is 0: a guard may stand before a factor that does not exist there."""
    first = second = None
    try:
        first = value(a, env)
        second = value(b, env)
    except Undefined as reason:
        if first is None:
            try:
                second = value(b, env)
            except Undefined:
                raise reason from None
        known, by = (first, a) if first is not None else (second, b)
        if isinstance(known, Fraction) and known == 0 and _is_guard(by):
            return known
        raise
    return _two(lambda x, y: x * y, first, second)


def _is_guard(term: Term) -> bool:
    return any(isinstance(t, App) and t.op in ("delta", "indicator", "ite") for t in subterms(term))


def _range(low: Term, high: Term, env: Env) -> list[Fraction]:
    first, last = value(low, env), value(high, env)
    if last - first > 12:
        raise Undefined("a long range")
    return [Fraction(i) for i in range(int(first), int(last) + 1)]


def _folded(op: str, items: list[Any]) -> Any:
    if op in ("max", "min"):
        if not items:
            raise Undefined("an empty extremum")
        return max(map(_ordered, items)) if op == "max" else min(map(_ordered, items))
    total: Any = Fraction(0 if op == "sum" else 1)
    for item in items:
        total = _two((lambda x, y: x + y) if op == "sum" else (lambda x, y: x * y), total, item)
    return total


def holds(claim: Term, env: Env) -> bool:
    """Is a proposition true at a point?"""
    match claim:
        case App("true", ()):
            return True
        case App("=", (a, b)):
            return _same(value(a, env), value(b, env))
        case App("!=", (a, b)):
            return not _same(value(a, env), value(b, env))
        case App("<" | "<=" as op, (a, b)):
            left, right = value(a, env), value(b, env)
            if _same(left, right):
                return op == "<="
            return bool(_ordered(_two(lambda x, y: y - x, left, right)) > 0)
        case App("<=>", (a, b)):
            return is_true(a, env) == is_true(b, env)
        case App("and", parts):
            return all(holds(p, env) for p in parts)
        case App("or", parts):
            return any(holds(p, env) for p in parts)
        case App("not", (a,)):
            return not holds(a, env)
        case App("=>", (a, b)):
            return not is_true(a, env) or holds(b, env)
        case Bind("forall", var, (low, high), body):
            return all(holds(body, {**env, var.name: i}) for i in _range(low, high, env))
    raise Undefined(f"no truth value of {claim!r}")


def value_or_reason(term: Term, env: Env) -> Any:
    """The value, or the `Undefined` that says why there is none."""
    try:
        return value(term, env)
    except Undefined as reason:
        return reason
    except (ZeroDivisionError, OverflowError) as reason:
        return Undefined(f"{reason!r}")


def is_true(claim: Term, env: Env) -> bool:
    """Is a proposition true, its terms being defined?"""
    try:
        return holds(claim, env)
    except (Undefined, ZeroDivisionError, OverflowError, ValueError):
        return False
