"""The report as SARIF 2.1.0, with the kinds that the format keeps for proof tools.

Promise: a proved step is `pass`, a step that is merely not proved is `open`, only a fault is `fail`;
columns count code points and say so.
"""

from __future__ import annotations

import json
from typing import Any

from derive.core.verdict import Kind
from derive.diagnostic import Diagnostic, Severity
from derive.report.model import FileResult, Report, StepResult
from derive.report.outcome import exit_code, meets
from derive.report.terminal import evidence_of, name_of, verdict_text
from derive.text import Source, Span

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def to_sarif(report: Report, require: str, version: str) -> str:
    """The whole log as text."""
    results = [item for file in report.files for item in _results(file, require)]
    rules = sorted({str(item["ruleId"]) for item in results})
    for item in results:
        item["ruleIndex"] = rules.index(str(item["ruleId"]))
    code = exit_code(report, require)
    run = {
        "tool": {"driver": {
            "name": "derive",
            "version": version,
            "rules": [{"id": r, "shortDescription": {"text": r.replace("-", " ")}} for r in rules],
        }},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": int(code) != 101, "exitCode": int(code)}],
        "results": results,
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _results(result: FileResult, require: str) -> list[dict[str, Any]]:
    source = Source(result.path, result.text)
    items = [_fault(d, source, None) for d in result.diagnostics]
    for step in result.steps:
        items.append(_verdict(step, source, require))
        items += [_fault(d, source, step) for d in step.diagnostics]
    return items


def _verdict(step: StepResult, source: Source, require: str) -> dict[str, Any]:
    word = verdict_text(step.verdict, step.trust)
    item: dict[str, Any] = {
        "ruleId": "step",
        "kind": _kind(step, require),
        "level": "none",
        "message": {"text": f"{name_of(step)}: {word}"},
        "locations": [_location(source, step)],
        "properties": {"verdict": step.verdict.word, "trust": step.trust and step.trust.word},
    }
    if step.verdict is Kind.ADMITTED:
        item["suppressions"] = [{"kind": "inSource", "justification": step.reason}]
    return item


def _kind(step: StepResult, require: str) -> str:
    match step.verdict:
        case Kind.PROVED:
            return "pass"
        case Kind.REFUTED:
            return "review"  # the fault itself is a result of its own, of kind `fail`
        case Kind.CONDITIONAL | Kind.SUPPORTED if meets(step.verdict, step.trust, require):
            return "review"
        case _:
            return "open"


def _fault(diagnostic: Diagnostic, source: Source, step: StepResult | None) -> dict[str, Any]:
    first = step is not None and step.diagnostics[0] is diagnostic
    evidence = evidence_of(step) if step is not None and first else ()
    hint = (f"hint: {diagnostic.hint}",) if diagnostic.hint else ()
    item: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "kind": "fail",
        "level": _LEVEL[diagnostic.severity],
        "message": {
            "text": "\n".join((diagnostic.message, *evidence, *diagnostic.notes, *hint))
        },
        "locations": [_physical(source, diagnostic.span)],
    }
    if diagnostic.labels:
        item["relatedLocations"] = [
            {**_physical(source, label.span), "message": {"text": label.text}}
            for label in diagnostic.labels
        ]
    return item


def _physical(source: Source, span: Span) -> dict[str, Any]:
    start, end = source.place(span.start), source.place(span.end)
    return _at(source.path, start.line, start.column, end.line, end.column)


def _location(source: Source, step: StepResult) -> dict[str, Any]:
    r = step.region
    return _at(source.path, r.line, r.column, r.end_line, r.end_column)


def _at(path: str, line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    from urllib.parse import quote

    return {"physicalLocation": {
        "artifactLocation": {"uri": quote(path.replace("\\", "/"))},
        "region": {
            "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
        },
    }}
