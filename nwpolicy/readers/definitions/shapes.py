"""What definitions files write shorter than Azure Resource Manager (ARM), by sort of resource.

All fields that are not named here are written as in ARM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.definitions.steps import (
    Members,
    Shape,
    Step,
    Writer,
    address_space,
    as_list,
    children,
    each,
    listed,
    made_up,
    reference,
    references,
    single,
    taken,
    union,
    wrapped,
)
from nwpolicy.readers.tree import Node

__all__ = ["SECTIONS"]


def _below(node: Node, child_type: str, name: str) -> Node:
    """A reference to a child of what is referred to."""
    target = node.get("id") or node
    if target.text is None:
        return wrapped(target, "id")
    between = f"/{child_type}/" if "/providers/" in target.text.lower() else "/"
    return made_up(id=replace(target, value=f"{target.text.rstrip('/')}{between}{name}"))


def _admin_endpoint(node: Node) -> Node:
    """A source or destination of an admin rule."""
    group = node.get("networkGroup")
    if group is None:
        return wrapped(node, "addressPrefix")
    return made_up(addressPrefix=group, addressPrefixType=Node("NetworkGroup", group.source))


def _admin_endpoints(key: str) -> Step:
    def step(members: Members, writer: Writer) -> None:
        found = taken(members, writer, key)
        if found is not None:
            members[key] = Node(tuple(map(_admin_endpoint, found.elements())), found.source)

    return step


def _next_hops(members: Members, writer: Writer) -> None:
    found = taken(members, writer, "nextHopIpAddresses")
    if found is not None:
        members["nextHop"] = made_up(nextHopIpAddresses=found)


def _destination(members: Members, _: Writer) -> None:
    """What a routing rule is about: in ARM an object."""
    node = members.get("destination")
    if node is not None:
        members["destination"] = wrapped(node, "destinationAddress")


def _next_hop(members: Members, writer: Writer) -> None:
    """The next hop of a routing rule: in ARM an object."""
    parts = {key: members.pop(key) for key in ("nextHopType", "nextHopAddress") if key in members}
    if parts and "nextHop" in members:
        message = "the next hop is given both as 'nextHop' and beside it"
        place = members["nextHop"].source
        writer.diagnostics.append(Diagnostic.error("duplicate-key", message, place, "remove one of the two"))
    if parts:
        members["nextHop"] = made_up(**parts)


def _connected_group(node: Node) -> Node:
    """A network group that a connectivity configuration applies to; an unknown stands for any number of them."""
    return node if isinstance(node.value, Unknown) else wrapped(node, "networkGroupId")


def _gateway_subnet(key: str, target: str, rewrite: Callable[[Node], Node]) -> Step:
    """The one subnet of a gateway, where ARM has it in each of the gateway's IP configurations."""

    def step(members: Members, _: Writer) -> None:
        node = members.pop(key, None)
        if node is not None:
            configuration = made_up(properties=made_up(subnet=rewrite(node)))
            members[target] = Node((configuration,), node.source)

    return step


def _network_isolation(members: Members, _: Writer) -> None:
    """Azure marks such gateways by a tag."""
    node = members.pop("networkIsolation", None)
    if node is not None:
        members["tags"] = made_up(EnhancedNetworkControl=node)


def _private_addresses(members: Members, writer: Writer) -> None:
    found = taken(members, writer, "ipAddresses")
    if found is not None:
        written = (made_up(properties=made_up(privateIPAddress=address)) for address in found.elements())
        members["ipConfigurations"] = Node(tuple(written), found.source)


def _network_profile(members: Members, _: Writer) -> None:
    node = members.pop("networkInterfaces", None)
    if node is not None:
        members["networkProfile"] = made_up(networkInterfaces=node)


def _commit(node: Node) -> Node:
    """A deployment, as Azure is told to make it."""
    members = dict(node.items())
    kind = members.get("commitType", Node("SecurityAdmin", node.source))
    written = as_list(members["targetLocations"])
    regions = tuple(
        replace(region, value=(region.text or "").replace(" ", "").lower()) for region in written.elements()
    )
    return Node(
        {
            "commitType": kind,
            "targetLocations": Node(regions, written.source),
            "configurationIds": as_list(members["configurations"]),
        },
        node.source,
    )


_SECURITY_RULE: Final = Shape(
    steps=(
        union("sourceAddressPrefix", "sourceAddressPrefixes"),
        union("sourcePortRange", "sourcePortRanges", default="*"),
        union("destinationAddressPrefix", "destinationAddressPrefixes"),
        union("destinationPortRange", "destinationPortRanges"),
        references("sourceApplicationSecurityGroups"),
        references("destinationApplicationSecurityGroups"),
    )
)
_SUBNET: Final = Shape(
    steps=(
        union("addressPrefix", "addressPrefixes"),
        reference("networkSecurityGroup"),
        reference("routeTable"),
        each("delegations", lambda node: made_up(properties=made_up(serviceName=node))),
        each("serviceEndpoints", lambda node: made_up(service=node)),
    )
)
_PEERING: Final = Shape(
    steps=(
        reference("remoteVirtualNetwork"),
        address_space("remoteAddressSpace"),
        listed("localSubnetNames"),
        listed("remoteSubnetNames"),
    )
)
_ROUTE: Final = Shape(steps=(single("addressPrefix"), single("nextHopIpAddress"), _next_hops))
_IP_CONFIGURATION: Final = Shape(
    steps=(
        single("privateIPAddress"),
        reference("subnet"),
        reference("publicIPAddress"),
        references("applicationSecurityGroups"),
        each(
            "loadBalancers",
            lambda node: _below(node, "backendAddressPools", "backend"),
            "loadBalancerBackendAddressPools",
        ),
    )
)
_FRONTEND: Final = Shape(steps=(single("privateIPAddress"), reference("publicIPAddress"), reference("subnet")))
_ADMIN_RULE: Final = Shape(
    steps=(
        _admin_endpoints("sources"),
        listed("sourcePortRanges", "sourcePortRange", "sourcePortRanges"),
        _admin_endpoints("destinations"),
        listed("destinationPortRanges", "destinationPortRange", "destinationPortRanges"),
    )
)
_RULE_COLLECTION: Final = Shape(steps=(references("appliesToGroups", "networkGroupId"), children("rules", _ADMIN_RULE)))
_CONFIGURATION: Final = Shape(steps=(children("ruleCollections", _RULE_COLLECTION),))
_CONNECTIVITY: Final = Shape(steps=(references("hubs", "resourceId"), each("appliesToGroups", _connected_group)))
_ROUTING_RULE: Final = Shape(steps=(single("destination"), _destination, single("nextHopAddress"), _next_hop))
_ROUTING_COLLECTION: Final = Shape(steps=(references("appliesTo", "networkGroupId"), children("rules", _ROUTING_RULE)))
_ROUTING: Final = Shape(steps=(children("ruleCollections", _ROUTING_COLLECTION),))
_NETWORK_GROUP: Final = Shape(steps=(references("staticMembers", "resourceId"), listed("committedPrefixes")))

#: The sections of a file that hold resources.
SECTIONS: Final[Mapping[str, Shape]] = {
    "networkSecurityGroups": Shape(
        "Microsoft.Network/networkSecurityGroups",
        (children("securityRules", _SECURITY_RULE), children("defaultSecurityRules", _SECURITY_RULE)),
    ),
    "applicationSecurityGroups": Shape("Microsoft.Network/applicationSecurityGroups"),
    "virtualNetworks": Shape(
        "Microsoft.Network/virtualNetworks",
        (
            address_space("addressSpace"),
            children("subnets", _SUBNET),
            children("virtualNetworkPeerings", _PEERING),
        ),
    ),
    "routeTables": Shape("Microsoft.Network/routeTables", (children("routes", _ROUTE),)),
    "networkInterfaces": Shape(
        "Microsoft.Network/networkInterfaces",
        (
            children("ipConfigurations", _IP_CONFIGURATION),
            reference("networkSecurityGroup"),
            reference("virtualMachine"),
        ),
    ),
    "virtualMachines": Shape("Microsoft.Compute/virtualMachines", (references("networkInterfaces"), _network_profile)),
    "publicIPAddresses": Shape(
        "Microsoft.Network/publicIPAddresses",
        (each("sku", lambda node: wrapped(node, "name"), many=False), reference("ipConfiguration")),
    ),
    "loadBalancers": Shape(
        "Microsoft.Network/loadBalancers",
        (
            each("sku", lambda node: wrapped(node, "name"), many=False),
            children("frontendIPConfigurations", _FRONTEND),
        ),
    ),
    "applicationGateways": Shape(
        "Microsoft.Network/applicationGateways",
        (
            _gateway_subnet("subnet", "gatewayIPConfigurations", lambda node: wrapped(node, "id")),
            _network_isolation,
        ),
    ),
    "privateEndpoints": Shape(
        "Microsoft.Network/privateEndpoints",
        (reference("subnet"), _private_addresses, references("applicationSecurityGroups")),
    ),
    "virtualNetworkGateways": Shape(
        "Microsoft.Network/virtualNetworkGateways",
        (
            _gateway_subnet(
                "virtualNetwork", "ipConfigurations", lambda node: _below(node, "subnets", "GatewaySubnet")
            ),
            listed("bgpPrefixes"),
        ),
    ),
    "localNetworkGateways": Shape(
        "Microsoft.Network/localNetworkGateways", (address_space("localNetworkAddressSpace"),)
    ),
    "connections": Shape(
        "Microsoft.Network/connections",
        (
            reference("virtualNetworkGateway", "virtualNetworkGateway1"),
            reference("localNetworkGateway", "localNetworkGateway2"),
            reference("otherVirtualNetworkGateway", "virtualNetworkGateway2"),
        ),
    ),
    "networkManagers": Shape(
        "Microsoft.Network/networkManagers",
        (
            children("networkGroups", _NETWORK_GROUP),
            children("securityAdminConfigurations", _CONFIGURATION),
            children("connectivityConfigurations", _CONNECTIVITY),
            children("routingConfigurations", _ROUTING),
            each("deployments", _commit, "commits"),
        ),
    ),
}
