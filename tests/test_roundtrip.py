"""What is formatted and parsed again is the same; formatting twice changes nothing more."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from random import Random
from types import ModuleType
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.diagnostic import Severity
from derive.syntax import ast, outline
from derive.syntax.format import Style, format_document, format_expr
from derive.syntax.parse import Parsed, parse, parse_expression
from derive.text import Source

HERE = Path(__file__).parent


def _trees() -> ModuleType:
    spec = importlib.util.spec_from_file_location("language_trees", HERE / "language_trees.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


trees = _trees()
STYLES: tuple[Style, ...] = ("ascii", "unicode")
SEEDS = st.integers(0, 2**32 - 1)
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
FILES = sorted(
    path
    for folder in (HERE, HERE.parent / "derivations", HERE.parent / "derive" / "rules")
    for path in folder.rglob("*.drv")
    if path.name != "rejected.drv"
)


def read(text: str) -> Parsed:
    return parse(Source("text", text))


def sound(parsed: Parsed) -> bool:
    return not any(d.severity is Severity.ERROR for d in parsed.diagnostics)


@SLOW
@given(SEEDS)
def test_expressions(seed: int) -> None:
    expr: ast.Expr = trees.prop(Random(seed), 3)
    for style in STYLES:
        text = format_expr(expr, style)
        again, diagnostics = parse_expression(Source("text", text))
        assert not diagnostics, (text, diagnostics)
        assert trees.bare(again) == trees.bare(expr), text
        assert again is not None and format_expr(again, style) == text


@SLOW
@given(SEEDS)
def test_documents(seed: int) -> None:
    document: outline.Document = trees.document(Random(seed))
    for style in STYLES:
        text = format_document(document, style=style)
        parsed = read(text)
        assert not parsed.diagnostics, (text, parsed.diagnostics)
        assert trees.bare(parsed.document) == trees.bare(document), text
        source = Source("text", text)
        again = format_document(parsed.document, source, style, parsed.comments)
        assert trees.bare(read(again).document) == trees.bare(document), again
        settled = Source("text", again)
        assert format_document(read(again).document, settled, style) == again


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    if not sound(parsed):
        pytest.skip("this file is meant not to parse")
    plain = format_document(parsed.document, source, "ascii", parsed.comments)
    assert format_again(plain, "ascii") == plain
    fancy = format_document(parsed.document, source, "unicode", parsed.comments)
    assert format_again(fancy, "unicode") == fancy
    assert format_again(fancy, "ascii") == plain
    for text in (plain, fancy, format_document(parsed.document)):
        if "∂" not in source.text:  # in ASCII, ∂L/∂W is diff(L, W)
            assert trees.bare(read(text).document) == trees.bare(parsed.document)
    comments = [comment.text for comment in parsed.comments]
    assert sorted(c.text for c in read(plain).comments) == sorted(comments)


def format_again(text: str, style: str) -> str:
    parsed = read(text)
    assert sound(parsed), parsed.diagnostics
    return format_document(
        parsed.document, Source("text", text), cast(Style, style), parsed.comments
    )
