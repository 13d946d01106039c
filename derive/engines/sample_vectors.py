"""Small sample spaces for random vectors with a law: enumeration, or nodes with the same mixed moments.

Promise: as for `sample_chance.py`: what is drawn guides the search alone, and its moments are decided again,
exactly, at every point.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import factorial, prod
from typing import Any

Vector = tuple[Fraction, ...]
Pieces = list[tuple[Fraction, Vector]]


def vector_pieces(op: str, args: tuple[Any, ...], degree: int, most: int) -> tuple[Pieces, int] | None:
    """Weights and vectors, and the degree up to which the moments are those of the law (0: all of them)."""
    match op:
        case "MvNormal":
            return _normal(args[0], args[1], degree, most)
        case "Multinomial":
            return _multinomial(args[0], args[1])
        case "Dirichlet":
            return _dirichlet(args[0], degree, most)
    return None


def _multinomial(count: Fraction, chances: Vector) -> tuple[Pieces, int] | None:
    """All outcomes, with their masses."""
    from derive.backends.flint_vectors import multinomial_masses

    masses = multinomial_masses(count, chances)
    return None if masses is None else ([(w, x) for x, w in masses.items()], 0)


def _normal(mean: Vector, spread: tuple[Vector, ...], degree: int, most: int) -> tuple[Pieces, int] | None:
    """`mu + L*Y` for S = L*D*L.T and independent Y with the first moments of Normal(0, D[k])."""
    factors = _cholesky(spread)
    if factors is None:
        return None
    lower, scales = factors
    while (degree + 1) ** len(mean) > most and degree > 2:
        degree -= 1
    columns = [_centred(d, degree) for d in scales]
    found: Pieces = []
    for chosen in product(*columns):
        weight = prod((w for w, _ in chosen), start=Fraction(1))
        if weight:
            at = tuple(
                m + sum((row[k] * y for k, (_, y) in enumerate(chosen)), Fraction(0))
                for m, row in zip(mean, lower, strict=True)
            )
            found.append((weight, at))
    return found, degree


def _centred(variance: Fraction, degree: int) -> list[tuple[Fraction, Fraction]]:
    """Nodes 0, 1, -1, 2, ... with weights that give the moments of Normal(0, variance)."""
    nodes = [Fraction((k + 1) // 2 * (1 if k % 2 else -1)) for k in range(degree + 1)]
    moments = [
        Fraction(0) if k % 2 else factorial(k) * variance ** (k // 2) / (2 ** (k // 2) * factorial(k // 2))
        for k in range(degree + 1)
    ]
    return list(zip(moment_weights(nodes, moments), nodes, strict=True))


def moment_weights(nodes: list[Fraction], moments: list[Fraction]) -> list[Fraction]:
    """The weights by Lagrange's polynomials: each node's weight is the mean of its polynomial."""
    found = []
    for i, at in enumerate(nodes):
        coefficients = [Fraction(1)]
        for j, other in enumerate(nodes):
            if i != j:
                shifted = [Fraction(0), *coefficients]
                scaled = [c * other for c in coefficients] + [Fraction(0)]
                coefficients = [(a - b) / (at - other) for a, b in zip(shifted, scaled, strict=True)]
        found.append(sum((c * m for c, m in zip(coefficients, moments, strict=False)), Fraction(0)))
    return found


def _cholesky(spread: tuple[Vector, ...]) -> tuple[list[list[Fraction]], list[Fraction]] | None:
    """`L*D*L.T` with ones on the diagonal of L; None unless positive definite."""
    n = len(spread)
    lower = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    scales: list[Fraction] = []
    for j in range(n):
        d = spread[j][j] - sum((lower[j][k] ** 2 * scales[k] for k in range(j)), Fraction(0))
        if d <= 0:
            return None
        scales.append(d)
        for i in range(j + 1, n):
            rest = sum((lower[i][k] * lower[j][k] * scales[k] for k in range(j)), Fraction(0))
            lower[i][j] = (spread[i][j] - rest) / d
    return lower, scales


def _dirichlet(shapes: Vector, degree: int, most: int) -> tuple[Pieces, int] | None:
    """Lattice points inside the simplex, weighted so that the mixed moments up to a degree agree."""
    parts = len(shapes)
    if not parts:
        return None
    from derive.backends.flint_vectors import compositions

    while degree > 1 and len(compositions(degree, parts)) > min(most, 40):
        degree -= 1
    nodes = [tuple(Fraction(k + 1, degree + parts) for k in c) for c in compositions(degree, parts)]
    powers = compositions(degree, parts)
    rows = [
        [prod((x**e for x, e in zip(at, power, strict=True)), start=Fraction(1)) for at in nodes]
        + [_dirichlet_moment(shapes, power)]
        for power in powers
    ]
    weights = _solved(rows)
    return None if weights is None else ([(w, x) for w, x in zip(weights, nodes, strict=True) if w], degree)


def _dirichlet_moment(shapes: Vector, power: tuple[int, ...]) -> Fraction:
    def rising(a: Fraction, k: int) -> Fraction:
        return prod((a + r for r in range(k)), start=Fraction(1))

    above = prod((rising(a, e) for a, e in zip(shapes, power, strict=True)), start=Fraction(1))
    return above / rising(sum(shapes, Fraction(0)), sum(power))


def _solved(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """The solution of a square linear system, the right side last; None if it is singular."""
    n = len(rows)
    for c in range(n):
        pivot = next((r for r in range(c, n) if rows[r][c]), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        for r in range(n):
            if r != c and rows[r][c]:
                factor = rows[r][c]
                rows[r] = [v - factor * p for v, p in zip(rows[r], rows[c], strict=True)]
    return [row[-1] for row in rows]
