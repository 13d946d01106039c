"""Arrays of numbers as nested tuples: products, inverses, determinants, norms and the other array rows.

Promise: inverses and determinants are exact for rational entries and enclosures otherwise; a matrix whose
invertibility the enclosures leave open raises `NotDecided`. Determinants are division-free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from flint import arb, fmpq

from derive.backends.flint_functions import function, root
from derive.backends.flint_numbers import (
    ONE,
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    add,
    as_pair,
    differs,
    div,
    is_zero,
    mul,
    neg,
    sign_of,
    sub,
)
from derive.backends.flint_powers import power

Tree: TypeAlias = Any  # a number, or a tuple of trees

MAX_DETERMINANT = 9


def map_one(change: Callable[[Number], Number], x: Tree) -> Tree:
    """Apply a function to every entry."""
    if type(x) is tuple:
        return tuple([map_one(change, e) for e in x])
    return change(x)


def map_two(op: Callable[[Number, Number], Number], x: Tree, y: Tree) -> Tree:
    """Apply a function entry by entry; a scalar goes with every entry."""
    if type(x) is tuple:
        if type(y) is tuple:
            if len(x) != len(y):
                raise NotDefined("shapes differ")
            return tuple([map_two(op, a, b) for a, b in zip(x, y, strict=True)])
        return tuple([map_two(op, a, y) for a in x])
    if type(y) is tuple:
        return tuple([map_two(op, x, b) for b in y])
    return op(x, y)


def entries(x: Tree) -> Iterator[Number]:
    """All entries, row by row."""
    if type(x) is tuple:
        for e in x:
            yield from entries(e)
    else:
        yield x


def total(items: Iterator[Number] | list[Number] | tuple[Number, ...]) -> Number:
    """The sum; 0 if there is none."""
    result: Number = ZERO
    for item in items:
        result = add(result, item)
    return result


def sum_trees(items: list[Tree]) -> Tree:
    """The sum of numbers or of arrays; 0 if there is none."""
    result: Tree = ZERO
    for item in items:
        result = item if is_zero(result) else map_two(add, result, item)
    return result


def entry(array: Tree, indices: list[int]) -> Tree:
    """An entry or a part, counted from 1."""
    for i in indices:
        if type(array) is not tuple or not 1 <= i <= len(array):
            raise NotDefined("index out of range")
        array = array[i - 1]
    return array


def product(x: Tree, y: Tree) -> Tree:
    """Matrix product: the last axis of `x` against the first of `y`."""
    if type(x) is not tuple or type(y) is not tuple:
        raise NotDecided("matrix product with a scalar", final=True)
    if x and type(x[0]) is tuple:
        return tuple([product(row, y) for row in x])
    if len(x) != len(y):
        raise NotDefined("shapes differ")
    return sum_trees([map_two(mul, a, b) for a, b in zip(x, y, strict=True)])


def transpose(x: Tree) -> Tree:
    """The transpose of a matrix; a vector stays as it is."""
    if x and type(x[0]) is tuple:
        return tuple(zip(*x, strict=True))
    return x


def conjugate(x: Tree) -> Tree:
    """Every entry conjugated."""
    return map_one(lambda e: Pair(e.re, neg(e.im)) if type(e) is Pair else e, x)


def square_size(x: Tree) -> int:
    """The number of rows of a square matrix."""
    if type(x) is not tuple or any(type(r) is not tuple or len(r) != len(x) for r in x):
        raise NotDefined("not a square matrix")
    return len(x)


def determinant(x: Tree) -> Number:
    """The determinant, by expansion over sets of columns (no division)."""
    n = square_size(x)
    if n > MAX_DETERMINANT:
        raise NotDecided("matrix too large", final=True)
    minors: dict[int, Number] = {0: ONE}
    for row in x:
        larger: dict[int, Number] = {}
        for columns, minor in minors.items():
            if is_zero(minor):
                continue
            for j, e in enumerate(row):
                if columns >> j & 1 or is_zero(e):
                    continue
                swaps = (columns >> (j + 1)).bit_count()
                term = mul(minor, neg(e) if swaps % 2 else e)
                key = columns | 1 << j
                larger[key] = add(larger[key], term) if key in larger else term
        minors = larger
    return minors.get((1 << n) - 1, ZERO)


def inverse(x: Tree) -> Tree:
    """The inverse by elimination, with pivots that are certainly not 0."""
    n = square_size(x)
    rows = [[*row, *(ONE if i == j else ZERO for j in range(n))] for i, row in enumerate(x)]
    for c in range(n):
        pivot = next((r for r in range(c, n) if _surely_nonzero(rows[r][c])), None)
        if pivot is None:
            if differs(determinant(x), ZERO) is False:
                raise NotDefined("inverse of a singular matrix")
            raise NotDecided("inverse of a matrix that may be singular")
        rows[c], rows[pivot] = rows[pivot], rows[c]
        scale = rows[c][c]
        rows[c] = [e if is_zero(e) else div(e, scale) for e in rows[c]]
        for r in range(n):
            factor = rows[r][c]
            if r != c and not is_zero(factor):
                rows[r] = [
                    a if is_zero(b) else sub(a, mul(factor, b))
                    for a, b in zip(rows[r], rows[c], strict=True)
                ]
    return tuple([tuple(row[n:]) for row in rows])


def _surely_nonzero(x: Number) -> bool:
    if type(x) is Dual:
        return _surely_nonzero(x.value)
    return differs(x, ZERO) is True


def trace(x: Tree) -> Number:
    """The sum of the diagonal."""
    return total([x[i][i] for i in range(square_size(x))])


def diagonal(x: Tree) -> Tree:
    """The diagonal of a matrix, or the diagonal matrix of a vector."""
    if x and type(x[0]) is tuple:
        return tuple([x[i][i] for i in range(min(len(x), len(x[0])))])
    return tuple([tuple([e if i == j else ZERO for j in range(len(x))]) for i, e in enumerate(x)])


def stack_columns(x: Tree) -> Tree:
    """vec: the columns of a matrix, one after the other."""
    return tuple([e for column in zip(*x, strict=True) for e in column])


def kronecker(x: Tree, y: Tree) -> Tree:
    """The Kronecker product of two matrices or two vectors."""
    if type(x[0]) is not tuple:
        return tuple([mul(a, b) for a in x for b in y])
    return tuple([tuple([mul(a, b) for a in row for b in other]) for row in x for other in y])


def outer(x: Tree, y: Tree) -> Tree:
    """x[i] * y[j]."""
    return map_one(lambda a: map_one(lambda b: mul(a, b), y), x)


def dot(x: Tree, y: Tree) -> Number:
    """The inner product of real arrays."""
    if any(type(e) is Pair for e in (*entries(x), *entries(y))):
        raise NotDecided("inner product of complex vectors", final=True)
    return total(entries(map_two(mul, x, y)))


def squares(x: Tree) -> Number:
    """The sum of the squared absolute values of all entries."""
    parts: list[Number] = []
    for e in entries(x):
        if type(e) is Pair:
            parts.extend((mul(e.re, e.re), mul(e.im, e.im)))
        else:
            parts.append(_square(e))
    return total(parts)


def _square(e: Number) -> Number:
    return power(e, fmpq(2), integer=True, literal=True, complex_base=False)


def norm(x: Tree) -> Number:
    """Euclidean; of a matrix, Frobenius."""
    return function("sqrt", squares(x))


def norm_p(x: Tree, p: Number) -> Number:
    """The entrywise p-norm for p >= 1."""
    if type(p) is not fmpq:
        raise NotDecided("inexact order of a norm", final=True)
    if p < 1:
        raise NotDefined("order of a norm below 1")
    sizes = [function("abs", e) for e in entries(x)]
    if p == 1:
        return total(sizes)
    whole = p.q == 1
    inside = total([power(s, p, integer=whole, literal=True, complex_base=False) for s in sizes])
    if type(inside) is fmpq and whole:
        return root(inside, int(p.p))
    return power(inside, 1 / p, integer=False, literal=True, complex_base=False)


def largest(items: list[Number], smallest: bool = False) -> Number:
    """The largest (smallest) number; jets follow the one that certainly wins."""
    if not items:
        raise NotDefined("maximum over an empty range")
    best = items[0]
    for item in items[1:]:
        best = _larger(best, item) if not smallest else neg(_larger(neg(best), neg(item)))
    return best


def _larger(a: Number, b: Number) -> Number:
    if type(a) is Pair or type(b) is Pair:
        raise NotDecided("order of complex numbers", final=True)
    sign = sign_of(sub(a, b))
    if type(a) is Dual or type(b) is Dual:
        if sign == 0:
            raise NotDefined("derivative of a maximum at a tie", certain=False)
        if sign is None:
            raise NotDecided("derivative of a maximum near a tie")
    if sign is None:
        return arb(a).max(arb(b))
    return a if sign >= 0 else b


def norm_inf(x: Tree) -> Number:
    """The largest absolute entry."""
    return largest([function("abs", e) for e in entries(x)])


def softmax(x: Tree) -> Tree:
    """exp(z[i]) over its sum."""
    weights = [function("exp", e) for e in x]
    whole = total(weights)
    return tuple([div(w, whole) for w in weights])


def logsumexp(x: Tree) -> Number:
    """log of the sum of the exponentials."""
    return function("log", total([function("exp", e) for e in entries(x)]))


def mean(x: Tree) -> Number:
    """The average entry; of an empty array undefined."""
    items = list(entries(x))
    return div(total(items), fmpq(len(items)))


def variance(x: Tree, sample: bool = False) -> Number:
    """The mean squared deviation from the mean: by n, or by n - 1 for `sample`."""
    items = list(entries(x))
    middle = mean(x)
    return div(total([_square(sub(e, middle)) for e in items]), fmpq(len(items) - int(sample)))


def filled(shape: list[int], value: Number) -> Tree:
    """A constant array."""
    if not shape:
        return value
    inner = filled(shape[1:], value)
    return (inner,) * shape[0]


def identity(n: int) -> Tree:
    """The identity matrix."""
    return tuple([tuple([ONE if i == j else ZERO for j in range(n)]) for i in range(n)])


# ---------------------------------------------------------------- predicates


def is_invertible(x: Tree) -> bool | None:
    """Has the matrix an inverse? None if the enclosures leave it open."""
    return differs(determinant(x), ZERO)


def is_symmetric(x: Tree) -> bool | None:
    """Is the matrix equal to its (conjugate) transpose?"""
    n = square_size(x)
    answer: bool | None = True
    for i in range(n):
        for j in range(i + 1):
            other = Pair(as_pair(x[j][i]).re, neg(as_pair(x[j][i]).im))
            apart = differs(x[i][j], other)
            if apart:
                return False
            if apart is None:
                answer = None
    return answer


def is_definite(x: Tree, strict: bool) -> bool | None:
    """Positive definite by leading minors, semidefinite by all principal minors (Sylvester)."""
    symmetric = is_symmetric(x)
    if symmetric is False:
        return False
    n = square_size(x)
    if n > MAX_DETERMINANT:
        raise NotDecided("matrix too large", final=True)
    sets = (
        [tuple(range(k + 1)) for k in range(n)]
        if strict
        else [tuple(i for i in range(n) if s >> i & 1) for s in range(1, 1 << n)]
    )
    answer = symmetric
    for rows in sets:
        minor = as_pair(determinant(tuple([tuple([x[i][j] for j in rows]) for i in rows]))).re
        sign = sign_of(minor)
        if sign is None:
            answer = None
        elif sign < 0 or (strict and sign == 0):
            return False
    return answer
