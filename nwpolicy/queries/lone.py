"""Places that only one side has, compared with nothing: what reaches a new one opens, what reached one that is gone
closes.

What every place has by default is counted instead of told: what the default rules allow, and the platform; and what
no group applies to, where none is to be expected, or the network interfaces in the subnet tell it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from nwpolicy.azure.assumptions import Assumptions
from nwpolicy.azure.attachments import does_without_group
from nwpolicy.azure.origins import PlatformRule, origin_of
from nwpolicy.azure.subjects import Subject, SubjectKind, interfaces_in
from nwpolicy.model.rules import Direction, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.comparing import NOTHING, Found, Versions, versions_of
from nwpolicy.queries.differences import ChangeKind, DefaultChange
from nwpolicy.queries.pairing import PlacePair
from nwpolicy.queries.verify import place_answer

__all__ = ["default_changes", "default_of", "versions_of_lone"]

_NO_GROUP: Final = "lack of a network security group"


def versions_of_lone(
    snapshot: Snapshot,
    subject: Subject,
    assumptions: Assumptions,
    directions: tuple[Direction, ...],
    closing: Closing | None,
    *,
    is_new: bool,
) -> Iterator[Versions]:
    """The place in each direction, and nothing in its stead on the other side."""
    for place in versions_of(PlacePair(subject, subject), snapshot, snapshot, assumptions, directions):
        filters = replace(place.new.filter_chain, chain=NOTHING, rests_on=(), assumptions=())
        nothing = replace(place.new, filter_chain=filters)
        sides = (nothing, place.new) if is_new else (place.new, nothing)
        yield Versions(place.pair, *sides, closing)


def default_of(versions: Versions, found: Found) -> str | None:
    """What allows flows of a lone place by default; None where a reviewer has to see them."""
    fate = found.after if versions.chains[0] is NOTHING else found.before
    if not fate.allowed or not fate.certain:
        return None
    if fate.rule is None:
        return None if _is_exposed(versions) else _NO_GROUP
    origin = origin_of(fate.rule)
    written = origin.rule
    is_default = isinstance(written, PlatformRule) or (isinstance(written, SecurityRule) and written.is_default)
    return origin.name if is_default else None


def _is_exposed(versions: Versions) -> bool:
    """Whether flows that no group applies to are a surprise."""
    place = versions.pair.new
    if versions.direction is Direction.OUTBOUND or place.kind is SubjectKind.PRIVATE_ENDPOINT:
        return False
    if place.kind is not SubjectKind.SUBNET or place.subnet is None:
        return True
    return not does_without_group(place.subnet) and not interfaces_in(versions.new.snapshot, place.subnet)


def default_changes(changes: Iterable[tuple[Versions, str]]) -> tuple[DefaultChange, ...]:
    """Each default with the places that have it, or had."""
    places: dict[tuple[ChangeKind, Direction, str], dict[PlaceAnswer, None]] = {}
    for versions, name in changes:
        kind = ChangeKind.OPENED if versions.chains[0] is NOTHING else ChangeKind.CLOSED
        places.setdefault((kind, versions.direction, name), {})[place_answer(versions.pair.new)] = None
    return tuple(
        DefaultChange(kind, direction.value, name, tuple(at)) for (kind, direction, name), at in places.items()
    )
