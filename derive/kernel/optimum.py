"""The premises of an optimisation claim: what has to be shown for `argmax(x, f) = a`, method by method.

Promise: if every premise holds, then `a` is the one maximiser (minimiser) of `f` on the domain. Where a premise
is itself an optimisation claim, it is shown by a certificate of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.core.claim import Context
from derive.core.sort import REAL
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    conj,
    eq,
    free_symbols,
    implies,
    le,
    lt,
    ne,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.contrary import is_real

OPTIMA = ("argmax", "argmin", "largest", "smallest")
Premises = tuple[Term, ...] | str


@dataclass(frozen=True, slots=True)
class Target:
    """`op(var | domain, objective) = value`."""

    op: str
    var: Sym
    domain: Term
    objective: Term
    value: Term
    context: Context

    @property
    def highest(self) -> bool:
        """Is it about the largest value?"""
        return self.op in ("argmax", "largest")

    def everywhere(self, claim: Term, *extra: Term) -> Term:
        """The claim for every point of the domain, under further premises."""
        return Bind("forall", self.var, (), implies(conj(self.domain, *extra), claim))

    def inside(self, claim: Term, *extra: Term) -> Term:
        """The claim for every point between the ends of the domain, under further premises.

        Points strictly between two points of an interval are no ends of it, and the mean value theorem asks
        for the slope there alone.
        """
        return Bind("forall", self.var, (), implies(conj(_opened(self.domain, self.var), *extra), claim))

    def at(self, term: Term, point: Term | None = None) -> Term:
        """A term at the claimed optimum, or at another point."""
        return substitute(term, {self.var: self.value if point is None else point})

    def above(self, a: Term, b: Term) -> Term:
        """`a < b` for a maximum, `b < a` for a minimum."""
        return lt(a, b) if self.highest else lt(b, a)

    def above_or_at(self, a: Term, b: Term) -> Term:
        """`a <= b` for a maximum, `b <= a` for a minimum."""
        return le(a, b) if self.highest else le(b, a)

    def defined(self, *terms: Term) -> tuple[Term, ...]:
        """The conditions of the objective on the domain, and those of terms that a certificate brings."""
        brought = tuple(c for t in terms for c in conditions(t, self.context))
        return (*(self.everywhere(c) for c in conditions(self.objective, self.context)), *brought)

    def claim(self, domain: Term, objective: Term) -> Term:
        """The same claim about another objective on another domain."""
        return eq(Bind(self.op, self.var, (domain,), objective), self.value)


def target(claim: Term, context: Context) -> Target | None:
    """The parts of an optimisation claim."""
    match claim:
        case App("=", (Bind(op, var, (domain,), objective), value)) if op in OPTIMA:
            return Target(op, var, domain, objective, value, context)
        case App("=", (value, Bind(op, var, (domain,), objective))) if op in OPTIMA:
            return Target(op, var, domain, objective, value, context)
    return None


def premises(claim: Term, method: str, context: Context, terms: tuple[Term, ...] = ()) -> Premises:
    """The premises of a method, or in plain words why it does not apply."""
    goal = target(claim, context)
    if goal is None:
        return "the claim names no maximiser"
    if goal.var in free_symbols(goal.value) or any(goal.var in free_symbols(t) for t in terms):
        return "the value, or a term of the certificate, mentions the variable"
    if method == "cases":
        return _cases(goal, terms)
    if goal.op in ("largest", "smallest"):
        return _value_at(goal, terms) if method == "value_at_optimum" else f"no method {method} for a value"
    row = _ONE_VARIABLE.get(method)
    if row is not None:
        if goal.var.sort is not REAL:
            return "the variable is not a real number"
        if not is_interval(goal.domain, goal.var):
            # Without this: a concave piece on each side of a gap (tests/unsound/gap_in_domain.drv).
            return "the domain is not seen to be an interval"
        return row(goal)
    from derive.kernel.optimum_arrays import SEVERAL

    other = SEVERAL.get(method)
    return f"no method {method}" if other is None else other(goal, terms)


# ---------------------------------------------------------------- one variable, by calculus


def _slope(goal: Target) -> Term:
    return App("deriv", (Bind("lam", goal.var, (), goal.objective), goal.var))


def _stationary(goal: Target) -> Premises:
    """A stationary point of a strictly concave function on an interval (Rudin, 5.8 to 5.11)."""
    slope = _slope(goal)
    curvature = App("deriv", (Bind("lam", goal.var, (), slope), goal.var))
    smooth = tuple(goal.everywhere(c) for c in conditions(curvature, goal.context))
    stationary = eq(goal.at(slope), ZERO)
    bent = goal.everywhere(goal.above(curvature, ZERO))
    return (goal.at(goal.domain), stationary, bent, *smooth)


def _smooth(goal: Target, slope: Term) -> tuple[Term, ...]:
    """Differentiable between the ends of the domain, continuous there and at the point itself.

    Without continuity: a value that jumps at the point (tests/unsound/optimum_at_a_jump.drv).
    """
    owed = conditions(slope, goal.context)
    if is_continuous(goal.objective, goal.var):
        away = tuple(goal.inside(c, ne(goal.var, goal.value)) for c in owed)
        return (*away, *goal.defined())
    return tuple(goal.everywhere(c) for c in owed)


def _rises(goal: Target) -> Premises:
    """It rises before the point and falls after it (mean value theorem; Rudin, 5.10)."""
    slope = _slope(goal)
    rises = goal.inside(goal.above(ZERO, slope), lt(goal.var, goal.value))
    falls = goal.inside(goal.above(slope, ZERO), lt(goal.value, goal.var))
    return (goal.at(goal.domain), rises, falls, *_smooth(goal, slope))


def _at_upper_end(goal: Target) -> Premises:
    """It rises up to the last point of the domain. Without the end: `argmax(x, x) = 1` beyond 1."""
    slope = _slope(goal)
    rises = goal.inside(goal.above(ZERO, slope), lt(goal.var, goal.value))
    last = goal.everywhere(le(goal.var, goal.value))
    return (goal.at(goal.domain), last, rises, *_smooth(goal, slope))


def _at_lower_end(goal: Target) -> Premises:
    """It falls from the first point of the domain on."""
    slope = _slope(goal)
    falls = goal.inside(goal.above(slope, ZERO), lt(goal.value, goal.var))
    first = goal.everywhere(le(goal.value, goal.var))
    return (goal.at(goal.domain), first, falls, *_smooth(goal, slope))


_ONE_VARIABLE: dict[str, Callable[[Target], Premises]] = {
    "stationary_point_of_concave": _stationary,
    "rises_then_falls": _rises,
    "upper_end": _at_upper_end,
    "lower_end": _at_lower_end,
}


# ---------------------------------------------------------------- any variable


def _cases(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """The claim where a real term is at least 0, and where it is at most 0."""
    if len(terms) != 1 or not is_real(*terms):
        return "only a real number is at least 0 or at most 0"
    whole = eq(Bind(goal.op, goal.var, (goal.domain,), goal.objective), goal.value)
    (term,) = terms
    owed = conditions(term, goal.context)
    return (implies(le(ZERO, term), whole), implies(le(term, ZERO), whole), *owed)


def _value_at(goal: Target, terms: tuple[Term, ...]) -> Premises:
    """The largest value is the value at the maximiser, which the certificate names."""
    if len(terms) != 1:
        return "the place of the optimum is missing"
    (place,) = terms
    word = "argmax" if goal.highest else "argmin"
    there = eq(Bind(word, goal.var, (goal.domain,), goal.objective), place)
    owed = conditions(place, goal.context)
    return (there, eq(goal.at(goal.objective, place), goal.value), *owed)


def _opened(domain: Term, var: Sym) -> Term:
    """An interval without its ends."""
    match domain:
        case App("and", parts):
            return conj(*(_opened(p, var) for p in parts))
        case App("<=", sides) if var in free_symbols(domain):
            return App("<", sides)
    return domain


# ---------------------------------------------------------------- what is seen of a domain or a function


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


_CONTINUOUS = frozenset(
    {"+", "-", "neg", "*", "/", "^", "exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
     "asin", "acos", "atan", "asinh", "acosh", "atanh", "abs", "max", "min", "sigmoid", "softplus", "relu"}
)


def is_continuous(term: Term, var: Sym) -> bool:
    """Is it put together from functions that are continuous wherever they are defined?"""
    if var not in free_symbols(term):
        return True
    match term:
        case Sym():
            return True
        case App(op, args):
            return op in _CONTINUOUS and all(is_continuous(a, var) for a in args)
        case Bind("sum" | "prod" | "max" | "min", _, (low, high), body):
            return var not in free_symbols(low) | free_symbols(high) and is_continuous(body, var)
    return False

