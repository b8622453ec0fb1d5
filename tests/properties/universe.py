"""A universe so small that everything in it can be tried, and what a chain does in it, computed the slow way.

Nothing here uses the engines under test. Unknowns range over representatives of everything they could be: no other
value can do anything else to a flow of the universe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, TypeVar

from hypothesis import strategies as st

from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.filters import (
    Chain,
    Choice,
    FilterRule,
    Floating,
    Layer,
    Match,
    Outcome,
    RulesValue,
    UnknownValue,
    Values,
)
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.source import Document, Span
from nwpolicy.model.unknowns import Unknown, UnknownKind

_SOURCE: Final = Document("universe", "", lambda _: Span(1, 1, 1, 1)).root()

#: Four neighbouring addresses of each family.
BASES: Final = {Family.IPV4: 0x0A000000, Family.IPV6: 0x20010DB8 << 96}
ROOM: Final = 4
PORTS: Final = (22, 23, 80)
PROTOCOLS: Final = (1, 6, 17, 58)
#: Where sets of ports may begin and end.
LOWS: Final = (0, 22, 23, 24, 80, 81)
HIGHS: Final = (21, 22, 23, 79, 80, 65535)
RANKS: Final = range(100, 106)
#: Every kind of unknown that a chain can hold.
KINDS: Final = (
    UnknownKind.ADDRESS,
    UnknownKind.PORT,
    UnknownKind.PROTOCOL,
    UnknownKind.ACCESS,
    UnknownKind.PRIORITY,
    UnknownKind.CONDITION,
    UnknownKind.RULES,
)


S = TypeVar("S", IntervalSet, AddressSet)


@dataclass(frozen=True)
class Fate:
    """What one rule list did to a flow: whether it is allowed, and the layer and position of the decisive rule."""

    allowed: bool
    decisive: tuple[int, int] | None


def unknown(name: str, kind: UnknownKind) -> Unknown:
    return Unknown(name, kind, "left open", _SOURCE)


# --- the slow way ---------------------------------------------------------------------------------------------------


def fate(chain: Chain, flow: Flow, values: Mapping[Unknown, UnknownValue]) -> Fate:
    decisive = None
    for index, layer in enumerate(chain.layers):
        ranked = sorted(range(len(layer.rules)), key=lambda position: (_rank(layer.rules[position], values), position))
        hit = next((position for position in ranked if meets(layer.rules[position].match, flow, values)), None)
        if hit is None:
            continue
        decisive = index, hit
        outcome = _outcome(layer.rules[hit], values)
        if outcome is not Outcome.PASS:
            return Fate(outcome is Outcome.ACCEPT, decisive)
    return Fate(True, decisive)


def gets_to(chain: Chain, layer: int, position: int, flow: Flow, values: Mapping[Unknown, UnknownValue]) -> bool:
    """Whether nothing settles the flow before the rule is tried."""
    before = Chain(chain.layers[:layer])
    first = fate(before, flow, values)
    if (
        first.decisive
        and _outcome(before.layers[first.decisive[0]].rules[first.decisive[1]], values) is not Outcome.PASS
    ):
        return False
    rules = chain.layers[layer].rules
    mine = _rank(rules[position], values), position
    return not any(
        (_rank(rule, values), index) < mine and meets(rule.match, flow, values) for index, rule in enumerate(rules)
    )


def _rank(rule: FilterRule, values: Mapping[Unknown, UnknownValue]) -> int:
    value = values[rule.rank.unknown] if isinstance(rule.rank, Floating) else rule.rank
    if isinstance(value, RulesValue):
        return value.rank
    assert isinstance(value, int)
    return value


def _outcome(rule: FilterRule, values: Mapping[Unknown, UnknownValue]) -> Outcome:
    value = values[rule.outcome.unknown] if isinstance(rule.outcome, Choice) else rule.outcome
    if isinstance(value, RulesValue):
        return value.outcome
    assert isinstance(value, Outcome)
    return value


def meets(match: Match, flow: Flow, values: Mapping[Unknown, UnknownValue]) -> bool:
    for condition in match.conditions:
        value = values[condition]
        if not (value.matches if isinstance(value, RulesValue) else value):
            return False
    if flow.protocol not in _numbers(match.protocol, values):
        return False
    for addresses, number in ((match.source, flow.source), (match.destination, flow.destination)):
        if not _in_addresses(addresses, flow.family, number, values):
            return False
    for ports, number in ((match.source_port, flow.source_port), (match.destination_port, flow.destination_port)):
        numbers = _numbers(ports, values)
        if flow.protocol in (6, 17):
            if number not in numbers:
                return False
        elif len(numbers) != 65536:
            return False
    return True


def _numbers(values: Values[IntervalSet], chosen: Mapping[Unknown, UnknownValue]) -> frozenset[int]:
    numbers = _expand(values.known)
    for unknown in values.unknown:
        value = chosen[unknown]
        assert isinstance(value, IntervalSet)
        numbers |= _expand(value) if values.bound is None else _expand(value) & _expand(values.bound)
    return numbers


@lru_cache(maxsize=4096)
def _expand(numbers: IntervalSet) -> frozenset[int]:
    return frozenset(number for low, high in numbers for number in range(low, high + 1))


def _in_addresses(
    values: Values[AddressSet], family: Family, number: int, chosen: Mapping[Unknown, UnknownValue]
) -> bool:
    def inside(addresses: AddressSet) -> bool:
        return any(low <= number <= high for low, high in addresses.family(family))

    if inside(values.known):
        return True
    if values.bound is not None and not inside(values.bound):
        return False
    for unknown in values.unknown:
        value = chosen[unknown]
        assert isinstance(value, AddressSet)
        if inside(value):
            return True
    return False


# --- everything that the unknowns can be ----------------------------------------------------------------------------


def unknowns_of(chain: Chain) -> tuple[Unknown, ...]:
    found: dict[Unknown, None] = {}
    for rule in (rule for layer in chain.layers for rule in layer.rules):
        match = rule.match
        for values in (match.protocol, match.source, match.source_port, match.destination, match.destination_port):
            found.update(dict.fromkeys(values.unknown))
        found.update(dict.fromkeys(match.conditions))
        if isinstance(rule.rank, Floating):
            found[rule.rank.unknown] = None
        if isinstance(rule.outcome, Choice):
            found[rule.outcome.unknown] = None
    return tuple(found)


def assignments(chain: Chain, families: Sequence[Family]) -> Iterator[dict[Unknown, UnknownValue]]:
    """Every assignment that keeps the ranks apart."""
    unknowns = unknowns_of(chain)
    for values in product(*(tuple(_representatives(unknown, chain, families)) for unknown in unknowns)):
        chosen = dict(zip(unknowns, values, strict=True))
        if all(_ranks_apart(layer, chosen) for layer in chain.layers):
            yield chosen


def _representatives(unknown: Unknown, chain: Chain, families: Sequence[Family]) -> Iterator[UnknownValue]:
    rules = [rule for layer in chain.layers for rule in layer.rules]
    match unknown.kind:
        case UnknownKind.ADDRESS:
            yield from _prefixes(families)
        case UnknownKind.PORT:
            yield from (IntervalSet(16, ((low, high),)) for low in LOWS for high in HIGHS if low <= high)
        case UnknownKind.PROTOCOL:
            yield from (IntervalSet(8, ((number, number),)) for number in (*PROTOCOLS, 99))
            yield IntervalSet.full(8)
        case UnknownKind.CONDITION:
            yield from (False, True)
        case UnknownKind.ACCESS:
            yield from _options(unknown, rules)
        case UnknownKind.PRIORITY:
            yield from RANKS
        case _:
            yield RulesValue(False, RANKS[0], Outcome.PASS)
            for rank, outcome in product(RANKS, _options(unknown, rules)):
                yield RulesValue(True, rank, outcome)


def _options(unknown: Unknown, rules: Sequence[FilterRule]) -> list[Outcome]:
    options = [
        set(rule.outcome.options)
        for rule in rules
        if isinstance(rule.outcome, Choice) and rule.outcome.unknown == unknown
    ]
    return [outcome for outcome in Outcome if all(outcome in some for some in options)]


def _prefixes(families: Sequence[Family]) -> Iterator[AddressSet]:
    """None, or any prefix, as far as the universe can tell; in each of the families."""
    blocks = [(0, 3), (0, 1), (2, 3), (0, 0), (1, 1), (2, 2), (3, 3)]
    chosen = {
        family: [IntervalSet.empty(family.width)]
        + [IntervalSet(family.width, ((BASES[family] + low, BASES[family] + high),)) for low, high in blocks]
        if family in families
        else [IntervalSet.empty(family.width)]
        for family in Family
    }
    yield from (AddressSet(v4, v6) for v4, v6 in product(chosen[Family.IPV4], chosen[Family.IPV6]))


def _ranks_apart(layer: Layer, chosen: Mapping[Unknown, UnknownValue]) -> bool:
    taken = {rule.rank for rule in layer.rules if not isinstance(rule.rank, Floating)}
    mine: dict[Unknown, int] = {}
    for rule in layer.rules:
        if isinstance(rule.rank, Floating):
            value = chosen[rule.rank.unknown]
            if isinstance(value, RulesValue) and not value.matches:
                continue
            rank = _rank(rule, chosen)
            if rank in taken or not rule.rank.low <= rank <= rule.rank.high:
                return False
            mine[rule.rank.unknown] = rank
    return len(set(mine.values())) == len(mine)


# --- chains and questions -------------------------------------------------------------------------------------------


def flows_of(*asked: FlowSet) -> list[Flow]:
    """Every flow of a question that stays inside the universe."""
    found = []
    for family in Family:
        addresses = range(BASES[family], BASES[family] + ROOM)
        for protocol in PROTOCOLS:
            ports = PORTS if protocol in (6, 17) else (0,)
            for source, source_port, destination, port in product(addresses, ports, addresses, ports):
                flow = Flow(family, protocol, source, source_port, destination, port)
                if any(flow in flows for flows in asked):
                    found.append(flow)
    return found


def _blocks(family: Family) -> st.SearchStrategy[IntervalSet]:
    base = BASES[family]
    pairs = st.tuples(st.integers(0, ROOM - 1), st.integers(0, ROOM - 1)).map(sorted)
    return st.lists(pairs, max_size=2).map(
        lambda found: IntervalSet.of(family.width, ((base + low, base + high) for low, high in found))
    )


_ADDRESSES: Final = st.one_of(
    st.just(AddressSet.parse("0.0.0.0/0") | AddressSet.parse("::/0")),
    st.builds(AddressSet, _blocks(Family.IPV4), _blocks(Family.IPV6)),
)
_PORT_SETS: Final = st.one_of(
    st.just(IntervalSet.full(16)),
    st.lists(
        st.tuples(st.sampled_from(LOWS), st.sampled_from(HIGHS)).filter(lambda pair: pair[0] <= pair[1]), max_size=2
    ).map(lambda pairs: IntervalSet.of(16, pairs)),
)
_PROTOCOL_SETS: Final = st.one_of(
    st.just(IntervalSet.full(8)),
    st.sets(st.sampled_from(PROTOCOLS), min_size=1, max_size=2).map(
        lambda numbers: IntervalSet.of(8, ((number, number) for number in numbers))
    ),
)
_CONSTANTS: Final = st.builds(
    Match,
    _PROTOCOL_SETS.map(Values),
    _ADDRESSES.map(Values),
    _PORT_SETS.map(Values),
    _ADDRESSES.map(Values),
    _PORT_SETS.map(Values),
)


def _open(
    draw: st.DrawFn, values: Values[S], sets: st.SearchStrategy[S], pool: Sequence[Unknown], kind: UnknownKind
) -> Values[S]:
    """The field as it is, or with unknowns of the pool, within a bound or not."""
    mine = [unknown for unknown in pool if unknown.kind is kind]
    chosen = draw(st.lists(st.sampled_from(mine), max_size=2, unique=True)) if mine else []
    if not chosen:
        return values
    known = draw(st.sampled_from((values.known, values.known - values.known)))
    return Values(known, tuple(chosen), draw(st.none() | sets))


@st.composite
def matches(draw: st.DrawFn, pool: Sequence[Unknown]) -> Match:
    match = draw(_CONSTANTS)
    conditions = [unknown for unknown in pool if unknown.kind is UnknownKind.CONDITION and draw(st.booleans())]
    return Match(
        _open(draw, match.protocol, _PROTOCOL_SETS, pool, UnknownKind.PROTOCOL),
        _open(draw, match.source, _ADDRESSES, pool, UnknownKind.ADDRESS),
        _open(draw, match.source_port, _PORT_SETS, pool, UnknownKind.PORT),
        _open(draw, match.destination, _ADDRESSES, pool, UnknownKind.ADDRESS),
        _open(draw, match.destination_port, _PORT_SETS, pool, UnknownKind.PORT),
        tuple(conditions),
    )


@st.composite
def layers(draw: st.DrawFn, pool: Sequence[Unknown], name: str) -> Layer:
    ranks = sorted(draw(st.lists(st.sampled_from(RANKS), max_size=4)))
    rules = [FilterRule(f"known {i}", draw(matches(pool)), draw(_outcomes(pool)), rank) for i, rank in enumerate(ranks)]
    for unknown in pool:
        if unknown.kind is UnknownKind.PRIORITY and draw(st.booleans()):
            low = draw(st.sampled_from(RANKS))
            rank = Floating(unknown, low, draw(st.sampled_from(range(low, RANKS.stop))))
            rules.append(FilterRule(f"floating {unknown.name}", draw(matches(pool)), draw(_outcomes(pool)), rank))
        if unknown.kind is UnknownKind.RULES and draw(st.booleans()):
            match = Match(conditions=(unknown,))
            choice = Choice(unknown, (Outcome.DENY, Outcome.PASS))
            rules.append(FilterRule("unknown rules", match, choice, Floating(unknown, RANKS[0], RANKS[-1])))
    rules.sort(key=lambda rule: rule.rank.low if isinstance(rule.rank, Floating) else rule.rank)
    if draw(st.booleans()):
        rules.append(FilterRule("rest", Match(), Outcome.DENY, 200))
    return Layer(name, tuple(rules))


def _outcomes(pool: Sequence[Unknown]) -> st.SearchStrategy[Outcome | Choice]:
    known: st.SearchStrategy[Outcome | Choice] = st.sampled_from(Outcome)
    choices = [
        Choice(unknown, tuple(options))
        for unknown in pool
        if unknown.kind is UnknownKind.ACCESS
        for options in ([Outcome.DENY, Outcome.PASS], list(Outcome))
    ]
    return known | st.sampled_from(choices) if choices else known


@st.composite
def chains(draw: st.DrawFn, max_unknowns: int = 0, kinds: Sequence[UnknownKind] = KINDS) -> Chain:
    drawn = draw(st.lists(st.sampled_from(kinds), min_size=min(1, max_unknowns), max_size=max_unknowns))
    pool = [unknown(f"u{index}", kind) for index, kind in enumerate(drawn)]
    return Chain(tuple(draw(layers(pool, f"layer {index}")) for index in range(draw(st.integers(1, 2)))))


@st.composite
def questions(draw: st.DrawFn, max_flows: int = 64) -> tuple[FlowSet, ...]:
    """A non-empty question that stays inside the universe, of one flow set or two."""
    asked = tuple(draw(st.lists(_flow_sets(), min_size=1, max_size=2)))
    if 0 < len(flows_of(*asked)) <= max_flows:
        return asked
    return (only(draw(st.sampled_from(flows_of(*asked) or flows_of(FlowSet())))),)


@st.composite
def _flow_sets(draw: st.DrawFn) -> FlowSet:
    families = draw(st.sampled_from([(Family.IPV4,), (Family.IPV6,), (Family.IPV4, Family.IPV6)]))

    def addresses() -> AddressSet:
        found = AddressSet(IntervalSet.empty(32), IntervalSet.empty(128))
        for family in families:
            low, high = sorted((draw(st.integers(0, ROOM - 1)), draw(st.integers(0, ROOM - 1))))
            block = IntervalSet(family.width, ((BASES[family] + low, BASES[family] + high),))
            found |= AddressSet.of(family, block)
        return found

    ported = draw(st.booleans())
    protocols = draw(st.sets(st.sampled_from((6, 17) if ported else (1, 58)), min_size=1, max_size=2))
    ports = st.sets(st.sampled_from(PORTS), min_size=1, max_size=2).map(
        lambda numbers: IntervalSet.of(16, ((number, number) for number in numbers))
    )
    return FlowSet(
        IntervalSet.of(8, ((number, number) for number in protocols)),
        addresses(),
        draw(ports) if ported else IntervalSet.full(16),
        addresses(),
        draw(ports) if ported else IntervalSet.full(16),
    )


def only(flow: Flow) -> FlowSet:
    """The question about one flow."""
    source, destination = (
        AddressSet.of(flow.family, IntervalSet(flow.family.width, ((number, number),)))
        for number in (flow.source, flow.destination)
    )
    if not flow.has_ports:
        return FlowSet(IntervalSet(8, ((flow.protocol, flow.protocol),)), source, destination=destination)
    source_port, port = (IntervalSet(16, ((number, number),)) for number in (flow.source_port, flow.destination_port))
    return FlowSet(IntervalSet(8, ((flow.protocol, flow.protocol),)), source, source_port, destination, port)
