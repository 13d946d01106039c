"""The Jacobian of a vector by a vector as a product of matrices.

Promise: `jacobian(f, x)[i, j]` is the derivative of f[i] by x[j] wherever the conditions of that Jacobian hold;
a form without a rule raises `RefusalError`.
"""

from __future__ import annotations

from derive.core.shape import shape_of
from derive.core.term import ONE, TWO, App, Num, Sym, Term, div, free_symbols, mul, neg, power, sub
from derive.kernel.indices import is_array
from derive.kernel.pullback import (
    ENTRYWISE,
    RefusalError,
    at,
    check_real,
    flip,
    gradient,
    plus,
    slope_of,
    unit,
)


def jacobian(term: Term, by: Sym) -> Term:
    """The matrix of partial derivatives of a vector by a vector."""
    if len(shape_of(term)) != 1 or len(shape_of(by)) != 1:
        raise RefusalError("a Jacobian of other than a vector by a vector")
    found = slopes(term, by)
    return App("zeros", (*shape_of(term), *shape_of(by))) if found is None else found


def slopes(term: Term, by: Sym) -> Term | None:
    """The Jacobian, None for zero."""
    if by not in free_symbols(term):
        return None
    check_real(term)
    match term:
        case Sym():
            return App("eye", shape_of(by))
        case App("transpose", (a,)):
            return slopes(a, by)
        case App(op, args):
            if op in ("+", "-", "neg", "*", "/", "^"):
                return _arithmetic(op, args, by)
            if op in ENTRYWISE:
                return _scaled(slope_of(op, args), slopes(args[0], by))
            return _array(op, args, by)
    raise RefusalError("no rule for this form")


def _array(op: str, args: tuple[Term, ...], by: Sym) -> Term | None:
    match op, args:
        case "matmul", (a, v) if len(shape_of(a)) == 2:
            return plus(_after(a, slopes(v, by)), acting(a, v, by))
        case "matmul", (v, a) if len(shape_of(a)) == 2:
            return plus(_after(flip(a), slopes(v, by)), acting(flip(a), v, by))
        case "softmax", (z,):
            s = App("softmax", (z,))
            return _after(sub(App("diag", (s,)), App("outer", (s, s))), slopes(z, by))
        case "index", (a, i) if len(shape_of(a)) == 2 and by not in free_symbols(i):
            # row i of a matrix
            return acting(flip(a), unit(shape_of(a)[0], i), by)
    raise RefusalError(f"no Jacobian is known for `{op}`")


def _after(matrix: Term, inside: Term | None) -> Term | None:
    return None if inside is None else at(matrix, inside)


def _scaled(by_entries: Term, inside: Term | None) -> Term | None:
    """Row i times entry i; a number multiplies all."""
    if inside is None:
        return None
    if not is_array(by_entries):
        return mul(by_entries, inside)
    return at(App("diag", (by_entries,)), inside)


def _arithmetic(op: str, args: tuple[Term, ...], by: Sym) -> Term | None:
    match op, args:
        case "neg", (a,):
            return _negative(slopes(a, by))
        case ("+" | "-"), (a, b):
            left, right = _spread(a, b, by), _spread(b, a, by)
            return plus(left, right if op == "+" else _negative(right))
        case "*", (a, b):
            return plus(_factor(a, b, by), _factor(b, a, by))
        case "/", (a, b):
            below = neg(div(a, power(b, TWO)))
            return plus(_factor(a, div(ONE, b), by), _factor(b, below, by))
        case "^", (a, e) if by not in free_symbols(e):
            if e == Num(0):
                return None
            less = a if e == TWO else power(a, Num(e.value - 1) if isinstance(e, Num) else sub(e, ONE))
            return slopes(a, by) if e == ONE else _scaled(mul(e, less), slopes(a, by))
    raise RefusalError("a power whose exponent varies")


def _negative(a: Term | None) -> Term | None:
    return None if a is None else neg(a)


def _spread(a: Term, other: Term, by: Sym) -> Term | None:
    """A side of a sum; a number stands in every entry."""
    if by not in free_symbols(a):
        return None
    if is_array(a):
        return slopes(a, by)
    return App("outer", (App("ones", shape_of(other)), gradient(a, by)))


def _factor(a: Term, other: Term, by: Sym) -> Term | None:
    """What a product of a vector gives for its factor `a`, the other one being `other`."""
    if by not in free_symbols(a):
        return None
    if is_array(a):
        return _scaled(other, slopes(a, by))
    return App("outer", (other, gradient(a, by)))


# ---------------------------------------------------------------- a matrix that varies, times a vector


def acting(a: Term, v: Term, by: Sym) -> Term | None:
    """The Jacobian of `a @ v` by what `a` depends on, `v` held still."""
    if by not in free_symbols(a):
        return None
    check_real(a)
    match a:
        case App("neg", (b,)):
            return _negative(acting(b, v, by))
        case App(("+" | "-") as op, (b, c)) if is_array(b) and is_array(c):
            right = acting(c, v, by)
            return plus(acting(b, v, by), right if op == "+" else _negative(right))
        case App("*", (b, c)) if is_array(b) != is_array(c):
            return _multiple(c, b, v, by) if is_array(b) else _multiple(b, c, v, by)
        case App("/", (b, c)) if not is_array(c):
            return _multiple(div(ONE, c), b, v, by)
        case App("matmul", (b, c)):
            return plus(acting(b, at(c, v), by), _after(b, acting(c, v, by)))
        case App("outer", (u, w)) if len(shape_of(u)) == 1 == len(shape_of(w)):
            return _acting_outer(u, w, v, by)
        case App("diag", (u,)) if len(shape_of(u)) == 1:
            return _after(App("diag", (v,)), slopes(u, by))
        case App("inv", (b,)):
            inside = acting(b, at(a, v), by)
            return _after(neg(a), inside)
        case App("transpose", (b,)) if flip(b) != a:
            return acting(flip(b), v, by)
    raise RefusalError("no Jacobian is known for this matrix")


def _multiple(c: Term, a: Term, v: Term, by: Sym) -> Term | None:
    one = None
    if by in free_symbols(c):
        one = App("outer", (at(a, v), gradient(c, by)))
    inside = acting(a, v, by)
    return plus(one, None if inside is None else mul(c, inside))


def _acting_outer(u: Term, w: Term, v: Term, by: Sym) -> Term | None:
    left, right = slopes(u, by), slopes(w, by)
    one = None if left is None else mul(App("dot", (w, v)), left)
    return plus(one, None if right is None else App("outer", (u, at(flip(right), v))))
