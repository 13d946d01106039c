"""Where the grammar lies: inside an installed wheel, or beside the package in a checkout.

Promise: the folder that `grammar_folder` returns holds `term.lark` and `derive.lark`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def grammar_folder() -> Path:
    """`derive/_grammar` of a wheel, else `grammar/` of a checkout."""
    packed = _PACKAGE / "_grammar"
    return packed if (packed / "term.lark").is_file() else _PACKAGE.parent / "grammar"


def cache_file(name: str) -> Path | None:
    """A file of that name in the user's own cache, or None where nothing can be kept."""
    try:
        base = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(base) if base else Path.home() / ".cache") / "derive"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder.stat()
        ours = not hasattr(os, "getuid") or (
            kept.st_uid == os.getuid() and not kept.st_mode & 0o022
        )
        writable = ours and os.access(folder, os.W_OK)  # a table that others can write is not read
    except (OSError, RuntimeError):
        return None
    return folder / name if writable else None
