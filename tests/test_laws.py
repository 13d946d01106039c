"""The table of laws against numerical integration and summation: total mass, moments, entropies.

Promise: the densities here are written out in `tests/oracle_chance.py`, without the table's own terms.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp, mpf

from derive.core.laws import LAWS
from derive.core.term import App, Bind, Num, Term
from tests.oracle_chance import DENSITIES, MASSES, moment
from tests.oracle_mpmath import evaluate

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
