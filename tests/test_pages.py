"""Every diagnostic code has a page, which is its documentation, its `derive explain` text, and this test.

The first block of a page causes the diagnostic, the second is the exact message, the third is the repair.
`pytest tests/test_pages.py --update-goldens` writes the messages anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from derive.diagnostic import Severity
from derive.report.layout import Style
from derive.report.model import FileResult
from derive.report.outcome import all_diagnostics
from derive.report.snippet import block
from derive.report.terminal import evidence_of
from derive.settings import Settings
from derive.text import Source

PACKAGE = Path(__file__).resolve().parent.parent / "derive"
PAGES = {file.stem: file for file in sorted((PACKAGE / "pages").glob("*.md"))}
NO_EXAMPLE = {
    "assumed-step", "oracle-only", "timeout", "jax-disagrees", "too-large", "unreadable-file",
    "internal-error", "not-checked-yet", "conventions",
}

_BLOCK = re.compile(r"^```(drv|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEBAB = re.compile(r"[a-z]+(-[a-z]+)+|syntax|timeout")


def blocks(page: str) -> list[tuple[str, str]]:
    return [(m[1], m[2]) for m in _BLOCK.finditer(PAGES[page].read_text(encoding="utf-8"))]


def check(text: str) -> FileResult:
    from derive.check import check_file

    return check_file(Source("example.drv", text), Settings(), lambda name: None)


def messages(result: FileResult, code: str) -> str:
    source = Source(result.path, result.text)
    told: list[str] = []
    for diagnostic in result.diagnostics:
        if diagnostic.code == code:
            told += ["", *block(diagnostic, source, Style())]
    for step in result.steps:
        for diagnostic in step.diagnostics:
            if diagnostic.code == code:
                evidence = evidence_of(step) if step.diagnostics[0] is diagnostic else ()
                told += ["", *block(diagnostic, source, Style(), evidence)]
    return "\n".join(told[1:]) + "\n"


def codes_in_source() -> set[str]:
    """Codes that the package gives to a diagnostic, where they are written out."""
    found: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
                    and node.func.id in ("Diagnostic", "mistake", "_note"):
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
                found |= {
                    c.value for value in given for c in ast.walk(value)
                    if isinstance(c, ast.Constant) and isinstance(c.value, str) and _KEBAB.fullmatch(c.value)
                }
    return found


def test_every_code_has_a_page() -> None:
    assert codes_in_source() <= set(PAGES)


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"conventions"}))
def test_a_page_has_its_parts(page: str) -> None:
    text = PAGES[page].read_text(encoding="utf-8")
    assert text.startswith(f"# {page}\n\n*")
    kinds = [kind for kind, _ in blocks(page)]
    assert kinds == ([] if page in NO_EXAMPLE else ["drv", "text", "drv"])


@pytest.mark.parametrize("page", sorted(set(PAGES) - NO_EXAMPLE))
def test_a_page_says_what_is_said(page: str, request: pytest.FixtureRequest) -> None:
    (_, bad), (_, golden), (_, good) = blocks(page)
    said = messages(check(bad), page)
    if request.config.getoption("--update-goldens"):
        assert said.strip(), f"the block of {page} does not cause it"
        text = PAGES[page].read_text(encoding="utf-8")
        PAGES[page].write_text(text.replace(f"```text\n{golden}```", f"```text\n{said}```"), encoding="utf-8")
    else:
        assert said == golden
    repaired = check(good)
    assert messages(repaired, page) == "\n"
    assert not [d for d in all_diagnostics(repaired) if d.severity is Severity.ERROR]
