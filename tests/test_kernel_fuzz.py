"""The kernel against numbers: random terms and claims under random facts, at points where the facts hold.

For every point at which a term as written is defined (its conditions hold), its normal form must have the
same value, and what the kernel says of its sign must be true there. A claim that is said to be proved must
hold at every point where the facts hold, and a conditional one where its conditions hold as well.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from mpmath import mp, mpc, mpf

from derive.core.claim import CONDITION, HYPOTHESIS, Context, Fact, Obligation
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX
from derive.core.term import Term, free_symbols, mentions
from derive.core.verdict import Kind
from derive.engines.prove import ALL
from derive.engines.settle import settle
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.conditions import conditions
from derive.kernel.goal import Goal, normaliser, prepare
from derive.kernel.poly import Decline
from derive.settings import Settings
from tests.fuzz_claims import Claims
from tests.fuzz_terms import DOMAINS, SYMBOLS, Draw
from tests.fuzz_values import PRECISION, Env, Undefined, holds, is_true, value_or_reason, wide

# ---------------------------------------------------------------- one case


@dataclass
class Case:
    """A term under facts, and points at which the facts hold."""

    term: Term
    context: Context
    equations: tuple[str, ...]
    points: list[Env]


def make(seed: int) -> Case | None:
    """The case of a seed; None where the draw made nothing sensible."""
    rng = random.Random(seed)
    draw = Draw(rng, complex=rng.random() < 0.15)
    first = draw.point()
    term = draw.real(rng.choice((2, 3, 3, 4)))
    facts = list(DOMAINS)
    was, draw.complex = draw.complex, False
    for number in range(rng.choice((0, 1, 2, 3, 4))):
        for _ in range(8):
            claim = draw.fact()
            if is_true(claim, first):
                facts.append(Fact(f"h{number}", claim, HYPOTHESIS))
                break
    draw.complex = was
    points = [first]
    for _ in range(30):
        other = draw.point()
        if rng.random() < 0.5:
            kept = rng.sample(sorted(first), rng.randint(1, 6))
            shapes = {"u": "n", "R": "n", "v": "d", "S": "d"}
            other = {**other, **{name: first[name] for name in kept if name not in (*shapes, "n", "d")}}
        if all(is_true(f.claim, other) for f in facts):
            points.append(other)
    names = tuple(f.name for f in facts if f.kind == HYPOTHESIS)
    equations = names if rng.random() < 0.6 else ()
    return Case(term, Context(SYMBOLS, (), tuple(facts)), equations, points[:8])


def problems(seed: int) -> list[str]:
    """What the kernel says of the case that is not so."""
    case = make(seed)
    if case is None:
        return []
    mp.dps = PRECISION
    try:
        owed = conditions(case.term, case.context)
    except (Decline, ValueError):
        return []
    if any(mentions(c, "unsupported") for c in owed):
        return []
    inside = [p for p in case.points if all(is_true(c, p) for c in owed)]
    admitted = [(p, value_or_reason(case.term, p)) for p in inside]
    found = [
        f"defined, by its conditions, not ({v}), at {_told(p)}"
        for p, v in admitted
        if isinstance(v, Undefined) and str(v) not in SIZES
    ]
    context = case.context.with_facts(*(Fact("", c, CONDITION) for c in owed))
    try:
        prepared = prepare(case.term, context)
        if prepared is None:
            return found
        run, _ = normaliser(Goal(prepared, context), ALL_FEATURES, case.equations)
        form = run.align(run.simplify(run.normal(prepared)))
        text = run.to_term(form)
        complex_valued = sort_of(case.term) is COMPLEX
        sign = None if complex_valued else run.sign(form)
    except Decline:
        return found
    for point, v in admitted:
        if isinstance(v, Undefined):
            continue
        there = value_or_reason(prepared, point)
        if isinstance(there, Undefined) or not _close(v, there):
            if not (isinstance(there, Undefined) and str(there) in SIZES):
                found.append(f"prepared to {prepared!r} = {there}, it is {v} at {_told(point)}")
            continue
        other = value_or_reason(text, point)
        if isinstance(other, Undefined):
            # where cases meet or a range is empty, a part that does not exist may stand twice and cancel
            continue
        if not _close(v, other):
            found.append(f"normal form {text!r} = {_short(other)}, it is {_short(v)} at {_told(point)}")
        if sign is not None and not _agrees(sign, v):
            found.append(f"sign {sign}, it is {_short(v)} at {_told(point)}")
    head = f"seed {seed}: {case.term!r} under {[f.claim for f in case.context.facts[4:]]} with {case.equations}"
    return [f"{head}\n  {f}" for f in found]


def wrong_claims(seed: int, engines: tuple[str, ...] | None = None) -> list[str]:
    """What is said to be proved, or conditional, and is not so."""
    rng = random.Random(seed)
    draw = Claims(rng)
    mp.dps = PRECISION
    first = draw.point()
    facts = list(DOMAINS)
    for number in range(rng.choice((0, 1, 2, 3, 5))):
        for _ in range(12):
            made = draw.hypothesis()
            if is_true(made, first):
                facts.append(Fact(f"h{number}", made, HYPOTHESIS))
                break
    claim = draw.claim()
    if not free_symbols(claim) <= set(SYMBOLS):
        return []
    context = Context(SYMBOLS, (), tuple(facts))
    try:
        verdict = settle(Obligation("", claim, context), ALL, Settings(refuter=False, jax=False, engines=engines))
    except ValueError:
        return []
    if verdict.kind > Kind.CONDITIONAL:
        return []
    owed = [c.claim for c in verdict.conditions]
    found = []
    for env in (first, *(draw.point() for _ in range(25))):
        if not all(is_true(f.claim, env) for f in facts):
            continue
        if verdict.kind is Kind.CONDITIONAL and not all(is_true(c, env) for c in owed):
            continue
        try:
            good = holds(claim, env)
        except Undefined as reason:
            good = str(reason) in SIZES or "no truth value" in str(reason)
        except (ZeroDivisionError, OverflowError, ValueError):
            good = True
        if not good:
            found.append(
                f"seed {seed}: {verdict.kind.word} by {verdict.engine}: {claim!r}\n  under {[f.claim for f in facts[4:]]}"
                f"\n  owing {owed}\n  at {_told(env)}"
            )
            break
    return found


SIZES = ("a large exponent", "a large exponential", "a long range", "a factorial", "a factor")


def _close(a: Any, b: Any) -> bool:
    a, b = wide(a), wide(b)
    return bool(abs(a - b) <= mpf(10) ** -9 * (1 + abs(a) + abs(b)))


def _agrees(sign: str, v: Any) -> bool:
    v = wide(v)
    if isinstance(v, mpc):
        if abs(v.imag) > mpf(10) ** -20:
            return sign == "!0"
        v = v.real
    small, zero = abs(v) < mpf(10) ** -25, abs(v) < mpf(10) ** (5 - PRECISION)
    return {
        "+": v > 0 and not zero, "-": v < 0 and not zero, "0": small, "!0": not zero,
        "0+": v > 0 or small, "0-": v < 0 or small,
    }[sign]


def _short(v: Any) -> str:
    return str(mp.nstr(wide(v), 8))


def _told(point: Env) -> str:
    return ", ".join(f"{k} = {v}" for k, v in point.items())


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("block", range(4))
def test_normal_forms_and_signs_hold_at_points(block: int) -> None:
    found = [p for seed in range(100 * block, 100 * (block + 1)) for p in problems(seed)]
    assert not found, "\n".join(found[:5])


@pytest.mark.parametrize("block", range(4))
def test_what_is_proved_holds_at_points(block: int) -> None:
    found = [p for seed in range(100 * block, 100 * (block + 1)) for p in wrong_claims(seed)]
    assert not found, "\n".join(found[:5])


@pytest.mark.soak
@pytest.mark.parametrize("block", range(100))
def test_normal_forms_and_signs_hold_at_many_points(block: int) -> None:
    found = [p for seed in range(10_000 + 1000 * block, 11_000 + 1000 * block) for p in problems(seed)]
    assert not found, "\n".join(found[:5])


@pytest.mark.soak
@pytest.mark.parametrize("block", range(100))
def test_what_is_proved_holds_at_many_points(block: int) -> None:
    found = [p for seed in range(10_000 + 1000 * block, 11_000 + 1000 * block) for p in wrong_claims(seed)]
    assert not found, "\n".join(found[:5])
