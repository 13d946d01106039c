"""Expectations, laws and independence at a point: exact sums over a small sample space.

Promise: a measure gives exact expectations of what it is used for. Where it stands for a law with infinitely
many values (`rough` variables) it has the law's first moments, and anything but a polynomial of no higher
degree in those variables is `NotDecided`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import fmpq

from derive.backends import flint_arrays as arrays
from derive.backends import flint_vectors as vectors
from derive.backends.flint_numbers import NotDecided, Number, add, exact, fraction, mul
from derive.core.chance import MEASURE, is_random, random_sort
from derive.core.families import family_of, members
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.sort import OUTCOME, REAL
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, map_children
from derive.core.vector_laws import VECTOR_LAWS

Tree = Any


@dataclass(frozen=True, slots=True)
class Measure:
    """The weights of the sample points 1, 2, ...; `rough` variables stand for laws of which the measure has
    the moments up to a degree; the weights may then be negative."""

    weights: tuple[Fraction, ...]
    rough: tuple[tuple[Sym, int], ...] = ()

    @property
    def variables(self) -> frozenset[Sym]:
        """The rough variables."""
        return frozenset(x for x, _ in self.rough)


@dataclass(frozen=True, slots=True)
class Table:
    """A random variable: its values at the sample points 1, 2, ..."""

    values: tuple[Any, ...]


def measure_at(machine: Any) -> Measure:
    found = machine.values.get(MEASURE)
    if not isinstance(found, Measure):
        raise NotDecided("no sample space", final=True)
    return found


def expected(machine: Any, term: Bind) -> Tree:
    """The sum over the sample points."""
    measure = measure_at(machine)
    inside = members(term.body)
    if inside:
        return of_families(machine, measure, term, inside)
    _check_degree(measure, term)
    parts = []
    for k, weight in enumerate(measure.weights, 1):
        if weight:
            value = machine.bound(term.var, fmpq(k), lambda: machine.value(term.body))
            parts.append(_times(exact(weight), value))
    return arrays.sum_trees(parts)


def of_families(machine: Any, measure: Measure, term: Bind, inside: tuple[Term, ...]) -> Tree:
    """The mean over one member of a family: its few values, or as many nodes as the degree takes, with weights that
    give the moments of the law. The parameters may vary, as under a derivative."""
    family = family_of(inside[0])
    if len(inside) != 1 or family is None or family.point != term.var or measure.variables & free_symbols(term.body):
        raise NotDecided("an expectation under several laws that vary", final=True)
    if any(is_random(s) for s in free_symbols(term.body)) or not free_symbols(inside[0]) <= free_symbols(term) | {
        term.var
    }:
        raise NotDecided("an expectation under several laws that vary", final=True)
    node = Sym("~node", LAWS[family.law.op].outcome)
    body = _with_node(term.body, inside[0], node)
    parts = []
    for value, weight in _nodes(machine, family.law, body, node):
        here = machine.bound(node, exact(value), lambda: machine.value(body))
        parts.append(_times(weight, here))
    return arrays.sum_trees(parts)


def _times(weight: Number, value: Tree) -> Tree:
    return arrays.map_one(lambda e: mul(weight, e), value)


def _with_node(term: Term, old: Term, node: Sym) -> Term:
    return node if term == old else map_children(term, lambda t: _with_node(t, old, node))


def _nodes(machine: Any, law: App, body: Term, node: Sym) -> list[tuple[Fraction, Number]]:
    """Values and weights, exact for the body."""
    row = LAWS[law.op]
    pairs = row.values(law.args)
    if pairs is not None:
        return [(frozen(machine.value(v)), machine.value(m)) for v, m in pairs]
    if law.op == "Categorical":
        return [(Fraction(k), m) for k, m in enumerate(machine.value(law.args[0]), 1)]
    degree = polynomial_degree(_marked(body, node), _MARK, frozenset({_MARKED}))
    if degree is None or degree > 8:
        raise NotDecided("the expectation of this under a law with infinitely many values", final=True)
    moments = []
    for k in range(degree + 1):
        cell = row.moment(law.args, k)
        if cell is None or cell[1]:
            raise NotDecided("a moment that is not known", final=True)
        moments.append(machine.value(cell[0]))
    found = []
    for k in range(degree + 1):
        weight = exact(Fraction(0))
        for c, m in zip(_lagrange(k, degree), moments, strict=True):
            weight = add(weight, mul(exact(c), m))
        found.append((Fraction(k), weight))
    return found


_MARK = Sym("~mark", OUTCOME)
_MARKED = Sym("~marked", random_sort(REAL))


def _marked(term: Term, node: Sym) -> Term:
    """The node as a random variable, for its degree."""
    return App("apply", (_MARKED, _MARK)) if term == node else map_children(term, lambda t: _marked(t, node))


def _lagrange(k: int, degree: int) -> list[Fraction]:
    """The coefficients of the polynomial that is 1 at k and 0 at the other whole numbers up to the degree."""
    found = [Fraction(1)]
    for j in range(degree + 1):
        if j != k:
            scaled = [c / (k - j) for c in found]
            found = [a - j * b for a, b in zip([Fraction(0), *scaled], [*scaled, Fraction(0)], strict=True)]
    return found


def _check_degree(measure: Measure, term: Bind) -> None:
    if measure.rough:
        mine = [(x, d) for x, d in measure.rough if x in free_symbols(term.body)]
        degree = polynomial_degree(term.body, term.var, measure.variables)
        if degree is None or any(degree > d for _, d in mine):
            raise NotDecided("the expectation of this under a law with infinitely many values", final=True)


@lru_cache(maxsize=4096)
def polynomial_degree(term: Term, point: Sym, rough: frozenset[Sym]) -> int | None:
    """The degree as a polynomial in the rough variables at the sample point; None if it is none."""
    if point not in free_symbols(term) or not free_symbols(term) & rough:
        return 0
    match term:
        case App("apply", (Sym() as x, *before, p)) if p == point and not any(point in free_symbols(a) for a in before):
            return 1 if x in rough else 0
        case App("+" | "-" | "*" | "neg" as op, args):
            found = [polynomial_degree(a, point, rough) for a in args]
            if any(d is None for d in found):
                return None
            known = [d for d in found if d is not None]
            return sum(known) if op == "*" else max(known)
        case App("/", (a, b)) if polynomial_degree(b, point, rough) == 0:
            return polynomial_degree(a, point, rough)
        case App("^", (App("norm", (a,)), Num(e))) if e.denominator == 1 and e >= 0 and e % 2 == 0:
            inner = polynomial_degree(a, point, rough)
            return None if inner is None else inner * int(e)
        case App("^", (a, Num(e))) if e.denominator == 1 and e >= 0:
            inner = polynomial_degree(a, point, rough)
            return None if inner is None else inner * int(e)
        case App("index", (a, *at)) if not any(point in free_symbols(i) for i in at):
            return polynomial_degree(a, point, rough)
        case App("dot" | "matmul" | "outer", (a, b)):
            one, two = polynomial_degree(a, point, rough), polynomial_degree(b, point, rough)
            return None if one is None or two is None else one + two
        case App("mean" | "transpose" | "vector", args):
            found = [polynomial_degree(a, point, rough) for a in args]
            return None if any(d is None for d in found) else max(d for d in found if d is not None)
        case App("variance" | "sample_variance", (a,)):
            inner = polynomial_degree(a, point, rough)
            return None if inner is None else 2 * inner
        case Bind("sum" | "array", _, over, body) if not any(point in free_symbols(o) for o in over):
            return polynomial_degree(body, point, rough)
    return None


# ---------------------------------------------------------------- propositions


def stated(machine: Any, claim: App) -> bool:
    """The truth of a law, of independence, of a moment, on the sample space."""
    measure = measure_at(machine)
    match claim.op, claim.args:
        case "law", (function, law):
            return _has_law(machine, measure, function, law)
        case "law_given", _:
            return _has_law_given(machine, measure, claim)
        case "independent", functions:
            return _independent(measure, [list(_values(machine, measure, f)) for f in functions])
        case "entries_independent", (function,):
            return _independent(measure, _columns(machine, measure, function))
        case "entries_alike", (function,):
            columns = _columns(machine, measure, function)
            return all(_masses(measure, c) == _masses(measure, columns[0]) for c in columns)
        case "moment", (function, degree):
            return _has_moment(machine, measure, function, degree)
    raise NotDecided("a proposition that is not evaluated at points", final=True)


def _values(machine: Any, measure: Measure, function: Term) -> Iterator[Any]:
    """The exact values at the sample points."""
    for k in range(1, len(measure.weights) + 1):
        yield frozen(machine.call(function, (fmpq(k),)))


def frozen(value: Tree) -> Any:
    """An exact value that can be compared and counted."""
    if type(value) is tuple:
        return tuple(frozen(v) for v in value)
    if type(value) is not fmpq:
        raise NotDecided("a value of a random variable that is not rational", final=True)
    return fraction(value)


def _columns(machine: Any, measure: Measure, function: Term) -> list[list[Any]]:
    rows = list(_values(machine, measure, function))
    return [list(column) for column in zip(*rows, strict=True)]


def _masses(measure: Measure, values: list[Any]) -> dict[Any, Fraction]:
    return _gathered(list(zip(values, measure.weights, strict=True)))


def _independent(measure: Measure, columns: list[list[Any]]) -> bool:
    """Is the joint mass of every combination of values the product of the masses?"""
    joint = _masses(measure, [tuple(row) for row in zip(*columns, strict=True)])
    single = [_masses(measure, c) for c in columns]
    combinations: list[tuple[tuple[Any, ...], Fraction]] = [((), Fraction(1))]
    for masses in single:
        combinations = [((*at, v), w * m) for at, w in combinations for v, m in masses.items()]
        if len(combinations) > 4096:
            raise NotDecided("too many combinations of values", final=True)
    return all(joint.get(at, Fraction(0)) == w for at, w in combinations)


def conditional_mean(machine: Any, term: App) -> Tree:
    """`E[t | Y]` at a sample point: the mean over the points with the same values of Y."""
    measure = measure_at(machine)
    function, *known, point = term.args
    free = free_symbols(App("and", (function, *known)))
    if free & measure.variables:
        raise NotDecided("a conditional expectation under a law with infinitely many values", final=True)
    here = machine.value(point)
    columns = [list(_values(machine, measure, y)) for y in known]
    at = [c[int(here.p) - 1] for c in columns]
    total, parts = Fraction(0), []
    for k, weight in enumerate(measure.weights, 1):
        if weight and all(c[k - 1] == v for c, v in zip(columns, at, strict=True)):
            total += weight
            parts.append(_times(exact(weight), machine.call(function, (fmpq(k),))))
    if not total:
        raise NotDecided("a sample point of probability 0", final=True)
    return _times(exact(1 / total), arrays.sum_trees(parts))


def _has_law_given(machine: Any, measure: Measure, claim: App) -> bool:
    """Within the points of each value of Y, the law with the parameters there."""
    function, law, *known = claim.args
    values = list(_values(machine, measure, function))
    columns = [list(_values(machine, measure, y)) for y in known]
    rows = list(zip(*columns, strict=True))
    for row in dict.fromkeys(rows):
        points = [k for k, other in enumerate(rows) if other == row]
        total = sum((measure.weights[k] for k in points), Fraction(0))
        if not total:
            continue
        assert isinstance(law, Bind)
        here = law.body

        def holds(points: list[int] = points, total: Fraction = total, here: Term = here) -> bool:
            inside = [(values[k], measure.weights[k] / total) for k in points]
            return _matches(machine, measure, function, here, inside)

        if not machine.bound(law.var, fmpq(points[0] + 1), holds):
            return False
    return True


def finite_values(machine: Any, law: App) -> list[tuple[Fraction, Fraction]] | None:
    """The values and masses of a law with few values, at these parameters."""
    row = LAWS.get(law.op)
    if row is None:
        return None
    pairs = row.values(law.args)
    if pairs is not None:
        return [(frozen(machine.value(v)), frozen(machine.value(m))) for v, m in pairs]
    if law.op == "Categorical":
        chances = frozen(machine.value(law.args[0]))
        return [(Fraction(k), p) for k, p in enumerate(chances, 1)]
    if law.op == "Binomial" and row.masses is not None:
        n = machine.integer(law.args[0])
        if not 0 <= n <= 6:
            return None
        return [
            (Fraction(k), frozen(machine.value(row.masses(law.args, Num(k))))) for k in range(n + 1)
        ]
    return None


def in_range(machine: Any, law: App) -> bool:
    """Are the parameters in range?"""
    from derive.backends.flint_logic import settle

    return all(settle(machine, owed) for owed in OPERATORS[law.op].owes(law.args))


def _has_law(machine: Any, measure: Measure, function: Term, law: Term) -> bool:
    values = list(_values(machine, measure, function))
    if isinstance(law, App) and law.op in VECTOR_LAWS:
        return vectors.matches(machine, measure.rough, function, law, list(zip(values, measure.weights, strict=True)))
    return _matches(machine, measure, function, law, list(zip(values, measure.weights, strict=True)))


def _matches(
    machine: Any, measure: Measure, function: Term, law: Term, values: list[tuple[Any, Fraction]]
) -> bool:
    """Have values with these weights the law, as far as the measure goes?"""
    if not isinstance(law, App) or law.op not in LAWS:
        raise NotDecided("a law that is not known", final=True)
    if not in_range(machine, law):
        return False
    finite = finite_values(machine, law)
    if finite is not None:
        return _gathered(values) == _gathered(finite)
    degrees = [d for x, d in measure.rough if x in free_symbols(function)]
    if len(degrees) != 1:
        return False
    for k in range(degrees[0] + 1):
        cell = LAWS[law.op].moment(law.args, k)
        if cell is None:
            raise NotDecided("a moment that is not known", final=True)
        if sum((w * v**k for v, w in values), Fraction(0)) != frozen(machine.value(cell[0])):
            return False
    return True


def _gathered(values: list[tuple[Any, Fraction]]) -> dict[Any, Fraction]:
    total: dict[Any, Fraction] = {}
    for value, weight in values:
        total[value] = total.get(value, Fraction(0)) + weight
    return {v: w for v, w in total.items() if w}


def _has_moment(machine: Any, measure: Measure, function: Term, degree: Term) -> bool:
    list(_values(machine, measure, function))
    mine = [d for x, d in measure.rough if x in free_symbols(function)]
    if isinstance(function, Bind) and mine:
        found = polynomial_degree(function.body, function.var, measure.variables)
        if found is None or found > min(mine):
            raise NotDecided("whether a mean exists", final=True)
    return isinstance(degree, Num)
