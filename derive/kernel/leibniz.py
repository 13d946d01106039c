"""The derivative of an integral or of an expectation by a number: what it owes at the point.

Promise: where what is returned holds, an integral is differentiable there, and its derivative is that of Leibniz: the
integrand at the ends times their slopes, and the integral of the slope (Rudin, 6.20 and 9.42). Under the integral
over an interval with ends, on the whole of which, ends included, everything is smooth: by compactness that holds on a
neighbourhood; over another one by a bound (`domination.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.alpha import rename_bound
from derive.core.chance import moment
from derive.core.shape import shape_of
from derive.core.sort import REAL, Array
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    free_symbols,
    implies,
    le,
    map_children,
    mentions,
    mul,
    substitute,
)
from derive.kernel.arrays import scalarise
from derive.kernel.chance_conditions import families_owe
from derive.kernel.continuity import is_continuous
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.domination import dominated
from derive.kernel.guards import Conditions, for_all, opened
from derive.kernel.indices import fresh_indices, over_entries
from derive.kernel.kinks import kinks
from derive.kernel.score import parts

Walk = Callable[[Term], Conditions]


def taken_out(
    body: Term, variable: Sym, walk: Walk, around: tuple[Term, Term]
) -> tuple[Term, Conditions, dict[Sym, Term]]:
    """The body with names for its integrals and expectations, what differentiating those owes, what the names are.

    A name stands beside 0 times the ends, so that it still depends on the variable: the logarithm or the modulus of
    an integral owes what it owes (tests/unsound/logarithm_of_a_negative_integral.drv).
    """
    found: list[Term] = []
    names: dict[Sym, Term] = {}

    def change(term: Term) -> Term:
        if variable not in free_symbols(term):
            return term
        match term:
            case Bind("int" | "E" as op):
                owed = _owed(term, variable, walk, around) if op == "int" else _mean_owes(term, variable, walk)
                if owed is None:
                    return term
                found.extend(owed)
                # the ends keep their own conditions and kinks
                ends = tuple(e for e in term.over if variable in free_symbols(e))
                name = Sym(f"~J{len(names)}", REAL)
                names[name] = term
                return add(name, mul(ZERO, add(_number(variable), *ends)))
            case App():
                return map_children(term, change)
        return term

    return change(body), tuple(found), names


def _number(variable: Sym) -> Term:
    """A number that depends on all of a variable: the sum of its entries."""
    shape = shape_of(variable)
    return over_entries("sum", shape, (variable,), lambda at: App("index", (variable, *at))) if shape else variable


def restored(condition: Term, names: dict[Sym, Term]) -> Term:
    """A condition with the integrals back in the places of their names."""
    match condition:
        case App("+", (Sym() as name, App("*", (Num(zero), _)))) if name in names and zero == 0:
            return names[name]
        case Sym() if condition in names:
            return names[condition]
    return map_children(condition, lambda t: restored(t, names))


def _owed(term: Bind, variable: Sym, walk: Walk, around: tuple[Term, Term]) -> Conditions | None:
    """What is owed of one integral; None where no theorem here speaks of it."""
    whole = rename_bound(term, free_symbols(term) | {variable})
    x, f, (low, high) = whole.var, whole.body, whole.over
    if x.sort is not REAL or variable.sort is not REAL or not is_continuous(f, x):
        return None
    inside = walk(f)
    owed = walk(whole)
    moving = variable in free_symbols(f)
    for end in (low, high):
        if variable in free_symbols(end):
            near = tuple(opened(c, x) for c in inside)
            near = tuple(opened(c, variable) for c in near) if moving else near
            owed += tuple(substitute(c, {x: end}) for c in near)
    if not moving:
        return owed
    slope = derivative(f, variable)
    if isinstance(slope, Refusal):
        return None
    if mentions(low, "inf") or mentions(high, "inf"):
        bound = dominated(whole, variable, around, walk)
        return None if bound is None else (*owed, *bound)
    if not all(is_continuous(t, v) for t in (f, slope) for v in (x, variable)):
        return None
    smooth = tuple(opened(c, variable) for c in (*inside, *kinks(f, variable), *walk(slope)))
    for a, b in ((low, high), (high, low)):
        between = conj(le(a, x), le(x, b))
        owed += tuple(Bind("forall", x, (), implies(between, c)) for c in smooth)
    return owed


def _mean_owes(term: Bind, variable: Sym, walk: Walk) -> Conditions | None:
    """What is owed of one expectation: a derivative at each sample point, and that it may be taken under E.

    What mentions both the variable and the sample point is owed for all values of both: near the point, that is for a
    neighbourhood that is one for all sample points.
    """
    whole = rename_bound(term, free_symbols(term) | {variable})
    found = parts(whole, variable)
    sort = variable.sort
    if (sort.entry if isinstance(sort, Array) else sort) is not REAL or isinstance(found, str):
        return None
    places = fresh_indices(len(shape_of(variable)), whole, variable)
    slope = derivative(whole, variable, places)
    if isinstance(slope, Refusal):
        return None
    logs = scalarise(found.log_density)
    inside = [*walk(whole.body), *families_owe(whole)]
    inside += map(found.back, (*kinks(scalarise(found.body), variable), *walk(logs), *kinks(logs, variable)))
    if isinstance(slope, Bind):
        each = tuple(walk(slope.body))
        for place, length in zip(reversed(places), reversed(shape_of(variable)), strict=True):
            each = for_all(place, (ONE, length), each)
        inside += each
    owed = [moment(whole.body, ONE, whole.var), *(c for c in walk(whole) if variable not in free_symbols(c))]
    for c in inside:
        if whole.var not in free_symbols(c):
            owed.append(opened(c, variable))
        elif variable not in free_symbols(c):
            owed.append(Bind("forall", whole.var, (), c))
        else:
            owed.append(Bind("forall", variable, (), Bind("forall", whole.var, (), c)))
    function = Bind("lam", variable, (), whole)
    return (*owed, App("interchange", (function, variable)))
