"""The parser: from a source to a document, one logical statement at a time.

Promise: `parse`, `parse_claim`, `parse_givens` and `parse_expression` never raise for any text; a
mistake costs the statement that it is in, and each is told once.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.diagnostic import Diagnostic
from derive.syntax import ast, outline
from derive.syntax.cut import Comment, Statement
from derive.syntax.mistakes import syntax_error
from derive.syntax.reader import Reader, read_source
from derive.syntax.sections import read_document, read_given_items
from derive.text import NOWHERE, Source

MOST_DIAGNOSTICS = 100


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document with all that was wrong with its text.

    `lost` holds the names that a statement with a mistake would have given: a citation of one is no second
    mistake. `comments` are kept for `format`.
    """

    document: outline.Document
    diagnostics: tuple[Diagnostic, ...]
    lost: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()


def _finished(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    ordered = sorted(found, key=lambda d: (d.span.start, d.span.end))
    if len(ordered) <= MOST_DIAGNOSTICS:
        return tuple(ordered)
    last = ordered[MOST_DIAGNOSTICS].span
    more = syntax_error(f"and {len(ordered) - MOST_DIAGNOSTICS} more mistakes like these", last)
    return (*ordered[:MOST_DIAGNOSTICS], more)


# ---------------------------------------------------------------- ways in


def parse(source: Source) -> Parsed:
    """The document that a source says, and its mistakes."""
    reading = read_source(source)
    document = read_document(reading)
    return Parsed(document, _finished(reading.found), frozenset(reading.lost), reading.comments)


def parse_claim(source: Source) -> tuple[outline.Chain | None, tuple[Diagnostic, ...]]:
    """One claim, as `derive check -c` takes it; None when it does not parse."""
    reading = read_source(source)
    statement = _only_statement(reading, "a claim")
    chain: outline.Chain | None = None
    if statement is not None:
        chain = reading.read("statement", statement.tokens, statement)
    return chain, _finished(reading.found)


def parse_expression(source: Source) -> tuple[ast.Expr | None, tuple[Diagnostic, ...]]:
    """One term or proposition; None when it does not parse."""
    reading = read_source(source)
    statement = _only_statement(reading, "an expression")
    made: ast.Expr | None = None
    if statement is not None:
        made = reading.read("expression", statement.tokens, statement)
    return made, _finished(reading.found)


def parse_givens(
    source: Source,
) -> tuple[tuple[outline.Declaration | outline.Hypothesis | outline.Prose, ...], tuple[Diagnostic, ...]]:
    """The text of `--given`: declarations and hypotheses, one a line or with `;` between them."""
    reading = read_source(source, semicolons=True)
    items = read_given_items(reading, to_the_end=True)
    return items, _finished(reading.found)


def _only_statement(reading: Reader, wanted: str) -> Statement | None:
    statements = [part for part in reading.parts if isinstance(part, Statement)]
    if not statements:
        reading.report(syntax_error(f"expected {wanted}; there is nothing here", NOWHERE))
        return None
    if len(statements) > 1:
        reading.report(
            syntax_error(f"expected {wanted}; here is more than one", statements[1].span)
        )
        return None
    return statements[0] if reading.sound(statements[0]) else None
