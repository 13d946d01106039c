"""Every rule checks, accepts what it says, and refuses its tempting cases and the steps it is no reason for.

A rule's file ends with comments, one a line, all of the form `CLAIM given GIVENS` with `;` between givens:
`# accept:` a step that the rule gives, `# reject:` one that no engine may call proved, `# wrong-reason:` a
true step that is not proved when this rule is cited for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from derive.check import check_file
from derive.core.verdict import Kind, Trust
from derive.report.model import FileResult, StepResult
from derive.rules.library import rule_files
from derive.settings import Settings
from derive.text import Source

LINE = re.compile(r"^# (accept|reject|wrong-reason): (.+) given (.+)$", re.MULTILINE)
SETTINGS = Settings(jax=False)


@dataclass(frozen=True)
class Case:
    """A line at the end of a rule's file."""

    rule: str
    kind: str
    claim: str
    given: str

    def __str__(self) -> str:
        return f"{self.rule}-{self.claim}"


def cases(path: Path) -> list[Case]:
    return [Case(path.stem, *found) for found in LINE.findall(path.read_text(encoding="utf-8"))]


def of_kind(kind: str) -> list[Case]:
    return [c for path in rule_files().values() for c in cases(path) if c.kind == kind]


# A search for a proof of what is false goes to its limit here.
LONG = frozenset({"hoeffding_lemma", "weighted_am_gm"})


def sampled(found: list[Case], every: int) -> list[Any]:
    """One case in so many, by its text, in the ordinary run; the others, and long ones, in the long one."""
    def ordinary(case: Case) -> bool:
        return case.rule not in LONG and crc32(str(case).encode()) % every == 0

    return [pytest.param(c, marks=() if ordinary(c) else pytest.mark.soak, id=str(c)) for c in found]


def run(text: str) -> FileResult:
    return check_file(Source("rule.drv", text), SETTINGS, lambda name: None)


def step(case: Case, reason: str) -> StepResult:
    """The claim of a line as the one step of a proof, with a reason or without."""
    given = "\n".join(f"    {part.strip()}" for part in case.given.split(";"))
    by = f"   by {reason}" if reason else ""
    text = f"given\n{given}\n\ntheorem t: {case.claim}\nproof\n    {case.claim}{by}\nqed\n"
    result = run(text)
    assert result.steps, [d.message for d in result.diagnostics]
    assert not [d.message for d in result.diagnostics if d.code == "syntax"]
    assert not [d.message for d in result.steps[0].diagnostics if d.code == "not-checked-yet"]
    return result.steps[0]


def is_exact(result: StepResult) -> bool:
    return result.verdict is Kind.PROVED and result.trust is Trust.EXACT


@pytest.mark.parametrize("path", rule_files().values(), ids=lambda p: p.stem)
def test_a_rule_is_a_theorem(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = run(text)
    assert not result.diagnostics
    assert path.stem in [t.name for t in result.theorems]
    assert [t.name for t in result.theorems if t.verdict is not Kind.PROVED] == []
    assert [s.claim_source for s in result.steps if not is_exact(s)] == []


@pytest.mark.parametrize("path", rule_files().values(), ids=lambda p: p.stem)
def test_a_rule_says_what_it_refuses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = text.split("\n\n")[0].splitlines()
    assert len(head) >= 2 and all(line.startswith("# ") for line in head)
    assert any(line.startswith("# Refused: ") for line in head)
    assert re.search(r'^title "', text, re.MULTILINE) and re.search(
        r'^source "', text, re.MULTILINE
    )
    assert {c.kind for c in cases(path)} == {"accept", "reject", "wrong-reason"}
    written = [line for line in text.splitlines() if re.match(r"#\s*(accept|reject|wrong)", line)]
    assert len(written) == len(cases(path)), "a line of cases cannot be read"


@pytest.mark.parametrize("case", of_kind("accept"), ids=str)
def test_accepted(case: Case) -> None:
    assert is_exact(step(case, case.rule))


@pytest.mark.parametrize("case", sampled(of_kind("reject"), 4))
def test_rejected(case: Case) -> None:
    assert step(case, "").verdict is not Kind.PROVED
    assert step(case, case.rule).verdict is not Kind.PROVED


@pytest.mark.parametrize("case", sampled(of_kind("wrong-reason"), 2))
def test_the_wrong_reason_is_refused(case: Case) -> None:
    assert is_exact(step(case, ""))
    assert step(case, case.rule).verdict is not Kind.PROVED
