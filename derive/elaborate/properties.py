"""Properties of functions as what they say: `convex`, `concave`, `increasing`, `decreasing`, `lipschitz(L)`.

Promise: `property_of` gives the defining inequality for all arguments, on the whole of the function's sort,
or None for a word or a sort of which that cannot be said here (`smooth(L)` needs a derivative).
"""

from __future__ import annotations

from derive.core.sort import REAL, Array, Function, Sort
from derive.core.term import (
    ONE,
    ZERO,
    App,
    Bind,
    Sym,
    Term,
    add,
    conj,
    free_symbols,
    fresh_name,
    implies,
    le,
    mul,
    sub,
)

WORDS = {"convex": 0, "concave": 0, "increasing": 0, "decreasing": 0, "lipschitz": 1}


def property_of(word: str, function: Term, sort: Sort, args: tuple[Term, ...]) -> Term | None:
    """The proposition that a function has a property."""
    if WORDS.get(word) != len(args) or not isinstance(sort, Function) or len(sort.args) != 1:
        return None
    (domain,) = sort.args
    if sort.result is not REAL or not _is_space(domain):
        return None
    taken = {s.name for s in free_symbols(function).union(*map(free_symbols, args))}
    x, y = (Sym(fresh_name(n, taken), domain) for n in "xy")
    t = Sym(fresh_name("t", taken), REAL)

    def at(point: Term) -> Term:
        return App("apply", (function, point))

    if word in ("convex", "concave"):
        # without 0 <= t <= 1: the chord's inequality turns round beyond its ends
        # (tests/unsound/weights_beyond_the_chord.drv)
        middle, chord = at(_mix(t, x, y)), _mix(t, at(x), at(y))
        says = le(middle, chord) if word == "convex" else le(chord, middle)
        return _every((x, y, t), implies(conj(le(ZERO, t), le(t, ONE)), says))
    if word == "lipschitz":
        gap = sub(x, y)
        length = App("norm", (gap,)) if isinstance(domain, Array) else App("abs", (gap,))
        return _every((x, y), le(App("abs", (sub(at(x), at(y)),)), mul(args[0], length)))
    if domain is not REAL:
        return None
    says = le(at(x), at(y)) if word == "increasing" else le(at(y), at(x))
    return _every((x, y), implies(le(x, y), says))


def _is_space(domain: Sort) -> bool:
    return domain is REAL or (isinstance(domain, Array) and domain.entry is REAL and len(domain.shape) == 1)


def _mix(t: Term, one: Term, other: Term) -> Term:
    return add(mul(t, one), mul(sub(ONE, t), other))


def _every(variables: tuple[Sym, ...], claim: Term) -> Term:
    for var in reversed(variables):
        claim = Bind("forall", var, (), claim)
    return claim
