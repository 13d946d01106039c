"""Evaluation of terms and propositions at a point, in exact rationals and Arb balls (python-flint).

Promise: `evaluate` encloses the true value, or says `Undefined` or `Uncertain`; `decide` says True or False
only where exact arithmetic or separated enclosures say so, at 64, 256 or 1024 bits. Floats take no part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from derive.backends.flint_chance import Measure, Table
from derive.backends.flint_logic import Trace, truth
from derive.backends.flint_numbers import NotDecided, NotDefined, Pair, exact
from derive.backends.flint_terms import Closure, Machine, Tree
from derive.core.sort import COMPLEX, OUTCOME, Array, Sort
from derive.core.term import App, Bind, Num, Sym, Term

PRECISIONS = (64, 256, 1024)
EFFORT = (64, 256, 1024, 4096)

Environment = Mapping[Sym, Any]
"""Exact values of symbols: Fraction or int; nested tuples for arrays; a (re, im) pair for a complex
number; a term (`lam`) for a function."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """The value does not exist. Not `certain` where only a derivative rule stops (a kink)."""

    reason: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The value could not be found, or the enclosures leave the question open.

    `overlap`: both sides were evaluated and their enclosures overlap. `final`: precision is no help.
    """

    reason: str
    overlap: bool = False
    final: bool = False


def to_flint(value: Any, sort: Sort) -> Tree:
    """An exact Python value of a sort as the evaluator's value."""
    if isinstance(value, Measure):
        return value
    if isinstance(value, (Num, Sym, App, Bind)):
        if isinstance(value, Bind) and value.op == "lam":
            if value.var.sort is OUTCOME and isinstance(value.body, App):
                return Table(_entries_of(value.body.args[0]))
            return Closure(value, {})
        if isinstance(value, Num):
            return exact(value.value)
        raise TypeError(f"no value: {value!r}")
    if isinstance(sort, Array):
        return _array_to_flint(value, len(sort.shape), sort.entry)
    if isinstance(value, tuple):
        return Pair(exact(value[0]), exact(value[1]))
    return exact(value)


def _entries_of(term: Term) -> Tree:
    """The entries of literal vectors."""
    if isinstance(term, App):
        return tuple([_entries_of(a) for a in term.args])
    assert isinstance(term, Num)
    return exact(term.value)


def _array_to_flint(value: Any, axes: int, entry: Sort) -> Tree:
    if axes:
        return tuple([_array_to_flint(v, axes - 1, entry) for v in value])
    if entry is COMPLEX and isinstance(value, tuple):
        return Pair(exact(value[0]), exact(value[1]))
    return exact(value)


def machine_at(environment: Environment) -> dict[Sym, Tree]:
    """The evaluator's values for an environment."""
    return {s: to_flint(v, s.sort) for s, v in environment.items()}


def evaluate(term: Term, environment: Environment, precision: int = 64) -> Any:
    """The value of a term at a point: a number or nested tuples, `Undefined`, or `Uncertain`."""
    values = machine_at(environment)
    return at_precision(precision, lambda: Machine(values).value(term))


def at_precision(precision: int, compute: Callable[[], Any]) -> Any:
    """The result at a precision in bits, with what stopped it as a value."""
    old = flint.ctx.prec
    flint.ctx.prec = precision
    try:
        return compute()
    except NotDefined as stop:
        return Undefined(stop.reason, stop.certain)
    except NotDecided as stop:
        return Uncertain(stop.reason, final=stop.final)
    except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as stop:
        return Uncertain(type(stop).__name__, final=True)
    finally:
        flint.ctx.prec = old


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for a proposition at a point, and the relation that settled it, with its sides.

    `answer` is True, False, `Undefined`, or `Uncertain` (with `overlap` where both sides were
    evaluated and their enclosures overlap).
    """

    answer: bool | Undefined | Uncertain
    trace: Trace


def decide_at(
    claim: Term, values: dict[Sym, Tree], precisions: tuple[int, ...] = PRECISIONS
) -> Decision:
    """Decide a proposition, raising the precision while only the balls leave it open.

    `precisions` are those tried while the two sides overlap; where a side could not be evaluated at all
    (the sign of a logarithm's argument is open, say), all of `EFFORT` are.
    """
    decision = Decision(Uncertain("no precision"), Trace())
    for precision in EFFORT:
        answer = decision.answer
        overlap = isinstance(answer, Uncertain) and answer.overlap
        if precision not in precisions and (overlap or precision < precisions[-1]):
            continue
        decision = _decide_once(claim, values, precision)
        answer = decision.answer
        if not isinstance(answer, Uncertain) or answer.final:
            break
    return decision


def _decide_once(claim: Term, values: dict[Sym, Tree], precision: int) -> Decision:
    trace = Trace()
    found = at_precision(precision, lambda: truth(Machine(values), claim, trace))
    if found is None:
        found = Uncertain("the enclosures of the two sides overlap", overlap=True)
    return Decision(found, trace)


def decide(
    claim: Term, environment: Environment, precisions: tuple[int, ...] = PRECISIONS
) -> bool | Undefined | None:
    """True, False, None (not settled), or `Undefined` for a proposition at a point."""
    answer = decide_at(claim, machine_at(environment), precisions).answer
    return None if isinstance(answer, Uncertain) else answer


def exact_value(value: Tree) -> Any:
    """The value as Fractions, pairs and tuples, or None where it is not exact."""
    from derive.backends.flint_numbers import fraction

    if type(value) is tuple:
        parts = tuple([exact_value(v) for v in value])
        return None if any(p is None for p in parts) else parts
    if type(value) is flint.fmpq:
        return fraction(value)
    if type(value) is Pair:
        re, im = exact_value(value.re), exact_value(value.im)
        return None if re is None or im is None else (re, im)
    return None


def as_fraction(value: Any) -> Fraction | None:
    """An exact rational number, or None."""
    found = exact_value(value)
    return found if isinstance(found, Fraction) else None
