"""Random vectors with a law: the mixed moments of their entries.

Promise: a moment is taken from the row of the law only for products of powers of entries of one vector; where
the formula is one for different indices, they are known to differ (by a case of `_equal_or_not` if need be).

Sources: those of `core/vector_laws.py`.
"""

from __future__ import annotations

from derive.core.term import App, Sym, Term, substitute
from derive.core.vector_laws import MOST_VECTOR_DEGREE, VECTOR_LAWS
from derive.kernel.arrays import entry, scalarise
from derive.kernel.chance_products import ChanceProducts
from derive.kernel.independence import VectorLawAt
from derive.kernel.match import match
from derive.kernel.poly import Monomial, Poly


class VectorLaws(ChanceProducts):
    """Moments of random vectors."""

    def by_vector_law(self, point: Sym, bound: Monomial) -> Poly | None:
        """The mean of a product of powers of entries of one random vector."""
        found = self._entries(bound)
        law = None if found is None else self.law_of_vector(found[0])
        if found is None or law is None:
            return None
        row, args, names = law
        powers = found[1]
        if sum(e for _, e in powers) > MOST_VECTOR_DEGREE:
            return None
        places = [i for i, _ in powers]
        # without this: E[N[j]*N[k]] = n*(n - 1)*p[j]*p[k] at j = k for multinomial N
        if row.apart and not all(
            self.indices_differ(i, j) for k, i in enumerate(places) for j in places[:k]
        ):
            return None
        moment = row.moment(args, powers, entry)
        self.use(*names)
        return self.normal(scalarise(moment))

    def _entries(self, bound: Monomial) -> tuple[Term, tuple[tuple[Term, int], ...]] | None:
        """The vector, and the indices and exponents of its entries."""
        vector: Term | None = None
        powers: list[tuple[Term, int]] = []
        for a, e in bound:
            term = self.atoms[a]
            here = vector_and_index(term)
            if here is None or not isinstance(e, int) or e < 1 or self.sources(term) != frozenset({term}):
                return None
            if vector is not None and here[0] != vector:
                return None
            vector = here[0]
            powers.append((here[1], e))
        return None if vector is None else (vector, tuple(powers))

    def open_places(self, bound: Monomial) -> tuple[Term, Term] | None:
        """Two indices of a vector with a law for different indices, that may or may not be equal."""
        found = self._entries(bound)
        law = None if found is None else self.law_of_vector(found[0])
        if found is None or law is None or not law[0].apart:
            return None
        places = [i for i, _ in found[1]]
        for k, i in enumerate(places):
            for j in places[:k]:
                if not self.indices_differ(i, j):
                    self.use(*law[2])
                    return j, i
        return None

    def law_of_vector(self, vector: Term) -> VectorLawAt | None:
        """The stated law of a random vector."""
        for pattern, variables, law, name in self.laws:
            if not (isinstance(law, App) and law.op in VECTOR_LAWS):
                continue
            found = match(pattern, vector, variables)
            if found is None or len(found) != len(variables):
                continue
            if all(self.covered(v, found[v], pattern) for v in variables):
                here = substitute(law, found)
                assert isinstance(here, App)
                return VECTOR_LAWS[here.op], here.args, frozenset({name})
        return None

    def law_of_entry(self, term: Term) -> VectorLawAt | None:
        """The law of the vector of which a term is an entry."""
        here = vector_and_index(term)
        return None if here is None else self.law_of_vector(here[0])


def vector_and_index(term: Term) -> tuple[Term, Term] | None:
    """`X[i, j]` as the entry j of the vector X[i]."""
    match term:
        case App("index", (base, *at)) if at:
            return (base if len(at) == 1 else App("index", (base, *at[:-1]))), at[-1]
    return None
