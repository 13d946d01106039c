"""`derive fmt`: files in the standard layout.

Promise: a file with a mistake is left as it is, a file is replaced whole or not at all, and what would be
written has been parsed again first.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from derive.diagnostic import Severity
from derive.frontends.checking import complain, style_of, write
from derive.frontends.reading import Input, find_inputs
from derive.report.outcome import ExitCode
from derive.report.snippet import block


def format_files(paths: tuple[str, ...], unicode: bool, only_check: bool, diff: bool) -> int:
    """Format files in place (standard input to standard output); the exit code."""
    codes = [_format(item, unicode, only_check, diff) for item in find_inputs(paths)]
    for code in (ExitCode.DEFECT, ExitCode.WRONG, ExitCode.USAGE):
        if code in codes:
            return int(code)
    return int(ExitCode.OK)


def _format(item: Input, unicode: bool, only_check: bool, diff: bool) -> ExitCode:
    text = _formatted(item, unicode)
    if isinstance(text, ExitCode):
        return text
    path, before = item.source.path, item.source.text
    if diff:
        write(_difference(path, before, text))
    if only_check or diff:
        if only_check and text != before:
            complain(f"{path} would change")
        return ExitCode.WRONG if text != before else ExitCode.OK
    if path == "<stdin>":
        write(text)
    elif text != before:
        _replace(Path(path), text)
    return ExitCode.OK


def _formatted(item: Input, unicode: bool) -> str | ExitCode:
    """The new text, or why there is none, told already."""
    from derive.syntax.format import Style, format_document
    from derive.syntax.parse import parse

    style = style_of(sys.stderr, False)
    if item.fault is not None:
        complain("\n".join(block(item.fault, item.source, style)))
        return ExitCode.USAGE
    parsed = parse(item.source)
    mistakes = [d for d in parsed.diagnostics if d.severity is Severity.ERROR]
    for mistake in mistakes:
        complain("\n".join(block(mistake, item.source, style)))
    if mistakes:
        return ExitCode.WRONG
    spelling: Style = "unicode" if unicode else "ascii"
    text = format_document(parsed.document, item.source, spelling, parsed.comments)
    again = parse(type(item.source)(item.source.path, text))
    if any(d.severity is Severity.ERROR for d in again.diagnostics):
        complain(f"error[internal-error]: {item.source.path}: the new layout cannot be read back; "
                 "the file was left as it is")
        return ExitCode.DEFECT
    return text


def _difference(path: str, before: str, after: str) -> str:
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(True), after.splitlines(True), path, f"{path} (formatted)"
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def _replace(path: Path, text: str) -> None:
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".derive-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        shutil.copymode(target, name)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


