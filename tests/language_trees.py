"""Random documents that the parser could have made, for the round trip; and trees without their spans.

Each function takes a source of randomness and how deep it may still go, and keeps to one level of the grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from fractions import Fraction
from random import Random
from typing import TypeVar

from derive.syntax import ast, outline
from derive.text import NOWHERE as AT

T = TypeVar("T")
NAMES = (
    "a",
    "b",
    "x",
    "x_1",
    "W2",
    "mu",
    "sigma_1",
    "Delta",
    "f'",
    "sum",
    "inf",
    "pi",
    "step",
    "end",
)
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
WORDS = ("convex", "symmetric", "increasing")
LOGIC = ("and", "or", "=>", "<=>")


def bare(node: object) -> object:
    """The tree without spans, as nested tuples."""
    if isinstance(node, tuple):
        return tuple(bare(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        kept = [f.name for f in fields(node) if f.name != "span"]
        return (type(node).__name__, *(bare(getattr(node, name)) for name in kept))
    return node


def some(r: Random, make: Callable[[], T], least: int = 1, most: int = 3) -> tuple[T, ...]:
    return tuple(make() for _ in range(r.randint(least, most)))


def maybe(r: Random, make: Callable[[], T]) -> T | None:
    return make() if r.random() < 0.5 else None


# ---------------------------------------------------------------- terms


def name(r: Random) -> ast.Name:
    return ast.Name(r.choice(NAMES), AT)


def number(r: Random) -> ast.Number:
    text = r.choice(("0", "1", "2", "12", "0.5", "1e-3", "10"))
    return ast.Number(Fraction(text), text, AT)


def leaf(r: Random) -> ast.Expr:
    return name(r) if r.random() < 0.7 else number(r)


def atom(r: Random, d: int) -> ast.Expr:
    if d <= 0:
        return leaf(r)
    match r.randrange(6):
        case 0:
            inner = quantified(r, d - 1) if r.random() < 0.2 else prop(r, d - 1)
            if r.random() < 0.2:
                inner = ast.Conditional(prop(r, d - 1), prop(r, d - 1), AT)
            return ast.Paren(inner, AT)
        case 1:
            return ast.ListLiteral(some(r, lambda: expr(r, d - 1)), AT)
        case 2:
            return ast.SetLiteral(some(r, lambda: expr(r, d - 1)), AT)
        case _:
            return leaf(r)


def postfix(r: Random, d: int) -> ast.Expr:
    if d <= 0:
        return leaf(r)
    match r.randrange(7):
        case 0 | 1:
            callee = name(r) if r.random() < 0.8 else ast.Paren(expr(r, d - 1), AT)
            return ast.Call(callee, some(r, lambda: argument(r, d - 1), 0), AT)
        case 2:
            return ast.Index(postfix(r, d - 1), some(r, lambda: argument(r, d - 1)), AT)
        case 3:
            return ast.Postfix(r.choice((".T", ".H", "!")), postfix(r, d - 1), AT)
        case _:
            return atom(r, d)


def power(r: Random, d: int) -> ast.Expr:
    base = postfix(r, d)
    if r.random() < 0.7:
        return base
    exponent = power(r, d - 1)
    while isinstance(exponent, ast.SetLiteral):
        exponent = power(r, d - 1)
    if r.random() < 0.2:
        exponent = ast.Unary("-", exponent, AT)
    return ast.Binary(r.choice(("^", ".^")), base, exponent, AT)


def factor(r: Random, d: int) -> ast.Expr:
    return ast.Unary("-", factor(r, d), AT) if r.random() < 0.15 else power(r, d)


def product(r: Random, d: int) -> ast.Expr:
    made = power(r, d)
    for _ in range(r.choice((0, 0, 1, 2))):
        made = ast.Binary(r.choice(("*", "/", "@", ".*", "./")), made, factor(r, d - 1), AT)
    return made


def term(r: Random, d: int) -> ast.Expr:
    return ast.Unary("-", term(r, d), AT) if r.random() < 0.15 else product(r, d)


def total(r: Random, d: int) -> ast.Expr:
    made = term(r, d)
    for _ in range(r.choice((0, 0, 1, 2))):
        made = ast.Binary(r.choice("+-"), made, term(r, d - 1), AT)
    return made


def place(r: Random) -> ast.Expr:
    return name(r) if r.random() < 0.6 else ast.Index(name(r), (leaf(r),), AT)


def expr(r: Random, d: int) -> ast.Expr:
    match r.randrange(12):
        case 0:
            return ast.Range(total(r, d), total(r, d), AT)
        case 1:
            return ast.Arrow(total(r, d), total(r, d), AT)
        case 2:
            return ast.At(total(r, d), some(r, lambda: (place(r), total(r, d - 1)), 1, 2), AT)
        case 3:
            return ast.IfElse(prop(r, d - 1), expr(r, d - 1), expr(r, d - 1), AT)
        case _:
            return total(r, d)


# ---------------------------------------------------------------- propositions


def relation(r: Random, d: int) -> ast.Relation:
    return ast.Relation(total(r, d), some(r, lambda: (r.choice(RELATIONS), total(r, d)), 1, 2), AT)


def claim(r: Random, d: int) -> ast.Expr:
    match r.randrange(8):
        case 0:
            return ast.In(total(r, d), total(r, d), AT)
        case 1:
            return ast.Is(total(r, d), some(r, lambda: r.choice(WORDS), 1, 2), AT)
        case 2:
            return ast.Law(total(r, d), total(r, d), r.random() < 0.5, AT)
        case 3:
            return ast.Unary("not", claim(r, d), AT)
        case _:
            return relation(r, d)


def logic(r: Random, d: int, level: int) -> ast.Expr:
    if level < 0:
        return claim(r, d)
    if r.random() < 0.85:
        return logic(r, d, level - 1)
    return ast.Logic(LOGIC[level], some(r, lambda: logic(r, d - 1, level - 1), 2, 3), AT)


def prop(r: Random, d: int) -> ast.Expr:
    return expr(r, d) if r.random() < 0.5 else logic(r, d, 3)


def member(r: Random, d: int) -> ast.Expr:
    return ast.In(name(r), ast.Range(total(r, d - 1), total(r, d - 1), AT), AT)


def sort(r: Random, d: int) -> ast.SortExpr:
    return ast.SortExpr(
        r.choice(("real", "index", "positive")), some(r, lambda: total(r, d - 1), 0, 2), (), AT
    )


def typed(r: Random, d: int) -> ast.Expr:
    return ast.Typed(r.choice(NAMES), sort(r, d), AT)


def keyword(r: Random, d: int) -> ast.Keyword:
    return ast.Keyword(r.choice(NAMES), expr(r, d), AT)


def argument(r: Random, d: int) -> ast.Expr:
    match r.randrange(10):
        case 0:
            return ast.Bar(prop(r, d), prop(r, d), AT)
        case 1:
            return keyword(r, d)
        case 2:
            return ast.Case(prop(r, d), maybe(r, lambda: prop(r, d)), AT)
        case 3:
            return typed(r, d)
        case 4:
            return member(r, d)
        case _:
            return prop(r, d)


def independent(r: Random, d: int) -> ast.Expr:
    return ast.Independent(some(r, lambda: name(r), 2, 3), AT)


def quantified(r: Random, d: int) -> ast.Expr:
    def item() -> ast.Expr | ast.NamedClaim:
        match r.randrange(4):
            case 0:
                return typed(r, d)
            case 1:
                return ast.NamedClaim(r.choice(NAMES), claim(r, d), AT)
            case 2:
                return relation(r, d)
            case _:
                return member(r, d)

    body = independent(r, d) if r.random() < 0.2 else claim(r, d)
    return ast.Quantified(some(r, item), relation(r, d) if isinstance(body, ast.In) else body, AT)


# ---------------------------------------------------------------- statements


def reason(r: Random) -> outline.Reason:
    if r.random() < 0.1:
        return outline.Reason("admit", (ast.Name("it is known", AT),), (), AT)

    def arg() -> ast.Expr:
        match r.randrange(4):
            case 0:
                return ast.Index(name(r), (leaf(r),), AT)
            case 1:
                return ast.Paren(ast.Binary("+", leaf(r), leaf(r), AT), AT)
            case _:
                return leaf(r)

    bindings = some(r, lambda: keyword(r, 1), 0, 2)
    return outline.Reason(r.choice(NAMES), some(r, arg, 0, 2), bindings, AT)


def reasons(r: Random, least: int = 0) -> tuple[outline.Reason, ...]:
    return some(r, lambda: reason(r), least, 2)


def link(r: Random, rels: tuple[str, ...], side: ast.Expr) -> outline.Link:
    return outline.Link(r.choice(rels), side, maybe(r, lambda: claim(r, 1)), reasons(r), AT)


def chain(r: Random) -> outline.Chain:
    match r.randrange(4):
        case 0:
            first, d = r.choice((quantified, independent, member))(r, 2), 1
            return outline.Chain(first, (), maybe(r, lambda: claim(r, d)), reasons(r), AT)
        case 1:
            links = some(r, lambda: link(r, ("<=>", "=>"), claim(r, 2)))
            return outline.Chain(claim(r, 2), links, None, (), AT)
        case _:
            links = some(r, lambda: link(r, RELATIONS, total(r, 2)))
            return outline.Chain(total(r, 2), links, None, (), AT)


def label(r: Random) -> ast.Name | None:
    return maybe(r, lambda: name(r))


def step(r: Random) -> outline.Step:
    made = chain(r)
    have = r.random() < 0.5 or isinstance(made.first, ast.Quantified)
    return outline.Step(label(r), made, have, AT)


def definition(r: Random) -> outline.Definition:
    params = some(r, lambda: outline.Param(r.choice(NAMES), maybe(r, lambda: sort(r, 1)), AT), 0, 2)
    return outline.Definition(name(r), params, some(r, lambda: name(r), 0, 2), expr(r, 2), AT)


def prose(r: Random) -> outline.Prose:
    return outline.Prose(r.choice(("A remark.", "With $x^2$ and `code`.", "")), AT)


def hypothesis_claim(r: Random) -> ast.Expr:
    match r.randrange(4):
        case 0:
            return quantified(r, 2)
        case 1:
            return ast.Conditional(claim(r, 2), claim(r, 1), AT)
        case _:
            return claim(r, 2)


def block(r: Random, d: int) -> tuple[outline.ProofItem, ...]:
    return some(r, lambda: proof_item(r, d), 0, 2)


def proof_item(r: Random, d: int = 2) -> outline.ProofItem:
    match r.randrange(12 if d > 0 else 9):
        case 0:
            return prose(r)
        case 1:
            return outline.Let(definition(r), AT)
        case 2:
            return outline.Conclude(reasons(r, 1), AT)
        case 3:
            return outline.Contradiction(reasons(r), AT)
        case 4:
            return outline.Admit("a text", AT)
        case 5:
            return outline.Fix(some(r, lambda: r.choice((member, typed))(r, 1)), AT)
        case 9:
            return outline.Suppose(label(r), hypothesis_claim(r), block(r, d - 1), AT)
        case 10:
            return outline.Split(some(r, lambda: branch(r, d - 1), 1, 2), AT)
        case 11:
            base = maybe(r, lambda: ast.Relation(name(r), (("=", number(r)),), AT))
            head = ast.Arrow(name(r), total(r, 1), AT)
            body = block(r, d - 1) if base is not None else ()
            return outline.Induction(name(r), r.random() < 0.5, base, body, head, block(r, d - 1), AT)
        case _:
            return step(r)


def branch(r: Random, d: int) -> outline.Branch:
    if r.random() < 0.3:
        return outline.Branch(None, None, block(r, d), AT)
    return outline.Branch(label(r), relation(r, 1), block(r, d), AT)


# ---------------------------------------------------------------- sections


def given_item(r: Random) -> outline.Declaration | outline.Hypothesis | outline.Prose:
    match r.randrange(5):
        case 0:
            return prose(r)
        case 1 | 2:
            kind = sort(r, 1)
            if r.random() < 0.3:
                kind = ast.SortExpr("->", (), some(r, lambda: sort(r, 1), 2, 3), AT)
            words = (*WORDS, "finite variance")
            made = some(
                r,
                lambda: outline.Property(r.choice(words), some(r, lambda: total(r, 1), 0, 1), AT),
                0,
                2,
            )
            return outline.Declaration(some(r, lambda: name(r)), kind, made, AT)
        case _:
            return outline.Hypothesis(label(r), hypothesis_claim(r), AT)


def item(r: Random) -> outline.Item:
    match r.randrange(6):
        case 0:
            word, values = r.choice(
                (("title", ("A title",)), ("tags", ("a-b", "c")), ("use", ("other_file",)))
            )
            return outline.Heading(word, values, AT)
        case 1 | 2:
            return outline.Given(some(r, lambda: given_item(r), 0), AT)
        case 3:
            return outline.Define(some(r, lambda: definition(r), 0), AT)
        case _:
            kind = r.choice(("theorem", "lemma", "corollary"))
            return outline.Theorem(
                kind, label(r), chain(r), some(r, lambda: proof_item(r), 0, 4), True, AT
            )


def document(r: Random) -> outline.Document:
    return outline.Document(some(r, lambda: item(r), 0, 4))
