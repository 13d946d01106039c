"""Functions: application of named functions, the elementary functions, `cases`, indicators.

Promise: a scalar function of an array applies entry by entry; the number and the sorts of the
arguments are checked; an application is kept as written.
"""

from __future__ import annotations

from derive.core.shape import sort_of
from derive.core.sort import BOOL, Array, Function
from derive.core.term import App, Term, mentions
from derive.elaborate import (
    arrays,
    binders,
    calculus,
    chance,
    finite_laws,
    laws,
    limits,
    orders,
    partial_trace,
)
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.names import CHANCE, FUNCTIONS, LAWS, UNSUPPORTED
from derive.elaborate.scope import Role
from derive.elaborate.shapes import fits, may_be_complex, same_shape, show_shape, show_sort
from derive.syntax import ast

_ORDERED = frozenset({"sign", "floor", "ceil", "relu"})


def call(expr: ast.Call, env: Env) -> Term:
    """`f(x, ...)`: names in scope first, then the words of the language."""
    function = expr.function
    while isinstance(function, ast.Paren):
        function = function.inner
    if not (isinstance(function, ast.Name) and (function.name in FUNCTIONS or function.name == "O")):
        env = env.plain()
    if isinstance(function, ast.Name):
        entry = env.scope.lookup(function.name)
        if entry is None:
            return _word(function, expr, env)
        if entry.role is Role.OPAQUE:
            return env.unsupported(expr, entry.reason)
    term = env.term(function)
    if is_opaque(term):
        return env.unsupported(expr, env.why)
    sort = sort_of(term)
    if not isinstance(sort, Function):
        shown = f"`{function.name}`" if isinstance(function, ast.Name) else "this"
        fail(
            "sort-mismatch",
            f"{shown} is {show_sort(sort)}, not a function",
            function.span,
            "write `x[i]` for an entry" if isinstance(sort, Array) else "write `*` for a product",
        )
    return _apply(term, sort, expr, env)


def _apply(function: Term, sort: Function, expr: ast.Call, env: Env) -> Term:
    if len(expr.args) != len(sort.args):
        fail(
            "sort-mismatch",
            f"this function takes {len(sort.args)} "
            f"argument{'s' if len(sort.args) > 1 else ''}, and {len(expr.args)} "
            f"{'is' if len(expr.args) == 1 else 'are'} written",
            expr.span,
        )
    args = [env.term(a) for a in expr.args]
    for arg, source, expected in zip(args, expr.args, sort.args, strict=True):
        found = sort_of(arg)
        if is_opaque(arg) or fits(found, expected, env.scope):
            continue
        both_arrays = isinstance(found, Array) or isinstance(expected, Array)
        fail(
            "shape-mismatch" if both_arrays else "sort-mismatch",
            f"the function takes {show_sort(expected)}, and this is {show_sort(found)}",
            source.span,
        )
    return env.app("apply", function, *args)


def _word(name: ast.Name, expr: ast.Call, env: Env) -> Term:
    if name.name in CHANCE and (name.name != "Var" or chance.is_random(expr.args, env)):
        return chance.read(name.name, expr.args, expr, env)
    handler = HANDLERS.get(name.name) or HANDLERS.get(
        {"Γ": "Gamma", "δ": "delta"}.get(name.name, "")
    )
    if handler is not None:
        return handler(expr, env)
    if name.name in UNSUPPORTED:
        return env.unsupported(expr, UNSUPPORTED[name.name])
    if name.name in LAWS:
        fail(
            "sort-mismatch",
            f"the law `{name.name}` stands where a number is expected",
            expr.span,
            f"take its density or masses: `{LAWS[name.name][1]}({name.name}(...), x)`",
        )
    return env.term(name)  # fails: the name is unknown, or no function


# ---------------------------------------------------------------- elementary functions


def _elementary(op: str) -> Handler:
    def handler(expr: ast.Call, env: Env) -> Term:
        arity(expr, 1)
        arg = env.number(expr.args[0])
        if not is_opaque(arg) and op in _ORDERED and may_be_complex(arg):
            fail(
                "sort-mismatch",
                f"complex numbers have no order: `{op}` of a complex term",
                expr.args[0].span,
                "take `re(z)` or `abs(z)`",
            )
        return env.app(op, arg)

    return handler


def _factorial(expr: ast.Call, env: Env) -> Term:
    arity(expr, 1)
    return env.app("factorial", env.integer(expr.args[0], "the argument of `factorial`"))


def factorial(expr: ast.Postfix, env: Env) -> Term:
    """`n!`."""
    return env.app("factorial", env.integer(expr.base, "what stands before `!`"))


def _imaginary_part(expr: ast.Call, env: Env) -> Term:
    arity(expr, 1)
    return env.app("im_part", env.number(expr.args[0]))


def _integers(op: str) -> Handler:
    def handler(expr: ast.Call, env: Env) -> Term:
        arity(expr, 2)
        return env.app(op, *(env.integer(a, f"an argument of `{op}`") for a in expr.args))

    return handler


# ---------------------------------------------------------------- piecewise


def if_else(expr: ast.IfElse, env: Env) -> Term:
    """`if c then a else b`."""
    return _piece(expr.condition, expr.then, env.term(expr.otherwise), expr.otherwise, env)


def _piece(
    condition: ast.Expr, then: ast.Expr, otherwise: Term, source: ast.Expr, env: Env
) -> Term:
    claim, value = env.claim(condition), env.term(then)
    if mentions(claim, "unsupported") or is_opaque(value) or is_opaque(otherwise):
        return env.app("ite", claim, value, otherwise)
    one, other = sort_of(value), sort_of(otherwise)
    left = one.shape if isinstance(one, Array) else ()
    right = other.shape if isinstance(other, Array) else ()
    if (one is BOOL) != (other is BOOL) or isinstance(one, Function) or isinstance(other, Function):
        fail(
            "sort-mismatch", f"the branches are {show_sort(one)} and {show_sort(other)}", then.span
        )
    if one is BOOL:
        # a claim by cases: (c => a) and (not c => b)
        return App("and", (App("=>", (claim, value)), App("=>", (App("not", (claim,)), otherwise))))
    if not same_shape(left, right, env.scope):
        fail(
            "shape-mismatch",
            f"the branches have shapes {show_shape(left)} and {show_shape(right)}",
            then.span.to(source.span),
        )
    return App("ite", (claim, value, otherwise))


def _cases(expr: ast.Call, env: Env) -> Term:
    for arg in expr.args:
        if not isinstance(arg, ast.Case):
            fail(
                "syntax",
                "`cases` takes values with conditions",
                arg.span,
                "write `cases(a if c, b otherwise)`",
            )
    cases = [a for a in expr.args if isinstance(a, ast.Case)]
    if not cases or cases[-1].condition is not None:
        return env.unsupported(expr, "`cases` without `otherwise` is read but not yet checked")
    for case in cases[:-1]:
        if case.condition is None:
            fail("syntax", "`otherwise` comes last", case.span)
    term = env.term(cases[-1].value)
    for case in reversed(cases[:-1]):
        assert case.condition is not None
        term = _piece(case.condition, case.value, term, cases[-1].value, env)
    return term


def indicator(expr: ast.Index, env: Env) -> Term:
    """`1[c]`."""
    if len(expr.args) != 1:
        fail("syntax", "an indicator takes one claim", expr.span, "write `1[c]`")
    claim = env.claim(expr.args[0])
    return env.app("indicator", claim)


_ELEMENTARY: dict[str, Handler] = {
    name: _elementary(name) for name in FUNCTIONS if name not in ("factorial", "im_part")
}

HANDLERS: dict[str, Handler] = {
    **_ELEMENTARY,
    **arrays.HANDLERS,
    **binders.HANDLERS,
    **calculus.HANDLERS,
    **finite_laws.HANDLERS,
    **laws.HANDLERS,
    **limits.HANDLERS,
    **orders.HANDLERS,
    **partial_trace.HANDLERS,
    "factorial": _factorial,
    "im": _imaginary_part,
    "im_part": _imaginary_part,
    "binomial": _integers("binomial"),
    "delta": _integers("delta"),
    "cases": _cases,
}
