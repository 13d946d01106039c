"""Sums of vectors and matrices over an index, read as combinations of words.

Promise: what stands beside the index comes out of the sum by linearity, to the left and to the right of the
factors that mention it; numbers come out as far as they are free of the index. What is left under the sum is
one letter. `sum(i, x[i])` and `sum(i, outer(x[i], x[i]))` over all rows are products with the matrix itself.
Where an index hides in a number that stands for a product, the sum is left as it is.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.shape import shape_of
from derive.core.sort import INTEGER
from derive.core.term import ONE, App, Bind, Sym, Term, free_symbols, mentions, mul, substitute
from derive.kernel.contraction import Contracted
from derive.kernel.indices import is_array
from derive.kernel.letters import COLUMN, REVERSED, Element, Generator, Shape, Word
from derive.kernel.matrices import NO_NAMES, is_complex
from derive.kernel.poly import Decline, Monomial, Poly, constant


class ArraySums(Contracted):
    """Reads sums of arrays."""

    def read_sum(self, term: Bind) -> Element | None:
        """The sum as a combination of words; None where it stays a letter of its own."""
        if term.op != "sum" or len(term.over) != 2 or not is_array(term.body) or is_complex(term.body):
            return None
        if any(mentions(end, "inf") for end in term.over):
            return None
        self.fresh += 1
        # without the fresh name: what is known of a free k would hold for the bound one
        k = Sym(f"~k{self.fresh}", INTEGER)
        outer, self.used = self.used, set()
        try:
            body = self.read(substitute(term.body, {term.var: k}))
            low, high = (self.run.tidy(end) for end in term.over)
            total = Element(body.shape, {})
            for word, c in body.parts.items():
                for m, number in c.items():
                    part = self._part(body.shape, word, m, k, (low, high))
                    if part is None:
                        self.used = set()
                        return None
                    total = self.plus(total, self.scaled(part, constant(number)))
            return total
        except Decline:
            self.used = set()
            return None
        finally:
            self.used |= outer

    def _part(self, shape: Shape, word: Word, m: Monomial, k: Sym, over: tuple[Term, Term]) -> Element | None:
        """The sum of one word with one product of numbers."""
        free: Monomial = ()
        inside: Monomial = ()
        for factor in m:
            mentioned = k in free_symbols(self.run.atoms[factor[0]])
            # without this: x[i] @ x[i].T @ x[i] would be a number that does not depend on i, times x[i]
            if mentioned != self._mentions(factor[0], k):
                return None
            if mentioned:
                inside += (factor,)
            else:
                free += (factor,)
        if not self.run.may_leave(free, *over):
            return None
        outside, weight = {free: Fraction(1)}, {inside: Fraction(1)}
        places = [at for at, (g, _) in enumerate(word) if self._letter_mentions(g, k)]
        if any(k not in free_symbols(self.generators[word[at][0]].term) for at in places):
            return None
        if not places:
            count = self.run.normal(Bind("sum", k, over, self.run.to_term(weight)))
            return self.scaled(Element(shape, {word: constant(1)}), self.run.times(outside, count))
        first, last = places[0], places[-1] + 1
        middle = word[first:last]
        found = (None if inside else self._whole_axis(middle, k, over)) or self._sum_letter(middle, weight, k, over)
        if word[:first]:
            found = self.times(self.word(*word[:first]), found)
        if word[last:]:
            found = self.times(found, self.word(*word[last:]))
        return self.scaled(found, outside)

    def _whole_axis(self, middle: Word, k: Sym, over: tuple[Term, Term]) -> Element | None:
        """`sum(i, x[i]) = x.T @ ones(n)`, `sum(i, outer(x[i], y[i])) = x.T @ y`, over all rows."""
        rows = [self._row_of(g, k, over) for g, _ in middle]
        if any(r is None for r in rows):
            return None
        arrays = [self.read(r) for r in rows if r is not None]
        match middle:
            case ((_, flag),):
                found = self.times(self.turned(arrays[0], REVERSED), self.ones(over[1]))
                return self.turned(found, REVERSED) if flag & REVERSED else found
            case ((_, one), (_, two)) if not one & REVERSED and two & REVERSED:
                return self.times(self.turned(arrays[0], REVERSED), arrays[1])
        return None

    def _row_of(self, generator: int, k: Sym, over: tuple[Term, Term]) -> Sym | None:
        """The matrix of which a letter is row k, k running over all rows."""
        match self.generators[generator].term:
            case App("index", (Sym() as a, place)) if (
                place == k and len(shape_of(a)) == 2 and over == (ONE, self.size(shape_of(a)[0]))
            ):
                return a
        return None

    def _sum_letter(self, middle: Word, weight: Poly, k: Sym, over: tuple[Term, Term]) -> Element:
        """What stays under the sum, as a letter in the orientation that comes first."""
        outer, self.used = self.used, set()
        other = self.turn(middle, REVERSED)
        names, self.used = frozenset(self.used), self.used | outer
        symmetric = other == middle
        shown = [self._shown(w, weight, k, over) for w in (middle, other)]
        flag = 0
        if self.shape(middle[0])[0] == COLUMN or (
            not symmetric and self.shape(middle[-1])[1] != COLUMN and repr(shown[1]) < repr(shown[0])
        ):
            middle, flag = other, REVERSED
        shape = (self.shape(middle[0])[0], self.shape(middle[-1])[1])
        made = Generator(shown[1 if flag else 0], shape, True, symmetric, None, names if symmetric else NO_NAMES)
        return self.single(self.letter(self.generator(made), flag))

    def _shown(self, word: Word, weight: Poly, k: Sym, over: tuple[Term, Term]) -> Term:
        """The sum as a term, its variable canonical."""
        body = self.word_term(word, ONE)
        if weight != constant(1):
            body = mul(self.run.to_term(weight), body)
        return canonical(Bind("sum", k, over, body))
