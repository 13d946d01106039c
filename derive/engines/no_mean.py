"""Expectations that are shown not to exist: the integral of a term against the density of its law diverges.

Promise: `undefined_mean` answers only for claims about random variables with one law of given numbers each, and only
where the integrand is, near one point of the support or far out, of one sign and too large to be integrated there.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CASE, HYPOTHESIS, Context, Obligation
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.show import show
from derive.core.sort import REAL
from derive.core.term import INF, App, Bind, Sym, Term, free_symbols, mul, neg, subterms
from derive.core.verdict import Witness
from derive.engines.divergence import why_divergent
from derive.kernel.identity import shows
from derive.kernel.poly import Decline

_X = Sym("~x", REAL)


def undefined_mean(obligation: Obligation) -> Witness | None:
    """The refutation of an equation or a comparison with an expectation that does not exist on one side."""
    claim, context = obligation.context.unfold(obligation.claim), obligation.context
    laws = _laws(context)
    if laws is None or not (isinstance(claim, App) and claim.op in ("=", "<", "<=")):
        return None
    for place, side in enumerate(claim.args):
        for mean in _means(side):
            why = _why(mean, laws)
            if why is not None:
                texts = ["undefined" if i == place else show(s) for i, s in enumerate(claim.args)]
                return Witness((), (), texts[0], texts[1], exact=True, note=f"{show(mean)} does not exist: {why}")
    return None


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
