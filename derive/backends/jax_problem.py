"""What JAX is asked to compare: an equality between terms, the symbols to sample, the hypotheses.

Promise: everything here is done on our own terms and loads nothing heavy; a claim that is no equality,
or a hypothesis left out, is said so and never guessed around.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from derive.backends.jax import Refused, Scope, evaluate
from derive.core.operator import RANGE_BINDERS
from derive.core.sort import INTEGER, Array
from derive.core.term import (
    App,
    Bind,
    Num,
    Sym,
    Term,
    children,
    free_symbols,
    map_children,
    subterms,
)

DERIVATIVES = frozenset({"deriv", "partial", "grad", "jacobian", "hessian"})
KINKS = frozenset(
    {"abs", "sign", "max", "min", "relu", "floor", "ceil", "ite", "indicator", "norm", "norm_p",
     "norm_inf", "sqrt", "cbrt"}
)
SIZES = ((1, 2, 3, 4, 5), (2, 3, 4, 5, 1), (3, 5, 2, 1, 4))


@dataclass(frozen=True, slots=True)
class Problem:
    """`claim` is an equality, perhaps under `forall` over ranges, `=>` and `and`; all is unfolded."""

    claim: Term
    hypotheses: tuple[Term, ...]

    def symbols(self) -> tuple[Sym, ...]:
        """The symbols that need a value, those of shapes included, in a fixed order."""
        found = _with_shapes(free_symbols(self.claim).union(*map(free_symbols, self.hypotheses)))
        return tuple(sorted(found, key=lambda s: (s.name, repr(s.sort))))


def is_equality(claim: Term) -> bool:
    """Is the claim an equality, or several, perhaps under quantifiers and conditions?"""
    match claim:
        case App("=", _):
            return True
        case App("and", parts):
            return all(is_equality(p) for p in parts)
        case App("=>", (_, conclusion)):
            return is_equality(conclusion)
        case Bind("forall", _, _, body):
            return is_equality(body)
    return False


def has_derivative(claim: Term) -> bool:
    """Does a derivative of any kind occur?"""
    return any(isinstance(t, App) and t.op in DERIVATIVES for t in subterms(claim))


def has_kink(claim: Term) -> bool:
    """Does an operator occur that is not smooth everywhere inside its domain?"""
    match claim:
        case App("^", (App("norm", (inner,)), Num(p))) if p.denominator == 1 and p > 0 and p % 2 == 0:
            return has_kink(inner)
        case App(op, _) | Bind(op, _, _, _) if op in KINKS and not _about_indices(claim):
            return True
    return any(map(has_kink, children(claim)))


def _about_indices(term: Term) -> bool:
    """Is it an indicator or a choice that only integers decide?"""
    match term:
        case App("indicator" | "ite", (condition, *_)):
            return all(s.sort is INTEGER for s in free_symbols(condition))
    return False


def magnitude(term: Term) -> Term:
    """The same sums and products over absolute values: how large the parts are that may cancel."""
    match term:
        case App("+" | "-", (left, right)):
            return App("+", (magnitude(left), magnitude(right)))
        case App("neg", (arg,)):
            return magnitude(arg)
        case App("*" | "matmul" as op, (left, right)):
            return App(op, (magnitude(left), magnitude(right)))
        case App("/", (left, right)):
            return App("/", (magnitude(left), App("abs", (right,))))
        case App("transpose", _) | Bind("sum" | "array", _, _, _):
            return _last_magnitude(term)
    return App("abs", (term,))


def _last_magnitude(term: Term) -> Term:
    if isinstance(term, Bind):
        return Bind(term.op, term.var, term.over, magnitude(term.body))
    return map_children(term, magnitude)


# ---------------------------------------------------------------- sizes


def sizes_of(
    problem_symbols: Iterable[Sym], hypotheses: Iterable[Term], most: int = len(SIZES)
) -> list[dict[Sym, int]]:
    """Up to `most` assignments of the integer symbols that the hypotheses on them allow.

    The sizes of axes are unequal within each, where that is allowed: a forgotten transpose shows nothing at n = d.
    """
    problem_symbols = tuple(problem_symbols)
    symbols = [s for s in problem_symbols if s.sort is INTEGER]
    axes = _with_shapes(s for s in problem_symbols if s.sort is not INTEGER) & set(symbols)
    if not symbols:
        return [{}]
    rules = [h for h in hypotheses if free_symbols(h) and free_symbols(h) <= set(symbols)]
    width = len(SIZES[0])
    found = list[dict[Sym, int]]()
    wanted = [tuple(row[i % width] for i in range(len(symbols))) for row in SIZES]
    spare = tuple(itertools.islice(itertools.product((2, 3, 1, 4, 0, 5), repeat=len(symbols)), 4000))
    apart = [v for v in spare if _unequal(dict(zip(symbols, v, strict=True)), axes)]
    for values in itertools.chain(wanted, apart, spare):
        sizes = dict(zip(symbols, values, strict=True))
        if sizes not in found and allowed(rules, sizes):
            found.append(sizes)
        if len(found) == most:
            break
    return found


def _unequal(sizes: Mapping[Sym, int], axes: set[Sym]) -> bool:
    found = [n for s, n in sizes.items() if s in axes]
    return len(set(found)) == len(found)


def allowed(rules: list[Term], sizes: Mapping[Sym, int]) -> bool:
    """Do the hypotheses on integers hold? One that cannot be decided counts as broken."""
    scope = Scope(dict(sizes))
    try:
        return all(evaluate(rule, scope) is True for rule in rules)
    except Refused:
        return False


def size_text(sizes: Mapping[Sym, int]) -> str:
    """`K=2, n=3`, or `no dimension`."""
    return ", ".join(f"{s.name}={v}" for s, v in sizes.items()) or "no dimension"


# ---------------------------------------------------------------- from a claim and facts


def problem_from(claim: Term, facts: Iterable[Term]) -> Problem:
    """Quantified variables become symbols, free indices become ranges, premises become hypotheses.

    Only facts about symbols that the claim depends on are kept, with those that they bring in.
    """
    premises = list[Term]()
    while True:
        match claim:
            case Bind("forall", _, (), body):
                claim = body
            case App("=>", (premise, conclusion)):
                premises.append(premise)
                claim = conclusion
            case _:
                break
    kept = relevant(claim, [*premises, *_flat(facts)])
    for var, low, high in _free_indices(claim, kept):
        about = [h for h in kept if var in free_symbols(h)]
        kept = [h for h in kept if var not in free_symbols(h)]
        rest = tuple(h for h in about if not _is_bound_of(h, var))
        inner = App("=>", (App("and", rest) if len(rest) > 1 else rest[0], claim)) if rest else claim
        claim = Bind("forall", var, (low, high), inner)
    return Problem(claim, tuple(kept))


def _flat(facts: Iterable[Term]) -> list[Term]:
    flat = dict[Term, None]()
    for fact in facts:
        for part in fact.args if isinstance(fact, App) and fact.op == "and" else (fact,):
            flat[part] = None
    return list(flat)


def relevant(claim: Term, facts: list[Term]) -> list[Term]:
    """The facts that bear on the claim's symbols, directly or through other facts.

    Sizes connect nothing: a fact that has other symbols must share one of those.
    """
    known = _with_shapes(free_symbols(claim))
    kept = set[Term]()
    changed = True
    while changed:
        changed = False
        for fact in facts:
            symbols = free_symbols(fact)
            about = {s for s in symbols if s.sort is not INTEGER} or symbols
            if fact not in kept and about & known:
                kept.add(fact)
                known |= _with_shapes(symbols)
                changed = True
    return [f for f in facts if f in kept]


def _with_shapes(symbols: Iterable[Sym]) -> set[Sym]:
    """The symbols, and those that the shapes of arrays among them mention."""
    found = set(symbols)
    for symbol in tuple(found):
        if isinstance(symbol.sort, Array):
            for length in symbol.sort.shape:
                found |= free_symbols(length)
    return found


def _free_indices(claim: Term, facts: list[Term]) -> list[tuple[Sym, Term, Term]]:
    """Free integer symbols with a lower and an upper bound that are no size: `1 <= m <= K`."""
    ends = set[Sym]()
    for term in (claim, *facts):
        for part in subterms(term):
            if isinstance(part, Bind) and part.op in RANGE_BINDERS:
                ends |= {s for o in part.over for s in free_symbols(o)}
    found = []
    for var in sorted(free_symbols(claim), key=lambda s: s.name):
        if var.sort is not INTEGER or var in ends:
            continue
        lows = [f.args[0] for f in facts if isinstance(f, App) and f.op == "<=" and f.args[1] == var]
        highs = [f.args[1] for f in facts if isinstance(f, App) and f.op == "<=" and f.args[0] == var]
        if lows and highs:
            found.append((var, lows[0], highs[0]))
    return found


def _is_bound_of(fact: Term, var: Sym) -> bool:
    """Does the fact only bound the index by a size?"""
    return isinstance(fact, App) and fact.op == "<=" and var in fact.args


# ---------------------------------------------------------------- how to sample


def sampling_kinds(symbols: Iterable[Sym], hypotheses: Iterable[Term]) -> dict[Sym, str]:
    """How each symbol is sampled: "real", "positive", "negative", "unit" or "posdef"."""
    kinds = dict.fromkeys(symbols, "real")
    for fact in hypotheses:
        match _entry_fact(fact):
            case App("<" | "<=", (low, Sym() as symbol)) if _is_zero(low):
                kinds[symbol] = "unit" if kinds.get(symbol) == "below" else "positive"
            case App("<" | "<=", (Sym() as symbol, high)) if _is_zero(high):
                kinds[symbol] = "negative"
            case App("<" | "<=", (Sym() as symbol, high)) if repr(high) == "1":
                kinds[symbol] = "unit" if kinds.get(symbol) == "positive" else "below"
            case App("posdef" | "psd", (Sym() as symbol,)):
                kinds[symbol] = "posdef"
    return {s: "real" if k == "below" else k for s, k in kinds.items()}


def _is_zero(term: Term) -> bool:
    return repr(term) == "0"


def _entry_fact(fact: Term) -> Term:
    """`for i, j, 0 < A[i, j]` as `0 < A`: the fact about every entry, written about the array."""
    bound = list[Term]()
    while isinstance(fact, Bind) and fact.op == "forall" and fact.over:
        bound.append(fact.var)
        fact = fact.body
    if not bound:
        return fact

    def whole(term: Term) -> Term:
        match term:
            case App("index", (Sym() as base, *indices)) if set(indices) == set(bound):
                return base
        return term

    return map_children(fact, whole)
