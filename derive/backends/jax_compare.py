"""Both sides of equalities at many points at once, as one compiled function for each size.

Promise: a claim that cannot be computed is reported with the reason and takes no other claim with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.backends.jax import (
    NUDGE,
    Refused,
    Scope,
    concrete,
    evaluate,
    map_range,
    needs_concrete,
    real,
)
from derive.backends.jax_problem import has_kink, magnitude, sampling_kinds
from derive.backends.jax_sample import (
    Chart,
    chart,
    draws,
    has_equality,
    holds,
    pulled,
)
from derive.core.term import App, Bind, Sym, Term

KINK_STEP, KINK_JUMP = 1e-7, 1e-3
# The least scale of an error: of a derivative that is exactly 0 only the rounding of terms that cancel is left,
# about 1e-16, and against that any error is large. Two sides that differ by more than 1e-14 are still told apart.
FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Sample:
    """What one compiled function saw: `inside` says for each point whether the hypotheses hold there.

    `error[c]` is the scaled error of claim `c` at each point, NaN where a side is not finite, and
    `jump[c]` how far the sides move between neighbouring points. `values` are the points themselves.
    """

    inside: Any
    error: dict[int, Any]
    jump: dict[int, Any]
    values: dict[Sym, Any]
    refused: dict[int, str]
    unchecked: tuple[Term, ...]


@dataclass(slots=True)
class _Trace:
    """What is learnt while JAX traces: which claims could not be computed, and why."""

    refused: dict[int, str] = field(default_factory=dict)


def compare(
    claims: tuple[Term, ...], hypotheses: tuple[Term, ...], symbols: tuple[Sym, ...],
    sizes: Mapping[Sym, int], candidates: int, seed: int,
) -> Sample:
    """Evaluate every claim at `candidates` seeded points; one trace, one compilation."""
    import jax
    import numpy as np

    plan = chart(sampling_kinds(symbols, hypotheses), sizes)
    usable, unchecked = _usable(hypotheses, plan, sizes)
    equalities = tuple(h for h in usable if has_equality(h))
    trace = _Trace()

    def at(u: Any, nudge: Any) -> Any:
        point = plan.point(u)
        scope = Scope({**sizes, **point, NUDGE: nudge})
        inside = [jax.numpy.asarray(holds(h, scope)) for h in usable]
        good = jax.numpy.all(jax.numpy.stack(inside)) if inside else jax.numpy.asarray(True)
        found = _all_sides(claims, scope, trace)
        return good, found, {i: point[row[0]] for i, row in enumerate(plan.rows)}

    length = max(plan.length, 1)
    rows = draws(length, candidates, seed)
    if equalities:
        rows = pulled(rows, plan, equalities, sizes)
    bent = any(has_kink(c) for c in claims)
    every = rows
    if bent:
        step = KINK_STEP * (1 + np.abs(rows)) * draws(length, candidates, seed + 1)
        near = np.concatenate([rows + step, rows - step])
        if equalities:
            # off a surface W = 0 a side that is 0 on it moves, which is no kink
            near = pulled(near, plan, equalities, sizes)
        every = np.concatenate([rows, near])
    nudges = np.repeat(np.array([0.0, KINK_STEP, -KINK_STEP]), candidates)[: len(every)]
    inside, found, point = jax.tree.map(np.asarray, jax.jit(jax.vmap(at))(every, nudges))
    error, jump = dict[int, Any](), dict[int, Any]()
    for c, (left, right, size) in found.items():
        error[c] = _error(left[:candidates], right[:candidates], size[:candidates])
        if bent and has_kink(claims[c]):
            jump[c] = _jump(left, right, size, candidates)
    values = {row[0]: point[i][:candidates] for i, row in enumerate(plan.rows)}
    return Sample(inside[:candidates], error, jump, values, trace.refused, unchecked)


def _usable(
    hypotheses: tuple[Term, ...], plan: Chart, sizes: Mapping[Sym, int]
) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
    """The hypotheses that can be computed, and the others."""
    import jax
    import jax.numpy as jnp

    usable, others = list[Term](), list[Term]()
    for h in hypotheses:
        def trial(u: Any, h: Term = h) -> Any:
            return jnp.asarray(holds(h, Scope({**sizes, **plan.point(u)})))

        try:
            jax.eval_shape(trial, jnp.zeros(max(plan.length, 1)))
            usable.append(h)
        except (Refused, TypeError, ValueError, IndexError):
            others.append(h)
    return tuple(usable), tuple(others)


def _all_sides(
    claims: tuple[Term, ...], scope: Scope, trace: _Trace
) -> dict[int, tuple[Any, Any, Any]]:
    found = {}
    for c, claim in enumerate(claims):
        try:
            found[c] = sides(claim, scope)
        except (Refused, TypeError, ValueError, IndexError, OverflowError) as error:
            trace.refused[c] = str(error)[:200]
    return found


def sides(claim: Term, scope: Scope) -> tuple[Any, Any, Any]:
    """Left, right and magnitude of every instance of an equality, as three flat arrays.

    An instance whose premise fails is left out where that is known beforehand, and 0 = 0 where not.
    """
    import jax.numpy as jnp

    match claim:
        case Bind("forall", var, (low, high), body):
            first, last = concrete(low, scope), concrete(high, scope)
            if last < first:
                return (jnp.zeros(0),) * 3
            if _ragged(body) or needs_concrete(var, body):
                rows = [sides(body, scope.bind(var, i)) for i in range(first, last + 1)]
                return _joined(rows)
            stacked = map_range(lambda inner: sides(body, inner), var, first, last, body, scope)
            return tuple(jnp.reshape(s, (-1,)) for s in stacked)
        case App("=>", (premise, conclusion)):
            given = evaluate(premise, scope)
            if given is False:
                return (jnp.zeros(0),) * 3
            found = sides(conclusion, scope)
            return found if given is True else tuple(
                jnp.where(given, s, jnp.zeros_like(s)) for s in found
            )
        case App("and", parts):
            return _joined([sides(p, scope) for p in parts])
        case App("=", (left, right)):
            a, b = jnp.broadcast_arrays(real(evaluate(left, scope)), real(evaluate(right, scope)))
            size = jnp.abs(real(evaluate(magnitude(left), scope))) + jnp.abs(
                real(evaluate(magnitude(right), scope))
            )
            flat = (jnp.reshape(x, (-1,)) for x in (a, b, jnp.broadcast_to(size, a.shape)))
            return tuple(flat)
    raise Refused("no equality")


def _ragged(body: Term) -> bool:
    """May instances differ in number, by a premise or an inner range?"""
    return any(isinstance(t, App) and t.op == "=>" for t in _spine(body))


def _spine(claim: Term) -> list[Term]:
    match claim:
        case Bind("forall", _, _, body):
            return [claim, *_spine(body)]
        case App("and", parts):
            return [claim, *(t for p in parts for t in _spine(p))]
    return [claim]


def _joined(rows: list[tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    import jax.numpy as jnp

    columns = list(zip(*rows, strict=True))
    return tuple(jnp.concatenate(column) for column in columns)


def _error(left: Any, right: Any, size: Any) -> Any:
    """The largest scaled difference at each point, NaN where a side is not finite.

    The scale of an instance is that of its summed terms, and at least `FLOOR`.
    """
    import numpy as np

    scale = np.maximum(np.maximum(np.maximum(np.abs(left), np.abs(right)), size), FLOOR)
    gap = np.abs(left - right)
    scaled = np.where(gap == 0, 0.0, gap / scale)
    finite = np.all(np.isfinite(left) & np.isfinite(right), axis=1)
    return np.where(finite, np.max(scaled, axis=1, initial=0.0), np.nan)


def _jump(left: Any, right: Any, size: Any, count: int) -> Any:
    """How far the sides move, scaled, from each point to its two neighbours (`inf` if undefined there)."""
    import numpy as np

    scale = np.maximum(size[:count], 1e-6)
    total = np.zeros(count)
    for side in (left, right):
        for near in (side[count : 2 * count], side[2 * count :]):
            move = np.abs(near - side[:count]) / scale
            total = np.maximum(total, np.max(move, axis=1, initial=0.0))
    return np.where(np.isfinite(total), total, np.inf)
