"""Orders of magnitude: that a term is at most a constant times another near a point.

`order(lam h. f, lam h. s, a, side)` says: on a punctured neighbourhood of the point (on the side, where one is given;
far out, where it is infinite) both are defined, and |f| <= C*|s| for some C that is free of h. Promise: `of_order`
raises `Decline` unless the claim holds where the premises that it returns do (de Bruijn, Asymptotic Methods in
Analysis, 1.2). The parameters are fixed: nothing is said of a C for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.alpha import alpha_equal
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL, Function
from derive.core.term import (
    INF,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    mentions,
    mul,
    ne,
    neg,
    substitute,
)
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.conditions import conditions
from derive.kernel.continuity import surface
from derive.kernel.equations import conjuncts
from derive.kernel.germ import Germ
from derive.kernel.goal import Goal, normaliser
from derive.kernel.limits import Limits, near
from derive.kernel.poly import Decline, minus

Pairs = tuple[tuple[Term, Term], ...]
Premises = tuple[tuple[Term, ...], frozenset[str]]


def parts_of(claim: Term) -> tuple[Bind, Bind, Term, int] | None:
    """The term, the order, the point and the side of a claim of this kind."""
    match claim:
        case App("order", (Bind("lam") as f, Bind("lam") as s, point, Num(side))) if f.var.sort == s.var.sort:
            return f, s, point, int(side)
    return None


def of_order(goal: Goal, taken_out: Pairs) -> Premises:
    """What is owed, and the facts that were used; each pair puts what a fact says in the place of a subterm."""
    claim, found = goal.claim, parts_of(goal.claim)
    if found is None:
        raise Decline("the claim is not about an order of magnitude")
    function, scale, point, side = found
    infinite = mentions(point, "inf")
    if function.var.sort not in (REAL, INTEGER) or (function.var.sort is INTEGER and point != INF):
        raise Decline("the variable of an order of magnitude is real, or whole and grows")
    taken = {s.name for s in goal.context.symbols} | {s.name for s in free_symbols(claim)}
    taken |= {s.name for f in goal.context.facts for s in free_symbols(f.claim)}
    taken |= {s.name for pair in taken_out for t in pair for s in free_symbols(t)}
    # Without the fresh name: a hypothesis about a free h would hold for the one that tends to 0.
    h = Sym(fresh_name(function.var.name, taken), function.var.sort)
    term, target = (substitute(b.body, {b.var: h}) for b in (function, scale))
    known: list[tuple[Sym, Term]] = []
    uses: frozenset[str] = frozenset()
    for fact, part in taken_out:
        term, order, name = _taken_out(term, fact, part, h, goal, (point, side))
        known.append(order)
        uses |= name
    premises: list[Term] = []
    for s in (1,) if infinite else (side,) if side else (1, -1):
        limits = Limits(h, Germ(()), goal.context)
        limits.near, limits.grows = near(limits, point, s), point == INF
        for symbol, size in known:
            limits.orders[symbol] = limits.bound(limits.of(size))
        _compare(limits, limits.of(term), limits.of(target))
        premises += [p for p in limits.premises if p not in premises]
        uses |= frozenset(limits.run.used)
    if not infinite:
        premises += [c for c in conditions(point, goal.context) if c not in premises]
    return tuple(premises), uses


def _compare(limits: Limits, f: Germ, s: Germ) -> None:
    """Is |f| at most a multiple of |s|?"""
    most = limits.bound(f)
    if most is None:
        return
    # without a leading term: a multiple of a*h^2 at a = 0; of a term of which only a bound is known
    least, _, _ = limits.leading(s)
    if limits.compare(most, least) > 0:
        raise Decline("a term is of a larger order")


def _taken_out(
    term: Term, fact: Term, part: Term, h: Sym, goal: Goal, place: tuple[Term, int]
) -> tuple[Term, tuple[Sym, Term], frozenset[str]]:
    """The term with `part - d + r(h)` for a subterm, where d is of the order that the fact gives and r stands for d.

    The terms are equal wherever d is defined, which is near the point.
    """
    name = next((f.name for f in goal.context.facts
                 if any(alpha_equal(c, fact) for c in conjuncts(goal.context.unfold(f.claim)))), None)
    found = parts_of(fact)
    if name is None or found is None:
        raise Decline("no such fact")
    function, scale, point, side = found
    # Without the side: what holds from above would be used from below.
    if not (alpha_equal(point, place[0]) and side in (0, place[1]) and function.var.sort is h.sort):
        raise Decline("a fact about another point")
    if not (isinstance(part, Bind) and part.op == "lam" and part.var.sort is h.sort):
        raise Decline("a part that is no function of the variable")
    d, size, part = (substitute(b.body, {b.var: h}) for b in (function, scale, part))
    if not any(part == t for t in _outside(d)):
        # without this: what is taken out, and nothing else, could be undefined
        raise Decline("the fact does not speak of that part")
    names = {s.name for t in (term, d, size, part) for s in free_symbols(t)}
    names |= {s.name for s in goal.context.symbols}
    r = Sym(fresh_name("r", names), Function((h.sort,), REAL))
    run, _ = normaliser(goal, ALL_FEATURES, ())
    rest = surface(run.to_term(run.simplify(minus(run.normal(part), run.normal(d)))))
    if sort_of(part) not in (REAL, INTEGER):
        raise Decline("a part that is no real number")
    used = frozenset(run.used) | ({name} if name else frozenset())
    return _replaced(term, part, App("+", (rest, App("apply", (r, h))))), (r, size), used


def _outside(term: Term) -> Iterator[Term]:
    """The subterms that stand in no binder and in no branch."""
    yield term
    if isinstance(term, App) and term.op != "ite":
        for a in term.args:
            yield from _outside(a)


def _replaced(term: Term, part: Term, by: Term) -> Term:
    """The part in every place outside of binders."""
    if term == part:
        return by
    if isinstance(term, App):
        return App(term.op, tuple(_replaced(a, part, by) for a in term.args))
    return term


def bounded(goal: Goal, constant: Term) -> tuple[Term, ...]:
    """`|f| <= C*|s|` for every h but the point (on its side), where both are defined; C must be free of h."""
    found = parts_of(goal.claim)
    if found is None or found[0].var.sort is not REAL:
        raise Decline("the claim is not about an order of magnitude of a real variable")
    function, scale, point, side = found
    taken = {s.name for s in goal.context.symbols} | {s.name for s in free_symbols(goal.claim)}
    taken |= {s.name for f in goal.context.facts for s in free_symbols(f.claim)}
    h = Sym(fresh_name(function.var.name, taken | {s.name for s in free_symbols(constant)}), REAL)
    f, s = (substitute(b.body, {b.var: h}) for b in (function, scale))
    if mentions(point, "inf"):
        where: Term = le(Num(1), h) if point == INF else le(h, neg(Num(1)))
    else:
        where = lt(point, h) if side > 0 else lt(h, point) if side else ne(h, point)
    claims = (*conditions(f, goal.context), *conditions(s, goal.context),
              le(App("abs", (f,)), mul(constant, App("abs", (s,)))))
    owed = () if mentions(point, "inf") else conditions(point, goal.context)
    return (*owed, *conditions(constant, goal.context), *(Bind("forall", h, (), implies(where, c)) for c in claims))
