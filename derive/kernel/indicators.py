"""Indicators, Kronecker deltas and piecewise terms in the normal form.

Promise: an indicator atom is 0 or 1 wherever its proposition is defined; `if c then a else b` becomes
`1[c]*a + (1 - 1[c])*b`, an identity that holds in each of the two cases.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.sort import INTEGER, Array
from derive.core.term import ZERO, App, Sym, Term
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
from derive.kernel.sign import Signs
from derive.kernel.signs import Sign

_MOST_CASES = 4


def _without(p: Poly, atom: int) -> Poly:
    """The polynomial where an indicator is 0."""
    return {m: c for m, c in p.items() if all(a != atom for a, _ in m)}


def _with(p: Poly, atom: int) -> Poly:
    """The polynomial where an indicator is 1."""
    return add_poly(*({tuple(x for x in m if x[0] != atom): c} for m, c in p.items()))


class Indicators(Signs):
    """Normal forms of what depends on a proposition."""

    def choice(self, args: tuple[Term, ...]) -> Poly:
        """`if c then a else b`."""
        guard = self.indicator(args[0])
        then, otherwise = self.normal(args[1]), self.normal(args[2])
        return add_poly(self.times(guard, minus(then, otherwise)), otherwise)

    def indicator(self, claim: Term) -> Poly:
        """1 where the proposition holds, 0 elsewhere."""
        match claim:
            case App("true", ()):
                return constant(1)
            case App("false", ()):
                return {}
            case App("not", (inner,)):
                return minus(constant(1), self.indicator(inner))
            case App("and", parts):
                return self.product(*(self.indicator(p) for p in parts))
            case App("or", parts):
                none = self.product(*(minus(constant(1), self.indicator(p)) for p in parts))
                return minus(constant(1), none)
            case App("=", (left, right)):
                return self.equal(minus(self.normal(left), self.normal(right)))
            case App("!=", (left, right)):
                return minus(constant(1), self.equal(minus(self.normal(left), self.normal(right))))
            case App("<" | "<=" as rel, (left, right)):
                return self.at_least(minus(self.normal(right), self.normal(left)), strict=rel == "<")
        return self.known_atom(App("indicator", (canonical(claim),)))

    def by_cases(self, p: Poly, depth: int) -> Sign:
        """The sign of a polynomial in a few indicators, if it has one whichever of them are 1."""
        found = {
            a for m in p for a, _ in m
            if isinstance(t := self.atoms[a], App) and t.op in ("indicator", "delta")
        }
        if not 0 < len(found) <= _MOST_CASES or depth > 3:
            return None
        cases = [p]
        for a in sorted(found):
            cases = [q for p in cases for q in (_without(p, a), _with(p, a))]
        signs = [self.sign(q, depth + 2) for q in cases]
        for strict, weak in (("+", "0+"), ("-", "0-")):
            if all(s in (strict, weak, "0") for s in signs):
                return strict if all(s == strict for s in signs) else weak
        return None

    def known_atom(self, term: Term) -> Poly:
        """The atom, or what a cited equation says that it is."""
        raise NotImplementedError

    def is_whole(self, p: Poly) -> bool:
        """Is the value surely an integer?"""
        return all(
            c.denominator == 1 and all(isinstance(e, int) and e > 0 and self._whole_atom(a) for a, e in m)
            for m, c in p.items()
        )

    def _whole_atom(self, atom: int) -> bool:
        match self.atoms[atom]:
            case Sym(_, sort):
                return sort is INTEGER
            case App("index", (Sym(_, Array(_, entry)), *_)):
                return entry is INTEGER
            case App("delta" | "indicator" | "factorial" | "binomial", _):
                return True
        return False

    def delta(self, p: Poly, q: Poly) -> Poly:
        """The Kronecker delta of two indices."""
        return self.equal(minus(p, q))

    def equal(self, gap: Poly) -> Poly:
        """1 where `gap = 0`."""
        if is_constant(gap):
            return constant(0 if value_of(gap) else 1)
        sign = self.range_sign(gap)
        if sign in ("+", "-", "!0"):
            return {}
        if sign == "0":
            return constant(1)
        gap = scale(gap, 1 / self.leading_coefficient(gap))
        if not self.is_real(gap):
            raise Decline("an indicator of complex numbers")
        return self.known_atom(App("delta", (self.to_term(gap), ZERO)))

    def range_sign(self, gap: Poly) -> str | None:
        """The sign, where the ranges of bound variables count too."""
        for p, flip in ((gap, {"+": "+", "0+": None}), (scale(gap, -1), {"+": "-", "0+": None})):
            found = self.range_gap(p, {})
            if found in ("0", "!0"):
                return found
            if found == "+":
                return flip["+"]
        return None

    def at_least(self, gap: Poly, strict: bool) -> Poly:
        """1 where `gap >= 0` (`gap > 0` when strict)."""
        if is_constant(gap):
            value = value_of(gap)
            return constant(1 if value > 0 or (value == 0 and not strict) else 0)
        if not self.is_real(gap):
            raise Decline("an order on complex numbers")
        up, down = self.range_gap(gap, {}), self.range_gap(scale(gap, -1), {})
        if up == "+" or (up in ("0+", "0") and not strict):
            return constant(1)
        if down == "+" or (down in ("0+", "0") and strict):
            return {}
        if self.is_whole(gap):
            return self._whole_at_least(minus(gap, constant(1)) if strict else gap)
        lead = self.leading_coefficient(minus(gap, constant(gap.get((), Fraction(0)))))
        if lead < 0:
            return minus(constant(1), self._real_at_least(scale(gap, 1 / lead), not strict))
        return self._real_at_least(scale(gap, 1 / lead), strict)

    def _whole_at_least(self, gap: Poly) -> Poly:
        lead = self.leading_coefficient(minus(gap, constant(gap.get((), Fraction(0)))))
        if lead < 0:
            flipped = minus(scale(gap, -1), constant(1))
            return minus(constant(1), self._real_at_least(flipped, False))
        return self._real_at_least(gap, False)

    def _real_at_least(self, gap: Poly, strict: bool) -> Poly:
        claim = App("<" if strict else "<=", (ZERO, self.to_term(gap)))
        return self.known_atom(App("indicator", (claim,)))


