"""Expectation in the normal form: a linear functional, factored over what is known to be independent.

Promise: let Ê be any linear extension of E from the integrable random variables to all of them. A term that is
defined as written takes expectations of integrable random variables only, so each may be read as Ê; sums and
factors that are no random variables come out of Ê without more ado. Everything else asks: a factorisation for
independence that is *stated*, and for integrable factors; a moment for a law that has it; a sign for an
integrable random variable.

Sources: Williams, Probability with Martingales, chapters 5 to 7.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.chance import MEASURE
from derive.core.laws import LAWS
from derive.core.sort import OUTCOME
from derive.core.term import ONE, App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.kernel.few_values import FewValues
from derive.kernel.independence import POINT
from derive.kernel.poly import (
    Decline,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
)

_MOST_OPEN = 4
_ENTIRE = frozenset({"Normal", "Poisson"})
_MOST_POINTS = 64


class Expectations(FewValues):
    """Normal forms of `E[t]`."""

    def expectation(self, var: Sym, body: Term) -> Poly:
        """`E[body]`, monomial by monomial."""
        point = self.point_for(body, var)
        inner = self.simplify(self.normal(substitute(body, {var: point})))
        total: Poly = {}
        for m, c in inner.items():
            free, bound = self.split(m, point)
            total = add_poly(total, self.times({free: c}, self.mean(point, bound)))
        return total

    def point_for(self, body: Term, var: Sym) -> Sym:
        """The sample point about which the facts speak; another one where that is in use."""
        name = "~w"
        while any(s.name == name and s != var for s in free_symbols(body)):
            # without this: E[X*c] at c := X would be E[X^2]
            name += "w"
        return Sym(name, OUTCOME)

    def mean(self, point: Sym, bound: Monomial) -> Poly:
        """The expectation of a monomial, each of whose factors depends on the sample point."""
        if not bound:
            return constant(1)
        opened = self._opened(point, bound)
        if opened is not None:
            return opened
        if point.name == "~w":
            for rule in (
                self.tower, self._apart, self.by_few_values, self.of_a_coin, self._by_law, self.by_law_alone,
                self.by_vector_law, self.by_given_law, self.mean_of_product,
            ):
                found = rule(point, bound)
                if found is not None:
                    return found
            bound = self.alike(point, bound)
        return self.known_atom(canonical(self.mean_term(point, bound)))

    def mean_term(self, point: Sym, bound: Monomial) -> Bind:
        """The monomial under E, as a term."""
        return Bind("E", point, (MEASURE,), self.to_term({bound: Fraction(1)}))

    def mean_of(self, point: Sym, p: Poly) -> Poly:
        """The expectation of a polynomial at a sample point."""
        total: Poly = {}
        for m, c in self.simplify(p).items():
            free, bound = self.split(m, point)
            total = add_poly(total, self.times({free: c}, self.mean(point, bound)))
        return total

    # -------------------------------------------------------------- sums come out

    def _opened(self, point: Sym, bound: Monomial) -> Poly | None:
        """`E[sum(i, t)] = sum(i, E[t])` where the range is not random."""
        dummies: list[tuple[Sym, Term, Term]] = []
        factors = []
        for a, e in bound:
            term = self.atoms[a]
            if (
                isinstance(term, Bind) and term.op == "sum" and isinstance(e, int)
                and 0 < e <= _MOST_OPEN and not _random_range(term, point)
            ):
                for _ in range(e):
                    names, inside = self.open(term)
                    dummies += names
                    factors += inside
            else:
                factors.append((term, e))
        if not dummies:
            return None
        body: Term = Bind("E", point, (MEASURE,), self.product_term(factors))
        for d, low, high in reversed(dummies):
            body = Bind("sum", d, (low, high), body)
        return self.normal(body)

    # -------------------------------------------------------------- independence

    def _apart(self, point: Sym, bound: Monomial) -> Poly | None:
        """The product of expectations over groups that are known to be independent."""
        groups = self.groups(point, bound)
        if groups is None:
            return self._equal_or_not(point, bound)
        if not all(self.integrable_monomial(point, g) for g in groups):
            # without this: E[X*Y] = E[X]*E[Y] for independent X, Y without means
            return None
        return self.product(*(self.mean(point, g) for g in groups))

    def _equal_or_not(self, point: Sym, bound: Monomial) -> Poly | None:
        """`E[X[i]*X[j]]` for independent entries, or those of a vector with a law: by whether the indices are equal.

        Without the delta: E[X[i]*X[j]] = E[X[i]]*E[X[j]] at i = j (tests/unsound/equal_index_factored.drv).
        """
        pair = self.open_pair(point, bound) or self.open_places(bound)
        if pair is None:
            return None
        i, j = pair
        symbol, value = (i, j) if isinstance(i, Sym) else (j, i)
        if not isinstance(symbol, Sym) or symbol in free_symbols(value):
            return None
        same = self.delta(self.normal(i), self.normal(j))
        product = self.to_term({bound: Fraction(1)})
        joined = self.mean_of(point, self.normal(substitute(product, {symbol: value})))
        self.assumed.append((i, j))
        try:
            split = self.mean(point, bound)
        finally:
            self.assumed.pop()
        return add_poly(
            self.times(same, joined), self.times(minus(constant(1), same), split)
        )

    # -------------------------------------------------------------- laws

    def _by_law(self, point: Sym, bound: Monomial) -> Poly | None:
        """A power of a variable with a law, times `exp(t*X)`."""
        source = self.only_source(point, bound)
        found = None if source is None else self.law_at(source)
        if found is None or source is None:
            return None
        law, args, names = found
        degree, rate = 0, constant(0)
        for a, e in bound:
            term = self.atoms[a]
            if term == source and isinstance(e, int) and e > 0:
                degree += e
            elif isinstance(term, App) and term.op == "exp" and (
                slope := self._slope_in(term.args[0], source, point)
            ) is not None:
                rate = add_poly(rate, scale(slope, Fraction(e)))
            else:
                return None
        if rate and not self.is_real(rate) and law.name not in _ENTIRE:
            # the generating function of these is one power series for all complex rates
            return None
        if not rate:
            cell = law.moment(args, degree)
            if cell is None or not self.known_true(cell[1]):
                return None
            self.use(*names)
            return self.normal(cell[0])
        cell = law.mgf(args, self.to_term(rate))
        if cell is None or not self.known_true(cell[1]):
            return None
        total = self.normal(cell[0])
        if degree:
            if law.name != "Normal":
                return None
            # E[X^k*exp(t*X)]: the law tilted by exp(t*X) is Normal(mu + t*v, v)
            shifted = App("+", (args[0], App("*", (self.to_term(rate), args[1]))))
            inner = LAWS["Normal"].moment((shifted, args[1]), degree)
            if inner is None:
                return None
            total = self.times(total, self.normal(inner[0]))
        self.use(*names)
        return total

    def has_law_mean(self, point: Sym, bound: Monomial) -> bool:
        """`X^k*exp(t*X)` at a t where the generating function exists on a neighbourhood."""
        try:
            if self._by_law(point, bound) is not None:
                return True
        except Decline:
            return False
        return self.has_row(point, bound)

    def _slope_in(self, exponent: Term, source: Term, point: Sym) -> Poly | None:
        """`t` when the exponent is `t*X` for a `t` that is not random."""
        p = self.normal(exponent)
        if len(p) != 1:
            return None
        ((m, c),) = p.items()
        atom = self.ids.get(source)
        rest = tuple(x for x in m if x[0] != atom)
        if dict(m).get(atom if atom is not None else -1) != 1:
            return None
        slope = {rest: c}
        return None if self.depends(slope, point) else slope

    def known_true(self, claims: tuple[Term, ...]) -> bool:
        """Are the comparisons known?"""
        for claim in claims:
            assert isinstance(claim, App)
            gap = minus(self.normal(claim.args[1]), self.normal(claim.args[0]))
            if self.sign(gap) not in (("+",) if claim.op == "<" else ("+", "0+", "0")):
                return False
        return True

    # -------------------------------------------------------------- entries of one law

    def alike(self, point: Sym, bound: Monomial) -> Monomial:
        """A monomial in one entry of an array whose entries have one law, as one in its first entry."""
        source = self.only_source(point, bound)
        if not (isinstance(source, App) and source.op == "index" and len(source.args) == 2):
            return bound
        names = self.alike_names(source.args[0])
        if names is None or source.args[1] == ONE:
            return bound
        body = self.replaced_source(
            self.to_term({bound: Fraction(1)}), source, App("index", (source.args[0], ONE))
        )
        try:
            p = self.normal(body)
        except Decline:
            return bound
        if len(p) != 1 or next(iter(p.values())) != 1:
            return bound
        self.use(*names)
        return next(iter(p))

    # -------------------------------------------------------------- signs

    def mean_sign(self, term: Bind, depth: int) -> str | None:
        """The sign of `E[t]` for an integrable t of one sign: E is monotone.

        Without integrability: Ê of a positive variable without a mean would be positive, and it is nothing.
        """
        point = Sym("~w", OUTCOME)
        if any(s.name == point.name for s in free_symbols(term)):
            return None
        body = self.normal(substitute(term.body, {term.var: point}))
        sign = self.sign(body, depth + 1) or self.by_cases(body, depth)
        if sign not in ("+", "-", "0+", "0-"):
            return None
        return sign if self.integrable(point, body) else None

    def by_mean(self, p: Poly, depth: int) -> str | None:
        """`E[s] - E[t] + c` as `E[s - t + c]`: its sign where that is integrable and has one."""
        whole: Poly = {}
        seen = False
        for m, c in p.items():
            means = [
                (a, e) for a, e in m
                if isinstance(self.atoms[a], Bind) and self.atoms[a].op == "E"  # type: ignore[union-attr]
            ]
            rest = tuple(x for x in m if x not in means)
            if len(means) > 1 or any(e != 1 for _, e in means):
                return None
            inside: Poly = {rest: c}
            if means:
                seen = True
                term = self.atoms[means[0][0]]
                assert isinstance(term, Bind)
                if any(s.name == POINT.name for s in free_symbols(term)):
                    return None
                inside = self.times(inside, self.normal(substitute(term.body, {term.var: POINT})))
            whole = add_poly(whole, inside)
        if not seen or depth > 3 or any(
            s.name == POINT.name for m in p for a, _ in m for s in free_symbols(self.atoms[a])
        ):
            return None
        whole = self.simplify(whole)
        sign = self.sign(whole, depth + 2) or self.by_cases(whole, depth)
        if sign not in ("+", "-", "0+", "0-", "0"):
            return None
        return sign if self.integrable(POINT, whole) else None

    def is_sure(self, p: Poly) -> bool:
        """Is it a number?"""
        return is_constant(p)


def _random_range(term: Bind, point: Sym) -> bool:
    """Does an end of a nested sum depend on the sample point?"""
    while isinstance(term, Bind) and term.op == "sum":
        if any(point in free_symbols(end) for end in term.over):
            return True
        term = term.body  # type: ignore[assignment]
    return False


def is_moment_degree(term: Term) -> bool:
    """Is it a literal degree of a moment?"""
    return isinstance(term, Num) and term.value.denominator == 1 and term.value >= 1
