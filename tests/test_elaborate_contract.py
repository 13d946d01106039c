"""Every declaration, definition and statement of the worked files elaborates as it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.elaborate.declarations import (
    elaborate_definition,
    elaborate_given,
    elaborate_quantifier_items,
)
from derive.elaborate.scope import Scope
from derive.elaborate.terms import elaborate_chain
from derive.syntax import ast, outline
from derive.syntax.parse import parse
from derive.text import Source

FOLDER = Path(__file__).parent / "contract"
FILES = sorted(FOLDER.glob("*.drv"))


def statements(path: Path) -> list[str]:
    """Every statement of a file, elaborated in its place."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    parsed = parse(source)
    assert not parsed.diagnostics
    scope, found = Scope(source=source), []
    for item in parsed.document.items:
        match item:
            case outline.Given(entries, _):
                for entry in entries:
                    scope, diagnostics = elaborate_given(entry, scope)
                    assert not diagnostics, diagnostics
            case outline.Define(definitions, _):
                for definition in definitions:
                    if isinstance(definition, outline.Definition):
                        scope, diagnostics = elaborate_definition(definition, scope)
                        assert not diagnostics, diagnostics
            case outline.Theorem():
                found.extend(theorem(item, scope))
    return found


def theorem(item: outline.Theorem, scope: Scope) -> list[str]:
    found = [statement(item.statement, scope)]
    if isinstance(item.statement.first, ast.Quantified):
        scope = opened(item.statement.first.items, scope)
    for step in item.proof or ():
        match step:
            case outline.Step():
                found.append(statement(step.chain, scope))
            case outline.Let():
                scope, diagnostics = elaborate_definition(step.definition, scope)
                assert not diagnostics, diagnostics
            case outline.Fix():
                scope = opened(step.items, scope)
    return found


def opened(items: tuple[ast.Expr | ast.NamedClaim, ...], scope: Scope) -> Scope:
    result = elaborate_quantifier_items(items, scope)
    assert not result.diagnostics, result.diagnostics
    return result.scope


def statement(chain: outline.Chain, scope: Scope) -> str:
    result = elaborate_chain(chain, scope)
    assert result.term is not None, result.diagnostics
    assert not result.reasons, result.reasons
    return repr(result.term)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_statement_elaborates(path: Path) -> None:
    assert statements(path)


def test_the_files_are_all_there() -> None:
    assert len(FILES) >= 7


def test_a_gradient_by_a_defined_name_stops_there() -> None:
    found = " ".join(statements(FOLDER / "two_layer_network.drv"))
    assert "grad(lam[R~1, /(^(norm(R~1), 2), 2)], R)" in found
    assert "grad(lam[H~1, /(^(norm(-(matmul(H~1, W2), Y)), 2), 2)], H)" in found
    assert "grad(lam[W2~1, /(^(norm(-(matmul(H, W2~1), Y)), 2), 2)], W2)" in found


def test_the_domain_of_the_variance_is_what_was_declared() -> None:
    found = " ".join(statements(FOLDER / "gaussian_mle.drv"))
    assert (
        "argmax[v~1, <(0, v~1), sum[i, 1, n, log(pdf(Normal(mean(x), v~1), index(x, i)))]]" in found
    )
