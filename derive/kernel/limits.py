"""Limits by germs: what a term tends to, computed operator by operator with exact leading terms.

Promise: `limit_of` gives a value only where, under the facts and the premises it returns, the body is defined near
the point and tends to that value, from both sides where both are asked for. No operator without a row here is
passed, and computer algebra is never asked.
"""

from __future__ import annotations

from derive.core.claim import CASE, Context, Fact
from derive.core.operator import OPERATORS
from derive.core.shape import sort_of
from derive.core.sort import INTEGER, REAL
from derive.core.term import (
    INF,
    ONE,
    PI,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    div,
    free_symbols,
    le,
    mentions,
    mul,
    neg,
    sub,
    substitute,
    subterms,
)
from derive.kernel.certificate import ALL_FEATURES
from derive.kernel.conditions import conditions
from derive.kernel.continuity import surface
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.exponentials import inverse_hyperbolic
from derive.kernel.germ import ORDER, UNIT_SCALE, Germ, Germs, Scale, scale_of
from derive.kernel.goal import Goal, normaliser
from derive.kernel.guards import for_all
from derive.kernel.poly import Decline, Poly, constant, scale
from derive.kernel.primitive import Theorem

_ENTIRE = frozenset({"sin", "cos", "atan", "tanh", "sinh", "cosh", "erf"})


class Limits(Germs):
    """Germs of terms in one variable, which is `start` plus or minus t, or plus or minus 1/t."""

    def __init__(self, variable: Sym, near: Germ, context: Context) -> None:
        run, _ = normaliser(Goal(App("true", ()), context), ALL_FEATURES, ())
        super().__init__(run)
        self.variable, self.near = variable, near
        self.premises: list[Term] = []
        self.context = context
        self.grows = False
        self.seen: frozenset[str] = frozenset()
        self.bound_by: list[tuple[Sym, tuple[Term, Term]]] = []
        self.orders: dict[Sym, Scale | None] = {}

    def of(self, term: Term) -> Germ:
        """The germ of a term."""
        if self.variable not in free_symbols(term):
            self._owe_defined(term)
            return self.constant(self.run.normal(term))
        match term:
            case Sym():
                return self.near
            case App(op, args):
                return self._app(term, op, args)
            case Bind("sum", var, (low, high), body):
                return self._sum(var, low, high, body)
        raise Decline("a term whose behaviour near the point is not known")

    def _owe_defined(self, term: Term) -> None:
        # without this: lim(x -> 0, x*log(a)) would be 0 for a < 0 too
        owed = conditions(term, self.context)
        for var, over in reversed(self.bound_by):
            owed = for_all(var, over, owed)
        self.premises += [c for c in owed if c not in self.premises]

    def _app(self, term: App, op: str, args: tuple[Term, ...]) -> Germ:
        match op, args:
            case "+", (a, b):
                return self.add(self.of(a), self.of(b))
            case "-", (a, b):
                return self.add(self.of(a), self._negative(self.of(b)))
            case "neg", (a,):
                return self._negative(self.of(a))
            case "*", (a, b):
                return self.times(self.of(a), self.of(b))
            case "/", (a, b):
                return self.times(self.of(a), self.inverse(self.of(b)))
            case "^", (base, exponent):
                return self._power(base, exponent)
            case "apply", (Sym() as function, at) if function in self.orders and at == self.variable:
                # some function that is known to be of this order, and nothing else about it
                return Germ((), self.orders[function])
            case "exp", (a,):
                return self.exp(self.of(a))
            case "log", (a,):
                return self.log(self.of(a))
            case "sqrt", (a,):
                return self.power(self.of(a), self.run.normal(Num(ONE.value / 2)))
            case ("sigmoid" | "softplus" | "relu"), (a,):
                expand = OPERATORS[op].expand
                assert expand is not None
                return self.of(expand((a,)))
            case ("asinh" | "acosh" | "atanh"), (a,):
                return self.of(inverse_hyperbolic(op, a))
            case "factorial", (a,) if sort_of(a) is INTEGER:
                return self._stirling(self.of(a))
            case "Gamma", (a,):
                return self._stirling(self.add(self.of(a), self.constant(constant(-1))))
            case ("max" | "min"), (a, b):
                larger = self.sign(self.add(self.of(a), self._negative(self.of(b)))) >= 0
                return self.of(a if larger == (op == "max") else b)
            case "ite", (condition, then, otherwise):
                return self.of(then if self.holds(condition) else otherwise)
            case "indicator", (condition,):
                return self.constant(constant(1 if self.holds(condition) else 0))
        if len(args) == 1:
            return self._function(op, self.of(args[0]), term)
        raise Decline(f"the behaviour of {op} near the point is not known")

    def _negative(self, g: Germ) -> Germ:
        return self.scaled(g, constant(-1))

    def _power(self, base: Term, exponent: Term) -> Germ:
        if self.variable in free_symbols(exponent):
            # a base that is not positive is owed nothing here: it is declined by `log`
            return self.exp(self.times(self.of(exponent), self.log(self.of(base))))
        self._owe_defined(exponent)
        return self.power(self.of(base), self.run.normal(exponent))

    def _function(self, op: str, g: Germ, term: App) -> Germ:
        """A function of one argument: by its Taylor series at a number, by what is known of it at infinity."""
        if op == "abs":
            return g if self.sign(g) >= 0 else self._negative(g)
        if op == "sign":
            return self.constant(constant(self.sign(g)))
        if op == "cbrt":
            third = self.run.normal(div(ONE, Num(3)))
            return self.power(g, third) if self.sign(g) > 0 else self._negative(self.power(self._negative(g), third))
        if op in ("floor", "ceil"):
            return self.add(g, Germ((), UNIT_SCALE))
        try:
            return self._taylor(op, g)
        except Decline:
            return self._far(op, g, term)

    def _taylor(self, op: str, g: Germ) -> Germ:
        e, start = self.split(g)
        at = self.run.to_term(start)
        u = Sym("~u", REAL)
        here: Term = App(op, (u,))
        # the function is analytic where this is known; without it: asin at 1, tan at pi/2
        for owed in _analytic_where(op, at):
            if self.run.sign(self.run.normal(owed)) not in ("+", "!0", "-"):
                raise Decline(f"{op} is not known to be smooth there")
        coefficients: list[Poly] = []
        factorial = 1
        for j in range(ORDER):
            factorial *= max(j, 1)
            coefficients.append(scale(self.run.normal(substitute(here, {u: at})), ONE.value / factorial))
            if not e.terms and e.rest is None:
                break
            following = derivative(here, u)
            if isinstance(following, Refusal):
                raise Decline(following.reason)
            here = following
        return self.compose(coefficients, e)

    def _far(self, op: str, g: Germ, term: App) -> Germ:
        """Where the argument grows without bound, or does not settle."""
        match op:
            case "sin" | "cos":
                # at most 1 in size, whatever the argument does
                return Germ((), UNIT_SCALE)
            case "sinh" | "cosh" | "tanh":
                up, down = self.exp(g), self.exp(self._negative(g))
                even, odd = self.add(up, down), self.add(up, self._negative(down))
                if op == "tanh":
                    return self.times(odd, self.inverse(even))
                return self.scaled(even if op == "cosh" else odd, self.run.normal(div(ONE, TWO)))
        sign = self.sign(g)
        if self.compare(self.leading(g)[0], UNIT_SCALE) <= 0:
            raise Decline(f"{op} at a place that is not known")
        match op:
            case "atan":
                # atan(x) = pi/2 - atan(1/x) for x > 0 (DLMF 4.24.15)
                half = self.constant(self.run.normal(mul(Num(sign), div(PI, TWO))))
                return self.add(half, self._negative(self._taylor("atan", self.inverse(g))))
            case "erf":
                # 1 - erf(x) <= exp(-x^2) for x >= 0 (DLMF 7.8.3)
                tail = self.bound(self.exp(self._negative(self.times(g, g))))
                assert tail is not None
                return Germ(((UNIT_SCALE, constant(sign)),), tail)
        raise Decline(f"{op} at infinity")

    def _stirling(self, g: Germ) -> Germ:
        """`x!` for x that grows: Stirling's series with its error of order x^-3 (DLMF 5.11.1, 5.11.8)."""
        m, _, sign = self.leading(g)
        if sign != "+" or self.compare(m, UNIT_SCALE) <= 0:
            raise Decline("a factorial of what is not seen to grow")
        log = self.log(g)
        half = self.constant(self.run.normal(div(ONE, TWO)))
        below = self.inverse(g)
        tail = self.bound(self.times(below, self.times(below, below)))
        assert tail is not None
        parts = (
            self.times(self.add(g, half), log), self._negative(g),
            self.constant(self.run.normal(div(App("log", (mul(TWO, PI),)), TWO))),
            self.scaled(below, self.run.normal(div(ONE, Num(12)))), Germ((), tail),
        )
        return self.exp(self.add(*parts))

    def _sum(self, var: Sym, low: Term, high: Term, body: Term) -> Germ:
        """A finite sum: term by term, with coefficients that are sums; its scales must not depend on the index."""
        if any(self.variable in free_symbols(e) or mentions(e, "inf") for e in (low, high)):
            # without this: n terms of size 1/n would vanish as n grows
            return self._closed(Bind("sum", var, (low, high), body))
        self._owe_defined(low)
        self._owe_defined(high)
        fresh, inner = self.run.enter(var, low, high, body)
        self.bound_by.append((fresh, (low, high)))
        try:
            g = self.of(inner)
        finally:
            self.bound_by.pop()
        scales = [m for m, _ in g.terms] + ([] if g.rest is None else [g.rest])
        for m in scales:
            parts = [*m.growth().values(), m.exponent()]
            if any(fresh in free_symbols(self.run.to_term(p)) for p in parts):
                raise Decline("a sum whose terms grow at different rates")
        terms: dict[Scale, Poly] = {}
        for m, p in g.terms:
            terms[m] = self.run.normal(Bind("sum", fresh, (low, high), self.run.to_term(p)))
        return self.made(terms, [] if g.rest is None else [g.rest])

    def _closed(self, term: Bind) -> Germ:
        """A sum whose range grows with the variable, by its closed form for a variable that is large."""
        if self.variable.sort is not INTEGER or not self.grows:
            raise Decline("a sum whose range varies")
        self._owe_defined_far_out(term)
        large = Fact("", le(ONE, self.variable), CASE)
        run, _ = normaliser(Goal(App("true", ()), self.context.with_facts(large)), ALL_FEATURES, ())
        closed = surface(run.to_term(run.simplify(run.normal(term))))
        self.run.used |= run.used
        if any(isinstance(t, Bind) and self.variable in free_symbols(t) for t in subterms(closed)):
            # without this: n terms of size 1/n would vanish as n grows
            raise Decline("a sum whose range varies")
        return self.of(closed)

    def _owe_defined_far_out(self, term: Bind) -> None:
        """The sum is defined for every value of the variable from 1 on."""
        for c in conditions(term, self.context):
            claim = Bind("forall", self.variable, (ONE, INF), c)
            self.premises += [claim] if claim not in self.premises else []

    def holds(self, condition: Term) -> bool:
        """Is a condition true near the point (or false there)?"""
        match condition:
            case App("<" | "<=" | "=" | "!=" as op, (a, b)):
                sign = self.sign(self.add(self.of(b), self._negative(self.of(a))))
                return {"<": sign > 0, "<=": sign >= 0, "=": sign == 0, "!=": sign != 0}[op]
            case App("and", parts):
                # every part is looked at: a part that is not known, or not defined, is not skipped
                return all(tuple(self.holds(p) for p in parts))
            case App("or", parts):
                return any(tuple(self.holds(p) for p in parts))
            case App("not", (a,)):
                return not self.holds(a)
        raise Decline("a condition that is not known near the point")


def _analytic_where(op: str, at: Term) -> tuple[Term, ...]:
    """What must not be 0 for the function to be analytic at a number; declines what is in no table."""
    if op in _ENTIRE:
        return ()
    match op:
        case "tan":
            return (App("cos", (at,)),)
    raise Decline(f"{op} has no series here")


def near(limits: Germs, point: Term, side: int) -> Germ:
    """The variable near a point: `point + side*t`, or `side/t` at an infinity."""
    if point in (INF, neg(INF)):
        return Germ(((scale_of({}, constant(-1)), constant(1 if point == INF else -1)),))
    if mentions(point, "inf"):
        raise Decline("a point that is infinity in disguise")
    return limits.add(
        limits.constant(limits.run.normal(point)), Germ(((scale_of({}, constant(1)), constant(side)),))
    )


def germ_at(body: Term, variable: Sym, point: Term, side: int, context: Context) -> tuple[Limits, Germ]:
    """The germ of a term at a point, from a side, with what it owes."""
    if any(variable in free_symbols(f.claim) for f in context.facts):
        # without this: a hypothesis about a free x would hold for the one that tends to 0
        raise Decline("the variable has a meaning outside")
    limits = Limits(variable, Germ(()), context)
    limits.near = near(limits, point, side)
    limits.grows = point == INF
    g = limits.of(body)
    # noted at once: the run is shared, and begins anew for the next one who asks for it
    limits.seen = frozenset(limits.run.used)
    return limits, g


def one_sided(
    body: Term, variable: Sym, point: Term, side: int, context: Context
) -> tuple[Limits, Poly]:
    """The number that a term tends to at a point, from a side."""
    limits, g = germ_at(body, variable, point, side, context)
    _, found = limits.split(g)
    limits.seen |= frozenset(limits.run.used)
    return limits, found


def limit_of(term: Bind, context: Context) -> Theorem:
    """The value of a limit. Without both sides: abs(x)/x at 0 (tests/unsound/limit_from_one_side.drv)."""
    point, side = term.over
    infinite = point in (INF, neg(INF))
    if not infinite and term.var.sort is not REAL:
        raise Decline("the variable of this limit is not real")
    if term.var in free_symbols(point) or not isinstance(side, Num):
        raise Decline("the point of a limit that depends on its variable")
    premises = () if infinite else conditions(point, context)
    sides = (1,) if infinite else (int(side.value),) if side.value else (1, -1)
    found: list[tuple[Limits, Poly]] = []
    for s in sides:
        limits, p = one_sided(term.body, term.var, point, s, context)
        premises += tuple(limits.premises)
        found.append((limits, p))
    limits, p = found[0]
    for other, q in found[1:]:
        gap = sub(limits.run.to_term(p), other.run.to_term(q))
        if not limits.run.is_zero(limits.run.normal(gap)):
            raise Decline("the limits from the two sides are not seen to agree")
    used = frozenset().union(*(l.seen for l, _ in found), limits.run.used)
    return Theorem(tuple(dict.fromkeys(premises)), limits.run.to_term(p), used)
