"""Optimisation by algebra: completing the square, coordinate by coordinate, multipliers, an inequality attained.

Promise: as for `optimum.py`: if every premise holds, the claimed point is the one maximiser (minimiser). None of
these methods takes a derivative, and none needs the domain to be convex.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.alpha import alpha_equal
from derive.core.shape import shape_of
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    eq,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    mul,
    power,
    sub,
    substitute,
)
from derive.kernel.arrays import entry
from derive.kernel.conditions import conditions
from derive.kernel.contrary import is_real
from derive.kernel.equations import conjuncts
from derive.kernel.identity import replaced
from derive.kernel.optimum import Premises, Target


def inequality_attained(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """No point of the domain does better, and only the point itself does as well.

    Without the last premise: `argmax(x, 5) = 3` (tests/unsound/optimum_of_constant.drv).
    """
    best = goal.at(goal.objective)
    bound = goal.everywhere(goal.above_or_at(goal.objective, best))
    only = goal.everywhere(eq(goal.var, goal.value), eq(goal.objective, best))
    return (goal.at(goal.domain), bound, only, *goal.defined())


def complete_the_square(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """`f(x) = f(a) - (x - a)' H (x - a)` with a positive definite H (plus, for a minimum).

    Without definiteness: a flat direction (tests/unsound/optimum_of_flat_direction.drv).
    """
    if len(terms) != 1:
        return "the square has one matrix"
    (form,) = terms
    away = sub(goal.var, goal.value)
    match goal.var.sort:
        case Array((n,), entry_sort) if entry_sort is REAL:
            shape = shape_of(form)
            if len(shape) != 2 or not all(alpha_equal(m, n) for m in shape):
                return "the matrix does not fit the variable"
            square: Term = App("dot", (away, App("matmul", (form, away))))
            positive: Term = App("posdef", (form,))
        case sort if sort is REAL and is_real(form):
            square, positive = mul(form, power(away, TWO)), lt(ZERO, form)
        case _:
            return "no square of this variable"
    best = goal.at(goal.objective)
    whole = sub(best, square) if goal.highest else add(best, square)
    return (goal.at(goal.domain), goal.everywhere(eq(goal.objective, whole)), positive, *goal.defined(form))


def coordinate_by_coordinate(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """`f(x) = rest + sum(i, g(i, x[i]))` on a product of domains: each coordinate has its own optimum.

    A sum is largest where every summand is. Without the product: `sum(x) = 1` couples the coordinates
    (tests/unsound/optimum_of_coupled_coordinates.drv).
    """
    match goal.var.sort, terms:
        case Array((n,), entry_sort), (Bind("lam", i, (), Bind("lam", t, (), piece)), rest) if (
            entry_sort is REAL and i.sort is INTEGER and t.sort is REAL
        ):
            pass
        case _:
            return "no function for each coordinate"
    taken = {s.name for s in goal.context.symbols} | {s.name for s in free_symbols(goal.objective)}
    taken |= {s.name for s in free_symbols(goal.domain) | free_symbols(goal.value) | free_symbols(terms[0])}
    index, place = Sym(fresh_name(i.name, taken), INTEGER), Sym(fresh_name(t.name, taken | {i.name}), REAL)
    at = App("index", (goal.var, index))
    inner: list[Term] = []
    outer: list[Term] = []
    for part in conjuncts(goal.domain):
        match part:
            case Bind("forall", v, (low, high), body) if low == ONE and alpha_equal(high, n):
                own = replaced(substitute(body, {v: index}), at, place)
                if goal.var in free_symbols(own):
                    return "a part of the domain is about several coordinates"
                inner.append(own)
            case _ if goal.var in free_symbols(part):
                return "a part of the domain is about several coordinates"
            case _:
                outer.append(part)
    body = substitute(piece, {i: index, t: place})
    summed = Bind("sum", index, (ONE, n), substitute(piece, {i: index, t: at}))
    whole = goal.everywhere(eq(goal.objective, add(rest, summed)))
    one = eq(Bind(goal.op, place, (conj(*inner),), body), entry(goal.value, (index,)))
    each = Bind("forall", index, (ONE, n), implies(conj(*outer), one))
    return (goal.at(goal.domain), whole, each, *goal.defined(rest))


def lagrange_multiplier(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """The point meets the constraint and is the optimum of `f - lambda*(g - c)` without it.

    Everett's theorem: on `g = c` the two objectives agree, so what is best on the larger domain and lies in the
    smaller one is best there. For `g <= c` the multiplier is at least 0 and vanishes unless the constraint is
    tight. Without that: a multiplier of the wrong sign (tests/unsound/multiplier_of_the_wrong_sign.drv).
    """
    match terms:
        case (multiplier, Num(number)) if is_real(multiplier) and not shape_of(multiplier):
            pass
        case _:
            return "a multiplier and the number of its constraint are missing"
    parts = conjuncts(goal.domain)
    if number.denominator != 1 or not 0 <= number < len(parts):
        return "there is no such constraint"
    chosen = parts[int(number)]
    rest = conj(*(p for k, p in enumerate(parts) if k != number))
    match chosen:
        case App("=" | "<=" as rel, (left, right)) if is_real(left, right):
            gap = sub(left, right)
        case _:
            return "the constraint is no equation and no inequality of numbers"
    scaled = mul(multiplier, gap)
    objective = sub(goal.objective, scaled) if goal.highest else add(goal.objective, scaled)
    slack: tuple[Term, ...] = ()
    if rel == "<=":
        slack = (le(ZERO, multiplier), eq(mul(multiplier, goal.at(gap)), ZERO))
    owed = conditions(multiplier, goal.context)
    return (goal.at(goal.domain), goal.claim(rest, objective), *slack, *owed)


def monotone_transform(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """`f = exp(h)` on the domain: where h is largest, so is f."""
    match terms:
        case (Bind("lam", v, (), inner),) if v.sort == goal.var.sort:
            pass
        case _:
            return "no function whose exponential the objective is"
    objective = substitute(inner, {v: goal.var})
    if not is_real(objective):
        return "only real exponentials are increasing"
    same = goal.everywhere(eq(goal.objective, App("exp", (objective,))))
    return (same, goal.claim(goal.domain, objective), *goal.defined())


def equal_on_domain(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """Another function with the same values on the domain has its optimum at the same place.

    Without the values on the whole domain: a likelihood without its support
    (tests/unsound/likelihood_without_its_support.drv).
    """
    match terms:
        case (Bind("lam", v, (), inner),) if v.sort == goal.var.sort:
            objective = substitute(inner, {v: goal.var})
        case _:
            return "no function that the objective is equal to"
    same = goal.everywhere(eq(goal.objective, objective))
    return (same, goal.claim(goal.domain, objective), *goal.defined())


SEVERAL: dict[str, Callable[[Target, tuple[Term, ...]], Premises]] = {
    "inequality_attained": inequality_attained,
    "complete_the_square": complete_the_square,
    "coordinate_by_coordinate": coordinate_by_coordinate,
    "lagrange_multiplier": lagrange_multiplier,
    "monotone_transform": monotone_transform,
    "equal_on_domain": equal_on_domain,
}
