"""Where packets from the internet come in: at interfaces with a public address, or behind a public load balancer.

Source: Microsoft Learn, Public IP addresses; What is Azure Load Balancer?
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.entrances import entrances
from nwpolicy.azure.paths.estate import Estate
from nwpolicy.azure.paths.ways import Ending, EndingKind, Way
from nwpolicy.azure.subjects import Subject, configuration_space
from nwpolicy.model.addresses import AddressSet

__all__ = ["arrivals", "arrivals_at"]


def arrivals(estate: Estate, destinations: AddressSet) -> Iterator[Way]:
    """What becomes of packets from the internet to the private addresses that stand behind public ones."""
    rest = destinations
    for subject in estate.subjects:
        for way in arrivals_at(estate, subject):
            shared = way.destinations & destinations
            if shared and way.ending.kind is EndingKind.DELIVERED:
                yield Way(shared, (), way.ending, way.unknowns, way.assumptions)
                rest = rest if way.unknowns else rest - shared
    if rest:
        yield Way(rest, (), _closed("nothing with the address has a public one"))


def arrivals_at(estate: Estate, subject: Subject) -> Iterator[Way]:
    """The same, for all addresses of one network interface or private endpoint."""
    nic = subject.nic
    if nic is None:
        yield Way(subject.local, (), _closed(f"{subject.name} has no public address"))
        return
    for configuration in nic.ip_configurations:
        space = configuration_space(estate.snapshot, nic, configuration)
        found = sorted(
            entrances(estate.snapshot, configuration, estate.assumptions), key=lambda entrance: len(entrance.unknowns)
        )
        for entrance in found[:1]:
            reason = f"{subject.name} has a public address"
            ending = Ending(EndingKind.DELIVERED, reason, subject)
            yield Way(space.reach, (), ending, entrance.unknowns, entrance.assumptions)
        if not found or found[0].unknowns:
            unknowns = tuple(unknown for entrance in found for unknown in entrance.unknowns)
            reason = f"{subject.name} has no public address"
            yield Way(space.reach, (), _closed(reason), unknowns)


def _closed(reason: str) -> Ending:
    return Ending(EndingKind.NOT_PUBLIC, reason)
