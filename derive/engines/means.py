"""Instances of the inequality of the means: monomials whose weighted geometric mean is a monomial of the goal.

Promise: only proposals; the kernel checks that the product of the terms is the power of the middle one and
that no term is negative. Among the monomials with positive coefficients at most three are combined.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import lcm

from derive.core.term import ONE, App, Num, Term
from derive.kernel.certificate import Instance
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Monomial, Poly

_MOST_POSITIVE = 8
_MOST_NEGATIVE = 6
_MOST_TOTAL = 12
Exponents = dict[Term, Fraction]


def means(run: Normaliser, target: Poly) -> Iterator[Instance]:
    """Weighted means of the monomials with positive coefficients that are monomials with negative ones."""
    positive: list[tuple[Term, Exponents]] = []
    negative: list[tuple[Term, Exponents]] = []
    for m, c in sorted(target.items(), key=lambda item: run.monomial_key(item[0])):
        exponents = _exponents(run, m)
        term = run.to_term({m: Fraction(1)}) if m else ONE
        if c > 0 and _nonnegative(run, m):
            positive.append((term, exponents))
        elif m:
            negative.append((term if c < 0 else App("neg", (term,)), exponents))
    for middle, wanted in negative[:_MOST_NEGATIVE]:
        for size in (2, 3):
            for chosen in combinations(positive[:_MOST_POSITIVE], size):
                counts = _weights([e for _, e in chosen], wanted)
                if counts is not None:
                    parts = [p for k, (t, _) in zip(counts, chosen, strict=True) for p in (Num(k), t)]
                    yield Instance("means", (middle, *parts))


def _nonnegative(run: Normaliser, m: Monomial) -> bool:
    try:
        return not m or run.sign({m: Fraction(1)}) in ("+", "0+")
    except Decline:
        return False


def _exponents(run: Normaliser, m: Monomial) -> Exponents:
    """The exponents of a monomial; fractional ones of roots among them."""
    found: Exponents = {}
    for a, e in m:
        term = run.atoms[a]
        if isinstance(term, App) and term.op == "root":
            # powers of the root of y are fractional powers of y
            term = term.args[0]
        found[term] = found.get(term, Fraction(0)) + e
    return found


def _weights(terms: list[Exponents], wanted: Exponents) -> list[int] | None:
    """Positive integers with which the exponents average to the wanted ones; None without exactly one solution."""
    names = sorted({t for e in (*terms, wanted) for t in e}, key=repr)
    rows = [[e.get(t, Fraction(0)) for e in terms] + [wanted.get(t, Fraction(0))] for t in names]
    rows.append([Fraction(1)] * (len(terms) + 1))
    solved = 0
    for column in range(len(terms)):
        pivot = next((r for r in range(solved, len(rows)) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[solved], rows[pivot] = rows[pivot], rows[solved]
        rows[solved] = [v / rows[solved][column] for v in rows[solved]]
        for r in range(len(rows)):
            if r != solved and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [v - factor * p for v, p in zip(rows[r], rows[solved], strict=True)]
        solved += 1
    if any(row[-1] for row in rows[solved:]):
        return None
    shares = [rows[k][-1] for k in range(solved)]
    if any(s <= 0 for s in shares):
        return None
    total = lcm(*(s.denominator for s in shares))
    return [int(s * total) for s in shares] if total <= _MOST_TOTAL else None
