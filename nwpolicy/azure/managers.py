"""Which security admin rules apply to a subject: committed, to a group that holds its virtual network, not exempt.

Sources: Microsoft Learn, Security admin rules in Azure Virtual Network Manager; Configuration deployments; Network
groups; Azure Virtual Network Manager scopes; frequently asked questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.avnm import (
    AdminRuleCollection,
    Deployment,
    IntentPolicyOption,
    MemberType,
    NetworkGroup,
    NetworkManager,
    SecurityAdminConfiguration,
)
from nwpolicy.model.network import ApplicationGateway, Subnet, VirtualNetwork
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ResourceId
from nwpolicy.model.rules import Access, AdminRule, EffectiveAdminRules, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = [
    "AppliedRule",
    "AppliedRules",
    "Commit",
    "applied_rules",
    "commit_of",
    "conditions_of",
    "groups_holding",
    "in_group",
    "in_scope",
    "is_exempt",
    "is_managed",
]

#: Subnets of services that admin rules leave alone.
_EXEMPT_SUBNETS: Final = frozenset(
    {
        "azurebastionsubnet",
        "azurefirewallmanagementsubnet",
        "azurefirewallsubnet",
        "gatewaysubnet",
        "routeserversubnet",
    }
)
#: Delegations of services that bring a network intent policy.
_INTENT_SERVICES: Final = frozenset({"microsoft.databricks/workspaces", "microsoft.sql/managedinstances"})


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule that applies, or may apply. `manager` counts managers from the highest scope downwards; of
    `conditions` all must hold. `rests_on` are assumptions that it rests on, each with whether the rule applies under
    the choice that was made. `path` names manager, configuration and collection. `never_denies`: the rule applies
    only if it does not deny, which matters where its access is an unknown."""

    rule: AdminRule | SecurityRule | Unknown
    manager: int
    path: tuple[str, ...]
    conditions: tuple[Unknown, ...] = ()
    rests_on: tuple[tuple[str, bool], ...] = ()
    never_denies: bool = False


@dataclass(frozen=True, slots=True)
class AppliedRules:
    """All rules that apply to a subject. `manager_names` are in the order of `AppliedRule.manager`; `rests_on` says
    what keeps rules from applying, `assumptions` names those that hold for all flows."""

    rules: tuple[AppliedRule, ...] = ()
    manager_names: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """Whether a configuration acts in a region."""

    acts: bool = True
    conditions: tuple[Unknown, ...] = ()
    rests_on: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class _Managed:
    """What one manager does to a virtual network; `option` is None where none of its configurations is taken to be
    committed. `idle` says which ones would apply, were they committed."""

    manager: NetworkManager
    option: IntentPolicyOption | Unknown | None
    rules: tuple[AppliedRule, ...] = field(repr=False)
    idle: tuple[str, ...] = ()


def applied_rules(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> AppliedRules:
    """All admin rules that apply to the subject: as Azure lists them where the input has that, else worked out."""
    if not is_managed(subject):
        return AppliedRules()
    found = _exported(snapshot, subject, assumptions) or _computed(snapshot, subject, assumptions)
    if not found.rules or subject.subnet is None:
        return found
    exempt = is_exempt(snapshot, subject.subnet)
    if exempt is True:
        return AppliedRules(rests_on=(f"admin rules do not apply in subnet {subject.subnet.name}",))
    if isinstance(exempt, Unknown):
        filtered = replace(exempt, name=f"not {exempt.name}", kind=UnknownKind.CONDITION)
        return replace(found, rules=tuple(replace(r, conditions=(*r.conditions, filtered)) for r in found.rules))
    return found


def is_managed(subject: Subject) -> bool:
    """Whether admin rules are for subjects of its kind."""
    return subject.kind in {SubjectKind.NETWORK_INTERFACE, SubjectKind.SUBNET}


def is_exempt(snapshot: Snapshot, subnet: Subnet) -> bool | Unknown:
    """Whether admin rules leave a subnet alone."""
    if subnet.name.lower() in _EXEMPT_SUBNETS:
        return True
    gateways = snapshot.derived(_gateways_in).get(id(subnet), [])
    if any(gateway.condition is None for gateway in gateways):
        return True
    return next((gateway.condition for gateway in gateways if gateway.condition is not None), False)


def _gateways_in(snapshot: Snapshot) -> Mapping[int, list[ApplicationGateway]]:
    """By the `id` of each subnet, the application gateways in it that are not isolated."""
    found: defaultdict[int, list[ApplicationGateway]] = defaultdict(list)
    for gateway in snapshot.all(ApplicationGateway):
        if not gateway.network_isolation and isinstance(gateway.subnet, Reference):
            for subnet in snapshot.find(Subnet, gateway.subnet):
                found[id(subnet)].append(gateway)
    return found


# --- as Azure lists them ---


def _exported(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> AppliedRules | None:
    rules: list[AdminRule | SecurityRule | Unknown] = []
    for entry in subject.export.groups if subject.export is not None else ():
        if entry.association.type.lower() == "networkmanagers":
            rules += entry.group.security_rules
    network = subject.virtual_network
    if not rules and network is not None:
        exports = [e for e in snapshot.all(EffectiveAdminRules) if e.name.lower() == network.name.lower()]
        if not exports:
            return None
        rules += exports[0].rules
    elif not rules:
        return None
    names = tuple(dict.fromkeys(_manager_name(rule) for rule in rules if not isinstance(rule, Unknown))) or ("",)
    if assumptions["manager-order"] == "reversed":
        names = names[::-1]
    applied = (found for rule in rules for found in _listed(rule, names))
    return AppliedRules(tuple(applied), names, assumptions=("manager-order",) if len(names) > 1 else ())


def _listed(rule: AdminRule | SecurityRule | Unknown, managers: tuple[str, ...]) -> Iterator[AppliedRule]:
    """The rule at its manager; what the list does not show may belong to any."""
    if not isinstance(rule, Unknown):
        yield AppliedRule(rule, managers.index(_manager_name(rule)), _path(rule))
        return
    for rank, manager in enumerate(managers):
        unseen = replace(rule, name=f"{rule.name} of {manager}") if len(managers) > 1 else rule
        yield AppliedRule(unseen, rank, (manager,) if manager else ())


def _manager_name(rule: AdminRule | SecurityRule) -> str:
    return next(iter(_path(rule)), "")


def _path(rule: AdminRule | SecurityRule) -> tuple[str, ...]:
    """Manager, configuration and collection, as the rule's id tells them."""
    return ResourceId.parse(rule.id, "rules").names[:-1] if rule.id and "/" in rule.id else ()


# --- worked out ---


def _computed(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> AppliedRules:
    managers = [m for m in snapshot.all(NetworkManager) if in_scope(m, subject.virtual_network)]
    everything = [_managed(snapshot, m, subject, assumptions) for m in managers]
    idle = tuple(text for entry in everything for text in entry.idle)
    managed = [entry for entry in everything if entry.rules]
    levels = [_level(entry.manager) for entry in managed]
    if assumptions["manager-order"] == "reversed":
        managed.reverse()
    managed.sort(key=lambda entry: _level(entry.manager))
    tied = ("manager-order",) if len(set(levels)) < len(levels) else ()
    service = _intent_service(subject.virtual_network)
    setting = next((entry.option for entry in managed if entry.option is not None), None)
    option = _option(setting, service)
    ranked = [
        rule if rule.manager == rank else replace(rule, manager=rank)
        for rank, entry in enumerate(managed)
        for rule in entry.rules
    ]
    taken = dict.fromkeys(name for rule in ranked if service is not None for name, _ in rule.rests_on)
    rules = tuple(kept for rule in ranked for kept in _under_intent_policy(rule, option, assumptions))
    held_back = (_held_back(option, subject),) if option is not IntentPolicyOption.ALL else ()
    return AppliedRules(rules, tuple(entry.manager.name for entry in managed), (*held_back, *idle), (*tied, *taken))


def _held_back(option: IntentPolicyOption | Unknown, subject: Subject) -> str:
    name = subject.virtual_network.name if subject.virtual_network is not None else subject.name
    match option:
        case Unknown():
            kept = "it is not known which admin rules"
        case IntentPolicyOption.NONE:
            kept = "no admin rules"
        case _:
            kept = "only admin rules that allow"
    may_hold = "may hold" if isinstance(option, Unknown) else "holds"
    return f"{kept} apply in {name}, which {may_hold} a service with a network intent policy"


def _level(manager: NetworkManager) -> int:
    """How far below the root a manager's scope lies."""
    if manager.scope_level is not None:
        return manager.scope_level
    return 1 if manager.management_groups else 1000


def in_scope(manager: NetworkManager, network: VirtualNetwork | None) -> bool:
    """Whether a manager's scope may hold the network. Management groups do not tell offline, subscriptions do."""
    if manager.management_groups or not manager.subscriptions or network is None or not network.id:
        return True
    scope = ResourceId.parse(network.id, VirtualNetwork.type).scope.strip("/").split("/")
    if len(scope) < 2 or "{" in scope[1]:  # noqa: PLR2004 - "subscriptions" and the subscription
        return True
    return scope[1] in {name.rstrip("/").rpartition("/")[2].lower() for name in manager.subscriptions}


def _intent_service(network: VirtualNetwork | None) -> str | Unknown | None:
    """A service of the network with a network intent policy; an Unknown where there may be one."""
    services = [name for subnet in (network.subnets if network is not None else ()) for name in subnet.delegations]
    certain = (name for name in services if isinstance(name, str) and name.lower() in _INTENT_SERVICES)
    return next(certain, None) or next((name for name in services if isinstance(name, Unknown)), None)


def _option(
    setting: IntentPolicyOption | Unknown | None, service: str | Unknown | None
) -> IntentPolicyOption | Unknown:
    """Which rules apply in a network: all but for where it holds a service with a network intent policy."""
    if setting is None or setting is IntentPolicyOption.ALL or service is None:
        return IntentPolicyOption.ALL
    return service if isinstance(service, Unknown) else setting


def _under_intent_policy(
    applied: AppliedRule, option: IntentPolicyOption | Unknown, assumptions: Assumptions
) -> Iterator[AppliedRule]:
    """The rule as far as a network intent policy lets it apply."""
    access = None if isinstance(applied.rule, Unknown) else applied.rule.access
    if option is IntentPolicyOption.ALL:
        yield applied
    elif isinstance(option, Unknown):
        name = f"{option.name} lets {access or 'unseen'} rules apply"
        lets = Unknown(name, UnknownKind.CONDITION, option.reason, option.source)
        yield replace(applied, conditions=(*applied.conditions, lets))
    elif option is IntentPolicyOption.ALLOW_RULES_ONLY and access is not Access.DENY:
        rests_on = applied.rests_on
        if access is Access.ALWAYS_ALLOW:
            kept = assumptions["always-allow-under-allow-rules-only"] == "kept"
            rests_on += (("always-allow-under-allow-rules-only", kept),)
        yield replace(applied, rests_on=rests_on, never_denies=True)


def _managed(snapshot: Snapshot, manager: NetworkManager, subject: Subject, assumptions: Assumptions) -> _Managed:
    rules: list[AppliedRule] = []
    idle: list[str] = []
    option: IntentPolicyOption | Unknown | None = None
    for configuration in manager.security_admin_configurations:
        commit = commit_of(snapshot, manager, configuration, subject, assumptions)
        found = list(_of_configuration(snapshot, manager, configuration, subject, commit))
        if found and not commit.acts:
            idle.append(_idle(manager, configuration, subject))
        elif found:
            rules += found
            if option is None and all(holds for _, holds in commit.rests_on):
                option = _setting(configuration, found)
    return _Managed(manager, option, tuple(rules), tuple(idle))


def _setting(configuration: SecurityAdminConfiguration, found: Iterable[AppliedRule]) -> IntentPolicyOption | Unknown:
    """What the configuration says of network intent policies; an unknown if it may not apply at all."""
    condition = next((condition for rule in found for condition in rule.conditions), None)
    if condition is None or any(not rule.conditions for rule in found):
        return _strongest(configuration.apply_on_network_intent_policy_based_services)
    name = f"{configuration.name} for network intent policies"
    return Unknown(name, UnknownKind.TEXT, condition.reason, condition.source)


def _idle(manager: NetworkManager, configuration: SecurityAdminConfiguration, subject: Subject) -> str:
    network = subject.virtual_network
    where = network.location if network is not None and network.location else f"the region of {subject.name}"
    return f"{configuration.name} of {manager.name} is not committed to {where}"


def _strongest(options: Iterable[IntentPolicyOption | Unknown]) -> IntentPolicyOption | Unknown:
    known = []
    for option in options:
        if isinstance(option, Unknown):
            return option
        known.append(option)
    order = (IntentPolicyOption.ALL, IntentPolicyOption.ALLOW_RULES_ONLY, IntentPolicyOption.NONE)
    return min(known, key=order.index, default=IntentPolicyOption.NONE)


def _of_configuration(
    snapshot: Snapshot,
    manager: NetworkManager,
    configuration: SecurityAdminConfiguration,
    subject: Subject,
    commit: Commit,
) -> Iterator[AppliedRule]:
    for collection in configuration.rule_collections:
        path = (manager.name, configuration.name, collection.name)
        above = (*commit.conditions, *conditions_of(manager, configuration, collection))
        for membership in _memberships(snapshot, manager, collection, subject):
            for rule in collection.rules:
                yield AppliedRule(rule, 0, path, (*above, *membership), commit.rests_on)


def conditions_of(*resources: Resource) -> Iterator[Unknown]:
    for resource in resources:
        if resource.condition is not None:
            yield resource.condition.of_kind(UnknownKind.CONDITION)


def _memberships(
    snapshot: Snapshot, manager: NetworkManager, collection: AdminRuleCollection, subject: Subject
) -> tuple[tuple[Unknown, ...], ...]:
    """What it takes for the subject to be in one of the collection's groups: alternatives of conditions."""
    found: dict[tuple[Unknown, ...], None] = {}
    for reference in collection.applies_to_groups:
        for condition in in_group(snapshot, manager, reference, subject):
            if condition is None:
                return ((),)
            found[(condition,)] = None
    return tuple(found)


def in_group(
    snapshot: Snapshot, manager: NetworkManager, reference: Reference | Unknown, subject: Subject
) -> Iterator[Unknown | None]:
    """None where the subject is certainly in the group, else the unknowns that would put it there. Collections name
    groups of their own manager."""
    found = snapshot.find(NetworkGroup, reference) if isinstance(reference, Reference) else ()
    groups = [group for group in found if snapshot.parent(group) is manager] or found
    place = subject.virtual_network.name if subject.virtual_network is not None else subject.name
    if len(groups) != 1 or subject.virtual_network is None:
        several = "several groups have this name" if groups else "the input does not show the group"
        reason = several if len(groups) != 1 else "its virtual network is not shown"
        yield Unknown(f"{place} is in {reference.name}", UnknownKind.CONDITION, reason, reference.source)
        return
    group, condition = groups[0], groups[0].condition
    held = snapshot.derived(_held_by_groups)[id(group)]
    if id(subject.virtual_network) in held or id(subject.subnet) in held:
        yield condition.of_kind(UnknownKind.CONDITION) if condition is not None else None
    for member in group.members:
        if isinstance(member, Unknown):
            name = f"{place} is in {group.name}"
            yield Unknown(name, UnknownKind.CONDITION, member.reason, member.source, rule=member.rule)


def groups_holding(snapshot: Snapshot, subnet: Subnet) -> tuple[int, ...]:
    """The network groups (by `id`) that name a subnet itself as a member."""
    return tuple(group for group, held in snapshot.derived(_held_by_groups).items() if id(subnet) in held)


def _held_by_groups(snapshot: Snapshot) -> Mapping[int, frozenset[int]]:
    """The virtual networks or subnets that each group holds, all by `id`."""
    return {
        id(group): frozenset(id(found) for member in group.members for found in _member(snapshot, group, member))
        for group in snapshot.all(NetworkGroup)
    }


def _member(snapshot: Snapshot, group: NetworkGroup, member: Reference | Unknown) -> tuple[Resource, ...]:
    if isinstance(member, Unknown):
        return ()
    is_subnet = group.member_type is MemberType.SUBNET or member.id.type == "subnets"
    return snapshot.find(Subnet if is_subnet else VirtualNetwork, member)


def commit_of(
    snapshot: Snapshot,
    manager: NetworkManager,
    configuration: Resource,
    subject: Subject,
    assumptions: Assumptions,
) -> Commit:
    """Whether the configuration is the goal state of the region of the subject's virtual network."""
    if manager.deployments is None:
        acts = assumptions["uncommitted-configurations"] == "committed"
        return Commit(rests_on=(("uncommitted-configurations", acts),))
    network = subject.virtual_network
    region = _region(network.location) if network is not None and network.location else None
    deployments = [deployment for deployment in manager.deployments if deployment.type == configuration.type]
    for deployment in reversed(deployments):
        regions = {_region(name) for name in deployment.target_locations}
        if "*" in regions or region in regions:
            return Commit(_commits(snapshot, deployment, configuration))
        if region is None and any(_commits(snapshot, other, configuration) for other in deployments):
            place = network.name if network is not None else subject.name
            name = f"{configuration.name} is committed to the region of {place}"
            reason = "the input does not tell the region"
            return Commit(conditions=(Unknown(name, UnknownKind.CONDITION, reason, deployment.source),))
    return Commit(acts=False)


def _commits(snapshot: Snapshot, deployment: Deployment, configuration: Resource) -> bool:
    return any(
        found is configuration
        for reference in deployment.configurations
        for found in snapshot.find(type(configuration), reference)
    )


def _region(name: str) -> str:
    return name.replace(" ", "").lower()
