"""Laurent polynomials over interned atoms: the arithmetic under the kernel's normal form.

Promise: a polynomial is a dict from monomials to nonzero rationals; a monomial is a tuple of
`(atom, exponent)` sorted by atom, exponents nonzero (rational ones only on `exp` and `root` atoms and on the
unit). Two equal dicts denote equal numbers wherever the atoms' inverses in them exist; what a product of
atoms reduces to (`i*i = -1`, `root(f)^2`, idempotent indicators) is applied here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from derive.core.term import IM, PI, App, Num, Term, add, mul, power

Exponent = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]
Poly = dict[Monomial, Fraction]

UNIT = 0  # the atom exp(im*pi): its square root is the imaginary unit, its first power is -1
_REDUCED = frozenset({"indicator", "delta", "root", "abs", "poly", "^"})
MAX_TERMS = 20_000
MAX_EXPONENT = 200
MAX_DIGITS = 4_000


class Decline(Exception):  # noqa: N818 - not an error: the normal form says "I do not know"
    """The normal form does not cover this term, or it would grow past its bounds."""


def constant(value: Fraction | int) -> Poly:
    """A rational constant."""
    return {(): Fraction(value)} if value else {}


def is_constant(p: Poly) -> bool:
    """Is it a rational number?"""
    return not p or (len(p) == 1 and () in p)


def value_of(p: Poly) -> Fraction:
    """The number that a constant polynomial is."""
    return p.get((), Fraction(0))


def add_poly(*polys: Poly) -> Poly:
    """The sum."""
    total: Poly = {}
    for p in polys:
        for m, c in p.items():
            new = total.get(m, 0) + c
            if new:
                total[m] = Fraction(new)
            else:
                del total[m]
    return total


def scale(p: Poly, factor: Fraction | int) -> Poly:
    """A rational multiple."""
    return {m: c * factor for m, c in p.items()} if factor else {}


def minus(p: Poly, q: Poly) -> Poly:
    """The difference."""
    return add_poly(p, scale(q, -1))


def tidy(e: Exponent) -> Exponent:
    """A whole exponent as an int."""
    return int(e) if isinstance(e, Fraction) and e.denominator == 1 else e


class Ring:
    """The table of atoms, and products that know what atoms reduce to."""

    def __init__(self) -> None:
        self.atoms: list[Term] = [App("exp", (mul(IM, PI),))]
        self.ids: dict[Term, int] = {self.atoms[0]: UNIT}
        self.special: set[int] = set()
        self.has_powers = False
        self.max_terms = MAX_TERMS

    def atom(self, term: Term) -> int:
        """The number of an atom, given its canonical term."""
        known = self.ids.get(term)
        if known is None:
            known = self.ids[term] = len(self.atoms)
            self.atoms.append(term)
            if isinstance(term, App) and term.op in _REDUCED:
                self.special.add(known)
        return known

    def variable(self, term: Term) -> Poly:
        """The polynomial that is just this atom."""
        return {((self.atom(term), 1),): Fraction(1)}

    def definition(self, atom: Term) -> Poly:
        """The polynomial that a `poly`, `root` or `abs` atom is about."""
        raise NotImplementedError

    def normal(self, term: Term) -> Poly:
        """The normal form of a term (in `normal.py`)."""
        raise NotImplementedError

    def is_real(self, p: Poly) -> bool:
        """Is the value surely real? (in `complex_numbers.py`)"""
        raise NotImplementedError

    def is_whole(self, p: Poly) -> bool:
        """Is the value surely an integer? (in `indicators.py`)"""
        raise NotImplementedError

    # -------------------------------------------------------------- products

    def times(self, p: Poly, q: Poly) -> Poly:
        """The product."""
        if len(p) * len(q) > self.max_terms:
            raise Decline("the expansion has too many terms")
        total: Poly = {}
        for m1, c1 in p.items():
            for m2, c2 in q.items():
                plain, coefficient, extra = self._merge(m1, m2, c1 * c2)
                if extra is None:
                    new = total.get(plain, 0) + coefficient
                    if new:
                        total[plain] = Fraction(new)
                    else:
                        del total[plain]
                else:
                    total = add_poly(total, self.times({plain: coefficient}, extra))
        return total

    def product(self, *polys: Poly) -> Poly:
        """The product of several."""
        total = constant(1)
        for p in polys:
            total = self.times(total, p)
        return total

    def monomial(self, pairs: Sequence[tuple[int, Exponent]], coefficient: Fraction | int = 1) -> Poly:
        """A product of atoms with exponents, reduced."""
        total = constant(coefficient)
        for atom, e in pairs:
            plain, c, extra = self._merge((), ((atom, tidy(e)),), Fraction(1))
            step = {plain: c}
            total = self.times(total, step if extra is None else self.times(step, extra))
        return total

    def _merge(
        self, m1: Monomial, m2: Monomial, coefficient: Fraction
    ) -> tuple[Monomial, Fraction, Poly | None]:
        """Join two monomials; `extra` is what reductions leave besides a monomial."""
        exponents: dict[int, Exponent] = dict(m1)
        for atom, e in m2:
            exponents[atom] = exponents.get(atom, 0) + e
        extra: Poly | None = None
        for atom in tuple(exponents):
            e = exponents[atom] = tidy(exponents[atom])
            if not e:
                del exponents[atom]
            elif atom == UNIT:
                whole = e.__floor__()
                coefficient = -coefficient if whole % 2 else coefficient
                exponents[atom] = tidy(e - whole)
                if not exponents[atom]:
                    del exponents[atom]
            elif atom in self.special:
                kept, more = self._reduce(atom, e)
                if kept != e:
                    exponents[atom] = kept
                    if not kept:
                        del exponents[atom]
                if more is not None:
                    extra = more if extra is None else self.times(extra, more)
            elif self.has_powers and isinstance(e, int) and e > 1:
                rule = self.power_rule(atom, e)
                if rule is not None:
                    kept, more = rule
                    exponents[atom] = kept
                    if not kept:
                        del exponents[atom]
                    extra = more if extra is None else self.times(extra, more)
        if extra is not None and len(extra) == 1 and () in extra:
            coefficient, extra = coefficient * extra[()], None
        return tuple(sorted(exponents.items())), coefficient, extra

    def power_rule(self, atom: int, e: int) -> tuple[Exponent, Poly] | None:
        """What a cited equation about a power of this atom makes of `atom^e` (in `cited_equations.py`)."""
        return None

    def _reduce(self, atom: int, e: Exponent) -> tuple[Exponent, Poly | None]:
        """What `atom^e` keeps of its exponent, and the polynomial that the rest became."""
        term = self.atoms[atom]
        if not isinstance(term, App):
            return e, None
        match term.op:
            case "indicator" | "delta":
                if e < 0:
                    raise Decline("division by an indicator")
                return 1, None
            case "root":
                whole = e.__floor__()
                if not whole:
                    return e, None
                return tidy(e - whole), self.integer_power(self.definition(term), whole)
            case "abs":
                # abs(f)^2 = f^2, for real f only: abs atoms are made for real arguments alone.
                rest = e % 2
                if e == rest or not self.is_real(self.definition(term)):
                    # without realness: abs(z)^2 = z^2 for a complex z
                    return e, None
                return tidy(rest), self.integer_power(self.definition(term), int(e - rest))
            case "poly":
                if e > 0:
                    return 0, self.integer_power(self.definition(term), int(e))
            case "^" if term.args[0] == Num(-1) and isinstance(e, int) and self.is_whole(
                self.normal(term.args[1])
            ):
                # ((-1)^n)^2 = 1 for whole n; without wholeness: n = 1/2
                return e % 2, None
        return e, None

    def integer_power(self, p: Poly, n: int) -> Poly:
        """`p^n`; a negative power makes `poly` atoms of what is no monomial."""
        if abs(n) > MAX_EXPONENT and len(p) > 1:
            raise Decline("the exponent is too large to expand")
        if n < 0:
            return self.integer_power(self.invert(p), -n)
        if len(p) == 1:
            ((m, c),) = p.items()
            if abs(n) * max(c.numerator.bit_length(), c.denominator.bit_length()) > MAX_DIGITS:
                raise Decline("the number is too large to compute")
            return self.monomial([(a, e * n) for a, e in m], c**n)
        total, square = constant(1), p
        while n:
            if n & 1:
                total = self.times(total, square)
            n >>= 1
            if n:
                square = self.times(square, square)
        return total

    def invert(self, p: Poly) -> Poly:
        """`1/p`, for a `p` that is owed not to be zero."""
        if not p:
            raise Decline("division by zero")
        if len(p) == 1:
            ((m, c),) = p.items()
            return self.monomial([(a, -e) for a, e in m], 1 / c)
        total = constant(1)
        content, factors = self.factor(p)
        for f, e in factors:
            if len(f) == 1:
                total = self.times(total, self.integer_power(f, -e))
            else:
                total = self.times(total, self.monomial([(self.atom(self.poly_atom(f)), -e)]))
        return self.times(total, self.integer_power(content, -1))

    def poly_atom(self, p: Poly) -> Term:
        """The atom that stands for a polynomial of two terms or more, in denominators."""
        raise NotImplementedError

    # -------------------------------------------------------------- factors, by flint

    def factor(self, p: Poly) -> tuple[Poly, list[tuple[Poly, int]]]:
        """A monomial content and irreducible factors with multiplicity, each with a canonical sign."""
        content_exponents: dict[int, Exponent] = {}
        for m in p:
            for a, _ in m:
                content_exponents.setdefault(a, 0)
        for a in content_exponents:
            content_exponents[a] = min(dict(m).get(a, 0) for m in p)
        content = self.monomial_plain([(a, e) for a, e in content_exponents.items() if e])
        primitive = self._divide_content(p, content_exponents)
        if len(primitive) == 1:
            # p is one monomial: its own content
            return dict(p), []
        if len(primitive) > 400:
            return content, [(primitive, 1)]
        table, (poly,) = self.to_flint(primitive)
        constant_factor, factors = poly.factor()
        lead = Fraction(int(constant_factor.p), int(constant_factor.q))
        found: list[tuple[Poly, int]] = []
        for g, e in factors:
            back = self.from_flint(table, g)
            sign = self.leading_coefficient(back)
            found.append((scale(back, 1 / sign), int(e)))
            lead *= sign ** int(e)
        found.sort(key=lambda item: self.key(item[0]))
        return scale(content, lead), found

    def monomial_plain(self, pairs: list[tuple[int, Exponent]]) -> Poly:
        """A monomial as it is, without reductions: a common content of a polynomial."""
        return {tuple(sorted((a, tidy(e)) for a, e in pairs if e)): Fraction(1)}

    def _divide_content(self, p: Poly, exponents: dict[int, Exponent]) -> Poly:
        result: Poly = {}
        for m, c in p.items():
            mine = dict(m)
            for a, e in exponents.items():
                mine[a] = tidy(mine.get(a, 0) - e)
            result[tuple(sorted((a, e) for a, e in mine.items() if e))] = c
        return result

    def to_flint(self, *polys: Poly) -> tuple[Any, list[Any]]:
        """The polynomials as `fmpq_mpoly` over their common atoms; negative exponents must be gone."""
        import flint

        atoms = sorted({a for p in polys for m in p for a, _ in m}, key=lambda a: repr(self.atoms[a]))
        steps = dict.fromkeys(atoms, 1)
        for p in polys:
            for m in p:
                for a, e in m:
                    if isinstance(e, Fraction):
                        steps[a] = _lcm(steps[a], e.denominator)
        context = flint.fmpq_mpoly_ctx.get([f"a{i}" for i in range(max(1, len(atoms)))], "deglex")
        place = {a: i for i, a in enumerate(atoms)}
        width = max(1, len(atoms))
        converted = []
        for p in polys:
            entries = {}
            for m, c in p.items():
                exponents = [0] * width
                for a, e in m:
                    exponents[place[a]] = int(e * steps[a])
                entries[tuple(exponents)] = flint.fmpq(c.numerator, c.denominator)
            converted.append(context.from_dict(entries))
        return (atoms, steps), converted

    def from_flint(self, table: Any, poly: Any) -> Poly:
        """Back from `fmpq_mpoly`."""
        atoms, steps = table
        result: Poly = {}
        for exponents, c in poly.to_dict().items():
            m = tuple(
                sorted((a, tidy(Fraction(int(e), steps[a]))) for a, e in zip(atoms, exponents, strict=False) if e)
            )
            result[m] = Fraction(int(c.p), int(c.q))
        return result

    # -------------------------------------------------------------- order and terms

    def key(self, p: Poly) -> str:
        """A text that is the same for the same polynomial, whatever the numbering of the atoms."""
        return repr(self.to_term(p))

    def monomial_key(self, m: Monomial) -> tuple[Any, ...]:
        """Orders monomials: by degree, then by the names of their atoms."""
        return (
            -sum(e if e > 0 else -e for _, e in m),
            tuple(sorted((repr(self.atoms[a]), str(e)) for a, e in m)),
        )

    def leading_coefficient(self, p: Poly) -> Fraction:
        """The coefficient of the first monomial in canonical order."""
        return p[min(p, key=self.monomial_key)]

    def to_term(self, p: Poly) -> Term:
        """A canonical term for the polynomial."""
        parts: list[Term] = []
        for m in sorted(p, key=self.monomial_key):
            factors: list[Term] = []
            for a, e in sorted(m, key=lambda pair: repr(self.atoms[pair[0]])):
                factors.append(self.power_term(a, e))
            if p[m] != 1 or not factors:
                factors.insert(0, Num(p[m]))
            parts.append(mul(*factors))
        return add(*parts)

    def power_term(self, atom: int, e: Exponent) -> Term:
        """`atom^e` as a term that normalises back to it."""
        term = self.atoms[atom]
        if atom == UNIT:
            return IM if e == Fraction(1, 2) else App("exp", (mul(Num(Fraction(e)), mul(IM, PI)),))
        if isinstance(term, App) and term.op == "exp":
            return term if e == 1 else App("exp", (mul(Num(Fraction(e)), term.args[0]),))
        if isinstance(term, App) and term.op in ("poly", "root"):
            term = term.args[0]
        return term if e == 1 else power(term, Num(Fraction(e)))


def _lcm(a: int, b: int) -> int:
    from math import lcm

    return lcm(a, b)


