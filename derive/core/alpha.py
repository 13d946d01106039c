"""Names of bound variables, which do not matter: alpha-equality, canonical names, names out of the way.

Promise: nothing here changes what a term means, and no free symbol is captured.
"""

from __future__ import annotations

from derive.core.term import (
    BOUND_IN_OVER,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    substitute,
)


def canonical(term: Term) -> Term:
    """The term with bound variables named by their depth: equal for alpha-equal terms."""
    prefix = "~"
    while any(s.name.startswith(prefix) and s.name[len(prefix):].isdigit() for s in free_symbols(term)):
        # without this: a free ~1 would be captured by the second binder
        prefix += "~"
    return _canonical(term, {}, 0, prefix)


def _canonical(term: Term, names: dict[Sym, Sym], depth: int, prefix: str) -> Term:
    match term:
        case Num():
            return term
        case Sym():
            return names.get(term, term)
        case App(op, args):
            return App(op, tuple(_canonical(a, names, depth, prefix) for a in args))
        case Bind(op, var, over, body):
            new = Sym(f"{prefix}{depth}", var.sort)
            inner = {**names, var: new}
            outer = inner if op in BOUND_IN_OVER else names
            return Bind(
                op,
                new,
                tuple(_canonical(o, outer, depth + 1, prefix) for o in over),
                _canonical(body, inner, depth + 1, prefix),
            )


def alpha_equal(left: Term, right: Term) -> bool:
    """Are the two the same up to the names of bound variables?"""
    return left == right or canonical(left) == canonical(right)


def rename_bound(term: Bind, taken: frozenset[Sym]) -> Bind:
    """The same binder with a variable that none of `taken` shares its name with."""
    names = {s.name for s in taken}
    if term.var.name not in names:
        return term
    new = Sym(fresh_name(term.var.name, names | {s.name for s in free_symbols(term.body)}), term.var.sort)
    over = term.over
    if term.op in BOUND_IN_OVER:
        over = tuple(substitute(o, {term.var: new}) for o in over)
    return Bind(term.op, new, over, substitute(term.body, {term.var: new}))
