"""What is to be shown, and from what: facts, definitions, contexts, obligations.

Promise: an obligation is closed. Everything that its claim and its facts mention is either a symbol of
the context, a definition of the context, or bound; so it can be checked alone, cached, and sent elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derive.core.term import Bind, Sym, Term, apply, free_symbols, map_children
from derive.text import NOWHERE, Span

if TYPE_CHECKING:
    from derive.core.verdict import Trust

DOMAIN, HYPOTHESIS, STEP, THEOREM, CASE, CONDITION = (
    "domain", "hypothesis", "step", "theorem", "case", "condition",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A proposition that may be used.

    `kind` is DOMAIN (from a declared sort), HYPOTHESIS, STEP, THEOREM, CASE (from `suppose`, `case`, an
    `if`, or a range) or CONDITION (a condition that the obligation at hand owes anyway: using it costs
    nothing, since it is reported until it is discharged).
    `uses` names every hypothesis, step and theorem that it rests on, transitively, itself included.
    `tainted` holds the symbols that hypotheses it rests on mention: an equation may not be
    differentiated, integrated or generalised by any of them.
    """

    name: str
    claim: Term
    kind: str
    uses: frozenset[str] = frozenset()
    tainted: frozenset[Sym] = frozenset()
    trust: Trust | None = None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Definition:
    """`symbol := body`; functions are `lam`, arrays by entry are `array` comprehensions.

    `conditions` are what the body owes to mean anything: using the name owes them.
    """

    symbol: Sym
    body: Term
    span: Span = NOWHERE


@dataclass(frozen=True)
class Context:
    """The symbols in scope, the definitions (earlier ones first) and the facts."""

    symbols: tuple[Sym, ...] = ()
    definitions: tuple[Definition, ...] = ()
    facts: tuple[Fact, ...] = ()
    _bodies: dict[Sym, Term] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bodies", {d.symbol: d.body for d in self.definitions})

    def with_facts(self, *facts: Fact) -> Context:
        """The same context with more facts."""
        return Context(self.symbols, self.definitions, self.facts + facts)

    def with_symbols(self, *symbols: Sym) -> Context:
        """The same context with more symbols."""
        return Context(self.symbols + symbols, self.definitions, self.facts)

    def body(self, symbol: Sym) -> Term | None:
        """The body of a defined symbol, None for the others."""
        return self._bodies.get(symbol)

    def unfold(self, term: Term, only: frozenset[Sym] | None = None) -> Term:
        """Replace defined names by their bodies, all the way down, and apply functions.

        With `only`, just those names are unfolded.
        """
        if not self._bodies:
            return beta(term)
        return _unfold(term, self._bodies, only, {})

    def dependencies(self, term: Term) -> frozenset[Sym]:
        """The declared symbols that a term depends on, through definitions."""
        found: set[Sym] = set()
        stack, seen = list(free_symbols(term)), set()
        while stack:
            symbol = stack.pop()
            if symbol in seen:
                continue
            seen.add(symbol)
            body = self._bodies.get(symbol)
            if body is None:
                found.add(symbol)
            else:
                stack.extend(free_symbols(body))
        return frozenset(found)


def beta(term: Term) -> Term:
    """Apply every `lam` that stands applied, and index every comprehension that stands indexed."""
    return _unfold(term, {}, None, {})


def _unfold(
    term: Term, bodies: dict[Sym, Term], only: frozenset[Sym] | None, seen: dict[Term, Term]
) -> Term:
    if isinstance(term, Sym):
        body = bodies.get(term)
        if body is None or (only is not None and term not in only):
            return term
        done = seen.get(term)
        if done is None:
            done = seen[term] = _unfold(body, bodies, only, seen)
        return done
    done = seen.get(term)
    if done is not None:
        return done
    if isinstance(term, Bind) and bodies and any(
        s.name == term.var.name for s in bodies
    ):  # pragma: no cover - the elaborator never binds a defined name
        from derive.core.alpha import rename_bound

        term = rename_bound(term, frozenset(bodies))
    new = map_children(term, lambda t: _unfold(t, bodies, only, seen))
    reduced = _reduce(new)
    result = reduced if reduced is new else _unfold(reduced, {}, None, {})
    seen[term] = result
    return result


def _reduce(term: Term) -> Term:
    """One application or indexing at the root, where it can be carried out."""
    from derive.core.term import App, index

    match term:
        case App("apply", (Bind("lam", _, _, _) as function, *args)):
            return apply(function, *args)
        case App("index", (Bind("array", _, _, _) as array, *indices)):
            return index(array, *indices)
        case App("index", (App("index", (base, *first)), *second)):
            return App("index", (base, *first, *second))
    return term


@dataclass(frozen=True, slots=True)
class Cited:
    """What the author named as the reason: facts by name, names to unfold, rules, actions.

    An empty `Cited` (no reason given) lets every engine use everything.
    """

    facts: tuple[str, ...] = ()
    unfold: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    bindings: tuple[tuple[str, Term], ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obligation:
    """A claim to be shown in a context.

    `key` names it for people (`theorem/step/part`); it takes no part in what is proved.
    """

    key: str
    claim: Term
    context: Context
    cited: Cited = Cited()
    span: Span = NOWHERE
