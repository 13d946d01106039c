"""A refuted step names the slip that explains it, and only one under which it holds."""

from __future__ import annotations

import pytest

from derive import check, check_claim
from derive.core.verdict import Kind

GIVEN = """a, b, x : real
n, d, m : dim
A, B : real[n, n]
X : real[n, d]
Y : real[n, m]
W : real[d, m]
u, v : real[n]
w : real[d]"""

SLIPS = [
    ("(a + b)^2 = a^2 + b^2", "this holds with `2*a*b` added (a dropped term)"),
    ("(a - b)^2 = a^2 - 2*a*b - b^2", "`a^2 - 2*a*b + b^2` for `a^2 - 2*a*b - b^2` (a sign)"),
    ("diff(sin(x^2), x) = cos(x^2)", "this holds with the factor `2*x` (a forgotten inner derivative)"),
    ("diff(tanh(2*x), x) = 1 - tanh(2*x)^2", "the factor `2` (a forgotten inner derivative)"),
    ("diff(1/x, x) = 1/x^2", "`-1/x^2` for `1/x^2` (a sign)"),
    ("diff(x^3, x) = 3*x^3", "`x^2` for `x^3` (an exponent)"),
    ("grad(tr(A @ B), A) = B", "`B.T` for `B` (a missing transpose)"),
    ("tr(A @ B) = tr(A.T @ B)", "`A` for `A.T` (a transpose too many)"),
    ("(A @ B).T = A.T @ B.T", "`B.T @ A.T` for `A.T @ B.T` (two factors in the wrong order)"),
    ("inv(A @ B) = inv(A) @ inv(B)", "`inv(B) @ inv(A)` for `inv(A) @ inv(B)`"),
    ("grad(logdet(A), A) = inv(A)", "`inv(A).T` for `inv(A)` (a missing transpose)"),
    ("grad(dot(u, u), u) = u", "`2*u` for `u` (a factor 2)"),
    ("grad(norm(X @ W - Y)^2/2, W) = 2*X.T @ (X @ W - Y)", "(a factor 2 too many)"),
    ("grad(norm(X @ W - Y)^2/2, W) = X.T @ (X @ W - Y) + W", "(a term too many)"),
    ("grad(dot(u, A @ u), u) = 2*A @ u", "this holds if `A.T = A` (a condition never stated)"),
    ("sqrt(x^2) = x", "this holds if `0 <= x` (a condition never stated)"),
    ("sum(i in 1..n - 1, u[i + 1] - u[i]) = u[n] - u[2]", "`u[1]` for `u[2]` (an index off by one)"),
    ("sum(i in 1..n, i) = n*(n - 1)/2", "`n + 1` for `n - 1` (a sign)"),
    ("mean(u) = sum(i in 1..n, u[i])", "(a mean for a sum)"),
    ("x^2 > 0", "this holds with `<=` for `<`"),
    (
        "grad(norm(X @ W - Y)^2/2 + a/2*norm(W)^2, W) = X.T @ (X @ W - Y)",
        "this holds with `a*W` added (a dropped term)",
    ),
    ("grad(dot(u, v) + a*dot(u, u), u) = v", "this holds with `2*a*u` added (a dropped term)"),
    (
        "grad(norm(tanh(X @ W) - Y)^2/2, W) = X.T @ (tanh(X @ W) - Y)",
        "`(tanh(X @ W) - Y) .* (1 - tanh(X @ W).^2)` for `tanh(X @ W) - Y` (a forgotten inner derivative)",
    ),
    ("exp(a + b) = exp(a) + exp(b)", "`exp(a)*exp(b)` for `exp(a) + exp(b)` (a law for products)"),
    ("exp(a*b) = exp(a)*exp(b)", "`exp(a + b)` for `exp(a*b)` (a law for sums)"),
    ("hessian(dot(u, u)/2, u) = ones(n, n)", "`eye(n)` for `ones(n, n)` (the identity for a matrix of ones)"),
    ("for i in 1..n, diff(dot(u, u), u[i]) = u[i]", "`2*u[i]` for `u[i]` (a factor 2)"),
]

WITHOUT = ["A @ B = B @ A", "sin(a + b) = sin(a) + sin(b)", "a*(b + x) = a*b + x^3 + 1", "x^2 <= x"]


def hint_of(claim: str) -> str:
    """The hint of the message about a refuted claim."""
    step = check_claim(claim, given=GIVEN)
    assert step.verdict is Kind.REFUTED, claim
    (found,) = [d for d in step.diagnostics if d.code == "refuted-step"]
    return found.hint or ""


@pytest.mark.parametrize(("claim", "said"), SLIPS, ids=[c for c, _ in SLIPS])
def test_the_slip_is_named(claim: str, said: str) -> None:
    assert said in hint_of(claim)


@pytest.mark.parametrize("claim", WITHOUT)
def test_no_slip_is_made_up(claim: str) -> None:
    assert hint_of(claim) == ""


def test_a_step_of_a_proof_has_its_slip() -> None:
    text = """given
    n : dim
    A : real[n, n]
    x, b : real[n]
define
    r := A @ x - b
    L := dot(r, r) / 2
theorem t: grad(L, x) = A @ r
proof
    outer: grad(L, r) = r          by differentiate
    grad(L, x)
        = A @ grad(L, r)           by chain_rule
        = A @ r                    by outer
qed
"""
    (result,) = check(text).files
    hints = [d.hint for s in result.steps for d in s.diagnostics if d.code == "refuted-step"]
    assert hints == ["this holds with `A.T` for `A` (a missing transpose)"]
