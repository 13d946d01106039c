"""The engine of orders of magnitude: Taylor expansions and other leading terms with their error.

Proves: `f(h) = g(h) + O(s(h))` for elementary functions by their leading terms, for others by what earlier steps or
hypotheses say of their order, or by an inequality that holds for every h. Certificate: `OfOrder`, `Bounded`.
Declines: terms whose leading terms the kernel does not find.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import Context, Obligation
from derive.core.term import ONE, TWO, App, Bind, Term, div, free_symbols, substitute, subterms
from derive.core.term import mentions as mentioned
from derive.engines import calculus
from derive.engines.goals import for_each
from derive.kernel.certificate import Bounded, Certificate, Intro, OfOrder
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Goal, introduce
from derive.kernel.landau import bounded, of_order, parts_of
from derive.kernel.poly import Decline

NAME = "orders of magnitude"
WORDS = frozenset({"taylor", "asymptotics", "limit", "definition", "algebra", "expand", "rearrange", "linearity"})
_MOST = 12


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """By leading terms, with each choice of what facts say of the terms that have none; then by a bound."""
    if not mentioned(obligation.context.unfold(obligation.claim), "order"):
        return
    if obligation.cited.rules and WORDS.isdisjoint(obligation.cited.rules):
        return
    try:
        goals = introduce(obligation.claim, obligation.context)
    except Decline:
        return
    parts = for_each(goals, _shown)
    if parts:
        yield Intro(parts)


def _shown(goal: Goal) -> Certificate | None:
    if parts_of(goal.claim) is None:
        return None
    pairs = _pairs(goal)
    for chosen in ((), pairs) if pairs else ((),):
        try:
            premises, _ = of_order(goal, chosen)
        except (Decline, RecursionError):
            continue
        parts = _all(premises, goal.context)
        if parts is not None:
            return OfOrder(chosen, parts)
    for constant in _constants(goal):
        try:
            premises = bounded(goal, constant)
        except (Decline, RecursionError):
            return None
        parts = _all(premises, goal.context)
        if parts is not None:
            return Bounded(constant, parts)
    return None


def _all(premises: tuple[Term, ...], context: Context) -> tuple[Certificate, ...] | None:
    return for_each(premises, lambda premise: calculus.show(premise, context))


def _pairs(goal: Goal) -> tuple[tuple[Term, Term], ...]:
    """For each fact about an order, a value of a function that it and the goal speak of."""
    found = parts_of(goal.claim)
    assert found is not None
    here = found[0]
    pairs: list[tuple[Term, Term]] = []
    out: set[Term] = set()
    for fact in goal.context.facts:
        for claim in conjuncts(goal.context.unfold(fact.claim)):
            said = parts_of(claim)
            if said is None or len(pairs) >= _MOST:
                continue
            body = substitute(said[0].body, {said[0].var: here.var})
            values = [
                t for t in subterms(body)
                if isinstance(t, App) and t.op == "apply" and here.var in free_symbols(t) and t not in out
            ]
            part = next((t for t in values if any(t == u for u in subterms(here.body))), None)
            if part is not None:
                out.add(part)
                pairs.append((claim, Bind("lam", here.var, (), part)))
    return tuple(pairs)


def _constants(goal: Goal) -> Iterator[Term]:
    """Constants that a bound may hold with: 1, and halves of the numbers that are given."""
    yield ONE
    yield div(ONE, TWO)
