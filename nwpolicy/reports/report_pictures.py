"""The pictures of a report: what is open where something changed, before and now, and the way of a changed path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.differences import ChangeKind
from nwpolicy.queries.question import Ask
from nwpolicy.queries.report.answers import Report, RuleChange
from nwpolicy.readers.versions import Versions
from nwpolicy.reports.pictures import PictureGroup, has_map, map_of, way_of

__all__ = ["report_pictures"]

#: So many places have maps, and so many paths a way: a picture is worth a look where it is one of a few.
_MAPS: Final = 4
_WAYS: Final = 2


def report_pictures(versions: Versions, report: Report) -> tuple[PictureGroup, ...]:
    """Pairs of pictures; where one cannot be drawn, it says why."""
    return (*_ways(versions, report), *_maps(versions, report))


def _maps(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """Addresses by ports, before and now, at the first places where something changed."""
    premises = _premises(report)
    places = dict.fromkeys((one.change.places[0], one.change.direction) for one in report.changes)
    for place, direction in list(places)[:_MAPS]:
        if has_map(place):
            title = f"What is open {direction.lower()} at {place.name}, by address and port"
            yield PictureGroup(
                title, tuple(map_of(side, place, direction, when, premises) for side, when in _sides(versions))
            )


def _ways(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """The topology, with the way of the witness of what opens or closes first. Where the way is blocked both before and
    now, because nothing has the address, say, there is nothing to see of the change."""
    premises = _premises(report)
    for one in list(filter(_turns_an_interface, report.changes))[:_WAYS]:
        witness = one.change.witness
        before, now = (way_of(side, witness, when, premises) for side, when in _sides(versions))
        if before.state is None or before.state is not now.state:
            yield PictureGroup(f"The way of change {one.number}: {witness.text}", (before, now))


def _turns_an_interface(one: RuleChange) -> bool:
    turned = one.change.kind in (ChangeKind.OPENED, ChangeKind.CLOSED)
    return turned and any(place.kind == "network interface" for place in one.change.places)


def _premises(report: Report) -> Ask:
    return Ask(assume={used.name: used.choice for used in report.assumptions})


def _sides(versions: Versions) -> tuple[tuple[Snapshot, str], ...]:
    return (versions.before.definitions, "before"), (versions.after.definitions, "now")
