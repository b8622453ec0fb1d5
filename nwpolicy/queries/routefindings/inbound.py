"""Flows from the internet that come in by a public address, and whose replies a user-defined route sends elsewhere.

Sources: Microsoft Learn, Virtual network traffic routing, "0.0.0.0/0 address prefix"; Integrate Azure Firewall with
Azure Standard Load Balancer, "Asymmetric routing".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.azure.paths import INTERNET, EndingKind, Estate, Reply, Way, arrivals_at, replies
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.azure.spaces import INTERNET as PUBLIC
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.questions import Example, Verdict, decide
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, first_allowed, label, names_of, prefix_place

__all__ = ["inbound_findings"]

#: Next hops that fail altogether are findings of their own, and a route to nowhere is meant to lose what it gets.
_OTHER: Final = frozenset(
    {EndingKind.NO_SUCH_HOP, EndingKind.NOT_FORWARDING, EndingKind.LOOP, EndingKind.DROPPED, EndingKind.UNKNOWN}
)

_UNSETTLED: Final = "whether rules let such flows in could not be settled"


@dataclass(frozen=True, slots=True)
class _Case:
    """A flow that a network interface gets, and a route that leads the replies away. Without an example it is not
    settled whether rules let any such flow in."""

    place: RoutedSubnet
    route: WrittenRoute
    subject: Subject
    arrival: Way
    reply: Reply
    example: Example | None
    certain: bool


def inbound_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    """One finding for each route, whichever network interfaces it is about."""
    by_subnet = {id(place.subnet): place for place in places}
    found: defaultdict[int, list[_Case]] = defaultdict(list)
    for subject in estate.subjects:
        place = by_subnet.get(id(subject.subnet))
        for case in _cases(estate, place, subject) if place is not None else ():
            found[id(case.route.definition)].append(case)
    for cases in found.values():
        yield _finding(estate, cases)


def _cases(estate: Estate, place: RoutedSubnet, subject: Subject) -> Iterator[_Case]:
    routes = {id(route.candidate): route for route in place.routes}
    for arrival in arrivals_at(estate, subject):
        if arrival.ending.kind is not EndingKind.DELIVERED:
            continue
        for reply in replies(estate, arrival, INTERNET, PUBLIC & place.table.families):
            route = routes.get(id(reply.way.stops[0].candidate)) if reply.way.stops else None
            if route is not None and reply.breaks and reply.way.ending.kind not in _OTHER:
                yield from _case(estate, place, route, subject, arrival, reply)


def _case(
    estate: Estate, place: RoutedSubnet, route: WrittenRoute, subject: Subject, arrival: Way, reply: Reply
) -> Iterator[_Case]:
    """The case, if the network interface's rules let any such flow in. Mostly they let in the first flow that is
    tried, and no solver is needed."""
    chain = estate.chain(subject, Direction.INBOUND).chain
    asked = FlowSet(source=reply.way.destinations, destination=arrival.destinations)
    if not asked:  # a public address of one family, a route of the other
        return
    certain = not (arrival.unknowns or reply.way.unknowns)
    example = first_allowed(chain, asked)
    if example is None:
        try:
            decision = decide(chain, asked)
        except Undecided:
            yield _Case(place, route, subject, arrival, reply, None, False)
            return
        example, certain = decision.allowed, certain and decision.verdict is not Verdict.DEPENDS
    if example is not None:
        yield _Case(place, route, subject, arrival, reply, example, certain)


def _finding(estate: Estate, cases: Sequence[_Case]) -> RouteFinding:
    shown = min(cases, key=lambda case: (not case.certain, case.example is None))
    kind = RouteFindingKind.ASYMMETRIC
    names = {*shown.arrival.assumptions, *shown.reply.assumptions}
    unknowns = (*shown.arrival.unknowns, *shown.reply.way.unknowns)
    return RouteFinding(
        kind=kind,
        severity=Severity.WARNING,
        certain=shown.certain,
        message=f"replies of {shown.subject.name} to the internet do not leave by its public address "
        f"but by {label(shown.route.candidate)}",
        about=label(shown.route.candidate),
        location=prefix_place(shown.route.definition),
        reason=shown.reply.reason if shown.example is not None else f"{shown.reply.reason}; {_UNSETTLED}",
        witness=None if shown.example is None else str(shown.example.flow),
        fix="let flows come in by the appliance too, or give their sources a route of their own to Internet",
        reference=REFERENCES[kind],
        subnets=names_of(case.place for case in cases),
        related=tuple(dict.fromkeys(case.subject.source.location for case in cases)),
        depends_on=() if shown.certain else dependencies(tuple(dict.fromkeys(unknowns))),
        assumptions=used(estate.assumptions, names),
    )
