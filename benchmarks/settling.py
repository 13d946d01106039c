"""One claim through the whole pipeline: its verdict, the evidence for it, and how long it took.

Promise: a failure of the checker is an answer of its own (`crashed`), so that a run always ends with a
table; a counterexample is believed only after a second evaluator, with other code, agrees.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

from benchmarks.neutral import Said
from derive.check import settle_plan
from derive.core.claim import Obligation
from derive.core.show import show
from derive.core.term import mentions
from derive.core.verdict import Kind, Verdict, Witness
from derive.elaborate.document import plan_claim
from derive.elaborate.plan import Plan
from derive.engines.ledger import Settled
from derive.engines.prove import ENGINES
from derive.engines.settle import ORACLE
from derive.kernel.meaning import owed
from derive.settings import Settings
from derive.syntax.parse import parse_claim, parse_givens
from derive.text import Source

DIFFERENTIATING = ("deriv", "partial", "grad", "jacobian", "hessian", "int")
CRASHED, UNREADABLE = "crashed", "not read"
EVERYTHING = Settings(jax=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of a claim. `word` is the verdict, or CRASHED, or UNREADABLE; `notes` say why."""

    word: str
    milliseconds: float
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    obligation: Obligation | None = None
    uncovered: str = ""

    @property
    def trust(self) -> str:
        """The word for what a proof rests on; "" where nothing is proved."""
        trust = self.verdict.trust if self.verdict is not None else None
        return "" if trust is None else trust.word

    @property
    def engine(self) -> str:
        """What settled the claim, or ""."""
        return self.verdict.engine if self.verdict is not None else ""

    @property
    def owed(self) -> tuple[str, ...]:
        """The conditions that were not discharged."""
        conditions = self.verdict.conditions if self.verdict is not None else ()
        return tuple(show(c.claim) for c in conditions if c.kind is not Kind.PROVED)


def alone() -> tuple[tuple[str, Settings], ...]:
    """Each engine by itself without the refuter; computer algebra may not speak without its points."""
    engines = tuple(
        (name, Settings(refuter=False, jax=False, engines=(name,)))
        for name in (*(n for n, _ in ENGINES), ORACLE)
    )
    return (*engines, (f"{ORACLE} + points", Settings(jax=False, engines=(ORACLE,))))


def settle(said: Said, settings: Settings = EVERYTHING) -> Answer:
    """The answer to one claim."""
    started = time.perf_counter()
    try:
        plan, mistakes = read(said)
        steps = [s for t in settle_plan(plan, settings) for s in t.steps]
    except Exception as error:
        return Answer(CRASHED, _since(started), (f"{type(error).__name__}: {error}",))
    if mistakes or not steps:
        return Answer(UNREADABLE, _since(started), mistakes or ("the claim became no step",))
    return _answer(max(steps, key=lambda s: s.standing), _since(started))


def _answer(step: Settled, milliseconds: float) -> Answer:
    verdict, planned = step.local, step.step
    reading = [t.reason for t in verdict.tried if t.engine == "reading"]
    notes = [f"{t.engine}: {t.reason}" for t in verdict.tried] + list(verdict.notes)
    uncovered = next(iter((*planned.unsupported, *reading)), "")
    return Answer(
        step.standing.word, milliseconds, tuple(notes), verdict, planned.obligation, uncovered
    )


def read(said: Said) -> tuple[Plan, tuple[str, ...]]:
    """The plan of a claim, and its mistakes."""
    source = Source("<claim>", said.claim)
    chain, wrong = parse_claim(source)
    givens, faults = parse_givens(Source("<given>", said.given))
    if chain is None or wrong or faults:
        return Plan("", (), ()), tuple(d.message for d in (*wrong, *faults))
    plan = plan_claim(chain, givens, source)
    found = (*plan.diagnostics, *(d for t in plan.theorems for d in t.diagnostics))
    return plan, tuple(d.message for d in found if d.severity.value == "error")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


# ---------------------------------------------------------------- the second evaluator


def _missing(question: Obligation, witness: Witness) -> str:
    """Does something that the claim owes fail at the witness, by the second evaluator?"""
    for condition in owed(question.claim, question.context):
        try:
            if not evaluator().second_opinion(condition, question.context, witness).holds:
                return "confirmed"
        except Exception as error:
            return f"not recomputed ({type(error).__name__}: {error})"
    return "not recomputed (nothing that is owed is seen to fail)"


def recompute(answer: Answer) -> str:
    """`confirmed` where mpmath agrees with the counterexample; otherwise what it says instead."""
    if answer.verdict is None or answer.verdict.witness is None or answer.obligation is None:
        return "no witness"
    question, witness = answer.obligation, answer.verdict.witness
    if "undefined" in (witness.left, witness.right):
        # numerical derivatives have a value at a kink; what counts is that an owed condition fails there
        return _missing(question, witness)
    try:
        found = evaluator().second_opinion(question.claim, question.context, witness)
        if found.holds and not any(mentions(question.claim, op) for op in DIFFERENTIATING):
            found = _closer(question, witness)
    except Exception as error:
        return f"not recomputed ({type(error).__name__}: {error})"
    if not found.hypotheses:
        return "DISAGREES: a hypothesis fails"
    return "DISAGREES: the claim holds" if found.holds else "confirmed"


def _closer(question: Obligation, witness: Witness) -> Any:
    """The same with 8,000 digits, for sides that are both tiny; differences of slopes get no finer."""
    module = evaluator()
    usual = module.CLOSE
    try:
        with mp.workdps(8000):
            module.CLOSE = mpf(10) ** -7000
            return module.second_opinion(question.claim, question.context, witness)
    finally:
        module.CLOSE = usual


def hold_there(answer: Answer, refuted: Answer) -> bool | None:
    """Do all undischarged conditions of an answer hold at the point that refutes the claim?

    Then the conditional answer was a false one. None where a condition could not be evaluated.
    """
    assert answer.verdict is not None
    assert answer.obligation is not None
    assert refuted.verdict is not None
    assert refuted.verdict.witness is not None
    mpmath, context = evaluator(), answer.obligation.context
    open_ones = [c.claim for c in answer.verdict.conditions if c.kind is not Kind.PROVED]
    try:
        witness = refuted.verdict.witness
        return all(mpmath.second_opinion(c, context, witness).holds for c in open_ones)
    except Exception:
        return None


@cache
def evaluator() -> Any:
    """The tests' evaluator, which shares no code with the refuter."""
    path = Path(__file__).parent.parent / "tests" / "oracle_mpmath.py"
    spec = util.spec_from_file_location("oracle_mpmath", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
