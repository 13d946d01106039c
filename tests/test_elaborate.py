"""Expressions, declarations and definitions: what each surface form becomes.

Every expectation is the term's own text, so that a changed elaboration shows as a changed line.
"""

from __future__ import annotations

from random import Random

import pytest

from derive.core.alpha import alpha_equal
from derive.core.chance import POINT, points_in
from derive.core.claim import DOMAIN, HYPOTHESIS
from derive.core.shape import sort_of
from derive.core.show import show
from derive.core.sort import BOOL, COMPLEX, INTEGER, REAL, Array, Function
from derive.core.term import App, Bind, Num, Sym, free_symbols, mentions, subterms
from derive.elaborate.declarations import (
    Opened,
    elaborate_definition,
    elaborate_given,
    elaborate_quantifier_items,
)
from derive.elaborate.fault import Elaborated
from derive.elaborate.functions import HANDLERS
from derive.elaborate.names import RESERVED, SOFT
from derive.elaborate.scope import Scope
from derive.elaborate.terms import (
    elaborate_chain,
    elaborate_claim,
    elaborate_relation,
    elaborate_term,
)
from derive.syntax import ast, outline
from derive.syntax.parse import parse, parse_claim, parse_expression, parse_givens
from derive.text import NOWHERE, Source

GIVEN = """
n, m, K : dim
x, y, z : real[n]
A, B : real[n, n]
C : real[m, n]
a, b, mu : real
v : positive
c : complex
k : index[n]
f : real -> real
"""


def scope_of(given: str = GIVEN, *definitions: str) -> Scope:
    """The scope of some declarations and definitions, all without a mistake."""
    items, mistakes = parse_givens(Source("given", given))
    assert not mistakes, mistakes
    scope = Scope()
    for item in items:
        scope, found = elaborate_given(item, scope)
        assert not found, found
    return define(scope, *definitions)


def define(scope: Scope, *definitions: str) -> Scope:
    for text in definitions:
        document = parse(Source("define", f"define\n    {text}\n")).document
        (section,) = document.items
        assert isinstance(section, outline.Define)
        for item in section.items:
            assert isinstance(item, outline.Definition)
            scope, found = elaborate_definition(item, scope)
            assert not found, found
    return scope


def expr(text: str) -> ast.Expr:
    source = Source("expression", text)
    if text.startswith("for ") or text.endswith(" independent"):
        chain, mistakes = parse_claim(source)
        assert chain is not None and not mistakes and not chain.links, mistakes
        return chain.first
    made, mistakes = parse_expression(source)
    assert made is not None and not mistakes, mistakes
    return made


def term(text: str, scope: Scope | None = None) -> App | Bind | Num | Sym:
    result = elaborate_term(expr(text), scope_of() if scope is None else scope)
    assert result.term is not None, result.diagnostics
    assert not result.reasons, result.reasons
    return result.term


def items(text: str, scope: Scope) -> Opened:
    quantified = expr(f"for {text}, 0 = 0")
    assert isinstance(quantified, ast.Quantified)
    return elaborate_quantifier_items(quantified.items, scope)


# ---------------------------------------------------------------- terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 3", "+(1/10, 3)"),
        ("a - b - 2", "-(-(a, b), 2)"),
        ("-a^2", "neg(^(a, 2))"),
        ("a / b * v", "*(/(a, b), v)"),
        ("x/x[1]", "/(x, index(x, 1))"),
        ("a > b", "<(b, a)"),
        ("a >= b", "<=(b, a)"),
        ("0 <= a < b", "and(<=(0, a), <(a, b))"),
        ("a = b and not a < 0", "and(=(a, b), not(<(a, 0)))"),
        ("a = 0 => b = 0 => v = 0", "=>(=(a, 0), =>(=(b, 0), =(v, 0)))"),
        ("x .* y", "*(x, y)"),
        ("x ./ y", "/(x, y)"),
        ("1 - tanh(x).^2", "-(1, ^(tanh(x), 2))"),
        ("a * x + 1", "+(*(a, x), 1)"),
        ("A @ x", "matmul(A, x)"),
        ("x.T @ A @ x", "matmul(matmul(transpose(x), A), x)"),
        ("C @ A @ x", "matmul(matmul(C, A), x)"),
        ("A.H", "hermitian(A)"),
        ("inv(A) + outer(x, y)", "+(inv(A), outer(x, y))"),
        ("logdet(A) + tr(A) + dot(x, y)", "+(+(logdet(A), tr(A)), dot(x, y))"),
        ("norm(x) + norm(x, 1) + norm(x, inf)", "+(+(norm(x), norm_p(x, 1)), norm_inf(x))"),
        ("Var(x) + mean(x) + sample_variance(x)", "+(+(variance(x), mean(x)), sample_variance(x))"),
        ("[1, a]", "vector(1, a)"),
        ("[[0, 1], [1, 0]] @ [1, 2]", "matmul(vector(vector(0, 1), vector(1, 0)), vector(1, 2))"),
        ("eye(n) @ x", "matmul(eye(n), x)"),
        ("A[1, k]", "index(A, 1, k)"),
        ("A[1][k]", "index(A, 1, k)"),
        ("sum(i in 1..n, x[i])", "sum[i, 1, n, index(x, i)]"),
        ("sum(i, x[i])", "sum[i, 1, n, index(x, i)]"),
        ("sum(x)", "sum[i, 1, n, index(x, i)]"),
        ("sum(A)", "sum[i, 1, n, sum[j, 1, n, index(A, i, j)]]"),
        ("sum(i in 1..n, j in 1..i, A[i, j])", "sum[i, 1, n, sum[j, 1, i, index(A, i, j)]]"),
        ("sum(i, j, C[i, j])", "sum[i, 1, m, sum[j, 1, n, index(C, i, j)]]"),
        ("prod(i in 1..n, x[i])", "prod[i, 1, n, index(x, i)]"),
        ("max(i in 1..n, x[i])", "max[i, 1, n, index(x, i)]"),
        ("max(a, b, 0)", "max(max(a, b), 0)"),
        ("min(x)", "min[i, 1, n, index(x, i)]"),
        ("n!", "factorial(n)"),
        ("binomial(n, 2)", "binomial(n, 2)"),
        ("if a < b then a else b", "ite(<(a, b), a, b)"),
        ("cases(a if a < 0, b if a < 1, 0 otherwise)", "ite(<(a, 0), a, ite(<(a, 1), b, 0))"),
        ("1[a < b]", "indicator(<(a, b))"),
        ("delta(k, 1)", "delta(k, 1)"),
        ("pdf(Normal(mu, v), a)", "pdf(Normal(mu, v), a)"),
        ("pmf(Poisson(v), n)", "pmf(Poisson(v), n)"),
        ("f(a + 1)", "apply(f, +(a, 1))"),
        ("2*pi*im", "*(*(2, pi()), im())"),
        ("im(c) + re(c)", "+(im_part(c), re(c))"),
        ("lim(h -> 0 | h > 0, abs(h)/h)", "lim[h, 0, 1, /(abs(h), h)]"),
        ("lim(h -> inf, 1/h)", "lim[h, inf(), 0, /(1, h)]"),
        ("int(t in 0..1, t^2)", "int[t, 0, 1, ^(t, 2)]"),
        ("int(t in -inf..inf, exp(-t^2))", "int[t, neg(inf()), inf(), exp(neg(^(t, 2)))]"),
        ("for i in 1..n, x[i] > 0", "forall[i, 1, n, <(0, index(x, i))]"),
        ("for t : positive, t > 0", "forall[t, =>(<(0, t), <(0, t))]"),
        ("for t : real, h: t > 0, t >= 0", "forall[t, =>(<(0, t), <=(0, t))]"),
        ("k in 1..n", "and(<=(1, k), <=(k, n))"),
        ("a in {0, b}", "or(=(a, 0), =(a, b))"),
        ("v is positive", "<(0, v)"),
        ("A is invertible", "invertible(A)"),
        ("array(i in 1..n, x[i]^2)", "array[i, 1, n, ^(index(x, i), 2)]"),
        ("sum(i in 1..n if i != k, x[i])", "sum[i, 1, n, ite(!=(i, k), index(x, i), 0)]"),
        ("invertible(A.T @ A)", "invertible(matmul(transpose(A), A))"),
        ("grad(a, x) = 0", "=(grad(lam[x~1, a], x), zeros(n))"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    assert repr(term(text)) == expected


def test_every_word_of_the_language_has_a_meaning() -> None:
    constants = {"pi", "inf", "im", "true", "false"}
    assert (RESERVED | set(SOFT)) - constants <= set(HANDLERS)


@pytest.mark.parametrize(
    ("text", "sort"),
    [("a", REAL), ("n", INTEGER), ("c", COMPLEX), ("a < b", BOOL), ("A @ x", None)],
)
def test_sorts(text: str, sort: object) -> None:
    found = sort_of(term(text))
    assert found == sort if sort else isinstance(found, Array)


def test_nested_sizes_agree_up_to_arithmetic() -> None:
    scope = scope_of("n : dim\nu : real[n + 1]\nw : real[1 + n]\nM : real[2*n - n + 1, n]")
    assert repr(term("u + w", scope)) == "+(u, w)"
    assert repr(term("M.T @ u", scope)) == "matmul(transpose(M), u)"


# ---------------------------------------------------------------- names


def test_a_declared_soft_name_wins() -> None:
    scope = scope_of("S, P, T, gamma, delta, H : real\nE : real[2]")
    assert repr(term("gamma*P + delta - S*T/H + E[1]", scope)).startswith(
        "+(-(+(*(gamma, P), delta)"
    )


def test_a_bound_name_in_use_gets_its_own_symbol() -> None:
    made = term("x[k] + sum(k in 1..n, x[k])")
    assert repr(made) == "+(index(x, k), sum[k~1, 1, n, index(x, k~1)])"
    assert repr(term("sum(i in 1..n, sum(i in 1..n, x[i]))")) == (
        "sum[i, 1, n, sum[i~1, 1, n, index(x, i~1)]]"
    )


def test_suggestions() -> None:
    scope = scope_of("sigma, theta : real\nweights : real[3]")
    assert scope.suggest("σ") == "sigma"
    assert scope.suggest("wieghts") == "weights"
    assert scope.suggest("ln") == "log"
    assert scope.suggest("q") is None


# ---------------------------------------------------------------- declarations


def facts(given: str) -> list[tuple[str, str, bool]]:
    return [(f.name, repr(f.claim), bool(f.tainted)) for f in scope_of(given).facts]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a : real", []),
        ("a : positive", [("a : positive", "<(0, a)", False)]),
        ("a : nonnegative", [("a : nonnegative", "<=(0, a)", True)]),
        ("a : nonzero", [("a : nonzero", "!=(a, 0)", False)]),
        (
            "a : probability",
            [
                ("a : probability", "<=(0, a)", True),
                ("a : probability", "<=(a, 1)", True),
            ],
        ),
        ("n : natural", [("n : natural", "<=(0, n)", False)]),
        ("n : dim", [("n : dim", "<=(1, n)", False)]),
    ],
)
def test_scalar_sorts(given: str, expected: list[tuple[str, str, bool]]) -> None:
    assert facts(given) == expected


@pytest.mark.parametrize(
    ("sort", "claims"),
    [
        ("index[n]", ["<=(1, a)", "<=(a, n)"]),
        ("positive[n]", ["forall[i, 1, n, <(0, index(a, i))]"]),
        (
            "probability[n]",
            [
                "forall[i, 1, n, <=(0, index(a, i))]",
                "forall[i, 1, n, <=(index(a, i), 1)]",
            ],
        ),
        (
            "simplex[n]",
            [
                "forall[i, 1, n, <=(0, index(a, i))]",
                "=(sum[i, 1, n, index(a, i)], 1)",
            ],
        ),
        (
            "stochastic[2, n]",
            [
                "forall[i, 1, 2, forall[j, 1, n, <=(0, index(a, i, j))]]",
                "forall[i, 1, 2, =(sum[j, 1, n, index(a, i, j)], 1)]",
            ],
        ),
        ("symmetric[n]", ["forall[i, 1, n, forall[j, 1, n, =(index(a, i, j), index(a, j, i))]]"]),
        (
            "posdef[n]",
            [
                "posdef(a)",
                "forall[i, 1, n, forall[j, 1, n, =(index(a, i, j), index(a, j, i))]]",
            ],
        ),
        ("invertible[n]", ["invertible(a)"]),
        ("orthogonal[n]", ["=(matmul(transpose(a), a), eye(n))"]),
        ("unitary[n]", ["=(matmul(hermitian(a), a), eye(n))"]),
        (
            "diagonal[n]",
            [
                "forall[i, 1, n, forall[j, 1, n, =>(!=(i, j), =(index(a, i, j), 0))]]",
            ],
        ),
        ("real -> positive", ["forall[x~1, <(0, apply(a, x~1))]"]),
    ],
)
def test_array_sorts(sort: str, claims: list[str]) -> None:
    found = facts(f"n : dim\na : {sort}")
    assert [claim for _, claim, _ in found[1:]] == claims
    is_open = sort.startswith(("index", "positive", "invertible"))
    assert all(tainted is not is_open for _, _, tainted in found[1:])


def test_facts_about_entries_capture_no_name() -> None:
    assert [c for _, c, _ in facts("i : dim\nA : symmetric[i]")[1:]] == [
        "forall[i~1, 1, i, forall[j, 1, i, =(index(A, i~1, j), index(A, j, i~1))]]"
    ]
    scope = scope_of("n, m : dim\nB : real[m, n, n]")
    made = repr(term("for i in 1..m, B[i] is symmetric", scope))
    assert made.startswith("forall[i, 1, m, forall[i~1, 1, n, forall[j, 1, n, ")


def test_hypotheses_are_named_and_tainted_through_definitions() -> None:
    scope = scope_of("a, b : real\nh: a = 1\na + b = 2\na < b")
    first, second, third = scope.facts
    assert (first.name, first.kind, first.uses) == ("h", HYPOTHESIS, frozenset({"h"}))
    assert first.tainted == {Sym("a", REAL)}
    assert second.name == "hypothesis 2" and len(second.tainted) == 2
    assert third.tainted == frozenset()  # open: true around every point where it is true
    scope = define(scope, "w := a^2")
    (item,), _ = parse_givens(Source("given", "g: w = 4"))
    scope, _ = elaborate_given(item, scope)
    assert scope.facts[-1].tainted == {Sym("a", REAL)}


def test_a_strict_inequality_of_partial_functions_is_not_open() -> None:
    scope = define(scope_of("a : real"), "r := sqrt(a)")
    (item,), _ = parse_givens(Source("given", "g: r < 1"))
    scope, _ = elaborate_given(item, scope)
    assert scope.facts[-1].tainted == {Sym("a", REAL)}


def test_an_unnamed_hypothesis_is_called_by_its_text_where_that_is_known() -> None:
    source = Source("given", "a : real\na > 0")
    found, _ = parse_givens(source)
    scope = Scope(source=source)
    for item in found:
        scope, _ = elaborate_given(item, scope)
    assert scope.facts[-1].name == "a > 0"


def test_the_context_holds_what_the_scope_holds() -> None:
    context = scope_of("a : positive", "w := a + 1").context()
    assert context.symbols == (Sym("a", REAL),)
    assert [d.symbol.name for d in context.definitions] == ["w"]
    assert context.facts[0].kind == DOMAIN


# ---------------------------------------------------------------- definitions


@pytest.mark.parametrize(
    ("definition", "body"),
    [
        ("w := a + b", "+(a, b)"),
        ("w[i] := exp(x[i])", "array[i, 1, n, exp(index(x, i))]"),
        (
            "w[i, j] := C[i, j] * x[j]",
            "array[i, 1, m, array[j, 1, n, *(index(C, i, j), index(x, j))]]",
        ),
        ("w[k] := x[k]", "array[k~1, 1, n, index(x, k~1)]"),
        ("w(t : real) := t + a", "lam[t, +(t, a)]"),
        ("w(s : real, t : real) := s + t", "lam[s, lam[t, +(s, t)]]"),
        ("w(W : real[n])[i] := W[i] + 1", "lam[W, array[i, 1, n, +(index(W, i), 1)]]"),
    ],
)
def test_definitions(definition: str, body: str) -> None:
    assert repr(scope_of(GIVEN, definition).definitions[-1].body) == body


def test_defined_functions_have_function_sorts() -> None:
    scope = scope_of(GIVEN, "w(s : real, t : real) := s + t")
    entry = scope.lookup("w")
    assert entry is not None and entry.symbol.sort == Function((REAL, REAL), REAL)
    assert repr(term("w(a, b)", scope)) == "apply(w, a, b)"


def test_functions_of_functions() -> None:
    scope = scope_of("k : real -> real -> real\nh : (real, real) -> real\na : real")
    assert repr(term("k(a)(1) + h(a, 2)", scope)) == "+(apply(apply(k, a), 1), apply(h, a, 2))"


# ---------------------------------------------------------------- derivatives


def test_a_derivative_unfolds_what_depends_on_the_variable_and_nothing_else() -> None:
    scope = scope_of(GIVEN, "q := b^2", "w := a*q", "l := w + q")
    assert repr(term("diff(l, a)", scope)) == "deriv(lam[a~1, +(*(a~1, q), q)], a)"
    assert repr(term("diff(l, q)", scope)) == "deriv(lam[q~1, +(*(a, q~1), q~1)], q)"
    assert repr(term("diff(l, v)", scope)) == "deriv(lam[v~1, l], v)"


def test_second_derivatives_nest() -> None:
    made = term("diff(a^2*b, a, b)")
    inner = "deriv(lam[a~1, *(^(a~1, 2), b~1)], a)"
    assert alpha_equal(made, made) and repr(made) == f"deriv(lam[b~1, {inner}], b)"
    twice = term("diff(a^3, a, a)")
    assert isinstance(twice, App) and repr(twice.args[1]) == "a"
    outer = twice.args[0]
    assert isinstance(outer, Bind) and isinstance(outer.body, App)
    assert outer.body.args[1] == outer.var


def test_derivatives_by_entries_arrays_and_under_binders() -> None:
    assert (
        repr(term("diff(sum(x), x[k])")) == "partial(lam[x~1, sum[i, 1, n, index(x~1, i)]], x, k)"
    )
    assert repr(term("grad(dot(x, y), x)")) == "grad(lam[x~1, dot(x~1, y)], x)"
    assert repr(term("diff(dot(x, y), x)")) == "grad(lam[x~1, dot(x~1, y)], x)"
    assert repr(term("jacobian(A @ x, x)")) == "jacobian(lam[x~1, matmul(A, x~1)], x)"
    assert repr(term("hessian(dot(x, y), x)")) == "hessian(lam[x~1, dot(x~1, y)], x)"
    assert repr(term("sum(i, diff(dot(x, y), x[i]))")) == (
        "sum[i, 1, n, partial(lam[x~1, dot(x~1, y)], x, i)]"
    )
    assert repr(term("diff(f, a)")) == "deriv(lam[a~1, apply(f, a~1)], a)"


def test_leibniz_quotients() -> None:
    scope = scope_of(GIVEN, "L := a^2 + dot(x, y)")
    derivative = "deriv(lam[a~1, +(^(a~1, 2), dot(x, y))], a)"
    assert repr(term("dL/da", scope)) == derivative
    assert repr(term("∂L/∂a", scope)) == derivative
    assert repr(term("2 * dL/da * b", scope)) == f"*(*(2, {derivative}), b)"
    assert repr(term("-dL/da", scope)) == f"neg({derivative})"
    assert repr(term("∂L/∂x", scope)).startswith("grad(")
    assert repr(term("∂L/∂x[k]", scope)).startswith("partial(")


def test_a_declared_dL_is_no_derivative() -> None:
    scope = scope_of("L, W, dL, dW : real")
    assert repr(term("dL/dW", scope)) == "/(dL, dW)"


def test_at_unfolds_and_substitutes_all_at_once() -> None:
    scope = scope_of(GIVEN, "l := a + 2*b")
    assert repr(term("(l at a = 1)", scope)) == "+(1, *(2, b))"
    assert repr(term("(l at (a = b, b = a))", scope)) == "+(b, *(2, a))"
    assert repr(term("(diff(a^2, a) at a = 3)", scope)) == "deriv(lam[a~1, ^(a~1, 2)], 3)"


def test_argmax_ranges_over_the_facts_about_its_variable() -> None:
    scope = scope_of("a : real\nv : positive\nh: v < a\ng: a > 0", "l := log(v) - v", "w := 2*v")
    (item,), _ = parse_givens(Source("given", "u: w < 7"))
    scope, _ = elaborate_given(item, scope)
    assert repr(term("argmax(v, l)", scope)) == (
        "argmax[v~1, and(<(0, v~1), <(v~1, a), <(*(2, v~1), 7)), -(log(v~1), v~1)]"
    )


def test_argmax_under_a_condition() -> None:
    scope = scope_of("v : positive")
    assert repr(term("argmax(v | 0 < v and v < 1, v)", scope)) == (
        "argmax[v~1, and(<(0, v~1), <(v~1, 1)), v~1]"
    )


def test_argmax_over_an_index() -> None:
    assert (
        repr(term("argmax(i in 1..n, x[i])")) == "argmax[i, and(<=(1, i), <=(i, n)), index(x, i)]"
    )


def test_a_limit_of_a_declared_variable_unfolds_definitions() -> None:
    scope = scope_of("t : real", "g := sin(t)/t")
    assert repr(term("lim(t -> 0, g)", scope)) == "lim[t~1, 0, 0, /(sin(t~1), t~1)]"


# ---------------------------------------------------------------- any text at all

_LEAVES = ("a", "b", "v", "c", "n", "k", "x", "y", "A", "C", "f", "q", "L", "1", "0.5", "pi", "inf")
_FORMS = (
    """
{} + {} | {} * {} | {} / {} | {} @ {} | {} .* {} | {}^{} | -{} | {}.T | {}! | {} = {} |
{} < {} | not {} | {} and {} | f({}) | exp({}) | norm({}, {}) | dot({}, {}) | inv({}) |
sum(i in 1..n, {}) | sum(i, {}) | max({}, {}) | diff({}, a) | grad({}, x) | {}[k] | {}[i] |
diff({}, x[k]) | argmax(a, {}) | lim(t -> {}, {}) | int(t in 0..1, {}) | [{}, {}] | 1[{}] |
if {} then {} else {} | E[{}] | ({} at a = {}) | pdf(Normal({}, v), {}) | mean({}) | {}({})
""".strip()
    .replace("\n", " ")
    .split(" | ")
)


def random_text(chance: Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(_LEAVES)
    form = chance.choice(_FORMS)
    return form.format(*(f"({random_text(chance, depth - 1)})" for _ in range(form.count("{}"))))


def test_elaboration_is_total_and_its_terms_are_closed_and_sorted() -> None:
    chance, scope = Random(7), scope_of(GIVEN, "q := a^2", "L := dot(x, A @ x) + q")
    known = {e.symbol for e in scope.entries.values()}
    made = 0
    for _ in range(3000):
        parsed, _ = parse_expression(Source("", random_text(chance, 3)))
        if parsed is None:
            continue
        result = elaborate_term(parsed, scope)
        if result.term is None:
            assert len(result.diagnostics) == 1
            continue
        made += 1
        assert free_symbols(result.term) <= known
        assert bool(result.reasons) == mentions(result.term, "unsupported")
        for part in subterms(result.term):
            sort_of(part)
    assert made > 300


# ---------------------------------------------------------------- quantifiers


def test_open_quantifiers_declare_and_close() -> None:
    opened = items("i in 1..n, t : positive, h: t < x[i]", scope_of())
    assert not opened.diagnostics
    assert [f.name for f in opened.scope.facts[-4:]] == [
        "i in 1..n",
        "i in 1..n",
        "t : positive",
        "h",
    ]
    claim = elaborate_claim(expr("t < x[i] + 1"), opened.scope).term
    assert claim is not None
    assert repr(opened.close(claim)) == (
        "forall[i, 1, n, forall[t, =>(<(0, t), =>(<(t, index(x, i)), <(t, +(index(x, i), 1))))]]"
    )
    assert elaborate_claim(
        expr("for i in 1..n, t : positive, h: t < x[i], t < x[i] + 1"), scope_of()
    ).term == opened.close(claim)


def test_several_names_share_a_range_or_a_sort() -> None:
    assert repr(term("for i, j in 1..n, A[i, j] = 0")) == (
        "forall[i, 1, n, forall[j, 1, n, =(index(A, i, j), 0)]]"
    )


# ---------------------------------------------------------------- relations of made terms


def test_relations_between_elaborated_terms() -> None:
    scope = scope_of()
    left, right = term("a", scope), term("b", scope)
    assert repr(elaborate_relation(">=", left, right, NOWHERE, scope).term) == "<=(b, a)"
    assert elaborate_relation("=>", left, right, NOWHERE, scope).diagnostics
    claim = term("a = b", scope)
    assert repr(elaborate_relation("<=>", claim, claim, NOWHERE, scope).term).startswith("<=>(")
    assert elaborate_relation("=", claim, claim, NOWHERE, scope).diagnostics


def test_whole_statements() -> None:
    chain, mistakes = parse_claim(Source("claim", "a < b if v > 1"))
    assert chain is not None and not mistakes
    assert repr(elaborate_chain(chain, scope_of()).term) == "=>(<(1, v), <(a, b))"


# ---------------------------------------------------------------- what is read and not checked


def opaque(text: str, scope: Scope | None = None) -> Elaborated:
    result = elaborate_term(expr(text), scope_of() if scope is None else scope)
    assert isinstance(result.term, App) and result.term.op == "unsupported", result
    assert result.reasons and not result.diagnostics
    return result


@pytest.mark.parametrize(
    "text",
    [
        "E[a]",
        "P(a < 1)",
        "a + E[a]",
        "E[a] = 0",
        "Cov(a, b)",
        "f is smooth",
        "x[1..2]",
        "a, b independent",
        "prod(i in 1..inf, 1/2^i)",
        "entropy(Poisson(v))",
        "cases(a if a > 0)",
        "argmax(i in 1..inf, 1/i)",
        "opnorm(A)",
        "diff(E[a], a)",
        "sum(i in 1..n, E[x[i]])",
    ],
)
def test_unsupported_forms_have_reasons(text: str) -> None:
    opaque(text)


@pytest.mark.parametrize("text", ["entropy(x)", "KL(x, x)", "cross_entropy(x, x)", "entropy(A)"])
def test_entropies_of_arrays_of_masses_are_read(text: str) -> None:
    result = elaborate_term(expr(text), scope_of())
    assert isinstance(result.term, App) and result.term.op == text.split("(")[0]


@pytest.mark.parametrize("text", ["KL(x, A)", "mutual_information(x)", "entropy(a)", "entropy(x, x)"])
def test_entropies_of_other_shapes_are_mistakes(text: str) -> None:
    assert elaborate_term(expr(text), scope_of()).diagnostics


def test_different_unsupported_forms_are_different_terms() -> None:
    made = [opaque(t).term for t in ("E[a]", "Cov(a, a)", "E[b]", "E[a] + 1", "-E[a]", "2*E[a]")]
    assert len(set(made)) == len(made)
    assert opaque("E[a]").term == opaque("(E[(a)])").term


def test_random_variables_are_functions_of_one_sample_point() -> None:
    scope = define(scope_of("mu : real\nX ~ Normal(mu, 1)\nZ : random"), "w := X^2 + mu")
    for text in ("X + 1", "w*Z"):
        found = elaborate_term(expr(text), scope).term
        assert found is not None and points_in(found) == {POINT}
    mean = elaborate_term(expr("E[w*Z - E[X]]"), scope).term
    assert isinstance(mean, Bind) and not points_in(mean) and not points_in(mean.body) - {mean.var}


def test_what_is_said_of_random_variables_is_a_fact() -> None:
    scope = scope_of("n : dim\np : probability\nfor i in 1..n, U[i] ~ iid Bernoulli(p)\nX, Y : random\nX, Y independent")
    operators = {t.op for f in scope.facts for t in subterms(f.claim) if isinstance(t, App)}
    assert {"law", "entries_independent", "entries_alike", "independent"} <= operators


def test_properties_of_functions_are_kept_by_word() -> None:
    (fact,) = scope_of("f : real -> real, smooth(2)").facts
    assert fact.name == "f : smooth" and isinstance(fact.claim, App)
    assert fact.claim.op == "unsupported"


def test_a_property_of_a_function_is_what_it_says() -> None:
    (fact,) = scope_of("f : real -> real, convex").facts
    assert fact.name == "f : convex"
    text = show(fact.claim)
    assert "0 <= t <= 1 => f(t*x + (1 - t)*y) <= t*f(x) + (1 - t)*f(y)" in text
    (fact,) = scope_of("f : real -> real, lipschitz(3)").facts
    assert "abs(f(x) - f(y)) <= 3*abs(x - y)" in show(fact.claim)
