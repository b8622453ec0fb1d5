"""The template functions for address ranges.

Source: Microsoft Learn, "CIDR functions for ARM templates".
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from nwpolicy.readers.arm.functions.function import INT, TEXT, Function, Functions
from nwpolicy.readers.arm.values import ExpressionError, Value

__all__ = ["CIDRS"]

#: A network of two addresses (or one) keeps none for itself.
_PAIR: Final = 2


def _parsed(prefix: str) -> dict[str, Value]:
    """`parseCidr`"""
    network = _network(prefix)
    known: dict[str, Value] = {"network": _text(network.network_address), "netmask": _text(network.netmask)}
    if isinstance(network, IPv4Network):
        known["broadcast"] = _text(network.broadcast_address)
    first, last = _usable(network)
    at = type(network.network_address)
    return {**known, "firstUsable": _text(at(first)), "lastUsable": _text(at(last)), "cidr": network.prefixlen}


def _subnet(prefix: str, length: int, index: int) -> str:
    """`cidrSubnet`"""
    network = _network(prefix)
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise ExpressionError(f"{prefix} has no subnets of length {length}")
    if not 0 <= index < 1 << (length - network.prefixlen):
        raise ExpressionError(f"{prefix} has no subnet number {index} of length {length}")
    number = int(network.network_address) + (index << (network.max_prefixlen - length))
    return f"{_text(type(network.network_address)(number))}/{length}"


def _host(prefix: str, index: int) -> str:
    """`cidrHost`; number 0 is the first address after the network's own"""
    network = _network(prefix)
    _, last = _usable(network)
    number = int(network.network_address) + (network.num_addresses > _PAIR) + index
    if index < 0 or number > last:
        raise ExpressionError(f"{prefix} has no host number {index}")
    return _text(type(network.network_address)(number))


def _network(prefix: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(prefix.strip(), strict=False)
    except ValueError:
        raise ExpressionError(f"'{prefix}' is no address prefix") from None


def _usable(network: IPv4Network | IPv6Network) -> tuple[int, int]:
    """IPv4 keeps the first and last address for itself, where there are more than two."""
    first, last = int(network.network_address), int(network.broadcast_address)
    return (
        (first + 1, last - 1) if isinstance(network, IPv4Network) and network.num_addresses > _PAIR else (first, last)
    )


def _text(address: object) -> str:
    return address.compressed if isinstance(address, IPv6Address) else str(address)


CIDRS: Final[Functions] = {
    "cidrhost": Function(_host, (TEXT, INT)),
    "cidrsubnet": Function(_subnet, (TEXT, INT, INT)),
    "parsecidr": Function(_parsed, (TEXT,)),
}
