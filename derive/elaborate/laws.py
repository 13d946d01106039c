"""Laws: densities, masses, distribution functions, with the number of parameters and their meaning checked.

Promise: the parametrisation is that of `derive explain conventions` (`Normal(mu, v)` has variance v); of a random
variable, the law is the one that a hypothesis gives it.
"""

from __future__ import annotations

from derive.core.claim import HYPOTHESIS
from derive.core.laws import LAWS as TABLE
from derive.core.laws import WORDS as ROWS
from derive.core.term import App, Bind, Term
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.env import Env
from derive.elaborate.fault import fail, mistake
from derive.elaborate.names import LAW_PARAMETERS, LAWS, nearest
from derive.syntax import ast

_WORDS = {"pdf": "density", "pmf": "masses"}
_POINTS = {"pdf": "the point of a density", "pmf": "the point of a mass", "cdf": "the end of an interval",
           "quantile": "a probability", "mgf": "the argument of a generating function"}


def _of_point(op: str) -> Handler:
    """`pdf(Law(...), x)`, `cdf(X, x)`, ...: of a law, or of a random variable whose law is given."""

    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 2)
        law = _bare(call.args[0])
        named = isinstance(law, ast.Call) and isinstance(law.function, ast.Name)
        found = law_named(law, env) if named else law_of_variable(law, env)
        if found is None:
            return _no_law(op, law, env, call)
        row = TABLE.get(found.op)
        kind, word = (row.kind, row.word) if row is not None else (op, "")
        if op in _WORDS and kind != op:
            fail(
                "sort-mismatch",
                f"`{word}` has {_WORDS[kind]}, not {_WORDS[op]}",
                call.span,
                f"write `{kind}({word}(...), x)`",
            )
        return env.app(op, found, env.scalar(call.args[1], _POINTS[op]))

    return handler


def law_named(law: ast.Call, env: Env) -> App:
    """A law as it is written."""
    assert isinstance(law.function, ast.Name)
    _check(law, law.function)
    found = env.app(ROWS[law.function.name].name, *read_parameters(law, env))
    assert isinstance(found, App)
    return found


def law_of_variable(expr: ast.Expr, env: Env) -> App | None:
    """The one law that is given of a random variable."""
    if not isinstance(expr, ast.Name) or (entry := env.scope.lookup(expr.name)) is None:
        return None
    found: list[App] = []
    for fact in env.scope.facts:
        match fact.claim:
            case App("law", (Bind("lam", w, (), App("apply", (x, at))), App() as law)) if (
                x == entry.symbol and at == w and fact.kind == HYPOTHESIS
            ):
                found.append(law)
    return found[0] if len(found) == 1 else None


def _bare(law: ast.Expr) -> ast.Expr:
    while isinstance(law, ast.Paren):
        law = law.inner
    return law


def _check(law: ast.Call, name: ast.Name) -> None:
    """Fail unless it is a law with as many parameters as it takes."""
    if name.name not in LAWS:
        near = nearest(name.name, LAWS)
        fail(
            "unknown-name",
            f"unknown law `{name.name}`",
            name.span,
            f"did you mean `{near}`?" if near else f"the laws are {', '.join(LAWS)}",
        )
    count = LAWS[name.name][0]
    if len(law.args) != count:
        fail(
            "sort-mismatch",
            f"`{name.name}` takes {count} parameter{'s' if count > 1 else ''}, "
            f"and {len(law.args)} {'is' if len(law.args) == 1 else 'are'} written",
            law.span,
            f"the parameters are {LAW_PARAMETERS[name.name]}",
        )


def read_parameters(law: ast.Call, env: Env) -> list[Term]:
    """The parameters of a law: numbers, except the vector of probabilities of a categorical one."""
    assert isinstance(law.function, ast.Name)
    if law.function.name == "Categorical":
        return [env.number(a) for a in law.args]
    return [env.scalar(a, "a parameter of a law") for a in law.args]


def read_law(expr: ast.Expr, env: Env) -> Term:
    """A law as it stands behind `~`."""
    law = _bare(expr)
    if not isinstance(law, ast.Call) or not isinstance(law.function, ast.Name):
        raise mistake(
            "sort-mismatch", "a law is expected behind `~`", expr.span, "write `X ~ Normal(mu, v)`"
        )
    _check(law, law.function)
    return env.app(ROWS[law.function.name].name, *read_parameters(law, env))


def _no_law(op: str, law: ast.Expr, env: Env, call: ast.Call) -> Term:
    if isinstance(law, ast.Name) and law.name not in LAWS:
        env.term(law)  # fails if the name is unknown
        return env.unsupported(call, f"no law of `{law.name}` is given, so `{op}` says nothing of it")
    raise mistake(
        "sort-mismatch",
        f"`{op}` takes a law and a point",
        law.span,
        f"write `{op}({'Poisson(rate)' if op == 'pmf' else 'Normal(mu, v)'}, x)`",
    )


HANDLERS: dict[str, Handler] = {op: _of_point(op) for op in _POINTS}
