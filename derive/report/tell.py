"""From settled theorems to a file's result: every verdict with its words.

Promise: nothing here changes a verdict. Messages are plain, name no class and no foreign system's insides,
and say what was tried where nothing was found.
"""

from __future__ import annotations

from derive.core.show import show
from derive.core.verdict import Kind, Trust, Witness
from derive.diagnostic import Diagnostic
from derive.elaborate.plan import Plan
from derive.engines.ledger import Settled, SettledTheorem
from derive.report.model import (
    ConditionResult,
    CounterexampleResult,
    FileResult,
    JaxResult,
    Region,
    StepResult,
    TheoremResult,
)
from derive.report.reading import reading_of, reading_of_theorem
from derive.report.words import step_diagnostics, theorem_diagnostics
from derive.text import Source, Span


def tell(
    source: Source, plan: Plan, theorems: tuple[SettledTheorem, ...],
    mistakes: tuple[Diagnostic, ...],
) -> FileResult:
    """The result of one file."""
    steps = tuple(_step(s, source, _echo(s, t), plan.layout) for t in theorems for s in t.steps)
    loose = (
        *mistakes, *plan.diagnostics,
        *(d for t in theorems for d in (*t.theorem.diagnostics, *theorem_diagnostics(t))),
    )
    ordered = tuple(sorted(loose, key=lambda d: (d.span.start, d.span.end, d.code)))
    return FileResult(
        source.path, plan.title, steps, tuple(_theorem(t, source, plan.layout) for t in theorems), ordered,
        source.text,
    )


def region(source: Source, span: Span) -> Region:
    """A span as lines and columns."""
    start, end = source.place(span.start), source.place(span.end)
    return Region(start.line, start.column, end.line, end.column)


def _theorem(found: SettledTheorem, source: Source, layout: str) -> TheoremResult:
    used = set(found.uses)
    unused = tuple(f.name for f in found.theorem.hypotheses if f.name not in used)
    return TheoremResult(
        found.theorem.name, region(source, found.theorem.span), found.verdict, found.trust,
        tuple(u for u in found.uses if not u.startswith(f"{found.theorem.name}/")),
        reading_of_theorem(found.theorem, layout), unused,
    )


def _echo(found: Settled, theorem: SettledTheorem) -> bool:
    """Is this a theorem's claim whose fault one of its lines already tells? One fault, one message."""
    if found.step.role not in ("goal", "reach") or found.local.kind is Kind.PROVED:
        return False
    earlier = [s for s in theorem.steps if s is not found and s.local.kind is found.local.kind]
    if found.local.kind is Kind.REFUTED:
        return bool(earlier)
    mine = {c.text for c in found.local.conditions if c.kind is not Kind.PROVED}
    told = {c.text for s in earlier for c in s.local.conditions if c.kind is not Kind.PROVED}
    return found.local.kind is Kind.CONDITIONAL and mine <= told


def _step(found: Settled, source: Source, echo: bool, layout: str) -> StepResult:
    step = found.step
    claim = step.obligation.claim if step.obligation is not None else None
    witness = found.local.witness if found.local.kind is Kind.REFUTED else None
    return StepResult(
        id=step.id, region=region(source, step.span), theorem=step.theorem, label=step.label,
        claim_source=step.text,
        claim_unicode=show(claim, "unicode") if claim is not None else "",
        claim_latex=show(claim, "latex") if claim is not None else "",
        verdict=found.standing, local=found.local.kind, rests_on=found.rests_on,
        trust=_trust(found), reason=step.reason, uses=found.uses, engine=found.local.engine,
        reading=reading_of(step, layout),
        conditions=tuple(
            ConditionResult(c.text, c.kind, _point(c.failing) if c.failing else None)
            for c in found.local.conditions
        ),
        counterexample=_counterexample(witness) if witness else None,
        jax=_jax(found), cached=False, milliseconds=round(found.milliseconds, 3),
        diagnostics=(*step.diagnostics, *(() if echo else step_diagnostics(found))),
    )


def _trust(found: Settled) -> Trust | None:
    return found.trust if found.standing <= Kind.CONDITIONAL else None


def _point(witness: Witness) -> str:
    return ", ".join(f"{n} = {v}" for n, v in witness.point)


def _counterexample(witness: Witness) -> CounterexampleResult:
    return CounterexampleResult(
        witness.point, witness.sizes, witness.left, witness.right, witness.exact, witness.note
    )


def _jax(found: Settled) -> JaxResult | None:
    answer = found.jax
    if answer is None:
        return None
    return JaxResult(
        answer.points, answer.discarded, answer.sizes, answer.worst_relative_error, answer.dtype,
        answer.verdict,
    )
