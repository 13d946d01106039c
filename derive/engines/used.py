"""Files that a file uses: each is checked by itself, and its theorems come in with the verdicts that they have.

Promise: the use of files is acyclic; a theorem is worth in another file no more than in its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import PurePath

from derive.core.verdict import Kind, Trust
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.document import elaborate
from derive.elaborate.imports import RULE, Imported, closed_definitions, closed_theorem, rule_form
from derive.elaborate.plan import Plan
from derive.elaborate.reasons import METHODS
from derive.engines.ledger import Ledger, Outcome, SettledTheorem
from derive.rules.library import rule_files
from derive.settings import Settings
from derive.syntax import outline
from derive.syntax.parse import parse
from derive.text import Source, Span

_DEEPEST = 20
AXIOM = "axiom: "
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
    settings: Settings
    done: dict[str, Used] = field(default_factory=dict)

    def used_by(self, document: outline.Document, chain: tuple[str, ...]) -> Used:
        """What the files named in a document's headings give."""
        found = Used()
        for item in document.items:
            if isinstance(item, outline.Heading) and item.word == "use":
                for name in item.values:
                    found = _joined(found, self._file(name, item, chain))
        for name in sorted(cited_rules(document) & (self.rules - set(METHODS))):
            if RULE + name not in chain:
                found = _joined(found, self._rule(name, chain))
        return found

    def _rule(self, name: str, chain: tuple[str, ...]) -> Used:
        """The forms of a rule; a rule's own file uses no files, so that the chain holds other rules only."""
        behind = tuple(c for c in chain if c.startswith(RULE))
        return rule_forms(name, behind, replace(self.settings, jax=False, refuter=False, engines=None))

    def _file(self, name: str, item: outline.Heading, chain: tuple[str, ...]) -> Used:
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


# ---------------------------------------------------------------- rules


@lru_cache(maxsize=256)
def rule_forms(name: str, chain: tuple[str, ...], settings: Settings) -> Used:
    """The forms of a rule of the library, once for each run."""
    path = rule_files()[name]
    source = Source(path.name, path.read_text(encoding="utf-8"))
    return rule_from(name, source, (*chain, RULE + name), settings)


def rule_from(name: str, source: Source, chain: tuple[str, ...], settings: Settings) -> Used:
    """The forms of a rule from the text of its file: the theorems that begin with its name.

    Nothing is taken on trust: each is worth what its own proof is worth here. An axiom, which its file states
    and admits with a reference, is worth `assumed`.
    """

    def settle(plan: Plan, known: Outcomes) -> tuple[SettledTheorem, ...]:
        ledger = Ledger(settings, dict(known))
        return tuple(ledger.theorem(t) for t in plan.theorems)

    library = Library(lambda _: None, settle, frozenset(rule_files()), settings)
    parsed = parse(source)
    used = library.used_by(parsed.document, chain)
    plan = elaborate(parsed.document, source, library.rules, parsed.lost, used.imports)
    forms: list[Imported] = []
    outcomes: Outcomes = {}
    for theorem in settle(plan, used.outcomes):
        title = theorem.theorem.name
        made = closed_theorem(name, theorem.theorem, frozenset(theorem.uses))
        if made is None or not (title == name or title.startswith(f"{name}_")):
            continue
        form = rule_form(name, made)
        assert form.fact is not None
        forms.append(form)
        outcomes[form.fact.name] = _worth(theorem, parsed.document)
    return Used(tuple(forms), outcomes)


def _worth(theorem: SettledTheorem, document: outline.Document) -> Outcome:
    """What a form of a rule is worth; what lies behind it is a matter of its own file."""
    if is_axiom(theorem):
        stated = f"{AXIOM}{theorem.theorem.name} ({_reference(document)})"
        return Outcome(Kind.PROVED, Trust.ASSUMED, frozenset({stated}))
    behind = frozenset(u for u in theorem.uses if u.startswith((AXIOM, RULE)))
    return Outcome(theorem.verdict, theorem.trust or Trust.EXACT, behind)


def cited_rules(node: object) -> frozenset[str]:
    """The names of all reasons in a part of a document."""
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            stack += item
        elif is_dataclass(item) and not isinstance(item, (type, Span)):
            if isinstance(item, outline.Reason):
                found.add(item.name)
            stack += [getattr(item, f.name) for f in fields(item)]
    return frozenset(found)


def is_axiom(theorem: SettledTheorem) -> bool:
    """Is the theorem stated and admitted, with no step besides?"""
    return bool(theorem.steps) and all(s.standing is Kind.ADMITTED for s in theorem.steps)


def _reference(document: outline.Document) -> str:
    return next(
        (i.values[0] for i in document.items if isinstance(i, outline.Heading) and i.word == "source" and i.values),
        "no reference",
    )


def stem(source: Source) -> str:
    """The name by which other files would use this one."""
    return PurePath(source.path).stem


def _joined(one: Used, two: Used) -> Used:
    # The first bearer of a name keeps it, in the scope as in the ledger.
    return Used(
        (*one.imports, *two.imports), {**two.outcomes, **one.outcomes},
        (*one.diagnostics, *two.diagnostics),
    )


def _mistake(code: str, message: str, item: outline.Heading) -> Used:
    return Used(diagnostics=(Diagnostic(code, Severity.ERROR, message, item.span),))
