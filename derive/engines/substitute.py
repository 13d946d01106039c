"""Which change of variables takes one integral of a claim into another: the one that is named, else one written there.

Promise: what is proposed is only that; the kernel looks at the slope, the ends and the integrands again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.core.alpha import rename_bound
from derive.core.claim import CASE, Context, Fact
from derive.core.sort import REAL
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    div,
    free_symbols,
    mul,
    neg,
    substitute,
    subterms,
)
from derive.engines.primitives import Primitives
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.poly import Decline
from derive.kernel.primitive import inside

_MOST = 4
_FUNCTIONS = frozenset({"exp", "log", "sqrt", "sin", "cos", "apply", "erf", "tanh", "atan"})


@dataclass(frozen=True, slots=True)
class Change:
    """The integral, and what the kernel takes: the function, the other integral, the factor, whether it rises."""

    term: Bind
    terms: tuple[Term, ...]


def changes(claim: Term, named: tuple[tuple[str, Term], ...], context: Context) -> Iterator[Change]:
    """Changes between the integrals that stand in a claim."""
    found = [t for t in _integrals(claim) if t.var.sort is REAL]
    if len(found) < 2 or len(found) > _MOST:
        return
    for term in found:
        for target in found:
            if term is target:
                continue
            for g in _functions(term, target, named):
                yield from _change(term, target, g, context)


def _integrals(term: Term) -> Iterator[Bind]:
    """The integrals that stand in no binder."""
    if isinstance(term, Bind):
        if term.op == "int":
            yield term
    elif isinstance(term, App):
        for a in term.args:
            yield from _integrals(a)


def _functions(term: Bind, target: Bind, named: tuple[tuple[str, Term], ...]) -> Iterator[Term]:
    """What is named for the other variable, in this one; where nothing is, arguments of functions in the integrand."""
    x = term.var
    for name, value in named:
        here = next((s for s in free_symbols(value) if s.name.split("~")[0] == _name(x)), None)
        if name == _name(target.var) and here is not None:
            yield substitute(value, {here: x})
    if named:
        return
    seen: list[Term] = []
    for t in subterms(term.body):
        match t:
            case App(op, args) if op in _FUNCTIONS:
                inner = args[-1]
            case App("^", (inner, Num())):
                pass
            case _:
                continue
        for g in (inner, inner.args[0] if isinstance(inner, App) and inner.op == "neg" else inner):
            if x in free_symbols(g) and g != x and g not in seen and len(seen) < _MOST:
                seen.append(g)
                yield g


def _name(symbol: Sym) -> str:
    return symbol.name.split("~")[0]


def _change(term: Bind, target: Bind, g: Term, context: Context) -> Iterator[Change]:
    x = term.var
    slope = derivative(g, x)
    if isinstance(slope, Refusal):
        return
    other = rename_bound(target, free_symbols(term.body) | free_symbols(g) | {x})
    low, high = term.over
    here = Primitives(x, context.with_facts(Fact("", inside(low, high, x), CASE)))
    new = mul(substitute(other.body, {other.var: g}), slope)
    try:
        factor = here.tidy(div(term.body, new))
    except (Decline, RecursionError):
        return
    if not here.is_free(factor):
        return
    function = Bind("lam", x, (), g)
    yield Change(term, (function, target, factor, ONE))
    try:
        yield Change(term, (function, target, here.tidy(neg(factor)), Num(0)))
    except Decline:
        return
