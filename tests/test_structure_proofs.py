"""Blocks, induction, instances and other files: what is proved, and what is told of what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.check import check_file
from derive.core.verdict import Kind
from derive.report.model import FileResult
from derive.settings import Settings
from derive.text import Source

ROOT = Path(__file__).resolve().parent.parent
MUSEUM = sorted((ROOT / "tests" / "unsound").glob("structure_*.drv"))
WORKED = sorted((ROOT / "derivations" / "structure").glob("*.drv"))


def checked(path: Path, refuter: bool = True) -> FileResult:
    def load(name: str) -> Source | None:
        other = path.parent / f"{name}.drv"
        return Source(str(other), other.read_text()) if other.exists() else None

    return check_file(Source(str(path), path.read_text()), Settings(jax=False, refuter=refuter), load)


def said(text: str, **others: str) -> FileResult:
    """A text, with other files by name."""
    files = {name: Source(f"{name}.drv", body) for name, body in others.items()}
    return check_file(Source("main.drv", text), Settings(jax=False), files.get)


def codes(result: FileResult) -> set[str]:
    return {d.code for d in result.diagnostics} | {d.code for s in result.steps for d in s.diagnostics}


@pytest.mark.parametrize("path", MUSEUM, ids=lambda p: p.stem)
@pytest.mark.parametrize("refuter", [True, False], ids=["refuter", "alone"])
def test_museum(path: Path, refuter: bool) -> None:
    """`wrong_` is false; `open_` misses a condition; `right_` shows that the refusal is not of everything."""
    for theorem in checked(path, refuter).theorems:
        start = theorem.name.split("_")[0]
        if start == "wrong":
            assert theorem.verdict > (Kind.CONDITIONAL if refuter else Kind.PROVED), theorem.name
        elif start == "open":
            assert theorem.verdict is not Kind.PROVED, theorem.name
        elif start == "right" and refuter:
            assert theorem.verdict is Kind.PROVED, theorem.name


@pytest.mark.parametrize("path", WORKED, ids=lambda p: p.stem)
def test_worked(path: Path) -> None:
    result = checked(path)
    assert not result.diagnostics
    assert {t.verdict for t in result.theorems} == {Kind.PROVED}


INDUCTION = """
theorem t: for n : natural, sum(i in 1..n, 2*i) = n^2 + n
proof
    induction on n
        base n = {base}
        step n -> n + 1
            sum(i in 1..n+1, 2*i) = sum(i in 1..n, 2*i) + 2*(n + 1)
                = n^2 + n + 2*(n + 1)    by induction_hypothesis
    end
qed
"""


def test_base_at_the_least_value() -> None:
    assert said(INDUCTION.format(base=0)).theorems[0].verdict is Kind.PROVED
    late = said(INDUCTION.format(base=1))
    assert late.theorems[0].verdict is Kind.UNKNOWN
    assert "uncovered-case" in codes(late)
    assert any("n = 0" in " ".join(d.notes) for s in late.steps for d in s.diagnostics)


def test_uncovered_case_shows_the_point() -> None:
    result = said(
        "theorem t: for x : real, abs(x) >= x\nproof\n    split\n        case x > 0\n            abs(x) >= x\n"
        "        case x < 0\n            abs(x) >= x\n    end\nqed\n"
    )
    assert result.theorems[0].verdict is Kind.UNKNOWN
    assert any("x = 0" in " ".join(d.notes) for s in result.steps for d in s.diagnostics)


def test_facts_common_to_all_cases_are_exported() -> None:
    result = said(
        "theorem t: for x : real, x^2 + 1 > 0\nproof\n    split\n        case x >= 0\n            a: x^2 >= 0\n"
        "        case otherwise\n            a: x^2 >= 0\n    end\n    x^2 + 1 > 0    by a\nqed\n"
    )
    assert result.theorems[0].verdict is Kind.PROVED


def test_implication_owes_its_premise() -> None:
    text = (
        "theorem t: for x : real, h: x > {low}, x^2 > 0\nproof\n    suppose pos: x > 0\n"
        "        a: x^2 > 0    by pos\n    end\n    x^2 > 0    by a\nqed\n"
    )
    assert said(text.format(low=1)).theorems[0].verdict is Kind.PROVED
    assert said(text.format(low=-1)).theorems[0].verdict is not Kind.PROVED


def test_label_of_a_closed_block() -> None:
    result = said(
        "theorem t: for x : real, x^2 >= 0\nproof\n    split\n        case pos: x >= 0\n"
        "            b: x >= 0    by pos\n            x^2 >= 0\n        case neg: x < 0\n            x^2 >= 0\n"
        "    end\n    x^2 >= 0    by b\nqed\n"
    )
    assert "out-of-scope" in codes(result)
    assert result.theorems[0].verdict is not Kind.PROVED


def test_own_theorem() -> None:
    result = said("theorem t: for x : real, x^2 >= 0\nproof\n    x^2 >= 0    by t\nqed\n")
    assert "circular-citation" in codes(result)
    assert result.theorems[0].verdict is not Kind.PROVED


def test_used_file_keeps_its_verdict() -> None:
    use = "use other\ntheorem t: for y : real, h: y > 1, y^2 >= y\nproof\n    y^2 >= y    by far with x := y\nqed\n"
    right = "theorem far: for x : real, h: x >= 1, x^2 >= x\nproof\n    x^2 = x*x\n        >= x    by h\nqed\n"
    # a claim for which the lemma is needed: nothing here knows of floor
    needs = "use other\ntheorem t: for y : real, h: y > 1, floor(y) >= 1\nproof\n    floor(y) >= 1    by far with x := y\nqed\n"
    admitted = "theorem far: for x : real, h: x >= 1, floor(x) >= 1\nproof\n    admit \"why\"\nqed\n"
    assert said(use, other=right).theorems[0].verdict is Kind.PROVED
    assert said(needs, other=admitted).theorems[0].verdict is Kind.ADMITTED
    assert "unknown-name" in codes(said(use))


def test_files_that_use_each_other() -> None:
    result = said("use other\ntheorem t: 1 = 1\n", other="use main\ntheorem u: 1 = 1\n")
    assert "circular-citation" in codes(result)
