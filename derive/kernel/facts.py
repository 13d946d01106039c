"""Claims that a fact of the context gives as it stands, or at an instance.

Promise: the fact says the claim up to unfolding, bound names and the normal forms of its sides; an instance
of a fact about a range has its index in that range.
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.claim import Obligation
from derive.core.term import App, Bind, Term, le, substitute
from derive.kernel import certificate as form
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Accepted, Goal, Rejected, normaliser, prepare
from derive.kernel.identity import shows
from derive.kernel.match import match
from derive.kernel.poly import Decline, minus
from derive.kernel.structure import is_integer


def whole_fact(obligation: Obligation, name: str) -> Accepted | None:
    """A fact that is the whole claim, or an equation with one side of it whose other side is equal."""
    context = obligation.context
    claim = context.unfold(obligation.claim)
    for fact in context.facts:
        if fact.name != name:
            continue
        whole = context.unfold(fact.claim)
        for part in (whole, *_spread(whole)):
            if alpha_equal(part, claim):
                return Accepted(frozenset({name}))
            match claim, part:
                case App("=", (a, b)), App("=", (c, d)) if alpha_equal(a, c):
                    uses = shows(App("=", (b, d)), context)
                    if uses is not None:
                        return Accepted(uses | {name})
    return None


def _spread(whole: Term) -> tuple[Term, ...]:
    """The parts of a fact under its premises and quantifiers: `P => A and B` says `P => A`."""
    match whole:
        case App("=>", (premise, conclusion)):
            return tuple(App("=>", (premise, part)) for part in _spread(conclusion))
        case Bind("forall", var, over, body):
            return tuple(Bind("forall", var, over, part) for part in _spread(body))
    return tuple(conjuncts(whole))


def by_fact(goal: Goal, name: str) -> Accepted | Rejected:
    """The claim is the fact itself, or one of its parts with sides that have the same normal forms."""
    for fact in goal.context.facts:
        if fact.name != name:
            continue
        whole = goal.context.unfold(fact.claim)
        for part in (whole, *conjuncts(whole)):
            if alpha_equal(part, goal.context.unfold(goal.claim)):
                return Accepted(frozenset({name}))
            prepared = prepare(part, goal.context)
            if prepared is not None and alpha_equal(prepared, goal.claim):
                return Accepted(frozenset({name}))
            if prepared is not None:
                answer = _side_by_side(goal, prepared) or _instance(goal, prepared)
                if answer is not None:
                    return Accepted(answer.uses | {name})
    return Rejected("the fact says something else")


def _instance(goal: Goal, fact: Term) -> Accepted | None:
    """The goal is an instance of a fact about every index of a range, and the index is in the range."""
    binders: list[Bind] = []
    while isinstance(fact, Bind) and fact.op == "forall" and fact.over:
        binders.append(fact)
        fact = fact.body
    if not binders:
        return None
    variables = frozenset(b.var for b in binders)
    for part in (*conjuncts(fact), *(_turned(p) for p in conjuncts(fact))):
        found = match(part, goal.claim, variables)
        if found is None or len(found) != len(variables):
            continue
        if not all(is_integer(value) for value in found.values()):
            continue
        uses: frozenset[str] = frozenset()
        for b in binders:
            low, high = (substitute(end, found) for end in b.over)
            for owed in (le(low, found[b.var]), le(found[b.var], high)):
                used = shows(owed, goal.context)
                if used is None:
                    return None
                uses |= used
        return Accepted(uses)
    return None


def _turned(part: Term) -> Term:
    """An equation read from the other side."""
    return App("=", part.args[::-1]) if isinstance(part, App) and part.op == "=" else part


_IMPLIED = {"=": ("=", "<="), "<": ("<", "<=", "!="), "<=": ("<=",), "!=": ("!=",)}


def _side_by_side(goal: Goal, part: Term) -> Accepted | None:
    """A fact `a' rel' b'` gives `a rel b` where the sides agree and the relation is no stronger."""
    claim = goal.claim
    if not (isinstance(claim, App) and isinstance(part, App) and len(claim.args) == 2 == len(part.args)):
        return None
    if claim.op not in _IMPLIED.get(part.op, ()):
        return None
    pairs = [(claim.args, part.args)]
    if part.op in ("=", "!="):
        pairs.append((claim.args, (part.args[1], part.args[0])))
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    for ours, theirs in pairs:
        if not any(alpha_equal(a, b) for a, b in zip(ours, theirs, strict=True)):
            continue
        try:
            if all(
                alpha_equal(a, b) or run.is_zero(minus(run.normal(a), run.normal(b)))
                for a, b in zip(ours, theirs, strict=True)
            ):
                return Accepted(frozenset(run.used))
        except Decline:
            continue
    return None
