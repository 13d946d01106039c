"""Points where a function surely has no derivative: a kink, a jump or an end of its domain.

Promise: `surely_kinked` says yes only where the two one-sided slopes of the function exist and differ, or one of
them does not exist; where kinks might cancel (`max(x, 0) + min(x, 0) = x`) it says no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flint import fmpq

from derive.backends import flint_arrays as arrays
from derive.backends.flint_numbers import (
    PLAIN,
    ZERO,
    Dual,
    NotDecided,
    NotDefined,
    Number,
    sign_of,
    sub,
)
from derive.core.term import App, Bind, Term

if TYPE_CHECKING:
    from derive.backends.flint_terms import Machine

# Smooth with a slope that is nowhere 0: a kink inside stays a kink.
_STEEP = frozenset({"exp", "log", "sinh", "tanh", "atan", "asinh", "sigmoid", "softplus"})


def surely_kinked(machine: Machine, body: Term) -> bool:
    """Has the body, in which one number is a jet, surely no derivative?"""
    match body:
        case App("neg", (a,)):
            return surely_kinked(machine, a)
        case App("+" | "-" | "*" | "/" as op, (a, b)):
            return _one_of_two(machine, op, a, b)
        case App("max" | "min", args):
            return _tied(machine, args)
        case App("abs" | "relu" | "sign" | "sqrt", (a,)):
            return _crosses(_smooth(machine, a), whole=False)
        case App("floor" | "ceil", (a,)):
            return _crosses(_smooth(machine, a), whole=True)
        case App(op, (a,)) if op in _STEEP:
            return surely_kinked(machine, a)
        case Bind("max" | "min", var, over, inner):
            return _tied_over(machine, var, over, inner, smallest=body.op == "min")
    return False


def _smooth(machine: Machine, term: Term) -> Number | None:
    """The jet of a term that is differentiable here, None for others."""
    depth = machine.depth
    try:
        value = machine.value(term)
    except (NotDefined, NotDecided):
        machine.depth = depth
        return None
    return value if type(value) is Dual or type(value) in PLAIN else None


def _one_of_two(machine: Machine, op: str, a: Term, b: Term) -> bool:
    one, two = _smooth(machine, a), _smooth(machine, b)
    if (one is None) == (two is None):
        return False
    if one is not None and op == "/":
        return False
    # without this: 0*abs(x) would have no derivative at 0
    factor = one if one is not None else two
    if op == "*" and sign_of(_value(factor)) in (0, None):
        return False
    return surely_kinked(machine, b if one is not None else a)


def _tied(machine: Machine, args: tuple[Term, ...]) -> bool:
    jets = [_smooth(machine, a) for a in args]
    return len(jets) == 2 and None not in jets and _crosses(sub(*jets), whole=False)


def _tied_over(machine: Machine, var: Any, over: tuple[Term, ...], inner: Term, smallest: bool) -> bool:
    jets = []
    for i in machine.span(over):
        jet = machine.bound(var, fmpq(i), lambda: _smooth(machine, inner))
        if jet is None:
            return False
        jets.append(jet)
    if not jets:
        return False
    best = arrays.largest([_value(j) for j in jets], smallest)
    winners = []
    for jet in jets:
        sign = sign_of(sub(_value(jet), best))
        if sign is None:
            return False
        if sign == 0:
            winners.append(jet)
    # without a difference of slopes: max(x, x)
    return any(_crosses(sub(w, winners[0]), whole=False) for w in winners[1:])


def _crosses(jet: Number | None, whole: bool) -> bool:
    """Does a smooth function pass through 0 (through a whole number) here, not staying there?"""
    if type(jet) is not Dual:
        return False
    value = _value(jet)
    at = type(value) is fmpq and (value.q == 1 if whole else value == 0)
    slope = jet.slopes.get(0, ZERO)
    return at and type(slope) in PLAIN and sign_of(slope) not in (0, None)


def _value(jet: Number | None) -> Any:
    while type(jet) is Dual:
        jet = jet.value
    return jet
