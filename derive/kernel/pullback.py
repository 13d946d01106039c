"""Gradients by an array, pulled back through a term from the outside in.

Promise: `gradient(t, X)` has the shape of X and is the array of partial derivatives of the number t wherever
the conditions of that gradient hold; a form without a rule raises `RefusalError`. Zeros are left out as None,
so that what does not depend on X costs nothing.
"""

from __future__ import annotations

from derive.core.alpha import rename_bound
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, Array
from derive.core.term import (
    ONE,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    div,
    free_symbols,
    index,
    mentions,
    mul,
    neg,
    power,
    sub,
)
from derive.core.vector_laws import written_out
from derive.kernel.indices import is_array, is_entrywise

ENTRYWISE = frozenset(
    {"exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh",
     "acosh", "atanh", "abs", "sigmoid", "softplus", "Gamma", "erf"}
)


class RefusalError(Exception):
    """Why a derivative could not be taken; it never leaves the kernel."""


def gradient(term: Term, by: Sym) -> Term:
    """The array of partial derivatives of a number."""
    if is_array(term):
        raise RefusalError("the gradient of an array")
    found = pull(term, ONE, by)
    return App("zeros", shape_of(by)) if found is None else found


def pull(term: Term, bar: Term, by: Sym) -> Term | None:
    """What `bar`, the gradient by the term, gives for the variable; None for zero."""
    if by not in free_symbols(term):
        return None
    check_real(term)
    plain = written_out(term)
    if plain is not None:
        return pull(plain, bar, by)
    match term:
        case Sym():
            return bar
        case Bind("sum", _, _, _):
            return _sum(term, bar, by)
        case App(op, args):
            if op in ("+", "-", "neg", "*", "/", "^"):
                return _arithmetic(op, args, bar, by)
            if op in ENTRYWISE:
                return pull(args[0], times(bar, slope_of(op, args)), by)
            return _array(op, args, bar, by)
    raise RefusalError("no rule for this form")


def check_real(term: Term) -> None:
    """Refuse complex values on the way: their derivatives have other rules."""
    sort = sort_of(term)
    if (sort.entry if isinstance(sort, Array) else sort) is COMPLEX:
        raise RefusalError("the derivative of complex values")


def slope_of(op: str, args: tuple[Term, ...]) -> Term:
    """The derivative of an entrywise function of one argument, entry by entry."""
    row = OPERATORS[op]
    if row.slope is None:
        raise RefusalError(f"no derivative is known for `{op}`")
    return row.slope(args)[0]


# ---------------------------------------------------------------- terms put together


def plus(a: Term | None, b: Term | None) -> Term | None:
    """The sum, None for zero."""
    if a is None or b is None:
        return b if a is None else a
    return App("+", (a, b))


def times(a: Term, b: Term) -> Term:
    """The product entry by entry, or with a number."""
    if a == ONE:
        return b
    return a if b == ONE else mul(a, b)


def inner(a: Term, b: Term) -> Term:
    """The sum of the products of the entries."""
    match len(shape_of(a)):
        case 1:
            return App("dot", (a, b))
        case 2:
            return App("tr", (App("matmul", (flip(a), b)),))
    raise RefusalError("an array of higher rank")


def total(a: Term) -> Term:
    """The sum of the entries."""
    shape = shape_of(a)
    match len(shape):
        case 0:
            return a
        case 1:
            return App("dot", (a, App("ones", shape)))
        case 2:
            return App("dot", (App("ones", shape[:1]), at(a, App("ones", shape[1:]))))
    raise RefusalError("an array of higher rank")


def flip(a: Term) -> Term:
    """The transpose, pushed inside products, sums and multiples."""
    match a:
        case App("transpose", (b,)):
            return b
        case App("matmul", (b, c)) if len(shape_of(b)) == 2 == len(shape_of(c)):
            return at(flip(c), flip(b))
        case App("outer", (u, v)):
            return App("outer", (v, u))
        case App(("+" | "-" | "neg" | "*" | "/") as op, args):
            return App(op, tuple(flip(x) if is_array(x) else x for x in args))
        case App("diag" | "eye", _):
            return a
        case App("inv", (b,)):
            return App("inv", (flip(b),))
    return App("transpose", (a,))


def at(a: Term, b: Term) -> Term:
    """`a @ b`."""
    return App("matmul", (a, b))


def unit(size: Term, place: Term) -> Term:
    """A column of the identity matrix."""
    return index(App("eye", (size,)), place)


# ---------------------------------------------------------------- arithmetic


def _arithmetic(op: str, args: tuple[Term, ...], bar: Term, by: Sym) -> Term | None:
    match op, args:
        case "neg", (a,):
            return pull(a, neg(bar), by)
        case "+", (a, b):
            return plus(_spread(a, bar, by), _spread(b, bar, by))
        case "-", (a, b):
            return plus(_spread(a, bar, by), _spread(b, neg(bar), by))
        case "*", (a, b):
            return plus(_factor(a, b, bar, by), _factor(b, a, bar, by))
        case "/", (a, b):
            below = neg(div(a, power(b, TWO)))
            return plus(_factor(a, div(ONE, b), bar, by), _factor(b, below, bar, by))
        case "^", (a, e) if by not in free_symbols(e):
            if e == Num(0):
                return None
            less = a if e == TWO else power(a, Num(e.value - 1) if isinstance(e, Num) else sub(e, ONE))
            return pull(a, bar if e == ONE else times(bar, mul(e, less)), by)
    raise RefusalError("a power whose exponent varies")


def _spread(a: Term, bar: Term, by: Sym) -> Term | None:
    """A side of a sum; a number stands in every entry."""
    if by not in free_symbols(a):
        return None
    return pull(a, bar if is_array(a) else total(bar), by)


def _factor(a: Term, other: Term, bar: Term, by: Sym) -> Term | None:
    """What a product gives for its factor `a`, the other one being `other`."""
    if by not in free_symbols(a):
        return None
    if is_array(a) or not is_array(bar):
        return pull(a, times(bar, other), by)
    # the number of a multiple of an array
    return pull(a, inner(bar, other) if is_array(other) else times(total(bar), other), by)


# ---------------------------------------------------------------- arrays


def _array(op: str, args: tuple[Term, ...], bar: Term, by: Sym) -> Term | None:
    match op, args:
        case "matmul", (a, b):
            return _matmul(a, b, bar, by)
        case "dot", (a, b):
            return plus(pull(a, times(bar, b), by), pull(b, times(bar, a), by))
        case "transpose", (a,):
            return pull(a, flip(bar) if len(shape_of(a)) == 2 else bar, by)
        case "outer", (a, b) if len(shape_of(a)) == 1 == len(shape_of(b)):
            return plus(pull(a, at(bar, b), by), pull(b, at(flip(bar), a), by))
        case "inv", (a,):
            back = flip(App("inv", (a,)))
            return pull(a, neg(at(at(back, bar), back)), by)
        case "diag", (a,):
            return pull(a, App("diag", (bar,)), by)
        case "index", (a, *places):
            return _entry(a, tuple(places), bar, by)
        case "softmax", (z,) if len(shape_of(z)) == 1:
            s = App("softmax", (z,))
            return pull(z, mul(s, sub(bar, App("dot", (bar, s)))), by)
        case "vec", (a,):
            return pull(a, unstacked(bar), by)
    if op in ("tr", "det", "logdet", "norm", "logsumexp", "mean"):
        return _number(op, args[0], bar, by)
    raise RefusalError(f"no differential is known for `{op}`")


def _matmul(a: Term, b: Term, bar: Term, by: Sym) -> Term | None:
    match len(shape_of(a)), len(shape_of(b)):
        case 2, 2:
            left = at(bar, flip(b)) if by in free_symbols(a) else bar
            return plus(pull(a, left, by), pull(b, at(flip(a), bar), by))
        case 2, 1:
            return plus(pull(a, App("outer", (bar, b)), by), pull(b, at(flip(a), bar), by))
        case 1, 2:
            return plus(pull(a, at(b, bar), by), pull(b, App("outer", (a, bar)), by))
        case 1, 1:
            return plus(pull(a, times(bar, b), by), pull(b, times(bar, a), by))
    raise RefusalError("a product of arrays of higher rank")


def _number(op: str, a: Term, bar: Term, by: Sym) -> Term | None:
    match op, a:
        case "tr", App("kron", (b, c)) if _square(b) and _square(c):
            # without squareness of both: the diagonal of a Kronecker product of rectangles mixes its blocks
            return pull(mul(App("tr", (b,)), App("tr", (c,))), bar, by)
        case "tr", _:
            return pull(a, times(bar, App("eye", shape_of(a)[:1])), by)
        case "det", _:
            # where this gradient is owed to be defined the matrix is invertible
            return pull(a, times(times(bar, App("det", (a,))), flip(App("inv", (a,)))), by)
        case "logdet", _:
            return pull(a, times(bar, flip(App("inv", (a,)))), by)
        case "norm", _ if len(shape_of(a)) < 3:
            return pull(a, times(bar, div(a, App("norm", (a,)))), by)
        case "logsumexp", _ if len(shape_of(a)) == 1:
            return pull(a, times(bar, App("softmax", (a,))), by)
        case "mean", _:
            shape = shape_of(a)
            return pull(a, mul(div(bar, mul(*shape)), App("ones", shape)), by)
    raise RefusalError(f"no differential is known for `{op}`")


def _square(a: Term) -> bool:
    shape = shape_of(a)
    return len(shape) == 2 and shape[0] == shape[1]


def _entry(a: Term, places: tuple[Term, ...], bar: Term, by: Sym) -> Term | None:
    if any(by in free_symbols(p) for p in places):
        # without this: d/dx of a[floor(x)] would be 0, also where it jumps
        raise RefusalError("an index that varies")
    shape = shape_of(a)
    match len(shape), places:
        case 1, (i,):
            return pull(a, times(bar, unit(shape[0], i)), by)
        case 2, (i, j):
            cell = App("outer", (unit(shape[0], i), unit(shape[1], j)))
            return pull(a, times(bar, cell), by)
        case 2, (i,):
            return pull(a, App("outer", (unit(shape[0], i), bar)), by)
    raise RefusalError("a part of an array of higher rank")


def unstacked(bar: Term) -> Term:
    """The matrix whose columns, stacked, are this vector."""
    match bar:
        case App("vec", (a,)):
            return a
        case App(("+" | "-" | "neg") as op, args) if all(map(is_array, args)):
            return App(op, tuple(map(unstacked, args)))
        case App("*", (a, b)) if is_array(a) != is_array(b):
            return mul(unstacked(a), b) if is_array(a) else mul(a, unstacked(b))
        case App("/", (a, b)) if not is_array(b):
            return div(unstacked(a), b)
        case App("matmul", (App("kron", (p, q)), App("vec", (m,)))) if (
            shape_of(q)[1] == shape_of(m)[0] and shape_of(p)[1] == shape_of(m)[1]
        ):
            return at(at(q, m), flip(p))
        case App("matmul", (App("transpose", (App("kron", (p, q)),)), v)):
            return unstacked(at(App("kron", (flip(p), flip(q))), v))
    raise RefusalError("a stacked matrix that does not come apart")


# ---------------------------------------------------------------- sums of entries


def _sum(term: Bind, bar: Term, by: Sym) -> Term | None:
    """A sum of a function of entries is a sum over the entries of an array; of others, the summands' gradients."""
    lifted = lift(term)
    if lifted is not None:
        return pull(lifted, bar, by)
    # without this: the derivative of a series would be that of its terms
    if any(by in free_symbols(end) or mentions(end, "inf") for end in term.over):
        raise RefusalError("a sum over a range that is not fixed and finite")
    # without this: a bar that mentions an index of the same name would be summed over
    term = rename_bound(term, free_symbols(bar) | {by})
    found = pull(term.body, bar, by)
    return None if found is None else Bind("sum", term.var, term.over, found)


def lift(term: Bind) -> Term | None:
    """`sum(i in 1..n, f(x[i]))` as the total of the array `f(x)`; None where the body is not of this kind."""
    low, high = term.over
    if low != ONE:
        return None
    body = term.body
    if isinstance(body, Bind) and body.op == "sum":
        match body:
            case Bind("sum", j, (first, last), App("index", (a, i, k))) if (
                (first, i, k) == (ONE, term.var, j)
                and shape_of(a) == (high, last)
                and free_symbols(a).isdisjoint((term.var, j))
            ):
                return total(a)
        return None
    array = _lifted(body, term.var, high)
    # without an axis of that length: the sum of a number over 1..n - 3 would be (n - 3) times it at n = 1
    return total(array) if array is not None and is_array(array) else None


def _lifted(body: Term, i: Sym, length: Term) -> Term | None:
    """The vector whose entry at i the body is, or the body itself where it is free of i."""
    if i not in free_symbols(body):
        return None if is_array(body) else body
    match body:
        case App("index", (a, place)) if place == i and shape_of(a) == (length,) and i not in free_symbols(a):
            return a
        case App("dot" | "matmul", (u, v)) if len(shape_of(u)) == 1 == len(shape_of(v)):
            for row, other in ((_column(u), _column(v)), (_column(v), _column(u))):
                match row:
                    case App("index", (a, place)) if (
                        place == i and len(shape_of(a)) == 2 and shape_of(a)[0] == length
                        and i not in free_symbols(a) | free_symbols(other)
                    ):
                        # the inner product with row i
                        return at(a, other)
            return None
        case App(op, args) if is_entrywise(op) and not mentions(body, "ite"):
            parts = [_lifted(a, i, length) for a in args]
            if any(p is None for p in parts):
                return None
            return App(op, tuple(p for p in parts if p is not None))
    return None


def _column(v: Term) -> Term:
    return v.args[0] if isinstance(v, App) and v.op == "transpose" else v
