"""The one parser of the process: lark's LALR tables for `grammar/`, built on first use and kept on
disk.

Promise: `tokenize` never fails and never drops a character; `recognise` returns what `build` made
of the tokens or raises `Mistake`. Only lark's own table goes to the cache, never anything that a
user wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from derive.syntax.folders import cache_file, grammar_folder
from derive.syntax.mistakes import Mistake, explain
from derive.syntax.statements import MAKERS
from derive.text import Span

if TYPE_CHECKING:
    from lark import Lark, Token

STARTS = ("statement", "declaration", "hypothesis", "definition", "reasons", "expression", "layout")


def grammar_text() -> str:
    """Both grammar files, as one grammar."""
    folder = grammar_folder()
    return "\n".join(
        (folder / name).read_text(encoding="utf-8") for name in ("term.lark", "derive.lark")
    )


@cache
def parser() -> Lark:
    """The parser; about 0.2 s the first time ever, about 20 ms from the cache."""
    from lark import Lark

    text = grammar_text()
    kept = cache_file(f"grammar-{sha256(text.encode()).hexdigest()[:16]}.lark")
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        start=list(STARTS),
        maybe_placeholders=True,
        transformer=SimpleNamespace(**MAKERS),
        cache=str(kept) if kept else False,
    )


@cache
def _lexer() -> Any:
    return parser()._build_lexer()  # lark builds a new one at every `lex`


def tokenize(text: str) -> list[Token]:
    """Every token of a text, newlines and comments included."""
    from lark.lexer import LexerThread

    return list(LexerThread.from_text(_lexer(), text).lex(None))


def recognise(start: str, tokens: Sequence[Token], end: Span) -> Any:
    """What the tokens say, read as one `start`; `end` is where a line that stops too early ends."""
    from lark import Token
    from lark.exceptions import UnexpectedToken

    machine = parser().parse_interactive(start=start)
    state = machine.parser_state
    index = 0
    try:
        for token in tokens:
            state.feed_token(token)
            index += 1
        return state.feed_token(Token("$END", ""), True)
    except UnexpectedToken:
        raise Mistake(explain(tokens, index, frozenset(machine.accepts()), end)) from None
