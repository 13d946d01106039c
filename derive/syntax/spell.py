"""Expressions as text: one canonical spelling in ASCII, one in Unicode.

Promise: what the parser made, formatted and parsed again, is the same up to spans; brackets are
added only where a tree that the parser could not have made needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from derive.syntax import ast, outline, words
from derive.text import Source

Style: TypeAlias = Literal["ascii", "unicode"]

# How tightly each form binds: the level that an operand must have to stand without brackets.
(
    CLAIM,
    IFF,
    IMPLIES,
    OR,
    AND,
    NOT,
    RELATION,
    EXPR,
    RANGE,
    SUM,
    TERM,
    PRODUCT,
    POWER,
    POSTFIX,
    ATOM,
) = range(15)
_LOGIC = {"<=>": IFF, "=>": IMPLIES, "or": OR, "and": AND}
_SPACED = frozenset(("+", "-", "@", ".*", "./"))


@dataclass(frozen=True, slots=True)
class Writer:
    """A style, and the source whose spacing around `*` and `/` is kept, if there is one."""

    style: Style = "ascii"
    source: Source | None = None

    def sign(self, op: str) -> str:
        """The spelling of an operator or a word that has a sign."""
        return words.OPERATOR_GLYPHS.get(op, op) if self.style == "unicode" else op

    def name(self, name: str) -> str:
        """The spelling of a name that is declared."""
        return words.glyph(name, symbols=False) if self.style == "unicode" else name

    def symbol(self, name: str) -> str:
        """The spelling of a name that is used, which may have a sign such as ∑."""
        return words.glyph(name) if self.style == "unicode" else name

    def spaced(self, node: ast.Binary, left: str, right: str) -> bool:
        """Are there spaces around this operator?"""
        if node.op in _SPACED:
            return True
        if node.op in ("^", ".^"):
            return False
        if self.source is not None and node.left.span.end < node.right.span.start:
            gap = self.source.text[node.left.span.end : node.right.span.start]
            return gap != gap.strip() if "\n" not in gap else True
        return " " in left or " " in right


def format_expr(
    expr: ast.Expr | ast.NamedClaim, style: Style = "ascii", source: Source | None = None
) -> str:
    """An expression on one line."""
    return show(expr, Writer(style, source))


def level(expr: ast.Expr | ast.NamedClaim) -> int:
    """How tightly the outermost operator of an expression binds."""
    match expr:
        case ast.Logic(op):
            return _LOGIC[op]
        case ast.Unary(op):
            return NOT if op == "not" else TERM
        case ast.Relation() | ast.In() | ast.Is() | ast.Law():
            return RELATION
        case ast.Arrow() | ast.At() | ast.IfElse():
            return EXPR
        case ast.Range():
            return RANGE
        case ast.Binary(op):
            return SUM if op in ("+", "-") else POWER if op in ("^", ".^") else PRODUCT
        case ast.Postfix() | ast.Call() | ast.Index():
            return POSTFIX
        case ast.Number() | ast.Name() | ast.Paren() | ast.ListLiteral() | ast.SetLiteral():
            return ATOM
        case _:
            return CLAIM


def show(expr: ast.Expr | ast.NamedClaim, w: Writer, least: int = CLAIM) -> str:
    """The text of an expression, in brackets where it binds less tightly than `least`."""
    text = _logical(expr, w)
    return f"({text})" if level(expr) < least else text


def _logical(expr: ast.Expr | ast.NamedClaim, w: Writer) -> str:
    match expr:
        case ast.Logic(op, args):
            return f" {w.sign(op)} ".join(show(arg, w, _LOGIC[op] + 1) for arg in args)
        case ast.Unary("not", arg):
            return f"{w.sign('not')} {show(arg, w, NOT)}"
        case ast.Relation(first, rest):
            sides = (f" {w.sign(rel)} {show(side, w, EXPR)}" for rel, side in rest)
            return show(first, w, EXPR) + "".join(sides)
        case ast.In(element, container):
            return f"{show(element, w, EXPR)} {w.sign('in')} {show(container, w, EXPR)}"
        case ast.Is(subject, properties):
            return f"{show(subject, w, EXPR)} is {' '.join(properties)}"
        case ast.Law(variable, law, iid):
            side = (
                _barred(variable, w) if isinstance(variable, ast.Bar) else show(variable, w, EXPR)
            )
            return f"{side} ~ {'iid ' if iid else ''}{show(law, w, EXPR)}"
        case ast.Independent(variables):
            return ", ".join(show(v, w, IFF) for v in variables) + " independent"
        case ast.Quantified(items, body):
            return f"for {', '.join(show(part, w) for part in (*items, body))}"
        case ast.NamedClaim(name, claim):
            return f"{w.name(name)}: {show(claim, w, IFF)}"
        case ast.Conditional(claim, condition):
            return f"{show(claim, w)} if {show(condition, w, IFF)}"
        case _:
            return _argument(expr, w)


def _barred(bar: ast.Bar, w: Writer) -> str:
    """`X | mu, v`: a bar to the left of a bar is a comma."""
    sign = ", " if isinstance(bar.left, ast.Bar) else " | "
    left = _barred(bar.left, w) if isinstance(bar.left, ast.Bar) else show(bar.left, w, EXPR)
    return left + sign + show(bar.right, w, EXPR)


def _argument(expr: ast.Expr, w: Writer) -> str:
    """What stands only among arguments, and the forms just looser than arithmetic."""
    match expr:
        case ast.Bar(left, right):
            return f"{show(left, w, IFF)} | {show(right, w, IFF)}"
        case ast.Case(value, None):
            return f"{show(value, w, IFF)} otherwise"
        case ast.Case(value, condition) if condition is not None:
            return f"{show(value, w, IFF)} if {show(condition, w, IFF)}"
        case ast.Keyword(name, value):
            return f"{w.name(name)} := {show(value, w, IFF)}"
        case ast.Typed(name, sort):
            return f"{w.name(name)} : {show_sort(sort, w)}"
        case ast.Arrow(left, right):
            return f"{show(left, w, RANGE)} {w.sign('->')} {show(right, w, RANGE)}"
        case ast.At(body, places):
            pairs = ", ".join(
                f"{show(place, w)} = {show(value, w, RANGE)}" for place, value in places
            )
            return f"{show(body, w, RANGE)} at {pairs if len(places) == 1 else f'({pairs})'}"
        case ast.IfElse(condition, then, otherwise):
            branches = f"then {show(then, w, EXPR)} else {show(otherwise, w, EXPR)}"
            return f"if {show(condition, w, IFF)} {branches}"
        case ast.Range(low, high):
            return f"{show(low, w, SUM)}..{show(high, w, SUM)}"
        case _:
            return _arithmetic(expr, w)


def _arithmetic(expr: ast.Expr, w: Writer) -> str:
    match expr:
        case ast.Unary(_, arg):
            text = show(arg, w, TERM)
            return w.sign("-") + (" " if text[0] in "-−" else "") + text  # `--` begins a remark
        case ast.Binary("+" | "-" as op, left, right):
            return f"{show(left, w, SUM)} {w.sign(op)} {show(right, w, TERM)}"
        case ast.Binary("^" | ".^"):
            return _power(expr, w)
        case ast.Binary():
            return _product(expr, w)
        case ast.Postfix(op, base):
            return show(base, w, POSTFIX) + w.sign(op)
        case ast.Call(function, args):
            return f"{show(function, w, POSTFIX)}({_listed(args, w)})"
        case ast.Index(base, args):
            return f"{show(base, w, POSTFIX)}[{_listed(args, w)}]"
        case ast.Paren(inner):
            return f"({show(inner, w)})"
        case ast.ListLiteral(items):
            return f"[{_listed(items, w)}]"
        case ast.SetLiteral(items):
            return f"{{{_listed(items, w)}}}"
        case ast.Number(_, text):
            return text
        case ast.Name(name):
            return w.symbol(name)
        case _:
            raise AssertionError(f"no text for {type(expr).__name__}")


def _listed(args: tuple[ast.Expr, ...], w: Writer) -> str:
    return ", ".join(show(arg, w) for arg in args)


def _power(node: ast.Binary, w: Writer) -> str:
    base = show(node.left, w, POSTFIX)
    if w.style == "unicode" and node.op == "^":
        match node.right:
            case ast.Number(_, text) if text.isdigit():
                return base + words.to_superscript(text)
            case ast.Unary("-", ast.Number(_, text)) if text.isdigit():
                return base + "⁻" + words.to_superscript(text)
            case _:
                pass
    return base + node.op + show(node.right, w, POWER if not _negative(node.right) else TERM)


def _negative(expr: ast.Expr) -> bool:
    """`-x` where the grammar takes a factor: its argument must then be a factor too."""
    return (
        isinstance(expr, ast.Unary)
        and expr.op == "-"
        and (_negative(expr.arg) or level(expr.arg) >= POWER)
    )


def _factors(node: ast.Expr) -> tuple[ast.Expr, list[ast.Binary]]:
    """A product from the left: its first factor and its operations in order."""
    operations: list[ast.Binary] = []
    while isinstance(node, ast.Binary) and level(node) == PRODUCT:
        operations.append(node)
        node = node.left
    return node, operations[::-1]


def _product(node: ast.Binary, w: Writer) -> str:
    first, operations = _factors(node)
    leads = [""] + [w.sign(op.op) for op in operations]
    factors = [first, *(op.right for op in operations)]
    texts = [show(first, w, POWER)]
    texts += [show(f, w, TERM if _negative(f) else POWER) for f in factors[1:]]
    if w.style == "ascii":
        _spell_leibniz(factors, leads, texts)
    text = texts[0]
    for operation, lead, right in zip(operations, leads[1:], texts[1:], strict=True):
        if not right:
            continue
        gap = " " if w.spaced(operation, text, right) else ""
        text += f"{gap}{lead}{gap}{right}"
    return text


def _spell_leibniz(factors: list[ast.Expr], leads: list[str], texts: list[str]) -> None:
    """`∂L/∂W` has no ASCII letters: it is `diff(L, W)`; the denominator's text is emptied."""
    for i in range(1, len(factors)):
        match factors[i - 1], factors[i]:
            case ast.Name(above), ast.Name(below) if (
                leads[i] == "/" and above[0] == below[0] == "∂"
            ):
                if texts[i - 1]:
                    texts[i - 1] = f"diff({above[1:]}, {below[1:]})"
                    texts[i] = ""
            case _:
                pass


def show_sort(sort: ast.SortExpr, w: Writer) -> str:
    """The text of a sort."""
    if sort.word != "->":
        return sort.word + (f"[{_listed(sort.args, w)}]" if sort.args else "")
    *sources, result = sort.parts
    shown = [f"({show_sort(s, w)})" if s.word == "->" else show_sort(s, w) for s in sources]
    left = shown[0] if len(shown) == 1 else f"({', '.join(shown)})"
    return f"{left} {w.sign('->')} {show_sort(result, w)}"


def show_reason(reason: outline.Reason, w: Writer) -> str:
    """One reason, without `by`."""
    text = w.name(reason.name)
    if reason.name == "admit" and len(reason.args) == 1 and isinstance(reason.args[0], ast.Name):
        return f'admit "{reason.args[0].name}"'
    if any(isinstance(arg, ast.Paren) for arg in reason.args):
        inner = (arg.inner if isinstance(arg, ast.Paren) else arg for arg in reason.args)
        text += f"({', '.join(show(arg, w) for arg in inner)})"
    else:
        text += "".join(" " + show(arg, w) for arg in reason.args)
    if reason.bindings:
        text += " with " + ", ".join(show(binding, w) for binding in reason.bindings)
    return text


def show_reasons(reasons: tuple[outline.Reason, ...], w: Writer) -> str:
    """`by ...`, or nothing."""
    return "by " + ", ".join(show_reason(reason, w) for reason in reasons) if reasons else ""
