"""Checks of names: what Azure accepts for resources of networks.

Source: Microsoft Learn, Naming rules and restrictions for Azure resources, "Microsoft.Network".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.network import (
    LoadBalancer,
    NetworkInterface,
    PublicIpAddress,
    Subnet,
    VirtualNetwork,
    VirtualNetworkPeering,
)
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route, RouteTable
from nwpolicy.model.rules import ApplicationSecurityGroup, NetworkSecurityGroup, SecurityRule
from nwpolicy.model.snapshot import Snapshot

__all__ = ["check_names"]

_FORM: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_USUAL: Final = (1, 80)
#: What may be how long, and what it is called.
_KINDS: Final[Mapping[type[Resource], tuple[tuple[int, int], str]]] = {
    SecurityRule: (_USUAL, "a rule"),
    NetworkSecurityGroup: (_USUAL, "a network security group"),
    ApplicationSecurityGroup: (_USUAL, "an application security group"),
    VirtualNetwork: ((2, 64), "a virtual network"),
    Subnet: (_USUAL, "a subnet"),
    VirtualNetworkPeering: (_USUAL, "a peering"),
    RouteTable: (_USUAL, "a route table"),
    Route: (_USUAL, "a route"),
    NetworkInterface: (_USUAL, "a network interface"),
    PublicIpAddress: (_USUAL, "a public address"),
    LoadBalancer: (_USUAL, "a load balancer"),
}


def check_names(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Every name that Azure does not accept."""
    for kind, (limits, words) in _KINDS.items():
        for resource in snapshot.all(kind):
            if not _is_accepted(resource.name, limits):
                message = f"{resource.name!r} is no name that Azure accepts for {words}"
                yield Diagnostic.warning("invalid-name", message, resource.field_source("name"), help=_help(*limits))


def _is_accepted(name: str, limits: tuple[int, int]) -> bool:
    """Braces stand for a part of the name that the input leaves open."""
    least, most = limits
    return "{" in name or (least <= len(name) <= most and _FORM.fullmatch(name) is not None)


def _help(least: int, most: int) -> str:
    long = f"up to {most}" if least == 1 else f"{least} to {most}"
    return f"{long} letters, digits, '.', '-' and '_', first a letter or digit, last one of these or '_'"
