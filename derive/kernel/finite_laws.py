"""Entropy, cross-entropy, divergence and mutual information of laws given as arrays of masses.

Promise: an expansion has the value of the operator wherever the conditions stated here hold; `x*log(y)`
stands in it as `xlogy(x, y)`, which is 0 at x = 0 (`derive explain conventions`), never as a product.

Source: Cover and Thomas, Elements of Information Theory, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

from derive.core.alpha import alpha_equal
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, Array
from derive.core.term import ONE, ZERO, App, Num, Term, div, eq, le, lt, mul, neg
from derive.kernel.guards import Conditions, for_all, unsupported
from derive.kernel.indices import Indices, fresh_indices, literal_shape, over_entries

Entry = Callable[[Term, Indices], Term]

_MOST_WRITTEN = 16

FINITE_LAWS = frozenset({"entropy", "cross_entropy", "KL", "mutual_information"})


def _xlogy(x: Term, y: Term) -> Term:
    return App("xlogy", (x, y))


def expansion(op: str, args: tuple[Term, ...], entry: Entry) -> Term | None:
    """The sum that the operator stands for; None where it has no meaning."""
    match op, args:
        case "entropy", (p,):
            return neg(over_entries("sum", shape_of(p), args, lambda i: _own_log(entry(p, i))))
        case "cross_entropy", (p, q):
            return neg(
                over_entries("sum", shape_of(p), args, lambda i: _xlogy(entry(p, i), entry(q, i)))
            )
        case "KL", (p, q):
            return over_entries("sum", shape_of(p), args, lambda i: _ratio(entry(p, i), entry(q, i)))
        case "mutual_information", (p,) if len(shape_of(p)) == 2:
            return over_entries("sum", shape_of(p), args, lambda i: _dependence(p, i, entry))
    return None


def _own_log(x: Term) -> Term:
    return _xlogy(x, x)


def _ratio(x: Term, y: Term) -> Term:
    return _xlogy(x, div(x, y))


def _dependence(p: Term, at: Indices, entry: Entry) -> Term:
    """`P[i, j] log(P[i, j]/(row i * column j))`, the sums of the row and the column."""
    i, j = at
    rows, columns = shape_of(p)
    row = over_entries("sum", (columns,), (p, i, j), lambda k: entry(p, (i, *k)))
    column = over_entries("sum", (rows,), (p, i, j), lambda k: entry(p, (*k, j)))
    return _ratio(entry(p, at), mul(row, column))


def owed(op: str, args: tuple[Term, ...], entry: Entry) -> Conditions:
    """Masses are nonnegative; what has no mass under the second law has none under the first.

    That the masses add up to one is not owed: the formulas are differentiated off the simplex, and a claim
    that needs it (`KL(p, q) >= 0`) has to state it.
    """
    if any(isinstance(s := sort_of(a), Array) and s.entry is COMPLEX for a in args):
        return (unsupported(App(op, args)),)
    shape = shape_of(args[0])
    found = tuple(
        eq(m, n)
        for other in args[1:]
        for m, n in zip(shape, shape_of(other), strict=True)
        if not alpha_equal(m, n)
    )
    sizes = literal_shape(args[0])
    if sizes is not None and prod(sizes) <= _MOST_WRITTEN:
        ranges = (tuple(map(Num, range(1, n + 1))) for n in sizes)
        return (*found, *(c for at in product(*ranges) for c in _of_masses(args, at, entry)))
    places = fresh_indices(len(shape), *args, *shape)
    inside = _of_masses(args, places, entry)
    for place, length in zip(reversed(places), reversed(shape), strict=True):
        inside = for_all(place, (ONE, length), inside)
    return (*found, *inside)


def _of_masses(args: tuple[Term, ...], at: Indices, entry: Entry) -> Conditions:
    masses = [entry(a, at) for a in args]
    # without this: the entropy of [2, -1] would be -2*log(2), with a logarithm of -1
    signs: Conditions = tuple(le(ZERO, x) for x in masses)
    if len(masses) == 1:
        return signs
    # without this: KL([1/2, 1/2], [1, 0]) would be finite
    return (*signs, App("or", (lt(ZERO, masses[1]), eq(masses[0], ZERO))))

