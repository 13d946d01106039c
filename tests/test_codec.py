"""Terms as JSON: the way there and back is the identity, and nothing but terms comes in."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from derive.core.codec import decode, encode
from derive.core.sort import INTEGER, REAL, Array, Function
from derive.core.term import ONE, Bind, Num, Sym, add, index, mul

n, i = Sym("n", INTEGER), Sym("i", INTEGER)
v = Sym("v", Array((n, add(n, ONE)), REAL))


def test_the_way_back_is_the_identity() -> None:
    g = Sym("g", Function((REAL, v.sort), REAL))
    term = Bind("sum", i, (ONE, n), mul(index(v, i, i), Num(Fraction(-22, 7 * 10**5000))))
    assert decode(json.loads(json.dumps(encode((term, g, v))))) == (term, g, v)


def test_shared_subterms_are_written_once() -> None:
    term = index(v, i, i)
    for _ in range(200):
        term = add(term, term)
    assert len(encode((term,))["nodes"]) < 220


@pytest.mark.parametrize(
    "nodes",
    [
        [["app", "eval", []]],
        [["bind", "exec", 0, [], 0]],
        [["num", "1", "0"]],
        [["app", "+", [0, 0]]],
        [["sym", "x", 0]],
        [["scalar", "real"], ["app", "neg", [0]]],
        [["scalar", "object"]],
        ["x"],
        [["num", 1, 2]],
    ],
)
def test_what_is_no_term_is_refused(nodes: list[Any]) -> None:
    with pytest.raises(ValueError):
        decode({"nodes": nodes, "roots": [len(nodes) - 1]})
