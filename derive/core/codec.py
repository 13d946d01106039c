"""Terms as JSON: a flat table of nodes, so that shared subterms are written once.

Promise: decoding gives back equal terms, accepts only the vocabulary of `core/operator.py` and the
binders of `core/term.py`, and raises `ValueError` on anything else; no code is ever run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from derive.core.operator import OPERATORS
from derive.core.sort import Array, Function, LawSort, Scalar, Sort
from derive.core.term import App, Bind, Num, Sym, Term

Json: TypeAlias = Any

BINDERS = frozenset({
    "sum", "prod", "max", "min", "array", "forall", "exists", "lam", "int", "lim",
    "argmax", "argmin", "largest", "smallest", "sup", "inf", "E",
})


def encode(terms: Sequence[Term]) -> Json:
    """Terms as one table `{"nodes": [...], "roots": [...]}`; a node refers to earlier ones by number."""
    table = _Table()
    return {"roots": [table.term(t) for t in terms], "nodes": table.nodes}


def decode(data: Json) -> tuple[Term, ...]:
    """The terms of a table; `ValueError` where it is no table of terms."""
    match data:
        case {"nodes": [*rows], "roots": [*roots]}:
            built: list[Term | Sort] = []
            for row in rows:
                built.append(_node(row, built))
            return tuple(_term(built, r) for r in roots)
    raise ValueError("no table of terms")


@dataclass(slots=True)
class _Table:
    """The table while it is being written."""

    nodes: list[Json] = field(default_factory=list)
    terms: dict[Term, int] = field(default_factory=dict)
    sorts: dict[Sort, int] = field(default_factory=dict)

    def add(self, row: list[Json]) -> int:
        self.nodes.append(row)
        return len(self.nodes) - 1

    def term(self, term: Term) -> int:
        known = self.terms.get(term)
        if known is None:
            known = self.terms[term] = self.add(self.row(term))
        return known

    def row(self, term: Term) -> list[Json]:
        match term:
            case Num(value):
                return ["num", f"{value.numerator:x}", f"{value.denominator:x}"]
            case Sym(name, sort):
                return ["sym", name, self.sort(sort)]
            case App(op, args):
                return ["app", op, [self.term(a) for a in args]]
            case Bind(op, var, over, body):
                whole = [self.term(o) for o in over]
                return ["bind", op, self.term(var), whole, self.term(body)]

    def sort(self, sort: Sort) -> int:
        known = self.sorts.get(sort)
        if known is None:
            known = self.sorts[sort] = self.add(self.sort_row(sort))
        return known

    def sort_row(self, sort: Sort) -> list[Json]:
        match sort:
            case Scalar():
                return ["scalar", sort.value]
            case Array(shape, entry):
                return ["array", [self.term(s) for s in shape], entry.value]
            case Function(args, result):
                return ["function", [self.sort(a) for a in args], self.sort(result)]
            case LawSort(outcome):
                return ["law", self.sort(outcome)]


def _node(row: Json, built: list[Term | Sort]) -> Term | Sort:
    match row:
        case ["num", str(top), str(bottom)]:
            if int(bottom, 16) == 0:
                raise ValueError("denominator 0")
            return Num(Fraction(int(top, 16), int(bottom, 16)))
        case ["sym", str(name), sort]:
            return Sym(name, _sort(built, sort))
        case ["app", str(op), [*args]] if op in OPERATORS:
            return App(op, tuple(_term(built, a) for a in args))
        case ["bind", str(op), var, [*over], body] if op in BINDERS:
            symbol = _term(built, var)
            if not isinstance(symbol, Sym):
                raise ValueError("a binder binds a symbol")
            return Bind(op, symbol, tuple(_term(built, o) for o in over), _term(built, body))
        case ["scalar", str(value)]:
            return Scalar(value)
        case ["array", [*shape], str(entry)]:
            return Array(tuple(_term(built, s) for s in shape), Scalar(entry))
        case ["function", [*args], result]:
            return Function(tuple(_sort(built, a) for a in args), _sort(built, result))
        case ["law", outcome]:
            return LawSort(_sort(built, outcome))
    raise ValueError(f"no node: {row!r:.80}")


def _get(built: list[Term | Sort], at: Json) -> Term | Sort:
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < len(built):
        raise ValueError(f"no earlier node {at!r:.20}")
    return built[at]


def _term(built: list[Term | Sort], at: Json) -> Term:
    node = _get(built, at)
    if isinstance(node, (Num, Sym, App, Bind)):
        return node
    raise ValueError("a sort where a term belongs")


def _sort(built: list[Term | Sort], at: Json) -> Sort:
    node = _get(built, at)
    if isinstance(node, (Scalar, Array, Function, LawSort)):
        return node
    raise ValueError("a term where a sort belongs")
