"""Which network interfaces the input treats alike, but for their addresses.

Filters and routes of an interface follow from its subnet, its own group, and its ways in from the internet. Whatever
else may play a part, such as a value that is not known, makes an interface one of its own kind.
"""

from __future__ import annotations

from collections.abc import Hashable

from nwpolicy.azure.attachments import attached_groups
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.publicaddress import standard
from nwpolicy.azure.routing import Candidate, EffectiveTable
from nwpolicy.azure.routing.exported import export_of
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.unknowns import Unknown

__all__ = ["policy_key", "routing_key"]


def policy_key(estate: Estate, subject: Subject) -> Hashable:
    """Equal for interfaces to which the same filters and routes apply."""
    nic, snapshot = subject.nic, estate.snapshot
    if nic is None or subject.virtual_network is None or subject.export is not None or nic.condition is not None:
        return id(subject)
    if export_of(snapshot, subject) is not None:
        return id(subject)
    ways_in = set(standard(snapshot, nic)) - {False}
    attached = attached_groups(snapshot, subject)
    reference = nic.network_security_group
    if any(isinstance(way, Unknown) for way in ways_in) or not all(group.certain for group in attached):
        return id(subject)
    found = snapshot.find(NetworkSecurityGroup, reference) if isinstance(reference, Reference) else ()
    return id(subject.subnet), tuple(map(id, found)) or reference, bool(ways_in)


def routing_key(table: EffectiveTable) -> Hashable:
    """Equal for places of which all routes are the same."""
    return id(table.subject.virtual_network), tuple(map(_route_key, table.candidates))


def _route_key(route: Candidate) -> Hashable:
    """All that decides, with the very network or gateway that the route leads to."""
    return (
        *(route.kind, route.hop, route.prefixes, route.open, route.addresses, route.conditions, route.rests_on),
        *(route.bounded_by, route.removed, route.tag, route.table_id, route.bgp_override, route.yields_to_default),
        *(route.invalidated_from, route.policy, id(route.target)),
    )
