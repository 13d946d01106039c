"""The samplers of the laws against the table's own means and variances, and a median where there is no mean.

All laws are sampled in one process, with one set of parameters and one shape for the most of them: what takes
the time is compiling.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from derive.backends.jax_laws import covered, draws
from derive.core.laws import LAWS
from derive.core.term import App, Num, Term
from derive.core.vector_laws import VECTOR_LAWS
from derive.kernel.arrays import entry, scalarise
from tests.oracle_mpmath import evaluate

COUNT, SEED = 20_000, 7
# as many standard errors as six: a right sampler fails one time in 10^8
FAR = 6.0

SCALARS: dict[str, tuple[str, ...]] = {
    "Normal": ("1/2", "3"), "Laplace": ("1/2", "2"), "Logistic": ("1/3", "3/2"),
    "StudentT": ("19/2",), "Exponential": ("3/2",), "GammaLaw": ("5/2", "3"), "Beta": ("2", "5/2"),
    "Uniform": ("-1", "2"), "LogNormal": ("1/4", "1/3"), "Bernoulli": ("1/3",), "Binomial": ("5", "2/5"),
    "Poisson": ("7/4",), "Geometric": ("2/5",), "NegativeBinomial": ("5/2", "2/5"),
}
CHANCES = ("1/2", "1/3", "1/6")
VECTORS: dict[str, tuple[Any, ...]] = {
    "MvNormal": (("1/2", "-1"), (("2", "3/4"), ("3/4", "1"))),
    "Multinomial": ("4", CHANCES),
    "Dirichlet": (("2", "1/2", "3"),),
}


def term(value: Any) -> Term:
    return Num(Fraction(value)) if isinstance(value, str) else App("vector", tuple(map(term, value)))


def numbers(value: Any) -> Any:
    return float(Fraction(value)) if isinstance(value, str) else [numbers(v) for v in value]


def sample(name: str, args: tuple[Any, ...]) -> Any:
    return np.asarray(draws(name, [numbers(a) for a in args], COUNT, SEED), dtype=float)


def agrees(values: Any, mean: float, square: float) -> bool:
    """Are the mean and the mean square within six standard errors, taken from the sample itself?"""
    return all(
        abs(part.mean() - wanted) <= FAR * part.std() / COUNT**0.5
        for part, wanted in ((values, mean), ((values - mean) ** 2, square - mean**2))
    )


def test_every_law_has_a_sampler() -> None:
    assert covered() == set(LAWS) | set(VECTOR_LAWS)
    assert covered() == {*SCALARS, *VECTORS, "Cauchy", "Categorical"}


def scalar_moments(name: str, args: tuple[Any, ...]) -> list[float]:
    cells = [LAWS[name].moment(tuple(map(term, args)), k) for k in (1, 2)]
    return [float(evaluate(scalarise(c[0]), {})) for c in cells if c is not None]


@pytest.mark.parametrize("name", [*SCALARS, "Categorical"])
def test_means_and_variances_of_numbers(name: str) -> None:
    args = SCALARS.get(name, (CHANCES,))
    mean, square = scalar_moments(name, args)
    values = sample(name, args)
    assert values.shape == (COUNT,) and agrees(values, mean, square)
    # without this, a sample of a constant would agree with nothing but itself
    assert values.std() > 0 and not agrees(values + 1, mean, square)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_means_and_products_of_entries(name: str) -> None:
    args = VECTORS[name]
    terms = tuple(map(term, args))
    values = sample(name, args)
    size = values.shape[1]

    def moment(*powers: tuple[int, int]) -> float:
        places = tuple((Num(Fraction(i + 1)), e) for i, e in powers)
        return float(evaluate(scalarise(VECTOR_LAWS[name].moment(terms, places, entry)), {}))

    for i in range(size):
        assert agrees(values[:, i], moment((i, 1)), moment((i, 2)))
        for j in range(i):
            both = values[:, i] * values[:, j]
            assert abs(both.mean() - moment((i, 1), (j, 1))) <= FAR * both.std() / COUNT**0.5


def test_the_median_of_a_cauchy_sample() -> None:
    """Its standard error is that of an order statistic: pi*s/(2*sqrt(n))."""
    values = sample("Cauchy", ("1", "2"))
    assert abs(np.median(values) - 1) <= FAR * np.pi * 2 / (2 * COUNT**0.5)
    near = (abs(values - 1) < 2).mean()  # half of the mass is within one scale
    assert abs(near - 0.5) <= FAR * 0.5 / COUNT**0.5


def test_a_seed_gives_the_same_draws() -> None:
    one, two = (np.asarray(draws("Normal", (0, 1), COUNT, seed)) for seed in (SEED, SEED + 1))
    assert (np.asarray(draws("Normal", (0, 1), COUNT, SEED)) == one).all() and (one != two).any()


def test_draws_stay_in_the_support() -> None:
    assert sample("Geometric", ("2/5",)).min() >= 1
    assert set(sample("Categorical", (CHANCES,))) == {1.0, 2.0, 3.0}
    assert (sample("Multinomial", ("4", CHANCES)).sum(axis=1) == 4).all()
    assert abs(sample("Dirichlet", (("2", "1/2", "3"),)).sum(axis=1) - 1).max() < 1e-5
