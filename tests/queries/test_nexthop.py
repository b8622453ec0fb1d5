"""Next hops of whole sets of destinations, and what they depend on."""

from __future__ import annotations

from dataclasses import replace

from nwpolicy.model.routes import Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.queries.nexthop import HopVerdict, NextHopAnswer, next_hop
from nwpolicy.reports.routing import next_hop_lines
from nwpolicy.reports.screen import render
from tests.builders import SOURCE, catalogue, nic, route, route_table, snapshot, subnet, vnet
from tests.routed import APPLIANCE, INTERNET

FLAG = Unknown("flag", UnknownKind.CONDITION, "the file leaves it open", SOURCE)


def estate(*routes: Route, services: tuple[str, ...] = (), space: tuple[str, ...] = ("10.0.0.0/16",)) -> Snapshot:
    return snapshot(
        vnet("v", space, subnet("s", "10.0.0.0/24", route_table="rt", service_endpoints=services)),
        nic("a", "10.0.0.4", "v/s"),
        route_table("rt", *routes),
        catalogue(Storage=("20.60.16.0/24", "2603:1020::/40")),
    )


def hops(answer: NextHopAnswer) -> dict[str, list[str | None]]:
    return {", ".join(part.destinations): [hop.next_hop_type for hop in part.hops] for part in answer.parts}


def test_one_next_hop_by_one_of_two_routes_is_one_next_hop() -> None:
    """What is not known decides about the route table only."""
    perhaps = replace(route("out", "0.0.0.0/0", INTERNET), condition=FLAG)
    answer = next_hop(estate(perhaps), "8.8.8.8", nic="a")
    assert (answer.verdict, answer.next_hop_type, answer.next_hop_ip_address) == (HopVerdict.UNIFORM, "Internet", "")
    assert answer.route_table_id is None
    (part,) = answer.parts
    assert [taken.kind for taken in part.routes] == ["user-defined route", "default route"]
    assert [unknown.name for unknown in part.depends_on] == ["flag"]
    text = render(next_hop_lines(answer), color=False)
    assert "the route depends on flag" in text
    assert "Internet or Internet" not in text


def test_two_next_hops_of_one_type_are_two() -> None:
    perhaps = replace(route("other", "8.8.8.0/24", APPLIANCE, "10.0.9.2"), condition=FLAG)
    always = route("out", "0.0.0.0/0", APPLIANCE, "10.0.9.1")
    answer = next_hop(estate(perhaps, always), "8.8.8.8", nic="a")
    assert (answer.verdict, answer.next_hop_type) == (HopVerdict.DEPENDS, None)
    assert [hop.next_hop_ip_address for hop in answer.parts[0].hops] == ["10.0.9.2", "10.0.9.1"]
    assert {hop.route_table_id for hop in answer.parts[0].hops} == {"rt"}


def test_prefixes_of_service_tags_give_a_network_no_family_that_it_lacks() -> None:
    """Overview of IPv6 for Azure Virtual Network: IPv6 only where the virtual network has IPv6 address space."""
    assert not any(":" in part for part in hops(next_hop(estate(services=("Microsoft.Storage",)), nic="a")))
    to_tag = estate(route("storage", "Storage", APPLIANCE, "10.0.9.1"))
    assert hops(next_hop(to_tag, "Storage", nic="a")) == {"20.60.16.0/24": ["VirtualAppliance"]}
    both = estate(services=("Microsoft.Storage",), space=("10.0.0.0/16", "fd00:db8::/48"))
    assert hops(next_hop(both, "Storage", nic="a")) == {
        "20.60.16.0/24, 2603:1020::/40": ["VirtualNetworkServiceEndpoint"]
    }


def test_an_address_of_a_family_that_the_network_lacks_has_no_route() -> None:
    answer = next_hop(estate(), "2001:db8::1", nic="a")
    assert (answer.next_hop_type, answer.rule) == ("None", "no route covers the address")
