"""A flow that shows a change: one that a person recognises, and that there can be.

It starts where packets can come from, goes to an interface that the change is about, and from no machine to itself. It
is replayed through the rules of both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Final

from nwpolicy.azure.spaces import INTERNET, PRIVATE, SILENT, prefix_space, union
from nwpolicy.azure.subjects import SubjectKind, interface_space, interfaces_in
from nwpolicy.logic.boxes import boxes_of, single
from nwpolicy.logic.diagrams import Fate
from nwpolicy.logic.errors import EngineDisagreement
from nwpolicy.logic.evaluate import NO_ASSIGNMENT, MissingValueError, evaluate
from nwpolicy.logic.views import Example, View, describe
from nwpolicy.logic.witness import favourite
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.filters import Assignment, Chain
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.rules import Direction
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import UnknownValueText
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.comparing import Found, Versions
from nwpolicy.queries.differences import WayIn, WayInState, Witness
from nwpolicy.queries.explain import flow_texts, value_text
from nwpolicy.queries.waysin import Target

__all__ = ["change_witness", "in_order", "witness_of"]

#: Where flows come from that get to a place which a public address leads to, and to any other.
_FROM_OUTSIDE: Final = (INTERNET, PRIVATE, ANY_ADDRESS - SILENT, ANY_ADDRESS)
_FROM_INSIDE: Final = (PRIVATE, INTERNET, ANY_ADDRESS - SILENT, ANY_ADDRESS)
#: So many flows are tried where it depends on what is unknown which fare otherwise.
_TRIED: Final = 4
#: How many addresses of a prefix Azure keeps for itself.
_KEPT: Final = 5
_HERE: Final = {True: "Allow", False: "Deny", None: "Depends"}


def in_order(found: Found) -> tuple[FlowSet, ...]:
    """The flows as one product of sets if they are one, else in an order that suits readers."""
    around = FlowSet.around(found.flows)
    if sum(box.size for box in boxes_of(around)) == found.count:
        return (around,)
    return tuple(sorted(found.flows, key=_place))


def _place(flows: FlowSet) -> tuple[object, ...]:
    """Narrow protocols and ports first, in their order."""
    ports = flows.destination_port
    source, destination = flows.source, flows.destination
    numbers = (source.v4.intervals, source.v6.intervals, destination.v4.intervals, destination.v6.intervals)
    return flows.protocol.size, flows.protocol.intervals, ports.is_full, ports.intervals, numbers


def change_witness(
    changes: Sequence[tuple[Versions, Found]], targets: Sequence[Target], way_in: WayIn | None
) -> Witness:
    """A flow of one of alike changes. `targets` are their places, on the side that lets flows in, `way_in` how what is
    sent from the internet gets there."""
    (versions, found), target = min(zip(changes, targets, strict=True), key=lambda one: _rank(one[1]))
    remotes = _remotes(versions.direction, way_in)
    flows = _favourites(in_order(found), tuple(_own(target)), remotes, versions.direction)
    if found.example is not None:
        example = _example(versions, found.example, islice(flows, _TRIED))
        return witness_of(example.flow, example.assignment)
    flow = next(flows)
    for rules, fate in zip(versions.chains, (found.before, found.after), strict=True):
        _replay(rules, flow, fate, versions.closing)
    return witness_of(flow, NO_ASSIGNMENT)


def _rank(target: Target) -> tuple[bool, bool]:
    """An interface that a public address leads to is shown first, then any other."""
    return not target.led, target.question.subject.kind is not SubjectKind.NETWORK_INTERFACE


def _remotes(direction: Direction, way_in: WayIn | None) -> tuple[AddressSet, ...]:
    """The addresses of the other end to show, the likeliest first."""
    if direction is Direction.OUTBOUND:
        return (ANY_ADDRESS,)
    return _FROM_INSIDE if way_in is None or way_in.state is WayInState.NONE else _FROM_OUTSIDE


def _own(target: Target) -> Iterator[AddressSet]:
    """The addresses of a place to show, the likeliest first: those that something leads to; those in a subnet that no
    interface of the input has, as the change is not about these; and none that Azure keeps for itself."""
    question = target.question
    subnet = question.subject.subnet
    wanted = [target.led] if target.led else []
    if question.subject.kind is SubjectKind.SUBNET:
        inside = interfaces_in(question.snapshot, subnet)
        wanted.append(
            ANY_ADDRESS - union((NO_ADDRESS, *(interface_space(question.snapshot, nic).known for nic in inside)))
        )
    wanted.append(ANY_ADDRESS)
    hosts = NO_ADDRESS if subnet is None else _hosts(prefix_space(subnet.address_prefixes).known)
    yield from (found for one in wanted if (found := one & hosts))
    yield from wanted


def _hosts(prefixes: AddressSet) -> AddressSet:
    """Without the first four addresses and the last.

    Source: Microsoft Learn, Azure Virtual Network frequently asked questions."""
    return union(
        AddressSet.of(family, IntervalSet.of(family.width, [(low + 4, high - 1)]))
        for family in Family
        for low, high in prefixes.family(family)
        if high - low > _KEPT
    )


def _favourites(
    flows: Sequence[FlowSet], own: Sequence[AddressSet], remotes: Sequence[AddressSet], direction: Direction
) -> Iterator[Flow]:
    """The flows that a person recognises, best first; at least one."""
    for here, there, one in product(own, remotes, flows):
        yield from _apart(one & _between(here, there, direction), direction)
    yield favourite(boxes_of(flows[0])[0])


def _between(own: AddressSet, remote: AddressSet, direction: Direction) -> FlowSet:
    ends = (remote, own) if direction is Direction.INBOUND else (own, remote)
    return FlowSet(source=ends[0], destination=ends[1])


def _apart(flows: FlowSet, direction: Direction) -> Iterator[Flow]:
    """A flow of each box, from no machine to itself if there is another one."""
    for box in boxes_of(flows) if flows else ():
        flow = favourite(box)
        if flow.source != flow.destination:
            yield flow
            continue
        own = AddressSet.single(Address(flow.family, flow.source))
        others = (flows & _between(own, other, direction) for other in _others(flow))
        yield from (
            favourite(found) for part in others if part for found in boxes_of(part) if found.ported is box.ported
        )


def _others(flow: Flow) -> Iterator[AddressSet]:
    """The addresses after that of a machine which sends to itself, and those before."""
    last = (1 << flow.family.width) - 1
    for side in ((flow.source + 1, last), (0, flow.source - 1)):
        yield AddressSet.of(flow.family, IntervalSet.of(flow.family.width, [side] if side[0] <= side[1] else []))


def _example(versions: Versions, known: Example, flows: Iterable[Flow]) -> Example:
    """One with a flow that a person recognises, if such a flow may fare otherwise."""
    found = (known if flow == known.flow else versions.example_with(flow) for flow in flows)
    return next(filter(None, found), known)


def _replay(rules: Chain, flow: Flow, fate: Fate, closing: Closing | None) -> None:
    """The flow fares as its fate says, whatever the unknowns are, or for some of their values if that counts. Raises
    EngineDisagreement if it does not."""
    side = not fate.allowed if closing is None else closing is Closing.ANY
    is_possible = closing is not None and fate.allowed is side
    try:
        wrong = evaluate(rules, flow).allowed is not fate.allowed
    except MissingValueError:
        wrong = (View(rules, single(flow)).find(side) is not None) is not is_possible
    if wrong:
        message = f"the diagram has {flow} {_HERE[fate.allowed]}, its replay has not"
        raise EngineDisagreement(message, describe(rules, flow))


def witness_of(flow: Flow, assignment: Assignment) -> Witness:
    """The flow in words, with the values of unknowns."""
    texts = flow_texts(flow)
    values = sorted(assignment.items(), key=_unknown_place)
    return Witness(
        str(flow),
        texts["protocol"],
        texts["source"],
        flow.source_port if flow.has_ports else None,
        texts["destination"],
        flow.destination_port if flow.has_ports else None,
        tuple(UnknownValueText(unknown.name, value_text(unknown, value)) for unknown, value in values),
    )


def _unknown_place(item: tuple[Unknown, object]) -> tuple[str, str]:
    return item[0].name, item[0].kind
