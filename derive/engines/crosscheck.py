"""The cross-check of a whole plan: every step with a derivative, in one message to one process.

Promise: an answer never makes a verdict better; a proof that automatic differentiation contradicts becomes
`unknown` and is told as our own defect.
"""

from __future__ import annotations

import atexit
import os
from dataclasses import replace
from functools import lru_cache

from derive.core.verdict import Attempt, Kind, Verdict
from derive.engines.autodiff import Checker, Comparison, cross_check_all, needs_cross_check
from derive.engines.ledger import Settled, SettledTheorem
from derive.settings import Settings

DISAGREES = "automatic differentiation"


def cross_check(
    theorems: tuple[SettledTheorem, ...], settings: Settings
) -> tuple[SettledTheorem, ...]:
    """The same theorems with what automatic differentiation says of their steps."""
    wanted = [
        s for t in theorems for s in t.steps
        if s.step.obligation is not None
        and s.local.kind <= Kind.SUPPORTED
        and needs_cross_check(s.step.obligation)
    ]
    if not wanted:
        return theorems
    obligations = [s.step.obligation for s in wanted if s.step.obligation is not None]
    answers = cross_check_all(obligations, _checker(os.getpid()))
    found = {s.step.id: a for s, a in zip(wanted, answers, strict=True)}
    return tuple(_checked(t, found) for t in theorems)


@lru_cache(maxsize=1)
def _checker(process: int) -> Checker:
    """The one process of this process that computes derivatives: starting it costs more than most files."""
    checker = Checker()
    atexit.register(checker.close)
    return checker


def _checked(theorem: SettledTheorem, found: dict[str, Comparison]) -> SettledTheorem:
    steps = tuple(_compared(s, found.get(s.step.id)) for s in theorem.steps)
    if any(s.standing is Kind.UNKNOWN and s.local.tried and s.local.tried[0].engine == DISAGREES for s in steps):
        return replace(theorem, steps=steps, verdict=max(theorem.verdict, Kind.UNKNOWN), trust=None)
    return replace(theorem, steps=steps)


def _compared(settled: Settled, answer: Comparison | None) -> Settled:
    if answer is None:
        return settled
    if answer.verdict == "disagrees" and settled.local.kind is Kind.PROVED:
        # a conditional step may differ where its condition fails: that is no contradiction
        local = Verdict(Kind.UNKNOWN, tried=(Attempt(DISAGREES, "finds another derivative"),))
        return replace(
            settled, local=local, standing=Kind.UNKNOWN, trust=None, jax=answer
        )
    return replace(settled, jax=answer)
