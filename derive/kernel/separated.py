"""Integrands as sums of c(a)*h(x)*exp(E): the parts that depend on the parameter, on the variable, and on both.

Promise: where the term is defined, `pieces` adds up to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.term import ONE, ZERO, App, Num, Sym, Term, add, div, free_symbols, mul, neg, power

_MOST = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """`outer*inner*exp(exponent)`: the first free of the integral's variable, the second of the parameter."""

    outer: Term
    inner: Term
    exponent: Term


def pieces(term: Term, x: Sym, a: Sym) -> list[Piece] | None:
    """A term as a sum of pieces."""
    free = free_symbols(term)
    if a not in free:
        return [Piece(ONE, term, ZERO)]
    if x not in free:
        return [Piece(term, ONE, ZERO)]
    match term:
        case App("neg", (b,)):
            inner = pieces(b, x, a)
            return None if inner is None else [Piece(neg(p.outer), p.inner, p.exponent) for p in inner]
        case App("+", (b, c)):
            return _both(pieces(b, x, a), pieces(c, x, a))
        case App("-", (b, c)):
            return _both(pieces(b, x, a), pieces(neg(c), x, a))
        case App("*", (b, c)):
            one, two = pieces(b, x, a), pieces(c, x, a)
            if one is None or two is None or len(one)*len(two) > _MOST:
                return None
            return [Piece(times(p.outer, q.outer), times(p.inner, q.inner), _sum(p.exponent, q.exponent))
                    for p in one for q in two]
        case App("/", (b, c)):
            one, two = pieces(b, x, a), pieces(c, x, a)
            if one is None or two is None or len(two) != 1:
                return None
            (q,) = two
            return [Piece(_over(p.outer, q.outer), _over(p.inner, q.inner), _sum(p.exponent, neg(q.exponent)))
                    for p in one]
        case App("exp", (b,)):
            return [Piece(ONE, ONE, b)]
        case App("^", (b, c)) if a not in free_symbols(b):
            return [Piece(ONE, ONE, mul(c, App("log", (b,))))]
        case App("^", (b, Num(n))) if n.denominator == 1:
            inner = pieces(b, x, a)
            if inner is None or len(inner) != 1:
                return None
            (p,) = inner
            return [Piece(power(p.outer, Num(n)), power(p.inner, Num(n)), mul(Num(n), p.exponent))]
    return None


def _both(one: list[Piece] | None, two: list[Piece] | None) -> list[Piece] | None:
    return None if one is None or two is None or len(one) + len(two) > _MOST else one + two


def times(b: Term, c: Term) -> Term:
    return c if b == ONE else b if c == ONE else mul(b, c)


def _over(b: Term, c: Term) -> Term:
    return b if c == ONE else div(b, c)


def _sum(b: Term, c: Term) -> Term:
    return c if b == ZERO else b if c in (ZERO, neg(ZERO)) else add(b, c)
