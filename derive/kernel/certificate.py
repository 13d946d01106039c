"""Certificates: the closed list of forms in which an engine may say why a claim follows.

Promise: a certificate is data that names facts, rules and methods; it holds no terms that the kernel would
have to take on trust, no hashes and no results. The kernel computes the rest itself (`accept.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

# The laws that the normal form may use beyond commutative rings, sums and definitions.
ALL_FEATURES = frozenset({"log", "exp", "diff"})


@dataclass(frozen=True, slots=True)
class Normal:
    """The claim holds by the normal form: identities reduce to 0, orders to a known sign.

    `equations` names the facts whose equations may rewrite; other facts serve for signs and conditions only.
    """

    equations: tuple[str, ...] = ()
    features: frozenset[str] = ALL_FEATURES


@dataclass(frozen=True, slots=True)
class Monotone:
    """A comparison follows from one fact by adding to both sides and scaling: `rhs - lhs = c*(r - l) + rest`.

    Each `(fact, weight)` is scaled by the rational text `weight`; the rest must have a known sign.
    """

    facts: tuple[tuple[str, str], ...]
    features: frozenset[str] = ALL_FEATURES


@dataclass(frozen=True, slots=True)
class Optimum:
    """The unique maximiser or minimiser, by `stationary_point_of_concave` or `rises_then_falls`.

    `parts` are the certificates of the premises, in the order in which `optimum.py` computes them.
    """

    method: str
    parts: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """The claim is a fact of the context, word for word up to unfolding and bound names."""

    name: str


Certificate: TypeAlias = Normal | Monotone | Optimum | Fact
