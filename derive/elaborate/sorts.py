"""Sort expressions: what `positive`, `real[n, d]`, `posdef[n]`, `real -> real` say about a name.

Promise: a sort word becomes a core sort and propositions about the name; each says whether it is an
open condition (true around every point where it holds), which is what differentiating may use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.core.chance import random_sort
from derive.core.sort import BOOL, COMPLEX, INTEGER, REAL, Array, Function, Scalar, Sort
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    conj,
    eq,
    free_symbols,
    fresh_name,
    implies,
    le,
    lt,
    ne,
)
from derive.elaborate.env import Env
from derive.elaborate.fault import fail
from derive.elaborate.names import nearest
from derive.elaborate.shapes import show_size
from derive.syntax import ast


@dataclass(frozen=True, slots=True)
class Domain:
    """A proposition that a declared sort says of a name."""

    claim: Term
    is_open: bool


Domains = tuple[Domain, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sort expression read: the core sort, what it says of a term, its text.

    `random`: the name is a random variable, a function of the sample point.
    """

    sort: Sort
    domains: Callable[[Term], Domains]
    text: str
    random: bool = False


def _open(*claims: Term) -> Domains:
    return tuple(Domain(c, True) for c in claims)


def _closed(*claims: Term) -> Domains:
    return tuple(Domain(c, False) for c in claims)


_SCALARS: dict[str, tuple[Scalar, Callable[[Term], Domains]]] = {
    "real": (REAL, lambda x: ()),
    "positive": (REAL, lambda x: _open(lt(ZERO, x))),
    "nonnegative": (REAL, lambda x: _closed(le(ZERO, x))),
    "negative": (REAL, lambda x: _open(lt(x, ZERO))),
    "nonzero": (REAL, lambda x: _open(ne(x, ZERO))),
    "integer": (INTEGER, lambda x: ()),
    "natural": (INTEGER, lambda x: _open(le(ZERO, x))),
    "dim": (INTEGER, lambda x: _open(le(ONE, x))),
    "complex": (COMPLEX, lambda x: ()),
    "bool": (BOOL, lambda x: ()),
    "probability": (REAL, lambda x: _closed(le(ZERO, x), le(x, ONE))),
}


def _letters(count: int, *terms: Term) -> list[Sym]:
    """Index symbols that are free in none of the terms."""
    taken = {s.name for t in terms for s in free_symbols(t)}
    found: list[Sym] = []
    for axis in range(count):
        name = "ijkl"[axis % 4]
        if name in taken:
            name = fresh_name(name, taken)
        taken.add(name)
        found.append(Sym(name, INTEGER))
    return found


def entries(array: Term, shape: tuple[Term, ...], say: Callable[..., Term]) -> Term:
    """`for all indices, say(entry, index, ...)`."""
    letters = _letters(len(shape), array, *shape)
    claim = say(App("index", (array, *letters)), *letters)
    for letter, length in reversed(list(zip(letters, shape, strict=True))):
        claim = Bind("forall", letter, (ONE, length), claim)
    return claim


def _symmetric(a: Term, n: Term) -> Term:
    return entries(a, (n, n), lambda entry, i, j: eq(entry, App("index", (a, j, i))))


def _hermitian(a: Term, n: Term) -> Term:
    return entries(
        a, (n, n), lambda entry, i, j: eq(entry, App("conj", (App("index", (a, j, i)),)))
    )


def _diagonal(a: Term, n: Term) -> Term:
    return entries(a, (n, n), lambda entry, i, j: implies(ne(i, j), eq(entry, ZERO)))


def _sums_to_one(a: Term, shape: tuple[Term, ...]) -> Term:
    """The entries along the last axis sum to 1."""
    letters = _letters(len(shape), a, *shape)
    total = Bind("sum", letters[-1], (ONE, shape[-1]), App("index", (a, *letters)))
    claim = eq(total, ONE)
    for letter, length in reversed(list(zip(letters[:-1], shape[:-1], strict=True))):
        claim = Bind("forall", letter, (ONE, length), claim)
    return claim


def _nonnegative(a: Term, shape: tuple[Term, ...]) -> Term:
    return entries(a, shape, lambda entry, *_: le(ZERO, entry))


def _gram(op: str, a: Term, n: Term) -> Term:
    return eq(App("matmul", (App(op, (a,)), a)), App("eye", (n,)))


# Matrix kinds: the entries' sort, and what the kind says of an n by n matrix.
KINDS: dict[str, tuple[Scalar, Callable[[Term, Term], Domains]]] = {
    "symmetric": (REAL, lambda a, n: _closed(_symmetric(a, n))),
    "posdef": (REAL, lambda a, n: _closed(App("posdef", (a,)), _symmetric(a, n))),
    "psd": (REAL, lambda a, n: _closed(App("psd", (a,)), _symmetric(a, n))),
    "diagonal": (REAL, lambda a, n: _closed(_diagonal(a, n))),
    "orthogonal": (REAL, lambda a, n: _closed(_gram("transpose", a, n))),
    "unitary": (COMPLEX, lambda a, n: _closed(_gram("hermitian", a, n))),
    "hermitian": (COMPLEX, lambda a, n: _closed(_hermitian(a, n))),
    "density": (
        COMPLEX, lambda a, n: _closed(App("psd", (a,)), _hermitian(a, n), eq(App("tr", (a,)), ONE))
    ),
    # The invertible matrices are an open set: the determinant is continuous.
    "invertible": (REAL, lambda a, n: _open(App("invertible", (a,)))),
}

WORDS = (*_SCALARS, *KINDS, "index", "stochastic", "simplex", "random")


def read_sort(expr: ast.SortExpr, env: Env) -> Reading:
    """What a sort expression says; sizes are read in the scope at hand."""
    word = expr.word
    if word == "->":
        return _function(expr, env)
    if word not in WORDS:
        near = nearest(word, WORDS)
        asked = f"; did you mean `{near}`?" if near else ""
        fail(
            "unknown-sort",
            f"unknown sort `{word}`{asked}",
            expr.span,
            f"write `{near}`"
            if near
            else "the sorts are real, positive, integer, dim, real[n], ...",
        )
    sizes = tuple(env.integer(a, "a size") for a in expr.args)
    text = f"{word}[{', '.join(map(show_size, sizes))}]" if sizes else word
    match word:
        case "random":
            value: Sort = Array(sizes, REAL) if sizes else REAL
            return Reading(random_sort(value), lambda x: (), text, random=True)
        case "index":
            (n,) = _sizes(expr, sizes, 1)
            return Reading(INTEGER, lambda x: _open(le(ONE, x), le(x, n)), text)
        case "simplex":
            _sizes(expr, sizes, 1)
            return _distribution(sizes, text)
        case "stochastic":
            square = sizes * 2 if len(sizes) == 1 else sizes
            _sizes(expr, square, 2)
            return _distribution(square, text)
    if word in KINDS:
        (n,) = _sizes(expr, sizes[:1] if len(sizes) == 2 and sizes[0] == sizes[1] else sizes, 1)
        entry, kind = KINDS[word]
        return Reading(Array((n, n), entry), lambda a: kind(a, n), text)
    return _entrywise(expr, sizes, text)


def _sizes(expr: ast.SortExpr, sizes: tuple[Term, ...], count: int) -> tuple[Term, ...]:
    if len(sizes) != count:
        example = "[n]" if count == 1 else "[m, n]"
        fail(
            "sort-mismatch",
            f"`{expr.word}` takes {count} size{'s' if count > 1 else ''}, not {len(sizes)}",
            expr.span,
            f"write `{expr.word}{example}`",
        )
    return sizes


def _distribution(shape: tuple[Term, ...], text: str) -> Reading:
    return Reading(
        Array(shape, REAL), lambda a: _closed(_nonnegative(a, shape), _sums_to_one(a, shape)), text
    )


def _entrywise(expr: ast.SortExpr, shape: tuple[Term, ...], text: str) -> Reading:
    scalar, domains = _SCALARS[expr.word]
    if not shape:
        return Reading(scalar, domains, text)
    if expr.word == "dim":
        fail(
            "sort-mismatch",
            "a `dim` is a single size",
            expr.span,
            "write `natural[n]` for an array",
        )

    def every(array: Term) -> Domains:
        probe = domains(ZERO)
        return tuple(
            Domain(
                entries(array, shape, lambda entry, *_, at=place: domains(entry)[at].claim),
                d.is_open,
            )
            for place, d in enumerate(probe)
        )

    return Reading(Array(shape, scalar), every, text)


def _function(expr: ast.SortExpr, env: Env) -> Reading:
    *arguments, result = (read_sort(part, env) for part in expr.parts)
    for reading, part in zip((*arguments, result), expr.parts, strict=True):
        if reading.random:
            fail("sort-mismatch", "a function takes and gives no random variables", part.span)
    sort = Function(tuple(a.sort for a in arguments), result.sort)
    text = f"{', '.join(a.text for a in arguments)} -> {result.text}"

    def domains(function: Term) -> Domains:
        symbols = [Sym(f"{'xyzuvw'[k % 6]}~{k + 1}", a.sort) for k, a in enumerate(arguments)]
        premises = conj(
            *(d.claim for a, s in zip(arguments, symbols, strict=True) for d in a.domains(s))
        )
        value = App("apply", (function, *symbols))
        found = []
        for domain in result.domains(value):
            claim = implies(premises, domain.claim)
            for symbol in reversed(symbols):
                claim = Bind("forall", symbol, (), claim)
            found.append(Domain(claim, False))
        return tuple(found)

    return Reading(sort, domains, text)
