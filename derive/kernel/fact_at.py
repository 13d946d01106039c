"""A fact about every value of some sorts, at given values.

Promise: the instance holds if all that is returned with it does: the ranges and premises that stood in front of
the fact, and the conditions of the values.
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL, Array, Sort
from derive.core.term import App, Bind, Term, le, substitute, subterms
from derive.kernel.conditions import conditions
from derive.kernel.goal import Goal
from derive.kernel.structure import is_integer


def fact_at(goal: Goal, name: str, values: tuple[Term, ...]) -> tuple[tuple[Term, ...], Term] | str:
    """What an instance owes, and what it says."""
    fact = next((f for f in goal.context.facts if f.name == name), None)
    if fact is None or not name:
        return "there is no such fact"
    claim = goal.context.unfold(fact.claim)
    owed = [c for v in values for c in conditions(v, goal.context)]
    left = list(values)
    while True:
        match claim:
            case Bind("forall", var, over, body) if left:
                value = left.pop(0)
                if not _fits(value, var.sort) or _sizes(body, var):
                    # Without this: n := 1/2 for a natural n.
                    return "a value is not of the variable's sort"
                owed += [le(over[0], value), le(value, over[1])] if over else []
                claim = substitute(body, {var: value})
            case App("=>", (premise, conclusion)):
                owed += [*conditions(premise, goal.context), premise]
                claim = conclusion
            case _:
                break
    return "there are too many values" if left else (tuple(dict.fromkeys(owed)), claim)


def _fits(value: Term, sort: Sort) -> bool:
    given = sort_of(value)
    match sort:
        case Array(shape, entry):
            return (
                isinstance(given, Array) and given.entry is entry and len(given.shape) == len(shape)
                and all(alpha_equal(a, b) for a, b in zip(given.shape, shape, strict=True))
            )
    if sort is INTEGER:
        return is_integer(value)
    return given is sort or (sort is REAL and given is INTEGER)


def _sizes(body: Term, var: Term) -> bool:
    """Does an array in the body have a size that speaks of the variable?"""
    for t in subterms(body):
        symbol = t.var if isinstance(t, Bind) else t
        sort = getattr(symbol, "sort", None)
        if isinstance(sort, Array) and any(var in set(subterms(n)) for n in sort.shape):
            return True
    return False
