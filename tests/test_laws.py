"""The table of laws against numerical integration and summation: total mass, moments, entropies.

Promise: the densities here are written out in `tests/oracle_chance.py`, without the table's own terms.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp, mpf

from derive.core.law_values import QUANTILES, closed_form
from derive.core.laws import LAWS
from derive.core.term import App, Bind, Num, Term, sub
from derive.kernel.law_means import DISTANCES, PARTIAL_MEANS, inverse_moment, log_moment
from tests import oracle_laws
from tests.oracle_chance import DENSITIES, MASSES, moment
from tests.oracle_mpmath import evaluate
from tests.oracle_mpmath import truth as oracle_truth

POINTS: dict[str, tuple[str, ...]] = {
    "Normal": ("1/2", "3"), "Laplace": ("1/2", "2"), "Logistic": ("1/3", "3/2"), "Cauchy": ("1", "2"),
    "StudentT": ("15/2",), "Exponential": ("3/2",), "GammaLaw": ("5/2", "3"), "Beta": ("2", "5/2"),
    "Uniform": ("-1", "2"), "LogNormal": ("1/4", "1/3"), "Bernoulli": ("1/3",), "Binomial": ("5", "2/5"),
    "Poisson": ("7/4",), "Geometric": ("2/5",), "NegativeBinomial": ("3", "2/5"),
}


def arguments(name: str) -> tuple[tuple[Term, ...], list[mpf]]:
    exact = [Fraction(t) for t in POINTS[name]]
    return tuple(Num(a) for a in exact), [mpf(a.numerator) / a.denominator for a in exact]


def number(term: Term) -> mpf:
    return mpf(evaluate(term, {}))


@pytest.mark.parametrize("name", sorted(POINTS))
def test_mass_is_one_and_moments_agree(name: str) -> None:
    args, values = arguments(name)
    with mp.workdps(20):
        assert abs(moment(name, values, 0) - 1) < mpf(10) ** -8
        for k in range(1, 7):
            cell = LAWS[name].moment(args, k)
            if cell is None:
                continue
            wanted = moment(name, values, k)
            assert abs(number(cell[0]) - wanted) < mpf(10) ** -6 * (1 + abs(wanted)), k


def test_no_moment_of_the_cauchy_law() -> None:
    args, _ = arguments("Cauchy")
    assert LAWS["Cauchy"].moment(args, 1) is None and not LAWS["Cauchy"].tame


def closed(op: str, *args: Term) -> mpf | None:
    """The number that a closed form gives; None where there is none, or where what it owes is false."""
    found = closed_form(op, args)
    return None if found is None or not all(map(truth, found[1])) else number(found[0])


def truth(claim: Term) -> bool:
    return oracle_truth(claim, {})


ENTROPIES = ("Bernoulli", "Geometric")
SECOND = {
    "Normal": ("1", "2"), "LogNormal": ("1", "1/2"), "Exponential": ("2",), "Poisson": ("3",),
    "Bernoulli": ("2/5",), "Binomial": ("5", "1/4"), "GammaLaw": ("3/2", "2"), "Beta": ("3", "1/2"),
    "Laplace": ("-1", "1/2"), "Uniform": ("-2", "5/2"), "Geometric": ("1/2",), "Cauchy": ("-1", "1"),
}


@pytest.mark.parametrize("name", ENTROPIES)
def test_entropy_of_masses_agrees(name: str) -> None:
    args, values = arguments(name)
    with mp.workdps(20):
        found, wanted = closed("entropy", App(name, args)), oracle_laws.value("entropy", (name, values), [])
        assert found is not None and abs(found - wanted) < mpf(10) ** -8


@pytest.mark.parametrize("name", sorted(SECOND))
def test_the_divergence_agrees(name: str) -> None:
    args, values = arguments(name)
    other = [Fraction(t) for t in SECOND[name]]
    law, second = App(name, args), App(name, tuple(Num(a) for a in other))
    with mp.workdps(20):
        found = closed("KL", law, second)
        wanted = oracle_laws.value("KL", (name, values), [(name, [mpf(a.numerator) / a.denominator for a in other])])
        # the numerical integral of heavy tails is good for a few digits
        assert found is not None and abs(found - wanted) < (mpf(10) ** -2 if name == "Cauchy" else mpf(10) ** -6)
        same = closed("KL", law, law)
        assert same is not None and abs(same) < mpf(10) ** -15


def test_a_divergence_owes_that_the_second_law_covers_the_first() -> None:
    wide, narrow = App("Uniform", (Num(0), Num(2))), App("Uniform", (Num(0), Num(1)))
    coin, sure = App("Bernoulli", (Num(Fraction(1, 2)),)), App("Bernoulli", (Num(0),))
    assert closed("KL", wide, narrow) is None and closed("KL", narrow, wide) is not None
    assert closed("KL", coin, sure) is None and closed("KL", sure, coin) is not None
    assert closed_form("KL", (wide, coin)) is None


@pytest.mark.parametrize("name", sorted(POINTS))
def test_the_distribution_function_agrees(name: str) -> None:
    args, values = arguments(name)
    for x in (Fraction(-3), Fraction(-1), Fraction(0), Fraction(1, 3), Fraction(1), Fraction(2), Fraction(9)):
        found = closed("cdf", App(name, args), Num(x))
        if found is not None:
            with mp.workdps(20):
                here = mpf(x.numerator) / x.denominator
                assert abs(found - oracle_laws.below((name, values), here)) < mpf(10) ** -7, x


@pytest.mark.parametrize("name", sorted(QUANTILES))
def test_quantiles_invert_the_distribution_function(name: str) -> None:
    args, _ = arguments(name)
    law = App(name, args)
    for p in (Fraction(1, 7), Fraction(1, 2), Fraction(4, 5)):
        x = closed_form("quantile", (law, Num(p)))
        assert x is not None
        back = closed("cdf", law, x[0])
        assert back is not None and abs(back - mpf(p.numerator) / p.denominator) < mpf(10) ** -12
    assert closed("quantile", law, Num(0)) is None and closed("quantile", law, Num(1)) is None


@pytest.mark.parametrize("name", sorted(n for n in POINTS if LAWS[n].kind == "pmf"))
def test_the_generating_function_of_masses_agrees(name: str) -> None:
    args, values = arguments(name)
    found = closed("mgf", App(name, args), Num(Fraction(1, 5)))
    with mp.workdps(20):
        wanted = oracle_laws.value("mgf", (name, values), [mpf(1) / 5])
        assert found is not None and abs(found - wanted) < mpf(10) ** -8


@pytest.mark.parametrize("name", ["GammaLaw", "Beta", "LogNormal", "Uniform"])
def test_inverse_moments_agree(name: str) -> None:
    exact = (Fraction(1, 2), Fraction(2)) if name == "Uniform" else tuple(map(Fraction, POINTS[name]))
    values = [mpf(a.numerator) / a.denominator for a in exact]
    for k in (1, 2):
        cell = inverse_moment(LAWS[name], tuple(map(Num, exact)), k)
        assert cell is not None
        if not all(map(truth, cell[1])):
            continue
        with mp.workdps(20):
            wanted = oracle_laws.mean((name, values), lambda x, k=k: x**-k)
            # the integrand has a pole at 0
            assert abs(number(cell[0]) - wanted) < mpf(10) ** -3 * (1 + wanted)


@pytest.mark.parametrize("name", ["GammaLaw", "Exponential", "Beta", "LogNormal"])
def test_means_of_logarithms_agree(name: str) -> None:
    args, values = arguments(name)
    for degree in (0, 1, 2):
        cell = log_moment(LAWS[name], args, degree, 1)
        if cell is not None:
            with mp.workdps(20):
                wanted = oracle_laws.mean((name, values), lambda x, d=degree: x**d * mp.log(x))
                assert abs(number(cell[0]) - wanted) < mpf(10) ** -6


@pytest.mark.parametrize(("name", "degree"), sorted(PARTIAL_MEANS))
def test_partial_means_agree(name: str, degree: int) -> None:
    args, values = arguments(name)
    for c in (Fraction(-2), Fraction(0), Fraction(1, 2), Fraction(3)):
        found = number(PARTIAL_MEANS[name, degree](args, Num(c)))
        at = mpf(c.numerator) / c.denominator
        with mp.workdps(20):
            wanted = oracle_laws.mean((name, values), lambda x: x**degree, high=at)
            assert abs(found - wanted) < mpf(10) ** -7


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_mean_distances_agree(name: str) -> None:
    args, values = arguments(name)
    for c in (Fraction(1, 2), Fraction(-1), Fraction(3)):
        found = number(DISTANCES[name](args, sub(args[0], Num(c))))
        at = mpf(c.numerator) / c.denominator
        with mp.workdps(20):
            law = (name, values)
            below = oracle_laws.mean(law, lambda x, at=at: at - x, high=at)
            above = oracle_laws.mean(law, lambda x, at=at: x - at, low=at)
            assert abs(found - below - above) < mpf(10) ** -7


@pytest.mark.parametrize("name", sorted(n for n in POINTS if n in DENSITIES))
def test_entropy_agrees(name: str) -> None:
    args, values = arguments(name)
    cell = LAWS[name].entropy(args)
    if cell is None:
        return
    density, ends = DENSITIES[name]
    with mp.workdps(20):

        def integrand(x: mpf) -> mpf:
            p = density(values, x)
            return -p * mp.log(p) if p > mpf(10) ** -300 else mpf(0)

        found = mp.quad(integrand, ends(values))
        if name == "Cauchy":  # heavy tails: the numerical integral is good for a few digits
            assert abs(number(cell) - found) < mpf(10) ** -2
        else:
            assert abs(number(cell) - found) < mpf(10) ** -6


@pytest.mark.parametrize("name", sorted(POINTS))
def test_the_density_agrees(name: str) -> None:
    args, values = arguments(name)
    for x in (Fraction(1, 3), Fraction(1), Fraction(2)):
        if name in MASSES and (x.denominator != 1 or (name == "Bernoulli" and x > 1)):
            continue
        if name == "Beta" and x >= 1:
            continue
        cell = LAWS[name].density(args, Num(x))
        assert cell is not None
        here = mpf(x.numerator) / x.denominator
        wanted = DENSITIES[name][0](values, here) if name in DENSITIES else MASSES[name][0](values, here)
        assert abs(number(cell) - wanted) < mpf(10) ** -12


@pytest.mark.parametrize("name", sorted(n for n in POINTS if LAWS[n].kind == "pdf"))
def test_the_generating_function_agrees(name: str) -> None:
    args, values = arguments(name)
    t = Fraction(1, 5)
    cell = LAWS[name].mgf(args, Num(t))
    if cell is None:
        return
    density, ends = DENSITIES[name]
    with mp.workdps(20):
        wanted = mp.quad(lambda x: mp.exp(x / 5) * density(values, x), ends(values))
        assert abs(number(cell[0]) - wanted) < mpf(10) ** -6 * (1 + abs(wanted))


def test_a_categorical_variable() -> None:
    p = App("vector", (Num(Fraction(1, 2)), Num(Fraction(1, 3)), Num(Fraction(1, 6))))
    cell = LAWS["Categorical"].moment((p,), 2)
    assert cell is not None and isinstance(cell[0], Bind)
    assert abs(number(cell[0]) - (mpf(1) / 2 + mpf(4) / 3 + mpf(9) / 6)) < mpf(10) ** -12
