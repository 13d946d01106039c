"""Every worked derivation checks, is a lesson rather than a leap, and the contract keeps its verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from derive.check import check_file
from derive.core.verdict import Kind, Trust
from derive.diagnostic import Severity
from derive.report.model import FileResult
from derive.settings import Settings
from derive.syntax import outline
from derive.syntax.parse import parse
from derive.text import Source

HERE = Path(__file__).parent
FOLDER = HERE.parent / "derivations"
FILES = sorted(FOLDER.rglob("*.drv"))
CONTRACT = sorted((HERE / "contract").glob("*.drv"))
# These are compared with automatic differentiation in every run, the others in the long one.
COMPARED = {"softmax_cross_entropy", "sigmoid", "gaussian_density"}
# The lessons that take longest are checked in the long run (and by `make check`).
LONG = {
    "hedge", "approximate_composition", "value_iteration", "hoeffding_lemma", "expected_privacy_loss", "perceptron",
    "strongly_convex_gradient_descent", "backward_induction", "markov_chebyshev", "entropies",
    "smooth_convex_gradient_descent_on_a_line", "maximum_entropy", "entropy_minimisation", "online_gradient_descent",
}
STATED = re.compile(r"#\s*(proved|conditional|supported|unknown|admitted|refuted)\b")


def name_of(path: Path) -> str:
    return path.stem


def checked(path: Path, jax: bool) -> FileResult:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return check_file(source, Settings(jax=jax), lambda name: None)


def shortcomings(result: FileResult) -> list[str]:
    """What keeps a file from being proved exactly, as text."""
    found = [d.message for d in result.diagnostics if d.severity is Severity.ERROR]
    found += [
        f"{t.name}: {t.verdict.word}" for t in result.theorems if t.verdict is not Kind.PROVED
    ]
    for step in result.steps:
        if step.verdict is not Kind.PROVED or step.trust is not Trust.EXACT:
            trust = step.trust.word if step.trust is not None else "no trust"
            text = f"{step.region.line}: {step.verdict.word}, {trust}: {step.claim_source}"
            found.append(" ".join((text, *(n for d in step.diagnostics for n in d.notes))))
    return found


def test_there_are_enough() -> None:
    assert len(FILES) >= 30
    assert len({path.parent for path in FILES}) >= 8
    assert {path.stem for path in FILES} >= COMPARED | LONG


def lessons() -> list[Any]:
    """Every lesson, the long ones marked."""
    return [pytest.param(p, marks=pytest.mark.soak if p.stem in LONG else ()) for p in FILES]


@pytest.mark.parametrize("path", lessons(), ids=map(name_of, FILES))
def test_every_step_and_theorem_is_proved(path: Path) -> None:
    result = checked(path, jax=False)
    assert result.theorems
    assert shortcomings(result) == []


def compare(path: Path) -> list[str]:
    """What automatic differentiation says of the steps with derivatives, once all of them are proved."""
    result = checked(path, jax=True)
    assert shortcomings(result) == []
    found = [s for s in result.steps if s.jax is not None]
    assert [s.claim_source for s in found if s.jax and s.jax.verdict != "agrees"] == []
    for step in found:
        assert step.jax is not None
        assert step.jax.worst_relative_error < 1e-8
        assert len(step.jax.sizes) >= 3 or step.jax.sizes == ("no dimension",)
    return [s.jax.verdict for s in found if s.jax is not None]


@pytest.mark.parametrize("stem", sorted(COMPARED))
def test_derivatives_agree_with_automatic_differentiation(stem: str) -> None:
    (path,) = [p for p in FILES if p.stem == stem]
    assert compare(path).count("agrees") >= 3


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_derivative_disagrees_with_automatic_differentiation(path: Path) -> None:
    compare(path)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_it_is_a_lesson(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parsed = parse(Source(path.name, text))
    assert not parsed.diagnostics
    words = {i.word for i in parsed.document.items if isinstance(i, outline.Heading)}
    assert {"title", "source", "tags"} <= words
    assert re.search(r"^\s*-- \S", text, re.MULTILINE), "no line of prose"
    assert not re.search(r"\badmit\b", text)
    theorems = [i for i in parsed.document.items if isinstance(i, outline.Theorem)]
    chains = [c for t in theorems for c in chains_of(t.proof or ())]
    assert sum(max(1, len(c.links)) for c in chains) >= 3, "fewer than three steps"
    for theorem in theorems:
        assert theorem.proof, "a theorem without a proof"
        assert not restates(theorem.proof), "a proof that says its claim once more and nothing else"


def restates(proof: tuple[outline.ProofItem, ...]) -> bool:
    """Is the proof one line, with nothing between its first and its last term?"""
    said = [item for item in proof if not isinstance(item, outline.Prose)]
    match said:
        case [outline.Step(chain=outline.Chain(links=links))]:
            return len(links) <= 1
    return False


def chains_of(items: Iterable[outline.ProofItem]) -> Iterator[outline.Chain]:
    """Every statement of a proof, those inside of blocks too."""
    for item in items:
        match item:
            case outline.Step():
                yield item.chain
            case outline.Suppose():
                yield from chains_of(item.body)
            case outline.Split():
                for branch in item.branches:
                    yield from chains_of(branch.body)
            case outline.Induction():
                yield from chains_of((*item.base, *item.step))
            case _:
                pass


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
