"""Canonical names of the bound variables of a sum, by colour refinement.

Promise: two sums that differ only in the names and the order of their variables become one term, up to a
bound on the orders that are tried; whatever the order, the term is the sum.
"""

from __future__ import annotations

from derive.core.sort import INTEGER
from derive.core.term import ONE, App, Bind, Sym, Term, free_symbols, mul, substitute, subterms
from derive.kernel.cited_equations import CitedEquations
from derive.kernel.poly import Exponent

Factor = tuple[Term, Exponent]
_MAX_LEAVES = 720


class SumNames(CitedEquations):
    """The sum of a product of factors, with names given by structure alone."""

    def canonical_sum(self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]) -> Term:
        """The sum as a nested binder whose variables are named by their place in a canonical order."""
        height = 1 + max(
            (int(t.var.name[1:].split(".")[0]) for f, _ in factors for t in subterms(f)
             if isinstance(t, Bind) and t.var.name[:1] == "~" and t.var.name[1:2].isdigit() and "." in t.var.name),
            default=0,
        )
        best: Term | None = None
        best_key = ""
        for order in self.orders(dummies, factors):
            names = {d[0]: Sym(f"~{height}.{k}", INTEGER) for k, d in enumerate(order)}
            renamed = sorted(
                ((self.rename(f, names), e) for f, e in factors), key=lambda fe: (repr(fe[0]), str(fe[1]))
            )
            term = self.product_term(renamed)
            for d, lo, hi in reversed(order):
                term = Bind("sum", names[d], (substitute(lo, names), substitute(hi, names)), term)
            key = repr(term)
            if best is None or key < best_key:
                best, best_key = term, key
        assert best is not None
        return best

    def rename(self, factor: Term, names: dict[Sym, Sym]) -> Term:
        """A factor under other names, its canonical order restored (sums inside, symmetric entries)."""
        new = substitute(factor, names)
        if isinstance(new, App) and new.op == "index" and new.args[0] in self.symmetric:
            return App("index", (new.args[0], *sorted(new.args[1:], key=repr)))
        if isinstance(new, App) and new.op not in ("index", "delta", "indicator"):
            product = self.normal(new) if new.op not in ("poly", "root") else None
            if product is not None and len(product) == 1:
                ((m, c),) = product.items()
                if c == 1 and len(m) == 1 and m[0][1] == 1:
                    return self.atoms[m[0][0]]
        return new

    def orders(
        self, dummies: list[tuple[Sym, Term, Term]], factors: list[Factor]
    ) -> list[list[tuple[Sym, Term, Term]]]:
        """The orders of the variables that colour refinement can't tell apart."""
        if len(dummies) == 1:
            return [dummies]
        variables = [d[0] for d in dummies]
        colours = {d[0]: repr(d[1:]) for d in dummies}
        for _ in range(len(dummies)):
            colours = self.refine(colours, factors)
        classes: dict[str, list[Sym]] = {}
        for v in variables:
            classes.setdefault(colours[v], []).append(v)
        place = {d[0]: d for d in dummies}
        leaves: list[list[Sym]] = []
        self._individualise([classes[k] for k in sorted(classes)], colours, factors, leaves)
        return [[place[v] for v in leaf] for leaf in leaves]

    def _individualise(
        self, cells: list[list[Sym]], colours: dict[Sym, str], factors: list[Factor], leaves: list[list[Sym]]
    ) -> None:
        """Tell equal colours apart one variable at a time, refining after each choice."""
        if len(leaves) >= _MAX_LEAVES:
            return
        open_cell = next((c for c in cells if len(c) > 1), None)
        if open_cell is None:
            leaves.append([c[0] for c in cells])
            return
        for chosen in open_cell:
            marked = dict(colours)
            marked[chosen] = colours[chosen] + "!"
            for _ in range(len(marked)):
                marked = self.refine(marked, factors)
            groups: dict[str, list[Sym]] = {}
            for v, k in marked.items():
                groups.setdefault(k, []).append(v)
            self._individualise([groups[k] for k in sorted(groups)], marked, factors, leaves)

    def refine(self, colours: dict[Sym, str], factors: list[Factor]) -> dict[Sym, str]:
        """One round: the new colour of a variable is the old one with the factors around it."""
        order = {c: str(i) for i, c in enumerate(sorted(set(colours.values())))}
        names = {v: Sym(f"~c{order[c]}", INTEGER) for v, c in colours.items()}
        signatures: dict[Sym, list[str]] = {v: [] for v in colours}
        for f, e in factors:
            inside = [v for v in colours if v in free_symbols(f)]
            for v in inside:
                marked = {**{w: names[w] for w in inside}, v: Sym("~c*", INTEGER)}
                signatures[v].append(f"{self.rename_plain(f, marked)!r}^{e}")
        rough = {v: (order[colours[v]].zfill(4), tuple(sorted(s))) for v, s in signatures.items()}
        ranks = {r: i for i, r in enumerate(sorted(set(rough.values())))}
        return {v: f"{ranks[r]:04d}" for v, r in rough.items()}

    def rename_plain(self, factor: Term, names: dict[Sym, Sym]) -> Term:
        """A factor with colours in place of variables, as a signature."""
        new = substitute(factor, names)
        if isinstance(new, App) and new.op == "index" and new.args[0] in self.symmetric:
            return App("index", (new.args[0], *sorted(new.args[1:], key=repr)))
        return new

    def product_term(self, factors: list[Factor]) -> Term:
        """The product of factors as a term."""
        return mul(*(self.power_term(self.atom(f), e) for f, e in factors)) if factors else ONE
