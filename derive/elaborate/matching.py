"""Matching up to the order of factors and summands, with values for arrays and functions of a bound variable.

Promise: only proposals. `matches(pattern, term, variables)` gives values under which the pattern is likely to
be the term; what the values make of the pattern is a fact only as an instance (`uses.py`), and whether it
gives the claim the kernel decides. `x[i]` under `sum(i in 1..n, ...)` meets any term in i: x becomes the array
of these terms. The work is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, islice

from derive.core.alpha import alpha_equal
from derive.core.claim import beta
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL, Array, Function, Scalar, Sort
from derive.core.term import (
    ONE,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    free_symbols,
    fresh_name,
    index,
    mul,
    power,
    substitute,
)

Values = Mapping[Sym, Term]
Apart = Callable[[Term], list[Term]]
Whole = Callable[[list[Term]], Term]
MOST_WORK = 4000
MOST_FOUND = 12
_ARITHMETIC = frozenset({"/", "neg"})
_ROOT = Num(Fraction(1, 2))
_ELEMENTARY = frozenset(
    name for name, row in OPERATORS.items() if row.kind in ("elementary", "special") and row.arity == 1
)


@dataclass(slots=True)
class _Work:
    left: int = MOST_WORK
    variables: frozenset[Sym] = field(default_factory=frozenset)

    def spend(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class _State:
    """Values so far, and the bound variables of the pattern with those of the term that they stand for."""

    values: Mapping[Sym, Term]
    bound: tuple[tuple[Sym, Sym], ...] = ()

    def partner(self, var: Sym) -> Sym | None:
        return next((t for p, t in reversed(self.bound) if p == var), None)

    def inner(self) -> frozenset[Sym]:
        return frozenset(t for _, t in self.bound)

    def given(self, var: Sym, value: Term) -> _State:
        return _State({**self.values, var: value}, self.bound)


def matches(pattern: Term, term: Term, variables: frozenset[Sym], known: Values) -> list[Values]:
    """Values of the variables under which the pattern is the term, the first few."""
    work = _Work(MOST_WORK, variables | frozenset(known))
    found: list[Values] = []
    for state in islice(_match(pattern, term, _State(dict(known)), work), MOST_FOUND):
        if state.values not in found:
            found.append(state.values)
    return found


def _match(pattern: Term, term: Term, state: _State, work: _Work) -> Iterator[_State]:
    if not work.spend():
        return
    if isinstance(pattern, App) and pattern.op in _ARITHMETIC:
        number = rational(term)
        if number is not None and isinstance(term, App):
            yield from _number(pattern, number, state, work)
            return
    match pattern:
        case Sym():
            yield from _symbol(pattern, term, state, work)
        case Num():
            if pattern == term:
                yield state
        case App("index", (Sym() as array, *indices)) if array in work.variables and _bound(indices, state):
            yield from _entry(array, indices, term, state)
        case App("apply", (Sym() as function, argument)) if function in work.variables:
            yield from _applied(function, argument, term, state, work)
        case App("*" | "/" | "neg", _):
            yield from _bag(pattern, term, state, work, _factors, _product)
        case App("+" | "-", _):
            yield from _bag(pattern, term, state, work, _summands, _total)
        case App("^", (base, exponent)):
            for b, e in _powers(term):
                for found in _match(exponent, e, state, work):
                    yield from _match(base, b, found, work)
        case App("sqrt", (inner,)):
            for b, e in _powers(term):
                if e == _ROOT:
                    yield from _match(inner, b, state, work)
        case App(op, args):
            if isinstance(term, App) and term.op == op and len(term.args) == len(args):
                yield from _each(args, term.args, state, work)
        case Bind(op, var, over, body):
            if isinstance(term, Bind) and term.op == op and len(term.over) == len(over) and term.var.sort == var.sort:
                for found in _each(over, term.over, state, work):
                    inside = _State(found.values, (*found.bound, (var, term.var)))
                    for done in _match(body, term.body, inside, work):
                        yield _State(done.values, state.bound)


def _number(pattern: App, number: Fraction, state: _State, work: _Work) -> Iterator[_State]:
    """A number in the term: the value of the pattern, or `1/q` for q = 1/number, or a quotient as it stands."""
    whole = substitute(pattern, state.values)
    match whole:
        case App("/", (Num(above), Sym() as below)) if below in work.variables and number != 0:
            yield state.given(below, Num(above / number))
        case _ if rational(whole) == number:
            yield state


def rational(term: Term) -> Fraction | None:
    """The value of a quotient of numbers, with a sign."""
    match term:
        case Num(value):
            return value
        case App("neg", (a,)):
            inner = rational(a)
            return None if inner is None else -inner
        case App("/", (a, b)):
            above, below = rational(a), rational(b)
            return None if above is None or not below else above / below
    return None


def _each(patterns: tuple[Term, ...], terms: tuple[Term, ...], state: _State, work: _Work) -> Iterator[_State]:
    if not patterns:
        yield state
        return
    for found in _match(patterns[0], terms[0], state, work):
        yield from _each(patterns[1:], terms[1:], found, work)


def _symbol(var: Sym, term: Term, state: _State, work: _Work) -> Iterator[_State]:
    partner = state.partner(var)
    if partner is not None:
        if term == partner:
            yield state
    elif var not in work.variables:
        if term == var:
            yield state
    elif var in state.values:
        known, here = beta(state.values[var]), beta(term)
        number = rational(here)
        if alpha_equal(known, here) or (number is not None and number == rational(known)):
            yield state
    elif not (state.inner() & free_symbols(term)) and _may_be(var, term):
        # a bound variable in the value would escape from its binder
        yield from _with_sizes(var, term, state, work)


def _with_sizes(var: Sym, value: Term, state: _State, work: _Work) -> Iterator[_State]:
    """The value, and what its sizes say of the sizes in the variable's sort."""
    wanted, given = sizes_in(var.sort), sizes_in(sort_of(value))
    if len(wanted) != len(given) or not any(s in work.variables for t in wanted for s in free_symbols(t)):
        yield state.given(var, value)
        return
    yield from _each(wanted, given, state.given(var, value), work)


def sizes_in(sort: Sort) -> tuple[Term, ...]:
    """The sizes of an array, or of the arguments and the result of a function."""
    match sort:
        case Array(shape, _):
            return shape
        case Function(args, result):
            return tuple(s for part in (*args, result) for s in sizes_in(part))
    return ()


def _may_be(var: Sym, term: Term) -> bool:
    if isinstance(term, (App, Bind)) and isinstance(var.sort, Function):
        return isinstance(sort_of(term), Function)
    given = sort_of(term)
    if isinstance(var.sort, Array):
        return isinstance(given, Array) and len(given.shape) == len(var.sort.shape)
    if var.sort is INTEGER:
        return given is INTEGER
    return isinstance(given, Scalar) == isinstance(var.sort, Scalar)


def _bound(indices: list[Term], state: _State) -> bool:
    return (
        bool(indices) and len(set(indices)) == len(indices)
        and all(isinstance(i, Sym) and state.partner(i) is not None for i in indices)
    )


def _entry(array: Sym, indices: list[Term], term: Term, state: _State) -> Iterator[_State]:
    """`x[i]` is the term in the bound variable that stands there: x is the array of it."""
    assert isinstance(array.sort, Array)
    if len(indices) != len(array.sort.shape) or not isinstance(sort_of(term), Scalar):
        return
    partners = [state.partner(i) for i in indices if isinstance(i, Sym)]
    known = state.values.get(array)
    if known is not None:
        here = beta(index(known, *[p for p in partners if p is not None]))
        if alpha_equal(here, beta(term)):
            yield state
        return
    shape = tuple(substitute(s, state.values) for s in array.sort.shape)
    whole = _whole_array(term, partners, shape)
    if whole is None:
        whole = term
        for partner, size in zip(reversed(partners), reversed(shape), strict=True):
            assert partner is not None
            fresh = Sym(fresh_name(partner.name, {s.name for s in free_symbols(whole)}), INTEGER)
            whole = Bind("array", fresh, (ONE, size), substitute(whole, {partner: fresh}))
    if state.inner().isdisjoint(free_symbols(whole)):
        yield state.given(array, whole)


def _whole_array(term: Term, partners: list[Sym | None], shape: tuple[Term, ...]) -> Term | None:
    """`a` where the term is `a[i]` for the whole of a."""
    match term:
        case App("index", (base, *places)) if list(places) == partners and not (
            free_symbols(base) & {p for p in partners if p is not None}
        ):
            sizes = shape_of(base)
            if len(sizes) == len(shape) and all(alpha_equal(a, b) for a, b in zip(sizes, shape, strict=True)):
                return base
    return None


def _applied(function: Sym, argument: Term, term: Term, state: _State, work: _Work) -> Iterator[_State]:
    """`f(u)` is a function symbol applied, or an elementary function, a square or a reciprocal of something."""
    known = state.values.get(function)
    if isinstance(known, Bind):
        yield from _match(beta(App("apply", (known, argument))), term, state, work)
        return
    match term:
        case App("apply", (g, inner)):
            if known in (None, g) and not (state.inner() & free_symbols(g)):
                for found in _with_sizes(function, g, state, work):
                    yield from _match(argument, inner, found, work)
            return
    if known is not None:
        return
    hole = Sym("~z", REAL)
    match term:
        case App(op, (inner,)) if op in _ELEMENTARY:
            yield from _match(argument, inner, state.given(function, Bind("lam", hole, (), App(op, (hole,)))), work)
        case App("^", (inner, Num() as e)):
            yield from _match(argument, inner, state.given(function, Bind("lam", hole, (), power(hole, e))), work)
        case App("/", (Num() as one, inner)):
            body = App("/", (one, hole))
            yield from _match(argument, inner, state.given(function, Bind("lam", hole, (), body)), work)


# ---------------------------------------------------------------- products and sums


def _powers(term: Term) -> Iterator[tuple[Term, Term]]:
    match term:
        case App("^", (base, exponent)):
            yield base, exponent
        case App("sqrt", (inner,)):
            yield inner, _ROOT
        case App("exp", (inner,)):
            return
        case Num(value) if value > 1 and value.denominator == 1:
            root = round(float(value) ** 0.5) if value < 10**6 else 0
            if root * root == value:
                yield Num(root), TWO


def _factors(term: Term) -> list[Term]:
    match term:
        case App("*", args):
            return [f for a in args for f in _factors(a)]
        case App("/", (a, b)):
            above = [] if a == ONE else _factors(a)
            return [*above, *(App("/", (ONE, f)) for f in _factors(b))]
        case App("neg", (a,)):
            return [Num(-1), *_factors(a)]
    return [term]


def _summands(term: Term) -> list[Term]:
    match term:
        case App("+", args):
            return [s for a in args for s in _summands(a)]
        case App("-", (a, b)):
            return [*_summands(a), *(_opposite(s) for s in _summands(b))]
        case App("neg", (a,)):
            return [_opposite(s) for s in _summands(a)]
    return [term]


def _opposite(term: Term) -> Term:
    match term:
        case App("neg", (a,)):
            return a
        case Num(value):
            return Num(-value)
    return App("neg", (term,))


def _product(parts: list[Term]) -> Term:
    above = [p for p in parts if not (isinstance(p, App) and p.op == "/" and p.args[0] == ONE)]
    below = [p.args[1] for p in parts if isinstance(p, App) and p.op == "/" and p.args[0] == ONE]
    minus = above.count(Num(-1))
    above = [p for p in above if p != Num(-1)]
    whole = mul(*above)
    if below:
        whole = App("/", (whole, mul(*below)))
    return App("neg", (whole,)) if minus % 2 else whole


def _total(parts: list[Term]) -> Term:
    plus = [p for p in parts if not (isinstance(p, App) and p.op == "neg")]
    less = [p.args[0] for p in parts if isinstance(p, App) and p.op == "neg"]
    whole = add(*plus) if plus or not less else App("neg", (less.pop(0),))
    for part in less:
        whole = App("-", (whole, part))
    return whole


def _bag(pattern: Term, term: Term, state: _State, work: _Work, apart: Apart, whole: Whole) -> Iterator[_State]:
    """A product is matched factor by factor in any order, a sum summand by summand."""
    wanted, given = apart(pattern), apart(term)
    if len(wanted) == 1 or len(given) > 8:
        match pattern, term:
            case App(op, args), App(other, parts) if (op, len(args)) == (other, len(parts)) and len(given) == 1:
                yield from _each(args, parts, state, work)
        return
    rigid = sorted((p for p in wanted if not _loose(p, state, work)), key=lambda p: -_weight(p))
    loose = [p for p in wanted if _loose(p, state, work)]
    yield from _rigid(rigid, loose, given, state, work, whole)


def _rigid(
    rigid: list[Term], loose: list[Term], given: list[Term], state: _State, work: _Work, whole: Whole
) -> Iterator[_State]:
    if not rigid:
        yield from _shared(loose, given, state, work, whole)
        return
    for k, part in enumerate(given):
        for found in _match(rigid[0], part, state, work):
            yield from _rigid(rigid[1:], loose, [*given[:k], *given[k + 1:]], found, work, whole)


def _shared(loose: list[Term], given: list[Term], state: _State, work: _Work, whole: Whole) -> Iterator[_State]:
    """What is left is dealt out to the variables; the last one takes the rest."""
    if not loose:
        if not given:
            yield state
        return
    first, *others = loose
    if not given and isinstance(first, Sym):
        # a factor 1 that nobody wrote is an entry of an array of ones at most
        return
    if not others:
        yield from _match(first, whole(given), state, work)
        return
    for count in range(1, len(given) + 1):
        for chosen in combinations(range(len(given)), count):
            part = whole([given[k] for k in chosen])
            rest = [g for k, g in enumerate(given) if k not in chosen]
            for found in _match(first, part, state, work):
                yield from _shared(others, rest, found, work, whole)


def _loose(pattern: Term, state: _State, work: _Work) -> bool:
    """May the pattern be any product of factors?"""
    match pattern:
        case Sym():
            return pattern in work.variables and pattern not in state.values and state.partner(pattern) is None
        case App("index", (Sym() as array, *indices)):
            return array in work.variables and array not in state.values and _bound(indices, state)
    return False


def _weight(pattern: Term) -> int:
    return sum(1 for _ in free_symbols(pattern)) + (2 if isinstance(pattern, (Bind, App)) else 0)
