"""Known integrals and series: the rows that are believed, each with its source and the conditions on its parameters.

Promise: `known` applies a row only where the integrand (the summand) is shown equal to the row's at every point of
the range, and every condition of the row is owed. Trusted: that each row is true. Each has a test against an
independent evaluation (`tests/test_calculus.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, factorial

from derive.core.alpha import rename_bound
from derive.core.claim import Context
from derive.core.sort import INTEGER
from derive.core.term import (
    INF,
    ONE,
    PI,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Term,
    add,
    div,
    eq,
    free_symbols,
    lt,
    mul,
    neg,
    power,
    sub,
    substitute,
)
from derive.kernel.conditions import conditions
from derive.kernel.guards import for_all
from derive.kernel.poly import Decline
from derive.kernel.primitive import Theorem, directions, everywhere, inside, own_variable

Args = tuple[Term, ...]
_MOST = 12


def _f(op: str, *args: Term) -> Term:
    return App(op, args)


@dataclass(frozen=True, slots=True)
class Row:
    """`int(x in low..high, body) = value` (or the sum) where `owes` holds; `literal` parameters are small naturals."""

    over: tuple[Term, Term]
    arity: int
    body: Callable[[Term, Args], Term]
    owes: Callable[[Args], Args]
    value: Callable[[Args], Term]
    source: str
    literal: tuple[int, ...] = ()


def _literal(term: Term) -> int:
    assert isinstance(term, Num)
    return int(term.value)


# ---------------------------------------------------------------- integrals


def _gaussian_body(x: Term, p: Args) -> Term:
    a, b, k = p
    return mul(power(x, k), _f("exp", add(neg(mul(a, power(x, TWO))), mul(b, x))))


def _gaussian_value(p: Args) -> Term:
    """Moments of the normal law with mean b/(2a) and variance 1/(2a), times the integral of its exponential."""
    a, b, k = p
    n = _literal(k)
    mean, variance = div(b, mul(TWO, a)), div(ONE, mul(TWO, a))
    terms = []
    for j in range(n // 2 + 1):
        double = factorial(2 * j) // (2**j * factorial(j))
        terms.append(mul(Num(comb(n, 2 * j) * double), power(mean, Num(n - 2 * j)), power(variance, Num(j))))
    outer = mul(_f("sqrt", div(PI, a)), _f("exp", div(power(b, TWO), mul(Num(4), a))))
    return mul(outer, add(*terms))


INTEGRALS: dict[str, Row] = {
    "gaussian": Row(
        (neg(INF), INF), 3, _gaussian_body, lambda p: (lt(ZERO, p[0]),), _gaussian_value,
        "DLMF 7.7.3; moments: Casella and Berger, Statistical Inference, 2.3", (2,),
    ),
    "gaussian_wave": Row(
        (neg(INF), INF), 2,
        lambda x, p: mul(_f("cos", mul(p[1], x)), _f("exp", neg(mul(p[0], power(x, TWO))))),
        lambda p: (lt(ZERO, p[0]),),
        lambda p: mul(_f("sqrt", div(PI, p[0])), _f("exp", neg(div(power(p[1], TWO), mul(Num(4), p[0]))))),
        "DLMF 7.7.3 with an imaginary linear term",
    ),
    # x^(p - 1)*exp(-b*x^c)
    "gamma": Row(
        (ZERO, INF), 3,
        lambda x, p: mul(power(x, sub(p[0], ONE)), _f("exp", neg(mul(p[1], power(x, p[2]))))),
        lambda p: tuple(lt(ZERO, e) for e in p),
        lambda p: div(_f("Gamma", div(p[0], p[2])), mul(p[2], power(p[1], div(p[0], p[2])))),
        "DLMF 5.9.1",
    ),
    # x^(-p - 1)*exp(-b*x^(-c)): the same at 1/x
    "inverse_gamma": Row(
        (ZERO, INF), 3,
        lambda x, p: mul(power(x, neg(add(p[0], ONE))), _f("exp", neg(mul(p[1], power(x, neg(p[2])))))),
        lambda p: tuple(lt(ZERO, e) for e in p),
        lambda p: div(_f("Gamma", div(p[0], p[2])), mul(p[2], power(p[1], div(p[0], p[2])))),
        "DLMF 5.9.1 with 1/x for x",
    ),
    "beta": Row(
        (ZERO, ONE), 2,
        lambda x, p: mul(power(x, sub(p[0], ONE)), power(sub(ONE, x), sub(p[1], ONE))),
        lambda p: tuple(lt(ZERO, e) for e in p),
        lambda p: div(mul(_f("Gamma", p[0]), _f("Gamma", p[1])), _f("Gamma", add(p[0], p[1]))),
        "DLMF 5.12.1",
    ),
}


# ---------------------------------------------------------------- series


def _stirling(n: int) -> list[int]:
    """Stirling numbers of the second kind: k^n = sum(S[j]*k*(k - 1)*...*(k - j + 1))."""
    row = [1]
    for _ in range(n):
        row = [(row[j] * j if j < len(row) else 0) + (row[j - 1] if j else 0) for j in range(len(row) + 1)]
    return row


def _small(r: Term) -> Args:
    return (lt(_f("abs", r), ONE),)


def _geometric_value(p: Args) -> Term:
    """`sum k^n r^k`: sum of j! S(n, j) r^j/(1 - r)^(j + 1) (Graham, Knuth, Patashnik, 7.46)."""
    r, n = p
    rest = sub(ONE, r)
    return add(
        *(
            mul(Num(c * factorial(j)), div(power(r, Num(j)), power(rest, Num(j + 1))))
            for j, c in enumerate(_stirling(_literal(n))) if c
        )
    )


def _exponential_value(p: Args) -> Term:
    """`sum k^n x^k/k!`: the Touchard polynomial times exp(x)."""
    x, n = p
    return mul(_f("exp", x), add(*(mul(Num(c), power(x, Num(j))) for j, c in enumerate(_stirling(_literal(n))) if c)))


def _zeta_value(p: Args) -> Term:
    known = {2: (2, 6), 4: (4, 90), 6: (6, 945)}.get(_literal(p[0]))
    if known is None:
        raise Decline("no value is known for this series")
    return div(power(PI, Num(known[0])), Num(known[1]))


SERIES: dict[str, Row] = {
    "geometric": Row(
        (ZERO, INF), 2, lambda k, p: mul(power(k, p[1]), power(p[0], k)), lambda p: _small(p[0]), _geometric_value,
        "Rudin 3.26; Graham, Knuth and Patashnik 7.46", (1,),
    ),
    "exponential": Row(
        (ZERO, INF), 2, lambda k, p: mul(power(k, p[1]), div(power(p[0], k), _f("factorial", k))),
        lambda p: (), _exponential_value, "Rudin 8.6; moments of the Poisson law", (1,),
    ),
    "mercator": Row(
        (ONE, INF), 1, lambda k, p: div(power(p[0], k), k), lambda p: _small(p[0]),
        lambda p: neg(_f("log", sub(ONE, p[0]))), "DLMF 4.6.1",
    ),
    "zeta": Row(
        (ONE, INF), 1, lambda k, p: div(ONE, power(k, p[0])), lambda p: (), _zeta_value, "DLMF 25.6.1", (0,),
    ),
    "cosine": Row(
        (ZERO, INF), 1,
        lambda k, p: div(mul(power(Num(-1), k), power(p[0], mul(TWO, k))), _f("factorial", mul(TWO, k))),
        lambda p: (), lambda p: _f("cos", p[0]), "DLMF 4.19.2",
    ),
    "sine": Row(
        (ZERO, INF), 1,
        lambda k, p: div(
            mul(power(Num(-1), k), power(p[0], add(mul(TWO, k), ONE))), _f("factorial", add(mul(TWO, k), ONE))
        ),
        lambda p: (), lambda p: _f("sin", p[0]), "DLMF 4.19.1",
    ),
    "arctangent": Row(
        (ZERO, INF), 1,
        lambda k, p: div(mul(power(Num(-1), k), power(p[0], add(mul(TWO, k), ONE))), add(mul(TWO, k), ONE)),
        lambda p: _small(p[0]), lambda p: _f("atan", p[0]), "DLMF 4.24.3",
    ),
}


# ---------------------------------------------------------------- rows as theorems


def known(term: Bind, name: str, terms: tuple[Term, ...], context: Context) -> Theorem:
    """A row of the table at parameters, which must be free of the variable."""
    table = INTEGRALS if term.op == "int" else SERIES
    row = table.get(name)
    if row is None or len(terms) != row.arity or term.over != row.over:
        raise Decline("no such row, or other ends")
    for place in row.literal:
        p = terms[place]
        if not (isinstance(p, Num) and p.value.denominator == 1 and 0 <= p.value <= _MOST):
            raise Decline("a parameter that must be a small natural number")
    if term.op == "int":
        whole, x = own_variable(term, *terms)
        low, high = whole.over
        where = inside(low, high, x)
        body = row.body(x, terms)
        directions(low, high, ordered=True)
        owed = tuple(
            everywhere(x, where, c)
            for c in (*conditions(whole.body, context), *conditions(body, context), eq(whole.body, body))
        )
    else:
        taken = frozenset().union(*map(free_symbols, (*term.over, *terms)))
        whole = rename_bound(term, taken)
        k = whole.var
        if k.sort is not INTEGER:
            raise Decline("the index of a sum is an integer")
        body = row.body(k, terms)
        claims = (*conditions(whole.body, context), *conditions(body, context), eq(whole.body, body))
        owed = for_all(k, whole.over, claims)
    bounds = tuple(c for p in terms for c in conditions(p, context))
    return Theorem((*bounds, *row.owes(terms), *owed), row.value(terms))


# ---------------------------------------------------------------- moves on series


def shifted(term: Bind) -> Theorem:
    """The index counted from 0: a series from a literal start."""
    low, high = term.over
    if not (isinstance(low, Num) and low.value.denominator == 1 and low != ZERO and high == INF):
        raise Decline("the start of the sum is no literal, or is 0 already")
    moved = Bind("sum", term.var, (ZERO, INF), substitute(term.body, {term.var: add(term.var, low)}))
    return Theorem((), moved, needs=(moved,))


def peeled(term: Bind, count: int) -> Theorem:
    """`sum(k in a - n..inf) - the first n terms`: a series that starts later than the one that is known."""
    low, high = term.over
    if not (isinstance(low, Num) and low.value.denominator == 1 and high == INF and 0 < count <= _MOST):
        raise Decline("the start of the sum is no literal")
    start = low.value - count
    longer = Bind("sum", term.var, (Num(start), INF), term.body)
    first = add(*(substitute(term.body, {term.var: Num(start + i)}) for i in range(count)))
    return Theorem((), sub(longer, first), needs=(longer,))


def linear_series(term: Bind, parts: tuple[Term, ...], context: Context) -> Theorem:
    """`sum(c*f + d*g) = c*sum(f) + d*sum(g)` where both converge; parts are c, f, d, g, ... with f, g functions.

    Without their convergence: 1/k - 1/(k + 1) (tests/unsound/series_of_divergent_pieces.drv).
    """
    taken = frozenset().union(*map(free_symbols, (*term.over, *parts)))
    whole = rename_bound(term, taken)
    k, (low, high) = whole.var, whole.over
    if high != INF:
        raise Decline("no endless sum")
    needs: list[Bind] = []
    bodies: list[Term] = []
    owed: tuple[Term, ...] = ()
    for factor, function in (parts[i : i + 2] for i in range(0, len(parts) - 1, 2)):
        if not (isinstance(function, Bind) and function.op == "lam" and k not in free_symbols(factor)):
            raise Decline("a part is no function, or its factor varies")
        here = substitute(function.body, {function.var: k})
        needs.append(Bind("sum", k, (low, high), here))
        bodies.append(mul(factor, here))
        owed += conditions(factor, context)
    claims = (*(c for t in (*bodies, whole.body) for c in conditions(t, context)), eq(whole.body, add(*bodies)))
    value = add(*(mul(parts[2 * i], n) for i, n in enumerate(needs)))
    return Theorem((*owed, *for_all(k, whole.over, claims)), value, needs=tuple(needs))
