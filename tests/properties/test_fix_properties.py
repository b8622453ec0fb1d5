"""The smallest fix against brute force: on groups of a few rules over a small universe, every fix is made in the text
of the file, and a naive reading of the JSON before and after tells what changed. Where a fix takes more than one field,
every single-field change is tried to show that none would have done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nwpolicy.queries.why import Want, why
from nwpolicy.readers.load import load
from tests.fixing import apply

RuleJson = dict[str, Any]

#: Prefixes and ports of rules; flows have addresses and ports inside and outside of each.
SOURCES = ("192.0.2.0/30", "192.0.2.0/31", "192.0.2.2/31", "192.0.2.1", "192.0.2.2", "*")
DESTINATIONS = ("198.51.100.4/31", "198.51.100.4", "198.51.100.5", "*")
PORTS = ("80", "81", "80-81", "81-82", "*")
PRIORITIES = (100, 101, 102, 103, 110, 111, 120, 130)
PROBES = "168.63.129.16"
#: Where a rule can be moved to: between any two, and behind all.
SLOTS = (100, 101, 102, 103, 104, 110, 111, 112, 120, 121, 130, 131)


@dataclass(frozen=True)
class Packet:
    protocol: str
    source: str
    destination: str
    port: int | None


def packets() -> Iterator[Packet]:
    sources = ("192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "203.0.113.1", PROBES)
    destinations = ("198.51.100.4", "198.51.100.5", "198.51.100.9")
    ends = [*product(sources, destinations), ("2001:db8::1", "2001:db8::2")]
    for source, destination in ends:
        for protocol, port in product(("Tcp", "Udp"), (79, 80, 81, 82, 83)):
            yield Packet(protocol, source, destination, port)
        yield Packet("Icmp", source, destination, None)


UNIVERSE = tuple(packets())


def allowed(rules: Sequence[RuleJson], packet: Packet) -> bool:
    """The first rule that matches; the default rules then let only the probes of load balancers in (Microsoft Learn,
    Network security groups overview), as no address here is of a virtual network."""
    for rule in sorted(rules, key=lambda rule: int(rule["priority"])):
        if _matches(rule, packet):
            return bool(rule["access"] == "Allow")
    return packet.source == PROBES


def _matches(rule: RuleJson, packet: Packet) -> bool:
    return (
        rule["protocol"] in ("*", packet.protocol)
        and any(_in_prefix(packet.source, text) for text in values(rule, "sourceAddressPrefix"))
        and any(_in_prefix(packet.destination, text) for text in values(rule, "destinationAddressPrefix"))
        and any(_in_ports(packet.port, text) for text in values(rule, "destinationPortRange"))
        and values(rule, "sourcePortRange") == ["*"]
    )


def values(rule: RuleJson, key: str) -> list[str]:
    plural = f"{key}es" if key.endswith("Prefix") else f"{key}s"
    single = rule.get(key)
    return ([] if single is None else [str(single)]) + [str(value) for value in rule.get(plural, [])]


def _in_prefix(address: str, prefix: str) -> bool:
    return prefix == "*" or ip_address(address) in ip_network(prefix)


def _in_ports(port: int | None, text: str) -> bool:
    low, _, high = text.partition("-")
    return text == "*" or (port is not None and int(low) <= port <= int(high or low))


def asked_of(asked: dict[str, str], packet: Packet) -> bool:
    return (
        packet.protocol.lower() in asked["protocol"]
        and any(_in_prefix(packet.source, text) for text in asked["remote"].split(","))
        and any(_in_prefix(packet.destination, text) for text in asked["local"].split(","))
        and any(_in_ports(packet.port, text) for text in asked["port"].split(","))
    )


@st.composite
def groups(draw: st.DrawFn) -> list[RuleJson]:
    priorities = draw(st.lists(st.sampled_from(PRIORITIES), min_size=1, max_size=8, unique=True))
    return [
        {
            "name": f"r{priority}",
            "priority": priority,
            "direction": "Inbound",
            "access": draw(st.sampled_from(("Allow", "Deny"))),
            "protocol": draw(st.sampled_from(("Tcp", "Udp", "*"))),
            "sourceAddressPrefix": draw(st.sampled_from(SOURCES)),
            "sourcePortRange": "*",
            "destinationAddressPrefix": draw(st.sampled_from(DESTINATIONS)),
            **draw(
                st.sampled_from(
                    [{"destinationPortRange": text} for text in PORTS] + [{"destinationPortRanges": ["80", "82"]}]
                )
            ),
        }
        for priority in priorities
    ]


QUESTIONS = st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(("tcp", "udp")),
        "remote": st.sampled_from(("192.0.2.1", "192.0.2.2", "192.0.2.0/31", "192.0.2.1,192.0.2.2")),
        "local": st.sampled_from(("198.51.100.4", "198.51.100.4/31")),
        "port": st.sampled_from(("80", "81", "80,81", "80,82")),
    }
)


@given(groups(), QUESTIONS, st.sampled_from(("allow", "deny")))
def test_fix_changes_exactly_the_asked_flows_and_nothing_smaller_does(
    rules: list[RuleJson], asked: dict[str, str], want: Want
) -> None:
    wanted = want == "allow"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "nsg.json"
        path.write_text(
            json.dumps({"nwpolicy": 1, "networkSecurityGroups": [{"name": "g", "securityRules": rules}]}, indent=1)
        )
        answer = why(load(str(path)), nsg="g", direction="Inbound", want=want, **asked)  # type: ignore[arg-type]
        if answer.fix is None:
            assert all(allowed(rules, packet) is wanted for packet in UNIVERSE if asked_of(asked, packet)), (
                answer.no_fix
            )
            return
        apply(answer.fix.edits)
        after = json.loads(path.read_text())["networkSecurityGroups"][0]["securityRules"]
    exact = _is_exact(rules, after, asked, wanted)
    assert all(allowed(after, packet) is wanted for packet in UNIVERSE if asked_of(asked, packet))
    assert answer.fix.proved is exact
    if len(answer.fix.edits) > 1 or answer.fix.edits[0].description.startswith("new rule") or not exact:
        for description, changed in single_changes(rules, asked, wanted):
            assert not _is_exact(rules, changed, asked, wanted), description


@given(groups(), groups(), QUESTIONS, st.sampled_from(("allow", "deny")))
def test_fix_in_two_layers_changes_nothing_at_the_neighbour(
    subnet_rules: list[RuleJson], own_rules: list[RuleJson], asked: dict[str, str], want: Want
) -> None:
    """Interface .4 has a group of its own behind the subnet's, interface .5 has not."""
    wanted = want == "allow"
    asked = {**asked, "local": "198.51.100.4"}
    before = {"g": subnet_rules, "own": own_rules}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "estate.json"
        path.write_text(json.dumps(_two_layers(before), indent=1))
        answer = why(load(str(path)), nic="a", direction="Inbound", want=want, **asked)  # type: ignore[arg-type]
        if answer.fix is not None:
            apply(answer.fix.edits)
        written = json.loads(path.read_text())["networkSecurityGroups"]
    after = {group["name"]: group["securityRules"] for group in written}
    for packet in UNIVERSE:
        if packet.destination == "198.51.100.4":
            old, new = (allowed(rules["g"], packet) and allowed(rules["own"], packet) for rules in (before, after))
            if asked_of(asked, packet):
                assert new is wanted, answer.no_fix
            elif answer.fix is None or answer.fix.proved:
                assert new is old
        elif packet.destination == "198.51.100.5" and (answer.fix is None or answer.fix.proved):
            assert allowed(after["g"], packet) is allowed(before["g"], packet)


def _two_layers(rules: dict[str, list[RuleJson]]) -> dict[str, Any]:
    subnet = {"name": "s", "addressPrefixes": ["198.51.100.0/24"], "networkSecurityGroup": "g"}
    return {
        "nwpolicy": 1,
        "virtualNetworks": [{"name": "v", "addressSpace": ["198.51.100.0/24"], "subnets": [subnet]}],
        "networkSecurityGroups": [{"name": name, "securityRules": found} for name, found in rules.items()],
        "networkInterfaces": [
            {**_interface("a", "198.51.100.4"), "networkSecurityGroup": "own"},
            _interface("b", "198.51.100.5"),
        ],
    }


def _interface(name: str, address: str) -> dict[str, Any]:
    return {"name": name, "ipConfigurations": [{"name": "c", "privateIPAddress": address, "subnet": "v/s"}]}


def _is_exact(before: Sequence[RuleJson], after: Sequence[RuleJson], asked: dict[str, str], wanted: bool) -> bool:
    return all(
        allowed(after, packet) is (wanted if asked_of(asked, packet) else allowed(before, packet))
        for packet in UNIVERSE
    )


def single_changes(rules: list[RuleJson], asked: dict[str, str], wanted: bool) -> Iterator[tuple[str, list[RuleJson]]]:
    """Every change of one field: access, priority, protocol, and lists with the asked values more or less."""
    for index, rule in enumerate(rules):
        yield from (
            (f"{rule['name']} {key}", _with(rules, index, **{key: value})) for key, value in _scalars(rules, rule)
        )
        same = (rule["access"] == "Allow") is wanted
        for key, texts in _KEYS.items():
            old = values(rule, key)
            for text in asked[texts].split(","):
                if same and old != ["*"]:
                    yield (
                        f"{rule['name']} {key} + {text}",
                        _with_list(rules, index, key, [*old, *asked[texts].split(",")]),
                    )
                    yield f"{rule['name']} {key} + {text}", _with_list(rules, index, key, [*old, text])
            rest = [value for value in old if value not in asked[texts].split(",")]
            if not same and rest and len(rest) < len(old):
                yield f"{rule['name']} {key} -", _with_list(rules, index, key, rest)


_KEYS = {"sourceAddressPrefix": "remote", "destinationAddressPrefix": "local", "destinationPortRange": "port"}


def _scalars(rules: list[RuleJson], rule: RuleJson) -> Iterator[tuple[str, Any]]:
    yield "access", "Deny" if rule["access"] == "Allow" else "Allow"
    taken = {other["priority"] for other in rules}
    yield from (("priority", slot) for slot in SLOTS if slot not in taken)


def _with(rules: list[RuleJson], index: int, **fields: Any) -> list[RuleJson]:
    changed = deepcopy(rules)
    changed[index].update(fields)
    return changed


def _with_list(rules: list[RuleJson], index: int, key: str, texts: list[str]) -> list[RuleJson]:
    changed = deepcopy(rules)
    del changed[index][key if key in changed[index] else f"{key}s"]
    changed[index][f"{key}es" if key.endswith("Prefix") else f"{key}s"] = texts
    return changed
