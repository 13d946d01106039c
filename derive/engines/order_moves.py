"""The moves on a comparison: each reduces it to claims that are simpler to show.

Promise: proposals only. A move asks the search for what it owes, and gives None where it does not apply or where
something that it owes is not found.
"""

from __future__ import annotations

from derive.core.claim import DOMAIN, HYPOTHESIS
from derive.core.term import (
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    le,
    mentions,
    size,
    sub,
    substitute,
    subterms,
)
from derive.engines.farkas import combination, factors_of
from derive.engines.middles import is_sum, middles
from derive.engines.order_points import closed_ends, is_kinked, points_to_meet, ranges, reals
from derive.engines.order_search import Move, Search, accepted, show, show_all
from derive.kernel.certificate import (
    Certificate,
    Chord,
    Congruence,
    Logs,
    Normal,
    Pointwise,
    Product,
    Slope,
    Split,
    Squares,
    Strip,
    Through,
)
from derive.kernel.goal import Goal
from derive.kernel.order import chord, congruence, logs, slope, split, squares, strip
from derive.kernel.pointwise import pointwise

DEPTH = 7


def moves_for(goal: Goal) -> list[Move]:
    """The moves on a comparison, in the order in which they are tried."""
    moves: list[Move] = [
        _linear, _pointwise, _squared, _congruent, _through, _cases, _factored, _halves, _by_slope, _logs,
        _stripped, _by_chord,
    ]
    if _of_exponentials(goal):
        # two products of exponentials compare as their exponents do; one exponential, often
        moves.remove(_logs)
        moves.insert(1, _logs)
    return moves


def _linear(goal: Goal, search: Search, depth: int) -> Certificate | None:
    if not search.spend(2):
        return None
    for equations in dict.fromkeys((search.equations, *_totals(goal, search))):
        for certificate in combination(goal, search.facts, search.lemmas, equations):
            if not search.spend():
                return None
            if accepted(goal, certificate) is not None:
                return certificate
    return None


def _totals(goal: Goal, search: Search) -> list[tuple[str, ...]]:
    """The equations that say what masses add up to, declared or usable: for entropies, squares and largest masses.

    That they do is a condition of Gibbs' inequality, so where it is cited no hypothesis need be.
    """
    cited = "gibbs" in (search.lemmas or ())
    if not cited and not mentions(goal.claim, "xlogy") and not _of_masses(goal.claim):
        return []
    names = (
        f.name for f in goal.context.facts
        if isinstance(f.claim, App) and f.claim.op == "=" and (
            f.kind == DOMAIN or f.name in search.facts
            or (cited and f.kind == HYPOTHESIS and isinstance(f.claim.args[0], Bind))
        )
    )
    return [tuple(dict.fromkeys((*search.equations, *names)))]


def _of_masses(claim: Term) -> bool:
    """Does a largest or smallest entry stand there, or a sum of squares?"""
    return any(
        isinstance(t, Bind) and (t.op in ("max", "min") or (t.op == "sum" and mentions(t.body, "^")))
        for t in subterms(claim)
    )


def _congruent(goal: Goal, search: Search, depth: int) -> Certificate | None:
    parts = show_all(congruence(goal.claim), goal, search, depth)
    return Congruence(parts) if parts is not None else None


def _stripped(goal: Goal, search: Search, depth: int) -> Certificate | None:
    parts = show_all(strip(goal.claim), goal, search, min(depth, 5))
    return Strip(parts) if parts is not None else None


def _squared(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """Where roots of sums stand on the right: Cauchy and Schwarz know the squares. Or where a fact compares squares."""
    assert isinstance(goal.claim, App)
    left, right = goal.claim.args
    if depth < 2 or (isinstance(right, App) and right.op == "^"):
        return None
    roots = any(
        isinstance(t, App) and t.op == "sqrt" and (mentions(t, "sum") or mentions(t, "E")) for t in subterms(right)
    )
    roots = roots or (isinstance(left, App) and left.op == "abs" and mentions(left, "sqrt"))
    if not roots and not any(_compares_squares(f.claim) for f in goal.context.facts):
        return None
    parts = show_all(squares(goal.claim), goal, search, min(depth, 5) if roots else 1)
    return Squares(parts) if parts is not None else None


def _compares_squares(claim: Term) -> bool:
    match claim:
        case App("<" | "<=", (App("^", (_, one)), App("^", (_, two)))):
            return one == two == Num(2)
    return False


def _through(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """A sum compares with another one term by term, and that one equals the other side."""
    if depth < 2:
        return None
    names = frozenset(f.name for f in goal.context.facts if f.kind == DOMAIN) | frozenset(search.facts)
    for middle, equations in middles(goal, names):
        exact = Normal((*search.equations, *equations))
        assert isinstance(goal.claim, App)
        left, right = goal.claim.args
        above = is_sum(left)
        same = le(middle, right) if above else le(left, middle)
        if accepted(Goal(same, goal.context), exact) is None:
            continue
        moved = show(le(left, middle) if above else le(middle, right), goal.context, search, depth - 1)
        if moved is not None:
            return Through(middle, moved, exact) if above else Through(middle, exact, moved)
    return None


def _pointwise(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """Expectations compare as what they average does at every sample point."""
    if not mentions(goal.claim, "E"):
        return None
    found = pointwise(goal.claim)
    part = show(found[0], goal.context, search, depth) if found is not None else None
    return Pointwise(part) if part is not None else None


def _logs(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """Only where an exponential stands: otherwise logarithms make nothing simpler."""
    if not any(isinstance(t, App) and t.op == "exp" for t in subterms(goal.claim)) or _has_log(goal):
        return None
    parts = show_all(logs(goal.claim), goal, search, depth)
    return Logs(parts) if parts is not None else None


def _of_exponentials(goal: Goal) -> bool:
    """Is one side a product of exponentials, so that its logarithm is simpler?"""
    assert isinstance(goal.claim, App)
    return any(_is_exponential(side) for side in goal.claim.args)


def _is_exponential(term: Term) -> bool:
    match term:
        case App("exp", _):
            return True
        case App("*" | "/", args):
            return all(_is_exponential(a) or isinstance(a, Num) for a in args)
        case App("^", (base, _)):
            return _is_exponential(base)
    return False


def _has_log(goal: Goal) -> bool:
    return any(isinstance(t, App) and t.op == "log" for t in subterms(goal.claim))


def _factored(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """Take out a factor of the difference that is known to be nonnegative."""
    if not (isinstance(goal.claim, App) and goal.claim.op == "<=") or depth < 2:
        return None
    for factor, rest in factors_of(goal):
        part = show(App("<=", (Num(0), rest)), goal.context, search, depth - 1)
        if part is not None:
            return Product(factor, rest, part)
    return None


def _by_chord(goal: Goal, search: Search, depth: int) -> Certificate | None:
    if depth < 2 or any(isinstance(t, Bind) for t in subterms(goal.claim)):
        return None
    for variable in reals(goal):
        for low, high in ranges(variable, goal) or closed_ends(variable, goal):
            owed = chord(goal.claim, variable, low, high, goal.context)
            if isinstance(owed, str) or accepted(Goal(owed[2], goal.context), Normal()) is None:
                continue
            parts = show_all(owed, goal, search, min(depth - 1, 2))
            if parts is not None:
                return Chord(variable, low, high, parts)
    return None


def _halves(goal: Goal, search: Search, depth: int) -> Certificate | None:
    """Two halves of a range with rational ends: strictness may come from another term in each."""
    if depth < DEPTH - 1 or not (isinstance(goal.claim, App) and goal.claim.op == "<"):
        return None
    for variable in reals(goal):
        for low, high in ranges(variable, goal):
            middle = sub(variable, Num((low.value + high.value) / 2))
            above, below = split(goal.claim, middle)
            first = show(above, goal.context, search, 1)
            second = show(below, goal.context, search, 1) if first is not None else None
            if first is not None and second is not None:
                return Split(middle, first, second)
    return None


def _cases(goal: Goal, search: Search, depth: int) -> Certificate | None:
    term = _kink(goal)
    if term is None or depth < 2:
        return None
    above, below = split(goal.claim, term)
    first = show(above, goal.context, search, depth - 1)
    second = show(below, goal.context, search, depth - 1) if first is not None else None
    return Split(term, first, second) if first is not None and second is not None else None


def _kink(goal: Goal) -> Term | None:
    """What decides the first absolute value, maximum or minimum whose case is not yet decided; the simplest first.

    The sign of x settles that of tanh(x), and not the other way round.
    """
    kinks = [t for t in dict.fromkeys(subterms(goal.claim)) if is_kinked(t)]
    decided: Term | None = None
    for t in sorted(kinks, key=size):
        term = None
        match t:
            case App("abs", (inner,)):
                term = inner
            case App("max" | "min", (a, b)):
                term = sub(a, b)
            case App("sign" | "relu", (inner,)):
                term = inner
        if term is None or not free_symbols(term) <= _free(goal):
            continue
        if not _decided(term, goal):
            return term
        if isinstance(t, App) and t.op != "sign":
            # a case by case proof writes it out, so that the slope can be taken
            decided = decided or term
    return decided


def _free(goal: Goal) -> frozenset[Sym]:
    return free_symbols(goal.claim)


def _decided(term: Term, goal: Goal) -> bool:
    return any(
        accepted(Goal(claim, goal.context), Normal()) is not None
        for claim in (App("<=", (Num(0), term)), App("<=", (term, Num(0))))
    )


def _by_slope(goal: Goal, search: Search, depth: int) -> Certificate | None:
    if depth < 2 or any(isinstance(t, Bind) or is_kinked(t) for t in subterms(goal.claim)):
        return None
    variables = reals(goal)
    if len(variables) > 3:
        return None
    for variable in variables:
        for point in _meeting_points(goal, variable):
            owed = slope(goal.claim, variable, point, goal.context)
            if isinstance(owed, str):
                break
            if accepted(Goal(owed[1], goal.context), Normal()) is None:
                continue
            parts = show_all(owed, goal, search, depth - 1)
            if parts is not None:
                return Slope(variable, point, parts)
    return None


def _meeting_points(goal: Goal, variable: Sym) -> tuple[Term, ...]:
    """The candidates where the two sides are equal, if there are such; otherwise all."""
    points = points_to_meet(goal, variable)
    assert isinstance(goal.claim, App)
    left, right = goal.claim.args
    meets = [
        p for p in points
        if accepted(
            Goal(App("=", (substitute(left, {variable: p}), substitute(right, {variable: p}))), goal.context),
            Normal(),
        ) is not None
    ]
    return tuple(meets) if meets else points
