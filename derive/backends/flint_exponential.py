"""The matrix exponential at a point.

Promise: an enclosure (Arb's `acb_mat_exp`); exact for the zero matrix.
"""

from __future__ import annotations

from flint import acb, acb_mat, arb

from derive.backends.flint_arrays import Tree, identity, square_size
from derive.backends.flint_numbers import Dual, NotDecided, Number, Pair, as_pair, is_zero

MAX_SIZE = 16


def exponential(x: Tree) -> Tree:
    """`expm(x)`, real where every entry is."""
    n = square_size(x)
    if n > MAX_SIZE or any(type(e) is Dual for row in x for e in row):
        raise NotDecided("the exponential of this matrix", final=True)
    if all(is_zero(e) for row in x for e in row):
        return identity(n)
    real = not any(type(e) is Pair for row in x for e in row)
    found = acb_mat([[_ball(e) for e in row] for row in x]).exp()
    return tuple([tuple([_number(found[i, j], real) for j in range(n)]) for i in range(n)])


def _ball(x: Number) -> acb:
    pair = as_pair(x)
    return acb(arb(pair.re), arb(pair.im))


def _number(x: acb, real: bool) -> Number:
    return x.real if real else Pair(x.real, x.imag)
