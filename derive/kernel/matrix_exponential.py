"""The exponential of a diagonal matrix, and of a multiple of one whose square is a number times the identity or itself.

Promise: `closed(a, entry)` equals `expm(a)`. From the series: for `B @ B = q*eye(n)` the even powers add up to
`cosh(c*sqrt(q))*eye(n)` and the odd ones to `sinh(c*sqrt(q))/sqrt(q)*B` (Nielsen and Chuang, exercise 4.2). Of two
matrices nothing is said: exp(A + B) is not exp(A) @ exp(B).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.core.shape import shape_of
from derive.core.term import ONE, ZERO, App, Num, Term, add, div, mul, neg, sub
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
    """The exponential of a literal matrix: a diagonal one, or `c*B` where `B @ B` is `q*eye(n)` or `q*B`."""
    c, base = multiple(a)
    shape = literal_shape(base)
    if shape is None or len(shape) != 2 or shape[0] != shape[1] or not 1 <= shape[0] <= MAX_SIZE:
        return None
    places = [Num(k) for k in range(1, shape[0] + 1)]
    values = [[gaussian(entry(base, (i, j))) for j in places] for i in places]
    if all(e is not None and not any(e) for i, row in enumerate(values) for j, e in enumerate(row) if i != j):
        # without the zeros beside the diagonal: the exponential would go entry by entry
        return _diagonal([App("exp", (mul(c, entry(base, (i, i))),)) for i in places])
    rows = [[e for e in row if e is not None] for row in values]
    if any(len(row) != shape[0] for row in rows):
        return None
    square = [[_sum_of_products(rows, i, j) for j in range(shape[0])] for i in range(shape[0])]
    q = _multiple_of_identity(square)
    if q is not None:
        return of_square(c, base, q)
    q = _multiple_of_itself(square, rows)
    return None if q is None else of_idempotent(c, base, q)


def _diagonal(entries: list[Term]) -> Term:
    return App("vector", tuple(
        App("vector", tuple(e if i == j else ZERO for j in range(len(entries)))) for i, e in enumerate(entries)
    ))


def of_idempotent(c: Term, base: Term, q: Fraction) -> Term:
    """`expm(c*B)` where `B @ B = q*B` and q is not 0: the powers of B are multiples of B."""
    factor = div(sub(App("exp", (mul(c, Num(q)),)), ONE), Num(q))
    return add(App("eye", shape_of(base)[:1]), mul(factor, base))


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


def _sum_of_products(rows: list[list[Gaussian]], i: int, j: int) -> Gaussian:
    total = (Fraction(0), Fraction(0))
    for k in range(len(rows)):
        total = _plus(total, _times(rows[i][k], rows[k][j]))
    return total


def _multiple_of_identity(square: list[list[Gaussian]]) -> Fraction | None:
    """The rational q with `B @ B = q*eye(n)`.

    Without the comparison of every entry: exp(t*[[1, 0], [0, 0]]) = cosh(t)*eye(2) + ...
    """
    q = square[0][0]
    same = all(
        e == (q if i == j else (0, 0)) for i, row in enumerate(square) for j, e in enumerate(row)
    )
    return q[0] if same and not q[1] else None


def _multiple_of_itself(square: list[list[Gaussian]], rows: list[list[Gaussian]]) -> Fraction | None:
    """The rational q, not 0, with `B @ B = q*B`."""
    pairs = [pair for s, r in zip(square, rows, strict=True) for pair in zip(s, r, strict=True)]
    some = next(((s, r) for s, r in pairs if r[0] and not r[1]), None)
    if some is None:
        return None
    q = some[0][0] / some[1][0]
    return q if q and all(s == (q * r[0], q * r[1]) for s, r in pairs) else None


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
