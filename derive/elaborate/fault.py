"""What an elaboration gives back, and the private way a mistake travels to the border.

Promise: `Failure` never leaves this package; callers see `Elaborated`, a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from derive.core.term import Term
from derive.diagnostic import Diagnostic, Label, Severity
from derive.text import Span

BROKEN = "a name that it uses was not understood where it was introduced"


@dataclass(frozen=True, slots=True)
class Elaborated:
    """The term, or None with the diagnostics that say why not.

    `reasons` say in plain words which forms of the text are read but not yet checked; where there
    is one, the term contains `unsupported`, and a step that uses it is `unknown` for these reasons.
    """

    term: Term | None
    diagnostics: tuple[Diagnostic, ...] = ()
    reasons: tuple[str, ...] = ()


class Failure(Exception):  # noqa: N818 - not an error of ours, a mistake in the text
    """A mistake in the text, on its way to the border of the package."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def mistake(
    code: str,
    message: str,
    span: Span,
    hint: str | None = None,
    labels: tuple[Label, ...] = (),
) -> Failure:
    """A diagnostic, at the smallest place that shows the mistake, as something to raise."""
    return Failure(Diagnostic(code, Severity.ERROR, message, span, labels, (), hint))


def fail(
    code: str,
    message: str,
    span: Span,
    hint: str | None = None,
    labels: tuple[Label, ...] = (),
) -> NoReturn:
    """Stop with a diagnostic at the smallest place that shows the mistake."""
    raise mistake(code, message, span, hint, labels)


def too_deep(span: Span) -> Diagnostic:
    """The diagnostic for an expression nested deeper than the machine can follow."""
    return Diagnostic(
        "syntax",
        Severity.ERROR,
        "this expression is nested too deeply",
        span,
        hint="name its parts with `define` or `let`",
    )
