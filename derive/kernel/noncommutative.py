"""Does a claim about matrices follow by the noncommutative normal form?

Equations of matrices and vectors are differences of combinations of words that reduce to 0: as they stand,
after multiplying by a matrix that is known to be invertible (which loses nothing), or by further rules that
two rules give where they overlap. Equations and orders of numbers go to the scalar normal form.

Promise: an answer that is no text names the facts used, and the claim holds wherever they and the conditions
of the claim as written hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from derive.core.claim import Context
from derive.core.shape import shape_of
from derive.core.term import App, Sym, Term, mentions, subterms
from derive.kernel.derivative import Refusal
from derive.kernel.differential import differentials
from derive.kernel.indices import is_array
from derive.kernel.known_numbers import known_numbers, put
from derive.kernel.letters import COLUMN, REVERSED, Element, Letter, Rule
from derive.kernel.matrix_facts import MatrixFacts, has_sort, speaks_of_arrays
from derive.kernel.poly import Decline, Poly, constant, minus

Answer = frozenset[str] | str
_RELATIONS = ("=", "!=", "<", "<=")
MAX_MULTIPLICATIONS, MAX_RULES, MAX_PAIRS = 60, 40, 300
MAX_TERMS = 12
MAX_UNITS = 24
_REGULAR = frozenset({"invertible", "posdef"})


def shown(
    claim: Term, context: Context, equations: tuple[str, ...], features: frozenset[str]
) -> Answer:
    """The facts by which an atomic claim holds, or why it is not seen to hold."""
    if not speaks_of_arrays(claim):
        return "the claim is not about matrices"
    done = differentials(claim)
    if isinstance(done, Refusal):
        return done.reason
    try:
        # without this: a fact about an entry would hold outside the branch in which the entry exists
        # (tests/unsound/fact_of_a_guarded_entry.drv)
        guarded = mentions(claim, "ite") or mentions(claim, "indicator")
        proof = Proof(context, equations, features, mentions(done, "det") or mentions(done, "logdet"), guarded)
        found = proof.claim(done)
    except Decline as reason:
        return str(reason)
    except RecursionError:
        return "the rules do not come to an end"
    if isinstance(found, str):
        return found
    return found | frozenset(proof.words.used) | frozenset(proof.run.used)


class Proof(MatrixFacts):
    """One attempt at a claim under the facts of a context."""

    # -------------------------------------------------------------- claims

    def claim(self, claim: Term) -> Answer:
        """One atomic claim."""
        match claim:
            case App("=", (left, right)) if is_array(left) and is_array(right):
                gap = self.words.minus(self.words.read(left), self.words.read(right))
                return self._zero(gap)
            case App("=", (left, right)) if not is_array(left) and not is_array(right):
                return self._number_zero(self._gap(left, right))
            case App("<" | "<=" | "!=" as op, (left, right)) if not is_array(left):
                difference = self._gap(left, right)
                wanted = {"<": ("+",), "<=": ("+", "0+", "0"), "!=": ("+", "-", "!0")}[op]
                return frozenset() if self.run.sign(difference) in wanted else self._put_in(difference, wanted)
            case App("invertible", (a,)):
                names = self.words.invertible(a)
                return "the matrix is not known to be invertible" if names is None else names
            case App("posdef" | "psd" as op, (a,)):
                said = self.words.definite(a)
                known = said is not None and op in (said[0], "psd")
                return said[1] if said is not None and known else f"the matrix is not known to be {op}"
            case App("<=>", (left, right)):
                return self._equivalent(left, right)
        return "the noncommutative normal form has no reading of this claim"

    def _put_in(self, gap: Poly, wanted: tuple[str, ...]) -> Answer:
        """The sign with the numbers that equations give put into what is known of signs."""
        used: frozenset[str] = frozenset()
        for atom, value, names in known_numbers(self.zeros):
            used |= names
            for p, rel, known, _ in tuple(self.run.order_facts):
                if any(a == atom for m in p for a, _ in m):
                    self.words.note(put(self.run, p, atom, value), rel, known | names)
            gap = put(self.run, gap, atom, value)
            if self.run.sign(gap) in wanted:
                return used
        return "the sign of the difference is not known"

    def _gap(self, left: Term, right: Term) -> Poly:
        return self.words.refreshed(minus(self.words.value(right), self.words.value(left)))

    def _number_zero(self, gap: Poly) -> Answer:
        if self._vanishes(gap):
            return frozenset()
        self._complete(self._forms(gap))
        if self._vanishes(self.words.refreshed(gap)):
            return frozenset()
        return "the two sides have different normal forms"

    def _forms(self, gap: Poly) -> list[Element]:
        """The products that the numbers in a scalar stand for."""
        found = []
        for atom in sorted({a for m in gap for a, _ in m}):
            term = self.run.atoms[atom]
            if isinstance(term, Sym) and term in self.words.meaning:
                kind, word = self.words.meaning[term]
                if kind == "dot":
                    ends = self.words.shape(word[0])[0], self.words.shape(word[-1])[1]
                    found.append(Element(ends, {word: constant(1)}))
        return found

    def _vanishes(self, p: Poly) -> bool:
        if self.run.is_zero(p):
            return True
        known = [*self.zeros, *self.words.square_roots]
        if known and not self.run.reduce_by(p, [z for z, _ in known]):
            self.words.used.update(*(n for _, n in known))
            return True
        return False

    def _all_vanish(self, e: Element) -> bool:
        return all(self._vanishes(c) for c in e.parts.values())

    def _zero(self, gap: Element) -> Answer:
        """Is the combination 0?"""
        gap = self.words.normalised(gap)
        if self._all_vanish(gap) or self._multiplied(gap):
            return frozenset()
        self._complete([gap])
        gap = self.words.normalised(gap)
        if self._all_vanish(gap) or self._multiplied(gap):
            return frozenset()
        return "the two sides have different normal forms"

    # -------------------------------------------------------------- multiplying out

    def _multiplied(self, gap: Element) -> bool:
        """Multiply by matrices whose inverses stand at the ends: `M @ gap = 0` gives `gap = 0`."""
        frontier, seen = [gap], 0
        for _ in range(3):
            following: list[Element] = []
            for e in frontier:
                for left, letter in self._ends(e):
                    seen += 1
                    if seen > MAX_MULTIPLICATIONS:
                        return False
                    product = self._cleared(e, left, letter)
                    if product is None:
                        continue
                    if self._all_vanish(product):
                        return True
                    following.append(product)
            frontier = sorted(following, key=lambda e: len(e.parts))[:4]
        return False

    def _ends(self, e: Element) -> list[tuple[bool, Letter]]:
        """The inverses of sums that begin or end a word."""
        found: list[tuple[bool, Letter]] = []
        for word in sorted(e.parts, key=self.words.key):
            for left, letter in ((True, word[:1]), (False, word[-1:])):
                if letter and letter[0][0] in self.words.sums and (left, letter[0]) not in found:
                    found.append((left, letter[0]))
        return found

    def _cleared(self, e: Element, left: bool, letter: Letter) -> Element | None:
        """The combination times what the letter inverts, which is invertible.

        Without invertibility: A @ B = A @ C would give B = C.
        """
        made = self.words.generators[letter[0]]
        assert made.inverse_of is not None
        inner = self.words.turned(made.inverse_of, letter[1])
        if not left and e.shape[1] == COLUMN:
            return None
        self.words.used |= made.names
        try:
            return self.words.times(inner, e) if left else self.words.times(e, inner)
        except Decline:
            return None

    # -------------------------------------------------------------- further rules

    def _complete(self, goals: list[Element]) -> None:
        """Add the rules that follow from the overlaps of two rules, up to a bound."""
        relations, pairs = self.words.relations, 0
        at = 0
        while at < len(relations) and len(relations) < MAX_RULES:
            one = relations[at]
            for two in tuple(relations[: at + 1]):
                for first, second in ((one, two), (two, one)):
                    pairs += 1
                    if pairs > MAX_PAIRS:
                        return
                    self._try(partial(self._overlap, first, second))
            for column in self._columns(goals):
                self._try(partial(self._closed, one, column))
            at += 1

    def _overlap(self, one: Rule, two: Rule) -> None:
        for e in self.words.overlaps(one, two):
            if sum(len(c) for c in e.parts.values()) <= MAX_TERMS:
                self.words.relate(e, one.names | two.names)

    def _columns(self, goals: list[Element]) -> list[Element]:
        """The columns in which words of the goal end, or that stand inside them."""
        found: dict[tuple[Letter, ...], Element] = {}
        for e in goals:
            for word in e.parts:
                for at, letter in enumerate(word):
                    if self.words.shape(letter)[1] == COLUMN:
                        for start in range(at + 1):
                            part = word[start : at + 1]
                            shape = (self.words.shape(part[0])[0], COLUMN)
                            found.setdefault(part, Element(shape, {part: constant(1)}))
        return [found[w] for w in sorted(found, key=self.words.key)][:8]

    def _closed(self, rule: Rule, column: Element) -> None:
        """A rule times a column: its inner numbers come out."""
        if not any(self.words.shape(letter)[0] == COLUMN for letter in rule.lead):
            return
        ends = self.words.shape(rule.lead[0])[0], self.words.shape(rule.lead[-1])[1]
        lead = {rule.lead: constant(1)}
        whole = self.words.minus(Element(ends, lead), Element(ends, rule.parts))
        if ends[1] == column.shape[0]:
            self.words.relate(self._without_rule(rule, whole, column), rule.names)

    def _without_rule(self, rule: Rule, whole: Element, column: Element) -> Element:
        """The product with the rule itself put aside, which would make it 0."""
        self.words.rules[rule.lead[0]].remove(rule)
        try:
            return self.words.times(whole, column)
        finally:
            self.words.rules[rule.lead[0]].insert(0, rule)

    # -------------------------------------------------------------- equivalences

    def _equivalent(self, left: Term, right: Term) -> Answer:
        """Two equations, one an invertible multiple of the other."""
        sides = []
        for claim in (left, right):
            if not (isinstance(claim, App) and claim.op == "=" and all(map(is_array, claim.args))):
                return "no equivalence of matrix equations"
            a, b = claim.args
            sides.append(self.words.minus(self.words.read(a), self.words.read(b)))
        units = self._units(left, right)
        for one, two in ((sides[0], sides[1]), (sides[1], sides[0])):
            for candidate in (*self._multiples(one), *self._quotients(one, units)):
                if candidate.shape == two.shape and self._proportional(candidate, two):
                    return frozenset()
        return "the equations are not seen to be multiples of each other"

    def _multiples(self, e: Element) -> Iterator[Element]:
        """The combination, its transpose, and its products with what its inverses invert."""
        yield e
        yield self.words.turned(e, REVERSED)
        for left, letter in self._letters(e):
            product = self._cleared(e, left, letter)
            if product is not None:
                yield product

    def _units(self, *claims: Term) -> list[Element]:
        """The inverses of the square matrices written here, and in the facts, that are known to have one."""
        written = [t for claim in claims for t in subterms(claim)]
        stated = [a for f, _ in self.words.facts if isinstance(f, App) and f.op in _REGULAR for a in f.args]
        found: list[Element] = []
        for term in list(dict.fromkeys((*stated, *written)))[:MAX_UNITS]:
            if isinstance(term, (App, Sym)) and has_sort(term) and len(shape_of(term)) == 2:
                self._try(partial(self._unit, term, found))
        return found

    def _unit(self, term: Term, found: list[Element]) -> None:
        # Without invertibility: A @ x = A @ y <=> x = y (tests/unsound/cancelled_matrix.drv)
        names = self.words.invertible(term)
        if names is not None:
            self.words.used |= names
            found.append(self.words.inverse(term))

    def _quotients(self, e: Element, units: list[Element]) -> Iterator[Element]:
        """The combination divided by an invertible matrix, from the left and from the right."""
        for unit in units:
            for left in (True, False):
                ends = (unit.shape[1], e.shape[0]) if left else (e.shape[1], unit.shape[0])
                if ends[0] == ends[1]:
                    yield self.words.times(unit, e) if left else self.words.times(e, unit)

    def _letters(self, e: Element) -> list[tuple[bool, Letter]]:
        found = []
        for word in e.parts:
            for left, letter in ((True, word[:1]), (False, word[-1:])):
                if letter and self.words.generators[letter[0][0]].inverse_of is not None:
                    found.append((left, letter[0]))
        return found

    def _proportional(self, one: Element, two: Element) -> bool:
        """Without the sign of the factor: A = B <=> c*A = c*B at c = 0."""
        if not one.parts or not two.parts:
            return not one.parts and not two.parts
        word = max(two.parts, key=self.words.key)
        if word not in one.parts:
            return False
        p, q = one.parts[word], two.parts[word]
        if any(self.run.sign(c) not in ("+", "-", "!0") for c in (p, q)):
            return False
        factor = self.run.times(p, self.run.invert(q))
        return self._all_vanish(self.words.minus(one, self.words.scaled(two, factor)))
