"""The outcome of a run: which exit code a report deserves, and how its steps are counted.

Promise: nothing here rounds a verdict up; the exit code is 0 only if every step and every theorem meets
the required level and nothing was in the way of reading the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Severity
from derive.report.model import FileResult, Report, StepResult, TheoremResult


class ExitCode(IntEnum):
    """What the exit code of `derive check` means."""

    OK = 0
    """Every step meets the required level."""
    WRONG = 1
    """A step is refuted, or a file does not parse or elaborate."""
    USAGE = 2
    """Usage, configuration, input or output."""
    BELOW = 3
    """Nothing is wrong, but something is below the required level."""
    DEFECT = 101
    """A defect of derive itself."""


INPUT_CODES = frozenset({"unreadable-file", "too-large"})
DEFECT_CODES = frozenset({"jax-disagrees", "internal-error"})

_GRAVEST_FIRST = (ExitCode.DEFECT, ExitCode.WRONG, ExitCode.USAGE, ExitCode.BELOW)


def all_diagnostics(result: FileResult) -> Iterator[Diagnostic]:
    """Every diagnostic of a file: those of the file, then those of its steps."""
    yield from result.diagnostics
    for step in result.steps:
        yield from step.diagnostics


def meets(kind: Kind, trust: Trust | None, require: str) -> bool:
    """Does a verdict meet a required level (`exact`, `proved`, `conditional`, `supported`)?"""
    if require == "exact":
        return kind is Kind.PROVED and trust is Trust.EXACT
    return kind <= Kind[require.upper()]


def exit_code(report: Report, require: str) -> ExitCode:
    """The exit code of a report: of those that apply, the first of 101, 1, 2, 3."""
    found = {code for result in report.files for code in _codes(result, require)}
    return next((code for code in _GRAVEST_FIRST if code in found), ExitCode.OK)


def error_count(report: Report) -> int:
    """How many errors there are besides refuted steps: what did not parse, elaborate, or open."""
    return sum(
        d.severity is Severity.ERROR and d.code != "refuted-step"
        for result in report.files
        for d in all_diagnostics(result)
    )


def _codes(result: FileResult, require: str) -> Iterator[ExitCode]:
    for diagnostic in all_diagnostics(result):
        if diagnostic.code in DEFECT_CODES:
            yield ExitCode.DEFECT
        elif diagnostic.severity is Severity.ERROR:
            at_input = diagnostic.code in INPUT_CODES
            yield ExitCode.USAGE if at_input else ExitCode.WRONG
    items: tuple[StepResult | TheoremResult, ...] = (*result.steps, *result.theorems)
    for item in items:
        if item.verdict is Kind.REFUTED:
            yield ExitCode.WRONG
        elif not meets(item.verdict, item.trust, require):
            yield ExitCode.BELOW
