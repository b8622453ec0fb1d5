"""The pictures of a report: the topology with the paths that open and close, and what is open where something changed,
before and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.question import Ask
from nwpolicy.queries.report.answers import Report
from nwpolicy.readers.versions import Versions
from nwpolicy.reports.pictures import Drawing, PictureGroup, drawn, has_map, map_of

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
            title = f"What is open {direction.lower()} at {place.name}, by address and port"
            yield PictureGroup(title, tuple(map_of(side, place, direction, when, premises) for side, when in sides))
