"""A comparison of expectations, shown at every sample point.

Promise: the claim holds wherever the claim at every point does: E is linear and monotone on the random variables
that have a mean, and strictly so under a probability law.

Source: Williams, Probability with Martingales, section 5.2.
"""

from __future__ import annotations

from derive.core.chance import MEASURE
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, OUTCOME, REAL
from derive.core.term import App, Bind, Sym, Term, free_symbols, mentions, substitute, subterms
from derive.kernel.poly import Decline

_POINT = Sym("outcome~p", OUTCOME)


def pointwise(claim: Term) -> tuple[Term, tuple[Term, ...]] | None:
    """`forall w, a(w) <= b(w)` for `E[a] <= E[b]`, and the functions of w whose means must exist."""
    if not (isinstance(claim, App) and claim.op in ("<", "<=")) or any(
        s.sort is OUTCOME for s in free_symbols(claim)
    ):
        return None
    bodies: list[Term] = []
    try:
        sides = tuple(_at_the_point(side, bodies) for side in claim.args)
    except Decline:
        return None
    if not bodies:
        return None
    return Bind("forall", _POINT, (), App(claim.op, sides)), tuple(Bind("lam", _POINT, (), b) for b in bodies)


def _at_the_point(term: Term, bodies: list[Term]) -> Term:
    """A combination of expectations with coefficients that are numbers: what is averaged, at the point."""
    match term:
        case Bind("E", var, over, body) if over == (MEASURE,):
            if sort_of(body) not in (REAL, INTEGER) or _POINT in free_symbols(body):
                # without this: an array or a complex number would be compared
                raise Decline("no real random variable")
            here = substitute(body, {var: _POINT})
            bodies.append(here)
            return here
        case App("+" | "-" | "neg" as op, args):
            return App(op, tuple(_at_the_point(a, bodies) for a in args))
        case App("*", args):
            # a product of two means is the mean of no product: one factor is averaged, the others are numbers
            averaged = [i for i, a in enumerate(args) if _averages(a)]
            if len(averaged) == 1:
                k = averaged[0]
                return App("*", (*args[:k], _at_the_point(args[k], bodies), *args[k + 1:]))
        case App("/", (a, b)) if not _averages(b):
            return App("/", (_at_the_point(a, bodies), b))
    return term


def _averages(term: Term) -> bool:
    return mentions(term, "E") and any(isinstance(t, Bind) and t.op == "E" for t in subterms(term))
