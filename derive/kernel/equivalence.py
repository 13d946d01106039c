"""Equivalences: two claims with the same truth value at every point where both are defined.

Promise: a factor between the two sides is known to keep the relation, or both sides have one finite set of
solutions in the declared domain, each found and tried exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from derive.core.claim import CONDITION, STEP, THEOREM, Context
from derive.core.sort import REAL
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.kernel.conditions import conditions
from derive.kernel.goal import Accepted, Goal, Rejected, normaliser
from derive.kernel.identity import shows
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, add_poly, minus
from derive.kernel.solutions import norm, rational_roots, variable_of

MAX_FACTORS = 24


def equivalent(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | Rejected:
    """The two sides of `<=>` hold at the same points."""
    run, zeros = normaliser(goal, features, equations)
    assert isinstance(goal.claim, App)
    left, right = goal.claim.args
    answer = same_up_to_a_factor(run, left, right)
    if isinstance(answer, Accepted):
        return answer
    if zeros and _same_by_equations(run, left, right, [z for z, _ in zeros]):
        return Accepted(frozenset(run.used).union(*(n for _, n in zeros)))
    return same_solutions(goal, run, left, right) or answer


def same_up_to_a_factor(run: Normaliser, left: Term, right: Term) -> Accepted | Rejected:
    """Both are equations (or both comparisons) and one side is the other times a factor of known sign.

    A disjunction of equations counts as the product of their sides. Without the sign of the factor:
    `x^2 = x <=> x = 1` (tests/unsound/lost_root.drv).
    """
    families = _families(run, left, right)
    if families is not None:
        return families
    p, rel_p = _one_side(run, left)
    q, rel_q = _one_side(run, right)
    if rel_p != rel_q:
        return Rejected("the two sides are of different kinds")
    if rel_p == "and":
        return Rejected("systems are not compared yet")
    if run.is_zero(p) or run.is_zero(q):
        same = run.is_zero(p) and run.is_zero(q)
        return Accepted(frozenset(run.used)) if same else Rejected("one side always holds")
    for one in _readings(run, left, p, rel_p):
        for two in _readings(run, right, q, rel_q):
            if _proportional(run, one, two, rel_p):
                return Accepted(frozenset(run.used))
    return Rejected("the factor between the two sides may be 0, or its sign is not known")


def _families(run: Normaliser, left: Term, right: Term) -> Accepted | Rejected | None:
    """Two families of equations over one range, as of the entries of arrays: one a number times the other.

    Without one factor for the whole family: `for i, k[i]*x[i] = 0 <=> for i, x[i] = 0` where a k[i] is 0
    (tests/unsound/family_of_factors.drv).
    """
    if not (isinstance(left, Bind) and isinstance(right, Bind) and left.op == "forall" == right.op):
        return None
    indices: set[Sym] = set()
    while isinstance(left, Bind) and isinstance(right, Bind) and left.op == "forall" == right.op:
        if len(left.over) != 2 or len(right.over) != 2 or left.var.sort != right.var.sort:
            return Rejected("the two sides speak of different ranges")
        ends = zip(left.over, right.over, strict=True)
        if not all(run.is_zero(minus(run.normal(a), run.normal(b))) for a, b in ends):
            return Rejected("the two sides speak of different ranges")
        fresh, body = run.enter(left.var, *left.over, left.body)
        left, right = body, substitute(right.body, {right.var: fresh})
        indices.add(fresh)
    if any(not (isinstance(side, App) and side.op == "=") for side in (left, right)):
        return Rejected("families of claims that are no equations")
    p, q = (run.align(run.simplify(_one_side(run, side)[0])) for side in (left, right))
    if run.is_zero(p) and run.is_zero(q):
        return Accepted(frozenset(run.used))
    for factor in _factors(run, p, q):
        free = all(indices.isdisjoint(free_symbols(run.atoms[a])) for m in factor for a, _ in m)
        if free and run.sign(factor) in ("+", "-", "!0") and run.is_zero(minus(p, run.times(q, factor))):
            return Accepted(frozenset(run.used))
    return Rejected("the equations are no multiples of each other")


def _factors(run: Normaliser, p: Poly, q: Poly) -> Iterator[Poly]:
    """The monomials by which `p` may be a multiple of `q`."""
    if q:
        n, c = min(q.items())
        for m, b in list(p.items())[:MAX_FACTORS]:
            yield run.times({m: b / c}, run.monomial([(a, -e) for a, e in n]))


def _same_by_equations(run: Normaliser, left: Term, right: Term, zeros: list[Poly]) -> bool:
    """Both compare one quantity with 0, the two forms of it being equal by cited equations.

    A sign may be turned in an equation only. Without this: a < 0 <=> 0 < a from nothing at all.
    """
    if isinstance(left, Bind) or isinstance(right, Bind):
        return False
    p, rel_p = _one_side(run, left)
    q, rel_q = _one_side(run, right)
    if rel_p != rel_q or rel_p == "and":
        return False
    gaps = [minus(p, q)] + ([add_poly(p, q)] if rel_p in ("=", "!=") else [])
    return any(not run.reduce_by(run.align(g), zeros) for g in gaps)


def _readings(run: Normaliser, claim: Term, p: Poly, rel: str) -> Iterable[Poly]:
    """`p rel 0`, and what it is equivalent to by an injective function: `exp(u) = v` is `u = log(v)`."""
    yield p
    match claim:
        case App("=", sides):
            # Without realness: exp(z) = 1 <=> z = 0 for a complex z.
            if not all(run.is_real(run.normal(s)) for s in sides):
                return
            for u, v in (sides, tuple(reversed(sides))):
                if isinstance(u, App) and u.args and not run.is_real(run.normal(u.args[0])):
                    continue
                match u:
                    case App("exp", (inner,)) if run.sign(run.normal(v)) == "+":
                        yield minus(run.log(run.normal(v)), run.normal(inner))
                    case App("log", (inner,)) if run.is_real(run.normal(inner)):
                        # the logarithm is owed a positive argument
                        yield minus(run.exp(run.normal(v)), run.normal(inner))
                    case App("sqrt", (inner,)) if run.sign(run.normal(v)) in ("+", "0+", "0"):
                        # without the sign: sqrt(x) = -2 <=> x = 4 (tests/unsound/squared_negative.drv)
                        square = run.normal(v)
                        yield minus(run.times(square, square), run.normal(inner))


def _proportional(run: Normaliser, p: Poly, q: Poly, rel: str) -> bool:
    """Is `p` a multiple of `q` by a factor that is not 0 (positive, for comparisons)?"""
    try:
        quotient = run.simplify(run.times(p, run.invert(q)))
    except Decline:
        return False
    for atom in {a for m in quotient for a, e in m if e < 0}:
        # Without this: b = 0 <=> a*b = 0, dividing by an a that may be 0
        # (tests/unsound/divided_by_zero_factor.drv).
        if run.sign({((atom, 1),): Fraction(1)}) not in ("+", "-", "!0"):
            return False
    return run.sign(quotient) in (("+", "-", "!0") if rel in ("=", "!=") else ("+",))


def same_solutions(goal: Goal, run: Normaliser, left: Term, right: Term) -> Accepted | None:
    """Both sides have the same finite set of solutions in the one variable that they mention."""
    variable = variable_of(left, right)
    if variable is None or variable.sort is not REAL:
        return None
    one, two = (_solutions(goal, run, side, variable) for side in (left, right))
    if one is None or two is None or one != two:
        return None
    about = (f.name for f in goal.context.facts if f.kind not in (STEP, THEOREM)
             and variable in goal.context.dependencies(f.claim))
    return Accepted(frozenset(run.used).union(n for n in about if n))


def _solutions(goal: Goal, run: Normaliser, claim: Term, variable: Sym) -> set[Fraction] | None:
    """The solutions of an equation, or of a disjunction of equations, in the declared domain."""
    if isinstance(claim, App) and claim.op == "or":
        parts = [_solutions(goal, run, part, variable) for part in claim.args]
        return None if None in parts else set().union(*(p for p in parts if p is not None))
    if not (isinstance(claim, App) and claim.op == "="):
        return None
    gap = minus(run.normal(claim.args[0]), run.normal(claim.args[1]))
    candidates = rational_roots(run, norm(run, gap), variable)
    if candidates is None:
        return None
    found = set()
    for value in candidates:
        here = {variable: Num(value)}
        owed = [substitute(c, here) for c in conditions(claim, goal.context)]
        facts = [
            substitute(goal.context.unfold(f.claim), here) for f in goal.context.facts
            if f.kind not in (STEP, THEOREM, CONDITION)
            and variable in goal.context.dependencies(f.claim)
        ]
        holds = [_closed_truth(c) for c in (*owed, *facts, substitute(claim, here))]
        if None in holds and False not in holds:
            return None
        if False not in holds:
            found.add(value)
    return found


def _closed_truth(claim: Term) -> bool | None:
    """Is a proposition without variables true, false, or not decided?"""
    if free_symbols(claim):
        return None
    if shows(claim, Context()) is not None:
        return True
    flip = {"=": "!=", "!=": "=", "<": "<=", "<=": "<"}
    if isinstance(claim, App) and claim.op in flip:
        sides = claim.args if claim.op in ("=", "!=") else tuple(reversed(claim.args))
        opposite = App(flip[claim.op], sides)
        if shows(opposite, Context()) is not None:
            return False
    return None


def _one_side(run: Normaliser, claim: Term) -> tuple[Poly, str]:
    """A comparison as `p rel 0`."""
    match claim:
        case App("=" | "!=" | "<" | "<=" as rel, (left, right)):
            return minus(run.normal(right), run.normal(left)), rel
        case App("or", parts):
            sides = [_one_side(run, part) for part in parts]
            if all(rel == "=" for _, rel in sides):
                return run.product(*(p for p, _ in sides)), "="
    raise Decline("no equation and no comparison")
