"""Functions in a killable child: what hangs is killed, what swells is stopped, the rest comes back."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from derive.core.sort import REAL
from derive.core.term import ONE, Sym, add
from derive.engines.worker import Finished, Stopped, run_limited

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def _hang() -> None:
    while True:
        pass


def _swell() -> int:
    kept = []
    while True:
        kept.append(bytearray(2**24))


def _crash() -> None:
    os.kill(os.getpid(), 9)


def _fail() -> None:
    raise ValueError("no")


def _print() -> str:
    print("noise")
    return "ok"


def _object() -> Any:
    return object()


def _deep(depth: int) -> int:
    return _deep(depth + 1)


def test_terms_come_back() -> None:
    x = Sym("x", REAL)
    found = run_limited(lambda t: {"term": add(t, ONE), "many": (t, 1, None, "s")}, (x,), 10, 256)
    assert isinstance(found, Finished)
    assert found.value == {"term": add(x, ONE), "many": [x, 1, None, "s"]}


def test_what_hangs_is_killed() -> None:
    started = time.monotonic()
    found = run_limited(_hang, (), 0.5, 256)
    assert isinstance(found, Stopped) and found.reason == "timeout"
    assert time.monotonic() - started < 5


def test_what_swells_is_stopped() -> None:
    found = run_limited(_swell, (), 20, 128)
    assert isinstance(found, Stopped) and found.reason in ("memory", "crash")


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (_crash, (), "crash"),
        (_fail, (), "error: ValueError: no"),
        (_object, (), "error: TypeError"),
        (_deep, (0,), "error: recursion"),
    ],
)
def test_what_fails_says_so(function: Any, args: tuple[Any, ...], reason: str) -> None:
    found = run_limited(function, args, 10, 256)
    assert isinstance(found, Stopped) and found.reason.startswith(reason)


def test_the_child_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(run_limited(_print, (), 10, 256), Finished)
    assert capfd.readouterr().out == ""


def test_nothing_is_left_behind() -> None:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    if not listing.exists():
        pytest.skip("this system does not list children")
    before = listing.read_text()
    run_limited(_hang, (), 0.2, 256)
    assert listing.read_text() == before
