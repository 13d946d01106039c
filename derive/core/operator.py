"""The vocabulary: one row for each operator, with all of its meaning that needs no foreign library.

A row says what the operator takes, what it owes to be defined (`owes`), what it abbreviates (`expand`),
its derivative in each argument (`slope`), what is known of its sign and monotony. The back ends add a
cell each, in `backends/`. An empty cell is an answer ("unknown"), never a crash.

Sources: NIST DLMF chapters 4 to 7 for the elementary and special functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from derive.core.sort import INTEGER
from derive.core.term import (
    ONE,
    PI,
    TWO,
    ZERO,
    App,
    Bind,
    Num,
    Sym,
    Term,
    add,
    conj,
    div,
    le,
    lt,
    mul,
    ne,
    neg,
    power,
    sub,
)

Args = tuple[Term, ...]


def f(op: str, *args: Term) -> Term:
    """`op` applied to arguments."""
    return App(op, args)


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of the vocabulary.

    `arity` is a number, or -1 for any. `kind` sorts the rows: arithmetic, relation, logic, elementary,
    special, array. `owes(args)` are the propositions that must hold for the value to exist over the
    reals (the arguments' own conditions not repeated). `expand(args)` is what the operator abbreviates.
    `slope(args)` are the partial derivatives, one for each argument; `smooth(args)` what they owe beyond
    `owes` (being away from a kink, or inside an open domain).
    `sign` is what is true of every value: "positive", "nonnegative" or "". `monotone` is "increasing",
    "decreasing" or "" on the whole domain, `bounds` a lower and an upper bound of all values.
    """

    name: str
    arity: int
    kind: str
    doc: str
    owes: Callable[[Args], Args] = lambda args: ()
    expand: Callable[[Args], Term] | None = None
    slope: Callable[[Args], Args] | None = None
    smooth: Callable[[Args], Args] = lambda args: ()
    sign: str = ""
    monotone: str = ""
    bounds: tuple[Fraction | None, Fraction | None] = (None, None)


def _is_natural_literal(term: Term) -> bool:
    return isinstance(term, Num) and term.value.denominator == 1 and term.value >= 0


HALF = Num(Fraction(1, 2))
_UNIT = (Fraction(-1), Fraction(1))


def _power_owes(args: Args) -> Args:
    """What `base ^ exponent` owes, by the literal exponent; `kernel/conditions.py` refines it by sort."""
    base, exponent = args
    match exponent:
        case Num(value) if value.denominator == 1:
            return () if value >= 0 else (ne(base, ZERO),)
        case Num(value):
            return (le(ZERO, base),) if value > 0 else (lt(ZERO, base),)
        case _:
            return (lt(ZERO, base),)


def _is_whole(term: Term) -> Args:
    """That a number is an integer; nothing where its sort says so."""
    from derive.core.shape import sort_of

    # without this: Var(X) = n*p*(1 - p) for X ~ Binomial(n, p) and n = 1/2, where there is no such law
    return () if sort_of(term) is INTEGER else (App("=", (f("floor", term), term)),)


def _are_masses(array: Term) -> Args:
    """That the entries of a vector are nonnegative and add up to 1."""
    from derive.core.shape import shape_of

    shape = shape_of(array)
    if len(shape) != 1:
        return (f("unsupported", array),)
    k = Sym("k~", INTEGER)
    entry = f("index", array, k)
    over = (ONE, shape[0])
    # without this: E[1] = 1 as the sum of "probabilities" that add up to 2
    return Bind("forall", k, over, le(ZERO, entry)), App("=", (Bind("sum", k, over, entry), ONE))


def _place(array: Term) -> tuple[Sym, Term, Term]:
    """An index of a vector, its length, the entry there."""
    from derive.core.shape import shape_of

    k = Sym("k~", INTEGER)
    return k, shape_of(array)[0], f("index", array, k)


def _all_positive(array: Term) -> Args:
    """The entries of a vector are positive, and there are some."""
    k, length, entry = _place(array)
    over = (ONE, length)
    return Bind("forall", k, over, lt(ZERO, entry)), lt(ZERO, Bind("sum", k, over, entry))


def _one_size(vector: Term, *matrices: Term) -> Args:
    """The vector is as long as the matrices have rows and columns."""
    from derive.core.shape import shape_of

    sizes = dict.fromkeys(n for m in (vector, *matrices) for n in shape_of(m))
    first, *others = sizes
    return tuple(App("=", (first, n)) for n in others)


_ROWS = (
    # arithmetic
    Operator("+", 2, "arithmetic", "sum", slope=lambda a: (ONE, ONE)),
    Operator("-", 2, "arithmetic", "difference", slope=lambda a: (ONE, Num(-1))),
    Operator("neg", 1, "arithmetic", "negation", slope=lambda a: (Num(-1),)),
    Operator("*", 2, "arithmetic", "product", slope=lambda a: (a[1], a[0])),
    Operator(
        "/", 2, "arithmetic", "quotient; the denominator is not 0",
        owes=lambda a: (ne(a[1], ZERO),),
        slope=lambda a: (div(ONE, a[1]), neg(div(a[0], power(a[1], TWO)))),
    ),
    Operator(
        "^", 2, "arithmetic",
        "power: integer exponents by multiplication (0^0 = 1), real exponents of positive bases",
        owes=_power_owes,
        slope=lambda a: (
            mul(a[1], power(a[0], sub(a[1], ONE))), mul(f("log", a[0]), power(a[0], a[1]))
        ),
    ),
    # elementary functions
    Operator("exp", 1, "elementary", "exponential", slope=lambda a: (f("exp", a[0]),),
             sign="positive", monotone="increasing"),
    Operator("log", 1, "elementary", "natural logarithm of a positive number",
             owes=lambda a: (lt(ZERO, a[0]),), slope=lambda a: (div(ONE, a[0]),),
             monotone="increasing"),
    Operator("sqrt", 1, "elementary", "square root of a nonnegative number",
             owes=lambda a: (le(ZERO, a[0]),),
             slope=lambda a: (div(ONE, mul(TWO, f("sqrt", a[0]))),),
             smooth=lambda a: (lt(ZERO, a[0]),), sign="nonnegative", monotone="increasing"),
    Operator("cbrt", 1, "elementary", "the real cube root",
             slope=lambda a: (div(ONE, mul(Num(3), power(f("cbrt", a[0]), TWO))),),
             smooth=lambda a: (ne(a[0], ZERO),), monotone="increasing"),
    Operator("sin", 1, "elementary", "sine", slope=lambda a: (f("cos", a[0]),), bounds=_UNIT),
    Operator("cos", 1, "elementary", "cosine", slope=lambda a: (neg(f("sin", a[0])),), bounds=_UNIT),
    Operator("tan", 1, "elementary", "tangent; the cosine is not 0",
             owes=lambda a: (ne(f("cos", a[0]), ZERO),),
             slope=lambda a: (add(ONE, power(f("tan", a[0]), TWO)),)),
    Operator("sinh", 1, "elementary", "hyperbolic sine", slope=lambda a: (f("cosh", a[0]),),
             monotone="increasing"),
    Operator("cosh", 1, "elementary", "hyperbolic cosine", slope=lambda a: (f("sinh", a[0]),),
             sign="positive", bounds=(Fraction(1), None)),
    Operator("tanh", 1, "elementary", "hyperbolic tangent",
             slope=lambda a: (sub(ONE, power(f("tanh", a[0]), TWO)),),
             monotone="increasing", bounds=_UNIT),
    Operator("asin", 1, "elementary", "inverse sine on [-1, 1]",
             owes=lambda a: (le(Num(-1), a[0]), le(a[0], ONE)),
             slope=lambda a: (div(ONE, f("sqrt", sub(ONE, power(a[0], TWO)))),),
             smooth=lambda a: (lt(Num(-1), a[0]), lt(a[0], ONE)), monotone="increasing"),
    Operator("acos", 1, "elementary", "inverse cosine on [-1, 1]",
             owes=lambda a: (le(Num(-1), a[0]), le(a[0], ONE)),
             slope=lambda a: (neg(div(ONE, f("sqrt", sub(ONE, power(a[0], TWO))))),),
             smooth=lambda a: (lt(Num(-1), a[0]), lt(a[0], ONE)),
             sign="nonnegative", monotone="decreasing"),
    Operator("atan", 1, "elementary", "inverse tangent",
             slope=lambda a: (div(ONE, add(ONE, power(a[0], TWO))),), monotone="increasing"),
    Operator("asinh", 1, "elementary", "inverse hyperbolic sine",
             slope=lambda a: (div(ONE, f("sqrt", add(power(a[0], TWO), ONE))),),
             monotone="increasing"),
    Operator("acosh", 1, "elementary", "inverse hyperbolic cosine on [1, inf)",
             owes=lambda a: (le(ONE, a[0]),),
             slope=lambda a: (div(ONE, f("sqrt", sub(power(a[0], TWO), ONE))),),
             smooth=lambda a: (lt(ONE, a[0]),), sign="nonnegative", monotone="increasing"),
    Operator("atanh", 1, "elementary", "inverse hyperbolic tangent on (-1, 1)",
             owes=lambda a: (lt(Num(-1), a[0]), lt(a[0], ONE)),
             slope=lambda a: (div(ONE, sub(ONE, power(a[0], TWO))),), monotone="increasing"),
    Operator("abs", 1, "elementary", "absolute value", slope=lambda a: (f("sign", a[0]),),
             smooth=lambda a: (ne(a[0], ZERO),), sign="nonnegative"),
    Operator("sign", 1, "elementary", "-1, 0 or 1", slope=lambda a: (ZERO,),
             smooth=lambda a: (ne(a[0], ZERO),), bounds=_UNIT),
    Operator("floor", 1, "elementary", "largest integer not above", slope=lambda a: (ZERO,),
             smooth=lambda a: (ne(f("floor", a[0]), a[0]),)),
    Operator("ceil", 1, "elementary", "smallest integer not below", slope=lambda a: (ZERO,),
             smooth=lambda a: (ne(f("ceil", a[0]), a[0]),)),
    Operator("max", 2, "elementary", "the larger of two"),
    Operator("min", 2, "elementary", "the smaller of two"),
    # abbreviations
    Operator("sigmoid", 1, "elementary", "1/(1 + exp(-x))",
             expand=lambda a: div(ONE, add(ONE, f("exp", neg(a[0])))),
             slope=lambda a: (mul(f("sigmoid", a[0]), sub(ONE, f("sigmoid", a[0]))),),
             sign="positive", monotone="increasing", bounds=(Fraction(0), Fraction(1))),
    Operator("softplus", 1, "elementary", "log(1 + exp(x))",
             expand=lambda a: f("log", add(ONE, f("exp", a[0]))),
             slope=lambda a: (f("sigmoid", a[0]),), sign="positive", monotone="increasing"),
    Operator("relu", 1, "elementary", "max(x, 0)", expand=lambda a: f("max", a[0], ZERO),
             sign="nonnegative"),
    # special functions
    Operator("given", -1, "calculus", "given(lam w. t, lam w. Y, ..., w): E[t | Y] at the sample point w"),
    Operator("factorial", 1, "special", "n! of a natural number", sign="positive"),
    Operator("binomial", 2, "special", "the binomial coefficient of naturals", sign="nonnegative"),
    Operator("Gamma", 1, "special", "the Gamma function of a positive number",
             owes=lambda a: (lt(ZERO, a[0]),),
             slope=lambda a: (mul(f("Gamma", a[0]), f("digamma", a[0])),), sign="positive"),
    Operator("digamma", 1, "special", "the logarithmic derivative of Gamma",
             owes=lambda a: (lt(ZERO, a[0]),), monotone="increasing"),
    Operator("erf", 1, "special", "the error function",
             slope=lambda a: (
                 mul(div(TWO, f("sqrt", PI)), f("exp", neg(power(a[0], TWO)))),
             ), monotone="increasing", bounds=_UNIT),
    Operator("xlogy", 2, "special", "x*log(y), and 0 at x = 0 whatever y is: inside entropies only",
             owes=lambda a: (f("or", lt(ZERO, a[1]), App("=", (a[0], ZERO))),),
             slope=lambda a: (f("log", a[1]), div(a[0], a[1])),
             # without this: the derivative of x*log(x) at 0, which is -inf
             smooth=lambda a: (lt(ZERO, a[1]),)),
    # piecewise
    Operator("ite", 3, "logic", "if c then a else b"),
    Operator("indicator", 1, "logic", "1 where the proposition holds, 0 elsewhere",
             sign="nonnegative", bounds=(Fraction(0), Fraction(1))),
    Operator("delta", 2, "logic", "1 where the two indices agree, 0 elsewhere",
             sign="nonnegative", bounds=(Fraction(0), Fraction(1))),
    # constants
    Operator("pi", 0, "special", "the circle number", sign="positive"),
    Operator("inf", 0, "special", "infinity: only as an end of a range, an integral or a limit"),
    Operator("im", 0, "special", "the imaginary unit"),
    # complex
    Operator("conj", 1, "elementary", "complex conjugate"),
    Operator("re", 1, "elementary", "real part"),
    Operator("im_part", 1, "elementary", "imaginary part"),
    # calculus: the function is a `lam`
    Operator("deriv", 2, "calculus", "deriv(lam x. t, a): the derivative of t by x, at a"),
    Operator("partial", -1, "calculus",
             "partial(lam z. t, a, i, ...): the derivative of the scalar t by the entry z[i, ...], at a"),
    Operator("apply", -1, "calculus", "a function symbol applied to arguments"),
    Operator("O", 3, "elementary", "O(lam h. s, a, side), in an equation that is being read: some term of that order"),
    # arrays; `expand` of these needs shapes and lives in kernel/arrays.py
    Operator("index", -1, "array", "entry of an array, 1-based"),
    Operator("vector", -1, "array", "literal list of entries (of rows, for a matrix)"),
    Operator("matmul", 2, "array", "matrix product, also matrix-vector"),
    Operator("transpose", 1, "array", "transpose"),
    Operator("hermitian", 1, "array", "conjugate transpose"),
    Operator("inv", 1, "array", "matrix inverse; owes invertibility"),
    Operator("expm", 1, "array", "matrix exponential, the sum of A^k/k!; `exp` goes entry by entry"),
    Operator("det", 1, "array", "determinant"),
    Operator("logdet", 1, "array", "log of the determinant, owed positive"),
    Operator("tr", 1, "array", "trace"),
    Operator("diag", 1, "array", "diagonal of a matrix, or the diagonal matrix of a vector"),
    Operator("vec", 1, "array", "the columns stacked"),
    Operator("kron", 2, "array", "Kronecker product"),
    Operator("beside", -1, "array", "matrices beside each other: a row of blocks"),
    Operator("above", -1, "array", "matrices below each other: a column of blocks"),
    Operator("outer", 2, "array", "outer product of two vectors"),
    Operator("dot", 2, "array", "inner product of two vectors"),
    Operator("norm", 1, "array", "Euclidean norm; of a matrix, Frobenius", sign="nonnegative"),
    Operator("norm_p", 2, "array", "entrywise p-norm", sign="nonnegative"),
    Operator("norm_inf", 1, "array", "largest absolute entry", sign="nonnegative"),
    Operator("eye", 1, "array", "identity matrix"),
    Operator("zeros", -1, "array", "array of zeros of the given shape"),
    Operator("ones", -1, "array", "array of ones of the given shape"),
    Operator("softmax", 1, "array", "exp(z[i]) over its sum"),
    Operator("logsumexp", 1, "array", "log of the sum of exp(z[i])"),
    Operator("mean", 1, "array", "the average entry"),
    Operator("variance", 1, "array", "mean squared deviation of the entries from their mean (1/n)"),
    Operator("sample_variance", 1, "array", "the same with 1/(n-1)"),
    Operator("entropy", 1, "array", "-sum p*log(p) over all entries, 0*log(0) being 0"),
    Operator("cross_entropy", 2, "array", "-sum p*log(q), 0 where p is 0"),
    Operator("KL", 2, "array", "sum p*log(p/q), 0 where p is 0: Kullback-Leibler divergence from q"),
    Operator("mutual_information", 1, "array",
             "sum P[i, j]*log(P[i, j]/(row i * column j)) of a joint law, 0 where P is 0"),
    Operator("grad", 2, "calculus", "grad(lam z. t, a): the array of partial derivatives"),
    Operator("jacobian", 2, "calculus", "jacobian(lam z. t, a)[i, j] is d t_i / d z_j"),
    Operator("hessian", 2, "calculus", "hessian(lam z. t, a)[i, j] is d2 t / d z_i d z_j"),
    # relations and logic
    Operator("=", 2, "relation", "equality"),
    Operator("!=", 2, "relation", "inequality"),
    Operator("<", 2, "relation", "strictly less, of reals"),
    Operator("<=", 2, "relation", "at most, of reals"),
    Operator("and", -1, "logic", "conjunction"),
    Operator("or", -1, "logic", "disjunction"),
    Operator("not", 1, "logic", "negation"),
    Operator("=>", 2, "logic", "implication"),
    Operator("<=>", 2, "logic", "equivalence: the same solution set over the declared domain"),
    Operator("true", 0, "logic", "true"),
    Operator("false", 0, "logic", "false"),
    Operator("invertible", 1, "logic", "the matrix has an inverse"),
    Operator("posdef", 1, "logic", "Hermitian (symmetric, if real) with positive quadratic form"),
    Operator("psd", 1, "logic", "Hermitian (symmetric, if real) with nonnegative quadratic form"),
    Operator("converges", 1, "logic", "the integral, the limit or the endless sum has a finite value"),
    Operator("order", 4, "logic",
             "order(lam h. t, lam h. s, a, side): near a both are defined and abs(t) <= C*abs(s) for some C"),
    # random variables: each argument is `lam w. t`, a function of the sample point
    Operator("law", 2, "logic", "law(lam w. t, L): the random variable t has the law L"),
    Operator("independent", -1, "logic", "the random variables (or arrays) are mutually independent"),
    Operator("entries_independent", 1, "logic", "the entries of the random array are mutually independent"),
    Operator("entries_alike", 1, "logic", "the entries of the random array have one law"),
    Operator("law_given", -1, "logic", "law_given(lam w. t, lam w. L, lam w. Y, ...): the law of t given Y is L"),
    Operator("moment", 2, "logic", "moment(lam w. t, k): t is measurable and E[abs(t)^k] is finite"),
    # probability laws, by the project's parametrisation (derive explain conventions)
    Operator("interchange", 2, "logic",
             "interchange(lam x. E[t], a): E[t] has a derivative at a, which is E of that of t times the densities"),
    Operator("Normal", 2, "law", "mean, variance", owes=lambda a: (lt(ZERO, a[1]),)),
    Operator("Bernoulli", 1, "law", "probability of 1", owes=lambda a: (le(ZERO, a[0]), le(a[0], ONE))),
    Operator("Poisson", 1, "law", "rate", owes=lambda a: (lt(ZERO, a[0]),)),
    Operator("Exponential", 1, "law", "rate", owes=lambda a: (lt(ZERO, a[0]),)),
    Operator("Laplace", 2, "law", "mean, scale", owes=lambda a: (lt(ZERO, a[1]),)),
    Operator("Logistic", 2, "law", "mean, scale", owes=lambda a: (lt(ZERO, a[1]),)),
    Operator("Cauchy", 2, "law", "median, scale; no mean", owes=lambda a: (lt(ZERO, a[1]),)),
    Operator("StudentT", 1, "law", "degrees of freedom", owes=lambda a: (lt(ZERO, a[0]),)),
    Operator("GammaLaw", 2, "law", "Gamma(shape, rate)", owes=lambda a: (lt(ZERO, a[0]), lt(ZERO, a[1]))),
    Operator("Beta", 2, "law", "two shapes", owes=lambda a: (lt(ZERO, a[0]), lt(ZERO, a[1]))),
    Operator("Uniform", 2, "law", "lower and upper end", owes=lambda a: (lt(a[0], a[1]),)),
    Operator("LogNormal", 2, "law", "mean and variance of the logarithm", owes=lambda a: (lt(ZERO, a[1]),)),
    Operator("Binomial", 2, "law", "trials, probability",
             owes=lambda a: (*_is_whole(a[0]), le(ZERO, a[0]), le(ZERO, a[1]), le(a[1], ONE))),
    Operator("Geometric", 1, "law", "probability of success; on 1, 2, ...",
             owes=lambda a: (lt(ZERO, a[0]), le(a[0], ONE))),
    Operator("NegativeBinomial", 2, "law", "successes, probability of success; counts failures",
             owes=lambda a: (lt(ZERO, a[0]), lt(ZERO, a[1]), le(a[1], ONE))),
    Operator("Categorical", 1, "law", "probabilities of 1..K", owes=lambda a: _are_masses(a[0])),
    Operator("MvNormal", 2, "law", "mean vector, covariance matrix", owes=lambda a: (
        *_one_size(a[0], a[1]), f("posdef", a[1]))),
    Operator("Multinomial", 2, "law", "trials, vector of probabilities", owes=lambda a: (
        le(ZERO, a[0]), *_is_whole(a[0]), *_are_masses(a[1]))),
    Operator("Dirichlet", 1, "law", "vector of parameters", owes=lambda a: _all_positive(a[0])),
    Operator("pdf", 2, "law", "pdf(law, x): density at x"),
    Operator("pmf", 2, "law", "pmf(law, x): mass at x"),
    Operator("cdf", 2, "law", "cdf(law, x): the probability of values up to x"),
    Operator("quantile", 2, "law", "quantile(law, p): the least x with cdf(law, x) >= p, for 0 < p < 1"),
    Operator("mgf", 2, "law", "mgf(law, t): the moment generating function E[exp(t*X)]"),
    # a form that the language has and nothing checks yet: `unknown`, with a plain reason
    Operator("unsupported", -1, "logic", "a form that is read but not yet checked"),
)

OPERATORS: dict[str, Operator] = {row.name: row for row in _ROWS}

RELATIONS = frozenset({"=", "!=", "<", "<="})
CONNECTIVES = frozenset({"and", "or", "not", "=>", "<=>"})
RANGE_BINDERS = frozenset({"sum", "prod", "max", "min", "array", "forall", "exists"})


def density(law: Term, x: Term) -> tuple[Term, Term] | None:
    """The density or mass of a law at `x` as a term, and the support as a proposition in `x`.

    None for laws that have no row here. Sources: Casella and Berger, Statistical Inference, appendix.
    """
    match law:
        case App("Normal", (mu, v)):
            square = power(sub(x, mu), TWO)
            return (
                div(f("exp", neg(div(square, mul(TWO, v)))), f("sqrt", mul(mul(TWO, PI), v))),
                f("true"),
            )
        case App("Laplace", (mu, b)):
            return div(f("exp", neg(div(f("abs", sub(x, mu)), b))), mul(TWO, b)), f("true")
        case App("Exponential", (rate,)):
            return mul(rate, f("exp", neg(mul(rate, x)))), le(ZERO, x)
        case App("Bernoulli", (p,)):
            return (
                mul(power(p, x), power(sub(ONE, p), sub(ONE, x))),
                f("or", App("=", (x, ZERO)), App("=", (x, ONE))),
            )
        case App("Poisson", (rate,)):
            return (
                div(mul(power(rate, x), f("exp", neg(rate))), f("factorial", x)),
                conj(le(ZERO, x)),
            )
    return None
