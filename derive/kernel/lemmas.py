"""Named inequalities whose instances an order certificate may use: each gives a quantity that is at least 0.

Promise: `lemma(run, name, args)` returns a polynomial that is at least 0 at every point where the facts
hold and the arguments are defined, or raises `Decline`. Each row cites its source; each refusal names the
false instance that it prevents.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER
from derive.core.term import PI, App, Bind, Num, Sym, Term, add, mentions, mul, sub, substitute
from derive.kernel.chance_lemmas import CHANCE_LEMMAS
from derive.kernel.norm_lemmas import cauchy_schwarz_of_sums
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, add_poly, constant, minus, scale
from derive.kernel.structure import is_integer

Args = tuple[Term, ...]
_UP = ("+", "0+", "0")


def lemma(run: Normaliser, name: str, args: Args) -> Poly:
    """The nonnegative quantity of an instance."""
    row = LEMMAS.get(name)
    if row is None:
        raise Decline(f"no inequality is called {name}")
    try:
        return row(run, args)
    except (ValueError, IndexError):
        raise Decline(f"these are no arguments of {name}") from None


def _real(run: Normaliser, *terms: Term) -> list[Poly]:
    polys = [run.normal(t) for t in terms]
    if not all(run.is_real(p) for p in polys):
        raise Decline("an inequality between complex numbers")
    return polys


def _nonnegative(run: Normaliser, args: Args) -> Poly:
    (p,) = _real(run, *args)
    if run.sign(p) not in _UP:
        raise Decline("not known to be nonnegative")
    return p


def _square(run: Normaliser, args: Args) -> Poly:
    """`s^2 >= 0`. Without realness: im^2 >= 0."""
    (p,) = _real(run, *args)
    return run.times(p, p)


def _exp_tangent(run: Normaliser, args: Args) -> Poly:
    """`exp(x) >= 1 + x` (DLMF 4.5.1)."""
    (p,) = _real(run, *args)
    return minus(run.exp(p), add_poly(constant(1), p))


def _log_tangent(run: Normaliser, args: Args) -> Poly:
    """`log(y) <= y - 1` for y > 0 (DLMF 4.5.4). Without positivity: y = -1 has no logarithm."""
    (p,) = _real(run, *args)
    if run.sign(p) != "+":
        raise Decline("not known to be positive")
    return minus(minus(p, constant(1)), run.log(p))


def _exp_monotone(run: Normaliser, args: Args) -> Poly:
    """`exp(y) >= exp(x)` where `y >= x` is known."""
    x, y = _real(run, *args)
    if run.sign(minus(y, x)) not in _UP:
        raise Decline("the order of the arguments is not known")
    return minus(run.exp(y), run.exp(x))


def _log_monotone(run: Normaliser, args: Args) -> Poly:
    """`log(y) >= log(x)` where `y >= x > 0` is known."""
    x, y = _real(run, *args)
    if run.sign(x) != "+" or run.sign(minus(y, x)) not in _UP:
        raise Decline("the order of the arguments is not known")
    return minus(run.log(y), run.log(x))


def _triangle(run: Normaliser, args: Args) -> Poly:
    """`|a + b| <= |a| + |b|`, of complex numbers as well."""
    a, b = (run.normal(t) for t in args)
    return minus(add_poly(run.abs(a), run.abs(b)), run.abs(add_poly(a, b)))


def _abs_bound(run: Normaliser, args: Args) -> Poly:
    """`s <= |s|`."""
    (p,) = _real(run, *args)
    return minus(run.abs(p), p)


def _parts(args: Args) -> tuple[Sym, Term, Term, tuple[Term, ...]]:
    """A range and functions on it, given as binders `lam i. f` after the two ends."""
    low, high, *functions = args
    var = Sym("~l", INTEGER)
    bodies = []
    for g in functions:
        if not (isinstance(g, Bind) and g.op == "lam" and g.var.sort is INTEGER):
            raise Decline("no function of an index")
        bodies.append(substitute(g.body, {g.var: var}))
    return var, low, high, tuple(bodies)


def _abs_of_sum(run: Normaliser, args: Args) -> Poly:
    """`|sum f| <= sum |f|`."""
    var, low, high, (body,) = _parts(args)
    inside = run.normal(Bind("sum", var, (low, high), App("abs", (body,))))
    total = run.normal(Bind("sum", var, (low, high), body))
    return minus(inside, run.abs(total))


def _cauchy_schwarz(run: Normaliser, args: Args) -> Poly:
    """`|sum f*g|^2 <= (sum |f|^2)*(sum |g|^2)` (Steele, The Cauchy-Schwarz Master Class, chapter 1).

    Without the conjugate: (sum f*g)^2 <= (sum f^2)*(sum g^2) for complex f, which have no order.
    """
    var, low, high, (one, two) = _parts(args)
    if mentions(low, "inf") or mentions(high, "inf"):
        # the squares of an endless sum may have no sum
        raise Decline("endless sums")

    def total(body: Term) -> Poly:
        return run.normal(Bind("sum", var, (low, high), body))

    mixed = total(mul(one, two))
    squares = run.times(total(mul(one, _mirror(one))), total(mul(two, _mirror(two))))
    return minus(squares, run.times(mixed, run.conjugate(mixed)))


def _mirror(term: Term) -> Term:
    """The conjugate; of a real number, itself."""
    return App("conj", (term,)) if sort_of(term) is COMPLEX else term


def _nonempty(run: Normaliser, low: Term, high: Term) -> None:
    if run.sign(minus(run.normal(high), run.normal(low))) not in _UP:
        raise Decline("the range may be empty")


def _max_is_nonexpansive(run: Normaliser, args: Args) -> Poly:
    """`|max f - max g| <= max |f - g|` over a nonempty range (Puterman, Markov Decision Processes, 6.2)."""
    var, low, high, (one, two) = _parts(args)
    _nonempty(run, low, high)

    def largest(body: Term) -> Poly:
        return run.normal(Bind("max", var, (low, high), body))

    gap = minus(largest(one), largest(two))
    return minus(largest(App("abs", (sub(one, two),))), run.abs(gap))


def _entry_at_most_max(run: Normaliser, args: Args) -> Poly:
    """`f(k) <= max f` for a k in the range. Without the range: f(n + 1)."""
    *rest, value = args
    var, low, high, (body,) = _parts(tuple(rest))
    k = run.normal(value)
    if not (is_integer(value) and run.in_range(k, run.normal(low), run.normal(high))):
        # without wholeness: f(3/2) <= max f (tests/unsound/entry_between_indices.drv)
        raise Decline("the index is not known to be in range")
    return minus(
        run.normal(Bind("max", var, (low, high), body)), run.normal(substitute(body, {var: value}))
    )


def _mean_at_most_max(run: Normaliser, args: Args) -> Poly:
    """`sum f <= N*max f` over a nonempty range of N indices; with a last argument 1, `N*min f <= sum f`.

    Without an index there: 0 <= N*max f for N = 0, where there is no largest value.
    """
    low, high, function, of_min = args
    var, low, high, (body,) = _parts((low, high, function))
    _nonempty(run, low, high)
    total = run.normal(Bind("sum", var, (low, high), body))
    if not run.is_real(total):
        raise Decline("an inequality between complex numbers")
    count = add_poly(minus(run.normal(high), run.normal(low)), constant(1))
    least = of_min == Num(1)
    extreme = run.normal(Bind("min" if least else "max", var, (low, high), body))
    product = run.times(count, extreme)
    return minus(total, product) if least else minus(product, total)


def _term_at_most_sum(run: Normaliser, args: Args) -> Poly:
    """`f(k) <= sum f` for a nonnegative f and a k in the range."""
    *rest, value = args
    var, low, high, (body,) = _parts(tuple(rest))
    k = run.normal(value)
    if not (is_integer(value) and run.in_range(k, run.normal(low), run.normal(high))):
        # without wholeness: f(3/2) <= max f (tests/unsound/entry_between_indices.drv)
        raise Decline("the index is not known to be in range")
    _, inside = run.enter(var, low, high, body)
    if run.sign(run.normal(inside)) not in _UP:
        raise Decline("the terms may be negative")
    return minus(
        run.normal(Bind("sum", var, (low, high), body)), run.normal(substitute(body, {var: value}))
    )


def _gibbs(run: Normaliser, args: Args) -> Poly:
    """`sum p*log(p) - p*log(q) - p + q >= 0` for `p >= 0` and `q > 0`, the masses given as their sums.

    Each term is nonnegative, by the tangent of the logarithm (Cover and Thomas, theorem 2.6.3). Without
    `p >= 0`: p = -1, q = 1 has no logarithm; without `q > 0`: p = 1, q = 0.
    """
    first, second = args
    ranges: list[tuple[Sym, Term, Term]] = []
    while isinstance(first, Bind) and isinstance(second, Bind) and first.op == second.op == "sum":
        (low, high), (other_low, other_high) = first.over, second.over
        if run.normal(low) != run.normal(other_low) or run.normal(high) != run.normal(other_high):
            raise Decline("masses over different ranges")
        fresh, inside = run.enter(first.var, low, high, first.body)
        second = substitute(second.body, {second.var: fresh})
        ranges.append((fresh, low, high))
        first = inside
    p, q = _real(run, first, second)
    if run.sign(p) not in _UP or run.sign(q) != "+":
        raise Decline("the masses are not known to be positive")
    term = add(sub(App("xlogy", (first, first)), App("xlogy", (first, second))), sub(second, first))
    for var, low, high in reversed(ranges):
        term = Bind("sum", var, (low, high), term)
    return run.normal(term)


def _cosine_bound(run: Normaliser, args: Args) -> Poly:
    """`c*cos(x) <= 1` for c = 1 and -1 (the second argument)."""
    run_x = _real(run, args[0])[0]
    sign = args[1]
    if not isinstance(sign, Num) or sign not in (Num(1), Num(-1)):
        raise Decline("the factor is 1 or -1")
    return minus(constant(1), scale(run.trigonometric("cos", run_x), sign.value))


def _arch(run: Normaliser, args: Args) -> Poly:
    """`sin(x) >= 0` for 0 <= x <= pi, and `cos(x) >= 0` for -pi/2 <= x <= pi/2 (DLMF 4.16).

    Without the ends: sin(3*pi/2) = -1 (tests/unsound/sine_beyond_its_arch.drv).
    """
    (term,) = args
    match term:
        case App("sin" | "cos" as op, (inner,)):
            (p,) = _real(run, inner)
        case _:
            raise Decline("no sine or cosine")
    half = scale(run.normal(PI), Fraction(1, 2))
    low, high = ({}, add_poly(half, half)) if op == "sin" else (scale(half, -1), half)
    if run.sign(minus(p, low)) not in _UP or run.sign(minus(high, p)) not in _UP:
        raise Decline("the argument may lie outside the arch")
    return run.trigonometric(op, p)


def _bernoulli(run: Normaliser, args: Args) -> Poly:
    """`(1 + x)^n >= 1 + n*x` for x >= -1 and a natural n (Mitrinovic, Analytic Inequalities, 2.4).

    Without the bound: x = -4 and n = 3 (tests/unsound/bernoulli_below_minus_one.drv). Without a natural
    exponent: (1 + 1)^(1/2) >= 3/2 (tests/unsound/bernoulli_of_a_root.drv).
    """
    base, exponent = args
    b, n = _real(run, base, exponent)
    if not is_integer(exponent) or run.sign(n) not in _UP or run.sign(b) not in _UP:
        raise Decline("the base may be negative, or the exponent is no natural number")
    power = run.normal(App("^", (base, exponent)))
    return minus(power, add_poly(constant(1), run.times(n, minus(b, constant(1)))))


def _sqrt_of_sum(run: Normaliser, args: Args) -> Poly:
    """`sqrt(a + b) <= sqrt(a) + sqrt(b)` for a, b >= 0: square both sides."""
    a, b = _real(run, *args)
    if run.sign(a) not in _UP or run.sign(b) not in _UP:
        raise Decline("not known to be nonnegative")
    one, two, both = (run.normal(App("sqrt", (t,))) for t in (*args, App("+", args)))
    return minus(add_poly(one, two), both)


def _means(run: Normaliser, args: Args) -> Poly:
    """`sum of k_i*m_i >= K*m` where `m^K` is the product of the `m_i^k_i`, `m_i >= 0`, and K is the sum of the k_i.

    The weighted inequality of the means (Hardy, Littlewood and Pólya, Inequalities, section 2.5): m is at most
    the geometric mean. Without m_i >= 0: -1 - 1 >= -2*1 is false for m = 1 (tests/unsound/means_of_negatives.drv).
    """
    middle, *rest = args
    (m,) = _real(run, middle)
    counts = [t.value for t in rest[::2] if isinstance(t, Num)]
    if len(rest) % 2 or 2 * len(counts) != len(rest) or not 2 <= sum(counts) <= _MOST_MEANS:
        raise Decline("weights and terms, in turn")
    if any(c.denominator != 1 or c < 1 for c in counts):
        raise Decline("the weights are natural numbers")
    terms = _real(run, *rest[1::2])
    if any(run.sign(t) not in _UP for t in terms):
        raise Decline("a term may be negative")
    total = int(sum(counts))
    product, mean = constant(1), constant(0)
    for c, t in zip(counts, terms, strict=True):
        product = run.times(product, run.integer_power(t, int(c)))
        mean = add_poly(mean, scale(t, c))
    if not run.is_zero(minus(product, run.integer_power(m, total))):
        raise Decline("the middle term is not the geometric mean")
    return minus(mean, scale(m, total))


_MOST_MEANS = 12

LEMMAS: dict[str, Callable[[Normaliser, Args], Poly]] = {
    "nonnegative": _nonnegative,
    "square": _square,
    "exp_tangent": _exp_tangent,
    "log_tangent": _log_tangent,
    "exp_monotone": _exp_monotone,
    "log_monotone": _log_monotone,
    "triangle_inequality": _triangle,
    "abs_bound": _abs_bound,
    "abs_of_sum": _abs_of_sum,
    "cauchy_schwarz": _cauchy_schwarz,
    "cauchy_schwarz_of_sums": cauchy_schwarz_of_sums,
    "max_is_nonexpansive": _max_is_nonexpansive,
    "entry_at_most_max": _entry_at_most_max,
    "term_at_most_sum": _term_at_most_sum,
    "mean_at_most_max": _mean_at_most_max,
    "cosine_bound": _cosine_bound,
    "gibbs": _gibbs,
    **CHANCE_LEMMAS,
    "arch": _arch,
    "bernoulli": _bernoulli,
    "sqrt_of_sum": _sqrt_of_sum,
    "means": _means,
}

# Those that a reader may cite; the others are background.
NAMED = frozenset(LEMMAS) - {
    "nonnegative", "square", "exp_monotone", "log_monotone", "abs_bound", "arch", "bernoulli", "sqrt_of_sum", "means",
    "mean_at_most_max",
}
