"""A claim about a whole number n, shown from its least value up to n.

Promise: if the parts returned hold wherever the facts do, then so does the claim. The facts stay as they are,
about n itself: what varies is a new number k between the least value and n, put for n in the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from derive.core.claim import CASE, Context, Fact
from derive.core.sort import INTEGER
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    eq,
    free_symbols,
    fresh_name,
    le,
    map_children,
    mul,
    sub,
    substitute,
)
from derive.kernel.guards import value
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Poly, constant, minus


def below(claim: Term, variable: Sym, low: int, context: Context) -> tuple[App, Sym, Context] | str:
    """The claim about k, k, and a context in which k is between the least value and the number; or why not."""
    if variable.sort is not INTEGER:
        # Without this: x^2 = x "by induction" at every real number (tests/unsound/ascent_of_a_real.drv).
        return "only whole numbers are reached one by one"
    if not (isinstance(claim, App) and claim.op in ("=", "<=", "<")):
        return "no equation or comparison"
    taken = {s.name for s in (*context.symbols, *free_symbols(claim))}
    taken |= {s.name for f in context.facts for s in free_symbols(f.claim)}
    k = Sym(fresh_name(variable.name, taken), INTEGER)
    moved = substitute(claim, {variable: k})
    assert isinstance(moved, App)
    inner = context.with_symbols(k).with_facts(Fact("", conj(le(Num(low), k), le(k, variable)), CASE))
    return moved, k, inner


def base_claim(claim: Term, variable: Sym, low: int) -> Term:
    """The claim at the least value, its short ranges written out."""
    return written_out(substitute(claim, {variable: Num(low)}))


def written_out(term: Term) -> Term:
    """The term with each sum, product and extremum over at most a few literal numbers written out.

    Without the order of the ends: max(i in 1..0, f) would be f(1).
    """
    term = map_children(term, written_out)
    match term:
        case Bind(op, var, (low, high), body) if op in _JOINS:
            first, last = value(low), value(high)
            if first is None or last is None or first.denominator != 1 or last.denominator != 1:
                return term
            if (op in ("max", "min") and first > last) or last - first >= _FEW:
                return term
            entries = [substitute(body, {var: Num(k)}) for k in range(int(first), int(last) + 1)]
            return reduce(_JOINS[op], entries) if entries else ZERO if op == "sum" else ONE
    return term


def step_claim(moved: App, k: Sym, by_difference: bool, run: Normaliser) -> Term:
    """The claim at k + 1, from the claim at k; `run` knows the facts of k, and that there is a next number."""
    following = substitute(moved, {k: add(k, ONE)})
    following = peeled(following, k, run)
    assert isinstance(following, App)
    if not by_difference:
        return App("=>", (moved, following))
    before, after = sub(*moved.args), sub(*following.args)
    # a gap that does not grow stays at most 0, and strictly below 0 where it starts so
    return eq(after, before) if moved.op == "=" else le(after, before)


def peeled(term: Term, k: Sym, run: Normaliser) -> Term:
    """The term with the last summand (factor, entry) taken off each range that ends at k + 1 (or k + c, for c > 1).

    Without the order of the ends: sum(i in 5..k + 1, f) has no last summand at k = 1.
    """
    if k not in free_symbols(term):
        return term
    if not (isinstance(term, Bind) and term.op in _JOINS and len(term.over) == 2):
        return map_children(term, lambda t: peeled(t, k, run))
    low, high = (peeled(end, k, run) for end in term.over)
    fresh, body = run.enter(term.var, low, high, term.body)
    body = peeled(body, k, run)
    last = run.normal(high)
    if not _is_after(last, k, run):
        return Bind(term.op, fresh, (low, high), body)
    before = run.to_term(minus(last, constant(1)))
    if run.range_gap(last if term.op in ("sum", "prod") else minus(last, constant(1)), run.normal(low)) not in _UP:
        return Bind(term.op, fresh, (low, high), body)
    end = peeled(substitute(term.body, {term.var: run.to_term(last)}), k, run)
    if last == run.normal(low):
        return end
    return _JOINS[term.op](Bind(term.op, fresh, (low, before), body), end)


def _is_after(end: Poly, k: Sym, run: Normaliser) -> bool:
    """Is it k and at least 1?"""
    shift = minus(end, run.normal(k))
    return set(shift) == {()} and shift[()] >= 1


_FEW = 4
_UP = ("+", "0+", "0")
_JOINS: dict[str, Callable[[Term, Term], Term]] = {
    "sum": add,
    "prod": mul,
    "max": lambda a, b: App("max", (a, b)),
    "min": lambda a, b: App("min", (a, b)),
}


def room(k: Sym, variable: Sym) -> Fact:
    """There is a next number."""
    return Fact("", le(add(k, ONE), variable), CASE)
