"""Uses: a fact about all x, or under a premise, cited for an instance; each premise becomes an obligation.

Promise: an instance is the fact with every variable replaced by a value of its sort; what stood in front of
it (a range, a domain, a premise) and what its values owe to be defined is owed by the step that cites it.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.core.alpha import alpha_equal
from derive.core.claim import STEP, Cited, Context, Fact, beta
from derive.core.shape import sort_of
from derive.core.sort import COMPLEX, INTEGER, REAL, Array, Sort
from derive.core.term import (
    App,
    Bind,
    Sym,
    Term,
    free_symbols,
    fresh_name,
    le,
    substitute,
    subterms,
)
from derive.diagnostic import Diagnostic, Severity
from derive.elaborate.imports import APART, RULE
from derive.elaborate.instances import Proposal, insides, proposal_at, proposals, tidied
from derive.elaborate.plan import Owing
from derive.elaborate.proof import Proof
from derive.elaborate.reasons import Reading, read_reasons
from derive.elaborate.rule_instances import Form, part_matches, resized, sized, whole_matches
from derive.elaborate.terms import elaborate_term
from derive.kernel.conditions import conditions, conditions_of_claim
from derive.kernel.match import match
from derive.syntax import ast, outline

Values = dict[Sym, Term]
MOST_INSTANCES = 6


@dataclass(frozen=True, slots=True)
class Front:
    """What stands in front of a fact: variables with their ranges, premises, and the conclusion."""

    variables: tuple[Sym, ...]
    owed: tuple[Term, ...]
    conclusion: Term
    written: frozenset[Sym]


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of a step as read, and what the instances among them owe."""

    reading: Reading
    owing: tuple[Owing, ...]


def reasons_of(reasons: tuple[outline.Reason, ...], claim: Term | None, proof: Proof) -> Reasons:
    """The reasons of one line, with instances of the facts that are cited."""
    found = read_reasons(reasons, claim, proof.scope, proof.rules, proof.lost)
    found.diagnostics = [_told(d, reasons, proof) for d in found.diagnostics]
    owing: list[Owing] = []
    for reason in reasons:
        if claim is None:
            continue
        fact = next((f for f in proof.scope.facts if f.name == reason.name), None)
        if fact is not None:
            made = _instances(reason, fact, claim, proof, found)
        else:
            made = _rule_instances(reason, claim, proof, found)
        for instance, owed in made:
            found.extra = (*found.extra, instance)
            owing.append(owed)
    if owing:
        cited = found.cited
        names = (*cited.facts, *(o.name for o in owing))
        found.cited = Cited(names, cited.unfold, cited.rules, cited.bindings, cited.actions)
    return Reasons(found, tuple(owing))


def _told(found: Diagnostic, reasons: tuple[outline.Reason, ...], proof: Proof) -> Diagnostic:
    """An unknown reason that is the label of a closed block, or the theorem itself, is told as that."""
    if found.code not in ("unknown-reason", "unknown-rule"):
        return found
    named = [(r.name, r.span) for r in reasons]
    named += [(a.name, a.span) for r in reasons for a in r.args if isinstance(a, ast.Name)]
    name = next((n for n, span in named if span == found.span), "")
    if name == proof.theorem:
        return Diagnostic(
            "circular-citation", Severity.ERROR, f"the proof of `{name}` cites `{name}` itself", found.span,
            hint="a theorem may be cited after its `qed`",
        )
    if name in proof.closed:
        return Diagnostic(
            "out-of-scope", Severity.ERROR, f"`{name}` was shown in a block that is closed", found.span,
            hint="what holds after a block is what it exports: the claim of the block, or a fact under its premise",
        )
    return found


# ---------------------------------------------------------------- one instance


def _instances(
    reason: outline.Reason, fact: Fact, claim: Term, proof: Proof, found: Reading
) -> list[tuple[Fact, Owing]]:
    """The fact for the values given, for those at which it is the claim, or for some that the claim suggests."""
    context = proof.scope.context()
    if alpha_equal(context.unfold(fact.claim), context.unfold(claim)):
        return []
    front = _front(fact.claim, context, claim)
    values = _bindings(reason, front, claim, proof, found)
    if values is None or (not front.variables and not front.owed):
        return []
    missing = frozenset(v for v in front.variables if v not in values)
    bound = {v for _, around in insides(claim) for v, _ in around}
    for inner, around in insides(claim):
        if not (bound & frozenset[Sym]().union(*map(free_symbols, values.values()))) <= {v for v, _ in around}:
            # a value that was given speaks of a variable bound further in
            continue
        matched = _matched(front, values, inner, context) if missing else values
        if matched is not None:
            whole = proposal_at(matched, around)
            made = _made(front, whole, fact, reason, proof, "")
            if isinstance(made, str):
                found.unsupported.append(made)
                return []
            return [made]
    results = []
    suggested = _suggested(front, values, missing, claim, context)
    for number, proposal in enumerate(suggested):
        whole = Proposal((*values.items(), *proposal.values), proposal.around)
        made = _made(front, whole, fact, reason, proof, f" ({number + 1})" if number else "")
        if not isinstance(made, str):
            results.append(made)
    if not results and reason.bindings:
        names = ", ".join(f"`{_stem(v)}`" for v in sorted(missing, key=lambda v: v.name))
        found.unsupported.append(f"no value is given for {names} of `{fact.name}`")
    return results


def _rule_instances(
    reason: outline.Reason, claim: Term, proof: Proof, found: Reading
) -> list[tuple[Fact, Owing]]:
    """The forms of a rule at which they are the claim; otherwise at which they share something with it."""
    forms = [fact for rule, fact in proof.scope.library if rule == reason.name]
    context = proof.scope.context()
    results: list[tuple[Fact, Owing]] = []
    if not forms:
        return results
    for proposed in (whole_matches, part_matches):
        unknown = 0
        for fact in forms:
            front = _front(fact.claim, context, claim)
            before = len(found.diagnostics)
            values = _bindings(reason, front, claim, proof, found)
            if values is None:
                # a name that this form does not have may be one of another form
                unknown += 1
                found.diagnostics = found.diagnostics[:before] if unknown < len(forms) else found.diagnostics
                continue
            missing = frozenset(v for v in front.variables if v not in values)
            for proposal in proposed(Form(front.conclusion, front.owed, missing, values), claim, context):
                suffix = f" ({len(results) + 1})" if results else ""
                whole = Proposal(tuple({**values, **dict(proposal.values)}.items()), proposal.around)
                made = _made(front, whole, fact, reason, proof, suffix)
                if not isinstance(made, str):
                    results.append(made)
        if results:
            break
    if results:
        found.words = tuple(w for w in found.words if w != reason.name)
        cited = found.cited
        rules = tuple(r for r in cited.rules if r != reason.name)
        found.cited = Cited(cited.facts, cited.unfold, rules, cited.bindings, cited.actions)
    return results[:MOST_INSTANCES]


def _suggested(
    front: Front, values: Values, missing: frozenset[Sym], claim: Term, context: Context
) -> list[Proposal]:
    conclusion = substitute(front.conclusion, values)
    return (
        proposals(conclusion, claim, missing)
        or proposals(context.unfold(conclusion), context.unfold(claim), missing)
    )


def _made(
    front: Front, proposal: Proposal, fact: Fact, reason: outline.Reason, proof: Proof, suffix: str
) -> tuple[Fact, Owing] | str:
    """One instance and what it owes, or why it is none."""
    context = proof.scope.context()
    values = dict(proposal.values)
    wrong = next((v for v in front.variables if not _fits(v.sort, values[v], values)), None)
    if wrong is not None:
        return f"`{_stem(wrong)}` of `{fact.name}` cannot have this value"
    if fact.name.startswith(RULE):
        conclusion = beta(substitute(resized(front.conclusion, values), values))
        owed = [beta(substitute(resized(o, values), values)) for o in front.owed]
    else:
        conclusion = substitute(front.conclusion, values)
        owed = [substitute(o, values) for o in front.owed]
    if proposal.around:
        conclusion = tidied(conclusion)
    if any(_sized_by(t, front.written) for t in (conclusion, *owed)):
        return f"an instance of `{fact.name}` would change the size of an array in it"
    name = f"{fact.name} at line {proof.line(reason.span)}{suffix}"
    conditions_first = (c for v in values.values() for c in conditions(v, context))
    means = (c for o in owed for c in conditions_of_claim(o, context))
    all_owed = tuple(
        proposal.closed(c) for c in dict.fromkeys((*conditions_first, *means, *owed))
    )
    instance = Fact(name, proposal.closed(conclusion), STEP, frozenset({fact.name}), span=fact.span)
    return instance, Owing(name, fact.name, all_owed)


def _stem(variable: Sym) -> str:
    return variable.name.split("~")[0]


def _front(claim: Term, context: Context, goal: Term) -> Front:
    """Take the quantifiers and premises off, with variables that nothing else is called."""
    taken = {s.name for s in context.symbols} | {s.name for s in free_symbols(goal)}
    taken |= {s.name for s in free_symbols(claim)}
    variables: dict[Sym, Sym] = {}
    owed: list[Term] = []
    while True:
        match claim:
            case Bind("forall", var, over, body):
                fresh = Sym(fresh_name(var.name, taken), sized(var.sort, variables))
                taken.add(fresh.name)
                variables[var] = fresh
                if over:
                    owed += [le(over[0], fresh), le(fresh, over[1])]
                # the variables of a rule are its own alone, also where they size others
                body = resized(body, {var: fresh}) if var.name.endswith(APART) else body
                claim = substitute(body, {var: fresh})
            case App("=>", (premise, conclusion)):
                owed.append(premise)
                claim = conclusion
            case _:
                names = frozenset((*variables, *variables.values()))
                return Front(tuple(variables.values()), tuple(owed), claim, names)


def _bindings(
    reason: outline.Reason, front: Front, claim: Term, proof: Proof, found: Reading
) -> Values | None:
    values: Values = {}
    scope = proof.scope
    for bound, _ in [a for _, around in insides(claim) for a in around]:
        # `for i in 1..n, ... by lemma with s := x[i]` means the i of the step
        if scope.lookup(_stem(bound)) is None:
            scope = scope.with_bound(_stem(bound), bound)
    for binding in reason.bindings:
        variable = next((v for v in front.variables if _stem(v) == binding.name), None)
        made = elaborate_term(binding.value, scope)
        found.diagnostics += made.diagnostics
        found.unsupported += made.reasons
        if variable is None:
            found.diagnostics.append(
                Diagnostic(
                    "unknown-name", Severity.ERROR, f"`{reason.name}` has no variable `{binding.name}`",
                    binding.span,
                )
            )
            return None
        if made.term is None:
            return None
        values[variable] = made.term
    return values


def _matched(front: Front, values: Values, claim: Term, context: Context) -> Values | None:
    """The values under which a part of the conclusion is the claim."""
    open_ones = frozenset(v for v in front.variables if v not in values)
    for unfold in (False, True):
        goal = context.unfold(claim) if unfold else claim
        whole = substitute(front.conclusion, values)
        whole = context.unfold(whole) if unfold else whole
        for part in whole.args if isinstance(whole, App) and whole.op == "and" else (whole,):
            for shown in _sides(part):
                found = match(shown, goal, open_ones)
                if found is not None and len(found) == len(open_ones):
                    return {**values, **found}
    return None


def _sides(claim: Term) -> tuple[Term, ...]:
    """An equation may be read both ways."""
    match claim:
        case App("=" | "!=" as rel, (a, b)):
            return claim, App(rel, (b, a))
        case App("<", (a, b)):
            return claim, App("<=", (a, b))
    return (claim,)


def _fits(sort: Sort, value: Term, values: Values) -> bool:
    """Is the value of the sort? Without this: n := 1/2 for a natural n (tests/unsound/structure_wrong_sort.drv)."""
    given = sort_of(value)
    match sort:
        case Array(shape, entry):
            sizes = tuple(substitute(n, values) for n in shape)
            return (
                isinstance(given, Array) and len(given.shape) == len(sizes)
                and all(alpha_equal(a, b) for a, b in zip(given.shape, sizes, strict=True))
                and _within(given.entry, entry)
            )
    return _within(given, sized(sort, values))


def _within(given: Sort, sort: Sort) -> bool:
    chain = (INTEGER, REAL, COMPLEX)
    if given in chain and sort in chain:
        return chain.index(given) <= chain.index(sort)
    return given == sort


def _sized_by(term: Term, names: frozenset[Sym]) -> bool:
    """Does a symbol that is left have a size that speaks of a variable?"""
    for t in subterms(term):
        symbol = t.var if isinstance(t, Bind) else t
        sizes = symbol.sort.shape if isinstance(symbol, Sym) and isinstance(symbol.sort, Array) else ()
        if any(not names.isdisjoint(free_symbols(n)) for n in sizes):
            return True
    return False
