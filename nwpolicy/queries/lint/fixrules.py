"""What the rules of a file are to be once findings are mended.

An entry that never decides anything leaves its list. Of two rules that can be one, the first gets the entries of the
second, which goes; and so does a rule that does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import SourceLocation
from nwpolicy.queries.change import WrittenRule
from nwpolicy.queries.lint.finding import Finding
from nwpolicy.queries.rulejson import ENTRIES

__all__ = ["Merge", "NewRules", "Rules", "intended", "merge_of"]

#: By identity, what a rule becomes; None where it goes.
NewRules: TypeAlias = dict[int, WrittenRule | None]
#: Two rules that can be one, in their order, and Azure's name for the list in which they differ.
Merge: TypeAlias = tuple[WrittenRule, WrittenRule, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the place that each alone is made of, and by the place of its name."""

    at: Mapping[SourceLocation, WrittenRule]
    named: Mapping[SourceLocation, WrittenRule]

    @classmethod
    def of(cls, rules: Iterable[WrittenRule]) -> Rules:
        every = tuple(rules)
        named = {rule.field_source("name").location: rule for rule in every}
        return cls({rule.source.location: rule for rule in every}, named)


def intended(findings: Iterable[Finding], rules: Rules) -> NewRules | None:
    """What becomes of the rules that findings are about; None where one of them is not there, or is changed twice."""
    new: NewRules = {}
    for finding in findings:
        made = _BECOMES.get(finding.rule, _gone)(finding, rules, new)
        if made is None:
            return None
        new |= made
    return new


def _gone(finding: Finding, rules: Rules, new: NewRules) -> NewRules | None:
    rule = rules.at.get(finding.scope)
    return None if rule is None or id(rule) in new else {id(rule): None}


def _shortened(finding: Finding, rules: Rules, new: NewRules) -> NewRules | None:
    """A rule without the entry that a finding stands at."""
    rule = rules.at.get(finding.scope)
    now = None if rule is None else new.get(id(rule), rule)
    if rule is None or now is None:
        return None
    left: dict[str, Any] = {
        name: tuple(entry for entry in getattr(now, name) if entry.source.location != finding.location)
        for name in ENTRIES.values()
    }
    return {id(rule): replace(now, **left)}


def _merged(finding: Finding, rules: Rules, new: NewRules) -> NewRules | None:
    merge = merge_of(finding, rules)
    if merge is None:
        return None
    first, later, name = merge
    now = new.get(id(first), first)
    return None if now is None or id(later) in new else {id(first): _joined(now, later, name), id(later): None}


def merge_of(finding: Finding, rules: Rules) -> Merge | None:
    """The rules that a finding says can be one."""
    later = rules.at.get(finding.scope)
    first = next((rules.named[one.location] for one in finding.related if one.location in rules.named), None)
    if first is None or later is None:
        return None
    differing = [name for name, entries in ENTRIES.items() if _as_set(first, entries) != _as_set(later, entries)]
    return (first, later, differing[0]) if len(differing) == 1 else None


def _as_set(rule: WrittenRule, entries: str) -> frozenset[object]:
    return frozenset(getattr(rule, entries))


def _joined(rule: WrittenRule, other: WrittenRule, name: str) -> WrittenRule:
    """A rule with the entries of another one behind its own, in one list."""
    entries: dict[str, Any] = {ENTRIES[name]: (*getattr(rule, ENTRIES[name]), *getattr(other, ENTRIES[name]))}
    return replace(rule, **entries)


_BECOMES: Final[Mapping[str, Callable[[Finding, Rules, NewRules], NewRules | None]]] = {
    "NWP003": _shortened,
    "NWP006": _merged,
}
