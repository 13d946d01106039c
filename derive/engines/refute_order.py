"""Orders of magnitude that are wrong: the quotient of the two sides grows without bound.

Promise: `larger_order` gives a witness only where the leading terms, at values of the parameters that satisfy every
hypothesis, show that the left side is of a larger order than the right one, for one choice of what the O's on the
left stand for. Near the point the quotient is then above every bound, so no constant will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from derive.core.claim import DOMAIN, HYPOTHESIS, STEP, THEOREM, Context, Obligation
from derive.core.show import show
from derive.core.sort import INTEGER, REAL, Function
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    apply,
    free_symbols,
    mentions,
    mul,
    substitute,
)
from derive.core.verdict import Witness
from derive.engines.parameters import points
from derive.kernel.arrays import scalarise
from derive.kernel.conditions import conditions
from derive.kernel.germ import Germ
from derive.kernel.identity import shows
from derive.kernel.landau import parts_of
from derive.kernel.limits import Limits, near
from derive.kernel.poly import Decline

_MOST = 20


def larger_order(obligation: Obligation) -> Witness | None:
    """The refutation of a claim about an order of magnitude."""
    claim = obligation.context.unfold(obligation.claim)
    opened = _opened(claim)
    if opened is None:
        return None
    body, scales = opened
    if any(f.kind not in (DOMAIN, HYPOTHESIS, STEP, THEOREM) for f in obligation.context.facts):
        return None
    # what was shown follows from the hypotheses, and holds where they do
    facts = [f for f in obligation.context.facts if f.kind in (DOMAIN, HYPOTHESIS)]
    free = sorted(free_symbols(claim).union(*(free_symbols(f.claim) for f in facts)), key=lambda s: s.name)
    if any(s.sort not in (REAL, INTEGER) for s in free):
        return None
    claims = tuple(obligation.context.unfold(f.claim) for f in facts)
    for at in points(frozenset(free), claims, _MOST):
        for functions in _choices(scales):
            witness = _grows(body, {**at, **functions}, at, obligation.context)
            if witness is not None:
                return witness
    return None


def _opened(claim: Term) -> tuple[Term, list[tuple[Sym, Bind]]] | None:
    """The claim under its quantifiers: a function for each O on the left, with its order."""
    scales: list[tuple[Sym, Bind]] = []
    while isinstance(claim, Bind) and claim.op == "forall" and isinstance(claim.var.sort, Function):
        match claim.body:
            case App("=>", (App("order", (Bind("lam", v, (), App("apply", (f, at))), Bind() as scale, *_)), rest)) if (
                f == claim.var and at == v
            ):
                scales.append((claim.var, scale))
                claim = rest
            case _:
                return None
    return (claim, scales) if parts_of(claim) is not None else None


def _choices(scales: list[tuple[Sym, Bind]]) -> Iterator[dict[Sym, Term]]:
    """What the O's stand for: multiples of what stands in them."""
    for factors in islice(product((ONE, ZERO, TWO), repeat=len(scales)), _MOST):
        yield {f: Bind("lam", s.var, (), mul(c, s.body)) for (f, s), c in zip(scales, factors, strict=True)}


def _grows(body: Term, values: dict[Sym, Term], at: dict[Sym, Term], context: Context) -> Witness | None:
    found = parts_of(_applied(substitute(body, values)))
    if found is None:
        return None
    function, scale, point, side = found
    h = function.var
    left, right = scalarise(function.body), scalarise(substitute(scale.body, {scale.var: h}))
    for s in (1,) if mentions(point, "inf") else (side,) if side else (1, -1):
        try:
            limits = Limits(h, Germ(()), Context())
            limits.near = near(limits, point, s)
            f, most = limits.of(left), limits.bound(limits.of(right))
            least, _, _ = limits.leading(f)
            if any(shows(p, Context()) is None for p in limits.premises):
                continue
            if most is not None and limits.compare(least, most) <= 0:
                continue
        except (Decline, RecursionError):
            continue
        if conditions(point, Context()):
            continue
        whole = f"{show(left)} is not 0" if most is None else f"the quotient {show(left)} : {show(right)} is unbounded"
        return Witness(
            tuple((s.name, show(v)) for s, v in at.items()), (), show(left), f"O({show(right)})", exact=True,
            note=f"{whole} as {show(h)} tends to {show(point)}",
        )
    return None


def _applied(term: Term) -> Term:
    """Functions that stand for O's at their arguments."""
    match term:
        case App("apply", (Bind("lam") as function, at)):
            return apply(function, at)
        case App(op, args):
            return App(op, tuple(_applied(a) for a in args))
        case Bind(op, var, over, body):
            return Bind(op, var, over, _applied(body))
    return term
