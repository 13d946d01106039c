"""Signs of what is written with complex exponentials and conjugates: squared moduli, sines and cosines on a
range, sums of roots of unity.

Promise: as for `Signs`: "+", "-", "0+", "0-" say that the value is real, and they and "!0" hold wherever the
terms are defined and the facts hold.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.core.term import IM, PI, App, Num, Term, add, mul
from derive.kernel.poly import (
    UNIT,
    Decline,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
)
from derive.kernel.signs import ENCLOSURE, Sign, add_signs, multiply_signs

if TYPE_CHECKING:
    from derive.kernel.sign_arguments import SignArguments

HALF = Fraction(1, 2)
_UP = ("+", "0+", "0")
MAX_TERMS, MAX_DEPTH = 40, 3


# ---------------------------------------------------------------- squared moduli


def of_pairs(run: SignArguments, p: Poly, depth: int) -> Sign:
    """The sign of a product of numbers with their conjugates, and of a sum of such products."""
    total: Sign = "0"
    for m, c in p.items():
        total = add_signs(total, _pair_of_atoms(run, m, c, depth))
    if total is not None or len(p) > MAX_TERMS or run.denominators(p) or depth > MAX_DEPTH:
        return total
    found = _conjugate_factors(run, p, depth)
    if found is None:
        return None
    square, strict = found
    quotient = run.divide(p, square)
    if quotient is None or len(quotient) != 1:
        return None
    ((m, c),) = quotient.items()
    return multiply_signs(_pair_of_atoms(run, m, c, depth), "+" if strict else "0+")


def _pair_of_atoms(run: SignArguments, m: Monomial, c: Fraction, depth: int) -> Sign:
    """The sign of a monomial whose complex atoms stand beside their conjugates.

    Without the conjugate: z^2 >= 0 for a complex z.
    """
    total: Sign = "+" if c > 0 else "-"
    rest = dict(m)
    for a, e in m:
        if a not in rest:
            continue
        del rest[a]
        mirror = None if a == UNIT else _mirror(run, a)
        if mirror is None:
            return None
        if mirror == a:
            inner = run.monomial_sign(((a, e),), depth + 1)
        elif rest.pop(mirror, None) != e:
            return None
        else:
            known = {run.atom_sign(b, depth + 1) for b in (a, mirror)}
            inner = "+" if e < 0 or run.is_exponential(a) or "!0" in known else "0+"
        total = multiply_signs(total, inner)
    return total


def _mirror(run: SignArguments, atom: int) -> int | None:
    """The atom that is the conjugate of another."""
    if run.atom_is_real(atom):
        return atom
    try:
        other = run.conjugate({((atom, 1),): Fraction(1)})
    except Decline:
        return None
    if len(other) != 1:
        return None
    ((m, c),) = other.items()
    return m[0][0] if c == 1 and len(m) == 1 and m[0][1] == 1 else None


def _conjugate_factors(run: SignArguments, p: Poly, depth: int) -> tuple[Poly, bool] | None:
    """`q*conj(q)` made of the factors of `p`, and whether it is known not to be 0."""
    _, factors = run.factor(p)
    left = [(f, e) for f, e in factors]
    square, strict = constant(1), True
    while left:
        f, e = left.pop()
        try:
            other = run.conjugate(f)
        except Decline:
            return None
        partner = next((g for g, k in left if k == e and run.divide(other, g) is not None), None)
        if partner is not None:
            left.remove((partner, e))
        elif e % 2:
            return None
        else:
            e //= 2
        root = run.integer_power(f, e)
        square = run.times(square, run.times(root, run.conjugate(root)))
        strict = strict and run.sign(f, depth + 2) in ("+", "-", "!0")
    return (square, strict) if factors else None


# ---------------------------------------------------------------- sines and cosines on a range


def of_two_units(run: SignArguments, p: Poly, depth: int) -> Sign:
    """`c*(E1 - E2)` and `c*(E1 + E2)` of complex units: a sine, or a cosine, of half the angle between them."""
    if len(p) != 2 or depth > MAX_DEPTH:
        return None
    (m1, c1), (m2, c2) = p.items()
    if abs(c1) != abs(c2):
        return None
    one, two = angle(run, m1), angle(run, m2)
    if one is None or two is None:
        return None
    half_way, between = scale(add_poly(one, two), HALF), scale(minus(one, two), HALF)
    # E1 - E2 = exp(i*half_way)*2*i*sin(between), E1 + E2 = exp(i*half_way)*2*cos(between)
    quarter = scale(run.normal(PI), HALF)
    if c1 == -c2:
        half_way = add_poly(half_way, quarter)
    else:
        between = add_poly(between, quarter)
    found = _sine(run, between)
    turns = _half_turns(run, half_way)
    if found is None or turns is None:
        return "!0" if found in ("+", "-") else None
    positive = (turns % 2 == 0) == (c1 > 0)
    return found if positive else {"+": "-", "-": "+", "0+": "0-", "0-": "0+"}[found]


def angle(run: SignArguments, m: Monomial) -> Poly | None:
    """The real `a` when the monomial is `exp(i*a)`."""
    total: Poly = {}
    for a, e in m:
        if a == UNIT:
            total = add_poly(total, scale(run.normal(PI), Fraction(e)))
            continue
        match run.atoms[a]:
            case App("exp", (arg,)):
                inner = run.times(run.normal(arg), run.invert(run.normal(IM)))
                if not run.is_real(inner):
                    # without this: exp(z) would have modulus 1
                    return None
                total = add_poly(total, scale(inner, Fraction(e)))
            case _:
                return None
    return total


def _half_turns(run: SignArguments, p: Poly) -> int | None:
    """The whole number k when the angle is `k*pi`."""
    over = run.times(p, run.invert(run.normal(PI)))
    if not is_constant(over) or over.get((), Fraction(0)).denominator != 1:
        return None
    return int(over.get((), Fraction(0)))


def _sine(run: SignArguments, p: Poly) -> Sign:
    """The sign of the sine of a real angle that is known to lie between two multiples of pi.

    Without both ends: sin(t/2) = sqrt((1 - cos(t))/2) for every t >= 0.
    """
    half_turn = run.normal(PI)
    for k in (0, -1, 1, -2):
        low = run.sign(minus(p, scale(half_turn, k)))
        if low not in _UP:
            continue
        high = run.sign(minus(scale(half_turn, k + 1), p))
        if high not in _UP:
            continue
        strict = low == "+" == high
        return ("+" if strict else "0+") if k % 2 == 0 else ("-" if strict else "0-")
    return None


# ---------------------------------------------------------------- roots of unity


def of_roots_of_unity(run: SignArguments, p: Poly, depth: int) -> Sign:
    """The sign of a sum of rational multiples of roots of unity: they are reduced in a cyclotomic field."""
    if not any(a == UNIT for m in p for a, _ in m):
        return None
    reduced = run.reduce_unit(run.surds(p))
    if not reduced:
        return "0"
    if any(a != UNIT for m in reduced for a, _ in m) or not run.is_reduced(reduced):
        return None
    if not run.is_zero(minus(reduced, run.conjugate(reduced))):
        return "!0"
    from derive.kernel.enclose import sign_of_number

    found = sign_of_number(_cosines(reduced))
    if found is None:
        return "!0"
    run.use(ENCLOSURE)
    return found


def _cosines(p: Poly) -> Term:
    """The real part of a sum of roots of unity, as a term."""
    parts = []
    for m, c in sorted(p.items()):
        turn = Fraction(m[0][1]) if m else Fraction(0)
        parts.append(mul(Num(c), App("cos", (mul(Num(turn), PI),))))
    return add(*parts)
