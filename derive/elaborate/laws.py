"""Laws: densities and masses, with the number of parameters and their meaning checked.

Promise: a law appears only inside `pdf` and `pmf` here; the parametrisation is that of
`derive explain conventions` (`Normal(mu, v)` has variance v).
"""

from __future__ import annotations

from derive.core.laws import WORDS as ROWS
from derive.core.term import Term
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.env import Env
from derive.elaborate.fault import fail, mistake
from derive.elaborate.names import LAW_PARAMETERS, LAWS, nearest
from derive.syntax import ast

_WORDS = {"pdf": "density", "pmf": "masses"}


def _density(op: str) -> Handler:
    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 2)
        law = _bare(call.args[0])
        if not isinstance(law, ast.Call) or not isinstance(law.function, ast.Name):
            return _no_law(op, law, env, call)
        name = law.function
        _check(law, name)
        kind = LAWS[name.name][1]
        if kind != op:
            fail(
                "sort-mismatch",
                f"`{name.name}` has {_WORDS[kind]}, not {_WORDS[op]}",
                call.span,
                f"write `{kind}({name.name}(...), x)`",
            )
        parameters = tuple(read_parameters(law, env))
        point = env.scalar(call.args[1], f"the point of a {'density' if op == 'pdf' else 'mass'}")
        return env.app(op, env.app(ROWS[name.name].name, *parameters), point)

    return handler


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
        return env.unsupported(
            call, f"the {_WORDS[op]} of a random variable is read but not yet checked"
        )
    raise mistake(
        "sort-mismatch",
        f"`{op}` takes a law and a point",
        law.span,
        f"write `{op}({'Normal(mu, v)' if op == 'pdf' else 'Poisson(rate)'}, x)`",
    )


HANDLERS: dict[str, Handler] = {"pdf": _density("pdf"), "pmf": _density("pmf")}
