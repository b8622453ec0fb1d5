"""Applies printed edits to files, and compares what two versions of the definitions do to flows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.subjects import find_subject
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.model.addresses import Address, AddressSet, Family
from nwpolicy.model.filters import UnknownValue
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.rules import Direction, NetworkSecurityGroup, Rule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import EditAnswer, FixAnswer, WhyAnswer
from nwpolicy.queries.question import Ask, pose
from nwpolicy.queries.why import Want, why
from nwpolicy.readers.load import load

PORTS = (0, 22, 79, 80, 81, 443, 444, 1433, 1434, 8080, 65535)


def apply(edits: Iterable[EditAnswer]) -> None:
    """Makes all edits, each of which speaks of the file as it was."""
    by_file: dict[str, list[tuple[int, int, str]]] = {}
    for edit in edits:
        assert edit.location is not None
        assert edit.text is not None, edit.description
        span, text = edit.location.span, _read(edit.location.file)
        start = _offset(text, span.line, span.column)
        end = _offset(text, span.end_line, span.end_column)
        assert text[start:end] == edit.replaced
        by_file.setdefault(edit.location.file, []).append((start, end, edit.text))
    for file, changes in by_file.items():
        text = _read(file)
        # from the end; of several at one place the last one first, so that they end up in the order given
        for _, (start, end, new) in sorted(enumerate(changes), key=lambda c: (c[1][0], c[1][1], c[0]), reverse=True):
            text = text[:start] + new + text[end:]
        Path(file).write_bytes(text.encode())


def _read(file: str) -> str:
    return Path(file).read_bytes().decode("utf-8-sig")


def _offset(text: str, line: int, column: int) -> int:
    return sum(map(len, text.splitlines(keepends=True)[: line - 1])) + column - 1


def fixed(path: Path, want: Want = "allow", **ask: Any) -> FixAnswer:
    """The fix for a question about a file or folder. It is made; then all asked flows fare as wanted, and of a great
    many others none fares differently, here or at any other interface."""
    before = load(str(path))
    answer = why(before, want=want, **ask)
    assert answer.no_fix is None, answer.no_fix
    assert answer.fix is not None
    assert answer.fix.wanted == want
    apply(answer.fix.edits)
    after = load(str(path))
    asked = pose(before, Ask(**ask)).asked
    verdict = why(after, want=want, **ask)
    other = [part.example for part in verdict.parts if (part.access == "Allow") is (want == "deny")]
    assert {example.rule.name if example.rule else None for example in other} <= {"PlatformBlocked"}
    changes = set(changed_flows(before, after, pose(before, Ask(**ask)).direction, asked))
    if answer.fix.proved:
        assert not changes
    else:
        assert answer.fix.side_effects
    return answer.fix


def changed_flows(
    before: Snapshot, after: Snapshot, direction: Direction, asked: FlowSet
) -> Iterator[tuple[str, Flow]]:
    """Flows at the corners of all rules, and not asked about, that are treated differently. Decided one by one."""
    for place in _places(before):
        chains = []
        for snapshot in (before, after):
            subject = find_subject(snapshot, **place)
            chains.append(filter_chain(snapshot, subject, direction, Assumptions.of({})))
        local = chains[0].local
        for flow in _corners(before, asked):
            here = flow.destination if direction is Direction.INBOUND else flow.source
            if Address(flow.family, here) not in local or flow in asked:
                continue
            for values in _VALUES:
                old, new = (evaluate(chain.chain, flow, values).allowed for chain in chains)
                if old is not new:
                    yield str(place), flow


class _Always(dict[Unknown, UnknownValue]):
    """Every unknown (here: what the tag VirtualNetwork stands for) has this value."""

    def __init__(self, value: UnknownValue) -> None:
        self.value = value

    def __missing__(self, _: Unknown) -> UnknownValue:
        return self.value


_VALUES = tuple(_Always(AddressSet.parse(text)) for text in ("10.0.0.0/8", "192.168.7.0/24"))


def _places(snapshot: Snapshot) -> Iterator[dict[str, str]]:
    """The interfaces; groups alone only where there are none."""
    nics = snapshot.all(NetworkInterface)
    yield from ({"nic": nic.name} for nic in nics)
    if not nics:
        yield from ({"nsg": group.name} for group in snapshot.all(NetworkSecurityGroup))


def _corners(snapshot: Snapshot, asked: FlowSet) -> Iterator[Flow]:
    addresses = _addresses(snapshot, asked)
    ports = sorted({*PORTS, *(number for low, high in asked.destination_port for number in (low, high))})
    for family in Family:
        ours = [address.number for address in addresses if address.family is family]
        for source, destination in product(ours, ours):
            for protocol, port in product((6, 17), ports):
                yield Flow(family, protocol, source, 50000, destination, port)
            yield Flow(family, 1, source, 0, destination, 0)


def _addresses(snapshot: Snapshot, asked: FlowSet) -> list[Address]:
    found = {Address.parse(text) for text in ("10.0.0.4", "10.0.0.5", "10.1.2.4", "10.9.0.1", "198.51.100.7")}
    found |= {Address.parse(text) for text in ("192.168.7.7", "2001:db8::4", "2001:db8::5")}
    for rule in snapshot.all(Rule):
        for term in (*rule.sources, *rule.destinations):
            if isinstance(term, AddressPrefix):
                found |= _ends(term.addresses)
    found |= _ends(asked.source) | _ends(asked.destination)
    return sorted(found)


def _ends(addresses: Any) -> set[Address]:
    return {
        Address(family, number) for family in Family for interval in addresses.family(family) for number in interval
    }


def rule(name: str, priority: int, access: str, **fields: Any) -> dict[str, Any]:
    """A rule as the Azure CLI prints it; `source`, `destination`, `port` and so on are short for Azure's names."""
    written: dict[str, Any] = {"name": name, "priority": priority, "access": access}
    written["direction"] = fields.pop("direction", "Inbound")
    written["protocol"] = fields.pop("protocol", "Tcp")
    for short, single, plural in _SHORT:
        value = fields.pop(short, "*")
        written[plural if isinstance(value, list) else single] = value
    assert not fields
    return written


_SHORT = (
    ("source", "sourceAddressPrefix", "sourceAddressPrefixes"),
    ("source_port", "sourcePortRange", "sourcePortRanges"),
    ("destination", "destinationAddressPrefix", "destinationAddressPrefixes"),
    ("port", "destinationPortRange", "destinationPortRanges"),
)


def estate(*rules: dict[str, Any], nic_rules: Iterable[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A definitions file: two interfaces, 10.0.0.4 and 10.0.0.5, in one subnet with a group `web` of these rules.
    `nic_rules` are those of a group `own` at the first interface. `more` are other sections."""
    groups = [{"name": "web", "securityRules": list(rules)}]
    if nic_rules is not None:
        groups.append({"name": "own", "securityRules": list(nic_rules)})
    subnet = {"name": "s", "addressPrefixes": ["10.0.0.0/24"], "networkSecurityGroup": "web"}
    own = {} if nic_rules is None else {"networkSecurityGroup": "own"}
    return {
        "nwpolicy": 1,
        "virtualNetworks": [{"name": "v", "addressSpace": ["10.0.0.0/16"], "subnets": [subnet]}],
        "networkSecurityGroups": groups,
        "networkInterfaces": [_nic("a", "10.0.0.4", **own), _nic("b", "10.0.0.5")],
        **more,
    }


def _nic(name: str, address: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "ipConfigurations": [{"name": "c", "privateIPAddress": address, "subnet": "v/s"}], **more}


def write(folder: Path, content: Any, name: str = "estate.json", indent: int | None = 2) -> Path:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content, indent=indent)
    path.write_bytes(text.encode())
    return path


def asked_why(path: Path, **ask: Any) -> WhyAnswer:
    return why(load(str(path)), **ask)
