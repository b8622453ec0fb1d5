from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import nwpolicy
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.resource import AddressTerm
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.queries.differences import ChangeAnswer, ChangeKind, Difference, DiffVerdict
from nwpolicy.queries.errors import QuestionError
from tests.builders import (
    ALLOW,
    ALWAYS_ALLOW,
    DENY,
    OUT,
    admin_rule,
    collection,
    configuration,
    group,
    manager,
    nic,
    nsg,
    private_endpoint,
    rule,
    snapshot,
    subnet,
    unknown,
    vnet,
)

SSH = rule("ssh", 100, ALLOW, "10.0.0.0/8", ports="22", protocol="Tcp")
ANYWHERE = rule("any", 100, ALLOW, "*").sources
WEB = rule("web", 200, ALLOW, "Internet", ports="80,443", protocol="Tcp")
BLOCK = rule("block", 300, DENY, "203.0.113.0/24")
OPEN_SSH = rule("open-ssh", 150, ALLOW, "Internet", ports="22", protocol="Tcp")
RULES = (SSH, WEB, BLOCK)
PLAIN = (SSH, WEB)


def alone(*rules: SecurityRule | Unknown) -> Snapshot:
    return snapshot(nsg("nsg", *rules))


def attached(*rules: SecurityRule | Unknown, nics: int = 2) -> Snapshot:
    """Two subnets with the same group, one of them with network interfaces."""
    return snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"), subnet("db", "10.0.2.0/24", nsg="nsg")),
        *(nic(f"nic{index}", f"10.0.1.{index + 4}", "vnet/web") for index in range(nics)),
        nsg("nsg", *rules),
    )


def change(old: Snapshot, new: Snapshot, *, rules: bool = False) -> ChangeAnswer:
    (found,) = nwpolicy.diff(old, new, rules=rules, prove=True).changes
    return found


def rules_of(found: ChangeAnswer) -> tuple[str | None, str | None]:
    return tuple(side.rule and side.rule.name for side in (found.before, found.after))  # type: ignore[return-value]


def texts(found: ChangeAnswer) -> list[str]:
    return [flows.text for flows in found.flows]


def halves(written: SecurityRule) -> Iterator[SecurityRule]:
    for name, priority, prefix in (("low", 100, "10.0.0.0/9"), ("high", 101, "10.128.0.0/9")):
        yield rule(name, priority, ALLOW, prefix, ports="22", protocol="Tcp")


SAME = {
    "the same": RULES,
    "renamed": tuple(replace(written, name=f"r-{written.name}") for written in RULES),
    "renumbered": tuple(replace(one, priority=number) for one, number in zip(RULES, (101, 4000, 4096), strict=True)),
    "in another order of the file": RULES[::-1],
    "split by source": (*halves(SSH), WEB, BLOCK),
    "split by port": (
        SSH,
        rule("http", 200, ALLOW, "Internet", ports="80", protocol="Tcp"),
        rule("https", 201, ALLOW, "Internet", ports="443", protocol="Tcp"),
        BLOCK,
    ),
    "with a rule that is never decisive": (*RULES, rule("dead", 400, DENY, "10.1.0.0/16", ports="22", protocol="Tcp")),
    "with a rule that says what a default rule says": (*RULES, rule("all", 4000, DENY, "Internet")),
    "reordered where rules do not meet": (replace(SSH, priority=210), WEB, BLOCK),
    "with prefixes for a range": (
        rule("ssh", 100, ALLOW, ("10.0.0.0/9", "10.128.0.0/9"), ports="22", protocol="Tcp"),
        WEB,
        BLOCK,
    ),
}


@pytest.mark.parametrize("estate", [alone, attached])
@pytest.mark.parametrize("written", SAME.values(), ids=SAME)
def test_the_same_written_otherwise_is_no_change(estate: type, written: tuple[SecurityRule, ...]) -> None:
    answer: Difference = nwpolicy.diff(estate(*RULES), estate(*written), prove=True)
    assert (answer.verdict, answer.changes) == (DiffVerdict.SAME, ())
    assert nwpolicy.equivalent(estate(*RULES), estate(*written)).equivalent


@pytest.mark.parametrize("written", ["renamed", "renumbered", "in another order of the file"])
def test_names_and_numbers_of_rules_are_not_what_decides(written: str) -> None:
    assert nwpolicy.diff(alone(*RULES), alone(*SAME[written]), rules=True).changes == ()


def test_with_rules_it_is_told_that_another_rule_decides() -> None:
    found = nwpolicy.diff(alone(*RULES), alone(*SAME["split by source"]), rules=True, prove=True)
    assert found.verdict is DiffVerdict.CHANGED
    assert {(one.kind, rules_of(one)) for one in found.changes} == {
        (ChangeKind.OTHER_RULE, ("ssh", "low")),
        (ChangeKind.OTHER_RULE, ("ssh", "high")),
    }


def test_what_opens_is_told_with_both_rules_and_a_flow() -> None:
    found = change(alone(*PLAIN), alone(*PLAIN, OPEN_SSH))
    assert found.kind is ChangeKind.OPENED
    assert (found.before.access, found.after.access) == ("Deny", "Allow")
    assert texts(found) == ["tcp 22  Internet → nsg"]
    assert found.management_ports == (22,)
    assert found.witness.text == "tcp 203.0.113.4:50000 → 198.51.100.4:22"


def test_a_group_that_is_opened_without_its_network_is_told_as_people_would() -> None:
    """Which private addresses are of the virtual network, and let in already, is not known."""
    opened, maybe = nwpolicy.diff(alone(SSH), alone(replace(SSH, sources=ANYWHERE)), prove=True).changes
    assert (opened.kind, maybe.kind) == (ChangeKind.OPENED, ChangeKind.MAY_CHANGE)
    assert texts(opened) == [
        "tcp 22  Internet → nsg",
        "tcp 22  private addresses except 10.0.0.0/8 → nsg except private addresses",
    ]
    assert texts(maybe) == ["tcp 22  private addresses except 10.0.0.0/8 → private addresses of nsg"]


def test_own_addresses_of_the_internet_are_public() -> None:
    opened = rule("sql", 100, ALLOW, "Internet", "10.0.0.0/8", direction=OUT, protocol="Tcp", ports="1433")
    assert texts(change(alone(), alone(opened))) == ["tcp 1433  public addresses of nsg → 10.0.0.0/8"]


def test_what_a_rule_gains_is_told_by_its_own_prefixes() -> None:
    narrow = rule("ssh", 100, ALLOW, "10.1.0.0/16", ports="22", protocol="Tcp")
    opened = nwpolicy.diff(alone(narrow), alone(SSH), prove=True).changes[0]
    assert texts(opened) == ["tcp 22  10.0.0.0/8 except 10.1.0.0/16 → nsg except private addresses"]


def test_what_closes_is_told() -> None:
    found = change(alone(*PLAIN, OPEN_SSH), alone(*PLAIN))
    assert found.kind is ChangeKind.CLOSED
    assert found.before.rule is not None
    assert found.before.rule.name == "open-ssh"


def test_a_moved_rule_that_now_comes_too_late_closes() -> None:
    found = nwpolicy.diff(alone(*RULES), alone(SSH, replace(WEB, priority=310), BLOCK), prove=True)
    (closed,) = found.changes
    assert (closed.kind, rules_of(closed)) == (ChangeKind.CLOSED, ("web", "block"))
    assert texts(closed) == ["tcp 80, 443  203.0.113.0/24 → nsg"]


def test_one_product_of_sets_is_told_without_a_summary() -> None:
    assert change(alone(*PLAIN), alone(*PLAIN, OPEN_SSH)).summary is None


def test_what_other_rules_leave_of_a_rule_is_summed_up_by_the_least_product_that_holds_it() -> None:
    """Of `every` (tcp, 203.0.113.0/29), `one` and `other` each keep a port of one address: three sets are left."""
    kept = (
        rule("one", 100, DENY, "203.0.113.1", ports="22", protocol="Tcp"),
        rule("other", 110, DENY, "203.0.113.2", ports="3389", protocol="Tcp"),
    )
    found = change(alone(*kept), alone(*kept, rule("every", 200, ALLOW, "203.0.113.0/29", protocol="Tcp")))
    assert found.summary is not None
    assert found.summary.text == "tcp  203.0.113.0/29 → nsg"
    assert texts(found) == [
        "tcp * except 22  203.0.113.1 → nsg",
        "tcp * except 3389  203.0.113.2 → nsg",
        "tcp  203.0.113.0/29 except 203.0.113.1, 203.0.113.2 → nsg",
    ]


def test_counts_are_exact() -> None:
    old = alone(rule("a", 100, ALLOW, "203.0.113.4", "10.0.0.4", "80", protocol="Tcp"))
    new = alone(rule("a", 100, ALLOW, "203.0.113.4/31", "10.0.0.4", "80-81", protocol="Tcp"))
    assert change(old, new).flow_count == (2 * 2 - 1) * 65536


def test_alike_changes_of_several_places_are_one() -> None:
    found = change(attached(*PLAIN), attached(*PLAIN, OPEN_SSH))
    assert texts(found) == ["tcp 22  Internet → subnet web (2 NICs), subnet db"]
    assert [place.name for place in found.places] == ["web", "db", "nic0", "nic1"]


def test_a_change_for_one_machine_of_a_subnet_is_told_once() -> None:
    narrow = rule("admin", 110, ALLOW, "Internet", "10.0.1.5", "3389", protocol="Tcp")
    assert texts(change(attached(*PLAIN), attached(*PLAIN, narrow))) == ["tcp 3389  Internet → nic1"]


def test_a_change_for_a_part_of_a_subnet_without_machines_is_told() -> None:
    narrow = rule("admin", 110, ALLOW, "Internet", "10.0.1.64/26", "3389", protocol="Tcp")
    found = change(attached(*PLAIN), attached(*PLAIN, narrow))
    assert texts(found) == ["tcp 3389  Internet → 10.0.1.64/26 of subnet web (none of its NICs)"]


def test_a_change_behind_a_filter_that_denies_anyway_reaches_no_place() -> None:
    no_ssh = admin_rule("no-ssh", 1, DENY, ports="22", protocol="Tcp")

    def estate(*rules: SecurityRule) -> Snapshot:
        return snapshot(
            vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg")),
            nsg("nsg", *rules),
            manager(
                "m",
                group("g", "vnet"),
                configuration("c", collection("rc", ["m/g"], no_ssh)),
            ),
        )

    answer = nwpolicy.diff(estate(), estate(OPEN_SSH))
    assert (answer.verdict, answer.changes) == (DiffVerdict.SAME, ())
    assert [place.name for place in answer.unreached] == ["nsg"]


def test_an_admin_rule_that_overrides_a_group_is_the_rule_that_opens() -> None:
    def estate(access: str) -> Snapshot:
        chosen = ALWAYS_ALLOW if access == "always" else DENY
        return snapshot(
            vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg")),
            nsg("nsg", rule("deny", 100, DENY)),
            manager(
                "m",
                group("g", "vnet"),
                configuration("c", collection("rc", ["m/g"], admin_rule("ssh", 1, chosen, ports="22", protocol="Tcp"))),
            ),
        )

    found = change(estate("deny"), estate("always"))
    assert (found.kind, rules_of(found)) == (ChangeKind.OPENED, ("ssh", "ssh"))


def test_from_the_internet_comes_first_and_management_ports_before_others() -> None:
    new = attached(
        *PLAIN,
        rule("a-office", 110, ALLOW, "198.51.100.0/24", ports="3389", protocol="Tcp"),
        rule("b-app", 120, ALLOW, "Internet", ports="8080", protocol="Tcp"),
        rule("c-winrm", 130, ALLOW, "Internet", ports="5986", protocol="Tcp"),
        rule("d-out", 100, DENY, direction=OUT, ports="25", protocol="Tcp"),
    )
    answer = nwpolicy.diff(attached(*PLAIN), new)
    told = dict.fromkeys((found.kind, rules_of(found)[1]) for found in answer.changes)
    assert list(told) == [
        (ChangeKind.OPENED, "c-winrm"),
        (ChangeKind.OPENED, "b-app"),
        (ChangeKind.OPENED, "a-office"),
        (ChangeKind.CLOSED, "d-out"),
    ]


def test_places_of_one_side_are_told_and_are_a_change() -> None:
    answer = nwpolicy.diff(attached(*PLAIN, nics=1), attached(*PLAIN, nics=2))
    assert answer.verdict is DiffVerdict.CHANGED
    assert [lone.place.name for lone in answer.only_after] == ["nic1"]
    answer = nwpolicy.diff(attached(*PLAIN, nics=2), attached(*PLAIN, nics=1))
    assert [lone.place.name for lone in answer.only_before] == ["nic1"]
    assert not nwpolicy.equivalent(attached(*PLAIN, nics=2), attached(*PLAIN, nics=1)).equivalent


def test_a_renamed_group_with_the_same_rules_is_no_change() -> None:
    def estate(name: str) -> Snapshot:
        network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg=name))
        return snapshot(network, nsg(name, *PLAIN), nsg("other"))

    answer = nwpolicy.diff(estate("nsg-old"), estate("nsg-new"), rules=True)
    assert answer.verdict is DiffVerdict.SAME
    assert (answer.only_before, answer.only_after) == ((), ())
    assert [(pair.before.name, pair.after.name) for pair in answer.renamed] == [("nsg-old", "nsg-new")]


def test_groups_that_may_be_others_or_say_something_else_are_not_taken_for_renamed() -> None:
    same = nsg("same")
    for old, new in (
        ((nsg("a", *PLAIN), nsg("b", *PLAIN)), (nsg("c", *PLAIN), nsg("d", *PLAIN))),
        ((nsg("a", *PLAIN), same), (nsg("c", *PLAIN, OPEN_SSH), same)),
    ):
        answer = nwpolicy.diff(snapshot(*old), snapshot(*new))
        assert answer.renamed == ()
        assert "a" in [lone.place.name for lone in answer.only_before]


def test_the_only_groups_of_both_sides_are_compared_whatever_their_names() -> None:
    old, new = snapshot(nsg("a", *PLAIN)), snapshot(nsg("b", *PLAIN, OPEN_SSH))
    assert change(old, new).kind is ChangeKind.OPENED
    (pair,) = nwpolicy.diff(old, new).renamed
    assert (pair.before.name, pair.after.name) == ("a", "b")


def test_places_whose_names_are_alike_but_for_what_is_unknown_are_compared() -> None:
    def estate(unknown: str, *rules: SecurityRule) -> Snapshot:
        return snapshot(nsg(f"a-{{{unknown}}}-1", *rules), nsg(f"b-{{{unknown}}}-1", *PLAIN))

    answer = nwpolicy.diff(estate("location", *PLAIN), estate("resourceGroup().location", *PLAIN, OPEN_SSH))
    assert [one.place_text for one in answer.changes] == ["a-{resourceGroup().location}-1"]
    assert (len(answer.renamed), answer.only_before, answer.only_after) == (2, (), ())


@pytest.mark.parametrize(
    ("name", "condition", "verdict"),
    [
        ("avnm", "prod", DiffVerdict.SAME),
        ("avnm", "test", DiffVerdict.MAY_CHANGE),
        ("avnm-{location}", "prod", DiffVerdict.SAME),
        ("avnm-{location}", "test", DiffVerdict.MAY_CHANGE),
    ],
)
def test_members_that_azure_policy_decides_are_the_same_while_its_condition_is(
    name: str, condition: str, verdict: DiffVerdict
) -> None:
    """Microsoft Learn, Configuring Azure Policy with network groups in Azure Virtual Network Manager."""

    def estate(name: str, condition: str) -> Snapshot:
        members = replace(unknown("members by policy p", UnknownKind.REFERENCE), rule=condition)
        rules = collection("rc", [f"{name}-g"], admin_rule("deny", 10, DENY, ports="22"))
        network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24"))
        return snapshot(network, manager(name, group(f"{name}-g", members), configuration("sac", rules)))

    old = estate(name, "prod")
    new = estate(name.replace("location", "region"), condition)
    answer = nwpolicy.diff(old, new)
    assert answer.verdict is verdict
    told = "vnet is in avnm-{location}-g (now vnet is in avnm-{region}-g)"
    assert answer.unknowns == ((told,) if "{" in name and verdict is DiffVerdict.SAME else ())


def test_unknowns_about_things_that_several_may_be_are_not_taken_for_the_same() -> None:
    def estate(*names: str) -> Snapshot:
        members = unknown("members by policy p", UnknownKind.REFERENCE)
        groups = [f"g-{{{name}}}" for name in names]
        rules = collection("rc", groups[:1], admin_rule("deny", 10, DENY, ports="22"))
        network = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24"))
        return snapshot(
            network, manager("avnm", *(group(name, members) for name in groups), configuration("sac", rules))
        )

    assert nwpolicy.diff(estate("a", "b"), estate("a", "b")).verdict is DiffVerdict.SAME
    assert nwpolicy.diff(estate("a", "b"), estate("c", "d")).verdict is DiffVerdict.MAY_CHANGE
    assert nwpolicy.diff(estate("a", "b"), estate("b", "a")).verdict is DiffVerdict.MAY_CHANGE


def test_places_that_several_may_be_are_not_compared() -> None:
    old = snapshot(nsg("a-{x}", *PLAIN), nsg("a-{y}", *PLAIN), nsg("c", *PLAIN))
    new = snapshot(nsg("a-{z}", *PLAIN), nsg("c", *PLAIN))
    answer = nwpolicy.diff(old, new)
    assert (len(answer.only_before), len(answer.only_after)) == (2, 1)


def test_a_private_endpoint_is_compared() -> None:
    def estate(*rules: SecurityRule) -> Snapshot:
        filtered = subnet("pe", "10.0.1.0/24", nsg="nsg", endpoint_policies="NetworkSecurityGroupEnabled")
        network = vnet("vnet", "10.0.0.0/16", filtered)
        return snapshot(network, nsg("nsg", *rules), private_endpoint("sql", "vnet/pe", "10.0.1.9"))

    found = change(estate(), estate(rule("office", 100, ALLOW, "198.51.100.0/24")))
    assert {place.name for place in found.places} == {"pe", "sql"}


CIDR = unknown("adminCidr", UnknownKind.ADDRESS)


def admin(source: AddressTerm | str | Unknown, *, priority: int = 110) -> SecurityRule:
    assert isinstance(source, str | Unknown)
    return rule("admin", priority, ALLOW, source, ports="22", protocol="Tcp")


def test_what_depends_on_an_unknown_in_the_same_way_is_no_change() -> None:
    answer = nwpolicy.diff(alone(WEB, admin(CIDR)), alone(WEB, admin(CIDR, priority=120)), prove=True)
    assert answer.verdict is DiffVerdict.SAME


def test_unknowns_of_files_in_different_places_are_paired_by_name() -> None:
    old, new = replace(CIDR, scope="old/main.json"), replace(CIDR, scope="new/main.json")
    answer = nwpolicy.diff(alone(WEB, admin(old)), alone(WEB, admin(new)))
    assert answer.verdict is DiffVerdict.SAME
    assert "adminCidr" in answer.unknowns


def test_unknowns_of_one_name_are_paired_by_where_their_files_are() -> None:
    def estate(top: str, first: str, second: str) -> Snapshot:
        one, two = (replace(CIDR, scope=f"{top}/{part}/main.json") for part in (first, second))
        return alone(admin(one), rule("rdp", 120, ALLOW, two, ports="3389", protocol="Tcp"))

    assert nwpolicy.diff(estate("old", "a", "b"), estate("new", "a", "b")).verdict is DiffVerdict.SAME
    assert nwpolicy.diff(estate("old", "a", "b"), estate("new", "b", "a")).verdict is DiffVerdict.MAY_CHANGE


def test_an_unknown_that_may_be_other_values_than_before_is_a_value_of_each_side() -> None:
    """The same template with other `allowedValues`: what is deployed now may be one that is no longer allowed."""

    def estate(*allowed: str) -> Snapshot:
        return attached(admin(replace(CIDR, domain=Domain(allowed))))

    wide = estate("10.0.0.0/8", "198.51.100.0/24")
    assert nwpolicy.diff(wide, estate("198.51.100.0/24", "10.0.0.0/8")).verdict is DiffVerdict.SAME
    assert nwpolicy.diff(wide, attached(admin(CIDR))).verdict is DiffVerdict.MAY_CHANGE
    answer = nwpolicy.diff(wide, estate("10.0.0.0/8"), prove=True)
    assert answer.verdict is DiffVerdict.MAY_CHANGE
    assert "adminCidr" not in answer.unknowns
    values = {(one.name, one.value) for found in answer.changes for one in found.witness.values}
    assert values == {("adminCidr", "198.51.100.0/24"), ("adminCidr (after)", "10.0.0.0/8")}


@pytest.mark.parametrize(
    ("unknowns", "kind", "access"),
    [("any", ChangeKind.OPENED, ("Deny", "Allow")), ("none", None, None), (None, ChangeKind.MAY_CHANGE, None)],
)
def test_what_depends_counts_on_each_side_by_itself(
    unknowns: str | None, kind: ChangeKind | None, access: tuple[str, str] | None
) -> None:
    answer = nwpolicy.diff(attached(WEB), attached(WEB, admin(CIDR)), unknowns=unknowns)
    assert {found.kind for found in answer.changes} == ({kind} if kind else set())
    assert answer.verdict is (DiffVerdict.SAME if kind is None else answer.verdict)
    if access:
        (found,) = answer.changes
        assert (found.before.access, found.after.access) == access
        assert not found.witness.values
    assert any("counts as" in fact for fact in answer.rests_on) is (unknowns is not None)


def test_a_rule_whose_source_becomes_known_closes_the_rest_where_any_value_counts() -> None:
    def kinds(unknowns: str) -> set[ChangeKind]:
        answer = nwpolicy.diff(attached(admin(CIDR)), attached(admin("203.0.113.0/24")), unknowns=unknowns)
        return {found.kind for found in answer.changes}

    assert kinds("any") == {ChangeKind.CLOSED}
    assert kinds("none") == {ChangeKind.OPENED}


def test_what_is_closed_is_not_proved() -> None:
    with pytest.raises(QuestionError, match="not proved"):
        nwpolicy.diff(alone(WEB), alone(WEB), unknowns="any", prove=True)


def test_what_depends_on_another_unknown_may_change() -> None:
    found = change(attached(admin(CIDR)), attached(admin(unknown("officeCidr", UnknownKind.ADDRESS))))
    assert found.kind is ChangeKind.MAY_CHANGE
    assert {unknown.name for unknown in found.depends_on} == {"adminCidr", "officeCidr"}
    assert found.witness.values


def test_a_known_prefix_in_the_place_of_an_unknown_one_may_change() -> None:
    answer = nwpolicy.diff(attached(admin(CIDR)), attached(admin("203.0.113.0/24")), prove=True)
    assert answer.verdict is DiffVerdict.MAY_CHANGE
    assert {(found.before.access, found.after.access) for found in answer.changes} == {
        ("Depends", "Allow"),
        ("Depends", "Deny"),
    }


def test_fates_that_look_different_and_are_the_same_are_no_change() -> None:
    flag = unknown("debug", UnknownKind.CONDITION)
    once = rule("debug", 100, ALLOW, ports="9229", protocol="Tcp", condition=flag)
    again = replace(once, name="again", priority=110)
    assert nwpolicy.diff(alone(once), alone(once, again), prove=True).verdict is DiffVerdict.SAME


def test_another_assumption_is_taken_on_both_sides() -> None:
    old = alone(rule("v6", 100, ALLOW, "::/0", "::/0", protocol="Icmp"))
    assert nwpolicy.diff(old, alone()).verdict is DiffVerdict.CHANGED
    answer = nwpolicy.diff(old, alone(), assume={"icmpv6": "unfiltered"})
    assert answer.assumptions == () or all(used.choice != "matched-by-any" for used in answer.assumptions)
    with pytest.raises(QuestionError, match="icmpv7"):
        nwpolicy.diff(old, old, assume={"icmpv7": "unfiltered"})


def test_what_azure_would_not_take_is_refused_on_either_side() -> None:
    wrong = alone(SSH, replace(WEB, priority=100))
    for old, new in ((wrong, alone()), (alone(), wrong)):
        with pytest.raises(InputError):
            nwpolicy.diff(old, new)


def test_equivalence_is_refuted_by_a_flow_with_both_rules() -> None:
    answer = nwpolicy.equivalent(attached(*RULES), attached(*RULES, OPEN_SSH), nic="nic0")
    assert not answer.equivalent
    assert answer.place is not None
    assert answer.place.name == "nic0"
    assert answer.witness is not None
    assert answer.witness.text == "tcp 203.0.113.4:50000 → 10.0.1.4:22"
    assert answer.after is not None
    assert answer.after.rule is not None
    assert answer.after.rule.name == "open-ssh"


def test_equivalence_at_one_place_leaves_the_others_out() -> None:
    narrow = rule("admin", 110, ALLOW, "Internet", "10.0.1.5", "3389", protocol="Tcp")
    old, new = attached(*RULES), attached(*RULES, narrow)
    assert nwpolicy.equivalent(old, new, nic="nic0").equivalent
    assert not nwpolicy.equivalent(old, new, nic="nic1").equivalent
    assert nwpolicy.equivalent(old, new, subnet="db").equivalent
    assert not nwpolicy.equivalent(old, new, nsg="nsg").equivalent
    with pytest.raises(QuestionError, match="more than one place"):
        nwpolicy.equivalent(old, new, nic="nic0", subnet="db")
    with pytest.raises(QuestionError, match="nic9"):
        nwpolicy.equivalent(old, new, nic="nic9")


def test_groups_are_by_themselves_where_nothing_else_is_known() -> None:
    group_: NetworkSecurityGroup = nsg("lonely", *RULES)
    answer = nwpolicy.diff(snapshot(group_, nsg("b")), snapshot(group_, nsg("b", OPEN_SSH)))
    assert [place.name for place in answer.same] == ["lonely"]
    assert [place.name for place in answer.changes[0].places] == ["b"]


def test_where_it_depends_which_rule_decides_that_is_said() -> None:
    """What may be the virtual network's is let in by one default rule, and by another as a load balancer's."""
    found = nwpolicy.diff(alone(rule("deny", 100, DENY)), alone())
    sides = {
        (one.after.access, one.after.rule and one.after.rule.name, one.after.rule_depends) for one in found.changes
    }
    assert ("Allow", None, True) in sides
    assert ("Allow", "AllowAzureLoadBalancerInBound", False) in sides
