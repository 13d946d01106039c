"""Complex numbers in the normal form: which atoms are real, conjugates, real parts, moduli.

Promise: `is_real` says True only of what is real wherever it is defined; `conjugate(p)` and `modulus(p)` equal
the conjugate and the absolute value of `p` there, or `Decline` is raised. No law of a branch is used: nothing
is said of the argument of a number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.core.sort import COMPLEX, Array, Function, Sort
from derive.core.term import IM, App, Bind, Sym, Term, subterms
from derive.kernel.expectation import Expectations
from derive.kernel.poly import UNIT, Decline, Exponent, Poly, add_poly, constant, minus, scale
from derive.kernel.surds import as_roots_of_unity

HALF = Fraction(1, 2)
MAX_WAVE = 40
# atoms whose values are real whatever stands inside them; a root atom is made only of what is at least 0
_REAL_VALUED = frozenset({"root", "abs", "re", "im_part", "indicator", "delta", "norm"})


class ComplexNumbers(Expectations):
    """What is known of real parts, conjugates and moduli."""

    mirrors: Callable[[Sym], Poly | None] | None = None  # conjugates of symbols that stand for something

    def is_real(self, p: Poly) -> bool:
        """Is every atom real, so that the value is?"""
        return all(self.atom_is_real(a) for m in p for a, _ in m)

    def atom_is_real(self, atom: int) -> bool:
        """Is the value of this atom surely real?"""
        if atom == UNIT:
            return False
        match self.atoms[atom]:
            case App("index", (Sym() as a, i, j)) if a in self.hermitian and i == j:
                self.use(self.hermitian[a])
                return True
        known = self.real_atoms.get(atom)
        if known is None:
            known = self.real_atoms[atom] = _is_real_term(self.atoms[atom])
        return known

    def surds(self, p: Poly) -> Poly:
        """Square roots of numbers by powers of `exp(im*pi)`, where there are such powers or nested roots."""
        return as_roots_of_unity(self, p)

    # -------------------------------------------------------------- conjugates

    def conjugate(self, p: Poly) -> Poly:
        """The complex conjugate, atom by atom."""
        total: Poly = {}
        for m, c in p.items():
            product = constant(c)
            for a, e in m:
                product = self.times(product, self._conjugate_atom(a, e))
            total = add_poly(total, product)
        return total

    def _conjugate_atom(self, atom: int, e: Exponent) -> Poly:
        """The conjugate of a power of an atom."""
        term = self.atoms[atom]
        if atom == UNIT:
            return self.monomial([(UNIT, -e)])
        if self.atom_is_real(atom):
            return self.monomial([(atom, e)])
        match term:
            case App("exp", (arg,)):
                return self.exp(scale(self.conjugate(self.normal(arg)), Fraction(e)))
            case Sym():
                known = self.mirrors(term) if self.mirrors is not None else None
                mirror = self.known_atom(App("conj", (term,))) if known is None else known
            case App("index", (Sym() as a, i, j)) if a in self.hermitian:
                self.use(self.hermitian[a])
                mirror = self.known_atom(App("index", (a, j, i)))
            case App("index", _):
                mirror = self.known_atom(App("conj", (term,)))
            case App("conj" | "poly" as op, (arg,)):
                mirror = self.normal(arg) if op == "conj" else self.conjugate(self.definition(term))
            case Bind("sum" | "prod" as op, var, (low, high), body):
                # the ends of a range are integers
                mirror = self.normal(Bind(op, var, (low, high), App("conj", (body,))))
            case _:
                # without this: conj(log(z)) = log(conj(z)) on the cut, conj(f(z)) = f(conj(z))
                raise Decline("the conjugate of this term is not known")
        return self.integer_power(mirror, int(e))

    def complex_part(self, op: str, term: App) -> Poly:
        """`conj`, `re`, `im_part`; an atom where the conjugate is not known."""
        p = self.normal(term.args[0])
        try:
            other = self.conjugate(p)
        except Decline:
            return self.known_atom(App(op, (self.to_term(p),)))
        if op == "conj":
            return other
        if op == "re":
            return scale(add_poly(p, other), HALF)
        return scale(self.times(minus(p, other), self.invert(self.normal(IM))), HALF)

    # -------------------------------------------------------------- the modulus

    def modulus(self, p: Poly) -> Poly:
        """The absolute value, factor by factor: the modulus of a product is that of the factors."""
        c, found = self.pieces(p)
        total = constant(abs(c))
        for f, e in found:
            total = self.times(total, self._modulus_of(f, e))
        return total

    def _modulus_of(self, f: Poly, e: Fraction) -> Poly:
        """The modulus of `f^e`."""
        if self.is_real(f):
            return self.fractional(self.abs(f), e)
        if len(f) == 1:
            ((m, c),) = f.items()
            if c == 1 and len(m) == 1 and m[0][1] == 1:
                if m[0][0] == UNIT:
                    return constant(1)
                match self.atoms[m[0][0]]:
                    case App("exp", (arg,)):
                        inner = self.normal(arg)
                        twice = add_poly(inner, self.conjugate(inner))
                        return self.exp(scale(twice, e / 2))
        mirror = self.conjugate(f)
        sign = self.sign(f) if mirror == f else None
        if sign in ("+", "0+", "-", "0-"):
            return self.fractional(f if sign in ("+", "0+") else scale(f, -1), e)
        # `f*conj(f)` is at least 0, so its root exists. Without the conjugate: abs(z)^2 = z^2.
        square = self.times(f, mirror)
        if self.is_real(square):
            return self.root(square, e / 2)
        found = self.root_of_wave(square, e / 2)
        return self.nonnegative_power(square, e / 2) if found is None else found

    def root_of_wave(self, p: Poly, e: Fraction) -> Poly | None:
        """`p^e` where `p` is a positive number times the square of a real sum of complex units.

        `1 + cos(t)` is `2*cos(t/2)^2`. Without the sign of the root: its root is cos(t/2) for every t.
        """
        if self.denominators(p) or len(p) > MAX_WAVE:
            return None
        content, factors = self.factor(p)
        ((m, c),) = content.items()
        units = all(a == UNIT or self.is_exponential(a) for a, _ in m)
        if not units or not factors or any(k % 2 for _, k in factors):
            return None
        root = self.monomial([(a, Fraction(k) / 2) for a, k in m])
        for f, k in factors:
            root = self.times(root, self.integer_power(f, k // 2))
        mirror = self.conjugate(root)
        if mirror == scale(root, -1):
            root, c = self.times(root, self.normal(IM)), -c
        elif mirror != root:
            return None
        if c <= 0:
            return None
        sign = self.sign(root)
        if sign in ("-", "0-"):
            root, sign = scale(root, -1), "+"
        if sign in ("+", "0+"):
            found = self.fractional(root, 2 * e)
        else:
            found = self.nonnegative_power(self.times(root, root), e)
        return self.times(self.root(constant(c), e), found)

    # -------------------------------------------------------------- in `roots.py`

    def pieces(self, p: Poly) -> tuple[Fraction, list[tuple[Poly, Fraction]]]:
        """A constant and factors with exponents."""
        raise NotImplementedError

    def abs(self, p: Poly) -> Poly:
        """The absolute value."""
        raise NotImplementedError

    def fractional(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` for `f >= 0`."""
        raise NotImplementedError

    def root(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for `p >= 0`."""
        raise NotImplementedError

    def nonnegative_power(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` for `f >= 0`, the fraction a root."""
        raise NotImplementedError


def _is_real_term(term: Term) -> bool:
    match term:
        case App(op, _) if op in _REAL_VALUED:
            return True
    return not any(
        t == IM or (isinstance(t, Sym) and _is_complex_sort(t.sort)) for t in subterms(term)
    )


def _is_complex_sort(sort: Sort) -> bool:
    if isinstance(sort, Function):
        # without this: conj(f(x)) = f(x) for a function with complex values
        # (tests/unsound/complex_function_of_a_real.drv)
        return _is_complex_sort(sort.result)
    return sort is COMPLEX or (isinstance(sort, Array) and sort.entry is COMPLEX)
