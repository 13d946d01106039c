"""Roots, absolute values and signs as functions, factor by factor.

Promise: a root of a product splits, and an absolute value is dropped, only where the signs of the factors are
known; where they are not, the factors of unknown sign stay together in one atom.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App, Num, Term
from derive.kernel.complex_numbers import ComplexNumbers
from derive.kernel.poly import (
    Decline,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
    tidy,
    value_of,
)

HALF = Fraction(1, 2)


class Roots(ComplexNumbers):
    """Fractional powers, and what keeps only the size or the sign of a number."""

    def pieces(self, p: Poly) -> tuple[Fraction, list[tuple[Poly, Fraction]]]:
        """A constant and real factors with exponents, `p = c * product f^e`."""
        p, below = self.reduced_fraction(p)
        content, factors = self.factor(p)
        ((m, c),) = content.items()
        found: list[tuple[Poly, Fraction]] = [({((a, 1),): Fraction(1)}, Fraction(e)) for a, e in m]
        found += [(f, Fraction(e)) for f, e in factors]
        found += [(self.definition(self.atoms[a]), Fraction(-k)) for a, k in below]
        return c, found

    def rational_power(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for a literal exponent; a fractional one owes `p >= 0`."""
        if e.denominator == 1:
            return self.integer_power(p, int(e))
        return self.root(p, e)

    def root(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for a fractional `e` and `p >= 0`: square roots and their kin."""
        if not p:
            return {}
        if not self.is_real(p):
            wave = self.root_of_wave(p, e)
            if wave is not None:
                return wave
            if self.sign(p) in ("+", "0+"):
                return self.nonnegative_power(p, e)
            return self.known_atom(App("^", (self.to_term(p), Num(e))))
        c, found = self.pieces(p)
        total, rest = constant(1), constant(1)
        for f, k in found:
            if self.exponent_of(f) is not None:
                ((m, _),) = f.items()
                total = self.times(total, self.monomial([(m[0][0], m[0][1] * k * e)]))
                continue
            sign = self.sign(f)
            if sign in ("-", "0-"):
                f, sign = scale(f, -1), "+"
                c = -c if k % 2 else c
            if sign in ("+", "0+"):
                total = self.times(total, self.nonnegative_power(f, k * e))
            elif k.denominator != 1:
                raise Decline("a root of unknown sign under a root")
            else:
                odd = k % 2
                if k - odd:
                    total = self.times(total, self.nonnegative_power(self.abs(f), (k - odd) * e))
                if odd:
                    rest = self.times(rest, f)
        if c < 0:
            c, rest = -c, scale(rest, -1)
        if is_constant(rest):
            if value_of(rest) < 0:
                raise Decline("the root of a negative number")
        else:
            total = self.times(total, self.nonnegative_power(rest, e))
        for prime, k in primes(c):
            total = self.times(total, self.nonnegative_power(constant(prime), k * e))
        return total

    def nonnegative_power(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` where `f >= 0`: the whole part expands, the fraction stays a root."""
        whole = e.__floor__()
        total = self.integer_power(f, whole)
        if e == whole:
            return total
        atom = self.atom(self.root_atom(f))
        return self.times(total, self.monomial([(atom, tidy(e - whole))]))

    def root_atom(self, f: Poly) -> Term:
        """The atom whose first power is `f`."""
        inner = self.to_term(f)
        self.remember(inner, f)
        return App("root", (inner,))

    def abs(self, p: Poly) -> Poly:
        """The absolute value of a real number, factor by factor."""
        if not p:
            return {}
        if not self.is_real(p):
            return self.modulus(p)
        sign = self.sign(p)
        if sign in ("+", "0+"):
            return p
        if sign in ("-", "0-"):
            return scale(p, -1)
        c, found = self.pieces(p)
        total = constant(abs(c))
        for f, e in found:
            sign = self.sign(f)
            if sign in ("+", "0+"):
                total = self.times(total, self.fractional(f, e))
            elif sign in ("-", "0-"):
                total = self.times(total, self.fractional(scale(f, -1), e))
            else:
                inner = self.to_term(f)
                self.remember(inner, f)
                atom = self.atom(App("abs", (inner,)))
                total = self.times(total, self.monomial([(atom, tidy(e))]))
        return total

    def fractional(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` for `f >= 0`, whatever `e`."""
        if e.denominator == 1:
            return self.integer_power(f, int(e))
        if len(f) == 1:
            ((m, c),) = f.items()
            if c == 1:
                return self.monomial([(a, x * e) for a, x in m])
        return self.nonnegative_power(f, e)

    def sign_function(self, p: Poly) -> Poly:
        """`sign(p)`, as `p/abs(p)` where `p` is known not to be 0."""
        match self.sign(p):
            case "+":
                return constant(1)
            case "-":
                return constant(-1)
            case "0":
                return {}
            case "!0":
                return self.times(p, self.invert(self.abs(p)))
        return self.odd("sign", p)

    def larger(self, op: str, p: Poly, q: Poly) -> Poly:
        """`max(p, q) = (p + q + |p - q|)/2`, `min` with the other sign."""
        if not (self.is_real(p) and self.is_real(q)):
            raise Decline("the larger of complex numbers")
        gap = self.abs(minus(p, q))
        return scale(add_poly(p, q, gap if op == "max" else scale(gap, -1)), HALF)

    def remember(self, term: Term, p: Poly) -> None:
        """Note the normal form of a canonical term (in `normal.py`)."""
        raise NotImplementedError

    def exponent_of(self, f: Poly) -> Poly | None:
        """The exponent of an exponential (in `exponentials.py`)."""
        raise NotImplementedError

    def odd(self, op: str, p: Poly) -> Poly:
        """An odd function (in `special_functions.py`)."""
        raise NotImplementedError


def primes(c: Fraction) -> list[tuple[int, Fraction]]:
    """The prime factorisation of a positive rational; a part too large to factor stays whole."""
    found: dict[int, int] = {}
    for number, sign in ((c.numerator, 1), (c.denominator, -1)):
        n, p = number, 2
        while p * p <= n and p < 5000:
            while n % p == 0:
                found[p] = found.get(p, 0) + sign
                n //= p
            p += 1
        if n > 1:
            found[n] = found.get(n, 0) + sign
    return [(p, Fraction(e)) for p, e in sorted(found.items()) if e]
