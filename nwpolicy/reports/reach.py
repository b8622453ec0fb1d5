"""The matrix of an estate as people read it: one party after the other, with those that it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from nwpolicy.queries.answers import Dependency, RuleAnswer
from nwpolicy.queries.reach.answers import (
    EntryAnswer,
    ExampleAnswer,
    FlowsAnswer,
    PartyAnswer,
    ReachAnswer,
    ReachState,
    ReplyState,
    TotalsAnswer,
)
from nwpolicy.reports.screen import Line, Style, Styled
from nwpolicy.reports.text import assumed_line

__all__ = ["STATES", "flows_text", "reach_head", "reach_lines", "titled"]

#: What is said of an entry, and how it is shown.
STATES: Final = {
    ReachState.REACHES: ("reaches", Style.ALLOWED),
    ReachState.NO_REPLY: ("arrives, no replies", Style.DOUBTFUL),
    ReachState.MAY_REACH: ("may reach", Style.DOUBTFUL),
}
#: How much of a list is shown; JSON has all of it.
_FLOWS: Final = 4
_NAMES: Final = 4
_ADDRESSES: Final = 100


def reach_head(totals: TotalsAnswer) -> Line:
    """How many pairs there are, and how many reach."""
    parts = [f"{totals.reaches:,} of {totals.pairs:,} pairs reach"]
    parts += [f"{totals.no_reply:,} arrive without replies"] if totals.no_reply else []
    parts += [f"{totals.may_reach:,} may reach"] if totals.may_reach else []
    return (Styled(", ".join(parts), Style.STRONG),)


def reach_lines(answer: ReachAnswer, limit: int) -> Iterator[Line]:
    """The whole answer, with so many entries; all are counted."""
    parties = {party.id: party for party in answer.parties}
    shown = 0
    for source, entries in groupby(answer, key=lambda entry: entry.source):
        listed = []
        for entry in entries:
            if shown < limit:
                listed.append(entry)
            shown += 1
        if listed:
            yield (Styled(parties[source].name, Style.STRONG), _place(parties[source]))
        for entry in listed:
            yield from _entry(entry, parties)
    if shown > limit:
        yield ()
        yield (f"and {shown - limit:,} more entries; --limit shows more, --from and --to ask about less",)
    closing = answer.close()
    if shown:
        yield ()
    yield reach_head(closing.totals)
    if closing.reason is not None:
        yield (f"  {closing.reason}; `nwpolicy troubleshoot` shows where flows stop",)
    yield from ((f"Note: {note}",) for note in answer.notes)
    yield from map(assumed_line, closing.assumptions)


def _place(party: PartyAnswer) -> str:
    return "" if party.virtual_network is None else f"  in {party.virtual_network}/{party.subnet}"


def titled(party: PartyAnswer) -> str:
    """The party, and where it is."""
    return party.name if party.virtual_network is None else f"{party.name} ({party.virtual_network}/{party.subnet})"


def _entry(entry: EntryAnswer, parties: dict[str, PartyAnswer]) -> Iterator[Line]:
    word, style = STATES[entry.state]
    names = [titled(parties[name]) for name in entry.destinations]
    yield ("  ", Styled(word, style), f" {_some(names, _NAMES)}{_via(entry)}")
    yield from _flow_lines(entry)
    if entry.reply.state is not ReplyState.RETURNS:
        yield (f"      {entry.reply.reason}",)
        yield from _missing(entry.reply.depends_on)
    if entry.example is not None:
        yield (f"      for example {entry.example.text}{_if(entry.example)}",)
        for chain in entry.example.chains:
            for rule in chain.rules:
                yield (f"        {chain.direction.lower()} at {chain.place}: ", *_rule(rule))


def _if(example: ExampleAnswer) -> str:
    values = ", ".join(f"{value.name} = {value.value}" for value in example.values)
    return f" if {values}" if values else ""


def _flow_lines(entry: EntryAnswer) -> Iterator[Line]:
    """What gets through, and behind flows that depend on the same on what."""
    shown = entry.in_short[:_FLOWS]
    for unknowns, alike in groupby(shown, key=lambda flows: flows.depends_on):
        yield from ((f"      {flows_text(flows)}",) for flows in alike)
        yield from _missing(unknowns)
    if len(entry.in_short) > _FLOWS:
        yield (f"      and {len(entry.in_short) - _FLOWS} more sets of flows",)


def _via(entry: EntryAnswer) -> str:
    return f"  via {', '.join(entry.via)}" if entry.via else ""


def flows_text(flows: FlowsAnswer) -> str:
    """Flows that get through: `tcp 443 to 10.0.0.4`."""
    if (flows.protocol, flows.source_port, flows.destination_port) == ("any", "*", "*"):
        what = "everything"
    else:
        what = flows.protocol
    ports = "" if flows.destination_port == "*" else f" {flows.destination_port}"
    source = "" if flows.source_port == "*" else f" from source port {flows.source_port}"
    ends = "" if flows.source is None else f" from {_short(flows.source)}"
    ends += "" if flows.destination is None else f" to {_short(flows.destination)}"
    return f"{what}{ports}{source}{ends}"


def _short(addresses: str) -> str:
    parts = addresses.split(", ")
    shown: list[str] = []
    while parts and sum(map(len, shown)) + len(parts[0]) <= _ADDRESSES:
        shown.append(parts.pop(0))
    return ", ".join(shown) + (f" and {len(parts)} more ranges" if parts else "")


def _rule(rule: RuleAnswer) -> Line:
    place = (Styled(f"   {rule.location}", Style.FAINT),) if rule.location is not None else ()
    return (Styled(rule.access, Style.ALLOWED), f" by {rule.name} of {rule.layer}", *place)


def _missing(depends_on: Sequence[Dependency]) -> Iterator[Line]:
    for unknown in depends_on:
        location = f" ({unknown.location})" if unknown.location else ""
        yield ("        depends on ", Styled(unknown.name, Style.STRONG), f"{location}: {unknown.reason}")


def _some(names: Sequence[str], limit: int) -> str:
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more classes"
