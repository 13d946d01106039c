"""Names: what each stands for at a point of the file, with the definitions and facts in force.

Promise: a scope is immutable; every symbol that it hands out has a name that no other symbol of the
scope or of the scopes around it has, so that terms built in it never capture a variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from derive.core.chance import MEASURE, POINT, is_independence, is_random, random_sort
from derive.core.claim import CASE, HYPOTHESIS, Context, Definition, Fact
from derive.core.sort import REAL, Array, Function, Sort
from derive.core.term import App, Bind, Sym, Term, free_symbols, fresh_name
from derive.elaborate.names import VOCABULARY, nearest
from derive.syntax.words import LAYOUTS
from derive.text import NOWHERE, Source, Span


class Role(Enum):
    """What a name is."""

    DECLARED = "declared"
    DEFINED = "defined"
    BOUND = "bound"
    PARAMETER = "parameter"
    OPAQUE = "opaque"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name's symbol and role; `reason` says why an opaque name cannot be checked yet."""

    symbol: Sym
    role: Role
    span: Span = NOWHERE
    definition: Definition | None = None
    reason: str = ""


@dataclass(frozen=True)
class Scope:
    """The names, definitions and facts in force.

    `source`, if given, names unnamed hypotheses. `lost` holds names whose introduction
    did not parse: a use of one is no second mistake. `library` holds the theorems of the rules that the file
    cites; they are used at instances only, and no name of the file can clash with theirs. `layout` is what the
    file's heading chose for the gradient by a matrix: the shape of the matrix, or that of its transpose.
    """

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    symbols: tuple[Sym, ...] = ()
    definitions: tuple[Definition, ...] = ()
    facts: tuple[Fact, ...] = ()
    taken: frozenset[str] = frozenset()
    source: Source | None = None
    lost: frozenset[str] = frozenset()
    library: tuple[tuple[str, Fact], ...] = ()
    layout: str = LAYOUTS[0]

    def lookup(self, name: str) -> Entry | None:
        """What the name stands for, None for a name of nothing here."""
        return self.entries.get(name)

    def suggest(self, name: str) -> str | None:
        """A name in scope, or of the language, that the author may have meant."""
        return nearest(name, self.entries) or nearest(name, VOCABULARY)

    def declare(self, name: str, sort: Sort, span: Span = NOWHERE) -> Scope:
        """The scope with a new symbol of that very name."""
        symbol = Sym(name, sort)
        grown = self._with(name, Entry(symbol, Role.DECLARED, span))
        return replace(grown, symbols=(*self.symbols, symbol))

    def declare_random(self, name: str, sort: Sort, span: Span = NOWHERE) -> Scope:
        """The scope with a random variable whose values have a sort, and the sample point."""
        symbol = Sym(name, random_sort(sort))
        grown = self._with(name, Entry(symbol, Role.RANDOM, span))
        new = tuple(s for s in (MEASURE, POINT, symbol) if s not in self.symbols)
        return replace(grown, symbols=(*self.symbols, *new))

    def define(self, definition: Definition, *, random: bool = False) -> Scope:
        """The scope with a defined name; `random`: its body is a function of the sample point."""
        role = Role.RANDOM if random else Role.DEFINED
        entry = Entry(definition.symbol, role, definition.span, definition)
        grown = self._with(definition.symbol.name, entry)
        return replace(grown, definitions=(*self.definitions, definition))

    def conceal(self, name: str, reason: str, span: Span = NOWHERE) -> Scope:
        """The scope with a name whose uses are `unsupported`, for the reason given."""
        symbol = Sym(name, REAL)
        grown = self._with(name, Entry(symbol, Role.OPAQUE, span, reason=reason))
        return replace(grown, symbols=(*self.symbols, symbol))

    def bind(
        self, name: str, sort: Sort, role: Role = Role.BOUND, span: Span = NOWHERE
    ) -> tuple[Scope, Sym]:
        """The scope inside a binder, and the variable: `i`, or `i~1` where `i` is taken."""
        symbol = Sym(self.fresh(name), sort)
        return self._with(name, Entry(symbol, role, span)), symbol

    def with_bound(self, name: str, symbol: Sym) -> Scope:
        """The scope in which a name means a bound variable that exists already."""
        return self._with(name, Entry(symbol, Role.BOUND))

    def fresh(self, name: str, *terms: Term) -> str:
        """`name`, or a variant that nothing in scope and nothing free in the terms is called."""
        taken = self.taken.union(*({s.name for s in free_symbols(t)} for t in terms))
        return fresh_name(name, taken) if name in taken else name

    def with_fact(self, *facts: Fact) -> Scope:
        """The scope with more facts."""
        return replace(self, facts=(*self.facts, *facts))

    def context(self) -> Context:
        """Symbols, definitions and facts, as an obligation takes them."""
        return Context(self.symbols, self.definitions, self.facts)

    def dependents(self, symbol: Sym) -> frozenset[Sym]:
        """The defined names whose bodies mention a symbol, directly or through others."""
        found: set[Sym] = set()
        for definition in self.definitions:
            free = free_symbols(definition.body)
            if symbol in free or not found.isdisjoint(free):
                found.add(definition.symbol)
        return frozenset(found)

    def moved_by(self, symbol: Sym) -> frozenset[Sym]:
        """The random variables of which a fact is stated that mentions a symbol: laws with that parameter.

        Independence ties the joint law to the single ones, and moves none of them.
        """
        context = self.context()
        said = [context.dependencies(f.claim) for f in self.facts if not is_independence(f.claim)]
        moved: frozenset[Sym] = frozenset()
        for _ in range(len(said) + 1):
            wider = moved.union(
                *(
                    frozenset(s for s in free if is_random(s))
                    for free in said
                    if symbol in free or free & moved
                )
            )
            if wider == moved:
                break
            moved = wider
        return moved

    def with_parameter(self, symbol: Sym) -> frozenset[Sym]:
        """The random variables whose stated laws have a symbol in a parameter, directly or through others."""
        context = self.context()
        laws = [
            (frozenset(s for s in free_symbols(law.args[0]) if is_random(s)),
             frozenset().union(*map(context.dependencies, law.args[1:])) - bound)
            for f in self.facts for law, bound in _laws(f.claim, frozenset())
        ]
        found: frozenset[Sym] = frozenset()
        for _ in laws:
            found = found.union(*(variables for variables, said in laws if said & (found | {symbol})))
        return found

    def sized_by(self, symbol: Sym) -> frozenset[Sym]:
        """The declared names whose sizes depend on a symbol."""
        context = self.context()
        return frozenset(
            e.symbol for e in self.entries.values()
            if any(symbol in context.dependencies(n) for n in _sizes(e.symbol.sort))
        )

    def tied_to(self, symbol: Sym) -> frozenset[Sym]:
        """The declared numbers and arrays that an equation among the hypotheses ties to a symbol."""
        context = self.context()
        found: frozenset[Sym] = frozenset()
        for f in self.facts:
            if f.kind in (HYPOTHESIS, CASE):
                for part in f.claim.args if isinstance(f.claim, App) and f.claim.op == "and" else (f.claim,):
                    free = context.dependencies(part)
                    if isinstance(part, App) and part.op == "=" and symbol in free:
                        found |= free - {symbol}
        return found

    def unfold_to(self, term: Term, symbol: Sym) -> Term:
        """The term as a function of a symbol: definitions that depend on it are unfolded."""
        dependents = self.dependents(symbol)
        return self.context().unfold(term, dependents) if dependents else term

    def _with(self, name: str, entry: Entry) -> Scope:
        entries = MappingProxyType({**self.entries, name: entry})
        return replace(self, entries=entries, taken=self.taken | {name, entry.symbol.name})


def _laws(claim: Term, bound: frozenset[Sym]) -> Iterator[tuple[App, frozenset[Sym]]]:
    """The laws that a fact states, each with the variables of the quantifiers in front of it."""
    match claim:
        case App("law" | "law_given"):
            yield claim, bound
        case Bind(_, var, _, body):
            yield from _laws(body, bound | {var})
        case App(_, args):
            for a in args:
                yield from _laws(a, bound)


def _sizes(sort: Sort) -> tuple[Term, ...]:
    match sort:
        case Array(shape, _):
            return shape
        case Function(args, result):
            return tuple(n for part in (*args, result) for n in _sizes(part))
    return ()
