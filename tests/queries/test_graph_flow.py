"""The way of a flow on the nodes of the topology: it says what troubleshoot says."""

from __future__ import annotations

import pytest

from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import NextHopType
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.graph import graph
from nwpolicy.queries.graph_answer import GraphAnswer, StepState
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import PathVerdict
from tests.builders import (
    ALLOW,
    DENY,
    OUT,
    connection,
    gateway,
    nic,
    nsg,
    peering,
    route,
    route_table,
    rule,
    site,
    snapshot,
    subnet,
    unknown,
    vnet,
)

APPLIANCE = NextHopType.VIRTUAL_APPLIANCE


def estate(*others: Resource, web: str | None = None, data: str | None = None, table: str | None = None) -> Snapshot:
    return snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("web", "10.0.1.0/24", nsg=web, route_table=table),
            subnet("data", "10.0.2.0/24", nsg=data),
            subnet("nva", "10.0.3.0/24"),
        ),
        nic("nic-web", "10.0.1.4", "v/web"),
        nic("nic-data", "10.0.2.4", "v/data"),
        *others,
    )


def ways(found: GraphAnswer) -> list[list[tuple[str, StepState]]]:
    assert found.flow is not None
    names = {node.id: node.name for node in found.nodes}
    return [[(names[step.node], step.state) for step in way.steps] for way in found.flow.ways]


def only(place: Snapshot) -> list[tuple[str, StepState]]:
    (way,) = ways(graph(place, "nic-web", "nic-data", protocol="tcp"))
    return way


def test_rules_that_stop_all_flows_block_them() -> None:
    found = only(estate(nsg("n", rule("no", 100, DENY)), data="n"))
    assert found == [("nic-web", StepState.PASSED), ("nic-data", StepState.BLOCKED)]


def test_rules_that_stop_some_flows_let_them_pass_in_part() -> None:
    found = only(estate(nsg("n", rule("no", 100, DENY, ports="22", protocol="Tcp")), data="n"))
    assert found == [("nic-web", StepState.PASSED), ("nic-data", StepState.PARTLY)]


def test_what_is_stopped_at_the_source_does_not_reach_the_destination() -> None:
    found = only(estate(nsg("n", rule("no", 100, DENY, direction=OUT)), web="n"))
    assert found == [("nic-web", StepState.BLOCKED), ("nic-data", StepState.NOT_REACHED)]


def test_two_obstacles_that_stop_all_flows_together_block_at_the_second() -> None:
    """Each lets some flows through, but no flow gets through both."""
    low = nsg("low", rule("no-low", 100, DENY, ports="0-1023", protocol="Tcp", direction=OUT))
    high = nsg("high", rule("no-high", 100, DENY, ports="1024-65535", protocol="Tcp"))
    found = only(estate(low, high, web="low", data="high"))
    assert found == [("nic-web", StepState.PARTLY), ("nic-data", StepState.BLOCKED)]


def test_what_is_not_known_is_no_block() -> None:
    access = rule("maybe", 100, unknown("access", UnknownKind.ACCESS), ports="22", protocol="Tcp")
    found = graph(estate(nsg("n", access), data="n"), "nic-web", "nic-data", protocol="tcp", port="22")
    assert ways(found) == [[("nic-web", StepState.PASSED), ("nic-data", StepState.DEPENDS)]]
    assert found.flow is not None
    assert found.flow.state is StepState.DEPENDS
    assert [unknown.name for unknown in found.flow.depends_on] == ["access"]


def test_appliances_are_on_the_way() -> None:
    table = route_table("rt", route("data", "10.0.2.0/24", APPLIANCE, "10.0.3.4"))
    back = route_table("back", route("web", "10.0.1.0/24", APPLIANCE, "10.0.3.4"))
    places = snapshot(
        vnet(
            "v",
            "10.0.0.0/16",
            subnet("web", "10.0.1.0/24", route_table="rt"),
            subnet("data", "10.0.2.0/24", route_table="back"),
            subnet("nva", "10.0.3.0/24"),
        ),
        table,
        back,
        nic("nic-web", "10.0.1.4", "v/web"),
        nic("nic-data", "10.0.2.4", "v/data"),
        nic("nic-nva", "10.0.3.4", "v/nva", forwarding=True),
    )
    assert only(places) == [(name, StepState.PASSED) for name in ("nic-web", "nic-nva", "nic-data")]


def test_an_appliance_that_does_not_forward_is_where_flows_are_lost() -> None:
    table = route_table("rt", route("data", "10.0.2.0/24", APPLIANCE, "10.0.3.4"))
    found = only(estate(table, nic("nic-nva", "10.0.3.4", "v/nva"), table="rt"))
    assert found == [
        ("nic-web", StepState.PASSED),
        ("nic-nva", StepState.BLOCKED),
        ("nic-data", StepState.NOT_REACHED),
    ]


def test_a_route_to_nowhere_drops_where_it_starts() -> None:
    table = route_table("rt", route("drop", "10.0.2.0/24", NextHopType.NONE))
    found = only(estate(table, table="rt"))
    assert found == [("nic-web", StepState.BLOCKED), ("nic-data", StepState.NOT_REACHED)]


def test_a_next_hop_that_is_not_known_does_not_block() -> None:
    table = route_table("rt", route("maybe", "10.0.2.0/24", unknown("hop", UnknownKind.TEXT)))
    found = graph(estate(table, table="rt"), "nic-web", "nic-data", protocol="tcp")
    assert found.flow is not None
    assert found.flow.state is StepState.DEPENDS
    assert StepState.BLOCKED not in {state for way in ways(found) for _, state in way}


def test_flows_come_from_the_one_site_behind_a_gateway() -> None:
    places = snapshot(
        vnet("v", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27"), subnet("web", "10.0.1.0/24")),
        nic("nic-web", "10.0.1.4", "v/web"),
        gateway("vgw", "v"),
        site("office", "192.168.0.0/16"),
        connection("con", "vgw", "office"),
    )
    (way,) = ways(graph(places, "vgw", "nic-web", protocol="tcp"))
    assert [name for name, _ in way] == ["office", "GatewaySubnet", "nic-web"]


def test_flows_come_from_somewhere_behind_a_gateway_with_several_sites() -> None:
    places = snapshot(
        vnet("v", "10.0.0.0/16", subnet("GatewaySubnet", "10.0.0.0/27"), subnet("web", "10.0.1.0/24")),
        nic("nic-web", "10.0.1.4", "v/web"),
        gateway("vgw", "v"),
        *(site(f"s{n}", f"192.168.{n}.0/24") for n in range(2)),
        *(connection(f"c{n}", "vgw", f"s{n}") for n in range(2)),
    )
    found = graph(places, "vgw", "nic-web", protocol="tcp")
    (way,) = ways(found)
    assert [name for name, _ in way] == ["on premises: vgw", "GatewaySubnet", "nic-web"]
    assert [node.kind for node in found.nodes if node.name == "on premises: vgw"] == ["outside"]


def test_interfaces_that_are_defined_in_one_place_are_told_apart() -> None:
    """As a loop in a template makes them: every builder of the tests writes them in one place."""
    places = estate(nic("nic-data-2", "10.0.2.5", "v/data"))
    (way,) = ways(graph(places, "nic-web", "nic-data-2", protocol="tcp"))
    assert [name for name, _ in way] == ["nic-web", "nic-data-2"]


STATES = {
    PathVerdict.REACHABLE: StepState.PASSED,
    PathVerdict.UNREACHABLE: StepState.BLOCKED,
    PathVerdict.MIXED: StepState.PARTLY,
    PathVerdict.DEPENDS: StepState.DEPENDS,
}
PLACES = {
    "open": estate(),
    "closed": estate(nsg("n", rule("no", 100, DENY)), data="n"),
    "part": estate(nsg("n", rule("no", 100, DENY, ports="22", protocol="Tcp")), data="n"),
    "depends": estate(nsg("n", rule("x", 100, unknown("a", UnknownKind.ACCESS), ports="22", protocol="Tcp")), data="n"),
    "dropped": estate(route_table("rt", route("d", "10.0.2.0/24", NextHopType.NONE)), table="rt"),
    "lost": estate(route_table("rt", route("d", "10.0.2.0/24", APPLIANCE, "10.0.3.9")), table="rt"),
    "unpeered": snapshot(
        vnet("v", "10.0.0.0/16", subnet("web", "10.0.1.0/24"), peering("w")),
        vnet("w", "10.1.0.0/16", subnet("data", "10.1.2.0/24")),
        nic("nic-web", "10.0.1.4", "v/web"),
        nic("nic-data", "10.1.2.4", "w/data"),
    ),
    "allowed": estate(nsg("n", rule("yes", 100, ALLOW), rule("no", 200, DENY)), web="n", data="n"),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("port", [None, "22", "443"])
def test_the_picture_says_what_troubleshoot_says(name: str, port: str | None) -> None:
    place = PLACES[name]
    verdict = troubleshoot(place, "nic-web", "nic-data", protocol="tcp", port=port).verdict
    found = graph(place, "nic-web", "nic-data", protocol="tcp", port=port)
    assert found.flow is not None
    assert found.flow.state is STATES[verdict]
    states = [{state for _, state in way} for way in ways(found)]
    if verdict is PathVerdict.REACHABLE:
        assert states == [{StepState.PASSED}] * len(states)
    if verdict is PathVerdict.UNREACHABLE:
        assert all(StepState.BLOCKED in way for way in states)
    if verdict is PathVerdict.MIXED:
        assert any(StepState.BLOCKED not in way for way in states)
    if verdict is PathVerdict.DEPENDS:
        assert any(StepState.DEPENDS in way for way in states)


@pytest.mark.parametrize(("source", "destination"), [("nic-web", None), (None, "nic-web")])
def test_a_flow_has_two_ends(source: str | None, destination: str | None) -> None:
    with pytest.raises(QuestionError, match="two ends"):
        graph(estate(), source, destination)


def test_of_two_interfaces_of_one_name_the_right_one_is_on_the_way() -> None:
    """A loop may define several in one place, with names that are not known."""
    place = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.1.0/24")),
        vnet("w", "10.5.0.0/16", subnet("s", "10.5.1.0/24")),
        nic("{name}", "10.0.1.4", "v/s"),
        nic("{name}", "10.5.1.4", "w/s"),
        nic("other", "10.5.1.5", "w/s"),
    )
    found = graph(place, "10.5.1.4", "other", protocol="tcp")
    assert found.flow is not None
    (way,) = found.flow.ways
    nodes = {node.id: node for node in found.nodes}
    assert [nodes[step.node].addresses for step in way.steps] == [("10.5.1.4",), ("10.5.1.5",)]
