"""Instances that a step may mean: values for the variables of a cited fact, read off the terms of the claim.

Promise: these are proposals; each owes its range, its premises and its sorts like any other instance
(`uses.py`). A fact about `f[t + 1]` meets `f[T + 2]` at t := T + 1; under a sum over k, or behind `for k`, the
instance is one for every k of that range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from derive.core.alpha import alpha_equal
from derive.core.sort import INTEGER
from derive.core.term import (
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    free_symbols,
    map_children,
    mentions,
    sub,
    substitute,
    subterms,
)
from derive.kernel.match import match
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly

Values = dict[Sym, Term]
Around = tuple[tuple[Sym, tuple[Term, ...]], ...]
MOST_VALUES = 6
MOST_TRIED = 80
MOST_KEPT = 4
_RANGED = frozenset({"sum", "prod", "max", "min", "forall"})


@dataclass(frozen=True, slots=True)
class Place:
    """A term of the claim with the bound variables and ranges around it."""

    term: Term
    around: Around


@dataclass(frozen=True, slots=True)
class Proposal:
    """Values for the open variables, under bound variables of the claim."""

    values: tuple[tuple[Sym, Term], ...]
    around: Around

    def closed(self, claim: Term) -> Term:
        """The claim for every value of the bound variables around."""
        for var, over in reversed(self.around):
            if not over and var not in free_symbols(claim):
                # every sort has a value; a range may have none, and says then nothing
                continue
            claim = Bind("forall", var, over, claim)
        return claim


def proposals(conclusion: Term, claim: Term, variables: frozenset[Sym]) -> list[Proposal]:
    """The instances that share most with the claim, the best first."""
    patterns = [p for p in dict.fromkeys(subterms(conclusion)) if _is_pattern(p, variables)]
    places = list(dict.fromkeys(p for p in places_of(claim) if _is_anchor(p.term)))
    order = sorted(variables, key=lambda v: v.name)
    found: dict[tuple[Term, ...], tuple[int, Proposal]] = {}
    here = {p.term for p in places}
    for values, used in islice(_assignments(patterns, places, variables, {}, ()), MOST_TRIED):
        around = around_of(used, values)
        if around is None:
            continue
        met = sum(_tidy(substitute(p, values)) in here for p in patterns)
        found.setdefault(
            tuple(values[v] for v in order), (met, Proposal(tuple(values.items()), around))
        )
    best = sorted(found.values(), key=lambda item: -item[0])
    return [p for met, p in best if met and met == best[0][0]][:MOST_KEPT]


def insides(claim: Term) -> Iterator[tuple[Term, Around]]:
    """The claim, what stands behind its `for`, and term against term where two sums have one range."""
    around: Around = ()
    yield claim, around
    while isinstance(claim, Bind) and claim.op == "forall":
        around, claim = (*around, (claim.var, claim.over)), claim.body
        yield claim, around
    while True:
        match claim:
            case App("<" | "<=" | "=" as rel, (Bind("sum", i, over, f), Bind("sum", j, again, g))) if (
                alpha_equal(App("vector", over), App("vector", again)) and (i == j or i not in free_symbols(g))
            ):
                # strictly term by term is more than the sums ask for: an empty one has no terms
                around, claim = (*around, (i, over)), App(rel, (f, substitute(g, {j: i})))
                yield claim, around
            case _:
                return


def proposal_at(values: Values, around: Around) -> Proposal:
    """The instance with these values, for every value of the bound variables that they mention."""
    used = frozenset[Sym]().union(*map(free_symbols, values.values()))
    while around and around[-1][0] not in used:
        around = around[:-1]
    return Proposal(tuple(values.items()), around)


def _is_pattern(term: Term, variables: frozenset[Sym]) -> bool:
    return _is_anchor(term) and not variables.isdisjoint(free_symbols(term))


def _is_anchor(term: Term) -> bool:
    return isinstance(term, App) and term.op in ("apply", "index")


def places_of(term: Term, around: Around = ()) -> Iterator[Place]:
    yield Place(_tidy(term) if _is_anchor(term) else term, around)
    match term:
        case App(_, args):
            for a in args:
                yield from places_of(a, around)
        case Bind(op, var, over, body) if op in _RANGED and len(over) == 2:
            for end in over:
                yield from places_of(end, around)
            yield from places_of(body, (*around, (var, over)))


def _assignments(
    patterns: list[Term], places: list[Place], variables: frozenset[Sym], values: Values, used: tuple[Place, ...]
) -> Iterator[tuple[Values, tuple[Place, ...]]]:
    """Values for all variables: from the pattern that leaves least choice, then from the others with these values."""
    open_ones = variables - set(values)
    if not open_ones:
        yield values, used
        return
    choices: list[tuple[tuple[tuple[Sym, Term], ...], Place]] = []
    least = (0, 0)
    for pattern in patterns:
        if open_ones.isdisjoint(free_symbols(pattern)):
            continue
        read: dict[tuple[tuple[Sym, Term], ...], Place] = {}
        for place in places:
            got = _read(substitute(pattern, values), place.term, open_ones)
            if got:
                read.setdefault(tuple(sorted(got.items(), key=lambda item: item[0].name)), place)
        rank = (sum(1 for _ in subterms(pattern)), len(read))
        if read and (not choices or rank < least):
            choices, least = list(read.items()), rank
    for got_items, place in choices[:MOST_VALUES]:
        yield from _assignments(patterns, places, variables, {**values, **dict(got_items)}, (*used, place))


def around_of(
    places: tuple[Place, ...], values: Values
) -> Around | None:
    """The bound variables that the values mention, all from one nest of binders."""
    needed = frozenset[Sym]().union(*map(free_symbols, values.values()))
    nest = max((p.around for p in places), key=len, default=())
    used = tuple((v, over) for v, over in nest if v in needed)
    bound = {v for p in places for v, _ in p.around if v in needed}
    if bound - {v for v, _ in used}:
        return None
    ends = frozenset[Sym]().union(*(free_symbols(end) for _, over in used for end in over))
    return used if ends.isdisjoint({v for v, _ in nest}) else None


def _read(pattern: Term, term: Term, variables: frozenset[Sym]) -> Values:
    """The values that one pattern gives where it meets a term: by matching, or by an offset of an index."""
    found = match(pattern, term, variables)
    if found is not None:
        return found
    if not (isinstance(pattern, App) and isinstance(term, App) and pattern.op == term.op == "index"):
        return {}
    if len(pattern.args) != len(term.args) or pattern.args[0] != term.args[0]:
        return {}
    values: Values = {}
    rest = list(zip(pattern.args[1:], term.args[1:], strict=True))
    for want, have in sorted(rest, key=lambda pair: not isinstance(pair[0], Sym)):
        open_here = [v for v in free_symbols(want) if v in variables and v not in values]
        want = substitute(want, values)
        if len(open_here) > 1:
            return {}
        if not open_here:
            if _tidy(sub(want, have)) != _tidy(sub(have, have)):
                return {}
            continue
        (v,) = open_here
        if v.sort is not INTEGER:
            return {}
        value = _tidy(sub(have, sub(want, v)))
        if v in free_symbols(value):
            return {}
        values[v] = value
    return values


def tidied(term: Term) -> Term:
    """The term with the whole numbers in its indices and arguments added up: `f[T - k + (k + 1)]` is `f[T + 1]`."""
    return _tidy(map_children(term, tidied))


def _tidy(term: Term) -> Term:
    """Sums of whole numbers in a canonical order, inside indices and arguments too."""
    if isinstance(term, App) and term.op in ("index", "apply"):
        return App(term.op, (term.args[0], *(_tidy(a) for a in term.args[1:])))
    if isinstance(term, (Bind, Sym)) or mentions(term, "index") or mentions(term, "apply"):
        return term
    if not all(s.sort is INTEGER for s in free_symbols(term)):
        return term
    run = Normaliser()
    run.prepare((), frozenset(), False)
    try:
        return _as_written(run, run.normal(term))
    except Decline:
        return term


def _as_written(run: Normaliser, p: Poly) -> Term:
    """A sum as it is written, `T - k` and not `T + (-1)*k`."""
    parts = sorted(p.items(), key=lambda item: (item[1] < 0, not item[0], run.monomial_key(item[0])))
    total: Term | None = None
    for m, c in parts:
        piece = run.to_term({m: abs(c)})
        if total is None:
            total = piece if c > 0 else run.to_term({m: c})
        else:
            total = add(total, piece) if c > 0 else sub(total, piece)
    return ZERO if total is None else total
