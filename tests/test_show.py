"""Terms as text: the shown text reads back as the same term, in ASCII and in Unicode."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.core.alpha import alpha_equal
from derive.core.claim import Context, Definition
from derive.core.operator import f
from derive.core.show import show
from derive.core.sort import INTEGER, REAL, Array
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
    conj,
    eq,
    index,
    le,
    lt,
    mentions,
    mul,
    ne,
    neg,
    power,
    sub,
)

x, y, a, b, mu = (Sym(name, REAL) for name in ("x", "y", "a", "b", "mu"))
n, i, j = (Sym(name, INTEGER) for name in ("n", "i", "j"))
v = Sym("v", Array((n,), REAL))


def total(var: Sym, body: Term) -> Term:
    return Bind("sum", var, (ONE, n), body)


def diff(body: Term, var: Sym, at: Term) -> Term:
    return App("deriv", (Bind("lam", var, (), body), at))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (sub(a, sub(b, x)), "a - (b - x)"),
        (sub(sub(a, b), x), "a - b - x"),
        (neg(power(x, TWO)), "-x^2"),
        (power(neg(x), TWO), "(-x)^2"),
        (power(power(TWO, x), TWO), "(2^x)^2"),
        (power(TWO, power(x, TWO)), "2^x^2"),
        (mul(a, neg(b)), "a*(-b)"),
        (mul(Num(Fraction(1, 2)), x), "1/2*x"),
        (power(x, Num(Fraction(1, 2))), "x^(1/2)"),
        (power(Num(-1), n), "(-1)^n"),
        (lt(b, a), "b < a"),
        (conj(le(ZERO, x), lt(x, ONE)), "0 <= x < 1"),
        (conj(le(ZERO, x), lt(y, ONE)), "0 <= x and y < 1"),
        (conj(ne(a, b), ne(b, x)), "a != b and b != x"),
        (mul(total(i, index(v, i)), x), "sum(i in 1..n, v[i])*x"),
        (mul(v, v), "v .* v"),
        (power(v, TWO), "v.^2"),
        (f("transpose", f("inv", v)), "inv(v).T"),
        (f("ite", lt(a, b), a, b), "if a < b then a else b"),
        (eq(f("ite", lt(a, b), a, b), b), "(if a < b then a else b) = b"),
        (f("not", eq(a, b)), "not (a = b)"),
        (f("factorial", sub(n, ONE)), "(n - 1)!"),
        (Bind("forall", i, (ONE, n), lt(ZERO, index(v, i))), "for i in 1..n, 0 < v[i]"),
        (Bind("lim", x, (ZERO, ONE), x), "lim(x -> 0 | x > 0, x)"),
    ],
)
def test_ascii_has_the_fewest_brackets(term: Term, text: str) -> None:
    assert show(term) == text


def test_a_derivative_at_its_own_symbol_is_written_by_it() -> None:
    bound = Sym("x~1", REAL)
    assert show(diff(mul(a, bound), bound, x)) == "diff(a*x, x)"
    twice = diff(diff(power(bound, TWO), bound, Sym("x~2", REAL)), Sym("x~2", REAL), x)
    assert show(twice) == "diff(x^2, x, x)"


def test_the_bound_variable_is_not_called_like_a_symbol_that_the_body_mentions() -> None:
    # d/dt (t * x) at t = x is x; written `diff(x*x, x)` it would be 2 x.
    bound = Sym("x~1", REAL)
    assert show(diff(mul(bound, x), bound, x)) == "diff(x'*x, x') at x' = x"


def test_bound_variables_get_free_letters() -> None:
    clash = total(i, mul(index(v, i), total(Sym("i~1", INTEGER), index(v, Sym("i~1", INTEGER)))))
    assert show(clash) == "sum(i in 1..n, v[i]*sum(j in 1..n, v[j]))"
    free = add(i, total(Sym("i~1", INTEGER), Sym("i~1", INTEGER)))
    assert show(free) == "i + sum(j in 1..n, j)"


def test_two_symbols_of_one_name_get_two_names() -> None:
    assert show(add(Sym("x", REAL), Sym("x", INTEGER))) in ("x + i", "i + x", "x' + x", "x + x'")


def test_unicode() -> None:
    assert show(le(mul(mu, power(x, TWO)), f("pi")), "unicode") == "μ*x² ≤ π"
    assert show(total(i, index(v, i)), "unicode") == "∑(i in 1..n, v[i])"


def test_latex_balances_and_nests() -> None:
    text = show(eq(neg(total(i, index(v, i))), power(Sym("W1", REAL), TWO)), "latex")
    assert text == r"-\sum_{i=1}^{n} v_{i} = {W_{1}}^{2}"


def test_a_context_gives_derivatives_the_names_of_definitions() -> None:
    loss = Sym("L", REAL)
    context = Context((x, a), (Definition(loss, mul(a, power(x, TWO))),))
    bound = Sym("x~1", REAL)
    gradient = diff(mul(a, power(bound, TWO)), bound, x)
    assert show(gradient, "ascii", context) == "diff(L, x)"


GIVEN = """
n, m : dim
x, y : real[n]
A, B : real[n, n]
a, b, mu, t : real
v : positive
c : complex
k, i : index[n]
f : real -> real
r : natural
"""

TERMS = """
a + b - t*2
a/b*t
a/(b*t)
2^3^2
x .* y
A @ B.T @ x
inv(A) @ (A + B)
sum(i in 1..n, sum(j in 1..n, A[i, j]*x[j])*y[i])
prod(j in 1..n, exp(x[j]))
max(j in 1..n, x[j])
if a < b then a else if b < 0 then b else t
1[a < b]
diff(a^2*b, a, b)
diff(sum(j in 1..n, x[j]^2), x[i])
grad(norm(x)^2, x)
hessian(dot(x, A @ x), x)
jacobian(A @ x, x)
(diff(sin(a)*t, a) at a = 2*b) + 1
norm(x, inf) + norm(x, 3) + norm(A)
softmax(x)[i]
mean(x) + Var(x)
[[a, 1], [0, b]]
conj(c)*c
pdf(Normal(mu, v), a)
f(a) + f(2*b)
eye(3)
exp(im*a)
A.^2
1 - x.^2
2 ./ x
lim(h -> 0 | h > 0, abs(h)/h)
int(u in -inf..inf, exp(-u^2))
argmax(mu, -(mu - a)^2)
binomial(r, 2) + r!
"""

CLAIMS = """
a <= b < t
a > b
not a = b
a = b => b = a
a = b <=> b = a
for j in 1..n, l in 1..n, A[j, l] = A[l, j]
for u : real, u > 0, log(u) <= u - 1
A is posdef
"""


@pytest.mark.parametrize("style", ["ascii", "unicode"])
@pytest.mark.parametrize("text", TERMS.strip().splitlines() + CLAIMS.strip().splitlines())
def test_what_is_shown_reads_back(text: str, style: str) -> None:
    read = _reader(text in CLAIMS)
    term = read(text)
    assert term is not None and not mentions(term, "unsupported")
    again = read(show(term, style))  # type: ignore[arg-type]
    assert again is not None and alpha_equal(again, term)
    shown = show(term, "latex")
    assert shown.count("{") == shown.count("}") and shown.count("\\left") == shown.count("\\right")


def _reader(claim: bool):  # type: ignore[no-untyped-def]
    parse = pytest.importorskip("derive.syntax.parse")
    declarations = pytest.importorskip("derive.elaborate.declarations")
    terms = pytest.importorskip("derive.elaborate.terms")
    from derive.elaborate.scope import Scope
    from derive.text import Source

    scope = Scope()
    for item in parse.parse_givens(Source("given", GIVEN))[0]:
        scope, _ = declarations.elaborate_given(item, scope)

    def read(text: str) -> Term | None:
        if claim:
            found, mistakes = parse.parse_claim(Source("", text))
            assert found is not None, mistakes
            return terms.elaborate_chain(found, scope).term  # type: ignore[no-any-return]
        found, mistakes = parse.parse_expression(Source("", text))
        assert found is not None, mistakes
        return terms.elaborate_term(found, scope).term  # type: ignore[no-any-return]

    return read
