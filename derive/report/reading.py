"""Readings: the closed statement of a step as the checker understood it.

Promise: what is printed here is what was checked: every variable with its sort and domain, inferred
ranges, what a derivative holds fixed. A right proof of a misread claim is the likeliest wrong yes.
"""

from __future__ import annotations

from derive.core.claim import DOMAIN, HYPOTHESIS, Context
from derive.core.show import show
from derive.core.sort import Array, Function, Scalar, Sort
from derive.core.term import App, Sym, Term, subterms
from derive.elaborate.plan import PlannedStep, PlannedTheorem
from derive.syntax.words import LAYOUTS


def reading_of(step: PlannedStep, layout: str = LAYOUTS[0]) -> str:
    """The reading of a step's claim."""
    if step.obligation is None:
        return ""
    return reading(step.obligation.claim, step.obligation.context, layout)


def reading_of_theorem(theorem: PlannedTheorem, layout: str = LAYOUTS[0]) -> str:
    """The reading of a theorem's claim."""
    if theorem.setting is None:
        return ""
    return reading(theorem.setting.claim, theorem.setting.context, layout)


def reading(claim: Term, context: Context, layout: str = LAYOUTS[0]) -> str:
    """`for all n : integer with 1 <= n, x : real[n]: claim`, and what derivatives hold fixed."""
    needed = _needed(claim, context)
    parts = []
    for symbol in context.symbols:
        if symbol in needed:
            domain = [
                show(f.claim) for f in context.facts
                if f.kind == DOMAIN and symbol in context.dependencies(f.claim)
                and context.dependencies(f.claim) <= needed
            ]
            with_domain = f" with {' and '.join(domain)}" if domain else ""
            parts.append(f"{symbol.name} : {_sort(symbol.sort)}{with_domain}")
    given = [
        show(f.claim) for f in context.facts
        if f.kind == HYPOTHESIS and context.dependencies(f.claim) & needed
    ]
    text = f"for all {', '.join(parts)}" if parts else "for all values"
    if given:
        text += f", given {'; '.join(given)}"
    held = "; ".join(t for t in (_held(claim, context), _laid_out(claim, layout)) if t)
    return f"{text}: {show(claim)}" + (f" [{held}]" if held else "")


def _laid_out(claim: Term, layout: str) -> str:
    """In which layout a gradient by a matrix was written, if the claim has one."""
    written = any(
        isinstance(t, App) and t.op == "grad" and isinstance(t.args[1], Sym)
        and isinstance(t.args[1].sort, Array) and len(t.args[1].sort.shape) == 2
        for t in subterms(claim)
    )
    if not written:
        return ""
    shape = "the transposed shape" if layout == "numerator" else "the shape"
    return f"{layout} layout: a gradient is written in {shape} of what it is taken by"


def _needed(claim: Term, context: Context) -> frozenset[Sym]:
    """The symbols that the claim depends on, with those in their shapes."""
    found = set(context.dependencies(claim))
    for symbol in tuple(found):
        if isinstance(symbol.sort, Array):
            for axis in symbol.sort.shape:
                found |= context.dependencies(axis)
    return frozenset(found)


def _sort(sort: Sort) -> str:
    match sort:
        case Array(shape, entry):
            return f"{entry.value}[{', '.join(show(s) for s in shape)}]"
        case Function(args, result):
            return f"{', '.join(_sort(a) for a in args)} -> {_sort(result)}"
        case Scalar():
            return sort.value
    return "law"


def _held(claim: Term, context: Context) -> str:
    """By what the derivatives are taken, and what they hold fixed."""
    by = []
    for t in subterms(claim):
        if isinstance(t, App) and t.op in ("deriv", "partial", "grad", "jacobian", "hessian"):
            point = App("index", t.args[1:]) if t.op == "partial" else t.args[1]
            others = sorted(
                s.name for s in context.dependencies(claim) if s not in context.dependencies(point)
            )
            line = f"derivative by {show(point)}"
            if others:
                line += f", holding {', '.join(others)} fixed"
            if line not in by:
                by.append(line)
    return "; ".join(by)
