"""What a format cannot carry: it is taken out of the definitions before they are written, with a word about each.

Assertions, service tags and exports of effective rules are nothing that is deployed. What happens to a deployment (a
commit, learned routes) has no place in a template; Terraform's provider lacks what only Azure itself sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final, TypeAlias

from nwpolicy.azure.defaults import usual_rules
from nwpolicy.model.assertions import Environment, Statement
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import EffectiveRoutes
from nwpolicy.model.rules import EffectiveAdminRules, EffectiveSecurityGroups, NetworkSecurityGroup
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown

__all__ = ["NOT_CARRIED", "Carried", "carried"]

#: Definitions and what is said of those that are left out in part or as a whole.
Carried: TypeAlias = tuple[tuple[Resource, ...], tuple[Diagnostic, ...]]

#: The code of what is said of something that is left out.
NOT_CARRIED: Final = "not-carried"
_EXPORTS: Final = (EffectiveSecurityGroups, EffectiveAdminRules, EffectiveRoutes)
_NOT_DEPLOYED: Final = (Statement, Environment, ServiceTagCatalogue, *_EXPORTS)
#: Fields that no deployment sets, by type, and what stands in their place.
_NOT_SET: Final[Mapping[tuple[str, str], Any]] = {
    ("networkManagers", "scope_level"): None,
    ("networkGroups", "committed_prefixes"): None,
    ("virtualNetworkGateways", "bgp_prefixes"): (),
}
#: Resources of which definitions know less than a deployment needs.
_IN_PART: Final = frozenset(
    {
        *("applicationGateways", "connections", "localNetworkGateways", "privateEndpoints", "virtualMachines"),
        "virtualNetworkGateways",
    }
)
#: What a template has no resource for.
_NOT_IN_TEMPLATES: Final[Mapping[tuple[str, str], Any]] = {**_NOT_SET, ("networkManagers", "deployments"): None}
#: What only Azure sets, and Terraform's provider only reads.
_NOT_IN_TERRAFORM: Final[Mapping[tuple[str, str], Any]] = {
    **_NOT_SET,
    ("networkInterfaces", "virtual_machine"): None,
    ("publicIPAddresses", "ip_address"): None,
    ("publicIPAddresses", "ip_configuration"): None,
    ("virtualNetworkPeerings", "peering_state"): None,
    ("virtualNetworkPeerings", "remote_address_space"): (),
}
#: Rules that are resources of their own, so that there is no array that could be a parameter.
_RULES: Final = frozenset({("ruleCollections", "rules")})
_DEPLOYMENTS: Final = ("networkManagers", "deployments")


@dataclass(frozen=True, slots=True)
class _Room:
    """What a format is called, the kinds of definitions and the fields that it has no room for, what stands in place
    of the latter, and whether it is deployed."""

    name: str
    kinds: tuple[type[Resource], ...]
    fields: Mapping[tuple[str, str], Any]
    is_deployed: bool = True


_ROOMS: Final[Mapping[str, _Room]] = {
    "nwp": _Room("a .nwp file", _EXPORTS, {}, is_deployed=False),
    "yaml": _Room("a definitions file", (), {}, is_deployed=False),
    "arm": _Room("an ARM template", _NOT_DEPLOYED, _NOT_IN_TEMPLATES),
    "bicep": _Room("Bicep", _NOT_DEPLOYED, _NOT_IN_TEMPLATES),
    "terraform": _Room("Terraform", _NOT_DEPLOYED, _NOT_IN_TERRAFORM),
}


def carried(resources: Iterable[Resource], form: str) -> Carried:
    """The definitions as far as a format can carry them."""
    losing = _Losing(_ROOMS[form])
    kept = tuple(found for resource in resources for found in losing.kept(resource))
    return kept, tuple(losing.said)


class _Losing:
    """Takes out what there is no room for, and says so."""

    def __init__(self, room: _Room) -> None:
        self.said: list[Diagnostic] = []
        self._room = room

    def kept(self, resource: Resource) -> Iterator[Resource]:
        if isinstance(resource, self._room.kinds):
            self._say(f"{resource.type} {resource.name}", resource)
            return
        if self._room.is_deployed and resource.type in _IN_PART:
            message = f"{resource.type} {resource.name} is written as far as it is known here"
            help = "add what else Azure needs of it before it is deployed"
            self.said.append(Diagnostic.note("in-part", message, resource.source, help))
        yield self._part(resource)

    def _part(self, resource: Resource) -> Resource:
        """The same without what cannot be said of it."""
        changes = dict(self._changes(resource))
        return replace(resource, **changes) if changes else resource

    def _changes(self, resource: Resource) -> Iterator[tuple[str, Any]]:
        for item in fields(resource):
            value, key = getattr(resource, item.name), (resource.type, item.name)
            if key in self._room.fields and value != self._room.fields[key]:
                self._say(f"{item.name.replace('_', ' ')} of {resource.name}", resource)
                yield item.name, self._room.fields[key]
            elif key in _RULES and self._room.is_deployed and any(isinstance(one, Unknown) for one in value):
                self._say(f"that {resource.name} has rules that are not known", resource)
                yield item.name, tuple(self._part(one) for one in value if isinstance(one, Resource))
            elif key == _DEPLOYMENTS and value == () and self._room.is_deployed:
                self._say(f"that nothing of {resource.name} is committed", resource)
                yield item.name, None
            elif isinstance(resource, NetworkSecurityGroup) and item.name == "default_security_rules":
                yield from self._default_rules(resource)
            elif isinstance(value, tuple) and any(isinstance(child, Resource) for child in value):
                yield item.name, tuple(self._part(child) if isinstance(child, Resource) else child for child in value)

    def _default_rules(self, group: NetworkSecurityGroup) -> Iterator[tuple[str, None]]:
        """Azure adds the usual ones to every group, whatever a template says."""
        listed = group.default_security_rules
        if not self._room.is_deployed or listed is None:
            return
        yield "default_security_rules", None
        usual = {replace(rule, description=None) for rule in usual_rules(group.source)}
        if not {replace(rule, description=None) for rule in listed} <= usual:
            self._say(f"the default rules of {group.name}", group)

    def _say(self, what: str, resource: Resource) -> None:
        message = f"{what} cannot be said in {self._room.name} and is left out"
        self.said.append(Diagnostic.warning(NOT_CARRIED, message, resource.source))
