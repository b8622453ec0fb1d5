"""The ways in from the internet to what has a private address: a public address, or a public load balancer before it.

Source: Microsoft Learn, Public IP addresses; What is Azure Load Balancer?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.origins import NO_NSG, LayerKind, LayerOrigin, PlatformRule, RuleOrigin
from nwpolicy.azure.publicaddress import addresses_by_owner
from nwpolicy.azure.spaces import Space, union
from nwpolicy.azure.subjects import Subject, configuration_space
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Doubt, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.network import IpConfiguration, LoadBalancer, PublicIpAddress
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ServiceTag
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["BY_ENTRANCE", "Door", "Entrance", "doors", "entrance_layer", "entrances"]

_ORIGIN: Final = LayerOrigin(LayerKind.PLATFORM, "public addresses")
_ENTRANCE: Final = PlatformRule("PublicAddress", "a public address leads there")
_NO_ENTRANCE: Final = PlatformRule("NoPublicAddress", "no public address leads there")
#: What the platform does by itself with what is sent from the internet, by the reasons it has.
BY_ENTRANCE: Final = frozenset(rule.reason for rule in (_ENTRANCE, _NO_ENTRANCE, NO_NSG))


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way in by something, as `public IP pip-web`; open if all unknowns say so."""

    by: str
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """An ip configuration of a network interface: its name, the addresses that it may have, and the ways in to them."""

    name: str
    addresses: AddressSet
    entrances: tuple[Entrance, ...]

    @property
    def is_open(self) -> bool:
        """Whether what is sent from the internet certainly gets to it."""
        return any(not entrance.unknowns for entrance in self.entrances)


def doors(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> tuple[Door, ...]:
    """Where what is sent from the internet may come to a subject: at the addresses of a network interface."""
    nic = subject.nic
    if nic is None:
        return ()
    spaces = [configuration_space(snapshot, nic, configuration) for configuration in nic.ip_configurations]
    known = union((NO_ADDRESS, *(space.known for space in spaces)))
    return tuple(
        Door(
            configuration.name,
            space.known | (space.reach - known),
            tuple(entrances(snapshot, configuration, assumptions)),
        )
        for configuration, space in zip(nic.ip_configurations, spaces, strict=True)
    )


def entrances(snapshot: Snapshot, configuration: IpConfiguration, assumptions: Assumptions) -> Iterator[Entrance]:
    """The ways in to the address of an ip configuration."""
    reference = configuration.public_ip_address
    if isinstance(reference, Unknown):
        yield Entrance(f"public IP {reference.name}", (reference.of_kind(UnknownKind.CONDITION),))
    elif reference is not None:
        found = snapshot.find(PublicIpAddress, reference)
        yield Entrance(f"public IP {reference.name}", _existence(found[0]) if len(found) == 1 else ())
    for address in snapshot.derived(addresses_by_owner).get(id(configuration), ()):
        yield Entrance(f"public IP {address.name}", _existence(address))
    for balancer in configuration.load_balancers:
        yield from _behind(snapshot, balancer, assumptions)


def _behind(snapshot: Snapshot, reference: Reference | Unknown, assumptions: Assumptions) -> Iterator[Entrance]:
    found = snapshot.find(LoadBalancer, reference) if isinstance(reference, Reference) else ()
    public = found[0].is_public if len(found) == 1 else _unseen(reference)
    if public is False:
        return
    doubts = [public.of_kind(UnknownKind.CONDITION)] if isinstance(public, Unknown) else []
    doubts += _existence(found[0]) if len(found) == 1 else ()
    if assumptions["load-balancer-ports"] == "unknown":
        reason = "rules of load balancers are not modelled"
        doubts.append(Unknown(f"ports of {reference.name}", UnknownKind.CONDITION, reason, reference.source))
    yield Entrance(f"load balancer {reference.name}", tuple(doubts), ("load-balancer-ports",))


def _unseen(reference: Reference | Unknown) -> Unknown:
    if isinstance(reference, Unknown):
        return reference
    reason = "it is not defined in the input"
    return Unknown(f"{reference.name} is public", UnknownKind.CONDITION, reason, reference.source)


def _existence(found: Resource) -> tuple[Unknown, ...]:
    return () if found.condition is None else (found.condition.of_kind(UnknownKind.CONDITION),)


def entrance_layer(terms: Terms, at: Iterable[Door]) -> Layer:
    """Drops what comes from the internet to the doors, unless it has a way in."""
    internet = terms.tag(ServiceTag("Internet", terms.subject.source))
    rules = (rule for door in at if not door.is_open for rule in _rules(door, internet))
    return Layer(_ORIGIN.name, tuple(rules), _ORIGIN)


def _rules(door: Door, internet: Space) -> Iterator[FilterRule]:
    for source in internet.values():
        match = Match(source=source, destination=Values(door.addresses))
        for entrance in door.entrances:
            yield _rule(_ENTRANCE, replace(match, conditions=entrance.unknowns), Outcome.PASS)
        doubts = (Doubt(name, replace(match, source=Values(zone))) for name, zone in internet.doubts)
        yield _rule(_NO_ENTRANCE, match, Outcome.DENY, tuple(doubts))


def _rule(rule: PlatformRule, match: Match, outcome: Outcome, doubts: tuple[Doubt, ...] = ()) -> FilterRule:
    return FilterRule(rule.reason, match, outcome, 0, RuleOrigin(_ORIGIN, rule), doubts)
