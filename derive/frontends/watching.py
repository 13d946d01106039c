"""`derive check --watch`: check again whenever a file changes, and say what changed.

Promise: looks at the files and at those they use, a few times a second, and ends at the first interrupt
with the exit code of the last check.
"""

from __future__ import annotations

import time
from pathlib import Path

from derive.frontends.checking import Request, complain, make_report, show_report
from derive.frontends.reading import find_inputs
from derive.report.model import Report
from derive.report.terminal import name_of
from derive.settings import Settings

PAUSE = 0.3


def watch_files(request: Request, settings: Settings) -> int:
    """Check, then check again at every change, until interrupted."""
    before = make_report(request, settings)
    code = show_report(before, request, settings)
    if request.claim is not None or "-" in request.paths:
        return code
    seen = _stamps(request.paths)
    try:
        while True:
            time.sleep(PAUSE)
            now = _stamps(request.paths)
            if now != seen:
                seen = now
                after = make_report(request, settings)
                code = show_report(after, request, settings)
                for line in changes(before, after):
                    complain(line)
                before = after
    except KeyboardInterrupt:
        return code


def changes(before: Report, after: Report) -> list[str]:
    """One line for every step whose verdict is another than before."""
    old = {(f.path, s.id): s.verdict for f in before.files for s in f.steps}
    lines: list[str] = []
    for result in after.files:
        for step in result.steps:
            was = old.get((result.path, step.id))
            if was is None:
                lines.append(f"{result.path}: {name_of(step)} is new: {step.verdict.word}")
            elif was is not step.verdict:
                lines.append(f"{result.path}: {name_of(step)} {was.word} -> {step.verdict.word}")
    return lines


def _stamps(paths: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    stamps: dict[str, tuple[int, int]] = {}
    for item in find_inputs(paths):
        for file in (Path(item.source.path), *(item.folder / f"{name}.drv" for name, _ in item.used)):
            try:
                about = file.stat()
                stamps[str(file)] = (about.st_mtime_ns, about.st_size)
            except (OSError, ValueError):
                stamps[str(file)] = (0, 0)
    return stamps
