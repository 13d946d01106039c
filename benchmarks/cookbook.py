"""The Matrix Cookbook as claims with symbolic sizes, its misprints, and a false twin for most of them.

Promise: `python -m benchmarks.cookbook` prints the same verdicts on every run and keeps them in
`results/` beside the figures of the first run; a false claim that is called proved, by the whole checker or by
an engine alone, is a fault and the run exits with 1. `idioms` chooses the table of idioms of machine learning,
further words choose rows by name.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.neutral import Said
from benchmarks.scoring import CONDITIONAL, PROVED, REFUTED, RESULTS, Case, Score, columns, score

DATA = Path(__file__).parent / "data"
BOOK, IDIOMS = "cookbook", "matrix_idioms"
VERDICTS = (PROVED, CONDITIONAL, "supported", "unknown", REFUTED)


@dataclass(frozen=True, slots=True)
class Table:
    """The equations of the book, those that are misprinted, and the false twins."""

    claims: tuple[Case, ...]
    misprints: tuple[Case, ...]
    twins: tuple[Case, ...]


def read_table(name: str = BOOK) -> Table:
    """A file as cases."""
    lists: dict[str, list[Case]] = {"claim": [], "!": [], "x": []}
    category = common = here = ""
    last: list[Case] = []
    for line in (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.strip().partition(" ")
        if not mark or line.startswith("#"):
            continue
        if mark == "==":
            category, common = (part.strip() for part in rest.split("|"))
        elif not line.startswith(" "):
            number, claim = (part.strip() for part in line.split(" | ", 1))
            last = lists["!" if number.endswith("!") else "claim"]
            here = common
            expected = REFUTED if number.endswith("!") else PROVED
            last.append(Case(number, category, _said(here, claim), expected))
        elif mark == "?":
            last[-1] = replace(last[-1], expected=CONDITIONAL, owes=(*last[-1].owes, rest))
        elif mark == "+":
            here = f"{here}; {rest}"
            last[-1] = replace(last[-1], said=_said(here, _claim(last[-1])))
        elif mark == "x":
            name = f"{last[-1].name} twin"
            lists["x"].append(Case(name, category, _said(here, rest), REFUTED))
        elif mark == "x+":
            twin = lists["x"][-1]
            lists["x"][-1] = replace(twin, said=_said(f"{here}; {rest}", _claim(twin)))
    return Table(*(tuple(lists[k]) for k in ("claim", "!", "x")))


def _said(given: str, claim: str) -> Said:
    return Said("\n".join(part.strip() for part in given.split(";")), claim)


def _claim(case: Case) -> str:
    assert case.said is not None
    return case.said.claim


def _word(s: Score) -> str:
    return "" if s.answer is None else s.answer.word


def _counts(scores: Sequence[Score]) -> list[object]:
    words = Counter(_word(s) for s in scores)
    other = len(scores) - sum(words[v] for v in VERDICTS)
    times = sorted(s.answer.milliseconds for s in scores if s.answer is not None)
    middle = round(times[len(times) // 2]) if times else ""
    return [len(scores), sum(s.reached for s in scores), *(words[v] for v in VERDICTS), other, middle]


def summary(scores: Sequence[Score]) -> dict[str, list[object]]:
    """Counts by section, and over all."""
    names = dict.fromkeys(s.case.category for s in scores)
    found = {n: _counts([s for s in scores if s.case.category == n]) for n in names}
    return {**found, "all": _counts(scores)}


def _faults(scores: Sequence[Score]) -> list[str]:
    return [f"{s.case.name}: {fault}" for s in scores for fault in s.faults]


def _lines(scores: Sequence[Score]) -> list[str]:
    rows: list[Sequence[object]] = [("equation", "expected", "verdict", "", "ms", "claim", "evidence")]
    for s in scores:
        assert s.answer is not None
        owed = "owes " + "; ".join(s.answer.owed) if s.answer.owed else ""
        why = owed or ("" if s.reached else s.uncovered or "; ".join(s.answer.notes))
        mark = "" if s.reached else "<"
        rows.append((
            s.case.name, s.case.expected, s.answer.word, mark, round(s.answer.milliseconds), _claim(s.case), why,
        ))
    return columns(rows)


def main(chosen: tuple[str, ...]) -> int:
    """Score a table; the exit code is 1 if anything was got wrong."""
    name = IDIOMS if chosen[:1] == ("idioms",) else BOOK
    chosen = chosen[1:] if name == IDIOMS else chosen
    table = read_table(name)
    if chosen:
        some = [
            score(c, engines=c.expected == REFUTED)
            for c in (*table.claims, *table.misprints, *table.twins)
            if c.name.removesuffix(" twin") in chosen or c.category in chosen
        ]
        print("\n".join([*_lines(some), *_faults(some)]))
        return int(bool(_faults(some)))
    claims = [score(c, engines=False) for c in table.claims]
    misprints, twins = ([score(c) for c in cases] for cases in (table.misprints, table.twins))
    text = _report(name, claims, misprints, twins)
    print(text)
    (RESULTS / f"{name}.txt").write_text(text, encoding="utf-8")
    return int(bool(_faults([*claims, *misprints, *twins])))


def _report(name: str, claims: list[Score], misprints: list[Score], twins: list[Score]) -> str:
    figures = summary(claims)
    file = RESULTS / f"{name}_first.json"
    if not file.exists():
        file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    first = json.loads(file.read_text(encoding="utf-8"))
    heading = ("section", "claims", "reached", *VERDICTS, "not read", "median ms")
    faults = _faults([*claims, *misprints, *twins])
    title = {
        BOOK: "The Matrix Cookbook (2012): identities and derivatives with symbolic sizes",
        IDIOMS: "Idioms of machine learning and statistics with matrices of symbolic sizes",
    }[name]
    return "\n".join([
        title, "", "`reached`: proved, or conditional on what is left unsaid.", "",
        "The last run", "", *columns([heading, *((n, *c) for n, c in figures.items())]), "",
        "The first run", "", *columns([heading, *((n, *c) for n, c in first.items())]), "",
        f"Misprints, false as printed: {len(misprints)}", "", *(_lines(misprints) if misprints else []), "",
        f"False twins: {len(twins)}, of which refuted or not readable: "
        f"{sum(_word(s) in (REFUTED, 'not read') for s in twins)}, "
        f"proved by everything or by an engine alone: {len(_faults(twins))}", "",
        f"faults: {len(faults)}", *faults, "", *_lines(claims), "", *_lines(twins), "",
    ])


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
