"""What `import derive` offers, in terms of the rest.

Promise: the same results as the command line, without its cache and without printing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.core.verdict import Kind
from derive.frontends.reading import find_inputs, input_of_text
from derive.frontends.running import Plan, check_inputs
from derive.report.model import FileResult, Region, Report, StepResult
from derive.settings import Settings
from derive.text import Source

if TYPE_CHECKING:
    from derive.syntax.outline import Document


def check_text_or_path(text_or_path: str | Path, settings: Settings | None) -> Report:
    """The report on a text, a file or a folder; OSError if a path cannot be read."""
    chosen = settings or Settings()
    if not _is_path(text_or_path):
        return check_inputs([input_of_text(str(text_or_path))], chosen, Plan(jobs=1))
    inputs = find_inputs((str(text_or_path),))
    fault = next((item.fault for item in inputs if item.fault is not None), None)
    if fault is not None:
        raise OSError(f"{text_or_path}: {fault.message}")
    return check_inputs(inputs, chosen, Plan(jobs=1))


def check_one_claim(claim: str, given: str, settings: Settings | None) -> StepResult:
    """The last step of what a claim becomes; an `unknown` one if it cannot be read."""
    from derive.check import check_claim_text

    result = check_claim_text(claim, given, settings or Settings())
    worst: StepResult | None = max(result.steps, key=lambda step: step.verdict, default=None)
    if worst is not None and not result.diagnostics:
        return worst
    return _unread(claim, result)


def parse_text(text: str, path: str) -> Document:
    """The document that a text says."""
    from derive.syntax.parse import parse

    return parse(Source(path, text)).document


def format_text(text: str, unicode: bool) -> str:
    """The text in the standard layout; ValueError, with the place, if it has a mistake."""
    from derive.diagnostic import Severity
    from derive.syntax.format import Style, format_document
    from derive.syntax.parse import parse

    source = Source("<text>", text)
    parsed = parse(source)
    for found in parsed.diagnostics:
        if found.severity is Severity.ERROR:
            place = source.place(found.span.start)
            raise ValueError(f"line {place.line}, column {place.column}: {found.message}")
    style: Style = "unicode" if unicode else "ascii"
    return format_document(parsed.document, source, style, parsed.comments)


def _is_path(text_or_path: str | Path) -> bool:
    if isinstance(text_or_path, Path):
        return True
    one_line = "\n" not in text_or_path and "\0" not in text_or_path and len(text_or_path) < 4096
    return one_line and (text_or_path.endswith(".drv") or Path(text_or_path).is_dir())


def _unread(claim: str, result: FileResult) -> StepResult:
    return StepResult(
        id="claim", region=Region(1, 1, 1, len(claim) + 1), theorem="", label="",
        claim_source=claim, claim_unicode=claim, claim_latex="", verdict=Kind.UNKNOWN,
        local=Kind.UNKNOWN, rests_on=(), trust=None, reason="", uses=(), engine="", reading="",
        conditions=(), counterexample=None, jax=None, cached=False, milliseconds=0.0,
        diagnostics=result.diagnostics,
    )
