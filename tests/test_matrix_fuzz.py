"""The noncommutative normal form against numbers: random terms at random rational matrices.

What is read from a term must have the term's value, and every rule that was made must hold, at every point
where the facts hold and the term is defined, for several unequal sizes. The evaluator shares no code with
the kernel: it knows matrices of rationals only.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import flint
import pytest

from derive.core.claim import CONDITION, DOMAIN, Context, Fact, Obligation
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import ONE, App, Bind, Num, Sym, Term, eq, le, lt, ne
from derive.kernel.accept import accept
from derive.kernel.certificate import Noncommutative
from derive.kernel.goal import Accepted
from derive.kernel.letters import COLUMN, Element
from derive.kernel.noncommutative import Proof
from derive.kernel.poly import Decline, Poly
from derive.kernel.words import Words

M, N = Sym("m", INTEGER), Sym("n", INTEGER)


def matrix(name: str, rows: Term, columns: Term) -> Sym:
    return Sym(name, Array((rows, columns), REAL))


A, B, P, S, Q = (matrix(x, N, N) for x in "ABPSQ")
X, Y, R = matrix("X", N, M), matrix("Y", M, N), matrix("R", M, M)
U, V, W = Sym("u", Array((N,), REAL)), Sym("v", Array((N,), REAL)), Sym("w", Array((M,), REAL))
C, LAM = Sym("c", REAL), Sym("lam", REAL)
Env = dict[str, Any]


class Undefined(Exception):
    """An inverse of a singular matrix, or a division by 0."""


# ---------------------------------------------------------------- values


def value(term: Term, env: Env) -> Any:
    """A rational, or a matrix; a vector is a matrix with one column."""
    match term:
        case Num(q):
            return flint.fmpq(q.numerator, q.denominator)
        case Sym(name, _):
            return env[name]
    assert isinstance(term, App)
    if term.op == "exp":
        return _exponential(term.args[0], env)
    args = [value(a, env) for a in term.args]
    match term.op, args:
        case "+", [a, b]:
            return _entrywise(a, b)
        case "-", [a, b]:
            return _entrywise(a, -1 * b)
        case "neg", [a]:
            return -1 * a
        case "*", [a, b]:
            return a * b
        case "/", [a, b]:
            if b == 0:
                raise Undefined
            return a / b if isinstance(a, flint.fmpq) else a * (1 / b)
        case "^", [a, b]:
            if a == 0 and b < 0:
                raise Undefined
            return a ** int(b.p)
        case "matmul", [a, b]:
            return _product(term.args, a, b)
        case "transpose", [a]:
            return a if _is_vector(term.args[0]) else a.transpose()
        case "inv", [a]:
            if a.det() == 0:
                raise Undefined
            return a.inv()
        case "det", [a]:
            return a.det()
        case "tr", [a]:
            return sum((a[i, i] for i in range(a.nrows())), flint.fmpq(0))
        case "dot", [a, b]:
            return (a.transpose() * b)[0, 0]
        case "outer", [a, b]:
            return a * b.transpose()
        case "eye", [n]:
            return identity(int(n.p))
        case "ones", [n]:
            return flint.fmpq_mat(int(n.p), 1, [1] * int(n.p))
        case "poly", [a]:
            return a
    raise NotImplementedError(term.op)


def _exponential(term: Term, env: Env) -> Any:
    """`exp(k*log(a)) = a^k` for a whole k."""
    factors, stack = [], [term]
    while stack:
        match stack.pop():
            case App("*", (a, b)):
                stack += [a, b]
            case other:
                factors.append(other)
    (log,) = [f for f in factors if isinstance(f, App) and f.op == "log"]
    exponent = flint.fmpq(1)
    for f in factors:
        exponent *= 1 if f is log else value(f, env)
    assert exponent.q == 1
    return value(log.args[0], env) ** int(exponent.p)


def identity(n: int) -> Any:
    return flint.fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def _is_vector(term: Term) -> bool:
    from derive.core.shape import shape_of

    return len(shape_of(term)) == 1


def _entrywise(a: Any, b: Any) -> Any:
    if isinstance(a, flint.fmpq_mat) == isinstance(b, flint.fmpq_mat):
        return a + b
    if isinstance(b, flint.fmpq_mat):
        a, b = b, a
    return flint.fmpq_mat(a.nrows(), a.ncols(), [x + b for x in a.entries()])


def _product(args: tuple[Term, ...], a: Any, b: Any) -> Any:
    left, right = (_is_vector(x) for x in args)
    if left and right:
        return (a.transpose() * b)[0, 0]
    return b.transpose() * a if left else a * b


class Reader:
    """Values of what the kernel made: letters, words, coefficients."""

    def __init__(self, words: Words, env: Env) -> None:
        self.words, self.env = words, env
        self.known: dict[str, Any] = {}

    def letter(self, letter: tuple[int, int]) -> Any:
        made = self.words.generators[letter[0]]
        if made.inverse_of is not None:
            inner = self.element(made.inverse_of)
            if inner.det() == 0:
                raise Undefined
            found = inner.inv()
        else:
            found = value(made.term, self.scope(made.term))
        return found.transpose() if letter[1] & 1 else found

    def scope(self, term: Term) -> Env:
        from derive.core.term import free_symbols

        env = dict(self.env)
        for s in free_symbols(term):
            if s in self.words.meaning:
                env[s.name] = self.number(s)
        return env

    def number(self, symbol: Sym) -> Any:
        kind, word = self.words.meaning[symbol]
        product = self.word(word, None)
        match kind:
            case "dot":
                return product[0, 0]
            case "tr":
                return sum((product[i, i] for i in range(product.nrows())), flint.fmpq(0))
            case _:
                return product.det()

    def word(self, word: tuple[tuple[int, int], ...], size: int | None) -> Any:
        if not word:
            assert size is not None
            return identity(size)
        total = self.letter(word[0])
        for letter in word[1:]:
            total = total * self.letter(letter)
        return total

    def coefficient(self, c: Poly) -> Any:
        term = self.words.run.to_term(c)
        return value(term, self.scope(term))

    def size(self, term: Term) -> int:
        return 1 if term == COLUMN else int(value(term, self.env).p)

    def parts(self, shape: tuple[Term, Term], parts: dict[Any, Poly]) -> Any:
        rows, columns = (self.size(s) for s in shape)
        total = flint.fmpq_mat(rows, columns, [0] * (rows * columns))
        for word, c in parts.items():
            total = total + self.word(word, rows) * self.coefficient(c)
        return total

    def element(self, e: Element) -> Any:
        return self.parts(e.shape, e.parts)


# ---------------------------------------------------------------- random points and terms


def point(rng: random.Random, m: int, n: int) -> Env:
    """Sizes, scalars and matrices at which the facts below hold."""

    def some(rows: int, columns: int) -> Any:
        entries = [flint.fmpq(rng.randint(-3, 3), rng.choice((1, 1, 2))) for _ in range(rows * columns)]
        return flint.fmpq_mat(rows, columns, entries)

    env: Env = {"m": flint.fmpq(m), "n": flint.fmpq(n)}
    a = some(n, n)
    while a.det() == 0:
        a = some(n, n)
    g, h = some(n, n), some(n, n)
    env |= {"A": a, "B": some(n, n), "P": g.transpose() * g + identity(n), "S": h + h.transpose()}
    env |= {"X": some(n, m), "Y": some(m, n), "R": some(m, m), "u": some(n, 1), "v": some(n, 1), "w": some(m, 1)}
    # Cayley's transform of a skew matrix is orthogonal
    skew = h - h.transpose()
    env["Q"] = (identity(n) + skew).inv() * (identity(n) - skew)
    env |= {"c": flint.fmpq(rng.randint(-2, 2)), "lam": flint.fmpq(rng.randint(1, 5), 2)}
    return env


def mm(*factors: Term) -> Term:
    total = factors[0]
    for f in factors[1:]:
        total = App("matmul", (total, f))
    return total


def t(a: Term) -> Term:
    return App("transpose", (a,))


def square(rng: random.Random, depth: int, size: Term) -> Term:
    """A random square matrix."""
    leaves = (A, B, P, S, Q, App("eye", (N,))) if size == N else (R, App("eye", (M,)))
    if depth <= 0:
        return rng.choice(leaves)
    other = M if size == N else N
    wide, tall = (X, Y) if size == N else (Y, X)
    match rng.randrange(9):
        case 0 | 1:
            return mm(square(rng, depth - 1, size), square(rng, depth - 1, size))
        case 2:
            return App(rng.choice("+-"), (square(rng, depth - 1, size), square(rng, depth - 1, size)))
        case 3:
            return t(square(rng, depth - 1, size))
        case 4 | 5:
            return App("inv", (square(rng, depth - 1, size),))
        case 6:
            return App("*", (rng.choice((C, LAM, Num(Fraction(1, 2)))), square(rng, depth - 1, size)))
        case 7:
            middle = square(rng, depth - 2, other)
            return mm(wide, middle, rng.choice((tall, t(wide))))
        case _:
            pair = (rng.choice((U, V)), rng.choice((U, V))) if size == N else (W, W)
            return App("outer", pair)


def number(rng: random.Random, depth: int) -> Term:
    """A random number."""
    size = rng.choice((M, N))
    match rng.randrange(4):
        case 0:
            return App("tr", (square(rng, depth, size),))
        case 1:
            return App("det", (square(rng, depth, size),))
        case 2:
            return App("dot", (rng.choice((U, V)), mm(square(rng, depth, N), rng.choice((U, V)))))
        case _:
            return App("*", (number(rng, depth - 1), C)) if depth else C


def conditions(term: Term) -> tuple[Fact, ...]:
    """The inverses that the term writes exist."""
    from derive.core.term import subterms

    found = [App("invertible", (x.args[0],)) for x in subterms(term) if isinstance(x, App) and x.op == "inv"]
    return tuple(Fact("", c, CONDITION) for c in dict.fromkeys(found))


def facts() -> tuple[Fact, ...]:
    i, j = Sym("i", INTEGER), Sym("j", INTEGER)

    def symmetric(a: Sym) -> Term:
        body = eq(App("index", (a, i, j)), App("index", (a, j, i)))
        return Bind("forall", i, (ONE, N), Bind("forall", j, (ONE, N), body))

    claims = (
        le(ONE, M), le(ONE, N), App("invertible", (A,)), App("posdef", (P,)), symmetric(P), symmetric(S),
        eq(mm(t(Q), Q), App("eye", (N,))), lt(Num(0), LAM),
    )
    return tuple(Fact(f"f{k}", c, DOMAIN) for k, c in enumerate(claims))


FACTS = facts()
SIZES = ((1, 1), (2, 1), (1, 2), (2, 3), (3, 2), (1, 3))


def holds_everywhere(left: Term, right: Term, rng: random.Random) -> None:
    for m, n in SIZES:
        for _ in range(2):
            env = point(rng, m, n)
            try:
                a, b = value(left, env), value(right, env)
            except Undefined:
                continue
            assert a == b, (left, right, env)


@pytest.mark.parametrize("seed", range(120))
def test_what_is_read_has_the_value_of_the_term(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice((M, N))
    term = number(rng, 3) if seed % 3 == 0 else square(rng, 4, size)
    proof = Proof(Context((), (), FACTS + conditions(term)), (), frozenset())
    try:
        element = proof.words.value(term) if seed % 3 == 0 else proof.words.read(term)
        if seed % 2:
            proof._complete([element] if isinstance(element, Element) else [])
    except (Decline, RecursionError):
        return
    for m, n in SIZES:
        env = point(rng, m, n)
        reader = Reader(proof.words, env)
        try:
            expected = value(term, env)
        except Undefined:
            continue
        found = reader.element(element) if isinstance(element, Element) else reader.coefficient(element)
        assert found == expected, term
        for rule in proof.words.relations:
            ends = proof.words.shape(rule.lead[0])[0], proof.words.shape(rule.lead[-1])[1]
            assert reader.word(rule.lead, None) == reader.parts(ends, rule.parts), (term, rule)


def mutated(term: Term, rng: random.Random) -> Term:
    """The term with one change that is often, but not always, harmless."""
    if not isinstance(term, App) or not term.args:
        return term
    if rng.random() < 0.6:
        at = rng.randrange(len(term.args))
        new = mutated(term.args[at], rng)
        return App(term.op, (*term.args[:at], new, *term.args[at + 1 :]))
    match term.op, term.args:
        case ("matmul" | "+" | "dot"), (a, b):
            try:
                swapped = App(term.op, (b, a))
                from derive.core.shape import shape_of

                return swapped if shape_of(swapped) == shape_of(term) else term
            except ValueError:
                return term
        case "inv", (App("matmul", (a, b)),):
            return mm(App("inv", (b,)), App("inv", (a,))) if rng.random() < 0.5 else term
        case ("transpose" | "inv"), (a,):
            return a
        case "-", (a, b):
            return App("+", (a, b))
        case "det", (App("*", (c, a)),):
            return App("*", (c, App("det", (a,))))
        case "det", (App("+", (a, b)),):
            return App("+", (App("det", (a,)), App("det", (b,))))
    return term


@pytest.mark.parametrize("seed", range(200))
def test_an_accepted_equation_holds(seed: int) -> None:
    from derive.core.shape import shape_of

    rng = random.Random(1000 + seed)
    left = number(rng, 2) if seed % 3 == 0 else square(rng, 3, rng.choice((M, N)))
    right = mutated(left, rng)
    if left == right or shape_of(left) != shape_of(right):
        return
    owed = conditions(eq(left, right))
    obligation = Obligation("", eq(left, right), Context((), (), FACTS + owed))
    if isinstance(accept(obligation, Noncommutative(tuple(f.name for f in FACTS))), Accepted):
        holds_everywhere(left, right, rng)


TRUE_AT_ONE_SIZE = (
    eq(mm(A, B), mm(B, A)),
    eq(App("tr", (mm(A, B),)), App("*", (App("tr", (A,)), App("tr", (B,))))),
    eq(App("det", (App("+", (A, B)),)), App("+", (App("det", (A,)), App("det", (B,))))),
    eq(App("outer", (U, V)), App("outer", (V, U))),
    eq(App("det", (App("*", (Num(2), A)),)), App("*", (Num(2), App("det", (A,))))),
    eq(App("transpose", (B,)), B),
    eq(App("det", (mm(X, Y),)), App("det", (mm(Y, X),))),
    ne(App("det", (B,)), Num(0)),
    App("invertible", (mm(t(X), X),)),
    App("posdef", (App("+", (mm(t(X), X), LAM)),)),
    App("posdef", (S,)),
    App("psd", (mm(t(B), S, B),)),
    App("invertible", (App("*", (C, A)),)),
    App("invertible", (App("+", (A, P)),)),
)


@pytest.mark.parametrize("claim", TRUE_AT_ONE_SIZE, ids=repr)
def test_what_holds_at_some_points_only_is_not_accepted(claim: Term) -> None:
    obligation = Obligation("", claim, Context((), (), FACTS))
    answer = accept(obligation, Noncommutative(tuple(f.name for f in FACTS)))
    assert not isinstance(answer, Accepted)
