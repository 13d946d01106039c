"""Expectations that are shown not to exist: the integral of a term against the density of its law diverges.

Promise: `undefined_mean` answers only for claims about random variables with one law each, whose parameters are given
numbers or are free to take some, and only where the integrand is, near one point of the support or far out, of one
sign and too large to be integrated there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Context, Obligation
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.show import show
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    INF,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    mentions,
    mul,
    neg,
    substitute,
    subterms,
)
from derive.core.verdict import Witness
from derive.engines.divergence import why_divergent
from derive.kernel.identity import shows
from derive.kernel.poly import Decline

_X = Sym("~x", REAL)
_TRIED = tuple(Num(n) for n in (1, 12, 3, -2, 0, Fraction(1, 3)))
# What the parameters take, by turns: one above the other in either order, as E[exp(t*X)] exists for t below the rate.
_POINTS = ((Num(1), Num(12)), (Num(12), Num(1)), (Num(3), Num(3)), (Num(-2), Num(Fraction(1, 3))))


def undefined_mean(obligation: Obligation) -> Witness | None:
    """The refutation of an equation or a comparison with an expectation that does not exist on one side.

    With parameters, it fails to exist at every point that is tried: where it exists for some, that is a condition.
    """
    claim, context = obligation.context.unfold(obligation.claim), obligation.context
    if not (isinstance(claim, App) and claim.op in ("=", "<", "<=")):
        return None
    first: Witness | None = None
    for pair in _POINTS:
        point = _point(claim, context, pair)
        if point is None:
            return None
        found = _at(claim, context, point)
        if found is None or not point:
            return found
        first = first or found
    return first


def _at(claim: App, context: Context, point: dict[Sym, Num]) -> Witness | None:
    """The refutation at a point of the parameters."""
    here = tuple(substitute(side, dict(point)) for side in claim.args)
    laws = _laws(replace(context, facts=tuple(
        replace(f, claim=substitute(f.claim, dict(point))) for f in context.facts if f.kind != DOMAIN
    )))
    for place, side in enumerate(here) if laws is not None else ():
        for mean in _means(side):
            why = _why(mean, laws or {})
            if why is not None:
                texts = ["undefined" if i == place else show(s) for i, s in enumerate(here)]
                said = tuple((s.name, show(v)) for s, v in point.items())
                values = tuple((s.name, v.value) for s, v in point.items())
                note = f"{show(mean)} does not exist: {why}"
                return Witness(said, (), texts[0], texts[1], exact=True, values=values, note=note)
    return None


def _point(claim: Term, context: Context, pair: tuple[Num, Num]) -> dict[Sym, Num] | None:
    """Numbers for the parameters, each of which only its sort restricts."""
    said = [f for f in context.facts if mentions(f.claim, "law")]
    wanted = set(free_symbols(claim)).union(*(free_symbols(f.claim) for f in said))
    found: dict[Sym, Num] = {}
    parameters = sorted((s for s in wanted if s.sort in (REAL, INTEGER)), key=lambda s: s.name)
    for i, s in enumerate(parameters):
        tried = (pair[i % 2], *_TRIED)
        own = [context.unfold(f.claim) for f in context.facts if f.kind == DOMAIN and s in free_symbols(f.claim)]
        if any(free_symbols(c) != {s} for c in own):
            return None
        value = next((n for n in tried if all(shows(substitute(c, {s: n}), Context()) is not None for c in own)), None)
        if value is None:
            return None
        found[s] = value
    return found


def _laws(context: Context) -> dict[Sym, App] | None:
    """The law of each random variable; None where anything else is supposed.

    Without that: hypotheses that nothing satisfies would have a witness.
    """
    found: dict[Sym, App] = {}
    for fact in context.facts:
        match fact.claim:
            case App("law", (Bind("lam", w, (), App("apply", (Sym() as x, at))), App() as law)) if at == w:
                owed = OPERATORS[law.op].owes(law.args)
                if x in found or free_symbols(law) or any(shows(c, Context()) is None for c in owed):
                    return None
                found[x] = law
            case _ if fact.kind in (HYPOTHESIS, CASE):
                return None
    return found


def _means(side: Term) -> Iterator[Bind]:
    """The expectations without which the side has no value: those outside binders and branches."""
    match side:
        case Bind("E", _, _, body):
            yield side
            # a number inside that does not exist: the mean in Var(X)
            yield from _means(body)
        case App("+" | "-" | "*" | "/" | "neg" | "^" | "exp" | "sqrt" | "log" | "abs", args):
            for a in args:
                yield from _means(a)


def _why(mean: Bind, laws: dict[Sym, App]) -> str | None:
    """Why the expectation of a function of one variable does not exist, if that is seen."""
    variables = {s for s in free_symbols(mean.body) if s in laws}
    if len(variables) != 1 or free_symbols(mean.body) != variables | {mean.var}:
        return None
    (x,) = variables
    law = laws[x]
    row = LAWS.get(law.op)
    if row is None or row.kind != "pdf" or any(isinstance(t, Bind) for t in subterms(mean.body)):
        return None
    density, ends = row.density(law.args, _X), _ends(row.support(law.args, _X))
    if density is None or ends is None:
        return None
    body = _replaced(mean.body, App("apply", (x, mean.var)))
    if mean.var in free_symbols(body):
        return None
    try:
        return why_divergent(Bind("int", _X, ends, mul(body, density)), Context((_X,)))
    except (Decline, RecursionError):
        return None


def _replaced(term: Term, old: Term) -> Term:
    if term == old:
        return _X
    return App(term.op, tuple(_replaced(a, old) for a in term.args)) if isinstance(term, App) else term


def _ends(support: Term) -> tuple[Term, Term] | None:
    """The interval that a support is."""
    low: Term = neg(INF)
    high: Term = INF
    for part in support.args if isinstance(support, App) and support.op == "and" else (support,):
        match part:
            case App("true", ()):
                pass
            case App("<" | "<=", (a, v)) if v == _X and _X not in free_symbols(a):
                low = a
            case App("<" | "<=", (v, b)) if v == _X and _X not in free_symbols(b):
                high = b
            case _:
                return None
    return low, high
