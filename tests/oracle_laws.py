"""Densities, distribution functions, entropies and divergences for the mpmath evaluator, by numerical integration.

Promise: no closed form of the checker is used; a law whose parameters are out of range, a probability that is
none and a divergence that is not finite are `None`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from mpmath import mp, mpf

from derive.core.claim import Fact
from derive.core.term import App, Bind, Sym, Term
from tests import oracle_vectors
from tests.oracle_chance import DENSITIES, ENDLESS, MASSES

OPS = frozenset({"pdf", "pmf", "cdf", "quantile", "mgf", "entropy", "cross_entropy", "KL"})
KNOWN = frozenset({*DENSITIES, *MASSES, "MvNormal"})
Law = tuple[str, list[Any]]


def value(op: str, law: Law, rest: list[Any]) -> Any | None:
    """The operator at a law, and at a point or another law."""
    if law[0] == "MvNormal":
        return oracle_vectors.value(op, law[1], rest)
    if not in_range(law) or (isinstance(other := rest[0] if rest else None, tuple) and not in_range(other)):
        return None
    name = law[0]
    match op:
        case "pdf":
            return density(law, rest[0]) if name in DENSITIES else None
        case "pmf":
            return mass(law, rest[0]) if name in MASSES else None
        case "cdf":
            return below(law, rest[0])
        case "quantile":
            return _quantile(law, rest[0]) if 0 < rest[0] < 1 else None
        case "mgf":
            return mean(law, lambda x: mp.exp(rest[0] * x))
        case "entropy":
            return mean(law, lambda x: -mp.log(_at(law, x)))
        case "cross_entropy":
            return _mean_log(law, rest[0])
        case "KL":
            one, two = _mean_log(law, rest[0]), _mean_log(law, law)
            return None if one is None or two is None else one - two
    return None


def in_range(law: Law) -> bool:
    """Are the parameters those of a law?"""
    name, a = law
    match name:
        case "Bernoulli":
            return bool(0 <= a[0] <= 1)
        case "Binomial":
            return bool(a[0] >= 0 and a[0] == int(a[0]) and 0 <= a[1] <= 1)
        case "Geometric":
            return bool(0 < a[0] <= 1)
        case "NegativeBinomial":
            return bool(a[0] > 0 and 0 < a[1] <= 1)
        case "Categorical":
            return all(p >= 0 for p in a[0]) and abs(sum(a[0]) - 1) < mpf(10) ** -20
        case "Uniform":
            return bool(a[0] < a[1])
        case "GammaLaw" | "Beta":
            return bool(a[0] > 0 and a[1] > 0)
        case "Poisson" | "Exponential" | "StudentT":
            return bool(a[0] > 0)
    return bool(a[1] > 0)


def density(law: Law, x: Any) -> Any:
    """The density, 0 outside the support."""
    found, ends = DENSITIES[law[0]]
    points = ends(law[1])
    return found(law[1], x) if points[0] <= x <= points[-1] else mpf(0)


def mass(law: Law, x: Any) -> Any:
    """The mass, 0 outside the support."""
    found, start = MASSES[law[0]]
    last = _last(law)
    return found(law[1], x) if x == int(x) and x >= start and (last is None or x <= last) else mpf(0)


def _at(law: Law, x: Any) -> Any:
    return density(law, x) if law[0] in DENSITIES else mass(law, x)


def _last(law: Law) -> int | None:
    name, a = law
    if name in ENDLESS:
        return None
    return 1 if name == "Bernoulli" else len(a[0]) if name == "Categorical" else int(a[0])


def mean(
    law: Law, function: Callable[[Any], Any], low: Any = None, high: Any = None, cuts: Iterable[Any] = ()
) -> Any:
    """The integral (the sum) of a function against a law, between two points; 0 where the law has no mass."""

    def weighted(x: Any) -> Any:
        here = _at(law, x)
        return mpf(0) if here < mpf(10) ** -300 else here * function(x)

    if law[0] in DENSITIES:
        ends = DENSITIES[law[0]][1](law[1])
        first = ends[0] if low is None else max(low, ends[0])
        last = ends[-1] if high is None else min(high, ends[-1])
        if first >= last:
            return mpf(0)
        return mp.quad(weighted, [first, *sorted({e for e in (*ends, *cuts) if first < e < last}), last])
    start, last = MASSES[law[0]][1], _last(law)
    start = start if low is None else max(start, int(mp.ceil(low)))
    if high is not None:
        last = int(mp.floor(high)) if last is None else min(last, int(mp.floor(high)))
    if last is None:
        last = start + 400
    return sum((weighted(mpf(k)) for k in range(start, last + 1)), mpf(0))


def below(law: Law, x: Any) -> Any:
    """P(X <= x)."""
    return mean(law, lambda _: mpf(1), high=x)


def _quantile(law: Law, p: Any) -> Any | None:
    """By halving, for laws with a density."""
    if law[0] not in DENSITIES:
        return None
    low, high = mpf(-1), mpf(1)
    while below(law, low) > p:
        low *= 2
    while below(law, high) < p:
        high *= 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(law, middle) < p else (low, middle)
    return (low + high) / 2


def _mean_log(law: Law, other: Law) -> Any | None:
    """-E[log q(X)]; None where q vanishes with positive probability."""
    if (law[0] in DENSITIES) != (other[0] in DENSITIES):
        return None
    if law[0] in DENSITIES:
        one, two = (DENSITIES[x[0]][1](x[1]) for x in (law, other))
        if one[0] < two[0] or one[-1] > two[-1]:
            return None
        return mean(law, lambda x: -mp.log(max(_at(other, x), mpf(10) ** -10000)), cuts=two)
    start, last = MASSES[law[0]][1], _last(law)
    for k in range(start, (start + 60 if last is None else last) + 1):
        if mass(law, mpf(k)) > 0 and not mass(other, mpf(k)) > 0:
            return None
    return mean(law, lambda x: -mp.log(mass(other, x)))


def law_of(name: str, facts: Iterable[Fact], evaluate: Callable[[Term], Any]) -> Law:
    """The law that a hypothesis gives a variable."""
    for fact in facts:
        match fact.claim:
            case App("law", (Bind("lam", _, _, App("apply", (Sym() as x, _))), App(op, args))) if x.name == name:
                return op, [evaluate(a) for a in args]
    raise KeyError(name)


def integral(law: Law, function: Callable[[Any], Any]) -> Any:
    """The mean of a function that may jump: in many short pieces."""
    if law[0] in MASSES:
        return mean(law, function)
    ends = DENSITIES[law[0]][1](law[1])
    inner = [mpf(k) / 8 for k in range(-80, 81)]
    cuts = sorted({*ends, *(x for x in inner if ends[0] < x < ends[-1])})
    return sum((mean(law, function, one, two) for one, two in itertools.pairwise(cuts)), mpf(0))
