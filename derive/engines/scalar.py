"""The scalar and index engine: identities, signs and equivalences by the kernel's normal form.

Proves: equations of scalars, of arrays entry by entry, of finite sums with symbolic sizes, of derivatives;
comparisons whose difference has a known sign; `<=>` between comparisons that differ by a factor of known sign.
Normal form: `kernel/normal.py`. Certificate: `Normal`, naming the facts whose equations may rewrite.
Declines: what needs an inequality between different atoms, integrals, limits, a search for a lemma.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.core.claim import CASE, CONDITION, DOMAIN, HYPOTHESIS, Obligation
from derive.kernel.certificate import Certificate, Normal

NAME = "normal form"


def propose(obligation: Obligation, features: frozenset[str]) -> Iterator[Certificate]:
    """The cheapest certificate first: no equation, then those allowed."""
    yield Normal((), features)
    allowed = allowed_equations(obligation)
    hypotheses = tuple(n for n, kind in allowed if kind in (HYPOTHESIS, DOMAIN, CASE, CONDITION))
    if hypotheses:
        yield Normal(hypotheses, features)
    everything = tuple(n for n, _ in allowed)
    if everything and everything != hypotheses:
        yield Normal(everything, features)
    if obligation.cited.facts and "diff" in features:
        # a cited equation about a derivative rewrites the derivative as it stands
        yield Normal(everything, features - {"diff"})


def allowed_equations(obligation: Obligation) -> tuple[tuple[str, str], ...]:
    """The facts whose equations a step may use: those cited, or all where no reason was given."""
    cited = obligation.cited
    restricted = bool(cited.facts or cited.rules)
    return tuple(
        (f.name, f.kind)
        for f in obligation.context.facts
        if f.name and (not restricted or f.name in cited.facts or f.kind in (CASE, DOMAIN))
    )
