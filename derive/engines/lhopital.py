"""Is l'Hôpital's rule a reason for a step: a quotient of the form 0/0 or infinity/infinity, whose slopes have a limit?

Promise: without the form, or without the limit of the quotient of the slopes, the rule is no reason, however true the
step is (Rudin, 5.13). The value itself is the kernel's (`kernel/germ.py`), which does not use the rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import Context
from derive.core.term import INF, App, Bind, Num, Term, div, mentions, neg, subterms
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.germ import UNIT_SCALE
from derive.kernel.limits import germ_at, one_sided
from derive.kernel.poly import Decline


def gives(claim: Term, context: Context) -> bool:
    """Is there a limit in the claim to which the rule applies?"""
    return any(_applies(t, context) for t in subterms(claim) if isinstance(t, Bind) and t.op == "lim")


def _applies(term: Bind, context: Context) -> bool:
    point, side = term.over
    infinite = point in (INF, neg(INF))
    assert isinstance(side, Num)
    sides = (1,) if infinite else (int(side.value),) if side.value else (1, -1)
    return any(
        all(_on_a_side(top, bottom, term, s, context) for s in sides) for top, bottom in _quotients(term.body)
    )


def _quotients(body: Term) -> Iterator[tuple[Term, Term]]:
    """The quotients that the body is: as it stands, or with a factor of it brought up."""
    match body:
        case App("/", (top, bottom)):
            yield top, bottom
        case App("neg", (inner,)):
            yield from _quotients(inner)
        case App("*", (a, b)):
            yield from ((App("*", (p, b)), q) for p, q in _quotients(a))
            yield from ((App("*", (a, p)), q) for p, q in _quotients(b))


def _on_a_side(top: Term, bottom: Term, term: Bind, side: int, context: Context) -> bool:
    x, (point, _) = term.var, term.over
    try:
        limits, f = germ_at(top, x, point, side, context)
        over, g = germ_at(bottom, x, point, side, context)
        large = over.compare(over.leading(g)[0], UNIT_SCALE) > 0
        if not large:
            limits.owe_small(f)
            over.owe_small(g)
        slopes = [derivative(t, x) for t in (top, bottom)]
        if any(isinstance(s, Refusal) for s in slopes) or any(mentions(t, "abs") for t in (top, bottom)):
            return False
        one, two = (s for s in slopes if not isinstance(s, Refusal))
        one_sided(div(one, two), x, point, side, context)
    except (Decline, RecursionError):
        return False
    return True
