"""The laws of a point in words: the values of random variables with their probabilities.

Promise: what is told is the sample space at which the claim was decided, whole, or as stated.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.core.chance import MEASURE, is_random
from derive.core.sort import OUTCOME
from derive.core.term import App, Bind, Num, Sym, Term
from derive.engines.chance_facts import random_symbols, read_constraints

if TYPE_CHECKING:
    from derive.engines.sample import Environment
    from derive.engines.sample_plan import Plan

Value = Any


def law_lines(
    plan: Plan, environment: Environment, shown: frozenset[Sym]
) -> list[tuple[str, str]]:
    """The laws of a point in words: `X`, `0 or 1, each with probability 1/2`."""
    from derive.core.show import show

    measure = environment.get(MEASURE)
    if measure is None:
        return []
    known = read_constraints(plan.constraints)
    lines = []
    exact = []
    for x in random_symbols(plan):
        if x not in shown:
            continue
        if x in measure.variables:
            stated = known.laws[x][1] if x in known.laws else dict(known.given)[x]
            lines.append((x.name, f"as stated, {show(stated)}"))
        elif isinstance(environment[x], Bind):
            exact.append(x)
    rows = {x: _row(environment[x]) for x in exact}
    if not exact:
        return lines
    joint = _gathered(measure.weights, [tuple(r) for r in zip(*rows.values(), strict=True)])
    if len(joint) <= 6:
        lines.append(_spoken(exact, joint))
    else:
        for x in exact:
            lines.append(_spoken([x], _gathered(measure.weights, [(v,) for v in rows[x]])))
    return lines


def _row(table: Term) -> list[str]:
    assert isinstance(table, Bind) and isinstance(table.body, App)
    vector = table.body.args[0]
    assert isinstance(vector, App)
    return [_vector_text(v) for v in vector.args]


def _vector_text(value: Term) -> str:
    """A number, or the entries of an array."""
    if isinstance(value, App):
        return f"[{', '.join(map(_vector_text, value.args))}]"
    return str(value)


def _gathered(weights: tuple[Fraction, ...], rows: list[tuple[str, ...]]) -> dict[tuple[str, ...], Fraction]:
    total: dict[tuple[str, ...], Fraction] = {}
    for row, w in zip(rows, weights, strict=True):
        total[row] = total.get(row, Fraction(0)) + w
    return {r: w for r, w in total.items() if w}


def _spoken(names: list[Sym], masses: dict[tuple[str, ...], Fraction]) -> tuple[str, str]:
    name = names[0].name if len(names) == 1 else f"({', '.join(x.name for x in names)})"
    values = [r[0] if len(r) == 1 else f"({', '.join(r)})" for r in masses]
    chances = list(masses.values())
    if len(values) == 1:
        return name, f"{values[0]} with probability 1"
    if len(set(chances)) == 1:
        listed = ", ".join(values[:-1]) + " or " + values[-1]
        return name, f"{listed}, each with probability {chances[0]}"
    return name, ", ".join(f"{v} with probability {p}" for v, p in zip(values, chances, strict=True))



def chance_values(symbols: tuple[Sym, ...], environment: Environment) -> tuple[tuple[str, Any], ...]:
    """The weights of the sample points, and the values of the random variables at them."""
    measure = environment.get(MEASURE)
    if measure is None:
        return ()
    found: list[tuple[str, Any]] = [(MEASURE.name, measure.weights)]
    for s in symbols:
        value = environment.get(s)
        if is_random(s) and isinstance(value, Bind) and isinstance(value.body, App):
            vector = value.body.args[0]
            assert isinstance(vector, App)
            found.append((s.name, tuple(_plain(v) for v in vector.args)))
        elif s.sort is OUTCOME and isinstance(value, Fraction):
            found.append((s.name, value))
    return tuple(found)


def _plain(value: Term) -> Value:
    if isinstance(value, Num):
        return value.value
    assert isinstance(value, App)
    return tuple(_plain(v) for v in value.args)
