"""The slip that explains a refuted step: one repair of the line under which it holds.

Promise: a repair is named only where the kernel accepts the repaired line with every condition shown, or
where a term that is missing is the gap that the normal form computes; nothing here changes a verdict. The
work is counted: a list of repairs, a few points, two proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from derive.core.alpha import alpha_equal
from derive.core.claim import HYPOTHESIS, Cited, Fact, Obligation
from derive.core.operator import OPERATORS
from derive.core.show import show
from derive.core.sort import REAL, Array
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    eq,
    free_symbols,
    le,
    lt,
    map_children,
    mentions,
    mul,
    ne,
    size,
    substitute,
    subterms,
)
from derive.core.verdict import Kind
from derive.engines.repairs import ORDER, damped, laws, repairs
from derive.kernel.indices import is_array
from derive.settings import Settings

POINTS, PROOFS = 4, 2
MAX_SIZE = 600
MAX_CONDITIONS = 12
MAX_ENTRIES, MAX_SLOPES = 200, 3
CONDITION = "the condition"
_RELATIONS = frozenset({"=", "<", "<="})


@dataclass(frozen=True, slots=True)
class Slip:
    """A repaired obligation and how to say what was repaired."""

    obligation: Obligation
    text: str


def explain(obligation: Obligation, settings: Settings) -> str:
    """What single slip explains that the claim is false; "" where none is seen."""
    found = relation_of(obligation.claim)
    if found is None or size(obligation.context.unfold(obligation.claim)) > MAX_SIZE:
        return ""
    relation, put = found
    environments = _points(obligation, settings)
    if not environments:
        return ""
    tried = 0
    for slip in _slips(obligation, relation, put):
        if not _holds(slip.obligation, environments):
            continue
        tried += 1
        if _shown(slip.obligation, obligation, settings):
            return slip.text
        if tried >= PROOFS:
            break
    return ""


def relation_of(claim: Term) -> tuple[App, Callable[[Term], Term]] | None:
    """The relation under the quantifiers and premises of a claim, and the way to put another there."""
    match claim:
        case App(op, (_, _)) if op in _RELATIONS:
            return claim, lambda new: new
        case App("=>", (premise, conclusion)):
            inner = relation_of(conclusion)
            if inner is not None:
                relation, put = inner
                return relation, lambda new: App("=>", (premise, put(new)))
        case Bind("forall", var, over, body):
            inner = relation_of(body)
            if inner is not None:
                relation, put = inner
                return relation, lambda new: Bind("forall", var, over, put(new))
    return None


# ---------------------------------------------------------------- what may have been meant


def _slips(obligation: Obligation, relation: App, put: Callable[[Term], Term]) -> Iterator[Slip]:
    left, right = relation.args

    def instead(new: Term) -> Obligation:
        return replace(obligation, claim=put(new), cited=Cited())

    if relation.op == "=":
        yield from _inner_derivatives(obligation, relation, instead)
        slopes = _slopes(obligation.context.unfold(left)) if mentions(left, "grad") else []
        for repair in damped(right, slopes):
            yield Slip(instead(eq(left, repair.side)), repair.text(right))
        for repair in repairs(right):
            # `A @ B = B @ A` is not explained by `A @ B = A @ B`
            if not (repair.kind == ORDER and alpha_equal(repair.side, left)):
                yield Slip(instead(eq(left, repair.side)), repair.text(right))
        yield from _missing(obligation, relation, instead)
        for repair in laws(left):
            yield Slip(instead(eq(repair.side, right)), repair.text(left))
        for repair in laws(right):
            yield Slip(instead(eq(left, repair.side)), repair.text(right))
    else:
        yield from _relations(relation, instead)
        for repair in repairs(right):
            if alpha_equal(repair.side, left):
                continue
            yield Slip(instead(App(relation.op, (left, repair.side))), repair.text(right))
    for condition in _conditions(relation):
        fact = Fact(CONDITION, condition, HYPOTHESIS)
        under = replace(obligation, context=obligation.context.with_facts(fact), cited=Cited())
        yield Slip(under, f"this holds if `{show(condition)}` (a condition never stated)")


def _relations(relation: App, instead: Callable[[Term], Obligation]) -> Iterator[Slip]:
    """`<=` for `<`, and the other direction."""
    left, right = relation.args
    if relation.op == "<":
        yield Slip(instead(le(left, right)), "this holds with `<=` for `<` (the sides may be equal)")
    yield Slip(
        instead(App(relation.op, (right, left))), "this holds the other way round (the direction of a comparison)"
    )


def _inner_derivatives(
    obligation: Obligation, relation: App, instead: Callable[[Term], Obligation]
) -> Iterator[Slip]:
    """The right side times the derivative of the argument of a function on the left."""
    from derive.kernel.certificate import ALL_FEATURES
    from derive.kernel.derivative import Refusal, derivative
    from derive.kernel.goal import Goal, normaliser
    from derive.kernel.poly import Decline

    left, right = relation.args
    if isinstance(right, Sym) and isinstance(right.sort, Array):
        return
    run, _ = normaliser(Goal(relation, obligation.context), ALL_FEATURES, ())
    for function, variable in _derivatives(obligation.context.unfold(left)):
        for inner in _arguments(function):
            slope = derivative(inner, function.var)
            if isinstance(slope, Refusal):
                continue
            try:
                factor = run.tidy_term(slope)
            except (Decline, RecursionError):
                continue
            if any("~" in s.name for s in free_symbols(factor) - {function.var}) or mentions_array(factor):
                continue
            there = substitute(factor, {function.var: variable})
            yield Slip(
                instead(eq(left, mul(right, there))),
                f"this holds with the factor `{show(there)}` (a forgotten inner derivative)",
            )


def _derivatives(term: Term) -> Iterator[tuple[Bind, Sym]]:
    for part in subterms(term):
        match part:
            case App("deriv", (Bind("lam", _, _, _) as function, Sym() as variable)) if function.var.sort is REAL:
                yield function, variable


def _arguments(function: Bind) -> list[Term]:
    """The arguments of scalar functions and powers in a body that vary and are not the variable alone."""
    found = [
        arg
        for part in subterms(function.body)
        if isinstance(part, App) and part.op not in ("+", "-", "*", "/", "neg") and part.args
        for arg in part.args[:1]
        if arg != function.var and function.var in free_symbols(arg) and not mentions_array(arg)
    ]
    return list(dict.fromkeys(found))[:6]


def _slopes(term: Term) -> list[Term]:
    """The slopes of the entrywise functions of arrays under a gradient, as arrays."""
    found: list[Term] = []
    for part in subterms(term):
        match part:
            case App("grad", (Bind("lam", var, _, body), point)):
                found += [substitute(s, {var: point}) for s in _slopes_in(body)]
    return list(dict.fromkeys(found))[:MAX_SLOPES]


def _slopes_in(body: Term) -> Iterator[Term]:
    for part in subterms(body):
        if isinstance(part, App) and len(part.args) == 1 and part.op in OPERATORS and part.op != "neg":
            row, arg = OPERATORS[part.op], part.args[0]
            if row.slope is not None and row.kind == "elementary" and is_array(arg) and not _bound(arg, body):
                yield row.slope((arg,))[0]


def _bound(arg: Term, body: Term) -> bool:
    """Does the term mention a variable that is bound inside the body?"""
    return bool({t.var for t in subterms(body) if isinstance(t, Bind)} & free_symbols(arg))


def mentions_array(term: Term) -> bool:
    """Does a whole array, or a binder, stand in the term?"""
    return any(
        isinstance(t, Bind) or (isinstance(t, Sym) and isinstance(t.sort, Array)) for t in subterms(term)
    )


def _missing(
    obligation: Obligation, relation: App, instead: Callable[[Term], Obligation]
) -> Iterator[Slip]:
    """The gap between the sides where it is one short term in the author's names."""
    from derive.kernel.certificate import ALL_FEATURES
    from derive.kernel.goal import introduce, normaliser
    from derive.kernel.poly import Decline, minus

    found = introduce(relation, obligation.context)
    if len(found) != 1 or not isinstance(found[0].claim, App) or found[0].claim.op != "=":
        return
    goal, claim = found[0], found[0].claim
    try:
        run, _ = normaliser(goal, ALL_FEATURES, ())
        one, two = (run.normal(s) for s in claim.args)
        gap = run.simplify(run.align(minus(one, two)))
        if len(gap) != 1:
            return
        names = frozenset(t.name for t in (*goal.context.symbols, *free_symbols(relation)))
        term = _readable(run.to_term(gap), names)
    except (Decline, RecursionError, ValueError):
        return
    fresh = tuple(s for s in goal.context.symbols if s not in obligation.context.symbols)
    whole = _whole(term, fresh)
    if whole is None or not set(fresh).isdisjoint(free_symbols(whole)):
        return
    term = whole
    plain = not any("~" in s.name for s in free_symbols(term)) and size(term) <= 24
    if plain and not any(isinstance(t, App) and t.op in ("poly", "root", "delta") for t in subterms(term)):
        yield Slip(
            instead(eq(relation.args[0], add(relation.args[1], term))),
            f"this holds with `{show(term)}` added (a dropped term)",
        )


def _whole(term: Term, at: tuple[Sym, ...]) -> Term | None:
    """`c*W[i, j]` as `c*W`, at the indices of the entry; `c*W[j, i]` as `c*W.T`."""
    match term:
        case App("index", (Sym() as base, *indices)) if indices and at:
            if tuple(indices) == at:
                return base
            return App("transpose", (base,)) if len(at) == 2 and tuple(indices) == at[::-1] else None
        case App("*" | "/" as op, (a, b)):
            one, two = (t if set(at).isdisjoint(free_symbols(t)) else _whole(t, at) for t in (a, b))
            if one is None or two is None:
                return None
            last = op == "*" and is_array(one) and not is_array(two)
            return _scaled(two, one) if last else App(op, (one, two))
        case App("neg", (a,)):
            inner = _whole(a, at)
            return None if inner is None else App("neg", (inner,))
    return None if at else term


def _scaled(factor: Term, array: Term) -> Term:
    """`factor * (c * W)` as `c * factor * W`: numbers before the array, as they are written."""
    match array:
        case App("*", (c, rest)) if not is_array(c):
            return mul(mul(c, factor), rest)
    return mul(factor, array)


def _conditions(relation: App) -> list[Term]:
    """Conditions that are often left unsaid, about the names that stand in the relation."""
    found: list[Term] = []
    for symbol in sorted(free_symbols(relation), key=lambda s: s.name):
        if symbol.sort is REAL:
            found += [ne(symbol, ZERO), le(ZERO, symbol), lt(ZERO, symbol)]
        elif isinstance(symbol.sort, Array) and len(symbol.sort.shape) == 2 == 1 + len(set(symbol.sort.shape)):
            found.append(eq(App("transpose", (symbol,)), symbol))
    return found[:MAX_CONDITIONS]


# ---------------------------------------------------------------- trying them


def _points(obligation: Obligation, settings: Settings) -> list[Any]:
    """A few points that satisfy every hypothesis, first those where the claim is false, then others."""
    from derive.engines.refute import decide_here, prepare
    from derive.engines.sample import points
    from derive.engines.sample_plan import plan

    question = prepare(obligation.context, obligation.context.unfold(obligation.claim))
    whole = plan(question.context, question.claim, question.premises, question.defined)
    if whole.open:
        return []
    false, true = list[Any](), list[Any]()
    for environment in points(whole, 6 * POINTS, settings.seed, attempts=40):
        if all(_length(v) <= MAX_ENTRIES for v in environment.values()):
            found = decide_here(question.claim, environment, (64,))
            if found is not None and found.answer is False:
                false.append(environment)
            elif found is not None and _agrees(found.answer):
                true.append(environment)
        if len(false) >= POINTS:
            break
    return [*false, *true[:2]] if false else []


def _length(value: Any) -> int:
    return sum(map(_length, value)) if isinstance(value, tuple) else 1


def _holds(obligation: Obligation, environments: list[Any]) -> bool:
    """Is the repaired claim nowhere false at the points, and seen to agree at two of them, or at the only one?"""
    from derive.engines.refute import decide_here, prepare

    claim = obligation.context.unfold(obligation.claim)
    extra = [f.claim for f in obligation.context.facts if f.name == CONDITION]
    question = prepare(obligation.context, claim)
    seen = 0
    for environment in environments:
        if extra and not all(_true(c, environment) for c in extra):
            continue
        found = decide_here(question.claim, environment, (64,))
        if found is None or found.answer is False:
            return False
        seen += _agrees(found.answer)
    return seen >= (1 if extra else min(2, len(environments)))


def _agrees(answer: Any) -> bool:
    """Is a claim true at a point, as far as its enclosures say?"""
    from derive.backends.flint import Uncertain

    return answer is True or (isinstance(answer, Uncertain) and answer.overlap)


def _true(condition: Term, environment: Any) -> bool:
    from derive.engines.refute import decide_here

    found = decide_here(condition, environment, (64,))
    return found is not None and found.answer is True


def _shown(repaired: Obligation, written: Obligation, settings: Settings) -> bool:
    """Does the kernel accept the repaired claim, owing nothing open that the claim as written does not owe?"""
    from derive.engines.prove import ALL, QUICK, prove, settle_conditions
    from derive.kernel.meaning import owed

    shown, _ = prove(repaired, ALL, settings, QUICK)
    if shown is None:
        return False
    before = owed(written.claim, written.context)
    owing = tuple(c for c in owed(repaired.claim, repaired.context) if c not in before)
    quiet = replace(settings, refuter=False)
    return all(o.kind is Kind.PROVED for o, _ in settle_conditions(owing, repaired.context, quiet))


def _readable(term: Term, taken: frozenset[str]) -> Term:
    """The term with bound variables under names that are free."""
    if isinstance(term, Bind):
        name = next((n for n in "ijklmpqrs" if n not in taken), None)
        if name is None:
            return term
        fresh = Sym(name, term.var.sort)
        body = _readable(substitute(term.body, {term.var: fresh}), taken | {name})
        return Bind(term.op, fresh, term.over, body)
    return map_children(term, lambda t: _readable(t, taken))
