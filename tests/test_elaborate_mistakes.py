"""Mistakes in expressions and declarations: each told once, at the smallest place, plainly."""

from __future__ import annotations

import pytest

from derive.diagnostic import Diagnostic
from derive.elaborate.declarations import (
    elaborate_definition,
    elaborate_given,
    elaborate_quantifier_items,
)
from derive.elaborate.scope import Scope
from derive.elaborate.terms import elaborate_claim, elaborate_term
from derive.syntax import ast, outline
from derive.syntax.parse import parse, parse_claim, parse_expression
from derive.text import Source, Span

GIVEN = """n, m : dim
i : index[n]
x, y : real[n]
w : real[m]
A : real[n, n]
C : real[m, n]
a, b : real
v : positive
c : complex
f : real -> real
g : real[n] -> real
"""


def grown(given: str, *definitions: str) -> tuple[Scope, list[Diagnostic]]:
    text = "given\n" + "".join(f"    {line}\n" for line in given.strip().splitlines())
    if definitions:
        text += "define\n" + "".join(f"    {line}\n" for line in definitions)
    parsed = parse(Source("file", text))
    scope, found = Scope(lost=parsed.lost), list(parsed.diagnostics)
    for section in parsed.document.items:
        assert isinstance(section, (outline.Given, outline.Define))
        for item in section.items:
            if isinstance(item, outline.Definition):
                scope, more = elaborate_definition(item, scope)
            else:
                scope, more = elaborate_given(item, scope)
            found.extend(more)
    return scope, found


def mistake(text: str, *definitions: str) -> tuple[Diagnostic, str]:
    """The one diagnostic of an expression, and the text that it points at."""
    scope, found = grown(GIVEN, *definitions)
    assert not found, found
    source = Source("expression", text)
    if text.startswith("for "):
        chain, _ = parse_claim(source)
        assert chain is not None
        result = elaborate_claim(chain.first, scope)
    else:
        made, mistakes = parse_expression(source)
        assert made is not None, mistakes
        result = elaborate_term(made, scope)
    assert result.term is None and len(result.diagnostics) == 1, result
    return result.diagnostics[0], source.slice(result.diagnostics[0].span)


@pytest.mark.parametrize(
    ("text", "code", "place", "says"),
    [
        # names
        ("a + q", "unknown-name", "q", "`q`"),
        ("ln(a)", "unknown-name", "ln", "`log`"),
        ("pdf(Gaussian(a, v), b)", "unknown-name", "Gaussian", "law"),
        ("log + 1", "sort-mismatch", "log", "takes arguments"),
        # numbers
        ("(a < b) + 1", "sort-mismatch", "(a < b)", "claim"),
        ("f + 1", "sort-mismatch", "f", "function"),
        ("inf - inf", "sort-mismatch", "inf", "infinity"),
        ("a(b + 1)", "sort-mismatch", "a", "`*`"),
        ("x(1)", "sort-mismatch", "x", "x[i]"),
        ("f(a, b)", "sort-mismatch", "f(a, b)", "1 argument"),
        ("f(x)", "shape-mismatch", "x", "(n)"),
        ("g(w)", "shape-mismatch", "w", "(m)"),
        ("f(c)", "sort-mismatch", "c", "complex"),
        # relations
        ("a = (a < b)", "sort-mismatch", "a = (a < b)", "<=>"),
        ("x <= y", "sort-mismatch", "x <= y", "entries"),
        ("c < a", "sort-mismatch", "c < a", "complex"),
        ("x = w", "shape-mismatch", "x = w", "(n) and (m)"),
        ("x = a", "shape-mismatch", "x = a", "vector"),
        ("a and b < 1", "sort-mismatch", "a", "claim"),
        ("max(c, a)", "sort-mismatch", "c", "complex"),
        # shapes
        ("x + w", "shape-mismatch", "x + w", "(n) and (m)"),
        ("x * y", "shape-mismatch", "x * y", "`.*`"),
        ("x / y", "shape-mismatch", "x / y", "`./`"),
        ("A^n", "shape-mismatch", "A^n", "A @ A"),
        ("2^x", "shape-mismatch", "x", "exponent"),
        ("A @ w", "shape-mismatch", "A @ w", "(n, n) and (m)"),
        ("C @ A @ w", "shape-mismatch", "C @ A @ w", "(m, n) and (m)"),
        ("x @ y", "shape-mismatch", "x @ y", "dot"),
        ("A @ 2", "shape-mismatch", "A @ 2", "`*`"),
        ("inv(C)", "shape-mismatch", "C", "square"),
        ("det(x)", "shape-mismatch", "x", "matrix"),
        ("dot(x, w)", "shape-mismatch", "dot(x, w)", "(m)"),
        ("norm(a)", "shape-mismatch", "a", "abs"),
        ("softmax(A)", "shape-mismatch", "A", "vector"),
        ("[[1, 2], [3]]", "shape-mismatch", "[3]", "rows"),
        ("(if a < b then x else w)", "shape-mismatch", "x else w", "branches"),
        # indices
        ("x[a]", "sort-mismatch", "a", "integer"),
        ("x[1, 2]", "shape-mismatch", "x[1, 2]", "(n)"),
        ("a[1]", "sort-mismatch", "a", "array"),
        ("2[1]", "sort-mismatch", "2[1]", "number"),
        # binders
        ("sum(j in 1..a, a)", "sort-mismatch", "a", "integer"),
        ("sum(j, a)", "ambiguous-range", "j", "inferred"),
        ("sum(j, x[j]*w[j])", "ambiguous-range", "j", "n and m"),
        ("sum(j, x[j + 1])", "ambiguous-range", "j", "inferred"),
        ("sum()", "sort-mismatch", "sum()", "nothing"),
        ("sum(a)", "shape-mismatch", "a", "real number"),
        ("sum(j in 1..n, f)", "sort-mismatch", "f", "function"),
        ("max(j in 1..n, x)", "shape-mismatch", "x", "numbers"),
        # laws
        ("pdf(Normal(a), b)", "sort-mismatch", "Normal(a)", "2 parameters"),
        ("pdf(Poisson(v), n)", "sort-mismatch", "pdf(Poisson(v), n)", "pmf"),
        ("pmf(Normal(a, v), n)", "sort-mismatch", "pmf(Normal(a, v), n)", "pdf"),
        ("Normal(a, v)", "sort-mismatch", "Normal(a, v)", "pdf"),
        # derivatives
        ("diff(a, n)", "sort-mismatch", "n", "integer"),
        ("diff(a, i)", "sort-mismatch", "i", "integer"),
        ("diff(a, c)", "sort-mismatch", "c", "complex"),
        ("diff(a, a + b)", "derivative-variable", "a + b", "name"),
        ("diff(a, 2)", "derivative-variable", "2", "name"),
        ("diff(a, x[1, 2])", "shape-mismatch", "x[1, 2]", "(n)"),
        ("grad(x, y)", "shape-mismatch", "x", "jacobian"),
        ("jacobian(a, x)", "shape-mismatch", "a", "grad"),
        ("diff(g, a)", "sort-mismatch", "g", "f(x)"),
        ("(a at b = x)", "sort-mismatch", "x", "real number"),
        ("(a at (b = 1, b = 2))", "duplicate-name", "b", "twice"),
        ("argmax(q + 1, a)", "syntax", "q + 1", "argmax"),
        # claims
        ("f is positive", "sort-mismatch", "f", "function"),
        ("for j in n, a = b", "syntax", "n", "range"),
    ],
)
def test_mistakes(text: str, code: str, place: str, says: str) -> None:
    found, pointed = mistake(text)
    assert (found.code, pointed) == (code, place)
    assert says in f"{found.message} {found.hint}"


def test_a_binder_may_not_change_what_a_definition_means() -> None:
    found, pointed = mistake("sum(i in 1..n, q)", "q := x[i]")
    assert (found.code, pointed) == ("duplicate-name", "i")
    found, _ = mistake("for a : real, q > 0", "q := a^2")
    assert found.code == "duplicate-name"


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ("a : reel", "unknown-sort", "`real`"),
        ("a : real\na : positive", "duplicate-name", "`a`"),
        ("a, a : real", "duplicate-name", "`a`"),
        ("sigma : real\nσ : real", "duplicate-name", "`sigma`"),
        ("exp : real", "duplicate-name", "word of the language"),
        ("x : real[n]", "unknown-name", "`n`"),
        ("a : real\nx : real[a]", "sort-mismatch", "integer"),
        ("n : dim\nA : posdef[n, n, n]", "sort-mismatch", "1 size"),
        ("n : dim\nk : index", "sort-mismatch", "1 size"),
        ("a : real\na + 1", "sort-mismatch", "claim"),
        ("a : real\nh: a > 0\nh: a < 1", "duplicate-name", "`h`"),
    ],
)
def test_declarations(given: str, code: str, says: str) -> None:
    _, found = grown(given)
    assert [d.code for d in found] == [code]
    assert says in f"{found[0].message} {found[0].hint}"


@pytest.mark.parametrize(
    ("definition", "code", "says"),
    [
        ("a := 1", "duplicate-name", "`a`"),
        ("q := q + 1", "unknown-name", "by itself"),
        ("q := r", "unknown-name", "`r`"),
        ("q[k] := a", "ambiguous-range", "`k`"),
        ("q[k] := x[k] * w[k]", "ambiguous-range", "n and m"),
        ("q(t : real, t : real) := t", "duplicate-name", "twice"),
        ("q(t : reel) := t", "unknown-sort", "`real`"),
        ("q := Normal(a, v)", "sort-mismatch", "law"),
    ],
)
def test_definitions(definition: str, code: str, says: str) -> None:
    _, found = grown(GIVEN, definition)
    assert [d.code for d in found] == [code]
    assert says in f"{found[0].message} {found[0].hint}"


def test_a_failed_declaration_is_told_once() -> None:
    scope, found = grown("a : reel\nh: a > 0", "q := a + 1")
    assert [d.code for d in found] == ["unknown-sort"]
    sort = ast.SortExpr("reel", (), (), Span(0, 4))
    broken, more = elaborate_given(
        outline.Declaration((ast.Name("r", Span(0, 1)),), sort, (), Span(0, 4)), Scope()
    )
    assert [d.code for d in more] == ["unknown-sort"] and broken.lookup("r") is not None
    made, _ = parse_expression(Source("expression", "q + a"))
    assert made is not None
    result = elaborate_term(made, scope)
    assert not result.diagnostics and result.reasons


def test_an_open_quantifier_binds_no_name_twice() -> None:
    scope, _ = grown(GIVEN)
    chain, _ = parse_claim(Source("claim", "for i in 1..n, a = b"))
    assert chain is not None and isinstance(chain.first, ast.Quantified)
    opened = elaborate_quantifier_items(chain.first.items, scope)
    assert [d.code for d in opened.diagnostics] == ["duplicate-name"]


def test_deep_nesting_is_a_diagnostic_and_long_sums_are_not() -> None:
    scope, _ = grown(GIVEN)
    deep = ast.Name("a", Span(0, 1))
    nested: ast.Expr = deep
    for _ in range(5000):
        nested = ast.Unary("-", nested, deep.span)
    assert [d.code for d in elaborate_term(nested, scope).diagnostics] == ["syntax"]
    long: ast.Expr = deep
    for _ in range(300):
        long = ast.Binary("+", long, deep, deep.span)
    assert elaborate_term(long, scope).term is not None
