"""From what a check knows to a finding: the words that all of them need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypedDict, Unpack

from nwpolicy.azure.origins import PlatformRule, origin_of
from nwpolicy.model.diagnostics import Severity
from nwpolicy.model.filters import FilterRule
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import AdminRule, SecurityRule
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown
from nwpolicy.queries.lint.catalogue import CATALOGUE
from nwpolicy.queries.lint.facts import Facts
from nwpolicy.queries.lint.finding import Finding, Related

__all__ = ["OPPOSED", "More", "label", "labels", "listed", "related_rules", "report", "subject_of"]

#: What a finding about a rule that does nothing has besides where others do the opposite.
OPPOSED: Final = ("others do the opposite",)
#: More names than this are counted.
_MAX_NAMES = 4


class More(TypedDict, total=False):
    """What a finding may say besides its sentence."""

    severity: Severity
    reason: str
    witness: str
    help: str
    related: tuple[Related, ...]
    certain: bool
    detail: str
    parts: tuple[str, ...]
    fixable: bool


def report(
    facts: Facts, rule_id: str, about: Resource, message: str, at: Source | None = None, **more: Unpack[More]
) -> Finding:
    """A finding of a rule of the linter about a definition, `at` one of its values; its name if nothing is given."""
    entry = CATALOGUE[rule_id]
    place = at or about.field_source("name")
    location = place.location
    said: More = {"severity": entry.severity, **more}
    if place.document.made_by is not None:
        said["fixable"] = False
    return Finding(
        rule=rule_id,
        name=entry.name,
        message=message,
        location=location,
        scope=about.source.location,
        subject=subject_of(facts.snapshot, about),
        excerpt=place.document.line(location.span.line),
        **said,
    )


def subject_of(snapshot: Snapshot, resource: Resource) -> str:
    """A definition's name behind the names of what it stands in."""
    names = [resource.name]
    parent = snapshot.parent(resource)
    while parent is not None:
        names.insert(0, parent.name)
        parent = snapshot.parent(parent)
    return "/".join(names)


def label(rule: FilterRule) -> str:
    """`allow-web (100)`; for what Azure does by itself, what that is."""
    written = origin_of(rule).rule
    if isinstance(written, PlatformRule):
        return written.statement
    if isinstance(written, Unknown):
        return written.name
    return f"{written.name} ({written.priority})" if isinstance(written.priority, int) else written.name


def labels(rules: Iterable[FilterRule]) -> str:
    return listed(dict.fromkeys(map(label, rules)))


def listed(names: Iterable[str]) -> str:
    """`a, b and c`; the first few of many."""
    several = list(names)
    if len(several) > _MAX_NAMES:
        several = [*several[: _MAX_NAMES - 1], f"{len(several) - _MAX_NAMES + 1} more"]
    return " and ".join(filter(None, (", ".join(several[:-1]), several[-1]))) if several else ""


def related_rules(rules: Iterable[FilterRule], word: str) -> tuple[Related, ...]:
    """The places of rules, each with a word for its part."""
    found = {}
    for rule in rules:
        written = origin_of(rule).rule
        if isinstance(written, SecurityRule | AdminRule) and origin_of(rule).source is not None:
            place = written.field_source("name").location
            found[place] = Related(place, f"{written.name} {word}")
    return tuple(found.values())
