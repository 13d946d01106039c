"""Which known integral or series a term is: each monomial of the expanded body is compared with the rows of the table.

Promise: what is proposed is only that; the kernel compares the bodies again and owes the row's conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.core.claim import CASE, Context, Fact
from derive.core.term import (
    INF,
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
    le,
    mentions,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.engines.primitives import Primitives
from derive.kernel.known import INTEGRALS, SERIES
from derive.kernel.poly import Decline, Monomial, Poly, minus, scale
from derive.kernel.primitive import inside

Method = tuple[str, tuple[Term, ...]]


class Recogniser(Primitives):
    """The monomials of a body in one variable, under the facts of its range."""

    def free_part(self, m: Monomial, c: Fraction) -> tuple[Term, Monomial]:
        """A monomial as a factor free of the variable, and the rest."""
        free = tuple((a, e) for a, e in m if self.is_free(self.run.atoms[a]))
        bound = tuple((a, e) for a, e in m if not self.is_free(self.run.atoms[a]))
        return self.run.to_term({free: c}), bound

    def exponent(self, bound: Monomial) -> tuple[Poly, Monomial]:
        """What the exponentials of a monomial are the exponential of, and what is left."""
        total: Poly = {}
        rest = []
        for a, e in bound:
            term = self.run.atoms[a]
            if isinstance(term, App) and term.op == "exp" and a != 0:
                total = minus(total, scale(self.run.normal(term.args[0]), -Fraction(e)))
            else:
                rest.append((a, e))
        return total, tuple(rest)

    def by_degree(self, p: Poly) -> dict[Fraction, Term] | None:
        """The coefficients of the powers of the variable, if the polynomial is one in it."""
        place = self.run.ids.get(self.x)
        found: dict[Fraction, Poly] = {}
        for m, c in p.items():
            degree = Fraction(0)
            rest = []
            for a, e in m:
                if a == place:
                    degree = Fraction(e)
                elif self.is_free(self.run.atoms[a]):
                    rest.append((a, e))
                else:
                    return None
            found.setdefault(degree, {})[tuple(rest)] = c
        return {d: self.run.to_term(q) for d, q in found.items()}

    def power_of_x(self, bound: Monomial) -> Term | None:
        """The exponent of the variable where the monomial is a power of it."""
        total: list[Term] = []
        for a, e in bound:
            term = self.run.atoms[a]
            if term == self.x or (isinstance(term, App) and term.op == "root" and term.args[0] == self.x):
                total.append(Num(Fraction(e)))
            else:
                return None
        return add(*total)


def integral_methods(term: Bind, context: Context) -> Iterator[Method]:
    """Rows for the whole integrand, or its monomials one by one."""
    low, high = term.over
    x = term.var
    try:
        here = Recogniser(x, context.with_facts(Fact("", inside(low, high, x), CASE)))
        p = here.normal(term.body)
    except (Decline, RecursionError):
        return
    if (low, high) == (ZERO, ONE):
        yield from _beta(here, term)
    ends: dict[tuple[Term, ...], Callable[[Recogniser, Monomial], Method | None]] = {
        (neg(INF), INF): _gaussian, (ZERO, INF): _gamma,
    }
    rows = ends.get((low, high))
    if rows is None or not p or len(p) > 40:
        return
    parts: list[Term] = []
    for m, c in p.items():
        factor, bound = here.free_part(m, c)
        found = rows(here, bound)
        if found is None:
            return
        name, terms = found
        row = INTEGRALS[name].body(x, terms)
        if len(p) == 1 and here.equal(term.body, row):
            yield name, terms
        parts += [factor, Bind("lam", x, (), row)]
    yield "linearity", (Num(1), *parts)


def monomials(term: Bind, context: Context) -> Iterator[tuple[Term, ...]]:
    """The integrand as a sum of factors that do not vary times functions, where that takes it apart."""
    x, (low, high) = term.var, term.over
    try:
        here = Recogniser(x, context.with_facts(Fact("", inside(low, high, x), CASE)))
        p = here.normal(term.body)
    except (Decline, RecursionError):
        return
    parts: list[Term] = []
    for m, c in p.items():
        factor, bound = here.free_part(m, c)
        parts += [factor, Bind("lam", x, (), here.run.to_term({bound: Fraction(1)}))]
    if len(p) > 1 or (parts and parts[0] != ONE):
        yield tuple(parts)


def _gaussian(here: Recogniser, bound: Monomial) -> Method | None:
    exponent, rest = here.exponent(bound)
    degrees = here.by_degree(exponent)
    if degrees is None or not set(degrees) <= {Fraction(1), Fraction(2)} or Fraction(2) not in degrees:
        return None
    k = here.power_of_x(rest)
    k = None if k is None else here.tidy(k)
    if not (isinstance(k, Num) and k.value.denominator == 1 and k.value >= 0):
        return None
    a = here.tidy(neg(degrees[Fraction(2)]))
    b = here.tidy(degrees.get(Fraction(1), ZERO))
    return "gaussian", (a, b, k)


def _gamma(here: Recogniser, bound: Monomial) -> Method | None:
    """`x^(p - 1)*exp(-b*x^c)`; a symbolic power of x is an exponential of its logarithm."""
    total: Poly = {}
    shape: Poly = {}
    rest: list[tuple[int, object]] = []
    logs = here.normal(App("log", (here.x,)))
    ((log_m, _),) = logs.items()
    log_atom = log_m[0][0]
    for a, e in bound:
        t = here.run.atoms[a]
        if isinstance(t, App) and t.op == "exp" and a != 0:
            inner = here.run.normal(t.args[0])
            for m, c in inner.items():
                if (log_atom, 1) in m:
                    less = tuple(x for x in m if x != (log_atom, 1))
                    shape = minus(shape, {less: -c * Fraction(e)})
                else:
                    total = minus(total, {m: -c * Fraction(e)})
        else:
            rest.append((a, e))
    if not here.is_free(here.run.to_term(shape)):
        return None
    literal = here.power_of_x(tuple(rest))  # type: ignore[arg-type]
    if literal is None or not total:
        return None
    degrees = here.by_degree(total)
    if degrees is None or len(degrees) != 1:
        return _gamma_power(here, total, shape, literal)
    ((c, coefficient),) = degrees.items()
    p = here.tidy(add(here.run.to_term(shape), literal, ONE))
    if c < 0:
        return "inverse_gamma", (here.tidy(neg(p)), here.tidy(neg(coefficient)), Num(-c))
    return "gamma", (p, here.tidy(neg(coefficient)), Num(c))


def _gamma_power(here: Recogniser, total: Poly, shape: Poly, literal: Term) -> Method | None:
    """`exp(-b*x^c)` for a symbolic c: the exponent is one atom `exp(c*log(x))`."""
    if len(total) != 1:
        return None
    ((m, k),) = total.items()
    factor, bound = here.free_part(m, k)
    exponent, rest = here.exponent(bound)
    logs = here.normal(App("log", (here.x,)))
    if rest or len(exponent) != 1:
        return None
    c = here.tidy(div(here.run.to_term(exponent), here.run.to_term(logs)))
    if not here.is_free(c):
        return None
    p = here.tidy(add(here.run.to_term(shape), literal, ONE))
    return "gamma", (p, here.tidy(neg(factor)), c)


def _beta(here: Recogniser, term: Bind) -> Iterator[Method]:
    """`x^(a - 1)*(1 - x)^(b - 1)` by the slope of its logarithm: x(1 - x)f'/f is linear in x."""
    from derive.kernel.derivative import Refusal, derivative

    slope = derivative(term.body, here.x)
    if isinstance(slope, Refusal):
        return
    x = here.x
    try:
        whole = here.normal(mul(mul(x, sub(ONE, x)), div(slope, term.body)))
        degrees = here.by_degree(whole)
    except Decline:
        return
    if degrees is None or not set(degrees) <= {Fraction(0), Fraction(1)}:
        return
    first = degrees.get(Fraction(0), ZERO)
    both = degrees.get(Fraction(1), ZERO)
    a, b = here.tidy(add(first, ONE)), here.tidy(add(neg(add(both, first)), ONE))
    row = INTEGRALS["beta"].body(x, (a, b))
    try:
        factor = here.tidy(div(term.body, row))
    except Decline:
        return
    if here.equal(term.body, row):
        yield "beta", (a, b)
    elif here.is_free(factor):
        yield "linearity", (Num(1), factor, Bind("lam", x, (), row))


# ---------------------------------------------------------------- series


def series_methods(term: Bind, context: Context) -> Iterator[Method]:
    """Rows for the whole summand, or its monomials one by one."""
    low, high = term.over
    k = term.var
    if high != INF or mentions(low, "inf"):
        return
    try:
        here = Recogniser(k, context.with_facts(Fact("", le(low, k), CASE)))
        p = here.normal(term.body)
    except (Decline, RecursionError):
        return
    if low == ONE:
        yield from _from_one(here, term)
    if low != ZERO:
        early = isinstance(low, Num) and low.value.denominator == 1 and 0 < low.value <= 4
        if early and mentions(term.body, "factorial"):
            yield "peel", (low,)
        yield "shift", ()
        yield from _telescoping(here, term)
        return
    yield from _waves(here, term)
    parts: list[Term] = []
    for m, c in p.items():
        factor, bound = here.free_part(m, c)
        found = _by_ratio(here, bound)
        if found is None:
            break
        outer, (name, terms) = found
        row = SERIES[name].body(k, terms)
        if len(p) == 1 and here.equal(term.body, row):
            yield name, terms
        parts += [mul(factor, outer), Bind("lam", k, (), row)]
    else:
        if parts:
            yield "linearity", tuple(parts)
    yield from _telescoping(here, term)


def _by_ratio(here: Recogniser, bound: Monomial) -> tuple[Term, Method] | None:
    """`k^n*r^k` and `k^n*x^k/k!`, by the ratio of one term to the last."""
    k = here.x
    n = next((e for a, e in bound if here.run.atoms[a] == k), 0)
    rest = here.run.to_term({tuple((a, e) for a, e in bound if here.run.atoms[a] != k): Fraction(1)})
    if not isinstance(n, int) or n < 0:
        return None
    ratio = _ratio(here, rest)
    if ratio is None:
        return None
    first = here.tidy(substitute(rest, {k: ZERO}))
    if here.is_free(ratio):
        return first, ("geometric", (ratio, Num(n)))
    grown = here.tidy(mul(ratio, add(k, ONE)))
    if here.is_free(grown):
        return first, ("exponential", (grown, Num(n)))
    return None


def _ratio(here: Recogniser, body: Term) -> Term | None:
    try:
        return here.tidy(div(substitute(body, {here.x: add(here.x, ONE)}), body))
    except Decline:
        return None


def _from_one(here: Recogniser, term: Bind) -> Iterator[Method]:
    """`x^k/k` and `1/k^p`, from 1."""
    k = here.x
    for m in ((2, 4, 6)):
        factor = here.tidy(mul(term.body, power(k, Num(m))))
        if here.is_free(factor):
            row = SERIES["zeta"].body(k, (Num(m),))
            yield "linearity", (factor, Bind("lam", k, (), row))
            if here.equal(term.body, row):
                yield "zeta", (Num(m),)
    ratio = _ratio(here, mul(term.body, k))
    if ratio is not None and here.is_free(ratio):
        row = SERIES["mercator"].body(k, (ratio,))
        if here.equal(term.body, row):
            yield "mercator", (ratio,)
            return
        try:
            factor = here.tidy(div(substitute(term.body, {k: ONE}), ratio))
        except Decline:
            return
        yield "linearity", (factor, Bind("lam", k, (), row))


def _waves(here: Recogniser, term: Bind) -> Iterator[Method]:
    """The series of the sine, the cosine and the arctangent."""
    k = here.x
    ratio = _ratio(here, term.body)
    if ratio is None:
        return
    odd = mul(add(mul(TWO, k), Num(3)), add(mul(TWO, k), TWO))
    even = mul(add(mul(TWO, k), ONE), add(mul(TWO, k), TWO))
    steps = {"cosine": even, "sine": odd, "arctangent": div(add(mul(TWO, k), Num(3)), add(mul(TWO, k), ONE))}
    for name, step in steps.items():
        square = here.tidy(neg(mul(ratio, step)))
        if not here.is_free(square) or not isinstance(square, (App, Num, Sym)):
            continue
        for x in _roots(square):
            row = SERIES[name].body(k, (x,))
            if here.equal(term.body, row):
                yield name, (x,)
            else:
                try:
                    factor = here.tidy(div(substitute(term.body, {k: ZERO}), substitute(row, {k: ZERO})))
                except Decline:
                    continue
                yield "linearity", (factor, Bind("lam", k, (), row))


def _roots(square: Term) -> Iterator[Term]:
    match square:
        case App("^", (x, Num(n))) if n == 2:
            yield x
    yield App("sqrt", (square,))


def _telescoping(here: Recogniser, term: Bind) -> Iterator[Method]:
    """A difference G(k + 1) - G(k), from the closed form of the partial sums."""
    from derive.core.sort import INTEGER
    from derive.core.verdict import Attempt
    from derive.engines.cas import propose_sum

    for f in (*_written_difference(term), *_of_fractions(here, term)):
        yield "telescoping", (f,)
    n = Sym("~n", INTEGER)
    context = Context((n,), (), (Fact("", le(term.over[0], n), CASE),))
    proposed = propose_sum(Bind("sum", term.var, (term.over[0], sub(n, ONE)), term.body), context, 2.0)
    if not isinstance(proposed, Attempt) and n in free_symbols(proposed):
        yield "telescoping", (Bind("lam", n, (), proposed),)


def _of_fractions(here: Recogniser, term: Bind) -> Iterator[Term]:
    """`sum(c/(k + a))` with whole distances and coefficients that add to 0: 1/(k + a) in steps from the least a."""
    k = here.x
    if k not in here.run.ids:
        return
    try:
        p = here.run.partial_fractions(here.normal(term.body), here.run.ids[k])
        parts: list[tuple[Fraction, Fraction]] = []
        for m, c in p.items():
            degrees = here.by_degree(here.normal(div(ONE, here.run.to_term({m: c}))))
            if degrees is None or not set(degrees) <= {Fraction(0), Fraction(1)}:
                return
            slope, start = degrees.get(Fraction(1)), degrees.get(Fraction(0), ZERO)
            if not (isinstance(slope, Num) and isinstance(start, Num)):
                return
            parts.append((1 / slope.value, start.value / slope.value))
    except Decline:
        return
    least = min((a for _, a in parts), default=Fraction(0))
    whole = all((a - least).denominator == 1 and a - least <= 12 for _, a in parts)
    if not parts or sum(c for c, _ in parts) != 0 or not whole:
        return
    terms = [
        div(Num(c), add(k, Num(least + j))) for c, a in parts for j in range(int(a - least))
    ]
    yield Bind("lam", k, (), add(*terms))


def _written_difference(term: Bind) -> Iterator[Term]:
    match term.body:
        case App("-", (a, b)):
            yield Bind("lam", term.var, (), neg(a)) if _is_next(term.var, a, b) else Bind("lam", term.var, (), b)


def _is_next(k: Sym, a: Term, b: Term) -> bool:
    """Is b the next of a: `f(k) - f(k + 1)`?"""
    from derive.kernel.certificate import ALL_FEATURES
    from derive.kernel.goal import Goal, normaliser

    run, _ = normaliser(Goal(App("true", ()), Context()), ALL_FEATURES, ())
    try:
        return run.is_zero(minus(run.normal(substitute(a, {k: add(k, ONE)})), run.normal(b)))
    except Decline:
        return False
