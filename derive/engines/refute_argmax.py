"""Claims about maximisers: `argmax(mu, l) = value` fails where another point of the domain does better.

Promise: a point does better only by separated enclosures or exactly, inside the domain; another point does as
well only exactly, and then there is no single maximiser. `max(x | c, f) = v` fails where f is larger than v.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.core.sort import REAL, Array
from derive.core.term import FALSE, App, Bind, Sym, Term

STEPS = tuple(
    Fraction(t) for t in ("1", "-1", "1/10", "-1/10", "3", "-3", "1/2", "-1/2", "10", "1/100", "-1/100")
)


MORE = tuple(Fraction(t) for t in ("2", "3/2", "3/4", "1/4", "-3/2", "5", "1/3"))

PLACES = ("argmax", "argmin")
VALUES = ("largest", "smallest")


def is_optimum(claim: Term) -> bool:
    """Is it an equation with an optimum on one side?"""
    return _parts(claim) is not None


def _parts(claim: Term) -> tuple[Bind, Term] | None:
    match claim:
        case App("=", (Bind(op) as best, value)) if op in PLACES + VALUES:
            return best, value
        case App("=", (value, Bind(op) as best)) if op in PLACES + VALUES:
            return best, value
    return None


def candidates(claim: Term, environment: dict[Sym, Any], number: int) -> Any:
    """Decide the claim at a point as far as trying other arguments can: False, or undecided."""
    parts = _parts(claim)
    if parts is None:
        return None
    if parts[0].op in VALUES:
        return _larger_value(*parts, environment)
    return _better_place(*parts, environment)


def _better_place(best: Bind, value: Term, environment: dict[Sym, Any]) -> Any:
    """Another argument of the domain at which the objective is better, or as good."""
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
    for other in (*_others(best.var, at), *_sampled(best.var, environment, values)):
        there = {**values, best.var: other}
        if decide_at(domain, there, (precision,)).answer is not True:
            continue
        found, tied = _beats(best, there, level, precision)
        if found is not None and (not tied or _differ(at, other)):
            trace = Trace("<=", level, found, note=_note(best, other, tied))
            return Decision(False, trace)
    return Decision(
        Uncertain("no better argument was found", overlap=True) if inside is True
        else Uncertain("whether the value is in the domain is open"),
        Trace(),
    )


def _larger_value(best: Bind, value: Term, environment: dict[Sym, Any]) -> Any:
    """An argument of the domain at which the objective is beyond the claimed largest value."""
    from derive.backends.flint import (
        Decision,
        Uncertain,
        Undefined,
        at_precision,
        decide_at,
        machine_at,
    )
    from derive.backends.flint_logic import Trace
    from derive.backends.flint_numbers import ZERO, exact
    from derive.backends.flint_terms import Machine

    values = machine_at(environment)
    level = at_precision(128, lambda: Machine(values).value(value))
    if isinstance(level, (Undefined, Uncertain)):
        return Decision(level, Trace())
    start = [] if isinstance(best.var.sort, Array) else [*_others(best.var, ZERO), *map(exact, MORE)]
    for other in (*start, *_sampled(best.var, environment, values)):
        there = {**values, best.var: other}
        if decide_at(best.over[0], there, (128,)).answer is True:
            found, tied = _beats(best, there, level, 128)
            if found is not None and not tied:
                return Decision(False, Trace("<=", level, found, note=_note(best, other, False)))
    return Decision(Uncertain("no larger value was found", overlap=True), Trace())


def _sampled(var: Sym, environment: dict[Sym, Any], values: dict[Sym, Any]) -> list[Any]:
    """The value that the point gives to the declared name: it meets the hypotheses."""
    stem = var.name.split("~")[0]
    return [values[s] for s in environment if s.sort == var.sort and s.name == stem and s in values]


def _differ(one: Any, two: Any) -> bool:
    """Are two exact arguments certainly different?"""
    from derive.backends.flint_arrays import entries

    left = list(entries(one)) if isinstance(one, tuple) else [one]
    right = list(entries(two)) if isinstance(two, tuple) else [two]
    return len(left) == len(right) and any(_exact(a) and _exact(b) and a != b for a, b in zip(left, right, strict=True))


def _exact(x: Any) -> bool:
    from derive.backends.flint import exact_value

    return isinstance(exact_value(x), Fraction)


def _beats(best: Bind, there: dict[Sym, Any], level: Any, precision: int) -> tuple[Any, bool]:
    """The value at another argument, if it is certainly better, or exactly as good (`True`)."""
    from derive.backends.flint import Uncertain, Undefined, at_precision
    from derive.backends.flint_numbers import NotDecided, Pair, sign_of, sub
    from derive.backends.flint_terms import Machine

    found = at_precision(precision, lambda: Machine(there).value(best.body))
    if isinstance(found, (Undefined, Uncertain, tuple, Pair)):
        return None, False
    try:
        sign = at_precision(precision, lambda: sign_of(sub(found, level)))
    except NotDecided:
        return None, False
    wanted = 1 if best.op in ("argmax", "largest") else -1
    tied = sign == 0 and _exact(found) and _exact(level)
    return (found if sign == wanted or tied else None), tied


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

    found: list[Any] = [map_one(lambda e: mul(ZERO, e), at), map_one(lambda e: mul(exact(Fraction(-1)), e), at)]
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
    if isinstance(at, tuple) and all(not isinstance(e, tuple) for e in at):
        found += _transfers(at)
    return found


def _transfers(at: tuple[Any, ...]) -> list[Any]:
    """Vectors with the same sum: something taken from one entry and given to another; two entries swapped."""
    from derive.backends.flint_numbers import add, exact, mul, sub

    found = []
    for i in range(min(len(at), 4)):
        for j in range(min(len(at), 4)):
            if i == j:
                continue
            moves = [mul(at[i], exact(Fraction(1, 2))), *(exact(s) for s in STEPS[:3])]
            for move in moves:
                changed = list(at)
                changed[i], changed[j] = sub(at[i], move), add(at[j], move)
                found.append(tuple(changed))
            swapped = list(at)
            swapped[i], swapped[j] = at[j], at[i]
            found.append(tuple(swapped))
    return found


def _note(best: Bind, other: Any, tied: bool) -> str:
    from derive.engines.refute_witness import value_text

    word = "larger" if best.op in ("argmax", "largest") else "smaller"
    at = f"at {best.var.name.split('~')[0]} = {value_text(other)[0]}"
    return f"the objective is the same {at}: the optimum is not unique" if tied else f"the objective is {word} {at}"
