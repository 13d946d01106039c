"""The report: what was found, as data; the other modules of `report/` turn it into text.

Promise: everything that a reader sees comes from here, and nothing here depends on the clock except
`milliseconds`, which no comparison uses.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Region:
    """Where something stands; lines and columns start at 1, columns count code points."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """A condition owed by a step, as text, with its verdict and, if found, a point where it fails."""

    claim: str
    verdict: Kind
    failing: str | None = None


@dataclass(frozen=True, slots=True)
class CounterexampleResult:
    """A point that satisfies every hypothesis and breaks the claim; the values as exact as known."""

    point: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    left: str
    right: str
    exact: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class JaxResult:
    """What the cross-check by automatic differentiation saw; `verdict` is agrees, disagrees or inconclusive."""

    points: int
    discarded: int
    sizes: tuple[str, ...]
    worst_relative_error: float
    dtype: str
    verdict: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step. `verdict` is the standing one, `local` says whether it follows from its own premises."""

    id: str
    region: Region
    theorem: str
    label: str
    claim_source: str
    claim_unicode: str
    claim_latex: str
    verdict: Kind
    local: Kind
    rests_on: tuple[str, ...]
    trust: Trust | None
    reason: str
    uses: tuple[str, ...]
    engine: str
    reading: str
    conditions: tuple[ConditionResult, ...]
    counterexample: CounterexampleResult | None
    jax: JaxResult | None
    cached: bool
    milliseconds: float
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class TheoremResult:
    """A theorem: the weakest of its steps, its own conditions, and "the proof reached the claim"."""

    name: str
    region: Region
    verdict: Kind
    trust: Trust | None
    uses: tuple[str, ...]
    reading: str
    unused_hypotheses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file; `diagnostics` are those that belong to no step."""

    path: str
    title: str
    steps: tuple[StepResult, ...]
    theorems: tuple[TheoremResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    text: str
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    files: tuple[FileResult, ...]

    def count(self, kind: Kind) -> int:
        """How many steps have this standing verdict."""
        return sum(s.verdict is kind for f in self.files for s in f.steps)
