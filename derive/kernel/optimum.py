"""The premises of an optimisation claim: what has to be shown for `argmax(x, f) = a`.

Promise: if every premise holds, then `a` is the one maximiser (minimiser) of `f` on the domain. Both
methods are theorems of one-variable calculus (Rudin, Principles of Mathematical Analysis, 5.8 to 5.11).
"""

from __future__ import annotations

from derive.core.claim import Context
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    implies,
    lt,
    substitute,
)
from derive.kernel.conditions import conditions

METHODS = ("stationary_point_of_concave", "rises_then_falls")


def premises(claim: Term, method: str, context: Context) -> tuple[Term, ...] | str:
    """The premises of a method, or in plain words why it does not apply."""
    match claim:
        case App("=", (Bind("argmax" | "argmin" as op, var, (domain,), objective), value)):
            pass
        case App("=", (value, Bind("argmax" | "argmin" as op, var, (domain,), objective))):
            pass
        case _:
            return "the claim names no maximiser"
    if var in free_symbols(value):
        return "the value mentions the variable"
    if not is_interval(domain, var):
        # Without this: a concave piece on each side of a gap (tests/unsound/gap_in_domain.drv).
        return "the domain is not seen to be an interval"
    slope = App("deriv", (Bind("lam", var, (), objective), var))
    curvature = App("deriv", (Bind("lam", var, (), slope), var))
    sign = lt if op == "argmax" else (lambda a, b: lt(b, a))

    def everywhere(claim: Term, *extra: Term) -> Term:
        return Bind("forall", var, (), implies(conj(domain, *extra), claim))

    inside = substitute(domain, {var: value})
    match method:
        case "stationary_point_of_concave":
            smooth = tuple(everywhere(c) for c in conditions(curvature, context))
            stationary = App("=", (substitute(slope, {var: value}), ZERO))
            return (inside, stationary, everywhere(sign(curvature, ZERO)), *smooth)
        case "rises_then_falls":
            smooth = tuple(everywhere(c) for c in conditions(slope, context))
            rises = everywhere(sign(ZERO, slope), lt(var, value))
            falls = everywhere(sign(slope, ZERO), lt(value, var))
            return (inside, rises, falls, *smooth)
    return f"no method {method}"


def is_interval(domain: Term, var: Sym) -> bool:
    """Is the domain a conjunction of comparisons of the variable with bounds free of it?"""
    match domain:
        case App("true", ()):
            return True
        case App("and", parts):
            return all(is_interval(p, var) for p in parts)
        case App("<" | "<=", (left, right)):
            if var not in free_symbols(left) | free_symbols(right):
                return True
            return (left == var and var not in free_symbols(right)) or (
                right == var and var not in free_symbols(left)
            )
    return var not in free_symbols(domain)


