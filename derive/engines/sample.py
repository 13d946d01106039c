"""Sample points of a context: exact, small first, and admissible.

Promise: a point is offered only if every constraint of the plan was decided true at it, equalities exactly
and inequalities by exact or separated values. The sequence depends on nothing but the plan and the seed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

from derive.core.claim import Context
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Function
from derive.core.term import (
    TRUE,
    App,
    Num,
    Sym,
    Term,
)
from derive.engines.chance_facts import is_chance
from derive.engines.sample_chance import draw_chance
from derive.engines.sample_plan import Bound, Plan, plan

Environment = dict[Sym, Any]

SIZES = (2, 3, 1, 2, 1, 3, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 3, 1, 2, 3, 2, 1, 3, 5)
MAX_ENTRIES = 120
MAX_MOVES = 250
STYLES = (
    "distinct", "units", "zero", "distinct", "one", "small", "distinct", "large", "minus", "small",
    "tiny", "mixed", "pythagoras", "units", "distinct", "small",
)


@lru_cache(maxsize=64)
def _q(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(t) for t in texts)


SMALL = _q("2", "-1", "1/2", "3", "-2", "1/3", "5", "-1/2", "1", "3/2", "-3", "7", "2/3", "-1/3", "0")
UNITS = _q("0", "1", "-1")
LARGE = _q("10", "-10", "100", "-37", "1000", "53")
TINY = _q("1/10", "-1/10", "1/100", "-1/1000", "1/37")
PYTHAGORAS = _q("3/5", "4/5", "-3/5", "0", "1", "5/13", "12/13", "1/2", "-1/2", "2/3", "1/3", "-4/5")
FRACTIONS = _q("1/2", "1/3", "3/4", "1/4", "2/3", "1/10", "9/10", "1/5")
OFFSETS = _q("1", "2", "1/2", "3", "1/3", "5", "3/2", "1/4", "7", "10", "1/10")
POOLS = {
    "units": UNITS, "small": SMALL, "large": LARGE, "tiny": TINY, "pythagoras": PYTHAGORAS,
    "mixed": SMALL + LARGE + TINY,
}
INTEGERS = _q("1", "2", "3", "0", "5", "4", "7", "10", "40")


@dataclass(slots=True)
class Draw:
    """One attempt: its number, its style, its source of randomness and how many values it has used."""

    number: int
    style: str
    random: Random
    used: int = 0
    moves: int = 0
    size: int | None = None


def points(
    plan: Plan, limit: int, seed: int = 0, attempts: int | None = None, patience: int = 30
) -> Iterator[Environment]:
    """Up to `limit` different admissible points; stops early where nothing new turns up."""
    if plan.open:
        return
    drawn = _attempts(plan.key, Same(plan), seed)
    seen: set[tuple[Any, ...]] = set()
    idle = work = 0
    for number in range(attempts if attempts is not None else 6 * limit + 12):
        environment, moves = drawn.at(number)
        work += moves
        if work > MAX_MOVES:
            return
        key = None if environment is None else tuple(environment[s] for s in plan.symbols)
        if environment is None or key is None or key in seen:
            idle += 1
            if idle > (min(12, patience) if seen else patience):
                return
            continue
        idle = 0
        seen.add(key)
        yield dict(environment)
        if len(seen) >= limit or not plan.symbols:
            return


class Attempts:
    """The attempts at points of a plan, each made once: the steps of a proof ask for the same ones."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self.seed = plan, seed
        self.made: list[tuple[Environment | None, int]] = []
        self.bases: dict[tuple[Any, ...], Environment] = {}

    def at(self, number: int) -> tuple[Environment | None, int]:
        """The point of an attempt, if it came to one, and how many moves it took."""
        while len(self.made) <= number:
            n = len(self.made)
            draw = Draw(n, STYLES[n % len(STYLES)], Random(1_000_003 * self.seed + n))  # noqa: S311
            environment = _admitted(self.plan, draw, self.bases)
            if environment is not None:
                self.bases.setdefault(tuple(environment[s] for s in self.plan.sizes), environment)
            self.made.append((environment, draw.moves))
        return self.made[number]


@dataclass(frozen=True, slots=True)
class Same:
    """A plan that takes no part in comparisons: the key beside it does."""

    plan: Plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=24)
def _attempts(key: Hashable, same: Same, seed: int) -> Attempts:
    return Attempts(same.plan, seed)


def _admitted(
    plan: Plan, draw: Draw, bases: dict[tuple[Any, ...], Environment]
) -> Environment | None:
    """A drawn point, moved where an equation fails: along a line from a known point, if there is one."""
    from derive.engines.sample_repair import admit, failing, on_line

    drawn = draw_point(plan, draw)
    if drawn is None:
        return None
    wrong = failing(plan, drawn)
    if wrong is None:
        return drawn
    base = bases.get(tuple(drawn[s] for s in plan.sizes))
    if base is not None:
        found = on_line(plan, wrong, base, drawn)
        if found is not None:
            return found
    return admit(plan, drawn, draw=draw)


def consistent_point(context: Context, limit: int = 60) -> Environment | None:
    """A point that satisfies every hypothesis, equalities exactly; None if none was found.

    A symbol that an equation gives an irrational value (`x^2 = 2`) is left out of the point.
    """
    from derive.engines.refute import prepare
    from derive.engines.refute_solved import with_solved

    found = next(points(plan(context, TRUE), 1, attempts=limit, patience=limit), None)
    if found is None:
        found = _plain_point(plan(context, TRUE))
    if found is not None:
        return found
    for question, _ in with_solved(prepare(context, TRUE)):
        solved = plan(question.context, TRUE, question.premises, question.defined)
        found = next(points(solved, 1, attempts=limit), None)
        if found is not None:
            return found
    return None


def _plain_point(plan: Plan) -> Environment | None:
    """A point with all sizes 1 (then 2) and values 1, 0 and the like: where many hypotheses meet easily."""
    if plan.open:
        return None
    for size in (1, 2):
        for number, style in enumerate(("one", "zero", "units", "minus", "units", "small", "units")):
            draw = Draw(number, style, Random(number), size=size)  # noqa: S311
            found = _admitted(plan, draw, {})
            if found is not None:
                return found
    return None


def draw_point(plan: Plan, draw: Draw, sizes: dict[Sym, int] | None = None) -> Environment | None:
    """A point that follows the bounds that were read; not yet checked."""
    environment: Environment = {}
    for symbol in plan.symbols:
        if is_chance(symbol):
            continue
        value = (
            Fraction(sizes[symbol])
            if sizes is not None and symbol in sizes
            else _value(plan, symbol, environment, draw)
        )
        if value is None:
            return None
        environment[symbol] = value
    return draw_chance(plan, environment, draw)


def _value(plan: Plan, symbol: Sym, environment: Environment, draw: Draw) -> Any:
    sort = symbol.sort
    if sort is INTEGER:
        return _integer(plan, symbol, environment, draw)
    if isinstance(sort, Function):
        from derive.engines.sample_functions import function_value

        return function_value(sort, draw.number)
    if isinstance(sort, Array):
        return _array(plan, symbol, environment, draw)
    if sort in (REAL, COMPLEX):
        return _entry(plan, symbol, environment, draw)
    return None


def number_at(term: Term, environment: Environment) -> Fraction | None:
    """The exact rational value of a term at a point, None if it has none there."""
    if isinstance(term, Num):
        return term.value
    if isinstance(term, Sym):
        value = environment.get(term)
        return value if isinstance(value, Fraction) else None
    from derive.backends.flint import as_fraction, evaluate

    return as_fraction(evaluate(term, environment))


def _interval(
    plan: Plan, symbol: Sym, environment: Environment, place: tuple[int, ...] = ()
) -> tuple[Fraction | None, bool, Fraction | None, bool]:
    """The tightest known bounds: lower, whether strict, upper, whether strict."""
    low: Fraction | None = None
    high: Fraction | None = None
    low_strict = high_strict = False
    for bound in plan.bounds.get(symbol, ()):
        here = environment
        if bound.indices:
            at = zip(bound.indices, place, strict=False)
            here = environment | {i: Fraction(k) for i, k in at}
        value = _bound_value(bound, here)
        if value is None:
            continue
        if bound.lower and (low is None or value > low or (value == low and bound.strict)):
            low, low_strict = value, bound.strict
        if not bound.lower and (high is None or value < high or (value == high and bound.strict)):
            high, high_strict = value, bound.strict
    return low, low_strict, high, high_strict


def _bound_value(bound: Bound, environment: Environment) -> Fraction | None:
    value = number_at(bound.term, environment)
    if value is not None or not isinstance(bound.term, App):
        return value
    if any(s not in environment for s in _free(bound.term)):
        return None
    from derive.backends.flint import evaluate

    ball = evaluate(bound.term, environment)
    try:
        return Fraction(float(ball.mid())).limit_denominator(1000)
    except (AttributeError, ValueError, OverflowError):
        return None


def _free(term: Term) -> frozenset[Sym]:
    from derive.core.term import free_symbols

    return free_symbols(term)


def _integer(plan: Plan, symbol: Sym, environment: Environment, draw: Draw) -> Fraction | None:
    low, low_strict, high, high_strict = _interval(plan, symbol, environment)
    first = None if low is None else -((-low) // 1) + (1 if low_strict and low.denominator == 1 else 0)
    last = None if high is None else high // 1 - (1 if high_strict and high.denominator == 1 else 0)
    if draw.size is not None:
        size = draw.size if symbol in plan.shaping else 0
        size = size if first is None else max(size, int(first))
        return Fraction(size if last is None else min(size, int(last)))
    if symbol in plan.sizes:
        place = plan.sizes.index(symbol)
        size = SIZES[(draw.number * (place + 1) + place) % len(SIZES)]
        if first is not None and first > 1:
            size += int(first) - 1
        elif draw.number % 9 == 8 and (first is None or first < 1):
            size = 0 if first is None else int(first)
        elif draw.number % 9 == 4 and first is None and symbol not in plan.shaping:
            size = -1 - draw.number // 9 % 2
        if last is not None and size > last:
            size = int(last) - (draw.number % 2 if first is None or last > first else 0)
        return Fraction(size)
    if first is not None and last is not None:
        if last < first:
            return None
        width = int(last - first) + 1
        return Fraction(first) + draw.random.randrange(min(width, 12))
    if first is not None:
        pool = INTEGERS if first == 0 else _q("0", "1", "2", "3", "5", "4", "9", "30")
        return Fraction(first) + pool[_pick(draw, len(pool))]
    if last is not None:
        return Fraction(last) - INTEGERS[_pick(draw, len(INTEGERS))]
    value = INTEGERS[_pick(draw, len(INTEGERS))]
    return -value if draw.random.random() < 0.4 else value


def _pick(draw: Draw, length: int) -> int:
    """A place in a pool: early attempts take early places, all different."""
    draw.used += 1
    if draw.style == "distinct":
        return (draw.used - 1 + draw.number) % length
    return draw.random.randrange(length)


def _entry(
    plan: Plan, symbol: Sym, environment: Environment, draw: Draw, place: tuple[int, ...] = ()
) -> Any:
    """A value for a scalar, or for one entry of an array."""
    sort = symbol.sort
    kind = sort.entry if isinstance(sort, Array) else sort
    if symbol in plan.choices:
        options = plan.choices[symbol]
        return number_at(options[draw.random.randrange(len(options))], environment)
    if kind is COMPLEX:
        re, im = _free_value(draw), _free_value(draw)
        form = draw.random.randrange(4)
        return (re, Fraction(0)) if form == 0 else (Fraction(0), im) if form == 1 else (re, im)
    low, low_strict, high, high_strict = _interval(plan, symbol, environment, place)
    if kind is INTEGER:
        first = -20 if low is None else int(-((-low) // 1))
        last = first + 6 if high is None else int(high // 1)
        if low is None:
            first, last = (-3, 3) if high is None else (last - 6, last)
        return Fraction(draw.random.randint(first, last)) if first <= last else None
    return _in_interval(draw, low, low_strict, high, high_strict)


def _in_interval(
    draw: Draw, low: Fraction | None, low_strict: bool, high: Fraction | None, high_strict: bool
) -> Fraction | None:
    if low is None and high is None:
        return _free_value(draw)
    if low is not None and high is not None:
        if high < low:
            return None
        if high == low:
            return low
        if draw.style == "zero" and not low_strict:
            return low
        if draw.style == "one" and not high_strict:
            return high
        if draw.style == "units":
            ends = [e for e, s in ((low, low_strict), (high, high_strict)) if not s]
            if ends:
                return ends[draw.random.randrange(len(ends))]
        return low + (high - low) * FRACTIONS[_pick(draw, len(FRACTIONS))]
    end, sign, strict = (low, 1, low_strict) if low is not None else (high, -1, high_strict)
    assert end is not None
    if not strict and (draw.style == "zero" or (draw.style == "units" and draw.number % 3)):
        return end
    if draw.style in ("one", "minus"):
        return end + sign
    if draw.style == "large":
        return end + sign * abs(LARGE[_pick(draw, len(LARGE))])
    if draw.style == "tiny":
        return end + sign * abs(TINY[_pick(draw, len(TINY))])
    if draw.style == "pythagoras":
        return end + sign * abs(PYTHAGORAS[_pick(draw, len(PYTHAGORAS))]) or end + sign
    return end + sign * OFFSETS[_pick(draw, len(OFFSETS))]


def _free_value(draw: Draw) -> Fraction:
    match draw.style:
        case "zero":
            return Fraction(0)
        case "one":
            return Fraction(1)
        case "minus":
            return Fraction(-1)
        case "distinct":
            return SMALL[_pick(draw, len(SMALL) - 1)]
        case style:
            pool = POOLS[style]
            return pool[draw.random.randrange(len(pool))]


# ---------------------------------------------------------------- arrays


def _array(plan: Plan, symbol: Sym, environment: Environment, draw: Draw) -> Any:
    from derive.engines.sample_arrays import arrange

    shape: list[int] = []
    count = 1
    for length in plan.shapes[symbol]:
        size = number_at(length, environment)
        if size is None or size.denominator != 1 or size < 0:
            return None
        shape.append(int(size))
        count *= int(size)
    if count > MAX_ENTRIES:
        return None

    def fill(rest: list[int], place: tuple[int, ...]) -> Any:
        if not rest:
            return _entry(plan, symbol, environment, draw, place)
        return tuple([fill(rest[1:], (*place, k)) for k in range(1, rest[0] + 1)])

    value = fill(shape, ())
    if _has_gap(value):
        return None
    fibre = plan.fibres.get(symbol)
    total = None if fibre is None else number_at(fibre[1], environment)
    axis = None if fibre is None or total is None else fibre[0]
    return arrange(value, shape, plan.structure.get(symbol, frozenset()), axis, total, draw.random)


def _has_gap(value: Any) -> bool:
    return value is None or (isinstance(value, tuple) and any(_has_gap(v) for v in value))
