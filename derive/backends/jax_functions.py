"""The scalar operators, relations and connectives in JAX, entry by entry on arrays.

Promise: over real values anything outside an operator's domain is NaN; integers known to Python stay
Python integers where the result is one.
"""

from __future__ import annotations

import math
from typing import Any

from derive.backends.jax import Refused, real

_LARGE = 2**53


def function_value(op: str, args: tuple[Any, ...]) -> Any:
    """The value of one operator at values."""
    match op, args:
        case ("+" | "-" | "*" | "/" | "neg"), _:
            return _arithmetic(op, args)
        case "^", (base, exponent):
            return _power(base, exponent)
        case ("=" | "!=" | "<" | "<="), (left, right):
            return _relation(op, left, right)
        case ("and" | "or" | "not" | "=>" | "<=>"), _:
            return _connective(op, args)
        case ("delta" | "indicator"), _:
            holds = _relation("=", *args) if op == "delta" else args[0]
            return int(holds) if isinstance(holds, bool) else _number_of(holds)
        case ("max" | "min"), (left, right) if isinstance(left, int) and isinstance(right, int):
            return max(left, right) if op == "max" else min(left, right)
        case ("factorial" | "binomial"), _ if all(isinstance(a, int) for a in args):
            return _counting(op, args)
    return _function(op, args)


def _number_of(holds: Any) -> Any:
    import jax.numpy as jnp

    return jnp.where(holds, 1.0, 0.0)


def _arithmetic(op: str, args: tuple[Any, ...]) -> Any:
    if op == "neg":
        return -args[0]
    left, right = args
    match op:
        case "+":
            value = left + right
        case "-":
            value = left - right
        case "*":
            value = left * right
        case _:
            if isinstance(right, (int, float)) and right == 0:
                return math.nan
            return real(left) / real(right)
    return float(value) if isinstance(value, int) and abs(value) > _LARGE else value


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int):
        if isinstance(base, int) and 0 <= exponent < 64 and abs(base) < 1000:
            value = base**exponent
            return value if abs(value) < _LARGE else float(value)
        if abs(exponent) > 10**6:
            raise Refused("an exponent too large for float64")
        return real(base) ** exponent
    import jax.numpy as jnp

    return jnp.power(real(base), real(exponent))


def _relation(op: str, left: Any, right: Any) -> Any:
    match op:
        case "=" | "!=":
            same = left == right
            if isinstance(same, bool):
                return same is (op == "=")
            return same.all() if op == "=" else ~same.all()
        case "<":
            return left < right
        case _:
            return left <= right


def _connective(op: str, args: tuple[Any, ...]) -> Any:
    match op:
        case "not":
            return not args[0] if isinstance(args[0], bool) else ~args[0]
        case "and" | "or":
            decisive = op == "or"
            if any(a is decisive for a in args):
                return decisive
            open_args = [a for a in args if not isinstance(a, bool)]
            if not open_args:
                return not decisive
            total = open_args[0]
            for other in open_args[1:]:
                total = total | other if decisive else total & other
            return total
        case "=>":
            return _connective("or", (_connective("not", args[:1]), args[1]))
    left, right = args
    return left == right


def _counting(op: str, args: tuple[Any, ...]) -> Any:
    if any(a < 0 or a > 170 for a in args):
        return math.nan
    value = math.factorial(args[0]) if op == "factorial" else math.comb(*args)
    return value if value < _LARGE else float(value)


_PLAIN = frozenset(
    {"exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign",
     "floor", "ceil", "conj"}
)
_RENAMED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "max": "maximum", "min": "minimum", "re": "real", "im_part": "imag",
}


def _function(op: str, args: tuple[Any, ...]) -> Any:
    import jax
    import jax.numpy as jnp
    import jax.scipy.special as special

    values = tuple(real(a) for a in args)
    if op in _PLAIN or op in _RENAMED:
        return getattr(jnp, _RENAMED.get(op, op))(*values)
    match op, values:
        case "xlogy", (x, y):
            return special.xlogy(x, y)
        case "softplus", (x,):
            return jax.nn.softplus(x)
        case "factorial", (n,):
            return jnp.exp(special.gammaln(n + 1))
        case "binomial", (n, k):
            gammaln = special.gammaln
            return jnp.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
        case "Gamma", (x,):
            return jnp.where(x > 0, jnp.exp(special.gammaln(x)), jnp.nan)
        case "digamma", (x,):
            return special.digamma(x)
        case "erf", (x,):
            return special.erf(x)
    raise Refused(f"`{op}` has no cell in JAX")
