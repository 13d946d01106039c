"""The index normal form: sums and products over symbolic ranges.

A sum is split by the monomials of its body. What is free of the index comes out; a Kronecker delta on the
index is contracted; nested sums that share an index are joined into one component, whose bound variables
get canonical names by colour refinement. Powers of the index alone have closed forms (Faulhaber).

Promise: each move is an identity of finite sums for every size, empty ranges included; where one needs a
nonempty or ordered range, the order is known (`Signs`) or the move is not made.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.sort import INTEGER, Array
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    canonical,
    free_symbols,
    le,
    mul,
    substitute,
    subterms,
)
from derive.kernel.indicators import Indicators
from derive.kernel.match import match
from derive.kernel.poly import (
    UNIT,
    Decline,
    Exponent,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
)
from derive.kernel.structure import is_integer

Factor = tuple[Term, Exponent]
_MAX_OPEN = 4
_MAX_WRITTEN = 4
_MAX_FAULHABER = 12
_MAX_LEAVES = 720
_UP = ("+", "0+", "0")


class Sums(Indicators):
    """Normal forms of sums, products and extrema over ranges."""

    # -------------------------------------------------------------- atoms and cited equations

    def known_atom(self, term: Term) -> Poly:
        """The atom, or what a cited equation says that it is."""
        if term in self.ground:
            value, names = self.ground[term]
            self.use(*names)
            return value
        for pattern, variables, value_term, name in self.patterns:
            found = match(pattern, term, variables)
            if found is None or len(found) != len(variables) or (term, name) in self.matching:
                continue
            # Without the range: an equation for i in 1..3 would hold for every i
            # (tests/unsound/equation_outside_its_range.drv).
            self.matching.add((term, name))
            try:
                covered = all(self.covered(v, found[v], pattern) for v in variables)
                if covered:
                    self.use(name, *self.beside.get(name, ()))
                    return self.normal(substitute(value_term, found))
            finally:
                self.matching.discard((term, name))
        return self.variable(term)

    def power_rule(self, atom: int, e: int) -> tuple[Exponent, Poly] | None:
        """`y[i]^3` as `y[i]*y[i]` by a cited `y[i]^2 = y[i]`: what stays of the exponent, and the value."""
        term = self.atoms[atom]
        for pattern, k, variables, value_term, name in self.powers:
            if e < k or (term, name) in self.matching:
                continue
            at = match(pattern, term, variables)
            if at is None or len(at) != len(variables):
                continue
            self.matching.add((term, name))
            try:
                if all(self.covered(v, at[v], pattern) for v in variables):
                    self.use(name)
                    return e - k, self.normal_at(value_term, at)
            finally:
                self.matching.discard((term, name))
        return None

    def normal_at(self, term: Term, at: dict[Sym, Term]) -> Poly:
        """The normal form of a term with values for its variables."""
        return self.normal(substitute(term, at))

    def covered(self, var: Sym, value: Term, pattern: Term) -> bool:
        """Is the value surely in the range of an equation's variable? A whole axis covers every index."""
        if not is_integer(value):
            return False
        low, high = self.ranges[var]
        for t in subterms(pattern):
            if isinstance(t, App) and t.op == "partial" and var in t.args[2:]:
                t = App("index", (t.args[1], *t.args[2:]))
            if isinstance(t, App) and t.op == "index" and var in t.args[1:]:
                array = t.args[0]
                if isinstance(array, Sym) and isinstance(array.sort, Array):
                    axis = t.args[1:].index(var)
                    if not self.guarded and (low, high) == (ONE, array.sort.shape[axis]):
                        return True
        return self.in_range(self.normal(value), self.normal(low), self.normal(high))

    # -------------------------------------------------------------- sums

    def sum(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`sum(var in low..high, body)`."""
        low, high = self.tidy(low), self.tidy(high)
        total: Poly = {}
        places = self.written_out(low, high)
        if places is not None:
            return add_poly(*(self.normal(substitute(body, {var: k})) for k in places)) if places else {}
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        shift = self.least_offset(inner, fresh)
        if shift:
            # shifted before it is split: `(j + 1)*x[j + 1]` is `k*x[k]`, and not `j*x[j + 1] + x[j + 1]`
            moved = self.to_term(self.normal(substitute(body, {fresh: App("-", (fresh, Num(shift)))})))
            first, last = (self.tidy(App("+", (end, Num(shift)))) for end in (low, high))
            return self.sum(fresh, first, last, moved)
        if fresh in self.ids:
            inner = self.partial_fractions(inner, self.ids[fresh])
        for m, c in inner.items():
            free, bound = self.split(m, fresh)
            total = add_poly(total, self.times({free: c}, self.component(fresh, low, high, bound)))
        return total

    def written_out(self, low: Term, high: Term) -> list[Term] | None:
        """The numbers of a range that is known to have only a few, however its ends are written; else None."""
        length = minus(self.normal(high), self.normal(low))
        if not is_constant(length):
            return None
        count = length.get((), Fraction(0))
        if count.denominator != 1 or count >= _MAX_WRITTEN:
            return None
        return [self.tidy(App("+", (low, Num(k)))) for k in range(int(count) + 1)]

    def least_offset(self, p: Poly, var: Sym) -> Fraction:
        """The least whole k with an entry at `var + k`; 0 where there is none."""
        found = set()
        for atom in {a for m in p for a, _ in m}:
            for t in subterms(self.atoms[atom]):
                if isinstance(t, App) and t.op == "index":
                    for index in t.args[1:]:
                        if var in free_symbols(index):
                            gap = minus(self.normal(index), self.normal(var))
                            k = gap.get((), Fraction(0))
                            if not is_constant(gap) or k.denominator != 1:
                                return Fraction(0)
                            found.add(k)
        return min(found, default=Fraction(0))

    def tidy(self, term: Term) -> Term:
        """The canonical term of a scalar."""
        return self.to_term(self.simplify(self.normal(term)))

    def split(self, m: Monomial, var: Sym) -> tuple[Monomial, Monomial]:
        """The part of a monomial that is free of a variable, and the rest."""
        free = tuple((a, e) for a, e in m if var not in free_symbols(self.atoms[a]))
        bound = tuple((a, e) for a, e in m if var in free_symbols(self.atoms[a]))
        return free, bound

    def component(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly:
        """The sum of a monomial each of whose factors depends on the index."""
        if not bound:
            return self.length(low, high)
        contracted = self.contract(var, low, high, bound)
        if contracted is not None:
            return contracted
        dummies, factors = self.flatten(var, low, high, bound)
        if len(dummies) == 1:
            closed = self.closed_form(var, low, high, bound)
            if closed is not None:
                return closed
        elif self.ground or self.patterns:
            rewritten = self.innermost(dummies, factors)
            if rewritten is not None:
                return rewritten
        dummies, factors = self.envelopes(dummies, factors)
        return self.known_atom(self.canonical_sum(dummies, factors))

    def length(self, low: Term, high: Term) -> Poly:
        """The sum of 1: `high - low + 1` where the range is not reversed.

        Without the guard: sum(i in 1..n, 1) = n for n = -1 (tests/unsound/reversed_range.drv).
        """
        count = add_poly(minus(self.normal(high), self.normal(low)), constant(1))
        if self.sign(count) in ("+", "0+", "0"):
            return count
        if self.sign(count) == "-":
            return {}
        return self.known_atom(Bind("sum", Sym("~", INTEGER), (low, high), ONE))

    def contract(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i, delta(i, e)*g(i)) = g(e)` where `e` is in range, with an indicator where that is open."""
        for a, e in bound:
            term = self.atoms[a]
            if not (isinstance(term, App) and term.op == "delta" and e == 1):
                continue
            gap = self.normal(term.args[0])
            linear = ((self.ids.get(var, -1), 1),)
            c = gap.get(linear)
            if c is None or abs(c) != 1:
                continue
            value = scale(minus(gap, {linear: c}), -1 / c)
            value_term = self.to_term(value)
            if var in free_symbols(value_term) or not self.is_whole(value):
                # without wholeness: a delta at i = 1/2 would pick a term of the sum
                continue
            rest = self.to_term({tuple(p for p in bound if p[0] != a): Fraction(1)})
            here = self.normal(substitute(rest, {var: value_term}))
            for claim in (le(low, value_term), le(value_term, high)):
                here = self.times(self.indicator(claim), here)
            return here
        return None

    def flatten(
        self, var: Sym, low: Term, high: Term, bound: Monomial
    ) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """Join the sums inside the monomial that depend on the index: their variables become our own."""
        dummies: list[tuple[Sym, Term, Term]] = [(var, low, high)]
        factors: list[Factor] = []
        for a, e in bound:
            term = self.atoms[a]
            if isinstance(term, Bind) and term.op == "sum" and isinstance(e, int) and 0 < e <= _MAX_OPEN:
                for _ in range(e):
                    inner_dummies, inner_factors = self.open(term)
                    dummies += inner_dummies
                    factors += inner_factors
            else:
                factors.append((term, e))
        return dummies, factors

    def open(self, term: Term) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """The variables and the factors of a sum atom, under fresh names."""
        dummies: list[tuple[Sym, Term, Term]] = []
        while isinstance(term, Bind) and term.op == "sum":
            low, high = term.over
            self.counter += 1
            fresh = Sym(f"~k{self.counter}", INTEGER)
            self.ranges[fresh] = (low, high)
            body = substitute(term.body, {term.var: fresh})
            dummies.append((fresh, low, high))
            term = body
        product = self.normal(term)
        if len(product) != 1:
            raise Decline("a sum atom whose body is no monomial")
        ((m, c),) = product.items()
        if c != 1:
            raise Decline("a sum atom with a coefficient")
        return dummies, [(self.atoms[a], e) for a, e in m]

    def innermost(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> Poly | None:
        """Try each variable as the innermost one, for a cited equation about that inner sum."""
        for var, low, high in dummies:
            if any(var in free_symbols(x) for d in dummies for x in d[1:] if d[0] != var):
                continue
            inner = [f for f in factors if var in free_symbols(f[0])]
            others = [d for d in dummies if d[0] != var]
            if any(d[0] in free_symbols(low) | free_symbols(high) for d in others) or len(inner) == len(factors):
                continue
            atom = self.canonical_sum([(var, low, high)], inner)
            value = self.known_atom(atom)
            if value == self.variable(atom):
                continue
            rest = [f for f in factors if var not in free_symbols(f[0])]
            body = mul(self.product_term(rest), self.to_term(value))
            for d, d_low, d_high in reversed(others):
                body = Bind("sum", d, (d_low, d_high), body)
            return self.normal(body)
        return None

    def envelopes(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> tuple[list[tuple[Sym, Term, Term]], list[Factor]]:
        """Dependent ranges become full ranges with indicators: `j in 1..i` is `j in 1..n` where `j <= i`."""
        own = {d[0] for d in dummies}
        if not any(own & (free_symbols(lo) | free_symbols(hi)) for _, lo, hi in dummies):
            return dummies, factors
        spans = {d: (self.normal(lo), self.normal(hi)) for d, lo, hi in dummies}
        wide: list[tuple[Sym, Term, Term]] = []
        names: dict[Sym, Term] = {}
        for d, lo, hi in dummies:
            new_lo = self.extreme(spans, self.normal(lo), -1)
            new_hi = self.extreme(spans, self.normal(hi), 1)
            if new_lo is None or new_hi is None:
                return dummies, factors
            self.counter += 1
            # A new variable: the old one's range makes its own guard look true
            # (tests/unsound/triangular_sum_swapped.drv).
            names[d] = fresh = Sym(f"~k{self.counter}", INTEGER)
            self.ranges[fresh] = (self.to_term(new_lo), self.to_term(new_hi))
            wide.append((fresh, *self.ranges[fresh]))
        extra = constant(1)
        for (d, lo, hi), (_, wide_lo, wide_hi) in zip(dummies, wide, strict=True):
            if wide_lo != lo:
                extra = self.times(extra, self.indicator(substitute(le(lo, d), names)))
            if wide_hi != hi:
                extra = self.times(extra, self.indicator(substitute(le(d, hi), names)))
        if len(extra) != 1:
            return dummies, factors
        ((m, c),) = extra.items()
        if c != 1:
            return dummies, factors
        renamed = [(substitute(f, names), e) for f, e in factors]
        return wide, renamed + [(self.atoms[a], e) for a, e in m]

    def extreme(
        self, spans: dict[Sym, tuple[Poly, Poly]], end: Poly, direction: int
    ) -> Poly | None:
        """The largest (smallest) value of an end that depends on other variables, linearly."""
        for _ in range(len(spans) + 1):
            for d, (lo, hi) in spans.items():
                atom = self.ids.get(d)
                if atom is None or not any(a == atom for m in end for a, _ in m):
                    continue
                c = end.get(((atom, 1),))
                if c is None:
                    return None
                bound = hi if c * direction > 0 else lo
                end = add_poly(minus(end, {((atom, 1),): c}), scale(bound, c))
                break
            else:
                return end
        return None

    # -------------------------------------------------------------- canonical names

    def canonical_sum(self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]) -> Term:
        """The sum as a nested binder whose variables are named by their place in a canonical order."""
        height = 1 + max(
            (int(t.var.name[1:].split(".")[0]) for f, _ in factors for t in subterms(f)
             if isinstance(t, Bind) and t.var.name[:1] == "~" and t.var.name[1:2].isdigit() and "." in t.var.name),
            default=0,
        )
        best: Term | None = None
        best_key = ""
        for order in self.orders(dummies, factors):
            names = {d[0]: Sym(f"~{height}.{k}", INTEGER) for k, d in enumerate(order)}
            renamed = sorted(
                ((self.rename(f, names), e) for f, e in factors), key=lambda fe: (repr(fe[0]), str(fe[1]))
            )
            term = self.product_term(renamed)
            for d, lo, hi in reversed(order):
                term = Bind("sum", names[d], (substitute(lo, names), substitute(hi, names)), term)
            key = repr(term)
            if best is None or key < best_key:
                best, best_key = term, key
        assert best is not None
        return best

    def rename(self, factor: Term, names: dict[Sym, Sym]) -> Term:
        """A factor under other names, its canonical order restored (sums inside, symmetric entries)."""
        new = substitute(factor, names)
        if isinstance(new, App) and new.op == "index" and new.args[0] in self.symmetric:
            return App("index", (new.args[0], *sorted(new.args[1:], key=repr)))
        if isinstance(new, App) and new.op not in ("index", "delta", "indicator"):
            product = self.normal(new) if new.op not in ("poly", "root") else None
            if product is not None and len(product) == 1:
                ((m, c),) = product.items()
                if c == 1 and len(m) == 1 and m[0][1] == 1:
                    return self.atoms[m[0][0]]
        return new

    def orders(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> list[list[tuple[Sym, Term, Term]]]:
        """The orders of the variables that colour refinement can't tell apart."""
        if len(dummies) == 1:
            return [dummies]
        variables = [d[0] for d in dummies]
        colours = {d[0]: repr(d[1:]) for d in dummies}
        for _ in range(len(dummies)):
            colours = self.refine(colours, factors)
        classes: dict[str, list[Sym]] = {}
        for v in variables:
            classes.setdefault(colours[v], []).append(v)
        place = {d[0]: d for d in dummies}
        leaves: list[list[Sym]] = []
        self._individualise([classes[k] for k in sorted(classes)], colours, factors, leaves)
        return [[place[v] for v in leaf] for leaf in leaves]

    def _individualise(
        self, cells: list[list[Sym]], colours: dict[Sym, str], factors: list[Factor], leaves: list[list[Sym]]
    ) -> None:
        """Tell equal colours apart one variable at a time, refining after each choice."""
        if len(leaves) >= _MAX_LEAVES:
            return
        open_cell = next((c for c in cells if len(c) > 1), None)
        if open_cell is None:
            leaves.append([c[0] for c in cells])
            return
        for chosen in open_cell:
            marked = dict(colours)
            marked[chosen] = colours[chosen] + "!"
            for _ in range(len(marked)):
                marked = self.refine(marked, factors)
            groups: dict[str, list[Sym]] = {}
            for v, k in marked.items():
                groups.setdefault(k, []).append(v)
            self._individualise([groups[k] for k in sorted(groups)], marked, factors, leaves)

    def refine(self, colours: dict[Sym, str], factors: list[Factor]) -> dict[Sym, str]:
        """One round: the new colour of a variable is the old one with the factors around it."""
        order = {c: str(i) for i, c in enumerate(sorted(set(colours.values())))}
        names = {v: Sym(f"~c{order[c]}", INTEGER) for v, c in colours.items()}
        signatures: dict[Sym, list[str]] = {v: [] for v in colours}
        for f, e in factors:
            inside = [v for v in colours if v in free_symbols(f)]
            for v in inside:
                marked = {**{w: names[w] for w in inside}, v: Sym("~c*", INTEGER)}
                signatures[v].append(f"{self.rename_plain(f, marked)!r}^{e}")
        rough = {v: (order[colours[v]].zfill(4), tuple(sorted(s))) for v, s in signatures.items()}
        ranks = {r: i for i, r in enumerate(sorted(set(rough.values())))}
        return {v: f"{ranks[r]:04d}" for v, r in rough.items()}

    def rename_plain(self, factor: Term, names: dict[Sym, Sym]) -> Term:
        """A factor with colours in place of variables, as a signature."""
        new = substitute(factor, names)
        if isinstance(new, App) and new.op == "index" and new.args[0] in self.symmetric:
            return App("index", (new.args[0], *sorted(new.args[1:], key=repr)))
        return new

    def product_term(self, factors: list[Factor]) -> Term:
        """The product of factors as a term."""
        return mul(*(self.power_term(self.atom(f), e) for f, e in factors)) if factors else ONE

    # -------------------------------------------------------------- closed forms

    def closed_form(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i in a..b, i^k)` (Faulhaber) and `sum(i in a..b, r^i)` (geometric), for ordered ranges."""
        if self.sign(add_poly(minus(self.normal(high), self.normal(low)), constant(1))) not in ("+", "0+"):
            return None
        if len(bound) > 1 and all(a != UNIT and self.is_exponential(a) for a, _ in bound):
            # never 0. Without that: c^k*d^(n-k) would be divided by d = 0
            return self.geometric(var, low, high, bound)
        if len(bound) > 1 or any(isinstance(t := self.atoms[a], App) and t.op == "binomial" for a, _ in bound):
            return self.binomial_sum(var, low, high, bound)
        ((a, e),) = bound
        if self.atoms[a] == var and isinstance(e, int) and 0 < e <= _MAX_FAULHABER:
            top = self.faulhaber(e, self.normal(high))
            return minus(top, self.faulhaber(e, minus(self.normal(low), constant(1))))
        return None if a == UNIT else self.geometric(var, low, high, bound)

    def binomial_sum(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(k in 0..n, binomial(n, k)*r^k*b^(n-k)) = (b + r)^n` (Graham, Knuth, Patashnik, section 5.1).

        The factors that are no power of exponent n-k must grow by one ratio r from each k to the next.
        """
        chosen = next(
            (a for a, e in bound if e == 1 and isinstance(t := self.atoms[a], App)
             and t.op == "binomial" and t.args == (high, var)), None,
        )
        if chosen is None or self.normal(low) or self.sign(self.normal(high)) not in ("+", "0+", "0"):
            # without the order: the empty sum at n = -1 would be (1 + r)^(-1)
            return None
        left = minus(self.normal(high), self.normal(var))
        falling, moment = constant(1), 0
        others = []
        for a, e in bound:
            match self.atoms[a]:
                case Sym() as k if k == var and e in (1, 2):
                    moment = int(e)
                case App("^", (base, exponent)) if isinstance(e, int) and e > 0 and self.normal(exponent) == left:
                    if var in free_symbols(base):
                        return None
                    falling = self.times(falling, self.integer_power(self.normal(base), e))
                case _ if a != chosen:
                    others.append((a, e))
        rest = self.to_term({tuple(others): Fraction(1)})
        here, after = self.normal(rest), self.normal(substitute(rest, {var: App("+", (var, ONE))}))
        ratio = self.simplify(self.times(after, self.invert(here)))
        ratio_term = self.to_term(ratio)
        if var in free_symbols(ratio_term):
            return None
        first = self.normal(substitute(rest, {var: Num(0)}))
        found = self.binomial_moment(moment, ratio, add_poly(falling, ratio), high)
        return None if found is None else self.times(first, found)

    def binomial_moment(self, moment: int, ratio: Poly, base: Poly, high: Term) -> Poly | None:
        """`sum(k in 0..n, k^m*binomial(n, k)*r^k*b^(n-k))`, for s = b + r: `k*C(n, k) = n*C(n-1, k-1)`.

        Without n >= m, or s not 0: n*r*s^(n - 1) at n = 0 and s = 0.
        """
        n = self.normal(high)
        if moment and self.sign(base) not in ("+", "-", "!0") and self.sign(minus(n, constant(moment))) not in _UP:
            return None

        def lowered(k: int) -> Poly:
            exponent = minus(n, constant(k))
            total = self.power(base, exponent, self.to_term(exponent))
            for j in range(k):
                total = self.times(total, self.times(ratio, minus(n, constant(j))))
            return total

        if moment == 2:
            return add_poly(lowered(2), lowered(1))
        return lowered(moment)

    def faulhaber(self, k: int, n: Poly) -> Poly:
        """The polynomial that sums i^k for i in 1..n (Graham, Knuth, Patashnik, section 6.5)."""
        from math import comb

        bernoulli: list[Fraction] = []
        for m in range(k + 1):
            total = sum((comb(m + 1, j) * bernoulli[j] for j in range(m)), Fraction(0))
            bernoulli.append(Fraction(1) if m == 0 else -total / (m + 1))
        if k >= 1:
            bernoulli[1] = Fraction(1, 2)
        total_poly: Poly = {}
        for j in range(k + 1):
            term = scale(self.integer_power(n, k + 1 - j), comb(k + 1, j) * bernoulli[j] / (k + 1))
            total_poly = add_poly(total_poly, term)
        return total_poly

    def geometric(self, var: Sym, low: Term, high: Term, bound: Monomial) -> Poly | None:
        """`sum(i in a..b, r^i) = (r^(b+1) - r^a)/(r - 1)` where `r != 1` is known.

        Without the guard: r = 1 (tests/unsound/geometric_sum_at_one.drv).
        """
        step = self.to_term({bound: Fraction(1)})
        here = self.normal(step)
        after = self.normal(substitute(step, {var: App("+", (var, ONE))}))
        try:
            ratio = self.simplify(self.times(after, self.invert(here)))
        except Decline:
            return None
        if not ratio or var in free_symbols(self.to_term(ratio)) or ratio == constant(1):
            return None
        if self.sign(minus(ratio, constant(1))) not in ("+", "-", "!0"):
            return None
        first = self.normal(substitute(step, {var: low}))
        last = self.normal(substitute(step, {var: App("+", (high, ONE))}))
        return self.times(minus(last, first), self.invert(minus(ratio, constant(1))))

    # -------------------------------------------------------------- products and extrema

    def prod(self, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`prod(var in low..high, body)`: factor by factor, exponentials into sums."""
        low, high = self.tidy(low), self.tidy(high)
        places = self.written_out(low, high)
        if places is not None:
            total = constant(1)
            for k in places:
                total = self.times(total, self.normal(substitute(body, {var: k})))
            return total
        count = self.length(low, high)
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        if not inner:
            return self.opaque_product(fresh, low, high, inner)
        if len(inner) > 1:
            if not any(self.split(m, fresh)[1] for m in inner):
                return self.power_of_count(inner, count)
            return self.opaque_product(fresh, low, high, inner)
        ((m, c),) = inner.items()
        total = constant(1)
        if c != 1:
            total = self.power_of_count(constant(c), count)
        for a, e in m:
            term = self.atoms[a]
            factor: Poly = {((a, e),): Fraction(1)}
            if fresh not in free_symbols(term):
                total = self.times(total, self.power_of_count(factor, count))
            elif term == fresh and isinstance(e, int) and low == ONE and self.sign(self.normal(high)) in _UP:
                # without the order: the empty product at n = -1 would be (-1)!
                total = self.times(total, self.integer_power(self.factorial(self.normal(high)), e))
            elif isinstance(term, App) and term.op == "exp" and a != UNIT:
                exponent = scale(self.normal(term.args[0]), Fraction(e))
                total = self.times(total, self.exp(self.normal(
                    Bind("sum", fresh, (low, high), self.to_term(exponent))
                )))
            elif isinstance(e, int):
                single = self.opaque_product(fresh, low, high, {((a, 1),): Fraction(1)})
                total = self.times(total, self.integer_power(single, e))
            else:
                total = self.times(total, self.opaque_product(fresh, low, high, factor))
        return total

    def exp(self, p: Poly) -> Poly:
        """`exp` of a polynomial (in `normal.py`)."""
        raise NotImplementedError

    def power(self, base: Poly, exponent: Poly, written: Term) -> Poly:
        """A power (in `normal.py`)."""
        raise NotImplementedError

    def factorial(self, p: Poly) -> Poly:
        """A factorial (in `normal.py`)."""
        raise NotImplementedError

    def power_of_count(self, base: Poly, count: Poly) -> Poly:
        """`base` multiplied as often as a range is long; `count` is a natural number."""
        return self.power(base, count, self.to_term(count) if count else Num(0))

    def opaque_product(self, var: Sym, low: Term, high: Term, body: Poly) -> Poly:
        """A product that stays one atom."""
        return self.known_atom(canonical(Bind("prod", var, (low, high), self.to_term(body))))

    def log_of_product(self, term: Bind) -> Poly:
        """`log(prod f) = sum log f` for positive factors, an atom otherwise."""
        low, high = term.over
        fresh, body = self.enter(term.var, low, high, term.body)
        if self.sign(self.normal(body)) == "+":
            return self.normal(Bind("sum", fresh, (low, high), App("log", (body,))))
        return self.known_atom(App("log", (term,)))

    def extremum(self, op: str, var: Sym, low: Term, high: Term, body: Term) -> Poly:
        """`max` and `min` over a range, which is owed to be nonempty: constants and nonnegative factors come out."""
        low, high = self.tidy(low), self.tidy(high)
        fresh, body = self.enter(var, low, high, body)
        inner = self.simplify(self.normal(body))
        if not self.is_real(inner):
            raise Decline("an extremum of complex numbers")
        free = {m: c for m, c in inner.items() if not self.split(m, fresh)[1]}
        bound = minus(inner, free)
        if not bound:
            return free
        content, rest = self.nonnegative_content(bound, fresh)
        atom = self.known_atom(canonical(Bind(op, fresh, (low, high), self.to_term(rest))))
        return add_poly(free, self.times(content, atom))

    def nonnegative_content(self, p: Poly, var: Sym) -> tuple[Poly, Poly]:
        """A common factor that is free of the variable and known to be at least 0, and the rest."""
        floors = {
            a: e for a, e in self._floors(p).items()
            if e and var not in free_symbols(self.atoms[a])
            and self.sign({((a, 1),): Fraction(1)}) in (("+",) if e < 0 else ("+", "0+"))
        }
        rest = self._divide_content(p, floors) if floors else p
        lead = abs(self.leading_coefficient(rest))
        return scale(self.monomial_plain(list(floors.items())), lead), scale(rest, 1 / lead)
