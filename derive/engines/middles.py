"""Sums that stand between the two sides of a comparison: one side is such a sum, and the other is below or above it
term by term.

Promise: proposals only, in a fixed order and number. For `sum f <= c*sum g`: `sum c*g`; for `sum f <= n*c`: `sum c`;
for `sum p*f <= c` and `c <= sum p*f` with weights p that add up to 1: `sum p*c`.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.alpha import alpha_equal
from derive.core.term import ONE, App, Bind, Num, Term, free_symbols, mul, substitute
from derive.kernel.goal import Goal

_MOST = 6


def middles(goal: Goal, names: frozenset[str]) -> Iterator[tuple[Term, tuple[str, ...]]]:
    """The sums, each with the facts that are needed to see it equal to the side that is none."""
    match goal.claim:
        case App("<=", (Bind("sum") as total, other)):
            yield from _distributed(total, other)
            yield from _averaged(total, other, goal, names)
            yield from _apart(total, goal, names)
        case App("<=", (other, Bind("sum") as total)):
            yield from _averaged(total, other, goal, names)


def is_sum(term: Term) -> bool:
    """Is it a sum over a range?"""
    return isinstance(term, Bind) and term.op == "sum"


def _distributed(total: Bind, other: Term) -> Iterator[tuple[Term, tuple[str, ...]]]:
    factors = _factors(other)
    for k, factor in enumerate(factors[:_MOST]):
        if isinstance(factor, Bind) and is_sum(factor) and alpha_equal(_ends(factor.over), _ends(total.over)):
            inner = [substitute(factor.body, {factor.var: total.var})]
        elif total.over == (ONE, factor):
            inner = []
        else:
            continue
        rest = [*factors[:k], *factors[k + 1:]]
        if not any(total.var in free_symbols(t) for t in rest):
            parts = [*inner, *rest]
            yield _over(total, mul(*parts) if len(parts) > 1 else (parts or [ONE])[0]), ()


def _averaged(
    total: Bind, other: Term, goal: Goal, names: frozenset[str]
) -> Iterator[tuple[Term, tuple[str, ...]]]:
    if total.var in free_symbols(other):
        return
    factors = [f for t in _factors(total.body) for f in _of_a_square(t)]
    for fact in goal.context.facts:
        match fact.claim:
            case App("=", (Bind("sum", var, over, weight), Num(one))) if one == 1 and fact.name in names:
                here = substitute(weight, {var: total.var})
                if alpha_equal(_ends(over), _ends(total.over)) and here in factors:
                    yield _over(total, mul(here, other)), (fact.name,)
    # weights that add up to 1 by themselves, as those of softmax
    for factor in factors[:_MOST]:
        if len(factors) > 1 and total.var in free_symbols(factor) and isinstance(factor, App) and factor.op == "/":
            yield _over(total, mul(factor, other)), ()


def _apart(total: Bind, goal: Goal, names: frozenset[str]) -> Iterator[tuple[Term, tuple[str, ...]]]:
    """`sum abs(a - b)` below `sum abs(a) + abs(b)`."""
    match total.body:
        case App("abs", (App("+" | "-", (a, b)),)):
            known = tuple(
                f.name for f in goal.context.facts
                if f.name in names and isinstance(f.claim, App) and f.claim.op == "=" and is_sum(f.claim.args[0])
            )
            yield _over(total, App("+", (App("abs", (a,)), App("abs", (b,))))), known


def _over(total: Bind, body: Term) -> Bind:
    return Bind("sum", total.var, total.over, body)


def _factors(term: Term) -> list[Term]:
    match term:
        case App("*", args):
            return [f for a in args for f in _factors(a)]
    return [term]


def _of_a_square(term: Term) -> list[Term]:
    match term:
        case App("^", (base, Num(e))) if e == 2:
            return [base, base]
    return [term]


def _ends(over: tuple[Term, ...]) -> App:
    return App("vector", over)
