"""Indices: literal shapes, fresh index variables, deltas, nested binders, determinants by rows.

Promise: fresh variables clash with nothing they are put near, and depend on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import TypeAlias

from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, Array
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    free_symbols,
    fresh_name,
    mentions,
    mul,
    sub,
)

Indices: TypeAlias = tuple[Term, ...]
Rows: TypeAlias = list[list[Term]]

_FEW = 64
_BY_PLACE = ("vector", "kron", "vec", "inv", "expm")  # their entries are known, or simple, at literal places alone
_ENTRYWISE_KINDS = frozenset({"arithmetic", "elementary", "special"})


def is_array(term: Term) -> bool:
    """Is the term array-valued?"""
    return isinstance(sort_of(term), Array)


def is_entrywise(op: str) -> bool:
    """Does the operator act on arrays entry by entry?"""
    row = OPERATORS.get(op)
    return row is not None and row.arity > 0 and row.kind in _ENTRYWISE_KINDS


def literal_shape(term: Term) -> tuple[int, ...] | None:
    """The shape as numbers, where every axis is a literal."""
    shape = shape_of(term)
    found = tuple(
        n.value.numerator for n in shape if isinstance(n, Num) and n.value.denominator == 1
    )
    return found if len(found) == len(shape) else None


def literal_index(term: Term) -> int | None:
    """The number that a literal index is."""
    if isinstance(term, Num) and term.value.denominator == 1:
        return term.value.numerator
    return None


def fresh_indices(count: int, *terms: Term) -> tuple[Sym, ...]:
    """Integer variables that none of the terms mentions."""
    taken = {s.name for t in terms for s in free_symbols(t)}
    found: list[Sym] = []
    for k in range(count):
        name = fresh_name("ijkl"[k % 4], taken)
        taken.add(name)
        found.append(Sym(name, INTEGER))
    return tuple(found)


def kronecker(left: Term, right: Term) -> Term:
    """`delta(left, right)`, decided where both are literal or the same term."""
    if left == right:
        return ONE
    if isinstance(left, Num) and isinstance(right, Num):
        return ZERO
    return App("delta", (left, right))


def over_entries(
    op: str, shape: Indices, near: tuple[Term, ...], body: Callable[[Indices], Term]
) -> Term:
    """The nested binder `op` over all indices of a shape; the symbols of `near` are taken."""
    variables = fresh_indices(len(shape), *near, *shape)
    result = body(variables)
    for variable, length in zip(reversed(variables), reversed(shape), strict=True):
        result = Bind(op, variable, (ONE, length), result)
    return result


def summed(shape: Indices, near: tuple[Term, ...], body: Callable[[Indices], Term]) -> Term:
    """The sum over all indices of a shape; written out where the summand is known only place by place."""
    sizes = tuple(n.value.numerator for n in shape if isinstance(n, Num))
    few = len(sizes) == len(shape) and prod(sizes) <= _FEW and min(sizes, default=0) >= 1
    if few and any(mentions(t, op) for t in near for op in _BY_PLACE):
        return add(*(body(tuple(map(Num, place))) for place in product(*(range(1, n + 1) for n in sizes))))
    return over_entries("sum", shape, near, body)


def without(rows: Rows, i: int, j: int) -> Rows:
    """The minor: row `i` and column `j` (from 0) left out."""
    return [row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i]


def determinant(rows: Rows) -> Term:
    """Laplace's expansion along the first row; the empty determinant is 1."""
    total: Term | None = None
    for j, e in enumerate(rows[0] if rows else ()):
        minor = determinant(without(rows, 0, j))
        part = e if minor == ONE else mul(e, minor)
        if total is None:
            total = part
        else:
            total = add(total, part) if j % 2 == 0 else sub(total, part)
    return ONE if total is None else total
