from __future__ import annotations

from collections.abc import Sequence

import pytest

import nwpolicy
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.cubes import Enumeration, Listing
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import AskWords
from tests.builders import (
    ALLOW,
    DENY,
    IN,
    OUT,
    admin_rule,
    collection,
    configuration,
    flow,
    group,
    manager,
    nic,
    nsg,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

ADMIN = unknown("adminCidr", UnknownKind.ADDRESS)
ESTATE = snapshot(
    vnet("v", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="web"), subnet("db", "10.0.2.0/24", nsg="db")),
    nsg(
        "web",
        rule("https", 100, ALLOW, "Internet", "*", "443", protocol="Tcp"),
        rule("no-db", 100, DENY, "*", "10.0.2.0/24", "22", protocol="Tcp", direction=OUT),
    ),
    nsg(
        "db",
        rule("sql", 100, ALLOW, "asg:app", "*", "1433", protocol="Tcp"),
        rule("nothing-else", 200, DENY),
    ),
    nsg("open", rule("ssh", 100, ALLOW, ADMIN, "*", "22", protocol="Tcp"), rule("rest", 200, DENY)),
    nic("nic-web", "10.0.1.4", "v/web", asgs=("app",), vm="vm-web"),
    nic("nic-db", "10.0.2.4", "v/db", vm="vm-db"),
)


def rows(answer: Enumeration) -> list[tuple[str, ...]]:
    """The cubes as access, source, destination, destination port."""
    return [
        (cube.access, str(cube.source_name), str(cube.destination_name), str(cube.set.destination_port.intervals))
        for cube in answer
    ]


def test_what_is_allowed_of_one_protocol() -> None:
    answer = nwpolicy.enumerate(ESTATE, nic="nic-web", direction="Inbound", protocol="tcp", select="Allow")
    assert rows(answer) == [
        ("Allow", "Internet", "10.0.1.4", "((443, 443),)"),
        ("Allow", "VirtualNetwork", "10.0.1.4", "((0, 65535),)"),
    ]
    assert answer.verdict == "Mixed"
    assert [access for access, _ in answer.totals] == ["Allow", "Deny"]
    assert answer.rests_on == ("VirtualNetwork = 10.0.0.0/16, 168.63.129.16",)


def test_what_is_denied_and_everything() -> None:
    words: AskWords = {"nic": "nic-web", "direction": "Inbound", "protocol": "tcp", "remote": "8.8.8.8"}
    denied = rows(nwpolicy.enumerate(ESTATE, select="Deny", **words))
    assert denied == [("Deny", "8.8.8.8", "10.0.1.4", "((0, 442), (444, 65535))")]
    assert {row[0] for row in rows(nwpolicy.enumerate(ESTATE, **words))} == {"Allow", "Deny"}


def test_by_rule_there_is_a_group_for_each_in_the_order_of_evaluation() -> None:
    answer = nwpolicy.enumerate(ESTATE, nic="nic-db", direction="Inbound", protocol="tcp", by_rule=True)
    named = [(group.access, group.rule.name if group.rule else None) for group in answer.groups]
    assert named == [("Allow", "sql"), ("Deny", "nothing-else")]
    assert answer.groups[0].rule is not None
    assert answer.groups[0].rule.priority == 100
    assert [cube.group for cube in answer] == sorted(cube.group for cube in answer)


@pytest.mark.parametrize(("port", "verdict"), [("1433", "Allow"), ("22", "Deny"), ("22,1433", "Mixed")])
def test_the_verdict_is_about_all_asked_flows(port: str, verdict: str) -> None:
    answer = nwpolicy.enumerate(
        ESTATE, nic="nic-db", direction="Inbound", protocol="tcp", remote="10.0.1.4", port=port, select="Allow"
    )
    assert answer.verdict == verdict


@pytest.mark.parametrize("select", ["Allow", "Deny", None])
def test_what_depends_is_always_listed_with_its_unknowns(select: str | None) -> None:
    answer = nwpolicy.enumerate(ESTATE, nsg="open", direction="Inbound", protocol="tcp", port="22", select=select)
    assert answer.verdict == "Depends"
    depends = [group for group in answer.groups if group.access == "Depends"]
    assert [[unknown.name for unknown in group.depends_on] for group in depends] == [["adminCidr"]]
    found = [cube for cube in answer if cube.access == "Depends"]
    assert any(flow("tcp", "203.0.113.9", "10.0.0.4:22") in cube.set for cube in found)


def test_unknowns_that_only_choose_the_rule_leave_the_fate_alone() -> None:
    estate = snapshot(nsg("n", rule("some", 100, ALLOW, ADMIN, "*"), rule("all", 200, ALLOW)))
    answer = nwpolicy.enumerate(
        estate, nsg="n", direction="Inbound", by_rule=True, remote="8.8.8.8:1", local="10.0.0.4"
    )
    assert answer.verdict == "Allow"
    assert [(group.rule, [u.name for u in group.depends_on]) for group in answer.groups] == [(None, ["adminCidr"])]


def test_a_pair_has_to_get_out_and_in() -> None:
    """Source: Microsoft Learn, How network security groups filter network traffic, "Intra-Subnet traffic" and before:
    outbound rules of the source apply, then inbound rules of the destination."""
    answer = nwpolicy.enumerate(ESTATE, source="vm-web", destination="nic-db", protocol="tcp", by_rule=True)
    assert answer.direction == "Both"
    assert [place.name for place in answer.places] == ["nic-web", "nic-db"]
    decided = {(str(g.access), g.rule.name if g.rule else None): g for g in answer.groups}
    assert set(decided) == {("Allow", "sql"), ("Deny", "no-db"), ("Deny", "nothing-else")}
    assert decided["Deny", "no-db"].flows.count == 65536
    assert decided["Allow", "sql"].flows.count == 65536
    assert decided["Deny", "nothing-else"].flows.count == 65536 * 65534


def test_a_list_can_be_proved() -> None:
    proved = nwpolicy.enumerate(ESTATE, protocol="tcp", prove=True, source="vm-web", destination="nic-db")
    assert proved.proof is not None
    assert proved.proof.cells >= 2  # what goes out of the one, and what comes into the other
    assert proved == nwpolicy.enumerate(ESTATE, protocol="tcp", source="vm-web", destination="nic-db")


def test_a_direction_asks_for_one_side_of_a_pair() -> None:
    answer = nwpolicy.enumerate(ESTATE, source="vm-web", destination="nic-db", direction="Outbound", protocol="tcp")
    assert [place.name for place in answer.places] == ["nic-web"]
    assert answer.direction == "Outbound"


def test_a_subnet_is_asked_about_with_all_its_addresses() -> None:
    answer = nwpolicy.enumerate(ESTATE, subnet="db", direction="Inbound", protocol="tcp", select="Allow")
    assert rows(answer) == [("Allow", "asg:app", "subnet:db", "((1433, 1433),)")]
    assert answer.asked.destination == AddressSet.parse("10.0.2.0/24")
    assert answer.notes == ()


def test_the_persons_words_name_what_is_left_of_them() -> None:
    answer = nwpolicy.enumerate(
        ESTATE, nic="nic-web", direction="Inbound", protocol="tcp", remote="Internet", port="443"
    )
    assert [str(cube.source_name) for cube in answer] == ["Internet"]


def test_flows_that_no_rule_decides_have_no_rule() -> None:
    estate = snapshot(vnet("v", "10.0.0.0/16", subnet("bare", "10.0.0.0/24")))
    answer = nwpolicy.enumerate(estate, subnet="bare", direction="Inbound", protocol="tcp", by_rule=True)
    assert [(group.access, group.rule, group.depends_on) for group in answer.groups] == [("Allow", None, ())]


def test_groups_of_interfaces_in_a_subnet_are_noted() -> None:
    estate = snapshot(
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24", nsg="n")), nsg("n"), nic("nic", "10.0.0.4", "v/s", nsg="n")
    )
    (note,) = nwpolicy.enumerate(estate, subnet="s", direction="Inbound").notes
    assert note.endswith("not counted here: nic")


def test_admin_rules_decide_first() -> None:
    guard = manager(
        "m",
        group("g", "v"),
        configuration(
            "c", collection("rc", ["m/g"], admin_rule("no-rdp", 1, DENY, ports="3389", protocol="Tcp", direction=IN))
        ),
    )
    answer = nwpolicy.enumerate(
        snapshot(*ESTATE.resources, guard), nic="nic-web", direction="Inbound", protocol="tcp", port="3389"
    )
    assert answer.verdict == "Deny"


def test_counts_are_of_each_family() -> None:
    estate = snapshot(
        nsg("n", rule("v4", 100, ALLOW, "0.0.0.0/1", "*", "0-32767", protocol="Tcp"), rule("no", 200, DENY))
    )
    answer = nwpolicy.enumerate(estate, nsg="n", direction="Inbound", protocol="tcp", select="Allow")
    (total,) = [amounts for access, amounts in answer.totals if access == "Allow"]
    assert total.ipv4 is not None
    assert total.ipv6 is not None
    assert total.ipv6.count == 0
    # no interface has an address in 127.0.0.0/8, 169.254.0.0/16 or 224.0.0.0/4, nor 255.255.255.255 or 168.63.129.16
    assert total.ipv4.count == 2**31 * 2**16 * 2**15 * (2**32 - 2**24 - 2**16 - 2**28 - 2)


def test_a_limit_tells_what_it_leaves_out() -> None:
    answer = nwpolicy.enumerate(ESTATE, nic="nic-web", direction="Inbound")
    everything = list(answer)
    listing = Listing(answer, 2)
    assert list(listing) == everything[:2]
    assert listing.left_out is not None
    assert listing.left_out.sets == len(everything) - 2
    assert listing.left_out.flows == sum(cube.flows.count for cube in everything[2:])


@pytest.mark.parametrize("limit", [None, 100_000])
def test_nothing_is_left_out_of_a_whole_list(limit: int | None) -> None:
    listing = Listing(nwpolicy.enumerate(ESTATE, nic="nic-web", direction="Inbound"), limit)
    assert len(list(listing)) == listing.sets
    assert listing.left_out is None


def test_the_answer_can_be_read_again() -> None:
    answer = nwpolicy.enumerate(ESTATE, nic="nic-web", direction="Inbound")
    assert list(answer) == list(answer)


def wide(count: int) -> Snapshot:
    """Rules whose products cross one another."""

    def block(first: int) -> Sequence[str]:
        return [f"{first}.{n}.0.0/24" for n in range(0, count * 2, 2)]

    return snapshot(
        nsg("n", *(rule(f"r{n}", 100 + n, ALLOW, block(11)[n], block(12)[n], f"{n * 7 + 1}") for n in range(count)))
    )


def test_long_lists_begin_before_they_are_complete() -> None:
    answer = nwpolicy.enumerate(wide(40), nsg="n", direction="Inbound", by_rule=True)
    first = next(iter(answer))
    assert first.access == "Allow"


def test_a_selection_that_is_none() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        nwpolicy.enumerate(ESTATE, nic="nic-web", direction="Inbound", select="perhaps")


def test_what_cannot_be_asked() -> None:
    with pytest.raises(QuestionError, match="direction is missing"):
        nwpolicy.enumerate(ESTATE, nic="nic-web")
