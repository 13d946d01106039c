"""Sums over short literal ranges, written out.

Promise: the term returned has the value of the given one wherever that is defined: a sum from 1 to 3 is the sum of its
three terms, and an empty one is 0.
"""

from __future__ import annotations

from derive.core.term import ZERO, App, Bind, Num, Term, add, map_children, substitute
from derive.kernel.arrays import scalarise

_LONGEST, _MOST = 16, 400


def unrolled(term: Term) -> Term | None:
    """The term without sums over short literal ranges; None where there are none, or too many terms."""
    count = 0

    def change(t: Term) -> Term:
        nonlocal count
        match t:
            case Bind("sum", var, (Num(low), Num(high)), body) if high - low < _LONGEST:
                if low.denominator != 1 or high.denominator != 1:
                    return t
                values = range(int(low), int(high) + 1)
                count += 1 + len(values)
                if count > _MOST:
                    return t
                each = tuple(change(substitute(body, {var: Num(k)})) for k in values)
                return add(*each) if each else ZERO
            case App() | Bind():
                return map_children(t, change)
        return t

    found = scalarise(change(term))
    return found if 0 < count <= _MOST else None
