"""`lint --fix` against brute force: whatever it mends in groups of a few rules, in whatever format and layout, a naive
reading of the rules before and after treats every packet of a small universe alike. A second time nothing changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from ipaddress import ip_network
from itertools import product
from operator import or_
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import DEFAULTS
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import format_ports
from nwpolicy.model.resource import AddressPrefix, PortRange
from nwpolicy.model.rules import NetworkSecurityGroup, SecurityRule
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.fixedits import FIXABLE
from nwpolicy.queries.lint.fixes import fix
from nwpolicy.queries.lint.linting import Options, lint
from nwpolicy.readers.load import load
from tests.properties.layouts import WRITERS, texts_of

RuleJson = dict[str, Any]
Packet = tuple[int, int, int]

#: The lists that rules may have.
LISTS = {
    "sourceAddressPrefix": (("192.0.2.0/31",), ("192.0.2.1/31", "192.0.2.2/31"), ("192.0.2.2",), ("192.0.2.3",)),
    "destinationAddressPrefix": (("192.0.2.4/31",), ("192.0.2.4",), ("192.0.2.4", "192.0.2.4/31")),
    "destinationPortRange": (("80",), ("81",), ("80", "82"), ("80-81",), ("80-81", "81-82"), ("82", "80-81")),
}
UNIVERSE: tuple[Packet, ...] = tuple(product(range(4), range(4, 6), range(79, 84)))
COMMENT = re.compile(r"\bcomment\d+")


def allowed(rules: Sequence[RuleJson], packet: Packet) -> bool:
    """The first rule that matches; no default rule lets any of these packets in."""
    for rule in sorted(rules, key=lambda rule: int(rule["priority"])):
        fields = zip(("sourceAddressPrefix", "destinationAddressPrefix", "destinationPortRange"), packet, strict=True)
        if all(any(number in numbers(text) for text in texts_of(rule, key)) for key, number in fields):
            return bool(rule["access"] == "Allow")
    return False


def numbers(text: str) -> range:
    """What a port, a range of ports or a prefix holds; of addresses the last eight bits."""
    if "." in text:
        network = ip_network(text, strict=False)
        return range(int(network[0]) & 255, (int(network[-1]) & 255) + 1)
    low, _, high = text.partition("-")
    return range(int(low), int(high or low) + 1)


def field(key: str) -> st.SearchStrategy[RuleJson]:
    plural = f"{key}es" if key.endswith("x") else f"{key}s"
    return st.sampled_from(LISTS[key]).map(lambda texts: {key: texts[0]} if len(texts) == 1 else {plural: list(texts)})


@st.composite
def groups(draw: st.DrawFn) -> list[RuleJson]:
    return [
        {
            "name": f"r{priority}",
            "priority": priority,
            "direction": "Inbound",
            "access": draw(st.sampled_from(("Allow", "Allow", "Deny"))),
            "protocol": "Tcp",
            "sourcePortRange": "*",
            **draw(field("sourceAddressPrefix")),
            **draw(field("destinationAddressPrefix")),
            **draw(field("destinationPortRange")),
        }
        for priority in range(100, 100 + draw(st.integers(2, 5)))
    ]


@settings(max_examples=25, deadline=None)
@given(groups(), st.sampled_from(sorted(WRITERS)), st.randoms(use_true_random=False), st.sampled_from(("\n", "\r\n")))
def test_every_packet_fares_as_before(rules: list[RuleJson], name: str, random: Random, newline: str) -> None:
    text = WRITERS[name](rules, random).replace("\n", newline)
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(str(path), text)
        fixed = fix(lambda: found(path), write, DEFAULTS)
        after = path.read_bytes().decode()
        left = rules_in(path)
        assert [allowed(left, packet) for packet in UNIVERSE] == [allowed(rules, packet) for packet in UNIVERSE]
        assert set(COMMENT.findall(after)) <= set(COMMENT.findall(text))
        assert "\n" not in after.replace(newline, "")
        assert fix(lambda: found(path), write, DEFAULTS) == replace(fixed, count=0)
        assert path.read_bytes().decode() == after


def rules_in(path: Path) -> list[RuleJson]:
    """The rules of a file as another one could say them."""
    (group,) = load(str(path)).all(NetworkSecurityGroup)
    return [
        {
            "priority": rule.priority,
            "access": str(rule.access),
            "sourceAddressPrefixes": prefixes(rule.sources),
            "destinationAddressPrefixes": prefixes(rule.destinations),
            "destinationPortRanges": format_ports(ports_of(rule)).split(", "),
        }
        for rule in group.security_rules
        if isinstance(rule, SecurityRule)
    ]


def prefixes(entries: Iterable[object]) -> list[str]:
    return [entry.text for entry in entries if isinstance(entry, AddressPrefix)]


def ports_of(rule: SecurityRule) -> IntervalSet:
    return reduce(or_, (entry.ports for entry in rule.destination_port_ranges if isinstance(entry, PortRange)))


def found(path: Path) -> LintAnswer:
    return lint(load(str(path)), Options(selected=FIXABLE))


def write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8", newline="")
