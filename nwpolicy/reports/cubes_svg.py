"""The answer of `enumerate` as a picture: for each sort of flow a map of remote addresses against destination ports.

One SVG without scripts, links or fonts of its own. States differ in hue, in lightness, in pattern and in their labels
(hues: Okabe and Ito, Color Universal Design). The same answer gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final
from xml.etree import ElementTree as ET

from nwpolicy.model.ports import format_ports
from nwpolicy.queries.cubes import Enumeration, GroupAnswer
from nwpolicy.queries.naming import protocol_name
from nwpolicy.queries.openmap import Cell, CellState, Panel, Row, open_map
from nwpolicy.reports.quantities import percent
from nwpolicy.reports.screen import clean
from nwpolicy.reports.svg import add_text, new_svg, svg_document

__all__ = ["panels_svg", "svg_text"]

_CELL_WIDTH: Final = 52
_CELL_HEIGHT: Final = 18
_CHARACTER: Final = 6.6
_MARGIN: Final = 20
_LINE: Final = 20

_FILLS: Final = {
    CellState.OPEN: "#0072b2",
    CellState.PART: "url(#part)",
    CellState.DEPENDS: "url(#depends)",
    CellState.CLOSED: "#ffffff",
}
_INKS: Final = {CellState.OPEN: "#ffffff"}

#: What people call these ports. Source: IANA, Service Name and Transport Protocol Port Number Registry.
_SERVICES: Final = {
    21: "ftp",
    22: "ssh",
    23: "telnet",
    25: "smtp",
    53: "domain",
    80: "http",
    123: "ntp",
    135: "epmap",
    389: "ldap",
    443: "https",
    445: "microsoft-ds",
    636: "ldaps",
    1433: "ms-sql-s",
    1521: "oracle",
    2049: "nfs",
    3306: "mysql",
    3389: "rdp",
    5432: "postgresql",
    5671: "amqps",
    5985: "wsman",
    5986: "wsmans",
    6379: "redis",
    8080: "http-alt",
}


def svg_text(answer: Enumeration) -> str:
    """The picture. Raises MapTooLarge."""
    return panels_svg(answer, open_map(answer))


def panels_svg(answer: Enumeration, maps: Iterable[Panel], *, told: bool = True) -> str:
    """The picture of these maps. Cells are `told` in titles of their own, for which those that are closed are drawn one
    by one; a page that holds the picture as an image shows no titles."""
    panels = [_Drawing(answer, panel, told=told) for panel in maps]
    title = f"{answer.asked_text}, {_where(answer)}"
    widest = max((len(line) for line in _premises(answer)), default=0) * _CHARACTER
    width = max([_MARGIN * 2 + max(len(title) * 8, widest), *(panel.width for panel in panels), 560])
    root = new_svg(f"what is open: {title}")
    root.append(_patterns())
    ET.SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    add_text(root, _MARGIN, 30, title, size=15)
    y = _legend(root, 52)
    for panel in panels:
        y = panel.draw(root, y + 24)
    if not panels:
        y += 24
        add_text(root, _MARGIN, y, "nothing of this is open")
    for line in _premises(answer):
        y += _LINE
        add_text(root, _MARGIN, y, line, size=10)
    return svg_document(root, width, y + _MARGIN)


def _premises(answer: Enumeration) -> Iterator[str]:
    """What an answer rests on is part of the answer."""
    yield from (f"Rests on: {fact}" for fact in answer.rests_on)
    yield from (f"Note: {note}" for note in answer.notes)
    yield from (f"Assumed: {used.statement}" for used in answer.assumptions)


def _where(answer: Enumeration) -> str:
    names = [place.name for place in answer.places]
    return f"{answer.direction.lower()} at {names[0]}" if len(names) == 1 else f"out of {names[0]} and into {names[1]}"


class _Drawing:
    """A map on its way onto the page."""

    def __init__(self, answer: Enumeration, panel: Panel, *, told: bool) -> None:
        self.answer = answer
        self.panel = panel
        self.told = told

    @property
    def title(self) -> str:
        local = self.answer.names.name(self.panel.local, self.answer.asked.families)
        ends = f"{local} → …" if self.answer.direction == "Outbound" else f"… → {local}"
        return f"{protocol_name(self.panel.protocol)} {ends}"

    @cached_property
    def columns(self) -> list[str]:
        return [_port_label(format_ports(ports)) for ports in self.panel.ports] or ["no ports"]

    @cached_property
    def labels(self) -> list[str]:
        return [self._label(row) for row in self.panel.rows]

    def _label(self, row: Row) -> str:
        name = self.answer.names.around(row.remote)
        text = str(row.remote)
        return text if name in {None, text} else f"{text} ({name})"

    @cached_property
    def left(self) -> float:
        return _MARGIN + max(len(label) for label in self.labels) * _CHARACTER + 8

    @cached_property
    def head(self) -> float:
        """How high the labels of the columns are, which are turned."""
        return max(len(label) for label in self.columns) * _CHARACTER * 0.8 + 14

    @property
    def width(self) -> float:
        ends = self.head + _MARGIN + len(self.columns) * _CELL_WIDTH
        return max(self.left + ends, _MARGIN * 2 + len(self.title) * 7.5)

    def draw(self, root: ET.Element, top: float) -> float:
        """Draws the map below `top`; returns where it ends."""
        group = ET.SubElement(root, "g")
        add_text(group, _MARGIN, top, self.title, size=13, weight="bold")
        y = top + 8 + self.head
        for index, label in enumerate(self.columns):
            x = self.left + (index + 0.5) * _CELL_WIDTH
            add_text(group, x, y - 6, label, transform=f"rotate(-50 {x:.1f} {y - 6:.1f})")
        if not self.told:
            self._grid(group, y)
        for row, label in zip(self.panel.rows, self.labels, strict=True):
            add_text(group, self.left - 8, y + 13, label, anchor="end")
            for index, cell in enumerate(row.cells):
                if self.told or cell.state is not CellState.CLOSED:
                    self._cell(group, self.left + index * _CELL_WIDTH, y, cell, f"{label}, {self.columns[index]}")
            y += _CELL_HEIGHT
        return y

    def _grid(self, group: ET.Element, top: float) -> None:
        """The lines between cells, and around all."""
        width, height = _CELL_WIDTH * len(self.columns), _CELL_HEIGHT * len(self.panel.rows)
        across = (f"M{self.left:.1f} {top + _CELL_HEIGHT * row:.1f}h{width}" for row in range(len(self.panel.rows) + 1))
        down = (
            f"M{self.left + _CELL_WIDTH * column:.1f} {top:.1f}v{height}" for column in range(len(self.columns) + 1)
        )
        ET.SubElement(group, "path", {"d": "".join((*across, *down)), "stroke": "#999999", "stroke-width": "0.5"})

    def _cell(self, group: ET.Element, x: float, y: float, cell: Cell, where: str) -> None:
        place = ET.SubElement(group, "g") if self.told else group
        if self.told:
            ET.SubElement(place, "title").text = clean(f"{where}: {'; '.join(self._facts(cell))}")
        size = {"width": f"{_CELL_WIDTH}", "height": f"{_CELL_HEIGHT}"}
        look = {"fill": _FILLS[cell.state], "stroke": "#999999", "stroke-width": "0.5"}
        ET.SubElement(place, "rect", {"x": f"{x:.1f}", "y": f"{y:.1f}", **size, **look})
        label = _cell_label(cell)
        if label:
            ink = _INKS.get(cell.state, "#000000")
            add_text(place, x + _CELL_WIDTH / 2, y + 13, label, size=9, anchor="middle", fill=ink)

    def _facts(self, cell: Cell) -> Iterator[str]:
        yield cell.state.value
        if cell.state is CellState.PART or (cell.state is CellState.DEPENDS and cell.share):
            yield f"{percent(cell.share)} of the flows are allowed"
        for index in cell.groups:
            yield from _why(self.answer.groups[index])


def _why(group: GroupAnswer) -> Iterator[str]:
    if group.rule is not None:
        yield f"by {group.rule.name}" + (f" ({group.rule.priority})" if group.rule.priority is not None else "")
    if group.depends_on:
        yield f"depends on {', '.join(unknown.name for unknown in group.depends_on)}"


def _cell_label(cell: Cell) -> str:
    if cell.state is CellState.PART:
        return percent(cell.share)
    return {CellState.OPEN: "open", CellState.DEPENDS: "?"}.get(cell.state, "")


def _port_label(text: str) -> str:
    service = _SERVICES.get(int(text)) if text.isdigit() else None
    return f"{text} {service}" if service else {"*": "any port"}.get(text, text)


def _legend(root: ET.Element, y: float) -> float:
    x: float = _MARGIN
    for state in CellState:
        size = {"width": "30", "height": "14"}
        look = {"fill": _FILLS[state], "stroke": "#999999", "stroke-width": "0.5"}
        ET.SubElement(root, "rect", {"x": f"{x:.1f}", "y": f"{y - 11:.1f}", **size, **look})
        add_text(root, x + 36, y, state.value)
        x += 36 + len(state.value) * _CHARACTER + 24
    return y


def _patterns() -> ET.Element:
    """Hatching for what is open in part, dots for what depends."""
    definitions = ET.Element("defs")
    size = {"patternUnits": "userSpaceOnUse", "width": "6", "height": "6"}
    part = ET.SubElement(definitions, "pattern", {"id": "part", **size})
    ET.SubElement(part, "rect", {"width": "6", "height": "6", "fill": "#cfe8f7"})
    ET.SubElement(part, "path", {"d": "M0 6L6 0", "stroke": "#56b4e9", "stroke-width": "1.5"})
    depends = ET.SubElement(definitions, "pattern", {"id": "depends", **size})
    ET.SubElement(depends, "rect", {"width": "6", "height": "6", "fill": "#fbe3b0"})
    ET.SubElement(depends, "circle", {"cx": "3", "cy": "3", "r": "1.2", "fill": "#e69f00"})
    return definitions
