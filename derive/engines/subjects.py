"""What each rule is about: a step without any of a rule's operators can't be an instance of it.

Promise: `off_subject` names only rules none of whose operators occur in the claim, as written or unfolded; it
restricts reasons, never truth. `sin(2*x) = 2*sin(x)*cos(x)` is true, and no use of the Kronecker delta.
"""

from __future__ import annotations

from derive.core.claim import Obligation
from derive.core.term import App, Bind, Num, Term, subterms
from derive.elaborate.reasons import METHODS
from derive.kernel.finite_laws import FINITE_LAWS
from derive.kernel.lemmas import NAMED
from derive.rules.library import rule_names

_LOGS = frozenset({"log", "logdet", "logsumexp", "softplus", "pdf", "pmf"}) | FINITE_LAWS
_EXPS = frozenset({
    "exp", "^", "sigmoid", "softmax", "softplus", "logsumexp", "tanh", "sinh", "cosh", "pdf", "pmf",
})
_WAVES = frozenset({"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp"})
_SLOPES = frozenset({"deriv", "partial", "grad", "jacobian", "hessian"})
_SUMS = frozenset({"sum", "prod", "mean", "norm", "variance", "sample_variance", "softmax", "logsumexp"}) | FINITE_LAWS
_NORMS = frozenset({"norm", "norm_p", "norm_inf", "dot", "tr", "matmul", "sum"})
_PRODUCTS = frozenset({
    "*", "/", "^", "prod", "sqrt", "number", "matmul", "det", "sigmoid", "softmax", "tanh", "pdf", "pmf",
}) | FINITE_LAWS

_INTEGRALS = frozenset({"int"})
_LIMITS = frozenset({"lim"})
_SERIES = frozenset({"sum"})
_OPTIMA = frozenset({"argmax", "argmin", "largest", "smallest"})

# One group of operators for each thing that a rule needs; one of each group has to occur.
SUBJECTS: dict[str, tuple[frozenset[str], ...]] = {
    "stationary_point_of_concave": (_OPTIMA,),
    "stationary_point_of_convex": (_OPTIMA,),
    "rises_then_falls": (_OPTIMA,),
    "falls_then_rises": (_OPTIMA,),
    "boundary": (_OPTIMA,),
    "coordinate_by_coordinate": (_OPTIMA,),
    "lagrange_multiplier": (_OPTIMA,),
    "inequality_attained": (_OPTIMA,),
    "monotone_transform": (_OPTIMA,),
    "trigonometry": (_WAVES - {"exp"},),
    "log_of_product": (_LOGS, _PRODUCTS),
    "log_of_quotient": (_LOGS, _PRODUCTS),
    "log_of_power": (_LOGS, _PRODUCTS),
    "log_of_sqrt": (_LOGS, _PRODUCTS),
    "log_of_exp": (_LOGS, _EXPS),
    "exp_of_log": (_EXPS, _LOGS | {"^"}),
    "log_rules": (_LOGS,),
    "exp_of_sum": (_EXPS,),
    "exp_rules": (_EXPS,),
    "power_rules": (frozenset({"^", "sqrt", "cbrt", "exp", "*", "/"}),),
    "sqrt_rules": (frozenset({"sqrt", "^", "norm", "cbrt"}),),
    "pythagorean_identity": (_WAVES,),
    "double_angle": (_WAVES,),
    "half_angle": (_WAVES,),
    "addition_formula": (_WAVES,),
    "euler": (_WAVES | {"im"},),
    "hyperbolic_identity": (_WAVES,),
    "absolute_value": (frozenset({"abs", "norm", "norm_inf", "norm_p", "max", "min", "sign", "relu", "sqrt"}),),
    "geometric_sum": (_SUMS,),
    "power_sum": (_SUMS,),
    "telescoping": (_SUMS,),
    "reindex": (_SUMS | {"matmul", "dot", "tr"},),
    "swap_sums": (_SUMS | {"matmul", "dot", "tr"},),
    "split_range": (_SUMS | {"max", "min"},),
    "binomial_formula": (frozenset({"sum", "^", "binomial"}),),
    "kronecker_delta": (frozenset({"delta", "indicator", "ite", "eye", "diag"}) | _SLOPES,),
    "chain_rule": (_SLOPES,),
    "product_rule": (_SLOPES,),
    "quotient_rule": (_SLOPES,),
    "power_rule": (_SLOPES,),
    "sum_rule": (_SLOPES,),
    "derivative_of_log": (_SLOPES, _LOGS),
    "derivative_of_exp": (_SLOPES, _EXPS),
    "linearity_of_expectation": (frozenset({"E"}),),
    "independence": (frozenset({"E", "given"}),),
    "moments": (frozenset({"E", "given"}),),
    "tower_rule": (frozenset({"given"}),),
    "frobenius_norm": (_NORMS,),
    "norm": (_NORMS,),
    "trace": (frozenset({"tr", "sum"}),),
    "cyclic_trace": (frozenset({"tr"}),),
    "transpose_of_product": (frozenset({"transpose", "hermitian"}),),
    "partial_fractions": (frozenset({"/", "^"}),),
    "common_denominator": (frozenset({"/", "^"}),),
    "log_sum_exp": (_LOGS | {"max"},),
    "softmax": (frozenset({"softmax", "exp", "sigmoid"}),),
    "integration": (_INTEGRALS,),
    "antiderivative": (_INTEGRALS,),
    "fundamental_theorem": (_INTEGRALS,),
    "integration_by_parts": (_INTEGRALS,),
    "change_of_variables": (_INTEGRALS,),
    "gaussian_integral": (_INTEGRALS, _EXPS),
    "gamma_integral": (_INTEGRALS,),
    "beta_integral": (_INTEGRALS,),
    "limit": (_LIMITS,),
    "lhopital": (_LIMITS,),
    "asymptotics": (_LIMITS | {"order"},),
    "taylor": (frozenset({"order"}),),
    "leibniz_rule": (_INTEGRALS,),
    "differentiate_under_the_integral": (_INTEGRALS,),
    "continuity": (_LIMITS | _INTEGRALS,),
    "series": (_SERIES,),
    "geometric_series": (_SERIES,),
    "exponential_series": (_SERIES, _EXPS | {"factorial"}),
    "logarithmic_series": (_SERIES,),
} | {name: (frozenset({"<", "<=", "=>", "<=>"}),) for name in NAMED | {"square", "monotone"}}


def off_subject(obligation: Obligation) -> tuple[str, ...]:
    """The cited rules, if none of them is about anything in the claim and no fact is cited."""
    cited = obligation.cited
    library = rule_names() - set(METHODS)
    if cited.facts or not cited.rules or any(r not in SUBJECTS and r not in library for r in cited.rules):
        return ()
    # a rule of the library that is still among the rules found nothing in the claim to be an instance of
    about = on_subject(obligation)
    return () if any(r in about for r in cited.rules) else cited.rules


def on_subject(obligation: Obligation) -> tuple[str, ...]:
    """The rules of the table that are about something in the claim."""
    found = operators(obligation.claim) | operators(obligation.context.unfold(obligation.claim))
    return tuple(r for r, groups in SUBJECTS.items() if all(group & found for group in groups))


def operators(term: Term) -> set[str]:
    """The operators and binders that occur in a term."""
    found = {t.op for t in subterms(term) if isinstance(t, (App, Bind))}
    if any(isinstance(t, Num) and t.value not in (0, 1) for t in subterms(term)):
        found.add("number")
    return found
