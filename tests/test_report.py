"""Reports: the published JSON form, lossless storage, and every format on every kind of step."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Label, Severity
from derive.report.codec import file_from_json, file_to_json
from derive.report.github import to_github
from derive.report.json import json_value
from derive.report.junit import to_junit
from derive.report.layout import Style, width_of, wrap
from derive.report.model import (
    ConditionResult,
    CounterexampleResult,
    FileResult,
    JaxResult,
    Region,
    Report,
    StepResult,
    TheoremResult,
)
from derive.report.outcome import ExitCode, exit_code
from derive.report.sarif import to_sarif
from derive.report.snippet import block
from derive.report.terminal import concise, full
from derive.text import Source, Span

HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((HERE.parent / "derive/report/report-1.schema.json").read_text(encoding="utf-8"))

words = st.text(max_size=12)
spans = st.tuples(st.integers(0, 80), st.integers(0, 80)).map(lambda p: Span(min(p), max(p)))
regions = st.builds(Region, *[st.integers(1, 9)] * 4)
kinds, trusts = st.sampled_from(Kind), st.none() | st.sampled_from(Trust)
codes = st.sampled_from(["refuted-step", "unproved-step", "syntax"])


def rows(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(inner, max_size=3).map(tuple)


diagnostics = st.builds(
    Diagnostic, codes, st.sampled_from(Severity), words, spans, rows(st.builds(Label, spans, words)),
    rows(words), st.none() | words,
)
steps = st.builds(
    StepResult, id=words, region=regions, theorem=words, label=words, claim_source=words,
    claim_unicode=words, claim_latex=words, verdict=kinds, local=kinds, rests_on=rows(words),
    trust=trusts, reason=words, uses=rows(words), engine=words, reading=words,
    conditions=rows(st.builds(ConditionResult, words, kinds, st.none() | words)),
    counterexample=st.none() | st.builds(
        CounterexampleResult, rows(st.tuples(words, words)),
        rows(st.tuples(words, st.integers(0, 9))), words, words, st.booleans(), words,
    ),
    jax=st.none() | st.builds(
        JaxResult, st.integers(0, 9), st.integers(0, 9), rows(words), st.floats(allow_nan=False),
        words, st.sampled_from(["agrees", "disagrees", "inconclusive"]),
    ),
    cached=st.booleans(), milliseconds=st.floats(0, 1e6), diagnostics=rows(diagnostics),
)
theorems = st.builds(TheoremResult, words, regions, kinds, trusts, rows(words), words, rows(words))
files = st.builds(
    FileResult, words, words, rows(steps), rows(theorems), rows(diagnostics), st.text(max_size=80),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(files)
def test_storage_is_lossless(result: FileResult) -> None:
    stored = json.dumps(file_to_json(result))
    assert file_from_json(json.loads(stored)) == result


@settings(max_examples=60, deadline=None)
@given(rows(files), st.sampled_from(["exact", "proved", "conditional", "supported"]))
def test_every_format_takes_every_report(results: tuple[FileResult, ...], require: str) -> None:
    report = Report(results)
    value = json_value(report, require, "1")
    jsonschema.validate(value, SCHEMA)
    json.dumps(value, allow_nan=False)
    ET.fromstring(to_junit(report, require).encode("utf-8", "replace"))
    log = json.loads(to_sarif(report, require, "1"))
    for item in log["runs"][0]["results"]:
        assert item["kind"] == "fail" or item["level"] == "none"
    assert all(line.startswith("::") for line in to_github(report).split("\n") if line)
    for width in (40, 80):
        text = full(report, require, Style(width, ascii=True))
        assert text.isascii()
        assert text == full(report, require, Style(width, ascii=True))
    assert concise(report, Style()).endswith("\n")


@settings(max_examples=100, deadline=None)
@given(files, st.sampled_from(["exact", "proved", "conditional", "supported"]))
def test_the_exit_code_never_rounds_up(result: FileResult, require: str) -> None:
    code = exit_code(Report((result,)), require)
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    weak = [s for s in result.steps if s.verdict > Kind.SUPPORTED]
    assert code is not ExitCode.OK or not (errors or weak)
    if any(s.verdict is Kind.REFUTED for s in result.steps):
        assert code is ExitCode.WRONG


@pytest.mark.parametrize("damage", ["{}", "[]", "null", '{"path": 1}', '"x"'])
def test_damaged_storage_is_refused(damage: str) -> None:
    with pytest.raises(ValueError, match="not a stored result"):
        file_from_json(json.loads(damage))


def test_infinite_error_is_null_in_json() -> None:
    seen = JaxResult(1, 0, (), math.inf, "float64", "disagrees")
    step = replace(_step("x = x", 0, 5), jax=seen)
    value = json_value(Report((FileResult("a", "", (step,), (), (), "x = x"),)), "proved", "1")
    assert value["files"][0]["steps"][0]["jax"]["worst_relative_error"] is None


def _step(text: str, start: int, end: int) -> StepResult:
    told = Diagnostic("refuted-step", Severity.ERROR, "this step is false", Span(start, end))
    return StepResult(
        "t/s1", Region(1, 1, 1, 6), "t", "s1", text, text, text, Kind.REFUTED, Kind.REFUTED, (), None,
        "linearity", (), "", "", (), CounterexampleResult((("x", "1/2"),), (), "0", "1", True), None,
        False, 1.0, (told,),
    )


def test_block() -> None:
    text = "alpha\n\tsum(i, x[i])  = σ̂ + 漢字 + z    by linearity\n"
    start = text.index("z    by")
    label = Label(Span(text.index("sum"), text.index("  =")), "the line before")
    told = Diagnostic(
        "refuted-step", Severity.ERROR, "this step is false", Span(start, start + 1), (label,),
        ("tried: nothing\n  at all", "a remark"), "look again",
    )
    assert block(told, Source("dir/a.drv", text), Style(60)) == [
        "error[refuted-step]: this step is false",
        "  ┌─ dir/a.drv:2:28",
        "  │",
        "2 │     sum(i, x[i])  = σ̂ + 漢字 + z    by linearity",
        "  │                                ^",
        "  │     ------------ the line before",
        "  │",
        "  = tried: nothing",
        "        at all",
        "  = note: a remark",
        "  = hint: look again",
        "  = more: derive explain refuted-step",
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200), spans, st.integers(40, 100), st.booleans())
def test_a_window_is_never_too_wide(text: str, span: Span, width: int, plain: bool) -> None:
    told = Diagnostic("syntax", Severity.ERROR, "m", span, (Label(Span(0, 3), "a label"),))
    style = Style(width, plain)
    lines = block(told, Source("a.drv", text), style)
    for line in lines[2:-1]:
        assert width_of(line) <= width
        assert not plain or line.isascii()


def test_a_long_line_is_shown_around_the_mark() -> None:
    text = "x" * 300 + "y" + "x" * 300
    told = Diagnostic("syntax", Severity.ERROR, "m", Span(300, 301))
    lines = block(told, Source("a.drv", text), Style(60))
    assert lines[3][lines[4].index("^")] == "y"


@given(st.text(max_size=100), st.integers(20, 60))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    joined = " ".join(wrap(text, width, "", "  "))
    assert joined.split() == text.replace("\n", " ").split()


def test_full_report_reads_well() -> None:
    text = "x = x\n"
    result = FileResult("a.drv", "A title", (_step("x = x", 0, 5),), (), (), text)
    assert full(Report((result,)), "proved", Style(60)).split("\n") == [
        "a.drv: A title",
        "  t",
        "    ✗ s1  refuted      counterexample x = 1/2",
        "",
        "error[refuted-step]: this step is false",
        "  ┌─ a.drv:1:1",
        "  │",
        "1 │ x = x",
        "  │ ^^^^^",
        "  │",
        "  = counterexample: x = 1/2",
        "        left    0   (exact)",
        "        right   1",
        "  = more: derive explain refuted-step",
        "",
        "1 refuted  (1 step)",
        "next: correct a.drv:1, then run  derive check a.drv",
        "",
    ]
