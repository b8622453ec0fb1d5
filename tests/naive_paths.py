"""A deliberately naive reading of how a packet gets to its destination, and the answer back: one flow, hop by hop.

It asks the naive evaluators of rules and routes at every hop, and shares no code with the package beyond the
definitions themselves. One address for each network interface, nothing unknown, no private endpoints, IPv4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from nwpolicy.model.addresses import format_address
from nwpolicy.model.flows import Flow
from nwpolicy.model.network import NetworkInterface, VirtualNetwork, VirtualNetworkGateway
from nwpolicy.model.resource import AddressPrefix, Reference
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from tests.naive_azure import evaluate_naively
from tests.naive_routes import naive_hop_from

#: Where a flow may start besides network interfaces.
INTERNET = "Internet"
OFFICE = "gateway"


@dataclass
class Journey:
    """What became of a packet: `end` is `internet`, `gateway NAME`, the name of a network interface, or why it stopped
    (with `lost`). `passed` are the appliances."""

    end: str
    lost: bool = False
    passed: list[str] = field(default_factory=list)


class NaivePaths:
    """An estate, asked about single flows."""

    def __init__(self, estate: Snapshot) -> None:
        self.estate = estate
        self.cards = {card.name: card for card in estate.all(NetworkInterface)}

    def works(self, start: str, flow: Flow) -> tuple[bool, str]:
        """Whether a connection from a network interface, the internet, or behind the gateway comes about; and how it
        went."""
        source, destination = (format_address(flow.family, n) for n in (flow.source, flow.destination))
        there = self.request(start, flow, destination)
        if there.lost:
            return False, there.end
        if there.end == "platform":
            return True, there.end
        expected = list(reversed(there.passed))
        if there.end == "internet":
            if not there.passed:
                return True, there.end
            expected = expected[1:]
            back = self.travel(self.subnet_of(there.passed[-1]), source, None, [there.passed[-1]])
        elif there.end.startswith("gateway"):
            back = self.from_gateway(there.end.split()[1], source, None)
        else:
            back = self.travel(self.subnet_of(there.end), source, None, [there.end])
        if back.lost or not self.is_home(start, back):
            return False, f"reply {back.end}"
        return (True, there.end) if back.passed == expected else (False, f"asymmetric {there.passed} {back.passed}")

    def is_home(self, start: str, back: Journey) -> bool:
        if start == INTERNET:
            return back.end in ("internet", "platform") and not back.passed
        if start == OFFICE:
            return back.end.startswith("gateway")
        return back.end == start

    def request(self, start: str, flow: Flow, destination: str) -> Journey:
        if start == INTERNET:
            published = [n for n, c in self.cards.items() if c.ip_configurations[0].public_ip_address is not None]
            owner = next((n for n in published if self.address_of(n) == destination), None)
            if owner is None:
                return Journey("not public", lost=True)
            return Journey(owner, lost=not self.passes(owner, Direction.INBOUND, flow))
        if start == OFFICE:
            (gateway,) = self.estate.all(VirtualNetworkGateway)
            return self.from_gateway(gateway.name, destination, flow)
        if not self.passes(start, Direction.OUTBOUND, flow):
            return Journey(f"{start} out", lost=True)
        return self.travel(self.subnet_of(start), destination, flow, [start])

    def from_gateway(self, name: str, destination: str, flow: Flow | None) -> Journey:
        gateway = next(g for g in self.estate.all(VirtualNetworkGateway) if g.name == name)
        place = f"{gateway.virtual_network.name}/GatewaySubnet"
        hop, _ = naive_hop_from(self.estate, place, destination)
        if hop == "VNetPeering":
            home = self.network(gateway.virtual_network.name)
            remote = next((p for p in self.peers(home) if self.holds(p, destination)), None)
            if remote is None or gateway.name not in self.gateways_of(remote):
                return Journey("no transit", lost=True)
        return self.travel(place, destination, flow, [])

    def travel(self, place: str, destination: str, flow: Flow | None, seen: list[str]) -> Journey:
        """On from a subnet, until it ends. Without a flow no rule is asked."""
        passed: list[str] = []
        while True:
            hop, addresses = naive_hop_from(self.estate, place, destination)
            if hop != "VirtualAppliance":
                return self.leave(place, hop, destination, flow, passed)
            owner = self.owner(self.reach(place), addresses[0])
            if addresses[0] == destination:
                return self.arrive(self.reach(place), destination, flow, passed)
            refusal = self.refusal(owner, addresses[0], flow, seen)
            if refusal is not None or owner is None:
                return Journey(refusal or "", lost=True)
            seen, passed, place = [*seen, owner], [*passed, owner], self.subnet_of(owner)

    def refusal(self, owner: str | None, address: str, flow: Flow | None, seen: list[str]) -> str | None:
        """Why an appliance does not send on; None where it does."""
        if owner is None:
            return f"nobody has {address}"
        if owner in seen:
            return "loop"
        if self.cards[owner].enable_ip_forwarding is not True:
            return f"{owner} does not forward"
        stopped = (d for d in (Direction.INBOUND, Direction.OUTBOUND) if flow and not self.passes(owner, d, flow))
        return next((f"{owner} {direction}" for direction in stopped), None)

    def leave(self, place: str, hop: str, destination: str, flow: Flow | None, passed: list[str]) -> Journey:
        network, *peers = self.reach(place)
        if destination in ("168.63.129.16", "169.254.169.254"):
            return Journey("platform", passed=passed)
        if hop == "Internet":
            return Journey("internet", passed=passed)
        if hop == "VirtualNetworkGateway":
            gateways = self.gateways_of(network)
            return Journey(f"gateway {gateways[0]}" if gateways else "no gateway", not gateways, passed)
        if hop == "VnetLocal":
            return self.arrive([network], destination, flow, passed)
        if hop == "VNetPeering":
            return self.arrive([peer for peer in peers if self.holds(peer, destination)], destination, flow, passed)
        return Journey(f"{place} {hop}", lost=True, passed=passed)

    def reach(self, place: str) -> list[VirtualNetwork]:
        """The networks that a subnet reaches directly, its own first."""
        network = self.network(place.partition("/")[0])
        return [network, *self.peers(network)]

    def arrive(self, homes: list[VirtualNetwork], destination: str, flow: Flow | None, passed: list[str]) -> Journey:
        owner = self.owner(homes, destination)
        if owner is None:
            return Journey("nobody there", lost=True)
        lost = flow is not None and not self.passes(owner, Direction.INBOUND, flow)
        return Journey(owner if not lost else f"{owner} in", lost, passed)

    def passes(self, card: str, direction: Direction, flow: Flow) -> bool:
        return evaluate_naively(self.estate, self.cards[card], direction, flow).allowed

    def network(self, name: str) -> VirtualNetwork:
        return next(one for one in self.estate.all(VirtualNetwork) if one.name == name)

    def peers(self, network: VirtualNetwork) -> list[VirtualNetwork]:
        up = [p for p in network.peerings if p.peering_state in (None, "Connected")]
        return [self.network(p.remote_virtual_network.name) for p in up]

    def holds(self, network: VirtualNetwork, address: str) -> bool:
        prefixes = [p.text for p in network.address_space if isinstance(p, AddressPrefix)]
        return any(ip_address(address) in ip_network(text) for text in prefixes)

    def gateways_of(self, network: VirtualNetwork) -> list[str]:
        """Its own, and those of peers that it uses and that let it."""
        lenders = [network.name]
        for ours in network.peerings:
            if ours.use_remote_gateways is True and ours.peering_state in (None, "Connected"):
                theirs = self.network(ours.remote_virtual_network.name).peerings
                back = [p for p in theirs if p.remote_virtual_network.name == network.name]
                if all(p.allow_gateway_transit for p in back):
                    lenders.append(ours.remote_virtual_network.name)
        return [g.name for g in self.estate.all(VirtualNetworkGateway) if g.virtual_network.name in lenders]

    def owner(self, homes: list[VirtualNetwork], address: str) -> str | None:
        names = [home.name for home in homes]
        for name in self.cards:
            if self.address_of(name) == address and self.subnet_of(name).partition("/")[0] in names:
                return name
        return None

    def address_of(self, card: str) -> str:
        return str(self.cards[card].ip_configurations[0].private_ip_address)

    def subnet_of(self, card: str) -> str:
        where = self.cards[card].ip_configurations[0].subnet
        assert isinstance(where, Reference)
        return where.target
