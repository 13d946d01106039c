"""How text is laid out on a terminal: widths of characters, wrapping, colour, ASCII in place of signs.

Promise: colour adds nothing that the words do not say, and the same text, width and style always give
the same bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

SIGNS = {
    "✓": "ok", "◇": "if", "≈": "~", "?": "?", "!": "!", "✗": "XX", "│": "|", "┌─": "-->", "…": "...",
    "·": "|", "→": "->",
}

_SPELLED = {
    "−": "-", "·": "*", "×": "*", "≤": "<=", "≥": ">=", "≠": "!=", "∑": "sum", "∏": "prod", "∂": "d",
    "∞": "inf", "→": "->", "⇒": "=>", "⇔": "<=>", "²": "^2", "³": "^3", "ᵀ": ".T", "√": "sqrt",
    "∈": " in ", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "--", "…": "...",
}

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


@dataclass(frozen=True, slots=True)
class Style:
    """How wide, in which letters, and whether in colour."""

    width: int = 80
    ascii: bool = False
    colour: bool = False

    def sign(self, sign: str) -> str:
        """A sign of ours, or what stands for it in ASCII."""
        return SIGNS[sign] if self.ascii else sign

    def paint(self, text: str, *colours: str) -> str:
        """Text in colour, if there is to be any."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[c] for c in colours)}m{text}\x1b[0m"

    def show(self, text: str) -> str:
        """Text from elsewhere, safe to print: no control characters, ASCII if so wished."""
        return "".join(self.glyph(char) for char in text)

    def show_lines(self, text: str) -> str:
        """The same for a text whose line breaks are meant."""
        return "\n".join(self.show(line) for line in text.split("\n"))

    def glyph(self, char: str) -> str:
        """One character, safe to print; tabs are left to the caller's column."""
        if " " <= char <= "~":
            return char
        kind = unicodedata.category(char)
        if kind in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") or char in BIDI:
            return " " if char in "\t\n\r" else f"\\u{ord(char):04x}"
        if not self.ascii:
            return char
        return _spelled(char)


def _spelled(char: str) -> str:
    """A character in ASCII: as it is written in a formula, else by its number."""
    from derive.core.naming import GREEK  # here, since most runs do not need it

    names = {glyph: name for name, glyph in GREEK.items()} | _SPELLED
    return names.get(char, "" if unicodedata.combining(char) else f"\\u{ord(char):04x}")


BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def width_of(text: str) -> int:
    """How many columns a text takes; combining marks take none, wide letters two."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if " " <= char <= "~":
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def pad(text: str, width: int) -> str:
    """Text with spaces after it up to a width."""
    return text + " " * (width - width_of(text))


def wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most `width` columns where words allow it; `first` leads the first line, `rest` the others.

    Runs of spaces inside the text are kept where no line ends; line breaks in it stay.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lead = first if not lines else rest
        line, empty = lead, True
        for word in paragraph.split(" "):
            glue = "" if empty else " "
            if not empty and word and width_of(line) + 1 + width_of(word) > width:
                lines.append(line.rstrip())
                line, glue = rest, ""
            line += glue + word
            empty = False
        lines.append(line.rstrip())
    return lines


def clip(text: str, width: int, style: Style) -> str:
    """Text cut to a width, with an ellipsis if something was cut."""
    if width_of(text) <= width:
        return text
    dots = style.sign("…")
    kept, room = "", width - width_of(dots)
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        kept += char
    return kept + dots


def plural(count: int, noun: str) -> str:
    """`1 step`, `1,000 steps`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
