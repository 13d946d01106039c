"""Nonnegative combinations: which facts, squares and named inequalities add up to a goal.

Promise: what is proposed is only a proposal; the kernel recomputes every instance and the identity. The
candidates are those that share an atom with the goal, in a fixed order, in counted number.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from derive.core.claim import CONDITION
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER
from derive.core.term import (
    ONE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    div,
    free_symbols,
    neg,
    sub,
    substitute,
    subterms,
)
from derive.engines.chance import chance_instances
from derive.engines.masses import gibbs_instances
from derive.engines.means import means
from derive.engines.norms import norm_instances
from derive.kernel.certificate import ALL_FEATURES, Combination, Instance, Part
from derive.kernel.goal import Goal, normaliser, prepare
from derive.kernel.lemmas import NAMED, lemma
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Monomial, Poly, constant, minus

_MOST = 150
_MOST_ROWS = 120
Candidate = tuple[tuple[Instance, ...], Poly]


def combination(
    goal: Goal, facts: tuple[str, ...], lemmas: frozenset[str] | None, equations: tuple[str, ...]
) -> Iterator[Combination]:
    """Combinations whose identity the linear program found."""
    try:
        run, _ = normaliser(goal, ALL_FEATURES, equations)
        assert isinstance(goal.claim, App)
        target = minus(run.normal(goal.claim.args[1]), run.normal(goal.claim.args[0]))
    except Decline:
        return
    if len(target) > 60:
        return
    for scale in dict.fromkeys((scale_of(run, target), *_log_scales(run, target))):
        try:
            scaled = target if scale is None else run.simplify(run.times(run.normal(scale), target))
            candidates = _candidates(goal, run, scaled, facts, lemmas, scale)
            weights = _solve(run, scaled, candidates)
        except Decline:
            continue
        if weights is not None:
            parts = tuple(
                Part(str(w), factors) for w, (factors, _) in zip(weights, candidates, strict=False) if w
            )
            yield Combination(parts, scale, equations)


def _log_scales(run: Normaliser, p: Poly) -> list[Term]:
    """The arguments of logarithms of sums: multiplying by them clears the tangent's denominator."""
    found = []
    for a in _atoms(run, p):
        term = run.atoms[a]
        if isinstance(term, App) and term.op == "log":
            inside = run.normal(term.args[0])
            if len(inside) > 1 and run.sign(inside) == "+":
                found.append(term.args[0])
    return found[:2]


def factors_of(goal: Goal) -> list[tuple[Term, Term]]:
    """Nonnegative factors of `right - left`, each with what it leaves."""
    try:
        run, _ = normaliser(goal, ALL_FEATURES, ())
        assert isinstance(goal.claim, App)
        gap = minus(run.normal(goal.claim.args[1]), run.normal(goal.claim.args[0]))
        if not gap or len(gap) > 40:
            return []
        top, below = run.reduced_fraction(gap)
        content, factors = run.factor(top)
        known = [(content, 1), *factors, *((run.definition(run.atoms[a]), -k) for a, k in below)]
        good, open_ones = constant(1), constant(1)
        for f, e in known:
            power = run.integer_power(f, e)
            if run.sign(power) in ("+", "0+"):
                good = run.times(good, power)
            else:
                open_ones = run.times(open_ones, power)
    except Decline:
        return []
    if good == constant(1) or len(open_ones) <= 1:
        return []
    return [(run.to_term(good), run.to_term(open_ones))]


def scale_of(run: Normaliser, p: Poly) -> Term | None:
    """A positive denominator to multiply by, if there is one."""
    below = run.denominators(p)
    factors: list[Term] = []
    for a, k in sorted(below.items(), key=lambda item: repr(run.atoms[item[0]])):
        inner = run.atoms[a]
        assert isinstance(inner, App)
        if run.sign(run.definition(inner)) != "+":
            return None
        factors += [inner.args[0]] * k
    lowest: dict[int, int] = {}
    for m in p:
        for a, e in m:
            if isinstance(e, int) and e < 0 and run.atoms[a] != below.get(a) and a not in below:
                lowest[a] = min(lowest.get(a, 0), e)
    for a, e in sorted(lowest.items(), key=lambda item: repr(run.atoms[item[0]])):
        plain = isinstance(t := run.atoms[a], Sym) or (isinstance(t, App) and t.op != "exp")
        if plain and run.sign({((a, 1),): Fraction(1)}) == "+":
            factors += [run.power_term(a, 1)] * -e
    if not factors:
        return None
    total = factors[0]
    for f in factors[1:]:
        total = App("*", (total, f))
    return total


def _solve(run: Normaliser, target: Poly, candidates: list[Candidate]) -> list[Fraction] | None:
    """Weights with `target = sum of weights*candidates + nonnegative monomials`."""
    rows: dict[Monomial, int] = {}

    def column(p: Poly) -> dict[int, Fraction]:
        return {rows.setdefault(m, len(rows)): c for m, c in p.items()}

    goal = column(target)
    columns: list[dict[int, Fraction]] = []
    for _, p in candidates:
        if len(rows) + sum(m not in rows for m in p) > _MOST_ROWS:
            # the first candidates are the likeliest: too many of them must not cost us all
            break
        columns.append(column(p))
    extra = []
    for m in tuple(rows):
        sign = run.sign({m: Fraction(1)}) if m else "+"
        if sign in ("+", "0+", "0"):
            extra.append(column({m: Fraction(1)}))
        if sign in ("-", "0-", "0"):
            extra.append(column({m: Fraction(-1)}))
    from derive.backends.flint_simplex import feasible

    return feasible(columns + extra, goal)


# ---------------------------------------------------------------- candidates


def _candidates(
    goal: Goal, run: Normaliser, target: Poly, facts: tuple[str, ...],
    lemmas: frozenset[str] | None, scale: Term | None,
) -> list[Candidate]:
    found: list[Candidate] = []
    seen: set[frozenset[tuple[Monomial, Fraction]]] = set()

    def add(*factors: Instance) -> None:
        if len(found) >= _MOST:
            return
        try:
            p = constant(1)
            for factor in factors:
                p = run.times(p, lemma(run, factor.lemma, factor.args))
            p = run.simplify(p)
            cleared = [(factors, p)]
            if scale is not None and (run.denominators(p) or any(e < 0 for m in p for _, e in m)):
                # times what clears the goal, and times what clears the candidate itself
                scales = dict.fromkeys((scale, scale_of(run, p)))
                cleared = [
                    ((Instance("nonnegative", (by,)), *factors), run.simplify(run.times(run.normal(by), p)))
                    for by in scales if by is not None
                ]
        except Decline:
            return
        for factors, p in cleared:
            key = frozenset(p.items())
            if p and key not in seen and len(p) <= 40:
                seen.add(key)
                found.append((factors, p))

    gaps = _fact_gaps(goal, facts)
    atoms = _atoms(run, target)
    for instance in _instances(goal, run, atoms, lemmas):
        add(instance)
    for gap in gaps:
        add(Instance("nonnegative", (gap,)))
    singles = list(found)
    multipliers = [
        run.atoms[a] for a in atoms
        if isinstance(run.atoms[a], (Sym, App)) and run.atom_sign(a, 0) in ("+", "0+")
    ][:6]
    for factors, _ in singles[:18]:
        for m in multipliers:
            add(Instance("nonnegative", (m,)), *factors)
        for gap in gaps[:6]:
            add(Instance("nonnegative", (gap,)), *factors)
    for mean in means(run, target):
        add(mean)
    for square in _squares(run, target, atoms):
        add(Instance("square", (square,)))
    return found


def _fact_gaps(goal: Goal, facts: tuple[str, ...]) -> list[Term]:
    """`b - a` for each usable fact `a <= b`; domains, ranges and premises are always usable."""
    gaps: list[Term] = []
    near = goal.context.dependencies(goal.claim).union(
        *(goal.context.dependencies(f.claim) for f in goal.context.facts if f.name in facts)
    )
    for fact in goal.context.facts:
        if fact.kind == "domain" and near.isdisjoint(free_symbols(fact.claim)):
            # what is declared of other things only makes the linear program larger
            continue
        if fact.name in facts or fact.kind in ("domain", "case", CONDITION):
            claim = prepare(fact.claim, goal.context)
            parts = claim.args if isinstance(claim, App) and claim.op == "and" else (claim,)
            for part in parts:
                match part:
                    case App("<" | "<=", (a, b)):
                        gaps.append(sub(b, a) if a != Num(0) else b)
                    case App("=", (a, b)) if fact.name in facts or fact.kind == "case":
                        gaps += [sub(b, a), sub(a, b)]
    return list(dict.fromkeys(gaps))[-16:]


def _atoms(run: Normaliser, target: Poly) -> list[int]:
    atoms = {a for m in target for a, _ in m}
    return sorted(atoms, key=lambda a: repr(run.atoms[a]))


def _instances(
    goal: Goal, run: Normaliser, atoms: list[int], lemmas: frozenset[str] | None
) -> Iterator[Instance]:
    """Instances of named inequalities about the functions that occur."""

    def allowed(name: str) -> bool:
        if lemmas is None or name in lemmas or name not in NAMED or name in _BACKGROUND:
            return True
        # the triangle inequality of the maximum norm
        return name == "entry_at_most_max" and "triangle_inequality" in lemmas

    terms = [run.atoms[a] for a in atoms]
    logs = [t.args[0] for t in terms if isinstance(t, App) and t.op == "log"]
    exps = [t.args[0] for t in terms if isinstance(t, App) and t.op == "exp"]
    for t in subterms(goal.claim):
        if isinstance(t, App) and t.op in ("sin", "cos"):
            shift = t.args[0] if t.op == "cos" else sub(t.args[0], div(App("pi", ()), Num(2)))
            yield from (Instance("cosine_bound", (shift, Num(c))) for c in (1, -1))
            yield Instance("arch", (t,))
    written = [t.args[0] for t in subterms(goal.claim) if isinstance(t, App) and t.op == "exp"]
    exps = list(dict.fromkeys([*written, *exps, *(neg(e) for e in exps)]))[:8]
    if allowed("exp_tangent"):
        yield from (Instance("exp_tangent", (e,)) for e in exps)
    yield from (Instance("exp_monotone", pair) for pair in _ordered(exps))
    if allowed("log_tangent"):
        # as written: log(1/(K*x)) is known by its own tangent, and its parts by none that helps
        inside = [t.args[0] for t in subterms(goal.claim) if isinstance(t, App) and t.op == "log"]
        for a in dict.fromkeys(inside[:4]):
            yield from (Instance("log_tangent", (t,)) for t in (a, div(ONE, a)))
        for a in logs:
            for b in logs:
                if a != b:
                    yield Instance("log_tangent", (div(a, b),))
        for a in logs:
            yield Instance("log_tangent", (a,))
            yield Instance("log_tangent", (div(ONE, a),))
    yield from (Instance("log_monotone", pair) for pair in _ordered(logs))
    insides = [t.args[0] for t in terms if isinstance(t, App) and t.op == "abs"]
    insides = list(dict.fromkeys([*insides, *_inside_facts(goal)]))[:5]
    for s in insides:
        yield Instance("abs_bound", (s,))
        yield Instance("abs_bound", (neg(s),))
    # moduli of complex numbers are roots in the normal form
    insides += [
        t.args[0] for t in dict.fromkeys(subterms(goal.claim))
        if isinstance(t, App) and t.op == "abs" and sort_of(t.args[0]) is COMPLEX
    ][:4]
    if allowed("triangle_inequality"):
        for a, b in _ordered(insides):
            yield Instance("triangle_inequality", (a, b))
            yield Instance("triangle_inequality", (a, neg(b)))
        for t in insides:
            yield from _summands(t)
    if allowed("gibbs"):
        yield from gibbs_instances(goal.claim)
    yield from _powers_and_roots(goal)
    yield from _binder_instances(goal, allowed)
    yield from chance_instances(goal, allowed)


def _summands(inside: Term) -> Iterator[Instance]:
    """The triangle inequality for the two sides of each sum, the outermost first."""
    while isinstance(inside, App) and inside.op in ("+", "-") and sort_of(inside) is COMPLEX:
        a, b = inside.args
        yield Instance("triangle_inequality", (a, b if inside.op == "+" else neg(b)))
        inside = a


def _powers_and_roots(goal: Goal) -> Iterator[Instance]:
    """Bernoulli's inequality for each power with a symbolic exponent; roots of differences."""
    here = list(dict.fromkeys(subterms(goal.claim)))
    for t in here:
        match t:
            case App("^", (base, exponent)) if not isinstance(exponent, Num) and sort_of(exponent) is INTEGER:
                yield Instance("bernoulli", (base, exponent))
    roots = [t.args[0] for t in here if isinstance(t, App) and t.op == "sqrt"][:4]
    for a, b in _ordered(roots):
        yield Instance("sqrt_of_sum", (b, sub(a, b)))


def _inside_facts(goal: Goal) -> list[Term]:
    """What stands inside absolute values in the comparisons at hand."""
    return [
        t.args[0] for f in goal.context.facts if isinstance(f.claim, App) and f.claim.op in ("<", "<=")
        for t in subterms(goal.context.unfold(f.claim)) if isinstance(t, App) and t.op == "abs"
    ]


_BACKGROUND = frozenset(
    {
        "exp_tangent", "log_tangent", "triangle_inequality", "cosine_bound", "abs_of_sum",
        "expectation_is_monotone",
    }
)


def _ordered(terms: list[Term]) -> Iterator[tuple[Term, Term]]:
    for i, a in enumerate(terms):
        for j, b in enumerate(terms):
            if i != j:
                yield a, b


def _lam(term: Bind) -> Bind:
    return Bind("lam", term.var, (), term.body)


def _binder_instances(goal: Goal, allowed: object) -> Iterator[Instance]:
    """Inequalities about sums and maxima that occur in the goal as written."""
    assert callable(allowed)
    binders = [t for t in subterms(goal.claim) if isinstance(t, Bind) and len(t.over) == 2]
    binders = list(dict.fromkeys(binders))[:10]
    sums = [t for t in binders if t.op == "sum"]
    maxima = [t for t in binders if t.op == "max"]
    for t in sums:
        if allowed("abs_of_sum"):
            yield Instance("abs_of_sum", (*t.over, _lam(t)))
    for t in binders:
        if t.op in ("max", "min"):
            yield Instance("mean_at_most_max", (*t.over, _lam(t), Num(int(t.op == "min"))))
    if allowed("max_is_nonexpansive"):
        for a, b in combinations(maxima, 2):
            if a.over == b.over:
                yield Instance("max_is_nonexpansive", (*a.over, _lam(a), _lam(b)))
                yield from (Instance("abs_bound", (g,)) for g in (sub(a, b), sub(b, a)))
    if allowed("cauchy_schwarz"):
        yield from norm_instances(goal.claim)
        for t in sums:
            match t.body:
                case App("*", (f, g)):
                    one, two = Bind("lam", t.var, (), f), Bind("lam", t.var, (), g)
                    yield Instance("cauchy_schwarz", (*t.over, one, two))
                    yield Instance("cauchy_schwarz", (*t.over, one, Bind("lam", t.var, (), ONE)))
                case App("^", (f, Num(e))) if e == 2:
                    yield Instance(
                        "cauchy_schwarz", (*t.over, Bind("lam", t.var, (), f), Bind("lam", t.var, (), ONE))
                    )
            yield Instance("cauchy_schwarz", (*t.over, _lam(t), Bind("lam", t.var, (), ONE)))
    if allowed("entry_at_most_max"):
        for v in _indices(goal):
            entries = []
            for t in maxima:
                yield Instance("entry_at_most_max", (*t.over, _lam(t), v))
                match t.body:
                    case App("abs", (inside,)):
                        entries.append(substitute(inside, {t.var: v}))
            yield from (Instance("abs_bound", (g,)) for here in entries for g in (here, neg(here)))
            if allowed("triangle_inequality"):
                # the maximum norm of a sum, entry by entry
                yield from (Instance("triangle_inequality", pair) for pair in combinations(entries, 2))
    if allowed("term_at_most_sum"):
        for t in sums:
            for v in _indices(goal):
                yield Instance("term_at_most_sum", (*t.over, _lam(t), v))


def _indices(goal: Goal) -> list[Term]:
    found: list[Term] = [
        i for t in subterms(goal.claim) if isinstance(t, App) and t.op == "index" for i in t.args[1:]
        if isinstance(i, (Sym, Num))
    ]
    bound = {t.var for t in subterms(goal.claim) if isinstance(t, Bind)} - free_symbols(goal.claim)
    return [i for i in dict.fromkeys(found) if i not in bound][:6]


def _squares(run: Normaliser, target: Poly, atoms: list[int]) -> Iterator[Term]:
    """Squares of `m1 + m2` and `m1 - m2` for monomials whose squares may occur."""
    halves: list[Term] = []
    for m in target:
        if m and all(isinstance(e, int) and e % 2 == 0 for _, e in m):
            halves.append(run.to_term({tuple((a, e // 2) for a, e in m): Fraction(1)}))
    for a in atoms:
        term = run.atoms[a]
        if run.sign({((a, 1),): Fraction(1)}) in ("+", "0+") and (
            isinstance(term, Sym) or (isinstance(term, App) and term.op == "index")
        ):
            halves.append(App("sqrt", (term,)))
        elif isinstance(term, Sym) or (isinstance(term, App) and term.op == "index"):
            halves.append(term)
    halves = list(dict.fromkeys([*halves, ONE]))[:9]
    for one, two in combinations(halves, 2):
        yield App("+", (one, two))
        yield sub(one, two)
