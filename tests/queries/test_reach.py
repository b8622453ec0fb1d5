"""Who is one party, what unknowns do to entries, and that the matrix says what troubleshoot says."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

import nwpolicy
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.reach import reach
from nwpolicy.queries.reach.answers import EntryAnswer, ReachAnswer, ReachState, ReplyState
from nwpolicy.queries.troubleshoot import troubleshoot
from nwpolicy.queries.troubleshoot_answer import PathVerdict
from tests.builders import (
    ALLOW,
    DENY,
    gateway,
    nic,
    nsg,
    peering,
    private_endpoint,
    public_ip,
    route,
    route_table,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)
from tests.connected import APPLIANCE, hub_and_spokes, through

ROOT = Path(__file__).resolve().parents[2]
VERDICTS = {ReachState.REACHES: PathVerdict.REACHABLE, ReachState.MAY_REACH: PathVerdict.DEPENDS}


def one_network(*more: object, nsg_rules: tuple[object, ...] = ()) -> Snapshot:
    """Subnets web and data of one network; a group for web, if there are rules."""
    group = (nsg("nsg-web", *nsg_rules),) if nsg_rules else ()  # type: ignore[arg-type]
    web = subnet("web", "10.0.0.0/24", nsg="nsg-web" if nsg_rules else None)
    return snapshot(vnet("net", "10.0.0.0/16", web, subnet("data", "10.0.1.0/24")), *group, *more)  # type: ignore[arg-type]


def parties(answer: ReachAnswer) -> set[frozenset[str]]:
    return {frozenset(member.name for member in party.members) for party in answer.parties if party.members}


def entry(answer: ReachAnswer, source: str, destination: str) -> EntryAnswer | None:
    """The only entry from one member or outer party to another."""
    ids = {
        name: {p.id for p in answer.parties if name == p.name or any(member.name == name for member in p.members)}
        for name in (source, destination)
    }
    found = [e for e in answer if e.source in ids[source] and ids[destination] & set(e.destinations)]
    assert len(found) <= 1
    return found[0] if found else None


def state(answer: ReachAnswer, source: str, destination: str) -> ReachState | None:
    found = entry(answer, source, destination)
    return None if found is None else found.state


WEB = [nic(f"web{n}", f"10.0.0.{3 + n}", "net/web") for n in (1, 2, 3, 4)]
DATA = nic("data1", "10.0.1.4", "net/data")


def test_interfaces_that_nothing_tells_apart_are_one_party() -> None:
    assert parties(reach(one_network(*WEB, DATA))) == {
        frozenset({"web1", "web2", "web3", "web4"}),
        frozenset({"data1"}),
    }


def test_a_rule_that_names_an_address_makes_it_a_party_of_its_own() -> None:
    found = reach(one_network(*WEB, DATA, nsg_rules=(rule("r", 100, DENY, "10.0.1.4", "10.0.0.5", "443"),)))
    assert parties(found) == {frozenset({"web1", "web3", "web4"}), frozenset({"web2"}), frozenset({"data1"})}


def test_rules_that_name_all_addresses_of_a_subnet_do_not_tell_them_apart() -> None:
    found = reach(one_network(*WEB, DATA, nsg_rules=(rule("r", 100, DENY, "10.0.1.4", "10.0.0.0/24", "443"),)))
    assert frozenset({"web1", "web2", "web3", "web4"}) in parties(found)


def test_a_route_to_an_address_makes_it_a_party_of_its_own() -> None:
    table = route_table("rt", route("one", "10.0.0.5/32", APPLIANCE, "10.0.2.4"))
    web, nva = subnet("web", "10.0.0.0/24"), subnet("nva", "10.0.2.0/24")
    estate = snapshot(
        vnet("net", "10.0.0.0/16", web, subnet("data", "10.0.1.0/24", route_table="rt"), nva),
        table,
        nic("nva", "10.0.2.4", "net/nva", forwarding=True),
        *WEB,
        DATA,
    )
    assert frozenset({"web2"}) in parties(reach(estate))
    assert entry(reach(estate), "data1", "web1") is not None
    found = entry(reach(estate), "data1", "web2")
    assert found is not None
    assert (found.via, found.reply.state, found.state) == (("nva",), ReplyState.ASYMMETRIC, ReachState.NO_REPLY)


def test_a_group_of_its_own_and_a_public_address_make_a_party_of_their_own() -> None:
    own = nic("own", "10.0.0.20", "net/web", nsg="nsg-own")
    public = nic("public", "10.0.0.21", "net/web", public_ip="pip")
    found = reach(one_network(*WEB, own, public, nsg("nsg-own"), public_ip("pip", "Basic")))
    assert {frozenset({"own"}), frozenset({"public"})} <= parties(found)
    assert state(found, "Internet", "public") is ReachState.REACHES
    assert state(found, "Internet", "web1") is None


def test_networks_that_are_not_connected_do_not_reach_one_another_even_with_the_same_addresses() -> None:
    estate = snapshot(
        vnet("one", "10.0.0.0/16", subnet("a", "10.0.0.0/24"), peering("three")),
        vnet("two", "10.0.0.0/16", subnet("b", "10.0.0.0/24")),
        vnet("three", "10.3.0.0/16", subnet("c", "10.3.0.0/24"), peering("one")),
        nic("a", "10.0.0.4", "one/a"),
        nic("b", "10.0.0.4", "two/b"),
        nic("c", "10.3.0.4", "three/c"),
    )
    found = reach(estate)
    assert state(found, "c", "a") is ReachState.REACHES
    assert state(found, "c", "b") is None
    assert state(found, "a", "b") is None


def test_an_unknown_in_a_rule_is_named_and_makes_the_flows_depend() -> None:
    office = unknown("office", UnknownKind.ADDRESS)
    rules = (rule("ssh", 100, ALLOW, office, "*", "22"), rule("no", 200, DENY, "*", "*", "*"))
    answer = reach(one_network(*WEB, DATA, nsg_rules=rules), protocol="tcp", port="22,80")
    found = entry(answer, "data1", "web1")
    assert found is not None
    assert found.state is ReachState.MAY_REACH
    assert [(f.destination_port, [u.name for u in f.depends_on]) for f in found.flows] == [("22", ["office"])]


def test_an_unknown_that_makes_no_difference_is_not_named() -> None:
    office = unknown("office", UnknownKind.ADDRESS)
    rules = (rule("ssh", 100, ALLOW, office, "*", "22"), rule("all", 200, ALLOW, "*", "*", "*"))
    found = entry(reach(one_network(*WEB, DATA, nsg_rules=rules), protocol="tcp"), "data1", "web1")
    assert found is not None
    assert found.state is ReachState.REACHES
    assert all(not flows.depends_on for flows in found.flows)


def test_an_address_that_is_not_known_matters_only_where_rules_tell_its_places_apart() -> None:
    dynamic = nic("dynamic", None, "net/web")
    plain = reach(one_network(dynamic, DATA))
    assert state(plain, "data1", "dynamic") is ReachState.REACHES
    apart = reach(one_network(dynamic, DATA, nsg_rules=(rule("r", 100, DENY, "*", "10.0.0.128/25", "*"),)))
    found = entry(apart, "data1", "dynamic")
    assert found is not None
    assert found.state is ReachState.MAY_REACH
    assert {u.name for flows in found.flows for u in flows.depends_on} == {"address of dynamic/ipconfig1"}


def test_interfaces_of_unknown_addresses_are_one_party_unless_rules_name_them() -> None:
    dynamic = [nic(f"d{n}", None, "net/web") for n in (1, 2, 3)]
    grouped = nic("grouped", None, "net/web", asgs=("asg-web",))
    rules = (rule("in", 100, ALLOW, "*", "asg:asg-web", "443"), rule("no", 200, DENY, "*", "*", "*"))
    answer = reach(one_network(*dynamic, grouped, DATA, nsg_rules=rules), protocol="tcp", port="443")
    assert parties(answer) == {frozenset({"d1", "d2", "d3"}), frozenset({"grouped"}), frozenset({"data1"})}
    assert state(answer, "data1", "grouped") is ReachState.REACHES
    assert state(answer, "data1", "d1") is None


def test_replies_to_an_address_that_is_not_known_depend_on_it_where_routes_do() -> None:
    table = route_table("rt", route("half", "10.0.0.128/25", APPLIANCE, "10.0.2.4"))
    web, nva = subnet("web", "10.0.0.0/24"), subnet("nva", "10.0.2.0/24")
    estate = snapshot(
        vnet("net", "10.0.0.0/16", web, subnet("data", "10.0.1.0/24", route_table="rt"), nva),
        table,
        nic("nva", "10.0.2.4", "net/nva", forwarding=True),
        nic("dynamic", None, "net/web"),
        DATA,
    )
    found = entry(reach(estate), "dynamic", "data1")
    assert found is not None
    assert (found.state, found.reply.state) == (ReachState.MAY_REACH, ReplyState.DEPENDS)
    assert [unknown.name for unknown in found.reply.depends_on] == ["address of dynamic/ipconfig1"]


def test_a_member_of_an_application_security_group_is_one_whatever_its_address() -> None:
    """Microsoft Learn, Application security groups: membership is of the network interface."""
    member = nic("member", None, "net/web", asgs=("asg-web",))
    other = nic("other", "10.0.0.77", "net/web")
    rules = (rule("in", 100, ALLOW, "*", "asg:asg-web", "443"), rule("no", 200, DENY, "*", "*", "*"))
    answer = reach(one_network(member, other, DATA, nsg_rules=rules), protocol="tcp", port="443")
    assert state(answer, "data1", "member") is ReachState.REACHES
    assert state(answer, "data1", "other") is None


def test_what_cannot_be_placed_is_said() -> None:
    answer = reach(one_network(*WEB, nic("lost", "10.9.0.4", "elsewhere/web"), gateway("far", "elsewhere")))
    assert answer.notes[:2] == (
        "the input does not show the virtual networks of lost: what may reach them is left out",
        "the input does not show the virtual networks of far: what lies behind is left out",
    )
    assert not any("left out" in note for note in reach(one_network(*WEB)).notes)


def test_private_endpoints_are_reached_and_start_nothing() -> None:
    answer = reach(one_network(*WEB, private_endpoint("store", "net/data", "10.0.1.9")))
    assert state(answer, "web1", "store") is ReachState.REACHES
    assert state(answer, "store", "web1") is None


@pytest.mark.parametrize(
    "estate",
    [
        pytest.param(lambda: nwpolicy.load(str(ROOT / "tests/data/connections")), id="connections"),
        pytest.param(lambda: nwpolicy.load(str(ROOT / "rules-examples/hub-and-spoke")), id="hub-and-spoke"),
        pytest.param(lambda: nwpolicy.load(str(ROOT / "rules-examples/three-tier")), id="three-tier"),
        pytest.param(lambda: nwpolicy.load(str(ROOT / "tests/data/batfish-cloud-azure")), id="batfish"),
        pytest.param(
            lambda: hub_and_spokes(
                through("rt-one", ("10.2.0.0/16", "10.0.1.4")), through("rt-two", ("10.1.0.0/16", "10.0.2.4"))
            ),
            id="asymmetric",
        ),
        pytest.param(
            lambda: hub_and_spokes(
                through("rt-one", ("10.2.0.0/16", "10.0.1.4")), through("rt-two", ("10.1.0.0/16", "10.0.1.4"))
            ),
            id="symmetric",
        ),
    ],
)
@pytest.mark.parametrize("port", ["22", "443"])
def test_the_matrix_says_what_troubleshoot_says(estate: object, port: str) -> None:
    whole: Snapshot = estate()  # type: ignore[operator]
    names = [card.name for card in whole.all(NetworkInterface)]
    answer = reach(whole, protocol="tcp", port=port)
    for source, destination in product(names, names):
        if source != destination:
            single = troubleshoot(whole, source, destination, protocol="tcp", port=port)
            found = state(answer, source, destination)
            wanted = PathVerdict.UNREACHABLE if found is None else VERDICTS.get(found, PathVerdict.UNREACHABLE)
            assert single.verdict is wanted, f"{source} → {destination}"


@pytest.mark.parametrize(
    ("source", "destination", "port", "reason"),
    [
        (
            "Internet",
            None,
            "22",
            "nothing that is asked about has a public IP address, or is behind a public load balancer",
        ),
        ("a", "b", "22", "no route leads there"),
        ("OnPremises", "b", "22", "routes lead there, but rules deny all that is asked about"),
        ("a", "a", "22", "no two different ends with addresses of one family are asked about"),
        ("a", "OnPremises", "22", None),
    ],
)
def test_a_matrix_without_entries_says_why(source: str, destination: str | None, port: str, reason: str | None) -> None:
    """Spokes of a hub that are not peered, one of which lets nothing in."""
    estate = hub_and_spokes(nsg("closed", rule("none", 100, DENY)), two="closed")
    answer = reach(estate, source=source, destination=destination, protocol="tcp", port=port)
    assert bool(tuple(answer)) is (reason is None)
    assert answer.close().reason == reason


def test_what_is_sent_to_the_internet_may_have_no_way_out() -> None:
    note = "whether what is sent to the internet has a way out, by a public address, a NAT gateway or by default, "
    assert f"{note}is not modelled" in reach(hub_and_spokes(), source="a").notes
    assert reach(hub_and_spokes(), source="Internet").notes == ()
