"""Cauchy and Schwarz over several ranges, for squares and for norms.

Promise: as for `lemmas.py`. A sum of sums is one sum over a finite set of index tuples, whatever the inner ranges
depend on.

Source: Steele, The Cauchy-Schwarz Master Class, chapter 1.
"""

from __future__ import annotations

from derive.core.term import INF, App, Bind, Num, Sym, Term, mul, substitute, subterms
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus

OF_SQUARES, OF_ROOTS = Num(2), Num(1)


def cauchy_schwarz_of_sums(run: Normaliser, args: tuple[Term, ...]) -> Poly:
    """For `sum f` and `sum g` over the same ranges: `(sum f*g)^2 <= (sum f^2)*(sum g^2)`, or its root.

    Of the root: `sum f*g <= sqrt(sum f^2)*sqrt(sum g^2)`. Without realness: f = 1, g = im.
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
    if not ranges or not all(run.is_real(run.normal(t)) for t in (first, second)):
        raise Decline("no sums of real numbers")

    def total(body: Term) -> Term:
        for var, low, high in reversed(ranges):
            body = Bind("sum", var, (low, high), body)
        return body

    mixed = run.normal(total(mul(first, second)))
    sizes = total(mul(first, first)), total(mul(second, second))
    if kind == OF_ROOTS:
        one, two = (run.normal(App("sqrt", (s,))) for s in sizes)
        return minus(run.times(one, two), mixed)
    one, two = map(run.normal, sizes)
    return minus(run.times(one, two), run.times(mixed, mixed))
