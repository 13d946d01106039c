"""The result cache: whole files' results by the hash of everything that they depend on.

Promise: an entry is used only if it is whole and its key covers the bytes, the used files, the settings,
the source of derive and the versions of the libraries; a cache that cannot be used costs a note, no more.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import derive
from derive.frontends.reading import Input
from derive.report.codec import file_from_json, file_to_json
from derive.report.model import FileResult
from derive.report.outcome import DEFECT_CODES, all_diagnostics
from derive.settings import Settings, fingerprint

LIBRARIES = ("sympy", "mpmath", "jax", "jaxlib", "lark", "python_flint", "numpy", "z3_solver")
MOST_ENTRIES = 5000
_NEVER_KEPT = DEFECT_CODES | {"timeout"}


class Cache:
    """An open cache, or a closed one (`note` says why) that keeps nothing and finds nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.note: str | None = None
        self._database: sqlite3.Connection | None = None
        if folder is not None:
            self._open(folder)

    def get(self, key: str, path: str) -> FileResult | None:
        """The kept result, as of the file at `path`; None if there is none that is whole."""
        row = self._run("SELECT value, seal FROM results WHERE key = ?", (key,))
        value, seal = row or (None, None)
        if not isinstance(value, str) or seal != _seal(key, value):
            return None
        try:
            result = file_from_json(json.loads(value))
        except (ValueError, RecursionError):
            return None
        steps = tuple(replace(step, cached=True) for step in result.steps)
        return replace(result, path=path, steps=steps, cached=True)

    def put(self, key: str, result: FileResult) -> None:
        """Keep a result, unless the clock or a defect of ours had a hand in it."""
        if not may_be_kept(result):
            return
        value = json.dumps(file_to_json(result), separators=(",", ":"))
        row = (key, value, _seal(key, value))
        self._run("INSERT OR REPLACE INTO results (key, value, seal) VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Forget the oldest entries beyond the limit, and close."""
        command = "DELETE FROM results WHERE rowid <= (SELECT max(rowid) - ? FROM results)"
        self._run(command, (MOST_ENTRIES,))
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
        self._database = None

    def _open(self, folder: Path) -> None:
        reason = _prepare(folder)
        if reason is not None:
            self._give_up(folder, reason)
            return
        file = folder / "results.sqlite3"
        for attempt in (1, 2):
            try:
                self._database = _connect(file)
                return
            except sqlite3.DatabaseError as error:
                busy = isinstance(error, sqlite3.OperationalError)
                if attempt == 2 or busy:
                    self._give_up(folder, "it is in use" if "lock" in str(error) else "it is damaged")
                    return
                for suffix in ("", "-wal", "-shm"):
                    with suppress(OSError):
                        Path(f"{file}{suffix}").unlink()

    def _run(self, command: str, values: tuple[object, ...]) -> tuple[object, ...] | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute(command, values).fetchone()
        except sqlite3.Error:
            self._database = None
            self.note = "the result cache stopped working and was left alone"
            return None
        return tuple(row) if row is not None else None

    def _give_up(self, folder: Path, reason: str) -> None:
        self.note = f"the result cache in {folder} is not used: {reason}"


def may_be_kept(result: FileResult) -> bool:
    """Would another run say the same? Not where a time-out or a defect of ours had a hand in it."""
    if any(step.jax is not None and step.jax.points == 0 for step in result.steps):
        return False
    return not any(
        d.code in _NEVER_KEPT or any("timeout" in note for note in (d.message, *d.notes))
        for d in all_diagnostics(result)
    )


def cache_folder() -> Path | None:
    """Where results are kept: DERIVE_CACHE_DIR, or `derive` in XDG_CACHE_HOME or in ~/.cache."""
    named = os.environ.get("DERIVE_CACHE_DIR")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    if base and Path(base).is_absolute():
        return Path(base) / "derive"
    try:
        return Path.home() / ".cache" / "derive"
    except RuntimeError:
        return None


def key_of(item: Input, settings: Settings, surroundings: str) -> str:
    """The hash of everything on which the result of an input depends."""
    parts: list[bytes] = [surroundings.encode(), repr(fingerprint(settings)).encode(), item.content]
    for name, content in item.used:
        parts += [name.encode(), b"missing" if content is None else b"found", content or b""]
    return _digest(parts)


def surroundings() -> str:
    """One hash for Python, the libraries' versions, and the source, rules and grammar of derive."""
    version = f"{sys.version_info}{sys.platform}{sys.maxsize}{sys.flags.optimize}{derive.__version__}"
    parts = [version.encode(), *(line.encode() for line in sorted(library_versions()))]
    package = Path(__file__).resolve().parent.parent
    grammar = package / "_grammar"
    for root in (package, grammar if grammar.is_dir() else package.parent / "grammar"):
        parts += sorted(_stamps(str(root), len(str(root))))
    return _digest(parts)


def library_versions() -> set[str]:
    """`sympy-1.14.0` and so on, read from the names of what is installed, which is quick."""
    found: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):
            for entry in os.scandir(folder or "."):
                stem, dot, _ = entry.name.rpartition(".dist-info")
                if dot and stem.split("-")[0].lower() in LIBRARIES:
                    found.add(stem.lower())
    return found


def _stamps(folder: str, cut: int) -> Iterable[bytes]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _stamps(entry.path, cut)
            elif entry.name.endswith((".py", ".drv", ".lark", ".json", ".toml")):
                about = entry.stat()
                yield f"{entry.path[cut:]} {about.st_size} {about.st_mtime_ns}".encode()


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def _seal(key: str, value: str) -> str:
    return _digest((key.encode(), value.encode()))


def _connect(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=0.5, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT, seal TEXT)"
        )
        database.execute("SELECT key, value, seal FROM results LIMIT 1").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _prepare(folder: Path) -> str | None:
    """Make the folder; what stands in the way, if anything."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except (OSError, ValueError):
        return "the folder cannot be made"
    if hasattr(os, "getuid") and about.st_uid != os.getuid():
        return "the folder belongs to somebody else"
    if about.st_mode & 0o022:
        return "others may write to the folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "the folder cannot be written to"
    return None
