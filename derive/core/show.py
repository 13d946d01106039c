"""Terms as text: the language's own ASCII or Unicode, and LaTeX.

Promise: the ASCII and the Unicode text read back as the same term up to the names of bound variables
(a fraction as a quotient), with the fewest brackets that precedence allows; only a negative operand
is always bracketed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from derive.core.alpha import canonical
from derive.core.chance import covariance_of, variance_of
from derive.core.claim import Context
from derive.core.families import family_of
from derive.core.naming import Names, names_for, unicode_name
from derive.core.shape import shape_of
from derive.core.sort import OUTCOME, Array, Function, LawSort, Scalar, Sort
from derive.core.term import (
    ONE,
    TRUE,
    App,
    Bind,
    Num,
    Sym,
    Term,
    free_symbols,
    map_children,
    mentions,
    substitute,
    subterms,
)

Style = Literal["ascii", "unicode", "latex"]

# Precedence, loosest first.
FOR, IFF, IMP, OR, AND, NOT, REL, AT, SUM, NEG, MUL, POW, POST, ATOM = range(14)

ARITHMETIC = {"+": SUM, "-": SUM, "*": MUL, "/": MUL, "matmul": MUL}
RELATION = {"=": "=", "!=": "!=", "<": "<", "<=": "<="}
CHAINED = RELATION.keys() - {"!="}
_UNICODE = {
    "!=": "≠", "<=": "≤", "=>": "⇒", "<=>": "⇔", "sum": "∑", "prod": "∏", ".*": "⊙",
}
_WORDS = {
    "GammaLaw": "Gamma", "norm_inf": "norm", "norm_p": "norm", "variance": "Var", "posdef": "posdef", "psd": "psd",
}
_SUPER = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
DERIVATIVES = frozenset({"deriv", "partial", "grad", "jacobian", "hessian"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A shown term and how tightly its outermost operator binds."""

    text: str
    level: int


def show(term: Term, style: Style = "ascii", context: Context | None = None) -> str:
    """The text of a term.

    With a context, what is differentiated is shown by its name where a definition says the same.
    """
    if context is not None:
        term = named(term, context)
    names = names_for(free_symbols(term))
    if style == "latex":
        from derive.core.show_latex import latex

        return latex(term, names).text
    return _Text(style == "unicode").piece(term, names).text


@dataclass(frozen=True, slots=True)
class _Text:
    """The ASCII and the Unicode writer."""

    unicode: bool

    def mark(self, ascii_mark: str) -> str:
        return _UNICODE.get(ascii_mark, ascii_mark) if self.unicode else ascii_mark

    def name(self, name: str) -> str:
        return unicode_name(name) if self.unicode else name

    def at(self, term: Term, names: Names, level: int) -> str:
        """The text where at least `level` is needed: bracketed if it binds more loosely."""
        piece = self.piece(term, names)
        return piece.text if piece.level >= level else f"({piece.text})"

    def args(self, args: tuple[Term, ...], names: Names) -> str:
        return ", ".join(self.at(a, names, IFF) for a in args)

    def piece(self, term: Term, names: Names) -> Piece:
        match term:
            case Num(value):
                level = NEG if value < 0 else ATOM if value.denominator == 1 else MUL
                return Piece(str(value), level)
            case Sym():
                return Piece(self.name(names.of(term)), ATOM)
            case App(op, _) if op in DERIVATIVES:
                return self.derivative(term, names)
            case App():
                return self.app(term, names)
            case Bind():
                return self.bind(term, names)

    def app(self, term: App, names: Names) -> Piece:
        op, args = term.op, term.args
        match op, args:
            case ("+" | "-" | "*" | "/" | "matmul"), (left, right):
                return self.binary(op, left, right, names)
            case "neg", (arg,):
                return Piece("-" + self.at(arg, names, MUL), NEG)
            case "^", (base, exponent):
                return self.power(base, exponent, names)
            case "index", (base, *indices):
                text = self.args(tuple(indices), names)
                return Piece(f"{self.at(base, names, POST)}[{text}]", POST)
            case "given", (function, *known, _):
                return Piece(f"E[{self.at(function, names, IFF)} | {self.args(tuple(known), names)}]", POST)
            case "apply", (function, Sym(_, sort)) if sort is OUTCOME:
                return self.piece(function, names)
            case "apply", _ if (family := family_of(term)) is not None:
                places = f"[{self.args(family.indices, names)}]" if family.indices else ""
                return Piece(f"{self.name(family.name)}{places}", POST)
            case "interchange", (Bind("lam") as function, point):
                inner, name = names.bind(function.var)
                mean = self.at(function.body, inner, IFF)
                what = f"d/d{self.name(name)} may be taken under E in {mean}"
                return Piece(f"{what} at {self.at(point, names, SUM)}", AT)
            case "apply", (function, *rest):
                text = self.args(tuple(rest), names)
                return Piece(f"{self.at(function, names, POST)}({text})", POST)
            case ("=" | "!=" | "<" | "<=" | "and" | "or" | "not" | "=>" | "<=>"), _:
                return self.logic(op, args, names)
            case "order", (Bind() as function, Bind() as scale, point, side):
                return self.order(function, scale, (point, side), names)
            case "ite", (condition, then, other):
                a, b = self.at(then, names, AT), self.at(other, names, AT)
                return Piece(f"if {self.at(condition, names, IFF)} then {a} else {b}", AT)
        return self.call(op, args, names)

    def order(self, function: Bind, scale: Bind, over: tuple[Term, Term], names: Names) -> Piece:
        """`f(h) = O(h^2 | h -> 0)`, for each side on which it is said."""
        inner, name = names.bind(function.var)
        body = substitute(scale.body, {scale.var: function.var})
        point, side = over
        tends = f"{self.name(name)} -> {self.at(point, names, SUM)}"
        if side != Num(0) and not mentions(point, "inf"):
            tends += f", {self.name(name)} {'>' if side == ONE else '<'} {self.at(point, names, SUM)}"
        left = self.at(function.body, inner, SUM)
        return Piece(f"{left} = O({self.at(body, inner, IFF)} | {tends})", REL)

    def call(self, op: str, args: tuple[Term, ...], names: Names) -> Piece:
        match op, args:
            case "transpose", (arg,):
                return Piece(self.at(arg, names, POST) + ("ᵀ" if self.unicode else ".T"), POST)
            case "hermitian", (arg,):
                return Piece(self.at(arg, names, POST) + ("ᴴ" if self.unicode else ".H"), POST)
            case "factorial", (arg,):
                return Piece(self.at(arg, names, ATOM) + "!", POST)
            case "indicator", (condition,):
                return Piece(f"1[{self.at(condition, names, IFF)}]", POST)
            case "delta", (left, right):
                return Piece(f"1[{self.at(left, names, SUM)} = {self.at(right, names, SUM)}]", POST)
            case "vector", _:
                return Piece(f"[{self.args(args, names)}]", ATOM)
            case "beside", _:
                return Piece(f"[[{self.args(args, names)}]]", ATOM)
            case "above", _:
                rows = (r.args if isinstance(r, App) and r.op == "beside" else (r,) for r in args)
                return Piece(f"[{', '.join(f'[{self.args(r, names)}]' for r in rows)}]", ATOM)
            case "norm_inf", (arg,):
                return Piece(f"norm({self.at(arg, names, IFF)}, inf)", POST)
            case "pi", ():
                return Piece("π" if self.unicode else "pi", ATOM)
            case _, ():
                return Piece(op, ATOM)
        return Piece(f"{_WORDS.get(op, op)}({self.args(args, names)})", POST)

    def binary(self, op: str, left: Term, right: Term, names: Names) -> Piece:
        level = ARITHMETIC[op]
        first = self.at(left, names, level)
        second = self.at(right, names, POW if level == MUL else MUL)
        match op:
            case "+" | "-":
                return Piece(f"{first} {op} {second}", level)
            case "matmul":
                return Piece(f"{first} @ {second}", level)
        if entrywise(op, left, right):
            return Piece(f"{first} {self.mark('.' + op)} {second}", level)
        return Piece(f"{first}{op}{second}", level)

    def power(self, base: Term, exponent: Term, names: Names) -> Piece:
        first = self.at(base, names, POST)
        if is_array(base) or is_array(exponent):
            return Piece(f"{first}.^{self.at(exponent, names, POW)}", POW)
        if self.unicode and isinstance(exponent, Num) and exponent.value.denominator == 1:
            return Piece(first + str(exponent.value).translate(_SUPER), POW)
        return Piece(f"{first}^{self.at(exponent, names, POW)}", POW)

    def logic(self, op: str, args: tuple[Term, ...], names: Names) -> Piece:
        match op:
            case "=" | "!=" | "<" | "<=":
                left, right = (self.at(a, names, SUM) for a in args)
                return Piece(f"{left} {self.mark(op)} {right}", REL)
            case "not":
                return Piece(f"not {self.at(args[0], names, ATOM)}", NOT)
            case "and":
                runs = chains(args)
                parts = [self.chain(run, names) for run in runs]
                return Piece(" and ".join(parts), REL if len(runs) == 1 else AND)
            case "or":
                return Piece(" or ".join(self.at(a, names, AND) for a in args), OR)
        level = IMP if op == "=>" else IFF
        return Piece(f" {self.mark(op)} ".join(self.at(a, names, OR) for a in args), level)

    def chain(self, run: tuple[Term, ...], names: Names) -> str:
        """`a <= b < c` for relations that share their middle terms."""
        if len(run) == 1:
            return self.at(run[0], names, NOT)
        text = ""
        for relation in run:
            assert isinstance(relation, App)
            left, right = relation.args
            text = text or self.at(left, names, SUM)
            text += f" {self.mark(relation.op)} {self.at(right, names, SUM)}"
        return text

    def bind(self, term: Bind, names: Names) -> Piece:
        op, over, body = term.op, term.over, term.body
        if term.var.sort is OUTCOME:
            return self.chance(term, names)
        inner, name = names.bind(term.var)
        var = self.name(name)
        if op == "forall":
            return self.forall(term, names)
        if op == "lam":
            return Piece(f"({var} -> {self.at(body, inner, AT)})", ATOM)
        shown = self.at(body, inner, IFF)
        match op, over:
            case "lim", (point, side):
                to = f"{var} -> {self.at(point, names, SUM)}"
                if side != Num(0):
                    to += f" | {var} {'>' if side == ONE else '<'} {self.at(point, names, SUM)}"
                return Piece(f"lim({to}, {shown})", POST)
            case ("largest" | "smallest"), (domain,):
                word = "max" if op == "largest" else "min"
                return Piece(f"{word}({var} | {self.at(domain, inner, IFF)}, {shown})", POST)
            case ("argmax" | "argmin" | "sup" | "inf"), (domain,):
                cut = "" if domain == TRUE else f" | {self.at(domain, inner, IFF)}"
                return Piece(f"{op}({var}{cut}, {shown})", POST)
            case "E", (law,):
                return Piece(f"E({var} ~ {self.at(law, names, SUM)}, {shown})", POST)
            case _, (low, high):
                span = f"{self.at(low, names, SUM)}..{self.at(high, names, SUM)}"
                return Piece(f"{self.mark(op)}({var} in {span}, {shown})", POST)
        return Piece(f"{op}({var}, {shown})", POST)

    def chance(self, term: Bind, names: Names) -> Piece:
        """What binds the sample point, which has no name: `E[t]`, `Var(t)`, `Cov(s, t)`, `P(c)`."""
        body = term.body
        if term.op != "E":
            return self.piece(body, names)
        if isinstance(body, App) and body.op == "indicator":
            return Piece(f"P({self.at(body.args[0], names, IFF)})", POST)
        inner = variance_of(term)
        if inner is not None:
            return Piece(f"Var({self.at(inner, names, IFF)})", POST)
        both = covariance_of(term)
        if both is not None:
            return Piece(f"Cov({self.args(both, names)})", POST)
        return Piece(f"E[{self.at(body, names, IFF)}]", POST)

    def forall(self, term: Term, names: Names) -> Piece:
        """`for i in 1..n, x : real, claim`, nested quantifiers in one."""
        items = []
        while isinstance(term, Bind) and term.op == "forall":
            inner, name = names.bind(term.var)
            var = self.name(name)
            if term.over:
                low, high = (self.at(o, names, SUM) for o in term.over)
                items.append(f"{var} in {low}..{high}")
            else:
                items.append(f"{var} : {self.sort(term.var.sort, names)}")
            names, term = inner, term.body
        return Piece(f"for {', '.join(items)}, {self.at(term, names, IFF)}", FOR)

    def sort(self, sort: Sort, names: Names) -> str:
        match sort:
            case Scalar():
                return sort.value
            case Array(shape, entry):
                return f"{entry.value}[{self.args(shape, names)}]"
            case Function(args, result):
                inside = ", ".join(self.sort(a, names) for a in args)
                inside = inside if len(args) == 1 else f"({inside})"
                return f"{inside} -> {self.sort(result, names)}"
            case LawSort():
                return "law"

    def derivative(self, term: App, names: Names) -> Piece:
        """`diff(t, x, y)`, `grad(L, W)`; elsewhere than at a symbol: `diff(t, x) at x = a`."""
        function, point, *indices = term.args
        if not (isinstance(function, Bind) and function.op == "lam"):
            text = ", ".join((self.at(function, names, IFF), self.args(term.args[1:], names)))
            return Piece(f"{_word(term.op)}({text})", POST)
        if not stands_for(function, point):
            inner, name = names.bind(function.var)
            var = self.name(name)
            place = self.place(var, tuple(indices), names)
            body = self.at(function.body, inner, IFF)
            text = f"{_word(term.op)}({body}, {place}) at {var} = {self.at(point, names, SUM)}"
            return Piece(text, AT)
        return self.at_symbol(term.op, function, point, tuple(indices), names)

    def at_symbol(
        self, op: str, function: Bind, point: Term, indices: tuple[Term, ...], names: Names
    ) -> Piece:
        """A derivative at a symbol; `diff` by one symbol after another is written as one."""
        assert isinstance(point, Sym)
        places = [self.place(self.name(names.of(point)), indices, names)]
        names = names.alias(function.var, names.of(point))
        body = function.body
        while op in ("deriv", "partial"):
            match body:
                case App("deriv" | "partial", (Bind("lam") as inner, Sym() as at, *rest)) if (
                    stands_for(inner, at)
                ):
                    places.insert(0, self.place(self.name(names.of(at)), tuple(rest), names))
                    names, body = names.alias(inner.var, names.of(at)), inner.body
                case _:
                    break
        return Piece(f"{_word(op)}({self.at(body, names, IFF)}, {', '.join(places)})", POST)

    def place(self, var: str, indices: tuple[Term, ...], names: Names) -> str:
        return f"{var}[{self.args(indices, names)}]" if indices else var


def _word(op: str) -> str:
    return "diff" if op in ("deriv", "partial") else op


def stands_for(function: Bind, point: Term) -> bool:
    """May the bound variable be called like the point, since the body does not mention that otherwise?"""
    return isinstance(point, Sym) and (
        point == function.var or point not in free_symbols(function.body)
    )


def named(term: Term, context: Context) -> Term:
    """The term with `diff(body, x)` written `diff(L, x)` where `L` is defined as that body."""
    if not any(isinstance(t, App) and t.op in DERIVATIVES for t in subterms(term)):
        return term
    known = {canonical(context.unfold(d.symbol)): d.symbol for d in context.definitions}

    def change(t: Term) -> Term:
        match map_children(t, change):
            case App(op, (Bind("lam", var, _, body), Sym() as point, *rest)) if op in DERIVATIVES:
                if isinstance(body, App):
                    whole = context.unfold(substitute(body, {var: point}))
                    name = known.get(canonical(whole))
                    body = name if name is not None and name != point else body
                return App(op, (Bind("lam", var, (), body), point, *rest))
            case new:
                return new

    return change(term)


def is_array(term: Term) -> bool:
    """Is the term an array? A term without a sort (a fragment) counts as a scalar."""
    try:
        return bool(shape_of(term))
    except (ValueError, IndexError):
        return False


def entrywise(op: str, left: Term, right: Term) -> bool:
    """Must the product or quotient be written with a dot?"""
    return is_array(right) and (op == "/" or is_array(left))


def chains(args: tuple[Term, ...]) -> tuple[tuple[Term, ...], ...]:
    """Conjuncts grouped into runs of relations in which each begins where the last ended."""
    runs: list[list[Term]] = []
    for arg in args:
        last = runs[-1][-1] if runs else None
        match last, arg:
            case App(op, (_, middle)), App(other, (start, _)) if (
                op in CHAINED and other in CHAINED and middle == start
            ):
                runs[-1].append(arg)
            case _:
                runs.append([arg])
    return tuple(tuple(run) for run in runs)
