"""The derivative of numbers, vectors and matrices by a number, pushed forward through a term.

Promise: `tangent(t, s)` has the shape of t and is its derivative by the real s wherever the conditions of that
derivative hold; a form without a rule raises `RefusalError`.
"""

from __future__ import annotations

from derive.core.shape import shape_of
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Num,
    Sym,
    Term,
    div,
    free_symbols,
    mul,
    neg,
    power,
    sub,
)
from derive.core.vector_laws import written_out
from derive.kernel.indices import is_array
from derive.kernel.pullback import (
    ENTRYWISE,
    RefusalError,
    at,
    check_real,
    inner,
    plus,
    slope_of,
    times,
)

_LINEAR = frozenset({"transpose", "tr", "vec", "diag", "mean"})
_BILINEAR = frozenset({"matmul", "dot", "outer", "kron"})


def tangent(term: Term, by: Sym) -> Term:
    """The derivative by a number."""
    found = push(term, by)
    if found is not None:
        return found
    return App("zeros", shape_of(term)) if is_array(term) else ZERO


def push(term: Term, by: Sym) -> Term | None:
    """The derivative, None for zero."""
    if by not in free_symbols(term):
        return None
    check_real(term)
    plain = written_out(term)
    if plain is not None:
        return push(plain, by)
    match term:
        case Sym():
            return ONE
        case App(op, args):
            if op in ("+", "-", "neg", "*", "/", "^"):
                return _arithmetic(op, args, by)
            if op in _BILINEAR:
                return _bilinear(op, args, by)
            if op in _LINEAR:
                found = push(args[0], by)
                return None if found is None else App(op, (found,))
            if op in ENTRYWISE:
                found = push(args[0], by)
                return None if found is None else times(slope_of(op, args), found)
            return _array(op, args, by)
    raise RefusalError("no rule for this form")


def _arithmetic(op: str, args: tuple[Term, ...], by: Sym) -> Term | None:
    match op, args:
        case "neg", (a,):
            return _negative(push(a, by))
        case ("+" | "-"), (a, b):
            left, right = _filled(a, b, by), _filled(b, a, by)
            return plus(left, right if op == "+" else _negative(right))
        case "*", (a, b):
            return plus(_with(push(a, by), b), _with(push(b, by), a))
        case "/", (a, b):
            below = neg(div(a, power(b, TWO)))
            return plus(_with(push(a, by), div(ONE, b)), _with(push(b, by), below))
        case "^", (a, e) if by not in free_symbols(e):
            if e == Num(0):
                return None
            less = a if e == TWO else power(a, Num(e.value - 1) if isinstance(e, Num) else sub(e, ONE))
            inside = push(a, by)
            return inside if e == ONE else _with(inside, mul(e, less))
    raise RefusalError("a power whose exponent varies")


def _filled(a: Term, other: Term, by: Sym) -> Term | None:
    """A side of a sum; a number beside an array changes every entry."""
    found = push(a, by)
    if found is None or is_array(a) or not is_array(other):
        return found
    return mul(found, App("ones", shape_of(other)))


def _negative(a: Term | None) -> Term | None:
    return None if a is None else neg(a)


def _with(a: Term | None, b: Term) -> Term | None:
    return None if a is None else times(a, b)


def _bilinear(op: str, args: tuple[Term, ...], by: Sym) -> Term | None:
    a, b = args
    left, right = push(a, by), push(b, by)
    one = None if left is None else App(op, (left, b))
    return plus(one, None if right is None else App(op, (a, right)))


def _array(op: str, args: tuple[Term, ...], by: Sym) -> Term | None:
    match op, args:
        case "index", (a, *places):
            if any(by in free_symbols(p) for p in places):
                # without this: d/dx of a[floor(x)] would be 0, also where it jumps
                raise RefusalError("an index that varies")
            found = push(a, by)
            return None if found is None else App("index", (found, *places))
        case ("beside" | "above"), _:
            return App(op, tuple(tangent(a, by) for a in args))
        case ("inv" | "det" | "logdet" | "norm" | "logsumexp" | "softmax"), (a,):
            found = push(a, by)
            return None if found is None else _function(op, a, found)
    raise RefusalError(f"no differential is known for `{op}`")


def _function(op: str, a: Term, moved: Term) -> Term:
    inverse = App("inv", (a,))
    match op:
        case "inv":
            return neg(at(at(inverse, moved), inverse))
        case "det":
            # where this derivative is owed to be defined the matrix is invertible
            return mul(App("det", (a,)), App("tr", (at(inverse, moved),)))
        case "logdet":
            return App("tr", (at(inverse, moved),))
        case "norm" if len(shape_of(a)) < 3:
            return div(inner(a, moved), App("norm", (a,)))
        case "logsumexp" if len(shape_of(a)) == 1:
            return inner(App("softmax", (a,)), moved)
        case "softmax" if len(shape_of(a)) == 1:
            s = App("softmax", (a,))
            return mul(s, sub(moved, App("dot", (s, moved))))
    raise RefusalError(f"no differential is known for `{op}`")
