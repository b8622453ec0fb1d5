"""The flows that an assertion speaks of, as products, and what is left of them without others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nwpolicy.logic.matrix import Service
from nwpolicy.model.addresses import Family
from nwpolicy.model.records import dataclass
from nwpolicy.queries.check.services import rest_of
from nwpolicy.queries.check.who import Who, both_of, everything_but
from nwpolicy.queries.reach.ends import End, Outer
from nwpolicy.queries.reach.parties import Member

__all__ = ["Scope", "without"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Flows of a service from some to others."""

    source: End
    destination: End
    service: Service

    @classmethod
    def of(cls, source: Who, destination: Who, service: Service) -> Scope:
        return cls(source.end, destination.end, service)

    def minus(self, other: Scope) -> Iterator[Scope]:
        """The flows that the other one does not have, as disjoint scopes."""
        source = both_of(self.source, other.source)
        destination = both_of(self.destination, other.destination)
        if not (_anybody(source) and _anybody(destination)):
            yield self
            return
        if _anybody(rest := everything_but(self.source, other.source)):
            yield replace(self, source=rest)
        if _anybody(rest := everything_but(self.destination, other.destination)):
            yield Scope(source, rest, self.service)
        for service in rest_of(self.service, other.service):
            yield Scope(source, destination, service)

    def pairs(self) -> Iterator[tuple[Member | Outer, Member | Outer]]:
        """All who may have to do with each other."""
        senders: list[Member | Outer] = [member for member in self.source.members if member.starts_flows]
        receivers: list[Member | Outer] = [*self.destination.members, *self.destination.outers]
        for sender in [*senders, *self.source.outers]:
            yield from ((sender, receiver) for receiver in receivers if _may_talk(sender, receiver))


def _may_talk(sender: Member | Outer, receiver: Member | Outer) -> bool:
    if isinstance(sender, Outer) or isinstance(receiver, Outer):
        differ = not (isinstance(sender, Outer) and isinstance(receiver, Outer))
    else:
        differ = sender.subject is not receiver.subject
    return differ and any(sender.space.family(f) and receiver.space.family(f) for f in Family)


def without(scopes: Iterable[Scope], others: Iterable[Scope]) -> tuple[Scope, ...]:
    """The flows of the scopes that none of the others has."""
    left = tuple(scopes)
    for other in others:
        left = tuple(part for scope in left for part in scope.minus(other))
    return left


def _anybody(end: End) -> bool:
    return bool(end.members or end.outers)
