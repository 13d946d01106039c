"""Claims about complex numbers, gates and states, true ones and false twins, written before any was tried.

Promise: the verdicts of the first run stay in `results/quantum_first.txt`; `python -m benchmarks.quantum`
keeps its table in `results/quantum.txt` and exits with 1 if a false claim is called `proved`, by the whole
checker or by an engine alone; words after it choose rows.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from benchmarks.neutral import Said
from benchmarks.scoring import Case, each_case, report, score

TABLE = Path(__file__).parent / "data" / "quantum.toml"


def read_cases() -> list[Case]:
    """The claims of the table."""
    claims = tomllib.loads(TABLE.read_text(encoding="utf-8"))["claim"]
    return [
        Case(c["name"], c["kind"], Said(c["given"], c["claim"]), c["expected"], tuple(c.get("owes", ())))
        for c in claims
    ]


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    scores = [score(c) for c in read_cases() if not chosen or c.name.startswith(chosen)]
    if chosen:
        print("\n".join(each_case(scores)))
        return int(any(s.faults for s in scores))
    return report("Complex numbers and quantum circuits", scores, "quantum.txt")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
