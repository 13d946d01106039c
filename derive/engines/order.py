"""The order engine: comparisons by monotone operators, linear combinations, cases and slopes.

Proves: `a <= b` and `a < b` between real terms. It looks for a fact, a nonnegative combination of facts,
squares and named inequalities (an exact linear program finds the weights), then breaks the goal into
comparisons of arguments, takes off logarithms and exponentials, splits an absolute value into its cases, or
reduces a function of one variable to a point and the sign of its slope.
Certificates: `Combination`, `Congruence`, `Strip`, `Split`, `Slope`. Declines: what a search of counted size
does not find; polynomial inequalities beyond binomial squares.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CONDITION, DOMAIN, Obligation
from derive.engines.goals import for_each
from derive.engines.order_moves import DEPTH, moves_for
from derive.engines.order_search import Search, find, is_comparison
from derive.kernel.certificate import Certificate, Intro
from derive.kernel.goal import Goal, introduce
from derive.kernel.poly import Decline

NAME = "order"
_WORK, _QUICK_WORK = 320, 50


def begin(
    facts: tuple[str, ...], lemmas: frozenset[str] | None, equations: tuple[str, ...], work: int = _WORK
) -> Search:
    """A search that may cite these facts, lemmas (any, if None) and equations."""
    return Search(facts, lemmas, equations, moves_for, work)


def propose(
    obligation: Obligation, features: frozenset[str], work: int = _WORK
) -> Iterator[Certificate]:
    """One certificate for each atomic goal, if all are found."""
    if "diff" not in features and obligation.cited.rules == ():
        return
    try:
        goals = introduce(obligation.claim, obligation.context)
    except Decline:
        return
    if not goals or not any(is_comparison(g.claim) for g in goals):
        return
    search = _search_of(obligation, work)
    parts = for_each(goals, lambda goal: find(goal, search, DEPTH))
    if parts is not None:
        yield Intro(parts)


def propose_quickly(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """The same by a short search."""
    yield from propose(obligation, features, _QUICK_WORK)


def _search_of(obligation: Obligation, work: int) -> Search:
    cited = obligation.cited
    restricted = bool(cited.facts or cited.rules)
    facts = tuple(
        f.name for f in obligation.context.facts
        if f.name and f.kind not in (DOMAIN, CONDITION)
        and (not restricted or f.name in cited.facts)
    )
    lemmas = frozenset(cited.rules) if restricted else None
    return begin(facts, lemmas, facts if restricted else (), work)


def find_in(goal: Goal, work: int) -> Certificate | None:
    """A certificate for one atomic goal by a short search that may use every fact."""
    names = tuple(f.name for f in goal.context.facts if f.name and f.kind not in (DOMAIN, CONDITION))
    return find(goal, begin(names, None, (), work), 3)
