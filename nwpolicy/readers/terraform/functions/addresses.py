"""Functions for address ranges.

Source: HashiCorp, "Terraform language: Functions", IP Network Functions.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final

from nwpolicy.readers.terraform.functions.function import Functions, as_text, as_whole, function
from nwpolicy.readers.terraform.values import EvaluationError

__all__ = ["ADDRESSES"]


def _network(prefix: Any) -> IPv4Network | IPv6Network:
    text = as_text(prefix)
    try:
        if "/" in text:
            return ip_network(text, strict=False)
    except ValueError:
        pass
    raise EvaluationError(f"{text!r} is no address prefix")


def _cidrsubnet(prefix: Any, new_bits: Any, number: Any) -> str:
    network, bits, index = _network(prefix), as_whole(new_bits), as_whole(number)
    return _subnet(network, network.prefixlen + bits, index)


def _subnet(network: IPv4Network | IPv6Network, length: int, index: int) -> str:
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise EvaluationError(f"{network} has no subnets of length {length}")
    if not 0 <= index < 1 << (length - network.prefixlen):
        raise EvaluationError(f"{network} has no subnet number {index} of length {length}")
    number = int(network.network_address) + (index << (network.max_prefixlen - length))
    return f"{type(network.network_address)(number)}/{length}"


def _cidrsubnets(prefix: Any, *new_bits: Any) -> list[str]:
    """Each where the one before it ends, at the next border of its own size."""
    network = _network(prefix)
    found: list[str] = []
    position = int(network.network_address)
    for bits in map(as_whole, new_bits):
        length = network.prefixlen + bits
        if bits < 1 or length > network.max_prefixlen:
            raise EvaluationError(f"{network} has no subnets of length {length}")
        size = 1 << (network.max_prefixlen - length)
        position = -(-position // size) * size
        if position + size - 1 > int(network.broadcast_address):
            raise EvaluationError(f"{network} is too small for all of these subnets")
        found.append(f"{type(network.network_address)(position)}/{length}")
        position += size
    return found


def _cidrhost(prefix: Any, number: Any) -> str:
    network, index = _network(prefix), as_whole(number)
    at = index if index >= 0 else network.num_addresses + index
    if not 0 <= at < network.num_addresses:
        raise EvaluationError(f"{network} has no host number {index}")
    return str(network.network_address + at)


def _cidrnetmask(prefix: Any) -> str:
    network = _network(prefix)
    if not isinstance(network, IPv4Network):
        raise EvaluationError("there are no netmasks in IPv6")
    return str(network.netmask)


def _cidrcontains(prefix: Any, inner: Any) -> bool:
    network, text = _network(prefix), as_text(inner)
    try:
        other = ip_network(text, strict=False) if "/" in text else ip_network(ip_address(text))
    except ValueError:
        raise EvaluationError(f"{text!r} is no address or prefix") from None
    first, last = int(other.network_address), int(other.broadcast_address)
    inside = int(network.network_address) <= first and last <= int(network.broadcast_address)
    return network.version == other.version and inside


ADDRESSES: Final[Functions] = {
    "cidrcontains": function(_cidrcontains, 2),
    "cidrhost": function(_cidrhost, 2),
    "cidrnetmask": function(_cidrnetmask, 1),
    "cidrsubnet": function(_cidrsubnet, 3),
    "cidrsubnets": function(_cidrsubnets, 1, -1),
}
