"""The ledger: the steps of a plan are settled in order, and what each rests on is kept.

Promise: a standing verdict is the weakest of the local one and of every premise, transitively; a premise
that is refuted or unknown gives `unknown`. An equation is differentiated only by a variable that no
hypothesis in its proof mentions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache

from derive.core.claim import STEP, THEOREM, Context, Obligation
from derive.core.term import ONE, ZERO, Sym, eq
from derive.core.verdict import Attempt, Kind, Trust, Verdict, weakest, weakest_trust
from derive.elaborate.openness import is_open_condition
from derive.elaborate.plan import Composite, Derived, PlannedStep, PlannedTheorem
from derive.engines.autodiff import Comparison
from derive.engines.blocks import one_instance_each, one_of, uncovered, with_owing
from derive.engines.limits import OutOfTime, deadline
from derive.engines.prove import ALL
from derive.engines.settle import REASON, settle, with_conditions
from derive.kernel.accept import accept
from derive.kernel.certificate import Fact, Normal
from derive.kernel.goal import Accepted
from derive.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a fact that a step gave: its standing verdict and all that it rests on."""

    standing: Kind
    trust: Trust
    uses: frozenset[str]


UNSETTLED = Outcome(Kind.UNKNOWN, Trust.EXACT, frozenset())


@dataclass(frozen=True, slots=True)
class Settled:
    """A step with its local and its standing verdict; `refused` says why a derived equation may not be used."""

    step: PlannedStep
    local: Verdict
    standing: Kind
    trust: Trust | None
    rests_on: tuple[str, ...]
    uses: tuple[str, ...]
    milliseconds: float
    refused: str = ""
    jax: Comparison | None = None


@dataclass(frozen=True, slots=True)
class SettledTheorem:
    """A theorem with its steps; `setting` is "" or what is wrong with its hypotheses."""

    theorem: PlannedTheorem
    steps: tuple[Settled, ...]
    verdict: Kind
    trust: Trust | None
    uses: tuple[str, ...]
    setting: str


@dataclass(slots=True)
class Ledger:
    """The outcomes so far, by the name of the fact."""

    settings: Settings
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tainted: dict[str, frozenset[object]] = field(default_factory=dict)
    loose: dict[str, frozenset[Sym]] = field(default_factory=dict)

    def theorem(self, planned: PlannedTheorem) -> SettledTheorem:
        """Settle a theorem: its steps, then itself."""
        local: dict[str, str] = {}
        if planned.setting is not None:
            for fact in planned.setting.context.facts:
                self.tainted.setdefault(fact.name, frozenset(fact.tainted))
        steps: list[Settled] = []
        for item in planned.steps:
            if isinstance(item, Composite):
                self._compose(planned.name, item, local)
            else:
                settled = self._step(item, local, planned.name)
                steps.append(settled)
                self.loose[item.fact] = _unproved_about(settled)
                self.outcomes[item.fact] = Outcome(
                    settled.standing, settled.trust or Trust.EXACT, frozenset(settled.uses)
                )
        try:
            with deadline(self.settings.timeout):
                setting = self._setting(planned)
        except OutOfTime:
            setting = NOT_SHOWN
        if setting == CONTRADICTORY:
            # what follows from contradictory hypotheses says nothing
            steps = [
                s if s.standing > Kind.UNKNOWN
                else replace(s, standing=Kind.UNKNOWN, trust=None, rests_on=(CONTRADICTORY,))
                for s in steps
            ]
        kinds = [s.standing for s in steps]
        if not steps or (planned.diagnostics and any(d.severity.value == "error" for d in planned.diagnostics)):
            kinds.append(Kind.UNKNOWN)
        if setting:
            kinds.append(Kind.CONDITIONAL if setting == NOT_SHOWN else Kind.UNKNOWN)
        verdict = weakest(tuple(kinds))
        uses = frozenset().union(*(s.uses for s in steps), frozenset())
        trust = weakest_trust(tuple(s.trust for s in steps)) if verdict <= Kind.CONDITIONAL else None
        self.loose[planned.name] = frozenset[Sym]().union(*map(_unproved_about, steps))
        self.outcomes[planned.name] = Outcome(verdict, trust or Trust.EXACT, uses)
        return SettledTheorem(planned, tuple(steps), verdict, trust, tuple(sorted(uses)), setting)

    def _compose(self, theorem: str, item: Composite, local: dict[str, str]) -> None:
        # A part that nothing is known of: without it, a block would be worth more than what it rests on.
        parts = [self.outcomes.get(local.get(p, p), UNSETTLED) for p in item.parts]
        key = f"{theorem}/= {item.fact}"
        local[item.fact] = key
        uses = frozenset((*item.parts, *item.also)).union(*(p.uses for p in parts))
        self.outcomes[key] = Outcome(
            weakest(tuple(p.standing for p in parts)), weakest_trust(tuple(p.trust for p in parts)), uses
        )

    # -------------------------------------------------------------- one step

    def _step(self, step: PlannedStep, local: dict[str, str], theorem: str) -> Settled:
        started = time.perf_counter()
        step, refused = self._refuse(step, local)
        try:
            with deadline(self.settings.timeout):
                step, verdict = self._judged(step, refused, local)
                verdict = self._explained(step, verdict)
        except OutOfTime:
            limit = f"timeout after {self.settings.timeout:g} s"
            verdict = Verdict(Kind.UNKNOWN, tried=(Attempt("limits", limit),))
        except MemoryError:
            verdict = Verdict(Kind.UNKNOWN, tried=(Attempt("limits", "timeout: out of memory"),))
        used = set(verdict.uses) | set(step.needs)
        if step.role == "goal":
            used |= set(step.cited)
        for derived in step.derived:
            if derived.name in used:
                used.discard(derived.name)
                used.add(derived.source)
        premises = {n: self.outcomes[local.get(n, n)] for n in sorted(used) if local.get(n, n) in self.outcomes}
        standing, rests_on = stand(verdict.kind, premises)
        trust = None
        if standing <= Kind.CONDITIONAL:
            trust = weakest_trust((verdict.trust, *(p.trust for p in premises.values())))
        everything = frozenset(used).union(*(p.uses for p in premises.values()))
        elapsed = (time.perf_counter() - started) * 1000
        step = uncovered(step, verdict)
        return Settled(step, verdict, standing, trust, rests_on, tuple(sorted(everything)), elapsed, refused)

    def _judged(
        self, step: PlannedStep, refused: str, local: dict[str, str]
    ) -> tuple[PlannedStep, Verdict]:
        """The verdict with what the instances owe; one instance of a rule is tried by itself before all of them."""
        for one in one_instance_each(step):
            verdict = self._owing(one, self._local(one, refused, local))
            if verdict.kind in (Kind.PROVED, Kind.REFUTED):
                return one, verdict
        return step, self._owing(step, self._local(step, refused, local))

    def _local(self, step: PlannedStep, refused: str, local: dict[str, str]) -> Verdict:
        if step.unsupported:
            return Verdict(Kind.UNKNOWN, tried=tuple(Attempt("reading", r) for r in step.unsupported))
        if step.obligation is None or any(d.severity.value == "error" for d in step.diagnostics):
            return self._unreadable(step)
        if step.admitted is not None:
            found = self._refuted_only(step.obligation)
            return found if found is not None else Verdict(Kind.ADMITTED)
        features = frozenset(w[8:] for w in step.words if w.startswith("feature:")) or ALL
        match step.role:
            case "reach":
                return self._reach(step, step.obligation, local)
            case "cover" | "absurd":
                return one_of(step, step.obligation, features, self.settings)
            case "denial":
                return with_conditions(step.obligation, "structure", frozenset(), self.settings)
        verdict = settle(step.obligation, features, self.settings)
        if refused and verdict.kind <= Kind.SUPPORTED:
            return Verdict(Kind.UNKNOWN, tried=(Attempt(REASON, refused),))
        return verdict

    def _explained(self, step: PlannedStep, verdict: Verdict) -> Verdict:
        """A refuted step with the slip that explains it, where one is seen."""
        if verdict.kind is not Kind.REFUTED or step.obligation is None or self.settings.engines is not None:
            return verdict
        from derive.engines.slips import explain

        slip = explain(step.obligation, self.settings)
        return replace(verdict, notes=(slip,)) if slip else verdict

    def _unreadable(self, step: PlannedStep) -> Verdict:
        """The reason is not understood; the claim may still be seen to be false."""
        if step.obligation is not None:
            found = self._refuted_only(step.obligation)
            if found is not None:
                return found
        return Verdict(Kind.UNKNOWN, tried=(Attempt("reading", "the reason is not understood"),))

    def _refuted_only(self, obligation: Obligation) -> Verdict | None:
        verdict = settle(obligation, ALL, replace(self.settings, engines=()))
        return verdict if verdict.kind is Kind.REFUTED else None

    def _reach(
        self, step: PlannedStep, obligation: Obligation, local: dict[str, str]
    ) -> Verdict:
        """One of the proof's own statements must be the claim."""
        reached = None
        for fact in reversed(step.candidates):
            answer = accept(obligation, Fact(fact.name))
            if isinstance(answer, Accepted):
                reached = with_conditions(obligation, "citation", answer.uses, self.settings)
                key = local.get(fact.name, fact.name)
                if self.outcomes[key].standing is Kind.PROVED and reached.kind is Kind.PROVED:
                    return reached
                break
        # what rests on a doubtful line may be false itself
        found = self._refuted_only(obligation)
        if found is not None:
            return found
        if reached is not None:
            return reached
        return Verdict(Kind.UNKNOWN, tried=(Attempt(NOT_REACHED, "no statement of the proof is the claim"),))

    def _owing(self, step: PlannedStep, verdict: Verdict) -> Verdict:
        """What the instances of facts owe joins the conditions; it is shown without any of these instances."""
        if not step.owing or step.obligation is None or verdict.kind > Kind.CONDITIONAL:
            return verdict
        return with_owing(step, step.obligation, verdict, self.settings)

    # -------------------------------------------------------------- differentiating facts

    def _refuse(self, step: PlannedStep, local: dict[str, str]) -> tuple[PlannedStep, str]:
        """Take out derived equations whose source rests on a hypothesis about the variable.

        Without this: softmax differentiated by a target under sum(y) = 1
        (tests/unsound/differentiate_under_constraint.drv).
        """
        for derived in step.derived:
            culprit = self._culprit(derived, local, step)
            if culprit and step.obligation is not None:
                context = step.obligation.context
                kept = tuple(f for f in context.facts if f.name != derived.name)
                narrowed = Context(context.symbols, context.definitions, kept)
                why = (
                    f"`{derived.source}` may not be differentiated by `{derived.variable.name}`: "
                    f"it rests on `{culprit}`, which mentions it"
                )
                return replace(step, obligation=replace(step.obligation, context=narrowed)), why
        return step, ""

    def _culprit(self, derived: Derived, local: dict[str, str], step: PlannedStep) -> str:
        outcome = self.outcomes.get(local.get(derived.source, derived.source))
        names = {derived.source} | (outcome.uses if outcome else frozenset())
        assert step.obligation is not None
        for fact in step.obligation.context.facts:
            if fact.name in names and derived.variable in fact.tainted:
                return fact.name
        for name in sorted(names):
            # Without this: x^2 = 1, conditional on x = 1, differentiated
            # (tests/unsound/differentiate_under_condition.drv).
            if derived.variable in self.loose.get(local.get(name, name), ()):
                return f"a condition of {name}"
        return ""

    # -------------------------------------------------------------- hypotheses

    def _setting(self, planned: PlannedTheorem) -> str:
        """"" where a point satisfies the hypotheses; otherwise what is wrong with them."""
        if planned.setting is None:
            return ""
        whole = planned.setting.context
        own = tuple(f for f in whole.facts if f.kind not in (STEP, THEOREM))
        context = Context(whole.symbols, whole.definitions, own)
        names = tuple(f.name for f in context.facts)
        false = Obligation("", eq(ONE, ZERO), context)
        if isinstance(accept(false, Normal(names)), Accepted) or _clash(context):
            return CONTRADICTORY
        from derive.engines.models import has_model

        return "" if has_model(context, self.settings) else NOT_SHOWN


def _unproved_about(settled: Settled) -> frozenset[Sym]:
    """What the conditions of a step that were not proved, and are not open, speak of."""
    found = frozenset[Sym]()
    obligation = settled.step.obligation
    for owed in settled.local.conditions:
        if owed.kind is not Kind.PROVED and obligation is not None:
            context = obligation.context
            if not is_open_condition(context.unfold(owed.claim)):
                found |= context.dependencies(owed.claim)
    return found


NOT_REACHED = "the claim"
CONTRADICTORY = "the hypotheses contradict each other"
NOT_SHOWN = "no point was found that satisfies all hypotheses"


@lru_cache(maxsize=32)
def _clash(context: Context) -> bool:
    """Does the negation of one hypothesis follow from the others?"""
    from derive.core.term import App

    flip = {"<": "<=", "<=": "<"}
    for fact in context.facts:
        claim = fact.claim
        if not (isinstance(claim, App) and claim.op in ("<", "<=", "=", "!=")):
            continue
        others = tuple(f for f in context.facts if f is not fact)
        rest = Context(context.symbols, context.definitions, others)
        names = tuple(f.name for f in others)
        left, right = claim.args
        if claim.op in flip:
            opposite = App(flip[claim.op], (right, left))
        else:
            opposite = App("!=" if claim.op == "=" else "=", (left, right))
        if isinstance(accept(Obligation("", opposite, rest), Normal(names)), Accepted):
            return True
    return False


def stand(local: Kind, premises: dict[str, Outcome]) -> tuple[Kind, tuple[str, ...]]:
    """The standing verdict, and the premises that pull it down."""
    if local is Kind.REFUTED:
        return local, ()
    kind = local
    rests_on = []
    for name, outcome in premises.items():
        if outcome.standing is Kind.PROVED:
            continue
        below = Kind.UNKNOWN if outcome.standing is Kind.REFUTED else outcome.standing
        if below > local:
            rests_on.append(name)
        kind = max(kind, below)
    return kind, tuple(rests_on)
