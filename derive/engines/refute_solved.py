"""Hypotheses that can be solved for a symbol, used as definitions where few rational points satisfy them.

Promise: the equation then holds by construction, and the term is required to have a value at every point; all
other hypotheses, those about the symbol included, are decided with the term in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.core.claim import Context, Fact
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Num,
    Sym,
    Term,
    add,
    div,
    free_symbols,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.core.verdict import Witness
from derive.engines.refute import Question
from derive.engines.sample_plan import CONSTRAINING
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus

Complete = Callable[[Witness], Witness]


def with_solved(question: Question, last: bool = False) -> Iterator[tuple[Question, Complete]]:
    """The question with every solvable equation put in; twice where a square has two roots.

    The symbols are tried by name, with `last` from the end of the alphabet.
    """
    first = _solve_all(question, 1, last)
    if first is None:
        return
    yield first[0], first[1]
    if first[2]:
        second = _solve_all(question, -1, last)
        if second is not None:
            yield second[0], second[1]


def _solve_all(question: Question, sign: int, last: bool) -> tuple[Question, Complete, bool] | None:
    """One equation after the other becomes a definition; roots of squares take the given sign."""
    context = question.context
    facts = [
        (f.name, context.unfold(f.claim), f.kind) for f in context.facts if f.kind in CONSTRAINING
    ]
    premises, claim = question.premises, question.claim
    solved: dict[Sym, Term] = {}
    defined: list[Term] = []
    forked = False
    while True:
        found = next((p for c in (*(f[1] for f in facts), *premises) if (p := _solves(c, sign, last))), None)
        if found is None:
            break
        put = {found.symbol: found.value}
        forked = forked or found.forked
        solved = {s: substitute(t, put) for s, t in solved.items()} | put
        defined = [substitute(t, put) for t in (*defined, *found.owes)]
        facts = [(n, substitute(c, put), k) for n, c, k in facts if c != found.equation]
        premises = tuple(substitute(c, put) for c in premises if c != found.equation)
        claim = substitute(claim, put)
    if not solved:
        return None
    inner = Context(
        tuple(s for s in context.symbols if s not in solved),
        context.definitions,
        tuple(Fact(n, c, k) for n, c, k in facts),
    )
    shown = question.shown.union(*(free_symbols(t) for t in solved.values()))
    asked = Question(inner, premises, claim, (*solved.values(), *defined), shown)
    return asked, lambda witness: _complete(witness, solved), forked


@dataclass(frozen=True, slots=True)
class _Solution:
    """`symbol = value` makes `equation` true wherever the value and all of `owes` exist."""

    equation: Term
    symbol: Sym
    value: Term
    owes: tuple[Term, ...] = ()
    forked: bool = False


def _solves(claim: Term, sign: int, last: bool) -> _Solution | None:
    """The equation solved for a symbol that occurs once in it, outside binders."""
    match claim:
        # without the guard: a number s "solved" from the matrices of A = B/s, and a true claim refuted there
        case App("=", (left, right)) if not shape_of(left) and not shape_of(right):
            for side, other in ((left, right), (right, left)):
                for symbol in sorted(free_symbols(side), key=lambda s: s.name, reverse=last):
                    if symbol.sort is REAL and symbol not in free_symbols(other):
                        found = _isolate(_Solution(claim, symbol, other), side, sign)
                        if found is not None and _is_real(found.value):
                            return found
            for symbol in sorted(free_symbols(claim), key=lambda s: s.name, reverse=last):
                if symbol.sort is REAL:
                    found = _quadratic(claim, symbol, sign)
                    if found is not None and _is_real(found.value):
                        return found
    return None


def _is_real(value: Term) -> bool:
    """Is the value one real number, so that a real symbol may stand for it?

    Without this: abs(exp(im*t)) = 1 would be refuted under z = exp(im*t) by t = -im*log(z).
    """
    try:
        return sort_of(value) in (REAL, INTEGER)
    except ValueError:
        return False


def _quadratic(claim: App, symbol: Sym, sign: int) -> _Solution | None:
    """The equation is a polynomial of degree 1 or 2 in a symbol, wherever that stands in it.

    Its sides are owed to exist. Without this: x = 1 would solve x/(x - 1) = 1/(x - 1).
    """
    run = Normaliser()
    run.prepare((), frozenset())
    try:
        gap = run.clear(minus(run.normal(claim.args[0]), run.normal(claim.args[1])))
    except Decline:
        return None
    atom = run.ids.get(symbol)
    parts: dict[int, Poly] = {}
    for m, c in gap.items():
        e = dict(m).get(atom, 0) if atom is not None else 0
        rest = tuple((a, k) for a, k in m if a != atom)
        if e not in (0, 1, 2) or any(symbol in free_symbols(run.atoms[a]) for a, _ in rest):
            return None
        parts.setdefault(int(e), {})[rest] = c
    lead, slope, end = (run.to_term(parts.get(k, {})) for k in (2, 1, 0))
    if 2 in parts:
        root: Term = App("sqrt", (sub(power(slope, TWO), mul(Num(4), lead, end)),))
        value = div(add(neg(slope), root if sign > 0 else neg(root)), mul(TWO, lead))
        return _Solution(claim, symbol, value, claim.args, forked=True)
    if 1 in parts:
        return _Solution(claim, symbol, div(neg(end), slope), claim.args)
    return None


def _isolate(so_far: _Solution, side: Term, sign: int) -> _Solution | None:
    """Undo the operators around the symbol, outermost first; each step owes what makes it exact."""
    symbol, value, owes, forked = so_far.symbol, so_far.value, so_far.owes, so_far.forked
    while side != symbol:
        if not isinstance(side, App) or sum(symbol in free_symbols(a) for a in side.args) != 1:
            return None
        place = next(i for i, a in enumerate(side.args) if symbol in free_symbols(a))
        rest = side.args[1 - place] if len(side.args) == 2 else ZERO
        match side.op, place:
            case "neg", _:
                value = neg(value)
            case "+", _:
                value = sub(value, rest)
            case "-", 0:
                value = add(value, rest)
            case "-", 1:
                value = sub(rest, value)
            case "*", _:
                value = div(value, rest)
            case "/", 0:
                value, owes = mul(value, rest), (*owes, div(ONE, rest))
            case "/", 1:
                value, owes = div(rest, value), (*owes, div(value, rest))
            case "exp", _:
                value = App("log", (value,))
            case "log", _:
                value = App("exp", (value,))
            case "sqrt", _:
                value, owes = power(value, TWO), (*owes, App("sqrt", (value,)))
            case "^", 0 if rest == TWO:
                root: Term = App("sqrt", (value,))
                value, forked = (root if sign > 0 else neg(root)), True
            case _:
                return None
        side = side.args[place]
    return _Solution(so_far.equation, symbol, value, owes, forked)


def _complete(witness: Witness, solved: dict[Sym, Term]) -> Witness:
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
