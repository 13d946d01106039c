"""Claims about optima: each true row of the list is proved, and its false twin is not, by any means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from derive.check import check_claim_text
from derive.core.verdict import Kind, Trust
from derive.settings import Settings

DATA = Path(__file__).resolve().parent.parent / "benchmarks" / "data" / "optima.txt"


@dataclass(frozen=True)
class Row:
    """A true claim, a false one, and what is given."""

    true: str
    false: str
    given: str


def rows() -> list[Row]:
    lines = DATA.read_text(encoding="utf-8").splitlines()
    return [Row(*(part.strip() for part in t.split("||"))) for t in lines if t and not t.startswith("#")]


ROWS = rows()
# The largest value of a function is never above these, but no point is beyond the claim.
WITHOUT_WITNESS = ("max(x | 0 <= x and x <= 1, x*(1 - x)) = 1/2", "min(x | x > 0, x + 1/x) = 1")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.true)
def test_a_true_claim_is_proved(row: Row) -> None:
    step = check_claim_text(row.true, row.given, Settings(jax=False)).steps[-1]
    assert step.verdict is Kind.PROVED and step.trust is Trust.EXACT


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.true)
def test_a_false_twin_is_refuted(row: Row) -> None:
    step = check_claim_text(row.false, row.given, Settings(jax=False)).steps[-1]
    expected = Kind.UNKNOWN if row.false in WITHOUT_WITNESS else Kind.REFUTED
    assert step.verdict is expected


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.true)
def test_no_engine_shows_a_false_twin(row: Row) -> None:
    step = check_claim_text(row.false, row.given, Settings(jax=False, refuter=False)).steps[-1]
    assert step.verdict is not Kind.PROVED


def test_a_multiplier_that_is_given_is_the_one_that_is_used() -> None:
    text = "argmax(p, sum(k in 1..K, c[k]*log(p[k]))) = c/sum(k in 1..K, c[k]) by lagrange_multiplier with lambda := {}"
    given = "K : dim\nc, p : positive[K]\nsum(k in 1..K, p[k]) = 1"
    right = check_claim_text(text.format("sum(k in 1..K, c[k])"), given, Settings(jax=False)).steps[-1]
    assert right.verdict is Kind.PROVED
