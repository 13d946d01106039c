"""Other steps of the same eleven kinds, to see whether the kind was solved or the case.

Promise: as `dev_steps.py`: `python benchmarks/variations.py` keeps its table in `results/variations.txt`, and
words after it choose rows.
"""

from __future__ import annotations

import sys

from benchmarks.dev_steps import read_cases
from benchmarks.scoring import each_case, report, score

FILE = "variations.jsonl"


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    scores = [score(c) for c in read_cases(FILE) if not chosen or c.name.startswith(chosen)]
    if chosen:
        print("\n".join(each_case(scores)))
        return int(any(s.faults for s in scores))
    return report("Other steps of the same kinds", scores, "variations.txt")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
