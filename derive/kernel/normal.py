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

from derive.core.operator import OPERATORS
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, Scalar
from derive.core.term import (
    IM,
    ONE,
    PI,
    App,
    Bind,
    Num,
    Sym,
    Term,
    canonical,
    power,
)
from derive.kernel.complex_numbers import ComplexNumbers
from derive.kernel.poly import (
    MAX_EXPONENT,
    UNIT,
    Decline,
    Monomial,
    Poly,
    add_poly,
    constant,
    is_constant,
    minus,
    scale,
    tidy,
    value_of,
)
from derive.kernel.structure import is_integer

HALF = Fraction(1, 2)
_UP = ("+", "0+", "0")


class Normaliser(ComplexNumbers):
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
                return self.normal(_inverse_hyperbolic(op, args[0]))
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
            case "factorial":
                return self.factorial(self.normal(args[0]))
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

    def odd(self, op: str, p: Poly) -> Poly:
        """An odd function: the sign of the argument comes out."""
        if not p:
            return {}
        p = self.simplify(p)
        exact = _EXACT.get(op, {}).get(abs(value_of(p))) if is_constant(p) else None
        if exact is not None:
            turn = exact if value_of(p) > 0 else -exact
            return scale(self.normal(PI), turn)
        sign = -1 if self.leading_coefficient(p) < 0 else 1
        return scale(self.known_atom(App(op, (self.to_term(scale(p, sign)),))), sign)

    def whole_part(self, op: str, term: Term) -> Poly:
        """`floor`, with the whole part of the constant outside; `ceil(x) = -floor(-x)`; of an integer, itself."""
        p = self.normal(term)
        if is_integer(term):
            return p
        if not self.is_real(p):
            return self.known_atom(App(op, (self.to_term(p),)))
        if op == "ceil":
            return scale(self.floor(scale(p, -1)), -1)
        return self.floor(p)

    def floor(self, p: Poly) -> Poly:
        """The largest integer not above a real number."""
        shift = p.get((), Fraction(0)).__floor__()
        rest = minus(p, constant(shift))
        if is_constant(rest):
            return constant(shift)
        return add_poly(constant(shift), self.known_atom(App("floor", (self.to_term(rest),))))

    def factorial(self, p: Poly) -> Poly:
        """`(m + k)! = (m + k)...(m + 1) m!` for a literal k."""
        shift = p.get((), Fraction(0))
        if is_constant(p):
            if shift.denominator == 1 and 0 <= shift <= 2000:
                from math import factorial

                return constant(factorial(int(shift)))
            raise Decline("a factorial too large to compute")
        rest = minus(p, constant(shift))
        total = constant(1)
        if shift.denominator == 1 and 0 < shift <= 12 and self.sign(rest) in ("+", "0+"):
            for k in range(1, int(shift) + 1):
                total = self.times(total, add_poly(rest, constant(k)))
            p = rest
        return self.times(total, self.known_atom(App("factorial", (self.to_term(p),))))

    def weighted_log(self, x: Term, y: Term) -> Poly:
        """`x*log(y)`, and 0 where x is 0.

        The product is 0 there too, whatever number the logarithm's atoms stand for; so the law of `x = 0`
        needs no case. Without the first line: the entropy of [0, 1] would have no value.
        """
        weight = self.normal(x)
        return self.times(weight, self.normal(App("log", (y,)))) if weight else {}

    def gamma(self, p: Poly) -> Poly:
        """`Gamma(m + k) = (m + k - 1)...m*Gamma(m)` for a literal k; factorials, and roots of pi (DLMF 5.4.1, 5.4.6).

        Without the sign of m: Gamma(1/2) would be -1/2*Gamma(-1/2), of which nothing is said here.
        """
        p = self.simplify(p)
        shift = p.get((), Fraction(0))
        rest = minus(p, constant(shift))
        if not rest:
            if shift.denominator == 1 and 0 < shift <= 200:
                return self.factorial(constant(shift - 1))
            if shift.denominator == 2 and 0 < shift <= 40:
                total = constant(1)
                while shift > 1:
                    shift -= 1
                    total = scale(total, shift)
                return self.times(total, self.root(self.normal(PI), HALF))
            return self.known_atom(App("Gamma", (self.to_term(p),)))
        if self.is_whole(p) and self.sign(minus(p, constant(1))) in _UP:
            return self.factorial(minus(p, constant(1)))
        total = constant(1)
        while shift > 0 and shift.denominator <= 2 and self.sign(minus(p, constant(1))) == "+":
            p = minus(p, constant(1))
            total = self.times(total, p)
            shift -= 1
        return self.times(total, self.known_atom(App("Gamma", (self.to_term(p),))))

    # -------------------------------------------------------------- exponentials

    def exp(self, p: Poly) -> Poly:
        """`exp` of a polynomial, one atom for each monomial; coefficients become exponents."""
        p = self.simplify(p)
        if "exp" not in self.features:
            return self.known_atom(App("exp", (self.to_term(p),))) if p else constant(1)
        total = constant(1)
        for m, c in p.items():
            if len(m) == 1 and m[0][1] == 1 and self.is_log(m[0][0]):
                inner = self.normal(self.log_argument(m[0][0]))
                total = self.times(total, self.rational_power(inner, c))
                continue
            product = self.product_of_logs(m)
            if product is not None and c.denominator == 1:
                total = self.times(total, self.integer_power(product, int(c)))
                continue
            if len(m) == 2 and m[0] == (UNIT, HALF) and m[1][1] == 1 and self.is_pi(m[1][0]):
                total = self.times(total, self.monomial([(UNIT, c)]))
                continue
            turns = self.half_turns(m, c)
            if turns is not None:
                total = self.times(total, turns)
                continue
            atom = self.atom(App("exp", (self.to_term({m: Fraction(1)}),)))
            total = self.times(total, self.monomial([(atom, c)]))
        return total

    def half_turns(self, m: Monomial, c: Fraction) -> Poly | None:
        """`exp(im*pi*c*n) = ((-1)^n)^c` for whole n and c.

        Without wholeness: tests/unsound/full_turns_of_a_real.drv.
        """
        rest = tuple((a, e) for a, e in m if a != UNIT and not self.is_pi(a))
        if c.denominator != 1 or m[:1] != ((UNIT, HALF),) or len(rest) != len(m) - 2:
            return None
        whole: Poly = {rest: Fraction(1)}
        if any(self.is_pi(a) and e != 1 for a, e in m) or not self.is_whole(whole):
            return None
        return self.power_of_part(constant(-1), [(whole, c)], Fraction(0))

    def product_of_logs(self, m: Monomial) -> Poly | None:
        """`prod f` when the monomial is `sum log f`: the way back from the logarithm of a product."""
        if len(m) != 1 or m[0][1] != 1:
            return None
        match self.atoms[m[0][0]]:
            case Bind("sum", var, (low, high), App("log", (inner,))):
                fresh, body = self.enter(var, low, high, inner)
                return self.opaque_product(fresh, low, high, self.normal(body))
        return None

    def is_log(self, atom: int) -> bool:
        """Is this atom a logarithm?"""
        term = self.atoms[atom]
        return isinstance(term, App) and term.op == "log"

    def log_argument(self, atom: int) -> Term:
        """What it is the logarithm of."""
        term = self.atoms[atom]
        assert isinstance(term, App)
        return term.args[0]

    def is_pi(self, atom: int) -> bool:
        """Is this atom the circle number?"""
        return self.atoms[atom] == App("pi", ())

    def trigonometric(self, op: str, p: Poly) -> Poly:
        """Circular and hyperbolic functions through the exponential (Euler)."""
        if not op.endswith("h"):
            p = self.times(p, self.normal(IM))
        plus, less = self.exp(p), self.exp(scale(p, -1))
        even, odd = add_poly(plus, less), minus(plus, less)
        over_im = self.normal(IM) if not op.endswith("h") else constant(1)
        match op:
            case "cos" | "cosh":
                return scale(even, HALF)
            case "sin" | "sinh":
                return scale(self.times(odd, self.invert(over_im)), HALF)
            case _:
                return self.times(odd, self.invert(self.times(over_im, even)))

    # -------------------------------------------------------------- logarithms, roots, absolute values

    def pieces(self, p: Poly) -> tuple[Fraction, list[tuple[Poly, Fraction]]]:
        """A constant and real factors with exponents, `p = c * product f^e`."""
        p, below = self.reduced_fraction(p)
        content, factors = self.factor(p)
        ((m, c),) = content.items()
        found: list[tuple[Poly, Fraction]] = [({((a, 1),): Fraction(1)}, Fraction(e)) for a, e in m]
        found += [(f, Fraction(e)) for f, e in factors]
        found += [(self.definition(self.atoms[a]), Fraction(-k)) for a, k in below]
        return c, found

    def log(self, p: Poly) -> Poly:
        """The logarithm of a positive number: products split where the signs of the factors are known."""
        if not p:
            raise Decline("the logarithm of 0")
        if not self.is_real(p):
            return self.known_atom(App("log", (self.to_term(p),)))
        c, found = self.pieces(p)
        total: Poly = {}
        rest = constant(1)
        for f, e in found:
            linear = self.exponent_of(f)
            if linear is not None:
                total = add_poly(total, scale(linear, e))
                continue
            sign = self.sign(f)
            if sign == "-":
                c = -c if e % 2 else c
                if e.denominator != 1:
                    raise Decline("a root of a negative number")
                total = add_poly(total, scale(self.log_atom(scale(f, -1)), e))
            elif sign in ("+", "0+"):
                # f is not 0: the product is owed positive. Without this: log(0^2) in tests/unsound/
                total = add_poly(total, scale(self.log_atom(f), e))
            else:
                odd = e % 2 if e.denominator == 1 else None
                if odd is None:
                    raise Decline("a root of unknown sign under a logarithm")
                if e - odd:
                    total = add_poly(total, scale(self.log_atom(self.abs(f)), e - odd))
                if odd:
                    rest = self.times(rest, f)
        if c < 0:
            c, rest = -c, scale(rest, -1)
        if is_constant(rest):
            if value_of(rest) < 0:
                raise Decline("the logarithm of a negative number")
        else:
            # the factors' signs are not known: their product is one positive number
            total = add_poly(total, self.known_atom(App("log", (self.to_term(rest),))))
        return add_poly(total, self.log_number(c))

    def exponent_of(self, f: Poly) -> Poly | None:
        """The real `m` when `f` is the atom `exp(m)`."""
        if len(f) == 1:
            ((m, c),) = f.items()
            if c == 1 and len(m) == 1:
                term = self.atoms[m[0][0]]
                if isinstance(term, App) and term.op == "exp" and m[0][0] != UNIT:
                    inner = self.normal(term.args[0])
                    if self.is_real(inner):
                        return scale(inner, Fraction(m[0][1]))
        return None

    def log_atom(self, f: Poly) -> Poly:
        """The logarithm of one positive factor."""
        if len(f) == 1:
            ((m, c),) = f.items()
            if not m:
                return self.log_number(c)
            if c == 1 and len(m) == 1:
                term = self.atoms[m[0][0]]
                if isinstance(term, App) and term.op == "root":
                    return scale(self.log(self.definition(term)), Fraction(m[0][1]))
                if isinstance(term, Bind) and term.op == "prod":
                    return self.log_of_product(term)
            elif abs(c) != 1 or len(m) > 1:
                return self.log(f)
        return self.known_atom(App("log", (self.to_term(f),)))

    def log_number(self, c: Fraction) -> Poly:
        """The logarithm of a positive rational, by its primes."""
        total: Poly = {}
        for prime, e in _primes(c):
            total = add_poly(total, scale(self.known_atom(App("log", (Num(prime),))), e))
        return total

    def rational_power(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for a literal exponent; a fractional one owes `p >= 0`."""
        if e.denominator == 1:
            return self.integer_power(p, int(e))
        return self.root(p, e)

    def root(self, p: Poly, e: Fraction) -> Poly:
        """`p^e` for a fractional `e` and `p >= 0`: square roots and their kin."""
        if not p:
            return {}
        if not self.is_real(p):
            wave = self.root_of_wave(p, e)
            if wave is not None:
                return wave
            if self.sign(p) in ("+", "0+"):
                return self.nonnegative_power(p, e)
            return self.known_atom(App("^", (self.to_term(p), Num(e))))
        c, found = self.pieces(p)
        total, rest = constant(1), constant(1)
        for f, k in found:
            if self.exponent_of(f) is not None:
                ((m, _),) = f.items()
                total = self.times(total, self.monomial([(m[0][0], m[0][1] * k * e)]))
                continue
            sign = self.sign(f)
            if sign in ("-", "0-"):
                f, sign = scale(f, -1), "+"
                c = -c if k % 2 else c
            if sign in ("+", "0+"):
                total = self.times(total, self.nonnegative_power(f, k * e))
            elif k.denominator != 1:
                raise Decline("a root of unknown sign under a root")
            else:
                odd = k % 2
                if k - odd:
                    total = self.times(total, self.nonnegative_power(self.abs(f), (k - odd) * e))
                if odd:
                    rest = self.times(rest, f)
        if c < 0:
            c, rest = -c, scale(rest, -1)
        if is_constant(rest):
            if value_of(rest) < 0:
                raise Decline("the root of a negative number")
        else:
            total = self.times(total, self.nonnegative_power(rest, e))
        for prime, k in _primes(c):
            total = self.times(total, self.nonnegative_power(constant(prime), k * e))
        return total

    def nonnegative_power(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` where `f >= 0`: the whole part expands, the fraction stays a root."""
        whole = e.__floor__()
        total = self.integer_power(f, whole)
        if e == whole:
            return total
        atom = self.atom(self.root_atom(f))
        return self.times(total, self.monomial([(atom, tidy(e - whole))]))

    def root_atom(self, f: Poly) -> Term:
        """The atom whose first power is `f`."""
        inner = self.to_term(f)
        self.remember(inner, f)
        return App("root", (inner,))

    def abs(self, p: Poly) -> Poly:
        """The absolute value of a real number, factor by factor."""
        if not p:
            return {}
        if not self.is_real(p):
            return self.modulus(p)
        sign = self.sign(p)
        if sign in ("+", "0+"):
            return p
        if sign in ("-", "0-"):
            return scale(p, -1)
        c, found = self.pieces(p)
        total = constant(abs(c))
        for f, e in found:
            sign = self.sign(f)
            if sign in ("+", "0+"):
                total = self.times(total, self.fractional(f, e))
            elif sign in ("-", "0-"):
                total = self.times(total, self.fractional(scale(f, -1), e))
            else:
                inner = self.to_term(f)
                self.remember(inner, f)
                atom = self.atom(App("abs", (inner,)))
                total = self.times(total, self.monomial([(atom, tidy(e))]))
        return total

    def fractional(self, f: Poly, e: Fraction) -> Poly:
        """`f^e` for `f >= 0`, whatever `e`."""
        if e.denominator == 1:
            return self.integer_power(f, int(e))
        if len(f) == 1:
            ((m, c),) = f.items()
            if c == 1:
                return self.monomial([(a, x * e) for a, x in m])
        return self.nonnegative_power(f, e)

    def sign_function(self, p: Poly) -> Poly:
        """`sign(p)`, as `p/abs(p)` where `p` is known not to be 0."""
        match self.sign(p):
            case "+":
                return constant(1)
            case "-":
                return constant(-1)
            case "0":
                return {}
            case "!0":
                return self.times(p, self.invert(self.abs(p)))
        return self.odd("sign", p)

    def larger(self, op: str, p: Poly, q: Poly) -> Poly:
        """`max(p, q) = (p + q + |p - q|)/2`, `min` with the other sign."""
        if not (self.is_real(p) and self.is_real(q)):
            raise Decline("the larger of complex numbers")
        gap = self.abs(minus(p, q))
        return scale(add_poly(p, q, gap if op == "max" else scale(gap, -1)), HALF)

    # -------------------------------------------------------------- powers

    def power(self, base: Poly, exponent: Poly, written: Term) -> Poly:
        """`base ^ exponent`."""
        if is_constant(exponent):
            e = value_of(exponent)
            if abs(e) > MAX_EXPONENT and len(base) > 1:
                return self.opaque_power(base, exponent)
            return self.rational_power(base, e)
        if base == constant(1):
            return constant(1)
        if not self.is_real(base) or not self.is_real(exponent):
            return self.opaque_power(base, exponent)
        if self.sign(base) == "+" and "log" in self.features:
            return self.exp(self.times(exponent, self.log(base)))
        if not base and sort_of(written) is INTEGER and self.sign(exponent) == "+":
            return {}
        if sort_of(written) is not INTEGER or not base:
            return self.opaque_power(base, exponent)
        return self.whole_power(base, exponent)

    def opaque_power(self, base: Poly, exponent: Poly) -> Poly:
        """A power about which nothing is known."""
        return self.known_atom(power(self.to_term(base), self.to_term(exponent)))

    def whole_power(self, base: Poly, exponent: Poly) -> Poly:
        """`base^(c1*m1 + ... + c0)` for whole exponents: split where no part divides by zero.

        Without the guard: 0^n = 0^(n-1)*0 at n = 0 (tests/unsound/power_at_zero.drv).
        """
        whole = all(c.denominator == 1 for c in exponent.values())
        if not whole:
            return self.opaque_power(base, exponent)
        if self.sign(base) in ("+", "-", "!0"):
            parts = [({m: Fraction(1)}, c) for m, c in exponent.items() if m]
            shift = exponent.get((), Fraction(0))
        else:
            parts, shift = self.from_least(exponent)
            if shift < 0 or not all(c > 0 and self.sign(q) in _UP for q, c in parts):
                return self.opaque_power(base, exponent)
        c, found = self.pieces(base)
        total = constant(1)
        if c < 0:
            # (-1)^(k - 1) and (-1)^k are one atom and its negative, whatever k is counted from
            whole_parts = [({m: Fraction(1)}, d) for m, d in exponent.items() if m]
            total, c = self.power_of_part(constant(-1), whole_parts, exponent.get((), Fraction(0))), -c
        if c != 1:
            total = self.times(total, self.exp(self.times(exponent, self.log_number(c))))
        for f, e in found:
            if e.denominator != 1:
                return self.opaque_power(base, exponent)
            part = self.power_of_part(f, parts, shift)
            total = self.times(total, self.integer_power(part, int(e)))
        return total

    def from_least(self, exponent: Poly) -> tuple[list[tuple[Poly, Fraction]], Fraction]:
        """An exponent in parts counted from the least value that each is known to have, and the number left.

        `T` that is at least 1 is `(T - 1) + 1`: so `g^T` is `g*g^(T - 1)`, whether or not g is 0. The variable of
        a sum stays as it is: sums over ranges with different starts have one body.
        """
        parts = []
        shift = exponent.get((), Fraction(0))
        for m, c in exponent.items():
            if m:
                unit: Poly = {m: Fraction(1)}
                bound = any(self.atoms[a] in self.ranges for a, _ in m)
                least = 1 if not bound and self.sign(minus(unit, constant(1))) in _UP else 0
                parts.append((minus(unit, constant(least)), c))
                shift += c * least
        return parts, shift

    def power_of_part(self, f: Poly, parts: list[tuple[Poly, Fraction]], shift: Fraction) -> Poly:
        """One factor of the base to the whole exponent."""
        total = self.integer_power(f, int(shift))
        for q, c in parts:
            atom = self.atom(power(self.to_term(f), self.to_term(q)))
            total = self.times(total, self.monomial([(atom, int(c))]))
        return total


# Values that are rational multiples of pi (DLMF 4.23).
_EXACT = {
    "atan": {Fraction(1): Fraction(1, 4)},
    "asin": {Fraction(1): HALF, HALF: Fraction(1, 6)},
}
_BRANCHED = frozenset({"log", "sqrt", "^", "asinh", "acosh", "atanh", "asin", "acos", "atan", "sign"})


def _is_complex(term: Term) -> bool:
    return sort_of(term) is COMPLEX


def _whole_literal(op: str, args: tuple[Term, ...]) -> bool:
    return op == "^" and isinstance(args[1], Num) and args[1].value.denominator == 1


def _inverse_hyperbolic(op: str, x: Term) -> Term:
    """Inverse hyperbolic functions as logarithms (DLMF 4.37)."""
    square = power(x, Num(2))
    match op:
        case "asinh":
            return App("log", (App("+", (x, App("sqrt", (App("+", (square, ONE)),)))),))
        case "acosh":
            return App("log", (App("+", (x, App("sqrt", (App("-", (square, ONE)),)))),))
        case _:
            ratio = App("/", (App("+", (ONE, x)), App("-", (ONE, x))))
            return App("/", (App("log", (ratio,)), Num(2)))


def _primes(c: Fraction) -> list[tuple[int, Fraction]]:
    """The prime factorisation of a positive rational; a part too large to factor stays whole."""
    found: dict[int, int] = {}
    for number, sign in ((c.numerator, 1), (c.denominator, -1)):
        n, p = number, 2
        while p * p <= n and p < 5000:
            while n % p == 0:
                found[p] = found.get(p, 0) + sign
                n //= p
            p += 1
        if n > 1:
            found[n] = found.get(n, 0) + sign
    return [(p, Fraction(e)) for p, e in sorted(found.items()) if e]


