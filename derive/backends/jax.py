"""Our terms as JAX computations; every derivative in them is taken by JAX, none by our own rules.

Promise: a term that has no cell here raises `Refused` with a reason; ranges are concrete, indices are
checked, and a value that is undefined comes out as NaN, never as a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.core.law_values import closed_form, is_of_laws
from derive.core.operator import OPERATORS, RANGE_BINDERS
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL
from derive.core.term import App, Bind, Num, Sym, Term, children, free_symbols, subterms

MAX_RANGE = 64
NUDGE = Sym("~nudge", REAL)
_SMALL = 2**53


class Refused(Exception):  # noqa: N818 - no error of ours, a term out of scope
    """A term that this back end cannot compute; the argument says why."""


@dataclass(slots=True)
class Scope:
    """The values of symbols: integers as Python numbers, everything else as arrays.

    A binder opens a scope inside another. A subterm that does not mention the bound variable is computed
    in the outer scope, once.
    """

    values: dict[Sym, Any]
    outer: Scope | None = None
    done: dict[Term, Any] = field(default_factory=dict)

    def bind(self, symbol: Sym, value: Any) -> Scope:
        return Scope({symbol: value}, self)

    def home(self, term: Term) -> Scope:
        """The outermost scope in which the term can be computed."""
        scope, free = self, free_symbols(term)
        while scope.outer is not None and free.isdisjoint(scope.values):
            scope = scope.outer
        return scope

    def get(self, symbol: Sym) -> Any:
        scope: Scope | None = self
        while scope is not None:
            if symbol in scope.values:
                return scope.values[symbol]
            scope = scope.outer
        raise Refused(f"{symbol.name} has no value")


def enable_float64() -> None:
    """To be called once, first thing, in the process that computes."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")


def evaluate(term: Term, scope: Scope) -> Any:
    """The value of a term: a Python int, a Python bool, or a JAX array."""
    match term:
        case Num(value):
            return _number(value)
        case Sym():
            return scope.get(term)
    scope = scope.home(term)
    if term not in scope.done:
        scope.done[term] = _app(term, scope) if isinstance(term, App) else _bind(term, scope)
    return scope.done[term]


def _number(value: Fraction) -> Any:
    if value.denominator == 1 and abs(value) < _SMALL:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        raise Refused("a number too large for float64") from None


def real(value: Any) -> Any:
    """A value as a float64 or complex128 array."""
    import jax.numpy as jnp

    array = jnp.asarray(value)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(jnp.float64)


def _app(term: App, scope: Scope) -> Any:
    op, args = term.op, term.args
    match op, args:
        case ("deriv" | "partial" | "grad" | "jacobian" | "hessian"), _:
            return _derivative(term, scope)
        case "ite", (condition, then, other):
            return _choose(condition, then, other, scope)
        case "apply", (Bind("lam", var, _, body), arg):
            return evaluate(body, scope.bind(var, evaluate(arg, scope)))
        case "apply", _:
            raise Refused("an abstract function")
        case _ if is_of_laws(op, args):
            return _of_laws(term, scope)
        case "pi", ():
            return math.pi
        case "im", ():
            return 1j
        case ("true" | "false"), ():
            return op == "true"
    row = OPERATORS.get(op)
    if row is not None and row.expand is not None and row.arity == 1 and op != "softplus":
        return evaluate(row.expand(args), scope)
    values = tuple(evaluate(a, scope) for a in args)
    if row is not None and row.kind == "array":
        from derive.backends.jax_arrays import array_value

        return array_value(op, values)
    from derive.backends.jax_functions import function_value

    return function_value(op, values)


def _choose(condition: Term, then: Term, other: Term, scope: Scope) -> Any:
    import jax.numpy as jnp

    holds = evaluate(condition, scope)
    if isinstance(holds, bool):
        return evaluate(then if holds else other, scope)
    return jnp.where(holds, real(evaluate(then, scope)), real(evaluate(other, scope)))


def _of_laws(term: App, scope: Scope) -> Any:
    found = closed_form(term.op, term.args)
    if found is None:
        raise Refused(f"`{term.op}` of a law without a closed form here")
    return evaluate(found[0], scope)


# ---------------------------------------------------------------- derivatives


def _derivative(term: App, scope: Scope) -> Any:
    import jax
    import jax.numpy as jnp

    function, place, *indices = term.args
    if term.op == "partial" and isinstance(function, Bind) and sort_of(function.body) in (REAL, INTEGER):
        from derive.backends.jax_arrays import entry

        # the whole gradient, taken once for all entries that are asked for
        return entry(evaluate(App("grad", (function, place)), scope), tuple(evaluate(i, scope) for i in indices))
    if not (isinstance(function, Bind) and function.op == "lam"):
        raise Refused("the derivative of an abstract function")
    var, body = function.var, function.body
    point = nudged(real(evaluate(place, scope)), scope)
    if jnp.iscomplexobj(point):
        raise Refused("a derivative by a complex variable")

    def value(x: Any) -> Any:
        return real(evaluate(body, scope.bind(var, x)))

    # The sort says it, not a trial run: what a trial leaves in an outer scope would leak its tracers.
    scalar = sort_of(body) in (REAL, INTEGER)
    match term.op:
        case "deriv" if not scalar:
            return jax.jvp(value, (point,), (jnp.ones_like(point),))[1]
        case "jacobian" if not scalar:
            return jax.jacfwd(value)(point)
        case "deriv" | "grad" | "jacobian" if scalar:
            return jax.grad(value)(point)
        case "hessian" if scalar:
            return jax.jacfwd(jax.grad(value))(point)
        case "partial":
            from derive.backends.jax_arrays import entry

            whole, axes = jax.jacfwd(value)(point), len(indices)
            front = jnp.moveaxis(whole, tuple(range(-axes, 0)), tuple(range(axes)))
            return entry(front, tuple(evaluate(i, scope) for i in indices))
    raise Refused(f"{term.op} of an array or of complex values")


def nudged(point: Any, scope: Scope) -> Any:
    """The point of a derivative, moved a little where kinks are looked for (`at x = 0` has no symbol)."""
    import jax.numpy as jnp

    try:
        by = scope.get(NUDGE)
    except Refused:
        return point
    pattern = jnp.reshape(jnp.cos(jnp.arange(1.0, point.size + 1)), point.shape)
    return point + by * (1 + jnp.abs(point)) * pattern


# ---------------------------------------------------------------- binders


def _bind(term: Bind, scope: Scope) -> Any:
    import jax.numpy as jnp

    if term.op not in RANGE_BINDERS or not term.over:
        raise Refused(f"`{term.op}` is not computed here")
    low, high = (concrete(o, scope) for o in term.over)
    if high < low:
        return _empty(term.op)
    if high - low >= MAX_RANGE:
        raise Refused(f"a range longer than {MAX_RANGE}")
    parts = over_range(term.var, low, high, term.body, scope)
    match term.op:
        case "sum":
            return jnp.sum(parts, axis=0)
        case "prod":
            return jnp.prod(parts, axis=0)
        case "max":
            return jnp.max(parts, axis=0)
        case "min":
            return jnp.min(parts, axis=0)
        case "forall":
            return jnp.all(parts, axis=0)
        case "exists":
            return jnp.any(parts, axis=0)
    return parts


def _empty(op: str) -> Any:
    match op:
        case "sum" | "prod":
            return 0 if op == "sum" else 1
        case "forall" | "exists":
            return op == "forall"
    return math.nan


def concrete(term: Term, scope: Scope) -> int:
    """The end of a range as a Python integer."""
    value = evaluate(term, scope)
    if isinstance(value, int):
        return value
    raise Refused("a range without a concrete end")


def over_range(var: Sym, low: int, high: int, body: Term, scope: Scope) -> Any:
    """The values of the body for each index, stacked along a new first axis."""
    import jax.numpy as jnp

    def at(inner: Scope) -> Any:
        value = jnp.asarray(evaluate(body, inner))
        return value if value.dtype == jnp.bool_ else real(value)

    return map_range(at, var, low, high, body, scope)


def map_range(
    function: Callable[[Scope], Any], var: Sym, low: int, high: int, body: Term, scope: Scope
) -> Any:
    """`function` in the scope of each index of a range, the results stacked; vectorised where it can be."""
    import jax
    import jax.numpy as jnp

    def at(i: Any) -> Any:
        return function(scope.bind(var, i))

    if low == high or needs_concrete(var, body):
        rows = [at(i) for i in range(low, high + 1)]
        return jax.tree.map(lambda *parts: jnp.stack(parts), *rows)
    return jax.vmap(at)(jnp.arange(low, high + 1))


_CONCRETE_ARGS = frozenset(
    {"ite", "zeros", "ones", "eye", "factorial", "binomial", "and", "or", "not", "=>"}
)


def needs_concrete(var: Sym, body: Term) -> bool:
    """Must the index be a Python integer: is it in the end of a range, a condition or an exponent?"""
    for part in subterms(body):
        match part:
            case Bind(op, _, over, _) if op in RANGE_BINDERS:
                deciding = over
            case App("indicator", (App("=" | "!=" | "<" | "<=", _),)):
                # both values exist, whichever the index is
                continue
            case App(op, _) if op in _CONCRETE_ARGS or op == "indicator":
                deciding = children(part)[:1] if op == "ite" else children(part)
            case App("^", (_, exponent)):
                deciding = (exponent,)
            case _:
                continue
        if any(var in free_symbols(d) for d in deciding):
            return True
    return False

