"""The plan of a file: its steps in order, each with the obligation that it amounts to.

Promise: a plan is data; every obligation in it is closed, and the order of the steps is the order in which
facts become available, so that running the plan from top to bottom never cites something unproved.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.claim import Fact, Obligation
from derive.core.term import Sym, Term
from derive.diagnostic import Diagnostic
from derive.text import Span


@dataclass(frozen=True, slots=True)
class Derived:
    """An equation got by differentiating a fact: it may be used only if the fact's proof knows nothing of `variable`."""

    name: str
    source: str
    variable: Sym


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One line to be checked.

    `fact` is the name under which later steps know it. `reason` is the author's text after `by`. Where
    `unsupported` is not empty, or `obligation` is None, the step is not checked and says why. `needs` are
    facts that the step rests on whatever the engines use. `role` is "step", "goal" or "condition".
    """

    id: str
    theorem: str
    label: str
    fact: str
    span: Span
    text: str
    obligation: Obligation | None
    role: str = "step"
    reason: str = ""
    reason_span: Span = Span(0, 0)
    cited: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    admitted: str | None = None
    unsupported: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    left_span: Span = Span(0, 0)
    candidates: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Composite:
    """A fact that follows from others by composing a chain, or by closing a block: no work of its own."""

    fact: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedTheorem:
    """A theorem: what it says, closed, and the parts that its verdict is made of."""

    name: str
    span: Span
    claim: Term | None
    steps: tuple[PlannedStep | Composite, ...]
    setting: Obligation | None
    diagnostics: tuple[Diagnostic, ...] = ()
    hypotheses: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole file."""

    title: str
    theorems: tuple[PlannedTheorem, ...]
    diagnostics: tuple[Diagnostic, ...]
