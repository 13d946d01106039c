"""The optimisation engine: a claimed maximiser or minimiser of a function of one variable.

Proves: `argmax(x, f) = a` by `stationary_point_of_concave` or `rises_then_falls` (and their mirror images),
with every premise an obligation of its own. Certificate: `Optimum`, one part for each premise.
Declines: several variables, boundaries, domains that are no interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.core.claim import Cited, Obligation
from derive.core.term import App, Bind
from derive.engines import scalar
from derive.kernel.accept import accept
from derive.kernel.certificate import Certificate, Optimum
from derive.kernel.goal import Accepted
from derive.kernel.optimum import METHODS, premises

NAME = "optimisation"


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """Each method whose premises all have certificates."""
    if not is_optimum(obligation):
        return
    for method in METHODS:
        owed = premises(obligation.claim, method, obligation.context)
        if isinstance(owed, str):
            continue
        parts: list[Certificate] = []
        for claim in owed:
            part = _show(replace(obligation, claim=claim, cited=Cited()))
            if part is None:
                break
            parts.append(part)
        else:
            yield Optimum(method, tuple(parts))


def is_optimum(obligation: Obligation) -> bool:
    """Is the claim about a maximiser or a minimiser?"""
    match obligation.claim:
        case App("=", sides):
            return any(isinstance(s, Bind) and s.op in ("argmax", "argmin") for s in sides)
    return False


def _show(obligation: Obligation) -> Certificate | None:
    for certificate in scalar.propose(obligation, frozenset({"log", "exp", "diff"})):
        if isinstance(accept(obligation, certificate), Accepted):
            return certificate
    return None
