"""Convergence by comparison: integrals that are small enough at their ends, series whose terms fall fast enough.

Promise: where the premises returned hold, the integral converges absolutely, the series likewise; telescoping gives
its sum.
"""

from __future__ import annotations

from derive.core.alpha import rename_bound
from derive.core.claim import Context
from derive.core.term import INF, ONE, Bind, Term, add, eq, free_symbols, mentions, sub, substitute
from derive.kernel.conditions import conditions
from derive.kernel.continuity import is_continuous
from derive.kernel.germ import Scale
from derive.kernel.guards import for_all
from derive.kernel.limits import Limits, germ_at, one_sided
from derive.kernel.poly import Decline, constant, minus
from derive.kernel.primitive import Theorem, directions, everywhere, inside, own_variable


def converges_at_ends(term: Bind, ordered: bool, context: Context) -> Theorem:
    """An integral converges absolutely where its integrand is continuous between the ends and small enough at each:
    below t^(-1 + e) near a finite end, below x^(-1 - e) far out (Rudin, chapter 6, exercises 7 and 8).
    """
    whole, x = own_variable(term)
    low, high = whole.over
    if not is_continuous(whole.body, x):
        raise Decline("the integrand is not seen to be continuous")
    intervals, premises = directions(low, high, ordered)
    if len(intervals) > 1:
        raise Decline("the order of the ends is not known")
    premises += tuple(everywhere(x, inside(low, high, x), c) for c in conditions(whole.body, context))
    used: frozenset[str] = frozenset()
    for end, side in ((low, 1), (high, -1)):
        limits, g = germ_at(whole.body, x, end, side, context)
        b = limits.bound(g)
        premises += tuple(limits.premises) + (() if mentions(end, "inf") else conditions(end, context))
        if b is not None and not _integrable(limits, b, mentions(end, "inf")):
            raise Decline("the integrand is not seen to be small enough at an end")
        used |= frozenset(limits.run.used)
    return Theorem(tuple(dict.fromkeys(premises)), None, used)


def _integrable(limits: Limits, b: Scale, infinite: bool) -> bool:
    """Is t^a, with a > -1 at a finite end and a > 1 in 1/x far out, times a logarithm, integrable?"""
    for _, p in b.rates:
        sign = limits.known_sign(dict(p))
        if sign:
            return sign < 0
    bar = constant(1 if infinite else -1)
    return limits.known_sign(minus(b.exponent(), bar)) > 0


def by_telescoping(term: Bind, function: Term, context: Context) -> Theorem:
    """`sum(k in a..inf, G(k + 1) - G(k)) = lim G - G(a)`, where it converges absolutely (Rudin, 3.21).

    Without the limit: the partial sums of 1 are G(n) = n.
    """
    if not (isinstance(function, Bind) and function.op == "lam"):
        raise Decline("no function to telescope")
    low = term.over[0]
    whole = rename_bound(term, free_symbols(function) | free_symbols(low))
    k = whole.var
    here = substitute(function.body, {function.var: k})
    after = substitute(function.body, {function.var: add(k, ONE)})
    claims = (*conditions(here, context), *conditions(after, context), eq(whole.body, sub(after, here)))
    limits, found = one_sided(here, k, INF, 1, context)
    absolute = series_converges(term, context)
    premises = (*absolute.premises, *for_all(k, whole.over, claims), *limits.premises)
    start = substitute(function.body, {function.var: low})
    uses = absolute.uses | limits.seen
    return Theorem(premises, sub(limits.run.to_term(found), start), uses)


def series_converges(term: Bind, context: Context) -> Theorem:
    """A series converges absolutely where its terms are at most a multiple of k^(-1 - e) (Rudin, 3.25, 3.28)."""
    low, high = term.over
    if high != INF or mentions(low, "inf"):
        raise Decline("no endless sum")
    limits, g = germ_at(term.body, term.var, INF, 1, context)
    # every term is defined: without this, the sum of 1/k would be asked of k = 0 only far out
    premises = (*conditions(low, context), *for_all(term.var, term.over, conditions(term.body, context)))
    b = limits.bound(g)
    if b is not None and not _integrable(limits, b, infinite=True):
        raise Decline("the terms are not seen to be small enough")
    return Theorem((*premises, *limits.premises), None, frozenset(limits.run.used))

