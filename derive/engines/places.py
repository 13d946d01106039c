"""Points at which an integrand may have a kink or a pole, by its linear parts.

Promise: these are places to try, in a fixed order and few; nothing is concluded from them here.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import Context
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Term,
    div,
    free_symbols,
    neg,
    sub,
    substitute,
    subterms,
)
from derive.engines.primitives import Primitives
from derive.kernel.poly import Decline


def kinks_within(term: Bind) -> Iterator[Term]:
    """Where the argument of an absolute value, a maximum or a condition in the integrand may change its sign."""
    x = term.var
    seen: dict[Term, None] = {}
    search = Primitives(x, Context())
    for s in subterms(term.body):
        match s:
            case App("abs" | "sign" | "relu", (u,)):
                seen.setdefault(u)
            case App("max" | "min" | "<" | "<=", (a, b)):
                seen.setdefault(sub(a, b))
    for u in list(seen)[:4]:
        if x not in free_symbols(u):
            continue
        try:
            slope = search.linear(u)
            if slope is not None:
                yield search.tidy(neg(div(substitute(u, {x: ZERO}), slope)))
        except Decline:
            continue


def roots_within(term: Bind) -> Iterator[Term]:
    """Where a linear part of the integrand vanishes."""
    search = Primitives(term.var, Context())
    for s in list(dict.fromkeys(subterms(term.body)))[:24]:
        if not isinstance(s, App) or term.var not in free_symbols(s) or s.op not in ("+", "-"):
            continue
        try:
            slope = search.linear(s)
            if slope is not None:
                yield search.tidy(neg(div(substitute(s, {term.var: ZERO}), slope)))
        except Decline:
            continue
