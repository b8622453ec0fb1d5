"""What subjects have in common is worked out once for all of them.

What network managers do to a subject, and what names of address spaces stand for, follows from its virtual network,
and of its subnet from no more than the route table, the network groups that hold it, and whether admin rules leave it
alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from nwpolicy.azure.managers import groups_holding, is_exempt
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.network import Subnet, VirtualNetwork
from nwpolicy.model.resource import Reference
from nwpolicy.model.routes import RouteTable
from nwpolicy.model.snapshot import Snapshot

__all__ = ["Known", "known_of", "known_to_all"]

T = TypeVar("T")


class Known:
    """What is known of subjects for which it is the same."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What a function gives for the first of the subjects that asks."""
        if key not in self._found:
            self._found[key] = work_out()
        found: T = self._found[key]
        return found


def known_of(snapshot: Snapshot, subject: Subject, *under: Hashable) -> Known:
    """What is known of all subjects with these surroundings, under the same assumptions; nothing yet of one that the
    input tells too little about, or Azure itself more."""
    network = subject.virtual_network
    if network is None or subject.export is not None:
        return Known()
    place = snapshot.derived(_Places).of(network, subject.subnet)
    return snapshot.derived(_everything)[place, *under]


def known_to_all(snapshot: Snapshot, *under: Hashable) -> Known:
    """What is known of all subjects, under the same assumptions."""
    return snapshot.derived(_everything)[None, *under]


def _everything(_: Snapshot) -> defaultdict[Hashable, Known]:
    return defaultdict(Known)


class _Places:
    """Tells surroundings apart."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._of: dict[tuple[int, int], Hashable] = {}

    def of(self, network: VirtualNetwork, subnet: Subnet | None) -> Hashable:
        key = id(network), id(subnet)
        if key not in self._of:
            self._of[key] = id(network), None if subnet is None else self._of_subnet(subnet)
        return self._of[key]

    def _of_subnet(self, subnet: Subnet) -> Hashable:
        exempt = is_exempt(self._snapshot, subnet)
        reference = subnet.route_table
        tables = self._snapshot.find(RouteTable, reference) if isinstance(reference, Reference) else ()
        if exempt is not False or len(tables) != (reference is not None):
            return id(subnet)
        return tuple(map(id, tables)), groups_holding(self._snapshot, subnet)
