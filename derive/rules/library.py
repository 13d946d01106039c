"""The library of rules: one `.drv` file for each, found by its name, without registration.

Promise: a rule's name is its file's name; finding the names reads no file.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=1)
def rule_files() -> dict[str, Path]:
    """Each rule's file, by name."""
    return {path.stem: path for path in sorted(_HERE.rglob("*.drv"))}


def rule_names() -> frozenset[str]:
    """The names of all rules."""
    return frozenset(rule_files())
