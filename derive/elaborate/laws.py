"""Laws: densities, masses, distribution functions, with the number of parameters and their meaning checked.

Promise: the parametrisation is that of `derive explain conventions` (`Normal(mu, v)` has variance v); of a random
variable, the law is the one that a hypothesis gives it.
"""

from __future__ import annotations

from derive.core.claim import HYPOTHESIS
from derive.core.laws import LAWS as TABLE
from derive.core.laws import WORDS as ROWS
from derive.core.shape import shape_of, sort_of
from derive.core.sort import Array
from derive.core.term import App, Bind, Term
from derive.core.vector_laws import VECTOR_LAWS, outcome_of, vector_value
from derive.elaborate.arrays import Handler, arity
from derive.elaborate.env import Env, is_opaque
from derive.elaborate.fault import fail, mistake
from derive.elaborate.names import LAW_PARAMETERS, LAWS, nearest
from derive.elaborate.shapes import same_size, show_size, show_sort
from derive.syntax import ast

_WORDS = {"pdf": "density", "pmf": "masses"}
_POINTS = {"pdf": "the point of a density", "pmf": "the point of a mass", "cdf": "the end of an interval",
           "quantile": "a probability", "mgf": "the argument of a generating function"}


def _of_point(op: str) -> Handler:
    """`pdf(Law(...), x)`, `cdf(X, x)`, ...: of a law, or of a random variable whose law is given."""

    def handler(call: ast.Call, env: Env) -> Term:
        arity(call, 2)
        law = _bare(call.args[0])
        if isinstance(law, ast.Call) and isinstance(law.function, ast.Name):
            found: App | None = law_named(law, env)
        else:
            found = law_of_variable(law, env)
        if found is None:
            return _no_law(op, law, env, call)
        if is_opaque(found):
            return found
        row = TABLE.get(found.op)
        kind, word = (row.kind, row.word) if row is not None else (op, "")
        if op in _WORDS and kind != op:
            fail(
                "sort-mismatch",
                f"`{word}` has {_WORDS[kind]}, not {_WORDS[op]}",
                call.span,
                f"write `{kind}({word}(...), x)`",
            )
        if found.op in VECTOR_LAWS:
            return _at_vector(op, found, call, env)
        return env.app(op, found, env.scalar(call.args[1], _POINTS[op]))

    return handler


def law_named(law: ast.Call, env: Env) -> App:
    """A law as it is written."""
    found = read_law(law, env)
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


def _at_vector(op: str, law: App, call: ast.Call, env: Env) -> Term:
    """The density of the law of a random vector, at a vector."""
    point = env.number(call.args[1])
    if is_opaque(point):
        return env.app("unsupported", point)
    wanted, found = outcome_of(law), sort_of(point)
    if not (
        isinstance(found, Array) and len(found.shape) == 1
        and same_size(found.shape[0], wanted.shape[0], env.scope)
    ):
        fail("shape-mismatch", f"`{law.op}` is a law of vectors of length {show_size(wanted.shape[0])}, "
             "and the point is none", call.args[1].span)
    if vector_value(op, (law, point)) is None:
        return env.unsupported(call, f"`{op}` of `{law.op}` is read but not yet checked")
    return env.app(op, law, point)


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
        return [_ranked(law.args[0], 1, LAW_PARAMETERS["Categorical"], env)]
    return [env.scalar(a, "a parameter of a law") for a in law.args]


def _ranked(source: ast.Expr, rank: int, what: str, env: Env) -> Term:
    """A parameter that is a vector or a matrix."""
    term = env.number(source)
    sort = sort_of(term)
    if not is_opaque(term) and not (isinstance(sort, Array) and len(sort.shape) == rank):
        fail("shape-mismatch", f"{what} is a {'vector' if rank == 1 else 'matrix'}, and this is {show_sort(sort)}",
             source.span)
    return term


def _vector_law(word: str, law: ast.Call, env: Env) -> Term:
    """The law of a random vector, with parameters of matching sizes."""
    row = VECTOR_LAWS[word]
    terms = []
    for source, rank, what in zip(law.args, row.ranks, row.parameters, strict=True):
        terms.append(_ranked(source, rank, what, env) if rank else env.integer(source, what))
    if any(map(is_opaque, terms)):
        return env.app("unsupported", *terms)
    sizes = [n for t in terms for n in shape_of(t)]
    for other in sizes[1:]:
        if not same_size(sizes[0], other, env.scope):
            fail("shape-mismatch", f"the parameters of `{word}` have the sizes {show_size(sizes[0])} and "
                 f"{show_size(other)}", law.span)
    return env.app(word, *terms)


def _is_vector(source: ast.Expr, env: Env) -> bool:
    """Is a parameter a vector?"""
    return isinstance(sort_of(env.number(source)), Array)


def read_law(expr: ast.Expr, env: Env) -> Term:
    """A law as it stands behind `~`."""
    law = _bare(expr)
    if not isinstance(law, ast.Call) or not isinstance(law.function, ast.Name):
        raise mistake(
            "sort-mismatch", "a law is expected behind `~`", expr.span, "write `X ~ Normal(mu, v)`"
        )
    _check(law, law.function)
    word = law.function.name
    if word == "Normal" and _is_vector(law.args[0], env):
        word = "MvNormal"
    if word in VECTOR_LAWS:
        return _vector_law(word, law, env)
    return env.app(ROWS[word].name, *read_parameters(law, env))


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
