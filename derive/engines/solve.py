"""The engine for steps of solving: `<=>` and `=>` between equations, systems and inequalities.

Proves: an equivalence by its two directions; a direction by calculation from the premise, by contraposition
(were the goal false, a premise would be), by cases of a sign, an equation by two inequalities. So products that
vanish, roots counted by monotonicity, squares, absolute values, logarithms of both sides.
Certificates: `Both`, `Contrary`, `Squeeze`, `Apart`, `Alternative`, `Split` over those of the order engine.
Declines: what a search of counted size does not find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.core.claim import CASE, CONDITION, DOMAIN, Context, Obligation
from derive.core.sort import REAL
from derive.core.term import ONE, ZERO, App, Bind, Sym, Term, free_symbols, sub, subterms
from derive.engines import order, order_search
from derive.engines.goals import by_goals, for_each
from derive.engines.scalar import allowed_equations
from derive.kernel.accept import accept
from derive.kernel.certificate import (
    Alternative,
    Apart,
    Both,
    Certificate,
    Contrary,
    Exponentials,
    Fact,
    Intro,
    Noncommutative,
    Normal,
    Split,
    Squeeze,
    StrictSlope,
    Termwise,
)
from derive.kernel.contrary import (
    alternative,
    apart,
    both_ways,
    contrary,
    directions,
    exponentials,
    termwise,
)
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Accepted, Goal, introduce
from derive.kernel.order import split
from derive.kernel.poly import Decline
from derive.kernel.strict import strict_slope

NAME = "solving"
_DEPTH = 6
_WORK = 80
_PREMISES = 6


@dataclass(slots=True)
class Search:
    """What may be cited, and how much work is left."""

    facts: tuple[str, ...]
    lemmas: frozenset[str] | None
    equations: tuple[str, ...]
    premises: frozenset[str]
    work: int = _WORK

    def spend(self) -> bool:
        """Is there work left?"""
        self.work -= 1
        return self.work >= 0


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """One certificate for the whole claim, if all its goals have one."""
    try:
        goals = introduce(obligation.claim, obligation.context, "diff" in features)
    except Decline:
        return
    if not goals or not any(_is_for_us(g) for g in goals):
        return
    search = _search_of(obligation)
    parts = for_each(goals, lambda goal: find(goal, search, _DEPTH))
    if parts is not None:
        yield Intro(parts)


def _is_for_us(goal: Goal) -> bool:
    """An equivalence, or a goal under premises; a plain equation is for calculation."""
    match goal.claim:
        case App("<=>", _):
            return True
        case App("=", (Bind(op), Bind(other))) if op == other:
            return termwise(goal.claim) is not None
        case App("=" | "!=" | "<" | "<=" | "or", _):
            return any(f.kind == CASE for f in goal.context.facts) or goal.claim.op in ("!=", "or")
    return False


def _search_of(obligation: Obligation) -> Search:
    cited = obligation.cited
    restricted = bool(cited.facts or cited.rules)
    named = tuple(
        f.name for f in obligation.context.facts
        if f.name and f.kind not in (DOMAIN, CONDITION) and (not restricted or f.name in cited.facts)
    )
    equations = tuple(n for n, _ in allowed_equations(obligation))
    lemmas = frozenset(cited.rules) if restricted else None
    return Search(named, lemmas, equations, frozenset(named))


def show(claim: Term, context: Context, search: Search, depth: int) -> Certificate | None:
    """A certificate for a claim that may have quantifiers and premises."""
    return by_goals(claim, context, lambda goal: find(goal, search, depth))


def find(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """A certificate for one goal: directly, by cases, by contraposition, by two inequalities."""
    if not search.spend():
        return None
    match goal.claim:
        case App("<=>", _):
            return _equivalence(goal, search, depth)
    direct = _direct(goal, search)
    if direct is not None or depth <= 0:
        return direct
    for move in (_by_terms, _by_alternative, _by_contraposition, _by_cases, _squeezed):
        found = move(goal, search, depth - 1)
        if found is not None:
            return found
    return None


def _equivalence(goal: Goal, search: Search, depth: int) -> Certificate | None:
    for plain in (Normal(), Normal(search.equations), Noncommutative(search.equations)):
        if _accepted(goal, plain) is not None:
            return plain
    both = directions(goal.claim)
    if both is None or depth <= 0:
        return None
    forward = show(both[0], goal.context, search, depth - 1)
    if forward is None:
        return None
    backward = show(both[1], goal.context, search, depth - 1)
    return None if backward is None else Both(forward, backward)


def _direct(goal: Goal, search: Search) -> Certificate | None:
    """By calculation, by a fact, or as a comparison."""
    tries: list[Certificate] = [Normal()]
    if search.equations:
        tries.append(Normal(search.equations))
    if _has_matrix(goal.claim):
        tries += [Noncommutative(), Noncommutative(search.equations)]
    tries += [Fact(name) for name in search.facts]
    for certificate in tries:
        if _accepted(goal, certificate) is not None:
            return certificate
    if order_search.is_comparison(goal.claim):
        return _compared(goal, search)
    for below in (True, False):
        claim = apart(goal.claim, below)
        if claim is not None:
            part = _compared(Goal(claim, goal.context), search)
            if part is not None:
                return Apart(below, part)
    return None


def _compared(goal: Goal, search: Search) -> Certificate | None:
    """By the order engine, with little work; or away from a point where the sides meet."""
    inner = order.begin(search.facts, search.lemmas, (), work=80)
    found = order_search.find(goal, inner, 4)
    if found is not None:
        return found
    lifted = exponentials(goal.claim)
    if lifted is not None and any(isinstance(t, App) and t.op == "log" for t in subterms(goal.claim)):
        part = _accepted(Goal(lifted, goal.context), Normal())
        if part is not None:
            return Exponentials(part)
    return _strictly(goal, search)


def _strictly(goal: Goal, search: Search) -> Certificate | None:
    """`a < b` from a point where the two meet, and the sign of the slope on each side."""
    if any(isinstance(t, Bind) for t in subterms(goal.claim)) or not isinstance(goal.claim, App):
        return None
    for variable in sorted((s for s in free_symbols(goal.claim) if s.sort is REAL), key=lambda s: s.name):
        for point in _points(goal, variable):
            owed = strict_slope(goal.claim, variable, point, goal.context)
            if isinstance(owed, str) or _accepted(Goal(owed[0], goal.context), Normal()) is None:
                continue
            if _accepted(Goal(owed[2], goal.context), Normal()) is None:
                continue
            parts = [_shown(c, goal.context, search) for c in owed]
            if all(p is not None for p in parts):
                return StrictSlope(variable, point, tuple(p for p in parts if p is not None))
    return None


def _shown(claim: Term, context: Context, search: Search) -> Certificate | None:
    return order_search.show(claim, context, order.begin(search.facts, search.lemmas, (), work=40), 3)


def _points(goal: Goal, variable: Sym) -> list[Term]:
    """0, 1 and what the premises compare the variable with."""
    found: list[Term] = []
    for fact in goal.context.facts:
        if fact.kind == CASE:
            for part in conjuncts(fact.claim):
                match part:
                    case App("<" | "!=" | "<=", (a, b)) if variable in (a, b):
                        found.append(b if a == variable else a)
    return [p for p in dict.fromkeys([*found, ZERO, ONE]) if variable not in free_symbols(p)][:4]


def _by_terms(goal: Goal, search: Search, depth: int) -> Certificate | None:
    claim = termwise(goal.claim)
    part = None if claim is None else show(claim, goal.context, search, min(depth, 1))
    return None if part is None else Termwise(part)


def _by_alternative(goal: Goal, search: Search, depth: int) -> Certificate | None:
    match goal.claim:
        case App("or", parts):
            for number in range(len(parts)):
                claim = alternative(goal.claim, number)
                assert claim is not None
                part = show(claim, goal.context, search, 0)
                if part is not None:
                    return Alternative(number, part)
    return None


def _by_contraposition(goal: Goal, search: Search, depth: int) -> Certificate | None:
    if depth < 1:
        return None
    for premise in _premises(goal, search):
        turned = contrary(goal, premise)
        if isinstance(turned, str):
            continue
        claim, context, _ = turned
        part = show(claim, context, search, min(depth - 1, 1))
        if part is not None:
            return Contrary(premise, part)
    return None


def _premises(goal: Goal, search: Search) -> list[Term]:
    """What the goal's premises say, and the facts that may be used, about the same things."""
    about = free_symbols(goal.claim)
    found: list[Term] = []
    here = [f for f in goal.context.facts if f.kind == CASE]
    named = [f for f in goal.context.facts if f.name in search.premises and f.kind != CASE]
    for fact in (*here, *named):
        for part in conjuncts(goal.context.unfold(fact.claim)):
            if isinstance(part, App) and part.op in ("=", "!=", "<", "<=") and about & free_symbols(part):
                found.append(part)
    return list(dict.fromkeys(found))[:_PREMISES]


def _by_cases(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """The sign of what stands in an absolute value, a maximum or a minimum."""
    if depth < 0:
        return None
    for term in _kinks(goal)[:2]:
        above, below = split(goal.claim, term)
        first = show(above, goal.context, search, depth)
        second = show(below, goal.context, search, depth) if first is not None else None
        if first is not None and second is not None:
            return Split(term, first, second)
    return None


def _kinks(goal: Goal) -> list[Term]:
    terms = [goal.claim, *(f.claim for f in goal.context.facts if f.kind == CASE)]
    found: list[Term] = []
    for whole in terms:
        bound = {t.var for t in subterms(whole) if isinstance(t, Bind)}
        for t in subterms(whole):
            match t:
                case App("abs" | "relu", (inner,)):
                    found.append(inner)
                case App("max" | "min", (a, b)):
                    found.append(sub(a, b))
                case _:
                    continue
            if bound & free_symbols(found[-1]):
                found.pop()
    return [
        t for t in dict.fromkeys(found)
        if all(_accepted(Goal(c, goal.context), Normal()) is None
               for c in (App("<=", (ZERO, t)), App("<=", (t, ZERO))))
    ]


def _squeezed(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """An equation from two inequalities, each by contraposition or directly."""
    if not any(f.kind == CASE for f in goal.context.facts) and not search.facts:
        return None
    pair = both_ways(goal.claim)
    if pair is None or depth < 1 or not _is_simple(goal.claim):
        return None
    below = find(Goal(pair[0], goal.context), search, depth - 1)
    above = find(Goal(pair[1], goal.context), search, depth - 1) if below is not None else None
    return Squeeze(below, above) if below is not None and above is not None else None


def _is_simple(claim: Term) -> bool:
    """Is one side a name or an entry? Two inequalities between long terms are seldom the way."""
    return isinstance(claim, App) and any(
        isinstance(s, Sym) or (isinstance(s, App) and s.op == "index") for s in claim.args
    )


def _has_matrix(claim: Term) -> bool:
    return any(isinstance(t, App) and t.op in ("matmul", "inv", "transpose") for t in subterms(claim))


def _accepted(goal: Goal, certificate: Certificate) -> Certificate | None:
    answer = accept(Obligation("", goal.claim, goal.context), certificate)
    return certificate if isinstance(answer, Accepted) else None
