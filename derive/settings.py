"""Settings: what a run may be told, and where a project writes it down.

Promise: an unknown key or an unfit value is a fault with its place, never ignored and never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

LEVELS = ("exact", "proved", "conditional", "supported")
OPINIONS = ("sympy",)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run may be told.

    `timeout` is a backstop in seconds of processor time per step. `engines` None means all of them; tests name
    one to run it alone. Only `require` and nothing else here changes the exit code without changing a
    verdict.
    """

    seed: int = 0
    timeout: float = 10.0
    second_opinion: str | None = None
    require: str = "proved"
    jax: bool = True
    engines: tuple[str, ...] | None = None
    refuter: bool = True


@dataclass(frozen=True, slots=True)
class SettingsFault:
    """A key or a value that cannot be used: the file, its line, what is wrong, what to write."""

    path: str
    line: int
    message: str
    hint: str | None = None


_KEYS = {
    "seed": "seed",
    "timeout": "timeout",
    "second-opinion": "second_opinion",
    "require": "require",
    "jax": "jax",
}


def find_settings(folder: Path) -> Settings | SettingsFault:
    """The settings of the nearest `derive.toml`, or `pyproject.toml` with `[tool.derive]`, from `folder` up."""
    for place in (folder, *folder.parents):
        for name in ("derive.toml", "pyproject.toml"):
            text = _read(place / name)
            if text is None or (name == "pyproject.toml" and "derive" not in text):
                continue
            found = settings_from_toml(text, str(place / name), inside=name == "pyproject.toml")
            if found is not None:
                return found
    return Settings()


def settings_from_toml(text: str, path: str, inside: bool) -> Settings | SettingsFault | None:
    """Settings from the text of a file; with `inside`, from its `[tool.derive]`, None if it has none."""
    import tomllib

    try:
        table: object = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        return SettingsFault(path, int(found[1]) if found else 1, "this file is not valid TOML")
    for key in ("tool", "derive") if inside else ():
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return None
    settings = Settings()
    for key, value in table.items():
        change = _fit(key, value)
        if isinstance(change, SettingsFault):
            return replace(change, path=path, line=_line_of(text, key, inside))
        settings = replace(settings, **change)
    return settings


def nearest(word: str, words: tuple[str, ...]) -> str | None:
    """The closest of some words, None if none is close."""
    import difflib

    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return close[0] if close else None


def fingerprint(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Everything in the settings on which verdicts may depend, as text."""
    return tuple(
        (f.name, repr(getattr(settings, f.name))) for f in fields(settings) if f.name != "require"
    )


def _fit(key: str, value: object) -> dict[str, Any] | SettingsFault:
    if key not in _KEYS:
        close = nearest(key.replace("_", "-"), tuple(_KEYS))
        hint = f"write `{close}`" if close else "the keys are " + ", ".join(_KEYS)
        return SettingsFault("", 0, f"there is no setting `{key}`", hint)
    wanted: str | None = None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match key:
        case "seed" if not number or not isinstance(value, int) or value < 0:
            wanted = "a natural number"
        case "timeout" if not number or not 0 < float(str(value)) < 1e6:
            wanted = "a positive number of seconds"
        case "jax" if not isinstance(value, bool):
            wanted = "true or false"
        case "require" if value not in LEVELS:
            wanted = "one of " + ", ".join(LEVELS)
        case "second-opinion" if value not in OPINIONS:
            wanted = "one of " + ", ".join(OPINIONS)
        case _:
            pass
    if wanted is not None:
        return SettingsFault("", 0, f"`{key}` must be {wanted}")
    return {_KEYS[key]: float(str(value)) if key == "timeout" else value}


def _line_of(text: str, key: str, inside: bool) -> int:
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if inside and "tool.derive" in line), 0)
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(lines[start:], start + 1):
        if pattern.match(line):
            return number
    return start + 1


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
