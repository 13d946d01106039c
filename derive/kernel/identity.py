"""Atomic claims that the normal forms decide: equations, signs, definiteness.

Promise: `by_normal_form` accepts an equation only if both sides have one normal form under the cited
equations, and a comparison only if the sign of the difference is known from the facts.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.alpha import alpha_equal
from derive.core.claim import CASE, CONDITION, DOMAIN, Context
from derive.core.sort import Array
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    map_children,
    sub,
    substitute,
    subterms,
)
from derive.kernel import certificate as form
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.equations import conjuncts, instances
from derive.kernel.goal import Accepted, Goal, Rejected, introduce, normaliser, prepare
from derive.kernel.guards import is_finite
from derive.kernel.independence import POINT
from derive.kernel.interchange import has_mean, may_interchange
from derive.kernel.noncommutative import shown
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus
from derive.kernel.signs import stronger
from derive.kernel.unroll import unrolled
from derive.kernel.written import sign_as_written


def by_normal_form(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | Rejected:
    run, zeros = normaliser(goal, features, equations)
    claim = goal.claim
    if not isinstance(claim, App):
        return Rejected("the normal form has no reading of this claim")
    match claim.op, claim.args:
        case "=", (left, right):
            if not (_is_scalar(left) and _is_scalar(right)):
                return Rejected("the sides are no numbers")
            gap = run.align(minus(run.normal(left), run.normal(right)))
            if run.is_zero(gap):
                return Accepted(frozenset(run.used))
            known = [*zeros, *instances(run, gap)] if run.families else zeros
            if known and not run.reduce_by(gap, [z for z, _ in known]):
                return Accepted(frozenset(run.used).union(*(n for _, n in known)))
            if _by_replacement(goal, run, equations) or _from_both_sides(goal, run, gap, equations):
                return Accepted(frozenset(run.used))
            if _written_out(run, left, right):
                return Accepted(frozenset(run.used))
            termwise = _term_by_term(goal, equations, features)
            return termwise or Rejected("the two sides have different normal forms")
        case ("<" | "<=" | "!=") as rel, (left, right):
            written = right if left == ZERO else sub(right, left)
            sign = sign_as_written(run, written)
            if sign not in ("+", "-", "0"):
                aligned = run.align(minus(run.normal(right), run.normal(left)))
                sign = stronger(sign, run.sign(aligned))
            wanted = {"<": ("+",), "<=": ("+", "0+", "0"), "!=": ("+", "-", "!0")}[rel]
            if sign in wanted:
                return Accepted(frozenset(run.used))
            return _vacuous(goal, run) or Rejected("the sign of the difference is not known")
        case "true", ():
            return Accepted(frozenset())
        case "or", parts:
            for part in parts:
                answer = by_normal_form(Goal(part, goal.context), equations, features)
                if isinstance(answer, Accepted):
                    return answer
            return Rejected("none of the alternatives is known")
        case "moment", (function, degree):
            return _has_moment(run, function, degree)
        case "interchange", (function, _):
            return _interchange(run, function)
        case ("invertible" | "posdef" | "psd"), _:
            return by_matrix_form(goal, (), features)
    return Rejected("the normal form has no reading of this claim")


def _has_moment(run: Normaliser, function: Term, degree: Term) -> Accepted | Rejected:
    """`E[abs(t)^k]` is finite, by laws, bounds, and stated moments."""
    if not (isinstance(function, Bind) and function.op == "lam" and isinstance(degree, Num)):
        return Rejected("the normal form has no reading of this claim")
    point = run.point_for(function.body, function.var)
    body = run.simplify(run.normal(substitute(function.body, {function.var: point})))
    if point == POINT and run.integrable(point, run.integer_power(body, int(degree.value))):
        return Accepted(frozenset(run.used))
    if point == POINT and has_mean(run, substitute(function.body, {function.var: point})):
        return Accepted(frozenset(run.used))
    return Rejected("nothing shows that this has a mean")


def _interchange(run: Normaliser, function: Term) -> Accepted | Rejected:
    """The derivative may be taken under E, for all values of the variable for which the rest that is owed holds."""
    if not isinstance(function, Bind):
        return Rejected("the normal form has no reading of this claim")
    variable = Sym("~t", function.var.sort)
    if any(s.name == variable.name for s in free_symbols(function)):
        return Rejected("the normal form has no reading of this claim")
    if may_interchange(run, function, variable):
        return Accepted(frozenset(run.used))
    return Rejected("nothing bounds the slopes near the point by one integrable variable")


def shows(claim: Term, context: Context) -> frozenset[str] | None:
    """What a claim uses if the normal form shows each of its atoms, without cited equations."""
    uses: frozenset[str] = frozenset()
    try:
        for goal in introduce(claim, context):
            answer = by_normal_form(goal, (), form.ALL_FEATURES)
            if isinstance(answer, Rejected):
                return None
            uses |= answer.uses
    except (Decline, RecursionError):
        return None
    return uses


def by_matrix_form(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | Rejected:
    found = shown(goal.claim, goal.context, equations, features)
    return Rejected(found) if isinstance(found, str) else Accepted(found - {""})


def _vacuous(goal: Goal, run: Normaliser) -> Accepted | None:
    """Two facts, one of them a premise of this goal, that contradict each other."""
    premises_here = {f.name for f in goal.context.facts if f.kind == CASE}
    if not premises_here:
        return None
    clash = run.clash(premises_here)
    return None if clash is None else Accepted(clash | run.used)


def _by_replacement(goal: Goal, run: Normaliser, equations: tuple[str, ...]) -> bool:
    """Put the other side of a cited equation wherever one side stands, as written, and compare again."""
    assert isinstance(goal.claim, App)
    for fact in goal.context.facts:
        if fact.name not in equations:
            continue
        prepared = prepare(fact.claim, goal.context)
        for part in conjuncts(prepared) if prepared is not None else ():
            if not (isinstance(part, App) and part.op == "="):
                continue
            for old, new in (part.args, tuple(reversed(part.args))):
                if isinstance(old, (Num, Sym)):
                    continue
                left, right = (replaced(side, old, new) for side in goal.claim.args)
                if (left, right) != goal.claim.args and run.is_zero(
                    run.align(minus(run.normal(left), run.normal(right)))
                ):
                    run.use(fact.name)
                    return True
    return False


def _term_by_term(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | None:
    """Two sums (or products) over one range whose terms agree at every index of it.

    Without the fresh index: a free i would be taken for the bound one.
    """
    assert isinstance(goal.claim, App)
    match goal.claim.args:
        case Bind("sum" | "prod" as op, i, over, f), Bind(other, j, same, g) if op == other and equations:
            if not all(map(alpha_equal, over, same)) or not is_finite(*over):
                return None
        case _:
            return None
    taken = {s.name for t in (f, g, *over) for s in free_symbols(t)} | {i.name, j.name}
    new = Sym(fresh_name(i.name, taken), i.sort)
    each = App("=", (substitute(f, {i: new}), substitute(g, {j: new})))
    uses: frozenset[str] = frozenset()
    for part in introduce(Bind("forall", new, over, each), goal.context):
        answer = by_normal_form(part, equations, features)
        if isinstance(answer, Rejected):
            return None
        uses |= answer.uses
    return Accepted(uses)


def _written_out(run: Normaliser, left: Term, right: Term) -> bool:
    """Are the sides equal with their sums over short literal ranges written out?"""
    both = unrolled(sub(left, right))
    return both is not None and run.is_zero(run.normal(both))


def _from_both_sides(goal: Goal, run: Normaliser, gap: Poly, equations: tuple[str, ...]) -> bool:
    """The difference is at least 0 and at most 0, or its absolute value is at most 0, by cited facts.

    Without both: a = b from a <= b (tests/unsound/equal_from_one_side.drv).
    """
    cited = {f.name for f in goal.context.facts if f.name in equations and _compares(f.claim)}
    if not cited or not run.is_real(gap):
        return False
    assert isinstance(goal.claim, App)
    known = tuple(
        f for f in goal.context.facts if f.kind in (DOMAIN, CONDITION, CASE) or f.name in equations
    )
    # without this: a fact that the reason does not name would be what shows the equation
    context = replace(goal.context, facts=known)
    alone, _ = normaliser(Goal(goal.claim, context), ALL_FEATURES, ())
    left, right = goal.claim.args
    gap = alone.align(minus(alone.normal(left), alone.normal(right)))
    if alone.sign(gap) != "0" and alone.sign(alone.abs(gap)) not in ("0", "0-"):
        return False
    run.use(*alone.used)
    return True


def _compares(claim: Term) -> bool:
    """Is there a comparison, or an absolute value, in a fact?"""
    return any(isinstance(t, App) and t.op in ("<", "<=", "abs") for t in subterms(claim))


def replaced(term: Term, old: Term, new: Term) -> Term:
    """Every free occurrence of a term replaced: equals for equals."""
    if alpha_equal(term, old):
        return new
    if isinstance(term, Bind) and term.var in free_symbols(old) | free_symbols(new):
        # without this: a bound i would be taken for the free one
        return term
    return map_children(term, lambda t: replaced(t, old, new))


def _is_scalar(term: Term) -> bool:
    return not isinstance(term, Sym) or not isinstance(term.sort, Array)
