"""Inverses among words: of products, of letters, of sums, and of sums that differ by a product of two columns.

Promise: the laws of an inverse are used only where the facts say that it exists; otherwise it is a letter
without laws. Sources: Horn and Johnson, Matrix Analysis, 0.7.4 (Sherman and Morrison).
"""

from __future__ import annotations

from functools import reduce

from derive.core.term import App, Term
from derive.kernel.letters import COLUMN, CONJUGATED, REVERSED, Element, Generator, Letter, Word
from derive.kernel.matrices import Matrices, Names, is_complex
from derive.kernel.poly import Decline, Poly, add_poly, constant, scale


class Inverses(Matrices):
    """Reads inverses."""

    def inverse(self, a: Term) -> Element:
        """The inverse; without the proof that there is one, a letter without laws.

        Without this: A @ inv(A) = eye(n) at A = 0 (tests/unsound/matrix_inverse_of_singular.drv).
        """
        e = self.read(a)
        names = self.invertible(a)
        if names is None or e.shape[0] != e.shape[1]:
            key = App("inv", (self.to_term(e),))
            made = Generator(key, e.shape, not is_complex(a))
            return self.single((self.generator(made), 0))
        self.used |= names
        return self.inverse_of(e, names)

    def inverse_of(self, e: Element, names: Names) -> Element:
        """The inverse of an element that is known to be invertible."""
        c, e = self.content(e)
        if not e.parts:
            raise Decline("the inverse of 0")
        size = e.shape[0]
        if len(e.parts) == 1:
            ((word, _),) = e.parts.items()
            factors = self.square_factors(word, size)
            inverses = [self.inverse_of_factor(f, names) for f in reversed(factors)]
            whole = self.times(self.identity(size), *inverses)
        else:
            whole = self.inverse_of_sum(e, names)
        return self.scaled(whole, self.run.invert(c))

    def content(self, e: Element) -> tuple[Poly, Element]:
        """A common factor of the coefficients, and the rest: `c*A + c*B` is c and A + B.

        Where the matrix is invertible the factor is not 0, for sizes are at least 1.
        """
        if len(e.parts) == 1:
            ((word, c),) = e.parts.items()
            return c, Element(e.shape, {word: constant(1)})
        if not e.parts:
            return constant(1), e
        exponents = [dict(m) for c in e.parts.values() for m in c]
        atoms = {a for m in exponents for a in m}
        floors = [(a, min(m.get(a, 0) for m in exponents)) for a in sorted(atoms)]
        common = self.run.monomial_plain([(a, f) for a, f in floors if f])
        lead = e.parts[max(e.parts, key=self.key)]
        common = scale(common, self.run.leading_coefficient(lead))
        return common, self.scaled(e, self.run.invert(common))

    def square_factors(self, word: Word, size: Term) -> list[Word]:
        """The word cut wherever a product of square matrices is seen: inv(A@B) needs both square.

        Without squareness: inv(X.T @ X) = inv(X) @ inv(X.T).
        """
        factors: list[Word] = []
        start = 0
        for at, letter in enumerate(word):
            if self.shape(letter)[1] == size:
                factors.append(word[start : at + 1])
                start = at + 1
        return factors

    def inverse_of_factor(self, word: Word, names: Names) -> Element:
        """The inverse of one square factor: a letter's, or that of a product of rectangles."""
        if len(word) > 1:
            size = self.shape(word[0])[0]
            return self.inverse_of_sum(Element((size, size), {word: constant(1)}), names)
        return self.inverse_of_letter(word[0], names)

    def inverse_of_letter(self, letter: Letter, names: Names) -> Element:
        """`inv(inv(A)) = A`; otherwise a letter with `A @ inv(A) = inv(A) @ A = eye(n)`."""
        made = self.generators[letter[0]]
        if made.inverse_of is not None:
            self.used |= made.names
            return self.turned(made.inverse_of, letter[1])
        if made.kind == "kron" and all(s[0] == s[1] for _, s in made.inner):
            # the determinant is a product of powers of both, so both are invertible
            return reduce(
                self.kron, (self.inverse_of(Element(s, {w: constant(1)}), names) for w, s in made.inner)
            )
        for rule in self.relations:
            if rule.lead[1:] == (letter,) and rule.parts == {(): constant(1)}:
                # an orthogonal matrix: its transpose is its inverse
                self.used |= rule.names
                return self.single(rule.lead[0])
        term = App("inv", (made.term,))
        base = self.single((letter[0], 0))
        fresh = term not in self.ids
        number = self.generator(
            Generator(term, made.shape, made.real, made.symmetric, base, names | made.names, hermitian=made.hermitian)
        )
        if fresh:
            unit = self.identity(made.shape[0])
            for one, two in (((number, 0), (letter[0], 0)), ((letter[0], 0), (number, 0))):
                self.relate(self.minus(self.word(one, two), unit), names)
        return self.single(self.letter(number, letter[1]))

    def word(self, *letters: Letter) -> Element:
        """A product of letters as an element."""
        return self.times(*(self.single(x) for x in letters))

    def inverse_of_sum(self, e: Element, names: Names) -> Element:
        """The letter S with `S @ e = e @ S = eye(n)`, in the orientation that comes first."""
        updated = self._updated(e, names)
        if updated is not None:
            return updated
        other = self.turned(e, REVERSED)
        symmetric = self.equal(e, other)
        base, flag = e, 0
        if not symmetric and repr(self.to_term(other)) < repr(self.to_term(e)):
            base, flag = other, REVERSED
        term = App("inv", (self.to_term(base),))
        if term not in self.ids:
            mirrored = not symmetric and self.equal(base, self.turned(base, REVERSED | CONJUGATED))
            real = self.is_real_element(base)
            made = Generator(term, base.shape, real, symmetric, base, names, hermitian=mirrored)
            number = self.generator(made)
            self.sums.add(number)
            inverse, unit = self.single((number, 0)), self.identity(base.shape[0])
            self.relate(self.minus(self.times(inverse, base), unit), names)
            self.relate(self.minus(self.times(base, inverse), unit), names)
        return self.single(self.letter(self.ids[term], flag))

    def inverse_of_rest(self, rest: Element) -> Element | None:
        """The inverse of an element, None where it is not known to have one."""
        raise NotImplementedError

    def _updated(self, e: Element, names: Names) -> Element | None:
        """Sherman and Morrison: the inverse of D + c*outer(u, v), both D and the sum being invertible.

        Then `1 + c*dot(v, inv(D) @ u)`, the quotient of the determinants, is not 0.
        """
        for word in sorted(e.parts, key=self.key):
            at = next((k for k, x in enumerate(word) if self.shape(x)[1] == COLUMN), None)
            if at is None:
                continue
            rest = Element(e.shape, {w: c for w, c in e.parts.items() if w != word})
            base = self.inverse_of_rest(rest)
            if base is None:
                continue
            u, v = self.word(*word[: at + 1]), self.word(*word[at + 1 :])
            column = self.scaled(self.times(base, u), e.parts[word])
            below = add_poly(constant(1), self.as_number(self.times(v, column).parts))
            self.used |= names
            self.note(below, "!=", names)
            outer = self.times(column, self.times(v, base))
            return self.minus(base, self.scaled(outer, self.run.invert(below)))
        return None
