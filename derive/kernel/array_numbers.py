"""The numbers that an array gives, by its entries: traces, inner products, norms, means, small determinants.

Promise: wherever the operator is defined the number has its value; what has no rule here stays as it is. The
inner product of complex vectors, and the norm of order p for p < 1, have none.
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, Array
from derive.core.term import ONE, TWO, App, Num, Term, div, mul, power, sub
from derive.kernel.finite_laws import Entry
from derive.kernel.indices import Indices, determinant, literal_shape, over_entries, summed

_LARGEST_DETERMINANT = 4


def number(op: str, args: tuple[Term, ...], entry: Entry) -> Term | None:
    """The number that an operator gives of an array, None where it has no rule here."""
    match op, args:
        case "tr", (a,):
            return summed(shape_of(a)[:1], (a,), lambda i: entry(a, (*i, *i)))
        case "dot", (x, y):
            return _dot(x, y, entry)
        case "norm", (x,):
            squares = sum_squares(x, entry)
            # the sum is real, whatever its sort says: this root has no branch
            return App("sqrt", (App("re", (squares,)) if sort_of(squares) is COMPLEX else squares,))
        case "norm_p", (x, Num(p)) if p >= 1:
            return _norm_p(_unstack(x), Num(p), entry)
        case "norm_inf", (x,):
            bare = _unstack(x)
            return over_entries(
                "max", shape_of(bare), (bare,), lambda i: App("abs", (entry(bare, i),))
            )
        case "logsumexp", (z,):
            return App("log", (sum_exp(z, entry),))
        case "mean", (x,):
            return _mean(_unstack(x), entry)
        case "variance", (x,):
            return div(_deviations(_unstack(x), entry), _count(x))
        case "sample_variance", (x,):
            return div(_deviations(_unstack(x), entry), sub(_count(x), ONE))
        case "det", (a,):
            rows = literal_matrix(a, _LARGEST_DETERMINANT, entry)
            return None if rows is None else determinant(rows)
    return None


def _dot(x: Term, y: Term, entry: Entry) -> Term | None:
    match x, y:
        case App("vec", (a,)), App("vec", (b,)) if same_shape(a, b):
            x, y = a, b
        case _ if len(shape_of(x)) != 1 or len(shape_of(y)) != 1:
            return None
    # The inner product of complex vectors conjugates one side, and texts differ on which: opaque.
    if COMPLEX in (_entry_sort(x), _entry_sort(y)):
        return None
    return summed(shape_of(x), (x, y), lambda i: mul(entry(x, i), entry(y, i)))


def sum_squares(x: Term, entry: Entry) -> Term:
    """The squared absolute values of the entries, added up."""
    bare = _unstack(x)

    def square(i: Indices) -> Term:
        e = entry(bare, i)
        # without this: norm([1, im]) would be 0
        return mul(conjugate(e), e) if sort_of(e) is COMPLEX else power(e, TWO)

    return summed(shape_of(bare), (bare,), square)


def _norm_p(x: Term, p: Num, entry: Entry) -> Term:
    def summand(i: Indices) -> Term:
        e = entry(x, i)
        if p.value % 2 == 0 and sort_of(e) is not COMPLEX:
            return power(e, p)
        return App("abs", (e,)) if p == ONE else power(App("abs", (e,)), p)

    total = summed(shape_of(x), (x,), summand)
    return total if p == ONE else power(total, Num(1 / p.value))


def sum_exp(z: Term, entry: Entry) -> Term:
    """The exponentials of the entries, added up."""
    bare = _unstack(z)
    return summed(shape_of(bare), (bare,), lambda i: App("exp", (entry(bare, i),)))


def _mean(x: Term, entry: Entry) -> Term:
    return div(summed(shape_of(x), (x,), lambda i: entry(x, i)), _count(x))


def _deviations(x: Term, entry: Entry) -> Term:
    centre = _mean(x, entry)
    return summed(
        shape_of(x), (x,), lambda i: power(sub(entry(x, i), centre), TWO)
    )


def _count(x: Term) -> Term:
    return mul(*shape_of(x))


def _unstack(x: Term) -> Term:
    """`A` for `vec(A)`: for what does not depend on the order of the entries."""
    return x.args[0] if isinstance(x, App) and x.op == "vec" else x


def same_shape(a: Term, b: Term) -> bool:
    """As many axes, and the sizes the same terms?"""
    left, right = shape_of(a), shape_of(b)
    return len(left) == len(right) and all(map(alpha_equal, left, right))


def _entry_sort(x: Term) -> object:
    sort = sort_of(x)
    return sort.entry if isinstance(sort, Array) else sort


def conjugate(e: Term) -> Term:
    """The conjugate of an entry."""
    return App("conj", (e,)) if sort_of(e) is COMPLEX else e


def literal_matrix(a: Term, largest: int, entry: Entry) -> list[list[Term]] | None:
    """The rows of a square matrix of a literal size up to the largest."""
    shape = literal_shape(a)
    if shape is None or len(shape) != 2 or shape[0] != shape[1] or not 1 <= shape[0] <= largest:
        return None
    places = [Num(k) for k in range(1, shape[0] + 1)]
    return [[entry(a, (i, j)) for j in places] for i in places]
