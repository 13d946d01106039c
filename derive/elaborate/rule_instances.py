"""Instances of a rule: values for the variables of one of its forms at which it may give the claim.

Promise: these are proposals; each owes its premises and its sorts like any other instance (`uses.py`). A form
whose conclusion is the claim comes before one that shares only a part with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from derive.core.alpha import canonical
from derive.core.claim import Context, beta
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, Array, Function, Sort
from derive.core.term import (
    ONE,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    index,
    map_children,
    mul,
    power,
    substitute,
    subterms,
)
from derive.elaborate.instances import Place, Proposal, around_of, insides, places_of, proposal_at
from derive.elaborate.matching import Values, matches

MOST_TRIED = 60
MOST_KEPT = 4
MOST_CHOICES = 8
MOST_FACTS = 40
_BY_ENTRY = frozenset({"+", "-", "*", "/", "neg", "^", "exp", "log", "abs", "sqrt"})
_RELATIONS = frozenset({"<", "<=", "=", "!="})


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a rule as it is looked for: what it concludes and owes, the variables that have no value yet."""

    conclusion: Term
    owed: tuple[Term, ...]
    missing: frozenset[Sym]
    values: Values


def whole_matches(form: Form, claim: Term, context: Context) -> list[Proposal]:
    """The values at which the conclusion is the claim, or what stands behind its `for`."""
    found: list[Proposal] = []
    for pattern, goal in _spellings(form.conclusion, claim, context):
        for inner, around in insides(goal):
            for part in _parts(pattern):
                for values in matches(part, inner, form.missing, form.values):
                    found += [proposal_at(dict(v), around) for v in _completed(form, values, context)]
        if found:
            break
    return _distinct(found)[:MOST_KEPT]


def part_matches(form: Form, claim: Term, context: Context) -> list[Proposal]:
    """The values at which parts of the conclusion stand in the claim, those with most in common first."""
    for pattern, goal in _spellings(form.conclusion, claim, context):
        patterns = [
            p for p in _outer(pattern)
            if not form.missing.isdisjoint(free_symbols(p)) and not _is_anything(p, form.missing)
        ]
        places = [p for p in places_of(goal) if isinstance(p.term, (App, Bind))]
        here = {canonical(p.term) for p in places}
        ranked: list[tuple[int, int, Proposal]] = []
        tried = _assigned(patterns, places, form.missing, dict(form.values), ())
        for number, (got, used) in enumerate(islice(tried, MOST_TRIED)):
            for whole in _completed(form, got, context):
                around = around_of(used, dict(whole))
                if around is None:
                    continue
                met = sum(canonical(beta(substitute(p, whole))) in here for p in patterns)
                ranked.append((-met, number, Proposal(tuple(whole.items()), around)))
        if ranked:
            return _distinct([p for _, _, p in sorted(ranked, key=lambda item: item[:2])])[:MOST_KEPT]
    return []


def _completed(form: Form, values: Values, context: Context) -> list[Values]:
    """The values, with those that only the premises have, read off what is known."""
    left = form.missing - set(values)
    if not left:
        return [values]
    found: list[Values] = []
    # what says most of a variable first: 0 <= K is true of anything that is known not to be negative
    for premise in sorted(form.owed, key=lambda p: -sum(1 for _ in subterms(p))):
        if left.isdisjoint(free_symbols(premise)):
            continue
        pattern = resized(premise, values)
        for fact in context.facts[:MOST_FACTS]:
            for got in matches(pattern, beta(context.unfold(fact.claim)), form.missing, values):
                if len(got) > len(values):
                    found += _completed(form, got, context)
        if found:
            break
    return found[:MOST_KEPT]


def resized(term: Term, values: Values) -> Term:
    """A term in which the sizes of bound variables speak of the values too: `for s : real[n]` at n := 3."""
    return _resized(term, dict(values))


def _resized(term: Term, values: Values) -> Term:
    match term:
        case App(op, args):
            return App(op, tuple(_resized(a, values) for a in args))
        case Bind(op, var, over, body):
            over = tuple(_resized(o, values) for o in over)
            sort = sized(var.sort, values)
            if sort != var.sort:
                new = Sym(var.name, sort)
                over = tuple(substitute(o, {var: new}) for o in over)
                body, var = substitute(body, {var: new}), new
            return Bind(op, var, over, _resized(body, values))
    return term


def sized(sort: Sort, values: Values) -> Sort:
    match sort:
        case Array(shape, entry):
            return Array(tuple(substitute(n, values) for n in shape), entry)
        case Function(args, result):
            return Function(tuple(sized(a, values) for a in args), sized(result, values))
    return sort


def _distinct(found: list[Proposal]) -> list[Proposal]:
    kept: dict[tuple[object, ...], Proposal] = {}
    for p in found:
        key = tuple(sorted((v.name, repr(canonical(t))) for v, t in p.values))
        kept.setdefault(key, p)
    return list(kept.values())


def _assigned(
    patterns: list[Term], places: list[Place], missing: frozenset[Sym], values: dict[Sym, Term], used: tuple[Place, ...]
) -> Iterator[tuple[dict[Sym, Term], tuple[Place, ...]]]:
    """Values for all variables, from the patterns that settle most of them."""
    left = missing - set(values)
    able = [p for p in patterns if not left.isdisjoint(free_symbols(p))]
    if not able:
        yield values, used
        return
    if used:
        # what is left may stand in the premises only
        yield values, used
    if len(used) > 3:
        return
    able.sort(key=lambda p: (-len(left & free_symbols(p)), -sum(1 for _ in subterms(p))))
    for pattern in able[:3]:
        count = 0
        for place in places:
            for got in matches(pattern, place.term, missing, values):
                if len(got) == len(values):
                    continue
                count += 1
                yield from _assigned(patterns, places, missing, dict(got), (*used, place))
            if count >= MOST_CHOICES:
                break


def _outer(conclusion: Term) -> list[Term]:
    """The parts of the conclusion that speak of no bound variable, the largest first."""
    found: list[Term] = []
    stack = [conclusion]
    while stack:
        term = stack.pop(0)
        match term:
            case App(op, args):
                if op not in _RELATIONS and op not in ("and", "=>"):
                    found.append(term)
                stack += args
            case Bind(_, _, over, _):
                found.append(term)
                stack += over
    return list(dict.fromkeys(found))


def _is_anything(pattern: Term, missing: frozenset[Sym]) -> bool:
    """Is the pattern a product or sum of variables, which any product or sum would be?"""
    match pattern:
        case App("+" | "-" | "*" | "/" | "neg", args):
            return all(_is_anything(a, missing) for a in args)
        case Sym():
            return pattern in missing
        case Num():
            return True
    return False


def _parts(conclusion: Term) -> tuple[Term, ...]:
    match conclusion:
        case App("and", parts):
            return tuple(p for part in parts for p in _parts(part))
        case App("=", (a, b)):
            return conclusion, App("=", (b, a)), App("<=", (a, b)), App("<=", (b, a))
        case App("<", (a, b)):
            return conclusion, App("<=", (a, b))
    return (conclusion,)


def _spellings(conclusion: Term, claim: Term, context: Context) -> Iterator[tuple[Term, Term]]:
    """As written, with definitions unfolded, and with inner products, norms and means written as sums."""
    done: set[tuple[Term, Term]] = set()
    unfolded = context.unfold(conclusion), context.unfold(claim)
    for pair in ((beta(conclusion), beta(claim)), unfolded, (spelled(unfolded[0]), spelled(unfolded[1]))):
        if pair not in done:
            done.add(pair)
            yield pair


def spelled(term: Term) -> Term:
    """Inner products, Euclidean norms and means of vectors as the sums that they are."""
    term = map_children(term, spelled)
    match term:
        case App("dot", (a, b)) if len(shape_of(a)) == 1:
            return _sum(term, lambda i: mul(_at(a, i), _at(b, i)), shape_of(a)[0])
        case App("norm", (a,)) if len(shape_of(a)) == 1:
            return App("sqrt", (_sum(term, lambda i: power(_at(a, i), TWO), shape_of(a)[0]),))
        case App("^", (App("sqrt", (inner,)), e)) if e == TWO and isinstance(inner, Bind):
            return inner
        case App("mean", (a,)) if len(shape_of(a)) == 1:
            return App("/", (_sum(term, lambda i: _at(a, i), shape_of(a)[0]), shape_of(a)[0]))
    return term


def _sum(whole: Term, body: Callable[[Sym], Term], size: Term) -> Term:
    i = Sym(fresh_name("i", {s.name for s in free_symbols(whole)}), INTEGER)
    return Bind("sum", i, (ONE, size), body(i))


def _at(array: Term, i: Sym) -> Term:
    """The entry of a vector, taken into the operators that work entry by entry."""
    match array:
        case App(op, args) if op in _BY_ENTRY and isinstance(sort_of(array), Array):
            return App(op, tuple(_at(a, i) if isinstance(sort_of(a), Array) else a for a in args))
    return index(array, i)
