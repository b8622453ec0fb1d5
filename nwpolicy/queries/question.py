"""What is asked: a person's words for a place and for flows, turned into a filter chain and a set of flows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial, reduce
from typing import Final, TypedDict

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.chains import FilterChain, filter_chain
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.endpoints import EndpointError, resolve_endpoint
from nwpolicy.azure.spaces import Space
from nwpolicy.azure.subjects import Subject, SubjectError, SubjectKind, find_subject, interfaces_in
from nwpolicy.model.addresses import ANY_ADDRESS, NO_ADDRESS, AddressSet, Family
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import ANY_PORT, parse_ports
from nwpolicy.model.protocols import ANY_PROTOCOL, PORTED, parse_protocol
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.errors import QuestionError

__all__ = [
    "Ask",
    "AskWords",
    "Endpoint",
    "Question",
    "QuestionError",
    "Resolver",
    "assumptions_of",
    "choices",
    "is_on_premises",
    "own_endpoint",
    "ports_of",
    "pose",
    "pose_again",
    "pose_path",
    "protocols_of",
]


#: What tells apart things of the same name (see `resolve_endpoint`); its colon begins no port.
_KIND: Final = re.compile(r"((?:^|,)\s*(?:vm|nic|private-endpoint|subnet|vnet|asg|group|tag)):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question in a person's words. What is None may be anything.

    The place is one of `nic`, `vm`, `nsg`, `private_endpoint` and `subnet`. The ends are `local` and `remote` with a
    `direction` (as IP flow verify has them), or `source` and `destination`; `port` is the destination's.
    """

    nic: str | None = None
    vm: str | None = None
    nsg: str | None = None
    private_endpoint: str | None = None
    subnet: str | None = None
    direction: str | None = None
    protocol: str | None = None
    local: str | None = None
    remote: str | None = None
    source: str | None = None
    destination: str | None = None
    port: str | None = None
    virtual_network: str | None = None
    assume: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> dict[str, str | None]:
        return {
            "nic": self.nic,
            "vm": self.vm,
            "nsg": self.nsg,
            "private_endpoint": self.private_endpoint,
            "subnet": self.subnet,
        }


class AskWords(TypedDict, total=False):
    """The fields of `Ask` as keywords, for functions that take a question as keywords."""

    nic: str | None
    vm: str | None
    nsg: str | None
    private_endpoint: str | None
    subnet: str | None
    direction: str | None
    protocol: str | None
    local: str | None
    remote: str | None
    source: str | None
    destination: str | None
    port: str | None
    virtual_network: str | None
    assume: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of the asked flows. `terms` are its addresses as the person wrote them; empty for any, or the place's
    own. `assumptions` names those on which it rests what the terms mean. `anywhere` is the name of the place, if these
    are its own addresses and nothing is known of them."""

    addresses: AddressSet
    ports: IntervalSet
    terms: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    anywhere: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be answered: the chain of filters, the asked flows, and the ends as they were named."""

    snapshot: Snapshot
    ask: Ask
    subject: Subject
    filter_chain: FilterChain
    direction: Direction
    asked: FlowSet
    source: Endpoint
    destination: Endpoint
    assumptions: Assumptions
    notes: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def virtual_network(self) -> AddressSet | None:
        """What the tag VirtualNetwork is said to stand for."""
        return _given_network(self.ask)

    @property
    def local(self) -> Endpoint:
        return self.destination if self.direction is Direction.INBOUND else self.source

    @property
    def remote(self) -> Endpoint:
        return self.source if self.direction is Direction.INBOUND else self.destination


@dataclass(frozen=True, slots=True)
class _Ends:
    """The place, the direction seen from it, and the texts of both ends."""

    subject: Subject
    direction: Direction
    local: str | None
    remote: str | None


def pose(snapshot: Snapshot, ask: Ask) -> Question:
    """The question behind the words. Raises QuestionError; InputError where Azure would not take the definitions."""
    found = snapshot.derived(check_definitions)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    assumptions = assumptions_of(ask.assume)
    ends = _ends(snapshot, ask)
    network = _given_network(ask)
    chain = filter_chain(snapshot, ends.subject, ends.direction, assumptions, virtual_network=network)
    resolver = Resolver(snapshot, ends.subject, assumptions, network)
    local = own_endpoint(resolver.endpoint(ends.local, chain.local), ends.subject)
    remote = resolver.endpoint(ends.remote, ANY_ADDRESS)
    inbound = ends.direction is Direction.INBOUND
    source, destination = (remote, local) if inbound else (local, remote)
    destination = with_port(destination, ask.port)
    source, destination = sharing_families(source, destination)
    asked = FlowSet(
        protocols_of(ask.protocol), source.addresses, source.ports, destination.addresses, destination.ports
    )
    refuse_nothing(asked, source, destination)
    notes = tuple(_notes(snapshot, ends.subject, chain, local))
    return Question(
        snapshot,
        ask,
        ends.subject,
        chain,
        ends.direction,
        asked,
        source,
        destination,
        assumptions,
        notes,
        tuple(dict.fromkeys((*snapshot.diagnostics, *found, *chain.diagnostics))),
    )


def pose_path(snapshot: Snapshot, ask: Ask) -> tuple[Question, ...]:
    """The question; or two where both ends are machines of the input and neither a place nor a direction is given: what
    leaves the one, and what enters the other. Raises what `pose` raises."""
    ends = (ask.source, ask.destination)
    if any(ask.place.values()) or ask.direction is not None or None in map(partial(machine_subject, snapshot), ends):
        return (pose(snapshot, ask),)
    return tuple(
        pose(snapshot, replace(ask, direction=direction.value)) for direction in (Direction.OUTBOUND, Direction.INBOUND)
    )


def pose_again(question: Question, snapshot: Snapshot) -> Question:
    """The same question, of other rules. The ends stay what they are."""
    subject = _ends(snapshot, question.ask).subject
    chain = filter_chain(
        snapshot, subject, question.direction, question.assumptions, virtual_network=question.virtual_network
    )
    return replace(question, snapshot=snapshot, subject=subject, filter_chain=chain)


def assumptions_of(chosen: Mapping[str, str]) -> Assumptions:
    """Raises QuestionError."""
    try:
        return Assumptions.of(chosen)
    except ValueError as error:
        raise QuestionError(str(error), "`nwpolicy assumptions` lists the names and their choices") from None


def _ends(snapshot: Snapshot, ask: Ask) -> _Ends:
    if ask.source is None and ask.destination is None:
        subject = _subject(snapshot, ask)
        if ask.direction is None:
            raise QuestionError("the direction is missing", "give --direction Inbound or Outbound, or --from and --to")
        return _Ends(subject, _direction(ask.direction), ask.local, ask.remote)
    if ask.local is not None or ask.remote is not None:
        raise QuestionError("--from and --to do not go with --local and --remote", "use one pair or the other")
    direction, subject = _from_to(snapshot, ask)
    inbound = direction is Direction.INBOUND
    here, there = (ask.destination, ask.source) if inbound else (ask.source, ask.destination)
    return _Ends(subject, direction, here if any(ask.place.values()) else _port_only(here or ""), there)


def _from_to(snapshot: Snapshot, ask: Ask) -> tuple[Direction, Subject]:
    """The place is given, or it is the one end that names a machine of the input."""
    if any(ask.place.values()):
        if ask.direction is None:
            raise QuestionError("the direction is missing", "give --direction Inbound or Outbound")
        return _direction(ask.direction), _subject(snapshot, ask)
    found = {
        Direction.INBOUND: machine_subject(snapshot, ask.destination),
        Direction.OUTBOUND: machine_subject(snapshot, ask.source),
    }
    if ask.direction is not None:
        found = {direction: subject for direction, subject in found.items() if direction is _direction(ask.direction)}
    places = [(direction, subject) for direction, subject in found.items() if subject is not None]
    if len(places) > 1:
        message = f"{ask.source} and {ask.destination} are both in the input, each with rules of its own"
        raise QuestionError(message, "ask for one side at a time: --direction Outbound, then --direction Inbound")
    if not places:
        message = "neither end is a network interface or virtual machine of the input"
        raise QuestionError(message, "name the place with --nic, --vm or --nsg, and give --direction")
    return places[0]


def machine_subject(snapshot: Snapshot, text: str | None) -> Subject | None:
    """The network interface or virtual machine of that name, if the input has one."""
    name, _ = split_end(text or "")
    if not name:
        return None
    problem: SubjectError | None = None
    for place in ("vm", "nic"):
        try:
            return find_subject(snapshot, **{place: name})
        except SubjectError as error:
            if error.candidates and name.lower() in {candidate.lower() for candidate in error.candidates}:
                problem = error
    if problem is not None:
        raise QuestionError(str(problem), choices(problem.candidates))
    return None


def _port_only(text: str) -> str | None:
    """An end that named the place itself: only its ports are left to say."""
    _, ports = split_end(text)
    return f":{ports}" if ports else None


def _subject(snapshot: Snapshot, ask: Ask) -> Subject:
    given = {name: value for name, value in ask.place.items() if value is not None}
    if len(given) > 1:
        raise QuestionError(f"more than one place is given: {', '.join(given)}", "give one of them")
    try:
        return find_subject(snapshot, **given)
    except SubjectError as error:
        raise QuestionError(str(error), choices(error.candidates)) from None


def choices(candidates: Iterable[str], limit: int = 8) -> str | None:
    """What could have been meant, as help."""
    names = list(candidates)
    if not names:
        return None
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"known here: {', '.join(names[:limit])}{more}"


def _direction(text: str) -> Direction:
    try:
        return Direction(text.strip().capitalize())
    except ValueError:
        raise QuestionError(f"{text!r} is no direction", "it is Inbound or Outbound") from None


def own_endpoint(local: Endpoint, subject: Subject) -> Endpoint:
    """The subject's own end of flows, by its name where nothing is known of its addresses."""
    return replace(local, anywhere=subject.name) if subject.is_anywhere and not local.terms else local


@dataclass(frozen=True, slots=True)
class Resolver:
    """Finds the addresses behind the words for one end."""

    snapshot: Snapshot
    subject: Subject
    assumptions: Assumptions
    virtual_network: AddressSet | None

    def endpoint(self, text: str | None, default: AddressSet) -> Endpoint:
        """`ADDRESSES[:PORTS]`; no address, or `*`, is the default."""
        names, ports = split_end(text or "")
        terms = tuple(term for term in (part.strip() for part in names.split(",")) if term)
        if terms in {(), ("*",)}:
            return Endpoint(default, ports_of(ports))
        spaces = [self._space(term) for term in terms]
        found = reduce(AddressSet.__or__, (space.known for space in spaces), NO_ADDRESS)
        assumptions = {name for space in spaces for name, zone in space.doubts if zone}
        return Endpoint(found, ports_of(ports), terms, tuple(sorted(assumptions)))

    def _space(self, term: str) -> Space:
        try:
            space = resolve_endpoint(self.snapshot, self.subject, term, self.assumptions, self.virtual_network)
        except EndpointError as error:
            raise QuestionError(str(error), choices(error.candidates)) from None
        if space.unknown:
            unknown, _ = space.unknown[0]
            raise QuestionError(
                f"the addresses of {term} are not known: {unknown.reason}",
                "ask about an address or prefix",
                undecided=True,
            )
        return space


def split_end(text: str) -> tuple[str, str | None]:
    """The addresses and the ports of `10.0.0.4:443`, `[2001:db8::4]:443`, `2001:db8::4`, `Internet`, `asg:web:443`."""
    addresses, ports = _split_plain(_KIND.sub(r"\1\0", text.strip()))
    return addresses.replace("\0", ":"), ports


def _split_plain(text: str) -> tuple[str, str | None]:
    if "[" in text:
        addresses, bracket, rest = text.rpartition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise QuestionError(f"{text!r} has an unclosed bracket", "IPv6 with a port is written [2001:db8::4]:443")
        return addresses.replace("[", "").replace("]", ""), rest[1:] or None
    if text.count(":") > 1:
        return text, None
    addresses, colon, ports = text.partition(":")
    return addresses, ports if colon else None


def ports_of(text: str | None) -> IntervalSet:
    if text is None:
        return ANY_PORT
    try:
        return reduce(IntervalSet.__or__, (parse_ports(part) for part in text.split(",")))
    except ValueError as error:
        raise QuestionError(str(error), "a port is a number from 0 to 65535, a range such as 8000-8080, or *") from None


def with_port(destination: Endpoint, port: str | None) -> Endpoint:
    if port is None:
        return destination
    if not destination.ports.is_full:
        raise QuestionError("the destination's port is given twice", "give it behind the address or with --port")
    return replace(destination, ports=ports_of(port))


def protocols_of(text: str | None) -> IntervalSet:
    if text is None:
        return ANY_PROTOCOL
    try:
        return reduce(IntervalSet.__or__, (parse_protocol(part) for part in text.split(",")))
    except ValueError as error:
        raise QuestionError(str(error)) from None


def _given_network(ask: Ask) -> AddressSet | None:
    return None if ask.virtual_network is None else _prefixes("--virtual-network", ask.virtual_network)


def _prefixes(option: str, text: str) -> AddressSet:
    try:
        return reduce(AddressSet.__or__, (AddressSet.parse(part.strip()) for part in text.split(",")))
    except ValueError as error:
        raise QuestionError(f"{option}: {error}", "it takes addresses and prefixes, joined by commas") from None


def is_on_premises(text: str) -> bool:
    """Whether everything that lies behind gateways is meant."""
    return text.strip().replace("-", "").lower() == "onpremises"


def sharing_families(source: Endpoint, destination: Endpoint) -> tuple[Endpoint, Endpoint]:
    """Both ends without the addresses of a family that the other one has none of: no flow can have them."""
    shared = NO_ADDRESS
    for family in Family:
        if source.addresses.family(family) and destination.addresses.family(family):
            shared |= AddressSet.of(family, IntervalSet.full(family.width))
    if not shared:
        return source, destination
    return replace(source, addresses=source.addresses & shared), replace(
        destination, addresses=destination.addresses & shared
    )


def refuse_nothing(asked: FlowSet, source: Endpoint, destination: Endpoint) -> None:
    """A question about no flow at all has no answer; say which part makes it empty."""
    if asked:
        return
    for name, end in (("source", source), ("destination", destination)):
        if not end.addresses:
            what = ", ".join(end.terms) or "this place"
            raise QuestionError(f"no flow is asked about: the {name} {what} has no address that is known")
    if not asked.families:
        raise QuestionError("no flow is asked about: one end is IPv4, the other IPv6")
    protocols = asked.protocol & PORTED
    if not protocols:
        raise QuestionError("no flow is asked about: only TCP and UDP have ports", "leave out the port")
    raise QuestionError("no flow is asked about")


def _notes(snapshot: Snapshot, subject: Subject, chain: FilterChain, local: Endpoint) -> Iterator[str]:
    if local.terms and not local.addresses <= chain.local:
        yield f"{local.addresses - chain.local} is no address of {subject.name}"
    filtered = sorted(nic.name for nic in interfaces_in(snapshot, subject.subnet) if nic.network_security_group)
    if subject.kind is SubjectKind.SUBNET and filtered:
        yield f"network interfaces filter with groups of their own, which are not counted here: {', '.join(filtered)}"
