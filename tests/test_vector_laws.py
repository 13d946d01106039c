"""The table of laws of random vectors against enumeration and numerical integration; and what is claimed of them.

Promise: the densities and masses here are written out with the standard library and `mpmath`, without the
table's own terms.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import prod

import pytest
from mpmath import mp, mpf

from derive.backends.flint_vectors import multinomial_masses
from derive.core.term import App, Num, Term
from derive.core.vector_laws import VECTOR_LAWS, vector_value, written_out
from derive.engines.sample_vectors import vector_pieces
from derive.kernel.arrays import entry, scalarise
from tests.oracle_mpmath import evaluate, truth

Powers = tuple[int, ...]


def vector(*values: str) -> Term:
    return App("vector", tuple(Num(Fraction(v)) for v in values))


def moment(name: str, args: tuple[Term, ...], powers: Powers) -> mpf:
    places = tuple((Num(Fraction(k + 1)), e) for k, e in enumerate(powers) if e)
    return mpf(evaluate(scalarise(VECTOR_LAWS[name].moment(args, places, entry)), {}))


def all_powers(size: int, degree: int) -> list[Powers]:
    return [p for p in product(range(degree + 1), repeat=size) if sum(p) <= degree]


# ---------------------------------------------------------------- the normal law

MEAN, SPREAD = ("1/2", "-1"), (("2", "3/4"), ("3/4", "1"))


def normal_terms() -> tuple[Term, Term]:
    return vector(*MEAN), App("vector", tuple(vector(*row) for row in SPREAD))


def normal_density(x: mpf, y: mpf) -> mpf:
    a, b, c = mpf(2), mpf(3) / 4, mpf(1)
    u, v = x - mpf(1) / 2, y + 1
    det = a * c - b * b
    square = (c * u * u - 2 * b * u * v + a * v * v) / det
    return mp.exp(-square / 2) / (2 * mp.pi * mp.sqrt(det))


@pytest.mark.parametrize("powers", all_powers(2, 4))
def test_normal_moments(powers: Powers) -> None:
    """By the trapezoidal rule on a wide grid, which is spectrally exact for such functions."""
    with mp.workdps(20):
        step = mpf(1) / 4
        found = mpf(0)
        for i in range(-48, 49):
            for j in range(-36, 37):
                x, y = i * step, j * step
                found += x ** powers[0] * y ** powers[1] * normal_density(x, y)
        found *= step**2
        wanted = moment("MvNormal", normal_terms(), powers)
        assert abs(found - wanted) < mpf(10) ** -6 * (1 + abs(wanted))


def test_normal_moments_of_degree_six() -> None:
    """E[(X - mu)^6] = 15*v^3, from the mixed moments."""
    args = (vector("0", "0"), normal_terms()[1])
    with mp.workdps(20):
        assert abs(moment("MvNormal", args, (6, 0)) - 15 * 8) < mpf(10) ** -12
        assert abs(moment("MvNormal", args, (3, 3)) - (9 * 2 * mpf(3) / 4 * 1 + 6 * (mpf(3) / 4) ** 3)) < mpf(10) ** -12


def test_the_normal_density() -> None:
    law = App("MvNormal", normal_terms())
    for x, y in (("0", "0"), ("1", "-2"), ("1/3", "5/2")):
        cell = vector_value("pdf", (law, vector(x, y)))
        assert cell is not None and not cell[1]
        with mp.workdps(20):
            at = [mpf(Fraction(t).numerator) / Fraction(t).denominator for t in (x, y)]
            assert abs(mpf(evaluate(scalarise(cell[0]), {})) - normal_density(*at)) < mpf(10) ** -12


def test_the_entropy_and_the_divergence_of_normal_laws() -> None:
    """By the trapezoidal rule, from the densities."""
    other = (vector("0", "1/2"), App("vector", (vector("3", "-1/2"), vector("-1/2", "2"))))

    def other_density(x: mpf, y: mpf) -> mpf:
        u, v = x, y - mpf(1) / 2
        det = mpf(6) - mpf(1) / 4
        return mp.exp(-(2 * u * u + u * v + 3 * v * v) / det / 2) / (2 * mp.pi * mp.sqrt(det))

    with mp.workdps(20):
        step, own, between = mpf(1) / 4, mpf(0), mpf(0)
        for i in range(-44, 45):
            for j in range(-36, 37):
                p, q = normal_density(i * step, j * step), other_density(i * step, j * step)
                own -= p * mp.log(p) * step**2
                between += p * mp.log(p / q) * step**2
        entropy = vector_value("entropy", (App("MvNormal", normal_terms()),))
        divergence = vector_value("KL", (App("MvNormal", normal_terms()), App("MvNormal", other)))
        assert entropy is not None and divergence is not None
        assert abs(mpf(evaluate(scalarise(entropy[0]), {})) - own) < mpf(10) ** -8
        assert abs(mpf(evaluate(scalarise(divergence[0]), {})) - between) < mpf(10) ** -8


# ---------------------------------------------------------------- counts

CHANCES = ("1/2", "1/3", "1/6")


@pytest.mark.parametrize("count", (0, 1, 2, 5))
def test_multinomial_moments(count: int) -> None:
    chances = [Fraction(p) for p in CHANCES]
    masses: dict[tuple[int, ...], Fraction] = {}
    for outcome in product(range(3), repeat=count):
        counts = tuple(outcome.count(k) for k in range(3))
        masses[counts] = masses.get(counts, Fraction(0)) + prod((chances[k] for k in outcome), start=Fraction(1))
    mine = multinomial_masses(Fraction(count), tuple(chances))
    assert mine == {tuple(map(Fraction, c)): w for c, w in masses.items()}
    for powers in all_powers(3, 4):
        wanted = sum((w * prod(n**e for n, e in zip(c, powers, strict=True)) for c, w in masses.items()), Fraction(0))
        found = moment("Multinomial", (Num(Fraction(count)), vector(*CHANCES)), powers)
        assert abs(found - mpf(wanted.numerator) / wanted.denominator) < mpf(10) ** -12, powers


# ---------------------------------------------------------------- probabilities


@pytest.mark.parametrize("shapes", ((2, 3, 1), (1, 1, 1), (3, 2, 4)))
def test_dirichlet_moments(shapes: tuple[int, int, int]) -> None:
    """For whole parameters the density is a polynomial: its integral over the triangle, by monomials."""

    def integral(a: int, b: int, c: int) -> Fraction:
        """x^a*y^b*(1 - x - y)^c over the triangle, expanded: Gauss-Legendre of high order is exact."""
        from numpy.polynomial.legendre import leggauss

        nodes, weights = leggauss(16)
        total = 0.0
        for s, ws in zip(nodes, weights, strict=True):
            x = (s + 1) / 2
            for t, wt in zip(nodes, weights, strict=True):
                y = (1 - x) * (t + 1) / 2
                total += ws * wt / 4 * (1 - x) * x**a * y**b * (1 - x - y) ** c
        return Fraction(total)

    mass = integral(*(s - 1 for s in shapes))
    args = (vector(*map(str, shapes)),)
    for powers in all_powers(3, 3):
        here = integral(*(s - 1 + e for s, e in zip(shapes, powers, strict=True)))
        assert abs(moment("Dirichlet", args, powers) - mpf(float(here / mass))) < mpf(10) ** -10, powers


# ---------------------------------------------------------------- what stands for them at points


@pytest.mark.parametrize("name", sorted(VECTOR_LAWS))
def test_nodes_have_the_moments(name: str) -> None:
    exact = {
        "MvNormal": ((Fraction(1, 2), Fraction(-1)), ((Fraction(2), Fraction(3, 4)), (Fraction(3, 4), Fraction(1)))),
        "Multinomial": (Fraction(3), tuple(map(Fraction, CHANCES))),
        "Dirichlet": ((Fraction(2), Fraction(1, 2), Fraction(3)),),
    }[name]
    terms = {
        "MvNormal": normal_terms(), "Multinomial": (Num(Fraction(3)), vector(*CHANCES)),
        "Dirichlet": (vector("2", "1/2", "3"),),
    }[name]
    found = vector_pieces(name, exact, 4, 130)
    assert found is not None
    pieces, degree = found
    size = len(pieces[0][1])
    for d in range((degree or 3) + 1):
        for places in combinations_with_replacement(range(size), d):
            powers = tuple(places.count(i) for i in range(size))
            here = sum((w * prod((x[i] for i in places), start=Fraction(1)) for w, x in pieces), Fraction(0))
            assert abs(moment(name, terms, powers) - mpf(here.numerator) / here.denominator) < mpf(10) ** -10


def test_a_singular_spread_has_no_nodes() -> None:
    flat = ((Fraction(1), Fraction(1)), (Fraction(1), Fraction(1)))
    assert vector_pieces("MvNormal", ((Fraction(0), Fraction(0)), flat), 2, 130) is None


def test_one_category() -> None:
    assert multinomial_masses(Fraction(4), (Fraction(1),)) == {(Fraction(4),): Fraction(1)}


# ---------------------------------------------------------------- masses and densities at a vector


@pytest.mark.parametrize("count", (0, 1, 4))
def test_multinomial_masses_add_up(count: int) -> None:
    law = App("Multinomial", (Num(Fraction(count)), vector(*CHANCES)))
    wanted = multinomial_masses(Fraction(count), tuple(map(Fraction, CHANCES)))
    assert wanted is not None and sum(wanted.values()) == 1
    for counts, mass in wanted.items():
        cell = vector_value("pmf", (law, vector(*map(str, counts))))
        assert cell is not None and all(truth(scalarise(c), {}) for c in cell[1])
        found = mpf(evaluate(scalarise(cell[0]), {}))
        assert abs(found - mpf(mass.numerator) / mass.denominator) < mpf(10) ** -12


def test_counts_outside_the_support_are_owed() -> None:
    law = App("Multinomial", (Num(Fraction(2)), vector(*CHANCES)))
    for counts in (("1", "0", "0"), ("3", "-1", "0")):
        cell = vector_value("pmf", (law, vector(*counts)))
        assert cell is not None and not all(truth(scalarise(c), {}) for c in cell[1])
    assert vector_value("pmf", (law, vector("1/2", "1", "1/2"))) is None
    assert vector_value("pdf", (law, vector("1", "1", "0"))) is None


@pytest.mark.parametrize("shapes", (("2", "3", "1"), ("1", "1", "1"), ("3", "2", "4")))
def test_the_dirichlet_density_integrates_to_one(shapes: tuple[str, str, str]) -> None:
    """By Gauss-Legendre on the triangle, exact for whole parameters; and its logarithm is that which is written out."""
    from numpy.polynomial.legendre import leggauss

    law = App("Dirichlet", (vector(*shapes),))
    total, (nodes, weights) = mpf(0), leggauss(5)
    for s, ws in zip(nodes, weights, strict=True):
        for t, wt in zip(nodes, weights, strict=True):
            x = Fraction((s + 1) / 2)
            y = (1 - x) * Fraction((t + 1) / 2)
            at = vector(str(x), str(y), str(1 - x - y))
            cell = vector_value("pdf", (law, at))
            assert cell is not None and all(truth(scalarise(c), {}) for c in cell[1])
            here = mpf(evaluate(scalarise(cell[0]), {}))
            total += ws * wt / 4 * float(1 - x) * here
            plain = written_out(App("log", (App("pdf", (law, at)),)))
            assert plain is not None and abs(mpf(evaluate(scalarise(plain), {})) - mp.log(here)) < mpf(10) ** -10
    assert abs(total - 1) < mpf(10) ** -10


def test_points_off_the_simplex_are_owed() -> None:
    law = App("Dirichlet", (vector("2", "1/2"),))
    for at in (("1/2", "1/3"), ("1", "0"), ("3/2", "-1/2")):
        cell = vector_value("pdf", (law, vector(*at)))
        assert cell is not None and not all(truth(scalarise(c), {}) for c in cell[1])
