"""The cutter: from tokens to logical statements, one for each thing that the author says.

Promise: every token of the text is in exactly one statement, comment or line of prose, and an
unclosed bracket or a missing operand costs the statement that it is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.diagnostic import Diagnostic, Label
from derive.syntax import outline, words
from derive.syntax.build import at
from derive.syntax.mistakes import syntax_error
from derive.text import Span

if TYPE_CHECKING:
    from lark import Token

DEEPEST = 200
LONGEST_STATEMENT = 5_000  # tokens
_LONGEST_BRACKET = 150  # lines
_TOO_DEEP = f"more than {DEEPEST} brackets inside one another"

_PAIRS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSERS = frozenset(_PAIRS.values())
RELATIONS = frozenset(("EQ", "RELOP", "IFF", "IMPLIES"))
_CONTINUES = RELATIONS | {
    "PLUS", "MULOP", "POWOP", "AND", "OR", "COMMA", "BY", "WITH", "DEFINE", "IN", "TILDE", "BAR", "ARROW",
    "THEN", "ELSE", "INDEPENDENT", "DOTDOT",
}  # fmt: skip
_OPEN_ENDED = RELATIONS | {
    "PLUS", "MINUS", "MULOP", "POWOP", "AND", "OR", "NOT", "COMMA", "DEFINE", "COLON", "BY", "WITH", "IN",
    "TILDE", "BAR", "ARROW", "IF", "THEN", "ELSE", "AT", "IID", "DOTDOT", "IS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comment:
    """`# ...`, for the reader of the file alone; `alone` when nothing else is on its line."""

    text: str
    alone: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Statement:
    """The tokens of one statement, the word that leads it (or ""), and what the cutter found wrong."""

    word: str
    tokens: tuple[Token, ...]
    span: Span
    flaw: Diagnostic | None
    lost: bool  # the flaw costs the statement; else the statement stands and the flaw is said


@dataclass(frozen=True, slots=True)
class Cut:
    """A text in pieces."""

    parts: tuple[Statement | outline.Prose, ...]
    comments: tuple[Comment, ...]


@dataclass(slots=True)
class _Line:
    tokens: list[Token]
    blank: bool = True  # nothing at all on it
    prose: outline.Prose | None = None
    fresh: bool = False  # what stands before it ended with `;`


def cut(tokens: Sequence[Token], semicolons: bool = False) -> Cut:
    """The statements of a text; with `semicolons`, `;` ends one as a new line does."""
    lines, comments = _lines(tokens, semicolons)
    parts: list[Statement | outline.Prose] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.prose is not None:
            parts.append(line.prose)
        elif line.tokens:
            stop, flaw = _extent(lines, i)
            body = lines[i:stop]
            parts += [inner.prose for inner in body if inner.prose is not None]
            parts.append(_statement([inner.tokens for inner in body if inner.tokens], flaw))
            i = stop
            continue
        i += 1
    return Cut(tuple(parts), tuple(comments))


def _lines(tokens: Sequence[Token], semicolons: bool) -> tuple[list[_Line], list[Comment]]:
    lines = [_Line([])]
    comments: list[Comment] = []
    for token in tokens:
        line = lines[-1]
        if token.type == "NEWLINE" or (semicolons and token.type == "SEMI"):
            lines.append(_Line([], fresh=token.type == "SEMI"))
            continue
        line.blank = False
        if token.type == "COMMENT":
            comments.append(
                Comment(
                    str(token).rstrip(), not line.tokens and line.prose is None, _trimmed(token)
                )
            )
        elif token.type == "PROSE":
            span = _trimmed(token)
            line.prose = outline.Prose(str(token).strip()[2:].strip(), span)
        else:
            line.tokens.append(token)
    return lines, comments


def _trimmed(token: Token) -> Span:
    text = str(token)
    start = (token.start_pos or 0) + len(text) - len(text.lstrip())
    return Span(start, start + len(text.strip()))


# ---------------------------------------------------------------- how far a statement reaches


def _extent(lines: list[_Line], first: int) -> tuple[int, Diagnostic | None]:
    """The line after the statement that starts at `first`, and what is wrong with its shape."""
    stack: list[Token] = []
    flaw = _brackets(lines[first].tokens, stack)
    word = leader(lines[first].tokens) or _slip(lines[first].tokens)
    if word in words.ALONE or _gave_up(flaw):
        return first + 1, flaw
    last, gap = first, False
    for j in range(first + 1, len(lines)):
        line = lines[j]
        if stack and (_starts_anew(line) or j - first > _LONGEST_BRACKET):
            break
        if not line.tokens:
            gap = gap or line.blank
            continue
        if not stack and not _goes_on(lines[last].tokens, line.tokens):
            if line.tokens[0].type != "MINUS" or gap or line.fresh or word in words.OPENING:
                break
            if _is_complete(lines[last].tokens):
                break
            flaw = flaw or _two_readings(lines[last].tokens, line.tokens)
        found = _brackets(line.tokens, stack)
        flaw = flaw or found
        last, gap = j, False
        if _gave_up(found):
            return last + 1, flaw
    if stack:
        stop, unclosed = _unclosed(lines, first, stack[0])
        return stop, flaw or unclosed
    return last + 1, flaw


def _goes_on(before: Sequence[Token], line: Sequence[Token]) -> bool:
    """Does a line belong to the statement before it?"""
    ending = before[-1].type
    if ending in _OPEN_ENDED and not leader(line):
        named = len(line) > 1 and line[0].type == "NAME" and line[1].type in ("COLON", "DEFINE")
        whole = ending in ("BY", "IS") and any(t.type in RELATIONS or t.type == "IS" for t in line)
        if ending == "COMMA" or not (named or whole):
            return True
    return line[0].type in _CONTINUES


def _is_complete(line: Sequence[Token]) -> bool:
    """Does a line end in a reason or in a sort, from which nothing is subtracted?"""
    if str(line[-1]) in words.SORTS:
        return True
    reason = next((i for i, t in enumerate(line) if t.type == "BY"), None)
    return reason is not None and all(t.type in ("BY", "NAME", "COMMA") for t in line[reason:])


def _gave_up(flaw: Diagnostic | None) -> bool:
    return flaw is not None and flaw.message == _TOO_DEEP


def _starts_anew(line: _Line) -> bool:
    return line.blank or leader(line.tokens) != "" or _labelled(line.tokens)


def _labelled(tokens: Sequence[Token]) -> bool:
    """`name:` with no sort after it, so not an argument with its sort."""
    if len(tokens) < 2 or tokens[0].type != "NAME" or tokens[1].type not in ("COLON", "DEFINE"):
        return False
    return tokens[1].type == "COLON" and (len(tokens) == 2 or str(tokens[2]) not in words.SORTS)


def _unclosed(lines: list[_Line], first: int, opener: Token) -> tuple[int, Diagnostic]:
    """Give up at the end of the line that opens, and of those which a relation leads."""
    stop = first
    while stop < len(lines) and not any(token is opener for token in lines[stop].tokens):
        stop += 1
    stop += 1
    while stop < len(lines) and lines[stop].tokens and lines[stop].tokens[0].type in _CONTINUES:
        stop += 1
    return stop, syntax_error(
        f"`{opener}` is never closed", at(opener), f"add the `{_closer(opener)}`"
    )


def _closer(opener: Token) -> str:
    return {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}[opener.type]


def _brackets(tokens: Sequence[Token], stack: list[Token]) -> Diagnostic | None:
    """Carry the open brackets over a line; say the first that does not fit."""
    flaw: Diagnostic | None = None
    for token in tokens:
        if token.type in _PAIRS:
            stack.append(token)
            if len(stack) > DEEPEST:
                stack.clear()
                return syntax_error(_TOO_DEEP, at(token), "name a part with `let`")
        elif token.type in _CLOSERS and flaw is None:
            if stack and _PAIRS[stack[-1].type] == token.type:
                stack.pop()
            elif stack:
                opener = stack.pop()
                flaw = syntax_error(
                    f"`{opener}` is closed by `{token}`",
                    at(token),
                    f"write `{_closer(opener)}`",
                    labels=(Label(at(opener), "opened here"),),
                )
            else:
                flaw = syntax_error(f"`{token}` closes nothing", at(token))
    return flaw


def _two_readings(before: Sequence[Token], line: Sequence[Token]) -> Diagnostic:
    return syntax_error(
        "a line that begins with `-` can be read in two ways",
        at(line[0]),
        "put brackets around what continues over lines, or a label before what starts anew",
        (
            f"as the rest of the line before: `{_shown(before)} {_shown(line)}`",
            f"as a statement of its own: `{_shown(line)}`",
        ),
    )


def _shown(tokens: Sequence[Token]) -> str:
    text, end = "", None
    for token in tokens:
        if token.type != "LEAD":
            text += (" " if end not in (None, token.start_pos) else "") + str(token)
            end = token.end_pos
    return text if len(text) <= 60 else text[:57] + "..."


# ---------------------------------------------------------------- words that lead a line


def leader(tokens: Sequence[Token]) -> str:
    """The word that says what kind of line it is, or ""."""
    if not tokens or tokens[0].type != "NAME":
        return "for" if tokens and tokens[0].type == "FOR" else ""
    word = str(tokens[0])
    following = tokens[1].type if len(tokens) > 1 else ""
    if word in words.ALONE:
        return word if not following else ""
    return word if following in words.FOLLOWERS.get(word, ()) else ""


def _slip(tokens: Sequence[Token]) -> str:
    """The word that the first of the line is a slip for, or ""."""
    if leader(tokens) or tokens[0].type != "NAME":
        return ""
    word = str(tokens[0])
    rest = [token.type for token in tokens[1:3]]
    if rest in ([], ["COLON"], ["OTHER"]) and (alone := words.nearest(word, words.ALONE)):
        return alone
    if rest[:1] not in (["NAME"], ["STRING"], ["BY"], ["NUMBER"]):
        return ""
    fitting = frozenset(w for w, after in words.FOLLOWERS.items() if rest[0] in after)
    return words.nearest(word, fitting) or ""


def _statement(lines: list[list[Token]], flaw: Diagnostic | None) -> Statement:
    tokens = _joined(lines)
    span = Span(tokens[0].start_pos or 0, tokens[-1].end_pos or 0)
    word = leader(lines[0])
    flaw = flaw or _too_long(tokens, span) or _dashes(tokens)
    meant = _slip(lines[0])
    if meant and not word:
        kept = tokens[:1] if meant in words.ALONE else tokens
        return Statement(meant, tuple(kept), span, _misspelt(tokens[0], meant), lost=False)
    return Statement(word, tuple(tokens), span, flaw, lost=True)


def _misspelt(token: Token, meant: str) -> Diagnostic:
    said = f"unknown word `{token}`; did you mean `{meant}`?"
    if str(token).lower() == meant:
        said = f"`{meant}` stands alone on its line, in small letters"
    return syntax_error(said, at(token), f"write `{meant}`")


def _joined(lines: list[list[Token]]) -> list[Token]:
    """The tokens of all lines, with a LEAD before each relation that leads a line outside brackets."""
    tokens = list(lines[0])
    depth = _depth(tokens)
    for line in lines[1:]:
        if depth <= 0 and line[0].type in RELATIONS:
            tokens.append(line[0].update(type="LEAD"))
        tokens += line
        depth += _depth(line)
    return tokens


def _depth(tokens: Sequence[Token]) -> int:
    return sum((t.type in _PAIRS) - (t.type in _CLOSERS) for t in tokens)


def _too_long(tokens: Sequence[Token], span: Span) -> Diagnostic | None:
    if len(tokens) <= LONGEST_STATEMENT:
        return None
    return syntax_error("this statement is too long", span, "name its parts with `let` or `define`")


def _dashes(tokens: Sequence[Token]) -> Diagnostic | None:
    """`a = b -- note` is read as b minus minus note: nobody means that."""
    found = next((i for i, token in enumerate(tokens) if token.type == "DASHES"), None)
    if found is None:
        return None
    lead = next((i for i, t in enumerate(tokens) if i > found and t.type == "LEAD"), len(tokens))
    rest = _shown(tokens[found + 1 : lead])
    return syntax_error(
        "`--` inside a line can be read in two ways",
        at(tokens[found]),
        "put the remark on a line of its own, or after a `#`; for a difference write `- (-x)`",
        (f"as a remark: `-- {rest}`", f"as minus minus: `- (-{rest})`"),
    )
