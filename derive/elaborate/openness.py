"""Which hypotheses are open conditions: true around every point where they are true.

Promise: `is_open_condition` says yes only of strict inequalities and `!=` between terms that are
defined and continuous everywhere; an equation that rests on one may still be differentiated.
"""

from __future__ import annotations

from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import App, Bind, Num, Sym, Term

# Defined and continuous for all real arguments. `sqrt` is not: {x : sqrt(x) < 1} is not open.
_TOTAL = frozenset(
    {
        "+",
        "-",
        "*",
        "neg",
        "abs",
        "exp",
        "sin",
        "cos",
        "tanh",
        "sinh",
        "cosh",
        "atan",
        "max",
        "min",
        "sigmoid",
        "softplus",
        "relu",
        "pi",
    }
)
_TOTAL_OF_ARRAYS = frozenset({"index", "dot", "norm", "mean", "tr", "transpose", "matmul"})


def is_open_condition(claim: Term) -> bool:
    """Is the set where the claim holds certainly open, in each real variable that it mentions?"""
    match claim:
        case App("<" | "!=", (left, right)):
            return _continuous(left) and _continuous(right)
        case App("and", args):
            return all(map(is_open_condition, args))
        case App("<=", (left, right)):
            return _discrete(left) and _discrete(right)
        case Bind("forall", _, (low, high), body):
            return _discrete(low) and _discrete(high) and is_open_condition(body)
    return False


def _continuous(term: Term) -> bool:
    match term:
        case Num():
            return True
        case Sym(_, sort):
            return sort in (INTEGER, REAL) or isinstance(sort, Array)
        case App("^", (base, Num(value))):
            return value.denominator == 1 and value >= 0 and _continuous(base)
        case App(op, args) if op in _TOTAL or op in _TOTAL_OF_ARRAYS:
            return all(map(_continuous, args))
        case Bind("sum" | "prod", _, (low, high), body):
            return _discrete(low) and _discrete(high) and _continuous(body)
    return False


def _discrete(term: Term) -> bool:
    """Built from integers alone, so it does not vary where a real variable does."""
    match term:
        case Num():
            return True
        case Sym(_, sort):
            return sort is INTEGER
        case App("+" | "-" | "*" | "neg", args):
            return all(map(_discrete, args))
    return False
