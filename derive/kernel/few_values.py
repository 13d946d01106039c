"""Expectations over variables with few values: the sum over them, alone and among other variables.

Promise: what is written is equal to the expectation, almost surely term by term; a variable that stands among others
is summed out only where it is independent of them taken together, and where each term has a mean.

Source: Williams, Probability with Martingales, chapters 5 and 6.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.chance import MEASURE
from derive.core.shape import shape_of
from derive.core.sort import INTEGER
from derive.core.term import ONE, ZERO, App, Bind, Sym, Term, free_symbols, fresh_name, subterms
from derive.kernel.arrays import scalarise
from derive.kernel.independence import LawAt
from derive.kernel.law_means import LawMeans
from derive.kernel.poly import Decline, Monomial, Poly, add_poly, minus

_FEW = frozenset({"Bernoulli", "Binomial", "Categorical"})


class FewValues(LawMeans):
    """Normal forms of expectations by the values of a finite law."""

    def mean_of(self, point: Sym, p: Poly) -> Poly:
        """The expectation of a polynomial at a sample point (in `expectation.py`)."""
        raise NotImplementedError

    def by_few_values(self, point: Sym, bound: Monomial) -> Poly | None:
        """A variable with few values alone: the sum over them; among others: `X^k = X` for X in {0, 1}."""
        source = self.only_source(point, bound)
        found = None if source is None else self.law_at(source)
        if found is None or source is None:
            return self._by_masses_of_one(point, bound)
        law, args, names = found
        if law.name == "Categorical":
            return self._by_masses(point, bound, source, found)
        values = law.values(args)
        if values is None or any(self.sources_within(a, source) is False for a, _ in bound):
            return None
        body = self.to_term({bound: Fraction(1)})
        total: Poly = {}
        try:
            for value, mass in values:
                here = self.normal(self.replaced_source(body, source, value))
                if self.depends(here, point):
                    return None
                total = add_poly(total, self.times(self.normal(mass), here))
        except Decline:
            return None
        self.use(*names)
        return total

    def of_a_coin(self, point: Sym, bound: Monomial) -> Poly | None:
        """`f(X) = f(0)*(1 - X) + f(1)*X`, almost surely, for X in {0, 1} among other variables."""
        sources = {a: self.sources(self.atoms[a]) or frozenset() for a, _ in bound}
        for source in sorted(frozenset().union(*sources.values()), key=repr):
            found = self.law_at(source)
            mine = tuple(x for x in bound if source in sources[x[0]])
            if found is None or found[0].name != "Bernoulli" or mine == ((self.ids.get(source), 1),):
                continue
            body = self.to_term({mine: Fraction(1)})
            try:
                none, one = (self.normal(self.replaced_source(body, source, v)) for v in (ZERO, ONE))
            except Decline:
                continue
            if any(self._may_depend(a, source) for p in (none, one) for m in p for a, _ in m):
                # E[Z | X] is a function of X in which X does not stand
                continue
            self.use(*found[2])
            rest = {tuple(x for x in bound if x not in mine): Fraction(1)}
            line = add_poly(none, self.times(minus(one, none), self.normal(source)))
            return self.mean_of(point, self.times(rest, line))
        return None

    def _may_depend(self, atom: int, source: Term) -> bool:
        found = self.sources(self.atoms[atom])
        return found is None or source in found

    def _by_masses_of_one(self, point: Sym, bound: Monomial) -> Poly | None:
        """The sum over the values of a categorical variable that is independent of the others."""
        sources = frozenset().union(*(self.sources(self.atoms[a]) or frozenset() for a, _ in bound))
        for source in sorted(sources, key=repr):
            found = self.law_at(source)
            if found is not None and found[0].name == "Categorical":
                value = self._by_masses(point, bound, source, found)
                if value is not None:
                    return value
        return None

    def _by_masses(self, point: Sym, bound: Monomial, source: Term, found: LawAt) -> Poly | None:
        """A function of a categorical variable: the sum over its values."""
        _, (masses,), names = found
        if point in free_symbols(masses):
            return None
        shape = shape_of(masses)
        body = self.to_term({bound: Fraction(1)})
        taken = {s.name for t in (body, masses) for u in subterms(t) for s in free_symbols(u)}
        value = Sym(fresh_name("k", taken), INTEGER)
        inside = self.replaced_source(body, source, value)
        if point in free_symbols(inside):
            here = self.normal(inside)
            has_mean = self._of_few_values(here) or self.integrable(point, here)
            if not has_mean or not self._stands_alone(point, bound, source):
                # without the mean: E[f(k, Z)] for a Z that has none
                return None
            inside = Bind("E", point, (MEASURE,), inside)
        term = App("*", (App("index", (masses, value)), inside))
        self.use(*names)
        return self.normal(scalarise(Bind("sum", value, (ONE, shape[0]), term)))

    def _of_few_values(self, p: Poly) -> bool:
        """Does it depend on variables of finitely many values alone? Then it has a mean."""
        for m in p:
            for a, _ in m:
                some = self.sources(self.atoms[a])
                if some is None or not all((law := self.law_at(s)) and law[0].name in _FEW for s in some):
                    return False
        return True

    def _stands_alone(self, point: Sym, bound: Monomial, source: Term) -> bool:
        """Is a variable independent of all others that the monomial depends on, taken together?"""
        found: set[Term] = set()
        for a, _ in bound:
            some = self.sources(self.atoms[a])
            if some is None:
                return False
            found |= some
        atoms = {s: next(iter(self.normal(s)), ()) for s in sorted(found, key=repr)}
        if any(len(m) != 1 for m in atoms.values()):
            return False
        whole: Monomial = tuple(sorted((m[0][0], 1) for m in atoms.values()))
        groups = self.groups(point, whole)
        return groups is not None and atoms[source] in groups
