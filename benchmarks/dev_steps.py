"""The steps to develop against: 132 claims, each true one with a false twin, by the whole checker and by
each engine alone.

Promise: `python benchmarks/dev_steps.py` prints the same verdicts on every run and keeps them in
`results/dev_steps.txt`; words after it choose the rows whose names begin so, and keep nothing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.neutral import NotSayableError, say
from benchmarks.scoring import Case, each_case, report, score

DATA = Path(os.environ.get("DERIVE_BENCHMARK_DATA", Path(__file__).parent / "data"))
# What a row owes, in words of the conditions as they are shown.
OWED = {
    "x > 0": ("0 < x",),
    "invertibility of the inverted sum / of X.T@X": ("invertible(",),
}


def cases(text: str) -> list[Case]:
    """The rows of a file as cases."""
    return [_case(json.loads(line)) for line in text.splitlines() if line.strip()]


def _case(row: dict[str, Any]) -> Case:
    owes = OWED.get(row["owes"], (row["owes"],)) if "owes" in row else ()
    try:
        return Case(row["id"], row["cat"], say(row), row["expected"], owes)
    except NotSayableError as reason:
        return Case(row["id"], row["cat"], None, row["expected"], owes, str(reason))


def read_cases(file: str = "dev_steps.jsonl") -> list[Case]:
    """All rows of a file of the data."""
    return cases((DATA / file).read_text(encoding="utf-8"))


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    rows = [c for c in read_cases() if not chosen or c.name.startswith(chosen)]
    scores = [score(c) for c in rows]
    if chosen:
        print("\n".join(each_case(scores)))
        return int(any(s.faults for s in scores))
    return report("Steps to develop against", scores, "dev_steps.txt")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
