"""Expectations, variances, probabilities, and what is said of random variables: laws, independence, moments.

Promise: everything becomes expectations over one sample point; a form whose meaning depends on a choice
(the variance of an array, a law given another variable) is `unsupported` or a mistake, never guessed.
"""

from __future__ import annotations

from derive.core.chance import (
    MEASURE,
    POINT,
    at_random,
    covariance,
    expectation,
    points_in,
    variance,
)
from derive.core.chance import (
    is_random as is_random_symbol,
)
from derive.core.claim import DOMAIN
from derive.core.laws import WORDS
from derive.core.shape import sort_of
from derive.core.sort import BOOL, COMPLEX, INTEGER, REAL, Array, Scalar, Sort
from derive.core.term import (
    INF,
    ONE,
    TWO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    conj,
    div,
    free_symbols,
    mentions,
    mul,
    power,
    sub,
)
from derive.core.vector_laws import VECTOR_LAWS, outcome_of, vector_law_of
from derive.elaborate.env import Env, is_opaque, names_in
from derive.elaborate.fault import fail, mistake
from derive.elaborate.laws import read_law
from derive.elaborate.quantifiers import check_free, read_range
from derive.elaborate.scope import Role, Scope
from derive.elaborate.shapes import same_size, show_size
from derive.syntax import ast, outline

_COUNT = {"E": 1, "Var": 1, "Cov": 2, "Corr": 2}


def is_random(exprs: tuple[ast.Expr, ...], env: Env) -> bool:
    """Does an expression mention a random variable, or condition on something?"""
    return any(
        isinstance(e, ast.Bar)
        or any((x := env.scope.lookup(n)) is not None and x.role is Role.RANDOM for n in names_in(e))
        for e in exprs
    )


def read(word: str, args: tuple[ast.Expr, ...], expr: ast.Expr, env: Env) -> Term:
    """`E[t]`, `E[t | A]`, `Var(t)`, `Cov(s, t)`, `Corr(s, t)`, `P(A, B | C)`."""
    if MEASURE not in env.scope.symbols:
        return env.unsupported(expr, f"no random variable is declared, so `{word}` says nothing yet")
    left, given = _split(args)
    if word == "P":
        return _given(conj(*(env.claim(a) for a in left)), given, expr, env, probability=True)
    if word == "Cov" and len(left) == 1:
        left = [left[0], left[0]]
    if len(left) != _COUNT[word]:
        count = _COUNT[word]
        fail(
            "sort-mismatch",
            f"`{word}` takes {count} argument{'s' if count > 1 else ''}, and {len(left)} "
            f"{'is' if len(left) == 1 else 'are'} written",
            expr.span,
        )
    terms = [env.number(a) for a in left]
    if any(is_opaque(t) or mentions(t, "unsupported") for t in terms):
        return env.app("unsupported", *terms)
    if any(_entry(t) is COMPLEX for t in terms):
        return env.unsupported(expr, "complex random variables are read but not yet checked")
    if word == "E":
        return _given(terms[0], given, expr, env)
    if given and word == "Var":
        centred = sub(terms[0], _given(terms[0], given, expr, env))
        return _given(power(centred, TWO), given, expr, env)
    if given:
        return env.unsupported(expr, f"a conditional `{word}` is read but not yet checked")
    if any(isinstance(sort_of(t), Array) for t in terms):
        if word == "Cov" and len(terms) == 2 and all(_is_vector(t) for t in terms):
            return _covariance_matrix(terms[0], terms[1])
        return env.unsupported(expr, f"`{word}` of a random array is read but not yet checked")
    match word:
        case "Var":
            return variance(terms[0])
        case "Cov":
            return covariance(terms[0], terms[1])
    spread = mul(App("sqrt", (variance(terms[0]),)), App("sqrt", (variance(terms[1]),)))
    return div(covariance(terms[0], terms[1]), spread)


def _entry(term: Term) -> object:
    sort = sort_of(term)
    return sort.entry if isinstance(sort, Array) else sort


def _is_vector(term: Term) -> bool:
    sort = sort_of(term)
    return isinstance(sort, Array) and len(sort.shape) == 1


def _covariance_matrix(left: Term, right: Term) -> Term:
    """`Cov(X, Y)` of vectors: the matrix of the covariances of their entries."""
    return expectation(App("outer", (sub(left, expectation(left)), sub(right, expectation(right)))))


def _split(args: tuple[ast.Expr, ...]) -> tuple[list[ast.Expr], list[ast.Expr]]:
    """What stands before and behind `|`."""
    left: list[ast.Expr] = []
    given: list[ast.Expr] = []
    for arg in args:
        if isinstance(arg, ast.Bar):
            left.append(arg.left)
            given.append(arg.right)
        elif given:
            given.append(arg)
        else:
            left.append(arg)
    return left, given


def _given(
    term: Term, given: list[ast.Expr], expr: ast.Expr, env: Env, *, probability: bool = False
) -> Term:
    """The expectation of a term (the probability of an event), given events."""
    if is_opaque(term) or mentions(term, "unsupported"):
        return env.app("unsupported", term)
    value = App("indicator", (term,)) if probability else term
    if not given:
        return expectation(value)
    parts = [env.term(g) for g in given]
    if any(is_opaque(p) for p in parts):
        return env.app("unsupported", *parts)
    if all(sort_of(p) is not BOOL for p in parts):
        if isinstance(sort_of(value), Array) or not all(points_in(p) for p in parts):
            return env.unsupported(expr, "this conditional expectation is read but not yet checked")
        return App("given", (at_random(value), *(at_random(p) for p in parts), POINT))
    if any(sort_of(p) is not BOOL for p in parts):
        return env.unsupported(expr, "a condition on an event and a variable is not yet checked")
    event = App("indicator", (conj(*parts),))
    both = App("indicator", (conj(term, *parts),)) if probability else mul(value, event)
    return div(expectation(both), expectation(event))


# ---------------------------------------------------------------- what is said of random variables


def independence(expr: ast.Independent, env: Env) -> Term:
    """`X, Y independent`: mutually."""
    if MEASURE not in env.scope.symbols:
        return env.unsupported(expr, "no random variable is declared, so nothing is independent yet")
    terms = [env.number(v) for v in expr.variables]
    if any(map(is_opaque, terms)):
        return env.app("unsupported", *terms)
    for term, source in zip(terms, expr.variables, strict=True):
        if not points_in(term):
            fail("sort-mismatch", "only random variables are independent", source.span,
                 "declare it, as in `X : random` or `X ~ Normal(mu, v)`")
    if len(terms) == 1:
        return entries("entries_independent", terms[0], expr, env)
    return App("independent", tuple(at_random(t) for t in terms))


def entries(op: str, array: Term, expr: ast.Expr, env: Env) -> Term:
    """A proposition about the entries of a random vector."""
    sort = sort_of(array)
    if not isinstance(sort, Array) or len(sort.shape) != 1:
        return env.unsupported(expr, "independence within anything but a vector is not yet checked")
    return App(op, (at_random(array),))


def law_claim(expr: ast.Law, env: Env) -> Term:
    """`X ~ Normal(mu, v)`, `X[i] ~ iid Bernoulli(p)`: for every entry where `i` is free."""
    variable: ast.Expr = expr.variable
    while isinstance(variable, ast.Paren):
        variable = variable.inner
    if isinstance(variable, ast.Bar):
        return _law_given(variable, expr, env)
    if isinstance(variable, ast.Index):
        loose = [
            a for a in variable.args if isinstance(a, ast.Name) and env.scope.lookup(a.name) is None
        ]
        if loose:
            return _family(expr, variable, loose, env)
    term = env.number(variable)
    if is_opaque(term):
        return term
    law = _law(expr, env)
    if is_opaque(law):
        return law
    _is_variable(term, variable, law, env)
    claim = App("law", (at_random(term), law))
    return conj(claim, *_iid(term, expr, env, None)) if expr.iid else claim


def _law(expr: ast.Law, env: Env) -> Term:
    law = read_law(expr.law, env)
    if points_in(law):
        fail("sort-mismatch", "the law has a random parameter, so it is a law given that parameter",
             expr.law.span, "write `X | mu ~ Normal(mu, v)`")
    return law


def _law_given(variable: ast.Bar, expr: ast.Law, env: Env) -> Term:
    """`X | mu ~ Normal(mu, v)`: the law of X given the values of other variables."""
    left, given = variable.left, [variable.right]
    while isinstance(left, ast.Bar):
        given.insert(0, left.right)
        left = left.left
    term, known = env.number(left), [env.number(g) for g in given]
    law = read_law(expr.law, env)
    if any(map(is_opaque, (term, law, *known))) or expr.iid or vector_law_of(law) is not None:
        return env.unsupported(expr, "this law given other variables is read but not yet checked")
    _is_variable(term, left, law, env)
    simple = (isinstance(k, App) and k.op == "apply" and points_in(k) for k in (term, *known))
    named = frozenset(s for k in known for s in free_symbols(k) if is_random_symbol(s))
    inside = frozenset(s for s in free_symbols(law) if is_random_symbol(s))
    if not all(simple) or not inside <= named:
        return env.unsupported(expr, "a law whose parameters are not among what is given is not yet checked")
    return App("law_given", (at_random(term), at_random(law), *(at_random(k) for k in known)))


def _is_variable(term: Term, source: ast.Expr, law: Term, env: Env) -> None:
    if not points_in(term):
        fail("sort-mismatch", "only a random variable has a law", source.span,
             "let the law introduce the name, or declare it as `random`")
    sort = sort_of(term)
    if isinstance(law, App) and law.op in VECTOR_LAWS:
        wanted = outcome_of(law)
        if not (isinstance(sort, Array) and len(sort.shape) == 1
                and same_size(sort.shape[0], wanted.shape[0], env.scope)):
            fail("shape-mismatch", f"this law is one of vectors of length {show_size(wanted.shape[0])}", source.span,
                 "declare the vector as `random[n]`, or let the law introduce its name")
    elif isinstance(sort, Array):
        fail("shape-mismatch", "a law of numbers is said of an array", source.span,
             "write `X[i] ~ iid Normal(mu, v)`, or give a law of vectors, as in `X ~ MvNormal(mu, S)`")


def _family(expr: ast.Law, variable: ast.Index, loose: list[ast.Name], env: Env) -> Term:
    """`X[i] ~ L` for every index of a declared random vector."""
    base = env.number(variable.base)
    if is_opaque(base):
        return base
    sort = sort_of(base)
    if len(variable.args) != 1 or not isinstance(sort, Array) or len(sort.shape) != 1:
        return env.unsupported(expr, "a law of the entries of anything but a vector is not yet checked")
    scope, index = env.scope.bind(loose[0].name, INTEGER, span=loose[0].span)
    inner = env.within(scope)
    term = inner.number(variable)
    law = _law(expr, inner)
    if is_opaque(law):
        return law
    _is_variable(term, variable, law, env)
    claim: Term = Bind("forall", index, (ONE, sort.shape[0]), App("law", (at_random(term), law)))
    return conj(claim, *_iid(term, expr, inner, index)) if expr.iid else claim


def _iid(term: Term, expr: ast.Law, env: Env, index: Sym | None) -> tuple[Term, ...]:
    """That the entries are independent, and alike where the law does not mention the index."""
    match term:
        case App("index", (base, Sym() as at)):
            law = read_law(expr.law, env)
            alike = () if at in free_symbols(law) else (App("entries_alike", (at_random(base),)),)
            return App("entries_independent", (at_random(base),)), *alike
    raise mistake("sort-mismatch", "`iid` is said of the entries of a random vector", expr.span,
                  "write `X[i] ~ iid Normal(mu, v)`")


def introduced(claim: ast.Expr, scope: Scope) -> Scope:
    """`X ~ Normal(mu, v)`, `for i in 1..n, X[i] ~ L` introduce `X` where it has no meaning yet."""
    items: tuple[ast.Expr | ast.NamedClaim, ...] = ()
    if isinstance(claim, ast.Quantified):
        items, claim = claim.items, claim.body
    if not isinstance(claim, ast.Law):
        return scope
    variable: ast.Expr = claim.variable
    while isinstance(variable, (ast.Paren, ast.Bar)):
        variable = variable.inner if isinstance(variable, ast.Paren) else variable.left
    law = claim.law
    row = WORDS.get(law.function.name) if isinstance(law, ast.Call) and isinstance(law.function, ast.Name) else None
    value: Sort = row.outcome if row is not None else REAL
    if isinstance(variable, ast.Name) and scope.lookup(variable.name) is None:
        check_free(variable.name, variable.span, scope)
        return scope.declare_random(variable.name, _vector_sort(claim, scope) or value, variable.span)
    if isinstance(variable, ast.Index) and isinstance(variable.base, ast.Name):
        name = variable.base
        if scope.lookup(name.name) is not None:
            return scope
        shape = _axes(variable, items, scope)
        check_free(name.name, name.span, scope)
        assert isinstance(value, Scalar)
        return scope.declare_random(name.name, Array(shape, value), name.span)
    return scope


def _vector_sort(claim: ast.Law, scope: Scope) -> Sort | None:
    """The sort of a random vector, from the parameters of its law; None for another law."""
    from derive.elaborate.terms import read as reader

    law = read_law(claim.law, Env(scope, reader, []))
    return outcome_of(law) if isinstance(law, App) and law.op in VECTOR_LAWS else None


def _axes(
    variable: ast.Index, items: tuple[ast.Expr | ast.NamedClaim, ...], scope: Scope
) -> tuple[Term, ...]:
    """The lengths of a random array, from the ranges of the `for` in front of its law."""
    from derive.elaborate.terms import read as reader

    ranges = {
        i.element.name: i.container for i in items
        if isinstance(i, ast.In) and isinstance(i.element, ast.Name)
    }
    env = Env(scope, reader, [])
    shape = []
    for arg in variable.args:
        over = read_range(ranges[arg.name], env) if isinstance(arg, ast.Name) and arg.name in ranges else None
        if over is None and isinstance(arg, ast.Name) and not items and len(sizes := _dims(scope)) == 1:
            over = ONE, sizes[0]
        if over is None or over[0] != ONE or over[1] == INF:
            fail("sort-mismatch", "the length of the random array is not known", variable.span,
                 "write `for i in 1..n, X[i] ~ iid Normal(mu, v)`, or declare `X : random[n]` before; "
                 "it is inferred only where one `dim` is declared")
        shape.append(over[1])
    return tuple(shape)


def _dims(scope: Scope) -> list[Sym]:
    """The sizes that are declared: with one alone, an array that nothing else sizes has it."""
    return [
        e.symbol for name, e in scope.entries.items()
        if any(f.name == f"{name} : dim" and f.kind == DOMAIN for f in scope.facts)
    ]


def surely(claim: Term) -> Term:
    """A hypothesis about random variables holds at every sample point."""
    for point in points_in(claim):
        claim = Bind("forall", point, (), claim)
    return claim


# ---------------------------------------------------------------- declared properties


def property_of(symbol: Sym, word: outline.Property, env: Env) -> Term | None:
    """`X : random with finite variance`, `random[n], iid`; None for another word."""
    if not is_random_symbol(symbol):
        return None
    term: Term = App("apply", (symbol, POINT))
    degree = {"finite mean": 1, "finite variance": 2, "finite second moment": 2}.get(word.word)
    if word.word in ("finite moment", "finite moments") and len(word.args) == 1:
        literal = word.args[0]
        if isinstance(literal, ast.Number) and literal.value.denominator == 1 and 1 <= literal.value <= 12:
            degree = int(literal.value)
    sort = sort_of(term)
    if degree is not None:
        if not isinstance(sort, Array):
            return App("moment", (at_random(term), Num(degree)))
        return _each(term, sort, Num(degree))
    if isinstance(sort, Array) and len(sort.shape) == 1:
        if word.word == "iid":
            whole = at_random(term)
            return conj(App("entries_independent", (whole,)), App("entries_alike", (whole,)))
        if word.word == "independent":
            return App("entries_independent", (at_random(term),))
    return None


def _each(array: Term, sort: Array, degree: Term) -> Term:
    """Every entry has the moment."""
    letters = [Sym(f"i~{axis + 1}", INTEGER) for axis in range(len(sort.shape))]
    claim: Term = App("moment", (at_random(App("index", (array, *letters))), degree))
    for letter, length in reversed(list(zip(letters, sort.shape, strict=True))):
        claim = Bind("forall", letter, (ONE, length), claim)
    return claim
