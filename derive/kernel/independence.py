"""What is stated of random variables: laws, independence, moments.

Promise: two groups of factors are called independent only by a stated fact about all the variables in them,
entries of an array only at indices known to be different.
"""

from __future__ import annotations

from derive.core.families import entry_of, family_of
from derive.core.laws import LAWS, Law
from derive.core.operator import Args
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, OUTCOME, Array
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    le,
    map_children,
    substitute,
    subterms,
)
from derive.core.vector_laws import VECTOR_LAWS, VectorLaw
from derive.kernel.endless import Endless
from derive.kernel.match import match
from derive.kernel.poly import Decline, Exponent, Monomial, Poly, minus

POINT = Sym("~w", OUTCOME)
SURE_POINTS = (POINT, Sym("~v", OUTCOME), Sym("outcome~", OUTCOME))
STATED = frozenset({"law", "law_given", "independent", "entries_independent", "entries_alike", "moment"})
_UP = ("+", "0+", "0")
LawAt = tuple[Law, Args, frozenset[str]]
VectorLawAt = tuple[VectorLaw, Args, frozenset[str]]


class Independence(Endless):
    """The facts about random variables, and questions to them."""

    def start_chance(self) -> None:
        """Nothing is stated yet."""
        self.laws: list[tuple[Term, frozenset[Sym], Term, str]] = []
        self.mutual: list[tuple[tuple[Term, ...], str]] = []
        self.entrywise: list[tuple[Term, str]] = []
        self.same_law: list[tuple[Term, str]] = []
        self.moments: list[tuple[Term, frozenset[Sym], int, str]] = []
        self.given_laws: list[tuple[Term, Term, tuple[Term, ...], str]] = []
        self.integrable_memo: dict[Monomial, tuple[bool, frozenset[str]]] = {}
        self.pattern_forms: dict[Term, tuple[Poly, frozenset[str]] | None] = {}

    def note_chance(self, claim: Term, name: str) -> bool:
        """Take in a fact about random variables; False for another fact."""
        variables: list[Sym] = []
        while isinstance(claim, Bind) and claim.op == "forall" and len(claim.over) == 2:
            if not any(isinstance(t, App) and t.op in STATED for t in subterms(claim)):
                return False
            fresh, claim = self.enter(claim.var, *claim.over, claim.body)
            variables.append(fresh)
        if isinstance(claim, App) and claim.op == "and" and variables:
            for part in claim.args:
                self._note(part, frozenset(variables), name)
            return True
        return self._note(claim, frozenset(variables), name)

    def _note(self, claim: Term, variables: frozenset[Sym], name: str) -> bool:
        if not (isinstance(claim, App) and claim.op in STATED):
            return False
        try:
            bodies = tuple(_at_point(a) for a in claim.args)
            match claim.op:
                case "law":
                    self.laws.append((bodies[0], variables, claim.args[1], name))
                    self._note_support(claim.args[0], claim.args[1], variables, name)
                case "law_given" if not variables:
                    self._note_support(claim.args[0], claim.args[1], variables, name)
                    self.given_laws.append((bodies[0], bodies[1], bodies[2:], name))
                case "moment" if isinstance(claim.args[1], Num):
                    self.moments.append((bodies[0], variables, int(claim.args[1].value), name))
                case "independent" if not variables:
                    self.mutual.append((bodies, name))
                case "entries_independent" if self._sure_range(variables):
                    self.entrywise.append((bodies[0], name))
                case "entries_alike" if self._sure_range(variables):
                    self.same_law.append((bodies[0], name))
        except Decline:
            pass
        return True

    def _note_support(self, function: Term, law: Term, variables: frozenset[Sym], name: str) -> None:
        """A variable with a law takes its values in the support: of the versions of it, one that always does."""
        for point in SURE_POINTS:
            # the parameters at the same sample point: without this, X(v) <= Y(w) for X | Y ~ Uniform(0, Y)
            here = substitute(law.body, {law.var: point}) if isinstance(law, Bind) else law
            if isinstance(here, App) and here.op in VECTOR_LAWS and isinstance(function, Bind):
                parts = _support_of_entries(here, substitute(function.body, {function.var: point}))
                self._add_parts(parts, variables, name)
                continue
            if not (isinstance(here, App) and here.op in LAWS and isinstance(function, Bind)):
                return
            value = substitute(function.body, {function.var: point})
            parts = [LAWS[here.op].support(here.args, value)]
            if here.op == "Bernoulli":
                parts = [le(ZERO, value), le(value, ONE)]
            self._add_parts(parts, variables, name)

    def _add_parts(self, parts: list[Term], variables: frozenset[Sym], name: str) -> None:
        for part in parts:
            for v in sorted(variables, key=repr):
                part = Bind("forall", v, self.ranges[v], part)
            self.add_fact(part, name)

    def _sure_range(self, variables: frozenset[Sym]) -> bool:
        """Are the ranges in front of a fact that does not mention their variables surely not empty?"""
        return all(
            self.sign(minus(self.normal(high), self.normal(low))) in _UP
            for low, high in (self.ranges[v] for v in variables)
        )

    # -------------------------------------------------------------- sources

    def sources(self, term: Term) -> frozenset[Term] | None:
        """The random variables, or entries of random arrays, that a term depends on; None if not clear."""
        if POINT not in free_symbols(term):
            return frozenset()
        if family_of(term) is not None:
            assert isinstance(term, App)
            parameters = any(POINT in free_symbols(a) for a in term.args[:-1])
            # a member at a bound index stands for all of them, which have no name here
            bound = any(s.name.startswith("~b") for s in free_symbols(term))
            return None if parameters or bound or term.args[-1] != POINT else frozenset({term})
        match term:
            case App("index", (App("apply", (Sym(), p)) as base, *at)) if p == POINT:
                clear = not any(
                    POINT in free_symbols(i) or any(s.name.startswith("~b") for s in free_symbols(i))
                    for i in at
                )
                return frozenset({term if clear else base})
            case App("apply", (Sym(), p)) if p == POINT:
                return frozenset({term})
            case App("apply", (function, *rest)) if POINT not in free_symbols(function):
                found = [self.sources(a) for a in rest]
            case App("apply", _) | Sym():
                return None
            case App("given", (_, *known, p)) if p == POINT:
                # a function of what is given
                found = [self.sources(_at_point(y)) for y in known]
            case App(_, args):
                found = [self.sources(a) for a in args]
            case Bind(_, var, over, body):
                # an index that is bound inside stands for the whole array
                inner = substitute(body, {var: Sym("~b" + var.name, var.sort)})
                found = [self.sources(a) for a in (*over, inner)]
            case _:
                return frozenset()
        total: frozenset[Term] = frozenset()
        for f in found:
            if f is None:
                return None
            total |= f
        return total

    def sources_within(self, atom: int, source: Term) -> bool | None:
        """Does this atom depend on that random variable alone?"""
        found = self.sources(self.atoms[atom])
        return None if found is None else found <= {source}

    def only_source(self, point: Sym, bound: Monomial) -> Term | None:
        """The one random variable that a monomial depends on."""
        found: set[Term] = set()
        for a, _ in bound:
            some = self.sources(self.atoms[a])
            if some is None:
                return None
            found |= some
        return found.pop() if len(found) == 1 else None

    def replaced_source(self, term: Term, source: Term, value: Term) -> Term:
        """The term with a value for a random variable."""
        if term == source:
            return value
        if isinstance(term, Bind) and free_symbols(value) & {term.var}:
            raise Decline("a value that a binder would capture")
        return map_children(term, lambda t: self.replaced_source(t, source, value))

    def depends(self, p: Poly, point: Sym) -> bool:
        """Does a polynomial depend on the sample point?"""
        return any(point in free_symbols(self.atoms[a]) for m in p for a, _ in m)

    # -------------------------------------------------------------- independent groups

    def groups(self, point: Sym, bound: Monomial) -> list[Monomial] | None:
        """Two or more groups of factors that are known to be mutually independent."""
        found = [(a, e, self.sources(self.atoms[a])) for a, e in bound]
        if any(s is None for _, _, s in found):
            return None
        for variables, name in self.mutual:
            blocks = self._blocks([(a, e, s or frozenset()) for a, e, s in found], variables)
            if blocks is not None:
                self.use(name)
                return blocks
        for array, name in self.entrywise:
            blocks = self._entry_blocks([(a, e, s or frozenset()) for a, e, s in found], array)
            if blocks is not None:
                self.use(name)
                return blocks
        return None

    def _blocks(
        self, found: list[tuple[int, Exponent, frozenset[Term]]], variables: tuple[Term, ...]
    ) -> list[Monomial] | None:
        """Grouped by the independent variables; None where a factor depends on another one."""
        owners = []
        for _, _, sources in found:
            mine = set()
            for s in sources:
                # without this: a variable of which nothing is said would be independent of the others
                places = [k for k, v in enumerate(variables) if s == v or _is_of(s, v)]
                if len(places) != 1:
                    return None
                mine.add(places[0])
            owners.append(mine)
        return _joined([(a, e) for a, e, _ in found], owners)

    def _entry_blocks(
        self, found: list[tuple[int, Exponent, frozenset[Term]]], array: Term
    ) -> list[Monomial] | None:
        """Grouped by the entries of an array with independent entries, at indices known to differ."""
        entries: list[Term] = []
        owners = []
        for _, _, sources in found:
            mine = set()
            for s in sources:
                if not (_is_of(s, array) and isinstance(s, App)):
                    return None
                place = next((k for k, other in enumerate(entries) if self._same_entry(s, other)), None)
                if place is None:
                    if not all(self._differ(s, other) for other in entries):
                        return None
                    place = len(entries)
                    entries.append(s)
                mine.add(place)
            owners.append(mine)
        return _joined([(a, e) for a, e, _ in found], owners)

    def open_pair(self, point: Sym, bound: Monomial) -> tuple[Term, Term] | None:
        """Two indices of an array with independent entries that may or may not be equal."""
        for array, name in self.entrywise:
            entries: list[App] = []
            for a, _ in bound:
                for s in sorted(self.sources(self.atoms[a]) or (), key=repr):
                    if isinstance(s, App) and _is_of(s, array) and len(_places(s)) == 1:
                        entries.append(s)
            for k, one in enumerate(entries):
                for two in entries[:k]:
                    if not self._same_entry(one, two) and not self._differ(one, two):
                        self.use(name)
                        return _places(two)[0], _places(one)[0]
        return None

    def _same_entry(self, one: Term, two: Term) -> bool:
        # two members of one family depend on each other whatever their parameters
        return _places(one) == _places(two)

    def _differ(self, one: Term, two: Term) -> bool:
        """Are two entries surely at different indices?"""
        assert isinstance(one, App) and isinstance(two, App)
        return any(self.indices_differ(i, j) for i, j in zip(_places(one), _places(two), strict=True))

    def indices_differ(self, i: Term, j: Term) -> bool:
        """Are two indices known to differ?"""
        if (i, j) in self.assumed or (j, i) in self.assumed:
            return True
        return self.range_sign(minus(self.normal(i), self.normal(j))) in ("+", "-", "!0")

    def alike_names(self, array: Term) -> frozenset[str] | None:
        """The fact that the entries of an array have one law."""
        return next((frozenset({name}) for a, name in self.same_law if a == array), None)

    # -------------------------------------------------------------- laws

    def itself(self, term: App) -> Term | None:
        """The random variable that a member of a family is: the one with these parameters."""
        family = family_of(term)
        if family is None:
            return None
        for pattern, variables, law, name in self.laws:
            entry = entry_of(pattern, POINT)
            if entry is None or entry[0] != family.name or len(entry[1]) != len(family.indices):
                continue
            places = list(zip(entry[1], family.indices, strict=True))
            found = {v: i for v, i in places if isinstance(v, Sym) and v in variables}
            if len(found) != len(variables) or any(v != i for v, i in places if v not in found):
                continue
            if not all(self.covered(v, found[v], pattern) for v in variables):
                continue
            here = substitute(law, found)
            if not (isinstance(here, App) and here.op == family.law.op):
                continue
            pairs = zip(here.args, family.law.args, strict=True)
            if all(a == b or self._same_number(a, b) for a, b in pairs):
                self.use(name)
                return substitute(pattern, {**found, POINT: family.point})
        return None

    def _same_number(self, a: Term, b: Term) -> bool:
        if any(isinstance(sort_of(x), Array) for x in (a, b)):
            return False
        return not minus(self.normal(a), self.normal(b))

    def law_at(self, source: Term) -> LawAt | None:
        """The stated law of a random variable (or entry), or that of a member of a family."""
        family = family_of(source)
        if family is not None:  # its parameters are owed in range
            return LAWS[family.law.op], family.law.args, frozenset()
        for pattern, variables, law, name in self.laws:
            found = match(pattern, source, variables)
            if found is None or len(found) != len(variables):
                continue
            if not all(self.covered(v, found[v], pattern) for v in variables):
                continue
            here = substitute(law, found)
            if isinstance(here, App) and here.op in LAWS:  # its parameters are owed in range
                return LAWS[here.op], here.args, frozenset({name})
        return None


def _at_point(function: Term) -> Term:
    """`lam w. t` at the sample point about which the facts speak."""
    if isinstance(function, Bind) and function.op == "lam" and function.var.sort is OUTCOME:
        return substitute(function.body, {function.var: POINT})
    return function


def _support_of_entries(law: App, vector: Term) -> list[Term]:
    """What the law of a vector says of every value of its entries."""
    k = Sym("k~", INTEGER)
    parts = VECTOR_LAWS[law.op].support(law.args, App("index", (vector, k)))
    return [Bind("forall", k, (ONE, shape_of(vector)[0]), p) for p in parts]


def _is_entry_of(term: Term, array: Term) -> bool:
    return isinstance(term, App) and term.op == "index" and term.args[0] == array


def _is_of(term: Term, variable: Term) -> bool:
    """Is it an entry of a random array, or a member of the family of a random variable or of an entry of it?"""
    family = family_of(term)
    if family is None:
        return _is_entry_of(term, variable)
    match variable:
        case App("apply", (Sym(name), p)):
            return family.name == name and family.point == p
        case App("index", (App("apply", (Sym(name), p)), *at)):
            return family.origin == (name, tuple(at)) and family.point == p
    return False


def _places(term: Term) -> tuple[Term, ...]:
    """The indices of an entry."""
    assert isinstance(term, App)
    family = family_of(term)
    return term.args[1:] if family is None else family.indices


def _joined(factors: list[tuple[int, Exponent]], owners: list[set[int]]) -> list[Monomial] | None:
    """Factors whose owners overlap together; None for a single group."""
    groups: list[tuple[set[int], list[tuple[int, Exponent]]]] = []
    for factor, mine in zip(factors, owners, strict=True):
        touching = [g for g in groups if g[0] & mine]
        merged = (set(mine).union(*(g[0] for g in touching)), [f for g in touching for f in g[1]] + [factor])
        groups = [g for g in groups if g not in touching] + [merged]
    if len(groups) < 2:
        return None
    return [tuple(sorted(g[1])) for g in groups]
