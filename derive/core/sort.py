"""Sorts: what kind of thing a term is, with symbolic shapes.

A sort says only what is needed to read a term. Domains (`positive`, `index[n]`, `simplex[K]`, ...) are
facts about a symbol, kept in the context and never in its sort, so that a proof that uses them says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from derive.core.term import Term


class Scalar(Enum):
    """The sorts of single values; INTEGER is contained in REAL, REAL in COMPLEX.

    OUTCOME is the sort of the points of the sample space: a random variable is a function of one.
    """

    INTEGER = "integer"
    REAL = "real"
    COMPLEX = "complex"
    BOOL = "bool"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Array:
    """An array of scalars: `shape` holds a term for each axis, `entry` the sort of the entries."""

    shape: tuple[Term, ...]
    entry: Scalar


@dataclass(frozen=True, slots=True)
class Function:
    """A function from `args` to `result`; a function of several arguments is applied to all at once."""

    args: tuple[Sort, ...]
    result: Sort


@dataclass(frozen=True, slots=True)
class LawSort:
    """A probability law, such as `Normal(mu, v)`, on values of sort `outcome`."""

    outcome: Sort


Sort: TypeAlias = Scalar | Array | Function | LawSort

INTEGER, REAL, COMPLEX, BOOL = Scalar.INTEGER, Scalar.REAL, Scalar.COMPLEX, Scalar.BOOL
OUTCOME = Scalar.OUTCOME


def is_numeric(sort: Sort) -> bool:
    """Is a term of this sort a number?"""
    return sort in (INTEGER, REAL, COMPLEX)


def join(left: Scalar, right: Scalar) -> Scalar:
    """The smallest numeric sort that contains both."""
    order = (INTEGER, REAL, COMPLEX)
    return order[max(order.index(left), order.index(right))]
