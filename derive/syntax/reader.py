"""The reader: where the reading of one source stands, and how one statement is read.

Promise: nothing here raises for any text; offsets in what it makes are those of the source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from derive.diagnostic import Diagnostic, Severity
from derive.syntax import ast, outline, words
from derive.syntax.chain import to_chain
from derive.syntax.cut import DEEPEST, Comment, Statement, cut
from derive.syntax.lalr import recognise, tokenize
from derive.syntax.mistakes import Mistake, mistake, syntax_error
from derive.text import Source, Span

if TYPE_CHECKING:
    from lark import Token

LONGEST_FILE = 4_000_000
LONGEST_LINE = 20_000


@dataclass(slots=True)
class Reader:
    """Where the reading of one source stands, and what was found wrong so far."""

    source: Source
    parts: tuple[Statement | outline.Prose, ...]
    comments: tuple[Comment, ...]
    found: list[Diagnostic]
    lost: set[str] = field(default_factory=set)
    position: int = 0
    flawed: int = -1  # the last part that was lost

    def peek(self) -> Statement | outline.Prose | None:
        """The next part, or None at the end."""
        return self.parts[self.position] if self.position < len(self.parts) else None

    def advance(self) -> None:
        """Go past the next part."""
        self.position += 1

    def report(self, diagnostic: Diagnostic) -> None:
        """Say it at the end."""
        self.found.append(diagnostic)

    def sound(self, statement: Statement) -> bool:
        """Say the cutter's finding; is there still something to read?"""
        if statement.flaw is not None:
            self.report(statement.flaw)
            if statement.lost:
                self.lose(statement.tokens)
                return False
        return True

    def lose(self, tokens: Sequence[Token]) -> None:
        """Remember the names that a lost statement would have given."""
        self.flawed = self.position
        for token, after in pairwise(tokens):
            if token.type == "NAME" and after.type in ("COLON", "DEFINE", "COMMA", "LSQB", "LPAR"):
                self.lost.add(words.canonical(str(token)))
            if after.type in ("COLON", "DEFINE"):
                break

    def read(self, start: str, tokens: Sequence[Token], within: Statement) -> Any:
        """What the tokens say, or None with a diagnostic."""
        end = Span(within.span.end, within.span.end)
        try:
            made = recognise(start, mark_sorts(tokens), end)
            made = to_chain(made, self.source.text) if start == "statement" else made
            if len(tokens) > DEEPEST and too_deep(made):
                raise mistake(
                    f"more than {DEEPEST} operations inside one another",
                    within.span,
                    "name a part with `let`",
                )
            return made
        except Mistake as error:
            self.report(error.diagnostic)
            self.lose(within.tokens)
            return None


def read_source(source: Source, semicolons: bool = False) -> Reader:
    """A reader at the start of a source, cut into statements."""
    found: list[Diagnostic] = []
    text = source.text
    if len(text) > LONGEST_FILE:
        found.append(
            syntax_error(f"a file may have {LONGEST_FILE:,} characters at most", Span(0, 1))
        )
        text = ""
    text = _without_long_lines(text, found)
    tokens = tokenize(text)
    found += _lookalikes(tokens) if not text.isascii() else []
    pieces = cut(tokens, semicolons)
    return Reader(source, pieces.parts, pieces.comments, found)


def _without_long_lines(text: str, found: list[Diagnostic]) -> str:
    """The text with each line that is too long blanked out, so that offsets stay."""
    if len(text) <= LONGEST_LINE:
        return text

    def blank(line: re.Match[str]) -> str:
        message = f"a line may have {LONGEST_LINE:,} characters at most"
        found.append(
            syntax_error(
                message, Span(line.start(), line.start() + 40), "break it inside a bracket"
            )
        )
        return " " * len(line.group())

    return re.sub(rf"[^\n]{{{LONGEST_LINE},}}", blank, text)


def _lookalikes(tokens: Sequence[Token]) -> list[Diagnostic]:
    notes = []
    for token in tokens:
        for sign, meant in words.LOOKALIKES.items():
            if token.type == "NAME" and sign in token:
                span = Span(token.start_pos or 0, token.end_pos or 0)
                message = f"`{sign}` (U+{ord(sign):04X}) is read as the letter `{meant}` (U+{ord(meant):04X})"
                notes.append(Diagnostic("look-alike-letter", Severity.NOTE, message, span))
    return notes


def mark_sorts(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens with each sort word that stands where a sort does marked as one."""
    marked: list[Token] = []
    brackets: list[
        tuple[bool, bool]
    ] = []  # of each open one: does it hold sorts, is it part of one?
    expected = complete = False  # may a sort begin here; did one end just now?
    for i, token in enumerate(tokens):
        kind = token.type
        if expected and kind == "NAME" and str(token) in words.SORTS:
            after = tokens[i + 1].type if i + 1 < len(tokens) else ""
            if after in _AFTER_SORT:
                token = token.update(type="SORT")
        if kind in ("LPAR", "LSQB", "LBRACE"):
            holds = expected and kind == "LPAR"
            brackets.append((holds, holds or (complete and kind == "LSQB")))
            expected, complete = holds, False
        elif kind in ("RPAR", "RSQB", "RBRACE"):
            expected, complete = False, bool(brackets) and brackets.pop()[1]
        else:
            inside = bool(brackets) and brackets[-1][0]
            expected = (
                kind == "COLON" or (kind == "ARROW" and complete) or (kind == "COMMA" and inside)
            )
            complete = token.type == "SORT"
        marked.append(token)
    return marked


_AFTER_SORT = frozenset(
    ("", "COMMA", "LSQB", "RPAR", "RSQB", "RBRACE", "ARROW", "WITH", "BAR", "LEAD")
)


def too_deep(node: object) -> bool:
    """Does the node hold more than DEEPEST nodes inside one another? Does not recurse."""
    stack: list[tuple[object, int]] = [(node, 0)]
    while stack:
        here, depth = stack.pop()
        if isinstance(here, tuple):
            stack += [(part, depth) for part in here]
        elif hasattr(here, "span"):
            if depth > DEEPEST:
                return True
            stack += [(getattr(here, slot), depth + 1) for slot in here.__slots__ if slot != "span"]  # type: ignore[attr-defined]
    return False


def label_of(tokens: Sequence[Token]) -> tuple[ast.Name | None, Sequence[Token]]:
    """The name before the colon that begins a statement, and the rest."""
    if len(tokens) > 1 and tokens[0].type == "NAME" and tokens[1].type == "COLON":
        span = Span(tokens[0].start_pos or 0, tokens[0].end_pos or 0)
        return ast.Name(words.canonical(str(tokens[0])), span), tokens[2:]
    return None, tokens
