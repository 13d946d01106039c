"""The range of an index that moves a window over an array."""

from __future__ import annotations

import pytest

from derive import check

GIVEN = """given
    n, k : dim
    x : real[n + k]
    z : real[n + k - 1]
    w : real[k]
    u : real[n]
define
"""


def verdict(definition: str, claim: str) -> tuple[str, list[str]]:
    """The verdict on a claim about a definition, and the codes of what went wrong."""
    text = f"{GIVEN}    {definition}\n\ntheorem t: {claim}\nproof\n    {claim}\nqed\n"
    (result,) = check(text).files
    return result.steps[-1].verdict.word if result.steps else "", [d.code for d in result.diagnostics]


@pytest.mark.parametrize("definition", [
    "y[i] := sum(a in 1..k, w[a] * x[i + a])",
    "y[i] := sum(a in 1..k, w[a] * z[i + a - 1])",
    "y[i] := sum(a in 1..k, w[a] * z[i + k - a])",
    "y[i] := sum(a in 1..k, w[a] * u[i])",
])
def test_a_window_has_the_length_that_fits(definition: str) -> None:
    assert verdict(definition, "dot(y, u) = sum(i in 1..n, y[i] * u[i])") == ("proved", [])


@pytest.mark.parametrize("definition", [
    "y[i] := sum(a in 1..k, w[a] * z[i - a])",
    "y[i] := sum(a in 1..k, w[a] * z[2*i + a])",
    "y[i] := sum(a in 1..k, w[a] * z[i * a])",
    "y[i] := sum(a in 1..k, sum(b in 1..a, w[b] * x[i + b]))",
])
def test_no_length_is_guessed(definition: str) -> None:
    assert "ambiguous-range" in verdict(definition, "dot(u, u) = dot(u, u)")[1]
