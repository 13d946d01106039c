"""Random claims that look like laws, most of them false or in need of a condition, and facts that nearly suffice."""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import COMPLEX, INTEGER, REAL
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    eq,
    implies,
    le,
    lt,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from tests.fuzz_terms import A, B, D, Draw, K, M, N, R, S, U, V, X, Y, Z

I, J, L, T = Sym("i", INTEGER), Sym("j", INTEGER), Sym("l", INTEGER), Sym("t", REAL)


def f(op: str, *args: Term) -> Term:
    """An operator applied."""
    return App(op, args)


class Claims(Draw):
    """Claims and facts from a small vocabulary, so that facts meet claims."""

    # ------------------------------------------------------------ the vocabulary

    def atom(self) -> Term:
        """A small term: a symbol, an entry, a bound entry."""
        items: list[Term] = [X, X, Y, Y, B, A, f("index", U, ONE), f("index", V, ONE), f("index", U, K), f("index", V, D)]
        for i in self.bound:
            items += [f("index", U, i)] * 3 + [f("index", V, i)] * 3 + [i]
        if len(self.bound) > 1:
            i, j = self.bound[-2:]
            items += [f("index", S, i, j), f("index", S, j, i), f("index", R, i, j)]
        return self.rng.choice(items)

    def mini(self, size: int = 2) -> Term:
        """A polynomial of a few atoms, sometimes with a root, a quotient or a modulus."""
        total: Term | None = None
        for _ in range(self.rng.randint(1, size)):
            part = self.atom()
            roll = self.rng.random()
            if roll < 0.30:
                part = mul(part, self.atom())
            elif roll < 0.38:
                part = power(part, Num(self.pick(2, 2, 3)))
            elif roll < 0.44:
                part = div(part, self.atom())
            elif roll < 0.48:
                part = f(self.pick("abs", "exp", "sqrt", "log"), part)
            elif roll < 0.54:
                part = Num(self.pick(0, 1, 2, -1, Fraction(1, 2)))
            elif roll < 0.58:
                part = f("ite", self.small(), part, self.atom())
            total = part if total is None else f(self.pick("+", "-"), total, part)
        assert total is not None
        return total

    def small(self) -> Term:
        """A comparison of small terms."""
        op = self.pick("<", "<=", "=", "!=")
        if self.rng.random() < 0.35:
            return f(op, self.integer(1), self.integer(1))
        return f(op, self.atom(), self.pick(ZERO, ONE, self.atom()))

    def short(self) -> tuple[Term, Term]:
        """A range."""
        return self.pick(
            (ONE, N), (ONE, D), (Num(2), D), (Num(2), N), (K, N), (ONE, K), (ONE, sub(D, ONE)), (Num(0), N),
            (K, M), (ONE, M), (K, D), self.range(), self.range(),
        )

    def hypothesis(self) -> Term:
        """A fact that nearly suffices."""
        roll = self.rng.random()
        op = self.pick("<", "<=", "=", "!=", "<=", "=")
        if roll < 0.25:
            return f(op, self.mini(1), self.pick(ZERO, ONE, self.atom()))
        if roll < 0.40:
            return f(op, mul(self.atom(), self.atom()), self.pick(ZERO, self.atom(), self.atom()))
        if roll < 0.55:
            return f(op, self.integer(1), self.integer(1))
        if roll < 0.62:
            return self.fact()
        low, high = self.short()
        self.bound.append(I)
        body: Term = f(op, self.mini(1), self.pick(ZERO, ONE, self.atom()))
        if self.rng.random() < 0.25:
            body = conj(body, le(ZERO, self.atom()))
        if self.rng.random() < 0.15:
            low_2, high_2 = self.pick((ONE, I), (I, D), self.short())
            self.bound.append(J)
            body = Bind("forall", J, (low_2, high_2), f(op, self.mini(1), self.atom()))
            self.bound.pop()
        self.bound.pop()
        return Bind("forall", I, (low, high), body)

    # ------------------------------------------------------------ the claims

    def claim(self) -> Term:
        """One of the shapes below, sometimes under a premise or a quantifier."""
        shapes = (
            self.plain, self.plain, self.unsigned, self.unsigned, self.equivalent, self.equivalent,
            self.split, self.swapped, self.extremum, self.powers, self.summed, self.contracted, self.products,
            self.roots, self.over_complex, self.nested, self.slopes, self.compared, self.cases, self.compared,
            self.solved, self.binomials, self.periodic, self.waves,
        )
        roll = self.rng.random()
        if roll < 0.10:
            low, high = self.short()
            self.bound.append(L)
            body = self.rng.choice(shapes)()
            self.bound.pop()
            return Bind("forall", L, (low, high), body)
        if roll < 0.3:
            premise = self.pick(self.small(), self.small(), self.hypothesis(), conj(self.small(), self.small()))
            return implies(premise, self.rng.choice(shapes)())
        return self.rng.choice(shapes)()

    def plain(self) -> Term:
        return f(self.pick("=", "<", "<=", "!=", "="), self.mini(), self.mini(1))

    def compared(self) -> Term:
        """An order claim with a monotone or a convex look."""
        p, q, rel = self.mini(1), self.mini(1), self.pick("<", "<=")
        low, high = self.short()
        self.bound.append(I)
        inner, other = self.mini(1), self.mini(1)
        self.bound.pop()

        def total(op: str, body: Term) -> Term:
            return Bind(op, I, (low, high), body)

        return self.pick(
            f(rel, f("log", p), f("log", q)), f(rel, f("exp", p), f("exp", q)), f(rel, f("sqrt", p), f("sqrt", q)),
            f(rel, power(p, Num(2)), power(q, Num(2))), f(rel, mul(p, X), mul(q, X)), f(rel, div(ONE, p), div(ONE, q)),
            f(rel, total("sum", inner), total("sum", other)), f(rel, total("max", inner), total("max", other)),
            f(rel, total("prod", inner), total("prod", other)), f(rel, total("sum", inner), p), f(rel, ZERO, total("sum", inner)),
            f(rel, f("abs", f("+", p, q)), f("+", f("abs", p), f("abs", q))), f(rel, f("abs", sub(p, q)), sub(f("abs", p), f("abs", q))),
            f(rel, mul(p, q), div(add(power(p, Num(2)), power(q, Num(2))), Num(2))), f(rel, sub(p, ONE), f("log", p)),
            f(rel, add(ONE, p), f("exp", p)), f(rel, f("max", p, q), add(p, q)),
            f(rel, total("min", inner), total("max", inner)), f(rel, p, total("max", inner)), f(rel, f("tanh", p), p),
            f(rel, div(p, q), ONE), f(rel, total("sum", f("abs", inner)), f("abs", total("sum", inner))),
        )

    def unsigned(self) -> Term:
        """A modulus, a root or a logarithm taken off, in the company of a term that brings facts in."""
        p, q = self.mini(1), self.mini(1)
        plain = self.pick(p, neg(p), p)
        wrapped, bare = self.pick(
            (f("abs", p), plain), (f("sqrt", power(p, Num(2))), plain), (f("abs", mul(p, q)), mul(p, q)),
            (f("sqrt", mul(p, q)), mul(f("sqrt", p), f("sqrt", q))), (f("log", mul(p, q)), add(f("log", p), f("log", q))),
            (f("log", power(p, Num(2))), mul(Num(2), f("log", p))), (f("max", p, q), self.pick(p, q)), (div(p, p), ONE),
            (f("sign", p), self.pick(ONE, Num(-1))), (f("ite", self.small(), p, q), self.pick(p, q)),
            (f("relu", p), p), (power(f("sqrt", p), Num(2)), p), (f("exp", f("log", p)), p),
        )
        roll = self.rng.random()
        if roll < 0.35:
            return eq(wrapped, bare)
        low, high = self.short()
        self.bound.append(I)
        inner = self.mini(1)
        self.bound.pop()
        op = self.pick("sum", "prod", "sum", "max")
        company = Bind(op, I, (low, high), self.pick(f("abs", inner), inner, f("exp", inner)))
        same = Bind(op, I, (low, high), inner) if self.rng.random() < 0.5 else company
        way = self.pick("+", "*", "+")
        if self.rng.random() < 0.5:
            return eq(f(way, company, wrapped), f(way, same, bare))
        return eq(f(way, wrapped, company), f(way, bare, same))

    def equivalent(self) -> Term:
        """Equations and comparisons multiplied by something."""
        p, q, r = self.mini(), self.mini(1), self.mini(1)
        rel = self.pick("=", "=", "<", "<=", "!=")
        left = f(rel, p, q)
        right = self.pick(
            f(rel, mul(p, r), mul(q, r)), f(rel, div(p, r), div(q, r)), f(rel, sub(p, q), ZERO),
            f(rel, mul(r, sub(p, q)), ZERO), f("or", eq(r, ZERO), eq(p, q)), f(rel, neg(q), neg(p)),
            f(rel, power(p, Num(2)), power(q, Num(2))), f(rel, f("exp", p), f("exp", q)), f(rel, f("log", p), f("log", q)),
            f(rel, div(sub(p, q), power(r, Num(2))), ZERO), f(rel, f("sqrt", p), f("sqrt", q)), eq(ONE, ZERO),
            f(rel, div(ONE, p), div(ONE, q)), f(rel, add(p, div(r, r)), add(q, ONE)),
        )
        return f("<=>", left, right) if self.rng.random() < 0.5 else f("<=>", right, left)

    def solved(self) -> Term:
        """Equations in one variable beside a set of solutions, with roots, moduli, quotients, logarithms."""
        r, s, q = (Num(self.pick(0, 1, -1, 2, -2, 3, Fraction(1, 2))) for _ in range(3))
        factors = [sub(X, r), sub(X, s), add(X, q), power(X, Num(2)), f("abs", X), f("sqrt", add(X, q)), add(power(X, Num(2)), ONE), f("log", X)]
        one, two, three = (self.rng.choice(factors) for _ in range(3))
        left = self.pick(
            eq(mul(one, two), ZERO), eq(mul(one, two, three), ZERO), eq(div(mul(one, two), three), ZERO), eq(mul(one, two), mul(one, three)),
            eq(one, two), eq(power(one, Num(2)), power(two, Num(2))), eq(f("sqrt", add(X, r)), add(X, s)), eq(f("abs", one), two), eq(div(one, two), ONE),
            eq(f("exp", one), Num(self.pick(1, 2, 0, -1))), eq(f("log", one), f("log", two)), eq(power(X, K), ONE), eq(one, div(X, X)),
            eq(mul(Y, one), ZERO), eq(f("max", X, r), s), eq(f("sign", X), r),
        )
        right = self.pick(
            eq(X, r), f("or", eq(X, r), eq(X, s)), f("or", eq(X, r), eq(X, neg(q))), eq(one, ZERO), f("or", eq(one, ZERO), eq(two, ZERO)), eq(ONE, ZERO),
            f("or", eq(X, ZERO), eq(X, r), eq(X, s)), eq(X, f("log", r)), eq(one, two), f("or", eq(one, two), eq(one, neg(two))), eq(X, X),
        )
        return f(self.pick("<=>", "<=>", "<=>", "=>"), *self.pick((left, right), (right, left)))

    def binomials(self) -> Term:
        """Sums and laws of binomial coefficients and factorials."""
        n, r = self.pick(N, K, D, M, sub(N, ONE)), self.pick(X, B, Num(2), Num(-1), ONE, Y)
        low = self.pick(ZERO, ZERO, ZERO, ONE, K)
        chosen = f("binomial", n, I)
        return self.pick(
            eq(Bind("sum", I, (low, n), mul(chosen, power(r, I))), power(add(ONE, r), n)), eq(Bind("sum", I, (low, n), chosen), power(Num(2), n)),
            eq(Bind("sum", I, (low, n), mul(chosen, power(r, I), power(Y, sub(n, I)))), power(add(r, Y), n)),
            eq(f("factorial", add(n, ONE)), mul(add(n, ONE), f("factorial", n))), eq(f("binomial", n, ZERO), ONE), eq(f("binomial", n, n), ONE),
            eq(f("binomial", n, M), f("binomial", n, sub(n, M))), lt(ZERO, f("binomial", n, M)), eq(f("factorial", n), mul(n, f("factorial", sub(n, ONE)))),
            eq(Bind("prod", I, (ONE, n), I), f("factorial", n)), eq(div(f("factorial", n), f("factorial", sub(n, ONE))), n),
        )

    def periodic(self) -> Term:
        """What is injective on the reals only, and what is even or odd."""
        p = self.pick(Z, mul(f("im"), X), add(X, mul(Y, f("im"))), X, mul(f("im"), f("pi")), mul(K, f("im"), f("pi")))
        q = self.pick(Z, X, ZERO, f("log", A), mul(f("im"), Y), ONE, A)
        return self.pick(
            f("<=>", eq(f("exp", p), f("exp", q)), eq(p, q)), f("<=>", eq(f("exp", p), q), eq(p, f("log", q))), f("<=>", eq(f("log", p), q), eq(p, f("exp", q))),
            f("<=>", eq(f("sqrt", p), q), eq(p, power(q, Num(2)))), f("<=>", eq(f("sin", p), f("sin", q)), eq(p, q)), f("<=>", eq(f("exp", p), ONE), eq(p, ZERO)),
            f("<=>", eq(power(p, Num(2)), power(q, Num(2))), f("or", eq(p, q), eq(p, neg(q)))), f("<=>", eq(f("abs", p), ZERO), eq(p, ZERO)),
            f("<=>", eq(f("abs", p), f("abs", q)), eq(p, q)), f("<=>", eq(f("conj", p), p), eq(f("im_part", p), ZERO)), f("!=", f("exp", p), q),
            f("<=>", eq(power(p, Num(3)), power(q, Num(3))), eq(p, q)), f("<=>", eq(power(p, K), power(q, K)), eq(p, q)), eq(f("exp", mul(Num(2), f("pi"), f("im"), p)), ONE),
        )

    def waves(self) -> Term:
        """Signs and identities of sines and cosines."""
        p, q = self.pick(X, mul(Num(2), X), add(X, Y), div(X, Num(2)), X), self.pick(X, Y, X)
        s, c = f("sin", p), f("cos", q)
        return self.pick(
            le(mul(s, s), ONE), lt(mul(s, s), ONE), le(s, ONE), lt(c, Num(2)), le(mul(s, c), Num(Fraction(1, 2))), le(ZERO, mul(s, c)), le(ZERO, add(ONE, s)),
            lt(ZERO, add(ONE, c)), eq(f("sqrt", mul(s, s)), s), eq(f("abs", s), s), eq(f("sqrt", sub(ONE, mul(s, s))), f("cos", p)), le(f("abs", s), f("abs", p)),
            eq(add(mul(s, s), mul(c, c)), ONE), f("!=", s, c), f("!=", f("cosh", p), ZERO), lt(ONE, f("cosh", p)), le(f("sin", p), p), eq(f("tan", p), div(s, c)),
            lt(f("tanh", p), ONE), le(ZERO, f("sin", power(X, Num(2)))), eq(f("asinh", f("sinh", p)), p), eq(f("acosh", f("cosh", p)), p), eq(f("atan", f("tan", p)), p),
            le(ZERO, sub(ONE, f("cos", p))), lt(ZERO, sub(ONE, f("cos", p))), f("<=>", eq(s, ZERO), eq(p, ZERO)), f("<=>", eq(mul(Num(2), s, c), ZERO), eq(s, ZERO)),
        )

    def split(self) -> Term:
        """Ranges cut, joined, shifted."""
        a, b, c = (self.pick(ONE, N, D, K, M, Num(0), Num(2), self.integer(1)) for _ in range(3))
        self.bound.append(I)
        body = self.mini(1)
        self.bound.pop()

        def over(low: Term, high: Term) -> Term:
            return Bind("sum", I, (low, high), body)

        return self.pick(
            eq(add(over(a, b), over(add(b, ONE), c)), over(a, c)), eq(sub(over(a, c), over(a, b)), over(add(b, ONE), c)),
            eq(over(a, c), add(over(a, sub(c, ONE)), substitute(body, {I: c}))), eq(over(a, c), over(c, a)),
            eq(over(a, c), add(substitute(body, {I: a}), over(add(a, ONE), c))),
            eq(Bind("sum", I, (a, c), sub(substitute(body, {I: add(I, ONE)}), body)), sub(substitute(body, {I: add(c, ONE)}), substitute(body, {I: a}))),
            eq(Bind("sum", I, (a, c), substitute(body, {I: add(I, ONE)})), over(add(a, ONE), add(c, ONE))),
        )

    def swapped(self) -> Term:
        """Two sums in the other order."""
        low, high = self.short()
        was = list(self.bound)
        self.bound.append(I)
        low_2, high_2 = self.pick((ONE, I), (I, N), (I, D), (add(I, ONE), D), self.short(), (ONE, power(I, Num(2))))
        self.bound.append(J)
        body = mul(self.mini(1), self.mini(1))
        self.bound = was
        left = Bind("sum", I, (low, high), Bind("sum", J, (low_2, high_2), body))
        back = self.pick(
            (low, high, low_2, high_2), (ONE, high, J, high), (low, sub(J, ONE), ONE, high), (J, high, low, high), (ONE, J, ONE, high),
        )
        right = Bind("sum", J, back[2:], Bind("sum", I, back[:2], body))
        if self.rng.random() < 0.3:
            right = Bind("sum", I, (low, high), Bind("sum", J, (low_2, high_2), substitute(body, {I: J, J: I})))
        return eq(left, right)

    def extremum(self) -> Term:
        """Factors and terms pulled out of a maximum."""
        low, high = self.short()
        self.bound.append(I)
        body = self.mini(1)
        self.bound.pop()
        c = self.pick(X, B, A, neg(A), Num(-2), sub(Y, X), N, K, ZERO)
        op, other = self.pick(("max", "min"), ("min", "max"), ("max", "max"))

        def over(o: str, b: Term) -> Term:
            return Bind(o, I, (low, high), b)

        return self.pick(
            eq(over(op, mul(c, body)), mul(c, over(other if self.rng.random() < 0.5 else op, body))),
            eq(over(op, add(c, body)), add(c, over(op, body))), eq(over(op, c), c),
            eq(over(op, neg(body)), neg(over(other, body))), eq(over(op, f("abs", body)), f("abs", over(op, body))),
            eq(over(op, f("exp", body)), f("exp", over(op, body))), eq(over(op, div(body, c)), div(over(op, body), c)),
        )

    def powers(self) -> Term:
        """Laws of powers with whole and other exponents."""
        p, q = self.pick(X, B, Y, ZERO, Num(-1), self.mini(1)), self.pick(X, B, Num(2), Num(-1))
        m, k = self.integer(1), self.integer(1)
        s = self.pick(Num(Fraction(1, 2)), Num(2), Num(Fraction(1, 3)), X, m)
        return self.pick(
            eq(power(p, add(m, k)), mul(power(p, m), power(p, k))), eq(power(mul(p, q), m), mul(power(p, m), power(q, m))),
            eq(power(power(p, m), k), power(p, mul(m, k))), eq(power(p, sub(m, k)), div(power(p, m), power(p, k))),
            eq(power(p, m), ZERO), eq(power(p, ZERO), ONE), eq(power(p, neg(m)), div(ONE, power(p, m))),
            eq(power(power(p, Num(2)), s), power(p, mul(Num(2), s))), eq(power(power(p, s), Num(2)), power(power(p, Num(2)), s)),
            lt(ZERO, power(p, m)), eq(power(mul(p, q), s), mul(power(p, s), power(q, s))), eq(power(p, m), power(p, k)),
            eq(power(div(p, q), s), div(power(p, s), power(q, s))), eq(power(neg(ONE), mul(Num(2), m)), ONE),
        )

    def summed(self) -> Term:
        """Closed forms of sums."""
        low, high = self.pick((ONE, N), (Num(0), N), (ONE, K), (K, M), (ONE, sub(N, ONE)), (Num(2), N), self.short())
        r = self.pick(X, B, A, Num(2), Num(-1), add(ONE, A), Num(Fraction(1, 2)), ONE)
        count = add(sub(high, low), ONE)

        def over(body: Term) -> Term:
            return Bind("sum", I, (low, high), body)

        return self.pick(
            eq(over(ONE), count), eq(over(I), div(mul(add(low, high), count), Num(2))), eq(over(X), mul(count, X)),
            eq(over(power(I, Num(2))), div(mul(high, add(high, ONE), add(mul(Num(2), high), ONE)), Num(6))),
            eq(over(power(r, I)), div(sub(power(r, add(high, ONE)), power(r, low)), sub(r, ONE))),
            eq(over(power(r, I)), div(sub(ONE, power(r, add(high, ONE))), sub(ONE, r))), lt(ZERO, over(f("exp", X))),
            eq(Bind("prod", I, (low, high), r), power(r, count)), eq(over(div(X, Y)), div(mul(count, X), Y)),
            eq(over(mul(f("index", U, ONE), I)), mul(f("index", U, ONE), over(I))), eq(over(ZERO), ZERO),
        )

    def contracted(self) -> Term:
        """Deltas contracted, in range or not."""
        low, high = self.short()
        at = self.pick(K, M, N, D, ONE, self.integer(1), X, div(K, Num(2)))
        g = self.pick(f("index", U, I), f("index", V, I), I, power(I, Num(2)), mul(X, I), ONE, f("index", S, I, ONE))
        hit = self.pick(f("delta", I, at), f("ite", eq(I, at), ONE, ZERO), f("indicator", eq(mul(Num(2), I), at)), f("indicator", le(I, at)))
        there = substitute(g, {I: at})
        inside = f("ite", conj(le(low, at), le(at, high)), there, ZERO)
        return eq(Bind("sum", I, (low, high), mul(hit, g)), self.pick(there, inside, mul(f("indicator", le(low, at)), there)))

    def products(self) -> Term:
        """Laws of products over ranges."""
        low, high = self.short()
        self.bound.append(I)
        p, q = self.mini(1), self.mini(1)
        self.bound.pop()

        def over(body: Term) -> Term:
            return Bind("prod", I, (low, high), body)

        return self.pick(
            eq(over(mul(p, q)), mul(over(p), over(q))), eq(f("log", over(p)), Bind("sum", I, (low, high), f("log", p))),
            eq(over(f("exp", p)), f("exp", Bind("sum", I, (low, high), p))), eq(over(power(p, Num(2))), power(over(p), Num(2))),
            eq(over(div(p, q)), div(over(p), over(q))), eq(over(f("abs", p)), f("abs", over(p))), lt(ZERO, over(p)), le(ZERO, over(p)),
            eq(over(f("sqrt", p)), f("sqrt", over(p))), eq(over(ZERO), ZERO), eq(f("abs", over(p)), over(p)), eq(over(neg(p)), neg(over(p))),
        )

    def roots(self) -> Term:
        """Fractional powers."""
        p, q = self.mini(1), self.mini(1)
        s, t = (Num(self.pick(Fraction(1, 2), Fraction(1, 3), Fraction(3, 2), 2, -1, Fraction(-1, 2))) for _ in range(2))
        return self.pick(
            eq(power(power(p, s), t), power(p, Num(s.value * t.value))), eq(mul(power(p, s), power(q, s)), power(mul(p, q), s)),
            eq(div(f("sqrt", p), f("sqrt", q)), f("sqrt", div(p, q))), eq(mul(power(p, s), power(p, t)), power(p, Num(s.value + t.value))),
            eq(f("sqrt", mul(power(p, Num(2)), q)), mul(p, f("sqrt", q))), eq(f("log", power(p, s)), mul(s, f("log", p))),
            eq(f("exp", mul(s, f("log", p))), power(p, s)), eq(div(p, f("sqrt", p)), f("sqrt", p)), eq(f("sqrt", f("exp", p)), f("exp", div(p, Num(2)))),
        )

    def over_complex(self) -> Term:
        """Laws that fail off the real line."""
        p = self.pick(Z, f("conj", Z), add(X, mul(ZERO, Z)), mul(Z, Z), add(X, mul(Y, f("im"))), f("exp", Z), f("im"))
        q = self.pick(Z, X, f("conj", Z), f("im"), A)
        s = Num(self.pick(Fraction(1, 2), 2, Fraction(1, 3), -1))
        op = self.pick("sqrt", "log", "abs", "exp", "asinh", "acosh", "atanh", "sin", "tanh", "re", "im_part", "conj")
        return self.pick(
            eq(f("conj", f(op, p)), f(op, f("conj", p))), eq(f("conj", f(op, p)), f(op, p)), eq(power(f("abs", p), Num(2)), power(p, Num(2))),
            eq(power(f("abs", p), Num(2)), mul(p, f("conj", p))), eq(f("log", mul(p, q)), add(f("log", p), f("log", q))),
            eq(power(power(p, Num(2)), s), power(p, mul(Num(2), s))), eq(f("log", f("exp", p)), p), eq(f("exp", f("log", p)), p),
            eq(f("sqrt", power(p, Num(2))), p), eq(power(mul(p, q), s), mul(power(p, s), power(q, s))), eq(f("abs", mul(p, q)), mul(f("abs", p), f("abs", q))),
            eq(power(f("exp", p), q), f("exp", mul(p, q))), eq(power(power(p, q), Num(2)), power(p, mul(Num(2), q))), eq(power(power(neg(ONE), p), Num(2)), ONE),
            eq(f("re", mul(p, q)), mul(f("re", p), f("re", q))), eq(f("abs", f(op, p)), f(op, p)), eq(f("re", f(op, p)), f(op, p)),
            eq(f("acosh", p), f("log", add(p, f("sqrt", sub(power(p, Num(2)), ONE))))), eq(f("sqrt", p), power(p, Num(Fraction(1, 2)))),
            eq(f("abs", power(p, s)), power(f("abs", p), s)), eq(f("sqrt", mul(p, q)), mul(f("sqrt", p), f("sqrt", q))),
        )

    def nested(self) -> Term:
        """Binders inside binders, the bound names mixed up."""
        low, high = self.short()
        ops = [self.pick("sum", "max", "sum", "prod", "min") for _ in range(3)]
        self.bound += [I, J, L]
        body = mul(self.mini(1), self.mini(1))
        self.bound = self.bound[:-3]
        ranges = [(low, high), (ONE, D), (ONE, D)]
        names = [I, J, L]
        mixed = self.rng.choice(({I: J, J: I}, {I: L}, {J: L}, {I: J}, {L: I, I: L}, {}))

        def wrap(inner: Term, order: tuple[int, int, int]) -> Term:
            for k in reversed(order):
                inner = Bind(ops[k], names[k], ranges[k], inner)
            return inner

        order = self.pick((0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 1, 0))
        right = wrap(substitute(body, mixed), order)
        if self.rng.random() < 0.2:
            right = mul(N, wrap(substitute(body, mixed), order))
        return eq(wrap(body, (0, 1, 2)), right)

    def slopes(self) -> Term:
        """Derivatives with a plausible value."""
        g = substitute(self.mini(), {X: T})
        h = substitute(self.mini(1), {X: T})

        def d(body: Term, at: Term = X) -> Term:
            return f("deriv", Bind("lam", T, (), body), at)

        def here(body: Term) -> Term:
            return substitute(body, {T: X})

        return self.pick(
            eq(d(mul(g, h)), add(mul(d(g), here(h)), mul(here(g), d(h)))), eq(d(f("abs", g)), mul(f("sign", here(g)), d(g))),
            eq(d(power(g, K)), mul(K, power(here(g), sub(K, ONE)), d(g))), eq(d(f("sqrt", g)), div(d(g), mul(Num(2), f("sqrt", here(g))))),
            eq(d(f("log", g)), div(d(g), here(g))), eq(d(f("max", g, h)), f("ite", lt(here(h), here(g)), d(g), d(h))), eq(d(g), ZERO),
            eq(d(f("relu", g)), f("indicator", le(ZERO, here(g)))), eq(d(f("floor", g)), ZERO), eq(d(div(g, h)), div(d(g), d(h))),
            eq(d(Bind("sum", I, self.short(), mul(f("index", V, I), g))), mul(Bind("sum", I, self.short(), f("index", V, I)), d(g))),
            eq(d(f("ite", le(T, ZERO), g, h)), d(g)), lt(ZERO, d(g)), eq(d(f("abs", g)), d(g)), eq(d(power(T, X)), mul(X, power(X, sub(X, ONE)))),
        )

    def cases(self) -> Term:
        """Branches and indicators."""
        c, e, p, q = self.small(), self.small(), self.mini(1), self.mini(1)
        return self.pick(
            eq(f("ite", c, p, q), f("ite", f("not", c), q, p)), eq(f("ite", c, p, q), f("ite", e, p, q)), eq(f("ite", c, p, p), p),
            eq(mul(f("indicator", c), f("indicator", e)), f("indicator", conj(c, e))), eq(add(f("indicator", c), f("indicator", f("not", c))), ONE),
            eq(f("abs", p), f("ite", le(ZERO, p), p, neg(p))), eq(f("abs", p), f("ite", lt(ZERO, p), p, neg(p))), eq(power(f("indicator", c), Num(2)), f("indicator", c)),
            eq(f("ite", c, p, q), f("+", p, f("*", f("indicator", e), sub(q, p)))), eq(f("indicator", le(p, q)), sub(ONE, f("indicator", lt(q, p)))),
            eq(f("indicator", le(p, q)), f("indicator", lt(p, q))), eq(f("max", p, q), f("ite", c, p, q)), eq(f("ite", c, div(p, q), p), div(f("ite", c, p, mul(p, q)), q)),
            eq(f("sign", p), sub(mul(Num(2), f("indicator", le(ZERO, p))), ONE)), f("=>", c, eq(f("ite", c, p, q), p)), f("=>", c, e),
        )


assert COMPLEX is Z.sort
