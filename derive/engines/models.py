"""Do hypotheses about functions on the reals have a model? Zero, linear and quadratic functions are tried.

Promise: `has_model` says yes only if a point was found that satisfies every hypothesis; one that speaks of
infinitely many values is shown for the functions tried, by certificates that the kernel accepts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product

from derive.core.claim import Context, Fact, Obligation, beta
from derive.core.sort import REAL, Array, Function, Sort
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    div,
    free_symbols,
    mul,
    power,
    substitute,
)
from derive.engines.sample import consistent_point
from derive.engines.sample_plan import constraints_of, is_open
from derive.settings import Settings

MOST_CHOICES = 60
MOST_FUNCTIONS = 4


def has_model(context: Context, settings: Settings) -> bool:
    """Was a point found at which every hypothesis holds?"""
    if consistent_point(context) is not None:
        return True
    claims = constraints_of(context)
    functions = sorted(
        {s for c in claims for s in free_symbols(c) if isinstance(s.sort, Function)}, key=lambda s: s.name
    )
    if not functions or len(functions) > MOST_FUNCTIONS:
        return False
    scales: list[Term] = [ONE, *_scales(claims)]
    return any(
        _is_model(context, claims, dict(zip(functions, choice, strict=True)), settings)
        for choice in islice(_choices(functions, scales), MOST_CHOICES)
    )


def _scales(claims: tuple[Term, ...]) -> list[Sym]:
    """The real parameters of the hypotheses that speak of infinitely many values."""
    found = {s for c in claims if is_open(c) for s in free_symbols(c) if s.sort is REAL}
    return sorted(found, key=lambda s: s.name)[:3]


def _choices(functions: list[Sym], scales: list[Term]) -> Iterator[tuple[Term, ...]]:
    zeros = tuple(_zero(f.sort) for f in functions)
    yield zeros
    for scale in scales:
        yield from product(*(
            (z, *_powers(f.sort, scale)) for f, z in zip(functions, zeros, strict=True)
        ))


def _zero(sort: Sort) -> Term:
    assert isinstance(sort, Function)
    body: Term = App("zeros", sort.result.shape) if isinstance(sort.result, Array) else ZERO
    for k, arg in reversed(list(enumerate(sort.args))):
        body = Bind("lam", Sym(f"~m{k}", arg), (), body)
    return body


def _powers(sort: Sort, scale: Term) -> tuple[Term, ...]:
    """`scale*x` and `scale*x^2/2`, as far as they have the sort."""
    assert isinstance(sort, Function)
    if len(sort.args) != 1:
        return ()
    x = Sym("~m0", sort.args[0])
    match sort.args[0], sort.result:
        case one, other if one is REAL and other is REAL:
            bodies: tuple[Term, ...] = (mul(scale, x), div(mul(scale, power(x, TWO)), TWO))
        case Array(shape, _), other if other is REAL and len(shape) == 1:
            bodies = (div(mul(scale, App("dot", (x, x))), TWO),)
        case Array(_, entry), other if other == sort.args[0] and entry is REAL:
            bodies = (mul(scale, x),)
        case _:
            return ()
    return tuple(Bind("lam", x, (), body) for body in bodies)


def _is_model(
    context: Context, claims: tuple[Term, ...], functions: dict[Sym, Term], settings: Settings
) -> bool:
    given = [beta(substitute(c, functions)) for c in claims]
    plain = tuple(Fact(f"h{k}", c, "hypothesis") for k, c in enumerate(given) if not is_open(c))
    symbols = tuple(s for s in context.symbols if s not in functions)
    here = Context(symbols, (), plain)
    return all(_is_shown(c, here, settings) for c in given if is_open(c)) and consistent_point(here) is not None


def _is_shown(claim: Term, context: Context, settings: Settings) -> bool:
    from derive.core.verdict import Kind
    from derive.engines.prove import ALL
    from derive.engines.settle import settle

    found = settle(Obligation("", claim, context), ALL, replace(settings, engines=None, refuter=True))
    return found.kind is Kind.PROVED
