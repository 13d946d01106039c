"""One row each of `derive explain conventions`: what the corner cases mean, as claims with their verdicts."""

from __future__ import annotations

import pytest

from derive.check import check_claim_text
from derive.settings import Settings

ROWS = [
    # dim is at least 1, natural starts at 0
    ("n >= 1", "n : dim", "proved"),
    ("n >= 1", "n : natural", "refuted"),
    ("n >= 0", "n : natural", "proved"),
    # reversed ranges are empty
    ("sum(i in 1..0, i) = 0", "", "proved"),
    ("prod(i in 1..0, i) = 1", "", "proved"),
    ("sum(i in 1..n, 1) = n", "n : natural", "proved"),
    ("sum(i in 1..n, 1) = n", "n : integer", "not proved"),
    ("max(i in 1..n, x[i]) = max(i in 1..n, x[i])", "n : natural; x : real[n]", "conditional"),
    # splitting a range owes its order
    ("sum(i in 1..n, x[i]) = sum(i in 1..m, x[i]) + sum(i in m+1..n, x[i])",
     "n : dim; m : natural; m <= n; x : real[n]", "proved"),
    # indices start at 1
    ("x[0] = x[0]", "n : dim; x : real[n]", "not proved"),
    # decimals are exact
    ("0.1 + 0.2 = 0.3", "", "proved"),
    ("0.1 = 1/10", "", "proved"),
    # 0^0 is 1 for a natural exponent
    ("x^0 = 1", "x : real", "proved"),
    ("0^n = 1", "n : natural; n = 0", "proved"),
    # 0*log(0) is undefined
    ("x*log(x) = x*log(x)", "x : nonnegative", "conditional"),
    # except inside entropies and divergences, where it is 0; there, a support may be owed
    ("entropy(p) = entropy(p)", "n : dim; p : nonnegative[n]", "proved"),
    ("entropy([0, 1]) = 0", "", "proved"),
    ("KL([0, 1], [1/2, 1/2]) = log(2)", "", "proved"),
    ("KL(p, q) = KL(p, q)", "n : dim; p, q : nonnegative[n]", "conditional"),
    ("mutual_information([[1/2, 0], [0, 1/2]]) = log(2)", "", "proved"),
    # masses are not assumed to add up to one
    ("entropy(p) >= 0", "n : dim; p : nonnegative[n]", "refuted"),
    ("diff(entropy(p), p[k]) = -log(p[k]) - 1", "n : dim; p : positive[n]; k : index[n]", "proved"),
    # log and sqrt of a negative are undefined over the reals
    ("exp(log(x)) = x", "x : real", "conditional"),
    ("sqrt(x)^2 = x", "x : real", "conditional"),
    ("log(z*z) = 2*log(z)", "z : complex", "not proved"),
    # x^(1/3) is for nonnegative x; cbrt is the other
    ("(x^(1/3))^3 = x", "x : real", "conditional"),
    ("cbrt(x)^3 = x", "x : real", "not refuted"),
    # an O goes from left to right, and each is a term of its own
    ("exp(h) = 1 + h + O(h^2)", "h : real", "proved"),
    ("O(h^3) = O(h^2)", "h : real", "proved"),
    ("O(h^2) = O(h^3)", "h : real", "refuted"),
    ("O(h) - O(h) = 0", "h : real", "refuted"),
    ("n/(n + 1) = 1 + O(1/n)", "n : natural", "proved"),
    ("h^2 = O(a*h^2 | h -> 0)", "a, h : real", "refuted"),
    # precedence
    ("-x^2 = -(x^2)", "x : real", "proved"),
    ("6/2*3 = 9", "", "proved"),
    ("2^3^2 = 512", "", "proved"),
    # logdet owes a positive determinant
    ("logdet(A) = log(det(A))", "n : dim; A : real[n, n]", "conditional"),
    # norms
    ("norm(x)^2 = sum(i in 1..n, x[i]^2)", "n : dim; x : real[n]", "proved"),
    ("norm(A)^2 = tr(A.T @ A)", "n, m : dim; A : real[n, m]", "proved"),
    ("norm(x, inf) = max(i in 1..n, abs(x[i]))", "n : dim; x : real[n]", "proved"),
    # variances of data
    ("Var(x) = sum(i in 1..n, (x[i] - mean(x))^2)/n", "n : dim; x : real[n]", "proved"),
    ("sample_variance(x) = sum(i in 1..n, (x[i] - mean(x))^2)/(n - 1)",
     "n : dim; n >= 2; x : real[n]", "proved"),
    # the gradient has the shape of its argument; jacobian[i, j] is d f_i / d x_j
    ("grad(dot(a, x), x) = a", "n : dim; a, x : real[n]", "proved"),
    ("jacobian(A @ x, x) = A", "n, m : dim; A : real[n, m]; x : real[m]", "proved"),
    # the ambient gradient for a symmetric argument
    ("grad(tr(A @ B), A) = B.T", "n : dim; A : symmetric[n]; B : real[n, n]", "proved"),
    # a kink has no derivative
    ("diff(abs(x), x) = sign(x)", "x : real", "conditional"),
    ("diff(abs(x), x) = 1", "x : positive", "proved"),
    # derivative by a natural is a sort error
    ("diff(n^2, n) = 2*n", "n : natural", "error"),
    # Normal(mu, v) has variance v; Exponential and Laplace by rate and scale
    ("pdf(Normal(0, v), 0) = 1/sqrt(2*pi*v)", "v : positive", "proved"),
    ("pdf(Exponential(r), 0) = r", "r : positive", "proved"),
    ("pdf(Laplace(0, b), 0) = 1/(2*b)", "b : positive", "proved"),
    # a density is 0 outside the support, and at an end where it has no one value it is owed to be elsewhere
    ("pdf(Uniform(0, 1), 2) = 0", "", "proved"),
    ("pdf(Gamma(a, r), x) = 0", "a, r : positive; x : negative", "proved"),
    ("pdf(Gamma(a, r), x) = pdf(Gamma(a, r), x)", "a, r : positive; x : nonnegative", "conditional"),
    ("pmf(Geometric(p), 0) = 0", "p : real; 0 < p < 1", "proved"),
    ("pmf(NegativeBinomial(2, p), 1) = 2*p^2*(1 - p)", "p : real; 0 < p < 1", "proved"),
    ("binomial(n, 1) = n", "n : natural", "proved"),
    ("binomial(2, 5) = 0", "", "proved"),
    ("binomial(n, n) = 1", "n : integer", "conditional"),
    # parameters are owed in range, the number of trials a whole one
    ("entropy(Exponential(r)) = 1 - log(r)", "r : real", "conditional"),
    ("E[X] = n/2", "n : positive; X ~ Binomial(n, 1/2)", "conditional"),
    # a distribution function counts the end, quantiles are between 0 and 1
    ("cdf(Bernoulli(p), 1) = 1", "p : probability", "proved"),
    ("quantile(Uniform(0, 2), p) = 2*p", "p : probability", "conditional"),
    # the divergence from a law that does not cover the first is no number
    ("KL(Uniform(0, 1), Uniform(0, b)) = log(b)", "b : positive", "conditional"),
    ("KL(Uniform(0, 1), Uniform(0, b)) = log(b)", "b : real; b > 1", "proved"),
    # a normal vector has a covariance matrix, which is positive definite; counts add up, chances too
    ("Cov(x) = S", "d : dim; mu : real[d]; S : posdef[d]; x ~ Normal(mu, S)", "proved"),
    ("Cov(x) = S", "d : dim; mu : real[d]; S : real[d, d]; x ~ MvNormal(mu, S)", "conditional"),
    ("E[N] = n*p", "K : dim; n : natural; p : simplex[K]; N ~ Multinomial(n, p)", "proved"),
    ("E[N] = n*p", "K : dim; n : natural; p : nonnegative[K]; N ~ Multinomial(n, p)", "conditional"),
    ("E[p] = a/sum(k in 1..K, a[k])", "K : dim; a : positive[K]; p ~ Dirichlet(a)", "proved"),
    ("x @ y.T = outer(x, y)", "d, e : dim; x : real[d]; y : real[e]", "proved"),
    # solutions are a set
    ("(x - 1)^2 = 0 <=> x = 1", "x : real", "proved"),
    # improper integrals: each end by itself, no principal value; reversed ends change the sign
    ("int(x in -1..1, 1/x) = 0", "", "refuted"),
    ("int(x in 1..inf, 1/x) = int(x in 1..inf, 1/x)", "", "conditional"),
    ("int(x in 1..0, x) = -1/2", "", "proved"),
    ("int(x in 0..1, 1/sqrt(x)) = 2", "", "proved"),
    # a limit is from both sides unless one is named, and finite
    ("lim(x -> 0, abs(x)/x) = 1", "", "refuted"),
    ("lim(x -> 0 | x > 0, abs(x)/x) = 1", "", "proved"),
    # an endless sum converges absolutely
    ("sum(k in 0..inf, (1/2)^k) = 2", "", "proved"),
    ("sum(k in 1..inf, (-1)^(k + 1)/k) = log(2)", "", "not proved"),
    # the imaginary unit
    ("im^2 = -1", "", "proved"),
]


@pytest.mark.parametrize(("claim", "given", "expected"), ROWS)
def test_a_row_means_what_it_says(claim: str, given: str, expected: str) -> None:
    result = check_claim_text(claim, given, Settings(jax=False))
    if expected == "error":
        assert any(d.severity.value == "error" for d in result.diagnostics)
        return
    verdict = result.steps[0].verdict.word
    if expected.startswith("not "):
        assert verdict != expected.removeprefix("not ")
    else:
        assert verdict == expected
