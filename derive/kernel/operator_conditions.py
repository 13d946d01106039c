"""What each operator itself owes, its arguments being defined: on scalars, and entry by entry.

Promise: a row's `owes` is refined by sorts and shapes only where the refinement is true of every
value; an operator that is not total and has no row here owes `unsupported`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.core.alpha import alpha_equal
from derive.core.claim import DOMAIN, Context
from derive.core.law_values import LAW_VALUES, OF_LAWS, closed_form, is_of_laws
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, INTEGER, Array, LawSort
from derive.core.term import ONE, ZERO, App, Num, Sym, Term, eq, le, lt, mul, ne
from derive.core.vector_laws import VECTOR_LAWS
from derive.kernel import finite_laws
from derive.kernel.arrays import entry
from derive.kernel.chance_conditions import given_owes
from derive.kernel.guards import Conditions, over_each, unsupported, value
from derive.kernel.indices import fresh_indices, is_array, is_entrywise
from derive.kernel.kinks import regular


@dataclass(frozen=True, slots=True)
class Scope:
    """The context, the bound variables above, and the conditions already found."""

    context: Context
    bound: frozenset[Sym] = frozenset()
    found: dict[Term, Conditions] = field(default_factory=dict)

    @property
    def defined(self) -> frozenset[Sym]:
        """The defined names."""
        return frozenset(d.symbol for d in self.context.definitions)

    def inside(self, variable: Sym) -> Scope:
        """The scope of a binder's body."""
        return Scope(self.context, self.bound | {variable})

    def body(self, term: Term) -> Term:
        """A defined name's body, through names of names; other terms as they are."""
        while isinstance(term, Sym) and term not in self.bound:
            body = self.context.body(term)
            if body is None:
                return term
            term = body
        return term

    def at_least(self, low: int, term: Term) -> bool:
        """Does the integer term reach `low` (0 or 1) by its literals and the declared domains?"""
        match term:
            case Num(v):
                return v >= low
            case App("+", (a, b)):
                return (self.at_least(low, a) and self.at_least(0, b)) or (
                    self.at_least(0, a) and self.at_least(low, b)
                )
            case App("*", (a, b)):
                return self.at_least(low, a) and self.at_least(low, b)
            # without this: the sign of a free `n` would be believed of a bound one
            case Sym() if term not in self.bound and term.sort is INTEGER:
                facts = self.context.facts
                return any(f.kind == DOMAIN and _says(f.claim, low, term) for f in facts)
        return False


def _says(claim: Term, low: int, symbol: Sym) -> bool:
    match claim:
        case App("and", parts):
            return any(_says(p, low, symbol) for p in parts)
        case App("<=", (Num(v), s)):
            return s == symbol and v >= low
        case App("<", (Num(v), s)):
            return s == symbol and v >= low - 1
    return False


def own(term: App, op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    """What the operator itself owes, its arguments being defined."""
    if not any(map(is_array, args)):
        return _owes(term, op, args, scope)
    if is_entrywise(op):
        return (*same_shapes(args), *_entries_owe(op, args, scope))
    if op in ("=", "!=", "<", "<="):
        return same_shapes(args)
    return _array_owes(op, args, scope)


def within(place: Term, length: Term) -> Conditions:
    """An index lies between 1 and the length of its axis."""
    if sort_of(place) is not INTEGER:
        return (unsupported(place),)
    return le(ONE, place), le(place, length)


def same_shapes(args: tuple[Term, ...]) -> Conditions:
    """Array arguments that are combined entry by entry have one shape."""
    # without this: x + y for x of length n and y of length m would read past an end
    shapes = [shape_of(a) for a in args if is_array(a)]
    pairs = (pair for other in shapes[1:] for pair in zip(shapes[0], other, strict=False))
    return tuple(c for m, n in pairs for c in _equal(m, n))


# ---------------------------------------------------------------- scalars


def _owes(term: App, op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    if op == "given":
        return given_owes(term, scope.context)
    if op in ("factorial", "binomial"):
        return tuple(c for a in args for c in _natural(term, a, scope))
    if op in LAW_VALUES or (op in OF_LAWS and isinstance(sort_of(args[0]), LawSort)):
        return _of_laws(term, op, tuple(map(scope.body, args)))
    if any(sort_of(a) is COMPLEX for a in args):
        return _complex_owes(term, op, args, scope)
    if op == "^" and not isinstance(args[1], Num) and sort_of(args[1]) is INTEGER:
        return _integer_power(args[0], args[1], scope)
    row = OPERATORS.get(op)
    return () if row is None else row.owes(args)


def _of_laws(term: App, op: str, args: tuple[Term, ...]) -> Conditions:
    """What the closed form owes; the parameters' ranges are owed by the laws themselves."""
    parts = [p for a in args for p in (a.args if is_law(a) and isinstance(a, App) else (a,))]
    # without this: the density of Normal(im, 1) would be a number
    if any(is_complex(p) for p in parts) or not is_of_laws(op, args):
        return (unsupported(term),)
    # without this: pdf(Bernoulli(p), x) would be read as the mass at x
    found = closed_form(op, args)
    return (unsupported(term),) if found is None else found[1]


def is_law(term: Term) -> bool:
    """Is it a probability law?"""
    return isinstance(sort_of(term), LawSort)


def is_complex(term: Term) -> bool:
    """Is it a complex number, or an array of them?"""
    sort = sort_of(term)
    return (sort.entry if isinstance(sort, Array) else sort) is COMPLEX


def _integer_power(base: Term, exponent: Term, scope: Scope) -> Conditions:
    literal = value(exponent)
    if scope.at_least(0, exponent) or (literal is not None and literal >= 0):
        return ()
    # without this: 0^n would be 0, or 1, for negative n
    return (App("or", (ne(base, ZERO), le(ZERO, exponent))),)


def _natural(term: App, arg: Term, scope: Scope) -> Conditions:
    # without this: factorial(x) would have a value, and the wrong recurrence, off the naturals
    if sort_of(arg) is not INTEGER:
        return (unsupported(term),)
    return () if scope.at_least(0, arg) else (le(ZERO, arg),)


def _complex_owes(term: App, op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    """Over the complex numbers: principal branches, so that only poles are left."""
    match op, args:
        case "log", (a,):
            return (ne(a, ZERO),)
        case "^", (base, Num(v)) if v.denominator == 1:
            return () if v >= 0 else (ne(base, ZERO),)
        case "^", (base, exponent) if sort_of(exponent) is INTEGER:
            return _integer_power(base, exponent, scope)
        case "^", (base, _):
            return (ne(base, ZERO),)
        case ("sqrt" | "asin" | "acos" | "acosh" | "asinh"), _:
            return ()
        case ("/" | "tan"), _:
            return OPERATORS[op].owes(args)
    row = OPERATORS.get(op)
    if row is None or op in _ENTIRE or row.kind in ("relation", "logic"):
        return ()
    # without this: Gamma, floor or max of a complex number would count as defined
    return (unsupported(term),)


_ENTIRE = frozenset(
    {"+", "-", "neg", "*", "exp", "sin", "cos", "sinh", "cosh", "abs", "conj", "re", "im_part",
     "apply", "index", "vector"}
)


# ---------------------------------------------------------------- arrays


def _entries_owe(op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    shape = next(shape_of(a) for a in args if is_array(a))
    places = fresh_indices(len(shape), *args, *shape)
    scalars = tuple(entry(a, places) if is_array(a) else a for a in args)
    found = _owes(App(op, scalars), op, scalars, scope)
    for place, length in zip(reversed(places), reversed(shape), strict=True):
        found = over_each(place, (ONE, length), found)
    return found


def _array_owes(op: str, args: tuple[Term, ...], scope: Scope) -> Conditions:
    match op, args:
        case "Categorical", _:
            return OPERATORS[op].owes(args)
        case "matmul", (left, right):
            return _equal(shape_of(left)[-1], shape_of(right)[0])
        case ("beside" | "above"), (first, *others):
            # without this: blocks of unequal heights beside each other would have a shape
            axis = 0 if op == "beside" else 1
            return tuple(c for b in others for c in _equal(shape_of(first)[axis], shape_of(b)[axis]))
        case ("dot" | "vector"), _:
            return same_shapes(args)
        case "inv", (a,):
            # without this: inv(A) @ A = eye(n) for A = 0
            return (*_square(a), regular(a))
        case "logdet", (a,):
            # without this: logdet(A) would be real for a determinant of -1
            return (*_square(a), lt(ZERO, App("det", (a,))))
        case ("expm" | "det" | "tr" | "diag" | "posdef" | "psd" | "invertible"), (a,):
            return _square(a)
        case _ if op in LAW_VALUES:
            law = scope.body(args[0])
            # without this: pdf(Normal(0, 1), x) of a vector, which has no meaning, would count as defined
            if not (isinstance(law, App) and law.op in VECTOR_LAWS):
                return (unsupported(App(op, args)),)
            return _of_laws(App(op, args), op, (law, *args[1:]))
        case "norm_p", (x, p):
            return (le(ONE, p), *_not_empty(x, scope))
        case ("norm_inf" | "mean" | "variance" | "logsumexp"), (x,):
            # without this: the mean of no numbers, and the logarithm of an empty sum
            return _not_empty(x, scope)
        case "sample_variance", (x,):
            # without this: the sample variance of one number would be 0/0 = 0
            return (*_not_empty(x, scope), lt(ONE, mul(*shape_of(x))))
    row = OPERATORS.get(op)
    if row is not None and row.kind == "law":
        return row.owes(args)
    return finite_laws.owed(op, args, entry) if op in finite_laws.FINITE_LAWS else ()


def _equal(left: Term, right: Term) -> Conditions:
    return () if alpha_equal(left, right) else (eq(left, right),)


def _square(a: Term) -> Conditions:
    shape = shape_of(a)
    return _equal(shape[0], shape[1]) if len(shape) == 2 else ()


def _not_empty(x: Term, scope: Scope) -> Conditions:
    return tuple(le(ONE, n) for n in shape_of(x) if not scope.at_least(1, n))
