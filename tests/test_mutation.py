"""Mutants of every step of every worked derivation, offered to the engines with the refuter off.

Which mutants are false is decided by `oracle_mpmath.py` alone. No engine may prove one; one that is shown
up to conditions must fail a condition at the point.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from derive.core.verdict import Kind
from derive.engines.limits import OutOfTime, deadline
from derive.engines.prove import ALL, ENGINES
from derive.engines.settle import settle
from derive.settings import Settings
from tests.mutants import FalseMutant, Mutant, false_at, files, holds_at, mutants, steps

ROOT = Path(__file__).resolve().parent.parent
NAMES = tuple(name for name, _ in ENGINES)
SAMPLE, LOOKED_AT, TRIES = 2, 6, 12
SECONDS = 20.0


def wrong_acceptances(path: Path, share: int | None, alone: bool) -> tuple[int, list[str]]:
    """How many false mutants of a file were offered, and those that were accepted."""
    rng = random.Random(path.stem)
    everything: list[Mutant] = [m for step in steps(path) for m in mutants(step)]
    rng.shuffle(everything)
    offered, wrong = 0, list[str]()
    for mutant in everything if share is None else everything[:LOOKED_AT]:
        if share is not None and offered >= share:
            break
        found = false_at(mutant, 0) if share is None else false_at(mutant, 0, TRIES)
        if found is None:
            continue
        offered += 1
        for engines in ((name,) for name in NAMES) if alone else (None,):
            told = accepted(found, engines)
            if told:
                wrong.append(told)
    return offered, wrong


def accepted(found: FalseMutant, engines: tuple[str, ...] | None) -> str:
    """ "" where nothing accepts the mutant; otherwise what was said of it."""
    settings = Settings(refuter=False, jax=False, engines=engines)
    try:
        with deadline(SECONDS):
            verdict = settle(found.obligation, ALL, settings)
    except OutOfTime:
        return ""
    if verdict.kind > Kind.CONDITIONAL:
        return ""
    if verdict.kind is Kind.CONDITIONAL and any(holds_at(c.claim, found) is not True for c in verdict.conditions):
        return ""
    return (
        f"{found.mutant.step}: {found.mutant.how}: {found.mutant.claim!r} is {verdict.kind.word} by {verdict.engine}, "
        f"and false at {found.witness.values}"
    )


def sampled() -> list[Any]:
    """One file in twelve, by its name, in the ordinary run; the others in the long one."""
    return [
        pytest.param(p, marks=() if crc32(p.stem.encode()) % 12 == 0 else pytest.mark.soak, id=p.stem) for p in files()
    ]


@pytest.mark.parametrize("path", sampled())
def test_no_false_mutant_is_accepted(path: Path) -> None:
    _, wrong = wrong_acceptances(path, SAMPLE, alone=False)
    assert not wrong, "\n".join(wrong)


def test_mutants_are_found_false() -> None:
    """The test is worth something only where most files have false mutants."""
    looked_at = files()[::30]
    found = [path for path in looked_at if any(
        false_at(m, 0, TRIES) is not None for m in [m for step in steps(path) for m in mutants(step)][:LOOKED_AT]
    )]
    assert len(found) > len(looked_at) / 2


@pytest.mark.soak
@pytest.mark.parametrize("path", files(), ids=lambda p: p.stem)
def test_no_engine_accepts_a_false_mutant(path: Path) -> None:
    _, wrong = wrong_acceptances(path, None, alone=True)
    assert not wrong, "\n".join(wrong)
