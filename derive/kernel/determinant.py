"""Determinants of words and of sums: products, inverses, multiples, the matrix determinant lemma.

Promise: the number returned is the determinant wherever the facts hold. Sources: Horn and Johnson, Matrix
Analysis, 0.3 and 0.8.5; `det(I + A B) = det(I + B A)` (Sylvester) holds for rectangular A and B.
"""

from __future__ import annotations

from derive.core.sort import INTEGER
from derive.core.term import ONE, App, Bind, Sym, Term, index, mentions, mul, power
from derive.kernel.arrays import scalarise
from derive.kernel.definite import Definite
from derive.kernel.invertible import is_square
from derive.kernel.letters import (
    COLUMN,
    CONJUGATED,
    REVERSED,
    Element,
    Generator,
    Letter,
    Rule,
    Word,
)
from derive.kernel.poly import Decline, Poly, add_poly, constant, minus


class Determinants(Definite):
    """Determinants as numbers that multiply out."""

    def determinant(self, term: Term) -> Poly:
        """The determinant of a matrix."""
        found = self._of_blocks(term)
        if found is not None:
            return found
        e = self.read(term)
        if e.shape[0] != e.shape[1]:
            raise Decline("the determinant of a matrix that is not seen to be square")
        return self.determinant_of(e)

    def _of_blocks(self, term: Term) -> Poly | None:
        """A product of square matrices with blocks among them, or two by two blocks by a Schur complement."""
        if not mentions(term, "above"):
            return None
        match term:
            case App("matmul", (a, b)) if is_square(a) and is_square(b):
                return self.run.times(self.determinant(a), self.determinant(b))
            case App("transpose", (a,)):
                return self.determinant(a)
            case App("above", (App("beside", (a, b)), App("beside", (c, d)))) if is_square(a) and is_square(d):
                return self._two_by_two(a, b, c, d)
        return None

    def _two_by_two(self, a: Term, b: Term, c: Term, d: Term) -> Poly | None:
        """`det([[A, B], [C, D]])`; without invertibility of A or D: det(A)*det(D) - det(B)*det(C)."""
        if not self.read(b).parts or not self.read(c).parts:
            return self.run.times(self.determinant(a), self.determinant(d))
        for corner, other, left, right in ((a, d, c, b), (d, a, b, c)):
            names = self.invertible(corner)
            if names is not None:
                self.used |= names
                below = App("matmul", (App("matmul", (left, App("inv", (corner,)))), right))
                schur = App("-", (other, below))
                return self.run.times(self.determinant(corner), self.determinant(schur))
        return None

    def determinant_of(self, e: Element) -> Poly:
        """`det(c*A) = c^n*det(A)`; without the power: det(2*A) = 2*det(A)."""
        if not e.parts:
            raise Decline("the determinant of 0")
        c, base = self.content(e)
        if len(base.parts) == 1:
            (word,) = base.parts
            found = self._of_word(word, e.shape[0])
        else:
            found = self._of_sum(base)
        if c == constant(1):
            return found
        factor = self.run.normal(power(self.run.to_term(c), e.shape[0]))
        return self.run.times(factor, found)

    def _of_word(self, word: Word, size: Term) -> Poly:
        """A product of square factors; without squareness: det(X.T @ X) = det(X)^2."""
        total = constant(1)
        for factor in self.square_factors(word, size):
            total = self.run.times(total, self._of_factor(factor))
        return total

    def _of_factor(self, word: Word) -> Poly:
        if len(word) > 1:
            return self.number("det", min(word, self.turn(word, REVERSED), key=self.key))
        return self._of_letter(word[0])

    def _of_letter(self, letter: Letter) -> Poly:
        made = self.generators[letter[0]]
        if made.inverse_of is not None:
            # the inverse exists, so the determinant is not 0
            self.used |= made.names
            found = self.run.invert(self.determinant_of(made.inverse_of))
        elif made.kind in ("kron", "diag") and all(s[0] == s[1] or s[1] == COLUMN for _, s in made.inner):
            found = self._of_built(made)
        else:
            found = self.number("det", ((letter[0], 0),))
            self._orthogonal(letter[0], found)
        return self.run.conjugate(found) if letter[1] & CONJUGATED else found

    def _of_built(self, made: Generator) -> Poly:
        """`det(kron(A, B)) = det(A)^n * det(B)^m` for A of size m and B of size n; of a diagonal matrix."""
        if made.kind == "diag":
            ((word, (size, _)),) = made.inner
            at = Sym(f"~d{len(self.numbers)}", INTEGER)
            entries = scalarise(index(self.word_term(word, size), at))
            return self.run.normal(Bind("prod", at, (ONE, size), entries))
        total = constant(1)
        for place, (w, (size, _)) in enumerate(made.inner):
            others = [s for other, (_, (s, _)) in enumerate(made.inner) if other != place]
            own = self.determinant_of(Element((size, size), {w: constant(1)}))
            total = self.run.times(total, self.run.normal(power(self.run.to_term(own), mul(*others))))
        return total

    def _orthogonal(self, generator: int, found: Poly) -> None:
        """`det(Q)^2 = 1` where `Q.T @ Q = eye(n)`, and `abs(det(U)) = 1` where `U.H @ U = eye(n)`."""
        lead = ((generator, REVERSED), (generator, 0))
        mirror = self.letter(generator, REVERSED | CONJUGATED)
        for rule in self.relations:
            if rule.lead == lead and rule.parts == {(): constant(1)}:
                self._has_zero(minus(self.run.times(found, found), constant(1)), rule)
            if rule.lead == (mirror, (generator, 0)) and rule.parts == {(): constant(1)}:
                # det(U.H) = conj(det(U)); without the conjugate: det(U)^2 = 1 for a unitary U
                other = self.run.conjugate(found)
                self._has_zero(minus(self.run.times(other, found), constant(1)), rule)

    def _has_zero(self, zero: Poly, rule: Rule) -> None:
        if all(zero != known for known, _ in self.square_roots):
            self.square_roots.append((zero, rule.names))

    def _of_sum(self, e: Element) -> Poly:
        """A word added to an invertible matrix; other sums have a determinant of their own."""
        for word in sorted(e.parts, key=self._column_first):
            rest = Element(e.shape, {w: c for w, c in e.parts.items() if w != word})
            base = self.inverse_of_rest(rest)
            if base is not None:
                added = self.times(base, Element(e.shape, {word: e.parts[word]}))
                if len(added.parts) == 1:
                    found = self.run.times(self.determinant_of(rest), self._one_plus(added))
                    said = self.definite_element(e)
                    if said is not None and said[0] == "posdef":
                        self.note(found, "<", said[1])
                    return found
        return self._whole(e)

    def _column_first(self, word: Word) -> tuple[object, ...]:
        outer = any(self.shape(letter)[1] == COLUMN for letter in word)
        length, names = self.key(word)
        return (not outer, -int(str(length)), names)

    def inverse_of_rest(self, rest: Element) -> Element | None:
        """The inverse, where every letter of the one word is known to have one.

        Without this: det(A + outer(u, v)) = (1 + dot(v, inv(A)@u))*det(A) for a singular A.
        """
        if len(rest.parts) != 1:
            said = self.definite_element(rest)
            if said is None or said[0] != "posdef":
                return None
            self.used |= said[1]
            return self.inverse_of(rest, said[1])
        ((word, c),) = rest.parts.items()
        if self.run.sign(c) not in ("+", "-", "!0"):
            return None
        names: set[str] = set()
        for letter in word:
            rows, columns = self.shape(letter)
            found = self.invertible_letter(letter[0]) if rows == columns else None
            if found is None:
                return None
            names |= found
        self.used |= names
        return self.inverse_of(rest, frozenset(names))

    def _one_plus(self, added: Element) -> Poly:
        """`det(I + c*w)`, the same for every rotation of the word, and for its transpose."""
        ((word, c),) = added.parts.items()
        if not word:
            return self.run.normal(
                power(self.run.to_term(add_poly(constant(1), c)), added.shape[0])
            )
        turns = [word[k:] + word[:k] for k in range(len(word))]
        for turn in turns:
            if self.shape(turn[0])[0] == COLUMN:
                return add_poly(constant(1), self.run.times(c, self.as_number(self.normal(turn))))
        turns += [self.turn(turn, REVERSED) for turn in turns]
        best = min(turns, key=self.key)
        size = self.shape(best[0])[0]
        return self._whole(Element((size, size), {(): constant(1), best: c}))

    def _whole(self, e: Element) -> Poly:
        """The determinant as an atom, the same for the transpose."""
        said = self.definite_element(e)
        term = min(self.to_term(e), self.to_term(self.turned(e, REVERSED)), key=repr)
        # without realness: conj(det(A + B)) = det(A + B) (tests/unsound/complex_determinant_of_a_sum.drv)
        number = self.generator(Generator(term, e.shape, self.is_real_element(e)))
        found = self.number("det", ((number, 0),))
        if said is not None and said[0] == "posdef":
            self.note(found, "<", said[1])
        return found
