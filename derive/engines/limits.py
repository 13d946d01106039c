"""The backstop behind counted budgets: a wall-clock limit on one step.

Promise: work inside `deadline` ends with `OutOfTime` soon after its time is up, where the platform has an
interval timer and the caller is the main thread; elsewhere the counted budgets stand alone. A verdict that
met the limit is never cached.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class OutOfTime(BaseException):
    """The time for a step is up; no `except Exception` on the way may keep it."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the body after so many seconds of wall clock."""
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or seconds <= 0:
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
