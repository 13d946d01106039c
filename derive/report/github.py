"""The report as workflow commands, which a code host shows beside the lines.

Promise: one annotation a diagnostic; nothing that a file contains can end a command early.
"""

from __future__ import annotations

from derive.diagnostic import Severity
from derive.report.model import FileResult, Report
from derive.report.terminal import evidence_of
from derive.text import Source

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def to_github(report: Report) -> str:
    """All annotations, one a line."""
    return "".join(line + "\n" for result in report.files for line in _lines(result))


def _lines(result: FileResult) -> list[str]:
    source = Source(result.path, result.text)
    lines: list[str] = []
    pairs = [(None, d) for d in result.diagnostics]
    for step, diagnostic in [*pairs, *((s, d) for s in result.steps for d in s.diagnostics)]:
        start, end = source.place(diagnostic.span.start), source.place(diagnostic.span.end)
        first = step is not None and step.diagnostics[0] is diagnostic
        evidence = evidence_of(step) if step is not None and first else ()
        hint = (f"hint: {diagnostic.hint}",) if diagnostic.hint else ()
        text = "\n".join((diagnostic.message, *evidence, *diagnostic.notes, *hint))
        place = {
            "title": f"derive ({diagnostic.code})",
            "file": result.path,
            "line": str(start.line),
            "col": str(start.column),
            "endLine": str(end.line),
            "endColumn": str(end.column),
        }
        fields = ",".join(f"{key}={_property(value)}" for key, value in place.items())
        lines.append(f"::{_LEVEL[diagnostic.severity]} {fields}::{_data(text)}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
