"""Which virtual networks the connectivity configurations of network managers connect to a subject's own.

Source: Microsoft Learn, Connectivity configuration in Azure Virtual Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import field, replace
from enum import StrEnum

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.managers import Commit, commit_of, conditions_of, in_group, in_scope
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.surroundings import known_of
from nwpolicy.model.avnm import (
    ConnectivityConfiguration,
    ConnectivityGroup,
    NetworkGroup,
    NetworkManager,
    Topology,
)
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["Connection", "ConnectionKind", "connections"]


class ConnectionKind(StrEnum):
    """How two networks are connected."""

    CONNECTED_GROUP = "connected group"
    HUB = "hub"
    """the other network is the hub"""
    SPOKE = "spoke"
    """this network is the hub"""


@dataclass(frozen=True, slots=True)
class Connection:
    """A network that is connected to the subject's; None where the input does not show it. It is if all `conditions`
    hold and every assumption of `rests_on` is made as it says. `use_gateway`: this network uses the hub's gateways."""

    network: VirtualNetwork | None
    kind: ConnectionKind
    definition: str
    conditions: tuple[Unknown, ...]
    rests_on: tuple[tuple[str, bool], ...]
    use_gateway: bool | Unknown
    source: Source = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A committed configuration, seen from a subject."""

    snapshot: Snapshot
    manager: NetworkManager
    configuration: ConnectivityConfiguration
    subject: Subject
    commit: Commit

    def connection(
        self,
        network: VirtualNetwork | None,
        kind: ConnectionKind,
        conditions: tuple[Unknown, ...],
        use_gateway: bool | Unknown = False,
    ) -> Connection:
        above = (*self.commit.conditions, *conditions_of(self.manager, self.configuration), *conditions)
        return Connection(
            network,
            kind,
            self.configuration.name,
            tuple(dict.fromkeys(above)),
            self.commit.rests_on,
            use_gateway,
            self.configuration.source,
        )


def connections(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> tuple[Connection, ...]:
    """The networks that may be connected, each as often as something connects it."""
    known = known_of(snapshot, subject, assumptions)
    return known.once(connections, lambda: tuple(_connections(snapshot, subject, assumptions)))


def _connections(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[Connection]:
    network = subject.virtual_network
    if network is None:
        return
    for manager in snapshot.all(NetworkManager):
        for configuration in manager.connectivity_configurations if in_scope(manager, network) else ():
            commit = commit_of(snapshot, manager, configuration, subject, assumptions)
            if commit.acts or commit.rests_on:
                yield from _of_configuration(_Setting(snapshot, manager, configuration, subject, commit), network)


def _of_configuration(setting: _Setting, network: VirtualNetwork) -> Iterator[Connection]:
    topology = setting.configuration.topology
    for group in setting.configuration.groups:
        if isinstance(group, Unknown) or isinstance(topology, Unknown):
            unknown = topology if isinstance(topology, Unknown) else group
            assert isinstance(unknown, Unknown)
            condition = unknown.of_kind(UnknownKind.CONDITION)
            name = f"{setting.configuration.name} connects {network.name} to others"
            yield setting.connection(None, ConnectionKind.CONNECTED_GROUP, (replace(condition, name=name),))
        elif topology is Topology.MESH:
            yield from _group_of(setting, network, group, setting.configuration.is_global)
        else:
            yield from _hub_and_spoke(setting, network, group)


def _hub_and_spoke(setting: _Setting, network: VirtualNetwork, group: ConnectivityGroup) -> Iterator[Connection]:
    for hub in setting.configuration.hubs:
        found = setting.snapshot.find(VirtualNetwork, hub) if isinstance(hub, Reference) else ()
        if any(one is network for one in found):
            for member, conditions in _members(setting, group.group, network):
                yield setting.connection(member, ConnectionKind.SPOKE, conditions)
            continue
        here = _is_in(setting, group.group, setting.subject)
        if here is not None:
            remote = found[0] if len(found) == 1 else None
            unseen = (hub.of_kind(UnknownKind.CONDITION),) if isinstance(hub, Unknown) else ()
            yield setting.connection(remote, ConnectionKind.HUB, (*here, *unseen), group.use_hub_gateway)
    if group.is_direct is not False:
        direct = (group.is_direct.of_kind(UnknownKind.CONDITION),) if isinstance(group.is_direct, Unknown) else ()
        for connection in _group_of(setting, network, group, group.is_global):
            yield replace(connection, conditions=(*connection.conditions, *direct))


def _group_of(
    setting: _Setting, network: VirtualNetwork, group: ConnectivityGroup, everywhere: bool | Unknown
) -> Iterator[Connection]:
    """A connected group: all its members reach one another, within a region unless it is global."""
    here = _is_in(setting, group.group, setting.subject)
    if here is None:
        return
    for member, conditions in _members(setting, group.group, network):
        near = _same_region(network, member, everywhere, setting)
        if near is not None:
            yield setting.connection(member, ConnectionKind.CONNECTED_GROUP, (*here, *conditions, *near))


def _same_region(
    network: VirtualNetwork, member: VirtualNetwork | None, everywhere: bool | Unknown, setting: _Setting
) -> tuple[Unknown, ...] | None:
    """What it takes for two networks to be near enough; None where they are not."""
    if everywhere is True or member is None:
        return ()
    known = network.location and member.location and "{" not in network.location + member.location
    if known and network.location == member.location:
        return ()
    if known:
        return (everywhere.of_kind(UnknownKind.CONDITION),) if isinstance(everywhere, Unknown) else None
    name = f"{member.name} is in the region of {network.name}"
    source = setting.configuration.source
    return (Unknown(name, UnknownKind.CONDITION, "the input does not tell the region", source),)


def _is_in(setting: _Setting, group: Reference | Unknown, subject: Subject) -> tuple[Unknown, ...] | None:
    """What it takes for the subject's network to be in the group; None where it is not."""
    found = list(in_group(setting.snapshot, setting.manager, group, subject))
    if not found:
        return None
    certain = any(condition is None for condition in found)
    return () if certain else tuple(condition for condition in found[:1] if condition is not None)


def _members(
    setting: _Setting, reference: Reference | Unknown, network: VirtualNetwork
) -> Iterator[tuple[VirtualNetwork | None, tuple[Unknown, ...]]]:
    """The other networks of a group, and what it takes for each to be in it; None for those that the input lacks."""
    found = setting.snapshot.find(NetworkGroup, reference) if isinstance(reference, Reference) else ()
    groups = [group for group in found if setting.snapshot.parent(group) is setting.manager] or found
    if len(groups) != 1:
        reason = "the input does not show the group"
        unseen = Unknown(reference.name, UnknownKind.REFERENCE, reason, reference.source)
        yield from _possible_members(setting, reference.name, unseen, {id(network)})
        return
    group, conditions = groups[0], tuple(conditions_of(groups[0]))
    written = setting.snapshot.derived(_Written).members(group)
    yield from ((other, conditions) for other in written.networks if other is not network)
    for member in written.unseen:
        reason = f"{member.name} is not defined in the input"
        yield None, (*conditions, Unknown(f"{member.name} exists", UnknownKind.CONDITION, reason, member.source))
    known = {id(network), *map(id, written.networks)} if written.open else frozenset()
    for unknown in written.open:
        yield from _possible_members(setting, group.name, unknown, known)


@dataclass(frozen=True, slots=True)
class _Members:
    """The networks that a group names, each once; those that the input lacks; and what stands for any number."""

    networks: tuple[VirtualNetwork, ...]
    unseen: tuple[Reference, ...]
    open: tuple[Unknown, ...]


class _Written:
    """The members of groups, looked up once for all networks that ask."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._found: dict[int, _Members] = {}

    def members(self, group: NetworkGroup) -> _Members:
        if id(group) not in self._found:
            self._found[id(group)] = self._members(group)
        return self._found[id(group)]

    def _members(self, group: NetworkGroup) -> _Members:
        references = [member for member in group.members if isinstance(member, Reference)]
        found = [(reference, self._snapshot.find(VirtualNetwork, reference)) for reference in references]
        networks = {id(network): network for _, several in found for network in several}
        unseen = tuple(reference for reference, several in found if not several)
        open_ = tuple(member for member in group.members if isinstance(member, Unknown))
        return _Members(tuple(networks.values()), unseen, open_)


def _possible_members(
    setting: _Setting, group: str, members: Unknown, known: Set[int]
) -> Iterator[tuple[VirtualNetwork | None, tuple[Unknown, ...]]]:
    """Any network but the `known` ones (by `id`) may be a member, also one that the input does not show."""

    def condition(name: str) -> Unknown:
        return Unknown(name, UnknownKind.CONDITION, members.reason, members.source, rule=members.rule)

    for other in setting.snapshot.all(VirtualNetwork):
        if id(other) not in known:
            yield other, (condition(f"{other.name} is in {group}"),)
    yield None, (condition(f"{group} has other members"),)
