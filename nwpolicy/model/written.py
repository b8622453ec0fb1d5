"""Values of definitions as every format that holds definitions takes them: prefixes, protocols."""

from __future__ import annotations

from collections.abc import Iterator

from nwpolicy.model.addresses import AddressSet, Family, format_address, has_host_bits
from nwpolicy.model.intervals import IntervalSet
from nwpolicy.model.protocols import format_protocols
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.source import Source

__all__ = ["NotWritable", "prefix_texts", "protocol_names"]


class NotWritable(ValueError):  # noqa: N818 - an answer, not a fault
    """A format has no words for something; `source` is where that was read, if it is known."""

    def __init__(self, message: str, source: Source | None = None) -> None:
        super().__init__(message)
        self.source = source


def prefix_texts(prefix: AddressPrefix) -> tuple[str, ...]:
    """As written, if that says what it means (host bits, for one, do not); else as many prefixes and ranges as it
    takes. Raises NotWritable for no address at all."""
    if prefix.addresses.is_any:
        return ("*",)
    try:
        if AddressSet.parse(prefix.text) == prefix.addresses and not has_host_bits(prefix.text):
            return (prefix.text.replace(" ", ""),)
    except ValueError:
        pass
    if not prefix.addresses:
        raise NotWritable("an empty set of addresses cannot be written", prefix.source)
    return tuple(map(_range, _intervals(prefix.addresses)))


def _intervals(addresses: AddressSet) -> Iterator[AddressSet]:
    for family in Family:
        for interval in addresses.family(family):
            yield AddressSet.of(family, IntervalSet(family.width, (interval,)))


def _range(addresses: AddressSet) -> str:
    prefixes = list(addresses.prefixes())
    if len(prefixes) == 1:
        return prefixes[0]
    family = Family.IPV4 if addresses.v4 else Family.IPV6
    ((low, high),) = addresses.family(family)
    return f"{format_address(family, low)}-{format_address(family, high)}"


def protocol_names(protocol: IntervalSet) -> tuple[str, ...]:
    """`*`, or the name of each protocol in lower case, a number where there is no name. Raises NotWritable for no
    protocol at all."""
    if protocol.is_full:
        return ("*",)
    if not protocol:
        raise NotWritable("no protocol at all cannot be written")
    numbers = (number for low, high in protocol for number in range(low, high + 1))
    return tuple(format_protocols(IntervalSet.of(8, [(number, number)])) for number in numbers)
