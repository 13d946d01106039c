"""Limits and integrals: `lim(h -> 0 | h > 0, ...)`, `int(x in a..b, ...)`.

Promise: the variable is a symbol of its own, and definitions of a declared variable are unfolded to
it; what is not one of these forms is `unsupported`, never guessed.
"""

from __future__ import annotations

from derive.core.sort import INTEGER, REAL
from derive.core.term import INF, App, Bind, Num, Sym, Term, free_symbols, substitute, subterms
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.binders import bare
from derive.elaborate.env import Env
from derive.elaborate.families import with_laws_of
from derive.elaborate.fault import fail, mistake
from derive.elaborate.quantifiers import refuse_shadow
from derive.elaborate.scope import Role
from derive.syntax import ast


def _limit(call: ast.Call, env: Env) -> Term:
    arity(call, 2)
    bar, side_claim = bare(call.args[0]), None
    if isinstance(bar, ast.Bar):
        side_claim = bare(bar.right)
    name, target = _tends(bare(bar.left) if isinstance(bar, ast.Bar) else bar, call)
    point = env.end(target, "the point of a limit")
    side = Num(0)
    if side_claim is not None:
        found = _side(side_claim, name.name, point, env)
        if found is None:
            return env.unsupported(call, "a limit along this condition is read but not yet checked")
        side = found
    var, body = _real_body(name, call.args[1], env, integer_allowed=point == INF)
    return env.bind("lim", var, (point, side), body)


def _tends(head: ast.Expr, call: ast.Call) -> tuple[ast.Name, ast.Expr]:
    match head:
        case ast.Arrow(ast.Name() as name, target, _):
            return name, target
    raise mistake(
        "syntax",
        "`lim` takes a variable that tends to a point, and a body",
        call.args[0].span,
        "write `lim(h -> 0, ...)`, or `lim(h -> 0 | h > 0, ...)`",
    )


def _side(claim: ast.Expr, name: str, point: Term, env: Env) -> Num | None:
    """`h > 0` is 1, `h < 0` is -1, for a limit at 0."""
    match claim:
        case ast.Relation(ast.Name(left, _), ((("<" | ">") as rel, bound),), _) if left == name:
            sign = 1 if rel == ">" else -1
        case ast.Relation(bound, ((("<" | ">") as rel, ast.Name(right, _)),), _) if right == name:
            sign = 1 if rel == "<" else -1
        case _:
            return None
    return Num(sign) if env.term(bound) == point else None


def _integral(call: ast.Call, env: Env) -> Term:
    arity(call, 2)
    match bare(call.args[0]):
        case ast.In(ast.Name() as name, ast.Range(low, high, _), _):
            ends = (env.end(low, "an end of an integral"), env.end(high, "an end of an integral"))
            var, body = _real_body(name, call.args[1], env, integer_allowed=False)
            return env.bind("int", var, ends, body)
    return env.unsupported(
        call, "integrals over anything but `x in a..b` are read but not yet checked"
    )


def _real_body(
    name: ast.Name, expr: ast.Expr, env: Env, *, integer_allowed: bool
) -> tuple[Sym, Term]:
    """The bound variable and the body as a term in it."""
    entry = env.scope.lookup(name.name)
    if (
        entry is not None
        and entry.role is not Role.DEFINED
        and entry.symbol.sort in (REAL, INTEGER)
    ):
        symbol = entry.symbol
        found = with_laws_of(env.number(expr), symbol, env.scope)
        if found is None:
            found = env.unsupported(
                expr, "a law, a size or a hypothesis about the name that is bound here is read but not yet checked"
            )
        body = env.scope.unfold_to(found, symbol)
        sort = symbol.sort if integer_allowed else REAL
        var = Sym(env.scope.fresh(name.name, body), sort)
        if sort != symbol.sort and _indexes(body, symbol):
            fail(
                "sort-mismatch",
                f"`{name.name}` runs over the reals here and cannot be an index",
                name.span,
                "call the variable by another name",
            )
        return var, substitute(body, {symbol: var})
    scope, var = env.scope.bind(name.name, REAL, span=name.span)
    body = env.within(scope).number(expr)
    refuse_shadow(name, env.scope, body)
    return var, body


def _indexes(body: Term, symbol: Sym) -> bool:
    return any(
        (
            isinstance(t, App)
            and t.op == "index"
            and any(symbol in free_symbols(i) for i in t.args[1:])
        )
        or (isinstance(t, Bind) and any(symbol in free_symbols(o) for o in t.over))
        for t in subterms(body)
    )


HANDLERS: dict[str, Handler] = {"lim": _limit, "int": _integral}
