"""The map: a source is parsed into a document, elaborated into a plan, settled, and told as a result.

    text --parse--> Document --elaborate--> Plan --settle--> Verdicts --tell--> FileResult --render--> text
                                              |                  ^
                                              v                  | conditions become obligations
                                           engines --certificate--> kernel

Guarantees, each tested: `check_file` is total (a result for every input, nonsense included), pure (no
printing, no files, no clock in what is compared), deterministic (same source, settings and versions, same
result), and monotone (removing an engine can only weaken an answer).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

from derive.diagnostic import Diagnostic
from derive.elaborate.document import elaborate, plan_claim
from derive.elaborate.plan import Plan
from derive.engines.crosscheck import cross_check
from derive.engines.ledger import Ledger, Outcome, SettledTheorem
from derive.engines.used import Library, stem
from derive.report.model import FileResult
from derive.report.tell import tell
from derive.rules.library import rule_names
from derive.settings import Settings
from derive.syntax.parse import parse, parse_claim, parse_givens
from derive.text import Source, Span

Load = Callable[[str], Source | None]
_DEPTH = 20_000


def check_file(source: Source, settings: Settings, load: Load | None = None) -> FileResult:
    """Check one file. `load` gives the text of another file by name, for `use`."""
    sys.setrecursionlimit(max(_DEPTH, sys.getrecursionlimit()))
    parsed = parse(source)
    library = Library(load or _nothing, lambda p, known: settle_plan(p, settings, known), rule_names(), settings)
    used = library.used_by(parsed.document, (stem(source),))
    plan = elaborate(parsed.document, source, rule_names(), parsed.lost, used.imports)
    settled = settle_plan(plan, settings, used.outcomes)
    return tell(source, plan, settled, (*parsed.diagnostics, *used.diagnostics))


def _nothing(name: str) -> Source | None:
    return None


def check_claim_text(claim: str, given: str, settings: Settings) -> FileResult:
    """Check one claim under declarations and hypotheses, as `derive check -c` does."""
    source = Source("<claim>", claim)
    chain, mistakes = parse_claim(source)
    givens, faults = parse_givens(Source("<given>", given))
    if chain is None or faults:
        return tell(_joined(source, given), Plan("", (), ()), (), (*mistakes, *_behind(faults, claim)))
    plan = plan_claim(chain, givens, source)
    plan = replace(plan, diagnostics=_behind(plan.diagnostics, claim))
    return tell(_joined(source, given), plan, settle_plan(plan, settings), mistakes)


def _joined(source: Source, given: str) -> Source:
    """The claim with the givens on the lines below it, so that each mistake has its own place."""
    return Source(source.path, f"{source.text}\n{given}") if given else source


def _behind(diagnostics: tuple[Diagnostic, ...], claim: str) -> tuple[Diagnostic, ...]:
    """Diagnostics about the givens, at their place below the claim."""
    shift = len(claim) + 1
    return tuple(
        replace(d, span=Span(d.span.start + shift, d.span.end + shift)) for d in diagnostics
    )


def settle_plan(
    plan: Plan, settings: Settings, known: dict[str, Outcome] | None = None
) -> tuple[SettledTheorem, ...]:
    """Settle the theorems in order, then compare every derivative with automatic differentiation.

    `known` is what other files' theorems are worth.
    """
    ledger = Ledger(settings, dict(known or {}))
    theorems = tuple(ledger.theorem(t) for t in plan.theorems)
    return cross_check(theorems, settings) if settings.jax else theorems
