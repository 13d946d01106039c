"""The report as JUnit XML: a suite per file, a case per step.

Promise: well-formed XML 1.0 whatever the file contains; only a step that meets the required level passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from derive.core.verdict import Kind
from derive.diagnostic import Severity
from derive.report.model import FileResult, Report, StepResult
from derive.report.outcome import meets
from derive.report.terminal import evidence_of, name_of, verdict_text


@dataclass(frozen=True, slots=True)
class _Case:
    """One test case: `outcome` is None where it passes, else failure, error or skipped."""

    name: str
    group: str
    line: int
    outcome: str | None
    kind: str
    message: str
    text: str


def to_junit(report: Report, require: str) -> str:
    """The whole document."""
    suites = [(result, _cases(result, require)) for result in report.files]
    every = [case for _, cases in suites for case in cases]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="derive" {_totals(every)}>',
    ]
    for result, cases in suites:
        lines.append(f'  <testsuite name={_attribute(result.path)} {_totals(cases, True)}>')
        for case in cases:
            lines += _case_lines(case)
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _cases(result: FileResult, require: str) -> list[_Case]:
    cases = [_step_case(step, require) for step in result.steps]
    for theorem in result.theorems:
        if not meets(theorem.verdict, theorem.trust, require):
            word = verdict_text(theorem.verdict, theorem.trust)
            cases.append(_Case(
                theorem.name, theorem.name, theorem.region.line, "failure", "theorem",
                f"the theorem is {word}", "",
            ))
    for number, diagnostic in enumerate(result.diagnostics, 1):
        if diagnostic.severity is Severity.ERROR:
            text = "\n".join((*diagnostic.notes, diagnostic.hint or ""))
            cases.append(_Case(
                f"{diagnostic.code} {number}", "file", 1, "error", diagnostic.code,
                diagnostic.message, text,
            ))
    return cases


def _step_case(step: StepResult, require: str) -> _Case:
    name = f"{name_of(step)} (line {step.region.line})" if step.label else name_of(step)
    errors = [d for d in step.diagnostics if d.severity is Severity.ERROR]
    fine = meets(step.verdict, step.trust, require) and not errors
    told = errors[0] if errors else step.diagnostics[0] if step.diagnostics else None
    outcome = None if fine else "skipped" if step.verdict is Kind.ADMITTED else "failure"
    return _Case(
        name, step.theorem, step.region.line, outcome, told.code if told else step.verdict.word,
        told.message if told else f"the step is {verdict_text(step.verdict, step.trust)}",
        "\n".join((step.claim_source, *evidence_of(step))),
    )


def _case_lines(case: _Case) -> list[str]:
    head = (
        f"    <testcase name={_attribute(case.name)} classname={_attribute(case.group)} "
        f'line="{case.line}"'
    )
    if case.outcome is None:
        return [head + "/>"]
    kind = "" if case.outcome == "skipped" else f" type={_attribute(case.kind)}"
    body = escape(_legal(case.text))
    return [
        head + ">",
        f"      <{case.outcome} message={_attribute(case.message)}{kind}>{body}</{case.outcome}>",
        "    </testcase>",
    ]


def _totals(cases: list[_Case], skipped: bool = False) -> str:
    def count(outcome: str) -> int:
        return sum(case.outcome == outcome for case in cases)

    text = f'tests="{len(cases)}" failures="{count("failure")}" errors="{count("error")}"'
    return f'{text} skipped="{count("skipped")}"' if skipped else text


def _attribute(text: str) -> str:
    return quoteattr(_legal(text), {"\n": "&#10;", "\t": "&#9;"})


def _legal(text: str) -> str:
    return "".join(char if _is_legal(ord(char)) else "\ufffd" for char in text)


def _is_legal(code: int) -> bool:
    return code in (9, 10) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
