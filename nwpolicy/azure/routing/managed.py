"""What network managers add: routes of routing configurations, and networks that connectivity configurations connect.

Sources: Microsoft Learn, User-defined route management in Azure Virtual Network Manager; Connectivity configuration in
Azure Virtual Network Manager.
"""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.routing.peers import Link
from nwpolicy.azure.routing.table import Candidate
from nwpolicy.azure.subjects import Subject
from nwpolicy.azure.terms import Terms
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown


def managed_routes(terms: Terms, table: RouteTable | Unknown | None) -> Iterator[Candidate]:
    yield from ()


def managed_stops(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[str | Unknown]:
    yield from ()


def connected_links(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[Link]:
    yield from ()


def connected_routes(snapshot: Snapshot, subject: Subject, assumptions: Assumptions) -> Iterator[Candidate]:
    yield from ()
