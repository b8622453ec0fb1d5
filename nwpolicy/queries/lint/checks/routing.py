"""Findings about routes and peerings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nwpolicy.model.diagnostics import Severity
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding, Related
from nwpolicy.queries.routefindings import RouteFinding, RouteFindingKind, findings_in

__all__ = ["IDS", "check_routes"]

#: The rule of the linter for each kind.
IDS: Final[Mapping[RouteFindingKind, str]] = {
    kind: next(entry.id for entry in CATALOGUE.values() if entry.name == kind.value) for kind in RouteFindingKind
}
#: Kinds whose sentence may be about one of several cases: it is no part of a finding's identity.
_EXAMPLES: Final = frozenset(
    {
        RouteFindingKind.UNKNOWN_NEXT_HOP,
        RouteFindingKind.NO_GATEWAY,
        RouteFindingKind.NOT_FORWARDING,
        RouteFindingKind.LOOP,
        RouteFindingKind.ASYMMETRIC,
        RouteFindingKind.WIDENED_TAG,
    }
)
#: Kinds that are no worse for more subnets.
_HARMLESS: Final = (RouteFindingKind.UNUSED, RouteFindingKind.REDUNDANT)
_ORDER: Final = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


def check_routes(facts: Facts) -> Iterator[Finding]:
    kinds = {kind for kind, rule_id in IDS.items() if rule_id in facts.wanted}
    for found in findings_in(facts.estate, kinds, filtered_only=facts.groups_only):
        yield _finding(facts, found)


def _finding(facts: Facts, found: RouteFinding) -> Finding:
    entry = CATALOGUE[IDS[found.kind]]
    document = facts.documents.get(found.location.file)
    depends = [f"depends on {dependency.name}" for dependency in found.depends_on]
    rests = [f"assuming {used.name} = {used.choice}" for used in found.assumptions]
    return Finding(
        rule=entry.id,
        name=entry.name,
        severity=min(found.severity, entry.severity, key=_ORDER.index),
        message=found.message,
        location=found.location,
        scope=found.location,
        subject=found.about,
        detail="" if found.kind in _EXAMPLES else found.message,
        parts=() if found.kind in _HARMLESS else (*found.subnets, *(("for certain",) if found.certain else ())),
        reason="; ".join((found.reason, *depends, *rests)),
        witness=found.witness,
        help=found.fix,
        related=tuple(Related(place, "has a part in it") for place in found.related),
        certain=found.certain,
        excerpt="" if document is None else document.line(found.location.span.line),
    )
