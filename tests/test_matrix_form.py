"""The matrix engine on claims, and on the museum of false or unfinished ones, with the refuter off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from derive.check import check_claim_text, check_file
from derive.core.verdict import Kind
from derive.settings import Settings
from derive.text import Source

MUSEUM = sorted((Path(__file__).parent / "unsound").glob("matrix_*.drv"))
ALONE = replace(Settings(), refuter=False, jax=False, engines=("matrix form",))
SIZES = "m, n, k, d : dim\n"
GIVEN = SIZES + """A, B : invertible[n]
C : invertible[k]
U : real[n, k]
V : real[k, n]
X : real[n, d]
Y : real[d, n]
P, S : posdef[n]
R : posdef[m]
H : real[m, n]
Z : psd[n]
Q : orthogonal[n]
M, N : real[n, n]
u, v, x, y : real[n]
w : real[d]
lam : positive
c : real"""

PROVED = (
    "inv(A @ B) = inv(B) @ inv(A)",
    "inv(A).T = inv(A.T)",
    "inv(inv(A)) = A",
    "inv(2 * A) = inv(A) / 2",
    "A @ inv(A) = eye(n)",
    "inv(A) - inv(B) = inv(A) @ (B - A) @ inv(B)",
    "P @ H.T @ inv(H @ P @ H.T + R) = inv(inv(P) + H.T @ inv(R) @ H) @ H.T @ inv(R)",
    "P - P @ H.T @ inv(H @ P @ H.T + R) @ H @ P = inv(inv(P) + H.T @ inv(R) @ H)",
    "inv(X.T @ X + lam * eye(d)) @ X.T = X.T @ inv(X @ X.T + lam * eye(n))",
    "w = inv(X.T @ X + lam * eye(d)) @ X.T @ y <=> (X.T @ X + lam * eye(d)) @ w = X.T @ y",
    "inv(P + outer(u, u)) = inv(P) - inv(P) @ outer(u, u) @ inv(P) / (1 + dot(u, inv(P) @ u))",
    "P @ inv(P + S) @ S = S @ inv(P + S) @ P",
    "inv(inv(P) + inv(S)) = P @ inv(P + S) @ S",
    "det(c * M @ N) = c^n * det(M) * det(N)",
    "det(inv(A)) = 1 / det(A)",
    "det(M.T) = det(M)",
    "det(Q)^2 = 1",
    "Q @ Q.T = eye(n)",
    "inv(Q) = Q.T",
    "det(Q @ M @ Q.T) = det(M)",
    "det(A + outer(u, v)) = (1 + dot(v, inv(A) @ u)) * det(A)",
    "det(A + U @ C @ V) = det(A) * det(C) * det(inv(C) + V @ inv(A) @ U)",
    "det(eye(n) + X @ Y) = det(eye(d) + Y @ X)",
    "logdet(P @ S) = logdet(P) + logdet(S)",
    "logdet(inv(P)) = -logdet(P)",
    "tr(A @ M @ inv(A)) = tr(M)",
    "tr(outer(u, v)) = dot(u, v)",
    "0 <= dot(x, Z @ x)",
    "0 <= dot(x - y, Z @ (x - y))",
    "0 < det(P)",
    "inv(P) is posdef",
    "H @ P @ H.T + R is posdef",
    "X.T @ X + lam * eye(d) is invertible",
    "inv(P) + H.T @ inv(R) @ H is invertible",
    "sum(i in 1..n, outer(X[i], X[i])) is psd",
)
CONDITIONAL = (
    ("inv(A + U @ C @ V) = inv(A) - inv(A) @ U @ inv(inv(C) + V @ inv(A) @ U) @ V @ inv(A)", 2),
    ("X @ inv(X.T @ X) @ X.T @ X @ inv(X.T @ X) @ X.T = X @ inv(X.T @ X) @ X.T", 1),
    ("(X @ inv(X.T @ X) @ X.T).T = X @ inv(X.T @ X) @ X.T", 1),
    ("tr(X @ inv(X.T @ X) @ X.T) = d", 1),
    ("inv(eye(n) + X @ Y) @ X = X @ inv(eye(d) + Y @ X)", 2),
    ("M @ inv(M) = eye(n)", 1),
)


@pytest.mark.parametrize("claim", PROVED)
def test_proves(claim: str) -> None:
    (step,) = check_claim_text(claim, GIVEN, ALONE).steps
    assert step.verdict is Kind.PROVED


@pytest.mark.parametrize(("claim", "count"), CONDITIONAL)
def test_is_conditional_on_the_inverses_alone(claim: str, count: int) -> None:
    (step,) = check_claim_text(claim, GIVEN, ALONE).steps
    assert step.verdict is Kind.CONDITIONAL
    owed = [c.claim for c in step.conditions if c.verdict is not Kind.PROVED]
    assert len(owed) == count
    assert all(c.startswith("invertible(") for c in owed)


@pytest.mark.parametrize("path", MUSEUM, ids=lambda p: p.stem)
@pytest.mark.parametrize("engines", [pytest.param(None, marks=pytest.mark.soak, id="all"), pytest.param(("matrix form",), id="alone")])
def test_museum(path: Path, engines: tuple[str, ...] | None) -> None:
    settings = replace(Settings(), refuter=False, jax=False, engines=engines)
    result = check_file(Source(path.name, path.read_text(encoding="utf-8")), settings)
    assert result.theorems
    for theorem in result.theorems:
        match theorem.name.split("_")[0]:
            case "wrong":
                assert theorem.verdict > Kind.CONDITIONAL, theorem.name
            case "conditional":
                assert theorem.verdict is Kind.CONDITIONAL, theorem.name
            case "right":
                assert theorem.verdict is Kind.PROVED, theorem.name
            case other:
                raise AssertionError(other)
