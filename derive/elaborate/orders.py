"""Orders of magnitude: `O(h^2)`, `O(log(n))`, `O(a*h | h -> 0)` in an equation.

Promise: an equation with an O says that the left side is one of the terms that the right side stands for, whatever
the O's on the left stand for; each O is a term of its own, so that `O(h) - O(h) = 0` is not meant to hold
(Graham, Knuth and Patashnik, Concrete Mathematics, 9.2). A real variable tends to 0, a whole one to infinity, unless
the O says another point. What is none of these forms is `unsupported`.
"""

from __future__ import annotations

from derive.core.claim import DOMAIN, HYPOTHESIS
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL, Function
from derive.core.term import (
    INF,
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    div,
    free_symbols,
    fresh_name,
    le,
    lt,
    mentions,
    mul,
    neg,
    sub,
    substitute,
)
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.binders import bare
from derive.elaborate.calculus import as_function
from derive.elaborate.env import Env
from derive.elaborate.families import with_laws_of
from derive.elaborate.fault import fail
from derive.elaborate.scope import Role
from derive.syntax import ast
from derive.text import NOWHERE

_MISPLACED = "`O(...)` stands in a sum or a product on a side of an equation; here it is read but not yet checked"


def _order(call: ast.Call, env: Env) -> Term:
    """`O(s)` as `O(lam h. s, point, side)`."""
    arity(call, 1)
    if not env.orders:
        return env.unsupported(call, _MISPLACED)
    head, point = bare(call.args[0]), None
    place: ast.Expr = call
    if isinstance(head, ast.Bar):
        match bare(head.right):
            case ast.Arrow(ast.Name() as place, target, _):
                point = env.plain().end(target, "the point of an order of magnitude")
            case _:
                fail("syntax", "`O` takes a term, and where its variable tends to", head.right.span,
                     "write `O(h^2)`, or `O(a*h | h -> 0)`")
        head = bare(head.left)
    scale = env.plain().scalar(head, "what stands in `O`")
    variable = _named(place, env) if isinstance(place, ast.Name) else _only(scale, env)
    if variable is None:
        fail("sort-mismatch", "it is not clear which variable of this `O` tends to its point", call.span,
             "say it, as in `O(a*h^2 | h -> 0)` or `O(1/n | n -> inf)`; it is a declared real or whole number")
    if point is None:
        point = INF if variable.sort is INTEGER else ZERO
    if point != INF and variable.sort is INTEGER:
        return env.unsupported(call, "an order of magnitude of a whole number that does not grow")
    side = Num(0) if mentions(point, "inf") else _side(variable, point, env)
    return env.app("O", as_function(scale, variable, env), point, side, variable)


def _named(name: ast.Name, env: Env) -> Sym | None:
    entry = env.scope.lookup(name.name)
    if entry is None or entry.role is Role.DEFINED or entry.symbol.sort not in (REAL, INTEGER):
        return None
    return entry.symbol


def _only(scale: Term, env: Env) -> Sym | None:
    """The one name that stands in the term, if it varies freely."""
    found = sorted(free_symbols(scale), key=lambda s: s.name)
    return _named(ast.Name(found[0].name, NOWHERE), env) if len(found) == 1 else None


def _side(variable: Sym, point: Term, env: Env) -> Num:
    """From which side a variable meets the point: a positive h tends to 0 from above."""
    said = {f.claim for f in env.scope.facts if f.kind in (DOMAIN, HYPOTHESIS)}
    if lt(point, variable) in said or le(point, variable) in said:
        return ONE
    if lt(variable, point) in said or le(variable, point) in said:
        return Num(-1)
    return Num(0)


# ---------------------------------------------------------------- equations


def relate(rel: str, left: Term, right: Term, env: Env) -> Term:
    """The claim of an equation with O's: for all that the left may stand for, the difference is of an order."""
    whole = App("=", (left, right))
    found = list(dict.fromkeys(o.args[1:] for o in _orders(whole)))
    if rel != "=" or len(found) != 1 or any(sort_of(t) not in (REAL, INTEGER) for t in (left, right)):
        return _not_read(whole, env, "an equation of real numbers, with O's of one variable at one point")
    point, side, variable = found[0]
    assert isinstance(variable, Sym)
    varying = with_laws_of(whole, variable, env.scope)
    if not isinstance(varying, App):
        return _not_read(whole, env, "an order in a size, or in a parameter of a law")
    left, right = varying.args
    names: list[tuple[Sym, Bind]] = []
    start = _opened(left, variable, names, {s.name for s in free_symbols(varying)} | env.scope.taken)
    taken = _split(right)
    if start is None or taken is None:
        return _not_read(whole, env, "an O stands in sums and products, and on the left in elementary functions")
    middle, scales = taken
    gap = start if middle == ZERO else sub(start, middle)
    if len(scales) > 1:
        scales = [App("abs", (s,)) for s in scales]
    claim = _claim(as_function(gap, variable, env), as_function(add(*scales), variable, env), (point, side))
    for symbol, scale in reversed(names):
        inside = Bind("lam", scale.var, (), App("apply", (symbol, scale.var)))
        claim = Bind("forall", symbol, (), App("=>", (_claim(inside, scale, (point, side)), claim)))
    return claim


def _claim(function: Bind, scale: Bind, over: tuple[Term, Term]) -> Term:
    return App("order", (function, scale, *over))


def _not_read(whole: App, env: Env, why: str) -> Term:
    reason = f"{why}: other forms are read but not yet checked"
    if reason not in env.reasons:
        env.reasons.append(reason)
    return env.opaque(whole)


def _orders(term: Term) -> tuple[App, ...]:
    match term:
        case App("O", _):
            return (term,)
        case App(_, args):
            return tuple(o for a in args for o in _orders(a))
    return ()


def _opened(term: Term, variable: Sym, names: list[tuple[Sym, Bind]], taken: set[str]) -> Term | None:
    """The left side with a function of its own for each O.

    Without the different functions: `O(h) - O(h)` would be 0.
    """
    match term:
        case App("O", (Bind() as scale, *_)):
            symbol = Sym(fresh_name("r", taken), Function((variable.sort,), REAL))
            taken.add(symbol.name)
            names.append((symbol, scale))
            return App("apply", (symbol, variable))
        case App(_, args) if mentions(term, "O"):
            parts = [_opened(a, variable, names, taken) for a in args]
            return None if None in parts else App(term.op, tuple(p for p in parts if p is not None))
        case Bind() if mentions(term, "O"):
            return None
    return term


def _split(term: Term) -> tuple[Term, list[Term]] | None:
    """The right side as a term and the orders that are added to it.

    Without the refusal of a product of two: every term of order h^2 would be one of `O(h)*O(h)` and more.
    """
    if not mentions(term, "O"):
        return term, []
    match term:
        case App("O", (Bind(_, var, _, scale), _, _, variable)):
            return ZERO, [substitute(scale, {var: variable})]
        case App("neg", (a,)):
            inner = _split(a)
            return None if inner is None else (ZERO if inner[0] == ZERO else neg(inner[0]), inner[1])
        case App("+" | "-" as op, (a, b)):
            one, two = _split(a), _split(b)
            if one is None or two is None:
                return None
            if two[0] == ZERO and mentions(b, "O"):
                return one[0], one[1] + two[1]
            if one[0] == ZERO and mentions(a, "O") and op == "+":
                return two[0], one[1] + two[1]
            return App(op, (one[0], two[0])), one[1] + two[1]
        case App("*", (a, b)) if not mentions(a, "O"):
            inner = _split(b)
            return None if inner is None else (_times(a, inner[0]), [mul(a, s) for s in inner[1]])
        case App("*", (a, b)) if not mentions(b, "O"):
            inner = _split(a)
            return None if inner is None else (_times(inner[0], b), [mul(s, b) for s in inner[1]])
        case App("/", (a, b)) if not mentions(b, "O"):
            inner = _split(a)
            quotient = None if inner is None else (ZERO if inner[0] == ZERO else div(inner[0], b))
            return None if inner is None or quotient is None else (quotient, [div(s, b) for s in inner[1]])
    return None


def _times(a: Term, b: Term) -> Term:
    return ZERO if ZERO in (a, b) else mul(a, b)


HANDLERS: dict[str, Handler] = {"O": _order}
