"""The table of functions between our vocabulary and SymPy's, and the way back.

Promise: an entry stands only where both sides mean the same value wherever ours is defined.
"""

from __future__ import annotations

from typing import Any

from derive.backends.sympy import fraction_of, refuse
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    IM,
    INF,
    PI,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    fresh_name,
    mul,
    neg,
    power,
    sub,
)

_SAME = {
    "exp": "exp", "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asin": "asin", "acos": "acos", "atan": "atan",
    "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "abs": "Abs", "sign": "sign",
    "floor": "floor", "ceil": "ceiling", "max": "Max", "min": "Min", "factorial": "factorial",
    "binomial": "binomial", "Gamma": "gamma", "digamma": "digamma", "erf": "erf",
    "conj": "conjugate", "re": "re", "im_part": "im", "delta": "KroneckerDelta",
}
_BACK = {theirs: ours for ours, theirs in _SAME.items() if ours != "sqrt"}
_CONSTANTS: dict[str, Term] = {"Pi": PI, "ImaginaryUnit": IM, "Infinity": INF}
_RELATIONS = {"Equality": "=", "Unequality": "!=", "StrictLessThan": "<", "LessThan": "<="}


def function_of(op: str, args: tuple[Any, ...]) -> Any:
    """One of our operators applied to SymPy expressions."""
    import sympy

    match op, args:
        case "+", (left, right):
            return left + right
        case "-", (left, right):
            return left - right
        case "neg", (arg,):
            return -arg
        case "*", (left, right):
            return left * right
        case "/", (left, right):
            if right.is_zero:
                refuse("a quotient by zero")
            return left / right
        case "pi", ():
            return sympy.pi
        case "im", ():
            return sympy.I
        case "inf", ():
            return sympy.oo
        case "sigmoid", (x,):
            return 1 / (1 + sympy.exp(-x))
        case "softplus", (x,):
            return sympy.log(1 + sympy.exp(x))
        case "relu", (x,):
            return sympy.Max(x, 0)
        case "cbrt", (x,):
            # SymPy's cbrt of a negative number is complex.
            return sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3)
    name = _SAME.get(op)
    if name is None:
        refuse(f"`{op}` has no counterpart in SymPy")
    return getattr(sympy, name)(*args)


def raised(expr: Any, symbols: dict[Any, Sym], taken: frozenset[str]) -> Term:
    """Our term for an expression; `taken` are the names that bound variables keep away from."""
    import sympy

    def up(e: Any) -> Term:
        return raised(e, symbols, taken)

    if expr.is_Float or expr is sympy.nan or expr is sympy.zoo:
        refuse("a value that is not exact")
    if expr.is_Rational:
        return Num(fraction_of(expr))
    known = symbols.get(expr)
    if known is not None:
        return known
    if type(expr).__name__ in _CONSTANTS:
        return _CONSTANTS[type(expr).__name__]
    if expr is sympy.E:
        return App("exp", (Num(1),))
    if expr is sympy.S.NegativeInfinity:
        return neg(INF)
    if expr.is_Add:
        return _raised_sum(expr, up)
    if expr.is_Mul:
        return _raised_product(expr, up)
    if expr.is_Pow:
        return _raised_power(expr, up)
    if isinstance(expr, (sympy.Sum, sympy.Product, sympy.Integral)):
        return _raised_binder(expr, symbols, taken)
    if isinstance(expr, sympy.Piecewise):
        return _raised_piecewise(expr, up)
    if symbols.get(expr.func) is not None:
        return App("index", (symbols[expr.func], *map(up, expr.args)))
    return _raised_other(expr, up)


def _raised_sum(expr: Any, up: Any) -> Term:
    total: Term | None = None
    for part in expr.as_ordered_terms():
        minus = part.could_extract_minus_sign()
        term = up(-part if minus else part)
        if total is None:
            total = neg(term) if minus else term
        else:
            total = sub(total, term) if minus else add(total, term)
    assert total is not None
    return total


def _raised_product(expr: Any, up: Any) -> Term:
    import sympy

    top, bottom = sympy.fraction(expr)
    if bottom != 1 and (top != expr):
        return div(up(top), up(bottom))
    factors = expr.as_ordered_factors()
    if factors[0] == -1:
        return neg(mul(*map(up, factors[1:])))
    return mul(*map(up, factors))


def _raised_power(expr: Any, up: Any) -> Term:
    import sympy

    base, exponent = expr.as_base_exp()
    if expr.func is sympy.exp:
        return App("exp", (up(expr.args[0]),))
    base, exponent = expr.args
    if exponent.is_Rational and exponent < 0:
        return div(Num(1), up(sympy.Pow(base, -exponent)))
    if exponent == sympy.Rational(1, 2):
        return App("sqrt", (up(base),))
    return power(up(base), up(exponent))


def _raised_binder(expr: Any, symbols: dict[Any, Sym], taken: frozenset[str]) -> Term:
    import sympy

    op = {sympy.Sum: "sum", sympy.Product: "prod", sympy.Integral: "int"}[expr.func]
    body: Term | None = None
    inner, names, bound = dict(symbols), taken, []
    for limits in expr.limits:
        if len(limits) != 3:
            refuse("an indefinite sum or integral")
        name = limits[0].name.split("#")[0].split("~")[0]
        var = Sym(fresh_name(name, names), REAL if op == "int" else INTEGER)
        inner[limits[0]], names = var, names | {var.name}
        bound.append((var, limits[1], limits[2]))
    body = raised(expr.function, inner, names)
    for var, low, high in bound:
        body = Bind(op, var, (raised(low, inner, names), raised(high, inner, names)), body)
    return body


def _raised_piecewise(expr: Any, up: Any) -> Term:
    import sympy

    *cases, (last, condition) = expr.args
    if condition is not sympy.true and condition != True:  # noqa: E712 - SymPy's own truth
        refuse("a piecewise value with a gap")
    result: Term = up(last)
    for value, when in reversed(cases):
        result = App("ite", (_raised_claim(when, up), up(value), result))
    return result


def _raised_claim(claim: Any, up: Any) -> Term:
    import sympy

    name = type(claim).__name__
    if name in _RELATIONS:
        return App(_RELATIONS[name], (up(claim.lhs), up(claim.rhs)))
    if name in ("StrictGreaterThan", "GreaterThan"):
        return App("<" if name.startswith("Strict") else "<=", (up(claim.rhs), up(claim.lhs)))
    parts = tuple(_raised_claim(a, up) for a in claim.args)
    if isinstance(claim, sympy.And):
        return conj(*parts)
    if isinstance(claim, sympy.Or):
        return App("or", parts)
    if not isinstance(claim, sympy.Not):
        refuse("a condition of another kind")
    return App("not", parts)


def _raised_other(expr: Any, up: Any) -> Term:
    name = type(expr).__name__
    args: tuple[Term, ...] = tuple(map(up, expr.args))
    if name == "exp":
        return App("exp", args)
    if name == "polygamma" and args[0] == Num(0):
        return App("digamma", args[1:])
    if name in ("Max", "Min"):
        total = args[0]
        for other in args[1:]:
            total = App(_BACK[name], (total, other))
        return total
    ours = _BACK.get(name)
    if ours is None:
        refuse(f"SymPy's `{name}` has no counterpart here")
    return App(ours, args)
