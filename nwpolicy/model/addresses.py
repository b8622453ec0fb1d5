"""Sets of IP addresses. IPv4 and IPv6 are two disjoint worlds: a set has a part in each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from itertools import islice

from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.records import dataclass

__all__ = ["ANY_ADDRESS", "ANY_IPV4", "ANY_IPV6", "NO_ADDRESS", "Address", "AddressSet", "Family", "format_address"]

_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")


class Family(IntEnum):
    """An address family; the value is the IP version."""

    IPV4 = 4
    IPV6 = 6

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 32 if self is Family.IPV4 else 128


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One IP address: a family and a number."""

    family: Family
    number: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `10.0.0.4` or `2001:db8::1`. Raises ValueError (zone identifiers and octal are not accepted)."""
        if ":" not in text:
            return cls(Family.IPV4, int(IPv4Address(text)))
        if "%" in text:
            raise ValueError(f"{text!r} has a zone identifier")
        return cls(Family.IPV6, int(IPv6Address(text)))

    def __str__(self) -> str:
        return format_address(self.family, self.number)


def format_address(family: Family, number: int) -> str:
    return str(IPv4Address(number) if family is Family.IPV4 else IPv6Address(number))


@dataclass(frozen=True, slots=True)
class AddressSet:
    """An immutable set of addresses; `==` is equality of sets."""

    v4: IntervalSet
    v6: IntervalSet

    @classmethod
    def of(cls, family: Family, addresses: IntervalSet) -> AddressSet:
        """The set with a part in one family only."""
        if family is Family.IPV4:
            return cls(addresses, NO_ADDRESS.v6)
        return cls(NO_ADDRESS.v4, addresses)

    @classmethod
    def single(cls, address: Address) -> AddressSet:
        return cls.of(address.family, IntervalSet(address.family.width, ((address.number, address.number),)))

    @staticmethod
    @lru_cache(maxsize=65536)  # bounded, pure: the same prefix text always gives the same set
    def parse(text: str) -> AddressSet:
        """Reads an address, a prefix (`10.0.0.0/8`; host bits are masked, see `has_host_bits`) or a range
        (`10.0.0.4-10.0.0.9`). Raises ValueError with a message fit for a user."""
        low, dash, high = text.partition("-")
        if dash:
            return _parse_range(low.strip(), high.strip())
        host, slash, length = text.partition("/")
        address = _parse_address(host)
        bits = address.family.width
        if slash:
            if not _LENGTH.fullmatch(length) or int(length) > address.family.width:
                raise ValueError(f"{length!r} is no prefix length (0 to {address.family.width})")
            bits = int(length)
        size = 1 << address.family.width - bits
        base = address.number & -size
        return AddressSet.of(address.family, IntervalSet(address.family.width, ((base, base + size - 1),)))

    def family(self, family: Family) -> IntervalSet:
        return self.v4 if family is Family.IPV4 else self.v6

    @property
    def is_any(self) -> bool:
        return self.v4.is_full and self.v6.is_full

    def __bool__(self) -> bool:
        return bool(self.v4) or bool(self.v6)

    def __contains__(self, address: Address) -> bool:
        return address.number in self.family(address.family)

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 | other.v4, self.v6 | other.v6)

    def __and__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 & other.v4, self.v6 & other.v6)

    def __sub__(self, other: AddressSet) -> AddressSet:
        return AddressSet(self.v4 - other.v4, self.v6 - other.v6)

    def __invert__(self) -> AddressSet:
        return AddressSet(~self.v4, ~self.v6)

    def __le__(self, other: AddressSet) -> bool:
        """Whether this is a subset of the other."""
        return self.v4 <= other.v4 and self.v6 <= other.v6

    def isdisjoint(self, other: AddressSet) -> bool:
        return not self & other

    def prefixes(self) -> Iterator[str]:
        """The fewest prefixes that make up the set (`10.0.0.0/8`; single addresses without a length), IPv4 first."""
        for family in Family:
            for base, length in self.family(family).prefixes():
                text = format_address(family, base)
                yield text if length == family.width else f"{text}/{length}"

    def __str__(self) -> str:
        """Compact: `*`, `none`, or the shorter of prefixes and ranges, joined by commas."""
        if self.is_any:
            return "*"
        if not self:
            return "none"
        return ", ".join(
            part for family in Family for interval in self.family(family) for part in _compact(family, interval)
        )


def has_host_bits(text: str) -> bool:
    """Whether a valid prefix sets bits behind its length (`10.0.0.4/8`), which Azure masks or rejects."""
    host, slash, length = text.partition("/")
    if not slash:
        return False
    address = _parse_address(host)
    return bool(address.number & ((1 << address.family.width - int(length)) - 1))


def _parse_address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IP address") from None


def _parse_range(low: str, high: str) -> AddressSet:
    first, last = _parse_address(low), _parse_address(high)
    if first.family is not last.family or first > last:
        raise ValueError(f"{low}-{high} is no ascending range of one family")
    return AddressSet.of(first.family, IntervalSet(first.family.width, ((first.number, last.number),)))


def _compact(family: Family, interval: tuple[int, int]) -> list[str]:
    one = AddressSet.of(family, IntervalSet(family.width, (interval,)))
    prefixes = list(islice(one.prefixes(), 3))  # a range may have hundreds
    if len(prefixes) <= 2:  # noqa: PLR2004 - two prefixes read better than one range
        return prefixes
    return [f"{format_address(family, interval[0])}-{format_address(family, interval[1])}"]


NO_ADDRESS = AddressSet(IntervalSet.empty(32), IntervalSet.empty(128))
ANY_IPV4 = AddressSet(IntervalSet.full(32), IntervalSet.empty(128))
ANY_IPV6 = AddressSet(IntervalSet.empty(32), IntervalSet.full(128))
ANY_ADDRESS = AddressSet(IntervalSet.full(32), IntervalSet.full(128))
