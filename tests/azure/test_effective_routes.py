"""What is not known of routes: it decides openly, or does not matter; and what answers rest on is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing import effective_table, find_route_subject
from nwpolicy.azure.subjects import SubjectError
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import VirtualNetworkPeering
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from tests.builders import (
    catalogue,
    connection,
    gateway,
    nic,
    peering,
    private_endpoint,
    route,
    route_table,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.routed import APPLIANCE, FIREWALL, NOWHERE, chosen, hops, listed, table

NVA = f"VirtualAppliance {FIREWALL}"
PARAMETER = unknown("prefix", UnknownKind.ADDRESS)


def estate(
    *routes: Route | Unknown,
    peers: tuple[VirtualNetworkPeering, ...] = (),
    services: tuple[str, ...] = (),
    disable_bgp: bool | Unknown = False,
    more: tuple[Resource, ...] = (),
) -> Snapshot:
    return snapshot(
        vnet(
            "vnet",
            "10.0.0.0/16",
            subnet("web", "10.0.0.0/24", route_table="rt", service_endpoints=services),
            *peers,
        ),
        route_table("rt", *routes, disable_bgp=disable_bgp),
        nic("nic-web", "10.0.0.4", "vnet/web"),
        *more,
    )


def decides(found: Snapshot, dest: str) -> list[str]:
    return [u.name for u in chosen(found, dest).unknowns]


# --- user-defined routes ---


def test_a_route_table_that_the_input_lacks_may_send_anything_anywhere() -> None:
    found = snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24", route_table="elsewhere")),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    for dest in ("10.0.0.9", "8.8.8.8", "192.168.0.1"):
        assert decides(found, dest) == ["routes of elsewhere"]
    assert hops(found, "168.63.129.16") == ["Internet"]


def test_a_route_that_may_not_be_deployed_decides_where_it_would_be_taken() -> None:
    maybe = route("maybe", "10.0.0.0/24", APPLIANCE, FIREWALL, condition=unknown("deploy", UnknownKind.CONDITION))
    found = estate(maybe)
    assert (hops(found, "10.0.0.9"), decides(found, "10.0.0.9")) == ([NVA, "VnetLocal"], ["deploy"])
    assert (hops(found, "10.0.9.9"), decides(found, "10.0.9.9")) == (["VnetLocal"], [])


def test_an_unknown_that_leads_to_the_same_next_hop_does_not_decide() -> None:
    maybe = route("maybe", "192.168.7.0/24", NOWHERE, condition=unknown("deploy", UnknownKind.CONDITION))
    same = replace(maybe, next_hop_type=APPLIANCE, next_hop_ip_addresses=())
    sure = route("sure", "10.1.0.0/16", APPLIANCE, FIREWALL)
    narrow = route("narrow", "10.1.1.0/24", APPLIANCE, FIREWALL, condition=unknown("deploy", UnknownKind.CONDITION))
    assert decides(estate(sure, narrow), "10.1.1.1") == []
    assert decides(estate(same), "192.168.7.7") == ["deploy"]


def test_a_default_route_that_may_not_be_deployed_decides_about_the_reserved_blocks() -> None:
    maybe = route("maybe", "0.0.0.0/0", APPLIANCE, FIREWALL, condition=unknown("deploy", UnknownKind.CONDITION))
    found = estate(maybe)
    assert (hops(found, "10.200.0.1"), decides(found, "10.200.0.1")) == ([NVA, "None"], ["deploy"])
    assert ("Default", "Depends", "10.0.0.0/8", "None") in listed(found)


def test_a_prefix_that_is_not_known_decides_everywhere_but_where_nothing_can_be_more_specific() -> None:
    found = estate(route("open", PARAMETER, APPLIANCE, "10.0.9.9"), route("own", "10.0.0.9/32", APPLIANCE, FIREWALL))
    assert hops(found, "10.0.0.9") == [NVA]
    assert (hops(found, "8.8.8.8"), decides(found, "8.8.8.8")) == (
        ["VirtualAppliance 10.0.9.9", "Internet"],
        ["prefix"],
    )
    assert decides(found, "168.63.129.16") == []


def test_a_next_hop_type_that_is_not_known() -> None:
    found = estate(route("open", "0.0.0.0/0", unknown("hop", UnknownKind.TEXT)))
    (entry,) = chosen(found, "8.8.8.8").entries
    assert entry is not None
    assert isinstance(entry.candidate.hop, Unknown)
    assert entry.candidate.hop.name == "hop"


# --- service tags and endpoints ---


def test_a_service_tag_without_a_file_decides_about_public_addresses() -> None:
    found = estate(route("tag", "Storage", APPLIANCE, FIREWALL))
    assert decides(found, "20.60.0.1") == ["service tag Storage"]
    assert hops(found, "10.0.0.9") == ["VnetLocal"]
    assert chosen(found, "10.0.0.9").assumptions == ("service-tag-addresses",)


def test_a_service_endpoint_without_a_file_decides_about_public_addresses() -> None:
    found = estate(services=("Microsoft.Storage",))
    assert hops(found, "20.60.0.1") == ["VirtualNetworkServiceEndpoint", "Internet"]
    assert hops(found, "192.168.0.1") == ["None"]


def test_a_service_that_is_not_documented_is_not_dropped() -> None:
    found = estate(services=("Microsoft.Novelty",), more=(catalogue(Storage=("20.60.0.0/16",)),))
    assert decides(found, "8.8.8.8") == ["prefixes of Microsoft.Novelty"]


# --- peerings and gateways ---


def test_a_peer_of_which_the_prefixes_are_not_known_lies_outside_known_networks() -> None:
    """Networks that are peered do not overlap; that theirs are private is the assumption `unknown-route-prefixes`."""
    found = estate(peers=(peering("far"), peering("near", "10.1.0.0/16")))
    assert hops(found, "10.0.0.9") == ["VnetLocal"]
    assert decides(found, "10.2.0.1") == ["address space of far"]
    assert hops(found, "8.8.8.8") == ["Internet"]
    assert chosen(found, "8.8.8.8").assumptions == ("unknown-route-prefixes",)
    assert hops(found, "8.8.8.8", assume={"unknown-route-prefixes": "any"}) == ["VNetPeering", "Internet"]


def test_a_gateway_of_which_the_prefixes_are_not_known_never_touches_the_network() -> None:
    """Microsoft Learn, Virtual network traffic routing, "How Azure selects a route": system routes for traffic within
    the virtual network are preferred."""
    found = estate(more=(gateway("er", "vnet"),))
    assert hops(found, "10.0.0.9") == ["VnetLocal"]
    assert hops(found, "192.168.3.4") == ["VirtualNetworkGateway", "None"]
    assert decides(found, "192.168.3.4") == ["prefixes behind er"]


def test_a_gateway_that_may_learn_what_the_user_replaced() -> None:
    found = estate(route("inspect", "10.0.0.0/16", APPLIANCE, FIREWALL), more=(gateway("er", "vnet"),))
    assert hops(found, "10.0.0.9") == ["VirtualNetworkGateway", NVA]
    open_ = estate(route("open", PARAMETER, APPLIANCE, FIREWALL), more=(gateway("er", "vnet"),))
    assert set(hops(open_, "10.0.0.9")) == {"VirtualNetworkGateway", NVA, "VnetLocal"}


def test_propagation_that_is_not_known_decides() -> None:
    off = unknown("disableBgp", UnknownKind.CONDITION)
    found = estate(disable_bgp=off, more=(gateway("er", "vnet", "192.168.0.0/16"),))
    assert hops(found, "192.168.3.4") == ["VirtualNetworkGateway", "None"]


@pytest.mark.parametrize(("choice", "hop"), [("connected", "VNetPeering"), ("disconnected", "None")])
def test_a_peering_without_its_other_side(choice: str, hop: str) -> None:
    found = estate(peers=(peering("hub"),), more=(vnet("hub", "10.1.0.0/16"),))
    assert hops(found, "10.1.0.4", assume={"one-sided-peering": choice}) == [hop]
    assert chosen(found, "10.1.0.4").assumptions == ("one-sided-peering",)
    assert chosen(found, "10.0.0.9").assumptions == ()


def test_a_site_that_the_input_lacks() -> None:
    found = estate(more=(gateway("vpn", "vnet"), connection("link", "vpn", "office")))
    assert decides(found, "192.168.3.4") == ["address space of office"]


def test_a_peering_of_subnets_of_which_the_names_are_not_known() -> None:
    some = peering("far", complete=False)
    found = estate(peers=(some,), more=(vnet("far", "10.1.0.0/16", peering("vnet")),))
    assert set(hops(found, "10.1.0.4")) == {"VNetPeering", "None"}
    assert hops(found, "10.2.0.4") == ["None"]


# --- private endpoints ---


def test_a_private_endpoint_of_which_the_address_is_not_known_is_in_its_subnet() -> None:
    pe = replace(private_endpoint("pe", "vnet/web", "10.0.0.5"), ip_addresses=())
    found = estate(more=(pe,))
    assert hops(found, "10.0.0.9") == ["InterfaceEndpoint", "VnetLocal"]
    assert hops(found, "10.0.1.9") == ["VnetLocal"]


def test_policies_that_are_not_known_decide_where_a_route_could_count() -> None:
    policies = unknown("policies", UnknownKind.TEXT)
    found = snapshot(
        vnet(
            "vnet",
            "10.0.0.0/16",
            subnet("web", "10.0.0.0/24", route_table="rt"),
            subnet("endpoints", "10.0.1.0/24", endpoint_policies=policies),
        ),
        private_endpoint("pe", "vnet/endpoints", "10.0.1.5"),
        route_table("rt", route("inspect", "10.0.0.0/16", APPLIANCE, FIREWALL)),
        nic("nic-web", "10.0.0.4", "vnet/web"),
    )
    assert set(hops(found, "10.0.1.5")) == {"InterfaceEndpoint", NVA}
    assert decides(found, "10.0.1.5") == ["route tables apply to pe"]


# --- places ---


def test_a_network_that_the_input_lacks() -> None:
    found = snapshot(nic("nic-web", "10.0.0.4", "gone/web"))
    assert decides(found, "8.8.8.8") == ["routes of the virtual network"]


def test_a_subnet_has_routes_without_any_interface() -> None:
    found = estate(route("default", "0.0.0.0/0", APPLIANCE, FIREWALL))
    place = find_route_subject(found, subnet="web")
    assert place.kind == "subnet"
    part = effective_table(found, place, Assumptions()).partition(AddressSet.parse("8.8.8.0/24"))
    assert [str(p.addresses) for p in part] == ["8.8.8.0/24"]


def test_without_an_interface_a_place_has_to_be_named() -> None:
    found = snapshot(vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.0.0/24")))
    with pytest.raises(SubjectError):
        find_route_subject(found)


def test_parts_that_depend_are_apart_from_those_that_do_not() -> None:
    found = estate(more=(gateway("er", "vnet"),))
    parts = table(found).partition(AddressSet.parse("192.168.0.0/15"))
    assert {str(part.addresses): len(part.selection.entries) for part in parts} == {
        "192.168.0.0/16": 2,
        "192.169.0.0/16": 1,
    }
