"""The index normal form: sums over symbolic ranges.

A sum is split by the monomials of its body. What is free of the index comes out; a Kronecker delta on the
index is contracted; nested sums that share an index are joined into one component, whose bound variables
get canonical names (`sum_names.py`). A few sums have closed forms (`closed_forms.py`).

Promise: each move is an identity of finite sums for every size, empty ranges included; where one needs a
nonempty or ordered range, the order is known (`Signs`) or the move is not made.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import INTEGER
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    le,
    mul,
    substitute,
    subterms,
)
from derive.kernel.closed_forms import ClosedForms
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
)
from derive.kernel.sum_names import Factor

_MAX_OPEN = 4
_MAX_WRITTEN = 4
_UP = ("+", "0+", "0")


class Sums(ClosedForms):
    """Normal forms of sums over ranges."""

    def sum(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`sum(var in low..high, body)`."""
        low, high = self.tidy(low), self.tidy(high)
        total: Poly = {}
        places = self.written_out(low, high)
        if places is not None:
            return add_poly(*(self.normal(substitute(body, {var: k})) for k in places)) if places else {}
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        shift = self.least_offset(inner, fresh)
        if shift:
            # shifted before it is split: `(j + 1)*x[j + 1]` is `k*x[k]`, and not `j*x[j + 1] + x[j + 1]`
            moved = self.to_term(self.normal(substitute(body, {fresh: App("-", (fresh, Num(shift)))})))
            first, last = (self.tidy(App("+", (end, Num(shift)))) for end in (low, high))
            return self.sum(fresh, first, last, moved)
        if fresh in self.ids:
            inner = self.partial_fractions(inner, self.ids[fresh])
        for m, c in inner.items():
            free, bound = self.split(m, fresh)
            if self.may_leave(free, low, high):
                total = add_poly(total, self.times({free: c}, self.component(fresh, low, high, bound)))
            else:
                whole = self.canonical_sum([(fresh, low, high)], [(self.atoms[a], e) for a, e in m])
                total = add_poly(total, scale(self.known_atom(whole), c))
        return total

    def written_out(self, low: Term, high: Term) -> list[Term] | None:
        """The numbers of a range that is known to have only a few, however its ends are written; else None."""
        length = minus(self.normal(high), self.normal(low))
        if not is_constant(length):
            return None
        count = length.get((), Fraction(0))
        if count.denominator != 1 or count >= _MAX_WRITTEN:
            return None
        return [self.tidy(App("+", (low, Num(k)))) for k in range(int(count) + 1)]

    def least_offset(self, p: Poly, var: Sym) -> Fraction:
        """The least whole k with an entry at `var + k`; 0 where there is none."""
        found = set()
        for atom in {a for m in p for a, _ in m}:
            for t in subterms(self.atoms[atom]):
                if isinstance(t, App) and t.op == "index":
                    for index in t.args[1:]:
                        if var in free_symbols(index):
                            gap = minus(self.normal(index), self.normal(var))
                            k = gap.get((), Fraction(0))
                            if not is_constant(gap) or k.denominator != 1:
                                return Fraction(0)
                            found.add(k)
        return min(found, default=Fraction(0))

    def tidy(self, term: Term) -> Term:
        """The canonical term of a scalar."""
        return self.to_term(self.simplify(self.normal(term)))

    def split(self, m: Monomial, var: Sym) -> tuple[Monomial, Monomial]:
        """The part of a monomial that is free of a variable, and the rest."""
        free = tuple((a, e) for a, e in m if var not in free_symbols(self.atoms[a]))
        bound = tuple((a, e) for a, e in m if var in free_symbols(self.atoms[a]))
        return free, bound

    def may_leave(self, free: Monomial, low: Term, high: Term) -> bool:
        """May these factors come out of a sum over the range: is none a quotient that the empty sum does not owe?

        Without this: sum(i in 1..m, 1/m) = 1 at m = 0, where the sum is 0 (tests/unsound/quotient_of_an_empty_sum.drv).
        """
        below = [a for a, e in free if e < 0 and a != UNIT]
        if not below or self.sign(minus(self.normal(high), self.normal(low))) in _UP:
            return True
        return all(self.sign({((a, 1),): Fraction(1)}) in ("+", "-", "!0") for a in below)

    def component(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly:
        """The sum of a monomial each of whose factors depends on the index."""
        if not bound:
            return self.length(low, high)
        contracted = self.contract(var, low, high, bound)
        if contracted is not None:
            return contracted
        dummies, factors = self.flatten(var, low, high, bound)
        if len(dummies) == 1:
            closed = self.closed_form(var, low, high, bound)
            if closed is not None:
                return closed
        elif self.ground or self.patterns:
            rewritten = self.innermost(dummies, factors)
            if rewritten is not None:
                return rewritten
        dummies, factors = self.envelopes(dummies, factors)
        return self.known_atom(self.canonical_sum(dummies, factors))

    def length(self, low: Term, high: Term) -> Poly:
        """The sum of 1: `high - low + 1` where the range is not reversed.

        Without the guard: sum(i in 1..n, 1) = n for n = -1 (tests/unsound/reversed_range.drv).
        """
        count = add_poly(minus(self.normal(high), self.normal(low)), constant(1))
        if self.sign(count) in _UP:
            return count
        if self.sign(count) == "-":
            return {}
        return self.known_atom(Bind("sum", Sym("~", INTEGER), (low, high), ONE))

    def contract(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i, delta(i, e)*g(i)) = g(e)` where `e` is in range, with an indicator where that is open."""
        for a, e in bound:
            term = self.atoms[a]
            if not (isinstance(term, App) and term.op == "delta" and e == 1):
                continue
            gap = self.normal(term.args[0])
            linear = ((self.ids.get(var, -1), 1),)
            c = gap.get(linear)
            if c is None or abs(c) != 1:
                continue
            value = scale(minus(gap, {linear: c}), -1 / c)
            value_term = self.to_term(value)
            if var in free_symbols(value_term) or not self.is_whole(value):
                # without wholeness: a delta at i = 1/2 would pick a term of the sum
                continue
            rest = self.to_term({tuple(p for p in bound if p[0] != a): Fraction(1)})
            here = self.normal(substitute(rest, {var: value_term}))
            for claim in (le(low, value_term), le(value_term, high)):
                here = self.times(self.indicator(claim), here)
            return here
        return None

    def flatten(
        self, var: Sym, low: Term, high: Term, bound: Monomial
    ) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """Join the sums inside the monomial that depend on the index: their variables become our own."""
        dummies: list[tuple[Sym, Term, Term]] = [(var, low, high)]
        factors: list[Factor] = []
        for a, e in bound:
            term = self.atoms[a]
            if isinstance(term, Bind) and term.op == "sum" and isinstance(e, int) and 0 < e <= _MAX_OPEN:
                for _ in range(e):
                    inner_dummies, inner_factors = self.open(term)
                    dummies += inner_dummies
                    factors += inner_factors
            else:
                factors.append((term, e))
        return dummies, factors

    def open(self, term: Term) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """The variables and the factors of a sum atom, under fresh names."""
        dummies: list[tuple[Sym, Term, Term]] = []
        while isinstance(term, Bind) and term.op == "sum":
            low, high = term.over
            self.counter += 1
            fresh = Sym(f"~k{self.counter}", INTEGER)
            self.ranges[fresh] = (low, high)
            body = substitute(term.body, {term.var: fresh})
            dummies.append((fresh, low, high))
            term = body
        product = self.normal(term)
        if len(product) != 1:
            raise Decline("a sum atom whose body is no monomial")
        ((m, c),) = product.items()
        if c != 1:
            raise Decline("a sum atom with a coefficient")
        return dummies, [(self.atoms[a], e) for a, e in m]

    def innermost(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> Poly | None:
        """Try each variable as the innermost one, for a cited equation about that inner sum."""
        for var, low, high in dummies:
            if any(var in free_symbols(x) for d in dummies for x in d[1:] if d[0] != var):
                continue
            inner = [f for f in factors if var in free_symbols(f[0])]
            others = [d for d in dummies if d[0] != var]
            if any(d[0] in free_symbols(low) | free_symbols(high) for d in others) or len(inner) == len(factors):
                continue
            atom = self.canonical_sum([(var, low, high)], inner)
            value = self.known_atom(atom)
            if value == self.variable(atom):
                continue
            rest = [f for f in factors if var not in free_symbols(f[0])]
            body = mul(self.product_term(rest), self.to_term(value))
            for d, d_low, d_high in reversed(others):
                body = Bind("sum", d, (d_low, d_high), body)
            return self.normal(body)
        return None

    def envelopes(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """Dependent ranges become full ranges with indicators: `j in 1..i` is `j in 1..n` where `j <= i`."""
        own = {d[0] for d in dummies}
        if not any(own & (free_symbols(lo) | free_symbols(hi)) for _, lo, hi in dummies):
            return dummies, factors
        spans = {d: (self.normal(lo), self.normal(hi)) for d, lo, hi in dummies}
        wide: list[tuple[Sym, Term, Term]] = []
        names: dict[Sym, Term] = {}
        for d, lo, hi in dummies:
            new_lo = self.extreme(spans, self.normal(lo), -1)
            new_hi = self.extreme(spans, self.normal(hi), 1)
            if new_lo is None or new_hi is None:
                return dummies, factors
            self.counter += 1
            # A new variable: the old one's range makes its own guard look true
            # (tests/unsound/triangular_sum_swapped.drv).
            names[d] = fresh = Sym(f"~k{self.counter}", INTEGER)
            self.ranges[fresh] = (self.to_term(new_lo), self.to_term(new_hi))
            wide.append((fresh, *self.ranges[fresh]))
        extra = constant(1)
        for (d, lo, hi), (_, wide_lo, wide_hi) in zip(dummies, wide, strict=True):
            if wide_lo != lo:
                extra = self.times(extra, self.indicator(substitute(le(lo, d), names)))
            if wide_hi != hi:
                extra = self.times(extra, self.indicator(substitute(le(d, hi), names)))
        if len(extra) != 1:
            return dummies, factors
        ((m, c),) = extra.items()
        if c != 1:
            return dummies, factors
        renamed = [(substitute(f, names), e) for f, e in factors]
        return wide, renamed + [(self.atoms[a], e) for a, e in m]

    def extreme(
        self, spans: dict[Sym, tuple[Poly, Poly]], end: Poly, direction: int
    ) -> Poly | None:
        """The largest (smallest) value of an end that depends on other variables, linearly."""
        for _ in range(len(spans) + 1):
            for d, (lo, hi) in spans.items():
                atom = self.ids.get(d)
                if atom is None or not any(a == atom for m in end for a, _ in m):
                    continue
                c = end.get(((atom, 1),))
                if c is None:
                    return None
                bound = hi if c * direction > 0 else lo
                end = add_poly(minus(end, {((atom, 1),): c}), scale(bound, c))
                break
            else:
                return end
        return None
