"""Settling one obligation: refute first, then the engines in order, then its conditions, then the oracle.

Promise: `proved` is said only with a certificate that the kernel accepted (or, as trust `oracle`, with the
computer algebra's word where the refuter evaluated both sides and found nothing) and with every condition
discharged by the same means. Removing an engine can only weaken an answer. The work is counted, not timed.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.claim import CONDITION, Cited, Context, Fact, Obligation
from derive.core.show import show
from derive.core.sort import Scalar
from derive.core.term import App, Bind, Num, Term, mentions, subterms
from derive.core.verdict import Attempt, Kind, Owed, Trust, Verdict, Witness
from derive.engines import (
    ascend,
    calculus,
    citation,
    law_values,
    optimise,
    order,
    parameters,
    scalar,
    solve,
)
from derive.engines.divergence import undefined_side
from derive.engines.no_mean import undefined_mean
from derive.engines.prove import ALL, Shown, prove, settle_condition, settle_conditions
from derive.engines.refute_order import larger_order
from derive.engines.subjects import off_subject, on_subject
from derive.kernel.meaning import owed, without_existence
from derive.kernel.signs import ENCLOSURE
from derive.settings import Settings

ORACLE = "computer algebra"
ORACLE_SECONDS = 4.0
FIRST_LOOK, LONG_LOOK = 8, 160
REASON = "the reason given"
WAYS = {scalar.NAME: "calculation", citation.NAME: "what was shown before", order.NAME: "comparison",
        solve.NAME: "solving", ascend.NAME: "induction"}


def settle(obligation: Obligation, features: frozenset[str], settings: Settings) -> Verdict:
    """The local verdict on an obligation."""
    if mentions(obligation.context.unfold(obligation.claim), "unsupported"):
        return Verdict(Kind.UNKNOWN, tried=(Attempt("reading", "a form that is read but not yet checked"),))
    first = _refuted(obligation, settings, FIRST_LOOK)
    if isinstance(first, Verdict):
        return first
    owing = owed(obligation.claim, obligation.context)
    nowhere = _defined_nowhere(obligation, first, owing)
    if nowhere is not None:
        return nowhere
    strange = off_subject(obligation)
    shown, tried = (None, ()) if strange else prove(obligation, features, settings)
    if shown is not None:
        if shown.engine == optimise.NAME:
            owing = without_existence(owing, obligation.claim, obligation.context)
        conditions = settle_conditions(owing, obligation.context, settings)
        missing = undefined_mean(obligation) if settings.refuter and _owes_a_mean(obligation, conditions) else None
        if missing is not None:
            return Verdict(Kind.REFUTED, engine="refuter", witness=missing)
        if any(c.failing is not None for c, _ in conditions):
            # a condition that fails somewhere: the claim itself may fail there, and not only be undefined
            survey = _refuted(obligation, settings, None)
            if isinstance(survey, Verdict):
                return survey
        if any(c.kind is not Kind.PROVED and mentions(c.claim, "converges") for c, _ in conditions):
            # what makes it converge says more than that it must
            supposed = _supposing(obligation, features, owing, settings)
            if supposed is not None:
                return supposed
            missing = undefined_side(obligation) if settings.refuter else None
            if missing is not None:
                return Verdict(Kind.REFUTED, engine="refuter", witness=missing)
        return _with_conditions(shown, Trust.EXACT, conditions, tried)
    if obligation.cited != Cited() or features != ALL:
        free, _ = prove(replace(obligation, cited=Cited()), ALL, settings)
        if free is not None:
            return Verdict(Kind.UNKNOWN, tried=(Attempt(REASON, _why_not(free, obligation, strange)),))
    supposed = _supposing(obligation, features, owing, settings)
    if supposed is not None:
        return supposed
    missing = None
    if settings.refuter:
        missing = undefined_side(obligation) or undefined_mean(obligation) or larger_order(obligation)
    if missing is not None:
        return Verdict(Kind.REFUTED, engine="refuter", witness=missing)
    valued = (calculus.valued(obligation) or law_values.valued(obligation)) if settings.refuter else None
    if valued is not None:
        # the integral (the expectation) has no ball, but its value, which is shown, has one
        found = _refuted(valued, settings, FIRST_LOOK)
        if isinstance(found, Verdict):
            return found
    found = _refuted_at_values(obligation, settings)
    if found is not None:
        return found
    survey = _refuted(obligation, settings, None)
    if isinstance(survey, Verdict):
        return survey
    if _only_numbers(obligation):
        # a false inequality may hold at most points: (1 + x)^n >= 1 + n*x fails far below 0, for odd n
        longer = _refuted(obligation, settings, LONG_LOOK)
        if isinstance(longer, Verdict):
            return longer
        survey = longer or survey
    opinion = _oracle(obligation, survey, settings)
    if isinstance(opinion, Shown):
        conditions = settle_conditions(owing, obligation.context, settings)
        return _with_conditions(opinion, Trust.ORACLE, conditions, tried)
    if opinion is not None:
        tried = (*tried, opinion)
    return _unproved(survey, tried)


def _supposing(
    obligation: Obligation, features: frozenset[str], owing: tuple[Term, ...], settings: Settings
) -> Verdict | None:
    """`conditional` where the claim follows from what its integrals and series ask of their parameters, owed here."""
    for lacking in parameters.missing(obligation):
        context = obligation.context.with_facts(*(Fact("", c, CONDITION) for c in lacking))
        shown, tried = prove(replace(obligation, context=context), features, settings)
        if shown is None:
            continue
        own = settle_conditions(lacking, obligation.context, settings)
        rest = settle_conditions(owing, context, settings)
        return _with_conditions(shown, Trust.EXACT, (*own, *(r for r in rest if r[0].claim not in lacking)), tried)
    return None


def _refuted_at_values(obligation: Obligation, settings: Settings) -> Verdict | None:
    """`refuted` by the values that integrals and series have at simple values of the parameters."""
    for at, closed in parameters.closed(obligation) if settings.refuter else ():
        valued = calculus.valued(closed)
        found = None if valued is None else _refuted(valued, settings, FIRST_LOOK)
        if isinstance(found, Verdict) and found.witness is not None:
            point = tuple((s.name, show(v)) for s, v in at.items())
            values = tuple((s.name, v.value) for s, v in at.items() if isinstance(v, Num))
            return replace(found, witness=replace(found.witness, point=point, values=values))
    return None


def _refuted(obligation: Obligation, settings: Settings, points: int | None) -> object:
    """The verdict `refuted`, or what a survey of so many points (of the usual number, if None) saw.

    Most false steps fall at the first few points; what is proved needs no more of them.
    """
    if not settings.refuter:
        return None
    from derive.engines.refute import Budget, refute

    budget = Budget(seed=settings.seed)
    if points is not None:
        budget = replace(budget, points=points, attempts=4 * points)
    found = refute(obligation, budget)
    if isinstance(found, Witness):
        return Verdict(Kind.REFUTED, engine="refuter", witness=found)
    return found


def _only_numbers(obligation: Obligation) -> bool:
    """Is the claim about numbers alone, which are quick to try?"""
    context = obligation.context
    if any(isinstance(t, Bind) and len(t.over) == 2 for t in subterms(obligation.claim)):
        return False
    return all(isinstance(s.sort, Scalar) for s in context.dependencies(obligation.claim))


def _owes_a_mean(obligation: Obligation, conditions: tuple[tuple[Owed, frozenset[str]], ...]) -> bool:
    """Is it open whether some expectation exists?"""
    return mentions(obligation.claim, "E") and any(c.kind is not Kind.PROVED for c, _ in conditions)


def _defined_nowhere(obligation: Obligation, survey: object, owing: tuple[Term, ...]) -> Verdict | None:
    """`refuted` for a relation with a side that exists at no point: the only point, or by a proof.

    Without the proof: log(x - 10^9) = log(x - 10^9) would be refuted at the points that are tried.
    """
    from derive.engines.refute import Survey, defined_nowhere

    found = defined_nowhere(survey) if isinstance(survey, Survey) else None
    if found is None or not isinstance(survey, Survey):
        return None
    if not survey.closed and not any(_fails_everywhere(c, obligation.context) for c in owing):
        return None
    return Verdict(Kind.REFUTED, engine="refuter", witness=found)


def _fails_everywhere(condition: Term, context: Context) -> bool:
    """Is it shown that the condition holds nowhere?"""
    if not (isinstance(condition, App) and condition.op in ("=", "!=", "<", "<=")):
        return False
    left, right = condition.args
    other = {
        "=": ("!=", left, right), "!=": ("=", left, right),
        "<": ("<=", right, left), "<=": ("<", right, left),
    }
    op, one, two = other[condition.op]
    shown = settle_condition(App(op, (one, two)), context, None)
    return shown[0].kind is Kind.PROVED


def with_conditions(
    obligation: Obligation, engine: str, uses: frozenset[str], settings: Settings
) -> Verdict:
    """The verdict on a claim that the kernel accepted: its conditions decide the rest."""
    owing = owed(obligation.claim, obligation.context)
    conditions = settle_conditions(owing, obligation.context, settings)
    return _with_conditions(Shown(engine, uses), Trust.EXACT, conditions, ())


def _with_conditions(
    shown: Shown, trust: Trust, conditions: tuple[tuple[Owed, frozenset[str]], ...],
    tried: tuple[Attempt, ...],
) -> Verdict:
    uses = shown.uses.union(*(u for _, u in conditions), frozenset())
    open_ones = [c for c, _ in conditions if c.kind is not Kind.PROVED]
    kind = Kind.CONDITIONAL if open_ones else Kind.PROVED
    if ENCLOSURE in uses:
        trust = max(trust, Trust.ENCLOSURE)
    return Verdict(kind, trust, shown.engine, uses, tuple(c for c, _ in conditions), tried=tried)


def _why_not(free: Shown, obligation: Obligation, strange: tuple[str, ...]) -> str:
    """What does show a step whose reason does not."""
    if not strange:
        return _way(free, obligation)
    near = ", ".join(on_subject(obligation)[:3])
    about = f"; rules about what stands here: {near}" if near else ""
    return f"nothing here is an instance of it; {_way(free, obligation)}{about}"


def _way(free: Shown, obligation: Obligation) -> str:
    facts = sorted(n for n in free.uses if n not in obligation.cited.facts)
    by = f"it does follow by {WAYS.get(free.engine, free.engine)}"
    return f"{by} with {', '.join(facts)}" if facts else by


def _unproved(survey: object, tried: tuple[Attempt, ...]) -> Verdict:
    from derive.engines.refute import Survey

    if isinstance(survey, Survey) and survey.points >= 10 and survey.evaluated:
        sizes = len(set(survey.sizes))
        note = f"held at {survey.points} points" + (f" in {sizes} sizes" if sizes > 1 else "")
        return Verdict(Kind.SUPPORTED, engine="sampling", tried=tried, notes=(note,))
    notes: tuple[str, ...] = ()
    if isinstance(survey, Survey) and survey.undefined_at is not None:
        at = ", ".join(f"{n} = {v}" for n, v in survey.undefined_at.point)
        notes = (f"at {at} {survey.undefined_at.note}".strip(),)
    return Verdict(Kind.UNKNOWN, tried=tried, notes=notes)


def _oracle(obligation: Obligation, survey: object, settings: Settings) -> Shown | Attempt | None:
    """The word of computer algebra, where the refuter evaluated both sides at 20 points and found nothing."""
    from derive.engines.refute import Survey

    if settings.engines is not None and ORACLE not in settings.engines:
        return None
    if not (isinstance(survey, Survey) and survey.gates_oracle):
        return None
    claim = obligation.claim
    if not (isinstance(claim, App) and claim.op == "="):
        return None
    from derive.engines.cas import second_opinion

    # well inside the step's own limit, so that a slow oracle does not cost the verdict
    opinion = second_opinion(obligation, min(settings.timeout / 2, ORACLE_SECONDS))
    if opinion.answer == "agrees":
        return Shown(ORACLE, frozenset({"oracle: computer algebra"}))
    return Attempt(ORACLE, opinion.detail)
