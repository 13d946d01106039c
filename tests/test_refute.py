"""The refuter: what it evaluates, what it calls undefined, which points it takes, and what it shows.

Each test names a sentence of the design that would break: a true claim is never refuted, an undefined side
is no refutation, every hypothesis is checked again, a witness is small and in the file's names.
"""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.backends.flint import Uncertain, Undefined, decide, evaluate, exact_value
from derive.check import check_claim_text
from derive.core.claim import CONDITION, HYPOTHESIS, STEP, Context, Definition, Fact, Obligation
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import (
    ONE,
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
    num,
    power,
    sub,
)
from derive.core.verdict import Witness
from derive.engines.refute import Budget, Survey, check_condition_fails, refute
from derive.engines.sample import consistent_point, points
from derive.engines.sample_plan import plan
from derive.engines.sample_repair import failing
from derive.settings import Settings
from tests.oracle_mpmath import second_opinion
from tests.test_refute_reader import declare, obligation, read

F = Fraction
x, y = Sym("x", REAL), Sym("y", REAL)
n, i = Sym("n", INTEGER), Sym("i", INTEGER)


def f(op: str, *args: Term) -> App:
    return App(op, args)


def witness(line: str) -> Witness:
    found = refute(obligation(*line.split("|", 2)))
    assert isinstance(found, Witness), found
    return found


def survey(line: str) -> Survey:
    found = refute(obligation(*line.split("|", 2)))
    assert isinstance(found, Survey), found
    return found


# ---------------------------------------------------------------- evaluation


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (div(num(1), num(3)), F(1, 3)),
        (f("sqrt", Num(F(9, 4))), F(3, 2)),
        (power(num(8), Num(F(2, 3))), F(4)),
        (f("exp", ZERO), F(1)),
        (f("cbrt", num(-27)), F(-3)),
        (f("factorial", num(5)), F(120)),
        (f("binomial", num(3), num(5)), F(0)),
        (Bind("sum", i, (ONE, ZERO), div(ONE, ZERO)), F(0)),
        (Bind("prod", i, (ONE, ZERO), i), F(1)),
        (power(ZERO, ZERO), F(1)),
        (f("floor", Num(F(-1, 2))), F(-1)),
        (f("Gamma", num(5)), F(24)),
        (f("ite", lt(ZERO, ONE), num(2), div(ONE, ZERO)), F(2)),
        (f("conj", App("im", ())), (F(0), F(-1))),
    ],
)
def test_exact_values_stay_exact(term: Term, value: Any) -> None:
    assert exact_value(evaluate(term, {})) == value


@pytest.mark.parametrize(
    "term",
    [
        div(ONE, ZERO),
        f("log", ZERO),
        f("log", num(-1)),
        f("sqrt", num(-1)),
        power(ZERO, num(-1)),
        power(num(-1), Num(F(1, 2))),
        Bind("max", i, (ONE, ZERO), i),
        index(f("vector", num(1), num(2)), num(3)),
        index(f("vector", num(1), num(2)), ZERO),
        f("inv", f("vector", f("vector", ONE, ONE), f("vector", ONE, ONE))),
        f("deriv", Bind("lam", x, (), f("abs", x)), ZERO),
        f("deriv", Bind("lam", x, (), f("sqrt", x)), ZERO),
        f("deriv", Bind("lam", x, (), f("max", x, ZERO)), ZERO),
        mul(ZERO, f("log", ZERO)),
        f("acos", num(2)),
        f("pdf", f("Normal", ZERO, num(-1)), ZERO),
        f("norm_p", f("vector", ONE), Num(F(1, 2))),
    ],
)
def test_what_does_not_exist_is_undefined(term: Term) -> None:
    assert isinstance(evaluate(term, {}), Undefined)


def test_a_real_exponent_needs_a_positive_base_and_a_natural_one_does_not() -> None:
    k = Sym("k", INTEGER)
    assert exact_value(evaluate(power(x, k), {x: F(0), k: F(0)})) == 1
    assert isinstance(evaluate(power(x, y), {x: F(0), y: F(0)}), Undefined)
    assert isinstance(evaluate(power(x, y), {x: F(-1), y: F(2)}), Undefined)


@pytest.mark.parametrize(
    "term",
    [
        power(num(9), power(num(9), power(num(9), num(9)))),
        f("factorial", power(num(10), num(40))),
        Bind("sum", i, (ONE, power(num(10), num(9))), i),
        f("eye", num(10**9)),
        f("exp", power(num(10), num(400))),
        f("binomial", power(num(10), num(30)), power(num(10), num(29))),
    ],
)
def test_sizes_are_bounded_before_anything_is_computed(term: Term) -> None:
    assert isinstance(evaluate(term, {}), Uncertain)


def test_a_ball_over_the_end_of_a_domain_is_uncertain() -> None:
    hidden_zero = sub(f("sqrt", num(2)), f("sqrt", num(2)))
    for op in ("log", "sqrt"):
        assert isinstance(evaluate(f(op, hidden_zero), {}), Uncertain)
    assert isinstance(evaluate(div(ONE, hidden_zero), {}), Uncertain)
    assert decide(eq(hidden_zero, ZERO), {}) is None


def test_overlapping_balls_decide_nothing_and_more_bits_do() -> None:
    near = f("exp", mul(App("pi", ()), f("sqrt", num(163))))
    claim = eq(near, num(640320**3 + 744))
    assert decide(claim, {}, (64,)) is None
    assert decide(claim, {}) is False


def test_equality_is_true_only_if_exact() -> None:
    root = power(f("sqrt", num(2)), num(2))
    assert decide(eq(root, num(2)), {}) is None
    assert decide(eq(f("sqrt", num(4)), num(2)), {}) is True
    assert decide(lt(ONE, ONE), {}) is False
    assert decide(le(ONE, ONE), {}) is True


def test_a_premise_that_fails_hides_the_rest() -> None:
    claim = f("=>", f("!=", x, ZERO), lt(ZERO, div(ONE, power(x, num(2)))))
    assert decide(claim, {x: F(0)}) is True
    assert isinstance(decide(lt(ZERO, div(ONE, x)), {x: F(0)}), Undefined)


def test_an_undefined_side_of_an_equivalence_is_false() -> None:
    claim = f("<=>", eq(f("log", x), ZERO), lt(x, ZERO))
    assert decide(claim, {x: F(-1)}) is False


def test_derivatives_by_jets() -> None:
    third = Bind("lam", x, (), power(x, num(3)))
    second = f("deriv", Bind("lam", x, (), f("deriv", third, x)), num(2))
    assert exact_value(evaluate(second, {})) == 12
    z = Sym("z", Array((num(2),), REAL))
    product = Bind("lam", z, (), mul(index(z, num(1)), power(index(z, num(2)), num(2))))
    at = {z: (F(3), F(5))}
    assert exact_value(evaluate(f("grad", product, z), at)) == (25, 30)
    assert exact_value(evaluate(f("hessian", product, z), at)) == ((0, 10), (10, 6))
    assert exact_value(evaluate(f("partial", product, z, num(2)), at)) == 30


def test_nested_derivatives_do_not_mix() -> None:
    """d/dx (x * d/dy (x + y)) is 1, not 2."""
    inner = f("deriv", Bind("lam", y, (), add(x, y)), ONE)
    outer = f("deriv", Bind("lam", x, (), mul(x, inner)), num(5))
    assert exact_value(evaluate(outer, {})) == 1


@given(
    st.lists(st.fractions(-3, 3, max_denominator=5), min_size=9, max_size=9),
)
@settings(max_examples=25, deadline=None)
def test_inverse_and_determinant_are_exact(entries: list[Fraction]) -> None:
    a = Sym("a", Array((num(3), num(3)), REAL))
    at = {a: tuple(tuple(entries[3 * r : 3 * r + 3]) for r in range(3))}
    determinant = exact_value(evaluate(f("det", a), at))
    product = evaluate(f("matmul", a, f("inv", a)), at)
    if determinant == 0:
        assert isinstance(product, Undefined)
    else:
        assert decide(eq(f("matmul", a, f("inv", a)), f("eye", num(3))), at) is True
        assert decide(eq(mul(f("det", f("inv", a)), f("det", a)), ONE), at) is True


# ---------------------------------------------------------------- what is not a refutation


def test_an_undefined_side_is_recorded_and_refutes_nothing() -> None:
    found = survey("x:real | x != 0 | log(x**2) == 2*log(x)")
    assert found.undefined_at is not None
    assert found.undefined_at.point == (("x", "-1"),)
    assert found.undefined_at.right == "undefined"
    assert found.undefined_at.note.startswith("right side")
    assert not found.evaluated


def test_a_hypothesis_over_all_reals_declines_every_point() -> None:
    found = survey("x:real | Every(y, x <= y**2) | x == 5")
    assert found.points == 0
    assert found.reason == "a hypothesis about infinitely many values"


def test_steps_and_conditions_do_not_restrict_the_points() -> None:
    false = lt(x, ZERO)
    for kind in (STEP, CONDITION):
        context = Context((x,), (), (Fact("s", false, kind),))
        assert isinstance(refute(Obligation("k", lt(x, ZERO), context)), Witness)
    context = Context((x,), (), (Fact("s", false, HYPOTHESIS),))
    assert isinstance(refute(Obligation("k", lt(x, ZERO), context)), Survey)


def test_contradictory_hypotheses_have_no_point() -> None:
    line = "x:real y:real | x < y; y < x | x == 0"
    assert survey(line).points == 0
    assert consistent_point(obligation(*line.split("|", 2)).context) is None


def test_moving_one_entry_never_breaks_a_shape() -> None:
    """The equation must not be met by changing n under an array of another length."""
    found = survey("n:dim x:vec(n) | Sum(i,1,n,x[i]**2) == 1 | norm(x) == 1")
    assert found.held >= 20


def test_an_optimum_that_ties_is_refuted() -> None:
    assert witness("a:real | | argmax(m, True, 0*m) == a").note.endswith("the optimum is not unique")
    assert survey("a:real | | argmax(m, True, -(m-a)**2) == a").held
    assert witness("a:real | | argmax(m, True, -(m-a)**2) == a+1").note.startswith("the objective")
    outside = witness("a:pos | | argmax(p, p > 0 and p < 1, log(p)+log(1-p)) == a+1")
    assert outside.note == "the value of p is outside the domain"


# ---------------------------------------------------------------- hypotheses are met exactly


GIVENS = [
    "n:dim x:vec(n) | Sum(i,1,n,x[i]) == 1",
    "n:dim x:vec(n) | Sum(i,1,n,x[i]**2) == 1",
    "n:dim x:vec(n) | norm(x) == 5",
    "K:dim p:simplex(K) | p[1] > 0",
    "a:real b:real | a**2+b**2 == 1; a != 0; b != 0",
    "n:dim A:mat(n,n) | A@A.T == eye(n)",
    "n:dim A:posdef(n) B:sym(n) | tr(B) == 0",
    "n:dim x:vec(n) | All(i,1,n,x[i] == 0 or x[i] == 1)",
    "u:real w:real d:nonneg | abs(u-w) <= d",
    "g:real r:real | 0 < g; g < 1; abs(r) <= 1/(1-g)",
    "S:dim A:dim P:mat(S,A,S) | All(s,1,S,All(a,1,A,Sum(t,1,S,P[s,a,t]) == 1))",
    "a:complex b:complex | a*conj(a)+b*conj(b) == 1",
    "n:dim A:mat(n,n) x:vec(n) b:vec(n) | A@x == b",
    "n:nat k:nat | k <= n; n == 2*k",
    "n:dim x:vec(n) | Sum(i,1,n,(x[i]-mean(x))**2) > 0",
    "n:dim P:mat(n,n) | P@P == P; P.T == P",
]


@pytest.mark.parametrize("line", GIVENS)
def test_points_satisfy_every_hypothesis(line: str) -> None:
    declarations, assume = line.split("|")
    context = obligation(declarations, assume, "0 == 0").context
    at = plan(context, eq(ZERO, ZERO))
    found = list(points(at, 12))
    assert len(found) >= 3
    for environment in found:
        assert failing(at, environment) is None
        confirm(context, environment)


def confirm(context: Context, environment: dict[Sym, Any]) -> None:
    """The second evaluator agrees that the hypotheses hold."""
    values = tuple((s.name, v) for s, v in environment.items())
    opinion = second_opinion(eq(ZERO, ZERO), context, Witness((), (), "", "", True, values))
    assert opinion.hypotheses


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_any_seed_gives_admissible_points(seed: int) -> None:
    scope, facts = declare("n:dim p:simplex(n) x:vec(n) s:pos")
    facts.append(Fact("h", read("Sum(i,1,n,p[i]*x[i]) == s", scope), HYPOTHESIS))
    context = Context(tuple(scope.values()), (), tuple(facts))
    for environment in points(plan(context, eq(ZERO, ZERO)), 4, seed=seed, attempts=20):
        confirm(context, environment)


def test_several_sizes_are_tried() -> None:
    found = survey("m:dim n:dim A:mat(m,n) | | (A.T).T == A")
    sizes = {dict(s)["m"] - dict(s)["n"] for s in found.sizes}
    assert {dict(s)["m"] for s in found.sizes} >= {1, 2, 3}
    assert len(sizes) >= 3


def test_an_equation_with_irrational_solutions_is_solved() -> None:
    assert witness("x:real | x**2 == 2 | x > 0").right == "-1.41421"
    assert witness("x:real y:real | x == exp(y) | log(x) == 2*y").point == (
        ("y", "1"), ("x", "2.71828"),
    )
    assert survey("x:real y:real | x == exp(y) | log(x) == y").held >= 20
    assert consistent_point(obligation("x:real", "x**2 == 2", "0 == 0").context) is not None


# ---------------------------------------------------------------- what is shown


def test_witnesses_are_small_and_in_the_names_of_the_file() -> None:
    found = witness(
        "n:dim z:vec(n) y:vec(n) m:index(n) | | D(-Sum(k,1,n,y[k]*log(exp(z[k])/Sum(j,1,n,exp(z[j])))),"
        " z[m]) == exp(z[m])/Sum(j,1,n,exp(z[j]))-y[m]"
    )
    assert found.point == (("m", "1"), ("y[1]", "0"), ("z[1]", "0"))
    assert found.sizes == (("n", 1),)
    assert (found.left, found.right, found.exact) == ("0", "1", True)


def test_texts_show_enough_digits_to_differ() -> None:
    found = witness(" | | exp(pi*sqrt(163)) == 640320**3+744")
    assert found.left.startswith("262537412640768743.9999")
    assert not found.exact


def test_equivalences_say_what_is_lost_or_gained() -> None:
    assert witness("x:real | | iff(x**2 == 1, x == 1)").note == "lost solution"
    assert witness("x:real | | iff(x == 1, x**2 == 1)").note == "gained solution"
    lost = witness("a:real x:real | | iff(x**2 - a*x == 0, x == a)")
    assert dict(lost.point)["x"] == "0"


def test_equality_breaks_strict_relations() -> None:
    assert witness("x:real y:real | x <= y | x < y").point == (("x", "0"), ("y", "0"))
    assert abs(int(dict(witness("x:real | | x**2 != 9").point)["x"])) == 3
    assert witness("x:real | | (x-7/3)**2 > 0").point == (("x", "7/3"),)


def test_bound_variables_of_the_failing_instance_are_part_of_the_point() -> None:
    found = witness("n:dim A:mat(n,n) | | All(i,1,n,All(j,1,n,A[i,j] == A[j,i]))")
    assert dict(found.point)["i"] == "1"
    assert dict(found.point)["j"] == "2"
    names = {name for name, _ in found.values}
    assert {"i", "j", "A", "n"} <= names


def test_related_hypotheses_are_shown() -> None:
    found = witness("a:real b:real c:real | a == b | b == 0")
    assert {name for name, _ in found.point} == {"a", "b"}


def test_functions_are_shown_as_functions() -> None:
    found = witness("f:fun x:real y:real | | f(x+y) == f(x)+f(y)")
    assert found.point[0][0] == "f(t)"


def test_definitions_are_unfolded() -> None:
    g = Sym("g", REAL)
    context = Context((x,), (Definition(g, mul(num(2), x)),), ())
    assert isinstance(refute(Obligation("k", eq(g, x), context)), Witness)
    assert isinstance(refute(Obligation("k", eq(g, add(x, x)), context)), Survey)


def test_a_failing_condition_is_found() -> None:
    context = Context((x,), (), ())
    found = check_condition_fails(context, f("!=", x, ONE))
    assert found is not None
    assert found.point == (("x", "1"),)
    assert check_condition_fails(context, le(ZERO, power(x, num(2)))) is None


# ---------------------------------------------------------------- limits and integrals


@pytest.mark.parametrize(
    "claim",
    [
        "Lim((1+1/x)**x, x, oo) == exp(1)",
        "Lim(sin(x)/x, x, 0) == 1",
        "Lim((x+1)/(x+2), x, 0) == 1/2",
        "Lim(sqrt(x**2+x)-x, x, oo) == 1/2",
        "Lim(x**5*exp(-x), x, oo) == 0",
        "Lim((1+1/x)**(x**2)/exp(x), x, oo) == exp(-1/2)",
        "Lim(tanh(x), x, oo) == 1",
        "Int(log(x), x, 1, 2) == 2*log(2)-1",
        "Int(exp(-x**2), x, 0, 1) == sqrt(pi)/2*erf(1)",
    ],
)
def test_limits_and_integrals(claim: str) -> None:
    assert survey(f" | | {claim}").held == 1
    assert isinstance(refute(obligation("", "", f"{claim} + 1/1000")), Witness)


@pytest.mark.parametrize(
    "claim",
    [
        "Lim(abs(x)/x, x, 0) == 1",
        "Lim(sin(x), x, oo) == 0",
        "Lim(1/x, x, 0) == 0",
        "Int(1/x, x, -1, 1) == 0",
        "Int(sqrt(x)**2, x, -1, 1) == 1",
    ],
)
def test_what_does_not_converge_is_not_refuted_but_left_open(claim: str) -> None:
    assert survey(f" | | {claim}").held == 0


# ---------------------------------------------------------------- the same answer every time


def test_the_answer_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "from tests.test_refute_reader import obligation\n"
        "from derive.engines.refute import refute\n"
        "print(refute(obligation('n:dim x:vec(n) s:pos a:real b:real', 'a+b == s',"
        " 'Sum(i,1,n,x[i])*a <= s*b')))\n"
        "print(refute(obligation('K:dim p:simplex(K)', '', 'Sum(k,1,K,p[k]**2) <= 1')))\n"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(answers) == 1


def test_the_budget_counts_points() -> None:
    claim = obligation("x:real y:real", "", "(x+y)**2 == x**2+2*x*y+y**2")
    found = refute(claim, Budget(points=5))
    assert isinstance(found, Survey)
    assert found.points == 5


def test_importing_the_refuter_loads_no_flint() -> None:
    code = "import sys, derive.engines.refute; sys.exit('flint' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_number_is_not_solved_from_an_equation_of_matrices() -> None:
    line = "z.T @ A @ z - z.T @ B @ z = (z.T @ A @ x)^2/s"
    given = "n : dim; A, B : symmetric[n]; x, z : real[n]; s : positive; h: B = A - A @ outer(x, x) @ A/s"
    result = check_claim_text(line, given, Settings(jax=False))
    assert [step.verdict.word for step in result.steps] == ["proved"]
