"""A premise with `or` read as its cases.

Promise: the premise holds exactly where one of the cases does.
"""

from __future__ import annotations

from derive.core.term import TRUE, App, Term, conj

_MOST = 8


def alternatives(premise: Term) -> tuple[Term, ...]:
    """A premise with `or` as the cases of which one holds; itself where there would be too many."""
    found = _cases(premise)
    return found if len(found) <= _MOST else (premise,)


def _cases(premise: Term) -> tuple[Term, ...]:
    match premise:
        case App("or", parts):
            return tuple(c for p in parts for c in _cases(p))
        case App("and", parts):
            whole: tuple[Term, ...] = (TRUE,)
            for part in parts:
                options = _cases(part)
                if len(whole) * len(options) > _MOST:
                    options = (part,)
                whole = tuple(conj(w, o) for w in whole for o in options)
            return whole
    return (premise,)

