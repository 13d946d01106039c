"""The search for a comparison: a fact, the normal form, or a move that leads to other claims.

Promise: a certificate that is found was accepted by the kernel for the goal at hand, or is made of such; the work
is counted, and each move may use up half of what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from derive.core.claim import CASE, Context, Obligation
from derive.core.term import App, Term
from derive.engines.goals import by_goals, for_each
from derive.kernel.accept import accept
from derive.kernel.certificate import Certificate, Fact, Normal
from derive.kernel.goal import Accepted, Goal

Move = Callable[[Goal, "Search", int], Certificate | None]
Moves = Callable[[Goal], list[Move]]


@dataclass(slots=True)
class Search:
    """A search in progress: what may be cited, which moves there are, how much work is left."""

    facts: tuple[str, ...]
    lemmas: frozenset[str] | None
    equations: tuple[str, ...]
    moves: Moves
    work: int
    tried: dict[tuple[Term, tuple[Term, ...]], Certificate | None] = field(default_factory=dict)

    def spend(self, amount: int = 1) -> bool:
        """Is there work left?"""
        self.work -= amount
        return self.work >= 0


def is_comparison(claim: Term) -> bool:
    """Is it `a < b` or `a <= b`?"""
    return isinstance(claim, App) and claim.op in ("<", "<=")


def find(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """A certificate for one atomic goal."""
    premises = tuple(f.claim for f in goal.context.facts if f.kind == CASE)
    key = (goal.claim, premises)
    if key in search.tried:
        # met before: shown, a dead end, or above us on the way here
        return search.tried[key]
    if not search.spend():
        return None
    search.tried[key] = None
    found = _find(goal, search, depth)
    if found is None and depth < 2:
        # with more depth it may succeed yet
        del search.tried[key]
    else:
        search.tried[key] = found
    return found


def _find(goal: Goal, search: Search, depth: int) -> Certificate | None:
    for name in search.facts:
        found = accepted(goal, Fact(name))
        if found is not None:
            return found
    plain = accepted(goal, Normal())
    if plain is None and search.equations:
        plain = accepted(goal, Normal(search.equations))
    if plain is not None or not is_comparison(goal.claim):
        return plain
    if depth <= 0:
        return None
    for move in search.moves(goal):
        # no move may use up what the others need
        share = max(8, search.work // 2)
        inner = replace(search, work=share)
        found = move(goal, inner, depth - 1)
        search.spend(share - max(inner.work, 0))
        if found is not None:
            return found
        if search.work < 0:
            return None
    return None


def accepted(goal: Goal, certificate: Certificate) -> Certificate | None:
    """The certificate, if the kernel accepts it."""
    answer = accept(Obligation("", goal.claim, goal.context), certificate)
    return certificate if isinstance(answer, Accepted) else None


def show(claim: Term, context: Context, search: Search, depth: int) -> Certificate | None:
    """A certificate for a claim that may have quantifiers and premises."""
    return by_goals(claim, context, lambda goal: find(goal, search, depth))


def show_all(
    claims: tuple[Term, ...] | None, goal: Goal, search: Search, depth: int
) -> tuple[Certificate, ...] | None:
    """Certificates for all of the claims that a move owes; None where it does not apply, or one is not shown."""
    if claims is None:
        return None
    return for_each(claims, lambda claim: show(claim, goal.context, search, depth))
