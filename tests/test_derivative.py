"""Derivatives agree with central differences at 120 digits, for every operator that has a slope."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from mpmath import mpf

from derive.core.operator import OPERATORS, f
from derive.core.shape import shape_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Function
from derive.core.term import (
    IM,
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
    free_symbols,
    lt,
    mul,
    neg,
    power,
    sub,
    subterms,
)
from derive.kernel.derivative import Refusal, derivative, differentiate
from tests.oracle_mpmath import evaluate

N, M, K = Sym("n", INTEGER), Sym("m", INTEGER), Sym("k", INTEGER)
I, J = Sym("i", INTEGER), Sym("j", INTEGER)
X, Y = Sym("x", Array((N,), REAL)), Sym("y", Array((N,), REAL))
A, B = Sym("A", Array((N, M), REAL)), Sym("B", Array((N, M), REAL))
V = Sym("v", Array((M,), REAL))
C, D = Sym("C", Array((N, N), REAL)), Sym("D", Array((N, N), REAL))
L = Sym("L", Array((TWO, TWO), REAL))
S, T, R = Sym("s", REAL), Sym("t", REAL), Sym("r", REAL)
Q, W = Sym("q", COMPLEX), Sym("w", INTEGER)
SYMBOLS = (X, Y, A, B, V, C, D, L, S, T, R)


def point(seed: int) -> dict[str, Any]:
    """Values of all the symbols; numbers between 1/7 and 1, whatever the operator."""
    rng = random.Random(seed)

    def build(shape: tuple[Term, ...]) -> Any:
        if not shape:
            return mpf(rng.randint(20, 140)) / 141
        return [build(shape[1:]) for _ in range(int(evaluate(shape[0], sizes)))]

    sizes = {"n": 2 + seed % 2, "m": 2, "k": 3}
    values: dict[str, Any] = {s.name: build(shape_of(s)) for s in SYMBOLS}
    return {**sizes, **values, "i": 2, "j": 1}


def close(a: Any, b: Any) -> bool:
    """Agreement as far as differences go: step 1e-25 of order four."""
    return bool(abs(a - b) <= mpf(10) ** -40 * (1 + abs(a) + abs(b)))


def by(variable: Sym, body: Term, at: Term, *places: Term) -> Term:
    """The derivative of the body by the variable at a point."""
    lam = Bind("lam", variable, (), body)
    return f("partial", lam, at, *places) if places else f("deriv", lam, at)


def agrees(term: Term, seed: int = 1) -> None:
    """The value of the term with its derivatives taken is the value by differences."""
    found = differentiate(term)
    assert not isinstance(found, Refusal), found
    assert not any(isinstance(t, App) and t.op in ("deriv", "partial") for t in subterms(found))
    scope = point(seed)
    assert close(evaluate(found, scope), evaluate(term, scope))


# ---------------------------------------------------------------- operators

# An inner function with a slope, between 1/10 and 1 for arguments there, so inside every domain.
INSIDE = div(add(S, power(S, TWO)), Num(3))
SHIFTED = {"acosh": add(INSIDE, ONE)}


@pytest.mark.parametrize("op", [r.name for r in OPERATORS.values() if r.slope and r.arity == 1])
@pytest.mark.parametrize("sign", [1, -1])
def test_unary_slopes(op: str, sign: int) -> None:
    argument = SHIFTED.get(op, INSIDE)
    if sign < 0:
        if op in ("log", "sqrt", "Gamma", "acosh"):
            return
        argument = neg(argument)
    for seed in range(3):
        agrees(by(S, f(op, argument), T), seed)


@pytest.mark.parametrize("op", [r.name for r in OPERATORS.values() if r.slope and r.arity == 2])
def test_binary_slopes(op: str) -> None:
    for seed in range(3):
        agrees(by(S, f(op, INSIDE, f("exp", S)), T), seed)
        agrees(by(S, f(op, INSIDE, R), T), seed)
        agrees(by(S, f(op, R, INSIDE), T), seed)


def test_no_slope_goes_untested() -> None:
    assert {r.arity for r in OPERATORS.values() if r.slope} == {1, 2}


@pytest.mark.parametrize("exponent", [-3, -1, 0, 1, 2, 5, "1/2", "-3/2", "5/3"])
def test_literal_powers(exponent: Any) -> None:
    agrees(by(S, power(INSIDE, Num(Fraction(exponent))), T))


def test_symbolic_powers() -> None:
    agrees(by(S, power(INSIDE, K), T))
    agrees(by(S, power(INSIDE, R), T))
    agrees(by(S, power(R, S), T))
    agrees(by(S, power(S, S), T))


@pytest.mark.parametrize("shift", [-1, 1])
def test_away_from_kinks(shift: int) -> None:
    for op in ("relu", "abs"):
        agrees(by(S, f(op, add(INSIDE, Num(shift * 2))), T))
    for op in ("max", "min"):
        agrees(by(S, f(op, add(INSIDE, Num(shift * 2)), f("sin", S)), T))


def test_complex_values() -> None:
    phase = f("exp", mul(IM, S))
    agrees(by(S, f("re", mul(phase, phase)), T))
    agrees(by(S, mul(f("conj", phase), f("sin", phase)), T))
    agrees(by(S, power(phase, Num(-3)), T))


@pytest.mark.parametrize("op", ["abs", "log", "sqrt", "sign", "tanh", "erf"])
def test_complex_branches_are_refused(op: str) -> None:
    # d/dt abs(exp(im*t)) is 0, and no rule of the reals says so
    assert isinstance(differentiate(by(S, f(op, f("exp", mul(IM, S))), T)), Refusal)


# ---------------------------------------------------------------- nesting and binding


def test_nested_derivatives() -> None:
    second = by(S, by(S, f("exp", f("sin", S)), S), T)
    agrees(second)
    mixed = by(S, mul(S, by(T, mul(f("sin", mul(S, T)), T), power(S, TWO))), R)
    agrees(mixed)
    third = by(S, by(S, by(S, f("log", S), S), S), T)
    agrees(third)


def test_the_point_may_use_the_variable() -> None:
    agrees(by(S, mul(S, T), add(S, ONE)))
    agrees(by(S, power(S, TWO), mul(S, S)))


def test_an_entry_of_a_sum_is_no_sum() -> None:
    # d/dx[i] of sum(i, x[i]^2) is 2*x[i]
    body = Bind("sum", I, (ONE, N), power(f("index", X, I), TWO))
    found = differentiate(by(X, body, X, I))
    assert not isinstance(found, Refusal)
    assert I in free_symbols(found)
    scope = point(1)
    assert close(evaluate(found, scope), 2 * scope["x"][1])


def test_the_variable_is_not_captured() -> None:
    # The summation variable has the name of the variable of differentiation.
    s = Sym("s", INTEGER)
    body = mul(S, Bind("sum", s, (ONE, N), mul(s, f("index", X, s))))
    agrees(by(S, body, T))
    shadowed = Bind("sum", Sym("s", REAL), (ONE, N), Sym("s", REAL))
    found = differentiate(by(S, add(S, shadowed), T))
    assert found == ONE


def test_a_place_that_mentions_the_variable_is_not_captured() -> None:
    # The x of the place is the outer one, and stays when the bound one becomes y.
    place = f("ceil", f("index", X, ONE))
    found = differentiate(by(X, f("dot", X, X), Y, place))
    assert not isinstance(found, Refusal)
    assert {X, Y} <= free_symbols(found)
    jacobian = f("jacobian", Bind("lam", X, (), f("matmul", C, X)), Y)
    found = differentiate(f("index", jacobian, place, ONE))
    assert not isinstance(found, Refusal)
    assert X in free_symbols(found)


SUMS: dict[str, tuple[Sym, Term]] = {
    "squares": (X, Bind("sum", I, (ONE, N), power(f("index", X, I), Num(3)))),
    "pairs": (X, Bind("sum", I, (ONE, N), Bind("sum", J, (ONE, N), mul(
        f("index", C, I, J), mul(f("index", X, I), f("index", X, J)))))),
    "dependent range": (X, Bind("sum", I, (ONE, N), Bind("sum", J, (ONE, I), mul(
        f("index", X, I), f("exp", f("index", X, J)))))),
    "product": (X, Bind("prod", I, (ONE, N), add(ONE, power(f("index", X, I), TWO)))),
    "empty product": (X, Bind("prod", I, (ONE, ZERO), f("index", X, ONE))),
    "quadratic": (X, f("dot", X, f("matmul", C, X))),
    "softmax": (X, f("log", f("index", f("softmax", f("matmul", C, X)), ONE))),
    "logsumexp": (X, f("logsumexp", X)),
    "norm": (X, f("norm", sub(X, f("matmul", C, Y)))),
    "norm squared": (A, power(f("norm", sub(f("matmul", A, V), X)), TWO)),
    "two layers": (A, power(f("norm", sub(f("matmul", C, f("tanh", f("matmul", A,
        f("transpose", B)))), D)), TWO)),
    "variance": (X, f("variance", X)),
    "trace": (C, f("tr", f("matmul", f("matmul", C, D), f("transpose", C)))),
    "determinant": (C, f("det", add(C, f("eye", N)))),
    "literal determinant": (L, f("det", f("matmul", L, L))),
    "log of determinant": (C, f("logdet", add(f("matmul", f("transpose", C), C), f("eye", N)))),
    "inverse": (C, f("tr", f("matmul", f("inv", add(C, mul(Num(2), f("eye", N)))), D))),
    "quadratic of inverse": (C, f("dot", X, f("matmul", f("inv", f("matmul", f("transpose", C),
        add(C, f("eye", N)))), Y))),
    "if": (X, f("ite", lt(S, T), f("index", X, ONE), power(f("index", X, TWO), TWO))),
}


@pytest.mark.parametrize("name", SUMS)
def test_entries_of_a_gradient(name: str) -> None:
    variable, body = SUMS[name]
    for seed in (1, 2):
        scope = point(seed)
        sizes = [int(evaluate(n, scope)) for n in shape_of(variable)]
        names = (I, J)[: len(sizes)]
        term = by(variable, body, variable, *names)
        found = differentiate(term)
        assert not isinstance(found, Refusal), found
        for place in product(*(range(1, size + 1) for size in sizes)):
            inner = {**scope, **{s.name: i for s, i in zip(names, place, strict=True)}}
            assert close(evaluate(found, inner), evaluate(term, inner))


def test_an_array_point() -> None:
    term = f("grad", Bind("lam", X, (), f("dot", X, f("matmul", C, X))), f("matmul", C, Y))
    agrees(f("index", term, ONE))
    agrees(f("index", f("hessian", Bind("lam", X, (), f("exp", f("dot", X, Y))), Y), ONE, TWO))
    agrees(f("index", f("jacobian", Bind("lam", V, (), f("tanh", f("matmul", A, V))), V), ONE, TWO))


def random_term(rng: random.Random, depth: int) -> Term:
    """A term in `s` and `x`, defined for values between 0 and 1."""
    if depth == 0:
        return rng.choice([S, R, f("index", X, ONE), Num(rng.randint(1, 3))])
    op = rng.choice(["+", "-", "*", "/", "exp", "log", "sin", "tanh", "sqrt", "sum", "ite", "^"])
    inner = random_term(rng, depth - 1)
    match op:
        case "+" | "-" | "*":
            return f(op, inner, random_term(rng, depth - 1))
        case "/":
            return div(inner, add(TWO, f("sin", random_term(rng, depth - 1))))
        case "log" | "sqrt":
            return f(op, add(TWO, f("sin", inner)))
        case "sum":
            return Bind("sum", I, (ONE, N), mul(inner, f("index", X, I)))
        case "ite":
            return f("ite", lt(R, T), inner, random_term(rng, depth - 1))
        case "^":
            return power(f("sin", inner), Num(rng.randint(0, 3)))
        case "exp":
            return f("exp", f("sin", inner))
        case _:
            return f(op, inner)


@pytest.mark.parametrize("seed", range(40))
def test_random_terms(seed: int) -> None:
    rng = random.Random(seed)
    body = random_term(rng, 3)
    agrees(by(S, body, T), seed)
    agrees(by(X, body, X, ONE), seed)
    agrees(by(S, by(S, random_term(rng, 2), S), T), seed)


# ---------------------------------------------------------------- refusals

F = Sym("F", Function((REAL,), REAL))
LAM = Sym("G", Function((Array((N,), REAL),), REAL))


@pytest.mark.parametrize(
    "term",
    [
        by(S, f("factorial", S), T),
        by(S, f("digamma", S), T),
        by(S, f("indicator", lt(ZERO, S)), T),
        by(S, f("ite", f("=>", lt(ZERO, S), lt(ZERO, T)), ZERO, S), T),
        by(S, Bind("max", I, (ONE, N), mul(S, f("index", X, I))), T),
        by(S, Bind("sum", I, (ONE, f("floor", S)), S), T),
        by(S, Bind("sum", I, (ONE, INF), power(S, I)), T),
        by(S, Bind("int", T, (ZERO, INF), f("sin", mul(S, T))), R),
        by(S, Bind("int", T, (S, INF), f("exp", mul(S, T))), R),
        by(S, Bind("lim", T, (ZERO, ZERO), mul(S, T)), R),
        by(S, Bind("E", T, (f("Normal", S, ONE),), T), R),
        by(S, f("index", X, f("floor", S)), T),
        by(S, f("apply", F, S), T),
        by(X, f("index", f("softmax", f("outer", X, X)), ONE, ONE), X, ONE),
        by(W, power(W, TWO), W),
        by(Q, f("conj", Q), Q),
        by(S, f("unsupported", S), T),
        by(X, f("index", X, ONE), X),
    ],
    ids=repr,
)
def test_refused(term: Term) -> None:
    assert isinstance(differentiate(term), Refusal)


def test_the_end_of_an_integral_brings_the_integrand_there() -> None:
    assert differentiate(by(S, Bind("int", T, (ZERO, S), f("exp", T)), R)) == f("exp", R)


def test_both_terms_of_leibniz_are_there() -> None:
    found = differentiate(by(S, Bind("int", T, (ZERO, S), mul(S, T)), R))
    assert isinstance(found, App) and found.op == "+"


def test_the_derivative_of_a_function_symbol_stays() -> None:
    term = f("deriv", F, S)
    assert differentiate(term) == term
    assert isinstance(differentiate(by(S, term, T)), Refusal)


def test_a_step_function_is_flat_away_from_its_jumps() -> None:
    assert derivative(f("floor", S), S) == ZERO


def test_derivative_by_name() -> None:
    assert derivative(mul(S, T), S) == T
    assert isinstance(derivative(f("factorial", S), S), Refusal)
