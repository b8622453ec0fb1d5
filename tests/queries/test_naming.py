from __future__ import annotations

from functools import reduce
from random import Random

import pytest

from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.avnm import NetworkManager
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import UnknownKind
from nwpolicy.queries.naming import Names, address_parts, port_name, protocol_name
from nwpolicy.queries.question import Ask, pose
from tests.builders import (
    ALLOW,
    DENY,
    OUT,
    admin_rule,
    catalogue,
    collection,
    configuration,
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


def addresses(*texts: str) -> AddressSet:
    found = NO_ADDRESS
    for text in texts:
        found |= AddressSet.parse(text)
    return found


TEN = addresses("10.0.0.0/8")
WEB = addresses("10.0.1.0/24", "10.0.9.0/24")
BOTH = addresses("192.0.2.0/24", "2001:db8::/32")
NAMES = Names([("Ten", TEN), ("web", WEB), ("Both", BOTH), ("also-ten", TEN)])


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (ANY_ADDRESS, "*"),
        (NO_ADDRESS, "none"),
        (TEN, "Ten"),
        (WEB, "web"),
        (TEN | BOTH, "Both, Ten"),
        (~TEN, "* except Ten"),
        (TEN - addresses("10.0.0.4"), "Ten except 10.0.0.4"),
        (TEN - WEB, "Ten except web"),
        (WEB | addresses("203.0.113.0/24"), "web, 203.0.113.0/24"),
        (addresses("203.0.113.7"), "203.0.113.7"),
        (addresses("10.0.1.0/24"), "10.0.1.0/24"),
        (addresses("203.0.113.4-203.0.113.9"), "203.0.113.4/30, 203.0.113.8/31"),
    ],
)
def test_a_set_has_the_shortest_name_that_is_exact(wanted: AddressSet, name: str) -> None:
    assert str(NAMES.name(wanted)) == name


def test_known_prefixes_are_named_by_what_they_lack_and_stay_whole_beside_names_in_them() -> None:
    own = addresses("10.1.0.0/16", "168.63.129.16")
    names = Names([("Own", own)], [TEN])
    assert str(names.name(TEN - addresses("10.1.0.0/16"))) == "10.0.0.0/8 except 10.1.0.0/16"
    assert str(names.name(~(TEN | own))) == "* except 10.0.0.0/8, Own"
    assert names.around(addresses("10.2.0.0/16")) is None


def test_without_a_name_the_shortest_list_of_prefixes_is_what_is_left_out() -> None:
    own = addresses("10.1.0.0/16", "168.63.129.16")
    assert str(Names([("Own", own)]).name(~(TEN | own))) == "* except Own, 10.0.0.0/8"


def test_idle_addresses_make_no_difference_to_the_internet() -> None:
    public, idle = addresses("8.0.0.0/7", "2000::/3"), addresses("127.0.0.0/8", "224.0.0.0/3")
    names = Names([("Internet", public)])
    assert str(names.name(public | idle, idle=idle)) == "Internet"
    assert str(names.name(public | addresses("224.0.0.0/4"), idle=idle)) == "Internet"
    assert str(names.name((public | idle) - addresses("8.8.8.8"), idle=idle)) == "Internet except 8.8.8.8"
    assert str(names.name(idle, idle=idle)) == "127.0.0.0/8, 224.0.0.0/3"
    assert str(names.name(ANY_ADDRESS - public, idle=idle)) == "* except Internet"
    assert str(names.name(public | idle)) == "Internet, 127.0.0.0/8, 224.0.0.0/3"


def test_addresses_of_families_that_no_flow_has_make_no_difference() -> None:
    assert str(NAMES.name(ANY_IPV4)) == "0.0.0.0/0"
    assert str(NAMES.name(ANY_IPV4, (Family.IPV4,))) == "*"
    assert str(NAMES.name(addresses("192.0.2.0/24"), (Family.IPV4,))) == "Both"
    assert str(NAMES.name(addresses("192.0.2.0/24"))) == "192.0.2.0/24"


def test_a_name_of_two_meanings_is_not_used() -> None:
    names = Names([("web", WEB), ("Web", TEN)])
    assert str(names.name(WEB)) == "10.0.1.0/24, 10.0.9.0/24"


def test_a_name_of_one_meaning_in_the_families_asked_about_is_used() -> None:
    names = Names([("Both", BOTH & ANY_IPV4), ("Both", BOTH)])
    assert str(names.name(BOTH & ANY_IPV4, (Family.IPV4,))) == "Both"
    assert str(names.name(BOTH)) == "192.0.2.0/24, 2001:db8::/32"


def test_the_smallest_named_set_around_addresses() -> None:
    assert NAMES.around(addresses("10.0.1.7")) == "web"
    assert NAMES.around(addresses("10.2.0.0/16")) == "Ten"
    assert NAMES.around(addresses("11.0.0.1")) is None


def estate() -> Snapshot:
    return snapshot(
        vnet("v1", "10.0.0.0/16", subnet("web", "10.0.1.0/24", nsg="n"), subnet("db", "10.0.2.0/24")),
        vnet("v2", "10.1.0.0/16", subnet("db", "10.1.2.0/24")),
        nsg(
            "n",
            rule("a", 100, ALLOW, "asg:app", "*", "443", protocol="Tcp"),
            rule("b", 110, ALLOW, "Storage", "*", "444", protocol="Tcp"),
            rule("c", 120, ALLOW, unknown("adminCidr", UnknownKind.ADDRESS), "*", "22", protocol="Tcp"),
        ),
        nic("nic-a", "10.0.1.4", "v1/web", asgs=("app",)),
        nic("nic-b", "10.0.1.5", "v1/web", asgs=("app",)),
        catalogue(Storage=["198.51.100.0/24", "198.51.102.0/24"], Sql=["198.51.104.0/24"]),
    )


def names(remote: str | None = None) -> Names:
    return Names.of(pose(estate(), Ask(nic="nic-a", direction="Inbound", remote=remote)))


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (addresses("10.0.1.4", "10.0.1.5"), "asg:app"),
        (addresses("198.51.100.0/24", "198.51.102.0/24"), "Storage"),
        (addresses("10.0.0.0/16", "168.63.129.16"), "VirtualNetwork"),
        (addresses("10.0.0.0/16"), "vnet:v1"),
        (addresses("10.0.1.0/24"), "subnet:web"),
        (addresses("10.0.2.0/24"), "subnet:v1/db"),
        (addresses("10.1.2.0/24"), "subnet:v2/db"),
        (addresses("198.51.104.0/24"), "198.51.104.0/24"),  # no rule names the tag
        (addresses("10.0.1.4"), "10.0.1.4"),
    ],
)
def test_names_come_from_the_rules_and_the_network(wanted: AddressSet, name: str) -> None:
    assert str(names().name(wanted)) == name


def test_a_group_that_another_manager_has_by_that_name_is_not_called_by_it() -> None:
    both = group("both", "v", "w")
    rules = configuration(
        "c", collection("rc", ["one/both"], admin_rule("r", 1, DENY, "group:one/both", direction=OUT))
    )
    places = (
        vnet("v", "10.0.0.0/16", subnet("s", "10.0.0.0/24")),
        vnet("w", "10.2.0.0/16"),
        nic("n", "10.0.0.4", "v/s"),
    )

    def name(*others: NetworkManager) -> str:
        estate = snapshot(*places, manager("one", both, rules), *others)
        found = Names.of(pose(estate, Ask(nic="n", direction="Outbound")))
        return str(found.name(addresses("10.0.0.0/16", "10.2.0.0/16")))

    assert name() == "group:both"
    assert name(manager("two", group("both", "v"))) == "vnet:v, vnet:w"


def test_the_persons_own_words_come_first() -> None:
    asked = names(remote="10.0.0.0/16, 192.0.2.1")
    assert str(asked.name(addresses("10.0.0.0/16", "192.0.2.1"))) == "10.0.0.0/16, 192.0.2.1"
    assert str(names(remote="subnet:web").name(addresses("10.0.1.0/24"))) == "subnet:web"


def test_address_parts_are_as_few_as_it_takes() -> None:
    assert address_parts(ANY_ADDRESS) == ("*",)
    assert address_parts(~TEN) == ("0.0.0.0/5", "8.0.0.0/7", "11.0.0.0-255.255.255.255", "::/0")


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ([(0, 255)], "any"),
        ([(6, 6), (17, 17)], "tcp, udp"),
        ([(0, 5), (7, 255)], "any except tcp"),
        ([(0, 5), (7, 16), (18, 255)], "any except tcp, udp"),
    ],
)
def test_protocols(numbers: list[tuple[int, int]], name: str) -> None:
    assert protocol_name(IntervalSet.of(8, numbers)) == name


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ([(0, 65535)], "*"),
        ([(443, 443)], "443"),
        ([(8000, 8080)], "8000-8080"),
        ([(0, 21), (23, 65535)], "* except 22"),
        ([(1024, 65535)], "1024-65535"),
    ],
)
def test_ports(numbers: list[tuple[int, int]], name: str) -> None:
    assert port_name(IntervalSet.of(16, numbers)) == name


def test_names_are_exact_whatever_is_named() -> None:
    """The name, read back: what is named, less what is left out."""
    random = Random(7)
    blocks = [addresses(f"10.{number}.0.0/16") for number in range(8)]
    blocks += [addresses(f"2001:db8:{number}::/48") for number in range(3)]

    def some() -> AddressSet:
        return reduce(AddressSet.__or__, random.sample(blocks, random.randint(1, 6)), NO_ADDRESS)

    for _ in range(300):
        named = {f"n{number}": some() for number in range(random.randint(0, 4))} | {"Internet": some()}
        prefixes = random.sample([*blocks, TEN], random.randint(0, 4))
        known = {"*": ANY_ADDRESS, **named}
        idle = addresses("127.0.0.0/8", "10.7.0.0/16") - named["Internet"]
        wanted = random.choice([some(), ~some(), some() - some(), some() | idle]) or TEN
        for ignored in (NO_ADDRESS, idle):
            found = Names(named.items(), prefixes).name(wanted, idle=ignored)
            told, without = (
                reduce(AddressSet.__or__, (known.get(part) or AddressSet.parse(part) for part in parts), NO_ADDRESS)
                for parts in (found.parts, found.excluded)
            )
            meant = told - without
            assert meant - ignored == wanted - ignored, (found, wanted)
            assert meant == wanted or "Internet" in found.parts, (found, wanted)
