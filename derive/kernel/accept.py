"""The kernel's one entry point: does this certificate show this obligation?

Promise: `accept` answers `Accepted` only if the claim holds at every point where the facts of the context
and the conditions of the claim as written hold. It unfolds, introduces and computes by itself; it never
searches and imports no engine. What it leans on: `normal.py` and below, `derivative.py`, `arrays.py`,
`conditions.py`, and python-flint's exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from derive.core.claim import (
    CASE,
    CONDITION,
    STEP,
    THEOREM,
    Context,
    Definition,
    Fact,
    Obligation,
)
from derive.core.sort import REAL, Array
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    alpha_equal,
    conj,
    free_symbols,
    fresh_name,
    le,
    map_children,
    mentions,
    sub,
    substitute,
    subterms,
)
from derive.kernel import certificate as form
from derive.kernel.arrays import scalarise
from derive.kernel.conditions import conditions
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.lemmas import NAMED, lemma
from derive.kernel.match import match
from derive.kernel.noncommutative import shown
from derive.kernel.normal import Normaliser
from derive.kernel.optimum import premises
from derive.kernel.order import chord, congruence, logs, slope, split, strip
from derive.kernel.poly import Decline, Poly, constant, minus, scale
from derive.kernel.sign import stronger
from derive.kernel.solutions import norm, rational_roots, variable_of
from derive.kernel.structure import is_integer
from derive.kernel.written import sign_as_written


@dataclass(frozen=True, slots=True)
class Accepted:
    """The certificate shows the claim; `uses` names the facts that it used."""

    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The certificate does not show the claim, and why in plain words."""

    reason: str


Zero = tuple[Poly, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Goal:
    """An atomic claim with the facts that its quantifiers and premises brought."""

    claim: Term
    context: Context


def accept(obligation: Obligation, certificate: form.Certificate) -> Accepted | Rejected:
    """Check a certificate against an obligation."""
    try:
        if isinstance(certificate, form.Optimum):
            whole = Goal(obligation.claim, obligation.context)
            return _optimum(whole, certificate.method, certificate.parts)
        if isinstance(certificate, form.Noncommutative):
            matrices = introduce(obligation.claim, obligation.context, by_entry=False)
            return _every((goal, certificate) for goal in matrices)
        if isinstance(certificate, form.Fact):
            whole_answer = _whole_fact(obligation, certificate.name)
            if whole_answer is not None:
                return whole_answer
        features = getattr(certificate, "features", form.ALL_FEATURES)
        goals = introduce(obligation.claim, obligation.context, "diff" in features)
        if isinstance(certificate, form.Intro):
            if len(goals) != len(certificate.parts):
                return Rejected("a goal has no certificate")
            return _every(zip(goals, certificate.parts, strict=True))
        return _every((goal, certificate) for goal in goals)
    except Decline as reason:
        return Rejected(str(reason))
    except RecursionError:
        return Rejected("the term is nested too deeply")


def _every(pairs: Iterable[tuple[Goal, form.Certificate]]) -> Accepted | Rejected:
    uses: frozenset[str] = frozenset()
    for goal, certificate in pairs:
        answer = _accept_goal(goal, certificate)
        if isinstance(answer, Rejected):
            return answer
        uses |= answer.uses
    return Accepted(uses)


def introduce(
    claim: Term, context: Context, calculus: bool = True, by_entry: bool = True
) -> tuple[Goal, ...]:
    """Strip quantifiers and premises: each becomes a fresh symbol, or facts; arrays go entry by entry."""
    claim = context.unfold(claim)
    match claim:
        case App("and", parts):
            return tuple(g for part in parts for g in introduce(part, context, calculus, by_entry))
        case App("=>", (premise, conclusion)):
            inner = context.with_facts(Fact("", premise, CASE))
            return introduce(conclusion, inner, calculus, by_entry)
        case Bind("forall", var, over, body):
            # Without the fresh name: a hypothesis about a free i would hold for the bound one.
            fresh = _fresh(var, context, claim)
            inner = context.with_symbols(fresh)
            if over:
                low, high = over
                ends = conj(le(low, fresh), le(fresh, high))
                inner = inner.with_facts(Fact("", ends, CASE))
            return introduce(substitute(body, {var: fresh}), inner, calculus, by_entry)
    if not by_entry:
        return (Goal(claim, context),)
    scalar = prepare(claim, context, calculus)
    if scalar is not None and scalar != claim and isinstance(scalar, (App, Bind)):
        if isinstance(scalar, Bind) or scalar.op in ("and", "=>"):
            return introduce(scalar, context, calculus)
        return (Goal(scalar, context),)
    return (Goal(claim, context),)


def _fresh(var: Sym, context: Context, claim: Term) -> Sym:
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(claim)}
    for fact in context.facts:
        taken |= {s.name for s in free_symbols(fact.claim)}
    return Sym(fresh_name(var.name, taken), var.sort) if var.name in taken else var


def prepare(term: Term, context: Context, calculus: bool = True) -> Term | None:
    """Unfolded, entry by entry, differentiated unless told not to; None where the kernel has no rule for a part."""
    return _prepared(term, context.definitions, calculus)


@lru_cache(maxsize=4096)
def _prepared(term: Term, definitions: tuple[Definition, ...], calculus: bool) -> Term | None:
    context = Context(definitions=definitions)
    term = scalarise(context.unfold(term))
    if not calculus:
        return term
    done = differentiate(term)
    return None if isinstance(done, Refusal) else scalarise(context.unfold(done))


def normaliser(
    goal: Goal, features: frozenset[str], equations: tuple[str, ...], extra: tuple[Term, ...] = ()
) -> tuple[Normaliser, list[Zero]]:
    """A normal form under the facts of a goal, and the polynomials that its cited equations make 0."""
    facts = tuple(
        Fact(f.name, claim, f.kind)
        for f in goal.context.facts
        if (claim := prepare(f.claim, goal.context, "diff" in features)) is not None
    )
    guarded = mentions(goal.claim, "ite") or mentions(goal.claim, "indicator")
    run, zeros = _run(facts, features, equations, guarded)
    run.used = set()
    return run, zeros


@lru_cache(maxsize=16)
def _run(
    facts: tuple[Fact, ...], features: frozenset[str], equations: tuple[str, ...], guarded: bool
) -> tuple[Normaliser, list[Zero]]:
    """A normal form under these facts; what it remembers, it remembers with the facts used."""
    run = Normaliser()
    run.prepare(facts, features, guarded)
    zeros: list[Zero] = []
    for fact in facts:
        if fact.name in equations or fact.kind == CASE:
            for part in _conjuncts(fact.claim):
                _add_equation(run, part, fact.name, zeros)
    return run, zeros


def _conjuncts(claim: Term) -> tuple[Term, ...]:
    if isinstance(claim, App) and claim.op == "and":
        return tuple(c for part in claim.args for c in _conjuncts(part))
    return (claim,)


def _add_equation(run: Normaliser, claim: Term, name: str, zeros: list[Zero]) -> None:
    """Let an equation rewrite: one atom by the rest where that is possible, a polynomial zero otherwise."""
    variables: list[Sym] = []
    while isinstance(claim, Bind) and claim.op == "forall":
        if not claim.over:
            return
        low, high = claim.over
        fresh, body = run.enter(claim.var, low, high, claim.body)
        variables.append(fresh)
        claim = body
    if not (isinstance(claim, App) and claim.op == "="):
        return
    run.used = set()
    try:
        gap = run.clear(minus(run.normal(claim.args[0]), run.normal(claim.args[1])))
    except Decline:
        return
    target = _solve_for(run, gap, variables)
    if target is None:
        if not variables and gap:
            zeros.append((gap, frozenset(run.used | {name})))
        return
    atom, c = target
    value = scale(minus(gap, {((atom, 1),): c}), -1 / c)
    term = run.atoms[atom]
    if variables:
        run.patterns.append((term, frozenset(variables), run.to_term(value), name))
    else:
        zeros.append((gap, frozenset(run.used | {name})))
        run.ground[term] = (value, frozenset(run.used | {name}))
    # Normal forms made before the equation was known would not have used it.
    run.memo = {}
    run.sign_memo = {}


def _solve_for(run: Normaliser, gap: Poly, variables: list[Sym]) -> tuple[int, Fraction] | None:
    """An atom that occurs once, alone, with a rational coefficient: the largest such atom."""
    best: tuple[int, Fraction] | None = None
    best_key: tuple[int, str] = (0, "")
    for m, c in gap.items():
        if len(m) != 1 or m[0][1] != 1:
            continue
        atom = m[0][0]
        term = run.atoms[atom]
        if isinstance(term, App) and term.op in ("exp", "root", "poly", "abs", "delta", "indicator", "pi"):
            continue
        if not set(variables) <= free_symbols(term) or (variables and not _is_pattern(term)):
            continue
        others = [a for n in gap if n != m for a, _ in n]
        if atom in others or any(term in set(subterms(run.atoms[a])) for a in others):
            continue
        key = (sum(1 for _ in subterms(term)), repr(term))
        if best is None or key > best_key:
            best, best_key = (atom, c), key
    return best


def _is_pattern(term: Term) -> bool:
    """May this atom be matched? Its indices are owed to be in range, so a match is an instance."""
    return isinstance(term, (App, Bind)) and any(
        isinstance(t, App) and t.op in ("index", "partial") for t in subterms(term)
    )


# ---------------------------------------------------------------- the forms


def _accept_goal(goal: Goal, certificate: form.Certificate) -> Accepted | Rejected:
    match certificate:
        case form.Normal(equations, features):
            return _normal(goal, equations, features)
        case form.Noncommutative(equations, features):
            return _matrix(goal, equations, features)
        case form.Fact(name):
            return _fact(goal, name)
        case form.Combination():
            return _combination(goal, certificate)
        case form.Congruence(parts):
            return _all_of(congruence(goal.claim), parts, goal.context)
        case form.Strip(parts):
            return _all_of(strip(goal.claim), parts, goal.context)
        case form.Logs(parts):
            return _all_of(logs(goal.claim), parts, goal.context)
        case form.Product(factor, rest, part):
            return _product(goal, factor, rest, part)
        case form.Chord(variable, low, high, parts):
            return _chord(goal, variable, (low, high), parts)
        case form.Slope(variable, point, parts):
            return _slope(goal, variable, point, parts)
        case form.Split(term, above, below):
            return _split(goal, term, (above, below))
        case form.Through(middle, first, second):
            return _through(goal, middle, (first, second))
        case form.Optimum() | form.Intro():
            return Rejected("this form is about a whole claim")


def _all_of(
    claims: tuple[Term, ...] | None, parts: tuple[form.Certificate, ...], context: Context
) -> Accepted | Rejected:
    """Each subgoal by its own certificate."""
    if claims is None:
        return Rejected("this move does not apply here")
    if len(claims) != len(parts):
        return Rejected("a subgoal has no certificate")
    uses: frozenset[str] = frozenset()
    for claim, part in zip(claims, parts, strict=True):
        answer = accept(Obligation("", claim, context), part)
        if isinstance(answer, Rejected):
            return answer
        uses |= answer.uses
    return Accepted(uses)


def _defined(terms: Iterable[Term], context: Context) -> Accepted | Rejected:
    """Terms that a certificate brings in are defined wherever the claim is.

    Without this: a combination through 1/x would hold at x = 0 (tests/unsound/hidden_pole.drv).
    """
    uses: frozenset[str] = frozenset()
    for term in terms:
        for condition in conditions(term, context):
            answer = accept(Obligation("", condition, context), form.Normal())
            if isinstance(answer, Rejected):
                return Rejected("a term of the certificate is not known to be defined")
            uses |= answer.uses
    return Accepted(uses)


def _slope(
    goal: Goal, variable: Sym, point: Term, parts: tuple[form.Certificate, ...]
) -> Accepted | Rejected:
    owed = slope(goal.claim, variable, point, goal.context)
    if isinstance(owed, str):
        return Rejected(owed)
    here = _defined((point,), goal.context)
    return here if isinstance(here, Rejected) else _joined(here, _all_of(owed, parts, goal.context))


def _chord(
    goal: Goal, variable: Sym, ends: tuple[Term, Term], parts: tuple[form.Certificate, ...]
) -> Accepted | Rejected:
    owed = chord(goal.claim, variable, *ends, goal.context)
    if isinstance(owed, str):
        return Rejected(owed)
    here = _defined(ends, goal.context)
    return here if isinstance(here, Rejected) else _joined(here, _all_of(owed, parts, goal.context))


def _product(goal: Goal, factor: Term, rest: Term, part: form.Certificate) -> Accepted | Rejected:
    """A product of a nonnegative factor and something shown nonnegative."""
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op == "<="):
        return Rejected("no weak comparison")
    here = _defined((factor, rest), goal.context)
    if isinstance(here, Rejected):
        return here
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    p = run.normal(factor)
    gap = minus(run.normal(claim.args[1]), run.normal(claim.args[0]))
    if run.sign(p) not in ("+", "0+", "0"):
        return Rejected("the factor is not known to be nonnegative")
    if not run.is_zero(minus(gap, run.times(p, run.normal(rest)))):
        return Rejected("the product is not the difference of the sides")
    used = Accepted(here.uses | run.used)
    return _joined(used, _all_of((le(ZERO, rest),), (part,), goal.context))


def _split(goal: Goal, term: Term, parts: tuple[form.Certificate, ...]) -> Accepted | Rejected:
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    if not run.is_real(run.normal(term)):
        return Rejected("only a real number is at least 0 or at most 0")
    here = _defined((term,), goal.context)
    if isinstance(here, Rejected):
        return here
    return _joined(here, _all_of(split(goal.claim, term), parts, goal.context))


def _through(goal: Goal, middle: Term, parts: tuple[form.Certificate, ...]) -> Accepted | Rejected:
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op in ("<", "<=")):
        return Rejected("no comparison")
    here = _defined((middle,), goal.context)
    if isinstance(here, Rejected):
        return here
    left, right = claim.args
    claims = (App(claim.op, (left, middle)), le(middle, right))
    return _joined(here, _all_of(claims, parts, goal.context))


def _joined(one: Accepted, two: Accepted | Rejected) -> Accepted | Rejected:
    return two if isinstance(two, Rejected) else Accepted(one.uses | two.uses)


def _combination(goal: Goal, certificate: form.Combination) -> Accepted | Rejected:
    """`scale*(right - left)` minus nonnegative quantities has a known sign."""
    claim = goal.claim
    if not (isinstance(claim, App) and claim.op in ("<", "<=")):
        return Rejected("no comparison")
    run, zeros = normaliser(goal, form.ALL_FEATURES, certificate.equations)
    brought = [t for p in certificate.parts for f in p.factors for t in _written(f.args)]
    if certificate.scale is not None:
        brought.append(certificate.scale)
    here = _defined(dict.fromkeys(brought), goal.context)
    if isinstance(here, Rejected):
        return here
    rest = minus(run.normal(claim.args[1]), run.normal(claim.args[0]))
    if certificate.scale is not None:
        factor = run.normal(certificate.scale)
        if run.sign(factor) != "+":
            return Rejected("the scale is not known to be positive")
        rest = run.times(factor, rest)
    for part in certificate.parts:
        weight = Fraction(part.weight)
        if weight < 0:
            return Rejected("a weight is negative")
        product = constant(weight)
        for factor_instance in part.factors:
            product = run.times(product, lemma(run, factor_instance.lemma, factor_instance.args))
        rest = minus(rest, product)
    rest = run.align(rest)
    sign = "0" if run.is_zero(rest) else run.sign(rest)
    if sign is None and zeros and not run.reduce_by(rest, [z for z, _ in zeros]):
        sign = "0"
        run.used.update(*(n for _, n in zeros))
    if sign == "+" or (sign in ("0+", "0") and claim.op == "<="):
        names = frozenset(l for p in certificate.parts for f in p.factors if (l := f.lemma) in NAMED)
        return Accepted(frozenset(run.used) | here.uses | names | frozenset(certificate.equations))
    return Rejected("the combination leaves a rest of unknown sign")


def _normal(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | Rejected:
    run, zeros = normaliser(goal, features, equations)
    claim = goal.claim
    if not isinstance(claim, App):
        return Rejected("the normal form has no reading of this claim")
    match claim.op, claim.args:
        case "=", (left, right):
            if not (_is_scalar(left) and _is_scalar(right)):
                return Rejected("the sides are no numbers")
            gap = run.align(minus(run.normal(left), run.normal(right)))
            if run.is_zero(gap):
                return Accepted(frozenset(run.used))
            if zeros and not run.reduce_by(gap, [z for z, _ in zeros]):
                return Accepted(frozenset(run.used).union(*(n for _, n in zeros)))
            if _by_replacement(goal, run, equations):
                return Accepted(frozenset(run.used))
            return Rejected("the two sides have different normal forms")
        case ("<" | "<=" | "!=") as rel, (left, right):
            written = right if left == ZERO else sub(right, left)
            sign = sign_as_written(run, written)
            if sign not in ("+", "-", "0"):
                aligned = run.align(minus(run.normal(right), run.normal(left)))
                sign = stronger(sign, run.sign(aligned))
            wanted = {"<": ("+",), "<=": ("+", "0+", "0"), "!=": ("+", "-", "!0")}[rel]
            if sign in wanted:
                return Accepted(frozenset(run.used))
            return _vacuous(goal, run) or Rejected("the sign of the difference is not known")
        case "<=>", (left, right):
            answer = _equivalent(run, left, right)
            if isinstance(answer, Accepted):
                return answer
            return _same_solutions(goal, run, left, right) or answer
        case "true", ():
            return Accepted(frozenset())
        case "or", parts:
            for part in parts:
                answer = _normal(Goal(part, goal.context), equations, features)
                if isinstance(answer, Accepted):
                    return answer
            return Rejected("none of the alternatives is known")
        case ("invertible" | "posdef" | "psd"), _:
            return _matrix(goal, (), features)
    return Rejected("the normal form has no reading of this claim")


def _matrix(goal: Goal, equations: tuple[str, ...], features: frozenset[str]) -> Accepted | Rejected:
    found = shown(goal.claim, goal.context, equations, features)
    return Rejected(found) if isinstance(found, str) else Accepted(found - {""})


def _vacuous(goal: Goal, run: Normaliser) -> Accepted | None:
    """Two facts, one of them a premise of this goal, that contradict each other."""
    premises_here = {f.name for f in goal.context.facts if f.kind == CASE}
    if not premises_here:
        return None
    clash = run.clash(premises_here)
    return None if clash is None else Accepted(clash | run.used)


def _by_replacement(goal: Goal, run: Normaliser, equations: tuple[str, ...]) -> bool:
    """Put the other side of a cited equation wherever one side stands, as written, and compare again."""
    assert isinstance(goal.claim, App)
    for fact in goal.context.facts:
        if fact.name not in equations:
            continue
        prepared = prepare(fact.claim, goal.context)
        for part in _conjuncts(prepared) if prepared is not None else ():
            if not (isinstance(part, App) and part.op == "="):
                continue
            for old, new in (part.args, tuple(reversed(part.args))):
                if isinstance(old, (Num, Sym)):
                    continue
                left, right = (replaced(side, old, new) for side in goal.claim.args)
                if (left, right) != goal.claim.args and run.is_zero(
                    run.align(minus(run.normal(left), run.normal(right)))
                ):
                    run.use(fact.name)
                    return True
    return False


def replaced(term: Term, old: Term, new: Term) -> Term:
    """Every free occurrence of a term replaced: equals for equals."""
    if alpha_equal(term, old):
        return new
    if isinstance(term, Bind) and term.var in free_symbols(old) | free_symbols(new):
        # without this: a bound i would be taken for the free one
        return term
    return map_children(term, lambda t: replaced(t, old, new))


def _is_scalar(term: Term) -> bool:
    return not isinstance(term, Sym) or not isinstance(term.sort, Array)


def _equivalent(run: Normaliser, left: Term, right: Term) -> Accepted | Rejected:
    """Both are equations (or both comparisons) and one side is the other times a factor of known sign.

    A disjunction of equations counts as the product of their sides. Without the sign of the factor:
    `x^2 = x <=> x = 1` (tests/unsound/lost_root.drv).
    """
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


def _same_solutions(goal: Goal, run: Normaliser, left: Term, right: Term) -> Accepted | None:
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
    if isinstance(accept(Obligation("", claim, Context()), form.Normal()), Accepted):
        return True
    flip = {"=": "!=", "!=": "=", "<": "<=", "<=": "<"}
    if isinstance(claim, App) and claim.op in flip:
        sides = claim.args if claim.op in ("=", "!=") else tuple(reversed(claim.args))
        opposite = App(flip[claim.op], sides)
        if isinstance(accept(Obligation("", opposite, Context()), form.Normal()), Accepted):
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


def _written(args: tuple[Term, ...]) -> Iterable[Term]:
    """The terms of an instance: its functions of an index stand under a sum over their range."""
    for a in args:
        if isinstance(a, Bind) and a.op == "lam":
            yield Bind("sum", a.var, (args[0], args[1]), a.body)
        else:
            yield a


def _whole_fact(obligation: Obligation, name: str) -> Accepted | None:
    """A fact that is the whole claim, or an equation with one side of it whose other side is equal."""
    context = obligation.context
    claim = context.unfold(obligation.claim)
    for fact in context.facts:
        if fact.name != name:
            continue
        whole = context.unfold(fact.claim)
        for part in (whole, *_conjuncts(whole)):
            if alpha_equal(part, claim):
                return Accepted(frozenset({name}))
            match claim, part:
                case App("=", (a, b)), App("=", (c, d)) if alpha_equal(a, c):
                    answer = accept(Obligation("", App("=", (b, d)), context), form.Normal())
                    if isinstance(answer, Accepted):
                        return Accepted(answer.uses | {name})
    return None


def _fact(goal: Goal, name: str) -> Accepted | Rejected:
    """The claim is the fact itself, or one of its parts with sides that have the same normal forms."""
    for fact in goal.context.facts:
        if fact.name != name:
            continue
        whole = goal.context.unfold(fact.claim)
        for part in (whole, *_conjuncts(whole)):
            if alpha_equal(part, goal.context.unfold(goal.claim)):
                return Accepted(frozenset({name}))
            prepared = prepare(part, goal.context)
            if prepared is not None and alpha_equal(prepared, goal.claim):
                return Accepted(frozenset({name}))
            if prepared is not None:
                answer = _side_by_side(goal, prepared) or _instance(goal, prepared)
                if answer is not None:
                    return Accepted(answer.uses | {name})
    return Rejected("the fact says something else")


def _instance(goal: Goal, fact: Term) -> Accepted | None:
    """The goal is an instance of a fact about every index of a range, and the index is in the range."""
    binders: list[Bind] = []
    while isinstance(fact, Bind) and fact.op == "forall" and fact.over:
        binders.append(fact)
        fact = fact.body
    if not binders:
        return None
    variables = frozenset(b.var for b in binders)
    for part in _conjuncts(fact):
        found = match(part, goal.claim, variables)
        if found is None or len(found) != len(variables):
            continue
        if not all(is_integer(value) for value in found.values()):
            continue
        uses: frozenset[str] = frozenset()
        for b in binders:
            low, high = (substitute(end, found) for end in b.over)
            for owed in (le(low, found[b.var]), le(found[b.var], high)):
                answer = accept(Obligation("", owed, goal.context), form.Normal())
                if isinstance(answer, Rejected):
                    return None
                uses |= answer.uses
        return Accepted(uses)
    return None


_IMPLIED = {"=": ("=", "<="), "<": ("<", "<=", "!="), "<=": ("<=",), "!=": ("!=",)}


def _side_by_side(goal: Goal, part: Term) -> Accepted | None:
    """A fact `a' rel' b'` gives `a rel b` where the sides agree and the relation is no stronger."""
    claim = goal.claim
    if not (isinstance(claim, App) and isinstance(part, App) and len(claim.args) == 2 == len(part.args)):
        return None
    if claim.op not in _IMPLIED.get(part.op, ()):
        return None
    pairs = [(claim.args, part.args)]
    if part.op in ("=", "!="):
        pairs.append((claim.args, (part.args[1], part.args[0])))
    run, _ = normaliser(goal, form.ALL_FEATURES, ())
    for ours, theirs in pairs:
        if not any(alpha_equal(a, b) for a, b in zip(ours, theirs, strict=True)):
            continue
        try:
            if all(
                alpha_equal(a, b) or run.is_zero(minus(run.normal(a), run.normal(b)))
                for a, b in zip(ours, theirs, strict=True)
            ):
                return Accepted(frozenset(run.used))
        except Decline:
            continue
    return None


def _optimum(goal: Goal, method: str, parts: tuple[form.Certificate, ...]) -> Accepted | Rejected:
    """The premises of the method, computed here, each shown by its own certificate."""
    owed = premises(goal.claim, method, goal.context)
    if isinstance(owed, str):
        return Rejected(owed)
    if len(owed) != len(parts):
        return Rejected("a premise has no certificate")
    uses: frozenset[str] = frozenset({method})
    for claim, part in zip(owed, parts, strict=True):
        answer = accept(Obligation("", claim, goal.context), part)
        if isinstance(answer, Rejected):
            return answer
        uses |= answer.uses
    return Accepted(uses)


