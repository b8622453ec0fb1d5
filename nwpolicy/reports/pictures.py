"""Pictures within a page: what is open at a place, and the topology, with the way of a flow."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from nwpolicy.logic.errors import TooLarge, Undecided
from nwpolicy.model.diagnostics import InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.queries.answers import FlowExample, PlaceAnswer
from nwpolicy.queries.errors import QuestionError
from nwpolicy.queries.question import Ask, pose_path

__all__ = ["Drawing", "Picture", "PictureGroup", "drawn", "has_map", "maps_of", "topology_of", "way_of"]

#: An SVG, and what it shows in words.
Drawing: TypeAlias = tuple[str, tuple[str, ...]]

_MAPPED: Final = ("network interface", "network security group", "subnet")
#: What can be read of a map within a page.
_ROWS: Final = 60
_COLUMNS: Final = 24


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG, and what it shows in words, of which `alt` is the gist; instead of what cannot be drawn, why."""

    title: str
    alt: str
    svg: str = ""
    missing: str | None = None
    words: tuple[str, ...] = ()

    @property
    def base64(self) -> str:
        return b64encode(self.svg.encode()).decode()


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """Pictures that are looked at side by side."""

    title: str
    pictures: tuple[Picture, ...]


def has_map(place: PlaceAnswer) -> bool:
    """Whether what is open at a place of this kind can be asked."""
    return place.kind in _MAPPED


def maps_of(
    sides: Sequence[tuple[Snapshot, str]], place: PlaceAnswer, direction: str, premises: Ask, ports: str | None
) -> PictureGroup:
    """Remote addresses against ports, at a place that has a map, under the premises of a question: against all ports,
    or where that would be too much to be read, against those in question."""
    title = f"What is open {direction.lower()} at {place.name}, by address and port"
    whole = tuple(_map_of(side, place, direction, when, premises, None) for side, when in sides)
    if ports is None or all(picture.missing is None for picture in whole):
        return PictureGroup(title, whole)
    part = tuple(_map_of(side, place, direction, when, premises, ports) for side, when in sides)
    return PictureGroup(f"{title}, of the ports in question", part)


def _map_of(
    snapshot: Snapshot, place: PlaceAnswer, direction: str, title: str, premises: Ask, ports: str | None
) -> Picture:
    from nwpolicy.queries.enumerate import enumerate_path
    from nwpolicy.queries.openmap import open_map
    from nwpolicy.reports.cubes_svg import panels_svg

    name = place.id or place.name
    nic, nsg, subnet = (name if place.kind == kind else None for kind in _MAPPED)
    network, assume = premises.virtual_network, premises.assume
    ask = Ask(nic=nic, nsg=nsg, subnet=subnet, direction=direction, port=ports, virtual_network=network, assume=assume)

    def draw() -> Drawing:
        answer = enumerate_path(pose_path(snapshot, ask))
        return panels_svg(answer, open_map(answer, rows=_ROWS, columns=_COLUMNS), told=False), ()

    alt = f"a map of remote addresses against ports that are open {direction.lower()} at {place.name}, {title}"
    return drawn(title, alt, draw)


def way_of(snapshot: Snapshot, flow: FlowExample, title: str, premises: Ask) -> Picture:
    """The topology, with the way of a flow, under the premises of a question."""
    from nwpolicy.queries.graph import graph
    from nwpolicy.reports.graph_svg import graph_svg

    port = str(flow.destination_port) if flow.destination_port is not None else None
    alt = f"the topology with the way of {flow.text}, {title}"
    ends = (flow.source, flow.destination)
    asked = partial(graph, snapshot, *ends, protocol=flow.protocol, port=port, assume=premises.assume)
    return drawn(title, alt, lambda: (graph_svg(asked()), ()))


def topology_of(snapshot: Snapshot, title: str) -> Picture:
    """Networks, subnets, what is in them, and how they are connected."""
    from nwpolicy.queries.graph import graph
    from nwpolicy.reports.graph_svg import graph_svg

    return drawn(title, title, lambda: (graph_svg(graph(snapshot)), ()))


def drawn(title: str, alt: str, draw: Callable[[], Drawing]) -> Picture:
    """The picture, or why there is none: it would be too large, say, or takes what is not installed."""
    from nwpolicy.queries.openmap import MapTooLarge

    try:
        svg, words = draw()
        return Picture(title, alt, svg, words=words)
    except QuestionError as error:
        return Picture(title, alt, missing=_said(str(error), error.help))
    except (InputError, TooLarge, Undecided, MapTooLarge) as error:
        return Picture(title, alt, missing=str(error))


def _said(message: str, help: str | None) -> str:
    return message if help is None else f"{message} ({help})"
