"""The surroundings of one elaboration: the scope, the reader of subexpressions, the reasons so far.

Promise: a term built by `app` and `bind` is `unsupported` as a whole if a part of it is; such a
term equals another only if both came from one form of the same things: nothing false follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from hashlib import sha256

from derive.core.alpha import canonical
from derive.core.shape import sort_of
from derive.core.sort import BOOL, INTEGER, Array, Function, LawSort, is_numeric
from derive.core.term import INF, App, Bind, Num, Sym, Term, free_symbols, mentions
from derive.elaborate.fault import fail
from derive.elaborate.scope import Scope
from derive.elaborate.shapes import show_sort
from derive.syntax import ast
from derive.text import Span


@dataclass(frozen=True, slots=True)
class Env:
    """Where an expression is read. `reasons` belongs to one elaboration and never leaves it.

    `orders`: a side of an equation is being read, where `O(...)` may stand.
    """

    scope: Scope
    reader: Callable[[ast.Expr, Env], Term]
    reasons: list[str]
    orders: bool = False

    @property
    def why(self) -> str:
        """The latest reason."""
        return self.reasons[-1] if self.reasons else "a part of it is read but not yet checked"

    def within(self, scope: Scope) -> Env:
        """The same elaboration, inside a binder."""
        return Env(scope, self.reader, self.reasons)

    def side(self) -> Env:
        """The same elaboration, for a side of an equation."""
        return replace(self, orders=True)

    def plain(self) -> Env:
        """The same elaboration, where no `O(...)` may stand."""
        return replace(self, orders=False) if self.orders else self

    def term(self, expr: ast.Expr) -> Term:
        """Any term or proposition."""
        return self.reader(expr, self)

    def number(self, expr: ast.Expr) -> Term:
        """A number or an array of numbers."""
        term = self.term(expr)
        check_number(term, expr.span)
        return term

    def scalar(self, expr: ast.Expr, what: str) -> Term:
        """A single number; `what` names the place in a message."""
        term = self.number(expr)
        if isinstance(sort_of(term), Array):
            fail(
                "shape-mismatch",
                f"{what} must be a single number, and this is {show_sort(sort_of(term))}",
                expr.span,
            )
        return term

    def end(self, expr: ast.Expr, what: str) -> Term:
        """A number, `inf` or `-inf`: an end of a range, a limit's point, the order of a norm."""
        match expr:
            case ast.Paren(inner, _):
                return self.end(inner, what)
            case ast.Name("inf" | "∞", _):
                return INF
            case ast.Unary("-", ast.Name("inf" | "∞", _), _):
                return App("neg", (INF,))
        return self.scalar(expr, what)

    def integer(self, expr: ast.Expr, what: str) -> Term:
        """An integer."""
        term = self.scalar(expr, what)
        if not is_opaque(term) and sort_of(term) is not INTEGER:
            fail(
                "sort-mismatch",
                f"{what} must be an integer, and this is {show_sort(sort_of(term))}",
                expr.span,
                "declare it as `natural`, `integer`, `dim` or `index[n]`",
            )
        return term

    def claim(self, expr: ast.Expr) -> Term:
        """A proposition."""
        term = self.term(expr)
        if not is_opaque(term) and sort_of(term) is not BOOL:
            fail(
                "sort-mismatch",
                f"a claim is expected here, and this is {show_sort(sort_of(term))}",
                expr.span,
                "a claim says something that can be true: `a = b`, `a <= b`, `for i in 1..n, ...`",
            )
        return term

    def app(self, op: str, *args: Term) -> Term:
        """`op` applied, or `unsupported` where an argument is."""
        return _whole(App(op, args), *args)

    def bind(self, op: str, var: Sym, over: tuple[Term, ...], body: Term) -> Term:
        """A binder, or `unsupported` where a part is."""
        return _whole(Bind(op, var, over, body), *over, body)

    def opaque(self, term: Term) -> Term:
        """A term as a whole as one that is not yet checked; the reason is given by the caller."""
        return _opaque(repr(canonical(term)), list(free_symbols(term)))

    def unsupported(self, expr: ast.Expr, reason: str) -> Term:
        """A form that is read but not yet checked, with the reason in plain words."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        found = dict.fromkeys(names_in(expr))
        symbols = [e.symbol for n in found if (e := self.scope.lookup(n)) is not None]
        return _opaque(_skeleton(expr), symbols)


def is_opaque(term: Term) -> bool:
    """Is the term, as a whole, one that is read but not yet checked?"""
    return isinstance(term, App) and term.op == "unsupported"


def check_number(term: Term, span: Span) -> None:
    """Fail unless the term is a number or an array of numbers."""
    if is_opaque(term):
        return
    sort = sort_of(term)
    match sort:
        case Array(_, entry) if is_numeric(entry):
            return
        case Function():
            fail(
                "sort-mismatch",
                "a function stands where a number is expected",
                span,
                "apply it to its arguments, as in `f(x)`",
            )
        case LawSort():
            fail(
                "sort-mismatch",
                "a law stands where a number is expected",
                span,
                "take its density or mass: `pdf(Normal(mu, v), x)`",
            )
    if not is_numeric(sort):
        fail("sort-mismatch", f"a number is expected here, and this is {show_sort(sort)}", span)


def _whole(term: App | Bind, *parts: Term) -> Term:
    if any(is_opaque(p) or mentions(p, "unsupported") for p in parts):
        return _opaque(repr(canonical(term)), list(free_symbols(term)))
    return term


def _opaque(form: str, symbols: list[Sym]) -> Term:
    """A digest of the form tells it from all others; the symbols are what it depends on."""
    digest = int.from_bytes(sha256(form.encode()).digest()[:12], "big")
    ordered = sorted(set(symbols), key=lambda s: (s.name, repr(s.sort)))
    return App("unsupported", (Num(digest), *ordered))


def names_in(node: object) -> Iterator[str]:
    """Every name that an expression writes, in order."""
    if isinstance(node, ast.Name):
        yield node.name
    elif isinstance(node, tuple):
        for part in node:
            yield from names_in(part)
    elif is_dataclass(node) and not isinstance(node, Span):
        for part in fields(node):
            yield from names_in(getattr(node, part.name))


def _skeleton(node: object) -> str:
    """An expression as text, without places and without brackets."""
    if isinstance(node, ast.Paren):
        return _skeleton(node.inner)
    if isinstance(node, tuple):
        return f"({','.join(map(_skeleton, node))})"
    if is_dataclass(node):
        parts = (getattr(node, f.name) for f in fields(node) if f.name != "span")
        return f"{type(node).__name__}({','.join(map(_skeleton, parts))})"
    return repr(node)
