"""The museum: false steps that are tempting, one to a file, offered to everything and to each engine alone.

A line that ends in `# refuted` must be refuted, with a witness that an evaluator without shared code
confirms; `# conditional` must stay conditional; `# never proved` must be neither proved nor conditional.
With the refuter off no engine may prove any of them; where one is shown up to conditions, a condition must
fail at the witness.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from mpmath import mpc

from derive.check import settle_plan
from derive.core.claim import Context, Obligation
from derive.core.laws import LAWS
from derive.core.sort import COMPLEX, REAL
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.core.verdict import Kind, Witness
from derive.elaborate.document import elaborate
from derive.engines.ledger import Settled, SettledTheorem
from derive.engines.prove import ENGINES
from derive.engines.settle import ORACLE
from derive.engines.used import Library
from derive.kernel.arrays import scalarise
from derive.kernel.identity import replaced
from derive.kernel.meaning import owed
from derive.rules.library import rule_names
from derive.settings import Settings
from derive.syntax.parse import parse
from derive.text import Source
from tests.fuzz_values import holds, is_true, wide
from tests.oracle_mpmath import Undefined, _lift, _retype, evaluate, second_opinion, truth

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "unsound"
MARK = re.compile(r"# (refuted|conditional|never proved)\s*$")
FILES = sorted(
    p for p in FOLDER.glob("*.drv") if any(map(MARK.search, p.read_text(encoding="utf-8").splitlines()))
)
NAMES = (*(name for name, _ in ENGINES), ORACLE)
EVERYTHING = Settings(jax=False)
# With everything on these take longest: the ordinary run offers them with the refuter off alone.
LONG = frozenset({
    "divergence_of_laws", "entropy_of_no_law", "errors_of_a_regression", "gibbs_without_its_conditions",
    "norms_without_their_factor", "orders_of_magnitude", "quotients_and_squares", "score_term_dropped",
})


@dataclass(frozen=True)
class Marked:
    """A marked line, with the steps and the theorem that begin on it."""

    mark: str
    line: int
    steps: tuple[Settled, ...]
    theorems: tuple[SettledTheorem, ...]

    @property
    def verdicts(self) -> tuple[Kind, ...]:
        return (*(s.standing for s in self.steps), *(t.verdict for t in self.theorems))


@cache
def theorems_of(path: Path, settings: Settings) -> tuple[SettledTheorem, ...]:
    """The theorems of a file, settled."""
    sys.setrecursionlimit(max(20_000, sys.getrecursionlimit()))
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    library = Library(lambda _: None, lambda p, known: settle_plan(p, settings, known), rule_names(), settings)
    used = library.used_by(parsed.document, (path.stem,))
    plan = elaborate(parsed.document, source, rule_names(), parsed.lost, used.imports)
    return settle_plan(plan, settings, used.outcomes)


def settled(path: Path, settings: Settings) -> list[Settled]:
    """The steps of a file, settled."""
    return [s for t in theorems_of(path, settings) for s in t.steps]


def marked(path: Path, settings: Settings) -> tuple[Marked, ...]:
    """The marked lines of a file, settled."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    theorems, steps = theorems_of(path, settings), settled(path, settings)
    found = []
    for number, line in enumerate(source.text.split("\n"), 1):
        mark = MARK.search(line)
        if mark is not None:
            here = tuple(s for s in steps if source.place(s.step.span.start).line == number)
            whole = tuple(t for t in theorems if source.place(t.theorem.span.start).line == number)
            found.append(Marked(mark[1], number, here, whole))
    return tuple(found)


def test_there_are_many() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_trap_says_why(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n")[0]
    assert first.startswith("# ") and first.endswith("."), "what is tempting, and why it is false"


@pytest.mark.parametrize("path", [
    pytest.param(p, marks=pytest.mark.soak if p.stem in LONG else (), id=p.stem) for p in FILES
])
def test_with_everything_on(path: Path) -> None:
    for place in marked(path, EVERYTHING):
        assert place.verdicts, f"nothing begins on line {place.line}"
        assert Kind.PROVED not in place.verdicts, f"line {place.line} is proved"
        match place.mark:
            case "refuted":
                assert Kind.REFUTED in place.verdicts, f"line {place.line} is {place.verdicts}"
                assert_witnessed(place)
            case "conditional":
                assert set(place.verdicts) == {Kind.CONDITIONAL}, f"line {place.line} is {place.verdicts}"
            case _:
                assert min(place.verdicts) > Kind.CONDITIONAL, f"line {place.line} is {place.verdicts}"


def assert_witnessed(place: Marked) -> None:
    """An evaluator without shared code confirms each witness."""
    for step in place.steps:
        if step.local.witness is not None:
            assert step.step.obligation is not None
            assert fails_at(step.step.obligation, step.local.witness), f"line {place.line}"


def fails_at(obligation: Obligation, witness: Witness) -> bool:
    """Do all hypotheses hold at the witness, and the claim not?"""
    claim, context = obligation.claim, obligation.context
    if "undefined" in (witness.left, witness.right):
        asked = sorted(owed(claim, context), key=lambda c: not (isinstance(c, App) and c.op == "moment"))
        return any(lacks(c, context, witness) for c in asked)
    try:
        opinion = second_opinion(claim, context, witness)
    except Undefined:
        # complex powers and densities are beyond that evaluator
        env = {name: _told(value) for name, value in witness.values}
        env |= {s.name: mpc(*map(wide, env[s.name])) for s in context.symbols if s.sort is COMPLEX and s.name in env}
        said = [f.claim for f in context.facts if f.kind in ("domain", "hypothesis", "case")]
        return all(is_true(context.unfold(c), env) for c in said) and not holds(
            scalarise(context.unfold(claim)), env
        )
    return opinion.hypotheses and not opinion.holds


def _told(value: Any) -> Any:
    return [_told(v) for v in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_with_the_refuter_off(path: Path) -> None:
    """Two seconds of search for a step; the long run searches to the limit that users have, engine by engine."""
    not_shown(path, Settings(refuter=False, jax=False, timeout=2.0))


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_with_the_refuter_off_at_length(path: Path) -> None:
    not_shown(path, Settings(refuter=False, jax=False))


@pytest.mark.soak
@pytest.mark.parametrize("engine", NAMES)
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_engine_alone(path: Path, engine: str) -> None:
    not_shown(path, Settings(refuter=False, jax=False, engines=(engine,)))


def not_shown(path: Path, settings: Settings) -> None:
    """No marked line is proved, and none is conditional whose conditions all hold where it fails."""
    places = marked(path, settings)
    for place in places:
        assert Kind.PROVED not in place.verdicts, f"line {place.line} is proved"
        if place.mark != "conditional" and Kind.CONDITIONAL in place.verdicts:
            assert place.mark == "refuted", f"line {place.line} is conditional"
            assert a_condition_fails(path, settings), f"line {place.line}: no condition fails"


def lacks(condition: Term, context: Context, witness: Witness) -> bool:
    """Is an owed condition false, or without a value, at a witness?"""
    if isinstance(condition, App) and condition.op == "moment":
        return grows_without_bound(condition, context)
    scope = {name: _lift(value) for name, value in witness.values}
    _retype(scope, context, condition)
    try:
        return not truth(context.unfold(condition), scope)
    except (Undefined, ZeroDivisionError):
        return True


def grows_without_bound(condition: App, context: Context) -> bool:
    """Does the integral of a function of one variable against its density keep growing, numerically?"""
    import mpmath

    function, degree = condition.args
    assert isinstance(function, Bind) and isinstance(degree, Num)
    for fact in context.facts:
        match fact.claim:
            case App("law", (Bind("lam", w, (), App("apply", (variable, _)) as value), App() as law)):
                if variable in free_symbols(function) and not free_symbols(law):
                    x = Sym("x", REAL)
                    density = LAWS[law.op].density(law.args, x)
                    assert density is not None
                    inside = LAWS[law.op].support(law.args, x)
                    body = replaced(function.body, substitute(value, {w: function.var}), x)

                    def size(t: Any, x: Sym = x, body: Term = body, density: Term = density, inside: Term = inside) -> Any:
                        scope = {x.name: mpmath.mpf(t)}
                        if not truth(inside, scope):
                            return mpmath.mpf(0)
                        return abs(evaluate(body, scope)) ** int(degree.value) * evaluate(density, scope)

                    def within(r: int, size: Any = size) -> Any:
                        ends = [mpmath.mpf(10) ** k for k in range(-r, r + 1)]
                        return mpmath.quad(size, ends) + mpmath.quad(lambda t: size(-t), ends)

                    with mpmath.workdps(15):
                        first, second, third = within(2), within(4), within(6)
                    return bool(third - second > (second - first) / 2 > 0)
    return False


def a_condition_fails(path: Path, settings: Settings) -> bool:
    """Is a condition of the file false, or without a value, at a point that refutes a line of it?"""
    witnesses = [
        s.local.witness for s in settled(path, EVERYTHING) if s.local.witness is not None
    ]
    for step in settled(path, settings):
        if step.step.obligation is None:
            continue
        context = step.step.obligation.context
        if any(lacks(c.claim, context, w) for w in witnesses for c in step.local.conditions):
            return True
    return False


def test_every_trap_named_in_the_source_exists() -> None:
    named = {
        name
        for path in (ROOT / "derive").rglob("*.py")
        for name in re.findall(r"tests/unsound/(\w+\.drv)", path.read_text(encoding="utf-8"))
    }
    assert not {n for n in named if not (FOLDER / n).exists()}
