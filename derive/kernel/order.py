"""Order goals broken into smaller ones: the moves that an order certificate may make.

Promise: if every subgoal that `congruence`, `strip`, `slope` or `split` returns holds, then so does the goal.
The moves are structural and deterministic; which to make, and what closes the leaves, is the certificate's.
"""

from __future__ import annotations

from derive.core.alpha import alpha_equal
from derive.core.claim import Context
from derive.core.operator import OPERATORS
from derive.core.shape import sort_of
from derive.core.sort import REAL, Scalar
from derive.core.term import (
    INF,
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    conj,
    div,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    mentions,
    mul,
    neg,
    sub,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.optimum import is_interval


def congruence(claim: Term) -> tuple[Term, ...] | None:
    """Subgoals that compare the arguments of two terms with the same monotone operator."""
    match claim:
        case App("<" | "<=" as rel, (left, right)):
            pass
        case _:
            return None
    match left, right:
        case App("exp" as op, (a,)), App("exp", (b,)):
            return (App(rel, (a, b)),)
        case App("indicator", (a,)), App("indicator", (b,)) if rel == "<=":
            return (implies(a, b),)
        case App(op, (a,)), App(other, (b,)) if op == other and op in OPERATORS and _is_real(a, b):
            # log and sqrt owe their domains, which both sides' conditions carry
            match OPERATORS[op].monotone:
                case "increasing":
                    return (App(rel, (a, b)),)
                case "decreasing":
                    return (App(rel, (b, a)),)
            if op == "neg":
                return (App(rel, (b, a)),)
        case App("+", (a, b)), App("+", (c, d)):
            return (App(rel, (a, c)), le(b, d))
        case App("-", (a, b)), App("-", (c, d)):
            return (App(rel, (a, c)), le(d, b))
        case App("*", (a, b)), App("*", (c, d)) if alpha_equal(a, c):
            return (lt(ZERO, a) if rel == "<" else le(ZERO, a), App(rel, (b, d)))
        case App("*", (a, b)), App("*", (c, d)) if alpha_equal(b, d):
            return (lt(ZERO, b) if rel == "<" else le(ZERO, b), App(rel, (a, c)))
        case App("*", (a, b)), App("*", (c, d)) if rel == "<=":
            return (le(ZERO, a), le(a, c), le(ZERO, b), le(b, d))
        case App("/", (a, b)), App("/", (c, d)) if alpha_equal(b, d):
            return (lt(ZERO, b), App(rel, (a, c)))
        case App("/", (a, b)), App("/", (c, d)) if alpha_equal(a, c) and rel == "<=":
            return (le(ZERO, a), lt(ZERO, d), le(d, b))
        case App("^", (a, Num(e))), App("^", (b, Num(f))) if e == f and e > 0:
            return (le(ZERO, a), App(rel, (a, b)))
        case App("^", (a, e)), App("^", (b, f)) if alpha_equal(e, f) and rel == "<=":
            return (le(ZERO, e), le(ZERO, a), le(a, b))
        case App("max" | "min" as op, (a, b)), App(other, (c, d)) if op == other:
            return (App(rel, (a, c)), App(rel, (b, d)))
        case Bind("sum" as op, i, over, f), Bind(other, j, range_, g) if op == other:
            if rel == "<=" and alpha_equal(_pair(over), _pair(range_)):
                return (_termwise("<=", (i, f), (j, g), over),)
        case Bind("int"), _ if rel == "<=":
            return integrals(left, right)
        case _, Bind("int") if rel == "<=":
            return integrals(left, right)
        case Bind("prod", i, over, f), Bind("prod", j, range_, g) if rel == "<=":
            if alpha_equal(_pair(over), _pair(range_)):
                # without the first: -2*-2 <= 1*1 (tests/unsound/product_of_negatives.drv)
                return (_over(i, over, le(ZERO, f)), _termwise("<=", (i, f), (j, g), over))
        case Bind("max" | "min" as op, i, over, f), Bind(other, j, range_, g) if op == other:
            if alpha_equal(_pair(over), _pair(range_)):
                return (_termwise(rel, (i, f), (j, g), over), le(*over))
    match left, right:
        case Bind("max", i, over, f), _ if i not in free_symbols(right):
            return (_over(i, over, App(rel, (f, right))), le(*over))
        case _, Bind("min", i, over, g) if i not in free_symbols(left):
            return (_over(i, over, App(rel, (left, g))), le(*over))
        case App("max", (a, b)), _:
            return (App(rel, (a, right)), App(rel, (b, right)))
        case _, App("min", (a, b)):
            return (App(rel, (left, a)), App(rel, (left, b)))
    return None


def integrals(left: Term, right: Term) -> tuple[Term, ...] | None:
    """Integrands that compare, at every point between ends in order; a number is the integral of its mean.

    Without the order: from 1 to 0 the smaller integrand has the larger integral.
    """
    one = left if isinstance(left, Bind) and left.op == "int" else right
    assert isinstance(one, Bind) and one.var.sort is REAL
    low, high = one.over
    taken = {s.name for t in (left, right) for s in free_symbols(t)} | {one.var.name}
    x = Sym(fresh_name(one.var.name, taken), REAL)
    finite = not (mentions(low, "inf") or mentions(high, "inf"))
    if low == INF or high == neg(INF):
        return None
    bodies: list[Term] = []
    order = le(low, high)
    for side in (left, right):
        match side:
            case Bind("int", var, over, body) if alpha_equal(_pair(over), _pair(one.over)):
                bodies.append(substitute(body, {var: x}))
            case Num(value) if value == 0:
                bodies.append(side)
            case _ if finite:
                order = lt(low, high)
                bodies.append(div(side, sub(high, low)))
            case _:
                return None
    above = () if mentions(low, "inf") else (lt(low, x),)
    below = () if mentions(high, "inf") else (lt(x, high),)
    where = conj(*above, *below)
    claim = Bind("forall", x, (), implies(where, le(*bodies)))
    return (order, claim) if finite else (claim,)


def _pair(over: tuple[Term, ...]) -> Term:
    return App("vector", over)


def _termwise(
    rel: str, one: tuple[Sym, Term], two: tuple[Sym, Term], over: tuple[Term, ...]
) -> Term:
    """The comparison of two bodies at one fresh index. Without the fresh name: a free i is captured."""
    (i, f), (j, g) = one, two
    taken = {s.name for s in free_symbols(f) | free_symbols(g)} | {i.name, j.name}
    new = Sym(fresh_name(i.name, taken), i.sort)
    return _over(new, over, App(rel, (substitute(f, {i: new}), substitute(g, {j: new}))))


def _over(var: Sym, over: tuple[Term, ...], claim: Term) -> Term:
    return Bind("forall", var, over, claim)


def _is_real(*terms: Term) -> bool:
    return all(isinstance(s := sort_of(t), Scalar) and s.value in ("real", "integer") for t in terms)


def logs(claim: Term) -> tuple[Term, ...] | None:
    """`a <= b` from `log(a) <= log(b)`, where both sides are shown positive."""
    match claim:
        case App("<" | "<=" as rel, (a, b)) if _is_real(a, b):
            return (lt(ZERO, a), lt(ZERO, b), App(rel, (App("log", (a,)), App("log", (b,)))))
    return None


def chord(
    claim: Term, var: Sym, low: Term, high: Term, context: Context
) -> tuple[Term, ...] | str:
    """`left <= right` between two points where it holds, since the difference is concave between them.

    A concave function lies above its chord (Rudin, exercise 4.23). Without both ends: a concave function
    that is negative at one of them.
    """
    match claim:
        case App("<=", (left, right)):
            pass
        case _:
            return "no weak comparison"
    if var.sort is not REAL or var in free_symbols(low) | free_symbols(high):
        return "the variable is not real, or an end depends on it"
    gap = sub(right, left)
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(gap)}
    other = Sym(fresh_name(var.name, taken), REAL)
    here = substitute(gap, {var: other})
    rate = App("deriv", (Bind("lam", other, (), here), other))
    bend = App("deriv", (Bind("lam", other, (), rate), other))
    between = conj(le(low, other), le(other, high))

    def everywhere(goal: Term) -> Term:
        return Bind("forall", other, (), implies(between, goal))

    ends = tuple(le(ZERO, substitute(gap, {var: end})) for end in (low, high))
    smooth = tuple(everywhere(c) for c in conditions(bend, context))
    return (le(low, var), le(var, high), *ends, everywhere(le(bend, ZERO)), *smooth)


def strip(claim: Term) -> tuple[Term, ...] | None:
    """`log(a) <= b` from `a <= exp(b)`, `b <= log(a)` from `exp(b) <= a`, and `sqrt(a) <= b` from squares.

    The logarithm's argument is owed positive; the square root needs `b >= 0` (tests/unsound/squared_negative.drv).
    """
    match claim:
        case App("<" | "<=" as rel, (App("log", (a,)), b)) if _is_real(a, b):
            return (App(rel, (a, App("exp", (b,)))),)
        case App("<" | "<=" as rel, (b, App("log", (a,)))) if _is_real(a, b):
            return (App(rel, (App("exp", (b,)), a)),)
        case App("<" | "<=" as rel, (App("sqrt", (a,)), b)) if _is_real(a, b):
            return (le(ZERO, b), App(rel, (a, _square(b))))
        case App("<" | "<=" as rel, (App("softplus", (a,)), b)) if _is_real(a, b):
            return (App(rel, (_one_and_exp(a), App("exp", (b,)))),)
        case App("<" | "<=" as rel, (b, App("softplus", (a,)))) if _is_real(a, b):
            return (App(rel, (App("exp", (b,)), _one_and_exp(a))),)
        case App("<" | "<=" as rel, (App("^", (a, Num(e))), App("^", (b, Num(k))))) if (
            e == k and e > 0 and e % 2 == 0 and _is_real(a, b)
        ):
            return (App(rel, (App("abs", (a,)), b)),)
        case App("<=", (App("exp", (a,)), b)) if _is_real(a, b):
            return (lt(ZERO, b), le(a, App("log", (b,))))
        case App("<=", (a, App("exp", (b,)))) if _is_real(a, b):
            return (lt(ZERO, a), le(App("log", (a,)), b))
        case App("<" | "<=" as rel, (App("^", (App("/") as a, Num(two))), b)) if two == 2 and _is_real(a, b):
            return (App(rel, (_square(a), b)),)
        case App("<" | "<=" as rel, (App("/", (a, b)), c)) if _is_real(a, b, c):
            # without the first: 1 <= 0 from -1 <= 0, at a = b = -1 and c = 0
            return (lt(ZERO, b), App(rel, (a, mul(c, b))))
    return None


def squares(claim: Term) -> tuple[Term, ...] | None:
    """`a <= b` from `0 <= b` and `a^2 <= b^2`. Without the first: 1 <= -2."""
    match claim:
        case App("<" | "<=" as rel, (a, b)) if _is_real(a, b):
            return (le(ZERO, b), App(rel, (_square(a), _square(b))))
    return None


def _square(term: Term) -> Term:
    """The square, without the roots that it undoes: they are of numbers that are owed to be at least 0."""
    match term:
        case App("sqrt", (a,)):
            return a
        case App("*" | "/" as op, args):
            return App(op, tuple(map(_square, args)))
        case App("neg", (a,)):
            return _square(a)
        case App("abs", (a,)) if _is_real(a):
            # of a complex number it is not the square
            return _square(a)
    return App("^", (term, Num(2)))


def _one_and_exp(a: Term) -> Term:
    """`1 + exp(a)`, whose logarithm is `softplus(a)`."""
    return App("+", (ONE, App("exp", (a,))))


def slope(claim: Term, var: Sym, point: Term, context: Context) -> tuple[Term, ...] | str:
    """`left <= right` on an interval, from its truth at a point and the sign of the difference's slope.

    By the mean value theorem (Rudin, 5.10): with `g = right - left`, `g(c) >= 0`, `g' >= 0` right of c and
    `g' <= 0` left of it give `g >= 0` on every interval that contains c and on which g is differentiable.
    Without the interval: 1/x decreases on each side of 0 (tests/unsound/slope_across_a_gap.drv).
    """
    match claim:
        case App("<" | "<=" as rel, (left, right)):
            pass
        case _:
            return "no comparison"
    if var.sort is not REAL or var in free_symbols(point):
        return "the variable is not real, or the point depends on it"
    domain = domain_of(var, context)
    if domain is None:
        return "the domain is not seen to be an interval"
    gap = sub(right, left)
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(gap)}
    other = Sym(fresh_name(var.name, taken), REAL)
    here = substitute(gap, {var: other})
    rate = App("deriv", (Bind("lam", other, (), here), other))
    inside = substitute(domain, {var: other})

    def everywhere(goal: Term, *extra: Term) -> Term:
        return Bind("forall", other, (), implies(conj(inside, *extra), goal))

    at = substitute(gap, {var: point})
    start = lt(ZERO, at) if rel == "<" else le(ZERO, at)
    owed = conditions(rate, context)
    smooth = (
        *(everywhere(c) for c in owed), *(substitute(c, {other: point}) for c in owed)
    )
    return (
        # an end of the interval will do, since the difference is owed smooth there too
        substitute(relaxed(domain), {var: point}), start,
        everywhere(le(ZERO, rate), lt(point, other)),
        everywhere(le(rate, ZERO), lt(other, point)),
        *smooth,
    )


def relaxed(domain: Term) -> Term:
    """An interval with its ends."""
    match domain:
        case App("and", parts):
            return conj(*(relaxed(p) for p in parts))
        case App("<", sides):
            return App("<=", sides)
    return domain


def domain_of(var: Sym, context: Context) -> Term | None:
    """What the facts say of a variable, if that is an interval; facts that say more are left out only if
    they are comparisons with bounds free of it, so that the set is no smaller than the truth."""
    parts: list[Term] = []
    for fact in context.facts:
        claim = context.unfold(fact.claim)
        for part in claim.args if isinstance(claim, App) and claim.op == "and" else (claim,):
            if var in free_symbols(part) and is_interval(part, var):
                parts.append(part)
    return conj(*parts)


def split(claim: Term, term: Term) -> tuple[Term, Term]:
    """The goal where `term >= 0`, and the goal where `term <= 0`; the term is real.

    What the case decides is written out: `abs(term)` is the term or its negation there, `max(a, b)` is a or b
    where the term is `a - b`. Without the case: abs(x) = x (tests/unsound/kink_resolved_in_the_other_case.drv).
    """
    match term:
        case App("-", (a, b)):
            above, below = le(b, a), le(a, b)
        case _:
            above, below = le(ZERO, term), le(term, ZERO)
    return implies(above, _resolved(claim, term, True)), implies(below, _resolved(claim, term, False))


def _resolved(claim: Term, term: Term, positive: bool) -> Term:
    """The claim with the kinks that the sign of the term decides written out; binders are left as they are."""
    match claim:
        case App("abs", (a,)) if a == term:
            return term if positive else App("neg", (term,))
        case App("relu", (a,)) if a == term:
            return term if positive else ZERO
        case App("max" | "min" as op, (a, b)) if sub(a, b) == term:
            return a if positive == (op == "max") else b
        case App(op, args):
            return App(op, tuple(_resolved(a, term, positive) for a in args))
    return claim



