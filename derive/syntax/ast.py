"""Expressions as the author wrote them, before anyone asks what they mean.

Every node has a span. Names are not resolved, nothing is typed, nothing is simplified; a bracket that
the author wrote is kept (`Paren`), so that `format` loses nothing. Statements and sections are in `outline`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from derive.text import Span


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
