"""Every operator with a derivative against automatic differentiation, at a random point of unequal sizes.

Promise: the operators are taken from the table and applied to every shape of argument that they accept, so that
none can be added untested: one that nothing differentiates has to be named in `WITHOUT` by hand. One process
computes all of it, without compiling.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product
from pathlib import Path

import pytest

from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import ONE, TWO, App, Bind, Num, Sym, Term, add, div, mul, substitute
from derive.kernel.derivative import Refusal, differentiate
from derive.kernel.differential import differentials
from derive.kernel.indices import is_array
from derive.kernel.pullback import inner

n, m = Sym("n", INTEGER), Sym("m", INTEGER)
t, x, X = Sym("t", REAL), Sym("x", Array((n,), REAL)), Sym("X", Array((n, m), REAL))
u, w = Sym("u", Array((n,), REAL)), Sym("w", Array((m,), REAL))
C, D = Sym("C", Array((n, n), REAL)), Sym("D", Array((n, m), REAL))
SIZES = ((3, 2),)
SEED = 11
ROOT = Path(__file__).resolve().parent.parent
KINDS = ("arithmetic", "elementary", "special", "array")
# No derivative is known here, by whatever argument: what they owe says so, and a step about them is unknown.
WITHOUT = {
    "factorial", "binomial", "digamma", "inf", "im", "pi", "eye", "zeros", "ones", "norm_inf",
    "expm", "O",
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
# Of entrywise functions the chain rule is one for all: by a matrix the array operators are enough.
COVERED["matrices", "a matrix"] = {
    op: found for op, found in COVERED["matrices", "a matrix"].items() if OPERATORS[op].kind in ("array", "arithmetic")
}
ALL = [(way, kind, op) for (way, kind), found in COVERED.items() for op in found]


def errors() -> dict[str, float]:
    """The largest scaled difference from JAX for each operator, at a random point of each size."""
    import jax.numpy as jnp
    import numpy as np

    from derive.backends.jax import Scope, enable_float64, evaluate, real

    enable_float64()
    rng = np.random.default_rng(SEED)
    worst: dict[str, float] = {}
    for rows, columns in SIZES:
        lengths = {n: rows, m: columns}
        values: dict[Sym, object] = dict(lengths)
        for s in (t, x, X, u, w, C, D):
            shape = tuple(lengths[e] for e in shape_of(s) if isinstance(e, Sym))
            values[s] = jnp.asarray(rng.uniform(-2, 2, shape))
        for way, kind, op in ALL:
            pair = WAYS[way](weighed(COVERED[way, kind][op]), FAMILIES[kind].by)
            assert pair is not None
            theirs, ours = (np.asarray(real(evaluate(side, Scope(dict(values))))) for side in pair)
            error = float(np.max(np.abs(theirs - ours) / (1 + np.abs(theirs))))
            key = f"{way} by {kind}: {op}"
            worst[key] = max(worst.get(key, 0.0), error if error == error else float("inf"))
    return worst


@pytest.fixture(scope="module")
def answers() -> dict[str, float]:
    # JAX lives in a process of its own: this one may fork
    program = "import json; from tests.test_derivative_sweep import errors; print(json.dumps(errors()))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_operator_is_swept_or_known_to_have_no_derivative() -> None:
    assert {op for found in COVERED.values() for op in found} == set(SWEPT) - WITHOUT


def test_our_derivatives_are_those_of_jax(answers: dict[str, float]) -> None:
    assert set(answers) == {f"{way} by {kind}: {op}" for way, kind, op in ALL}
    assert {key: error for key, error in answers.items() if error > 1e-8} == {}
