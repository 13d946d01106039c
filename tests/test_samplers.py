"""The samplers of the laws against the table's own means and variances, and a median where there is no mean.

All laws are sampled in one process of its own, since one with JAX in it may not fork, with one set of parameters and
one shape for the most of them: what takes the time is compiling.
"""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.backends.jax_laws import covered, draws
from derive.core.laws import LAWS
from derive.core.term import App, Num, Term
from derive.core.vector_laws import VECTOR_LAWS
from derive.kernel.arrays import entry, scalarise
from tests.oracle_mpmath import evaluate

ROOT = Path(__file__).resolve().parent.parent
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


def write(path: str) -> None:
    """All the samples, in a file."""
    laws = {**SCALARS, **VECTORS, "Categorical": (CHANCES,), "Cauchy": ("1", "2")}
    found = {name: sample(name, args) for name, args in laws.items()}
    for key, seed in (("one", SEED), ("again", SEED), ("other", SEED + 1)):
        found[key] = np.asarray(draws("Normal", (0, 1), COUNT, seed))
    np.savez(path, **found)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("samples") / "all.npz"
    program = "import sys; from tests.test_samplers import write; write(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, timeout=600, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return np.load(path)


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
def test_means_and_variances_of_numbers(name: str, samples: Any) -> None:
    args = SCALARS.get(name, (CHANCES,))
    mean, square = scalar_moments(name, args)
    values = samples[name]
    assert values.shape == (COUNT,) and agrees(values, mean, square)
    # without this, a sample of a constant would agree with nothing but itself
    assert values.std() > 0 and not agrees(values + 1, mean, square)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_means_and_products_of_entries(name: str, samples: Any) -> None:
    args = VECTORS[name]
    terms = tuple(map(term, args))
    values = samples[name]
    size = values.shape[1]

    def moment(*powers: tuple[int, int]) -> float:
        places = tuple((Num(Fraction(i + 1)), e) for i, e in powers)
        return float(evaluate(scalarise(VECTOR_LAWS[name].moment(terms, places, entry)), {}))

    for i in range(size):
        assert agrees(values[:, i], moment((i, 1)), moment((i, 2)))
        for j in range(i):
            both = values[:, i] * values[:, j]
            assert abs(both.mean() - moment((i, 1), (j, 1))) <= FAR * both.std() / COUNT**0.5


def test_the_median_of_a_cauchy_sample(samples: Any) -> None:
    """Its standard error is that of an order statistic: pi*s/(2*sqrt(n))."""
    values = samples["Cauchy"]
    assert abs(np.median(values) - 1) <= FAR * np.pi * 2 / (2 * COUNT**0.5)
    near = (abs(values - 1) < 2).mean()  # half of the mass is within one scale
    assert abs(near - 0.5) <= FAR * 0.5 / COUNT**0.5


def test_a_seed_gives_the_same_draws(samples: Any) -> None:
    assert (samples["one"] == samples["again"]).all() and (samples["one"] != samples["other"]).any()


def test_draws_stay_in_the_support(samples: Any) -> None:
    assert samples["Geometric"].min() >= 1
    assert set(samples["Categorical"]) == {1.0, 2.0, 3.0}
    assert (samples["Multinomial"].sum(axis=1) == 4).all()
    assert abs(samples["Dirichlet"].sum(axis=1) - 1).max() < 1e-5
