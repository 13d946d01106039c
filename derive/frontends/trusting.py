"""`derive trust`: what the answers of files rest on, for each file, for each subject (a folder) and in all.

Promise: nothing is left out of the count, and nothing that was admitted or assumed is left unnamed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Severity
from derive.frontends.checking import check_paths, style_of, write
from derive.report.layout import Style, pad, plural, width_of, wrap
from derive.report.model import FileResult, Report, StepResult, TheoremResult
from derive.report.outcome import exit_code
from derive.report.terminal import name_of, verdict_text
from derive.settings import Settings

_OUTER = frozenset({"oracle", "rule", "axiom", "assumed", "admitted"})
_WEAK = (Trust.ENCLOSURE, Trust.ORACLE, Trust.ASSUMED)


def show_trust(paths: tuple[str, ...], settings: Settings, cached: bool) -> int:
    """Print the account; the exit code is that of checking the files."""
    report = check_paths(paths, settings, cached)
    style = style_of(sys.stdout, False)
    write("\n".join(trust_lines(report, style)) + "\n")
    code = exit_code(report, settings.require)
    return int(code)


def trust_lines(report: Report, style: Style) -> list[str]:
    """The account of a report, as lines."""
    lines: list[str] = []
    for result in report.files:
        lines += [*_file(result, style), ""]
    if len(report.files) > 1:
        lines += [*_subjects(report, style), *_total(report, style), ""]
    return lines[:-1]


_COLUMNS = ("files", "steps", *(t.word for t in (Trust.EXACT, *_WEAK)), "below")


def _subjects(report: Report, style: Style) -> list[str]:
    """A row for each folder: how many of its proved steps rest on what, and how many are below `proved`."""
    folders: dict[str, list[FileResult]] = {}
    for result in report.files:
        folders.setdefault(str(PurePath(result.path).parent), []).append(result)
    if len(folders) < 2:
        return []
    wide = max(width_of(style.show(folder)) for folder in folders)
    lines = ["by subject", "  " + pad("", wide) + _row(_COLUMNS)]
    for folder, results in folders.items():
        steps = [step for result in results for step in result.steps]
        proved = Counter(step.trust for step in steps if step.verdict is Kind.PROVED)
        counts = (len(results), len(steps), *(proved[t] for t in (Trust.EXACT, *_WEAK)),
                  len(steps) - proved.total())
        lines.append("  " + pad(style.show(folder), wide) + _row(tuple(f"{c:,}" for c in counts)))
    return [*lines, ""]


def _file(result: FileResult, style: Style) -> list[str]:
    lines = [style.show(result.path)]
    lines += _table("step", result.steps, style)
    lines += _table("theorem", result.theorems, style)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    if errors:
        lines.append(f"  {plural(len(errors), 'error')} in the text: the rest of it was not judged")
    for title, names in _grounds(result):
        lines += wrap(style.show(f"{title}: {', '.join(names)}"), style.width, "  ", "    ")
    return lines


def _row(cells: tuple[str, ...]) -> str:
    return "".join(f"{cell:>{max(len(head), 5) + 2}}" for cell, head in zip(cells, _COLUMNS, strict=True))


def _total(report: Report, style: Style) -> list[str]:
    steps = tuple(step for result in report.files for step in result.steps)
    theorems = tuple(theorem for result in report.files for theorem in result.theorems)
    lines = [f"in all: {plural(len(report.files), 'file')}"]
    lines += _table("step", steps, style) + _table("theorem", theorems, style)
    grounds: dict[str, list[str]] = {}
    for result in report.files:
        for title, names in _grounds(result):
            if title.startswith("rests on"):
                grounds.setdefault(title, []).extend(names)
    for title, found in grounds.items():
        said = f"{title}: {', '.join(_once(found))}"
        lines += wrap(style.show(said), style.width, "  ", "    ")
    return lines


def _table(
    noun: str, items: tuple[StepResult, ...] | tuple[TheoremResult, ...], style: Style
) -> list[str]:
    if not items:
        return [f"  no {noun}s"]
    counted = Counter((item.verdict, item.trust if item.verdict <= Kind.CONDITIONAL else None)
                      for item in items)
    exact = counted[(Kind.PROVED, Trust.EXACT)]
    share = f"{100 * exact // len(items)} % proved exactly"
    parts = [
        f"{count:,} {verdict_text(kind, trust)}{' (exact)' if trust is Trust.EXACT else ''}"
        for (kind, trust), count in sorted(counted.items(), key=lambda pair: _rank(*pair[0]))
    ]
    head = pad(f"  {plural(len(items), noun)}", 18)
    return wrap(f"{', '.join(parts)}; {share}", style.width, head, " " * 18)


def _rank(kind: Kind, trust: Trust | None) -> tuple[int, int]:
    return int(kind), -1 if trust is None else int(trust)


def _grounds(result: FileResult) -> list[tuple[str, list[str]]]:
    """What the file rests on besides exact proof: a heading, and the names under it."""
    grounds: list[tuple[str, list[str]]] = []
    for trust in _WEAK:
        weak = [s for s in result.steps if s.trust is trust and s.verdict <= Kind.CONDITIONAL]
        if weak:
            grounds.append((f"{trust.word} steps", _once(_place(s) for s in weak)))
            named = _once(use for s in weak for use in _outside(s))
            if named:
                grounds.append((f"rests on ({trust.word})", named))
    admitted = [s for s in result.steps if s.verdict is Kind.ADMITTED]
    if admitted:
        grounds.append(("rests on (admitted)", _once(f"{result.path}:{s.region.line}" for s in admitted)))
    short = [s for s in result.steps if s.verdict in (Kind.CONDITIONAL, Kind.SUPPORTED, Kind.UNKNOWN)]
    if short:
        grounds.append(("not settled", _once(_place(s) for s in short)))
    owed = _once(c.claim for s in result.steps for c in s.conditions if c.verdict is not Kind.PROVED)
    if owed:
        grounds.append(("conditions owed", owed))
    return grounds


def _outside(step: StepResult) -> list[str]:
    """The oracles, rules and assumptions that a step uses; the engine if it names none."""
    return [use for use in step.uses if use.partition(": ")[0] in _OUTER] or [step.engine]


def _place(step: StepResult) -> str:
    name = name_of(step)
    return f"{name} (line {step.region.line})" if step.label else name


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
