"""The matrix of an estate for other programs, written piece by piece: JSON (`schemas/reach.schema.json`) and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.queries.reach.answers import EntryAnswer, FlowsAnswer, PartyAnswer, ReachAnswer
from nwpolicy.reports.csvform import csv_row
from nwpolicy.reports.jsonform import SCHEMA_VERSION, dumps, plain

__all__ = ["csv_pieces", "json_pieces"]

_COLUMNS: Final = (
    "state",
    "source",
    "source_name",
    "destination",
    "destination_name",
    "protocol",
    "source_port",
    "destination_port",
    "source_addresses",
    "destination_addresses",
    "via",
    "reply",
    "depends_on",
)


def json_pieces(answer: ReachAnswer) -> Iterator[str]:
    """One document; `parties` and `entries` have an element a line."""
    head = {
        "schemaVersion": SCHEMA_VERSION,
        "sourceName": answer.source_name,
        "destinationName": answer.destination_name,
        "protocol": answer.protocol,
        "port": answer.port,
        "notes": plain(answer.notes),
        "diagnostics": plain(answer.diagnostics),
    }
    yield "{\n" + "".join(f"  {dumps(key)}: {dumps(value)},\n" for key, value in head.items())
    yield from _array("parties", iter(answer.parties))
    yield from _array("entries", iter(answer))
    end = plain(answer.close())
    yield ",\n".join(f"  {dumps(key)}: {dumps(value)}" for key, value in end.items()) + "\n}\n"


def _array(name: str, elements: Iterator[PartyAnswer] | Iterator[EntryAnswer]) -> Iterator[str]:
    yield f"  {dumps(name)}: ["
    separator = "\n"
    for element in elements:
        yield f"{separator}    {dumps(plain(element))}"
        separator = ",\n"
    yield "\n  ],\n"


def csv_pieces(answer: ReachAnswer) -> Iterator[str]:
    """A row for each pair of parties and set of flows."""
    names = {party.id: party.name for party in answer.parties}
    yield csv_row(_COLUMNS)
    for entry in answer:
        for destination in entry.destinations:
            for flows in entry.flows:
                yield csv_row(_cells(entry, destination, flows, names))


def _cells(entry: EntryAnswer, destination: str, flows: FlowsAnswer, names: dict[str, str]) -> tuple[str, ...]:
    unknowns = dict.fromkeys(unknown.name for unknown in (*flows.depends_on, *entry.reply.depends_on))
    return (
        entry.state.value,
        entry.source,
        names[entry.source],
        destination,
        names[destination],
        *(flows.protocol, flows.source_port, flows.destination_port),
        flows.source or "",
        flows.destination or "",
        ", ".join(entry.via),
        entry.reply.state.value,
        ", ".join(unknowns),
    )
