"""What a user-defined route does: which addresses take it, and which would go elsewhere without it."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing.effects import Effect, effect_of
from nwpolicy.azure.routing.written import written_routes
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.routes import Route
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from tests.builders import (
    group,
    manager,
    nic,
    route,
    route_table,
    routing,
    routing_rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.routed import APPLIANCE, FIREWALL, INTERNET, NOWHERE, routing_example, table


def effect(estate: Snapshot, name: str, nic: str | None = None) -> Effect:
    effective = table(estate, nic)
    written = written_routes(estate, effective, Assumptions())
    (candidate,) = (found.candidate for found in written if found.definition.name == name)
    return effect_of(effective, candidate, Assumptions())


def lone(*routes: Route) -> Snapshot:
    found = route_table("rt", *routes)
    near = subnet("web", "10.0.0.0/24", route_table="rt")
    return snapshot(vnet("vnet", "10.0.0.0/16", near), found, nic("nic", "10.0.0.4", "vnet/web"))


def test_the_routes_of_the_documented_example_all_change_something() -> None:
    """Microsoft Learn, Virtual network traffic routing, "Routing example": the table of Subnet1."""
    estate = routing_example()
    assert effect(estate, "to-VNet2-1", "nic1").changed == AddressSet.parse("10.1.0.0/16")
    within = effect(estate, "within-VNet1", "nic1")
    assert within.taken == AddressSet.parse("10.0.0.0/16") - AddressSet.parse("10.0.0.0/24")
    default = effect(estate, "default-nva", "nic1")
    assert AddressSet.parse("8.8.8.8") | AddressSet.parse("10.200.0.1") <= default.changed
    assert default.taken.isdisjoint(AddressSet.parse("20.38.98.0/24"))  # the service endpoint


def test_a_route_may_change_more_than_what_takes_it() -> None:
    """Microsoft Learn, Virtual network traffic routing: 0.0.0.0/0 takes the routes of reserved blocks away, after which
    wider routes of the user come to be taken there."""
    estate = lone(
        route("default", "0.0.0.0/0", APPLIANCE, FIREWALL),
        route("low", "0.0.0.0/1", INTERNET),
        route("high", "128.0.0.0/1", INTERNET),
    )
    found = effect(estate, "default")
    assert found.taken == NO_ADDRESS
    assert AddressSet.parse("172.16.0.0/12") | AddressSet.parse("10.9.0.0/16") <= found.changed


def test_an_unknown_has_one_value_with_the_route_and_without_it() -> None:
    """Either route is there if the parameter says so: then one of them is enough, else there is none."""
    deployed = unknown("deployed", UnknownKind.CONDITION)
    estate = lone(
        route("wide", "172.16.0.0/12", NOWHERE, condition=deployed),
        route("narrow", "172.16.1.0/24", NOWHERE, condition=deployed),
    )
    assert effect(estate, "narrow").changed == NO_ADDRESS
    other = lone(
        route("wide", "172.16.0.0/12", APPLIANCE, FIREWALL, condition=deployed),
        route("narrow", "172.16.1.0/24", APPLIANCE, FIREWALL, condition=unknown("other", UnknownKind.CONDITION)),
    )
    assert effect(other, "narrow").changed == AddressSet.parse("172.16.1.0/24")


def test_routes_of_a_network_manager_are_found_with_their_rules() -> None:
    rule = routing_rule("mine", "172.16.0.0/12", APPLIANCE, FIREWALL)
    managed = manager("vnm", group("all", "vnet"), routing("rc", "all", unknown("more", UnknownKind.RULES), rule))
    estate = snapshot(*lone(route("theirs", "192.168.0.0/16", NOWHERE)).resources, managed)
    found = written_routes(estate, table(estate), Assumptions())
    assert [(entry.definition.name, entry.candidate.name) for entry in found] == [
        ("theirs", "theirs"),
        ("mine", "mine"),
    ]
