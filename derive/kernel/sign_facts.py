"""The facts that signs are read from: comparisons, and statements about all entries with their instances.

Promise: a statement about all entries is used for an entry only where its index is surely in range, and what it
gives serves only for terms in which that entry occurs.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.claim import Fact
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, OUTCOME, REAL, Array
from derive.core.term import ONE, App, Bind, Sym, Term, substitute, subterms
from derive.kernel.fraction import Fractions
from derive.kernel.poly import Decline, Monomial, Poly, add_poly, is_constant, minus, scale
from derive.kernel.signs import Sign

OrderFact = tuple[Poly, str, frozenset[str], Term | None]
_REALS = (REAL, INTEGER)
FACT_TERMS = 400  # a fact whose expansion is larger is no help with signs


class SignFacts(Fractions):
    """What a run knows: the facts, the ranges of bound variables, and what was used."""

    def prepare(
        self, facts: tuple[Fact, ...], features: frozenset[str], guarded: bool = False
    ) -> None:
        """Start with these facts; equations among them do not rewrite anything here.

        `guarded` says that the claim has branches: an index in one is owed to be in range only there.
        """
        self.features = features
        self.memo: dict[Term, tuple[Poly, frozenset[str]]] = {}
        self.used: set[str] = set()
        self.ranges: dict[Sym, tuple[Term, Term]] = {}
        self.real_atoms: dict[int, bool] = {}
        self.symmetric: dict[Sym, str] = {}
        self.hermitian: dict[Term, str] = {}
        self.order_facts: list[OrderFact] = []
        self.schemas: list[tuple[tuple[Bind, ...], Term, str]] = []
        self.ground: dict[Term, tuple[Poly, frozenset[str]]] = {}
        self.matching: set[tuple[Term, str]] = set()
        self.patterns: list[tuple[Term, frozenset[Sym], Term, str]] = []
        self.beside: dict[str, frozenset[str]] = {}
        self.powers: list[tuple[Term, int, frozenset[Sym], Term, str]] = []
        self.families: list[tuple[tuple[Sym, ...], Term, str]] = []
        self.zeros: list[tuple[Poly, str]] = []
        self.instantiated: set[int] = set()
        self.sign_memo: dict[frozenset[tuple[Monomial, Fraction]], tuple[Sign, frozenset[str]]] = {}
        self.busy: set[frozenset[tuple[Monomial, Fraction]]] = set()
        self.counter = 0
        self.guarded = guarded
        self.entry_memo: dict[int, frozenset[Term]] = {}
        self.entered: dict[tuple[Sym, Term, Term, Term], tuple[Sym, Term]] = {}
        self.asking: set[object] = set()  # questions of integrability that are open
        self.assumed: list[tuple[Term, Term]] = []  # indices that differ, in the branch at hand
        self.start_chance()
        for fact in facts:
            for claim in surely(fact.claim):
                self.add_fact(claim, fact.name)

    def use(self, *names: str) -> None:
        """Remember that facts were used; what is memoised remembers it too."""
        self.used.update(n for n in names if n)

    def add_fact(self, claim: Term, name: str, anchor: Term | None = None) -> None:
        """Take in what a proposition says about signs; what it does not say is ignored.

        A fact that was instantiated for an entry (`anchor`) serves only for terms in which that entry
        occurs. Without this: `for i in 2..n, t >= c[i] >= 0` would give t >= 0 at n = 1
        (tests/unsound/fact_of_an_empty_range.drv).
        """
        if anchor is None and self.note_chance(claim, name):
            return
        match claim:
            case App("and", parts):
                for part in parts:
                    self.add_fact(part, name, anchor)
            case App("<" | "<=" | "!=" as rel, (left, right)):
                self._add_order(left, right, rel, name, anchor)
                if rel != "!=" and isinstance(left, App) and left.op == "abs" and sort_of(left.args[0]) in _REALS:
                    # abs(r) < c is -c < r < c; of a complex r it says nothing of this kind
                    self._add_order(left.args[0], right, rel, name, anchor)
                    self._add_order(App("neg", left.args), right, rel, name, anchor)
            case App("=", (left, right)) if not isinstance(right, Bind) and not shape_of(left):
                self._add_order(left, right, "=", name, anchor)
            case Bind("forall", _, _, _):
                self._add_schema(claim, name)

    def _add_order(
        self, left: Term, right: Term, rel: str, name: str, anchor: Term | None
    ) -> None:
        """`right - left` with what its own normal form used."""
        outer, self.used = self.used, set()
        limit, self.max_terms = self.max_terms, FACT_TERMS
        try:
            gap = minus(self.normal(right), self.normal(left))
        except Decline:
            return
        finally:
            names, self.used = frozenset(self.used | {name}), outer
            self.max_terms = limit
        self.order_facts.append((gap, rel, names, anchor))
        self.sign_memo.clear()

    def _add_schema(self, claim: Term, name: str) -> None:
        binders: list[Bind] = []
        while isinstance(claim, Bind) and claim.op == "forall":
            binders.append(claim)
            claim = claim.body
        symmetric, hermitian = _symmetric_matrix(claim, binders), _hermitian_matrix(claim, binders)
        if symmetric is not None:
            self.symmetric[symmetric] = name
        elif hermitian is not None:
            self.hermitian[hermitian] = name
        elif all(b.over for b in binders):
            bodies = claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)
            for body in bodies:
                self.schemas.append((tuple(binders), body, name))

    def has(self, p: Poly, anchor: Term | None) -> bool:
        """Does an entry occur in a polynomial, in an atom or inside one?"""
        if anchor is None:
            return True
        return any(anchor in self.entries(a) for m in p for a, _ in m)

    def entries(self, atom: int) -> frozenset[Term]:
        """The entries of arrays that occur in an atom."""
        known = self.entry_memo.get(atom)
        if known is None:
            found = (t for t in subterms(self.atoms[atom]) if isinstance(t, App) and t.op == "index")
            known = self.entry_memo[atom] = frozenset(found)
        return known

    # -------------------------------------------------------------- the ranges of bound variables

    def enter(self, var: Sym, low: Term, high: Term, body: Term) -> tuple[Sym, Term]:
        """The body of a binder with a variable of its own, whose range counts as a fact.

        Without a fresh name: the range of one `i` would be a fact about every `i`.
        """
        key = (var, low, high, body)
        if key not in self.entered:
            self.counter += 1
            fresh = Sym(f"~k{self.counter}", var.sort)
            self.ranges[fresh] = (low, high)
            self.entered[key] = (fresh, substitute(body, {var: fresh}))
        return self.entered[key]

    def in_range(self, p: Poly, low: Poly, high: Poly) -> bool:
        """Is `low <= p <= high` known?"""
        up, down = ("+", "0+", "0"), self.range_gap
        return down(p, low) in up and down(high, p) in up

    def range_gap(self, p: Poly, q: Poly) -> Sign:
        """The sign of `p - q`, where the ranges of bound variables count as facts."""
        gap = minus(p, q)
        direct = self.sign(gap)
        if direct is not None:
            return direct
        for var, (low, high) in tuple(self.ranges.items()):
            atom = self.ids.get(var)
            c = gap.get(((atom, 1),)) if atom is not None else None
            if c:
                end = self.normal(low if c > 0 else high)
                assert atom is not None
                rest = add_poly(minus(gap, {((atom, 1),): c}), scale(end, c))
                found = self.sign(rest)
                if found in ("+", "0+", "0"):
                    return "0+" if found == "0" else found
        return None

    # -------------------------------------------------------------- facts about all entries

    def _instantiate(self, atom: int, term: Term) -> None:
        """Bring in what the facts `for i in 1..n, ...` say of this entry."""
        if atom in self.instantiated or not (isinstance(term, App) and term.op == "index"):
            return
        self.instantiated.add(atom)
        for binders, body, name in self.schemas:
            instance = self.instance(binders, body, term)
            if instance is not None:
                self.add_fact(instance, name, term)

    def instance(self, binders: tuple[Bind, ...], body: Term, entry: App) -> Term | None:
        """The instance of `for i in lo..hi, body` in which `x[i]` is this entry, if its range is sure."""
        variables = {b.var for b in binders}
        for pattern in subterms(body):
            if not (isinstance(pattern, App) and pattern.op == "index" and pattern.args[0] == entry.args[0]):
                continue
            indices = pattern.args[1:]
            if len(set(indices)) == len(indices) == len(entry.args) - 1 and set(indices) == variables:
                mapping = dict(zip(indices, entry.args[1:], strict=True))
                if all(self._covers(b, entry, mapping, indices) for b in binders):
                    return substitute(body, mapping)  # type: ignore[arg-type]
        return None

    def _covers(
        self, binder: Bind, entry: App, mapping: dict[Term, Term], indices: tuple[Term, ...]
    ) -> bool:
        """Is the value within the binder's range? A whole axis is: an index is owed to be on it."""
        array = entry.args[0]
        low, high = (substitute(end, mapping) for end in binder.over)  # type: ignore[arg-type]
        if isinstance(array, Sym) and isinstance(array.sort, Array):
            axis = indices.index(binder.var)
            if not self.guarded and low == ONE and high == array.sort.shape[axis]:
                return True
        try:
            value = self.normal(mapping[binder.var])
            return self.in_range(value, self.normal(low), self.normal(high))
        except Decline:
            return False

    # -------------------------------------------------------------- facts that clash

    def clash(self, involved: set[str]) -> frozenset[str] | None:
        """Two comparisons, one of them among those named, whose sum is absurd: `g > 0` and `-g >= 0`."""
        up = [
            (g, rel, names) for g, rel, names, anchor in self.order_facts
            if anchor is None and rel in ("<", "<=", "=")
        ]
        for i, (g, rel, names) in enumerate(up):
            for h, other, more in up[:i]:
                if not (names | more) & involved:
                    continue
                for m in g:
                    if m and m in h and (g[m] / h[m] < 0 or "=" in (rel, other)):
                        total = minus(g, scale(h, g[m] / h[m]))
                        if is_constant(total):
                            value = total.get((), Fraction(0))
                            if g[m] / h[m] > 0 and other != "=":
                                # an inequality is only ever added: without this, d = 2 and
                                # d >= 1 would clash (tests/unsound/premise_that_does_not_clash.drv)
                                value = -value
                            if value < 0 or (not value and "<" in (rel, other)):
                                return names | more
                    break
        return None

    # -------------------------------------------------------------- supplied by later rooms

    def start_chance(self) -> None:
        """Nothing is stated of random variables yet (in `independence.py`)."""
        raise NotImplementedError

    def note_chance(self, claim: Term, name: str) -> bool:
        """Take in a fact about random variables; False for another fact (in `independence.py`)."""
        raise NotImplementedError

    def sign(self, p: Poly, depth: int = 0) -> Sign:
        """The sign of `p`, None when not known (in `sign.py`)."""
        raise NotImplementedError


def surely(claim: Term) -> tuple[Term, ...]:
    """A fact that holds at every sample point, at the points that are spoken of; others as they are."""
    binders: list[Bind] = []
    inner = claim
    while isinstance(inner, Bind) and inner.op == "forall" and inner.var.sort is not OUTCOME:
        binders.append(inner)
        inner = inner.body
    if not (isinstance(inner, Bind) and inner.op == "forall"):
        return (claim,)
    found = []
    for point in (Sym("~w", OUTCOME), Sym("~v", OUTCOME), Sym("outcome~", OUTCOME)):
        here = substitute(inner.body, {inner.var: point})
        for b in reversed(binders):
            here = Bind(b.op, b.var, b.over, here)
        found.append(here)
    return tuple(found)


def _symmetric_matrix(claim: Term, binders: list[Bind]) -> Sym | None:
    """The matrix of a fact `for i, j, A[i, j] = A[j, i]`."""
    match claim:
        case App("=", (App("index", (Sym() as a, i, j)), App("index", (b, k, l)))) if (
            a == b and (i, j) == (l, k) and len(binders) == 2 and {i, j} == {x.var for x in binders}
            and isinstance(a.sort, Array)
            and all(x.over == (ONE, n) for x, n in zip(binders, a.sort.shape, strict=False))
        ):
            return a
    return None


def _hermitian_matrix(claim: Term, binders: list[Bind]) -> Sym | None:
    """The matrix of a fact `for i, j, A[i, j] = conj(A[j, i])`."""
    match claim:
        case App("=", (left, App("conj", (right,)))):
            return _symmetric_matrix(App("=", (left, right)), binders)
    return None
