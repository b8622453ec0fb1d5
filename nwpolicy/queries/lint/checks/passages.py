"""What gets through all rules to or from whole networks: for those who want none of it, so only looked for if selected.

Source: Microsoft Learn, How network security groups filter network traffic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.spaces import INTERNET, PRIVATE, union
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import PORTED, TCP, UDP, format_protocols
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import Direction
from nwpolicy.queries.lint.checks.targets import destinations, kinds_of_interfaces, targets, written_rule
from nwpolicy.queries.lint.facts import Facts, WrittenRule
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.internet import is_internet
from nwpolicy.queries.lint.reporting import label, report
from nwpolicy.queries.lint.uses import example

__all__ = ["check_administration", "check_egress", "check_reachable"]

_ADMINISTRATION: Final = FlowSet(
    IntervalSet(8, ((TCP, TCP),)), destination=PRIVATE, destination_port=IntervalSet.of(16, ((22, 22), (3389, 3389)))
)
#: Stands for a machine of which nothing is known, and for all others.
_USUAL: Final = AddressSet.parse("10.0.0.4")
_OTHERS: Final = ANY_ADDRESS - _USUAL
#: More ports than these are not named one by one.
_FEW: Final = 20
_AS_IF: Final = "looked at as if attached, and all private addresses in its virtual network"


@dataclass(frozen=True, slots=True)
class _Door:
    """A chain, the flows that are not wanted through it, and what it is before; `doubt` is why it may be otherwise."""

    chain: Chain
    direction: Direction
    asked: FlowSet
    holder: Resource | None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class _Passage:
    """Unwanted flows that get through, and the last rule that lets them; `about` is what holds it."""

    door: _Door
    about: Resource
    by: str
    flows: FlowSet


def check_reachable(facts: Facts) -> Iterator[Finding]:
    doors = (
        _Door(one.chain, Direction.INBOUND, FlowSet(source=INTERNET, destination=one.addresses), one.nic, one.doubt)
        for one in targets(facts)
    )
    for several in _wide(_by_rule(facts, doors)):
        yield _finding(facts, "NWP106", several, "in flows from the internet")


def check_egress(facts: Facts) -> Iterator[Finding]:
    for several in _wide(_by_rule(facts, _outbound(facts, FlowSet(destination=INTERNET)))):
        yield _finding(facts, "NWP107", several, "out flows to the internet")


def check_administration(facts: Facts) -> Iterator[Finding]:
    for several in _by_rule(facts, _outbound(facts, _ADMINISTRATION)):
        ports = several[0].flows.destination_port
        for one in several[1:]:
            ports = ports | one.flows.destination_port
        yield _finding(facts, "NWP108", several, f"machines administer others on port {format_ports(ports)}")


def _outbound(facts: Facts, asked: FlowSet) -> Iterator[_Door]:
    for place in facts.places:
        holder = _holder(place.subject)
        if holder is not None:
            chain = facts.estate.chain(place.subject, Direction.OUTBOUND).chain
            yield _Door(chain, Direction.OUTBOUND, replace(asked, source=place.subject.local), holder)
    for group in facts.loose_groups:
        subject = group_subject(group)
        chain = filter_chain(facts.snapshot, subject, Direction.OUTBOUND, facts.assumptions, PRIVATE).chain
        yield _Door(chain, Direction.OUTBOUND, replace(asked, source=subject.local), group, _AS_IF)


def _holder(subject: Subject) -> Resource | None:
    return subject.nic if subject.kind is SubjectKind.NETWORK_INTERFACE else subject.subnet


def _by_rule(facts: Facts, doors: Iterable[_Door]) -> Iterator[list[_Passage]]:
    found: dict[int, list[_Passage]] = {}
    for door in doors:
        try:
            for passage in _passages(door):
                found.setdefault(id(passage.about), []).append(passage)
        except TooLarge as large:
            facts.undecided[
                f"what gets through at {'a group' if door.holder is None else door.holder.name}: {large}"
            ] = None
    yield from found.values()


def _wide(by_rule: Iterable[list[_Passage]]) -> Iterator[list[_Passage]]:
    """What each rule lets through, if that is the internet; at doors where no rule lets so much, what all do."""
    doors: defaultdict[int, list[_Passage]] = defaultdict(list)
    told: set[int] = set()
    for several in by_rule:
        if _is_internet(several):
            yield several
            told |= {id(one.door) for one in several}
        for one in several:
            if isinstance(one.about, WrittenRule):
                doors[id(one.door)].append(one)
    groups = {id(several[0].about): several for door, several in doors.items() if door not in told}
    yield from filter(_is_internet, groups.values())


def _is_internet(passages: Iterable[_Passage]) -> bool:
    """Whether there are so many addresses on the other side."""
    return is_internet(
        union(
            one.flows.source if one.door.direction is Direction.INBOUND else one.flows.destination for one in passages
        )
    )


def _passages(door: _Door) -> Iterator[_Passage]:
    if not door.asked:
        return
    for cube in Decisions.of(door.chain, door.asked).cubes(lambda fate: fate.allowed is True):
        about = written_rule(cube.fate.rule) or door.holder
        if about is not None:
            by = f"{about.name}, without a group," if cube.fate.rule is None else label(cube.fate.rule)
            yield _Passage(door, about, by, cube.flows)


def _witness(passage: _Passage) -> Flow:
    """A flow that shows it; where any machine is meant, of one with an address that a person expects."""
    outbound = passage.door.direction is Direction.OUTBOUND
    usual = FlowSet(source=_USUAL, destination=_OTHERS) if outbound else FlowSet(source=_OTHERS, destination=_USUAL)
    expected = passage.flows & usual if passage.door.doubt is not None else None
    return example(expected or passage.flows)


def _finding(facts: Facts, rule_id: str, passages: list[_Passage], what: str) -> Finding:
    shown = min(passages, key=lambda one: one.door.doubt is not None)
    others = len({id(one.about) for one in passages}) - 1
    lets = "lets" if not others else f"and {others} more rule{'s' if others > 1 else ''} together let"
    return report(
        facts,
        rule_id,
        shown.about,
        f"{shown.by} {lets} {what}",
        reason="; ".join(filter(None, ("no layer denies them", shown.door.doubt))),
        witness=str(_witness(shown)),
        help="deny them, or allow only what is meant",
        certain=shown.door.doubt is None,
        parts=tuple(_parts(facts, passages)),
    )


def _parts(facts: Facts, passages: Sequence[_Passage]) -> Iterator[str]:
    """What would be worse if there were more of it: ports, and what can be reached by them from outside."""
    kinds = facts.snapshot.derived(kinds_of_interfaces)
    places: defaultdict[tuple[str, ...], list[FlowSet]] = defaultdict(list)
    for passage in passages:
        holder, about = passage.door.holder, passage.about
        if passage.door.direction is Direction.OUTBOUND:
            places["",].append(passage.flows)
        elif isinstance(holder, NetworkInterface):
            places[f" of {kinds[id(holder)]}",].append(passage.flows)
        elif isinstance(about, WrittenRule):
            places[tuple(f" {to}" for to in destinations(about))].append(passage.flows)
    for names, several in places.items():
        texts = [text for protocol in (TCP, UDP) for text in _ports(protocol, several)]
        texts += ["other protocols"] if any(flows.protocol - PORTED for flows in several) else []
        yield from (f"{text}{name}" for text in texts for name in names)


def _ports(protocol: int, several: Iterable[FlowSet]) -> Iterator[str]:
    """Each port, where these are few."""
    ports = IntervalSet.empty(16)
    for flows in several:
        ports = ports | flows.destination_port if protocol in flows.protocol else ports
    name = format_protocols(IntervalSet(8, ((protocol, protocol),)))
    if ports.size > _FEW:
        yield f"{name}, many ports"
    else:
        yield from (f"{name} {port}" for first, last in ports for port in range(first, last + 1))
