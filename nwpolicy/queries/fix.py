"""The smallest fix: the least change of rules after which exactly the asked flows fare as wanted.

Candidates are tried from the smallest up. Each is made in a copy of the definitions, which is then read again as any
definitions are; the solver proves that the changed layer does what is wanted to every asked flow and treats no other
flow differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from nwpolicy.azure.origins import BLOCKED, EXEMPT, NO_NSG, LayerKind, LayerOrigin, PlatformRule, layer_kind, origin_of
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.evaluate import Step
from nwpolicy.logic.questions import can_be
from nwpolicy.model.avnm import AdminRuleCollection
from nwpolicy.model.filters import Chain, FilterRule, Layer, Outcome
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import (
    AdminRule,
    EffectiveAdminRules,
    EffectiveSecurityGroups,
    NetworkSecurityGroup,
    SecurityRule,
)
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import FixAnswer, FlowExample
from nwpolicy.queries.candidates import Attempt, Site, attempts
from nwpolicy.queries.change import Change, RuleGroup, changed, rules_of
from nwpolicy.queries.edits import edits_of
from nwpolicy.queries.explain import flow_example
from nwpolicy.queries.proof import SideEffect, does_it, seems_exact, side_effect
from nwpolicy.queries.question import Question, pose_again

__all__ = ["Fixed", "smallest_fix"]

#: Above this many addresses an answer says how many it opens.
_MANY: Final = 1 << 16
#: The IPv6 addresses of one subnet.
_ONE_NETWORK: Final = 1 << 64
#: Layers of one chain, and some: a fix takes at most one round for each.
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fix, or the reason why there is none (both None: nothing to fix)."""

    fix: FixAnswer | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Trial:
    """A state on the way: the question over changed definitions, the changes so far, and what else they change."""

    question: Question
    changes: tuple[Change, ...] = ()
    effects: tuple[SideEffect, ...] = ()
    cost: int = 0


class _NoFix(Exception):  # noqa: N818 - a result
    """There is no fix, for this reason."""


def smallest_fix(question: Question, *, allow: bool) -> Fixed:
    """Looks for the least change that allows (or denies) all asked flows."""
    try:
        done = _opened(_Trial(question)) if allow else _closed(_Trial(question))
    except _NoFix as none:
        return Fixed(None, str(none))
    if not done.changes:
        return Fixed(None, f"{BLOCKED.statement}: no rule changes what is still denied")
    return Fixed(_answer(question, done, allow=allow), None)


def _opened(trial: _Trial) -> _Trial:
    """Every layer has to let the flows through: the one that denies is changed, then the next one that does."""
    _refuse_blocked(trial.question)
    for _ in range(_ROUNDS):
        denied = can_be(_without_blocked(trial.question.filter_chain.chain), trial.question.asked, allowed=False)
        if denied is None:
            return trial
        step = denied.trace.decisive
        assert step is not None
        trial = _best(trial, _site(trial.question, step, allow=True), step.layer)
    raise _NoFix("the flows are denied in more layers than can be changed at once")


def _refuse_blocked(question: Question) -> None:
    """Where Azure blocks all that is asked about, there is nothing to allow."""
    platform = (layer for layer in question.filter_chain.chain.layers if layer_kind(layer) is LayerKind.PLATFORM)
    blocking = Chain(tuple(replace(layer, rules=tuple(filter(_is_blocked, layer.rules))) for layer in platform))
    if can_be(blocking, question.asked, allowed=True) is None:
        raise _NoFix(f"{BLOCKED.statement}: no rule changes that")


def _without_blocked(whole: Chain) -> Chain:
    """The chain as if Azure blocked nothing by itself: those among the asked flows stay blocked, and need no fix."""
    return Chain(
        tuple(
            replace(layer, rules=tuple(rule for rule in layer.rules if not _is_blocked(rule))) for layer in whole.layers
        )
    )


def _is_blocked(rule: FilterRule) -> bool:
    return origin_of(rule).rule == BLOCKED


def _closed(trial: _Trial) -> _Trial:
    """One layer that denies is enough. What an earlier layer accepts for good has to be denied there."""
    for _ in range(_ROUNDS):
        allowed = can_be(trial.question.filter_chain.chain, trial.question.asked, allowed=True)
        if allowed is None:
            return trial
        accepted = [step for step in allowed.trace.steps if step.outcome is Outcome.ACCEPT]
        trial = _closed_at(trial, accepted or allowed.trace.steps[::-1])
    raise _NoFix("the flows are allowed in more layers than can be changed at once")


def _closed_at(trial: _Trial, steps: Iterable[Step]) -> _Trial:
    """Denies the asked flows in the layer where that takes the smallest change; among admin rules only where no
    network security group can help."""
    found: list[tuple[bool, bool, int, _Trial]] = []
    reasons: list[str] = []
    for step in steps:
        kind = layer_kind(trial.question.filter_chain.chain.layers[step.layer])
        try:
            done = _best(trial, _site(trial.question, step, allow=False), step.layer)
        except _NoFix as none:
            if kind is not LayerKind.PLATFORM:
                reasons.append(str(none))
            continue
        found.append((bool(done.effects), kind is LayerKind.ADMIN_RULES, done.cost, done))
    if not found:
        raise _NoFix(reasons[0] if reasons else "no network security group applies here: attach one to deny them")
    return min(found, key=lambda entry: entry[:3])[3]


def _best(trial: _Trial, site: Site, layer: int) -> _Trial:
    """The smallest exact change of a layer; failing that, the smallest that works at all."""
    every = [(attempt, seems_exact(site, attempt)) for attempt in attempts(site)]
    hopeful, others = ([attempt for attempt, exact in every if exact is wanted] for wanted in (True, False))
    working: _Trial | None = None
    for attempt in hopeful:
        done = _tried(trial, site, layer, attempt)
        if done is not None and len(done.effects) == len(trial.effects):
            return done
        working = working or done
    for attempt in others:
        working = working or _tried(trial, site, layer, attempt)
    if working is None:
        raise _NoFix(_why_none(site))
    return working


def _tried(trial: _Trial, site: Site, layer: int, attempt: Attempt) -> _Trial | None:
    """The state after the attempt; None if the layer then does not do what is wanted, as far as the solver can tell."""
    before = trial.question
    after = pose_again(before, changed(before.snapshot, attempt.changes))
    try:
        if not does_it(after, layer, allow=site.allow):
            return None
        effect = side_effect(before, after, attempt.changes)
    except Undecided:
        return None
    effects = trial.effects if effect is None else (*trial.effects, effect)
    return _Trial(after, (*trial.changes, *attempt.changes), effects, trial.cost + attempt.cost)


def _why_none(site: Site) -> str:
    if EXEMPT in (origin_of(rule).rule for rule in site.layer.rules) and not site.allow:
        tags = "AzurePlatformDNS, AzurePlatformIMDS and AzurePlatformLKM"
        return f"{EXEMPT.statement}: only rules that name the service tags {tags} apply to it"
    return f"no change of a few rules of {site.layer.name} does it"


# Where to change something


def _site(question: Question, step: Step, *, allow: bool) -> Site:
    """The group of rules to change in a layer. Raises _NoFix where a layer has none."""
    layer = question.filter_chain.chain.layers[step.layer]
    written = origin_of(step.rule).rule if step.rule is not None else None
    if isinstance(written, PlatformRule) and written != EXEMPT:
        advice = "attach one that allows the flows" if written == NO_NSG else "no rule changes that"
        raise _NoFix(f"{written.statement}: {advice}")
    if layer_kind(layer) is LayerKind.PLATFORM:
        raise _NoFix("no rule applies to this traffic")
    group = _group(question, layer, step.rule)
    if group is None:
        raise _NoFix(f"the rules of {layer.name} are not in the input")
    path = next((path for rule in layer.rules if (path := _path(rule, group))), ())
    return Site(question, layer, group, allow, path)


def _path(rule: FilterRule, group: RuleGroup) -> tuple[str, ...]:
    """The manager that a rule of the group is of; empty for rules of other groups and of network security groups."""
    origin = origin_of(rule)
    return origin.path[:1] if any(origin.rule is own for own in rules_of(group)) else ()


def _group(question: Question, layer: Layer, rule: FilterRule | None) -> RuleGroup | None:
    """The group that holds a rule; for one that Azure adds, or for none, the layer's."""
    snapshot = question.snapshot
    if layer_kind(layer) is LayerKind.ADMIN_RULES:
        rules = (rule, *layer.rules) if rule is not None else layer.rules
        return next(chain.from_iterable(_holders(snapshot, one) for one in rules), None)
    origin = layer.origin
    assert isinstance(origin, LayerOrigin)
    groups = [g for g in _security_groups(question) if g.source == origin.source and g.name == origin.name]
    return groups[0] if len(groups) == 1 else None


def _holders(snapshot: Snapshot, rule: FilterRule) -> Iterator[RuleGroup]:
    written = origin_of(rule).rule
    if isinstance(written, AdminRule):
        parent = snapshot.parent(written)
        if isinstance(parent, AdminRuleCollection):
            yield parent
    if isinstance(written, AdminRule | SecurityRule):
        yield from (e for e in snapshot.all(EffectiveAdminRules) if any(own is written for own in e.rules))


def _security_groups(question: Question) -> Iterator[NetworkSecurityGroup]:
    yield from question.snapshot.all(NetworkSecurityGroup)
    for export in question.snapshot.all(EffectiveSecurityGroups):
        yield from (entry.group for entry in export.groups)


# What is said about it


def _answer(question: Question, done: _Trial, *, allow: bool) -> FixAnswer:
    return FixAnswer(
        wanted="allow" if allow else "deny",
        edits=edits_of(done.changes, question.snapshot),
        proved=not done.effects,
        side_effects=tuple(_effect_answer(done.question, effect) for effect in done.effects),
        opens=_warning(question) if allow else None,
    )


def _effect_answer(question: Question, effect: SideEffect) -> FlowExample:
    example = effect.example
    said = flow_example(Chain((effect.layer,)), example, example.trace.decisive, question.assumptions)
    return said if effect.place is None else replace(said, text=f"{said.text} at {effect.place}")


def _warning(question: Question) -> str | None:
    """How much a fix opens, where the asked set is large."""
    addresses = question.remote.addresses
    if addresses.v4.size >= _MANY:
        size = f"{addresses.v4.size:,} IPv4 addresses"
    elif addresses.v6.size > _ONE_NETWORK:
        size = "more than one IPv6 network"
    else:
        return None
    words = ", ".join(question.remote.terms) or "any address"
    return f"opens to {words}: {size}; ask about the one that needs it for a narrower fix"
