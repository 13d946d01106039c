"""The layout of gradients by a matrix: one fact in both layouts, and nothing of it left in a theorem that is used."""

from __future__ import annotations

import pytest

from derive.check import check_file
from derive.core.verdict import Kind
from derive.report.model import FileResult
from derive.settings import Settings
from derive.syntax.format import format_document
from derive.syntax.parse import parse
from derive.text import Source

GIVENS = """given
    m, n : dim
    W : real[m, n]
    S : symmetric[n]
    A : real[n, n]
    x : real[n]
    t : real[m]

define
    z := W @ x
    L := norm(z - t)^2

"""
EITHER = """
theorem by_vector: grad(L, x) = 2 * W.T @ (z - t)
theorem by_pair: symgrad(tr(A @ S), S) = A + A.T - diag(diag(A))
theorem of_vector: jacobian(z, x) = W
theorem twice: hessian(L, x) = 2 * W.T @ W
"""
DENOMINATOR = GIVENS + """
theorem weights: grad(L, W) = outer(grad(L, z), x)
proof
    outer_layer: grad(L, z) = 2 * (z - t)    by differentiate
    grad(L, W)
        = 2 * outer(z - t, x)                by chain_rule
        = outer(grad(L, z), x)               by outer_layer
qed

theorem quotient: dL/dW = 2 * outer(z - t, x)
theorem by_diff: diff(L, W) = 2 * outer(z - t, x)
theorem entry: for i in 1..m, j in 1..n, grad(L, W)[i, j] = diff(L, W[i, j])
""" + EITHER
NUMERATOR = "layout numerator\n\n" + GIVENS + """
theorem weights: grad(L, W) = outer(x, grad(L, z))
proof
    outer_layer: grad(L, z) = 2 * (z - t)    by differentiate
    grad(L, W)
        = 2 * outer(x, z - t)                by chain_rule
        = outer(x, grad(L, z))               by outer_layer
qed

theorem quotient: dL/dW = 2 * outer(x, z - t)
theorem by_diff: diff(L, W) = 2 * outer(x, z - t)
theorem entry: for i in 1..m, j in 1..n, grad(L, W)[j, i] = diff(L, W[i, j])
""" + EITHER


def said(text: str, **others: str) -> FileResult:
    files = {name: Source(f"{name}.drv", body) for name, body in others.items()}
    return check_file(Source("main.drv", text), Settings(jax=False), files.get)


def verdicts(result: FileResult) -> dict[str, Kind]:
    return {t.name: t.verdict for t in result.theorems}


def messages(result: FileResult) -> list[tuple[str, str, str | None]]:
    found = (*result.diagnostics, *(d for s in result.steps for d in s.diagnostics))
    return [(d.code, d.message, d.hint) for d in found]


@pytest.mark.parametrize("text", [DENOMINATOR, NUMERATOR, "layout denominator\n" + DENOMINATOR])
def test_the_same_gradient_in_both_layouts(text: str) -> None:
    result = said(text)
    assert not messages(result)
    assert len(result.theorems) == 8 and set(verdicts(result).values()) == {Kind.PROVED}


def test_the_answer_of_the_other_layout_does_not_fit() -> None:
    numerator = NUMERATOR.replace("2 * outer(x, z - t)", "2 * outer(z - t, x)")
    denominator = DENOMINATOR.replace("2 * outer(z - t, x)", "2 * outer(x, z - t)")
    for text in (numerator, denominator):
        result = said(text)
        codes = [code for code, _, _ in messages(result)]
        assert codes.count("shape-mismatch") == 3
        assert not {"quotient", "by_diff", "weights"} & {n for n, v in verdicts(result).items() if v is Kind.PROVED}


def test_the_heading_holds_for_the_whole_file() -> None:
    head, _, rest = NUMERATOR.partition("\n")
    assert set(verdicts(said(rest + head + "\n")).values()) == {Kind.PROVED}


def test_a_theorem_keeps_its_meaning_in_a_file_of_the_other_layout() -> None:
    given = "given\n    n : dim\n    X : real[n, n]\n    h : for i in 1..n, j in 1..n, X[i, j] >= 0\n\n"
    lemma = given + (
        "theorem lemma_of_it: for A : real[n, n], grad(tr(A @ X), X) = A.T\n"
        "theorem by_name: grad(tr(X @ X), X) = 2 * X.T\n"
    )
    use = "layout numerator\nuse other\n" + given
    right, wrong = (
        f"theorem t: for B : real[n, n], grad(tr(B @ X), X) = {side}\n"
        f"proof\n    grad(tr(B @ X), X) = {side}    by lemma_of_it\nqed\n"
        for side in ("B", "B.T")
    )
    assert verdicts(said(use + right, other=lemma)) == {"t": Kind.PROVED}
    assert verdicts(said(use + wrong, other=lemma)) == {"t": Kind.REFUTED}
    back = "use other\n" + given
    other = "layout numerator\n" + lemma.replace("= A.T", "= A").replace("2 * X.T", "2 * X")
    assert verdicts(said(back + wrong, other=other)) == {"t": Kind.PROVED}
    assert verdicts(said(back + right, other=other)) == {"t": Kind.REFUTED}


def test_the_reading_says_the_layout() -> None:
    for text, word in ((NUMERATOR, "numerator layout"), (DENOMINATOR, "denominator layout")):
        readings = {s.theorem: s.reading for s in said(text).steps}
        assert word in readings["quotient"] and "layout" not in readings["by_vector"]


def test_an_unknown_layout_is_told_with_the_nearest() -> None:
    claim = "theorem t: 1 = 1\n"
    assert messages(said("layout numeratr\n" + claim)) == [
        ("syntax", "`numeratr` is no layout of gradients", "write `layout numerator`")
    ]
    assert "`layout denominator`" in (messages(said("layout rows\n" + claim))[0][2] or "")


def test_two_layouts_in_one_file_are_told() -> None:
    twice = "layout numerator\nlayout denominator\ntheorem t: 1 = 1\n"
    assert [m[1] for m in messages(said(twice))] == ["this file has chosen the layout `numerator` already"]
    assert not messages(said("layout numerator\nlayout numerator\ntheorem t: 1 = 1\n"))


def test_the_heading_is_kept_by_the_formatter() -> None:
    for word in ("numerator", "denominator"):
        first = format_document(parse(Source("a", f"layout   {word}\n" + GIVENS)).document)
        assert first.startswith(f"layout {word}\n")
        assert format_document(parse(Source("b", first)).document) == first
