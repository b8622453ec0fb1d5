"""Entries where what depends on unknowns counts as getting through, or as not getting through.

Each flow counts by itself, as `nwpolicy.queries.closing` has it. With `any`, entries stay as they are, and what they
depend on is still told: all that is to be made sure of is that some values of the unknowns do let them through. With
`none`, only what no value can stop is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NoReturn

from nwpolicy.azure.paths import EndingKind
from nwpolicy.azure.spaces import union
from nwpolicy.logic.errors import Undecided
from nwpolicy.logic.matrix import Through
from nwpolicy.model.addresses import AddressSet
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.closing import Closing
from nwpolicy.queries.reach.answers import ReplyState
from nwpolicy.queries.reach.asking import Survey
from nwpolicy.queries.reach.matrix import Entry, Flows, of_families

__all__ = ["closed"]


def closed(survey: Survey, closing: Closing) -> Iterator[Entry]:
    """The entries with the flows that count as getting through. Raises Undecided where these are not told apart."""
    for _, row in groupby(survey.entries(), key=lambda entry: entry.source):
        if closing is Closing.ANY:
            yield from map(_possible, row)
        else:
            yield from _certain(survey, list(row))


def _possible(entry: Entry) -> Entry:
    for part in entry.flows:
        for depends in part.through.depends:
            if depends.tied or (not part.through.certain and _shares(entry, depends.unknowns)):
                _refuse(depends.unknowns)
    return entry


def _shares(entry: Entry, unknowns: Sequence[Unknown]) -> bool:
    """Whether the values that let a request through may be others than those that let its replies come back."""
    reply = entry.reply
    open_ = reply.state is ReplyState.DEPENDS and not reply.breaks and entry.way.ending.kind is not EndingKind.UNKNOWN
    return open_ and not set(unknowns).isdisjoint(reply.unknowns)


def _certain(survey: Survey, row: Sequence[Entry]) -> Iterator[Entry]:
    _refuse_alternatives(row)
    for entry in row:
        for depends in (depends for part in entry.flows for depends in part.through.depends):
            if depends.tied:
                _refuse(depends.unknowns)
        alike: defaultdict[int, list[Flows]] = defaultdict(list)
        for part in entry.flows:
            alike[part.through.certain].append(part)
        kept = tuple(_together(survey, entry, cells, parts) for cells, parts in alike.items() if cells)
        if kept:
            yield replace(entry, flows=kept)


def _together(survey: Survey, entry: Entry, cells: int, parts: Sequence[Flows]) -> Flows:
    """Parts of one entry between which nothing but what depends made a difference."""
    source = _space(survey, (entry.source, entry.destinations[0]), [part.source for part in parts])
    destination = _space(survey, (entry.destinations[0], entry.source), [part.destination for part in parts])
    return Flows(Through(cells), source, destination)


def _space(survey: Survey, ends: tuple[int, int], spaces: Sequence[AddressSet | None]) -> AddressSet | None:
    """The addresses of the first of two parties; None if they are all that share a family with the other one."""
    known = [space for space in spaces if space is not None]
    if len(known) < len(spaces):
        return None
    addresses = union(known)
    mine, other = ends
    return None if addresses == of_families(survey.outers[mine].space, survey.parties[other]) else addresses


def _refuse_alternatives(row: Sequence[Entry]) -> None:
    """What gets through by one of several ways may do so whatever the unknowns are, and by none of them certainly."""
    seen: defaultdict[int, list[Flows]] = defaultdict(list)
    for entry in row:
        open_ = [part for part in entry.flows if part.through.depends]
        for index in entry.destinations if open_ else ():
            for part in open_:
                if any(_overlap(part, other) for other in seen[index]):
                    _refuse(part.through.depends[0].unknowns)
            seen[index] += open_


def _overlap(one: Flows, other: Flows) -> bool:
    shared = any(a.cells & b.cells for a in one.through.depends for b in other.through.depends)
    return shared and _meet(one.source, other.source) and _meet(one.destination, other.destination)


def _meet(one: AddressSet | None, other: AddressSet | None) -> bool:
    return one is None or other is None or bool(one & other)


def _refuse(unknowns: Sequence[Unknown]) -> NoReturn:
    names = ", ".join(dict.fromkeys(unknown.name for unknown in unknowns))
    raise Undecided(f"which flows depend on unknowns could not be told apart: give some of them values ({names})")
