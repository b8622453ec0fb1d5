"""Definitions as Azure Resource Manager takes them: one tree for ARM templates, Bicep and Terraform.

The form of definitions files is expanded by the very steps that read it. What Azure wants besides, and what goes
without saying there, is added here. What is not known stays an `Unknown`, what names another resource is a `Named`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.model.written import NotWritable
from nwpolicy.readers.definitions.children import parted
from nwpolicy.readers.definitions.shapes import SECTIONS
from nwpolicy.readers.definitions.steps import arm
from nwpolicy.readers.definitions.variables import Variables
from nwpolicy.readers.tree import Node
from nwpolicy.reports.writing.form import written

__all__ = ["NETWORK", "Deployed", "Named", "Tree", "deployed", "full_names"]

#: A text, number, boolean, list or mapping; or an `Unknown` or a `Named` in the place of any of these.
Tree: TypeAlias = Any

NETWORK: Final = "Microsoft.Network"
_MANAGER: Final = f"{NETWORK}/networkManagers"
#: What the properties that name other resources name.
_TYPES: Final[Mapping[str, str]] = {
    "appliesTo": f"{_MANAGER}/networkGroups",
    "appliesToGroups": f"{_MANAGER}/networkGroups",
    "applicationSecurityGroups": f"{NETWORK}/applicationSecurityGroups",
    "destinationApplicationSecurityGroups": f"{NETWORK}/applicationSecurityGroups",
    "sourceApplicationSecurityGroups": f"{NETWORK}/applicationSecurityGroups",
    "hubs": f"{NETWORK}/virtualNetworks",
    "ipConfiguration": f"{NETWORK}/networkInterfaces/ipConfigurations",
    "loadBalancerBackendAddressPools": f"{NETWORK}/loadBalancers/backendAddressPools",
    "localNetworkGateway2": f"{NETWORK}/localNetworkGateways",
    "networkInterfaces": f"{NETWORK}/networkInterfaces",
    "networkSecurityGroup": f"{NETWORK}/networkSecurityGroups",
    "publicIPAddress": f"{NETWORK}/publicIPAddresses",
    "remoteVirtualNetwork": f"{NETWORK}/virtualNetworks",
    "routeTable": f"{NETWORK}/routeTables",
    "subnet": f"{NETWORK}/virtualNetworks/subnets",
    "virtualMachine": "Microsoft.Compute/virtualMachines",
    "virtualNetworkGateway1": f"{NETWORK}/virtualNetworkGateways",
    "virtualNetworkGateway2": f"{NETWORK}/virtualNetworkGateways",
}
#: Properties that are texts in Azure, even where they look like numbers.
_TEXTS: Final = frozenset(
    {
        *("sourcePortRange", "sourcePortRanges", "destinationPortRange", "destinationPortRanges", "protocol"),
    }
)
_IDS: Final = ("id", "networkGroupId", "resourceId")
_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_BESIDE: Final[tuple[str, ...]] = ("sku", "tags")


@dataclass(frozen=True, slots=True)
class Named:
    """A resource that another one names: its full type, the names on the way to it, and the scope that stands before
    `/providers/` (none where only names are known)."""

    type: str
    names: tuple[str, ...]
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One resource, children that stand apart being resources of their own."""

    type: str
    names: tuple[str, ...]
    id: str | None
    location: str | None
    condition: Unknown | None
    beside: Mapping[str, Tree]
    properties: Mapping[str, Tree]
    source: Source

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What tells it from others in one resource group: Azure compares without case."""
        return self.type.lower(), tuple(name.lower() for name in self.names)

    @property
    def parent_key(self) -> tuple[str, tuple[str, ...]]:
        return self.key[0].rpartition("/")[0], self.key[1][:-1]


#: The names on the way to a resource, from its type and the names that are written.
FullNames: TypeAlias = Callable[[str, tuple[str, ...]], tuple[str, ...]]


def deployed(resources: Iterable[Resource], apart: Callable[[str, Node], bool], names: FullNames) -> Iterator[Deployed]:
    """The resources to deploy. `apart` tells for a property and a child in it whether that stands on its own."""
    for resource in resources:
        diagnostics: list[Diagnostic] = []
        source = resource.source
        form = arm(_node(written(resource), source), SECTIONS[resource.type], Variables(None, []), diagnostics)
        for node in parted(form, apart):
            yield _resource(node, source, names)


def _node(value: Any, source: Source) -> Node:
    match value:
        case dict():
            return Node({key: _node(child, source) for key, child in value.items()}, source)
        case list():
            return Node(tuple(_node(child, source) for child in value), source)
        case _:
            return Node(value, source)


def _resource(node: Node, source: Source, names: FullNames) -> Deployed:
    members = {key: child.value for key, child in node.items()}
    type = str(members["type"])
    properties = _plain(node.get("properties"), "", names)
    beside = {key: _plain(node.get(key), key, names) for key in _BESIDE if key in members}
    condition = members.get("condition")
    identity = members.get("id")
    path = tuple(str(members["name"]).split("/"))
    if len(path) != type.count("/"):
        raise NotWritable(f"{members['name']!r} is no name of {type}: names have no '/'", source)
    found = Deployed(
        type,
        path,
        identity if isinstance(identity, str) else None,
        _location(members.get("location")),
        condition.of_kind(UnknownKind.CONDITION) if isinstance(condition, Unknown) else None,
        beside,
        properties,
        source,
    )
    complete = _COMPLETED.get(type)
    return found if complete is None else complete(found)


def _location(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _plain(node: Node | None, key: str, names: FullNames) -> Tree:
    """A located tree as a plain one, `key` being the property that it is the value of."""
    value = None if node is None else node.value
    if isinstance(value, tuple):
        return [_plain(element, key, names) for element in value]
    if isinstance(value, int) and key in _TEXTS:
        return str(value)
    if not isinstance(value, Mapping):
        return value
    is_child = "properties" in value  # of which the id goes without saying
    tree = {name: _plain(child, name, names) for name, child in value.items() if name != "id" or not is_child}
    tree = {**{name: tree.pop(name) for name in ("name",) if name in tree}, **tree}
    for name in _IDS:
        if isinstance(tree.get(name), str) and (type := _type_named(key, name, tree[name])) is not None:
            tree[name] = _named(type, tree[name], names, node)
    if tree.get("addressPrefixType") == "NetworkGroup" and isinstance(tree["addressPrefix"], str):
        tree["addressPrefix"] = _named(f"{_MANAGER}/networkGroups", tree["addressPrefix"], names, node)
    return tree


def _type_named(key: str, name: str, target: str) -> str | None:
    """What type a text that names a resource has. Members of groups are virtual networks or subnets."""
    if name != "resourceId" or key in _TYPES:
        return _TYPES.get(key)
    is_subnet = "/subnets/" in target.lower() if "/providers/" in target.lower() else "/" in target.strip("/")
    return f"{NETWORK}/virtualNetworks{'/subnets' * is_subnet}"


def _named(type: str, target: str, names: FullNames, node: Node | None) -> Named:
    """What a text names: a full id tells all, of names there have to be enough."""
    scope, provider, path = _parts(target)
    if not provider:
        found = names(type, tuple(part for part in target.split("/") if part))
        if len(found) != type.count("/"):
            message = f"{target!r} does not tell which of the {type.rpartition('/')[2]} of that name is meant"
            raise NotWritable(message, None if node is None else node.source)
        return Named(type, found)
    _, *segments = path.strip("/").split("/")
    return Named(f"{path.strip('/').split('/')[0]}/{'/'.join(segments[::2])}", tuple(segments[1::2]), scope)


def _parts(target: str) -> tuple[str, str, str]:
    at = target.lower().rfind("/providers/")
    return ("", "", target) if at < 0 else (target[:at], "/providers/", target[at + len("/providers/") :])


def full_names(known: Iterable[tuple[str, tuple[str, ...]]]) -> FullNames:
    """Completes what is named by the last of its names only, if one definition has them."""
    index: dict[tuple[str, tuple[str, ...]], set[tuple[str, ...]]] = {}
    for type, names in known:
        for start in range(len(names)):
            suffix = tuple(name.lower() for name in names[start:])
            index.setdefault((type.lower(), suffix), set()).add(names)

    def complete(type: str, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) >= type.count("/"):
            return names
        found = index.get((type.rpartition("/")[2].lower(), tuple(name.lower() for name in names)), set())
        return next(iter(found)) if len(found) == 1 else names

    return complete


# What Azure wants besides


def _changed(resource: Deployed, **more: Tree) -> Deployed:
    return replace(resource, properties={**resource.properties, **more})


def _each(resource: Deployed, key: str, complete: Callable[[int, dict[str, Tree]], Tree]) -> Deployed:
    """The resource with something added to the objects of an array."""
    found = resource.properties.get(key)
    if not isinstance(found, list):
        return resource
    parts = [complete(number, one) if isinstance(one, dict) else one for number, one in enumerate(found, 1)]
    return _changed(resource, **{key: parts})


def _virtual_network(resource: Deployed) -> Deployed:
    def subnet(_: int, part: dict[str, Tree]) -> Tree:
        return {**part, "properties": _delegated(part["properties"])}

    return _each(resource, "subnets", subnet)


def _subnet(resource: Deployed) -> Deployed:
    return replace(resource, properties=_delegated(resource.properties))


def _delegated(properties: Mapping[str, Tree]) -> Mapping[str, Tree]:
    """Delegations have names, too."""
    found = properties.get("delegations")
    if not isinstance(found, list):
        return properties
    named = [{"name": f"delegation{number}", **one} for number, one in enumerate(found, 1)]
    return {**properties, "delegations": named}


def _numbered(prefix: str) -> Callable[[int, dict[str, Tree]], Tree]:
    return lambda number, part: {"name": f"{prefix}{number}", **part}


def _allocated(_: int, part: dict[str, Tree]) -> Tree:
    properties = part["properties"]
    method = "Static" if "privateIPAddress" in properties else "Dynamic"
    return {**part, "properties": {**properties, "privateIPAllocationMethod": method}}


def _public_address(resource: Deployed) -> Deployed:
    """A Standard address is always static."""
    sku = resource.beside.get("sku")
    is_basic = sku is None or sku == {"name": "Basic"}
    return _changed(resource, publicIPAllocationMethod="Dynamic" if is_basic else "Static")


def _admin_rule(resource: Deployed) -> Deployed:
    """Sources and destinations tell what they are; a built-in rule is of another kind."""
    is_built_in = "flag" in resource.properties
    ends = {
        key: [*map(_end, found)] for key, found in resource.properties.items() if key in ("sources", "destinations")
    }
    return replace(
        _changed(resource, **ends), beside={**resource.beside, "kind": "Default" if is_built_in else "Custom"}
    )


def _end(end: Tree) -> Tree:
    if isinstance(end, Unknown):
        return {"addressPrefixType": "IPPrefix", "addressPrefix": end}
    prefix = end["addressPrefix"]
    is_tag = isinstance(prefix, str) and _TAG.fullmatch(prefix) is not None
    return {"addressPrefixType": "ServiceTag" if is_tag else "IPPrefix", **end}


def _routing_rule(resource: Deployed) -> Deployed:
    address = resource.properties["destination"]["destinationAddress"]
    is_tag = isinstance(address, str) and _TAG.fullmatch(address) is not None
    destination = {"type": "ServiceTag" if is_tag else "AddressPrefix", "destinationAddress": address}
    return _changed(resource, destination=destination)


def _connectivity(resource: Deployed) -> Deployed:
    """Yes and no are texts here."""
    properties = {**resource.properties}
    if "isGlobal" in properties:
        properties["isGlobal"] = _yes_or_no(properties["isGlobal"])
    groups = [
        {key: _yes_or_no(value) for key, value in group.items()} if isinstance(group, dict) else group
        for group in properties.get("appliesToGroups", ())
    ]
    hubs = [
        {**hub, "resourceType": f"{NETWORK}/virtualNetworks"} if isinstance(hub, dict) else hub
        for hub in properties.get("hubs", ())
    ]
    properties["appliesToGroups"] = [
        {"groupConnectivity": "None", **group} if isinstance(group, dict) else group for group in groups
    ]
    return replace(resource, properties={**properties, **({"hubs": hubs} if hubs else {})})


def _routing_collection(resource: Deployed) -> Deployed:
    found = resource.properties.get("disableBgpRoutePropagation")
    return resource if found is None else _changed(resource, disableBgpRoutePropagation=_yes_or_no(found))


def _yes_or_no(value: Tree) -> Tree:
    return str(value) if isinstance(value, bool) else value


_CONFIGURATIONS: Final = f"{_MANAGER}/securityAdminConfigurations"
_ROUTING: Final = f"{_MANAGER}/routingConfigurations"
_COMPLETED: Final[Mapping[str, Callable[[Deployed], Deployed]]] = {
    f"{NETWORK}/applicationGateways": lambda one: _each(one, "gatewayIPConfigurations", _numbered("gateway")),
    f"{NETWORK}/networkInterfaces": lambda one: _each(one, "ipConfigurations", _allocated),
    f"{NETWORK}/privateEndpoints": lambda one: _each(one, "ipConfigurations", _numbered("ipconfig")),
    f"{NETWORK}/publicIPAddresses": _public_address,
    f"{NETWORK}/virtualNetworkGateways": lambda one: _each(one, "ipConfigurations", _numbered("default")),
    f"{NETWORK}/virtualNetworks": _virtual_network,
    f"{NETWORK}/virtualNetworks/subnets": _subnet,
    f"{_MANAGER}/connectivityConfigurations": _connectivity,
    f"{_CONFIGURATIONS}/ruleCollections/rules": _admin_rule,
    f"{_ROUTING}/ruleCollections": _routing_collection,
    f"{_ROUTING}/ruleCollections/rules": _routing_rule,
}
