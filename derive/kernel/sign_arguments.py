"""Arguments for the sign of a polynomial: chains, factors, squares, conjugates, logarithms, complex units.

Promise: each argument is one theorem about numbers, and answers None where its hypotheses are not known; none
samples, and none searches.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from derive.core.term import App, Num, Term
from derive.kernel.atom_signs import AtomSigns
from derive.kernel.differences import edges, ends, least
from derive.kernel.poly import Monomial, Poly, minus, scale
from derive.kernel.signs import ENCLOSURE, Sign, multiply_signs, stronger
from derive.kernel.waves import of_pairs, of_roots_of_unity, of_two_units

FEW_TERMS = 8


class SignArguments(AtomSigns):
    """One method an argument."""

    def _by_chain(self, p: Poly, depth: int) -> Sign:
        """A chain of comparisons `x - y >= c`; the range of a bound variable counts only where it occurs itself.

        Without this: `1 <= i <= n` for a bound i would give 1 <= n, where the range may be empty.
        """
        if ends(p) is None:
            return None
        facts = [(g, rel, names) for g, rel, names, anchor in self.order_facts if anchor is None]
        for var, (low, high) in tuple(self.ranges.items()):
            if any(self.atoms[a] == var for m in p for a, _ in m):
                here, none = self.variable(var), frozenset[str]()
                facts += [(minus(here, self.normal(low)), "<=", none), (minus(self.normal(high), here), "<=", none)]
        known = edges(facts)
        for direction, up in ((1, "+"), (-1, "-")):
            found = least(known, p if direction == 1 else scale(p, -1))
            if found is not None and found.bound >= 0:
                self.use(*found.names)
                return up if found.bound > 0 or found.strict else f"0{up}"
        return None

    def _by_factors(self, p: Poly, depth: int) -> Sign:
        if len(p) > 60:
            return None
        top, below = self.reduced_fraction(p)
        if not top:
            return "0"
        content, factors = self.factor(top)
        if len(factors) + len(below) == 1 and not below and factors[0][1] == 1 and len(content) == 1:
            ((m, c),) = content.items()
            if not m:
                return None
        ((m, c),) = content.items()
        total = self._monomial(m, c, depth)
        if total not in ("+", "-") and m and content != p:
            # a fact may say more of the common factor than its atoms do: 0 < S/n, of 1 - m/(m + S)
            total = stronger(total, self.sign(content, depth + 1))
        parts = [(f, e) for f, e in factors] + [(self.definition(self.atoms[a]), -k) for a, k in below]
        for f, e in parts:
            if total is None:
                return None
            inner = self.sign(f, depth + 1)
            if e % 2 == 0:
                inner = "+" if inner in ("+", "-", "!0") or e < 0 else "0+"
            elif e < 0 and inner in ("0+", "0-"):
                inner = "+" if inner == "0+" else "-"
            total = multiply_signs(total, inner)
        return total

    def _by_square(self, p: Poly, depth: int) -> Sign:
        """`a*x^2 + b*x + c` with a of known sign and negative or no discriminant."""
        for a in sorted({a for m in p for a, e in m if e == 2}):
            square: Poly = {}
            linear: Poly = {}
            rest: Poly = {}
            for m, c in p.items():
                e = dict(m).get(a, 0)
                bare = tuple((b, k) for b, k in m if b != a)
                if e == 2:
                    square[bare] = c
                elif e == 1:
                    linear[bare] = c
                elif e == 0:
                    rest[m] = c
                else:
                    break
            else:
                if depth > 2 or not linear:
                    continue
                lead = self.sign(square, depth + 2)
                if lead not in ("+", "-"):
                    continue
                gap = minus(scale(self.times(square, rest), 4), self.times(linear, linear))
                inner = self.sign(gap, depth + 2)
                if inner in ("+", "0+", "0"):
                    strict = inner == "+"
                    return lead if strict else {"+": "0+", "-": "0-"}[lead]
        return None

    def _by_conjugate(self, p: Poly, depth: int) -> Sign:
        """`A*sqrt(f) + B` with `A > 0`: positive where `A^2*f > B^2`, since then `A*sqrt(f) > |B|`."""
        if depth > 1 or len(p) > 12:
            return None
        for a in sorted({a for m in p for a, e in m if e == Fraction(1, 2)}):
            if not (isinstance(t := self.atoms[a], App) and t.op == "root"):
                continue
            lead: Poly = {}
            rest: Poly = {}
            for m, c in p.items():
                e = dict(m).get(a, 0)
                if e == Fraction(1, 2):
                    lead[tuple(x for x in m if x[0] != a)] = c
                elif e == 0:
                    rest[m] = c
                else:
                    return None
            outer = self.sign(lead, depth + 1)
            if outer not in ("+", "-") or not rest:
                continue
            square = self.times(self.times(lead, lead), self.definition(t))
            gap = self.sign(minus(square, self.times(rest, rest)), depth + 1)
            if gap == "+":
                return outer
            if gap in ("0+", "0"):
                return {"+": "0+", "-": "0-"}[outer]
            if gap == "-" and self.sign(rest, depth + 1) in ("+", "-"):
                return self.sign(rest, depth + 1)
        return None

    def _by_logarithm(self, p: Poly, depth: int) -> Sign:
        """`M1 - M2` for positive monomials: the sign of `log(M1) - log(M2)`."""
        if len(p) != 2 or depth > 3:
            return None
        (m1, c1), (m2, c2) = sorted(p.items(), key=lambda item: -item[1])
        if not c1 > 0 > c2 or not any(self.is_exponential(a) for m in (m1, m2) for a, _ in m):
            return None
        if self._monomial(m1, c1, depth) != "+" or self._monomial(m2, -c2, depth) != "+":
            return None
        ratio = minus(self.log({m1: c1}), self.log({m2: -c2}))
        return self.sign(ratio, depth + 2)

    def is_exponential(self, atom: int) -> bool:
        """Is this atom an exponential?"""
        return isinstance(t := self.atoms[atom], App) and t.op == "exp"

    def enclosed_sign(self, p: Poly) -> Sign:
        """The sign of a number built from pi, logarithms, exponentials and roots, by interval arithmetic."""
        if not all(is_closed_number(self.atoms[a]) for m in p for a, _ in m):
            return None
        from derive.kernel.enclose import sign_of_number

        found = sign_of_number(self.to_term(p))
        if found is not None:
            self.use(ENCLOSURE)
        return found

    # -------------------------------------------------------------- values with complex atoms

    def _of_complex(self, p: Poly, depth: int) -> Sign:
        """What is known of a value with complex atoms, which may be real all the same."""
        found: Sign = None
        for attempt in (
            self._of_waves, partial(of_two_units, self), partial(of_pairs, self),
            partial(of_roots_of_unity, self), self._above_root,
        ):
            found = stronger(found, attempt(p, depth))
            if found in ("+", "-", "0"):
                break
        return found

    def _above_root(self, p: Poly, depth: int) -> Sign:
        """A root against a real number that is written with complex ones: `re(z) <= abs(z)`.

        Without realness: `z <= abs(z)` for a complex z.
        """
        if depth > 1 or len(p) > FEW_TERMS or not any(e == Fraction(1, 2) for m in p for _, e in m):
            return None
        return self._by_conjugate(p, depth) if self.conjugate(p) == p else None

    def _of_waves(self, p: Poly, depth: int) -> Sign:
        """Sines and cosines are sums of complex units: real squares of them, and products known not to be 0."""
        if len(p) > 40 or self.denominators(p):
            return None
        content, factors = self.factor(p)
        ((m, c),) = content.items()
        square = self._square_of_wave(m, c, factors)
        nonzero = self._nonzero_product(p, m, factors, depth)
        return stronger(square, nonzero)

    def _square_of_wave(
        self, m: Monomial, c: Fraction, factors: list[tuple[Poly, int]]
    ) -> Sign:
        """The sign of a constant times the square of a real, or of a purely imaginary, number."""
        if factors and all(e % 2 == 0 for _, e in factors):
            halves = [(a, Fraction(e) / 2) for a, e in m]
            if all(isinstance(t := self.atoms[a], App) and t.op == "exp" for a, _ in m):
                root = self.monomial(halves)
                for f, e in factors:
                    root = self.times(root, self.integer_power(f, e // 2))
                mirror = self.conjugate(root)
                if mirror == root:
                    return "0+" if c > 0 else "0-"
                if mirror == scale(root, -1):
                    # the root is purely imaginary: its square is at most 0
                    return "0-" if c > 0 else "0+"
        return None

    def _nonzero_product(
        self, p: Poly, m: Monomial, factors: list[tuple[Poly, int]], depth: int
    ) -> Sign:
        """ "!0" where every factor is known not to be 0."""
        for a, e in m:
            unit = isinstance(t := self.atoms[a], App) and t.op == "exp"
            if not unit and (e < 0 or self.atom_sign(a, depth + 1) not in ("+", "-", "!0")):
                return None
        known = all(self.sign(f, depth + 1) in ("+", "-", "!0") for f, _ in factors if len(factors) > 1 or f != p)
        return "!0" if known and (len(factors) != 1 or factors[0][1] > 1) else None

    # -------------------------------------------------------------- supplied by later rooms

    def log(self, p: Poly) -> Poly:
        """The logarithm (in `exponentials.py`)."""
        raise NotImplementedError

    def by_mean(self, p: Poly, depth: int) -> Sign:
        """The sign of a sum of expectations (in `expectation.py`)."""
        raise NotImplementedError

    def conjugate(self, p: Poly) -> Poly:
        """The complex conjugate (in `complex_numbers.py`)."""
        raise NotImplementedError


def is_closed_number(term: Term) -> bool:
    """Is this a number that interval arithmetic can enclose?"""
    match term:
        case Num() | App("pi", ()):
            return True
        case App("exp" | "log" | "root" | "+" | "*" | "-" | "neg" | "^" | "poly" | "abs", args):
            return all(is_closed_number(a) for a in args)
    return False
