"""Expectations given random variables: what they know comes out, and the tower rule.

Promise: `E[t | Y]` is the conditional expectation given the sigma-algebra of Y, an integrable random variable
that is a function of Y. Every move below is made only for monomials that are known to be integrable, since the
linear extension of E says nothing of conditional expectations.

Source: Williams, Probability with Martingales, chapter 9.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.laws import LAWS
from derive.core.sort import OUTCOME
from derive.core.term import App, Bind, Sym, Term, free_symbols, substitute
from derive.kernel.independence import POINT
from derive.kernel.poly import Decline, Exponent, Monomial, Poly, add_poly, constant
from derive.kernel.vector_laws import VectorLaws


class Conditional(VectorLaws):
    """Normal forms of `E[t | Y]`, and laws given other variables."""

    def mean_of(self, point: Sym, p: Poly) -> Poly:
        """The expectation of a polynomial at a sample point (in `expectation.py`)."""
        raise NotImplementedError

    # -------------------------------------------------------------- E[t | Y]

    def given(self, term: App) -> Poly:
        """`E[t | Y]` at a sample point: given(lam w. t, lam w. Y, ..., point)."""
        function, *known, point = term.args
        inside = free_symbols(App("and", (function, *known)))
        if not isinstance(point, Sym) or any(s.name == POINT.name for s in inside):
            return self.known_atom(canonical(term))
        body = self.simplify(self.normal(_at(function)))
        wanted = self._known_sources(tuple(known))
        whole = self._opaque_given(body, tuple(known), point)
        if wanted is None or not self.integrable(POINT, body):
            return whole
        total: Poly = {}
        for m, c in body.items():
            free, bound = self.split(m, POINT)
            outside, rest = self._apart_from(bound, wanted)
            if rest and outside and not self.integrable_monomial(POINT, rest):
                return whole
            if not self.integrable_monomial(POINT, bound):
                return whole
            here = self._moved({outside: Fraction(1)}, point)
            total = add_poly(total, self.product({free: c}, here, self._inside(rest, tuple(known), point)))
        return total

    def _known_sources(self, known: tuple[Term, ...]) -> frozenset[Term] | None:
        """The variables that are given, if each is one as it stands."""
        found = set()
        for y in known:
            body = _at(y)
            sources = self.sources(body)
            if sources is None or sources != {body}:
                # without this: E[X | X^2] would be X
                return None
            found.add(body)
        return frozenset(found)

    def _apart_from(self, bound: Monomial, wanted: frozenset[Term]) -> tuple[Monomial, Monomial]:
        """The factors that are functions of what is given, and the rest."""
        outside: list[tuple[int, Exponent]] = []
        inside: list[tuple[int, Exponent]] = []
        for a, e in bound:
            sources = self.sources(self.atoms[a])
            (outside if sources is not None and sources <= wanted else inside).append((a, e))
        return tuple(outside), tuple(inside)

    def _moved(self, p: Poly, point: Sym) -> Poly:
        """A polynomial at another sample point."""
        return p if point == POINT else self.normal(substitute(self.to_term(p), {POINT: point}))

    def _inside(self, inside: Monomial, known: tuple[Term, ...], point: Sym) -> Poly:
        """`E[m | Y]` for a monomial without a factor that is a function of Y."""
        if not inside:
            return constant(1)
        by_law = self._given_law(inside, frozenset(_at(y) for y in known))
        if by_law is not None:
            return self._moved(by_law, point)
        if self._unrelated(inside, known):
            return self.mean_of(POINT, {inside: Fraction(1)})
        return self._opaque_given({inside: Fraction(1)}, known, point)

    def _unrelated(self, inside: Monomial, known: tuple[Term, ...]) -> bool:
        """Are the variables of a monomial stated to be independent of those given?"""
        mine: set[Term] = set()
        for a, _ in inside:
            sources = self.sources(self.atoms[a])
            if sources is None:
                return False
            mine |= sources
        given = {_at(y) for y in known}
        for variables, name in self.mutual:
            # without all of them in one fact: Z = X*Y is independent of X and of Y, and not of both
            if mine | given <= set(variables) and not mine & given:
                self.use(name)
                return True
        return False

    def _opaque_given(self, p: Poly, known: tuple[Term, ...], point: Sym) -> Poly:
        body = self.to_term(p)
        fresh = Sym("outcome~g", OUTCOME)
        function = Bind("lam", fresh, (), substitute(body, {POINT: fresh}))
        ordered = tuple(sorted((canonical(y) for y in known), key=repr))
        return self.known_atom(canonical(App("given", (function, *ordered, point))))

    # -------------------------------------------------------------- the tower rule

    def tower(self, point: Sym, bound: Monomial) -> Poly | None:
        """`E[h(Y)*E[t | Y]] = E[h(Y)*t]`."""
        for a, e in bound:
            term = self.atoms[a]
            if not (isinstance(term, App) and term.op == "given" and isinstance(e, int) and e > 0):
                continue
            function, *known, at = term.args
            wanted = self._known_sources(tuple(known))
            if at != point or wanted is None:
                continue
            others = tuple((b, k - 1 if b == a else k) for b, k in bound if b != a or k > 1)
            if self._apart_from(others, wanted)[1]:
                continue
            product = self.times({others: Fraction(1)}, self.normal(_at(function)))
            # without this: E[E[t | Y]*h] = E[t*h] for a product without a mean
            if all(self.integrable_monomial(point, self.split(m, point)[1]) for m in product):
                return self.mean_of(point, product)
        return None

    # -------------------------------------------------------------- laws given other variables

    def _given_law(self, bound: Monomial, given: frozenset[Term]) -> Poly | None:
        """`E[X^k | Y]` by the law of X given Y."""
        if len(bound) != 1 or not isinstance(bound[0][1], int) or bound[0][1] < 1:
            return None
        source, degree = self.atoms[bound[0][0]], bound[0][1]
        for variable, law, variables, name in self.given_laws:
            if variable == source and frozenset(variables) == given:
                cell = LAWS[law.op].moment(law.args, degree) if isinstance(law, App) and law.op in LAWS else None
                if cell is not None and not cell[1]:
                    self.use(name)
                    return self.normal(cell[0])
        return None

    def by_given_law(self, point: Sym, bound: Monomial) -> Poly | None:
        """`E[X^k*h(Y)] = E[m_k(Y)*h(Y)]` by the law of X given Y."""
        for variable, _, variables, _ in self.given_laws:
            mine = tuple((a, e) for a, e in bound if self.atoms[a] == variable)
            others = tuple((a, e) for a, e in bound if self.atoms[a] != variable)
            given = frozenset(variables)
            if not mine or self._apart_from(others, given)[1]:
                continue
            moment = self._given_law(mine, given)
            if moment is None or not self.integrable_monomial(point, bound):
                continue
            product = self.times({others: Fraction(1)}, moment)
            if all(self.integrable_monomial(point, self.split(m, point)[1]) for m in product):
                return self.mean_of(point, product)
        return None

    def given_order(self, point: Sym, term: Term) -> int | None:
        """A k with E[abs(X)^k] finite by the law of X given other variables, or of `E[t | Y]` by that of t."""
        if isinstance(term, App) and term.op == "given":
            try:
                return self.order_of_poly(point, self.normal(_at(term.args[0])))
            except Decline:
                return None
        for variable, law, _, name in self.given_laws:
            if variable != term or not (isinstance(law, App) and law.op in LAWS):
                continue
            for k in (8, 6, 4, 2):
                cell = LAWS[law.op].moment(law.args, k)
                # an even moment given Y is nonnegative: its mean is the moment (Tonelli)
                if cell is not None and not cell[1] and all(
                    self.integrable_monomial(point, self.split(m, point)[1]) for m in self.normal(cell[0])
                ):
                    self.use(name)
                    return k
        return None


def _at(function: Term) -> Term:
    """`lam w. t` at the sample point about which the facts speak."""
    if isinstance(function, Bind) and function.op == "lam":
        return substitute(function.body, {function.var: POINT})
    return function


