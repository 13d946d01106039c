"""The library is honest: nothing in it is given by a hypothesis in one step, axioms are named, rules hold at samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.check import check_file, settle_plan
from derive.core.alpha import alpha_equal
from derive.core.chance import is_random
from derive.core.claim import HYPOTHESIS, Context, Obligation, beta
from derive.core.sort import REAL, Function
from derive.core.term import App, Bind, Sym, Term, free_symbols, num, substitute, subterms
from derive.core.verdict import Kind, Trust, Witness
from derive.elaborate.document import elaborate
from derive.elaborate.plan import Plan, PlannedTheorem
from derive.engines.refute import Budget, Survey, refute
from derive.engines.used import AXIOM, Library, rule_forms, rule_from
from derive.frontends.trusting import trust_lines
from derive.kernel.match import match
from derive.report.layout import Style
from derive.report.model import Report
from derive.rules.library import rule_files, rule_names
from derive.settings import Settings
from derive.syntax.parse import parse
from derive.text import Source

FOLDER = Path(__file__).parent.parent / "derivations"
FILES = sorted(FOLDER.rglob("*.drv"))
RULES = sorted(rule_files().values())
SETTINGS = Settings(jax=False)


def plan_of(path: Path) -> Plan:
    """The plan of a file, with the rules that it cites stated and not proved again."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    return elaborate(parsed.document, source, rule_names(), parsed.lost)


# ---------------------------------------------------------------- no claim in disguise


def conclusion(claim: Term) -> tuple[Term, frozenset[Sym]]:
    """What stands behind the quantifiers and premises of a claim, with the variables in front."""
    variables: set[Sym] = set()
    while True:
        match claim:
            case Bind("forall", var, _, body):
                variables.add(var)
                claim = body
            case App("=>", (_, inner)):
                claim = inner
            case _:
                return claim, frozenset(variables)


def parts(claim: Term) -> tuple[Term, ...]:
    return claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)


def disguised(theorem: PlannedTheorem) -> list[str]:
    """The hypotheses of which the theorem's claim is one, or an instance of one."""
    if theorem.setting is None:
        return []
    context = theorem.setting.context
    goal, _ = conclusion(context.unfold(theorem.setting.claim))
    found = []
    for fact in context.facts:
        if fact.kind != HYPOTHESIS:
            continue
        inner, variables = conclusion(context.unfold(fact.claim))
        for said in parts(inner):
            if alpha_equal(said, goal) or match(said, goal, variables) is not None:
                found.append(f"{theorem.name} by {fact.name}")
    return found


@pytest.mark.parametrize("path", [*FILES, *RULES], ids=lambda p: p.stem)
def test_no_hypothesis_gives_a_theorem_in_one_step(path: Path) -> None:
    found = [d for t in plan_of(path).theorems for d in disguised(t)]
    if path.stem == "convexity":
        # the rule by which the property that a function is declared with is cited says what the property says
        assert found
        return
    assert found == []


def test_a_claim_in_disguise_is_seen() -> None:
    text = "given\n    f : real -> real\n    h: for s, t : real, f(s) <= f(t) + s\n    a : real\n\n"
    text += "theorem same: f(a^2) <= f(a) + a^2\n"
    source = Source("x.drv", text)
    parsed = parse(source)
    plan = elaborate(parsed.document, source, rule_names(), parsed.lost)
    assert [d for t in plan.theorems for d in disguised(t)] == ["same by h"]


# ---------------------------------------------------------------- axioms

AXIOM_FILE = """title "An axiom"
source "A book, chapter 1"

given
    x : real

theorem stated: x^2 + 1 > x
proof
    admit "the book shows it"
qed
"""


def test_an_axiom_is_worth_assumed_and_named_with_its_reference() -> None:
    used = rule_from("stated", Source("stated.drv", AXIOM_FILE), (), SETTINGS)
    (outcome,) = used.outcomes.values()
    assert (outcome.standing, outcome.trust) == (Kind.PROVED, Trust.ASSUMED)
    assert outcome.uses == {f"{AXIOM}stated (A book, chapter 1)"}
    source = Source("x.drv", "given\n    y : real\n\ntheorem t: y^2 + 1 > y\nproof\n    y^2 + 1 > y   by stated\nqed\n")
    parsed = parse(source)
    plan = elaborate(parsed.document, source, rule_names() | {"stated"}, parsed.lost, used.imports)
    (theorem,) = settle_plan(plan, SETTINGS, used.outcomes)
    assert (theorem.verdict, theorem.trust) == (Kind.PROVED, Trust.ASSUMED)
    assert f"{AXIOM}stated (A book, chapter 1)" in theorem.uses


def test_a_rule_that_is_not_proved_lends_nothing() -> None:
    doubtful = AXIOM_FILE.replace('admit "the book shows it"', "x^2 + 1 > x   by unknown_reason")
    used = rule_from("stated", Source("stated.drv", doubtful), (), SETTINGS)
    assert [o.standing for o in used.outcomes.values()] == [Kind.UNKNOWN]


@pytest.mark.parametrize("path", RULES, ids=lambda p: p.stem)
def test_a_rule_rests_on_no_axiom_or_names_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert 'source "' in text
    assert "admit" not in text, "the library has no axioms yet; list the first one in CONTRIBUTING.md"


def test_the_account_of_trust_names_rules_that_are_assumed() -> None:
    text = "given\n    x : real\n\ntheorem t: x^2 + 1 > x\nproof\n    admit \"later\"\nqed\n"
    result = check_file(Source("x.drv", text), SETTINGS, lambda name: None)
    assert any("rests on (admitted)" in line for line in trust_lines(Report((result,)), Style(80, True, False)))


# ---------------------------------------------------------------- samples

T = Sym("t", REAL)


def square(factor: int) -> Term:
    return Bind("lam", T, (), App("*", (num(factor), App("^", (T, num(2))))))


def line(factor: int) -> Term:
    return Bind("lam", T, (), App("*", (num(factor), T)))


# Functions that have what the rules about functions suppose, with the constants for which they have it.
MODELS: dict[str, dict[str, Term]] = {
    "convexity": {"f": square(1), "g": square(-1)},
    "jensen": {"f": square(1), "g": square(-1)},
    "jensen_of_convex": {"f": square(1)},
    "descent_lemma": {"f": square(1), "g": line(2), "L": num(2)},
    "first_order_condition": {"f": square(1), "g": line(2)},
    "strong_convexity": {"f": square(1), "g": line(2), "m": num(2)},
    "lipschitz_composition": {"f": line(2), "g": line(-3), "K": num(2), "L": num(3)},
}


def at_model(obligation: Obligation, model: dict[str, Term]) -> Obligation:
    """The obligation for given functions and constants; hypotheses about functions are theirs by choice."""
    context = obligation.context
    values = {s: model[s.name] for s in context.symbols if s.name in model}
    facts = tuple(
        f for f in context.facts
        if not (isinstance(f.claim, Bind) and is_about_functions(f.claim))
    )
    kept = Context(
        tuple(s for s in context.symbols if s not in values), (),
        tuple(type(f)(f.name, beta(substitute(context.unfold(f.claim), values)), f.kind) for f in facts),
    )
    return Obligation("", beta(substitute(context.unfold(obligation.claim), values)), kept)


def is_about_functions(claim: Term) -> bool:
    """Is it about functions that have to be chosen? Random variables are drawn."""
    return any(isinstance(s.sort, Function) and not is_random(s) for s in free_symbols(claim))


# The samples of a random variable do not follow a bound on its generating function.
UNDRAWN = {"chernoff"}
CITED = sorted(
    name for name, path in rule_files().items() if "<=" in path.read_text(encoding="utf-8") and name not in UNDRAWN
)


@pytest.mark.parametrize("name", CITED)
def test_a_rule_holds_at_points_that_satisfy_its_conditions(name: str) -> None:
    theorems = plan_of(rule_files()[name]).theorems
    seen = 0
    for theorem in theorems:
        if theorem.setting is None or not theorem.name.startswith(name):
            continue
        obligation = at_model(theorem.setting, MODELS.get(name, {}))
        if is_about_functions(obligation.claim):
            continue
        found = refute(obligation, Budget(points=16, attempts=200))
        assert not isinstance(found, Witness), f"{theorem.name} fails at {found}"
        assert isinstance(found, Survey)
        if any(isinstance(t, Bind) and t.op in ("sum", "max") for t in subterms(obligation.claim)):
            assert found.points < 8 or len(set(found.sizes)) >= 2, f"{theorem.name} at one size only"
        seen += found.held
    assert seen >= 8, f"{name}: {seen} points"


def test_the_forms_of_a_rule_are_proved() -> None:
    for name in ("jensen", "hoelder", "young"):
        used = rule_forms(name, (), Settings(jax=False, refuter=False))
        assert used.imports and {o.standing for o in used.outcomes.values()} == {Kind.PROVED}
        assert {o.trust for o in used.outcomes.values()} == {Trust.EXACT}


def test_a_file_that_cites_a_rule_loads_it() -> None:
    source = Source("x.drv", "theorem t: for x : real, 0 <= x^2\nproof\n    x^2 >= 0   by young, jensen\nqed\n")
    library = Library(lambda _: None, lambda p, known: settle_plan(p, SETTINGS, known), rule_names(), SETTINGS)
    used = library.used_by(parse(source).document, ())
    assert {i.rule for i in used.imports} == {"young", "jensen"}
