"""`partial_trace(rho, [m, n], 2)`: the trace over the second factor of a space of size m*n, written out.

Promise: the result is the matrix of the sums of the entries of `rho` that the definition names, with the factors in
the order of `kron`: the first factor's index moves slowly (Nielsen and Chuang, Quantum Computation and Quantum
Information, 2.4.3). The sizes are literal, and their product is the size of `rho`; a wrong order of unequal sizes
is not noticed here, since it is another partial trace.
"""

from __future__ import annotations

from itertools import product
from math import prod

from derive.core.shape import shape_of, sort_of
from derive.core.sort import Array
from derive.core.term import App, Num, Term, add
from derive.elaborate.arrays import Handler, arity, vector_of
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.shapes import show_shape
from derive.syntax import ast

_LARGEST = 16


def _partial_trace(call: ast.Call, env: Env) -> Term:
    arity(call, 3)
    rho = env.number(call.args[0])
    sizes, out = _sizes(call.args[1], env), _literal(call.args[2], env)
    if is_opaque(rho):
        return env.app("unsupported", rho)
    sort = vector_of("partial_trace", rho, call.args[0].span)
    if sizes is None or prod(sizes) > _LARGEST:
        return env.unsupported(call, f"`partial_trace` is checked for literal sizes with a product up to {_LARGEST}")
    if out is None or not 1 <= out <= len(sizes):
        fail("sort-mismatch", f"the factor that is traced out is one of 1..{len(sizes)}", call.args[2].span)
    if tuple(sort.shape) != (Num(prod(sizes)),) * 2:
        text = "*".join(map(str, sizes))
        fail(
            "shape-mismatch",
            f"`partial_trace` of an array of shape {show_shape(sort.shape)}, and the sizes say {text} by {text}",
            call.args[1].span,
            "the product of the sizes of the factors is the size of the matrix",
        )
    return reduced(rho, sizes, out - 1)


def reduced(rho: Term, sizes: tuple[int, ...], out: int) -> Term:
    """The matrix over the factors that are left."""
    kept = tuple(n for k, n in enumerate(sizes) if k != out)
    places = tuple(product(*map(range, kept)))

    def entry(row: tuple[int, ...], column: tuple[int, ...]) -> Term:
        return add(*(
            App("index", (rho, *(_place((*at[:out], k, *at[out:]), sizes) for at in (row, column))))
            for k in range(sizes[out])
        ))

    return App("vector", tuple(App("vector", tuple(entry(r, c) for c in places)) for r in places))


def _place(at: tuple[int, ...], sizes: tuple[int, ...]) -> Term:
    """The index in the whole space, from 1."""
    total = 0
    for k, n in zip(at, sizes, strict=True):
        total = total * n + k
    return Num(total + 1)


def _sizes(expr: ast.Expr, env: Env) -> tuple[int, ...] | None:
    term = env.number(expr)
    if is_opaque(term):
        return None
    sort = sort_of(term)
    if not (isinstance(sort, Array) and len(shape_of(term)) == 1):
        fail("sort-mismatch", "the sizes of the factors are a list", expr.span, "write `[2, 2]`")
    if not (isinstance(term, App) and term.op == "vector"):
        return None
    found = tuple(int(n.value) for n in term.args if isinstance(n, Num) and n.value.denominator == 1 and n.value >= 1)
    return found if len(found) == len(term.args) >= 2 else None


def _literal(expr: ast.Expr, env: Env) -> int | None:
    term = env.integer(expr, "a factor")
    return int(term.value) if isinstance(term, Num) else None


HANDLERS: dict[str, Handler] = {"partial_trace": _partial_trace}
