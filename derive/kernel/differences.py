"""Chains of comparisons that differ by numbers: `j <= i`, `i <= k`, `k + 1 <= n` give `j + 1 <= n`.

Promise: `least(facts, p)` is a lower bound of `p` wherever the facts hold, with the facts that give it: the longest
path in the graph whose edges are the facts `x - y >= c` (Cormen and others, Introduction to Algorithms, 24.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.kernel.poly import Poly

Atom = int | None  # None stands for the number 1
MOST = 80


@dataclass(frozen=True, slots=True)
class Edge:
    """`x - y >= gap`, strictly or not, by these facts."""

    x: Atom
    y: Atom
    gap: Fraction
    strict: bool
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Least:
    """A lower bound, whether it is strict, and what gives it."""

    bound: Fraction
    strict: bool
    names: frozenset[str]


def ends(p: Poly) -> tuple[Atom, Atom, Fraction] | None:
    """`p` as `x - y + c` with atoms or nothing for x and y; None for another form."""
    x: Atom = None
    y: Atom = None
    seen = 0
    for m, c in p.items():
        if not m:
            continue
        if len(m) != 1 or m[0][1] != 1 or abs(c) != 1 or seen == 2:
            return None
        seen += 1
        if c == 1 and x is None:
            x = m[0][0]
        elif c == -1 and y is None:
            y = m[0][0]
        else:
            return None
    return (x, y, p.get((), Fraction(0))) if seen else None


def edges(facts: list[tuple[Poly, str, frozenset[str]]]) -> list[Edge]:
    """The edges that facts `0 rel p` give."""
    found: list[Edge] = []
    for p, rel, names in facts:
        form = ends(p)
        if form is None or rel == "!=":
            continue
        x, y, c = form
        found.append(Edge(x, y, -c, rel == "<", names))
        if rel == "=":
            found.append(Edge(y, x, c, False, names))
    return found[:MOST]


def least(facts: list[Edge], p: Poly) -> Least | None:
    """The greatest lower bound of `p` that a chain of the facts gives."""
    form = ends(p)
    if form is None:
        return None
    x, y, c = form
    best: dict[Atom, Least] = {y: Least(Fraction(0), False, frozenset())}
    nodes = {e.x for e in facts} | {e.y for e in facts}
    for _ in range(min(len(nodes), 12)):
        changed = False
        for e in facts:
            before = best.get(e.y)
            if before is None:
                continue
            bound = Least(before.bound + e.gap, before.strict or e.strict, before.names | e.names)
            known = best.get(e.x)
            if known is None or (bound.bound, bound.strict) > (known.bound, known.strict):
                best[e.x] = bound
                changed = True
        if not changed:
            break
    found = best.get(x)
    return None if found is None or x == y else Least(found.bound + c, found.strict, found.names)
