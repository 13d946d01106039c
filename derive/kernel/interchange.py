"""When a derivative may be taken under E: linear in what is random, or dominated near the point.

Promise: `may_interchange` says yes only where E[t] has the derivative that `score.py` writes, given that t is defined
and differentiable at every sample point for all values of the variable near the point (which is owed by itself).
Two ways: every monomial is a smooth function of the variable times an integrable one without it; or the slopes are
bounded, for all values near the point, by a polynomial (or an exponential of one of degree 1) in variables whose laws
have all such moments, locally uniformly in their parameters (Williams, Probability with Martingales, A16.1; Lehmann
and Casella, Theory of Point Estimation, theorem 1.5.8).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.families import entry_of, family_of, members
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array
from derive.core.term import App, Bind, Num, Sym, Term, free_symbols, substitute
from derive.kernel.arrays import scalarise
from derive.kernel.continuity import is_continuous
from derive.kernel.derivative import Refusal, derivative
from derive.kernel.guards import is_finite
from derive.kernel.independence import POINT
from derive.kernel.normal import Normaliser
from derive.kernel.poly import UNIT, Decline, Monomial, Poly
from derive.kernel.score import parts

# Their generating functions exist everywhere, locally uniformly in the parameters.
_ENTIRE = frozenset({"Normal", "Poisson"})
_FEW = frozenset({"Bernoulli", "Binomial", "Categorical"})
_BOUNDED = frozenset({"sin", "cos", "tanh", "sigmoid", "atan", "erf", "sign"})
_LINEAR = frozenset({"softplus", "relu", "abs", "neg"})


@dataclass(frozen=True, slots=True)
class _Growth:
    """At most a constant times (1 + the sizes of the variables)^degree, times exp of a multiple of them if `rapid`.

    The constant serves for all values of the variable near the point.
    """

    degree: int = 0
    rapid: bool = False


def may_interchange(run: Normaliser, function: Term, variable: Sym) -> bool:
    """Is E[t], as a function of the variable, differentiable under E? `function` is `lam x. E[t]`."""
    sort = variable.sort
    entry = sort.entry if isinstance(sort, Array) else sort
    if not (isinstance(function, Bind) and function.op == "lam" and function.var.sort == sort and entry is REAL):
        return False
    mean = substitute(function.body, {function.var: variable})
    if not (isinstance(mean, Bind) and mean.op == "E") or any(s.name == POINT.name for s in free_symbols(mean)):
        return False
    mean = Bind("E", POINT, mean.over, substitute(mean.body, {mean.var: POINT}))
    try:
        found = parts(mean, variable)
        if isinstance(found, str):
            return False
        if not found.names and _separates(run, scalarise(mean.body), variable):
            return True
        if isinstance(sort, Array):
            return False
        slope = derivative(mean, variable)
        if isinstance(slope, Refusal):
            return False
        rough = _Rough(run, variable)
        whole = rough.growth(scalarise(mean.body))
        inside = slope.body if isinstance(slope, Bind) else slope
        grown = rough.growth(scalarise(inside))
        if found.names:
            # without this: a variable in a condition alone would count as independent of the one whose law moves
            sources = run.sources(scalarise(mean.body))
            if sources is None or not sources <= rough.seen.keys():
                return False
        return whole is not None and grown is not None and rough.tame(whole.rapid or grown.rapid)
    except (Decline, RecursionError):
        return False


def has_mean(run: Normaliser, body: Term) -> bool:
    """Has a random variable at the sample point of the facts every moment, by how it grows?"""
    rough = _Rough(run, Sym("~none", REAL))
    try:
        found = rough.growth(scalarise(body))
    except (Decline, RecursionError):
        return False
    return found is not None and rough.tame(found.rapid)


def _separates(run: Normaliser, body: Term, variable: Sym) -> bool:
    """Is it a sum of products of a polynomial in the variable and of an integrable random variable without it?"""
    p = run.simplify(run.normal(body))
    return _split(run, p, variable) and run.integrable(POINT, p)


def _split(run: Normaliser, p: Poly, variable: Sym) -> bool:
    """Is each factor the variable (or an entry), free of it, or a finite sum of such products?"""
    for m in p:
        for a, e in m:
            if a == UNIT or variable not in free_symbols(run.atoms[a]):
                continue
            term = run.atoms[a]
            if not isinstance(e, int) or e < 0:
                return False
            match term:
                case App("index", (base, *at)) if base == variable:
                    # without this: a jump where an index that is random, or that varies, changes
                    if any({variable, POINT} & free_symbols(i) for i in at):
                        return False
                case Bind("sum"):
                    dummies, inside = run.open(term)
                    if any({variable, POINT} & free_symbols(end) for _, *ends in dummies for end in ends):
                        return False
                    if not _split(run, run.normal(run.product_term(inside)), variable):
                        return False
                case _ if term != variable:
                    # without this: E[abs(X - t)], whose slope is E[sign(t - X)] by more than linearity
                    return False
    return True


class _Rough:
    """How terms grow with the random variables in them, with the variables seen so far."""

    def __init__(self, run: Normaliser, variable: Sym) -> None:
        self.run = run
        self.variable = variable
        self.seen: dict[Term, str] = {}

    def tame(self, rapid: bool) -> bool:
        """Do the laws have the moments, and are variables whose law moves independent of all others?"""
        if rapid and any(law not in _ENTIRE and not self._bounded(law) for law in self.seen.values()):
            return False
        moving = [s for s in self.seen if self.variable in free_symbols(s)]
        return not moving or len(self.seen) == 1 or self._independent()

    def _bounded(self, law: str) -> bool:
        from derive.core.laws import LAWS

        return LAWS[law].bounded

    def _independent(self) -> bool:
        """Each pair apart would not do: the joint density is the product only for mutual independence."""
        monomial: Monomial = tuple(sorted((self._atom(s), 1) for s in self.seen))
        groups = self.run.groups(POINT, monomial)
        return groups is not None and len(groups) == len(self.seen)

    def _atom(self, source: Term) -> int:
        ((m, _),) = self.run.normal(source).items()
        ((a, _),) = m
        return a

    def growth(self, term: Term) -> _Growth | None:
        """How it grows; None where that is not clear."""
        if POINT not in free_symbols(term):
            # without continuity: 1/t near 0, or a value that jumps, is not bounded by one constant
            return _Growth() if is_continuous(term, self.variable) else None
        if entry_of(term, POINT) is not None:
            return self._source(term)
        match term:
            case App(("+" | "-" | "max" | "min"), args):
                return _largest([self.growth(a) for a in args])
            case App("ite", (_, then, otherwise)):
                return _largest([self.growth(then), self.growth(otherwise)])
            case App("*", (a, b)):
                return _product(self.growth(a), self.growth(b))
            case App("/", (a, b)) if POINT not in free_symbols(b):
                return _product(self.growth(a), self.growth(b))
            case App("/", (a, b)) if _at_least(b):
                return None if self.growth(b) is None else self.growth(a)
            case App("log", (App("+", (Num(c), App("exp", (a,)))),)) if c > 0:
                return self.growth(a)
            case App("^", (a, Num(e))) if e.denominator == 1 and e >= 0:
                inner = self.growth(a)
                return None if inner is None else _Growth(inner.degree * int(e), inner.rapid)
            case App(op, (a,)) if op in _BOUNDED and sort_of(a) in (REAL, INTEGER):
                # the values are bounded whatever the argument; its variables count for independence
                return None if self.growth(a) is None else _Growth()
            case App("indicator", (App(_, sides),)):
                return None if any(self.growth(s) is None for s in sides) else _Growth()
            case App(op, (a,)) if op in _LINEAR:
                return self.growth(a)
            case App("exp", (a,)) if _at_most_zero(a):
                return None if self.growth(a) is None else _Growth()
            case App("exp", (a,)):
                inner = self.growth(a)
                if inner is None or inner.rapid or inner.degree > 1:
                    return None
                return _Growth(0, inner.degree == 1)
            case App("index", (_, at)) if self.variable not in free_symbols(term):
                return self._entry(term, at)
            case Bind("sum", var, (low, high), body):
                ends = free_symbols(low) | free_symbols(high)
                if POINT in ends or self.variable in ends or not is_finite(low, high):
                    return None
                _, inside = self.run.enter(var, low, high, body)
                return self.growth(inside)
        return self._between(term)

    def _source(self, term: Term) -> _Growth | None:
        law = self.run.law_at(term)
        if law is None or not law[0].tame:
            return None
        family = family_of(term)
        if family is not None and self.variable in free_symbols(term) and not all(
            is_continuous(a, self.variable) for a in family.law.args
        ):
            return None
        self.run.use(*law[2])
        self.seen[term] = law[0].name
        return _Growth(0 if law[0].bounded and self.variable not in free_symbols(term) else 1)

    def _entry(self, term: Term, at: Term) -> _Growth | None:
        """An entry of a fixed array at a place that is random: one of finitely many numbers."""
        assert isinstance(term, App)
        if POINT in free_symbols(term.args[0]) or self.growth(at) is None:
            return None
        return _Growth()

    def _between(self, term: Term) -> _Growth | None:
        """A factor without the variable that has few values, or that facts bound from both sides."""
        if self.variable in free_symbols(term) and self._free(term, members(term)):
            return None
        few = self.run.sources(term)
        if few and all((law := self.run.law_at(s)) is not None and law[0].name in _FEW for s in few):
            return None if any(self._source(s) is None for s in few) else _Growth()
        p = self.run.normal(term)
        if len(p) != 1:
            return None
        (m,) = p
        sources = self.run.sources(term)
        if len(m) != 1 or m[0][1] != 1 or sources is None or not self.run._between(POINT, m[0][0]):
            return None
        if any(self._source(s) is None for s in sources):
            return None
        return _Growth()

    def _free(self, term: Term, inside: tuple[Term, ...]) -> bool:
        """Does the variable stand outside the members?"""
        if term in inside:
            return False
        if term == self.variable:
            return True
        parts_of = term.args if isinstance(term, App) else (*term.over, term.body) if isinstance(term, Bind) else ()
        return any(self._free(p, inside) for p in parts_of)


def _at_least(term: Term) -> bool:
    """Is it a positive number plus what is never negative?"""
    match term:
        case App("+", (Num(c), rest)) | App("+", (rest, Num(c))) if c > 0:
            kind = isinstance(rest, App) and (rest.op in ("exp", "abs") or _is_even(rest))
            return kind and sort_of(rest) is not COMPLEX
        case App("^", (a, Num(e))) if e.denominator == 1 and e >= 1:
            return _at_least(a)
    return False


def _at_most_zero(term: Term) -> bool:
    """Is it minus a real square, whatever the values?"""
    match term:
        case App("neg", (a,)):
            return _at_least_zero(a)
        case App("*", (Num(c), a)) if c <= 0:
            return _at_least_zero(a)
        case App("*" | "/", (a, Num(c))) if c > 0:
            return _at_most_zero(a)
    return False


def _at_least_zero(term: Term) -> bool:
    match term:
        case App("*", (Num(c), a)) | App("*" | "/", (a, Num(c))) if c > 0:
            return _at_least_zero(a)
        case App("^", (a, _)):
            return _is_even(term) and sort_of(a) in (REAL, INTEGER)
    return False


def _is_even(term: App) -> bool:
    match term:
        case App("^", (_, Num(e))):
            return e.denominator == 1 and e >= 0 and e % 2 == 0
    return False


def _largest(found: list[_Growth | None]) -> _Growth | None:
    known = [g for g in found if g is not None]
    if len(known) < len(found):
        return None
    return _Growth(max(g.degree for g in known), any(g.rapid for g in known))


def _product(a: _Growth | None, b: _Growth | None) -> _Growth | None:
    return None if a is None or b is None else _Growth(a.degree + b.degree, a.rapid or b.rapid)
