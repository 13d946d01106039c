"""From what the grammar recognised to the parts of statements: lines, reasons, declarations, definitions.

Promise: the same as of `build`, for the rules of `grammar/derive.lark`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from derive.syntax import ast, outline, words
from derive.syntax.build import MAKERS as TERM_MAKERS
from derive.syntax.build import Bound, Children, at, make_name, no_body, over, plain, spelling
from derive.syntax.mistakes import mistake
from derive.text import Span

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: `rel` is empty on the first."""

    rel: str
    claim: ast.Expr | Bound
    condition: ast.Expr | None
    reasons: tuple[outline.Reason, ...]
    span: Span


def make_statement(children: Children) -> tuple[Line, ...]:
    return tuple(children)


def make_line(children: Children) -> Line:
    claim, condition, reasons = children
    return Line("", claim, condition, reasons or (), _tail_span(claim, claim, condition, reasons))


def make_continuation(children: Children) -> Line:
    _, rel, claim, condition, reasons = children
    return Line(
        spelling(rel), claim, condition, reasons or (), _tail_span(rel, claim, condition, reasons)
    )


def _tail_span(first: Any, claim: Any, condition: Any, reasons: Any) -> Span:
    return over(first, reasons[-1] if reasons else condition or claim)


def make_condition(children: Children) -> ast.Expr:
    condition: ast.Expr = children[1]
    return condition


def make_hypothesis(children: Children) -> ast.Expr | Bound:
    claim, condition = children
    if isinstance(claim, Bound):
        raise no_body(claim)
    if condition is None:
        return claim  # type: ignore[no-any-return]
    return ast.Conditional(claim, condition, over(claim, condition))


def make_expression(children: Children) -> ast.Expr:
    claim: ast.Expr = children[0]
    return claim


# ---------------------------------------------------------------- reasons


def make_why(children: Children) -> tuple[outline.Reason, ...]:
    reasons: list[outline.Reason] = []
    for item in children[1::2]:
        match item:
            case ast.Keyword() if reasons and reasons[-1].bindings:
                last = reasons.pop()
                reasons.append(
                    outline.Reason(last.name, last.args, (*last.bindings, item), over(last, item))
                )
            case ast.Keyword():
                raise mistake(
                    "a binding needs `with` before the first",
                    item.span,
                    "write `by RULE with a := ...`",
                )
            case _:
                reasons.append(item)
    return tuple(reasons)


def make_reasons(children: Children) -> tuple[outline.Reason, ...]:
    reasons: tuple[outline.Reason, ...] = children[0]
    return reasons


def make_reason(children: Children) -> outline.Reason:
    name, *args = children
    return outline.Reason(words.canonical(str(name)), tuple(args), (), over(name, children[-1]))


def make_reason_call(children: Children) -> outline.Reason:
    name, opening, inside, closing, *rest = children
    given = tuple(_argument(arg, arg.span) for arg in inside)
    args = (
        (_argument(inside[0], over(opening, closing)), *rest)
        if len(inside) == 1
        else (*given, *rest)
    )
    return outline.Reason(words.canonical(str(name)), args, (), over(name, children[-1]))


def _argument(arg: ast.Expr, span: Span) -> ast.Expr:
    """Bare where it could have been written bare, else in its bracket."""
    match arg:
        case ast.Name() | ast.Number() | ast.Index(ast.Name()) | ast.Call(ast.Name()):
            return arg
        case _:
            return ast.Paren(arg, span)


def make_reason_text(children: Children) -> outline.Reason:
    name, text = children
    if str(name) != "admit":
        raise mistake("only `admit` takes a text in quotes", at(text), 'write `by admit "..."`')
    return outline.Reason("admit", (ast.Name(str(text)[1:-1], at(text)),), (), over(name, text))


def make_reason_with(children: Children) -> outline.Reason:
    reason, _, binding = children
    return outline.Reason(reason.name, reason.args, (binding,), over(reason, binding))


def make_named_index(children: Children) -> ast.Expr:
    return ast.Index(make_name(children[:1]), children[2], over(children[0], children[3]))


def make_named_call(children: Children) -> ast.Expr:
    return ast.Call(make_name(children[:1]), children[2], over(children[0], children[3]))


# ---------------------------------------------------------------- given and define


def make_declaration(children: Children) -> outline.Declaration:
    *head, sort, properties = children
    names = tuple(make_name([token]) for token in head[:-1:2])
    end = properties[-1] if properties else sort
    return outline.Declaration(names, plain(sort), properties or (), over(head[0], end))


def make_properties(children: Children) -> tuple[outline.Property, ...]:
    return tuple(children[1::2])


def make_property(children: Children) -> outline.Property:
    *found, _, args, closing = children
    word = " ".join(str(part) for part in found)
    return outline.Property(word, args or (), over(found[0], closing or found[-1]))


def make_definition(children: Children) -> outline.Definition:
    cut = next(i for i, child in enumerate(children) if getattr(child, "type", "") == "DEFINE")
    name, body = children[0], children[-1]
    params = next((child for child in children[:cut] if isinstance(child, tuple)), ())
    opened = [i for i, child in enumerate(children[:cut]) if getattr(child, "type", "") == "LSQB"]
    indices = (
        [child for child in children[opened[0] : cut] if getattr(child, "type", "") == "NAME"]
        if opened
        else []
    )
    return outline.Definition(
        make_name([name]),
        params,
        tuple(make_name([index]) for index in indices),
        body,
        over(name, body),
    )


def make_parameters(children: Children) -> tuple[outline.Param, ...]:
    return tuple(children[::2])


def make_parameter(children: Children) -> outline.Param:
    name, _, sort = children
    span = over(name, sort or name)
    return outline.Param(words.canonical(str(name)), plain(sort) if sort else None, span)


MAKERS = TERM_MAKERS | {
    name[5:]: maker for name, maker in globals().items() if name.startswith("make_")
}
