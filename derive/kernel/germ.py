"""Germs: how a function behaves as t tends to 0 from above, as a sum of scales with exact coefficients.

A scale is `exp(sum c*t^(-b)*L^k) * t^a * L^j` with `L = log(1/t)`. A germ is a sum of scales with coefficients from
the normal form, and a scale that bounds what is left out. Promise: for small t > 0 the function is defined and
differs from the sum by at most a constant times that bound; a comparison whose sign is not known is declined
(Hardy, Orders of Infinity; Gruntz, On computing limits in a symbolic manipulation system, 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key

from derive.kernel.normal import Normaliser
from derive.kernel.poly import (
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

ORDER = 7
MOST_TERMS = 24
Rate = tuple[Fraction, int]
Frozen = frozenset[tuple[Monomial, Fraction]]


@dataclass(frozen=True, slots=True)
class Scale:
    """`rates` are the pairs (b, k) with their coefficients, `a` the exponent of t, `j` that of the logarithm."""

    rates: tuple[tuple[Rate, Frozen], ...]
    a: Frozen
    j: Fraction

    def exponent(self) -> Poly:
        """The exponent of t."""
        return dict(self.a)

    def growth(self) -> dict[Rate, Poly]:
        """What the exponential grows by."""
        return {r: dict(p) for r, p in self.rates}


def scale_of(growth: dict[Rate, Poly], a: Poly, j: Fraction = Fraction(0)) -> Scale:
    """A scale from its parts; rates whose coefficient is 0 are left out."""
    rates = tuple((r, frozenset(growth[r].items())) for r in sorted(growth, reverse=True) if growth[r])
    return Scale(rates, frozenset(a.items()), j)


UNIT_SCALE = scale_of({}, {})


@dataclass(frozen=True, slots=True)
class Germ:
    """A sum of scales, the largest first, and the bound of what is left out; None where nothing is."""

    terms: tuple[tuple[Scale, Poly], ...]
    rest: Scale | None = None


class Germs:
    """Arithmetic of germs under one run of the normal form, which knows the facts."""

    def __init__(self, run: Normaliser) -> None:
        self.run = run

    # -------------------------------------------------------------- scales

    def times_scale(self, m: Scale, n: Scale) -> Scale:
        """The product of two scales."""
        growth = m.growth()
        for r, p in n.growth().items():
            growth[r] = self.run.simplify(add_poly(growth.get(r, {}), p))
        return scale_of(growth, self.run.simplify(add_poly(m.exponent(), n.exponent())), m.j + n.j)

    def inverse_scale(self, m: Scale) -> Scale:
        """One over a scale."""
        return scale_of({r: scale(p, -1) for r, p in m.growth().items()}, scale(m.exponent(), -1), -m.j)

    def compare(self, m: Scale, n: Scale) -> int:
        """1 where n/m tends to 0, -1 where m/n does, 0 where they are the same scale."""
        ratio = self.times_scale(m, self.inverse_scale(n))
        for _, p in ratio.rates:
            sign = self.known_sign(dict(p))
            if sign:
                return sign
        sign = self.known_sign(ratio.exponent())
        if sign:
            return -sign
        return (ratio.j > 0) - (ratio.j < 0)

    def known_sign(self, p: Poly) -> int:
        """1, -1 or 0. Without the refusal: x^a would vanish at 0 whatever a is."""
        if self.run.is_zero(p):
            return 0
        sign = {"+": 1, "-": -1, "0": 0}.get(self.run.sign(p) or "")
        if sign is None:
            raise Decline("a leading term of unknown sign")
        return sign

    def largest(self, scales: Sequence[Scale]) -> Scale:
        """The one that bounds them all."""
        best = scales[0]
        for m in scales[1:]:
            if self.compare(m, best) > 0:
                best = m
        return best

    # -------------------------------------------------------------- sums and products

    def constant(self, p: Poly) -> Germ:
        """A number."""
        p = self.run.simplify(p)
        return Germ(((UNIT_SCALE, p),)) if p else Germ(())

    def made(self, terms: dict[Scale, Poly], bounds: Sequence[Scale]) -> Germ:
        """A germ in order, without what its bound covers."""
        rest = self.largest(bounds) if bounds else None
        kept = [(m, p) for m, p in terms.items() if p and not self.run.is_zero(p)]
        if rest is not None:
            kept = [(m, p) for m, p in kept if self.compare(m, rest) > 0]
        kept.sort(key=cmp_to_key(self._order))
        if len(kept) > MOST_TERMS:
            rest = kept[MOST_TERMS][0]
            kept = kept[:MOST_TERMS]
        return Germ(tuple(kept), rest)

    def _order(self, x: tuple[Scale, Poly], y: tuple[Scale, Poly]) -> int:
        return -self.compare(x[0], y[0])

    def add(self, *germs: Germ) -> Germ:
        """The sum."""
        terms: dict[Scale, Poly] = {}
        for g in germs:
            for m, p in g.terms:
                terms[m] = self.run.simplify(add_poly(terms.get(m, {}), p))
        return self.made(terms, [g.rest for g in germs if g.rest is not None])

    def scaled(self, g: Germ, p: Poly, m: Scale = UNIT_SCALE) -> Germ:
        """A constant and a scale times a germ."""
        if self.run.is_zero(p):
            return Germ(())
        terms = {self.times_scale(m, n): self.run.simplify(self.run.times(p, q)) for n, q in g.terms}
        return self.made(terms, [] if g.rest is None else [self.times_scale(m, g.rest)])

    def bound(self, g: Germ) -> Scale | None:
        """A scale that the germ is at most a multiple of; None for 0."""
        if g.terms:
            return g.terms[0][0]
        return g.rest

    def times(self, g: Germ, h: Germ) -> Germ:
        """The product."""
        terms: dict[Scale, Poly] = {}
        for m, p in g.terms:
            for n, q in h.terms:
                s = self.times_scale(m, n)
                terms[s] = self.run.simplify(add_poly(terms.get(s, {}), self.run.times(p, q)))
        bounds = []
        for one, two in ((g, h), (h, g)):
            other = self.bound(two)
            if one.rest is not None and other is not None:
                bounds.append(self.times_scale(one.rest, other))
        return self.made(terms, bounds)

    def leading(self, g: Germ) -> tuple[Scale, Poly, str]:
        """The first term, whose coefficient is known not to be 0, with its sign."""
        if not g.terms:
            raise Decline("nothing is left of a term at this order")
        m, p = g.terms[0]
        sign = self.run.sign(p)
        if sign not in ("+", "-", "!0"):
            # without this: 1/(a*x + x^2) would be 1/(a*x) at a = 0 too
            raise Decline("a leading coefficient that may be 0")
        return m, p, sign

    def small(self, g: Germ) -> tuple[Germ, Poly, Scale, str]:
        """`g = p*m*(1 + e)` with e that tends to 0: e, p, m, and the sign of p."""
        m, p, sign = self.leading(g)
        whole = self.scaled(g, self.run.invert(p), self.inverse_scale(m))
        rest = Germ(whole.terms[1:], whole.rest)
        if not (whole.terms and whole.terms[0][0] == UNIT_SCALE):
            raise Decline("a leading term that does not divide out")
        self.owe_small(rest)
        return rest, p, m, sign

    def owe_small(self, g: Germ) -> None:
        """Decline unless the germ tends to 0."""
        b = self.bound(g)
        if b is not None and self.compare(b, UNIT_SCALE) >= 0:
            raise Decline("a term that is not seen to vanish")

    def compose(self, coefficients: Sequence[Poly], e: Germ) -> Germ:
        """`sum(c[j]*e^j)` for e that tends to 0, with the first power that is left out as the bound."""
        self.owe_small(e)
        if not e.terms and e.rest is None:
            return self.constant(coefficients[0])
        total = self.constant(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            total = self.add(self.constant(c), self.times(e, total))
        b = self.bound(e)
        assert b is not None
        last = b
        for _ in range(len(coefficients) - 1):
            last = self.times_scale(last, b)
        return self.made(dict(total.terms), [last, *([] if total.rest is None else [total.rest])])

    # -------------------------------------------------------------- functions

    def inverse(self, g: Germ) -> Germ:
        """One over a germ that is not 0 near the point."""
        e, p, m, _ = self.small(g)
        one = self.compose([constant((-1) ** j) for j in range(ORDER)], e)
        return self.scaled(one, self.run.invert(p), self.inverse_scale(m))

    def exp(self, g: Germ) -> Germ:
        """The exponential: what grows becomes a scale."""
        growth: dict[Rate, Poly] = {}
        exponent: Poly = {}
        start: Poly = {}
        small: dict[Scale, Poly] = {}
        for m, p in g.terms:
            order = self.compare(m, UNIT_SCALE)
            if order < 0:
                small[m] = p
            elif order == 0:
                start = p
            else:
                a = m.exponent()
                if m.rates or not is_constant(a) or m.j.denominator != 1:
                    raise Decline("an exponential of an exponential")
                b, k = -value_of(a), int(m.j)
                if b == 0 and k == 1:
                    exponent = add_poly(exponent, scale(p, -1))
                else:
                    growth[(b, k)] = p
        e = Germ(tuple(small.items()), g.rest)
        if g.rest is not None and not small:
            self.owe_small(Germ((), g.rest))
        factorial = Fraction(1)
        coefficients = []
        for j in range(ORDER):
            factorial = factorial * j if j else factorial
            coefficients.append(constant(1 / factorial))
        return self.scaled(self.compose(coefficients, e), self.run.exp(start), scale_of(growth, exponent))

    def log(self, g: Germ) -> Germ:
        """The logarithm of a germ that is positive near the point."""
        e, p, m, sign = self.small(g)
        if sign != "+":
            raise Decline("the logarithm of what is not seen to be positive")
        if m.j:
            raise Decline("a logarithm of a logarithm")
        tail = self.compose([{}, *(constant(Fraction((-1) ** (j + 1), j)) for j in range(1, ORDER))], e)
        parts = [tail, self.constant(self.run.log(p))]
        for (b, k), c in m.growth().items():
            parts.append(Germ(((scale_of({}, constant(-b), Fraction(k)), c),)))
        if m.a:
            parts.append(Germ(((scale_of({}, {}, Fraction(1)), scale(m.exponent(), -1)),)))
        return self.add(*parts)

    def power(self, g: Germ, exponent: Poly) -> Germ:
        """A power with an exponent that does not vary."""
        if is_constant(exponent):
            n = value_of(exponent)
            if n.denominator == 1 and abs(n) <= 12:
                return self.whole_power(g, int(n))
        e, p, m, sign = self.small(g)
        if sign != "+":
            raise Decline("a real power of what is not seen to be positive")
        if m.j and not is_constant(exponent):
            raise Decline("a power of a logarithm")
        coefficient = constant(1)
        coefficients = [coefficient]
        for j in range(1, ORDER):
            step = scale(minus(exponent, constant(j - 1)), Fraction(1, j))
            coefficient = self.run.times(coefficient, step)
            coefficients.append(coefficient)
        outer = self.run.exp(self.run.times(exponent, self.run.log(p)))
        growth = {r: self.run.times(c, exponent) for r, c in m.growth().items()}
        j_power = m.j * value_of(exponent) if m.j else Fraction(0)
        raised = scale_of(growth, self.run.times(m.exponent(), exponent), j_power)
        return self.scaled(self.compose(coefficients, e), outer, raised)

    def whole_power(self, g: Germ, n: int) -> Germ:
        """A whole power; a germ that is 0 has none below 0."""
        total = self.constant(constant(1))
        for _ in range(abs(n)):
            total = self.times(total, g)
        return self.inverse(total) if n < 0 else total

    # -------------------------------------------------------------- what a germ tends to

    def split(self, g: Germ) -> tuple[Germ, Poly]:
        """A germ that tends to a number as what vanishes and the number."""
        start: Poly = {}
        small = []
        for m, p in g.terms:
            order = self.compare(m, UNIT_SCALE)
            if order > 0:
                raise Decline("a term that is not seen to be bounded")
            if order == 0:
                start = p
            else:
                small.append((m, p))
        e = Germ(tuple(small), g.rest)
        self.owe_small(e)
        return e, start

    def is_bounded(self, g: Germ) -> bool:
        """Is the germ at most a constant?"""
        b = self.bound(g)
        return b is None or self.compare(b, UNIT_SCALE) <= 0

    def sign(self, g: Germ) -> int:
        """The sign near the point."""
        if not g.terms and g.rest is None:
            return 0
        _, _, sign = self.leading(g)
        if sign == "!0":
            raise Decline("a sign that is not known")
        return 1 if sign == "+" else -1
