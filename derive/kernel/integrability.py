"""What is integrable: moments that are finite by a law, a bound or a stated fact.

Promise: a product is called integrable only where it is so by Hölder's inequality, group by group where groups
are independent; what is not known to be finite is not called so.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App, Bind, Sym, Term, free_symbols
from derive.kernel.independence import Independence, LawAt, VectorLawAt
from derive.kernel.match import match
from derive.kernel.poly import UNIT, Decline, Exponent, Monomial, Poly, constant, minus

_UP = ("+", "0+", "0")


class Integrability(Independence):
    """Does a random variable have a mean?"""

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

    def law_of_entry(self, term: Term) -> VectorLawAt | None:
        """The law of the vector of which a term is an entry (in `vector_laws.py`)."""
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
        vector = self.law_of_entry(term)
        if vector is not None:
            self.use(*vector[2])
            return 0
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
        law = self.law_at(term) or self.law_of_entry(term)
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
