"""Ports that can be reached from the internet, after every layer.

Sources: Microsoft Learn, Protect high-risk network ports with security admin rules, "high-risk ports"; How network
security groups filter network traffic; Public IP addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from nwpolicy.azure.paths import INTERNET as OUTSIDE
from nwpolicy.azure.paths import EndingKind, arrivals_at, replies
from nwpolicy.azure.spaces import union
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import TCP, UDP, format_protocols
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import PortRange
from nwpolicy.queries.lint.checks.holes import Hole, holes_of
from nwpolicy.queries.lint.checks.targets import Target, destinations, kinds_of_interfaces, targets
from nwpolicy.queries.lint.facts import Facts, WrittenRule
from nwpolicy.queries.lint.finding import Finding, Related
from nwpolicy.queries.lint.internet import families, is_internet
from nwpolicy.queries.lint.reporting import listed, report, subject_of
from nwpolicy.queries.lint.uses import example

__all__ = ["check_exposed"]

#: The ports that each rule of the linter is about, by protocol.
#: Sources: Microsoft Learn, Security admin rules in Azure Virtual Network Manager, "Protect high-risk ports"; besides,
#: WinRM (5985, 5986), and 161 of UDP too: the list names it for TCP, SNMP agents listen on UDP (RFC 3417, section 3.2).
#: IANA, Service Name and Transport Protocol Port Number Registry, for the others.
_PORTS: Final[Mapping[str, Mapping[int, tuple[int, ...]]]] = {
    "NWP101": {TCP: (22, 3389, 5800, 5900, 5985, 5986)},
    "NWP102": {
        TCP: (20, 21, 23, 111, 119, 135, 161, 162, 445, 512, 514, 593, 873, 2049),
        UDP: (69, 111, 135, 161, 162, 593, 2049, 11211),
    },
    "NWP104": {
        TCP: (139, 389, 636, 1433, 1521, 3306, 5432, 6379, 9200, 11211, 27017),
        UDP: (137, 138, 389, 1434),
    },
    "NWP105": {TCP: (25, 53, 80, 110, 143), UDP: (53,)},
}
#: Stands for a machine of which nothing is known.
_USUAL: Final = AddressSet.parse("10.0.0.4")
#: So many groups of ports, each with the interfaces that they are open at, are named.
_MAX_GROUPS: Final = 3


@dataclass(frozen=True, slots=True)
class _Opening:
    """A port of a target that many addresses of the internet reach: by one rule, or by several that open it together,
    each to a part of the internet."""

    protocol: int
    port: int
    holes: tuple[Hole, ...]

    @property
    def target(self) -> Target:
        return self.holes[0].target

    @property
    def is_certain(self) -> bool:
        return all(hole.doubt is None for hole in self.holes)

    @property
    def abouts(self) -> tuple[WrittenRule | NetworkInterface, ...]:
        return tuple({id(hole.about): hole.about for hole in self.holes}.values())


def check_exposed(facts: Facts) -> Iterator[Finding]:
    """One finding for each rule that is the last to let in flows, whichever interfaces they get to; and one for the
    rules of a group that do so together."""
    found: defaultdict[tuple[int, bool], list[_Opening]] = defaultdict(list)
    for target in targets(facts):
        try:
            holes = list(holes_of(target, _asked()))
        except TooLarge as large:
            where = target.nic.name if target.nic is not None else "a group"
            facts.undecided[f"what the internet reaches at {where}: {large}"] = None
            continue
        for opening in _openings(holes):
            about, *others = opening.abouts
            found[id(facts.snapshot.parent(about) if others else about), bool(others)].append(opening)
    for openings in found.values():
        yield from _findings(facts, openings)


def _asked() -> dict[int, IntervalSet]:
    return {
        protocol: _set(chain.from_iterable(kind.get(protocol, ()) for kind in _PORTS.values()))
        for protocol in (TCP, UDP)
    }


def _set(ports: Iterable[int]) -> IntervalSet:
    return IntervalSet.of(16, ((port, port) for port in ports))


# --- ports that are open ---


def _openings(holes: Sequence[Hole]) -> Iterator[_Opening]:
    """Of the holes of one target."""
    known: dict[tuple[int, ...], list[tuple[Hole, ...]]] = {}
    for protocol, ports in _asked().items():
        own = [hole for hole in holes if protocol in hole.flows.protocol]
        for port in (port for first, last in ports for port in range(first, last + 1)):
            through = [hole for hole in own if port in hole.flows.destination_port]
            alike = tuple(map(id, through))
            if alike not in known:
                known[alike] = list(_wide(through))
            yield from (_Opening(protocol, port, several) for several in known[alike])


def _wide(holes: Sequence[Hole]) -> Iterator[tuple[Hole, ...]]:
    """The holes of each rule by which the internet comes in; where no rule lets in so much, those of all."""
    by_rule: defaultdict[int, list[Hole]] = defaultdict(list)
    for hole in holes:
        by_rule[id(hole.about)].append(hole)
    alone = [found for several in by_rule.values() if (found := _widest(several))]
    together = () if alone else _widest(holes)
    yield from alone or filter(None, (together,))


def _widest(holes: Sequence[Hole]) -> tuple[Hole, ...]:
    """Those that are certain, if they let the internet in; else all, if these may."""
    certain = tuple(hole for hole in holes if hole.doubt is None)
    every = (several for several in (certain, tuple(holes)) if is_internet(_sources(several)))
    return next(every, ())


def _sources(holes: Iterable[Hole]) -> AddressSet:
    return union((NO_ADDRESS, *(hole.flows.source for hole in holes)))


# --- what is said of them ---


def _findings(facts: Facts, openings: Sequence[_Opening]) -> Iterator[Finding]:
    """Of a rule that opens every port of a target it is enough to say once that it opens some."""
    told: set[int] = set()
    for rule_id, wanted in _PORTS.items():
        own = [one for one in openings if one.port in wanted.get(one.protocol, ()) and id(one.target) not in told]
        certain = [one for one in own if one.is_certain]
        wide = {id(one.target) for one in own if _opens_every_port(one)}
        for several in filter(None, (certain, _besides(certain, own))):
            sure, where = several[0].is_certain, {id(one.target) for one in several} & wide
            silent = [one for one in openings if one.is_certain is sure and id(one.target) in where]
            yield _finding(facts, rule_id, several, silent)
        told |= wide


def _besides(certain: Sequence[_Opening], every: Sequence[_Opening]) -> list[_Opening]:
    """What may be open besides what certainly is: that a port may be at an interface that nobody sees says nothing new
    where it is open at another one."""
    may_be = [one for one in every if not one.is_certain]
    seen = {(one.protocol, one.port) for one in (*certain, *(one for one in may_be if one.target.nic is not None))}
    return [one for one in may_be if one.target.nic is not None or (one.protocol, one.port) not in seen]


def _opens_every_port(opening: _Opening) -> bool:
    return all(_is_for_every_port(about) for about in opening.abouts)


def _is_for_every_port(about: WrittenRule | NetworkInterface) -> bool:
    ranges = () if isinstance(about, NetworkInterface) else about.destination_port_ranges
    return not ranges or any(isinstance(entry, PortRange) and entry.ports.is_full for entry in ranges)


def _finding(facts: Facts, rule_id: str, openings: Sequence[_Opening], silent: Sequence[_Opening]) -> Finding:
    """`silent` are those that belong to it and are not told one by one."""
    shown = min(openings, key=lambda one: one.target.nic is None)
    hole = min(shown.holes, key=lambda hole: hole.doubt is not None)
    about = hole.about
    rules = {id(rule): rule for one in openings for rule in one.abouts}
    doubts = dict.fromkeys(hole.doubt for hole in shown.holes)
    reason = (_by(shown), *doubts, _unanswered(facts, [hole for one in openings for hole in one.holes]))
    found = report(
        facts,
        rule_id,
        about,
        _sentence(openings, list(rules.values())),
        at=about.field_source("sourceAddressPrefix", "sourceAddressPrefixes", "sources", "name"),
        reason="; ".join(filter(None, reason)),
        witness=_witness(hole, shown.port),
        help=f"narrow the source, or `nwpolicy explain {rule_id}`",
        certain=shown.is_certain,
        detail="" if shown.is_certain else "may be",
        parts=tuple(dict.fromkeys(_parts(facts, (*openings, *silent)))),
        related=tuple(
            Related(rule.field_source("name").location, f"{rule.name} opens it to another part")
            for rule in rules.values()
            if len(shown.abouts) > 1 and rule is not about
        ),
    )
    holder = facts.snapshot.parent(about) if len(shown.abouts) > 1 else None
    return found if holder is None else replace(found, subject=subject_of(facts.snapshot, holder))


def _sentence(openings: Sequence[_Opening], abouts: Sequence[WrittenRule | NetworkInterface]) -> str:
    """Which ports are open where: each group of ports with the interfaces at which all of them are."""
    places: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for one in openings:
        places[one.port] |= {} if one.target.nic is None else {one.target.nic.name: None}
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for port, names in places.items():
        groups[tuple(names)].append(port)
    together = f"{len(abouts)} rules together" if len(openings[0].abouts) > 1 else ""
    if not any(groups):
        return f"{together or abouts[0].name} open{'' if together else 's'} {_ports(places)} to the internet"
    said = [f"{_ports(ports)} of {_where(names)}" for names, ports in groups.items()]
    more = [f"ports of {len(said) - _MAX_GROUPS} more groups of interfaces"] if len(said) > _MAX_GROUPS else []
    verb = "is" if len(places) == 1 else "are"
    return f"{', and '.join(said[:_MAX_GROUPS] + more)} {verb} reachable from the internet" + (
        f" by {together}" if together else ""
    )


def _ports(ports: Iterable[int]) -> str:
    several = list(ports)
    return f"port{'s' if len(several) > 1 else ''} {format_ports(_set(several))}"


def _where(names: Sequence[str]) -> str:
    if not names:
        return "an interface that the input does not show"
    return listed(names) if len(names) < 3 else f"{len(names)} network interfaces"  # noqa: PLR2004 - a pair is named


def _by(opening: _Opening) -> str:
    if len(opening.abouts) == 1:
        return opening.holes[0].by
    names = listed(about.name for about in opening.abouts)
    return f"{names} each let in a part of the internet, and no other layer denies it"


def _parts(facts: Facts, openings: Sequence[_Opening]) -> Iterator[str]:
    """What would make it worse if there were more of it: ports, where they are open, and to how much of the
    internet."""
    kinds = facts.snapshot.derived(kinds_of_interfaces)
    for one in openings:
        nic = one.target.nic
        rules = (about for about in one.abouts if not isinstance(about, NetworkInterface))
        places = [f"of {kinds[id(nic)]}"] if nic is not None else [to for rule in rules for to in destinations(rule)]
        name = format_protocols(IntervalSet(8, ((one.protocol, one.protocol),)))
        for place in places:
            yield f"{name} {one.port} {place}"
            if _opens_every_port(one):
                yield f"every port {place}"
    yield from families(_sources(hole for one in openings for hole in one.holes))


def _unanswered(facts: Facts, holes: list[Hole]) -> str | None:
    """What becomes of all replies, if no connection comes about as routes are now. What arrives does harm without."""
    reason = None
    for hole in {id(hole.target.nic): hole for hole in holes}.values():
        reason = _lost(facts, hole)
        if reason is None:
            return None
    return f"packets arrive, but {reason}, so that connections fail until routes change"


def _lost(facts: Facts, hole: Hole) -> str | None:
    """Why no reply comes back to where the flows of a hole start."""
    if hole.target.nic is None:
        return None
    ways = arrivals_at(facts.estate, facts.estate.subject_of(hole.target.nic))
    led = (w for w in ways if w.ending.kind is EndingKind.DELIVERED and w.destinations & hole.target.addresses)
    back = [reply for way in led for reply in replies(facts.estate, way, OUTSIDE, hole.flows.source)]
    return back[0].reason if back and all(reply.breaks for reply in back) else None


def _witness(hole: Hole, port: int) -> str:
    """A flow to the port; to an address that a person expects where any would do."""
    nic = hole.target.nic
    inside = hole.flows.destination & _USUAL if nic is None else NO_ADDRESS
    flow = example(replace(hole.flows, destination=inside or hole.flows.destination, destination_port=_set([port])))
    return str(flow) if nic is None else f"{flow} ({nic.name})"
