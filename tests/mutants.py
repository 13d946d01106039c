"""Mutants: a step with one thing changed, and points at which the changed step is false.

Promise: a mutant that is said to be false fails, by the evaluator of `oracle_mpmath.py`, at a point where
every fact that is left to it holds; nothing here is shared with the engines, the kernel or the refuter.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from mpmath import mpf

from derive.core.claim import CASE, DOMAIN, HYPOTHESIS, Cited, Context, Fact, Obligation
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Scalar, Sort
from derive.core.term import App, Bind, Num, Sym, Term, children, free_symbols, map_children
from derive.core.verdict import Witness
from derive.elaborate.document import elaborate
from derive.elaborate.plan import PlannedStep
from derive.rules.library import rule_names
from derive.syntax.parse import parse
from derive.text import Source
from tests.oracle_mpmath import Undefined, _claim, _lift, _retype, evaluate, truth

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "derivations", ROOT / "tests" / "contract")
NUMBERS = tuple(Fraction(p, q) for p in (-3, -2, -1, 0, 1, 2, 3, 5) for q in (1, 2))
TRIES = 40
MARGIN = mpf(10) ** -25


@dataclass(frozen=True)
class Mutant:
    """A changed claim in the step's own context; `how` says what was changed, `dropped` names a hypothesis left out."""

    step: str
    how: str
    claim: Term
    context: Context


@dataclass(frozen=True)
class FalseMutant:
    """A mutant, the facts that hold at a point, and the point."""

    mutant: Mutant
    obligation: Obligation
    witness: Witness


# ---------------------------------------------------------------- the steps of the worked files


def files() -> list[Path]:
    """Every worked derivation."""
    return sorted(p for folder in FOLDERS for p in folder.rglob("*.drv"))


@cache
def steps(path: Path) -> tuple[PlannedStep, ...]:
    """The steps of a file that have an obligation."""
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    plan = elaborate(parsed.document, source, rule_names(), parsed.lost)
    found = (s for t in plan.theorems for s in t.steps if isinstance(s, PlannedStep))
    return tuple(s for s in found if s.obligation is not None and not s.unsupported and not s.diagnostics)


# ---------------------------------------------------------------- changes


def mutants(step: PlannedStep) -> Iterator[Mutant]:
    """Every mutant of a step: of its claim in its own context, and with a premise or a hypothesis left out."""
    assert step.obligation is not None
    claim, context = step.obligation.claim, step.obligation.context
    for how, changed in changes(claim, context):
        if changed != claim:
            yield Mutant(step.id, how, changed, context)
    for fact in context.facts:
        if fact.kind == HYPOTHESIS:
            # what was shown with the hypothesis goes with it
            kept = tuple(f for f in context.facts if f.kind in (DOMAIN, HYPOTHESIS, CASE) and f is not fact)
            yield Mutant(step.id, f"without {fact.name}", claim, Context(context.symbols, context.definitions, kept))


def changes(term: Term, context: Context) -> Iterator[tuple[str, Term]]:
    """One change at a time, everywhere in a term."""
    yield from here(term, context)
    for place, child in enumerate(children(term)):
        if isinstance(term, App) and term.op in ("deriv", "partial", "grad", "jacobian", "hessian") and place == 1:
            continue
        for how, changed in changes(child, context):
            yield how, with_child(term, place, changed)


def with_child(term: Term, place: int, child: Term) -> Term:
    """The term with one child put in place."""
    count = iter(range(len(children(term))))
    return map_children(term, lambda c: child if next(count) == place else c)


def here(term: Term, context: Context) -> Iterator[tuple[str, Term]]:
    """Changes at the root."""
    match term:
        case Num(v):
            yield "number", Num(v + 1)
            if v:
                yield "sign", Num(-v)
        case App("+", (a, b)):
            yield "sign", App("-", (a, b))
            yield "term", a
        case App("-", (a, b)):
            yield "sign", App("+", (a, b))
            yield "order", App("-", (b, a))
        case App("neg", (a,)):
            yield "sign", a
        case App("*", (a, b)):
            yield "factor", a if sort_of(a) == sort_of(term) else b
            if sort_of(b) == sort_of(term):
                yield "factor", b
        case App("/", (a, b)):
            yield "factor", a
            if sort_of(a) == sort_of(b):
                yield "order", App("/", (b, a))
        case App("^", (a, Num(e))):
            yield "power", App("^", (a, Num(e + 1)))
        case App("transpose", (a,)) if _is_square(a):
            yield "transpose", a
        case App("matmul", (a, b)):
            if _is_square(a):
                yield "transpose", App("matmul", (App("transpose", (a,)), b))
            if _is_square(b):
                yield "transpose", App("matmul", (a, App("transpose", (b,))))
            if _is_square(a) and sort_of(a) == sort_of(b):
                yield "order", App("matmul", (b, a))
        case App("=", (a, b)) if _is_real(a) and _is_real(b):
            yield "relation", App("<", (a, b))
            yield "relation", App("!=", (a, b))
        case App("<" | "<=" as rel, (a, b)):
            yield "relation", App(rel, (b, a))
            yield "relation", App("=", (a, b))
            if rel == "<=":
                yield "relation", App("<", (a, b))
        case App("=>", (a, b)):
            yield "condition", b
            yield "condition", App("=>", (b, a))
        case App("<=>", (a, b)):
            yield "relation", App("<=>", (App("not", (a,)), b))
        case App("exp" | "log" | "sqrt" | "tanh" | "sigmoid" | "abs" as op, (a,)):
            yield "function", a if op == "abs" else App("sigmoid" if op == "tanh" else "abs", (a,))
        case App("index", (array, *places)):
            yield from _other_indices(array, tuple(places), context)
        case Bind("sum" | "prod" as op, var, (low, high), body):
            yield "range", Bind(op, var, (App("+", (low, Num(1))), high), body)
            yield "range", Bind(op, var, (low, App("-", (high, Num(1)))), body)
        case Bind("max", var, over, body) if over:
            yield "extremum", Bind("min", var, over, body)
        case Bind("argmax", var, over, body):
            yield "extremum", Bind("argmin", var, over, body)


def _other_indices(array: Term, places: tuple[Term, ...], context: Context) -> Iterator[tuple[str, Term]]:
    known = [s for s in context.symbols if s.sort is INTEGER]
    for k, place in enumerate(places):
        others = [p for p in places if p != place] + [s for s in known if s != place][:1] + [Num(1)]
        for other in others[:2]:
            if other != place:
                yield "index", App("index", (array, *places[:k], other, *places[k + 1 :]))
    if len(places) == 2 and places[0] != places[1]:
        yield "index", App("index", (array, places[1], places[0]))


def _is_square(term: Term) -> bool:
    sort = sort_of(term)
    return isinstance(sort, Array) and len(sort.shape) == 2 and sort.shape[0] == sort.shape[1]


def _is_real(term: Term) -> bool:
    sort = sort_of(term)
    return isinstance(sort, Scalar) and sort in (INTEGER, REAL)


# ---------------------------------------------------------------- points


def false_at(mutant: Mutant, seed: int, tries: int = TRIES) -> FalseMutant | None:
    """The mutant with a point at which it fails and what is left of its facts holds; None if none was found."""
    rng = random.Random(f"{mutant.step} {mutant.how} {mutant.claim!r} {seed}")
    claim = mutant.context.unfold(mutant.claim)
    outer = _outer(claim)
    symbols = tuple(dict.fromkeys((*mutant.context.symbols, *outer)))
    said = [f for f in mutant.context.facts if f.kind in (DOMAIN, HYPOTHESIS, CASE)]
    for _ in range(tries):
        values = _point(symbols, said, mutant.context, rng)
        if values is None:
            return None
        scope = {name: _lift(v) for name, v in values.items()}
        try:
            _retype(scope, mutant.context, claim)
            if not all(_is_true(f.claim, mutant.context, scope) for f in said):
                continue
            if not fails(claim, scope):
                continue
        except (Undefined, ZeroDivisionError, OverflowError, ValueError, TypeError, IndexError, KeyError):
            continue
        facts = tuple(f for f in mutant.context.facts if _is_true(f.claim, mutant.context, scope))
        context = Context(mutant.context.symbols, mutant.context.definitions, facts)
        witness = Witness((), (), "", "", True, tuple(sorted(values.items())))
        return FalseMutant(mutant, Obligation(mutant.step, mutant.claim, context, Cited()), witness)
    return None


def fails(claim: Term, scope: dict[str, Any]) -> bool:
    """Does the claim fail by a margin? Derivatives are differences, so two sides that nearly agree agree."""
    match claim:
        case Bind("forall", var, over, body) if var.name in scope:
            inside = all(evaluate(a, scope) <= evaluate(b, scope) for a, b in _ends(var, over))
            return inside and fails(body, scope)
        case App("=>", (premise, conclusion)):
            return truth(premise, scope) and fails(conclusion, scope)
        case App("and", parts):
            return any(fails(p, scope) for p in parts)
        case App("=" | "!=" | "<" | "<=" as rel, (a, b)) if not isinstance(a, Bind) or a.op not in ("argmax", "argmin"):
            left, right = evaluate(a, scope), evaluate(b, scope)
            if isinstance(left, list) or isinstance(right, list):
                return rel == "=" and _apart(left, right)
            near = abs(left - right) <= MARGIN * (1 + abs(left) + abs(right))
            match rel:
                case "=":
                    return not near
                case "!=" | "<":
                    return near or (rel == "<" and bool(left > right))
                case _:
                    return not near and bool(left > right)
        case _:
            return not _claim(claim, scope)


def _ends(var: Sym, over: tuple[Term, ...]) -> tuple[tuple[Term, Term], ...]:
    return ((over[0], var), (var, over[1])) if over else ()


def _apart(left: Any, right: Any) -> bool:
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and any(map(_apart, left, right))
    if isinstance(left, list):
        return any(_apart(x, right) for x in left)
    if isinstance(right, list):
        return any(_apart(left, y) for y in right)
    return bool(abs(left - right) > MARGIN * (1 + abs(left) + abs(right)))


def _is_true(claim: Term, context: Context, scope: dict[str, Any]) -> bool:
    try:
        return truth(context.unfold(claim), scope)
    except (Undefined, ZeroDivisionError, OverflowError, ValueError, TypeError, IndexError, KeyError):
        return False


def _outer(claim: Term) -> tuple[Sym, ...]:
    """The variables of the claim's outer quantifiers."""
    found: list[Sym] = []
    while True:
        match claim:
            case Bind("forall", var, _, body):
                found.append(var)
                claim = body
            case App("=>", (_, body)):
                claim = body
            case _:
                return tuple(found)


def _point(
    symbols: tuple[Sym, ...], said: list[Fact], context: Context, rng: random.Random
) -> dict[str, Any] | None:
    """A random point, nudged towards the facts; None where a sort is beyond this."""
    sizes = {s for symbol in symbols for n in _shape(symbol.sort) for s in free_symbols(n)}
    values: dict[str, Any] = {}
    for s in sorted(symbols, key=lambda s: (s not in sizes, s.name)):
        if s.sort is INTEGER:
            values[s.name] = Fraction(rng.choice((1, 2, 2, 3)))
    positive = {s for f in said for s in _bounded_below(f.claim)}
    for s in symbols:
        if s.sort is INTEGER:
            continue
        made = _value(s.sort, values, rng, s in positive)
        if made is None:
            return None
        values[s.name] = made
    for fact in said:
        _nudge(context.unfold(fact.claim), values, rng)
    return values


def _shape(sort: Sort) -> tuple[Term, ...]:
    return sort.shape if isinstance(sort, Array) else ()


def _value(sort: Sort, sizes: dict[str, Any], rng: random.Random, positive: bool) -> Any:
    def number() -> Fraction:
        value = rng.choice(NUMBERS)
        return abs(value) or Fraction(1, 3) if positive else value

    match sort:
        case Scalar():
            if sort is COMPLEX:
                return (number(), number())
            return number() if sort is REAL else None
        case Array(shape, entry):
            lengths = []
            for n in shape:
                try:
                    lengths.append(int(evaluate(n, {k: _lift(v) for k, v in sizes.items()})))
                except (Undefined, TypeError, ValueError):
                    return None

            def build(left: list[int]) -> Any:
                if left:
                    return tuple(build(left[1:]) for _ in range(left[0]))
                return (number(), number()) if entry is COMPLEX else number()

            return build(lengths)
    return None


def _bounded_below(claim: Term) -> set[Sym]:
    """Symbols that a fact says to be positive or nonnegative, or among which it has a probability."""
    match claim:
        case App("and", parts):
            return set().union(*map(_bounded_below, parts))
        case Bind("forall", _, _, body):
            return _bounded_below(body)
        case App("<" | "<=", (Num(), Sym() as s)):
            return {s}
        case App("<" | "<=", (Num(), App("index", (Sym() as s, *_)))):
            return {s}
        case App("posdef" | "psd", (Sym() as s,)):
            return {s}
    return set()


def _nudge(claim: Term, values: dict[str, Any], rng: random.Random) -> None:
    """Towards `sum(y) = 1`, a probability, a symmetric or positive definite matrix, `a = b`."""
    match claim:
        case App("and", parts):
            for part in parts:
                _nudge(part, values, rng)
        case App("<" | "<=", (Sym(name, _), Num(v))) if isinstance(values.get(name), Fraction):
            if values[name] >= v:
                values[name] = v * Fraction(rng.choice((1, 2, 3)), 4)
        case App("=", (Bind("sum", _, _, App("index", (Sym(name, _), *_))), Num(v))):
            _scale(name, v, values)
        case Bind("forall", _, _, App("=", (Bind("sum", _, _, App("index", (Sym(name, _), *_))), Num(v)))):
            rows = values.get(name)
            if isinstance(rows, tuple) and rows and isinstance(rows[0], tuple):
                values[name] = _rows_scaled(rows, v)
        case App("=", (Sym(name, _), other)) | App("=", (other, Sym(name, _))) if isinstance(values.get(name), Fraction):
            if isinstance(other, Num):
                values[name] = other.value
            elif isinstance(other, Sym) and isinstance(values.get(other.name), Fraction):
                values[name] = values[other.name]
        case App("posdef" | "psd", (Sym(name, _),)):
            values[name] = _gram(values[name])
        case Bind("forall", _, _, Bind("forall", _, _, App("=", (App("index", (Sym(name, _), i, j)), App("index", (Sym(other, _), k, m)))))) if (
            name == other and (i, j) == (m, k)
        ):
            rows = values[name]
            size = range(len(rows))
            values[name] = tuple(tuple(rows[min(a, b)][max(a, b)] for b in size) for a in size)


def _scale(name: str, total: Fraction, values: dict[str, Any]) -> None:
    entries = values.get(name)
    if isinstance(entries, tuple) and entries and all(isinstance(e, Fraction) for e in entries):
        values[name] = _to_total(entries, total)


def _to_total(entries: tuple[Fraction, ...], total: Fraction) -> tuple[Fraction, ...]:
    whole = sum(entries, Fraction(0))
    if whole:
        return tuple(e * total / whole for e in entries)
    return (*entries[:-1], entries[-1] + total)


def _rows_scaled(rows: Any, total: Fraction) -> Any:
    if isinstance(rows[0], tuple):
        return tuple(_rows_scaled(r, total) for r in rows)
    return _to_total(rows, total)


def _gram(rows: Any) -> Any:
    size = range(len(rows))
    return tuple(
        tuple(sum((r[a] * r[b] for r in rows), Fraction(int(a == b))) for b in size) for a in size
    )


def holds_at(claim: Term, found: FalseMutant) -> bool | None:
    """Is a condition true at the mutant's point? None where the evaluator cannot say."""
    context = found.obligation.context
    scope = {name: _lift(v) for name, v in found.witness.values}
    try:
        _retype(scope, context, claim)
        return truth(context.unfold(claim), scope)
    except (ZeroDivisionError, IndexError):
        return False
    except Undefined as reason:
        return False if str(reason).islower() and " " in str(reason) else None
    except (OverflowError, ValueError, TypeError, KeyError):
        return None


def restricted(found: FalseMutant, step: PlannedStep) -> FalseMutant:
    """The same with the author's reason, so far as its facts are left."""
    assert step.obligation is not None
    cited = step.obligation.cited
    names = {f.name for f in found.obligation.context.facts}
    kept = replace(cited, facts=tuple(n for n in cited.facts if n in names))
    return replace(found, obligation=replace(found.obligation, cited=kept))
