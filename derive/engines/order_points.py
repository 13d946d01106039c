"""Where a comparison is looked at: its real variables, their ranges, points where the sides may meet, kinks.

Promise: proposals only, in a fixed order.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import REAL
from derive.core.term import App, Num, Sym, Term, free_symbols, subterms
from derive.kernel.goal import Goal
from derive.kernel.order import domain_of


def reals(goal: Goal) -> list[Sym]:
    """The real variables of a claim, by name."""
    found = [s for s in free_symbols(goal.claim) if s.sort is REAL]
    return sorted(found, key=lambda s: s.name)


def ranges(variable: Sym, goal: Goal) -> list[tuple[Num, Num]]:
    """The rational range that the facts give a variable, if they give one."""
    domain = domain_of(variable, goal.context)
    lows, highs = [], []
    for part in domain.args if isinstance(domain, App) and domain.op == "and" else (domain,):
        match part:
            case App("<" | "<=", (Num(value), right)) if right == variable:
                lows.append(value)
            case App("<" | "<=", (left, Num(value))) if left == variable:
                highs.append(value)
    return [(Num(max(lows)), Num(min(highs)))] if lows and highs and max(lows) < min(highs) else []


def closed_ends(variable: Sym, goal: Goal) -> list[tuple[Term, Term]]:
    """The first range with ends that are numbers such as pi/2; which of two is the larger is not asked."""
    domain = domain_of(variable, goal.context)
    lows: list[Term] = []
    highs: list[Term] = []
    for part in domain.args if isinstance(domain, App) and domain.op == "and" else (domain,):
        match part:
            case App("<" | "<=", (low, right)) if right == variable and not free_symbols(low):
                lows.append(low)
            case App("<" | "<=", (left, high)) if left == variable and not free_symbols(high):
                highs.append(high)
    return [(lows[0], highs[0])] if lows and highs else []


def points_to_meet(goal: Goal, variable: Sym) -> tuple[Term, ...]:
    """Candidates for the point where the two sides meet."""
    others = tuple(
        s for s in sorted(free_symbols(goal.claim), key=lambda s: s.name)
        if s.sort is REAL and s != variable
    )
    written = sorted({t for t in subterms(goal.claim) if isinstance(t, Num)}, key=lambda t: t.value)
    inverse: tuple[Term, ...] = ()
    if any(t == App("log", (variable,)) for t in subterms(goal.claim)):
        # where the slope has a logarithm and another variable it vanishes at an exponential
        inverse = tuple(App("exp", (s,)) for s in others[:2])
    found: tuple[Term, ...] = (
        Num(0), Num(1), *others, *inverse, Num(Fraction(1, 2)), App("exp", (Num(1),)), *written, Num(-1),
    )
    return tuple(dict.fromkeys(found))[:8 + len(inverse)]


def is_kinked(term: Term) -> bool:
    """Is it an operator with a kink or a jump?"""
    return isinstance(term, App) and term.op in ("abs", "max", "min", "sign", "relu", "floor")
