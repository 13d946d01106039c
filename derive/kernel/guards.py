"""Conditions put together: guarded, closed under binders, opened, decided where they are literal.

Promise: what comes out is at least as strong as what went in; a condition disappears only if it is
true at every point, or is carried by the range of the binder that closes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.core.alpha import alpha_equal, canonical
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, implies, mentions

Conditions = tuple[Term, ...]

_LARGEST = 2**64
_POSITIVE_SUMS = frozenset({"+", "*", "/", "sqrt"})


def unsupported(term: Term) -> Term:
    """The condition that the term is defined, where nothing here can say what that takes."""
    return App("unsupported", (term,))


def tidy(found: Iterable[Term]) -> Conditions:
    """Without repetitions (up to bound names) and without what is literally true, in order."""
    kept: dict[Term, Term] = {}
    for condition in found:
        for part in _parts(condition):
            if decide(part) is not True:
                kept.setdefault(canonical(part), part)
    return tuple(kept.values())


def guard(premise: Term, found: Iterable[Term]) -> Conditions:
    """Each condition under a premise, without those that the premise states."""
    truth = decide(premise)
    if truth is False:
        return ()
    if truth is True:
        return tuple(found)
    return tuple(implies(premise, c) for c in found if c not in _parts(premise))


def negate(proposition: Term) -> Term:
    """The negation, without `not` where a relation says it."""
    match proposition:
        case App("=", args):
            return App("!=", args)
        case App("!=", args):
            return App("=", args)
        case App("<", (a, b)) if not _complex(a, b):
            return App("<=", (b, a))
        case App("<=", (a, b)) if not _complex(a, b):
            return App("<", (b, a))
        case App("not", (a,)):
            return a
    return App("not", (proposition,))


def _complex(*terms: Term) -> bool:
    return any(sort_of(t) is COMPLEX for t in terms)


def _parts(condition: Term) -> Conditions:
    if isinstance(condition, App) and condition.op == "and":
        return condition.args
    return (condition,)


def for_all(variable: Sym, over: tuple[Term, ...], found: Iterable[Term]) -> Conditions:
    """Each condition for every value of a variable in a range; `over` may be ()."""
    # without this: sum(i in 1..n, 1/x[i]) would owe x[i] != 0 of some other i, or of none
    return tuple(
        Bind("forall", variable, over, c)
        for c in found
        if not (len(over) == 2 and carried(c, variable, *over))
    )


def over_each(variable: Sym, over: tuple[Term, ...], found: Iterable[Term]) -> Conditions:
    """The conditions of a summand (a factor, an entry): plainly those that are free of the index, the others for each.

    Without the plain ones: sum(i in 1..m, 1/m) = 1 at m = 0, the divisor taken out of an empty sum
    (tests/unsound/quotient_of_an_empty_sum.drv).
    """
    found = tuple(found)
    free = tuple(c for c in found if variable not in free_symbols(c))
    return (*free, *for_all(variable, over, (c for c in found if c not in free)))


def carried(condition: Term, variable: Sym, low: Term, high: Term) -> bool:
    """Does the condition follow from `low <= variable <= high` by looking at the literals?"""
    if variable.sort is not INTEGER:
        return False
    match condition:
        case App("or", parts):
            return any(carried(p, variable, low, high) for p in parts)
        case App("<=", (a, v)) if v == variable:
            return a == low or _literals(a, low, strict=False)
        case App("<=", (v, b)) if v == variable:
            return b == high or _literals(high, b, strict=False)
        case App("<", (a, v)) if v == variable:
            return _literals(a, low, strict=True)
        case App("!=", (v, a)) if v == variable:
            return _literals(a, low, strict=True) or _literals(high, a, strict=True)
    return False


def _literals(a: Term, b: Term, *, strict: bool) -> bool:
    if not (isinstance(a, Num) and isinstance(b, Num)):
        return False
    return a.value < b.value if strict else a.value <= b.value


# ---------------------------------------------------------------- open conditions


def opened(condition: Term, variable: Sym) -> Term:
    """A condition that, holding at a point, makes the given one hold on a neighbourhood of it.

    Its sides are continuous there: they are parts of a term whose kinks are owed as well.
    """
    if variable not in free_symbols(condition):
        return condition
    match condition:
        case App("<=", args):
            # without this: d/dx sqrt(x) would exist at 0, where it is defined on one side only
            return App("<", args)
        case App("<" | "!=" | "invertible" | "unsupported", _):
            return condition
        case App("moment" | "interchange", _):
            # a mean may exist at the point and nowhere else: for all values of the variable
            return Bind("forall", variable, (), condition)
        case App("and" | "or" as op, parts):
            return App(op, tuple(opened(p, variable) for p in parts))
        case App("=>", (premise, conclusion)) if variable not in free_symbols(premise):
            return App("=>", (premise, opened(conclusion, variable)))
        case Bind("forall", v, (low, high), body):
            # Finitely many open sets have an open intersection, infinitely many need not.
            ends = free_symbols(low) | free_symbols(high)
            if variable not in ends and is_finite(low, high):
                return Bind("forall", v, (low, high), opened(body, variable))
    return unsupported(condition)


def is_finite(*ends: Term) -> bool:
    """Is a range with these ends surely finite?"""
    return not any(mentions(end, "inf") for end in ends)


# ---------------------------------------------------------------- literal truth


def decide(proposition: Term) -> bool | None:
    """True or False where literals, or the sign of pi, decide the proposition wherever defined."""
    match proposition:
        case App("true", ()):
            return True
        case App("false", ()):
            return False
        case App("=" | "!=" | "<" | "<=" as op, (a, b)):
            return _decide_relation(op, a, b)
        case App("and", parts):
            return _all([decide(p) for p in parts])
        case App("or", parts):
            found = _all([_not(decide(p)) for p in parts])
            return _not(found)
        case App("not", (a,)):
            return _not(decide(a))
        case App("=>", (a, b)):
            if decide(a) is False or decide(b) is True:
                return True
        case Bind("forall", _, _, body):
            return True if decide(body) is True else None
    return None


def _all(found: list[bool | None]) -> bool | None:
    if any(f is False for f in found):
        return False
    return None if any(f is None for f in found) else True


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found


def _decide_relation(op: str, a: Term, b: Term) -> bool | None:
    left, right = value(a), value(b)
    if left is not None and right is not None:
        return {
            "=": left == right, "!=": left != right, "<": left < right, "<=": left <= right
        }[op]
    if op in ("=", "<=") and alpha_equal(a, b):
        return True
    if (op in ("<", "<=", "!=") and left == 0 and _positive(b)) or (
        op == "!=" and right == 0 and _positive(a)
    ):
        return True
    return None


def value(term: Term) -> Fraction | None:
    """The value of a term of rational literals; None for others, and for numbers out of bounds."""
    match term:
        case Num(v):
            return v
        case App("neg", (a,)):
            inner = value(a)
            return None if inner is None else -inner
        case App("+" | "-" | "*" | "/" as op, (a, b)):
            left, right = value(a), value(b)
            if left is None or right is None or (op == "/" and right == 0):
                return None
            found = {
                "+": left + right, "-": left - right, "*": left * right,
                "/": left / right if right else left,
            }[op]
            return found if max(abs(found.numerator), found.denominator) <= _LARGEST else None
    return None


def _positive(term: Term) -> bool:
    """Is the term surely positive: literals and pi under sums, products, quotients and roots?"""
    match term:
        case App("pi", ()):
            return True
        case App(op, args) if op in _POSITIVE_SUMS:
            return all(map(_positive, args))
    found = value(term)
    return found is not None and found > 0


