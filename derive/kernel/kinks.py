"""Where a scalarised term is differentiable in a variable: what that owes beyond being defined.

Promise: if the term is defined on a neighbourhood of a point and every condition returned holds at
the point, the term is differentiable there; a form that nothing is known of yields `unsupported`.
"""

from __future__ import annotations

from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    le,
    lt,
    ne,
)
from derive.kernel.arrays import entry
from derive.kernel.derivative import COMPLEX_SMOOTH, Refusal, comparisons, derivative, differentiate
from derive.kernel.guards import (
    Conditions,
    for_all,
    guard,
    is_finite,
    negate,
    unsupported,
)
from derive.kernel.indices import fresh_indices, literal_shape

_LARGEST_DETERMINANT = 4


def kinks(term: Term, variable: Sym) -> Conditions:
    """What differentiability in the variable owes, as propositions in the variable."""
    sort = variable.sort
    if (sort.entry if isinstance(sort, Array) else sort) is not REAL:
        return (unsupported(term),)
    return _kinks(term, variable)


def entry_kinks(array: Term, variable: Sym) -> Conditions:
    """The same for every entry of an array."""
    places = fresh_indices(len(shape_of(array)), array, variable)
    found = _kinks(entry(array, places), variable)
    for place, length in zip(reversed(places), reversed(shape_of(array)), strict=True):
        found = for_all(place, (ONE, length), found)
    return found


def second_kinks(term: Term, variable: Sym) -> Conditions:
    """What the differentiability of all the first partial derivatives owes."""
    shape = shape_of(variable)
    places = fresh_indices(len(shape), term, variable)
    first = derivative(term, variable, places)
    found = (unsupported(term),) if isinstance(first, Refusal) else kinks(first, variable)
    for place, length in zip(reversed(places), reversed(shape), strict=True):
        found = for_all(place, (ONE, length), found)
    return found


def regular(matrix: Term) -> Term:
    """The condition that a matrix is invertible, by its determinant where that is written out."""
    shape = literal_shape(matrix)
    if shape is not None and len(shape) == 2 and shape[0] == shape[1] <= _LARGEST_DETERMINANT:
        return ne(App("det", (matrix,)), ZERO)
    return App("invertible", (matrix,))


def _kinks(term: Term, variable: Sym) -> Conditions:
    if variable not in free_symbols(term):
        return ()
    match term:
        case Sym():
            return ()
        case App("index", (base, *at)):
            return _kinks_index(term, base, tuple(at), variable)
        case App("log", (App("det", (a,)),)):
            # log owes 0 < det(a), which makes `a` invertible
            return entry_kinks(a, variable)
        case App("det", (a,)):
            # without this: d det(A) = det(A)*inv(A)... would be claimed of a singular matrix
            return (regular(a), *entry_kinks(a, variable))
        case App("ite", (condition, then, otherwise)):
            edges = _edges(condition, variable)
            if edges is None:
                return (unsupported(term),)
            return (
                *edges,
                *guard(condition, _kinks(then, variable)),
                *guard(negate(condition), _kinks(otherwise, variable)),
            )
        case App("deriv" | "partial", _):
            value = differentiate(term)
            return (unsupported(term),) if isinstance(value, Refusal) else _kinks(value, variable)
        case App("^", (App("abs", (u,)), Num(p))) if sort_of(u) is COMPLEX and p > 0 and p % 2 == 0:
            # a power of u*conj(u). Without the even power: abs(t + im*t) would have a slope at 0
            return _kinks(u, variable)
        case App(op, args):
            own = _own(term, op, args, variable)
            return (*own, *(c for a in args for c in _kinks(a, variable)))
        case Bind():
            return _kinks_bind(term, variable)
    return (unsupported(term),)


def _edges(condition: Term, variable: Sym) -> Conditions | None:
    """Being where the sides of no comparison meet: with continuous sides, each keeps its truth nearby."""
    if variable not in free_symbols(condition):
        return ()
    found = comparisons(condition)
    if found is None:
        return None
    moving = [c.args for c in found if variable in free_symbols(c)]
    # without the sides' own: the derivative of `if floor(x) < 1/2 then 0 else 1` would be 0 at 1
    return tuple(c for a, b in moving for c in (ne(a, b), *_kinks(a, variable), *_kinks(b, variable)))


def _own(term: App, op: str, args: tuple[Term, ...], variable: Sym) -> Conditions:
    if op == "^":
        return _power(term, args[0], args[1], variable)
    if op not in COMPLEX_SMOOTH and any(sort_of(a) is COMPLEX for a in args):
        return (unsupported(term),)
    match op, args:
        case ("max" | "min"), (a, b):
            # without this: d/dx max(x, 0) would be claimed at 0
            return (ne(a, b),)
        case "relu", (a,):
            return (ne(a, ZERO),)
        case ("conj" | "re" | "im_part"), _:
            return ()
    row = OPERATORS.get(op)
    if row is None or row.slope is None:
        # without this: d/dx floor(x) = 0, also at the integers
        return (unsupported(term),)
    # without this: d/dx abs(x) = sign(x) at 0, where there is no derivative
    return row.smooth(args)


def _power(term: App, base: Term, exponent: Term, variable: Sym) -> Conditions:
    if isinstance(exponent, Num) and exponent.value.denominator == 1:
        return ()
    if sort_of(base) is COMPLEX or sort_of(exponent) is COMPLEX:
        return (unsupported(term),)
    if variable in free_symbols(exponent):
        return (lt(ZERO, base),)
    if sort_of(exponent) is INTEGER:
        # without this: d/dx x^n = n*x^(n-1) would be claimed at x = 0, n = 0
        return (App("or", (ne(base, ZERO), le(ONE, exponent))),)
    # A real exponent owes a positive base, a literal fraction a nonnegative one, opened elsewhere.
    return ()


def _kinks_index(term: App, base: Term, at: tuple[Term, ...], variable: Sym) -> Conditions:
    if any(variable in free_symbols(place) for place in at):
        return (unsupported(term),)
    match base:
        case Sym():
            return ()
        case App("inv", (a,)):
            # invertibility is owed by `inv` as written, and is open
            return entry_kinks(a, variable)
        case App("kron" | "vec" | "beside" | "above", args):
            # every entry is an entry of the arguments, or a product of two
            return tuple(c for a in args for c in entry_kinks(a, variable))
    return (unsupported(term),)


def _kinks_bind(term: Bind, variable: Sym) -> Conditions:
    # Where the binder has the variable itself, only its ends can mention it.
    in_ends = any(variable in free_symbols(end) for end in term.over)
    if term.op not in ("sum", "prod") or in_ends or not is_finite(*term.over):
        # without this: an integral, a limit or a series could be differentiated inside
        return (unsupported(term),)
    return for_all(term.var, term.over, _kinks(term.body, variable))
