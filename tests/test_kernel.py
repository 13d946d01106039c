"""Every form of certificate: accepted where it shows the claim, refused when it is corrupted.

A certificate that an engine found for a true claim is offered, as it is and corrupted in every place, for
the claim's false twin: the kernel has to refuse all of them. Some certificates are written by hand to lie.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

import pytest

from derive.core.claim import CONDITION, Fact, Obligation
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import ONE, ZERO, App, Bind, Num, Sym, Term, div, le, mul, neg, power, sub
from derive.elaborate.document import plan_claim
from derive.elaborate.plan import PlannedStep
from derive.engines.prove import ALL, ENGINES
from derive.kernel import certificate as form
from derive.kernel.accept import accept
from derive.kernel.goal import Accepted
from derive.kernel.lemmas import LEMMAS
from derive.kernel.meaning import usable
from derive.syntax.parse import parse_claim, parse_givens
from derive.text import Source

X, Y, A, N, K = Sym("x", REAL), Sym("y", REAL), Sym("a", REAL), Sym("n", INTEGER), Sym("k", REAL)
I = Sym("i", INTEGER)
U = Sym("u", Array((N,), REAL))


def obligation(claim: str, given: str) -> Obligation:
    """A claim and its givens, as written, with the conditions that it owes as facts."""
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    source = Source("<claim>", claim)
    chain, mistakes = parse_claim(source)
    givens, faults = parse_givens(Source("<given>", given))
    assert chain is not None and not mistakes and not faults
    (step,) = plan_claim(chain, givens, source).theorems[0].steps
    assert isinstance(step, PlannedStep) and step.obligation is not None
    made = step.obligation
    owed = tuple(Fact("", c, CONDITION) for c in usable(made.claim, made.context))
    return replace(made, context=made.context.with_facts(*owed))


def is_accepted(about: Obligation, certificate: form.Certificate) -> bool:
    return isinstance(accept(about, certificate), Accepted)


# ---------------------------------------------------------------- what the engines find

# The form, a true claim that an engine shows with it, a false twin, what is given.
TWINS = (
    ("Normal", "(x + y)^2 = x^2 + 2*x*y + y^2", "(x + y)^2 = x^2 + x*y + y^2", "x, y : real"),
    ("Normal", "x*(1 - x) <= 1/4", "x*(1 - x) <= 1/5", "x : real"),
    ("Normal", "sum(i in 1..n, x[i] + 1) = n + sum(i in 1..n, x[i])", "sum(i in 1..n, x[i] + 1) = 1 + sum(i in 1..n, x[i])", "n : dim\nx : real[n]"),
    ("Normal", "2*x = 4 <=> x = 2", "x^2 = 4 <=> x = 2", "x : real"),
    ("Normal", "diff(x^3, x) = 3*x^2", "diff(x^3, x) = 2*x^2", "x : real"),
    ("Noncommutative", "inv(P @ Q) = inv(Q) @ inv(P)", "inv(P @ Q) = inv(P) @ inv(Q)", "n : dim\nP, Q : invertible[n]"),
    ("Noncommutative", "P @ inv(P) @ Q = Q", "P @ Q @ inv(P) = Q", "n : dim\nP, Q : invertible[n]"),
    ("Combination", "log(x) <= x - 1", "log(x) <= x - 2", "x : positive"),
    ("Combination", "1 + x <= exp(x)", "2 + x <= exp(x)", "x : real"),
    ("Combination", "abs(x - y) <= abs(x) + abs(y)", "abs(x - y) <= abs(x) - abs(y)", "x, y : real"),
    ("Combination", "sqrt(x*y) <= (x + y)/2", "sqrt(x*y) <= (x + y)/3", "x, y : positive"),
    ("Combination", "log(1 + x) >= x*log(2)", "log(1 + x) >= x*log(3)", "x : real\nh: 0 <= x\ng: x <= 1"),
    ("Combination", "sum(i in 1..n, x[i]*y[i])^2 <= sum(i in 1..n, x[i]^2)*sum(i in 1..n, y[i]^2)", "sum(i in 1..n, x[i]*y[i])^2 <= sum(i in 1..n, x[i]^2*y[i]^2)", "n : dim\nx, y : real[n]"),
    ("Congruence", "sum(i in 1..n, x[i]) <= sum(i in 1..n, y[i])", "sum(i in 1..n, y[i]) <= sum(i in 1..n, x[i])", "n : dim\nx, y : real[n]\nh: for i in 1..n, x[i] <= y[i]"),
    ("Congruence", "max(i in 1..n, x[i]) <= c", "sum(i in 1..n, x[i]) <= c", "n : dim\nx : real[n]\nc : real\nh: for i in 1..n, x[i] <= c"),
    ("Fact", "max(i in 1..n, x[i]) <= c", "max(i in 1..n, x[i]) < c", "n : dim\nx : real[n]\nc : real\nh: for i in 1..n, x[i] <= c"),
    ("Strip", "sqrt(x) <= y", "sqrt(x) <= y/2", "x : nonnegative\ny : positive\nh: x <= y^2"),
    ("Pointwise", "P(X > 2) <= P(X > 1)", "P(X > 1) <= P(X > 2)", "X : random"),
    ("Logs", "x^p <= exp(p*(x - 1))", "x^p <= exp(p*(x - 2))", "x, p : positive"),
    ("Slope", "x*exp(-x) <= exp(-1)", "x*exp(-x) <= exp(-2)", "x : real"),
    ("Slope", "sin(x) <= x", "x <= sin(x)", "x : nonnegative"),
    ("Product", "tanh(x) <= x", "x <= tanh(x)", "x : nonnegative"),
    ("Intro", "1 + x <= exp(x)", "exp(x) <= 1 + x", "x : real"),
    ("Both", "x^2 <= 4 <=> -2 <= x and x <= 2", "x^2 <= 4 <=> -2 <= x and x <= 1", "x : real"),
    ("Contrary", "x^2 <= 4 => x <= 2", "x^2 <= 4 => x <= 1", "x : real"),
    ("Squeeze", "exp(x) + x = 1 <=> x = 0", "exp(x) - x = 1 + x <=> x = 0", "x : real"),
    ("Apart", "exp(x) != x", "exp(x) != 3*x", "x : real"),
    ("Exponentials", "log(x) + log(2) <= 0 <=> x <= 1/2", "log(x) + log(2) <= 0 <=> x <= 2", "x : positive"),
    ("StrictSlope", "exp(x) = 1 + x <=> x = 0", "exp(x) = 1 + 2*x <=> x = 0", "x : real"),
    ("Alternative", "exp(x) >= 1 + x or x = 5", "exp(x) >= 2 + x or x = 5", "x : real"),
    ("Induction", "prod(i in 1..n, 1 + 1/i) = n + 1", "prod(i in 1..n, 1 + 1/i) = n + 2", "n : dim"),
    ("Induction", "sum(i in 1..n, 1/i^2) <= 2 - 1/n", "sum(i in 1..n, 1/i^2) <= 3/2", "n : dim"),
    ("Optimum", "argmax(x, log(x) - x) = 1", "argmax(x, log(x) - x) = 2", "x : positive"),
    ("Optimum", "argmin(x, (x - 1)^2) = 1", "argmax(x, (x - 1)^2) = 1", "x : real"),
)


@cache
def found(claim: str, given: str) -> form.Certificate | None:
    """The first certificate that an engine finds and the kernel accepts."""
    about = obligation(claim, given)
    for _, propose in ENGINES:
        for certificate in propose(about, ALL):
            if is_accepted(about, certificate):
                return certificate
    return None


def forms(certificate: Any) -> set[str]:
    """The names of the forms that a certificate is made of."""
    return {type(c).__name__ for c in parts(certificate)}


def parts(certificate: Any) -> Iterator[Any]:
    """A certificate and all that it contains."""
    yield certificate
    for f in fields(certificate):
        value = getattr(certificate, f.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if is_dataclass(inner) and type(inner).__module__ == form.__name__:
                yield from parts(inner)


def corrupted(certificate: Any) -> Iterator[form.Certificate]:
    """The certificate with one thing changed, everywhere."""
    match certificate:
        case form.Normal(equations, features) | form.Noncommutative(equations, features):
            yield replace(certificate, equations=(*equations, "h", "g"))
            yield replace(certificate, features=features - {"log"})
        case form.Fact(_):
            yield form.Fact("g")
            yield form.Fact("")
        case form.Instance(lemma, args):
            yield from (form.Instance(other, args) for other in LEMMAS if other != lemma)  # type: ignore[misc]
            for k, a in enumerate(args):
                if not isinstance(a, Bind):
                    for b in (neg(a), ZERO, mul(Num(2), a)):
                        yield form.Instance(lemma, (*args[:k], b, *args[k + 1 :]))  # type: ignore[misc]
        case form.Part(weight, factors):
            for other in ("-1", "0", "2", f"-{weight}"):
                yield form.Part(other, factors)  # type: ignore[misc]
            yield form.Part(weight, factors[1:])  # type: ignore[misc]
            yield form.Part(weight, (*factors, *factors))  # type: ignore[misc]
        case form.Combination(all_parts, scale, equations):
            yield form.Combination((), scale, equations)
            yield form.Combination((*all_parts, *all_parts), scale, equations)
            yield form.Combination(all_parts, Num(-1), equations)
            yield form.Combination(all_parts, ZERO, equations)
        case form.Slope(variable, point, inner):
            yield form.Slope(variable, neg(point), inner)
            yield form.Slope(variable, variable, inner)
            yield form.Slope(variable, point, inner[::-1])
        case form.Induction(variable, low, by_difference, base, step):
            yield form.Induction(variable, low - 1, by_difference, base, step)
            yield form.Induction(variable, low, not by_difference, base, step)
            yield form.Induction(variable, low, by_difference, step, base)
        case form.Both(forward, backward):
            yield form.Both(backward, forward)
            yield form.Both(forward, forward)
        case form.Contrary(_, inner):
            yield form.Contrary(le(ZERO, Num(-1)), inner)
            yield form.Contrary(App("=", (ZERO, Num(1))), inner)
        case form.Squeeze(below, _):
            yield form.Squeeze(below, below)
        case form.Apart(below, inner):
            yield form.Apart(not below, inner)
        case form.Alternative(number, inner):
            yield form.Alternative(1 - number, inner)
            yield form.Alternative(-1, inner)
        case form.StrictSlope(variable, point, inner):
            yield form.StrictSlope(variable, variable, inner)
            yield form.StrictSlope(variable, neg(point), inner[::-1])
        case form.Optimum(method, inner):
            yield form.Optimum("rises_then_falls" if "stationary" in method else "stationary_point_of_concave", inner)
            yield form.Optimum("falls_then_rises", inner)
            yield form.Optimum(method, inner[1:])
            yield form.Optimum(method, inner[:1] * len(inner))
        case form.Product(factor, rest, part):
            yield form.Product(neg(factor), rest, part)
            yield form.Product(rest, factor, part)
        case _:
            pass
    for f in fields(certificate):
        value = getattr(certificate, f.name)
        if isinstance(value, tuple):
            if f.name == "parts" and value:
                yield replace(certificate, parts=value[:-1])
                yield replace(certificate, parts=(*value, value[0]))
            for k, inner in enumerate(value):
                if is_dataclass(inner) and type(inner).__module__ == form.__name__:
                    for changed in corrupted(inner):
                        yield replace(certificate, **{f.name: (*value[:k], changed, *value[k + 1 :])})
        elif is_dataclass(value) and type(value).__module__ == form.__name__:
            for changed in corrupted(value):
                yield replace(certificate, **{f.name: changed})


CASES = [pytest.param(*case, id=f"{case[0]}-{case[1]}") for case in TWINS]


@pytest.mark.parametrize(("kind", "claim", "twin", "given"), CASES)
def test_a_certificate_shows_its_claim(kind: str, claim: str, twin: str, given: str) -> None:
    certificate = found(claim, given)
    assert certificate is not None
    assert kind in forms(certificate)


@pytest.mark.parametrize(("kind", "claim", "twin", "given"), CASES)
def test_no_certificate_shows_the_false_twin(kind: str, claim: str, twin: str, given: str) -> None:
    certificate, about = found(claim, given), obligation(twin, given)
    assert certificate is not None
    assert not is_accepted(about, certificate)
    for changed in list(corrupted(certificate))[:80]:
        assert not is_accepted(about, changed), changed
    assert found(twin, given) is None


@pytest.mark.parametrize(("kind", "claim", "twin", "given"), CASES)
def test_a_certificate_is_accepted_again(kind: str, claim: str, twin: str, given: str) -> None:
    """The same answer with what was remembered in between."""
    certificate, about = found(claim, given), obligation(claim, given)
    assert certificate is not None
    first = accept(about, certificate)
    found(twin, given)
    again = accept(about, certificate)
    assert isinstance(first, Accepted) and first == again


# ---------------------------------------------------------------- written by hand

NORMAL = form.Normal()


def combined(*instances: form.Instance, weight: str = "1", scale: Term | None = None) -> form.Combination:
    return form.Combination((form.Part(weight, instances),), scale)


def f(op: str, *args: Term) -> Term:
    return App(op, args)


SHIFTED = Bind("lam", I, (), neg(power(sub(I, X), Num(2))))
SQUARES = Bind("lam", I, (), power(I, Num(2)))
RIGHT = (
    ("x <= 3", "x, y : real\nh: x <= y\ng: y <= 3", form.Through(Y, form.Fact("h"), form.Fact("g"))),
    ("abs(x) <= 2*abs(x)", "x : real", form.Split(X, NORMAL, NORMAL)),
    ("0 <= x*(1 - x)", "x : real\nh: 0 <= x\ng: x <= 1",
     form.Chord(X, ZERO, ONE, (NORMAL, NORMAL, NORMAL, NORMAL, NORMAL))),
    ("2*x - 1 <= x^2", "x : real", combined(form.Instance("square", (sub(X, ONE),)))),
    ("x <= 2*y", "x, y : real\nh: x/y <= 2\np: 0 < y", combined(form.Instance("nonnegative", (sub(Num(2), div(X, Y)),)), scale=div(ONE, Y))),
)


@pytest.mark.parametrize(("claim", "given", "certificate"), RIGHT)
def test_written_by_hand(claim: str, given: str, certificate: form.Certificate) -> None:
    assert is_accepted(obligation(claim, given), certificate)


# Certificates that would show something false if one test of the kernel were left out.
LIES = {
    "a pole on the way": ("y <= 1", "x, y : real\nh: x*y <= x", form.Through(div(mul(X, Y), X), NORMAL, NORMAL)),
    "a square of what does not exist": ("0 <= x", "x : real", combined(form.Instance("square", (f("sqrt", X),)))),
    "a square of an imaginary number": ("1 <= 0", "x : real", combined(form.Instance("square", (f("im"),)))),
    "a negative weight": ("x^2 <= 0", "x : real", combined(form.Instance("square", (X,)), weight="-1")),
    "a scale that may be 0": ("1 <= 0", "x : real", combined(form.Instance("square", (X,)), scale=ZERO)),
    "a negative scale": ("x^2 <= 0", "x : real", combined(form.Instance("square", (X,)), scale=Num(-1))),
    "a scale of unknown sign": ("y <= 0", "x, y : real\nh: 0 <= -x*y", form.Combination((form.Part("1", (form.Instance("nonnegative", (neg(mul(X, Y)),)),)),), X)),
    "a logarithm of a negative number": ("log(-2) <= -3", "x : real", combined(form.Instance("log_tangent", (Num(-2),)))),
    "the nonnegativity of nothing known": ("0 <= x", "x : real", combined(form.Instance("nonnegative", (X,)))),
    "an entry beyond the range": (
        "u[n + 1] <= max(i in 1..n, u[i])", "n : dim\nu : real[n]",
        combined(form.Instance("entry_at_most_max", (ONE, N, Bind("lam", I, (), f("index", U, I)), f("+", N, ONE))))),
    "an entry between two indices": (
        "-(k - x)^2 <= max(i in 1..n, -(i - x)^2)", "n : dim\nk, x : real\nh: 1 <= k\ng: k <= n",
        combined(form.Instance("entry_at_most_max", (ONE, N, SHIFTED, K)))),
    "a term between two indices": (
        "k^2 <= sum(i in 1..n, i^2)", "n : dim\nk : real\nh: 1 <= k\ng: k <= n",
        combined(form.Instance("term_at_most_sum", (ONE, N, SQUARES, K)))),
    "a term of a sum with negative terms": (
        "u[1] <= sum(i in 1..n, u[i])", "n : dim\nu : real[n]",
        combined(form.Instance("term_at_most_sum", (ONE, N, Bind("lam", I, (), f("index", U, I)), ONE)))),
    "a reversed order of logarithms": (
        "log(x) <= log(y)", "x, y : positive\nh: y <= x", combined(form.Instance("log_monotone", (X, Y)))),
    "a cosine above 1": ("cos(x) <= 1/2", "x : real", combined(form.Instance("cosine_bound", (X, Num(2))))),
    "a lemma of no name": ("x <= 0", "x : real", combined(form.Instance("hope", (X,)))),
    "a strict claim from a weak one": ("0 < x^2", "x : real", combined(form.Instance("square", (X,)))),
    "a fact that says something else": ("x < 1", "x : real\nh: x <= 1", form.Fact("h")),
    "a fact that is not there": ("x < 1", "x : real", form.Fact("h")),
    "an equation that is not there": ("x = 1", "x : real", form.Normal(("h",))),
    "a case left out": ("x <= abs(x) - 1", "x : real", form.Split(X, NORMAL, NORMAL)),
    "a slope of the wrong sign": ("x <= 0", "x : nonnegative", form.Slope(X, ZERO, (NORMAL,) * 4)),
    "a slope at a point outside": ("1/x <= 1", "x : positive", form.Slope(X, ZERO, (NORMAL,) * 6)),
    "a slope across a gap": ("1/x <= 1", "x : real\nh: x != 0", form.Slope(X, ONE, (NORMAL,) * 6)),
    "a chord with one end": ("0 <= x*(1 - x)", "x : real\nh: 0 <= x", form.Chord(X, ZERO, ONE, (NORMAL,) * 5)),
    "a convex chord": ("0 <= x^2 - x", "x : real\nh: 0 <= x\ng: x <= 1", form.Chord(X, ZERO, ONE, (NORMAL,) * 5)),
    "a negative factor": ("x*y <= 0", "x, y : real\nh: 0 <= y\ng: x >= 0", form.Product(neg(X), Y, NORMAL)),
    "a product that is another": ("x*y <= 1", "x, y : real\nh: 0 <= y\ng: x >= 0", form.Product(X, Y, NORMAL)),
    "logarithms of what may be negative": ("x <= y", "x, y : real\nh: x^2 <= y^2", form.Logs((NORMAL,) * 3)),
    "a square root of a negative bound": ("sqrt(x) <= y", "x : nonnegative\ny : real\nh: x <= y^2", form.Strip((NORMAL, form.Fact("h")))),
    "a maximiser that is a minimiser": ("argmax(x, x^2) = 0", "x : real", form.Optimum("stationary_point_of_concave", (NORMAL,) * 3)),
    "fewer premises than owed": ("argmax(x, x^2) = 0", "x : real", form.Optimum("stationary_point_of_concave", ())),
    "a goal without a certificate": ("x = x and x = 1", "x : real", form.Intro((NORMAL,))),
    "an optimum inside": ("x <= 0", "x : real", form.Intro((form.Optimum("rises_then_falls", ()),))),
    "commuting matrices": ("P @ Q = Q @ P", "n : dim\nP, Q : real[n, n]", form.Noncommutative()),
    "an inverse of a singular matrix": ("P @ inv(P) = eye(n)", "n : dim\nP : real[n, n]", form.Noncommutative()),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_refused(name: str) -> None:
    claim, given, certificate = LIES[name]
    about = obligation(claim, given)
    if name.startswith("an inverse"):
        # its condition is owed, and is what makes the claim true: without it nothing is shown
        about = replace(about, context=replace(about.context, facts=()))
    assert not is_accepted(about, certificate)


def test_complex_numbers_have_no_cases() -> None:
    z = Sym("z", COMPLEX)
    about = obligation("abs(z) <= 1", "z : complex")
    assert not is_accepted(about, form.Split(z, NORMAL, NORMAL))
    assert not is_accepted(about, combined(form.Instance("square", (z,))))


def test_a_certificate_holds_no_terms_to_be_trusted() -> None:
    """Unknown symbols in a certificate are harmless: what they are is for all values."""
    loose = Sym("loose", REAL)
    assert is_accepted(obligation("0 <= x^2", "x : real"), form.Split(loose, NORMAL, NORMAL))
    assert not is_accepted(obligation("0 <= x", "x : real"), form.Split(loose, NORMAL, NORMAL))
    assert not is_accepted(obligation("0 <= x", "x : real"), form.Through(loose, NORMAL, NORMAL))
