"""`sympy.stats` on the same claims: its own law, its own mean, variance, entropy and likelihood.

Promise: SymPy works in a child that has so many seconds of processor time; the answer is a word, and the same on
every run as far as SymPy's own is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.neutral import Said
from benchmarks.settling import read
from derive.core.claim import Context
from derive.core.laws import LAWS
from derive.core.term import App, Sym, Term, free_symbols, substitute, subterms
from derive.engines.worker import Finished, run_limited
from derive.kernel.arrays import scalarise

SECONDS, MEGABYTES = 10, 2000
TOO_LONG = f"over {SECONDS} s"


def asked(of: tuple[str, str], said: Said) -> str:
    """`proved`, `refuted`, `no value` (infinite, or none), `unknown`, over the limit; "" where nothing is asked."""
    if not of[0]:
        return ""
    found = run_limited(_answer, (of[0], of[1], said.given, said.claim), 30 * SECONDS, MEGABYTES)
    if isinstance(found, Finished):
        return str(found.value)
    return TOO_LONG if found.reason in ("crash", "timeout") else "unknown"


def _answer(kind: str, parameter: str, given: str, text: str) -> str:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    import sympy

    from derive.backends.sympy import Refusal, lowering, to_sympy

    claim, context = _obligation(Said(given, text))
    assert isinstance(claim, App)
    table = lowering(context, claim)

    def lower(term: Term) -> Any:
        found = to_sympy(scalarise(term), context, table)
        if isinstance(found, Refusal):
            raise ValueError(found.reason)
        return found

    law = next(t for t in (*_laws(context), *subterms(claim)) if isinstance(t, App) and t.op in LAWS)
    free = {s.name: s for s in context.symbols}
    # under `argmax(r, ...)` and `diff(..., r)` the parameter is a bound variable
    bound = {s: free[n] for s in free_symbols(law) if s.name not in free and (n := s.name.split("~")[0]) in free}
    named = substitute(law, bound)
    assert isinstance(named, App)
    variable = _CONSTRUCTORS[law.op](named, lower)
    claimed = lower(claim.args[1])
    if kind in ("score", "estimate"):
        symbol = next(s for s in context.symbols if s.name == parameter)
        data = next(s for s in context.symbols if s.name == "x")
        gap = _slope(variable, table.symbols[symbol], table.symbols[data], _size(context, table), claimed, kind)
    else:
        gap = _quantity(kind, variable) - claimed
    if gap.has(sympy.nan, sympy.oo, sympy.zoo):
        return "no value"
    return _word(sympy.simplify(gap))


def _word(gap: Any) -> str:
    import sympy

    if gap == 0:
        return "proved"
    if gap.has(sympy.Integral, sympy.Sum, sympy.stats.Expectation, sympy.Derivative, sympy.Subs):
        return "unknown"
    same = gap.equals(0)
    return "proved" if same else "refuted" if same is False else "unknown"


def _obligation(said: Said) -> tuple[Term, Context]:
    plan, mistakes = read(said)
    assert not mistakes, mistakes
    obligation = plan.theorems[-1].steps[-1].obligation  # type: ignore[union-attr]
    assert obligation is not None
    return obligation.context.unfold(obligation.claim), obligation.context


def _laws(context: Context) -> list[Term]:
    return [f.claim.args[1] for f in context.facts if isinstance(f.claim, App) and f.claim.op == "law"]


def _size(context: Context, table: Any) -> Any:
    return table.symbols[next(s for s in context.symbols if s.name == "n")]


def _quantity(kind: str, variable: Any) -> Any:
    from sympy import stats

    quantity = {"mean": stats.E, "variance": stats.variance, "entropy": stats.entropy}[kind](variable)
    return quantity.doit()


def _slope(variable: Any, parameter: Any, data: Any, size: Any, claimed: Any, kind: str) -> Any:
    """The slope of the log-likelihood: less the claimed one, or at the claimed estimate.

    SymPy does not take constants out of a `Sum` by itself; that is done for it.
    """
    import sympy
    from sympy import stats

    place = sympy.Symbol("i", integer=True, positive=True)
    value = sympy.Symbol("value", positive=True)
    one = sympy.expand_log(sympy.log(stats.density(variable)(value)), force=True).subs(value, data(place))
    slope = sympy.diff(one, parameter)
    claimed = claimed.replace(sympy.Sum, lambda f, r: _summed(f, r[0], r[2]))
    total = _summed(slope, place, size)
    return total - claimed if kind == "score" else total.subs(parameter, claimed)


def _summed(body: Any, place: Any, size: Any) -> Any:
    """`sum(i in 1..n, c*f(i) + d)` as `c*sum(i in 1..n, f(i)) + n*d`."""
    import sympy

    total = sympy.Integer(0)
    shown = sympy.Symbol("i", integer=True, positive=True)
    for part in sympy.Add.make_args(sympy.expand(body)):
        outside, inside = part.as_independent(place, as_Add=False)
        whole = size if inside == 1 else sympy.Sum(inside.subs(place, shown), (shown, 1, size))
        total += outside * whole
    return total


def _constructors() -> dict[str, Callable[[App, Callable[[Term], Any]], Any]]:
    """Each law in SymPy's own parameters."""

    def plain(name: str) -> Callable[[App, Callable[[Term], Any]], Any]:
        def make(law: App, lower: Callable[[Term], Any]) -> Any:
            from sympy import stats

            return getattr(stats, name)("X", *map(lower, law.args))

        return make

    def with_root(name: str) -> Callable[[App, Callable[[Term], Any]], Any]:
        def make(law: App, lower: Callable[[Term], Any]) -> Any:
            from sympy import sqrt, stats

            centre, variance = map(lower, law.args)
            return getattr(stats, name)("X", centre, sqrt(variance))

        return make

    def gamma(law: App, lower: Callable[[Term], Any]) -> Any:
        from sympy import stats

        shape, rate = map(lower, law.args)
        return stats.Gamma("X", shape, 1 / rate)

    def categorical(law: App, lower: Callable[[Term], Any]) -> Any:
        from sympy import stats

        array = law.args[0]
        assert isinstance(array, Sym)
        chances = {k: lower(App("index", (array, number(k)))) for k in (1, 2, 3)}
        return stats.FiniteRV("X", chances, check=False)

    def number(k: int) -> Term:
        from derive.core.term import num

        return num(k)

    return {
        **{n: plain(n) for n in ("Bernoulli", "Binomial", "Poisson", "Geometric", "Uniform", "Exponential", "Beta",
                                 "Laplace", "StudentT", "Logistic", "Cauchy", "NegativeBinomial")},
        "Normal": with_root("Normal"), "LogNormal": with_root("LogNormal"), "GammaLaw": gamma,
        "Categorical": categorical,
    }


_CONSTRUCTORS = _constructors()
