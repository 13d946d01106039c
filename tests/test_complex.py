"""Complex numbers, matrix exponentials and states: what the kernel shows alone, and what it must leave open.

Promise: every claim here is offered to the proving engines with the refuter off.
"""

from __future__ import annotations

import pytest

from derive.check import check_claim_text
from derive.settings import Settings

KERNEL = Settings(refuter=False, jax=False, engines=("normal form", "matrix form"))

TRUE = [
    ("abs(z/w) = abs(z)/abs(w)", "z, w : complex; w != 0"),
    ("abs(exp(a + im*b)) = exp(a)", "a, b : real"),
    ("conj(sum(k in 1..n, z[k]^2)) = sum(k in 1..n, conj(z[k])^2)", "n : dim; z : complex[n]"),
    ("re(z) <= abs(z)", "z : complex"),
    ("0 <= abs(z)^2 - 2*re(z) + 1", "z : complex"),
    ("abs(a)^2 <= 1", "a, b : complex; abs(a)^2 + abs(b)^2 = 1"),
    ("sin(t/2) = sqrt((1 - cos(t))/2)", "t : real; 0 <= t; t <= pi"),
    ("cos(t/2) = sqrt((1 + cos(t))/2)", "t : real; -pi <= t; t <= pi"),
    ("cos(pi/8) = sqrt(2 + sqrt(2))/2", ""),
    ("cos(pi/5) = (1 + sqrt(5))/4", ""),
    ("exp(2*pi*im*n) = 1", "n : integer"),
    ("sum(k in 0..n-1, exp(2*pi*im*j*k/n)) = 0", "n : dim; j : integer; 1 <= j; j <= n - 1"),
    ("diff(abs(t + im)^2, t) = 2*t", "t : real"),
    ("im_part(x.H @ A @ x) = 0", "n : dim; A : hermitian[n]; x : complex[n]"),
    ("(A @ B).H = B @ A", "n : dim; A, B : hermitian[n]"),
    ("abs(det(U)) = 1", "n : dim; U : unitary[n]"),
    ("expm(-im*t*A) = cos(t)*eye(n) - im*sin(t)*A", "n : dim; t : real; A : complex[n, n]; A @ A = eye(n)"),
    ("expm(t*P) = eye(n) + (exp(t) - 1)*P", "n : dim; t : real; P : real[n, n]; P @ P = P"),
    ("expm(im*A).H @ expm(im*A) = eye(n)", "n : dim; A : hermitian[n]"),
    ("expm(t*[[0, -1], [1, 0]]) = [[cos(t), -sin(t)], [sin(t), cos(t)]]", "t : real"),
    ("expm(t*[[0, 2], [2, 0]])[1, 2] = sinh(2*t)", "t : real"),
    ("inv(expm(A)) = expm(-A)", "n : dim; A : complex[n, n]"),
    ("kron(A, B) @ kron(x, y) = kron(A @ x, B @ y)",
     "m, n : dim; A : complex[m, m]; B : complex[n, n]; x : complex[m]; y : complex[n]"),
    ("kron(x, y).H @ kron(u, v) = (x.H @ u)*(y.H @ v)", "m, n : dim; x, u : complex[m]; y, v : complex[n]"),
    ("norm(kron(x, y)) = norm(x)*norm(y)", "m, n : dim; x : complex[m]; y : complex[n]"),
]

OPEN = [
    ("0 <= x", "x : real; z : complex; x = z^2"),
    ("0 <= x*y", "x, y : real; z : complex; x = z^2; y = z^2 + 1"),
    ("conj(f(x)) = f(x)", "x : real; f : real -> complex"),
    ("conj(log(z)) = log(conj(z))", "z : complex"),
    ("conj(det(A + B)) = det(A + B)", "n : dim; A, B : complex[n, n]"),
    ("cos(t/2) = sqrt((1 + cos(t))/2)", "t : real"),
    ("0 < cos(t/2)", "t : real; -pi <= t; t <= pi"),
    ("0 <= sin(t)", "t : real; 0 <= t; t <= 4"),
    ("sum(k in 0..n-1, exp(2*pi*im*j*k/n)) = 0", "n : dim; j : integer; 0 <= j; j <= n - 1"),
    ("exp(pi*im*n) = 1", "n : integer"),
    ("expm(A + B) = expm(A) @ expm(B)", "n : dim; A, B : complex[n, n]"),
    ("expm(-im*t*A) = cos(t)*eye(n) - im*sin(t)*A", "n : dim; t : real; A : complex[n, n]"),
    ("expm(A).H @ expm(A) = eye(n)", "n : dim; A : hermitian[n]"),
    ("A.T = A", "n : dim; A : hermitian[n]"),
    ("det(U)^2 = 1", "n : dim; U : unitary[n]"),
    ("sqrt(x) = 2", "x : nonnegative; x^2 = 16*x"),
]


@pytest.mark.parametrize(("claim", "given"), TRUE)
def test_the_kernel_shows(claim: str, given: str) -> None:
    step = check_claim_text(claim, given, KERNEL).steps[-1]
    assert step.verdict.word == "proved"
    assert step.trust is not None and step.trust.word == "exact"


@pytest.mark.parametrize(("claim", "given"), OPEN)
def test_the_kernel_leaves_open(claim: str, given: str) -> None:
    assert check_claim_text(claim, given, KERNEL).steps[-1].verdict.word not in ("proved", "conditional")


NOT_REFUTED = [
    ("abs(exp(im*t)) = 1", "z : complex; t : real; z = exp(im*t)"),
    ("exp(im*t)*conj(exp(im*t)) = 1", "n : dim; U : unitary[n]; v : complex[n]; t : real; U @ v = exp(im*t)*v"),
    ("0 <= t^2", "z, w : complex; t : real; z = t*w"),
    ("0 <= t^2", "z : complex; t : real; t^2 + z*t + 1 = 0"),
]


@pytest.mark.parametrize(("claim", "given"), NOT_REFUTED)
def test_a_real_symbol_has_no_complex_value(claim: str, given: str) -> None:
    assert check_claim_text(claim, given, Settings(jax=False)).steps[-1].verdict.word != "refuted"
