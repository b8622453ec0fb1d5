"""Names for sets of addresses, each of them exact: `Internet`, `subnet:web`, `* except 10.0.0.0/8`.

A set has the name of something only where the two are equal, or it is written as a union of named sets and prefixes,
or as one of them less others. Names are terms that a question takes for an end (`Internet`, `asg:web`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import itemgetter
from typing import Final, TypeAlias

from nwpolicy.azure.endpoints import EndpointError, resolve_endpoint
from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.spaces import Space, prefix_space
from nwpolicy.azure.subjects import SubjectKind
from nwpolicy.azure.tagnames import canonical
from nwpolicy.azure.terms import Terms
from nwpolicy.model.addresses import ANY_ADDRESS, ANY_IPV4, ANY_IPV6, NO_ADDRESS, Address, AddressSet, Family
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix, AddressTerm, Reference, Resource, ServiceTag
from nwpolicy.model.rules import Rule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.question import Endpoint, Question

__all__ = ["Names", "SetName", "address_parts", "own_name", "port_name", "protocol_name"]

_FAMILIES = {Family.IPV4: ANY_IPV4, Family.IPV6: ANY_IPV6}
#: A name and what it stands for.
_Named: TypeAlias = tuple[str, AddressSet]
_INTERNET: Final = "Internet"
#: So many prefixes of rules are remembered: nobody knows more of them by heart.
_FEW: Final = 50
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

    def __init__(self, named: Iterable[_Named], prefixes: Iterable[AddressSet] = ()) -> None:
        """`prefixes` are such as people know: they stand for themselves, also where a set is told by what it lacks."""
        known = {str(addresses): addresses for addresses in prefixes}
        self._all = (("*", ANY_ADDRESS), *dict.fromkeys((*named, *known.items())))
        self._prefixes = frozenset(known)
        self._known: dict[tuple[AddressSet, AddressSet], _Known] = {}
        self._found: dict[tuple[AddressSet, AddressSet, AddressSet], SetName] = {}

    @classmethod
    def of(cls, *questions: Question, more: Iterable[_Named] = ()) -> Names:
        """All names that mean something in these questions, the person's own words first; then `more` names, and the
        prefixes that rules name."""
        asked = (named for question in questions for named in _asked(question))
        defined = (named for question in questions for named in _defined(question))
        prefixes = dict.fromkeys(prefix for question in questions for prefix in _prefixes(question))
        return cls((*asked, *defined, *more), [*prefixes][:_FEW])

    def name(
        self, addresses: AddressSet, families: Sequence[Family] = tuple(Family), idle: AddressSet = NO_ADDRESS
    ) -> SetName:
        """The shortest name of the set. `families` are those that flows to or from it can have: addresses of another
        one, in the set or in what a name stands for, make no difference. `idle` addresses, which no packet has, make
        none to what `Internet` stands for."""
        within = _whole(families)
        wanted = addresses & within
        silent = NO_ADDRESS if wanted <= idle else wanted & idle
        key = (wanted, within, silent)
        if key not in self._found:
            self._found[key] = self._known_within(within, silent).shortest(wanted)
        return self._found[key]

    def around(self, addresses: AddressSet) -> str | None:
        """The smallest named set that all of the addresses are in; None if there is none but that of all addresses."""
        within = _whole([family for family in Family if addresses.family(family)])
        known = self._known_within(within).around(addresses)
        around = [name for name, found in known if found != within and name not in self._prefixes]
        return around[-1] if around else None

    def _known_within(self, within: AddressSet, idle: AddressSet = NO_ADDRESS) -> _Known:
        """What is left of the names. One with two meanings (in two networks, say) would say nothing, so it is none."""
        if (within, idle) not in self._known:
            limited = [(name, _limited(addresses, within)) for name, addresses in self._all]
            meanings: defaultdict[str, set[AddressSet]] = defaultdict(set)
            for name, addresses in limited:
                meanings[name.lower()].add(addresses)
            names: dict[AddressSet, str] = {}
            for name, addresses in limited:
                if len(meanings[name.lower()]) == 1:
                    names.setdefault(addresses, name)
            if idle:
                names |= {addresses | idle: name for addresses, name in names.items() if name == _INTERNET}
            self._known[within, idle] = _Known(names)
        return self._known[within, idle]


class _Known:
    """Named sets, to be searched: there may be thousands of subnets."""

    def __init__(self, names: Mapping[AddressSet, str]) -> None:
        known = ((name, addresses) for addresses, name in names.items() if addresses)
        self._named: list[_Named] = sorted(known, key=lambda named: -_size(named[1]))
        self._names = names
        self._firsts = sorted((_first(addresses), index) for index, (_, addresses) in enumerate(self._named))

    def around(self, wanted: AddressSet) -> Iterator[_Named]:
        """Those that the wanted addresses are in, larger ones first."""
        first = _first(wanted)
        return (named for named in self._named if first in named[1] and wanted <= named[1])

    def within(self, wanted: AddressSet) -> Iterator[_Named]:
        """Those that are in the wanted addresses, larger ones first."""
        found: list[int] = []
        for family in Family:
            for low, high in wanted.family(family):
                start = bisect_left(self._firsts, (Address(family, low), 0))
                end = bisect_left(self._firsts, (Address(family, high), len(self._named)))
                found += (index for _, index in self._firsts[start:end])
        return (self._named[index] for index in sorted(found) if self._named[index][1] <= wanted)

    def shortest(self, wanted: AddressSet) -> SetName:
        """The name of the set; of two that are as hard to read, the one with fewer characters."""
        if wanted in self._names or not wanted:
            return SetName((self._names.get(wanted, "none"),))
        parts = address_parts(wanted)
        best = _candidate(_weight(parts), SetName(parts))
        weight, union = self.union(wanted, best[0])
        best = min(best, _candidate(weight, SetName(union)), key=itemgetter(0, 1))
        for name, addresses in self.around(wanted):
            weight, without = self.union(addresses - wanted, best[0] - 2)
            best = min(best, _candidate(weight + 2, SetName((name,), without)), key=itemgetter(0, 1))
        return best[2]

    def union(self, wanted: AddressSet, limit: int) -> tuple[int, tuple[str, ...]]:
        """The set as a union of named sets, the largest first, and of what they leave, or of addresses alone; and how
        hard that is to read. What is harder than the limit is worked out no further."""
        names: list[str] = []
        rest = wanted
        for name, addresses in self.within(wanted):
            if not addresses.isdisjoint(rest):
                names.append(name)
                rest -= addresses
            if not rest or len(names) > limit:
                break
        whole = address_parts(wanted)
        left = address_parts(rest) if rest else ()
        around = tuple(part for part in whole if not AddressSet.parse(part).isdisjoint(rest)) if names else whole
        parts = left if any("-" in part for part in around) else min(left, around, key=_weight)
        return min((len(names) + _weight(parts), (*names, *parts)), (_weight(whole), whole), key=itemgetter(0))


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


def _candidate(weight: int, name: SetName) -> tuple[int, int, SetName]:
    return weight, len(str(name)), name


def _weight(parts: tuple[str, ...]) -> int:
    """How hard addresses are to read, next to a name: a prefix says less, a range takes two looks."""
    return sum(3 if "-" in part else 2 for part in parts)


def _limited(addresses: AddressSet, whole: AddressSet) -> AddressSet:
    """The addresses of families of which `whole` has all or none: a set for thousands of names."""
    if (whole.v4 or not addresses.v4) and (whole.v6 or not addresses.v6):
        return addresses
    return AddressSet(addresses.v4 if whole.v4 else NO_ADDRESS.v4, addresses.v6 if whole.v6 else NO_ADDRESS.v6)


def _whole(families: Iterable[Family]) -> AddressSet:
    """All addresses of the families."""
    return reduce(AddressSet.__or__, (_FAMILIES[family] for family in families), NO_ADDRESS)


def _first(addresses: AddressSet) -> Address:
    """The least address of a set that is not empty."""
    family = Family.IPV4 if addresses.v4 else Family.IPV6
    return Address(family, addresses.family(family).first)


def _size(addresses: AddressSet) -> int:
    return addresses.v4.size + addresses.v6.size


def _asked(question: Question) -> Iterator[tuple[str, AddressSet]]:
    """The ends, in the words of the person."""
    ends: tuple[Endpoint, ...] = (question.source, question.destination)
    for end in ends:
        own = question.subject.kind is not SubjectKind.SUBNET and len(address_parts(end.addresses)) == 1
        if end.terms or end.anywhere or own:
            yield ", ".join(end.terms) or end.anywhere or str(end.addresses), end.addresses


def _defined(question: Question) -> Iterator[tuple[str, AddressSet]]:
    """Everything with a name whose addresses are all known."""
    snapshot = question.snapshot
    for terms in _meanings(question):
        mentioned = tuple(dict.fromkeys(_mentioned(question)))
        for name in dict.fromkeys((*(n for n in mentioned if isinstance(n, str)), "VirtualNetwork", _INTERNET)):
            yield from _if_known(name, terms.tag(ServiceTag(name, question.subject.source)))
        for reference in (r for r in mentioned if isinstance(r, Reference)):
            word = _WORDS.get(reference.type.lower())
            name, space = f"{word}:{reference.name}", terms.group(reference)
            if word is not None and _stands_for(question, name, space):
                yield from _if_known(name, space)
    yield from snapshot.derived(_places)


def _stands_for(question: Question, name: str, space: Space) -> bool:
    """Whether a question takes the name for the space: managers may have groups of one name."""
    try:
        found = resolve_endpoint(
            question.snapshot, question.subject, name, question.assumptions, question.virtual_network
        )
    except EndpointError:
        return False
    return found.known == space.known


def _meanings(question: Question) -> list[Terms]:
    """What names mean to the place: more than one meaning where Azure's own export gives a map for each group."""
    terms = Terms(question.snapshot, question.subject, question.assumptions, question.virtual_network)
    export = question.subject.export
    mapped = [terms.with_tag_map(entry.tag_map) for entry in (export.groups if export else ()) if entry.tag_map]
    return mapped or [terms]


def _mentioned(question: Question) -> Iterator[str | Reference]:
    """The tags and groups that the rules of the place name, in their order."""
    for term in chain.from_iterable(_terms(question)):
        if isinstance(term, ServiceTag) and term.expansion is None:
            yield canonical(term.name)
        elif isinstance(term, Reference):
            yield term


def _prefixes(question: Question) -> Iterator[AddressSet]:
    """The prefixes that the rules of the place name."""
    return (term.addresses for terms in _terms(question) for term in terms if isinstance(term, AddressPrefix))


def _terms(question: Question) -> Iterator[tuple[AddressTerm, ...]]:
    """What stands at each end of each rule."""
    for layer in question.filter_chain.chain.layers:
        for rule in layer.rules:
            written = origin_of(rule).rule
            if isinstance(written, Rule):
                yield from (written.sources, written.destinations)


def _places(snapshot: Snapshot) -> tuple[_Named, ...]:
    """The subnets and networks whose addresses are all known."""
    subnets = ((f"subnet:{own_name(snapshot, one)}", one.address_prefixes) for one in snapshot.all(Subnet))
    networks = ((f"vnet:{own_name(snapshot, one)}", one.address_space) for one in snapshot.all(VirtualNetwork))
    return tuple(named for name, prefixes in (*subnets, *networks) for named in _if_known(name, prefix_space(prefixes)))


def own_name(snapshot: Snapshot, resource: Subnet | VirtualNetwork) -> str:
    """The name of a subnet or network, with that of what it stands in where others have the same: `hub/default`."""
    parent = snapshot.parent(resource)
    alone = snapshot.derived(_how_often)[type(resource), resource.name.lower()] == 1
    return resource.name if alone or parent is None else f"{parent.name}/{resource.name}"


def _how_often(snapshot: Snapshot) -> Mapping[tuple[type[Resource], str], int]:
    """How many subnets and networks have each name."""
    return Counter((type(one), one.name.lower()) for kind in (Subnet, VirtualNetwork) for one in snapshot.all(kind))


def _if_known(name: str, space: Space) -> Iterator[tuple[str, AddressSet]]:
    if not space.unknown and space.known:
        yield name, space.known
