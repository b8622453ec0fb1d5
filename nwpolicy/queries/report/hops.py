"""Whether what has the address of a next hop sends packets on.

Source: Microsoft Learn, Virtual network traffic routing, "User-defined": a network interface that is to send on what is
not its own needs IP forwarding.
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.paths import Estate, StopKind, forwards
from nwpolicy.azure.paths.hosts import Host, hosts, missing
from nwpolicy.azure.routing import HopPart, NextHop
from nwpolicy.azure.spaces import prefix_space, union
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, Address, AddressSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown

__all__ = ["Hops", "Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether packets are sent on; None if that depends on what is unknown. `reason` says why they are not, or may not
    be. What is sent to the `own` addresses of the appliances goes no further."""

    sends_on: bool | None
    reason: str | None = None
    unknowns: tuple[Unknown, ...] = ()
    own: AddressSet = NO_ADDRESS


class Hops:
    """What has the addresses of next hops on one side."""

    def __init__(self, snapshot: Snapshot, assumptions: Assumptions) -> None:
        self._estate = Estate(snapshot, assumptions)
        self._known: dict[tuple[int, Address], Standing] = {}

    def standing(self, subject: Subject, part: HopPart) -> Standing:
        """That of all addresses by which packets leave a subnet. What is no appliance sends on."""
        found = dict.fromkeys(self._at(subject, address) for address in _addresses(part))
        verdicts = {one.sends_on for one in found} or {True}
        reasons = dict.fromkeys(one.reason for one in found if one.reason is not None)
        unknowns = dict.fromkeys(unknown for one in found for unknown in one.unknowns)
        sends_on = verdicts.pop() if len(verdicts) == 1 else None
        own = union((NO_ADDRESS, *(one.own for one in found)))
        return Standing(sends_on, ", ".join(reasons) or None, tuple(unknowns), own)

    def _at(self, subject: Subject, address: Address) -> Standing:
        key = id(subject.subnet), address
        if key not in self._known:
            self._known[key] = self._of(subject, address)
        return self._known[key]

    def _of(self, subject: Subject, address: Address) -> Standing:
        found = list(hosts(self._estate, subject, address))
        if not found:
            nothing = missing(self._estate, subject, address)
            unseen = nothing.unseen
            return Standing(False, nothing.reason) if unseen is None else Standing(None, nothing.reason, (unseen,))
        sending = [True if host.kind is StopKind.FIREWALL else forwards(host.subject) for host in found]
        names = (host.subject.name for host, sends in zip(found, sending, strict=True) if sends is not True)
        reason = ", ".join(f"IP forwarding is not enabled on {name}" for name in names) or None
        doubts = tuple(dict.fromkeys(_doubts(found, sending)))
        own = union(host.own(ANY_ADDRESS, address) for host in found)
        sends_on = None if doubts or len(set(sending)) > 1 else bool(sending[0])
        return Standing(sends_on, reason, doubts, own)

    def likely(self, subject: Subject, addresses: AddressSet) -> AddressSet:
        """Those of the addresses that something outside of a subnet has, or may have."""
        prefixes = () if subject.subnet is None else subject.subnet.address_prefixes
        return (addresses & self._estate.owners.addresses) - prefix_space(prefixes).known


def _addresses(part: HopPart) -> Iterator[Address]:
    """The addresses of appliances by which packets leave, if that is certain."""
    entries = part.selection.entries
    candidate = entries[0].candidate if len(entries) == 1 and entries[0] is not None else None
    if candidate is not None and candidate.hop is NextHop.APPLIANCE:
        yield from (address for address in candidate.addresses if isinstance(address, Address))


def _doubts(found: list[Host], sending: list[bool | Unknown]) -> Iterator[Unknown]:
    for host, sends in zip(found, sending, strict=True):
        yield from host.unknowns
        if isinstance(sends, Unknown):
            yield sends
