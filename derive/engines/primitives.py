"""Antiderivatives: by a small table and the rules of the calculus course, else by computer algebra.

Promise: nothing here is believed. What is proposed is differentiated by the kernel; the proposals come in a fixed
order and their number is bounded. Source of the table: Abramowitz and Stegun, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.core.claim import CASE, Context, Fact
from derive.core.sort import REAL
from derive.core.term import (
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
    free_symbols,
    mul,
    neg,
    power,
    sub,
    substitute,
    subterms,
)
from derive.core.verdict import Attempt
from derive.engines.cas import propose_antiderivative
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.continuity import surface
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.goal import Goal, normaliser
from derive.kernel.poly import Decline, Poly, minus
from derive.kernel.primitive import inside

_DEPTH = 5


def primitives(term: Bind, context: Context) -> Iterator[Term]:
    """Candidates for an antiderivative of an integrand, as functions of its variable."""
    x, (low, high) = term.var, term.over
    here = context.with_facts(Fact("", inside(low, high, x), CASE))
    search = Primitives(x, here)
    for way in (search.of, search.by_product):
        try:
            found = way(term.body, _DEPTH)
        except (Decline, RecursionError):
            found = None
        if found is not None:
            yield Bind("lam", x, (), found)
            return
    proposed = propose_antiderivative(term.body, x, here, 2.0)
    if not isinstance(proposed, Attempt):
        yield Bind("lam", x, (), proposed)


class Primitives:
    """The search for an antiderivative by one variable."""

    def __init__(self, x: Sym, context: Context) -> None:
        self.x = x
        self.run, _ = normaliser(Goal(App("true", ()), context), ALL_FEATURES, ())

    def normal(self, t: Term) -> Poly:
        return self.run.simplify(self.run.normal(t))

    def tidy(self, t: Term) -> Term:
        return surface(self.run.to_term(self.normal(t)))

    def is_free(self, t: Term) -> bool:
        return self.x not in free_symbols(t)

    def equal(self, a: Term, b: Term) -> bool:
        try:
            return self.run.is_zero(minus(self.run.normal(a), self.run.normal(b)))
        except Decline:
            return False

    # -------------------------------------------------------------- the rules

    def of(self, t: Term, depth: int) -> Term | None:
        """An antiderivative of a term, or None."""
        if self.is_free(t):
            return mul(t, self.x)
        if t == self.x:
            return div(power(self.x, TWO), TWO)
        if depth <= 0:
            return None
        match t:
            case App("neg", (a,)):
                inner = self.of(a, depth)
                return None if inner is None else neg(inner)
            case App("+" | "-" as op, (a, b)):
                one, two = self.of(a, depth), self.of(b, depth)
                if one is not None and two is not None:
                    return App(op, (one, two))
            case App("*", (a, b)) if self.is_free(a):
                inner = self.of(b, depth)
                return None if inner is None else mul(a, inner)
            case App("*", (a, b)) if self.is_free(b):
                inner = self.of(a, depth)
                return None if inner is None else mul(b, inner)
            case App("/", (a, b)) if self.is_free(b):
                inner = self.of(a, depth)
                return None if inner is None else div(inner, b)
            case App("/", (a, b)) if self.is_free(a) and a != ONE:
                inner = self.of(div(ONE, b), depth)
                return None if inner is None else mul(a, inner)
        for rule in (self.table, self.damped_wave, self.by_substitution, self.by_parts, self.expanded):
            found = rule(t, depth)
            if found is not None:
                return found
        return None

    def linear(self, u: Term) -> Term | None:
        """The slope of a term that is linear in the variable."""
        slope = derivative(u, self.x)
        if isinstance(slope, Refusal):
            return None
        found = self.tidy(slope)
        return found if self.is_free(found) and self.normal(found) else None

    def table(self, t: Term, depth: int) -> Term | None:
        """Functions of a linear argument."""
        match t:
            case App("/", (App() | Num() | Sym() as top, bottom)) if self.is_free(top):
                return self.reciprocal(top, bottom)
            case App("^", (App("sin" | "cos" as op, (u,)), Num(n))) if n == 2:
                slope = self.linear(u)
                wave = div(App("sin", (mul(TWO, u),)), Num(4))
                half = div(u, TWO)
                return None if slope is None else div(sub(half, wave) if op == "sin" else add(half, wave), slope)
            case App("^", (base, exponent)) if self.is_free(exponent):
                slope = self.linear(base)
                if slope is None:
                    return None
                if exponent == Num(-1):
                    return div(self.log(base), slope)
                up = add(exponent, ONE)
                return div(power(base, Num(exponent.value + 1) if isinstance(exponent, Num) else up), mul(up, slope))
            case App("^", (base, exponent)) if self.is_free(base):
                slope = self.linear(exponent)
                return None if slope is None else div(t, mul(slope, App("log", (base,))))
            case App(op, (u,)) if op in _TABLE:
                slope = self.linear(u)
                return None if slope is None else div(_TABLE[op](u), slope)
        return None

    def log(self, u: Term) -> Term:
        sign = self.run.sign(self.normal(u))
        if sign in ("+", "0+"):
            return App("log", (u,))
        return App("log", (neg(u) if sign in ("-", "0-") else App("abs", (u,)),))

    def reciprocal(self, top: Term, bottom: Term) -> Term | None:
        slope = self.linear(bottom)
        if slope is not None:
            return div(mul(top, self.log(bottom)), slope)
        match bottom:
            case App("sqrt", (u,)):
                slope = self.linear(u)
                if slope is not None:
                    return div(mul(mul(TWO, top), bottom), slope)
                return self.arcsine(top, u)
            case App("^", (u, Num(n))) if n != 1:
                slope = self.linear(u)
                if slope is not None:
                    return div(mul(top, power(u, Num(1 - n))), mul(Num(1 - n), slope))
        return self.inverse_quadratic(top, bottom)

    def arcsine(self, top: Term, u: Term) -> Term | None:
        """`1/sqrt(c - a*x^2)`, by the arcsine."""
        p = self.normal(u)
        c = substitute(u, {self.x: ZERO})
        a = self.tidy(div(sub(c, u), power(self.x, TWO)))
        if not p or not self.is_free(a) or self.run.sign(self.normal(a)) != "+":
            return None
        root = App("sqrt", (a,))
        return div(mul(top, App("asin", (div(mul(root, self.x), App("sqrt", (c,))),))), root)

    def inverse_quadratic(self, top: Term, bottom: Term) -> Term | None:
        """`1/(a*x^2 + b*x + c)` with a negative discriminant: an arctangent."""
        first = derivative(bottom, self.x)
        if isinstance(first, Refusal):
            return None
        second = derivative(first, self.x)
        if isinstance(second, Refusal) or not self.is_free(self.tidy(second)) or not self.normal(second):
            return None
        a = div(self.tidy(second), TWO)
        at = {self.x: ZERO}
        b, c = substitute(first, at), substitute(bottom, at)
        gap = sub(mul(mul(Num(4), a), c), power(b, TWO))
        if self.run.sign(self.normal(gap)) != "+":
            return None
        root = self.tidy(App("sqrt", (gap,)))
        return div(mul(mul(TWO, top), App("atan", (div(add(mul(mul(TWO, a), self.x), b), root),))), root)

    def by_substitution(self, t: Term, depth: int) -> Term | None:
        """`f(g(x))*g'(x)`: inner terms g are tried, and what is left must be a function of g."""
        inner: dict[Term, None] = {}
        for s in subterms(t):
            if isinstance(s, App) and s != t and not self.is_free(s) and s.op not in ("=", "<", "<="):
                for u in (s, *(s.args if s.op == "^" else ())):
                    if u != self.x and not self.is_free(u):
                        inner.setdefault(u)
        for u in list(inner)[:12]:
            slope = derivative(u, self.x)
            if isinstance(slope, Refusal) or self.linear(u) is not None:
                continue
            found = self._by_inner(t, u, slope, depth)
            if found is not None:
                return found
        return None

    def _by_inner(self, t: Term, u: Term, slope: Term, depth: int) -> Term | None:
        name = Sym("~u", REAL)
        from derive.kernel.identity import replaced

        try:
            top = self.run.normal(slope)
            if not top:
                return None
            for written in (t, self.tidy(t)):
                marked = replaced(written, u, name)
                quotient = self.run.simplify(self.run.times(self.run.normal(marked), self.run.invert(top)))
                rest = surface(self.run.to_term(quotient))
                if self.x not in free_symbols(rest):
                    inner = Primitives.__new__(Primitives)
                    inner.x, inner.run = name, self.run
                    found = inner.of(rest, depth - 1)
                    if found is not None:
                        return substitute(found, {name: u})
        except Decline:
            return None
        return None

    def by_parts(self, t: Term, depth: int) -> Term | None:
        """`x^n*f'`, lowering n; `x^n*log(u)`, lowering the logarithm."""
        factors = _factors(t)
        for k, u in enumerate(factors):
            rest = mul(*(f for i, f in enumerate(factors) if i != k)) if len(factors) > 1 else ONE
            match u:
                case App("log" | "atan" | "asin", _) | App("^", (App("log", _), _)):
                    big = self.of(rest, depth - 1)
                case Sym() if u == self.x:
                    big = self.of(rest, depth - 1)
                case App("^", (base, Num(n))) if base == self.x and n.denominator == 1 and 0 < n <= 6:
                    big = self.of(rest, depth - 1)
                case _:
                    continue
            small = derivative(u, self.x)
            if big is None or isinstance(small, Refusal):
                continue
            left = self.rid(_times(small, big))
            last = self.of(left, depth if isinstance(u, (Sym, App)) and not _is_log(u) else depth - 1)
            if last is not None:
                return sub(mul(u, big), last)
        return None

    def rid(self, t: Term) -> Term:
        """Simplified, but for circular functions, which the normal form takes apart."""
        waves = any(isinstance(s, App) and s.op in ("sin", "cos", "tan") for s in subterms(t))
        return t if waves else self.tidy(t)

    def damped_wave(self, t: Term, depth: int) -> Term | None:
        """`exp(u)*sin(w)` and `exp(u)*cos(w)` for linear u and w."""
        match t:
            case App("*", (App("exp", (u,)) as e, App("sin" | "cos" as op, (w,)))):
                pass
            case App("*", (App("sin" | "cos" as op, (w,)), App("exp", (u,)) as e)):
                pass
            case _:
                return None
        a, b = self.linear(u), self.linear(w)
        if a is None or b is None:
            return None
        s, c = App("sin", (w,)), App("cos", (w,))
        top = sub(mul(a, s), mul(b, c)) if op == "sin" else add(mul(a, c), mul(b, s))
        return div(mul(e, top), add(power(a, TWO), power(b, TWO)))

    def by_product(self, t: Term, depth: int) -> Term | None:
        """`u'*v + u*v'`: a monomial of the integrand, or that times x or 1/x, of which it is the derivative."""
        p = self.normal(t)
        if not 0 < len(p) <= 6:
            return None
        for m in sorted(p, key=self.run.monomial_key):
            here = self.run.to_term({tuple((a, e) for a, e in m if not self.is_free(self.run.atoms[a])): Fraction(1)})
            for candidate in (here, self.tidy(mul(self.x, here)), self.tidy(div(here, self.x))):
                slope = derivative(candidate, self.x)
                if isinstance(slope, Refusal):
                    continue
                top = self.normal(slope)
                if not top:
                    continue
                factor = self.run.to_term(self.run.simplify(self.run.times(p, self.run.invert(top))))
                if self.is_free(factor):
                    return mul(factor, candidate)
        return None

    def expanded(self, t: Term, depth: int) -> Term | None:
        """Each monomial of the expanded term by itself."""
        whole = self.tidy(t)
        if whole == t:
            return None
        p = self.normal(t)
        total: list[Term] = []
        for m, c in p.items():
            here = surface(self.run.to_term({m: c}))
            free = [(a, e) for a, e in m if self.is_free(self.run.atoms[a])]
            bound = [(a, e) for a, e in m if not self.is_free(self.run.atoms[a])]
            outer = surface(self.run.to_term({tuple(free): c}))
            inner = surface(self.run.to_term({tuple(bound): Fraction(1)})) if bound else ONE
            if len(p) == 1 and inner == t:
                return None
            found = self.of(inner, depth - 1)
            if found is None:
                return None
            total.append(mul(outer, found))
            del here
        return add(*total)


def _times(a: Term, b: Term) -> Term:
    return b if a == ONE else mul(a, b)


def _is_log(u: Term) -> bool:
    return isinstance(u, App) and u.op in ("log", "atan", "asin")


def _factors(t: Term) -> list[Term]:
    match t:
        case App("*", (a, b)):
            return _factors(a) + _factors(b)
        case App("/", (a, b)):
            return [*_factors(a), power(b, Num(-1)) if not _is_power(b) else _inverse(b)]
    return [t]


def _is_power(b: Term) -> bool:
    return isinstance(b, App) and b.op == "^" and isinstance(b.args[1], Num)


def _inverse(b: Term) -> Term:
    assert isinstance(b, App) and isinstance(b.args[1], Num)
    return power(b.args[0], Num(-b.args[1].value))


def _f(op: str, *args: Term) -> Term:
    return App(op, args)


_TABLE = {
    "exp": lambda u: _f("exp", u),
    "sin": lambda u: neg(_f("cos", u)),
    "cos": lambda u: _f("sin", u),
    "sinh": lambda u: _f("cosh", u),
    "cosh": lambda u: _f("sinh", u),
    "tanh": lambda u: _f("log", _f("cosh", u)),
    "sigmoid": lambda u: _f("softplus", u),
    "log": lambda u: sub(mul(u, _f("log", u)), u),
    "sqrt": lambda u: mul(div(TWO, Num(3)), mul(u, _f("sqrt", u))),
    "atan": lambda u: sub(mul(u, _f("atan", u)), div(_f("log", add(ONE, power(u, TWO))), TWO)),
}
