"""Square roots of numbers as sums of roots of unity, where they are.

Promise: what is given equals the root exactly: the square is compared in a cyclotomic field, and the root
taken is the positive one.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from derive.core.term import App, Num
from derive.kernel.poly import UNIT, Poly, add_poly, constant, scale

if TYPE_CHECKING:
    from derive.kernel.complex_numbers import ComplexNumbers

HALF = Fraction(1, 2)
# sqrt(2) = 2*cos(pi/4), sqrt(3) = 2*cos(pi/6), sqrt(5) = 1 + 4*cos(2*pi/5), as (constant, coefficient, turn)
_PRIMES = {
    2: (0, 1, Fraction(1, 4)),
    3: (0, 1, Fraction(1, 6)),
    5: (1, 2, Fraction(2, 5)),
}
_PARTS_OF_PI = (5, 8, 10, 12, 16, 20, 24)
MAX_NESTING = 3


def as_roots_of_unity(run: ComplexNumbers, p: Poly, depth: int = 0) -> Poly:
    """The polynomial with square roots written by powers of `exp(im*pi)`, where it has use for that."""
    if depth > MAX_NESTING or not (depth or _needs_it(run, p)):
        return p
    total: Poly = {}
    for m, c in p.items():
        step = constant(c)
        for a, e in m:
            found = _root(run, a, depth) if e == HALF else None
            step = run.times(step, {((a, e),): Fraction(1)} if found is None else found)
        total = add_poly(total, step)
    return total


def _needs_it(run: ComplexNumbers, p: Poly) -> bool:
    """Are there angles besides right ones, or roots of roots?"""
    for m in p:
        for a, e in m:
            if a == UNIT and Fraction(e).denominator > 2:
                return True
            term = run.atoms[a]
            if isinstance(term, App) and term.op == "root" and not isinstance(term.args[0], Num):
                return True
    return False


def _root(run: ComplexNumbers, atom: int, depth: int) -> Poly | None:
    """The positive square root of what a `root` atom is about."""
    term = run.atoms[atom]
    if not (isinstance(term, App) and term.op == "root"):
        return None
    if isinstance(term.args[0], Num):
        return _of_prime(run, term.args[0].value)
    inner = run.definition(term)
    if not all(a == UNIT or _is_root(run, a) for m in inner for a, _ in m):
        return None
    square = run.reduce_unit(as_roots_of_unity(run, inner, depth + 1))
    for n in _PARTS_OF_PI:
        for k in range(1, (n + 1) // 2):
            if gcd(k, n) == 1:
                found = _multiple_of_cosine(run, square, Fraction(k, n), depth)
                if found is not None:
                    return found
    return None


def _is_root(run: ComplexNumbers, atom: int) -> bool:
    term = run.atoms[atom]
    return isinstance(term, App) and term.op == "root"


def _of_prime(run: ComplexNumbers, value: Fraction) -> Poly | None:
    row = _PRIMES.get(int(value)) if value.denominator == 1 else None
    if row is None:
        return None
    shift, c, turn = row
    return add_poly(constant(shift), scale(_twice_cosine(run, turn), c))


def _twice_cosine(run: ComplexNumbers, turn: Fraction) -> Poly:
    """`2*cos(turn*pi)`."""
    return add_poly(run.monomial([(UNIT, turn)]), run.monomial([(UNIT, -turn)]))


def _multiple_of_cosine(run: ComplexNumbers, square: Poly, turn: Fraction, depth: int) -> Poly | None:
    """`sqrt(c)*2*cos(turn*pi)` where its square is the one given; the cosine is positive below a quarter turn.

    Without the positive multiple: the root of a negative number.
    """
    cosine = _twice_cosine(run, turn)
    wanted = run.reduce_unit(run.times(cosine, cosine))
    if not wanted or set(wanted) != set(square):
        return None
    some = next(iter(wanted))
    c = square[some] / wanted[some]
    if c <= 0 or square != scale(wanted, c):
        return None
    factor = as_roots_of_unity(run, run.times(run.root(constant(c), HALF), run.monomial([(UNIT, turn)])), depth + 1)
    other = as_roots_of_unity(run, run.times(run.root(constant(c), HALF), run.monomial([(UNIT, -turn)])), depth + 1)
    return add_poly(factor, other)
