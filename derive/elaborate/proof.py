"""A proof under construction: what is in scope, the steps so far, and how the block at hand stands.

Promise: a name is given to one fact of a scope only; the name of a block that is closed is remembered, so
that a later use of it is told as what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.core.claim import CASE, Fact
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, Array
from derive.core.term import App, Num, Term, conj
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.openness import is_open_condition
from derive.elaborate.plan import Composite, PlannedStep
from derive.elaborate.scope import Scope
from derive.kernel.guards import negate
from derive.syntax import ast
from derive.text import Source, Span


@dataclass(slots=True)
class Proof:
    """A proof under construction.

    `scope` grows. `chain_facts` are the facts of the blocks that are open, in order. `shown` names the steps
    that conclude the goal of the block at hand, `absurd` the one that shows its facts contradictory.
    """

    theorem: str
    scope: Scope
    source: Source
    rules: frozenset[str]
    lost: frozenset[str]
    steps: list[PlannedStep | Composite] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    chain_facts: list[Fact] = field(default_factory=list)
    shown: tuple[str, ...] = ()
    absurd: str = ""
    depth: int = 0
    used_ids: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    inducting: frozenset[str] = frozenset()

    def line(self, span: Span) -> int:
        """The line of a span."""
        return self.source.place(span.start).line

    def first_line(self, span: Span) -> Span:
        """The first line of a span."""
        text = self.source.slice(span).split("\n")[0]
        return Span(span.start, span.start + len(text))

    def new_id(self, label: str, span: Span) -> str:
        """A stable identifier: the theorem with the label, or the line."""
        stem = f"{self.theorem}/{label or f'line {self.line(span)}'}"
        name, number = stem, 2
        while name in self.used_ids:
            name, number = f"{stem} ({number})", number + 1
        self.used_ids.add(name)
        return name

    def fact_name(self, stem: str) -> str:
        """A name that no fact in scope has."""
        taken = {f.name for f in self.scope.facts}
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem} ({number})", number + 1
        return name

    def keep(self, fact: Fact) -> None:
        """Bring a fact into scope."""
        self.scope = self.scope.with_fact(fact)
        self.chain_facts.append(fact)

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """A mistake of the text; the theorem is not proved by this proof."""
        self.diagnostics.append(Diagnostic(code, Severity.ERROR, message, span, hint=hint))

    def fresh_label(self, name: ast.Name | None) -> str:
        """The author's label, "" where there is none or where it is taken, which is told."""
        if name is None:
            return ""
        if not any(f.name == name.name for f in self.scope.facts):
            return name.name
        self.error(
            "duplicate-name", f"the name `{name.name}` is already taken", name.span, "choose another label"
        )
        return ""


@dataclass(frozen=True, slots=True)
class Closed:
    """What a block came to: the step that shows its facts contradictory, if any, and its facts."""

    absurd: str
    facts: tuple[Fact, ...]


def assumption(name: str, claim: Term, scope: Scope, span: Span, kind: str = CASE) -> Fact:
    """A fact that a block assumes.

    Without the taint: suppose x = 0, differentiate x^2 = 0 by x (tests/unsound/structure_differentiate_in_case.drv).
    """
    context = scope.context()
    is_open = is_open_condition(context.unfold(claim))
    tainted = frozenset() if is_open else context.dependencies(claim)
    return Fact(name, claim, kind, frozenset({name}), tainted, span=span)


def opposite(claim: Term) -> Term | None:
    """The negation as relations; None where it cannot be said without `not`."""
    match claim:
        case App("and", parts):
            found = [opposite(p) for p in parts]
            return None if None in found else App("or", tuple(p for p in found if p is not None))
        case App("or", parts):
            found = [opposite(p) for p in parts]
            return None if None in found else conj(*(p for p in found if p is not None))
        case App("=>", (premise, conclusion)):
            denied = opposite(conclusion)
            return None if denied is None else conj(premise, denied)
        case App("not", (inner,)):
            return inner
        case App("=" | "!=" | "<" | "<=", (left, _)):
            if isinstance(sort_of(left), Array):
                # entry by entry, `x != y` would say that all entries differ
                return None
            made = negate(claim)
            return None if isinstance(made, App) and made.op == "not" else made
    return None


def in_integers(claim: Term) -> tuple[Term, ...]:
    """What a comparison of integers says besides: `a < b` is `a + 1 <= b`, and `a <= b` is `a - 1 < b`.

    Without the sort: x > 0 would be x >= 1 (tests/unsound/structure_split_gap.drv).
    """
    match claim:
        case App("<" | "<=" as rel, (left, right)) if sort_of(left) is INTEGER is sort_of(right):
            by = 1 if rel == "<" else -1
            other = "<=" if rel == "<" else "<"
            if isinstance(left, Num):
                return (App(other, (Num(left.value + by), right)),)
            if isinstance(right, Num):
                return (App(other, (left, Num(right.value - by))),)
            return (App(other, (App("+", (left, Num(by))), right)),)
    return ()
