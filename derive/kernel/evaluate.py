"""Integrals, limits and endless sums replaced by their values, from the innermost outwards.

Promise: `evaluated` replaces a term only by what a theorem gives for it, with every premise of the theorem shown
under the facts that hold where the term stands; a variable that a binder brings is a fresh one there.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.alpha import alpha_equal
from derive.core.claim import CASE, HYPOTHESIS, Context, Fact
from derive.core.operator import RELATIONS
from derive.core.sort import INTEGER
from derive.core.term import (
    BOUND_IN_OVER,
    INF,
    TRUE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    le,
    map_children,
    mentions,
    neg,
    substitute,
    subterms,
)
from derive.kernel import primitive
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.conditions import conditions
from derive.kernel.continuity import surface
from derive.kernel.convergence import by_telescoping, converges_at_ends, series_converges
from derive.kernel.endless import is_endless
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Goal, normaliser
from derive.kernel.identity import shows
from derive.kernel.known import INTEGRALS, SERIES, known, linear_series, peeled, shifted
from derive.kernel.limits import limit_of, one_sided
from derive.kernel.poly import Decline, minus
from derive.kernel.primitive import Theorem, flag
from derive.kernel.substitution import by_substitution

Find = Callable[[Bind, Context], Theorem | None]


def theorem_of(term: Bind, method: str, terms: tuple[Term, ...], context: Context) -> Theorem:
    """What a method owes for this term, and its value; raises `Decline` where it does not apply."""
    match term.op, method, terms:
        case _, "hypothesis", ():
            return _by_hypothesis(term, context)
        case _, "owed", ():
            return _owed(term, context)
        case "int", "primitive", (antiderivative, ordered, below, above):
            ends = (
                _end_limit(term, antiderivative, 0, context) if flag(below) else None,
                _end_limit(term, antiderivative, 1, context) if flag(above) else None,
            )
            if any(ends) and not (flag(ordered) or any(mentions(e, "inf") for e in term.over)):
                # from which side an end is met depends on the order of the two
                raise Decline("the order of the ends is not known")
            return primitive.by_primitive(term, antiderivative, flag(ordered), ends, context)
        case "int", "substitution", (function, target, factor, rises):
            return by_substitution(term, function, target, factor, flag(rises), context)
        case "int", "ends", (ordered,):
            return converges_at_ends(term, flag(ordered), context)
        case "lim", "germ", ():
            return limit_of(term, context)
        case "sum", "comparison", ():
            return series_converges(term, context)
        case "sum", "telescoping", (function,):
            return by_telescoping(term, function, context)
        case "sum", "shift", ():
            return shifted(term)
        case "sum", "peel", (Num(count),):
            return peeled(term, int(count))
        case "sum", "linearity", parts:
            return linear_series(term, parts, context)
        case ("int" | "sum"), _, _ if method in (INTEGRALS if term.op == "int" else SERIES):
            return known(term, method, terms, context)
        case "int", "continuity", (ordered,):
            return primitive.by_continuity(term, flag(ordered), context)
        case "int", "pieces", (point,):
            return primitive.by_pieces(term, point, context)
        case "int", "linearity", (ordered, *parts):
            return primitive.by_linearity(term, tuple(parts), flag(ordered), context)
    raise Decline(f"no theorem {method} about this term")


def _by_hypothesis(term: Bind, context: Context) -> Theorem:
    """A hypothesis `int(x in a..b, f(x)) = 1` says that the integral exists: with an undefined side it does not hold.

    Without the plain place: `if c then ... else int(...)` says it only where c fails; a step says nothing of the
    kind, for it may hold up to conditions.
    """
    run, _ = normaliser(Goal(TRUE, Context(context.symbols, context.definitions)), ALL_FEATURES, ())

    def same(other: Term) -> bool:
        if alpha_equal(term, other):
            return True
        # in another order of factors; without the first: f(x) + 0*log(x) would be integrable where f is
        total = isinstance(other, Bind) and other.op == term.op and not conditions(term.body, context)
        try:
            return total and is_endless(other) and run.normal(term) == run.normal(other)
        except Decline:
            return False

    for fact in context.facts:
        if fact.kind != HYPOTHESIS:
            continue
        for part in conjuncts(context.unfold(fact.claim)):
            if isinstance(part, App) and part.op in RELATIONS and any(_stands_in(same, s) for s in part.args):
                return Theorem((), None, frozenset({fact.name}))
    raise Decline("no hypothesis speaks of this term")


def _owed(term: Bind, context: Context) -> Theorem:
    """That it exists is a fact: mostly one that the claim owes anyway, so that it is reported until it is shown."""
    for fact in context.facts:
        for part in conjuncts(context.unfold(fact.claim)):
            if isinstance(part, App) and part.op == "converges" and alpha_equal(part.args[0], term):
                return Theorem((), None, frozenset({fact.name}))
    raise Decline("no fact says that it exists")


def _stands_in(same: Callable[[Term], bool], side: Term) -> bool:
    """Is the term a part of a side that is evaluated wherever the side is?"""
    if same(side):
        return True
    return isinstance(side, App) and side.op in _PLAIN and any(_stands_in(same, a) for a in side.args)


_PLAIN = frozenset({"+", "-", "neg", "*", "/", "^", "exp", "log", "sqrt", "abs"})


def _end_limit(term: Bind, antiderivative: Term, place: int, context: Context) -> primitive.Limit:
    """The limit of an antiderivative at an end, from inside; it is only sought where the ends are in order."""
    if not (isinstance(antiderivative, Bind) and antiderivative.op == "lam"):
        raise Decline("the antiderivative is no function")
    end, side = term.over[place], 1 if place == 0 else -1
    limits, found = one_sided(antiderivative.body, antiderivative.var, end, side, context)
    return limits.run.to_term(found), limits.seen, tuple(limits.premises)


def evaluated(term: Term, context: Context, find: Find, uses: set[str]) -> Term:
    """The term with the values that `find` gives, inner ones first; `converges(t)` is true where it gives one.

    What the ranges of binders used is added to `uses`.
    """
    match term:
        case App("converges", (Bind() as inner,)):
            whole = _children(inner, context, find, uses)
            return TRUE if find(whole, context) is not None else App("converges", (whole,))
        case App():
            return map_children(term, lambda t: evaluated(t, context, find, uses))
        case Bind(op) if op not in BOUND_IN_OVER and op != "E":
            whole = _children(term, context, find, uses)
            found = find(whole, context) if is_endless(whole) else None
            if found is None or found.value is None:
                return whole
            return evaluated(found.value, context, find, uses)
    return term


def _children(term: Bind, context: Context, find: Find, uses: set[str]) -> Bind:
    """The same binder with a fresh variable, its ends and its body evaluated, the body within the range."""
    if not any(is_endless(t) for o in (*term.over, term.body) for t in subterms(o)):
        return term
    over = tuple(evaluated(o, context, find, uses) for o in term.over)
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(term)}
    taken |= {s.name for f in context.facts for s in free_symbols(f.claim)}
    taken |= {s.name for o in over for s in free_symbols(o)}
    # Without the fresh name: a hypothesis about a free x would hold for the bound one.
    fresh = Sym(fresh_name(term.var.name, taken), term.var.sort) if term.var.name in taken else term.var
    inner = context.with_symbols(fresh)
    where = _range(term.op, over, fresh, context, uses)
    if where is not None:
        inner = inner.with_facts(Fact("", where, CASE))
    body = evaluated(substitute(term.body, {term.var: fresh}), inner, find, uses)
    return Bind(term.op, fresh, over, body)


def _range(op: str, over: tuple[Term, ...], var: Sym, context: Context, uses: set[str]) -> Term | None:
    """What is known of the variable inside; nothing of that of a limit, or of an integral that may run backwards."""
    if len(over) != 2 or op == "lim":
        return None
    low, high = over
    if op != "int":
        ends = (le(low, var), *(() if mentions(high, "inf") else (le(var, high),)))
        return conj(*ends) if var.sort is INTEGER else None
    if low == neg(INF) or high == INF:
        return primitive.inside(low, high, var) if low != INF and high != neg(INF) else None
    if mentions(low, "inf") or mentions(high, "inf"):
        return None
    # without the order: between 1 and 0 the variable would be above 1 and below 0, and anything would follow
    known = shows(le(low, high), context)
    if known is None:
        return None
    uses |= known
    return primitive.inside(low, high, var)


def gather(claim: Term, context: Context) -> Term:
    """A comparison with its integrals over one range (endless sums likewise) brought together on one side."""
    match claim:
        case App("=" | "<" | "<=" as rel, (left, right)):
            run, _ = normaliser(Goal(claim, context), ALL_FEATURES, ())
            gap = minus(run.normal(right), run.normal(left))
            return App(rel, (ZERO, surface(run.to_term(run.simplify(run.gathered(gap))))))
    raise Decline("no comparison to bring together")
