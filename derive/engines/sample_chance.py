"""Small sample spaces for random variables: joint laws that respect what is stated of them.

Promise: the laws drawn only guide the search; that they satisfy every constraint is decided again, exactly, at
every point. A law with infinitely many values is replaced by nodes with the same first moments, and then only
polynomials are evaluated (`backends/flint_chance.py`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.core.chance import MEASURE, is_random
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.sort import OUTCOME, Array, Function
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.core.vector_laws import vector_law_of
from derive.engines.chance_facts import (
    Known,
    is_chance,
    random_symbols,
    read_constraints,
)
from derive.engines.sample_vectors import moment_weights, vector_pieces

if TYPE_CHECKING:
    from derive.engines.sample import Draw, Environment
    from derive.engines.sample_plan import Plan

MOST_OUTCOMES = 130
Value = Any
Space = list[tuple[Fraction, dict[Sym, Value]]]

_HALF = Fraction(1, 2)
_LAWS: tuple[tuple[tuple[Fraction, int], ...], ...] = (
    ((_HALF, 0), (_HALF, 1)),
    ((_HALF, -1), (_HALF, 1)),
    ((_HALF, 1), (_HALF, 2)),
    ((Fraction(1, 4), 0), (Fraction(3, 4), 1)),
    ((Fraction(1, 3), 0), (Fraction(2, 3), 3)),
    ((_HALF, 0), (_HALF, 2)),
    ((Fraction(1, 4), -2), (_HALF, 0), (Fraction(1, 4), 2)),
    ((Fraction(1, 5), -2), (Fraction(4, 5), 3)),
    ((Fraction(1), 1),),
    ((Fraction(1), 0),),
    ((Fraction(1, 10), 3), (Fraction(9, 10), 0)),
    ((Fraction(1, 3), 1), (Fraction(1, 3), 2), (Fraction(1, 3), 4)),
)


def draw_chance(plan: Plan, environment: Environment, draw: Draw) -> Environment | None:
    """The measure, the sample points and the random variables at a point that has the rest."""
    if not any(is_chance(s) for s in plan.symbols):
        return environment
    variables = random_symbols(plan)
    known = read_constraints(plan.constraints)
    rough: dict[Sym, int] = {}
    space: Space = [(Fraction(1), {})]
    solved = {s for s, _ in known.solved} | {s for s, _ in known.given}
    shared = [x for x in variables if x not in known.independent and x not in solved and not _alone(x, known)]
    groups: list[list[Sym]] = [shared] if shared else []
    groups += [[x] for x in variables if x not in shared and x not in solved]
    coupled: Space = [(Fraction(1), {})]
    for group in groups:
        pieces = _group(group, known, environment, draw, plan, rough)
        if pieces is None:
            return None
        if draw.number % 2 == 0 and not known.independent & set(group) and not rough.keys() & set(group):
            coupled = _coupled(coupled, pieces)
        else:
            space = _product(space, pieces)
        if len(space) * len(coupled) > MOST_OUTCOMES:
            return None
    grown: Space | None = _product(space, coupled)
    for x, law in known.given:
        grown = None if grown is None else _with_given(x, law, grown, environment, plan, rough)
    if grown is None or len(grown) > MOST_OUTCOMES:
        return None
    space = grown
    return _finished(plan, environment, draw, known, space, rough)


def _with_given(
    x: Sym, law: Bind, space: Space, environment: Environment, plan: Plan, rough: dict[Sym, int]
) -> Space | None:
    """The space with a variable whose law has parameters that are random."""
    from derive.backends.flint_chance import polynomial_degree

    parents = frozenset(s for s in free_symbols(law) if is_random(s))
    if not isinstance(law.body, App) or law.body.op not in LAWS:
        return None
    if any(polynomial_degree(a, law.var, parents) not in (0, 1) for a in law.body.args):
        return None
    found: Space = []
    for weight, at in space:
        if not parents <= at.keys():
            return None
        values = {**environment, **{p: _table([at[p]]) for p in parents}, law.var: Fraction(1)}
        pieces = _pieces(x, law.body, values, plan, rough)
        if pieces is None:
            return None
        found += [(weight * w, {**at, x: v}) for w, v in pieces]
    if x in rough:
        for p in parents & rough.keys():
            rough[p] = rough[x] = min(rough[p], rough[x])
    return found


def _product(one: Space, two: Space) -> Space:
    return [(w * v, {**at, **more}) for w, at in one for v, more in two]


def _coupled(one: Space, two: Space) -> Space:
    """Both on one interval of length 1, laid out in order: as dependent as their laws allow."""
    found: Space = []
    i = j = 0
    left, right = one[0][0], two[0][0]
    while True:
        step = min(left, right)
        if step:
            found.append((step, {**one[i][1], **two[j][1]}))
        left, right = left - step, right - step
        if not left:
            i += 1
            if i == len(one):
                return found
            left = one[i][0]
        if not right:
            j += 1
            if j == len(two):
                return found
            right = two[j][0]


def _alone(x: Sym, known: Known) -> bool:
    """A variable with a law, or with independent entries, is drawn by itself."""
    return x in known.laws or x in known.entrywise


def _finished(
    plan: Plan, environment: Environment, draw: Draw, known: Known, space: Space, rough: dict[Sym, int]
) -> Environment | None:
    from derive.backends.flint_chance import Measure

    found = dict(environment)
    found[MEASURE] = Measure(tuple(w for w, _ in space), tuple(sorted(rough.items(), key=lambda p: p[0].name)))
    for x in random_symbols(plan):
        if all(x in at for _, at in space):
            found[x] = _table([at[x] for _, at in space])
    for x, right in known.solved:
        values = _evaluated(right, found, len(space))
        if values is None:
            return None
        found[x] = _table(values)
    number = draw.number
    for s in plan.symbols:
        if s.sort is OUTCOME:
            found[s] = Fraction(1 + number % len(space))
            number += 1
    return found if all(s in found for s in plan.symbols) else None


def _evaluated(right: Term, environment: Environment, count: int) -> list[Value] | None:
    """The values of a term with a sample point at each of them."""
    from derive.backends.flint import evaluate, exact_value

    assert isinstance(right, Bind)
    found = []
    for k in range(1, count + 1):
        value = exact_value(evaluate(right.body, {**environment, right.var: Fraction(k)}))
        if value is None:
            return None
        found.append(value)
    return found


def _table(values: list[Value]) -> Term:
    """A random variable as a function of the sample point."""
    point = Sym("w", OUTCOME)
    return Bind("lam", point, (), App("index", (App("vector", tuple(_term(v) for v in values)), point)))


def _term(value: Value) -> Term:
    return App("vector", tuple(_term(v) for v in value)) if isinstance(value, tuple) else Num(value)


# ---------------------------------------------------------------- pieces of a sample space


def _group(
    group: list[Sym], known: Known, environment: Environment, draw: Draw, plan: Plan, rough: dict[Sym, int]
) -> Space | None:
    """The outcomes of variables that depend on each other as they may, or of one variable."""
    (first, *rest) = group
    if not rest and (first in known.laws or first in known.entrywise):
        lengths = _lengths(first, environment)
        if lengths is None:
            return None
        if not lengths:
            single = _by_law(first, known, environment, None, plan, rough)
            return None if single is None else [(w, {first: v}) for w, v in single]
        if first in known.laws and known.laws[first][0] is None and vector_law_of(known.laws[first][1]) is not None:
            return _vector(first, known.laws[first][1], environment, plan, rough)
        return _family(first, lengths, known, environment, draw, plan, rough)
    return _joint(group, environment, draw)


def _lengths(x: Sym, environment: Environment) -> tuple[int, ...] | None:
    from derive.engines.sample import number_at

    assert isinstance(x.sort, Function)
    value = x.sort.result
    if not isinstance(value, Array):
        return ()
    found = [number_at(n, environment) for n in value.shape]
    if any(n is None or n.denominator != 1 or not 0 <= n <= 5 for n in found):
        return None
    return tuple(int(n) for n in found if n is not None)


def _vector(
    x: Sym, law: Term, environment: Environment, plan: Plan, rough: dict[Sym, int]
) -> Space | None:
    """The values of a random vector with a law, or nodes with the same mixed moments."""
    from derive.backends.flint import at_precision, evaluate, exact_value, machine_at
    from derive.backends.flint_chance import in_range
    from derive.backends.flint_terms import Machine

    assert isinstance(law, App)
    needed = free_symbols(law).union(*map(free_symbols, OPERATORS[law.op].owes(law.args)))
    values = machine_at({s: v for s, v in environment.items() if s in needed})
    if at_precision(64, lambda: in_range(Machine(values), law)) is not True:
        return None
    args = [exact_value(evaluate(a, environment)) for a in law.args]
    if any(a is None for a in args):
        return None
    found = vector_pieces(law.op, tuple(args), plan.degree, MOST_OUTCOMES)
    if found is None:
        return None
    pieces, degree = found
    if degree:
        rough[x] = min(degree, rough.get(x, degree))
    return [(w, {x: v}) for w, v in pieces]


def _family(
    x: Sym, lengths: tuple[int, ...], known: Known, environment: Environment, draw: Draw, plan: Plan,
    rough: dict[Sym, int],
) -> Space | None:
    """The entries of an array: independent, each by its law or by a small one."""
    if len(lengths) != 1:
        return None
    space: list[tuple[Fraction, tuple[Value, ...]]] = [(Fraction(1), ())]
    several: list[list[tuple[Fraction, Fraction]]] = []
    for i in range(1, lengths[0] + 1):
        if x in known.laws:
            pieces = _by_law(x, known, environment, i, plan, rough)
        else:
            # entries of one law have one, others may differ
            law = _LAWS[(draw.number + (0 if x in known.alike else i)) % len(_LAWS)]
            pieces = [(w, Fraction(v)) for w, v in law]
        if pieces is None:
            return None
        several.append(pieces)
    if x not in known.entrywise and draw.number % 2 == 0 and several and all(p == several[0] for p in several):
        # nothing is said of their dependence: they may all be equal
        return [(w, {x: (v,) * len(several)}) for w, v in several[0]]
    for pieces in several:
        if len(space) * len(pieces) > MOST_OUTCOMES:
            return None
        space = [(w * v, (*at, e)) for w, at in space for v, e in pieces]
    return [(w, {x: at}) for w, at in space]


def _by_law(
    x: Sym, known: Known, environment: Environment, place: int | None, plan: Plan, rough: dict[Sym, int]
) -> list[tuple[Fraction, Fraction]] | None:
    """The values of a law and their masses; for infinitely many, nodes with the same moments."""
    index, law = known.laws[x]
    if place is not None and isinstance(index, Sym):
        law = substitute(law, {index: Num(place)})
    if not isinstance(law, App) or law.op not in LAWS:
        return None
    return _pieces(x, law, environment, plan, rough)


def _pieces(
    x: Sym, law: App, environment: Environment, plan: Plan, rough: dict[Sym, int]
) -> list[tuple[Fraction, Fraction]] | None:
    """The values and masses of a law at these parameters, or nodes and weights."""
    from derive.backends.flint import at_precision, machine_at
    from derive.backends.flint_chance import finite_values, in_range
    from derive.backends.flint_terms import Machine

    needed = free_symbols(law).union(*map(free_symbols, OPERATORS[law.op].owes(law.args)))
    values = machine_at({s: v for s, v in environment.items() if s in needed})
    if at_precision(64, lambda: in_range(Machine(values), law)) is not True:
        return None
    finite = at_precision(64, lambda: finite_values(Machine(values), law))
    if isinstance(finite, list):
        return [(m, v) for v, m in finite if m]
    nodes, degree = _nodes(law, environment, plan.degree)
    rough[x] = min(degree, rough.get(x, degree))
    return nodes


def _nodes(
    law: App, environment: Environment, degree: int
) -> tuple[list[tuple[Fraction, Fraction]] | None, int]:
    """Nodes in the support with weights that give the moments up to a degree, and that degree.

    Where no moment is rational (or none exists) it is 0: one node, for what is said of every value.
    """
    from derive.engines.sample import number_at

    row = LAWS[law.op]
    args = [number_at(a, environment) for a in law.args]
    if any(a is None for a in args):
        return None, 0
    exact = tuple(a for a in args if a is not None)
    moments: list[Fraction] = []
    for k in range(degree + 1):
        cell = row.moment(law.args, k)
        here = cell is not None and all(_known(c, environment) for c in cell[1])
        value = number_at(cell[0], environment) if cell is not None and here else None
        if value is None:
            break
        moments.append(value)
    if row.nodes is None or not moments:
        return [(Fraction(1), Fraction(1, 2))], 0
    nodes = [row.nodes(exact, k) for k in range(len(moments))]
    weights = moment_weights(nodes, moments)
    return [(w, x) for w, x in zip(weights, nodes, strict=True) if w], len(moments) - 1


def _known(claim: Term, environment: Environment) -> bool:
    from derive.backends.flint import decide

    return decide(claim, environment) is True


def _joint(group: list[Sym], environment: Environment, draw: Draw) -> Space | None:
    """A few outcomes, at each of which every variable has some value: any dependence may come of it."""
    if draw.number % 4 == 3 and len(group) > 1:
        return _crossed(group, environment, draw)
    plain = draw.number < len(_LAWS)
    law = _LAWS[draw.number % len(_LAWS)]
    space: Space = []
    for k, (weight, value) in enumerate(law):
        at: dict[Sym, Value] = {}
        for n, x in enumerate(group):
            lengths = _lengths(x, environment)
            if lengths is None:
                return None
            at[x] = _filled(lengths, value, n, k, draw, plain)
        space.append((weight, at))
    return space


_CROSSED = (
    (Fraction(1, 4),) * 4,
    (_HALF, Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)),
    (Fraction(1, 4), Fraction(0), Fraction(1, 4), _HALF),
)


def _crossed(group: list[Sym], environment: Environment, draw: Draw) -> Space | None:
    """Four outcomes, where none of two variables is a function of the other."""
    weights = _CROSSED[draw.number // 4 % len(_CROSSED)]
    values = ((0, 0), (1, 0), (0, 1), (1, 1)) if draw.number % 8 == 3 else ((1, 1), (3, 2), (1, 2), (2, 2))
    space: Space = []
    for k, weight in enumerate(weights):
        at: dict[Sym, Value] = {}
        for n, x in enumerate(group):
            lengths = _lengths(x, environment)
            if lengths is None:
                return None
            at[x] = _filled(lengths, values[k][n % 2], n, k, draw, True) if lengths else Fraction(values[k][n % 2])
        if weight:
            space.append((weight, at))
    return space


def _filled(lengths: tuple[int, ...], value: int, n: int, k: int, draw: Draw, plain: bool) -> Value:
    if lengths:
        return tuple(_filled(lengths[1:], value, n + i, k, draw, plain) for i in range(lengths[0]))
    if plain and draw.number % 2 == 0:
        return Fraction(value)
    if plain:
        return Fraction(value if n % 2 == 0 else 1 - value)
    return Fraction(draw.random.choice((0, 1, -1, 2, 1, 3, -2)))
