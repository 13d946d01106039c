"""What a claim owes besides its truth: the conditions under which it means something.

Promise: for a relation, the conditions of its terms as written. For `A <=> B`, an undefined side counts as
false, so what is owed is that each side is defined wherever the other one holds.
"""

from __future__ import annotations

from derive.core.claim import Context
from derive.core.term import App, Bind, Term, canonical, conj, implies
from derive.kernel.conditions import conditions, conditions_of_claim


def owed(claim: Term, context: Context) -> tuple[Term, ...]:
    """The conditions that a claim owes, closed."""
    match claim:
        case App("<=>", (left, right)):
            here, there = conditions_of_claim(left, context), conditions_of_claim(right, context)
            # Without the guards: x/(x-1) = 1/(x-1) <=> x = 1 (tests/unsound/root_outside_domain.drv).
            return (
                *(implies(conj(right, *there), c) for c in here),
                *(implies(conj(left, *here), c) for c in there),
            )
        case App("=>", (premise, conclusion)) if _has_equivalence(conclusion):
            return (
                *conditions_of_claim(premise, context),
                *(implies(premise, c) for c in owed(conclusion, context)),
            )
        case Bind("forall", var, over, body) if _has_equivalence(body):
            return tuple(Bind("forall", var, over, c) for c in owed(body, context))
    return conditions_of_claim(claim, context)


def usable(claim: Term, context: Context) -> tuple[Term, ...]:
    """The conditions that may be taken as facts while the claim is shown: they are owed anyway."""
    match claim:
        case App("<=>", (left, right)):
            both = (*conditions_of_claim(left, context), *conditions_of_claim(right, context))
            return tuple(dict.fromkeys(both))
    return conditions_of_claim(claim, context)


def without_existence(owing: tuple[Term, ...], claim: Term, context: Context) -> tuple[Term, ...]:
    """What is still owed once the claim's optimum is shown to exist and to be unique."""
    if not (isinstance(claim, App) and claim.op == "="):
        return owing
    shown = {
        canonical(c)
        for side in claim.args
        if isinstance(side, Bind) and side.op in ("argmax", "argmin")
        for c in conditions(side, context)[-1:]
        if isinstance(c, Bind) and c.op == "exists"
    }
    return tuple(c for c in owing if canonical(c) not in shown)


def _has_equivalence(claim: Term) -> bool:
    match claim:
        case App("<=>", _):
            return True
        case App("=>", (_, conclusion)):
            return _has_equivalence(conclusion)
        case Bind("forall", _, _, body):
            return _has_equivalence(body)
    return False
