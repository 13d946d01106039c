"""A claim and what it owes, by the engines in their order.

Promise: a claim is shown only with a certificate that the kernel accepted, under the facts that were cited; a
condition is discharged by the same means, or by a fact that states it. Nothing here asks the refuter whether a
claim is false; of a condition that is not shown it is asked for a point where it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from derive.core.claim import CONDITION, STEP, THEOREM, Cited, Context, Fact, Obligation
from derive.core.show import show
from derive.core.term import Term, mentions
from derive.core.verdict import Attempt, Kind, Owed
from derive.elaborate.imports import RULE
from derive.engines import (
    ascend,
    calculus,
    citation,
    landau,
    matrix,
    optimise,
    order,
    scalar,
    solve,
)
from derive.kernel.accept import accept
from derive.kernel.certificate import Certificate, Noncommutative, Normal
from derive.kernel.goal import Accepted
from derive.kernel.lemmas import NAMED
from derive.kernel.meaning import existence_by_fact, usable
from derive.settings import Settings

Propose = Callable[[Obligation, frozenset[str]], Iterator[Certificate]]

ENGINES: tuple[tuple[str, Propose], ...] = (
    (scalar.NAME, scalar.propose),
    (matrix.NAME, matrix.propose),
    (citation.NAME, citation.propose),
    (calculus.NAME, calculus.propose),
    (landau.NAME, landau.propose),
    (order.NAME, order.propose),
    (solve.NAME, solve.propose),
    (optimise.NAME, optimise.propose),
    (ascend.NAME, ascend.propose),
)
# What a repair is tried by: to name a slip is worth less than an answer in good time.
QUICK: tuple[tuple[str, Propose], ...] = (*ENGINES[:4], (order.NAME, order.propose_quickly))
ALL = frozenset({"log", "exp", "diff"})
MOST_OPEN = 6  # open conditions among which those that follow from the others are looked for


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim that the kernel accepted."""

    engine: str
    uses: frozenset[str]


def prove(
    obligation: Obligation, features: frozenset[str], settings: Settings,
    engines: tuple[tuple[str, Propose], ...] = ENGINES,
) -> tuple[Shown | None, tuple[Attempt, ...]]:
    """The first certificate that the kernel accepts; facts that cost least are tried first."""
    conditions = tuple(
        Fact("", c, CONDITION) for c in usable(obligation.claim, obligation.context)
    )
    tried: list[Attempt] = []
    for context in _contexts(obligation):
        here = replace(obligation, context=context.with_facts(*conditions))
        tried = []
        for name, propose in engines:
            if settings.engines is not None and name not in settings.engines:
                continue
            reason = ""
            for certificate in propose(here, features):
                answer = accept(here, certificate)
                if isinstance(answer, Accepted):
                    if not _gives(obligation.cited, answer.uses):
                        continue
                    return Shown(name, answer.uses - {""}), tuple(tried)
                reason = reason or answer.reason
            if reason and "is not about" not in reason:
                tried.append(Attempt(name, reason))
    return None, tuple(tried)


def _gives(cited: Cited, uses: frozenset[str]) -> bool:
    """Is the inequality that a proof uses one that was cited? `exp(x) >= 1 + x` is no triangle inequality.

    A rule of the library is cited at instances: a proof that uses none of them does not use the rule.
    """
    instances = {f for f in cited.facts if f.startswith(RULE)}
    if instances and uses.isdisjoint(cited.facts):
        return False
    named = {_KIN.get(n, n) for n in uses & NAMED}
    meant = {_KIN.get(n, n) for n in cited.rules if n in NAMED or n == "square"}
    return not meant or not named or bool(named & meant)


# Inequalities that go by one name on the board.
_KIN = {
    "abs_of_sum": "triangle_inequality", "cauchy_schwarz_of_means": "cauchy_schwarz",
    "cauchy_schwarz_of_sums": "cauchy_schwarz",
}


def _contexts(obligation: Obligation) -> Iterator[Context]:
    """First without earlier steps that were not cited, so that a step rests on no more than it needs."""
    context = obligation.context
    own = tuple(
        f for f in context.facts if f.kind not in (STEP, THEOREM) or f.name in obligation.cited.facts
    )
    yield Context(context.symbols, context.definitions, own)
    if len(own) != len(context.facts) and obligation.cited == Cited():
        # with a reason given, earlier steps that it does not name are not used
        yield context


def settle_conditions(
    owing: tuple[Term, ...], context: Context, settings: Settings
) -> tuple[tuple[Owed, frozenset[str]], ...]:
    """The verdict on each owed condition, and what its proof used."""
    settled = [settle_condition(c, context, settings) for c in owing]
    return tuple(_without_implied(settled, context))


def _without_implied(
    settled: list[tuple[Owed, frozenset[str]]], context: Context
) -> list[tuple[Owed, frozenset[str]]]:
    """Leave out what follows from the other open conditions: `invertible(inv(A))` beside `invertible(A)`.

    One goes at a time, by those that are still there, so that what is left implies all.
    """
    kept = list(settled)
    for item in reversed(settled):
        others = [o.claim for o, _ in kept if o.kind is not Kind.PROVED and o is not item[0]]
        matrices = any(mentions(item[0].claim, op) for op in ("invertible", "det", "norm"))
        # without an open one left: a condition would follow from itself
        if item[0].kind is Kind.PROVED or not matrices or not 0 < len(others) <= MOST_OPEN:
            continue
        here = context.with_facts(*(Fact("", c, CONDITION) for c in others))
        for certificate in (Normal(), Noncommutative()):
            answer = accept(Obligation("", item[0].claim, here), certificate)
            # what takes a hypothesis as well is kept, for the verdict must name that hypothesis
            if isinstance(answer, Accepted) and not answer.uses - {""}:
                kept.remove(item)
                break
    return kept


def settle_condition(
    condition: Term, context: Context, settings: Settings | None
) -> tuple[Owed, frozenset[str]]:
    """By the engines; where settings allow the refuter, with a point where the condition fails."""
    text = show(condition)
    if mentions(condition, "unsupported"):
        return Owed(condition, Kind.UNKNOWN, text=text), frozenset()
    named = existence_by_fact(condition, context)
    if named is not None:
        return Owed(condition, Kind.PROVED, text=text), frozenset({named})
    obligation = Obligation("", condition, context, Cited())
    for here in _contexts(obligation):
        for name, propose in ENGINES:
            if name in (optimise.NAME, ascend.NAME):
                continue
            for certificate in propose(replace(obligation, context=here), ALL):
                answer = accept(replace(obligation, context=here), certificate)
                if isinstance(answer, Accepted):
                    return Owed(condition, Kind.PROVED, text=text), answer.uses - {""}
    failing = None
    if settings is not None and settings.refuter:
        from derive.engines.refute import check_condition_fails

        failing = check_condition_fails(context, condition)
    return Owed(condition, Kind.UNKNOWN, failing, text), frozenset()
