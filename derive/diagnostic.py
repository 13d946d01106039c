"""Diagnostics: the only shape in which anything is told to anyone.

A diagnostic is data with a stable code, a place, a reason and a hint; `report/` turns it into text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from derive.text import Span


class Severity(Enum):
    """How much a diagnostic weighs: errors change the exit code, notes do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A secondary place, with what to say of it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What, where, the evidence, a hint.

    `code` is a kebab-case noun phrase for the defect and names a page in `derive/pages/`.
    `notes` are lines of evidence, shown in order; `hint` is what the author can change.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None
