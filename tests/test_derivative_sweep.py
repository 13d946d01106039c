"""Every operator with a derivative against automatic differentiation, at random points and three unequal sizes.

Promise: the operators are taken from the table, applied to every shape of argument that they accept, so that
none can be added untested: one that nothing differentiates has to be named in `WITHOUT` by hand. All of a kind
are added up with random weights, so that JAX compiles a handful of functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product

import pytest

from derive.core.claim import DOMAIN, Context, Fact, Obligation
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import ONE, TWO, App, Bind, Num, Sym, Term, add, div, eq, le, mul, substitute
from derive.engines.autodiff import Checker, Comparison, cross_check_all
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.differential import differentials
from derive.kernel.indices import is_array
from derive.kernel.pullback import inner

n, m = Sym("n", INTEGER), Sym("m", INTEGER)
t, x, X = Sym("t", REAL), Sym("x", Array((n,), REAL)), Sym("X", Array((n, m), REAL))
u, w = Sym("u", Array((n,), REAL)), Sym("w", Array((m,), REAL))
C, D = Sym("C", Array((n, n), REAL)), Sym("D", Array((n, m), REAL))
SIZES = tuple(Fact("", le(ONE, s), DOMAIN) for s in (n, m))
KINDS = ("arithmetic", "elementary", "special", "array")
# No derivative is known here, by whatever argument: what they owe says so, and a step about them is unknown.
WITHOUT = {
    "factorial", "binomial", "digamma", "inf", "im", "pi", "eye", "zeros", "ones", "norm_inf",
}


def squeezed(a: Term) -> Term:
    """Entry by entry between 1/4 and 3/4, where every function of one argument but `acosh` is smooth."""
    return add(Num(Fraction(1, 4)), div(App("sigmoid", (a,)), TWO))


def regular(a: Term) -> Term:
    """A matrix that is certainly invertible, with a positive determinant."""
    return add(mul(TWO, App("eye", (n,))), div(a, mul(Num(4), n)))


@dataclass(frozen=True)
class Family:
    """A variable, with a number, a vector, a square and another matrix that depend on it."""

    by: Sym
    number: Term
    vector: Term
    square: Term
    other: Term


def outer(a: Term, b: Term) -> Term:
    return App("outer", (a, b))


def at(a: Term, b: Term) -> Term:
    return App("matmul", (a, b))


FAMILIES = {
    "a number": Family(
        t, squeezed(t), mul(squeezed(t), squeezed(u)), regular(mul(squeezed(t), squeezed(C))),
        mul(squeezed(t), squeezed(D)),
    ),
    "a vector": Family(
        x, squeezed(App("dot", (x, u))), squeezed(x), regular(outer(squeezed(x), squeezed(u))),
        outer(squeezed(x), squeezed(w)),
    ),
    "a matrix": Family(
        X, squeezed(App("tr", (at(App("transpose", (X,)), D),))), squeezed(at(X, w)),
        regular(at(squeezed(X), App("transpose", (squeezed(X),)))), squeezed(X),
    ),
}


def calls(op: str, family: Family) -> Iterator[Term]:
    """The operator applied to everything that it accepts."""
    pool = (family.number, family.vector, family.square, family.other)
    arity = OPERATORS[op].arity
    if op == "acosh":
        yield App(op, (add(ONE, family.number),))
        return
    for count in (1, 2) if arity < 0 else (arity,):
        for args in product(pool, repeat=count):
            yield from well_formed(op, args)
    special = {"index": ((family.vector, ONE), (family.square, ONE, TWO)), "norm_p": ((family.square, Num(3)),)}
    for args in (*special.get(op, ()), *(((b, Num(3)) for b in pool) if op == "^" else ())):
        yield from well_formed(op, args)


def well_formed(op: str, args: tuple[Term, ...]) -> Iterator[Term]:
    """The term, where its shapes fit and it is no more than a matrix."""
    if not args or not fits(op, args):
        return
    term = App(op, args)
    try:
        sort = sort_of(term)
    except (ValueError, IndexError):
        return
    if sort is REAL or (isinstance(sort, Array) and len(sort.shape) < 3):
        yield term


def fits(op: str, args: tuple[Term, ...]) -> bool:
    shapes = [shape_of(a) for a in args]
    ranks = [len(s) for s in shapes]
    row = OPERATORS[op]
    match op:
        case "matmul":
            return 0 not in ranks and shapes[0][-1] == shapes[1][0] and ranks != [1, 1]
        case "dot":
            return ranks == [1, 1]
        case "outer":
            return ranks == [1, 1]
        case "kron":
            return ranks == [2, 2]
        case "inv" | "det" | "logdet" | "tr":
            return shapes[0] == (n, n)
        case "diag":
            return shapes[0] in ((n,), (n, n))
        case "index":
            return ranks[0] == len(args) - 1 and all(isinstance(a, Num) for a in args[1:]) and ranks[0] > 0
        case "vec" | "transpose" | "hermitian":
            return ranks == [2]
        case "softmax" | "logsumexp":
            return ranks == [1]
        case "norm" | "norm_inf" | "mean" | "variance" | "sample_variance":
            return ranks[0] in (1, 2)
        case "norm_p":
            return ranks[0] in (1, 2) and isinstance(args[1], Num)
        case "beside":
            return ranks == [2, 2] and shapes[0][0] == shapes[1][0]
        case "above":
            return ranks == [2, 2] and shapes[0][1] == shapes[1][1]
    if op == "mutual_information":
        return ranks == [2]
    if row.kind == "array":
        return bool(shapes[0]) and len(set(shapes)) == 1
    return len({s for s in shapes if s}) <= 1 and not (op == "^" and ranks[-1] > 0)


# ---------------------------------------------------------------- our derivatives


WEIGHTS: dict[tuple[Term, ...], Term] = {(n,): u, (m,): w, (n, n): C, (n, m): D}


def weighed(terms: list[Term]) -> Term:
    """The sum of all entries of all terms, each term with a weight of its own."""
    parts = []
    for k, term in enumerate(terms, 1):
        weight = Num(Fraction(k + 2, 3 * k + 1))
        whole = term
        if is_array(term):
            # an entry is told from its neighbours by its weight, or by its own value
            whole = inner(WEIGHTS.get(shape_of(term), App("cos", (term,))), term)
        parts.append(mul(weight, whole))
    return reduce(add, parts)


def derivative_of(body: Term, by: Sym) -> Term:
    bound = Sym(f"{by.name}~1", by.sort)
    function = Bind("lam", bound, (), substitute(body, {by: bound}))
    return App("grad" if is_array(by) else "deriv", (function, by))


def entry_of(body: Term, by: Sym) -> Term:
    """The derivative by the first entry, which the index form takes."""
    whole = derivative_of(body, by)
    assert isinstance(whole, App)
    return App("partial", (*whole.args, *(ONE for _ in shape_of(by)))) if is_array(by) else whole


def by_matrices(body: Term, by: Sym) -> tuple[Term, Term] | None:
    asked = derivative_of(body, by)
    found = differentials(asked)
    return None if isinstance(found, Refusal) else (asked, found)


def by_entries(body: Term, by: Sym) -> tuple[Term, Term] | None:
    asked = entry_of(body, by)
    found = differentiate(asked)
    return None if isinstance(found, Refusal) else (asked, found)


WAYS: dict[str, Callable[[Term, Sym], tuple[Term, Term] | None]] = {
    "matrices": by_matrices, "entries": by_entries,
}
SWEPT = sorted(r.name for r in OPERATORS.values() if r.kind in KINDS)


def covered(way: str, family: Family) -> dict[str, list[Term]]:
    """The calls of every operator that this way differentiates."""
    found: dict[str, list[Term]] = {}
    for op in SWEPT:
        good = [c for c in calls(op, family) if WAYS[way](weighed([c]), family.by) is not None]
        if good:
            # the last: arrays of the highest rank
            found[op] = good[-1:]
    return found


ASKED = (("matrices", "a number"), ("matrices", "a matrix"), ("entries", "a vector"))
COVERED = {(way, kind): covered(way, FAMILIES[kind]) for way, kind in ASKED}


def obligation(way: str, kind: str, terms: list[Term]) -> Obligation:
    pair = WAYS[way](weighed(terms), FAMILIES[kind].by)
    assert pair is not None
    return Obligation("", eq(*pair), Context((), (), SIZES))


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[tuple[str, str], Comparison]]:
    asked = {
        key: obligation(*key, [c for some in found.values() for c in some]) for key, found in COVERED.items()
    }
    with Checker() as checker:
        yield dict(zip(asked, cross_check_all(list(asked.values()), checker, points=8, seconds=600), strict=True))


def test_every_operator_is_swept_or_known_to_have_no_derivative() -> None:
    assert {op for found in COVERED.values() for op in found} == set(SWEPT) - WITHOUT


@pytest.mark.parametrize("key", COVERED, ids=" by ".join)
def test_our_derivatives_are_those_of_jax(
    key: tuple[str, str], answers: dict[tuple[str, str], Comparison]
) -> None:
    assert answers[key].verdict == "agrees", (answers[key], sorted(COVERED[key]))
    assert len(answers[key].sizes) == 3
