"""Cauchy and Schwarz over several ranges, for squares and for norms.

Promise: as for `lemmas.py`. A sum of sums is one sum over a finite set of index tuples, whatever the inner ranges
depend on.

Source: Steele, The Cauchy-Schwarz Master Class, chapter 1.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.shape import sort_of
from derive.core.sort import COMPLEX
from derive.core.term import INF, App, Bind, Num, Sym, Term, mul, substitute, subterms
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, add_poly, minus, scale

OF_SQUARES, OF_ROOTS = Num(2), Num(1)


def cauchy_schwarz_of_sums(run: Normaliser, args: tuple[Term, ...]) -> Poly:
    """For `sum f` and `sum g` over the same ranges: `|sum conj(f)*g|^2 <= (sum |f|^2)*(sum |g|^2)`, or its root.

    Of the root: `re(sum conj(f)*g) <= sqrt(sum |f|^2)*sqrt(sum |g|^2)`. Without the conjugates: f = 1, g = im.
    """
    first, second, kind = args
    ranges: list[tuple[Sym, Term, Term]] = []
    while isinstance(first, Bind) and isinstance(second, Bind) and first.op == second.op == "sum":
        (low, high), (other_low, other_high) = first.over, second.over
        if run.normal(low) != run.normal(other_low) or run.normal(high) != run.normal(other_high):
            raise Decline("sums over different ranges")
        if any(t == INF for end in (low, high) for t in subterms(end)):
            # without this: the squares of an endless sum may have none
            raise Decline("endless sums")
        fresh, inside = run.enter(first.var, low, high, first.body)
        second = substitute(second.body, {second.var: fresh})
        ranges.append((fresh, low, high))
        first = inside
    if not ranges:
        raise Decline("no sums")
    mirrors = tuple(t if run.is_real(run.normal(t)) else App("conj", (t,)) for t in (first, second))

    def total(body: Term) -> Term:
        for var, low, high in reversed(ranges):
            body = Bind("sum", var, (low, high), body)
        return body

    mixed = run.normal(total(mul(mirrors[0], second)))
    other = run.conjugate(mixed)
    sizes = tuple(_real(total(mul(m, f))) for m, f in zip(mirrors, (first, second), strict=True))
    if kind == OF_ROOTS:
        one, two = (run.normal(App("sqrt", (s,))) for s in sizes)
        return minus(run.times(one, two), scale(add_poly(mixed, other), Fraction(1, 2)))
    one, two = map(run.normal, sizes)
    return minus(run.times(one, two), run.times(mixed, other))


def _real(term: Term) -> Term:
    """A sum of squared moduli as a term of a real sort, so that its root has no branch."""
    return App("re", (term,)) if sort_of(term) is COMPLEX else term
