"""Integrals, limits and series: true steps from textbooks, each with a false twin.

Promise: as `dev_steps.py`: `python benchmarks/calculus.py` keeps its table in `results/calculus.txt`, and words
after it choose rows. Sources: Rudin, Principles of Mathematical Analysis, chapters 3, 5, 6 and 8; NIST DLMF 5.9,
5.12, 7.7; Casella and Berger, Statistical Inference, appendix.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from benchmarks.neutral import Said
from benchmarks.scoring import PROVED, REFUTED, Case, each_case, report, score

TABLE = Path(__file__).parent / "calculus_table.toml"
_INTEGRAL, _LIMIT, _SERIES = "integral", "limit", "series"


def read_cases() -> list[Case]:
    """Both twins of each pair, named by what they are about."""
    found = []
    for pair in tomllib.loads(TABLE.read_text(encoding="utf-8"))["pair"]:
        for truth, expected in (("true", PROVED), ("false", REFUTED)):
            claim = pair[truth]
            about = pair.get("about") or {"i": _INTEGRAL, "l": _LIMIT, "s": _SERIES}[claim[0]]
            found.append(Case(f"{pair['name']}-{truth}", about, Said(pair["given"], claim), expected))
    return found


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    scores = [score(c) for c in read_cases() if not chosen or c.name.startswith(chosen)]
    if chosen:
        print("\n".join(each_case(scores)))
        return int(any(s.faults for s in scores))
    return report("Integrals, limits and series", scores, "calculus.txt")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
