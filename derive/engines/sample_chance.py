"""Small sample spaces for random variables: joint laws that respect what is stated of them.

Promise: the laws drawn only guide the search; that they satisfy every constraint is decided again, exactly, at
every point. A law with infinitely many values is replaced by nodes with the same first moments, and then only
polynomials are evaluated (`backends/flint_chance.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.core.chance import MEASURE, is_random
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.sort import OUTCOME, Array, Function
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, mentions, substitute, subterms
from derive.core.vector_laws import vector_law_of
from derive.engines.sample_vectors import moment_weights, vector_pieces

if TYPE_CHECKING:
    from derive.engines.sample import Draw, Environment
    from derive.engines.sample_plan import Plan

MOST_OUTCOMES = 130
MOST_DEGREE = 8
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


@dataclass(frozen=True, slots=True)
class Known:
    """What the constraints state: laws by variable (with the index), independence, equations."""

    laws: dict[Sym, tuple[Term | None, Term]]
    independent: frozenset[Sym]
    entrywise: frozenset[Sym]
    alike: frozenset[Sym]
    solved: tuple[tuple[Sym, Term], ...]
    given: tuple[tuple[Sym, Bind], ...] = ()


def random_symbols(plan: Plan) -> tuple[Sym, ...]:
    """The random variables of a plan."""
    return tuple(s for s in plan.symbols if is_random(s))


def is_chance(symbol: Sym) -> bool:
    """Is it the measure, a sample point or a random variable?"""
    return symbol == MEASURE or symbol.sort is OUTCOME or is_random(symbol)


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


# ---------------------------------------------------------------- what a point may leave out

_STATED = frozenset({"law", "law_given", "independent", "entries_independent", "entries_alike", "moment"})


def relevant(constraints: tuple[Term, ...], wanted: tuple[Term, ...]) -> tuple[Term, ...]:
    """The constraints without variables of which only laws, independence and moments are stated.

    Any point of the rest extends by such variables, independent of all others, wherever the parameters of
    their laws are in range; that remains as a constraint.
    """
    needed = {s for t in wanted for s in free_symbols(t) if is_random(s)}
    # the law of one variable given another says something of both
    needed |= {s for c in constraints if mentions(c, "law_given") for s in free_symbols(c) if is_random(s)}
    for c in constraints:
        if _statement(c) is None:
            needed |= {s for s in free_symbols(c) if is_random(s)}
    found: list[Term] = []
    for c in constraints:
        mine = {s for s in free_symbols(c) if is_random(s)}
        if mine <= needed:
            found.append(c)
            continue
        statement = _statement(c)
        assert statement is not None
        binders, parts = statement
        for part in parts:
            for left in _reduced(part, needed):
                for b in reversed(binders):
                    left = Bind("forall", b.var, b.over, left) if b.var in free_symbols(left) else left
                found.append(left)
    return tuple(found)


def _statement(claim: Term) -> tuple[list[Bind], tuple[Term, ...]] | None:
    """A fact about laws and the like under its quantifiers; None for another fact."""
    binders: list[Bind] = []
    while isinstance(claim, Bind) and claim.op == "forall" and claim.var.sort is not OUTCOME:
        binders.append(claim)
        claim = claim.body
    parts = claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)
    if all(isinstance(p, App) and p.op in _STATED for p in parts):
        return binders, parts
    return None


def _reduced(part: Term, needed: set[Sym]) -> list[Term]:
    """What a fact says without the variables that are not needed."""
    assert isinstance(part, App)
    if {s for s in free_symbols(part) if is_random(s)} <= needed:
        return [part]
    if part.op == "law":
        law = part.args[1]
        return list(OPERATORS[law.op].owes(law.args)) if isinstance(law, App) else [part]
    if part.op == "independent":
        kept = tuple(f for f in part.args if {s for s in free_symbols(f) if is_random(s)} <= needed)
        return [App("independent", kept)] if len(kept) > 1 else []
    return []


# ---------------------------------------------------------------- what is stated


def read_constraints(constraints: tuple[Term, ...]) -> Known:
    """Laws, independence and equations among the constraints."""
    laws: dict[Sym, tuple[Term | None, Term]] = {}
    sets: list[frozenset[Sym]] = []
    entrywise: set[Sym] = set()
    alike: set[Sym] = set()
    solved: list[tuple[Sym, Term]] = []
    given: list[tuple[Sym, Bind]] = []
    for claim in constraints:
        index: Term | None = None
        point: Sym | None = None
        while isinstance(claim, Bind) and claim.op == "forall":
            if claim.var.sort is OUTCOME:
                point = claim.var
            else:
                index = claim.var
            claim = claim.body
        for part in claim.args if isinstance(claim, App) and claim.op == "and" else (claim,):
            match part:
                case Bind("forall", var, _, App("law", (function, law))):
                    _note_law(laws, function, var, law)
                case App("law", (function, law)):
                    _note_law(laws, function, index, law)
                case App("law_given", (function, Bind() as inner, *_)):
                    given += [(s, inner) for s in free_symbols(function) if is_random(s)]
                case App("independent", functions):
                    sets.append(frozenset(s for f in functions for s in free_symbols(f) if is_random(s)))
                case App("entries_independent", (function,)):
                    entrywise |= {s for s in free_symbols(function) if is_random(s)}
                case App("entries_alike", (function,)):
                    alike |= {s for s in free_symbols(function) if is_random(s)}
                case App("=", (App("apply", (Sym() as x, p)), right)) if (
                    p == point and point is not None and x not in free_symbols(right)
                ):
                    solved.append((x, Bind("lam", point, (), right)))
    known = frozenset(laws)
    free = tuple((x, r) for x, r in solved if x not in known)
    return Known(laws, frozenset().union(*sets), frozenset(entrywise), frozenset(alike), free, tuple(given))


def _note_law(laws: dict[Sym, tuple[Term | None, Term]], function: Term, index: Term | None, law: Term) -> None:
    found = [s for s in free_symbols(function) if is_random(s)]
    if len(found) == 1:
        laws[found[0]] = (index, law)


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


# ---------------------------------------------------------------- the degree that is needed


def degree_needed(terms: tuple[Term, ...]) -> int:
    """The largest degree of a polynomial in the random variables under an expectation, at least 2."""
    from derive.backends.flint_chance import polynomial_degree

    best = 2
    for term in terms:
        for t in subterms(term):
            if isinstance(t, Bind) and t.op == "E":
                rough = frozenset(s for s in free_symbols(t) if is_random(s))
                found = polynomial_degree(t.body, t.var, rough)
                if found is not None:
                    best = max(best, found)
    return min(best, MOST_DEGREE)


# ---------------------------------------------------------------- in words


def law_lines(
    plan: Plan, environment: Environment, shown: frozenset[Sym]
) -> list[tuple[str, str]]:
    """The laws of a point in words: `X`, `0 or 1, each with probability 1/2`."""
    from derive.core.show import show

    measure = environment.get(MEASURE)
    if measure is None:
        return []
    known = read_constraints(plan.constraints)
    lines = []
    exact = []
    for x in random_symbols(plan):
        if x not in shown:
            continue
        if x in measure.variables:
            stated = known.laws[x][1] if x in known.laws else dict(known.given)[x]
            lines.append((x.name, f"as stated, {show(stated)}"))
        elif isinstance(environment[x], Bind):
            exact.append(x)
    rows = {x: _row(environment[x]) for x in exact}
    if not exact:
        return lines
    joint = _gathered(measure.weights, [tuple(r) for r in zip(*rows.values(), strict=True)])
    if len(joint) <= 6:
        lines.append(_spoken(exact, joint))
    else:
        for x in exact:
            lines.append(_spoken([x], _gathered(measure.weights, [(v,) for v in rows[x]])))
    return lines


def _row(table: Term) -> list[str]:
    assert isinstance(table, Bind) and isinstance(table.body, App)
    vector = table.body.args[0]
    assert isinstance(vector, App)
    return [_vector_text(v) for v in vector.args]


def _vector_text(value: Term) -> str:
    """A number, or the entries of an array."""
    if isinstance(value, App):
        return f"[{', '.join(map(_vector_text, value.args))}]"
    return str(value)


def _gathered(weights: tuple[Fraction, ...], rows: list[tuple[str, ...]]) -> dict[tuple[str, ...], Fraction]:
    total: dict[tuple[str, ...], Fraction] = {}
    for row, w in zip(rows, weights, strict=True):
        total[row] = total.get(row, Fraction(0)) + w
    return {r: w for r, w in total.items() if w}


def _spoken(names: list[Sym], masses: dict[tuple[str, ...], Fraction]) -> tuple[str, str]:
    name = names[0].name if len(names) == 1 else f"({', '.join(x.name for x in names)})"
    values = [r[0] if len(r) == 1 else f"({', '.join(r)})" for r in masses]
    chances = list(masses.values())
    if len(values) == 1:
        return name, f"{values[0]} with probability 1"
    if len(set(chances)) == 1:
        listed = ", ".join(values[:-1]) + " or " + values[-1]
        return name, f"{listed}, each with probability {chances[0]}"
    return name, ", ".join(f"{v} with probability {p}" for v, p in zip(values, chances, strict=True))



def chance_values(symbols: tuple[Sym, ...], environment: Environment) -> tuple[tuple[str, Any], ...]:
    """The weights of the sample points, and the values of the random variables at them."""
    measure = environment.get(MEASURE)
    if measure is None:
        return ()
    found: list[tuple[str, Any]] = [(MEASURE.name, measure.weights)]
    for s in symbols:
        value = environment.get(s)
        if is_random(s) and isinstance(value, Bind) and isinstance(value.body, App):
            vector = value.body.args[0]
            assert isinstance(vector, App)
            found.append((s.name, tuple(_plain(v) for v in vector.args)))
        elif s.sort is OUTCOME and isinstance(value, Fraction):
            found.append((s.name, value))
    return tuple(found)


def _plain(value: Term) -> Value:
    if isinstance(value, Num):
        return value.value
    assert isinstance(value, App)
    return tuple(_plain(v) for v in value.args)
