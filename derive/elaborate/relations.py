"""Relations and logic: `=`, orders, chains, connectives, membership, quantified claims.

Promise: an order relates real scalars only, an equality things of one shape, a connective claims;
`a > b` is written as `b < a`.
"""

from __future__ import annotations

from itertools import pairwise

from derive.core.shape import sort_of
from derive.core.sort import BOOL, COMPLEX, INTEGER, Array, Function, LawSort
from derive.core.term import ZERO, App, Term, conj, mentions
from derive.elaborate import orders
from derive.elaborate.env import Env, check_number, is_opaque
from derive.elaborate.fault import fail
from derive.elaborate.properties import WORDS, property_of
from derive.elaborate.quantifiers import closed, open_items, refuse_shadows
from derive.elaborate.shapes import may_be_complex, same_shape, show_shape, show_sort
from derive.elaborate.sorts import KINDS, read_sort
from derive.syntax import ast
from derive.text import Span

_FLIPPED = {">": "<", ">=": "<="}
_WORDS = {"<": "less than", "<=": "at most", ">": "greater than", ">=": "at least"}


def relate(rel: str, left: Term, right: Term, span: Span, env: Env) -> Term:
    """`left rel right`, checked; `rel` as the author writes it."""
    if rel in ("=>", "<=>"):
        for side in (left, right):
            if not is_opaque(side) and sort_of(side) is not BOOL:
                fail("sort-mismatch", f"`{rel}` stands between claims", span, "for terms write `=`")
        return App(rel, (left, right))
    if is_opaque(left) or is_opaque(right):
        return env.app("=" if rel == "=" else rel, left, right)
    if mentions(left, "O") or mentions(right, "O"):
        return orders.relate(rel, left, right, env)
    for side in (left, right):
        sort = sort_of(side)
        if sort is BOOL:
            fail(
                "sort-mismatch",
                f"`{rel}` stands between terms, and one side is a claim",
                span,
                "for claims write `<=>`",
            )
        if isinstance(sort, (Function, LawSort)):
            fail(
                "sort-mismatch",
                f"`{rel}` stands between values, and one side is {show_sort(sort)}",
                span,
                "compare values at a point, as in `for x : real, f(x) = g(x)`",
            )
    if rel in ("=", "!="):
        left, right = _same(rel, left, right, span, env)
        return App(rel, (left, right))
    for side in (left, right):
        _ordered(rel, side, span)
    return App(_FLIPPED[rel], (right, left)) if rel in _FLIPPED else App(rel, (left, right))


def _same(rel: str, left: Term, right: Term, span: Span, env: Env) -> tuple[Term, Term]:
    one, other = sort_of(left), sort_of(right)
    shape = one.shape if isinstance(one, Array) else ()
    target = other.shape if isinstance(other, Array) else ()
    # `grad(L, w) = 0`: a literal 0 beside an array is the zero array, as on the board.
    if shape and right == ZERO:
        return left, App("zeros", shape)
    if target and left == ZERO:
        return App("zeros", target), right
    if not same_shape(shape, target, env.scope):
        if shape and target:
            message = (
                f"the sides of `{rel}` have shapes {show_shape(shape)} and {show_shape(target)}"
            )
        else:
            message = f"the sides of `{rel}` are {show_sort(one)} and {show_sort(other)}"
        fail("shape-mismatch", message, span)
    return left, right


def _ordered(rel: str, side: Term, span: Span) -> None:
    sort = sort_of(side)
    if isinstance(sort, Array):
        fail(
            "sort-mismatch",
            f"`{rel}` orders numbers, and one side is {show_sort(sort)}",
            span,
            "say it of the entries, as in `for i in 1..n, x[i] <= y[i]`",
        )
    if sort is COMPLEX and may_be_complex(side):
        fail(
            "sort-mismatch",
            f"complex numbers have no order: `{rel}` has a complex side",
            span,
            "compare `abs(z)` or `re(z)`",
        )


def chain(expr: ast.Relation, env: Env) -> Term:
    """`a <= b < c` as the conjunction of its relations."""
    claims = []
    left_expr = expr.first
    left = env.side().term(left_expr)
    for rel, right_expr in expr.rest:
        right = env.side().term(right_expr)
        claims.append(relate(rel, left, right, left_expr.span.to(right_expr.span), env))
        left_expr, left = right_expr, right
    return conj(*claims)


def logic(expr: ast.Logic, env: Env) -> Term:
    """`and`, `or`, `=>` (to the right), `<=>` (between neighbours)."""
    args = [env.claim(a) for a in expr.args]
    match expr.op:
        case "and":
            return conj(*args)
        case "or":
            return App("or", tuple(args))
        case "=>":
            claim = args[-1]
            for premise in reversed(args[:-1]):
                claim = App("=>", (premise, claim))
            return claim
    pairs = pairwise(args)
    return conj(*(App("<=>", pair) for pair in pairs))


def negation(expr: ast.Unary, env: Env) -> Term:
    """`not c`."""
    return App("not", (env.claim(expr.arg),))


def membership(expr: ast.In, env: Env) -> Term:
    """`x in 1..n`, `x in {0, a}` as claims."""
    container = expr.container
    while isinstance(container, ast.Paren):
        container = container.inner
    match container:
        case ast.Range(low, high, _):
            element = env.integer(expr.element, "a member of a range")
            return conj(
                relate("<=", env.integer(low, "an end of a range"), element, expr.span, env),
                relate("<=", element, env.integer(high, "an end of a range"), expr.span, env),
            )
        case ast.SetLiteral(items, _):
            element = env.term(expr.element)
            claims = [relate("=", element, env.term(i), i.span, env) for i in items]
            if not claims:
                return App("false", ())
            return claims[0] if len(claims) == 1 else App("or", tuple(claims))
    return env.unsupported(
        expr, "membership in anything but a range or a finite set is not yet checked"
    )


def quantified(expr: ast.Quantified, env: Env) -> Term:
    """`for i in 1..n, h: x > 0, body`."""
    inner, binders = open_items(expr.items, env, shadow=True)
    claim = closed(binders, inner.claim(expr.body))
    refuse_shadows(expr.items, env.scope, claim)
    return claim


def conditional(expr: ast.Conditional, env: Env) -> Term:
    """`claim if condition`."""
    return App("=>", (env.claim(expr.condition), env.claim(expr.claim)))


_SCALAR_WORDS = ("positive", "nonnegative", "negative", "nonzero", "natural", "probability")


def property_claim(expr: ast.Is, env: Env) -> Term:
    """`A is symmetric`, `x is positive`, `f is convex`."""
    claims: list[Term] = []
    for word in expr.properties:
        if word in WORDS:
            subject = env.term(expr.subject)
            said = None if is_opaque(subject) else property_of(word, subject, sort_of(subject), ())
            if said is None:
                return env.unsupported(expr, f"the property `{word}` is read but not yet checked")
            claims.append(said)
            continue
        if word not in KINDS and word not in _SCALAR_WORDS:
            return env.unsupported(expr, f"the property `{word}` is read but not yet checked")
        subject = env.term(expr.subject)
        if is_opaque(subject):
            return env.unsupported(expr, f"the property `{word}` is read but not yet checked")
        check_number(subject, expr.subject.span)
        sort = sort_of(subject)
        if word in KINDS:
            if not isinstance(sort, Array) or len(sort.shape) != 2:
                fail(
                    "shape-mismatch",
                    f"`{word}` is said of square matrices, and this is {show_sort(sort)}",
                    expr.subject.span,
                )
            if not same_shape(sort.shape[:1], sort.shape[1:], env.scope):
                fail(
                    "shape-mismatch",
                    f"`{word}` is said of square matrices, and this has shape "
                    f"{show_shape(sort.shape)}",
                    expr.subject.span,
                )
            claims.extend(d.claim for d in KINDS[word][1](subject, sort.shape[0]))
        else:
            if isinstance(sort, Array):
                return env.unsupported(
                    expr, f"`{word}` of a whole array is read but not yet checked"
                )
            _ordered(word, subject, expr.subject.span)
            if word == "natural" and sort is not INTEGER:
                return env.unsupported(expr, "being a natural number is read but not yet checked")
            reading = read_sort(ast.SortExpr(word, (), (), expr.span), env)
            claims.extend(d.claim for d in reading.domains(subject))
    return conj(*claims)
