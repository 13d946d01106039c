"""A second opinion for tests: terms evaluated with mpmath at 120 digits, at the values of a witness.

Promise: it shares no code with the refuter: numbers are mpmath floats, derivatives are central
differences, every operator is written out again. It may be wrong by rounding, never by imitation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from typing import Any

from mpmath import mp, mpc, mpf

from derive.core.claim import Context
from derive.core.sort import COMPLEX, OUTCOME, Array
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols
from derive.core.verdict import Witness
from tests import oracle_chance as chance
from tests import oracle_laws as laws

mp.dps = 120
CLOSE = mpf(10) ** -45
STEP = mpf(10) ** -25

Scope = dict[str, Any]


class Undefined(Exception):
    """The value does not exist, or this evaluator does not know it."""


@dataclass(frozen=True)
class Opinion:
    """Both sides of the relation that fails at the point, and whether every hypothesis holds there."""

    holds: bool
    hypotheses: bool


def second_opinion(claim: Term, context: Context, witness: Witness) -> Opinion:
    """The claim (unfolded here) and the hypotheses at a witness's values."""
    scope = {name: _lift(value) for name, value in witness.values}
    _retype(scope, context, claim)
    facts = [f for f in context.facts if f.kind in ("domain", "hypothesis", "case")]
    scope[chance.LAWS], scope[chance.MEANS] = facts, {}
    hypotheses = all(truth(context.unfold(f.claim), scope) for f in facts)
    return Opinion(_claim(context.unfold(claim), scope), hypotheses)


def _claim(claim: Term, scope: Scope) -> bool:
    """The claim at the point; outer variables that the witness names are taken from it."""
    match claim:
        case Bind("forall", var, _, body) if var.name in scope:
            return _claim(body, scope)
        case App("=>", (premise, conclusion)):
            return not truth(premise, scope) or _claim(conclusion, scope)
        case App("=", (Bind("argmax" | "argmin" as op, var, (domain,), body), value)):
            return _optimal(op, var, domain, body, value, scope)
        case App("=", (Bind("largest" | "smallest" as op, var, (domain,), body), value)):
            return not _exceeded(op, var, domain, body, value, scope)
        case _:
            return truth(claim, scope)


def _optimal(op: str, var: Sym, domain: Term, body: Term, value: Term, scope: Scope) -> bool:
    at = evaluate(value, scope)
    if not truth(domain, {**scope, var.name: at}):
        return False
    sign = 1 if op == "argmax" else -1
    level = sign * evaluate(body, {**scope, var.name: at})
    for other in _elsewhere(at):
        there = {**scope, var.name: other}
        if truth(domain, there) and sign * evaluate(body, there) >= level - CLOSE:
            return False
    return True


def _exceeded(op: str, var: Sym, domain: Term, body: Term, value: Term, scope: Scope) -> bool:
    """Is there a point of the domain with a value beyond the claimed largest or smallest?"""
    sign = 1 if op == "largest" else -1
    level = sign * evaluate(value, scope)
    places = [mpf(k) / 20 for k in range(-60, 61)] if not isinstance(var.sort, Array) else [scope[var.name]]
    scopes = [{**scope, var.name: place} for place in places]
    return any(truth(domain, s) and sign * evaluate(body, s) > level + CLOSE for s in scopes)


def _elsewhere(at: Any) -> list[Any]:
    """Points other than this one: on a grid, or along coordinates and differences of coordinates."""
    if not isinstance(at, list):
        return [at + mpf(k) / 20 for k in range(-60, 61) if k] + [mpf(k) for k in range(-4, 5) if k != at]
    found = [[-e for e in at], [mpf(0) for _ in at], at[::-1]]
    steps = [mpf(k) / 8 for k in range(-16, 17) if k]
    for i in range(len(at)):
        for s in (*steps, at[i] / 2):
            found.append([e + s * (k == i) for k, e in enumerate(at)])
            for j in range(len(at)):
                if i != j:
                    found.append([e + s * ((k == i) - (k == j)) for k, e in enumerate(at)])
    return [p for p in found if any(abs(a - b) > CLOSE for a, b in zip(at, p, strict=True))]


def _retype(scope: Scope, context: Context, claim: Term) -> None:
    """Complex pairs become complex numbers, by the sorts of the symbols."""
    for symbol in {*context.symbols, *free_symbols(claim)}:
        if symbol.name not in scope:
            continue
        sort = symbol.sort
        if sort is COMPLEX:
            scope[symbol.name] = mpc(*scope[symbol.name])
        elif isinstance(sort, Array) and sort.entry is COMPLEX:
            scope[symbol.name] = _pairs(scope[symbol.name], len(sort.shape))


def _pairs(value: Any, axes: int) -> Any:
    return [_pairs(v, axes - 1) for v in value] if axes else mpc(*value)


def _lift(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_lift(v) for v in value]
    return mpf(Fraction(value).numerator) / Fraction(value).denominator


# ---------------------------------------------------------------- propositions


def truth(claim: Term, scope: Scope) -> bool:
    """A proposition, with a relative tolerance of 1e-45 in equations and weak inequalities."""
    match claim:
        case App("true", ()):
            return True
        case App("false", ()):
            return False
        case App("=", (a, b)):
            return _close(evaluate(a, scope), evaluate(b, scope))
        case App("!=", (a, b)):
            return not _close(evaluate(a, scope), evaluate(b, scope))
        case App("<=", (a, b)):
            return bool(evaluate(a, scope) <= evaluate(b, scope) + CLOSE)
        case App("<", (a, b)):
            return bool(evaluate(a, scope) < evaluate(b, scope) - CLOSE)
        case App("and", parts):
            return all(truth(p, scope) for p in parts)
        case App("or", parts):
            return any(truth(p, scope) for p in parts)
        case App("not", (p,)):
            return not truth(p, scope)
        case App("=>", (p, q)):
            return not truth(p, scope) or truth(q, scope)
        case App("<=>", (p, q)):
            return _side(p, scope) == _side(q, scope)
        case Bind("forall", var, (low, high), body):
            return all(truth(body, {**scope, var.name: i}) for i in _range(low, high, scope))
        case Bind("exists", var, (low, high), body):
            return any(truth(body, {**scope, var.name: i}) for i in _range(low, high, scope))
        case App("posdef" | "psd" as op, (a,)):
            return _definite(evaluate(a, scope), op == "posdef")
        case App(op, _) if op in chance.STATED:
            return chance.stated(claim, scope, evaluate)
        case Bind("forall", var, (), body) if var.sort is OUTCOME:
            points = range(1, len(scope[chance.SPACE]) + 1)
            return all(truth(body, {**scope, var.name: k}) for k in points)
        case App("invertible", (a,)):
            return bool(abs(_det(evaluate(a, scope))) > CLOSE)
    raise Undefined(repr(claim))


def _side(claim: Term, scope: Scope) -> bool:
    try:
        return truth(claim, scope)
    except (Undefined, ZeroDivisionError):
        return False


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, list) or isinstance(b, list):
        size = len(a) if isinstance(a, list) else len(b)
        return all(
            _close(a[i] if isinstance(a, list) else a, b[i] if isinstance(b, list) else b)
            for i in range(size)
        )
    return bool(abs(a - b) <= CLOSE * (abs(a) + abs(b)) + CLOSE**2)


def _definite(a: Any, strict: bool) -> bool:
    size = len(a)
    if not _close(a, [[mp.conj(a[j][i]) for j in range(size)] for i in range(size)]):
        return False
    if not len(a):
        # there is no vector whose form could fail to be positive
        return True
    values = mp.eigh(mp.matrix(a), eigvals_only=True)
    return all(v > CLOSE if strict else v > -CLOSE for v in values)


def _range(low: Term, high: Term, scope: Scope) -> range:
    return range(int(evaluate(low, scope)), int(evaluate(high, scope)) + 1)


# ---------------------------------------------------------------- terms


def evaluate(term: Term, scope: Scope) -> Any:
    """A number (int, mpf, mpc) or nested lists."""
    match term:
        case Num(value):
            return mpf(value.numerator) / value.denominator
        case Sym(name, _):
            if name not in scope:
                raise Undefined(name)
            return scope[name]
        case Bind(op, var, (low, high), body) if op not in ("int", "lim"):
            items = [evaluate(body, {**scope, var.name: i}) for i in _range(low, high, scope)]
            return _fold(op, items)
        case Bind("int", var, (low, high), body):
            return mp.quad(
                lambda x: evaluate(body, {**scope, var.name: x}),
                [evaluate(low, scope), evaluate(high, scope)],
            )
        case App("ite", (c, a, b)):
            return evaluate(a if truth(c, scope) else b, scope)
        case App("indicator", (c,)):
            return mpf(int(truth(c, scope)))
        case App("deriv" | "partial" | "grad" | "jacobian" | "hessian", _):
            return _derivative(term, scope)
        case App("given", _):
            return chance.given(term, scope, evaluate)
        case Bind("E"):
            return chance.mean(term, scope, evaluate)
        case App("apply", (Sym() as function, point)) if function.name in scope:
            return chance.at_point(function, evaluate(point, scope), scope)
        case App("apply", (Bind("lam", var, _, body), arg)):
            return evaluate(body, {**scope, var.name: evaluate(arg, scope)})
        case App("^", (a, b)):
            return _each(lambda x: _power(x, evaluate(b, scope)), evaluate(a, scope))
        case App(op, (App(name), *_)) if op in laws.OPS and name in laws.KNOWN:
            return _of_laws(term, scope)
        case App(op, args):
            return _apply(op, [evaluate(a, scope) for a in args])
    raise Undefined(repr(term))


def _of_laws(term: App, scope: dict[str, Any]) -> Any:
    def read(part: Term) -> Any:
        named = isinstance(part, App) and part.op in laws.KNOWN
        return (part.op, [evaluate(a, scope) for a in part.args]) if named else evaluate(part, scope)

    law, *rest = map(read, term.args)
    found = laws.value(term.op, law, rest)
    if found is None:
        raise Undefined(repr(term))
    return found


def _fold(op: str, items: list[Any]) -> Any:
    match op:
        case "sum":
            total: Any = mpf(0)
            for item in items:
                total = _two(lambda x, y: x + y, total, item)
            return total
        case "prod":
            product: Any = mpf(1)
            for item in items:
                product = _two(lambda x, y: x * y, product, item)
            return product
        case "max" | "min" if items:
            return max(items) if op == "max" else min(items)
        case "array":
            return items
    raise Undefined(op)


def _each(f: Callable[[Any], Any], x: Any) -> Any:
    return [_each(f, e) for e in x] if isinstance(x, list) else f(x)


def _two(f: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    if isinstance(x, list) and isinstance(y, list):
        if len(x) != len(y):
            raise Undefined("shapes")
        return [_two(f, a, b) for a, b in zip(x, y, strict=True)]
    if isinstance(x, list):
        return [_two(f, a, y) for a in x]
    if isinstance(y, list):
        return [_two(f, x, b) for b in y]
    return f(x, y)


def _power(x: Any, e: Any) -> Any:
    if e == int(mp.re(e)):
        if x == 0 and e < 0:
            raise Undefined("0 to a negative power")
        return x ** int(mp.re(e))
    if not isinstance(x, mpc) and x < 0:
        raise Undefined("power of a negative number")
    return x**e


def _real(x: Any, low: Any, op: str, strict: bool) -> Any:
    if not isinstance(x, mpc) and (x < low or (strict and x == low)):
        raise Undefined(op)
    return x


_ONE: dict[str, Callable[[Any], Any]] = {
    "neg": lambda x: -x,
    "exp": mp.exp, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "atan": mp.atan, "asinh": mp.asinh,
    "asin": mp.asin, "acos": mp.acos, "acosh": mp.acosh, "atanh": mp.atanh,
    "log": lambda x: mp.log(_real(x, 0, "log", True)),
    "sqrt": lambda x: mp.sqrt(_real(x, 0, "sqrt", False)),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "abs": abs, "sign": mp.sign, "floor": mp.floor, "ceil": mp.ceil,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "relu": lambda x: max(x, mpf(0)),
    "Gamma": lambda x: mp.gamma(_real(x, 0, "Gamma", True)),
    "digamma": lambda x: mp.digamma(_real(x, 0, "digamma", True)),
    "factorial": mp.factorial, "erf": mp.erf,
    "conj": mp.conj, "re": mp.re, "im_part": mp.im,
}
_PAIR: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
    "/": lambda x, y: _divide(x, y), "max": lambda x, y: max(x, y), "min": lambda x, y: min(x, y),
    "binomial": mp.binomial, "delta": lambda x, y: mpf(int(x == y)),
}


def _divide(x: Any, y: Any) -> Any:
    if y == 0:
        raise Undefined("division by zero")
    return mpf(x) / y if isinstance(x, int) else x / y


def _flat(x: Any) -> list[Any]:
    return [e for part in x for e in _flat(part)] if isinstance(x, list) else [x]


def _transpose(x: Any) -> Any:
    return [list(c) for c in zip(*x, strict=True)] if x and isinstance(x[0], list) else x


def _matmul(x: Any, y: Any) -> Any:
    if isinstance(x[0], list):
        return [_matmul(row, y) for row in x]
    if len(x) != len(y):
        raise Undefined("shapes")
    return _fold("sum", [_two(lambda a, b: a * b, a, b) for a, b in zip(x, y, strict=True)])


def _det(x: Any) -> Any:
    total = mpf(0)
    for order in permutations(range(len(x))):
        sign = 1
        for i in range(len(order)):
            for j in range(i):
                sign = -sign if order[j] > order[i] else sign
        term: Any = mpf(sign)
        for i, j in enumerate(order):
            term = term * x[i][j]
        total = total + term
    return total


def _inverse(x: Any) -> Any:
    if abs(_det(x)) < CLOSE:
        raise Undefined("singular")
    inverse = mp.matrix(x) ** -1
    return [[inverse[i, j] for j in range(len(x))] for i in range(len(x))]


def _diag(x: Any) -> Any:
    if isinstance(x[0], list):
        return [x[i][i] for i in range(len(x))]
    return [[e if i == j else mpf(0) for j in range(len(x))] for i, e in enumerate(x)]


def _apply(op: str, args: list[Any]) -> Any:
    if op in _ONE:
        return _each(_ONE[op], args[0])
    if op in _PAIR:
        return _two(_PAIR[op], *args)
    match op, args:
        case "pi", []:
            return +mp.pi
        case "im", []:
            return mpc(0, 1)
        case "index", [array, *places]:
            for place in places:
                if not 1 <= int(place) <= len(array):
                    raise Undefined("index")
                array = array[int(place) - 1]
            return array
        case "vector", rows:
            return rows
        case "matmul", [x, y]:
            return _matmul(x, y)
        case "transpose", [x]:
            return _transpose(x)
        case "hermitian", [x]:
            return _each(mp.conj, _transpose(x))
        case "inv", [x]:
            return _inverse(x)
        case "expm", [x]:
            return [list(row) for row in mp.expm(mp.matrix(x)).tolist()]
        case "det", [x]:
            return _det(x)
        case "logdet", [x]:
            return mp.log(_real(_det(x), 0, "logdet", True))
        case "tr", [x]:
            return _fold("sum", [x[i][i] for i in range(len(x))])
        case "diag", [x]:
            return _diag(x)
        case "vec", [x]:
            return [e for column in _transpose(x) for e in column]
        case "outer", [x, y]:
            return [[a * b for b in y] for a in x]
        case "kron", [[[*_], *_] as x, y]:
            return [[a * b for a in r for b in s] for r in x for s in y]
        case ("zeros" | "ones"), [*sizes] if len(sizes) <= 2:
            value = mpf(op == "ones")
            row = [value] * int(sizes[-1])
            return row if len(sizes) == 1 else [list(row) for _ in range(int(sizes[0]))]
        case "beside", blocks:
            return [[e for row in rows for e in row] for rows in zip(*blocks, strict=True)]
        case "above", blocks:
            return [list(row) for block in blocks for row in block]
        case "kron", [x, y]:
            return [a * b for a in x for b in y]
        case "dot", [x, y]:
            return _fold("sum", _flat(_two(lambda a, b: a * b, x, y)))
        case "norm", [x]:
            return mp.sqrt(sum(abs(e) ** 2 for e in _flat(x)))
        case "norm_inf", [x]:
            return max(abs(e) for e in _flat(x))
        case "norm_p", [x, p]:
            return sum(abs(e) ** p for e in _flat(x)) ** (1 / p)
        case "eye", [n]:
            return [[mpf(int(i == j)) for j in range(int(n))] for i in range(int(n))]
        case "softmax", [x]:
            total = sum(mp.exp(e) for e in x)
            return [mp.exp(e) / total for e in x]
        case "logsumexp", [x]:
            return mp.log(sum(mp.exp(e) for e in x))
        case "xlogy", [x, y]:
            return _weighted_log(x, y)
        case "entropy", [p]:
            return -sum(_weighted_log(x, x) for x in _masses(p))
        case "cross_entropy", [p, q]:
            return -sum(_weighted_log(x, y) for x, y in zip(_masses(p), _masses(q), strict=True))
        case "KL", [p, q]:
            pairs = list(zip(_masses(p), _masses(q), strict=True))
            return sum(_weighted_log(x, y) * -1 + _weighted_log(x, x) for x, y in pairs)
        case "mutual_information", [p]:
            rows, columns = [sum(r) for r in p], [sum(c) for c in zip(*p, strict=True)]
            flat = _masses(p)
            return (
                sum(_weighted_log(x, x) for x in flat)
                - sum(_weighted_log(x, x) for x in [*rows, *columns])
            )
        case "mean", [x]:
            return sum(_flat(x)) / len(_flat(x))
        case "variance", [x]:
            items = _flat(x)
            return sum((e - sum(items) / len(items)) ** 2 for e in items) / len(items)
    raise Undefined(op)


def _masses(x: Any) -> list[Any]:
    items = _flat(x)
    if any(mp.re(e) < 0 or mp.im(e) != 0 for e in items):
        raise Undefined("a mass")
    return items


def _weighted_log(x: Any, y: Any) -> Any:
    return mpf(0) if x == 0 else x * mp.log(_real(y, 0, "log", True))


# ---------------------------------------------------------------- derivatives by differences


def _derivative(term: App, scope: Scope) -> Any:
    function, point = term.args[0], term.args[1]
    if not (isinstance(function, Bind) and function.op == "lam"):
        raise Undefined("function symbol")
    var, body = function.var, function.body
    at = evaluate(point, scope)

    def value(x: Any) -> Any:
        return evaluate(body, {**scope, var.name: x})

    match term.op:
        case "deriv":
            return _slope(value, at)
        case "partial":
            place = [int(evaluate(i, scope)) - 1 for i in term.args[2:]]
            return _slope(lambda t: value(_moved(at, place, t)), _entry(at, place))
        case "grad" | "jacobian":
            return _spread(value, value(at), at)
        case _:
            return _spread(lambda x: _spread(value, value(x), x), _spread(value, value(at), at), at)


def _slope(f: Callable[[Any], Any], at: Any) -> Any:
    """The central difference of order four."""
    far = _two(lambda a, b: a - b, f(at + 2 * STEP), f(at - 2 * STEP))
    near = _two(lambda a, b: a - b, f(at + STEP), f(at - STEP))
    return _two(lambda a, b: (8 * a - b) / (12 * STEP), near, far)


def _entry(x: Any, place: list[int]) -> Any:
    for i in place:
        if not 0 <= i < len(x):
            raise Undefined("index")
        x = x[i]
    return x


def _moved(x: Any, place: list[int], t: Any) -> Any:
    if not place:
        return t
    return [_moved(e, place[1:], t) if i == place[0] else e for i, e in enumerate(x)]


def _spread(f: Callable[[Any], Any], sample: Any, at: Any) -> Any:
    """The slopes of every entry of f by every entry of the point."""
    if isinstance(sample, list):
        return [
            _spread(lambda x, i=i: f(x)[i], e, at)  # type: ignore[misc]
            for i, e in enumerate(sample)
        ]

    def walk(part: Any, place: list[int]) -> Any:
        if isinstance(part, list):
            return [walk(e, [*place, i]) for i, e in enumerate(part)]
        return _slope(lambda t: f(_moved(at, place, t)), part)

    return walk(at, [])


