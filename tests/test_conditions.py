"""Conditions: what is owed for each form, and that where all of it holds the term has a value."""

from __future__ import annotations

import random
from typing import Any

import pytest
from mpmath import mpc, mpf

from derive.core.alpha import alpha_equal
from derive.core.claim import DOMAIN, HYPOTHESIS, Context, Definition, Fact
from derive.core.operator import OPERATORS, f
from derive.core.shape import shape_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Function
from derive.core.term import (
    INF,
    ONE,
    PI,
    TRUE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    eq,
    free_symbols,
    implies,
    le,
    lt,
    mul,
    ne,
    neg,
    power,
    sub,
    substitute,
    subterms,
)
from derive.kernel.conditions import conditions, conditions_of_claim
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.guards import decide, opened
from tests.oracle_mpmath import Undefined, evaluate, truth

N, M, K = Sym("n", INTEGER), Sym("m", INTEGER), Sym("k", INTEGER)
I, J, E = Sym("i", INTEGER), Sym("j", INTEGER), Sym("e", INTEGER)
X, Y = Sym("x", Array((N,), REAL)), Sym("y", Array((N,), REAL))
V = Sym("v", Array((M,), REAL))
A, C = Sym("A", Array((N, M), REAL)), Sym("C", Array((N, N), REAL))
L = Sym("L", Array((TWO, TWO), REAL))
S, T, R = Sym("s", REAL), Sym("t", REAL), Sym("r", REAL)
Q = Sym("q", COMPLEX)
F = Sym("F", Function((REAL,), REAL))

PLAIN = Context(
    (N, M, K, X, Y, A, C, L, S, T, R, Q, E),
    (),
    (Fact("n", le(ONE, N), DOMAIN), Fact("m", le(ONE, M), DOMAIN), Fact("k", le(ZERO, K), DOMAIN)),
)


def at(array: Term, *places: Term) -> Term:
    return f("index", array, *places)


def forall(variable: Sym, over: tuple[Term, ...], body: Term) -> Term:
    return Bind("forall", variable, over, body)


def by(variable: Sym, body: Term, point: Term, *places: Term) -> Term:
    lam = Bind("lam", variable, (), body)
    return f("partial", lam, point, *places) if places else f("deriv", lam, point)


def same(found: tuple[Term, ...], expected: tuple[Term, ...]) -> bool:
    return len(found) == len(expected) and all(map(alpha_equal, found, expected))


def unsupported(found: tuple[Term, ...]) -> bool:
    return any(isinstance(t, App) and t.op == "unsupported" for c in found for t in subterms(c))


# ---------------------------------------------------------------- what is owed, form by form

ROWS: list[tuple[Term, tuple[Term, ...]]] = [
    (add(S, T), ()),
    (div(S, T), (ne(T, ZERO),)),
    (div(S, TWO), ()),
    (div(S, mul(TWO, PI)), ()),
    (div(ONE, sub(ONE, ONE)), (ne(sub(ONE, ONE), ZERO),)),
    (f("log", div(ONE, S)), (ne(S, ZERO), lt(ZERO, div(ONE, S)))),
    (f("sqrt", S), (le(ZERO, S),)),
    # powers
    (power(S, TWO), ()),
    (power(S, Num(-2)), (ne(S, ZERO),)),
    (power(S, div(ONE, TWO)), (lt(ZERO, S),)),
    (power(S, K), ()),
    (power(S, add(K, TWO)), ()),
    (power(S, E), (f("or", ne(S, ZERO), le(ZERO, E)),)),
    (power(TWO, E), ()),
    (power(S, T), (lt(ZERO, S),)),
    (f("factorial", K), ()),
    (f("factorial", E), (le(ZERO, E),)),
    (f("binomial", K, E), (le(ZERO, E),)),
    # complex
    (f("log", Q), (ne(Q, ZERO),)),
    (f("sqrt", Q), ()),
    (div(S, Q), (ne(Q, ZERO),)),
    # arrays
    (at(X, I), (le(ONE, I), le(I, N))),
    (at(L, ONE, TWO), ()),
    (at(L, ONE, Num(3)), (le(Num(3), TWO),)),
    (at(A, ONE, J), (le(ONE, N), le(ONE, J), le(J, M))),
    (Bind("sum", I, (ONE, N), at(X, I)), ()),
    (Bind("sum", I, (ONE, N), div(ONE, at(X, I))),
     (forall(I, (ONE, N), ne(at(X, I), ZERO)),)),
    (Bind("sum", I, (TWO, N), power(S, I)), ()),
    (Bind("sum", I, (Num(-2), N), power(S, I)),
     (forall(I, (Num(-2), N), f("or", ne(S, ZERO), le(ZERO, I))),)),
    (Bind("max", I, (ONE, N), at(X, I)), (le(ONE, N),)),
    (div(X, Y), (forall(I, (ONE, N), ne(at(Y, I), ZERO)),)),
    (div(ONE, f("norm", X)), (ne(f("norm", X), ZERO),)),
    (add(X, V), (eq(N, M),)),
    (f("matmul", A, X), (eq(M, N),)),
    (f("tr", A), (eq(N, M),)),
    (f("inv", C), (f("invertible", C),)),
    (f("inv", L), (ne(f("det", L), ZERO),)),
    (f("logdet", C), (lt(ZERO, f("det", C)),)),
    (f("det", C), ()),
    (f("mean", X), ()),
    (f("sample_variance", X), (lt(ONE, N),)),
    (f("logsumexp", Bind("array", I, (ONE, K), at(X, ONE))),
     (le(ONE, N), le(ONE, K))),
    (f("norm_p", X, S), (le(ONE, S),)),
    # laws
    (f("pdf", f("Normal", S, T), R), (lt(ZERO, T),)),
    (f("pmf", f("Bernoulli", S), K), (le(ZERO, S), le(S, ONE))),
    # guards
    (f("ite", lt(ZERO, S), f("log", S), T), ()),
    (f("ite", lt(ZERO, T), f("log", S), T), (implies(lt(ZERO, T), lt(ZERO, S)),)),
    (f("ite", lt(ZERO, T), S, f("log", S)), (implies(le(T, ZERO), lt(ZERO, S)),)),
    (f("ite", eq(S, ZERO), T, div(ONE, S)), ()),
    # a piecewise term has a slope where its condition keeps its truth
    (by(S, f("ite", eq(S, ZERO), ZERO, S), T), (ne(T, ZERO),)),
    (by(S, f("ite", lt(ZERO, S), f("log", S), S), T), (ne(ZERO, T),)),
    (f("=>", conj(lt(ZERO, T), ne(S, ZERO)), eq(div(ONE, S), T)), ()),
    (f("=>", lt(ZERO, S), eq(div(ONE, S), T)), (implies(lt(ZERO, S), ne(S, ZERO)),)),
    (f("=>", lt(ZERO, div(ONE, S)), TRUE), (ne(S, ZERO),)),
    (f("and", ne(S, ZERO), eq(div(ONE, S), T)), (ne(S, ZERO),)),
    (forall(S, (), eq(div(ONE, S), T)), (forall(S, (), ne(S, ZERO)),)),
    # derivatives
    (by(S, power(S, TWO), T), ()),
    (by(S, f("sqrt", S), T), (lt(ZERO, T),)),
    (by(S, f("abs", S), T), (ne(T, ZERO),)),
    (by(S, f("relu", S), T), (ne(T, ZERO),)),
    (by(S, f("max", S, ONE), T), (ne(T, ONE),)),
    (by(S, f("max", T, ONE), T), ()),
    (by(S, div(ONE, S), T), (ne(T, ZERO),)),
    (by(S, power(S, div(ONE, TWO)), T), (lt(ZERO, T),)),
    (by(S, power(S, K), T), (f("or", ne(T, ZERO), le(ONE, K)),)),
    (by(S, by(S, f("log", S), S), T), (lt(ZERO, T),)),
    (by(S, by(S, power(S, K), S), T), (
        f("or", ne(T, ZERO), le(ONE, K)), f("or", ne(T, ZERO), le(ONE, sub(K, ONE))))),
    (by(S, power(R, S), T), (lt(ZERO, R),)),
    (by(S, power(R, f("sign", S)), T), (
        f("or", ne(R, ZERO), lt(ZERO, f("sign", T))), lt(ZERO, R), ne(T, ZERO))),
    (by(S, mul(S, f("sqrt", R)), T), (le(ZERO, R),)),
    (by(X, power(f("norm", X), TWO), Y, I), (le(ONE, I), le(I, N))),
    (f("grad", Bind("lam", X, (), f("norm", X)), Y),
     (lt(ZERO, Bind("sum", I, (ONE, N), power(at(Y, I), TWO))),)),
    (f("grad", Bind("lam", C, (), f("logdet", C)), C), (lt(ZERO, f("det", C)),)),
    (f("grad", Bind("lam", C, (), f("det", C)), C), (f("invertible", C),)),
    (f("grad", Bind("lam", L, (), f("det", L)), L), ()),
    (f("jacobian", Bind("lam", X, (), f("relu", f("matmul", C, X))), Y),
     (forall(I, (ONE, N), ne(Bind("sum", J, (ONE, N), mul(at(C, I, J), at(Y, J))), ZERO)),)),
    (f("grad", Bind("lam", X, (), f("log", at(X, ONE))), Y), (le(ONE, N), lt(ZERO, at(Y, ONE)))),
]


@pytest.mark.parametrize(("term", "expected"), ROWS, ids=lambda v: repr(v)[:80])
def test_owed(term: Term, expected: tuple[Term, ...]) -> None:
    found = conditions(term, PLAIN)
    assert same(found, expected), found


UNSUPPORTED = [
    f("factorial", S),
    at(X, div(N, TWO)),
    at(X, S),
    f("floor", Q),
    f("Gamma", Q),
    f("pdf", f("Bernoulli", S), T),
    f("pmf", f("Normal", S, ONE), T),
    f("unsupported", S),
    add(ONE, f("abs", f("unsupported", S))),
    Bind("prod", I, (ONE, INF), power(S, I)),
    Bind("E", S, (f("Normal", ZERO, ONE),), S),
    Bind("array", I, (ONE, N), Bind("array", J, (ONE, I), add(I, J))),
    by(S, f("factorial", S), T),
    by(S, f("indicator", lt(ZERO, S)), T),
    by(S, f("ite", f("=>", lt(ZERO, S), lt(ZERO, T)), ZERO, S), T),
    by(S, Bind("max", I, (ONE, N), mul(S, at(X, I))), T),
    by(S, f("apply", F, S), T),
    by(S, f("abs", f("exp", mul(f("im"), S))), T),
    by(S, Bind("sum", I, (ONE, INF), power(S, I)), T),
    by(K, power(K, TWO), K),
    f("deriv", F, S),
]


@pytest.mark.parametrize("term", UNSUPPORTED, ids=repr)
def test_what_cannot_be_said_is_owed(term: Term) -> None:
    assert unsupported(conditions(term, PLAIN))


@pytest.mark.parametrize(
    "term",
    [
        Bind("sum", I, (ONE, INF), power(S, I)),
        Bind("int", S, (ZERO, ONE), S),
        Bind("lim", S, (ZERO, ZERO), div(ONE, S)),
    ],
    ids=repr,
)
def test_a_value_without_end_owes_that_it_converges(term: Bind) -> None:
    assert f("converges", term) in conditions(term, PLAIN)


# ---------------------------------------------------------------- definitions


def defined(*pairs: tuple[Sym, Term]) -> Context:
    return Context(PLAIN.symbols, tuple(Definition(s, b) for s, b in pairs), PLAIN.facts)


def test_a_name_owes_its_body() -> None:
    y = Sym("y0", REAL)
    context = defined((y, div(ONE, S)), (Sym("z0", REAL), add(y, ONE)))
    assert same(conditions(Sym("z0", REAL), context), (ne(S, ZERO),))


def test_an_entry_owes_its_own_entry() -> None:
    p = Sym("p", Array((N,), REAL))
    context = defined((p, Bind("array", I, (ONE, N), div(ONE, sub(at(X, I), ONE)))))
    found = conditions(at(p, TWO), context)
    assert ne(sub(at(X, TWO), ONE), ZERO) in found
    assert le(TWO, N) in found
    assert not any(isinstance(c, Bind) for c in found)
    whole = conditions(f("norm", p), context)
    assert same(whole, (forall(I, (ONE, N), ne(sub(at(X, I), ONE), ZERO)),))


def test_an_index_out_of_a_comprehension_is_owed() -> None:
    p = Sym("p", Array((TWO,), REAL))
    context = defined((p, Bind("array", I, (ONE, TWO), S)))
    assert same(conditions(at(p, Num(7)), context), (le(Num(7), TWO),))


def test_a_function_owes_its_arguments_even_unused() -> None:
    g = Sym("g", Function((REAL,), REAL))
    context = defined((g, Bind("lam", S, (), ONE)))
    assert same(conditions(f("apply", g, div(ONE, T)), context), (ne(T, ZERO),))
    context = defined((g, Bind("lam", S, (), f("log", S))))
    assert same(conditions(f("apply", g, T), context), (lt(ZERO, T),))


def test_a_defined_name_under_a_derivative() -> None:
    g, y = Sym("g", Function((REAL,), REAL)), Sym("y0", REAL)
    context = defined((g, Bind("lam", S, (), f("abs", sub(S, ONE)))), (y, add(R, TWO)))
    found = conditions(f("deriv", g, y), context)
    assert same(found, (ne(sub(y, ONE), ZERO),))
    found = conditions(by(S, f("sqrt", f("apply", g, S)), y), context)
    assert lt(ZERO, f("abs", sub(y, ONE))) in found
    assert not any(c == le(ZERO, f("apply", g, S)) for c in found)


def test_a_name_that_stands_for_a_closed_condition_is_opened() -> None:
    # sqrt(l) with l := s^2, by s: the definition is seen through, at the point
    level = Sym("l", REAL)
    context = defined((level, sub(S, ONE)))
    found = conditions(by(S, f("sqrt", level), T), context)
    assert same(found, (lt(ZERO, sub(T, ONE)),))


def test_an_optimum_of_a_defined_objective_has_a_rival() -> None:
    level = Sym("l", REAL)
    context = defined((level, neg(power(S, TWO))))
    found = conditions(Bind("argmax", S, (TRUE,), level), context)
    assert len(found) == 1
    exists = found[0]
    assert isinstance(exists, Bind)
    assert exists.op == "exists"
    other = Sym("s~1", REAL)
    rival = lt(neg(power(other, TWO)), neg(power(S, TWO)))
    assert alpha_equal(
        exists, Bind("exists", S, (), forall(other, (), implies(ne(other, S), rival)))
    )


def test_an_objective_is_defined_on_its_domain() -> None:
    found = conditions(Bind("argmax", S, (lt(ZERO, S),), sub(f("log", S), S)), PLAIN)
    assert [c.op for c in found if isinstance(c, Bind)] == ["exists"]
    found = conditions(Bind("argmax", S, (lt(T, S),), sub(f("log", S), S)), PLAIN)
    assert alpha_equal(found[0], forall(S, (), implies(lt(T, S), lt(ZERO, S))))


def test_a_bound_name_has_not_the_sign_of_a_free_one() -> None:
    # k is natural, the k of the sum is not
    found = conditions(Bind("sum", K, (Num(-3), Num(3)), power(S, K)), PLAIN)
    assert len(found) == 1


def test_a_bound_name_is_not_a_definition() -> None:
    five = Sym("five", INTEGER)
    slope = by(S, div(ONE, sub(S, five)), T)
    found = conditions(Bind("sum", five, (ONE, Num(3)), slope), defined((five, Num(5))))
    assert same(found, (forall(I, (ONE, Num(3)), ne(sub(T, I), ZERO)),))


def test_a_range_carries_only_what_it_says() -> None:
    found = conditions(Bind("sum", I, (ONE, K), at(X, I)), PLAIN)
    assert same(found, (forall(I, (ONE, K), le(I, N)),))
    found = conditions(Bind("sum", I, (ZERO, N), at(X, I)), PLAIN)
    assert same(found, (forall(I, (ZERO, N), le(ONE, I)),))
    found = conditions(Bind("sum", I, (ZERO, N), div(ONE, I)), PLAIN)
    assert same(found, (forall(I, (ZERO, N), ne(I, ZERO)),))


def test_literal_truth() -> None:
    assert decide(lt(S, S)) is None
    assert decide(le(S, S)) is True
    assert decide(lt(TWO, ONE)) is False
    assert decide(ne(mul(TWO, PI), ZERO)) is True
    assert decide(ne(sub(PI, PI), ZERO)) is None
    assert decide(f("or", eq(S, T), lt(ONE, TWO))) is True
    assert decide(f("not", f("and", eq(S, T), eq(ONE, TWO)))) is True
    # Numbers out of bounds are not computed.
    big = mul(Num(2**40), Num(2**40))
    assert decide(lt(big, mul(big, big))) is None


def test_opening() -> None:
    assert opened(le(ZERO, S), S) == lt(ZERO, S)
    assert opened(le(ZERO, T), S) == le(ZERO, T)
    assert opened(forall(I, (ONE, N), le(I, S)), S) == forall(I, (ONE, N), lt(I, S))
    for closed in (
        forall(T, (), le(T, S)),
        forall(I, (ONE, INF), lt(ZERO, mul(S, I))),
        eq(S, ZERO),
        f("not", lt(S, ZERO)),
        implies(lt(ZERO, S), lt(ONE, S)),
        Bind("exists", T, (), lt(T, S)),
    ):
        assert unsupported((opened(closed, S),))


def test_a_hypothesis_is_no_domain() -> None:
    context = Context((E,), (), (Fact("h", le(ZERO, E), HYPOTHESIS),))
    assert conditions(power(S, E), context)


def test_an_integral_owes_its_integrand_between_its_ends() -> None:
    term = Bind("int", S, (ZERO, INF), f("log", S))
    assert conditions(term, PLAIN) == (f("converges", term),)
    found = conditions(Bind("int", S, (ONE, ZERO), f("log", S)), PLAIN)
    assert len(found) == 2
    found = conditions(Bind("int", S, (TWO, ONE), div(ONE, sub(S, T))), PLAIN)
    between = implies(conj(lt(ONE, S), lt(S, TWO)), ne(sub(S, T), ZERO))
    assert any(alpha_equal(c, forall(S, (), between)) for c in found)


def test_a_claim_owes_both_sides() -> None:
    claim = eq(div(ONE, S), f("log", T))
    assert conditions_of_claim(claim, PLAIN) == (ne(S, ZERO), lt(ZERO, T))


# ---------------------------------------------------------------- laws

ELEMENTARY = [
    r for r in OPERATORS.values()
    if r.kind in ("arithmetic", "elementary", "special") and r.arity in (1, 2)
]


@pytest.mark.parametrize("op", [r.name for r in ELEMENTARY])
def test_a_function_owes_what_its_arguments_owe(op: str) -> None:
    arity = OPERATORS[op].arity
    rng = random.Random(op)
    for _ in range(20):
        args = tuple(random_term(rng, 2) for _ in range(arity))
        whole = conditions(f(op, *args), PLAIN)
        for arg in args:
            assert set(conditions(arg, PLAIN)) <= set(whole)


def random_term(rng: random.Random, depth: int) -> Term:
    """Any term over s, t, r and x, defined or not."""
    if depth == 0:
        return rng.choice([S, T, R, at(X, ONE), at(X, TWO), Num(rng.randint(-2, 2))])
    inner = [random_term(rng, depth - 1) for _ in range(2)]
    op = rng.choice([
        "+", "-", "*", "/", "/", "log", "sqrt", "exp", "abs", "max", "relu", "cbrt", "asin", "acosh",
        "^", "^^", "sum", "ite", "norm", "tan", "atanh", "sign",
    ])
    match op:
        case "^":
            return power(inner[0], Num(rng.randint(-2, 3)))
        case "^^":
            return power(*inner)
        case "sum":
            return Bind("sum", I, (ONE, N), substitute(inner[0], {T: at(X, I)}))
        case "ite":
            return f("ite", lt(R, T), *inner)
        case "norm":
            return f("norm", mul(inner[0], X))
    return f(op, *inner[: OPERATORS[op].arity])


def values(rng: random.Random) -> dict[str, Any]:
    """Small integers and halves: the corner cases come up often."""
    def number() -> Any:
        return mpf(rng.randint(-4, 4)) / 2

    n = rng.randint(1, 3)
    return {
        "n": n, "s": number(), "t": number(), "r": number(), "x": [number() for _ in range(n)],
        "k": rng.randint(0, 2), "m": 2,
    }


def holds(found: tuple[Term, ...], scope: dict[str, Any]) -> bool:
    """Do all the conditions hold? A condition without a value, or not understood, does not."""
    try:
        return all(truth(c, scope) for c in found)
    except (Undefined, ZeroDivisionError, ValueError, TypeError):
        return False


def has_value(term: Term, scope: dict[str, Any]) -> bool:
    try:
        found = evaluate(term, scope)
    except (Undefined, ZeroDivisionError, ValueError, TypeError):
        return False
    return not isinstance(found, mpc)


@pytest.mark.parametrize("seed", range(150))
def test_where_the_conditions_hold_there_is_a_value(seed: int) -> None:
    rng = random.Random(seed)
    term = random_term(rng, 3)
    found = conditions(term, PLAIN)
    for _ in range(12):
        scope = values(rng)
        if holds(found, scope):
            assert has_value(term, scope), (term, scope)


@pytest.mark.parametrize("seed", range(80))
def test_where_the_conditions_hold_the_derivative_is_right(seed: int) -> None:
    rng = random.Random(seed)
    body = random_term(rng, 2)
    for term in (by(S, body, T), by(X, body, X, ONE), by(S, by(S, body, S), T)):
        found = conditions(term, PLAIN)
        value = differentiate(term)
        if isinstance(value, Refusal):
            continue
        for _ in range(5):
            scope = values(rng)
            if S not in free_symbols(term):
                scope["s"] = mpf(1)
            if not holds(found, scope):
                continue
            exact, measured = evaluate(value, scope), evaluate(term, scope)
            assert abs(exact - measured) <= mpf(10) ** -30 * (1 + abs(exact)), (term, scope)


def test_the_shape_of_the_variable_is_known() -> None:
    assert shape_of(X) == (N,)
