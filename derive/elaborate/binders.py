"""Binders over ranges: `sum prod max min`, `argmax argmin`, and averages.

Promise: every binder's variable is a symbol of its own; a range left out is inferred only where all
uses of the variable as an index agree; a name that would change its meaning inside is an error.
"""

from __future__ import annotations

from derive.core.claim import DOMAIN, HYPOTHESIS
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL, Array, is_numeric
from derive.core.term import (
    INF,
    ONE,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    mentions,
    substitute,
    subterms,
)
from derive.elaborate.arrays import Handler, arity, total
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail, mistake
from derive.elaborate.quantifiers import read_range, refuse_shadow
from derive.elaborate.scope import Entry, Role, Scope
from derive.elaborate.shapes import may_be_complex, same_size, show_size, show_sort
from derive.elaborate.windows import window_lengths
from derive.syntax import ast
from derive.text import Span

_EMPTY = {"sum": ZERO, "prod": ONE}


def bare(expr: ast.Expr) -> ast.Expr:
    """The expression without brackets around it."""
    while isinstance(expr, ast.Paren):
        expr = expr.inner
    return expr


# ---------------------------------------------------------------- ranges


def _over_ranges(op: str) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        if not call.args:
            fail("sort-mismatch", f"`{op}` of nothing", call.span, f"write `{op}(i in 1..n, ...)`")
        *items, body = call.args
        if op in ("max", "min") and len(items) == 1 and isinstance(bare(items[0]), ast.Bar):
            return _optimum("largest" if op == "max" else "smallest")(call, env)
        if not items and op != "array":
            return _single(op, body, env)
        if items and _is_binder(op, items[0], env):
            return _nested(op, tuple(items), body, call, env)
        if items and op in ("max", "min"):
            return _several(op, call, env)
        raise mistake(
            "syntax",
            f"`{op}` takes a range and a body",
            call.args[0].span,
            f"write `{op}(i in 1..n, ...)`",
        )

    return handler


def _is_binder(op: str, item: ast.Expr, env: Env) -> bool:
    match item:
        case ast.In() | ast.Typed() | ast.Case(ast.In(), _, _) | ast.Conditional(ast.In(), _, _):
            return True
        case ast.Name(name, _):
            return op in _EMPTY or env.scope.lookup(name) is None
    return False


def _single(op: str, body: ast.Expr, env: Env) -> Term:
    array = env.number(body)
    if is_opaque(array):
        return env.app("index", array)
    if not isinstance(sort_of(array), Array):
        fail(
            "shape-mismatch",
            f"`{op}` of {show_sort(sort_of(array))}",
            body.span,
            f"write `{op}(i in 1..n, ...)`, or give an array",
        )
    return total(op, array, env)


def _several(op: str, call: ast.Call, env: Env) -> Term:
    terms = [env.scalar(a, f"an argument of `{op}`") for a in call.args]
    for term, source in zip(terms, call.args, strict=True):
        _real(op, term, source.span)
    result = terms[0]
    for term in terms[1:]:
        result = env.app(op, result, term)
    return result


def _nested(op: str, items: tuple[ast.Expr, ...], body: ast.Expr, call: ast.Call, env: Env) -> Term:
    item, rest = items[0], items[1:]
    condition: ast.Expr | None = None
    match item:
        case ast.Case(ast.In() as inner, found, _) | ast.Conditional(ast.In() as inner, found, _):
            item, condition = inner, found
    over: tuple[Term, Term] | None = None
    match item:
        case ast.In(ast.Name() as name, container, _):
            over = read_range(container, env)
        case ast.Name() as name:
            pass
        case _:
            return env.unsupported(
                call, f"`{op}` over anything but a range is read but not yet checked"
            )
    if over is not None and over[1] == INF and op != "sum":
        return env.unsupported(call, f"an infinite `{op}` is read but not yet checked")
    scope, var = env.scope.bind(name.name, INTEGER, span=name.span)
    within = env.within(scope)
    term = _nested(op, rest, body, call, within) if rest else within.number(body)
    refuse_shadow(name, env.scope, term)
    if op in ("max", "min"):
        _real(op, term, body.span, scalar=True)
    if over is None:
        length = infer_range(var, term, name, env.scope, op)
        if length is None:
            return env.opaque(Bind(op, var, (), term))
        over = (ONE, length)
    if condition is not None:
        return _filtered(op, var, over, within.claim(condition), term, call, env)
    return env.bind(op, var, over, term)


def _filtered(
    op: str,
    var: Sym,
    over: tuple[Term, Term],
    condition: Term,
    term: Term,
    call: ast.Call,
    env: Env,
) -> Term:
    """`sum(i in 1..n if c, body)`: what does not satisfy c counts as the empty sum or product."""
    if op not in _EMPTY or mentions(condition, "unsupported"):
        return env.unsupported(
            call, f"a condition on the range of `{op}` is read but not yet checked"
        )
    return env.bind(op, var, over, env.app("ite", condition, term, _EMPTY[op]))


def _real(op: str, term: Term, span: Span, scalar: bool = False) -> None:
    if is_opaque(term):
        return
    sort = sort_of(term)
    if scalar and isinstance(sort, Array):
        fail("shape-mismatch", f"`{op}` compares numbers, and this is {show_sort(sort)}", span)
    if may_be_complex(term):
        fail(
            "sort-mismatch",
            f"complex numbers have no order: `{op}` of a complex term",
            span,
            "compare `abs(z)` or `re(z)`",
        )


def infer_range(var: Sym, body: Term, name: ast.Name, scope: Scope, op: str) -> Term | None:
    """The length that all uses of a variable as an index agree on; None for an opaque body."""
    if is_opaque(body):
        return None
    known = {e.symbol for e in scope.entries.values()}
    found: list[Term] = []
    for term in subterms(body):
        match term:
            case App("index", (array, *indices)):
                pass
            case App("partial", (_, array, *indices)):
                pass
            case _:
                continue
        sort = sort_of(array)
        if not isinstance(sort, Array):
            continue
        for place, index in enumerate(indices):
            if index == var and free_symbols(sort.shape[place]) <= known:
                found.append(sort.shape[place])
    if not found and not op:
        # a sum over x[j + 1] may start at 0; an array that is defined starts at 1
        found = window_lengths(var, body, known)
    if not found:
        shown = name.name
        fail(
            "ambiguous-range",
            f"the range of `{shown}` cannot be inferred: no array is indexed by it",
            name.span,
            f"write the range, as in `{op}({shown} in 1..n, ...)`"
            if op
            else f"use `{shown}` as an index in the body, as in `x[{shown}]`",
        )
    for other in found[1:]:
        if not same_size(found[0], other, scope):
            fail(
                "ambiguous-range",
                f"the range of `{name.name}` is ambiguous: it indexes axes of sizes "
                f"{show_size(found[0])} and {show_size(other)}",
                name.span,
                f"write the range, as in `{op}({name.name} in 1..n, ...)`" if op else None,
            )
    return found[0]


# ---------------------------------------------------------------- optimisation


def _optimum(op: str) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 2)
        head, body = bare(call.args[0]), call.args[1]
        within = head.right if isinstance(head, ast.Bar) else None
        target = bare(head.left) if isinstance(head, ast.Bar) else head
        if isinstance(target, ast.In) and isinstance(target.element, ast.Name):
            return _index_optimum(op, target.element, read_range(target.container, env), body, env)
        if not isinstance(target, ast.Name):
            fail(
                "syntax",
                f"`{op}` takes a name and what to optimise",
                target.span,
                f"write `{op}(mu, l)`",
            )
        entry = env.scope.lookup(target.name)
        if entry is None and within is None:
            return _index_optimum(op, target, None, body, env)
        if entry is None:
            return env.unsupported(call, f"`{op}` over an undeclared name with a condition")
        if entry.role is Role.OPAQUE:
            return env.unsupported(call, entry.reason)
        if entry.role is Role.DEFINED:
            fail(
                "sort-mismatch",
                f"`{target.name}` is defined, so it does not vary",
                target.span,
                "optimise over a declared name",
            )
        return _declared_optimum(op, entry, target, body, within, env)

    return handler


def _declared_optimum(
    op: str,
    entry: Entry,
    target: ast.Name,
    body: ast.Expr,
    within: ast.Expr | None,
    env: Env,
) -> Term:
    """The domain is all that the facts, and a condition if one is written, say of the variable."""
    symbol, scope = entry.symbol, env.scope
    sort = symbol.sort
    if not (sort in (REAL, INTEGER) or (isinstance(sort, Array) and is_numeric(sort.entry))):
        fail("sort-mismatch", f"`{op}` over {show_sort(sort)}", target.span)
    term = env.scalar(body, f"what `{op}` optimises")
    _real(op, term, body.span)
    context = scope.context()
    if context.dependencies(term) & scope.moved_by(symbol):
        return env.unsupported(body, f"`{op}` over a parameter of a law is read but not yet checked")
    claims = [
        scope.unfold_to(fact.claim, symbol)
        for fact in scope.facts
        if fact.kind in (DOMAIN, HYPOTHESIS) and symbol in context.dependencies(fact.claim)
    ]
    if within is not None:
        claims.append(scope.unfold_to(env.claim(within), symbol))
    whole = conj(*claims)
    parts = whole.args if isinstance(whole, App) and whole.op == "and" else (whole,)
    domain = conj(*dict.fromkeys(parts))
    if mentions(domain, "unsupported"):
        env.reasons.append(f"a hypothesis about `{target.name}` is read but not yet checked")
    term = scope.unfold_to(term, symbol)
    var = Sym(scope.fresh(symbol.name, term, domain), sort)
    change = {symbol: var}
    return env.bind(op, var, (substitute(domain, change),), substitute(term, change))


def _index_optimum(
    op: str, name: ast.Name, over: tuple[Term, Term] | None, body: ast.Expr, env: Env
) -> Term:
    scope, var = env.scope.bind(name.name, INTEGER, span=name.span)
    term = env.within(scope).scalar(body, f"what `{op}` optimises")
    refuse_shadow(name, env.scope, term)
    _real(op, term, body.span)
    if over is None:
        length = infer_range(var, term, name, env.scope, op)
        if length is None:
            return env.opaque(Bind(op, var, (), term))
        over = (ONE, length)
    if over[1] == INF:
        env.reasons.append(f"`{op}` over an infinite range is read but not yet checked")
        return env.opaque(Bind(op, var, (), term))
    domain = conj(App("<=", (over[0], var)), App("<=", (var, over[1])))
    return env.bind(op, var, (domain,), term)


# ---------------------------------------------------------------- averages


def mean_of(call: ast.Call, env: Env) -> Term:
    """`mean(x)`, `mean(i in 1..n, x[i])`."""
    if len(call.args) > 1 and _is_binder("sum", call.args[0], env):
        summed = _nested("sum", tuple(call.args[:-1]), call.args[-1], call, env)
        if (
            isinstance(summed, Bind)
            and not isinstance(sort_of(summed.body), Array)
            and len(call.args) == 2
            and not mentions(summed.over[1], "inf")
        ):
            return env.app("mean", Bind("array", summed.var, summed.over, summed.body))
        return env.unsupported(call, "this form of `mean` is read but not yet checked")
    arity(call, 1)
    return _average("mean", call, env)


def log_sum_exp(call: ast.Call, env: Env) -> Term:
    """`logsumexp(z)`."""
    arity(call, 1)
    return _average("logsumexp", call, env)


def _average(op: str, call: ast.Call, env: Env) -> Term:
    array = env.number(call.args[0])
    if not is_opaque(array) and not isinstance(sort_of(array), Array):
        fail(
            "shape-mismatch",
            f"`{op}` takes an array, and this is {show_sort(sort_of(array))}",
            call.args[0].span,
        )
    return env.app(op, array)


HANDLERS: dict[str, Handler] = {
    "sum": _over_ranges("sum"),
    "prod": _over_ranges("prod"),
    "max": _over_ranges("max"),
    "array": _over_ranges("array"),
    "min": _over_ranges("min"),
    "argmax": _optimum("argmax"),
    "argmin": _optimum("argmin"),
    "mean": mean_of,
    "logsumexp": log_sum_exp,
}
