"""Statements: the lines of a derivation become obligations, in order.

Promise: a chain gives one obligation for each of its relations, and the fact that they compose to. What is
read but not yet checked becomes a step that says so, and later steps that rest on it are `unknown`.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.claim import STEP, Cited, Fact, Obligation
from derive.core.term import App, Term, conj
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.plan import Composite, PlannedStep
from derive.elaborate.proof import Proof
from derive.elaborate.reasons import Reading
from derive.elaborate.terms import elaborate_claim, elaborate_relation, elaborate_side
from derive.elaborate.uses import reasons_of
from derive.syntax import ast, outline
from derive.text import Span

# ---------------------------------------------------------------- statements


def claim_of(expr: ast.Expr, proof: Proof) -> Term | None:
    """A proposition of the text; None where it could not be read, which is told."""
    made = elaborate_claim(expr, proof.scope)
    proof.diagnostics += made.diagnostics
    return made.term


def chain(statement: outline.Chain, label: ast.Name | None, proof: Proof) -> None:
    """One statement: a step for each link, and the fact that they compose to."""
    name = proof.fresh_label(label)
    if not statement.links:
        _bare(statement, name, proof)
        return
    first = elaborate_side(statement.first, proof.scope)
    if first.term is None:
        proof.diagnostics += first.diagnostics
        _lost(statement, name, proof)
        return
    _links(statement, name, first.term, tuple(first.reasons), proof)


def _lost(statement: outline.Chain, name: str, proof: Proof) -> None:
    if name:
        proof.lost |= {name}


def _links(
    statement: outline.Chain, name: str, first: Term, first_reasons: tuple[str, ...], proof: Proof
) -> None:
    left, left_span, before = first, statement.first.span, first_reasons
    prefixes: list[Term] = []
    parts: list[str] = []
    rel: str | None = ""
    guard: list[Term] = []
    for number, link in enumerate(statement.links):
        right = elaborate_side(link.right, proof.scope)
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
            guarded = claim_of(condition, proof)
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
    name: str, statement: outline.Chain, prefixes: list[Term], parts: list[str], proof: Proof
) -> None:
    fact_name = name or proof.fact_name(f"line {proof.line(statement.span)}")
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


def _uncomposable(link: outline.Link, proof: Proof) -> Diagnostic:
    return Diagnostic(
        "chain-direction",
        Severity.ERROR,
        f"`{link.rel}` does not continue this chain: nothing follows about its first and last term",
        link.span,
        hint="begin a new statement here",
    )


def _bare(statement: outline.Chain, name: str, proof: Proof) -> None:
    made = elaborate_claim(statement.first, proof.scope)
    if made.term is None:
        proof.diagnostics += made.diagnostics
        _lost(statement, name, proof)
        return
    claim = made.term
    if statement.condition is not None:
        guard = claim_of(statement.condition, proof)
        if guard is None:
            return
        claim = App("=>", (guard, claim))
    link = outline.Link("", statement.first, None, statement.reasons, statement.span)
    step = _step(claim, name, link, statement.reasons, tuple(made.reasons), proof)
    proof.steps.append(replace(step, left_span=statement.span))
    _compose(name, statement, [claim], [step.fact], proof)


def _step(
    claim: Term,
    label: str,
    link: outline.Link,
    reasons: tuple[outline.Reason, ...],
    not_read: tuple[str, ...],
    proof: Proof,
) -> PlannedStep:
    # the claim alone: what is underlined has neither the padding nor the reason in it
    place = Span(link.span.start, (link.condition or link.right).span.end)
    step = reasoned(claim, label, place, reasons, proof)
    return replace(step, unsupported=(*dict.fromkeys((*not_read, *step.unsupported)),))


def reasoned(
    claim: Term, label: str, span: Span, reasons: tuple[outline.Reason, ...], proof: Proof
) -> PlannedStep:
    """A step for a claim with the reasons given."""
    made = reasons_of(reasons, claim, proof)
    found = made.reading
    identifier = proof.new_id(label, span)
    context = proof.scope.context().with_facts(*found.extra)
    return PlannedStep(
        identifier,
        proof.theorem,
        label,
        identifier,
        span,
        proof.source.slice(span).strip(),
        Obligation(identifier, claim, context, found.cited, span),
        reason=", ".join(proof.source.slice(r.span) for r in reasons),
        reason_span=reasons[0].span.to(reasons[-1].span) if reasons else Span(0, 0),
        cited=(*found.facts, *(d.name for d in found.derived)),
        words=_words(found),
        derived=found.derived,
        admitted=found.admitted,
        unsupported=tuple(found.unsupported),
        owing=made.owing,
        diagnostics=tuple(found.diagnostics),
    )


def _words(found: Reading) -> tuple[str, ...]:
    return (*found.words, *(f"feature:{f}" for f in sorted(found.features)))


def not_yet(proof: Proof, span: Span, why: str) -> None:
    """A step that is read and not checked."""
    name = proof.new_id("", span)
    place = proof.first_line(span)
    text = proof.source.slice(place).strip()
    proof.steps.append(
        PlannedStep(name, proof.theorem, "", name, place, text, None, unsupported=(why,))
    )


# ---------------------------------------------------------------- the goal


def conclude(reasons: tuple[outline.Reason, ...], span: Span, proof: Proof, goal: Term | None) -> None:
    """`conclude by ...`: the goal of the block, from the facts cited."""
    if goal is None:
        not_yet(proof, span, "there is no claim to conclude in this block")
        return
    step = replace(reasoned(goal, "conclusion", span, reasons, proof), role="goal")
    proof.steps.append(replace(step, cited=tuple(c for c in step.cited if c not in _made(step))))
    _shown(step.id, span, proof, goal)


def _made(step: PlannedStep) -> frozenset[str]:
    return frozenset(d.name for d in step.derived)


def _shown(identifier: str, span: Span, proof: Proof, goal: Term) -> None:
    """Inside a block the goal that was concluded is a fact like the others."""
    proof.shown = (*proof.shown, identifier)
    if proof.depth:
        name = proof.fact_name(f"the conclusion on line {proof.line(span)}")
        proof.steps.append(Composite(name, (identifier,)))
        proof.keep(Fact(name, goal, STEP, frozenset({name}), span=span))


def admit(item: outline.Admit, proof: Proof, goal: Term | None) -> None:
    """`admit "why"`: the goal of the block is taken on the author's word."""
    name = proof.new_id("", item.span)
    obligation = None
    if goal is not None:
        obligation = Obligation(name, goal, proof.scope.context(), Cited(), item.span)
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
    if goal is not None:
        _shown(name, item.span, proof, goal)


def reach(span: Span, text: str, proof: Proof, goal: Term, start: int = 0) -> str:
    """The end of a block without `conclude`: one of its own statements must be the claim.

    A block without statements claims that its goal needs no proof: any engine may show it.
    """
    identifier = proof.new_id("conclusion", span)
    candidates = tuple(proof.chain_facts[start:])
    proof.steps.append(
        PlannedStep(
            identifier,
            proof.theorem,
            "",
            identifier,
            span,
            text,
            Obligation(identifier, goal, proof.scope.context(), Cited(), span),
            role="reach" if candidates or not proof.depth else "goal",
            candidates=candidates,
        )
    )
    return identifier
