"""Terms: everything that can be written is one of four things, `Num`, `Sym`, `App` or `Bind`.

Promise: nothing is evaluated on construction (`x/x` stays `x/x`), terms are immutable, hashing is
constant after the first time, and substitution never captures a bound variable.

Propositions are terms of sort bool: relations `= != < <=`, connectives `and or not => <=>`, and
`Bind("forall", ...)`. `a > b` is written as `b < a`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from derive.core.sort import Sort


class Num:
    """An exact rational number."""

    __slots__ = ("_hash", "value")
    __match_args__ = ("value",)
    value: Fraction
    _hash: int

    def __init__(self, value: Fraction | int) -> None:
        _set(self, "value", Fraction(value))
        _set(self, "_hash", hash(("Num", self.value)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Num) and self.value == other.value)

    def __repr__(self) -> str:
        return str(self.value)

    def __reduce__(self) -> Any:
        return (Num, (self.value,))


class Sym:
    """A variable, free or bound: its name and its sort. Two symbols are one if both agree."""

    __slots__ = ("_hash", "name", "sort")
    __match_args__ = ("name", "sort")
    name: str
    sort: Sort
    _hash: int

    def __init__(self, name: str, sort: Sort) -> None:
        _set(self, "name", name)
        _set(self, "sort", sort)
        _set(self, "_hash", hash(("Sym", name, sort)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Sym)
            and self._hash == other._hash
            and self.name == other.name
            and self.sort == other.sort
        )

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> Any:
        return (Sym, (self.name, self.sort))


class App:
    """An operator of the vocabulary (`core/operator.py`), by name, applied to arguments."""

    __slots__ = ("_free", "_hash", "args", "op")
    __match_args__ = ("op", "args")
    op: str
    args: tuple[Term, ...]
    _hash: int
    _free: frozenset[Sym] | None

    def __init__(self, op: str, args: tuple[Term, ...]) -> None:
        _set(self, "op", op)
        _set(self, "args", args)
        _set(self, "_hash", hash(("App", op, args)))
        _set(self, "_free", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, App)
            and self._hash == other._hash
            and self.op == other.op
            and self.args == other.args
        )

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(repr, self.args))})"

    def __reduce__(self) -> Any:
        return (App, (self.op, self.args))


class Bind:
    """A binder: `var` ranges over what `over` says, inside `body` only (not inside `over`).

    | op                              | over                                   |
    |---------------------------------|----------------------------------------|
    | sum prod max min array forall   | (low, high): an integer range          |
    | exists                          | (low, high) or ()                      |
    | lam, forall                     | (): every value of the variable's sort |
    | int                             | (low, high), ends may be `inf`         |
    | lim                             | (point, side): side is Num -1, 0 or 1  |
    | argmax argmin sup inf           | (domain,): a proposition in `var`, the exception: var is bound in it |
    | largest smallest                | (domain,): likewise; the largest value that is attained |
    | E                               | (measure,): var is a point of the sample space |
    """

    __slots__ = ("_free", "_hash", "body", "op", "over", "var")
    __match_args__ = ("op", "var", "over", "body")
    op: str
    var: Sym
    over: tuple[Term, ...]
    body: Term
    _hash: int
    _free: frozenset[Sym] | None

    def __init__(self, op: str, var: Sym, over: tuple[Term, ...], body: Term) -> None:
        _set(self, "op", op)
        _set(self, "var", var)
        _set(self, "over", over)
        _set(self, "body", body)
        _set(self, "_hash", hash(("Bind", op, var, over, body)))
        _set(self, "_free", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Bind)
            and self._hash == other._hash
            and self.op == other.op
            and self.var == other.var
            and self.over == other.over
            and self.body == other.body
        )

    def __repr__(self) -> str:
        inside = ", ".join([repr(self.var), *map(repr, self.over), repr(self.body)])
        return f"{self.op}[{inside}]"

    def __reduce__(self) -> Any:
        return (Bind, (self.op, self.var, self.over, self.body))


Term: TypeAlias = Num | Sym | App | Bind

_set = object.__setattr__

# Binders whose variable is bound in `over` too: the domain of an optimisation.
BOUND_IN_OVER = frozenset({"argmax", "argmin", "largest", "smallest", "sup", "inf"})

ZERO, ONE, TWO = Num(0), Num(1), Num(2)
TRUE, FALSE = App("true", ()), App("false", ())
PI, INF, IM = App("pi", ()), App("inf", ()), App("im", ())


# ---------------------------------------------------------------- free symbols and substitution

_NONE: frozenset[Sym] = frozenset()


def free_symbols(term: Term) -> frozenset[Sym]:
    """The symbols that occur free."""
    match term:
        case Num():
            return _NONE
        case Sym():
            return frozenset((term,))
        case App():
            known = term._free
            if known is None:
                known = _NONE.union(*(free_symbols(a) for a in term.args)) if term.args else _NONE
                _set(term, "_free", known)
            return known
        case Bind():
            known = term._free
            if known is None:
                inner = free_symbols(term.body)
                outer = _NONE.union(*(free_symbols(a) for a in term.over)) if term.over else _NONE
                if term.op in BOUND_IN_OVER:
                    known = (inner | outer) - {term.var}
                else:
                    known = (inner - {term.var}) | outer
                _set(term, "_free", known)
            return known


def substitute(term: Term, mapping: Mapping[Sym, Term]) -> Term:
    """Replace free symbols, all at once, renaming bound variables where a capture threatens."""
    if not mapping:
        return term
    match term:
        case Num():
            return term
        case Sym():
            return mapping.get(term, term)
        case App(op, args):
            if free_symbols(term).isdisjoint(mapping):
                return term
            return App(op, tuple(substitute(a, mapping) for a in args))
        case Bind(op, var, over, body):
            free = free_symbols(term)
            live = {k: v for k, v in mapping.items() if k in free}
            if not live:
                return term
            incoming = _NONE.union(*(free_symbols(v) for v in live.values()))
            if var in incoming or any(s.name == var.name for s in incoming):
                taken = {s.name for s in incoming | free_symbols(body)} | {var.name}
                new = Sym(fresh_name(var.name, taken), var.sort)
                body = substitute(body, {var: new})
                if op in BOUND_IN_OVER:
                    over = tuple(substitute(o, {var: new}) for o in over)
                var = new
            return Bind(
                op, var, tuple(substitute(o, live) for o in over), substitute(body, live)
            )


def fresh_name(name: str, taken: set[str] | frozenset[str]) -> str:
    """A name like `name` that is not taken: `i`, `i~1`, `i~2`, ... (`~` is no letter of the language)."""
    stem = name.split("~")[0]
    number = 1
    while f"{stem}~{number}" in taken:
        number += 1
    return f"{stem}~{number}"


def apply(function: Term, *args: Term) -> Term:
    """Beta reduction where the function is a `lam`, an application otherwise."""
    for i, arg in enumerate(args):
        if isinstance(function, Bind) and function.op == "lam":
            function = substitute(function.body, {function.var: arg})
        else:
            return App("apply", (function, *args[i:]))
    return function


# ---------------------------------------------------------------- walking


def children(term: Term) -> tuple[Term, ...]:
    """The direct subterms, `over` before `body`."""
    match term:
        case App(_, args):
            return args
        case Bind(_, _, over, body):
            return (*over, body)
        case _:
            return ()


def subterms(term: Term) -> Iterator[Term]:
    """Every subterm, the term itself first, from left to right."""
    stack = [term]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def map_children(term: Term, change: Callable[[Term], Term]) -> Term:
    """The same node with changed children; binders are entered as they are."""
    match term:
        case App(op, args):
            new = tuple(change(a) for a in args)
            return term if all(a is b for a, b in zip(args, new, strict=True)) else App(op, new)
        case Bind(op, var, over, body):
            new_over = tuple(change(o) for o in over)
            new_body = change(body)
            same = new_body is body and all(a is b for a, b in zip(over, new_over, strict=True))
            return term if same else Bind(op, var, new_over, new_body)
        case _:
            return term


def size(term: Term) -> int:
    """The number of nodes, counted as a tree."""
    return sum(1 for _ in subterms(term))


def mentions(term: Term, op: str) -> bool:
    """Does an operator or binder of this name occur?"""
    return any(isinstance(t, (App, Bind)) and t.op == op for t in subterms(term))


# ---------------------------------------------------------------- writing terms in Python


def num(value: int | Fraction) -> Num:
    """A number."""
    return Num(value)


def add(*args: Term) -> Term:
    """`a + b + ...`, left to right; no arguments give 0."""
    return _fold("+", args, ZERO)


def mul(*args: Term) -> Term:
    """`a * b * ...`, left to right; no arguments give 1."""
    return _fold("*", args, ONE)


def _fold(op: str, args: tuple[Term, ...], empty: Term) -> Term:
    if not args:
        return empty
    total = args[0]
    for arg in args[1:]:
        total = App(op, (total, arg))
    return total


def sub(left: Term, right: Term) -> Term:
    """`left - right`."""
    return App("-", (left, right))


def div(left: Term, right: Term) -> Term:
    """`left / right`."""
    return App("/", (left, right))


def power(base: Term, exponent: Term) -> Term:
    """`base ^ exponent`."""
    return App("^", (base, exponent))


def neg(arg: Term) -> Term:
    """`-arg`."""
    return App("neg", (arg,))


def eq(left: Term, right: Term) -> Term:
    """`left = right`."""
    return App("=", (left, right))


def lt(left: Term, right: Term) -> Term:
    """`left < right`."""
    return App("<", (left, right))


def le(left: Term, right: Term) -> Term:
    """`left <= right`."""
    return App("<=", (left, right))


def ne(left: Term, right: Term) -> Term:
    """`left != right`."""
    return App("!=", (left, right))


def conj(*args: Term) -> Term:
    """`a and b and ...`, flat; no arguments give true."""
    flat: list[Term] = []
    for a in args:
        match a:
            case App("and", inner):
                flat.extend(inner)
            case App("true", ()):
                pass
            case _:
                flat.append(a)
    return TRUE if not flat else flat[0] if len(flat) == 1 else App("and", tuple(flat))


def implies(premise: Term, conclusion: Term) -> Term:
    """`premise => conclusion`, without a trivial premise."""
    return conclusion if premise == TRUE else App("=>", (premise, conclusion))


def index(array: Term, *indices: Term) -> Term:
    """`array[i, ...]`, reduced where the array is a comprehension (`array` binder)."""
    current = array
    rest = list(indices)
    while rest and isinstance(current, Bind) and current.op == "array" and current.over[0] == ONE:
        current = substitute(current.body, {current.var: rest.pop(0)})
    return App("index", (current, *rest)) if rest else current
