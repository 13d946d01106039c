"""Signs: what is surely true of the sign of a polynomial over atoms, from the facts at hand.

Promise: `sign(p)` answers "+", "-", "0+" (at least 0), "0-", "!0", "0" or None, and the answer holds at
every point where the terms as written are defined and the facts hold. It follows rows and facts; it never
samples and never searches: one fact at a time, products of factors, sums of terms of one sign.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App
from derive.kernel.atom_signs import DEPTH
from derive.kernel.poly import Decline, Poly, is_constant, minus, scale
from derive.kernel.sign_arguments import FEW_TERMS, SignArguments
from derive.kernel.signs import FLIP, Sign, add_signs, multiply_signs, stronger


class Signs(SignArguments):
    """The sign of polynomials over atoms, under the facts."""

    def sign(self, p: Poly, depth: int = 0) -> Sign:
        """The sign of `p`, None when not known."""
        if not p:
            return "0"
        if is_constant(p):
            return "+" if p[()] > 0 else "-"
        key = frozenset(p.items())
        if key in self.sign_memo:
            found, names = self.sign_memo[key]
            self.use(*names)
            return found
        if depth > DEPTH or key in self.busy or len(p) > 200:
            return None
        self.busy.add(key)
        outer, self.used = self.used, set()
        try:
            found = self._sign(p, depth)
        except Decline:
            found = None
        finally:
            self.busy.discard(key)
            names, self.used = frozenset(self.used), self.used | outer
        if (found is not None or depth == 0) and not self.assumed and (found is not None or not self.asking):
            self.sign_memo[key] = (found, names)
        return found

    def _sign(self, p: Poly, depth: int) -> Sign:
        if not self.is_real(p):
            found = self._by_facts(p, depth, only_multiples=len(p) > FEW_TERMS)
            return found if found not in (None, "!0", "0+", "0-") else stronger(found, self._of_complex(p, depth))
        found = self._termwise(p, depth)
        if found in ("+", "-", "0"):
            return found
        for attempt in (
            self._by_facts, self._by_chain, self._by_factors, self._by_square, self._by_conjugate,
            self._by_logarithm, self.by_mean,
        ):
            other = attempt(p, depth)
            found = stronger(found, other)
            if found in ("+", "-"):
                return found
        return found if found is not None else self.enclosed_sign(p)

    def _by_facts(self, p: Poly, depth: int, only_multiples: bool = False) -> Sign:
        best: Sign = None
        scaled = self._primitive(p)
        for g, rel, name, anchor in tuple(self.order_facts):
            if not self.has(p, anchor):
                continue
            ratio = self._ratio(scaled, self._primitive(g))
            if ratio is not None:
                factor = self._monomial_ratio(p, g, rel)
                found = multiply_signs(factor, {"<": "+", "<=": "0+", "!=": "!0", "=": "0"}[rel])
                if found is not None:
                    self.use(*name)
                    best = stronger(best, found)
            elif not only_multiples and rel != "!=":
                best = self._with_rest(p, g, rel, name, best, depth)
            if best in ("+", "-", "0"):
                return best
        return best

    def _with_rest(
        self, p: Poly, g: Poly, rel: str, name: frozenset[str], best: Sign, depth: int
    ) -> Sign:
        """`p = c*g + rest` with a constant c that cancels a monomial which the two share."""
        base = {"<": "+", "<=": "0+", "=": "0"}[rel]
        for m in g:
            if m and m in p:
                c = p[m] / g[m]
                rest = minus(p, scale(g, c))
                if len(rest) >= len(p) + len(g) - 1:
                    continue
                inner = self._termwise(rest, depth + 1) if depth < 2 else None
                if inner is None and depth < 2 and len(rest) <= len(p):
                    inner = self.sign(rest, depth + 2)
                found = add_signs(base if c > 0 else FLIP[base], inner)
                if found is not None:
                    self.use(*name)
                    best = stronger(best, found)
                    if best in ("+", "-"):
                        return best
        return best

    def _primitive(self, p: Poly) -> Poly:
        """`p` without its monomial content, leading coefficient 1: equal for proportional polynomials."""
        if not p:
            return p
        floors = {a: e for a, e in self._floors(p).items() if e}
        q = self._divide_content(p, floors) if floors else p
        return scale(q, 1 / self.leading_coefficient(q))

    def _ratio(self, p: Poly, q: Poly) -> Fraction | None:
        return Fraction(1) if p == q and p else None

    def _monomial_ratio(self, p: Poly, g: Poly, rel: str) -> Sign:
        """The sign of the monomial by which `p` is a multiple of `g`."""
        fp, fg = self._floors(p), self._floors(g)
        shift = tuple(
            sorted((a, e) for a in {*fp, *fg} if (e := fp.get(a, 0) - fg.get(a, 0)))
        )
        qp = self._divide_content(p, {a: e for a, e in fp.items() if e})
        qg = self._divide_content(g, {a: e for a, e in fg.items() if e})
        c = self.leading_coefficient(qp) / self.leading_coefficient(qg)
        if not self.is_real({shift: Fraction(1)}):
            # without this: z^2 >= 0 for a complex z
            units = all(isinstance(t := self.atoms[a], App) and t.op == "exp" for a, _ in shift)
            return "!0" if units and rel == "!=" else None
        if rel in ("<=", "="):
            # without this: x*y >= 0 and x >= 0 would give y >= 0, at x = 0
            for a, e in shift:
                if e < 0 <= fp.get(a, 0) and self.atom_sign(a, 1) not in ("+", "-", "!0"):
                    return None
        return self._monomial(shift, c, DEPTH - 1)
