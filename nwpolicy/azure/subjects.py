"""What a question is about: a network interface, a private endpoint, a subnet, or a network security group alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final, TypeVar

from nwpolicy.azure.spaces import ASSIGNABLE, Space, joined, prefix_space
from nwpolicy.model.addresses import Address, AddressSet
from nwpolicy.model.network import (
    IpConfiguration,
    NetworkInterface,
    PrivateEndpoint,
    Subnet,
    VirtualMachine,
    VirtualNetwork,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ResourceId
from nwpolicy.model.routes import EffectiveRoutes
from nwpolicy.model.rules import EffectiveSecurityGroups, NetworkSecurityGroup
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "Subject",
    "SubjectError",
    "SubjectKind",
    "close_names",
    "configuration_space",
    "endpoint_subject",
    "exports_of",
    "find_subject",
    "group_subject",
    "interface_space",
    "interface_subject",
    "interfaces_in",
    "machine_interfaces",
    "subnet_of",
    "subnet_subject",
]

R = TypeVar("R", bound=Resource)

_ANY_HOST: Final = Space(ASSIGNABLE)


class SubjectKind(StrEnum):
    """What sort of thing filters apply to."""

    NETWORK_INTERFACE = "network interface"
    PRIVATE_ENDPOINT = "private endpoint"
    NETWORK_SECURITY_GROUP = "network security group"
    SUBNET = "subnet"
    """any network interface in it, as far as the subnet's own filters go"""


class SubjectError(ValueError):
    """The input does not hold what was asked about, or several of that name. `candidates` are names that would do."""

    def __init__(self, message: str, candidates: tuple[str, ...]) -> None:
        super().__init__(message)
        self.candidates = candidates


@dataclass(frozen=True, slots=True)
class Subject:
    """What filters apply to, and where it stands. What is None is not in the input or does not exist.

    `export` is Azure's own list of the groups that apply to the network interface, where the input has one;
    `routes_export` the one of its routes, where nothing else is known of the interface.
    `space` are the addresses that it owns; all that an interface may have for a group alone.
    """

    kind: SubjectKind
    name: str
    nic: NetworkInterface | None = None
    private_endpoint: PrivateEndpoint | None = None
    nsg: NetworkSecurityGroup | None = None
    subnet: Subnet | None = None
    virtual_network: VirtualNetwork | None = None
    export: EffectiveSecurityGroups | None = None
    routes_export: EffectiveRoutes | None = None
    space: Space = field(default=_ANY_HOST, compare=False)

    @property
    def source(self) -> Source:
        """Where the subject is defined."""
        holder = self.nsg or self.nic or self.private_endpoint or self.export or self.subnet or self.routes_export
        assert holder is not None
        return holder.source

    @property
    def is_anywhere(self) -> bool:
        """Whether nothing is known of the addresses that it owns."""
        return self.space is _ANY_HOST

    @property
    def local(self) -> AddressSet:
        """Every address that the subject may own."""
        return self.space.reach


def find_subject(
    snapshot: Snapshot,
    *,
    nic: str | None = None,
    vm: str | None = None,
    nsg: str | None = None,
    private_endpoint: str | None = None,
    subnet: str | None = None,
) -> Subject:
    """What a person means by one of these names; without any, the only network interface or group of the input.

    Raises SubjectError.
    """
    if nic is not None:
        return _named_interface(snapshot, nic)
    if vm is not None:
        return _machine(snapshot, vm)
    if nsg is not None:
        return group_subject(_one(snapshot, NetworkSecurityGroup, nsg))
    if private_endpoint is not None:
        return endpoint_subject(snapshot, _one(snapshot, PrivateEndpoint, private_endpoint))
    if subnet is not None:
        return subnet_subject(snapshot, _one(snapshot, Subnet, subnet))
    return _only_one(snapshot)


def interface_subject(snapshot: Snapshot, nic: NetworkInterface) -> Subject:
    """A network interface that the input defines."""
    subnet = next(filter(None, (subnet_of(snapshot, c.subnet) for c in nic.ip_configurations)), None)
    exports = exports_of(snapshot, nic)
    return Subject(
        SubjectKind.NETWORK_INTERFACE,
        nic.name,
        nic=nic,
        subnet=subnet,
        virtual_network=_network_of(snapshot, subnet),
        export=exports[0] if exports else None,
        space=interface_space(snapshot, nic),
    )


def exports_of(snapshot: Snapshot, nic: NetworkInterface) -> tuple[EffectiveSecurityGroups, ...]:
    """Azure's own lists of the groups that apply to the interface: of its name, and not of another one's id."""
    named = (e for e in snapshot.all(EffectiveSecurityGroups) if e.name.lower() == nic.name.lower())
    return tuple(export for export in named if all(_may_be(nic, entry.association) for entry in export.groups))


def _may_be(nic: NetworkInterface, association: Reference) -> bool:
    if association.type != NetworkInterface.type or nic.id is None:
        return True
    own, other = ResourceId.parse(nic.id, nic.type).scope, association.id.scope
    return not (own and other) or "{" in own + other or own == other


def endpoint_subject(snapshot: Snapshot, endpoint: PrivateEndpoint) -> Subject:
    """A private endpoint that the input defines."""
    subnet = subnet_of(snapshot, endpoint.subnet)
    addresses = endpoint.ip_addresses or (None,)
    return Subject(
        SubjectKind.PRIVATE_ENDPOINT,
        endpoint.name,
        private_endpoint=endpoint,
        subnet=subnet,
        virtual_network=_network_of(snapshot, subnet),
        space=joined(_address_space(address, endpoint, endpoint.name, subnet) for address in addresses),
    )


def group_subject(group: NetworkSecurityGroup) -> Subject:
    """A network security group as if attached to an interface of which nothing is known."""
    return Subject(SubjectKind.NETWORK_SECURITY_GROUP, group.name, nsg=group)


def subnet_subject(snapshot: Snapshot, subnet: Subnet) -> Subject:
    """A subnet: what its own filters do to any network interface that is in it or may come into it."""
    space = prefix_space(subnet.address_prefixes)
    if not space.known and not space.unknown:
        reason = "the input gives no address prefix"
        space = Space(
            unknown=((Unknown(f"prefix of {subnet.name}", UnknownKind.ADDRESS, reason, subnet.source), None),)
        )
    return Subject(
        SubjectKind.SUBNET,
        subnet.name,
        subnet=subnet,
        virtual_network=_network_of(snapshot, subnet),
        space=space,
    )


def interfaces_in(snapshot: Snapshot, subnet: Subnet | None) -> tuple[NetworkInterface, ...]:
    """The network interfaces of the input with an address in the subnet."""
    return snapshot.derived(_interfaces_by_subnet).get(id(subnet), ())


def _interfaces_by_subnet(snapshot: Snapshot) -> Mapping[int, tuple[NetworkInterface, ...]]:
    found: defaultdict[int, dict[int, NetworkInterface]] = defaultdict(dict)
    for nic in snapshot.all(NetworkInterface):
        for subnet in (subnet_of(snapshot, configuration.subnet) for configuration in nic.ip_configurations):
            if subnet is not None:
                found[id(subnet)][id(nic)] = nic
    return {subnet: tuple(nics.values()) for subnet, nics in found.items()}


def interface_space(snapshot: Snapshot, nic: NetworkInterface) -> Space:
    """The private addresses of a network interface."""
    if not nic.ip_configurations:
        return Space(unknown=((_missing(nic.name, nic), ASSIGNABLE),))
    return joined(configuration_space(snapshot, nic, c) for c in nic.ip_configurations)


def configuration_space(snapshot: Snapshot, nic: NetworkInterface, configuration: IpConfiguration) -> Space:
    """The private address of one ip configuration."""
    subnet = subnet_of(snapshot, configuration.subnet)
    name = f"{nic.name}/{configuration.name}"
    return _address_space(configuration.private_ip_address, configuration, name, subnet)


def subnet_of(snapshot: Snapshot, reference: Reference | Unknown | None) -> Subnet | None:
    """The subnet that a reference names, where the input tells it."""
    if not isinstance(reference, Reference):
        return None
    known = snapshot.derived(_subnets_so_far)
    if id(reference) not in known:
        found = snapshot.find(Subnet, reference)
        known[id(reference)] = (reference, found[0] if len(found) == 1 else None)
    return known[id(reference)][1]


def _subnets_so_far(_: Snapshot) -> dict[int, tuple[Reference, Subnet | None]]:
    """What references turned out to name: large inputs ask for the subnet of an interface again and again."""
    return {}


def _network_of(snapshot: Snapshot, subnet: Subnet | None) -> VirtualNetwork | None:
    parent = snapshot.parent(subnet) if subnet is not None else None
    return parent if isinstance(parent, VirtualNetwork) else None


def _address_space(address: Address | Unknown | None, owner: Resource, name: str, subnet: Subnet | None) -> Space:
    if isinstance(address, Address):
        return Space(AddressSet.single(address))
    unknown = _missing(name, owner) if address is None else address.of_kind(UnknownKind.ADDRESS)
    prefixes = prefix_space(subnet.address_prefixes) if subnet is not None else Space()
    bound = prefixes.known if prefixes.known and not prefixes.unknown else ASSIGNABLE
    return Space(unknown=((unknown, bound),))


def _missing(name: str, owner: Resource) -> Unknown:
    return Unknown(f"address of {name}", UnknownKind.ADDRESS, "the input gives no address", owner.source)


def _named_interface(snapshot: Snapshot, name: str) -> Subject:
    if not snapshot.named(NetworkInterface, name):
        exports = snapshot.named(EffectiveSecurityGroups, name)
        if len(exports) == 1:
            return Subject(SubjectKind.NETWORK_INTERFACE, exports[0].name, export=exports[0])
    return interface_subject(snapshot, _one(snapshot, NetworkInterface, name))


def machine_interfaces(snapshot: Snapshot, name: str) -> tuple[NetworkInterface, ...]:
    """The network interfaces of the virtual machine of that name."""
    machines = snapshot.named(VirtualMachine, name)
    return tuple(nic for nic in snapshot.all(NetworkInterface) if _belongs(nic, name, machines, snapshot))


def _machine(snapshot: Snapshot, name: str) -> Subject:
    machines = snapshot.named(VirtualMachine, name)
    owned = machine_interfaces(snapshot, name)
    if len(owned) == 1:
        return interface_subject(snapshot, owned[0])
    if owned:
        raise SubjectError(f"virtual machine {name} has several network interfaces", tuple(nic.name for nic in owned))
    if machines:
        raise SubjectError(f"the input does not show the network interfaces of virtual machine {name}", ())
    names = [machine.name for machine in snapshot.all(VirtualMachine)]
    names += [nic.virtual_machine.name for nic in snapshot.all(NetworkInterface) if nic.virtual_machine]
    raise SubjectError(f"there is no virtual machine {name!r} in the input", close_names(name, names))


def _belongs(nic: NetworkInterface, name: str, machines: tuple[VirtualMachine, ...], snapshot: Snapshot) -> bool:
    wanted = name.rstrip("/").rpartition("/")[2].lower()
    if nic.virtual_machine is not None and nic.virtual_machine.name.lower() == wanted:
        return True
    listed = (r for machine in machines for r in machine.network_interfaces if isinstance(r, Reference))
    return any(nic is found for reference in listed for found in snapshot.find(NetworkInterface, reference))


def _only_one(snapshot: Snapshot) -> Subject:
    nics = snapshot.all(NetworkInterface)
    if len(nics) == 1:
        return interface_subject(snapshot, nics[0])
    groups = snapshot.all(NetworkSecurityGroup)
    exports = snapshot.all(EffectiveSecurityGroups)
    if not nics and len(exports) == 1:
        return Subject(SubjectKind.NETWORK_INTERFACE, exports[0].name, export=exports[0])
    if not nics and not exports and len(groups) == 1:
        return group_subject(groups[0])
    if not (nics or groups or exports):
        raise SubjectError("the input defines no network interface and no network security group", ())
    names = tuple(r.name for r in (*nics, *exports, *(() if nics or exports else groups)))
    raise SubjectError("the input defines several things that filters apply to", tuple(dict.fromkeys(names)))


def _one(snapshot: Snapshot, kind: type[R], name: str) -> R:
    found = snapshot.named(kind, name)
    if len(found) == 1:
        return found[0]
    label = _LABELS[kind]
    if found:
        places = ", ".join(str(resource.source) for resource in found)
        ids = tuple(resource.id for resource in found if resource.id)
        raise SubjectError(f"several {label}s are called {name!r}: {places}", ids)
    raise SubjectError(
        f"there is no {label} {name!r} in the input",
        close_names(name, [resource.name for resource in snapshot.all(kind)]),
    )


_LABELS: dict[type[Resource], str] = {
    NetworkInterface: "network interface",
    NetworkSecurityGroup: "network security group",
    PrivateEndpoint: "private endpoint",
    Subnet: "subnet",
}


def close_names(wanted: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names that may have been meant, closest first; the first few of all if none comes close."""
    from difflib import get_close_matches

    known = tuple(dict.fromkeys(names))
    folded = {name.lower(): name for name in known}
    close = get_close_matches(wanted.lower(), folded, n=3)
    return tuple(folded[name] for name in close) or known[:5]
