"""Arrays with structure for sample points: symmetric, definite, orthogonal, with entries that add up.

Promise: exact rational arithmetic; the result has the structure asked for, and is checked again anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

from derive.engines.sample_plan import WHOLE

Matrix = list[list[Any]]


def arrange(
    value: Any,
    shape: list[int],
    structure: frozenset[str],
    axis: int | None,
    total: Fraction | None,
    random: Random,
) -> Any:
    """The array with the structure that its facts ask for."""
    if axis is not None and total is not None:
        return _fibres(value, shape, axis, total)
    square = len(shape) == 2 and shape[0] == shape[1]
    if not structure or not square or _is_complex(value, 2):
        return _arrange_complex(value, structure, shape, random) if square and structure else value
    rows = [list(r) for r in value]
    if "involution" in structure:
        return _frozen(_mirrored(_identity(len(rows)), rows[: random.randrange(0, 2)]))
    if structure & {"orthogonal", "unitary"}:
        return _frozen(_orthogonal(rows, random))
    if "projection" in structure:
        return _frozen(_projection(rows, random))
    if structure & {"posdef", "psd"}:
        gram = _product(rows, _transposed(rows))
        if "posdef" in structure:
            shift = random.choice((Fraction(1), Fraction(1, 2), Fraction(1, 5)))
            gram = [[e + shift * (i == j) for j, e in enumerate(r)] for i, r in enumerate(gram)]
        return _frozen(gram)
    if structure & {"symmetric", "hermitian"}:
        rows = [[rows[max(i, j)][min(i, j)] for j in range(len(rows))] for i in range(len(rows))]
    return _frozen(rows)


def _is_complex(value: Any, axes: int) -> bool:
    while axes and isinstance(value, tuple) and value:
        value, axes = value[0], axes - 1
    return isinstance(value, tuple)


def _arrange_complex(value: Any, structure: frozenset[str], shape: list[int], random: Random) -> Any:
    if structure & {"unitary", "involution"}:
        skew = _skew_reflection(value) if structure == {"involution"} and random.random() < 0.5 else None
        return _unitary(value, "involution" in structure, random) if skew is None else skew
    if not structure & {"hermitian", "posdef", "psd"}:
        return value
    n = shape[0]
    if "psd" in structure:
        return _frozen(_gram(value, random.randrange(1, n + 1), "unit trace" in structure))
    rows = [[value[max(i, j)][min(i, j)] for j in range(n)] for i in range(n)]
    for i in range(n):
        for j in range(n):
            re, im = rows[i][j]
            if i == j:
                grow = sum(abs(p) for e in value[i] for p in e) + 1
                rows[i][j] = (abs(re) + grow * n if structure & {"posdef", "psd"} else re, Fraction(0))
            elif i < j:
                rows[i][j] = (re, -im)
    return _frozen(rows)


def _gram(value: Any, rank: int, unit: bool) -> list[list[tuple[Fraction, Fraction]]]:
    """`V.H @ V` for the first rows V of the values, with trace 1 if asked for."""
    n = len(value)

    def entry(i: int, j: int) -> tuple[Fraction, Fraction]:
        pairs = [(value[k][i], value[k][j]) for k in range(rank)]
        re = sum((a[0] * b[0] + a[1] * b[1] for a, b in pairs), Fraction(0))
        im = sum((a[0] * b[1] - a[1] * b[0] for a, b in pairs), Fraction(0))
        return re, im

    rows = [[entry(i, j) for j in range(n)] for i in range(n)]
    total = sum((rows[i][i][0] for i in range(n)), Fraction(0))
    if not unit:
        return rows
    if not total:
        return [[(Fraction(i == j == 0), Fraction(0)) for j in range(n)] for i in range(n)]
    return [[(re / total, im / total) for re, im in row] for row in rows]


def _frozen(rows: Matrix) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(r) for r in rows)


def _transposed(rows: Matrix) -> Matrix:
    return [list(c) for c in zip(*rows, strict=True)]


def _product(a: Matrix, b: Matrix) -> Matrix:
    return [
        [sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in zip(*b, strict=True)]
        for r in a
    ]


def _orthogonal(rows: Matrix, random: Random) -> Matrix:
    """Reflections at the rows (Householder), which are rational, after a signed permutation."""
    n = len(rows)
    order = list(range(n))
    random.shuffle(order)
    result = [[Fraction(int(order[i] == j)) for j in range(n)] for i in range(n)]
    for v in rows[: random.randrange(1, n + 1)]:
        size = sum(e * e for e in v)
        if size:
            mirror = [
                [Fraction(int(i == j)) - 2 * v[i] * v[j] / size for j in range(n)] for i in range(n)
            ]
            result = _product(result, mirror)
    return result


def _identity(n: int) -> Matrix:
    return [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]


def _mirrored(result: Matrix, vectors: Matrix) -> Matrix:
    """The matrix times the reflections at some vectors (Householder)."""
    for v in vectors:
        size = sum(e * e for e in v)
        if size:
            n = len(v)
            result = _product(
                result,
                [[Fraction(int(i == j)) - 2 * v[i] * v[j] / size for j in range(n)] for i in range(n)],
            )
    return result


def _skew_reflection(value: Any) -> Any:
    """`eye - 2*u*w.T/(w.T*u)`: its own inverse, and Hermitian only where w is a multiple of conj(u)."""
    n = len(value)
    u, w = value[0], value[-1]
    below_re = sum(a * c - b * d for (a, b), (c, d) in zip(u, w, strict=True))
    below_im = sum(a * d + b * c for (a, b), (c, d) in zip(u, w, strict=True))
    size = below_re * below_re + below_im * below_im
    if not size:
        return None
    p, q = 2 * below_re / Fraction(size), -2 * below_im / Fraction(size)
    rows = []
    for i, (a, b) in enumerate(u):
        row = []
        for j, (c, d) in enumerate(w):
            x, y = a * c - b * d, a * d + b * c
            row.append((Fraction(int(i == j) - (p * x - q * y)), Fraction(-(p * y + q * x))))
        rows.append(row)
    assert len(rows) == n
    return _frozen(rows)


_PHASES = ((1, 0), (0, 1), (Fraction(3, 5), Fraction(4, 5)), (-1, 0))


def _unitary(value: Any, involution: bool, random: Random) -> Any:
    """A complex reflection, which is Hermitian and its own inverse; for a unitary matrix with phases.

    Its entries are rational: `eye - 2*v*v.H/(v.H*v)`, and each row times a phase of modulus 1.
    """
    n = len(value)
    v = value[0]
    size = sum(re * re + im * im for re, im in v)
    rows = []
    for i, (a, b) in enumerate(v):
        row = []
        for j, (c, d) in enumerate(v):
            scale = 2 / size if size else Fraction(0)
            row.append((int(i == j) - scale * (a * c + b * d), -scale * (b * c - a * d)))
        rows.append(row)
    if involution:
        return _frozen(rows)
    phases = [random.choice(_PHASES) for _ in range(n)]
    return _frozen([[(Fraction(p * x - q * y), Fraction(p * y + q * x)) for x, y in row]
                    for (p, q), row in zip(phases, rows, strict=True)])


def _projection(rows: Matrix, random: Random) -> Matrix:
    """The orthogonal projection on a line, its complement, the identity or 0."""
    n = len(rows)
    v = rows[0]
    size = sum(e * e for e in v)
    on = [[v[i] * v[j] / size if size else Fraction(0) for j in range(n)] for i in range(n)]
    if random.random() < 0.5:
        return on
    return [[Fraction(int(i == j)) - on[i][j] for j in range(n)] for i in range(n)]


def _fibres(value: Any, shape: list[int], axis: int, total: Fraction) -> Any:
    """Make the entries along one axis add up to `total`: by scaling, or by the last entry."""
    if axis == WHOLE:
        return _rebuilt(iter(_scaled(tuple(_flat(value)), total)), shape)
    if axis < len(shape) - 1:
        moved = _swap_last(value, shape, axis)
        swapped = [*shape]
        swapped[axis], swapped[-1] = swapped[-1], swapped[axis]
        return _swap_last(_fibres(moved, swapped, len(shape) - 1, total), swapped, axis)
    if len(shape) == 1:
        return _scaled(value, total)
    return tuple(_fibres(v, shape[1:], axis - 1, total) for v in value)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for v in value:
            yield from _flat(v)
    else:
        yield value


def _rebuilt(entries: Iterator[Any], shape: list[int]) -> Any:
    if not shape:
        return next(entries)
    return tuple(_rebuilt(entries, shape[1:]) for _ in range(shape[0]))


def _scaled(row: tuple[Any, ...], total: Fraction) -> tuple[Any, ...]:
    if not row or isinstance(row[0], tuple):
        return row
    whole = sum(row)
    if whole and all(e >= 0 for e in row):
        return tuple(e * total / whole for e in row)
    return (*row[:-1], total - sum(row[:-1]))


def _swap_last(value: Any, shape: list[int], axis: int) -> Any:
    """Exchange an axis with the last one."""
    entries: dict[tuple[int, ...], Any] = {}

    def collect(v: Any, place: tuple[int, ...]) -> None:
        if len(place) == len(shape):
            entries[place] = v
            return
        for i, e in enumerate(v):
            collect(e, (*place, i))

    collect(value, ())
    new = [*shape]
    new[axis], new[-1] = new[-1], new[axis]

    def build(place: tuple[int, ...]) -> Any:
        if len(place) == len(new):
            old = [*place]
            old[axis], old[-1] = old[-1], old[axis]
            return entries[tuple(old)]
        return tuple(build((*place, i)) for i in range(new[len(place)]))

    return build(())
