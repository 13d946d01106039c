"""Files, folders and standard input as sources, with the files that they use.

Promise: whatever lies at a path becomes a source or a diagnostic, never an exception; nothing larger than
the limit is read, and nothing but plain files, pipes and standard input.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from derive.diagnostic import Diagnostic, Severity
from derive.text import NOWHERE, Source, Span

MAX_BYTES = 2_000_000
STDIN = "-"

_USE = re.compile(r"^[ \t]*use\b(.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d][\w-]*")


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to check: its source, and what is wrong with it as a file, if anything.

    `content` is the bytes; `used` are those of the files that it uses, transitively, by name, None for
    one that is missing.
    """

    source: Source
    folder: Path
    content: bytes = b""
    used: tuple[tuple[str, bytes | None], ...] = ()
    fault: Diagnostic | None = None


@dataclass(slots=True)
class Loader:
    """Finds `name.drv` beside the file that uses it; `strange` when asked for what the scan had missed."""

    folder: Path
    used: dict[str, bytes | None]
    strange: bool = field(default=False)

    def __call__(self, name: str) -> Source | None:
        """The source of a used file, None if there is none that can be read."""
        if not _WORD.fullmatch(name):
            return None
        if name not in self.used:
            self.strange = True
            self.used[name] = _sibling(self.folder, name)
        content = self.used[name]
        if content is None or _fault(content) is not None:
            return None
        return Source(shown(self.folder / f"{name}.drv"), content.decode("utf-8-sig"))


def loader_of(item: Input) -> Loader:
    """The loader for the files that an input uses."""
    return Loader(item.folder, dict(item.used))


def find_inputs(paths: tuple[str, ...]) -> list[Input]:
    """Everything that the paths name, files of a folder in sorted order, nothing twice."""
    inputs: list[Input] = []
    seen: set[str] = set()
    for path in paths:
        for item in _expand(path):
            key = str(Path.cwd() / item)
            if key not in seen:
                seen.add(key)
                inputs.append(read_input(item))
    return inputs


def read_input(path: str) -> Input:
    """One file, or standard input for `-`."""
    if path == STDIN:
        return _input("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), Path())
    place = Path(path)
    content = _read(place)
    if isinstance(content, str):
        return _faulty(shown(place), place.parent, "unreadable-file", content)
    return _input(shown(place), content, place.parent)


def input_of_text(text: str, path: str = "<text>", folder: Path | None = None) -> Input:
    """An input that is no file."""
    content = text.encode("utf-8", "surrogatepass")
    return _input(path, content, folder or Path())


def shown(path: Path | str) -> str:
    """A path as messages write it: always printable."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def uses_in(content: bytes) -> tuple[str, ...]:
    """The names that may be used by a file; a few too many do no harm."""
    found = _USE.findall(content.decode("utf-8", "replace"))
    return tuple(dict.fromkeys(name for line in found for name in _WORD.findall(line)))


def _expand(path: str) -> Iterator[str]:
    if path == STDIN or not Path(path).is_dir():
        yield path
        return
    found = sorted(
        str(Path(folder, name))
        for folder, folders, names in os.walk(path)
        for name in names
        if name.endswith(".drv") and not _hidden(folder, path)
    )
    yield from found or [path]


def _hidden(folder: str, root: str) -> bool:
    return any(part.startswith(".") for part in Path(os.path.relpath(folder, root)).parts if part != ".")


def _read(place: Path) -> bytes | str:
    """The bytes of a file, one more than the limit at most; or what stands in the way."""
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            return "this folder holds no file that ends in `.drv`"
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            return "this is neither a file nor a pipe"
        with place.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return "there is no such file"
    except PermissionError:
        return "this file may not be read"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "bad path"
        return f"this file cannot be read: {reason.lower()}"


def _input(path: str, content: bytes, folder: Path) -> Input:
    wrong = _fault(content)
    if wrong is not None:
        code, message, offset = wrong
        text = "" if code == "too-large" else content.decode("utf-8", "replace")
        span = Span(offset, offset + 1) if text else NOWHERE
        fault = Diagnostic(code, Severity.ERROR, message, span, hint=_HINTS.get(code))
        return Input(Source(path, text), folder, b"", (), fault)
    return Input(Source(path, content.decode("utf-8-sig")), folder, content, _used(content, folder))


def _faulty(path: str, folder: Path, code: str, message: str) -> Input:
    fault = Diagnostic(code, Severity.ERROR, message, NOWHERE)
    return Input(Source(path, ""), folder, b"", (), fault)


_HINTS = {
    "too-large": "split it; a file can `use` the theorems of another",
    "unreadable-file": "save the file as plain text in UTF-8",
}


def _fault(content: bytes) -> tuple[str, str, int] | None:
    """The code, the message and the offset (in code points) of what makes bytes no text of ours."""
    if len(content) > MAX_BYTES:
        return "too-large", f"this file is larger than the limit of {MAX_BYTES:,} bytes", 0
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        byte = content[error.start]
        return "unreadable-file", f"this file is not UTF-8 text: the byte {byte:#04x} is here", len(before)
    if "\0" in text:
        return "unreadable-file", "this file is not text: it has a NUL byte here", text.index("\0")
    return None


def _used(content: bytes, folder: Path) -> tuple[tuple[str, bytes | None], ...]:
    found: dict[str, bytes | None] = {}
    waiting = list(uses_in(content))
    while waiting and len(found) < 1000:
        name = waiting.pop(0)
        if name not in found:
            found[name] = _sibling(folder, name)
            waiting += uses_in(found[name] or b"")
    return tuple(sorted(found.items()))


def _sibling(folder: Path, name: str) -> bytes | None:
    content = _read(folder / f"{name}.drv")
    return None if isinstance(content, str) or len(content) > MAX_BYTES else content
