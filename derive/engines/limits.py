"""The backstop behind counted budgets: a limit on the processor time of one step.

Promise: work inside `deadline` ends with `OutOfTime` soon after its time is up, where the platform has
interval timers and the caller is the main thread; elsewhere the counted budgets stand alone. A verdict that
met the limit is never cached.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

# A busy machine must not cost a verdict: the process's own time counts, the clock only when it waits for long.
PATIENCE = 6


class OutOfTime(BaseException):
    """The time for a step is up; no `except Exception` on the way may keep it."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so many seconds of processor time, or `PATIENCE` times as many by the clock."""
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or seconds <= 0:
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise OutOfTime

    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, seconds),
        (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * seconds),
    )
    before = [signal.signal(number, ring) for _, number, _ in timers]
    for timer, _, limit in timers:
        signal.setitimer(timer, limit, 1.0)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
