"""Blocks: `for`, `suppose`, `split`, `induction` and what each exports when it is closed.

Promise: a fact is in scope only inside the block that proved it; closing a block exports the discharged
form (`for s, fact`, `hypothesis => fact`, the claim of a split or an induction) and nothing else.
"""

from __future__ import annotations

from dataclasses import replace

from derive.core.alpha import alpha_equal
from derive.core.claim import STEP, Cited, Fact, Obligation
from derive.core.term import App, Term, conj
from derive.elaborate.declarations import elaborate_definition, elaborate_quantifier_items
from derive.elaborate.induction import induct
from derive.elaborate.plan import Composite, PlannedStep
from derive.elaborate.proof import Closed, Proof, assumption, in_integers, opposite
from derive.elaborate.quantifiers import Binder, closed
from derive.elaborate.scope import Scope
from derive.elaborate.steps import admit, chain, claim_of, conclude, not_yet, reach, reasoned
from derive.syntax import outline
from derive.text import Span


def run(items: tuple[outline.ProofItem, ...], proof: Proof, goal: Term | None) -> None:
    """The items of one block, in order; a `for` line holds to the end of the block."""
    opened: tuple[Binder, ...] = ()
    outer = proof.scope
    inside = 0
    for item in items:
        match item:
            case outline.Fix():
                fixed = elaborate_quantifier_items(item.items, proof.scope)
                proof.diagnostics += fixed.diagnostics
                if not opened:
                    outer, inside = proof.scope, len(proof.chain_facts)
                proof.scope = fixed.scope
                opened += fixed.binders
            case outline.Conclude():
                if opened:
                    _close_for(proof, outer, opened, inside)
                    opened = ()
                conclude(item.reasons, item.span, proof, goal)
            case _:
                _item(item, proof, None if opened else goal)
    if opened:
        _close_for(proof, outer, opened, inside)


def _item(item: outline.ProofItem, proof: Proof, goal: Term | None) -> None:
    match item:
        case outline.Step():
            chain(item.chain, item.label, proof)
        case outline.Let():
            proof.scope, found = elaborate_definition(item.definition, proof.scope)
            proof.diagnostics += found
        case outline.Suppose():
            _suppose(item, proof, goal)
        case outline.Split():
            _split(item, proof, goal)
        case outline.Induction():
            induct(item, proof, goal, goal_block)
        case outline.Contradiction():
            _contradiction(item, proof)
        case outline.Admit():
            admit(item, proof, goal)


# ---------------------------------------------------------------- opening and closing


def _close_for(proof: Proof, outer: Scope, binders: tuple[Binder, ...], start: int) -> None:
    """The facts of the block, each with the block's quantifiers in front."""
    for fact in _exported(proof, outer, start):
        proof.keep(replace(fact, claim=closed(binders, fact.claim)))
    # What is absurd under a quantifier says only that its range is empty.
    proof.absurd = ""


def _exported(proof: Proof, outer: Scope, start: int) -> list[Fact]:
    """The facts of a block that ends, with its own definitions unfolded; the scope is the outer one again.

    Without the unfolding: a `let` of the block would live on as a free name in its facts.
    """
    own = frozenset(d.symbol for d in proof.scope.definitions[len(outer.definitions):])
    context = proof.scope.context()
    inner = [
        replace(f, claim=context.unfold(f.claim, own)) if own else f
        for f in proof.chain_facts[start:]
    ]
    proof.scope = outer
    del proof.chain_facts[start:]
    return inner


def _body(
    items: tuple[outline.ProofItem, ...], scope: Scope, proof: Proof, goal: Term | None
) -> Closed:
    """Run a block in a scope of its own and close it; its labels are remembered as out of scope."""
    outer, start = proof.scope, len(proof.chain_facts)
    kept = (proof.shown, proof.absurd)
    proof.scope, proof.shown, proof.absurd = scope, (), ""
    proof.depth += 1
    run(items, proof, goal)
    facts = _exported(proof, outer, start)
    made = Closed(proof.absurd, tuple(facts))
    proof.shown, proof.absurd = kept
    proof.depth -= 1
    before = {f.name for f in outer.facts}
    proof.closed |= {f.name for f in facts} | {f.name for f in scope.facts if f.name not in before}
    return made


def goal_block(
    items: tuple[outline.ProofItem, ...], scope: Scope, proof: Proof, goal: Term, span: Span
) -> tuple[str, ...]:
    """A block that has to show a goal; the steps that its truth rests on."""
    start = len(proof.chain_facts)
    outer, depth = proof.scope, proof.depth
    kept = (proof.shown, proof.absurd)
    proof.scope, proof.shown, proof.absurd = scope, (), ""
    proof.depth = depth + 1
    run(items, proof, goal)
    shown = proof.shown or ((proof.absurd,) if proof.absurd else ())
    if not shown:
        place = proof.first_line(span)
        shown = (reach(place, proof.source.slice(place).strip(), proof, goal, start),)
    before = {f.name for f in outer.facts}
    proof.closed |= {f.name for f in proof.scope.facts if f.name not in before}
    del proof.chain_facts[start:]
    proof.scope, proof.depth = outer, depth
    proof.shown, proof.absurd = kept
    return shown


# ---------------------------------------------------------------- suppose, contradiction


def _suppose(item: outline.Suppose, proof: Proof, goal: Term | None) -> None:
    claim = claim_of(item.claim, proof)
    if claim is None:
        return
    name = proof.fresh_label(item.name) or proof.fact_name(
        f"the supposition on line {proof.line(item.span)}"
    )
    inner = proof.scope.with_fact(assumption(name, claim, proof.scope, item.span))
    made = _body(item.body, inner, proof, goal)
    for fact in made.facts:
        proof.closed.discard(fact.name)
        proof.keep(replace(fact, claim=App("=>", (claim, fact.claim))))
    if made.absurd:
        name = f"not_{item.name.name}" if item.name else f"not {name}"
        _deny(name, claim, made.absurd, item.span, proof)


def _deny(name: str, claim: Term, absurd: str, span: Span, proof: Proof) -> None:
    """The supposition is false; that its terms have values is owed.

    Without the conditions: suppose 1/x < 0 absurd, so 0 <= 1/x at x = 0
    (tests/unsound/structure_denial_of_undefined.drv).
    """
    place = proof.first_line(span)
    denied = opposite(claim)
    if denied is None:
        not_yet(proof, span, "the opposite of this supposition cannot be said by relations")
        return
    identifier = proof.new_id("", span)
    fact = proof.fact_name(name)
    text = proof.source.slice(place).strip()
    proof.steps.append(
        PlannedStep(
            identifier, proof.theorem, "", identifier, place, text,
            Obligation(identifier, denied, proof.scope.context(), Cited(), place),
            role="denial", needs=(absurd,),
        )
    )
    proof.steps.append(Composite(fact, (identifier,)))
    proof.keep(Fact(fact, denied, STEP, frozenset({fact}), span=span))


def _contradiction(item: outline.Contradiction, proof: Proof) -> None:
    """Two of the facts in scope contradict each other: the denial of one follows from the others."""
    if not proof.depth:
        not_yet(proof, item.span, "`contradiction` stands inside `suppose` or `case`")
        return
    step = reasoned(App("false", ()), "", item.span, item.reasons, proof)
    assert step.obligation is not None
    own = [f for f in reversed(proof.scope.facts) if f.name in step.obligation.cited.facts or not item.reasons]
    alternatives = []
    for fact in own[:12]:
        denied = opposite(fact.claim)
        if denied is not None and fact.name:
            rest = tuple(n for n in step.obligation.cited.facts if n != fact.name)
            cited = replace(step.obligation.cited, facts=rest)
            alternatives.append((fact.name, replace(step.obligation, claim=denied, cited=cited)))
    proof.steps.append(replace(step, role="absurd", alternatives=tuple(alternatives)))
    proof.absurd = proof.absurd or step.id


# ---------------------------------------------------------------- split


def _split(item: outline.Split, proof: Proof, goal: Term | None) -> None:
    claims: list[Term] = []
    blocks: list[tuple[outline.Branch, Scope]] = []
    for branch in item.branches:
        scope = _case(branch, claims, proof)
        if scope is None:
            not_yet(proof, item.span, "a case of this `split` is not understood")
            return
        blocks.append((branch, scope))
    covered = _cover(item, claims, proof)
    wanted = goal if not _common_labels(item) else None
    if wanted is not None:
        parts: list[str] = [covered]
        for branch, scope in blocks:
            parts += goal_block(branch.body, scope, proof, wanted, branch.span)
        _conclude_block(item.span, parts, proof, wanted)
        return
    ends: list[Closed] = []
    for number, (branch, scope) in enumerate(blocks):
        ends.append(_body(branch.body, scope, proof, None))
        for fact in ends[-1].facts:
            # The next case may use the label again: what it stands for here gets a name of its own.
            proof.steps.append(Composite(_in_case(fact.name, number, item.span, proof), (fact.name,)))
    _export_common(item, covered, ends, proof)


def _in_case(name: str, number: int, span: Span, proof: Proof) -> str:
    return f"{name} in case {number + 1} of line {proof.line(span)}"


def _case(branch: outline.Branch, claims: list[Term], proof: Proof) -> Scope | None:
    """The scope of a case; `otherwise` has the opposites of all cases before it."""
    name = proof.fresh_label(branch.name) or proof.fact_name(
        f"the case on line {proof.line(branch.span)}"
    )
    if branch.claim is not None:
        claim = claim_of(branch.claim, proof)
    else:
        denied = [opposite(c) for c in claims]
        claim = None if None in denied else conj(*(d for d in denied if d is not None))
    if claim is None:
        return None
    claims.append(claim)
    return proof.scope.with_fact(assumption(name, claim, proof.scope, branch.span))


def _cover(item: outline.Split, claims: list[Term], proof: Proof) -> str:
    """The step that shows that there is no other case: one follows where the others fail.

    The cases have to mean something, whether `otherwise` is among them or not: 1/x > 0 and its opposite say
    nothing of x = 0 (tests/unsound/structure_split_on_undefined.drv).
    """
    place = proof.first_line(item.span)
    identifier = proof.new_id("cases", item.span)
    whole = App("or", tuple(claims)) if len(claims) > 1 else claims[0] if claims else App("false", ())
    context = proof.scope.context()
    alternatives = []
    for number in reversed(range(len(claims))):
        denied = [opposite(c) for k, c in enumerate(claims) if k != number]
        if None in denied:
            continue
        facts = (
            assumption(f"case {k + 1} fails", claim, proof.scope, item.span)
            for k, d in enumerate(denied) if d is not None
            for claim in dict.fromkeys((d, *in_integers(d)))
        )
        here = context.with_facts(*facts)
        for claim in dict.fromkeys((claims[number], *in_integers(claims[number]))):
            alternatives.append(("", Obligation(identifier, claim, here, Cited(), place)))
    proof.steps.append(
        PlannedStep(
            identifier, proof.theorem, "", identifier, place, proof.source.slice(place).strip(),
            Obligation(identifier, whole, context, Cited(), place),
            role="cover", alternatives=tuple(alternatives),
        )
    )
    return identifier


def _labels(items: tuple[outline.ProofItem, ...]) -> set[str]:
    return {i.label.name for i in items if isinstance(i, outline.Step) and i.label is not None}


def _common_labels(item: outline.Split) -> set[str]:
    """Labels that every branch gives, but for those that end in a contradiction."""
    if any(isinstance(i, (outline.Conclude, outline.Admit)) for b in item.branches for i in b.body):
        return set()
    live = [
        _labels(b.body) for b in item.branches
        if not (b.body and isinstance(b.body[-1], outline.Contradiction))
    ]
    return set.intersection(*live) if live else set()


def _export_common(
    item: outline.Split, covered: str, ends: list[Closed], proof: Proof
) -> None:
    """Facts that every branch proved under one label, or that all branches are absurd."""
    absurd = tuple(e.absurd for e in ends if e.absurd)
    live = [(k, e) for k, e in enumerate(ends) if not e.absurd]
    if not live and ends:
        _all_absurd(item, (covered, *absurd), proof)
        return
    exported = 0
    for fact in live[0][1].facts if live else ():
        same = [next((f for f in e.facts if f.name == fact.name), None) for _, e in live]
        if all(f is not None and _same(f.claim, fact.claim, proof) for f in same):
            parts = tuple(_in_case(fact.name, k, item.span, proof) for k, _ in live)
            proof.closed.discard(fact.name)
            proof.steps.append(Composite(fact.name, (covered, *absurd, *parts)))
            proof.keep(fact)
            exported += 1
    if not exported:
        not_yet(proof, item.span, "no fact is proved under one label in every case of this `split`")


def _same(one: Term, other: Term, proof: Proof) -> bool:
    context = proof.scope.context()
    return alpha_equal(context.unfold(one), context.unfold(other))


def _all_absurd(item: outline.Split, parts: tuple[str, ...], proof: Proof) -> None:
    name = proof.fact_name(f"the cases on line {proof.line(item.span)}")
    proof.steps.append(Composite(name, parts))
    proof.absurd = proof.absurd or name


def _conclude_block(span: Span, parts: list[str], proof: Proof, goal: Term) -> None:
    """The goal, as a fact of the block around."""
    name = proof.fact_name(f"line {proof.line(span)}")
    proof.steps.append(Composite(name, tuple(dict.fromkeys(parts))))
    proof.keep(Fact(name, goal, STEP, frozenset({name}), span=span))
