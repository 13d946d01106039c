"""Expectations of members of families that have a closed form: by moments, generating functions, few values.

Promise: `settled(t, x)` is `t` wherever its expectations exist, with no expectation left whose law moves with `x` as
far as this room goes. No fact is used, so that what it returns holds for every value of `x`.
"""

from __future__ import annotations

from functools import lru_cache

from derive.core.chance import variables_in
from derive.core.families import family_of, members
from derive.core.laws import LAWS
from derive.core.shape import shape_of
from derive.core.sort import INTEGER, OUTCOME
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    children,
    free_symbols,
    fresh_name,
    map_children,
    mentions,
    mul,
    subterms,
)
from derive.kernel.arrays import scalarise
from derive.kernel.continuity import surface
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline


def settled(term: Term, variable: Sym) -> Term:
    """The term with closed forms for the expectations of families that depend on a variable."""
    if variable not in free_symbols(term):
        return term
    if isinstance(term, Bind) and term.op == "E":
        found = closed_mean(term)
        if found is not None:
            return found
    return map_children(term, lambda t: settled(t, variable))


def settled_means(term: Term, variable: Sym) -> tuple[Bind, ...]:
    """The expectations that `settled` replaces."""
    if variable not in free_symbols(term):
        return ()
    if isinstance(term, Bind) and term.op == "E" and closed_mean(term) is not None:
        return (term,)
    return tuple(m for t in children(term) for m in settled_means(t, variable))


def settled_derivatives(term: Term) -> Term:
    """The same inside every derivative of a term, the innermost first."""
    term = map_children(term, settled_derivatives)
    match term:
        case App("deriv" | "partial" | "grad" | "hessian", (Bind("lam", var, _, body), *rest)) if mentions(body, "E"):
            return App(term.op, (Bind("lam", var, (), settled(body, var)), *rest))
    return term


@lru_cache(maxsize=2048)
def closed_mean(term: Bind) -> Term | None:
    """The closed form of an expectation of one family, without facts; None where there is none."""
    if variables_in(term) or not members(term.body):
        return None
    if mentions(term.body, "indicator") and all(_has_score(m) for m in members(term.body)):
        # the score keeps the event as it is; a distribution function would have a form of its own
        return None
    run = Normaliser()
    run.prepare((), frozenset({"log"}), mentions(term, "ite") or mentions(term, "indicator"))
    try:
        found = surface(run.to_term(run.simplify(run.normal(scalarise(term)))))
    except (Decline, RecursionError):
        found = term
    if any(s.sort is OUTCOME for t in subterms(found) for s in free_symbols(t)) or mentions(found, "E"):
        return _by_values(term)
    return found


def _has_score(member: Term) -> bool:
    family = family_of(member)
    return family is not None and LAWS[family.law.op].log_density is not None


def by_values(term: Bind) -> bool:
    """Is the closed form the sum over few values, defined where the body is at each of them?"""
    return closed_mean(term) is not None and _by_values(term) is not None


def off_simplex(term: Bind) -> bool:
    """Is it the sum over the values of a categorical variable, whose derivative is the one off the simplex?

    The masses are in range at the point; beside it they need not add up to 1 (`derive explain conventions`).
    """
    family = family_of(members(term.body)[0])
    return by_values(term) and family is not None and family.law.op == "Categorical"


def _by_values(term: Bind) -> Term | None:
    """The sum over the values of one variable that has few, each with its mass."""
    inside = members(term.body)
    family = family_of(inside[0])
    if len(inside) != 1 or family is None or family.point != term.var or mentions(term.body, "E"):
        # without this: two variables of unknown dependence would be independent
        return None
    if not free_symbols(inside[0]) <= free_symbols(term) | {term.var}:
        return None
    if family.law.op == "Bernoulli":
        (p,) = family.law.args
        ends = tuple(_replaced(term.body, inside[0], v) for v in (ZERO, ONE))
        return add(mul(App("-", (ONE, p)), ends[0]), mul(p, ends[1]))
    if family.law.op != "Categorical":
        return None
    (masses,) = family.law.args
    taken = {s.name for t in subterms(term) for s in free_symbols(t)}
    value = Sym(fresh_name("k", taken), INTEGER)
    each = mul(App("index", (masses, value)), _replaced(term.body, inside[0], value))
    return scalarise(Bind("sum", value, (ONE, shape_of(masses)[0]), each))


def _replaced(term: Term, old: Term, new: Term) -> Term:
    """The term with a value for a member; the value is closed or has a fresh name."""
    return new if term == old else map_children(term, lambda t: _replaced(t, old, new))
