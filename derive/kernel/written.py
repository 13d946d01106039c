"""The sign of a term as it is written: sums, products, powers and ranges read before they are expanded.

Promise: as for `Signs`: the answer holds wherever the term is defined and the facts hold. It reads the
author's own grouping, which the normal form forgets: `(1 - p)*g`, `sum((x[i] - c)^2)`.
"""

from __future__ import annotations

from derive.core.shape import sort_of
from derive.core.sort import Scalar
from derive.core.term import App, Bind, Num, Term, size
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, minus
from derive.kernel.signs import Sign, add_signs, multiply_signs, stronger

_FLIP = {"+": "-", "-": "+", "0+": "0-", "0-": "0+", "!0": "!0", "0": "0"}
_DEPTH = 12
_SMALL = 40  # larger subterms are read by their parts alone


def sign_as_written(run: Normaliser, term: Term, depth: int = 0) -> Sign:
    """The sign of a real term."""
    sort = sort_of(term)
    if not (isinstance(sort, Scalar) and sort.value in ("real", "integer")):
        return None
    if depth == 0:
        known = _normal_sign(run, term)
        if known in ("+", "-", "0"):
            return known
        return stronger(known, _written(run, term, 1))
    found = _written(run, term, depth) if depth < _DEPTH else None
    if found is not None or size(term) > _SMALL:
        return found
    return _normal_sign(run, term)


def _normal_sign(run: Normaliser, term: Term) -> Sign:
    try:
        return run.sign(run.simplify(run.normal(term)))
    except Decline:
        return None


def _written(run: Normaliser, term: Term, depth: int) -> Sign:
    def sign(t: Term) -> Sign:
        return sign_as_written(run, t, depth + 1)

    match term:
        case App("+", (a, b)):
            return add_signs(sign(a), sign(b))
        case App("-", (a, b)):
            return add_signs(sign(a), _FLIP.get(sign(b) or ""))
        case App("neg", (a,)):
            return _FLIP.get(sign(a) or "")
        case App("*", (a, b)):
            return "0+" if a == b and sign(a) is None else multiply_signs(sign(a), sign(b))
        case App("/", (a, b)):
            # the denominator is owed not to be 0
            below = sign(b)
            return multiply_signs(sign(a), {"0+": "+", "0-": "-"}.get(below or "", below))
        case App("^", (a, Num(e))) if e.denominator == 1 and e > 0:
            inner = sign(a)
            if e % 2 == 0:
                return "+" if inner in ("+", "-", "!0") else "0" if inner == "0" else "0+"
            return inner
        case App("^", (a, _)):
            inner = sign(a)
            return inner if inner in ("+", "0+") else None
        case App("re", (App("*", (App("conj", (a,)), b)),)) if a == b:
            # without the conjugate: re(z*z) is -1 at im
            return "0+"
        case App("exp" | "sigmoid" | "softplus", _):
            # whatever the sign inside: it is not asked, since asking may call for an enclosure
            return "+"
        case App("sqrt" | "abs", (a,)):
            return _by_row(term, sign(a))
        case App("max", (a, b)):
            return _larger(sign(a), sign(b))
        case App("min", (a, b)):
            return _FLIP.get(_larger(_FLIP.get(sign(a) or ""), _FLIP.get(sign(b) or "")) or "")
        case App("indicator" | "delta", _):
            return "0+"
        case App("ite", (_, a, b)):
            return _both(sign(a), sign(b))
        case Bind("sum", var, (low, high), body):
            inner = sign(run.enter(var, low, high, body)[1])
            if inner in ("+", "-"):
                gap = run.sign(minus(run.normal(high), run.normal(low)))
                return inner if gap in ("+", "0+", "0") else {"+": "0+", "-": "0-"}[inner]
            return inner if inner in ("0+", "0-", "0") else None
        case Bind("prod", var, (low, high), body):
            inner = sign(run.enter(var, low, high, body)[1])
            return inner if inner in ("+", "0+") else None
        case Bind("max" | "min", var, (low, high), body):
            return sign(run.enter(var, low, high, body)[1])
    return None


def _by_row(term: App, inner: Sign) -> Sign:
    return "+" if inner in ("+", "!0") or (term.op == "abs" and inner == "-") else "0+"


def _larger(a: Sign, b: Sign) -> Sign:
    """The sign of the larger of two: one that is at least 0 is enough."""
    if "+" in (a, b):
        return "+"
    if a in ("0+", "0") or b in ("0+", "0"):
        return "0" if {a, b} <= {"0", "0-", "-"} else "0+"
    return "-" if a == b == "-" else "0-" if {a, b} <= {"-", "0-"} else None


def _both(a: Sign, b: Sign) -> Sign:
    """A sign that holds in both branches."""
    if a == b:
        return a
    for strict, weak in (("+", "0+"), ("-", "0-")):
        if a in (strict, weak, "0") and b in (strict, weak, "0"):
            return weak
    return None

