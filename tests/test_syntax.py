"""The parser: precedence, spans, shapes of statements, mistakes, and that nothing makes it raise."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from derive.diagnostic import Diagnostic, Severity
from derive.syntax import ast, outline
from derive.syntax.format import format_expr
from derive.syntax.lalr import STARTS, grammar_text, parser
from derive.syntax.mistakes import slips
from derive.syntax.parse import Parsed, parse, parse_claim, parse_expression, parse_givens
from derive.syntax.statements import MAKERS
from derive.text import Source

HERE = Path(__file__).parent
CONTRACT = sorted((HERE / "contract").glob("*.drv"))
FRAME = "theorem t: a = b\nproof\n    {}\nqed\n"


def read(text: str) -> Parsed:
    return parse(Source("text", text))


def expression(text: str) -> ast.Expr:
    made, diagnostics = parse_expression(Source("text", text))
    assert made is not None, diagnostics
    return made


def claim(text: str) -> outline.Chain:
    made, diagnostics = parse_claim(Source("text", text))
    assert made is not None, diagnostics
    return made


def said(text: str) -> tuple[Diagnostic, ...]:
    return read(text).diagnostics


def steps(*lines: str) -> tuple[outline.ProofItem, ...]:
    parsed = read(FRAME.format("\n    ".join(lines)))
    assert not parsed.diagnostics, parsed.diagnostics
    theorem = parsed.document.items[0]
    assert isinstance(theorem, outline.Theorem) and theorem.proof is not None
    return theorem.proof


def nodes(node: object) -> Iterator[ast.Expr]:
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif is_dataclass(node) and not isinstance(node, type):
        if type(node).__name__ in EXPRESSIONS:
            yield node  # type: ignore[misc]
        for field in fields(node):
            if field.name != "span":
                yield from nodes(getattr(node, field.name))


EXPRESSIONS = frozenset(
    (
        *("Number", "Name", "Unary", "Binary", "Relation", "Logic", "Call", "Index", "Postfix"),
        *("Paren", "In", "At", "ListLiteral", "Range", "Arrow", "IfElse"),
    )
)


# ---------------------------------------------------------------- the grammar


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    from lark import Lark, logger

    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(caplog.handler)
    try:
        Lark(grammar_text(), parser="lalr", lexer="basic", start=list(STARTS), debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
    assert [r.getMessage() for r in caplog.records if "onflict" in r.getMessage()] == []


def test_each_rule_has_its_function() -> None:
    rules = {str(rule.alias or rule.origin.name) for rule in parser().rules}
    helpers = {name for name in rules if name.startswith("__")}
    inlined = {
        rule.origin.name for rule in parser().rules if rule.options.expand1 and not rule.alias
    }
    assert rules - helpers - inlined - {"layout"} <= set(MAKERS)
    assert set(MAKERS) <= rules


def test_lark_is_not_imported_before_the_first_parse() -> None:
    code = "import sys, derive.syntax.parse; sys.exit('lark' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, check=False).returncode == 0
    )


@pytest.mark.parametrize("home", ["/dev/null/nowhere", "/proc/nowhere"])
def test_an_unwritable_cache_is_no_error(home: str) -> None:
    code = (
        "from derive.syntax.parse import parse_expression; from derive.text import Source;"
        "assert parse_expression(Source('x', 'a + b'))[0]"
    )
    env = {**os.environ, "XDG_CACHE_HOME": home}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, env=env, check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-x^2", "-(x^2)"),
        ("a/b*c", "(a/b)*c"),
        ("2^3^2", "2^(3^2)"),
        ("2^-x^2", "2^(-(x^2))"),
        ("a - b + c", "(a - b) + c"),
        ("-a*b", "-(a*b)"),
        ("a*-b*c", "(a*(-b))*c"),
        ("A @ B*C", "(A @ B)*C"),
        ("A @ B.T", "A @ (B.T)"),
        ("f(x)[i]!", "((f(x))[i])!"),
        ("1..n + 1", "1..(n + 1)"),
        ("not a = b and c < d or e", "((not (a = b)) and (c < d)) or e"),
        ("a => b <=> c or d", "(a => b) <=> (c or d)"),
        ("l at x = 1 + 2", "l at x = (1 + 2)"),
        ("if a then b else c + d", "if a then b else (c + d)"),
        ("a = l at x = 2", "a = (l at x = 2)"),
        ("a ** 2", "a^2"),
        ("x² + Aᵀ·B − σ", "x^2 + A.T*B - sigma"),
        ("x⁻¹", "x^-1"),
        ("∑(i ∈ 1..n, x[i]) ≤ ∞", "sum(i in 1..n, x[i]) <= inf"),
        ("n!=6", "n != 6"),
        ("ε + ϵ", "epsilon + eps"),
        ("Σ + ∑", "Sigma + sum"),
    ],
)
def test_precedence_and_spelling(text: str, same: str) -> None:
    assert unbracketed(expression(text)) == unbracketed(expression(same))


def unbracketed(node: object) -> object:
    if isinstance(node, ast.Paren):
        return unbracketed(node.inner)
    if isinstance(node, tuple):
        return tuple(unbracketed(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        kept = (f.name for f in fields(node) if f.name != "span")
        return (type(node).__name__, *(unbracketed(getattr(node, name)) for name in kept))
    return node


@pytest.mark.parametrize("path", CONTRACT, ids=lambda path: path.stem)
def test_contract_files_parse_with_exact_spans(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    assert parsed.diagnostics == ()
    found = list(nodes(parsed.document.items))
    assert len(found) > 50
    for node in found:
        text = source.slice(node.span)
        assert text == text.strip()
        assert unbracketed(expression(text)) == unbracketed(node), text
        assert unbracketed(expression(format_expr(node))) == unbracketed(node)


def test_leibniz_names_are_ordinary_names() -> None:
    made = expression("∂L/∂W")
    assert isinstance(made, ast.Binary) and made.op == "/"
    assert isinstance(made.left, ast.Name) and made.left.name == "∂L"
    assert format_expr(expression("2 * ∂L/∂W * x")) == "2 * diff(L, W) * x"


def test_a_head_of_relations_becomes_links_with_the_same_reasons() -> None:
    (step,) = steps("a = b <= c if c > 0 by r, s x")
    assert isinstance(step, outline.Step)
    assert [link.rel for link in step.chain.links] == ["=", "<="]
    assert all(len(link.reasons) == 2 and link.condition is not None for link in step.chain.links)
    assert step.chain.reasons == () and step.chain.condition is None


def test_link_spans_cover_their_lines() -> None:
    text = FRAME.format("a = b  by r\n      = c if d > 0  by s, t")
    theorem = read(text).document.items[0]
    assert isinstance(theorem, outline.Theorem) and theorem.proof is not None
    (step,) = theorem.proof
    assert isinstance(step, outline.Step)
    shown = [text[link.span.start : link.span.end] for link in step.chain.links]
    assert shown == ["= b  by r", "= c if d > 0  by s, t"]


def test_equations_keep_the_whole_first_proposition() -> None:
    (step,) = steps("a = 0 by r", "    <=> b = 0 by s")
    assert isinstance(step, outline.Step) and isinstance(step.chain.first, ast.Relation)
    assert [link.rel for link in step.chain.links] == ["<=>"] and step.chain.reasons[0].name == "r"


def test_a_quantified_claim_has_no_links() -> None:
    made = claim("for m in 1..K, h: m > 1, diff(L, z[m]) = p[m] - y[m]")
    assert isinstance(made.first, ast.Quantified) and made.links == ()
    assert isinstance(made.first.items[1], ast.NamedClaim) and isinstance(
        made.first.body, ast.Relation
    )


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("for s in 1..S", outline.Fix),
        ("for x : real, x > 0", outline.Fix),
        ("for i in 1..n, j in 1..n, i != j", outline.Fix),
        ("for i in 1..n, h: p[i] > 0", outline.Fix),
        ("for i in 1..n, p[i] > 0", outline.Step),
        ("for i in 1..n, i > 0 by r", outline.Step),
        ("have for i in 1..n, i > 0", outline.Step),
        ("let c := a", outline.Let),
        ("step = base", outline.Step),
        ("case: a = b", outline.Step),
        ("contradiction", outline.Contradiction),
    ],
)
def test_kinds_of_line(line: str, kind: type) -> None:
    assert isinstance(steps(line)[0], kind)


def test_reasons() -> None:
    (step,) = steps(
        'a = b by differentiate score, rule(x + 1, y) with a := 1, b := 2, admit "known"'
    )
    assert isinstance(step, outline.Step)
    first, second, third = step.chain.links[0].reasons
    assert first.name == "differentiate" and unbracketed(first.args[0]) == ("Name", "score")
    assert isinstance(second.args[0], ast.Paren) and [b.name for b in second.bindings] == ["a", "b"]
    assert third.name == "admit" and unbracketed(third.args[0]) == ("Name", "known")


def test_givens() -> None:
    items, diagnostics = parse_givens(
        Source("g", "z : real; 0 < z\na, b : positive; X | mu, w ~ Normal(mu, w)")
    )
    assert diagnostics == ()
    kinds = [type(item).__name__ for item in items]
    assert kinds == ["Declaration", "Hypothesis", "Declaration", "Hypothesis"]
    law = items[3]
    assert isinstance(law, outline.Hypothesis) and isinstance(law.claim, ast.Law)
    assert isinstance(law.claim.variable, ast.Bar) and isinstance(law.claim.variable.left, ast.Bar)


def test_properties_and_function_sorts() -> None:
    items, diagnostics = parse_givens(
        Source("g", "f : (real, real) -> real, convex, smooth(L)\nX : random with finite variance")
    )
    assert diagnostics == ()
    f, x = items
    assert isinstance(f, outline.Declaration) and isinstance(x, outline.Declaration)
    assert [part.word for part in f.sort.parts] == ["real", "real", "real"]
    assert [p.word for p in f.properties] == ["convex", "smooth"]
    assert [p.word for p in x.properties] == ["finite variance"]


def test_lookalike_letters_are_noted() -> None:
    made, diagnostics = parse_expression(Source("x", "µ + ∆"))
    assert [d.severity for d in diagnostics] == [Severity.NOTE, Severity.NOTE]
    assert unbracketed(made) == unbracketed(expression("mu + Delta"))
    assert unbracketed(expression("ℓ")) == ("Name", "ell")


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize("slip", slips(), ids=lambda slip: slip.name)
def test_each_known_slip_is_recognised_in_its_example(slip) -> None:  # type: ignore[no-untyped-def]
    (found,) = said(FRAME.format(slip.example))
    assert found.code == "syntax"
    fixed = [part for part in slip.message.split("{")[0].split("`") if len(part) > 3]
    assert all(part in found.message for part in fixed), found.message
    assert "{" not in found.message


def test_five_mistakes_are_five_diagnostics() -> None:
    text = (
        "given\n    x : reel\n    y : real\n\ntheorem t: x = y\nproof\n    a = = b\n    2y = y + y\n"
        "    ok: y = y\n    c := (y\n    conclude\nqed\n"
    )
    found = said(text)
    assert [Source("", text).place(d.span.start).line for d in found] == [2, 7, 8, 10, 11]
    assert all(d.code in ("syntax", "unknown-sort") and d.severity is Severity.ERROR for d in found)
    theorem = read(text).document.items[1]
    assert (
        isinstance(theorem, outline.Theorem) and theorem.proof is not None and len(theorem.proof) == 1
    )


def test_a_theorem_that_does_not_parse_keeps_its_proof() -> None:
    parsed = read("theorem t: a = = b\nproof\n    a = b\nqed\n")
    lost = parsed.document.items[0]
    assert isinstance(lost, outline.LostTheorem) and lost.proof is not None and len(lost.proof) == 1
    assert len(parsed.diagnostics) == 1 and "t" in parsed.lost


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a = b\n    - c = d", "two ways"),
        ("a = b -- note", "two ways"),
        ("a = b\n      <=> c = d\n      = e", "its left side is missing"),
        ("a + |x| = b", "absolute value"),
        ("|x| = b", "absolute value"),
        ("2x = b", "`2x`"),
        ("a = (b", "never closed"),
        ("a = [b)", "closed by"),
        ("a = b)", "closes nothing"),
    ],
)
def test_messages(text: str, wanted: str) -> None:
    (found,) = said(FRAME.format(text))
    assert wanted in found.message
    assert found.hint is not None or wanted == "closes nothing"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("poof", "proof"),
        ("prof", "proof"),
        ("Proof", "proof"),
        ("qde", "qed"),
        ("theoerm", "theorem"),
    ],
)
def test_misspelt_section_words_cost_only_themselves(wrong: str, right: str) -> None:
    text = FRAME.format("a = b").replace(right, wrong, 1)
    parsed = read(text)
    assert [right in d.message for d in parsed.diagnostics] == [True]
    theorem = parsed.document.items[0]
    assert isinstance(theorem, outline.Theorem) and theorem.closed and theorem.proof is not None


def test_a_leading_minus_is_plain_inside_brackets_and_after_labels() -> None:
    assert len(steps("a = (b", "    - c)", "lab: -a = b", "", "-c = d")) == 3


# ---------------------------------------------------------------- nothing raises


@pytest.mark.parametrize(
    "text",
    [
        "", "\0", "\0given\0\n\0", "(" * 1_000_000, ("(" * 80 + "\n") * 2000, ")" * 1000, "\ufeff", "\r", "\ud800",
        "theorem t: " + "(" * 250 + "x" + ")" * 250, "theorem t: " + "- " * 3000 + "x", "theorem t: " + "x^" * 2000,
        "theorem t: " + "not " * 4000 + "x", "theorem t: " + "x + " * 2000 + "x", "theorem t: 1e999999999 = 1",
        "theorem t: a = b\nproof\n" + "suppose a > 0\n" * 2000, "theorem", "proof", "qed", "case", "given\n:", "⁻",
        "theorem t: x" + "²" * 5000 + " = 1", '"' * 999, "end\n" * 500, "split\n" * 500, "a\n= b\n" * 500, "/*",
    ],
)  # fmt: skip
def test_hostile_texts_do_not_raise(text: str) -> None:
    for reading in (parse, parse_claim, parse_givens, parse_expression):
        reading(Source("text", text))
    if len(text) > 2000:
        assert said(text)


def test_depth_is_bounded() -> None:
    for text in ("(" * 199 + "x" + ")" * 199, "x" + " + x" * 150):
        assert parse_expression(Source("x", text))[1] == ()
    for text in ("(" * 201 + "x" + ")" * 201, "x" + " + x" * 2000, "-" + " -" * 2000 + "x"):
        (found,) = parse_expression(Source("x", text))[1]
        assert "200" in found.message


def test_ten_thousand_declarations_take_linear_time() -> None:
    def seconds(count: int) -> float:
        text = "given\n" + "".join(f"    x{i} : real[n]\n" for i in range(count))
        begun = time.process_time()
        assert said(text) == ()
        return time.process_time() - begun

    seconds(100)
    assert seconds(10_000) < 12 * max(seconds(2_000), 0.05)


def test_random_edits_cost_little() -> None:
    """Parsing an edited file never raises, and nearly every edit costs at most one statement."""
    rng = random.Random(7)
    texts = [path.read_text(encoding="utf-8") for path in CONTRACT]
    costly = 0
    trials = 400
    for _ in range(trials):
        text = rng.choice(texts)
        i = rng.randrange(len(text))
        j = min(len(text), i + rng.choice((0, 1, 1, 2, 5)))
        inserted = "".join(
            rng.choice("()[]=+-*/^x1 \n,:.|'\"#<>~∂µ²") for _ in range(rng.choice((0, 1, 1, 3)))
        )
        errors = [d for d in said(text[:i] + inserted + text[j:]) if d.severity is Severity.ERROR]
        costly += len(errors) > 1
    assert costly <= trials * 0.03


def test_random_characters_do_not_raise() -> None:
    rng = random.Random(11)
    alphabet = (
        "abxyz019 \n\n()[]{}=<>!+-*/^@.,:;|~#\"'_∑∂µ²ᵀ≤⇔→given proof theorem for in if by let"
    )
    for _ in range(300):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randrange(200)))
        for reading in (parse, parse_claim, parse_givens, parse_expression):
            reading(Source("text", text))
