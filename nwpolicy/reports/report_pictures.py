"""The pictures of a report: what is open where something changed, before and now, and the way of a changed path."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from nwpolicy.logic.errors import TooLarge, Undecided
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import PlaceAnswer
from nwpolicy.queries.differences import ChangeKind
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import Ask, pose_path
from nwpolicy.queries.report.answers import Report, RuleChange
from nwpolicy.readers.versions import Versions

__all__ = ["Picture", "PictureGroup", "report_pictures"]

#: So many places have maps, and so many paths a way: a picture is worth a look where it is one of a few.
_MAPS: Final = 4
_WAYS: Final = 2
_DRAWN: Final = ("network interface", "network security group", "subnet")


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG, and what it shows in words."""

    title: str
    alt: str
    svg: str

    @property
    def base64(self) -> str:
        return b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """Pictures that are looked at side by side."""

    title: str
    pictures: tuple[Picture, ...]


def report_pictures(versions: Versions, report: Report) -> tuple[PictureGroup, ...]:
    """What can be drawn; a picture that would be too large, or takes what is not installed, is left out."""
    found = (*_ways(versions, report), *_maps(versions, report))
    return tuple(group for group in found if group.pictures)


def _maps(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """Addresses by ports, before and now, at the first places where something changed."""
    places = dict.fromkeys((one.change.places[0], one.change.direction) for one in report.changes)
    for place, direction in list(places)[:_MAPS]:
        if place.kind in _DRAWN:
            sides = (("before", versions.before.definitions), ("now", versions.after.definitions))
            pictures = [_map(title, side, place, direction) for title, side in sides]
            title = f"What is open {direction.lower()} at {place.name}, by address and port"
            yield PictureGroup(title, tuple(picture for picture in pictures if picture is not None))


def _map(title: str, snapshot: Snapshot, place: PlaceAnswer, direction: str) -> Picture | None:
    from nwpolicy.queries.enumerate import enumerate_path
    from nwpolicy.queries.openmap import MapTooLarge
    from nwpolicy.reports.cubes_svg import svg_text

    try:
        answer = enumerate_path(pose_path(snapshot, _ask(place, direction)))
        svg = svg_text(answer)
    except (QuestionError, InputError, TooLarge, Undecided, MapTooLarge):
        return None
    alt = f"a map of remote addresses against ports that are open {direction.lower()} at {place.name}, {title}"
    return Picture(title, alt, svg)


def _ask(place: PlaceAnswer, direction: str) -> Ask:
    name = place.id or place.name
    nic, nsg, subnet = (name if place.kind == kind else None for kind in _DRAWN)
    return Ask(nic=nic, nsg=nsg, subnet=subnet, direction=direction)


def _ways(versions: Versions, report: Report) -> Iterator[PictureGroup]:
    """The topology, with the way of the witness of what opens or closes first."""
    turned = [one for one in report.changes if one.change.kind in (ChangeKind.OPENED, ChangeKind.CLOSED)]
    for one in turned[:_WAYS]:
        sides = (("before", versions.before.definitions), ("now", versions.after.definitions))
        pictures = [_way(title, side, one) for title, side in sides]
        title = f"The way of change {one.number}: {one.change.witness.text}"
        yield PictureGroup(title, tuple(picture for picture in pictures if picture is not None))


def _way(title: str, snapshot: Snapshot, one: RuleChange) -> Picture | None:
    from nwpolicy.queries.graph import graph
    from nwpolicy.reports.graph_svg import graph_svg

    witness = one.change.witness
    port = str(witness.destination_port) if witness.destination_port is not None else None
    try:
        answer = graph(snapshot, witness.source, witness.destination, protocol=witness.protocol, port=port)
        svg = graph_svg(answer)
    except (QuestionError, InputError, TooLarge, Undecided):
        return None
    return Picture(title, f"the topology with the way of {witness.text}, {title}", svg)
