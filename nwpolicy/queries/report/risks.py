"""How much a change deserves attention, and the order in which changes are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nwpolicy.azure.spaces import INTERNET, PRIVATE, prefix_space, union
from nwpolicy.azure.subjects import interface_subject, subnet_subject
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet
from nwpolicy.model.network import NetworkInterface, Subnet, VirtualNetwork
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, WayInState
from nwpolicy.queries.report.answers import Risk

__all__ = ["addresses_of", "risk_of", "urgency"]

_RISKS: Final = tuple(Risk)
_KINDS: Final = (ChangeKind.OPENED, ChangeKind.MAY_CHANGE, ChangeKind.CLOSED, ChangeKind.OTHER_RULE)


def urgency(change: ChangeAnswer, risk: Risk) -> tuple[int, int]:
    """What is read first: what opens, or may, by its risk; then the rest."""
    return (_RISKS.index(risk), _KINDS.index(change.kind))


def risk_of(snapshot: Snapshot, change: ChangeAnswer) -> Risk:
    """The highest risk that applies to a path that opens, or may."""
    opens = change.before.access != "Allow" and change.after.access not in ("Deny", "Absent")
    if change.kind not in (ChangeKind.OPENED, ChangeKind.MAY_CHANGE) or not opens:
        return Risk.NONE
    inbound = change.direction == "Inbound"
    if change.way_in is not None and change.way_in.state is not WayInState.NONE:
        return Risk.INTERNET
    if inbound and change.management_ports:
        return Risk.MANAGEMENT
    remote = union(addresses_of(one.flows.source if inbound else one.flows.destination) for one in change.flows)
    network = _network_of(snapshot, change.places)
    if network is not None and (remote & PRIVATE) - network:
        return Risk.ISOLATION
    if change.way_in is not None:
        return Risk.NOT_PUBLIC
    return Risk.EGRESS if not inbound and remote & INTERNET else Risk.NONE


def addresses_of(text: str) -> AddressSet:
    """The set that an answer has as text."""
    return ANY_ADDRESS if text == "*" else union(map(AddressSet.parse, text.split(", ")))


def _network_of(snapshot: Snapshot, places: Iterable[PlaceAnswer]) -> AddressSet | None:
    """The addresses of the networks that places are in; None where they are in none, or these are not known."""
    networks = {id(network): network for place in places for network in _networks(snapshot, place)}
    spaces = [prefix_space(network.address_space) for network in networks.values()]
    if not spaces or any(space.unknown for space in spaces):
        return None
    return union((NO_ADDRESS, *(space.known for space in spaces)))


def _networks(snapshot: Snapshot, place: PlaceAnswer) -> list[VirtualNetwork]:
    name = place.id or place.name
    found = [
        *(interface_subject(snapshot, nic) for nic in snapshot.named(NetworkInterface, name)),
        *(subnet_subject(snapshot, subnet) for subnet in snapshot.named(Subnet, name)),
    ]
    return [subject.virtual_network for subject in found if subject.virtual_network is not None]
