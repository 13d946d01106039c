"""How long things take: CPU times of fresh processes, as multiples of `python -c pass` in the same run.

Promise: CPU time of the process and its children, the least of some runs, so that a busy machine changes
the numbers little; a re-check that loads a heavy library is a failure, a missed goal is told.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scoring import RESULTS, columns

HERE = Path(__file__).parent
FORTY = HERE / "data" / "forty_steps.drv"
DERIVATIONS = HERE.parent / "derivations"
HEAVY = ("sympy", "jax", "flint", "z3", "lark", "numpy", "mpmath")
RECHECK_GOAL, FORTY_GOAL = 150.0, 1500.0
REPEATS = 9


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took, and what it printed."""

    milliseconds: float
    out: str
    errors: str


def run(arguments: Sequence[str], folder: Path, cache: Path | None = None) -> Run:
    """Run Python with arguments; the CPU time of the process and of those that it waited for."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # after the first run nothing is compiled
    if cache is not None:
        environment["DERIVE_CACHE_DIR"] = str(cache)
    with (folder / "out").open("w+") as out, (folder / "errors").open("w+") as errors:
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=out, stderr=errors
        )
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        out.seek(0)
        errors.seek(0)
        return Run((usage.ru_utime + usage.ru_stime) * 1000, out.read(), errors.read())


def least(arguments: Sequence[str], folder: Path, cache: Path | None = None) -> float:
    """The least CPU time of some runs, in milliseconds, after one that fills the caches."""
    run(arguments, folder, cache)
    times = (run(arguments, folder, cache).milliseconds for _ in range(REPEATS))
    return min(times)


# ---------------------------------------------------------------- what is measured


def starting(folder: Path) -> list[tuple[str, float]]:
    """The interpreter alone, and with `import derive`."""
    return [
        ("python -c pass", least(["-c", "pass"], folder)),
        ("import derive", least(["-c", "import derive"], folder)),
        ("derive --help", least(["-m", "derive", "--help"], folder)),
    ]


@dataclass(frozen=True, slots=True)
class Recheck:
    """The times of one file and of all, the heavy libraries loaded, the files, those not kept."""

    one: float
    every: float
    loaded: tuple[str, ...]
    files: int
    lost: int


def rechecking(folder: Path) -> Recheck:
    """Files that did not change since they were checked.

    A result that a time limit had a hand in is never kept; such a file is checked anew and not measured.
    """
    cache = folder / "cache"
    shutil.copytree(DERIVATIONS, folder / "derivations")
    command = ["-m", "derive", "check"]
    run([*command, "derivations"], folder, cache)
    again = json.loads(run([*command, "--format", "json", "derivations"], folder, cache).out)
    files = again["files"]
    kept = [f["path"] for f in files if all(step["cached"] for step in f["steps"])]
    traced = run(["-X", "importtime", *command, *kept], folder, cache)
    one = least([*command, kept[0]], folder, cache)
    every = least([*command, *kept], folder, cache)
    return Recheck(one, every, heavy(traced.errors), len(kept), len(files) - len(kept))


def heavy(trace: str) -> tuple[str, ...]:
    """The heavy libraries among the modules that `-X importtime` lists."""
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines()}
    return tuple(name for name in HEAVY if name in loaded)


def checking(folder: Path) -> tuple[float, str]:
    """The forty steps without cache and without JAX, from nothing; what the checker says of them."""
    file = folder / FORTY.name
    shutil.copy(FORTY, file)
    command = ["-m", "derive", "check", "--no-cache", "-j", "1", "--format", "concise", file.name]
    said = run(command, folder)
    return least(command, folder), said.out.strip().splitlines()[-1]


def step_times(folder: Path) -> list[float]:
    """The CPU time of each of the forty steps, in one process that has loaded what it needs."""
    return [float(t) for t in json.loads(run(["-c", _STEPS, str(FORTY)], folder).out)]


def simplify_times(folder: Path) -> tuple[list[tuple[str, float]], float]:
    """What SymPy's `simplify` makes of the difference of the sides of each step, and loading SymPy."""
    found = json.loads(run(["-c", _SIMPLIFY, str(FORTY)], folder).out)
    return [(word, float(t)) for word, t in found["steps"]], float(found["load"])


# The ledger reads `time.perf_counter`; here that is the CPU clock. The first pass loads the libraries.
_STEPS = """
import json, sys, time
from pathlib import Path
time.perf_counter = time.process_time
from derive.check import check_file
from derive.settings import Settings
from derive.text import Source
source = Source("forty", Path(sys.argv[1]).read_text(encoding="utf-8"))
check_file(Source("warm", source.text.split("theorem fractions")[0]), Settings(jax=False))
result = check_file(source, Settings(jax=False))
print(json.dumps([s.milliseconds for s in result.steps]))
"""

# The same claims, lowered to SymPy by our own translation, with ten seconds of CPU time for each.
_SIMPLIFY = """
import json, signal, sys, time
from pathlib import Path
started = time.process_time()
import sympy
load = (time.process_time() - started) * 1000
from derive.backends.sympy import Refusal, to_sympy
from derive.elaborate.document import elaborate
from derive.engines.cas import goals
from derive.rules.library import rule_names
from derive.syntax.parse import parse
from derive.text import Source

class Late(Exception):
    pass

def late(number, frame):
    raise Late

def judge(obligation):
    for claim, context in goals(obligation.claim, obligation.context):
        sides = [to_sympy(side, context) for side in claim.args]
        if any(isinstance(side, Refusal) for side in sides):
            return "not said"
        if sympy.simplify((sides[0] - sides[1]).doit()) != 0:
            return "not settled"
    return "settled"

signal.signal(signal.SIGPROF, late)
source = Source("forty", Path(sys.argv[1]).read_text(encoding="utf-8"))
plan = elaborate(parse(source).document, source, rule_names())
steps = []
for step in (s for t in plan.theorems for s in t.steps if getattr(s, "role", "") == "step"):
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 10)
    try:
        word = judge(step.obligation)
    except Late:
        word = "out of time"
    except Exception:
        word = "not said"
    signal.setitimer(signal.ITIMER_PROF, 0)
    steps.append((word, (time.process_time() - started) * 1000))
print(json.dumps({"steps": steps, "load": load}))
"""


# ---------------------------------------------------------------- the report


def measure(folder: Path) -> tuple[list[str], bool]:
    """The lines of the report, and whether the re-check stayed light."""
    started = starting(folder)
    unit = started[0][1]
    again = rechecking(folder)
    forty, said = checking(folder)
    rows: list[Sequence[object]] = [("what", "CPU ms", "times python", "goal")]
    rows += [(name, round(t), t / unit, "") for name, t in started]
    rows += [
        (name, round(t), t / unit, _goal(t, RECHECK_GOAL))
        for name, t in (
            ("re-check of an unchanged file", again.one),
            (f"re-check of {again.files} unchanged files", again.every),
        )
    ]
    rows.append(("40 steps, cold, no cache, no JAX", round(forty), forty / unit, _goal(forty, FORTY_GOAL)))
    lines = [*columns(rows), "", f"the re-check loads {' '.join(again.loaded) or 'no heavy library'}"]
    if again.lost:
        lines.append(f"{again.lost} files are checked anew each time: a step of theirs met its time limit")
    lines += [f"the 40 steps: {re.sub(r'^.*: ', '', said)}", "", *_compared(folder)]
    return lines, not again.loaded


def _compared(folder: Path) -> list[str]:
    ours = step_times(folder)
    theirs, load = simplify_times(folder)
    times = [t for _, t in theirs]
    rows: list[Sequence[object]] = [("per step, CPU ms", "steps", "median", "95 %", "all together")]
    rows.append(("derive, proofs and refuter, goals included", len(ours), *_spread(ours)))
    rows.append(("SymPy, simplify(left - right)", len(times), *_spread(times)))
    words = [word for word, _ in theirs]
    counted = ", ".join(f"{words.count(w)} {w}" for w in dict.fromkeys(words))
    return [*columns(rows), "", f"SymPy: {counted}; loading it takes {load:.0f} ms more"]


def _spread(times: Sequence[float]) -> tuple[float, float, int]:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))], round(sum(ordered))


def _goal(found: float, wanted: float) -> str:
    return f"{wanted:.0f} ms: {'reached' if found <= wanted else 'missed'}"


def main() -> int:
    """Measure, print and keep; the exit code is 1 if a re-check loads a heavy library."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "derive.toml").write_text("jax = false\n", encoding="utf-8")
        lines, light = measure(folder)
    text = "\n".join(["CPU times of fresh processes", "", *lines, ""])
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "speed.txt").write_text(text, encoding="utf-8")
    return 0 if light else 1


if __name__ == "__main__":
    sys.exit(main())
