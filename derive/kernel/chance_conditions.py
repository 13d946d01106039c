"""What expectations owe: a mean that exists, and laws whose parameters are in range.

Promise: where the conditions returned hold, the expectation as written is that of an integrable random variable.
"""

from __future__ import annotations

from derive.core.chance import MEASURE, is_independence, is_random, moment, variables_in
from derive.core.claim import Context
from derive.core.families import family_of, members
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of
from derive.core.sort import OUTCOME
from derive.core.term import ONE, App, Bind, Sym, Term, free_symbols, subterms
from derive.kernel.arrays import entry
from derive.kernel.finite_means import finite_mean_owes
from derive.kernel.guards import Conditions, for_all, unsupported
from derive.kernel.indices import fresh_indices, is_array


def expectation_owes(term: Bind, inside: Conditions, context: Context) -> Conditions:
    """The body is defined at every sample point and has a mean."""
    if term.over != (MEASURE,):
        return (*for_all(term.var, (), inside), unsupported(term))
    closed = tuple(
        Bind("forall", term.var, (), c) if term.var in free_symbols(c) else c for c in inside
    )
    return (*closed, *_means(term, context), *laws_owe(term.body, context), *families_owe(term))


def families_owe(term: Bind) -> Conditions:
    """The parameters of the members of families are in range, wherever they are taken."""
    found: list[Term] = []
    bound = frozenset(t.var for t in subterms(term) if isinstance(t, Bind))
    for t in members(term.body):
        family = family_of(t)
        assert family is not None
        for owed in OPERATORS[family.law.op].owes(family.law.args):
            for v in sorted(free_symbols(owed) & bound - free_symbols(term), key=lambda s: s.name):
                if v.sort is OUTCOME:
                    return (unsupported(term),)
                owed = Bind("forall", v, _range_of(term, v), owed)
            found.append(owed)
    return tuple(found)


def _range_of(term: Term, variable: Sym) -> tuple[Term, ...]:
    """The range of a bound variable; every value where it has several."""
    found = {t.over for t in subterms(term) if isinstance(t, Bind) and t.var == variable}
    return found.pop() if len(found) == 1 else ()


def given_owes(term: App, context: Context) -> Conditions:
    """`E[t | Y]`: t has a mean, and the laws of its variables are in range."""
    function = term.args[0]
    if not (isinstance(function, Bind) and function.op == "lam"):
        return (unsupported(term),)
    return (App("moment", (function, ONE)), *laws_owe(function.body, context))


def _means(term: Bind, context: Context) -> Conditions:
    """Without this: E[X] - E[X] = 0 for a Cauchy variable, which has no mean."""
    if not is_array(term.body):
        named = finite_mean_owes(term, context)
        return (moment(term.body, ONE, term.var),) if named is None else named
    shape = shape_of(term.body)
    indices = fresh_indices(len(shape), term)
    found: Term = moment(entry(term.body, indices), ONE, term.var)
    for i, n in reversed(list(zip(indices, shape, strict=True))):
        assert isinstance(i, Sym)
        found = Bind("forall", i, (ONE, n), found)
    return (found,)


def laws_owe(body: Term, context: Context) -> Conditions:
    """The parameters of the laws of the variables in a term are in range.

    Without this: Var(X) = v for X ~ Normal(0, v) and a v that may be negative.
    """
    wanted = variables_in(context.unfold(body))
    found: list[Term] = []
    for fact in context.facts:
        claim = fact.claim
        binders: list[Bind] = []
        while isinstance(claim, Bind) and claim.op == "forall":
            binders.append(claim)
            claim = claim.body
        for part in claim.args if isinstance(claim, App) and claim.op == "and" else (claim,):
            if isinstance(part, App) and part.op == "law_given" and variables_in(context.unfold(part)) & wanted:
                law = part.args[1]
                assert isinstance(law, Bind)
                found += _in_range(law.body, [*binders, Bind("forall", law.var, (), law.body)])
            elif isinstance(part, App) and part.op == "law" and variables_in(context.unfold(part)) & wanted:
                found += _in_range(part.args[1], binders)
            elif isinstance(part, Bind) and part.op == "forall":
                inner = part.body
                if isinstance(inner, App) and inner.op == "law" and variables_in(inner) & wanted:
                    found += _in_range(inner.args[1], [*binders, part])
    return tuple(found)


def _in_range(law: Term, binders: list[Bind]) -> list[Term]:
    if not isinstance(law, App):
        return [unsupported(law)]
    owed: list[Term] = list(OPERATORS[law.op].owes(law.args))
    for b in reversed(binders):
        owed = [
            Bind("forall", b.var, b.over, c) if b.var in free_symbols(c) else c for c in owed
        ]
    return owed


def moves_the_law(function: Term, point: Term, context: Context) -> bool:
    """Would a derivative at this point be of an expectation whose law moves with the point?

    Without this: diff(E[X], theta) = 0 for X ~ Normal(theta, v) (tests/unsound/diff_through_the_law.drv).
    """
    body = context.unfold(function)
    variables = frozenset(
        s for t in subterms(body) if isinstance(t, Bind) and t.op == "E" for s in variables_in(t)
    )
    if not variables:
        return False
    moving = context.dependencies(point)
    reach = set(variables)
    said = [
        (f.claim, context.dependencies(f.claim)) for f in context.facts if not is_independence(f.claim)
    ]
    grown = True
    while grown:
        grown = False
        for _, mentioned in said:
            mine = {s for s in mentioned if is_random(s)}
            if mine & reach and not mine <= reach:
                reach |= mine
                grown = True
    return any(
        mentioned & moving for _, mentioned in said if any(is_random(s) and s in reach for s in mentioned)
    )
