"""Which two laws a comparison of entropies is about: instances of Gibbs' inequality to try.

Promise: only proposals, in a fixed order and in bounded number; the kernel checks the signs of the masses.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.term import ONE, App, Bind, Sym, Term, add, div, free_symbols, mul, sub, subterms
from derive.kernel.certificate import Instance

_MOST = 12
Ranges = tuple[tuple[Sym, Term, Term], ...]


def gibbs_instances(claim: Term) -> Iterator[Instance]:
    """Pairs of masses under the same sums, as they stand in weighted logarithms."""
    found: dict[Instance, None] = {}
    for ranges, body in _chains(claim):
        for p, q in _pairs(ranges, body):
            found.setdefault(Instance("gibbs", (_summed(ranges, p), _summed(ranges, q))))
    yield from list(found)[:_MOST]


def _chains(claim: Term) -> Iterator[tuple[Ranges, Term]]:
    """The sums that stand in no other sum, with their bodies, through sums of sums."""
    stack: list[Term] = [claim]
    seen: set[Term] = set()
    while stack:
        term = stack.pop(0)
        if term in seen:
            continue
        seen.add(term)
        if isinstance(term, Bind) and term.op == "sum":
            ranges: list[tuple[Sym, Term, Term]] = []
            while isinstance(term, Bind) and term.op == "sum":
                low, high = term.over
                ranges.append((term.var, low, high))
                term = term.body
            yield tuple(ranges), term
        elif isinstance(term, App):
            stack += term.args
        elif isinstance(term, Bind):
            stack.append(term.body)


def _pairs(ranges: Ranges, body: Term) -> Iterator[tuple[Term, Term]]:
    logs: list[Term] = []
    for t in subterms(body):
        match t:
            case App("xlogy", (x, App("/", (a, b)))) if a == x:
                yield x, b
            case App("xlogy", (x, y)) if x != y:
                yield x, y
            case App("xlogy", (x, _)):
                yield x, _even(ranges)
            case App("log", (App("/", (a, b)),)):
                yield a, b
                yield b, a
            case App("log", (a,)):
                logs.append(a)
    inside = {v for v, _, _ in ranges}
    logs = [a for a in dict.fromkeys(logs) if free_symbols(a) & inside][:4]
    for a in logs:
        yield from ((a, b) for b in logs if a != b)
        yield a, _even(ranges)
    if isinstance(body, App) and body.op == "*":
        yield from ((w, a) for w in body.args for a in logs if free_symbols(w) & inside)


def _even(ranges: Ranges) -> Term:
    """The mass of each place under the uniform law."""
    return div(ONE, mul(*(high if low == ONE else add(sub(high, low), ONE) for _, low, high in ranges)))


def _summed(ranges: Ranges, mass: Term) -> Term:
    for var, low, high in reversed(ranges):
        mass = Bind("sum", var, (low, high), mass)
    return mass
