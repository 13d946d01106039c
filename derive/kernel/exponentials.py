"""Exponentials, sines and their kin through them, and logarithms.

Promise: a logarithm of a product splits only where the signs of the factors are known; an exponential splits by
monomial, and comes together with a logarithm only where the result is its argument.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import IM, ONE, App, Bind, Num, Term, power
from derive.kernel.poly import (
    UNIT,
    Decline,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
    value_of,
)
from derive.kernel.roots import Roots, primes

HALF = Fraction(1, 2)


class Exponentials(Roots):
    """`exp` and `log`, and what is written with them."""

    # -------------------------------------------------------------- exponentials

    def exp(self, p: Poly) -> Poly:
        """`exp` of a polynomial, one atom for each monomial; coefficients become exponents."""
        p = self.simplify(p)
        if "exp" not in self.features:
            return self.known_atom(App("exp", (self.to_term(p),))) if p else constant(1)
        total = constant(1)
        for m, c in p.items():
            if len(m) == 1 and m[0][1] == 1 and self.is_log(m[0][0]):
                inner = self.normal(self.log_argument(m[0][0]))
                total = self.times(total, self.rational_power(inner, c))
                continue
            product = self.product_of_logs(m)
            if product is not None and c.denominator == 1:
                total = self.times(total, self.integer_power(product, int(c)))
                continue
            if len(m) == 2 and m[0] == (UNIT, HALF) and m[1][1] == 1 and self.is_pi(m[1][0]):
                total = self.times(total, self.monomial([(UNIT, c)]))
                continue
            turns = self.half_turns(m, c)
            if turns is not None:
                total = self.times(total, turns)
                continue
            atom = self.atom(App("exp", (self.to_term({m: Fraction(1)}),)))
            total = self.times(total, self.monomial([(atom, c)]))
        return total

    def half_turns(self, m: Monomial, c: Fraction) -> Poly | None:
        """`exp(im*pi*c*n) = ((-1)^n)^c` for whole n and c.

        Without wholeness: tests/unsound/full_turns_of_a_real.drv.
        """
        rest = tuple((a, e) for a, e in m if a != UNIT and not self.is_pi(a))
        if c.denominator != 1 or m[:1] != ((UNIT, HALF),) or len(rest) != len(m) - 2:
            return None
        whole: Poly = {rest: Fraction(1)}
        if any(self.is_pi(a) and e != 1 for a, e in m) or not self.is_whole(whole):
            return None
        return self.power_of_part(constant(-1), [(whole, c)], Fraction(0))

    def product_of_logs(self, m: Monomial) -> Poly | None:
        """`prod f` when the monomial is `sum log f`: the way back from the logarithm of a product."""
        if len(m) != 1 or m[0][1] != 1:
            return None
        match self.atoms[m[0][0]]:
            case Bind("sum", var, (low, high), App("log", (inner,))):
                fresh, body = self.enter(var, low, high, inner)
                return self.opaque_product(fresh, low, high, self.normal(body))
        return None

    def is_log(self, atom: int) -> bool:
        """Is this atom a logarithm?"""
        term = self.atoms[atom]
        return isinstance(term, App) and term.op == "log"

    def log_argument(self, atom: int) -> Term:
        """What it is the logarithm of."""
        term = self.atoms[atom]
        assert isinstance(term, App)
        return term.args[0]

    def is_pi(self, atom: int) -> bool:
        """Is this atom the circle number?"""
        return self.atoms[atom] == App("pi", ())

    def trigonometric(self, op: str, p: Poly) -> Poly:
        """Circular and hyperbolic functions through the exponential (Euler)."""
        if not op.endswith("h"):
            p = self.times(p, self.normal(IM))
        plus, less = self.exp(p), self.exp(scale(p, -1))
        even, odd = add_poly(plus, less), minus(plus, less)
        over_im = self.normal(IM) if not op.endswith("h") else constant(1)
        match op:
            case "cos" | "cosh":
                return scale(even, HALF)
            case "sin" | "sinh":
                return scale(self.times(odd, self.invert(over_im)), HALF)
            case _:
                return self.times(odd, self.invert(self.times(over_im, even)))

    # -------------------------------------------------------------- logarithms

    def log(self, p: Poly) -> Poly:
        """The logarithm of a positive number: products split where the signs of the factors are known."""
        if not p:
            raise Decline("the logarithm of 0")
        if not self.is_real(p):
            return self.known_atom(App("log", (self.to_term(p),)))
        c, found = self.pieces(p)
        total: Poly = {}
        rest = constant(1)
        for f, e in found:
            linear = self.exponent_of(f)
            if linear is not None:
                total = add_poly(total, scale(linear, e))
                continue
            sign = self.sign(f)
            if sign == "-":
                c = -c if e % 2 else c
                if e.denominator != 1:
                    raise Decline("a root of a negative number")
                total = add_poly(total, scale(self.log_atom(scale(f, -1)), e))
            elif sign in ("+", "0+"):
                # f is not 0: the product is owed positive. Without this: log(0^2) in tests/unsound/
                total = add_poly(total, scale(self.log_atom(f), e))
            else:
                odd = e % 2 if e.denominator == 1 else None
                if odd is None:
                    raise Decline("a root of unknown sign under a logarithm")
                if e - odd:
                    total = add_poly(total, scale(self.log_atom(self.abs(f)), e - odd))
                if odd:
                    rest = self.times(rest, f)
        if c < 0:
            c, rest = -c, scale(rest, -1)
        if is_constant(rest):
            if value_of(rest) < 0:
                raise Decline("the logarithm of a negative number")
        else:
            # the factors' signs are not known: their product is one positive number
            total = add_poly(total, self.known_atom(App("log", (self.to_term(rest),))))
        return add_poly(total, self.log_number(c))

    def exponent_of(self, f: Poly) -> Poly | None:
        """The real `m` when `f` is the atom `exp(m)`."""
        if len(f) == 1:
            ((m, c),) = f.items()
            if c == 1 and len(m) == 1:
                term = self.atoms[m[0][0]]
                if isinstance(term, App) and term.op == "exp" and m[0][0] != UNIT:
                    inner = self.normal(term.args[0])
                    if self.is_real(inner):
                        return scale(inner, Fraction(m[0][1]))
        return None

    def log_atom(self, f: Poly) -> Poly:
        """The logarithm of one positive factor."""
        if len(f) == 1:
            ((m, c),) = f.items()
            if not m:
                return self.log_number(c)
            if c == 1 and len(m) == 1:
                term = self.atoms[m[0][0]]
                if isinstance(term, App) and term.op == "root":
                    return scale(self.log(self.definition(term)), Fraction(m[0][1]))
                if isinstance(term, Bind) and term.op == "prod":
                    return self.log_of_product(term)
            elif abs(c) != 1 or len(m) > 1:
                return self.log(f)
        return self.known_atom(App("log", (self.to_term(f),)))

    def log_number(self, c: Fraction) -> Poly:
        """The logarithm of a positive rational, by its primes."""
        total: Poly = {}
        for prime, e in primes(c):
            total = add_poly(total, scale(self.known_atom(App("log", (Num(prime),))), e))
        return total

    def weighted_log(self, x: Term, y: Term) -> Poly:
        """`x*log(y)`, and 0 where x is 0.

        The product is 0 there too, whatever number the logarithm's atoms stand for; so the law of `x = 0`
        needs no case. Without the first line: the entropy of [0, 1] would have no value.
        """
        weight = self.normal(x)
        return self.times(weight, self.normal(App("log", (y,)))) if weight else {}

    def power_of_part(self, f: Poly, parts: list[tuple[Poly, Fraction]], shift: Fraction) -> Poly:
        """A factor to a whole exponent (in `powers.py`)."""
        raise NotImplementedError


def inverse_hyperbolic(op: str, x: Term) -> Term:
    """Inverse hyperbolic functions as logarithms (DLMF 4.37)."""
    square = power(x, Num(2))
    match op:
        case "asinh":
            return App("log", (App("+", (x, App("sqrt", (App("+", (square, ONE)),)))),))
        case "acosh":
            return App("log", (App("+", (x, App("sqrt", (App("-", (square, ONE)),)))),))
        case _:
            ratio = App("/", (App("+", (ONE, x)), App("-", (ONE, x))))
            return App("/", (App("log", (ratio,)), Num(2)))
