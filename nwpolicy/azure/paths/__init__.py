"""The way of packets through networks: over peerings, appliances and gateways, and back.

Nothing here looks at rules: a way names the subjects whose rules packets meet (`Way.filters`), and `Estate.chain` has
them. Packets keep their addresses and ports all the way; a public address stands for the private one behind it.
"""

from __future__ import annotations

from nwpolicy.azure.paths.arrivals import arrivals_at
from nwpolicy.azure.paths.delivering import deliver
from nwpolicy.azure.paths.estate import Estate, forwards
from nwpolicy.azure.paths.hosts import forwarders
from nwpolicy.azure.paths.owners import Owned
from nwpolicy.azure.paths.replies import Reply, ReplyFault, replies
from nwpolicy.azure.paths.walking import walk, ways
from nwpolicy.azure.paths.ways import INTERNET, Ending, EndingKind, Outside, Stop, StopKind, Way

__all__ = [
    "INTERNET",
    "Ending",
    "EndingKind",
    "Estate",
    "Outside",
    "Owned",
    "Reply",
    "ReplyFault",
    "Stop",
    "StopKind",
    "Way",
    "arrivals_at",
    "deliver",
    "forwarders",
    "forwards",
    "replies",
    "walk",
    "ways",
]
