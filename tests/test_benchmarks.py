"""The benchmarks measure what they say: rows become the claims they mean, and a false acceptance is seen."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from benchmarks import cookbook, dev_steps, traps, variations
from benchmarks.neutral import NotSayableError, Said, say
from benchmarks.scoring import Case, Score, by_category, each_case, fault_of, reaches, score
from benchmarks.settling import (
    CRASHED,
    EVERYTHING,
    Answer,
    alone,
    hold_there,
    read,
    recompute,
    settle,
)
from benchmarks.speed import FORTY, heavy
from derive.check import check_file
from derive.core.term import ONE, TRUE, ZERO, eq
from derive.core.verdict import Kind, Owed, Verdict
from derive.settings import Settings
from derive.text import Source

STEPS = dev_steps.read_cases()
VARIATIONS = dev_steps.read_cases(variations.FILE)
TRAPS = traps.read_cases()
SAID = [c for c in (*STEPS, *TRAPS, *VARIATIONS) if c.said is not None]
SAMPLE = random.Random(2).sample([c for c in SAID if c.expected != "proved"], 12)

ROWS = [
    ("A@(x-y)", "n:dim A:mat(n,n) x:vec(n) y:vec(n)", "A @ (x - y)"),
    ("-n/2*log(s)-(-a)", "n:dim s:pos a:real", "-n/2*log(s) - (-a)"),
    ("a-(b-c)", "a:real b:real c:real", "a - (b - c)"),
    ("(a*b)**c**2", "a:real b:real c:real", "(a*b)^c^2"),
    ("a/(b*c)*b", "a:real b:real c:real", "a/(b*c)*b"),
    ("(-x)**2", "x:real", "(-x)^2"),
    ("1-tanh(x)**2", "n:dim x:vec(n)", "1 - tanh(x).^2"),
    ("x*x/(1+x)", "n:dim x:vec(n)", "x .* x ./ (1 + x)"),
    ("had(A,B).T@C", "n:dim A:mat(n,n) B:mat(n,n) C:mat(n,n)", "(A .* B).T @ C"),
    ("norm2(x)**2", "n:dim x:vec(n)", "(norm(x)^2)^2"),
    ("Sum(k,1,n-1,x[k+1])", "n:dim x:vec(n)", "sum(k in 1..n - 1, x[k + 1])"),
    ("Int(exp(-x**2),x,-oo,oo)", "", "int(x in -inf..inf, exp(-x^2))"),
    ("Lim((1+a/n)**n,n,oo)", "a:real n:pos", "lim(n -> inf, (1 + a/n)^n)"),
    ("kd(i,j)*I", "n:dim i:index(n) j:index(n)", "1[i = j]*im"),
    ("M([[1,I],[-I,0]])", "", "[[1, im], [-im, 0]]"),
    ("D(Var(X),a)", "a:real X:rv", "diff(Var(X), a)"),
]


def row(text: str, declarations: str, **more: str) -> dict[str, str]:
    return {"lhs": text, "rel": "==", "rhs": "0", "decl": declarations, "assume": "", **more}


@pytest.mark.parametrize(("text", "declarations", "wanted"), ROWS)
def test_terms_are_said_as_they_are_meant(text: str, declarations: str, wanted: str) -> None:
    assert say(row(text, declarations)).claim == f"{wanted} = 0"


def test_declarations_and_hypotheses() -> None:
    said = say(row("x[1]", "n:dim x:vec(n+1) A:inv(n) t:real", assume="t>=0; n!=2; A==x[1]"))
    assert said.given.splitlines() == [
        "n : dim", "x : real[n+1]", "A : invertible[n]", "t : real", "t >= 0", "n != 2", "A = x[1]",
    ]


def test_a_bound_name_is_not_declared() -> None:
    assert say(row("Lim(x/n,n,oo)", "x:real n:pos")).given == "x : real"
    assert "n : positive" in say(row("n*Lim(x/n,n,oo)", "x:real n:pos")).given


def test_roots_become_an_equivalence() -> None:
    said = say(row("x**2-a*x", "x:real a:real", rel="solve x", rhs="[0,a]"))
    assert said.claim == "x^2 - a*x = 0 <=> x = 0 or x = a"


@pytest.mark.parametrize("text", ["x if x else x", "lambda: x", "x.conjugate", "__import__('os')", "f'{x}'"])
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(NotSayableError):
        say(row(text, "x:real"))


@pytest.mark.parametrize("case", SAID, ids=lambda c: c.name)
def test_every_claim_is_read_without_a_mistake(case: Case) -> None:
    assert case.said is not None
    _, mistakes = read(case.said)
    assert bool(mistakes) == (case.expected == "not read")


def test_every_trap_has_its_line() -> None:
    data = json.loads((traps.DATA / "traps.json").read_text(encoding="utf-8"))
    assert {c.name.partition(".")[0] for c in TRAPS} == {t["id"] for t in data}
    for trap in data:
        first = next(c for c in TRAPS if c.name.partition(".")[0] == trap["id"])
        if trap["expected"] == "proved":
            assert first.expected == "proved"
        elif trap["id"] != "E14":
            assert first.expected != "proved"


def test_rows_that_owe_a_condition_name_it() -> None:
    assert sum(c.expected == "conditional" for c in STEPS) == 3
    assert all(c.owes for c in (*STEPS, *VARIATIONS) if c.expected == "conditional")


def test_every_kind_has_variations() -> None:
    assert {c.category for c in VARIATIONS} == {c.category for c in STEPS}
    assert len({c.name for c in VARIATIONS}) == len(VARIATIONS)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda c: c.name)
def test_no_engine_accepts_a_false_claim(case: Case) -> None:
    assert score(case).faults == ()


@pytest.mark.soak
@pytest.mark.parametrize("case", SAID, ids=lambda c: c.name)
def test_no_engine_accepts_any_false_claim(case: Case) -> None:
    assert score(case).faults == ()


# ---------------------------------------------------------------- tables of matrices

TABLES = {name: cookbook.read_table(name) for name in (cookbook.BOOK, cookbook.IDIOMS)}


def test_the_book_and_the_idioms_are_large_enough() -> None:
    book, idioms = TABLES[cookbook.BOOK], TABLES[cookbook.IDIOMS]
    assert len(book.claims) >= 200 and len(book.twins) >= 150 and len(book.misprints) == 3
    assert len(idioms.claims) >= 60 and len(idioms.twins) >= 40


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_read_without_a_mistake(name: str) -> None:
    table = TABLES[name]
    told = {
        c.name: read(c.said)[1] for c in (*table.claims, *table.misprints, *table.twins) if c.said is not None
    }
    # a false twin may have shapes that do not fit, and nothing else that is wrong
    for row, mistakes in told.items():
        assert not mistakes or (row.endswith(" twin") and "shape" in mistakes[0]), (row, mistakes)
    assert sum(map(bool, told.values())) < 10


def test_a_twin_has_the_declarations_of_its_claim_and_its_own() -> None:
    twins = {c.name: c.said for c in TABLES[cookbook.BOOK].twins if c.said is not None}
    assert "G : real[3, 3]" in twins["25 twin"].given
    assert "F : real[2, 2]" in twins["25 twin"].given


# ---------------------------------------------------------------- the scoring can fail

FALSITY = eq(ONE, ZERO)
FALSE = Case("false", "poly", Said("x : real", "x^5 = x"), "refuted")


def test_a_false_acceptance_is_a_fault() -> None:
    whole = settle(Said("x : real", "x^5 = x"))
    assert whole.word == "refuted"
    assert recompute(whole) == "confirmed"
    accepted = replace(whole, word="proved", verdict=Verdict(Kind.PROVED))
    assert fault_of(FALSE, accepted, whole) == "FALSE ACCEPTANCE"
    assert Score(FALSE, whole, {"careless": accepted}).faults == ("careless alone: FALSE ACCEPTANCE",)
    assert fault_of(FALSE, Answer(CRASHED, 0.0, ("KeyError",)), whole).startswith(CRASHED)
    true = replace(FALSE, expected="proved")
    assert fault_of(true, whole, whole) == "FALSE REFUTATION"


def test_a_false_claim_under_a_condition_that_holds_at_the_counterexample_is_a_fault() -> None:
    whole = settle(Said("x : real", "x^5 = x"))
    vacuous = Verdict(Kind.CONDITIONAL, conditions=(Owed(TRUE, Kind.UNKNOWN),))
    careless = replace(whole, word="conditional", verdict=vacuous)
    assert fault_of(FALSE, careless, whole).startswith("FALSE ACCEPTANCE")
    honest = Verdict(Kind.CONDITIONAL, conditions=(Owed(FALSITY, Kind.UNKNOWN),))
    assert hold_there(replace(careless, verdict=honest), whole) is False
    assert fault_of(FALSE, replace(careless, verdict=honest), whole) == ""


def test_the_owed_condition_must_be_named() -> None:
    answer = settle(Said("x : real", "exp(log(x)) = x"))
    case = Case("owing", "explog", None, "conditional", ("0 < x",))
    assert reaches(case, answer)
    assert not reaches(replace(case, owes=("x != 0",)), answer)


def test_the_witness_is_recomputed_by_other_code() -> None:
    answer = settle(Said("x : real", "x^5 = x"))
    assert answer.verdict is not None
    assert answer.verdict.witness is not None
    moved = replace(answer.verdict.witness, values=(("x", 1),))  # type: ignore[arg-type]
    wrong = replace(answer, verdict=replace(answer.verdict, witness=moved))
    assert recompute(wrong) == "DISAGREES: the claim holds"


def test_a_tiny_difference_is_recomputed_with_enough_digits() -> None:
    assert recompute(settle(Said("", "1/factorial(2004) = 1/factorial(2006)"))) == "confirmed"


def test_tables() -> None:
    scores = [score(FALSE, engines=False), score(replace(FALSE, said=None, unsaid="no words"))]
    assert by_category(scores)[1].split()[:4] == ["poly", "2", "1", "1"]
    assert "no words" in each_case(scores)[2]


# ---------------------------------------------------------------- speed


def test_the_forty_steps_are_forty_and_proved() -> None:
    source = Source(FORTY.name, FORTY.read_text(encoding="utf-8"))
    result = check_file(source, EVERYTHING)
    assert [d.message for d in result.diagnostics] == []
    assert [s.claim_source for s in result.steps if s.verdict is not Kind.PROVED] == []
    goals = len(result.theorems)
    assert len(result.steps) - goals == 40


def test_heavy_libraries_are_seen_in_a_trace() -> None:
    trace = "import time:  1 | 2 |   sympy.core\nimport time:  1 | 2 | derive.backends.jax\n"
    assert heavy(trace) == ("sympy",)


def test_alone_means_alone() -> None:
    for name, settings in alone()[:-1]:
        assert settings == Settings(refuter=False, jax=False, engines=(name,))
