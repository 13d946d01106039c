"""The induction engine: claims about sums, products, maxima and powers up to a whole number.

Proves: equations and comparisons that hold at the least value of a number, and whose gap does not change (does
not grow) when the number goes up by one, or that pass from one value to the next. Certificate: `Induction`, with
a part for the least value and one for the step. Declines: claims without a range, a factorial or a power of an
unbounded number; numbers that are not known to reach 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import Context, Obligation
from derive.core.sort import INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, le, mentions, size, subterms
from derive.engines.goals import by_goals
from derive.engines.order import find_in
from derive.kernel.accept import accept
from derive.kernel.ascent import base_claim, below, room, step_claim
from derive.kernel.certificate import ALL_FEATURES, Certificate, Induction, Intro, Normal
from derive.kernel.goal import Accepted, Goal, introduce, normaliser
from derive.kernel.poly import Decline

NAME = "induction"
_DEPTH = 2
_MOST = 3
_WORK = 60
_MOST_SIZE = 160  # of a claim; in larger ones one step of an induction takes too long
_SEARCHES = 10  # in all, for one goal: each is a search of its own


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """One certificate for each atomic goal, if all are found."""
    if obligation.cited.facts or obligation.cited.rules:
        return
    if any(mentions(obligation.context.unfold(obligation.claim), op) for op in ("grad", "partial", "deriv")):
        # the slope of a sum is a sum of slopes: the normal form has said what there is to say
        return
    try:
        goals = introduce(obligation.claim, obligation.context)
    except Decline:
        return
    parts = []
    for goal in goals:
        small = size(goal.claim) <= _MOST_SIZE
        part = _atom(goal, _DEPTH, [_SEARCHES]) if small and _numbers(goal.claim) else None
        if part is None:
            return
        parts.append(part)
    if parts:
        yield Intro(tuple(parts))


def _shown(claim: Term, context: Context, depth: int, left: list[int]) -> Certificate | None:
    """The normal form or a search for a comparison; where both fail, an induction."""
    if isinstance(accept(Obligation("", claim, context), Normal()), Accepted):
        return Normal()
    return by_goals(claim, context, lambda goal: _atom(goal, depth, left))


def _atom(goal: Goal, depth: int, left: list[int]) -> Certificate | None:
    if isinstance(goal.claim, App) and goal.claim.op in ("<", "<="):
        if not left[0]:
            return None
        left[0] -= 1
        found = find_in(goal, _WORK)
        if found is not None:
            return found
    for variable in _numbers(goal.claim) if depth else ():
        found = _induction(goal, variable, depth - 1, left)
        if found is not None:
            return found
    return None


def _numbers(claim: Term) -> list[Sym]:
    """The whole numbers up to which something is counted, the most used first."""
    found: dict[Sym, int] = {}
    for term in subterms(claim):
        counted: tuple[Term, ...] = ()
        match term:
            case Bind("sum" | "prod" | "max" | "min", _, over, _):
                counted = over
            case App("factorial", args):
                counted = args
            case App("^", (_, exponent)):
                counted = (exponent,)
        for symbol in frozenset[Sym]().union(*map(free_symbols, counted)):
            if symbol.sort is INTEGER and symbol in free_symbols(claim):
                found[symbol] = found.get(symbol, 0) + 1
    return sorted(found, key=lambda s: (-found[s], s.name))[:_MOST]


def _induction(goal: Goal, variable: Sym, depth: int, left: list[int]) -> Certificate | None:
    for low in _least_values(variable, goal.context):
        found = below(goal.claim, variable, low, goal.context)
        if isinstance(found, str):
            return None
        base = _shown(base_claim(goal.claim, variable, low), goal.context, depth, left)
        if base is None:
            continue
        moved, k, inner = found
        inner = inner.with_facts(room(k, variable))
        run, _ = normaliser(Goal(moved, inner), ALL_FEATURES, ())
        for by_difference in (True, False):
            step = _shown(step_claim(moved, k, by_difference, run), inner, depth if by_difference else 0, left)
            if step is not None:
                return Induction(variable, low, by_difference, base, step)
        return None
    return None


def _least_values(variable: Sym, context: Context) -> list[int]:
    """The whole numbers that the variable is known to reach: those that facts compare it with, 1 and 0."""
    written = {
        int(t.value) for f in context.facts if variable in free_symbols(f.claim)
        for t in subterms(f.claim) if isinstance(t, Num) and t.value.denominator == 1 and 0 <= t.value <= 20
    }
    return [low for low in sorted(written | {0, 1}, reverse=True) if _reaches(variable, low, context)][:3]


def _reaches(variable: Sym, low: int, context: Context) -> bool:
    return isinstance(accept(Obligation("", le(Num(low), variable), context), Normal()), Accepted)
