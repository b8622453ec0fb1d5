"""What can be reached from the internet, after every layer.

Sources: Microsoft Learn, Protect high-risk network ports with security admin rules, "high-risk ports"; How network
security groups filter network traffic; Public IP addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.paths import INTERNET as OUTSIDE
from nwpolicy.azure.paths import EndingKind, arrivals_at, replies
from nwpolicy.azure.spaces import INTERNET, union
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.logic.diagrams import Decisions
from nwpolicy.logic.diagrams.fates import Ending, endings
from nwpolicy.logic.errors import TooLarge
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, FilterRule, Match, Values
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import TCP, UDP
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import PortRange
from nwpolicy.model.rules import Access, Direction, SecurityRule
from nwpolicy.queries.lint.facts import Facts, WrittenRule
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.lint.internet import is_internet
from nwpolicy.queries.lint.reporting import label, listed, name_of, report
from nwpolicy.queries.lint.uses import RuleUse, example

__all__ = ["Target", "check_any_any", "check_exposed", "targets", "written_rule"]

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
_AS_IF: Final = "looked at as if an interface with a public address were behind it, as the input shows none"
_BALANCED: Final = "it is behind a public load balancer, and which ports that forwards is not modelled"


@dataclass(frozen=True, slots=True)
class Target:
    """Addresses that the internet may reach, and the chain before them. A group or subnet is looked at as if an
    interface with a public address were behind it. `doubt` is why it may be otherwise."""

    chain: Chain
    addresses: AddressSet
    nic: NetworkInterface | None
    doubt: str | None


@dataclass(frozen=True, slots=True)
class _Hole:
    """Flows from the internet that get to a target. `about` is the last rule that lets them in; where no rule that
    anybody wrote does, the network interface. `doubt` is why they may not get there."""

    target: Target
    about: WrittenRule | NetworkInterface
    by: str
    flows: FlowSet
    doubt: str | None


def check_exposed(facts: Facts) -> Iterator[Finding]:
    """One finding for each rule that is the last to let in flows, whichever interfaces they get to."""
    holes: defaultdict[int, list[_Hole]] = defaultdict(list)
    for target in targets(facts):
        try:
            for hole in _holes(target):
                holes[id(hole.about)].append(hole)
        except TooLarge as large:
            where = target.nic.name if target.nic is not None else "a group"
            facts.undecided[f"what the internet reaches at {where}: {large}"] = None
    for several in holes.values():
        yield from _findings(facts, several)


# --- what could be reached ---


def targets(facts: Facts) -> Iterator[Target]:
    """All that the internet might reach."""
    for place in facts.places:
        chain = facts.estate.chain(place.subject, Direction.INBOUND).chain
        if place.subject.kind is SubjectKind.NETWORK_INTERFACE:
            for subject in place.members:
                yield from _public(facts, subject, chain)
        elif place.subject.subnet is not None and place.subject.subnet.network_security_group is not None:
            yield Target(chain, place.subject.local, None, _AS_IF)
    for group in facts.loose_groups:
        yield Target(facts.chain_of(group, Direction.INBOUND), group_subject(group).local, None, _AS_IF)


def _public(facts: Facts, subject: Subject, chain: Chain) -> Iterator[Target]:
    """The private addresses that stand behind public ones, and those behind load balancers, of which it is not known
    what they forward."""
    ways = [w for w in arrivals_at(facts.estate, subject) if w.ending.kind is EndingKind.DELIVERED and not w.unknowns]
    own = union((NO_ADDRESS, *(way.destinations for way in ways if not way.assumptions)))
    balanced = union((NO_ADDRESS, *(way.destinations for way in ways))) - own
    for addresses, doubt in ((own, None), (balanced, _BALANCED)):
        if addresses:
            yield Target(chain, addresses, subject.nic, doubt)


# --- what is let in ---


def _holes(target: Target) -> Iterator[_Hole]:
    for protocol in (TCP, UDP):
        ports = tuple(port for kind in _PORTS.values() for port in kind.get(protocol, ()))
        asked = FlowSet(
            IntervalSet(8, ((protocol, protocol),)),
            source=INTERNET,
            destination=target.addresses,
            destination_port=_set(ports),
        )
        if asked:
            decisions = Decisions.of(target.chain, asked)
            yield from _certain(target, decisions)
            if any(fate.allowed is None for _, fate in decisions.leaves):
                yield from _possible(target, asked)


def _certain(target: Target, decisions: Decisions) -> Iterator[_Hole]:
    for cube in decisions.cubes(lambda fate: fate.allowed is True):
        about = written_rule(cube.fate.rule) or target.nic
        if about is not None:
            yield _Hole(target, about, _by(cube.fate.rule), cube.flows, target.doubt)


def _possible(target: Target, asked: FlowSet) -> Iterator[_Hole]:
    """What rules for the whole internet and a known port may let in, for example to a destination that is a parameter.
    Unknown sources are taken to hold nobody: a parameter for the addresses of administrators is no hole."""
    chain = _supposed(target.chain)
    for cube in Decisions.of(chain, asked).cubes(lambda fate: fate.allowed is None):
        ends = [end for end in endings(cube.fate.tree) if end.allowed and end.layer is not None]
        for rule in {id(rule): rule for end in ends if (rule := _rule_at(chain, end)) is not None}.values():
            about = written_rule(rule)
            if about is not None:
                names = listed(unknown.name for unknown in cube.fate.unknowns)
                yield _Hole(target, about, f"{label(rule)} may let it in", cube.flows, f"it depends on {names}")


def _supposed(chain: Chain) -> Chain:
    """The chain as if unknown sources, protocols and destination ports were none."""
    return Chain(
        tuple(
            replace(layer, rules=tuple(replace(rule, match=_known(rule.match)) for rule in layer.rules))
            for layer in chain.layers
        )
    )


def _known(match: Match) -> Match:
    return replace(
        match,
        protocol=Values(match.protocol.known),
        source=Values(match.source.known),
        destination_port=Values(match.destination_port.known),
    )


def _rule_at(chain: Chain, end: Ending) -> FilterRule | None:
    if end.layer is None or end.position is None:
        return None
    return chain.layers[end.layer].rules[end.position]


def written_rule(rule: FilterRule | None) -> WrittenRule | None:
    """The rule that somebody wrote behind a filter rule; None for what Azure does by itself."""
    written = None if rule is None else origin_of(rule).rule
    return written if isinstance(written, WrittenRule) and not getattr(written, "is_default", False) else None


def _by(rule: FilterRule | None) -> str:
    return "no rule filters it" if rule is None else f"{label(rule)} lets it in, and no other layer denies it"


def _findings(facts: Facts, holes: list[_Hole]) -> Iterator[Finding]:
    certain = [hole for hole in holes if hole.doubt is None]
    for rule_id, wanted in _PORTS.items():
        open_ports = _open(certain, wanted)
        doubtful = {port: through for port, through in _open(holes, wanted).items() if port not in open_ports}
        for ports in filter(None, (open_ports, doubtful)):
            yield _finding(facts, rule_id, ports)
        if (open_ports or doubtful) and _opens_every_port(holes[0].about):
            return


def _opens_every_port(about: WrittenRule | NetworkInterface) -> bool:
    """Where every port is open it is enough to say once that some are."""
    ranges = () if isinstance(about, NetworkInterface) else about.destination_port_ranges
    return not ranges or any(isinstance(entry, PortRange) and entry.ports.is_full for entry in ranges)


def _open(holes: list[_Hole], wanted: Mapping[int, tuple[int, ...]]) -> dict[int, list[_Hole]]:
    """The ports that many addresses of the internet reach, with what shows it."""
    found: dict[int, list[_Hole]] = {}
    for protocol, ports in wanted.items():
        for port in ports:
            through = [
                hole for hole in holes if protocol in hole.flows.protocol and port in hole.flows.destination_port
            ]
            if through and is_internet(union(hole.flows.source for hole in through)):
                found.setdefault(port, []).extend(through)
    return found


def _finding(facts: Facts, rule_id: str, ports: Mapping[int, list[_Hole]]) -> Finding:
    port, here = next(iter(ports.items()))
    shown = min(here, key=lambda hole: (hole.doubt is not None, hole.target.nic is None))
    about = shown.about
    through = [hole for several in ports.values() for hole in several]
    nics = dict.fromkeys(hole.target.nic.name for hole in through if hole.target.nic is not None)
    text = f"port{'s' if len(ports) > 1 else ''} {format_ports(_set(tuple(ports)))}"
    verb = "is" if len(ports) == 1 else "are"
    return report(
        facts,
        rule_id,
        about,
        f"{text} of {_where(list(nics))} {verb} reachable from the internet"
        if nics
        else f"{name_of(about)} opens {text} to the internet",
        at=about.field_source("sourceAddressPrefix", "sourceAddressPrefixes", "sources", "name"),
        reason="; ".join(filter(None, (shown.by, shown.doubt, _unanswered(facts, through)))),
        witness=_witness(shown, port),
        help=f"narrow the source, or `nwpolicy explain {rule_id}`",
        certain=shown.doubt is None,
    )


def _unanswered(facts: Facts, holes: list[_Hole]) -> str | None:
    """What becomes of all replies, if no connection comes about as routes are now. What arrives does harm without."""
    reason = None
    for hole in {id(hole.target.nic): hole for hole in holes}.values():
        reason = _lost(facts, hole)
        if reason is None:
            return None
    return f"packets arrive, but {reason}, so that connections fail until routes change"


def _lost(facts: Facts, hole: _Hole) -> str | None:
    """Why no reply comes back to where the flows of a hole start."""
    if hole.target.nic is None:
        return None
    ways = arrivals_at(facts.estate, facts.estate.subject_of(hole.target.nic))
    led = (w for w in ways if w.ending.kind is EndingKind.DELIVERED and w.destinations & hole.target.addresses)
    back = [reply for way in led for reply in replies(facts.estate, way, OUTSIDE, hole.flows.source)]
    return back[0].reason if back and all(reply.breaks for reply in back) else None


def _witness(hole: _Hole, port: int) -> str:
    """A flow to the port; to an address that a person expects where any would do."""
    nic = hole.target.nic
    inside = hole.flows.destination & _USUAL if nic is None else NO_ADDRESS
    flow = example(replace(hole.flows, destination=inside or hole.flows.destination, destination_port=_set((port,))))
    return str(flow) if nic is None else f"{flow} ({nic.name})"


def _where(names: list[str]) -> str:
    return listed(names) if len(names) < 3 else f"{len(names)} network interfaces"  # noqa: PLR2004 - a pair is named


def _set(ports: tuple[int, ...]) -> IntervalSet:
    return IntervalSet.of(16, ((port, port) for port in ports))


# --- everything from everywhere ---


def check_any_any(facts: Facts) -> Iterator[Finding]:
    """A rule that allows every protocol and port from anywhere, as far as rules before it and other layers leave it
    something."""
    for use in facts.group_uses:
        rule, match = use.rule, use.parts[0].rule.match
        if rule.access is not Access.ALLOW or rule.direction is not Direction.INBOUND or use.is_shadowed:
            continue
        whole = (
            match.protocol.known.is_full and match.destination_port.known.is_full and match.source_port.known.is_full
        )
        left = union((NO_ADDRESS, *(flows.source for flows in use.asked)))
        wide = whole and is_internet(left) and is_internet(match.source.known)
        if wide and isinstance(rule, SecurityRule) and _gets_through(facts, use):
            yield report(
                facts,
                "NWP103",
                rule,
                f"{name_of(rule)} lets in every protocol and port from anywhere",
                at=rule.field_source("sourceAddressPrefix", "sourceAddressPrefixes", "sources", "name"),
                reason="no field of it narrows what it allows",
                witness=str(example(use.asked[0])),
                help="name the protocols, ports and sources that are meant",
            )


def _gets_through(facts: Facts, use: RuleUse) -> bool:
    """Whether something of the internet that the rule lets in may get through all layers somewhere."""
    asked = tuple(found for flows in use.asked if (found := flows & FlowSet(source=INTERNET)))
    for meeting in facts.meetings.get(id(use.rule), ()):
        try:
            if any(fate.allowed is not False for fate in Decisions.of(meeting.chain, asked).counts()):
                return True
        except TooLarge as large:
            facts.undecided[f"what {name_of(use.rule)} lets in: {large}"] = None
            return False
    return not facts.meetings.get(id(use.rule))
