"""The museum: false steps that are tempting, one to a file, offered to everything and to each engine alone.

A line that ends in `# refuted` must be refuted, with a witness that an evaluator without shared code
confirms; `# conditional` must stay conditional; `# never proved` must be neither proved nor conditional.
With the refuter off no engine may prove any of them; where one is shown up to conditions, a condition must
fail at the witness.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from derive.check import settle_plan
from derive.core.verdict import Kind, Witness
from derive.elaborate.document import elaborate
from derive.engines.ledger import Settled, SettledTheorem
from derive.engines.settle import ENGINES, ORACLE
from derive.rules.library import rule_names
from derive.settings import Settings
from derive.syntax.parse import parse
from derive.text import Source
from tests.oracle_mpmath import Undefined, _lift, _retype, second_opinion, truth

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "unsound"
MARK = re.compile(r"# (refuted|conditional|never proved)\s*$")
FILES = sorted(
    p for p in FOLDER.glob("*.drv") if any(map(MARK.search, p.read_text(encoding="utf-8").splitlines()))
)
NAMES = (*(name for name, _ in ENGINES), ORACLE)
EVERYTHING = Settings(jax=False)


@dataclass(frozen=True)
class Marked:
    """A marked line, with the steps and the theorem that begin on it."""

    mark: str
    line: int
    steps: tuple[Settled, ...]
    theorems: tuple[SettledTheorem, ...]

    @property
    def verdicts(self) -> tuple[Kind, ...]:
        return (*(s.standing for s in self.steps), *(t.verdict for t in self.theorems))

    def refutation(self) -> Settled | None:
        """The step with a witness."""
        return next((s for s in self.steps if s.local.witness is not None), None)


@cache
def marked(path: Path, settings: Settings) -> tuple[Marked, ...]:
    """The marked lines of a file, settled."""
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    theorems = settle_plan(elaborate(parsed.document, source, rule_names(), parsed.lost), settings)
    steps = [s for t in theorems for s in t.steps]
    found = []
    for number, line in enumerate(source.text.split("\n"), 1):
        mark = MARK.search(line)
        if mark is not None:
            here = tuple(s for s in steps if source.place(s.step.span.start).line == number)
            whole = tuple(t for t in theorems if source.place(t.theorem.span.start).line == number)
            found.append(Marked(mark[1], number, here, whole))
    return tuple(found)


def test_there_are_many() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_trap_says_why(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n")[0]
    assert first.startswith("# ") and first.endswith("."), "what is tempting, and why it is false"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_with_everything_on(path: Path) -> None:
    for place in marked(path, EVERYTHING):
        assert place.verdicts, f"nothing begins on line {place.line}"
        assert Kind.PROVED not in place.verdicts, f"line {place.line} is proved"
        match place.mark:
            case "refuted":
                assert Kind.REFUTED in place.verdicts, f"line {place.line} is {place.verdicts}"
            case "conditional":
                assert set(place.verdicts) == {Kind.CONDITIONAL}, f"line {place.line} is {place.verdicts}"
            case _:
                assert min(place.verdicts) > Kind.CONDITIONAL, f"line {place.line} is {place.verdicts}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_witnesses_are_confirmed(path: Path) -> None:
    for place in marked(path, EVERYTHING):
        if place.mark != "refuted":
            continue
        step = place.refutation()
        if step is None:
            continue
        obligation, witness = step.step.obligation, step.local.witness
        assert obligation is not None and witness is not None
        opinion = second_opinion(obligation.claim, obligation.context, witness)
        assert opinion.hypotheses, f"line {place.line}: a hypothesis fails at {witness.point}"
        assert not opinion.holds, f"line {place.line}: it holds at {witness.point}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_with_the_refuter_off(path: Path) -> None:
    not_shown(path, Settings(refuter=False, jax=False))


@pytest.mark.soak
@pytest.mark.parametrize("engine", NAMES)
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_engine_alone(path: Path, engine: str) -> None:
    not_shown(path, Settings(refuter=False, jax=False, engines=(engine,)))


def not_shown(path: Path, settings: Settings) -> None:
    """No marked line is proved, and none is conditional whose conditions all hold where it fails."""
    known = {p.line: p for p in marked(path, EVERYTHING)}
    for place in marked(path, settings):
        assert Kind.PROVED not in place.verdicts, f"line {place.line} is proved"
        if place.mark == "conditional" or Kind.CONDITIONAL not in place.verdicts:
            continue
        assert place.mark == "refuted", f"line {place.line} is conditional"
        refuted = known[place.line].refutation()
        assert refuted is not None and refuted.local.witness is not None, f"line {place.line} is conditional"
        for step in place.steps:
            assert a_condition_fails(step, refuted.local.witness), f"line {place.line}: no condition fails"


def a_condition_fails(step: Settled, witness: Witness) -> bool:
    """Is one of the conditions false, or without a value, at the witness?"""
    assert step.step.obligation is not None
    context = step.step.obligation.context
    scope = {name: _lift(value) for name, value in witness.values}
    _retype(scope, context, step.step.obligation.claim)
    for owed in step.local.conditions:
        try:
            if not truth(context.unfold(owed.claim), scope):
                return True
        except (Undefined, ZeroDivisionError):
            return True
    return False


def test_every_trap_named_in_the_source_exists() -> None:
    named = {
        name
        for path in (ROOT / "derive").rglob("*.py")
        for name in re.findall(r"tests/unsound/(\w+\.drv)", path.read_text(encoding="utf-8"))
    }
    assert not {n for n in named if not (FOLDER / n).exists()}
