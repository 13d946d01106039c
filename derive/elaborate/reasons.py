"""Reasons: what the words after `by` allow a step to use.

Promise: a reason never widens what is true, only what may be tried; an unknown word is told with the
nearest known one. The words of this table are methods of the normal form; named theorems of the library
are files in `derive/rules/`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.core.claim import Cited, Fact
from derive.core.sort import REAL
from derive.core.term import App, Bind, Sym, Term, eq, subterms
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.calculus import as_function
from derive.elaborate.env import Env
from derive.elaborate.names import LAWS, nearest
from derive.elaborate.plan import Derived
from derive.elaborate.scope import Scope
from derive.elaborate.terms import elaborate_term, read
from derive.syntax import ast, outline
from derive.text import Span

# Each word with what it lets the normal form do beyond ring arithmetic, sums and definitions.
METHODS: dict[str, frozenset[str]] = {
    "algebra": frozenset(),
    "arithmetic": frozenset(),
    "simplify": frozenset({"log", "diff"}),
    "expand": frozenset(),
    "factor": frozenset(),
    "rearrange": frozenset(),
    "cancel": frozenset(),
    "linearity": frozenset(),
    "distributivity": frozenset(),
    "commutativity": frozenset(),
    "associativity": frozenset(),
    "substitution": frozenset(),
    "complete_the_square": frozenset(),
    "common_denominator": frozenset(),
    "partial_fractions": frozenset(),
    "telescoping": frozenset(),
    "reindex": frozenset(),
    "swap_sums": frozenset(),
    "split_range": frozenset(),
    "kronecker_delta": frozenset(),
    "geometric_sum": frozenset(),
    "power_sum": frozenset(),
    "binomial_formula": frozenset(),
    "definition": frozenset({"log", "diff"}),
    "sign": frozenset(),
    "log_of_product": frozenset({"log"}),
    "log_of_quotient": frozenset({"log"}),
    "log_of_power": frozenset({"log"}),
    "log_of_exp": frozenset({"log"}),
    "exp_of_log": frozenset({"log"}),
    "log_rules": frozenset({"log"}),
    "logarithm": frozenset({"log"}),
    "exp_of_sum": frozenset(),
    "exp_rules": frozenset({"log"}),
    "power_rules": frozenset({"log"}),
    "sqrt_rules": frozenset({"log"}),
    "log_of_sqrt": frozenset({"log"}),
    "trigonometry": frozenset(),
    "pythagorean_identity": frozenset(),
    "double_angle": frozenset(),
    "half_angle": frozenset(),
    "addition_formula": frozenset(),
    "euler": frozenset(),
    "hyperbolic_identity": frozenset(),
    "absolute_value": frozenset(),
    "differentiate": frozenset({"log", "diff"}),
    "chain_rule": frozenset({"diff"}),
    "product_rule": frozenset({"diff"}),
    "quotient_rule": frozenset({"diff"}),
    "power_rule": frozenset({"diff"}),
    "sum_rule": frozenset({"diff"}),
    "derivative_of_log": frozenset({"diff"}),
    "derivative_of_exp": frozenset({"diff"}),
    "frobenius_norm": frozenset(),
    "norm": frozenset(),
    "trace": frozenset(),
    "cyclic_trace": frozenset(),
    "transpose_of_product": frozenset(),
    "solve": frozenset({"log", "diff"}),
    "stationary_point_of_concave": frozenset({"log", "diff"}),
    "rises_then_falls": frozenset({"log", "diff"}),
    "stationary_point_of_convex": frozenset({"log", "diff"}),
    "falls_then_rises": frozenset({"log", "diff"}),
    "boundary": frozenset({"log", "diff"}),
    "coordinate_by_coordinate": frozenset({"log", "diff"}),
    "lagrange_multiplier": frozenset({"log", "diff"}),
    "inequality_attained": frozenset({"log", "diff"}),
    "monotone_transform": frozenset({"log", "diff"}),
    "linearity_of_expectation": frozenset({"log"}),
    "independence": frozenset({"log"}),
    "moments": frozenset({"log"}),
    "tower_rule": frozenset({"log"}),
    "score_function": frozenset({"log", "diff"}),
    "reparameterisation": frozenset({"log", "diff"}),
    "differentiate_under_expectation": frozenset({"log", "diff"}),
    "log_sum_exp": frozenset({"log"}),
    "softmax": frozenset({"log"}),
}
# Words about integrals, limits and endless sums; which methods each lets in is said in `engines/calculus.py`.
CALCULUS = (
    "integration", "antiderivative", "fundamental_theorem", "integration_by_parts", "change_of_variables",
    "gaussian_integral", "gamma_integral", "beta_integral", "limit", "lhopital", "asymptotics", "continuity", "taylor",
    "leibniz_rule", "differentiate_under_the_integral",
    "series", "geometric_series", "exponential_series", "logarithmic_series",
)
METHODS |= {name: frozenset({"log", "diff"}) for name in CALCULUS}
# Reasons whose `with u := g(x)` speaks of the variable of an integral.
SUBSTITUTIONS = ("substitution", "change_of_variables")
# Names under which the inequalities of the kernel may be cited.
INEQUALITIES: dict[str, str] = {
    "triangle_inequality": "triangle_inequality", "reverse_triangle_inequality": "triangle_inequality",
    "max_is_nonexpansive": "max_is_nonexpansive", "entry_at_most_max_norm": "entry_at_most_max",
    "entry_at_most_max": "entry_at_most_max", "term_at_most_sum": "term_at_most_sum",
    "cauchy_schwarz": "cauchy_schwarz", "exp_tangent": "exp_tangent", "log_tangent": "log_tangent",
    "abs_of_sum": "abs_of_sum", "gibbs": "gibbs", "monotonicity": "monotone", "am_gm": "square", "square": "square",
    "concavity_of_log": "log_tangent", "convexity_of_exp": "exp_tangent",
    "markov_of_means": "markov", "chebyshev_of_means": "chebyshev", "chernoff": "chernoff",
    "jensen_of_means": "jensen", "monotonicity_of_expectation": "expectation_is_monotone",
    "union_bound_of_events": "expectation_is_monotone",
}
METHODS |= {name: frozenset({"log", "diff"}) for name in INEQUALITIES}
# Words that stand for calculation steps which any step may need.
BACKGROUND = frozenset({"exp"})


@dataclass(slots=True)
class Reading:
    """What a list of reasons came to."""

    cited: Cited = field(default_factory=Cited)
    features: frozenset[str] = frozenset({"log", "exp", "diff"})
    facts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    bindings: tuple[tuple[str, Term], ...] = ()
    extra: tuple[Fact, ...] = ()
    admitted: str | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)


def read_reasons(
    reasons: tuple[outline.Reason, ...],
    claim: Term | None,
    scope: Scope,
    rules: frozenset[str],
    lost: frozenset[str],
) -> Reading:
    """The reasons of one line; `claim` is the relation that they are given for."""
    if not reasons:
        return Reading()
    found = Reading(features=BACKGROUND)
    for reason in reasons:
        _read(reason, claim, scope, rules, lost, found)
    if not found.words and not found.derived:
        # Only facts were cited: using them may need any background calculation.
        found.features |= {"log", "diff"} if _only_facts(found) else frozenset()
    found.cited = Cited(
        facts=(*found.facts, *(d.name for d in found.derived)),
        rules=tuple(INEQUALITIES.get(w, w) for w in found.words),
        bindings=found.bindings,
    )
    return found


def _only_facts(found: Reading) -> bool:
    return bool(found.facts) and not found.words


def _read(
    reason: outline.Reason,
    claim: Term | None,
    scope: Scope,
    rules: frozenset[str],
    lost: frozenset[str],
    found: Reading,
) -> None:
    name = reason.name
    facts = {f.name for f in scope.facts}
    if name == "admit":
        found.admitted = _text(reason)
    elif name == "definition":
        found.features |= METHODS["definition"]
        found.words += ("definition",)
        for arg in reason.args:
            if (
                isinstance(arg, ast.Name)
                and not _is_definition(arg.name, scope)
                and arg.name not in lost
            ):
                found.diagnostics.append(_unknown(arg.name, arg.span, scope, "a definition"))
    elif name == "differentiate":
        found.features |= METHODS["differentiate"]
        found.words += ("differentiate",)
        for arg in reason.args:
            _differentiate(arg, claim, scope, lost, found)
    elif name in facts:
        found.facts += (name,)
    elif name in METHODS:
        found.features |= METHODS[name]
        found.words += (name,)
        _bind(reason, _with_variables(claim, scope) if name in SUBSTITUTIONS else scope, found)
        for arg in reason.args:
            if name not in ("solve",) and isinstance(arg, ast.Name) and arg.name in facts:
                found.facts += (arg.name,)
    elif name in rules:
        found.words += (name,)
        found.features |= {"log", "diff"}
    elif name in lost:
        found.unsupported.append(f"`{name}` was not understood where it was stated")
    else:
        found.diagnostics.append(_unknown(name, reason.span, scope, "a rule, a step or a hypothesis", "unknown-rule"))


def _bind(reason: outline.Reason, scope: Scope, found: Reading) -> None:
    """`by lagrange_multiplier with lambda := N`: what the author gives to a method."""
    for binding in reason.bindings:
        made = elaborate_term(binding.value, scope)
        found.diagnostics += made.diagnostics
        found.unsupported += made.reasons
        if made.term is not None:
            found.bindings += ((binding.name, made.term),)


def _with_variables(claim: Term | None, scope: Scope) -> Scope:
    """The scope with the variables of the integrals of a claim, by the names that they were given."""
    names: dict[str, None] = {}
    for t in () if claim is None else subterms(claim):
        if isinstance(t, Bind) and t.op == "int":
            names[t.var.name.split("~")[0]] = None
    for name in names:
        if scope.lookup(name) is None:
            scope = scope.with_bound(name, Sym(name, REAL))
    return scope


def _text(reason: outline.Reason) -> str:
    for arg in reason.args:
        if isinstance(arg, ast.Name):
            return arg.name
    return "no reason given"


def _is_definition(name: str, scope: Scope) -> bool:
    entry = scope.lookup(name)
    return (
        (entry is not None and entry.definition is not None) or name in LAWS or name in _DEFINED_WORDS
    )


_DEFINED_WORDS = frozenset(
    ["mean", "Var", "variance", "sample_variance", "softmax", "sigmoid", "softplus", "relu", "logsumexp", "entropy", "cross_entropy", "KL", "mutual_information", "norm", "tr", "dot", "outer", "kron", "expm", "factorial", "binomial", "abs", "tanh", "sinh", "cosh", "tan", "max", "min", "pdf", "pmf", "eye", "diag"]  # noqa: E501
)


def _differentiate(
    arg: ast.Expr, claim: Term | None, scope: Scope, lost: frozenset[str], found: Reading
) -> None:
    """`by differentiate score`: the derivative of both sides of that equation becomes usable."""
    if not isinstance(arg, ast.Name):
        return
    fact = next((f for f in scope.facts if f.name == arg.name), None)
    if fact is None:
        if arg.name in lost:
            found.unsupported.append(f"`{arg.name}` was not understood where it was stated")
        else:
            found.diagnostics.append(_unknown(arg.name, arg.span, scope, "an earlier step"))
        return
    for equation in _equations(fact.claim):
        for node in _derivatives(claim):
            symbol = node.args[1]
            if not isinstance(symbol, Sym):
                continue
            env = Env(scope, read, [])
            left = as_function(equation.args[0], symbol, env)
            right = as_function(equation.args[1], symbol, env)
            rest = node.args[1:]
            made = eq(App(node.op, (left, *rest)), App(node.op, (right, *rest)))
            name = f"the derivative of {fact.name}"
            if len(found.extra):
                name += f" ({len(found.extra) + 1})"
            found.extra += (Fact(name, made, "step", frozenset({fact.name}), span=fact.span),)
            found.derived += (Derived(name, fact.name, symbol),)


def _equations(claim: Term) -> tuple[App, ...]:
    match claim:
        case App("=", _):
            return (claim,)
        case App("and", parts):
            return tuple(e for p in parts for e in _equations(p))
        case Bind("forall", _, _, _):
            return ()
    return ()


def _derivatives(claim: Term | None) -> tuple[App, ...]:
    """The derivatives that stand in a claim, outermost ones."""
    match claim:
        case App("deriv" | "partial" | "grad", _):
            return (claim,)
        case App(_, args):
            return tuple(dict.fromkeys(d for a in args for d in _derivatives(a)))
        case Bind(_, _, _, body):
            return _derivatives(body)
    return ()


def _unknown(name: str, span: Span, scope: Scope, what: str, code: str = "unknown-reason") -> Diagnostic:
    known = [*(f.name for f in scope.facts), *METHODS]
    near = nearest(name, known)
    return Diagnostic(
        code,
        Severity.ERROR,
        f"`{name}` is not {what} that is known here",
        span,
        hint=f"a name like this exists: `{near}`" if near else "`derive rules` lists the rules",
    )
