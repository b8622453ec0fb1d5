"""Where packets are while they are followed, and how they came there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nwpolicy.azure.paths.ways import Ending, EndingKind, Stop, StopKind, Way
from nwpolicy.azure.routing import Candidate
from nwpolicy.azure.subjects import Subject
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.network import LoadBalancer, VirtualNetworkGateway
from nwpolicy.model.records import dataclass
from nwpolicy.model.unknowns import Unknown

__all__ = ["Trail", "unknown_ending"]


@dataclass(frozen=True, slots=True)
class Trail:
    """Packets at `subject`, after `stops`. `gateway` is the one that they came in by, if they are still at it."""

    kind: StopKind
    subject: Subject
    entered: Subject | None = None
    balancer: LoadBalancer | None = None
    gateway: VirtualNetworkGateway | None = None
    stops: tuple[Stop, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    assumptions: tuple[str, ...] = ()

    def under(self, unknowns: Sequence[Unknown] = (), assumptions: Sequence[str] = ()) -> Trail:
        """The same, if the unknowns say so and the assumptions are made."""
        return replace(
            self,
            unknowns=tuple(dict.fromkeys((*self.unknowns, *unknowns))),
            assumptions=tuple(dict.fromkeys((*self.assumptions, *assumptions))),
        )

    def past(self, candidate: Candidate | None) -> Trail:
        """The same, when the place was left by a route."""
        stop = Stop(self.kind, self.subject, self.entered, candidate, self.balancer)
        return replace(self, stops=(*self.stops, stop))

    def circle(self, subject: Subject) -> tuple[Stop, ...]:
        """The stops since packets were at a subject before: then they pass these again and again."""
        seen = (n for n, s in enumerate(self.stops) if _same(subject, s.subject) or _same(subject, s.entered))
        first = next(seen, None)
        return () if first is None else self.stops[first:]

    def end(self, destinations: AddressSet, ending: Ending) -> Way:
        return Way(destinations, self.stops, ending, self.unknowns, self.assumptions)

    def lost(self, destinations: AddressSet, unknown: Unknown) -> Way:
        """The end of what can be known."""
        return self.under((unknown,)).end(destinations, unknown_ending(unknown))


def unknown_ending(unknown: Unknown) -> Ending:
    return Ending(EndingKind.UNKNOWN, f"it is not known where it is sent: {unknown.reason}")


def _same(one: Subject, other: Subject | None) -> bool:
    if other is None or one.kind is not other.kind:
        return False
    return one.nic is other.nic if one.nic is not None else one.subnet is other.subnet
