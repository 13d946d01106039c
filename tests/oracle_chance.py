"""Random variables for the mpmath evaluator: a witness's sample space, its laws and independence.

Promise: it shares no code with the refuter. What a measure claims to be (the first moments of a law, say) is
checked against sums of the masses, or numerical integrals of the density written out here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

from derive.core.sort import REAL
from derive.core.term import App, Bind, Sym, Term, free_symbols, map_children, mentions, subterms

Evaluate = Callable[[Term, dict[str, Any]], Any]
SPACE = "chance~"
CLOSE = mpf(10) ** -9
LAWS, MEANS = "laws~", "means~"
STATED = frozenset({"law", "law_given", "independent", "entries_independent", "entries_alike", "moment"})


def mean(term: Bind, scope: dict[str, Any], evaluate: Evaluate) -> Any:
    """The sum over the sample points; under a law that varies, or without sample points, an integral by the law."""
    member = next((t for t in subterms(term.body) if _law_of(t, term.var)), None)
    if isinstance(member, App):
        return _under(member, term, scope, evaluate)
    total: Any = None
    if SPACE not in scope:
        return _by_law(term, scope, evaluate)
    for k, weight in enumerate(scope[SPACE], 1):
        if weight:
            total = _plus(total, weight, evaluate(term.body, {**scope, term.var.name: k}))
    return total


def _by_law(term: Bind, scope: dict[str, Any], evaluate: Evaluate) -> Any:
    """By the law that the hypotheses give, cut where an indicator may jump; each mean is integrated once."""
    from tests import oracle_laws

    (name,) = variables(term)
    key = (term, repr(sorted((s.name, scope.get(s.name)) for s in free_symbols(term) if s.name != name)))
    if key not in scope[MEANS]:
        law = oracle_laws.law_of(name, scope[LAWS], lambda t: evaluate(t, scope))
        mean = oracle_laws.integral if mentions(term, "indicator") else oracle_laws.mean
        scope[MEANS][key] = mean(law, lambda x: evaluate(term.body, {**scope, term.var.name: 1, name: [x]}))
    return scope[MEANS][key]


def _plus(total: Any, weight: Any, value: Any) -> Any:
    """`total + weight*value`, entry by entry."""
    if isinstance(value, (list, tuple)):
        return [_plus(None if total is None else total[i], weight, v) for i, v in enumerate(value)]
    return weight * value if total is None else total + weight * value


def _law_of(term: Term, point: Sym) -> str | None:
    """The law of `X~Law(parameters, point)`."""
    match term:
        case App("apply", (Sym(name), _, *_, p)) if p == point and "~" in name:
            law = name.split("~")[1]
            return law if law in DENSITIES or law in MASSES else None
    return None


def _under(member: App, term: Bind, scope: dict[str, Any], evaluate: Evaluate) -> Any:
    """The members of one family replaced by a value, and the mean over the values; the others are independent."""
    law = _law_of(member, term.var)
    assert law is not None
    args = [evaluate(a, scope) for a in member.args[1:-1]]
    value = Sym("~value" + str(len(scope)), REAL)

    def put(t: Term) -> Term:
        return value if t == member else map_children(t, put)

    rest = Bind("E", term.var, term.over, put(term.body))

    def at(x: Any) -> Any:
        return mean(rest, {**scope, value.name: x}, evaluate)

    if law in DENSITIES:
        density, ends = DENSITIES[law]
        return mp.quad(lambda x: at(x) * density(args, x), ends(args))
    mass, start = MASSES[law]
    last = 80 if law in ENDLESS else _end(law, args)
    return sum((at(mpf(k)) * mass(args, k) for k in range(start, last + 1)), mpf(0))


def variables(term: Term) -> set[str]:
    return {s.name for s in free_symbols(term) if "outcome" in repr(getattr(s.sort, "args", ()))}


def stated(claim: App, scope: dict[str, Any], evaluate: Evaluate) -> bool:
    """A law, independence, a moment; of variables that the witness leaves out it says nothing."""
    if not variables(claim) <= scope.keys():
        return True
    weights = scope[SPACE]

    def values(function: Term) -> list[Any]:
        assert isinstance(function, Bind)
        found = [evaluate(function.body, {**scope, function.var.name: k + 1}) for k in range(len(weights))]
        return [tuple(v) if isinstance(v, list) else v for v in found]

    match claim.op, claim.args:
        case "moment", _:
            return True
        case "law", (function, App(name, args)):
            return _has_law(name, [evaluate(a, scope) for a in args], values(function), weights)
        case "law_given", (function, law, *known):
            return _law_given(values(function), law, [values(y) for y in known], scope, evaluate)
        case "independent", functions:
            return _independent([values(f) for f in functions], weights)
        case "entries_independent", (function,):
            return _independent([list(c) for c in zip(*values(function), strict=True)], weights)
        case "entries_alike", (function,):
            columns = [list(c) for c in zip(*values(function), strict=True)]
            return all(_masses([c], weights) == _masses([columns[0]], weights) for c in columns)
    raise AssertionError(claim.op)


def given(term: App, scope: dict[str, Any], evaluate: Evaluate) -> Any:
    """`E[t | Y]` at a sample point: the mean over the points with the same values of Y."""
    function, *known, point = term.args
    here = int(evaluate(point, scope))

    def value(f: Term, k: int) -> Any:
        assert isinstance(f, Bind)
        found = evaluate(f.body, {**scope, f.var.name: k})
        return tuple(found) if isinstance(found, list) else found

    total, mass = mpf(0), mpf(0)
    for k, weight in enumerate(scope[SPACE], 1):
        if weight and all(value(y, k) == value(y, here) for y in known):
            total += weight * value(function, k)
            mass += weight
    return total / mass


def _law_given(
    values: list[Any], law: Term, known: list[list[Any]], scope: dict[str, Any], evaluate: Evaluate
) -> bool:
    assert isinstance(law, Bind) and isinstance(law.body, App)
    weights, rows = scope[SPACE], list(zip(*known, strict=True))
    for row in set(rows):
        points = [k for k, other in enumerate(rows) if other == row]
        mass = sum((weights[k] for k in points), mpf(0))
        if abs(mass) < CLOSE:
            continue
        args = [evaluate(a, {**scope, law.var.name: points[0] + 1}) for a in law.body.args]
        inside = [weights[k] / mass for k in points]
        if not _has_law(law.body.op, args, [values[k] for k in points], inside):
            return False
    return True


def _masses(columns: list[list[Any]], weights: list[Any]) -> dict[Any, Any]:
    total: dict[Any, Any] = defaultdict(lambda: mpf(0))
    for row, weight in zip(zip(*columns, strict=True), weights, strict=True):
        total[row] += weight
    return {row: mp.nstr(w, 20) for row, w in total.items() if abs(w) > CLOSE}


def _independent(columns: list[list[Any]], weights: list[Any]) -> bool:
    single: list[dict[Any, Any]] = []
    for column in columns:
        masses: dict[Any, Any] = defaultdict(lambda: mpf(0))
        for value, weight in zip(column, weights, strict=True):
            masses[value] += weight
        single.append(masses)
    joint: dict[Any, Any] = defaultdict(lambda: mpf(0))
    for row, weight in zip(zip(*columns, strict=True), weights, strict=True):
        joint[row] += weight
    for row in _rows(single):
        product = mpf(1)
        for value, masses in zip(row, single, strict=True):
            product *= masses[value]
        if abs(joint[row] - product) > CLOSE:
            return False
    return True


def _rows(single: list[dict[Any, Any]]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = [()]
    for masses in single:
        rows = [(*row, value) for row in rows for value in masses]
    return rows


def _has_law(name: str, args: list[Any], values: list[Any], weights: list[Any]) -> bool:
    """Moments up to the degree that so many weights can match, at most 4."""
    if name in ("MvNormal", "Multinomial", "Dirichlet"):
        return _has_vector_law(name, args, values, weights)
    distinct = len(set(values))
    exact = {"Bernoulli": 2, "Binomial": int(args[0]) + 1 if name == "Binomial" else 0}.get(name)
    for k in range(min(distinct, 5) if exact is None else exact):
        found = sum((w * v**k for w, v in zip(weights, values, strict=True)), mpf(0))
        if abs(found - moment(name, args, k)) > CLOSE * (1 + abs(found)):
            return False
    return True


def _has_vector_law(name: str, args: list[Any], values: list[Any], weights: list[Any]) -> bool:
    """Total mass, means and second moments; for counts also that they add up."""
    size = len(values[0])
    if name == "Multinomial":
        count, chances = args
        if any(w and sum(v) != count for w, v in zip(weights, values, strict=True)):
            return False
        means = [count * p for p in chances]
        spread = [[count * p * ((i == j) - q) for j, q in enumerate(chances)] for i, p in enumerate(chances)]
    elif name == "Dirichlet":
        total = sum(args[0], mpf(0))
        means = [a / total for a in args[0]]
        spread = [[p * ((i == j) - q) / (total + 1) for j, q in enumerate(means)] for i, p in enumerate(means)]
    else:
        means, spread = args

    def agrees(found: Any, wanted: Any) -> bool:
        return abs(found - wanted) <= CLOSE * (1 + abs(found))

    rows = list(zip(weights, values, strict=True))
    return (
        agrees(sum((w for w, _ in rows), mpf(0)), 1)
        and all(agrees(sum((w * v[i] for w, v in rows), mpf(0)), means[i]) for i in range(size))
        and all(
            agrees(sum((w * v[i] * v[j] for w, v in rows), mpf(0)), means[i] * means[j] + spread[i][j])
            for i in range(size) for j in range(size)
        )
    )


def moment(name: str, args: list[Any], k: int) -> Any:
    """E[X^k] by summing masses or integrating the density."""
    if name in DENSITIES:
        density, ends = DENSITIES[name]
        return mp.quad(lambda x: x**k * density(args, x), ends(args))
    mass, start = MASSES[name]
    return mp.nsum(lambda x: mpf(x) ** k * mass(args, x), [start, mp.inf if name in ENDLESS else _end(name, args)])


def _end(name: str, args: list[Any]) -> int:
    return 1 if name == "Bernoulli" else len(args[0]) if name == "Categorical" else int(args[0])


ENDLESS = frozenset({"Poisson", "Geometric", "NegativeBinomial"})
DENSITIES: dict[str, tuple[Callable[[list[Any], Any], Any], Callable[[list[Any]], list[Any]]]] = {
    "Normal": (
        lambda a, x: mp.exp(-((x - a[0]) ** 2) / (2 * a[1])) / mp.sqrt(2 * mp.pi * a[1]),
        lambda a: [-mp.inf, a[0], mp.inf],
    ),
    "Laplace": (lambda a, x: mp.exp(-abs(x - a[0]) / a[1]) / (2 * a[1]), lambda a: [-mp.inf, a[0], mp.inf]),
    "Logistic": (
        lambda a, x: mp.exp(-abs(x - a[0]) / a[1]) / (a[1] * (1 + mp.exp(-abs(x - a[0]) / a[1])) ** 2),
        lambda a: [-mp.inf, a[0], mp.inf],
    ),
    "StudentT": (
        lambda a, x: mp.gamma((a[0] + 1) / 2) / (mp.sqrt(mp.pi * a[0]) * mp.gamma(a[0] / 2))
        * (1 + x * x / a[0]) ** (-(a[0] + 1) / 2),
        lambda a: [-mp.inf, -1, 0, 1, mp.inf],
    ),
    "Cauchy": (
        lambda a, x: 1 / (mp.pi * a[1] * (1 + ((x - a[0]) / a[1]) ** 2)),
        lambda a: [-mp.inf, a[0] - 1, a[0], a[0] + 1, mp.inf],
    ),
    "Exponential": (lambda a, x: a[0] * mp.exp(-a[0] * x), lambda a: [0, 1 / a[0], mp.inf]),
    "GammaLaw": (
        lambda a, x: a[1] ** a[0] * x ** (a[0] - 1) * mp.exp(-a[1] * x) / mp.gamma(a[0]),
        lambda a: [0, a[0] / a[1], mp.inf],
    ),
    "Beta": (
        lambda a, x: x ** (a[0] - 1) * (1 - x) ** (a[1] - 1) / mp.beta(a[0], a[1]),
        lambda a: [0, mpf(1) / 2, 1],
    ),
    "Uniform": (lambda a, x: 1 / (a[1] - a[0]), lambda a: [a[0], a[1]]),
    "LogNormal": (
        lambda a, x: mp.exp(-((mp.log(x) - a[0]) ** 2) / (2 * a[1])) / (x * mp.sqrt(2 * mp.pi * a[1])),
        lambda a: [0, mp.exp(a[0] - a[1]), mp.exp(a[0]), mp.exp(a[0] + 4 * a[1]), mp.inf],
    ),
}
MASSES: dict[str, tuple[Callable[[list[Any], Any], Any], int]] = {
    "Bernoulli": (lambda a, x: a[0] if x == 1 else 1 - a[0], 0),
    "Binomial": (lambda a, x: mp.binomial(a[0], x) * a[1] ** x * (1 - a[1]) ** (a[0] - x), 0),
    "Poisson": (lambda a, x: mp.exp(-a[0]) * a[0] ** x / mp.factorial(x), 0),
    "Geometric": (lambda a, x: a[0] * (1 - a[0]) ** (x - 1), 1),
    "NegativeBinomial": (
        lambda a, x: mp.binomial(x + a[0] - 1, x) * a[1] ** a[0] * (1 - a[1]) ** x, 0
    ),
    "Categorical": (lambda a, x: a[0][int(x) - 1], 1),
}


def at_point(function: Sym, point: Any, scope: dict[str, Any]) -> Any:
    """The value of a random variable at a sample point."""
    return scope[function.name][int(point) - 1]
