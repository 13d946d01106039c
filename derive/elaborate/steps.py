"""Proofs: the lines of a derivation become obligations, in order.

Promise: a fact is in scope only inside the block that proved it; closing a block exports the discharged
form (`for s, fact`, `hypothesis => fact`) and nothing else. What is read but not yet checked becomes a step
that says so, and later steps that rest on it are `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from derive.core.claim import CASE, STEP, Cited, Fact, Obligation
from derive.core.term import App, Bind, Term, conj
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.declarations import elaborate_definition, elaborate_quantifier_items
from derive.elaborate.plan import Composite, PlannedStep
from derive.elaborate.quantifiers import Binder, closed
from derive.elaborate.reasons import Reading, read_reasons
from derive.elaborate.scope import Scope
from derive.elaborate.terms import elaborate_claim, elaborate_relation, elaborate_term
from derive.syntax import ast
from derive.text import Source, Span


@dataclass(slots=True)
class Proof:
    """A proof under construction. `scope` grows; `goal` is what is to be shown."""

    theorem: str
    scope: Scope
    source: Source
    rules: frozenset[str]
    lost: frozenset[str]
    steps: list[PlannedStep | Composite] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    chain_facts: list[Fact] = field(default_factory=list)
    concluded: bool = False
    used_ids: set[str] = field(default_factory=set)

    def line(self, span: Span) -> int:
        """The line of a span."""
        return self.source.place(span.start).line

    def new_id(self, label: str, span: Span) -> str:
        """A stable identifier: the theorem with the label, or the line."""
        stem = f"{self.theorem}/{label or f'line {self.line(span)}'}"
        name, number = stem, 2
        while name in self.used_ids:
            name, number = f"{stem} ({number})", number + 1
        self.used_ids.add(name)
        return name

    def keep(self, fact: Fact) -> None:
        """Bring a fact into scope."""
        self.scope = self.scope.with_fact(fact)
        self.chain_facts.append(fact)


def run(items: tuple[ast.ProofItem, ...], proof: Proof, goal: Term | None) -> None:
    """The items of one block, in order; a `for` line holds to the end of the block."""
    opened: tuple[Binder, ...] = ()
    outer = proof.scope
    inside = 0
    for item in items:
        match item:
            case ast.Fix():
                fixed = elaborate_quantifier_items(item.items, proof.scope)
                proof.diagnostics += fixed.diagnostics
                if not opened:
                    outer, inside = proof.scope, len(proof.chain_facts)
                proof.scope = fixed.scope
                opened += fixed.binders
            case ast.Conclude():
                if opened:
                    _close_for(proof, outer, opened, inside)
                    opened = ()
                conclude(item.reasons, item.span, proof, goal)
            case _:
                _item(item, proof, goal)
    if opened:
        _close_for(proof, outer, opened, inside)


def _item(item: ast.ProofItem, proof: Proof, goal: Term | None) -> None:
    match item:
        case ast.Step():
            chain(item.chain, item.label, proof)
        case ast.Let():
            proof.scope, found = elaborate_definition(item.definition, proof.scope)
            proof.diagnostics += found
        case ast.Suppose():
            _suppose(item, proof, goal)
        case ast.Split():
            for branch in item.branches:
                _branch(branch, proof, goal)
            _not_yet(proof, item.span, "`split` is read but its cases are not yet put together")
        case ast.Induction():
            _inner(item.base, proof, goal)
            _inner(item.step, proof, goal)
            _not_yet(proof, item.span, "`induction` is read but not yet checked")
        case ast.Contradiction():
            _not_yet(proof, item.span, "`contradiction` is read but not yet checked")
        case ast.Admit():
            _admit(item, proof, goal)


# ---------------------------------------------------------------- blocks


def _close_for(proof: Proof, outer: Scope, binders: tuple[Binder, ...], start: int) -> None:
    """The facts of the block, each with the block's quantifiers in front."""
    for fact in _exported(proof, outer, start):
        proof.keep(replace(fact, claim=closed(binders, fact.claim)))


def _exported(proof: Proof, outer: Scope, start: int) -> list[Fact]:
    """The facts of a block that ends, with its own definitions unfolded; the scope is the outer one again.

    Without the unfolding: a `let` of the block would live on as a free name in its facts.
    """
    own = frozenset(d.symbol for d in proof.scope.definitions[len(outer.definitions):])
    context = proof.scope.context()
    inner = [
        replace(f, claim=context.unfold(f.claim, own)) if own else f
        for f in proof.chain_facts[start:]
    ]
    proof.scope = outer
    del proof.chain_facts[start:]
    return inner


def _suppose(item: ast.Suppose, proof: Proof, goal: Term | None) -> None:
    claim = _claim(item.claim, proof)
    outer, start = proof.scope, len(proof.chain_facts)
    if claim is None:
        return
    name = item.name.name if item.name else f"the supposition on line {proof.line(item.span)}"
    proof.scope = outer.with_fact(Fact(name, claim, CASE, frozenset({name}), span=item.span))
    # Without None: `conclude` inside would show the goal under the supposition.
    run(item.body, proof, None)
    for fact in _exported(proof, outer, start):
        proof.keep(replace(fact, claim=App("=>", (claim, fact.claim))))


def _branch(branch: ast.Branch, proof: Proof, goal: Term | None) -> None:
    claim = _claim(branch.claim, proof) if branch.claim is not None else None
    outer, start = proof.scope, len(proof.chain_facts)
    if claim is not None:
        name = branch.name.name if branch.name else f"the case on line {proof.line(branch.span)}"
        proof.scope = outer.with_fact(Fact(name, claim, CASE, frozenset({name}), span=branch.span))
    run(branch.body, proof, None)
    proof.scope = outer
    del proof.chain_facts[start:]


def _inner(items: tuple[ast.ProofItem, ...], proof: Proof, goal: Term | None) -> None:
    outer, start = proof.scope, len(proof.chain_facts)
    run(items, proof, None)
    proof.scope = outer
    del proof.chain_facts[start:]


def _not_yet(proof: Proof, span: Span, why: str) -> None:
    name = proof.new_id("", span)
    first = proof.source.slice(span).split("\n")[0]
    end = Span(span.start, span.start + len(first))
    proof.steps.append(
        PlannedStep(name, proof.theorem, "", name, end, first.strip(), None, unsupported=(why,))
    )


def _admit(item: ast.Admit, proof: Proof, goal: Term | None) -> None:
    name = proof.new_id("", item.span)
    obligation = None
    if goal is not None:
        obligation = Obligation(name, goal, proof.scope.context(), Cited(), item.span)
        proof.concluded = True
    proof.steps.append(
        PlannedStep(
            name,
            proof.theorem,
            "",
            name,
            item.span,
            proof.source.slice(item.span),
            obligation,
            role="goal" if goal is not None else "step",
            admitted=item.text,
        )
    )


# ---------------------------------------------------------------- statements


def _claim(expr: ast.Expr, proof: Proof) -> Term | None:
    made = elaborate_claim(expr, proof.scope)
    proof.diagnostics += made.diagnostics
    return made.term


def chain(statement: ast.Chain, label: ast.Name | None, proof: Proof) -> None:
    """One statement: a step for each link, and the fact that they compose to."""
    name = label.name if label else ""
    if name and any(f.name == name for f in proof.scope.facts):
        proof.diagnostics.append(
            Diagnostic(
                "duplicate-name",
                Severity.ERROR,
                f"the name `{name}` is already taken",
                label.span if label else statement.span,
                hint="choose another label",
            )
        )
        name = ""
    if not statement.links:
        _bare(statement, name, proof)
        return
    first = elaborate_term(statement.first, proof.scope)
    if first.term is None:
        proof.diagnostics += first.diagnostics
        _lost(statement, name, proof)
        return
    _links(statement, name, first.term, tuple(first.reasons), proof)


def _lost(statement: ast.Chain, name: str, proof: Proof) -> None:
    if name:
        proof.lost |= {name}


def _links(
    statement: ast.Chain, name: str, first: Term, first_reasons: tuple[str, ...], proof: Proof
) -> None:
    left, left_span, before = first, statement.first.span, first_reasons
    prefixes: list[Term] = []
    parts: list[str] = []
    rel: str | None = ""
    guard: list[Term] = []
    for number, link in enumerate(statement.links):
        right = elaborate_term(link.right, proof.scope)
        if right.term is None:
            proof.diagnostics += right.diagnostics
            _lost(statement, name, proof)
            return
        related = elaborate_relation(
            link.rel, left, right.term, left_span.to(link.right.span), proof.scope
        )
        if related.term is None:
            proof.diagnostics += related.diagnostics
            _lost(statement, name, proof)
            return
        reasons_not_read = (*before, *right.reasons, *related.reasons)
        condition = link.condition or statement.condition
        claim = related.term
        if condition is not None:
            guarded = _claim(condition, proof)
            if guarded is None:
                _lost(statement, name, proof)
                return
            claim = App("=>", (guarded, claim))
            if guarded not in guard:
                guard.append(guarded)
        reasons = link.reasons or statement.reasons
        step = _step(claim, name if number == 0 else "", link, reasons, reasons_not_read, proof)
        step = replace(step, left_span=left_span)
        proof.steps.append(step)
        parts.append(step.fact)
        rel = composed(rel, link.rel)
        if rel is None:
            proof.diagnostics.append(_uncomposable(link, proof))
            _lost(statement, name, proof)
            return
        whole = elaborate_relation(rel, first, right.term, link.span, proof.scope)
        if whole.term is not None:
            prefixes.append(App("=>", (conj(*guard), whole.term)) if guard else whole.term)
        left, left_span, before = right.term, link.right.span, tuple(right.reasons)
    _compose(name, statement, prefixes, parts, proof)


def _compose(
    name: str, statement: ast.Chain, prefixes: list[Term], parts: list[str], proof: Proof
) -> None:
    fact_name = name or f"line {proof.line(statement.span)}"
    taken = {f.name for f in proof.scope.facts}
    stem, number = fact_name, 2
    while fact_name in taken:
        fact_name, number = f"{stem} ({number})", number + 1
    claim = conj(*dict.fromkeys(reversed(prefixes)))
    proof.steps.append(Composite(fact_name, tuple(parts)))
    proof.keep(Fact(fact_name, claim, STEP, frozenset({fact_name}), span=statement.span))


_RANK = {"=": 0, "<=": 1, "<": 2}


def composed(before: str | None, rel: str) -> str | None:
    """The relation of a chain so far: `= <= < =` gives `<`; None where no relation follows."""
    if before is None:
        return None
    if before == "":
        return rel
    up, down = ("=", "<=", "<"), ("=", ">=", ">")
    for order in (up, down):
        if before in order and rel in order:
            return order[max(order.index(before), order.index(rel))]
    if {before, rel} <= {"<=>", "=>"}:
        return "=>" if "=>" in (before, rel) else "<=>"
    if {before, rel} == {"=", "!="}:
        return "!="
    return None


def _uncomposable(link: ast.Link, proof: Proof) -> Diagnostic:
    return Diagnostic(
        "chain-direction",
        Severity.ERROR,
        f"`{link.rel}` does not continue this chain: nothing follows about its first and last term",
        link.span,
        hint="begin a new statement here",
    )


def _bare(statement: ast.Chain, name: str, proof: Proof) -> None:
    made = elaborate_claim(statement.first, proof.scope)
    if made.term is None:
        proof.diagnostics += made.diagnostics
        _lost(statement, name, proof)
        return
    claim = made.term
    if statement.condition is not None:
        guard = _claim(statement.condition, proof)
        if guard is None:
            return
        claim = App("=>", (guard, claim))
    link = ast.Link("", statement.first, None, statement.reasons, statement.span)
    step = _step(claim, name, link, statement.reasons, tuple(made.reasons), proof)
    proof.steps.append(replace(step, left_span=statement.span))
    _compose(name, statement, [claim], [step.fact], proof)


def _step(
    claim: Term,
    label: str,
    link: ast.Link,
    reasons: tuple[ast.Reason, ...],
    not_read: tuple[str, ...],
    proof: Proof,
) -> PlannedStep:
    found = read_reasons(reasons, claim, proof.scope, proof.rules, proof.lost)
    identifier = proof.new_id(label, link.span)
    context = proof.scope.context().with_facts(*found.extra)
    obligation = Obligation(identifier, claim, context, found.cited, link.span)
    return PlannedStep(
        identifier,
        proof.theorem,
        label,
        identifier,
        link.span,
        proof.source.slice(link.span).strip(),
        obligation,
        reason=", ".join(proof.source.slice(r.span) for r in reasons),
        reason_span=reasons[0].span.to(reasons[-1].span) if reasons else Span(0, 0),
        cited=(*found.facts, *(d.name for d in found.derived)),
        words=_words(found),
        derived=found.derived,
        admitted=found.admitted,
        unsupported=(*dict.fromkeys((*not_read, *found.unsupported)),),
        diagnostics=tuple(found.diagnostics),
    )


def _words(found: Reading) -> tuple[str, ...]:
    return (*found.words, *(f"feature:{f}" for f in sorted(found.features)))


# ---------------------------------------------------------------- the goal


def conclude(reasons: tuple[ast.Reason, ...], span: Span, proof: Proof, goal: Term | None) -> None:
    """`conclude by ...`: the theorem's claim, from the facts cited."""
    if goal is None:
        _not_yet(proof, span, "`conclude` in a case is read but not yet checked")
        return
    found = read_reasons(reasons, goal, proof.scope, proof.rules, proof.lost)
    identifier = proof.new_id("conclusion", span)
    context = proof.scope.context().with_facts(*found.extra)
    proof.steps.append(
        PlannedStep(
            identifier,
            proof.theorem,
            "conclusion",
            identifier,
            span,
            proof.source.slice(span).strip(),
            Obligation(identifier, goal, context, found.cited, span),
            role="goal",
            reason=", ".join(proof.source.slice(r.span) for r in reasons),
            reason_span=reasons[0].span.to(reasons[-1].span) if reasons else Span(0, 0),
            cited=found.facts,
            words=_words(found),
            derived=found.derived,
            admitted=found.admitted,
            unsupported=tuple(found.unsupported),
            diagnostics=tuple(found.diagnostics),
        )
    )
    proof.concluded = True


def reach(span: Span, text: str, proof: Proof, goal: Term) -> None:
    """The end of a proof without `conclude`: one of its own statements must be the claim."""
    identifier = proof.new_id("conclusion", span)
    proof.steps.append(
        PlannedStep(
            identifier,
            proof.theorem,
            "",
            identifier,
            span,
            text,
            Obligation(identifier, goal, proof.scope.context(), Cited(), span),
            role="reach",
            candidates=tuple(f for f in proof.chain_facts if not isinstance(f.claim, Bind) or True),
        )
    )
