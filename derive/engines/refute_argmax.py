"""Claims about maximisers: `argmax(mu, l) = value` fails where another point of the domain does better.

Promise: a point does better only by separated enclosures or exactly, inside the domain; a tie refutes
nothing, since uniqueness is a condition of its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.core.sort import REAL, Array
from derive.core.term import FALSE, App, Bind, Sym, Term

STEPS = tuple(
    Fraction(t) for t in ("1", "-1", "1/10", "-1/10", "3", "-3", "1/2", "-1/2", "10", "1/100", "-1/100")
)


def is_optimum(claim: Term) -> bool:
    """Is it an equation with an `argmax` or `argmin` on one side?"""
    return _parts(claim) is not None


def _parts(claim: Term) -> tuple[Bind, Term] | None:
    match claim:
        case App("=", (Bind("argmax" | "argmin") as best, value)):
            return best, value
        case App("=", (value, Bind("argmax" | "argmin") as best)):
            return best, value
    return None


def candidates(claim: Term, environment: dict[Sym, Any], number: int) -> Any:
    """Decide the claim at a point as far as trying other arguments can: False, or undecided."""
    from derive.backends.flint import (
        Decision,
        Uncertain,
        Undefined,
        at_precision,
        decide_at,
        machine_at,
    )
    from derive.backends.flint_logic import Trace
    from derive.backends.flint_terms import Machine

    parts = _parts(claim)
    if parts is None:
        return None
    best, value = parts
    values = machine_at(environment)
    precision = 128
    at = at_precision(precision, lambda: Machine(values).value(value))
    if isinstance(at, (Undefined, Uncertain)):
        return Decision(at, Trace())
    here = {**values, best.var: at}
    domain = best.over[0]
    inside = decide_at(domain, here, (precision,)).answer
    if inside is False:
        trace = Trace("in", at, FALSE, note=f"the value of {best.var.name} is outside the domain")
        return Decision(False, trace)
    level = at_precision(precision, lambda: Machine(here).value(best.body))
    if isinstance(level, (Undefined, Uncertain)):
        return Decision(level, Trace())
    for other in _others(best.var, at):
        there = {**values, best.var: other}
        if decide_at(domain, there, (precision,)).answer is not True:
            continue
        found = _beats(best, there, level, precision)
        if found is not None:
            trace = Trace("<=", level, found, note=_note(best, other))
            return Decision(False, trace)
    return Decision(
        Uncertain("no better argument was found", overlap=True) if inside is True
        else Uncertain("whether the value is in the domain is open"),
        Trace(),
    )


def _beats(best: Bind, there: dict[Sym, Any], level: Any, precision: int) -> Any:
    """The value at another argument, if it is certainly better."""
    from derive.backends.flint import Uncertain, Undefined, at_precision
    from derive.backends.flint_numbers import NotDecided, Pair, sign_of, sub
    from derive.backends.flint_terms import Machine

    found = at_precision(precision, lambda: Machine(there).value(best.body))
    if isinstance(found, (Undefined, Uncertain, tuple, Pair)):
        return None
    try:
        sign = at_precision(precision, lambda: sign_of(sub(found, level)))
    except NotDecided:
        return None
    wanted = 1 if best.op == "argmax" else -1
    return found if sign == wanted else None


def _others(var: Sym, at: Any) -> list[Any]:
    """Other arguments: steps away from the value, and a few fixed ones; entry by entry for arrays."""
    from derive.backends.flint_numbers import ONE, ZERO, exact

    if isinstance(var.sort, Array):
        return _other_arrays(at)
    if var.sort is not REAL or isinstance(at, tuple):
        return []
    steps = [exact(s) for s in STEPS]
    return [ZERO, ONE, -ONE, *(at + s for s in steps), at * 2, at / 2, -at]


def _other_arrays(at: Any) -> list[Any]:
    from derive.backends.flint_arrays import map_one
    from derive.backends.flint_numbers import ZERO, add, exact, mul

    found: list[Any] = [map_one(lambda e: mul(ZERO, e), at)]
    count = 0

    def count_entries(x: Any) -> int:
        return sum(count_entries(e) for e in x) if isinstance(x, tuple) else 1

    count = min(count_entries(at), 6)
    for place in range(count):
        for step in STEPS[:4]:
            seen = -1

            def move(e: Any, place: int = place, step: Fraction = step) -> Any:
                nonlocal seen
                seen += 1
                return add(e, exact(step)) if seen == place else e

            found.append(map_one(move, at))
    return found


def _note(best: Bind, other: Any) -> str:
    from derive.engines.refute_witness import value_text

    word = "larger" if best.op == "argmax" else "smaller"
    return f"the objective is {word} at {best.var.name} = {value_text(other)[0]}"
