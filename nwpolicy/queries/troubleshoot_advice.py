"""What to do about what stops flows, where that can be said in a line."""

from __future__ import annotations

from nwpolicy.azure.origins import PlatformRule, RuleOrigin
from nwpolicy.azure.paths import EndingKind, Estate, Reply, ReplyFault, forwarders
from nwpolicy.azure.paths.ways import Ending
from nwpolicy.azure.routing import RouteKind
from nwpolicy.azure.routing.lookup import known_space
from nwpolicy.azure.subjects import Subject, SubjectKind
from nwpolicy.model.network import VirtualNetwork
from nwpolicy.queries.troubleshoot_gates import Obstacle, Track

__all__ = ["advice"]


def advice(obstacle: Obstacle, estate: Estate) -> str | None:
    """None where there is nothing to do about it, or too much to choose from."""
    origin = obstacle.rule.origin if obstacle.rule is not None else None
    if isinstance(origin, Ending):
        return _on_the_way(origin, obstacle.track, estate)
    if isinstance(origin, Reply):
        return _on_the_way_back(origin, obstacle.track)
    filters = obstacle.gate.filters
    if not isinstance(origin, RuleOrigin) or isinstance(origin.rule, PlatformRule) or filters is None:
        return None
    if filters.subject.kind is not SubjectKind.NETWORK_INTERFACE:
        return None
    place = f"--nic {filters.subject.name} --direction {filters.direction.value}"
    return f"`nwpolicy why {place}` finds the smallest change of the rules"


def _on_the_way(ending: Ending, track: Track, estate: Estate) -> str | None:
    candidate = track.way.stops[-1].candidate if track.way.stops else None
    match ending.kind:
        case EndingKind.NOT_FORWARDING if ending.subject is not None:
            return f"enable IP forwarding on {ending.subject.name}"
        case EndingKind.NO_SUCH_HOP if ending.hop is not None and candidate is not None:
            return f"let {candidate.label} lead to the address of an appliance"
        case EndingKind.LOOP if ending.subject is not None:
            return f"route these destinations from {_subnet(track.way.stops[-1].subject)} past {ending.subject.name}"
        case EndingKind.NO_TRANSIT if ending.network is not None and ending.gateway is not None:
            return (
                f"let {ending.network.name} use {ending.gateway.name}: by both sides of the peering, or by its manager"
            )
        case EndingKind.DROPPED if candidate is not None and candidate.kind is RouteKind.RESERVED:
            return _connecting(estate, track)
        case _:
            return None


def _connecting(estate: Estate, track: Track) -> str | None:
    """What connects the place with the networks of the destinations, if they are in some."""
    place = track.way.stops[-1].subject
    networks = estate.snapshot.all(VirtualNetwork)
    targets = [found for found in networks if not known_space(found).isdisjoint(track.way.destinations)]
    if place.virtual_network is None or not targets:
        return None
    names = targets[0].name if len(targets) == 1 else "the networks of the destinations"
    between = next((f for f in forwarders(estate, place) if any(_reaches(estate, f, one) for one in targets)), None)
    other = "" if between is None else f", or route the destinations through {between.name}"
    return f"connect {place.virtual_network.name} with {names}{other}"


def _reaches(estate: Estate, subject: Subject, network: VirtualNetwork) -> bool:
    return subject.virtual_network is network or any(link.network is network for link in estate.links(subject))


def _on_the_way_back(reply: Reply, track: Track) -> str | None:
    if reply.fault is not ReplyFault.ASYMMETRIC or not reply.way.stops:
        return None
    place, passed = _subnet(reply.way.stops[0].subject), track.way.appliances
    if passed and reply.way.appliances:
        return None  # which of the routes between the appliances is wrong, nobody can say
    if passed:
        return f"route the replies from {place} through {passed[-1].subject.name}"
    return f"route the replies from {place} as the request comes, without an appliance"


def _subnet(subject: Subject) -> str:
    return subject.subnet.name if subject.subnet is not None else subject.name
