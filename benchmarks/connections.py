"""One connection in a large estate, once the definitions are loaded."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import estate
from benchmarks.figures import Figure, seconds
from nwpolicy.model.network import NetworkInterface
from nwpolicy.queries.troubleshoot import troubleshoot

__all__ = ["figures"]


def figures(*, smoke: bool) -> Iterator[Figure]:
    """From a region to a far one through both firewalls: the first question about a snapshot, and a later one."""
    count = 400 if smoke else 10_000
    snapshot = estate.snapshot(count)
    names = [nic.name for nic in snapshot.all(NetworkInterface)]

    def ask() -> object:
        return troubleshoot(snapshot, names[5], names[-5], protocol="tcp", port="443")

    yield Figure(f"one connection among {count:,} network interfaces, first question", seconds(ask), "s", 1)
    yield Figure(
        f"one connection among {count:,} network interfaces, later question", min(map(seconds, [ask] * 3)), "s"
    )
