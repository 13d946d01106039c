"""The range of an index that moves a window over an array: `i` in `sum(a in 1..k, w[a] * x[i + a])`.

Promise: the length found is the largest at which every written index is inside its array, and none is found
where the index 1 is not surely inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.core.shape import sort_of
from derive.core.sort import Array
from derive.core.term import App, Bind, Num, Sym, Term, add, children, free_symbols, mul
from derive.elaborate.shapes import Polynomial, difference, polynomial

Ranges = dict[Sym, tuple[Term, Term]]


def window_lengths(var: Sym, body: Term, known: set[Sym]) -> list[Term]:
    """The lengths that the uses `x[var + rest]` allow, each for the whole range of what `rest` ranges over."""
    found: list[Term] = []
    for index, size, ranges in _uses(body, {}):
        if var in free_symbols(index) and free_symbols(size) <= known:
            length = _length(var, index, size, ranges, known)
            if length is None:
                return []
            found.append(length)
    return found


def _uses(term: Term, ranges: Ranges) -> Iterator[tuple[Term, Term, Ranges]]:
    """Every index into an array with the size of its axis, and the ranges of the variables around it."""
    if isinstance(term, App) and term.op == "index":
        sort = sort_of(term.args[0])
        if isinstance(sort, Array):
            for size, index in zip(sort.shape, term.args[1:], strict=False):
                yield index, size, ranges
    inner = ranges
    if isinstance(term, Bind) and len(term.over) == 2:
        inner = {**ranges, term.var: (term.over[0], term.over[1])}
    for child in children(term):
        yield from _uses(child, inner)


def _length(var: Sym, index: Term, size: Term, ranges: Ranges, known: set[Sym]) -> Term | None:
    """`size - max(rest)` for an index `var + rest` whose rest is never negative."""
    rest = difference(polynomial(index), polynomial(var))
    low, high = _extreme(rest, ranges, 0), _extreme(rest, ranges, 1)
    # Without the lower end: x[i - a] would be read with a range that starts outside of x.
    if low is None or high is None or set(low) - {()} or low.get((), Fraction(0)) < 0:
        return None
    length = _term(difference(polynomial(size), high))
    return length if free_symbols(length) <= known else None


def _extreme(p: Polynomial, ranges: Ranges, end: int) -> Polynomial | None:
    """The least (0) or the largest (1) value of a combination of bound variables; None if it is not linear."""
    total: Polynomial = {}
    for monomial, c in p.items():
        bound = [t for t in monomial if not ranges.keys().isdisjoint(free_symbols(t))]
        if not bound:
            total = difference(total, {monomial: -c})
            continue
        variable = monomial[0]
        if len(monomial) != 1 or not isinstance(variable, Sym) or variable not in ranges:
            return None
        side = ranges[variable][end if c > 0 else 1 - end]
        if not ranges.keys().isdisjoint(free_symbols(side)):
            return None
        total = difference(total, {m: -c * d for m, d in polynomial(side).items()})
    return total


def _term(p: Polynomial) -> Term:
    """A polynomial as a term, the names first."""
    parts: list[Term] = []
    for monomial in sorted(p, key=lambda m: (not m, repr(m))):
        c = p[monomial]
        parts.append(Num(c) if not monomial else mul(*monomial) if c == 1 else mul(Num(c), *monomial))
    return add(*parts)
