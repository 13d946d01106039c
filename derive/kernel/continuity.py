"""Where a term is seen to be continuous in a variable, and how terms of the normal form are written again.

Promise: where `is_continuous(t, x)` says yes, `t` is a continuous function of `x` on every interval on which it
is defined; it looks at operators only, and says no to whatever it has no row for.
"""

from __future__ import annotations

from derive.core.term import App, Bind, Sym, Term, free_symbols, map_children

# Each is continuous on its domain (DLMF 4.2, 4.15, 4.23; Rudin, 4.9). A power is of a base that is owed not to be
# negative, or to be positive, or has a whole exponent that does not vary.
_CONTINUOUS = frozenset({
    "+", "-", "neg", "*", "/", "^", "exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "asin", "acos", "atan", "asinh", "acosh", "atanh", "abs", "max", "min", "sigmoid", "softplus", "relu",
    "Gamma", "digamma", "erf", "root", "poly",
})


def is_continuous(term: Term, variable: Sym) -> bool:
    """Is the term continuous in the variable, wherever it is defined?"""
    if variable not in free_symbols(term):
        return True
    match term:
        case Sym():
            return True
        # without this: sign(x), floor(x) or `if x < 0 then 0 else 1` would have no jump
        case App(op, args) if op in _CONTINUOUS:
            return all(is_continuous(a, variable) for a in args)
        case Bind("sum" | "prod", _, over, body):
            # without the ends: a sum of floor(x) terms; without the finite range: a series of functions
            fixed = not any(variable in free_symbols(e) or _mentions_infinity(e) for e in over)
            return fixed and is_continuous(body, variable)
    return False


def _mentions_infinity(term: Term) -> bool:
    return isinstance(term, App) and (term.op == "inf" or any(map(_mentions_infinity, term.args)))


def surface(term: Term) -> Term:
    """A term of the normal form in the words of the language: `root(f)^(1/2)` is `f^(1/2)`."""
    term = map_children(term, surface)
    match term:
        case App("root" | "poly", (inner,)):
            return inner
        case Bind("series", var, over, body):
            return Bind("sum", var, over, body)
    return term
