"""File results to JSON values and back, for the cache.

Promise: lossless (`file_from_json(file_to_json(r)) == r`), and anything that does not have exactly the
right form raises ValueError, so that a damaged entry is never taken for a verdict.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Label, Severity
from derive.report.model import (
    ConditionResult,
    CounterexampleResult,
    FileResult,
    JaxResult,
    Region,
    StepResult,
    TheoremResult,
)
from derive.text import Span


def file_to_json(result: FileResult) -> dict[str, Any]:
    """A file's result as JSON values."""
    value = _plain(result)
    assert isinstance(value, dict)
    return value


def file_from_json(value: Any) -> FileResult:
    """The result that `file_to_json` wrote; ValueError if this is none."""
    try:
        return FileResult(
            path=_text(value["path"]),
            title=_text(value["title"]),
            steps=tuple(_step(v) for v in value["steps"]),
            theorems=tuple(_theorem(v) for v in value["theorems"]),
            diagnostics=_diagnostics(value["diagnostics"]),
            text=_text(value["text"]),
            cached=_truth(value["cached"]),
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("not a stored result") from error


def _plain(value: Any) -> Any:
    if isinstance(value, (Kind, Trust)):
        return value.word
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Span):
        return [value.start, value.end]
    if isinstance(value, Region):
        return [value.line, value.column, value.end_line, value.end_column]
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def _step(v: Any) -> StepResult:
    return StepResult(
        id=_text(v["id"]),
        region=_region(v["region"]),
        theorem=_text(v["theorem"]),
        label=_text(v["label"]),
        claim_source=_text(v["claim_source"]),
        claim_unicode=_text(v["claim_unicode"]),
        claim_latex=_text(v["claim_latex"]),
        verdict=_kind(v["verdict"]),
        local=_kind(v["local"]),
        rests_on=_texts(v["rests_on"]),
        trust=_trust(v["trust"]),
        reason=_text(v["reason"]),
        uses=_texts(v["uses"]),
        engine=_text(v["engine"]),
        reading=_text(v["reading"]),
        conditions=tuple(_condition(c) for c in v["conditions"]),
        counterexample=_counterexample(v["counterexample"]),
        jax=_jax(v["jax"]),
        cached=_truth(v["cached"]),
        milliseconds=_number(v["milliseconds"]),
        diagnostics=_diagnostics(v["diagnostics"]),
    )


def _theorem(v: Any) -> TheoremResult:
    return TheoremResult(
        name=_text(v["name"]),
        region=_region(v["region"]),
        verdict=_kind(v["verdict"]),
        trust=_trust(v["trust"]),
        uses=_texts(v["uses"]),
        reading=_text(v["reading"]),
        unused_hypotheses=_texts(v["unused_hypotheses"]),
    )


def _condition(v: Any) -> ConditionResult:
    return ConditionResult(_text(v["claim"]), _kind(v["verdict"]), _optional(v["failing"]))


def _counterexample(v: Any) -> CounterexampleResult | None:
    if v is None:
        return None
    return CounterexampleResult(
        point=tuple((_text(name), _text(value)) for name, value in v["point"]),
        sizes=tuple((_text(name), _whole(size)) for name, size in v["sizes"]),
        left=_text(v["left"]),
        right=_text(v["right"]),
        exact=_truth(v["exact"]),
        note=_text(v["note"]),
    )


def _jax(v: Any) -> JaxResult | None:
    if v is None:
        return None
    return JaxResult(
        points=_whole(v["points"]),
        discarded=_whole(v["discarded"]),
        sizes=_texts(v["sizes"]),
        worst_relative_error=_number(v["worst_relative_error"]),
        dtype=_text(v["dtype"]),
        verdict=_text(v["verdict"]),
    )


def _diagnostics(values: Any) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            code=_text(v["code"]),
            severity=Severity(v["severity"]),
            message=_text(v["message"]),
            span=_span(v["span"]),
            labels=tuple(Label(_span(x["span"]), _text(x["text"])) for x in v["labels"]),
            notes=_texts(v["notes"]),
            hint=_optional(v["hint"]),
        )
        for v in values
    )


def _kind(v: Any) -> Kind:
    return Kind[_text(v).upper()]


def _trust(v: Any) -> Trust | None:
    return None if v is None else Trust[_text(v).upper()]


def _span(v: Any) -> Span:
    start, end = v
    return Span(_whole(start), _whole(end))


def _region(v: Any) -> Region:
    line, column, end_line, end_column = v
    return Region(_whole(line), _whole(column), _whole(end_line), _whole(end_column))


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_text(v) for v in values)


def _optional(v: Any) -> str | None:
    return None if v is None else _text(v)


def _text(v: Any) -> str:
    if not isinstance(v, str):
        raise TypeError("text expected")
    return v


def _truth(v: Any) -> bool:
    if not isinstance(v, bool):
        raise TypeError("truth value expected")
    return v


def _whole(v: Any) -> int:
    if not isinstance(v, int) or isinstance(v, bool):
        raise TypeError("whole number expected")
    return v


def _number(v: Any) -> float:
    if not isinstance(v, (int, float)) or isinstance(v, bool):
        raise TypeError("number expected")
    return float(v)
