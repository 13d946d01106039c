"""The document: what a `.drv` file says, section by section and statement by statement.

Every node has a span; its expressions are those of `ast`, as the author wrote them, so that `format` loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from derive.syntax.ast import Expr, Keyword, Name, NamedClaim, SortExpr
from derive.text import Span


@dataclass(frozen=True, slots=True)
class Reason:
    """One item after `by`: a name with arguments and bindings.

    `by differentiate score` has name "differentiate" and one argument; `by definition p, linearity` is
    two reasons; `with a := 1, b := 2` fills `bindings`.
    """

    name: str
    args: tuple[Expr, ...]
    bindings: tuple[Keyword, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Link:
    """One line of a chain: `rel right [if condition] [by reasons]`.

    `rel` is one of `= != < <= > >= <=> =>`; `right` is a proposition after `<=>` and `=>`.
    """

    rel: str
    right: Expr
    condition: Expr | None
    reasons: tuple[Reason, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Chain:
    """A statement: a first expression and the links that follow it.

    A single relation `a <= b` is a chain of one link. A statement with no links is a bare proposition
    (`f is convex`, `for i in 1..n, ...`, `A or B`), with its own condition and reasons.
    """

    first: Expr
    links: tuple[Link, ...]
    condition: Expr | None
    reasons: tuple[Reason, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Property:
    """A word after a sort: `convex`, `smooth(L)`, `finite variance` (words joined by a space)."""

    word: str
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """`a, b : positive`, `f : real -> real, convex`."""

    names: tuple[Name, ...]
    sort: SortExpr
    properties: tuple[Property, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`h: 0 < a`, or the same without a name; laws and independence are hypotheses too."""

    name: Name | None
    claim: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a defined function; `sort` None means that the author left it out."""

    name: str
    sort: SortExpr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Definition:
    """`p[k] := ...`, `f(t : real) := ...`, `T(W : real[S])[s] := ...`, `S := ...`."""

    name: Name
    params: tuple[Param, ...]
    indices: tuple[Name, ...]
    body: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Prose:
    """A line that begins with `--`: Markdown with `$maths$`; `text` is without the dashes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """A labelled or unlabelled statement of a proof; `have` when the author wrote the word."""

    label: Name | None
    chain: Chain
    have: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Fix:
    """`for s in 1..S` or `for x : real, x > 0` on a line of its own: holds to the end of its block."""

    items: tuple[Expr | NamedClaim, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """`let S := ...` in a proof."""

    definition: Definition
    span: Span


@dataclass(frozen=True, slots=True)
class Suppose:
    """`suppose h: C` ... `end`."""

    name: Name | None
    claim: Expr
    body: tuple[ProofItem, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    """`case h: C` or `case otherwise` (claim None) and what follows it."""

    name: Name | None
    claim: Expr | None
    body: tuple[ProofItem, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Split:
    """`split` ... `case` ... `end`."""

    branches: tuple[Branch, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Induction:
    """`induction on n`, `base n = 1` ..., `step n -> n + 1` ... `end`; `strong` when so written."""

    variable: Name
    strong: bool
    base_claim: Expr | None
    base: tuple[ProofItem, ...]
    step_head: Expr | None
    step: tuple[ProofItem, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`contradiction [by ...]`."""

    reasons: tuple[Reason, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Conclude:
    """`conclude by ...`."""

    reasons: tuple[Reason, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Admit:
    """`admit "reason"` as a statement; `text` is without the quotes."""

    text: str
    span: Span


ProofItem: TypeAlias = (
    Prose | Step | Fix | Let | Suppose | Split | Induction | Contradiction | Conclude | Admit
)


@dataclass(frozen=True, slots=True)
class Theorem:
    """`theorem name: statement` with its proof; `proof` None when there is none (`closed` says if `qed` came)."""

    kind: str
    name: Name | None
    statement: Chain
    proof: tuple[ProofItem, ...] | None
    closed: bool
    span: Span


@dataclass(frozen=True, slots=True)
class LostTheorem:
    """A theorem whose statement does not parse: its proof is kept, so that its steps can be checked."""

    kind: str
    name: Name | None
    proof: tuple[ProofItem, ...] | None
    closed: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Given:
    """A `given` section."""

    items: tuple[Declaration | Hypothesis | Prose, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Define:
    """A `define` section."""

    items: tuple[Definition | Prose, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Heading:
    """`title "..."`, `source "..."`, `author "..."`, `tags a, b`, `use file`, `language 1`, `layout numerator`."""

    word: str
    values: tuple[str, ...]
    span: Span


Item: TypeAlias = Heading | Given | Define | Theorem | LostTheorem | Prose


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file, in the order written."""

    items: tuple[Item, ...]
