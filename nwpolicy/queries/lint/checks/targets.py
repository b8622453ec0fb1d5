"""What the internet might reach, and by which rules.

Sources: Microsoft Learn, How network security groups filter network traffic; Public IP addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.azure.origins import origin_of
from nwpolicy.azure.paths import EndingKind, arrivals_at
from nwpolicy.azure.spaces import union
from nwpolicy.azure.subjects import Subject, SubjectKind, group_subject
from nwpolicy.model.addresses import NO_ADDRESS, AddressSet
from nwpolicy.model.filters import Chain, FilterRule
from nwpolicy.model.network import NetworkInterface
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import AddressPrefix
from nwpolicy.model.rules import Direction
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.lint.facts import Facts, WrittenRule

__all__ = ["Target", "destinations", "kinds_of_interfaces", "targets", "written_rule"]

_AS_IF: Final = "looked at as if an interface with a public address were behind it, as the input shows none"
_BALANCED: Final = "it is behind a public load balancer, and which ports that forwards is not modelled"


@dataclass(frozen=True, slots=True)
class Target:
    """Addresses that the internet may reach, and the chain before them. A group or subnet is looked at as if an
    interface with a public address were behind it. `doubt` is why it may be otherwise."""

    chain: Chain
    addresses: AddressSet
    nic: NetworkInterface | None
    doubt: str | None


def targets(facts: Facts) -> Iterator[Target]:
    """All that the internet might reach."""
    for place in facts.places:
        chain = facts.estate.chain(place.subject, Direction.INBOUND).chain
        if place.subject.kind is SubjectKind.NETWORK_INTERFACE:
            for subject in place.members:
                yield from _public(facts, subject, chain)
        elif place.subject.subnet is not None and place.subject.subnet.network_security_group is not None:
            yield Target(chain, place.subject.local, None, _AS_IF)
    for group in facts.loose_groups:
        yield Target(facts.chain_of(group, Direction.INBOUND), group_subject(group).local, None, _AS_IF)


def _public(facts: Facts, subject: Subject, chain: Chain) -> Iterator[Target]:
    """The private addresses that stand behind public ones, and those behind load balancers, of which it is not known
    what they forward."""
    ways = [w for w in arrivals_at(facts.estate, subject) if w.ending.kind is EndingKind.DELIVERED and not w.unknowns]
    own = union((NO_ADDRESS, *(way.destinations for way in ways if not way.assumptions)))
    balanced = union((NO_ADDRESS, *(way.destinations for way in ways))) - own
    for addresses, doubt in ((own, None), (balanced, _BALANCED)):
        if addresses:
            yield Target(chain, addresses, subject.nic, doubt)


def written_rule(rule: FilterRule | None) -> WrittenRule | None:
    """The rule that somebody wrote behind a filter rule; None for what Azure does by itself."""
    written = None if rule is None else origin_of(rule).rule
    return written if isinstance(written, WrittenRule) and not getattr(written, "is_default", False) else None


def kinds_of_interfaces(snapshot: Snapshot) -> dict[int, str]:
    """What network interfaces are called by, by identity: those that one definition makes in a loop by the first."""
    first: dict[SourceLocation, str] = {}
    return {id(nic): first.setdefault(nic.source.location, nic.name) for nic in snapshot.all(NetworkInterface)}


def destinations(rule: WrittenRule) -> tuple[str, ...]:
    """What a rule names as destinations."""
    terms = rule.destinations
    return tuple(f"to {term.text if isinstance(term, AddressPrefix) else term.name}" for term in terms)
