"""Integrals, limits and endless sums in the normal form: constant factors come out, equal ones become one atom.

Promise: each is read as some real number where it does not exist; that its value is meant is what `converges`
says in the conditions. No integral or endless sum is split. Without this: the sum of 1/k - 1/(k + 1) would be
a difference of two sums that do not exist (tests/unsound/series_of_divergent_pieces.drv).
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL, Scalar, Sort
from derive.core.term import INF, App, Bind, Num, Sym, Term, add, mentions, neg, substitute
from derive.kernel.poly import (
    Exponent,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
)
from derive.kernel.ranges import Ranges

_UP = ("+", "0+", "0")


def is_endless(term: Term) -> bool:
    """Is it an integral, a limit, or a sum without end?"""
    return isinstance(term, Bind) and (
        term.op in ("int", "lim", "series") or (term.op == "sum" and mentions(term.over[1], "inf"))
    )


class Endless(Ranges):
    """Normal forms of integrals, limits and endless sums that are not evaluated."""

    def sum(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """A finite sum as before; an endless one stays whole."""
        if not (mentions(high, "inf") or mentions(low, "inf")):
            return super().sum(var, low, high, body)
        if mentions(low, "inf") or high != INF:
            return self.known_atom(canonical(Bind("sum", var, (low, high), body)))
        start = self.normal(low)
        if is_constant(start) and start:
            # counted from 0, so that a shift of the index makes no difference
            first = Num(start[()])
            body, low = substitute(body, {var: add(var, first)}), Num(0)
        # under a name of its own: two endless sums may not change places, as finite ones do
        return self.endless("series", var, (self.tidy(low), INF), body, INTEGER)

    def integral(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """An integral: from the smaller end to the larger where the order is known."""
        low, high = (e if mentions(e, "inf") else self.tidy(e) for e in (low, high))
        if low == high:
            return {}
        gap = None
        if not mentions(low, "inf") and not mentions(high, "inf"):
            gap = self.sign(minus(self.normal(high), self.normal(low)))
        if gap in ("-", "0-"):
            return scale(self.integral(var, high, low, body), -1)
        ordered = gap in _UP or (low in (neg(INF),) or high == INF)
        if low == INF or high == neg(INF):
            return scale(self.integral(var, high, low, body), -1)
        return self.endless("int", var, (low, high), body, REAL, ordered)

    def limit(self, term: Bind) -> Poly:
        """A limit that is not evaluated."""
        point, side = term.over
        place = point if mentions(point, "inf") else self.tidy(point)
        return self.endless("lim", term.var, (place, side), term.body, term.var.sort, False)

    def endless(
        self, op: str, var: Sym, over: tuple[Term, ...], body: Term, sort: Sort, ranged: bool = True
    ) -> Poly:
        """One of the three with a variable of its own, and what is free of it taken out."""
        if not _is_real(sort_of(body)):
            return self.known_atom(canonical(Bind(op, var, over, body)))
        fresh = Sym(var.name, sort)
        if ranged:
            low, high = over
            fresh, body = self.enter(fresh, low, high, substitute(body, {var: fresh}))
        else:
            self.counter += 1
            fresh = Sym(f"~k{self.counter}", sort)
            body = substitute(body, {var: fresh})
        inner = self.simplify(self.normal(body))
        content, rest = self._content(inner, fresh)
        if not rest:
            return {}
        if op == "lim" and is_constant(rest):
            return scale(content, rest[()])
        # where the content is 0 so is the product, whatever number the atom is
        return self.times(content, self.known_atom(canonical(Bind(op, fresh, over, self.to_term(rest)))))

    def _content(self, p: Poly, var: Sym) -> tuple[Poly, Poly]:
        """The factors that every term has and that are free of the variable, and what is left."""
        common: dict[int, Exponent] | None = None
        for m in p:
            free, _ = self.split(m, var)
            here = dict(free)
            common = here if common is None else {a: e for a, e in common.items() if here.get(a) == e}
        if not p:
            return constant(1), {}
        kept: Monomial = tuple(sorted((a, e) for a, e in (common or {}).items()))
        names = {a for a, _ in kept}
        rest: Poly = {tuple(x for x in m if x[0] not in names): c for m, c in p.items()}
        lead = self.leading_coefficient(rest)
        return {kept: Fraction(lead)}, scale(rest, 1 / lead)

    def gathered(self, p: Poly) -> Poly:
        """Integrals (or endless sums) over one range, each times what is free of the variable, as one.

        Their sum is the integral of the sum, since each of them exists (Rudin, 6.12); the converse is false.
        """
        groups: dict[tuple[str, tuple[Term, ...]], list[tuple[Monomial, int]]] = {}
        for m in p:
            here = [a for a, e in m if is_endless(self.atoms[a])]
            if len(here) == 1 and dict(m)[here[0]] == 1:
                term = self.atoms[here[0]]
                assert isinstance(term, Bind)
                if term.op != "lim":
                    groups.setdefault((term.op, term.over), []).append((m, here[0]))
        for (op, over), members in sorted(groups.items(), key=lambda g: repr(g[0])):
            fresh = Sym("~x", REAL if op == "int" else INTEGER)
            parts: list[Term] = []
            for m, a in members:
                term = self.atoms[a]
                assert isinstance(term, Bind)
                factor = self.to_term({tuple(x for x in m if x[0] != a): p[m]})
                parts.append(App("*", (factor, substitute(term.body, {term.var: fresh}))))
            rest: Poly = {m: c for m, c in p.items() if m not in {m for m, _ in members}}
            body = add(*parts)
            low, high = over
            whole = self.sum(fresh, low, high, body) if op == "series" else self.integral(fresh, low, high, body)
            p = add_poly(rest, whole)
        return p


def _is_real(sort: Sort) -> bool:
    return sort in (Scalar.REAL, Scalar.INTEGER)
