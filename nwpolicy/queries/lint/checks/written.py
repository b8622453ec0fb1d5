"""What the readers and the checks of definitions say, as findings: each code belongs to one rule of the linter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from nwpolicy.azure.checks import check_definitions
from nwpolicy.model.diagnostics import Diagnostic, Severity
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding

__all__ = ["CODES", "check_written", "finding_of"]

#: Where something else stands changes with every line above it, so it is no part of a finding's identity.
_PLACE: Final = re.compile(r":\d+:\d+")
#: Nor is how much too much there is of something: Azure accepts neither.
_COUNT: Final = re.compile(r"(?<=has |sts )\d+")
#: The rule of the linter for each code of a diagnostic. What is not here is said of the input as a whole, or of what
#: the input does not show.
CODES: Final[Mapping[str, str]] = {
    "unknown-service-tag": "NWP205",
    "unsupported-tag": "NWP206",
    "several-service-tags": "NWP207",
    "tag-in-list": "NWP207",
    "nsg-on-gateway-subnet": "NWP304",
    "asg-in-several-networks": "NWP305",
    "duplicate-priority": "NWP401",
    "priority-out-of-range": "NWP402",
    "bad-priority": "NWP402",
    "duplicate-name": "NWP403",
    "invalid-name": "NWP404",
    "bad-name": "NWP404",
    "host-bits": "NWP405",
    "mixed-families": "NWP407",
    "azure-limit": "NWP408",
    "ports-without-meaning": "NWP410",
    "asg-with-addresses": "NWP411",
    "asg-and-prefix": "NWP411",
    "address-outside-subnet": "NWP412",
    "ipv6-subnet-size": "NWP413",
    "several-subnets": "NWP414",
    "ambiguous-reference": "NWP415",
    "tcp-state-tracking-off": "NWP416",
    "network-group-not-enabled": "NWP602",
    "several-configurations": "NWP603",
    "subnet-members": "NWP604",
    "undefined-reference": "NWP605",
}


def check_written(facts: Facts) -> Iterator[Finding]:
    """Readers and checks may say the same of one place: then the check's words are taken."""
    scopes = _Scopes(facts)
    said: dict[tuple[str, SourceLocation], Diagnostic] = {}
    for diagnostic in (*check_definitions(facts.snapshot), *facts.snapshot.diagnostics):
        if diagnostic.code in CODES and diagnostic.severity is not Severity.NOTE:
            said.setdefault((CODES[diagnostic.code], diagnostic.location), diagnostic)
    for diagnostic in said.values():
        yield finding_of(diagnostic, scopes.of(diagnostic.location))


def finding_of(diagnostic: Diagnostic, scope: Resource | None = None) -> Finding:
    """A diagnostic as a finding about a definition."""
    rule_id = CODES[diagnostic.code]
    entry = CATALOGUE[rule_id]
    return Finding(
        rule=rule_id,
        name=entry.name,
        severity=entry.severity,
        message=diagnostic.message,
        location=diagnostic.location,
        scope=diagnostic.location if scope is None else scope.source.location,
        subject="" if scope is None else scope.name,
        detail=(_COUNT if diagnostic.code == "azure-limit" else _PLACE).sub("", diagnostic.message),
        help=diagnostic.help,
        excerpt=diagnostic.excerpt or "",
        fixable=diagnostic.code == "host-bits" and (scope is None or scope.source.document.made_by is None),
    )


class _Scopes:
    """Which definition a place is in: the innermost one."""

    def __init__(self, facts: Facts) -> None:
        self._resources = [entry.resource for entry in facts.snapshot.entries]

    def of(self, place: SourceLocation) -> Resource | None:
        holding = [
            (location, resource)
            for resource in self._resources
            if resource.source.document.path == place.file and (location := resource.source.location).holds(place)
        ]
        return max(holding, key=lambda entry: entry[0].span, default=(None, None))[1]
