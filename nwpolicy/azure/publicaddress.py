"""Standard public addresses are closed to what comes in, unless a network security group is attached.

Source: Microsoft Learn, What is Azure Load Balancer?, "Secure by default".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from nwpolicy.azure.origins import NO_NSG, LayerOrigin, RuleOrigin
from nwpolicy.azure.platform import NEVER
from nwpolicy.azure.terms import Terms
from nwpolicy.model.filters import Doubt, FilterRule, Match, Outcome, Values
from nwpolicy.model.network import IpConfiguration, LoadBalancer, NetworkInterface, PublicIpAddress
from nwpolicy.model.resource import Reference, ServiceTag
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["addresses_by_owner", "closed_rules", "standard"]


def closed_rules(terms: Terms, layer: LayerOrigin, unfiltered: Unknown | None) -> Iterator[FilterRule]:
    """Drops what comes from the internet to an interface with a Standard public address and without a group.

    `unfiltered` is the unknown of yes or no on which it depends whether there is no group; None: there is none.
    """
    nic = terms.subject.nic
    if nic is None:
        return
    internet = terms.tag(ServiceTag("Internet", nic.source))
    condition = () if unfiltered is None else (unfiltered,)
    ways_in = set(standard(terms.snapshot, nic)) - {False}
    closed = terms.assumptions["standard-public-ip"] == "closed-without-nsg"
    for found in sorted(ways_in, key=str) if True not in ways_in else (True,):
        unknown = (found,) if isinstance(found, Unknown) else ()
        for source in internet.values():
            match = Match(source=source, conditions=(*condition, *unknown))
            doubts = [Doubt("standard-public-ip", match)]
            doubts += [Doubt(name, replace(match, source=Values(zone))) for name, zone in internet.doubts]
            origin = RuleOrigin(layer, NO_NSG)
            yield FilterRule(NO_NSG.reason, match if closed else NEVER, Outcome.DENY, 0, origin, tuple(doubts))


def addresses_by_owner(snapshot: Snapshot) -> Mapping[int, tuple[PublicIpAddress, ...]]:
    """The public addresses that say themselves to which ip configuration (by `id`) they belong."""
    found: defaultdict[int, list[PublicIpAddress]] = defaultdict(list)
    for address in snapshot.all(PublicIpAddress):
        owner = address.ip_configuration
        for configuration in snapshot.find(IpConfiguration, owner) if owner is not None else ():
            found[id(configuration)].append(address)
    return {owner: tuple(addresses) for owner, addresses in found.items()}


def standard(snapshot: Snapshot, nic: NetworkInterface) -> Iterator[bool | Unknown]:
    """For each way in from the internet that is of the Standard SKU: True, or the unknown that tells."""
    for configuration in nic.ip_configurations:
        if configuration.public_ip_address is not None:
            yield _of_address(snapshot, configuration.public_ip_address)
        for balancer in configuration.load_balancers:
            yield _of_balancer(snapshot, balancer)
        for address in snapshot.derived(addresses_by_owner).get(id(configuration), ()):
            yield _is_standard(address)


def _of_address(snapshot: Snapshot, reference: Reference | Unknown) -> bool | Unknown:
    found = snapshot.find(PublicIpAddress, reference) if isinstance(reference, Reference) else ()
    return _is_standard(found[0]) if len(found) == 1 else _open(reference)


def _of_balancer(snapshot: Snapshot, reference: Reference | Unknown) -> bool | Unknown:
    found = snapshot.find(LoadBalancer, reference) if isinstance(reference, Reference) else ()
    if len(found) != 1:
        return _open(reference)
    public, standard = found[0].is_public, _is_standard(found[0])
    if public is False or standard is False:
        return False
    return public if isinstance(public, Unknown) else standard


def _is_standard(found: PublicIpAddress | LoadBalancer) -> bool | Unknown:
    """Whether it is of the Standard SKU, and deployed."""
    if isinstance(found.sku, Unknown):
        name = f"{found.name} is of the Standard SKU"
        return Unknown(name, UnknownKind.CONDITION, found.sku.reason, found.sku.source)
    if not found.sku.lower().startswith("standard"):
        return False
    return True if found.condition is None else found.condition.of_kind(UnknownKind.CONDITION)


def _open(reference: Reference | Unknown) -> Unknown:
    name = f"{reference.name} is a public address of the Standard SKU"
    reason = reference.reason if isinstance(reference, Unknown) else "it is not defined in the input"
    return Unknown(name, UnknownKind.CONDITION, reason, reference.source)
