"""What is said of a step that is not simply proved: one diagnostic for each fault, in the reader's words.

Promise: one fault, one message: what, where, the evidence, a hint. A step after a wrong one is judged from
the author's own line and not reported again.
"""

from __future__ import annotations

from derive.core.claim import HYPOTHESIS
from derive.core.verdict import Kind, Owed, Trust
from derive.diagnostic import Diagnostic, Label, Severity
from derive.engines.crosscheck import DISAGREES
from derive.engines.ledger import CONTRADICTORY, NOT_REACHED, NOT_SHOWN, Settled, SettledTheorem
from derive.engines.settle import REASON


def step_diagnostics(found: Settled) -> tuple[Diagnostic, ...]:
    """The diagnostics of one step."""
    made = list(_verdict(found))
    if found.rests_on and found.local.kind is not Kind.REFUTED:
        made.append(_rests_on(found))
    made += _unused(found)
    return tuple(made)


def _verdict(found: Settled) -> tuple[Diagnostic, ...]:
    match found.local.kind:
        case Kind.REFUTED:
            return (_refuted(found),)
        case Kind.CONDITIONAL:
            return (_conditional(found),)
        case Kind.SUPPORTED:
            return (_supported(found),)
        case Kind.ADMITTED:
            return (_note("admitted-step", f"admitted, not proved: {found.step.admitted}", found),)
        case Kind.UNKNOWN:
            return _unknown(found)
        case Kind.PROVED:
            if found.local.trust is Trust.ORACLE:
                return (_note("oracle-only", "computer algebra says so; no exact engine settled it", found),)
    return ()


def _note(code: str, message: str, found: Settled) -> Diagnostic:
    return Diagnostic(code, Severity.NOTE, message, found.step.span)


def _refuted(found: Settled) -> Diagnostic:
    step, witness = found.step, found.local.witness
    assert witness is not None
    role = "the claim" if step.role in ("goal", "reach") else "this step"
    labels: tuple[Label, ...] = ()
    if step.left_span.end > step.left_span.start and step.left_span != step.span:
        labels = (Label(step.left_span, "the line before"),)
    notes = []
    if witness.note:
        notes.append(witness.note)
    hint = found.local.notes[0] if found.local.notes else None
    if hint is None and not witness.point and not witness.sizes and "undefined" not in (witness.left, witness.right):
        hint = "the two sides are different numbers"
    return Diagnostic(
        "refuted-step", Severity.ERROR, f"{role} is false", step.span, labels, tuple(notes), hint
    )


def _condition_line(owed: Owed) -> str:
    if owed.failing is None:
        return f"owes: {owed.text}"
    at = ", ".join(f"{n} = {v}" for n, v in (*owed.failing.sizes, *owed.failing.point))
    return f"owes: {owed.text}    (fails at {at})" if at else f"owes: {owed.text}    (it fails)"


def _conditional(found: Settled) -> Diagnostic:
    open_ones = [c for c in found.local.conditions if c.kind is not Kind.PROVED]
    first = open_ones[0].text
    failing = any(c.failing is not None for c in open_ones)
    return Diagnostic(
        "open-condition", Severity.WARNING,
        "this step holds only under a condition that was not stated" if len(open_ones) == 1
        else "this step holds only under conditions that were not stated",
        found.step.span, (), tuple(_condition_line(c) for c in open_ones),
        f"if it is meant, add the hypothesis `{first}` under `given`" if failing
        else f"show `{first}` in a step of its own before this one",
    )


def _tried(found: Settled) -> tuple[str, ...]:
    return tuple(f"tried {a.engine}: {a.reason}" for a in found.local.tried)


def _supported(found: Settled) -> Diagnostic:
    return Diagnostic(
        "supported-step", Severity.WARNING, "this step is not proved, but nothing speaks against it",
        found.step.span, (), (*found.local.notes, *_tried(found)),
        "write a smaller step, or name the reason",
    )


def _unknown(found: Settled) -> tuple[Diagnostic, ...]:
    step = found.step
    if any(d.severity is Severity.ERROR for d in step.diagnostics):
        return ()
    first = found.local.tried[0] if found.local.tried else None
    if first is not None and first.engine == "reading":
        return (
            Diagnostic("not-checked-yet", Severity.WARNING, f"not checked: {first.reason}", step.span),
        )
    if first is not None and first.engine == REASON:
        place = step.reason_span if step.reason_span.end else step.span
        return (
            Diagnostic(
                "rule-does-not-apply", Severity.WARNING,
                f"this reason does not give this step: {step.reason}", place, (), (first.reason,),
                "name what is used, or leave the reason out",
            ),
        )
    if first is not None and first.engine == NOT_REACHED:
        return (
            Diagnostic(
                "goal-not-reached", Severity.WARNING, "the proof does not reach this claim", step.span,
                (), (first.reason,), "end the proof with the claim itself, or with `conclude by ...`",
            ),
        )
    if first is not None and first.engine == DISAGREES:
        return (
            Diagnostic(
                "jax-disagrees", Severity.ERROR,
                "a symbolic proof and automatic differentiation contradict each other: a defect of derive",
                step.span,
            ),
        )
    if any("timeout" in a.reason for a in found.local.tried):
        return (
            Diagnostic("timeout", Severity.WARNING, "this step was not settled within its limits",
                       step.span, (), _tried(found)),
        )
    return (
        Diagnostic(
            "unproved-step", Severity.WARNING, "this step could be neither proved nor refuted",
            step.span, (), (*found.local.notes, *_tried(found)),
            "write a smaller step, or name the reason",
        ),
    )


def _rests_on(found: Settled) -> Diagnostic:
    names = ", ".join(f"`{n}`" for n in found.rests_on)
    return Diagnostic(
        "rests-on-unproved", Severity.WARNING,
        f"this follows from the lines it uses, but it rests on {names}", found.step.span,
    )


def _unused(found: Settled) -> list[Diagnostic]:
    """Facts that were cited and not needed."""
    if found.local.kind not in (Kind.PROVED, Kind.CONDITIONAL) or found.step.role == "goal":
        return []
    uses = set(found.local.uses)
    derived = {d.name: d.source for d in found.step.derived}
    obligation = found.step.obligation
    hypotheses = {
        f.name for f in (obligation.context.facts if obligation else ()) if f.kind == HYPOTHESIS
    }
    idle = [
        derived.get(c, c) for c in found.step.cited
        if c not in uses and c not in derived and c in hypotheses
    ]
    return [
        Diagnostic("reason-not-used", Severity.NOTE, f"this follows without `{name}`",
                   found.step.reason_span if found.step.reason_span.end else found.step.span)
        for name in idle
    ]


def theorem_diagnostics(found: SettledTheorem) -> tuple[Diagnostic, ...]:
    """What is wrong with a theorem's hypotheses."""
    span = found.theorem.span
    if found.setting == CONTRADICTORY:
        return (
            Diagnostic(
                "hypotheses-contradictory", Severity.WARNING,
                f"the hypotheses of `{found.theorem.name}` contradict each other, so it says nothing", span,
            ),
        )
    if found.setting == NOT_SHOWN:
        return (
            Diagnostic(
                "hypotheses-not-shown-consistent", Severity.WARNING,
                f"no point was found that satisfies all hypotheses of `{found.theorem.name}`", span,
                hint="a theorem about nothing is not counted as proved",
            ),
        )
    return ()
