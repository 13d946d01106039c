"""A diagnostic as a block: the message, a window on the source with carets, the evidence, the hint.

Promise: carets stand under what they mark, whatever mixture of tabs, wide and combining characters comes
before; a line that is too long is shown around the mark.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.diagnostic import Diagnostic, Label, Severity
from derive.report.layout import Style, pad, width_of, wrap
from derive.text import Source, Span

TAB = 4

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one line, in code points from 0, and how it is underlined."""

    line: int
    start: int
    end: int
    char: str
    text: str


def block(
    diagnostic: Diagnostic, source: Source, style: Style, evidence: tuple[str, ...] = ()
) -> list[str]:
    """The lines of a diagnostic; `evidence` comes before its own notes, one entry a note."""
    colour = _COLOURS[diagnostic.severity]
    place = source.place(diagnostic.span.start)
    marks = _marks(diagnostic, source)
    gutter = len(str(max((m.line for m in marks), default=place.line)))
    space = " " * gutter
    head = f"{diagnostic.severity.value}[{diagnostic.code}]"
    lines = wrap(f"{head}: {style.show(diagnostic.message)}", style.width, "", "  ")
    lines[0] = style.paint(head, colour, "bold") + lines[0][len(head) :]
    where = f"{style.show(source.path)}:{place.line}:{place.column}"
    lines.append(f"{space} {style.paint(style.sign('┌─'), 'dim')} {where}")
    bar = style.paint(style.sign("│"), "dim")
    window = _window(source, marks, gutter, style, colour)
    if window:
        lines += [f"{space} {bar}", *window, f"{space} {bar}"]
    for note in (*evidence, *_notes(diagnostic)):
        lines += wrap(style.show_lines(note), style.width, f"{space} = ", f"{space}     ")
    return lines


def _notes(diagnostic: Diagnostic) -> list[str]:
    notes = [note if _has_head(note) else f"note: {note}" for note in diagnostic.notes]
    if diagnostic.hint:
        notes.append(f"hint: {diagnostic.hint}")
    return [*notes, f"more: derive explain {diagnostic.code}"]


def _has_head(note: str) -> bool:
    head, colon, _ = note.partition(": ")
    return bool(colon) and len(head) <= 24 and head.replace(" ", "").isalpha() and head[0].islower()


def _marks(diagnostic: Diagnostic, source: Source) -> list[_Mark]:
    marks = [_mark(diagnostic.span, "^", "", source)]
    marks += [_mark(label.span, "-", label.text, source) for label in _worth(diagnostic.labels)]
    primary = marks[0]
    marks.sort(key=lambda m: (m.line, m is not primary, -m.start))
    return [] if not source.text else marks


def _worth(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    return tuple(label for label in labels if label.text or label.span.end > label.span.start)


def _mark(span: Span, char: str, text: str, source: Source) -> _Mark:
    first, last = source.place(span.start), source.place(span.end)
    start = first.column - 1
    if last.line > first.line:
        ends = f"(to line {last.line})"
        text = f"{text} {ends}" if text else ends
        return _Mark(first.line, start, len(source.line(first.line)), char, text)
    return _Mark(first.line, start, last.column - 1, char, text)


def _window(
    source: Source, marks: list[_Mark], gutter: int, style: Style, colour: str
) -> list[str]:
    bar = style.paint(style.sign("│"), "dim")
    lines: list[str] = []
    shown = 0
    for mark in marks:
        cells = _cells(source.line(mark.line), style)
        left = _left(cells, marks, mark.line, style.width - gutter - 3)
        if mark.line != shown:
            if shown and mark.line > shown + 1:
                lines.append(" " * (gutter + 1) + style.paint(style.sign("·"), "dim"))
            shown = mark.line
            text = _visible(cells, left, style.width - gutter - 3, style)
            lines.append(f"{style.paint(f'{mark.line:>{gutter}}', 'dim')} {bar} {text}".rstrip())
        lead = f"{' ' * gutter} {bar} "
        lines += _underline(mark, cells, left, lead, style, gutter, colour)
    return lines


def _underline(
    mark: _Mark, cells: list[str], left: int, lead: str, style: Style, gutter: int, colour: str
) -> list[str]:
    room = style.width - gutter - 3
    start = max(mark.start, left)
    indent = sum(width_of(c) for c in cells[left:start]) + _dots(left, style)
    if mark.end < left or indent >= room:  # outside of what is shown
        said = f"(column {mark.start + 1}) {style.show(mark.text)}" if mark.text else ""
        return [lead + line for line in wrap(said, room)] if said else []
    long = sum(width_of(c) for c in cells[start : mark.end])
    stroke = mark.char * max(1, min(long, room - indent))
    tone = colour if mark.char == "^" else "blue"
    row = f"{lead}{' ' * indent}{style.paint(stroke, tone)}"
    text = style.show(mark.text)
    if not text:
        return [row]
    if indent + len(stroke) + 1 + width_of(text) <= room:
        return [f"{row} {style.paint(text, tone)}"]
    hang = " " * (indent if room - indent >= 24 else min(4, indent))
    return [row, *(lead + line for line in wrap(text, room, hang, hang))]


def _cells(line: str, style: Style) -> list[str]:
    """What is printed for each code point of a line; tabs reach to the next multiple of four."""
    cells: list[str] = []
    column = 0
    for char in line:
        cell = " " * (TAB - column % TAB) if char == "\t" else style.glyph(char)
        cells.append(cell)
        column += width_of(cell)
    return cells


def _left(cells: list[str], marks: list[_Mark], line: int, room: int) -> int:
    """From which cell on a line is shown: 0 if the line, or its main mark, fits."""
    here = [m for m in marks if m.line == line]
    main = next((m for m in here if m.char == "^"), here[-1])
    first, end = main.start, main.end
    total = sum(width_of(c) for c in cells)
    past = 1 if first >= len(cells) else 0
    reach = sum(width_of(c) for c in cells[: max(end, first + 1)]) + past
    if total + past <= room or reach <= room - 4:
        return 0
    left, kept = first, 0
    while left > 0 and kept + width_of(cells[left - 1]) <= room // 4:
        left -= 1
        kept += width_of(cells[left])
    return left


def _visible(cells: list[str], left: int, room: int, style: Style) -> str:
    text = style.sign("…") if left else ""
    for index in range(left, len(cells)):
        rest = sum(width_of(c) for c in cells[index : index + room + 1])
        if width_of(text) + rest <= room:
            return text + "".join(cells[index:])
        if width_of(text) + width_of(cells[index]) > room - width_of(style.sign("…")):
            return text + style.sign("…")
        text += cells[index]
    return text


def _dots(left: int, style: Style) -> int:
    return width_of(style.sign("…")) if left else 0


def two_sides(left: str, right: str, remark: str) -> str:
    """The two sides under one another, as the continuation of a note."""
    said = f"   ({remark})" if remark else ""
    return f"\n{pad('  left', 10)}{left}{said}\n{pad('  right', 10)}{right}"
