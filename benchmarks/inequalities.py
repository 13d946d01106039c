"""Sixty inequalities from textbooks, forty more, and fifty false variants: derive beside Z3 and `sympy.simplify`.

Promise: each list was assembled before any of it was tried and stays as it is; the verdicts of the first run
stay in the table beside the last ones. `python -m benchmarks.inequalities` exits with 1 if a false one is
called `proved` by derive. Each of the three has a child process of its own and ten seconds.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from derive.check import check_claim_text
from derive.core.claim import Context
from derive.core.term import App, Num, Sym, Term
from derive.elaborate.document import plan_claim
from derive.elaborate.plan import Composite
from derive.engines.worker import Finished, run_limited
from derive.settings import Settings
from derive.syntax.parse import parse_claim, parse_givens
from derive.text import Source

HERE = Path(__file__).parent
LISTS = {
    "inequalities": "Sixty inequalities from textbooks and thirty false variants, assembled before any was tried.",
    "inequalities_more": "Forty more and twenty false variants, assembled before any was tried.",
}
SECONDS, MEGABYTES = 10.0, 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One claim of the list."""

    claim: str
    given: str
    source: str
    true: bool


def read_lines(name: str) -> list[Line]:
    """The true claims of a list and the false ones."""
    found, true = [], True
    for text in (HERE / "data" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if text.startswith("----"):
            true = False
        elif text and not text.startswith("#"):
            claim, given, source = (part.strip() for part in text.split("|"))
            found.append(Line(claim, given, source, true))
    return found


def by_derive(line: Line) -> tuple[str, float]:
    """The verdict (with the trust of a proof), and the seconds of CPU."""
    started = time.process_time()
    settings = Settings(jax=False, timeout=SECONDS)
    step = check_claim_text(line.claim, line.given, settings).steps[-1]
    spent = time.process_time() - started
    word = step.verdict.word
    return (f"{word}, {step.trust.word}" if word == "proved" and step.trust else word), spent


def _obligation(line: Line) -> tuple[Term, Context]:
    source = Source("<claim>", line.claim)
    chain, _ = parse_claim(source)
    givens, _ = parse_givens(Source("<given>", line.given))
    assert chain is not None
    step = plan_claim(chain, givens, source).theorems[-1].steps[-1]
    assert not isinstance(step, Composite) and step.obligation is not None
    return step.obligation.context.unfold(step.obligation.claim), step.obligation.context


def _sympy(line: Line) -> str:
    import sympy

    from derive.backends.sympy import lowering, to_sympy

    claim, context = _obligation(line)
    assert isinstance(claim, App)
    table = lowering(context, claim)
    left, right = (to_sympy(side, context, table) for side in claim.args)
    answer = sympy.simplify(left < right if claim.op == "<" else left <= right)
    return "proved" if answer == sympy.true else "refuted" if answer == sympy.false else "unknown"


def _z3(line: Line) -> str:
    import z3

    claim, context = _obligation(line)
    solver = z3.Solver()
    solver.set("timeout", int(SECONDS * 900))
    names: dict[str, Any] = {}
    extra: list[Any] = []

    def low(term: Term) -> Any:
        match term:
            case Num(value):
                return z3.Q(value.numerator, value.denominator) if isinstance(value, Fraction) else z3.RealVal(value)
            case Sym(name, _):
                return names.setdefault(name, z3.Real(name))
            case App("+" | "-" | "*" | "/" as op, (a, b)):
                x, y = low(a), low(b)
                return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y}[op]()
            case App("+" | "*" as op, args):
                total = low(args[0])
                for a in args[1:]:
                    total = total + low(a) if op == "+" else total * low(a)
                return total
            case App("neg", (a,)):
                return -low(a)
            case App("^", (a, Num(e))) if e.denominator == 1 and e >= 0:
                return low(a) ** int(e)
            case App("abs", (a,)):
                x = low(a)
                return z3.If(x >= 0, x, -x)
            case App("max" | "min" as op, (a, b)):
                x, y = low(a), low(b)
                return z3.If(x >= y, x, y) if op == "max" else z3.If(x >= y, y, x)
            case App("sqrt", (a,)):
                root = z3.Real(f"root{len(extra)}")
                extra.append(z3.And(root >= 0, root * root == low(a)))
                return root
            case App("<" | "<=" | "=" | "!=" as op, (a, b)):
                x, y = low(a), low(b)
                return {"<": lambda: x < y, "<=": lambda: x <= y, "=": lambda: x == y, "!=": lambda: x != y}[op]()
            case App("and", args):
                return z3.And(*(low(a) for a in args))
            case App(op, args):
                sorts = [z3.RealSort()] * (len(args) + 1)
                return z3.Function(op, *sorts)(*(low(a) for a in args)) if args else z3.Real(op)
        raise ValueError("no reading")

    goal = low(claim)
    for fact in context.facts:
        solver.add(low(context.unfold(fact.claim)))
    solver.add(*extra, z3.Not(goal))
    return {"unsat": "proved", "sat": "unknown", "unknown": "unknown"}[str(solver.check())]


def aside(work: Any, line: Line) -> tuple[str, float]:
    """The answer of a child process, and its seconds."""
    found = run_limited(work, (line,), SECONDS, MEGABYTES)
    word = str(found.value) if isinstance(found, Finished) else found.reason.split(":")[0]
    return word, found.seconds


def main() -> int:
    """Write the tables; 1 if a false claim is proved."""
    return max(_table(name, title) for name, title in LISTS.items())


def _table(name: str, title: str) -> int:
    """Write the table of one list; 1 if a false claim is proved."""
    lines = read_lines(name)
    rows = [(line, by_derive(line), aside(_z3, line), aside(_sympy, line)) for line in lines]
    said = {f"{line.claim} | {line.given}": derive[0] for line, derive, _, _ in rows}
    kept = HERE / "results" / f"{name}_first.json"
    if not kept.exists():
        kept.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    first = json.loads(kept.read_text(encoding="utf-8"))
    text = [title, ""]
    text.append(f"{'claim':<58} {'first':<18} {'last':<18} {'s':>6}  {'Z3':<9} {'s':>6}  {'SymPy':<9} {'s':>6}")
    for line, (word, spent), (z3_word, z3_spent), (sympy_word, sympy_spent) in rows:
        if line is next((other for other, *_ in rows if not other.true), None):
            text.append("-" * 60 + " false from here on")
        before = first.get(f"{line.claim} | {line.given}", "")
        text.append(
            f"{line.claim[:58]:<58} {before:<18} {word:<18} {spent:6.2f}  {z3_word:<9} {z3_spent:6.2f}  "
            f"{sympy_word:<9} {sympy_spent:6.2f}"
        )
    text += ["", *_totals(rows, first)]
    (HERE / "results" / f"{name}.txt").write_text("\n".join(text) + "\n", encoding="utf-8")
    print("\n".join(text[-12:]))
    return int(any(not line.true and derive[0].startswith("proved") for line, derive, _, _ in rows))


def _totals(rows: list[Any], first: dict[str, str]) -> list[str]:
    true = [r for r in rows if r[0].true]
    false = [r for r in rows if not r[0].true]
    early = [first.get(f"{r[0].claim} | {r[0].given}", "") for r in true]

    def share(words: list[str], start: str) -> int:
        # an exact proof is called `proved` without more
        return sum(w == "proved" if start == "proved, exact" else w.startswith(start) for w in words)

    last = [r[1][0] for r in true]
    found = [
        f"of {len(true)} true ones: {kind}: first run {share(early, kind)}, last run {share(last, kind)}"
        for kind in ("proved, exact", "proved, enclosure", "proved, oracle", "conditional", "supported", "unknown")
    ]
    z3_count, sympy_count = (share([r[k][0] for r in true], "proved") for k in (2, 3))
    found.append(f"of {len(true)} true ones: proved by Z3 alone {z3_count}, by sympy.simplify(l <= r) {sympy_count}")
    wrong = [share([r[k][0] for r in false], "proved") for k in (2, 3)]
    refuted = share([r[1][0] for r in false], "refuted")
    proved = share([r[1][0] for r in false], "proved")
    found.append(
        f"of {len(false)} false ones: derive refutes {refuted} and proves {proved}; "
        f"Z3 proves {wrong[0]}, SymPy {wrong[1]}"
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
