"""Claims turned round: both directions of an equivalence, contraposition, equality from two inequalities.

Promise: if every subgoal returned holds, then so does the goal. All of it is classical logic about propositions
whose terms are defined: where a premise holds its terms have values, and the claim's are owed.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.alpha import alpha_equal
from derive.core.claim import Context
from derive.core.shape import shape_of, sort_of
from derive.core.sort import Scalar
from derive.core.term import (
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    substitute,
)
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Goal


def directions(claim: Term) -> tuple[Term, Term] | None:
    """The two implications of an equivalence."""
    match claim:
        case App("<=>", (left, right)):
            return implies(left, right), implies(right, left)
    return None


def negated(claim: Term) -> Term | None:
    """The denial of a proposition, relation by relation; None where it has none without a quantifier.

    Without realness: the denial of `z < w` would order complex numbers.
    """
    match claim:
        case App("=" | "!=" as rel, (a, b)) if not shape_of(a) and not shape_of(b):
            return App("!=" if rel == "=" else "=", (a, b))
        case App("<", (a, b)) if is_real(a, b):
            return le(b, a)
        case App("<=", (a, b)) if is_real(a, b):
            return lt(b, a)
        case App("not", (inner,)):
            return inner
        case App("and" | "or" as op, parts):
            denied = [negated(p) for p in parts]
            if any(d is None for d in denied):
                return None
            found = tuple(d for d in denied if d is not None)
            return conj(*found) if op == "or" else App("or", found)
        case App("=>", (premise, conclusion)):
            denied_one = negated(conclusion)
            return None if denied_one is None else conj(premise, denied_one)
    return None


def is_real(*terms: Term) -> bool:
    """Are these real or whole numbers?"""
    return all(isinstance(s := sort_of(t), Scalar) and s.value in ("real", "integer") for t in terms)


def contrary(goal: Goal, premise: Term) -> tuple[Term, Context, frozenset[str]] | str:
    """The goal from its contraposition: were it false, a premise would be.

    The premise is taken out of the context, so that it does not hide what is to be shown of it; it must be a
    fact there. Without this: any goal would follow from a premise that nobody stated
    (tests/unsound/solve_contraposition_of_nothing.drv).
    """
    denied, end = negated(goal.claim), negated(premise)
    if denied is None or end is None:
        return "a quantified claim or an array is not denied here"
    facts = []
    names: frozenset[str] | None = None
    for fact in goal.context.facts:
        parts = conjuncts(goal.context.unfold(fact.claim))
        kept = tuple(p for p in parts if not alpha_equal(p, premise))
        if len(kept) == len(parts):
            facts.append(fact)
            continue
        names = (names or frozenset()) | {fact.name}
        if kept:
            facts.append(replace(fact, claim=conj(*kept)))
    if names is None:
        return "the premise is no fact here"
    context = Context(goal.context.symbols, goal.context.definitions, tuple(facts))
    return implies(denied, end), context, names


def both_ways(claim: Term) -> tuple[Term, Term] | None:
    """`a = b` from `a <= b` and `b <= a`. Without realness: complex numbers have no order."""
    match claim:
        case App("=", (a, b)) if is_real(a, b):
            return le(a, b), le(b, a)
    return None


def apart(claim: Term, below: bool) -> Term | None:
    """`a != b` from `a < b`, or from `b < a`."""
    match claim:
        case App("!=", (a, b)) if is_real(a, b):
            return lt(a, b) if below else lt(b, a)
    return None


def alternative(claim: Term, number: int) -> Term | None:
    """One alternative of a disjunction."""
    match claim:
        case App("or", parts) if 0 <= number < len(parts):
            return parts[number]
    return None


def exponentials(claim: Term) -> Term | None:
    """`a <= b` from `exp(a) <= exp(b)`. Without realness: the exponential of a complex number has no order."""
    match claim:
        case App("<" | "<=" as rel, (a, b)) if is_real(a, b):
            return App(rel, (App("exp", (a,)), App("exp", (b,))))
    return None


def termwise(claim: Term) -> Term | None:
    """Two sums, products or extrema over one range are equal where they are so term by term.

    Without the fresh name: a free i of the context is captured.
    """
    match claim:
        case App("=", (Bind("sum" | "prod" | "max" | "min" as op, i, over, f), Bind(other, j, again, g))) if (
            op == other and len(over) == 2 and all(alpha_equal(a, b) for a, b in zip(over, again, strict=True))
        ):
            taken = {s.name for s in free_symbols(claim)} | {i.name, j.name}
            new = Sym(fresh_name(i.name, taken), i.sort)
            return Bind("forall", new, over, App("=", (substitute(f, {i: new}), substitute(g, {j: new}))))
    return None
