"""Arrays: literals, indexing, the matrix product, and the functions of vectors and matrices.

Promise: shapes are checked here and nowhere later; a message names the operation and both shapes.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.shape import shape_of, sort_of
from derive.core.sort import BOOL, COMPLEX, INTEGER, Array
from derive.core.term import INF, ONE, App, Bind, Term, index
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.shapes import same_shape, same_size, show_shape, show_size, show_sort
from derive.syntax import ast
from derive.text import Span

Handler = Callable[[ast.Call, Env], Term]


# ---------------------------------------------------------------- literals and indexing


def literal(expr: ast.ListLiteral, env: Env) -> Term:
    """`[1, 0]`, `[[0, 1], [1, 0]]`; rows of one length."""
    if not expr.items:
        fail("syntax", "an empty list has no shape", expr.span, "write `zeros(n)`")
    if _is_block(expr, env):
        return _block(expr, env)
    items = [env.number(item) for item in expr.items]
    if any(map(is_opaque, items)):
        return env.app("vector", *items)
    first = sort_of(items[0])
    shape = first.shape if isinstance(first, Array) else ()
    for item, source in zip(items[1:], expr.items[1:], strict=True):
        sort = sort_of(item)
        other = sort.shape if isinstance(sort, Array) else ()
        if not same_shape(shape, other, env.scope):
            fail(
                "shape-mismatch",
                f"the rows differ: the first is {show_sort(first)}, this one {show_sort(sort)}",
                source.span,
                "all rows of a matrix have the same length",
            )
    return App("vector", tuple(items))


def _is_block(expr: ast.ListLiteral, env: Env) -> bool:
    """Is this a list of rows of matrices?"""
    row = expr.items[0]
    if not (isinstance(row, ast.ListLiteral) and row.items and not isinstance(row.items[0], ast.ListLiteral)):
        return False
    first = env.term(row.items[0])
    return not is_opaque(first) and isinstance(s := sort_of(first), Array) and len(s.shape) == 2


def _block(expr: ast.ListLiteral, env: Env) -> Term:
    """`[[A, B], [C, D]]`: blocks of a row have one height, and those of a column one width."""
    rows: list[Term] = []
    widths: list[Term] = []
    for row in expr.items:
        if not isinstance(row, ast.ListLiteral):
            fail("shape-mismatch", "a row of blocks is a list of matrices", row.span, "write `[A, B]`")
        blocks = [env.number(item) for item in row.items]
        if any(map(is_opaque, blocks)):
            return env.app("beside", *blocks)
        sorts = [vector_of("[...]", b, i.span) for b, i in zip(blocks, row.items, strict=True)]
        for sort, item in zip(sorts, row.items, strict=True):
            if len(sort.shape) != 2:
                fail("shape-mismatch", f"a block is a matrix, and this is {show_sort(sort)}", item.span)
            if not same_size(sorts[0].shape[0], sort.shape[0], env.scope):
                message = f"the blocks of a row have one height: {show_sort(sorts[0])} beside {show_sort(sort)}"
                fail("shape-mismatch", message, item.span)
        if rows and not same_shape(tuple(widths), tuple(s.shape[1] for s in sorts), env.scope):
            fail("shape-mismatch", "the blocks of a column have one width", row.span)
        widths = widths or [s.shape[1] for s in sorts]
        rows.append(App("beside", tuple(blocks)) if len(blocks) > 1 else blocks[0])
    return App("above", tuple(rows)) if len(rows) > 1 else rows[0]


def entry(expr: ast.Index, env: Env) -> Term:
    """`A[i, j]`; fewer indices than axes give a row."""
    base = env.term(expr.base)
    for arg in expr.args:
        if isinstance(arg, ast.Range):
            return env.unsupported(
                expr, "parts of arrays, as in `x[1..k]`, are read but not yet checked"
            )
    if is_opaque(base):
        return env.unsupported(expr, env.why)
    sort = sort_of(base)
    if not isinstance(sort, Array):
        fail(
            "sort-mismatch",
            f"only arrays are indexed, and this is {show_sort(sort)}",
            expr.base.span,
        )
    if len(expr.args) > len(sort.shape):
        fail(
            "shape-mismatch",
            f"{len(expr.args)} indices into an array of shape {show_shape(sort.shape)}",
            expr.span,
            f"write {len(sort.shape)} at most",
        )
    indices = tuple(env.integer(arg, "an index") for arg in expr.args)
    if any(map(is_opaque, indices)):
        return env.app("index", base, *indices)
    match base:
        case App("index", (inner, *first)):
            return App("index", (inner, *first, *indices))
    return App("index", (base, *indices))


def vector_of(op: str, array: Term, span: Span) -> Array:
    """The sort of an array; fails for a scalar."""
    sort = sort_of(array)
    if not isinstance(sort, Array) or sort.entry is BOOL:
        fail(
            "shape-mismatch",
            f"`{op}` takes an array, and this is {show_sort(sort)}",
            span,
            "write `abs(x)` for a number" if op == "norm" else None,
        )
    return sort


# ---------------------------------------------------------------- products


def is_row(term: Term) -> bool:
    """Is a vector term written as a row: `x.T`, `x.T @ A`, and multiples and sums of such?"""
    match term:
        case App("transpose" | "hermitian", _):
            return isinstance(sort := sort_of(term), Array) and len(sort.shape) == 1
        case App("matmul", (left, _)):
            return isinstance(sort := sort_of(left), Array) and len(sort.shape) == 1
        case App("+" | "-", (left, right)):
            return is_row(left) or is_row(right)
        case App("neg" | "/", (left, *_)):
            return is_row(left)
        case App("*", (left, right)):
            return is_row(left) or is_row(right)
    return False


def _column(row: Term) -> Term:
    """The vector that stands as a row: `x.T` as `x`."""
    match row:
        case App("transpose", (vector,)):
            return vector
    return row


def matmul(left: Term, right: Term, span: Span, env: Env) -> Term:
    """`left @ right`, with equal inner sizes."""
    if is_opaque(left) or is_opaque(right):
        return env.app("matmul", left, right)
    one, other = sort_of(left), sort_of(right)
    for sort in (one, other):
        if not isinstance(sort, Array):
            fail(
                "shape-mismatch",
                f"`@` multiplies arrays, and one side is {show_sort(sort)}",
                span,
                "write `*` with a number",
            )
        if len(sort.shape) > 2:
            fail(
                "shape-mismatch",
                f"`@` multiplies matrices and vectors, and one side has shape "
                f"{show_shape(sort.shape)}",
                span,
                "write the sum out",
            )
    assert isinstance(one, Array) and isinstance(other, Array)
    if len(other.shape) == 1 and is_row(right) and len(one.shape) == 1 and not is_row(left):
        return App("outer", (left, _column(right)))
    if len(other.shape) == 1 and is_row(right) and len(one.shape) == 2:
        fail(
            "shape-mismatch",
            "the right side of `@` is a row",
            span,
            "write `outer(x, y)` for the matrix of all products",
        )
    if len(one.shape) == 1 and len(other.shape) == 1 and not is_row(left):
        fail(
            "shape-mismatch",
            f"`@` between two vectors, of shapes {show_shape(one.shape)} and "
            f"{show_shape(other.shape)}",
            span,
            "write `dot(x, y)`, or `x.T @ y`",
        )
    if not same_size(one.shape[-1], other.shape[0], env.scope):
        fail(
            "shape-mismatch",
            f"`@` between shapes {show_shape(one.shape)} and {show_shape(other.shape)}: "
            f"the inner sizes {show_size(one.shape[-1])} and {show_size(other.shape[0])} "
            "are not known to be equal",
            span,
            _by_transposing(one, other, env),
        )
    return App("matmul", (left, right))


def _by_transposing(one: Array, other: Array, env: Env) -> str | None:
    """Which side of `@` fits when it is transposed."""
    if len(one.shape) == 2 and same_size(one.shape[0], other.shape[0], env.scope):
        return "the left side transposed fits: write `.T` behind it"
    if len(other.shape) == 2 and same_size(one.shape[-1], other.shape[1], env.scope):
        return "the right side transposed fits: write `.T` behind it"
    return None


def transposed(expr: ast.Postfix, env: Env) -> Term:
    """`A.T`, `A.H`."""
    base = env.number(expr.base)
    op = "transpose" if expr.op == ".T" else "hermitian"
    if is_opaque(base):
        return env.app(op, base)
    sort = sort_of(base)
    if not isinstance(sort, Array):
        if op == "hermitian":
            return App("conj", (base,))
        fail("shape-mismatch", f"`.T` of {show_sort(sort)}", expr.span)
    if len(sort.shape) > 2:
        fail(
            "shape-mismatch",
            f"`{expr.op}` of an array of shape {show_shape(sort.shape)}",
            expr.span,
        )
    return App(op, (base,))


# ---------------------------------------------------------------- functions of arrays


def arity(call: ast.Call, low: int, high: int | None = None) -> None:
    """Fail unless the number of arguments is right."""
    high = low if high is None else high
    count = len(call.args)
    if low <= count <= high:
        return
    name = call.function.name if isinstance(call.function, ast.Name) else "this function"
    wanted = (
        str(low) if low == high else f"{low} or {high}" if high == low + 1 else f"{low} to {high}"
    )
    fail(
        "sort-mismatch",
        f"`{name}` takes {wanted} argument{'s' if wanted != '1' else ''}, "
        f"and {count} {'is' if count == 1 else 'are'} written",
        call.span,
    )


def _argument(call: ast.Call, env: Env, ranks: tuple[int, ...], square: bool = False) -> Term:
    arity(call, 1)
    return _ranked(call, call.args[0], env, ranks, square)


def _ranked(
    call: ast.Call, expr: ast.Expr, env: Env, ranks: tuple[int, ...], square: bool = False
) -> Term:
    term = env.number(expr)
    if is_opaque(term):
        return term
    name = call.function.name if isinstance(call.function, ast.Name) else "this function"
    sort = vector_of(name, term, expr.span)
    if len(sort.shape) not in ranks:
        words = " or ".join({1: "a vector", 2: "a matrix"}.get(r, "an array") for r in ranks)
        fail(
            "shape-mismatch",
            f"`{name}` takes {words}, and this has shape {show_shape(sort.shape)}",
            expr.span,
        )
    if square and len(sort.shape) == 2 and not same_size(*sort.shape, env.scope):
        fail(
            "shape-mismatch",
            f"`{name}` takes a square matrix, and this has shape {show_shape(sort.shape)}",
            expr.span,
        )
    return term


def _square(op: str) -> Handler:
    return lambda call, env: env.app(op, _argument(call, env, (2,), square=True))


def _of_vector(op: str) -> Handler:
    return lambda call, env: env.app(op, _argument(call, env, (1,)))


def _of_matrix(op: str) -> Handler:
    return lambda call, env: env.app(op, _argument(call, env, (2,)))


def _of_array(op: str) -> Handler:
    return lambda call, env: env.app(op, _argument(call, env, (1, 2, 3, 4)))


def _diag(call: ast.Call, env: Env) -> Term:
    return env.app("diag", _argument(call, env, (1, 2), square=True))


def _pair(op: str, rank: int, same: bool) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 2)
        left, right = (_ranked(call, a, env, (rank,)) for a in call.args)
        if same and not is_opaque(left) and not is_opaque(right):
            one, other = sort_of(left), sort_of(right)
            assert isinstance(one, Array) and isinstance(other, Array)
            if not same_shape(one.shape, other.shape, env.scope):
                fail(
                    "shape-mismatch",
                    f"`{op}` between vectors of shapes {show_shape(one.shape)} "
                    f"and {show_shape(other.shape)}",
                    call.span,
                )
        return env.app(op, left, right)

    return handler


def _kron(call: ast.Call, env: Env) -> Term:
    arity(call, 2)
    left, right = (_ranked(call, a, env, (1, 2)) for a in call.args)
    if not is_opaque(left) and not is_opaque(right) and len(shape_of(left)) != len(shape_of(right)):
        fail("shape-mismatch", "`kron` takes two matrices or two vectors", call.span)
    return env.app("kron", left, right)


def _norm(call: ast.Call, env: Env) -> Term:
    arity(call, 1, 2)
    array = _ranked(call, call.args[0], env, (1, 2))
    if len(call.args) == 1:
        return env.app("norm", array)
    order = env.end(call.args[1], "the order of a norm")
    if order == INF:
        return env.app("norm_inf", array)
    return env.app("norm_p", array, order)


def _sized(op: str) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 1, 1 if op == "eye" else 4)
        return env.app(op, *(env.integer(a, "a size") for a in call.args))

    return handler


def _variance(call: ast.Call, env: Env) -> Term:
    arity(call, 1)
    data = env.number(call.args[0])
    if is_opaque(data):
        return env.app("variance", data)
    if not isinstance(sort_of(data), Array):
        fail(
            "shape-mismatch",
            "`Var` takes an array of data or a random variable, and this is "
            f"{show_sort(sort_of(data))}",
            call.args[0].span,
        )
    return App("variance", (data,))


def total(op: str, array: Term, env: Env) -> Term:
    """All entries put together: `sum(x)`, `max(x)`."""
    sort = sort_of(array)
    assert isinstance(sort, Array)
    scope, letters = env.scope, []
    for axis in range(len(sort.shape)):
        scope, letter = scope.bind("ijkl"[axis % 4], INTEGER)
        letters.append(letter)
    term = index(array, *letters)
    for letter, length in reversed(list(zip(letters, sort.shape, strict=True))):
        term = Bind(op, letter, (ONE, length), term)
    return term


def complex_entries(term: Term) -> bool:
    """Has the term complex entries, or is it complex?"""
    sort = sort_of(term)
    return sort is COMPLEX or (isinstance(sort, Array) and sort.entry is COMPLEX)


HANDLERS: dict[str, Handler] = {
    "inv": _square("inv"),
    "expm": _square("expm"),
    "det": _square("det"),
    "logdet": _square("logdet"),
    "tr": _square("tr"),
    "diag": _diag,
    "invertible": _square("invertible"),
    "posdef": _square("posdef"),
    "psd": _square("psd"),
    "vec": _of_matrix("vec"),
    "kron": _kron,
    "outer": _pair("outer", 1, same=False),
    "dot": _pair("dot", 1, same=True),
    "norm": _norm,
    "variance": _variance,
    "Var": _variance,
    "sample_variance": _of_array("sample_variance"),
    "softmax": _of_vector("softmax"),
    "eye": _sized("eye"),
    "zeros": _sized("zeros"),
    "ones": _sized("ones"),
}
