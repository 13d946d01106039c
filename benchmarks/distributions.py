"""For every law its mean, variance, entropy and estimate as claims, each with a false twin, beside `sympy.stats`.

Promise: `python -m benchmarks.distributions` prints the same verdicts on every run and keeps them in
`results/distributions.txt`; a twin that is called proved is a fault and the run exits with 1. SymPy is asked for the
same quantity of its own law and for `simplify(quantity - claimed) == 0`, in a process that is stopped at a limit;
words after the command choose laws.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.neutral import Said
from benchmarks.scoring import PROVED, REFUTED, RESULTS, Case, Score, columns, score
from benchmarks.stats import TOO_LONG, asked

TABLE = Path(__file__).parent / "data" / "distributions.toml"
KINDS = ("mean", "variance", "entropy", "estimate")
HEADING = (
    "Laws: mean, variance, entropy, estimate\n\n"
    "An estimate is claimed to be the unique maximiser; SymPy is asked only whether the slope is 0 there."
)
_QUANTITIES = {"mean": "E[X]", "variance": "Var(X)", "entropy": "entropy(X)"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim about a law, true and with a false twin; `of` is the quantity and the parameter for SymPy."""

    law: str
    kind: str
    true: Case | None
    twin: Case | None
    of: tuple[str, str] = ("", "")


def read_pairs() -> list[Pair]:
    """The claims of the table, law by law."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    vectors = [
        Pair(
            v["law"], v["kind"], _case(v["law"], v["kind"], v["claim"], v["given"], PROVED),
            _case(v["law"], v["kind"], v["twin"], v["given"], REFUTED),
        )
        for v in table["vector"]
    ]
    return [*(p for row in table["law"] for p in _pairs(row)), *vectors]


def _pairs(row: dict[str, Any]) -> list[Pair]:
    law, given = row["law"], row["given"]
    variable = f"{given}; X ~ {law}"
    found = [
        _pair(law, kind, f"{what} =", row[kind], variable, (kind, ""))
        for kind, what in _QUANTITIES.items() if kind in row
    ]
    likelihood = f"sum(i in 1..n, log({_density(law)}({law}, x[i])))"
    if "estimate" in row:
        parameter, *sides = row["estimate"]
        found.append(_pair(
            law, "estimate", f"argmax({parameter}, {likelihood}) =", sides, f"{given}; {row['data']}",
            ("estimate", parameter),
        ))
    if "score" in row:
        parameter, *sides = row["score"]
        found.append(_pair(
            law, "score", f"diff({likelihood}, {parameter}) =", sides, f"{given}; {row['data']}",
            ("score", parameter),
        ))
    if "estimates" in row:
        where = row["estimates_given"]
        found.append(Pair(
            law, "estimate", _case(law, "estimate", row["estimates"], where, PROVED),
            _case(law, "estimate", row["estimates_twin"], where, REFUTED),
        ))
    for k, claim in enumerate(row.get("false", ())):
        kind = KINDS[k]
        found.append(Pair(law, kind, None, _case(law, kind, claim, row["false_given"], REFUTED), (kind, "")))
    return found


def _pair(law: str, kind: str, left: str, sides: Sequence[str], given: str, of: tuple[str, str]) -> Pair:
    true, false = sides
    return Pair(
        law, kind, _case(law, kind, f"{left} {true}", given, PROVED),
        _case(law, kind, f"{left} {false}", given, REFUTED), of,
    )


def _case(law: str, kind: str, claim: str, given: str, expected: str) -> Case:
    return Case(f"{law} {kind}", kind, Said("\n".join(p.strip() for p in given.split(";")), claim), expected)


def _density(law: str) -> str:
    from derive.core.laws import WORDS

    return WORDS[law.partition("(")[0]].kind


def _word(s: Score | None) -> str:
    if s is None or s.answer is None:
        return ""
    return "not covered" if s.uncovered else s.answer.word


def main(chosen: tuple[str, ...]) -> int:
    """Score the rows; the exit code is 1 if anything was got wrong."""
    rows: list[Sequence[object]] = [("law", "claim", "true", "", "trust", "twin", "SymPy true", "SymPy twin")]
    ours, theirs, faults = Counter[tuple[str, str]](), Counter[tuple[str, str]](), []
    for pair in read_pairs():
        if chosen and not pair.law.startswith(chosen):
            continue
        true = None if pair.true is None else score(pair.true, engines=False)
        twin = None if pair.twin is None else score(pair.twin, engines=False)
        faults += [f"{s.case.name}: {f}" for s in (true, twin) if s is not None for f in s.faults]
        said = _by_sympy(pair)
        for case, s, their in ((pair.true, true, said[0]), (pair.twin, twin, said[1])):
            if case is not None:
                ours[case.expected, _word(s)] += 1
                theirs[case.expected, their or "not asked"] += 1
        trust = "" if true is None or true.answer is None else true.answer.trust
        mark = "" if true is None or true.reached else "<"
        rows.append((pair.law, pair.kind, _word(true), mark, trust, _word(twin), *said))
        print("  ".join(map(str, rows[-1])), file=sys.stderr, flush=True)
    text = "\n".join([
        HEADING, "", *_totals(ours, theirs), "", f"faults: {len(faults)}", *faults,
        "", *columns(rows), "",
    ])
    print(text)
    if not chosen:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "distributions.txt").write_text(text, encoding="utf-8")
    return 1 if faults else 0


def _by_sympy(pair: Pair) -> tuple[str, str]:
    """Its words for the claim and the twin; a quantity that takes too long is asked for once."""
    found: list[str] = []
    for case in (pair.true, pair.twin):
        late = TOO_LONG in found
        found.append("" if case is None else TOO_LONG if late else asked(pair.of, case.said))
    return found[0], found[1]


def _totals(ours: Counter[tuple[str, str]], theirs: Counter[tuple[str, str]]) -> list[str]:
    """How many claims of each kind got which word."""
    lines = []
    for what, expected in (("true claims", PROVED), ("false twins", REFUTED)):
        for who, counted in (("derive", ours), ("sympy.stats", theirs)):
            words = sorted((w, n) for (e, w), n in counted.items() if e == expected)
            said = ", ".join(f"{n} {w}" for w, n in words)
            lines.append(f"{what}, {who}: {said}")
    return lines


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
