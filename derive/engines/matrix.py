"""The matrix engine: products, transposes, inverses and determinants that are not taken apart by entry.

Proves: equations between matrices, vectors, traces, inner products and determinants with symbolic sizes, with
inverses of products and of sums (push-through, Woodbury, Kalman gain); invertibility and definiteness; signs
of quadratic forms; `<=>` between equations that differ by an invertible factor.
Normal form: `kernel/words.py`, read by `kernel/matrices.py`. Certificate: `Noncommutative`, naming the facts
whose equations may rewrite.
Declines: derivatives, entries, blocks, sums over an index, eigenvalues, entrywise functions beyond congruence.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CASE, CONDITION, DOMAIN, HYPOTHESIS, Obligation
from derive.engines.scalar import allowed_equations
from derive.kernel.certificate import Certificate, Noncommutative

NAME = "matrix form"


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """The cheapest certificate first: no equation, then those allowed."""
    yield Noncommutative((), features)
    allowed = allowed_equations(obligation)
    hypotheses = tuple(n for n, kind in allowed if kind in (HYPOTHESIS, DOMAIN, CASE, CONDITION))
    if hypotheses:
        yield Noncommutative(hypotheses, features)
    everything = tuple(n for n, _ in allowed)
    if everything and everything != hypotheses:
        yield Noncommutative(everything, features)
