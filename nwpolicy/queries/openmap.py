"""Maps of what is open: for each sort of flow, remote addresses against destination ports.

The axes are compressed: neighbouring addresses or ports that fare alike are one row or column, so that a single
address is as visible as a /8. Protocols that fare alike share a map, and so do local addresses.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias, TypeVar

from nwpolicy.model.addresses import AddressSet, Family
from nwpolicy.model.flows import FlowSet
from nwpolicy.model.intervals import Interval, IntervalSet
from nwpolicy.model.protocols import PORTED
from nwpolicy.model.records import dataclass
from nwpolicy.queries.cubes import CubeAnswer, Enumeration, FateName

__all__ = ["Cell", "CellState", "MapTooLarge", "Panel", "Row", "local_end", "open_map"]

#: What is larger is no picture that anybody could read.
_CUBES: Final = 5_000
_SORTS: Final = 24
_CELLS: Final = 250_000
_ROWS: Final = 120
_COLUMNS: Final = 120
#: Local addresses that fare differently get maps of their own, up to so many sorts of them.
_LOCAL_SORTS: Final = 6


class MapTooLarge(Exception):  # noqa: N818 - an outcome of its own
    """There is too much to draw."""


class CellState(StrEnum):
    """How much of a cell's flows is let through."""

    OPEN = "open"
    PART = "open in part"
    DEPENDS = "depends"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Cell:
    """`share` is what is allowed of the cell's flows; `groups` are those of the answer with flows in it that are
    allowed or may be."""

    state: CellState
    share: Fraction
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Neighbouring remote addresses of one family, and how they fare on each of the map's sets of ports."""

    remote: AddressSet
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A map. `ports` are its columns; without ports there is one column."""

    protocol: IntervalSet
    local: AddressSet
    ports: tuple[IntervalSet, ...]
    rows: tuple[Row, ...]


S = TypeVar("S", AddressSet, IntervalSet)
T = TypeVar("T")

#: Which flows of a cell are allowed, which depend, and the groups that they are in; counted for one remote address and
#: one destination port.
_Sum: TypeAlias = tuple[int, int, tuple[int, ...]]
_NONE: Final[_Sum] = (0, 0, ())


def local_end(answer: Enumeration) -> Callable[[FlowSet], AddressSet]:
    """Which end of a flow is the place asked about; the other one is remote."""
    return (lambda flows: flows.source) if answer.direction == "Outbound" else (lambda flows: flows.destination)


def open_map(answer: Enumeration, *, rows: int = _ROWS, columns: int = _COLUMNS) -> tuple[Panel, ...]:
    """A map for each sort of flows of which any is open, with no more rows and columns. Raises MapTooLarge; ValueError
    where the answer leaves out what is allowed."""
    if answer.select is FateName.DENY:
        raise ValueError("the answer does not have what is allowed")
    cubes = list(_open_cubes(answer))
    local = local_end(answer)
    protocols = _sorts(answer.asked.protocol, (PORTED, *(cube.set.protocol for cube in cubes)))
    places = _sorts(local(answer.asked), (local(cube.set) for cube in cubes))
    if len(places) > _LOCAL_SORTS:
        places = [local(answer.asked)]
    if len(protocols) > _SORTS:
        raise MapTooLarge(f"protocols fare in {len(protocols)} different ways")
    maps = (_Map.of(answer, cubes, protocol, place) for protocol in protocols for place in places)
    return tuple(found.panel(rows, columns) for found in maps if found.cubes)


def _open_cubes(answer: Enumeration) -> Iterator[CubeAnswer]:
    number = 0
    for index, group in enumerate(answer.groups):
        for cube in answer.group_cubes(index) if group.access is not FateName.DENY else ():
            number += 1
            if number > _CUBES:
                raise MapTooLarge(f"more than {_CUBES:,} sets of flows are open")
            yield cube


def _sorts(whole: S, sets: Iterable[S]) -> list[S]:
    """The whole, cut into parts that lie either within or outside of each set."""
    parts = [whole]
    for cut in dict.fromkeys(sets):
        parts = [piece for part in parts for piece in (part & cut, part - cut) if piece]
        if len(parts) > 2 * _SORTS:
            break
    return parts


@dataclass(frozen=True, slots=True)
class _Map:
    """Flows of protocols, and to or from local addresses, that no cube tells apart."""

    asked: FlowSet
    protocol: IntervalSet
    place: AddressSet
    cubes: tuple[FlowSet, ...]
    """what is open, cut to these flows"""
    facts: tuple[CubeAnswer, ...]
    remote: Callable[[FlowSet], AddressSet]
    local: Callable[[FlowSet], AddressSet]

    @classmethod
    def of(cls, answer: Enumeration, cubes: Iterable[CubeAnswer], protocol: IntervalSet, place: AddressSet) -> _Map:
        outbound = answer.direction == "Outbound"
        within = FlowSet(protocol, source=place) if outbound else FlowSet(protocol, destination=place)
        met = [(found, cube) for cube in cubes if (found := cube.set & within)]
        return cls(
            answer.asked & within,
            protocol,
            place,
            tuple(found for found, _ in met),
            tuple(cube for _, cube in met),
            (lambda flows: flows.destination) if outbound else (lambda flows: flows.source),
            local_end(answer),
        )

    @property
    def ported(self) -> bool:
        return bool(self.protocol & PORTED)

    def panel(self, most_rows: int, most_columns: int) -> Panel:
        columns = _cut(self.asked.destination_port, (cube.destination_port for cube in self.cubes))
        columns = columns if self.ported else [(0, 0)]
        rows = [row for family in self.asked.families for row in self.rows(family, columns)]
        kept = _alike([tuple(row.cells[index] for row in rows) for index in range(len(columns))], columns)
        if len(rows) > most_rows or len(kept) > most_columns:
            raise MapTooLarge(f"a map would have {len(rows):,} rows and {len(kept):,} columns")
        ports = tuple(IntervalSet(16, ((columns[a][0], columns[b][1]),)) for a, b in kept) if self.ported else ()
        return Panel(
            self.protocol,
            self.place,
            ports,
            tuple(Row(row.remote, tuple(row.cells[a] for a, _ in kept)) for row in rows),
        )

    def rows(self, family: Family, columns: Sequence[Interval]) -> Iterator[Row]:
        """The rows of a family, neighbours that fare alike being one."""
        remotes = _cut(
            self.remote(self.asked).family(family), (self.remote(cube).family(family) for cube in self.cubes)
        )
        if len(remotes) * len(columns) > _CELLS:
            raise MapTooLarge(f"a map would have {len(remotes) * len(columns):,} cells")
        table = [[_NONE] * len(columns) for _ in remotes]
        for cube, fact in zip(self.cubes, self.facts, strict=True):
            ports = cube.destination_port.intervals if self.ported else ((0, 0),)
            for row in _within(remotes, self.remote(cube).family(family)):
                for column in _within(columns, ports):
                    table[row][column] = self.added(table[row][column], cube, fact, family)
        everything = self.combinations(self.asked, family)
        lines = [tuple(_cell(found, everything) for found in line) for line in table]
        for a, b in _alike(lines, remotes):
            interval = IntervalSet(family.width, ((remotes[a][0], remotes[b][1]),))
            yield Row(AddressSet.of(family, interval), lines[a])

    def combinations(self, flows: FlowSet, family: Family) -> int:
        """With how many source ports and local addresses the flows combine one remote address and one port."""
        return (flows.source_port.size if self.ported else 1) * self.local(flows).family(family).size

    def added(self, found: _Sum, cube: FlowSet, fact: CubeAnswer, family: Family) -> _Sum:
        allowed, depends, groups = found
        number = self.combinations(cube, family)
        if fact.access is FateName.ALLOW:
            allowed += number
        else:
            depends += number
        return allowed, depends, groups if fact.group in groups else (*groups, fact.group)


def _cell(found: _Sum, everything: int) -> Cell:
    allowed, depends, groups = found
    share = Fraction(allowed, everything)
    if depends:
        return Cell(CellState.DEPENDS, share, groups)
    state = CellState.OPEN if share == 1 else CellState.PART if share else CellState.CLOSED
    return Cell(state, share, groups)


def _cut(whole: IntervalSet, sets: Iterable[IntervalSet]) -> list[Interval]:
    """The intervals of the whole, cut wherever one of the sets begins or ends."""
    starts = sorted({start for one in sets for low, high in one for start in (low, high + 1)})
    found: list[Interval] = []
    for low, high in whole:
        inner = starts[bisect_right(starts, low) : bisect_right(starts, high)]
        cuts = [low, *inner, high + 1]
        found += [(a, b - 1) for a, b in pairwise(cuts)]
    return found


def _within(cells: Sequence[Interval], intervals: Iterable[Interval]) -> Iterator[int]:
    """The indices of the cells, in order and cut as by `_cut`, that lie in one of the intervals."""
    for low, high in intervals:
        yield from range(bisect_left(cells, (low, 0)), bisect_right(cells, (high, high)))


def _alike(lines: Sequence[T], intervals: Sequence[Interval]) -> list[tuple[int, int]]:
    """The first and last indices of runs of the same line, whose intervals touch."""
    runs: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        touching = index > 0 and intervals[index - 1][1] + 1 == intervals[index][0]
        if runs and touching and lines[runs[-1][1]] == line:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs
