"""Instances of Cauchy and Schwarz that the norms and double sums of a claim suggest.

Promise: proposals only, in a fixed order and number; the kernel recomputes each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from derive.core.alpha import alpha_equal
from derive.core.term import TWO, App, Bind, Term, neg, subterms
from derive.kernel.certificate import Instance
from derive.kernel.norm_lemmas import OF_ROOTS, OF_SQUARES

_NAME = "cauchy_schwarz_of_sums"
_MOST = 4


def norm_instances(claim: Term) -> Iterator[Instance]:
    """For each two norms, and for each two double sums of squares or double sum of products."""
    here = list(dict.fromkeys(subterms(claim)))
    roots = [b for t in here if isinstance(t, App) and t.op == "sqrt" for b in _base(t.args[0])]
    for f, g in combinations(roots[:_MOST], 2):
        if _alike(f, g):
            yield from (Instance(_NAME, (f, h, OF_ROOTS)) for h in (g, _with(g, neg(_innermost(g)))))
    totals = [b for t in here if isinstance(t, Bind) for b in _base(t)]
    for f in totals[:_MOST] if roots else ():
        match _innermost(f):
            case App("+" | "-", (a, b)):
                # the norm of a sum: by its two parts
                yield from (Instance(_NAME, (_with(f, a), _with(f, h), OF_ROOTS)) for h in (b, neg(b)))
    double = [t for t in here if isinstance(t, Bind) and t.op == "sum" and _innermost(t) is not t.body]
    for t in double[:_MOST]:
        match _innermost(t):
            case App("*", (a, b)):
                yield Instance(_NAME, (_with(t, a), _with(t, b), OF_SQUARES))


def _base(total: Term) -> list[Term]:
    """The sum of f for a sum of squares of f, or of squared moduli."""
    if isinstance(total, App) and total.op == "re":
        total = total.args[0]
    if not (isinstance(total, Bind) and total.op == "sum"):
        return []
    match _innermost(total):
        case App("^", (App("abs", (f,)) | f, two)) if two == TWO:
            return [_with(total, f)]
        case App("*", (App("conj", (f,)), g)) if f == g:
            return [_with(total, f)]
    return []


def _innermost(total: Term) -> Term:
    while isinstance(total, Bind) and total.op == "sum":
        total = total.body
    return total


def _with(total: Term, body: Term) -> Term:
    """The same sum of another body."""
    if isinstance(total, Bind) and total.op == "sum":
        return Bind("sum", total.var, total.over, _with(total.body, body))
    return body


def _alike(one: Term, two: Term) -> bool:
    """Do both sum over ranges of the same number and ends?"""
    while isinstance(one, Bind) and isinstance(two, Bind) and one.op == two.op == "sum":
        if len(one.over) != len(two.over) or not all(map(alpha_equal, one.over, two.over)):
            return False
        one, two = one.body, two.body
    return not any(isinstance(t, Bind) and t.op == "sum" for t in (one, two))
