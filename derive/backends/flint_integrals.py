"""Integrals over finite intervals, enclosed by Arb (Johansson, Numerical integration in arbitrary-precision
ball arithmetic, 2018).

Promise: only integrands made of operators that are analytic where they are evaluated; `log`, `sqrt` and real
powers need an argument with positive real part, `abs` one whose real part has a sign. Anything else, and an
integral that does not converge quickly, raises `NotDecided`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import acb, arb, ctx

from derive.backends.flint_numbers import (
    PLAIN,
    NotDecided,
    NotDefined,
    Number,
    Pair,
    as_pair,
)
from derive.core.term import App, Bind, Sym, Term, free_symbols, subterms

_ANALYTIC = frozenset(
    {"+", "-", "*", "/", "neg", "^", "exp", "sin", "cos", "sinh", "cosh", "tanh", "tan", "log", "sqrt",
     "abs", "index", "pdf"}
)


MAX_PRECISION = 96


def analytic(body: Term, var: Sym) -> bool:
    """Is the integrand built of operators that continue analytically?"""
    for term in subterms(body):
        if var not in free_symbols(term):
            continue
        match term:
            case App(op, _) if op in _ANALYTIC:
                pass
            case Bind("sum" | "prod", _, (low, high), _):
                if var in free_symbols(low) | free_symbols(high):
                    return False
            case Sym():
                pass
            case _:
                return False
    return True


def integral(value: Callable[[Number, bool], Number], low: Number, high: Number) -> Number:
    """The integral of a function of a complex number from `low` to `high`."""

    def integrand(z: Any, must_be_analytic: bool) -> Any:
        try:
            real = not must_be_analytic and z.imag.is_zero()
            at = z.real if real else Pair(z.real, z.imag)
            found = as_pair(value(at, bool(must_be_analytic)))
            if type(found.re) not in PLAIN or type(found.im) not in PLAIN:
                return acb("nan")
            return acb(arb(found.re), arb(found.im))
        except (NotDecided, NotDefined):
            return acb("nan")

    old, ctx.prec = ctx.prec, min(ctx.prec, MAX_PRECISION)
    close = arb(2) ** -(ctx.prec // 2 + 8)
    try:
        found = acb.integral(
            integrand, acb(arb(low)), acb(arb(high)), rel_tol=close, abs_tol=close, eval_limit=2500
        )
    finally:
        ctx.prec = old
    if not found.is_finite() or not found.real.rad() < arb(2) ** -20 * (1 + abs(found.real)):
        raise NotDecided("the integral does not converge quickly", final=True)
    return found.real
