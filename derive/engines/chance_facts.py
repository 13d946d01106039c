"""What constraints say of random variables: laws, independence, equations, the degree that is needed.

Promise: what is left out at a point can be added to it; the rest only guides the search (`sample_chance.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.core.chance import MEASURE, is_random
from derive.core.operator import OPERATORS
from derive.core.sort import OUTCOME
from derive.core.term import App, Bind, Sym, Term, free_symbols, mentions, subterms

if TYPE_CHECKING:
    from derive.engines.sample_plan import Plan

MOST_DEGREE = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What the constraints state: laws by variable (with the index), independence, equations."""

    laws: dict[Sym, tuple[Term | None, Term]]
    independent: frozenset[Sym]
    entrywise: frozenset[Sym]
    alike: frozenset[Sym]
    solved: tuple[tuple[Sym, Term], ...]
    given: tuple[tuple[Sym, Bind], ...] = ()


def random_symbols(plan: Plan) -> tuple[Sym, ...]:
    """The random variables of a plan."""
    return tuple(s for s in plan.symbols if is_random(s))


def is_chance(symbol: Sym) -> bool:
    """Is it the measure, a sample point or a random variable?"""
    return symbol == MEASURE or symbol.sort is OUTCOME or is_random(symbol)


_STATED = frozenset({"law", "law_given", "independent", "entries_independent", "entries_alike", "moment"})


def relevant(constraints: tuple[Term, ...], wanted: tuple[Term, ...]) -> tuple[Term, ...]:
    """The constraints without variables of which only laws, independence and moments are stated.

    Any point of the rest extends by such variables, independent of all others, wherever the parameters of
    their laws are in range; that remains as a constraint.
    """
    needed = {s for t in wanted for s in free_symbols(t) if is_random(s)}
    # the law of one variable given another says something of both
    needed |= {s for c in constraints if mentions(c, "law_given") for s in free_symbols(c) if is_random(s)}
    for c in constraints:
        if _statement(c) is None:
            needed |= {s for s in free_symbols(c) if is_random(s)}
    found: list[Term] = []
    for c in constraints:
        mine = {s for s in free_symbols(c) if is_random(s)}
        if mine <= needed:
            found.append(c)
            continue
        statement = _statement(c)
        assert statement is not None
        binders, parts = statement
        for part in parts:
            for left in _reduced(part, needed):
                for b in reversed(binders):
                    left = Bind("forall", b.var, b.over, left) if b.var in free_symbols(left) else left
                found.append(left)
    return tuple(found)


def _statement(claim: Term) -> tuple[list[Bind], tuple[Term, ...]] | None:
    """A fact about laws and the like under its quantifiers; None for another fact."""
    binders: list[Bind] = []
    while isinstance(claim, Bind) and claim.op == "forall" and claim.var.sort is not OUTCOME:
        binders.append(claim)
        claim = claim.body
    parts = claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)
    if all(isinstance(p, App) and p.op in _STATED for p in parts):
        return binders, parts
    return None


def _reduced(part: Term, needed: set[Sym]) -> list[Term]:
    """What a fact says without the variables that are not needed."""
    assert isinstance(part, App)
    if {s for s in free_symbols(part) if is_random(s)} <= needed:
        return [part]
    if part.op == "law":
        law = part.args[1]
        return list(OPERATORS[law.op].owes(law.args)) if isinstance(law, App) else [part]
    if part.op == "independent":
        kept = tuple(f for f in part.args if {s for s in free_symbols(f) if is_random(s)} <= needed)
        return [App("independent", kept)] if len(kept) > 1 else []
    return []


def read_constraints(constraints: tuple[Term, ...]) -> Known:
    """Laws, independence and equations among the constraints."""
    laws: dict[Sym, tuple[Term | None, Term]] = {}
    sets: list[frozenset[Sym]] = []
    entrywise: set[Sym] = set()
    alike: set[Sym] = set()
    solved: list[tuple[Sym, Term]] = []
    given: list[tuple[Sym, Bind]] = []
    for claim in constraints:
        index: Term | None = None
        point: Sym | None = None
        while isinstance(claim, Bind) and claim.op == "forall":
            if claim.var.sort is OUTCOME:
                point = claim.var
            else:
                index = claim.var
            claim = claim.body
        for part in claim.args if isinstance(claim, App) and claim.op == "and" else (claim,):
            match part:
                case Bind("forall", var, _, App("law", (function, law))):
                    _note_law(laws, function, var, law)
                case App("law", (function, law)):
                    _note_law(laws, function, index, law)
                case App("law_given", (function, Bind() as inner, *_)):
                    given += [(s, inner) for s in free_symbols(function) if is_random(s)]
                case App("independent", functions):
                    sets.append(frozenset(s for f in functions for s in free_symbols(f) if is_random(s)))
                case App("entries_independent", (function,)):
                    entrywise |= {s for s in free_symbols(function) if is_random(s)}
                case App("entries_alike", (function,)):
                    alike |= {s for s in free_symbols(function) if is_random(s)}
                case App("=", (App("apply", (Sym() as x, p)), right)) if (
                    p == point and point is not None and x not in free_symbols(right)
                ):
                    solved.append((x, Bind("lam", point, (), right)))
    known = frozenset(laws)
    free = tuple((x, r) for x, r in solved if x not in known)
    return Known(laws, frozenset().union(*sets), frozenset(entrywise), frozenset(alike), free, tuple(given))


def _note_law(laws: dict[Sym, tuple[Term | None, Term]], function: Term, index: Term | None, law: Term) -> None:
    found = [s for s in free_symbols(function) if is_random(s)]
    if len(found) == 1:
        laws[found[0]] = (index, law)


def degree_needed(terms: tuple[Term, ...]) -> int:
    """The largest degree of a polynomial in the random variables under an expectation, at least 2."""
    from derive.backends.flint_chance import polynomial_degree

    best = 2
    for term in terms:
        for t in subterms(term):
            if isinstance(t, Bind) and t.op == "E":
                rough = frozenset(s for s in free_symbols(t) if is_random(s))
                found = polynomial_degree(t.body, t.var, rough)
                if found is not None:
                    best = max(best, found)
    return min(best, MOST_DEGREE)
