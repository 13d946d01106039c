"""Signs: what is surely true of the sign of a polynomial over atoms, from the facts at hand.

Promise: `sign(p)` answers "+", "-", "0+" (at least 0), "0-", "!0", "0" or None, and the answer holds at
every point where the terms as written are defined and the facts hold. It follows rows and facts; it never
samples and never searches: one fact at a time, products of factors, sums of terms of one sign.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from derive.core.claim import Fact
from derive.core.operator import OPERATORS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import INTEGER, OUTCOME, REAL, Array
from derive.core.term import ONE, App, Bind, Num, Sym, Term, mentions, substitute, subterms
from derive.kernel.differences import edges, ends, least
from derive.kernel.fraction import Fractions
from derive.kernel.poly import Decline, Monomial, Poly, add_poly, is_constant, minus, scale
from derive.kernel.signs import (
    ENCLOSURE,
    FLIP,
    Sign,
    add_signs,
    multiply_signs,
    stronger,
)
from derive.kernel.waves import of_pairs, of_roots_of_unity, of_two_units

OrderFact = tuple[Poly, str, frozenset[str], Term | None]
_REALS = (REAL, INTEGER)
_DEPTH = 6
FEW_TERMS = 8
FACT_TERMS = 400  # a fact whose expansion is larger is no help with signs


class Signs(Fractions):
    """The sign of polynomials over atoms, under the facts."""

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

    def start_chance(self) -> None:
        """Nothing is stated of random variables yet (in `independence.py`)."""
        raise NotImplementedError

    def note_chance(self, claim: Term, name: str) -> bool:
        """Take in a fact about random variables; False for another fact (in `independence.py`)."""
        raise NotImplementedError

    def by_mean(self, p: Poly, depth: int) -> Sign:
        """The sign of a sum of expectations (in `expectation.py`)."""
        raise NotImplementedError

    def mean_sign(self, term: Bind, depth: int) -> Sign:
        """The sign of an expectation (in `expectation.py`)."""
        raise NotImplementedError

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

    def normal(self, term: Term) -> Poly:
        """The normal form of a term."""
        raise NotImplementedError

    def is_real(self, p: Poly) -> bool:
        """Is the value surely real?"""
        raise NotImplementedError

    def atom_is_real(self, atom: int) -> bool:
        """Is the value of this atom surely real? (in `complex_numbers.py`)"""
        raise NotImplementedError

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

    # -------------------------------------------------------------- the sign of a polynomial

    def sign(self, p: Poly, depth: int = 0) -> Sign:
        """The sign of `p`, None when not known."""
        if not p:
            return "0"
        if is_constant(p):
            return "+" if p[()] > 0 else "-"
        key = frozenset(p.items())
        if key in self.sign_memo:
            found, names = self.sign_memo[key]
            self.use(*names)
            return found
        if depth > _DEPTH or key in self.busy or len(p) > 200:
            return None
        self.busy.add(key)
        outer, self.used = self.used, set()
        try:
            found = self._sign(p, depth)
        except Decline:
            found = None
        finally:
            self.busy.discard(key)
            names, self.used = frozenset(self.used), self.used | outer
        if (found is not None or depth == 0) and not self.assumed and (found is not None or not self.asking):
            self.sign_memo[key] = (found, names)
        return found

    def _sign(self, p: Poly, depth: int) -> Sign:
        if not self.is_real(p):
            found = self._by_facts(p, depth, only_multiples=len(p) > FEW_TERMS)
            return found if found not in (None, "!0", "0+", "0-") else stronger(found, self._of_complex(p, depth))
        found = self._termwise(p, depth)
        if found in ("+", "-", "0"):
            return found
        for attempt in (
            self._by_facts, self._by_chain, self._by_factors, self._by_square, self._by_conjugate,
            self._by_logarithm, self.by_mean,
        ):
            other = attempt(p, depth)
            found = stronger(found, other)
            if found in ("+", "-"):
                return found
        return found if found is not None else self.enclosed_sign(p)

    def _by_chain(self, p: Poly, depth: int) -> Sign:
        """A chain of comparisons `x - y >= c`; the range of a bound variable counts only where it occurs itself.

        Without this: `1 <= i <= n` for a bound i would give 1 <= n, where the range may be empty.
        """
        if ends(p) is None:
            return None
        facts = [(g, rel, names) for g, rel, names, anchor in self.order_facts if anchor is None]
        for var, (low, high) in tuple(self.ranges.items()):
            if any(self.atoms[a] == var for m in p for a, _ in m):
                here, none = self.variable(var), frozenset[str]()
                facts += [(minus(here, self.normal(low)), "<=", none), (minus(self.normal(high), here), "<=", none)]
        known = edges(facts)
        for direction, up in ((1, "+"), (-1, "-")):
            found = least(known, p if direction == 1 else scale(p, -1))
            if found is not None and found.bound >= 0:
                self.use(*found.names)
                return up if found.bound > 0 or found.strict else f"0{up}"
        return None

    def enclosed_sign(self, p: Poly) -> Sign:
        """The sign of a number built from pi, logarithms, exponentials and roots, by interval arithmetic."""
        if not all(is_closed_number(self.atoms[a]) for m in p for a, _ in m):
            return None
        from derive.kernel.enclose import sign_of_number

        found = sign_of_number(self.to_term(p))
        if found is not None:
            self.use(ENCLOSURE)
        return found

    def _by_logarithm(self, p: Poly, depth: int) -> Sign:
        """`M1 - M2` for positive monomials: the sign of `log(M1) - log(M2)`."""
        if len(p) != 2 or depth > 3:
            return None
        (m1, c1), (m2, c2) = sorted(p.items(), key=lambda item: -item[1])
        if not c1 > 0 > c2 or not any(self.is_exponential(a) for m in (m1, m2) for a, _ in m):
            return None
        if self._monomial(m1, c1, depth) != "+" or self._monomial(m2, -c2, depth) != "+":
            return None
        ratio = minus(self.log({m1: c1}), self.log({m2: -c2}))
        return self.sign(ratio, depth + 2)

    def is_exponential(self, atom: int) -> bool:
        """Is this atom an exponential?"""
        return isinstance(t := self.atoms[atom], App) and t.op == "exp"

    def log(self, p: Poly) -> Poly:
        """The logarithm (in `normal.py`)."""
        raise NotImplementedError

    def _of_complex(self, p: Poly, depth: int) -> Sign:
        """What is known of a value with complex atoms, which may be real all the same."""
        found: Sign = None
        for attempt in (
            self._of_waves, partial(of_two_units, self), partial(of_pairs, self),
            partial(of_roots_of_unity, self), self._above_root,
        ):
            found = stronger(found, attempt(p, depth))
            if found in ("+", "-", "0"):
                break
        return found

    def _above_root(self, p: Poly, depth: int) -> Sign:
        """A root against a real number that is written with complex ones: `re(z) <= abs(z)`.

        Without realness: `z <= abs(z)` for a complex z.
        """
        if depth > 1 or len(p) > FEW_TERMS or not any(e == Fraction(1, 2) for m in p for _, e in m):
            return None
        return self._by_conjugate(p, depth) if self.conjugate(p) == p else None

    def monomial_sign(self, m: Monomial, depth: int) -> Sign:
        """The sign of a monomial."""
        return self._monomial(m, Fraction(1), depth)

    def _of_waves(self, p: Poly, depth: int) -> Sign:
        """Sines and cosines are sums of complex units: real squares of them, and products known not to be 0."""
        if len(p) > 40 or self.denominators(p):
            return None
        content, factors = self.factor(p)
        ((m, c),) = content.items()
        square = self._square_of_wave(m, c, factors)
        nonzero = self._nonzero_product(p, m, factors, depth)
        return stronger(square, nonzero)

    def _square_of_wave(
        self, m: Monomial, c: Fraction, factors: list[tuple[Poly, int]]
    ) -> Sign:
        """The sign of a constant times the square of a real, or of a purely imaginary, number."""
        if factors and all(e % 2 == 0 for _, e in factors):
            halves = [(a, Fraction(e) / 2) for a, e in m]
            if all(isinstance(t := self.atoms[a], App) and t.op == "exp" for a, _ in m):
                root = self.monomial(halves)
                for f, e in factors:
                    root = self.times(root, self.integer_power(f, e // 2))
                mirror = self.conjugate(root)
                if mirror == root:
                    return "0+" if c > 0 else "0-"
                if mirror == scale(root, -1):
                    # the root is purely imaginary: its square is at most 0
                    return "0-" if c > 0 else "0+"
        return None

    def _nonzero_product(
        self, p: Poly, m: Monomial, factors: list[tuple[Poly, int]], depth: int
    ) -> Sign:
        """ "!0" where every factor is known not to be 0."""
        for a, e in m:
            unit = isinstance(t := self.atoms[a], App) and t.op == "exp"
            if not unit and (e < 0 or self.atom_sign(a, depth + 1) not in ("+", "-", "!0")):
                return None
        known = all(self.sign(f, depth + 1) in ("+", "-", "!0") for f, _ in factors if len(factors) > 1 or f != p)
        return "!0" if known and (len(factors) != 1 or factors[0][1] > 1) else None

    def conjugate(self, p: Poly) -> Poly:
        """The complex conjugate (in `normal.py`)."""
        raise NotImplementedError

    def _by_conjugate(self, p: Poly, depth: int) -> Sign:
        """`A*sqrt(f) + B` with `A > 0`: positive where `A^2*f > B^2`, since then `A*sqrt(f) > |B|`."""
        if depth > 1 or len(p) > 12:
            return None
        for a in sorted({a for m in p for a, e in m if e == Fraction(1, 2)}):
            if not (isinstance(t := self.atoms[a], App) and t.op == "root"):
                continue
            lead: Poly = {}
            rest: Poly = {}
            for m, c in p.items():
                e = dict(m).get(a, 0)
                if e == Fraction(1, 2):
                    lead[tuple(x for x in m if x[0] != a)] = c
                elif e == 0:
                    rest[m] = c
                else:
                    return None
            outer = self.sign(lead, depth + 1)
            if outer not in ("+", "-") or not rest:
                continue
            square = self.times(self.times(lead, lead), self.definition(t))
            gap = self.sign(minus(square, self.times(rest, rest)), depth + 1)
            if gap == "+":
                return outer
            if gap in ("0+", "0"):
                return {"+": "0+", "-": "0-"}[outer]
            if gap == "-" and self.sign(rest, depth + 1) in ("+", "-"):
                return self.sign(rest, depth + 1)
        return None

    def _termwise(self, p: Poly, depth: int) -> Sign:
        total: Sign = "0"
        for m, c in p.items():
            total = add_signs(total, self._monomial(m, c, depth))
            if total is None:
                return None
        return total

    def _monomial(self, m: Monomial, c: Fraction, depth: int) -> Sign:
        total: Sign = "+" if c > 0 else "-"
        for a, e in m:
            inner = self.atom_sign(a, depth + 1)
            if isinstance(e, int) and e % 2 == 0:
                inner = self._even_power(a, inner, e)
            elif isinstance(e, Fraction):
                inner = "+" if inner == "+" else "0+" if inner == "0+" else None
            elif e < 0 and inner in ("0+", "0-"):
                # it divides, so it is owed not to be 0
                inner = "+" if inner == "0+" else "-"
            elif e < 0 and inner is None:
                return None
            total = multiply_signs(total, inner)
            if total is None:
                return None
        return total

    def _even_power(self, atom: int, inner: Sign, e: int) -> Sign:
        """The sign of an even power of an atom: a square of what is real is at least 0.

        Without realness: x = z^2 would give 0 <= x (tests/unsound/fact_about_a_complex_square.drv).
        """
        if inner in ("+", "-"):
            return "+"
        if self.atom_is_real(atom):
            return "+" if inner == "!0" or e < 0 else "0+"
        return "!0" if inner == "!0" or e < 0 else None

    def _by_facts(self, p: Poly, depth: int, only_multiples: bool = False) -> Sign:
        best: Sign = None
        scaled = self._primitive(p)
        for g, rel, name, anchor in tuple(self.order_facts):
            if not self.has(p, anchor):
                continue
            ratio = self._ratio(scaled, self._primitive(g))
            if ratio is not None:
                factor = self._monomial_ratio(p, g, rel)
                found = multiply_signs(factor, {"<": "+", "<=": "0+", "!=": "!0", "=": "0"}[rel])
                if found is not None:
                    self.use(*name)
                    best = stronger(best, found)
            elif not only_multiples and rel != "!=":
                best = self._with_rest(p, g, rel, name, best, depth)
            if best in ("+", "-", "0"):
                return best
        return best

    def _with_rest(
        self, p: Poly, g: Poly, rel: str, name: frozenset[str], best: Sign, depth: int
    ) -> Sign:
        """`p = c*g + rest` with a constant c that cancels a monomial which the two share."""
        base = {"<": "+", "<=": "0+", "=": "0"}[rel]
        for m in g:
            if m and m in p:
                c = p[m] / g[m]
                rest = minus(p, scale(g, c))
                if len(rest) >= len(p) + len(g) - 1:
                    continue
                inner = self._termwise(rest, depth + 1) if depth < 2 else None
                if inner is None and depth < 2 and len(rest) <= len(p):
                    inner = self.sign(rest, depth + 2)
                found = add_signs(base if c > 0 else FLIP[base], inner)
                if found is not None:
                    self.use(*name)
                    best = stronger(best, found)
                    if best in ("+", "-"):
                        return best
        return best

    def _primitive(self, p: Poly) -> Poly:
        """`p` without its monomial content, leading coefficient 1: equal for proportional polynomials."""
        if not p:
            return p
        floors = {a: e for a, e in self._floors(p).items() if e}
        q = self._divide_content(p, floors) if floors else p
        return scale(q, 1 / self.leading_coefficient(q))

    def _ratio(self, p: Poly, q: Poly) -> Fraction | None:
        return Fraction(1) if p == q and p else None

    def _monomial_ratio(self, p: Poly, g: Poly, rel: str) -> Sign:
        """The sign of the monomial by which `p` is a multiple of `g`."""
        fp, fg = self._floors(p), self._floors(g)
        shift = tuple(
            sorted((a, e) for a in {*fp, *fg} if (e := fp.get(a, 0) - fg.get(a, 0)))
        )
        qp = self._divide_content(p, {a: e for a, e in fp.items() if e})
        qg = self._divide_content(g, {a: e for a, e in fg.items() if e})
        c = self.leading_coefficient(qp) / self.leading_coefficient(qg)
        if not self.is_real({shift: Fraction(1)}):
            # without this: z^2 >= 0 for a complex z
            units = all(isinstance(t := self.atoms[a], App) and t.op == "exp" for a, _ in shift)
            return "!0" if units and rel == "!=" else None
        if rel in ("<=", "="):
            # without this: x*y >= 0 and x >= 0 would give y >= 0, at x = 0
            for a, e in shift:
                if e < 0 <= fp.get(a, 0) and self.atom_sign(a, 1) not in ("+", "-", "!0"):
                    return None
        return self._monomial(shift, c, _DEPTH - 1)

    def _by_factors(self, p: Poly, depth: int) -> Sign:
        if len(p) > 60:
            return None
        top, below = self.reduced_fraction(p)
        if not top:
            return "0"
        content, factors = self.factor(top)
        if len(factors) + len(below) == 1 and not below and factors[0][1] == 1 and len(content) == 1:
            ((m, c),) = content.items()
            if not m:
                return None
        ((m, c),) = content.items()
        total = self._monomial(m, c, depth)
        parts = [(f, e) for f, e in factors] + [(self.definition(self.atoms[a]), -k) for a, k in below]
        for f, e in parts:
            if total is None:
                return None
            inner = self.sign(f, depth + 1)
            if e % 2 == 0:
                inner = "+" if inner in ("+", "-", "!0") or e < 0 else "0+"
            elif e < 0 and inner in ("0+", "0-"):
                inner = "+" if inner == "0+" else "-"
            total = multiply_signs(total, inner)
        return total

    def _by_square(self, p: Poly, depth: int) -> Sign:
        """`a*x^2 + b*x + c` with a of known sign and negative or no discriminant."""
        for a in sorted({a for m in p for a, e in m if e == 2}):
            square: Poly = {}
            linear: Poly = {}
            rest: Poly = {}
            for m, c in p.items():
                e = dict(m).get(a, 0)
                bare = tuple((b, k) for b, k in m if b != a)
                if e == 2:
                    square[bare] = c
                elif e == 1:
                    linear[bare] = c
                elif e == 0:
                    rest[m] = c
                else:
                    break
            else:
                if depth > 2 or not linear:
                    continue
                lead = self.sign(square, depth + 2)
                if lead not in ("+", "-"):
                    continue
                gap = minus(scale(self.times(square, rest), 4), self.times(linear, linear))
                inner = self.sign(gap, depth + 2)
                if inner in ("+", "0+", "0"):
                    strict = inner == "+"
                    return lead if strict else {"+": "0+", "-": "0-"}[lead]
        return None

    # -------------------------------------------------------------- the sign of an atom

    def atom_sign(self, atom: int, depth: int) -> Sign:
        """The sign of an atom, by its row and by the facts about it."""
        term = self.atoms[atom]
        variable: Poly = {((atom, 1),): Fraction(1)}
        key = frozenset(variable.items())
        known = self.sign_memo.get(key)
        if known is not None and known[0] is not None:
            self.use(*known[1])
            return known[0]
        if depth > _DEPTH:
            return None
        found = self._by_row(term, depth)
        if found not in ("+", "-"):
            self._instantiate(atom, term)
            found = stronger(found, self._about_atom(atom, variable, depth))
        return found

    def _about_atom(self, atom: int, variable: Poly, depth: int) -> Sign:
        if depth > _DEPTH:
            return None
        best: Sign = None
        for g, rel, name, anchor in tuple(self.order_facts):
            if not self.has(variable, anchor):
                continue
            c = g.get(((atom, 1),))
            if not c or (rel == "!=" and len(g) > 1):
                continue
            rest = minus(variable, scale(g, 1 / c))
            if any(a == atom for m in rest for a, _ in m):
                continue
            base = {"<": "+", "<=": "0+", "!=": "!0", "=": "0"}[rel]
            base = base if c > 0 else FLIP[base]
            inner = "0" if not rest else self._termwise(rest, depth + 2) if depth < 4 else (
                ("+" if rest[()] > 0 else "-") if is_constant(rest) else None
            )
            found = add_signs(base, inner) if rest else base
            if found is not None:
                self.use(*name)
                best = stronger(best, found)
                if best in ("+", "-", "0"):
                    return best
        return best

    def _by_row(self, term: Term, depth: int) -> Sign:
        match term:
            case App("exp", (arg,)):
                return "+" if self.is_real(self.normal(arg)) else None
            case App("root", (arg,)):
                return "+" if self.sign(self.normal(arg), depth + 1) == "+" else "0+"
            case App("abs", (arg,)):
                return "+" if self.sign(self.normal(arg), depth + 1) in ("+", "-", "!0") else "0+"
            case App("poly", (arg,)):
                return self.sign(self.normal(arg), depth + 1)
            case App("log", (Num(c),)):
                return "+" if c > 1 else "-" if c < 1 else "0"
            case App("log", (arg,)):
                # log is increasing and 0 at 1; the argument is owed positive
                return self.sign(minus(self.normal(arg), {(): Fraction(1)}), depth + 1)
            case App("^", (base, _)) if not isinstance(base, Bind):
                inner = self.sign(self.normal(base), depth + 1)
                return {"+": "+", "0+": "0+", "-": "!0", "!0": "!0"}.get(inner or "")
            case Bind("E"):
                return self.mean_sign(term, depth)
            case Bind("sum", var, (low, high), body):
                return self._sum_sign(var, low, high, body, depth)
            case Bind("int", var, (low, high), body):
                return self._integral_sign(var, low, high, body, depth)
            case Bind("series", var, (low, high), body):
                # given that it converges, a sum of terms of one sign has that sign
                inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
                return inner if inner in ("+", "-", "0+", "0-") else None
            case Bind("prod", var, (low, high), body):
                inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
                return inner if inner in ("+", "0+") else None
            case Bind("max" | "min", var, (low, high), body):
                return self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
            case App(op, _):
                word = OPERATORS[op].sign if op in OPERATORS else ""
                return {"positive": "+", "nonnegative": "0+"}.get(word)
            case Sym() if term in self.ranges:
                return self._range_sign(term, depth)
        return None

    def _sum_sign(self, var: Sym, low: Term, high: Term, body: Term, depth: int) -> Sign:
        """A sum of terms of one sign; strictness needs a nonempty range (tests/unsound/empty_sum_strict.drv)."""
        inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
        if inner in ("+", "-"):
            nonempty = self.sign(minus(self.normal(high), self.normal(low)), depth + 1)
            return inner if nonempty in ("+", "0+", "0") else {"+": "0+", "-": "0-"}[inner]
        return inner if inner in ("0+", "0-", "0") else None

    def _integral_sign(self, var: Sym, low: Term, high: Term, body: Term, depth: int) -> Sign:
        """An integral of a function of one sign, from the smaller end to the larger.

        Without the order: from 1 to 0 the integral of 1 is -1 (tests/unsound/reversed_ends_of_an_integral.drv).
        """
        endless = mentions(low, "inf") or mentions(high, "inf")
        order = "+" if endless else self.sign(minus(self.normal(high), self.normal(low)), depth + 1)
        if order not in ("+", "0+") or low == App("inf", ()) or high == App("neg", (App("inf", ()),)):
            return None
        inner = self.sign(self.normal(self.enter(var, low, high, body)[1]), depth + 1)
        if inner in ("+", "-") and order != "+":
            return {"+": "0+", "-": "0-"}[inner]
        return inner if inner in ("+", "-", "0+", "0-") else None

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

    def _range_sign(self, var: Sym, depth: int) -> Sign:
        low, high = self.ranges[var]
        if var.sort is REAL:
            # the variable of an integral lies between the ends
            if self.sign(self.normal(low), depth + 1) in ("+", "0+", "0"):
                return "+"
            return "-" if self.sign(self.normal(high), depth + 1) in ("-", "0-", "0") else None
        start = self.sign(self.normal(low), depth + 1)
        if start in ("+", "0+", "0"):
            return "0+" if start == "0" else start
        end = self.sign(self.normal(high), depth + 1)
        return {"-": "-", "0-": "0-", "0": "0-"}.get(end or "")

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


def is_closed_number(term: Term) -> bool:
    """Is this a number that interval arithmetic can enclose?"""
    match term:
        case Num() | App("pi", ()):
            return True
        case App("exp" | "log" | "root" | "+" | "*" | "-" | "neg" | "^" | "poly" | "abs", args):
            return all(is_closed_number(a) for a in args)
    return False


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
