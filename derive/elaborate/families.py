"""An expectation as a function of a parameter of its laws: each variable becomes the family of its law.

Promise: what comes back says what the author means. Every variable that the parameter moves has one stated law, and
where an expectation has several, they are stated to be independent, so that its value is fixed by the laws.
"""

from __future__ import annotations

from derive.core.chance import variables_in
from derive.core.claim import Context
from derive.core.families import member
from derive.core.laws import LAWS
from derive.core.sort import Array, Function
from derive.core.term import (
    ONE,
    App,
    Bind,
    Sym,
    Term,
    free_symbols,
    map_children,
    mentions,
    substitute,
)
from derive.elaborate.scope import Scope


def as_families(term: Term, symbol: Sym, scope: Scope) -> Term | None:
    """The term with families for the variables under E whose laws a symbol moves; None where that is not clear."""
    context = scope.context()
    whole = context.unfold(term)
    moved = scope.moved_by(symbol)
    if mentions(whole, "given"):
        return None
    laws: dict[Sym, Law] = {}
    for mean in _outermost(whole):
        mine = variables_in(mean)
        if mine & moved and not _independent(mine, context):
            # without this: E[X*Y] would be a function of the laws of X and Y alone
            return None
        for variable in mine & moved:
            law = _law(variable, context)
            if law is None:
                return None
            laws[variable] = law
    return _changed(whole, laws, False)


def with_laws_of(term: Term, symbol: Sym, scope: Scope) -> Term | None:
    """A term that is about to become a function of a symbol: where its laws have the symbol as a parameter, families.

    Without them: `E[Y] = O(1 | r -> 0)` for Y ~ Exponential(r), whose mean would stay where it is.
    """
    used = scope.context().dependencies(term)
    if scope.sized_by(symbol) & used:
        # without this: `norm(x) = O(1 | n -> inf)` for x : real[n], which would keep its n entries
        return None
    if scope.tied_to(symbol) & used:
        # without this: `lim(r -> 0, a*r) = 0` under the hypothesis a = 1/r, where a would not move
        return None
    still = scope.with_parameter(symbol)
    if not still & used:
        return term
    changed = as_families(term, symbol, scope)
    # without the second: a variable outside of E would keep its law
    return None if changed is None or still & free_symbols(changed) else changed


Law = tuple[tuple[Sym, ...], App]


def _outermost(term: Term) -> list[Bind]:
    if isinstance(term, Bind) and term.op == "E":
        return [term]
    parts = term.args if isinstance(term, App) else (*term.over, term.body) if isinstance(term, Bind) else ()
    return [m for p in parts for m in _outermost(p)]


def _stated(context: Context) -> list[tuple[list[Bind], App]]:
    """The parts of the facts, each with the quantifiers in front of it; of a premise or an alternative nothing."""
    found: list[tuple[list[Bind], App]] = []
    stack: list[tuple[list[Bind], Term]] = [([], f.claim) for f in reversed(context.facts)]
    while stack:
        binders, claim = stack.pop()
        if isinstance(claim, Bind) and claim.op == "forall":
            stack.append(([*binders, claim], claim.body))
        elif isinstance(claim, App) and claim.op == "and":
            stack += [(binders, part) for part in reversed(claim.args)]
        elif isinstance(claim, App):
            found.append((binders, claim))
    return found


def _independent(variables: frozenset[Sym], context: Context) -> bool:
    """Are they stated to be independent, and the entries of each array among them?"""
    stated = _stated(context)
    together = [{_whole(a) for a in p.args} for binders, p in stated if p.op == "independent" and not binders]
    if len(variables) > 1 and not any(variables <= group for group in together):
        return False
    entrywise = {_whole(a) for binders, p in stated if p.op == "entries_independent" for a in p.args}
    arrays = {s for s in variables if isinstance(s.sort, Function) and isinstance(s.sort.result, Array)}
    return arrays <= entrywise


def _whole(function: Term) -> Sym | None:
    """The variable that `lam w. X` is."""
    match function:
        case Bind("lam", w, _, App("apply", (Sym() as variable, p))) if p == w:
            return variable
    # without this: X, Y independent from X^2, Y independent
    return None


def _law(variable: Sym, context: Context) -> Law | None:
    """The one stated law of a variable, or of all its entries, with the parameters unfolded."""
    found: list[Law] = []
    for binders, part in _stated(context):
        if part.op not in ("law", "law_given") or variable not in free_symbols(part.args[0]):
            continue
        law = context.unfold(part.args[1])
        names = tuple(b.var for b in binders)
        if part.op == "law_given" or not _plain(part.args[0], variable, names) or not isinstance(law, App):
            return None
        assert isinstance(variable.sort, Function)
        sort = variable.sort.result
        shape = sort.shape if isinstance(sort, Array) else ()
        if tuple(b.over for b in binders) != tuple((ONE, n) for n in shape) or variables_in(law) or law.op not in LAWS:
            # without this: the law of the entries 2, ..., n would be that of the first as well
            return None
        found.append((names, law))
    return found[0] if len(found) == 1 else None


def _plain(function: Term, variable: Sym, names: tuple[Sym, ...]) -> bool:
    """Is it the variable itself, or its entry at the names?"""
    if not isinstance(function, Bind):
        return False
    match function.body:
        case App("index", (App("apply", (v, p)), *at)):
            return v == variable and p == function.var and tuple(at) == names
        case App("apply", (v, p)):
            return v == variable and p == function.var and not names
    return False


def _changed(term: Term, laws: dict[Sym, Law], inside: bool) -> Term:
    inside = inside or (isinstance(term, Bind) and term.op == "E")
    match term:
        case App("apply", (Sym() as v, point)) if inside and v in laws:
            names, law = laws[v]
            if not names:
                return member(v, (), law, point)
            assert isinstance(v.sort, Function) and isinstance(v.sort.result, Array)
            fresh = tuple(Sym(f"{n.name}~{v.name}", n.sort) for n in names)
            here = substitute(law, dict(zip(names, fresh, strict=True)))
            assert isinstance(here, App)
            entry: Term = member(v, fresh, here, point)
            for name, length in zip(reversed(fresh), reversed(v.sort.result.shape), strict=True):
                entry = Bind("array", name, (ONE, length), entry)
            return entry
    return map_children(term, lambda t: _changed(t, laws, inside))
