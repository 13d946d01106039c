"""Propositions at a point: true, false, or left open by the enclosures.

Promise: equality is true only if both sides are exact or identical points; a relation is false only if the
enclosures are apart, or both sides exact. None means that enclosures overlap; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flint import fmpq

from derive.backends import flint_arrays as arrays
from derive.backends.flint_chance import measure_at, stated
from derive.backends.flint_numbers import (
    Dual,
    NotDecided,
    NotDefined,
    Number,
    differs,
    sign_of,
    sub,
)
from derive.backends.flint_terms import Machine
from derive.core.sort import OUTCOME
from derive.core.term import App, Bind, Sym, Term, free_symbols


@dataclass(slots=True)
class Trace:
    """What a decision saw last: the relation that failed, its two sides, the bound values it failed at."""

    relation: str = ""
    left: Any = None
    right: Any = None
    bound: list[tuple[Sym, int]] = field(default_factory=list)
    note: str = ""
    frozen: bool = False


def settle(machine: Machine, claim: Term) -> bool:
    """The truth of a condition inside a term (`if`, indicators); at a boundary, derivatives stop."""
    answer = truth(machine, claim)
    if answer is None:
        raise NotDecided("a condition that the enclosures leave open")
    return answer


def truth(machine: Machine, claim: Term, trace: Trace | None = None) -> bool | None:
    """The truth of a proposition; None where enclosures overlap."""
    match claim:
        case App("=" | "!=" | "<" | "<=", _):
            return _relation(machine, claim, trace)
        case App("true", ()):
            return True
        case App("false", ()):
            return False
        case App("and", parts):
            return _all(machine, parts, trace)
        case App("or", parts):
            return _any(machine, parts, trace)
        case App("not", (inner,)):
            answer = truth(machine, inner, trace)
            return None if answer is None else not answer
        case App("=>", (premise, conclusion)):
            return _implies(machine, premise, conclusion, trace)
        case App("<=>", (left, right)):
            return _equivalent(machine, left, right, trace)
        case App("invertible", (matrix,)):
            return arrays.is_invertible(machine.value(matrix))
        case App("posdef" | "psd" as op, (matrix,)):
            return arrays.is_definite(machine.value(matrix), strict=op == "posdef")
        case App("law" | "law_given" | "independent" | "entries_independent" | "entries_alike" | "moment", _):
            return stated(machine, claim)
        case App("ite", (condition, then, other)):
            return truth(machine, then if settle(machine, condition) else other, trace)
        case Bind("forall" | "exists" as op, var, over, body):
            return _quantified(machine, op, var, over, body, trace)
    raise NotDecided("a proposition that is not evaluated at points", final=True)


def _relation(machine: Machine, claim: App, trace: Trace | None) -> bool | None:
    left, right = machine.value(claim.args[0]), machine.value(claim.args[1])
    op = claim.op
    if op == "=":
        answer = _equal(left, right)
    elif op == "!=":
        same = _equal(left, right)
        answer = None if same is None else not same
    else:
        answer = _below(left, right, strict=op == "<")
    if answer is not True and trace is not None and not trace.frozen:
        trace.relation, trace.left, trace.right = op, left, right
    return answer


def _equal(left: Any, right: Any) -> bool | None:
    pairs = list(arrays.entries(arrays.map_two(lambda a, b: _Both(a, b), left, right)))
    answer: bool | None = True
    for both in pairs:
        apart = differs(both.left, both.right)
        if (apart is not True) and (type(both.left) is Dual or type(both.right) is Dual):
            raise NotDefined("derivative where a condition changes", certain=False)
        if apart:
            return False
        if apart is None:
            answer = None
    return answer


class _Both:
    __slots__ = ("left", "right")

    def __init__(self, left: Number, right: Number) -> None:
        self.left, self.right = left, right


def _below(left: Any, right: Any, strict: bool) -> bool | None:
    answer: bool | None = True
    for gap in arrays.entries(arrays.map_two(sub, right, left)):
        sign = sign_of(gap)
        if type(gap) is not fmpq and type(gap) is not Dual and not _finite(gap):
            raise NotDecided("overflow")
        if sign == 0 and type(gap) is Dual:
            raise NotDefined("derivative where a condition changes", certain=False)
        if sign is None:
            answer = None
        elif sign < 0 or (sign == 0 and strict):
            return False
    return answer


def _finite(x: Number) -> bool:
    return bool(x.is_finite()) if hasattr(x, "is_finite") else True


def _all(machine: Machine, parts: tuple[Term, ...], trace: Trace | None) -> bool | None:
    answer: bool | None = True
    for part in parts:
        found = truth(machine, part, trace)
        if found is False:
            return False
        if found is None:
            answer = None
    return answer


def _any(machine: Machine, parts: tuple[Term, ...], trace: Trace | None) -> bool | None:
    answer: bool | None = False
    for part in parts:
        found = truth(machine, part, trace)
        if found:
            return True
        if found is None:
            answer = None
    return answer


def _implies(
    machine: Machine, premise: Term, conclusion: Term, trace: Trace | None
) -> bool | None:
    holds = truth(machine, premise)
    if holds is False:
        return True
    found = truth(machine, conclusion, trace)
    if found:
        return True
    return found if holds else None


def _equivalent(machine: Machine, left: Term, right: Term, trace: Trace | None) -> bool | None:
    """Both at the point; a side that does not exist is false."""
    a, b = side(machine, left), side(machine, right)
    if a is None or b is None:
        return None
    if a != b and trace is not None:
        trace.relation, trace.left, trace.right = "<=>", a, b
        trace.frozen = True
        trace.note = "lost solution" if a else "gained solution"
    return a == b


def side(machine: Machine, claim: Term) -> bool | None:
    """One side of an equivalence: an undefined one is false, except where only a derivative stops."""
    depth = machine.depth
    try:
        return truth(machine, claim)
    except NotDefined as stop:
        machine.depth = depth
        if stop.certain:
            return False
        raise


def _quantified(
    machine: Machine, op: str, var: Sym, over: tuple[Term, ...], body: Term, trace: Trace | None
) -> bool | None:
    if var.sort is OUTCOME:
        return _at_outcomes(machine, op, var, body, trace)
    if len(over) != 2:
        if var not in free_symbols(body):
            return truth(machine, body, trace)
        raise NotDecided("a proposition about infinitely many values", final=True)
    wanted = op == "exists"
    answer: bool | None = not wanted
    for i in machine.span(over):
        found: bool | None = machine.bound(var, fmpq(i), lambda: truth(machine, body, trace))
        if found is wanted:
            if not wanted and trace is not None:
                trace.bound.insert(0, (var, i))
            return wanted
        if found is None:
            answer = None
    return answer


def _at_outcomes(machine: Machine, op: str, var: Sym, body: Term, trace: Trace | None) -> bool | None:
    """For every sample point (of a small space), or for some."""
    wanted = op == "exists"
    answer: bool | None = not wanted
    for k in range(1, len(measure_at(machine).weights) + 1):
        found: bool | None = machine.bound(var, fmpq(k), lambda: truth(machine, body, trace))
        if found is wanted:
            return wanted
        if found is None:
            answer = None
    return answer
