"""`derive check`: from what was asked for to what is shown and the exit code.

Promise: every report of one run is of the same results, and the exit code does not depend on the format.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import derive
from derive.frontends.cache import Cache, cache_folder
from derive.frontends.reading import find_inputs, input_of_text
from derive.frontends.running import Plan, Progress, check_inputs, defect_note
from derive.report.layout import Style
from derive.report.model import FileResult, Report
from derive.report.outcome import ExitCode, exit_code
from derive.settings import Settings


@dataclass(frozen=True, slots=True)
class Request:
    """What `derive check` was asked for."""

    paths: tuple[str, ...]
    claim: str | None = None
    given: str = ""
    form: str = "full"
    out: tuple[tuple[str, str], ...] = ()
    jobs: int = 0
    cached: bool = True
    ascii: bool = False


def check_and_show(request: Request, settings: Settings) -> int:
    """Check, print, write the other reports; the exit code."""
    return show_report(make_report(request, settings), request, settings)


def show_report(report: Report, request: Request, settings: Settings) -> int:
    """Print a report and write it in the other formats; the exit code."""
    style = style_of(sys.stdout, request.ascii)
    write(render(report, request.form, settings, style))
    code = int(exit_code(report, settings.require))
    plain = Style(80, request.ascii, False)
    for form, file in request.out:
        try:
            Path(file).write_bytes(encode(render(report, form, settings, plain)))
        except OSError as error:
            complain(f"error: {file} cannot be written: {(error.strerror or 'failed').lower()}")
            code = int(ExitCode.USAGE) if code in (ExitCode.OK, ExitCode.BELOW) else code
    return code


def make_report(request: Request, settings: Settings) -> Report:
    """The results, from the cache where it has them."""
    if request.claim is not None:
        return Report((_check_claim(request.claim, request.given, settings),))
    return check_paths(request.paths, settings, request.cached, request.jobs)


def check_paths(
    paths: tuple[str, ...], settings: Settings, cached: bool = True, jobs: int = 0
) -> Report:
    """The report on paths, with the cache and with progress on a terminal."""
    cache = Cache(cache_folder()) if cached else None
    inputs = find_inputs(paths)
    bar = _progress(len(inputs))
    try:
        return check_inputs(inputs, settings, Plan(jobs, cache, bar))
    finally:
        if cache is not None:
            cache.close()
            if cache.note:
                complain(f"note: {cache.note}")


def render(report: Report, form: str, settings: Settings, style: Style) -> str:
    """The report in one of the formats."""
    match form:
        case "concise":
            from derive.report.terminal import concise

            return concise(report, style)
        case "json":
            from derive.report.json import to_json

            return to_json(report, settings.require, derive.__version__)
        case "sarif":
            from derive.report.sarif import to_sarif

            return to_sarif(report, settings.require, derive.__version__)
        case "junit":
            from derive.report.junit import to_junit

            return to_junit(report, settings.require)
        case "github":
            from derive.report.github import to_github

            return to_github(report)
        case _:
            from derive.report.terminal import full

            return full(report, settings.require, style)


def style_of(stream: object, plain: bool) -> Style:
    """How to print to a stream: NO_COLOR beats FORCE_COLOR beats what the stream is."""
    terminal = bool(getattr(stream, "isatty", lambda: False)())
    colour = terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("FORCE_COLOR"):
        colour = True
    if os.environ.get("NO_COLOR"):
        colour = False
    width = max(40, min(100, shutil.get_terminal_size().columns)) if terminal else 80
    encoding = str(getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return Style(width, plain or not encoding.startswith("utf"), colour)


def write(text: str) -> None:
    """Print, as UTF-8 whatever the locale: what the locale cannot show was spelled in ASCII already."""
    import click

    click.echo(encode(text), nl=False)


def complain(text: str) -> None:
    """Say something on standard error."""
    import click

    click.echo(encode(text), err=True)


def encode(text: str) -> bytes:
    """UTF-8, for any text at all."""
    return text.encode("utf-8", "backslashreplace")


def _check_claim(claim: str, given: str, settings: Settings) -> FileResult:
    from derive.diagnostic import Diagnostic, Severity
    from derive.text import NOWHERE

    item = input_of_text(claim, "<claim>")
    if item.fault is not None:
        return FileResult("<claim>", "", (), (), (item.fault,), item.source.text)
    try:
        from derive.check import check_claim_text

        return check_claim_text(claim, given, settings)
    except Exception as error:
        if os.environ.get("DERIVE_DEBUG") == "1":
            raise
        fault = Diagnostic(
            "internal-error", Severity.ERROR, "derive failed on this claim; the fault is its own",
            NOWHERE, notes=(defect_note(error),),
        )
        return FileResult("<claim>", "", (), (), (fault,), "")


def _progress(files: int) -> Progress | None:
    """Progress on standard error, where that is a terminal and there is something to wait for."""
    if files < 2 or not sys.stderr.isatty() or not sys.stdout.isatty():
        return None
    from rich.console import Console

    console = Console(stderr=True)
    status = console.status("checking")
    status.start()

    def told(done: int, total: int, path: str) -> None:
        status.update(f"checking: {done} of {total}")
        if done == total:
            status.stop()

    return told
