"""What a claim owes besides its truth: the conditions under which it means something.

Promise: for a relation, the conditions of its terms as written. For `A <=> B`, an undefined side counts as
false, so what is owed is that each side is defined wherever the other one holds.
"""

from __future__ import annotations

from derive.core.alpha import canonical
from derive.core.claim import Context
from derive.core.term import App, Bind, Term, conj, implies
from derive.kernel.conditions import conditions, conditions_of_claim
from derive.kernel.guards import for_all, guard
from derive.kernel.optimum import OPTIMA


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
    shown = {canonical(c) for c in _existence(claim, context)}
    return tuple(c for c in owing if canonical(c) not in shown)


def existence_by_fact(condition: Term, context: Context) -> str | None:
    """The fact about an optimum by which that optimum exists: it owed as much when it was shown."""
    wanted = canonical(condition)
    if not (isinstance(condition, Bind) and condition.op == "exists"):
        return None
    for fact in context.facts:
        if fact.name and any(canonical(c) == wanted for c in _existence(context.unfold(fact.claim), context)):
            return fact.name
    return None


def _existence(claim: Term, context: Context) -> tuple[Term, ...]:
    """That the optimum of a claim exists, under the quantifiers and premises of the claim."""
    match claim:
        case App("=", sides):
            return tuple(
                c for side in sides if isinstance(side, Bind) and side.op in OPTIMA
                for c in conditions(side, context)[-1:] if isinstance(c, Bind) and c.op == "exists"
            )
        case App("and", parts):
            return tuple(c for part in parts for c in _existence(part, context))
        case App("=>", (premise, conclusion)):
            return guard(premise, _existence(conclusion, context))
        case Bind("forall", var, over, body):
            return for_all(var, over, _existence(body, context))
    return ()


def _has_equivalence(claim: Term) -> bool:
    match claim:
        case App("<=>", _):
            return True
        case App("=>", (_, conclusion)):
            return _has_equivalence(conclusion)
        case Bind("forall", _, _, body):
            return _has_equivalence(body)
    return False
