"""A small reader for the refuter's tests: claims written as Python expressions become our terms.

Promise: only what the corpus needs; declarations such as `n:dim x:vec(n) s:pos j:index(n)` become symbols
and domain facts.
"""

from __future__ import annotations

import ast
from fractions import Fraction

from derive.core.claim import DOMAIN, HYPOTHESIS, Context, Fact, Obligation
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Function, Scalar, Sort
from derive.core.term import (
    IM,
    ONE,
    PI,
    TRUE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    conj,
    div,
    eq,
    index,
    le,
    lt,
    power,
)

RANGES = {"Sum": "sum", "Prod": "prod", "Max": "max", "Min": "min", "Arr": "array", "All": "forall"}
OPS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^", ast.MatMult: "matmul",
}
RELATIONS: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<="}
NAMES = {"logaddexp": "logsumexp", "kd": "delta", "iff": "<=>", "imp": "=>"}


def read(text: str, scope: dict[str, Sym]) -> Term:
    """A term or a proposition."""
    return _read(ast.parse(text.strip(), mode="eval").body, scope)


def _read(node: ast.expr, scope: dict[str, Sym]) -> Term:
    match node:
        case ast.Constant(value) if value is True:
            return TRUE
        case ast.Constant(int() | float() as value):
            return Num(Fraction(str(value)))
        case ast.Name("pi"):
            return PI
        case ast.Name("I"):
            return IM
        case ast.Name("oo"):
            return App("inf", ())
        case ast.Name(name):
            return scope[name]
        case ast.UnaryOp(ast.USub(), operand):
            return App("neg", (_read(operand, scope),))
        case ast.BinOp(left, op, right):
            a, b = _read(left, scope), _read(right, scope)
            if isinstance(op, ast.Div) and isinstance(a, Num) and isinstance(b, Num):
                return Num(a.value / b.value)
            return App(OPS[type(op)], (a, b))
        case ast.Compare(left, ops, rights):
            parts = []
            for relation, right in zip(ops, rights, strict=True):
                a, b = _read(left, scope), _read(right, scope)
                if isinstance(relation, (ast.Gt, ast.GtE)):
                    parts.append(App("<" if isinstance(relation, ast.Gt) else "<=", (b, a)))
                else:
                    parts.append(App(RELATIONS[type(relation)], (a, b)))
                left = right
            return conj(*parts)
        case ast.BoolOp(junction, values):
            inner = tuple(_read(v, scope) for v in values)
            return App("and" if isinstance(junction, ast.And) else "or", inner)
        case ast.Subscript(base, ast.Tuple(items)):
            return index(_read(base, scope), *(_read(i, scope) for i in items))
        case ast.Subscript(base, item):
            return index(_read(base, scope), _read(item, scope))
        case ast.Attribute(base, "T"):
            return App("transpose", (_read(base, scope),))
        case ast.Attribute(base, "H"):
            return App("hermitian", (_read(base, scope),))
        case ast.List(items):
            return App("vector", tuple(_read(i, scope) for i in items))
        case ast.Call(ast.Name(name), args):
            return _call(name, args, scope)
    raise ValueError(ast.dump(node))


def _call(name: str, args: list[ast.expr], scope: dict[str, Sym]) -> Term:
    if name == "Int":
        args = [args[1], args[2], args[3], args[0]]
    if name in RANGES or name in ("Int", "Ex"):
        var = Sym(args[0].id, REAL if name == "Int" else INTEGER)  # type: ignore[attr-defined]
        low, high = _read(args[1], scope), _read(args[2], scope)
        body = _read(args[3], {**scope, var.name: var})
        return Bind({**RANGES, "Int": "int", "Ex": "exists"}[name], var, (low, high), body)
    if name in ("Every", "argmax", "argmin"):
        var = Sym(args[0].id, REAL)  # type: ignore[attr-defined]
        inner = {**scope, var.name: var}
        if name == "Every":
            return Bind("forall", var, (), _read(args[1], inner))
        return Bind(name, var, (_read(args[1], inner),), _read(args[2], inner))
    if name in ("D", "Grad", "Jac", "Hess"):
        return _derivative(name, args, scope)
    if name == "Lim":
        var = Sym(args[1].id, REAL)  # type: ignore[attr-defined]
        over = (_read(args[2], scope), ZERO)
        return Bind("lim", var, over, _read(args[0], {**scope, var.name: var}))
    given = tuple(_read(a, scope) for a in args)
    if name in scope:
        return App("apply", (scope[name], *given))
    if name in ("fro2", "norm2"):
        return power(App("norm", given), Num(2))
    if name == "had":
        return App("*", given)
    return App(NAMES.get(name, name), given)


def _derivative(name: str, args: list[ast.expr], scope: dict[str, Sym]) -> Term:
    body, by = _read(args[0], scope), _read(args[1], scope)
    if name == "D":
        match by:
            case App("index", (Sym() as array, *places)):
                return App("partial", (Bind("lam", array, (), body), array, *places))
            case Sym():
                return App("deriv", (Bind("lam", by, (), body), by))
        raise ValueError("derivative by a term")
    assert isinstance(by, Sym)
    op = {"Grad": "grad", "Jac": "jacobian", "Hess": "hessian"}[name]
    return App(op, (Bind("lam", by, (), body), by))


def declare(text: str) -> tuple[dict[str, Sym], list[Fact]]:
    """Symbols and domain facts of a line of declarations."""
    scope: dict[str, Sym] = {}
    facts: list[Fact] = []
    for item in text.split():
        name, _, kind = item.partition(":")
        head, _, rest = kind.partition("(")
        sizes = [read(s, scope) for s in rest.rstrip(")").split(",")] if rest else []
        symbol = Sym(name, _sort(head, sizes))
        scope[name] = symbol
        facts.extend(Fact(name, c, DOMAIN) for c in _domain(head, symbol, sizes))
    return scope, facts


def _sort(head: str, sizes: list[Term]) -> Sort:
    if head in ("inv", "sym", "posdef"):
        return Array((sizes[0], sizes[0]), REAL)
    entry: Scalar = COMPLEX if head in ("complex", "cvec", "cmat") else REAL
    if head in ("vec", "mat", "cvec", "cmat", "posvec", "simplex"):
        return Array(tuple(sizes), entry)
    if head == "fun":
        return Function((REAL,), REAL)
    return INTEGER if head in ("dim", "nat", "index", "int") else entry


def _domain(head: str, symbol: Sym, sizes: list[Term]) -> list[Term]:
    i, j = Sym("i", INTEGER), Sym("j", INTEGER)
    match head:
        case "dim":
            return [le(ONE, symbol)]
        case "nat" | "nonneg":
            return [le(ZERO, symbol)]
        case "pos":
            return [lt(ZERO, symbol)]
        case "index":
            return [conj(le(ONE, symbol), le(symbol, sizes[0]))]
        case "posvec":
            return [Bind("forall", i, (ONE, sizes[0]), lt(ZERO, index(symbol, i)))]
        case "simplex":
            return [
                Bind("forall", i, (ONE, sizes[0]), le(ZERO, index(symbol, i))),
                eq(Bind("sum", i, (ONE, sizes[0]), index(symbol, i)), ONE),
            ]
        case "inv":
            return [App("invertible", (symbol,))]
        case "posdef":
            return [App("posdef", (symbol,))]
        case "sym":
            body = eq(index(symbol, i, j), index(symbol, j, i))
            inner = Bind("forall", j, (ONE, sizes[0]), body)
            return [Bind("forall", i, (ONE, sizes[0]), inner)]
    return []


def obligation(declarations: str, assume: str, claim: str) -> Obligation:
    """An obligation from three lines; assumptions are separated by semicolons."""
    scope, facts = declare(declarations)
    for number, text in enumerate(t for t in assume.split(";") if t.strip()):
        facts.append(Fact(f"h{number}", read(text, scope), HYPOTHESIS))
    context = Context(tuple(scope.values()), (), tuple(facts))
    return Obligation(claim, read(claim, scope), context)


def test_reader() -> None:
    found = obligation("n:dim x:vec(n)", "x[1] > 0", "Sum(i,1,n,x[i]) == 1/2*x[1]")
    n, x = found.context.symbols
    i = Sym("i", INTEGER)
    assert found.claim == eq(
        Bind("sum", i, (ONE, n), index(x, i)), App("*", (Num(Fraction(1, 2)), index(x, ONE)))
    )
    assert found.context.facts[-1].claim == lt(ZERO, index(x, ONE))
    assert div(ONE, ZERO) == App("/", (ONE, ZERO))
