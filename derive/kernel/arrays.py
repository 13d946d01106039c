"""Arrays, entry by entry: entries of array-valued terms, and scalar terms without array operations.

Promise: wherever the term as written is defined, the rewritten term has the same value; an array
operation without a rule here stays as it is (opaque), and no bound variable is captured.

Definitions are unfolded before (`Context.unfold`); conditions are computed from the terms as
written, in `kernel/conditions.py`, never from what this module returns.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from derive.core.alpha import alpha_equal, rename_bound
from derive.core.law_values import closed_form, is_of_laws
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, LawSort
from derive.core.term import (
    FALSE,
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    eq,
    free_symbols,
    fresh_name,
    map_children,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.core.vector_laws import VECTOR_LAWS, written_out
from derive.kernel.array_numbers import (
    conjugate,
    literal_matrix,
    number,
    same_shape,
    sum_exp,
    sum_squares,
)
from derive.kernel.finite_laws import FINITE_LAWS, expansion
from derive.kernel.indices import (
    Indices,
    determinant,
    is_array,
    is_entrywise,
    kronecker,
    literal_index,
    literal_shape,
    over_entries,
    summed,
    without,
)
from derive.kernel.matrix_exponential import closed

_ENTRYWISE_BINDERS = frozenset({"sum", "int", "lim", "E"})
_ABBREVIATIONS = frozenset({"sigmoid", "softplus", "relu"})
_LARGEST_INVERSE, _LARGEST_CONJUNCTION = 3, 64


# ---------------------------------------------------------------- entries


def entry(term: Term, indices: Indices) -> Term:
    """The entry of an array-valued term (1-based, one index for each axis) as a scalar term.

    A scalar has one entry, whatever the indices: it stands for its broadcast.
    """
    return _entry(term, indices)


@lru_cache(maxsize=20_000)
def _entry(term: Term, indices: Indices) -> Term:
    if not is_array(term):
        # A matrix product of two vectors and the like: scalar already.
        return scalarise(term)
    # without this: x[i] of a matrix x would be read as a scalar
    if len(indices) != len(shape_of(term)):
        raise ValueError("as many indices as axes")
    found = _entry_bind(term, indices) if isinstance(term, Bind) else None
    if isinstance(term, App):
        found = _entry_app(term.op, term.args, indices)
    return App("index", (term, *indices)) if found is None else found


def _entry_bind(term: Bind, indices: Indices) -> Term | None:
    # without this: sum(i, A[i, j]) at j := i would be sum(i, A[i, i])
    bound = rename_bound(term, frozenset().union(*map(free_symbols, indices)))
    if bound.op == "array":
        low = bound.over[0]
        first = indices[0] if low == ONE else add(low, sub(indices[0], ONE))
        body = substitute(bound.body, {bound.var: first})
        return _entry(body, indices[1:]) if len(indices) > 1 else scalarise(body)
    if bound.op in _ENTRYWISE_BINDERS:
        return Bind(
            bound.op, bound.var, tuple(map(scalarise, bound.over)), _entry(bound.body, indices)
        )
    # `prod` of matrices may mean their matrix product, `max` of vectors nothing at all: opaque.
    return None


def _entry_app(op: str, args: tuple[Term, ...], at: Indices) -> Term | None:
    if is_entrywise(op):
        return App(op, tuple(_entry(a, at) for a in args))
    match op, args:
        case "index", (base, *first):
            return _entry(base, (*map(scalarise, first), *at))
        case "ite", (condition, then, otherwise):
            return App("ite", (scalarise(condition), _entry(then, at), _entry(otherwise, at)))
        case "vector", _:
            return _entry_vector(args, at)
        case "matmul", (left, right):
            return _entry_matmul(left, right, at)
        case "transpose", (a,):
            return _entry(a, at[::-1])
        case "hermitian", (a,):
            return conjugate(_entry(a, at[::-1]))
        case "diag", (a,):
            if len(at) == 1:
                return _entry(a, (at[0], at[0]))
            return mul(kronecker(*at), _entry(a, at[:1]))
        case "outer", (x, y):
            rank = len(shape_of(x))
            return mul(_entry(x, at[:rank]), _entry(y, at[rank:]))
        case "eye", _:
            return kronecker(*at)
        case ("zeros", _):
            return ZERO
        case ("ones", _):
            return ONE
        # Of a matrix, softmax might go along rows, along columns or over all: opaque.
        case "softmax", (z,) if len(at) == 1:
            return div(App("exp", (_entry(z, at),)), sum_exp(z, _entry))
        case ("inv", (a,)):
            return _entry_inverse(a, at)
        case ("vec", (a,)):
            return _entry_vec(a, at[0])
        case ("kron", (a, b)):
            return _entry_kron(a, b, at)
        case ("expm", (a,)):
            found = closed(a, _entry)
            return None if found is None else _entry(found, at)
        case ("deriv" | "grad" | "jacobian" | "hessian"), (function, point):
            return _entry_calculus(op, function, point, at)
        case "partial", (function, point, *places):
            return _entry_partial(function, point, tuple(places), at)
    return None


def _entry_partial(function: Term, point: Term, places: Indices, at: Indices) -> Term | None:
    """The derivative of an array by one entry, entry by entry."""
    if not (isinstance(function, Bind) and function.op == "lam"):
        return None
    bound = rename_bound(function, frozenset().union(*map(free_symbols, (point, *places, *at))))
    body = _entry(bound.body, at)
    return App("partial", (Bind("lam", bound.var, (), body), point, *map(scalarise, places)))


def _entry_vector(items: tuple[Term, ...], at: Indices) -> Term | None:
    def item(k: int) -> Term:
        return _entry(items[k - 1], at[1:]) if len(at) > 1 else scalarise(items[k - 1])

    position = literal_index(at[0])
    if position is not None:
        # without this: [a, b][3] would be b, or 0
        return item(position) if 1 <= position <= len(items) else None
    if isinstance(at[0], Num):
        return None
    return add(*(mul(kronecker(at[0], Num(k)), item(k)) for k in range(1, len(items) + 1)))


def _entry_matmul(left: Term, right: Term, at: Indices) -> Term:
    free = len(shape_of(left)) - 1
    return summed(
        shape_of(left)[-1:], (left, right, *at),
        lambda k: mul(_entry(left, (*at[:free], *k)), _entry(right, (*k, *at[free:]))),
    )


def _entry_vec(a: Term, at: Term) -> Term | None:
    # A symbolic position needs a division with remainder: opaque.
    shape, k = literal_shape(a), literal_index(at)
    if shape is None or k is None or len(shape) != 2 or not 1 <= k <= shape[0] * shape[1]:
        return None
    column, row = divmod(k - 1, shape[0])
    return _entry(a, (Num(row + 1), Num(column + 1)))


def _entry_kron(a: Term, b: Term, at: Indices) -> Term | None:
    outer, inner = literal_shape(a), literal_shape(b)
    places = tuple(map(literal_index, at))
    if outer is None or inner is None or len(outer) != len(inner):
        return None
    blocks: list[Term] = []
    within: list[Term] = []
    for k, p, q in zip(places, outer, inner, strict=True):
        if k is None or not 1 <= k <= p * q:
            return None
        block, rest = divmod(k - 1, q)
        blocks.append(Num(block + 1))
        within.append(Num(rest + 1))
    return mul(_entry(a, tuple(blocks)), _entry(b, tuple(within)))


def _entry_inverse(a: Term, at: Indices) -> Term | None:
    """Cramer's rule for small literal sizes at literal places."""
    rows = literal_matrix(a, _LARGEST_INVERSE, _entry)
    i, j = map(literal_index, at)
    if rows is None or i is None or j is None or not (1 <= i <= len(rows) and 1 <= j <= len(rows)):
        return None
    minor = determinant(without(rows, j - 1, i - 1))
    return div(minor if (i + j) % 2 == 0 else neg(minor), determinant(rows))


def _entry_calculus(op: str, function: Term, point: Term, at: Indices) -> Term | None:
    if not (isinstance(function, Bind) and function.op == "lam"):
        return None
    # without this: jacobian(lam z. A@z, a)[i, z] would differentiate by a captured z
    bound = rename_bound(function, frozenset().union(*map(free_symbols, (point, *at))))
    split = len(at) - len(shape_of(point))
    match op:
        case "deriv" | "jacobian":
            body = _entry(bound.body, at[:split]) if split else scalarise(bound.body)
            return _derivative(Bind("lam", bound.var, (), body), point, at[split:])
        case "grad" if not is_array(bound.body):
            return _derivative(Bind("lam", bound.var, (), scalarise(bound.body)), point, at)
        case "hessian" if not is_array(bound.body):
            return _second(bound, point, at)
    return None


def _second(function: Bind, point: Term, at: Indices) -> Term:
    """`d/dz_i (d/dz_j t)` at a point."""
    rank = len(at) // 2
    lam = Bind("lam", function.var, (), scalarise(function.body))
    taken = {s.name for t in (lam, point, *at) for s in free_symbols(t)} | {lam.var.name}
    outer = Sym(fresh_name(lam.var.name, taken), lam.var.sort)
    inner = _derivative(lam, outer, at[rank:])
    return _derivative(Bind("lam", outer, (), inner), point, at[:rank])


def _derivative(function: Bind, point: Term, at: Indices) -> Term:
    if at:
        return App("partial", (function, point, *at))
    return App("deriv", (function, scalarise(point)))


# ---------------------------------------------------------------- scalars


@lru_cache(maxsize=20_000)
def scalarise(term: Term) -> Term:
    """The same scalar or proposition, its arrays only in `index(symbol, ...)` or opaque operations.

    An array-valued term is returned as it is.
    """
    if isinstance(term, (Num, Sym)):
        return term
    if isinstance(term, Bind):
        return term if is_array(term) else map_children(term, scalarise)
    if term.op == "unsupported" or is_array(term):
        return term
    if isinstance(sort_of(term), LawSort):
        return map_children(term, scalarise)
    found = _scalar_of_array(term.op, term.args) if term.args and is_array(term.args[0]) else None
    if found is None:
        found = _scalar_other(term.op, term.args)
    return map_children(term, scalarise) if found is None else found


def _scalar_other(op: str, args: tuple[Term, ...]) -> Term | None:
    match op, args:
        case "index", (base, *at):
            return _entry(base, tuple(map(scalarise, at)))
        case "matmul", (left, right):
            return _entry_matmul(left, right, ())
        case ("=" | "!=" | "<" | "<="), (left, right) if is_array(left) or is_array(right):
            return _array_relation(op, left, right)
        case "^", (App("norm", (x,)), Num(p)) if p.denominator == 1 and p > 0 and p % 2 == 0:
            # Also at x = 0, where the norm itself has a kink and its square has none.
            squares = sum_squares(x, _entry)
            return squares if p == 2 else power(squares, Num(p / 2))
        case "^", (App("abs", (z,)), Num(p)) if p > 0 and p % 2 == 0 and sort_of(z) is COMPLEX:
            # The slope of a modulus has no row; that of its square has. Without the conjugate: z^2.
            inner = scalarise(z)
            square = App("re", (mul(App("conj", (inner,)), inner),))
            return square if p == 2 else power(square, Num(p / 2))
        case ("grad" | "jacobian" | "hessian"), (function, point):
            return _entry_calculus(op, function, point, ())
        case "log", (App("pdf", (App("Dirichlet"), _)),):
            # a sum, where the density's own conditions hold
            plain = written_out(App(op, args))
            return None if plain is None else scalarise(plain)
        case _ if is_of_laws(op, args):
            return _of_laws(op, args)
    return None


def _scalar_of_array(op: str, args: tuple[Term, ...]) -> Term | None:
    if op == "logdet":
        return App("log", (scalarise(App("det", args)),))
    return expansion(op, args, _entry) if op in FINITE_LAWS else number(op, args, _entry)


# ---------------------------------------------------------------- relations, laws, abbreviations


def _array_relation(op: str, left: Term, right: Term) -> Term:
    # The order of arrays is entrywise in some texts and Loewner's in others: not read here.
    if op in ("<", "<="):
        return App("unsupported", (App(op, (left, right)),))
    # without this: [1, 2] != [1, 3] would ask that every entry differs
    if op == "!=":
        return App("not", (_array_relation("=", left, right),))
    match left, right:
        case App("vec", (a,)), App("vec", (b,)) if same_shape(a, b):
            return _array_relation("=", a, b)
    shape = shape_of(left) or shape_of(right)
    equalities: list[Term] = []
    if is_array(left) and is_array(right):
        # without this: two arrays of different lengths would be equal if they agree on the shorter
        if len(shape) != len(shape_of(right)):
            return FALSE
        pairs = zip(shape, shape_of(right), strict=True)
        equalities = [eq(a, b) for a, b in pairs if not alpha_equal(a, b)]

    def at(i: Indices) -> Term:
        return eq(_entry(left, i), _entry(right, i))

    sizes = literal_shape(left if is_array(left) else right)
    count = 1
    for n in sizes or ():
        count *= n
    if sizes is not None and min(sizes) >= 1 and count <= _LARGEST_CONJUNCTION:
        places = product(*(range(1, n + 1) for n in sizes))
        return conj(*equalities, *(at(tuple(map(Num, place))) for place in places))
    return conj(*equalities, over_entries("forall", shape, (left, right), at))


def _of_laws(op: str, args: tuple[Term, ...]) -> Term | None:
    """The density, entropy, ... of named laws, written out; what it owes is owed by the term as written."""
    law = args[0]
    if any(is_array(a) for a in args) and not (isinstance(law, App) and law.op in VECTOR_LAWS):
        return None
    found = closed_form(op, args)
    return None if found is None else scalarise(found[0])


def expand_abbreviations(term: Term) -> Term:
    """Write out `sigmoid`, `softplus` and `relu`, everywhere."""
    new = map_children(term, expand_abbreviations)
    if isinstance(new, App) and new.op in _ABBREVIATIONS:
        expand = OPERATORS[new.op].expand
        assert expand is not None
        return expand(new.args)
    return new
