"""Who lives in an estate; also where the input shows nobody.

A subnet in which the input shows no network interface stands for any that may be put there: one at any of its
addresses, with a Standard public address, and without a network security group of its own. So a repository that
defines networks and rules, and nothing that uses them, can be checked; and nothing holds for want of a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.attachments import attached_groups
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.subjects import Subject, group_subject, interfaces_in, subnet_of
from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.network import IpConfiguration, NetworkInterface, PublicIpAddress, Subnet, VirtualNetwork
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.rules import NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.reach.asking import everybody_in
from nwpolicy.queries.reach.ends import End

__all__ = ["Population"]

#: Subnets into which nothing can be put that has rules of a subnet.
_AZURES_OWN: Final = frozenset(
    {"gatewaysubnet", "azurefirewallsubnet", "azurefirewallmanagementsubnet", "routeserversubnet"}
)


class Population:
    """An estate, and everybody in it."""

    def __init__(self, snapshot: Snapshot, assumptions: Assumptions) -> None:
        self.input = snapshot
        stand_ins = tuple(_stand_ins(snapshot, assumptions))
        self._stand_ins = frozenset(id(resource) for resource in stand_ins)
        whole = Snapshot.of((*snapshot.resources, *stand_ins), snapshot.diagnostics) if stand_ins else snapshot
        for nic in stand_ins:
            _check_place(whole, nic)
        self.estate = Estate(whole, assumptions)

    @cached_property
    def everybody(self) -> End:
        """All members, and all outer parties; nobody where the input shows no network."""
        return everybody_in(self.estate) if self.has_network else End((), ())

    @property
    def has_network(self) -> bool:
        return bool(self.estate.subjects or self.estate.owners.endpoints)

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Everything that rules apply to, and groups that apply to nothing in the input."""
        placed = (*self.estate.subjects, *self.estate.owners.endpoints)
        used = {id(found.group) for subject in placed for found in attached_groups(self.estate.snapshot, subject)}
        groups = self.estate.snapshot.all(NetworkSecurityGroup)
        return (*placed, *(group_subject(group) for group in groups if id(group) not in used))

    @cached_property
    def free(self) -> frozenset[Unknown]:
        """The addresses of what may be put into subnets: what is said of it is said of every one."""
        return frozenset(m.unknown for m in self.everybody.members if m.unknown is not None and self.is_any(m.subject))

    def is_any(self, subject: Subject) -> bool:
        """Whether a subject stands for all that may be put into its subnet."""
        return id(subject.nic) in self._stand_ins


def _stand_ins(snapshot: Snapshot, assumptions: Assumptions) -> Iterator[Resource]:
    all_of_them = assumptions["unseen-addresses"] == "unknown"
    for subnet in snapshot.all(Subnet):
        network = snapshot.parent(subnet)
        if not isinstance(network, VirtualNetwork) or subnet.name.lower() in _AZURES_OWN:
            continue
        if all_of_them or not interfaces_in(snapshot, subnet):
            yield from _stand_in(network, subnet)


def _stand_in(network: VirtualNetwork, subnet: Subnet) -> Iterator[Resource]:
    name = f"any interface in {network.name}/{subnet.name}"
    public = PublicIpAddress(name=f"public address of {name}".replace("/", " "), sku="Standard", source=subnet.source)
    place = Reference(Subnet.type, subnet.id or f"{network.name}/{subnet.name}", subnet.source)
    configuration = IpConfiguration(
        name="any",
        subnet=place,
        public_ip_address=Reference(PublicIpAddress.type, public.name, subnet.source),
        source=subnet.source,
    )
    yield public
    yield NetworkInterface(
        name=name, ip_configurations=(configuration,), condition=subnet.condition, source=subnet.source
    )


def _check_place(whole: Snapshot, stand_in: Resource) -> None:
    if isinstance(stand_in, NetworkInterface) and subnet_of(whole, stand_in.ip_configurations[0].subnet) is None:
        message = f"{stand_in.name}: several subnets have this name"
        help = "check them one file at a time"
        raise InputError(Diagnostic.error("ambiguous-name", message, stand_in.source, help))
