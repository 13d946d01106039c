"""Laws of random vectors at a point: masses by enumeration, and mixed moments compared with a measure's.

Promise: a measure is said to have a law only if its masses are those of the law, or, where it stands for a law
with infinitely many values, its mixed moments up to its degree are.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, pairwise
from math import factorial, prod
from typing import Any

from derive.backends.flint_numbers import NotDecided
from derive.core.term import App, Num, Term, free_symbols
from derive.core.vector_laws import VECTOR_LAWS

Vector = tuple[Fraction, ...]
_MOST_TRIALS = 6
_MOST_OUTCOMES = 130


def compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    """The ways to write a number as a sum of numbers that may be 0."""
    found = []
    for bars in combinations(range(total + parts - 1), parts - 1):
        ends = (-1, *bars, total + parts - 1)
        found.append(tuple(b - a - 1 for a, b in pairwise(ends)))
    return found


def multinomial_masses(count: Fraction, chances: Vector) -> dict[Vector, Fraction] | None:
    """The possible counts and their masses, where they are few."""
    if count.denominator != 1 or not 0 <= count <= _MOST_TRIALS or not 1 <= len(chances) <= 5:
        return None
    n = int(count)
    found: dict[Vector, Fraction] = {}
    for outcome in compositions(n, len(chances)):
        ways = Fraction(factorial(n), prod(map(factorial, outcome)))
        weight = ways * prod((p**k for p, k in zip(chances, outcome, strict=True)), start=Fraction(1))
        if weight:
            found[tuple(map(Fraction, outcome))] = weight
    return found if len(found) <= _MOST_OUTCOMES else None


def matches(
    machine: Any, rough: tuple[tuple[Any, int], ...], function: Term, law: App, values: list[tuple[Vector, Fraction]]
) -> bool:
    """Have vectors with these weights the law, as far as the measure goes?"""
    from derive.backends.flint_chance import frozen, in_range

    if not in_range(machine, law):
        return False
    if law.op == "Multinomial":
        masses = multinomial_masses(frozen(machine.value(law.args[0])), frozen(machine.value(law.args[1])))
        if masses is None:
            raise NotDecided("too many outcomes", final=True)
        total: dict[Vector, Fraction] = {}
        for x, w in values:
            total[x] = total.get(x, Fraction(0)) + w
        return {x: w for x, w in total.items() if w} == masses
    degrees = [d for x, d in rough if x in free_symbols(function)]
    if len(degrees) != 1:
        return False
    size = len(values[0][0])
    row = VECTOR_LAWS[law.op]
    for degree in range(degrees[0] + 1):
        for places in combinations_with_replacement(range(size), degree):
            powers = tuple((Num(i + 1), places.count(i)) for i in dict.fromkeys(places))
            wanted = row.moment(law.args, powers, lambda a, at: App("index", (a, *at)))
            found = sum((w * prod((x[i] for i in places), start=Fraction(1)) for x, w in values), Fraction(0))
            if found != frozen(machine.value(wanted)):
                return False
    return True
