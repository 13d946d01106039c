"""The optimisation engine: a claimed maximiser or minimiser, or the largest or smallest value.

Proves: `argmax(x, f) = a` and `max(x | c, f) = v` by the methods of `kernel/optimum.py`: calculus in one variable,
an end of the domain, completing the square, coordinate by coordinate, a multiplier for a constraint, an inequality
attained. What a method needs (a matrix, a multiplier) is read off the objective in `optimise_terms.py`.
Certificate: `Optimum`, one part for each premise. Declines: objectives that couple the coordinates otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.core.claim import CONDITION, DOMAIN, Cited, Context, Obligation
from derive.core.sort import REAL, Array
from derive.core.term import ZERO, App, Bind, Num, Sym, Term, free_symbols, subterms
from derive.engines import matrix, order, order_search, scalar, solve
from derive.engines.goals import by_goals
from derive.engines.optimise_terms import (
    curvature,
    matrices,
    multipliers,
    pieces,
    tidy,
    without_laws,
)
from derive.kernel.accept import accept
from derive.kernel.certificate import Certificate, Fact, FactAt, Intro, Optimum
from derive.kernel.equations import conjuncts
from derive.kernel.fact_at import fact_at
from derive.kernel.goal import Accepted, Goal, introduce
from derive.kernel.optimum import OPTIMA, Target, premises, target
from derive.kernel.poly import Decline

NAME = "optimisation"
ALL = frozenset({"log", "exp", "diff"})
# The words of the board, with the kernel's methods that they stand for.
WORDS: dict[str, frozenset[str]] = {
    "stationary_point_of_concave": frozenset({"stationary_point_of_concave"}),
    "stationary_point_of_convex": frozenset({"stationary_point_of_concave"}),
    "rises_then_falls": frozenset({"rises_then_falls"}),
    "falls_then_rises": frozenset({"rises_then_falls"}),
    "boundary": frozenset({"upper_end", "lower_end"}),
    "complete_the_square": frozenset({"complete_the_square"}),
    "coordinate_by_coordinate": frozenset({"coordinate_by_coordinate"}),
    "lagrange_multiplier": frozenset({"lagrange_multiplier"}),
    "inequality_attained": frozenset({"inequality_attained"}),
    "monotone_transform": frozenset({"monotone_transform"}),
}
# where the densities of an objective are written out, any method may follow
_OUTER = ("cases", "value_at_optimum", "equal_on_domain")
ANYTHING = frozenset().union(*WORDS.values())
_DEPTH = 5
_HEAVY = 12  # searches of the order and the solving engine for one claim

Way = tuple[str, tuple[Term, ...]]


@dataclass(slots=True)
class Work:
    """How many searches are left."""

    heavy: int = _HEAVY

    def spend(self) -> bool:
        """Is one more allowed?"""
        self.heavy -= 1
        return self.heavy >= 0


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """The first certificate whose premises all have certificates."""
    if not is_optimum(obligation.claim):
        return
    words = [WORDS[w] for w in obligation.cited.rules if w in WORDS]
    allowed = frozenset().union(*words) if words else ANYTHING
    given = tuple(t for _, t in obligation.cited.bindings)
    for work in (Work(0), Work()):
        # by calculation alone first, whatever the method
        found = find(obligation.claim, obligation.context, allowed, given, work, _DEPTH)
        if found is not None:
            yield found
            return


def is_optimum(claim: Term) -> bool:
    """Is the claim about an optimum, behind quantifiers and premises?"""
    match claim:
        case App("=", sides):
            return any(isinstance(s, Bind) and s.op in OPTIMA for s in sides)
        case App("=>", (_, conclusion)):
            return is_optimum(conclusion)
        case Bind("forall", _, _, body):
            return is_optimum(body)
    return False


def find(
    claim: Term, context: Context, allowed: frozenset[str], given: tuple[Term, ...], work: Work, depth: int
) -> Certificate | None:
    """A certificate for an optimisation claim."""
    try:
        goals = introduce(claim, context, by_entry=False)
    except Decline:
        return None
    if len(goals) != 1 or depth <= 0:
        return None
    goal = target(goals[0].claim, goals[0].context)
    if goal is None:
        return None
    drafts: list[Draft] = []
    for method, terms in _ways(goal, goals[0], given):
        if method not in allowed and method not in _OUTER:
            continue
        draft = _draft(goals[0], (method, terms), work)
        if draft is not None and not any(draft.open):
            return draft.certificate()
        if draft is not None:
            drafts.append(draft)
    # the method that lacks least first
    for draft in sorted(drafts, key=lambda d: sum(d.open)):
        method = draft.way[0]
        inner = (allowed, given) if method in _OUTER else (ANYTHING, given[1:])
        if _complete(draft, goals[0].context, *inner, work, depth):
            return draft.certificate()
    return None


@dataclass(slots=True)
class Draft:
    """A method with its premises and the certificates found so far."""

    way: Way
    owed: tuple[Term, ...]
    parts: list[Certificate | None]

    @property
    def open(self) -> list[bool]:
        """Which premises have no certificate yet?"""
        return [p is None for p in self.parts]

    def certificate(self) -> Certificate:
        """The whole, once every premise has one."""
        return Optimum(self.way[0], tuple(p for p in self.parts if p is not None), self.way[1])


def _draft(goal: Goal, way: Way, work: Work) -> Draft | None:
    """The premises that calculation and facts show; None if one fails that nothing else could show."""
    owed = premises(goal.claim, way[0], goal.context, way[1])
    if isinstance(owed, str):
        return None
    parts: list[Certificate | None] = []
    for claim in owed:
        part = None if is_optimum(claim) else _show(claim, goal.context)
        if part is None and not is_optimum(claim) and (not work.heavy or not _may_be_searched(claim)):
            return None
        parts.append(part)
    return Draft(way, owed, parts)


def _may_be_searched(claim: Term) -> bool:
    """A comparison, or an equation under a premise: the others are for calculation alone."""
    match claim:
        case Bind("forall", _, _, body):
            return _may_be_searched(body)
        case App("=>", (premise, conclusion)):
            return _may_be_searched(conclusion) or any(
                isinstance(p, App) and p.op == "=" for p in conjuncts(premise)
            )
    return isinstance(claim, App) and claim.op in ("<", "<=", "!=", "and")


def _complete(
    draft: Draft, context: Context, allowed: frozenset[str], given: tuple[Term, ...], work: Work, depth: int
) -> bool:
    """Fill in what is missing: nested claims, and comparisons by search."""
    for place, claim in enumerate(draft.owed):
        if draft.parts[place] is None:
            draft.parts[place] = (
                find(claim, context, allowed, given, work, depth - 1) if is_optimum(claim)
                else _searched(claim, context, work)
            )
            if draft.parts[place] is None:
                return False
    return True


def _ways(goal: Target, whole: Goal, given: tuple[Term, ...]) -> Iterator[Way]:
    """The methods in the order of what they cost, with the terms that they ask for."""
    if goal.op in ("largest", "smallest"):
        yield from (("value_at_optimum", (place,)) for place in _places(goal, given))
        return
    kink = _kink(goal.value)
    if kink is not None and all(
        _shown(App("<=", pair), goal.context) is None for pair in ((ZERO, kink), (kink, ZERO))
    ):
        yield "cases", (kink,)
    plain = without_laws(goal)
    if plain is not None:
        yield "equal_on_domain", (Bind("lam", goal.var, (), plain),)
    if goal.var.sort is REAL:
        if _is_power(goal):
            yield _logarithm(goal)
        for bend in curvature(goal, whole):
            yield "complete_the_square", (bend,)
        yield from ((m, ()) for m in ("stationary_point_of_concave", "rises_then_falls", "upper_end", "lower_end"))
        if isinstance(goal.objective, App) and goal.objective.op == "exp":
            yield _logarithm(goal)
    elif isinstance(goal.var.sort, Array):
        for form in matrices(goal):
            yield "complete_the_square", (form,)
        made = pieces(goal.objective, goal.var)
        if made is not None:
            yield "coordinate_by_coordinate", made
        for number, part in enumerate(conjuncts(goal.domain)):
            if goal.var in free_symbols(part):
                for multiplier in dict.fromkeys((*given, *multipliers(goal, whole, part))):
                    yield "lagrange_multiplier", (multiplier, Num(number))
    yield "inequality_attained", ()


def _is_power(goal: Target) -> bool:
    """Has the objective a power with the parameter below and no number above, or a product of such?"""
    return any(
        (isinstance(t, App) and t.op == "^" and goal.var in free_symbols(t.args[0]) and not isinstance(t.args[1], Num))
        or (isinstance(t, Bind) and t.op == "prod" and goal.var in free_symbols(t))
        for t in subterms(goal.objective)
    )


def _logarithm(goal: Target) -> Way:
    inner = App("log", (goal.objective,))
    plain = tidy(inner, Goal(goal.objective, goal.context))
    return "monotone_transform", (Bind("lam", goal.var, (), inner if plain is None else plain),)


def _places(goal: Target, given: tuple[Term, ...]) -> Iterator[Term]:
    """Where the optimum may be: what the author names, what earlier claims found, the bounds, easy numbers."""
    found: list[Term] = [*given]
    for fact in goal.context.facts:
        match goal.context.unfold(fact.claim):
            case App("=", (Bind("argmax" | "argmin"), place)) | App("=", (place, Bind("argmax" | "argmin"))):
                found.append(place)
    if goal.var.sort is REAL:
        for part in conjuncts(goal.domain):
            match part:
                case App("<=", (a, b)) if goal.var in (a, b):
                    found.append(b if a == goal.var else a)
        found += [*_roots(goal), *(Num(k) for k in (0, 1, -1))]
    for place in dict.fromkeys(found):
        if goal.var not in free_symbols(place):
            reached = App("=", (goal.at(goal.objective, place), goal.value))
            if _shown(reached, goal.context) is not None:
                yield place


def _roots(goal: Target) -> list[Term]:
    """Where the slope vanishes, if it is a polynomial of low degree in the variable."""
    from derive.engines.optimise_terms import stationary_points

    return stationary_points(goal)


def _kink(value: Term) -> Term | None:
    """What decides a maximum, a minimum or an absolute value in the claimed optimum."""
    for t in subterms(value):
        match t:
            case App("max" | "min", (a, b)):
                return App("-", (a, b))
            case App("abs" | "relu" | "sign", (inner,)):
                return inner
    return None


# ---------------------------------------------------------------- the premises


def _show(claim: Term, context: Context) -> Certificate | None:
    """A premise by calculation, by a fact, by an instance of a fact."""
    whole = Obligation("", claim, context, Cited())
    for propose_one in (scalar.propose, matrix.propose):
        for certificate in propose_one(whole, ALL):
            if _accepted(whole, certificate):
                return certificate
    named = [f.name for f in context.facts if f.name and f.kind not in (CONDITION, DOMAIN)]
    for name in named:
        if _accepted(whole, Fact(name)):
            return Fact(name)
    return _goal_by_goal(claim, context) or _by_instance(claim, context, named)


def _goal_by_goal(claim: Term, context: Context) -> Certificate | None:
    """Each goal by calculation of its own: one may need an equation that hides another."""
    try:
        goals = introduce(claim, context)
    except Decline:
        return None
    if len(goals) < 2:
        return None
    parts = [_shown(g.claim, g.context) for g in goals]
    return Intro(tuple(p for p in parts if p is not None)) if all(p is not None for p in parts) else None


def _searched(claim: Term, context: Context, work: Work) -> Certificate | None:
    """A premise as a comparison, or by solving, with little work."""
    try:
        goals = introduce(claim, context)
    except Decline:
        return None
    named = tuple(
        f.name for f in context.facts
        if f.name and f.kind not in (CONDITION, DOMAIN) and not any(isinstance(t, Bind) for t in subterms(f.claim))
    )
    parts: list[Certificate] = []
    for goal in goals:
        if not work.spend():
            return None
        part = (
            order_search.find(goal, order.begin(named, None, (), work=60), 4) if order_search.is_comparison(goal.claim)
            else solve.find(goal, solve.Search(named, None, named, frozenset(named), work=20), 5)
        )
        if part is None:
            return None
        parts.append(part)
    return Intro(tuple(parts))


def _by_instance(claim: Term, context: Context, names: list[str]) -> Certificate | None:
    """Each goal from one fact about all points, at the point that the goal is about."""
    return by_goals(
        claim, context, lambda goal: next((p for n in names if (p := _at_instance(goal, n)) is not None), None)
    )


def _at_instance(goal: Goal, name: str) -> Certificate | None:
    fact = next(f for f in goal.context.facts if f.name == name)
    claim, sorts = goal.context.unfold(fact.claim), []
    while True:
        match claim:
            case Bind("forall", var, _, body):
                sorts.append(var.sort)
                claim = body
            case App("=>", (_, conclusion)):
                claim = conclusion
            case _:
                break
    if not sorts or len(sorts) > 2:
        return None
    options = [[s for s in sorted(_symbols(goal), key=lambda s: s.name) if s.sort == sort] for sort in sorts]
    picks = [(a,) for a in options[0]] if len(sorts) == 1 else [(a, b) for a in options[0] for b in options[1]]
    for values in picks[:8]:
        made = fact_at(goal, name, values)
        if isinstance(made, str):
            continue
        owed = [_shown(c, goal.context) for c in made[0]]
        if any(p is None for p in owed):
            continue
        for inner in (*scalar_ways(name), Fact(name)):
            whole = FactAt(name, values, tuple(p for p in owed if p is not None), inner)
            if _accepted(Obligation("", goal.claim, goal.context), whole):
                return whole
    return None


def scalar_ways(name: str) -> tuple[Certificate, ...]:
    """Calculation with the instance, as an equation or for a sign."""
    from derive.kernel.certificate import Normal

    return (Normal(), Normal((name,)))


def _shown(claim: Term, context: Context) -> Certificate | None:
    whole = Obligation("", claim, context, Cited())
    for certificate in scalar.propose(whole, ALL):
        if _accepted(whole, certificate):
            return certificate
    return None


def _symbols(goal: Goal) -> frozenset[Sym]:
    """What the goal and its premises mention."""
    found = set(free_symbols(goal.claim))
    for fact in goal.context.facts:
        if fact.kind == "case":
            found |= free_symbols(fact.claim)
    return frozenset(found)


def _accepted(whole: Obligation, certificate: Certificate) -> bool:
    return isinstance(accept(whole, certificate), Accepted)
