"""The arithmetic of words, and the rules that rewrite them.

A part of a word that runs from a row to a column is a number and joins the coefficient.

Promise: every rewriting is an identity wherever the relations given to `relate` hold; `used` names the facts
behind the relations that were applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from derive.core.sort import COMPLEX, REAL
from derive.core.term import Sym, Term
from derive.kernel.letters import (
    COLUMN,
    CONJUGATED,
    REVERSED,
    Element,
    Letter,
    Letters,
    Parts,
    Rule,
    Word,
)
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, add_poly, constant, scale

MAX_WORD, MAX_PARTS = 24, 400
MAX_DEPTH, MAX_STEPS = 120, 30_000


class Words(Letters):
    """The rules and the arithmetic of one run."""

    def __init__(self, run: Normaliser) -> None:
        super().__init__(run)
        self.rules: dict[Letter, list[Rule]] = {}
        self.relations: list[Rule] = []
        self.numbers: dict[tuple[str, Word], Sym] = {}
        self.meaning: dict[Sym, tuple[str, Word]] = {}
        self.turning: set[Word] = set()
        self.depth = 0
        self.steps = 0

    # -------------------------------------------------------------- arithmetic

    def collect(self, into: Parts, more: Parts, factor: Poly | None = None) -> None:
        """Add `factor*more` to `into`."""
        for word, c in more.items():
            if factor is not None:
                c = self.run.times(c, factor)
            new = self.run.simplify(add_poly(into.get(word, {}), c))
            if new:
                into[word] = new
            else:
                into.pop(word, None)
        if len(into) > MAX_PARTS:
            raise Decline("the product has too many terms")

    def plus(self, *elements: Element) -> Element:
        """The sum; sizes that are not the same term are not the same."""
        shape = elements[0].shape
        if any(e.shape != shape for e in elements):
            # without this: eye(m) + A for A of size n would lose the size of the identity
            raise Decline("a sum of matrices whose sizes are not seen to agree")
        parts: Parts = {}
        for e in elements:
            self.collect(parts, e.parts)
        return Element(shape, parts)

    def scaled(self, e: Element, factor: Poly) -> Element:
        """A scalar multiple."""
        parts: Parts = {}
        self.collect(parts, e.parts, factor)
        return Element(e.shape, parts)

    def minus(self, a: Element, b: Element) -> Element:
        """The difference."""
        return self.plus(a, self.scaled(b, constant(-1)))

    def times(self, *elements: Element) -> Element:
        """The matrix product."""
        total = elements[0]
        for e in elements[1:]:
            if total.shape[1] != e.shape[0]:
                raise Decline("a product of matrices whose sizes are not seen to fit")
            parts: Parts = {}
            for v, c in total.parts.items():
                for w, d in e.parts.items():
                    self.collect(parts, self.normal(v + w), self.run.times(c, d))
            total = Element((total.shape[0], e.shape[1]), parts)
        return total

    def turned(self, e: Element, flag: int) -> Element:
        """The transpose, the conjugate, or both."""
        parts: Parts = {}
        for word, c in e.parts.items():
            if flag & CONJUGATED:
                c = self.run.conjugate(c)
            self.collect(parts, self.normal(self.turn(word, flag)), c)
        shape = (e.shape[1], e.shape[0]) if flag & REVERSED else e.shape
        return Element(shape, parts)

    def normalised(self, e: Element) -> Element:
        """The element with the rules known by now."""
        parts: Parts = {}
        for word, c in e.parts.items():
            self.collect(parts, self.normal(word), self.refreshed(c))
        return Element(e.shape, parts)

    def is_zero(self, e: Element) -> bool:
        """Is every coefficient 0?"""
        return all(self.run.is_zero(c) for c in e.parts.values())

    def equal(self, a: Element, b: Element) -> bool:
        """Are the two the same matrix?"""
        return a.shape == b.shape and self.is_zero(self.minus(a, b))

    # -------------------------------------------------------------- rewriting

    def normal(self, word: Word) -> Parts:
        """The word rewritten by the rules, its inner numbers taken out."""
        self.steps += 1
        if len(word) > MAX_WORD or self.depth > MAX_DEPTH or self.steps > MAX_STEPS:
            raise Decline("a product too long to rewrite")
        self.depth += 1
        try:
            return self._normal(word)
        finally:
            self.depth -= 1

    def _normal(self, word: Word) -> Parts:
        together = self.merged(word)
        if together is not None:
            return together
        found = self.match(word)
        if found is not None:
            at, rule = found
            self.used |= rule.names
            parts: Parts = {}
            for middle, c in rule.parts.items():
                whole = word[:at] + middle + word[at + len(rule.lead) :]
                self.collect(parts, self.normal(whole), c)
            return parts
        cut = self.number_in(word)
        if cut is None:
            return {word: constant(1)}
        start, end = cut
        inner = word[start:end]
        if len(inner) == len(word):
            return self._number_or_transpose(word)
        rest: Parts = {}
        self.collect(rest, self.normal(word[:start] + word[end:]), self.as_number(self.normal(inner)))
        return rest

    def _number_or_transpose(self, word: Word) -> Parts:
        """A product that is a number is its own transpose, which rules may take further."""
        other = self.turn(word, REVERSED)
        own = self.number("dot", min(word, other, key=self.key))
        if other == word or word in self.turning or self.match(other) is None:
            return {(): own}
        found = self._while_turning((word, other), lambda: self.as_number(self.normal(other)))
        if found == scale(own, -1):
            # v = -v. Without a skew matrix inside: x.T @ A @ x = 0
            return {}
        if len(found) == 1 and repr(self.run.to_term(own)) < repr(self.run.to_term(found)):
            # the two are the same number, which has one name
            return {(): own}
        return {(): found} if found else {}

    def _while_turning(self, words: Iterable[Word], action: Callable[[], Poly]) -> Poly:
        """Do something while these words are numbers as they stand."""
        new = set(words) - self.turning
        self.turning |= new
        try:
            return action()
        finally:
            self.turning -= new

    def as_number(self, parts: Parts) -> Poly:
        """The number that a 1 by 1 combination is."""
        assert not set(parts) - {()}
        return parts.get((), {})

    def match(self, word: Word) -> tuple[int, Rule] | None:
        """The first place where a rule applies."""
        for at, letter in enumerate(word):
            for rule in self.rules.get(letter, ()):
                if word[at : at + len(rule.lead)] == rule.lead:
                    return at, rule
        return None

    def number_in(self, word: Word) -> tuple[int, int] | None:
        """The first part of a word from a row to a column: a 1 by 1 matrix, which commutes."""
        start = None
        for at, letter in enumerate(word):
            rows, columns = self.shape(letter)
            if rows == COLUMN:
                start = at
            if columns == COLUMN and start is not None:
                return start, at + 1
        return None

    def number(self, kind: str, word: Word) -> Poly:
        """The atom of a number that a word gives: `dot` for a product, `tr`, `det`."""
        known = self.numbers.get((kind, word))
        if known is None:
            real = self.is_real_number(kind, word)
            known = Sym(f"~{kind}{len(self.numbers)}", REAL if real else COMPLEX)
            self.numbers[kind, word] = known
            self.meaning[known] = (kind, word)
            self.announce(kind, word, known)
        return self.run.normal(known)

    def is_real_number(self, kind: str, word: Word) -> bool:
        """Are all letters real, or is the conjugate of the word the same word read backwards?

        `x.H @ A @ x` is real for a Hermitian A. Without Hermitian: for every A.
        """
        if all(self.generators[g].real for g, _ in word):
            return True
        other = self.turn(word, REVERSED | CONJUGATED)
        if kind == "tr":
            return any(other == word[k:] + word[:k] for k in range(len(word)))
        return other == word

    def mirror(self, symbol: Sym) -> Poly | None:
        """The conjugate of a number that a word gives."""
        if symbol not in self.meaning:
            return None
        kind, word = self.meaning[symbol]
        other = self.turn(word, CONJUGATED)
        match kind:
            case "dot":
                return self.as_number(self.normal(other))
            case "tr":
                return self.trace_of(other, self.shape(word[0])[0])
        return None

    def is_real_element(self, e: Element) -> bool:
        """Are all entries surely real?"""
        letters = all(self.generators[g].real for w in e.parts for g, _ in w)
        return letters and all(self.run.is_real(c) for c in e.parts.values())

    def announce(self, kind: str, word: Word, symbol: Sym) -> None:
        """Called once for each new number: what is known of its sign."""

    def trace(self, e: Element) -> Poly:
        """The trace; cyclic, and the same for the transpose."""
        if e.shape[0] != e.shape[1]:
            raise Decline("the trace of a matrix that is not seen to be square")
        total: Poly = {}
        for word, c in e.parts.items():
            total = add_poly(total, self.run.times(c, self.trace_of(word, e.shape[0])))
        return total

    def trace_of(self, word: Word, size: Term) -> Poly:
        """The trace of one word of this size."""
        if not word:
            return self.run.normal(size)
        turns = [word[k:] + word[:k] for k in range(len(word))]
        for turn in turns:
            rows = self.shape(turn[0])[0]
            if rows == COLUMN:
                # tr(u v.T) = v.T u
                return self.as_number(self.normal(turn))
            if self.match(turn) is not None:
                return self.trace(Element((rows, rows), self.normal(turn)))
        turned = [self.turn(turn, REVERSED) for turn in turns]
        own = self.number("tr", min(turns + turned, key=self.key))
        if turns[0] not in self.turning:
            for turn in turned:
                if self.match(turn) is not None:
                    rows = self.shape(turn[0])[0]
                    other = partial(self._trace_again, turn, rows)
                    found = self._while_turning(turns + turned, other)
                    return {} if found == scale(own, -1) else found
        return own

    def _trace_again(self, turn: Word, rows: Term) -> Poly:
        return self.trace(Element((rows, rows), self.normal(turn)))

    def refreshed(self, p: Poly) -> Poly:
        """A coefficient with its numbers rewritten by the rules known by now."""
        for m in p:
            for a, e in m:
                term = self.run.atoms[a]
                if isinstance(term, Sym) and term in self.meaning and isinstance(e, int) and e > 0:
                    kind, word = self.meaning[term]
                    if kind == "dot" and self.match(word) is not None:
                        value = self.as_number(self.normal(word))
                        return self.refreshed(self._without(p, a, value))
        return p

    def _without(self, p: Poly, atom: int, value: Poly) -> Poly:
        total: Poly = {}
        for m, c in p.items():
            e = dict(m).get(atom, 0)
            if isinstance(e, int) and e > 0:
                rest = {tuple(x for x in m if x[0] != atom): c}
                total = add_poly(total, self.run.times(rest, self.run.integer_power(value, e)))
            else:
                total = add_poly(total, {m: c})
        return total

    # -------------------------------------------------------------- relations

    def relate(self, e: Element, names: frozenset[str]) -> bool:
        """A combination that is 0 becomes a rule for its last word, and so does its transpose."""
        found = self._orient(e, names)
        return self._orient(self.turned(e, REVERSED), names) or found

    def _orient(self, e: Element, names: frozenset[str]) -> bool:
        outer, self.used = self.used, set()
        e = self.normalised(e)
        names, self.used = names | self.used, outer
        if self.is_zero(e) or not (words := [w for w in e.parts if w]):
            return False
        lead = max(words, key=self.key)
        c = e.parts[lead]
        # without this: c*A = c*B would give A = B at c = 0
        if len(lead) > MAX_WORD // 2 or self.run.sign(c) not in ("+", "-", "!0"):
            return False
        rest = {w: d for w, d in e.parts.items() if w != lead}
        parts: Parts = {}
        self.collect(parts, rest, scale(self.run.invert(c), -1))
        rule = Rule(lead, parts, names)
        self.rules.setdefault(lead[0], []).append(rule)
        self.relations.append(rule)
        return True

    def overlaps(self, one: Rule, two: Rule) -> Iterator[Element]:
        """The combinations that are 0 because two rules apply to one word."""
        for k in range(1, min(len(one.lead), len(two.lead))):
            if one.lead[-k:] == two.lead[:k]:
                before, after = one.lead[:-k], two.lead[k:]
                parts: Parts = {}
                for w, c in one.parts.items():
                    self.collect(parts, self.normal(w + after), c)
                for w, c in two.parts.items():
                    self.collect(parts, self.normal(before + w), scale(c, -1))
                ends = self.shape((before + two.lead)[0])[0], self.shape(two.lead[-1])[1]
                yield Element(ends, parts)
