"""The user-defined routes of a subnet, each with the definition that it comes from."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.managedroutes import applied_collections
from nwpolicy.azure.routing.effective import EffectiveTable
from nwpolicy.azure.routing.table import Candidate, RouteKind
from nwpolicy.azure.virtualnetwork import route_table_of
from nwpolicy.model.avnm import RoutingRule
from nwpolicy.model.records import dataclass
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown

__all__ = ["WrittenRoute", "written_routes"]


@dataclass(frozen=True, slots=True)
class WrittenRoute:
    """A route of a route table, or of a network manager's routing configuration."""

    candidate: Candidate
    definition: Route | RoutingRule


def written_routes(snapshot: Snapshot, table: EffectiveTable, assumptions: Assumptions) -> tuple[WrittenRoute, ...]:
    """The routes of a table that was worked out for a subnet, but for those that the input does not show."""
    held = route_table_of(snapshot, table.subject)
    written: list[Route | RoutingRule | Unknown] = list(held.routes) if isinstance(held, RouteTable) else []
    written += [held] if isinstance(held, Unknown) else []
    for applied in applied_collections(snapshot, table.subject, assumptions):
        written += applied.collection.rules
    users = (candidate for candidate in table.candidates if candidate.kind is RouteKind.USER)
    pairs = zip(users, written, strict=True)  # routes are added in this order
    return tuple(WrittenRoute(candidate, found) for candidate, found in pairs if not isinstance(found, Unknown))
