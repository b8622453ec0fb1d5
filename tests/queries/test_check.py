"""What becomes of each kind of assertion: that it holds, is violated by a flow that is shown, or is not proved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nwpolicy.model.assembly import assemble
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.check import Violation, check
from nwpolicy.queries.check.answers import CheckAnswer, CheckState, ResultAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.readers import nwp
from nwpolicy.reports.check import check_head
from nwpolicy.reports.screen import render

#: A network with a web tier that the internet reaches, a database behind it, and a subnet that nothing is in.
ESTATE = """
nsg nsg-web {
  inbound {
    100 allow-https allow tcp from Internet   to * port 443
    110 allow-admin allow tcp from ?adminCidr to * port 22
    120 deny-lan    deny  *   from 10.0.0.0/8 to *
  }
}
nsg nsg-db {
  inbound {
    100 allow-sql allow tcp from asg web to * port 1433
    200 deny-rest deny  *   from *       to *
  }
}
nsg nsg-lone { inbound { 100 allow-http allow tcp from Internet to * port 80 } }
route-table rt {
  route out   0.0.0.0/0    via appliance 10.0.3.4
  route there 192.0.2.0/24 via internet
  route what  198.51.100.0/24 via ?hop
}
vnet hub {
  address 10.0.0.0/16
  subnet GatewaySubnet { address 10.0.0.0/24 }
  subnet web   { address 10.0.1.0/24; nsg nsg-web }
  subnet db    { address 10.0.2.0/24; nsg nsg-db }
  subnet nva   { address 10.0.3.0/24; nsg nsg-db }
  subnet spare { address 10.0.4.0/24; nsg nsg-web }
}
vnet spoke { address 10.9.0.0/16; subnet work { address 10.9.0.0/24; route-table rt } }
asg web; asg nobody
nic web-1 { ip one { address 10.0.1.4; subnet hub/web; asg web; public-ip pip } }
nic web-2 { ip one { address 10.0.1.5; subnet hub/web; asg web } }
nic db-1  { ip one { address 10.0.2.4; subnet hub/db } }
nic nva-1 { ip-forwarding; ip one { address 10.0.3.4; subnet hub/nva } }
nic work-1 { ip one { address 10.9.0.4; subnet spoke/work } }
vm vm-db { nic db-1 }
public-ip pip { sku Standard }
network-manager corp {
  subscription s
  group known { vnet hub }
  group open  { vnet spoke, ?members }
  nothing-deployed
}
"""


def estate(text: str) -> Snapshot:
    found = assemble([nwp.read("estate.nwp", ESTATE), nwp.read("policy.nwp", text)])
    assert not [one for one in found.diagnostics if one.severity == "error"], found.diagnostics
    return found


def checked(text: str, today: str = "2026-06-15") -> CheckAnswer:
    return check(estate(text), today=date.fromisoformat(today))


def result(text: str, today: str = "2026-06-15") -> ResultAnswer:
    (found,) = checked(text, today).results
    return found


def outcome(text: str) -> str:
    """The state, with the flow that shows it, or what would have to be known."""
    found = result(text)
    shown = [found.witness.text] if found.witness is not None and found.state is CheckState.VIOLATED else []
    return " ".join([found.state, *shown, *(unknown.name for unknown in found.depends_on)])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("never tcp from Internet to any port 3389", "Holds"),
        ("never tcp from Internet to any port 443", "Violated tcp 203.0.113.4:50000 → 10.0.1.4:443"),
        ("never tcp from Internet to nic web-2 port 443", "Holds"),
        ("never tcp from Internet to subnet hub/web port 22", "NotProved adminCidr"),
        ("never tcp from asg web to vm vm-db port 1433", "Violated tcp 10.0.1.4:50000 → 10.0.2.4:1433"),
        ("never tcp from asg web to vm vm-db port 1434", "Holds"),
        ("never icmp from 10.0.2.4 to subnet hub/web", "Holds"),
        ("never from 10.0.2.4 to subnet hub/web", "NotProved adminCidr"),
        ("never from group known to vnet spoke", "Holds"),
        ("never from vnet spoke to group open", "NotProved members"),
        ("never from ?who to vnet spoke", "NotProved who"),
        ("never udp from nsg nsg-web to nsg nsg-db", "Holds"),
    ],
)
def test_never(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("always tcp from subnet hub/web to nic db-1 port 1433", "Holds"),
        ("always tcp from subnet hub/web to nic db-1 port 1433-1434", "Violated tcp 10.0.1.4:50000 → 10.0.2.4:1434"),
        ("always tcp from Internet to nic web-1 port 443", "Holds"),
        ("always tcp from Internet to asg web port 443", "Violated tcp 203.0.113.4:50000 → 10.0.1.5:443"),
        ("always tcp from 203.0.113.7 to nic web-1 port 22", "NotProved adminCidr"),
        ("always tcp from nic web-1 to Internet port 443", "Holds"),
        ("always tcp from nic work-1 to nic db-1 port 1433", "Violated tcp 10.9.0.4:50000 → 10.0.2.4:1433"),
    ],
)
def test_always(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("only tcp from asg web to subnet hub/db port 1433", "Holds"),
        ("only tcp from nic web-1 to subnet hub/db port 1433", "Violated tcp 10.0.1.5:50000 → 10.0.2.4:1433"),
        ("only tcp from 203.0.113.0/24 to nic web-1 port 443", "Violated tcp 198.51.100.4:50000 → 10.0.1.4:443"),
        ("only tcp from Internet to nic web-1 port 443", "Holds"),
        ("only tcp from ?who to subnet hub/db port 1433", "NotProved who"),
    ],
)
def test_only(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


def test_private_endpoints_are_members_of_the_groups_that_they_list() -> None:
    endpoint = "private-endpoint pe { subnet hub/db; address 10.0.2.9; asg store }\n"
    found = outcome(endpoint + "assert a never tcp from nic web-1 to asg store port 443")
    assert found == "Violated tcp 10.0.1.4:50000 → 10.0.2.9:443"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("isolated from vnet hub to vnet spoke", "Holds"),
        ("isolated from subnet hub/db to asg web", "Violated tcp 10.0.1.4:50000 → 10.0.2.4:1433"),
        ("isolated tcp from subnet hub/spare to subnet hub/web port 23", "Holds"),
        ("isolated from subnet hub/spare to subnet hub/web", "NotProved adminCidr"),
        ("isolated from group open to subnet hub/web", "NotProved members"),
    ],
)
def test_isolated(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("routed from vnet spoke to 203.0.113.0/24 via appliance 10.0.3.4", "Holds"),
        ("routed from vnet spoke to 203.0.113.0/24 via appliance 10.0.3.5", "Violated work-1 → 203.0.113.0"),
        ("routed from vnet spoke to Internet via appliance 10.0.3.4", "Violated work-1 → 192.0.2.0"),
        ("routed from vnet spoke to 198.51.100.7 via internet", "NotProved hop"),
        ("routed from nic web-1 to Internet via internet", "Holds"),
        ("routed from subnet hub/spare to vnet hub via vnet", "Holds"),
    ],
)
def test_routed(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("never tcp from Internet to nic web-2 port 443 rules-only", "Violated tcp 203.0.113.4:50000 → 10.0.1.5:443"),
        (
            "never tcp from Internet to nsg nsg-lone port 80 rules-only",
            "Violated tcp 203.0.113.4:50000 → 198.51.100.4:80",
        ),
        ("never tcp from Internet to nsg nsg-lone port 81 rules-only", "Holds"),
        ("never tcp from Internet to vnet hub port 3389 rules-only", "Holds"),
        ("never tcp from vnet spoke to subnet hub/db port 1433 rules-only", "Holds"),
        ("always tcp from Internet to asg web port 443 rules-only", "Holds"),
        (
            "always tcp from Internet to asg web port 442-443 rules-only",
            "Violated tcp 203.0.113.4:50000 → 10.0.1.4:442",
        ),
        ("always tcp from 203.0.113.7 to asg web port 22 rules-only", "NotProved adminCidr"),
        ("only tcp from 10.0.1.4-10.0.1.5 to subnet hub/db port 1433 rules-only", "Holds"),
        ("only tcp from 10.0.1.4 to subnet hub/db port 1433 rules-only", "Violated tcp 10.0.1.5:50000 → 10.0.2.4:1433"),
        ("isolated from subnet hub/db to asg web rules-only", "Violated tcp 10.0.1.4:50000 → 10.0.2.4:1433"),
        ("never udp to any port 9 rules-only", "Violated udp 10.0.1.4:50000 → 198.51.100.4:9"),
        ("never from * to Internet rules-only", "Violated tcp 10.0.1.4:50000 → 198.51.100.4:443"),
    ],
)
def test_rules_alone(said: str, expected: str) -> None:
    assert outcome(f"assert a {said}") == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("allow tcp from 203.0.113.9 to nic web-1 port 443 by allow-https", "Holds"),
        ("allow tcp from 203.0.113.9 to nic web-1 port 443 by allow-admin", "Violated"),
        ("deny tcp from nic work-1 to nic db-1 port 1433", "Holds"),
        ("deny tcp from nic nva-1 to nic db-1 port 1434 by Deny-Rest", "Holds"),
        ("deny tcp from nic nva-1 to nic db-1 port 1434 by allow-sql", "Violated"),
        ("deny tcp from 203.0.113.9 to nic web-1 port 443", "Violated tcp 203.0.113.9:50000 → 10.0.1.4:443"),
        ("deny tcp from 203.0.113.9 to nic web-1 port 22", "NotProved adminCidr"),
        ("deny tcp from 203.0.113.9 to nsg nsg-lone port 81 by DenyAllInBound rules-only", "Holds"),
        ("allow tcp from 203.0.113.9 to nsg nsg-lone port 80 by allow-http rules-only", "Holds"),
    ],
)
def test_test_cases(said: str, expected: str) -> None:
    assert outcome(f"expect a {said}") == expected


def test_a_subnet_in_which_the_input_shows_nothing_stands_for_all_that_may_be_put_there() -> None:
    found = result("assert a never tcp from Internet to subnet hub/spare port 443")
    assert found.state is CheckState.VIOLATED
    assert found.message == "Internet reaches any interface in hub/spare"


def test_where_subnets_have_interfaces_more_may_come_if_one_assumes_so() -> None:
    text = "assert a never tcp from Internet to subnet hub/web port 443"
    one = check(estate(f"{text}\nexcept a to nic web-1"), assume={"unseen-addresses": "unknown"}).results[0]
    assert (one.state, one.message) == (CheckState.VIOLATED, "Internet reaches any interface in hub/web")
    assert checked(f"{text}\nexcept a to nic web-1").results[0].state is CheckState.EXCEPTED


def test_an_interface_of_a_subnet_without_rules_is_closed_as_standard_addresses_are() -> None:
    """Microsoft Learn, Public IP addresses: a Standard address is closed unless a network security group allows."""
    text = "vnet bare { address 10.7.0.0/16; subnet s { address 10.7.0.0/24 } }\n"
    assert outcome(f"{text}assert a never from Internet to vnet bare") == "Holds"


def test_a_service_endpoint_is_a_way_to_public_addresses_too() -> None:
    """Microsoft Learn, Virtual network service endpoints: traffic goes to the service's public address."""
    text = """
    tag Storage = 20.60.0.0/16
    vnet far { address 10.8.0.0/16; subnet s { address 10.8.0.0/24; service-endpoint Microsoft.Storage } }
    """
    assert outcome(f"{text}assert a never tcp from vnet far to Storage port 443").startswith("Violated")


def test_a_witness_tells_every_filter_and_its_rules() -> None:
    found = result("assert a never tcp from asg web to vm vm-db port 1433")
    assert found.witness is not None
    told = [(c.place, c.direction, [(rule.name, rule.access) for rule in c.rules]) for c in found.witness.chains]
    assert told == [
        ("web-1", "Outbound", [("AllowVnetOutBound", "Allow")]),
        ("db-1", "Inbound", [("allow-sql", "Allow")]),
    ]
    assert found.witness.chains[1].rules[0].location is not None
    assert str(found.witness.chains[1].rules[0].location) == "estate.nwp:11:5"
    assert str(found.location) == "policy.nwp:1:8"


def test_all_that_is_as_bad_is_told() -> None:
    found = result("assert a never tcp from asg web to subnet hub/db port 1433")
    assert (found.message, found.also) == ("web-1 reaches db-1", ("web-2 reaches db-1",))


def test_those_who_fare_alike_are_told_together() -> None:
    text = """
    vnet bare { address 10.7.0.0/16; subnet s { address 10.7.0.0/24 } }
    nic x-1 { ip one { address 10.7.0.4; subnet bare/s } }
    nic x-2 { ip one { address 10.7.0.5; subnet bare/s } }
    """
    found = result(f"{text}assert a never tcp from vnet bare to Internet port 443")
    assert (found.message, found.also) == ("x-1 and 1 more reach Internet", ())


def test_what_stops_a_connection_is_told() -> None:
    found = result("assert a always tcp from nic web-1 to nic db-1 port 1434")
    assert found.witness is not None
    assert found.witness.cause == "deny-rest of NSG nsg-db (subnet db), into db-1"


def test_addresses_that_nobody_has_are_told() -> None:
    found = result("assert a never tcp from 10.0.0.0/8 to subnet hub/db port 1434")
    assert found.notes == ("of 10.0.0.0/8 only what the input shows is looked at",)


# exceptions

EXPOSED = "assert a never tcp from Internet to any port 443\n"


@pytest.mark.parametrize(
    ("exceptions", "today", "state", "used"),
    [
        ("", "2026-06-15", CheckState.VIOLATED, []),
        ("except a tcp to nic web-1 port 443; except a to subnet hub/spare", "2026-06-15", "Excepted", [True, True]),
        ("except a to nic web-1; except a to vnet hub", "2026-06-15", "Excepted", [False, True]),
        ("except a to nic web-1", "2026-06-15", "Violated", [True]),
        ("except a udp to any", "2026-06-15", "Violated", [True]),
        ("except a expires 2026-06-15", "2026-06-15", "Excepted", [True]),
        ("except a expires 2026-06-15", "2026-06-16", "ExpiredException", [True]),
        ("except a to nic web-1 expires 2026-06-15", "2026-06-16", "Violated", [False]),
    ],
)
def test_exceptions(exceptions: str, today: str, state: CheckState, used: list[bool]) -> None:
    found = result(EXPOSED + exceptions, today)
    assert found.state == state
    assert [exception.is_used for exception in found.exceptions] == used


def test_an_exception_cuts_addresses_that_rules_do_not_tell_apart() -> None:
    said = "assert a never tcp from asg web to subnet hub/db port 1433\nexcept a from nic web-1\n"
    assert outcome(said) == "Violated tcp 10.0.1.5:50000 → 10.0.2.4:1433"
    assert outcome(f"{said}except a from 10.0.1.5") == "Excepted"


def test_exceptions_hold_where_rules_alone_decide() -> None:
    said = "assert a never tcp from Internet to nsg nsg-web port 443 rules-only\n"
    assert outcome(f"{said}except a to subnet hub/spare; except a to asg web") == "Excepted"
    assert outcome(f"{said}except a to asg web").startswith("Violated tcp 203.0.113.4:50000 → 10.0.4.")


def test_an_exception_that_is_not_needed_is_told() -> None:
    found = result("assert a never tcp from Internet to any port 3389\nexcept a to nic web-1")
    assert (found.state, [one.is_used for one in found.exceptions]) == (CheckState.HOLDS, [False])


def test_a_list_of_exposures_is_an_assertion_with_exceptions() -> None:
    said = "assert edge never from Internet to any\nexcept edge tcp to nic web-1 port 22, 443\n"
    assert outcome(f"{said}except edge tcp to subnet hub/spare port 22, 443") == "Excepted"


def test_after_its_last_day_nothing_is_asserted() -> None:
    assert result(f"{EXPOSED.strip()} expires 2026-06-14").state is CheckState.LAPSED


def test_where_it_is_not_known_whether_it_has_to_hold_it_is_not_violated() -> None:
    assert outcome(f"{EXPOSED.strip()} if ?checked") == "NotProved checked"


# what is about nothing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("assert a never from subnet nope to any", "there is no subnet 'nope' in the input"),
        ("assert a never from asg nobody to any", "the application security group nobody has no member in the input"),
        ("assert a never from vm nope to any", "there is no virtual machine 'nope' in the input"),
        ("assert a never from subnet GatewaySubnet to any", "the subnet GatewaySubnet has no member in the input"),
        ("assert a never from VirtualNetwork to any", "VirtualNetwork stands for something else at every place"),
        ("assert a never from 172.16.0.0/12 to any", "this speaks of no flow at all between members of the input"),
        ("assert a never from Internet to 8.8.8.8", "this speaks of no flow at all between members of the input"),
        ("assert a always from nic db-1 to nic db-1", "this speaks of no flow at all between members of the input"),
        (
            "assert a never icmp from nic db-1 to nic web-1 port 22",
            "this speaks of no flow at all: only TCP and UDP have ports",
        ),
        ("assert a never from Internet to 10.0.0.0/8 rules-only", "no rules apply between these ends"),
        ("assert a never from 2001:db8::/32 to nic db-1 rules-only", "this speaks of no flow at all"),
        ("assert a routed from Internet to any via internet", "no place in the input sends these packets"),
        (
            "assert a never from Nonsense to any",
            "'Nonsense' is no address and no service tag",
        ),
        ("except a to any\nassert b never from Internet to any", "there is no assertion 'a'"),
        ("assert a never from Internet to any\nassert a always to any", "'a' is defined twice, first in line 1"),
        (
            "assert a routed from vnet hub via internet\nexcept a to any",
            "an assertion of the kind routed has no exceptions",
        ),
    ],
)
def test_an_assertion_about_nothing_is_an_error(text: str, message: str) -> None:
    found = assemble([nwp.read("estate.nwp", ESTATE), nwp.read("policy.nwp", text)])
    wrong = [one for one in found.diagnostics if one.severity == "error"]
    if not wrong:
        with pytest.raises(InputError) as error:
            check(found)
        wrong = list(error.value.diagnostics)
    assert [(one.message, one.location.file) for one in wrong] == [(message, "policy.nwp")]


def test_input_without_assertions_is_no_success() -> None:
    with pytest.raises(QuestionError, match="the input holds no assertion and no test case"):
        check(estate(""))


# no network, environments, equivalence: files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nsg.nwp").write_text(
        "nsg web { inbound { 100 a allow tcp from ?adminCidr to * port 22; 200 b deny * from * to * } }\n"
    )
    return tmp_path


def test_without_a_network_rules_alone_decide_and_the_answer_says_so(folder: Path) -> None:
    (folder / "policy.nwp").write_text("assert a never tcp from Internet to * port 23\n")
    (found,) = check(str(folder)).results
    assert (found.state, found.notes) == (
        CheckState.HOLDS,
        ("the input shows no network, so rules alone decide",),
    )


def test_environments_give_values(folder: Path) -> None:
    (folder / "policy.nwp").write_text(
        "environment prod { adminCidr 10.0.0.0/8, 192.168.0.0/16 }\nenvironment lab { adminCidr 0.0.0.0/0 }\n"
        "assert a never tcp from Internet to * port 22\n"
    )
    answer = check(str(folder))
    assert [(one.environment, one.state) for one in answer.results] == [
        ("prod", CheckState.HOLDS),
        ("lab", CheckState.VIOLATED),
    ]
    assert [one.environment for one in check(str(folder), environment="prod").results] == ["prod"]
    with pytest.raises(QuestionError, match="there is no environment 'test'"):
        check(str(folder), environment="test")


def test_an_environment_cannot_give_a_value_that_nothing_asks_for(folder: Path) -> None:
    (folder / "policy.nwp").write_text("environment prod { adminCdir 10.0.0.0/8 }\nassert a never to * port 22\n")
    with pytest.raises(InputError, match=r"policy\.nwp:1:20: the input has no parameter 'adminCdir'"):
        check(str(folder))


def test_an_environment_is_defined_once(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.nwp").write_text("environment prod { adminCidr 10.0.0.0/8 }\n")
    with pytest.raises(
        InputError, match=r"two\.nwp:1:1: the environment prod is defined twice, first at .*one\.nwp:1:1"
    ):
        check(str(folder))


def test_environments_are_for_what_is_loaded_here() -> None:
    with pytest.raises(QuestionError, match="each of which has to be loaded"):
        check(estate("environment prod { adminCidr 10.0.0.0/8 }\nassert a never from Internet to any port 22"))


def test_equivalence_of_files(folder: Path) -> None:
    (folder / "same").mkdir()
    (folder / "same" / "old.nwp").write_text(
        "nsg web { inbound { 100 c allow tcp from ?adminCidr to * port 22; 300 d deny * from * to * } }\n"
    )
    (folder / "other.nwp").write_text("nsg web { inbound { 100 a allow tcp from * to * port 23 } }\n")
    (folder / "policy.nwp").write_text(
        'assert kept equivalent from "same/old.nwp" to "nsg.nwp"\n'
        'assert moved equivalent from "other.nwp" to "nsg.nwp"\n'
    )
    kept, moved = check(str(folder / "policy.nwp")).results
    assert (kept.state, moved.state) == (CheckState.HOLDS, CheckState.VIOLATED)
    assert moved.message.startswith("Inbound flows at web fare otherwise: ")
    assert moved.witness is not None


# the answer in Python


def test_the_answer_is_true_if_everything_holds() -> None:
    good = checked("assert a never tcp from Internet to any port 3389")
    assert good
    good.raise_on_violation()
    assert repr(good) == "1 of 1 hold  (dates as of 2026-06-15)"


def test_the_answer_counts_as_the_command_does() -> None:
    good = checked(
        "assert a never tcp from Internet to nic web-1 port 443\nexcept a to any\n"
        "assert b never tcp from Internet to any port 443 expires 2026-06-14\n"
        "assert c never tcp from Internet to any port 3389\n"
    )
    assert good
    assert str(good) == "1 of 3 hold, 1 excepted, 1 lapsed  (dates as of 2026-06-15)"
    assert render([check_head(good)], color=False) == f"{good}\n"


def test_the_answer_tells_what_does_not_hold() -> None:
    bad = checked("assert a never tcp from Internet to nic web-1 port 443")
    assert not bad
    assert repr(bad) == (
        "0 of 1 hold, 1 violated  (dates as of 2026-06-15)\n"
        "policy.nwp:1:8: a: Internet reaches web-1\n"
        "    never tcp Internet → nic web-1 port 443\n"
        "    for example tcp 203.0.113.4:50000 → 10.0.1.4:443\n"
        "      inbound at web-1: Allow by allow-https estate.nwp:4:5"
    )
    with pytest.raises(Violation, match="Internet reaches web-1"):
        bad.raise_on_violation()
