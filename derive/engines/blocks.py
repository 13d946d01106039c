"""Blocks: covering cases, contradictions, and what the instances of facts owe.

Promise: cases are said to cover only where one of them is shown to follow when the others fail, and each of
them has a meaning; a witness of an uncovered case refutes nothing but the covering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.core.claim import Obligation
from derive.core.verdict import Attempt, Kind, Owed, Verdict
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.imports import RULE
from derive.elaborate.plan import PlannedStep
from derive.engines.prove import ALL, prove, settle_conditions
from derive.engines.settle import settle, with_conditions
from derive.settings import Settings

UNCOVERED = "uncovered"


def one_of(
    step: PlannedStep, obligation: Obligation, features: frozenset[str], settings: Settings
) -> Verdict:
    """One of the alternatives of the step is shown."""
    if step.role == "cover":
        found = settle(obligation, ALL, replace(settings, engines=()))
        if found.kind is Kind.REFUTED:
            return Verdict(Kind.UNKNOWN, witness=found.witness, tried=(Attempt(UNCOVERED, _at(found)),))
    tried: tuple[Attempt, ...] = ()
    for name, alternative in step.alternatives:
        shown, stopped = prove(alternative, features, settings)
        if shown is None:
            tried = tried or stopped
            continue
        owed = obligation if step.role == "cover" else alternative
        uses = shown.uses | ({name} if name else frozenset())
        return with_conditions(owed, shown.engine, uses, settings)
    if step.role == "absurd" and not tried:
        tried = (Attempt("contradiction", "no comparison is among the facts"),)
    return Verdict(Kind.UNKNOWN, tried=tried)


def _at(found: Verdict) -> str:
    witness = found.witness
    assert witness is not None
    return ", ".join(f"{n} = {v}" for n, v in (*witness.sizes, *witness.point))


def uncovered(step: PlannedStep, verdict: Verdict) -> PlannedStep:
    """The step with the diagnostic of the value that its cases leave out."""
    missing = next((a for a in verdict.tried if a.engine == UNCOVERED), None)
    if missing is None:
        return step
    told = Diagnostic(
        "uncovered-case", Severity.ERROR, "the cases do not cover everything", step.span, (),
        (f"left out: {missing.reason}",) if missing.reason else (), "add the case, or `case otherwise`",
    )
    return replace(step, diagnostics=(*step.diagnostics, told))


def one_instance_each(step: PlannedStep) -> Iterator[PlannedStep]:
    """The step with one of the instances of rules that were proposed for it, in turn."""
    proposed = [o.name for o in step.owing if o.name.startswith(RULE)]
    if len(proposed) < 2 or step.obligation is None or step.role not in ("step", "goal"):
        return
    for name in proposed:
        others = frozenset(proposed) - {name}
        context, cited = step.obligation.context, step.obligation.cited
        facts = tuple(f for f in context.facts if f.name not in others)
        named = replace(cited, facts=tuple(f for f in cited.facts if f not in others))
        narrow = replace(step.obligation, context=replace(context, facts=facts), cited=named)
        yield replace(step, obligation=narrow, owing=tuple(o for o in step.owing if o.name not in others))


def with_owing(
    step: PlannedStep, obligation: Obligation, verdict: Verdict, settings: Settings
) -> Verdict:
    """The verdict, with what the instances of facts owe among its conditions.

    Without the narrower context: a lemma's premise would follow from the lemma
    (tests/unsound/structure_premise_from_instance.drv).
    """
    names = {o.name for o in step.owing}
    context = obligation.context
    narrow = replace(context, facts=tuple(f for f in context.facts if f.name not in names))
    # what the proof did not use owes nothing: `conclude by rises, falls` does not need v < S/n
    taken = [o for o in step.owing if o.name in verdict.uses]
    if not taken:
        return verdict
    owed = tuple(dict.fromkeys(c for o in taken for c in o.claims))
    settled = settle_conditions(owed, narrow, settings)
    everything: tuple[Owed, ...] = (*verdict.conditions, *(c for c, _ in settled))
    uses = verdict.uses.union(*(u for _, u in settled)) - names
    uses |= {o.source for o in taken}
    kind = verdict.kind
    if any(c.kind is not Kind.PROVED for c, _ in settled):
        kind = max(kind, Kind.CONDITIONAL)
    return replace(verdict, kind=kind, conditions=everything, uses=uses)
