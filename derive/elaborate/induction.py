"""Induction: the goal as a function of a natural number, a base, a step, and what they amount to.

Promise: what is assumed of the variable (its declaration, hypotheses, ranges) is moved into the statement
that is shown by induction. Inside the step the variable is arbitrary from the base on; the hypotheses about it
hold for the next number, and hold for the number itself only as far as that is shown. What was proved about
the variable before is not available in the step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from derive.core.alpha import alpha_equal
from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, STEP, Cited, Context, Fact, Obligation
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, Array, Function, Sort
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    eq,
    free_symbols,
    le,
    substitute,
    subterms,
)
from derive.elaborate.plan import Composite, PlannedStep
from derive.elaborate.proof import Proof, assumption
from derive.elaborate.scope import Role, Scope
from derive.elaborate.shapes import show_size
from derive.elaborate.steps import not_yet
from derive.elaborate.terms import elaborate_term
from derive.syntax import ast, outline
from derive.text import Span

Body = Callable[[tuple[outline.ProofItem, ...], Scope, Proof, Term, Span], tuple[str, ...]]
IH = "induction_hypothesis"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an induction is about: its variable, its first value, its goal and what is assumed of the variable."""

    variable: Sym
    base: Term
    goal: Term
    assumed: tuple[Fact, ...]
    item: outline.Induction
    indices: tuple[tuple[Sym, Term, Term], ...] = ()

    def at(self, term: Term, value: Term) -> Term:
        """A term for another value of the variable."""
        return substitute(term, {self.variable: value})

    @property
    def next(self) -> Term:
        """The number after."""
        return add(self.variable, ONE)


def induct(item: outline.Induction, proof: Proof, goal: Term | None, body: Body) -> None:
    """`induction on n ... base n = 1 ... step n -> n + 1 ... end`."""
    setting = _setting(item, proof, goal)
    if isinstance(setting, str):
        not_yet(proof, item.span, setting)
        return
    outer_inducting = proof.inducting
    proof.inducting = outer_inducting | {item.variable.name}
    parts = [_cover(setting, proof)]
    at_base = eq(setting.variable, setting.base)
    name = proof.fact_name(f"base {item.variable.name}")
    base_scope = proof.scope.with_fact(assumption(name, at_base, proof.scope, item.span))
    first = setting.at(setting.goal, setting.base)
    parts += body(item.base, base_scope, proof, first, _place(item.base_claim, item))
    step_scope, owed = _step_scope(setting, proof)
    parts += owed
    target = setting.at(setting.goal, setting.next)
    parts += body(item.step, step_scope, proof, target, _place(item.step_head, item))
    proof.inducting = outer_inducting
    claim = proof.fact_name(f"line {proof.line(item.span)}")
    # Without `also`: a hypothesis about x and n, used for the next n, would not count as used.
    also = tuple(f.name for f in setting.assumed if f.kind != DOMAIN or f.tainted)
    proof.steps.append(Composite(claim, tuple(dict.fromkeys(parts)), also))
    assert goal is not None
    proof.keep(Fact(claim, goal, STEP, frozenset({claim, *also}), span=item.span))


def _place(head: ast.Expr | None, item: outline.Induction) -> Span:
    return head.span if head is not None else item.span


# ---------------------------------------------------------------- reading


def _setting(item: outline.Induction, proof: Proof, goal: Term | None) -> Setting | str:
    """What the induction is about, or why it is not checked."""
    name = item.variable.name
    if goal is None:
        return "there is no claim to show by induction in this block"
    if name in proof.inducting:
        proof.error("duplicate-name", f"an induction on `{name}` is open already", item.variable.span)
        return f"`{name}` is the variable of an induction around this one"
    entry = proof.scope.lookup(name)
    if entry is None:
        proof.error("unknown-name", f"`{name}` has no meaning here", item.variable.span)
        return f"`{name}` has no meaning here"
    if entry.role not in (Role.DECLARED, Role.BOUND) or entry.symbol.sort is not INTEGER:
        return f"induction is on a declared integer, and `{name}` is none"
    base = _base(item, entry.symbol, proof)
    if isinstance(base, str):
        return base
    if not _is_step(item.step_head, name):
        return f"the step of an induction is written `step {name} -> {name} + 1`"
    whole = proof.scope.unfold_to(goal, entry.symbol)
    context = proof.scope.context()
    if _sized(context.unfold(whole), entry.symbol, context):
        return (
            f"the claim is about an array whose size depends on `{name}`: "
            f"declare it with a larger size `N` and assume `{name} <= N`"
        )
    assumed = []
    for fact in proof.scope.facts:
        if fact.kind in (DOMAIN, HYPOTHESIS, CASE) and _touches(fact.claim, entry.symbol, context):
            claim = proof.scope.unfold_to(fact.claim, entry.symbol)
            if not _sized(context.unfold(claim), entry.symbol, context):
                assumed.append(replace(fact, claim=claim))
    indices = _indices(whole, entry.symbol, proof.scope)
    for index, _, _ in indices:
        whole = proof.scope.unfold_to(whole, index)
    return Setting(entry.symbol, base, whole, tuple(assumed), item, indices)


def _indices(goal: Term, variable: Sym, scope: Scope) -> tuple[tuple[Sym, Term, Term], ...]:
    """The indices of the goal that are arbitrary in a range free of the variable, and nothing else is assumed of.

    The hypothesis of the induction is about all of them: base and step are shown for an arbitrary one.
    Without the last: a claim about s >= 2 alone would be assumed of s = 1
    (tests/unsound/structure_induction_restricted_index.drv).
    """
    context = scope.context()
    found = []
    for symbol in sorted(context.dependencies(goal), key=lambda s: s.name):
        if symbol == variable or symbol.sort is not INTEGER:
            continue
        about = [
            f for f in scope.facts
            if f.kind in (DOMAIN, HYPOTHESIS, CASE) and symbol in context.dependencies(f.claim)
        ]
        match [f.claim for f in about]:
            case [App("<=", (low, first)), App("<=", (second, high))] if first == second == symbol:
                ends = context.dependencies(low) | context.dependencies(high)
                if ends.isdisjoint({symbol, variable}) and {f.kind for f in about} == {CASE}:
                    found.append((symbol, low, high))
    names = {symbol for symbol, _, _ in found}
    return tuple(i for i in found if names.isdisjoint(free_symbols(i[1]) | free_symbols(i[2])))


def _base(item: outline.Induction, variable: Sym, proof: Proof) -> Term | str:
    name = variable.name
    wanted = f"the base of an induction is written `base {name} = 1`"
    claim = item.base_claim
    while isinstance(claim, ast.Paren):
        claim = claim.inner
    match claim:
        case ast.Relation(ast.Name(first, _), ((rel, value),), _) if first == name and rel == "=":
            made = elaborate_term(value, proof.scope)
            proof.diagnostics += made.diagnostics
            if made.term is None:
                return wanted
            if sort_of(made.term) is not INTEGER:
                return "the base of an induction is an integer"
            if _touches(made.term, variable, proof.scope.context()):
                return f"the base of an induction on `{name}` depends on `{name}`"
            return made.term
    return wanted


def _is_step(head: ast.Expr | None, name: str) -> bool:
    match head:
        case ast.Arrow(ast.Name(first, _), ast.Binary("+", ast.Name(second, _), ast.Number(one, _, _), _), _):
            return first == second == name and one == 1
    return False


# ---------------------------------------------------------------- what depends on the variable


def _symbols(term: Term, context: Context) -> frozenset[Sym]:
    """Every symbol that a term depends on: through definitions, bound ones, and those in the sizes of arrays."""
    found: set[Sym] = set()
    stack: list[Term] = [term]
    while stack:
        for t in subterms(stack.pop()):
            symbol = t.var if isinstance(t, Bind) else t
            if isinstance(symbol, Sym) and symbol not in found:
                found.add(symbol)
                stack += _sizes(symbol.sort)
                body = context.body(symbol)
                if body is not None:
                    stack.append(body)
    return frozenset(found)


def _sizes(sort: Sort) -> tuple[Term, ...]:
    match sort:
        case Array(shape, _):
            return shape
        case Function(args, result):
            return tuple(s for part in (*args, result) for s in _sizes(part))
    return ()


def _touches(term: Term, variable: Sym, context: Context) -> bool:
    """Does a term depend on the variable, in whatever way?"""
    return variable in _symbols(term, context)


def _sized(term: Term, variable: Sym, context: Context) -> bool:
    """Is a symbol in a term an array, or a function of one, whose size depends on the variable?"""
    return any(
        _touches(size, variable, context)
        for symbol in _symbols(term, context)
        for size in _sizes(symbol.sort)
    )


# ---------------------------------------------------------------- the parts


def _cover(setting: Setting, proof: Proof) -> str:
    """No value of the variable lies below the base.

    Without this: a claim that fails at 1, with base n = 2 (tests/unsound/structure_induction_late_base.drv).
    """
    place = proof.first_line(setting.item.span)
    identifier = proof.new_id("first", setting.item.span)
    claim = le(setting.base, setting.variable)
    goal = Obligation(identifier, claim, proof.scope.context(), Cited(), place)
    proof.steps.append(
        PlannedStep(
            identifier, proof.theorem, "", identifier, place, proof.source.slice(place).strip(),
            goal, role="cover", alternatives=(("", goal),),
        )
    )
    return identifier


def _step_scope(setting: Setting, proof: Proof) -> tuple[Scope, tuple[str, ...]]:
    """The scope of the step, and the steps that show that the hypotheses hold for the number itself."""
    item, variable = setting.item, setting.variable
    scope = _without(variable, proof.scope)
    label = proof.fact_name(f"{variable.name} >= {show_size(setting.base)}")
    scope = scope.with_fact(assumption(label, le(setting.base, variable), scope, item.span))
    open_ones = []
    for fact in setting.assumed:
        if _follows(fact.claim, setting):
            scope = scope.with_fact(fact)
            continue
        scope = scope.with_fact(
            assumption(fact.name, setting.at(fact.claim, setting.next), scope, item.span, fact.kind)
        )
        open_ones.append(fact)
    parts: tuple[str, ...] = ()
    if open_ones:
        identifier = _reproved(setting, scope, open_ones, proof)
        parts = (identifier,)
        for fact in open_ones:
            name = f"{fact.name} at {variable.name}"
            proof.steps.append(Composite(name, parts))
            scope = scope.with_fact(Fact(name, _held(setting, fact.claim), STEP, frozenset({name})))
    ih = IH if all(f.name != IH for f in scope.facts) else proof.fact_name(f"{IH}_{variable.name}")
    proof.steps.append(Composite(ih, parts))
    claim = setting.goal
    for index, low, high in reversed(setting.indices):
        claim = Bind("forall", index, (low, high), claim)
    hypothesis = assumption(ih, _held(setting, claim), scope, item.span, HYPOTHESIS)
    return scope.with_fact(hypothesis), parts


def _held(setting: Setting, claim: Term) -> Term:
    """What holds of the number itself; in a strong induction, of every number from the base to it."""
    if not setting.item.strong:
        return claim
    taken = {s.name for t in subterms(claim) for s in ([t] if isinstance(t, Sym) else [])}
    number = 1
    while f"{setting.variable.name}~{number}" in taken:
        number += 1
    earlier = Sym(f"{setting.variable.name}~{number}", INTEGER)
    return Bind("forall", earlier, (setting.base, setting.variable), setting.at(claim, earlier))


def _follows(claim: Term, setting: Setting) -> bool:
    """Does it follow from the number being at least the base, by looking at it?"""
    match claim:
        case App("<=", (low, symbol)) if symbol == setting.variable:
            if isinstance(low, Num) and isinstance(setting.base, Num):
                return low.value <= setting.base.value
            return alpha_equal(low, setting.base)
    return False


def _reproved(setting: Setting, scope: Scope, facts: list[Fact], proof: Proof) -> str:
    """The hypotheses hold for the number itself, because they hold for the next one.

    Without this: for a = 2*n, the step from a claim about n and a to one about n + 1 and another a
    (tests/unsound/structure_induction_context.drv).
    """
    place = _place(setting.item.step_head, setting.item)
    identifier = proof.new_id("hypotheses", place)
    claim = conj(*(_held(setting, f.claim) for f in facts))
    goal = Obligation(identifier, claim, scope.context(), Cited(), place)
    proof.steps.append(
        PlannedStep(
            identifier, proof.theorem, "", identifier, place, proof.source.slice(place).strip(), goal,
            role="cover", alternatives=(("", goal),),
        )
    )
    return identifier


def _without(variable: Sym, scope: Scope) -> Scope:
    """The scope in which the variable is a new one: nothing that depends on the old one is known."""
    context = scope.context()
    kept = tuple(f for f in scope.facts if not _touches(f.claim, variable, context))
    reason = f"its size depends on the variable `{variable.name}` of the induction"
    symbols = tuple(s for s in scope.symbols if s == variable or not _sized(s, variable, context))
    inner = replace(scope, facts=kept, symbols=symbols)
    for name, entry in scope.entries.items():
        if entry.symbol != variable and _sized(entry.symbol, variable, context):
            inner = inner.conceal(name, reason, entry.span)
    return inner


