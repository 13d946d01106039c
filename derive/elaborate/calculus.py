"""Derivatives: `diff grad jacobian hessian`, Leibniz quotients, and `t at x = a`.

Promise: the derivative by a name is that of the term as a function of that name, with exactly the
definitions unfolded that depend on it; so it is fixed here once, and what an equation says of the
term elsewhere cannot change it.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.shape import sort_of
from derive.core.sort import BOOL, COMPLEX, INTEGER, REAL, Array, Function, is_numeric
from derive.core.term import App, Bind, Sym, Term, free_symbols, substitute, subterms
from derive.elaborate.arrays import Handler, arity, complex_entries
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.families import as_families
from derive.elaborate.fault import fail, mistake
from derive.elaborate.shapes import fits, same_size, show_shape, show_sort
from derive.syntax import ast
from derive.text import Span


@dataclass(frozen=True, slots=True)
class Target:
    """What is differentiated by: a name, or an entry of one (`indices` not empty)."""

    symbol: Sym
    indices: tuple[Term, ...]
    span: Span


def _bare(expr: ast.Expr) -> ast.Expr:
    while isinstance(expr, ast.Paren):
        expr = expr.inner
    return expr


def read_target(expr: ast.Expr, env: Env) -> Target | None:
    """The name or the entry to differentiate by; None where it is opaque."""
    bare = _bare(expr)
    name, args = (_bare(bare.base), bare.args) if isinstance(bare, ast.Index) else (bare, ())
    if not isinstance(name, ast.Name):
        fail(
            "derivative-variable",
            "a derivative is taken by a name or by an entry of an array",
            expr.span,
            "name the term with `define` or `let`, and write the others by it",
        )
    term = env.term(name)
    if is_opaque(term):
        return None
    if not isinstance(term, Sym):
        fail(
            "derivative-variable",
            f"`{name.name}` does not vary",
            expr.span,
            "a derivative is taken by a declared or a defined name",
        )
    _check_variable(name, term, expr.span)
    indices = tuple(env.integer(a, "an index") for a in args)
    if indices:
        sort = term.sort
        if not isinstance(sort, Array) or len(indices) > len(sort.shape):
            shape = show_shape(sort.shape) if isinstance(sort, Array) else "()"
            fail(
                "shape-mismatch",
                f"{len(indices)} indices into an array of shape {shape}",
                expr.span,
            )
    return Target(term, indices, expr.span)


def _check_variable(name: ast.Name, symbol: Sym, span: Span) -> None:
    sort = symbol.sort
    scalar = sort.entry if isinstance(sort, Array) else sort
    if scalar is REAL:
        return
    if scalar is INTEGER:
        message = f"`{name.name}` takes integer values, so nothing is differentiated by it"
        fail("sort-mismatch", message, span, "declare it as `real`, or take a difference")
    if scalar is COMPLEX:
        message = f"derivatives by a complex name such as `{name.name}` have no meaning here"
        fail("sort-mismatch", message, span, "differentiate by real names")
    kind = show_sort(sort)
    fail(
        "sort-mismatch",
        f"a derivative by `{name.name}`, which is {kind}",
        span,
        "a derivative is taken by a real name" if scalar is not BOOL else None,
    )


def as_function(term: Term, symbol: Sym, env: Env) -> Bind:
    """`lam x'. t'`: the term as a function of a symbol."""
    unfolded = env.scope.unfold_to(term, symbol)
    inside = {t.var.name for t in subterms(unfolded) if isinstance(t, Bind)}
    name = env.scope.fresh(symbol.name, unfolded)
    while name in inside:
        stem, number = name.split("~") if "~" in name else (name, "0")
        name = f"{stem}~{int(number) + 1}"
    var = Sym(name, symbol.sort)
    return Bind("lam", var, (), substitute(unfolded, {symbol: var}))


def is_moved(term: Term, symbol: Sym, env: Env, *, everywhere: bool = False) -> bool:
    """Is there an expectation (with `everywhere`, any mention) of a variable whose law the symbol moves?"""
    moved = env.scope.moved_by(symbol)
    if not moved:
        return False
    whole = env.scope.context().unfold(term)
    inside = [whole] if everywhere else [t for t in subterms(whole) if isinstance(t, Bind) and t.op == "E"]
    return any(free_symbols(t) & moved for t in inside)


def derivative(term: Term, target: Target, env: Env, span: Span) -> Term:
    """The derivative by a name (`deriv`, `grad`, `jacobian`) or by an entry (`partial`)."""
    if is_opaque(term):
        return env.app("deriv", term, target.symbol)
    sort, point = sort_of(term), target.symbol.sort
    if isinstance(sort, Function):
        term = _at_variable(term, sort, target, env, span)
        sort = sort_of(term)
    if not (is_numeric(sort) or isinstance(sort, Array)):
        fail("sort-mismatch", f"a derivative of {show_sort(sort)}", span)
    moved = is_moved(term, target.symbol, env)
    families = as_families(term, target.symbol, env.scope) if moved else term
    function = as_function(term if families is None else families, target.symbol, env)
    if families is None:
        return _later(
            env, "the derivative of an expectation by a parameter of laws that are not all stated, or of variables "
            "that are not stated to be independent, is not yet checked",
            function, target,
        )
    if not isinstance(point, Array):
        return App("deriv", (function, target.symbol))
    if complex_entries(term):
        return _later(
            env, "gradients of complex terms are read but not yet checked", function, target
        )
    if target.indices:
        if len(target.indices) < len(point.shape):
            return _later(
                env,
                "the derivative by a part of an array is read but not yet checked",
                function,
                target,
            )
        return App("partial", (function, target.symbol, *target.indices))
    op = "jacobian" if isinstance(sort, Array) else "grad"
    return App(op, (function, target.symbol))


def _later(env: Env, reason: str, function: Bind, target: Target) -> Term:
    if reason not in env.reasons:
        env.reasons.append(reason)
    return env.opaque(App("deriv", (function, target.symbol, *target.indices)))


def _at_variable(term: Term, sort: Function, target: Target, env: Env, span: Span) -> Term:
    """`diff(f, x)` of a function of one argument means `diff(f(x), x)`."""
    if (
        len(sort.args) == 1
        and not target.indices
        and fits(target.symbol.sort, sort.args[0], env.scope)
    ):
        return App("apply", (term, target.symbol))
    raise mistake(
        "sort-mismatch",
        "a derivative of a function, not of its value",
        span,
        "write `diff(f(x), x)`",
    )


# ---------------------------------------------------------------- the forms


def _diff(call: ast.Call, env: Env) -> Term:
    if len(call.args) < 2:
        fail("sort-mismatch", "`diff` takes a term and a name", call.span, "write `diff(t, x)`")
    term = env.term(call.args[0])
    for expr in call.args[1:]:
        target = read_target(expr, env)
        if target is None or is_opaque(term):
            return env.unsupported(call, env.why)
        term = laid_out(derivative(term, target, env, call.args[0].span), env)
    return term


def _two(call: ast.Call, env: Env) -> tuple[Term, Target] | None:
    arity(call, 2)
    term, target = env.term(call.args[0]), read_target(call.args[1], env)
    return None if target is None or is_opaque(term) else (term, target)


def laid_out(derived: Term, env: Env) -> Term:
    """A derivative in the layout of the file: a gradient by a matrix is turned round in numerator layout.

    Of the layout nothing is left in the term, so that it means the same in every file that uses it.
    Without the rank: the gradient by a vector, which is a vector in both layouts, would owe a matrix.
    """
    match derived:
        case App("grad", (_, Sym(_, Array(shape, _)))) if env.scope.layout == "numerator" and len(shape) == 2:
            return App("transpose", (derived,))
    return derived


def _grad(call: ast.Call, env: Env) -> Term:
    """The gradient, as the file lays it out."""
    return laid_out(_gradient(call, env), env)


def _gradient(call: ast.Call, env: Env) -> Term:
    pair = _two(call, env)
    if pair is None:
        return env.unsupported(call, env.why)
    term, target = pair
    result = derivative(term, target, env, call.args[0].span)
    if isinstance(result, App) and result.op == "jacobian":
        fail(
            "shape-mismatch",
            f"`grad` of {show_sort(sort_of(term))}: it is taken of a number",
            call.args[0].span,
            "write `jacobian(f, x)`",
        )
    return result


def _jacobian(call: ast.Call, env: Env) -> Term:
    pair = _two(call, env)
    if pair is None:
        return env.unsupported(call, env.why)
    term, target = pair
    result = derivative(term, target, env, call.args[0].span)
    if not isinstance(result, App) or result.op != "grad":
        return result
    raise mistake(
        "shape-mismatch",
        "`jacobian` of a number: it is taken of an array",
        call.args[0].span,
        "write `grad(L, x)`",
    )


def _hessian(call: ast.Call, env: Env) -> Term:
    pair = _two(call, env)
    if pair is None:
        return env.unsupported(call, env.why)
    term, target = pair
    first = derivative(term, target, env, call.args[0].span)
    match first:
        case App("deriv", _):
            return derivative(first, target, env, call.span)
        case App("grad", (function, point)):
            return App("hessian", (function, point))
        case App("unsupported", _):
            return first
    raise mistake(
        "shape-mismatch",
        "`hessian` is taken of a number, by a name",
        call.span,
        "write `hessian(L, x)`",
    )


def leibniz(top: ast.Expr | None, bottom: ast.Expr, env: Env) -> Term | None:
    """`dL/dW`, `∂L/∂W`, `dL/dz[m]`: `L` and `W` have a meaning here, `dL` and `dW` have none."""
    if not isinstance(top, ast.Name):
        return None
    base = bottom.base if isinstance(bottom, ast.Index) else bottom
    if not isinstance(base, ast.Name):
        return None
    over, under = _differential(top, env), _differential(base, env)
    if over is None or under is None or over[0] != under[0]:
        return None
    by: ast.Expr = ast.Name(under[1], base.span)
    if isinstance(bottom, ast.Index):
        by = ast.Index(by, bottom.args, bottom.span)
    term, target = env.term(ast.Name(over[1], top.span)), read_target(by, env)
    span = top.span.to(bottom.span)
    if target is None or is_opaque(term):
        return env.unsupported(ast.Binary("/", top, bottom, span), env.why)
    return laid_out(derivative(term, target, env, span), env)


def _differential(name: ast.Name, env: Env) -> tuple[str, str] | None:
    """`dL` as ("d", "L"), if `L` has a meaning here and `dL` has none."""
    sign, rest = name.name[:1], name.name[1:]
    if sign not in ("d", "∂") or not rest or env.scope.lookup(name.name) is not None:
        return None
    return (sign, rest) if env.scope.lookup(rest) is not None else None


# ---------------------------------------------------------------- at


def at(expr: ast.At, env: Env) -> Term:
    """`t at x = a`, `t at (x = a, y = b)`: all places at once."""
    term = env.term(expr.body)
    change: dict[Sym, Term] = {}
    for place, value_expr in expr.places:
        name = _bare(place)
        if not isinstance(name, ast.Name):
            return env.unsupported(
                expr, "a value at one entry of an array is read but not yet checked"
            )
        symbol, value = env.term(name), env.number(value_expr)
        if is_opaque(symbol) or is_opaque(value):
            return env.unsupported(expr, env.why)
        if not isinstance(symbol, Sym) or isinstance(symbol.sort, Function):
            fail("sort-mismatch", f"`at` sets a variable, and `{name.name}` is none", place.span)
        if symbol in change:
            fail("duplicate-name", f"`{name.name}` is set twice", place.span)
        if not fits(sort_of(value), symbol.sort, env.scope):
            fail(
                "sort-mismatch",
                f"`{name.name}` is {show_sort(symbol.sort)}, and the value is "
                f"{show_sort(sort_of(value))}",
                value_expr.span,
            )
        change[symbol] = value
    if is_opaque(term):
        return env.unsupported(expr, env.why)
    if any(is_moved(term, s, env, everywhere=True) for s in change):
        return env.unsupported(expr, "a value for a parameter of a law is read but not yet checked")
    return substitute(_unfolded(term, change, env), change)


def _unfolded(term: Term, change: dict[Sym, Term], env: Env) -> Term:
    """The term, with definitions unfolded that depend on a name that is set."""
    scope = env.scope
    wanted = frozenset().union(*(scope.dependents(s) for s in change)) - frozenset(change)
    return scope.context().unfold(term, wanted) if wanted else term


def _symgrad(call: ast.Call, env: Env) -> Term:
    """`G + G.T - diag(diag(G))` for the ambient gradient G: the two entries of a pair vary together."""
    gradient = _gradient(call, env)
    if is_opaque(gradient):
        return gradient
    sort = sort_of(gradient)
    if not (isinstance(sort, Array) and len(sort.shape) == 2 and same_size(*sort.shape, env.scope)):
        fail(
            "shape-mismatch",
            "`symgrad` is taken by a square matrix",
            call.args[1].span,
            "write `grad(L, x)`",
        )
    both = App("+", (gradient, App("transpose", (gradient,))))
    return App("-", (both, App("diag", (App("diag", (gradient,)),))))


HANDLERS: dict[str, Handler] = {
    "symgrad": _symgrad,
    "diff": _diff,
    "grad": _grad,
    "jacobian": _jacobian,
    "hessian": _hessian,
}
