"""The array operators in JAX: indexing, products, determinants, norms, averages.

Promise: an index out of range gives NaN (JAX alone would clamp it or wrap it round).
"""

from __future__ import annotations

from typing import Any

from derive.backends.jax import Refused, real


def entry(array: Any, indices: tuple[Any, ...]) -> Any:
    """`array[i, ...]`, 1-based; NaN out of range."""
    import jax.numpy as jnp

    if all(isinstance(i, int) for i in indices):
        known = all(1 <= i <= n for i, n in zip(indices, array.shape, strict=False))
        return array[tuple(i - 1 for i in indices)] if known else array[(0,) * len(indices)] * jnp.nan
    inside: Any = True
    places = []
    for axis, i in enumerate(indices):
        good = (i >= 1) & (i <= array.shape[axis])
        inside = inside & good
        places.append(jnp.where(good, i - 1, 0))
    return jnp.where(inside, array[tuple(places)], jnp.nan)


def array_value(op: str, args: tuple[Any, ...]) -> Any:
    """The value of one array operator at values."""
    import jax.numpy as jnp

    match op:
        case "eye" | "zeros" | "ones":
            if not all(isinstance(a, int) and 0 <= a <= 64 for a in args):
                raise Refused("an array without concrete size")
            return jnp.eye(args[0]) if op == "eye" else getattr(jnp, op)(args)
        case "vector":
            return jnp.stack([real(a) for a in args])
        case "index":
            return entry(real(args[0]), args[1:])
    values = tuple(real(a) for a in args)
    if op in ("beside", "above"):
        return jnp.concatenate(values, axis=1 if op == "beside" else 0)
    if op in ("entropy", "cross_entropy", "KL", "mutual_information"):
        return _finite_law(op, values)
    if op in ("norm", "norm_inf", "softmax", "logsumexp", "mean", "variance", "sample_variance"):
        return _average(op, values[0])
    if len(values) == 2:
        return _two(op, *values)
    return _matrix(op, values[0])


def _two(op: str, left: Any, right: Any) -> Any:
    import jax.numpy as jnp

    match op:
        case "matmul":
            return jnp.tensordot(left, right, axes=1)
        case "kron":
            return jnp.kron(left, right)
        case "outer":
            return jnp.outer(left, right)
        case "dot":
            if jnp.iscomplexobj(left) or jnp.iscomplexobj(right):
                raise Refused("`dot` of complex vectors")
            return jnp.sum(left * right)
        case "norm_p":
            return jnp.sum(jnp.abs(left) ** right) ** (1 / right)
    raise Refused(f"`{op}` has no cell in JAX")


def _matrix(op: str, a: Any) -> Any:
    import jax.numpy as jnp

    match op:
        case "transpose":
            return jnp.transpose(a)
        case "hermitian":
            return jnp.conj(jnp.transpose(a))
        case "expm":
            from jax.scipy.linalg import expm

            return expm(a)
        case "inv":
            return jnp.linalg.inv(a)
        case "det":
            return jnp.linalg.det(a)
        case "logdet":
            return jnp.log(jnp.linalg.det(a))
        case "tr":
            return jnp.trace(a)
        case "diag":
            return jnp.diag(a)
        case "vec":
            return jnp.reshape(jnp.transpose(a), (-1,))
    raise Refused(f"`{op}` has no cell in JAX")


def _finite_law(op: str, values: tuple[Any, ...]) -> Any:
    """Sums of x*log(y) that are 0 where x is; NaN where a mass is negative."""
    import jax.numpy as jnp
    from jax.scipy.special import rel_entr, xlogy

    match op, values:
        case "entropy", (p,):
            found = -jnp.sum(xlogy(p, p))
        case "cross_entropy", (p, q):
            found = -jnp.sum(xlogy(p, q))
        case "KL", (p, q):
            found = jnp.sum(rel_entr(p, q))
        case "mutual_information", (p,) if p.ndim == 2:
            product = jnp.sum(p, axis=1, keepdims=True) * jnp.sum(p, axis=0, keepdims=True)
            found = jnp.sum(rel_entr(p, product))
        case _:
            raise Refused(f"`{op}` of this shape has no cell in JAX")
    negative = jnp.stack([jnp.any(v < 0) for v in values]).any()
    return jnp.where(negative, jnp.nan, found)


def _average(op: str, a: Any) -> Any:
    import jax.numpy as jnp
    from jax.nn import logsumexp, softmax

    match op:
        case "norm":
            return jnp.sqrt(jnp.sum(jnp.real(a * jnp.conj(a))))
        case "norm_inf":
            return jnp.max(jnp.abs(a))
        case "softmax" if a.ndim == 1:
            return softmax(a)
        case "logsumexp" if a.ndim == 1:
            return logsumexp(a)
        case "mean":
            return jnp.mean(a)
        case "variance":
            return jnp.mean((a - jnp.mean(a)) ** 2)
        case "sample_variance":
            return jnp.sum((a - jnp.mean(a)) ** 2) / (a.size - 1) if a.size > 1 else jnp.nan
    raise Refused(f"`{op}` of this shape has no cell in JAX")
