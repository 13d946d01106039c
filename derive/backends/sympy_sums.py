"""Finite sums in SymPy: split over their summands, constants taken out, deltas contracted.

Promise: a delta is contracted only where its other index is known to lie in the range; everything else is
linearity of finite sums, of which the translation has made sure that they are not reversed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Ranges = Mapping[Any, tuple[Any, Any]]


def split_sums(expr: Any, ranges: Ranges) -> Any:
    """The expression with every sum, the innermost first, as a combination of sums of single products.

    `ranges` gives the lower and the upper bound of free indices.
    """
    import sympy

    if not expr.has(sympy.Sum):
        return sympy.expand(expr)
    if isinstance(expr, sympy.Sum):
        body, outer = expr.function, list(expr.limits)
        # SymPy keeps nested sums as one, with the innermost index first.
        while outer:
            var, low, high = outer.pop(0)
            inside = {**ranges, var: (low, high), **{v: (a, b) for v, a, b in outer}}
            parts = sympy.Add.make_args(sympy.expand(split_sums(body, inside)))
            around = {**ranges, **{v: (a, b) for v, a, b in outer}}
            body = sympy.Add(*(_one_sum(p, var, low, high, around) for p in parts))
        return body
    if expr.args:
        changed = expr.func(*(split_sums(a, ranges) for a in expr.args))
        return sympy.expand(changed) if changed.is_Mul or changed.is_Pow else changed
    return expr


def _one_sum(part: Any, var: Any, low: Any, high: Any, ranges: Ranges) -> Any:
    """The sum of one product: what is free of the index comes out, a delta picks its entry."""
    import sympy

    constant, rest = part.as_independent(var, as_Add=False)
    if rest == 1:
        return sympy.expand(constant * (high - low + 1))
    for factor in sympy.Mul.make_args(rest):
        if isinstance(factor, sympy.KroneckerDelta) and var in factor.args:
            other = factor.args[1] if factor.args[0] == var else factor.args[0]
            if not other.has(var) and _inside(other, low, high, ranges):
                return constant * (rest / factor).subs(var, other)
    # The dummy is named by the height of what is left, so that equal sums are equal expressions.
    dummy = index_dummy(_height(rest), positive=var.is_positive is True)
    return constant * sympy.Sum(rest.xreplace({var: dummy}), (dummy, low, high))


def index_dummy(height: int, positive: bool) -> Any:
    """The bound variable of all sums over bodies in which sums are nested `height` deep.

    An enclosing sum is higher, so it can never be captured.
    """
    import sympy

    assumptions = {"positive": True} if positive else {}
    return sympy.Dummy("i", dummy_index=height, integer=True, **assumptions)


def _height(expr: Any) -> int:
    """One more than the largest number of a bound index in the expression; 0 where there is none."""
    import sympy

    bound = [
        limits[0].dummy_index
        for inner in expr.atoms(sympy.Sum, sympy.Product)
        for limits in inner.limits
    ]
    return max(bound, default=-1) + 1


def _inside(index: Any, low: Any, high: Any, ranges: Ranges) -> bool:
    known = ranges.get(index)
    below, above = known if known is not None else (index, index)
    return bool((below - low).is_nonnegative and (high - above).is_nonnegative)
