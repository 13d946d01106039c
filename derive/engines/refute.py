"""The refuter: a point that satisfies every hypothesis and breaks the claim, or a survey of points.

Promise: a witness rests on exact arithmetic and separated enclosures only, with every hypothesis decided
true at it and both sides defined. An undefined side is recorded, never taken for a refutation; overlapping
enclosures never refute; a survey proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from derive.core.claim import Context, Obligation
from derive.core.operator import RELATIONS
from derive.core.sort import INTEGER
from derive.core.term import (
    TRUE,
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    le,
    subterms,
    substitute,
)
from derive.core.verdict import Witness
from derive.engines.sample import Environment, points
from derive.engines.sample_plan import Plan, plan


@dataclass(frozen=True, slots=True)
class Budget:
    """Counted work: points to try, attempts to draw them, checks while shrinking a witness."""

    points: int = 24
    attempts: int = 120
    shrink: int = 120
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """No point refuted the claim.

    `points` admissible points were decided, in `sizes`; at `held` the claim was true exactly or the
    enclosures of its sides overlapped (`exactly` of them true exactly). `evaluated`: at every admissible
    point both sides were evaluated. `undefined_at` is the first admissible point where a side does not
    exist (its note says which), `undefined` their number. `reason` says what stopped the search, if
    anything.
    """

    points: int = 0
    held: int = 0
    exactly: int = 0
    undefined: int = 0
    undecided: int = 0
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    undefined_at: Witness | None = None
    reason: str = ""

    @property
    def evaluated(self) -> bool:
        """Were both sides evaluated, and found to agree, at every admissible point?"""
        return self.points > 0 and self.held == self.points

    @property
    def gates_oracle(self) -> bool:
        """Enough evaluated points (20, or the only one there is) for an oracle's answer to count."""
        return self.evaluated and (self.points >= 20 or not self.sizes and self.exactly == 0)


@dataclass(frozen=True, slots=True)
class Question:
    """A claim made ready: outer `forall` and premises moved into the context.

    `premises` must hold at every point; `claim` is what must fail; `shown` are the symbols to print.
    """

    context: Context
    premises: tuple[Term, ...]
    claim: Term
    shown: frozenset[Sym] = field(default_factory=frozenset)


def refute(obligation: Obligation, budget: Budget | None = None) -> Witness | Survey:
    """Look for a counterexample to an obligation."""
    question = prepare(obligation.context, obligation.context.unfold(obligation.claim))
    return _search(question, budget or Budget())


def check_condition_fails(
    context: Context, condition: Term, budget: Budget | None = None
) -> Witness | None:
    """A point that satisfies the hypotheses and where an owed condition is false."""
    found = _search(prepare(context, context.unfold(condition)), budget or Budget())
    return found if isinstance(found, Witness) else None


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
    return Question(context, tuple(premises), claim, shown)


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
    reason: str = ""
    undefined_at: Witness | None = None
    sizes: dict[tuple[tuple[str, int], ...], None] = field(default_factory=dict)


def _search(question: Question, budget: Budget) -> Witness | Survey:
    from derive.engines.refute_argmax import candidates, is_optimum
    from derive.engines.refute_witness import describe, shrink

    claim = question.claim
    whole = plan(question.context, claim, question.premises)
    if whole.open:
        return Survey(reason=whole.open)
    tally = _Tally()
    optimum = is_optimum(claim)
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
        if tally.points == 4 and tally.undecided == 4:
            break
    if not tally.points and not tally.reason:
        tally.reason = "no point that satisfies every hypothesis was found"
    _ = describe
    return Survey(
        tally.points, tally.held, tally.exactly, tally.undefined, tally.undecided,
        tuple(s for s in tally.sizes if s), tally.undefined_at, tally.reason,
    )


def _points(
    question: Question, whole: Plan, budget: Budget
) -> Iterator[tuple[Plan, Environment]]:
    """The points to try; for equivalences first those that solve one side."""
    for wanted in _sides(question.claim):
        narrow = plan(question.context, question.claim, (*question.premises, wanted))
        limit = 6 if narrow.symbols else 1
        for environment in points(narrow, limit, budget.seed, attempts=4 * limit):
            yield whole, environment
    for environment in points(whole, budget.points, budget.seed, budget.attempts):
        yield whole, environment


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
        if tally.undefined_at is None:
            tally.undefined_at = undefined_witness(question, at, environment, answer.reason)
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


def index_symbols(at: Plan) -> frozenset[Sym]:
    """Integer symbols that are no sizes."""
    return frozenset(s for s in at.symbols if s.sort is INTEGER and s not in at.sizes)


def undecidable(claim: Term) -> bool:
    """Does the claim use a form that no point decides?"""
    return any(isinstance(t, App) and t.op == "unsupported" for t in subterms(claim))


def trivially(claims: tuple[Term, ...]) -> Term:
    """All of the claims."""
    return conj(*claims) if claims else TRUE
