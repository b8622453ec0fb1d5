"""Whether what is sent from the internet gets to the places of a change: by which public addresses, or by none.

Rules are changed for places that no public address leads to, too. Then they open nothing as yet, and a reviewer has to
know that. Where the input shows no network interface, there may be one with a public address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nwpolicy.azure.entrances import Door, doors
from nwpolicy.azure.spaces import INTERNET, union
from nwpolicy.azure.subjects import SubjectKind, interfaces_in
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.records import dataclass
from nwpolicy.model.rules import Direction
from nwpolicy.queries.differences import NOT_SHOWN, WayIn, WayInState
from nwpolicy.queries.question import Question

__all__ = ["Target", "target_of", "way_in"]

#: How many network interfaces, or public addresses, are named.
_NAMED: Final = 3
_ALONE: Final = frozenset({SubjectKind.NETWORK_SECURITY_GROUP, SubjectKind.NETWORK_INTERFACE})


@dataclass(frozen=True, slots=True)
class Target:
    """A place on the side that lets flows in. `addresses` are those of it to which rules let in something from the
    internet, `doors` where that comes in, if it does."""

    question: Question
    addresses: AddressSet
    doors: tuple[Door, ...]

    @property
    def name(self) -> str:
        """That of the place."""
        return self.question.subject.name

    @property
    def led(self) -> AddressSet:
        """The addresses that a public address certainly leads to."""
        return union((NO_ADDRESS, *(door.addresses for door in self.doors if door.is_open)))

    @property
    def is_unseen(self) -> bool:
        """Whether the input does not tell what is there: no interface in a subnet, nothing that has a group, no more
        than an export of what applies to an interface."""
        subject = self.question.subject
        if subject.kind is SubjectKind.SUBNET:
            return not interfaces_in(self.question.snapshot, subject.subnet)
        return subject.nic is None and subject.kind in _ALONE


def target_of(question: Question, flows: Iterable[FlowSet]) -> Target:
    """The place of a question, to which these flows get by its rules."""
    inbound = question.direction is Direction.INBOUND
    addresses = union((NO_ADDRESS, *(one.destination for one in flows if inbound and one.source & INTERNET)))
    found = doors(question.snapshot, question.subject, question.assumptions) if addresses else ()
    return Target(question, addresses, tuple(one for one in found if one.entrances and one.addresses & addresses))


def way_in(targets: Sequence[Target], *, was_open: bool) -> WayIn | None:
    """How what is sent from the internet gets to the places, or got there; None if rules let in nothing from there."""
    if not any(target.addresses for target in targets):
        return None
    certain = [(target, door) for target in targets for door in target.doors if door.is_open]
    possible = [(target, door) for target in targets for door in target.doors]
    if found := certain or possible:
        names = tuple(dict.fromkeys(target.name for target, _ in found))
        left = sum(1 for _ in _interfaces(targets)) - len({id(target) for target, _ in found})
        return WayIn(WayInState.OPEN if certain else WayInState.POSSIBLE, names, _by(found, left))
    verb = "led" if was_open else "leads"
    if any(target.is_unseen for target in targets):
        shown = any(_interfaces(target for target in targets if not target.is_unseen))
        return WayIn(WayInState.UNSEEN, (), f"no public address {verb} to what the input shows" if shown else NOT_SHOWN)
    alone = all(target.question.subject.kind is SubjectKind.SUBNET for target in targets)
    text = "this concerns no network interface of the input" if alone else f"no public address {verb} there"
    return WayIn(WayInState.NONE, (), text)


def _interfaces(targets: Iterable[Target]) -> Iterator[Target]:
    return (one for one in targets if one.question.subject.kind is SubjectKind.NETWORK_INTERFACE)


def _by(found: Sequence[tuple[Target, Door]], left: int) -> str:
    """`public IP pip-web`, `load balancer lb-web to nic-1, nic-2 and 4 more (not to the other 3 NICs)`: those that are
    `left`."""
    to: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for target, door in found:
        to[_entrance(door)][id(target)] = target.name
    if not left and len({id(target) for target, _ in found}) == 1:
        return _listed(list(to))
    others = f" (not to the other {f'{left:,} NICs' if left > 1 else 'NIC'})" if left else ""
    return _listed([f"{by} to {_listed(list(names.values()))}" for by, names in to.items()]) + others


def _entrance(door: Door) -> str:
    first = min(door.entrances, key=lambda entrance: len(entrance.unknowns))
    if first.unknowns:
        return f"{first.by} (if {' and '.join(unknown.name for unknown in first.unknowns)})"
    return f"{first.by} (taken to forward every port)" if first.assumptions else first.by


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
