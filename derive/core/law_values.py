"""What is said of a law as a whole: density, masses, distribution function, quantiles, entropy, divergence.

Promise: `closed_form` gives a term with the value of the operator wherever the parameters are in range and the
conditions returned with it hold; None where no row says so. A density is that of the row inside the support and
0 outside; at an end of the support where versions of the density differ, it owes being elsewhere.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions; Cover and Thomas, Elements of
Information Theory, chapters 2 and 8; Gil, Alajaji and Linder, Rényi divergence measures for commonly used
univariate continuous distributions (2013); Chyzak and Nielsen for Cauchy laws (2019).
"""

from __future__ import annotations

from collections.abc import Callable

from derive.core.laws import LAWS, Law, Moment
from derive.core.operator import HALF, Args, density, f
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER
from derive.core.term import (
    ONE,
    PI,
    TRUE,
    TWO,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    div,
    eq,
    free_symbols,
    fresh_name,
    le,
    lt,
    mul,
    ne,
    neg,
    num,
    power,
    sub,
)
from derive.core.vector_laws import VECTOR_LAWS, vector_value

LAW_VALUES = frozenset({"pdf", "pmf", "cdf", "quantile", "mgf"})
OF_LAWS = frozenset({*LAW_VALUES, "entropy", "cross_entropy", "KL"})


def closed_form(op: str, args: Args) -> Moment | None:
    """The value of an operator of laws, with what it owes beyond parameters in range."""
    law = args[0]
    if not isinstance(law, App) or law.op not in LAWS:
        return vector_value(op, args)
    row = LAWS[law.op]
    match op, args[1:]:
        case "pdf", (x,) if row.kind == "pdf":
            return _density(row, law.args, x)
        case "pmf", (x,) if row.kind == "pmf":
            return _mass(row, law.args, x)
        case "cdf", (x,):
            value = distribution(law, x)
            return None if value is None else (value, ())
        case "quantile", (p,) if law.op in QUANTILES:
            return QUANTILES[law.op](law.args, p), (lt(ZERO, p), lt(p, ONE))
        case "mgf", (t,):
            return row.mgf(law.args, t)
        case "entropy", ():
            value = row.entropy(law.args)
            return None if value is None else (value, ())
        case "KL", (App() as other,):
            return _divergence(law, other)
        case "cross_entropy", (App() as other,):
            own, found = row.entropy(law.args), _divergence(law, other)
            # H(p, q) = H(p) + KL(p, q), for laws whose entropy is a number
            return None if own is None or found is None else (add(own, found[0]), found[1])
    return None


def is_of_laws(op: str, args: Args) -> bool:
    """Is it one of these operators, applied to a named law?"""
    return op in OF_LAWS and bool(args) and isinstance(args[0], App) and (
        args[0].op in LAWS or args[0].op in VECTOR_LAWS
    )


# ---------------------------------------------------------------- densities and masses


# Ends of the support where the limit of the density depends on the parameters.
_ENDS: dict[str, tuple[Term, ...]] = {"GammaLaw": (ZERO,), "Beta": (ZERO, ONE)}


def _density(row: Law, a: Args, x: Term) -> Moment | None:
    found = density(App(row.name, a), x)
    value, support = found if found is not None else (row.density(a, x), row.support(a, x))
    if value is None:
        return None
    # without this: pdf(Gamma(1, r), 0) would be 0, beside pdf(Exponential(r), 0) = r
    return _within(support, value), tuple(ne(x, end) for end in _ENDS.get(row.name, ()))


def _mass(row: Law, a: Args, k: Term) -> Moment | None:
    # without this: pmf(Poisson(1), 1/2) would be positive, and p^x a power with a real exponent
    if sort_of(k) is not INTEGER:
        return None
    found = density(App(row.name, a), k)
    value, support = found if found is not None else (row.density(a, k), row.support(a, k))
    if row.name == "Bernoulli":
        # the same integers, as an order
        support = f("and", le(ZERO, k), le(k, ONE))
    return None if value is None else (_within(support, value), ())


def _within(support: Term, value: Term) -> Term:
    return value if support == TRUE else f("ite", support, value, ZERO)


# ---------------------------------------------------------------- distribution functions


def distribution(law: App, x: Term) -> Term | None:
    """`P(X <= x)`."""
    if law.op in _DISTRIBUTIONS:
        return _DISTRIBUTIONS[law.op](law.args, x)
    row = LAWS[law.op]
    if row.kind != "pmf" or sort_of(x) is not INTEGER or law.op not in _FROM_ZERO:
        return None
    taken = frozenset(s.name for a in (*law.args, x) for s in free_symbols(a))
    j = Sym(fresh_name("j", taken), INTEGER)
    mass = _mass(row, law.args, j)
    inner = density(law, j)
    value = inner[0] if inner is not None else row.density(law.args, j)
    if mass is None or value is None:
        return None
    # a binomial mass beyond the number of trials is 0
    value = mass[0] if law.op == "Binomial" else value
    return f("ite", le(ZERO, x), Bind("sum", j, (ZERO, x), value), ZERO)


_FROM_ZERO = frozenset({"Poisson", "Binomial", "NegativeBinomial"})


def _exp(x: Term) -> Term:
    return f("exp", x)


def _log(x: Term) -> Term:
    return f("log", x)


def _scaled(a: Args, x: Term) -> Term:
    return div(sub(x, a[0]), a[1])


def _normal(centre: Term, v: Term, x: Term) -> Term:
    return div(add(ONE, f("erf", div(sub(x, centre), f("sqrt", mul(TWO, v))))), TWO)


def _laplace(a: Args, x: Term) -> Term:
    left = div(_exp(_scaled(a, x)), TWO)
    right = sub(ONE, div(_exp(neg(_scaled(a, x))), TWO))
    return f("ite", le(x, a[0]), left, right)


def _uniform(a: Args, x: Term) -> Term:
    inside = div(sub(x, a[0]), sub(a[1], a[0]))
    return f("ite", lt(x, a[0]), ZERO, f("ite", le(x, a[1]), inside, ONE))


def _whole(x: Term) -> Term:
    return x if sort_of(x) is INTEGER else f("floor", x)


_DISTRIBUTIONS: dict[str, Callable[[Args, Term], Term]] = {
    "Normal": lambda a, x: _normal(a[0], a[1], x),
    "LogNormal": lambda a, x: f("ite", lt(ZERO, x), _normal(a[0], a[1], _log(x)), ZERO),
    "Laplace": _laplace,
    "Logistic": lambda a, x: f("sigmoid", _scaled(a, x)),
    "Cauchy": lambda a, x: add(HALF, div(f("atan", _scaled(a, x)), PI)),
    "Exponential": lambda a, x: f("ite", le(ZERO, x), sub(ONE, _exp(neg(mul(a[0], x)))), ZERO),
    "Uniform": _uniform,
    "Geometric": lambda a, x: f(
        "ite", le(ZERO, x), sub(ONE, power(sub(ONE, a[0]), _whole(x))), ZERO),
    "Bernoulli": lambda a, x: f("ite", lt(x, ZERO), ZERO, f("ite", lt(x, ONE), sub(ONE, a[0]), ONE)),
}

QUANTILES: dict[str, Callable[[Args, Term], Term]] = {
    "Exponential": lambda a, p: neg(div(_log(sub(ONE, p)), a[0])),
    "Uniform": lambda a, p: add(a[0], mul(p, sub(a[1], a[0]))),
    "Logistic": lambda a, p: add(a[0], mul(a[1], _log(div(p, sub(ONE, p))))),
    "Cauchy": lambda a, p: add(a[0], mul(a[1], f("tan", mul(PI, sub(p, HALF))))),
    "Laplace": lambda a, p: f(
        "ite", le(p, HALF),
        add(a[0], mul(a[1], _log(mul(TWO, p)))),
        sub(a[0], mul(a[1], _log(mul(TWO, sub(ONE, p)))))),
}


# ---------------------------------------------------------------- divergences


def _divergence(one: App, two: App) -> Moment | None:
    """`KL(one, two)` for two laws of one family, where it is finite."""
    cell = _DIVERGENCES.get(one.op)
    return None if cell is None or one.op != two.op else cell(one.args, two.args)


def _xlogy(x: Term, y: Term) -> Term:
    return f("xlogy", x, y)


def _log_beta(a: Args) -> Term:
    return sub(add(_log(f("Gamma", a[0])), _log(f("Gamma", a[1]))), _log(f("Gamma", add(a[0], a[1]))))


def _of_normals(a: Args, b: Args) -> Moment:
    spread = div(add(a[1], power(sub(a[0], b[0]), TWO)), mul(TWO, b[1]))
    return sub(add(div(_log(div(b[1], a[1])), TWO), spread), HALF), ()


def _of_coins(p: Term, q: Term) -> Moment:
    rest = sub(ONE, p)
    other = sub(ONE, q)
    value = add(_xlogy(p, div(p, q)), _xlogy(rest, div(rest, other)))
    # without this: KL(Bernoulli(1/2), Bernoulli(0)) would be finite
    return value, (f("or", lt(ZERO, q), eq(p, ZERO)), f("or", lt(q, ONE), eq(p, ONE)))


def _of_binomials(a: Args, b: Args) -> Moment:
    value, owed = _of_coins(a[1], b[1])
    return mul(a[0], value), (eq(a[0], b[0]), *owed)


def _of_gammas(a: Args, b: Args) -> Moment:
    return add(
        mul(sub(a[0], b[0]), f("digamma", a[0])),
        sub(_log(f("Gamma", b[0])), _log(f("Gamma", a[0]))),
        mul(b[0], sub(_log(a[1]), _log(b[1]))),
        div(mul(a[0], sub(b[1], a[1])), a[1]),
    ), ()


def _of_betas(a: Args, b: Args) -> Moment:
    total = sub(add(b[0], b[1]), add(a[0], a[1]))
    return add(
        sub(_log_beta(b), _log_beta(a)),
        mul(sub(a[0], b[0]), f("digamma", a[0])),
        mul(sub(a[1], b[1]), f("digamma", a[1])),
        mul(total, f("digamma", add(a[0], a[1]))),
    ), ()


def _of_laplaces(a: Args, b: Args) -> Moment:
    apart = f("abs", sub(a[0], b[0]))
    near = add(mul(a[1], _exp(neg(div(apart, a[1])))), apart)
    return sub(add(_log(div(b[1], a[1])), div(near, b[1])), ONE), ()


def _of_uniforms(a: Args, b: Args) -> Moment:
    # without this: KL(Uniform(0, 2), Uniform(0, 1)) = log(1/2), and it is infinite
    return _log(div(sub(b[1], b[0]), sub(a[1], a[0]))), (le(b[0], a[0]), le(a[1], b[1]))


def _of_geometrics(a: Args, b: Args) -> Moment:
    rest = sub(ONE, a[0])
    value = add(_log(div(a[0], b[0])), div(_xlogy(rest, div(rest, sub(ONE, b[0]))), a[0]))
    return value, (f("or", lt(b[0], ONE), eq(a[0], ONE)),)


def _of_cauchys(a: Args, b: Args) -> Moment:
    top = add(power(add(a[1], b[1]), TWO), power(sub(a[0], b[0]), TWO))
    return _log(div(top, mul(num(4), a[1], b[1]))), ()


def _of_categoricals(a: Args, b: Args) -> Moment | None:
    """Sums over the values, with the conditions of `kernel/finite_laws.py` written for each value."""
    if len(shape_of(a[0])) != 1 or len(shape_of(b[0])) != 1:
        return None
    (n,), (m,) = shape_of(a[0]), shape_of(b[0])
    taken = frozenset(s.name for t in (*a, *b, n, m) for s in free_symbols(t))
    k = Sym(fresh_name("k", taken), INTEGER)
    p, q = f("index", a[0], k), f("index", b[0], k)
    covered = Bind("forall", k, (ONE, n), f("or", lt(ZERO, q), eq(p, ZERO)))
    same = () if n == m else (eq(n, m),)
    return Bind("sum", k, (ONE, n), _xlogy(p, div(p, q))), (*same, covered)


_DIVERGENCES: dict[str, Callable[[Args, Args], Moment | None]] = {
    "Normal": _of_normals,
    "LogNormal": _of_normals,
    "Exponential": lambda a, b: (
        sub(add(_log(div(a[0], b[0])), div(b[0], a[0])), ONE), ()),
    "Poisson": lambda a, b: (add(sub(mul(a[0], _log(div(a[0], b[0]))), a[0]), b[0]), ()),
    "Bernoulli": lambda a, b: _of_coins(a[0], b[0]),
    "Binomial": _of_binomials,
    "GammaLaw": _of_gammas,
    "Beta": _of_betas,
    "Laplace": _of_laplaces,
    "Uniform": _of_uniforms,
    "Geometric": _of_geometrics,
    "Cauchy": _of_cauchys,
    "Categorical": _of_categoricals,
}
