"""Two versions of an estate of a documented shape, with as many changes of meaning as are asked for.

Networks have ten subnets, each with two network interfaces and a network security group of fifty rules that let in
ports of one of five sources: the internet, a public prefix, another network, a site, an application security group.
In the newer version ten rules of each group have another port, so that one path opens and one closes for each; one rule
more has another name only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["GROUP", "write"]

#: So many changes has a group.
GROUP: Final = 20
_RULES: Final = 50
_TOUCHED: Final = GROUP // 2
_SUBNETS: Final = 10


def write(folder: Path, changes: int) -> tuple[Path, Path]:
    """Writes both versions, with at least so many changes."""
    sides = folder / "old", folder / "new"
    for side, path in enumerate(sides):
        path.mkdir()
        for network in range(-(-changes // (GROUP * _SUBNETS))):
            groups = min(_SUBNETS, -(-changes // GROUP) - network * _SUBNETS)
            (path / f"network-{network:03}.nwp").write_text(
                "\n".join(_network(network, groups, side)), encoding="utf-8"
            )
    return sides


def _network(network: int, groups: int, side: int) -> Iterator[str]:
    yield f"vnet net-{network} {{"
    yield f"  address 10.{network}.0.0/16"
    for subnet in range(groups):
        yield f"  subnet app-{subnet} {{ address 10.{network}.{subnet}.0/24; nsg nsg-{network}-{subnet} }}"
    yield "}"
    yield f"asg clients-{network}"
    for subnet in range(groups):
        for nic in range(2):
            group = f"; asg clients-{network}" if nic else ""
            place = f"address 10.{network}.{subnet}.{4 + nic}; subnet net-{network}/app-{subnet}{group}"
            yield f"nic nic-{network}-{subnet}-{nic} {{ ip ipconfig1 {{ {place} }} }}"
        yield f"nsg nsg-{network}-{subnet} {{"
        yield "  inbound {"
        yield from (_rule(network, subnet, number, side) for number in range(_RULES))
        yield "    4000 deny-rest deny * from * to *"
        yield "  }"
        yield "}"


def _rule(network: int, subnet: int, number: int, side: int) -> str:
    """The first ten have another port on the newer side, the next one another name."""
    sources = (
        "Internet",
        f"203.0.{subnet}.0/24",
        f"10.{200 + subnet}.0.0/16",
        "172.16.0.0/12",
        f"asg clients-{network}",
    )
    port = 1000 + number * 20 + (7 if side and number < _TOUCHED else 0)
    name = f"renamed-{number}" if side and number == _TOUCHED else f"allow-{number}"
    return f"    {100 + number * 10} {name} allow tcp from {sources[number % len(sources)]} to * port {port}"
