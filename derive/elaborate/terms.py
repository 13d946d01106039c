"""Expressions: the surface form of a term or a claim becomes a core term, sorts and shapes checked.

Promise: `elaborate_term`, `elaborate_claim`, `elaborate_relation` and `elaborate_chain` never raise
for what a text can contain, and nothing is evaluated or simplified on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from derive.core.chance import at_point
from derive.core.term import FALSE, IM, PI, TRUE, App, Num, Term, conj
from derive.elaborate import arithmetic, arrays, calculus, chance, functions, relations
from derive.elaborate.env import Env
from derive.elaborate.fault import BROKEN, Elaborated, Failure, fail, mistake, too_deep
from derive.elaborate.names import CHANCE, LAWS, UNSUPPORTED, VOCABULARY
from derive.elaborate.scope import Role, Scope
from derive.syntax import ast, outline
from derive.text import Span

_CONSTANTS: dict[str, Term] = {
    "pi": PI,
    "π": PI,
    "im": IM,
    "true": TRUE,
    "false": FALSE,
}


# ---------------------------------------------------------------- the border


def elaborate_term(expr: ast.Expr, scope: Scope) -> Elaborated:
    """A term or a proposition, as it stands."""
    return attempt(lambda env: env.term(expr), scope, expr.span)


def elaborate_side(expr: ast.Expr, scope: Scope) -> Elaborated:
    """A side of a relation, which `elaborate_relation` takes: `O(...)` may stand in it."""
    return attempt(lambda env: env.side().term(expr), scope, expr.span)


def elaborate_claim(expr: ast.Expr, scope: Scope) -> Elaborated:
    """A proposition: the term has sort bool."""
    return attempt(lambda env: env.claim(expr), scope, expr.span)


def elaborate_relation(rel: str, left: Term, right: Term, span: Span, scope: Scope) -> Elaborated:
    """`left rel right` of elaborated terms; `rel` is one of `= != < <= > >= <=> =>`."""
    return attempt(lambda env: relations.relate(rel, left, right, span, env), scope, span)


def elaborate_chain(chain: outline.Chain, scope: Scope) -> Elaborated:
    """A whole statement as one proposition: its relations, each under its condition."""
    return attempt(lambda env: _chain(chain, env), scope, chain.span)


def attempt(build: Callable[[Env], Term], scope: Scope, span: Span) -> Elaborated:
    """Run an elaboration; mistakes come back as diagnostics."""
    env = Env(scope, read, [])
    try:
        term = build(env)
    except Failure as failure:
        return Elaborated(None, (failure.diagnostic,), tuple(env.reasons))
    except RecursionError:
        return Elaborated(None, (too_deep(span),))
    return Elaborated(term, (), tuple(env.reasons))


def _chain(chain: outline.Chain, env: Env) -> Term:
    if not chain.links:
        claim = env.claim(chain.first)
    else:
        claims = []
        left, place = env.side().term(chain.first), chain.first.span
        for link in chain.links:
            right = env.side().term(link.right)
            related = relations.relate(link.rel, left, right, place.to(link.right.span), env)
            if link.condition is not None:
                related = App("=>", (env.claim(link.condition), related))
            claims.append(related)
            left, place = right, link.right.span
        claim = conj(*claims)
    if chain.condition is not None:
        claim = App("=>", (env.claim(chain.condition), claim))
    return claim


# ---------------------------------------------------------------- reading


def read(expr: ast.Expr, env: Env) -> Term:
    """One expression; raises `Failure` at a mistake."""
    if not isinstance(expr, _ARITHMETIC):
        # without this: `O(h^2) at h = 1` would leave the h inside as it is
        env = env.plain()
    match expr:
        case ast.Number(value, _, _):
            return Num(value)
        case ast.Name():
            return _name(expr, env)
        case ast.Paren(inner, _):
            return env.term(inner)
        case ast.Unary("not", _, _):
            return relations.negation(expr, env)
        case ast.Unary():
            return arithmetic.negative(expr, env)
        case ast.Binary():
            return arithmetic.binary(expr, env)
        case ast.Relation():
            return relations.chain(expr, env)
        case ast.Logic():
            return relations.logic(expr, env)
        case ast.Call():
            return functions.call(expr, env)
        case ast.Index():
            return _index(expr, env)
        case ast.Postfix("!", _, _):
            return functions.factorial(expr, env)
        case ast.Postfix():
            return arrays.transposed(expr, env)
        case ast.ListLiteral():
            return arrays.literal(expr, env)
        case ast.In():
            return relations.membership(expr, env)
        case ast.At():
            return calculus.at(expr, env)
        case ast.IfElse():
            return functions.if_else(expr, env)
        case ast.Quantified():
            return relations.quantified(expr, env)
        case ast.Is():
            return relations.property_claim(expr, env)
        case ast.Independent():
            return chance.independence(expr, env)
        case ast.Law():
            return chance.law_claim(expr, env)
        case ast.Conditional():
            return relations.conditional(expr, env)
    message, hint = _misplaced(expr)
    raise mistake("syntax", message, expr.span, hint)


_ARITHMETIC = (ast.Paren, ast.Unary, ast.Binary, ast.Call)
_Part: TypeAlias = (
    ast.SetLiteral | ast.Range | ast.Arrow | ast.Bar | ast.Case | ast.Keyword | ast.Typed
)


def _misplaced(expr: _Part) -> tuple[str, str | None]:
    """What to say of a part of an expression that is no expression by itself."""
    match expr:
        case ast.SetLiteral():
            return "a set stands where a term is expected", "write `x in {0, a}`"
        case ast.Range():
            return "a range stands where a term is expected", "write `i in 1..n`"
        case ast.Arrow():
            return "`->` stands where a term is expected", "write `lim(h -> 0, ...)`"
        case ast.Bar():
            hint = "it conditions, as in `E[X | Y]`; the absolute value is `abs(x)`"
            return "`|` stands where a term is expected", hint
        case ast.Case():
            hint = "write `cases(a if c, b otherwise)`"
            return "a case stands where a term is expected", hint
        case ast.Keyword() | ast.Typed():
            return f"a value for `{expr.name}` stands where a term is expected", None
        case _:
            assert_never(expr)


def _name(expr: ast.Name, env: Env) -> Term:
    name = expr.name
    entry = env.scope.lookup(name)
    if entry is not None:
        if entry.role is Role.OPAQUE:
            return env.unsupported(expr, entry.reason)
        if entry.role is Role.RANDOM:
            return at_point(entry.symbol)
        return entry.symbol
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    if name in ("inf", "∞"):
        fail(
            "sort-mismatch",
            "infinity is not a number",
            expr.span,
            "it may end a range or an integral, be the point of a limit, or the order of a norm",
        )
    if name in LAWS and name not in UNSUPPORTED:
        fail(
            "sort-mismatch",
            f"`{name}` is a law, not a number",
            expr.span,
            f"write `{LAWS[name][1]}({name}(...), x)`",
        )
    if name in VOCABULARY:
        fail(
            "sort-mismatch",
            f"`{name}` is a word of the language that takes arguments",
            expr.span,
            f"write `{name}(...)`, or declare a name of your own",
        )
    if name in env.scope.lost:
        return env.unsupported(expr, BROKEN)
    near = env.scope.suggest(name)
    raise mistake(
        "unknown-name",
        f"`{name}` has no meaning here",
        expr.span,
        f"did you mean `{near}`?" if near else f"declare it, as in `given {name} : real`",
    )


def _index(expr: ast.Index, env: Env) -> Term:
    base = expr.base
    while isinstance(base, ast.Paren):
        base = base.inner
    match base:
        case ast.Number(value, _, _):
            if value == 1:
                return functions.indicator(expr, env)
            fail(
                "sort-mismatch",
                "a number has no entries",
                expr.span,
                "write `1[c]` for an indicator, `*` for a product",
            )
        case ast.Name(name, _) if env.scope.lookup(name) is None and (
            name in CHANCE
        ):
            return chance.read(name, expr.args, expr, env)
        case ast.Name(name, _) if env.scope.lookup(name) is None and name in UNSUPPORTED:
            return env.unsupported(expr, UNSUPPORTED[name])
    return arrays.entry(expr, env)
