"""Cases with the verdict that a perfect checker gives, each offered to the whole checker and to each engine.

Promise: a claim that is not true is never counted as reached because it was called `proved`; a false
acceptance, a false refutation and a crash are faults, and a run with a fault exits with 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.neutral import Said
from benchmarks.settling import CRASHED, Answer, alone, hold_there, recompute, settle
from derive.core.verdict import Kind

PROVED, CONDITIONAL, REFUTED = Kind.PROVED.word, Kind.CONDITIONAL.word, Kind.REFUTED.word
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, or the reason why it cannot be said; `owes` are words of the conditions it must name."""

    name: str
    category: str
    said: Said | None
    expected: str
    owes: tuple[str, ...] = ()
    unsaid: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What was said of a case: by the whole checker, and by each engine alone."""

    case: Case
    answer: Answer | None
    by_engine: dict[str, Answer] = field(default_factory=dict)
    witness: str = ""

    @property
    def uncovered(self) -> str:
        """Why the case cannot be checked yet, or ""."""
        return self.case.unsaid if self.answer is None else self.answer.uncovered

    @property
    def reached(self) -> bool:
        """Is the verdict the expected one, with the owed conditions named?"""
        return self.answer is not None and reaches(self.case, self.answer)

    @property
    def faults(self) -> tuple[str, ...]:
        """What the checker or an engine alone got wrong, each with its name."""
        if self.answer is None:
            return ()
        whole = fault_of(self.case, self.answer, self.answer)
        found = [f"the whole checker: {whole}"] if whole else []
        if self.witness.startswith("DISAGREES"):
            found.append(f"the refuter: mpmath {self.witness}")
        for name, answer in self.by_engine.items():
            fault = fault_of(self.case, answer, self.answer)
            if not fault and answer.word == PROVED != self.answer.word:
                fault = "proves what the whole checker does not"
            found += [f"{name} alone: {fault}"] if fault else []
        return tuple(found)


def score(case: Case, engines: bool = True) -> Score:
    """Settle a case, and again with each engine alone."""
    if case.said is None:
        return Score(case, None)
    answer = settle(case.said)
    witness = recompute(answer) if answer.word == REFUTED else ""
    if answer.uncovered or not engines:
        return Score(case, answer, witness=witness)
    by_engine = {name: settle(case.said, settings) for name, settings in alone()}
    return Score(case, answer, by_engine, witness)


def reaches(case: Case, answer: Answer) -> bool:
    """The expected verdict, and every owed condition among those named."""
    return answer.word == case.expected and all(
        any(words in condition for condition in answer.owed) for words in case.owes
    )


def fault_of(case: Case, answer: Answer, whole: Answer) -> str:
    """A false acceptance, a false refutation or a crash; `whole` has the counterexample, if there is one."""
    if answer.word == CRASHED:
        return f"{CRASHED} ({answer.notes[0]})"
    if answer.word == PROVED and case.expected != PROVED:
        return "FALSE ACCEPTANCE"
    if answer.word == REFUTED and case.expected != REFUTED:
        return "FALSE REFUTATION"
    if answer.word == CONDITIONAL and whole.word == REFUTED and hold_there(answer, whole):
        return "FALSE ACCEPTANCE (all its conditions hold at the counterexample)"
    return ""


# ---------------------------------------------------------------- tables


def columns(rows: Iterable[Sequence[object]]) -> list[str]:
    """Rows as aligned text; the first row is the heading; numbers stand to the right."""
    texts = [[_cell(c) for c in row] for row in rows]
    widths = [max(len(r[i]) for r in texts) for i in range(len(texts[0]))]
    right = [all(_is_number(r[i]) for r in texts[1:]) for i in range(len(widths))]
    return [
        "  ".join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in texts
    ]


def each_case(scores: Sequence[Score]) -> list[str]:
    """A line for every case."""
    rows: list[Sequence[object]] = [
        ("case", "expected", "verdict", "", "trust", "settled by", "ms", "alone", "evidence")
    ]
    for s in scores:
        if s.answer is None:
            rows.append((s.case.name, s.case.expected, "not covered", "", "", "", "", "", s.uncovered))
            continue
        word = "not covered" if s.uncovered else s.answer.word
        mark = "" if s.reached else "-" if s.uncovered else "<"
        able = [n for n, a in s.by_engine.items() if a.word in (PROVED, CONDITIONAL)]
        rows.append((
            s.case.name, s.case.expected, word, mark, s.answer.trust, s.answer.engine,
            round(s.answer.milliseconds), ", ".join(able), _evidence(s, s.answer),
        ))
    return columns(rows)


def by_category(scores: Sequence[Score]) -> list[str]:
    """Expected verdicts reached, the share of exact proofs, and the faults, by category."""
    rows: list[Sequence[object]] = [(
        "category", "rows", "not covered", "reached", "of true", "of false", "proved", "exact",
        "faults", "median ms",
    )]
    for name in [*dict.fromkeys(s.case.category for s in scores), "all"]:
        some = [s for s in scores if name in (s.case.category, "all")]
        rows.append((name, *_summary(some)))
    return columns(rows)


def by_engine(scores: Sequence[Score]) -> list[str]:
    """For each engine alone: of the claims to be proved, how many it proves; of the others, its faults."""
    names = [name for name, _ in alone()]
    categories = list(dict.fromkeys(s.case.category for s in scores))
    rows: list[Sequence[object]] = [("engine alone", *categories, "all", "false claims", "faults")]
    for engine in names:
        tried = [s for s in scores if engine in s.by_engine]
        cells = []
        for category in [*categories, "all"]:
            some = [s for s in tried if category in (s.case.category, "all")]
            good = [s for s in some if s.case.expected in (PROVED, CONDITIONAL)]
            cells.append(f"{sum(reaches(s.case, s.by_engine[engine]) for s in good)}/{len(good)}")
        faults = sum(f.startswith(f"{engine} alone:") for s in tried for f in s.faults)
        false = sum(s.case.expected not in (PROVED, CONDITIONAL) for s in tried)
        rows.append((engine, *cells, false, faults))
    return columns(rows)


def report(title: str, scores: Sequence[Score], file: str) -> int:
    """Print everything and keep it in results/; the exit code."""
    faults = [f"{s.case.name}: {fault}" for s in scores for fault in s.faults]
    refuted = [s for s in scores if s.witness]
    confirmed = sum(s.witness == "confirmed" for s in refuted)
    text = "\n".join([
        title, "", *by_category(scores), "", *by_engine(scores), "",
        f"counterexamples that mpmath confirms: {confirmed} of {len(refuted)}",
        f"faults: {len(faults)}", *faults, "",
        "In the list, `<` is a verdict that is not the expected one and `-` a row that is not covered.",
        "", *each_case(scores), "",
    ])
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / file).write_text(text, encoding="utf-8")
    return 1 if faults else 0


def _summary(scores: Sequence[Score]) -> tuple[object, ...]:
    covered = [s for s in scores if not s.uncovered]
    true = [s for s in covered if s.case.expected != REFUTED]
    false = [s for s in covered if s.case.expected == REFUTED]
    proved = [s for s in covered if s.answer is not None and s.answer.word == PROVED]
    times = sorted(s.answer.milliseconds for s in covered if s.answer is not None)
    return (
        len(scores), len(scores) - len(covered), sum(s.reached for s in covered), _share(true),
        _share(false), len(proved), sum(s.answer is not None and s.answer.trust == "exact" for s in proved),
        sum(len(s.faults) for s in scores), round(times[len(times) // 2]) if times else "",
    )


def _share(scores: Sequence[Score]) -> str:
    return f"{sum(s.reached for s in scores)}/{len(scores)}"


def _evidence(scored: Score, answer: Answer) -> str:
    if scored.uncovered:
        return scored.uncovered
    if answer.word == REFUTED and answer.verdict is not None and answer.verdict.witness is not None:
        witness = answer.verdict.witness
        at = ", ".join(f"{n} = {v}" for n, v in witness.point)
        sides = f"{_short(witness.left)} against {_short(witness.right)}"
        return f"{scored.witness}: {_short(at, 60)}: {sides}" if at else f"{scored.witness}: {sides}"
    if answer.owed:
        return "owes " + "; ".join(answer.owed)
    return "" if scored.reached else "; ".join(answer.notes)


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _is_number(text: str) -> bool:
    return not text or text.replace(".", "", 1).replace("/", "", 1).isdigit()
