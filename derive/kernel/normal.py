"""The kernel normal form: a scalar term becomes a Laurent polynomial over canonical atoms.

Promise: `normal(t)` equals `t` at every point where `t`, as written, is defined and the facts hold. A law
that needs a sign (`log(a*b)`, `sqrt(a^2)`, `a^s*a^t`) is applied only where `Signs` knows it; otherwise
the subterm stays an atom. Terms come in unfolded, scalarised and differentiated (see `accept.py`).

Normal form: exponentials split by monomial, `exp(2*x) = exp(x)^2`; `sin`, `cos`, `sinh`, ... through
exponentials, `im` as a power of `exp(im*pi)`; logarithms of products split where signs allow; `max`, `min`
through `abs`; `ite` through indicators; sums by monomial, as `sums.py` says.
"""

from __future__ import annotations

from fractions import Fraction

from derive.core.alpha import canonical
from derive.core.operator import OPERATORS
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, Scalar
from derive.core.term import PI, App, Bind, Num, Sym, Term
from derive.kernel.exponentials import inverse_hyperbolic
from derive.kernel.poly import UNIT, Decline, Poly, add_poly, constant, minus, scale
from derive.kernel.powers import Powers

HALF = Fraction(1, 2)


class Normaliser(Powers):
    """One run of the normal form under given facts; atoms are shared by everything it normalises."""

    def normal(self, term: Term) -> Poly:
        """The normal form; raises `Decline` past its bounds."""
        known = self.memo.get(term)
        if known is None:
            outer, self.used = self.used, set()
            try:
                found = self._normal(term)
                known = (found, frozenset(self.used))
                if not self.assumed and not self.asking:
                    # without this: what holds where two indices differ would be remembered for all;
                    # and what was not known half way through a question would stay unknown
                    self.memo[term] = known
            finally:
                self.used |= outer
        else:
            self.used |= known[1]
        return known[0]

    def remember(self, term: Term, p: Poly) -> None:
        """Note the normal form of a canonical term, with the facts that it may have used so far."""
        if term not in self.memo:
            self.memo[term] = (p, frozenset(self.used))

    def definition(self, atom: Term) -> Poly:
        """The polynomial that a `poly`, `root` or `abs` atom is about."""
        assert isinstance(atom, App)
        return self.normal(atom.args[0])

    def poly_atom(self, p: Poly) -> Term:
        """The atom that stands for a polynomial in denominators."""
        inner = self.to_term(p)
        self.remember(inner, p)
        return App("poly", (inner,))

    def tidy_term(self, term: Term) -> Term:
        """The canonical term of a scalar."""
        return self.to_term(self.simplify(self.normal(term)))

    def _normal(self, term: Term) -> Poly:
        match term:
            case Num(value):
                return constant(value)
            case Sym(_, sort):
                if isinstance(sort, Scalar):
                    return self.known_atom(term)
                raise Decline("an array where a number should be")
            case App(op, args):
                return self._app(term, op, args)
            case Bind("sum", var, (low, high), body):
                return self.sum(var, low, high, body)
            case Bind("prod", var, (low, high), body):
                return self.prod(var, low, high, body)
            case Bind("max" | "min" as op, var, (low, high), body):
                return self.extremum(op, var, low, high, body)
            case Bind("int", var, (low, high), body):
                return self.integral(var, low, high, body)
            case Bind("lim"):
                return self.limit(term)
            case Bind("E", var, _, body) if isinstance(sort_of(body), Scalar):
                return self.expectation(var, body)
            case Bind():
                return self.known_atom(canonical(term))

    def _app(self, term: App, op: str, args: tuple[Term, ...]) -> Poly:
        if op in _BRANCHED and _is_complex(args[0]) and not _whole_literal(op, args):
            # Over the complex numbers these have branches: no law is applied.
            # Without this: conj(sqrt(x + 0*im)) = sqrt(x + 0*im) for x < 0.
            return self.known_atom(canonical(term))
        match op:
            case "+":
                return add_poly(*(self.normal(a) for a in args))
            case "-":
                return minus(self.normal(args[0]), self.normal(args[1]))
            case "neg":
                return scale(self.normal(args[0]), -1)
            case "*":
                return self.times(self.normal(args[0]), self.normal(args[1]))
            case "/":
                return self.times(self.normal(args[0]), self.invert(self.normal(args[1])))
            case "^":
                return self.power(self.normal(args[0]), self.normal(args[1]), args[1])
            case "im":
                return {((UNIT, HALF),): Fraction(1)}
            case "exp":
                return self.exp(self.normal(args[0]))
            case "log" if "log" in self.features:
                return self.log(self.normal(args[0]))
            case "xlogy":
                return self.weighted_log(args[0], args[1])
            case "sqrt":
                return self.root(self.normal(args[0]), HALF)
            case "sin" | "cos" | "tan" | "sinh" | "cosh" | "tanh" if "exp" in self.features:
                return self.trigonometric(op, self.normal(args[0]))
            case "asinh" | "acosh" | "atanh" if "log" in self.features:
                return self.normal(inverse_hyperbolic(op, args[0]))
            case "abs":
                return self.abs(self.normal(args[0]))
            case "sign":
                return self.sign_function(self.normal(args[0]))
            case "max" | "min":
                return self.larger(op, self.normal(args[0]), self.normal(args[1]))
            case "sigmoid" | "softplus" | "relu":
                expand = OPERATORS[op].expand
                assert expand is not None
                return self.normal(expand(args))
            case "ite":
                return self.choice(args)
            case "indicator":
                return self.indicator(args[0])
            case "delta":
                return self.delta(self.normal(args[0]), self.normal(args[1]))
            case "index":
                return self.entry(args)
            case "conj" | "re" | "im_part":
                return self.complex_part(op, term)
            case "given":
                return self.given(term)
            case "apply" if (same := self.itself(term)) is not None:
                return self.normal(same)
            case "factorial":
                return self.factorial(self.normal(args[0]))
            case "binomial" if (small := self.small_binomial(*args)) is not None:
                return small
            case "floor" | "ceil":
                return self.whole_part(op, args[0])
            case "Gamma":
                return self.gamma(self.normal(args[0]))
            case "acos" if not _is_complex(args[0]):
                # acos(x) = pi/2 - asin(x) (DLMF 4.23.19)
                return minus(scale(self.normal(PI), HALF), self.odd("asin", self.normal(args[0])))
            case "atan" | "asin" | "erf":
                return self.odd(op, self.normal(args[0]))
        return self.known_atom(self.opaque(term))

    def opaque(self, term: App) -> Term:
        """An atom of an operator that the normal form knows nothing of: canonical scalar arguments."""
        new = []
        for a in term.args:
            sort = None if isinstance(a, Bind) and a.op == "lam" else sort_of(a)
            scalar = isinstance(sort, Scalar) and sort.value != "bool"
            new.append(self.tidy_term(a) if scalar else canonical(a))
        return App(term.op, tuple(new))

    # -------------------------------------------------------------- atoms

    def entry(self, args: tuple[Term, ...]) -> Poly:
        """`x[i, ...]`, with the axes of a symmetric matrix in canonical order."""
        array, indices = args[0], [self.tidy_term(i) for i in args[1:]]
        if isinstance(array, Sym) and array in self.symmetric and len(indices) == 2:
            self.use(self.symmetric[array])
            indices.sort(key=repr)
        base = array if isinstance(array, Sym) else canonical(array)
        return self.known_atom(App("index", (base, *indices)))


_BRANCHED = frozenset({"log", "sqrt", "^", "asinh", "acosh", "atanh", "asin", "acos", "atan", "sign"})


def _is_complex(term: Term) -> bool:
    return sort_of(term) is COMPLEX


def _whole_literal(op: str, args: tuple[Term, ...]) -> bool:
    return op == "^" and isinstance(args[1], Num) and args[1].value.denominator == 1
