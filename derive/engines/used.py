"""Files that a file uses: each is checked by itself, and its theorems come in with the verdicts that they have.

Promise: the use of files is acyclic; a theorem is worth in another file no more than in its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath

from derive.core.verdict import Trust
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.document import elaborate
from derive.elaborate.imports import Imported, closed_definitions, closed_theorem
from derive.elaborate.plan import Plan
from derive.engines.ledger import Outcome, SettledTheorem
from derive.syntax import ast
from derive.syntax.parse import parse
from derive.text import Source

_DEEPEST = 20
Outcomes = dict[str, Outcome]
Settle = Callable[[Plan, Outcomes], tuple[SettledTheorem, ...]]


@dataclass(slots=True)
class Used:
    """What the files in use give: facts and definitions, what is known of them, and mistakes."""

    imports: tuple[Imported, ...] = ()
    outcomes: Outcomes = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Library:
    """Loads and checks files by name, each once."""

    load: Callable[[str], Source | None]
    settle: Settle
    rules: frozenset[str]
    done: dict[str, Used] = field(default_factory=dict)

    def used_by(self, document: ast.Document, chain: tuple[str, ...]) -> Used:
        """What the files named in a document's headings give."""
        found = Used()
        for item in document.items:
            if isinstance(item, ast.Heading) and item.word == "use":
                for name in item.values:
                    found = _joined(found, self._file(name, item, chain))
        return found

    def _file(self, name: str, item: ast.Heading, chain: tuple[str, ...]) -> Used:
        if name in chain or len(chain) > _DEEPEST:
            return _mistake("circular-citation", f"`{name}` uses this file itself, by way of others", item)
        if name not in self.done:
            source = self.load(name)
            if source is None:
                return _mistake("unknown-name", f"there is no file `{name}.drv` beside this one", item)
            made = self._checked(name, source, (*chain, name))
            circular = next((d for d in made.diagnostics if d.code == "circular-citation"), None)
            if circular is not None:
                return _mistake("circular-citation", f"`{name}` uses this file itself, by way of others", item)
            self.done[name] = Used(made.imports, made.outcomes)
        return self.done[name]

    def _checked(self, name: str, source: Source, chain: tuple[str, ...]) -> Used:
        parsed = parse(source)
        used = self.used_by(parsed.document, chain)
        if used.diagnostics:
            return used
        plan = elaborate(parsed.document, source, self.rules, parsed.lost, used.imports)
        settled = self.settle(plan, used.outcomes)
        imports: list[Imported] = list(closed_definitions(name, plan.context))
        outcomes: Outcomes = {}
        for theorem in settled:
            made = closed_theorem(name, theorem.theorem, frozenset(theorem.uses))
            if made is not None and theorem.theorem.name not in outcomes:
                imports.append(made)
                uses = frozenset(f"{name}.{u}" for u in theorem.uses)
                outcomes[theorem.theorem.name] = Outcome(
                    theorem.verdict, theorem.trust or Trust.EXACT, uses
                )
        return Used(tuple(imports), outcomes)


def stem(source: Source) -> str:
    """The name by which other files would use this one."""
    return PurePath(source.path).stem


def _joined(one: Used, two: Used) -> Used:
    # The first bearer of a name keeps it, in the scope as in the ledger.
    return Used(
        (*one.imports, *two.imports), {**two.outcomes, **one.outcomes},
        (*one.diagnostics, *two.diagnostics),
    )


def _mistake(code: str, message: str, item: ast.Heading) -> Used:
    return Used(diagnostics=(Diagnostic(code, Severity.ERROR, message, item.span),))
