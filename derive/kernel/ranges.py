"""Sums and products of one body over different ranges: shifting, splitting, joining and peeling off ends.

Promise: `align(p)` equals `p`; a range is cut only where its parts are known not to be reversed.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute, subterms
from derive.kernel.poly import Poly, add_poly, constant, is_constant, minus, scale, value_of
from derive.kernel.products import Products

_NAME = Sym("~r", INTEGER)
Span = tuple[Poly, Poly]


class Ranges(Products):
    """Brings sums (and products) of the same body to common ranges, so that they can cancel."""

    def align(self, p: Poly) -> Poly:
        """Rewrite the sum and product atoms of `p` over common ranges."""
        for _ in range(4):
            before = p
            p = self._align_once(p)
            if p == before:
                break
        return p

    def _align_once(self, p: Poly) -> Poly:
        p = self._with_deltas(p)
        for op in ("sum", "prod"):
            p = self._over_common(op, p)
        return p

    def _over_common(self, op: str, p: Poly) -> Poly:
        groups: dict[Term, list[tuple[int, Span]]] = {}
        atoms = {a for m in p for a, e in m if e == 1 or (op == "prod" and isinstance(e, int) and 0 < e <= 4)}
        for atom in sorted(atoms, key=lambda a: repr(self.atoms[a])):
            term = self.atoms[atom]
            if isinstance(term, Bind) and term.op == op and not _is_sum(term.body):
                body, span = self._near(*self._shifted(term), groups)
                groups.setdefault(body, []).append((atom, span))
        for body, members in groups.items():
            if len(members) > 1:
                for atom, value in self._common(op, body, members).items():
                    p = self._replace(p, atom, value)
        return p

    def _near(
        self, body: Term, span: Span, groups: dict[Term, list[tuple[int, Span]]]
    ) -> tuple[Term, Span]:
        """The body of a group that this one is a shift of, with the range that goes with it: `1/(k + 1)`, `1/k`."""
        if body in groups or not groups:
            return body, span
        for s in (1, -1, 2, -2):
            moved = self.to_term(self.normal(substitute(body, {_NAME: App("-", (_NAME, Num(s)))})))
            if moved in groups:
                return moved, (add_poly(span[0], constant(s)), add_poly(span[1], constant(s)))
        return body, span

    def _with_deltas(self, p: Poly) -> Poly:
        """In a product with a Kronecker delta of a symbol, the symbol's value: `1[k = m]*x[k]` is `1[k = m]*x[m]`."""
        total: Poly = {}
        for m, c in p.items():
            chosen = next((a for a, _ in m if self._value_of_delta(a) is not None), None)
            if chosen is None or len(m) == 1:
                total = add_poly(total, {m: c})
                continue
            found = self._value_of_delta(chosen)
            assert found is not None
            rest = self.to_term({tuple(x for x in m if x[0] != chosen): c})
            here = self.normal(substitute(rest, {found[0]: found[1]}))
            total = add_poly(total, self.times({((chosen, 1),): Fraction(1)}, here))
        return total

    def _value_of_delta(self, atom: int) -> tuple[Sym, Term] | None:
        """The symbol, and what it equals wherever the delta is 1."""
        term = self.atoms[atom]
        if not (isinstance(term, App) and term.op == "delta"):
            return None
        gap = self.normal(term.args[0])
        for m, c in sorted(gap.items(), key=lambda item: self.monomial_key(item[0]), reverse=True):
            if len(m) == 1 and m[0][1] == 1 and abs(c) == 1:
                symbol = self.atoms[m[0][0]]
                value = self.to_term(scale(minus(gap, {m: c}), -1 / c))
                if isinstance(symbol, Sym) and symbol not in free_symbols(value):
                    return symbol, value
        return None

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

    def _common(self, op: str, body: Term, members: list[tuple[int, Span]]) -> dict[int, Poly]:
        """What each sum of a group is in terms of a common range."""
        found: dict[int, Poly] = {}
        (first, (low, high)), *rest = members
        same = [(first, (low, high))]
        for atom, (lo, hi) in rest:
            if is_constant(minus(lo, low)) and is_constant(minus(hi, high)):
                same.append((atom, (lo, hi)))
        if len(same) == 1:
            return self._joined(op, body, members)
        starts = sorted((s[0] for _, s in same), key=lambda e: value_of(minus(e, low)))
        ends = sorted((s[1] for _, s in same), key=lambda e: value_of(minus(e, high)))
        overlap, hull = (starts[-1], ends[0]), (starts[0], ends[-1])
        if self._ordered(*overlap):
            for atom, span in same:
                found[atom] = self._peeled(op, body, span, overlap)
        elif op == "sum" and all(self._ordered(*span) for _, span in same):
            # the overlap of 1..n-1 and 2..n may be reversed, but each is 1..n without an end
            for atom, span in same:
                found[atom] = self._completed(body, span, hull)
        elif any(s[0] != low for _, s in same):
            # the overlap of all may be reversed where that of those with one start is not
            return self._common(op, body, [(a, s) for a, s in same if s[0] == low]) or found
        return found

    def _ordered(self, low: Poly, high: Poly) -> bool:
        """Is `low..high` surely not reversed (it may be empty)?

        Without this: splitting 1..n at n = -3 (tests/unsound/split_reversed_range.drv).
        """
        return self.sign(add_poly(minus(high, low), constant(1))) in ("+", "0+", "0")

    def _peeled(self, op: str, body: Term, span: Span, common: Span) -> Poly:
        """The sum over `span` as that over a range inside it, with the terms at the ends."""
        total = self._over(op, body, common)
        before = value_of(minus(common[0], span[0]))
        after = value_of(minus(span[1], common[1]))
        if before > 50 or after > 50 or before.denominator != 1 or after.denominator != 1:
            return self._over(op, body, span)
        join = add_poly if op == "sum" else self.times
        for k in range(int(before)):
            total = join(total, self._term_at(body, add_poly(span[0], constant(k))))
        for k in range(int(after)):
            total = join(total, self._term_at(body, minus(span[1], constant(k))))
        return total

    def _completed(self, body: Term, span: Span, hull: Span) -> Poly:
        """The sum over `span`, which is not reversed, as that over a range around it less what is too much."""
        total = self._over("sum", body, hull)
        before = value_of(minus(span[0], hull[0]))
        after = value_of(minus(hull[1], span[1]))
        if before > 50 or after > 50 or before.denominator != 1 or after.denominator != 1:
            return self._over("sum", body, span)
        for k in range(int(before)):
            total = minus(total, self._term_at(body, add_poly(hull[0], constant(k))))
        for k in range(int(after)):
            total = minus(total, self._term_at(body, minus(hull[1], constant(k))))
        return total

    def _term_at(self, body: Term, value: Poly) -> Poly:
        return self.normal(substitute(body, {_NAME: self.to_term(value)}))

    def _over(self, op: str, body: Term, span: Span) -> Poly:
        """The canonical sum, named so that equal ranges give equal atoms and nothing shifts back."""
        low, high = (self.to_term(e) for e in span)
        return self.variable(Bind(op, _NAME, (low, high), body))

    def _joined(self, op: str, body: Term, members: list[tuple[int, Span]]) -> dict[int, Poly]:
        """`sum(a..m) = sum(a..b) - sum(m+1..b)` where the pieces meet and none is reversed.

        A product over the whole range, if there is one, is the product of those over the pieces.
        """
        for one, (lo1, hi1) in members:
            for two, (lo2, hi2) in members:
                meets = minus(lo2, hi1) == constant(1)
                if not (one != two and meets and self._ordered(lo1, hi1) and self._ordered(lo2, hi2)):
                    continue
                same = [a for a, s in members if s == (lo1, hi2)]
                part = self._over(op, body, (lo2, hi2))
                if op == "sum":
                    whole = self._over(op, body, (lo1, hi2))
                    return {**dict.fromkeys(same, whole), one: minus(whole, part), two: part}
                first = self._over(op, body, (lo1, hi1))
                return {**dict.fromkeys(same, self.times(first, part)), one: first, two: part}
        return {}

    def _replace(self, p: Poly, atom: int, value: Poly) -> Poly:
        """`p` with an atom in positive powers replaced."""
        total: Poly = {}
        for m, c in p.items():
            e = dict(m).get(atom)
            if isinstance(e, int) and e > 0:
                rest = {tuple(x for x in m if x[0] != atom): c}
                total = add_poly(total, self.times(rest, self.integer_power(value, e)))
            else:
                total = add_poly(total, {m: c})
        return total


def _is_sum(term: Term) -> bool:
    return isinstance(term, Bind) and term.op == "sum"


