"""Derivatives, limits, integrals and expectations at a point, for the evaluator.

Promise: derivatives are taken by jets, limits by asymptotic series, integrals by Arb; none of them uses the
symbolic rules. At a kink there is no derivative; what is not covered raises `NotDecided`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flint import arb

from derive.backends import flint_arrays as arrays
from derive.backends.flint_chance import expected
from derive.backends.flint_integrals import analytic, integral
from derive.backends.flint_kinks import surely_kinked
from derive.backends.flint_numbers import (
    ONE,
    PLAIN,
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    add,
    mul,
    neg,
    sign_of,
    sub,
)
from derive.backends.flint_series import Series, limit
from derive.core.chance import MEASURE
from derive.core.term import INF, App, Bind, Term, free_symbols

if TYPE_CHECKING:
    from derive.backends.flint_terms import Machine

Tree = Any


def limit_at(machine: Machine, term: Bind) -> Number:
    point, side = term.over
    infinite = 1 if point == INF else -1 if point == App("neg", (INF,)) else 0
    return limit(
        lambda x: machine.bound(term.var, x, lambda: machine.value(term.body)),
        None if infinite else machine.value(point),
        infinite,
        machine.integer(side),
    )


def integral_over(machine: Machine, term: Bind) -> Number:
    if not analytic(term.body, term.var):
        raise NotDecided("an integrand that is not analytic", final=True)
    low, high = machine.value(term.over[0]), machine.value(term.over[1])
    if type(low) not in PLAIN or type(high) not in PLAIN:
        raise NotDecided("an integral between ends of this kind", final=True)
    for symbol in free_symbols(term.body):
        if symbol in machine.values and not _is_plain(machine.values[symbol]):
            raise NotDecided("the derivative or the limit of an integral", final=True)
    outer, depth = machine.analytic, machine.depth

    def value(x: Number, continued: bool) -> Number:
        machine.analytic = "continue" if continued else "enclose"
        machine.depth = depth
        return machine.bound(term.var, x, lambda: machine.value(term.body))

    try:
        return integral(value, low, high)
    finally:
        machine.analytic, machine.depth = outer, depth


def _is_plain(value: Tree) -> bool:
    return all(type(e) not in (Dual, Series) for e in arrays.entries(value))


def continued(machine: Machine, op: str, x: Number) -> Number:
    """`log`, `sqrt`, `abs` and real powers inside an integral: analytic where the real part has a sign."""
    sign = sign_of(x.re)
    if sign == 1:
        return x
    if op != "abs":
        raise NotDecided(f"{op} near its branch cut")
    if sign == -1:
        return neg(x)
    if machine.analytic == "continue":
        raise NotDecided("abs near its kink")
    re, im = arb(x.re), arb(x.im)
    return Pair(re.union(-re), im.union(-im))


def expectation(machine: Machine, term: Bind) -> Tree:
    if term.over == (MEASURE,):
        return expected(machine, term)
    match term.over:
        case (App("Bernoulli", (p,)),):
            chance = machine.value(p)
            low, high = (
                machine.bound(term.var, v, lambda: machine.value(term.body)) for v in (ZERO, ONE)
            )
            parts = arrays.map_one(lambda e: mul(sub(ONE, chance), e), low)
            return arrays.map_two(add, parts, arrays.map_one(lambda e: mul(chance, e), high))
    raise NotDecided("expectation under this law", final=True)


def derivative(machine: Machine, term: App) -> Tree:
    op, (fn, point, *indices) = term.op, term.args
    at = machine.value(point)
    if op == "hessian":
        return _slopes(machine, at, lambda x: _slopes(machine, x, lambda y: machine.call(fn, (y,))))
    if op in ("grad", "jacobian"):
        return _slopes(machine, at, lambda x: machine.call(fn, (x,)))
    place = [machine.integer(i) for i in indices] if op == "partial" else None
    if place is not None:
        arrays.entry(at, place)
    try:
        return _slopes(machine, at, lambda x: machine.call(fn, (x,)), place)
    except NotDefined as stop:
        if not stop.certain and _has_kink(machine, fn, at, place):
            raise NotDefined(stop.reason) from None
        raise


def _has_kink(machine: Machine, fn: Term, at: Tree, place: list[int] | None) -> bool:
    """Has a function of one real number, or of one entry of an array, surely no derivative there?"""
    if not (isinstance(fn, Bind) and fn.op == "lam" and all(type(e) in PLAIN for e in arrays.entries(at))):
        return False
    machine.tags += 1
    seeded, _ = _seeded(at, machine.tags, place)
    depth, memo = machine.depth, machine.memo
    machine.memo = {}
    try:
        return machine.bound(fn.var, seeded, lambda: surely_kinked(machine, fn.body)) is True
    except (NotDefined, NotDecided):
        return False
    finally:
        machine.depth, machine.memo = depth, memo


def _seeded(at: Tree, tag: int, only: list[int] | None) -> tuple[Tree, int]:
    """The point with its entries (or the one at `only`) as jets, and their number."""
    count = 0

    def seed(x: Tree, place: list[int]) -> Tree:
        nonlocal count
        if type(x) is tuple:
            return tuple([seed(e, [*place, i]) for i, e in enumerate(x, 1)])
        if type(x) is Pair:
            raise NotDecided("derivative by a complex variable", final=True)
        if only is not None and place != only:
            return x
        count += 1
        return Dual(tag, x, {count - 1: ONE})

    return seed(at, []), count


def _slopes(
    machine: Machine, at: Tree, fn: Callable[[Tree], Tree], only: list[int] | None = None
) -> Tree:
    """The derivatives of `fn` at `at`: shape of the value, then shape of the point (or one entry)."""
    machine.tags += 1
    tag = machine.tags
    value = fn(_seeded(at, tag, only)[0])
    machine.tags -= 1

    def slope(x: Number, key: int) -> Number:
        if type(x) is Pair:
            return Pair(slope(x.re, key), slope(x.im, key))
        return x.slopes.get(key, ZERO) if type(x) is Dual and x.tag == tag else ZERO

    if only is not None or type(at) is not tuple:
        return arrays.map_one(lambda x: slope(x, 0), value)

    def spread(x: Number) -> Tree:
        key = -1

        def fill(p: Tree) -> Tree:
            nonlocal key
            if type(p) is tuple:
                return tuple([fill(e) for e in p])
            key += 1
            return slope(x, key)

        return fill(at)

    return arrays.map_one(spread, value)
