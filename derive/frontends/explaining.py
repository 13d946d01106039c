"""`derive explain` and `derive rules`: pages, rules, and how a line was read and judged.

Promise: what is shown of a line comes from its result alone, so it is what the checker understood, not
what the file says.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from derive.core.verdict import Kind
from derive.frontends.checking import check_paths, complain, style_of, write
from derive.report.layout import Style, wrap
from derive.report.model import FileResult, StepResult
from derive.report.outcome import ExitCode
from derive.report.terminal import jax_line, name_of, verdict_text
from derive.rules.library import rule_files
from derive.settings import Settings, nearest

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACE = re.compile(r"(.+):(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Rule:
    """A file of the rule library: its name, what its first comment lines say, and its text."""

    name: str
    summary: str
    text: str


def explain_subject(subject: str, settings: Settings) -> int:
    """Show a page, a rule, or a line of a file; the exit code."""
    page = _PACKAGE / "pages" / f"{subject}.md"
    if re.fullmatch(r"[a-z-]+", subject) and page.is_file():
        write(page.read_text(encoding="utf-8"))
        return int(ExitCode.OK)
    place = _PLACE.fullmatch(subject)
    if place is not None:
        return _explain_line(place[1], int(place[2]), settings)
    rule = next((rule for rule in all_rules() if rule.name == subject), None)
    if rule is not None:
        write(rule.text)
        return int(ExitCode.OK)
    close = nearest(subject, (*page_names(), *(rule.name for rule in all_rules())))
    hint = f"a similar name exists: `{close}`" if close else "try a code, a rule, or FILE:LINE"
    complain(f"error: there is nothing called `{subject}` to explain; {hint}")
    return int(ExitCode.USAGE)


def list_rules(word: str | None) -> int:
    """Show the names of the rules and what they say, those about a word if there is one."""
    style = style_of(sys.stdout, False)
    found = [rule for rule in all_rules() if word is None or word.lower() in rule.text.lower()]
    found = found or [rule for rule in all_rules() if word and word in rule.name]
    if not found:
        names = tuple(rule.name for rule in all_rules())
        close = nearest(word or "", names)
        said = f"; a similar name exists: `{close}`" if close else ""
        complain(f"no rule is about `{word}`{said}" if word else "there are no rules")
        return int(ExitCode.USAGE)
    column = min(32, max(len(rule.name) for rule in found))
    for rule in found:
        lead = f"{rule.name:<{column}}  "
        write("\n".join(wrap(style.show(rule.summary), style.width, lead, " " * (column + 2))) + "\n")
    return int(ExitCode.OK)


def all_rules() -> list[Rule]:
    """The rule library, by name."""
    return [_rule(file) for _, file in sorted(rule_files().items())]


def page_names() -> tuple[str, ...]:
    """The names of the pages."""
    return tuple(sorted(file.stem for file in (_PACKAGE / "pages").glob("*.md")))


def _rule(file: Path) -> Rule:
    text = file.read_text(encoding="utf-8")
    said: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        said.append(line.lstrip("# ").rstrip())
    summary = " ".join(said)
    return Rule(file.stem, summary, text if text.endswith("\n") else text + "\n")


def _explain_line(path: str, line: int, settings: Settings) -> int:
    report = check_paths((path,), settings, jobs=1)
    result = report.files[0]
    style = style_of(sys.stdout, False)
    found = [s for s in result.steps if s.region.line <= line <= s.region.end_line]
    faults = [d.message for d in result.diagnostics]
    if not found:
        lines = ", ".join(str(n) for n in sorted({s.region.line for s in result.steps}))
        said = f"the steps are on lines {lines}" if lines else "; ".join(faults) or "it has no steps"
        complain(f"error: no step of {path} stands on line {line}; {said}")
        return int(ExitCode.USAGE)
    for step in found:
        write("\n".join(_step_lines(result, step, style)) + "\n")
    return int(ExitCode.OK)


def _step_lines(result: FileResult, step: StepResult, style: Style) -> list[str]:
    head = f"{result.path}:{step.region.line}  {name_of(step)}: {verdict_text(step.verdict, step.trust)}"
    rows = [("claim", step.claim_source), ("read as", step.reading or step.claim_unicode)]
    if step.local is not step.verdict:
        rows.append(("by itself", f"{step.local.word}: does it follow from its premises alone?"))
    rows.append(("reason", step.reason or "none given"))
    rows.append(("settled by", step.engine or "nothing"))
    rows.append(("uses", ", ".join(step.uses) or "nothing but definitions"))
    if step.rests_on:
        rows.append(("rests on", ", ".join(step.rests_on)))
    rows += [("condition", f"{c.claim}   ({_owed(c.verdict, c.failing)})") for c in step.conditions]
    if step.counterexample is not None:
        found = step.counterexample
        point = [f"{name} = {value}" for name, value in (*found.sizes, *found.point)]
        rows.append(("at", ", ".join(point)))
        rows += [("left", found.left), ("right", found.right)]
        rows += [("note", found.note)] if found.note else []
    if step.jax is not None:
        rows.append(("cross-check", jax_line(step.jax)))
    for diagnostic in step.diagnostics:
        rows.append((diagnostic.severity.value, diagnostic.message))
        rows += [("", note) for note in diagnostic.notes]
        rows += [("hint", diagnostic.hint)] if diagnostic.hint else []
    theorem = next((t for t in result.theorems if t.name == step.theorem), None)
    if theorem is not None:
        rows.append(("theorem", f"{theorem.name}: {verdict_text(theorem.verdict, theorem.trust)}"))
        rows.append(("unused", ", ".join(theorem.unused_hypotheses) or "no hypothesis"))
    lines = wrap(style.show(head), style.width, "", "  ")
    for name, text in rows:
        lines += wrap(style.show_lines(text), style.width, f"  {name:<12}", " " * 14)
    return lines


def _owed(kind: Kind, failing: str | None) -> str:
    return f"{kind.word}; it fails at {failing}" if failing else kind.word
