"""Where Azure sends what leaves a subnet: the routes that it has, and which of them is taken.

Source: Microsoft Learn, Virtual network traffic routing.
"""

from __future__ import annotations

from nwpolicy.azure.routing.effective import EffectiveTable, HopPart, effective_table
from nwpolicy.azure.routing.exported import find_route_subject
from nwpolicy.azure.routing.selection import Loser, Selection
from nwpolicy.azure.routing.states import State, StatedRoute
from nwpolicy.azure.routing.table import Candidate, NextHop, RouteKind, RoutePrefix

__all__ = [
    "Candidate",
    "EffectiveTable",
    "HopPart",
    "Loser",
    "NextHop",
    "RouteKind",
    "RoutePrefix",
    "Selection",
    "State",
    "StatedRoute",
    "effective_table",
    "find_route_subject",
]
