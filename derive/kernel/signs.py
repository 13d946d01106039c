"""What signs of parts say of sums and products.

Promise: "+", "-", "0+" (at least 0), "0-", "0" say that a value is real; "!0" says only that it is not 0.
"""

from __future__ import annotations

Sign = str | None

_TIMES = {
    "+": {"+": "+", "-": "-", "0+": "0+", "0-": "0-", "!0": "!0", "0": "0"},
    "-": {"+": "-", "-": "+", "0+": "0-", "0-": "0+", "!0": "!0", "0": "0"},
    "0+": {"+": "0+", "-": "0-", "0+": "0+", "0-": "0-", "0": "0"},
    "0-": {"+": "0-", "-": "0+", "0+": "0-", "0-": "0+", "0": "0"},
    "!0": {"+": "!0", "-": "!0", "!0": "!0", "0": "0"},
    "0": {"+": "0", "-": "0", "0+": "0", "0-": "0", "!0": "0", "0": "0"},
}
FLIP = {"+": "-", "-": "+", "0+": "0-", "0-": "0+", "!0": "!0", "0": "0"}
ENCLOSURE = "enclosure: interval arithmetic"


def multiply_signs(a: Sign, b: Sign) -> Sign:
    """The sign of a product."""
    return _TIMES[a].get(b) if a is not None and b is not None else None


def add_signs(a: Sign, b: Sign) -> Sign:
    """The sign of a sum."""
    if a == "0":
        return b
    if b == "0":
        return a
    up, down = ("+", "0+"), ("-", "0-")
    if a in up and b in up:
        return "+" if "+" in (a, b) else "0+"
    if a in down and b in down:
        return "-" if "-" in (a, b) else "0-"
    return None


def stronger(a: Sign, b: Sign) -> Sign:
    """What two known signs say together."""
    if a is None or a == b:
        return b
    if b is None:
        return a
    known = {a, b}
    if "0" in known:
        return "0"
    for strict, weak in (("+", "0+"), ("-", "0-")):
        if strict in known:
            return strict
        if known == {weak, "!0"}:
            return strict
    return "0" if known == {"0+", "0-"} else a
