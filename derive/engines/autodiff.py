"""Cross-check of derivatives: automatic differentiation of the terms against the author's formula.

Promise: JAX runs in one separate process, started when first needed and killed at the end; this process
never loads it. An answer is "agrees", "disagrees" or "inconclusive" and never a proof or a refutation;
"disagrees" is said only where rigorous interval arithmetic confirms it at a point.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.backends.jax_problem import Problem, has_derivative, is_equality, problem_from
from derive.core.claim import CASE, CONDITION, DOMAIN, HYPOTHESIS, Obligation
from derive.core.codec import encode
from derive.core.term import size

AGREES, DISAGREES, INCONCLUSIVE = "agrees", "disagrees", "inconclusive"
POINTS, SEED = 32, 20240501
SECONDS, SECONDS_EACH = 60.0, 5.0
MAX_NODES = 200_000
_FACTS = frozenset({DOMAIN, HYPOTHESIS, CASE, CONDITION})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the cross-check saw: the fields of a report's JAX result, and `note` when it stopped."""

    points: int
    discarded: int
    sizes: tuple[str, ...]
    worst_relative_error: float
    dtype: str
    verdict: str
    note: str = ""


def inconclusive(note: str) -> Comparison:
    """No answer, and why."""
    return Comparison(0, 0, (), 0.0, "float64", INCONCLUSIVE, note)


def needs_cross_check(obligation: Obligation) -> bool:
    """Is the claim an equality that contains a derivative, itself or through a definition?"""
    claim = obligation.claim
    return is_equality(claim) and has_derivative(obligation.context.unfold(claim))


def problem_of(obligation: Obligation) -> Problem:
    """The claim and the hypotheses that bear on it, unfolded."""
    context = obligation.context
    facts = [context.unfold(f.claim) for f in context.facts if f.kind in _FACTS]
    return problem_from(context.unfold(obligation.claim), facts)


def cross_check_all(
    obligations: Sequence[Obligation],
    checker: Checker | None = None,
    *,
    points: int = POINTS,
    seed: int = SEED,
    seconds: float | None = None,
) -> list[Comparison]:
    """The answers for several obligations, in order, from one message to one process.

    The time limit is for all together; unless given, it grows with their number.
    """
    answers: dict[int, Comparison] = {}
    problems: dict[int, Problem] = {}
    for i, obligation in enumerate(obligations):
        if not needs_cross_check(obligation):
            answers[i] = inconclusive("no equality with a derivative")
            continue
        problem = problem_of(obligation)
        if size(problem.claim) > MAX_NODES:
            answers[i] = inconclusive("too large")
        else:
            problems[i] = problem
    if problems:
        own = checker is None
        seconds = SECONDS + SECONDS_EACH * len(problems) if seconds is None else seconds
        checker = checker or Checker()
        try:
            found = checker.ask(list(problems.values()), points, seed, seconds)
        finally:
            if own:
                checker.close()
        answers.update(zip(problems, found, strict=True))
    return [answers[i] for i in range(len(obligations))]


class Checker:
    """The process that computes: started by `start` or by the first question, ended by `close`."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = tuple(
            command or (sys.executable, "-m", "derive.engines.autodiff_worker")
        )
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self) -> bool:
        """Start the process without waiting for it; False if it cannot be started."""
        if self._process is not None and self._process.poll() is None:
            return True
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except OSError:
            self._process = None
            return False
        return True

    def close(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()

    def ask(
        self, problems: Sequence[Problem], points: int, seed: int, seconds: float
    ) -> list[Comparison]:
        """One answer for each problem; those not answered in time are inconclusive."""
        if not self.start() or self._process is None:
            return [inconclusive("the process for JAX could not be started")] * len(problems)
        message = {
            "points": points,
            "seed": seed,
            "problems": [encode((p.claim, *p.hypotheses)) for p in problems],
        }
        lines = _exchange(
            self._process, json.dumps(message).encode() + b"\n", time.monotonic() + seconds
        )
        answers, finished = _answers(lines)
        if not finished:
            self.close()
        note = "timeout" if lines.late else "the process for JAX ended early"
        return [answers.get(i) or inconclusive(note) for i in range(len(problems))]


def _environment() -> dict[str, str]:
    """The child's environment: our package on its path, and XLA told to compile quickly."""
    import derive.engines

    root = Path(derive.engines.__file__ or ".").resolve().parents[2]
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    }


@dataclass(slots=True)
class _Lines:
    """What the process wrote, line by line; `late` if the time ran out first."""

    rows: list[Any]
    late: bool = False


def _exchange(process: subprocess.Popen[bytes], message: bytes, until: float) -> _Lines:
    """Send a message and read lines until the one that says `done`, without ever blocking for long."""
    assert process.stdin is not None and process.stdout is not None
    into, out = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(into, False)
    lines, rest = _Lines([]), b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            lines.late = True
            return lines
        ready, writable, _ = select.select([out], [into] if message else [], [], left)
        try:
            if writable:
                message = message[os.write(into, message[:65536]) :]
            if not ready:
                continue
            chunk = os.read(out, 1 << 16)
        except OSError:
            return lines
        if not chunk:
            return lines
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            with contextlib.suppress(ValueError):
                lines.rows.append(json.loads(line))
            if lines.rows and lines.rows[-1] == {"done": True}:
                return lines


def _answers(lines: _Lines) -> tuple[dict[int, Comparison], bool]:
    answers = dict[int, Comparison]()
    for row in lines.rows:
        match row:
            case {"at": int(at), "points": int(points), "discarded": int(discarded),
                  "sizes": [*sizes], "error": (int() | float()) as error,
                  "verdict": str(verdict), "note": str(note)}:
                answers[at] = Comparison(
                    points, discarded, tuple(map(str, sizes)), float(error), "float64",
                    verdict, note,
                )
    return answers, {"done": True} in lines.rows
