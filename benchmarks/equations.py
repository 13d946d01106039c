"""Steps of solving equations, systems and inequalities, each true one with a false twin.

Promise: the list was assembled before any of it was tried; the verdicts of the first run stay in the table
beside the last ones. `python -m benchmarks.equations` exits with 1 if a false step is called `proved` or a true
one `refuted`; words after it choose kinds.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scoring import columns
from derive.check import check_claim_text
from derive.settings import Settings

HERE = Path(__file__).parent
DATA = HERE / "data" / "equations.txt"
FIRST = HERE / "results" / "equations_first.json"
TABLE = HERE / "results" / "equations.txt"
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Row:
    """A true step and its false twin under the same hypotheses."""

    true: str
    false: str
    given: str
    kind: str


def read_rows() -> list[Row]:
    """The rows of the list."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    return [Row(*(part.strip() for part in t.split("|"))) for t in lines if t and not t.startswith("#")]


def verdict(claim: str, given: str) -> tuple[str, float]:
    """The verdict's word (with the trust of a proof that is not exact), and the seconds of CPU."""
    started = time.process_time()
    steps = check_claim_text(claim, given, Settings(jax=False, timeout=SECONDS)).steps
    spent = time.process_time() - started
    if not steps:
        return "not read", spent
    step = steps[-1]
    word = step.verdict.word
    exact = step.trust is None or step.trust.word == "exact"
    return (word if word != "proved" or exact else f"{word}, {step.trust.word}"), spent


def table(rows: list[Row], now: list[tuple[str, str, float]], first: dict[str, list[str]]) -> list[str]:
    """A line for every row, and the totals."""
    lines: list[tuple[object, ...]] = [("kind", "true step", "first", "now", "twin first", "twin now", "ms")]
    for row, (good, bad, seconds) in zip(rows, now, strict=True):
        before = first.get(row.true, ["", ""])
        lines.append((row.kind, row.true, before[0], good, before[1], bad, round(1000 * seconds)))
    proved = sum(good.startswith("proved") for good, _, _ in now)
    refuted = sum(bad == "refuted" for _, bad, _ in now)
    old = [first.get(r.true, ["", ""]) for r in rows]
    total = len(rows)
    return [
        f"{total} true steps: {sum(o[0].startswith('proved') for o in old)} proved at first, {proved} now",
        f"{total} false twins: {sum(o[1] == 'refuted' for o in old)} refuted at first, {refuted} now",
        "",
        *columns(lines),
    ]


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    rows = [r for r in read_rows() if not chosen or r.kind in chosen]
    now = []
    for row in rows:
        good, one = verdict(row.true, row.given)
        bad, two = verdict(row.false, row.given)
        now.append((good, bad, one + two))
    if not FIRST.exists():
        FIRST.write_text(
            json.dumps({r.true: [g, b] for r, (g, b, _) in zip(rows, now, strict=True)}, indent=0) + "\n",
            encoding="utf-8",
        )
    lines = table(rows, now, json.loads(FIRST.read_text(encoding="utf-8")))
    if chosen:
        print("\n".join(lines))
    else:
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print("\n".join(lines[:2]))
    return int(any(g == "refuted" or b.startswith("proved") for g, b, _ in now))


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
