"""The answer of `enumerate` as a table for people, line by line as it is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Final

from nwpolicy.queries.cubes import CubeAnswer, Enumeration, FateName, GroupAnswer, Listing
from nwpolicy.queries.naming import SetName, port_name, protocol_name
from nwpolicy.reports.quantities import amounts_text, left_out_text, shares_text
from nwpolicy.reports.screen import Line, Style, Styled
from nwpolicy.reports.text import HEADS, premise_lines

__all__ = ["enumeration_head", "enumeration_lines"]

_WORDS: Final = {
    FateName.ALLOW: ("ALLOWED", Style.ALLOWED),
    FateName.DENY: ("DENIED", Style.DENIED),
    FateName.DEPENDS: ("DEPENDS", Style.DOUBTFUL),
}
#: So many rows are looked at before columns are given their widths.
_AHEAD: Final = 200
#: How much of a long set is shown; the other outputs have all of it.
_PARTS: Final = 4
#: A cell that is wider than this does not widen its column.
_WIDEST: Final = 72
_TITLES: Final = ("protocol", "source", "port", "", "destination", "port", "share")


def enumeration_head(answer: Enumeration) -> Line:
    """The first line: verdict, asked flows, place."""
    word, style = HEADS[answer.verdict]
    places = [place.name for place in answer.places]
    where = f"{answer.direction.lower()} at {places[0]}"
    if answer.direction == "Both":
        where = f"out of {places[0]} and into {places[-1]}"
    return (Styled(word, style), f"  {answer.asked_text}", f"   {where}")


def enumeration_lines(answer: Enumeration, limit: int | None = None) -> Iterator[Line]:
    """The whole answer. Only the first rows of each group are looked at before they are given out."""
    yield enumeration_head(answer)
    for access, amounts in answer.totals:
        word, style = _WORDS[access]
        yield ("  ", Styled(f"{word.lower():<8}", style), amounts_text(amounts))
    listing = Listing(answer, limit)
    for index, cubes in groupby(listing, attrgetter("group")):
        yield ()
        yield from _group_head(answer.groups[index], by_rule=answer.by_rule)
        yield from _table(cubes)
    yield ()
    yield from _end(listing)
    if answer.proof is not None:
        cells = "1 cell" if answer.proof.cells == 1 else f"{answer.proof.cells:,} cells"
        yield (f"Proved with Z3: {cells} in {answer.proof.seconds:.2f} s",)
    yield from premise_lines(answer)


def _group_head(group: GroupAnswer, *, by_rule: bool) -> Iterator[Line]:
    word, style = _WORDS[group.access]
    rule = group.rule
    by: Line = ()
    if by_rule and rule is None and group.access is not FateName.DEPENDS:
        by = (" by a rule that depends",) if group.depends_on else (": no rule applies",)
    if rule is not None and rule.statement is not None:
        by = (f": {rule.statement}",)
    elif rule is not None:
        priority = f" ({rule.priority})" if rule.priority is not None else ""
        by = (" by ", Styled(rule.name, Style.STRONG), f"{priority}  in {rule.layer}")
    place = f"   {rule.location}" if rule is not None and rule.location else ""
    yield (Styled(word, style), *by, place, Styled(f"   {shares_text(group.flows)}", Style.FAINT))
    for unknown in group.depends_on:
        location = f" ({unknown.location})" if unknown.location else ""
        yield ("  on ", Styled(unknown.name, Style.STRONG), f"{location}: {unknown.reason}")


def _table(cubes: Iterable[CubeAnswer]) -> Iterator[Line]:
    rows = map(_cells, cubes)
    head = list(islice(rows, _AHEAD))
    columns = zip(_TITLES, *head, strict=True)
    widths = [max((len(cell) for cell in column if len(cell) <= _WIDEST), default=0) for column in columns]
    yield (Styled(_row(_TITLES, widths), Style.FAINT),)
    for cells in chain(head, rows):
        yield (_row(cells, widths),)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cells(cube: CubeAnswer) -> tuple[str, ...]:
    flows = cube.set
    ports = [_some(port_name(ports).split(", ")) for ports in (flows.source_port, flows.destination_port)]
    source, destination = _name(cube.source_name), _name(cube.destination_name)
    return (protocol_name(flows.protocol), source, ports[0], "→", destination, ports[1], shares_text(cube.flows))


def _name(name: SetName) -> str:
    excluded = f" except {_some(name.excluded)}" if name.excluded else ""
    return _some(name.parts) + excluded


def _some(parts: Sequence[str]) -> str:
    if len(parts) <= _PARTS + 1:
        return ", ".join(parts)
    return f"{', '.join(parts[:_PARTS])} and {len(parts) - _PARTS:,} more"


def _end(listing: Listing) -> Iterator[Line]:
    """How many sets there are, and what a limit left out."""
    shown = f"{listing.sets:,} {'set' if listing.sets == 1 else 'sets'} of flows"
    left = listing.left_out
    if left is None:
        what = "" if listing.answer.select is None else f" {_SELECTED[listing.answer.select]}"
        yield (f"{shown}, disjoint; together they are all asked flows{what}",)
        return
    yield (f"{shown}, disjoint; {left_out_text(left)}",)


_SELECTED: Final = {
    FateName.ALLOW: "that are allowed or may be",
    FateName.DENY: "that are denied or may be",
    FateName.DEPENDS: "whose fate depends",
}
