"""The kernel's one entry point: does this certificate show this obligation?

Promise: `accept` answers `Accepted` only if the claim holds at every point where the facts of the context
and the conditions of the claim as written hold. It unfolds, introduces and computes by itself; it never
searches and imports no engine. What it leans on: `goal.py`, `identity.py`, `equivalence.py`, `facts.py`,
`order.py`, `lemmas.py`, `optimum.py`, and python-flint's exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from derive.core.alpha import alpha_equal
from derive.core.chance import MEASURE
from derive.core.claim import CASE, Context, Fact, Obligation
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, OUTCOME, REAL
from derive.core.term import ZERO, App, Bind, Sym, Term, le
from derive.kernel import certificate as form
from derive.kernel.ascent import base_claim, below, room, step_claim
from derive.kernel.chance_lemmas import means_exist
from derive.kernel.conditions import conditions
from derive.kernel.contrary import (
    alternative,
    apart,
    both_ways,
    contrary,
    directions,
    exponentials,
    termwise,
)
from derive.kernel.equivalence import equivalent
from derive.kernel.evaluate import evaluated, gather, theorem_of
from derive.kernel.fact_at import fact_at
from derive.kernel.facts import by_fact, whole_fact
from derive.kernel.goal import Accepted, Goal, Rejected, introduce, normaliser
from derive.kernel.identity import by_matrix_form, by_normal_form
from derive.kernel.landau import bounded, of_order
from derive.kernel.lemmas import NAMED, lemma
from derive.kernel.optimum import premises
from derive.kernel.order import chord, congruence, logs, slope, split, squares, strip
from derive.kernel.pointwise import pointwise
from derive.kernel.poly import Decline, constant, minus
from derive.kernel.primitive import Theorem
from derive.kernel.strict import strict_slope

Slopes = Callable[[Term, Sym, Term, Context], "tuple[Term, ...] | str"]


def accept(obligation: Obligation, certificate: form.Certificate) -> Accepted | Rejected:
    """Check a certificate against an obligation."""
    try:
        if isinstance(certificate, form.Optimum):
            return _optimum(obligation, certificate)
        if isinstance(certificate, form.Noncommutative):
            matrices = introduce(obligation.claim, obligation.context, by_entry=False)
            return _every((goal, certificate) for goal in matrices)
        if isinstance(certificate, form.Fact):
            whole_answer = whole_fact(obligation, certificate.name)
            if whole_answer is not None:
                return whole_answer
        features = getattr(certificate, "features", form.ALL_FEATURES)
        goals = introduce(obligation.claim, obligation.context, "diff" in features)
        if isinstance(certificate, form.Intro):
            if len(goals) != len(certificate.parts):
                return Rejected("a goal has no certificate")
            return _every(zip(goals, certificate.parts, strict=True))
        return _every((goal, certificate) for goal in goals)
    except Decline as reason:
        return Rejected(str(reason))
    except RecursionError:
        return Rejected("the term is nested too deeply")


def _every(pairs: Iterable[tuple[Goal, form.Certificate]]) -> Accepted | Rejected:
    uses: frozenset[str] = frozenset()
    for goal, certificate in pairs:
        answer = _accept_goal(goal, certificate)
        if isinstance(answer, Rejected):
            return answer
        uses |= answer.uses
    return Accepted(uses)


# ---------------------------------------------------------------- the forms


def _accept_goal(goal: Goal, certificate: form.Certificate) -> Accepted | Rejected:
    match certificate:
        case form.Normal(equations, features):
            if isinstance(goal.claim, App) and goal.claim.op == "<=>":
                return equivalent(goal, equations, features)
            return by_normal_form(goal, equations, features)
        case form.Noncommutative(equations, features):
            return by_matrix_form(goal, equations, features)
        case form.Fact(name):
            return by_fact(goal, name)
        case form.Combination():
            return _combination(goal, certificate)
        case form.Congruence(parts):
            return _all_of(congruence(goal.claim), parts, goal.context)
        case form.Strip(parts):
            return _all_of(strip(goal.claim), parts, goal.context)
        case form.Squares(parts):
            return _all_of(squares(goal.claim), parts, goal.context)
        case form.Pointwise(part):
            return _pointwise(goal, part)
        case form.Logs(parts):
            return _all_of(logs(goal.claim), parts, goal.context)
        case form.Product(factor, rest, part):
            return _product(goal, factor, rest, part)
        case form.Chord(variable, low, high, parts):
            return _chord(goal, variable, (low, high), parts)
        case form.Slope(variable, point, parts):
            return _slope(goal, variable, point, parts)
        case form.Split(term, above, below):
            return _split(goal, term, (above, below))
        case form.Through(middle, first, second):
            return _through(goal, middle, (first, second))
        case form.Both(forward, backward):
            return _all_of(directions(goal.claim), (forward, backward), goal.context)
        case form.Contrary(premise, part):
            return _contrary(goal, premise, part)
        case form.Squeeze(below, above):
            return _all_of(both_ways(goal.claim), (below, above), goal.context)
        case form.Apart(below, part):
            return _all_of(_one(apart(goal.claim, below)), (part,), goal.context)
        case form.Alternative(number, part):
            return _all_of(_one(alternative(goal.claim, number)), (part,), goal.context)
        case form.Termwise(part):
            return _all_of(_one(termwise(goal.claim)), (part,), goal.context)
        case form.Exponentials(part):
            return _all_of(_one(exponentials(goal.claim)), (part,), goal.context)
        case form.StrictSlope(variable, point, parts):
            return _slope(goal, variable, point, parts, strict_slope)
        case form.OfOrder(taken_out, parts):
            premises_there, used = of_order(goal, taken_out)
            return _joined(Accepted(used), _all_of(premises_there, parts, goal.context))
        case form.Bounded(bound, parts):
            return _all_of(bounded(goal, bound), parts, goal.context)
        case form.Evaluated():
            return _evaluated(goal, certificate)
        case form.Induction():
            return _induction(goal, certificate)
        case form.FactAt():
            return _fact_at(goal, certificate)
        case form.Optimum() | form.Intro():
            return Rejected("this form is about a whole claim")


def _all_of(
    claims: tuple[Term, ...] | None, parts: tuple[form.Certificate, ...], context: Context
) -> Accepted | Rejected:
    """Each subgoal by its own certificate."""
    if claims is None:
        return Rejected("this move does not apply here")
    if len(claims) != len(parts):
        return Rejected("a subgoal has no certificate")
    uses: frozenset[str] = frozenset()
    for claim, part in zip(claims, parts, strict=True):
        answer = accept(Obligation("", claim, context), part)
        if isinstance(answer, Rejected):
            return answer
        uses |= answer.uses
    return Accepted(uses)


def _defined(terms: Iterable[Term], context: Context) -> Accepted | Rejected:
    """Terms that a certificate brings in are defined wherever the claim is.

    Without this: a combination through 1/x would hold at x = 0 (tests/unsound/hidden_pole.drv).
    """
    uses: frozenset[str] = frozenset()
    for term in terms:
        for condition in conditions(term, context):
            answer = accept(Obligation("", condition, context), form.Normal())
            if isinstance(answer, Rejected):
                return Rejected("a term of the certificate is not known to be defined")
            uses |= answer.uses
    return Accepted(uses)


def _slope(
    goal: Goal, variable: Sym, point: Term, parts: tuple[form.Certificate, ...], rule: Slopes = slope
) -> Accepted | Rejected:
    owed = rule(goal.claim, variable, point, goal.context)
    if isinstance(owed, str):
        return Rejected(owed)
    here = _defined((point,), goal.context)
    return here if isinstance(here, Rejected) else _joined(here, _all_of(owed, parts, goal.context))


def _chord(
    goal: Goal, variable: Sym, ends: tuple[Term, Term], parts: tuple[form.Certificate, ...]
) -> Accepted | Rejected:
    owed = chord(goal.claim, variable, *ends, goal.context)
    if isinstance(owed, str):
        return Rejected(owed)
    here = _defined(ends, goal.context)
    return here if isinstance(here, Rejected) else _joined(here, _all_of(owed, parts, goal.context))


def _product(goal: Goal, factor: Term, rest: Term, part: form.Certificate) -> Accepted | Rejected:
    """A product of a nonnegative factor and something shown nonnegative."""
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op == "<="):
        return Rejected("no weak comparison")
    here = _defined((factor, rest), goal.context)
    if isinstance(here, Rejected):
        return here
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    p = run.normal(factor)
    gap = minus(run.normal(claim.args[1]), run.normal(claim.args[0]))
    if run.sign(p) not in ("+", "0+", "0"):
        return Rejected("the factor is not known to be nonnegative")
    if not run.is_zero(minus(gap, run.times(p, run.normal(rest)))):
        return Rejected("the product is not the difference of the sides")
    used = Accepted(here.uses | run.used)
    return _joined(used, _all_of((le(ZERO, rest),), (part,), goal.context))


def _pointwise(goal: Goal, part: form.Certificate) -> Accepted | Rejected:
    """Without the means: E[X] <= E[Y] for X <= Y that have none."""
    found = pointwise(goal.claim)
    if found is None:
        return Rejected("no comparison of expectations")
    claim, functions = found
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    for function in functions:
        means_exist(run, function)
    return _joined(Accepted(frozenset(run.used)), _all_of((claim,), (part,), goal.context))


def _split(goal: Goal, term: Term, parts: tuple[form.Certificate, ...]) -> Accepted | Rejected:
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    # without realness: im >= 0 or im <= 0
    if sort_of(term) not in (REAL, INTEGER) and not run.is_real(run.normal(term)):
        return Rejected("only a real number is at least 0 or at most 0")
    here = _defined((term,), goal.context)
    if isinstance(here, Rejected):
        return here
    return _joined(here, _all_of(split(goal.claim, term), parts, goal.context))


def _through(goal: Goal, middle: Term, parts: tuple[form.Certificate, ...]) -> Accepted | Rejected:
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op in ("<", "<=")):
        return Rejected("no comparison")
    here = _defined((middle,), goal.context)
    if isinstance(here, Rejected):
        return here
    left, right = claim.args
    claims = (App(claim.op, (left, middle)), le(middle, right))
    return _joined(here, _all_of(claims, parts, goal.context))


def _one(claim: Term | None) -> tuple[Term, ...] | None:
    return None if claim is None else (claim,)


def _contrary(goal: Goal, premise: Term, part: form.Certificate) -> Accepted | Rejected:
    turned = contrary(goal, premise)
    if isinstance(turned, str):
        return Rejected(turned)
    claim, context, names = turned
    answer = accept(Obligation("", claim, context), part)
    return answer if isinstance(answer, Rejected) else Accepted(answer.uses | names)


def _evaluated(goal: Goal, certificate: form.Evaluated) -> Accepted | Rejected:
    """Integrals, limits and endless sums replaced by values whose premises are shown, then the rest."""
    uses: set[str] = set()

    def find(term: Bind, context: Context) -> Theorem | None:
        known = next((v for v in certificate.values if alpha_equal(v.term, term)), None)
        if known is None:
            return None
        theorem = theorem_of(term, known.method, known.terms, context)
        answer = _all_of(theorem.premises, known.parts, context)
        if isinstance(answer, Rejected):
            raise Decline(answer.reason)
        if any(find(need, context) is None for need in theorem.needs):
            raise Decline("a part is not shown to exist")
        uses.update(answer.uses, theorem.uses)
        return theorem

    claim = gather(goal.claim, goal.context) if certificate.gathered else goal.claim
    done = evaluated(claim, goal.context, find, uses)
    answer = accept(Obligation("", done, goal.context), certificate.part)
    return answer if isinstance(answer, Rejected) else Accepted(answer.uses | uses)


def _induction(goal: Goal, certificate: form.Induction) -> Accepted | Rejected:
    variable, low = certificate.variable, certificate.low
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    if run.sign(minus(run.normal(variable), constant(low))) not in ("+", "0+", "0"):
        # Without this: what holds from 1 on would be said of 0 (tests/unsound/ascent_from_above.drv).
        return Rejected("the number is not known to reach the least value")
    reached = Accepted(frozenset(run.used))
    found = below(goal.claim, variable, low, goal.context)
    if isinstance(found, str):
        return Rejected(found)
    moved, k, inner = found
    # Without this: the claim at k could divide by k - 5, and be passed at 5.
    here = _defined(moved.args, inner)
    if isinstance(here, Rejected):
        return here
    first = accept(Obligation("", base_claim(goal.claim, variable, low), goal.context), certificate.base)
    if isinstance(first, Rejected):
        return first
    inner = inner.with_facts(room(k, variable))
    steps, _ = normaliser(Goal(moved, inner), form.ALL_FEATURES, ())
    claim = step_claim(moved, k, certificate.by_difference, steps)
    peeling = frozenset(steps.used)
    then = accept(Obligation("", claim, inner), certificate.step)
    return _joined(Accepted(reached.uses | here.uses | first.uses | peeling), then)


def _joined(one: Accepted, two: Accepted | Rejected) -> Accepted | Rejected:
    return two if isinstance(two, Rejected) else Accepted(one.uses | two.uses)


def _combination(goal: Goal, certificate: form.Combination) -> Accepted | Rejected:
    """`scale*(right - left)` minus nonnegative quantities has a known sign."""
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op in ("<", "<=")):
        return Rejected("no comparison")
    run, zeros = normaliser(goal, form.ALL_FEATURES, certificate.equations)
    brought = [t for p in certificate.parts for f in p.factors for t in _written(f.args)]
    if certificate.scale is not None:
        brought.append(certificate.scale)
    here = _defined(dict.fromkeys(brought), goal.context)
    if isinstance(here, Rejected):
        return here
    rest = minus(run.normal(claim.args[1]), run.normal(claim.args[0]))
    if certificate.scale is not None:
        factor = run.normal(certificate.scale)
        if run.sign(factor) != "+":
            return Rejected("the scale is not known to be positive")
        rest = run.times(factor, rest)
    strict = False
    for part in certificate.parts:
        weight = Fraction(part.weight)
        if weight < 0:
            return Rejected("a weight is negative")
        quantities = [lemma(run, f.lemma, f.args) for f in part.factors]
        # a strict fact makes the whole strict: k >= d and k < 2*d give d > 0
        strict = strict or (weight > 0 and all(run.sign(q) == "+" for q in quantities))
        rest = minus(rest, run.product(constant(weight), *quantities))
    rest = run.align(rest)
    sign = "0" if run.is_zero(rest) else run.sign(rest)
    if sign is None and zeros and not run.reduce_by(rest, [z for z, _ in zeros]):
        sign = "0"
        run.used.update(*(n for _, n in zeros))
    if sign == "+" or (sign in ("0+", "0") and (strict or claim.op == "<=")):
        names = frozenset(l for p in certificate.parts for f in p.factors if (l := f.lemma) in NAMED)
        return Accepted(frozenset(run.used) | here.uses | names | frozenset(certificate.equations))
    return Rejected("the combination leaves a rest of unknown sign")


def _written(args: tuple[Term, ...]) -> Iterable[Term]:
    """The terms of an instance: its functions of an index stand under a sum over their range."""
    for a in args:
        if isinstance(a, Bind) and a.op == "lam" and a.var.sort is OUTCOME:
            yield Bind("E", a.var, (MEASURE,), a.body)
        elif isinstance(a, Bind) and a.op == "lam":
            yield Bind("sum", a.var, (args[0], args[1]), a.body)
        else:
            yield a


def _optimum(obligation: Obligation, certificate: form.Optimum) -> Accepted | Rejected:
    """The premises of the method, computed here, each shown by its own certificate."""
    goals = introduce(obligation.claim, obligation.context, by_entry=False)
    if len(goals) != 1:
        return Rejected("one optimisation claim at a time")
    (goal,) = goals
    owed = premises(goal.claim, certificate.method, goal.context, certificate.terms)
    if isinstance(owed, str):
        return Rejected(owed)
    answer = _all_of(owed, certificate.parts, goal.context)
    return answer if isinstance(answer, Rejected) else Accepted(answer.uses | {certificate.method})


def _fact_at(goal: Goal, certificate: form.FactAt) -> Accepted | Rejected:
    """The goal from an instance of a fact, whose premises and values are shown to be in order."""
    made = fact_at(goal, certificate.name, certificate.values)
    if isinstance(made, str):
        return Rejected(made)
    owed, conclusion = made
    first = _all_of(owed, certificate.owed, goal.context)
    if isinstance(first, Rejected):
        return first
    inner = goal.context.with_facts(Fact(certificate.name, conclusion, CASE))
    second = accept(Obligation("", goal.claim, inner), certificate.part)
    return _joined(Accepted(first.uses | {certificate.name}), second)
