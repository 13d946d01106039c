"""Letters, words and their combinations: matrices and vectors with symbolic sizes.

A letter is a matrix, or its transpose or conjugate; a vector is a matrix with one column. A word is a product
of letters whose sizes fit; a coefficient is a polynomial of the scalar normal form.

Promise: one matrix that is written the same way has one letter, and a flag is left out only where the matrix is
known not to change under it; the term of a combination has its value.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.sort import INTEGER
from derive.core.term import App, Sym, Term, add, mul
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Poly, constant

REVERSED, CONJUGATED = 1, 2
COLUMN = Sym("~column", INTEGER)  # the width of a vector: no size of the language

Letter = tuple[int, int]
Word = tuple[Letter, ...]
Shape = tuple[Term, Term]
Parts = dict[Word, Poly]


@dataclass(frozen=True, slots=True)
class Element:
    """A combination of words of one shape; a vector has the width COLUMN."""

    shape: Shape
    parts: Parts


@dataclass(frozen=True, slots=True)
class Generator:
    """A matrix that is not taken apart; `inverse_of` is what it inverts, with the proof's facts."""

    term: Term
    shape: Shape
    real: bool = True
    symmetric: bool = False
    inverse_of: Element | None = None
    names: frozenset[str] = frozenset()
    kind: str = ""  # a letter that is built from words, and those with their shapes
    inner: tuple[tuple[Word, Shape], ...] = ()
    hermitian: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """`lead` is `parts`, by these facts."""

    lead: Word
    parts: Parts
    names: frozenset[str]


class Letters:
    """The letters of one run."""

    def __init__(self, run: Normaliser) -> None:
        self.run = run
        self.generators: list[Generator] = []
        self.ids: dict[Term, int] = {}
        self.texts: list[str] = []
        self.used: set[str] = set()

    # -------------------------------------------------------------- letters

    def generator(self, made: Generator) -> int:
        """The number of a generator, by its term."""
        known = self.ids.get(made.term)
        if known is None:
            known = self.ids[made.term] = len(self.generators)
            self.generators.append(made)
            self.texts.append(repr(made.term))
        return known

    def letter(self, generator: int, flag: int) -> Letter:
        """A letter with the flags that make no difference left out."""
        made = self.generators[generator]
        if made.kind:
            return self.built_letter((generator, flag))
        if made.real:
            # without realness: U.T @ U = eye(n) for a unitary U
            flag &= ~CONJUGATED
        if made.symmetric:
            # without symmetry: A.T = A
            flag &= ~REVERSED
            self.used |= made.names
        elif made.hermitian and flag & CONJUGATED:
            # conj(A) = A.T; without the conjugate: A.T = A for a Hermitian A
            flag ^= REVERSED | CONJUGATED
            self.used |= made.names
        return generator, flag

    def built_letter(self, letter: Letter) -> Letter:
        """A letter that is built from words, with its flags taken inside."""
        return letter

    def merged(self, word: Word) -> Parts | None:
        """The word with letters that are built from words put together; None where there is nothing to do."""
        return None

    def shape(self, letter: Letter) -> Shape:
        """Rows and columns of a letter."""
        rows, columns = self.generators[letter[0]].shape
        return (columns, rows) if letter[1] & REVERSED else (rows, columns)

    def single(self, letter: Letter) -> Element:
        """The element that is one letter."""
        return Element(self.shape(letter), {(letter,): constant(1)})

    def identity(self, size: Term) -> Element:
        """The identity matrix."""
        return Element((size, size), {(): constant(1)})

    def key(self, word: Word) -> tuple[object, ...]:
        """The order of words: by length, then by the names of the letters."""
        return len(word), tuple((self.texts[g], f) for g, f in word)

    def turn(self, word: Word, flag: int) -> Word:
        """`(A B).T = B.T A.T`; without the reversal: `(A@B).T = A.T@B.T`."""
        letters = tuple(self.letter(g, f ^ flag) for g, f in word)
        return letters[::-1] if flag & REVERSED else letters

    # -------------------------------------------------------------- terms

    def to_term(self, e: Element) -> Term:
        """A canonical term of the element."""
        pieces: list[Term] = []
        for word in sorted(e.parts, key=self.key):
            product = self.word_term(word, e.shape[0])
            c = e.parts[word]
            pieces.append(product if c == constant(1) else mul(self.run.to_term(c), product))
        return add(*pieces) if pieces else App("zeros", e.shape)

    def word_term(self, word: Word, size: Term) -> Term:
        """The product as a term; the empty one is the identity."""
        for at, letter in enumerate(word[:-1]):
            if self.shape(letter)[1] == COLUMN:
                row = self.turn(word[at + 1 :], REVERSED)
                return App("outer", (self.word_term(word[: at + 1], size), self.word_term(row, size)))
        total: Term | None = None
        for g, f in word:
            factor = self.generators[g].term
            if f & REVERSED:
                factor = App("transpose", (factor,))
            if f & CONJUGATED:
                factor = App("conj", (factor,))
            total = factor if total is None else App("matmul", (total, factor))
        return App("eye", (size,)) if total is None else total
