"""Entropy and its kin at points: exact numbers and balls, `0*log(0)` being 0.

Promise: a value is returned only where it is defined (nonnegative masses, the support of the first law
inside that of the second); at a mass whose sign an enclosure leaves open, nothing is decided.
"""

from __future__ import annotations

from derive.backends import flint_arrays as arrays
from derive.backends.flint_arrays import Tree
from derive.backends.flint_functions import function
from derive.backends.flint_numbers import (
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    div,
    mul,
    neg,
    sign_of,
)


def xlogy(x: Number, y: Number) -> Number:
    """`x*log(y)`, and 0 where x is 0."""
    if type(x) is Pair or type(y) is Pair:
        raise NotDecided("x*log(y) of complex numbers", final=True)
    sign = sign_of(x)
    if sign is None:
        raise NotDecided("x*log(y) at a number of unknown sign")
    if sign == 0:
        if type(x) is Dual or type(y) is Dual:
            raise NotDefined("derivative of x*log(y) at x = 0", certain=False)
        return ZERO
    return mul(x, function("log", y))


def _mass(x: Number) -> Number:
    if type(x) is Pair:
        raise NotDecided("a complex mass", final=True)
    sign = sign_of(x)
    if sign is None:
        raise NotDecided("a mass of unknown sign")
    if sign < 0:
        raise NotDefined("a negative mass")
    return x


def _masses(law: Tree) -> list[Number]:
    return [_mass(e) for e in arrays.entries(law)]


def _ratio(p: Number, q: Number) -> Number:
    """`p*log(p/q)`: only a p of 0 may stand over a q of 0."""
    if sign_of(p) == 0:
        return xlogy(p, p)
    return xlogy(p, div(p, q))


def entropy(p: Tree) -> Number:
    """-sum p*log(p)."""
    return neg(arrays.total([xlogy(x, x) for x in _masses(p)]))


def cross_entropy(p: Tree, q: Tree) -> Number:
    """-sum p*log(q)."""
    pairs = zip(_masses(p), _masses(q), strict=True)
    return neg(arrays.total([xlogy(x, y) for x, y in pairs]))


def divergence(p: Tree, q: Tree) -> Number:
    """sum p*log(p/q)."""
    return arrays.total([_ratio(x, y) for x, y in zip(_masses(p), _masses(q), strict=True)])


def mutual_information(joint: Tree) -> Number:
    """sum P*log(P/(row*column))."""
    _masses(joint)
    rows = [arrays.total(list(row)) for row in joint]
    columns = [arrays.total([row[j] for row in joint]) for j in range(len(joint[0]))]
    return arrays.total(
        [
            _ratio(joint[i][j], mul(r, c))
            for i, r in enumerate(rows)
            for j, c in enumerate(columns)
        ]
    )
