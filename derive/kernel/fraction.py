"""Fractions of the normal form: common denominators, cancelling, and the test for zero.

Promise: `is_zero(p)` says True only if `p` is 0 wherever its denominators are not; `simplify(p)` equals `p`
there. The denominators come from denominators that the author wrote, which are owed not to vanish.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App
from derive.kernel.poly import (
    UNIT,
    Decline,
    Poly,
    Ring,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
    tidy,
    value_of,
)

MAX_ORDER = 240


class Fractions(Ring):
    """Polynomials with `poly` atoms in denominators."""

    def denominators(self, p: Poly) -> dict[int, int]:
        """The `poly` atoms with the largest power in which each divides."""
        below: dict[int, int] = {}
        for m in p:
            for a, e in m:
                term = self.atoms[a]
                if isinstance(term, App) and term.op == "poly" and e < 0:
                    below[a] = max(below.get(a, 0), int(-e))
        return below

    def clear(self, p: Poly) -> Poly:
        """`p` times its `poly` denominators."""
        below = self.denominators(p)
        if not below:
            return p
        total: Poly = {}
        for m, c in p.items():
            plain = {a: e for a, e in m if a not in below}
            step = {tuple(sorted(plain.items())): c}
            mine = dict(m)
            for a, k in below.items():
                left = k + int(mine.get(a, 0))
                if left:
                    step = self.times(step, self.integer_power(self.definition(self.atoms[a]), left))
            total = add_poly(total, step)
        # a definition may bring denominators of its own
        return self.clear(total) if self.denominators(total) else total

    def reduced_fraction(self, p: Poly) -> tuple[Poly, list[tuple[int, int]]]:
        """A numerator without `poly` atoms, and the denominators left after cancelling."""
        below = self.denominators(p)
        if not below:
            return p, []
        top = self.clear(p)
        left: list[tuple[int, int]] = []
        for a, k in sorted(below.items(), key=lambda item: repr(self.atoms[item[0]])):
            bottom = self.definition(self.atoms[a])
            if self.denominators(bottom):
                raise Decline("a fraction inside a fraction")
            while k and top:
                quotient = self.divide(top, bottom)
                if quotient is None:
                    break
                top, k = quotient, k - 1
            if k and top:
                left.append((a, k))
        return top, left

    def invert(self, p: Poly) -> Poly:
        """`1/p`; a fraction is turned over: `1/(1 - 1/(1 + e)) = (1 + e)/e`."""
        if not self.denominators(p):
            return super().invert(p)
        top, below = self.reduced_fraction(p)
        total = super().invert(top)
        for a, k in below:
            total = self.times(total, self.integer_power(self.definition(self.atoms[a]), k))
        return total

    def divide(self, p: Poly, q: Poly) -> Poly | None:
        """The exact quotient of polynomials, None if there is none."""
        floor_p, floor_q = self._floors(p), self._floors(q)
        table, (a, b) = self.to_flint(self._divide_content(p, floor_p), self._divide_content(q, floor_q))
        quotient, remainder = divmod(a, b)
        if remainder:
            return None
        shift = {x: floor_p.get(x, 0) - floor_q.get(x, 0) for x in {*floor_p, *floor_q}}
        back = self.from_flint(table, quotient)
        return self.times(back, self.monomial(list(shift.items())))

    def _floors(self, p: Poly) -> dict[int, int | Fraction]:
        """The smallest exponent of each atom."""
        atoms = {a for m in p for a, _ in m}
        return {a: min(dict(m).get(a, 0) for m in p) for a in atoms}

    def simplify(self, p: Poly) -> Poly:
        """A canonical form of fractions: cancelled, numerators reduced by single denominators."""
        if not self.denominators(p):
            return p
        top, left = self.reduced_fraction(p)
        if not left:
            return top
        if len(left) == 1:
            return self.partial(top, *left[0])
        return self.times(top, self.monomial([(a, -k) for a, k in left]))

    def partial(self, top: Poly, below: int, k: int) -> Poly:
        """`top/f^k` expanded in powers of `f`, each numerator reduced by `f`: `x/(x+1) = 1 - 1/(x+1)`.

        Division is linear, so that the parts of a sum have the same form together and apart.
        """
        bottom = self.definition(self.atoms[below])
        floors = {a: min(0, e) for a, e in self._floors(top).items() if min(0, e)}
        whole: Poly = {}
        lifted = self._divide_content(top, floors) if floors else top
        for j in range(k, 0, -1):
            table, (a, b) = self.to_flint(lifted, bottom)
            quotient, remainder = divmod(a, b)
            over = self.times(self.from_flint(table, remainder), self.monomial([(below, -j)]))
            whole, lifted = add_poly(whole, over), self.from_flint(table, quotient)
        whole = add_poly(whole, lifted)
        return self.times(whole, self.monomial(list(floors.items()))) if floors else whole

    def partial_fractions(self, p: Poly, atom: int) -> Poly:
        """`1/(k*(k + 1)) = 1/k - 1/(k + 1)`: products of linear denominators in one atom, split.

        With `F1 = a1*k + b1` and `F2 = a2*k + b2`, `1/(F1*F2) = (a1/F1 - a2/F2)/(a1*b2 - a2*b1)`.
        """
        for _ in range(12):
            total: Poly = {}
            again = False
            for m, c in p.items():
                lines = [(a, line) for a, e in m if e < 0 and (line := self._line(a, atom)) is not None]
                if len(lines) < 2:
                    total = add_poly(total, {m: c})
                    continue
                (one, (a1, b1)), (two, (a2, b2)) = lines[:2]
                determinant = a1 * b2 - a2 * b1
                if not determinant:
                    total = add_poly(total, {m: c})
                    continue
                again = True
                rest = self.monomial([(a, e + (a in (one, two))) for a, e in m], c / determinant)
                first = self.times(rest, self.monomial([(one, -1)], a1))
                total = add_poly(total, first, self.times(rest, self.monomial([(two, -1)], -a2)))
            p = total
            if not again:
                break
        return p

    def _line(self, below: int, atom: int) -> tuple[Fraction, Fraction] | None:
        """The coefficients of a denominator that is linear in an atom, with rational coefficients."""
        if below == atom:
            return Fraction(1), Fraction(0)
        term = self.atoms[below]
        if not (isinstance(term, App) and term.op == "poly"):
            return None
        inner = self.definition(term)
        if set(inner) <= {((atom, 1),), ()} and ((atom, 1),) in inner:
            return inner[((atom, 1),)], inner.get((), Fraction(0))
        return None

    # -------------------------------------------------------------- zero

    def is_zero(self, p: Poly) -> bool:
        """Is it 0 wherever its denominators are not?"""
        if not p:
            return True
        top = self.clear(p)
        return not top or not self.reduce_unit(self.surds(top))

    def surds(self, p: Poly) -> Poly:
        """Where fractional powers of `exp(im*pi)` meet `sqrt(2)`, `sqrt(3)`, `sqrt(5)`: the surds as such powers."""
        raise NotImplementedError

    def reduce_unit(self, p: Poly) -> Poly:
        """Reduce powers of a root of unity by its cyclotomic polynomial."""
        orders = {Fraction(e).denominator for m in p for a, e in m if a == UNIT}
        if not orders - {1, 2, 4, 8, 16, 32}:
            return p
        from math import lcm

        import flint

        n = lcm(*orders)
        if n > MAX_ORDER:
            return p
        cyclotomic = flint.fmpz_poly.cyclotomic(2 * n)
        modulus = flint.fmpq_poly(cyclotomic)
        groups: dict[tuple[tuple[int, int | Fraction], ...], dict[int, Fraction]] = {}
        for m, c in p.items():
            rest = tuple((a, e) for a, e in m if a != UNIT)
            k = int(Fraction(dict(m).get(UNIT, 0)) * n)
            groups.setdefault(rest, {})[k] = c
        total: Poly = {}
        for rest, coefficients in groups.items():
            dense = [flint.fmpq(0)] * (max(coefficients) + 1)
            for k, c in coefficients.items():
                dense[k] = flint.fmpq(c.numerator, c.denominator)
            for k, c in enumerate((flint.fmpq_poly(dense) % modulus).coeffs()):
                if c:
                    unit = (((UNIT, tidy(Fraction(k, n))),) if k else ()) + rest
                    total[tuple(sorted(unit))] = Fraction(int(c.p), int(c.q))
        return total

    def is_reduced(self, p: Poly) -> bool:
        """Are the powers of `exp(im*pi)` in it linearly independent over the rationals?"""
        from math import lcm

        import flint

        orders = {Fraction(e).denominator for m in p for a, e in m if a == UNIT}
        n = lcm(1, *orders)
        degree = Fraction(int(flint.fmpz_poly.cyclotomic(2 * n).degree()), n) if n <= MAX_ORDER else 0
        return all(e < degree for m in p for a, e in m if a == UNIT)

    # -------------------------------------------------------------- equations

    def roots_by(self, p: Poly, equations: list[Poly]) -> Poly:
        """Roots of what an equation says is a number: `sqrt(f)` where `f - 1 = 0` is known."""
        total = p
        for atom in sorted({a for m in p for a, _ in m}):
            term = self.atoms[atom]
            if not (isinstance(term, App) and term.op == "root"):
                continue
            value = self._number_by(self.definition(term), equations)
            if value is None:
                continue
            new: Poly = {}
            for m, c in total.items():
                e = Fraction(dict(m).get(atom, 0))
                rest = {tuple(x for x in m if x[0] != atom): c}
                new = add_poly(new, self.times(rest, self.root(constant(value), e)) if e else rest)
            total = new
        return total

    def _number_by(self, f: Poly, equations: list[Poly]) -> Fraction | None:
        """The positive number that `f` is when one equation holds.

        Without the sign: the root of a negative number.
        """
        for q in equations:
            shared = next((m for m in q if m and m in f), None)
            if shared is not None:
                rest = minus(f, scale(q, f[shared] / q[shared]))
                if is_constant(rest) and value_of(rest) > 0:
                    return value_of(rest)
        return None

    def root(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for `p >= 0` (in `roots.py`)."""
        raise NotImplementedError

    def reduce_by(self, p: Poly, equations: list[Poly]) -> Poly:
        """The remainder of `p` under polynomials that are known to be 0: `p` minus multiples of them."""
        top = self.clear(self.roots_by(p, equations))
        zeros = [self.clear(q) for q in equations]
        zeros = [q for q in zeros if q]
        if not top or not zeros or len(zeros) > 12:
            return top
        # A known zero is only multiplied up: x*y = x does not give y = 1
        # (tests/unsound/cancelled_zero.drv). The goal's own content may go.
        lifted = [self._divide_content(top, self._floors(top))]
        for q in zeros:
            below = {a: e for a, e in self._floors(q).items() if e < 0}
            lifted.append(self._divide_content(q, below) if below else q)
        if sum(len(q) for q in lifted) > 4000:
            return top
        table, polys = self.to_flint(*lifted)
        remainder = polys[0]
        for _ in range(4):
            before = remainder
            for q in polys[1:]:
                remainder = divmod(remainder, q)[1]
            if not remainder or remainder == before:
                break
        return self.from_flint(table, remainder)


