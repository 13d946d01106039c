"""Proofs: steps and the blocks that hold them.

Promise: a block that is not closed ends with its proof; a line that belongs to no block is said and
passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.syntax import ast, outline, words
from derive.syntax.build import at
from derive.syntax.chain import to_chain
from derive.syntax.cut import DEEPEST, Statement
from derive.syntax.lalr import recognise
from derive.syntax.mistakes import Mistake, syntax_error
from derive.syntax.reader import Reader, label_of, mark_sorts, too_deep
from derive.text import Span

if TYPE_CHECKING:
    from lark import Token

DEEPEST_BLOCK = 40
_ENDS = frozenset((*words.OPENING,)) - {"proof"}
_HOMES = {"case": "split", "base": "induction", "step": "induction"}


def read_proof(reading: Reader) -> tuple[tuple[outline.ProofItem, ...], Span | None]:
    """The items up to `qed`, and the span of `qed`; None when another section or the end comes first."""
    items = _block(reading, frozenset(), 0)
    part = reading.peek()
    if isinstance(part, Statement) and part.word == "qed":
        reading.sound(part)
        reading.advance()
        return items, part.span
    return items, None


def _block(reading: Reader, stops: frozenset[str], depth: int) -> tuple[outline.ProofItem, ...]:
    """The items up to a word in `stops` or the end of the proof."""
    items: list[outline.ProofItem] = []
    while (part := reading.peek()) is not None:
        if isinstance(part, outline.Prose):
            items.append(part)
            reading.advance()
            continue
        if part.word in stops or part.word in _ENDS:
            break
        reading.advance()
        item = (
            _item(reading, part, depth) if reading.sound(part) else _skipped(reading, part, depth)
        )
        if item is not None:
            items.append(item)
    return tuple(items)


def _skipped(reading: Reader, part: Statement, depth: int) -> outline.ProofItem | None:
    """The line that opens a block is lost: read its body all the same, so that its `end` is no mistake."""
    if part.word in ("suppose", "induction", "strong"):
        _item(reading, part, depth, silent=True)
    return None


def _item(
    reading: Reader, part: Statement, depth: int, silent: bool = False
) -> outline.ProofItem | None:
    word, rest = part.word, part.tokens[1:]
    match word:
        case "suppose" | "split" | "induction" | "strong":
            return _nested(reading, part, depth, silent)
        case "let":
            made = reading.read("definition", rest, part)
            return None if made is None else outline.Let(made, part.span)
        case "have":
            return _step(reading, part, rest, have=True)
        case "for":
            return _fix_or_step(reading, part)
        case "conclude" | "contradiction":
            return _closing(reading, part)
        case "admit":
            return _admit(reading, part)
        case "proof":
            reading.report(syntax_error("a proof stands open here already", part.span))
        case "end":
            reading.report(syntax_error("this `end` closes nothing", part.span))
        case "case" | "base" | "step":
            message = f"`{word}` stands only inside `{_HOMES[word]} ... end`"
            reading.report(syntax_error(message, part.span))
        case _:
            return _step(reading, part, part.tokens, have=False)
    return None


# ---------------------------------------------------------------- steps


def _step(reading: Reader, part: Statement, tokens: Sequence[Token], have: bool) -> outline.Step | None:
    label, rest = label_of(tokens)
    if label is not None and len(rest) == 1 and str(rest[0]) in words.SORTS:
        hint = f"declare it under `given`, or write `for {tokens[0]} : {rest[0]}`"
        reading.report(syntax_error("a declaration cannot stand in a proof", part.span, hint))
        return None
    chain: outline.Chain | None = reading.read("statement", rest, part)
    return None if chain is None else outline.Step(label, chain, have, part.span)


def _fix_or_step(reading: Reader, part: Statement) -> outline.Fix | outline.Step | None:
    """`for ...` fixes; with a claim at its end that does more than restrict what it binds, it claims."""
    try:
        lines = recognise("statement", mark_sorts(part.tokens), Span(part.span.end, part.span.end))
        claim = lines[0].claim
        if len(lines) == 1 and not lines[0].reasons and lines[0].condition is None:
            items = claim.items
            if isinstance(claim, ast.Quantified):
                items = (*items, claim.body)
            fixes = not isinstance(claim, ast.Quantified) or _restricts(claim.body, claim.items)
            if fixes and (len(part.tokens) <= DEEPEST or not too_deep(items)):
                return outline.Fix(items, part.span)
        chain = to_chain(lines, reading.source.text)
    except Mistake as error:
        reading.report(error.diagnostic)
        return None
    return outline.Step(None, chain, False, part.span)


def _restricts(body: ast.Expr, items: Sequence[ast.Expr | ast.NamedClaim]) -> bool:
    """Is the proposition a relation with a bound name for a side, such as `x > 0` or `i != j`?"""
    bound = {item.name for item in items if isinstance(item, ast.Typed)}
    bound |= {
        item.element.name
        for item in items
        if isinstance(item, ast.In) and isinstance(item.element, ast.Name)
    }
    match body:
        case ast.Relation(first, rest):
            sides = (first, *(side for _, side in rest))
            return any(isinstance(side, ast.Name) and side.name in bound for side in sides)
        case ast.Is(ast.Name(name)) | ast.In(ast.Name(name)):
            return name in bound
        case _:
            return False


def _closing(reading: Reader, part: Statement) -> outline.Conclude | outline.Contradiction | None:
    rest = part.tokens[1:]
    if not rest and part.word == "contradiction":
        return outline.Contradiction((), part.span)
    if not rest:
        reading.report(
            syntax_error("`conclude` needs a reason", part.span, "write `conclude by NAME`")
        )
        return None
    reasons = reading.read("reasons", rest, part)
    if reasons is None:
        return None
    return (outline.Conclude if part.word == "conclude" else outline.Contradiction)(reasons, part.span)


def _admit(reading: Reader, part: Statement) -> outline.Admit | None:
    rest = part.tokens[1:]
    if len(rest) != 1:
        reading.report(
            syntax_error("`admit` takes a text in quotes", part.span, 'write `admit "why"`')
        )
        return None
    return outline.Admit(str(rest[0])[1:-1], part.span)


# ---------------------------------------------------------------- blocks


def _nested(reading: Reader, part: Statement, depth: int, silent: bool) -> outline.ProofItem | None:
    if depth >= DEEPEST_BLOCK:
        reading.report(
            syntax_error(f"more than {DEEPEST_BLOCK} blocks inside one another", part.span)
        )
        _pass_over(reading)
        return None
    if part.word == "split":
        return _split(reading, part, depth)
    if part.word == "suppose":
        return _suppose(reading, part, depth, silent)
    return _induction(reading, part, depth, silent)


def _pass_over(reading: Reader) -> None:
    """Go on to where the proof ends."""
    while (part := reading.peek()) is not None and not (
        isinstance(part, Statement) and part.word in _ENDS
    ):
        reading.advance()


def _end(reading: Reader, opening: Statement, last: Span) -> Span:
    """The span from the opening line to the `end` of its block."""
    part = reading.peek()
    if isinstance(part, Statement) and part.word == "end":
        reading.sound(part)
        reading.advance()
        return opening.span.to(part.span)
    shown = str(opening.tokens[0])
    reading.report(
        syntax_error(
            f"this `{shown}` has no `end`", opening.span, "write `end` where its block ends"
        )
    )
    return opening.span.to(last)


def _hypothesis(
    reading: Reader, part: Statement, silent: bool = False
) -> tuple[ast.Name | None, ast.Expr | None]:
    name, rest = label_of(part.tokens[1:])
    return name, None if silent else reading.read("hypothesis", rest, part)


def _suppose(reading: Reader, part: Statement, depth: int, silent: bool) -> outline.Suppose | None:
    name, claim = _hypothesis(reading, part, silent)
    body = _block(reading, frozenset(("end",)), depth + 1)
    span = _end(reading, part, body[-1].span if body else part.span)
    return None if claim is None else outline.Suppose(name, claim, body, span)


def _split(reading: Reader, opening: Statement, depth: int) -> outline.Split:
    stops = frozenset(("case", "end"))
    branches: list[outline.Branch] = []
    before = _block(reading, stops, depth + 1)
    if any(not isinstance(item, outline.Prose) for item in before):
        reading.report(
            syntax_error(
                "a step of a `split` stands in one of its cases",
                before[0].span,
                "write `case` first",
            )
        )
    last = opening.span
    while isinstance(part := reading.peek(), Statement) and part.word == "case":
        reading.advance()
        sound = reading.sound(part)
        name: ast.Name | None = None
        claim: ast.Expr | None = None
        if len(part.tokens) == 2 and part.tokens[1].type == "OTHERWISE":
            otherwise = True
        else:
            otherwise = False
            name, claim = _hypothesis(reading, part, silent=not sound)
        body = _block(reading, stops, depth + 1)
        last = body[-1].span if body else part.span
        if claim is not None or otherwise:
            branches.append(outline.Branch(name, claim, body, part.span.to(last)))
    return outline.Split(tuple(branches), _end(reading, opening, last))


def _induction(
    reading: Reader, opening: Statement, depth: int, silent: bool
) -> outline.Induction | None:
    strong = opening.word == "strong"
    variable = None if silent else _variable(reading, opening)
    stops = frozenset(("base", "step", "end"))
    heads: dict[str, ast.Expr] = {}
    bodies: dict[str, tuple[outline.ProofItem, ...]] = {"base": (), "step": ()}
    before = _block(reading, stops, depth + 1)
    if any(not isinstance(item, outline.Prose) for item in before):
        hint = "write `base ...` or `step ...` first"
        reading.report(
            syntax_error(
                "a step of an induction stands under `base` or `step`", before[0].span, hint
            )
        )
    last = opening.span
    while isinstance(part := reading.peek(), Statement) and part.word in ("base", "step"):
        reading.advance()
        if part.word in heads:
            reading.report(syntax_error(f"this induction has a `{part.word}` already", part.span))
        start = "hypothesis" if part.word == "base" else "expression"
        head = reading.read(start, part.tokens[1:], part) if reading.sound(part) else None
        if head is not None:
            heads[part.word] = head
        bodies[part.word] = _block(reading, stops, depth + 1)
        last = (
            (*bodies[part.word], part)[0].span
            if not bodies[part.word]
            else bodies[part.word][-1].span
        )
    span = _end(reading, opening, last)
    if variable is None:
        return None
    return outline.Induction(
        variable, strong, heads.get("base"), bodies["base"], heads.get("step"), bodies["step"], span
    )


def _variable(reading: Reader, opening: Statement) -> ast.Name | None:
    texts = [str(token) for token in opening.tokens]
    heading = ["strong", "induction", "on"] if opening.word == "strong" else ["induction", "on"]
    if texts[:-1] != heading or opening.tokens[-1].type != "NAME":
        reading.report(
            syntax_error(
                "expected `induction on` and a name", opening.span, "write `induction on n`"
            )
        )
        return None
    return ast.Name(words.canonical(texts[-1]), at(opening.tokens[-1]))
