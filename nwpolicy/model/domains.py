"""What an unknown may be, where its author says so: one of a few values, or a whole number within limits.

Only what can be said exactly counts. A list of values of which one is a name (a service tag) or no single range says
nothing about what the unknown ranges over, so the unknown may then be anything of its kind.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Final

from nwpolicy.model.addresses import ANY_ADDRESS, AddressSet, Family
from nwpolicy.model.filters import UnknownValue
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.ports import parse_ports
from nwpolicy.model.protocols import parse_protocol
from nwpolicy.model.unknowns import Unknown, UnknownKind

__all__ = ["limits", "may_be", "options", "within"]

_PORTS: Final = (0, 65535)
_PORT_WIDTH: Final = 16
#: More values than this are as good as any.
_MOST: Final = 1000


def options(unknown: Unknown) -> tuple[UnknownValue, ...] | None:
    """The values that it may be; None where they are not told."""
    if unknown.domain is None or not 0 < len(unknown.domain.allowed) <= _MOST:
        return None
    try:
        found = [_value(unknown.kind, text) for text in unknown.domain.allowed]
    except ValueError:
        return None
    known = tuple(dict.fromkeys(value for value in found if value is not None))
    return known if known and None not in found else None


def _value(kind: UnknownKind, text: str) -> UnknownValue | None:
    """A value of a kind; None where it is not one prefix in each family, or one range."""
    if kind is UnknownKind.ADDRESS:
        addresses = ANY_ADDRESS if text.strip() == "*" else AddressSet.parse(text.strip())
        return addresses if all(_is_prefix(addresses.family(family), family) for family in Family) else None
    if kind is UnknownKind.PORT:
        ports = parse_ports(text)
        return ports if len(ports.intervals) == 1 else None
    if kind is UnknownKind.PROTOCOL:
        protocol = parse_protocol(text)
        return protocol if protocol.is_full or protocol.size == 1 else None
    return None


def _is_prefix(numbers: IntervalSet, family: Family) -> bool:
    """Whether addresses are those of one prefix, or none."""
    if not numbers:
        return True
    low, high = numbers.intervals[0]
    size = high - low + 1
    return len(numbers.intervals) == 1 and size & (size - 1) == 0 and low % size == 0 and high < 1 << family.width


def limits(unknown: Unknown) -> tuple[int, int] | None:
    """The least and the greatest number that it may be; None where it need be no single number."""
    domain = unknown.domain
    if domain is None or not domain.is_number or unknown.kind is not UnknownKind.PORT:
        return None
    low, high = _PORTS
    low = low if domain.least is None else max(low, domain.least)
    high = high if domain.most is None else min(high, domain.most)
    return (low, high) if low <= high else None


def within(unknown: Unknown) -> AddressSet | IntervalSet | None:
    """All addresses, ports or protocols that are in one of the values that it may be; None where they are not told."""
    known = options(unknown)
    if known is None:
        numbers = limits(unknown)
        return None if numbers is None else IntervalSet.of(_PORT_WIDTH, [numbers])
    addresses = [value for value in known if isinstance(value, AddressSet)]
    numbers_of = [value for value in known if isinstance(value, IntervalSet)]
    return reduce(or_, addresses) if addresses else reduce(or_, numbers_of) if numbers_of else None


def may_be(unknown: Unknown, value: UnknownValue) -> bool:
    """Whether its author allows a value."""
    allowed = options(unknown)
    if allowed is not None:
        return value in allowed
    numbers = limits(unknown)
    if numbers is None or not isinstance(value, IntervalSet):
        return True
    return value.size == 1 and numbers[0] <= value.first <= numbers[1]
