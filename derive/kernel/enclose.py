"""Enclosures of closed real numbers by ball arithmetic.

Promise: `sign_of_number` answers only where a ball excludes 0; arb's balls contain the exact value
(Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, 2017).
"""

from __future__ import annotations

from typing import Any

from derive.core.term import App, Num, Term


def sign_of_number(term: Term) -> str | None:
    """"+" or "-" where the number is separated from 0 at 256 bits."""
    import flint

    before = flint.ctx.prec
    flint.ctx.prec = 256
    try:
        ball = _ball(term)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    finally:
        flint.ctx.prec = before
    if ball is None or not ball.is_finite():
        return None
    if ball > 0:
        return "+"
    return "-" if ball < 0 else None


def _ball(term: Term) -> Any:
    import flint

    if isinstance(term, Num):
        value = term.value
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    if not isinstance(term, App):
        return None
    args = [_ball(a) for a in term.args]
    if any(a is None for a in args):
        return None
    match term.op:
        case "pi":
            return flint.arb.pi()
        case "+":
            return args[0] + args[1]
        case "-":
            return args[0] - args[1]
        case "*":
            return args[0] * args[1]
        case "neg":
            return -args[0]
        case "exp":
            return args[0].exp()
        case "cos":
            return args[0].cos()
        case "log" if args[0] > 0:
            return args[0].log()
        case "abs":
            return abs(args[0])
        case "poly" | "root":
            return args[0]
        case "^" if isinstance(term.args[1], Num):
            exponent = term.args[1].value
            if exponent.denominator == 1 and abs(exponent) <= 1000:
                return args[0] ** int(exponent)
            return args[0] ** args[1] if args[0] > 0 else None
    return None
