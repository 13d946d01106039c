"""Atoms, and the cited equations that say what an atom is.

Promise: an equation about all entries is used only at an index that is surely in its range, and its name is
remembered with what it gave; an equation is not used inside its own use.
"""

from __future__ import annotations

from derive.core.sort import Array
from derive.core.term import ONE, App, Sym, Term, substitute, subterms
from derive.kernel.indicators import Indicators
from derive.kernel.match import match
from derive.kernel.poly import Exponent, Poly
from derive.kernel.structure import is_integer


class CitedEquations(Indicators):
    """What atoms stand for, by the equations that may rewrite."""

    def known_atom(self, term: Term) -> Poly:
        """The atom, or what a cited equation says that it is."""
        if term in self.ground:
            value, names = self.ground[term]
            self.use(*names)
            return value
        for pattern, variables, value_term, name in self.patterns:
            found = match(pattern, term, variables)
            if found is None or len(found) != len(variables) or (term, name) in self.matching:
                continue
            # Without the range: an equation for i in 1..3 would hold for every i
            # (tests/unsound/equation_outside_its_range.drv).
            self.matching.add((term, name))
            try:
                covered = all(self.covered(v, found[v], pattern) for v in variables)
                if covered:
                    self.use(name, *self.beside.get(name, ()))
                    return self.normal(substitute(value_term, found))
            finally:
                self.matching.discard((term, name))
        return self.variable(term)

    def power_rule(self, atom: int, e: int) -> tuple[Exponent, Poly] | None:
        """`y[i]^3` as `y[i]*y[i]` by a cited `y[i]^2 = y[i]`: what stays of the exponent, and the value."""
        term = self.atoms[atom]
        for pattern, k, variables, value_term, name in self.powers:
            if e < k or (term, name) in self.matching:
                continue
            at = match(pattern, term, variables)
            if at is None or len(at) != len(variables):
                continue
            self.matching.add((term, name))
            try:
                if all(self.covered(v, at[v], pattern) for v in variables):
                    self.use(name)
                    return e - k, self.normal_at(value_term, at)
            finally:
                self.matching.discard((term, name))
        return None

    def normal_at(self, term: Term, at: dict[Sym, Term]) -> Poly:
        """The normal form of a term with values for its variables."""
        return self.normal(substitute(term, at))

    def covered(self, var: Sym, value: Term, pattern: Term) -> bool:
        """Is the value surely in the range of an equation's variable? A whole axis covers every index."""
        if not is_integer(value):
            return False
        low, high = self.ranges[var]
        for t in subterms(pattern):
            if isinstance(t, App) and t.op == "partial" and var in t.args[2:]:
                t = App("index", (t.args[1], *t.args[2:]))
            if isinstance(t, App) and t.op == "index" and var in t.args[1:]:
                array = t.args[0]
                if isinstance(array, Sym) and isinstance(array.sort, Array):
                    axis = t.args[1:].index(var)
                    if not self.guarded and (low, high) == (ONE, array.sort.shape[axis]):
                        return True
        return self.in_range(self.normal(value), self.normal(low), self.normal(high))
