"""What is stated of random variables: laws, independence, moments; and what is integrable by it.

Promise: two groups of factors are called independent only by a stated fact about all the variables in them,
entries of an array only at indices known to be different; a moment is called finite only by a law, a bound or
a stated fact, through Hölder's inequality.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.laws import LAWS, Law
from derive.core.operator import Args
from derive.core.sort import OUTCOME
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
from derive.kernel.endless import Endless
from derive.kernel.match import match
from derive.kernel.poly import UNIT, Decline, Exponent, Monomial, Poly, constant, minus

POINT = Sym("~w", OUTCOME)
SURE_POINTS = (POINT, Sym("~v", OUTCOME), Sym("outcome~", OUTCOME))
STATED = frozenset({"law", "law_given", "independent", "entries_independent", "entries_alike", "moment"})
_UP = ("+", "0+", "0")
LawAt = tuple[Law, Args, frozenset[str]]


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
            if not (isinstance(here, App) and here.op in LAWS and isinstance(function, Bind)):
                return
            value = substitute(function.body, {function.var: point})
            parts = [LAWS[here.op].support(here.args, value)]
            if here.op == "Bernoulli":
                parts = [le(ZERO, value), le(value, ONE)]
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
                places = [k for k, v in enumerate(variables) if s == v or _is_entry_of(s, v)]
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
                if not (_is_entry_of(s, array) and isinstance(s, App)):
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
                    if isinstance(s, App) and _is_entry_of(s, array) and len(s.args) == 2:
                        entries.append(s)
            for k, one in enumerate(entries):
                for two in entries[:k]:
                    if not self._same_entry(one, two) and not self._differ(one, two):
                        self.use(name)
                        return two.args[1], one.args[1]
        return None

    def _same_entry(self, one: Term, two: Term) -> bool:
        return one == two

    def _differ(self, one: Term, two: Term) -> bool:
        """Are two entries surely at different indices?"""
        assert isinstance(one, App) and isinstance(two, App)
        for i, j in zip(one.args[1:], two.args[1:], strict=True):
            if (i, j) in self.assumed or (j, i) in self.assumed:
                return True
            if self.range_sign(minus(self.normal(i), self.normal(j))) in ("+", "-", "!0"):
                return True
        return False

    def alike_names(self, array: Term) -> frozenset[str] | None:
        """The fact that the entries of an array have one law."""
        return next((frozenset({name}) for a, name in self.same_law if a == array), None)

    # -------------------------------------------------------------- laws

    def law_at(self, source: Term) -> LawAt | None:
        """The stated law of a random variable (or entry)."""
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

    # -------------------------------------------------------------- integrability

    def integrable(self, point: Sym, p: Poly) -> bool:
        """Is the random variable known to have a mean?"""
        return all(self.integrable_monomial(point, self.split(m, point)[1]) for m in p) or self._stated(p)

    def _stated(self, p: Poly) -> bool:
        """Is it stated that exactly this has a mean?"""
        for pattern, variables, k, name in self.moments:
            if not variables and k == 1 and self._pattern_form(pattern) == p:
                self.use(name)
                return True
        return False

    def integrable_monomial(self, point: Sym, bound: Monomial) -> bool:
        """By Hölder's inequality within groups that are independent."""
        if not bound:
            return True
        known = self.integrable_memo.get(bound)
        if known is not None and not self.assumed:
            self.use(*known[1])
            return known[0]
        key = ("integrable", bound)
        if key in self.asking:
            return False
        outer, self.used = self.used, set()
        found = False
        self.asking.add(key)
        try:
            found = self._integrable_now(point, bound)
        finally:
            self.asking.discard(key)
            names, self.used = frozenset(self.used), self.used | outer
        if not self.assumed and not self.asking:
            self.integrable_memo[bound] = (found, names)
        return found

    def _integrable_now(self, point: Sym, bound: Monomial) -> bool:
        if any(self._is_sum_atom(a, point) for a, _ in bound):
            return self._sums_integrable(point, bound)
        groups = self.groups(point, bound)
        if groups is not None:
            return all(self.integrable_monomial(point, g) for g in groups)
        if self._hoelder(point, bound, 1) or self.product_integrable(point, bound):
            return True
        if self.has_law_mean(point, bound):
            return True
        return self._stated({bound: Fraction(1)})

    def given_order(self, point: Sym, term: Term) -> int | None:
        """A finite moment by a law given other variables (in `conditional.py`)."""
        raise NotImplementedError

    def product_integrable(self, point: Sym, bound: Monomial) -> bool:
        """Is a product over independent entries integrable? (in `chance_products.py`)"""
        raise NotImplementedError

    def has_law_mean(self, point: Sym, bound: Monomial) -> bool:
        """Does a law give the mean of this? (in `expectation.py`)"""
        raise NotImplementedError

    def _is_sum_atom(self, atom: int, point: Sym) -> bool:
        term = self.atoms[atom]
        return isinstance(term, Bind) and term.op == "sum" and point in free_symbols(term)

    def _sums_integrable(self, point: Sym, bound: Monomial) -> bool:
        """A product of finite sums, by each of its terms."""
        factors: list[tuple[Term, Exponent]] = []
        for a, e in bound:
            if self._is_sum_atom(a, point):
                if not isinstance(e, int) or not 0 < e <= 4:
                    return False
                for _ in range(e):
                    names, inside = self.open(self.atoms[a])
                    if any(point in free_symbols(end) for _, *ends in names for end in ends):
                        return False
                    factors += inside
            else:
                factors.append((self.atoms[a], e))
        p = self.normal(self.product_term(factors))
        # without the indices known to be different or equal, Hölder's inequality alone decides
        return all(self.integrable_monomial(point, self.split(m, point)[1]) for m in p)

    def _hoelder(self, point: Sym, bound: Monomial, degree: int) -> bool:
        """Is `abs(product)^degree` integrable: do the exponents 1/p of the factors add up to 1 at most?"""
        share, unbounded = Fraction(0), False
        for a, e in bound:
            if self._bounded(point, a, e):
                continue
            most = self._order(point, a)
            if most is None or e < 0 or (isinstance(e, Fraction) and not self._is_exp(a)):
                if self._exp_tame(point, a, e, degree):
                    unbounded = True
                    continue
                return False
            if most == 0:
                unbounded = True
            else:
                share += Fraction(e) * degree / most
        # at 1, a factor with all moments is one too many: E[Y^2*Z] for Y with two moments
        return share < 1 or (share == 1 and not unbounded)

    def _is_exp(self, atom: int) -> bool:
        term = self.atoms[atom]
        return isinstance(term, App) and term.op == "exp"

    def _order(self, point: Sym, atom: int) -> int | None:
        """A k with E[abs(x)^k] finite, 0 where every k is one, None where nothing is known."""
        term = self.atoms[atom]
        if point not in free_symbols(term):
            return 0
        law = self.law_at(term)
        if law is not None:
            self.use(*law[2])
            if law[0].tame:
                return 0
            return self._some_moment(law)
        best: int | None = None
        for pattern, variables, k, name in self.moments:
            order = self._moment_of(point, pattern, variables, term, atom, k)
            if order is not None and (best is None or order > best):
                self.use(name)
                best = order
        given = self.given_order(point, term)
        if given is not None and (best is None or given > best):
            best = given
        if isinstance(term, App) and term.op in ("abs", "root"):
            p = self.definition(term)
            inner = [self.order_of_poly(point, p)]
            if inner[0] is not None:
                found = inner[0] * (2 if term.op == "root" else 1)
                best = found if best is None else max(best, found)
        return best

    def order_of_poly(self, point: Sym, p: Poly) -> int | None:
        """A k for a sum of monomials, by each of them (Minkowski)."""
        for k in (8, 6, 4, 3, 2, 1):
            if all(self._hoelder(point, self.split(m, point)[1], k) for m in p):
                return k
        return None

    def _some_moment(self, law: LawAt) -> int | None:
        """The largest of a few moments that a law is known to have."""
        row, args, _ = law
        for k in (6, 4, 2, 1):
            cell = row.moment(args, k)
            if cell is not None and all(
                self.sign(minus(self.normal(c.args[1]), self.normal(c.args[0]))) == "+"
                for c in cell[1] if isinstance(c, App)
            ):
                return k
        return None

    def _pattern_form(self, pattern: Term) -> Poly | None:
        """The normal form of a variable of which a moment is stated, as far as it is known here."""
        if pattern not in self.pattern_forms:
            self.pattern_forms[pattern] = None
            outer, self.used = self.used, set()
            try:
                self.pattern_forms[pattern] = (self.normal(pattern), frozenset(self.used))
            except Decline:
                pass
            finally:
                self.used |= outer
        found = self.pattern_forms[pattern]
        if found is None:
            return None
        self.use(*found[1])
        return found[0]

    def _moment_of(
        self, point: Sym, pattern: Term, variables: frozenset[Sym], term: Term, atom: int, k: int
    ) -> int | None:
        """What a stated moment says of one random variable: of it, or of a polynomial in it alone."""
        found = match(pattern, term, variables)
        if found is not None and len(found) == len(variables):
            return k if all(self.covered(v, found[v], pattern) for v in variables) else None
        if variables:
            return None
        p = self._pattern_form(pattern)
        if p is None:
            return None
        degree = 0
        for m in p:
            bound = self.split(m, point)[1]
            if not bound:
                continue
            ((a, e), *rest) = bound
            if rest or a != atom or not isinstance(e, int) or e < 1:
                return None
            degree = max(degree, e)
        # the leading coefficient is a number, so that the polynomial grows like the power
        leading = {m: c for m, c in p.items() if dict(m).get(atom) == degree}
        if not degree or len(leading) != 1 or next(iter(leading)) != ((atom, degree),):
            # without this: E[(a*X)^2] is finite for a = 0, whatever X is
            return None
        return degree * k

    def _bounded(self, point: Sym, atom: int, e: Exponent) -> bool:
        """Is this factor surely bounded?"""
        term = self.atoms[atom]
        if atom == UNIT or point not in free_symbols(term):
            return True
        match term:
            case App("indicator" | "delta" | "sign", _):
                return e > 0
            case App("exp", (inner,)):
                p = self.normal(inner)
                return all(dict(m).get(UNIT) == Fraction(1, 2) and self.is_real({
                    tuple(x for x in m if x[0] != UNIT): c
                }) for m, c in p.items())
            case App("poly", (inner,)) if e < 0:
                p = self.normal(inner)
                least = p.get((), Fraction(0))
                return least > 0 and self.sign(minus(p, constant(least))) in _UP
        if e < 0:
            return False
        law = self.law_at(term)
        if law is not None and law[0].bounded:
            self.use(*law[2])
            return True
        return self._between(point, atom)

    def _between(self, point: Sym, atom: int) -> bool:
        """Do facts bound it from below and from above by what is not random?"""
        self.atom_sign(atom, 1)  # brings in what the facts say of every entry
        down = up = False
        for g, rel, names, _ in tuple(self.order_facts):
            c = g.get(((atom, 1),))
            if not c or rel not in ("<", "<="):
                continue
            rest = minus(g, {((atom, 1),): c})
            if self.depends(rest, point):
                continue
            self.use(*names)
            down, up = down or c > 0, up or c < 0
        return down and up

    def _exp_tame(self, point: Sym, atom: int, e: Exponent, degree: int) -> bool:
        """`exp(t*X)` for a law whose generating function exists at `t` and beyond."""
        term = self.atoms[atom]
        if not (isinstance(term, App) and term.op == "exp"):
            return False
        p = self.normal(term.args[0])
        if not self.is_real(p):
            return False
        return all(self._entire(point, self.split(m, point)[1]) for m in p)

    def _entire(self, point: Sym, bound: Monomial) -> bool:
        """Is it one variable whose law has every exponential moment?"""
        if not bound:
            return True
        if all(self._bounded(point, a, e) for a, e in bound):
            return True
        ((a, e), *rest) = bound
        law = self.law_at(self.atoms[a])
        if rest or e != 1 or law is None or law[0].name not in ("Normal", "Poisson"):
            return False
        self.use(*law[2])
        return True


def _at_point(function: Term) -> Term:
    """`lam w. t` at the sample point about which the facts speak."""
    if isinstance(function, Bind) and function.op == "lam" and function.var.sort is OUTCOME:
        return substitute(function.body, {function.var: POINT})
    return function


def _is_entry_of(term: Term, array: Term) -> bool:
    return isinstance(term, App) and term.op == "index" and term.args[0] == array


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
