"""Terms as LaTeX, for reports and notebooks.

Promise: the output uses only amsmath, balances its braces, and brackets by the same precedences as the
text of `core/show.py`.
"""

from __future__ import annotations

from derive.core.naming import Names, latex_name
from derive.core.show import (
    AND,
    ATOM,
    DERIVATIVES,
    FOR,
    IFF,
    IMP,
    MUL,
    NEG,
    NOT,
    OR,
    POST,
    POW,
    REL,
    RELATION,
    SUM,
    Piece,
    chains,
    entrywise,
    is_array,
    stands_for,
)
from derive.core.sort import Array, Function, LawSort, Scalar, Sort
from derive.core.term import TRUE, App, Bind, Num, Sym, Term

_RELATIONS = {"=": "=", "!=": "\\neq", "<": "<", "<=": "\\leq"}
_FUNCTIONS = {
    "exp": "\\exp", "log": "\\log", "sin": "\\sin", "cos": "\\cos", "tan": "\\tan",
    "sinh": "\\sinh", "cosh": "\\cosh", "tanh": "\\tanh", "asin": "\\arcsin", "acos": "\\arccos",
    "atan": "\\arctan", "det": "\\det", "logdet": "\\log\\det", "Gamma": "\\Gamma", "GammaLaw": "\\operatorname{Gamma}",
    "sigmoid": "\\sigma", "max": "\\max", "min": "\\min", "vec": "\\operatorname{vec}",
}
_CONSTANTS = {
    "pi": "\\pi", "inf": "\\infty", "im": "\\mathrm{i}", "true": "\\top", "false": "\\bot",
}
_BIG = {"sum": "\\sum", "prod": "\\prod", "max": "\\max", "min": "\\min"}
_FENCES = {
    "abs": ("\\left|", "\\right|"), "norm": ("\\left\\|", "\\right\\|"),
    "norm_inf": ("\\left\\|", "\\right\\|_\\infty"), "floor": ("\\lfloor", "\\rfloor"),
    "ceil": ("\\lceil", "\\rceil"),
}


def latex(term: Term, names: Names) -> Piece:
    """The LaTeX of a term."""
    match term:
        case Num(value):
            sign, size = ("-", -value) if value < 0 else ("", value)
            text = str(size)
            if size.denominator != 1:
                text = f"\\frac{{{size.numerator}}}{{{size.denominator}}}"
            return Piece(sign + text, NEG if sign else ATOM if size.denominator == 1 else MUL)
        case Sym():
            return Piece(latex_name(names.of(term)), ATOM)
        case App(op, _) if op in DERIVATIVES:
            return _derivative(term, names)
        case App(op, args):
            return _arithmetic(op, args, names) or _logic(op, args, names) or _call(op, args, names)
        case Bind():
            return _bind(term, names)


def _at(term: Term, names: Names, level: int) -> str:
    piece = latex(term, names)
    return piece.text if piece.level >= level else f"\\left({piece.text}\\right)"


def _operand(term: Term, names: Names) -> str:
    """What a sign, a sum or a derivative stands before; a big operator needs no brackets there."""
    bare = isinstance(term, Bind) or (isinstance(term, App) and term.op in DERIVATIVES)
    return _at(term, names, NEG if bare else MUL)


def _args(args: tuple[Term, ...], names: Names) -> str:
    return ", ".join(_at(a, names, IFF) for a in args)


def _arithmetic(op: str, args: tuple[Term, ...], names: Names) -> Piece | None:
    match op, args:
        case ("+" | "-"), (left, right):
            return Piece(f"{_at(left, names, SUM)} {op} {_operand(right, names)}", SUM)
        case "neg", (arg,):
            return Piece("-" + _operand(arg, names), NEG)
        case "/", (left, right):
            if entrywise(op, left, right):
                text = f"{_at(left, names, MUL)} \\oslash {_at(right, names, POW)}"
                return Piece(text, MUL)
            return Piece(f"\\frac{{{_at(left, names, IFF)}}}{{{_at(right, names, IFF)}}}", MUL)
        case ("*" | "matmul"), (left, right):
            mark = "\\odot" if op == "*" and entrywise(op, left, right) else _times(left, right)
            mark = f" {mark} " if mark else " "
            return Piece(f"{_at(left, names, MUL)}{mark}{_at(right, names, POW)}", MUL)
        case "^", (base, exponent):
            dot = "\\circ " if is_array(base) else ""
            first = _at(base, names, ATOM)
            return Piece(f"{_brace(first)}^{{{dot}{_at(exponent, names, IFF)}}}", POW)
    return None


def _brace(text: str) -> str:
    """The text in braces where it would carry two indices or two exponents."""
    return f"{{{text}}}" if "_" in text or "^" in text or "'" in text else text


def _times(left: Term, right: Term) -> str:
    """A dot between two factors where a space would be misread: before a number."""
    while isinstance(right, App) and right.op in ("*", "/", "^"):
        right = right.args[0]
    return "\\cdot" if isinstance(right, Num) else ""


def _logic(op: str, args: tuple[Term, ...], names: Names) -> Piece | None:
    match op:
        case "=" | "!=" | "<" | "<=":
            left, right = (_at(a, names, SUM) for a in args)
            return Piece(f"{left} {_RELATIONS[op]} {right}", REL)
        case "and":
            runs = chains(args)
            text = " \\land ".join(_chain(run, names) for run in runs)
            return Piece(text, REL if len(runs) == 1 else AND)
        case "or":
            return Piece(" \\lor ".join(_at(a, names, AND) for a in args), OR)
        case "not":
            return Piece("\\lnot " + _at(args[0], names, ATOM), NOT)
        case "=>":
            return Piece(" \\Rightarrow ".join(_at(a, names, OR) for a in args), IMP)
        case "<=>":
            return Piece(" \\Leftrightarrow ".join(_at(a, names, OR) for a in args), IFF)
    return None


def _chain(run: tuple[Term, ...], names: Names) -> str:
    if len(run) == 1:
        return _at(run[0], names, NOT)
    text = ""
    for relation in run:
        assert isinstance(relation, App) and relation.op in RELATION
        left, right = relation.args
        text = text or _at(left, names, SUM)
        text += f" {_RELATIONS[relation.op]} {_at(right, names, SUM)}"
    return text


def _call(op: str, args: tuple[Term, ...], names: Names) -> Piece:
    match op, args:
        case _, () if op in _CONSTANTS:
            return Piece(_CONSTANTS[op], ATOM)
        case "index", (base, *indices):
            return Piece(f"{_brace(_at(base, names, POST))}_{{{_args(tuple(indices), names)}}}", POST)
        case "apply", (function, *rest):
            return _applied(_at(function, names, POST), tuple(rest), names)
        case "exp", (arg,):
            return Piece(f"e^{{{_at(arg, names, IFF)}}}", POW)
        case ("sqrt" | "cbrt"), (arg,):
            root = "[3]" if op == "cbrt" else ""
            return Piece(f"\\sqrt{root}{{{_at(arg, names, IFF)}}}", ATOM)
        case ("abs" | "norm" | "norm_inf" | "floor" | "ceil"), (arg,):
            left, right = _FENCES[op]
            return Piece(f"{left} {_at(arg, names, IFF)} {right}", POST)
        case "norm_p", (arg, p):
            inside = _at(arg, names, IFF)
            return Piece(f"\\left\\| {inside} \\right\\|_{{{_at(p, names, IFF)}}}", POST)
        case ("transpose" | "hermitian" | "inv" | "conj"), (arg,):
            return _marked(op, arg, names)
        case "factorial", (arg,):
            return Piece(_at(arg, names, ATOM) + "!", POST)
        case "binomial", (n, k):
            return Piece(f"\\binom{{{_at(n, names, IFF)}}}{{{_at(k, names, IFF)}}}", ATOM)
        case "delta", (left, right):
            return Piece(f"\\delta_{{{_at(left, names, IFF)}, {_at(right, names, IFF)}}}", POST)
        case "indicator", (condition,):
            return Piece(f"\\mathbf{{1}}\\left[{_at(condition, names, IFF)}\\right]", POST)
        case "ite", (condition, then, other):
            a, c, b = (_at(t, names, IFF) for t in (then, condition, other))
            rows = f"{a} & \\text{{if }} {c} \\\\ {b} & \\text{{otherwise}}"
            return Piece(f"\\begin{{cases}} {rows} \\end{{cases}}", ATOM)
        case "vector" | "above", _:
            return _vector(args, names)
        case "beside", _:
            return _vector((App("vector", args),), names)
    return _applied(_FUNCTIONS.get(op, f"\\operatorname{{{op.replace('_', ' ')}}}"), args, names)


def _applied(function: str, args: tuple[Term, ...], names: Names) -> Piece:
    return Piece(f"{function}\\left({_args(args, names)}\\right)", POST)


def _marked(op: str, arg: Term, names: Names) -> Piece:
    if op == "conj":
        return Piece(f"\\overline{{{_at(arg, names, IFF)}}}", ATOM)
    mark = {"transpose": "\\top", "hermitian": "\\mathsf{H}", "inv": "-1"}[op]
    return Piece(f"{_brace(_at(arg, names, ATOM))}^{{{mark}}}", POW)


def _vector(args: tuple[Term, ...], names: Names) -> Piece:
    rows = [
        " & ".join(_at(e, names, IFF) for e in row.args)
        if isinstance(row, App) and row.op in ("vector", "beside") else _at(row, names, IFF)
        for row in args
    ]
    inside = " \\\\ ".join(rows)
    return Piece(f"\\begin{{pmatrix}} {inside} \\end{{pmatrix}}", ATOM)


def _bind(term: Bind, names: Names) -> Piece:
    op, over, body = term.op, term.over, term.body
    inner, name = names.bind(term.var)
    var = latex_name(name)
    match op, over:
        case ("sum" | "prod" | "max" | "min"), (low, high):
            text = f"{_BIG[op]}_{{{var}={_at(low, names, SUM)}}}^{{{_at(high, names, SUM)}}}"
            if op in ("max", "min"):
                text = f"{_BIG[op]}_{{{_at(low, names, SUM)} \\leq {var} \\leq {_at(high, names, SUM)}}}"
            return Piece(f"{text} {_operand(body, inner)}", NEG)
        case "int", (low, high):
            ends = f"\\int_{{{_at(low, names, IFF)}}}^{{{_at(high, names, IFF)}}}"
            return Piece(f"{ends} {_operand(body, inner)} \\, \\mathrm{{d}}{var}", NEG)
        case "lim", (point, side):
            mark = {1: "^+", -1: "^-"}.get(int(side.value) if isinstance(side, Num) else 0, "")
            text = f"\\lim_{{{var} \\to {_at(point, names, SUM)}{mark}}}"
            return Piece(f"{text} {_operand(body, inner)}", NEG)
        case ("argmax" | "argmin" | "largest" | "smallest" | "sup" | "inf"), (domain,):
            op = {"largest": "max", "smallest": "min"}.get(op, op)
            cut = "" if domain == TRUE else f" : {_at(domain, inner, IFF)}"
            word = f"\\operatorname*{{{op}}}_{{{var}{cut}}}"
            return Piece(f"{word} {_operand(body, inner)}", NEG)
        case "E", (law,):
            text = f"\\mathbb{{E}}_{{{var} \\sim {_at(law, names, SUM)}}}"
            return Piece(f"{text}\\left[{_at(body, inner, IFF)}\\right]", POST)
        case "array", (low, high):
            span = f"{_at(low, names, SUM)} \\leq {var} \\leq {_at(high, names, SUM)}"
            return Piece(f"\\left({_at(body, inner, IFF)}\\right)_{{{span}}}", POST)
        case "lam", _:
            return Piece(f"\\left({var} \\mapsto {_at(body, inner, IFF)}\\right)", ATOM)
    return _quantified(term, var, names, inner)


def _quantified(term: Bind, var: str, names: Names, inner: Names) -> Piece:
    sign = "\\forall" if term.op == "forall" else "\\exists"
    within = _sort(term.var.sort, names)
    if term.over:
        low, high = (_at(o, names, SUM) for o in term.over)
        within = f"\\{{{low}, \\dots, {high}\\}}"
    body = latex(term.body, inner)
    return Piece(f"{sign} {var} \\in {within} .\\; {body.text}", FOR)


def _sort(sort: Sort, names: Names) -> str:
    match sort:
        case Scalar():
            return {"integer": "\\mathbb{Z}", "real": "\\mathbb{R}", "complex": "\\mathbb{C}"}.get(
                sort.value, "\\mathbb{B}"
            )
        case Array(shape, entry):
            size = " \\times ".join(_at(s, names, MUL) for s in shape)
            return f"{_sort(entry, names)}^{{{size}}}"
        case Function(args, result):
            inside = " \\times ".join(_sort(a, names) for a in args)
            return f"\\left({inside} \\to {_sort(result, names)}\\right)"
        case LawSort():
            return "\\mathcal{P}"


def _derivative(term: App, names: Names) -> Piece:
    function, point, *indices = term.args
    if not (isinstance(function, Bind) and function.op == "lam"):
        return _applied(f"\\operatorname{{{term.op}}}", term.args, names)
    at = ""
    if stands_for(function, point) and isinstance(point, Sym):
        inner, var = names.alias(function.var, names.of(point)), latex_name(names.of(point))
    else:
        inner, name = names.bind(function.var)
        var = latex_name(name)
        at = f"\\Big|_{{{var} = {_at(point, names, SUM)}}}"
    place = f"{_brace(var)}_{{{_args(tuple(indices), names)}}}" if indices else var
    body = _operand(function.body, inner)
    match term.op:
        case "deriv" | "partial":
            text = f"\\frac{{\\partial}}{{\\partial {place}}} {body}"
        case "grad":
            text = f"\\nabla_{{{place}}} {body}"
        case "hessian":
            text = f"\\nabla^2_{{{place}}} {body}"
        case _:
            text = f"\\mathrm{{J}}_{{{place}}} {body}"
    return Piece(text + at, NEG)


