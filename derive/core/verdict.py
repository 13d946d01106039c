"""Verdicts: what a step is worth, from best to worst, and the evidence for it.

Promise: a verdict has no truth value (`bool()` raises), so "I do not know" never decays into yes or no;
and verdicts combine only downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.core.term import Term


class Kind(IntEnum):
    """The verdicts; smaller is better, so the weakest of several is their maximum."""

    PROVED = 0
    CONDITIONAL = 1
    SUPPORTED = 2
    UNKNOWN = 3
    ADMITTED = 4
    REFUTED = 5

    @property
    def word(self) -> str:
        """The word that reports and settings use."""
        return self.name.lower()


class Trust(IntEnum):
    """What a proof rests on; smaller is better."""

    EXACT = 0
    ENCLOSURE = 1
    ORACLE = 2
    ASSUMED = 3

    @property
    def word(self) -> str:
        """The word that reports and settings use."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Witness:
    """A point that satisfies every hypothesis and breaks the claim.

    `point` gives values as text in the file's names (`z[1] = 0`), `sizes` the dims; `left` and `right`
    are the two sides, exact where `exact`. `values` are the same assignments as exact rationals
    (arrays as nested tuples), for independent recomputation.
    """

    point: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    left: str
    right: str
    exact: bool
    values: tuple[tuple[str, Value], ...] = ()
    note: str = ""


Value = Fraction | tuple["Value", ...] | tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine's answer to one obligation when it did not prove it: what stopped it."""

    engine: str
    reason: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A condition with its own verdict; `failing` is a point where it fails, if one was found."""

    claim: Term
    kind: Kind
    failing: Witness | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one obligation.

    `trust` is None unless PROVED or CONDITIONAL. `uses` lists all it rests on, transitively: hypotheses,
    steps, theorems, rules, oracles. `conditions` are the owed conditions with their verdicts (those proved
    included). `tried` says what stopped each engine when nothing settled the claim.
    """

    kind: Kind
    trust: Trust | None = None
    engine: str = ""
    uses: frozenset[str] = frozenset()
    conditions: tuple[Owed, ...] = ()
    witness: Witness | None = None
    tried: tuple[Attempt, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        raise TypeError("a verdict has no truth value: compare its kind")


def weakest(kinds: tuple[Kind, ...]) -> Kind:
    """The worst of several verdicts; PROVED for none."""
    return max(kinds, default=Kind.PROVED)


def weakest_trust(trusts: tuple[Trust | None, ...]) -> Trust:
    """The worst of several trusts; EXACT for none."""
    return max((t for t in trusts if t is not None), default=Trust.EXACT)
