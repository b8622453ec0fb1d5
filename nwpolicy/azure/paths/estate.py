"""What is looked up often while packets are followed, worked out once for a snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.connectivity import connections
from nwpolicy.azure.paths.owners import Owned, Owners
from nwpolicy.azure.paths.ways import Stop
from nwpolicy.azure.routing import Candidate, EffectiveTable, effective_table
from nwpolicy.azure.routing.exported import export_of
from nwpolicy.azure.routing.gateways import gateway_routes
from nwpolicy.azure.routing.managed import connected_link
from nwpolicy.azure.routing.peers import Link, peering_links
from nwpolicy.azure.subjects import Subject, SubjectKind, subnet_subject
from nwpolicy.azure.virtualnetwork import route_table_of
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import (
    LoadBalancer,
    NetworkInterface,
    PrivateEndpoint,
    VirtualMachine,
    VirtualNetwork,
    VirtualNetworkGateway,
)
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Estate", "Keeper", "forwards"]


@dataclass(frozen=True, slots=True)
class Keeper:
    """A machine that keeps the state of flows; `balancer` is the load balancer (by `id`) that chose it."""

    machine: object
    balancer: int | None

    def sees(self, other: Keeper) -> bool:
        """Whether it gets the replies that pass another one. A load balancer chooses the same machine for them."""
        return self.machine == other.machine or (self.balancer is not None and self.balancer == other.balancer)


class Estate:
    """A snapshot under assumptions. Build one for all questions about the same snapshot."""

    def __init__(self, snapshot: Snapshot, assumptions: Assumptions = DEFAULTS) -> None:
        self.snapshot = snapshot
        self.assumptions = assumptions
        self._tables: dict[object, EffectiveTable] = {}
        self._chains: dict[object, FilterChain] = {}
        self._links: dict[object, tuple[Link, ...]] = {}
        self._gateway_routes: dict[int, tuple[Candidate, ...]] = {}

    @property
    def owners(self) -> Owners:
        return self.snapshot.derived(Owners)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Every network interface of the input."""
        return self.owners.interfaces

    def subject_of(self, nic: NetworkInterface) -> Subject:
        return self.owners.of_interface[id(nic)]

    def endpoint_of(self, endpoint: PrivateEndpoint) -> Subject:
        return next(subject for subject in self.owners.endpoints if subject.private_endpoint is endpoint)

    def backends(self, balancer: LoadBalancer) -> tuple[Subject, ...]:
        """The network interfaces behind a load balancer."""
        return tuple(self._backends.get(id(balancer), ()))

    @cached_property
    def _backends(self) -> dict[int, list[Subject]]:
        found: defaultdict[int, list[Subject]] = defaultdict(list)
        for subject in self.subjects:
            for balancer in self._balancers(subject):
                found[id(balancer)].append(subject)
        return dict(found)

    def _balancers(self, subject: Subject) -> Iterator[LoadBalancer]:
        """The load balancers that an interface is behind, each once."""
        configurations = subject.nic.ip_configurations if subject.nic is not None else ()
        references = (r for c in configurations for r in c.load_balancers if isinstance(r, Reference))
        found = (b for reference in references for b in self.snapshot.find(LoadBalancer, reference))
        yield from {id(balancer): balancer for balancer in found}.values()

    def table(self, subject: Subject) -> EffectiveTable:
        """The effective routes of a subject: those of its subnet, where there is no export of its own."""
        exported = export_of(self.snapshot, subject) is not None
        key = _key(subject) if exported else _place(subject)
        if key not in self._tables:
            self._tables[key] = effective_table(self.snapshot, subject, self.assumptions)
        return self._tables[key]

    def chain(self, subject: Subject, direction: Direction) -> FilterChain:
        """The filters of a subject in one direction."""
        key = (_key(subject), direction)
        if key not in self._chains:
            self._chains[key] = filter_chain(self.snapshot, subject, direction, self.assumptions)
        return self._chains[key]

    def links(self, subject: Subject) -> tuple[Link, ...]:
        """The networks that are connected, or may be, to the subject's subnet."""
        key = _place(subject)
        if key not in self._links:
            table = route_table_of(self.snapshot, subject)
            peers = [link for _, link in peering_links(self.snapshot, subject, self.assumptions)]
            others = connections(self.snapshot, subject, self.assumptions)
            found = (*peers, *(connected_link(connection, table) for connection in others))
            self._links[key] = tuple(link for link in found if link.removed is None and _holds(link))
        return self._links[key]

    def gateway_routes(self, network: VirtualNetwork) -> tuple[Candidate, ...]:
        """The routes of the gateways that the network uses, its own and those of peers; `target` is the gateway."""
        if id(network) not in self._gateway_routes:
            subject = Subject(SubjectKind.SUBNET, network.name, virtual_network=network)
            linked = connections(self.snapshot, subject, self.assumptions)
            found = gateway_routes(self.snapshot, subject, self.assumptions, (), linked)
            self._gateway_routes[id(network)] = tuple(route for route in found if route.removed is None)
        return self._gateway_routes[id(network)]

    def entrance(self, gateway: VirtualNetworkGateway) -> Subject | None:
        """The subnet by which packets come in from behind a gateway, where the input has it."""
        reference = gateway.virtual_network
        found = self.snapshot.find(VirtualNetwork, reference) if isinstance(reference, Reference) else ()
        subnets = found[0].subnets if len(found) == 1 else ()
        return next((subnet_subject(self.snapshot, s) for s in subnets if s.name.lower() == "gatewaysubnet"), None)

    def keeper_of(self, stop: Stop) -> Keeper:
        """What keeps the state of flows that pass a stop."""
        return Keeper(self.machine_of(stop.subject), None if stop.balancer is None else id(stop.balancer))

    def machine_of(self, subject: Subject) -> object:
        """Tells machines apart: interfaces of one machine have the same."""
        if subject.nic is None:
            return _place(subject)
        return self._machine_of.get(id(subject.nic), id(subject.nic))

    def interfaces_of(self, subject: Subject) -> tuple[Subject, ...]:
        """The network interfaces of the machine that one is part of, itself first."""
        machine = self._machine_of.get(id(subject.nic))
        found = self._machines[machine] if machine is not None else ()
        return (subject, *(other for other in found if other.nic is not subject.nic))

    @cached_property
    def _machine_of(self) -> dict[int, object]:
        """What tells the machine of each network interface from others, as far as the input says."""
        found: dict[int, object] = {}
        for nic in self.snapshot.all(NetworkInterface):
            if nic.virtual_machine is not None:
                machines = self.snapshot.find(VirtualMachine, nic.virtual_machine)
                found[id(nic)] = id(machines[0]) if len(machines) == 1 else nic.virtual_machine.id
        for machine in self.snapshot.all(VirtualMachine):
            for nic in self._listed(machine):
                found.setdefault(id(nic), id(machine))
        return found

    def _listed(self, machine: VirtualMachine) -> Iterator[NetworkInterface]:
        for reference in machine.network_interfaces:
            if isinstance(reference, Reference):
                yield from self.snapshot.find(NetworkInterface, reference)

    @cached_property
    def _machines(self) -> dict[object, list[Subject]]:
        found: defaultdict[object, list[Subject]] = defaultdict(list)
        for subject in self.subjects:
            machine = self._machine_of.get(id(subject.nic))
            if machine is not None:
                found[machine].append(subject)
        return dict(found)

    def owned(self, network: VirtualNetwork, addresses: AddressSet) -> tuple[Owned, ...]:
        """What has, or may have, some of the addresses in a network."""
        return tuple(self.owners.within(network, addresses))


def _holds(link: Link) -> bool:
    return all(holds for _, holds in link.rests_on)


def forwards(subject: Subject) -> bool | Unknown:
    """Whether Azure lets the network interface send on what is not its own."""
    flag = subject.nic.enable_ip_forwarding if subject.nic is not None else False
    return flag.of_kind(UnknownKind.CONDITION) if isinstance(flag, Unknown) else flag


def _key(subject: Subject) -> object:
    """Tells subjects apart: the very definitions count, not equal ones."""
    holders = (subject.nic, subject.private_endpoint, subject.nsg, subject.subnet, subject.export)
    return subject.kind, subject.name, *(id(holder) for holder in holders)


def _place(subject: Subject) -> object:
    """Tells subnets apart; a subject whose subnet is not known stands for itself."""
    return id(subject.subnet) if subject.subnet is not None else _key(subject)
