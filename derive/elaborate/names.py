"""The names of the language itself: which are reserved, which may be taken over, and near misses.

Promise: only tables and pure functions; a name that is in no table is the author's to use.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from derive.core.laws import WORDS, Law
from derive.core.operator import OPERATORS
from derive.core.vector_laws import VECTOR_LAWS, VectorLaw

CONSTANTS = ("pi", "inf", "im", "true", "false")
FUNCTIONS = tuple(
    row.name
    for row in OPERATORS.values()
    if row.arity == 1 and row.kind in ("elementary", "special")
)
BINDERS = ("sum", "prod", "max", "min", "array", "argmax", "argmin", "lim", "int")
CALCULUS = ("diff", "grad", "jacobian", "hessian", "symgrad")
ARRAYS = (
    "inv",
    "expm",
    "det",
    "logdet",
    "tr",
    "diag",
    "vec",
    "kron",
    "outer",
    "dot",
    "norm",
    "mean",
    "sample_variance",
    "posdef",
    "psd",
    "invertible",
    "variance",
    "eye",
    "zeros",
    "ones",
)
OTHERS = ("cases", "binomial", "pdf", "pmf")

# A declaration or a definition of one of these wins over the language's own meaning.
SOFT = (
    "Gamma", "delta", "softmax", "logsumexp", "sigmoid", "softplus", "relu", "erf",
    "entropy", "cross_entropy", "KL", "mutual_information", "cdf", "quantile", "mgf", "O",
)

# Of random variables; a declaration or a definition of one of these wins, too.
CHANCE = ("E", "P", "Var", "Cov", "Corr")

# Read, and not checked yet: the reason that a step shows. All of these may be taken over, too.
UNSUPPORTED: dict[str, str] = {
    "opnorm": "spectral norms are read but not yet checked",
    "subgrad": "subgradients are read but not yet checked",
    "Beta": "the Beta function is read but not yet checked",
}

_ROWS: tuple[Law | VectorLaw, ...] = (*WORDS.values(), *VECTOR_LAWS.values())

# Laws with the number of their parameters, and whether they have a density or masses.
LAWS: dict[str, tuple[int, str]] = {
    row.word: (len(row.parameters), row.kind) for row in _ROWS
}
LAW_PARAMETERS: dict[str, str] = {
    row.word: " and ".join(row.parameters) for row in _ROWS
}

RESERVED = frozenset((*CONSTANTS, *FUNCTIONS, *BINDERS, *CALCULUS, *ARRAYS, *OTHERS)) - frozenset(
    SOFT
)
VOCABULARY = RESERVED | frozenset((*SOFT, *CHANCE)) | frozenset(UNSUPPORTED) | frozenset(LAWS)

# What other languages call it.
_FOREIGN = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "trace": "tr",
    "sgn": "sign",
    "identity": "eye",
    "product": "prod",
    "integral": "int",
    "limit": "lim",
    "logistic": "sigmoid",
    "expectation": "E",
    "average": "mean",
    "gradient": "grad",
    "derivative": "diff",
    "infty": "inf",
    "infinity": "inf",
    "oo": "inf",
    "abs_": "abs",
    "expit": "sigmoid",
    "choose": "binomial",
    "variance_": "variance",
    "imag": "im_part",
    "real_part": "re",
    "conjugate": "conj",
}

_GREEK = (
    "alpha α",
    "beta β",
    "gamma γ",
    "delta δ",
    "epsilon ε",
    "eps ϵ",
    "zeta ζ",
    "eta η",
    "theta θ",
    "iota ι",
    "kappa κ",
    "lambda λ",
    "mu μ",
    "nu ν",
    "xi ξ",
    "omicron ο",
    "pi π",
    "rho ρ",
    "sigma σ",
    "tau τ",
    "upsilon υ",
    "phi φ",
    "chi χ",
    "psi ψ",
    "omega ω",
    "Gamma Γ",
    "Delta Δ",
    "Theta Θ",
    "Lambda Λ",
    "Xi Ξ",
    "Pi Π",
    "Sigma Σ",
    "Phi Φ",
    "Psi Ψ",
    "Omega Ω",
    "inf ∞",
)
_TO_ASCII = {glyph: word for word, glyph in (pair.split() for pair in _GREEK)}


def ascii_spelling(name: str) -> str:
    """The name with Greek letters spelt out: `σ1` is `sigma1`."""
    return "".join(_TO_ASCII.get(char, char) for char in name)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a reader most likely meant, or None."""
    candidates = sorted(set(known))
    spelt = ascii_spelling(name)
    for other in candidates:
        if ascii_spelling(other) == spelt and other != name:
            return other
    if name in _FOREIGN:
        return _FOREIGN[name]
    for other in candidates:
        if other.lower() == name.lower():
            return other
    if len(name) < 3:
        return None
    close = get_close_matches(name, candidates, n=1, cutoff=0.7)
    return close[0] if close else None
