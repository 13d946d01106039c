"""Witnesses: shrinking a failing point to few digits, and writing it in the file's names.

Promise: every smaller point is admitted and decided again like the first one; texts are exact where
`exact` says so, and show enough digits that the two sides differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

from derive.core.sort import Array, Function
from derive.core.term import App, Bind, Num, Sym, Term
from derive.core.verdict import Witness
from derive.engines.chance_facts import is_chance
from derive.engines.chance_words import chance_values, law_lines
from derive.engines.refute import Question, decide_here, relation_sides, size_of
from derive.engines.refute_argmax import candidates, is_optimum
from derive.engines.sample import Draw, Environment, draw_point
from derive.engines.sample_plan import Plan
from derive.engines.sample_repair import (
    Coordinate,
    admit,
    coordinate_value,
    coordinates_of,
    with_coordinate,
)

SIMPLE = (
    Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-2), Fraction(3),
    Fraction(-1, 2), Fraction(3, 5), Fraction(-3, 5),
)
PRECISIONS = (64, 256, 1024)


def weight(value: Fraction) -> tuple[int, int]:
    """How much there is to read: digits first, then size and sign."""
    top, bottom = abs(value.numerator), value.denominator
    digits = len(str(top)) + (2 * len(str(bottom)) if bottom > 1 else 0)
    rank = {0: 0, 1: 1, 2: 3}.get(top, 3 + min(top, 9)) if bottom == 1 else 6 + min(top + bottom, 20)
    return digits * 30 + rank * 2 + (value < 0), top


def _decide(question: Question, environment: Environment, precisions: tuple[int, ...]) -> Any:
    if is_optimum(question.claim):
        return candidates(question.claim, environment, 0)
    return decide_here(question.claim, environment, precisions)


def shrink(
    question: Question, at: Plan, environment: Environment, found: Any, budget: int
) -> Witness:
    """The witness with smaller sizes and simpler numbers, as far as the budget reaches."""
    checks = 0

    def breaks(candidate: Environment | None) -> Any:
        nonlocal checks
        checks += 1
        if candidate is None:
            return None
        decision = _decide(question, candidate, PRECISIONS)
        return decision if decision is not None and decision.answer is False else None

    for smaller in _smaller(at, environment):
        if checks >= budget // 2:
            break
        decision = breaks(smaller)
        if decision is not None:
            environment, found = smaller, decision
            break
    for other in _plainer(at, environment):
        decision = breaks(other) if _total(at, other) < _total(at, environment) else None
        if decision is not None:
            environment, found = other, decision
    changed = True
    while changed and checks < budget:
        changed = False
        for coordinate in _all_coordinates(at, environment):
            old = weight(coordinate_value(environment, coordinate))
            now = coordinate_value(environment, coordinate)
            for value in (*SIMPLE, Fraction(round(now))):
                if weight(value) >= old or checks >= budget:
                    continue
                candidate = _simpler(at, environment, coordinate, value)
                decision = breaks(candidate)
                if decision is not None and candidate is not None:
                    environment, found, changed = candidate, decision, True
                    break
    return describe(question, at, environment, found)


def _simpler(
    at: Plan, environment: Environment, coordinate: Coordinate, value: Fraction
) -> Environment | None:
    """The point with one number replaced, others moved if an equation asks for it."""
    changed = with_coordinate(environment, coordinate, value)
    if changed is None:
        return None
    admitted = admit(at, changed, fixed=frozenset({coordinate}))
    if admitted is None or admitted is changed:
        return admitted
    return admitted if _total(at, admitted) < _total(at, environment) else None


def _total(at: Plan, environment: Environment) -> int:
    return sum(
        weight(coordinate_value(environment, c))[0] for c in _all_coordinates(at, environment)
    )


def _all_coordinates(at: Plan, environment: Environment) -> list[Coordinate]:
    shaped = set(at.sizes)
    return [
        c for s in at.symbols if s not in shaped for c in coordinates_of(s, environment[s])
    ]


def _plainer(at: Plan, environment: Environment) -> Iterator[Environment]:
    """Other points of the same sizes: the plainest, and more where this one has many digits."""
    coordinates = _all_coordinates(at, environment)
    plain = all(weight(coordinate_value(environment, c)) < (150, 0) for c in coordinates)
    sizes = {s: int(environment[s]) for s in at.sizes}
    for number in range(2 if plain else 40):
        style = ("zero", "one", "pythagoras", "units", "small", "distinct")[number % 6]
        draw = Draw(number, style, Random(number))  # noqa: S311 - not for secrets
        drawn = draw_point(at, draw, sizes)
        fresh = None if drawn is None else admit(at, drawn)
        if fresh is not None and all(fresh[s] == n for s, n in sizes.items()):
            yield fresh


def _smaller(at: Plan, environment: Environment) -> Iterator[Environment]:
    """Points at smaller sizes: the leading part of this one first, then fresh ones."""
    if not at.sizes:
        return
    now = {s: int(environment[s]) for s in at.sizes}
    for sizes in _below(now):
        cut = _cut(at, environment, sizes)
        if cut is not None:
            admitted = admit(at, cut)
            if admitted is not None:
                yield admitted
        for number, style in enumerate(("distinct", "units", "pythagoras", "small")):
            draw = Draw(number, style, Random(number))  # noqa: S311 - not for secrets
            drawn = draw_point(at, draw, sizes)
            fresh = None if drawn is None else admit(at, drawn)
            if fresh is not None and all(fresh[s] == n for s, n in sizes.items()):
                yield fresh


def _below(now: dict[Sym, int]) -> list[dict[Sym, int]]:
    """Assignments that are nowhere larger, the smallest first."""
    found: list[dict[Sym, int]] = [{}]
    for symbol, size in now.items():
        options = range(min(size, 0 if size == 0 else 1), min(size, 5) + 1)
        found = [{**f, symbol: n} for f in found for n in options]
        if len(found) > 60:
            found = found[:60]
    smaller = [f for f in found if len(f) == len(now) and f != now]
    return sorted(smaller, key=lambda f: (sum(f.values()), tuple(f.values())))[:8]


def _cut(at: Plan, environment: Environment, sizes: dict[Sym, int]) -> Environment | None:
    """The same point with arrays cut down to smaller sizes."""
    from derive.engines.sample import number_at

    changed: Environment = {**environment, **{s: Fraction(n) for s, n in sizes.items()}}
    for symbol in at.symbols:
        shape = at.shapes[symbol]
        if is_chance(symbol) and isinstance(symbol.sort, Function) and isinstance(symbol.sort.result, Array):
            return None
        if not shape:
            continue
        lengths = [number_at(length, changed) for length in shape]
        if any(length is None for length in lengths):
            return None
        changed[symbol] = _trim(environment[symbol], [int(n) for n in lengths if n is not None])
        if changed[symbol] is None:
            return None
    return changed


def _trim(value: Any, lengths: list[int]) -> Any:
    if not lengths:
        return value
    if len(value) < lengths[0]:
        return None
    parts = tuple(_trim(v, lengths[1:]) for v in value[: lengths[0]])
    return None if any(p is None for p in parts) else parts


# ---------------------------------------------------------------- in words


def describe(question: Question, at: Plan, environment: Environment, found: Any) -> Witness:
    """The witness as text and as values."""
    trace = found.trace
    left, right, exact = _sides(trace)
    bound = tuple((var.name, str(i)) for var, i in trace.bound)
    return Witness(
        point=_point_text(question, at, environment) + bound,
        sizes=size_of(at, environment),
        left=left,
        right=right,
        exact=exact,
        values=values_of(at, environment)
        + tuple((var.name, Fraction(i)) for var, i in trace.bound),
        note=trace.note,
    )


def undefined_witness(
    question: Question, at: Plan, environment: Environment, reason: str
) -> Witness:
    """An admissible point where a side of the claim does not exist; the note says which, and why."""
    from derive.backends.flint import Undefined, evaluate

    sides = relation_sides(question.claim)
    texts = ["", ""]
    which = ""
    if sides is not None and isinstance(question.claim, App) and question.claim.op != "<=>":
        for i, (side, name) in enumerate(zip(sides, ("left", "right"), strict=True)):
            value = evaluate(side, environment)
            if isinstance(value, Undefined):
                texts[i] = "undefined"
                which = f"{name} side: " if not which else "both sides: "
            else:
                texts[i] = value_text(value)[0]
    return Witness(
        point=_point_text(question, at, environment),
        sizes=size_of(at, environment),
        left=texts[0],
        right=texts[1],
        exact=True,
        values=values_of(at, environment),
        note=which + reason,
    )


def values_of(at: Plan, environment: Environment) -> tuple[tuple[str, Any], ...]:
    """The numbers and arrays of a point, and its sample space; other functions are in the text only."""
    return chance_values(at.symbols, environment) + tuple(
        (s.name, environment[s])
        for s in at.symbols
        if not isinstance(s.sort, Function) and not is_chance(s)
    )


def _point_text(
    question: Question, at: Plan, environment: Environment
) -> tuple[tuple[str, str], ...]:
    lines = tuple(
        line
        for symbol in at.symbols
        if symbol not in at.sizes and symbol in question.shown and not is_chance(symbol)
        for line in _lines(symbol, environment[symbol])
    )
    return (*lines, *law_lines(at, environment, question.shown))


def _lines(symbol: Sym, value: Any) -> Iterator[tuple[str, str]]:
    sort = symbol.sort
    if isinstance(value, Bind):
        yield f"{symbol.name}({value.var.name})", term_text(value.body)
        return
    axes = len(sort.shape) if isinstance(sort, Array) else 0

    def walk(v: Any, place: tuple[int, ...]) -> Iterator[tuple[str, str]]:
        if len(place) < axes:
            for i, e in enumerate(v, 1):
                yield from walk(e, (*place, i))
        else:
            where = f"[{', '.join(map(str, place))}]" if place else ""
            yield symbol.name + where, number_text(v)

    yield from walk(value, ())


def number_text(value: Any) -> str:
    """An exact number: `1/2`, `1/2 - 3*im`."""
    if not isinstance(value, tuple):
        return str(value)
    re, im = value
    if im == 0:
        return str(re)
    size = "im" if abs(im) == 1 else f"{abs(im)}*im"
    if re == 0:
        return size if im > 0 else f"-{size}"
    return f"{re} {'+' if im > 0 else '-'} {size}"


def term_text(term: Term) -> str:
    """The few concrete functions of the sampler, in the language's notation."""
    match term:
        case Num(value):
            return str(value)
        case Sym(name, _):
            return name
        case App("+" | "-" | "*" as op, (a, b)):
            return f"{term_text(a)} {op} {term_text(b)}"
        case App("^", (a, b)):
            return f"{term_text(a)}^{term_text(b)}"
        case App("index", (a, i)):
            return f"{term_text(a)}[{term_text(i)}]"
        case App(op, args):
            return f"{op}({', '.join(map(term_text, args))})"
        case Bind("sum", var, (low, high), body):
            return f"sum({var.name} in {term_text(low)}..{term_text(high)}, {term_text(body)})"
        case Bind("lam", _, _, body):
            return term_text(body)
        case _:
            return repr(term)


def _sides(trace: Any) -> tuple[str, str, bool]:
    """The two sides, with enough digits to tell them apart."""
    if trace.relation == "":
        return "", "", False
    if trace.relation == "<=>":
        return str(trace.left).lower(), str(trace.right).lower(), True
    left, right = _differing(trace.left, trace.right)
    digits = 6
    for digits in (6, 12, 20, 30, 40, 60):
        if _rounded(left, digits) != _rounded(right, digits) or trace.relation in ("!=", "<"):
            break
    a, exact_a = value_text(left, digits)
    b, exact_b = value_text(right, digits)
    return a, b, exact_a and exact_b


def _rounded(value: Any, digits: int) -> str:
    """The value as decimals only, to see whether so many digits tell two values apart."""
    import flint

    from derive.backends.flint_arrays import map_one
    from derive.backends.flint_numbers import Pair

    def ball(x: Any) -> Any:
        if type(x) is Pair:
            return Pair(ball(x.re), ball(x.im))
        return flint.arb(x) if type(x) is flint.fmpq else x

    old = flint.ctx.prec
    flint.ctx.prec = 400
    try:
        return value_text(map_one(ball, value), digits)[0]
    finally:
        flint.ctx.prec = old


def _differing(left: Any, right: Any) -> tuple[Any, Any]:
    """Large arrays are shown by the first entries that differ."""
    from derive.backends.flint_arrays import entries

    if type(left) is tuple and type(right) is tuple and len(list(entries(left))) > 9:
        for a, b in zip(left, right, strict=False):
            if value_text(a, 12) != value_text(b, 12):
                return _differing(a, b)
    return left, right


def value_text(value: Any, digits: int = 6) -> tuple[str, bool]:
    """An evaluated value as text, and whether the text is exact."""
    import flint

    from derive.backends.flint import Uncertain, Undefined
    from derive.backends.flint_numbers import Pair, fraction

    if isinstance(value, tuple):
        parts = [value_text(v, digits) for v in value]
        return f"[{', '.join(p for p, _ in parts)}]", all(e for _, e in parts)
    if isinstance(value, (Undefined, Uncertain)):
        return "undefined" if isinstance(value, Undefined) else "not evaluated", True
    if type(value) is flint.fmpq:
        if value.p.bit_length() + value.q.bit_length() > 130:
            return value_text(flint.arb(value), digits)
        return str(fraction(value)), True
    if type(value) is Pair:
        return _complex_text(value, digits)
    if type(value) is flint.arb:
        return _decimal(value, digits), False
    return str(value), False


def _decimal(ball: Any, digits: int) -> str:
    text = str(ball.str(digits, radius=False))
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _complex_text(value: Any, digits: int) -> tuple[str, bool]:
    re, exact_re = value_text(value.re, digits)
    im, exact_im = value_text(value.im, digits)
    exact = exact_re and exact_im
    if im == "0":
        return re, exact
    sign, size = ("-", im[1:]) if im.startswith("-") else ("+", im)
    size = "im" if size == "1" else f"{size}*im"
    if re == "0":
        return (size if sign == "+" else f"-{size}"), exact
    return f"{re} {sign} {size}", exact

