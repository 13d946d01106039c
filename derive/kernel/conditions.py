"""The conditions of a term as written: what must hold for it, and for its every part, to be defined.

Promise: at every point where all the conditions returned hold, the term is defined, following the
project's conventions (`derive explain conventions`); what cannot be said is owed as `unsupported`.

Conditions are closed under binders (`forall`), guarded by the branch they stand in, and recursive
through definitions: a name owes what its body owes, at the indices or arguments it is used with.
"""

from __future__ import annotations

from derive.core.alpha import rename_bound
from derive.core.claim import Context
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    INF,
    ONE,
    TRUE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    apply,
    conj,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    mentions,
    ne,
    neg,
    sub,
    substitute,
)
from derive.kernel.arrays import scalarise
from derive.kernel.chance_conditions import expectation_owes, families_owe, moves_the_law
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.domination import neighbourhood
from derive.kernel.guards import (
    Conditions,
    for_all,
    guard,
    is_finite,
    negate,
    opened,
    over_each,
    tidy,
    unsupported,
    value,
)
from derive.kernel.indices import is_array
from derive.kernel.kinks import entry_kinks, kinks, second_kinks
from derive.kernel.leibniz import restored, taken_out
from derive.kernel.means import by_values, off_simplex, settled, settled_derivatives, settled_means
from derive.kernel.operator_conditions import Scope, own, same_shapes, within

_DERIVATIVES = frozenset({"deriv", "partial", "grad", "jacobian", "hessian"})


def conditions(term: Term, context: Context) -> Conditions:
    """What must hold for the term as written to be defined, in order of occurrence."""
    return tidy(_walk(term, Scope(context)))


def conditions_of_claim(claim: Term, context: Context) -> Conditions:
    """What must hold for a claim to mean something: `c => d` owes those of `d` only under `c`.

    The two sides of `<=>`, `and`, `or` owe theirs plainly.
    """
    return conditions(claim, context)


def _walk(term: Term, scope: Scope) -> Conditions:
    if isinstance(term, Num):
        return ()
    known = scope.found.get(term)
    if known is None:
        match term:
            case Sym():
                body = scope.body(term)
                known = () if isinstance(body, Sym) else _walk(body, scope)
            case App(op, args):
                known = _walk_app(term, op, args, scope)
            case Bind():
                known = _walk_bind(term, scope)
        known = tuple(dict.fromkeys(known))
        scope.found[term] = known
    return known


def _all(terms: tuple[Term, ...], scope: Scope) -> Conditions:
    return tuple(c for t in terms for c in _walk(t, scope))


# ---------------------------------------------------------------- applications


def _walk_app(term: App, op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    match op, args:
        case "unsupported", _:
            # without this: a form that nothing checks would count as defined
            return (term,)
        case "index", (base, *at):
            return _index(base, tuple(at), scope)
        case "apply", (function, *rest):
            return _apply(function, tuple(rest), scope)
        case "ite", (condition, then, otherwise):
            return (
                *_walk(condition, scope),
                *guard(condition, _walk(then, scope)),
                *guard(negate(condition), _walk(otherwise, scope)),
                *same_shapes((then, otherwise)),
            )
        case "order", (function, scale, point, _):
            # that both are defined near the point is a part of what is claimed; what does not vary is owed plainly
            near = tuple(c for t in (function, scale) for c in _plain(t, scope))
            return (*near, *(_walk(point, scope) if is_finite(point) else ()))
        case "=>", (premise, conclusion):
            return (*_walk(premise, scope), *guard(premise, _walk(conclusion, scope)))
    if op in _DERIVATIVES:
        return _derivative(term, op, args, scope)
    return (*_all(args, scope), *own(term, op, args, scope))


def _plain(function: Term, scope: Scope) -> Conditions:
    """What the value of a `lam` owes that is free of its variable."""
    body = rename_bound(function, scope.defined) if isinstance(function, Bind) else function
    if not isinstance(body, Bind):
        return _walk(body, scope)
    return tuple(c for c in _walk(body.body, scope.inside(body.var)) if body.var not in free_symbols(c))


def _index(base: Term, at: tuple[Term, ...], scope: Scope) -> Conditions:
    found = _all(at, scope)
    # without this: x[0], or x[n + 1], would be an entry of x
    found += tuple(c for i, n in zip(at, shape_of(base), strict=False) for c in within(i, n))
    array = scope.body(base)
    rest = list(at)
    while rest and isinstance(array, Bind) and array.op == "array":
        found += (*_all(array.over, scope), *_ragged(array))
        low, place = array.over[0], rest.pop(0)
        first = place if low == ONE else add(low, sub(place, ONE))
        array = scope.body(substitute(array.body, {array.var: first}))
    if rest and array is not base:
        return found + _walk(App("index", (array, *rest)), scope)
    return found + _walk(array, scope)


def _apply(function: Term, args: tuple[Term, ...], scope: Scope) -> Conditions:
    # without this: f(1/x) for a constant f would be defined at 0
    found = _all(args, scope)
    body = scope.body(function)
    if isinstance(body, Bind) and body.op == "lam":
        return found + _walk(apply(body, *args), scope)
    return found + (() if isinstance(body, Sym) else _walk(body, scope))


# ---------------------------------------------------------------- derivatives


def _derivative(term: App, op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    """The function is defined on a neighbourhood of the point, and differentiable at it."""
    point, at = args[1], args[2:]
    found = _all((point, *at), scope)
    found += tuple(c for i, n in zip(at, shape_of(point), strict=False) for c in within(i, n))
    function = scope.body(args[0])
    if not (isinstance(function, Bind) and function.op == "lam"):
        # A function symbol: nothing says that it is differentiable.
        return (*found, unsupported(term))
    if moves_the_law(function, point, scope.context):
        return (*found, unsupported(term))
    unfold = scope.context.unfold
    function = rename_bound(function, scope.defined)
    body = unfold(function)
    assert isinstance(body, Bind)
    integrals: Conditions = ()
    names: dict[Sym, Term] = {}
    if mentions(body.body, "E"):
        function, more = _means(body, op, scope)
        found += tuple(substitute(c, {body.var: point}) for c in more)
        body = function
    if (op == "deriv" and mentions(body.body, "int")) or (
        op in ("deriv", "partial", "grad") and mentions(body.body, "E")
    ):
        inner = scope.inside(body.var)
        around = neighbourhood(body.var, point, scope.context)
        bare, integrals, names = taken_out(body.body, body.var, lambda t: _walk(t, inner), around)
        function = body = Bind("lam", body.var, (), bare)
    variable, flat = body.var, body.body
    # without this: d/dx sqrt(y) for y := x^2 would owe 0 <= y, closed, and not at the point
    owed = [opened(unfold(c), variable) for c in _walk(function.body, scope.inside(variable))]
    if is_array(flat):
        owed += entry_kinks(flat, variable)
    else:
        owed += kinks(scalarise(flat), variable)
        if op == "hessian":
            owed += second_kinks(scalarise(flat), variable)
    owed = [restored(c, names) for c in owed]
    return (*found, *(substitute(c, {variable: point}) for c in (*owed, *integrals)))


def _means(function: Bind, op: str, scope: Scope) -> tuple[Bind, Conditions]:
    """A function with closed forms for its expectations, and what those owe near the point, as propositions there."""
    variable, inner = function.var, scope.inside(function.var)
    body = function.body
    owed: list[Term] = []
    at_point: Conditions = ()
    for mean in settled_means(body, variable):
        if off_simplex(mean):
            at_point += families_owe(mean)
            continue
        # what is defined has the value of the closed form, on the neighbourhood as well
        owed += families_owe(mean) if by_values(mean) else _walk(mean, inner)
    body = settled(body, variable)
    if op == "deriv" and mentions(body, "E") and mentions(body, "deriv"):
        value = differentiate(settled_derivatives(scalarise(body)))
        if not isinstance(value, Refusal):
            owed += _walk(body, inner)
            body = value
    return Bind("lam", variable, (), body), (*at_point, *(_near(scope.context.unfold(c), variable) for c in owed))


def _near(condition: Term, variable: Sym) -> Term:
    """The condition near the point; an equation, such as that chances add up to 1, for all values."""
    if isinstance(condition, App) and condition.op == "=" and variable in free_symbols(condition):
        return Bind("forall", variable, (), condition)
    return opened(condition, variable)


# ---------------------------------------------------------------- binders


def _walk_bind(term: Bind, scope: Scope) -> Conditions:
    term = rename_bound(term, scope.defined)
    inside = _walk(term.body, scope.inside(term.var))
    if term.op in ("argmax", "argmin", "largest", "smallest", "sup", "inf"):
        return _optimum(term, inside, scope)
    outside = _all(term.over, scope)
    match term.op:
        case "forall" | "exists" | "lam":
            return (*outside, *for_all(term.var, term.over, inside), *_ragged(term))
        case "array":
            return (*outside, *over_each(term.var, term.over, inside), *_ragged(term))
        case "sum" | "prod" | "max" | "min":
            closed = over_each(term.var, term.over, inside)
            # without this: a divergent series would have a value, finite because unasked
            endless = () if is_finite(*term.over) else (_converges(term),)
            # without this: max(i in 1..0, x[i]) would have a value
            some = (le(*term.over),) if term.op in ("max", "min") else ()
            return (*outside, *some, *closed, *endless)
        case "int":
            # without this: int(x in 0..t, 1/t) = 1 at t = 0
            free = tuple(c for c in inside if term.var not in free_symbols(c))
            rest = tuple(c for c in inside if c not in free)
            return (*outside, *free, *_integral(term, rest), _converges(term))
        case "E":
            return (*outside, *expectation_owes(term, inside, scope.context))
        case "lim":
            # the body is defined on a punctured neighbourhood: a part of what `converges` says
            return (*outside, _converges(term))
    return (*outside, unsupported(term))


def _converges(term: Bind) -> Term:
    """A finite value exists: of an integral at each end by itself, of a sum absolutely, of a limit from its sides."""
    if term.op not in ("int", "lim", "sum") or sort_of(term.body) not in (REAL, INTEGER):
        return unsupported(term)
    return App("converges", (term,))


def _ragged(term: Bind) -> Conditions:
    # without this: an array of rows of unequal lengths would have one length, of a loose variable
    if term.op == "array" and any(term.var in free_symbols(n) for n in shape_of(term.body)):
        return (unsupported(term),)
    return ()


def _integral(term: Bind, inside: Conditions) -> Conditions:
    """The integrand is defined between the ends, whichever is the larger."""
    low, high = term.over

    def between(a: Term, b: Term) -> Term:
        # without this: int from inf to 1 would owe something below 1, and nothing above
        if not (is_finite(a) or a == neg(INF)) or not (is_finite(b) or b == INF):
            return TRUE
        return conj(*(lt(p, q) for p, q in ((a, term.var), (term.var, b)) if is_finite(p, q)))

    found = guard(between(low, high), inside)
    lowest, highest = value(low), value(high)
    ordered = lowest is not None and highest is not None and lowest <= highest
    if not ordered and is_finite(low, high):
        # without this: int from 1 to 0 of a function undefined between 0 and 1 would owe nothing
        found += guard(between(high, low), inside)
    return for_all(term.var, (), found)


def _optimum(term: Bind, inside: Conditions, scope: Scope) -> Conditions:
    """The objective is defined on the whole domain, and the optimum is there (and alone)."""
    domain, variable = term.over[0], term.var
    found = for_all(variable, (), _walk(domain, scope.inside(variable)))
    found += for_all(variable, (), guard(domain, inside))
    # without this: the rival of argmax(m, l) for a defined l would have the same l, at the same m
    whole = scope.context.unfold(term)
    assert isinstance(whole, Bind)
    term, variable, domain = whole, whole.var, whole.over[0]
    taken = {s.name for s in free_symbols(term.body) | free_symbols(domain)} | {variable.name}
    other = Sym(fresh_name(variable.name, taken), variable.sort)
    rival = substitute(term.body, {variable: other})
    allowed = substitute(domain, {variable: other})
    if term.op in ("sup", "inf"):
        # Bounded and not empty; the bound has no name, so that much cannot be said here.
        return (*found, Bind("exists", variable, (), domain), unsupported(term))
    if term.op in ("largest", "smallest"):
        # without this: max(x | x < 1, x) would be 1
        behind = le(rival, term.body) if term.op == "largest" else le(term.body, rival)
        beaten = Bind("forall", other, (), implies(allowed, behind))
        return (*found, Bind("exists", variable, (), conj(domain, beaten)))
    better = lt(rival, term.body) if term.op == "argmax" else lt(term.body, rival)
    beats = Bind("forall", other, (), implies(conj(allowed, ne(other, variable)), better))
    # without this: argmax(x, 0) would be any number one likes
    return (*found, Bind("exists", variable, (), conj(domain, beats)))


