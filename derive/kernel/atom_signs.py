"""The signs of atoms: by the operator's row, by the facts, by what is summed or integrated.

Promise: the answer holds wherever the atom is defined and the facts hold; a strict sign of a sum is given only
for a range that is not empty, that of an integral only from the smaller end to the larger.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.operator import OPERATORS
from derive.core.sort import REAL
from derive.core.term import App, Bind, Num, Sym, Term, mentions
from derive.kernel.poly import Monomial, Poly, is_constant, minus, scale
from derive.kernel.sign_facts import SignFacts
from derive.kernel.signs import FLIP, Sign, add_signs, multiply_signs, stronger

DEPTH = 6


class AtomSigns(SignFacts):
    """The sign of one atom, and of a sum of monomials term by term."""

    def atom_sign(self, atom: int, depth: int) -> Sign:
        """The sign of an atom, by its row and by the facts about it."""
        term = self.atoms[atom]
        variable: Poly = {((atom, 1),): Fraction(1)}
        key = frozenset(variable.items())
        known = self.sign_memo.get(key)
        if known is not None and known[0] is not None:
            self.use(*known[1])
            return known[0]
        if depth > DEPTH:
            return None
        found = self._by_row(term, depth)
        if found not in ("+", "-"):
            self._instantiate(atom, term)
            found = stronger(found, self._about_atom(atom, variable, depth))
        return found

    def _about_atom(self, atom: int, variable: Poly, depth: int) -> Sign:
        if depth > DEPTH:
            return None
        best: Sign = None
        for g, rel, name, anchor in tuple(self.order_facts):
            if not self.has(variable, anchor):
                continue
            c = g.get(((atom, 1),))
            if not c or (rel == "!=" and len(g) > 1):
                continue
            rest = minus(variable, scale(g, 1 / c))
            if any(a == atom for m in rest for a, _ in m):
                continue
            base = {"<": "+", "<=": "0+", "!=": "!0", "=": "0"}[rel]
            base = base if c > 0 else FLIP[base]
            inner = "0" if not rest else self._termwise(rest, depth + 2) if depth < 4 else (
                ("+" if rest[()] > 0 else "-") if is_constant(rest) else None
            )
            found = add_signs(base, inner) if rest else base
            if found is not None:
                self.use(*name)
                best = stronger(best, found)
                if best in ("+", "-", "0"):
                    return best
        return best

    def _by_row(self, term: Term, depth: int) -> Sign:
        match term:
            case App("exp", (arg,)):
                return "+" if self.is_real(self.normal(arg)) else None
            case App("root", (arg,)):
                return "+" if self.sign(self.normal(arg), depth + 1) == "+" else "0+"
            case App("abs", (arg,)):
                return "+" if self.sign(self.normal(arg), depth + 1) in ("+", "-", "!0") else "0+"
            case App("poly", (arg,)):
                return self.sign(self.normal(arg), depth + 1)
            case App("log", (Num(c),)):
                return "+" if c > 1 else "-" if c < 1 else "0"
            case App("log", (arg,)):
                # log is increasing and 0 at 1; the argument is owed positive
                return self.sign(minus(self.normal(arg), {(): Fraction(1)}), depth + 1)
            case App("^", (base, _)) if not isinstance(base, Bind):
                inner = self.sign(self.normal(base), depth + 1)
                return {"+": "+", "0+": "0+", "-": "!0", "!0": "!0"}.get(inner or "")
            case Bind("E"):
                return self.mean_sign(term, depth)
            case Bind("sum", var, (low, high), body):
                return self._sum_sign(var, low, high, body, depth)
            case Bind("int", var, (low, high), body):
                return self._integral_sign(var, low, high, body, depth)
            case Bind("series", var, (low, high), body):
                # given that it converges, a sum of terms of one sign has that sign
                inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
                return inner if inner in ("+", "-", "0+", "0-") else None
            case Bind("prod", var, (low, high), body):
                inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
                return inner if inner in ("+", "0+") else None
            case Bind("max" | "min", var, (low, high), body):
                return self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
            case App("binomial", (n, k)) if all(
                self.sign(p, depth + 1) in ("+", "0+", "0")
                for p in (self.normal(k), minus(self.normal(n), self.normal(k)))
            ):
                # without the order: the binomial coefficient of 2 over 3 is 0
                return "+"
            case App(op, _):
                word = OPERATORS[op].sign if op in OPERATORS else ""
                return {"positive": "+", "nonnegative": "0+"}.get(word)
            case Sym() if term in self.ranges:
                return self._range_sign(term, depth)
        return None

    def _sum_sign(self, var: Sym, low: Term, high: Term, body: Term, depth: int) -> Sign:
        """A sum of terms of one sign; strictness needs a nonempty range (tests/unsound/empty_sum_strict.drv)."""
        inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
        if inner in ("+", "-"):
            nonempty = self.sign(minus(self.normal(high), self.normal(low)), depth + 1)
            return inner if nonempty in ("+", "0+", "0") else {"+": "0+", "-": "0-"}[inner]
        return inner if inner in ("0+", "0-", "0") else None

    def _integral_sign(self, var: Sym, low: Term, high: Term, body: Term, depth: int) -> Sign:
        """An integral of a function of one sign, from the smaller end to the larger.

        Without the order: from 1 to 0 the integral of 1 is -1 (tests/unsound/reversed_ends_of_an_integral.drv).
        """
        endless = mentions(low, "inf") or mentions(high, "inf")
        order = "+" if endless else self.sign(minus(self.normal(high), self.normal(low)), depth + 1)
        if order not in ("+", "0+") or low == App("inf", ()) or high == App("neg", (App("inf", ()),)):
            return None
        inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
        if inner in ("+", "-") and order != "+":
            return {"+": "0+", "-": "0-"}[inner]
        return inner if inner in ("+", "-", "0+", "0-") else None

    def _range_sign(self, var: Sym, depth: int) -> Sign:
        low, high = self.ranges[var]
        if var.sort is REAL:
            # the variable of an integral lies between the ends
            if self.sign(self.normal(low), depth + 1) in ("+", "0+", "0"):
                return "+"
            return "-" if self.sign(self.normal(high), depth + 1) in ("-", "0-", "0") else None
        start = self.sign(self.normal(low), depth + 1)
        if start in ("+", "0+", "0"):
            return "0+" if start == "0" else start
        end = self.sign(self.normal(high), depth + 1)
        return {"-": "-", "0-": "0-", "0": "0-"}.get(end or "")

    # -------------------------------------------------------------- monomials and sums of them

    def _termwise(self, p: Poly, depth: int) -> Sign:
        total: Sign = "0"
        for m, c in p.items():
            total = add_signs(total, self._monomial(m, c, depth))
            if total is None:
                return None
        return total

    def _monomial(self, m: Monomial, c: Fraction, depth: int) -> Sign:
        total: Sign = "+" if c > 0 else "-"
        for a, e in m:
            inner = self.atom_sign(a, depth + 1)
            if isinstance(e, int) and e % 2 == 0:
                inner = self._even_power(a, inner, e)
            elif isinstance(e, Fraction):
                inner = "+" if inner == "+" else "0+" if inner == "0+" else None
            elif e < 0 and inner in ("0+", "0-"):
                # it divides, so it is owed not to be 0
                inner = "+" if inner == "0+" else "-"
            elif e < 0 and inner is None:
                return None
            total = multiply_signs(total, inner)
            if total is None:
                return None
        return total

    def monomial_sign(self, m: Monomial, depth: int) -> Sign:
        """The sign of a monomial."""
        return self._monomial(m, Fraction(1), depth)

    def _even_power(self, atom: int, inner: Sign, e: int) -> Sign:
        """The sign of an even power of an atom: a square of what is real is at least 0.

        Without realness: x = z^2 would give 0 <= x (tests/unsound/fact_about_a_complex_square.drv).
        """
        if inner in ("+", "-"):
            return "+"
        if self.atom_is_real(atom):
            return "+" if inner == "!0" or e < 0 else "0+"
        return "!0" if inner == "!0" or e < 0 else None

    # -------------------------------------------------------------- supplied by later rooms

    def mean_sign(self, term: Bind, depth: int) -> Sign:
        """The sign of an expectation (in `expectation.py`)."""
        raise NotImplementedError

    def atom_is_real(self, atom: int) -> bool:
        """Is the value of this atom surely real? (in `complex_numbers.py`)"""
        raise NotImplementedError
