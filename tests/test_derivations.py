"""Every worked derivation checks, is a lesson rather than a leap, and the contract keeps its verdicts."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest

from derive.check import check_file
from derive.core.verdict import Kind, Trust
from derive.diagnostic import Severity
from derive.report.model import FileResult
from derive.settings import Settings
from derive.syntax import ast
from derive.syntax.parse import parse
from derive.text import Source

HERE = Path(__file__).parent
FOLDER = HERE.parent / "derivations"
FILES = sorted(FOLDER.rglob("*.drv"))
CONTRACT = sorted((HERE / "contract").glob("*.drv"))
# These are compared with automatic differentiation in every run, the others in the long one.
COMPARED = {"softmax_cross_entropy", "logistic_regression", "ridge", "policy_gradient"}
STATED = re.compile(r"#\s*(proved|conditional|supported|unknown|admitted|refuted)\b")


def name_of(path: Path) -> str:
    return path.stem


@lru_cache(maxsize=None)
def checked(path: Path, jax: bool) -> FileResult:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return check_file(source, Settings(jax=jax), lambda name: None)


def shortcomings(result: FileResult) -> list[str]:
    """What keeps a file from being proved exactly, as text."""
    found = [d.message for d in result.diagnostics if d.severity is Severity.ERROR]
    found += [f"{t.name}: {t.verdict.word}" for t in result.theorems if t.verdict is not Kind.PROVED]
    for step in result.steps:
        if step.verdict is not Kind.PROVED or step.trust is not Trust.EXACT:
            trust = step.trust.word if step.trust is not None else "no trust"
            text = f"{step.region.line}: {step.verdict.word}, {trust}: {step.claim_source}"
            found.append(" ".join((text, *(n for d in step.diagnostics for n in d.notes))))
    return found


def test_there_are_enough() -> None:
    assert len(FILES) >= 30
    assert len({path.parent for path in FILES}) >= 8
    assert COMPARED <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_step_and_theorem_is_proved(path: Path) -> None:
    result = checked(path, jax=path.stem in COMPARED)
    assert result.theorems
    assert shortcomings(result) == []


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_derivative_agrees_with_automatic_differentiation(path: Path) -> None:
    result = checked(path, jax=True)
    assert shortcomings(result) == []
    assert all(s.jax.verdict != "disagrees" for s in result.steps if s.jax is not None)


@pytest.mark.parametrize("stem", sorted(COMPARED))
def test_automatic_differentiation_was_asked(stem: str) -> None:
    (path,) = [p for p in FILES if p.stem == stem]
    asked = [s.jax for s in checked(path, jax=True).steps if s.jax is not None]
    assert asked
    assert all(a.verdict == "agrees" and a.points > 0 for a in asked)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_it_is_a_lesson(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parsed = parse(Source(path.name, text))
    assert not parsed.diagnostics
    words = {i.word for i in parsed.document.items if isinstance(i, ast.Heading)}
    assert {"title", "source", "tags"} <= words
    assert re.search(r"^\s*-- \S", text, re.MULTILINE), "no line of prose"
    assert "admit" not in text
    for theorem in parsed.document.items:
        if isinstance(theorem, ast.Theorem):
            assert theorem.proof, "a theorem without a proof"
            assert all(c != theorem.statement for c in bare_claims(theorem)), "restates its goal"
    assert len(checked(path, jax=path.stem in COMPARED).steps) >= 3
    assert max(len(line) for line in text.splitlines()) <= 160


def bare_claims(theorem: ast.Theorem) -> list[ast.Chain]:
    """The statements of a proof of one link: alone, none of them may be the whole theorem."""
    steps = [s.chain for s in theorem.proof or () if isinstance(s, ast.Step)]
    return [c for c in steps if len(steps) == 1 and len(c.links) <= 1]


def verdict_on_line(result: FileResult, number: int) -> list[Kind]:
    """The verdicts of the theorem or of the steps that stand on a line."""
    theorems = [t.verdict for t in result.theorems if t.region.line == number]
    return theorems or [s.verdict for s in result.steps if s.region.line == number]


@pytest.mark.parametrize("path", CONTRACT, ids=name_of)
def test_the_contract_keeps_its_verdicts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    stated = {n: m[1] for n, line in enumerate(text.splitlines(), 1) if (m := STATED.search(line))}
    result = checked(path, jax=False)
    if not stated:
        assert [s for s in result.steps if s.verdict is not Kind.PROVED] == []
        assert [t for t in result.theorems if t.verdict is not Kind.PROVED] == []
    for number, word in stated.items():
        assert [k.word for k in verdict_on_line(result, number)] == [word], f"line {number}"
