"""Entries and scalar forms of array terms have the values of the terms, at concrete sizes."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from mpmath import mpc, mpf

from derive.core.alpha import alpha_equal
from derive.core.operator import f
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import (
    FALSE,
    ONE,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    div,
    eq,
    free_symbols,
    mul,
    ne,
    neg,
    power,
    sub,
    subterms,
)
from derive.kernel.arrays import entry, expand_abbreviations, scalarise
from tests.oracle_mpmath import evaluate, truth

N, M, K = Sym("n", INTEGER), Sym("m", INTEGER), Sym("k", INTEGER)
SIZES = {"n": 2, "m": 3, "k": 2}
X, Y, Z = (Sym(s, Array((N,), REAL)) for s in "xyz")
V = Sym("v", Array((M,), REAL))
A, B = (Sym(s, Array((N, M), REAL)) for s in "AB")
C, D = (Sym(s, Array((N, N), REAL)) for s in "CD")
L = Sym("L", Array((TWO, TWO), REAL))
L3 = Sym("L3", Array((Num(3), Num(3)), REAL))
P = Sym("p", Array((TWO,), REAL))
U = Sym("u", Array((N,), COMPLEX))
H = Sym("H", Array((N, M), COMPLEX))
S, T = Sym("s", REAL), Sym("t", REAL)
I, J = Sym("i", INTEGER), Sym("j", INTEGER)
SYMBOLS = (X, Y, Z, V, A, B, C, D, L, L3, P, U, H, S, T)


def point(seed: int) -> dict[str, Any]:
    """Values of all the symbols."""
    rng = random.Random(seed)

    def number(sort: object) -> Any:
        real = mpf(rng.randint(-30, 30)) / 7
        return mpc(real, mpf(rng.randint(-9, 9)) / 5) if sort is COMPLEX else real

    def build(sort: Any, shape: tuple[Term, ...]) -> Any:
        if not shape:
            return number(sort.entry if isinstance(sort, Array) else sort)
        size = int(evaluate(shape[0], SIZES))
        return [build(sort, shape[1:]) for _ in range(size)]

    values = {s.name: build(s.sort, shape_of(s)) for s in SYMBOLS}
    return {**SIZES, **values}


def close(a: Any, b: Any) -> bool:
    """Agreement at the oracle's precision."""
    return bool(abs(a - b) <= mpf(10) ** -40 * (1 + abs(a) + abs(b)))


row = Bind("array", I, (ONE, N), mul(f("index", X, I), S))
ARRAYS: dict[str, Term] = {
    "symbol": A,
    "arithmetic": sub(mul(A, B), div(add(A, S), TWO)),
    "broadcast": mul(S, neg(X)),
    "elementwise": f("tanh", power(X, TWO)),
    "matrix product": f("matmul", f("transpose", A), B),
    "matrix vector": f("matmul", A, V),
    "vector matrix": f("matmul", X, A),
    "three factors": f("matmul", f("matmul", C, A), f("transpose", B)),
    "transpose": f("transpose", A),
    "hermitian": f("hermitian", H),
    "diagonal of": f("diag", C),
    "diagonal from": f("diag", X),
    "outer": f("outer", X, V),
    "eye": add(C, f("eye", N)),
    "softmax": f("softmax", f("matmul", C, X)),
    "vector": f("vector", S, T, mul(S, T)),
    "matrix": f("vector", f("vector", S, T), P),
    "comprehension": row,
    "nested comprehension": Bind(
        "array", I, (ONE, N), Bind("array", J, (ONE, M), mul(f("index", A, I, J), f("index", X, I)))
    ),
    "array of arrays": Bind("array", I, (ONE, N), mul(f("index", X, I), V)),
    "shifted comprehension": Bind("array", I, (TWO, add(N, ONE)), add(I, S)),
    "sum of arrays": Bind("sum", I, (ONE, N), mul(f("index", X, I), V)),
    "partial index": f("index", A, TWO),
    "if": f("ite", f("<", S, T), X, Y),
    "vec": f("vec", L),
    "kron": f("kron", L, f("vector", f("vector", S, T), P)),
    "inverse of a literal size": f("inv", L),
    "inverse of three": f("inv", L3),
    "inverse opaque": f("matmul", f("inv", C), A),
    "gradient": f("grad", Bind("lam", X, (), f("dot", X, f("matmul", C, X))), Y),
    "gradient by a matrix": f(
        "grad", Bind("lam", A, (), power(f("norm", sub(f("matmul", A, V), X)), TWO)), B
    ),
    "jacobian": f("jacobian", Bind("lam", V, (), f("tanh", f("matmul", A, V))), V),
    "jacobian of a softmax": f("jacobian", Bind("lam", X, (), f("softmax", X)), X),
    "hessian": f("hessian", Bind("lam", X, (), f("exp", f("dot", X, Y))), X),
    "derivative of an array": f("deriv", Bind("lam", S, (), mul(S, f("exp", mul(S, X)))), T),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_entries_have_the_value(name: str) -> None:
    term = ARRAYS[name]
    scope = point(len(name))
    whole = evaluate(term, scope)
    sizes = [int(evaluate(n, scope)) for n in shape_of(term)]
    assert sizes
    for place in product(*(range(1, size + 1) for size in sizes)):
        expected = whole
        for i in place:
            expected = expected[i - 1]
        literal = entry(term, tuple(map(Num, place)))
        assert not isinstance(sort_of(literal), Array)
        assert close(evaluate(literal, scope), expected)
        # With symbolic indices, whose names also occur bound inside.
        names = (I, J)[: len(place)]
        symbolic = entry(term, names)
        inner = {**scope, **{s.name: i for s, i in zip(names, place, strict=True)}}
        assert close(evaluate(symbolic, inner), expected)


SCALARS: dict[str, Term] = {
    "trace": f("tr", f("matmul", A, f("transpose", B))),
    "dot": f("dot", X, f("matmul", A, V)),
    "dot of stacked": f("dot", f("vec", A), f("vec", B)),
    "product of two vectors": f("matmul", X, Y),
    "quadratic form": f("matmul", f("matmul", X, C), Y),
    "norm": f("norm", sub(X, Y)),
    "norm of a matrix": f("norm", A),
    "norm of complex": f("norm", U),
    "norm squared": power(f("norm", sub(f("matmul", A, V), X)), TWO),
    "norm to the fourth": power(f("norm", H), Num(4)),
    "norm of one": f("norm_p", X, ONE),
    "norm of three": f("norm_p", A, Num(3)),
    "norm of four": f("norm_p", A, Num(4)),
    "largest": f("norm_inf", A),
    "mean": f("mean", A),
    "variance": f("variance", X),
    "logsumexp": f("logsumexp", f("matmul", C, X)),
    "determinant": f("det", L),
    "determinant of three": f("det", L3),
    "determinant of a literal": f("det", f("vector", f("vector", S, T), P)),
    "log of determinant": f("logdet", f("matmul", L, f("transpose", L))),
    "entry of an inverse": f("index", f("inv", f("matmul", C, D)), ONE, TWO),
    "sum over arrays": Bind("sum", I, (ONE, N), f("dot", f("index", C, I), X)),
    "density": f("pdf", f("Normal", f("mean", X), power(S, TWO)), T),
    "derivative": f("deriv", Bind("lam", S, (), f("norm", mul(S, X))), T),
}


@pytest.mark.parametrize("name", SCALARS)
def test_scalars_have_the_value(name: str) -> None:
    term = SCALARS[name]
    scope = point(len(name) + 1)
    found = scalarise(term)
    assert close(evaluate(found, scope), evaluate(term, scope))
    assert plain(found)


def plain(term: Term) -> bool:
    """Do arrays occur only under `index`, as symbols or inside `inv`?"""
    if isinstance(term, App) and term.op == "index":
        base = term.args[0]
        assert isinstance(base, Sym) or (isinstance(base, App) and base.op == "inv")
        return all(map(plain, term.args[1:]))
    assert not isinstance(sort_of(term), Array)
    inner = term.args if isinstance(term, App) else ()
    if isinstance(term, Bind):
        inner = (*term.over, term.body)
    return all(map(plain, inner))


def test_zeros_and_ones() -> None:
    assert scalarise(f("index", add(f("zeros", N, M), f("ones", N, M)), I, J)) == add(ZERO, ONE)


def test_sample_variance_divides_by_one_less() -> None:
    found = scalarise(f("sample_variance", X))
    assert isinstance(found, App)
    assert found.op == "/"
    assert found.args[1] == sub(N, ONE)


# ---------------------------------------------------------------- capture


def test_an_index_is_not_captured_by_a_bound_variable() -> None:
    # sum(i, A[i, j]) at j := i is a column sum, not a trace
    column = Bind("array", J, (ONE, M), Bind("sum", I, (ONE, N), f("index", A, I, J)))
    found = entry(column, (I,))
    assert I in free_symbols(found)
    wrong = Bind("sum", I, (ONE, N), f("index", A, I, I))
    assert not alpha_equal(found, wrong)


def test_a_fresh_variable_avoids_the_indices() -> None:
    product_ = f("matmul", A, f("transpose", B))
    fresh = scalarise(f("index", product_, Sym("i~1", INTEGER), Sym("i~2", INTEGER)))
    assert free_symbols(fresh) >= {Sym("i~1", INTEGER), Sym("i~2", INTEGER)}


def test_a_jacobian_is_not_captured_by_its_own_variable() -> None:
    s = Sym("s", INTEGER)
    function = Bind("lam", Sym("s", Array((M,), REAL)), (), f("matmul", A, Sym("s", V.sort)))
    found = entry(f("jacobian", function, V), (s, J))
    assert s in free_symbols(found)


# ---------------------------------------------------------------- relations


def test_array_equality_is_entrywise() -> None:
    claim = scalarise(eq(f("matmul", A, V), X))
    assert isinstance(claim, Bind)
    assert claim.op == "forall"
    assert claim.over == (ONE, N)


def test_array_inequality_is_one_differing_entry() -> None:
    scope = point(3)
    scope["y"] = [scope["x"][0], scope["x"][1] + 1]
    assert truth(scalarise(ne(X, Y)), scope)
    scope["y"] = list(scope["x"])
    assert not truth(scalarise(ne(X, Y)), scope)


def test_equal_arrays_have_equal_shapes() -> None:
    claim = scalarise(eq(X, V))
    assert eq(N, M) in set(subterms(claim))
    assert scalarise(eq(X, A)) == FALSE


def test_literal_sizes_give_a_conjunction() -> None:
    claim = scalarise(eq(L, f("transpose", L)))
    assert isinstance(claim, App)
    assert claim.op == "and"
    assert len(claim.args) == 4


def test_order_of_arrays_is_not_read() -> None:
    found = scalarise(f("<=", C, D))
    assert isinstance(found, App)
    assert found.op == "unsupported"


# ---------------------------------------------------------------- what stays opaque


@pytest.mark.parametrize(
    "term",
    [
        f("index", f("vec", A), I),
        f("index", f("kron", A, B), I, J),
        f("index", f("softmax", A), I, J),
        f("index", f("inv", C), I, J),
        f("index", f("vector", S, T), Num(3)),
        f("index", Bind("prod", I, (ONE, N), mul(I, C)), ONE, ONE),
        f("dot", U, U),
        f("det", C),
        f("norm_p", X, S),
        f("pdf", f("Bernoulli", S), T),
        f("pmf", f("Poisson", S), T),
    ],
    ids=repr,
)
def test_opaque(term: Term) -> None:
    assert scalarise(term) == term


def test_a_mass_is_zero_off_its_support() -> None:
    found = scalarise(f("pmf", f("Bernoulli", S), K))
    assert isinstance(found, App)
    assert found.op == "ite"
    assert found.args[2] == ZERO
    assert evaluate(found, {"s": mpf("0.3"), "k": 2}) == 0
    assert close(evaluate(found, {"s": mpf(3) / 10, "k": 0}), mpf(7) / 10)


def test_abbreviations() -> None:
    term = f("softplus", f("sigmoid", f("relu", S)))
    found = expand_abbreviations(term)
    scope = point(5)
    assert close(evaluate(found, scope), evaluate(term, scope))
    assert not {"sigmoid", "softplus", "relu"} & {
        t.op for t in subterms(found) if isinstance(t, App)
    }
