"""Our scalar terms as SymPy expressions, built node by node; no text is ever parsed or evaluated.

Promise: what SymPy reads otherwise than we do is refused with a reason: arrays, gradients, reversed
ranges, even roots of unknown sign. Conditions are not SymPy's business: they are computed from our terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from derive.core.claim import Context
from derive.core.law_values import closed_form, is_of_laws
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Scalar
from derive.core.term import App, Bind, Num, Sym, Term, children, free_symbols, mentions, subterms

MAX_NODES, MAX_EXPONENT, MAX_BITS = 4000, 1000, 4000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a term has no counterpart on the other side."""

    reason: str


class _RefusalError(Exception):
    """Carries the reason up; it never leaves the module."""


@dataclass(frozen=True, slots=True)
class Lowering:
    """Symbols on both sides: `symbols` ours to SymPy's (functions for arrays), `bound` inside binders."""

    symbols: Mapping[Sym, Any]

    def bind(self, symbol: Sym, dummy: Any) -> Lowering:
        """The same with a bound variable."""
        return Lowering({**self.symbols, symbol: dummy})


def lowering(context: Context, *terms: Term) -> Lowering:
    """SymPy symbols with the assumptions that the facts of the context state outright."""
    wanted = set(context.symbols).union(*(free_symbols(t) for t in terms))
    return Lowering({
        s: _symbol(s, number, _assumptions(s, context))
        for number, s in enumerate(sorted(wanted, key=lambda s: (s.name, repr(s.sort))))
    })


def _symbol(symbol: Sym, number: int, assumptions: dict[str, bool]) -> Any:
    import sympy

    # The number keeps apart two symbols that share a name but not a sort.
    name = f"{symbol.name}#{number}"
    try:
        if isinstance(symbol.sort, Array):
            return sympy.Function(name, **assumptions)
        return sympy.Symbol(name, **assumptions)
    except sympy.core.facts.InconsistentAssumptions:
        return sympy.Symbol(name)


def _assumptions(symbol: Sym, context: Context) -> dict[str, bool]:
    sort = symbol.sort.entry if isinstance(symbol.sort, Array) else symbol.sort
    if not isinstance(sort, Scalar) or sort is COMPLEX:
        return {}
    found = {"integer": True} if sort is INTEGER else {"real": True}
    for fact in context.facts:
        for part in conjuncts(fact.claim):
            found.update(_sign(part, symbol))
    return found


def conjuncts(claim: Term) -> tuple[Term, ...]:
    """The parts of a conjunction, the claim itself for any other."""
    return claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)


def _sign(fact: Term, symbol: Sym) -> dict[str, bool]:
    """What one fact says outright of a symbol, or of every entry of an array."""
    bound = list[Term]()
    while isinstance(fact, Bind) and fact.op == "forall" and len(fact.over) == 2:
        bound.append(fact.var)
        fact = fact.body
    subject: Term = App("index", (symbol, *bound)) if bound else symbol
    if isinstance(symbol.sort, Array) != bool(bound):
        return {}
    match fact:
        case App("<" | "<=" as op, (Num(low), right)) if right == subject:
            if low > 0 or (low == 0 and op == "<"):
                return {"positive": True}
            return {"nonnegative": True} if low == 0 else {}
        case App("<" | "<=" as op, (left, Num(high))) if left == subject:
            if high < 0 or (high == 0 and op == "<"):
                return {"negative": True}
            return {"nonpositive": True} if high == 0 else {}
        case App("!=", (left, right)) if {left, right} == {subject, Num(0)}:
            return {"nonzero": True}
    return {}


def to_sympy(term: Term, context: Context, table: Lowering | None = None) -> Any | Refusal:
    """The SymPy expression of a scalar term; definitions are unfolded first."""
    term = context.unfold(term)
    if sum(1 for _, _ in zip(subterms(term), range(MAX_NODES), strict=False)) >= MAX_NODES:
        return Refusal("too large for SymPy")
    try:
        return _lower(term, table or lowering(context, term))
    except _RefusalError as refused:
        return Refusal(str(refused))
    except RecursionError:
        return Refusal("nested too deeply")


def refuse(reason: str) -> NoReturn:
    """End the translation with a reason."""
    raise _RefusalError(reason)


def _lower(term: Term, table: Lowering) -> Any:
    import sympy

    match term:
        case Num(value):
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                refuse("a number too large for SymPy")
            return sympy.Rational(value.numerator, value.denominator)
        case Sym(_, sort):
            if sort not in (REAL, INTEGER, COMPLEX) or term not in table.symbols:
                refuse(f"`{term.name}` is no number here")
            return table.symbols[term]
        case App():
            return _lower_app(term, table)
        case Bind():
            return _lower_bind(term, table)


def _lower_app(term: App, table: Lowering) -> Any:
    op, args = term.op, term.args
    match op, args:
        case "index", (Sym() as base, *indices):
            sort, function = base.sort, table.symbols.get(base)
            if function is None or not isinstance(sort, Array):
                refuse("an array of unknown entries")
            if len(indices) != len(sort.shape):
                refuse("a row of an array")
            return function(*(_lower(i, table) for i in indices))
        case "deriv", (Bind("lam", var, _, body), point):
            return _lower_derivative(var, body, point, table)
        case "ite", (condition, then, other):
            import sympy

            cases = ((_lower(then, table), _lower_claim(condition, table)),
                     (_lower(other, table), True))
            return sympy.Piecewise(*cases)
        case "indicator", (condition,):
            import sympy

            return sympy.Piecewise((1, _lower_claim(condition, table)), (0, True))
        case _ if is_of_laws(op, args):
            known = closed_form(op, args)
            if known is None or mentions(known[0], "ite"):
                refuse("a density with a support")
            return _lower(known[0], table)
        case "^", (base, exponent):
            return _lower_power(base, exponent, table)
    from derive.backends.sympy_functions import function_of

    return function_of(op, tuple(_lower(a, table) for a in args))


def _lower_power(base: Term, exponent: Term, table: Lowering) -> Any:
    import sympy

    if isinstance(exponent, Num) and abs(exponent.value) > MAX_EXPONENT:
        refuse("an exponent too large for SymPy")
    low, high = _lower(base, table), _lower(exponent, table)
    if low.is_number and high.is_number and abs(high) > MAX_EXPONENT:
        refuse("an exponent too large for SymPy")
    return sympy.Pow(low, high)


def _lower_derivative(var: Sym, body: Term, point: Term, table: Lowering) -> Any:
    """SymPy's derivative by a scalar variable that is a fresh dummy, so that nothing is captured."""
    import sympy

    if var.sort is not REAL:
        refuse("a derivative by something that is no real number")
    dummy = sympy.Dummy(var.name, real=True)
    slope = sympy.diff(_lower(body, table.bind(var, dummy)), dummy)
    if slope.has(sympy.Derivative, sympy.Subs):
        refuse("a derivative that SymPy leaves unevaluated")
    return slope.subs(dummy, _lower(point, table))


def _lower_bind(term: Bind, table: Lowering) -> Any:
    import sympy

    from derive.backends.sympy_sums import index_dummy

    op, var, over, body = term.op, term.var, term.over, term.body
    if op not in ("sum", "prod", "int") or len(over) != 2:
        refuse(f"`{op}` is not read by SymPy as we mean it")
    low, high = (_lower(o, table) for o in over)
    if op == "int":
        dummy = sympy.Dummy(var.name, real=True)
        return sympy.Integral(_lower(body, table.bind(var, dummy)), (dummy, low, high))
    length = sympy.expand(high - low + 1)
    if length.is_number and length <= 0:
        return sympy.Integer(0 if op == "sum" else 1)
    # SymPy reads a reversed range with a sign (sum over 3..1 = -sum over 2..2); ours is empty.
    if length.is_nonnegative is not True:
        refuse("a range that may be reversed")
    dummy = index_dummy(_height(body), positive=low.is_positive is True)
    inner = _lower(body, table.bind(var, dummy))
    return (sympy.Sum if op == "sum" else sympy.Product)(inner, (dummy, low, high))


def _height(body: Term) -> int:
    """How deep binders are nested in the body."""
    inner = max((_height(c) for c in children(body)), default=0)
    return inner + 1 if isinstance(body, Bind) else inner


def _lower_claim(claim: Term, table: Lowering) -> Any:
    import sympy

    match claim:
        case App("=" | "!=" | "<" | "<=" as op, (left, right)):
            kinds = {"=": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le}
            return kinds[op](_lower(left, table), _lower(right, table))
        case App("and", parts):
            return sympy.And(*(_lower_claim(p, table) for p in parts))
        case App("or", parts):
            return sympy.Or(*(_lower_claim(p, table) for p in parts))
        case App("not", (part,)):
            return sympy.Not(_lower_claim(part, table))
        case App("true" | "false" as op, ()):
            return sympy.true if op == "true" else sympy.false
    refuse("a condition that SymPy does not read")


# ---------------------------------------------------------------- back


def back_table(table: Lowering) -> dict[Any, Sym]:
    """SymPy's symbols and functions to ours."""
    return {theirs: ours for ours, theirs in table.symbols.items()}


def from_sympy(expr: Any, symbols: Mapping[Any, Sym]) -> Term | Refusal:
    """Our term for a SymPy expression; floats and unknown heads are refused."""
    from derive.backends.sympy_functions import raised

    try:
        return raised(expr, dict(symbols), _names(symbols.values()))
    except _RefusalError as refused:
        return Refusal(str(refused))
    except RecursionError:
        return Refusal("nested too deeply")


def _names(symbols: Iterable[Sym]) -> frozenset[str]:
    return frozenset(s.name for s in symbols)


def fraction_of(number: Any) -> Fraction:
    """A SymPy rational as a Fraction."""
    return Fraction(int(number.p), int(number.q))
