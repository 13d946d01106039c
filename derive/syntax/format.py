"""Documents as text: the canonical layout of a file.

Promise: formatting is idempotent and loses nothing of a document without mistakes; with the source,
its comments, its blank lines and its line breaks between the links of a chain are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.syntax import ast, outline
from derive.syntax.cut import Comment
from derive.syntax.rows import Rows, lay_out
from derive.syntax.spell import Style, Writer, format_expr, show, show_reasons, show_sort
from derive.text import Source, Span

__all__ = ["Style", "format_document", "format_expr"]

_STEP = 4


def format_document(
    document: outline.Document,
    source: Source | None = None,
    style: Style = "ascii",
    comments: Sequence[Comment] = (),
) -> str:
    """The text of a document; give `source`, and `comments` of its `Parsed`, to keep what a tree has not."""
    rows = Rows(Writer(style, source))
    for item in document.items:
        _item(rows, item)
    return lay_out(rows.rows, comments, source)


def _item(rows: Rows, item: outline.Item) -> None:
    match item:
        case outline.Heading():
            rows.add(0, _heading(item), item.span, section="heading")
        case outline.Prose():
            _prose(rows, item, 0)
        case outline.Given(items, span):
            rows.add(0, "given", Span(span.start, span.start + 5), section="given")
            for entry in items:
                _given(rows, entry)
        case outline.Define(items, span):
            rows.add(0, "define", Span(span.start, span.start + 6), section="define")
            for made in items:
                if isinstance(made, outline.Prose):
                    _prose(rows, made, _STEP)
                else:
                    _definition(rows, made, made.span, _STEP)
        case outline.Theorem(kind, name, statement, proof, closed, span):
            _chain(
                rows, statement, _named(kind, name, rows.writer), span.start, 0, section="theorem"
            )
            _proof(rows, proof, closed, statement.span, span)
        case outline.LostTheorem():
            raise ValueError("a document with mistakes has no canonical text")


def _named(kind: str, name: ast.Name | None, w: Writer) -> str:
    return f"{kind} {w.name(name.name)}: " if name is not None else f"{kind}: "


def _heading(item: outline.Heading) -> str:
    if item.word in ("title", "source", "author"):
        return f'{item.word} "{item.values[0]}"'
    return f"{item.word} {', '.join(item.values)}"


def _prose(rows: Rows, item: outline.Prose, indent: int) -> None:
    rows.add(indent, f"-- {item.text}".rstrip(), item.span, section="prose" if indent == 0 else "")


def _given(rows: Rows, entry: outline.Declaration | outline.Hypothesis | outline.Prose) -> None:
    w = rows.writer
    match entry:
        case outline.Prose():
            _prose(rows, entry, _STEP)
        case outline.Declaration(names, sort, properties, span):
            left = ", ".join(w.name(name.name) for name in names)
            text = f": {show_sort(sort, w)}"
            for i, part in enumerate(properties):
                joint = " with " if sort.word == "random" and i == 0 else ", "
                text += joint + _property(part, w)
            rows.add(_STEP, left, span, right=text)
        case outline.Hypothesis(name, claim, span):
            label = f"{w.name(name.name)}: " if name is not None else ""
            rows.add(_STEP, label + show(claim, w), span)


def _property(part: outline.Property, w: Writer) -> str:
    return part.word + (f"({', '.join(show(arg, w) for arg in part.args)})" if part.args else "")


def _definition(rows: Rows, made: outline.Definition, span: Span, indent: int, lead: str = "") -> None:
    w = rows.writer
    left = lead + w.name(made.name.name)
    if made.params:
        shown = (
            w.name(p.name) + (f" : {show_sort(p.sort, w)}" if p.sort else "") for p in made.params
        )
        left += f"({', '.join(shown)})"
    if made.indices:
        left += f"[{', '.join(w.name(index.name) for index in made.indices)}]"
    rows.add(indent, left, span, right=f":= {show(made.body, w)}")


# ---------------------------------------------------------------- chains


def _chain(
    rows: Rows, chain: outline.Chain, lead: str, start: int, indent: int, section: str = ""
) -> None:
    """The head of a chain with what the author put on its line, then a row for each other line."""
    w = rows.writer
    lines = _lines(chain, w.source)
    head, *tail = lines
    text = lead + show(chain.first, w)
    column = indent + _STEP
    for link in head:
        if column == indent + _STEP:
            column = indent + len(text) + 1
        text += f" {w.sign(link.rel)} {show(link.right, w)}"
    last = head[-1] if head else None
    condition, reasons = (
        (last.condition, last.reasons) if last else (chain.condition, chain.reasons)
    )
    ends = last.span.end if last else chain.first.span.end
    if column > 40 or not head or head[-1].rel in ("<=>", "=>"):
        column = indent + _STEP
    width = len(w.sign(head[0].rel)) if head and column > indent + _STEP else 0
    width = max([width, *(len(w.sign(line[0].rel)) for line in tail)])
    if head and column > indent + _STEP:
        column -= width - len(w.sign(head[0].rel))
    rows.add(indent, text, Span(start, ends), condition=condition, reasons=reasons, section=section)
    for line in tail:
        shown = " ".join(f"{w.sign(link.rel)} {show(link.right, w)}" for link in line)
        pad = width - len(w.sign(line[0].rel))
        span = line[0].span.to(line[-1].span)
        rows.add(column + pad, shown, span, condition=line[0].condition, reasons=line[0].reasons)


def _lines(chain: outline.Chain, source: Source | None) -> list[list[outline.Link]]:
    """The links by line: the first list is what stands on the line of the first expression."""
    lines: list[list[outline.Link]] = [[]]
    if chain.reasons or chain.condition is not None:
        lines += [[link] for link in chain.links]
    elif source is None:
        lines = (
            [list(chain.links)]
            if len(chain.links) == 1
            else [[], *([link] for link in chain.links)]
        )
    else:
        for link in chain.links:
            if _leads(link.span.start, source):
                lines.append([link])
            else:
                lines[-1].append(link)
    return lines


def _leads(offset: int, source: Source) -> bool:
    begin = source.text.rfind("\n", 0, offset) + 1
    return not source.text[begin:offset].strip()


# ---------------------------------------------------------------- proofs


def _proof(
    rows: Rows, proof: tuple[outline.ProofItem, ...] | None, closed: bool, statement: Span, whole: Span
) -> None:
    if proof is None:
        return
    begin = statement.end
    if proof and isinstance(proof[0], outline.Prose) and rows.writer.source is None:
        begin = proof[0].span.start
    rows.add(0, "proof", rows.mark("proof", begin))
    for item in proof:
        _proof_item(rows, item, _STEP)
    if closed:
        rows.add(0, "qed", Span(whole.end - 3, whole.end))


def _body(rows: Rows, items: tuple[outline.ProofItem, ...], indent: int) -> None:
    for item in items:
        _proof_item(rows, item, indent)


def _proof_item(rows: Rows, item: outline.ProofItem, indent: int) -> None:
    w = rows.writer
    match item:
        case outline.Prose():
            _prose(rows, item, indent)
        case outline.Step(label, chain, have, span):
            lead = ("have " if have else "") + (f"{w.name(label.name)}: " if label else "")
            _chain(rows, chain, lead, span.start, indent)
        case outline.Fix(items, span):
            rows.add(indent, f"for {', '.join(show(part, w) for part in items)}", span)
        case outline.Let(definition, span):
            _definition(rows, definition, span, indent, "let ")
        case outline.Contradiction(reasons, span):
            rows.add(indent, f"contradiction {show_reasons(reasons, w)}".rstrip(), span)
        case outline.Conclude(reasons, span):
            rows.add(indent, f"conclude {show_reasons(reasons, w)}", span)
        case outline.Admit(text, span):
            rows.add(indent, f'admit "{text}"', span)
        case outline.Suppose() | outline.Split() | outline.Induction():
            _block(rows, item, indent)


def _block(rows: Rows, item: outline.Suppose | outline.Split | outline.Induction, indent: int) -> None:
    w, span = rows.writer, item.span
    inner = indent + _STEP
    match item:
        case outline.Suppose(name, claim, body):
            rows.add(
                indent, f"suppose {_labelled(name, claim, w)}", Span(span.start, claim.span.end)
            )
            _body(rows, body, inner)
        case outline.Split(branches):
            rows.add(indent, "split", Span(span.start, span.start + 5))
            for branch in branches:
                said = (
                    "otherwise" if branch.claim is None else _labelled(branch.name, branch.claim, w)
                )
                start = branch.span.start
                end = branch.claim.span.end if branch.claim is not None else start + 14
                rows.add(indent, f"case {said}", Span(start, end))
                _body(rows, branch.body, inner)
        case outline.Induction(variable, strong, base_claim, base, step_head, step):
            words = "strong induction on" if strong else "induction on"
            rows.add(
                indent, f"{words} {w.name(variable.name)}", Span(span.start, variable.span.end)
            )
            parts = [("base", base_claim, base), ("step", step_head, step)]
            parts.sort(key=lambda part: part[1].span.start if part[1] is not None else 0)
            for word, head, body in parts:
                if head is not None:
                    rows.add(indent, f"{word} {show(head, w)}", head.span)
                    _body(rows, body, inner)
    rows.add(indent, "end", Span(span.end - 3, span.end))


def _labelled(name: ast.Name | None, claim: ast.Expr, w: Writer) -> str:
    return (f"{w.name(name.name)}: " if name is not None else "") + show(claim, w)
