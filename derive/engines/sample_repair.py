"""Checking a drawn point against its constraints, and moving one coordinate so that an equation holds.

Promise: `admit` returns a point only if every constraint was decided true there; the moves are rational
roots of polynomials found by exact interpolation, and are checked like any other point.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, OUTCOME, REAL, Array, Function, LawSort
from derive.core.term import (
    FALSE,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    power,
    substitute,
)
from derive.engines.sample_plan import Plan

if TYPE_CHECKING:
    from derive.engines.sample import Draw, Environment

Coordinate = tuple[Sym, tuple[int, ...]]
MAX_COORDINATES = 14
MAX_MOVES = 14


def holds(claim: Term, environment: Environment) -> bool:
    """Is the proposition certainly true at the point?"""
    from derive.backends.flint import decide

    return decide(claim, environment, (64, 256)) is True


def admissible(plan: Plan, environment: Environment) -> bool:
    """Does every constraint certainly hold at the point?"""
    return not plan.open and failing(plan, environment) is None


def failing(plan: Plan, environment: Environment) -> Term | None:
    """The first constraint that does not certainly hold; FALSE where an array has the wrong shape."""
    from derive.backends.flint import decide_at, machine_at

    if not well_shaped(plan, environment):
        return FALSE
    values = machine_at(environment)
    for constraint in plan.constraints:
        if decide_at(constraint, values, (64, 256)).answer is not True:
            return constraint
    return FALSE if any(not _exists(t, environment) for t in plan.defined) else None


def _exists(term: Term, environment: Environment) -> bool:
    """Has the term a value, so far as evaluation can tell?"""
    from derive.backends.flint import Uncertain, Undefined, evaluate

    return not isinstance(evaluate(term, environment, 256), (Undefined, Uncertain))


def well_shaped(plan: Plan, environment: Environment) -> bool:
    """Has every array the shape of its sort at this point?"""
    from derive.engines.sample import number_at

    def fits(value: Any, lengths: list[Fraction | None]) -> bool:
        if not lengths:
            return True
        return len(value) == lengths[0] and all(fits(v, lengths[1:]) for v in value)

    return all(
        fits(environment[s], [number_at(length, environment) for length in shape])
        for s, shape in plan.shapes.items()
    )


def admit(
    plan: Plan,
    environment: Environment,
    fixed: frozenset[Coordinate] = frozenset(),
    draw: Draw | None = None,
) -> Environment | None:
    """The point, moved where an equation fails, if every constraint holds then."""
    used: set[Coordinate] = set(fixed) | {(s, ()) for s in plan.shaping}
    for _ in range(MAX_MOVES):
        constraint = failing(plan, environment)
        if constraint is None:
            return environment
        if draw is not None:
            draw.moves += 1
        moved = _move(plan, constraint, environment, used)
        if moved is None:
            # an inequality may come right once the equations hold
            others = (c for c in plan.constraints if c != constraint and not holds(c, environment))
            moved = next((m for c in others if (m := _move(plan, c, environment, used)) is not None), None)
        if moved is None:
            return None
        environment = moved
    return None


def on_line(
    plan: Plan, wrong: Term, base: Environment, drawn: Environment
) -> Environment | None:
    """The other point of the line from `base` (admissible) to `drawn` where a quadratic equation holds.

    On a line through a rational point of a quadric the second intersection is rational too.
    """
    equation = next((e for e in _equations(wrong, drawn) if not holds(e, drawn)), None)
    if equation is None:
        return None
    gaps = [_gap(equation, _between(base, drawn, Fraction(t))) for t in (1, -1, 2)]
    a, b, c = gaps
    if a is None or b is None or c is None:
        return None
    square, slope = (a + b) / 2, (a - b) / 2
    if square == 0 or slope == 0 or 4 * square + 2 * slope != c:
        return None
    found = _between(base, drawn, -slope / square)
    return found if found is not None and admissible(plan, found) else None


def _between(base: Environment, drawn: Environment, t: Fraction) -> Environment | None:
    """base + t * (drawn - base), entry by entry; integers and functions stay those of `base`."""

    def mix(a: Any, b: Any) -> Any:
        if isinstance(a, tuple):
            return tuple(mix(x, y) for x, y in zip(a, b, strict=True))
        return a + t * (b - a)

    found: Environment = {}
    for symbol, value in base.items():
        sort = symbol.sort
        kind = sort.entry if isinstance(sort, Array) else sort
        fixed = kind not in (REAL, COMPLEX)
        if fixed and value != drawn[symbol]:
            return None
        found[symbol] = value if fixed else mix(value, drawn[symbol])
    return found


def _move(
    plan: Plan, constraint: Term, environment: Environment, used: set[Coordinate]
) -> Environment | None:
    """Change one coordinate so that the first failing equation of the constraint holds."""
    for equation in _equations(constraint, environment):
        if holds(equation, environment):
            continue
        for coordinate in _coordinates(equation, environment, used):
            for value in _roots(equation, coordinate, environment):
                changed = with_coordinate(environment, coordinate, value)
                if changed is not None and holds(equation, changed):
                    used.add(coordinate)
                    return changed
        return None
    return None


def _equations(claim: Term, environment: Environment) -> Iterator[App]:
    """The equations that a proposition consists of at a point, ranges and arrays spelled out."""
    from derive.engines.sample import number_at

    match claim:
        case App("=", (left, right)):
            yield from _entrywise(*_without_root(left, right), environment)
        case App("and", parts):
            for part in parts:
                yield from _equations(part, environment)
        case App("or", (first, *_)):
            yield from _equations(first, environment)
        case App("=>", (premise, conclusion)):
            if holds(premise, environment):
                yield from _equations(conclusion, environment)
        case App("<=>", (left, right)):
            for given, wanted in ((left, right), (right, left)):
                if holds(given, environment):
                    yield from _equations(wanted, environment)
        case Bind("forall", var, (low, high), body):
            start, stop = number_at(low, environment), number_at(high, environment)
            if start is None or stop is None or stop - start > 30:
                return
            for i in range(int(start), int(stop) + 1):
                yield from _equations(substitute(body, {var: Num(i)}), environment)


def _without_root(left: Term, right: Term) -> tuple[Term, Term]:
    """An equation of a norm, a root or an absolute value, squared: polynomial, so that it can be solved."""
    for a, b in ((left, right), (right, left)):
        match a:
            case App("norm", (x,)) if not _complex(x):
                return App("dot", (x, x)), power(b, TWO)
            case App("sqrt", (x,)):
                return x, power(b, TWO)
            case App("abs", (x,)):
                return App("*", (x, App("conj", (x,)))), power(b, TWO)
    return left, right


def _complex(term: Term) -> bool:
    sort = sort_of(term)
    return isinstance(sort, Array) and sort.entry is COMPLEX


def _entrywise(left: Term, right: Term, environment: Environment) -> Iterator[App]:
    from derive.backends.flint import Uncertain, Undefined, evaluate

    value = evaluate(left, environment)
    if not isinstance(value, tuple):
        if not isinstance(value, (Undefined, Uncertain)):
            yield App("=", (left, right))
        return
    other = evaluate(right, environment)

    def walk(part: Any, place: tuple[int, ...]) -> Iterator[App]:
        if isinstance(part, tuple):
            for i, e in enumerate(part, 1):
                yield from walk(e, (*place, i))
        else:
            at = tuple(Num(i) for i in place)
            entry = App("index", (right, *at)) if isinstance(other, tuple) else right
            yield App("=", (App("index", (left, *at)), entry))

    yield from walk(value, ())


def _coordinates(
    equation: App, environment: Environment, used: set[Coordinate]
) -> Iterator[Coordinate]:
    """The numbers that may be moved, scalars first, at most a few."""
    found: list[Coordinate] = []
    for symbol in sorted(free_symbols(equation), key=lambda s: s.name):
        if symbol in environment:
            found.extend(reversed(list(coordinates_of(symbol, environment[symbol]))))
    found.sort(key=lambda c: (len(c[1]), c[0].sort is INTEGER))
    fresh = [c for c in found if c not in used]
    yield from fresh[:MAX_COORDINATES]


def coordinates_of(symbol: Sym, value: Any) -> Iterator[Coordinate]:
    """The places of the single real numbers in a symbol's value."""
    if isinstance(symbol.sort, (Function, LawSort)) or symbol.sort is OUTCOME:
        return

    def walk(v: Any, place: tuple[int, ...]) -> Iterator[Coordinate]:
        if isinstance(v, tuple):
            for i, e in enumerate(v):
                yield from walk(e, (*place, i))
        else:
            yield symbol, place

    yield from walk(value, ())


def coordinate_value(environment: Environment, coordinate: Coordinate) -> Fraction:
    """The number at a place."""
    value = environment[coordinate[0]]
    for i in coordinate[1]:
        value = value[i]
    return Fraction(value)


def with_coordinate(
    environment: Environment, coordinate: Coordinate, value: Fraction
) -> Environment | None:
    """The point with another number at a place; None if its sort forbids it."""
    symbol, place = coordinate
    sort = symbol.sort
    kind = sort.entry if isinstance(sort, Array) else sort
    if kind is INTEGER and value.denominator != 1:
        return None
    if kind not in (INTEGER, REAL, COMPLEX):
        return None

    def put(v: Any, rest: tuple[int, ...]) -> Any:
        if not rest:
            return value
        return (*v[: rest[0]], put(v[rest[0]], rest[1:]), *v[rest[0] + 1 :])

    return {**environment, symbol: put(environment[symbol], place)}


def _roots(
    equation: App, coordinate: Coordinate, environment: Environment
) -> Iterator[Fraction]:
    """Rational values of the coordinate at which the sides may agree: roots of the interpolated gap."""
    nodes: list[tuple[Fraction, Fraction]] = []
    for node in (0, 1, 3, 2, -1, 5, 7):
        gap = _gap(equation, with_coordinate(environment, coordinate, Fraction(node)))
        if gap is None:
            if node == 3 and not nodes:
                return
            continue
        nodes.append((Fraction(node), gap))
        if len(nodes) == 3:
            slopes = _newton(nodes)
            if slopes[2] == 0:
                if slopes[1] != 0:
                    yield nodes[0][0] - nodes[0][1] / slopes[1]
                return
    if len(nodes) < 4:
        return
    slopes = _newton(nodes)
    if slopes[-1] != 0:
        return
    yield from _polynomial_roots(nodes, slopes)


def _gap(equation: App, environment: Environment | None) -> Fraction | None:
    """Left minus right, exactly; for complex sides the first part that is not 0."""
    from derive.backends.flint import evaluate, exact_value

    if environment is None:
        return None
    gap = exact_value(evaluate(App("-", equation.args), environment))
    if isinstance(gap, tuple):
        parts = [p for p in gap if isinstance(p, Fraction)]
        return next((p for p in parts if p), parts[0] if parts else None)
    return gap if isinstance(gap, Fraction) else None


def _newton(nodes: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
    """Divided differences: the coefficients of the Newton form."""
    row = [y for _, y in nodes]
    result = [row[0]]
    for k in range(1, len(nodes)):
        row = [
            (row[i + 1] - row[i]) / (nodes[i + k][0] - nodes[i][0]) for i in range(len(row) - 1)
        ]
        result.append(row[0])
    return result


def _polynomial_roots(
    nodes: list[tuple[Fraction, Fraction]], slopes: list[Fraction]
) -> Iterator[Fraction]:
    """The rational roots of a polynomial in Newton form, the simplest first."""
    import flint

    total, basis = flint.fmpq_poly([0]), flint.fmpq_poly([1])
    for (x, _), c in zip(nodes, slopes, strict=True):
        total += basis * flint.fmpq(c.numerator, c.denominator)
        basis *= flint.fmpq_poly([flint.fmpq(-x.numerator, x.denominator), 1])
    if not total:
        return
    _, factors = flint.fmpz_poly((total * total.denom()).coeffs() and [
        int((c * total.denom()).p) for c in total.coeffs()
    ]).factor()
    roots = [
        Fraction(-int(f[0]), int(f[1])) for f, _ in factors if f.degree() == 1
    ]
    yield from sorted(roots, key=lambda r: (abs(r.numerator) + r.denominator, r))
