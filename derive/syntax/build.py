"""From what the grammar recognised to nodes: one function `make_<rule>` for each rule in
`grammar/`.

Promise: every node has its exact span; a shape that the grammar lets through but the language does
not raises `Mistake`, and nothing else is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from derive.syntax import ast, words
from derive.syntax.mistakes import mistake
from derive.text import Span

if TYPE_CHECKING:
    from lark import Token

Children: TypeAlias = list[Any]

LONGEST_NUMBER = 300


@dataclass(frozen=True, slots=True)
class Bound:
    """`for ...` without a body: lawful only as a line of a proof."""

    items: tuple[ast.Expr | ast.NamedClaim, ...]
    span: Span


def at(token: Token) -> Span:
    """The span of a token."""
    return Span(token.start_pos or 0, token.end_pos or 0)


def over(first: Any, last: Any) -> Span:
    """From the start of one node or token to the end of another."""
    start = first.span if hasattr(first, "span") else at(first)
    end = last.span if hasattr(last, "span") else at(last)
    return Span(start.start, end.end)


def spelling(token: Token) -> str:
    """The ASCII spelling of an operator."""
    return words.OPERATORS.get(str(token), str(token))


# ---------------------------------------------------------------- propositions


def make_iff(children: Children) -> ast.Expr:
    return ast.Logic("<=>", tuple(children[::2]), over(children[0], children[-1]))


def make_implies(children: Children) -> ast.Expr:
    return ast.Logic("=>", tuple(children[::2]), over(children[0], children[-1]))


def make_either(children: Children) -> ast.Expr:
    return ast.Logic("or", tuple(children[::2]), over(children[0], children[-1]))


def make_both(children: Children) -> ast.Expr:
    return ast.Logic("and", tuple(children[::2]), over(children[0], children[-1]))


def make_negated(children: Children) -> ast.Expr:
    return ast.Unary("not", children[1], over(children[0], children[1]))


def make_relation(children: Children) -> ast.Expr:
    rest = tuple(
        (spelling(op), side) for op, side in zip(children[1::2], children[2::2], strict=True)
    )
    for side in children[::2]:
        if isinstance(side, ast.Range):
            raise mistake("a range is not a number", side.span, "write `i in 1..n` for `i = 1..n`")
    return ast.Relation(children[0], rest, over(children[0], children[-1]))


def make_membership(children: Children) -> ast.Expr:
    return ast.In(children[0], children[2], over(children[0], children[2]))


def make_property_claim(children: Children) -> ast.Expr:
    subject, _, *found = children
    return ast.Is(subject, tuple(str(word) for word in found), over(subject, found[-1]))


def make_law(children: Children) -> ast.Expr:
    variable, _, iid, law = children
    return ast.Law(variable, law, iid is not None, over(variable, law))


# ---------------------------------------------------------------- terms


def make_arrow(children: Children) -> ast.Expr:
    return ast.Arrow(children[0], children[2], over(children[0], children[2]))


def make_at_one(children: Children) -> ast.Expr:
    body, _, place, _, value = children
    return ast.At(body, ((place, value),), over(body, value))


def make_at_many(children: Children) -> ast.Expr:
    places = tuple(zip(children[3:-1:4], children[5:-1:4], strict=True))
    return ast.At(children[0], places, over(children[0], children[-1]))


def make_place(children: Children) -> ast.Expr:
    name, opening, args, closing = children
    base = make_name([name])
    return base if opening is None else ast.Index(base, args, over(name, closing))


def make_if_else(children: Children) -> ast.Expr:
    return ast.IfElse(children[1], children[3], children[5], over(children[0], children[5]))


def make_span_range(children: Children) -> ast.Expr:
    return ast.Range(children[0], children[2], over(children[0], children[2]))


def _left_to_right(children: Children) -> ast.Expr:
    node: ast.Expr = children[0]
    for op, right in zip(children[1::2], children[2::2], strict=True):
        node = ast.Binary(spelling(op), node, right, over(node, right))
    return node


make_sum = make_product = _left_to_right


def make_power(children: Children) -> ast.Expr:
    if isinstance(children[2], ast.SetLiteral):
        raise mistake("braces make a set, they do not group", children[2].span, "write `x^(...)`")
    return _left_to_right(children)


def make_negative(children: Children) -> ast.Expr:
    return ast.Unary("-", children[1], over(children[0], children[1]))


def make_superscript(children: Children) -> ast.Expr:
    base, raised = children
    text, span = words.from_superscript(str(raised)), at(raised)
    digits = text.lstrip("-")
    if len(digits) > LONGEST_NUMBER:
        raise mistake("this number is too long to be kept exactly", span)
    exponent: ast.Expr = ast.Number(Fraction(digits), digits, span)
    if text.startswith("-"):
        exponent = ast.Unary("-", exponent, span)
    return ast.Binary("^", base, exponent, over(base, raised))


def make_call(children: Children) -> ast.Expr:
    base, opening, args, closing = children
    if isinstance(base, ast.Number):
        raise mistake(
            "a number is not a function: a product needs a `*`",
            Span(base.span.start, at(opening).end),
            f"write `{base.text}*(...)`",
        )
    return ast.Call(base, args or (), over(base, closing))


def make_index(children: Children) -> ast.Expr:
    return ast.Index(children[0], children[2], over(children[0], children[3]))


def make_transposed(children: Children) -> ast.Expr:
    return ast.Postfix(spelling(children[1]), children[0], over(children[0], children[1]))


make_factorial = make_transposed


def make_number(children: Children) -> ast.Expr:
    text = str(children[0])
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > LONGEST_NUMBER or (
        exponent and not -LONGEST_NUMBER < int(exponent[:9]) < LONGEST_NUMBER
    ):
        raise mistake(
            "this number is too long to be kept exactly",
            at(children[0]),
            "write it as a power: `10^400`",
        )
    return ast.Number(Fraction(text), text, at(children[0]))


def make_name(children: Children) -> ast.Name:
    return ast.Name(words.canonical(str(children[0])), at(children[0]))


def make_paren(children: Children) -> ast.Expr:
    opening, inner, closing = children
    match inner:
        case ast.Case(value, condition, span) if condition is not None:
            inner = ast.Conditional(value, condition, span)
        case ast.Bar() | ast.Keyword() | ast.Typed() | ast.Case():
            raise mistake("this stands only among the arguments of a function", inner.span)
        case Bound():
            raise no_body(inner)
        case _:
            pass
    return ast.Paren(inner, over(opening, closing))


def make_list_literal(children: Children) -> ast.Expr:
    return ast.ListLiteral(children[1], over(children[0], children[2]))


def make_set_literal(children: Children) -> ast.Expr:
    return ast.SetLiteral(children[1], over(children[0], children[2]))


def make_args(children: Children) -> tuple[ast.Expr, ...]:
    return tuple(children[::2])


def make_bar(children: Children) -> ast.Expr:
    return ast.Bar(children[0], children[2], over(children[0], children[2]))


def make_case(children: Children) -> ast.Expr:
    return ast.Case(children[0], children[2], over(children[0], children[2]))


def make_otherwise(children: Children) -> ast.Expr:
    return ast.Case(children[0], None, over(children[0], children[1]))


def make_keyword(children: Children) -> ast.Keyword:
    name, _, value = children
    return ast.Keyword(words.canonical(str(name)), value, over(name, value))


def make_typed(children: Children) -> ast.Expr:
    name, _, sort = children
    return ast.Typed(words.canonical(str(name)), plain(sort), over(name, sort))


# ---------------------------------------------------------------- for


def make_named_claim(children: Children) -> ast.NamedClaim:
    name, _, claim = children
    return ast.NamedClaim(words.canonical(str(name)), claim, over(name, claim))


def make_items(children: Children) -> tuple[ast.Expr | ast.NamedClaim, ...]:
    *listed, independent = children
    items = _joined_laws(listed[::2])
    if independent is None:
        return tuple(items)
    first = len(items)
    while first and isinstance(items[first - 1], ast.Name | ast.Index | ast.Call | ast.Paren):
        first -= 1
    variables = tuple(items[first:])
    if len(variables) < 2:
        raise mistake(
            "`independent` stands after two or more variables",
            at(independent),
            "write `X, Y independent`",
        )
    return (*items[:first], ast.Independent(variables, over(variables[0], independent)))


def _joined_laws(items: Children) -> Children:
    """`X | mu, v ~ F` came apart at the comma and at the bar: put it together again."""
    joined: Children = []
    for item in items:
        match item:
            case ast.Bar(left, ast.Law(right, law, iid), span):
                joined.append(ast.Law(ast.Bar(left, right, over(left, right)), law, iid, span))
            case ast.Law(right, law, iid) if joined and isinstance(joined[-1], ast.Bar):
                given = joined.pop()
                joined.append(
                    ast.Law(ast.Bar(given, right, over(given, right)), law, iid, over(given, law))
                )
            case ast.Name() | ast.Index() if joined and isinstance(joined[-1], ast.Bar):
                given = joined.pop()
                joined.append(ast.Bar(given, item, over(given, item)))
            case _:
                joined.append(item)
    for item in joined:
        if isinstance(item, ast.Bar):
            raise mistake(
                "`|` stands here only in a law",
                item.span,
                "write `X | Y ~ Normal(Y, 1)`, or `abs(x)` for |x|",
            )
    return joined


def make_quantified(children: Children) -> ast.Quantified | Bound:
    opening, items = children
    span = over(opening, items[-1])
    if len(items) < 2 or _binds(items[-1], items[:-1]):
        return Bound(items, span)
    return ast.Quantified(items[:-1], items[-1], span)


def _binds(item: Any, before: tuple[Any, ...]) -> bool:
    """Does the last item bind or name something, so that no claim is left? `x in S` for a new `x` binds."""
    match item:
        case ast.In(ast.Name(name)):
            bound = {
                e.element.name
                for e in before
                if isinstance(e, ast.In) and isinstance(e.element, ast.Name)
            }
            return name not in bound | {e.name for e in before if isinstance(e, ast.Typed)}
        case _:
            return isinstance(item, ast.Typed | ast.NamedClaim)


def make_plain_claim(children: Children) -> ast.Expr:
    items: tuple[ast.Expr | ast.NamedClaim, ...] = children[0]
    if len(items) > 1:
        second = items[1].span
        raise mistake(
            "one line makes one claim: this `,` starts another",
            Span(items[0].span.end, second.end),
            "write the second on a line of its own, or join them with `and`",
        )
    match items[0]:
        case ast.Typed() | ast.NamedClaim() as item:
            raise mistake(f"a name with `:` cannot stand here: `{item.name}:`", item.span)
        case claim:
            return claim


def no_body(bound: Bound) -> Exception:
    return mistake(
        "this `for` has no claim after it",
        bound.span,
        "write the claim after a comma: `for i in 1..n, ...`",
    )


# ---------------------------------------------------------------- sorts


def make_plain_sort(children: Children) -> ast.SortExpr:
    word, _, args, closing = children
    return ast.SortExpr(str(word), args or (), (), over(word, closing or word))


def make_tuple_sort(children: Children) -> ast.SortExpr:
    """`(real, real)`: only before an arrow, where `make_function_sort` takes it apart."""
    return ast.SortExpr("()", (), tuple(children[1:-1:2]), over(children[0], children[-1]))


def make_function_sort(children: Children) -> ast.SortExpr:
    source, _, result = children
    sources = source.parts if source.word == "()" else (source,)
    return ast.SortExpr("->", (), (*sources, result), over(source, result))


def plain(sort: ast.SortExpr) -> ast.SortExpr:
    """The same sort; raises where a bracket of sorts has no arrow after it."""
    if sort.word == "()":
        raise mistake(
            "a bracket of sorts needs an arrow after it", sort.span, "write `(real, real) -> real`"
        )
    for part in sort.parts:
        plain(part)
    return sort


MAKERS = {name[5:]: maker for name, maker in globals().items() if name.startswith("make_")}
