"""Products and extrema over symbolic ranges.

Promise: each move is an identity for every size, empty products included; only factors known to be at least 0
come out of a maximum or minimum, whose range is owed to be nonempty.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.term import ONE, App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.kernel.poly import UNIT, Decline, Poly, add_poly, constant, minus, scale
from derive.kernel.sums import Sums

_UP = ("+", "0+", "0")


class Products(Sums):
    """Normal forms of products, maxima and minima over ranges."""

    def prod(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`prod(var in low..high, body)`: factor by factor, exponentials into sums."""
        low, high = self.tidy(low), self.tidy(high)
        places = self.written_out(low, high)
        if places is not None:
            total = constant(1)
            for k in places:
                total = self.times(total, self.normal(substitute(body, {var: k})))
            return total
        count = self.length(low, high)
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        if not inner:
            return self.opaque_product(fresh, low, high, inner)
        if len(inner) > 1:
            if not any(self.split(m, fresh)[1] for m in inner):
                return self.power_of_count(inner, count)
            return self.opaque_product(fresh, low, high, inner)
        ((m, c),) = inner.items()
        total = constant(1)
        if c != 1:
            total = self.power_of_count(constant(c), count)
        for a, e in m:
            term = self.atoms[a]
            factor: Poly = {((a, e),): Fraction(1)}
            if fresh not in free_symbols(term) and not self._divides(term):
                total = self.times(total, self.power_of_count(factor, count))
            elif term == fresh and isinstance(e, int) and low == ONE and self.sign(self.normal(high)) in _UP:
                # without the order: the empty product at n = -1 would be (-1)!
                total = self.times(total, self.integer_power(self.factorial(self.normal(high)), e))
            elif isinstance(term, App) and term.op == "exp" and a != UNIT:
                exponent = scale(self.normal(term.args[0]), Fraction(e))
                total = self.times(total, self.exp(self.normal(
                    Bind("sum", fresh, (low, high), self.to_term(exponent))
                )))
            elif isinstance(e, int):
                single = self.opaque_product(fresh, low, high, {((a, 1),): Fraction(1)})
                total = self.times(total, self.integer_power(single, e))
            else:
                total = self.times(total, self.opaque_product(fresh, low, high, factor))
        return total

    def power_of_count(self, base: Poly, count: Poly) -> Poly:
        """`base` multiplied as often as a range is long; `count` is a natural number."""
        return self.power(base, count, self.to_term(count) if count else Num(0))

    def opaque_product(self, var: Sym, low: Term, high: Term, body: Poly) -> Poly:
        """A product that stays one atom."""
        return self.known_atom(canonical(Bind("prod", var, (low, high), self.to_term(body))))

    def log_of_product(self, term: Bind) -> Poly:
        """`log(prod f) = sum log f` for positive factors, an atom otherwise."""
        low, high = term.over
        fresh, body = self.enter(term.var, low, high, term.body)
        if self.sign(self.normal(body)) == "+":
            return self.normal(Bind("sum", fresh, (low, high), App("log", (body,))))
        return self.known_atom(App("log", (term,)))

    def extremum(self, op: str, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`max` and `min` over a range, which is owed to be nonempty: constants and nonnegative factors come out."""
        low, high = self.tidy(low), self.tidy(high)
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        if not self.is_real(inner):
            raise Decline("an extremum of complex numbers")
        free = {m: c for m, c in inner.items() if not self.split(m, fresh)[1]}
        bound = minus(inner, free)
        if not bound:
            return free
        content, rest = self.nonnegative_content(bound, fresh)
        atom = self.known_atom(canonical(Bind(op, fresh, (low, high), self.to_term(rest))))
        return add_poly(free, self.times(content, atom))

    def nonnegative_content(self, p: Poly, var: Sym) -> tuple[Poly, Poly]:
        """A common factor that is free of the variable and known to be at least 0, and the rest."""
        floors = {
            a: e for a, e in self._floors(p).items()
            if e and var not in free_symbols(self.atoms[a])
            and self.sign({((a, 1),): Fraction(1)}) in (("+",) if e < 0 else ("+", "0+"))
        }
        rest = self._divide_content(p, floors) if floors else p
        lead = abs(self.leading_coefficient(rest))
        return scale(self.monomial_plain(list(floors.items())), lead), scale(rest, 1 / lead)

    def _divides(self, term: Term) -> bool:
        """Is it an exponential of a quotient? Without this: prod(i in 1..m, exp(1/m)) = exp(1) at m = 0."""
        return (
            isinstance(term, App) and term.op == "exp"
            and any(e < 0 and a != UNIT for m in self.normal(term.args[0]) for a, e in m)
        )

    def exp(self, p: Poly) -> Poly:
        """`exp` of a polynomial (in `exponentials.py`)."""
        raise NotImplementedError

    def factorial(self, p: Poly) -> Poly:
        """A factorial (in `special_functions.py`)."""
        raise NotImplementedError
