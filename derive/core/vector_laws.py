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

from derive.core.laws import stirling
from derive.core.operator import Args, f
from derive.core.shape import shape_of
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
    x. `bounded`: the support is. `density(args, x)` is the density at a vector.
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


_ROWS = (
    VectorLaw("MvNormal", ("the mean vector", "the covariance matrix"), (1, 2), 0, "pdf", _normal,
              apart=False, bounded=False, density=_normal_density),
    VectorLaw("Multinomial", ("the number of trials", "the vector of probabilities"), (0, 1), 1, "pmf", _multinomial,
              apart=True, bounded=True,
              support=lambda a, x: (le(ZERO, x), le(x, a[0]))),
    VectorLaw("Dirichlet", ("the vector of parameters",), (1,), 0, "pdf", _dirichlet,
              apart=True, bounded=True,
              support=lambda a, x: (lt(ZERO, x), le(x, ONE))),
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


def vector_density(law: Term, x: Term) -> Term | None:
    """The density of a law at a vector."""
    found = vector_law_of(law)
    return None if found is None or found[0].density is None else found[0].density(found[1], x)

