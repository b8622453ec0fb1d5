"""Rule lists as chains: of the shape of `generate`, of ClassBench, and one that no diagram can hold."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from benchmarks import generate
from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, parse_protocol

_PRIVATE = AddressSet.parse("10.0.0.0/8")
_TAGS = {
    "*": ANY_ADDRESS,
    "VirtualNetwork": _PRIVATE,
    "Internet": AddressSet.of(Family.IPV4, ~_PRIVATE.v4),
}
_DATA = Path(__file__).parent / "data" / "classbench"

CLASSBENCH = ("acl1", "fw1", "ipc1")


def realistic(count: int, prefixes: int = 0, seed: int = generate.SEED) -> Chain:
    """Rules of the shape of `generate`, and two like the default ones. With `prefixes`, every rule has that many
    sources more."""
    chance = random.Random(seed)
    rules = [_rule(each) for each in generate.rules(count, seed)]
    for at, rule in enumerate(rules if prefixes else []):
        more = AddressSet(_random_prefixes(chance, prefixes), IntervalSet.empty(128))
        narrow = more if rule.match.source.known in _TAGS.values() else rule.match.source.known | more
        rules[at] = replace(rule, match=replace(rule.match, source=Values(narrow)))
    inside = FilterRule("inside", Match(source=Values(_PRIVATE), destination=Values(_PRIVATE)), Outcome.PASS, 65000)
    return _chain([*rules, inside])


def classbench(name: str, count: int, seed: int = generate.SEED) -> Chain:
    """A ClassBench filter set; one rule in three denies."""
    chance = random.Random(seed)
    lines = gzip.decompress((_DATA / f"{name}-{count}.gz").read_bytes()).decode("ascii").splitlines()
    return _chain([_filter(line, rank, _outcome(chance)) for rank, line in enumerate(lines)])


def random_boxes(count: int, seed: int = generate.SEED) -> Chain:
    """Rules with a random range in each of four fields: the number of cells grows with the fourth power."""
    chance = random.Random(seed)

    def some(width: int) -> IntervalSet:
        low, high = sorted((chance.getrandbits(width), chance.getrandbits(width)))
        return IntervalSet(width, ((low, high),))

    def one(rank: int) -> FilterRule:
        source, destination = (AddressSet.of(Family.IPV4, some(32)) for _ in range(2))
        match = Match(Values(ANY_PROTOCOL), Values(source), Values(some(16)), Values(destination), Values(some(16)))
        return FilterRule(f"rule-{rank}", match, _outcome(chance), rank)

    return _chain([one(rank) for rank in range(count)])


def with_changes(chain: Chain, count: int, seed: int = generate.SEED) -> Chain:
    """The chain with some rules doing the opposite."""
    (layer,) = chain.layers
    changed = set(random.Random(seed).sample(range(len(layer.rules) - 2), count))
    return Chain((replace(layer, rules=tuple(_opposite(r) if n in changed else r for n, r in enumerate(layer.rules))),))


def prefixes_of(chain: Chain) -> int:
    """How many prefixes the rules have in all."""
    rules = chain.layers[0].rules
    sets = (values.known.v4 for rule in rules for values in (rule.match.source, rule.match.destination))
    return sum(1 for one in sets if not one.is_full for _ in one.prefixes())


def ipv4_with_ports() -> FlowSet:
    """The space in which nearly all rules of these lists differ."""
    return FlowSet(parse_protocol("Tcp") | parse_protocol("Udp"), AddressSet.parse("0.0.0.0/0"))


def _chain(rules: list[FilterRule]) -> Chain:
    return Chain((Layer("layer", (*rules, FilterRule("rest", Match(), Outcome.DENY, 65500))),))


def _outcome(chance: random.Random) -> Outcome:
    return Outcome.DENY if chance.random() < 1 / 3 else Outcome.PASS


def _opposite(rule: FilterRule) -> FilterRule:
    return replace(rule, outcome=Outcome.PASS if rule.outcome is Outcome.DENY else Outcome.DENY)


def _rule(rule: dict[str, Any]) -> FilterRule:
    fields = rule["properties"]
    sources = fields.get("sourceAddressPrefixes") or [fields["sourceAddressPrefix"]]
    match = Match(
        Values(parse_protocol(fields["protocol"])),
        Values(reduce(or_, map(_addresses, sources))),
        Values(ANY_PORT),
        Values(_addresses(fields["destinationAddressPrefix"])),
        Values(reduce(or_, map(parse_ports, fields["destinationPortRanges"]))),
    )
    outcome = Outcome.DENY if fields["access"] == "Deny" else Outcome.PASS
    return FilterRule(rule["name"], match, outcome, fields["priority"])


def _filter(line: str, rank: int, outcome: Outcome) -> FilterRule:
    source, destination, source_ports, ports, protocol, *_ = line.removeprefix("@").split("\t")
    number, mask = (int(part, 16) for part in protocol.split("/"))
    match = Match(
        Values(IntervalSet(8, ((number, number),)) if mask else ANY_PROTOCOL),
        Values(_addresses(source)),
        Values(_range(source_ports)),
        Values(_addresses(destination)),
        Values(_range(ports)),
    )
    return FilterRule(f"filter-{rank}", match, outcome, rank)


def _range(text: str) -> IntervalSet:
    low, high = (int(part) for part in text.split(":"))
    return IntervalSet(16, ((low, high),))


def _addresses(text: str) -> AddressSet:
    return _TAGS.get(text) or AddressSet.parse(text)


def _random_prefixes(chance: random.Random, count: int) -> IntervalSet:
    bases = (10 << 24 | chance.getrandbits(16) << 8 for _ in range(count))
    return IntervalSet.of(32, ((base, base + 255) for base in bases))
