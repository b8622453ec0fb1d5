"""Next hops that do not take what a route sends to them, and routes that lead back to themselves.

Sources: Microsoft Learn, Virtual network traffic routing, "User-defined"; the next hop has to be reachable directly,
has to forward, and better lies in another subnet than what is routed by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from nwpolicy.azure.paths import Ending, EndingKind, Estate, Way, forwards, ways
from nwpolicy.azure.routing.table import Candidate, NextHop, prefix_set
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.azure.spaces import union
from nwpolicy.model.addresses import ANY_ADDRESS, Address, AddressSet
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, example_of, hop_place, label, names_of

__all__ = ["hop_findings"]

#: A route, and how and where it fails: findings about one thing.
_Key: TypeAlias = tuple[int, RouteFindingKind, Address | None, int]

_FIREWALL_SUBNET: Final = "azurefirewallsubnet"
_UNSEEN: Final = "unseen-addresses"
_LED: Final = frozenset({NextHop.APPLIANCE, NextHop.GATEWAY})


@dataclass(frozen=True, slots=True)
class _Failure:
    """A way on which a route of a subnet fails."""

    place: RoutedSubnet
    route: WrittenRoute
    kind: RouteFindingKind
    way: Way

    @property
    def key(self) -> _Key:
        ending = self.way.ending
        return id(self.route.definition), self.kind, ending.hop, id(ending.subject and ending.subject.nic)

    @property
    def certain(self) -> bool:
        return not self.way.unknowns and _UNSEEN not in self.way.assumptions and self.kind is not _NO_GATEWAY


_NO_GATEWAY: Final = RouteFindingKind.NO_GATEWAY


def hop_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    """One finding for each route and each way in which its next hop fails, whichever subnets have the route."""
    owners = {id(route.candidate): (place, route) for place in places for route in place.routes}
    forwarding = {id(subject.subnet) for subject in estate.subjects if forwards(subject) is not False}
    found: defaultdict[_Key, list[_Failure]] = defaultdict(list)
    for place in places:
        loops = id(place.subnet) in forwarding or place.subnet.name.lower() == _FIREWALL_SUBNET
        asked = _led(place.routes) if loops else _examples(place)
        for way in ways(estate, place.subject, asked):
            failure = _failure(way, owners)
            if failure is not None:
                found[failure.key].append(failure)
    for failures in found.values():
        yield _finding(estate, failures)


def _led(routes: Sequence[WrittenRoute]) -> AddressSet:
    """Where routes may lead that have a next hop which can fail."""
    led = [r.candidate for r in routes if r.candidate.hop in _LED or isinstance(r.candidate.hop, Unknown)]
    bounds = (ANY_ADDRESS if bound is None else bound for route in led for _, bound in route.open)
    return union((prefix_set(prefix for route in led for prefix in route.prefixes), *bounds))


def _examples(place: RoutedSubnet) -> AddressSet:
    """One address for each route that may be taken: a next hop takes what is sent to it or fails, whatever that is.
    Only a loop depends on it, and each loop comes by the subnet of something that forwards."""
    found: list[AddressSet] = []
    for part in place.table.partition(_led(place.routes), by_route=True):
        hops = (a for route in part.routes for a in route.addresses if isinstance(a, Address))
        rest = part.addresses - union(map(AddressSet.single, hops))
        found += [AddressSet.single(example_of(rest))] if rest else []
    return union(found)


def _failure(way: Way, owners: dict[int, tuple[RoutedSubnet, WrittenRoute]]) -> _Failure | None:
    """What fails, if it does at the route that was taken last: for what comes before it is no fault of theirs."""
    kind = _kind(way.ending)
    last = way.stops[-1].candidate if way.stops else None
    if kind is None or id(last) not in owners:
        return None
    if kind is not RouteFindingKind.LOOP and len(way.stops) > 1:
        return None  # found where the last stop itself is the first one
    place, route = owners[id(last)]
    return _Failure(place, route, kind, way)


def _kind(ending: Ending) -> RouteFindingKind | None:
    match ending.kind:
        case EndingKind.NO_SUCH_HOP:
            return RouteFindingKind.UNKNOWN_NEXT_HOP if ending.hop is not None else _NO_GATEWAY
        case EndingKind.NOT_FORWARDING:
            return RouteFindingKind.NOT_FORWARDING
        case EndingKind.LOOP:
            return RouteFindingKind.LOOP
        case _:
            return None


def _finding(estate: Estate, failures: Sequence[_Failure]) -> RouteFinding:
    """The finding, shown by the failure of which most is known."""
    shown = min(failures, key=lambda failure: (not failure.certain, len(failure.way.unknowns)))
    names = {name for failure in failures for name in failure.way.assumptions}
    place, route, way = shown.place, shown.route, shown.way
    message, fix = _WORDS[shown.kind](route.candidate, way.ending)
    return RouteFinding(
        kind=shown.kind,
        severity=Severity.ERROR if shown.certain else Severity.WARNING,
        certain=shown.certain,
        message=message,
        about=label(route.candidate),
        location=hop_place(route.definition),
        reason=_reason(place, way),
        witness=f"{example_of(way.destinations)} from {place.name}",
        fix=fix,
        reference=REFERENCES[shown.kind],
        subnets=names_of(failure.place for failure in failures),
        related=tuple(_related(way.ending)),
        depends_on=() if shown.certain else dependencies(way.unknowns),
        assumptions=used(estate.assumptions, names),
    )


def _reason(place: RoutedSubnet, way: Way) -> str:
    subject = way.ending.subject
    if way.ending.kind is EndingKind.LOOP and subject is not None and subject.subnet is place.subnet:
        return f"{subject.name} is in {place.name} itself, and the route holds for what it sends on as well"
    if way.ending.kind is EndingKind.NO_SUCH_HOP and way.ending.hop is not None:
        return "a next hop has to be an address in this virtual network or in one that is connected with it"
    return way.ending.reason


def _related(ending: Ending) -> Iterator[SourceLocation]:
    nic = ending.subject.nic if ending.subject is not None else None
    if nic is not None:
        yield nic.field_source("enableIPForwarding").location


def _unknown(route: Candidate, ending: Ending) -> tuple[str, str]:
    message = f"{ending.reason}, the next hop of {label(route)}"
    return message, "name an address of an appliance in this virtual network or in one that is connected with it"


def _gateway(route: Candidate, _: Ending) -> tuple[str, str]:
    return f"{label(route)} leads to a gateway, and the virtual network uses none", "name another next hop"


def _not_forwarding(route: Candidate, ending: Ending) -> tuple[str, str]:
    name = ending.subject.name if ending.subject is not None else "it"
    message = f"{name} does not forward, and is the next hop {ending.hop} of {label(route)}"
    return message, f"enable IP forwarding on {name}"


def _loop(route: Candidate, ending: Ending) -> tuple[str, str]:
    message = f"what {label(route)} sends to {ending.hop} comes back to it"
    return message, "put the appliance into a subnet that does not have the route"


_WORDS: Final = {
    RouteFindingKind.UNKNOWN_NEXT_HOP: _unknown,
    _NO_GATEWAY: _gateway,
    RouteFindingKind.NOT_FORWARDING: _not_forwarding,
    RouteFindingKind.LOOP: _loop,
}
