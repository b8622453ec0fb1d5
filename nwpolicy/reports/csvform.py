"""The answer of `enumerate` as CSV (RFC 4180), row by row.

Names come from files that anybody may have written: control characters in them are escaped, and as spreadsheets run
what looks like a formula, a cell that begins like one gets an apostrophe before it (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from nwpolicy.model.ports import format_ports
from nwpolicy.model.protocols import format_protocols
from nwpolicy.queries.cubes import Amount, CubeAnswer, GroupAnswer, Listing
from nwpolicy.reports.screen import clean

__all__ = ["csv_row", "csv_rows"]

_HEAD: Final = (
    "access",
    "protocol",
    "source",
    "source_name",
    "source_port",
    "destination",
    "destination_name",
    "destination_port",
    "ipv4_flows",
    "ipv4_share",
    "ipv6_flows",
    "ipv6_share",
    "rule",
    "priority",
    "layer",
    "location",
    "depends_on",
)
_FORMULA: Final = ("=", "+", "-", "@")


def csv_rows(listing: Listing) -> Iterator[str]:
    """The head and the rows, each with its line end."""
    yield csv_row(_HEAD)
    for cube in listing:
        yield csv_row((*_flows(cube), *_reason(listing.answer.groups[cube.group])))


def _flows(cube: CubeAnswer) -> Iterator[str]:
    flows = cube.set
    yield cube.access.value
    yield format_protocols(flows.protocol)
    yield str(flows.source)
    yield str(cube.source_name)
    yield format_ports(flows.source_port)
    yield str(flows.destination)
    yield str(cube.destination_name)
    yield format_ports(flows.destination_port)
    yield from _amount(cube.flows.ipv4)
    yield from _amount(cube.flows.ipv6)


def _amount(amount: Amount | None) -> tuple[str, str]:
    return ("", "") if amount is None else (str(amount.count), str(float(amount.share)))


def _reason(group: GroupAnswer) -> Iterator[str]:
    rule = group.rule
    yield rule.name if rule else ""
    yield str(rule.priority) if rule and rule.priority is not None else ""
    yield rule.layer if rule else ""
    yield str(rule.location) if rule and rule.location else ""
    yield ", ".join(unknown.name for unknown in group.depends_on)


def csv_row(cells: Sequence[str]) -> str:
    """One row with its line end."""
    line = io.StringIO()
    harmless = map(clean, cells)
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in harmless])
    return line.getvalue()
