"""Each form of the language has a file that parses, one that does not with its message, and a false one.

An expected message stands in a comment on its line: `# error: [code] how the message begins`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.diagnostic import Severity
from derive.syntax.parse import parse
from derive.text import Source

FORMS = sorted(path for path in (Path(__file__).parent / "language").iterdir() if path.is_dir())
EXPECTED = re.compile(r"# error: \[([\w-]+)\] ?(.*)$")


def read(path: Path) -> Source:
    return Source(path.name, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("name", ["accepted.drv", "false.drv"])
def test_parses(form: Path, name: str) -> None:
    parsed = parse(read(form / name))
    assert [d for d in parsed.diagnostics if d.severity is Severity.ERROR] == []
    assert parsed.document.items


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_rejected_with_its_message(form: Path) -> None:
    source = read(form / "rejected.drv")
    wanted = {}
    for number, line in enumerate(source.text.split("\n"), 1):
        if found := EXPECTED.search(line):
            wanted[number] = found.groups()
    said = {source.place(d.span.start).line: d for d in parse(source).diagnostics}
    assert wanted and set(said) == set(wanted), {n: d.message for n, d in said.items()}
    for number, (code, beginning) in wanted.items():
        assert said[number].code == code
        assert said[number].message.startswith(beginning), said[number].message


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_false_step_is_marked(form: Path) -> None:
    assert "# not proved" in read(form / "false.drv").text
