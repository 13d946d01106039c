"""Differentiation of scalarised terms by the `slope` cells of the operator table.

Promise: where the conditions of the derivative as written hold (`kernel/conditions.py`), the value
returned is the derivative; a form without a rule here is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.core.alpha import rename_bound
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    eq,
    free_symbols,
    fresh_name,
    lt,
    map_children,
    mentions,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.kernel.arrays import entry, scalarise
from derive.kernel.indices import Indices, fresh_indices, kronecker, over_entries
from derive.kernel.score import parts
from derive.kernel.separated import pieces

# Of a complex argument these have a complex derivative everywhere, or are linear over the reals.
COMPLEX_SMOOTH = frozenset(
    {"+", "-", "neg", "*", "/", "exp", "sin", "cos", "sinh", "cosh", "conj", "re", "im_part"}
)
_REAL_LINEAR = frozenset({"conj", "re", "im_part"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a derivative could not be taken."""

    reason: str


class _RefusalError(Exception):
    """Carries the reason up to `differentiate`; it never leaves this module."""


@dataclass(frozen=True, slots=True)
class _By:
    """What to differentiate by: a real variable, or its entry at `indices`."""

    variable: Sym
    indices: Indices

    @property
    def near(self) -> tuple[Term, ...]:
        return (self.variable, *self.indices)


def differentiate(term: Term) -> Term | Refusal:
    """The scalarised term with every `deriv` and `partial` of a `lam` replaced by its value."""
    try:
        return _evaluate(scalarise(term))
    except _RefusalError as refused:
        return Refusal(str(refused))


def derivative(body: Term, variable: Sym, indices: Indices = ()) -> Term | Refusal:
    """The derivative of a scalar by a variable, or by its entry at `indices`, as a term in both."""
    try:
        return _slope(_evaluate(scalarise(body)), _By(_real(variable), indices))
    except _RefusalError as refused:
        return Refusal(str(refused))


def _real(variable: Sym) -> Sym:
    sort = variable.sort
    # without this: d/dn of a natural n, and d/dz conj(z) = 1 for complex z
    if (sort.entry if isinstance(sort, Array) else sort) is not REAL:
        raise _RefusalError(f"{variable.name} is not real")
    return variable


def _evaluate(term: Term) -> Term:
    """Every derivative of a `lam` evaluated, the innermost first; others stay, opaque."""
    term = map_children(term, _evaluate)
    match term:
        case App("deriv" | "partial", (Bind("lam", _, _, _) as function, point, *indices)):
            return _at(function, point, tuple(indices))
    return term


def _at(function: Bind, point: Term, indices: Indices) -> Term:
    # without this: partial(lam z. t, a, i) with a captured symbol of i would differentiate by it
    taken = frozenset().union(*map(free_symbols, (point, *indices)))
    bound = rename_bound(function, taken)
    if isinstance(sort_of(bound.body), Array) or len(indices) != len(shape_of(bound.var)):
        raise _RefusalError("the derivative of an array that is not taken entry by entry")
    value = _slope(bound.body, _By(_real(bound.var), indices))
    # An array point may put an array operation under an index: scalarise again.
    return scalarise(substitute(value, {bound.var: point}))


# ---------------------------------------------------------------- the rules


def _slope(term: Term, by: _By) -> Term:
    if by.variable not in free_symbols(term):
        return ZERO
    match term:
        case Sym():
            if by.indices:
                raise _RefusalError("an array where a scalar was expected")
            return ONE
        case App("index", (base, *at)):
            return _slope_index(base, tuple(at), by)
        case App("^", (base, exponent)):
            return _slope_power(base, exponent, by)
        case App("ite", (condition, then, otherwise)):
            # Away from the edges (owed by the conditions) the condition keeps its truth on a neighbourhood.
            # Without owing that: the derivative of `if x = 0 then 0 else x` at 0 would be 0
            if by.variable in free_symbols(condition) and comparisons(condition) is None:
                raise _RefusalError(f"the condition of an `if` depends on {by.variable.name}")
            return App("ite", (condition, _slope(then, by), _slope(otherwise, by)))
        case App("det", (a,)):
            return _slope_det(a, by)
        case App(op, args):
            return _slope_app(op, args, by)
        case Bind():
            return _slope_bind(term, by)
    raise _RefusalError("no rule for this form")


def comparisons(condition: Term) -> tuple[App, ...] | None:
    """The comparisons that a condition is put together from; None where it has other parts."""
    match condition:
        case App("<" | "<=" | "=" | "!=", (a, b)) if all(sort_of(t) in (REAL, INTEGER) for t in (a, b)):
            assert isinstance(condition, App)
            return (condition,)
        case App("true" | "false", ()):
            return ()
        case App("and" | "or" | "not", parts):
            found = [comparisons(p) for p in parts]
            return None if any(f is None for f in found) else tuple(c for f in found for c in f or ())
    return None


def _free(term: Term, by: _By, what: str) -> None:
    if by.variable in free_symbols(term):
        raise _RefusalError(f"{what} depends on {by.variable.name}")


def _slope_app(op: str, args: tuple[Term, ...], by: _By) -> Term:
    _holomorphic(op, args)
    if op in _REAL_LINEAR:
        inner = _slope(args[0], by)
        return inner if inner == ZERO else App(op, (inner,))
    match op, args:
        # Away from the kink (owed by the conditions), one side is the larger on a neighbourhood.
        case "max", (a, b):
            return _choice(lt(b, a), _slope(a, by), _slope(b, by))
        case "min", (a, b):
            return _choice(lt(a, b), _slope(a, by), _slope(b, by))
        case "relu", (a,):
            return _times(App("indicator", (lt(ZERO, a),)), _slope(a, by))
    row = OPERATORS.get(op)
    if row is None or row.slope is None:
        raise _RefusalError(f"no derivative is known for `{op}`")
    total: Term = ZERO
    for arg, slope in zip(args, row.slope(args), strict=True):
        inner = _slope(arg, by)
        if inner != ZERO:
            total = _plus(total, _times(slope, inner))
    return total


def _holomorphic(op: str, args: tuple[Term, ...]) -> None:
    # without this: d/dt abs(exp(im*t)) would be sign(exp(im*t))*im*exp(im*t), and it is 0
    if op not in COMPLEX_SMOOTH and any(sort_of(a) is COMPLEX for a in args):
        raise _RefusalError(f"the derivative of `{op}` of a complex argument")


def _slope_power(base: Term, exponent: Term, by: _By) -> Term:
    integer = isinstance(exponent, Num) and exponent.value.denominator == 1
    if not integer:
        _holomorphic("^", (base, exponent))
    inner = _slope(base, by)
    if by.variable not in free_symbols(exponent):
        if exponent == ZERO:
            return ZERO
        if exponent == ONE:
            return inner
        less = Num(exponent.value - 1) if isinstance(exponent, Num) else sub(exponent, ONE)
        return _times(mul(exponent, base if less == ONE else power(base, less)), inner)
    slopes = OPERATORS["^"].slope
    assert slopes is not None
    by_base, by_exponent = slopes((base, exponent))
    return _plus(_times(by_base, inner), _times(by_exponent, _slope(exponent, by)))


def _slope_bind(term: Bind, by: _By) -> Term:
    # without this: d/dx[i] of sum(i, x[i]^2) would be sum(i, 2*x[i])
    bound = rename_bound(term, frozenset().union(*map(free_symbols, by.near)))
    if bound.op == "int":
        return _slope_integral(bound, by)
    if bound.op == "E":
        return _slope_mean(bound, by)
    if bound.op not in ("sum", "prod"):
        raise _RefusalError(f"the derivative of `{bound.op}` does not commute with it by itself")
    for end in bound.over:
        # without this: d/dx of sum(k in 1..floor(x), x) would be floor(x), also where it jumps
        _free(end, by, "the range of a sum or product")
        # without this: an infinite series could be differentiated term by term
        if mentions(end, "inf"):
            raise _RefusalError("the derivative of an infinite sum or product")
    inner = _slope(bound.body, by)
    if inner == ZERO:
        return ZERO
    if bound.op == "sum":
        return Bind("sum", bound.var, bound.over, inner)
    return _slope_product(bound, inner)


def _slope_integral(bound: Bind, by: _By) -> Term:
    """Leibniz: the integrand at the ends times their slopes, and the integral of the slope (`leibniz.py` says when)."""
    if by.indices:
        raise _RefusalError("the derivative of an integral by an entry")
    total: Term = ZERO
    low, high = bound.over
    for end, sign in ((high, 1), (low, -1)):
        inner = _slope(end, by)
        if inner != ZERO:
            # without this: d/dt int(x in 0..t, t*x) would be int(x in 0..t, x)
            part = _times(substitute(bound.body, {bound.var: end}), inner)
            total = _plus(total, part if sign > 0 else neg(part))
    if by.variable in free_symbols(bound.body):
        endless = mentions(low, "inf") or mentions(high, "inf")
        if endless and (total != ZERO or pieces(bound.body, bound.var, by.variable) is None):
            # what bounds the slope is sought for these integrands only (`domination.py`)
            raise _RefusalError("the derivative under an integral without ends")
        total = _plus(total, Bind("int", bound.var, bound.over, _slope(bound.body, by)))
    return total


def _slope_mean(bound: Bind, by: _By) -> Term:
    """Under E: the slope of the body, and the body times the score (`interchange.py` says when)."""
    found = parts(bound, by.variable)
    if isinstance(found, str):
        raise _RefusalError(found)
    if by.indices and found.names:
        raise _RefusalError("the score by an entry of an array")
    # without the score: diff(E[X^2], theta) = 0 for X ~ Normal(theta, v) (tests/unsound/score_term_dropped.drv)
    score = _slope(scalarise(found.log_density), by)
    whole = _plus(_slope(found.body, by), _times(found.body, score))
    return ZERO if whole == ZERO else Bind("E", bound.var, bound.over, found.back(whole))


def _slope_product(bound: Bind, inner: Term) -> Term:
    """The sum over j of the derivative of factor j times the product of the others."""
    taken = {s.name for t in (bound, inner) for s in free_symbols(t)} | {bound.var.name}
    j = Sym(fresh_name(bound.var.name, taken), bound.var.sort)
    others = App("ite", (eq(bound.var, j), ONE, bound.body))
    factor = substitute(inner, {bound.var: j})
    return Bind(
        "sum", j, bound.over, mul(factor, Bind("prod", bound.var, bound.over, others))
    )


# ---------------------------------------------------------------- arrays


def _slope_index(base: Term, at: Indices, by: _By) -> Term:
    for place in at:
        # without this: d/dx of a[floor(x)] would be 0, also where it jumps
        _free(place, by, "an index")
    match base:
        case Sym() if base == by.variable:
            if len(at) != len(by.indices):
                raise _RefusalError("an array where a scalar was expected")
            total: Term = ONE
            for place, index in zip(at, by.indices, strict=True):
                total = _times(total, kronecker(place, index))
            return total
        case App("inv", (a,)):
            return _slope_inverse(a, at, by)
        case App(op, _):
            raise _RefusalError(f"no derivative is known for an entry of `{op}`")
    raise _RefusalError("no derivative is known for an entry of this array")


def _slope_inverse(a: Term, at: Indices, by: _By) -> Term:
    """`d inv(A) = -inv(A) dA inv(A)` (Magnus and Neudecker, Matrix Differential Calculus, 8.4)."""
    i, j = at
    inverse = App("inv", (a,))

    def summand(kl: Indices) -> Term:
        k, m = kl
        left, right = App("index", (inverse, i, k)), App("index", (inverse, m, j))
        return _times(mul(left, right), _slope(entry(a, (k, m)), by))

    total = _sum_entries(a, (*at, *by.near), summand)
    return ZERO if total == ZERO else neg(total)


def _slope_det(a: Term, by: _By) -> Term:
    """Jacobi's formula `d det(A) = det(A) tr(inv(A) dA)` (Magnus and Neudecker, 8.3)."""
    inverse = App("inv", (a,))

    def summand(kl: Indices) -> Term:
        k, m = kl
        return _times(App("index", (inverse, m, k)), _slope(entry(a, (k, m)), by))

    total = _sum_entries(a, by.near, summand)
    return _times(App("det", (a,)), total)


def _sum_entries(
    a: Term, near: tuple[Term, ...], summand: Callable[[Indices], Term]
) -> Term:
    probe = summand(fresh_indices(2, a, *near))
    return ZERO if probe == ZERO else over_entries("sum", shape_of(a), (a, *near), summand)


# ---------------------------------------------------------------- products and sums, tidied


def _times(left: Term, right: Term) -> Term:
    """`left * right`; dropping a factor is sound, for conditions come from the terms as written."""
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    return left if right == ONE else mul(left, right)


def _plus(left: Term, right: Term) -> Term:
    if left == ZERO:
        return right
    return left if right == ZERO else add(left, right)


def _choice(condition: Term, then: Term, otherwise: Term) -> Term:
    return then if then == otherwise else App("ite", (condition, then, otherwise))
