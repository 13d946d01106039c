"""Which matrices are positive definite or positive semidefinite, and what that says of the signs of numbers.

Promise: an answer other than None holds at every point where the facts hold and the matrix as written is
defined. `posdef` and `psd` speak of Hermitian matrices (symmetric, where they are real); sources: Horn and Johnson,
Matrix Analysis, 7.1 and 7.5 (sums, congruence, entrywise products).
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.shape import shape_of
from derive.core.sort import INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, substitute
from derive.kernel.indices import is_array
from derive.kernel.invertible import Invertible, Said, is_square, scalar_multiple
from derive.kernel.letters import COLUMN, CONJUGATED, REVERSED, Element, Word
from derive.kernel.matrices import NO_NAMES, Names, is_complex
from derive.kernel.poly import Decline, Poly, constant, minus


class Definite(Invertible):
    """Proofs of definiteness, by facts and by the way that a matrix is built."""

    def definite(self, term: Term) -> Said | None:
        """Is a matrix known to be positive definite, or semidefinite?"""
        if not is_square(term):
            return None
        if term not in self.definite_memo:
            self.definite_memo[term] = None
            found = self._definite_by_fact(term)
            if (found is None or found[0] == "psd") and isinstance(term, App):
                found = _better(found, self._definite_by_form(term.op, term.args))
            if found is None and isinstance(term, Bind) and term.op == "sum":
                found = self._definite_sum(term)
            if found is None or found[0] == "psd":
                found = _better(found, self._definite_by_words(term))
            if found is not None and found[0] == "psd":
                # an eigenvalue 0 would make it singular; without the fact: X.T @ X for X = 0
                inverse = self._invertible_by_fact(term)
                found = found if inverse is None else ("posdef", found[1] | inverse)
            self.definite_memo[term] = found
        return self.definite_memo[term]

    def _definite_by_fact(self, term: Term) -> Said | None:
        found: Said | None = None
        for claim, name in self.facts:
            match claim:
                case App("posdef" | "psd" as op, (other,)) if alpha_equal(other, term) or (
                    isinstance(other, App) and self.same(other, term)
                ):
                    found = _better(found, (op, frozenset({name})))
                case App("=", (a, b)) if is_array(a) and is_array(b):
                    # S = L @ L.T: the other side has what this one has
                    for one, other in ((a, b), (b, a)):
                        if alpha_equal(one, term) and (said := self.definite(other)) is not None:
                            found = _better(found, (said[0], said[1] | {name}))
        return found

    def _definite_by_form(self, op: str, args: tuple[Term, ...]) -> Said | None:
        match op, args:
            case "eye", _:
                return "posdef", NO_NAMES
            case "zeros", _:
                return "psd", NO_NAMES
            case "+", (a, b) if is_array(a) and is_array(b):
                # without arrays on both sides: A.T @ A + lam, with lam in every entry, would be
                # positive definite (tests/unsound/matrix_shift_without_identity.drv)
                return _sum_of(self.definite(a), self.definite(b))
            case ("*" | "/"), _ if (multiple := scalar_multiple(op, args)) is not None:
                return self._multiple(self.definite(multiple[1]), *self.sign_of(multiple[0]))
            case ("*" | "kron"), (a, b) if is_array(a) and is_array(b):
                # the entrywise product is a principal part of the Kronecker product
                return _both(self.definite(a), self.definite(b))
            case ("transpose" | "hermitian" | "conj"), (a,):
                # of a Hermitian matrix, the first and the last are the conjugate matrix
                return self.definite(a)
            case "inv", (a,):
                inner = self.definite(a)
                return inner if inner is not None and inner[0] == "posdef" else None
            case "outer", (u, v) if len(shape_of(u)) == 1 == len(shape_of(v)) and self.same(u, conjugate(v)):
                # without the conjugate: outer(x, x) would be psd for x = [im]
                return "psd", NO_NAMES
            case "diag", (v,) if len(shape_of(v)) == 1:
                sign = self.entry_sign(v)
                return self._multiple(("posdef", NO_NAMES), *sign)
            case "matmul", _:
                return self._congruence(App(op, args))
            case "above", (App("beside", (a, b)), App("beside", (c, d))) if is_square(a) and is_square(d):
                return self._definite_blocks(a, b, c, d)
        return None

    def _definite_blocks(self, a: Term, b: Term, c: Term, d: Term) -> Said | None:
        """Definite with a definite corner and its Schur complement (Horn and Johnson, 7.7).

        Without symmetry: [[1, 5], [0, 1]] would be positive definite.
        """
        corner = self.definite(a)
        if corner is None or corner[0] != "posdef" or not self._mirrored(b, c):
            return None
        below = App("matmul", (App("matmul", (c, App("inv", (a,)))), b))
        rest = self.definite(App("-", (d, below)))
        return None if rest is None else (rest[0], rest[1] | corner[1])

    def _multiple(self, inner: Said | None, sign: str | None, names: Names) -> Said | None:
        """A multiple; without the sign: -A would be positive definite."""
        if inner is None or sign not in ("+", "0+"):
            return None
        return (inner[0] if sign == "+" else "psd"), inner[1] | names

    def _congruence(self, term: Term) -> Said | None:
        """`B.H @ P @ B` (`B.T`, where B is real): semidefinite with P, definite where B is invertible too."""
        scalars: list[Term] = []
        factors = _factors(term, "", scalars)
        if factors is None:
            return None
        kind, names = "posdef", NO_NAMES
        while len(factors) > 1:
            first, last = factors[0], factors[-1]
            if not self._mirrored(first, last):
                return None
            inverse = self.invertible(last)
            if inverse is None:
                # without this: X.T @ X would be positive definite for X = 0
                kind = "psd"
            else:
                names |= inverse
            factors = factors[1:-1]
        inner: Said | None = self.definite(factors[0]) if factors else ("posdef", NO_NAMES)
        if inner is None:
            return None
        found: Said | None = ("posdef" if kind == inner[0] == "posdef" else "psd", names | inner[1])
        for c in scalars:
            found = self._multiple(found, *self.sign_of(c))
        return found

    def _mirrored(self, first: Term, last: Term) -> bool:
        try:
            # without the conjugate: U.T @ U would be psd for a complex U, such as the 1 by 1 matrix im
            return self.equal(self.read(first), self.turned(self.read(last), REVERSED | CONJUGATED))
        except Decline:
            return False

    def _definite_sum(self, term: Bind) -> Said | None:
        """A sum over a range of semidefinite matrices; it may be empty."""
        # without the fresh name: a fact about a free i would hold for the bound one
        fresh = Sym(f"~b{len(self.definite_memo)}", INTEGER)
        inner = self.definite(substitute(term.body, {term.var: fresh}))
        return None if inner is None else ("psd", inner[1])

    def _definite_by_words(self, term: Term) -> Said | None:
        """Every word is its own mirror image around something semidefinite, with a coefficient of known sign."""
        try:
            return self.definite_element(self.read(term))
        except Decline:
            return None

    def definite_element(self, e: Element) -> Said | None:
        """Definiteness of a sum of words, each by itself."""
        if e.shape[0] != e.shape[1] or not e.parts:
            return None
        total: Said | None = ("psd", NO_NAMES)
        for word, c in e.parts.items():
            total = _sum_of(total, self._multiple(self.definite_word(word), *self._sign(c)))
        return total

    def definite_word(self, word: Word) -> Said | None:
        """Definiteness of a product that reads the same from both ends."""
        names: set[str] = set()
        kind = "posdef"
        while len(word) > 1:
            # without the conjugate: z.T @ z >= 0 for a complex z
            if self.turn(word[-1:], REVERSED | CONJUGATED) != word[:1]:
                return None
            rows, columns = self.shape(word[-1])
            if columns == COLUMN:
                # without this: 0 < x.T @ P @ x at x = 0
                injective = self.nonzero(word[-1][0])
            else:
                injective = self.invertible_letter(word[-1][0]) if rows == columns else None
            kind = "psd" if injective is None else kind
            names |= injective or NO_NAMES
            word = word[1:-1]
        inner: Said | None = self._definite_letter(word[0][0]) if word else ("posdef", NO_NAMES)
        if inner is None:
            return None
        return ("posdef" if kind == inner[0] == "posdef" else "psd"), inner[1] | names

    def nonzero(self, generator: int) -> Names | None:
        """The facts by which a column is not zero."""
        term = self.generators[generator].term
        match term:
            case App("index", (App("eye", _), _)):
                # an index is owed to be in range
                return NO_NAMES
            case App("ones", (size,)) if self._some(size):
                return NO_NAMES
        for claim, name in self.facts:
            match claim:
                case App("!=", (a, b)) if is_array(a) and is_array(b) and len(shape_of(a)) == 1:
                    for one, other in ((a, b), (b, a)):
                        if one == term and isinstance(other, App) and other.op == "zeros":
                            return frozenset({name})
                case App("<" | "!=", (Num(c), App("norm", (a,)))) | App("!=", (App("norm", (a,)), Num(c))) if (
                    c == 0 and a == term
                ):
                    return frozenset({name})
        return None

    def _some(self, size: Term) -> bool:
        """Is a size known to be at least 1? Without this: 0 < tr(P) for P of size n - 1 at n = 1."""
        return self.run.sign(self.run.normal(size)) == "+"

    def _definite_letter(self, generator: int) -> Said | None:
        made = self.generators[generator]
        if made.inverse_of is not None:
            inner = self.definite_element(made.inverse_of)
            return inner if inner is not None and inner[0] == "posdef" else None
        return self.definite(made.term) if isinstance(made.term, Sym) else None

    # -------------------------------------------------------------- signs

    def announce(self, kind: str, word: Word, symbol: Sym) -> None:
        """Quadratic forms and traces of semidefinite matrices, determinants of definite ones."""
        if kind in ("det", "tr") and self.shape(word[0])[0] != self.shape(word[-1])[1]:
            return
        said = self.definite_word(word)
        if said is None and kind == "tr":
            said = self._two_definite(word)
        p = self.run.normal(symbol)
        if said is not None:
            # a trace of a definite matrix is that of no smaller than one row
            some = kind != "tr" or self._some(self.shape(word[0])[0])
            self.note(p, "<" if said[0] == "posdef" and some else "<=", said[1])
        if kind == "det" and len(word) == 1 and (names := self.invertible_letter(word[0][0])) is not None:
            self.note(p, "!=", names)
        if kind == "tr" and len(word) == 2 and word[0] == word[1]:
            self._note_square(word[:1], p)

    def _note_square(self, word: Word, p: Poly) -> None:
        """`tr(P @ P) <= tr(P)^2`: the sum of the squares of nonnegative eigenvalues is at most the square of their sum.

        Without the sign of P: [[1, 0], [0, -1]] has trace 0, and its square has trace 2.
        """
        said = self.definite_word(word)
        if said is not None:
            total = self.trace(Element((self.shape(word[0])[0],) * 2, {word: constant(1)}))
            self.note(minus(self.run.times(total, total), p), "<=", said[1])

    def _two_definite(self, word: Word) -> Said | None:
        """`tr(P @ Q) = tr(R.T @ Q @ R)` for `P = R @ R.T`, so it has the sign of both.

        Without both: tr(P @ S) would be positive for a symmetric S.
        """
        for start in range(len(word)):
            turned = word[start:] + word[:start]
            for cut in range(1, len(word)):
                one, two = self.definite_word(turned[:cut]), self.definite_word(turned[cut:])
                if one is not None and two is not None:
                    return _both(one, two)
        return None

    def inner(self, x: Term, y: Term) -> Poly:
        """`x.T @ P @ x` is at least 0 for a semidefinite P and a real x, also where x is a sum."""
        found = super().inner(x, y)
        match y:
            case App("matmul", (matrix, z)) if len(shape_of(z)) == 1 and not is_complex(x) and self.same(x, z):
                # without realness: x.T @ P @ x is no number of a sign for a complex x
                said = self.definite(matrix)
                if said is not None:
                    self._note_form(found, said, self._nonzero_vector(x))
            case _ if self.same(x, y) and not is_complex(x):
                self._note_form(found, ("posdef", NO_NAMES), self._nonzero_vector(x))
        return found

    def _note_form(self, p: Poly, said: Said, nonzero: Names | None) -> None:
        strict = nonzero is not None and said[0] == "posdef"
        self.note(p, "<" if strict else "<=", said[1] | (nonzero or NO_NAMES))

    def _nonzero_vector(self, x: Term) -> Names | None:
        e = self.read(x)
        if len(e.parts) != 1:
            return None
        ((word, c),) = e.parts.items()
        if len(word) != 1 or c != constant(1) or e.shape[1] != COLUMN:
            return None
        return self.nonzero(word[0][0])

    def diagonal_entry(self, matrix: Term, p: Poly) -> None:
        """An entry of the diagonal of a definite matrix has its sign."""
        said = self.definite(matrix)
        if said is not None:
            self.note(p, "<" if said[0] == "posdef" else "<=", said[1])


def _better(a: Said | None, b: Said | None) -> Said | None:
    if a is None or (b is not None and a[0] == "psd" and b[0] == "posdef"):
        return b
    return a


def _sum_of(a: Said | None, b: Said | None) -> Said | None:
    if a is None or b is None:
        return None
    return ("posdef" if "posdef" in (a[0], b[0]) else "psd"), a[1] | b[1]


def _both(a: Said | None, b: Said | None) -> Said | None:
    if a is None or b is None:
        return None
    return ("posdef" if a[0] == b[0] == "posdef" else "psd"), a[1] | b[1]


def conjugate(v: Term) -> Term:
    """The conjugate of a vector, entry by entry."""
    if not is_complex(v):
        return v
    return v.args[0] if isinstance(v, App) and v.op == "conj" else App("conj", (v,))


def _factors(term: Term, turned: str, scalars: list[Term]) -> list[Term] | None:
    """The factors of a product of matrices, (conjugate) transposes pushed to them, scalars put aside."""
    match term:
        case App("matmul", (a, b)):
            if len(shape_of(a)) != 2 or len(shape_of(b)) != 2:
                return None
            left, right = _factors(a, turned, scalars), _factors(b, turned, scalars)
            if left is None or right is None:
                return None
            return right + left if turned else left + right
        case App("transpose" | "hermitian" as op, (a,)) if turned in ("", op):
            return _factors(a, "" if turned else op, scalars)
        case App("*" | "/" as op, args) if (multiple := scalar_multiple(op, args)) is not None:
            # the number is owed a sign, so it is real, and its own conjugate
            scalars.append(multiple[0])
            return _factors(multiple[1], turned, scalars)
    return [App(turned, (term,)) if turned else term]
