"""The report as JSON, in the published form `derive.report/1`.

Promise: the form is that of `report-1.schema.json`; lines and columns start at 1 and count code points.
"""

from __future__ import annotations

import json
import math
from typing import Any

from derive.core.verdict import Kind
from derive.diagnostic import Diagnostic
from derive.report.model import FileResult, Report, StepResult, TheoremResult
from derive.report.outcome import error_count, exit_code
from derive.text import Source

SCHEMA = "derive.report/1"


def to_json(report: Report, require: str, version: str) -> str:
    """The whole report as text, two spaces of indentation, ending in a newline."""
    value = json_value(report, require, version)
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def json_value(report: Report, require: str, version: str) -> dict[str, Any]:
    """The whole report as JSON values."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "derive", "version": version},
        "files": [_file(result) for result in report.files],
        "summary": {
            **{kind.word: report.count(kind) for kind in _SUMMARY},
            "errors": error_count(report),
        },
        "exit_code": int(exit_code(report, require)),
    }


_SUMMARY = (
    Kind.PROVED, Kind.CONDITIONAL, Kind.SUPPORTED, Kind.REFUTED, Kind.UNKNOWN, Kind.ADMITTED,
)


def _file(result: FileResult) -> dict[str, Any]:
    source = Source(result.path, result.text)
    return {
        "path": result.path,
        "title": result.title,
        "steps": [_step(step, source) for step in result.steps],
        "theorems": [_theorem(theorem) for theorem in result.theorems],
        "diagnostics": [_diagnostic(d, source) for d in result.diagnostics],
    }


def _step(step: StepResult, source: Source) -> dict[str, Any]:
    return {
        "id": step.id,
        "line": step.region.line,
        "column": step.region.column,
        "end_line": step.region.end_line,
        "end_column": step.region.end_column,
        "theorem": step.theorem,
        "label": step.label,
        "claim": {
            "source": step.claim_source,
            "unicode": step.claim_unicode,
            "latex": step.claim_latex,
        },
        "verdict": step.verdict.word,
        "local": step.local.word,
        "rests_on": list(step.rests_on),
        "trust": None if step.trust is None else step.trust.word,
        "reason": step.reason,
        "uses": list(step.uses),
        "engine": step.engine,
        "reading": step.reading,
        "conditions": [{"claim": c.claim, "verdict": c.verdict.word} for c in step.conditions],
        "counterexample": _counterexample(step),
        "jax": _jax(step),
        "cached": step.cached,
        "milliseconds": round(step.milliseconds, 3),
        "diagnostics": [_diagnostic(d, source) for d in step.diagnostics],
    }


def _counterexample(step: StepResult) -> dict[str, Any] | None:
    found = step.counterexample
    if found is None:
        return None
    return {
        "point": dict(found.point),
        "sizes": dict(found.sizes),
        "left": found.left,
        "right": found.right,
        "exact": found.exact,
    }


def _jax(step: StepResult) -> dict[str, Any] | None:
    seen = step.jax
    if seen is None:
        return None
    error = seen.worst_relative_error
    return {
        "points": seen.points,
        "discarded": seen.discarded,
        "sizes": list(seen.sizes),
        "worst_relative_error": error if math.isfinite(error) else None,
        "dtype": seen.dtype,
        "verdict": seen.verdict,
    }


def _theorem(theorem: TheoremResult) -> dict[str, Any]:
    return {
        "name": theorem.name,
        "verdict": theorem.verdict.word,
        "trust": None if theorem.trust is None else theorem.trust.word,
        "uses": list(theorem.uses),
    }


def _diagnostic(diagnostic: Diagnostic, source: Source) -> dict[str, Any]:
    start, end = source.place(diagnostic.span.start), source.place(diagnostic.span.end)
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "hint": diagnostic.hint,
    }
