"""Facts about matrices: equations become rules for words and numbers that are 0, comparisons serve for signs.

Promise: a rule, a number that is 0 and a sign hold wherever the facts that are named with them hold. A fact that
cannot be read is left aside; one that speaks only of entries belongs to the scalar normal form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from derive.core.claim import CASE, DOMAIN, Context, Fact
from derive.core.shape import shape_of, sort_of
from derive.core.sort import Scalar
from derive.core.term import App, Bind, Term, free_symbols
from derive.kernel.arrays import scalarise
from derive.kernel.derivative import Refusal
from derive.kernel.determinant import Determinants
from derive.kernel.differential import differentials
from derive.kernel.equations import conjuncts
from derive.kernel.indices import is_array
from derive.kernel.invertible import is_square
from derive.kernel.letters import Element
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, constant, minus


class MatrixFacts:
    """The words of one context; equations of the named facts may rewrite."""

    def __init__(
        self, context: Context, equations: tuple[str, ...], features: frozenset[str],
        determinants: bool = False,
        guarded: bool = False,
    ) -> None:
        facts = [
            (part if isinstance(done := differentials(part), Refusal) else done, f)
            for f in context.facts for part in conjuncts(context.unfold(f.claim))
        ]
        scalar = tuple(
            Fact(f.name, scalarise(part), f.kind) for part, f in facts if not _about_matrices(part)
        )
        self.run = Normaliser()
        self.run.prepare(scalar, features, guarded)
        self.words = Determinants(self.run, tuple((self._instance(part), f.name) for part, f in facts))
        self.zeros: list[tuple[Poly, frozenset[str]]] = []
        self.about_determinants = determinants
        usable = [
            (part, f.name) for part, f in facts
            if f.name in equations or f.kind in (CASE, DOMAIN)
        ]
        for part, name in usable:
            self._try(partial(self._equation, part, name))
        for part, f in facts:
            if _about_matrices(part) or isinstance(part, Bind):
                self._try(partial(self._order, part, f.name))
        self.run.used = set()
        self.words.used = set()

    def _try(self, action: Callable[[], None]) -> None:
        """A fact that cannot be read is left aside."""
        try:
            action()
        except Decline:
            return

    # -------------------------------------------------------------- facts

    def _equation(self, part: Term, name: str) -> None:
        """An equation becomes a rule, or a number that is 0."""
        if not (isinstance(part, App) and part.op == "="):
            return
        left, right = part.args
        if not is_array(left) and not is_array(right):
            if _about_matrices(part):
                gap, names = self._number_gap(left, right)
                self.zeros.append((gap, names | {name}))
            return
        if not (is_array(left) and is_array(right)) or len(shape_of(left)) > 2:
            return
        self._determinants(left, right, name)
        outer, self.words.used = self.words.used, set()
        one, two = self.words.read(left), self.words.read(right)
        names, self.words.used = frozenset(self.words.used | {name}), outer
        self.words.relate(self.words.minus(one, two), names)
        self._other_side(left, two, names)

    def _determinants(self, left: Term, right: Term, name: str) -> None:
        """Equal matrices have equal determinants: `S = L @ L.T` gives `det(S) = det(L)^2`."""
        if not self.about_determinants or not (is_square(left) and is_square(right)):
            return
        outer, self.words.used = self.words.used, set()
        gap = minus(self.words.determinant(left), self.words.determinant(right))
        names, self.words.used = frozenset(self.words.used | {name}), outer
        self.zeros.append((gap, names))

    def _other_side(self, left: Term, right: Element, names: frozenset[str]) -> None:
        """`A @ B = eye(n)` gives `B @ A = eye(n)` for square A and B.

        Without squareness: Q.T @ Q = eye(k) would give Q @ Q.T = eye(n) for a tall Q.
        """
        if isinstance(left, App) and left.op == "matmul" and right.parts == {(): constant(1)}:
            a, b = (self.words.read(x) for x in left.args)
            if a.shape == b.shape == right.shape:
                product = self.words.times(b, a)
                self.words.relate(self.words.minus(product, right), names)

    def _number_gap(self, left: Term, right: Term) -> tuple[Poly, frozenset[str]]:
        """`right - left`, and the facts that reading it took."""
        outer, self.words.used = self.words.used, set()
        gap = minus(self.words.value(right), self.words.value(left))
        names, self.words.used = frozenset(self.words.used), outer
        return gap, names

    def _order(self, part: Term, name: str) -> None:
        """A comparison of numbers serves for signs."""
        part = self._instance(part)
        if not (isinstance(part, App) and part.op in ("<", "<=", "!=")):
            return
        left, right = part.args
        if is_array(left) or is_array(right):
            return
        gap, names = self._number_gap(left, right)
        self.words.note(gap, part.op, names | {name})

    def _instance(self, part: Term) -> Term:
        """A fact about every index of a range that does not mention the index.

        Without a range that is not empty: `for i in 1..k, 1 + c != 0` would say something at k = 0.
        """
        while isinstance(part, Bind) and part.op == "forall" and part.over:
            low, high = (self.run.normal(end) for end in part.over)
            inhabited = self.run.sign(minus(high, low)) in ("+", "0+", "0")
            if part.var in free_symbols(part.body) or not inhabited:
                break
            part = part.body
        return part


def speaks_of_arrays(claim: Term) -> bool:
    """Is an array an argument of an operator somewhere, or summed in a way that entries do not say?"""
    stack = [claim]
    while stack:
        term = stack.pop()
        if isinstance(term, App):
            if any(has_sort(a) and is_array(a) for a in term.args):
                return True
            stack.extend(term.args)
        elif isinstance(term, Bind) and term.op == "sum" and _has_entries_of_products(term.body):
            return True
    return False


def _has_entries_of_products(body: Term) -> bool:
    """Does a sum speak of arrays in a way that entries alone do not say?"""
    match body:
        case App("index", (App(), *_)):
            return True
        case App(_, args):
            return any(map(_has_entries_of_products, args))
        case Bind("sum", _, _, inner):
            return _has_entries_of_products(inner)
    return False


def has_sort(term: Term) -> bool:
    """Is the term well sorted?"""
    try:
        sort_of(term)
    except ValueError:
        return False
    return True


def _about_matrices(part: Term) -> bool:
    return isinstance(part, App) and speaks_of_arrays(part) and not _only_entries(part)


def _only_entries(part: Term) -> bool:
    """Are arrays only indexed here? Then the scalar normal form reads the fact."""
    if not isinstance(part, App):
        return True
    if part.op == "index":
        return True
    if any(is_array(a) for a in part.args if isinstance(a, (App, Bind)) or not isinstance(sort_of(a), Scalar)):
        return False
    return all(_only_entries(a) for a in part.args)
