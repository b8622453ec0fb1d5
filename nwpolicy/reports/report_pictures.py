"""The pictures of a report: the topology with the paths that open and close, and what is open where something changed,
before and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.question import Ask
from nwpolicy.queries.report.answers import Report
from nwpolicy.readers.versions import Versions
from nwpolicy.reports.pictures import Drawing, PictureGroup, drawn, has_map, maps_of

__all__ = ["report_pictures"]

#: So many places have maps: a picture is worth a look where it is one of a few.
_MAPS: Final = 4


def report_pictures(versions: Versions, report: Report) -> tuple[PictureGroup, ...]:
    """Pictures of the paths; where one cannot be drawn, it says why."""
    return (*_paths(versions, report), *_maps(versions, report)) if report.changes else ()


def _paths(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """The topology, with what opens, closes or may change between its ends."""
    from nwpolicy.queries.report.pathmap import path_map
    from nwpolicy.reports.graph_paths import path_texts
    from nwpolicy.reports.graph_svg import paths_svg

    def draw() -> Drawing:
        found = path_map(versions.before.definitions, versions.after.definitions, report)
        return paths_svg(found), tuple(path_texts(found))

    alt = "the topology with the paths that open, close or may change; below, it is told in words"
    yield PictureGroup("What opens and closes, in the topology", (drawn("", alt, draw),))


def _maps(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """Addresses by ports, before and now, at the first places where something changed."""
    premises = Ask(assume={used.name: used.choice for used in report.assumptions})
    sides = ((versions.before.definitions, "before"), (versions.after.definitions, "now"))
    places = dict.fromkeys((one.change.places[0], one.change.direction) for one in report.changes)
    for place, direction in list(places)[:_MAPS]:
        if has_map(place):
            yield maps_of(sides, place, direction, premises, _ports(report, place, direction))


def _ports(report: Report, place: PlaceAnswer, direction: str) -> str | None:
    """The ports on which something changes at a place; None where they are any."""
    here = (one.change for one in report.changes if one.change.direction == direction and place in one.change.places)
    ports = dict.fromkeys(flows.flows.destination_port for change in here for flows in change.flows)
    return None if "*" in ports else ",".join(ports)
