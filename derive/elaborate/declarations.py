"""Declarations, hypotheses, definitions and quantifiers: what grows a scope.

Promise: each gives the grown scope and the diagnostics, and never raises for what a text can say; a
name whose declaration failed is still known, so that one mistake is told once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.core.chance import at_random, points_in
from derive.core.claim import HYPOTHESIS, Context, Definition, Fact
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, Function, LawSort
from derive.core.term import ONE, Sym, Term
from derive.diagnostic import Diagnostic
from derive.elaborate.binders import infer_range
from derive.elaborate.chance import introduced, surely
from derive.elaborate.chance import property_of as chance_property
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import BROKEN, Failure, fail, too_deep
from derive.elaborate.properties import WORDS, property_of
from derive.elaborate.quantifiers import (
    Binder,
    check_free,
    closed,
    domain_facts,
    hypothesis,
    open_items,
    refuse_shadow,
)
from derive.elaborate.scope import Role, Scope
from derive.elaborate.sorts import read_sort
from derive.elaborate.terms import read
from derive.syntax import ast, outline
from derive.text import Span

Grown = tuple[Scope, tuple[Diagnostic, ...]]


@dataclass(frozen=True, slots=True)
class Opened:
    """The scope behind the items of a `for`, the items, mistakes, and what is not yet checked."""

    scope: Scope
    binders: tuple[Binder, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    reasons: tuple[str, ...] = ()

    def close(self, claim: Term) -> Term:
        """The claim with every item in front of it."""
        return closed(self.binders, claim)


def elaborate_given(item: outline.Declaration | outline.Hypothesis | outline.Prose, scope: Scope) -> Grown:
    """One item of a `given` section."""
    match item:
        case outline.Prose():
            return scope, ()
        case outline.Declaration():
            return _declaration(item, scope)
    return _hypothesis(item, scope)


def elaborate_quantifier_items(
    items: tuple[ast.Expr | ast.NamedClaim, ...], scope: Scope
) -> Opened:
    """The items of a `for` that stays open: a `Fix` line, or the quantifiers of a theorem."""
    env = Env(scope, read, [])
    try:
        inner, binders = open_items(items, env, shadow=False)
    except Failure as failure:
        return Opened(scope, (), (failure.diagnostic,), tuple(env.reasons))
    except RecursionError:
        return Opened(scope, (), (too_deep(items[0].span),))
    return Opened(inner.scope, binders, (), tuple(env.reasons))


# ---------------------------------------------------------------- given


def _declaration(item: outline.Declaration, scope: Scope) -> Grown:
    diagnostics: list[Diagnostic] = []
    names: list[ast.Name] = []
    for name in item.names:
        try:
            check_free(name.name, name.span, scope)
            if any(name.name == earlier.name for earlier in names):
                fail("duplicate-name", f"the name `{name.name}` is written twice", name.span)
        except Failure as failure:
            diagnostics.append(failure.diagnostic)
        else:
            names.append(name)
    try:
        reading = read_sort(item.sort, Env(scope, read, []))
    except (Failure, RecursionError) as failure:
        found = failure.diagnostic if isinstance(failure, Failure) else too_deep(item.span)
        for name in names:
            scope = scope.conceal(name.name, BROKEN, name.span)
        return scope, (*diagnostics, found)
    for name in names:
        grow = scope.declare_random if reading.random else scope.declare
        sort = reading.sort.result if reading.random and isinstance(reading.sort, Function) else reading.sort
        scope = grow(name.name, sort, name.span)
        symbol = Sym(name.name, reading.sort)
        scope = scope.with_fact(
            *domain_facts(symbol, name.name, reading.domains(symbol), reading.text, name.span)
        )
        for word in item.properties:
            fact, wrong = _property(symbol, word, scope)
            scope = scope.with_fact(fact)
            diagnostics += wrong
    return scope, tuple(diagnostics)


def _property(symbol: Sym, word: outline.Property, scope: Scope) -> tuple[Fact, list[Diagnostic]]:
    """`f : real -> real, convex`: what the word says; one that has no such meaning here is kept unchecked."""
    env = Env(scope, read, [])
    diagnostics: list[Diagnostic] = []
    claim = chance_property(symbol, word, env)
    try:
        args = tuple(env.number(a) for a in word.args) if word.word in WORDS else ()
        if claim is None and word.word in WORDS and not any(is_opaque(a) for a in args):
            claim = property_of(word.word, symbol, symbol.sort, args)
    except Failure as failure:
        diagnostics.append(failure.diagnostic)
    if claim is None:
        name = ast.Name(symbol.name, word.span)
        said: ast.Expr = ast.Is(name, (word.word,), word.span)
        if word.args:
            said = ast.Call(ast.Name(word.word, word.span), (name, *word.args), word.span)
        claim = env.unsupported(said, f"the property `{word.word}` is read but not yet checked")
    label = f"{symbol.name} : {word.word}"
    tainted = Context(scope.symbols, scope.definitions).dependencies(claim) | {symbol}
    return Fact(label, claim, HYPOTHESIS, frozenset({label}), tainted, span=word.span), diagnostics


def _hypothesis(item: outline.Hypothesis, scope: Scope) -> Grown:
    name = item.name.name if item.name else ""
    try:
        scope = introduced(item.claim, scope)
        if item.name and any(f.name == name for f in scope.facts):
            fail(
                "duplicate-name",
                f"the name `{name}` is already taken",
                item.name.span,
                "choose another name",
            )
        claim = surely(Env(scope, read, []).claim(item.claim))
    except Failure as failure:
        return scope, (failure.diagnostic,)
    except RecursionError:
        return scope, (too_deep(item.span),)
    return hypothesis(name, claim, item.claim.span, scope), ()


# ---------------------------------------------------------------- definitions


def elaborate_definition(definition: outline.Definition, scope: Scope) -> Grown:
    """`S := ...`, `p[k] := ...`, `f(t : real) := ...`, `T(W : real[S])[s] := ...`."""
    name = definition.name
    env = Env(scope, read, [])
    try:
        check_free(name.name, name.span, scope)
    except Failure as failure:
        return scope, (failure.diagnostic,)
    try:
        body = _body(definition, env)
    except Failure as failure:
        return scope.conceal(name.name, BROKEN, name.span), (_recursive(failure.diagnostic, name),)
    except RecursionError:
        return scope.conceal(name.name, BROKEN, name.span), (too_deep(definition.span),)
    if is_opaque(body):
        reason = env.reasons[-1] if env.reasons else BROKEN
        return scope.conceal(name.name, reason, name.span), ()
    if points_in(body):
        body = at_random(body)
        symbol = Sym(name.name, sort_of(body))
        return scope.define(Definition(symbol, body, definition.span), random=True), ()
    symbol = Sym(name.name, sort_of(body))
    return scope.define(Definition(symbol, body, definition.span)), ()


def _recursive(diagnostic: Diagnostic, name: ast.Name) -> Diagnostic:
    if diagnostic.code == "unknown-name" and f"`{name.name}` has" in diagnostic.message:
        return replace(
            diagnostic,
            message=f"`{name.name}` is defined by itself",
            hint="a definition mentions earlier names only",
        )
    return diagnostic


def _body(definition: outline.Definition, env: Env) -> Term:
    outer = env
    params: list[Sym] = []
    for param in definition.params:
        sort_expr = param.sort or ast.SortExpr("real", (), (), param.span)
        reading = read_sort(sort_expr, env)
        _unrepeated(param.name, [p.name for p in definition.params], param.span)
        scope, symbol = env.scope.bind(param.name, reading.sort, Role.PARAMETER, param.span)
        env = env.within(scope)
        params.append(symbol)
    indices: list[tuple[ast.Name, Sym, Scope]] = []
    for index in definition.indices:
        _unrepeated(index.name, [i.name for i in definition.indices], index.span)
        before = env.scope
        scope, symbol = env.scope.bind(index.name, INTEGER, span=index.span)
        env = env.within(scope)
        indices.append((index, symbol, before))
    body = env.term(definition.body)
    if is_opaque(body):
        return body
    for bound in (*(ast.Name(p.name, p.span) for p in definition.params), *definition.indices):
        refuse_shadow(bound, outer.scope, body)
    if isinstance(sort_of(body), LawSort):
        fail("sort-mismatch", "a law cannot be named", definition.body.span)
    for index, symbol, before in reversed(indices):
        length = infer_range(symbol, body, index, before, "")
        assert length is not None
        body = outer.bind("array", symbol, (ONE, length), body)
    for symbol in reversed(params):
        body = outer.bind("lam", symbol, (), body)
    return body


def _unrepeated(name: str, names: list[str], span: Span) -> None:
    if names.count(name) > 1:
        fail("duplicate-name", f"the name `{name}` is written twice", span)
