"""The matrix exponential among words: closed forms by the square of the exponent, inverses, transposes.

Promise: the element read from `expm(a)` equals it wherever the facts hold. Sources: Higham, Functions of Matrices,
sections 1.2 and 10.1: `expm(a).H = expm(a.H)`, `inv(expm(a)) = expm(-a)`. Products of exponentials stay products.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.core.term import App, Term
from derive.kernel.arrays import entry
from derive.kernel.letters import CONJUGATED, REVERSED, Element, Generator
from derive.kernel.matrix_exponential import closed, multiple, of_square
from derive.kernel.poly import constant, is_constant, minus, value_of

if TYPE_CHECKING:
    from derive.kernel.matrices import Matrices

FLAGS = (0, REVERSED, CONJUGATED, REVERSED | CONJUGATED)


def exponential(words: Matrices, a: Term) -> Element:
    """`expm(a)`."""
    c, base = multiple(a)
    e = words.read(base)
    if not e.parts:
        return words.identity(e.shape[0])
    square = words.normalised(words.times(e, e))
    if words.is_zero(words.minus(square, e)):
        # a projection: eye + (exp(c) - 1)*P
        factor = minus(words.value(App("exp", (c,))), constant(1))
        return words.plus(words.identity(e.shape[0]), words.scaled(e, factor))
    q = _number(square)
    if q is not None:
        return words.read(of_square(c, base, q))
    literal = closed(a, entry)
    return words.read(literal) if literal is not None else _letter(words, words.read(a))


def _number(square: Element) -> Fraction | None:
    """The rational q of `q*eye(n)`."""
    if not square.parts:
        return Fraction(0)
    if set(square.parts) != {()} or not is_constant(square.parts[()]):
        return None
    return value_of(square.parts[()])


def _letter(words: Matrices, e: Element) -> Element:
    """A letter for the exponential: one for the exponent, its transpose, its conjugate and its negative."""
    if not e.parts:
        return words.identity(e.shape[0])
    choices = []
    for flag in FLAGS:
        for sign in (1, -1):
            other = words.scaled(words.turned(e, flag), constant(sign))
            choices.append((repr(words.to_term(other)), flag, sign, other))
    _, flag, sign, chosen = min(choices, key=lambda choice: choice[0])
    letter = _number_of(words, chosen), flag
    if sign == 1:
        return words.single(words.letter(*letter))
    return words.turned(words.inverse_of_letter((letter[0], 0), frozenset()), flag)


def _number_of(words: Matrices, e: Element) -> int:
    """The generator `expm(e)`, with what its exponent makes of it."""
    term = App("expm", (words.to_term(e),))
    if term in words.ids:
        return words.ids[term]
    real = words.is_real_element(e)
    symmetric = words.equal(words.turned(e, REVERSED), e)
    hermitian = not real and words.equal(words.turned(e, REVERSED | CONJUGATED), e)
    names = frozenset(words.used)
    made = Generator(term, e.shape, real, symmetric, None, names, hermitian=hermitian and not symmetric)
    number = words.generator(made)
    unit, one = words.identity(e.shape[0]), words.single(words.letter(number, 0))
    for flag in (REVERSED, REVERSED | CONJUGATED):
        if words.equal(words.turned(e, flag), words.scaled(e, constant(-1))):
            # the transpose, or its conjugate, is the inverse.
            # Without the sign: expm(A) would be unitary for a Hermitian A
            other = words.single(words.letter(number, flag))
            words.relate(words.minus(words.times(other, one), unit), names)
            words.relate(words.minus(words.times(one, other), unit), names)
    return number
