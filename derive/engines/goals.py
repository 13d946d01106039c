"""A claim goal by goal: a certificate for each, or none for the whole.

Promise: proposals only. A certificate made here has one part for each goal that the kernel will introduce, in its
order; as soon as one is not found, nothing more is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from derive.core.claim import Context
from derive.core.term import Term
from derive.kernel.certificate import Certificate, Intro
from derive.kernel.goal import Goal, introduce
from derive.kernel.poly import Decline

Item = TypeVar("Item", Goal, Term)


def for_each(
    items: Iterable[Item], find: Callable[[Item], Certificate | None]
) -> tuple[Certificate, ...] | None:
    """What is found for each goal or claim; None where for one of them nothing is."""
    parts: list[Certificate] = []
    for item in items:
        part = find(item)
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def by_goals(claim: Term, context: Context, find: Callable[[Goal], Certificate | None]) -> Certificate | None:
    """A certificate for a claim that may have quantifiers and premises, from those of its goals."""
    try:
        goals = introduce(claim, context)
    except Decline:
        return None
    parts = for_each(goals, find)
    return None if parts is None else Intro(parts)
