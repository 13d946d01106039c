"""The sort of a well-formed term, and the shapes of arrays.

Promise: `sort_of` looks only at the term; it is total on what the elaborator lets through, and raises
`ValueError` (our own mistake) on anything else. Messages about wrong shapes belong to `elaborate/`.
"""

from __future__ import annotations

from derive.core.operator import OPERATORS
from derive.core.sort import (
    BOOL,
    COMPLEX,
    INTEGER,
    REAL,
    Array,
    Function,
    LawSort,
    Scalar,
    Sort,
    is_numeric,
    join,
)
from derive.core.term import ONE, App, Bind, Num, Sym, Term, add, mul, sub

_KEEP_INTEGER = frozenset({"+", "-", "*", "neg", "max", "min", "abs"})
_SCALAR_OF_ARRAY = frozenset(
    {"det", "logdet", "tr", "dot", "norm", "norm_p", "norm_inf", "logsumexp", "mean", "variance",
     "sample_variance", "entropy", "cross_entropy", "KL", "mutual_information"}
)
_PREDICATES = frozenset({"invertible", "posdef", "psd"})


def shape_of(term: Term) -> tuple[Term, ...]:
    """The shape of a term; () for a scalar."""
    sort = sort_of(term)
    return sort.shape if isinstance(sort, Array) else ()


def range_length(low: Term, high: Term) -> Term:
    """`high - low + 1`, plain `high` where `low` is 1."""
    return high if low == ONE else add(sub(high, low), ONE)


_CACHE_LIMIT = 20_000
_cache: dict[Term, Sort] = {}


def sort_of(term: Term) -> Sort:
    """The sort of a well-formed term."""
    if isinstance(term, Sym):
        return term.sort
    if isinstance(term, Num):
        return INTEGER if term.value.denominator == 1 else REAL
    known = _cache.get(term)
    if known is None:
        known = _app(term) if isinstance(term, App) else _bind(term)
        if len(_cache) > _CACHE_LIMIT:
            _cache.clear()
        _cache[term] = known
    return known


def _bind(term: Bind) -> Sort:
    match term.op:
        case "array":
            inner = sort_of(term.body)
            length = range_length(*term.over)
            if isinstance(inner, Array):
                return Array((length, *inner.shape), inner.entry)
            return Array((length,), _scalar(inner))
        case "lam":
            inner = sort_of(term.body)
            if isinstance(inner, Function):
                return Function((term.var.sort, *inner.args), inner.result)
            return Function((term.var.sort,), inner)
        case "forall" | "exists":
            return BOOL
        case "argmax" | "argmin":
            return term.var.sort
        case "int" | "lim" | "E" | "sup" | "inf" | "largest" | "smallest":
            inner = sort_of(term.body)
            return REAL if inner is INTEGER else inner
        case _:
            return sort_of(term.body)


def _app(term: App) -> Sort:
    op, args = term.op, term.args
    row = OPERATORS.get(op)
    if row is None:
        raise ValueError(f"no operator {op}")
    if row.kind == "relation" or op in _PREDICATES or (
        row.kind == "logic" and op not in ("ite", "indicator", "delta")
    ):
        return BOOL
    if op in ("indicator", "delta", "floor", "ceil", "factorial", "binomial", "sign"):
        return _lift(INTEGER, args)
    if op in ("pi", "inf", "O"):
        return REAL
    if op == "im":
        return COMPLEX
    if op == "ite":
        return _join(sort_of(args[1]), sort_of(args[2]))
    if op == "apply":
        function = sort_of(args[0])
        if not isinstance(function, Function):
            raise ValueError("applied term is no function")
        return function.result
    if row.kind == "law":
        return LawSort(REAL) if op not in ("pdf", "pmf", "cdf", "quantile", "mgf") else REAL
    if op == "given":
        return REAL
    if row.kind == "calculus":
        return _calculus(op, args)
    if row.kind == "array":
        return _array(op, args)
    if op in ("re", "im_part") or (op == "abs" and _is_complex(sort_of(args[0]))):
        return _lift(REAL, args)
    sort = sort_of(args[0])
    for other in args[1:]:
        sort = _join(sort, sort_of(other))
    if op in _KEEP_INTEGER or (op == "^" and _natural(args[1]) and sort_of(args[0]) is INTEGER):
        return sort
    return _real(sort)


def _natural(term: Term) -> bool:
    return isinstance(term, Num) and term.value.denominator == 1 and term.value >= 0


def _is_complex(sort: Sort) -> bool:
    return sort is COMPLEX or (isinstance(sort, Array) and sort.entry is COMPLEX)


def _real(sort: Sort) -> Sort:
    """INTEGER becomes REAL, entrywise."""
    if sort is INTEGER:
        return REAL
    if isinstance(sort, Array) and sort.entry is INTEGER:
        return Array(sort.shape, REAL)
    return sort


def _lift(entry: Scalar, args: tuple[Term, ...]) -> Sort:
    for arg in args:
        sort = sort_of(arg)
        if isinstance(sort, Array):
            return Array(sort.shape, entry)
    return entry


def _scalar(sort: Sort) -> Scalar:
    if isinstance(sort, Scalar):
        return sort
    raise ValueError("no scalar")


def _join(left: Sort, right: Sort) -> Sort:
    match left, right:
        case Array(shape, entry), Array(_, other):
            return Array(shape, join(entry, other))
        case Array(shape, entry), Scalar() as other:
            return Array(shape, join(entry, other))
        case Scalar() as entry, Array(shape, other):
            return Array(shape, join(entry, other))
        case Scalar(), Scalar() if is_numeric(left) and is_numeric(right):
            return join(left, right)
    return left


def _calculus(op: str, args: tuple[Term, ...]) -> Sort:
    function, point = args[0], args[1]
    sort = sort_of(function)
    result = sort.result if isinstance(sort, Function) else REAL
    shape = shape_of(point)
    match op:
        case "deriv":
            return _real(result)
        case "partial":
            return _real(result)
        case "grad":
            return Array(shape, REAL) if shape else REAL
        case "jacobian":
            inner = result.shape if isinstance(result, Array) else ()
            whole = (*inner, *shape)
            return Array(whole, REAL) if whole else REAL
        case _:
            whole = (*shape, *shape)
            return Array(whole, REAL) if whole else REAL


def _array(op: str, args: tuple[Term, ...]) -> Sort:
    if op in _SCALAR_OF_ARRAY:
        sort = sort_of(args[0])
        entry = sort.entry if isinstance(sort, Array) else REAL
        for other in args[1:]:
            if isinstance(found := sort_of(other), Array):
                entry = join(entry, found.entry)
        return entry if op in ("tr", "dot", "det") and entry is not INTEGER else REAL
    if op in ("eye", "zeros", "ones"):
        return Array((args[0], args[0]) if op == "eye" else args, INTEGER)
    if op == "vector":
        return _vector(args)
    sort = sort_of(args[0])
    if not isinstance(sort, Array):
        raise ValueError(f"{op} of a scalar")
    shape, entry = sort.shape, sort.entry
    match op:
        case "index":
            rest = shape[len(args) - 1 :]
            return Array(rest, entry) if rest else entry
        case "transpose" | "hermitian":
            return Array(tuple(reversed(shape)), entry)
        case "inv" | "expm":
            return Array(shape, COMPLEX if entry is COMPLEX else REAL)
        case "matmul":
            return _matmul(sort, sort_of(args[1]))
        case "diag":
            return Array((shape[0], shape[0]) if len(shape) == 1 else shape[:1], entry)
        case "vec":
            return Array((_size(*shape),), entry)
        case "kron" | "outer":
            second = sort_of(args[1])
            if not isinstance(second, Array):
                raise ValueError(f"{op} of a scalar")
            whole = (
                (*shape, *second.shape)
                if op == "outer"
                else tuple(_size(a, b) for a, b in zip(shape, second.shape, strict=True))
            )
            return Array(whole, join(entry, second.entry))
        case "softmax":
            return Array(shape, REAL)
        case "beside" | "above":
            return _blocks(op, args)
    raise ValueError(f"no sort for {op}")


def _size(a: Term, b: Term) -> Term:
    """The product of two sizes, a number where both are."""
    return Num(a.value * b.value) if isinstance(a, Num) and isinstance(b, Num) else mul(a, b)


def _vector(args: tuple[Term, ...]) -> Sort:
    inner = sort_of(args[0])
    entry = inner.entry if isinstance(inner, Array) else _scalar(inner)
    for other in args[1:]:
        found = sort_of(other)
        entry = join(entry, found.entry if isinstance(found, Array) else _scalar(found))
    rest = inner.shape if isinstance(inner, Array) else ()
    return Array((Num(len(args)), *rest), entry)


def _blocks(op: str, args: tuple[Term, ...]) -> Sort:
    sorts = [s for a in args if isinstance(s := sort_of(a), Array) and len(s.shape) == 2]
    if len(sorts) != len(args):
        raise ValueError("a block that is no matrix")
    entry = sorts[0].entry
    for s in sorts[1:]:
        entry = join(entry, s.entry)
    rows, columns = sorts[0].shape
    if op == "beside":
        return Array((rows, add(*(s.shape[1] for s in sorts))), entry)
    return Array((add(*(s.shape[0] for s in sorts)), columns), entry)


def _matmul(left: Array, right: Sort) -> Sort:
    if not isinstance(right, Array):
        raise ValueError("matrix product with a scalar")
    entry = join(left.entry, right.entry)
    shape = (*left.shape[:-1], *right.shape[1:])
    return Array(shape, entry) if shape else entry



