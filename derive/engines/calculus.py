"""The calculus engine: integrals by antiderivatives and known integrals, limits, endless sums.

Proves: that an integral, a limit or a series converges, and claims that follow once they have their values;
by parts, with the integrals of both sides brought together. What is proposed here (by the rules of
`primitives.py`, or by computer algebra) is differentiated and compared by the kernel.
Certificate: `Evaluated`, one `Value` for each term. Declines: what none of its methods evaluates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from derive.core.alpha import alpha_equal
from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Cited, Context, Obligation
from derive.core.term import TRUE, App, Bind, Num, Term, mentions, subterms
from derive.engines import lhopital, order, scalar
from derive.engines.places import kinks_within
from derive.engines.primitives import primitives
from derive.engines.recognise import integral_methods, monomials, series_methods
from derive.engines.substitute import Change, changes
from derive.kernel.accept import accept
from derive.kernel.certificate import ALL_FEATURES, Certificate, Evaluated, Intro, Normal, Value
from derive.kernel.endless import is_endless
from derive.kernel.evaluate import evaluated, gather, theorem_of
from derive.kernel.goal import Accepted, Goal, introduce
from derive.kernel.known import INTEGRALS
from derive.kernel.poly import Decline
from derive.kernel.primitive import Theorem

NAME = "calculus"
_INTEGRATION = frozenset({"primitive", "pieces", "linearity", "continuity", "ends"})
_SUMMATION = frozenset({"shift", "peel", "linearity", "comparison"})
_LIMIT = frozenset({"germ"})
# What each word after `by` lets in; without any of them, and with another rule named, nothing here is used.
WORDS: dict[str, frozenset[str]] = {
    "integration": _INTEGRATION | {"gaussian", "gaussian_wave", "gamma", "inverse_gamma", "beta"},
    "antiderivative": _INTEGRATION,
    "fundamental_theorem": _INTEGRATION,
    "integration_by_parts": _INTEGRATION,
    "change_of_variables": _INTEGRATION | {"substitution", "gaussian", "gamma", "inverse_gamma", "beta"},
    "substitution": _INTEGRATION | {"substitution", "gaussian", "gamma", "inverse_gamma", "beta"},
    "linearity": _INTEGRATION | _SUMMATION,
    "leibniz_rule": _INTEGRATION, "differentiate_under_the_integral": _INTEGRATION,
    "gaussian_integral": frozenset({"linearity", "gaussian", "gaussian_wave", "gamma", "ends"}),
    "gamma_integral": frozenset({"linearity", "gamma", "inverse_gamma", "ends"}),
    "beta_integral": frozenset({"linearity", "beta", "ends"}),
    "limit": _LIMIT, "lhopital": _LIMIT, "asymptotics": _LIMIT, "continuity": _LIMIT,
    "series": _SUMMATION | {"geometric", "exponential", "mercator", "zeta", "cosine", "sine", "arctangent",
                            "telescoping"},
    "geometric_series": _SUMMATION | {"geometric"},
    "exponential_series": _SUMMATION | {"exponential"},
    "logarithmic_series": _SUMMATION | {"mercator"},
    "telescoping": _SUMMATION | {"telescoping"},
}
_WORK = 60
_SUBSTITUTIONS = frozenset({"substitution", "change_of_variables"})


@dataclass(slots=True)
class Search:
    """The values found so far, and how many more attempts may be made; `methods` are those let in, None for all.

    `only`: an integral of which it is asked whether it exists, and not what it is.
    """

    methods: frozenset[str] | None = None
    work: int = _WORK
    changes: tuple[Change, ...] = ()
    only: Bind | None = None
    values: list[Value] = field(default_factory=list)
    failed: list[Bind] = field(default_factory=list)
    busy: list[Bind] = field(default_factory=list)


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """One certificate for the claim as it stands, and one with the integrals of both sides brought together."""
    methods = _let_in(obligation.cited)
    if ("diff" not in features and methods is None) or methods == frozenset() or not _about(obligation):
        return
    try:
        goals = introduce(obligation.claim, obligation.context)
    except Decline:
        return
    if "lhopital" in obligation.cited.rules and not any(lhopital.gives(g.claim, g.context) for g in goals):
        return
    for gathered in (False, True):
        parts: list[Certificate] = []
        for goal in goals:
            part = _evaluated(goal, obligation, gathered)
            if part is None:
                break
            parts.append(part)
        else:
            if parts:
                yield Intro(tuple(parts))


def _let_in(cited: Cited) -> frozenset[str] | None:
    """The methods that a reason lets in; None where no rule is named."""
    return frozenset().union(*(WORDS.get(w, frozenset()) for w in cited.rules)) if cited.rules else None


def _about(obligation: Obligation) -> bool:
    claim = obligation.context.unfold(obligation.claim)
    return any(is_endless(t) for t in subterms(claim))


def _evaluated(goal: Goal, obligation: Obligation, gathered: bool) -> Certificate | None:
    search = Search(_let_in(obligation.cited))
    named = obligation.cited.bindings if not _SUBSTITUTIONS.isdisjoint(obligation.cited.rules) else ()
    try:
        if search.methods is None or "substitution" in search.methods:
            search.changes = tuple(changes(goal.claim, named, goal.context))
        claim = gather(goal.claim, goal.context) if gathered else goal.claim
        match claim:
            case App("converges", (Bind("int") as only,)):
                search.only = only
        done = evaluated(claim, goal.context, lambda t, c: _find(t, c, search), set())
    except (Decline, RecursionError):
        return None
    if not search.values and not gathered:
        return None
    if named and not any(v.method == "substitution" for v in search.values):
        # the substitution that the author names is the one that must be good
        return None
    part = _rest(done, goal, obligation)
    return None if part is None else Evaluated(tuple(search.values), part, gathered)


def valued(obligation: Obligation) -> Obligation | None:
    """The same claim with values for what was evaluated under its hypotheses alone: it can be refuted instead.

    Without leaving out earlier steps: a step that is not proved would help to refute one that is true.
    """
    if not _about(obligation):
        return None
    facts = tuple(f for f in obligation.context.facts if f.kind in (DOMAIN, HYPOTHESIS, CASE))
    context = replace(obligation.context, facts=facts)
    search = Search()
    try:
        claim = context.unfold(obligation.claim)
        done = evaluated(claim, context, lambda t, c: _find(t, c, search), set())
    except (Decline, RecursionError):
        return None
    return replace(obligation, claim=done, context=context) if done != claim and search.values else None


def _rest(claim: Term, goal: Goal, obligation: Obligation) -> Certificate | None:
    """What shows the claim that is left, by the normal form or as a comparison."""
    if claim == TRUE:
        return Normal()
    cited = obligation.cited
    left = Obligation("", claim, goal.context, replace(cited, rules=tuple(w for w in cited.rules if w not in WORDS)))
    for certificate in (*scalar.propose(left, ALL_FEATURES), *order.propose(left, ALL_FEATURES)):
        if isinstance(accept(left, certificate), Accepted):
            return certificate
    return None


def show(claim: Term, context: Context) -> Certificate | None:
    """A certificate for a premise."""
    obligation = Obligation("", claim, context, Cited())
    for certificate in scalar.propose(obligation, ALL_FEATURES):
        if isinstance(accept(obligation, certificate), Accepted):
            return certificate
    for certificate in order.propose(obligation, ALL_FEATURES):
        if isinstance(accept(obligation, certificate), Accepted):
            return certificate
    return None


def _find(term: Bind, context: Context, search: Search) -> Theorem | None:
    """The first method whose premises, and whose parts, are all shown."""
    known = next((v for v in search.values if alpha_equal(v.term, term)), None)
    if known is not None:
        return theorem_of(term, known.method, known.terms, context)
    if any(alpha_equal(term, t) for t in (*search.failed, *search.busy)):
        return None
    search.busy.append(term)
    try:
        first = (("substitution", c.terms) for c in search.changes if alpha_equal(c.term, term))
        for method, terms in chain(first, _ways(term, context, search)):
            if search.methods is not None and method not in search.methods and method != "owed":
                continue
            search.work -= 1
            if search.work < 0:
                return None
            found = _attempt(term, method, terms, context, search)
            if found is not None:
                return found
    finally:
        search.busy.pop()
    search.failed.append(term)
    return None


def _attempt(
    term: Bind, method: str, terms: tuple[Term, ...], context: Context, search: Search
) -> Theorem | None:
    try:
        theorem = theorem_of(term, method, terms, context)
    except Decline:
        return None
    parts = []
    for premise in theorem.premises:
        part = show(premise, context)
        if part is None:
            return None
        parts.append(part)
    if any(_find(need, context, search) is None for need in theorem.needs):
        return None
    search.values.append(Value(term, method, terms, tuple(parts)))
    return theorem


# ---------------------------------------------------------------- methods to try


def _ways(term: Bind, context: Context, search: Search) -> Iterator[tuple[str, tuple[Term, ...]]]:
    """First what shows that an integral exists without its value, which may take computer algebra."""
    only = search.only is not None and alpha_equal(term, search.only)
    if only:
        infinite = any(mentions(e, "inf") for e in term.over)
        ordered = Num(int(infinite or show(App("<=", term.over), context) is not None))
        yield "continuity", (ordered,)
        yield "ends", (ordered,)
    # of a modulus over an interval without ends, the value is harder to find than that there is one
    if not (only and isinstance(term.body, App) and term.body.op == "abs"):
        yield from _methods(term, context, search.methods)


def _methods(
    term: Bind, context: Context, methods: frozenset[str] | None
) -> Iterator[tuple[str, tuple[Term, ...]]]:
    abstract = mentions(term.body, "apply")
    if abstract:
        # no antiderivative is worth looking for
        yield "hypothesis", ()
        yield "owed", ()
        if term.op == "int":
            for parts in monomials(term, context):
                yield "linearity", (Num(int(show(App("<=", term.over), context) is not None)), *parts)
        return
    match term.op:
        case "int":
            yield from _integral_methods(term, context, methods is None or not methods.isdisjoint(INTEGRALS))
        case "lim":
            yield "germ", ()
        case "sum":
            yield from series_methods(term, context)
            yield "comparison", ()
    yield "hypothesis", ()


def _integral_methods(
    term: Bind, context: Context, with_rows: bool
) -> Iterator[tuple[str, tuple[Term, ...]]]:
    low, high = term.over
    infinite = tuple(mentions(e, "inf") for e in (low, high))
    ordered = Num(int(any(infinite) or show(App("<=", (low, high)), context) is not None))
    if with_rows:
        yield from integral_methods(term, context)
    for f in primitives(term, context):
        for below, above in ((False, False), (True, False), (False, True), (True, True)):
            if (below or not infinite[0]) and (above or not infinite[1]):
                yield "primitive", (f, ordered, Num(int(below)), Num(int(above)))
    for point in kinks_within(term):
        yield "pieces", (point,)
    yield "continuity", (ordered,)
    yield "ends", (ordered,)
