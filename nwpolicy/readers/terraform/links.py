"""Resources that only connect others: an association becomes an argument of what it attaches something to.

Source: registry.terraform.io, hashicorp/azurerm, the resources whose names end in `_association`, and
`azurerm_network_manager_deployment`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import ResourceId
from nwpolicy.model.snapshot import may_be_same
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.terraform.identities import identity
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.tree import Node

__all__ = ["LINKS", "linked"]


@dataclass(frozen=True, slots=True)
class _Link:
    """`target` is the argument with the id of what gets something, `add` gives it that."""

    target: str
    add: Callable[[Instance, Instance], Instance]


def linked(instances: Iterable[Instance], diagnostics: list[Diagnostic]) -> list[Instance]:
    """The resources, with what others attach to them."""
    kept: dict[str, Instance] = {}
    links: list[Instance] = []
    for instance in instances:
        if instance.type in LINKS:
            links.append(instance)
        else:
            kept[instance.address] = instance
    addresses = _Addresses(kept)
    for link in links:
        for address in _targets(link, kept, addresses, diagnostics):
            kept[address] = LINKS[link.type].add(kept[address], link)
    return list(kept.values())


class _Addresses:
    """Finds resources by their ids, which may be known in part."""

    def __init__(self, instances: Mapping[str, Instance]) -> None:
        self._known: defaultdict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = defaultdict(list)
        for address, instance in instances.items():
            full = identity(instance)
            if full is not None:
                id_ = ResourceId.parse(full, "")
                self._known[id_.type, id_.names].append((id_.scope, address))

    def find(self, full: str) -> list[str]:
        """The resource in the very scope, else those that may be in it."""
        wanted = ResourceId.parse(full, "")
        found = self._known[wanted.type, wanted.names]
        exact = [address for scope, address in found if scope == wanted.scope]
        return exact or [address for scope, address in found if may_be_same(scope, wanted.scope)]


def _targets(
    link: Instance, kept: dict[str, Instance], addresses: _Addresses, diagnostics: list[Diagnostic]
) -> list[str]:
    name = LINKS[link.type].target
    node = link.get(name)
    wanted = "" if node is None else node.text or ""
    if found := addresses.find(wanted):
        return found
    if node is not None and "/subnets/" in wanted.lower():
        stub = _subnet(node)
        kept.setdefault(stub.address, stub)
        return [stub.address]
    shown = name if node is None else node.value.name if isinstance(node.value, Unknown) else node.text
    message = f"{link.address} belongs to something that is not in the input ({shown}), it is left out"
    diagnostics.append(Diagnostic.warning("unresolved", message, link.source if node is None else node.source))
    return []


def _subnet(node: Node) -> Instance:
    """A subnet that is defined elsewhere."""
    full = node.text or ""
    reason = f"{full.rpartition('/')[2]} is not defined in the input"
    prefix = Unknown(f"prefix of {full.rpartition('/')[2]}", UnknownKind.ADDRESS, reason, node.source)
    members = {"id": node, "address_prefix": Node(prefix, node.source)}
    return Instance(full.lower(), "azurerm_subnet", Node(members, node.source), node.source)


def _attached(argument: str) -> Callable[[Instance, Instance], Instance]:
    """What is attached is an argument; an association that may not exist leaves it open."""

    def add(target: Instance, link: Instance) -> Instance:
        node = _there(link, argument, target)
        return target if node is None else target.given(argument, node)

    return add


def _there(link: Instance, argument: str, target: Instance) -> Node | None:
    """What is attached; not known if the association may be absent where its target is there."""
    node = link.get(argument)
    if node is None or link.condition in (None, target.condition):
        return node
    assert link.condition is not None
    return Node(link.condition.of_kind(UnknownKind.REFERENCE), node.source)


def _in_ip_configurations(argument: str) -> Callable[[Instance, Instance], Instance]:
    """What is attached joins a list of one configuration of a network interface, or of all if none is named."""

    def add(target: Instance, link: Instance) -> Instance:
        attached, configurations = _there(link, argument, target), target.get("ip_configuration")
        if attached is None or configurations is None:
            return target
        wanted = link.text("ip_configuration_name")
        parts = tuple(
            _with(part, f"{argument}s", attached) if wanted in ("", _text(part, "name")) else part
            for part in configurations.elements()
        )
        return target.given("ip_configuration", Node(parts, configurations.source))

    return add


def _listed(argument: str) -> Callable[[Instance, Instance], Instance]:
    """What is attached joins a list."""

    def add(target: Instance, link: Instance) -> Instance:
        attached, before = _there(link, argument, target), target.get(f"{argument}s")
        if attached is None:
            return target
        elements = (*(() if before is None else before.elements()), attached)
        return target.given(f"{argument}s", Node(elements, attached.source))

    return add


def _with(part: Node, name: str, element: Node) -> Node:
    if not isinstance(part.value, Mapping):
        return part
    before = part.get(name)
    elements = () if before is None else before.elements()
    return Node({**part.value, name: Node((*elements, element), element.source)}, part.source)


def _text(node: Node, name: str) -> str | None:
    found = node.get(name)
    return None if found is None else found.text


def _committed(target: Instance, link: Instance) -> Instance:
    """A deployment of a network manager, in the form in which Azure takes it."""
    before = target.get("commits")
    members = {
        "commitType": link.get("scope_access"),
        "configurationIds": link.get("configuration_ids"),
        "targetLocations": _locations(link),
    }
    commit = Node({key: node for key, node in members.items() if node is not None}, link.source)
    commits = (*(() if before is None else before.elements()), commit)
    return target.given("commits", Node(commits, link.source))


def _locations(link: Instance) -> Node | None:
    node = link.get("location")
    return None if node is None else Node((node,), node.source)


_NIC: Final = "azurerm_network_interface"

LINKS: Final[Mapping[str, _Link]] = {
    f"{_NIC}_application_security_group_association": _Link(
        "network_interface_id", _in_ip_configurations("application_security_group_id")
    ),
    f"{_NIC}_backend_address_pool_association": _Link(
        "network_interface_id", _in_ip_configurations("backend_address_pool_id")
    ),
    f"{_NIC}_nat_rule_association": _Link("network_interface_id", _in_ip_configurations("nat_rule_id")),
    f"{_NIC}_security_group_association": _Link("network_interface_id", _attached("network_security_group_id")),
    "azurerm_network_manager_deployment": _Link("network_manager_id", _committed),
    "azurerm_private_endpoint_application_security_group_association": _Link(
        "private_endpoint_id", _listed("application_security_group_id")
    ),
    "azurerm_subnet_network_security_group_association": _Link("subnet_id", _attached("network_security_group_id")),
    "azurerm_subnet_route_table_association": _Link("subnet_id", _attached("route_table_id")),
}
