"""The report for people at a terminal: `full` and `concise`.

Promise: words carry the meaning, signs and colour repeat it; every step has its line, every fault its
block; nothing here depends on the clock.
"""

from __future__ import annotations

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Severity
from derive.report.layout import Style, clip, pad, plural, width_of, wrap
from derive.report.model import FileResult, JaxResult, Report, StepResult, TheoremResult
from derive.report.outcome import ExitCode, all_diagnostics, error_count, exit_code
from derive.report.snippet import block, two_sides
from derive.text import Source

SIGN = {
    Kind.PROVED: "✓", Kind.CONDITIONAL: "◇", Kind.SUPPORTED: "≈", Kind.UNKNOWN: "?",
    Kind.ADMITTED: "!", Kind.REFUTED: "✗",
}
COLOUR = {
    Kind.PROVED: "green", Kind.CONDITIONAL: "yellow", Kind.SUPPORTED: "yellow",
    Kind.UNKNOWN: "yellow", Kind.ADMITTED: "yellow", Kind.REFUTED: "red",
}
WORST_FIRST = tuple(reversed(Kind))


def full(report: Report, require: str, style: Style) -> str:
    """Every step, every fault with its evidence, a summary, and what to do next."""
    lines: list[str] = []
    for result in report.files:
        lines += [*file_lines(result, style), ""]
    lines += summary_lines(report, require, style)
    return "\n".join(lines) + "\n"


def concise(report: Report, style: Style) -> str:
    """One line a fault, and the summary."""
    lines: list[str] = []
    for result in report.files:
        source = Source(result.path, result.text)
        for step, diagnostic in _in_order(result):
            place = source.place(diagnostic.span.start)
            where = f"{style.show(result.path)}:{place.line}:{place.column}"
            told = f"{diagnostic.severity.value}[{diagnostic.code}]"
            label = f"{step.label}: " if step and step.label else ""
            text = f"{where}: {told} {label}{diagnostic.message}{_at(step, diagnostic)}"
            lines.append(style.show_lines(text).replace("\n", " "))
    lines.append(_counts(report))
    return "\n".join(lines) + "\n"


def file_lines(result: FileResult, style: Style) -> list[str]:
    """One file: its heading, its steps under their theorems, its faults in the order of the text."""
    title = f": {result.title}" if result.title else ""
    lines = wrap(style.show(f"{result.path}{title}"), style.width, "", "  ")
    column = max((width_of(style.show(name_of(s))) for s in result.steps), default=0)
    current = ""
    for step in result.steps:
        if step.theorem != current:
            current = step.theorem
            lines += _theorem_line(result, current, style)
        lines += _step_lines(step, min(column, 24), style)
    source = Source(result.path, result.text)
    for owner, diagnostic in _in_order(result):
        first = owner is not None and owner.diagnostics[0] is diagnostic
        evidence = evidence_of(owner) if owner is not None and first else ()
        lines += ["", *block(diagnostic, source, style, evidence)]
    if not result.steps and not any(d.severity is Severity.ERROR for d in result.diagnostics):
        lines.append("  there is no step to check")
    return lines


def name_of(step: StepResult) -> str:
    """What a step is called: its label, or the end of its id, or its line."""
    return step.label or step.id.rpartition("/")[2] or f"line {step.region.line}"


def evidence_of(step: StepResult) -> tuple[str, ...]:
    """The counterexample, the conditions owed and the cross-check of a step, one note each.

    What a diagnostic of the step says already is not said again.
    """
    told = [note for diagnostic in step.diagnostics for note in diagnostic.notes]
    notes: list[str] = []
    found = step.counterexample
    if found is not None:
        sides = two_sides(found.left, found.right, "exact" if found.exact else "enclosed")
        remark = f"\n  {found.note}" if found.note and found.note not in told else ""
        notes.append(f"counterexample: {_point(step)}{sides}{remark}")
    for owed in step.conditions:
        if owed.verdict is Kind.PROVED or any(owed.claim in note for note in told):
            continue
        at = f"\n  it fails at {owed.failing}" if owed.failing else ""
        notes.append(f"owes: {owed.claim}   ({owed.verdict.word}){at}")
    if step.jax is not None:
        notes.append(f"cross-check: {jax_line(step.jax)}")
    if step.rests_on and all(d.code != "rests-on-unproved" for d in step.diagnostics):
        notes.append(f"note: it rests on {', '.join(step.rests_on)}")
    return tuple(notes)


def jax_line(seen: JaxResult) -> str:
    """What automatic differentiation said, in one line."""
    sizes = f", sizes {'; '.join(seen.sizes)}" if seen.sizes else ""
    lost = f", {seen.discarded:,} points discarded" if seen.discarded else ""
    worst = f"worst relative error {seen.worst_relative_error:.1e} in {seen.dtype}"
    if seen.verdict == "inconclusive":
        return f"JAX says nothing certain at {plural(seen.points, 'point')}{sizes}{lost}"
    return f"JAX {seen.verdict} at {plural(seen.points, 'point')}{sizes} ({worst}{lost})"


def verdict_text(kind: Kind, trust: Trust | None) -> str:
    """The verdict in words, with the trust where it is less than exact."""
    weak = trust is not None and trust is not Trust.EXACT and kind <= Kind.CONDITIONAL
    return f"{kind.word} ({trust.word})" if weak and trust is not None else kind.word


def summary_lines(report: Report, require: str, style: Style) -> list[str]:
    """The counts, and the next thing to do."""
    lines = wrap(_counts(report), style.width, "", "  ")
    code = exit_code(report, require)
    if code is not ExitCode.OK:
        lines += wrap(style.show(f"next: {_next(report, code, require)}"), style.width, "", "      ")
    return lines


def _counts(report: Report) -> str:
    parts = [f"{report.count(k):,} {k.word}" for k in WORST_FIRST if report.count(k)]
    errors = error_count(report)
    if errors:
        parts.insert(0, plural(errors, "error"))
    steps = sum(len(f.steps) for f in report.files)
    files = f"{plural(len(report.files), 'file')}, " if len(report.files) > 1 else ""
    total = f"({files}{plural(steps, 'step')})"
    return f"{', '.join(parts) or 'nothing to check'}  {total}"


def _next(report: Report, code: ExitCode, require: str) -> str:
    worst = _worst(report)
    if code is ExitCode.DEFECT:
        return "this is a defect of derive, not of your file; please report it with the file"
    if code is ExitCode.USAGE or worst is None:
        return "see the messages above"
    path, diagnostic, line = worst
    if path.startswith("<"):
        return f"correct it at line {line}" if code is ExitCode.WRONG else f"it is below `{require}`"
    if code is ExitCode.WRONG:
        return f"correct {path}:{line}, then run  derive check {path}"
    told = f"derive explain {diagnostic.code}" if diagnostic else f"derive explain {path}:{line}"
    return f"{path}:{line} is below `{require}`; run  {told}"


def _worst(report: Report) -> tuple[str, Diagnostic | None, int] | None:
    for result in report.files:
        source = Source(result.path, result.text)
        for diagnostic in all_diagnostics(result):
            if diagnostic.severity is Severity.ERROR:
                return result.path, diagnostic, source.place(diagnostic.span.start).line
    for kind in WORST_FIRST[:-1]:
        for result in report.files:
            items: tuple[StepResult | TheoremResult, ...] = (*result.steps, *result.theorems)
            for item in items:
                if item.verdict is kind:
                    return result.path, None, item.region.line
    return None


def _theorem_line(result: FileResult, name: str, style: Style) -> list[str]:
    found = next((t for t in result.theorems if t.name == name), None)
    if found is None:
        return [f"  {style.show(name)}"] if name else []
    return wrap(style.show(f"{name}: {_theorem_verdict(found)}"), style.width, "  ", "    ")


def _theorem_verdict(theorem: TheoremResult) -> str:
    return verdict_text(theorem.verdict, theorem.trust)


def _step_lines(step: StepResult, column: int, style: Style) -> list[str]:
    sign = style.sign(SIGN[step.verdict])
    sign = pad(sign, 2) if style.ascii else sign
    name = pad(clip(style.show(name_of(step)), column, style), column)
    word = verdict_text(step.verdict, step.trust)
    head = f"    {sign} {name}  {pad(word, 11)}"
    said = style.show(_detail(step))
    tone = COLOUR[step.verdict]
    room = style.width - width_of(head) - 2
    if room < 20:
        lines = [head.rstrip(), *(wrap(said, style.width, " " * 8, " " * 8) if said else [])]
    else:
        hang = " " * (width_of(head) + 2)
        lines = wrap(said, style.width, head + "  ", hang)
    lines[0] = lines[0].replace(sign, style.paint(sign, tone), 1)
    return [lines[0].replace(f"  {word}", "  " + style.paint(word, tone), 1), *lines[1:]]


def _detail(step: StepResult) -> str:
    parts: list[str] = []
    if step.verdict is Kind.REFUTED and step.counterexample is not None:
        parts.append(f"counterexample {_point(step)}")
    elif step.rests_on and step.local < step.verdict:
        parts.append(f"follows from its premises; rests on {', '.join(step.rests_on)}")
    elif step.reason:
        reason = step.reason
        parts.append(reason if reason.startswith(("by ", "admit")) else f"by {reason}")
    owed = sum(c.verdict is not Kind.PROVED for c in step.conditions)
    if owed:
        parts.append(f"owes {plural(owed, 'condition')}")
    if step.jax is not None:
        parts.append(f"JAX {step.jax.verdict} at {plural(step.jax.points, 'point')}"
                     if step.jax.verdict != "inconclusive" else "JAX inconclusive")
    return "; ".join(parts)


def _point(step: StepResult) -> str:
    found = step.counterexample
    assert found is not None
    parts = [f"{name} = {size}" for name, size in found.sizes]
    parts += [f"{name} = {value}" for name, value in found.point]
    return ", ".join(parts) or "(both sides are constant)"


def _at(step: StepResult | None, diagnostic: Diagnostic) -> str:
    if step is None or step.counterexample is None or step.diagnostics[0] is not diagnostic:
        return ""
    found = step.counterexample
    return f" (at {_point(step)}: {found.left} and {found.right})"


def _in_order(result: FileResult) -> list[tuple[StepResult | None, Diagnostic]]:
    pairs: list[tuple[StepResult | None, Diagnostic]] = [(None, d) for d in result.diagnostics]
    pairs += [(step, d) for step in result.steps for d in step.diagnostics]
    return sorted(pairs, key=lambda pair: pair[1].span.start)
