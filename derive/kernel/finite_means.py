"""What makes the mean of a function of one variable with a named law finite, in the parameters of the law.

Promise: where the conditions returned hold, and the parameters are in range, the function is integrable; `None` where
no row says so, and then integrability itself is owed.
"""

from __future__ import annotations

from derive.core.chance import variables_in
from derive.core.claim import Context
from derive.core.laws import LAWS, Law, Moment
from derive.core.operator import Args
from derive.core.sort import INTEGER, REAL, Function
from derive.core.term import ONE, App, Bind, Num, Sym, Term, free_symbols, neg
from derive.kernel.guards import decide


def finite_mean_owes(term: Bind, context: Context) -> Args | None:
    """`2 < d` for `E[X^2]` of a Student variable, `1 < a` for `E[1/X]` of a Gamma variable."""
    body = context.unfold(term.body)
    variables = variables_in(body)
    if len(variables) != 1:
        return None
    (x,) = variables
    if not isinstance(x.sort, Function) or x.sort.result not in (REAL, INTEGER):
        return None
    laws = [law for f in context.facts if (law := _law_of(x, f.claim)) is not None]
    if len(laws) != 1 or laws[0].op not in LAWS:
        return None
    cell = _finite(body, App("apply", (x, term.var)), LAWS[laws[0].op], laws[0].args)
    # Without a condition of its own, and where it is plainly false, integrability stays owed as it is.
    # Without the second: E[1/U] = 0 for U ~ Uniform(-1, 1) would be conditional on 0 < -1
    if cell is None or not cell[1] or any(decide(c) is False for c in cell[1]):
        return None
    return cell[1]


def _law_of(x: Sym, claim: Term) -> App | None:
    match claim:
        case App("law", (Bind("lam", w, (), App("apply", (s, at))), App() as law)) if s == x and at == w:
            return law
    return None


def _finite(body: Term, x: Term, row: Law, args: Args) -> Moment | None:
    """The row's word on a polynomial, an inverse power or an exponential of the variable."""
    from derive.kernel.law_means import inverse_moment

    body = _without_factors(body, x)
    degree = degree_in(body, x)
    if degree:
        return row.moment(args, degree)
    match body:
        case App("/", (top, bottom)) if not _varies(top, x):
            power = degree_in(bottom, x) if _is_power(bottom, x) else None
            return inverse_moment(row, args, power) if power else None
        case App("^", (base, Num(e))) if base == x and e < 0 and e.denominator == 1:
            return inverse_moment(row, args, int(-e))
        case App("exp", (inner,)):
            slope = _slope(inner, x)
            return None if slope is None else row.mgf(args, slope)
    return None


def _varies(term: Term, x: Term) -> bool:
    assert isinstance(x, App)
    return x.args[1] in free_symbols(term)


def _is_power(term: Term, x: Term) -> bool:
    return term == x or (isinstance(term, App) and term.op == "^" and term.args[0] == x)


def _without_factors(term: Term, x: Term) -> Term:
    """Without factors and divisors that are not random."""
    match term:
        case App("*", (a, b)) if not _varies(a, x):
            return _without_factors(b, x)
        case App("*" | "/", (a, b)) if not _varies(b, x):
            return _without_factors(a, x)
        case App("neg", (a,)):
            return _without_factors(a, x)
    return term


def _slope(term: Term, x: Term) -> Term | None:
    """The t of `t*X`."""
    match term:
        case _ if term == x:
            return ONE
        case App("*", (a, b)) if not _varies(a, x) and b == x:
            return a
        case App("*", (a, b)) if not _varies(b, x) and a == x:
            return b
        case App("neg", (a,)):
            inner = _slope(a, x)
            return None if inner is None else neg(inner)
    return None


def degree_in(term: Term, x: Term) -> int | None:
    """The degree as a polynomial in the variable; None if it is none."""
    if not _varies(term, x):
        return 0
    if term == x:
        return 1
    match term:
        case App("+" | "-" | "*" | "neg" as op, parts):
            found = [degree_in(p, x) for p in parts]
            known = [d for d in found if d is not None]
            if len(known) < len(found):
                return None
            return sum(known) if op == "*" else max(known)
        case App("/", (a, b)) if not _varies(b, x):
            return degree_in(a, x)
        case App("^", (a, Num(e))) if e.denominator == 1 and e >= 0:
            inner = degree_in(a, x)
            return None if inner is None else inner * int(e)
    return None
