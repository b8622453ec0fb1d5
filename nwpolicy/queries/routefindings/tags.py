"""What a user-defined route adds to the service tag VirtualNetwork of a subnet.

Source: Microsoft Learn, Virtual network service tags: the tag holds prefixes that are used on user-defined routes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from nwpolicy.azure.paths import Estate
from nwpolicy.azure.routing.table import Candidate, NextHop, prefix_set
from nwpolicy.azure.routing.written import WrittenRoute
from nwpolicy.azure.spaces import Space
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.queries.routefindings.places import RoutedSubnet

__all__ = ["added_to_tag", "space_without"]

_FEEDING: Final = frozenset({NextHop.APPLIANCE, NextHop.GATEWAY, NextHop.VNET_LOCAL})


def added_to_tag(estate: Estate, place: RoutedSubnet, route: WrittenRoute) -> AddressSet:
    """The addresses that the tag certainly does not hold but for this route."""
    fed = _fed(estate, [route.candidate])
    if fed <= place.held_without_routes:
        return NO_ADDRESS
    return fed - replace(space_without(estate, place, route), doubts=()).reach


def space_without(estate: Estate, place: RoutedSubnet, route: WrittenRoute) -> Space:
    """What the tag would hold without the route."""
    others = (r.candidate for r in place.routes if r is not route and not r.candidate.conditions)
    return place.tag_without_routes | Space(_fed(estate, others))


def _fed(estate: Estate, routes: Iterable[Candidate]) -> AddressSet:
    choice = estate.assumptions["virtual-network-udr"]
    if choice == "none":
        return NO_ADDRESS
    feeding = (r for r in routes if r.removed is None and (choice == "every-hop" or r.hop in _FEEDING))
    return prefix_set(prefix for route in feeding for prefix in route.prefixes)
