"""What the methods of optimisation ask for, read off the objective: a matrix, a function for each coordinate,
a multiplier, stationary points.

Promise: these are proposals; the kernel checks each premise that they give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.core.alpha import alpha_equal
from derive.core.claim import Context
from derive.core.law_values import is_of_laws
from derive.core.shape import shape_of
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import (
    ONE,
    TWO,
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
    map_children,
    mul,
    neg,
    sub,
    substitute,
    subterms,
)
from derive.kernel.arrays import entry, scalarise
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.equations import conjuncts
from derive.kernel.goal import Goal, introduce, normaliser, prepare
from derive.kernel.identity import replaced
from derive.kernel.optimum import Target
from derive.kernel.poly import Decline

HALF = div(ONE, TWO)


def _derivative(term: Term, var: Sym, goal: Goal) -> Term | None:
    made = App("deriv", (Bind("lam", var, (), term), var))
    return prepare(made, goal.context)


def curvature(goal: Target, whole: Goal) -> Iterator[Term]:
    """Half of the second derivative, if it does not depend on the variable."""
    slope = _derivative(goal.objective, goal.var, whole)
    bend = None if slope is None else _derivative(slope, goal.var, whole)
    plain = None if bend is None else tidy(bend, whole)
    if plain is not None and goal.var not in free_symbols(plain):
        yield mul(HALF, neg(plain) if goal.highest else plain)


def tidy(term: Term, whole: Goal, equations: tuple[str, ...] = ()) -> Term | None:
    """The normal form under the facts, as a term."""
    try:
        run, _ = normaliser(whole, ALL_FEATURES, equations)
        return run.to_term(run.simplify(run.normal(term)))
    except Decline:
        return None


def stationary_points(goal: Target) -> list[Term]:
    """The roots of a slope that is a polynomial of degree 1 or 2 in the variable, after clearing denominators."""
    whole = Goal(goal.objective, goal.context)
    slope = _derivative(goal.objective, goal.var, whole)
    if slope is None:
        return []
    try:
        run, _ = normaliser(whole, ALL_FEATURES, ())
        gap = run.clear(run.normal(slope))
    except Decline:
        return []
    atom = run.ids.get(goal.var)
    parts: dict[int, dict[tuple[tuple[int, object], ...], object]] = {}
    floor = min((int(dict(m).get(atom, 0)) for m in gap), default=0)  # type: ignore[arg-type]
    for m, c in gap.items():
        e = dict(m).get(atom, 0)  # type: ignore[arg-type]
        rest = tuple((a, k) for a, k in m if a != atom)
        if int(e) != e or any(goal.var in free_symbols(run.atoms[a]) for a, _ in rest):
            return []
        parts.setdefault(int(e) - floor, {})[rest] = c
    if not parts or max(parts) > 2:
        return []
    lead, middle, last = (run.to_term(parts.get(k, {})) for k in (2, 1, 0))  # type: ignore[arg-type]
    if 2 not in parts:
        return [div(neg(last), middle)] if 1 in parts else []
    root = App("sqrt", (sub(mul(middle, middle), mul(Num(4), lead, last)),))
    return [div(add(neg(middle), s), mul(TWO, lead)) for s in (root, neg(root))]


# ---------------------------------------------------------------- coordinate by coordinate


@dataclass(slots=True)
class _Sum:
    """`rest + sum(i, piece(i, t))` in the making."""

    var: Sym
    index: Sym
    place: Sym
    piece: list[Term] = field(default_factory=list)
    rest: list[Term] = field(default_factory=list)


def pieces(objective: Term, var: Sym) -> tuple[Term, Term] | None:
    """A function for each coordinate, and what is left."""
    if not (isinstance(var.sort, Array) and len(var.sort.shape) == 1 and var.sort.entry is REAL):
        return None
    taken = {s.name for s in free_symbols(objective)} | {var.name}
    index = Sym(fresh_name("i", taken), INTEGER)
    place = Sym(fresh_name("t", taken | {index.name}), REAL)
    made = _Sum(var, index, place)
    if not _collect(objective, ONE, made):
        return None
    piece = add(*made.piece) if made.piece else ZERO
    rest = add(*made.rest) if made.rest else ZERO
    return Bind("lam", index, (), Bind("lam", place, (), piece)), rest


def _collect(term: Term, by: Term, made: _Sum) -> bool:
    """Add `by*term` to the sum in the making."""
    if made.var not in free_symbols(term):
        made.rest.append(mul(by, term))
        return True
    assert isinstance(made.var.sort, Array)
    (n,) = made.var.sort.shape
    match term:
        case App("+", (a, b)):
            return _collect(a, by, made) and _collect(b, by, made)
        case App("-", (a, b)):
            return _collect(a, by, made) and _collect(b, neg(by), made)
        case App("neg", (a,)):
            return _collect(a, neg(by), made)
        case App("*", (a, b)) if made.var not in free_symbols(a):
            return _collect(b, mul(by, a), made)
        case App("*", (a, b)) if made.var not in free_symbols(b):
            return _collect(a, mul(by, b), made)
        case App("/", (a, b)) if made.var not in free_symbols(b):
            return _collect(a, div(by, b), made)
        case App("^", (App("norm", (v,)), Num(value))) if value == 2 and len(shape_of(v)) == 1:
            one = entry(v, (made.index,))
            return alpha_equal(shape_of(v)[0], n) and _summand(mul(one, one), by, made)
        case App("dot", (u, v)):
            both = mul(entry(u, (made.index,)), entry(v, (made.index,)))
            return alpha_equal(shape_of(u)[0], n) and _summand(both, by, made)
        case Bind("sum", v, (low, high), body) if low == ONE and alpha_equal(high, n):
            return _summand(_within(substitute(scalarise(body), {v: made.index}), made.index, n), by, made)
        case App("log", (App("*" | "/" as op, (a, b)),)):
            # a likelihood: where it is positive, a sum of logarithms
            second = by if op == "*" else neg(by)
            return _collect(App("log", (a,)), by, made) and _collect(App("log", (b,)), second, made)
        case App("log", (Bind("prod", v, over, body),)):
            return _collect(Bind("sum", v, over, App("log", (body,))), by, made)
    flat = scalarise(term)
    return flat != term and _collect(flat, by, made)


def _within(term: Term, index: Sym, last: Term) -> Term:
    """A term for indices in their range: the mass of a category is its probability there."""
    new = map_children(term, lambda t: _within(t, index, last))
    match new:
        case App("ite", (claim, inside, _)) if all(p in (le(ONE, index), le(index, last)) for p in conjuncts(claim)):
            return inside
    return new


def _summand(body: Term, by: Term, made: _Sum) -> bool:
    own = replaced(body, App("index", (made.var, made.index)), made.place)
    if made.var in free_symbols(own):
        return False
    made.piece.append(mul(by, own))
    return True


def without_laws(goal: Target) -> Term | None:
    """What an objective with densities or masses is on the domain, where they are written out."""
    moving = (t for t in subterms(goal.objective) if goal.var in free_symbols(t))
    if not any(isinstance(t, App) and is_of_laws(t.op, t.args) for t in moving):
        return None
    if goal.var.sort is not REAL:
        made = pieces(goal.objective, goal.var)
        match made:
            case (Bind("lam", i, (), Bind("lam", t, (), piece)), rest) if isinstance(goal.var.sort, Array):
                each = substitute(piece, {t: App("index", (goal.var, i))})
                return add(Bind("sum", i, (ONE, goal.var.sort.shape[0]), each), rest)
        return None
    inside = goals_of(goal.everywhere(App("=", (goal.objective, goal.var))), goal.context)
    match [g.claim for g in inside]:
        case [App("=", (objective, Sym() as fresh))]:
            plain = tidy(objective, inside[0])
            return None if plain is None or fresh not in free_symbols(plain) else substitute(plain, {fresh: goal.var})
    return None


def goals_of(claim: Term, context: Context) -> tuple[Goal, ...]:
    """The goals behind quantifiers and premises; none where they cannot be opened."""
    try:
        return introduce(claim, context, by_entry=False)
    except Decline:
        return ()


def multipliers(goal: Target, whole: Goal, part: Term) -> Iterator[Term]:
    """The ratio of the slopes of objective and constraint at the claimed point, if it is the same for all indices."""
    match part:
        case App("=" | "<=", (left, right)) if not shape_of(left):
            gap = sub(left, right)
        case _:
            return
    first, second = pieces(goal.objective, goal.var), pieces(gap, goal.var)
    if first is None or second is None:
        return
    slopes = []
    for made in (first, second):
        match made[0]:
            case Bind("lam", i, (), Bind("lam", t, (), body)):
                slope = _derivative(body, t, whole)
                if slope is None:
                    return
                slopes.append(substitute(slope, {t: entry(goal.value, (i,))}))
    if len(slopes) != 2 or first[0].var != second[0].var:  # type: ignore[union-attr]
        return
    ratio = div(slopes[0], slopes[1])
    index = first[0].var  # type: ignore[union-attr]
    names = tuple(f.name for f in whole.context.facts if f.name and f.kind in ("hypothesis", "domain", "step"))
    for equations in ((), names):
        plain = tidy(ratio, whole, equations)
        if plain is not None and index not in free_symbols(plain):
            yield plain if goal.highest else neg(plain)


# ---------------------------------------------------------------- the matrix of a square


def matrices(goal: Target) -> Iterator[Term]:
    """The matrix of the quadratic part of the objective, if it has one."""
    parts = _quadratic(goal.objective, goal.var)
    if not parts:
        return
    total = add(*parts)
    yield neg(total) if goal.highest else total


def _quadratic(term: Term, var: Sym) -> list[Term] | None:
    """Matrices whose sum H gives the quadratic part `x' H x`; None where the term is not quadratic."""
    if var not in free_symbols(term):
        return []
    match term:
        case App("+", (a, b)):
            return _joined(_quadratic(a, var), _quadratic(b, var))
        case App("-", (a, b)):
            return _joined(_quadratic(a, var), _scaled(Num(-1), _quadratic(b, var)))
        case App("neg", (a,)):
            return _scaled(Num(-1), _quadratic(a, var))
        case App("*", (a, b)) if var not in free_symbols(a):
            return _scaled(a, _quadratic(b, var))
        case App("*", (a, b)) if var not in free_symbols(b):
            return _scaled(b, _quadratic(a, var))
        case App("/", (a, b)) if var not in free_symbols(b):
            return _scaled(div(ONE, b), _quadratic(a, var))
        case App("^", (App("norm", (v,)), Num(value))) if value == 2:
            linear = _linear(v, var)
            return None if linear is None else [_gram(linear, linear)]
        case App("dot", (u, v)):
            return _product(u, v, var)
        case App("matmul", (u, v)) if not shape_of(term):
            return _product(u, v, var)
        case Bind("sum", i, (low, high), body) if low == ONE:
            return _squares(i, high, body, var)
    return None


def _product(u: Term, v: Term, var: Sym) -> list[Term] | None:
    left, right = _linear(u, var), _linear(v, var)
    if left is None or right is None:
        return None
    if "free" in (left, right):
        return []
    one, two = _gram(left, right), _gram(right, left)
    return [one] if alpha_equal(one, two) else [mul(HALF, add(one, two))]


def _squares(i: Sym, n: Term, body: Term, var: Sym) -> list[Term] | None:
    """`sum(i, (c - x[i])^2)` and the like: a multiple of the identity."""
    match body:
        case App("^", (inner, Num(value))) if value == 2 and isinstance(var.sort, Array):
            at = App("index", (var, i))
            own = replaced(inner, at, ZERO)
            if var not in free_symbols(own) and alpha_equal(n, var.sort.shape[0]):
                return [App("eye", (n,))]
    return None


Linear = Term | str


def _gram(u: Linear, v: Linear) -> Term:
    assert not isinstance(u, str) and not isinstance(v, str)
    if isinstance(u, App) and u.op == "eye" and u == v:
        return u
    return App("matmul", (App("transpose", (u,)), v))


def _linear(v: Term, var: Sym) -> Linear | None:
    """The matrix M of `v = M x + c`, or "free"; None where v is not of that form."""
    if var not in free_symbols(v):
        return "free"
    assert isinstance(var.sort, Array)
    if v == var:
        return App("eye", var.sort.shape[:1])
    match v:
        case App("+" | "-" as op, (a, b)):
            one, two = _linear(a, var), _linear(b, var)
            if one is None or two is None:
                return None
            if two == "free":
                return one
            if one == "free":
                return two if op == "+" else _times(Num(-1), two)
            assert not isinstance(one, str) and not isinstance(two, str)
            return App(op, (one, two))
        case App("neg", (a,)):
            inner = _linear(a, var)
            return None if inner is None else _times(Num(-1), inner)
        case App("*", (a, b)) if var not in free_symbols(a) and not shape_of(a):
            inner = _linear(b, var)
            return None if inner is None else _times(a, inner)
        case App("/", (a, b)) if var not in free_symbols(b):
            inner = _linear(a, var)
            return None if inner is None else _times(div(ONE, b), inner)
        case App("matmul", (a, b)) if var not in free_symbols(a) and len(shape_of(a)) == 2:
            inner = _linear(b, var)
            if inner is None or isinstance(inner, str):
                return inner
            return a if isinstance(inner, App) and inner.op == "eye" else App("matmul", (a, inner))
        case App("matmul", (a, b)) if var not in free_symbols(b) and len(shape_of(a)) == 1 and len(shape_of(b)) == 2:
            inner, turned = _linear(a, var), App("transpose", (b,))
            if inner is None or isinstance(inner, str):
                return inner
            return turned if isinstance(inner, App) and inner.op == "eye" else App("matmul", (turned, inner))
        case App("transpose", (a,)) if len(shape_of(a)) == 1:
            return _linear(a, var)
    return None


def _times(by: Term, linear: Linear) -> Linear:
    return linear if isinstance(linear, str) else mul(by, linear)


def _joined(a: list[Term] | None, b: list[Term] | None) -> list[Term] | None:
    return None if a is None or b is None else [*a, *b]


def _scaled(by: Term, parts: list[Term] | None) -> list[Term] | None:
    return None if parts is None else [mul(by, p) for p in parts]
