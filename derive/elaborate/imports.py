"""Imports: the theorems of another file, closed over everything that they were stated under.

Promise: a theorem that is brought in says nothing of the symbols of the file that uses it: its own givens are
quantified, and what was assumed of them stands in front as premises. Definitions come in only if they depend
on nothing that was declared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from derive.core.claim import DOMAIN, HYPOTHESIS, THEOREM, Context, Definition, Fact
from derive.core.sort import Array, Function, Sort
from derive.core.term import App, Bind, Sym, Term, free_symbols
from derive.elaborate.plan import PlannedTheorem
from derive.elaborate.scope import Scope


@dataclass(frozen=True, slots=True)
class Imported:
    """A theorem of another file as a fact, one of its definitions, or a form of a rule (`rule` is its name)."""

    file: str
    fact: Fact | None = None
    definition: Definition | None = None
    rule: str = ""


def with_imports(scope: Scope, imports: tuple[Imported, ...]) -> Scope:
    """The scope with what other files give; the first bearer of a name keeps it."""
    for item in imports:
        if item.rule:
            assert item.fact is not None
            scope = replace(scope, library=(*scope.library, (item.rule, item.fact)))
        elif item.fact is not None and all(f.name != item.fact.name for f in scope.facts):
            scope = scope.with_fact(item.fact)
        if item.definition is not None and scope.lookup(item.definition.symbol.name) is None:
            scope = scope.define(item.definition)
    return scope


def closed_theorem(file: str, planned: PlannedTheorem, uses: frozenset[str]) -> Imported | None:
    """A theorem, closed over the givens of its file.

    Without the hypotheses: x > 1 in one file would give y^2 > 1 in another (tests/unsound/structure_use.drv).
    """
    if planned.claim is None or planned.given is None:
        return None
    context = planned.given
    claim = context.unfold(planned.claim)
    assumed = [
        (f.name, context.unfold(f.claim)) for f in context.facts if f.kind in (DOMAIN, HYPOTHESIS)
    ]
    needed = _with_sizes(free_symbols(claim))
    kept: list[Term] = []
    while True:
        more = [
            c for name, c in assumed
            if c not in kept and (name in uses or not needed.isdisjoint(free_symbols(c)))
        ]
        if not more:
            break
        kept += more
        needed |= _with_sizes(frozenset().union(*(free_symbols(c) for c in more)))
    for premise in reversed([c for _, c in assumed if c in kept]):
        claim = App("=>", (premise, claim))
    for symbol in reversed(context.symbols):
        if symbol in needed:
            claim = Bind("forall", symbol, (), claim)
    if free_symbols(claim):
        return None
    fact = Fact(planned.name, claim, THEOREM, frozenset({planned.name}), span=planned.span)
    return Imported(file, fact)


RULE = "rule: "
APART = "~r"


def rule_form(rule: str, made: Imported) -> Imported:
    """A theorem of a rule's file as a form of the rule, under a name that no file can give."""
    assert made.fact is not None and not free_symbols(made.fact.claim)
    name = f"{RULE}{made.fact.name}"
    claim = _apart(made.fact.claim)
    return Imported(made.file, replace(made.fact, name=name, claim=claim, uses=frozenset({name})), rule=rule)


def _apart(term: Term) -> Term:
    """A closed term with every variable, also those in the sizes of others, under a name that no file can write.

    Without the sizes: for all n and x : real[n] would speak of the n of the file that cites it.
    """
    match term:
        case Sym(name, sort):
            return Sym(f"{name}{APART}", _sort_apart(sort))
        case App(op, args):
            return App(op, tuple(_apart(a) for a in args))
        case Bind(op, var, over, body):
            new = _apart(var)
            assert isinstance(new, Sym)
            return Bind(op, new, tuple(_apart(o) for o in over), _apart(body))
    return term


def _sort_apart(sort: Sort) -> Sort:
    match sort:
        case Array(shape, entry):
            return Array(tuple(_apart(n) for n in shape), entry)
        case Function(args, result):
            return Function(tuple(_sort_apart(a) for a in args), _sort_apart(result))
    return sort


def closed_definitions(file: str, context: Context) -> tuple[Imported, ...]:
    """The definitions that depend on no declared name."""
    return tuple(
        Imported(file, definition=Definition(d.symbol, body, d.span))
        for d in context.definitions
        if not free_symbols(body := context.unfold(d.body)) and not _sized(d.symbol.sort)
    )


def _with_sizes(symbols: frozenset[Sym]) -> frozenset[Sym]:
    """The symbols with those in their sizes."""
    found = symbols
    for symbol in symbols:
        for size in _sizes(symbol.sort):
            found |= _with_sizes(free_symbols(size))
    return found


def _sizes(sort: Sort) -> tuple[Term, ...]:
    match sort:
        case Array(shape, _):
            return shape
        case Function(args, result):
            return tuple(s for part in (*args, result) for s in _sizes(part))
    return ()


def _sized(sort: Sort) -> bool:
    return any(free_symbols(s) for s in _sizes(sort))
