"""Laws of structure: blocks, labels, premises and what a theorem may rest on.

Random proofs, most of them nonsense, are settled with the refuter off: whatever line stands as proved must
be true at every point at which what is assumed there is true, and a conditional one where its conditions
are true as well. Besides: what a certificate is said to have used is enough for it.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest
from mpmath import mp

from derive.check import settle_plan
from derive.core.claim import CASE, CONDITION, DOMAIN, HYPOTHESIS, Context, Fact, Obligation
from derive.core.sort import INTEGER, REAL, Array
from derive.core.term import Sym, free_symbols
from derive.core.verdict import Kind
from derive.elaborate.document import elaborate
from derive.engines.ledger import Settled, SettledTheorem
from derive.engines.prove import ALL, ENGINES
from derive.kernel.accept import accept
from derive.kernel.goal import Accepted
from derive.kernel.meaning import usable
from derive.rules.library import rule_names
from derive.settings import Settings
from derive.syntax.parse import parse
from derive.text import Source
from tests.fuzz_claims import Claims
from tests.fuzz_terms import DOMAINS, SYMBOLS
from tests.fuzz_values import PRECISION, Env, Undefined, holds, is_true

OFF = Settings(refuter=False, jax=False, timeout=20.0)


def settled(text: str, settings: Settings = OFF) -> tuple[SettledTheorem, ...]:
    """The theorems of a text."""
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    source = Source("proof", text)
    parsed = parse(source)
    return settle_plan(elaborate(parsed.document, source, rule_names(), parsed.lost), settings)


# ---------------------------------------------------------------- random proofs

CLAIMS = (
    "x > 0", "x >= 0", "x = 1", "x = y", "y > x", "x^2 = x", "x != 0", "x < 0", "x*y = x", "y = 1", "x^2 = 1", "abs(x) = x",
    "n >= 1", "n = 0", "n^2 = n", "u[1] = x", "for i in 1..d, u[i] = x", "for i in 1..d, u[i] > 0", "sum(i in 1..d, u[i]) = x",
    "x = 1 => y = 1", "x > 0 => y > 0", "for t : real, t > x => t > 0", "1/x > 0", "x/x = 1", "sqrt(x)^2 = x", "1 = 1", "x <= x", "x^2 >= 0",
    "x = 1 <=> y = 1", "n*x = x", "sum(i in 1..n, i) = n", "x^n = 1", "x + n > x", "u[n] = x", "max(i in 1..d, u[i]) = x",
)
BY = ("", "", "", " by {}", " by {}", " by {}, {}", " by algebra", " by {} with t := x", " by {} with i := n", " by differentiate {}", " by induction_hypothesis", " by not_{}")
ENDS = ("    conclude by {}\n", "    conclude by {}, {}\n", "")


@dataclass
class Writer:
    """A seeded source of proofs."""

    rng: random.Random
    labels: list[str] = field(default_factory=lambda: ["h", "earlier"])
    made: int = 0

    def label(self) -> str:
        """Any label written so far, in scope or not, or one that never is."""
        return self.rng.choice([*self.labels[-6:], *self.labels, "nowhere"] if self.rng.random() < 0.95 else ["t0"])

    def by(self) -> str:
        made = self.rng.choice(BY)
        return made.format(*(self.label() for _ in range(made.count("{}"))))

    def new(self) -> str:
        if self.rng.random() < 0.15:
            return self.rng.choice(self.labels)
        self.made += 1
        self.labels.append(f"s{self.made}")
        return self.labels[-1]

    def block(self, depth: int, indent: str) -> str:
        return "".join(self.item(depth, indent) for _ in range(self.rng.randint(1, 3)))

    def item(self, depth: int, indent: str) -> str:
        claim, inner = self.rng.choice(CLAIMS), indent + "    "
        roll = self.rng.random()
        if depth <= 0 or roll < 0.45:
            return f"{indent}{self.new()}: {claim}{self.by()}\n" if self.rng.random() < 0.8 else f"{indent}{claim}{self.by()}\n"
        if roll < 0.62:
            return f"{indent}suppose {self.new()}: {claim}\n{self.block(depth - 1, inner)}{self.ending(inner)}{indent}end\n"
        if roll < 0.70:
            over = self.rng.choice(("i in 1..d", "i in 1..n", "i in 2..d", "t : real", "t : real, t > x", "t : positive", "t : natural"))
            return f"{indent}for {over}\n{self.block(depth - 1, indent)}"
        if roll < 0.82:
            cases = [self.rng.choice(CLAIMS[:14]) for _ in range(self.rng.randint(1, 2))] + [self.rng.choice(("otherwise", "x <= 0", "n < 1", "x = 0"))]
            body = "".join(
                f"{inner}case {'' if c == 'otherwise' else self.new() + ': '}{c}\n{self.block(depth - 1, inner + '    ')}{self.ending(inner + '    ')}" for c in cases
            )
            return f"{indent}split\n{body}{indent}end\n"
        if roll < 0.88:
            base = self.rng.choice(("0", "1", "2"))
            return (
                f"{indent}induction on n\n{inner}base n = {base}\n{self.block(depth - 1, inner + '    ')}"
                f"{inner}step n -> n + 1\n{self.block(depth - 1, inner + '    ')}{indent}end\n"
            )
        if roll < 0.93:
            return f"{indent}let q := {self.rng.choice(('x', 'x + 1', 'y', 'u[1]', 'n*x'))}\n{indent}{self.new()}: q = {self.rng.choice(('x', 'x + 1', 'y'))}\n"
        return f"{indent}{self.ending(indent).strip() or 'contradiction'}\n"

    def ending(self, indent: str) -> str:
        made = self.rng.choice(("", "", "contradiction", "contradiction by {}", "contradiction by {}, {}", "conclude by {}", 'admit "no"'))
        made = made.format(*(self.label() for _ in range(made.count("{}"))))
        return f"{indent}{made}\n" if made else ""

    def text(self) -> str:
        goal = self.rng.choice(CLAIMS)
        hypothesis = self.rng.choice(("", "    h: x > 0\n", "    h: x = y\n", "    h: n >= 1\n", "    h: for i in 1..d, u[i] >= x\n"))
        first = f"lemma earlier: {self.rng.choice(CLAIMS)}\n\n"
        lines = self.block(3, "    ")
        end = self.rng.choice(ENDS)
        end = end.format(*(self.label() for _ in range(end.count("{}"))))
        return (
            f"given\n    d : dim\n    n : natural\n    x, y : real\n    u : real[d]\n{hypothesis}\n{first}"
            f"theorem t0: {goal}\nproof\n{lines}{end}qed\n\ntheorem t1: {self.rng.choice(CLAIMS)}\nproof\n    {goal} by t0\n    conclude by t0\nqed\n"
        )


def point(rng: random.Random) -> Env:
    """Values for what the proofs are about; those that a block brings are drawn when they are needed."""
    numbers = [Fraction(p, q) for p, q in ((0, 1), (1, 1), (-1, 1), (2, 1), (1, 2), (-3, 2))]
    d = rng.choice((1, 2, 3))
    x = rng.choice(numbers)
    return {
        "d": Fraction(d), "n": Fraction(rng.choice((0, 1, 2, 3))), "x": x, "y": rng.choice((x, *numbers)),
        "u": [rng.choice((x, *numbers)) for _ in range(d)],
    }


def completed(context: Context, env: Env, rng: random.Random) -> Env:
    """The point with values for the variables of the blocks."""
    found = dict(env)
    for symbol in context.symbols:
        if symbol.name not in found:
            found[symbol.name] = value(symbol, rng)
    return found


def value(symbol: Sym, rng: random.Random) -> Any:
    if symbol.sort is INTEGER:
        return Fraction(rng.choice((0, 1, 2, 3)))
    if symbol.sort is REAL:
        return Fraction(rng.choice((-3, -1, 0, 1, 2, 5)), 2)
    assert isinstance(symbol.sort, Array)
    return [Fraction(1)]


def lies(text: str, seed: int) -> list[str]:
    """Lines that stand as proved or conditional and are false where what is assumed there holds."""
    mp.dps = PRECISION
    rng = random.Random(seed)
    theorems = settled(text)
    steps = [s for t in theorems for s in t.steps]
    points = [point(rng) for _ in range(25)]
    # a conditional line holds where all the conditions of the file hold
    open_ones = [
        (s, c.claim) for s in steps for c in s.local.conditions if c.kind is not Kind.PROVED
    ]
    found = []
    for step in steps:
        if step.standing <= Kind.CONDITIONAL and step.step.obligation is not None:
            wrong = next((e for p in points if (e := false_at(step, p, open_ones, rng)) is not None), None)
            if wrong is not None:
                found.append(f"{step.step.text!r} is {step.standing.word}, and false at {wrong}\n{text}")
    return found


def false_at(
    step: Settled, env: Env, open_ones: list[tuple[Settled, Any]], rng: random.Random
) -> Env | None:
    """The completed point, if the line fails there and all that it rests on holds."""
    obligation = step.step.obligation
    assert obligation is not None
    context = obligation.context
    here = completed(context, env, rng)
    said = [f for f in context.facts if f.kind in (DOMAIN, HYPOTHESIS, CASE)]
    if not all(is_true(context.unfold(f.claim), here) for f in said):
        return None
    if step.standing is Kind.CONDITIONAL:
        for other, claim in open_ones:
            about = other.step.obligation
            assert about is not None
            if not is_true(about.context.unfold(claim), completed(about.context, here, rng)):
                return None
    if step.step.role in ("cover", "absurd", "denial"):
        return None
    try:
        return None if holds(context.unfold(obligation.claim), here) else here
    except (Undefined, ZeroDivisionError, OverflowError, ValueError):
        # no truth value at this point, or none that this evaluator knows
        return None


def proof(seed: int) -> str:
    return Writer(random.Random(seed)).text()


@pytest.mark.parametrize("block", range(4))
def test_what_stands_in_a_random_proof_is_true(block: int) -> None:
    found = [f for seed in range(4 * block, 4 * (block + 1)) for f in lies(proof(seed), seed)]
    assert not found, "\n".join(found[:3])


@pytest.mark.soak
@pytest.mark.parametrize("block", range(50))
def test_what_stands_in_many_random_proofs_is_true(block: int) -> None:
    found = [f for seed in range(10_000 + 100 * block, 10_100 + 100 * block) for f in lies(proof(seed), seed)]
    assert not found, "\n".join(found[:3])


# ---------------------------------------------------------------- what a certificate used


def is_honest(seed: int) -> bool:
    """Is what the first accepted certificate is said to have used enough for it?"""
    rng = random.Random(seed)
    draw = Claims(rng)
    first, facts = draw.point(), list(DOMAINS)
    for number in range(rng.choice((2, 3, 4, 5))):
        made = draw.hypothesis()
        if is_true(made, first):
            facts.append(Fact(f"h{number}", made, HYPOTHESIS))
    claim = draw.claim()
    if not free_symbols(claim) <= set(SYMBOLS):
        return True
    context = Context(SYMBOLS, (), tuple(facts))
    try:
        owed = (Fact("", c, CONDITION) for c in usable(claim, context))
        about = Obligation("", claim, context.with_facts(*owed))
        for _, propose in ENGINES:
            for certificate in propose(about, ALL):
                answer = accept(about, certificate)
                if isinstance(answer, Accepted):
                    kept = tuple(f for f in about.context.facts if not f.name or f.name in answer.uses)
                    narrow = replace(about, context=Context(SYMBOLS, (), kept))
                    return isinstance(accept(narrow, certificate), Accepted)
    except ValueError:
        return True
    return True


@pytest.mark.parametrize("block", range(4))
def test_what_was_used_is_enough(block: int) -> None:
    dishonest = [seed for seed in range(60 * block, 60 * (block + 1)) if not is_honest(seed)]
    assert not dishonest


# ---------------------------------------------------------------- standing


@dataclass(frozen=True)
class Line:
    """A premise of some standing, and what a line that needs it is worth."""

    premise: str
    standing: Kind


PREMISES = {
    "proved": Line("    p: x = y    by h\n", Kind.PROVED),
    "conditional": Line("    p: x = y*(x/x)    by h\n", Kind.CONDITIONAL),
    "unknown": Line("    p: x = y*cos(0*gamma)^(1/3)    by nothing\n", Kind.UNKNOWN),
    "refuted": Line("    p: x = y + 1\n", Kind.UNKNOWN),
}


@pytest.mark.parametrize("name", PREMISES)
def test_a_line_is_worth_no_more_than_its_premise(name: str) -> None:
    line = PREMISES[name]
    given = "given\n    x, y, gamma : real\n" + ("" if name == "refuted" else "    h: x = y\n")
    claim = "x + 1 = y + 2" if name == "refuted" else "x + 1 = y*(x/x) + 1"
    if name == "proved":
        claim = "x + 1 = y + 1"
    text = f"{given}\ntheorem t: {claim}\nproof\n{line.premise}    {claim}    by p\nqed\n"
    theorem = settled(text)[0]
    by_premise = next(s for s in theorem.steps if s.step.reason == "p")
    assert by_premise.standing >= line.standing
    assert theorem.verdict >= by_premise.standing


def test_admitted_stays_admitted() -> None:
    text = 'given\n    x : real\n\nlemma l: x = 2\nproof\n    admit "later"\nqed\n\ntheorem t: x^2 = 4\nproof\n    x^2 = 4    by l\nqed\n'
    first, second = settled(text)
    assert first.verdict is Kind.ADMITTED
    assert second.verdict is Kind.ADMITTED


def test_the_same_answer_twice() -> None:
    for seed in (3,):
        one, two = settled(proof(seed)), settled(proof(seed))
        assert [t.verdict for t in one] == [t.verdict for t in two]
        assert [s.standing for t in one for s in t.steps] == [s.standing for t in two for s in t.steps]


def test_fewer_engines_prove_no_more() -> None:
    for seed in range(200, 203):
        everything = settled(proof(seed))
        for name, _ in ENGINES:
            alone = settled(proof(seed), replace(OFF, engines=(name,)))
            for whole, part in zip(everything, alone, strict=True):
                assert whole.verdict <= part.verdict
