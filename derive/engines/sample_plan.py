"""What a sample point must satisfy, read off the facts of a context: symbols, sizes, bounds, structure.

Promise: the reading only guides the search. Every fact of kind domain, hypothesis and case stays in
`constraints` and is decided again, exactly, at every point.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Context
from derive.core.families import is_family
from derive.core.sort import INTEGER, OUTCOME, Array, Function
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    children,
    free_symbols,
    neg,
    subterms,
)

WHOLE = -1
CONSTRAINING = frozenset({DOMAIN, HYPOTHESIS, CASE})


@dataclass(frozen=True, slots=True)
class Bound:
    """`term` bounds a symbol, or each of its entries at `indices`, from below or above."""

    term: Term
    lower: bool
    strict: bool
    indices: tuple[Sym, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How to draw points: `symbols` in order of assignment, `sizes` those that shapes and ranges use.

    `structure` names what is known of an array (symmetric, posdef, psd, invertible, orthogonal, fibre),
    `fibres` the axis (`WHOLE` for all) along which its entries add up to a number, `choices` finite sets of values.
    `open` says why no point can be shown admissible ("" if nothing stands in the way).
    """

    symbols: tuple[Sym, ...]
    sizes: tuple[Sym, ...]
    constraints: tuple[Term, ...]
    shapes: dict[Sym, tuple[Term, ...]]
    bounds: dict[Sym, tuple[Bound, ...]]
    structure: dict[Sym, frozenset[str]] = field(default_factory=dict)
    fibres: dict[Sym, tuple[int, Term]] = field(default_factory=dict)
    choices: dict[Sym, tuple[Term, ...]] = field(default_factory=dict)
    defined: tuple[Term, ...] = ()
    open: str = ""
    degree: int = 2

    @property
    def key(self) -> Hashable:
        """All that the points depend on."""
        maps = (self.shapes, self.bounds, self.structure, self.fibres, self.choices)
        return (
            self.symbols, self.sizes, self.constraints, self.defined, self.degree,
            *(tuple(m.items()) for m in maps),
        )

    @property
    def shaping(self) -> frozenset[Sym]:
        """The sizes that lengths of arrays depend on."""
        return frozenset(
            s for shape in self.shapes.values() for length in shape for s in free_symbols(length)
        )


def constraints_of(context: Context) -> tuple[Term, ...]:
    """The facts that a point must satisfy, unfolded, conjunctions split."""
    found: list[Term] = []
    for fact in context.facts:
        if fact.kind in CONSTRAINING:
            found.extend(_split(context.unfold(fact.claim)))
    return tuple(dict.fromkeys(found))


def _split(claim: Term) -> Iterator[Term]:
    match claim:
        case App("and", parts):
            for part in parts:
                yield from _split(part)
        case App("true", ()):
            return
        case _:
            yield claim


def plan(
    context: Context, claim: Term, extra: tuple[Term, ...] = (), defined: tuple[Term, ...] = ()
) -> Plan:
    """The plan for a claim: `extra` must hold at every point, and `defined` must have values there."""
    from derive.engines.chance_facts import degree_needed, relevant

    asked = tuple(c for e in extra for c in _split(e))
    constraints = relevant(constraints_of(context), (claim, *asked, *defined)) + asked
    shapes = _shapes(context, (claim, *constraints, *defined))
    notes = _Notes()
    for constraint in constraints:
        _read(constraint, (), notes)
    sizes = _sizes(shapes, (claim, *constraints, *defined))
    return Plan(
        symbols=_order(tuple(shapes), notes, shapes, sizes),
        sizes=sizes,
        constraints=constraints,
        defined=defined,
        shapes=shapes,
        bounds={s: tuple(b) for s, b in notes.bounds.items()},
        structure={s: frozenset(n) for s, n in notes.structure.items()},
        fibres=notes.fibres,
        choices=notes.choices,
        degree=degree_needed((claim, *constraints, *defined)),
        open=next((why for c in constraints if (why := _why_open(c))), ""),
    )


def _shapes(context: Context, terms: tuple[Term, ...]) -> dict[Sym, tuple[Term, ...]]:
    """The symbols that need values, with their shapes, in a fixed order."""
    found: dict[Sym, tuple[Term, ...]] = {}
    stack = [s for t in terms for s in sorted(free_symbols(t), key=lambda s: s.name)]
    while stack:
        symbol = stack.pop(0)
        if symbol in found or is_family(symbol):
            # a family has the values that its law says
            continue
        sort = symbol.sort
        shape = tuple(context.unfold(s) for s in sort.shape) if isinstance(sort, Array) else ()
        found[symbol] = shape
        if isinstance(sort, Function) and isinstance(sort.result, Array) and sort.args == (OUTCOME,):
            stack.extend(s for n in sort.result.shape for s in free_symbols(context.unfold(n)))
            stack.sort(key=lambda s: s.name)
        for length in shape:
            stack.extend(sorted(free_symbols(length), key=lambda s: s.name))
    return dict(sorted(found.items(), key=lambda item: item[0].name))


def _sizes(shapes: dict[Sym, tuple[Term, ...]], terms: tuple[Term, ...]) -> tuple[Sym, ...]:
    """The integer symbols that shapes and the ends of ranges use."""
    used: set[Sym] = set()
    for shape in shapes.values():
        for length in shape:
            used |= free_symbols(length)
    for symbol in shapes:
        if isinstance(symbol.sort, Function) and isinstance(symbol.sort.result, Array):
            for length in symbol.sort.result.shape:
                used |= free_symbols(length)
    for term in terms:
        for sub in subterms(term):
            if isinstance(sub, Bind) and len(sub.over) == 2 and sub.op not in ("int", "lim"):
                used |= free_symbols(sub.over[0]) | free_symbols(sub.over[1])
            elif isinstance(sub, App) and sub.op in ("eye", "zeros", "ones"):
                used |= free_symbols(sub)
    return tuple(s for s in shapes if s.sort is INTEGER and s in used)


class _Notes:
    """What reading the facts has found so far."""

    def __init__(self) -> None:
        self.bounds: dict[Sym, list[Bound]] = {}
        self.structure: dict[Sym, set[str]] = {}
        self.fibres: dict[Sym, tuple[int, Term]] = {}
        self.choices: dict[Sym, tuple[Term, ...]] = {}

    def bound(self, symbol: Sym, bound: Bound) -> None:
        self.bounds.setdefault(symbol, []).append(bound)

    def mark(self, symbol: Sym, name: str) -> None:
        self.structure.setdefault(symbol, set()).add(name)


def _read(claim: Term, bound: tuple[Sym, ...], notes: _Notes) -> None:
    match claim:
        case App("and", parts):
            for part in parts:
                _read(part, bound, notes)
        case Bind("forall", var, (_, _), body):
            _read(body, (*bound, var), notes)
        case App("<" | "<=" as op, (App("abs", (inner,)), high)):
            _limit(inner, high, False, op == "<", bound, notes)
            _limit(inner, neg(high), True, op == "<", bound, notes)
        case App("<" | "<=" as op, (left, right)):
            _limit(left, right, False, op == "<", bound, notes)
            _limit(right, left, True, op == "<", bound, notes)
        case App("or", parts) if all(isinstance(p, App) and p.op == "=" for p in parts):
            targets = {_target(p.args[0], bound) for p in parts if isinstance(p, App)}
            symbol = targets.pop() if len(targets) == 1 else None
            if symbol is not None:
                notes.choices[symbol] = tuple(p.args[1] for p in parts if isinstance(p, App))
        case App("posdef" | "psd" | "invertible" as op, (Sym() as matrix,)):
            notes.mark(matrix, op)
        case App("!=", (App("det", (Sym() as matrix,)), _)):
            notes.mark(matrix, "invertible")
        case App("=", (left, right)):
            _read_equation(left, right, notes)
            _read_equation(right, left, notes)


def _read_equation(left: Term, right: Term, notes: _Notes) -> None:
    match left, right:
        case App("index", (Sym() as a, i, j)), App("index", (Sym() as b, k, m)) if (
            a == b and (i, j) == (m, k)
        ):
            notes.mark(a, "symmetric")
        case App("index", (Sym() as a, i, j)), App("conj", (App("index", (Sym() as b, k, m)),)) if (
            a == b and (i, j) == (m, k)
        ):
            notes.mark(a, "hermitian")
        case App("transpose" | "hermitian" as op, (Sym() as a,)), Sym() as b if a == b:
            notes.mark(a, "symmetric" if op == "transpose" else "hermitian")
        case App("matmul", (App("transpose" | "hermitian" as op, (Sym() as a,)), Sym() as b)), App(
            "eye", _
        ) if a == b:
            notes.mark(a, "orthogonal" if op == "transpose" else "unitary")
        case App("matmul", (Sym() as a, App("transpose" | "hermitian" as op, (Sym() as b,)))), App(
            "eye", _
        ) if a == b:
            notes.mark(a, "orthogonal" if op == "transpose" else "unitary")
        case App("tr", (Sym() as a,)), Num(total) if total == 1:
            notes.mark(a, "unit trace")
        case Bind("sum", k, (low, _), App("index", (Sym() as a, i, j))), Num(total) if (
            low == ONE and i == j == k and total == 1
        ):
            notes.mark(a, "unit trace")
        case App("matmul", (Sym() as a, Sym() as b)), App("eye", _) if a == b:
            notes.mark(a, "involution")
        case App("matmul", (Sym() as a, Sym() as b)), Sym() as c if a == b == c:
            notes.mark(a, "projection")
        case Bind("sum", k, (low, _), App("index", (Sym() as a, *indices))), _ if (
            low == ONE and indices.count(k) == 1 and all(isinstance(i, Sym) for i in indices)
            and not free_symbols(right) & {i for i in indices if isinstance(i, Sym)}
        ):
            notes.fibres[a] = (indices.index(k), right)
        case Bind("sum", _, _, Bind("sum")), _:
            _read_total(left, right, notes)


def _read_total(left: Term, right: Term, notes: _Notes) -> None:
    """All the entries of an array add up to a number, as the masses of a joint law do."""
    variables: list[Term] = []
    while isinstance(left, Bind) and left.op == "sum" and left.over[0] == ONE:
        variables.append(left.var)
        left = left.body
    match left:
        case App("index", (Sym() as a, *indices)) if (
            len(indices) == len(variables) and set(indices) == set(variables)
            and not free_symbols(right) & set(variables)
        ):
            notes.fibres[a] = (WHOLE, right)


def _target(term: Term, bound: tuple[Sym, ...]) -> Sym | None:
    """The symbol whose value, or every entry of whose value, the term is."""
    match term:
        case Sym():
            return None if term in bound else term
        case App("index", (Sym() as array, *indices)):
            return array if all(i in bound for i in indices) else None
    return None


def _limit(
    term: Term, by: Term, lower: bool, strict: bool, bound: tuple[Sym, ...], notes: _Notes
) -> None:
    """Note `term` bounded by `by` (or its negative, or a difference with it)."""
    flip = lower
    while isinstance(term, App) and term.op == "neg":
        term, by, flip = term.args[0], neg(by), not flip
    symbol = _target(term, bound)
    free = free_symbols(by)
    indices = term.args[1:] if isinstance(term, App) else ()
    own = tuple(i for i in indices if isinstance(i, Sym))
    if symbol is not None and symbol not in free and free & set(bound) <= set(own):
        notes.bound(symbol, Bound(by, flip, strict, own if free & set(bound) else ()))


def _order(
    symbols: tuple[Sym, ...],
    notes: _Notes,
    shapes: dict[Sym, tuple[Term, ...]],
    sizes: tuple[Sym, ...],
) -> tuple[Sym, ...]:
    """Sizes first, then integers, then the rest; each after what its bounds mention, if that can be."""
    rank = {s: (0 if s in sizes else 1 if s.sort is INTEGER else 2) for s in symbols}
    left = sorted(symbols, key=lambda s: (rank[s], s.name))
    done: list[Sym] = []
    while left:
        ready = next(
            (s for s in left if not (_before(s, notes, shapes) & set(left) - {s})), left[0]
        )
        left.remove(ready)
        done.append(ready)
    return tuple(done)


def _before(symbol: Sym, notes: _Notes, shapes: dict[Sym, tuple[Term, ...]]) -> set[Sym]:
    """What a symbol is drawn after: its shape, and its lower bounds (upper ones where it has no lower)."""
    found: set[Sym] = set()
    for length in shapes[symbol]:
        found |= free_symbols(length)
    for bound in notes.bounds.get(symbol, ()):
        for other in free_symbols(bound.term):
            mutual = any(symbol in free_symbols(b.term) for b in notes.bounds.get(other, ()))
            if not (mutual and other.name > symbol.name):
                found.add(other)
    return found


def is_open(claim: Term) -> bool:
    """Does a proposition speak of infinitely many values, so that no single point decides it?"""
    return bool(_why_open(claim))


def _why_open(claim: Term) -> str:
    """Why a proposition cannot be decided at any single point, "" if it can."""
    for term in _propositions(claim):
        match term:
            case Bind("forall" | "exists", var, over, body):
                if len(over) != 2 and var in free_symbols(body) and var.sort is not OUTCOME:
                    return "a hypothesis about infinitely many values"
            case App("unsupported", _):
                return "a hypothesis of a form that is not evaluated"
    return ""


def _propositions(claim: Term) -> Iterator[Term]:
    """The claim and the propositions that it is made of."""
    yield claim
    match claim:
        case App("and" | "or" | "not" | "=>" | "<=>", _):
            for part in children(claim):
                yield from _propositions(part)
        case Bind("forall" | "exists", _, _, body):
            yield from _propositions(body)


