"""The probability laws, one row each: parameters, support, density or masses, moments, entropy.

Promise: every cell is a fact of the law as parametrised in `derive explain conventions`, checked in
`tests/test_laws.py` by summation or numerical integration; an empty cell says that nothing is known here.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions; Johnson, Kemp and Kotz,
Univariate Discrete Distributions; Cover and Thomas, Elements of Information Theory, chapter 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial

from derive.core.operator import HALF, Args, density, f
from derive.core.sort import INTEGER, REAL, Scalar
from derive.core.term import (
    ONE,
    PI,
    TWO,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    conj,
    div,
    le,
    lt,
    mul,
    neg,
    num,
    power,
    sub,
)

Moment = tuple[Term, Args]
MOST_MOMENTS = 12


@dataclass(frozen=True, slots=True)
class Law:
    """A row: `name` is the operator, `word` what the author writes, `kind` "pdf" or "pmf".

    `tame`: all moments exist. `bounded`: the support is. `strict`: the support as a proposition about x.
    `moment(args, k)` is E[X^k] with what it owes to exist beyond the parameters' range; `mgf(args, t)` is
    E[exp(t*X)] with what that owes. `values(args)` are the values and their masses, where they are few.
    `log_density(args, x)` is the logarithm of the density up to what the parameters leave alone, where that is a
    polynomial in x whose coefficients are smooth in the parameters (exponential families); the first `fixed`
    parameters do not vary in it.
    """

    name: str
    word: str
    parameters: tuple[str, ...]
    kind: str
    support: Callable[[Args, Term], Term]
    moment: Callable[[Args, int], Moment | None]
    tame: bool = True
    bounded: bool = False
    mgf: Callable[[Args, Term], Moment | None] = lambda args, t: None
    entropy: Callable[[Args], Term | None] = lambda args: None
    values: Callable[[Args], tuple[tuple[Term, Term], ...] | None] = lambda args: None
    masses: Callable[[Args, Term], Term] | None = None
    nodes: Callable[[tuple[Fraction, ...], int], Fraction] | None = None
    log_density: Callable[[Args, Term], Term] | None = None
    fixed: int = 0

    @property
    def outcome(self) -> Scalar:
        """The sort of the values."""
        return INTEGER if self.kind == "pmf" else REAL

    def density(self, args: Args, x: Term) -> Term | None:
        """The density or mass at a point of the support."""
        if self.masses is not None:
            return self.masses(args, x)
        found = density(App(self.name, args), x)
        return None if found is None else found[0]


# ---------------------------------------------------------------- combinatorial numbers


@lru_cache(maxsize=512)
def stirling(n: int, k: int) -> int:
    """Stirling numbers of the second kind (Graham, Knuth, Patashnik, section 6.1)."""
    if n == k:
        return 1
    return 0 if not 0 < k <= n else k * stirling(n - 1, k) + stirling(n - 1, k - 1)


def _from_factorial_moments(k: int, of: Callable[[int], Term]) -> Term:
    """E[X^k] from the factorial moments E[X(X-1)...(X-j+1)]."""
    return add(*(mul(num(stirling(k, j)), of(j)) for j in range(1, k + 1))) if k else ONE


def _rising(a: Term, k: int) -> Term:
    return mul(*(add(a, num(r)) if r else a for r in range(k)))


def _falling(a: Term, k: int) -> Term:
    return mul(*(sub(a, num(r)) if r else a for r in range(k)))


def _around(centre: Term, k: int, central: Callable[[int], Term | None]) -> Term | None:
    """E[X^k] from the central moments."""
    total: list[Term] = []
    for j in range(k + 1):
        c = central(j)
        if c is None:
            return None
        if c != ZERO:
            total.append(mul(num(comb(k, j)), c, power(centre, num(k - j))))
    return add(*total)


def _double(j: int) -> int:
    """(j - 1)!! for an even j."""
    half = j // 2
    return factorial(j) // (1 << half) // factorial(half)


# ---------------------------------------------------------------- moments


def _plain(cell: Callable[[Args, int], Term | None]) -> Callable[[Args, int], Moment | None]:
    def found(args: Args, k: int) -> Moment | None:
        value = cell(args, k) if 0 <= k <= MOST_MOMENTS else None
        return None if value is None else (value, ())

    return found


def _normal(a: Args, k: int) -> Term | None:
    return _around(
        a[0], k, lambda j: ZERO if j % 2 else mul(num(_double(j)), power(a[1], num(j // 2)))
    )


def _laplace(a: Args, k: int) -> Term | None:
    return _around(a[0], k, lambda j: ZERO if j % 2 else mul(num(factorial(j)), power(a[1], num(j))))


_LOGISTIC = {0: Fraction(1), 2: Fraction(1, 3), 4: Fraction(7, 15), 6: Fraction(31, 21)}


def _logistic(a: Args, k: int) -> Term | None:
    def central(j: int) -> Term | None:
        if j % 2:
            return ZERO
        return mul(num(_LOGISTIC[j]), power(mul(PI, a[1]), num(j))) if j in _LOGISTIC else None

    return _around(a[0], k, central)


def _student(a: Args, k: int) -> Moment | None:
    """The standard law with a[0] degrees of freedom: E[X^k] exists for k below them."""
    if k == 0:
        return ONE, ()
    owed = (lt(num(k), a[0]),)
    if k % 2:
        return ZERO, owed
    if k > 6:
        return None
    odd = mul(*(num(2 * r - 1) for r in range(1, k // 2 + 1)))
    below = mul(*(sub(a[0], num(2 * r)) for r in range(1, k // 2 + 1)))
    return div(mul(odd, power(a[0], num(k // 2))), below), owed


def _uniform(a: Args, k: int) -> Term:
    terms = (mul(power(a[0], num(j)), power(a[1], num(k - j))) for j in range(k + 1))
    return div(add(*terms), num(k + 1))


def _categorical(a: Args, k: int) -> Term | None:
    i = Sym("k~", INTEGER)
    length = _length(a[0])
    if length is None:
        return None
    return Bind("sum", i, (ONE, length), mul(App("index", (a[0], i)), power(i, num(k))))


def _length(array: Term) -> Term | None:
    from derive.core.shape import shape_of

    shape = shape_of(array)
    return shape[0] if len(shape) == 1 else None


def _geometric(a: Args, k: int) -> Term:
    rest = sub(ONE, a[0])
    return _from_factorial_moments(
        k, lambda j: div(mul(num(factorial(j)), power(rest, num(j - 1))), power(a[0], num(j)))
    )


def _negative_binomial(a: Args, k: int) -> Term:
    odds = div(sub(ONE, a[1]), a[0 + 1])
    return _from_factorial_moments(k, lambda j: mul(_rising(a[0], j), power(odds, num(j))))


# ---------------------------------------------------------------- supports, generating functions


def _everywhere(args: Args, x: Term) -> Term:
    return f("true")


def _positive(args: Args, x: Term) -> Term:
    return lt(ZERO, x)


def _always(cell: Callable[[Args, Term], Term]) -> Callable[[Args, Term], Moment | None]:
    return lambda args, t: (cell(args, t), ())


def _exp(x: Term) -> Term:
    return f("exp", x)


def _log(x: Term) -> Term:
    return f("log", x)


def _own_log(x: Term) -> Term:
    """`x*log(x)`, 0 at 0."""
    return f("xlogy", x, x)


def _log_beta(a: Term, b: Term) -> Term:
    return sub(add(_log(f("Gamma", a)), _log(f("Gamma", b))), _log(f("Gamma", add(a, b))))


def _beta_entropy(a: Args) -> Term:
    one, two = a
    whole = mul(sub(add(one, two), TWO), f("digamma", add(one, two)))
    parts = add(mul(sub(one, ONE), f("digamma", one)), mul(sub(two, ONE), f("digamma", two)))
    return add(sub(_log_beta(one, two), parts), whole)


def _student_entropy(a: Args) -> Term:
    half, more = div(a[0], TWO), div(add(a[0], ONE), TWO)
    spread = mul(more, sub(f("digamma", more), f("digamma", half)))
    return add(spread, div(_log(a[0]), TWO), _log_beta(half, HALF))


def _negative_binomial_mass(a: Args, x: Term) -> Term:
    """With binomial coefficients where the number of successes is an integer, else with Gamma functions."""
    from derive.core.shape import sort_of

    if sort_of(a[0]) is INTEGER:
        ways = f("binomial", sub(add(x, a[0]), ONE), x)
    else:
        ways = div(f("Gamma", add(x, a[0])), mul(f("Gamma", a[0]), f("factorial", x)))
    return mul(ways, power(a[1], a[0]), power(sub(ONE, a[1]), x))


def _categorical_mgf(a: Args, t: Term) -> Moment | None:
    i, length = Sym("k~", INTEGER), _length(a[0])
    if length is None:
        return None
    return Bind("sum", i, (ONE, length), mul(f("index", a[0], i), _exp(mul(t, i)))), ()


def _categorical_entropy(a: Args) -> Term | None:
    i, length = Sym("k~", INTEGER), _length(a[0])
    return None if length is None else neg(Bind("sum", i, (ONE, length), _own_log(f("index", a[0], i))))


_ROWS = (
    Law("Normal", "Normal", ("the mean", "the variance"), "pdf", _everywhere, _plain(_normal),
        mgf=_always(lambda a, t: _exp(add(mul(a[0], t), div(mul(a[1], power(t, TWO)), TWO)))),
        entropy=lambda a: div(_log(mul(TWO, PI, _exp(ONE), a[1])), TWO),
        nodes=lambda a, k: a[0] + _spread(k),
        log_density=lambda a, x: neg(add(
            div(_log(a[1]), TWO), div(power(sub(x, a[0]), TWO), mul(TWO, a[1]))))),
    Law("Laplace", "Laplace", ("the mean", "the scale"), "pdf", _everywhere, _plain(_laplace),
        mgf=lambda a, t: (
            div(_exp(mul(a[0], t)), sub(ONE, mul(power(a[1], TWO), power(t, TWO)))),
            (lt(mul(a[1], f("abs", t)), ONE),),
        ),
        entropy=lambda a: add(ONE, _log(mul(TWO, a[1]))),
        nodes=lambda a, k: a[0] + _spread(k)),
    Law("Logistic", "Logistic", ("the mean", "the scale"), "pdf", _everywhere, _plain(_logistic),
        mgf=lambda a, t: (
            mul(_exp(mul(a[0], t)), f("Gamma", sub(ONE, mul(a[1], t))), f("Gamma", add(ONE, mul(a[1], t)))),
            (lt(mul(a[1], f("abs", t)), ONE),),
        ),
        entropy=lambda a: add(_log(a[1]), TWO),
        masses=lambda a, x: div(
            _exp(neg(div(sub(x, a[0]), a[1]))),
            mul(a[1], power(add(ONE, _exp(neg(div(sub(x, a[0]), a[1])))), TWO))),
        nodes=lambda a, k: a[0] + _spread(k)),
    Law("Cauchy", "Cauchy", ("the median", "the scale"), "pdf", _everywhere,
        lambda a, k: (ONE, ()) if k == 0 else None, tame=False,
        entropy=lambda a: _log(mul(num(4), PI, a[1])),
        masses=lambda a, x: div(ONE, mul(PI, a[1], add(ONE, power(div(sub(x, a[0]), a[1]), TWO))))),
    Law("StudentT", "StudentT", ("the degrees of freedom",), "pdf", _everywhere, _student, tame=False,
        entropy=_student_entropy,
        masses=lambda a, x: div(
            mul(f("Gamma", div(add(a[0], ONE), TWO)),
                power(add(ONE, div(power(x, TWO), a[0])), neg(div(add(a[0], ONE), TWO)))),
            mul(f("sqrt", mul(PI, a[0])), f("Gamma", div(a[0], TWO))))),
    Law("Exponential", "Exponential", ("the rate",), "pdf", _positive,
        _plain(lambda a, k: div(num(factorial(k)), power(a[0], num(k)))),
        mgf=lambda a, t: (div(a[0], sub(a[0], t)), (lt(t, a[0]),)),
        entropy=lambda a: sub(ONE, _log(a[0])),
        nodes=lambda a, k: Fraction(k + 1, 2),
        log_density=lambda a, x: sub(_log(a[0]), mul(a[0], x))),
    Law("GammaLaw", "Gamma", ("the shape", "the rate"), "pdf", _positive,
        _plain(lambda a, k: div(_rising(a[0], k), power(a[1], num(k)))),
        mgf=lambda a, t: (power(div(a[1], sub(a[1], t)), a[0]), (lt(t, a[1]),)),
        entropy=lambda a: add(
            sub(a[0], _log(a[1])), _log(f("Gamma", a[0])),
            mul(sub(ONE, a[0]), f("digamma", a[0]))),
        masses=lambda a, x: div(
            mul(power(a[1], a[0]), power(x, sub(a[0], ONE)), _exp(neg(mul(a[1], x)))),
            f("Gamma", a[0])),
        nodes=lambda a, k: Fraction(k + 1, 2),
        log_density=lambda a, x: sub(mul(a[0], _log(a[1])), mul(a[1], x)), fixed=1),
    Law("Beta", "Beta", ("the first shape", "the second shape"), "pdf",
        lambda a, x: conj(lt(ZERO, x), lt(x, ONE)),
        _plain(lambda a, k: div(_rising(a[0], k), _rising(add(a[0], a[1]), k))), bounded=True,
        entropy=_beta_entropy,
        masses=lambda a, x: div(
            mul(f("Gamma", add(a[0], a[1])), power(x, sub(a[0], ONE)),
                power(sub(ONE, x), sub(a[1], ONE))),
            mul(f("Gamma", a[0]), f("Gamma", a[1]))),
        nodes=lambda a, k: Fraction(k + 1, MOST_MOMENTS + 2)),
    Law("Uniform", "Uniform", ("the lower end", "the upper end"), "pdf",
        lambda a, x: conj(le(a[0], x), le(x, a[1])), _plain(_uniform), bounded=True,
        mgf=_always(lambda a, t: f(
            "ite", App("=", (t, ZERO)), ONE,
            div(sub(_exp(mul(t, a[1])), _exp(mul(t, a[0]))), mul(t, sub(a[1], a[0]))))),
        entropy=lambda a: _log(sub(a[1], a[0])),
        masses=lambda a, x: div(ONE, sub(a[1], a[0])),
        nodes=lambda a, k: a[0] + (a[1] - a[0]) * Fraction(k + 1, MOST_MOMENTS + 2)),
    Law("LogNormal", "LogNormal", ("the mean of the logarithm", "its variance"), "pdf", _positive,
        _plain(lambda a, k: _exp(add(mul(num(k), a[0]), div(mul(num(k * k), a[1]), TWO)))),
        entropy=lambda a: add(a[0], div(_log(mul(TWO, PI, _exp(ONE), a[1])), TWO)),
        masses=lambda a, x: div(
            _exp(neg(div(power(sub(_log(x), a[0]), TWO), mul(TWO, a[1])))),
            mul(x, f("sqrt", mul(TWO, PI, a[1]))))),
    Law("Bernoulli", "Bernoulli", ("the probability of 1",), "pmf",
        lambda a, x: f("or", App("=", (x, ZERO)), App("=", (x, ONE))),
        _plain(lambda a, k: a[0] if k else ONE), bounded=True,
        mgf=_always(lambda a, t: add(sub(ONE, a[0]), mul(a[0], _exp(t)))),
        entropy=lambda a: neg(add(_own_log(a[0]), _own_log(sub(ONE, a[0])))),
        values=lambda a: ((ZERO, sub(ONE, a[0])), (ONE, a[0]))),
    Law("Binomial", "Binomial", ("the number of trials", "the probability"), "pmf",
        lambda a, x: conj(le(ZERO, x), le(x, a[0])),
        _plain(lambda a, k: _from_factorial_moments(
            k, lambda j: mul(_falling(a[0], j), power(a[1], num(j))))), bounded=True,
        mgf=_always(lambda a, t: power(add(sub(ONE, a[1]), mul(a[1], _exp(t))), a[0])),
        masses=lambda a, x: mul(
            f("binomial", a[0], x), power(a[1], x), power(sub(ONE, a[1]), sub(a[0], x))),
        log_density=lambda a, x: add(mul(x, _log(a[1])), mul(sub(a[0], x), _log(sub(ONE, a[1])))), fixed=1),
    Law("Poisson", "Poisson", ("the rate",), "pmf", lambda a, x: le(ZERO, x),
        _plain(lambda a, k: _from_factorial_moments(k, lambda j: power(a[0], num(j)))),
        mgf=_always(lambda a, t: _exp(mul(a[0], sub(_exp(t), ONE)))),
        nodes=lambda a, k: Fraction(k),
        log_density=lambda a, x: sub(mul(x, _log(a[0])), a[0])),
    Law("Geometric", "Geometric", ("the probability of success",), "pmf", lambda a, x: le(ONE, x),
        _plain(_geometric),
        mgf=lambda a, t: (
            div(mul(a[0], _exp(t)), sub(ONE, mul(sub(ONE, a[0]), _exp(t)))),
            (lt(mul(sub(ONE, a[0]), _exp(t)), ONE),),
        ),
        entropy=lambda a: neg(div(add(_own_log(a[0]), _own_log(sub(ONE, a[0]))), a[0])),
        masses=lambda a, x: mul(a[0], power(sub(ONE, a[0]), sub(x, ONE))),
        nodes=lambda a, k: Fraction(k + 1),
        log_density=lambda a, x: add(_log(a[0]), mul(sub(x, ONE), _log(sub(ONE, a[0]))))),
    Law("NegativeBinomial", "NegativeBinomial", ("the successes", "the probability of success"), "pmf",
        lambda a, x: le(ZERO, x), _plain(_negative_binomial),
        mgf=lambda a, t: (
            power(div(a[1], sub(ONE, mul(sub(ONE, a[1]), _exp(t)))), a[0]),
            (lt(mul(sub(ONE, a[1]), _exp(t)), ONE),),
        ),
        masses=_negative_binomial_mass,
        nodes=lambda a, k: Fraction(k),
        log_density=lambda a, x: add(mul(a[0], _log(a[1])), mul(x, _log(sub(ONE, a[1])))), fixed=1),
    Law("Categorical", "Categorical", ("the probabilities",), "pmf",
        lambda a, x: conj(le(ONE, x), le(x, _length(a[0]) or ONE)), _plain(_categorical), bounded=True,
        mgf=_categorical_mgf,
        entropy=_categorical_entropy,
        masses=lambda a, x: App("index", (a[0], x))),
)


def _spread(k: int) -> Fraction:
    """0, 1, -1, 2, -2, ..."""
    return Fraction((k + 1) // 2 * (1 if k % 2 else -1))


LAWS: dict[str, Law] = {row.name: row for row in _ROWS}
WORDS: dict[str, Law] = {row.word: row for row in _ROWS}
__all__ = ["HALF", "LAWS", "WORDS", "Law", "Moment", "stirling"]


def law_of(term: Term) -> tuple[Law, Args] | None:
    """The row and the parameters of a law."""
    if isinstance(term, App) and term.op in LAWS:
        return LAWS[term.op], term.args
    return None
