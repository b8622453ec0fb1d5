"""From changed flows to answers: alike changes of several places are one, shown by a flow; the riskiest come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from nwpolicy.azure.origins import LayerKind, LayerOrigin, layer_kind
from nwpolicy.azure.spaces import INTERNET, PRIVATE, SILENT, union
from nwpolicy.azure.subjects import Subject, SubjectKind, interfaces_in
from nwpolicy.logic.diagrams import Fate
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.filters import Choice, Layer, Outcome
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.protocols import TCP
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.queries.answers import PlaceAnswer, RuleAnswer
from nwpolicy.queries.changewitness import change_witness, in_order
from nwpolicy.queries.comparing import NOTHING, Found, Versions
from nwpolicy.queries.differences import ChangeAnswer, ChangedFlows, ChangeKind, SideAnswer, WayInState, may_be
from nwpolicy.queries.explain import asked_flows, rule_answer
from nwpolicy.queries.naming import Names, SetName, own_name, port_name, protocol_name
from nwpolicy.queries.question import Question
from nwpolicy.queries.verify import dependency_answer, place_answer
from nwpolicy.queries.waysin import target_of, way_in

__all__ = ["change_answers", "side_answer"]

#: The ports by which machines are managed.
#: Source: Microsoft Learn, Enable just-in-time access on VMs (the ports recommended by default).
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_ACCESS: Final = {True: "Allow", False: "Deny", None: "Depends"}
_KINDS: Final = tuple(ChangeKind)
_GROUPS: Final = frozenset({LayerKind.SUBNET_NSG, LayerKind.NIC_NSG, LayerKind.NSG})
#: A name besides those of rules and networks.
_MORE: Final = (("private addresses", PRIVATE),)
#: What a place's own addresses are called that are Internet to others.
_OWN: Final = {"Internet": "public addresses"}
#: How many places are named.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class _Set:
    """A product of sets in words; `local` is None where it is all of the place's own addresses, or all but those
    `without`."""

    protocol: str
    remote: str
    source_port: str
    local: str | None
    without: str | None
    destination_port: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """What alike changes of several places have in common."""

    kind: ChangeKind
    direction: Direction
    sets: tuple[_Set, ...]
    summary: _Set | None
    before: SideAnswer
    after: SideAnswer


def change_answers(changes: Iterable[tuple[Versions, Found]]) -> tuple[ChangeAnswer, ...]:
    """The changes, alike ones as one, the riskiest first."""
    names = cache(lambda versions: Names.of(versions.new, versions.old, more=_MORE))
    groups: dict[_Shape, list[tuple[Versions, Found]]] = {}
    for versions, found in _without_told_twice(list(changes)):
        groups.setdefault(_shape(versions, found, names(versions)), []).append((versions, found))
    return tuple(sorted((_answer(shape, of) for shape, of in groups.items()), key=_risk))


def _without_told_twice(changes: list[tuple[Versions, Found]]) -> Iterator[tuple[Versions, Found]]:
    """Without changes of a part of a subnet that are just those of network interfaces in it."""
    for versions, found in changes:
        subnet = versions.pair.new
        own = _local(versions, versions.asked)
        part = _local(versions, *found.flows)
        if subnet.kind is not SubjectKind.SUBNET or part == own:
            yield versions, found
            continue
        inside = {id(nic) for nic in interfaces_in(versions.new.snapshot, subnet.subnet)}
        told = NO_ADDRESS
        for other, change in changes:
            if id(other.pair.new.nic) in inside and _alike(versions, found, other, change):
                told |= _local(other, *change.flows)
        if told != part:
            yield versions, found


def _local(versions: Versions, *flows: FlowSet) -> AddressSet:
    """The addresses of the place among those of the flows."""
    inbound = versions.direction is Direction.INBOUND
    return union(one.destination if inbound else one.source for one in flows)


def _alike(versions: Versions, found: Found, other: Versions, change: Found) -> bool:
    """Whether flows change in the same way, but for the addresses of the place."""
    if versions.direction is not other.direction or _kind(found) is not _kind(change):
        return False
    mine = (side_answer(versions.old, found.before), side_answer(versions.new, found.after))
    theirs = (side_answer(other.old, change.before), side_answer(other.new, change.after))
    return mine == theirs and _remotes(versions, found) == _remotes(other, change)


def _remotes(versions: Versions, found: Found) -> set[FlowSet]:
    if versions.direction is Direction.INBOUND:
        return {replace(one, destination=ANY_ADDRESS) for one in found.flows}
    return {replace(one, source=ANY_ADDRESS) for one in found.flows}


def _shape(versions: Versions, found: Found, names: Names) -> _Shape:
    sides = ((versions.old, found.before), (versions.new, found.after))
    before, after = (side_answer(question, fate) for question, fate in sides)
    sets = tuple(_set(versions, flows, names) for flows in in_order(found))
    summary = _set(versions, FlowSet.around(found.flows), names) if len(sets) > 1 else None
    return _Shape(_kind(found), versions.direction, sets, summary, before, after)


def _kind(found: Found) -> ChangeKind:
    before, after = found.before.allowed, found.after.allowed
    if before is None or after is None:
        return ChangeKind.MAY_CHANGE
    if before is after:
        return ChangeKind.OTHER_RULE
    return ChangeKind.OPENED if after else ChangeKind.CLOSED


def _set(versions: Versions, flows: FlowSet, names: Names) -> _Set:
    inbound = versions.direction is Direction.INBOUND
    local, remote = (flows.destination, flows.source) if inbound else (flows.source, flows.destination)
    own = versions.asked.destination if inbound else versions.asked.source
    whole = all(own.family(family) <= local.family(family) for family in flows.families)
    name = names.name(local, flows.families)
    rest = bool(name.excluded) and names.name(own, flows.families) == SetName(name.parts)
    return _Set(
        protocol_name(flows.protocol),
        str(names.name(remote, flows.families, SILENT if inbound else NO_ADDRESS)),
        port_name(flows.source_port),
        None if whole or rest else str(SetName(tuple(_OWN.get(part, part) for part in name.parts), name.excluded)),
        ", ".join(name.excluded) if rest and not whole else None,
        port_name(flows.destination_port),
    )


def _answer(shape: _Shape, of: list[tuple[Versions, Found]]) -> ChangeAnswer:
    versions, found = of[0]
    subjects = [one.pair.new for one, _ in of]
    was_open = may_be(shape.kind, shape.before, shape.after) is ChangeKind.CLOSED
    targets = [target_of(one.old if was_open else one.new, change.flows) for one, change in of]
    entered = way_in(targets, was_open=was_open) if shape.kind is not ChangeKind.OTHER_RULE else None
    place_text = _places_text(versions, subjects)
    flows = in_order(found)
    sets = zip(flows, shape.sets, strict=True)
    return ChangeAnswer(
        kind=shape.kind,
        direction=shape.direction.value,
        places=tuple(_place_answer(versions, subject) for subject in subjects),
        place_text=place_text,
        flows=tuple(_changed_flows(one, part, place_text, shape.direction) for one, part in sets),
        summary=_changed_flows(FlowSet.around(flows), shape.summary, place_text, shape.direction)
        if shape.summary is not None
        else None,
        flow_count=found.count,
        public_sources=_public_sources(flows) if shape.direction is Direction.INBOUND else 0,
        management_ports=tuple(port for port in _MANAGEMENT if any(_has_port(one, port) for one in flows)),
        before=shape.before,
        after=shape.after,
        way_in=entered,
        witness=change_witness(of, targets, entered),
        depends_on=tuple(map(dependency_answer, found.unknowns)) if shape.kind is ChangeKind.MAY_CHANGE else (),
    )


def _changed_flows(flows: FlowSet, part: _Set, place: str, direction: Direction) -> ChangedFlows:
    """`tcp 22  Internet → subnet web (6 NICs)`"""
    local = place if part.local is None else f"{part.local} of {place}"
    local += "" if part.without is None else f" except {part.without}"
    source, destination = (part.remote, local) if direction is Direction.INBOUND else (local, part.remote)
    source += "" if part.source_port == "*" else f" from port {part.source_port}"
    ports = "" if part.destination_port == "*" else f" {part.destination_port}"
    service = f"{part.protocol}{ports}"
    return ChangedFlows(asked_flows(flows), f"{service}  {source} → {destination}", service, source, destination)


def _places_text(versions: Versions, subjects: list[Subject]) -> str:
    """`subnet web (6 NICs)`, `nic-a, nic-b and 4 more`."""
    subnets = [subject for subject in subjects if subject.kind is SubjectKind.SUBNET]
    inside = {id(nic) for subject in subnets for nic in interfaces_in(versions.new.snapshot, subject.subnet)}
    others = [subject for subject in subjects if subject not in subnets and id(subject.nic) not in inside]
    names = [_subnet_text(subject, subjects, versions) for subject in subnets]
    names += [subject.name for subject in others]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _place_answer(versions: Versions, subject: Subject) -> PlaceAnswer:
    """The place by a name that means it alone, if there is one."""
    return replace(place_answer(subject), name=_name(versions, subject))


def _name(versions: Versions, subject: Subject) -> str:
    if subject.kind is not SubjectKind.SUBNET or subject.subnet is None:
        return subject.name
    return own_name(versions.new.snapshot, subject.subnet)


def _subnet_text(subnet: Subject, subjects: list[Subject], versions: Versions) -> str:
    inside = {id(nic) for nic in interfaces_in(versions.new.snapshot, subnet.subnet)}
    count = sum(1 for subject in subjects if id(subject.nic) in inside)
    own = f" ({count} NIC{'s' if count > 1 else ''})" if count else " (none of its NICs)" if inside else ""
    return f"subnet {_name(versions, subnet)}{own}"


def _public_sources(flows: Iterable[FlowSet]) -> int:
    found = AddressSet.parse("0.0.0.0/32") & INTERNET
    for one in flows:
        found |= one.source & INTERNET
    return sum(found.family(family).size for family in Family)


def _has_port(flows: FlowSet, port: int) -> bool:
    return TCP in flows.protocol and port in flows.destination_port


def _risk(change: ChangeAnswer) -> tuple[object, ...]:
    texts = tuple(one.text for one in change.flows)
    is_led = change.way_in is not None and change.way_in.state is not WayInState.NONE
    exposed = change.public_sources.bit_length() if is_led else 0
    return _KINDS.index(change.kind), -exposed, not change.management_ports, change.direction, texts


def side_answer(question: Question, fate: Fate) -> SideAnswer:
    """What became of flows, and by which rule."""
    if question.filter_chain.chain is NOTHING:
        return SideAnswer("Absent", None)
    rule: RuleAnswer | None = None
    if fate.rule is not None and fate.layer is not None:
        outcome = fate.rule.outcome
        if isinstance(outcome, Choice):  # whatever it is, it comes to this
            outcome = Outcome.PASS if fate.allowed else Outcome.DENY
        layer = question.filter_chain.chain.layers[fate.layer]
        rule = replace(rule_answer(fate.rule, layer, outcome, question.assumptions), layer=_layer_name(layer))
    return SideAnswer(_ACCESS[fate.allowed], rule, rule_depends=rule is None and not fate.certain)


def _layer_name(layer: Layer) -> str:
    """Without what the group is attached to, as it may be attached to several of the places."""
    kind = layer_kind(layer)
    return f"NSG {layer.origin.name}" if kind in _GROUPS and isinstance(layer.origin, LayerOrigin) else layer.name
