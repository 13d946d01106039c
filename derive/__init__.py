"""derive: a checker for stepwise mathematical derivations in machine learning.

Promise: `import derive` is light. Nothing heavy is loaded until something is checked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.core.verdict import Kind, Trust
    from derive.report.model import FileResult, Report, StepResult, TheoremResult
    from derive.report.outcome import ExitCode
    from derive.settings import Settings
    from derive.syntax.outline import Document

__version__ = "0.1.0"

__all__ = [
    "ExitCode", "FileResult", "Kind", "Report", "Settings", "StepResult", "TheoremResult", "Trust",
    "__version__", "check", "check_claim", "format", "parse",
]

_HOMES = {
    "Kind": "derive.core.verdict",
    "Trust": "derive.core.verdict",
    "FileResult": "derive.report.model",
    "Report": "derive.report.model",
    "StepResult": "derive.report.model",
    "TheoremResult": "derive.report.model",
    "ExitCode": "derive.report.outcome",
    "Settings": "derive.settings",
}


def check(text_or_path: str | Path, settings: Settings | None = None) -> Report:
    """Check a derivation, given as text, or as the path of a file or a folder.

    A string is a path if it is one line that ends in `.drv` or names a folder; any other string is the
    text itself. Raises OSError only if a path cannot be read; whatever a derivation says is a value.
    """
    from derive.frontends.api import check_text_or_path

    return check_text_or_path(text_or_path, settings)


def check_claim(claim: str, given: str = "", settings: Settings | None = None) -> StepResult:
    """Check one claim, such as `diff(log(1 + exp(z)), z) = sigmoid(z)` with `given="z : real"`.

    A claim that cannot be read gives an `unknown` step whose `diagnostics` say why.
    """
    from derive.frontends.api import check_one_claim

    return check_one_claim(claim, given, settings)


def parse(text: str, path: str = "<text>") -> Document:
    """The document that a text says. Never raises: what cannot be read costs its own statement."""
    from derive.frontends.api import parse_text

    return parse_text(text, path)


def format(text: str, unicode: bool = False) -> str:
    """The same derivation in the standard layout, spelled in ASCII or in Unicode."""
    from derive.frontends.api import format_text

    return format_text(text, unicode)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


class _Package(ModuleType):
    """Keeps `derive.check` the function: importing the module `derive.check` must not replace it."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name == "check" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
