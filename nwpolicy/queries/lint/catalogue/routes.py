"""NWP5xx: routes and peerings. Each is one kind of `queries.routefindings`, which decides."""

from __future__ import annotations

from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.entry import Entry

__all__ = ["ROUTES"]

_LEARN: Final = "https://learn.microsoft.com/azure"
_ROUTING: Final = (
    f"Microsoft Learn, Virtual network traffic routing <{_LEARN}/virtual-network/virtual-networks-udr-overview>"
)
_PEERING: Final = (
    "Microsoft Learn, Create, change, or delete a virtual network peering "
    f"<{_LEARN}/virtual-network/virtual-network-manage-peering>"
)
_TAGS: Final = f"Microsoft Learn, Virtual network service tags <{_LEARN}/virtual-network/service-tags-overview>"


def _hub(routes: str, *, rules: str = "", firewall: str = "ip-forwarding; ", hub: str = "", more: str = "") -> str:
    """A spoke whose routes are `routes`, and a hub with a firewall at 10.0.1.4."""
    return f"""\
vnet hub {{
  address 10.0.0.0/16
  subnet firewalls {{ address 10.0.1.0/24; nsg nsg-closed }}
  peering to-spoke {{ remote spoke; allow-forwarded-traffic }}{hub}
}}
vnet spoke {{
  address 10.1.0.0/16
  subnet web {{ address 10.1.0.0/24; nsg nsg-web; route-table rt }}
  peering to-hub {{ remote hub; allow-forwarded-traffic }}
}}
nic nic-firewall {{ {firewall}ip ipconfig1 {{ address 10.0.1.4; subnet hub/firewalls }} }}
nsg nsg-closed {{ inbound {{ 4096 deny-all deny * from * to * }} }}
nsg nsg-web {{
  inbound {{{rules}
    4096 deny-all deny * from * to *
  }}
}}
route-table rt {{
  {routes}
}}
{more}"""


def _gateway_subnet(table: str) -> str:
    return f"""\
vnet hub {{
  address 10.0.0.0/16
  subnet GatewaySubnet {{ address 10.0.0.0/27; route-table rt }}
  subnet firewalls {{ address 10.0.1.0/24; nsg nsg-closed }}
}}
gateway vpn {{ vnet hub; bgp 192.168.0.0/16 }}
nic nic-firewall {{ ip-forwarding; ip ipconfig1 {{ address 10.0.1.4; subnet hub/firewalls }} }}
nsg nsg-closed {{ inbound {{ 4096 deny-all deny * from * to * }} }}
route-table rt {{ {table} }}
"""


_GOOD: Final = _hub("route default 0.0.0.0/0 via appliance 10.0.1.4")
_SPOKE: Final = "route spoke 10.1.0.0/16 via appliance 10.0.1.4"
_OFFICE: Final = "route office 172.16.0.0/12 via gateway"
_PUBLIC: Final = """\
nic nic-web { ip ipconfig1 { address 10.1.0.4; subnet spoke/web; public-ip pip-web } }
public-ip pip-web { sku Standard }
"""
_PEERED: Final = """\
vnet hub { address 10.0.0.0/16; peering to-spoke { remote spoke } }
vnet spoke { address 10.1.0.0/16"""

ROUTES: Final = (
    Entry(
        id="NWP501",
        name="unknown-next-hop",
        summary="nothing in reach of a subnet has the address of a route's next hop",
        severity=Severity.ERROR,
        rationale="The address of a virtual appliance has to be in a network that the subnet reaches directly: its "
        "own, or one that is connected to it. Packets for any other are dropped.",
        bad=_hub("route default 0.0.0.0/0 via appliance 10.9.0.4"),
        good=_GOOD,
        reference=_ROUTING,
    ),
    Entry(
        id="NWP502",
        name="no-gateway",
        summary="a route leads to a gateway where the virtual network uses none",
        severity=Severity.ERROR,
        rationale="Packets to the next hop VirtualNetworkGateway are dropped unless the network has a gateway or uses "
        "that of a peer.",
        bad=_hub(_OFFICE),
        good=_gateway_subnet(_SPOKE),
        reference=_ROUTING,
    ),
    Entry(
        id="NWP503",
        name="express-route-next-hop",
        summary="a route leads to a gateway, and the one in use is for ExpressRoute",
        severity=Severity.ERROR,
        rationale="User-defined routes lead to VPN gateways only. What goes to ExpressRoute has to be advertised by "
        "BGP.",
        bad="""\
vnet hub {
  address 10.0.0.0/16
  subnet GatewaySubnet { address 10.0.0.0/27 }
  subnet web { address 10.0.2.0/24; nsg nsg-web; route-table rt }
}
gateway er { vnet hub; type ExpressRoute; bgp 192.168.0.0/16 }
nsg nsg-web { inbound { 4096 deny-all deny * from * to * } }
route-table rt { route office 172.16.0.0/12 via gateway }
""",
        good="""\
vnet hub {
  address 10.0.0.0/16
  subnet GatewaySubnet { address 10.0.0.0/27 }
  subnet web { address 10.0.2.0/24; nsg nsg-web; route-table rt }
}
gateway vpn { vnet hub; bgp 192.168.0.0/16 }
nsg nsg-web { inbound { 4096 deny-all deny * from * to * } }
route-table rt { route office 172.16.0.0/12 via gateway }
""",
        reference=_ROUTING,
    ),
    Entry(
        id="NWP504",
        name="next-hop-not-forwarding",
        summary="the next hop of a route is a network interface without IP forwarding",
        severity=Severity.ERROR,
        rationale="Azure drops what a network interface without IP forwarding gets for other addresses than its own.",
        bad=_hub("route default 0.0.0.0/0 via appliance 10.0.1.4", firewall=""),
        good=_GOOD,
        reference=_ROUTING,
    ),
    Entry(
        id="NWP505",
        name="routing-loop",
        summary="what a route sends away comes back to it",
        severity=Severity.ERROR,
        rationale="The appliance sends the packet on, and the routes of its own subnet give it back to the appliance. "
        "Appliances better stand in another subnet than what is routed by them.",
        bad="""\
vnet spoke {
  address 10.1.0.0/16
  subnet web { address 10.1.0.0/24; nsg nsg-web; route-table rt }
}
nic nic-firewall { ip-forwarding; ip ipconfig1 { address 10.1.0.9; subnet spoke/web } }
nsg nsg-web { inbound { 4096 deny-all deny * from * to * } }
route-table rt { route default 0.0.0.0/0 via appliance 10.1.0.9 }
""",
        good=_GOOD,
        reference=_ROUTING,
    ),
    Entry(
        id="NWP506",
        name="gateway-subnet-default-route",
        summary="GatewaySubnet has a default route",
        severity=Severity.ERROR,
        rationale="A user-defined route for 0.0.0.0/0 on GatewaySubnet is not supported, and can cut off the gateway.",
        bad=_gateway_subnet("route default 0.0.0.0/0 via appliance 10.0.1.4"),
        good=_gateway_subnet(_SPOKE),
        reference=_ROUTING,
    ),
    Entry(
        id="NWP507",
        name="gateway-subnet-propagation",
        summary="GatewaySubnet does not get the routes of its gateway",
        severity=Severity.ERROR,
        rationale="A gateway does not function where the propagation of gateway routes is turned off in its own "
        "subnet.",
        bad=_gateway_subnet(f"disable-bgp-propagation; {_SPOKE}"),
        good=_gateway_subnet(_SPOKE),
        reference=_ROUTING,
    ),
    Entry(
        id="NWP508",
        name="asymmetric-inbound",
        summary="replies to what comes in from the internet leave by another way",
        severity=Severity.WARNING,
        rationale="A flow comes in by a public address, rules let it in, and a user-defined route sends the replies to "
        "an appliance that never saw the flow. It drops them, or they leave with another address.",
        bad=_hub(
            "route default 0.0.0.0/0 via appliance 10.0.1.4",
            rules="\n    100 allow-https allow tcp from 203.0.113.0/24 to * port 443",
            more=_PUBLIC,
        ),
        good=_hub(
            "route default 0.0.0.0/0 via appliance 10.0.1.4\n  route clients 203.0.113.0/24 via internet",
            rules="\n    100 allow-https allow tcp from 203.0.113.0/24 to * port 443",
            more=_PUBLIC,
        ),
        reference=_ROUTING,
    ),
    Entry(
        id="NWP509",
        name="unused-route",
        summary="no address takes a route",
        severity=Severity.NOTE,
        rationale="Other routes take all of its addresses: longer prefixes, or routes that come before it. Nothing "
        "would go elsewhere without it.",
        bad=_hub(
            "route whole 172.16.0.0/24   via appliance 10.0.1.4\n"
            "  route low   172.16.0.0/25   via internet\n"
            "  route high  172.16.0.128/25 via none"
        ),
        good=_GOOD,
        unmended="a route that nothing takes may wait for others that a gateway learns or loses",
        reference=_ROUTING,
    ),
    Entry(
        id="NWP510",
        name="redundant-route",
        summary="what takes a route would go to the same next hop without it",
        severity=Severity.NOTE,
        rationale="A wider route leads to the same next hop. The narrower one can go, unless the service tag "
        "VirtualNetwork is to hold its prefix.",
        bad=_hub(
            "route wide   172.16.0.0/12 via appliance 10.0.1.4\n  route narrow 172.16.9.0/24 via appliance 10.0.1.4"
        ),
        good=_GOOD,
        unmended="the route may be there for the day when the wider one changes, or when a gateway learns another",
        reference=_ROUTING,
    ),
    Entry(
        id="NWP511",
        name="widened-virtual-network",
        summary="a route adds addresses to VirtualNetwork, and a rule for that tag decides about them",
        severity=Severity.NOTE,
        rationale="The service tag VirtualNetwork holds the prefixes of user-defined routes. With a default route to "
        "an appliance it holds every address, and the default rule AllowVnetInBound lets in whoever gets there. Usual "
        "with forced tunnelling; a rule that denies what is left makes it harmless.",
        bad=_hub(
            "route default 0.0.0.0/0 via appliance 10.0.1.4",
            rules="\n    100 allow-app allow tcp from VirtualNetwork to * port 8443",
        ),
        good=_hub(
            "route default 0.0.0.0/0 via appliance 10.0.1.4",
            rules="\n    100 allow-app allow tcp from 10.0.0.0/8 to * port 8443",
        ),
        reference=_TAGS,
    ),
    Entry(
        id="NWP512",
        name="half-open-peering",
        summary="one side of a peering, or of its gateway transit, lacks the other",
        severity=Severity.WARNING,
        rationale="A peering carries traffic only if both networks have one to the other, and a gateway is used only "
        "if its network allows that.",
        bad=f"{_PEERED} }}\n",
        good=f"{_PEERED}; peering to-hub {{ remote hub }} }}\n",
        reference=_PEERING,
    ),
)
