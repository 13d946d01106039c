"""Expectations of variables with a named law, replaced by their values, so that a false claim can be refuted.

Promise: the values are the kernel's own normal forms under the hypotheses alone; an expectation that keeps a random
variable leaves the claim as it is, and nothing is answered.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.chance import variables_in
from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Obligation
from derive.core.sort import OUTCOME
from derive.core.term import App, Bind, Term, free_symbols, mentions
from derive.kernel.goal import Goal, normaliser, prepare
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline

_FEATURES = frozenset({"log", "exp", "diff"})
_OUTER = frozenset(
    {"=", "<", "<=", "!=", "+", "-", "*", "/", "neg", "^", "exp", "sqrt", "log", "abs", "ite", "indicator"}
)


def valued(obligation: Obligation) -> Obligation | None:
    """The same claim with the values that the laws of its random variables give; None where one is not known.

    Without leaving out earlier steps: a step that is not proved would help to refute one that is true.
    """
    if not mentions(obligation.claim, "E"):
        return None
    facts = tuple(f for f in obligation.context.facts if f.kind in (DOMAIN, HYPOTHESIS, CASE))
    context = replace(obligation.context, facts=facts)
    try:
        claim = prepare(obligation.claim, context)
        if not isinstance(claim, App):
            return None
        run, _ = normaliser(Goal(claim, context), _FEATURES, ())
        done = _replaced(claim, run)
    except (Decline, RecursionError):
        return None
    return replace(obligation, claim=done, context=context)


def _replaced(term: Term, run: Normaliser) -> Term:
    """Without expectations; `Decline` where one stays."""
    match term:
        case Bind("E"):
            value = run.to_term(run.simplify(run.normal(term)))
            if variables_in(value) or any(s.sort is OUTCOME for s in free_symbols(value)):
                raise Decline("an expectation without a value here")
            return value
        case App(op, args) if op in _OUTER:
            return App(op, tuple(_replaced(a, run) for a in args))
    if mentions(term, "E"):
        raise Decline("an expectation inside a form that is not looked into")
    return term
