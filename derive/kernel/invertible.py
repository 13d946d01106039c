"""Which matrices are invertible, and by which facts.

Promise: an answer other than None holds at every point where the facts hold and the matrix as written is
defined. Nothing is invertible whose rows and columns are not seen to be as many.
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.shape import shape_of
from derive.core.sort import INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, index
from derive.kernel.array_sums import ArraySums
from derive.kernel.indices import is_array
from derive.kernel.matrices import NO_NAMES, Names
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly

Said = tuple[str, Names]  # "posdef" or "psd", and the facts behind it
Facts = tuple[tuple[Term, str], ...]


class Invertible(ArraySums):
    """Proofs of invertibility, by facts and by the way that a matrix is built."""

    def __init__(self, run: Normaliser, facts: Facts) -> None:
        super().__init__(run)
        self.facts = facts
        self.inverse_memo: dict[Term, Names | None] = {}
        self.definite_memo: dict[Term, Said | None] = {}

    def definite(self, term: Term) -> Said | None:
        """Is a matrix known to be positive definite, or semidefinite? Supplied by `definite.py`."""
        raise NotImplementedError

    # -------------------------------------------------------------- invertible

    def invertible(self, term: Term) -> Names | None:
        """The facts by which a matrix is invertible."""
        if not is_square(term):
            # without this: inv(X.T @ X) = inv(X) @ inv(X.T) for a rectangular X
            return None
        if term not in self.inverse_memo:
            self.inverse_memo[term] = None  # while it is asked, nothing is known
            self.inverse_memo[term] = self._invertible(term)
        return self.inverse_memo[term]

    def _invertible(self, term: Term) -> Names | None:
        found = self._invertible_by_fact(term)
        if found is None and isinstance(term, App):
            found = self._invertible_by_form(term.op, term.args)
        if found is None:
            said = self.definite(term)
            found = said[1] if said is not None and said[0] == "posdef" else None
        if found is None:
            found = self._invertible_by_word(term)
        return found if found is not None else self._invertible_by_determinant(term)

    def _invertible_by_determinant(self, term: Term) -> Names | None:
        """The determinant, multiplied out, is known not to be 0."""
        outer, self.used = self.used, set()
        try:
            sign, names = self._sign(self.determinant(term))
            return names | self.used if sign in ("+", "-", "!0") else None
        except Decline:
            return None
        finally:
            self.used = outer

    def _invertible_by_fact(self, term: Term) -> Names | None:
        for claim, name in self.facts:
            match claim:
                case App("invertible" | "posdef", (other,)) if self.same(other, term) or self._factor(other, term):
                    return frozenset({name})
                case (
                    App("!=" | "<", (App("det", (other,)), Num(c)))
                    | App("!=" | "<", (Num(c), App("det", (other,))))
                ) if c == 0 and (self.same(other, term) or self._factor(other, term)):
                    # the determinant is not 0
                    return frozenset({name})
                case App("=", (a, b)) if is_array(a) and is_array(b) and term in (a, b) and (
                    found := self.invertible(b if a == term else a)
                ) is not None:
                    return found | {name}
                case App("=", (App("matmul", (a, b)), App("eye", _))) if (
                    is_square(a) and is_square(b) and term in (a, b)
                ):
                    # without squareness: a matrix with a left inverse only would be invertible
                    return frozenset({name})
                case App("=", (App("matmul", (App("transpose" | "hermitian", (a,)), b)), App("eye", _))) if (
                    a == b == term
                ):
                    return frozenset({name})
        return None

    def _invertible_by_form(self, op: str, args: tuple[Term, ...]) -> Names | None:
        match op, args:
            case ("transpose" | "hermitian" | "conj" | "inv" | "neg"), (a,):
                return self.invertible(a)
            case "eye", _:
                return NO_NAMES
            case ("matmul" | "kron"), (a, b):
                left, right = self.invertible(a), self.invertible(b)
                return None if left is None or right is None else left | right
            case ("*" | "/"), _ if (multiple := scalar_multiple(op, args)) is not None:
                # without the sign: c*A would be invertible for c = 0
                inner, sign = self.invertible(multiple[1]), self.sign_of(multiple[0])
                return None if inner is None or sign[0] not in ("+", "-", "!0") else inner | sign[1]
            case "diag", (v,) if len(shape_of(v)) == 1:
                sign = self.entry_sign(v)
                return sign[1] if sign[0] in ("+", "-", "!0") else None
        return None

    def _invertible_by_word(self, term: Term) -> Names | None:
        """One word of square letters, each with an inverse; or such a word after rewriting."""
        try:
            e = self.read(term)
        except Decline:
            return None
        if len(e.parts) != 1 or e.shape[0] != e.shape[1]:
            return None
        ((word, c),) = e.parts.items()
        if self.run.sign(c) not in ("+", "-", "!0"):
            return None
        names: set[str] = set()
        for letter in word:
            rows, columns = self.shape(letter)
            found = self.invertible_letter(letter[0]) if rows == columns else None
            if found is None:
                return None
            names |= found
        return frozenset(names)

    def invertible_letter(self, generator: int) -> Names | None:
        """Is a letter known to be invertible?"""
        made = self.generators[generator]
        if made.inverse_of is not None:
            return made.names
        return self.invertible(made.term) if isinstance(made.term, Sym) else None

    def _factor(self, whole: Term, term: Term) -> bool:
        """Is the matrix a factor of a product of square matrices, all of them invertible with the product?

        Without squareness: X of `X.T @ X is invertible` would be invertible for a tall X.
        """
        match whole:
            case App("transpose" | "hermitian" | "conj" | "inv" | "neg", (a,)):
                return self._is_factor(a, term)
            case App("matmul" | "kron", (a, b)) if is_square(a) and is_square(b):
                return self._is_factor(a, term) or self._is_factor(b, term)
            case App("*" | "/" as op, args) if (multiple := scalar_multiple(op, args)) is not None:
                return self._is_factor(multiple[1], term)
        return False

    def _is_factor(self, whole: Term, term: Term) -> bool:
        return self.same(whole, term) or self._factor(whole, term)

    def same(self, a: Term, b: Term) -> bool:
        """The same matrix, whatever the way it is written."""
        if alpha_equal(a, b):
            return True
        if isinstance(a, Sym) and isinstance(b, Sym):
            return False
        try:
            return self.equal(self.read(a), self.read(b))
        except Decline:
            return False

    # -------------------------------------------------------------- signs

    def sign_of(self, c: Term) -> tuple[str | None, Names]:
        """The sign of a scalar, with the facts behind it."""
        try:
            return self._sign(self.value(c))
        except Decline:
            return None, NO_NAMES

    def _sign(self, p: Poly) -> tuple[str | None, Names]:
        outer, self.run.used = self.run.used, set()
        found = self.run.sign(p)
        names, self.run.used = frozenset(self.run.used), outer
        return found, names

    def entry_sign(self, v: Term) -> tuple[str | None, Names]:
        """The sign that every entry of a vector has."""
        if isinstance(v, Bind) and v.op == "array":
            return None, NO_NAMES
        at = Sym(f"~e{len(self.definite_memo)}", INTEGER)
        self.run.ranges[at] = (Num(1), shape_of(v)[0])
        try:
            return self._sign(self.run.normal(index(v, at))) if isinstance(v, Sym) else (None, NO_NAMES)
        except Decline:
            return None, NO_NAMES


def is_square(term: Term) -> bool:
    shape = shape_of(term)
    return len(shape) == 2 and alpha_equal(shape[0], shape[1])


def scalar_multiple(op: str, args: tuple[Term, ...]) -> tuple[Term, Term] | None:
    """The number and the array of `c*A`, `A*c`; `A/c` has the sign of `c*A`."""
    match op, is_array(args[0]), is_array(args[1]):
        case "*", False, True:
            return args[0], args[1]
        case ("*" | "/"), True, False:
            return args[1], args[0]
    return None
