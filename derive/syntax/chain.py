"""From the lines of a statement to a chain of links.

Promise: a chain has only relations between expressions or only `<=>` and `=>` between propositions;
what mixes them is an error that says how to write it.
"""

from __future__ import annotations

import re

from derive.syntax import ast, outline
from derive.syntax.build import Bound
from derive.syntax.mistakes import mistake
from derive.syntax.statements import Line
from derive.text import Span

IMPLICATIONS = ("<=>", "=>")
_PASSED = re.compile(r"(?:\s|#[^\n]*)*")


def to_chain(lines: tuple[Line, ...], text: str) -> outline.Chain:
    """The chain that the lines make; raises `Mistake`."""
    head, *tail = lines
    claim = head.claim
    if isinstance(claim, Bound):
        raise mistake(
            "this `for` has no claim after it", claim.span, "write the claim after a comma"
        )
    span = head.span.to(lines[-1].span)
    implied = [line.rel in IMPLICATIONS for line in tail]
    if any(implied) and not all(implied):
        raise _mixed(tail)
    _refuse_quantified(claim, tail)
    match claim:
        case ast.Logic(op, (first, *rest)) if op in IMPLICATIONS and (not tail or _only(op, tail)):
            pairs = [(op, side) for side in rest]
            before = first
        case ast.Logic(op) if op in IMPLICATIONS and tail:
            raise mistake(
                "`=>` and `<=>` are mixed here, which can be read in two ways",
                claim.span,
                "write each on a line of its own, or put brackets around the inner one",
            )
        case ast.Relation(first, rest) if not any(implied):
            pairs = list(rest)
            before = first
        case _:
            pairs = []
            before = claim
    links = _links(before, pairs, head, text)
    for line in tail:
        links += _line_links(line, text)
    if links and not (pairs or not (head.condition or head.reasons)):
        return outline.Chain(before, tuple(links), head.condition, head.reasons, span)
    own = not links
    return outline.Chain(
        before, tuple(links), head.condition if own else None, head.reasons if own else (), span
    )


def _only(op: str, tail: list[Line]) -> bool:
    return all(line.rel == op for line in tail)


def _refuse_quantified(claim: ast.Expr, tail: list[Line]) -> None:
    if tail and isinstance(claim, ast.Quantified):
        raise mistake(
            "a chain cannot go on from a claim that begins with `for`",
            tail[0].span,
            "put `for ...` on a line of its own, and the chain below it",
        )
    if tail and tail[0].rel not in IMPLICATIONS:
        match claim:
            case (
                ast.Logic() | ast.Is() | ast.Independent() | ast.Law() | ast.In() | ast.Unary("not")
            ):
                raise mistake(
                    f"`{tail[0].rel}` cannot go on from a proposition",
                    tail[0].span,
                    "write `<=>` or `=>`",
                )
            case _:
                pass


def _links(
    before: ast.Expr, pairs: list[tuple[str, ast.Expr]], line: Line, text: str
) -> list[outline.Link]:
    """A link for each relation of one line; all get the line's condition and reasons."""
    links = []
    for rel, right in pairs:
        start = _PASSED.match(text, before.span.end)
        begin = start.end() if start else right.span.start
        links.append(outline.Link(rel, right, line.condition, line.reasons, Span(begin, line.span.end)))
        before = right
    return links


def _line_links(line: Line, text: str) -> list[outline.Link]:
    claim = line.claim
    if isinstance(claim, Bound):
        raise mistake("this `for` has no claim after it", claim.span)
    start = Span(line.span.start, line.span.end)
    match claim:
        case ast.Logic(op, (first, *rest)) if op == line.rel:
            pairs = [(op, side) for side in rest]
        case ast.Logic(op) if op in IMPLICATIONS:
            raise mistake(
                f"`{line.rel}` and `{op}` on one line can be read in two ways",
                claim.span,
                "write each on a line of its own, or put brackets around the inner one",
            )
        case ast.Relation(first, rest) if line.rel not in IMPLICATIONS:
            pairs = list(rest)
        case ast.Logic() | ast.Unary("not") | ast.Is() | ast.Law() if line.rel not in IMPLICATIONS:
            raise mistake(
                "a proposition cannot stand after a relation",
                claim.span,
                "write `<=>` or `=>` before it",
            )
        case _:
            first, pairs = claim, []
    here = outline.Link(line.rel, first, line.condition, line.reasons, start)
    return [here, *_links(first, pairs, line, text)]


def _mixed(tail: list[Line]) -> Exception:
    bare = next(line for line in tail if line.rel not in IMPLICATIONS)
    first = next(line for line in tail if line.rel in IMPLICATIONS)
    sign = first.rel
    if bare.span.start > first.span.start:
        return mistake(
            f"a line led by `{bare.rel}` after a line led by `{sign}`: its left side is missing",
            bare.span,
            f"write the whole relation, `{sign} left {bare.rel} right`, or start a new statement",
        )
    return mistake(
        f"a line led by `{sign}` after a line led by `{bare.rel}` can be read in two ways",
        first.span,
        f"end the chain before it, and write the equation with its `{sign}` lines as a statement of its own",
    )
