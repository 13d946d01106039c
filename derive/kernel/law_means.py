"""Expectations of functions of one variable with a named law: events, inverse powers, logarithms, distances.

Promise: the value is that of a row of `core/law_values.py` or of the tables here, each with its source, and only
for a monomial that depends on that one variable; what a row owes (`E[1/X]` for a shape above 1) must be known.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, chapters 13 to 25.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.law_values import closed_form, distribution
from derive.core.laws import Law, Moment
from derive.core.operator import Args, f
from derive.core.term import (
    ONE,
    PI,
    TWO,
    ZERO,
    App,
    Sym,
    Term,
    add,
    div,
    le,
    lt,
    mul,
    neg,
    num,
    power,
    sub,
)
from derive.kernel.poly import Decline, Monomial, Poly, add_poly, constant, minus, scale
from derive.kernel.random_order import RandomOrder

_MOST_INVERSE = 6


class LawMeans(RandomOrder):
    """Normal forms of what one law says."""

    def known_true(self, claims: Args) -> bool:
        """Are the comparisons known? (in `expectation.py`)"""
        raise NotImplementedError

    def by_law_alone(self, point: Sym, bound: Monomial) -> Poly | None:
        """An event, or a function of one variable that has a row here."""
        source = self.only_source(point, bound)
        found = None if source is None else self.law_at(source)
        if found is None or source is None:
            return None
        row, args, names = found
        value = self._event(point, bound, source, row, args)
        if value is None:
            value = self._function(point, bound, source, row, args)
        if value is not None:
            self.use(*names)
        return value

    # -------------------------------------------------------------- events

    def _event(self, point: Sym, bound: Monomial, source: Term, row: Law, args: Args) -> Poly | None:
        """`P(l < X and X <= u)` by the distribution function, `P(X = k)` by the mass."""
        law = App(row.name, args)
        lows: list[Term] = []
        highs: list[Term] = []
        degree = next((e for a, e in bound if a == self.ids.get(source)), 0)
        for a, e in bound:
            if not isinstance(e, int) or e < 1:
                return None
            match self.atoms[a]:
                case term if term == source:
                    continue
                case App("indicator", (App("<" | "<=" as rel, (zero, gap)),)) if zero == ZERO:
                    split = self._threshold(gap, source, point)
                    if split is None:
                        return None
                    at, up = split
                    if row.kind == "pmf" and (rel == "<=") == up:
                        # X >= t is X > ceil(t) - 1, and X < t is X <= ceil(t) - 1, for integers.
                        # Without this: P(X >= 1) = P(X > 1) for a Bernoulli variable
                        at = sub(f("ceil", at), ONE)
                    (lows if up else highs).append(at)
                case App("delta", (gap, zero)) if zero == ZERO and len(bound) == 1:
                    return self._equality(gap, source, point, row, law)
                case _:
                    return None
        if not lows and not highs:
            return None
        if degree:
            mean, part = row.moment(args, int(degree)), PARTIAL_MEANS.get((row.name, int(degree)))
            if part is None or mean is None:
                return None
            return self._between_ends(lows, highs, lambda x: part(args, x), mean[0])
        return self._between_ends(lows, highs, lambda x: distribution(law, x), ONE)

    def _between_ends(
        self, lows: list[Term], highs: list[Term], up_to: Callable[[Term], Term | None], total: Term
    ) -> Poly | None:
        """The part of a total that lies above all of the one and not above any of the other."""
        low = _folded("max", lows)
        high = _folded("min", highs)
        below = None if low is None else up_to(low)
        above = None if high is None else up_to(high)
        if (low is not None and below is None) or (high is not None and above is None):
            return None
        if below is None:
            return None if above is None else self.normal(above)
        if above is None:
            return self.normal(sub(total, below))
        assert low is not None and high is not None
        # without the order: P(2 < X and X <= 1) would be negative
        return self.normal(f("ite", le(low, high), sub(above, below), ZERO))

    def _threshold(self, gap: Term, source: Term, point: Sym) -> tuple[Term, bool] | None:
        """`c*X + d` as the t = -d/c that X is compared with, and whether X stands above it."""
        split = self._linear(self.normal(gap), source, point)
        if split is None:
            return None
        slope, rest = split
        # without this: E[abs(X - im)] would be a distance on the line
        sign = self.sign(slope) if self.is_real(slope) and self.is_real(rest) else None
        if sign not in ("+", "-"):
            # without this: P(c*X > t) = P(X > t/c) for a negative c
            return None
        return self.to_term(self.times(scale(rest, -1), self.invert(slope))), sign == "+"

    def _linear(self, p: Poly, source: Term, point: Sym) -> tuple[Poly, Poly] | None:
        """`c` and `d` of `c*X + d`, neither of them random."""
        atom = self.ids.get(source)
        slope: Poly = {}
        rest: Poly = {}
        for m, c in p.items():
            inside = [e for a, e in m if a == atom]
            if inside and inside != [1]:
                return None
            part = {tuple(x for x in m if x[0] != atom): c}
            if self.depends(part, point):
                return None
            slope, rest = (add_poly(slope, part), rest) if inside else (slope, add_poly(rest, part))
        return (slope, rest) if slope else None

    def _equality(self, gap: Term, source: Term, point: Sym, row: Law, law: App) -> Poly | None:
        split = self._threshold(gap, source, point)
        if split is None:
            return None
        if row.kind == "pdf":
            return {}
        mass = closed_form("pmf", (law, split[0]))
        return None if mass is None else self.normal(mass[0])

    # -------------------------------------------------------------- functions

    def _function(self, point: Sym, bound: Monomial, source: Term, row: Law, args: Args) -> Poly | None:
        """`X^(-k)`, `X^k*log(X)`, `abs(X - c)`."""
        degree, logs, others = 0, 0, []
        for a, e in bound:
            term = self.atoms[a]
            if term == source and isinstance(e, int):
                degree += e
            elif term == App("log", (source,)) and isinstance(e, int) and e > 0:
                logs += e
            else:
                others.append((term, e))
        cell: Moment | None = None
        if not others and logs:
            cell = log_moment(row, args, degree, logs)
        elif not others and degree < 0:
            cell = inverse_moment(row, args, -degree)
        elif degree > 0 and not logs and others == [(App("abs", (source,)), 1)]:
            return self._signed(row, args, degree + 1)
        elif not degree and not logs and len(others) == 1 and others[0][1] == 1:
            return self._distance(others[0][0], source, point, row, args)
        if cell is None or not self.known_true(cell[1]):
            return None
        return self.normal(cell[0])

    def _signed(self, row: Law, args: Args, degree: int) -> Poly | None:
        """`E[X^(k - 1)*abs(X)] = E[X^k] - 2*E[X^k*1[X <= 0]]`."""
        mean, part = row.moment(args, degree), PARTIAL_MEANS.get((row.name, degree))
        if mean is None or part is None:
            return None
        return self.normal(sub(mean[0], mul(TWO, part(args, ZERO))))

    def _distance(self, term: Term, source: Term, point: Sym, row: Law, args: Args) -> Poly | None:
        """`E[abs(c*X + d)] = abs(c)*E[abs(X + d/c)]`; `E[log(1 - X)]` for a Beta law."""
        match term:
            case App("log", (inner,)) if row.name == "Beta":
                p = self.normal(inner)
                if p != minus(constant(1), self.normal(source)):
                    return None
                whole = f("digamma", add(args[0], args[1]))
                return self.normal(sub(f("digamma", args[1]), whole))
            case App("abs", (inner,)) if row.name in DISTANCES:
                split = self._threshold(inner, source, point)
                if split is None:
                    return None
                linear = self._linear(self.normal(inner), source, point)
                assert linear is not None
                mean = self.normal(DISTANCES[row.name](args, sub(args[0], split[0])))
                return self.times(self.abs(linear[0]), mean)
        return None

    def abs(self, p: Poly) -> Poly:
        """The absolute value (in `roots.py`)."""
        raise NotImplementedError

    def has_row(self, point: Sym, bound: Monomial) -> bool:
        """Does a row say that this has a mean?"""
        try:
            return self.by_law_alone(point, bound) is not None
        except Decline:
            return False


def _folded(op: str, ends: list[Term]) -> Term | None:
    if not ends:
        return None
    total = ends[0]
    for end in ends[1:]:
        total = f(op, total, end)
    return total


# ---------------------------------------------------------------- tables


def _below(a: Term, k: int) -> Term:
    """(a - 1)...(a - k)."""
    return mul(*(sub(a, num(r)) for r in range(1, k + 1)))


def inverse_moment(row: Law, a: Args, k: int) -> Moment | None:
    """E[X^(-k)]: the integral of the density times x^(-k), which owes what makes it finite at 0."""
    if k > _MOST_INVERSE:
        return None
    match row.name:
        case "GammaLaw":
            # without this: E[1/X] = r/(a - 1) for a = 1/2, negative
            return div(power(a[1], num(k)), _below(a[0], k)), (lt(num(k), a[0]),)
        case "Beta":
            return div(_below(add(a[0], a[1]), k), _below(a[0], k)), (lt(num(k), a[0]),)
        case "LogNormal":
            return f("exp", sub(div(mul(num(k * k), a[1]), TWO), mul(num(k), a[0]))), ()
        case "Uniform":
            width = sub(a[1], a[0])
            owed = (lt(ZERO, a[0]),)
            if k == 1:
                return div(sub(f("log", a[1]), f("log", a[0])), width), owed
            ends = sub(div(ONE, power(a[0], num(k - 1))), div(ONE, power(a[1], num(k - 1))))
            return div(ends, mul(num(k - 1), width)), owed
    return None


def log_moment(row: Law, a: Args, degree: int, logs: int) -> Moment | None:
    """E[X^k*log(X)]: the derivative of E[X^s] at s = k."""
    from derive.core.laws import LAWS

    if row.name == "LogNormal" and not degree:
        return LAWS["Normal"].moment(a, logs)
    if logs > 1 or not 0 <= degree <= _MOST_INVERSE:
        return None
    shape = num(1) if row.name == "Exponential" else a[0]
    moved = add(shape, num(degree)) if degree else shape
    plain = row.moment(a, degree)
    if plain is None:
        return None
    match row.name:
        case "GammaLaw" | "Exponential":
            return mul(plain[0], sub(f("digamma", moved), f("log", a[-1]))), ()
        case "Beta":
            total = add(a[1], moved)
            return mul(plain[0], sub(f("digamma", moved), f("digamma", total))), ()
    return None


def _of_laplace(a: Args, d: Term) -> Term:
    """E[abs(X - c)] for d = m - c."""
    return add(f("abs", d), mul(a[1], f("exp", neg(div(f("abs", d), a[1])))))


def _of_normal(a: Args, d: Term) -> Term:
    """E[abs(X - c)], the mean of a folded normal law."""
    near = mul(f("sqrt", div(mul(TWO, a[1]), PI)), f("exp", neg(div(power(d, TWO), mul(TWO, a[1])))))
    return add(near, mul(d, f("erf", div(d, f("sqrt", mul(TWO, a[1]))))))


def _exponential_part(a: Args, x: Term) -> Term:
    rest = mul(add(x, div(ONE, a[0])), f("exp", neg(mul(a[0], x))))
    return f("ite", le(ZERO, x), sub(div(ONE, a[0]), rest), ZERO)


def _uniform_part(a: Args, x: Term) -> Term:
    inside = div(sub(power(x, TWO), power(a[0], TWO)), mul(TWO, sub(a[1], a[0])))
    whole = div(add(a[0], a[1]), TWO)
    return f("ite", lt(x, a[0]), ZERO, f("ite", le(x, a[1]), inside, whole))


def _normal_part(a: Args, x: Term) -> Term:
    law = App("Normal", a)
    below, here = closed_form("cdf", (law, x)), closed_form("pdf", (law, x))
    assert below is not None and here is not None
    return sub(mul(a[0], below[0]), mul(a[1], here[0]))


def _normal_square_part(a: Args, x: Term) -> Term:
    """`(m^2 + v)*cdf(x) - v*(x + m)*pdf(x)`: by parts, from the slope -z*exp(-z^2/2) of exp(-z^2/2)."""
    law = App("Normal", a)
    below, here = closed_form("cdf", (law, x)), closed_form("pdf", (law, x))
    assert below is not None and here is not None
    whole = add(power(a[0], TWO), a[1])
    return sub(mul(whole, below[0]), mul(a[1], add(x, a[0]), here[0]))


# E[X^k*1[X <= x]], by the law and k.
PARTIAL_MEANS: dict[tuple[str, int], Callable[[Args, Term], Term]] = {
    ("Exponential", 1): _exponential_part, ("Uniform", 1): _uniform_part, ("Normal", 1): _normal_part,
    ("Normal", 2): _normal_square_part,
}
DISTANCES: dict[str, Callable[[Args, Term], Term]] = {"Laplace": _of_laplace, "Normal": _of_normal}
