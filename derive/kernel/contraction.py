"""Sums over an index read as products: `sum(k in 1..n, A[i, k]*x[k])` is an entry of `A @ x`.

Promise: the number returned equals the sum wherever its conditions hold; where an index stands anywhere but as
a whole axis of an array of that size, or the range is not that whole axis, the sum is left as it is.
"""

from __future__ import annotations

from functools import reduce

from derive.core.sort import INTEGER
from derive.core.term import ONE, App, Bind, Sym, Term, free_symbols, substitute
from derive.kernel.inverses import Inverses
from derive.kernel.letters import COLUMN, REVERSED, Element, Word
from derive.kernel.poly import Decline, Monomial, Poly, add_poly, constant

MAX_FACTORS = 6


class Contracted(Inverses):
    """Reads sums over whole axes."""

    def contract(self, term: Bind) -> Poly | None:
        """The sum as a number of products, None where it is no contraction."""
        if term.op != "sum" or len(term.over) != 2 or term.over[0] != ONE:
            return None
        self.fresh += 1
        # without the fresh name: what is known of a free k would hold for the bound one
        k = Sym(f"~k{self.fresh}", INTEGER)
        try:
            size = self.run.tidy(term.over[1])
            body = self.value(substitute(term.body, {term.var: k}))
            total: Poly = {}
            for m, c in body.items():
                part = self._summed_over(m, k, size)
                if part is None:
                    return None
                total = add_poly(total, self.run.times(constant(c), part))
        except Decline:
            return None
        return total

    def _summed_over(self, m: Monomial, k: Sym, size: Term) -> Poly | None:
        """The sum over k of one product of numbers."""
        outside = constant(1)
        columns: list[Element] = []
        for atom, e in m:
            if not self._mentions(atom, k):
                if e < 0 and not self.run.may_leave(((atom, e),), ONE, size):
                    return None
                outside = self.run.times(outside, self.run.monomial([(atom, e)]))
                continue
            if not isinstance(e, int) or not 0 < e <= MAX_FACTORS - len(columns):
                return None
            column = self._column_at(atom, k, size)
            if column is None:
                return None
            columns += [column] * e
        if not columns:
            # without a place for the index its range is not known to be that of an axis
            return None
        first = columns[0] if len(columns) > 1 else self.ones(size)
        rest = reduce(self.entrywise, columns[1:] if len(columns) > 1 else columns)
        product = self.times(self.turned(first, REVERSED), rest)
        return self.run.times(outside, self.as_number(product.parts))

    def _mentions(self, atom: int, k: Sym) -> bool:
        return self._about(self.run.atoms[atom], k)

    def _letter_mentions(self, generator: int, k: Sym) -> bool:
        return self._about(self.generators[generator].term, k)

    def _about(self, term: Term, k: Sym) -> bool:
        """Does a term depend on k, also through a symbol that stands for a product?

        Without the products: 1/(1 + (A@y)[k]) would come out of a sum over k
        (tests/unsound/matrix_hidden_index.drv).
        """
        return any(
            s == k or (s in self.meaning and any(self._letter_mentions(g, k) for g, _ in self.meaning[s][1]))
            for s in free_symbols(term)
        )

    def _column_at(self, atom: int, k: Sym, size: Term) -> Element | None:
        """The vector of which a number that depends on k is the entry at k."""
        term = self.run.atoms[atom]
        word: Word
        if isinstance(term, Sym):
            kind, word = self.meaning[term]
            if kind != "dot":
                return None
        else:
            found = self._entry_word(term)
            if found is None:
                return None
            word = found
        here = App("index", (App("eye", (size,)), k))
        ends = [self.generators[word[at][0]].term == here for at in (0, -1)]
        inside = word[1:-1] if all(ends) else word[1:] if ends[0] else word[:-1]
        if not any(ends) or any(self._letter_mentions(g, k) for g, _ in inside):
            return None
        if all(ends):
            return self.diagonal(Element((size, size), self.normal(inside))) if inside else None
        if not ends[0]:
            inside = self.turn(inside, REVERSED)
        return Element((size, COLUMN), self.normal(inside))

    def _entry_word(self, term: Term) -> Word | None:
        """`x[i]` and `A[i, j]` of names, as products with unit vectors."""
        match term:
            case App("index", (Sym() as a, *places)) if 0 < len(places) < 3:
                e = self.read(a)
                if len(e.parts) != 1 or (len(places) == 1) != (e.shape[1] == COLUMN):
                    return None
                ((middle, c),) = e.parts.items()
                if c != constant(1):
                    return None
                (row,) = self.turned(self.unit(e.shape[0], places[0]), REVERSED).parts
                if len(places) == 1:
                    return row + middle
                (column,) = self.unit(e.shape[1], places[1]).parts
                return row + middle + column
        return None
