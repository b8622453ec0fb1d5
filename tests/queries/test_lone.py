"""Places of one side only, with answers that were worked out by hand."""

from __future__ import annotations

import pytest

import nwpolicy
from nwpolicy.model.rules import SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.differences import ChangeKind, Difference, DiffVerdict, SideAnswer
from tests.builders import ALLOW, DENY, OUT, nic, nsg, private_endpoint, rule, snapshot, subnet, unknown, vnet

SSH = rule("ssh", 100, ALLOW, "Internet", ports="22", protocol="Tcp")
SQL = rule("sql", 110, ALLOW, "10.0.9.0/24", ports="1433", protocol="Tcp")
MAIL = rule("mail", 100, ALLOW, "*", "Internet", direction=OUT, ports="25", protocol="Tcp")
CLOSED = rule("closed", 4000, DENY)

#: Every default rule that allows something, where the virtual network is 10.0.0.0/16. Source: Microsoft Learn, Network
#: security groups overview, default security rules; exempt traffic: Azure platform considerations.
DEFAULTS = {"AllowVnetInBound", "AllowVnetOutBound", "AllowInternetOutBound", "PlatformExempt"}


def estate(*nics: int, group: str | None = "nsg", rules: tuple[SecurityRule, ...] = (SSH, CLOSED)) -> Snapshot:
    """Interfaces in one subnet, whose group it may lack."""
    return snapshot(
        vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg=group)),
        *(nic(f"nic{number}", f"10.0.1.{number}", "vnet/web") for number in nics),
        nsg("nsg", *rules),
    )


def paths(found: Difference) -> list[tuple[ChangeKind, str, str | None, str | None]]:
    return [(one.kind, one.flows[0].text, _name(one.before), _name(one.after)) for one in found.changes]


def _name(side: SideAnswer) -> str | None:
    return side.rule.name if side.rule is not None else None


def defaults(found: Difference, kind: ChangeKind) -> dict[str, list[str]]:
    return {one.rule: [place.name for place in one.places] for one in found.by_default if one.kind is kind}


def test_what_a_new_interface_is_reachable_by_opens() -> None:
    found = nwpolicy.diff(estate(4), estate(4, 5, 6, rules=(SSH, CLOSED)), prove=True)
    assert paths(found) == [(ChangeKind.OPENED, "tcp 22  Internet → nic5, nic6", None, "ssh")]
    (one,) = found.changes
    assert (one.before.access, one.after.access, one.management_ports) == ("Absent", "Allow", (22,))
    assert one.witness.text == "tcp 203.0.113.4:50000 → 10.0.1.5:22"
    assert found.verdict is DiffVerdict.CHANGED


def test_what_an_interface_had_that_is_gone_closes() -> None:
    found = nwpolicy.diff(estate(4, 5, 6), estate(4))
    assert paths(found) == [(ChangeKind.CLOSED, "tcp 22  Internet → nic5, nic6", "ssh", None)]
    assert (found.changes[0].before.access, found.changes[0].after.access) == ("Allow", "Absent")


def test_a_row_for_each_rule_that_decides() -> None:
    """`sql` and `mail` open what they allow; `closed` leaves nothing of AllowVnetInBound."""
    found = nwpolicy.diff(estate(4, rules=(SQL, SSH, MAIL, CLOSED)), estate(4, 5, rules=(SQL, SSH, MAIL, CLOSED)))
    assert paths(found) == [
        (ChangeKind.OPENED, "tcp 22  Internet → nic5", None, "ssh"),
        (ChangeKind.OPENED, "tcp 1433  10.0.9.0/24 → nic5", None, "sql"),
        (ChangeKind.OPENED, "tcp 25  nic5 → Internet", None, "mail"),
    ]
    assert set(defaults(found, ChangeKind.OPENED)) == DEFAULTS - {"AllowVnetInBound"}


def test_what_default_rules_allow_is_counted_and_no_row() -> None:
    found = nwpolicy.diff(estate(4, rules=()), estate(4, 5, 6, rules=()))
    assert found.changes == ()
    assert defaults(found, ChangeKind.OPENED) == {name: ["nic5", "nic6"] for name in DEFAULTS}
    gone = nwpolicy.diff(estate(4, 5, rules=()), estate(4, rules=()))
    assert defaults(gone, ChangeKind.CLOSED) == {name: ["nic5"] for name in DEFAULTS}


def test_a_new_interface_that_no_group_applies_to_is_open_to_everything() -> None:
    """Source: Microsoft Learn, How network security groups filter network traffic: without a group all is allowed."""
    found = nwpolicy.diff(estate(4, group=None), estate(4, 5, group=None))
    (one,) = found.changes
    assert (one.kind, one.direction, one.place_text, one.after.rule) == (ChangeKind.OPENED, "Inbound", "nic5", None)
    assert one.public_sources > 1 << 31
    assert 22 in one.management_ports


def test_a_new_subnet_and_its_interfaces_are_told_together() -> None:
    old = snapshot(vnet("vnet", "10.0.0.0/16", subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24")))
    new = snapshot(
        vnet(
            "vnet",
            "10.0.0.0/16",
            subnet("a", "10.0.1.0/24"),
            subnet("b", "10.0.2.0/24"),
            subnet("web", "10.0.3.0/24", nsg="nsg"),
        ),
        *(nic(f"nic{number}", f"10.0.3.{number}", "vnet/web") for number in (4, 5)),
        nsg("nsg", SSH, CLOSED),
    )
    found = nwpolicy.diff(old, new, prove=True)
    assert paths(found) == [(ChangeKind.OPENED, "tcp 22  Internet → subnet web (2 NICs)", None, "ssh")]
    assert [one.place.name for one in found.only_after] == ["web", "nic4", "nic5", "nsg"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("web", True), ("GatewaySubnet", False), ("AzureFirewallSubnet", False), ("RouteServerSubnet", False)],
)
def test_a_new_subnet_without_a_group_is_told_unless_it_is_that_of_a_service(name: str, told: bool) -> None:
    """Source: Microsoft Learn, Azure VPN Gateway FAQ: network security groups are not supported on GatewaySubnet."""
    common = (subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24"))
    old, new = (
        snapshot(vnet("vnet", "10.0.0.0/16", *common, *added)) for added in ((), (subnet(name, "10.0.3.0/24"),))
    )
    found = nwpolicy.diff(old, new)
    assert bool(found.changes) is told
    assert ("lack of a network security group" in defaults(found, ChangeKind.OPENED)) is True


def test_a_new_subnet_whose_interfaces_have_groups_is_told_by_these() -> None:
    common = (subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24"))
    old = snapshot(vnet("vnet", "10.0.0.0/16", *common))
    new = snapshot(
        vnet("vnet", "10.0.0.0/16", *common, subnet("web", "10.0.3.0/24")),
        *(nic(f"nic{number}", f"10.0.3.{number}", "vnet/web", nsg="nsg") for number in (4, 5)),
        nsg("nsg", SSH, CLOSED),
    )
    assert paths(nwpolicy.diff(old, new)) == [(ChangeKind.OPENED, "tcp 22  Internet → nic4, nic5", None, "ssh")]


def test_a_group_alone_filters_nothing_and_is_listed() -> None:
    found = nwpolicy.diff(snapshot(nsg("a"), nsg("b")), snapshot(nsg("a"), nsg("b"), nsg("new", SSH)))
    assert (found.changes, [one.place.name for one in found.only_after]) == ((), ["new"])
    assert found.verdict is DiffVerdict.CHANGED


def test_what_depends_on_an_unknown_may_open() -> None:
    """Whoever the administrators are: of their addresses nothing is known."""
    admins = rule("admins", 100, ALLOW, unknown("admins", UnknownKind.ADDRESS), ports="22", protocol="Tcp")
    found = nwpolicy.diff(estate(4, rules=(admins, CLOSED)), estate(4, 5, rules=(admins, CLOSED)))
    (one,) = (one for one in found.changes if one.direction == "Inbound")
    assert (one.kind, one.before.access, one.after.access) == (ChangeKind.MAY_CHANGE, "Absent", "Depends")
    assert [open_.name for open_ in one.depends_on] == ["admins"]
    assert [value.name for value in one.witness.values] == ["admins"]


@pytest.mark.parametrize(("unknowns", "kinds"), [("any", [ChangeKind.OPENED]), ("none", [])])
def test_what_counts_where_it_depends_counts_for_new_places(unknowns: str, kinds: list[ChangeKind]) -> None:
    admins = rule("admins", 100, ALLOW, unknown("admins", UnknownKind.ADDRESS), ports="22", protocol="Tcp")
    found = nwpolicy.diff(estate(4, rules=(admins, CLOSED)), estate(4, 5, rules=(admins, CLOSED)), unknowns=unknowns)
    assert [one.kind for one in found.changes if one.direction == "Inbound"] == kinds


def test_a_new_private_endpoint_that_no_group_filters_is_no_surprise() -> None:
    """Source: Microsoft Learn, Manage network policies for private endpoints: they are disabled by default."""
    place = vnet("vnet", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="nsg"))
    sides = [
        snapshot(place, *(private_endpoint(name, "vnet/web", "10.0.1.7") for name in names), nsg("nsg", SSH))
        for names in (("a", "b"), ("a", "b", "c"))
    ]
    found = nwpolicy.diff(*sides)
    assert found.changes == ()
    assert defaults(found, ChangeKind.OPENED) == {"lack of a network security group": ["c"]}
