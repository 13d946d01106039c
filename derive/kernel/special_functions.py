"""Factorials, the gamma function, whole parts and odd functions.

Promise: a shift by a literal is taken out of an argument only where the law holds there: a factorial at what is
at least 0, a gamma function at what is above 1.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import PI, App, Term
from derive.kernel.exponentials import Exponentials
from derive.kernel.poly import (
    Decline,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
    value_of,
)
from derive.kernel.structure import is_integer

HALF = Fraction(1, 2)
_UP = ("+", "0+", "0")

# Values that are rational multiples of pi (DLMF 4.23).
_EXACT = {
    "atan": {Fraction(1): Fraction(1, 4)},
    "asin": {Fraction(1): HALF, HALF: Fraction(1, 6)},
}


class SpecialFunctions(Exponentials):
    """Functions that are atoms but for a few laws."""

    def odd(self, op: str, p: Poly) -> Poly:
        """An odd function: the sign of the argument comes out."""
        if not p:
            return {}
        p = self.simplify(p)
        exact = _EXACT.get(op, {}).get(abs(value_of(p))) if is_constant(p) else None
        if exact is not None:
            turn = exact if value_of(p) > 0 else -exact
            return scale(self.normal(PI), turn)
        sign = -1 if self.leading_coefficient(p) < 0 else 1
        return scale(self.known_atom(App(op, (self.to_term(scale(p, sign)),))), sign)

    def whole_part(self, op: str, term: Term) -> Poly:
        """`floor`, with the whole part of the constant outside; `ceil(x) = -floor(-x)`; of an integer, itself."""
        p = self.normal(term)
        if is_integer(term):
            return p
        if not self.is_real(p):
            return self.known_atom(App(op, (self.to_term(p),)))
        if op == "ceil":
            return scale(self.floor(scale(p, -1)), -1)
        return self.floor(p)

    def floor(self, p: Poly) -> Poly:
        """The largest integer not above a real number."""
        shift = p.get((), Fraction(0)).__floor__()
        rest = minus(p, constant(shift))
        if is_constant(rest):
            return constant(shift)
        return add_poly(constant(shift), self.known_atom(App("floor", (self.to_term(rest),))))

    def factorial(self, p: Poly) -> Poly:
        """`(m + k)! = (m + k)...(m + 1) m!` for a literal k."""
        shift = p.get((), Fraction(0))
        if is_constant(p):
            if shift.denominator == 1 and 0 <= shift <= 2000:
                from math import factorial

                return constant(factorial(int(shift)))
            raise Decline("a factorial too large to compute")
        rest = minus(p, constant(shift))
        total = constant(1)
        if shift.denominator == 1 and 0 < shift <= 12 and self.sign(rest) in ("+", "0+"):
            for k in range(1, int(shift) + 1):
                total = self.times(total, add_poly(rest, constant(k)))
            p = rest
        return self.times(total, self.known_atom(App("factorial", (self.to_term(p),))))

    def small_binomial(self, n: Term, k: Term) -> Poly | None:
        """Binomial coefficients of literal naturals, and of n over 0, 1 and n (both are owed to be naturals)."""
        top, below = self.simplify(self.normal(n)), self.simplify(self.normal(k))
        if not below or not minus(top, below):
            return constant(1)
        if below == constant(1):
            return top
        if not (is_constant(top) and is_constant(below)):
            return None
        a, b = value_of(top), value_of(below)
        if a.denominator != 1 or b.denominator != 1 or not 0 <= a <= 2000 or b < 0:
            return None
        from math import comb

        return constant(comb(int(a), int(b)))

    def gamma(self, p: Poly) -> Poly:
        """`Gamma(m + k) = (m + k - 1)...m*Gamma(m)` for a literal k; factorials, and roots of pi (DLMF 5.4.1, 5.4.6).

        Without the sign of m: Gamma(1/2) would be -1/2*Gamma(-1/2), of which nothing is said here.
        """
        p = self.simplify(p)
        shift = p.get((), Fraction(0))
        rest = minus(p, constant(shift))
        if not rest:
            if shift.denominator == 1 and 0 < shift <= 200:
                return self.factorial(constant(shift - 1))
            if shift.denominator == 2 and 0 < shift <= 40:
                total = constant(1)
                while shift > 1:
                    shift -= 1
                    total = scale(total, shift)
                return self.times(total, self.root(self.normal(PI), HALF))
            return self.known_atom(App("Gamma", (self.to_term(p),)))
        if self.is_whole(p) and self.sign(minus(p, constant(1))) in _UP:
            return self.factorial(minus(p, constant(1)))
        total = constant(1)
        while shift > 0 and shift.denominator <= 2 and self.sign(minus(p, constant(1))) == "+":
            p = minus(p, constant(1))
            total = self.times(total, p)
            shift -= 1
        return self.times(total, self.known_atom(App("Gamma", (self.to_term(p),))))
