"""Shapes: when two sizes are the same, when a term fits a sort, and how both are shown to a reader.

Promise: sizes are called equal only if they are, for all values of what they mention; no search.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from derive.core.alpha import alpha_equal
from derive.core.shape import sort_of
from derive.core.show import show
from derive.core.sort import (
    BOOL,
    COMPLEX,
    INTEGER,
    OUTCOME,
    REAL,
    Array,
    Function,
    LawSort,
    Scalar,
    Sort,
)
from derive.core.term import App, Bind, Num, Term, size
from derive.elaborate.scope import Scope

Polynomial: TypeAlias = dict[tuple[Term, ...], Fraction]

_LIMIT = 64  # nodes; larger sizes are compared as written


def same_size(left: Term, right: Term, scope: Scope) -> bool:
    """Are two sizes equal as polynomials, definitions unfolded?"""
    if left == right:
        return True
    context = scope.context()
    left, right = context.unfold(left), context.unfold(right)
    if size(left) > _LIMIT or size(right) > _LIMIT:
        return alpha_equal(left, right)
    return polynomial(left) == polynomial(right)


def same_shape(left: tuple[Term, ...], right: tuple[Term, ...], scope: Scope) -> bool:
    """Are two shapes equal, axis by axis?"""
    return len(left) == len(right) and all(
        same_size(a, b, scope) for a, b in zip(left, right, strict=True)
    )


def fits(sort: Sort, expected: Sort, scope: Scope) -> bool:
    """May a term of one sort stand where another is expected? Integers are reals, reals complex."""
    match sort, expected:
        case Array(shape, entry), Array(other, target):
            return same_shape(shape, other, scope) and fits(entry, target, scope)
        case Scalar(), Scalar():
            order = (INTEGER, REAL, COMPLEX)
            if sort is BOOL or expected is BOOL:
                return sort is expected
            return order.index(sort) <= order.index(expected)
        case Function(args, result), Function(others, target):
            return (
                len(args) == len(others)
                and all(fits(b, a, scope) for a, b in zip(args, others, strict=True))
                and fits(result, target, scope)
            )
    return sort == expected


def may_be_complex(term: Term) -> bool:
    """Is a scalar term complex? `abs`, `re` and norms of complex terms are real."""
    match term:
        case App("abs" | "re" | "im_part" | "norm" | "norm_p" | "norm_inf" | "index", _):
            return isinstance(term, App) and term.op == "index" and sort_of(term) is COMPLEX
        case App(
            "+" | "-" | "*" | "/" | "^" | "neg" | "max" | "min" | "exp" | "sqrt" | "log", args
        ):
            return any(map(may_be_complex, args))
        case Bind("sum" | "prod" | "max" | "min", _, _, body):
            return may_be_complex(body)
    return sort_of(term) is COMPLEX


def polynomial(term: Term) -> Polynomial:
    """A size as a polynomial in what it mentions."""
    match term:
        case Num(value):
            return {(): value} if value else {}
        case App("+", (a, b)):
            return _sum(polynomial(a), polynomial(b), 1)
        case App("-", (a, b)):
            return _sum(polynomial(a), polynomial(b), -1)
        case App("neg", (a,)):
            return _sum({}, polynomial(a), -1)
        case App("*", (a, b)):
            return _product(polynomial(a), polynomial(b))
        case App("/", (a, Num(value))) if value:
            return {m: c / value for m, c in polynomial(a).items()}
        case App("^", (a, Num(value))) if value.denominator == 1 and 0 <= value <= 4:
            result: Polynomial = {(): Fraction(1)}
            for _ in range(int(value)):
                result = _product(result, polynomial(a))
            return result
    return {(term,): Fraction(1)}


def _sum(left: Polynomial, right: Polynomial, sign: int) -> Polynomial:
    total = dict(left)
    for monomial, factor in right.items():
        total[monomial] = total.get(monomial, Fraction(0)) + sign * factor
        if not total[monomial]:
            del total[monomial]
    return total


def difference(left: Polynomial, right: Polynomial) -> Polynomial:
    """`left - right`."""
    return _sum(left, right, -1)


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for first, a in left.items():
        for second, b in right.items():
            monomial = tuple(sorted((*first, *second), key=repr))
            total = _sum(total, {monomial: a * b}, 1)
    return total


# ---------------------------------------------------------------- showing them


def show_size(term: Term) -> str:
    """A size as a reader writes it."""
    return show(term)


def show_shape(shape: tuple[Term, ...]) -> str:
    """`(n, d)`, `(n)`."""
    return f"({', '.join(map(show_size, shape))})"


def show_sort(sort: Sort) -> str:
    """A sort in words: `an integer`, `a real array of shape (n, d)`."""
    match sort:
        case Array(shape, entry):
            kind = {1: "vector", 2: "matrix"}.get(len(shape), "array")
            word = entry.value
            return (
                f"{'an' if word[0] in 'aeiou' else 'a'} {word} {kind} of shape {show_shape(shape)}"
            )
        case Function(args, _):
            return "a function" if len(args) == 1 else f"a function of {len(args)} arguments"
        case LawSort():
            return "a law"
    return {
        INTEGER: "an integer",
        REAL: "a real number",
        COMPLEX: "a complex number",
        BOOL: "a claim",
        OUTCOME: "a sample point",
    }[sort]
