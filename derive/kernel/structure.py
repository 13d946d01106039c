"""What a value must be for an instance: an integer where an index stood.

Promise: `is_integer` says yes only to terms that are integers wherever they are defined.
"""

from __future__ import annotations

from derive.core.sort import INTEGER, Array
from derive.core.term import App, Num, Sym, Term

_CLOSED = frozenset({"+", "-", "*", "neg"})


def is_integer(term: Term) -> bool:
    """Is the term an integer, by looking at it?

    Without this: f(3/2) >= 0, from f(i) >= 0 for i in 1..9 (tests/unsound/structure_index_not_integer.drv).
    """
    match term:
        case Num(value):
            return value.denominator == 1
        case Sym(_, sort):
            return sort is INTEGER
        case App("index", (Sym(_, Array(_, entry)), *_)):
            return entry is INTEGER
        case App(op, args) if op in _CLOSED:
            return all(is_integer(a) for a in args)
    return False
