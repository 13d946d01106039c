"""The evaluator of our terms at a point: numbers, arrays, finite sums, derivatives by automatic
differentiation, and propositions.

Promise: it shares no rule with the symbolic derivative or the normal forms. A value is an enclosure or
exact; `NotDefined` and `NotDecided` are raised as `flint_numbers` describes. Work is counted and bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flint import arb, fmpq

from derive.backends import flint_arrays as arrays
from derive.backends import flint_laws as laws
from derive.backends.flint_calculus import (
    continued,
    derivative,
    expectation,
    integral_over,
    limit_at,
)
from derive.backends.flint_chance import Table, conditional_mean
from derive.backends.flint_exponential import exponential
from derive.backends.flint_functions import complex_function, function, known
from derive.backends.flint_numbers import (
    IMAGINARY,
    ONE,
    ZERO,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    add,
    as_pair,
    div,
    exact,
    mul,
    neg,
    sub,
)
from derive.backends.flint_powers import binomial, power
from derive.core.law_values import closed_form, is_of_laws
from derive.core.laws import LAWS
from derive.core.operator import OPERATORS
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, Array
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols

Tree = Any
MAX_TERMS = 2_000
MAX_WORK = 40_000


class Closure:
    """A function value: a `lam` with the values of its free symbols."""

    __slots__ = ("captured", "term")

    def __init__(self, term: Bind, captured: dict[Sym, Tree]) -> None:
        self.term, self.captured = term, captured


class Machine:
    """Values of the symbols at one point, at the precision that flint is set to."""

    __slots__ = ("analytic", "depth", "frames", "memo", "tags", "values", "work")

    def __init__(self, values: dict[Sym, Tree]) -> None:
        self.values = dict(values)
        self.memo: dict[Term, Tree] = {}
        self.frames: list[tuple[Sym, dict[Term, Tree]]] = []
        self.tags = 0
        self.work = 0
        self.depth = 0
        self.analytic = ""  # inside an integral: "enclose" or "continue" (analytically)

    def value(self, term: Term) -> Tree:
        """The value of a term."""
        kind = type(term)
        if kind is Num:
            return exact(term.value)  # type: ignore[union-attr]
        if kind is Sym:
            try:
                return self.values[term]  # type: ignore[index]
            except KeyError:
                raise NotDecided(f"no value for {term!r}", final=True) from None
        if kind is App:
            handler = _APPS.get(term.op)  # type: ignore[union-attr]
            if handler is not None:
                return handler(self, term)  # type: ignore[arg-type]
        return self._remembered(term)

    def _remembered(self, term: Term) -> Tree:
        """Evaluate once for each value of the innermost bound variable that the term mentions."""
        free = free_symbols(term)
        memo = self.memo
        for var, inner in reversed(self.frames):
            if var in free:
                memo = inner
                break
        if term in memo:
            return memo[term]
        self.work += 1
        self.depth += 1
        if self.work > MAX_WORK or self.depth > 150:
            raise NotDecided("too much work", final=True)
        if type(term) is App:
            result = _app(self, term)
        else:
            result = _bind(self, term)  # type: ignore[arg-type]
        self.depth -= 1
        memo[term] = result
        return result

    def bound(self, var: Sym, value: Tree, body: Callable[[], Any]) -> Any:
        """The result of `body` with a bound variable set."""
        missing = object()
        old = self.values.get(var, missing)
        self.values[var] = value
        self.frames.append((var, {}))
        try:
            return body()
        finally:
            self.frames.pop()
            if old is missing:
                del self.values[var]
            else:
                self.values[var] = old

    def integer(self, term: Term) -> int:
        """The value of an integer term."""
        value = self.value(term)
        if type(value) is not fmpq:
            raise NotDecided("an index or a bound that is not exact", final=True)
        if value.q != 1:
            raise NotDefined("an index or a bound that is not an integer")
        return int(value.p)

    def span(self, over: tuple[Term, ...]) -> range:
        """An integer range, bounded in length."""
        low, high = self.integer(over[0]), self.integer(over[1])
        self.work += max(high - low, 0)
        if high - low >= MAX_TERMS or self.work > MAX_WORK:
            raise NotDecided("range too long", final=True)
        return range(low, high + 1)

    def over_range(self, term: Bind) -> list[Tree]:
        """The values of the body over an integer range."""
        return [
            self.bound(term.var, fmpq(i), lambda: self.value(term.body))
            for i in self.span(term.over)
        ]

    def call(self, fn: Term, args: tuple[Tree, ...]) -> Tree:
        """A function term applied to values."""
        value: Tree = fn
        if not (isinstance(fn, Bind) and fn.op == "lam"):
            value = self.value(fn)
        for arg in args:
            value = self._call_one(value, arg)
        return value

    def _call_one(self, value: Tree, arg: Tree) -> Tree:
        if isinstance(value, Bind) and value.op == "lam":
            body = value.body
            return self.bound(value.var, arg, lambda: self.value(body))
        if isinstance(value, Closure):
            closure = value
            if not closure.captured:
                return self._call_one(closure.term, arg)
            return self._with_captured(
                list(closure.captured.items()), lambda: self._call_one(closure.term, arg)
            )
        if isinstance(value, Table):
            return value.values[int(arg.p) - 1]
        raise NotDecided("not a function", final=True)

    def _with_captured(self, items: list[tuple[Sym, Tree]], body: Callable[[], Tree]) -> Tree:
        if not items:
            return body()
        (var, value), *rest = items
        return self.bound(var, value, lambda: self._with_captured(rest, body))


# ---------------------------------------------------------------- binders


def _bind(machine: Machine, term: Bind) -> Tree:
    op = term.op
    if op == "sum" and len(term.over) == 2:
        return arrays.sum_trees(machine.over_range(term))
    if op == "prod" and len(term.over) == 2:
        result: Number = ONE
        for item in machine.over_range(term):
            result = arrays.map_two(mul, result, item)
        return result
    if op in ("max", "min") and len(term.over) == 2:
        return arrays.largest(machine.over_range(term), smallest=op == "min")
    if op == "array":
        return tuple(machine.over_range(term))
    if op == "lam":
        free = sorted(free_symbols(term), key=lambda s: s.name)
        return Closure(term, {v: machine.values[v] for v in free if v in machine.values})
    if op == "E":
        return expectation(machine, term)
    if op == "lim":
        return limit_at(machine, term)
    if op == "int":
        return integral_over(machine, term)
    raise NotDecided(f"`{op}` is not evaluated at points", final=True)


# ---------------------------------------------------------------- applications


def _plus(machine: Machine, term: App) -> Tree:
    x, y = machine.value(term.args[0]), machine.value(term.args[1])
    return arrays.map_two(add, x, y) if type(x) is tuple or type(y) is tuple else add(x, y)


def _minus(machine: Machine, term: App) -> Tree:
    x, y = machine.value(term.args[0]), machine.value(term.args[1])
    return arrays.map_two(sub, x, y) if type(x) is tuple or type(y) is tuple else sub(x, y)


def _times(machine: Machine, term: App) -> Tree:
    x, y = machine.value(term.args[0]), machine.value(term.args[1])
    return arrays.map_two(mul, x, y) if type(x) is tuple or type(y) is tuple else mul(x, y)


def _negative(machine: Machine, term: App) -> Tree:
    return arrays.map_one(neg, machine.value(term.args[0]))


def _index(machine: Machine, term: App) -> Tree:
    base, *indices = term.args
    places = [machine.integer(i) for i in indices]
    return arrays.entry(machine.value(base), places)


def _quotient(machine: Machine, term: App) -> Tree:
    x, y = machine.value(term.args[0]), machine.value(term.args[1])
    return arrays.map_two(div, x, y)


def _indicator(machine: Machine, term: App) -> Tree:
    from derive.backends.flint_logic import settle

    return ONE if settle(machine, term.args[0]) else ZERO


def _ite(machine: Machine, term: App) -> Tree:
    from derive.backends.flint_logic import settle

    return machine.value(term.args[1] if settle(machine, term.args[0]) else term.args[2])


def _delta(machine: Machine, term: App) -> Tree:
    return ONE if machine.integer(term.args[0]) == machine.integer(term.args[1]) else ZERO


# Cheap rows: not remembered.
_APPS: dict[str, Callable[[Machine, App], Tree]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "neg": _negative,
    "index": _index,
    "delta": _delta,
    "ite": _ite,
    "indicator": _indicator,
}


def _power(machine: Machine, term: App) -> Tree:
    base, exponent = term.args
    sort = sort_of(exponent)
    integer = sort is INTEGER
    complex_base = _is_complex(sort_of(base)) or _is_complex(sort)
    literal = isinstance(exponent, Num) or not free_symbols(exponent)
    x, e = machine.value(base), machine.value(exponent)
    if literal and type(e) is fmpq and e.q == 1 and e:
        integer = True
    if machine.analytic and not integer and type(x) is Pair:
        x = continued(machine, "power", x)
    return arrays.map_two(
        lambda a, b: power(a, b, integer, literal, complex_base), x, e
    )


def _is_complex(sort: object) -> bool:
    return sort is COMPLEX or (isinstance(sort, Array) and sort.entry is COMPLEX)


@lru_cache(maxsize=1024)
def _closed_form(op: str, args: tuple[Term, ...]) -> tuple[Term, tuple[Term, ...]] | None:
    """`closed_form`, built once, so that the new terms keep what they remember."""
    return closed_form(op, args)


def _of_laws(machine: Machine, term: App) -> Tree:
    from derive.backends.flint_logic import settle

    found = _closed_form(term.op, term.args)
    if found is None:
        raise NotDecided(f"no closed form for `{term.op}` of this law", final=True)
    for law in term.args:
        if isinstance(law, App) and law.op in LAWS:
            for owed in OPERATORS[law.op].owes(law.args):
                if not settle(machine, owed):
                    raise NotDefined("parameters of the law outside their range")
    value, owing = found
    for owed in owing:
        if not settle(machine, owed):
            raise NotDefined(f"`{term.op}` outside its range")
    return machine.value(value)


_ARRAY_ROWS: dict[str, Callable[..., Tree]] = {
    "matmul": arrays.product,
    "transpose": arrays.transpose,
    "hermitian": lambda x: arrays.conjugate(arrays.transpose(x)),
    "inv": arrays.inverse,
    "expm": exponential,
    "det": arrays.determinant,
    "logdet": lambda x: function("log", _real(arrays.determinant(x))),
    "tr": arrays.trace,
    "diag": arrays.diagonal,
    "vec": arrays.stack_columns,
    "kron": arrays.kronecker,
    "outer": arrays.outer,
    "dot": arrays.dot,
    "norm": arrays.norm,
    "norm_p": arrays.norm_p,
    "norm_inf": arrays.norm_inf,
    "softmax": arrays.softmax,
    "logsumexp": arrays.logsumexp,
    "mean": arrays.mean,
    "variance": arrays.variance,
    "sample_variance": lambda x: arrays.variance(x, sample=True),
    "xlogy": laws.xlogy,
    "entropy": laws.entropy,
    "cross_entropy": laws.cross_entropy,
    "KL": laws.divergence,
    "mutual_information": laws.mutual_information,
    "beside": lambda *blocks: tuple(sum(rows, ()) for rows in zip(*blocks, strict=True)),
    "above": lambda *blocks: sum(blocks, ()),
    "vector": lambda *rows: tuple(rows),
}


def _real(x: Number) -> Number:
    if type(x) is Pair and not (type(x.im) is fmpq and not x.im):
        raise NotDecided("log of a complex determinant", final=True)
    return as_pair(x).re


def _app(machine: Machine, term: App) -> Tree:
    op, args = term.op, term.args
    if op == "/":
        return _quotient(machine, term)
    if op == "^":
        return _power(machine, term)
    if known(op) and len(args) == 1:
        inner = machine.value(args[0])
        if machine.analytic and op in ("log", "sqrt", "abs") and type(inner) is Pair:
            inner = continued(machine, op, inner)
            if op == "abs":
                return inner
        use = complex_function if op in ("log", "sqrt") and _is_complex(sort_of(args[0])) else function
        return arrays.map_one(lambda e: use(op, e), inner)
    if op in ("max", "min"):
        x, y = machine.value(args[0]), machine.value(args[1])
        return arrays.map_two(lambda a, b: arrays.largest([a, b], smallest=op == "min"), x, y)
    if is_of_laws(op, args):
        return _of_laws(machine, term)
    if op in _ARRAY_ROWS:
        return _ARRAY_ROWS[op](*[machine.value(a) for a in args])
    if op in ("deriv", "partial", "grad", "jacobian", "hessian"):
        return derivative(machine, term)
    if op == "apply":
        return machine.call(args[0], tuple([machine.value(a) for a in args[1:]]))
    if op == "given":
        return conditional_mean(machine, term)
    return _rare(machine, term)


def _rare(machine: Machine, term: App) -> Tree:
    match term.op, term.args:
        case "pi", ():
            return arb.pi()
        case "im", ():
            return IMAGINARY
        case "eye", (n,):
            return arrays.identity(_small(machine, n))
        case ("zeros" | "ones") as op, shape:
            value = ONE if op == "ones" else ZERO
            return arrays.filled([_small(machine, s) for s in shape], value)
        case "binomial", (n, k):
            return binomial(machine.value(n), machine.value(k))
    raise NotDecided(f"`{term.op}` is not evaluated at points", final=True)


def _small(machine: Machine, term: Term) -> int:
    n = machine.integer(term)
    if not 0 <= n <= 64:
        raise NotDecided("array too large", final=True)
    return n
