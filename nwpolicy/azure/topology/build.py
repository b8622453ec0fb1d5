"""From definitions to their topology."""

from __future__ import annotations

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.topology.connections import add_connections
from nwpolicy.azure.topology.draft import Draft
from nwpolicy.azure.topology.graph import Topology
from nwpolicy.azure.topology.hops import add_hops
from nwpolicy.azure.topology.places import add_places, add_unattached
from nwpolicy.model.snapshot import Snapshot

__all__ = ["build_topology"]


def build_topology(snapshot: Snapshot, assumptions: Assumptions) -> Topology:
    """Everything that the input defines or names, and how it is connected."""
    draft = Draft(snapshot, assumptions)
    add_places(draft)
    add_connections(draft)
    add_hops(draft)
    add_unattached(draft)
    return draft.done()
