"""The sections of a file: heading, `given`, `define`, theorems; proofs are in `proof.py`.

Promise: sections end where the next begins, whatever is wrong inside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.diagnostic import Diagnostic, Label
from derive.syntax import ast, outline, words
from derive.syntax.cut import Statement
from derive.syntax.mistakes import syntax_error
from derive.syntax.proof import read_proof
from derive.syntax.reader import Reader, label_of, mark_sorts
from derive.text import Span

if TYPE_CHECKING:
    from lark import Token


def read_document(reading: Reader) -> outline.Document:
    """Everything from here to the end."""
    items: list[outline.Item] = []
    stray = False
    while (part := reading.peek()) is not None:
        if isinstance(part, outline.Prose):
            items.append(part)
            reading.advance()
            continue
        stray = _read_item(reading, part, items, stray)
    return outline.Document(tuple(items))


def _read_item(reading: Reader, part: Statement, items: list[outline.Item], stray: bool) -> bool:
    """Read one section into `items`; is the reader among lines that belong to none?"""
    match part.word:
        case "given":
            items.append(_given(reading, part))
        case "define":
            items.append(_define(reading, part))
        case "proof":
            items.append(_stray_proof(reading, part))
        case word if word in words.THEOREMS:
            items.append(_theorem(reading, part))
        case word if word in words.HEADINGS:
            reading.advance()
            if reading.sound(part) and (heading := _heading(reading, part)) is not None:
                items.append(heading)
        case _:
            reading.advance()
            if not stray:
                reading.report(_belongs_nowhere(part))
            elif part.flaw is not None:
                reading.report(part.flaw)
            return True
    return False


def _belongs_nowhere(part: Statement) -> Diagnostic:
    if part.flaw is not None:
        return part.flaw
    hint = "begin a section with `given`, `define`, `theorem name: ...` or `proof`"
    if part.word == "qed":
        return syntax_error("this `qed` ends no proof", part.span)
    return syntax_error("this line stands in no section", part.span, hint)


# ---------------------------------------------------------------- heading


def _heading(reading: Reader, part: Statement) -> outline.Heading | None:
    first, *rest = part.tokens
    text = reading.source.text[first.end_pos : part.span.end].strip()
    if part.word in ("title", "source", "author"):
        if len(rest) != 1 or rest[0].type != "STRING":
            reading.report(
                syntax_error(
                    f"`{part.word}` takes one text in quotes",
                    part.span,
                    f'write `{part.word} "..."`',
                )
            )
            return None
        values: tuple[str, ...] = (text[1:-1],)
    elif part.word == "tags":
        values = tuple(tag.strip() for tag in text.split(","))
    else:
        values = (text[1:-1] if rest[0].type == "STRING" else text,)
    if part.word == "language" and values != ("1",):
        reading.report(
            syntax_error(
                f"this is language 1; the file asks for {values[0]}",
                part.span,
                "write `language 1`",
            )
        )
    if part.word == "layout" and values[0] not in words.LAYOUTS:
        near = words.nearest(values[0], words.LAYOUTS)
        hint = f"write `layout {near}`" if near else "write `layout numerator` or `layout denominator`"
        reading.report(syntax_error(f"`{values[0]}` is no layout of gradients", part.span, hint))
        return None
    return outline.Heading(part.word, values, part.span)


# ---------------------------------------------------------------- given, define


def _given(reading: Reader, opening: Statement) -> outline.Given:
    reading.advance()
    reading.sound(opening)
    items = read_given_items(reading)
    return outline.Given(items, _over(opening.span, items))


def read_given_items(
    reading: Reader, to_the_end: bool = False
) -> tuple[outline.Declaration | outline.Hypothesis | outline.Prose, ...]:
    """The lines of a `given` section."""
    items: list[outline.Declaration | outline.Hypothesis | outline.Prose] = []
    misplaced = False
    while (part := reading.peek()) is not None:
        if isinstance(part, outline.Prose):
            items.append(part)
        elif part.word in words.OPENING and not to_the_end:
            break
        elif _defines(part.tokens):
            if not misplaced and reading.flawed != reading.position - 1:
                hint = "write `define` on a line of its own before it"
                reading.report(syntax_error("a definition stands under `define`", part.span, hint))
            misplaced = True
            reading.lose(part.tokens)
        elif reading.sound(part) and (item := _given_item(reading, part)) is not None:
            items.append(item)
        reading.advance()
    return tuple(items)


def _defines(tokens: Sequence[Token]) -> bool:
    """`p[k] := ...`: a `:=` outside brackets."""
    depth = 0
    for token in tokens:
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        if token.type == "DEFINE" and depth == 0:
            return True
    return False


def _given_item(reading: Reader, part: Statement) -> outline.Declaration | outline.Hypothesis | None:
    tokens = part.tokens
    if _declares(tokens):
        declared: outline.Declaration | None = reading.read("declaration", tokens, part)
        return declared
    name, rest = label_of(tokens)
    claim: ast.Expr | None = reading.read("hypothesis", rest, part)
    return None if claim is None else outline.Hypothesis(name, claim, part.span)


_CLAIMS = frozenset(
    (
        "EQ",
        "RELOP",
        "TILDE",
        "INDEPENDENT",
        "IS",
        "IN",
        "IFF",
        "IMPLIES",
        "AND",
        "OR",
        "NOT",
        "FOR",
        "PLUS",
        "MINUS",
    )
)


def _declares(tokens: Sequence[Token]) -> bool:
    """Does a sort, well spelt or not, follow the names and the colon?"""
    i = 0
    while i + 1 < len(tokens) and tokens[i].type == "NAME" and tokens[i + 1].type == "COMMA":
        i += 2
    if i + 1 >= len(tokens) or tokens[i].type != "NAME" or tokens[i + 1].type != "COLON":
        return False
    rest = mark_sorts(tokens)[i + 2 :]
    if i > 0 or (rest and rest[0].type == "SORT"):
        return True
    if len(rest) > 1 and rest[0].type == "LPAR" and rest[1].type == "SORT":
        return True
    if any(token.type in _CLAIMS for token in rest):
        return False
    return bool(rest) and (rest[0].type == "NAME" or any(token.type == "ARROW" for token in rest))


def _define(reading: Reader, opening: Statement) -> outline.Define:
    reading.advance()
    reading.sound(opening)
    items: list[outline.Definition | outline.Prose] = []
    while (part := reading.peek()) is not None:
        if isinstance(part, outline.Prose):
            items.append(part)
        elif part.word in words.OPENING:
            break
        elif (
            reading.sound(part)
            and (made := reading.read("definition", part.tokens, part)) is not None
        ):
            items.append(made)
        reading.advance()
    return outline.Define(tuple(items), _over(opening.span, items))


def _over(
    start: Span, items: Sequence[outline.Declaration | outline.Hypothesis | outline.Definition | outline.Prose]
) -> Span:
    return start.to(items[-1].span) if items else start


# ---------------------------------------------------------------- theorems


def _theorem(reading: Reader, part: Statement) -> outline.Theorem | outline.LostTheorem:
    reading.advance()
    kind = part.word
    name, rest = label_of(part.tokens[1:])
    colon = name is not None or (len(rest) > 0 and rest[0].type == "COLON")
    if colon and name is None:
        rest = rest[1:]
    statement = None
    if reading.sound(part):
        if not colon:
            reading.report(_no_colon(part))
        else:
            statement = reading.read("statement", rest, part)
    proof, closed, end = _proof_of(reading, part)
    span = part.span.to(end)
    if statement is None:
        return outline.LostTheorem(kind, name, proof, closed, span)
    return outline.Theorem(kind, name, statement, proof, closed, span)


def _stray_proof(reading: Reader, part: Statement) -> outline.LostTheorem:
    """A proof whose theorem is missing, or was lost in the line before: its steps are kept."""
    if reading.flawed != reading.position - 1:
        message = "this `proof` has no theorem before it"
        reading.report(syntax_error(message, part.span, "write `theorem name: claim` first"))
    proof, closed, end = _proof_of(reading, part)
    return outline.LostTheorem("theorem", None, proof, closed, part.span.to(end))


def _no_colon(part: Statement) -> Diagnostic:
    return syntax_error(
        f"expected `:` after the name of the {part.word}",
        part.span,
        f"write `{part.word} name: claim`",
    )


def _proof_of(
    reading: Reader, theorem: Statement
) -> tuple[tuple[outline.ProofItem, ...] | None, bool, Span]:
    """The proof that follows, whether `qed` closed it, and where it ends."""
    begun = reading.position
    ahead = begun
    while ahead < len(reading.parts) and isinstance(reading.parts[ahead], outline.Prose):
        ahead += 1
    part = reading.parts[ahead] if ahead < len(reading.parts) else None
    if not isinstance(part, Statement) or (
        part.word in words.OPENING and part.word not in ("proof", "qed")
    ):
        return None, False, theorem.span
    opening = part
    if part.word == "proof":
        reading.sound(part)
        prose = reading.parts[begun:ahead]
        reading.position = ahead + 1
    else:
        reading.report(
            syntax_error(
                "expected `proof` before the steps",
                part.span,
                "write `proof` on a line of its own after the theorem",
                labels=(Label(theorem.span, "the theorem"),),
            )
        )
        prose = ()
    items, closing = read_proof(reading)
    kept = (*(p for p in prose if isinstance(p, outline.Prose)), *items)
    if closing is None:
        reading.report(
            syntax_error(
                "this proof has no `qed`", opening.span, "write `qed` where the proof ends"
            )
        )
        end = items[-1].span if items else opening.span
        return kept, False, end
    return kept, True, closing
