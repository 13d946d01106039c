"""Certificates: the closed list of forms in which an engine may say why a claim follows.

Promise: a certificate is data that names facts, rules, methods and terms to try; nothing in it is taken on
trust, and there are no hashes and no results in it. The kernel computes the rest itself (`accept.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from derive.core.term import Bind, Sym, Term

# What the normal form may use beyond commutative rings, sums and definitions.
ALL_FEATURES = frozenset({"log", "exp", "diff"})


@dataclass(frozen=True, slots=True)
class Normal:
    """The claim holds by the normal form: identities reduce to 0, orders to a known sign.

    `equations` names the facts whose equations may rewrite; other facts serve for signs and conditions only.
    """

    equations: tuple[str, ...] = ()
    features: frozenset[str] = ALL_FEATURES


@dataclass(frozen=True, slots=True)
class Noncommutative:
    """The claim about matrices holds by the noncommutative normal form (`noncommutative.py`).

    `equations` names the facts whose equations may rewrite.
    """

    equations: tuple[str, ...] = ()
    features: frozenset[str] = ALL_FEATURES


@dataclass(frozen=True, slots=True)
class Fact:
    """The claim is a fact of the context, up to unfolding, bound names and the normal forms of its sides."""

    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a named inequality of `lemmas.py`: a quantity that is at least 0."""

    lemma: str
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A rational weight, as text, times a product of nonnegative quantities."""

    weight: str
    factors: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """`scale*(right - left)` is a nonnegative combination, with `scale > 0`: Farkas, squares, lemmas.

    `facts` are equations that may be used in the identity.
    """

    parts: tuple[Part, ...]
    scale: Term | None = None
    equations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Congruence:
    """The arguments of a monotone operator are compared; one part for each subgoal of `order.congruence`."""

    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """A logarithm, an exponential or a root is taken off one side; parts as in `order.strip`."""

    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Squares:
    """The squares of the sides compare, and the right side is at least 0; parts as in `order.squares`."""

    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Pointwise:
    """Expectations are compared at every sample point; a part for the claim of `pointwise.pointwise`."""

    part: Certificate


@dataclass(frozen=True, slots=True)
class Logs:
    """Both sides are positive, and their logarithms compare; parts as in `order.logs`."""

    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """`right - left = factor*rest` with a factor known to be at least 0, and a certificate for `0 <= rest`."""

    factor: Term
    rest: Term
    part: Certificate


@dataclass(frozen=True, slots=True)
class Chord:
    """The difference is concave between two points where it is at least 0; parts as in `order.chord`."""

    variable: Sym
    low: Term
    high: Term
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Slope:
    """Truth at a point and the sign of the slope on both sides; parts as in `order.slope`."""

    variable: Sym
    point: Term
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Two cases: where a real term is at least 0, and where it is at most 0."""

    term: Term
    above: Certificate
    below: Certificate


@dataclass(frozen=True, slots=True)
class Through:
    """`a <= c` from `a <= b` and `b <= c` (strict where one of them is)."""

    middle: Term
    first: Certificate
    second: Certificate


@dataclass(frozen=True, slots=True)
class Both:
    """An equivalence by its two directions."""

    forward: Certificate
    backward: Certificate


@dataclass(frozen=True, slots=True)
class Contrary:
    """By contraposition: were the goal false, `premise` (a fact here, or a part of one) would be."""

    premise: Term
    part: Certificate


@dataclass(frozen=True, slots=True)
class Squeeze:
    """`a = b` from `a <= b` and `b <= a`."""

    below: Certificate
    above: Certificate


@dataclass(frozen=True, slots=True)
class Apart:
    """`a != b` from `a < b` (`below`) or from `b < a`."""

    below: bool
    part: Certificate


@dataclass(frozen=True, slots=True)
class Termwise:
    """Two sums (products, extrema) over one range are equal term by term."""

    part: Certificate


@dataclass(frozen=True, slots=True)
class Exponentials:
    """`a <= b` from `exp(a) <= exp(b)`."""

    part: Certificate


@dataclass(frozen=True, slots=True)
class StrictSlope:
    """As `Slope`, strict away from the point; parts as in `strict.py`."""

    variable: Sym
    point: Term
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the alternatives of a disjunction, by its number."""

    number: int
    part: Certificate


@dataclass(frozen=True, slots=True)
class Induction:
    """A claim about a whole number, from its least value upwards; parts as in `ascent.py`.

    `by_difference`: the gap of the sides does not change (of `<=`: does not grow) from one number to the next;
    otherwise the claim at one number is a premise of the claim at the next.
    """

    variable: Sym
    low: int
    by_difference: bool
    base: Certificate
    step: Certificate


@dataclass(frozen=True, slots=True)
class Intro:
    """Quantifiers and premises are introduced; one part for each atomic goal."""

    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Optimum:
    """The unique maximiser or minimiser (or the largest or smallest value), by a method of `optimum.py`.

    `parts` are the certificates of the premises, in the order in which the kernel computes them; `terms` are
    what the method asks for: a multiplier, a matrix, a function for each coordinate.
    """

    method: str
    parts: tuple[Certificate, ...]
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class FactAt:
    """A fact about every value of some sorts at these values: its premises by `owed`, then the goal from it."""

    name: str
    values: tuple[Term, ...]
    owed: tuple[Certificate, ...]
    part: Certificate


@dataclass(frozen=True, slots=True)
class Value:
    """Why an integral, a limit or an endless sum has the value that `evaluate.py` computes for it.

    `method` names a theorem, `terms` what it is to be used with, `parts` show its premises in order.
    """

    term: Bind
    method: str
    terms: tuple[Term, ...]
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class OfOrder:
    """A term is of an order near a point: each pair, a fact of that kind and a subterm, takes the subterm out.

    `parts` show the premises in the order in which `landau.py` computes them.
    """

    taken_out: tuple[tuple[Term, Term], ...]
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Bounded:
    """A term is of an order because it is at most a constant times that everywhere."""

    constant: Term
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The claim follows with its integrals, limits and endless sums replaced by their values.

    With `gathered`, both sides are first brought together, integrals over the same range into one.
    """

    values: tuple[Value, ...]
    part: Certificate
    gathered: bool = False


Certificate: TypeAlias = (
    Normal | Noncommutative | Fact | Combination | Congruence | Strip | Squares | Pointwise | Logs | Product | Chord
    | Slope | Split | Through | Induction | Both | Contrary | Squeeze | Apart | Alternative
    | Termwise | Exponentials | StrictSlope | Intro | Optimum | FactAt | Evaluated
    | OfOrder | Bounded
)
