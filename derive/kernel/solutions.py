"""Finite solution sets of equations in one variable, with roots and absolute values.

Promise: `solutions(...)` returns exactly the set of rational solutions in the declared domain, or None. Every
solution of `p = 0` is a root of its norm (the product with the conjugates `-sqrt`, `-abs`), a polynomial over
the rationals; the norm's roots are all found by factoring, and each is put back into the equation as written.
Without putting back: `sqrt(x + 2) = x <=> x = 2 or x = -1` (tests/unsound/squared_equation.drv).
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App, Sym, free_symbols
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus

_MOST = 6


def norm(run: Normaliser, p: Poly) -> Poly:
    """`p` times its conjugates: free of square roots and absolute values, 0 wherever `p` is."""
    for _ in range(_MOST):
        p = run.clear(p)
        chosen = next(
            (a for m in sorted(p, key=run.monomial_key) for a, e in m if _is_radical(run, a, e)), None
        )
        if chosen is None:
            return p
        even: Poly = {}
        odd: Poly = {}
        for m, c in p.items():
            e = dict(m).get(chosen, 0)
            part = odd if e else even
            part[m] = c
        p = minus(run.times(even, even), run.times(odd, odd))
    raise Decline("too many roots in one equation")


def _is_radical(run: Normaliser, atom: int, e: int | Fraction) -> bool:
    term = run.atoms[atom]
    return isinstance(term, App) and (
        (term.op == "root" and e == Fraction(1, 2)) or (term.op == "abs" and e == 1)
    )


def rational_roots(run: Normaliser, p: Poly, variable: Sym) -> set[Fraction] | None:
    """All real roots of a polynomial over the rationals, if they are rational; None otherwise."""
    if not p or not run.is_real(p):
        return None
    atom = run.ids.get(variable)
    if any(a != atom for m in p for a, _ in m):
        return None
    floors = run._floors(p)
    lifted = run._divide_content(p, floors) if floors else p
    roots: set[Fraction] = {Fraction(0)} if any(e > 0 for e in floors.values()) else set()
    _, factors = run.factor(lifted)
    if not factors and len(lifted) == 1:
        return roots
    for f, _ in factors:
        coefficients = {int(dict(m).get(atom, 0)): c for m, c in f.items()}  # type: ignore[arg-type]
        degree = max(coefficients)
        if degree == 1:
            roots.add(-coefficients.get(0, Fraction(0)) / coefficients[1])
        elif degree == 2:
            a, b, c = (coefficients.get(k, Fraction(0)) for k in (2, 1, 0))
            if b * b - 4 * a * c >= 0:
                return None
        else:
            return None
    return roots


def variable_of(*terms: object) -> Sym | None:
    """The one free symbol of some terms."""
    found = set().union(*(free_symbols(t) for t in terms))  # type: ignore[arg-type]
    return next(iter(found)) if len(found) == 1 else None


