"""Letters that are built from words: Kronecker products, stacked columns, diagonals, entrywise products.

Promise: every law applied here holds for all values of the letters, with the sizes checked as terms. Sources:
Magnus and Neudecker, Matrix Differential Calculus, 2; Horn and Johnson, Topics in Matrix Analysis, 4 and 5.
"""

from __future__ import annotations

from functools import reduce
from itertools import product

from derive.core.term import App, Term, mul
from derive.kernel.letters import (
    COLUMN,
    CONJUGATED,
    REVERSED,
    Element,
    Generator,
    Letter,
    Parts,
    Shape,
    Word,
)
from derive.kernel.poly import Poly, constant
from derive.kernel.words import Words

Inner = tuple[tuple[Word, Shape], ...]


class Structured(Words):
    """The arithmetic of words, with letters that have words inside."""

    # -------------------------------------------------------------- making letters

    def built(self, kind: str, inner: Inner, shape: Shape) -> Parts:
        """The letter of this kind about these words."""
        terms = tuple(self.framed(w, s) for w, s in inner)
        real = all(self.generators[g].real for w, _ in inner for g, _ in w)
        op = {"had": "*", "dg": "diag"}.get(kind, kind)
        whole = terms[0]
        if op == "*":
            for other in terms[1:]:
                whole = App("*", (whole, other))
        else:
            whole = App(op, terms)
        made = Generator(whole, shape, real, kind=kind, inner=inner)
        return {((self.generator(made), 0),): constant(1)}

    def framed(self, word: Word, shape: Shape) -> Term:
        """A word as a term of its shape."""
        return self.word_term(word, shape[0])

    def bilinear(self, kind: str, elements: tuple[Element, ...], shape: Shape) -> Element:
        """A form that is linear in each argument."""
        parts: Parts = {}
        for choice in product(*(e.parts.items() for e in elements)):
            factor = constant(1)
            for _, c in choice:
                factor = self.run.times(factor, c)
            inner = tuple((w, e.shape) for (w, _), e in zip(choice, elements, strict=True))
            self.collect(parts, self._one(kind, inner, shape), factor)
        return Element(shape, parts)

    def _one(self, kind: str, inner: Inner, shape: Shape) -> Parts:
        match kind:
            case "kron":
                if all(not w for w, _ in inner):
                    # eye(m) with eye(n) is eye(m*n)
                    return {(): constant(1)}
                inner = tuple(part for ws in inner for part in self._flat(ws))
            case "diag":
                if self._is_ones(inner[0][0]):
                    return {(): constant(1)}
            case "dg":
                return self._diagonal_of(inner[0][0], inner[0][1], shape)
            case "had":
                return self._entrywise(inner, shape)
        return self.built(kind, inner, shape)

    def _flat(self, part: tuple[Word, Shape]) -> Inner:
        """The parts of a Kronecker product inside a Kronecker product, which is associative."""
        made = self.generators[part[0][0][0]] if len(part[0]) == 1 else None
        return made.inner if made is not None and made.kind == "kron" else (part,)

    def kron(self, a: Element, b: Element) -> Element:
        """The Kronecker product."""
        rows, columns = (
            COLUMN if m == n == COLUMN else self.run.tidy(mul(m, n)) for m, n in zip(a.shape, b.shape, strict=True)
        )
        return self.bilinear("kron", (a, b), (rows, columns))

    def stacked(self, a: Element) -> Element:
        """The columns of a matrix, one below the other."""
        return self.bilinear("vec", (a,), (self.run.tidy(mul(*a.shape)), COLUMN))

    def diagonal(self, a: Element) -> Element:
        """The diagonal matrix of a vector, or the diagonal of a matrix."""
        if a.shape[1] == COLUMN:
            return self.bilinear("diag", (a,), (a.shape[0], a.shape[0]))
        return self.bilinear("dg", (a,), (a.shape[0], COLUMN))

    def entrywise(self, a: Element, b: Element) -> Element:
        """The product entry by entry."""
        return self.bilinear("had", (a, b), a.shape)

    # -------------------------------------------------------------- diagonals and entrywise products

    def column_of_ones(self, size: Term) -> Word:
        """The word of a vector of ones."""
        made = Generator(App("ones", (size,)), (size, COLUMN))
        return ((self.generator(made), 0),)

    def _is_ones(self, word: Word) -> bool:
        return len(word) == 1 and _is_ones_term(self.generators[word[0][0]].term)

    def split(self, word: Word) -> tuple[Word, Word] | None:
        """`u @ v.T` as the columns u and v."""
        for at, letter in enumerate(word[:-1]):
            if self.shape(letter)[1] == COLUMN:
                return word[: at + 1], self.turn(word[at + 1 :], REVERSED)
        return None

    def _diagonal_of(self, word: Word, inside: Shape, shape: Shape) -> Parts:
        if not word:
            return {self.column_of_ones(shape[0]): constant(1)}
        made = self.generators[word[0][0]]
        if len(word) == 1 and made.kind == "diag":
            return {made.inner[0][0]: constant(1)}
        pair = self.split(word)
        if pair is not None:
            return self._entrywise(tuple((w, shape) for w in pair), shape)
        return self.built("dg", ((min(word, self.turn(word, REVERSED), key=self.key), inside),), shape)

    def _entrywise(self, inner: Inner, shape: Shape) -> Parts:
        words: list[Word] = []
        for word, _ in inner:
            made = self.generators[word[0][0]] if len(word) == 1 else None
            words += [w for w, _ in made.inner] if made is not None and made.kind == "had" else [word]
        if shape[1] == COLUMN:
            words = [w for w in words if not self._is_ones(w)]
            if not words:
                return {self.column_of_ones(shape[0]): constant(1)}
        elif () in words:
            # with the identity only the diagonals are left
            words.remove(())
            rest = self._chain(words, shape)
            return self.diagonal(self.diagonal(rest)).parts
        else:
            for word in words:
                pair = self.split(word)
                if pair is not None:
                    words.remove(word)
                    left, right = (
                        self.diagonal(Element((n, COLUMN), {w: constant(1)}))
                        for w, n in zip(pair, shape, strict=True)
                    )
                    if not words:
                        break
                    return self.times(left, self._chain(words, shape), right).parts
        if len(words) == 1:
            return {words[0]: constant(1)}
        words.sort(key=self.key)
        return self.built("had", tuple((w, shape) for w in words), shape)

    def _chain(self, words: list[Word], shape: Shape) -> Element:
        total = Element(shape, {words[0]: constant(1)})
        for w in words[1:]:
            total = self.entrywise(total, Element(shape, {w: constant(1)}))
        return total

    # -------------------------------------------------------------- transposes

    def built_letter(self, letter: Letter) -> Letter:
        """A letter with words inside, transposed or conjugated there."""
        made, flag = self.generators[letter[0]], letter[1]
        if made.kind == "diag":
            flag &= ~REVERSED
        inside = flag if made.kind == "kron" else flag & CONJUGATED
        if made.kind == "had" and made.shape[1] != COLUMN:
            inside = flag
        if not inside or (inside == CONJUGATED and made.real):
            return letter[0], flag & REVERSED
        inner = tuple(
            (self.turn(w, inside), (s[1], s[0]) if inside & REVERSED else s) for w, s in made.inner
        )
        if made.kind == "had":
            inner = tuple(sorted(inner, key=lambda ws: self.key(ws[0])))
        shape = (made.shape[1], made.shape[0]) if inside & REVERSED else made.shape
        ((word, _),) = self.built(made.kind, inner, shape).items()
        return word[0][0], flag & REVERSED & ~inside

    # -------------------------------------------------------------- words of such letters

    def merged(self, word: Word) -> Parts | None:
        """The word with two neighbours put together, or a letter rewritten inside; None where neither applies."""
        for at, letter in enumerate(word):
            made = self.generators[letter[0]]
            if not made.kind:
                continue
            fresh = self._refreshed(made)
            if fresh is not None:
                turned = self.turned(fresh, letter[1])
                return self._around(word[:at], turned, word[at + 1 :])
            found = self._together(word, at)
            if found is not None:
                start, end, middle = found
                return self._around(word[:start], middle, word[end:])
        return None

    def _around(self, before: Word, middle: Element, after: Word) -> Parts:
        parts: Parts = {}
        for w, c in middle.parts.items():
            self.collect(parts, self.normal(before + w + after), c)
        return parts

    def _refreshed(self, made: Generator) -> Element | None:
        """The letter with its inner words rewritten by the rules known by now."""
        if not any(self._reducible(w) for w, _ in made.inner):
            return None
        elements = tuple(Element(s, self.normal(w)) for w, s in made.inner)
        if made.kind in ("had", "kron"):
            return reduce(self.entrywise if made.kind == "had" else self.kron, elements)
        return self.bilinear(made.kind, elements, made.shape)

    def _reducible(self, word: Word) -> bool:
        if self.match(word) is not None:
            return True
        return any(
            self.generators[g].kind and self._refreshed(self.generators[g]) is not None for g, _ in word
        )

    def _together(self, word: Word, at: int) -> tuple[int, int, Element] | None:
        """Where a letter and its neighbours become one element."""
        made = self.generators[word[at][0]]
        following = self.generators[word[at + 1][0]] if at + 1 < len(word) else None
        match made.kind:
            case "kron" if following is not None and following.kind == "kron":
                found = self._mixed(made.inner, following.inner)
                return None if found is None else (at, at + 2, found)
            case "kron" if following is not None and following.kind == "vec" and word[at + 1][1] == 0:
                found = self._into_columns(made.inner, following.inner)
                return None if found is None else (at, at + 2, found)
            case "vec" if word[at][1] & REVERSED and following is not None:
                return self._from_row(word, at, made, following)
            case "diag":
                return self._diagonal_beside(word, at, made)
            case "dg" | "had" if made.shape[1] == COLUMN:
                return self._summed(word, at, made)
        return None

    def _mixed(self, left: Inner, right: Inner) -> Element | None:
        """`kron(A, B) @ kron(C, D) = kron(A @ C, B @ D)`.

        Without the sizes: kron(A, B) @ kron(C, D) with factors that do not fit, though the products do.
        """
        if len(left) != len(right) or any(p[1] != q[0] for (_, p), (_, q) in zip(left, right, strict=True)):
            return None
        products = [
            Element((p[0], q[1]), self.normal(a + b)) for (a, p), (b, q) in zip(left, right, strict=True)
        ]
        return reduce(self.kron, products)

    def _into_columns(self, left: Inner, right: Inner) -> Element | None:
        """`kron(P, Q) @ vec(W) = vec(Q @ W @ P.T)`: columns are stacked, so Q acts on each of them."""
        if len(left) != 2:
            return None
        (p, ps), (q, qs) = left
        ((w, ws),) = right
        if qs[1] != ws[0] or ps[1] != ws[1]:
            return None
        return self.stacked(Element((qs[0], ps[0]), self.normal(q + w + self.turn(p, REVERSED))))

    def _from_row(
        self, word: Word, at: int, made: Generator, following: Generator
    ) -> tuple[int, int, Element] | None:
        ((w, ws),) = made.inner
        if following.kind == "vec" and word[at + 1][1] == 0:
            ((v, vs),) = following.inner
            if vs == ws:
                inside = Element((ws[1], ws[1]), self.normal(self.turn(w, REVERSED) + v))
                return at, at + 2, Element((COLUMN, COLUMN), _number(self.trace(inside)))
        if following.kind == "kron" and len(following.inner) == 2:
            (p, ps), (q, qs) = following.inner
            if qs[0] == ws[0] and ps[0] == ws[1]:
                inner = Element((qs[1], ps[1]), self.normal(self.turn(q, REVERSED) + w + p))
                return at, at + 2, self.turned(self.stacked(inner), REVERSED)
        return None

    def _diagonal_beside(self, word: Word, at: int, made: Generator) -> tuple[int, int, Element] | None:
        """`diag(u) @ diag(v)`, and `diag(u) @ v` as the entrywise product."""
        u = Element((made.shape[0], COLUMN), {made.inner[0][0]: constant(1)})
        if at + 1 < len(word) and (other := self.generators[word[at + 1][0]]).kind == "diag":
            v = Element(u.shape, {other.inner[0][0]: constant(1)})
            return at, at + 2, self.diagonal(self.entrywise(u, v))
        for end in range(at + 1, len(word)):
            if self.shape(word[end])[1] == COLUMN:
                v = Element(u.shape, {word[at + 1 : end + 1]: constant(1)})
                return at, end + 1, self.entrywise(u, v)
        for start in range(at - 1, -1, -1):
            if self.shape(word[start])[0] == COLUMN:
                row = self.turn(word[start:at], REVERSED)
                v = Element(u.shape, {row: constant(1)})
                return start, at + 1, self.turned(self.entrywise(u, v), REVERSED)
        return None

    def _summed(self, word: Word, at: int, made: Generator) -> tuple[int, int, Element] | None:
        """`ones.T @ diag(A)` is the trace of A, `ones.T @ (u .* v)` is `u.T @ v`."""
        row = word[at][1] & REVERSED
        beside = at + 1 if row else at - 1
        if not 0 <= beside < len(word) or not self._is_ones(word[beside : beside + 1]):
            return None
        if made.kind == "dg":
            w, s = made.inner[0]
            found = self.trace(Element(s, {w: constant(1)}))
        else:
            words = [w for w, _ in made.inner]
            rest = self._entrywise(tuple((w, made.shape) for w in words[1:]), made.shape)
            inside = self.times(
                self.turned(Element(made.shape, {words[0]: constant(1)}), REVERSED),
                Element(made.shape, rest),
            )
            found = self.as_number(inside.parts)
        return min(at, beside), max(at, beside) + 1, Element((COLUMN, COLUMN), _number(found))

    # -------------------------------------------------------------- traces

    def trace_of(self, word: Word, size: Term) -> Poly:
        """As for words; of a Kronecker product it is the product of the traces."""
        if len(word) == 1:
            made = self.generators[word[0][0]]
            if made.kind == "kron" and all(s[0] == s[1] for _, s in made.inner):
                # without squareness: the trace of kron(X, X.T) for a rectangular X
                return self.run.product(*(self.trace(Element(s, {w: constant(1)})) for w, s in made.inner))
        diagonals = [k for k, (g, _) in enumerate(word) if self.generators[g].kind == "diag"]
        if len(diagonals) == 1:
            # tr(diag(u) @ A) = u.T @ diag(A)
            at = diagonals[0]
            made = self.generators[word[at][0]]
            rest = word[at + 1 :] + word[:at]
            square = Element(made.shape, self.normal(rest) if rest else {(): constant(1)})
            u = Element((made.shape[0], COLUMN), {made.inner[0][0]: constant(1)})
            found = self.times(self.turned(u, REVERSED), self.diagonal(square))
            return self.as_number(found.parts)
        return super().trace_of(word, size)


def _number(p: Poly) -> Parts:
    return {(): p} if p else {}


def _is_ones_term(term: Term) -> bool:
    return isinstance(term, App) and term.op == "ones" and len(term.args) == 1
