"""Steps of solving: each true row of the list is proved, and no engine shows its false twin."""

from __future__ import annotations

import pytest

from benchmarks.equations import Row, read_rows
from derive.check import check_claim_text
from derive.core.verdict import Kind
from derive.settings import Settings

ROWS = read_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.true)
def test_a_true_step_is_proved(row: Row) -> None:
    assert check_claim_text(row.true, row.given, Settings(jax=False)).steps[-1].verdict is Kind.PROVED


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.true)
def test_the_false_twin_is_refuted(row: Row) -> None:
    step = check_claim_text(row.false, row.given, Settings(jax=False)).steps[-1]
    assert step.verdict in (Kind.REFUTED, Kind.SUPPORTED)
    alone = check_claim_text(row.false, row.given, Settings(jax=False, refuter=False)).steps[-1]
    assert alone.verdict is not Kind.PROVED


def test_nearly_all_twins_have_a_counterexample() -> None:
    verdicts = [check_claim_text(r.false, r.given, Settings(jax=False)).steps[-1].verdict for r in ROWS]
    assert sum(v is Kind.REFUTED for v in verdicts) >= len(ROWS) - 1
