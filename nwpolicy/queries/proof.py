"""Whether a change of rules does what is wanted to the asked flows, and nothing to any other flow, wherever the rules
apply: at the place that was asked about, and at every other place of the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.subjects import Subject, endpoint_subject, interface_subject
from nwpolicy.logic.changes import differs
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.questions import Example
from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface, PrivateEndpoint
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.rules import Rule
from nwpolicy.queries.arriving import arriving, with_own_end
from nwpolicy.queries.candidates import Attempt, Site
from nwpolicy.queries.change import Change
from nwpolicy.queries.question import Question

__all__ = ["SideEffect", "does_it", "seems_exact", "side_effect"]

_DENY_ALL: Final = Layer("rest", (FilterRule("rest", Match(), Outcome.DENY, 0),))


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A flow that was not asked about and fares differently in the changed layer. `place` names where, if it is another
    place."""

    example: Example
    layer: Layer
    place: str | None = None


def does_it(after: Question, layer: int, *, allow: bool) -> bool:
    """Whether a layer does what is wanted to all asked flows."""
    chain = Chain((after.filter_chain.chain.layers[layer],))
    return differs(chain, chain, after.asked, (), allowed=allow) is None


def side_effect(before: Question, after: Question, changes: tuple[Change, ...]) -> SideEffect | None:
    """What else changes in any layer, here and at other places that share the rules. None iff nothing."""
    pairs = zip(before.filter_chain.chain.layers, after.filter_chain.chain.layers, strict=True)
    for old, new in pairs:
        found = _changed(old, new, before.asked, arriving(before, old))
        if found is not None:
            return SideEffect(found, new)
    return None if _only_literal(changes) else _elsewhere(before, after)


def _changed(old: Layer, new: Layer, asked: FlowSet, possible: FlowSet) -> Example | None:
    """A flow, possible but not asked about, that the layers treat differently."""
    if old.rules == new.rules:
        return None
    settled = Layer("asked", (FilterRule("asked", _match(asked), Outcome.DENY, 0),))
    found = differs(Chain((settled, old)), Chain((settled, new)), asked, possible, allowed=False)
    if found is None and any(rule.outcome is Outcome.ACCEPT for layer in (old, new) for rule in layer.rules):
        was, became = (Chain((settled, layer, _DENY_ALL)) for layer in (old, new))
        found = differs(was, became, asked, possible, allowed=False)
    return None if found is None else replace(found, trace=evaluate(Chain((new,)), found.flow, found.assignment))


def _match(flows: FlowSet) -> Match:
    return Match(
        Values(flows.protocol),
        Values(flows.source),
        Values(flows.source_port),
        Values(flows.destination),
        Values(flows.destination_port),
    )


# Other places


def _only_literal(changes: tuple[Change, ...]) -> bool:
    """Whether the changes mean the same everywhere, exactly what is asked: new rules that name addresses only."""
    return all(
        change.old is None and all(isinstance(term, AddressPrefix) for term in _terms(change)) for change in changes
    )


def _terms(change: Change) -> tuple[object, ...]:
    return (*change.new.sources, *change.new.destinations)


def _elsewhere(before: Question, after: Question) -> SideEffect | None:
    for subject, local in _other_places(before):
        old, new = (_chain(question, subject) for question in (before, after))
        for was, became in zip(old.layers, new.layers, strict=True):
            found = _changed(was, became, before.asked, with_own_end(before.direction, local))
            if found is not None:
                return SideEffect(found, became, subject.name)
    return None


def _chain(question: Question, subject: Subject) -> Chain:
    return filter_chain(question.snapshot, subject, question.direction, question.assumptions).chain


def _other_places(question: Question) -> Iterator[tuple[Subject, AddressSet]]:
    """One subject for all that have the same groups and stand in the same subnet, with the addresses of them all:
    what names mean differs from subnet to subnet at most."""
    alike: dict[object, tuple[Subject, AddressSet]] = {}
    for subject in _subjects(question):
        group = None if subject.nic is None else subject.nic.network_security_group
        private = subject.private_endpoint is not None
        key = (id(subject.subnet) if subject.subnet is not None else subject.name, str(group), private)
        known = alike.get(key)
        alike[key] = (subject, subject.local) if known is None else (known[0], known[1] | subject.local)
    yield from alike.values()


def _subjects(question: Question) -> Iterator[Subject]:
    snapshot = question.snapshot
    for nic in snapshot.all(NetworkInterface):
        if nic is not question.subject.nic:
            yield interface_subject(snapshot, nic)
    for endpoint in snapshot.all(PrivateEndpoint):
        if endpoint is not question.subject.private_endpoint:
            yield endpoint_subject(snapshot, endpoint)


# A quick guess


def seems_exact(site: Site, attempt: Attempt) -> bool:
    """Whether a few flows beside the asked ones, that the changed rule would reach, fare as before. Only a guess: if
    it is no, then there is a side effect; if it is yes, there may be one."""
    if attempt.reach is None:
        return True
    possible = attempt.reach & arriving(site.question, site.layer)
    return not any(_turns(site, attempt.rank, flow) for flow in _beside(possible, site.question.asked))


def _turns(site: Site, rank: int, flow: Flow) -> bool:
    """Whether a flow is treated against the wish today, by a rule that the changed one would come before."""
    try:
        step = evaluate(Chain((site.layer,)), flow).steps[0]
    except MissingValueError:
        return False
    if step.rule is None or (step.outcome is Outcome.DENY) is not site.allow:
        return False
    origin = origin_of(step.rule)
    written = origin.rule
    if origin.path[:1] != site.path or not isinstance(written, Rule):
        return False
    return isinstance(written.priority, int) and written.priority >= rank


def _beside(reach: FlowSet, asked: FlowSet) -> Iterator[Flow]:
    """Flows of a set that each lie outside of the asked ones in one field."""
    common = reach & asked
    for name in ("source", "destination"):
        rest: AddressSet = getattr(reach, name) - getattr(asked, name)
        for family in Family:
            if rest.family(family):
                yield from _first(_with(common, name, AddressSet.of(family, rest.family(family))))
    for name in ("protocol", "source_port", "destination_port"):
        left: IntervalSet = getattr(reach, name) - getattr(asked, name)
        if left:
            yield from _first(_with(common, name, left))


def _with(flows: FlowSet, name: str, numbers: AddressSet | IntervalSet) -> FlowSet:
    values: dict[str, Any] = {name: numbers}
    return replace(flows, **values)


def _first(flows: FlowSet) -> Iterator[Flow]:
    """One flow of the set, if that is easy to find."""
    portless = flows.source_port.is_full and flows.destination_port.is_full
    protocols = flows.protocol if portless else flows.protocol & PORTED
    for family in flows.families[:1]:
        if not protocols or not flows:
            return
        protocol = protocols.first
        ports = (flows.source_port.first, flows.destination_port.first) if protocol in PORTED else (0, 0)
        source, destination = flows.source.family(family).first, flows.destination.family(family).first
        yield Flow(family, protocol, source, ports[0], destination, ports[1])
