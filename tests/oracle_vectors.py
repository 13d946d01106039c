"""The normal law of vectors for the mpmath evaluator: its density, and entropies and divergences by a sum on a grid.

Promise: no closed form of the checker is used; a covariance matrix that is not symmetric and positive definite
has no law.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

from mpmath import mp, mpf

STEP, REACH = mpf(1) / 2, 14
Args = list[Any]


def value(op: str, args: Args, rest: list[Any]) -> Any | None:
    """The operator at `MvNormal(*args)`, and at a vector or another such law."""
    if not in_range(args) or (rest and isinstance(rest[0], tuple) and not in_range(rest[0][1])):
        return None
    match op:
        case "pdf":
            return mp.exp(log_density(args, rest[0]))
        case "entropy":
            return mean(args, lambda x: -log_density(args, x))
        case "KL":
            other = rest[0][1]
            return mean(args, lambda x: log_density(args, x) - log_density(other, x))
    return None


def in_range(args: Args) -> bool:
    """Symmetric, with positive pivots."""
    spread = args[1]
    if any(spread[i][j] != spread[j][i] for i in range(len(spread)) for j in range(i)):
        return False
    try:
        mp.cholesky(mp.matrix(spread))
    except ValueError:
        return False
    return True


def log_density(args: Args, x: Any) -> Any:
    """The logarithm of the density."""
    matrix = mp.matrix(args[1])
    away = mp.matrix([a - b for a, b in zip(x, args[0], strict=True)])
    square = (away.T * mp.lu_solve(matrix, away))[0]
    return -(len(args[0]) * mp.log(2 * mp.pi) + mp.log(mp.det(matrix)) + square) / 2


def mean(args: Args, function: Callable[[list[Any]], Any]) -> Any:
    """By the trapezoidal rule in standard coordinates, which is exact to many digits for such functions."""
    lower = mp.cholesky(mp.matrix(args[1]))
    size = len(args[0])
    total = mpf(0)
    for at in product(range(-REACH, REACH + 1), repeat=size):
        z = mp.matrix([k * STEP for k in at])
        weight = mp.exp(-sum(v * v for v in z) / 2) * (STEP / mp.sqrt(2 * mp.pi)) ** size
        moved = lower * z
        total += weight * function([m + v for m, v in zip(args[0], moved, strict=True)])
    return total
