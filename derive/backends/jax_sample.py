"""Points inside the hypotheses, for JAX: sampled, pulled onto the equalities, and filtered.

Promise: the same seed gives the same points; a point counts as inside only where every hypothesis that
can be computed was computed there and holds.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derive.backends.jax import (
    Refused,
    Scope,
    concrete,
    evaluate,
    map_range,
    needs_concrete,
    real,
)
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import App, Bind, Sym, Term

TOLERANCE = 1e-9
NEWTON_STEPS = 14
_SCALES = (1.0, 0.4, 1.7)


@dataclass(frozen=True, slots=True)
class Chart:
    """How a flat vector of free numbers becomes a point: for each symbol its place, shape and kind."""

    rows: tuple[tuple[Sym, int, tuple[int, ...], str], ...]
    length: int

    def point(self, u: Any) -> dict[Sym, Any]:
        """The values of the symbols at a vector `u`."""
        return {s: _shaped(u, at, shape, kind) for s, at, shape, kind in self.rows}


def chart(kinds: Mapping[Sym, str], sizes: Mapping[Sym, int]) -> Chart:
    """The chart of the real and complex symbols and of whole arrays at given sizes; others get no value."""
    scope = Scope(dict(sizes))
    rows, length = list[tuple[Sym, int, tuple[int, ...], str]](), 0
    for symbol, kind in kinds.items():
        sort = symbol.sort
        entry = sort.entry if isinstance(sort, Array) else sort
        if entry not in (REAL, COMPLEX, INTEGER) or symbol.sort is INTEGER:
            continue
        shape = tuple(concrete(d, scope) for d in sort.shape) if isinstance(sort, Array) else ()
        if any(d < 0 or d > 64 for d in shape):
            raise Refused("a shape that is too large")
        kind = "complex" if entry is COMPLEX else f"whole {kind}" if entry is INTEGER else kind
        rows.append((symbol, length, shape, kind))
        length += _count(shape) * (2 if kind == "complex" else 1)
    return Chart(tuple(rows), length)


def _count(shape: tuple[int, ...]) -> int:
    total = 1
    for d in shape:
        total *= d
    return total


def _shaped(u: Any, at: int, shape: tuple[int, ...], kind: str) -> Any:
    import jax
    import jax.numpy as jnp

    n = _count(shape)
    raw = jnp.reshape(u[at : at + n], shape)
    match kind:
        case "positive":
            return jnp.exp(raw)
        case "negative":
            return -jnp.exp(raw)
        case "unit":
            return jax.nn.sigmoid(raw)
        case "posdef" if len(shape) == 2:
            return raw @ raw.T + 0.1 * jnp.eye(shape[0])
        case "whole positive":
            return jnp.round(jnp.exp(raw))
        case "whole real" | "whole negative" | "whole unit":
            return jnp.round(2 * raw)
        case "complex":
            return raw + 1j * jnp.reshape(u[at + n : at + 2 * n], shape)
    return raw


def draws(length: int, count: int, seed: int) -> Any:
    """Seeded normal vectors at several scales, shape (count, length)."""
    import numpy as np

    rows = np.random.default_rng(seed).standard_normal((count, length))
    scales = list(itertools.islice(itertools.cycle(_SCALES), count))
    return rows * np.asarray(scales)[:, None]


# ---------------------------------------------------------------- hypotheses


def holds(claim: Term, scope: Scope) -> Any:
    """Does a proposition hold, equalities up to rounding? `Refused` where it cannot be computed."""
    import jax.numpy as jnp

    match claim:
        case Bind("forall", var, (low, high), body):
            first, last = concrete(low, scope), concrete(high, scope)
            if last < first:
                return True
            rows = map_range(
                lambda inner: jnp.asarray(holds(body, inner)), var, first, last, body, scope
            )
            return jnp.all(rows)
        case App("and", parts):
            return jnp.all(jnp.stack([jnp.asarray(holds(p, scope)) for p in parts]))
        case App("=>", (premise, conclusion)):
            given = evaluate(premise, scope)
            return True if given is False else jnp.logical_or(~jnp.asarray(given), holds(conclusion, scope))
        case App("=" | "<=" as op, (left, right)):
            a, b = evaluate(left, scope), evaluate(right, scope)
            slack = TOLERANCE * (1 + jnp.abs(a) + jnp.abs(b))
            return jnp.all(jnp.abs(a - b) <= slack) if op == "=" else jnp.all(a <= b + 1e-12 * slack)
        case App("posdef" | "psd" | "invertible" as op, (arg,)):
            return _matrix_fact(op, real(evaluate(arg, scope)))
    return evaluate(claim, scope)


def _matrix_fact(op: str, a: Any) -> Any:
    import jax.numpy as jnp

    if op == "invertible":
        return jnp.abs(jnp.linalg.det(a)) > 1e-6
    symmetric = jnp.all(jnp.abs(a - a.T) <= TOLERANCE * (1 + jnp.max(jnp.abs(a))))
    least = jnp.min(jnp.linalg.eigvalsh((a + a.T) / 2))
    return symmetric & (least > 0 if op == "posdef" else least > -1e-10)


def residual(claim: Term, scope: Scope) -> Any:
    """How far the equalities of a hypothesis are from holding, as a real vector; empty if there are none."""
    import jax.numpy as jnp

    match claim:
        case Bind("forall", var, (low, high), body):
            first, last = concrete(low, scope), concrete(high, scope)
            if last < first or not has_equality(body):
                return jnp.zeros(0)
            if needs_concrete(var, body):
                every = [residual(body, scope.bind(var, i)) for i in range(first, last + 1)]
                return jnp.concatenate(every)
            rows = map_range(lambda inner: residual(body, inner), var, first, last, body, scope)
            return jnp.reshape(rows, (-1,))
        case App("and", parts):
            return jnp.concatenate([residual(p, scope) for p in parts])
        case App("=", (left, right)):
            gap = jnp.reshape(real(evaluate(left, scope)) - real(evaluate(right, scope)), (-1,))
            return jnp.concatenate([gap.real, gap.imag]) if jnp.iscomplexobj(gap) else gap
    return jnp.zeros(0)


def has_equality(claim: Term) -> bool:
    """Does the hypothesis pull points onto a surface?"""
    match claim:
        case App("=", _):
            return True
        case App("and", parts):
            return any(has_equality(p) for p in parts)
        case Bind("forall", _, (_, _), body):
            return has_equality(body)
    return False


def pulled(rows: Any, plan: Chart, equalities: tuple[Term, ...], sizes: Mapping[Sym, int]) -> Any:
    """Vectors moved onto the equalities by Gauss-Newton steps of least length, shape (points, length)."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    def gap(u: Any) -> Any:
        scope = Scope({**sizes, **plan.point(u)})
        return jnp.concatenate([residual(e, scope) for e in equalities])

    both = jax.jit(jax.vmap(lambda u: (gap(u), jax.jacfwd(gap)(u))))
    for _ in range(NEWTON_STEPS):
        gaps, slopes = (np.asarray(x) for x in both(rows))
        good = np.all(np.isfinite(gaps), axis=1) & np.all(np.isfinite(slopes), axis=(1, 2))
        gaps, slopes = np.where(good[:, None], gaps, 0), np.where(good[:, None, None], slopes, 0)
        if np.max(np.abs(gaps), initial=0.0) < 1e-13:
            break
        rows = rows - np.einsum("bij,bj->bi", np.linalg.pinv(slopes, rcond=1e-9), gaps)
    return rows
