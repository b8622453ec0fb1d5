"""The topology that definitions describe: what stands where, what is connected, and what of that is not known."""

from __future__ import annotations

from nwpolicy.azure.topology.build import build_topology
from nwpolicy.azure.topology.graph import (
    Attachment,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeKind,
    RouteLine,
    Side,
    Standing,
    Topology,
)

__all__ = [
    "Attachment",
    "Link",
    "LinkKind",
    "LinkState",
    "Node",
    "NodeKind",
    "RouteLine",
    "Side",
    "Standing",
    "Topology",
    "build_topology",
]
