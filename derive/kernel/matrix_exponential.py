"""The exponential of a multiple of a matrix whose square is a number times the identity.

Promise: `closed(a, entry)` equals `expm(a)`. From the series: for `B @ B = q*eye(n)` the even powers add up to
`cosh(c*sqrt(q))*eye(n)` and the odd ones to `sinh(c*sqrt(q))/sqrt(q)*B` (Nielsen and Chuang, exercise 4.2). Of two
matrices nothing is said: exp(A + B) is not exp(A) @ exp(B).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

from derive.core.shape import shape_of
from derive.core.term import ONE, App, Num, Term, add, div, mul, neg
from derive.kernel.indices import Indices, is_array, literal_shape

Gaussian = tuple[Fraction, Fraction]  # real and imaginary part
MAX_SIZE = 8


def multiple(a: Term) -> tuple[Term, Term]:
    """The number c and the matrix B of `c*B`, as the author wrote them."""
    match a:
        case App("neg", (inner,)):
            c, base = multiple(inner)
            return neg(c), base
        case App("*", (c, inner)) if is_array(inner) and not is_array(c):
            more, base = multiple(inner)
            return mul(c, more), base
        case App("*", (inner, c)) if is_array(inner) and not is_array(c):
            more, base = multiple(inner)
            return mul(c, more), base
        case App("/", (inner, c)) if not is_array(c):
            more, base = multiple(inner)
            return div(more, c), base
    return ONE, a


def closed(a: Term, entry: Callable[[Term, Indices], Term]) -> Term | None:
    """The exponential, where the square of the literal matrix is a rational multiple of the identity."""
    c, base = multiple(a)
    shape = literal_shape(base)
    if shape is None or len(shape) != 2 or shape[0] != shape[1] or not 1 <= shape[0] <= MAX_SIZE:
        return None
    places = range(1, shape[0] + 1)
    rows = [[gaussian(entry(base, (Num(i), Num(j)))) for j in places] for i in places]
    q = _square([[e for e in row if e is not None] for row in rows])
    return None if q is None else of_square(c, base, q)


def of_square(c: Term, base: Term, q: Fraction) -> Term:
    """`expm(c*B)` where `B @ B = q*eye(n)`."""
    unit = App("eye", shape_of(base)[:1])
    if not q:
        return add(unit, mul(c, base))
    # a negative q turns: cosh(i*x) = cos(x), sinh(i*x)/i = sin(x)
    even, odd = ("cosh", "sinh") if q > 0 else ("cos", "sin")
    root = App("sqrt", (Num(abs(q)),))
    if abs(q) == 1:
        return add(mul(App(even, (c,)), unit), mul(App(odd, (c,)), base))
    return add(
        mul(App(even, (mul(c, root),)), unit), mul(div(App(odd, (mul(c, root),)), root), base)
    )


def _square(rows: list[list[Gaussian]]) -> Fraction | None:
    """The rational q with `B @ B = q*eye(n)`.

    Without the comparison of every entry: exp(t*[[1, 0], [0, 0]]) = cosh(t)*eye(2) + ...
    """
    n = len(rows)
    if any(len(row) != n for row in rows):
        return None
    q: Gaussian | None = None
    for i, j in product(range(n), repeat=2):
        total = (Fraction(0), Fraction(0))
        for k in range(n):
            total = _plus(total, _times(rows[i][k], rows[k][j]))
        if i != j:
            if any(total):
                return None
        elif q is None:
            q = total
        elif total != q:
            return None
    return q[0] if q is not None and not q[1] else None


# ---------------------------------------------------------------- numbers a + b*im


def gaussian(term: Term) -> Gaussian | None:
    """The value of a literal entry, None where it is more than rational numbers and the imaginary unit."""
    match term:
        case Num(value):
            return Fraction(value), Fraction(0)
        case App("im", ()):
            return Fraction(0), Fraction(1)
        case App("neg" | "conj" as op, (inner,)):
            x = gaussian(inner)
            if x is None:
                return None
            return (-x[0], -x[1]) if op == "neg" else (x[0], -x[1])
        case App("+" | "-" | "*" | "/" as op, (left, right)):
            x, y = gaussian(left), gaussian(right)
            return None if x is None or y is None else _combined(op, x, y)
    return None


def _combined(op: str, x: Gaussian, y: Gaussian) -> Gaussian | None:
    match op:
        case "+":
            return _plus(x, y)
        case "-":
            return x[0] - y[0], x[1] - y[1]
        case "*":
            return _times(x, y)
    size = y[0] * y[0] + y[1] * y[1]
    return _times(x, (y[0] / size, -y[1] / size)) if size else None


def _plus(x: Gaussian, y: Gaussian) -> Gaussian:
    return x[0] + y[0], x[1] + y[1]


def _times(x: Gaussian, y: Gaussian) -> Gaussian:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]
