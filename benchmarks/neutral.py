"""From the neutral notation of the steps to develop against to claims of the language.

Promise: a row's text is read as a syntax tree and never run; what the language cannot say is a reason,
never a guess.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """A claim of the language, and the declarations and hypotheses that it stands under."""

    given: str
    claim: str


class NotSayableError(Exception):
    """The language has no words for this; the message says for what."""


# Precedence, loosest first.
_SUM, _NEGATIVE, _PRODUCT, _POWER, _ATOM = range(5)
_BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", _SUM), ast.Sub: (" - ", _SUM), ast.Mult: ("*", _PRODUCT),
    ast.Div: ("/", _PRODUCT), ast.MatMult: (" @ ", _PRODUCT), ast.Pow: ("^", _POWER),
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=", ast.NotEq: "!=", ast.LtE: "<=", ast.GtE: ">=", ast.Lt: "<", ast.Gt: ">",
}
_RELATIONS = {"==": "=", "<=": "<="}
_SORTS = {
    "real": "real", "pos": "positive", "nonneg": "nonnegative", "dim": "dim", "vec": "real",
    "mat": "real", "sym": "symmetric", "inv": "invertible", "index": "index",
    "rv": "random with finite variance",
}
_RANKS = {"vec": 1, "mat": 2, "sym": 2, "inv": 2, "iid": 1}
_NAMES = {"I": "im", "oo": "inf"}
_RENAMED = {"D": "diff", "Grad": "grad", "Jac": "jacobian", "Hess": "hessian"}
_MOMENTS = ("E", "Var", "Cov")
_FOLDED = ("dot", "tr", "det", "logdet", "norm2", "fro2", "D", "Sum", "Int", "Lim", "kd", *_MOMENTS)


# ---------------------------------------------------------------- rows


def say(row: dict[str, Any]) -> Said:
    """The claim that a row makes; raises NotSayableError."""
    declared = _declarations(row["decl"])
    ranks = {name: _RANKS.get(kind, 0) for name, kind, _ in declared}
    hypotheses = [h for h in row["assume"].split(";") if h.strip()]
    sizes = [f"[{arguments}]" for _, _, arguments in declared]
    used = set().union(*(_free(_tree(t)) for t in (row["lhs"], row["rhs"], *hypotheses, *sizes)))
    lines = [_declare(*item) for item in declared if item[0] in used]
    lines += [_text(h, ranks) for h in hypotheses]
    return Said("\n".join(lines), _claim(row, ranks))


def _claim(row: dict[str, Any], ranks: dict[str, int]) -> str:
    left, relation, right = row["lhs"], row["rel"], row["rhs"]
    if relation.startswith("solve "):
        unknown = relation.removeprefix("solve ")
        roots = _tree(right)
        assert isinstance(roots, ast.List)
        found = " or ".join(f"{unknown} = {_show(r, ranks)}" for r in roots.elts)
        return f"{_text(left, ranks)} = 0 <=> {found}"
    return f"{_text(left, ranks)} {_RELATIONS[relation]} {_text(right, ranks)}"


def _declarations(text: str) -> list[tuple[str, str, str]]:
    """`x:vec(n+1) s:pos` as names, kinds and arguments."""
    found = []
    for item in text.split():
        name, _, kind = item.partition(":")
        word, _, rest = kind.partition("(")
        found.append((name, word, rest.removesuffix(")")))
    return found


def _declare(name: str, kind: str, arguments: str) -> str:
    if kind == "normal":
        return f"{name} ~ Normal({arguments.replace(',', ', ')})"
    if kind == "iid":
        n, mean, variance = arguments.split(",")
        return (
            f"{name} : random[{n}], iid, finite variance\n"
            f"for i in 1..{n}, E[{name}[i]] = {mean}\nfor i in 1..{n}, Var({name}[i]) = {variance}"
        )
    if kind not in _SORTS:
        raise NotSayableError(f"the kind `{kind}`")
    sizes = arguments
    if kind in ("sym", "inv") or not sizes:
        sizes = sizes.split(",")[0]
    return f"{name} : {_SORTS[kind]}" + (f"[{sizes.replace(',', ', ')}]" if sizes else "")


def _free(node: ast.AST, hidden: frozenset[str] = frozenset()) -> set[str]:
    """The names in a term that no sum, limit or integral in it binds."""
    match node:
        case ast.Name(name):
            return set() if name in hidden else {name}
        case ast.Call(ast.Name("Sum"), [ast.Name(name), low, high, body]):
            outside, inside = [low, high], [body]
        case ast.Call(ast.Name("Lim" | "Int"), [body, ast.Name(name), *ends]):
            outside, inside = ends, [body]
        case _:
            name, outside, inside = "", [*ast.iter_child_nodes(node)], []  # type: ignore[list-item]
    found = [_free(part, hidden) for part in outside]
    return set().union(*found, *(_free(part, hidden | {name}) for part in inside))


# ---------------------------------------------------------------- terms


def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _text(text: str, ranks: dict[str, int]) -> str:
    return _show(_tree(text), ranks)


def _show(node: ast.expr, ranks: dict[str, int], level: int = _SUM) -> str:
    """The text of a term, in brackets where it is looser than its place."""
    text, own = _spell(node, ranks)
    return f"({text})" if own < level else text


def _spell(node: ast.expr, ranks: dict[str, int]) -> tuple[str, int]:
    match node:
        case ast.Constant(int() | float() as value):
            return str(value), _ATOM
        case ast.Name(name):
            return _NAMES.get(name, name), _ATOM
        case ast.UnaryOp(ast.USub(), operand):
            return f"-{_show(operand, ranks, _PRODUCT)}", _NEGATIVE
        case ast.BinOp(left, op, right):
            return _binary(left, op, right, ranks)
        case ast.Compare(left, [op], [right]):
            return f"{_show(left, ranks)} {_COMPARISONS[type(op)]} {_show(right, ranks)}", _SUM
        case ast.Attribute(base, "T" | "H" as mark):
            return f"{_show(base, ranks, _ATOM)}.{mark}", _ATOM
        case ast.Subscript(base, place):
            items = place.elts if isinstance(place, ast.Tuple) else [place]
            return f"{_show(base, ranks, _ATOM)}[{_list(items, ranks)}]", _ATOM
        case ast.List(items):
            return f"[{_list(items, ranks)}]", _ATOM
        case ast.Call(ast.Name(name), arguments):
            return _call(name, arguments, ranks)
    raise NotSayableError(ast.unparse(node))


def _list(items: list[ast.expr], ranks: dict[str, int]) -> str:
    return ", ".join(_show(i, ranks) for i in items)


def _binary(
    left: ast.expr, op: ast.operator, right: ast.expr, ranks: dict[str, int]
) -> tuple[str, int]:
    sign, own = _BINARY[type(op)]
    if isinstance(op, ast.Pow):
        if _rank(left, ranks):
            sign = ".^"
        return f"{_show(left, ranks, _ATOM)}{sign}{_show(right, ranks, _POWER)}", own
    if isinstance(op, (ast.Mult, ast.Div)) and _rank(left, ranks) and _rank(right, ranks):
        sign = f" .{sign} "
    if own is _SUM:
        return f"{_show(left, ranks)}{sign}{_show(right, ranks, _PRODUCT)}", own
    # `-n/2*x` means the same either way; the sign is written once, in front.
    text = f"{_show(left, ranks, _NEGATIVE)}{sign}{_show(right, ranks, _POWER)}"
    return text, _NEGATIVE if text.startswith("-") else own


def _call(name: str, arguments: list[ast.expr], ranks: dict[str, int]) -> tuple[str, int]:
    match name, arguments:
        case "Sum", [ast.Name(var), low, high, body]:
            return f"sum({var} in {_range(low, high, ranks)}, {_show(body, ranks)})", _ATOM
        case "Int", [body, ast.Name(var), low, high]:
            return f"int({var} in {_range(low, high, ranks)}, {_show(body, ranks)})", _ATOM
        case "Lim", [body, ast.Name(var), target]:
            return f"lim({var} -> {_show(target, ranks)}, {_show(body, ranks)})", _ATOM
        case "norm2" | "fro2", [operand]:
            return f"norm({_show(operand, ranks)})^2", _POWER
        case "had", [one, two]:
            return f"{_show(one, ranks, _POWER)} .* {_show(two, ranks, _POWER)}", _PRODUCT
        case "kd", [one, two]:
            return f"1[{_show(one, ranks)} = {_show(two, ranks)}]", _ATOM
        case "M", [rows]:
            return _show(rows, ranks), _ATOM
    if name in _MOMENTS:
        return f"{name}[{_list(arguments, ranks)}]" if name == "E" else (
            f"{name}({_list(arguments, ranks)})"
        ), _ATOM
    return f"{_RENAMED.get(name, name)}({_list(arguments, ranks)})", _ATOM


def _range(low: ast.expr, high: ast.expr, ranks: dict[str, int]) -> str:
    return f"{_show(low, ranks)}..{_show(high, ranks)}"


def _rank(node: ast.expr, ranks: dict[str, int]) -> int:
    """The number of axes of a term."""
    match node:
        case ast.Name(name):
            return ranks.get(name, 0)
        case ast.BinOp(left, ast.MatMult(), right):
            return max(0, _rank(left, ranks) + _rank(right, ranks) - 2)
        case ast.BinOp(left, _, right):
            return max(_rank(left, ranks), _rank(right, ranks))
        case ast.UnaryOp(_, operand):
            return _rank(operand, ranks)
        case ast.Attribute(base, _):
            return _rank(base, ranks)
        case ast.Subscript(base, place):
            items = place.elts if isinstance(place, ast.Tuple) else [place]
            return max(0, _rank(base, ranks) - len(items))
        case ast.Call(ast.Name("vec"), _):
            return 1
        case ast.Call(ast.Name("Grad"), [_, point]):
            return _rank(point, ranks)
        case ast.Call(ast.Name("outer" | "M" | "eye" | "diag" | "kron" | "Jac" | "Hess"), _):
            return 2
        case ast.Call(ast.Name(name), arguments):
            return 0 if name in _FOLDED else max((_rank(a, ranks) for a in arguments), default=0)
    return 0
