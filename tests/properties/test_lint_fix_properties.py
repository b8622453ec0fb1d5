"""`lint --fix` against brute force: whatever it mends in groups of a few rules, a naive reading of the file before and
after treats every packet of a small universe alike. What is left then has nothing more to mend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nwpolicy.azure.assumptions import DEFAULTS
from nwpolicy.queries.lint.answer import LintAnswer
from nwpolicy.queries.lint.fixedits import FIXABLE
from nwpolicy.queries.lint.fixes import fix
from nwpolicy.queries.lint.linting import Options, lint
from nwpolicy.readers.load import load

RuleJson = dict[str, Any]
Packet = tuple[int, int, int]

#: The lists that rules may have.
LISTS = {
    "sourceAddressPrefix": (("192.0.2.0/31",), ("192.0.2.0/31", "192.0.2.2/31"), ("192.0.2.2",), ("192.0.2.3",)),
    "destinationAddressPrefix": (("192.0.2.4/31",), ("192.0.2.4",), ("192.0.2.4", "192.0.2.4/31")),
    "destinationPortRange": (("80",), ("81",), ("80", "82"), ("80-81",), ("80-81", "81-82"), ("82", "80-81")),
}
UNIVERSE: tuple[Packet, ...] = tuple(product(range(4), range(4, 6), range(79, 84)))


def allowed(rules: Sequence[RuleJson], packet: Packet) -> bool:
    """The first rule that matches; no default rule lets any of these packets in."""
    for rule in sorted(rules, key=lambda rule: int(rule["priority"])):
        fields = zip(("sourceAddressPrefix", "destinationAddressPrefix", "destinationPortRange"), packet, strict=True)
        if all(any(number in numbers(text) for text in written(rule, key)) for key, number in fields):
            return bool(rule["access"] == "Allow")
    return False


def numbers(text: str) -> range:
    """What a port, a range of ports or a prefix holds; of addresses the last eight bits."""
    if "." in text:
        network = ip_network(text)
        return range(int(network[0]) & 255, (int(network[-1]) & 255) + 1)
    low, _, high = text.partition("-")
    return range(int(low), int(high or low) + 1)


def written(rule: RuleJson, key: str) -> Iterator[str]:
    yield from [rule[key]] if rule.get(key) is not None else []
    yield from rule.get(f"{key}es" if key.endswith("x") else f"{key}s", [])


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


@settings(max_examples=15, deadline=None)
@given(groups())
def test_every_packet_fares_as_before(rules: list[RuleJson]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "nsg.json"
        estate = {"nwpolicy": 1, "networkSecurityGroups": [{"name": "web", "securityRules": rules}]}
        path.write_text(json.dumps(estate, indent=2), encoding="utf-8")
        fixed = fix(lambda: found(path), write, DEFAULTS)
        (group,) = json.loads(path.read_text(encoding="utf-8"))["networkSecurityGroups"]
        left = group["securityRules"]
        assert [allowed(left, packet) for packet in UNIVERSE] == [allowed(rules, packet) for packet in UNIVERSE]
        assert not any(one.fixable for one in fixed.answer.findings)
        assert fix(lambda: found(path), write, DEFAULTS) == replace(fixed, count=0)


def found(path: Path) -> LintAnswer:
    return lint(load(str(path)), Options(selected=FIXABLE))


def write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8", newline="")
