"""Certificates written by hand: each form accepted where it shows the claim, refused where a part is wrong."""

from __future__ import annotations

import pytest

from derive.core.claim import Context, Fact, Obligation
from derive.core.sort import REAL
from derive.core.term import (
    ONE,
    TWO,
    ZERO,
    App,
    Num,
    Sym,
    Term,
    add,
    div,
    eq,
    le,
    lt,
    mul,
    power,
    sub,
)
from derive.kernel import certificate as form
from derive.kernel.accept import accept
from derive.kernel.goal import Accepted

X, Y, A, B = (Sym(name, REAL) for name in "xyab")
NORMAL = form.Normal()


def shown(claim: Term, certificate: form.Certificate, **facts: Term) -> bool:
    context = Context((X, Y, A, B), (), tuple(Fact(n, c, "hypothesis") for n, c in facts.items()))
    return isinstance(accept(Obligation("", claim, context), certificate), Accepted)


def f(op: str, *args: Term) -> Term:
    return App(op, args)


SQUARE = eq(power(add(X, Y), TWO), add(add(power(X, TWO), mul(mul(TWO, X), Y)), power(Y, TWO)))
TANGENT = form.Combination((form.Part("1", (form.Instance("exp_tangent", (X,)),)),))
CASES = [
    ("identity", SQUARE, NORMAL, {}, True),
    ("wrong identity", eq(power(add(X, Y), TWO), add(power(X, TWO), power(Y, TWO))), NORMAL, {}, False),
    ("equation used", eq(mul(X, Y), mul(TWO, Y)), form.Normal(("h",)), {"h": eq(X, TWO)}, True),
    ("equation not named", eq(mul(X, Y), mul(TWO, Y)), NORMAL, {"h": eq(X, TWO)}, False),
    ("no such equation", eq(mul(X, Y), mul(TWO, Y)), form.Normal(("g",)), {"h": eq(X, TWO)}, False),
    ("law switched off", eq(f("log", power(f("exp", X), TWO)), mul(TWO, X)),
     form.Normal((), frozenset({"exp"})), {}, False),
    ("law", eq(f("log", power(f("exp", X), TWO)), mul(TWO, X)), NORMAL, {}, True),
    ("zero not divided", eq(Y, ONE), form.Normal(("h",)), {"h": eq(mul(X, Y), X)}, False),
    ("fact", lt(ZERO, X), form.Fact("h"), {"h": lt(ZERO, X)}, True),
    ("fact, weaker", le(ZERO, X), form.Fact("h"), {"h": lt(ZERO, X)}, True),
    ("fact, stronger", lt(ZERO, X), form.Fact("h"), {"h": le(ZERO, X)}, False),
    ("fact of another name", lt(ZERO, X), form.Fact("g"), {"h": lt(ZERO, X)}, False),
    ("combination", le(add(ONE, X), f("exp", X)), TANGENT, {}, True),
    ("combination, another point", le(add(ONE, X), f("exp", X)),
     form.Combination((form.Part("1", (form.Instance("exp_tangent", (Y,)),)),)), {}, False),
    ("combination, negative weight", le(f("exp", X), add(ONE, X)),
     form.Combination((form.Part("-1", (form.Instance("exp_tangent", (X,)),)),)), {}, False),
    ("combination, unknown name", le(add(ONE, X), f("exp", X)),
     form.Combination((form.Part("1", (form.Instance("nothing", (X,)),)),)), {}, False),
    ("combination, strict", lt(add(ONE, X), f("exp", X)), TANGENT, {}, False),
    ("combination, scale of unknown sign", le(ZERO, Y), form.Combination((), X), {}, False),
    ("combination, log of what may be negative", le(f("log", X), sub(X, ONE)),
     form.Combination((form.Part("1", (form.Instance("log_tangent", (X,)),)),)), {}, False),
    ("combination through a pole", le(ZERO, Y),
     form.Combination((form.Part("1", (form.Instance("nonnegative", (div(X, X),)),)),)), {}, False),
    ("congruence", le(f("exp", X), f("exp", Y)), form.Congruence((form.Fact("h"),)), {"h": le(X, Y)}, True),
    ("congruence, reversed", le(f("exp", Y), f("exp", X)), form.Congruence((form.Fact("h"),)), {"h": le(X, Y)}, False),
    ("congruence, a part too few", le(f("exp", X), f("exp", Y)), form.Congruence(()), {"h": le(X, Y)}, False),
    ("congruence, factor of unknown sign", le(mul(A, X), mul(A, Y)),
     form.Congruence((NORMAL, form.Fact("h"))), {"h": le(X, Y)}, False),
    ("congruence, factor known", le(mul(A, X), mul(A, Y)),
     form.Congruence((NORMAL, form.Fact("h"))), {"h": le(X, Y), "g": le(ZERO, A)}, True),
    ("congruence of no monotone operator", le(f("cos", X), f("cos", Y)),
     form.Congruence((form.Fact("h"),)), {"h": le(X, Y)}, False),
    ("split", le(X, f("abs", X)), form.Split(X, NORMAL, NORMAL), {}, True),
    ("split, false", le(f("abs", X), X), form.Split(X, NORMAL, NORMAL), {}, False),
    ("through", le(X, Y), form.Through(A, form.Fact("h"), form.Fact("g")), {"h": le(X, A), "g": le(A, Y)}, True),
    ("through, another middle", le(X, Y), form.Through(B, form.Fact("h"), form.Fact("g")),
     {"h": le(X, A), "g": le(A, Y)}, False),
    ("product", le(ZERO, mul(X, Y)), form.Product(X, Y, form.Fact("g")), {"h": le(ZERO, X), "g": le(ZERO, Y)}, True),
    ("product, factor of unknown sign", le(ZERO, mul(X, Y)), form.Product(X, Y, form.Fact("g")),
     {"g": le(ZERO, Y)}, False),
    ("product that is another", le(ZERO, mul(X, A)), form.Product(X, Y, form.Fact("g")),
     {"h": le(ZERO, X), "g": le(ZERO, Y)}, False),
    ("logs of what may be negative", le(X, Y), form.Logs((NORMAL, NORMAL, NORMAL)), {}, False),
    ("optimum on no claim about one", le(X, Y), form.Optimum("rises_then_falls", ()), {"h": le(X, Y)}, False),
    ("optimum by no method", eq(X, Y), form.Optimum("guess", ()), {"h": eq(X, Y)}, False),
    ("induction over the reals", le(ZERO, X), form.Induction(X, 0, True, NORMAL, NORMAL), {"h": le(ZERO, X)}, False),
    ("intro with a part too few", f("and", lt(ZERO, X), lt(ZERO, Y)), form.Intro((NORMAL,)),
     {"h": lt(ZERO, X), "g": lt(ZERO, Y)}, False),
    ("intro", f("and", lt(ZERO, X), lt(ZERO, Y)), form.Intro((NORMAL, NORMAL)),
     {"h": lt(ZERO, X), "g": lt(ZERO, Y)}, True),
    ("contraposition", le(X, TWO), form.Contrary(le(power(X, TWO), Num(4)), NORMAL),
     {"h": le(power(X, TWO), Num(4)), "g": le(ZERO, X)}, True),
    ("contraposition of what is no fact", le(X, TWO), form.Contrary(le(ONE, ZERO), NORMAL), {}, False),
    ("contraposition of itself", le(X, TWO), form.Contrary(le(X, TWO), NORMAL), {}, False),
    ("squeezed", eq(X, ONE), form.Squeeze(form.Fact("h"), form.Fact("g")),
     {"h": le(X, ONE), "g": le(ONE, X)}, True),
    ("squeezed from one side", eq(X, ONE), form.Squeeze(form.Fact("h"), form.Fact("h")), {"h": le(X, ONE)}, False),
    ("apart from a weak comparison", f("!=", X, ONE), form.Apart(True, form.Fact("h")), {"h": le(X, ONE)}, False),
    ("apart", f("!=", X, ONE), form.Apart(True, form.Fact("h")), {"h": lt(X, ONE)}, True),
    ("strict slope at the point itself", lt(add(ONE, X), f("exp", X)), form.StrictSlope(X, ZERO, (NORMAL,) * 5), {}, False),
    ("an alternative that is not there", f("or", lt(ZERO, X), lt(X, ZERO)), form.Alternative(2, NORMAL), {}, False),
    ("slope at a point outside", le(ZERO, X), form.Slope(X, Num(-1), ()), {"h": le(ZERO, X)}, False),
    ("chord with one end too few", le(ZERO, X), form.Chord(X, ZERO, ONE, (NORMAL,)), {}, False),
]


@pytest.mark.parametrize(("name", "claim", "certificate", "facts", "expected"), CASES, ids=[c[0] for c in CASES])
def test_a_certificate_shows_what_it_says_and_no_more(
    name: str, claim: Term, certificate: form.Certificate, facts: dict[str, Term], expected: bool
) -> None:
    assert shown(claim, certificate, **facts) is expected


@pytest.mark.parametrize(("name", "claim", "certificate", "facts", "expected"), CASES, ids=[c[0] for c in CASES])
def test_a_certificate_shows_nothing_else(
    name: str, claim: Term, certificate: form.Certificate, facts: dict[str, Term], expected: bool
) -> None:
    assert not shown(eq(add(X, B), add(X, mul(TWO, B))), certificate, **facts)
