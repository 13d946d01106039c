"""Entropies and divergences of laws given as arrays of masses.

Promise: the shapes of two laws agree; what is no array (a random variable, a named law) is read and not
checked here.
"""

from __future__ import annotations

from derive.core.chance import points_in
from derive.core.law_values import OF_LAWS, closed_form
from derive.core.shape import sort_of
from derive.core.sort import Array
from derive.core.term import Term
from derive.elaborate.arrays import Handler, arity, vector_of
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.laws import law_named, law_of_variable
from derive.elaborate.names import LAWS
from derive.elaborate.shapes import may_be_complex, same_shape, show_shape
from derive.syntax import ast

_WORDS = {
    "entropy": "entropies of random variables and of named laws are read but not yet checked",
    "cross_entropy": "cross-entropies of named laws are read but not yet checked",
    "KL": "divergences between named laws are read but not yet checked",
    "mutual_information": "the mutual information of random variables is read but not yet checked",
}


def _is_named_law(expr: ast.Expr, env: Env) -> bool:
    while isinstance(expr, ast.Paren):
        expr = expr.inner
    if not isinstance(expr, ast.Call) or not isinstance(expr.function, ast.Name):
        return False
    return expr.function.name in LAWS and env.scope.lookup(expr.function.name) is None


def _of_laws(op: str, count: int) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        if op in OF_LAWS and not any(isinstance(a, ast.Bar) for a in call.args):
            found = _named_laws(op, count, call, env)
            if found is not None:
                return found
        if any(isinstance(a, ast.Bar) or _is_named_law(a, env) for a in call.args):
            return env.unsupported(call, _WORDS[op])
        if op == "mutual_information" and len(call.args) == 2:
            return env.unsupported(call, _WORDS[op])
        arity(call, count)
        laws = [env.number(a) for a in call.args]
        if any(map(is_opaque, laws)):
            return env.unsupported(call, _WORDS[op])
        if any(points_in(t) for t in laws):
            return env.unsupported(call, _WORDS[op])
        for law, source in zip(laws, call.args, strict=True):
            _check(op, law, source)
        if count == 2:
            _agree(op, laws[0], laws[1], call, env)
        return env.app(op, *laws)

    return handler


def _named_laws(op: str, count: int, call: ast.Call, env: Env) -> Term | None:
    """Of named laws, or of random variables whose laws are given; None where an argument is neither."""
    laws: list[Term] = []
    for arg in call.args:
        while isinstance(arg, ast.Paren):
            arg = arg.inner
        law: Term | None = law_of_variable(arg, env)
        if _is_named_law(arg, env):
            assert isinstance(arg, ast.Call)
            law = law_named(arg, env)
        if law is None:
            return None
        laws.append(law)
    arity(call, count)
    if any(map(is_opaque, laws)):
        return env.unsupported(call, _WORDS[op])
    return env.app(op, *laws) if closed_form(op, tuple(laws)) is not None else None


def _check(op: str, law: Term, source: ast.Expr) -> None:
    sort = vector_of(op, law, source.span)
    if may_be_complex(law):
        fail("sort-mismatch", f"`{op}` takes real masses, and these may be complex", source.span)
    if op == "mutual_information" and len(sort.shape) != 2:
        fail(
            "shape-mismatch",
            f"`{op}` takes a matrix of joint masses, and this has shape {show_shape(sort.shape)}",
            source.span,
            "`P[x, y]` is the mass at x and y together",
        )


def _agree(op: str, left: Term, right: Term, call: ast.Call, env: Env) -> None:
    one, other = sort_of(left), sort_of(right)
    assert isinstance(one, Array) and isinstance(other, Array)
    if not same_shape(one.shape, other.shape, env.scope):
        fail(
            "shape-mismatch",
            f"`{op}` between laws of shapes {show_shape(one.shape)} and {show_shape(other.shape)}",
            call.span,
        )


HANDLERS: dict[str, Handler] = {
    "entropy": _of_laws("entropy", 1),
    "cross_entropy": _of_laws("cross_entropy", 2),
    "KL": _of_laws("KL", 2),
    "mutual_information": _of_laws("mutual_information", 1),
}
