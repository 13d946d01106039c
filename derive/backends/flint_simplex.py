"""An exact feasibility solver for `A*w = b, w >= 0` over the rationals: phase one of the simplex method.

Promise: deterministic (Bland's rule), exact, bounded in pivots; None means "not found", not "infeasible"
when the bound was met. Source: Chvátal, Linear Programming, chapters 2 and 3.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

_PIVOTS = 160


def feasible(columns: list[dict[int, Fraction]], target: dict[int, Fraction]) -> list[Fraction] | None:
    """Nonnegative weights under which the columns add up to the target; rows are numbered."""
    rows = sorted({r for c in columns for r in c} | set(target))
    place = {r: i for i, r in enumerate(rows)}
    m, n = len(rows), len(columns)
    covered = {q for c in columns for q in c}
    if any(r not in covered for r in target):
        return None
    zero = fmpq(0)
    table = [[zero] * (n + 1) for _ in range(m)]
    for j, column in enumerate(columns):
        for r, value in column.items():
            table[place[r]][j] = fmpq(value.numerator, value.denominator)
    for r, value in target.items():
        table[place[r]][n] = fmpq(value.numerator, value.denominator)
    for row in table:
        if row[n] < 0:
            row[:] = [-x for x in row]
    # artificial variables are implicit: basis[i] = -1 - i
    basis = [-1 - i for i in range(m)]
    cost = [-sum((row[j] for row in table), zero) for j in range(n + 1)]
    for _ in range(_PIVOTS):
        enter = next((j for j in range(n) if cost[j] < 0), None)
        if enter is None:
            break
        leave = None
        best = None
        for i in range(m):
            a = table[i][enter]
            if a > 0:
                ratio = table[i][n] / a
                if best is None or ratio < best or (ratio == best and basis[i] < basis[leave or 0]):
                    best, leave = ratio, i
        if leave is None:
            return None
        _pivot(table, cost, leave, enter)
        basis[leave] = enter
    if cost[n] != 0:
        return None
    weights = [Fraction(0)] * n
    for i, j in enumerate(basis):
        if j >= 0:
            value = table[i][n]
            weights[j] = Fraction(int(value.p), int(value.q))
    return weights


def _pivot(table: list[list[fmpq]], cost: list[fmpq], leave: int, enter: int) -> None:
    row = table[leave]
    a = row[enter]
    row[:] = [x / a for x in row]
    used = [j for j, x in enumerate(row) if x]
    for other in (*table, cost):
        if other is not row and other[enter]:
            factor = other[enter]
            for j in used:
                other[j] -= factor * row[j]
