"""The answer of `enumerate` as one JSON document, written piece by piece: `cubes` is one array, an element a line.

The form is in `schemas/enumerate.schema.json`. Numbers of flows are texts, because most readers of JSON round numbers
beyond 2^53.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.queries.cubes import Amount, Amounts, CubeAnswer, Enumeration, FateName, GroupAnswer, Listing
from nwpolicy.queries.explain import asked_flows
from nwpolicy.queries.naming import address_parts, protocol_name
from nwpolicy.reports.jsonform import SCHEMA_VERSION, dumps, plain

__all__ = ["json_pieces"]


def json_pieces(answer: Enumeration, limit: int | None = None) -> Iterator[str]:
    """The document in pieces that are worth a write each."""
    head = {"schemaVersion": SCHEMA_VERSION, **_head(answer)}
    yield "{\n" + "".join(f"  {dumps(key)}: {dumps(value)},\n" for key, value in head.items()) + '  "cubes": ['
    listing = Listing(answer, limit)
    separator = "\n"
    for cube in listing:
        yield f"{separator}    {dumps(_cube(cube))}"
        separator = ",\n"
    left = listing.left_out
    left_out = None if left is None else {"cubes": left.sets, "count": str(left.flows)}
    end = {"cubesListed": listing.sets, "leftOut": left_out}
    yield "\n  ],\n" + ",\n".join(f"  {dumps(key)}: {dumps(value)}" for key, value in end.items()) + "\n}\n"


def _head(answer: Enumeration) -> dict[str, Any]:
    return {
        "verdict": answer.verdict.value,
        "direction": answer.direction,
        "places": plain(answer.places),
        "asked": plain(asked_flows(answer.asked)),
        "askedText": answer.asked_text,
        "sourceName": answer.source_name,
        "destinationName": answer.destination_name,
        "select": None if answer.select is None else answer.select.value,
        "byRule": answer.by_rule,
        "totals": {
            access.value.lower(): _amounts(dict(answer.totals)[access]) if access in dict(answer.totals) else None
            for access in FateName
        },
        "groups": [_group(group) for group in answer.groups],
        "restsOn": plain(answer.rests_on),
        "assumptions": plain(answer.assumptions),
        "notes": plain(answer.notes),
        "diagnostics": plain(answer.diagnostics),
        "proof": plain(answer.proof),
    }


def _group(group: GroupAnswer) -> dict[str, Any]:
    return {
        "access": group.access.value,
        "rule": plain(group.rule),
        "dependsOn": plain(group.depends_on),
        "flows": _amounts(group.flows),
    }


def _cube(cube: CubeAnswer) -> dict[str, Any]:
    flows = cube.set
    return {
        "access": cube.access.value,
        "group": cube.group,
        "protocol": format_protocols(flows.protocol),
        "protocolName": protocol_name(flows.protocol),
        "source": address_parts(flows.source),
        "sourceName": str(cube.source_name),
        "sourcePort": format_ports(flows.source_port),
        "destination": address_parts(flows.destination),
        "destinationName": str(cube.destination_name),
        "destinationPort": format_ports(flows.destination_port),
        "flows": _amounts(cube.flows),
    }


def _amounts(amounts: Amounts) -> dict[str, Any]:
    return {"ipv4": _amount(amounts.ipv4), "ipv6": _amount(amounts.ipv6)}


def _amount(amount: Amount | None) -> dict[str, Any] | None:
    return None if amount is None else {"count": str(amount.count), "share": float(amount.share)}
