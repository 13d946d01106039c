"""A document becomes a plan: headings, givens, definitions and theorems in the order written.

Promise: total. Every statement of the file is either in the plan, or has a diagnostic that says why not.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.claim import HYPOTHESIS, THEOREM, Cited, Fact, Obligation
from derive.core.term import App, Term, conj
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.blocks import run
from derive.elaborate.declarations import (
    elaborate_definition,
    elaborate_given,
    elaborate_quantifier_items,
)
from derive.elaborate.imports import Imported, with_imports
from derive.elaborate.plan import Composite, Plan, PlannedStep, PlannedTheorem
from derive.elaborate.proof import Proof
from derive.elaborate.quantifiers import Binder, closed
from derive.elaborate.scope import Scope
from derive.elaborate.steps import reach
from derive.elaborate.terms import elaborate_chain, elaborate_claim
from derive.syntax import ast, outline
from derive.syntax.words import LAYOUTS
from derive.text import Source, Span


def elaborate(
    document: outline.Document,
    source: Source,
    rules: frozenset[str] = frozenset(),
    lost: frozenset[str] = frozenset(),
    imports: tuple[Imported, ...] = (),
) -> Plan:
    """The plan of a document; `imports` is what the files that it uses give."""
    layout, diagnostics = _layout(document)
    scope = with_imports(Scope(source=source, layout=layout), imports)
    title = ""
    theorems: list[PlannedTheorem] = []
    number = 0
    for item in document.items:
        match item:
            case outline.Heading():
                title = item.values[0] if item.word == "title" and item.values else title
            case outline.Given():
                for given in item.items:
                    scope, found = elaborate_given(given, scope)
                    diagnostics += found
            case outline.Define():
                for definition in item.items:
                    if isinstance(definition, outline.Definition):
                        scope, found = elaborate_definition(definition, scope)
                        diagnostics += found
            case outline.Theorem():
                number += 1
                planned, scope = _theorem(item, number, scope, source, rules, lost)
                theorems.append(planned)
            case outline.Prose():
                pass
    return Plan(title, tuple(theorems), tuple(diagnostics), scope.context(), layout)


def _layout(document: outline.Document) -> tuple[str, list[Diagnostic]]:
    """The one layout of a whole file, wherever its heading stands: no line is read by two of them."""
    chosen = [i for i in document.items if isinstance(i, outline.Heading) and i.word == "layout"]
    if not chosen:
        return LAYOUTS[0], []
    layout = chosen[0].values[0]
    return layout, [
        Diagnostic(
            "syntax", Severity.ERROR, f"this file has chosen the layout `{layout}` already", other.span,
            hint="a file has one layout; put what needs another into a file of its own, and `use` it",
        )
        for other in chosen[1:]
        if other.values[0] != layout
    ]


def _theorem(
    item: outline.Theorem,
    number: int,
    scope: Scope,
    source: Source,
    rules: frozenset[str],
    lost: frozenset[str],
) -> tuple[PlannedTheorem, Scope]:
    name = item.name.name if item.name else f"{item.kind} {number}"
    diagnostics: list[Diagnostic] = []
    if any(f.name == name for f in scope.facts):
        diagnostics.append(
            Diagnostic(
                "duplicate-name", Severity.ERROR, f"the name `{name}` is already taken", item.span
            )
        )
    inner, binders, goal, not_read = _statement(item, scope, diagnostics)
    span = item.statement.span
    if goal is None:
        return PlannedTheorem(name, span, None, (), None, tuple(diagnostics)), scope
    proof = Proof(name, inner, source, rules, lost)
    if item.proof is None:
        _alone(item, goal, not_read, proof)
    else:
        run(item.proof, proof, goal)
        if not item.closed:
            proof.diagnostics.append(
                Diagnostic("syntax", Severity.ERROR, f"the proof of `{name}` has no `qed`", span)
            )
        if not proof.shown:
            reach(span, source.slice(span).strip(), proof, goal)
    claim = closed(binders, goal)
    hypotheses = tuple(f for f in inner.facts if f.kind == HYPOTHESIS)
    setting = Obligation(name, goal, inner.context(), Cited(), span)
    planned = PlannedTheorem(
        name,
        span,
        claim,
        tuple(_marked(proof.steps, not_read)),
        setting,
        (*diagnostics, *proof.diagnostics),
        hypotheses,
        scope.context(),
    )
    fact = Fact(name, claim, THEOREM, frozenset({name}), span=span)
    if any(f.name == name for f in scope.facts):
        return planned, scope
    return planned, scope.with_fact(fact)


def _marked(
    steps: list[PlannedStep | Composite], not_read: tuple[str, ...]
) -> list[PlannedStep | Composite]:
    """The goal of a theorem whose statement is not wholly understood is not checked."""
    return [
        replace(s, unsupported=(*s.unsupported, *not_read))
        if isinstance(s, PlannedStep) and s.role in ("goal", "reach")
        else s
        for s in steps
    ]


def _statement(
    item: outline.Theorem, scope: Scope, diagnostics: list[Diagnostic]
) -> tuple[Scope, tuple[Binder, ...], Term | None, tuple[str, ...]]:
    """Open the quantifiers of a theorem's statement and read its claim."""
    binders: tuple[Binder, ...] = ()
    statement = item.statement
    not_read: tuple[str, ...] = ()
    first = statement.first
    if isinstance(first, ast.Quantified) and not statement.links:
        opened = elaborate_quantifier_items(first.items, scope)
        diagnostics += opened.diagnostics
        if opened.diagnostics:
            return scope, (), None, ()
        scope, binders, not_read = opened.scope, opened.binders, tuple(opened.reasons)
        made = elaborate_claim(first.body, scope)
        claim = made.term
        if statement.condition is not None and claim is not None:
            guard = elaborate_claim(statement.condition, scope)
            diagnostics += guard.diagnostics
            claim = App("=>", (guard.term, claim)) if guard.term is not None else None
    else:
        made = elaborate_chain(statement, scope)
        claim = made.term
    diagnostics += made.diagnostics
    if isinstance(claim, App) and claim.op == "and":
        claim = conj(*claim.args)
    return scope, binders, claim, (*not_read, *made.reasons)


def _alone(item: outline.Theorem, goal: Term, not_read: tuple[str, ...], proof: Proof) -> None:
    """A theorem without a proof: its claim is a step by itself."""
    span = item.statement.span
    identifier = proof.new_id("claim", span)
    proof.steps.append(
        PlannedStep(
            identifier,
            proof.theorem,
            "",
            identifier,
            span,
            proof.source.slice(span).strip(),
            Obligation(identifier, goal, proof.scope.context(), Cited(), span),
            role="goal",
            words=("feature:diff", "feature:exp", "feature:log"),
            left_span=span,
        )
    )


def plan_claim(
    chain: outline.Chain,
    givens: tuple[outline.Declaration | outline.Hypothesis | outline.Prose, ...],
    source: Source,
) -> Plan:
    """The plan of one claim, as `derive check -c` takes it."""
    theorem = outline.Theorem("theorem", ast.Name("claim", Span(0, 0)), chain, None, True, chain.span)
    document = outline.Document((outline.Given(givens, Span(0, 0)), theorem))
    return elaborate(document, source)
