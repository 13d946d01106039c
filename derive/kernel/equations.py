"""Cited equations: one atom, or one power of an atom, is rewritten by the rest; what is left is a known zero.

Promise: every rewriting replaces equals by equals; an equation about every index of a range rewrites only at
whole indices in that range (`CitedEquations.covered`).
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.term import App, Bind, Sym, Term, free_symbols, subterms
from derive.kernel.match import match
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, minus, scale

Zero = tuple[Poly, frozenset[str]]
_FIXED = ("exp", "root", "poly", "abs", "delta", "indicator", "pi")
_MOST_INSTANCES = 12


def conjuncts(claim: Term) -> tuple[Term, ...]:
    """The parts of a conjunction, or the claim."""
    if isinstance(claim, App) and claim.op == "and":
        return tuple(c for part in claim.args for c in conjuncts(part))
    return (claim,)


def add_equation(run: Normaliser, claim: Term, name: str, zeros: list[Zero]) -> None:
    """Let an equation rewrite: an atom or a power of one by the rest, or else as a known zero."""
    variables: list[Sym] = []
    while isinstance(claim, Bind) and claim.op == "forall":
        if not claim.over:
            return
        low, high = claim.over
        fresh, body = run.enter(claim.var, low, high, claim.body)
        variables.append(fresh)
        claim = body
    if not (isinstance(claim, App) and claim.op == "="):
        return
    run.used = set()
    try:
        whole = minus(run.normal(claim.args[0]), run.normal(claim.args[1]))
        gap = run.clear(whole)
    except Decline:
        return
    if variables:
        variables = _left(run, variables, whole)
    # as it stands first: y = c/(c + 1) is solved for y only before the denominator is cleared
    for divided, p in ((False, whole), (False, gap), (True, gap)):
        p = _without_factors(run, p) if divided else p
        target = _solve_for(run, p, variables)
        if target is not None:
            _rewrite(run, p, target, variables, name)
            break
    else:
        if variables and gap:
            run.families.append((tuple(variables), run.to_term(gap), name))
    if not variables and gap:
        zeros.append((gap, frozenset(run.used | {name})))
    # Normal forms made before the equation was known would not have used it.
    run.memo = {}
    run.sign_memo = {}


def _left(run: Normaliser, variables: list[Sym], p: Poly) -> list[Sym]:
    """The variables that an equation still mentions: entries of one law have one mean, whatever their index.

    Without the nonempty range: an equation about no index at all would hold.
    """
    free = frozenset().union(*(free_symbols(run.atoms[a]) for m in p for a, _ in m))
    if not all(
        run.sign(minus(run.normal(high), run.normal(low))) in ("+", "0+", "0")
        for low, high in (run.ranges[v] for v in variables if v not in free)
    ):
        return variables
    return [v for v in variables if v in free]


def _without_factors(run: Normaliser, p: Poly) -> Poly:
    """`p = 0` without the common factors that are known not to be 0: `w[s]*t[s] = w[s]` says `t[s] = 1`.

    Without the sign: y = 1 from x*y = x (tests/unsound/cancelled_zero.drv, family_cancelled.drv).
    """
    least = {a: min(dict(m).get(a, 0) for m in p) for a in {a for m in p for a, _ in m}}
    for a, e in sorted(least.items()):
        if isinstance(e, int) and e > 0 and run.sign({((a, 1),): Fraction(1)}) in ("+", "-", "!0"):
            p = run.times(p, run.monomial([(a, -e)]))
    return p


def _rewrite(
    run: Normaliser, gap: Poly, target: tuple[int, int, Fraction], variables: list[Sym], name: str
) -> None:
    atom, e, c = target
    value = scale(minus(gap, {((atom, e),): c}), -1 / c)
    term = run.atoms[atom]
    if e > 1:
        run.powers.append((term, e, frozenset(variables), run.to_term(value), name))
    elif variables:
        run.patterns.append((term, frozenset(variables), run.to_term(value), name))
        # what the reading of the equation took from other facts is used wherever it is used
        run.beside[name] = run.beside.get(name, frozenset()) | frozenset(run.used)
    else:
        run.ground[term] = (value, frozenset(run.used | {name}))


def _solve_for(run: Normaliser, gap: Poly, variables: list[Sym]) -> tuple[int, int, Fraction] | None:
    """An atom (or a power of one) that occurs once, alone, with a rational coefficient: the largest such.

    A power may leave lower powers of its atom behind, as in `y^2 = y`.
    """
    best: tuple[int, int, Fraction] | None = None
    best_key: tuple[bool, int, str] = (False, 0, "")
    for m, c in gap.items():
        if len(m) != 1:
            continue
        atom, e = m[0]
        if not isinstance(e, int) or e < 1:
            continue
        term = run.atoms[atom]
        if isinstance(term, App) and term.op in _FIXED:
            continue
        if not set(variables) <= free_symbols(term) or (variables and not _is_pattern(term)):
            continue
        rest = [(a, k) for n in gap if n != m for a, k in n]
        lower = all(a != atom or (isinstance(k, int) and 0 < k < e) for a, k in rest)
        if not lower or any(a != atom and term in set(subterms(run.atoms[a])) for a, _ in rest):
            continue
        key = (e == 1, sum(1 for _ in subterms(term)), repr(term))
        if best is None or key > best_key:
            best, best_key = (atom, e, c), key
    return best


def _is_pattern(term: Term) -> bool:
    """May this atom be matched? Its indices are owed to be in range, so a match is an instance."""
    return isinstance(term, (App, Bind)) and any(
        isinstance(t, App) and t.op in ("index", "partial") for t in subterms(term)
    )


def instances(run: Normaliser, p: Poly) -> list[Zero]:
    """Instances of cited equations that could not be solved, `u[i] = sum(j, P[i, j]*u[j])`, at entries in `p`."""
    found: list[Zero] = []
    atoms = sorted({a for m in p for a, _ in m}, key=lambda a: repr(run.atoms[a]))
    entries = dict.fromkeys(t for a in atoms for t in (run.atoms[a],) if _is_entry(t))
    for variables, gap, name in run.families:
        wanted = frozenset(variables)
        for pattern in dict.fromkeys(t for t in subterms(gap) if _is_entry(t) and wanted <= free_symbols(t)):
            for term in entries:
                at = match(pattern, term, wanted)
                if at is None or len(at) != len(wanted) or len(found) >= _MOST_INSTANCES:
                    continue
                if all(run.covered(v, at[v], pattern) for v in variables):
                    zero = run.clear(run.normal_at(gap, at))
                    if zero:
                        found.append((zero, frozenset({name})))
    return found


def _is_entry(term: Term) -> bool:
    return isinstance(term, App) and term.op == "index"
