"""What is to be shown, atom by atom, and the normal form under its facts.

Promise: `introduce` turns a claim into atomic goals that together say the same, each with what its quantifiers
and premises brought; `normaliser` lets only the facts that a certificate names rewrite.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from derive.core.claim import CASE, Context, Definition, Fact
from derive.core.term import (
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    le,
    mentions,
    substitute,
    subterms,
)
from derive.kernel.arrays import scalarise
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus, scale


@dataclass(frozen=True, slots=True)
class Accepted:
    """The certificate shows the claim; `uses` names the facts that it used."""

    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The certificate does not show the claim, and why in plain words."""

    reason: str


Zero = tuple[Poly, frozenset[str]]


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
            inner = context.with_facts(Fact("", premise, CASE))
            return introduce(conclusion, inner, calculus, by_entry)
        case Bind("forall", var, over, body):
            # Without the fresh name: a hypothesis about a free i would hold for the bound one.
            fresh = _fresh(var, context, claim)
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
    done = differentiate(term)
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
                _add_equation(run, part, fact.name, zeros)
    return run, zeros


def conjuncts(claim: Term) -> tuple[Term, ...]:
    if isinstance(claim, App) and claim.op == "and":
        return tuple(c for part in claim.args for c in conjuncts(part))
    return (claim,)


def _add_equation(run: Normaliser, claim: Term, name: str, zeros: list[Zero]) -> None:
    """Let an equation rewrite: one atom by the rest where that is possible, a polynomial zero otherwise."""
    variables: list[Sym] = []
    while isinstance(claim, Bind) and claim.op == "forall":
        if not claim.over:
            return
        low, high = claim.over
        fresh, body = run.enter(claim.var, low, high, claim.body)
        variables.append(fresh)
        claim = body
    if not (isinstance(claim, App) and claim.op == "="):
        return
    run.used = set()
    try:
        gap = run.clear(minus(run.normal(claim.args[0]), run.normal(claim.args[1])))
    except Decline:
        return
    target = _solve_for(run, gap, variables)
    if target is None:
        if not variables and gap:
            zeros.append((gap, frozenset(run.used | {name})))
        return
    atom, c = target
    value = scale(minus(gap, {((atom, 1),): c}), -1 / c)
    term = run.atoms[atom]
    if variables:
        run.patterns.append((term, frozenset(variables), run.to_term(value), name))
    else:
        zeros.append((gap, frozenset(run.used | {name})))
        run.ground[term] = (value, frozenset(run.used | {name}))
    # Normal forms made before the equation was known would not have used it.
    run.memo = {}
    run.sign_memo = {}


def _solve_for(run: Normaliser, gap: Poly, variables: list[Sym]) -> tuple[int, Fraction] | None:
    """An atom that occurs once, alone, with a rational coefficient: the largest such atom."""
    best: tuple[int, Fraction] | None = None
    best_key: tuple[int, str] = (0, "")
    for m, c in gap.items():
        if len(m) != 1 or m[0][1] != 1:
            continue
        atom = m[0][0]
        term = run.atoms[atom]
        if isinstance(term, App) and term.op in ("exp", "root", "poly", "abs", "delta", "indicator", "pi"):
            continue
        if not set(variables) <= free_symbols(term) or (variables and not _is_pattern(term)):
            continue
        others = [a for n in gap if n != m for a, _ in n]
        if atom in others or any(term in set(subterms(run.atoms[a])) for a in others):
            continue
        key = (sum(1 for _ in subterms(term)), repr(term))
        if best is None or key > best_key:
            best, best_key = (atom, c), key
    return best


def _is_pattern(term: Term) -> bool:
    """May this atom be matched? Its indices are owed to be in range, so a match is an instance."""
    return isinstance(term, (App, Bind)) and any(
        isinstance(t, App) and t.op in ("index", "partial") for t in subterms(term)
    )
