"""What is to be shown, atom by atom, and the normal form under its facts.

Promise: `introduce` turns a claim into atomic goals that together say the same, each with what its quantifiers
and premises brought; `normaliser` lets only the facts that a certificate names rewrite.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from derive.core.claim import CASE, Context, Definition, Fact
from derive.core.sort import INTEGER, OUTCOME
from derive.core.term import (
    App,
    Bind,
    Num,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    le,
    mentions,
    substitute,
)
from derive.kernel.alternatives import alternatives
from derive.kernel.arrays import scalarise
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.equations import Zero, add_equation, conjuncts
from derive.kernel.means import settled_derivatives
from derive.kernel.normal import Normaliser

_MOST_PLACES = 8


@dataclass(frozen=True, slots=True)
class Accepted:
    """The certificate shows the claim; `uses` names the facts that it used."""

    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The certificate does not show the claim, and why in plain words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Goal:
    """An atomic claim with the facts that its quantifiers and premises brought."""

    claim: Term
    context: Context


def introduce(
    claim: Term, context: Context, calculus: bool = True, by_entry: bool = True
) -> tuple[Goal, ...]:
    """Strip quantifiers and premises: each becomes a fresh symbol, or facts; arrays go entry by entry."""
    claim = context.unfold(claim)
    match claim:
        case App("and", parts):
            return tuple(g for part in parts for g in introduce(part, context, calculus, by_entry))
        case App("=>", (premise, conclusion)):
            return tuple(
                g for case in alternatives(premise)
                for g in introduce(conclusion, context.with_facts(Fact("", case, CASE)), calculus, by_entry)
            )
        case Bind("forall", var, (Num(first), Num(last)), body) if _few(var, first, last) and mentions(body, "vector"):
            # the entries of a literal vector, one by one
            return tuple(
                g for k in range(int(first), int(last) + 1)
                for g in introduce(substitute(body, {var: Num(k)}), context, calculus, by_entry)
            )
        case Bind("forall", var, over, body):
            # Without the fresh name: a hypothesis about a free i would hold for the bound one.
            fresh = _fresh(var, context, claim)
            if var.sort is OUTCOME and all(s.name != "~v" for s in context.symbols):
                # a point at which sure facts are told, and not the one that E binds: without this,
                # `X > 0 => E[X] > 0` at one sample point (tests/unsound/premise_at_one_outcome.drv)
                fresh = Sym("~v", OUTCOME)
            inner = context.with_symbols(fresh)
            if over:
                low, high = over
                ends = conj(le(low, fresh), le(fresh, high))
                inner = inner.with_facts(Fact("", ends, CASE))
            return introduce(substitute(body, {var: fresh}), inner, calculus, by_entry)
    if not by_entry:
        return (Goal(claim, context),)
    scalar = prepare(claim, context, calculus)
    if scalar is not None and scalar != claim and isinstance(scalar, (App, Bind)):
        if isinstance(scalar, Bind) or scalar.op in ("and", "=>"):
            return introduce(scalar, context, calculus)
        return (Goal(scalar, context),)
    return (Goal(claim, context),)


def _few(var: Sym, low: Fraction, high: Fraction) -> bool:
    """Is it a range of a few whole numbers, but not of none?"""
    whole = var.sort is INTEGER and low.denominator == high.denominator == 1
    return whole and 0 <= high - low < _MOST_PLACES


def _fresh(var: Sym, context: Context, claim: Term) -> Sym:
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(claim)}
    for fact in context.facts:
        taken |= {s.name for s in free_symbols(fact.claim)}
    return Sym(fresh_name(var.name, taken), var.sort) if var.name in taken else var


def prepare(term: Term, context: Context, calculus: bool = True) -> Term | None:
    """Unfolded, entry by entry, differentiated unless told not to; None where the kernel has no rule for a part."""
    return _prepared(term, context.definitions, calculus)


@lru_cache(maxsize=4096)
def _prepared(term: Term, definitions: tuple[Definition, ...], calculus: bool) -> Term | None:
    context = Context(definitions=definitions)
    term = scalarise(context.unfold(term))
    if not calculus:
        return term
    done = differentiate(settled_derivatives(term) if mentions(term, "E") else term)
    return None if isinstance(done, Refusal) else scalarise(context.unfold(done))


def normaliser(
    goal: Goal, features: frozenset[str], equations: tuple[str, ...], extra: tuple[Term, ...] = ()
) -> tuple[Normaliser, list[Zero]]:
    """A normal form under the facts of a goal, and the polynomials that its cited equations make 0."""
    facts = tuple(
        Fact(f.name, claim, f.kind)
        for f in goal.context.facts
        if (claim := prepare(f.claim, goal.context, "diff" in features)) is not None
    )
    guarded = mentions(goal.claim, "ite") or mentions(goal.claim, "indicator")
    run, zeros = _run(facts, features, equations, guarded)
    run.used = set()
    return run, zeros


@lru_cache(maxsize=16)
def _run(
    facts: tuple[Fact, ...], features: frozenset[str], equations: tuple[str, ...], guarded: bool
) -> tuple[Normaliser, list[Zero]]:
    """A normal form under these facts; what it remembers, it remembers with the facts used."""
    run = Normaliser()
    run.prepare(facts, features, guarded)
    zeros: list[Zero] = []
    for fact in facts:
        if fact.name in equations or fact.kind == CASE:
            for part in conjuncts(fact.claim):
                add_equation(run, part, fact.name, zeros)
    run.has_powers = bool(run.powers)
    return run, zeros
