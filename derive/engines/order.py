"""The order engine, as far as linear arithmetic goes: a comparison from one or two facts and signs.

Proves: `a <= b` where `b - a` is a nonnegative combination of known comparisons and something of known
sign. Certificate: `Monotone`, with rational weights. Declines: products of facts, nonlinear arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CONDITION, Obligation
from derive.core.term import App
from derive.kernel.certificate import Certificate, Monotone

NAME = "linear order"
_WEIGHTS = ("1", "2", "1/2")
_MOST = 40


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """One fact with a small weight, then pairs."""
    claim = obligation.claim
    if not (isinstance(claim, App) and claim.op in ("<", "<=")):
        return
    restricted = bool(obligation.cited.facts or obligation.cited.rules)
    names = [
        f.name
        for f in obligation.context.facts
        if f.name and isinstance(f.claim, App) and f.claim.op in ("<", "<=", "=")
        and f.kind != CONDITION and (not restricted or f.name in obligation.cited.facts)
    ][-12:]
    made = 0
    for name in names:
        for weight in _WEIGHTS:
            yield Monotone(((name, weight),), features)
            made += 1
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            if made >= _MOST:
                return
            yield Monotone(((one, "1"), (two, "1")), features)
            made += 1
