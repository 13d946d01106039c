"""Quantifiers: the items of `for i in 1..n, x : real, h: x > 0, ...`, opened and closed again.

Promise: closing what was opened gives the claim with every item in front, in the order written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Fact
from derive.core.sort import INTEGER, Sort
from derive.core.term import INF, App, Bind, Sym, Term, conj, free_symbols, le
from derive.diagnostic import Label
from derive.elaborate.env import Env
from derive.elaborate.fault import fail
from derive.elaborate.names import RESERVED, ascii_spelling
from derive.elaborate.openness import is_open_condition
from derive.elaborate.scope import Scope
from derive.elaborate.shapes import show_size
from derive.elaborate.sorts import Domains, read_sort
from derive.syntax import ast
from derive.text import Span


@dataclass(frozen=True, slots=True)
class Binder:
    """One item: a variable over a range or a sort (`symbol` set), or a premise (`symbol` None)."""

    symbol: Sym | None
    over: tuple[Term, ...]
    premise: Term | None
    span: Span


def closed(binders: tuple[Binder, ...], claim: Term) -> Term:
    """The claim with its quantifiers and premises in front."""
    for binder in reversed(binders):
        if binder.symbol is None:
            claim = App("=>", (binder.premise, claim)) if binder.premise is not None else claim
            continue
        if binder.premise is not None:
            claim = App("=>", (binder.premise, claim))
        claim = Bind("forall", binder.symbol, binder.over, claim)
    return claim


def open_items(
    items: tuple[ast.Expr | ast.NamedClaim, ...], env: Env, *, shadow: bool
) -> tuple[Env, tuple[Binder, ...]]:
    """The scope behind the items, and the items.

    With `shadow` a name in use is bound anew, under a symbol of its own; without, it is an error.
    """
    binders: list[Binder] = []
    waiting: list[ast.Name] = []
    for item in items:
        match item:
            case ast.Name() if env.scope.lookup(item.name) is None:
                waiting.append(item)
                continue
            case ast.In(ast.Name() as name, container, span):
                over = read_range(container, env)
                for each in (*waiting, name):
                    env, binder = _range_item(each, over, env, span, shadow)
                    binders.append(binder)
            case ast.Typed(word, sort, span):
                for each in (*waiting, ast.Name(word, span)):
                    env, binder = _typed_item(each, sort, env, shadow)
                    binders.append(binder)
            case _:
                _none_waiting(waiting, env)
                env, binder = _premise(item, env, shadow)
                binders.append(binder)
        waiting = []
    _none_waiting(waiting, env)
    return env, tuple(binders)


def _none_waiting(waiting: list[ast.Name], env: Env) -> None:
    if waiting:
        env.term(waiting[0])  # fails: the name is unknown


def read_range(container: ast.Expr, env: Env) -> tuple[Term, Term]:
    """`1..n` as its two ends."""
    while isinstance(container, ast.Paren):
        container = container.inner
    if not isinstance(container, ast.Range):
        fail("syntax", "a range is expected here", container.span, "write `i in 1..n`")
    low = env.integer(container.low, "an end of a range")
    high = env.end(container.high, "an end of a range")
    if high == INF:
        return low, high
    return low, env.integer(container.high, "an end of a range")


def check_free(name: str, span: Span, scope: Scope) -> None:
    """Fail if a name may not be given a meaning here."""
    if name in RESERVED:
        fail("duplicate-name", f"`{name}` is a word of the language", span, "choose another name")
    earlier = scope.lookup(name)
    if earlier is None:
        spelt = ascii_spelling(name)
        for other, entry in scope.entries.items():
            if ascii_spelling(other) == spelt:
                fail(
                    "duplicate-name",
                    f"`{name}` and `{other}` are spellings of one name",
                    span,
                    "choose another name",
                    labels=(Label(entry.span, f"`{other}` is named here"),),
                )
        return
    fail(
        "duplicate-name",
        f"the name `{name}` is already taken",
        span,
        "choose another name",
        labels=(Label(earlier.span, f"`{name}` has its meaning from here"),),
    )


def refuse_shadow(name: ast.Name, outer: Scope, body: Term) -> None:
    """Fail where the body uses a definition, a law or a size that still means the outer bearer of the name.

    Without the second: `sum(n in 1..2, E[N]) = n` for N ~ Binomial(n, 1/2)
    (tests/unsound/parameter_bound_again.drv).
    """
    entry = outer.lookup(name.name)
    if entry is None:
        return
    still = outer.dependents(entry.symbol) | outer.with_parameter(entry.symbol) | outer.sized_by(entry.symbol)
    used = free_symbols(body) | outer.context().dependencies(body)
    for symbol in sorted(used & still, key=lambda s: s.name):
        fail(
            "duplicate-name",
            f"`{symbol.name}` depends on the `{name.name}` that was declared before, "
            "not on the one that is bound here",
            name.span,
            "call the bound variable by another name",
            labels=(Label(entry.span, f"the earlier `{name.name}`"),),
        )


def refuse_shadows(items: tuple[ast.Expr | ast.NamedClaim, ...], outer: Scope, body: Term) -> None:
    """The same for every variable of a `for`."""
    for item in items:
        match item:
            case ast.In(ast.Name() as name, _, _):
                refuse_shadow(name, outer, body)
            case ast.Typed(word, _, span):
                refuse_shadow(ast.Name(word, span), outer, body)


def _variable(name: ast.Name, sort: Sort, env: Env, shadow: bool) -> tuple[Env, Sym]:
    if shadow:
        scope, symbol = env.scope.bind(name.name, sort, span=name.span)
        return env.within(scope), symbol
    check_free(name.name, name.span, env.scope)
    scope = env.scope.declare(name.name, sort, name.span)
    return env.within(scope), Sym(name.name, sort)


def _range_item(
    name: ast.Name, over: tuple[Term, Term], env: Env, span: Span, shadow: bool
) -> tuple[Env, Binder]:
    env, symbol = _variable(name, INTEGER, env, shadow)
    low, high = over
    label = f"{name.name} in {show_size(low)}..{show_size(high)}"
    claims = (le(low, symbol),) if high == INF else (le(low, symbol), le(symbol, high))
    facts = tuple(Fact(label, c, CASE, frozenset({label}), span=span) for c in claims)
    binder = Binder(symbol, over, None, span)
    if high == INF:
        binder = Binder(symbol, (), claims[0], span)
    return env.within(env.scope.with_fact(*facts)), binder


def _typed_item(name: ast.Name, sort: ast.SortExpr, env: Env, shadow: bool) -> tuple[Env, Binder]:
    reading = read_sort(sort, env)
    if reading.random:
        fail("sort-mismatch", "a `for` ranges over numbers, arrays and functions", sort.span)
    env, symbol = _variable(name, reading.sort, env, shadow)
    domains = reading.domains(symbol)
    scope = env.scope.with_fact(*domain_facts(symbol, name.name, domains, reading.text, name.span))
    premise = conj(*(d.claim for d in domains)) if domains else None
    return env.within(scope), Binder(symbol, (), premise, name.span)


def domain_facts(
    symbol: Sym, name: str, domains: Domains, text: str, span: Span
) -> tuple[Fact, ...]:
    """What a declaration says of its symbol, as facts."""
    label = f"{name} : {text}"
    return tuple(
        Fact(
            label,
            d.claim,
            DOMAIN,
            frozenset({label}),
            frozenset() if d.is_open else frozenset({symbol}),
            span=span,
        )
        for d in domains
    )


def _premise(item: ast.Expr | ast.NamedClaim, env: Env, shadow: bool) -> tuple[Env, Binder]:
    name, expr = (item.name, item.claim) if isinstance(item, ast.NamedClaim) else ("", item)
    claim = env.claim(expr)
    scope = hypothesis(name, claim, item.span, env.scope)
    if name and not shadow and any(f.name == name for f in env.scope.facts):
        fail(
            "duplicate-name",
            f"the name `{name}` is already taken",
            item.span,
            "choose another name",
        )
    return env.within(scope), Binder(None, (), claim, item.span)


def hypothesis(name: str, claim: Term, span: Span, scope: Scope) -> Scope:
    """The scope with a hypothesis; without a name it is called by its text, or by its number."""
    label = name or _label(span, scope)
    context = scope.context()
    is_open = is_open_condition(context.unfold(claim))
    tainted = frozenset() if is_open else context.dependencies(claim)
    fact = Fact(label, claim, HYPOTHESIS, frozenset({label}), tainted, span=span)
    return replace(scope, facts=(*scope.facts, fact))


def _label(span: Span, scope: Scope) -> str:
    if scope.source is not None:
        text = " ".join(scope.source.slice(span).split())
        if 0 < len(text) <= 60 and all(f.name != text for f in scope.facts):
            return text
    number = 1 + len({f.name for f in scope.facts if f.kind == HYPOTHESIS})
    return f"hypothesis {number}"
