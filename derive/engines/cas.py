"""SymPy as a second opinion on equalities, and as a source of proposals that others check.

Promise: SymPy runs in a forked child that ends at its limits; it is given scalars only (never matrix
calculus, solving or limits as proof); what it proposes is a term to be checked, never a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from derive.backends.sympy import (
    Lowering,
    Refusal,
    back_table,
    conjuncts,
    from_sympy,
    lowering,
    to_sympy,
)
from derive.backends.sympy_sums import split_sums
from derive.core.claim import CASE, Cited, Context, Fact, Obligation
from derive.core.sort import REAL, Scalar
from derive.core.term import (
    ONE,
    App,
    Bind,
    Sym,
    Term,
    conj,
    free_symbols,
    fresh_name,
    le,
    map_children,
    substitute,
)
from derive.core.verdict import Attempt
from derive.engines.worker import Finished, Stopped, run_limited
from derive.kernel.arrays import scalarise
from derive.kernel.derivative import Refusal as NoDerivative
from derive.kernel.derivative import differentiate
from derive.kernel.goal import prepare

ENGINE = "sympy"
AGREES, DISAGREES, UNDECIDED = "agrees", "disagrees", "undecided"
SECONDS, MEGABYTES = 10.0, 1024
MAX_EQUATIONS = 4


@dataclass(frozen=True, slots=True)
class Opinion:
    """What SymPy makes of a claim; `detail` says how, or what stopped it ("timeout", ...)."""

    answer: str
    detail: str
    seconds: float

    def attempt(self) -> Attempt:
        """The same as an attempt that proved nothing."""
        return Attempt(ENGINE, self.detail)


def second_opinion(
    obligation: Obligation, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Opinion:
    """Does the difference of the sides simplify to 0? Only equalities of scalars are judged."""
    import sympy  # noqa: F401 - loaded once here, so that no child loads it again

    found = run_limited(_judge, (obligation,), seconds, megabytes)
    if isinstance(found, Stopped):
        return Opinion(UNDECIDED, found.reason, found.seconds)
    answer, detail = found.value
    return Opinion(answer, detail, found.seconds)


def _judge(obligation: Obligation) -> tuple[str, str]:
    """The opinion on every part of the claim; the child's work."""
    details = list[str]()
    for claim, context in goals(obligation.claim, obligation.context):
        answer, detail = _judge_goal(claim, context, obligation.cited)
        if answer != AGREES:
            return answer, detail
        details.append(detail)
    return AGREES, "; ".join(dict.fromkeys(details)) or "nothing to show"


def goals(claim: Term, context: Context) -> list[tuple[Term, Context]]:
    """The scalar relations that a claim consists of, each with the facts that lead to it."""
    claim = scalarise(context.unfold(claim))
    match claim:
        case App("and", parts):
            return [g for part in parts for g in goals(part, context)]
        case App("=>", (premise, conclusion)):
            return goals(conclusion, context.with_facts(Fact("", premise, CASE)))
        case Bind("forall", var, over, body):
            new = _fresh(var, context, claim)
            inner = context.with_symbols(new)
            if over:
                ends = conj(le(over[0], new), le(new, over[1]))
                inner = inner.with_facts(Fact("", ends, CASE))
            return goals(substitute(body, {var: new}), inner)
    return [(claim, context)]


def _fresh(var: Sym, context: Context, claim: Term) -> Sym:
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(claim)}
    taken |= {s.name for f in context.facts for s in free_symbols(f.claim)}
    return Sym(fresh_name(var.name, taken), var.sort)


def _judge_goal(claim: Term, context: Context, cited: Cited) -> tuple[str, str]:
    import sympy

    match claim:
        case App("true", ()):
            return AGREES, "trivial"
        case App("=", (left, right)):
            pass
        case _:
            return UNDECIDED, "not an equality"
    table = lowering(context, claim, *(f.claim for f in context.facts))
    sides = [_lowered(t, context, table) for t in (left, right)]
    for side in sides:
        if isinstance(side, Refusal):
            return UNDECIDED, side.reason
    if any(s.has(sympy.oo, sympy.nan, sympy.zoo) for s in sides):
        return UNDECIDED, "an infinite or undefined value"
    work = _Difference(sides[0] - sides[1], _ranges(context, table))
    for steps in (work.cheap(), work.equations(context, table, cited), work.dear()):
        for name, step in steps:
            result = _attempted(step)
            if result is not None and result == 0:
                return AGREES, f"the difference of the sides becomes 0 by {name}"
            if result is not None and _is_other_number(result):
                return DISAGREES, f"the difference of the sides becomes {result}"
    return UNDECIDED, "the difference of the sides was not simplified to 0"


def _attempted(step: Callable[[], Any]) -> Any:
    """The step's result, None where SymPy fails in any of its ways."""
    try:
        return step()
    except MemoryError:
        raise
    except Exception:
        return None


def _lowered(term: Term, context: Context, table: Lowering) -> Any:
    """The term for SymPy, derivatives by entries of arrays taken by our own rules first."""
    found = to_sympy(_entries_differentiated(term), context, table)
    if isinstance(found, Refusal):
        other = prepare(term, context)
        return found if other is None or other == term else to_sympy(other, context, table)
    return found


def _entries_differentiated(term: Term) -> Term:
    if isinstance(term, App) and term.op == "partial":
        done = differentiate(term)
        return term if isinstance(done, NoDerivative) else done
    return map_children(term, _entries_differentiated)


def _ranges(context: Context, table: Lowering) -> dict[Any, tuple[Any, Any]]:
    """The bounds that the facts give for integer symbols, on SymPy's side."""
    lows, highs = dict[Any, Any](), dict[Any, Any]()
    for fact in context.facts:
        for part in conjuncts(fact.claim):
            match part:
                case App("<=", (low, Sym(_, Scalar.INTEGER) as symbol)) if symbol in table.symbols:
                    lows.setdefault(table.symbols[symbol], to_sympy(low, context, table))
            match part:
                case App("<=", (Sym(_, Scalar.INTEGER) as symbol, high)) if symbol in table.symbols:
                    highs.setdefault(table.symbols[symbol], to_sympy(high, context, table))
    both = {s: (lows[s], highs[s]) for s in lows if s in highs}
    return {s: b for s, b in both.items() if not any(isinstance(e, Refusal) for e in b)}


def _is_other_number(difference: Any) -> bool:
    """Is the difference a number other than 0, whatever the symbols are?"""
    if not difference.is_number or difference.is_finite is not True:
        return False
    return bool(abs(difference.evalf(40)) > 1e-15)


_Steps = list[tuple[str, Callable[[], Any]]]


@dataclass(frozen=True, slots=True)
class _Difference:
    """The difference of two sides, and ways to make it 0 from cheap to dear."""

    expr: Any
    ranges: Mapping[Any, tuple[Any, Any]]

    def split(self, expr: Any) -> Any:
        """Products multiplied out, sums split, deltas contracted."""
        import sympy

        return sympy.expand(split_sums(sympy.expand(expr), self.ranges))

    def logless(self) -> Any:
        """Logarithms of products taken apart where the signs are known."""
        import sympy

        return self.split(sympy.expand_log(self.split(self.expr)))

    def cheap(self) -> _Steps:
        import sympy

        return [
            ("expansion", lambda: sympy.expand(self.expr)),
            ("linearity of sums", lambda: self.split(self.expr)),
            ("expansion of logarithms", self.logless),
            ("cancellation", lambda: sympy.cancel(sympy.together(self.logless()))),
        ]

    def dear(self) -> _Steps:
        import sympy

        return [
            ("evaluation", self.evaluated),
            ("simplification", lambda: sympy.simplify(self.expr)),
            ("rewriting with exp", lambda: sympy.simplify(self.expr.rewrite(sympy.exp))),
        ]

    def evaluated(self) -> Any:
        """Sums and integrals over finite ranges written out; improper integrals are left alone."""
        import sympy

        for integral in self.expr.atoms(sympy.Integral):
            if any(end.is_finite is False for limits in integral.limits for end in limits[1:]):
                return None
        return sympy.simplify(sympy.expand(self.expr.doit()))

    def equations(self, context: Context, table: Lowering, cited: Cited) -> _Steps:
        """Reduction of the numerator by the equations that may be used."""
        import sympy

        found = list[Any]()
        for fact in context.facts:
            usable = cited == Cited() or fact.name in cited.facts or not fact.name
            if not usable or not isinstance(fact.claim, App) or fact.claim.op != "=":
                continue
            gap = [_lowered(t, context, table) for t in fact.claim.args]
            if not any(isinstance(g, Refusal) for g in gap):
                found.append(sympy.numer(sympy.together(self.split(gap[0] - gap[1]))))
        atoms = self.expr.free_symbols | self.expr.atoms(sympy.Function)
        found = [e for e in found if (e.free_symbols | e.atoms(sympy.Function)) & atoms]
        if not found or len(found) > MAX_EQUATIONS:
            return []
        return [("the equations of the hypotheses", lambda: _reduced(self.logless(), found))]


def _reduced(expr: Any, equations: list[Any]) -> Any:
    """0 if the numerator is in the ideal of the equations, None otherwise."""
    import sympy

    numerator = sympy.expand(sympy.numer(sympy.together(expr)))
    generators = sorted(
        set(sympy.Poly(numerator).gens).union(*(sympy.Poly(e).gens for e in equations)),
        key=sympy.default_sort_key,
    )
    basis = sympy.groebner(equations, *generators, order="grevlex")
    return sympy.Integer(0) if basis.reduce(numerator)[1] == 0 else None


# ---------------------------------------------------------------- proposals


Proposal: TypeAlias = Term | Attempt


def propose_antiderivative(
    term: Term, var: Sym, context: Context | None = None, seconds: float = SECONDS
) -> Proposal:
    """A term whose derivative by `var` SymPy believes to be `term`."""
    found: Proposal = _run(_antiderivative, (term, var, context or Context()), seconds)
    return found


def _antiderivative(term: Term, var: Sym, context: Context) -> Any:
    import sympy

    table = lowering(context, term, var)
    body = to_sympy(term, context, table)
    if isinstance(body, Refusal):
        return body.reason
    found = sympy.integrate(body, table.symbols[var])
    if found.has(sympy.Integral):
        return "no antiderivative found"
    return _raised(found, table)


def propose_sum(
    term: Bind, context: Context | None = None, seconds: float = SECONDS
) -> Proposal:
    """A closed form that SymPy believes a sum or a product to have."""
    found: Proposal = _run(_closed_form, (term, context or Context()), seconds)
    return found


def _closed_form(term: Bind, context: Context) -> Any:
    import sympy

    table = lowering(context, term)
    whole = to_sympy(term, context, table)
    if isinstance(whole, Refusal):
        return whole.reason
    found = sympy.simplify(whole.doit())
    if found.has(sympy.Sum, sympy.Product):
        return "no closed form found"
    return _raised(found, table)


def propose_roots(
    equation: Term, var: Sym, context: Context | None = None, seconds: float = SECONDS
) -> tuple[Term, ...] | Attempt:
    """Values that SymPy believes to solve an equation; some may be lost, and some may be wrong."""
    found = _run(_roots, (equation, var, context or Context()), seconds)
    return found if isinstance(found, Attempt) else tuple(found)


def _roots(equation: App, var: Sym, context: Context) -> Any:
    import sympy

    if equation.op != "=":
        return "not an equation"
    table = lowering(context, equation, var)
    sides: list[Any] = [to_sympy(t, context, table) for t in equation.args]
    for side in sides:
        if isinstance(side, Refusal):
            return side.reason
    unknown = table.symbols[var]
    numerator = sympy.numer(sympy.together(sympy.expand(sides[0] - sides[1]).doit()))
    found = sympy.solve(sympy.expand(numerator), unknown)
    raised = [_raised(root, table) for root in found]
    return [r for r in raised if not isinstance(r, str)]


def propose_limit(
    term: Bind, context: Context | None = None, seconds: float = SECONDS
) -> Proposal:
    """A value that SymPy believes a limit to have; from both sides where both are asked for."""
    found: Proposal = _run(_limit, (term, context or Context()), seconds)
    return found


def _limit(term: Bind, context: Context) -> Any:
    import sympy

    point, side = term.over
    var = Sym(term.var.name, REAL)
    table = lowering(context, point)
    dummy = sympy.Dummy(var.name, real=True)
    table = table.bind(term.var, dummy)
    body, place = to_sympy(term.body, context, table), to_sympy(point, context, table)
    for part in (body, place):
        if isinstance(part, Refusal):
            return part.reason
    direction = "+" if side == ONE else "+-" if repr(side) == "0" else "-"
    if place in (sympy.oo, -sympy.oo):
        direction = "-" if place == sympy.oo else "+"
    try:
        found = sympy.limit(body, dummy, place, direction)
    except ValueError:
        return "the limit from both sides does not exist"
    return "no limit found" if found.has(sympy.Limit) else _raised(found, table)


def _raised(found: Any, table: Any) -> Any:
    """Our term, or the reason why there is none as text."""
    term = from_sympy(found, back_table(table))
    return term.reason if isinstance(term, Refusal) else term


def _run(work: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> Any:
    """The child's value, or an attempt that says what stopped it."""
    import sympy  # noqa: F401 - loaded once here, so that no child loads it again

    match run_limited(work, args, seconds, MEGABYTES):
        case Finished(str() as reason, _):
            return Attempt(ENGINE, reason)
        case Finished(value, _):
            return value
        case Stopped(reason, _):
            return Attempt(ENGINE, reason)

