"""What counts as the internet among the sources or destinations of flows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.spaces import INTERNET
from nwpolicy.model.addresses import AddressSet

__all__ = ["families", "is_internet"]

#: More public addresses than these are the internet: no one organisation has more than a /8, or an IPv6 /16.
_MANY_V4: Final = 1 << 24
_MANY_V6: Final = 1 << 112
_MOST_V4: Final = 1 << 31


def is_internet(addresses: AddressSet) -> bool:
    """Whether there are so many public addresses that they are no list of known ones."""
    public = addresses & INTERNET
    return public.v4.size > _MANY_V4 or public.v6.size > _MANY_V6


def families(addresses: AddressSet) -> Iterator[str]:
    """Of which family there are so many, and whether they are most of it."""
    public = addresses & INTERNET
    if public.v4.size > _MANY_V4:
        yield "IPv4"
    if public.v4.size > _MOST_V4:
        yield "most of IPv4"
    if public.v6.size > _MANY_V6:
        yield "IPv6"
