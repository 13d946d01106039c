"""The document: what a `.drv` file says, before anyone asks what it means.

Every node has a span. Names are not resolved, nothing is typed, nothing is simplified; a bracket that
the author wrote is kept (`Paren`), so that `format` loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from derive.text import Span

# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: `3`, `0.1`, `1e-3`; `value` is exact, `text` is as written."""

    value: Fraction
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier as written; `inf`, `pi`, `im`, Greek letters and primes included."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` (op "-") or `not c` (op "not")."""

    op: str
    arg: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * / @ .* ./ ^ .^`, always in these ASCII spellings, whatever the author typed."""

    op: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain of relations: `a = b`, `0 <= x < 1`; ops are `= != < <= > >=`."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or`, `=>`, `<=>` between propositions, two at least, all with the same op."""

    op: str
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`f(x, y)`: functions, and also `sum(i in 1..n, x[i])`, `diff(L, x)`, `cases(a if c, ...)`."""

    function: Expr
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`x[i, j]`, and also `E[X | Y]` (its argument is a `Bar`) and `1[c]`."""

    base: Expr
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Postfix:
    """`A.T`, `A.H`, `n!`; op is ".T", ".H" or "!"."""

    op: str
    base: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Paren:
    """Brackets that the author wrote."""

    inner: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[1, 0]` or `[[0, 1], [1, 0]]`."""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SetLiteral:
    """`{x}`, `{0, a}`: a solution set."""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """`lo..hi`."""

    low: Expr
    high: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class In:
    """`i in 1..n`, `x in S`."""

    element: Expr
    container: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Arrow:
    """`h -> 0` in a limit."""

    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Bar:
    """`X | Y` inside brackets."""

    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class At:
    """`t at x = a`, `t at (x = a, y = b)`; each place is a `Name` or an `Index`."""

    body: Expr
    places: tuple[tuple[Expr, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class IfElse:
    """`if c then a else b`."""

    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """One argument of `cases(...)`: `a if c`, or `b otherwise` (condition None)."""

    value: Expr
    condition: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Keyword:
    """`name := expr` as an argument or in `by RULE with name := term`."""

    name: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Typed:
    """`x : sort` as an argument or a parameter."""

    name: str
    sort: SortExpr
    span: Span


@dataclass(frozen=True, slots=True)
class Quantified:
    """`for i in 1..n, a in 1..A, body` or `for x : real, h: x > 0, body`.

    Items are `In`, `Typed`, named or bare propositions (hypotheses); `body` comes last.
    """

    items: tuple[Expr | NamedClaim, ...]
    body: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class NamedClaim:
    """`name: proposition` inside a `for`."""

    name: str
    claim: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Is:
    """`f is convex`, `A is symmetric`: one or more property words."""

    subject: Expr
    properties: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Independent:
    """`X, Y independent`."""

    variables: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Law:
    """`X ~ Normal(mu, v)`, `X[i] ~ iid Bernoulli(p)`, `X | mu ~ ...` (variable is then a `Bar`)."""

    variable: Expr
    law: Expr
    iid: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`claim if condition`, where a whole claim stands."""

    claim: Expr
    condition: Expr
    span: Span


Expr: TypeAlias = (
    Number | Name | Unary | Binary | Relation | Logic | Call | Index | Postfix | Paren | ListLiteral
    | SetLiteral | Range | In | Arrow | Bar | At | IfElse | Case | Keyword | Typed | Quantified | Is
    | Independent | Law | Conditional
)


@dataclass(frozen=True, slots=True)
class SortExpr:
    """`real`, `real[n, d]`, `index[n]`, `posdef[n]`, `random`, or a function `real -> real`.

    For a function, `word` is "->" and `parts` are the argument sorts followed by the result sort.
    """

    word: str
    args: tuple[Expr, ...]
    parts: tuple[SortExpr, ...]
    span: Span


# ---------------------------------------------------------------- statements


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
