"""Laws: densities and masses, with the number of parameters and their meaning checked.

Promise: a law appears only inside `pdf` and `pmf` here; the parametrisation is that of
`derive explain conventions` (`Normal(mu, v)` has variance v).
"""

from __future__ import annotations

from derive.core.operator import OPERATORS
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
        law = call.args[0]
        while isinstance(law, ast.Paren):
            law = law.inner
        if not isinstance(law, ast.Call) or not isinstance(law.function, ast.Name):
            return _no_law(op, law, env, call)
        name = law.function
        if name.name not in LAWS:
            near = nearest(name.name, LAWS)
            fail(
                "unknown-name",
                f"unknown law `{name.name}`",
                name.span,
                f"did you mean `{near}`?" if near else f"the laws are {', '.join(LAWS)}",
            )
        count, kind = LAWS[name.name]
        if len(law.args) != count:
            meant = LAW_PARAMETERS.get(name.name)
            fail(
                "sort-mismatch",
                f"`{name.name}` takes {count} parameter{'s' if count > 1 else ''}, "
                f"and {len(law.args)} {'is' if len(law.args) == 1 else 'are'} written",
                law.span,
                f"the parameters are {meant}" if meant else None,
            )
        if kind != op:
            fail(
                "sort-mismatch",
                f"`{name.name}` has {_WORDS[kind]}, not {_WORDS[op]}",
                call.span,
                f"write `{kind}({name.name}(...), x)`",
            )
        if name.name not in OPERATORS or OPERATORS[name.name].kind != "law":
            return env.unsupported(call, f"the law `{name.name}` is read but not yet checked")
        parameters = [env.scalar(a, "a parameter of a law") for a in law.args]
        point = env.scalar(call.args[1], f"the point of a {'density' if op == 'pdf' else 'mass'}")
        return env.app(op, env.app(name.name, *parameters), point)

    return handler


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
