"""Single slips undone: what an author may have meant by a side that is false as written.

Promise: each repair changes one place of the side and keeps its sort; the list is bounded and always in the
same order. None is said to be true here: `engines/slips.py` tries them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derive.core.alpha import alpha_equal
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.show import show
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import ONE, TWO, App, Bind, Num, Sym, Term, add, div, mul, neg, power, sub

MAX_REPAIRS = 100
ORDER = "two factors in the wrong order"
_LINEAR = frozenset({"+", "-", "neg"})
_OPAQUE = frozenset({"lam"})


@dataclass(frozen=True, slots=True)
class Repair:
    """A side with one slip undone: the kind of the slip, what stood there, and what stands there now."""

    kind: str
    old: Term
    new: Term
    side: Term

    def text(self, written: Term) -> str:
        """The repair in the reader's words; the whole side where the old part stands in several places."""
        old, new = show(self.old), show(self.new)
        if _count(written, self.old) > 1:
            old, new = show(written), show(self.side)
        return f"this holds with `{new}` for `{old}` ({self.kind})"


Put = Callable[[Term], Term]


def repairs(side: Term) -> Iterator[Repair]:
    """The likeliest slips first."""
    seen: list[Term] = [side]
    every = list(places(side, lambda t: t, True))
    for family in (_signs, _turned, _swapped, _factors, _shifted, _exponents, _extra):
        for part, put, linear in every:
            for kind, new in family(part, linear):
                whole = put(new)
                if len(seen) > MAX_REPAIRS:
                    return
                if _sound(whole, side) and not any(whole == s for s in seen):
                    seen.append(whole)
                    yield Repair(kind, part, new, whole)


def laws(side: Term) -> Iterator[Repair]:
    """`log(a*b)` for `log(a + b)`, `exp(a + b)` for `exp(a*b)` and the like: a law that was remembered wrongly."""
    for part, put, _ in places(side, lambda t: t, True):
        found = _remembered(part)
        if found is not None:
            kind, new = found
            yield Repair(kind, part, new, put(new))


def _remembered(part: Term) -> tuple[str, Term] | None:
    match part:
        case App("log" | "sqrt" as op, (App("+", (a, b)),)):
            return "a law for products", App(op, (mul(a, b),))
        case App("log", (App("-", (a, b)),)):
            return "a law for quotients", App("log", (div(a, b),))
        case App("exp", (App("*", (a, b)),)):
            return "a law for sums", App("exp", (add(a, b),))
        case App("+", (App("exp") as a, App("exp") as b)):
            return "a law for products", mul(a, b)
        case App("*", (App("log") as a, App("log") as b)):
            return "a law for sums", add(a, b)
        case App("ones", (n, m)) if n == m:
            return "the identity for a matrix of ones", App("eye", (n,))
    return None


def _sound(whole: Term, side: Term) -> bool:
    """Has the repaired side the sort of the side as written?"""
    try:
        one, two = sort_of(whole), sort_of(side)
    except (ValueError, TypeError, IndexError):
        return False
    if isinstance(one, Array) and isinstance(two, Array):
        return len(one.shape) == len(two.shape) and all(map(alpha_equal, one.shape, two.shape))
    return isinstance(one, Array) == isinstance(two, Array)


def _count(term: Term, part: Term) -> int:
    inside = term.args if isinstance(term, App) else (*term.over, term.body) if isinstance(term, Bind) else ()
    return (term == part) + sum(_count(t, part) for t in inside)


def places(term: Term, put: Put, linear: bool) -> Iterator[tuple[Term, Put, bool]]:
    """Every part with the way to replace it; `linear`: it is a summand of the side, or of a sum in it."""
    yield term, put, linear
    match term:
        case App(op, args) if op != "unsupported":
            for k, arg in enumerate(args):
                def inside(new: Term, k: int = k, op: str = op, args: tuple[Term, ...] = args) -> Term:
                    return put(App(op, (*args[:k], new, *args[k + 1 :])))

                yield from places(arg, inside, linear and op in _LINEAR)
        case Bind(op, _, over, body) if op not in _OPAQUE:
            for k, end in enumerate(over):
                def at_end(new: Term, k: int = k, b: Bind = term) -> Term:
                    return put(Bind(b.op, b.var, (*b.over[:k], new, *b.over[k + 1 :]), b.body))

                yield end, at_end, False

            def within(new: Term, b: Bind = term) -> Term:
                return put(Bind(b.op, b.var, b.over, new))

            yield from places(body, within, linear and op == "sum")


def damped(side: Term, slopes: list[Term]) -> Iterator[Repair]:
    """A part of the side times the slope of an entrywise function, where the shapes agree."""
    for slope in slopes:
        shape = shape_of(slope)
        for part, put, _ in places(side, lambda t: t, True):
            if _rank(part) == len(shape) > 0 and _is_number(part):
                new = mul(part, slope)
                if all(map(alpha_equal, shape_of(part), shape)) and _sound(whole := put(new), side):
                    yield Repair("a forgotten inner derivative", part, new, whole)


# ---------------------------------------------------------------- the families

Found = Iterator[tuple[str, Term]]


def _signs(part: Term, linear: bool) -> Found:
    match part:
        case App("+", (a, b)):
            yield "a sign", sub(a, b)
            if linear and not _is_sum(a):
                yield "a sign", sub(b, a)
        case App("-", (a, b)):
            yield "a sign", add(a, b)
            if linear:
                yield "a sign", sub(b, a)
        case App("neg", (a,)):
            yield "a sign", a
        case _:
            if linear and _is_number(part):
                yield "a sign", neg(part)


def _is_sum(term: Term) -> bool:
    return isinstance(term, App) and term.op in _LINEAR


def _is_number(part: Term) -> bool:
    """Is it a real number, or an array of them, and no index or size?"""
    try:
        sort = sort_of(part)
    except (ValueError, TypeError, IndexError):
        return False
    return sort is REAL or isinstance(sort, Array)


def _rank(part: Term) -> int:
    try:
        return len(shape_of(part))
    except (ValueError, TypeError, IndexError):
        return 0


def _turned(part: Term, linear: bool) -> Found:
    match part:
        case App("transpose", (a,)):
            yield "a transpose too many", a
        case App("index", (base, i, j)) if i != j:
            yield "two indices in the wrong order", App("index", (base, j, i))
        case App("outer", (a, b)):
            yield ORDER, App("outer", (b, a))
        case App() | Sym() if _rank(part) == 2:
            yield "a missing transpose", App("transpose", (part,))


def _swapped(part: Term, linear: bool) -> Found:
    match part:
        case App("matmul", _):
            factors = _chain(part)
            for k in range(len(factors) - 1):
                order = [*factors[:k], factors[k + 1], factors[k], *factors[k + 2 :]]
                made = order[0]
                for factor in order[1:]:
                    made = App("matmul", (made, factor))
                yield ORDER, made
        case App("-" | "/" as op, (a, b)):
            if op == "/" or not linear:
                yield "two sides in the wrong order", App(op, (b, a))


def _chain(term: Term) -> list[Term]:
    if isinstance(term, App) and term.op == "matmul":
        return [*_chain(term.args[0]), term.args[1]]
    return [term]


def _factors(part: Term, linear: bool) -> Found:
    if not (linear and _is_number(part)):
        return
    less = _without_two(part)
    if less is not None:
        yield "a factor 2 too many", less
    match part:
        case App("/", (rest, Num(value))) if value == 2:
            yield "a factor 2", rest
        case _:
            yield "a factor 2", mul(TWO, part)
            yield "a factor 1/2", div(part, TWO)
    match part:
        case Bind("sum", _, (low, high), _) if low == ONE:
            yield "a mean for a sum", div(part, high)
        case App("/", (rest, size)) if not isinstance(size, Num) and not _is_number(size):
            yield "a sum for a mean", rest


def _without_two(part: Term) -> Term | None:
    """The product without the factor 2 that leads it."""
    match part:
        case App("*" | "matmul" as op, (first, rest)):
            if first == TWO and op == "*":
                return rest
            less = _without_two(first)
            return None if less is None else App(op, (less, rest))
        case App("/", (first, below)):
            less = _without_two(first)
            return None if less is None else App("/", (less, below))
    return None


def _shifted(part: Term, linear: bool) -> Found:
    match part:
        case App("index", (base, *indices)):
            for k, index in enumerate(indices):
                for moved in (add(index, ONE), sub(index, ONE)):
                    yield "an index off by one", App("index", (base, *indices[:k], _tidy(moved), *indices[k + 1 :]))
        case Bind("sum" | "prod", var, (low, high), body):
            for ends in ((low, sub(high, ONE)), (low, add(high, ONE)), (add(low, ONE), high), (sub(low, ONE), high)):
                yield "an end of a range off by one", Bind(part.op, var, tuple(map(_tidy, ends)), body)
        case Sym() if _is_integer(part):
            yield "off by one", add(part, ONE)
            yield "off by one", sub(part, ONE)


def _is_integer(part: Sym) -> bool:
    return part.sort is INTEGER


def _tidy(end: Term) -> Term:
    """`1 + 1` as 2, `(n - 1) + 1` as n."""
    match end:
        case App("+", (Num(a), Num(b))):
            return Num(a + b)
        case App("-", (Num(a), Num(b))):
            return Num(a - b)
        case App("+", (App("-", (a, Num(b))), Num(c))) | App("-", (App("+", (a, Num(b))), Num(c))) if b == c:
            return a
    return end


def _exponents(part: Term, linear: bool) -> Found:
    match part:
        case App("^", (base, Num(e))) if e.denominator == 1:
            lower = base if e == 2 else power(base, Num(e - 1))
            yield "an exponent", lower
            yield "an exponent", power(base, Num(e + 1))
            yield "a sign in an exponent", power(base, Num(-e))
        case App("^", (base, exponent)) if sort_of(exponent) is INTEGER:
            yield "an exponent", power(base, sub(exponent, ONE))
            yield "an exponent", power(base, add(exponent, ONE))
        case App("exp", (a,)):
            yield "a sign in an exponent", App("exp", (neg(a),))
        case Sym() | App("index", _) if _rank(part) == 0 and _is_number(part):
            yield "an exponent", power(part, TWO)
        case App(_, (Sym() | App() | Bind(),)) if part.op in OPERATORS and _is_number(part):
            # `1 - tanh(z)` for `1 - tanh(z)^2`
            if OPERATORS[part.op].slope is not None and part.op != "neg":
                yield "an exponent", power(part, TWO)


def _extra(part: Term, linear: bool) -> Found:
    match part:
        case App("+" | "-", (a, b)) if linear:
            yield "a term too many", a
            if part.op == "+":
                yield "a term too many", b
            else:
                yield "a term too many", neg(b)
        case App("*", (a, b)):
            if _rank(a) == _rank(part):
                yield "a factor too many", a
            if _rank(b) == _rank(part):
                yield "a factor too many", b
