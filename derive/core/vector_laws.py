"""The laws of random vectors, one row each: parameters, range, mixed moments, support, density.

Promise: every cell is a fact of the law as parametrised in `derive explain conventions`, checked in
`tests/test_vector_laws.py` by enumeration or numerical integration; an empty cell says that nothing is known here.

Sources: Anderson, An Introduction to Multivariate Statistical Analysis, chapter 2 (moments: Isserlis' theorem,
section 2.6); Johnson, Kotz and Balakrishnan, Discrete Multivariate Distributions, chapter 35; Kotz,
Balakrishnan and Johnson, Continuous Multivariate Distributions, chapter 49.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from derive.core.alpha import alpha_equal
from derive.core.laws import Moment, stirling
from derive.core.operator import Args, f
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL, Array, Scalar
from derive.core.term import (
    ONE,
    PI,
    TWO,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    div,
    eq,
    free_symbols,
    fresh_name,
    le,
    lt,
    mul,
    neg,
    num,
    power,
    sub,
)

Powers = tuple[tuple[Term, int], ...]
Entry = Callable[[Term, tuple[Term, ...]], Term]
MOST_VECTOR_DEGREE = 6


@dataclass(frozen=True, slots=True)
class VectorLaw:
    """A row: `word` is what the author writes, `ranks` the ranks of the parameters, `sized` the one with the length.

    `moment(args, powers, entry)` is E[X[i]^a*X[j]^b*...], the indices being different where `apart` says that
    the formula needs it; `entry` reads an entry of a parameter. `support(args, x, entry)` is true of every entry
    x. `bounded`: the support is. `density(args, x)` is the density (the mass) at a vector where `inside(args, x)`
    holds.
    """

    word: str
    parameters: tuple[str, ...]
    ranks: tuple[int, ...]
    sized: int
    kind: str
    moment: Callable[[Args, Powers, Entry], Term]
    apart: bool
    bounded: bool
    support: Callable[[Args, Term], Args] = lambda args, x: ()
    density: Callable[[Args, Term], Term] | None = None
    inside: Callable[[Args, Term], Args] = lambda args, x: ()

    @property
    def outcome(self) -> Scalar:
        """The sort of the entries."""
        return INTEGER if self.kind == "pmf" else REAL


# ---------------------------------------------------------------- moments


def _pairings(places: tuple[int, ...]) -> list[tuple[tuple[int, int], ...]]:
    """The ways to put an even number of places into pairs."""
    if not places:
        return [()]
    first, *rest = places
    return [
        ((first, other), *more)
        for k, other in enumerate(rest)
        for more in _pairings((*rest[:k], *rest[k + 1:]))
    ]


def _normal(args: Args, powers: Powers, entry: Entry) -> Term:
    """Isserlis: each factor is its mean or is paired with another one, a pair giving a covariance."""
    mean, spread = args
    factors = [i for i, e in powers for _ in range(e)]
    total: list[Term] = []
    for chosen in product((False, True), repeat=len(factors)):
        paired = tuple(k for k, c in enumerate(chosen) if c)
        if len(paired) % 2:
            continue
        means = [entry(mean, (i,)) for i, c in zip(factors, chosen, strict=True) if not c]
        for pairs in _pairings(paired):
            total.append(mul(*means, *(entry(spread, (factors[j], factors[k])) for j, k in pairs)))
    return add(*total)


def _multinomial(args: Args, powers: Powers, entry: Entry) -> Term:
    """E[(N_i)_r (N_j)_s ...] = (n)_(r+s+...) p_i^r p_j^s ... for falling factorials, powers by Stirling numbers."""
    count, chances = args
    total: list[Term] = []
    for orders in product(*(range(1, e + 1) for _, e in powers)):
        weight = 1
        for (_, e), r in zip(powers, orders, strict=True):
            weight *= stirling(e, r)
        falling = [sub(count, num(k)) if k else count for k in range(sum(orders))]
        parts = [power(entry(chances, (i,)), num(r)) for (i, _), r in zip(powers, orders, strict=True)]
        total.append(mul(num(weight), *falling, *parts))
    return add(*total)


def _rising(a: Term, k: int) -> Term:
    return mul(*(add(a, num(r)) if r else a for r in range(k)))


def _total(array: Term) -> Term:
    k = Sym("k~", INTEGER)
    return Bind("sum", k, (ONE, shape_of(array)[0]), App("index", (array, k)))


def _dirichlet(args: Args, powers: Powers, entry: Entry) -> Term:
    """Rising factorials of the parameters over that of their sum."""
    (shapes,) = args
    above = mul(*(_rising(entry(shapes, (i,)), e) for i, e in powers))
    return div(above, _rising(_total(shapes), sum(e for _, e in powers)))


# ---------------------------------------------------------------- densities


def _normal_density(args: Args, x: Term) -> Term:
    """One exponential, so that its logarithm asks for nothing: the determinant of S is in `logdet(S)`."""
    mean, spread = args
    away = sub(x, mean)
    square = App("dot", (away, App("matmul", (App("inv", (spread,)), away))))
    size = mul(shape_of(x)[0], f("log", mul(TWO, PI)))
    return f("exp", neg(div(add(size, f("logdet", spread), square), TWO)))


def _counter(*terms: Term) -> Sym:
    """An index that stands in none of the terms."""
    return Sym(fresh_name("k", frozenset(s.name for t in terms for s in free_symbols(t))), INTEGER)


def _over(op: str, k: Sym, x: Term, body: Term) -> Term:
    return Bind(op, k, (ONE, shape_of(x)[0]), body)


def _multinomial_mass(args: Args, x: Term) -> Term:
    """`n!/(x[1]!*...*x[K]!)*p[1]^x[1]*...*p[K]^x[K]`."""
    count, chances = args
    k = _counter(x, *args)
    here = App("index", (x, k))
    ways = div(f("factorial", count), _over("prod", k, x, f("factorial", here)))
    return mul(ways, _over("prod", k, x, power(App("index", (chances, k)), here)))


def _counts(args: Args, x: Term) -> Args:
    """Counts that add up to the number of trials. Without this: masses of vectors that cannot occur."""
    k = _counter(x, *args)
    here = App("index", (x, k))
    return _over("forall", k, x, le(ZERO, here)), eq(_over("sum", k, x, here), args[0])


def _dirichlet_density(args: Args, x: Term) -> Term:
    """By the first K - 1 coordinates: `Gamma(a[1] + ... + a[K])*x[1]^(a[1] - 1)*.../(Gamma(a[1])*...)`."""
    (shapes,) = args
    k = _counter(x, *args)
    shape = App("index", (shapes, k))
    above = _over("prod", k, x, power(App("index", (x, k)), sub(shape, ONE)))
    below = _over("prod", k, x, f("Gamma", shape))
    return div(mul(f("Gamma", _over("sum", k, x, shape)), above), below)


def _dirichlet_logarithm(args: Args, x: Term) -> Term:
    """The logarithm of the density, at a point inside the simplex."""
    (shapes,) = args
    k = _counter(x, *args)
    shape = App("index", (shapes, k))
    each = sub(mul(sub(shape, ONE), f("log", App("index", (x, k)))), f("log", f("Gamma", shape)))
    return add(f("log", f("Gamma", _over("sum", k, x, shape))), _over("sum", k, x, each))


def _probabilities(args: Args, x: Term) -> Args:
    """Positive numbers that add up to 1. Without this: a density of points outside the simplex."""
    k = _counter(x, *args)
    here = App("index", (x, k))
    return _over("forall", k, x, lt(ZERO, here)), eq(_over("sum", k, x, here), ONE)


_ROWS = (
    VectorLaw("MvNormal", ("the mean vector", "the covariance matrix"), (1, 2), 0, "pdf", _normal,
              apart=False, bounded=False, density=_normal_density),
    VectorLaw("Multinomial", ("the number of trials", "the vector of probabilities"), (0, 1), 1, "pmf", _multinomial,
              apart=True, bounded=True,
              support=lambda a, x: (le(ZERO, x), le(x, a[0])), density=_multinomial_mass, inside=_counts),
    VectorLaw("Dirichlet", ("the vector of parameters",), (1,), 0, "pdf", _dirichlet,
              apart=True, bounded=True,
              support=lambda a, x: (lt(ZERO, x), le(x, ONE)), density=_dirichlet_density, inside=_probabilities),
)

VECTOR_LAWS: dict[str, VectorLaw] = {row.word: row for row in _ROWS}


def vector_law_of(term: Term) -> tuple[VectorLaw, Args] | None:
    """The row and the parameters of the law of a random vector."""
    if isinstance(term, App) and term.op in VECTOR_LAWS:
        return VECTOR_LAWS[term.op], term.args
    return None


def outcome_of(law: App) -> Array:
    """The sort of the vectors that have this law."""
    row = VECTOR_LAWS[law.op]
    return Array(shape_of(law.args[row.sized])[:1], row.outcome)


def vector_value(op: str, args: Args) -> Moment | None:
    """The density at a vector, the entropy, the divergence of laws of vectors, with what it owes beyond the ranges."""
    law = args[0]
    if not isinstance(law, App) or law.op not in VECTOR_LAWS:
        return None
    match op, args[1:]:
        case ("pdf" | "pmf"), (x,):
            row, size, sort = VECTOR_LAWS[law.op], outcome_of(law).shape[0], sort_of(x)
            if row.kind != op or row.density is None or not isinstance(sort, Array) or len(sort.shape) != 1:
                return None
            # without this: counts that are no whole numbers
            if row.outcome is INTEGER and sort.entry is not INTEGER:
                return None
            # without this: the density of a law on the plane at a vector of three numbers
            same = () if alpha_equal(sort.shape[0], size) else (eq(sort.shape[0], size),)
            return row.density(law.args, x), (*same, *row.inside(law.args, x))
        case "entropy", () if law.op == "MvNormal":
            return _normal_entropy(law.args), ()
        case "KL", (App("MvNormal", other),) if law.op == "MvNormal":
            one, two = shape_of(law.args[0])[0], shape_of(other[0])[0]
            return _normal_divergence(law.args, other), (() if alpha_equal(one, two) else (eq(one, two),))
    return None


def written_out(term: Term) -> Term | None:
    """The closed form of an operator of laws of vectors; of the logarithm of a density, a sum."""
    match term:
        case App("log", (App("pdf", (App("Dirichlet", args) as law, x)),)):
            return None if vector_value("pdf", (law, x)) is None else _dirichlet_logarithm(args, x)
        case App("log", (App("pdf", (App() as law, x)),)) if law.op == "MvNormal":
            found = vector_value("pdf", (law, x))
            return found[0].args[0] if found is not None and isinstance(found[0], App) else None
        case App("pdf" | "entropy" | "KL" as op, args):
            found = vector_value(op, args)
            return None if found is None else found[0]
    return None


def _normal_entropy(args: Args) -> Term:
    """Cover and Thomas, theorem 8.4.1."""
    size = mul(shape_of(args[0])[0], add(f("log", mul(TWO, PI)), ONE))
    return div(add(size, f("logdet", args[1])), TWO)


def _normal_divergence(one: Args, two: Args) -> Term:
    """Soch, The Book of Statistical Proofs, P92."""
    (mean, spread), (other, wider) = one, two
    inverse, away = App("inv", (wider,)), sub(other, mean)
    traced = App("tr", (App("matmul", (inverse, spread)),))
    square = App("dot", (away, App("matmul", (inverse, away))))
    sizes = add(sub(f("logdet", wider), f("logdet", spread)), neg(shape_of(mean)[0]))
    return div(add(traced, square, sizes), TWO)
