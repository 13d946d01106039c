"""Numbers that equations give, such as tr(rho) = 1, put into polynomials.

Promise: `put(p, a, v)` equals p wherever the atom a has the value v; an equation that does not give its atom alone is
left aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, add_poly, constant, minus

Known = tuple[int, Poly, frozenset[str]]


def known_numbers(zeros: list[tuple[Poly, frozenset[str]]]) -> Iterator[Known]:
    """The atoms with a value without them, by polynomials that are 0."""
    for zero, names in zeros:
        for m, c in zero.items():
            rest = {other: k for other, k in zero.items() if other != m}
            if len(m) != 1 or m[0][1] != 1 or abs(c) != 1 or any(a == m[0][0] for other in rest for a, _ in other):
                # without this: x = 1 - x^2 would give x
                continue
            value = minus({m: Fraction(1)}, {other: k * c for other, k in zero.items()})
            yield m[0][0], value, names
            break


def put(run: Normaliser, p: Poly, atom: int, value: Poly) -> Poly:
    """The polynomial with a value for an atom."""
    total: Poly = {}
    for m, c in p.items():
        product = {tuple(x for x in m if x[0] != atom): c}
        for a, e in m:
            if a == atom:
                if not isinstance(e, int) or e < 0:
                    raise Decline("a power of a number that may be 0")
                product = run.times(product, run.integer_power(value, e) if e else constant(1))
        total = add_poly(total, product)
    return total
