"""Every way to put a question, and everything that is wrong with some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.ports import ANY_PORT, format_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, format_protocols
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import Ask, Question, pose
from nwpolicy.readers.load import load
from tests.fixing import rule, write


def _nic(name: str, addresses: list[str], vm: str | None = None, **more: Any) -> dict[str, Any]:
    configurations = [{"name": f"c{i}", "privateIPAddress": a, "subnet": "v/s"} for i, a in enumerate(addresses)]
    machine = {} if vm is None else {"virtualMachine": vm}
    return {"name": name, "ipConfigurations": configurations, **machine, **more}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    member = _nic("nic-asg", ["10.0.0.9"])
    member["ipConfigurations"][0]["applicationSecurityGroups"] = ["web"]
    content = {
        "nwpolicy": 1,
        "virtualNetworks": [
            {
                "name": "v",
                "addressSpace": ["10.0.0.0/16", "2001:db8::/48"],
                "subnets": [{"name": "s", "addressPrefixes": ["10.0.0.0/24", "2001:db8::/64"]}],
            }
        ],
        "networkSecurityGroups": [{"name": "nsg", "securityRules": [rule("a", 100, "Allow")]}],
        "applicationSecurityGroups": [{"name": "web"}],
        "networkInterfaces": [
            _nic("nic-db", ["10.0.0.4", "2001:db8::4"], vm="vm-db", networkSecurityGroup="nsg"),
            _nic("nic-web", ["10.0.0.5"], vm="vm-web"),
            _nic("nic-one", ["10.0.0.6"], vm="vm-two"),
            _nic("nic-two", ["10.0.0.7"], vm="vm-two"),
            member,
        ],
    }
    return load(str(write(tmp_path_factory.mktemp("estate"), json.dumps(content))))


def put(estate: Snapshot, **words: Any) -> Question:
    return pose(estate, Ask(**words))


def wrong(estate: Snapshot, **words: Any) -> tuple[str, str | None]:
    with pytest.raises(QuestionError) as caught:
        put(estate, **words)
    return caught.value.message, caught.value.help


def addresses(*texts: str) -> AddressSet:
    found = AddressSet.parse(texts[0])
    for text in texts[1:]:
        found |= AddressSet.parse(text)
    return found


DB: dict[str, Any] = {"nic": "nic-db", "direction": "Inbound"}


# IP flow verify's form (Microsoft Learn, IP flow verify overview): direction, protocol, local and remote ends


def test_single_flow(estate: Snapshot) -> None:
    question = put(estate, **DB, protocol="TCP", local="10.0.0.4:443", remote="203.0.113.7:60000")
    assert str(question.asked) == "tcp 203.0.113.7:60000 → 10.0.0.4:443"
    assert question.direction is Direction.INBOUND
    assert question.notes == ()


def test_local_is_the_source_of_what_goes_out(estate: Snapshot) -> None:
    question = put(
        estate, vm="vm-db", direction="Outbound", protocol="tcp", local="10.0.0.4:60000", remote="203.0.113.7:443"
    )
    assert str(question.asked) == "tcp 10.0.0.4:60000 → 203.0.113.7:443"
    assert question.local is question.source
    assert question.remote is question.destination


@pytest.mark.parametrize("text", ["Inbound", "inbound", "INBOUND", " inbound "])
def test_direction_in_any_case(estate: Snapshot, text: str) -> None:
    assert put(estate, nic="nic-db", direction=text).direction is Direction.INBOUND


def test_what_is_left_out_may_be_anything(estate: Snapshot) -> None:
    asked = put(estate, **DB).asked
    assert asked.protocol == ANY_PROTOCOL
    assert (asked.source_port, asked.destination_port) == (ANY_PORT, ANY_PORT)
    assert asked.source.is_any
    assert asked.destination == addresses("10.0.0.4", "2001:db8::4")


def test_group_alone_has_any_address_that_a_virtual_network_can_have(estate: Snapshot) -> None:
    # Microsoft Learn, Azure Virtual Network frequently asked questions, "What address ranges can I use in my VNets?"
    none = ("224.0.0.0/4", "255.255.255.255", "127.0.0.0/8", "169.254.0.0/16", "168.63.129.16")
    # RFC 4291, section 2.4: unspecified, loopback, link-local, multicast
    none_v6 = ("::", "::1", "fe80::/10", "ff00::/8")
    question = put(estate, nsg="nsg", direction="Inbound")
    assert question.asked == FlowSet(destination=~addresses(*none, *none_v6))
    assert question.destination.anywhere == "nsg"


@pytest.mark.parametrize("text", ["*", "", " ", "*:443"])
def test_star_for_the_local_end_is_the_place_itself(estate: Snapshot, text: str) -> None:
    question = put(estate, **DB, local=text)
    assert question.asked.destination == addresses("10.0.0.4", "2001:db8::4")
    assert question.destination.terms == ()


# Ends


@pytest.mark.parametrize(
    ("text", "found", "port"),
    [
        ("203.0.113.7", ("203.0.113.7",), "*"),
        ("203.0.113.0/24:443", ("203.0.113.0/24",), "443"),
        ("203.0.113.5-203.0.113.9", ("203.0.113.5-203.0.113.9",), "*"),
        ("203.0.113.5,203.0.113.9", ("203.0.113.5", "203.0.113.9"), "*"),
        ("203.0.113.5, 203.0.113.9:80,443", ("203.0.113.5", "203.0.113.9"), "80, 443"),
        ("203.0.113.7:8000-8080", ("203.0.113.7",), "8000-8080"),
        ("2001:db8:9::1", ("2001:db8:9::1",), "*"),
        ("[2001:db8:9::1]", ("2001:db8:9::1",), "*"),
        ("[2001:db8:9::1]:443", ("2001:db8:9::1",), "443"),
        ("[2001:db8:9::/48]:443", ("2001:db8:9::/48",), "443"),
        ("2001:db8:9::1,2001:db8:9::2", ("2001:db8:9::1", "2001:db8:9::2"), "*"),
        ("[2001:db8:9::1],[2001:db8:9::2]:22", ("2001:db8:9::1", "2001:db8:9::2"), "22"),
        ("VirtualNetwork", ("10.0.0.0/16", "2001:db8::/48", "168.63.129.16"), "*"),
        ("tag:VirtualNetwork", ("10.0.0.0/16", "2001:db8::/48", "168.63.129.16"), "*"),
        ("AzureLoadBalancer:80", ("168.63.129.16",), "80"),
        ("web", ("10.0.0.9",), "*"),
        ("asg:web", ("10.0.0.9",), "*"),
        ("asg:web:443", ("10.0.0.9",), "443"),
        ("asg:web, nic:nic-web:443", ("10.0.0.9", "10.0.0.5"), "443"),
        ("s", ("10.0.0.0/24", "2001:db8::/64"), "*"),
        ("v/s:22", ("10.0.0.0/24", "2001:db8::/64"), "22"),
        ("subnet:v/s:22", ("10.0.0.0/24", "2001:db8::/64"), "22"),
        ("vm-web:22", ("10.0.0.5",), "22"),
        ("VM:vm-web", ("10.0.0.5",), "*"),
        ("nic-web", ("10.0.0.5",), "*"),
    ],
)
def test_remote_end(estate: Snapshot, text: str, found: tuple[str, ...], port: str) -> None:
    question = put(estate, **DB, protocol="tcp", remote=text)
    assert question.asked.source == addresses(*found)
    assert format_ports(question.source.ports) == port


def test_terms_are_kept_as_written(estate: Snapshot) -> None:
    question = put(estate, **DB, remote="Internet, 10.0.0.0/8:1024-65535")
    assert question.remote.terms == ("Internet", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("text", "name"),
    [("tcp", "tcp"), ("Tcp", "tcp"), ("17", "udp"), ("ICMP", "icmp"), ("*", "any"), ("esp", "esp"), ("89", "89")],
)
def test_protocol(estate: Snapshot, text: str, name: str) -> None:
    assert format_protocols(put(estate, **DB, protocol=text).asked.protocol) == name


def test_several_protocols(estate: Snapshot) -> None:
    assert put(estate, **DB, protocol="tcp, udp").asked.protocol.size == 2


def test_family_that_one_end_lacks_is_not_asked_about(estate: Snapshot) -> None:
    assert put(estate, **DB, remote="203.0.113.7").asked.destination == addresses("10.0.0.4")


# From and to


@pytest.mark.parametrize("name", ["vm-db", "nic-db", "VM-DB"])
def test_to_a_machine_is_inbound_there(estate: Snapshot, name: str) -> None:
    question = put(estate, source="Internet", destination=name, protocol="tcp", port="1433")
    assert (question.direction, question.subject.name) == (Direction.INBOUND, "nic-db")
    assert str(question.asked).endswith(":1433")


def test_from_a_machine_is_outbound_there(estate: Snapshot) -> None:
    question = put(estate, source="vm-db:60000", destination="203.0.113.7:443", protocol="tcp")
    assert (question.direction, question.subject.name) == (Direction.OUTBOUND, "nic-db")
    assert str(question.asked) == "tcp 10.0.0.4:60000 → 203.0.113.7:443"


@pytest.mark.parametrize(("direction", "place"), [("Inbound", "nic-db"), ("Outbound", "nic-web")])
def test_between_machines_the_direction_tells_the_place(estate: Snapshot, direction: str, place: str) -> None:
    question = put(estate, source="vm-web", destination="vm-db", direction=direction)
    assert question.subject.name == place
    assert (question.asked.source, question.asked.destination) == (addresses("10.0.0.5"), addresses("10.0.0.4"))


def test_from_and_to_with_a_place(estate: Snapshot) -> None:
    question = put(
        estate, nsg="nsg", direction="Inbound", source="203.0.113.7", destination="10.9.9.9:22", protocol="tcp"
    )
    assert str(question.asked) == "tcp 203.0.113.7 → 10.9.9.9:22"


# What is wrong


def test_direction_is_missing(estate: Snapshot) -> None:
    assert wrong(estate, nic="nic-db") == (
        "the direction is missing",
        "give --direction Inbound or Outbound, or --from and --to",
    )
    assert wrong(estate, nic="nic-db", source="Internet") == (
        "the direction is missing",
        "give --direction Inbound or Outbound",
    )


def test_direction_is_none(estate: Snapshot) -> None:
    assert wrong(estate, nic="nic-db", direction="up") == ("'up' is no direction", "it is Inbound or Outbound")


def test_pairs_are_mixed(estate: Snapshot) -> None:
    message = "--from and --to do not go with --local and --remote"
    assert wrong(estate, **DB, source="Internet", local="10.0.0.4") == (message, "use one pair or the other")


def test_several_places(estate: Snapshot) -> None:
    assert wrong(estate, **DB, vm="vm-db") == ("more than one place is given: nic, vm", "give one of them")


def test_both_ends_are_machines(estate: Snapshot) -> None:
    assert wrong(estate, source="vm-web", destination="vm-db") == (
        "vm-web and vm-db are both in the input, each with rules of its own",
        "ask for one side at a time: --direction Outbound, then --direction Inbound",
    )


def test_no_end_is_a_machine(estate: Snapshot) -> None:
    assert wrong(estate, source="Internet", destination="10.0.0.4") == (
        "neither end is a network interface or virtual machine of the input",
        "name the place with --nic, --vm or --nsg, and give --direction",
    )


def test_machine_with_several_interfaces(estate: Snapshot) -> None:
    message, help = wrong(estate, vm="vm-two", direction="Inbound")
    assert message == "virtual machine vm-two has several network interfaces"
    assert help == "known here: nic-one, nic-two"


@pytest.mark.parametrize("place", ["nic", "vm", "nsg", "private_endpoint"])
def test_unknown_place(estate: Snapshot, place: str) -> None:
    message, _ = wrong(estate, **{place: "vm-bd", "direction": "Inbound"})
    assert message.endswith("'vm-bd' in the input")


def test_close_names_are_offered(estate: Snapshot) -> None:
    assert wrong(estate, vm="vm-bd", direction="Inbound")[1] == "known here: vm-db, vm-web"


def test_place_is_needed_where_there_are_several(estate: Snapshot) -> None:
    message, help = wrong(estate, direction="Inbound")
    assert message == "the input defines several things that filters apply to"
    assert help == "known here: nic-db, nic-web, nic-one, nic-two, nic-asg"


def test_port_twice(estate: Snapshot) -> None:
    assert wrong(estate, **DB, local="*:443", port="443") == (
        "the destination's port is given twice",
        "give it behind the address or with --port",
    )


@pytest.mark.parametrize("text", ["http", "65536", "9-1", "", "80,"])
def test_bad_port(estate: Snapshot, text: str) -> None:
    _, help = wrong(estate, **DB, port=text)
    assert help == "a port is a number from 0 to 65535, a range such as 8000-8080, or *"


def test_bad_protocol(estate: Snapshot) -> None:
    assert wrong(estate, **DB, protocol="http")[0] == "'http' is no protocol (Tcp, Udp, Icmp, Esp, Ah or *)"


@pytest.mark.parametrize("text", ["10.0.0.256", "10.0.0.0/33", "[2001:db8::zz]", "10.0.0.9-10.0.0.4"])
def test_bad_address(estate: Snapshot, text: str) -> None:
    message, _ = wrong(estate, **DB, remote=text)
    assert message.startswith("'") or "range" in message


@pytest.mark.parametrize("text", ["[2001:db8::4", "[2001:db8::4]443", "x[2001:db8::4]y"])
def test_bad_brackets(estate: Snapshot, text: str) -> None:
    assert wrong(estate, **DB, remote=text)[1] == "IPv6 with a port is written [2001:db8::4]:443"


def test_name_of_nothing(estate: Snapshot) -> None:
    message, help = wrong(estate, **DB, remote="nic-wep")
    assert message == "'nic-wep' is no address, no service tag and nothing in the input"
    assert help is not None
    assert "nic-web" in help


def test_tag_whose_addresses_are_not_known(estate: Snapshot) -> None:
    with pytest.raises(QuestionError) as caught:
        put(estate, **DB, remote="Storage")
    assert caught.value.undecided
    assert caught.value.message == "the addresses of Storage are not known: no service tag file in the input lists it"


def test_ports_without_a_protocol_that_has_them(estate: Snapshot) -> None:
    assert wrong(estate, **DB, protocol="icmp", port="80") == (
        "no flow is asked about: only TCP and UDP have ports",
        "leave out the port",
    )


def test_ends_of_different_families(estate: Snapshot) -> None:
    message, _ = wrong(estate, **DB, local="10.0.0.4", remote="2001:db8::9")
    assert message == "no flow is asked about: one end is IPv4, the other IPv6"


def test_unknown_assumption(estate: Snapshot) -> None:
    message, help = wrong(estate, **DB, assume={"any-protocoll": "all"})
    assert message == "there is no assumption 'any-protocoll'"
    assert help == "`nwpolicy assumptions` lists the names and their choices"


def test_bad_virtual_network(estate: Snapshot) -> None:
    message, help = wrong(estate, nsg="nsg", direction="Inbound", virtual_network="10.0.0.0/33")
    assert message == "--virtual-network: '33' is no prefix length (0 to 32)"
    assert help == "it takes addresses and prefixes, joined by commas"


def test_definitions_that_azure_refuses(tmp_path: Path) -> None:
    rules = [rule("a", 100, "Allow"), rule("b", 100, "Deny")]
    path = write(tmp_path, {"nwpolicy": 1, "networkSecurityGroups": [{"name": "n", "securityRules": rules}]})
    with pytest.raises(InputError):
        put(load(str(path)), nsg="n", direction="Inbound")


# Notes, and what the virtual network is


def test_address_that_is_not_the_places_own_is_noted(estate: Snapshot) -> None:
    assert put(estate, **DB, local="10.0.0.5").notes == ("10.0.0.5 is no address of nic-db",)
    assert put(estate, **DB, local="10.0.0.4/31").notes == ("10.0.0.5 is no address of nic-db",)
    assert put(estate, nsg="nsg", direction="Inbound", local="10.0.0.5").notes == ()


def test_virtual_network_of_a_group_alone_can_be_given(estate: Snapshot) -> None:
    words = {"nsg": "nsg", "direction": "Inbound", "remote": "VirtualNetwork"}
    assert wrong(estate, **words)[0].startswith("the addresses of VirtualNetwork are not known")
    question = put(estate, **words, virtual_network="10.7.0.0/16")
    assert question.asked.source == addresses("10.7.0.0/16", "168.63.129.16")
