"""What an integral or a series asks of its parameters, where the hypotheses do not say it: a rate above 0.

Promise: these are conditions to be owed, and nothing is taken from them without owing them; each list is proposed only
where it contradicts neither the hypotheses nor itself, shown at a point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, product

from derive.core.claim import DOMAIN, HYPOTHESIS, STEP, THEOREM, Context, Obligation
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    lt,
    substitute,
)
from derive.engines.recognise import integral_methods, series_methods
from derive.kernel.conditions import conditions
from derive.kernel.endless import is_endless
from derive.kernel.identity import shows
from derive.kernel.known import INTEGRALS, SERIES
from derive.kernel.poly import Decline

_VALUES = (ONE, Num(Fraction(1, 2)), TWO, Num(3), ZERO, Num(-1))
_MOST, _POINTS, _CONDITIONS, _TRIED = 4, 60, 4, 2


def points(symbols: frozenset[Sym], claims: tuple[Term, ...], most: int = _POINTS) -> Iterator[dict[Sym, Term]]:
    """Simple values at which every claim is shown to hold."""
    free = sorted(symbols, key=lambda s: s.name)
    if any(s.sort not in (REAL, INTEGER) for s in free):
        return
    choices = [[v for v in _VALUES if s.sort is REAL or v.value.denominator == 1] for s in free]
    empty = Context()
    for values in islice(product(*choices), most):
        at: dict[Sym, Term] = dict(zip(free, values, strict=True))
        if all(shows(substitute(c, at), empty) is not None for c in claims):
            yield at


def missing(obligation: Obligation) -> Iterator[tuple[Term, ...]]:
    """Conditions on the parameters under which the claim may hold: those of known rows, then of the divisors."""
    context = obligation.context
    claim = context.unfold(obligation.claim)
    ends = list(_endless(claim))
    if not ends or any(t.op == "lim" for t in ends):
        return
    asked = [c for t in ends for c in _asked(t, context, _MOST)]
    divisors = [
        lt(ZERO, c.args[0]) for c in conditions(claim, context)
        if isinstance(c, App) and c.op == "!=" and c.args[1] == ZERO
    ]
    for found in (asked, divisors):
        lacking = tuple(
            c for c in dict.fromkeys(found) if free_symbols(c) and shows(c, context) is None
        )
        if 0 < len(lacking) <= _CONDITIONS and _possible(lacking, context):
            yield lacking


def closed(obligation: Obligation) -> Iterator[tuple[dict[Sym, Term], Obligation]]:
    """The claim at a few values that satisfy every hypothesis, where integrals or series stand in it."""
    context = obligation.context
    claim = context.unfold(obligation.claim)
    if not any(True for _ in _endless(claim)) or any(f.kind not in (DOMAIN, HYPOTHESIS) for f in context.facts):
        return
    claims = tuple(context.unfold(f.claim) for f in context.facts)
    symbols = free_symbols(claim).union(*map(free_symbols, claims))
    for at in islice(points(symbols, claims) if symbols else iter(()), _TRIED):
        if all(isinstance(v, Num) for v in at.values()):
            yield at, replace(obligation, claim=substitute(claim, at), context=Context())


def _possible(lacking: tuple[Term, ...], context: Context) -> bool:
    # what was shown follows from the others
    own = (f for f in context.facts if f.kind not in (STEP, THEOREM))
    claims = (*lacking, *(context.unfold(f.claim) for f in own))
    return next(points(frozenset().union(*map(free_symbols, claims)), claims), None) is not None


def _endless(term: Term) -> Iterator[Bind]:
    """The integrals and endless sums that stand in no binder."""
    if isinstance(term, Bind) and is_endless(term):
        yield term
    elif isinstance(term, App):
        for a in term.args:
            yield from _endless(a)


def _asked(term: Bind, context: Context, depth: int) -> Iterator[Term]:
    """What the rows that a term is made of ask of their parameters."""
    table = INTEGRALS if term.op == "int" else SERIES
    try:
        methods = list(islice((integral_methods if term.op == "int" else series_methods)(term, context), _MOST))
    except (Decline, RecursionError):
        return
    for name, terms in methods:
        if name in table:
            yield from table[name].owes(terms)
            return
    for name, terms in methods if depth else ():
        if name == "linearity":
            functions = [t for t in terms if isinstance(t, Bind) and t.op == "lam"]
            for f in functions:
                part = Bind(term.op, term.var, term.over, substitute(f.body, {f.var: term.var}))
                yield from _asked(part, context, 0)
            return
        if name == "shift":
            yield from _asked(_from_zero(term), context, depth - 1)


def _from_zero(term: Bind) -> Bind:
    low, high = term.over
    return Bind(term.op, term.var, (ZERO, high), substitute(term.body, {term.var: App("+", (term.var, low))}))
