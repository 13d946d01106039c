"""The traps: claims that other systems get wrong, said in the language by hand in `traps_table.toml`.

Promise: every trap of the data has a line here, as claims or as a reason; `python benchmarks/traps.py` exits
with 1 if a false one is called `proved`, by the whole checker or by an engine alone.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path

from benchmarks.neutral import Said
from benchmarks.scoring import Case, each_case, report, score

DATA = Path(os.environ.get("DERIVE_BENCHMARK_DATA", Path(__file__).parent / "data"))
TABLE = Path(__file__).parent / "traps_table.toml"


def read_cases() -> list[Case]:
    """The claims of the table, with the categories of the data; a trap with several is numbered."""
    traps = json.loads((DATA / "traps.json").read_text(encoding="utf-8"))
    category = {t["id"]: t["cat"] for t in traps}
    claims = tomllib.loads(TABLE.read_text(encoding="utf-8"))["claim"]
    found = []
    for place, item in enumerate(claims):
        trap = item["trap"]
        before = sum(c["trap"] == trap for c in claims[:place])
        several = sum(c["trap"] == trap for c in claims) > 1
        name = f"{trap}.{before + 1}" if several else trap
        said = Said(item["given"], item["claim"]) if "claim" in item else None
        owes = tuple(item.get("owes", ()))
        found.append(
            Case(name, category[trap], said, item["expected"], owes, item.get("unsaid", ""))
        )
    return found


def main(chosen: tuple[str, ...]) -> int:
    """Score the traps; the exit code is 1 if one of them caught the checker."""
    scores = [score(c) for c in read_cases() if not chosen or c.name.startswith(chosen)]
    if chosen:
        print("\n".join(each_case(scores)))
        return int(any(s.faults for s in scores))
    return report("Claims that other systems get wrong", scores, "traps.txt")


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
