"""First-order matching: is this term an instance of that pattern?

Promise: if `match(pattern, term, variables)` returns a mapping, substituting it in the pattern gives the
term, up to the names of bound variables.
"""

from __future__ import annotations

from derive.core.term import App, Bind, Num, Sym, Term, free_symbols


def match(pattern: Term, term: Term, variables: frozenset[Sym]) -> dict[Sym, Term] | None:
    """The values of the variables under which the pattern is the term; None if there are none."""
    found: dict[Sym, Term] = {}
    return found if _match(pattern, term, variables, found, {}, {}) else None


def _match(
    pattern: Term,
    term: Term,
    variables: frozenset[Sym],
    found: dict[Sym, Term],
    left: dict[Sym, Sym],
    right: dict[Sym, Sym],
) -> bool:
    match pattern:
        case Sym() if pattern in left:
            return isinstance(term, Sym) and left[pattern] == term and right.get(term) == pattern
        case Sym() if pattern in variables:
            if any(s in right for s in free_symbols(term)):
                # the value would let a bound variable escape
                return False
            return found.setdefault(pattern, term) == term
        case Sym() | Num():
            return pattern == term and term not in right
        case App(op, args):
            return (
                isinstance(term, App)
                and term.op == op
                and len(term.args) == len(args)
                and all(
                    _match(a, b, variables, found, left, right)
                    for a, b in zip(args, term.args, strict=True)
                )
            )
        case Bind(op, var, over, body):
            if not (isinstance(term, Bind) and term.op == op and len(term.over) == len(over)):
                return False
            if var.sort != term.var.sort:
                return False
            if not all(
                _match(a, b, variables, found, left, right)
                for a, b in zip(over, term.over, strict=True)
            ):
                return False
            inner_left, inner_right = {**left, var: term.var}, {**right, term.var: var}
            return _match(body, term.body, variables, found, inner_left, inner_right)
