"""Known integrals and series against numerical evaluation; germs against values nearby; certificates that are corrupted."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import pytest

from derive.check import check_claim_text
from derive.core.claim import HYPOTHESIS, Cited, Context, Fact, Obligation
from derive.core.sort import INTEGER, REAL, Function
from derive.core.term import (
    INF,
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    div,
    eq,
    mul,
    neg,
    power,
    sub,
)
from derive.core.verdict import Kind, Trust
from derive.engines import calculus
from derive.kernel.accept import accept
from derive.kernel.certificate import ALL_FEATURES, Certificate, Evaluated, Intro, OfOrder, Value
from derive.kernel.goal import Accepted
from derive.kernel.known import INTEGRALS, SERIES, Row
from derive.kernel.limits import limit_of
from derive.kernel.poly import Decline
from derive.settings import Settings

TABLE = Path(__file__).parent.parent / "benchmarks" / "calculus_table.toml"
PAIRS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["pair"]
X, N = Sym("x", REAL), Sym("n", INTEGER)
_UNARY = {
    "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "sin": mpmath.sin, "cos": mpmath.cos,
    "tan": mpmath.tan, "atan": mpmath.atan, "Gamma": mpmath.gamma, "factorial": mpmath.factorial, "abs": abs,
    "erf": mpmath.erf, "tanh": mpmath.tanh,
}


def number(term: Term, at: dict[Sym, Any]) -> Any:
    """The value of a term, by mpmath alone."""
    match term:
        case Num(v):
            return mpmath.mpf(v.numerator) / v.denominator
        case Sym():
            return at[term]
        case App("pi", ()):
            return mpmath.pi
        case App("inf", ()):
            return mpmath.inf
        case App(op, args):
            values = [number(a, at) for a in args]
            match op, values:
                case "+", [a, b]:
                    return a + b
                case "-", [a, b]:
                    return a - b
                case "*", [a, b]:
                    return a * b
                case "/", [a, b]:
                    return a / b
                case "neg", [a]:
                    return -a
                case "^", [a, b]:
                    return mpmath.mpf(1) if b == 0 else a**b
                case _, [a] if op in _UNARY:
                    return _UNARY[op](a)
    raise AssertionError(f"no value of {term!r}")


PARAMETERS: dict[str, tuple[tuple[Term, ...], ...]] = {
    "gaussian": tuple((Num(a), Num(b), Num(k)) for a, b, k in ((1, 0, 0), (2, 1, 1), (3, -2, 2), (1, 1, 3), (2, 3, 4))),
    "gaussian_wave": ((ONE, TWO), (Num(3), Num(-1))),
    "gamma": ((TWO, ONE, ONE), (div(ONE, TWO), Num(3), ONE), (Num(3), TWO, TWO), (div(Num(3), TWO), ONE, Num(3))),
    "inverse_gamma": ((TWO, ONE, ONE), (div(Num(3), TWO), Num(3), ONE), (Num(3), TWO, TWO)),
    "beta": ((TWO, Num(3)), (div(Num(3), TWO), div(Num(5), TWO))),
    "geometric": tuple((div(ONE, Num(r)), Num(n)) for r in (2, -3) for n in (0, 1, 2, 3)),
    "exponential": tuple((Num(x), Num(n)) for x in (1, -2) for n in (0, 1, 2, 3)),
    "mercator": ((div(ONE, TWO),), (div(Num(-1), Num(3)),)),
    "zeta": ((TWO,), (Num(4),), (Num(6),)),
    "cosine": ((ONE,), (Num(-3),)),
    "sine": ((ONE,), (Num(-3),)),
    "arctangent": ((div(ONE, TWO),), (div(Num(-1), Num(3)),)),
}


def cases() -> list[tuple[str, Row, bool, tuple[Term, ...]]]:
    rows = [(n, r, True) for n, r in INTEGRALS.items()] + [(n, r, False) for n, r in SERIES.items()]
    return [(n, r, integral, p) for n, r, integral in rows for p in PARAMETERS[n]]


@pytest.mark.parametrize(("name", "row", "integral", "terms"), cases(), ids=lambda v: repr(v)[:40])
def test_a_row_has_the_value_that_it_says(name: str, row: Row, integral: bool, terms: tuple[Term, ...]) -> None:
    low, high = (number(e, {}) for e in row.over)
    var = X if integral else N
    body = row.body(var, terms)
    if integral:
        middle = [low, 0, high] if low == -mpmath.inf else [low, (1 if high == mpmath.inf else 0.5), high]
        found = mpmath.quad(lambda v: number(body, {var: v}), middle)
    else:
        found = mpmath.nsum(lambda v: number(body, {var: mpmath.mpf(int(v))}), [int(low), mpmath.inf])
    assert mpmath.almosteq(found, number(row.value(terms), {}), 1e-8, 1e-8)


LIMITS = [
    (div(App("sin", (X,)), X), ZERO, 0), (div(sub(ONE, App("cos", (X,))), power(X, TWO)), ZERO, 0),
    (mul(X, App("log", (X,))), ZERO, 1), (power(X, X), ZERO, 1),
    (div(sub(App("exp", (X,)), ONE), X), ZERO, 0), (power(add(ONE, X), div(ONE, X)), ZERO, 0),
    (div(App("tan", (X,)), X), ZERO, 0), (App("atan", (div(ONE, X),)), ZERO, 1),
    (div(App("abs", (X,)), X), ZERO, -1), (App("tanh", (div(ONE, X),)), ZERO, -1),
    (App("erf", (div(ONE, X),)), ZERO, 1), (App("exp", (neg(div(ONE, power(X, TWO))),)), ZERO, 0),
    (div(sub(App("sqrt", (add(ONE, X),)), ONE), X), ZERO, 0),
    (div(sub(App("sin", (X,)), X), power(X, Num(3))), ZERO, 0),
]


@pytest.mark.parametrize(("body", "point", "side"), LIMITS, ids=lambda v: repr(v)[:50])
def test_a_limit_is_near_the_values_nearby(body: Term, point: Term, side: int) -> None:
    theorem = limit_of(Bind("lim", X, (point, Num(side)), body), Context())
    assert theorem.value is not None
    value = number(theorem.value, {})
    with mpmath.workdps(60):
        for s in (side,) if side else (1, -1):
            at = number(body, {X: mpmath.mpf(s) * mpmath.mpf(10) ** -9})
            assert abs(at - value) < 1e-6


@pytest.mark.parametrize(
    ("body", "point", "side"),
    [
        (div(ONE, X), ZERO, 0), (App("log", (X,)), ZERO, 1), (App("sqrt", (X,)), ZERO, 0),
        (div(App("abs", (X,)), X), ZERO, 0), (App("sin", (X,)), INF, 0), (App("asin", (X,)), ONE, 0),
        (mul(ZERO, App("log", (X,))), ZERO, 0), (App("exp", (div(ONE, X),)), ZERO, 0),
        (power(X, Sym("a", REAL)), ZERO, 1), (App("floor", (X,)), ONE, 0),
    ],
    ids=lambda v: repr(v)[:40],
)
def test_a_limit_that_does_not_exist_or_is_not_known_is_declined(body: Term, point: Term, side: int) -> None:
    with pytest.raises(Decline):
        limit_of(Bind("lim", X, (point, Num(side)), body), Context())


# ---------------------------------------------------------------- certificates


def certificate_of(claim: Term) -> tuple[Obligation, Intro]:
    obligation = Obligation("", claim, Context(), Cited())
    found = next(c for c in calculus.propose(obligation, ALL_FEATURES) if isinstance(accept(obligation, c), Accepted))
    assert isinstance(found, Intro)
    return obligation, found


def corrupted(certificate: Intro, change: dict[str, object]) -> Certificate:
    (part,) = certificate.parts
    assert isinstance(part, Evaluated)
    value, *rest = part.values
    return Intro((replace(part, values=(replace(value, **change), *rest)),))  # type: ignore[arg-type]


SQUARE = eq(Bind("int", X, (ZERO, ONE), power(X, TWO)), div(ONE, Num(3)))


@pytest.mark.parametrize(
    "terms",
    [
        (Bind("lam", X, (), div(power(X, Num(3)), TWO)), ONE, ZERO, ZERO),
        (Bind("lam", X, (), power(X, TWO)), ONE, ZERO, ZERO),
        (X, ONE, ZERO, ZERO),
        (Bind("lam", X, (), div(power(X, Num(3)), Num(3))),),
    ],
    ids=repr,
)
def test_another_antiderivative_is_refused(terms: tuple[Term, ...]) -> None:
    obligation, found = certificate_of(SQUARE)
    assert not isinstance(accept(obligation, corrupted(found, {"terms": terms})), Accepted)


@pytest.mark.parametrize(
    "change", [{"parts": ()}, {"method": "continuity", "terms": (ONE,)}, {"method": "nothing"}, {"method": "gaussian"}],
    ids=repr,
)
def test_a_certificate_without_its_premises_is_refused(change: dict[str, object]) -> None:
    obligation, found = certificate_of(SQUARE)
    assert not isinstance(accept(obligation, corrupted(found, change)), Accepted)


def test_a_part_can_not_vouch_for_itself() -> None:
    term = Bind("int", X, (ONE, INF), div(ONE, X))
    function = Bind("lam", X, (), term.body)
    claim = App("converges", (term,))
    obligation = Obligation("", claim, Context(), Cited())
    parts = [calculus.show(p, Context()) for p in _premises(term, function)]
    assert None not in parts
    value = Value(term, "linearity", (ONE, ONE, function), tuple(p for p in parts if p is not None))
    assert not isinstance(accept(obligation, Evaluated((value,), calculus.Normal())), Accepted)


def _premises(term: Bind, function: Term) -> tuple[Term, ...]:
    return calculus.theorem_of(term, "linearity", (ONE, ONE, function), Context()).premises


# ---------------------------------------------------------------- orders of magnitude

ORDERS = [
    ("log(1 + h) = h - h^2/2 + O(h^3)", "h : real", Kind.PROVED),
    ("log(1 + h) = h - h^2/2 + O(h^4)", "h : real", Kind.REFUTED),
    ("(sin(x + h) - sin(x - h))/(2*h) = cos(x) + O(h^2)", "h, x : real", Kind.PROVED),
    ("(sin(x + h) - sin(x))/h = cos(x) + O(h^2)", "h, x : real", Kind.REFUTED),
    ("log(x + h) = log(x) + h/x + O(h^2)", "h : real; x : positive", Kind.PROVED),
    ("log(x + h) = log(x) + h/x + O(h^2)", "h, x : real", Kind.CONDITIONAL),
    ("(1 + h + O(h^2))*(1 - h + O(h^2)) = 1 + O(h^2)", "h : real", Kind.PROVED),
    ("1/(1 + O(h)) = 1 + O(h)", "h : real", Kind.PROVED),
    ("(1 + O(h))^2 = 1 + O(h^2)", "h : real", Kind.REFUTED),
    ("h = O(sqrt(h))", "h : positive", Kind.PROVED),
    ("abs(h) = h + O(h^2)", "h : real", Kind.REFUTED),
    ("log(n!) = n*log(n) - n + O(log(n))", "n : natural", Kind.PROVED),
    ("1/(1 + x^2) = 1/x^2 + O(1/x^4 | x -> inf)", "x : real", Kind.PROVED),
    ("O(h) <= 3", "h : real", Kind.UNKNOWN),
    ("f(x + h) = f(x) + O(h)", "f : real -> real; x, h : real", Kind.UNKNOWN),
]


@pytest.mark.parametrize(("claim", "given", "verdict"), ORDERS, ids=[c for c, _, _ in ORDERS])
def test_an_order_of_magnitude(claim: str, given: str, verdict: Kind) -> None:
    (step,) = check_claim_text(claim, given.replace("; ", "\n"), Settings(jax=False)).steps
    assert step.verdict is verdict


def test_a_fact_takes_out_only_what_it_speaks_of() -> None:
    h, f = Sym("h", REAL), Sym("f", Function((REAL,), REAL))

    def order(body: Term, scale: Term) -> Term:
        return App("order", (Bind("lam", h, (), body), Bind("lam", h, (), scale), ZERO, ZERO))

    said, value = order(App("apply", (f, h)), power(h, TWO)), App("apply", (f, h))
    context = Context((f,), (), (Fact("said", said, HYPOTHESIS),))

    def answer(claim: Term, part: Term) -> object:
        parts = ((said, Bind("lam", h, (), part)),)
        return accept(Obligation("", claim, context), OfOrder(parts, ()))

    assert isinstance(answer(order(div(value, h), h), value), Accepted)
    assert not isinstance(answer(order(value, power(h, Num(3))), value), Accepted)
    assert not isinstance(answer(order(add(h, value), power(h, TWO)), h), Accepted)
    assert not isinstance(answer(order(App("log", (h,)), h), App("log", (h,))), Accepted)


# ---------------------------------------------------------------- what is owed, and refuted

OWED = [
    ("int(x in 0..inf, exp(-a*x)) = 1/a", "a : real", Kind.CONDITIONAL, "0 < a"),
    ("int(x in -inf..inf, exp(-a*x^2 + b*x)) = sqrt(pi/a)*exp(b^2/(4*a))", "a, b : real", Kind.CONDITIONAL, "0 < a"),
    ("sum(k in 0..inf, r^k) = 1/(1 - r)", "r : real", Kind.CONDITIONAL, "abs(r) < 1"),
    ("int(x in 1..inf, x^(-p)) = 1/(p - 1)", "p : real", Kind.CONDITIONAL, "0 < p - 1"),
    ("int(x in 0..inf, exp(-a*x)) = 1/a", "a : negative", Kind.UNKNOWN, ""),
    ("int(x in 0..inf, exp(-a*x)) = 2/a", "a : real", Kind.REFUTED, ""),
    ("int(x in 1..inf, 1/x) - int(x in 1..inf, 1/(x + 1)) = log(2)", "", Kind.REFUTED, ""),
    ("diff(int(x in 0..inf, exp(-a*x)), a) = -1/a^2", "a : positive", Kind.PROVED, ""),
    ("diff(int(x in 0..inf, sin(t*x)/x), t) = int(x in 0..inf, cos(t*x))", "t : positive", Kind.UNKNOWN, ""),
]


@pytest.mark.parametrize(("claim", "given", "verdict", "owes"), OWED, ids=[f"{c} | {g}" for c, g, _, _ in OWED])
def test_what_the_parameters_must_be_is_owed(claim: str, given: str, verdict: Kind, owes: str) -> None:
    (step,) = check_claim_text(claim, given, Settings(jax=False)).steps
    assert step.verdict is verdict
    assert [c.claim for c in step.conditions if c.verdict is not Kind.PROVED] == ([owes] if owes else [])


# ---------------------------------------------------------------- the table of the benchmark


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: p["name"])
def test_a_true_step_is_proved_and_its_twin_is_not(pair: dict[str, str]) -> None:
    settings = Settings(jax=False, refuter=False)
    (step,) = check_claim_text(pair["true"], pair["given"].replace("; ", "\n"), settings).steps
    assert (step.verdict, step.trust) == (Kind.PROVED, Trust.EXACT)
    (twin,) = check_claim_text(pair["false"], pair["given"].replace("; ", "\n"), settings).steps
    assert twin.verdict not in (Kind.PROVED, Kind.CONDITIONAL)
