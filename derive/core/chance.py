"""Random variables: functions of one sample point, and expectation as a binder over it.

Promise: `E[t]` binds the sample point, so that substitution never confuses a random variable with a number, and
all random variables that a term mentions are taken at one point, whatever their dependence.
"""

from __future__ import annotations

from derive.core.alpha import canonical
from derive.core.sort import OUTCOME, Function, LawSort, Sort
from derive.core.term import ONE, App, Bind, Sym, Term, free_symbols, sub, substitute, subterms

MEASURE = Sym("chance~", LawSort(OUTCOME))
POINT = Sym("outcome~", OUTCOME)


def random_sort(value: Sort) -> Function:
    """The sort of a random variable with values of a sort."""
    return Function((OUTCOME,), value)


def is_random(symbol: Sym) -> bool:
    """Is this symbol a random variable?"""
    return isinstance(symbol.sort, Function) and symbol.sort.args == (OUTCOME,)


def is_independence(claim: Term) -> bool:
    """Does a fact say no more than that some variables are independent?"""
    return isinstance(claim, App) and claim.op == "independent"


def at_point(variable: Sym, point: Sym = POINT) -> Term:
    """The value of a random variable at a sample point."""
    return App("apply", (variable, point))


def points_in(term: Term) -> frozenset[Sym]:
    """The sample points that are free in a term."""
    return frozenset(s for s in free_symbols(term) if s.sort is OUTCOME)


def variables_in(term: Term) -> frozenset[Sym]:
    """The random variables that a term mentions."""
    return frozenset(s for s in free_symbols(term) if is_random(s))


def at_random(term: Term, point: Sym = POINT) -> Bind:
    """`lam w. t`: a term with a free sample point as a function of it."""
    fresh = _bound(term)
    return Bind("lam", fresh, (), substitute(term, {point: fresh}))


def expectation(term: Term, point: Sym = POINT) -> Bind:
    """`E[t]` over the sample point that is free in `t`."""
    fresh = _bound(term)
    return Bind("E", fresh, (MEASURE,), substitute(term, {point: fresh}))


def _bound(term: Term) -> Sym:
    """A bound sample point of a name that no binder inside uses."""
    inner = {t.var.name for t in subterms(term) if isinstance(t, Bind) and t.var.sort is OUTCOME}
    taken = inner | {s.name for s in free_symbols(term)}
    number = 1
    while f"outcome~{number}" in taken:
        number += 1
    return Sym(f"outcome~{number}", OUTCOME)


def variance_of(term: Bind) -> Term | None:
    """The `t` of `E[(t - E[t])^2]`, under the same sample point; None for other expectations."""
    match term.body:
        case App("^", (App("-", (inner, Bind("E") as mean)), two)) if repr(two) == "2":
            if canonical(Bind("E", term.var, term.over, inner)) == canonical(mean):
                return inner
    return None


def covariance_of(term: Bind) -> tuple[Term, Term] | None:
    """The `s` and `t` of `E[(s - E[s])*(t - E[t])]`."""
    match term.body:
        case App("*", (App("-", (s, Bind("E") as one)), App("-", (t, Bind("E") as two)))):
            means = (canonical(one), canonical(two))
            if means == tuple(canonical(Bind("E", term.var, term.over, x)) for x in (s, t)):
                return s, t
    return None


def variance(term: Term) -> Term:
    """`Var(t)` as `E[(t - E[t])^2]`."""
    from derive.core.term import TWO, power

    return expectation(power(sub(term, expectation(term)), TWO))


def covariance(left: Term, right: Term) -> Term:
    """`Cov(s, t)` as `E[(s - E[s])*(t - E[t])]`."""
    from derive.core.term import mul

    return expectation(mul(sub(left, expectation(left)), sub(right, expectation(right))))


def moment(term: Term, degree: Term = ONE, point: Sym = POINT) -> Term:
    """The proposition that `E[abs(t)^k]` is finite."""
    return App("moment", (at_random(term, point), degree))


def body_at(function: Term, point: Sym) -> Term:
    """The body of `lam w. t` at a sample point."""
    if isinstance(function, Bind) and function.op == "lam":
        return substitute(function.body, {function.var: point})
    return App("apply", (function, point))
