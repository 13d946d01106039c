"""Concrete functions for function symbols at sample points.

Promise: closed `lam` terms from a short fixed list, chosen by the number of the attempt; none for sorts that
have none here.
"""

from __future__ import annotations

from derive.core.sort import BOOL, COMPLEX, INTEGER, REAL, Array, Function, Sort
from derive.core.term import App, Bind, Sym, Term, add, index, mul, num, power, sub


def function_value(sort: Function, number: int) -> Term | None:
    """A concrete function of a sort, from a short list; None for sorts without one."""
    if len(sort.args) != 1 or sort.result in (BOOL, INTEGER):
        return _several(sort, number)
    (arg,) = sort.args
    t = Sym("t", arg)
    if arg in (REAL, INTEGER, COMPLEX) and sort.result in (REAL, COMPLEX):
        bodies = (
            power(t, num(2)), add(t, num(1)), App("exp", (t,)), t, App("sin", (t,)),
            sub(power(t, num(3)), t), num(1), mul(num(-2), t),
        )
        return Bind("lam", t, (), bodies[number % len(bodies)])
    if isinstance(arg, Array) and len(arg.shape) == 1 and sort.result is REAL:
        i = Sym("i", INTEGER)
        inner = (
            power(index(t, i), num(2)), index(t, i), mul(i, index(t, i)),
            App("exp", (index(t, i),)),
        )
        return Bind(
            "lam", t, (), Bind("sum", i, (num(1), arg.shape[0]), inner[number % len(inner)])
        )
    if isinstance(arg, Array) and arg == sort.result:
        maps = (t, mul(num(2), t), mul(num(-1), t))
        return Bind("lam", t, (), maps[number % len(maps)])
    return _several(sort, number)


def _several(sort: Function, number: int) -> Term | None:
    """A function of several scalars."""
    scalars: list[Sort] = [REAL, INTEGER]
    if sort.result is not REAL or not all(a in scalars for a in sort.args):
        return None
    names = [Sym(f"t{i}", a) for i, a in enumerate(sort.args, 1)]
    body: Term = (
        add(*names) if number % 3 == 0 else mul(*names) if number % 3 == 1
        else add(power(names[0], num(2)), *[mul(num(i), n) for i, n in enumerate(names[1:], 2)])
    )
    for name in reversed(names):
        body = Bind("lam", name, (), body)
    return body
