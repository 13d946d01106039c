"""Rows of formatted text, before columns are aligned and comments put back.

Promise: every comment comes out exactly once; alignment adds spaces only before `:`, `:=`, `by` and
`#`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from derive.syntax import ast, outline, words
from derive.syntax.cut import Comment
from derive.syntax.spell import IFF, Writer, show, show_reasons
from derive.text import Source, Span

WIDEST = 96
_SPREAD = 8  # how much longer than the shortest a left side may be for `:` to be aligned


@dataclass(slots=True)
class Row:
    """One line of output: `left` and `right` meet at an aligned `:` or `:=`; `tail` is the reason."""

    indent: int
    left: str
    right: str
    tail: str
    span: Span
    section: str
    comment: str = ""
    gap: bool = False  # an empty line comes before

    @property
    def text(self) -> str:
        """All but the reason and the comment."""
        return " " * self.indent + self.left + (f" {self.right}" if self.right else "")


@dataclass(slots=True)
class Rows:
    """The rows of a document, in order."""

    writer: Writer
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        indent: int,
        left: str,
        span: Span,
        right: str = "",
        condition: ast.Expr | None = None,
        reasons: tuple[outline.Reason, ...] = (),
        section: str = "",
    ) -> None:
        """One more row."""
        if condition is not None:
            left += f" if {show(condition, self.writer, IFF)}"
        self.rows.append(
            Row(indent, left, right, show_reasons(reasons, self.writer), span, section)
        )

    def mark(self, word: str, offset: int) -> Span:
        """Where a line of one word comes next in the source, from an offset on."""
        if self.writer.source is not None:
            found = re.compile(rf"^[ \t]*{word}(?=[ \t\r]*(?:#.*)?$)", re.M).search(
                self.writer.source.text, offset
            )
            if found:
                return Span(found.end() - len(word), found.end())
        return Span(offset, offset)


def lay_out(rows: list[Row], comments: Sequence[Comment], source: Source | None) -> str:
    """The rows as text, with comments and empty lines where the source has them."""
    placed = _with_comments(rows, comments)
    _space(placed, source)
    for group in _groups(placed):
        _align_signs(group)
        _align_tails(group)
    lines: list[str] = []
    for row in placed:
        if row.gap and lines:
            lines.append("")
        lines.append(row.text + row.comment)
    return "\n".join(lines) + "\n" if lines else ""


def _with_comments(rows: list[Row], comments: Sequence[Comment]) -> list[Row]:
    """Comments that stand alone become rows; the others go to the end of the row that they follow."""
    starts = [row.span.start for row in rows]
    alone: dict[int, list[Row]] = {}
    for comment in comments:
        after = bisect_right(starts, comment.span.start)
        row = rows[after - 1] if after else None
        inside = row is not None and comment.span.start < row.span.end
        if row is None or inside or comment.alone or row.comment:
            place = after - 1 if inside else after
            indent = rows[place].indent if place < len(rows) else 0
            alone.setdefault(place, []).append(
                Row(indent, comment.text, "", "", comment.span, "comment")
            )
        else:
            row.comment = comment.text
    placed: list[Row] = []
    for i, row in enumerate(rows):
        placed += [*alone.get(i, ()), row]
    return placed + alone.get(len(rows), [])


def _space(rows: list[Row], source: Source | None) -> None:
    """Empty lines: between sections always, elsewhere where the author left one."""
    for before, row in pairwise(rows):
        row.gap = (
            bool(row.section)
            and row.section not in ("comment", "prose")
            and before.section != "comment"
        )
        row.gap = row.gap and not row.section == before.section == "heading"
        if row.left[:1] in ("-", "−") and not row.left.startswith("--"):
            row.gap = (
                row.gap or before.left not in words.ALONE
            )  # else it could go on from the line above
        if source is not None and before.span.end <= row.span.start:
            row.gap = row.gap or _blank_before(source.text, row.span.start)


def _blank_before(text: str, offset: int) -> bool:
    """Is the line above the one at `offset` empty?"""
    begin = text.rfind("\n", 0, offset)
    return begin > 0 and not text[text.rfind("\n", 0, begin) + 1 : begin].strip()


def _groups(rows: list[Row]) -> list[list[Row]]:
    """Rows with no empty line between them."""
    groups: list[list[Row]] = [[]]
    for row in rows:
        if row.gap:
            groups.append([])
        groups[-1].append(row)
    return groups


def _align_signs(group: list[Row]) -> None:
    """Put the `:` of neighbouring declarations, and the `:=` of definitions, under one another."""
    run: list[Row] = []
    for row in [*group, None]:
        if row is not None and row.right and (not run or _sign(run[0]) == _sign(row)):
            run.append(row)
            continue
        widths = [len(r.left) for r in run]
        if widths and max(widths) - min(widths) <= _SPREAD:
            for each in run:
                each.left = each.left.ljust(max(widths))
        run = [row] if row is not None and row.right else []


def _sign(row: Row) -> str:
    return row.right.split(" ", 1)[0]


def _align_tails(group: list[Row]) -> None:
    """Put reasons in one column, and the comments after them in another."""
    reasoned = [row for row in group if row.tail]
    column = max((len(row.text) for row in reasoned if len(row.text) <= WIDEST), default=0) + 2
    for row in reasoned:
        gap = max(2, column - len(row.text))
        row.left += " " * gap + row.tail
    noted = [row for row in group if row.comment]
    column = max((len(row.text) for row in noted if len(row.text) <= WIDEST), default=0) + 2
    for row in noted:
        row.comment = " " * max(2, column - len(row.text)) + row.comment
