"""Estates of which the answers were worked out by hand from the rules of routing that Microsoft documents.

Each test says how. Sources: Microsoft Learn, Virtual network traffic routing; Deploy highly available network virtual
appliances; Connectivity configuration in Azure Virtual Network Manager; Overview of IPv6 for Azure Virtual Network.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import nwpolicy
from nwpolicy.model.avnm import ConnectivityGroup, NetworkManager, Topology
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.nexthop import next_hop
from nwpolicy.queries.reach import reach
from tests.builders import (
    ALLOW,
    catalogue,
    connectivity,
    gateway,
    group,
    load_balancer,
    manager,
    nic,
    nsg,
    peering,
    public_ip,
    reference,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    vnet,
)
from tests.connected import GATEWAY, NOWHERE, NVA1, NVA2, causes, connect, hub_and_spokes, stops, through, to
from tests.routed import INTERNET

ROOT = Path(__file__).resolve().parents[2]
STATELESS = {"appliance-state": "stateless"}


def reached(estate: Snapshot, source: str | None = None, destination: str | None = None) -> dict[tuple[str, str], str]:
    """The state of every pair of parties that is in the matrix."""
    answer = reach(estate, source=source, destination=destination, protocol="tcp", port="443")
    names = {party.id: party.name for party in answer.parties}
    return {(names[entry.source], names[to]): entry.state.value for entry in answer for to in entry.destinations}


def verdict(estate: Snapshot, source: str, destination: str) -> tuple[str | None, list[str]]:
    """The status, and the places on the way or what stops flows."""
    answer = connect(estate, source, destination)
    return answer.connection_status, stops(answer) if answer.connection_status == "Reachable" else causes(answer)


# --- two appliances ---


def test_a_request_by_one_appliance_and_replies_by_the_other() -> None:
    """One sends by nva1, two answers by nva2: neither sees both directions. Each way round the same."""
    estate = hub_and_spokes(through("rt-one", ("10.2.0.0/16", NVA1)), through("rt-two", ("10.1.0.0/16", NVA2)))
    assert verdict(estate, "a", "b") == ("Unreachable", ["replies pass nva2, the request does not"])
    assert verdict(estate, "b", "a") == ("Unreachable", ["replies pass nva1, the request does not"])
    pairs = reached(estate, "vnet:one", "vnet:two") | reached(estate, "vnet:two", "vnet:one")
    assert pairs == {("a", "b"): "NoReply", ("b", "a"): "NoReply"}
    assert connect(estate, "a", "b", assume=STATELESS).connection_status == "Reachable"


@pytest.mark.parametrize(("back", "fate"), [(NVA1, "Stopped"), (NVA2, "Through")])
def test_two_appliances_for_disjoint_sets_of_destinations(back: str, fate: str) -> None:
    """One sends to 10.2.0.0/24 by nva1, to 10.2.1.0/24 by nva2. Two answers to all of one by nva1; what answers from
    10.2.1.0/24 does so by `back`, which has to be nva2. The rest of two's addresses nothing has."""
    tables = {"two": through("rt-two", ("10.1.0.0/16", NVA1)), "more": through("rt-more", ("10.1.0.0/16", back))}
    estate = snapshot(
        vnet(
            "hub",
            "10.0.0.0/16",
            subnet("nva1", "10.0.1.0/24"),
            subnet("nva2", "10.0.2.0/24"),
            peering("one"),
            peering("two"),
        ),
        vnet("one", "10.1.0.0/16", subnet("one", "10.1.0.0/24", route_table="rt-one"), peering("hub")),
        vnet(
            "two",
            "10.2.0.0/16",
            *(subnet(name, f"10.2.{n}.0/24", route_table=f"rt-{name}") for n, name in enumerate(tables)),
            peering("hub"),
        ),
        through("rt-one", ("10.2.0.0/24", NVA1), ("10.2.1.0/24", NVA2)),
        *tables.values(),
        nic("nva1", NVA1, "hub/nva1", forwarding=True),
        nic("nva2", NVA2, "hub/nva2", forwarding=True),
        nic("a", "10.1.0.4", "one/one"),
        nic("b", "10.2.0.4", "two/two"),
        nic("c", "10.2.1.4", "two/more"),
    )
    answer = connect(estate, "a", "vnet:two")
    fates = {text: group.result.value for group in answer.groups for text in group.texts}
    both = {"tcp a → b, c:443": "Through"}
    assert fates == (both if fate == "Through" else {"tcp a → b:443": "Through", "tcp a → c:443": "Stopped"})
    assert [path.stops[1].name for path in answer.paths] == ["nva1", "nva2"]


TO_TWO, TO_ONE = ("10.2.0.0/16", NVA1), ("10.1.0.0/16", NVA1)


@pytest.mark.parametrize(
    ("tables", "cause"),
    [
        pytest.param(
            (through("rt-one", TO_TWO), through("rt-nva1", ("10.2.0.0/16", "10.1.0.4"))),
            "a loop, a → nva1 → a",
            id="the appliance sends back to the source",
        ),
        pytest.param(
            (through("rt-one", TO_TWO), route_table("rt-nva1", route("drop", "10.2.0.0/16", NOWHERE))),
            "the next hop is None",
            id="the appliance's own subnet drops it",
        ),
        pytest.param(
            (
                through("rt-one", TO_TWO),
                through("rt-nva1", ("10.2.0.0/16", NVA2)),
                through("rt-two", ("10.1.0.0/16", NVA2)),
            ),
            "replies pass only nva2, the request more",
            id="out by two, back by the second",
        ),
        pytest.param(
            (through("rt-one", TO_TWO), through("rt-two", TO_ONE, ("10.1.0.4/32", NVA2))),
            "replies pass nva2, the request does not",
            id="a more specific route back",
        ),
        pytest.param(
            (through("rt-one", TO_TWO), through("rt-two", ("10.1.0.0/16", "10.2.0.4"))),
            "replies do not come back: a loop, b → b",
            id="a route back to the machine itself",
        ),
    ],
)
def test_what_breaks_a_connection_by_appliances(tables: tuple[RouteTable, ...], cause: str) -> None:
    assert verdict(hub_and_spokes(*tables), "a", "b") == ("Unreachable", [cause])


def test_an_appliance_in_a_spoke_reaches_no_other_spoke() -> None:
    """Its own subnet has the routes of its network only: to the hub, by a peering that is not transitive."""
    estate = snapshot(
        vnet("hub", "10.0.0.0/16", subnet("s", "10.0.0.0/24", route_table="rt"), peering("one"), peering("two")),
        vnet("one", "10.1.0.0/16", subnet("nva", "10.1.9.0/24"), peering("hub")),
        vnet("two", "10.2.0.0/16", subnet("s", "10.2.0.0/24"), peering("hub")),
        through("rt", ("10.2.0.0/16", "10.1.9.4")),
        nic("nva", "10.1.9.4", "one/nva", forwarding=True),
        nic("a", "10.0.0.4", "hub/s"),
        nic("b", "10.2.0.4", "two/s"),
    )
    answer = connect(estate, "a", "b")
    assert [group.cause for group in answer.groups] == ["the next hop is None"]
    assert answer.groups[0].stop == 2


def test_advice_names_only_what_the_input_has() -> None:
    """Nothing sends on between the networks; and no network of the input has the addresses of 10.200.0.0/16."""
    estate = snapshot(
        vnet("one", "10.1.0.0/16", subnet("s", "10.1.0.0/24")),
        vnet("two", "10.2.0.0/16", subnet("s", "10.2.0.0/24")),
        nic("a", "10.1.0.4", "one/s"),
        nic("b", "10.2.0.4", "two/s"),
    )
    assert connect(estate, "a", "b").groups[0].help == "connect one with two"
    assert connect(estate, "a", "10.200.0.4").groups[0].help is None


# --- on premises ---

OFFICE = "192.168.0.4"
INWARD = through("rt-gateway", ("10.1.0.0/16", NVA1))
NO_APPLIANCE, ONLY_BACK = "replies pass no appliance, the request does", "replies pass nva1, the request does not"


@pytest.mark.parametrize(
    ("spoke", "inward", "outward"),
    [
        pytest.param((), [NO_APPLIANCE], [ONLY_BACK], id="the spoke answers by the gateway"),
        pytest.param((("192.168.0.0/16", NVA1),), [], [], id="the spoke answers by the appliance"),
        pytest.param(
            (("192.168.0.0/16", NVA2),),
            ["replies pass nva2, the request does not"],
            [ONLY_BACK],
            id="the spoke answers by another appliance",
        ),
        pytest.param((("0.0.0.0/0", NVA1),), [NO_APPLIANCE], [ONLY_BACK], id="the gateway's route is more specific"),
    ],
)
def test_what_comes_from_on_premises_by_an_appliance(
    spoke: tuple[tuple[str, str], ...], inward: list[str], outward: list[str]
) -> None:
    """The route of GatewaySubnet has the prefix of the peering, so it comes first; the spoke's own routes decide about
    what goes back."""
    estate = hub_and_spokes(INWARD, *([through("rt-one", *spoke)] if spoke else []))
    assert causes(connect(estate, OFFICE, "a")) == inward
    assert causes(connect(estate, "a", OFFICE)) == outward


@pytest.mark.parametrize(
    ("routes", "cause"),
    [((), ["replies do not come back: the next hop is None"]), ((route("back", "192.168.0.0/16", GATEWAY),), [])],
)
def test_without_propagation_replies_need_a_route_of_the_user(routes: tuple[Route, ...], cause: list[str]) -> None:
    """The gateway knows the spoke by its peering; the spoke knows on-premises by its own route only."""
    estate = hub_and_spokes(route_table("rt-one", *routes, disable_bgp=True))
    assert causes(connect(estate, OFFICE, "a")) == cause


def test_a_wide_route_of_gateway_subnet_does_not_lead_to_the_appliance() -> None:
    """The peering's 10.1.0.0/16 is more specific than the user's 10.0.0.0/8."""
    estate = hub_and_spokes(through("rt-gateway", ("10.0.0.0/8", NVA1)))
    assert verdict(estate, OFFICE, "a") == ("Reachable", ["behind gw", "GatewaySubnet", "a"])


def test_an_appliance_reaches_spokes_that_do_not_use_the_gateway() -> None:
    """What an appliance of the hub sends goes by the hub's peering, which needs no gateway transit."""
    estate = snapshot(
        vnet(
            "hub",
            "10.0.0.0/16",
            subnet("GatewaySubnet", "10.0.0.0/24", route_table="rt-gateway"),
            subnet("nva1", "10.0.1.0/24"),
            peering("one"),
        ),
        vnet("one", "10.1.0.0/16", subnet("one", "10.1.0.0/24", route_table="rt-one"), peering("hub")),
        gateway("gw", "hub", "192.168.0.0/16"),
        nic("nva1", NVA1, "hub/nva1", forwarding=True),
        nic("a", "10.1.0.4", "one/one"),
        INWARD,
        through("rt-one", ("0.0.0.0/0", NVA1)),
    )
    assert verdict(estate, OFFICE, "a") == ("Reachable", ["behind gw", "GatewaySubnet", "nva1", "a"])
    assert verdict(estate, "a", OFFICE) == ("Reachable", ["a", "nva1", "gw"])
    assert reached(estate, "OnPremises")["on premises behind gw", "a"] == "Reaches"


# --- network managers ---


def managed(*more: Resource, topology: Topology = Topology.HUB_AND_SPOKE, **flags: bool) -> Snapshot:
    """A hub with a gateway and an appliance, spokes s1 and s2 in its region, s3 in another. In a hub-and-spoke topology
    the spokes are one group; in a mesh the hub belongs to it."""
    tables = {found.name for found in more if isinstance(found, RouteTable)}

    def spoke(number: int, region: str) -> tuple[Resource, ...]:
        name = f"rt-s{number}"
        place = subnet("s", f"10.{number}.0.0/24", route_table=name if name in tables else None)
        interface = nic(f"n{number}", f"10.{number}.0.4", f"s{number}/s")
        return vnet(f"s{number}", f"10.{number}.0.0/16", place, location=region), interface

    return snapshot(
        vnet(
            "hub",
            "10.0.0.0/16",
            subnet("GatewaySubnet", "10.0.0.0/24"),
            subnet("nva1", "10.0.1.0/24"),
            location="westeurope",
        ),
        *spoke(1, "westeurope"),
        *spoke(2, "westeurope"),
        *spoke(3, "northeurope"),
        gateway("gw", "hub", "192.168.0.0/16"),
        nic("nva1", NVA1, "hub/nva1", forwarding=True),
        _manager(topology, flags),
        *more,
    )


def _manager(topology: Topology, flags: dict[str, bool]) -> NetworkManager:
    members = group("members", "s1", "s2", "s3", *(["hub"] if topology is Topology.MESH else []))
    named = reference("networkGroups", "members")
    if topology is Topology.MESH:
        found = connectivity("c", ConnectivityGroup(named), topology=topology)
        return manager("m", members, replace(found, is_global=flags.get("is_global", False)))
    return manager("m", members, connectivity("c", ConnectivityGroup(named, **flags), topology=topology, hubs=("hub",)))


def hop_types(estate: Snapshot, source: str, destinations: str) -> dict[str, str | None]:
    answer = next_hop(estate, destinations, nic=source)
    return {", ".join(part.destinations): part.hops[0].next_hop_type for part in answer.parts}


def test_a_managed_hub_and_spoke_without_direct_connectivity() -> None:
    """Peerings between hub and spokes, in either region; between spokes nothing, so 10.0.0.0/8 leads to nowhere."""
    estate = managed(use_hub_gateway=True)
    assert hop_types(estate, "n1", "10.0.0.0/8") == {
        "10.0.0.0/16": "VirtualNetworkPeering",
        "10.1.0.0/16": "VirtualNetwork",
        "10.2.0.0-10.255.255.255": "None",
    }
    assert hop_types(estate, "n3", "10.0.0.4") == {"10.0.0.4": "VirtualNetworkPeering"}
    assert hop_types(estate, "n1", OFFICE) == {OFFICE: "VirtualNetworkGateway"}
    assert verdict(estate, "n1", "n2") == ("Unreachable", ["the next hop is None"])
    answer = connect(estate, "n1", "n2")
    assert answer.groups[0].help == "connect s1 with s2, or route the destinations through nva1"
    assert verdict(estate, OFFICE, "n3") == ("Reachable", ["behind gw", "GatewaySubnet", "n3"])
    assert reached(estate, "vnet:s1", "vnet:s2") == {}
    assert set(reached(estate, "OnPremises").values()) == {"Reaches"}


def test_managed_spokes_that_do_not_use_the_gateway_are_not_reached_from_on_premises() -> None:
    estate = managed()
    assert verdict(estate, OFFICE, "n1") == ("Unreachable", ["s1 does not use the gateway gw"])
    assert reached(estate, "OnPremises") == {("on premises behind gw", "nva1"): "Reaches"}


@pytest.mark.parametrize(("is_global", "third"), [(False, None), (True, "Reaches")])
def test_direct_connectivity_connects_spokes_of_a_region_or_of_all(is_global: bool, third: str | None) -> None:
    estate = managed(is_direct=True, is_global=is_global)
    assert hop_types(estate, "n1", "10.2.0.4") == {"10.2.0.4": "ConnectedGroup"}
    assert hop_types(estate, "n1", "10.3.0.4") == {"10.3.0.4": "ConnectedGroup" if is_global else "None"}
    pairs = reached(estate)
    assert (pairs["n1", "n2"], pairs["n2", "n1"]) == ("Reaches", "Reaches")
    assert {pairs.get(pair) for pair in (("n1", "n3"), ("n3", "n1"), ("n2", "n3"), ("n3", "n2"))} == {third}


def test_a_global_mesh_has_no_gateway_transit() -> None:
    """All four networks reach one another; only peerings hand on the routes of a gateway."""
    estate = managed(topology=Topology.MESH, is_global=True)
    assert hop_types(estate, "n1", "10.0.0.0/8") == {
        "10.0.0.0/16, 10.2.0.0/15": "ConnectedGroup",
        "10.1.0.0/16": "VirtualNetwork",
        "10.4.0.0-10.255.255.255": "None",
    }
    assert hop_types(estate, "n1", OFFICE) == {OFFICE: "None"}
    pairs = reached(estate)
    members = ("nva1", "n1", "n2", "n3")
    assert all(pairs[one, other] == "Reaches" for one in members for other in members if one != other)
    assert [pair for pair in pairs if pair[0].startswith("on premises")] == [("on premises behind gw", "nva1")]


TRANSIT = (
    through("rt-s1", ("10.2.0.0/16", NVA1), ("10.3.0.0/16", NVA1)),
    through("rt-s2", ("10.1.0.0/16", NVA1)),
    through("rt-s3", ("10.1.0.0/16", NVA1)),
)
WIDE = tuple(through(f"rt-s{number}", ("10.0.0.0/8", NVA1)) for number in (1, 2, 3))


@pytest.mark.parametrize("is_direct", [False, True])
def test_transit_through_the_hub_by_routes_of_the_prefixes_of_spokes(is_direct: bool) -> None:
    """Of one prefix the user's route comes before that of a connected group. Between s2 and s3 there is none."""
    estate = managed(*TRANSIT, is_direct=is_direct)
    assert verdict(estate, "n1", "n2") == ("Reachable", ["n1", "nva1", "n2"])
    assert verdict(estate, "n3", "n1") == ("Reachable", ["n3", "nva1", "n1"])
    assert verdict(estate, "n2", "n3") == ("Unreachable", ["the next hop is None"])


def test_transit_through_the_hub_by_a_wide_route() -> None:
    """A connected group's /16 is more specific than 10.0.0.0/8; what it does not connect goes by the appliance."""
    assert verdict(managed(*WIDE), "n1", "n2") == ("Reachable", ["n1", "nva1", "n2"])
    direct = managed(*WIDE, is_direct=True)
    assert verdict(direct, "n1", "n2") == ("Reachable", ["n1", "n2"])
    assert verdict(direct, "n1", "n3") == ("Reachable", ["n1", "nva1", "n3"])
    assert set(reached(direct, "vnet:s1", "vnet:s3").values()) == {"Reaches"}


def test_the_example_of_a_managed_hub_and_spoke() -> None:
    """Routes of the configuration are committed to westeurope only. There, 10.2.0.0/16 of the connected group is more
    specific than the default route, and 192.168.0.0/16 comes before the gateway's. In northeurope nothing leads to
    10.1.0.0/16, so replies to what the firewall lets through are lost."""
    answer = nwpolicy.reach(nwpolicy.load(str(ROOT / "rules-examples" / "managed-hub-and-spoke")), protocol="tcp")
    names = {party.id: party.name.removeprefix("nic-") for party in answer.parties}
    found = {
        (names[entry.source], names[one]): (entry.state.value, *entry.via, entry.reply.state.value)
        for entry in answer
        for one in entry.destinations
    }
    office = "on premises behind vpn-office"
    direct, by_firewall = ("Reaches", "Returns"), ("nic-firewall", "Asymmetric")
    assert found["orders", "billing"] == found["billing", "orders"] == direct
    assert found["orders", "archive"] == ("NoReply", "nic-firewall", "Lost")
    assert ("archive", "orders") not in found
    assert found["orders", office] == ("NoReply", *by_firewall)
    assert found[office, "orders"] == ("NoReply", "Asymmetric")
    assert found["archive", office] == found[office, "archive"] == direct
    assert found["orders", "Internet"] == ("Reaches", "nic-firewall", "Returns")


# --- forced tunnelling ---


def tunnelled(*routes: RouteTable, services: tuple[str, ...] = ()) -> Snapshot:
    """One network with a gateway that announces a default route, and a web server with a public address."""
    table = routes[0].name if routes else None
    return snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("GatewaySubnet", "10.0.255.0/27"),
            subnet("s", "10.0.0.0/24", nsg="g", route_table=table, service_endpoints=services),
        ),
        gateway("gw", "v", "0.0.0.0/0", "192.168.0.0/16"),
        nsg("g", rule("web", 100, ALLOW, "Internet", "*", "443")),
        public_ip("pip", "Standard"),
        nic("a", "10.0.0.4", "v/s", public_ip="pip"),
        catalogue(Storage=("20.60.16.0/24",)),
        *routes,
    )


def test_a_gateways_default_route_takes_all_but_reserved_blocks_and_azures_own() -> None:
    estate = tunnelled(services=("Microsoft.Storage",))
    wanted = {"8.8.8.8": "VirtualNetworkGateway", "10.200.0.1": "None", "192.168.0.1": "VirtualNetworkGateway"}
    wanted |= {"20.60.16.5": "VirtualNetworkServiceEndpoint", "168.63.129.16": "Internet"}
    assert {dest: next_hop(estate, dest, nic="a").next_hop_type for dest in wanted} == wanted
    assert causes(connect(estate, "Internet", "a")) == ["replies do not come back: the gateway gw takes it"]
    out = connect(estate, "a", "8.8.8.8")
    assert out.paths[0].warnings == ("whether what is behind gw sends it on is not known",)
    assert connect(estate, "a", OFFICE).paths[0].warnings == ()


def test_a_users_default_route_to_the_internet_ends_forced_tunnelling() -> None:
    """Of one prefix the user's comes first; the sites' own prefixes stay with the gateway."""
    estate = tunnelled(route_table("rt", route("out", "0.0.0.0/0", INTERNET)))
    assert next_hop(estate, "8.8.8.8", nic="a").next_hop_type == "Internet"
    assert next_hop(estate, OFFICE, nic="a").next_hop_type == "VirtualNetworkGateway"
    assert connect(estate, "Internet", "a").connection_status == "Reachable"


def test_a_users_route_to_some_of_the_internet_lets_in_those_clients() -> None:
    estate = tunnelled(route_table("rt", route("some", "8.8.8.0/24", INTERNET)))
    fates = {text: g.result.value for g in connect(estate, "Internet", "a").groups for text in g.texts}
    assert fates == {
        "tcp 8.8.8.0/24 → a:443": "Through",
        "tcp Internet except 8.8.8.0/24 → a:443": "Stopped",
    }


def test_without_propagation_a_gateways_default_route_does_not_count() -> None:
    estate = tunnelled(route_table("rt", disable_bgp=True))
    assert next_hop(estate, "8.8.8.8", nic="a").next_hop_type == "Internet"
    assert next_hop(estate, OFFICE, nic="a").next_hop_type == "None"
    assert connect(estate, "Internet", "a").connection_status == "Reachable"


def test_a_users_default_route_to_the_gateway_takes_reserved_blocks_too() -> None:
    """By assumption a default route of the user takes the routes of reserved blocks away whatever its next hop."""
    answer = next_hop(tunnelled(route_table("rt", route("all", "0.0.0.0/0", GATEWAY))), "10.200.0.1", nic="a")
    assert (answer.next_hop_type, answer.route_table_id) == ("VirtualNetworkGateway", "rt")
    assert [used.name for used in answer.assumptions] == ["default-route-reserved-blocks"]


# --- service endpoints and service tags ---

TAGS = catalogue(Storage=("20.38.98.0/24", "20.60.16.0/24"), Storage_EastUS=("20.60.16.0/24",))
DIRECT = ("VirtualNetworkServiceEndpoint", "")


@pytest.mark.parametrize(
    ("prefix", "assumed", "otherwise"),
    [
        pytest.param("0.0.0.0/0", False, DIRECT, id="a default route never takes it"),
        pytest.param("20.60.0.0/16", False, DIRECT, id="nor does a shorter prefix"),
        pytest.param("Storage", True, ("VirtualAppliance", "10.0.9.1"), id="the very prefix, by its tag"),
        pytest.param("20.60.16.0/25", True, ("VirtualAppliance", "10.0.9.1"), id="a longer prefix"),
    ],
)
def test_a_service_endpoint_against_a_users_route(prefix: str, assumed: bool, otherwise: tuple[str, str]) -> None:
    """The endpoint's route has the prefixes of the tag. That it comes before routes as long or longer is assumed."""
    estate = snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("s", "10.0.0.0/24", route_table="rt", service_endpoints=("Microsoft.Storage",)),
            subnet("n", "10.0.9.0/24"),
        ),
        through("rt", (prefix, "10.0.9.1")),
        TAGS,
        nic("a", "10.0.0.4", "v/s"),
        nic("nva", "10.0.9.1", "v/n", forwarding=True),
    )
    answer = next_hop(estate, "20.60.16.5", nic="a")
    assert (answer.next_hop_type, answer.next_hop_ip_address) == DIRECT
    assert ("service-endpoint-udr" in {used.name for used in answer.assumptions}) is assumed
    longest = {"service-endpoint-udr": "longest-prefix"}
    answer = next_hop(estate, "20.60.16.5", nic="a", assume=longest)
    assert (answer.next_hop_type, answer.next_hop_ip_address) == otherwise
    found = connect(estate, "a", "20.60.16.5")
    assert (found.connection_status, found.paths[0].end.kind, stops(found)[0]) == ("Reachable", "platform", "a")
    passed = stops(connect(estate, "a", "20.60.16.5", assume=longest))
    assert ("nva" in passed) is (otherwise != DIRECT)


def test_tags_of_a_region_and_of_a_service_and_an_explicit_prefix() -> None:
    """Of the tag's two prefixes the region's tag has one, which an explicit route has too."""
    hops = {"Storage": "10.0.9.1", "Storage.EastUS": "10.0.9.2", "20.60.16.0/24": "10.0.9.3"}

    def taken(*destinations: str) -> dict[str, str | None]:
        estate = snapshot(
            vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", route_table="rt")),
            through("rt", *((prefix, hops[prefix]) for prefix in destinations)),
            TAGS,
            nic("a", "10.0.0.4", "v/s"),
        )
        parts = next_hop(estate, "Storage", nic="a").parts
        return {prefix: part.hops[0].next_hop_ip_address for part in parts for prefix in part.destinations}

    assert taken("Storage", "Storage.EastUS") == {"20.38.98.0/24": "10.0.9.1", "20.60.16.0/24": "10.0.9.2"}
    assert taken(*hops) == {"20.38.98.0/24": "10.0.9.1", "20.60.16.0/24": "10.0.9.3"}


# --- both families ---

NVA6 = "fd00:db8:1:9::1"


def dual(out: RouteTable | None = None, back: RouteTable | None = None) -> Snapshot:
    """Two peered networks of both families, a machine in each, and an appliance with both addresses in the first."""
    tables = [found for found in (out, back) if found is not None]
    return snapshot(
        vnet(
            "v",
            ("10.0.0.0/16", "fd00:db8:1::/48"),
            subnet("s", "10.0.0.0/24", "fd00:db8:1:1::/64", route_table=out.name if out else None),
            subnet("n", "10.0.9.0/24", "fd00:db8:1:9::/64"),
            peering("w"),
        ),
        vnet(
            "w",
            ("10.1.0.0/16", "fd00:db8:2::/48"),
            subnet("w", "10.1.0.0/24", "fd00:db8:2:1::/64", route_table=back.name if back else None),
            peering("v"),
        ),
        _both(nic("nva", "10.0.9.1", "v/n", forwarding=True), nic("", NVA6, "v/n")),
        _both(nic("a", "10.0.0.4", "v/s"), nic("", "fd00:db8:1:1::4", "v/s")),
        _both(nic("b", "10.1.0.4", "w/w"), nic("", "fd00:db8:2:1::4", "w/w")),
        *tables,
    )


def _both(one: NetworkInterface, other: NetworkInterface) -> NetworkInterface:
    """An interface with the configurations of two."""
    return replace(one, ip_configurations=(*one.ip_configurations, *other.ip_configurations))


@pytest.mark.parametrize(
    ("prefix", "hop", "v4", "v6"),
    [("0.0.0.0/0", "10.0.9.1", "VirtualAppliance", "Internet"), ("::/0", NVA6, "Internet", "VirtualAppliance")],
)
def test_a_default_route_is_of_one_family(prefix: str, hop: str, v4: str, v6: str) -> None:
    """IPv6 has no reserved blocks: what is in no network goes by ::/0."""
    estate = dual(route_table("rt", to(prefix, hop)))
    assert next_hop(estate, "8.8.8.8", nic="a").next_hop_type == v4
    assert next_hop(estate, "2001:db8::1", nic="a").next_hop_type == v6
    assert next_hop(estate, "fd00:db8:9::1", nic="a").next_hop_type == v6
    assert next_hop(estate, "fd00:db8:2:1::4", nic="a").next_hop_type == "VirtualNetworkPeering"
    assert next_hop(estate, "fd00:db8:1:9::9", nic="a").next_hop_type == "VirtualNetwork"


def test_replies_of_one_family_by_an_appliance_break_that_family_only() -> None:
    estate = dual(back=through("rt", ("fd00:db8:1::/48", NVA6)))
    fates = {text: g.result.value for g in connect(estate, "a", "b").groups for text in g.texts}
    assert fates == {"tcp a → b:443 over IPv4": "Through", "tcp a → b:443 over IPv6": "Stopped"}
    pairs = reached(estate, "a", "b")
    assert pairs == {
        ("a 10.0.0.4", "b 10.1.0.4"): "Reaches",
        ("a fd00:db8:1:1::4", "b fd00:db8:2:1::4"): "NoReply",
    }


def test_a_way_of_one_family_has_replies_of_that_family_only() -> None:
    """IPv4 goes by the peering, IPv6 by the appliance, and each comes back as it went."""
    to_w, to_v = through("out", ("fd00:db8:2::/48", NVA6)), through("back", ("fd00:db8:1::/48", NVA6))
    answer = connect(dual(to_w, to_v), "a", "b")
    assert answer.connection_status == "Reachable"
    assert [path.sources for path in answer.paths] == [("10.0.0.4",), ("fd00:db8:1:1::4",)]
    assert [reply.fault for path in answer.paths for reply in path.replies] == [None, None]


# --- appliances behind load balancers ---

BEHIND = (
    nic("fw1", "10.0.1.11", "hub/nva1", forwarding=True, load_balancers=["lb", "other"]),
    nic("fw2", "10.0.1.12", "hub/nva1", forwarding=True, load_balancers=["lb", "other"]),
    load_balancer("lb", "Standard", is_public=False, frontend=("10.0.1.100", "hub/nva1")),
    load_balancer("other", "Standard", is_public=False, frontend=("10.0.1.101", "hub/nva1")),
)


@pytest.mark.parametrize(
    ("out", "back", "result"),
    [
        pytest.param(
            "10.0.1.100", "10.0.1.100", "Reachable", id="a load balancer chooses the same for both directions"
        ),
        pytest.param("10.0.1.100", "10.0.1.11", "Depends", id="it may have chosen the one that replies pass"),
        pytest.param("10.0.1.11", "10.0.1.100", "Depends", id="it may choose the one that the request passed"),
        pytest.param("10.0.1.100", "10.0.1.101", "Depends", id="two load balancers choose each for itself"),
        pytest.param("10.0.1.11", "10.0.1.12", "Unreachable", id="without load balancers both are known"),
    ],
)
def test_which_of_several_appliances_see_both_directions(out: str, back: str, result: str) -> None:
    """Deploy highly available network virtual appliances: replies have to pass the appliance that has seen the
    request; the load balancer of an internal frontend sends both directions of a flow to one."""
    estate = hub_and_spokes(through("rt-one", ("10.2.0.0/16", out)), through("rt-two", ("10.1.0.0/16", back)), *BEHIND)
    assert connect(estate, "a", "b").verdict == result
    states = {"Reachable": "Reaches", "Depends": "MayReach", "Unreachable": "NoReply"}
    assert reached(estate, "a", "b") == {("a", "b"): states[result]}
