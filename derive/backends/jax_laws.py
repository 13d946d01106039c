"""Samples of the laws in JAX, one sampler for each row of `core/laws.py` and `core/vector_laws.py`.

Promise: the same seed gives the same draws; the parameters mean what they mean in the tables
(`Normal(mu, v)` has variance v, `Gamma(a, r)` rate r, `Geometric(p)` counts trials, categories begin at 1).
Parameters out of range are not looked for: what is drawn then means nothing.

Sources: Devroye, Non-Uniform Random Variate Generation, chapters 2 (inversion), 9 and 10; the samplers
`jax.random` has of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Sampler = Callable[[Any, tuple[Any, ...], int], Any]


def draws(law: str, parameters: Sequence[Any], count: int, seed: int) -> Any:
    """Independent draws from a law named as in the tables: a vector, or a matrix with a draw in each row."""
    import jax

    arrays = tuple(jax.numpy.asarray(p, dtype=float) for p in parameters)
    return SAMPLERS[law](jax.random.key(seed), arrays, count)


def covered() -> frozenset[str]:
    """The laws that have a sampler."""
    return frozenset(SAMPLERS)


# ---------------------------------------------------------------- numbers


def _normal(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return a[0] + jax.numpy.sqrt(a[1]) * jax.random.normal(key, (n,))


def _log_normal(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return jax.numpy.exp(_normal(key, a, n))


def _laplace(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return a[0] + a[1] * jax.random.laplace(key, (n,))


def _logistic(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return a[0] + a[1] * jax.random.logistic(key, (n,))


def _cauchy(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return a[0] + a[1] * jax.random.cauchy(key, (n,))


def _student(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """A standard normal number over the root of an independent mean square: a Gamma number over its mean."""
    import jax

    one, two = jax.random.split(key)
    spread = jax.random.gamma(two, a[0] / 2, (n,)) / (a[0] / 2)
    return jax.random.normal(one, (n,)) / jax.numpy.sqrt(spread)


def _exponential(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return jax.random.exponential(key, (n,)) / a[0]


def _gamma(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return jax.random.gamma(key, a[0], (n,)) / a[1]


def _beta(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """`G/(G + H)` of independent Gamma numbers."""
    import jax

    one, two = jax.random.split(key)
    first, second = jax.random.gamma(one, a[0], (n,)), jax.random.gamma(two, a[1], (n,))
    return first / (first + second)


def _uniform(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return a[0] + (a[1] - a[0]) * jax.random.uniform(key, (n,))


# ---------------------------------------------------------------- whole numbers


def _bernoulli(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return (jax.random.uniform(key, (n,)) < a[0]).astype(int)


def _binomial(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return (jax.random.uniform(key, (n, int(a[0]))) < a[1]).sum(axis=1)


def _poisson(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return jax.random.poisson(key, a[0], (n,))


def _geometric(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """`ceil(E/r)` of a standard exponential E is above k with probability exp(-r*k) = (1 - p)^k."""
    import jax

    waits = jax.random.exponential(key, (n,)) / -jax.numpy.log1p(-a[0])
    return jax.numpy.maximum(jax.numpy.ceil(waits), 1).astype(int)


def _negative_binomial(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """A Poisson number whose rate is a Gamma number of rate p/(1 - p)."""
    import jax

    one, two = jax.random.split(key)
    rates = jax.random.gamma(one, a[0], (n,)) * (1 - a[1]) / a[1]
    return jax.random.poisson(two, rates)


def _categorical(key: Any, a: tuple[Any, ...], n: int) -> Any:
    import jax

    return _categories(jax.random.uniform(key, (n,)), a[0]) + 1


def _categories(uniform: Any, chances: Any) -> Any:
    """The first category up to which the probabilities exceed a uniform number, counted from 0."""
    import jax.numpy as jnp

    ends = jnp.cumsum(chances)[:-1]
    return (uniform[..., None] >= ends).sum(axis=-1)


# ---------------------------------------------------------------- vectors


def _normal_vector(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """`mu + L @ z` for the Cholesky factor L of the covariance matrix."""
    import jax

    lower = jax.numpy.linalg.cholesky(a[1])
    return a[0] + jax.random.normal(key, (n, a[0].shape[0])) @ lower.T


def _multinomial(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """The counts of independent categories."""
    import jax
    import jax.numpy as jnp

    found = _categories(jax.random.uniform(key, (n, int(a[0]))), a[1])
    return (found[..., None] == jnp.arange(a[1].shape[0])).sum(axis=1)


def _dirichlet(key: Any, a: tuple[Any, ...], n: int) -> Any:
    """Independent Gamma numbers over their sum."""
    import jax

    parts = jax.random.gamma(key, a[0], (n, a[0].shape[0]))
    return parts / parts.sum(axis=1, keepdims=True)


SAMPLERS: dict[str, Sampler] = {
    "Normal": _normal, "LogNormal": _log_normal, "Laplace": _laplace, "Logistic": _logistic,
    "Cauchy": _cauchy, "StudentT": _student, "Exponential": _exponential, "GammaLaw": _gamma, "Beta": _beta,
    "Uniform": _uniform, "Bernoulli": _bernoulli, "Binomial": _binomial, "Poisson": _poisson,
    "Geometric": _geometric, "NegativeBinomial": _negative_binomial, "Categorical": _categorical,
    "MvNormal": _normal_vector, "Multinomial": _multinomial, "Dirichlet": _dirichlet,
}
