"""Names for sets of addresses, each of them exact: `Internet`, `subnet:web`, `* except 10.0.0.0/8`.

A set has the name of something only where the two are equal, or it is written as a union of named sets and prefixes,
or as one of them less others. Names are terms that a question takes for an end (`Internet`, `asg:web`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain

from nwpolicy.azure.spaces import Space, prefix_space
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.azure.tagnames import canonical
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, ANY_IPV6, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference, Resource, ServiceTag
from nwpolicy.model.rules import Rule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.explain import origin_of
from nwpolicy.queries.question import Endpoint, Question

__all__ = ["Names", "SetName", "address_parts", "port_name", "protocol_name"]

_FAMILIES = {Family.IPV4: ANY_IPV4, Family.IPV6: ANY_IPV6}
_WORDS = {"applicationsecuritygroups": "asg", "networkgroups": "group"}


@dataclass(frozen=True, slots=True)
class SetName:
    """The union of `parts`, less the union of `excluded`."""

    parts: tuple[str, ...]
    excluded: tuple[str, ...] = ()

    def __str__(self) -> str:
        excluded = f" except {', '.join(self.excluded)}" if self.excluded else ""
        return ", ".join(self.parts) + excluded


class Names:
    """What sets of addresses are called. Where several names fit, the earlier one is taken."""

    def __init__(self, named: Iterable[tuple[str, AddressSet]]) -> None:
        self._all = (("*", ANY_ADDRESS), *dict.fromkeys(named))
        self._named: dict[AddressSet, tuple[tuple[str, AddressSet], ...]] = {}
        self._found: dict[tuple[AddressSet, AddressSet], SetName] = {}

    @classmethod
    def of(cls, *questions: Question) -> Names:
        """All names that mean something in these questions, the person's own words first."""
        asked = (named for question in questions for named in _asked(question))
        return cls((*asked, *(named for question in questions for named in _defined(question))))

    def name(self, addresses: AddressSet, families: Sequence[Family] = tuple(Family)) -> SetName:
        """The shortest name of the set. `families` are those that flows to or from it can have: addresses of another
        one, in the set or in what a name stands for, make no difference."""
        within = _whole(families)
        wanted = addresses & within
        key = (wanted, within)
        if key not in self._found:
            self._found[key] = self._shortest(wanted, self._named_within(within))
        return self._found[key]

    def around(self, addresses: AddressSet) -> str | None:
        """The smallest named set that all of the addresses are in; None if there is none but that of all addresses."""
        within = _whole([family for family in Family if addresses.family(family)])
        around = [name for name, found in self._named_within(within) if addresses <= found != within]
        return around[-1] if around else None

    def _named_within(self, within: AddressSet) -> tuple[tuple[str, AddressSet], ...]:
        """Every name with what it stands for, each set once, larger ones first. A name with two meanings (in two
        networks, say) would say nothing, so it is none."""
        if within not in self._named:
            meanings: defaultdict[str, set[AddressSet]] = defaultdict(set)
            for name, addresses in self._all:
                meanings[name.lower()].add(addresses & within)
            names: dict[AddressSet, str] = {}
            for name, addresses in self._all:
                if len(meanings[name.lower()]) == 1:
                    names.setdefault(addresses & within, name)
            known = ((name, addresses) for addresses, name in names.items() if addresses)
            self._named[within] = tuple(sorted(known, key=lambda pair: -_size(pair[1])))
        return self._named[within]

    def _shortest(self, wanted: AddressSet, named: tuple[tuple[str, AddressSet], ...]) -> SetName:
        if not wanted:
            return SetName(("none",))
        parts = address_parts(wanted)
        candidates = [(_weight(parts), SetName(parts))]
        for name, addresses in named:
            if addresses == wanted:
                return SetName((name,))
            if wanted <= addresses:
                weight, without = _union(addresses - wanted, named)
                candidates.append((2 + weight, SetName((name,), without)))
        weight, union = _union(wanted, named)
        candidates.append((weight, SetName(union)))
        return min(candidates, key=lambda candidate: (candidate[0], len(str(candidate[1]))))[1]


def address_parts(addresses: AddressSet) -> tuple[str, ...]:
    """The set as prefixes and ranges, as few as it takes; `*` for every address."""
    return tuple(str(addresses).split(", "))


def protocol_name(protocols: IntervalSet) -> str:
    """`tcp, udp`, `any`, or `any except tcp` where that is shorter."""
    return _or_except(format_protocols(protocols), "any", format_protocols(~protocols))


def port_name(ports: IntervalSet) -> str:
    """`443`, `8000-8080`, or `* except 22` where that is shorter."""
    return _or_except(format_ports(ports), "*", format_ports(~ports))


def _or_except(plain: str, everything: str, without: str) -> str:
    return plain if plain.count(",") <= without.count(",") else f"{everything} except {without}"


def _union(wanted: AddressSet, named: tuple[tuple[str, AddressSet], ...]) -> tuple[int, tuple[str, ...]]:
    """The set as a union of named sets, the largest first, and of what they leave; and how hard that is to read."""
    names: list[str] = []
    rest = wanted
    for name, addresses in named:
        if rest and addresses <= wanted and not addresses.isdisjoint(rest):
            names.append(name)
            rest -= addresses
    parts = address_parts(rest) if rest else ()
    return len(names) + _weight(parts), (*names, *parts)


def _weight(parts: tuple[str, ...]) -> int:
    """How hard addresses are to read, next to a name: a prefix says less, a range takes two looks."""
    return sum(3 if "-" in part else 2 for part in parts)


def _whole(families: Iterable[Family]) -> AddressSet:
    """All addresses of the families."""
    return reduce(AddressSet.__or__, (_FAMILIES[family] for family in families), NO_ADDRESS)


def _size(addresses: AddressSet) -> int:
    return addresses.v4.size + addresses.v6.size


def _asked(question: Question) -> Iterator[tuple[str, AddressSet]]:
    """The ends, in the words of the person."""
    ends: tuple[Endpoint, ...] = (question.source, question.destination)
    for end in ends:
        own = question.subject.kind is not SubjectKind.SUBNET and len(address_parts(end.addresses)) == 1
        if end.terms or own:
            yield ", ".join(end.terms) or str(end.addresses), end.addresses


def _defined(question: Question) -> Iterator[tuple[str, AddressSet]]:
    """Everything with a name whose addresses are all known."""
    snapshot = question.snapshot
    for terms in _meanings(question):
        mentioned = tuple(dict.fromkeys(_mentioned(question)))
        for name in dict.fromkeys((*(n for n in mentioned if isinstance(n, str)), "VirtualNetwork", "Internet")):
            yield from _if_known(name, terms.tag(ServiceTag(name, question.subject.source)))
        for reference in (r for r in mentioned if isinstance(r, Reference)):
            word = _WORDS.get(reference.type.lower())
            if word is not None:
                yield from _if_known(f"{word}:{reference.name}", terms.group(reference))
    for kind, word in ((Subnet, "subnet"), (VirtualNetwork, "vnet")):
        yield from _resources(snapshot, kind, word)


def _meanings(question: Question) -> list[Terms]:
    """What names mean to the place: more than one meaning where Azure's own export gives a map for each group."""
    terms = Terms(question.snapshot, question.subject, question.assumptions, question.virtual_network)
    export = question.subject.export
    mapped = [terms.with_tag_map(entry.tag_map) for entry in (export.groups if export else ()) if entry.tag_map]
    return mapped or [terms]


def _mentioned(question: Question) -> Iterator[str | Reference]:
    """The tags and groups that the rules of the place name, in their order."""
    for layer in question.filter_chain.chain.layers:
        for rule in layer.rules:
            written = origin_of(rule).rule
            for term in chain(written.sources, written.destinations) if isinstance(written, Rule) else ():
                if isinstance(term, ServiceTag) and term.expansion is None:
                    yield canonical(term.name)
                elif isinstance(term, Reference):
                    yield term


def _resources(
    snapshot: Snapshot, kind: type[Subnet] | type[VirtualNetwork], word: str
) -> Iterator[tuple[str, AddressSet]]:
    found: Sequence[Subnet | VirtualNetwork] = snapshot.all(kind)
    often: Mapping[str, int] = Counter(resource.name.lower() for resource in found)
    for resource in found:
        prefixes = resource.address_prefixes if isinstance(resource, Subnet) else resource.address_space
        name = resource.name if often[resource.name.lower()] == 1 else _path(snapshot, resource)
        yield from _if_known(f"{word}:{name}", prefix_space(prefixes))


def _path(snapshot: Snapshot, resource: Resource) -> str:
    parent = snapshot.parent(resource)
    return f"{parent.name}/{resource.name}" if parent is not None else resource.name


def _if_known(name: str, space: Space) -> Iterator[tuple[str, AddressSet]]:
    if not space.unknown and space.known:
        yield name, space.known
