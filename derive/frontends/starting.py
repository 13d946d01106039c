"""`derive new` and `derive doctor`: a first file to change, and how this installation stands.

Promise: a file that exists is never overwritten; the health page imports none of the libraries that it
names.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path

import derive
from derive.frontends.cache import cache_folder
from derive.frontends.checking import complain, write
from derive.frontends.explaining import all_rules, page_names
from derive.report.outcome import ExitCode

TEMPLATE = Path(__file__).resolve().parent / "example.drv"
_LIBRARIES = ("click", "jax", "jaxlib", "lark", "mpmath", "numpy", "python-flint", "rich", "sympy", "z3-solver")


def write_example(name: str) -> int:
    """Write the template to NAME.drv; the exit code."""
    file = Path(name if name.endswith(".drv") else f"{name}.drv")
    if not re.fullmatch(r"[\w-]+\.drv", file.name):
        complain("error: a name is made of letters, digits, `_` and `-`")
        return int(ExitCode.USAGE)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError:
        complain(f"error: {file} exists; choose another name")
        return int(ExitCode.USAGE)
    except OSError as error:
        complain(f"error: {file} cannot be written: {(error.strerror or 'failed').lower()}")
        return int(ExitCode.USAGE)
    write(f"wrote {file}\nnext: derive check {file}\n")
    return int(ExitCode.OK)


def show_health() -> int:
    """Print versions and places; the exit code."""
    rows = [
        ("derive", derive.__version__),
        ("python", f"{platform.python_version()}  {sys.executable}"),
        ("system", f"{platform.system()} {platform.machine()}, {os.cpu_count() or 1} processors"),
    ]
    rows += [(name, _version(name)) for name in _LIBRARIES]
    folder = cache_folder()
    rows.append(("cache", _cache_state(folder)))
    rows.append(("package", str(Path(__file__).resolve().parent.parent)))
    rows.append(("library", f"{len(all_rules())} rules, {len(page_names())} pages"))
    write("".join(f"{name:<13} {text}\n" for name, text in rows))
    needed = [name for name in _LIBRARIES if name != "z3-solver" and _version(name) == "missing"]
    if needed:
        complain(f"error: not installed: {', '.join(needed)}")
    return int(ExitCode.USAGE if needed else ExitCode.OK)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _cache_state(folder: Path | None) -> str:
    if folder is None:
        return "none: there is no home folder"
    file = folder / "results.sqlite3"
    try:
        size = file.stat().st_size
    except OSError:
        return f"{folder} (empty)"
    return f"{folder} ({size / 1e6:.1f} MB)"
