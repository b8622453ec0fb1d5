"""Checks of network managers.

Sources: Microsoft Learn, Security admin rules in Azure Virtual Network Manager; Use network groups as source and
destination in security admin rules; Configuration deployments; Limitations with Azure Virtual Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nwpolicy.model.avnm import (
    AdminRuleCollection,
    ConnectivityConfiguration,
    MemberType,
    NetworkGroup,
    NetworkManager,
    RoutingConfiguration,
    SecurityAdminConfiguration,
)
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.resource import AddressPrefix, Reference, Resource
from nwpolicy.model.rules import AdminRule
from nwpolicy.model.snapshot import Snapshot

__all__ = ["check_managers"]

_MAX_RULES: Final = 100
_MAX_PREFIXES: Final = 1000
_MAX_SOURCE_MEMBERS: Final = 100
#: What a commit may name.
_CONFIGURATIONS: Final[Mapping[str, type[Resource]]] = {
    kind.type: kind for kind in (SecurityAdminConfiguration, ConnectivityConfiguration, RoutingConfiguration)
}


def check_managers(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Everything doubtful in managers, their groups and configurations."""
    for manager in snapshot.all(NetworkManager):
        yield from _check_commits(snapshot, manager)
        yield from _check_limits(manager)
    for configuration in snapshot.all(SecurityAdminConfiguration):
        yield from _check_group_use(snapshot, configuration)
    for collection in snapshot.all(AdminRuleCollection):
        yield from _check_targets(snapshot, collection)


def _check_commits(snapshot: Snapshot, manager: NetworkManager) -> Iterator[Diagnostic]:
    """A region has one security admin configuration of a manager, and commits name what there is."""
    for deployment in manager.deployments or ():
        for reference in deployment.configurations:
            if not snapshot.find(_CONFIGURATIONS[deployment.type], reference):
                message = f"{reference.name}, which {manager.name} commits, is not defined in the input"
                yield Diagnostic.warning("undefined-reference", message, reference.source)
        names = [r.name for r in deployment.configurations if snapshot.find(SecurityAdminConfiguration, r)]
        if len(names) > 1:
            message = f"{manager.name} commits several security admin configurations to a region: {', '.join(names)}"
            yield Diagnostic.warning("several-configurations", message, deployment.source)


def _check_limits(manager: NetworkManager) -> Iterator[Diagnostic]:
    rules = [
        rule
        for configuration in manager.security_admin_configurations
        for collection in configuration.rule_collections
        for rule in collection.rules
        if isinstance(rule, AdminRule)
    ]
    prefixes = sum(isinstance(term, AddressPrefix) for rule in rules for term in (*rule.sources, *rule.destinations))
    for count, limit, what in ((len(rules), _MAX_RULES, "admin rules"), (prefixes, _MAX_PREFIXES, "IP prefixes")):
        if count > limit:
            message = f"{manager.name} has {count} {what}, Azure accepts {limit}"
            yield Diagnostic.warning("azure-limit", message, manager.source)


def _check_group_use(snapshot: Snapshot, configuration: SecurityAdminConfiguration) -> Iterator[Diagnostic]:
    """Network groups as sources or destinations need an option, and have limits of their own."""
    manual = configuration.network_group_address_space_aggregation_option.lower() == "manual"
    rules = (rule for collection in configuration.rule_collections for rule in collection.rules)
    for rule in rules:
        terms = (*rule.sources, *rule.destinations) if isinstance(rule, AdminRule) else ()
        for term in (term for term in terms if isinstance(term, Reference)):
            if not manual:
                message = f"{configuration.name} does not let rules name network groups, {term.name} is one"
                help_ = "set networkGroupAddressSpaceAggregationOption to Manual"
                yield Diagnostic.warning("network-group-not-enabled", message, term.source, help=help_)
            for group in snapshot.find(NetworkGroup, term):
                if len(group.members) > _MAX_SOURCE_MEMBERS:
                    message = f"{group.name} has {len(group.members)} members, Azure accepts {_MAX_SOURCE_MEMBERS}"
                    yield Diagnostic.warning("azure-limit", message, term.source)
                yield from _check_committed(group, term)


def _check_committed(group: NetworkGroup, term: Reference) -> Iterator[Diagnostic]:
    addresses = [prefix.addresses for prefix in group.committed_prefixes or ()]
    if any(a.v4 for a in addresses) and any(a.v6 for a in addresses):
        message = f"{group.name} has IPv4 and IPv6 addresses, of which rules use the IPv4 ones only"
        yield Diagnostic.warning("mixed-families", message, term.source)


def _check_targets(snapshot: Snapshot, collection: AdminRuleCollection) -> Iterator[Diagnostic]:
    for reference in collection.applies_to_groups:
        if not isinstance(reference, Reference):
            continue
        found = snapshot.find(NetworkGroup, reference)
        if not found:
            message = f"network group {reference.name} is not defined in the input, so its members are an unknown"
            yield Diagnostic.note("undefined-reference", message, reference.source)
        elif any(group.member_type is MemberType.SUBNET for group in found):
            message = f"{reference.name} has subnets as members, but admin rules apply to whole virtual networks"
            help_ = "it is taken to apply to those subnets only"
            yield Diagnostic.warning("subnet-members", message, reference.source, help=help_)
