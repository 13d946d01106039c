"""What the tests share: a pipeline that answers at once, and the switch that writes goldens anew."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Label, Severity
from derive.report.model import (
    ConditionResult,
    CounterexampleResult,
    FileResult,
    JaxResult,
    Region,
    StepResult,
    TheoremResult,
)
from derive.settings import Settings
from derive.text import Source, Span


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write expected messages anew")


@pytest.fixture(autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the cache of whoever runs it."""
    folder = tmp_path_factory.mktemp("cache") / "derive"
    monkeypatch.setenv("DERIVE_CACHE_DIR", str(folder))
    for name in ("NO_COLOR", "FORCE_COLOR", "DERIVE_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return folder


def stub_step(source: Source, line: int, text: str) -> StepResult:
    """A step whose verdict is the first word of its line."""
    kind = Kind[text.split()[0].upper()]
    start = sum(len(part) + 1 for part in source.text.split("\n")[: line - 1])
    span = Span(start, start + len(text))
    severity = {Kind.REFUTED: Severity.ERROR, Kind.PROVED: Severity.NOTE}.get(kind, Severity.WARNING)
    code = {Kind.REFUTED: "refuted-step", Kind.UNKNOWN: "unproved-step"}.get(kind, f"{kind.word}-step")
    told = Diagnostic(
        code, severity, f"this step is {kind.word}", span, (Label(Span(start, start + 1), "from here"),),
        ("tried points: none", "a remark"), "write a smaller step",
    )
    wrong = CounterexampleResult((("x", "0"),), (), "-1/2", "-3/4", True)
    return StepResult(
        id=f"t/line {line}", region=Region(line, 1, line, len(text) + 1), theorem="t",
        label="" if line % 2 else f"s{line}", claim_source=text, claim_unicode=text, claim_latex=text,
        verdict=kind, local=kind, rests_on=(), trust=Trust.EXACT if kind <= Kind.CONDITIONAL else None,
        reason="linearity", uses=("h",), engine="normal form", reading=f"for all x : real, {text}",
        conditions=(ConditionResult("x != 0", Kind.UNKNOWN, "x = 0"),) if kind is Kind.CONDITIONAL else (),
        counterexample=wrong if kind is Kind.REFUTED else None,
        jax=JaxResult(1000, 3, ("n = 1", "n = 2"), 1.8e-15, "float64", "agrees")
        if "diff" in text else None,
        cached=False, milliseconds=1.25, diagnostics=() if kind is Kind.PROVED else (told,),
    )


def stub_check(source: Source, settings: Settings, load: Callable[[str], Source | None]) -> FileResult:
    """A pipeline for tests: a line that begins with a verdict is a step; `crash` crashes, `bad` is an error."""
    steps: list[StepResult] = []
    found: list[Diagnostic] = []
    for number, line in enumerate(source.text.split("\n"), 1):
        word = line.split()[0] if line.split() else ""
        if word == "crash":
            raise RuntimeError("secret details")
        if word == "use" and load(line.split()[1]) is None:
            found.append(Diagnostic("unknown-name", Severity.ERROR, f"no file {line}", Span(0, 3)))
        if word == "bad":
            found.append(Diagnostic("syntax", Severity.ERROR, "this cannot be read", Span(0, len(line))))
        if word == "slow":
            found.append(Diagnostic("timeout", Severity.WARNING, "out of time", Span(0, 1)))
        if word.upper() in Kind.__members__:
            steps.append(stub_step(source, number, line))
    worst = max((s.verdict for s in steps), default=Kind.PROVED)
    trust = Trust.EXACT if worst <= Kind.CONDITIONAL else None
    theorem = TheoremResult("t", Region(1, 1, 1, 2), worst, trust, ("h",), "for all x", ("unused",))
    return FileResult(
        source.path, "A title", tuple(steps), (theorem,) if steps else (), tuple(found), source.text
    )


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Puts the stub in the place of the pipeline; the list collects the paths that were checked."""
    module = ModuleType("derive.check")
    calls: list[str] = []

    def check_file(
        source: Source, settings: Settings, load: Callable[[str], Source | None]
    ) -> FileResult:
        calls.append(source.path)
        return stub_check(source, settings, load)

    def check_claim_text(claim: str, given: str, settings: Settings) -> FileResult:
        return stub_check(Source("<claim>", claim), settings, lambda name: None)

    vars(module).update(check_file=check_file, check_claim_text=check_claim_text)
    monkeypatch.setitem(sys.modules, "derive.check", module)
    yield calls


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    """Every test begins with the precision of the second evaluator, whatever the one before it set."""
    from mpmath import mp

    mp.dps = 120
    yield
    mp.dps = 120
