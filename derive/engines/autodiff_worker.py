"""The process that computes with JAX: reads questions as JSON lines, writes an answer for each problem.

Promise: it forks nothing, writes nothing but answers, and ends when its input does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.backends.jax_problem import Problem, size_text, sizes_of
from derive.core.codec import decode
from derive.core.sort import COMPLEX, INTEGER, Array
from derive.core.term import App, Bind, Num, Sym, Term, add, free_symbols, le, mul, sub

LIMIT = 1e-8
OVERSAMPLING = 4
THREADS = 2
WANTED, SPARE = 3, 3
MAX_SUSPECTS = 3
_FLOOR = Num(Fraction(1, 10**6))
_CLEARLY, _BARELY = Num(Fraction(1, 10**6)), Num(Fraction(1, 10**8))


def main() -> None:
    """Answer questions until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from derive.backends.jax import enable_float64

    enable_float64()
    for line in sys.stdin:
        question = json.loads(line)
        problems = [Problem(terms[0], terms[1:]) for terms in map(decode, question["problems"])]
        for at, row in answer(problems, question["points"], question["seed"]):
            print(json.dumps({"at": at, **row}), file=answers, flush=True)
        print(json.dumps({"done": True}), file=answers, flush=True)


@dataclass(slots=True)
class Tally:
    """What has been seen of one problem over all sizes."""

    points: int = 0
    discarded: int = 0
    sizes: list[str] = field(default_factory=list)
    error: float = 0.0
    clear: int = 0
    open: int = 0
    notes: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """The answer: a confirmed disagreement first, then doubt, then agreement."""
        verdict = "agrees"
        if self.clear:
            verdict = "disagrees"
        elif self.open or not self.points:
            verdict = "inconclusive"
        return {
            "points": self.points, "discarded": self.discarded, "sizes": self.sizes,
            "error": min(self.error, 1e300), "verdict": verdict,
            "note": "; ".join(dict.fromkeys(self.notes)),
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Problems with the same symbols and hypotheses: they share points and compiled functions."""

    symbols: tuple[Sym, ...]
    hypotheses: tuple[Term, ...]
    members: tuple[int, ...]
    claims: tuple[Term, ...]
    sizes: tuple[dict[Sym, int], ...]


def grouped(problems: Sequence[Problem]) -> list[Group]:
    """The problems in groups, the widest first; a narrower problem joins where it loses nothing."""
    order = sorted(
        range(len(problems)),
        key=lambda i: (-len(problems[i].hypotheses), -len(problems[i].symbols()), i),
    )
    found = list[tuple[Problem, list[int]]]()
    for i in order:
        home = next((m for wide, m in found if _fits(problems[i], wide)), None)
        if home is None:
            found.append((problems[i], [i]))
        else:
            home.append(i)
    return [
        Group(
            wide.symbols(), wide.hypotheses, tuple(members),
            tuple(problems[i].claim for i in members),
            tuple(sizes_of(wide.symbols(), wide.hypotheses, WANTED + SPARE)),
        )
        for wide, members in found
    ]


def _fits(narrow: Problem, wide: Problem) -> bool:
    """Are the points of `wide` as good for `narrow`: has it the same hypotheses on its own symbols?"""
    own = set(narrow.symbols())
    extra = set(wide.hypotheses) - set(narrow.hypotheses)
    real = {s for s in own if s.sort is not INTEGER}
    return (
        own <= set(wide.symbols())
        and set(narrow.hypotheses) <= set(wide.hypotheses)
        and all(free_symbols(h) and real.isdisjoint(free_symbols(h)) for h in extra)
    )


def answer(
    problems: Sequence[Problem], points: int, seed: int
) -> Iterable[tuple[int, dict[str, Any]]]:
    """An answer for each problem. Sizes are compiled side by side and judged in a fixed order."""
    groups = grouped(problems)
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = [
            [pool.submit(_sample, group, sizes, points, seed) for sizes in group.sizes[:WANTED]]
            for group in groups
        ]
        for group, samples in zip(groups, waiting, strict=True):
            tallies = [Tally() for _ in group.members]
            missing = 0
            for sizes, sample in zip(group.sizes, samples, strict=False):
                found = sample.result()
                missing += _empty(found)
                _judge(group, sizes, found, points, tallies)
            for sizes in group.sizes[WANTED:]:
                # in place of a size at which no point satisfies the hypotheses: a spread of one number is 0
                if missing:
                    found = _sample(group, sizes, points, seed)
                    missing -= not _empty(found)
                    _judge(group, sizes, found, points, tallies)
            for i, tally in zip(group.members, tallies, strict=True):
                if not group.sizes:
                    tally.notes.append("no sizes satisfy the hypotheses on them")
                yield i, tally.row()


def _sample(group: Group, sizes: dict[Sym, int], points: int, seed: int) -> Any:
    """Both sides of a group's claims at one size, or what stopped it as text."""
    from derive.backends.jax_compare import compare

    try:
        return compare(
            group.claims, group.hypotheses, group.symbols, sizes, OVERSAMPLING * points, seed
        )
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def _empty(sample: Any) -> bool:
    """Was no point inside the hypotheses?"""
    return not isinstance(sample, str) and not sample.inside.any()


def _judge(
    group: Group, sizes: dict[Sym, int], sample: Any, points: int, tallies: list[Tally]
) -> None:
    import numpy as np

    for c, tally in enumerate(tallies):
        if isinstance(sample, str) or c not in sample.error:
            why = sample if isinstance(sample, str) else sample.refused.get(c, "not computed")
            tally.notes.append(why)
            tally.open += 1
            continue
        inside = np.flatnonzero(sample.inside)[:points]
        if not len(inside):
            tally.notes.append(f"no point inside the hypotheses at {size_text(sizes)}")
            tally.discarded += points
            continue
        good = [p for p in inside if _usable(sample, c, p)]
        tally.points += len(good)
        tally.discarded += points - len(good)
        tally.sizes.append(size_text(sizes))
        suspects = [p for p in good if sample.error[c][p] > LIMIT]
        tally.error = max(
            [tally.error, *(float(sample.error[c][p]) for p in good if p not in suspects)]
        )
        _settle(group.claims[c], sizes, sample, suspects, tally, c)


def _usable(sample: Any, c: int, p: Any) -> bool:
    """Are both sides finite, and is no kink near?"""
    import math

    from derive.backends.jax_compare import KINK_JUMP

    return math.isfinite(sample.error[c][p]) and (
        c not in sample.jump or sample.jump[c][p] < KINK_JUMP
    )


def _settle(
    claim: Term, sizes: dict[Sym, int], sample: Any, suspects: list[Any], tally: Tally, c: int
) -> None:
    """Recompute suspicious points with interval arithmetic, which decides."""
    from derive.backends.flint import Undefined, decide

    suspects.sort(key=lambda p: -sample.error[c][p])
    for p in suspects[:MAX_SUSPECTS]:
        point = {s: exact(values[p], s) for s, values in sample.values.items()} | dict(sizes)
        same = decide(within(claim, _BARELY), point)
        if same is True:
            continue
        tally.error = max(tally.error, float(sample.error[c][p]))
        if isinstance(same, Undefined):
            tally.points, tally.discarded = tally.points - 1, tally.discarded + 1
            tally.notes.append(f"undefined at a point: {same.reason}")
        elif sample.unchecked or same is None or decide(within(claim, _CLEARLY), point) is not False:
            tally.open += 1
            tally.notes.append("the sides differ in float64 and intervals do not decide")
        else:
            tally.clear += 1
            return


def within(claim: Term, tolerance: Num) -> Term:
    """The claim with each equality weakened: the sides differ by a fraction of what is summed in them."""
    from derive.backends.jax_problem import magnitude
    from derive.core.shape import shape_of

    match claim:
        case Bind("forall", var, over, body):
            return Bind("forall", var, over, within(body, tolerance))
        case App("and", parts):
            return App("and", tuple(within(p, tolerance) for p in parts))
        case App("=>", (premise, conclusion)):
            return App("=>", (premise, within(conclusion, tolerance)))
        case App("=", (left, right)):
            size = "norm_inf" if shape_of(left) or shape_of(right) else "abs"
            scale = App(size, (add(magnitude(left), magnitude(right)),))
            # Without the floor: a derivative that is exactly 0 on both sides would be left open.
            return le(App(size, (sub(left, right),)), mul(tolerance, add(scale, _FLOOR)))
    raise ValueError("no equality")


def exact(value: Any, symbol: Sym) -> Any:
    """A float, or an array of them, as exact rationals in nested tuples."""
    if getattr(value, "ndim", 0):
        return tuple(exact(v, symbol) for v in value)
    entry = symbol.sort.entry if isinstance(symbol.sort, Array) else symbol.sort
    if entry is COMPLEX:
        return (Fraction(float(value.real)), Fraction(float(value.imag)))
    return Fraction(float(value))


if __name__ == "__main__":
    main()
