"""Sums of one body over different ranges: shifting, splitting, joining and peeling off end terms.

Promise: `align(p)` equals `p`; a range is cut only where its parts are known not to be reversed.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute, subterms
from derive.kernel.poly import Poly, add_poly, constant, is_constant, minus, value_of
from derive.kernel.sums import Sums

_NAME = Sym("~r", INTEGER)
Span = tuple[Poly, Poly]


class Ranges(Sums):
    """Brings sums of the same body to common ranges, so that they can cancel."""

    def align(self, p: Poly) -> Poly:
        """Rewrite the sum atoms of `p` over common ranges."""
        for _ in range(4):
            before = p
            p = self._align_once(p)
            if p == before:
                break
        return p

    def _align_once(self, p: Poly) -> Poly:
        groups: dict[Term, list[tuple[int, Span]]] = {}
        for atom in sorted({a for m in p for a, e in m if e == 1}, key=lambda a: repr(self.atoms[a])):
            term = self.atoms[atom]
            if isinstance(term, Bind) and term.op == "sum" and not _is_sum(term.body):
                body, span = self._shifted(term)
                groups.setdefault(body, []).append((atom, span))
        for body, members in groups.items():
            if len(members) > 1:
                for atom, value in self._common(body, members).items():
                    p = self._replace(p, atom, value)
        return p

    def _shifted(self, term: Bind) -> tuple[Term, Span]:
        """The body with its least index offset 0, and the range that goes with it."""
        var, (low, high) = term.var, term.over
        offsets = [
            shift
            for t in subterms(term.body)
            if isinstance(t, App) and t.op == "index"
            for index in t.args[1:]
            if var in free_symbols(index)
            and is_constant(gap := minus(self.normal(index), self.normal(var)))
            and (shift := value_of(gap)).denominator == 1
        ]
        s = min(offsets, default=Fraction(0))
        moved = substitute(term.body, {var: App("-", (_NAME, Num(s)))})
        body = self.to_term(self.normal(moved))
        ends = (self.normal(low), self.normal(high))
        return body, (add_poly(ends[0], constant(s)), add_poly(ends[1], constant(s)))

    def _common(self, body: Term, members: list[tuple[int, Span]]) -> dict[int, Poly]:
        """What each sum of a group is in terms of a common range."""
        found: dict[int, Poly] = {}
        (first, (low, high)), *rest = members
        same = [(first, (low, high))]
        for atom, (lo, hi) in rest:
            if is_constant(minus(lo, low)) and is_constant(minus(hi, high)):
                same.append((atom, (lo, hi)))
        if len(same) > 1:
            lo = max((s[0] for _, s in same), key=lambda e: value_of(minus(e, low)))
            hi = min((s[1] for _, s in same), key=lambda e: value_of(minus(e, high)))
            if self._ordered(lo, hi):
                for atom, span in same:
                    found[atom] = self._peeled(body, span, (lo, hi))
            return found
        return self._joined(body, members)

    def _ordered(self, low: Poly, high: Poly) -> bool:
        """Is `low..high` surely not reversed (it may be empty)?

        Without this: splitting 1..n at n = -3 (tests/unsound/split_reversed_range.drv).
        """
        return self.sign(add_poly(minus(high, low), constant(1))) in ("+", "0+", "0")

    def _peeled(self, body: Term, span: Span, common: Span) -> Poly:
        total = self._sum_over(body, common)
        before = value_of(minus(common[0], span[0]))
        after = value_of(minus(span[1], common[1]))
        if before > 50 or after > 50 or before.denominator != 1 or after.denominator != 1:
            return self._sum_over(body, span)
        for k in range(int(before)):
            total = add_poly(total, self._term_at(body, add_poly(span[0], constant(k))))
        for k in range(int(after)):
            total = add_poly(total, self._term_at(body, minus(span[1], constant(k))))
        return total

    def _term_at(self, body: Term, value: Poly) -> Poly:
        return self.normal(substitute(body, {_NAME: self.to_term(value)}))

    def _sum_over(self, body: Term, span: Span) -> Poly:
        """The canonical sum, named so that equal ranges give equal atoms and nothing shifts back."""
        low, high = (self.to_term(e) for e in span)
        return self.variable(Bind("sum", _NAME, (low, high), body))

    def _joined(self, body: Term, members: list[tuple[int, Span]]) -> dict[int, Poly]:
        """`sum(a..m) = sum(a..b) - sum(m+1..b)` where the pieces meet and none is reversed."""
        for one, (lo1, hi1) in members:
            for two, (lo2, hi2) in members:
                meets = minus(lo2, hi1) == constant(1)
                if one != two and meets and self._ordered(lo1, hi1) and self._ordered(lo2, hi2):
                    whole = self._sum_over(body, (lo1, hi2))
                    same = [a for a, s in members if s == (lo1, hi2)]
                    found = {a: whole for a in same}
                    part = self._sum_over(body, (lo2, hi2))
                    return {**found, one: minus(whole, part), two: part}
        return {}

    def _replace(self, p: Poly, atom: int, value: Poly) -> Poly:
        """`p` with an atom of exponent 1 replaced."""
        total: Poly = {}
        for m, c in p.items():
            if dict(m).get(atom) == 1:
                rest = {tuple(x for x in m if x[0] != atom): c}
                total = add_poly(total, self.times(rest, value))
            else:
                total = add_poly(total, {m: c})
        return total


def _is_sum(term: Term) -> bool:
    return isinstance(term, Bind) and term.op == "sum"


