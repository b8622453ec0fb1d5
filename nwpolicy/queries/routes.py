"""The effective routes of a network interface or subnet, as `az network nic show-effective-route-table` lists them.

Source: Azure Network REST API, `EffectiveRouteListResult`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypedDict, Unpack

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.checks import check_definitions
from nwpolicy.azure.routing import (
    Candidate,
    EffectiveTable,
    State,
    StatedRoute,
    effective_table,
    find_route_subject,
)
from nwpolicy.azure.subjects import Subject, SubjectError
from nwpolicy.azure.virtualnetwork import route_table_of
from nwpolicy.model.addresses import Address
from nwpolicy.model.diagnostics import Diagnostic, InputError, Severity
from nwpolicy.model.records import dataclass
from nwpolicy.model.routes import EffectiveRoutes, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import SourceLocation
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.answers import AssumptionUsed, Dependency, PlaceAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.grounds import dependencies, used
from nwpolicy.queries.question import assumptions_of, choices
from nwpolicy.readers.inputs import Input, loaded

__all__ = [
    "RouteAsk",
    "RouteAskWords",
    "RoutePlace",
    "RouteRow",
    "RoutesAnswer",
    "hop_addresses",
    "hop_type",
    "place_of_routes",
    "route_location",
    "routes",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAsk:
    """A question about routes in a person's words: of one network interface, virtual machine or subnet."""

    nic: str | None = None
    vm: str | None = None
    subnet: str | None = None
    assume: Mapping[str, str] = field(default_factory=dict)


class RouteAskWords(TypedDict, total=False):
    """The fields of `RouteAsk` as keywords."""

    nic: str | None
    vm: str | None
    subnet: str | None
    assume: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoutePlace:
    """The place that is asked about, and its routes."""

    snapshot: Snapshot
    subject: Subject
    table: EffectiveTable
    assumptions: Assumptions
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def answer(self) -> PlaceAnswer:
        thing = self.subject.nic or self.subject.subnet
        return PlaceAnswer(self.subject.kind.value, self.subject.name, thing.id if thing else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """A row of the list. The fields down to `has_bgp_override` are Azure's; `kind` and `definition` tell what adds the
    route, `location` where that is written, `reason` why it is not in use. Of a route that is not known in full,
    `depends_on` tells what is missing."""

    name: str | None
    source: str
    state: str
    address_prefix: tuple[str, ...]
    next_hop_ip_address: tuple[str, ...]
    next_hop_type: str
    disable_bgp_route_propagation: bool
    has_bgp_override: bool
    kind: str
    definition: str
    destination_service_tag: str | None
    route_table_id: str | None
    reason: str | None
    location: SourceLocation | None
    depends_on: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesAnswer:
    """`value` is Azure's list; `absent` are routes that Azure would not list, and why. `from_export`: Azure itself has
    listed the routes, nothing was worked out."""

    value: tuple[RouteRow, ...]
    place: PlaceAnswer
    from_export: bool
    complete: bool
    """whether no row depends on an unknown"""
    absent: tuple[RouteRow, ...]
    rests_on: tuple[str, ...]
    assumptions: tuple[AssumptionUsed, ...]
    notes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def routes(estate: Input, **ask: Unpack[RouteAskWords]) -> RoutesAnswer:
    """The effective routes of a place. Raises QuestionError, InputError."""
    place = place_of_routes(loaded(estate), RouteAsk(**ask))
    stated = place.table.routes()
    propagation_off = _is_propagation_off(place)
    rows = [(route, _row(route, propagation_off)) for route in stated]
    names = {name for route in stated for name in route.assumptions}
    names |= {name for route in stated for name, _ in route.candidate.rests_on}
    value = tuple(row for route, row in rows if route.state is not State.ABSENT or place.table.export is not None)
    return RoutesAnswer(
        value=value,
        place=place.answer,
        from_export=place.table.export is not None,
        complete=not any(row.depends_on for row in value),
        absent=tuple(row for _, row in rows if row not in value),
        rests_on=rests_on(place),
        assumptions=used(place.assumptions, names),
        notes=place.notes,
        diagnostics=place.diagnostics,
    )


def place_of_routes(snapshot: Snapshot, ask: RouteAsk) -> RoutePlace:
    """The place behind the words. Raises QuestionError; InputError where Azure would not take the definitions."""
    found = snapshot.derived(check_definitions)
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    if errors:
        raise InputError(*errors)
    assumptions = assumptions_of(ask.assume)
    given = [name for name in ("nic", "vm", "subnet") if getattr(ask, name) is not None]
    if len(given) > 1:
        raise QuestionError(f"more than one place is given: {', '.join(given)}", "give one of them")
    try:
        subject = find_route_subject(snapshot, nic=ask.nic, vm=ask.vm, subnet=ask.subnet)
    except SubjectError as error:
        raise QuestionError(str(error), choices(error.candidates)) from None
    table = effective_table(snapshot, subject, assumptions)
    diagnostics = tuple(dict.fromkeys((*snapshot.diagnostics, *found)))
    return RoutePlace(snapshot, subject, table, assumptions, _notes(snapshot, table), diagnostics)


def _notes(snapshot: Snapshot, table: EffectiveTable) -> tuple[str, ...]:
    if table.export is not None:
        return ()
    unused = (export for export in snapshot.all(EffectiveRoutes))
    message = "is not used: a list of effective routes names no network interface, its file has to have the name of one"
    return tuple(f"{export.source.document.path} {message}" for export in unused)


def rests_on(place: RoutePlace) -> tuple[str, ...]:
    """What a reader has to know of where the routes come from."""
    export = place.table.export
    return () if export is None else (f"the effective routes in {export.source.document.path}, as Azure listed them",)


def hop_type(candidate: Candidate) -> str:
    """The type of the next hop as effective routes print it."""
    return "Unknown" if isinstance(candidate.hop, Unknown) else candidate.hop.value


def hop_addresses(candidate: Candidate) -> tuple[str, ...]:
    """The addresses of the next hop that are known."""
    return tuple(str(address) for address in candidate.addresses if isinstance(address, Address))


def route_location(candidate: Candidate) -> SourceLocation | None:
    """Where the route, or what adds it, is written."""
    return candidate.source.location if candidate.source is not None else None


def _is_propagation_off(place: RoutePlace) -> bool:
    export = place.table.export
    if export is not None:
        return any(row.disable_bgp_route_propagation for row in export.routes)
    table = route_table_of(place.snapshot, place.subject)
    return isinstance(table, RouteTable) and table.disable_bgp_route_propagation is True


def _row(route: StatedRoute, propagation_off: bool) -> RouteRow:
    candidate = route.candidate
    unseen = tuple(part for part in (candidate.hop, *candidate.addresses) if isinstance(part, Unknown))
    invalid = route.state is State.ABSENT and candidate.removed is not None
    return RouteRow(
        name=candidate.name,
        source=candidate.kind.source,
        state=State.INVALID.value if invalid else route.state.value,
        address_prefix=tuple(str(prefix) for prefix in route.prefixes),
        next_hop_ip_address=hop_addresses(candidate),
        next_hop_type=hop_type(candidate),
        disable_bgp_route_propagation=propagation_off,
        has_bgp_override=candidate.bgp_override,
        kind=candidate.kind.value,
        definition=candidate.definition,
        destination_service_tag=candidate.tag,
        route_table_id=candidate.table_id,
        reason=route.reason,
        location=route_location(candidate),
        depends_on=dependencies(tuple(dict.fromkeys((*route.unknowns, *unseen)))),
    )
