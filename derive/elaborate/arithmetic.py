"""Arithmetic: `+ - * / ^` and their entrywise forms, runs of products with Leibniz quotients.

Promise: a scalar goes with an array, arrays go together only entry by entry at equal shapes, and
there is no other broadcasting; nothing is evaluated.
"""

from __future__ import annotations

from derive.core.shape import sort_of
from derive.core.sort import Array
from derive.core.term import App, Num, Term
from derive.elaborate.arrays import matmul
from derive.elaborate.calculus import leibniz
from derive.elaborate.env import Env, check_number, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.shapes import same_shape, same_size, show_shape, show_sort
from derive.syntax import ast
from derive.text import Span

_ENTRYWISE = {".*": "*", "./": "/", ".^": "^"}
_LARGEST_POWER = 12
_PRODUCTS = frozenset({"*", "/", "@", ".*", "./"})


def binary(expr: ast.Binary, env: Env) -> Term:
    """Any binary operation; long runs are read without recursion on their left side."""
    if expr.op in _PRODUCTS:
        return _product(expr, env)
    if expr.op in ("+", "-"):
        return _sum(expr, env)
    left, right = env.number(expr.left), env.number(expr.right)
    if expr.op == "^":
        return _power(expr, left, right, env)
    return combine(expr.op, left, right, expr.span, env)


def negative(expr: ast.Unary, env: Env) -> Term:
    """`-x`."""
    return env.app("neg", env.number(expr.arg))


def _sum(expr: ast.Binary, env: Env) -> Term:
    run: list[ast.Binary] = []
    first: ast.Expr = expr
    while isinstance(first, ast.Binary) and first.op in ("+", "-"):
        run.append(first)
        first = first.left
    total = env.number(first)
    for node in reversed(run):
        total = combine(node.op, total, env.number(node.right), node.span, env)
    return total


def _product(expr: ast.Binary, env: Env) -> Term:
    """A run of products, left to right; `dL/dW` in it is one factor where it is a derivative."""
    run: list[ast.Binary] = []
    first: ast.Expr = expr
    while isinstance(first, ast.Binary) and first.op in _PRODUCTS:
        run.append(first)
        first = first.left
    run.reverse()
    numerator: ast.Expr | None = first
    span = first.span
    total: Term | None = None
    pending: ast.Binary | None = None
    for node in (*run, None):
        if node is not None and node.op == "/":
            quotient = leibniz(numerator, node.right, env)
            if quotient is not None:
                total = _times(pending, total, quotient, node.span, env)
                pending, numerator = None, None
                span = node.span
                continue
        if numerator is not None:
            total = _times(pending, total, env.number(numerator), span, env)
        if node is not None:
            pending, numerator, span = node, node.right, node.span
    assert total is not None
    return total


def _times(node: ast.Binary | None, total: Term | None, factor: Term, span: Span, env: Env) -> Term:
    if node is None or total is None:
        return factor
    if node.op == "@":
        return matmul(total, factor, span, env)
    return combine(node.op, total, factor, span, env)


def combine(op: str, left: Term, right: Term, span: Span, env: Env) -> Term:
    """`left op right` of numbers and arrays, shapes checked."""
    check_number(left, span)
    check_number(right, span)
    core = _ENTRYWISE.get(op, op)
    if is_opaque(left) or is_opaque(right):
        return env.app(core, left, right)
    one, other = sort_of(left), sort_of(right)
    if isinstance(one, Array) and isinstance(other, Array):
        if op in ("*", "/"):
            shapes = f"{show_shape(one.shape)} and {show_shape(other.shape)}"
            hint = (
                "write `@` for the matrix product, or `.*` entry by entry"
                if op == "*"
                else "write `./` entry by entry, or `A @ inv(B)`"
            )
            fail("shape-mismatch", f"`{op}` between two arrays, of shapes {shapes}", span, hint)
        if not same_shape(one.shape, other.shape, env.scope):
            fail(
                "shape-mismatch",
                f"`{op}` between arrays of shapes {show_shape(one.shape)} and "
                f"{show_shape(other.shape)}",
                span,
                "only equal shapes, or an array and a number, go together entry by entry",
            )
    return App(core, (left, right))


def _power(expr: ast.Binary, base: Term, exponent: Term, env: Env) -> Term:
    if is_opaque(base) or is_opaque(exponent):
        return env.app("^", base, exponent)
    if isinstance(sort := sort_of(base), Array):
        repeated = _repeated(base, sort, exponent, env)
        if repeated is not None:
            return repeated
        match exponent:
            case App("neg", (Num(value),)) if value == 1:
                hint = "write `inv(A)` for the inverse, `.^` entry by entry"
            case _:
                hint = "write `.^` entry by entry, or `A @ A` for the product"
        fail("shape-mismatch", f"`^` of {show_sort(sort_of(base))}", expr.span, hint)
    if isinstance(sort_of(exponent), Array):
        fail(
            "shape-mismatch",
            "an array stands as an exponent",
            expr.right.span,
            "write `.^` entry by entry",
        )
    return App("^", (base, exponent))


def _repeated(base: Term, sort: Array, exponent: Term, env: Env) -> Term | None:
    """`A^3` of a square matrix is `A @ A @ A`, and `A^0` the identity; other exponents are written out."""
    square = len(sort.shape) == 2 and same_size(*sort.shape, env.scope)
    if not (square and isinstance(exponent, Num) and exponent.value in range(_LARGEST_POWER + 1)):
        return None
    if exponent.value == 0:
        return App("eye", sort.shape[:1])
    total = base
    for _ in range(int(exponent.value) - 1):
        total = App("matmul", (total, base))
    return total
