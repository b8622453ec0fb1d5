"""The smallest fix: the least change of rules after which exactly the asked flows fare as wanted.

Candidates are tried from the smallest up. Each is made in a copy of the definitions, which is then read again as any
definitions are; the solver proves that in the changed layer no flow outside the asked ones is treated differently, so
nothing else changes at any network interface that the rules apply to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nwpolicy.azure.origins import LayerKind, LayerOrigin, PlatformRule
from nwpolicy.logic.changes import differs
from nwpolicy.logic.questions import Example, can_be
from nwpolicy.model.avnm import AdminRuleCollection
from nwpolicy.model.filters import Chain, FilterRule, Layer, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.rules import AdminRule, NetworkSecurityGroup, Rule, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import FixAnswer
from nwpolicy.queries.candidates import Attempt, Site, attempts, says_otherwise
from nwpolicy.queries.change import Change, RuleGroup, changed
from nwpolicy.queries.edits import edit_of
from nwpolicy.queries.explain import layer_kind, origin_of
from nwpolicy.queries.question import Question, pose
from nwpolicy.queries.verify import example_answer

__all__ = ["Fixed", "smallest_fix"]

#: Above this many addresses an answer says how many it opens.
_MANY: Final = 1 << 16
#: Layers of one chain, and some: a fix takes at most one round for each.
_ROUNDS: Final = 8
_EVERY_FLOW: Final = FlowSet()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fix, or the reason why there is none (both None: nothing to fix)."""

    fix: FixAnswer | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Trial:
    """A state on the way: the question over changed definitions, the changes so far, and whether each was exact."""

    question: Question
    changes: tuple[Change, ...] = ()
    side_effect: Example | None = None


class _NoFix(Exception):  # noqa: N818 - a result
    """There is no fix, for this reason."""


def smallest_fix(question: Question, *, allow: bool) -> Fixed:
    """Looks for the least change that allows (or denies) all asked flows."""
    try:
        done = _opened(_Trial(question)) if allow else _closed(_Trial(question))
    except _NoFix as none:
        return Fixed(None, str(none))
    return Fixed(_answer(question, done, allow=allow), None)


def _opened(trial: _Trial) -> _Trial:
    """Every layer has to let the flows through: the one that denies is changed, then the next one that does."""
    for _ in range(_ROUNDS):
        denied = can_be(trial.question.filter_chain.chain, trial.question.asked, allowed=False)
        if denied is None:
            return trial
        step = denied.trace.decisive
        assert step is not None
        assert step.rule is not None
        trial = _best(trial, step.layer, [_site(trial.question, step.layer, step.rule, allow=True)])
    raise _NoFix("the flows are denied in more layers than can be changed at once")


def _closed(trial: _Trial) -> _Trial:
    """One layer that denies is enough: the one where the change is smallest."""
    allowed = can_be(trial.question.filter_chain.chain, trial.question.asked, allowed=True)
    if allowed is None:
        return trial
    accepted = [step for step in allowed.trace.steps if step.outcome is Outcome.ACCEPT]
    found = []
    for step in accepted or allowed.trace.steps[::-1]:
        try:
            site = _site(trial.question, step.layer, step.rule, allow=False)
            found.append((step.layer, _best(trial, step.layer, [site])))
        except _NoFix as none:
            reason = none
    if not found:
        raise reason
    return min((done for _, done in found), key=lambda done: (done.side_effect is not None, _size(done.changes)))


def _best(trial: _Trial, index: int, sites: Sequence[Site]) -> _Trial:
    """The smallest exact change of a layer; failing that, the smallest that works at all."""
    second: _Trial | None = None
    for site in sites:
        for attempt in attempts(site):
            done = _tried(trial, index, site, attempt)
            if done is None:
                continue
            if done.side_effect is None:
                return replace(done, side_effect=trial.side_effect)
            second = second or done
    if second is None:
        raise _NoFix(f"no change of a rule of {trial.question.filter_chain.chain.layers[index].name} does it")
    return second


def _tried(trial: _Trial, index: int, site: Site, attempt: Attempt) -> _Trial | None:
    """The state after the attempt, if the layer then does what is wanted to all asked flows."""
    before = trial.question
    after = pose(changed(before.snapshot, attempt.changes), before.ask)
    old, new = (Chain((question.filter_chain.chain.layers[index],)) for question in (before, after))
    wrong = differs(old, new, before.asked, _EVERY_FLOW, allowed=site.allow)
    if wrong is not None and wrong.flow in before.asked:
        return None
    return _Trial(after, (*trial.changes, *attempt.changes), wrong)


def _site(question: Question, index: int, rule: FilterRule | None, *, allow: bool) -> Site:
    """The group of rules to change in a layer. Raises _NoFix where a layer has none."""
    layer = question.filter_chain.chain.layers[index]
    kind = layer_kind(layer)
    written = origin_of(rule).rule if rule is not None else None
    if isinstance(written, PlatformRule):
        raise _NoFix(f"{written.statement}: no rule changes that")
    if kind is LayerKind.PLATFORM:
        raise _NoFix("no rule applies to this traffic")
    group = _group(question.snapshot, layer, written)
    if group is None:
        raise _NoFix(f"the rules of {layer.name} are not in the input")
    return Site(question, layer, group, allow, _limit(question, layer, allow=allow))


def _limit(question: Question, layer: Layer, *, allow: bool) -> int:
    """The priority of the first rule that says otherwise of asked flows; above all priorities if there is none."""
    against = [
        written.priority
        for rule in layer.rules
        if isinstance(written := origin_of(rule).rule, Rule)
        and isinstance(written.priority, int)
        and says_otherwise(rule, question.asked, allow=allow)
    ]
    return min(against, default=1 << 16)


def _group(snapshot: Snapshot, layer: Layer, written: object) -> RuleGroup | None:
    """The group that holds a rule; for one that Azure adds, or for none, the layer's."""
    if isinstance(written, AdminRule):
        parent = snapshot.parent(written)
        return parent if isinstance(parent, AdminRuleCollection) else None
    if isinstance(written, SecurityRule) and not written.is_default:
        parent = snapshot.parent(written)
        if isinstance(parent, NetworkSecurityGroup):
            return parent
    origin = layer.origin
    assert isinstance(origin, LayerOrigin)
    if origin.kind is LayerKind.ADMIN_RULES:
        return next((c for c in _collections(snapshot, layer)), None)
    return next((g for g in snapshot.all(NetworkSecurityGroup) if g.source == origin.source), None)


def _collections(snapshot: Snapshot, layer: Layer) -> Iterator[AdminRuleCollection]:
    """The collections whose rules the layer has."""
    for rule in layer.rules:
        written = origin_of(rule).rule
        parent = snapshot.parent(written) if isinstance(written, AdminRule) else None
        if isinstance(parent, AdminRuleCollection):
            yield parent


def _size(changes: Sequence[Change]) -> tuple[int, int]:
    return (sum(2 if change.old is None else 1 for change in changes), len(changes))


def _answer(question: Question, done: _Trial, *, allow: bool) -> FixAnswer:
    effects = () if done.side_effect is None else (example_answer(done.question, done.side_effect),)
    return FixAnswer(
        wanted="allow" if allow else "deny",
        edits=tuple(edit_of(change) for change in done.changes),
        proved=done.side_effect is None,
        side_effects=effects,
        opens=_warning(question) if allow else None,
    )


def _warning(question: Question) -> str | None:
    """How much a fix opens, where the asked set is large."""
    size = question.remote.addresses.v4.size
    if size < _MANY:
        return None
    words = ", ".join(question.remote.terms) or "any address"
    return f"opens to {words}: {size:,} IPv4 addresses; ask about the one that needs it for a narrower fix"
