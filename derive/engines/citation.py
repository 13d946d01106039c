"""The citation engine: the claim is one of the facts cited, or one of the facts in scope.

Proves: what a fact says word for word, up to unfolding and the names of bound variables. Certificate: `Fact`.
Declines: everything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CONDITION, DOMAIN, Obligation
from derive.kernel.certificate import Certificate, Fact

NAME = "citation"


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """Cited facts first."""
    names = [f.name for f in obligation.context.facts if f.name and f.kind not in (CONDITION, DOMAIN)]
    cited = [n for n in names if n in obligation.cited.facts]
    free = not (obligation.cited.facts or obligation.cited.rules)
    yield from (Fact(n) for n in (dict.fromkeys([*cited, *names]) if free else dict.fromkeys(cited)))
