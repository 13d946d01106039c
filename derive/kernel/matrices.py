"""Terms read as combinations of words: products, transposes, inverses, traces, inner products.

Promise: the element read from an array, and the number read from a scalar, equal the term wherever the
conditions of the term as written and the facts hold. The laws of an inverse are used only where the facts
say that it exists; what has no law here stays a letter, or an atom of the scalar normal form.
"""

from __future__ import annotations

from derive.core.alpha import canonical
from derive.core.shape import shape_of, sort_of
from derive.core.sort import COMPLEX, Array
from derive.core.term import App, Bind, Num, Sym, Term, add, map_children, power
from derive.kernel.arrays import scalarise
from derive.kernel.exponential_letters import exponential
from derive.kernel.indices import is_array
from derive.kernel.letters import (
    COLUMN,
    CONJUGATED,
    REVERSED,
    Element,
    Generator,
    Letter,
    Shape,
    Word,
)
from derive.kernel.normal import Normaliser
from derive.kernel.poly import Decline, Poly, constant
from derive.kernel.structured import Structured

Names = frozenset[str]
NO_NAMES: Names = frozenset()


def is_complex(term: Term) -> bool:
    """Has the term complex values or entries?"""
    sort = sort_of(term)
    return (sort.entry if isinstance(sort, Array) else sort) is COMPLEX


class Matrices(Structured):
    """Reads terms; what is invertible and what a determinant is, the classes above say."""

    def __init__(self, run: Normaliser) -> None:
        super().__init__(run)
        run.mirrors = self.mirror
        self.sums: set[int] = set()  # the generators that invert a sum or a product of rectangles
        self.square_roots: list[tuple[Poly, Names]] = []
        self.fresh = 0

    def invertible(self, term: Term) -> Names | None:
        """The facts by which a matrix is invertible, None where it is not known to be."""
        raise NotImplementedError

    def determinant(self, term: Term) -> Poly:
        """The determinant as a number."""
        raise NotImplementedError

    def inverse(self, a: Term) -> Element:
        """The inverse of a matrix, supplied by `inverses.py`."""
        raise NotImplementedError

    def inverse_of_letter(self, letter: Letter, names: Names) -> Element:
        """The inverse of a letter that is known to be invertible, supplied by `inverses.py`."""
        raise NotImplementedError

    def diagonal_entry(self, matrix: Term, p: Poly) -> None:
        """Called for an entry of a diagonal: what is known of its sign."""

    def contract(self, term: Bind) -> Poly | None:
        """A sum over a whole axis as products; None where it is none."""
        raise NotImplementedError

    def read_sum(self, term: Bind) -> Element | None:
        """A sum of arrays as a combination of words; None where it stays a letter."""
        raise NotImplementedError

    # -------------------------------------------------------------- arrays

    def size(self, term: Term) -> Term:
        """A size in canonical form."""
        return self.run.tidy(term)

    def frame(self, term: Term) -> Shape:
        """Rows and columns of a matrix; a vector has one column."""
        shape = shape_of(term)
        if len(shape) == 1:
            return self.size(shape[0]), COLUMN
        if len(shape) != 2:
            raise Decline("neither a vector nor a matrix")
        return self.size(shape[0]), self.size(shape[1])

    def read(self, term: Term) -> Element:
        """The element that an array is."""
        found: Element | None = None
        if isinstance(term, App):
            found = self._read_app(term.op, term.args)
        elif isinstance(term, Bind):
            found = self.read_sum(term)
        return self.opaque(term) if found is None else found

    def _read_app(self, op: str, args: tuple[Term, ...]) -> Element | None:
        match op, args:
            case "+", (a, b):
                return self.plus(self._spread(a, b), self._spread(b, a))
            case "-", (a, b):
                return self.minus(self._spread(a, b), self._spread(b, a))
            case "neg", (a,):
                return self.scaled(self.read(a), constant(-1))
            case "*", (a, b) if not is_array(a):
                return self.scaled(self.read(b), self.value(a))
            case "*", (a, b) if not is_array(b):
                return self.scaled(self.read(a), self.value(b))
            case "/", (a, b) if not is_array(b):
                return self.scaled(self.read(a), self.run.invert(self.value(b)))
            case "matmul", (a, b):
                return self._product(a, b)
            case "transpose", (a,):
                return self.flipped(a, REVERSED)
            case "hermitian", (a,):
                return self.flipped(a, REVERSED | CONJUGATED)
            case "conj", (a,):
                return self.turned(self.read(a), CONJUGATED)
            case "outer", (a, b) if len(shape_of(a)) == 1 == len(shape_of(b)):
                return self.times(self.read(a), self.turned(self.read(b), REVERSED))
            case "eye", (n,):
                return self.identity(self.size(n))
            case "zeros", (n, *rest) if len(rest) < 2:
                return Element((self.size(n), self.size(rest[0]) if rest else COLUMN), {})
            case "ones", (n, *rest) if len(rest) < 2:
                tall = self.ones(self.size(n))
                return self.times(tall, self.turned(self.ones(self.size(rest[0])), REVERSED)) if rest else tall
            case "inv", (a,):
                return self.inverse(a)
            case "expm", (a,):
                return exponential(self, a)
            case ("kron" | "vec" | "diag" | "*" | "^" | "beside" | "above"), _:
                return self._read_built(op, args)
        return None

    def _read_built(self, op: str, args: tuple[Term, ...]) -> Element | None:
        match op, args:
            case "kron", (a, b):
                return self.kron(self.read(a), self.read(b))
            case "vec", (a,):
                return self.stacked(self.read(a))
            case "beside", _:
                return self.turned(self.blocks([self.turned(self.read(a), REVERSED) for a in args]), REVERSED)
            case "above", _:
                return self.blocks([self.read(a) for a in args])
            case "diag", (a,):
                return self.diagonal(self.read(a))
            case "*", (a, b) if len(shape_of(a)) < 3:
                left, right = self.read(a), self.read(b)
                return self.entrywise(left, right) if left.shape == right.shape else None
            case "^", (a, Num(e)) if e in (2, 3, 4) and len(shape_of(a)) < 3:
                base = self.read(a)
                total = base
                for _ in range(int(e) - 1):
                    total = self.entrywise(total, base)
                return total
        return None

    def blocks(self, parts: list[Element]) -> Element:
        """Matrices below each other: the sum of `E_k @ A_k`, E_k a column of blocks with one identity."""
        sizes = [p.shape[0] for p in parts]
        if any(p.shape[1] != parts[0].shape[1] for p in parts):
            raise Decline("blocks whose widths are not seen to agree")
        return self.plus(*(self.times(e, p) for e, p in zip(self.injections(sizes), parts, strict=True)))

    def injections(self, sizes: list[Term]) -> list[Element]:
        """The columns of blocks `E_k`: `E_i.T @ E_j` is the identity or 0, and the `E_k @ E_k.T` add up to it."""
        total = self.size(add(*sizes))
        made: list[Element] = []
        fresh = False
        for k, size in enumerate(sizes):
            rows = tuple(App("eye", (n,)) if j == k else App("zeros", (n, size)) for j, n in enumerate(sizes))
            term = App("above", rows)
            fresh = fresh or term not in self.ids
            made.append(self.single((self.generator(Generator(term, (total, size))), 0)))
        if fresh:
            self._orthogonal_injections(made, sizes, total)
        return made

    def _orthogonal_injections(self, made: list[Element], sizes: list[Term], total: Term) -> None:
        for i, e in enumerate(made):
            for j, f in enumerate(made):
                product = self.times(self.turned(e, REVERSED), f)
                self.relate(self.minus(product, self.identity(sizes[i])) if i == j else product, NO_NAMES)
        whole = self.plus(*(self.times(e, self.turned(e, REVERSED)) for e in made))
        self.relate(self.minus(whole, self.identity(total)), NO_NAMES)

    def ones(self, size: Term) -> Element:
        """The vector of ones."""
        made = Generator(App("ones", (size,)), (size, COLUMN))
        return self.single((self.generator(made), 0))

    def _spread(self, a: Term, other: Term) -> Element:
        """A side of a sum; a number is added to every entry.

        Without this: A + c = A + c*eye(n).
        """
        if is_array(a):
            return self.read(a)
        rows, columns = self.frame(other)
        filled = self.ones(rows)
        if columns != COLUMN:
            filled = self.times(filled, self.turned(self.ones(columns), REVERSED))
        return self.scaled(filled, self.value(a))

    def _product(self, a: Term, b: Term) -> Element | None:
        match len(shape_of(a)), len(shape_of(b)):
            case 2, (1 | 2):
                return self.times(self.read(a), self.read(b))
            case 1, 2:
                # x @ A has the entries of A.T @ x
                return self.times(self.turned(self.read(b), REVERSED), self.read(a))
        return None

    def flipped(self, a: Term, flag: int) -> Element:
        """The transpose of a matrix; a vector stays a vector."""
        rank = len(shape_of(a))
        if rank not in (1, 2):
            raise Decline("the transpose of an array of higher rank")
        return self.turned(self.read(a), flag if rank == 2 else flag & ~REVERSED)

    def opaque(self, term: Term) -> Element:
        """A letter of its own; equal arguments give the same letter."""
        shape = self.frame(term)
        key = self._key(term) if isinstance(term, App) else canonical(term)
        symmetric, names = self.symmetry(term)
        mirrored = self.hermitian(term)
        if mirrored is not None:
            names |= mirrored
        made = Generator(key, shape, not is_complex(term), symmetric, None, names, hermitian=mirrored is not None)
        return self.single(self.letter(self.generator(made), 0))

    def _key(self, term: App) -> Term:
        """The operator with arguments in normal form, where they are plain arrays and numbers."""
        if term.op not in ("*", "diag", "exp", "tanh", "sigmoid", "relu", "softmax", "kron", "vec"):
            return canonical(term)
        new = tuple(
            self.to_term(self.read(a)) if is_array(a) and len(shape_of(a)) < 3 else canonical(a)
            for a in term.args
        )
        return App(term.op, tuple(sorted(new, key=repr)) if term.op == "*" else new)

    def symmetry(self, term: Term) -> tuple[bool, Names]:
        """Is a letter known to be symmetric, and by which facts?"""
        if isinstance(term, Sym) and term in self.run.symmetric:
            return True, frozenset({self.run.symmetric[term]})
        # the diagonal matrix of a vector
        return isinstance(term, App) and term.op == "diag" and len(shape_of(term)) == 2, NO_NAMES

    def hermitian(self, term: Term) -> Names | None:
        """The fact by which a complex matrix is its own conjugate transpose."""
        known = self.run.hermitian.get(term) if isinstance(term, Sym) else None
        return None if known is None else frozenset({known})

    # -------------------------------------------------------------- numbers

    def value(self, term: Term) -> Poly:
        """The number that a scalar term is."""
        return self.run.normal(self.abstract(term))

    def abstract(self, term: Term) -> Term:
        """The scalar with inner products, traces and determinants replaced by atoms."""
        if isinstance(term, (Num, Sym)):
            return term
        if isinstance(term, Bind):
            found = self.contract(term)
            if found is not None:
                return self.run.to_term(found)
            # without this: an atom that depends on the index would come out of its sum
            return scalarise(term)
        found = self._number(term.op, term.args)
        if found is not None:
            return self.run.to_term(found)
        if term.op in ("ite", "indicator", "index", "apply") or any(map(is_array, term.args)):
            return scalarise(term)
        return map_children(term, self.abstract)

    def _number(self, op: str, args: tuple[Term, ...]) -> Poly | None:
        match op, args:
            case "dot", (x, y) if len(shape_of(x)) == 1 == len(shape_of(y)):
                # without realness: which side a complex inner product conjugates differs
                return None if is_complex(x) or is_complex(y) else self.inner(x, y)
            case "matmul", (x, y):
                return self.inner(x, y)
            case "tr", (a,):
                return self.trace(self.read(a))
            case "det", (a,):
                return self.determinant(a)
            case "logdet", (a,):
                return self.run.normal(App("log", (self.run.to_term(self.determinant(a)),)))
            case "index", (App() as a, *at) if len(at) == len(shape_of(a)) < 3:
                return self.entry(a, tuple(at))
            case "index", (Sym() as a, _, _) if self._has_rules(a):
                return self.entry(a, args[1:])
            case "index", (Sym() as a, i, j) if i == j:
                found = self.run.normal(App("index", (a, i, j)))
                self.diagonal_entry(a, found)
                return found
            case "norm", (x,) if len(shape_of(x)) < 3:
                square = self.squared(x)
                return self.run.normal(App("sqrt", (self.run.to_term(square),)))
            case "^", (App("norm", (x,)), Num(p)) if p > 0 and p % 2 == 0 and len(shape_of(x)) < 3:
                return self.run.normal(power(self.run.to_term(self.squared(x)), Num(p / 2)))
        return None

    def _has_rules(self, a: Sym) -> bool:
        """Do equations rewrite a product with this matrix in it?"""
        number = self.ids.get(a)
        return number is not None and any(g == number for r in self.relations for g, _ in r.lead)

    def inner(self, x: Term, y: Term) -> Poly:
        """`x.T @ y`."""
        left, right = self.read(x), self.read(y)
        return self.as_number(self.times(self.turned(left, REVERSED), right).parts)

    def entry(self, a: Term, at: tuple[Term, ...]) -> Poly:
        """An entry as a product with unit vectors; its indices are owed to be in range."""
        e = self.read(a)
        row = self.turned(self.unit(e.shape[0], at[0]), REVERSED)
        found = self.times(row, e) if len(at) == 1 else self.times(row, e, self.unit(e.shape[1], at[1]))
        return self.as_number(found.parts)

    def unit(self, size: Term, at: Term) -> Element:
        """A column of the identity matrix."""
        term = App("index", (App("eye", (size,)), self.run.tidy(at)))
        return self.single((self.generator(Generator(term, (size, COLUMN))), 0))

    def squared(self, x: Term) -> Poly:
        """The sum of the squared absolute values of the entries, at least 0."""
        e = self.read(x)
        other = self.turned(e, REVERSED | CONJUGATED)
        found = (
            self.as_number(self.times(other, e).parts)
            if e.shape[1] == COLUMN
            else self.trace(self.times(other, e))
        )
        self.note(found, "<=", NO_NAMES)
        return found

    def note(self, p: Poly, rel: str, names: Names) -> None:
        """Let the signs know that `0 rel p`."""
        if p and not any(known == p and rel == r for known, r, _, _ in self.run.order_facts):
            self.run.order_facts.append((p, rel, names, None))
            self.run.sign_memo.clear()

    def number(self, kind: str, word: Word) -> Poly:
        """As for words; products of vectors of ones and of unit vectors are known."""
        terms = [self.generators[g].term for g, _ in word]
        if kind == "dot" and len(word) == 2:
            match terms:
                case [App("ones", _), App("ones", _)]:
                    return self.run.normal(self.shape(word[1])[0])
                case [App("index", (App("eye", _), i)), App("index", (App("eye", _), j))]:
                    return self.run.normal(App("delta", (i, j)))
        if kind == "dot" and (named := self._named_entry(word, terms)) is not None:
            return self.run.normal(named)
        return super().number(kind, word)

    def _named_entry(self, word: Word, terms: list[Term]) -> Term | None:
        """The entry of a name, as the scalar normal form has it, so that what is known of it holds here."""
        match terms:
            case [App("index", (App("eye", _), i)), Sym() as x] | [Sym() as x, App("index", (App("eye", _), i))]:
                return App("index", (x, i)) if len(shape_of(x)) == 1 and not is_complex(x) else None
            case [App("index", (App("eye", _), i)), Sym() as a, App("index", (App("eye", _), j))] if not is_complex(a):
                return App("index", (a, j, i) if word[1][1] & REVERSED else (a, i, j))
        return None
