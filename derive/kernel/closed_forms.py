"""Closed forms of sums: powers of the index (Faulhaber), geometric and binomial sums.

Promise: a closed form is given only for a range that is not reversed, and never divides by what may be 0;
otherwise None, and the sum stays.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import ONE, App, Num, Sym, Term, free_symbols, substitute
from derive.kernel.poly import UNIT, Decline, Monomial, Poly, add_poly, constant, minus, scale
from derive.kernel.sum_names import SumNames

_MAX_FAULHABER = 12
_UP = ("+", "0+", "0")


class ClosedForms(SumNames):
    """Sums over a range that have a value without a sum."""

    def closed_form(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i in a..b, i^k)` (Faulhaber) and `sum(i in a..b, r^i)` (geometric), for ordered ranges."""
        if self.sign(add_poly(minus(self.normal(high), self.normal(low)), constant(1))) not in ("+", "0+"):
            return None
        if len(bound) > 1 and all(a != UNIT and self.is_exponential(a) for a, _ in bound):
            # never 0. Without that: c^k*d^(n-k) would be divided by d = 0
            return self.geometric(var, low, high, bound)
        if len(bound) > 1 or any(isinstance(t := self.atoms[a], App) and t.op == "binomial" for a, _ in bound):
            return self.binomial_sum(var, low, high, bound)
        ((a, e),) = bound
        if self.atoms[a] == var and isinstance(e, int) and 0 < e <= _MAX_FAULHABER:
            top = self.faulhaber(e, self.normal(high))
            return minus(top, self.faulhaber(e, minus(self.normal(low), constant(1))))
        return None if a == UNIT else self.geometric(var, low, high, bound)

    def binomial_sum(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(k in 0..n, binomial(n, k)*r^k*b^(n-k)) = (b + r)^n` (Graham, Knuth, Patashnik, section 5.1).

        The factors that are no power of exponent n-k must grow by one ratio r from each k to the next.
        """
        chosen = next(
            (a for a, e in bound if e == 1 and isinstance(t := self.atoms[a], App)
             and t.op == "binomial" and t.args == (high, var)), None,
        )
        if chosen is None or self.normal(low) or self.sign(self.normal(high)) not in ("+", "0+", "0"):
            # without the order: the empty sum at n = -1 would be (1 + r)^(-1)
            return None
        left = minus(self.normal(high), self.normal(var))
        falling, moment = constant(1), 0
        others = []
        for a, e in bound:
            match self.atoms[a]:
                case Sym() as k if k == var and e in (1, 2):
                    moment = int(e)
                case App("^", (base, exponent)) if isinstance(e, int) and e > 0 and self.normal(exponent) == left:
                    if var in free_symbols(base):
                        return None
                    falling = self.times(falling, self.integer_power(self.normal(base), e))
                case _ if a != chosen:
                    others.append((a, e))
        rest = self.to_term({tuple(others): Fraction(1)})
        here, after = self.normal(rest), self.normal(substitute(rest, {var: App("+", (var, ONE))}))
        ratio = self.simplify(self.times(after, self.invert(here)))
        ratio_term = self.to_term(ratio)
        if var in free_symbols(ratio_term):
            return None
        first = self.normal(substitute(rest, {var: Num(0)}))
        found = self.binomial_moment(moment, ratio, add_poly(falling, ratio), high)
        return None if found is None else self.times(first, found)

    def binomial_moment(self, moment: int, ratio: Poly, base: Poly, high: Term) -> Poly | None:
        """`sum(k in 0..n, k^m*binomial(n, k)*r^k*b^(n-k))`, for s = b + r: `k*C(n, k) = n*C(n-1, k-1)`.

        Without n >= m, or s not 0: n*r*s^(n - 1) at n = 0 and s = 0.
        """
        n = self.normal(high)
        if moment and self.sign(base) not in ("+", "-", "!0") and self.sign(minus(n, constant(moment))) not in _UP:
            return None

        def lowered(k: int) -> Poly:
            exponent = minus(n, constant(k))
            total = self.power(base, exponent, self.to_term(exponent))
            for j in range(k):
                total = self.times(total, self.times(ratio, minus(n, constant(j))))
            return total

        if moment == 2:
            return add_poly(lowered(2), lowered(1))
        return lowered(moment)

    def faulhaber(self, k: int, n: Poly) -> Poly:
        """The polynomial that sums i^k for i in 1..n (Graham, Knuth, Patashnik, section 6.5)."""
        from math import comb

        bernoulli: list[Fraction] = []
        for m in range(k + 1):
            total = sum((comb(m + 1, j) * bernoulli[j] for j in range(m)), Fraction(0))
            bernoulli.append(Fraction(1) if m == 0 else -total / (m + 1))
        if k >= 1:
            bernoulli[1] = Fraction(1, 2)
        total_poly: Poly = {}
        for j in range(k + 1):
            term = scale(self.integer_power(n, k + 1 - j), comb(k + 1, j) * bernoulli[j] / (k + 1))
            total_poly = add_poly(total_poly, term)
        return total_poly

    def geometric(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i in a..b, r^i) = (r^(b+1) - r^a)/(r - 1)` where `r != 1` is known.

        Without the guard: r = 1 (tests/unsound/geometric_sum_at_one.drv).
        """
        step = self.to_term({bound: Fraction(1)})
        here = self.normal(step)
        after = self.normal(substitute(step, {var: App("+", (var, ONE))}))
        try:
            ratio = self.simplify(self.times(after, self.invert(here)))
        except Decline:
            return None
        if not ratio or var in free_symbols(self.to_term(ratio)) or ratio == constant(1):
            return None
        if self.sign(minus(ratio, constant(1))) not in ("+", "-", "!0"):
            return None
        first = self.normal(substitute(step, {var: low}))
        last = self.normal(substitute(step, {var: App("+", (high, ONE))}))
        return self.times(minus(last, first), self.invert(minus(ratio, constant(1))))

    def power(self, base: Poly, exponent: Poly, written: Term) -> Poly:
        """A power (in `powers.py`)."""
        raise NotImplementedError
