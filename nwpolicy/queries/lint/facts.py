"""What the checks share, worked out once and only when asked for.

Cost follows distinct policies, not network interfaces: one chain of filters for each class of interfaces, for each
subnet of which the input shows no interface, and for each network security group by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cache, cached_property
from typing import Final, TypeAlias

from nwpolicy.azure.assumptions import DEFAULTS, Assumptions
from nwpolicy.azure.attachments import attached_groups
from nwpolicy.azure.chains import admin_layers, filter_chain
from nwpolicy.azure.classes import policy_key
from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject, subnet_of, subnet_subject
from nwpolicy.logic.diagrams import RuleFact, facts
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.filters import Chain, Layer
from nwpolicy.model.network import NetworkInterface, Subnet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import AdminRule, Direction, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Document
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.uses import RuleUse, example, passes, reached

__all__ = [
    "DIRECTIONS",
    "Facts",
    "FactsOf",
    "Meeting",
    "Place",
    "ReachedIn",
    "WrittenRule",
    "documents_of",
    "shared_facts",
]

WrittenRule = SecurityRule | AdminRule
#: Gives what can be said of the rules of a layer. Raises TooLarge.
FactsOf: TypeAlias = Callable[[Chain, int], tuple[RuleFact, ...]]
#: Gives the positions of the rules of a layer that flows get to and match. Raises TooLarge.
ReachedIn: TypeAlias = Callable[[Chain, int], frozenset[int]]
#: So many flows are tried before everything is worked out.
_TRIES: Final = 8
DIRECTIONS: Final = (Direction.INBOUND, Direction.OUTBOUND)


@dataclass(frozen=True, slots=True)
class Place:
    """Where filters apply: alike for all `members`, of which the first stands for the others."""

    members: tuple[Subject, ...]

    @property
    def subject(self) -> Subject:
        return self.members[0]

    @property
    def name(self) -> str:
        """Of a subnet with its network, of interfaces the first one's."""
        network = self.subject.virtual_network
        if self.subject.kind is SubjectKind.SUBNET and network is not None:
            return f"{network.name}/{self.subject.name}"
        return self.subject.name


@dataclass(frozen=True, slots=True)
class Meeting:
    """A rule in the chain of a place: the index of its layer, and its positions there."""

    place: Place
    chain: Chain
    layer: int
    positions: frozenset[int]


class Facts:
    """The facts of one snapshot. `wanted` are the ids of what is looked for, `undecided` collects what could not be
    settled: nothing is left out silently."""

    def __init__(
        self,
        snapshot: Snapshot,
        assumptions: Assumptions = DEFAULTS,
        *,
        wanted: Set[str],
        groups_only: bool = False,
        facts_of: FactsOf = facts,
        reached_in: ReachedIn = reached,
    ) -> None:
        self.snapshot = snapshot
        self.assumptions = assumptions
        self.wanted = wanted
        self.groups_only = groups_only
        self._facts_of = facts_of
        self._reached_in = reached_in
        self.estate = Estate(snapshot, assumptions)
        self.undecided: dict[str, None] = {}
        self._alone: dict[tuple[int, Direction], Chain] = {}
        self._reached: dict[tuple[int, int], frozenset[int] | None] = {}

    @property
    def documents(self) -> Mapping[str, Document]:
        return self.snapshot.derived(documents_of)

    # --- where filters apply ---

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Classes of network interfaces, and the subnets in which the input shows none."""
        classes: defaultdict[object, list[Subject]] = defaultdict(list)
        for subject in self.estate.subjects:
            classes[policy_key(self.estate, subject)].append(subject)
        empty = (subnet for subnet in self.snapshot.all(Subnet) if id(subnet) not in self.interfaces)
        alone = (Place((subnet_subject(self.snapshot, subnet),)) for subnet in empty)
        return (*(Place(tuple(alike)) for alike in classes.values()), *alone)

    @cached_property
    def interfaces(self) -> dict[int, list[NetworkInterface]]:
        """By the `id` of each subnet, the network interfaces in it."""
        found: defaultdict[int, list[NetworkInterface]] = defaultdict(list)
        for nic in self.snapshot.all(NetworkInterface):
            for subnet in {id(subnet_of(self.snapshot, c.subnet)) for c in nic.ip_configurations}:
                found[subnet].append(nic)
        return found

    @cached_property
    def holders(self) -> tuple[Subnet | NetworkInterface, ...]:
        """What network security groups can be attached to."""
        return (*self.snapshot.all(Subnet), *self.snapshot.all(NetworkInterface))

    @cached_property
    def written(self) -> tuple[WrittenRule, ...]:
        """Every rule that a person wrote."""
        own = (rule for rule in self.snapshot.all(SecurityRule) if not rule.is_default)
        return (*own, *self.snapshot.all(AdminRule))

    @cached_property
    def attached(self) -> dict[int, list[Subnet | NetworkInterface]]:
        """By the `id` of each network security group, what it is attached to, or may be: a name can mean several."""
        found: defaultdict[int, list[Subnet | NetworkInterface]] = defaultdict(list)
        for holder, groups in self._meant:
            for group in groups:
                found[id(group)].append(holder)
        return found

    @cached_property
    def _meant(self) -> tuple[tuple[Subnet | NetworkInterface, tuple[NetworkSecurityGroup, ...]], ...]:
        """What groups can be attached to, each with those that its reference means."""
        return tuple(
            (holder, tuple(self.snapshot.find(NetworkSecurityGroup, holder.network_security_group)))
            for holder in self.holders
            if isinstance(holder.network_security_group, Reference)
        )

    @cached_property
    def loose_groups(self) -> tuple[NetworkSecurityGroup, ...]:
        """The groups that are attached to nothing for certain: looked at as if attached to an interface."""
        certain = {id(groups[0]) for _, groups in self._meant if len(groups) == 1}
        return tuple(group for group in self.snapshot.all(NetworkSecurityGroup) if id(group) not in certain)

    def chain_of(self, group: NetworkSecurityGroup, direction: Direction) -> Chain:
        """The chain of a group by itself; its own layer is the last."""
        key = (id(group), direction)
        if key not in self._alone:
            filters = filter_chain(self.snapshot, group_subject(group), direction, self.assumptions)
            self._alone[key] = filters.chain
        return self._alone[key]

    # --- what rules do ---

    @cached_property
    def group_uses(self) -> tuple[RuleUse, ...]:
        """What the rules of each network security group do in it, wherever it is attached."""
        return tuple(
            use
            for group in self.snapshot.all(NetworkSecurityGroup)
            for direction in DIRECTIONS
            for use in self._uses(self.chain_of(group, direction), group.name)
        )

    def _uses(self, chain: Chain, name: str) -> Iterator[RuleUse]:
        index = len(chain.layers) - 1
        if not any(_is_written(origin_of(rule).rule) for rule in chain.layers[index].rules):
            return
        try:
            found = self._facts_of(chain, index)
        except TooLarge as large:
            self.undecided[f"the rules of {name}: {large}"] = None
            return
        parts: defaultdict[int, list[RuleFact]] = defaultdict(list)
        for fact in found:
            if _is_written(origin_of(fact.rule).rule):
                parts[id(origin_of(fact.rule).rule)].append(fact)
        yield from (RuleUse(chain, index, tuple(several)) for several in parts.values())

    @cached_property
    def admin_uses(self) -> tuple[RuleUse, ...]:
        """What admin rules do among one another, in each virtual network with other ones."""
        seen: dict[tuple[object, ...], Chain] = {}
        for place in self.places:
            for direction in DIRECTIONS:
                for layer in self._admin_layers(place, direction):
                    key = (direction, *(id(origin_of(rule).rule) for rule in layer.rules))
                    seen.setdefault(key, Chain((layer,)))
        return tuple(use for chain in seen.values() for use in self._uses(chain, chain.layers[0].name))

    def _admin_layers(self, place: Place, direction: Direction) -> tuple[Layer, ...]:
        return admin_layers(self.snapshot, place.subject, direction, self.assumptions)

    def meetings(self, rule: WrittenRule) -> Iterator[Meeting]:
        """Where a rule applies. The chain of a place is worked out when it is its turn."""
        holder = rule if isinstance(rule, AdminRule) else self.snapshot.parent(rule)
        for place, direction in self._applying.get(id(holder), ()):
            if rule.direction is direction or isinstance(rule.direction, Unknown):
                chain = self.estate.chain(place.subject, direction).chain
                for index, layer in enumerate(chain.layers):
                    at = frozenset(n for n, one in enumerate(layer.rules) if origin_of(one).rule is rule)
                    if at:
                        yield Meeting(place, chain, index, at)

    @cached_property
    def _applying(self) -> dict[int, list[tuple[Place, Direction]]]:
        """By the `id` of each admin rule and each network security group, where it applies, or may."""
        found: defaultdict[int, list[tuple[Place, Direction]]] = defaultdict(list)
        for place in self.places:
            groups = {id(attached.group) for attached in attached_groups(self.snapshot, place.subject)}
            for direction in DIRECTIONS:
                layers = self._admin_layers(place, direction)
                for holder in groups | {id(origin_of(rule).rule) for layer in layers for rule in layer.rules}:
                    found[holder].append((place, direction))
        return found

    def is_reached(self, meeting: Meeting, use: RuleUse) -> bool | None:
        """Whether any flow may get to the rule and match it there; None where that is not settled. Mostly the first
        flow that comes to mind does, and then nothing else is worked out."""
        if any(passes(meeting.chain.layers[: meeting.layer], example(flows)) for flows in use.asked[:_TRIES]):
            return True
        key = (id(meeting.chain), meeting.layer)
        if key not in self._reached:
            try:
                self._reached[key] = self._reached_in(meeting.chain, meeting.layer)
            except TooLarge as large:
                self.undecided[f"the rules of {meeting.place.name}: {large}"] = None
                self._reached[key] = None
        found = self._reached[key]
        return None if found is None else not found.isdisjoint(meeting.positions)


def shared_facts() -> FactsOf:
    """As `facts`, for several estates: of layers that say the same they are worked out once."""
    known = cache(facts)

    def found(chain: Chain, index: int) -> tuple[RuleFact, ...]:
        rules = chain.layers[index].rules
        return tuple(replace(fact, rule=rules[fact.position]) for fact in known(chain, index))

    return found


def documents_of(snapshot: Snapshot) -> Mapping[str, Document]:
    """The files that definitions come from, by path."""
    resources = (entry.resource for entry in snapshot.entries)
    sources = (source for one in resources for source in (one.source, *one.fields.values()))
    return {source.document.path: source.document for source in sources}


def _is_written(rule: object) -> bool:
    return isinstance(rule, AdminRule) or (isinstance(rule, SecurityRule) and not rule.is_default)
