"""Two versions of one place, in one direction: both chains, the asked flows, and what changed about them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain as joined
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.origins import LayerKind, LayerOrigin, PlatformRule, RuleOrigin, layer_kind, origin_of
from nwpolicy.logic.boxes import DESTINATION, SOURCE, boxes_of, flow_sets, single
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.diagrams import Decisions, Fate, Order, closed_decisions, compare
from nwpolicy.logic.evaluate import evaluate
from nwpolicy.logic.regrouping import regrouped
from nwpolicy.logic.renaming import paired, unknowns_of
from nwpolicy.logic.views import Example
from nwpolicy.logic.witness import favourite, pleasant_values
from nwpolicy.model.addresses import ANY_ADDRESS
from nwpolicy.model.filters import Chain, FilterRule, Layer, Match, Outcome
from nwpolicy.model.flows import Flow, FlowSet
from nwpolicy.model.ports import ANY_PORT
from nwpolicy.model.protocols import ANY_PROTOCOL
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.entering import with_entrances
from nwpolicy.queries.pairing import PlacePair, name_now
from nwpolicy.queries.question import Ask, Endpoint, Question, own_endpoint

__all__ = ["NOTHING", "Found", "Versions", "versions_of"]

#: How many sets of flows are tried for an example that a person recognises.
_TRIED: Final = 4
_NOWHERE: Final = LayerOrigin(LayerKind.PLATFORM, "nothing")
_ABSENT: Final = RuleOrigin(_NOWHERE, PlatformRule("Absent", "the place is not there"))
#: What stands for a place that is not there: no flow gets to it, or comes from it.
NOTHING: Final = Chain((Layer("nothing", (FilterRule("absent", Match(), Outcome.DENY, 0, _ABSENT),), _NOWHERE),))


@dataclass(frozen=True, slots=True)
class Found:
    """Flows that fare otherwise in one way. `example` shows that they can, where unknowns decide."""

    flows: tuple[FlowSet, ...]
    before: Fate
    after: Fate
    count: int
    unknowns: tuple[Unknown, ...]
    example: Example | None = None

    @property
    def turns(self) -> bool:
        """Whether the verdict is another one, or may be."""
        return self.before.allowed is None or self.before.allowed is not self.after.allowed


class Versions:
    """One place and direction, before and after; unknowns of one name are one in both. `closing` says what counts on
    each side by itself where it depends on them. `order` is that of the fields in which diagrams of alike places were
    built, if it is known: to find one takes longer than to build them. `within` are the flows that can fare
    otherwise, if these are known."""

    def __init__(self, pair: PlacePair, old: Question, new: Question, closing: Closing | None = None) -> None:
        self.pair = pair
        self.closing = closing
        self.order: Order | None = None
        self.within: tuple[FlowSet, ...] | None = None
        self.direction = new.direction
        self._as_written = new.filter_chain.chain
        chain = paired(old.filter_chain.chain, self._as_written, pair.former)
        self.old = old
        self.new = replace(new, filter_chain=replace(new.filter_chain, chain=chain))

    @property
    def asked(self) -> FlowSet:
        return self.new.asked

    @property
    def compared(self) -> tuple[FlowSet, ...]:
        """Of the asked flows those that can fare otherwise."""
        within = (self.asked,) if self.within is None else (self.asked & flows for flows in self.within)
        return tuple(filter(None, within))

    @property
    def chains(self) -> tuple[Chain, Chain]:
        return self.old.filter_chain.chain, self.new.filter_chain.chain

    @property
    def changed_layer(self) -> tuple[Layer, Layer] | None:
        """The versions of the admin rules, where nothing else changed and no unknown has another name."""
        before, after = self.chains
        if after is not self._as_written or len(before.layers) != len(after.layers):
            return None
        pairs = [pair for pair in zip(before.layers, after.layers, strict=True) if _said(pair[0]) != _said(pair[1])]
        return pairs[0] if len(pairs) == 1 and layer_kind(pairs[0][0]) is LayerKind.ADMIN_RULES else None

    @property
    def is_identical(self) -> bool:
        """Whether the rules are the same one by one, so that nothing has to be worked out."""
        return not self.asked or self.chains[0] == self.chains[1]

    @property
    def says_the_same(self) -> bool:
        """Whether the rules are the same one by one but for their names, so that no verdict is another one."""
        before, after = ([_said(layer) for layer in chain.layers] for chain in self.chains)
        return before == after

    @property
    def taken_as_one(self) -> tuple[str, ...]:
        """The unknowns that both have; what has another name now, by both."""
        after = set(unknowns_of(self.chains[1]))
        now = {self.pair.former(unknown.name): unknown.name for unknown in unknowns_of(self._as_written)}
        names = (unknown.name for unknown in unknowns_of(self.chains[0]) if unknown in after)
        return tuple(name_now(name, now.get(name, name)) for name in names)

    @cached_property
    def decisions(self) -> tuple[Decisions, Decisions]:
        before, after = self.chains
        if before is NOTHING:
            new = self._decided(after)
            return self._decided(before, new.order), new
        old = self._decided(before, self.order)
        return old, self._decided(after, old.order)

    def _decided(self, chain: Chain, order: Order | None = None) -> Decisions:
        if self.closing is None:
            return Decisions.of(chain, self.compared, order=order)
        return closed_decisions(chain, self.compared, some=self.closing is Closing.ANY, order=order)

    def found(self, *, by_rule: bool) -> tuple[Found, ...]:
        """What changed, by what was and what is."""
        comparison = compare(*self.decisions, by_rule=by_rule, identify=_Identities(*self.chains))
        groups: dict[Hashable, list[FlowSet]] = {}
        fates: dict[Hashable, tuple[Fate, Fate]] = {}
        unknowns: dict[Hashable, dict[Unknown, None]] = {}
        counts: dict[Hashable, int] = {}
        for change in comparison.changes():
            key = self._key(change.before, change.after)
            groups.setdefault(key, []).append(change.flows)
            fates.setdefault(key, (change.before, change.after))
            unknowns.setdefault(key, {}).update(dict.fromkeys((*change.before.unknowns, *change.after.unknowns)))
        for pair, count in comparison.counts().items():
            key = self._key(*pair)
            counts[key] = counts.get(key, 0) + count
        made = (
            Found(_merged(flows, self.direction), *fates[key], counts[key], tuple(unknowns[key]))
            for key, flows in groups.items()
        )
        return tuple(joined.from_iterable(map(self._settled, made)))

    def _key(self, before: Fate, after: Fate) -> Hashable:
        sides = ((before, self.chains[0]), (after, self.chains[1]))
        return tuple((fate.allowed, _written(fate, chain)) for fate, chain in sides)

    def _settled(self, found: Found) -> Iterator[Found]:
        """Fates that rest on unknowns may look different and still be the same: the solver decides."""
        if found.before.allowed is not None and found.after.allowed is not None:
            yield found
        elif example := equivalent(*self.chains, found.flows):
            yield replace(found, example=self._pleasant(found, example))

    def _pleasant(self, found: Found, example: Example) -> Example:
        """An example that a person recognises, if there is one: both its flow and the values of unknowns."""
        favourites = (favourite(box) for box in boxes_of(found.flows[:_TRIED]))
        return next(filter(None, map(self.example_with, favourites)), None) or self._with_pleasant_values(example)

    def example_with(self, flow: Flow) -> Example | None:
        """An example with this flow, if it may fare otherwise."""
        example = equivalent(*self.chains, flow_sets([single(flow)]))
        return None if example is None else self._with_pleasant_values(example)

    def _with_pleasant_values(self, example: Example) -> Example:
        assignment = dict(example.assignment)
        for unknown, value in example.assignment.items():
            for candidate in pleasant_values(unknown, value, example.flow):
                changed = {**assignment, unknown: candidate}
                before, after = (evaluate(chain, example.flow, changed).allowed for chain in self.chains)
                if before is not after:
                    assignment = changed
                    break
        return replace(example, assignment=assignment, trace=evaluate(self.chains[1], example.flow, assignment))


def versions_of(
    pair: PlacePair,
    old: Snapshot,
    new: Snapshot,
    assumptions: Assumptions,
    directions: tuple[Direction, ...],
    closing: Closing | None = None,
) -> Iterator[Versions]:
    """The place in each direction, for all flows to or from an address that it has before or after."""
    for direction in directions:
        before = filter_chain(old, pair.old, direction, assumptions)
        after = filter_chain(new, pair.new, direction, assumptions)
        if direction is Direction.INBOUND:
            before, after = with_entrances((old, before), (new, after), assumptions, pair.former)
        local = own_endpoint(Endpoint(before.local | after.local, ANY_PORT), pair.new)
        remote = Endpoint(ANY_ADDRESS, ANY_PORT)
        source, destination = (remote, local) if direction is Direction.INBOUND else (local, remote)
        asked = FlowSet(ANY_PROTOCOL, source.addresses, ANY_PORT, destination.addresses, ANY_PORT)
        sides = ((old, pair.old, before), (new, pair.new, after))
        first, last = (
            Question(snapshot, Ask(), subject, chain, direction, asked, source, destination, assumptions)
            for snapshot, subject, chain in sides
        )
        yield Versions(pair, first, last, closing)


class _Identities:
    """What makes rules of both chains the same: kind of layer and name; or, where one side lacks the name, what they
    say."""

    def __init__(self, old: Chain, new: Chain) -> None:
        before, after = dict(_named(old)), dict(_named(new))
        lost = {key: rule for key, rule in before.items() if key not in after}
        self._renamed: dict[Hashable, Hashable] = {}
        for key, rule in after.items():
            if key not in before:
                same = (other for other, found in lost.items() if other[0] == key[0] and _says(found) == _says(rule))
                if origin := next(same, None):
                    self._renamed[key] = origin
                    del lost[origin]

    def __call__(self, layer: int, rule: FilterRule) -> Hashable:  # noqa: ARG002 - the rule knows its layer
        key = _rule_key(rule)
        return self._renamed.get(key, key)


def _named(chain: Chain) -> Iterator[tuple[tuple[Hashable, Hashable], FilterRule]]:
    for layer in chain.layers:
        for rule in layer.rules:
            yield _rule_key(rule), rule


def _rule_key(rule: FilterRule) -> tuple[Hashable, Hashable]:
    origin = origin_of(rule)
    return origin.layer.kind, (*map(str.lower, origin.path), origin.name.lower())


def _said(layer: Layer) -> list[Hashable]:
    """What the rules of a layer say, whatever they are called."""
    return [(rule.match, rule.outcome, rule.rank) for rule in layer.rules]


def _says(rule: FilterRule) -> Hashable:
    return rule.match, rule.outcome


def _written(fate: Fate, chain: Chain) -> Hashable:
    """The rule as it was written; what the logic tries at several places may be one."""
    if fate.rule is None or fate.layer is None:
        return None
    return fate.layer, id(origin_of(fate.rule).rule), len(chain.layers)


def _merged(flows: list[FlowSet], direction: Direction) -> tuple[FlowSet, ...]:
    """As few products as it takes, if possible with all addresses of the place."""
    boxes = boxes_of(tuple(flows))
    remote, local = (SOURCE, DESTINATION) if direction is Direction.INBOUND else (DESTINATION, SOURCE)
    first = flow_sets(regrouped(boxes, remote, local))
    if len(first) == 1:
        return first
    return min(first, *map(flow_sets, (boxes, regrouped(boxes, local, remote))), key=len)
