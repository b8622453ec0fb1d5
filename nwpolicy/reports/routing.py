"""Effective routes and next hops as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nwpolicy.queries.answers import Dependency
from nwpolicy.queries.nexthop import HopAnswer, HopPartAnswer, HopVerdict, LostRoute, NextHopAnswer, TakenRoute
from nwpolicy.queries.routes import RouteRow, RoutesAnswer
from nwpolicy.reports.screen import Line, Style, Styled
from nwpolicy.reports.text import premise_lines

__all__ = ["next_hop_head", "next_hop_lines", "route_lines", "routes_head"]

_TITLES: Final = ("source", "state", "address prefix", "next hop", "next hop IP", "route")
_STATES: Final = {"Active": Style.ALLOWED, "Invalid": Style.FAINT, "Depends": Style.DOUBTFUL}
#: How many prefixes of one row are shown; JSON has all of them.
_PREFIXES: Final = 4


def routes_head(answer: RoutesAnswer) -> Line:
    """The first line: the place, and how many routes it has."""
    active = sum(row.state == "Active" for row in answer.value)
    return (Styled(answer.place.name, Style.STRONG), f"  {len(answer.value)} routes, {active} active")


def route_lines(answer: RoutesAnswer) -> Iterator[Line]:
    """The whole list, then what is not in it and why."""
    yield routes_head(answer)
    rows = [_cells(row) for row in answer.value]
    widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
    yield (Styled(_row(_TITLES, widths), Style.FAINT),)
    for row, cells in zip(answer.value, rows, strict=True):
        yield (Styled(_row(cells, widths), _STATES.get(row.state, Style.DOUBTFUL)), *_where(row))
        if row.reason is not None and row.state == "Invalid":
            yield (f"      {row.reason}",)
        yield from _missing(row.depends_on)
    if answer.absent:
        yield ()
        yield ("Not in the list:",)
    for row in answer.absent:
        what = row.name or (row.definition if row.definition not in row.address_prefix else "")
        yield (f"  {_some(row.address_prefix)}  {row.kind} {what}".rstrip(), f": {row.reason}")
    yield from premise_lines(answer)


def _cells(row: RouteRow) -> tuple[str, ...]:
    addresses = ", ".join(row.next_hop_ip_address)
    name = row.name or row.definition
    return (row.source, row.state, _some(row.address_prefix), row.next_hop_type, addresses, name)


def _some(prefixes: Sequence[str]) -> str:
    if not prefixes:
        return "?"
    if len(prefixes) <= _PREFIXES + 1:
        return ", ".join(prefixes)
    return f"{', '.join(prefixes[:_PREFIXES])} and {len(prefixes) - _PREFIXES:,} more"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _where(row: RouteRow) -> Line:
    return (Styled(f"   {row.location}", Style.FAINT),) if row.location is not None else ()


def _missing(depends_on: Iterable[Dependency], before: str = "depends on") -> Iterator[Line]:
    for unknown in depends_on:
        location = f" ({unknown.location})" if unknown.location else ""
        yield (f"      {before} ", Styled(unknown.name, Style.STRONG), f"{location}: {unknown.reason}")


def next_hop_head(answer: NextHopAnswer) -> Line:
    """The first line: the next hop, if there is one for all that is asked."""
    where = f"   from {answer.place.name} to {answer.destination}"
    if answer.verdict is HopVerdict.UNIFORM:
        return (Styled(_hop(answer.parts[0].hops[0]), Style.STRONG), where)
    if answer.verdict is HopVerdict.DEPENDS:
        return (Styled("DEPENDS", Style.DOUBTFUL), where)
    return (Styled(f"{len(answer.parts)} next hops", Style.STRONG), where)


def next_hop_lines(answer: NextHopAnswer) -> Iterator[Line]:
    """The whole answer: the parts, the routes behind them, and why other routes are not taken."""
    yield next_hop_head(answer)
    for part in answer.parts:
        yield from _part(part, alone=answer.verdict is HopVerdict.UNIFORM)
    if len(answer.parts) > 1:
        yield ()
        yield ("the parts are disjoint; together they are all destinations asked about",)
    if answer.losers:
        yield ()
        yield ("Not taken:",)
        yield from map(_lost, answer.losers)
    yield from premise_lines(answer)


def _part(part: HopPartAnswer, *, alone: bool) -> Iterator[Line]:
    if not alone:
        yield ()
        style = Style.STRONG if part.has_known_hop else Style.DOUBTFUL
        yield (Styled(" or ".join(map(_hop, part.hops)), style), f"  for {', '.join(part.destinations)}")
    for route in part.routes:
        yield ("  by ", _route(route), *_place(route))
    yield from _missing(part.depends_on, "the route depends on" if part.has_known_hop else "depends on")


def _hop(hop: HopAnswer) -> str:
    address = "an unknown address" if hop.next_hop_ip_address is None else hop.next_hop_ip_address
    return f"{hop.next_hop_type or 'an unknown next hop'} {address}".rstrip()


def _route(route: TakenRoute | LostRoute) -> str:
    name = f"{route.name} of {route.definition}" if route.name else route.definition
    return f"{route.kind} {name}"


def _place(route: TakenRoute | LostRoute) -> Line:
    return (Styled(f"   {route.location}", Style.FAINT),) if route.location is not None else ()


def _lost(route: LostRoute) -> Line:
    prefix = f" ({route.address_prefix})" if route.address_prefix and route.address_prefix != route.definition else ""
    return (f"  {_route(route)}{prefix}: {route.reason}", *_place(route))
