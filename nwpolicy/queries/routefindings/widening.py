"""Routes that make the service tag VirtualNetwork hold addresses of others, so that rules for it decide about them.

Source: Microsoft Learn, Virtual network service tags: the tag may hold default routes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nwpolicy.azure.chains import filter_chain
from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject
from nwpolicy.logic.boxes import single
from nwpolicy.logic.changes import equivalent
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.evaluate import MissingValueError, evaluate
from nwpolicy.logic.views import Example, View
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.filters import Chain
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Reference
from nwpolicy.model.rules import Direction
from nwpolicy.queries.grounds import used
from nwpolicy.queries.routefindings.finding import REFERENCES, RouteFinding, RouteFindingKind
from nwpolicy.queries.routefindings.places import RoutedSubnet, label, names_of, prefix_place
from nwpolicy.queries.routefindings.tags import added_to_tag, space_without

__all__ = ["widening_findings"]


@dataclass(frozen=True, slots=True)
class _Shift:
    """A flow that fares otherwise because of a route. Without an example it is not settled whether any does."""

    place: RoutedSubnet
    route: WrittenRoute
    added: AddressSet
    subject: Subject
    example: Example | None
    certain: bool


def widening_findings(estate: Estate, places: Sequence[RoutedSubnet]) -> Iterator[RouteFinding]:
    """One finding for each route, whichever subnets have it."""
    inside: defaultdict[int, list[Subject]] = defaultdict(list)
    for subject in estate.subjects:
        inside[id(subject.subnet)].append(subject)
    found: defaultdict[int, list[_Shift]] = defaultdict(list)
    for place in places:
        for route in place.routes:
            known = found[id(route.definition)]
            shift = _shift(estate, place, route, inside[id(place.subnet)], known)
            if shift is not None:
                known.append(shift)
    for shifts in filter(None, found.values()):
        yield _finding(estate, shifts)


def _shift(
    estate: Estate, place: RoutedSubnet, route: WrittenRoute, inside: Sequence[Subject], known: Sequence[_Shift]
) -> _Shift | None:
    """What a route changes in a subnet; `known` is what it does in others."""
    added = added_to_tag(estate, place, route)
    if not added:
        return None
    rest = space_without(estate, place, route).known
    unsettled: _Shift | None = None
    for alike in _alike(inside) or ((place.subject,),):
        subject = alike[0]
        wide = estate.chain(subject, Direction.INBOUND).chain
        narrow = filter_chain(estate.snapshot, subject, Direction.INBOUND, estate.assumptions, rest).chain
        asked = FlowSet(source=added, destination=union(one.local for one in alike))
        try:
            example = _alike_example(narrow, wide, asked, known) or equivalent(narrow, wide, asked)
        except Undecided:
            unsettled = unsettled or _Shift(place, route, added, subject, None, False)
            continue
        if example is not None:
            certain = not route.candidate.conditions and _settles(narrow, wide, example)
            return _Shift(place, route, added, subject, example, certain)
    return unsettled


def _alike_example(narrow: Chain, wide: Chain, asked: FlowSet, known: Sequence[_Shift]) -> Example | None:
    """The flow of a subnet where the same is settled already, if it fares otherwise here too. It is another subnet's
    that is shown, so that any flow does."""
    shown = next((shift.example for shift in known if shift.certain and shift.example is not None), None)
    own = asked.destination.family(shown.flow.family) if shown is not None else None
    if shown is None or not own:
        return None
    flow = replace(shown.flow, destination=own.first)
    try:
        before, after = evaluate(narrow, flow), evaluate(wide, flow)
    except MissingValueError:
        return None
    return Example(flow, {}, after) if flow in asked and before.allowed is not after.allowed else None


def _alike(subjects: Sequence[Subject]) -> tuple[tuple[Subject, ...], ...]:
    """The network interfaces of a subnet by their network security group: one chain of rules holds for each set."""
    found: defaultdict[object, list[Subject]] = defaultdict(list)
    for subject in subjects:
        group = subject.nic.network_security_group if subject.nic is not None else None
        found[group.target.lower() if isinstance(group, Reference) else group].append(subject)
    return tuple(map(tuple, found.values()))


def _settles(narrow: Chain, wide: Chain, example: Example) -> bool:
    """Whether the flow fares otherwise whatever the unknowns are."""
    flow, allowed = single(example.flow), example.trace.allowed
    return View(narrow, flow).find(allowed) is None and View(wide, flow).find(not allowed) is None


def _finding(estate: Estate, shifts: Sequence[_Shift]) -> RouteFinding:
    shown = min(shifts, key=lambda shift: (not shift.certain, shift.example is None))
    kind = RouteFindingKind.WIDENED_TAG
    return RouteFinding(
        kind=kind,
        severity=Severity.NOTE,
        certain=shown.certain,
        message=f"VirtualNetwork holds {shown.added} in {shown.place.name} because of {label(shown.route.candidate)}",
        about=label(shown.route.candidate),
        location=prefix_place(shown.route.definition),
        reason=_reason(shown.example),
        witness=None if shown.example is None else str(shown.example.flow),
        fix="write rules for the addresses that are meant instead of rules for VirtualNetwork, "
        "and one that denies what is left",
        reference=REFERENCES[kind],
        subnets=names_of(shift.place for shift in shifts),
        related=tuple(dict.fromkeys(shift.subject.source.location for shift in shifts)),
        assumptions=used(estate.assumptions, {"virtual-network-udr"}),
    )


def _reason(example: Example | None) -> str:
    if example is None:
        return "whether a rule then decides about them could not be settled"
    decisive = example.trace.decisive
    name = decisive.rule.name if decisive is not None and decisive.rule is not None else "no rule"
    return f"{name} {'lets in' if example.trace.allowed else 'keeps out'} what it would not match without the route"
