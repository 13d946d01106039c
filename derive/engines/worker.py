"""Running a function in a forked child that can be killed.

Promise: the call returns within the time limit whatever the function does; the child shares no state
with the caller afterwards, and what comes back is plain JSON (terms by `core/codec.py`), never a pickle.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.core.codec import decode, encode
from derive.core.term import App, Bind, Num, Sym

MAX_ANSWER = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Finished:
    """What the function returned."""

    value: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why there is no value: "timeout", "memory", "crash", "unavailable", or "error: ..."."""

    reason: str
    seconds: float


def run_limited(
    function: Callable[..., Any], args: tuple[Any, ...], seconds: float, megabytes: int
) -> Finished | Stopped:
    """Call `function(*args)` in a forked child; `megabytes` is what it may add to the memory in use.

    The value must be JSON-able; terms may stand anywhere in it, and tuples come back as lists.
    """
    if not hasattr(os, "fork") or "jax" in sys.modules:
        return Stopped("unavailable", 0.0)
    started = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(function, args, writer, seconds, megabytes)
    os.close(writer)
    try:
        data = _read(reader, started + seconds)
    finally:
        os.close(reader)
        _end(pid)
    spent = time.monotonic() - started
    return Stopped("timeout", spent) if data is None else _answer(data, spent)


def _child(
    function: Callable[..., Any], args: tuple[Any, ...], writer: int, seconds: float, megabytes: int
) -> None:
    """The child's whole life; it never returns."""
    code = 1
    try:
        with contextlib.suppress(OSError):
            os.setsid()
        _silence()
        _limit(seconds, megabytes)
        try:
            answer = {"value": pack(function(*args))}
        except MemoryError:
            answer = {"stopped": "memory"}
        except RecursionError:
            answer = {"stopped": "error: recursion too deep"}
        except Exception as error:
            answer = {"stopped": f"error: {type(error).__name__}: {error}"[:300]}
        data = json.dumps(answer).encode()
        while data:
            data = data[os.write(writer, data) :]
        code = 0
    finally:
        os._exit(code)


def _silence() -> None:
    """What a library prints must not mix with our own output."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    faulthandler.disable()
    sys.stdout = sys.stderr = os.fdopen(os.dup(null), "w", encoding="utf-8")


def _limit(seconds: float, megabytes: int) -> None:
    import resource

    cpu = int(seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    ceiling = pages * os.sysconf("SC_PAGE_SIZE") + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def _read(reader: int, until: float) -> bytes | None:
    """All that the child writes; None if it has not finished in time."""
    chunks, total = list[bytes](), 0
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return None
        chunk = os.read(reader, 1 << 16)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        total += len(chunk)
        if total > MAX_ANSWER:
            return b""


def _end(pid: int) -> None:
    """Kill the child with all that it started, and collect it."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _answer(data: bytes, spent: float) -> Finished | Stopped:
    try:
        answer = json.loads(data)
    except ValueError:
        return Stopped("crash", spent)
    match answer:
        case {"value": value}:
            return Finished(unpack(value), spent)
        case {"stopped": str(reason)}:
            return Stopped(reason, spent)
    return Stopped("crash", spent)


def pack(value: Any) -> Any:
    """A value with its terms encoded; dictionaries are tagged so that none can pass for a term."""
    match value:
        case Num() | Sym() | App() | Bind():
            return {"term": encode((value,))}
        case list() | tuple():
            return [pack(v) for v in value]
        case dict():
            return {"dict": [[str(k), pack(v)] for k, v in value.items()]}
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"{type(value).__name__} cannot be sent between processes")


def unpack(value: Any) -> Any:
    """The inverse of `pack`; tuples come back as lists."""
    match value:
        case {"term": table}:
            return decode(table)[0]
        case {"dict": [*items]}:
            return {k: unpack(v) for k, v in items}
        case [*items]:
            return [unpack(v) for v in items]
    return value
