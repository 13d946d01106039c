"""The refuter: a point that satisfies every hypothesis and breaks the claim, or a survey of points.

Promise: a witness rests on exact arithmetic and separated enclosures only, with every hypothesis decided
true at it and both sides defined. An undefined side is recorded, never taken for a refutation; overlapping
enclosures never refute; a survey proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from derive.core.claim import CASE, HYPOTHESIS, Context, Obligation
from derive.core.operator import RELATIONS
from derive.core.term import (
    App,
    Bind,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    le,
    substitute,
)
from derive.core.verdict import Witness
from derive.engines.sample import Environment, points
from derive.engines.sample_plan import Plan, plan
from derive.kernel.alternatives import alternatives
from derive.kernel.contrary import negated


@dataclass(frozen=True, slots=True)
class Budget:
    """Counted work: points to try, attempts to draw them, checks while shrinking a witness."""

    points: int = 24
    attempts: int = 120
    shrink: int = 120
    seed: int = 0


FEW = 8
SAID = frozenset({HYPOTHESIS, CASE})


@dataclass(frozen=True, slots=True)
class Survey:
    """No point refuted the claim.

    `points` admissible points were decided, in `sizes`; at `held` the claim was true exactly or the
    enclosures of its sides overlapped (`exactly` of them true exactly); at `undecided` a side could not
    be evaluated, at `absent` one surely does not exist. `undefined_at` is an admissible point where a side
    has no value (its note says which; one where only one side fails is preferred), `undefined` their
    number. `reason` says what stopped the search, if anything; `closed` that the claim has no free symbols.
    """

    points: int = 0
    held: int = 0
    exactly: int = 0
    undefined: int = 0
    undecided: int = 0
    absent: int = 0
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    undefined_at: Witness | None = None
    reason: str = ""
    closed: bool = False

    @property
    def evaluated(self) -> bool:
        """Were both sides evaluated, and found to agree, at every admissible point that matters?

        Points where a side is undefined matter; a few of at least 20 that no precision settles do not.
        """
        return (
            self.held > 0 and not self.undefined and not self.reason
            and (not self.undecided or self.held >= 20)
        )

    @property
    def gates_oracle(self) -> bool:
        """Both sides evaluated and agreeing at enough points (20, or the only one there is)?"""
        return not self.reason and (self.held >= 20 or (self.held == 1 and self.closed))


@dataclass(frozen=True, slots=True)
class Question:
    """A claim made ready: outer `forall` and premises moved into the context.

    `premises` must hold at every point; `claim` is what must fail; `defined` are terms that must have a
    value there; `shown` are the symbols to print.
    """

    context: Context
    premises: tuple[Term, ...]
    claim: Term
    defined: tuple[Term, ...] = ()
    shown: frozenset[Sym] = field(default_factory=frozenset)


def refute(obligation: Obligation, budget: Budget | None = None) -> Witness | Survey:
    """Look for a counterexample to an obligation."""
    return _answer(obligation.context, obligation.claim, budget or Budget())


def defined_nowhere(survey: Survey) -> Witness | None:
    """A point where a side of a relation surely does not exist, if none was met where both sides exist.

    A claim that holds wherever it is defined is conditional; one that is defined nowhere is false. Without
    `absent`: max(x, 0) + min(x, 0) has a derivative at 0, though the rules for its parts stop there.
    """
    missing = survey.undefined_at
    everywhere = 0 < survey.points == survey.absent
    relation = missing is not None and "side" in missing.note.split(":")[0]
    return missing if everywhere and relation else None


def check_condition_fails(
    context: Context, condition: Term, budget: Budget | None = None
) -> Witness | None:
    """A point that satisfies the hypotheses and where an owed condition is false."""
    found = _answer(context, condition, budget or Budget())
    return found if isinstance(found, Witness) else None


def _answer(context: Context, claim: Term, budget: Budget) -> Witness | Survey:
    """Search at rational points; where few satisfy the equations, also at points that solve them."""
    from derive.engines.refute_solved import with_solved

    question = prepare(context, context.unfold(claim))
    found = _search(question, budget)
    if isinstance(found, Witness):
        return found
    lost = _at_solutions(question, budget)
    if lost is not None or found.held >= FEW:
        return lost or found
    for solved, complete in with_solved(question):
        second = _search(solved, budget)
        if isinstance(second, Witness):
            return complete(second)
        if second.held > found.held:
            found = second
    return found


def _at_solutions(question: Question, budget: Budget) -> Witness | None:
    """For an equivalence: a point that solves one side, irrational if need be, and where the other is false."""
    from derive.engines.refute_solved import with_solved

    few = replace(budget, points=4, attempts=12)
    for way, (case, other) in ways(question.claim):
        asked = replace(question, premises=(*question.premises, case), claim=other)
        for solved, complete in (*with_solved(asked), *with_solved(asked, last=True)):
            found = _search(solved, few)
            if isinstance(found, Witness):
                sides = ("true", "false") if way == "=>" else ("false", "true")
                return replace(complete(found), left=sides[0], right=sides[1], exact=True)
    return None


def ways(claim: Term) -> Iterator[tuple[str, tuple[Term, Term]]]:
    """Each case of each side of an equivalence, with the other side."""
    match claim:
        case App("<=>", (left, right)):
            yield from (("=>", (case, right)) for case in alternatives(left))
            yield from (("<=", (case, left)) for case in alternatives(right))


def prepare(context: Context, claim: Term) -> Question:
    """Strip outer quantifiers over whole sorts, and premises."""
    premises: list[Term] = []
    taken = {s.name for s in context.symbols} | {d.symbol.name for d in context.definitions}
    while True:
        match claim:
            case Bind("forall", var, over, body) if len(over) != 2 or _strips(body):
                new = var
                if var.name in taken:
                    new = Sym(fresh_name(var.name, taken), var.sort)
                    body = substitute(body, {var: new})
                taken.add(new.name)
                if len(over) == 2:
                    premises.extend((le(over[0], new), le(new, over[1])))
                claim = body
            case App("=>", (premise, conclusion)):
                premises.append(premise)
                claim = conclusion
            case _:
                break
    shown = free_symbols(claim).union(*(free_symbols(p) for p in premises), frozenset())
    for _ in range(len(context.facts)):
        related = [free_symbols(context.unfold(f.claim)) for f in context.facts if f.kind in SAID]
        wider = shown.union(*(r for r in related if r & shown), frozenset())
        if wider == shown:
            break
        shown = wider
    return Question(context, tuple(premises), claim, (), shown)


def _strips(body: Term) -> bool:
    """Is there a quantifier over a whole sort below outer ranges and premises?"""
    match body:
        case Bind("forall", _, over, inner):
            return len(over) != 2 or _strips(inner)
        case App("=>", (_, conclusion)):
            return _strips(conclusion)
    return False


# ---------------------------------------------------------------- the search


@dataclass(slots=True)
class _Tally:
    """Counts while searching."""

    points: int = 0
    held: int = 0
    exactly: int = 0
    undefined: int = 0
    undecided: int = 0
    absent: int = 0
    reason: str = ""
    undefined_at: Witness | None = None
    sizes: dict[tuple[tuple[str, int], ...], None] = field(default_factory=dict)


def _search(question: Question, budget: Budget) -> Witness | Survey:
    from derive.engines.refute_argmax import candidates, is_optimum
    from derive.engines.refute_witness import shrink

    claim = question.claim
    whole = plan(question.context, claim, question.premises, question.defined)
    if whole.open:
        return Survey(reason=whole.open)
    tally = _Tally()
    optimum = is_optimum(claim)
    if optimum:
        budget = replace(budget, points=min(budget.points, 10))
    for at, environment in _points(question, whole, budget):
        if optimum:
            found = candidates(claim, environment, tally.points)
        else:
            found = decide_here(claim, environment, _precisions(tally.points))
        tally.points += 1
        tally.sizes[size_of(at, environment)] = None
        if found is not None and found.answer is False:
            return shrink(question, at, environment, found, budget.shrink)
        _count(question, at, environment, found, tally)
        if tally.held >= budget.points or tally.points == tally.undecided == 4:
            break
    if optimum:
        tally.reason = "an optimum is only compared with some other arguments"
    elif tally.held >= 20:
        tally.reason = ""
    elif not tally.points:
        tally.reason = "no point that satisfies every hypothesis was found"
    return Survey(
        tally.points, tally.held, tally.exactly, tally.undefined, tally.undecided, tally.absent,
        tuple(s for s in tally.sizes if s), tally.undefined_at, tally.reason, not whole.symbols,
    )


def _points(
    question: Question, whole: Plan, budget: Budget
) -> Iterator[tuple[Plan, Environment]]:
    """The points to try: first those where the claim would fail; for equivalences those that solve one side."""
    for failing in _failing(question):
        narrow = plan(question.context, question.claim, (*question.premises, *failing), question.defined)
        for environment in points(narrow, 2, budget.seed, attempts=24, patience=16):
            yield whole, environment
    for wanted in _sides(question.claim):
        extra = (*question.premises, wanted)
        narrow = plan(question.context, question.claim, extra, question.defined)
        for environment in points(narrow, 6, budget.seed, attempts=24, patience=5):
            yield whole, environment
    for environment in points(whole, 2 * budget.points, budget.seed, budget.attempts):
        yield whole, environment


def _failing(question: Question) -> Iterator[tuple[Term, ...]]:
    """What holds where the claim fails: one side of an equivalence with a case of the other's denial."""
    claim = question.claim
    for _, (case, other) in ways(claim):
        denied = negated(other)
        if denied is not None:
            yield from ((case, end) for end in alternatives(denied))
    if question.premises and isinstance(claim, App) and claim.op in ("<", "<="):
        denied = negated(claim)
        if denied is not None:
            yield (denied,)


def _sides(claim: Term) -> Iterator[Term]:
    """The propositions whose solutions an equivalence should be tried at."""
    match claim:
        case App("<=>", (left, right)):
            for side in (left, right):
                match side:
                    case App("or", parts):
                        yield from parts
                    case _:
                        yield side
        case App("!=", (left, right)):
            yield App("=", (left, right))
        case App("<", (left, right)):
            yield App("=", (left, right))
        case App("and", parts):
            for part in parts:
                yield from _sides(part)
        case Bind("forall", _, _, App("!=" | "<", (left, right))):
            if not free_symbols(App("=", (left, right))) <= free_symbols(claim):
                return
            yield App("=", (left, right))


def _precisions(number: int) -> tuple[int, ...]:
    """More bits at the first points; the later ones are to separate what is plainly apart."""
    return (64, 256, 1024) if number < 2 else (64, 256) if number < 6 else (64,)


def decide_here(claim: Term, environment: Environment, precisions: tuple[int, ...]) -> Any:
    """The decision for a claim at a point."""
    from derive.backends.flint import decide_at, machine_at

    return decide_at(claim, machine_at(environment), precisions)


def _count(
    question: Question, at: Plan, environment: Environment, found: Any, tally: _Tally
) -> None:
    """Enter a decision that is no refutation."""
    from derive.backends.flint import Uncertain, Undefined
    from derive.engines.refute_witness import undefined_witness

    answer = None if found is None else found.answer
    if answer is True:
        tally.held += 1
        tally.exactly += 1
    elif isinstance(answer, Undefined):
        tally.undefined += 1
        tally.absent += answer.certain
        first = tally.undefined_at
        if first is None or (first.note.startswith("both") and tally.undefined < 8):
            found_at = undefined_witness(question, at, environment, answer.reason)
            if first is None or not found_at.note.startswith("both"):
                tally.undefined_at = found_at
    elif isinstance(answer, Uncertain) and answer.overlap:
        tally.held += 1
    else:
        tally.undecided += 1
        if not tally.reason and isinstance(answer, Uncertain):
            tally.reason = answer.reason


def size_of(at: Plan, environment: Environment) -> tuple[tuple[str, int], ...]:
    """The sizes at a point, by name."""
    return tuple((s.name, int(environment[s])) for s in at.sizes if s in environment)


def relation_sides(claim: Term) -> tuple[Term, Term] | None:
    """The two sides of a relation or an equivalence."""
    match claim:
        case App(op, (left, right)) if op in RELATIONS or op == "<=>":
            return left, right
    return None
