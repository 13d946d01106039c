"""Powers whose exponent is a symbol.

Promise: a power splits by the parts of its exponent only where no part divides by zero: where the base is not 0,
or where every part of the exponent is known to be at least 0.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.shape import sort_of
from derive.core.sort import INTEGER
from derive.core.term import Term, power
from derive.kernel.poly import MAX_EXPONENT, Poly, constant, is_constant, minus, value_of
from derive.kernel.special_functions import SpecialFunctions

_UP = ("+", "0+", "0")


class Powers(SpecialFunctions):
    """`base ^ exponent`, whole exponents above all."""

    def power(self, base: Poly, exponent: Poly, written: Term) -> Poly:
        """`base ^ exponent`."""
        if is_constant(exponent):
            e = value_of(exponent)
            if abs(e) > MAX_EXPONENT and len(base) > 1:
                return self.opaque_power(base, exponent)
            return self.rational_power(base, e)
        if base == constant(1):
            return constant(1)
        if not self.is_real(base) or not self.is_real(exponent):
            return self.opaque_power(base, exponent)
        if self.sign(base) == "+" and "log" in self.features:
            return self.exp(self.times(exponent, self.log(base)))
        if not base and sort_of(written) is INTEGER and self.sign(exponent) == "+":
            return {}
        if sort_of(written) is not INTEGER or not base:
            return self.opaque_power(base, exponent)
        return self.whole_power(base, exponent)

    def opaque_power(self, base: Poly, exponent: Poly) -> Poly:
        """A power about which nothing is known."""
        return self.known_atom(power(self.to_term(base), self.to_term(exponent)))

    def whole_power(self, base: Poly, exponent: Poly) -> Poly:
        """`base^(c1*m1 + ... + c0)` for whole exponents: split where no part divides by zero.

        Without the guard: 0^n = 0^(n-1)*0 at n = 0 (tests/unsound/power_at_zero.drv).
        """
        whole = all(c.denominator == 1 for c in exponent.values())
        if not whole:
            return self.opaque_power(base, exponent)
        if self.sign(base) in ("+", "-", "!0"):
            parts = [({m: Fraction(1)}, c) for m, c in exponent.items() if m]
            shift = exponent.get((), Fraction(0))
        else:
            parts, shift = self.from_least(exponent)
            if shift < 0 or not all(c > 0 and self.sign(q) in _UP for q, c in parts):
                return self.opaque_power(base, exponent)
        c, found = self.pieces(base)
        total = constant(1)
        if c < 0:
            # (-1)^(k - 1) and (-1)^k are one atom and its negative, whatever k is counted from
            whole_parts = [({m: Fraction(1)}, d) for m, d in exponent.items() if m]
            total, c = self.power_of_part(constant(-1), whole_parts, exponent.get((), Fraction(0))), -c
        if c != 1:
            total = self.times(total, self.exp(self.times(exponent, self.log_number(c))))
        for f, e in found:
            if e.denominator != 1:
                return self.opaque_power(base, exponent)
            part = self.power_of_part(f, parts, shift)
            total = self.times(total, self.integer_power(part, int(e)))
        return total

    def from_least(self, exponent: Poly) -> tuple[list[tuple[Poly, Fraction]], Fraction]:
        """An exponent in parts counted from the least value that each is known to have, and the number left.

        `T` that is at least 1 is `(T - 1) + 1`: so `g^T` is `g*g^(T - 1)`, whether or not g is 0. The variable of
        a sum stays as it is: sums over ranges with different starts have one body.
        """
        parts = []
        shift = exponent.get((), Fraction(0))
        for m, c in exponent.items():
            if m:
                unit: Poly = {m: Fraction(1)}
                bound = any(self.atoms[a] in self.ranges for a, _ in m)
                least = 1 if not bound and self.sign(minus(unit, constant(1))) in _UP else 0
                parts.append((minus(unit, constant(least)), c))
                shift += c * least
        return parts, shift

    def power_of_part(self, f: Poly, parts: list[tuple[Poly, Fraction]], shift: Fraction) -> Poly:
        """One factor of the base to the whole exponent."""
        total = self.integer_power(f, int(shift))
        for q, c in parts:
            atom = self.atom(power(self.to_term(f), self.to_term(q)))
            total = self.times(total, self.monomial([(atom, int(c))]))
        return total
