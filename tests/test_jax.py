"""The cross-check by automatic differentiation: right and wrong gradients, at unequal sizes.

All questions go to one process in one message, as they do in a run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction

import pytest

from derive import check, check_claim
from derive.backends.jax_problem import sizes_of
from derive.core.claim import DOMAIN, HYPOTHESIS, Context, Fact, Obligation
from derive.core.operator import f
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import (
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
    index,
    le,
    lt,
    mul,
    ne,
    neg,
    power,
    sub,
)
from derive.engines.autodiff import (
    Checker,
    Comparison,
    cross_check_all,
    needs_cross_check,
    problem_of,
)
from derive.engines.autodiff_worker import grouped

x, w = Sym("x", REAL), Sym("w", REAL)
K, n, d, h, k, m = (Sym(name, INTEGER) for name in ("K", "n", "d", "h", "k", "m"))
z, y = (Sym(name, Array((K,), REAL)) for name in ("z", "y"))
X, Y = Sym("X", Array((n, d), REAL)), Sym("Y", Array((n, k), REAL))
W1, W2 = Sym("W1", Array((d, h), REAL)), Sym("W2", Array((h, k), REAL))
A, v = Sym("A", Array((n, n), REAL)), Sym("v", Array((n,), REAL))


def at(op: str, body: object, point: Sym, *indices: Term) -> Term:
    """A derivative of a Python function of a term, at a symbol."""
    bound = Sym(point.name + "~1", point.sort)
    return App(op, (Bind("lam", bound, (), body(bound)), point, *indices))  # type: ignore[operator]


def total(body: object) -> Term:
    j = Sym("j", INTEGER)
    return Bind("sum", j, (ONE, K), body(j))  # type: ignore[operator]


def share(t: Term, i: Term) -> Term:
    return div(f("exp", index(t, i)), total(lambda j: f("exp", index(t, j))))


def entropy(t: Term) -> Term:
    return neg(total(lambda j: mul(index(y, j), f("log", share(t, j)))))


def hidden(t: Term) -> Term:
    return f("tanh", f("matmul", X, t))


def rest(t: Term) -> Term:
    return sub(f("matmul", hidden(t), W2), Y)


def quadratic(t: Term) -> Term:
    return f("dot", t, f("matmul", A, t))


NATURALS = tuple(Fact(s.name, le(ONE, s), DOMAIN) for s in (K, n, d, h, k))
ONE_HOT = Fact("normalised", eq(total(lambda j: index(y, j)), ONE), HYPOTHESIS)
POSITIVE = Fact("y", Bind("forall", m, (ONE, K), lt(ZERO, index(y, m))), DOMAIN)
SYMMETRIC = Fact("A", eq(f("transpose", A), A), HYPOTHESIS)
DEFINITE = Fact("A", f("posdef", A), DOMAIN)

SOFTMAX = Bind(
    "forall", m, (ONE, K), eq(at("partial", entropy, z, m), sub(share(z, m), index(y, m)))
)
BACKWARDS = f("matmul", f("transpose", X), mul(
    f("matmul", rest(W1), f("transpose", W2)), sub(ONE, power(hidden(W1), TWO))
))
GRADIENT = at("grad", lambda t: div(power(f("norm", rest(t)), TWO), TWO), W1)
LOGDET = at("grad", lambda t: f("logdet", t), A)
SIGMOID = at("deriv", lambda t: f("sigmoid", t), x)
CURVE = at("deriv", lambda s: App("deriv", (
    Bind("lam", w, (), f("sin", power(w, TWO))), s
)), x)

CASES: dict[str, tuple[Term, tuple[Fact, ...], str]] = {
    "softmax": (SOFTMAX, (ONE_HOT,), "agrees"),
    "softmax on the simplex": (SOFTMAX, (ONE_HOT, POSITIVE), "agrees"),
    "softmax without the hypothesis": (SOFTMAX, (), "disagrees"),
    "sigmoid": (eq(SIGMOID, mul(f("sigmoid", x), sub(ONE, f("sigmoid", x)))), (), "agrees"),
    "sigmoid, wrong sign": (
        eq(SIGMOID, mul(f("sigmoid", x), add(ONE, f("sigmoid", x)))), (), "disagrees",
    ),
    "two layers": (eq(GRADIENT, BACKWARDS), (), "agrees"),
    "two layers, wrong sign": (eq(GRADIENT, neg(BACKWARDS)), (), "disagrees"),
    "hessian": (eq(at("hessian", quadratic, v), add(A, f("transpose", A))), (), "agrees"),
    "hessian as if symmetric": (eq(at("hessian", quadratic, v), mul(TWO, A)), (), "disagrees"),
    "hessian, symmetric": (eq(at("hessian", quadratic, v), mul(TWO, A)), (SYMMETRIC,), "agrees"),
    "jacobian": (eq(at("jacobian", lambda t: f("matmul", A, t), v), A), (), "agrees"),
    "jacobian, transposed": (
        eq(at("jacobian", lambda t: f("matmul", A, t), v), f("transpose", A)), (), "disagrees",
    ),
    "logdet": (eq(LOGDET, f("transpose", f("inv", A))), (), "agrees"),
    "logdet, 0": (eq(LOGDET, f("zeros", n, n)), (DEFINITE,), "disagrees"),
    "logdet, transpose forgotten": (eq(LOGDET, f("inv", A)), (DEFINITE,), "agrees"),
    "second derivative": (
        eq(CURVE, sub(
            mul(TWO, f("cos", power(x, TWO))), mul(mul(Num(4), power(x, TWO)), f("sin", power(x, TWO)))
        )), (), "agrees",
    ),
    "abs away from 0": (
        eq(at("deriv", lambda t: f("abs", t), x), f("sign", x)),
        (Fact("", ne(x, ZERO), DOMAIN),), "agrees",
    ),
    "abs at its kink": (
        eq(at("deriv", lambda t: f("abs", t), x), ZERO), (Fact("", eq(x, ZERO), HYPOTHESIS),),
        "inconclusive",
    ),
    "relu at its kink": (
        eq(at("deriv", lambda t: f("relu", t), x), ZERO), (Fact("", eq(x, ZERO), HYPOTHESIS),),
        "inconclusive",
    ),
    "relu at a kink that no symbol reaches": (
        eq(App("deriv", (Bind("lam", x, (), f("relu", x)), ZERO)), Num(Fraction(1, 2))), (),
        "inconclusive",
    ),
    "max at equal entries": (
        eq(App("deriv", (Bind("lam", x, (), f("max", x, ONE)), ONE)), Num(Fraction(1, 2))), (),
        "inconclusive",
    ),
    "relu away from it": (
        eq(App("deriv", (Bind("lam", x, (), f("relu", x)), ONE)), ONE), (), "agrees",
    ),
    "no point": (
        eq(SIGMOID, ZERO), (Fact("", lt(power(x, TWO), ZERO), HYPOTHESIS),), "inconclusive",
    ),
    "a hypothesis that cannot be computed": (
        eq(SIGMOID, ZERO),
        (Fact("", Bind("forall", w, (), lt(mul(w, x), ONE)), HYPOTHESIS),), "inconclusive",
    ),
    "cancellation": (
        # At float64 the left side is pure rounding error; the scale says so.
        eq(at("deriv", lambda t: sub(add(f("exp", Num(30)), t), f("exp", Num(30))), x), ONE), (),
        "agrees",
    ),
    "a small index out of range": (
        eq(at("partial", lambda t: power(index(t, Num(2)), TWO), v, Num(2)), ZERO), (), "disagrees",
    ),
    "an abstract function": (
        eq(SIGMOID, f("apply", Sym("g", REAL), x)), (), "inconclusive",
    ),
    "by a complex variable": (
        eq(at("deriv", lambda t: power(t, TWO), Sym("c", COMPLEX)), ZERO), (), "inconclusive",
    ),
}


def obligation(claim: Term, facts: tuple[Fact, ...]) -> Obligation:
    return Obligation("", claim, Context((), (), (*NATURALS, *facts)))


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, Comparison]]:
    asked = [obligation(claim, facts) for claim, facts, _ in CASES.values()]
    with Checker() as checker:
        found = cross_check_all(asked, checker, seconds=300)
    yield dict(zip(CASES, found, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_the_cross_check_answers(name: str, answers: dict[str, Comparison]) -> None:
    assert answers[name].verdict == CASES[name][2], answers[name]
    assert "jax" not in sys.modules


def test_sizes_are_unequal_and_counted(answers: dict[str, Comparison]) -> None:
    found = answers["two layers"]
    assert found.points == 96 and found.discarded == 0 and found.dtype == "float64"
    assert len(found.sizes) == 3 and found.worst_relative_error < 1e-12
    for size in found.sizes:
        values = [int(part.split("=")[1]) for part in size.split(", ")]
        assert len(set(values)) == len(values)


def test_only_equalities_with_derivatives_are_asked_about() -> None:
    assert needs_cross_check(obligation(SOFTMAX, ()))
    assert not needs_cross_check(obligation(eq(x, x), ()))
    assert not needs_cross_check(obligation(lt(SIGMOID, ONE), ()))
    found = cross_check_all([obligation(eq(x, x), ())])
    assert found[0].verdict == "inconclusive"


def test_problems_of_one_derivation_share_a_compiled_function() -> None:
    small = obligation(SOFTMAX, (ONE_HOT,))
    large = obligation(eq(at("partial", entropy, z, ONE), ZERO), (ONE_HOT,))
    assert len(grouped([problem_of(small), problem_of(large)])) == 1
    # The hypothesis is about y: a claim about y without it must not borrow points that satisfy it.
    assert len(grouped([problem_of(small), problem_of(obligation(SOFTMAX, ()))])) == 2


@pytest.mark.parametrize(
    ("command", "note"),
    [
        (("/no/such/program",), "could not be started"),
        ((sys.executable, "-c", "pass"), "ended early"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "timeout"),
        ((sys.executable, "-c", "print('{\"at\": 0}')"), "ended early"),
    ],
)
def test_a_process_that_fails_is_inconclusive(command: tuple[str, ...], note: str) -> None:
    with Checker(command) as checker:
        found = cross_check_all([obligation(SOFTMAX, ())], checker, seconds=1.5)
    assert found[0].verdict == "inconclusive" and note in found[0].note


def test_a_derivative_that_is_zero_agrees_with_itself() -> None:
    """The softmax of one number is 1: both sides of its slope are rounding and nothing else."""
    text = """given
    m, n : dim
    S : real[m, n]
define
    A[i, j] := exp(S[i, j]) / sum(l in 1..n, exp(S[i, l]))
theorem t: for i in 1..m, j in 1..n, k in 1..n, diff(A[i, k], S[i, j]) = A[i, k] * (1[k = j] - A[i, j])
proof
    diff(A[i, k], S[i, j])
        = A[i, k] * (1[k = j] - A[i, j])    by differentiate
qed
"""
    (result,) = check(text).files
    answers = [s.jax for s in result.steps if s.jax is not None]
    assert answers
    assert all(a.verdict == "agrees" and len(a.sizes) == 3 and a.worst_relative_error < 1e-8 for a in answers)


def test_the_sizes_of_axes_are_unequal() -> None:
    i, matrix = Sym("i", INTEGER), Sym("M", Array((n, d), REAL))
    rules = [le(ONE, i), le(i, n), le(ONE, n), le(ONE, d)]
    found = sizes_of((d, i, n, matrix), rules)
    assert len(found) == 3
    assert all(sizes[n] != sizes[d] and 1 <= sizes[i] <= sizes[n] for sizes in found)


def test_whole_arrays_are_sampled_and_empty_sizes_replaced() -> None:
    step = check_claim(
        "diff(sum(i in 1..n, x[i]*log(r) - r), r) = sum(i in 1..n, x[i])/r - n",
        given="n : dim\nx : natural[n]\nr : positive\nspread: sum(i in 1..n, (x[i] - mean(x))^2) > 0",
    )
    assert step.jax is not None
    assert step.jax.verdict == "agrees"
    assert "n=1" not in step.jax.sizes and len(step.jax.sizes) == 3
