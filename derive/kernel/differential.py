"""Derivatives of vectors and matrices as terms of vectors and matrices: differentials, without indices.

Promise: where the conditions of the derivative as written hold (`kernel/conditions.py`), the term returned is
the derivative; a form without a rule here is refused, never guessed. By an array the gradient is pulled back
through the term from the outside in, by a number the tangent is pushed forward, and the Jacobian of a vector
by a vector is a product of matrices. Source: Magnus and Neudecker, Matrix Differential Calculus, 8 and 9.
"""

from __future__ import annotations

from derive.core.alpha import rename_bound
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, REAL, Array
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    free_symbols,
    map_children,
    mul,
    substitute,
)
from derive.core.vector_laws import written_out
from derive.kernel.derivative import Refusal
from derive.kernel.indices import is_array
from derive.kernel.jacobians import jacobian
from derive.kernel.pullback import RefusalError, gradient, unit
from derive.kernel.tangent import tangent

_DERIVATIVES = ("deriv", "partial", "grad", "jacobian", "hessian")


def differentials(term: Term) -> Term | Refusal:
    """The term with every derivative of a `lam` replaced by its value, the innermost first; laws of vectors
    written out."""
    try:
        return _evaluate(term)
    except RefusalError as refused:
        return Refusal(str(refused))


def _evaluate(term: Term) -> Term:
    # the logarithm of a density before the density: its exponent
    term = map_children(written_out(term) or term, _evaluate)
    match term:
        case App(op, (Bind("lam", _, _, _) as function, point, *at)) if op in _DERIVATIVES:
            return _value(op, function, point, tuple(at))
        case App(op, _) if op in _DERIVATIVES:
            raise RefusalError("the derivative of a function symbol")
    return term


def _value(op: str, function: Bind, point: Term, at: tuple[Term, ...]) -> Term:
    # without this: partial(lam z. t, a, i) with a captured symbol of i would differentiate by it
    taken = frozenset().union(*map(free_symbols, (point, *at)))
    bound = rename_bound(function, taken)
    variable, body = bound.var, bound.body
    _real(variable, body)
    found = substitute(_by(op, variable, body, at), {variable: point})
    # without this: zeros in the place of the derivative of a vector would be a number
    if shape_of(found) != shape_of(App(op, (function, point, *at))):
        raise RefusalError("a derivative whose shape is not seen to be right")
    return found


def _real(variable: Sym, body: Term) -> None:
    sort = variable.sort
    if (sort.entry if isinstance(sort, Array) else sort) is not REAL:
        # without this: d/dn of a natural n
        raise RefusalError(f"{variable.name} is not real")
    inner = sort_of(body)
    if (inner.entry if isinstance(inner, Array) else inner) is COMPLEX:
        raise RefusalError("the derivative of complex values")


def _by(op: str, variable: Sym, body: Term, at: tuple[Term, ...]) -> Term:
    match op:
        case "deriv" if not is_array(variable):
            return tangent(body, variable)
        case "grad" if not is_array(body):
            return gradient(body, variable)
        case "jacobian" if is_array(body):
            return jacobian(body, variable)
        case "hessian" if not is_array(body):
            return jacobian(gradient(body, variable), variable)
        case "partial" if not is_array(body):
            return App("index", (gradient(body, variable), *at))
        case "partial" if len(at) in (1, 2):
            return _along(variable, body, at)
    raise RefusalError(f"no differential for this {op}")


def _along(variable: Sym, body: Term, at: tuple[Term, ...]) -> Term:
    """The derivative of an array by one entry: the tangent at `X + t*E` with a 1 at that entry in E."""
    shape = shape_of(variable)
    if len(shape) != len(at):
        raise RefusalError("the derivative by a part of an array")
    units = [unit(n, i) for n, i in zip(shape, at, strict=True)]
    direction = units[0] if len(units) == 1 else App("outer", tuple(units))
    step = Sym("~step", REAL)
    moved = substitute(body, {variable: App("+", (variable, mul(step, direction)))})
    found = tangent(moved, step)
    return _still(found, step, direction, variable)


def _still(found: Term, step: Sym, direction: Term, variable: Sym) -> Term:
    """The tangent at the point itself: `X + t*E` is X again, as written."""
    moved = App("+", (variable, mul(step, direction)))

    def back(term: Term) -> Term:
        return variable if term == moved else map_children(term, back)

    return substitute(back(found), {step: ZERO})
