"""Random terms, facts and points for the fuzz tests, all from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mpmath import mp, mpc

from derive.core.claim import DOMAIN, Fact
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import ONE, ZERO, App, Bind, Num, Sym, Term, conj, free_symbols, substitute
from tests.fuzz_values import Env, wide

X, Y, A, B = Sym("x", REAL), Sym("y", REAL), Sym("a", REAL), Sym("b", REAL)
N, D, K, M = Sym("n", INTEGER), Sym("d", INTEGER), Sym("k", INTEGER), Sym("m", INTEGER)
Z = Sym("z", COMPLEX)
U, V = Sym("u", Array((N,), REAL)), Sym("v", Array((D,), REAL))
S, R = Sym("S", Array((D, D), REAL)), Sym("R", Array((D, N), REAL))
SYMBOLS = (X, Y, A, B, N, D, K, M, Z, U, V, S, R)
DOMAINS = (
    Fact("a > 0", App("<", (ZERO, A)), DOMAIN),
    Fact("b >= 0", App("<=", (ZERO, B)), DOMAIN),
    Fact("n >= 0", App("<=", (ZERO, N)), DOMAIN),
    Fact("d >= 1", App("<=", (ONE, D)), DOMAIN),
)
NASTY = tuple(Fraction(*p) for p in ((0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2), (3, 1), (-3, 2)))
ANY = tuple(Fraction(p, q) for p in range(-9, 10) for q in (1, 2, 4, 7))


@dataclass
class Draw:
    """A seeded source of terms, facts and points."""

    rng: random.Random
    complex: bool = False
    bound: list[Sym] = field(default_factory=list)

    def pick(self, *items: Any) -> Any:
        return self.rng.choice(items)

    # ------------------------------------------------------------ integers

    def integer(self, depth: int) -> Term:
        leaves: list[Term] = [N, D, K, M, Num(self.rng.randint(-1, 3)), *self.bound, *self.bound]
        if depth <= 0 or self.rng.random() < 0.55:
            return self.rng.choice(leaves)
        op = self.pick("+", "-", "*", "+", "-")
        left, right = self.integer(depth - 1), self.integer(depth - 1)
        if op == "*" and not isinstance(left, Num) and self.rng.random() < 0.6:
            left = Num(self.rng.randint(-1, 3))
        return App(op, (left, right))

    def range(self) -> tuple[Term, Term]:
        low = self.pick(ONE, ONE, ONE, Num(0), Num(2), K, App("+", (K, ONE)), *self.bound)
        high = self.pick(N, N, D, D, App("-", (N, ONE)), App("+", (D, ONE)), K, M, Num(2), *self.bound)
        if self.rng.random() < 0.08:
            low, high = high, low
        return low, high

    def place(self, length: Sym) -> Term:
        free = list(self.bound)
        return self.pick(*free, *free, *free, ONE, length, K, self.integer(1))

    # ------------------------------------------------------------ propositions

    def proposition(self, depth: int) -> Term:
        roll = self.rng.random()
        if roll < 0.15 and depth > 0:
            parts = (self.proposition(depth - 1), self.proposition(depth - 1))
            return self.pick(App("and", parts), App("or", parts), App("not", parts[:1]))
        op = self.pick("<", "<=", "=", "!=")
        if roll < 0.55:
            return App(op, (self.integer(1), self.integer(1)))
        was, self.complex = self.complex, False
        sides = (self.real(depth - 1), self.real(depth - 1))
        self.complex = was
        return App(op, sides)

    # ------------------------------------------------------------ reals

    def leaf(self) -> Term:
        choices: list[Term] = [
            X, X, Y, Y, A, B, self.integer(0), Num(self.rng.choice(NASTY)),
            App("index", (U, self.place(N))), App("index", (V, self.place(D))),
            App("index", (S, self.place(D), self.place(D))),
            App("index", (R, self.place(D), self.place(N))),
        ]
        if self.rng.random() < 0.05:
            return App("pi", ())
        if self.complex:
            choices += [Z, Z, Z, App("im", ())]
        return self.rng.choice(choices)

    def real(self, depth: int) -> Term:
        if depth <= 0 or self.rng.random() < 0.12:
            return self.leaf()
        roll = self.rng.random()
        if roll < 0.40:
            op = self.pick("+", "-", "*", "*", "/", "+")
            return App(op, (self.real(depth - 1), self.real(depth - 1)))
        if roll < 0.52:
            return self.powered(depth)
        if roll < 0.72:
            names = ["exp", "log", "sqrt", "abs", "neg", "exp", "log", "sqrt", "abs", "tanh", "sin", "cos",
                     "sigmoid", "softplus", "relu", "sign", "atan", "asinh", "cosh", "sinh", "tan"]
            if self.complex:
                names += ["conj", "conj", "re", "im_part", "abs"]
            return App(self.rng.choice(names), (self.real(depth - 1),))
        if roll < 0.78:
            return App("ite", (self.proposition(depth - 1), self.real(depth - 1), self.real(depth - 1)))
        if roll < 0.81:
            return App("indicator", (self.proposition(depth - 1),))
        if roll < 0.84:
            return App("delta", (self.integer(1), self.integer(1)))
        if roll < 0.87 and not self.complex:
            return App(self.pick("max", "min"), (self.real(depth - 1), self.real(depth - 1)))
        if roll < 0.89:
            return self.derivative(depth)
        if roll < 0.90:
            return App("factorial", (self.integer(1),))
        return self.binder(depth)

    def powered(self, depth: int) -> Term:
        base = self.real(depth - 1)
        kind = self.rng.random()
        if kind < 0.45:
            return App("^", (base, Num(self.pick(2, 2, 3, -1, -2, 0, 4))))
        if kind < 0.65:
            return App("^", (base, Num(self.pick(Fraction(1, 2), Fraction(3, 2), Fraction(-1, 2), Fraction(1, 3)))))
        if kind < 0.92:
            return App("^", (self.pick(base, base, Num(-1), ZERO, Num(2), X, B), self.integer(1)))
        return App("^", (base, self.real(0)))

    def binder(self, depth: int) -> Term:
        ops = ["sum"] * 6 + ["prod"] * 2 + ([] if self.complex else ["max", "min"])
        taken = {b.name for b in self.bound}
        names = [n for n in ("i", "j", "l", "i~1", "j~1") if n not in taken]
        low, high = self.range()
        var = Sym(names[0] if self.rng.random() < 0.7 else self.rng.choice(names), INTEGER)
        self.bound.append(var)
        body = self.real(depth - 1)
        if var not in free_symbols(body) and self.rng.random() < 0.8:
            body = App("*", (body, App("index", (self.pick(U, V), var))))
        self.bound.pop()
        return Bind(self.rng.choice(ops), var, (low, high), body)

    def derivative(self, depth: int) -> Term:
        if self.complex:
            return self.leaf()
        if self.rng.random() < 0.7:
            var = Sym("t", REAL)
            body = _put(self.real(depth - 1), self.rng, var)
            return App("deriv", (Bind("lam", var, (), body), self.pick(X, Y, A)))
        array = self.pick(U, V)
        var = Sym("w", array.sort)
        body = substitute(self.real(depth - 1), {array: var})
        length = N if array is U else D
        return App("partial", (Bind("lam", var, (), body), array, self.place(length)))

    # ------------------------------------------------------------ facts and points

    def fact(self) -> Term:
        roll = self.rng.random()
        rel = self.pick("<", "<=", "=", "!=", "<=")
        small = [X, Y, A, B, ZERO, ONE]
        if roll < 0.30:
            return App(rel, (self.rng.choice(small), self.rng.choice(small)))
        if roll < 0.45:
            return App(rel, (self.integer(1), self.integer(1)))
        if roll < 0.65:
            return App(rel, (self.real(1), self.real(1)))
        var = Sym("i", INTEGER)
        low, high = self.pick((ONE, N), (ONE, D), (Num(2), D), (Num(2), N), (K, N))
        self.bound.append(var)
        left = App("index", (self.pick(U, V), var))
        right = self.pick(ZERO, ONE, X, B, Y, App("index", (self.pick(U, V), var)), self.real(1))
        self.bound.pop()
        sides = (left, right) if self.rng.random() < 0.5 else (right, left)
        body: Term = App(rel, sides)
        if self.rng.random() < 0.2:
            body = conj(body, App("<=", (ZERO, left)))
        if self.rng.random() < 0.15:
            other = Sym("j", INTEGER)
            at = App("index", (S, var, other)), App("index", (S, other, var))
            return Bind("forall", var, (ONE, D), Bind("forall", other, (ONE, D), App("=", at)))
        return Bind("forall", var, (low, high), body)

    def number(self) -> Fraction:
        return self.rng.choice(NASTY) if self.rng.random() < 0.7 else self.rng.choice(ANY)

    def point(self) -> Env:
        n, d = self.rng.choice((0, 1, 2, 3)), self.rng.choice((1, 2, 3))
        env: Env = {
            "x": self.number(), "y": self.number(), "a": abs(self.number()) or Fraction(1),
            "b": abs(self.number()), "n": Fraction(n), "d": Fraction(d),
            "k": Fraction(self.rng.randint(-2, 4)), "m": Fraction(self.rng.randint(-2, 4)),
            "z": self.rng.choice((mpc(wide(self.number()), wide(self.number())), mpc(0, 2 * mp.pi), mpc(wide(self.number()), -mp.pi))),
            "u": [self.number() for _ in range(n)], "v": [self.number() for _ in range(d)],
            "S": [[self.number() for _ in range(d)] for _ in range(d)],
            "R": [[self.number() for _ in range(n)] for _ in range(d)],
        }
        if self.rng.random() < 0.5:
            rows = env["S"]
            env["S"] = [[rows[min(i, j)][max(i, j)] for j in range(d)] for i in range(d)]
        if self.rng.random() < 0.3:
            env["u"] = [abs(e) for e in env["u"]]
        if self.rng.random() < 0.3:
            env["v"] = [abs(e) for e in env["v"]]
        return env


def _put(term: Term, rng: random.Random, var: Sym) -> Term:
    """The term with some of its real symbols replaced by the variable of differentiation."""
    chosen = [s for s in (X, Y, A, B) if rng.random() < 0.5] or [X]
    return substitute(term, dict.fromkeys(chosen, var))
