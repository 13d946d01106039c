"""Expectations of products over the entries of an array with independent entries, and of exponentials of sums.

Promise: `E[prod(i, f(X[i]))] = prod(i, E[f(X[i])])` only where the entries are stated to be independent, the
factor at `i` depends on the entry at `i` alone, and every factor is integrable.
"""

from __future__ import annotations

from derive.core.chance import MEASURE
from derive.core.term import App, Bind, Sym, Term, free_symbols, mul
from derive.kernel.integrability import Integrability
from derive.kernel.poly import Decline, Monomial, Poly, constant, scale


class ChanceProducts(Integrability):
    """Products of independent factors over a range."""

    def product_parts(self, point: Sym, bound: Monomial) -> tuple[Sym, Term, Term, Term] | None:
        """The index, the range and the factor at the index, for a product over independent entries."""
        if len(bound) != 1:
            return None
        ((a, e),) = bound
        term = self.atoms[a]
        match term:
            case Bind("prod", var, (low, high), body) if isinstance(e, int):
                fresh, inside = self.enter(var, low, high, body)
                factor: Term = inside if e == 1 else App("^", (inside, self.number(e)))
                return self._checked(point, fresh, low, high, factor)
            case App("exp", (inner,)):
                return self._of_exponential(point, scale(self.normal(inner), e))
        return None

    def number(self, e: int) -> Term:
        """An exponent as a term."""
        return self.to_term(constant(e)) if e else self.to_term({})

    def _of_exponential(self, point: Sym, exponent: Poly) -> tuple[Sym, Term, Term, Term] | None:
        """`exp(c*sum(i, g(X[i])))` as the product of `exp(c*g(X[i]))`."""
        if len(exponent) != 1:
            return None
        ((m, c),) = exponent.items()
        sums = [(a, e) for a, e in m if self._is_sum_atom(a, point)]
        if len(sums) != 1 or sums[0][1] != 1:
            return None
        rest = tuple(x for x in m if x != sums[0])
        if any(point in free_symbols(self.atoms[a]) for a, _ in rest):
            return None
        dummies, factors = self.open(self.atoms[sums[0][0]])
        if len(dummies) != 1:
            return None
        ((index, low, high),) = dummies
        inside = mul(self.to_term({rest: c}), self.product_term(factors))
        return self._checked(point, index, low, high, App("exp", (inside,)))

    def _checked(
        self, point: Sym, index: Sym, low: Term, high: Term, factor: Term
    ) -> tuple[Sym, Term, Term, Term] | None:
        """The parts, if the factor depends on one entry, at the index itself, of an independent array."""
        if point in free_symbols(low) | free_symbols(high):
            return None
        try:
            p = self.normal(factor)
        except Decline:
            return None
        found: set[Term] = set()
        for m in p:
            for a, _ in m:
                sources = self.sources(self.atoms[a])
                if sources is None:
                    return None
                found |= sources
        if len(found) != 1:
            return None
        (source,) = found
        for array, name in self.entrywise:
            # without the index itself: prod(i, f(X[1])) would be E[f(X[1])]^n
            if source == App("index", (array, index)):
                self.use(name)
                return index, low, high, factor
        return None

    def mean_of_product(self, point: Sym, bound: Monomial) -> Poly | None:
        """The product of the means."""
        parts = self.product_parts(point, bound)
        if parts is None:
            return None
        index, low, high, factor = parts
        if not self.integrable(point, self.normal(factor)):
            return None
        return self.normal(Bind("prod", index, (low, high), Bind("E", point, (MEASURE,), factor)))

    def product_integrable(self, point: Sym, bound: Monomial) -> bool:
        """Is a product of independent integrable factors?"""
        parts = self.product_parts(point, bound)
        return parts is not None and self.integrable(point, self.normal(parts[3]))
