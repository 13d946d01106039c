"""The plan of a file: its steps in order, each with the obligation that it amounts to.

Promise: a plan is data; every obligation in it is closed, and the order of the steps is the order in which
facts become available, so that running the plan from top to bottom never cites something unproved.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.claim import Context, Fact, Obligation
from derive.core.term import Sym, Term
from derive.diagnostic import Diagnostic
from derive.syntax.words import LAYOUTS
from derive.text import NOWHERE, Span

EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Derived:
    """An equation got by differentiating a fact: usable only if the fact's proof knows nothing of `variable`."""

    name: str
    source: str
    variable: Sym


@dataclass(frozen=True, slots=True)
class Owing:
    """An instance of a fact, under a name of its own: the fact, and what the instance owes."""

    name: str
    source: str
    claims: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One line to be checked.

    `fact` is the name under which later steps know it. `reason` is the author's text after `by`. Where
    `unsupported` is not empty, or `obligation` is None, the step is not checked and says why. `needs` are
    facts that the step rests on whatever the engines use. `owing` are instances of facts that it uses, with
    what they owe besides the conditions of its terms: to be shown without these instances. `role` says what it is:

    * "step", "goal" (the claim of a block), "reach" (one of `candidates` must be the claim)
    * "absurd": one of the `alternatives`, each the denial of the fact named, is to be shown
    * "cover": one of the `alternatives` is to be shown, the obligation itself is what a witness breaks
    * "denial": the obligation's claim holds because of `needs`; its conditions are still owed
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
    reason_span: Span = NOWHERE
    cited: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    admitted: str | None = None
    unsupported: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    left_span: Span = NOWHERE
    candidates: tuple[Fact, ...] = ()
    alternatives: tuple[tuple[str, Obligation], ...] = ()
    owing: tuple[Owing, ...] = ()


@dataclass(frozen=True, slots=True)
class Composite:
    """A fact that follows from others by composing a chain, or by closing a block: no work of its own.

    `parts` are facts or steps that it rests on, `also` hypotheses that went into it under other names.
    """

    fact: str
    parts: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedTheorem:
    """A theorem: what it says, closed, and the parts that its verdict is made of; `given` is where it stands."""

    name: str
    span: Span
    claim: Term | None
    steps: tuple[PlannedStep | Composite, ...]
    setting: Obligation | None
    diagnostics: tuple[Diagnostic, ...] = ()
    hypotheses: tuple[Fact, ...] = ()
    given: Context | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole file; `context` is what it declares, assumes and defines outside its theorems.

    `layout` is that of its gradients by a matrix.
    """

    title: str
    theorems: tuple[PlannedTheorem, ...]
    diagnostics: tuple[Diagnostic, ...]
    context: Context = EMPTY
    layout: str = LAYOUTS[0]
