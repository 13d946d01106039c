"""Hypotheses of the form `symbol = term`, used as definitions where few rational points satisfy them.

Promise: the equation then holds by construction, and the term is required to have a value at every point; all
other hypotheses, those about the symbol included, are decided with the term in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from derive.core.claim import Context, Fact
from derive.core.sort import COMPLEX, REAL
from derive.core.term import App, Sym, Term, free_symbols, substitute
from derive.core.verdict import Witness
from derive.engines.refute import Question
from derive.engines.sample_plan import CONSTRAINING

Complete = Callable[[Witness], Witness]


def with_solved(question: Question) -> Iterator[tuple[Question, Complete]]:
    """The question with every solvable equation put in, once, if there is any."""
    context = question.context
    facts = [
        (f.name, context.unfold(f.claim), f.kind) for f in context.facts if f.kind in CONSTRAINING
    ]
    premises, claim = question.premises, question.claim
    solved: dict[Sym, Term] = {}
    while True:
        found = next((p for c in (*(f[1] for f in facts), *premises) if (p := _solves(c))), None)
        if found is None:
            break
        symbol, term, equation = found
        put = {symbol: term}
        solved = {s: substitute(t, put) for s, t in solved.items()} | put
        facts = [(n, substitute(c, put), k) for n, c, k in facts if c != equation]
        premises = tuple(substitute(c, put) for c in premises if c != equation)
        claim = substitute(claim, put)
    if not solved:
        return
    inner = Context(
        tuple(s for s in context.symbols if s not in solved),
        context.definitions,
        tuple(Fact(n, c, k) for n, c, k in facts),
    )
    shown = question.shown.union(*(free_symbols(t) for t in solved.values()))
    yield (
        Question(inner, premises, claim, tuple(solved.values()), shown),
        lambda witness: _complete(witness, solved, inner),
    )


def _solves(claim: Term) -> tuple[Sym, Term, Term] | None:
    """The symbol that an equation gives, its value, and the equation."""
    match claim:
        case App("=", (left, right)):
            for symbol, term in ((left, right), (right, left)):
                if (
                    isinstance(symbol, Sym)
                    and symbol.sort in (REAL, COMPLEX)
                    and symbol not in free_symbols(term)
                ):
                    return symbol, term, claim
    return None


def _complete(witness: Witness, solved: dict[Sym, Term], context: Context) -> Witness:
    """The witness with the solved symbols: exact where rational, else as decimals in the text only."""
    from derive.backends.flint import evaluate, exact_value
    from derive.engines.refute_witness import value_text

    names = dict(witness.values)
    environment = {
        s: names[s.name]
        for t in solved.values()
        for s in free_symbols(t)
        if s.name in names
    }
    point, values = list(witness.point), list(witness.values)
    for symbol, term in solved.items():
        value = evaluate(term, environment, 256)
        point.append((symbol.name, value_text(value)[0]))
        exact = exact_value(value)
        if isinstance(exact, (Fraction, tuple)):
            values.append((symbol.name, exact))
    return replace(witness, point=tuple(point), values=tuple(values))
