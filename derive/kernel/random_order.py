"""Events about functions of random variables, as events about the variables: moduli, extrema, exponentials.

Promise: `1[s < t]` is rewritten only into a combination of indicators that has its value at every sample point where
both sides are defined; a rule that needs a sign is used where the sign is known.
"""

from __future__ import annotations

from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, OUTCOME
from derive.core.term import TWO, App, Term, free_symbols, neg
from derive.kernel.conditional import Conditional
from derive.kernel.poly import Poly, constant, minus

_FUNCTIONS = frozenset({"abs", "exp", "log", "min", "max", "^", "neg"})
_NEGATION = {"<": "<=", "<=": "<"}


class RandomOrder(Conditional):
    """Normal forms of indicators about sample points."""

    def indicator(self, claim: Term) -> Poly:
        """1 where the proposition holds, 0 elsewhere."""
        match claim:
            case App("<" | "<=" as rel, (left, right)) if any(s.sort is OUTCOME for s in free_symbols(claim)):
                if sort_of(left) is not COMPLEX and sort_of(right) is not COMPLEX:
                    found = self._of_extrema(rel, left, right)
                    if found is None:
                        found = self._of_function(rel, left, right)
                    if found is not None:
                        return found
        return super().indicator(claim)

    def _one(self, rel: str, left: Term, right: Term) -> Poly:
        return self.indicator(App(rel, (left, right)))

    def _of_extrema(self, rel: str, left: Term, right: Term) -> Poly | None:
        """`s < min(a, b)` where it is below both; an order that fails is the other order."""
        match left, right:
            case (_, App("min", (a, b))):
                return self.times(self._one(rel, left, a), self._one(rel, left, b))
            case (App("max", (a, b)), _):
                return self.times(self._one(rel, a, right), self._one(rel, b, right))
            case (App("abs", (g,)), _) if sort_of(g) is not COMPLEX and not _is_random(right):
                return self.times(self._one(rel, neg(right), g), self._one(rel, g, right))
            case (App("min"), _) | (_, App("max")):
                return minus(constant(1), self._one(_NEGATION[rel], right, left))
            case (_, App("abs", (g,))) if sort_of(g) is not COMPLEX and not _is_random(left):
                return minus(constant(1), self._one(_NEGATION[rel], right, left))
        return None

    def _of_function(self, rel: str, left: Term, right: Term) -> Poly | None:
        """A monotone function on one side, something that is not random on the other."""
        match left, right:
            case (App("^", (g, two)), t) if two == TWO and not _is_random(t):
                if self.sign(self.normal(t)) in ("+", "0+", "0"):
                    return self._one(rel, App("abs", (g,)), App("sqrt", (t,)))
            case (t, App("^", (_, two))) if two == TWO and not _is_random(t):
                return minus(constant(1), self._one(_NEGATION[rel], right, t))
            case (App("exp", (g,)), t) if not _is_random(t):
                # without this: 1[exp(X) <= t] would speak of log(t) for a negative t
                return self._one(rel, g, App("log", (t,))) if self._positive(t) else None
            case (t, App("exp", (g,))) if not _is_random(t):
                return self._one(rel, App("log", (t,)), g) if self._positive(t) else None
            case (App("log", (g,)), t) if not _is_random(t):
                return self._one(rel, g, App("exp", (t,)))
            case (t, App("log", (g,))) if not _is_random(t):
                return self._one(rel, App("exp", (t,)), g)
            case (App("neg", (App(op) as g,)), t) if op in _FUNCTIONS and not _is_random(t):
                return self._one(rel, neg(t), g)
            case (t, App("neg", (App(op) as g,))) if op in _FUNCTIONS and not _is_random(t):
                return self._one(rel, g, neg(t))
        return None

    def _positive(self, t: Term) -> bool:
        return self.sign(self.normal(t)) == "+"


def _is_random(term: Term) -> bool:
    return any(s.sort is OUTCOME for s in free_symbols(term))
