"""Changes of rules in a snapshot, made without touching the snapshot itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from operator import is_
from typing import Any, TypeAlias, TypeVar

from nwpolicy.model.avnm import AdminRuleCollection, NetworkManager, SecurityAdminConfiguration
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.rules import (
    AdminRule,
    EffectiveAdminRules,
    EffectiveSecurityGroup,
    EffectiveSecurityGroups,
    NetworkSecurityGroup,
    SecurityRule,
)
from nwpolicy.model.snapshot import Snapshot
from nwpolicy.model.unknowns import Unknown

__all__ = ["Change", "RuleGroup", "WrittenRule", "changed", "rewritten", "rules_of", "without"]

#: What holds rules that a person can change.
RuleGroup: TypeAlias = NetworkSecurityGroup | AdminRuleCollection | EffectiveAdminRules
WrittenRule: TypeAlias = SecurityRule | AdminRule
R = TypeVar("R", bound=Resource | Unknown)

_HOLDERS = (
    NetworkSecurityGroup,
    AdminRuleCollection,
    EffectiveAdminRules,
    EffectiveSecurityGroup,
    EffectiveSecurityGroups,
    NetworkManager,
    SecurityAdminConfiguration,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One rule of a group: `old` becomes `new`; without `old`, `new` is added. `fields` are Azure's names for what is
    different, in the words of `description`."""

    group: RuleGroup
    old: WrittenRule | None
    new: WrittenRule
    description: str
    fields: tuple[str, ...] = ()


def rules_of(group: RuleGroup) -> tuple[WrittenRule, ...]:
    """The rules as written, without Azure's default ones."""
    rules = group.security_rules if isinstance(group, NetworkSecurityGroup) else group.rules
    return tuple(rule for rule in rules if isinstance(rule, SecurityRule | AdminRule))


def changed(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The snapshot as it would be after the changes."""
    new_groups: dict[int, RuleGroup] = {}
    for change in changes:
        group = new_groups.get(id(change.group), change.group)
        new_groups[id(change.group)] = _with_rule(group, change)
    return Snapshot.of(_rebuilt(snapshot.resources, new_groups), snapshot.diagnostics)


def without(resources: tuple[Resource, ...], rules: Iterable[WrittenRule]) -> tuple[Resource, ...]:
    """The definitions without some rules."""
    return rewritten(resources, dict.fromkeys(map(id, rules)))


def rewritten(resources: tuple[R, ...], new: Mapping[int, WrittenRule | None]) -> tuple[R, ...]:
    """The definitions with other rules in the place of those with these identities; None takes one away."""
    made: tuple[R, ...] = _rebuilt(resources, new)
    return made


def _with_parts(holder: Any, made: Callable[[Any], Any]) -> Any:
    """A holder of rules with other parts; the very same object if they are the same."""
    parts = {item.name: getattr(holder, item.name) for item in fields(holder)}
    differing = {name: new for name, old in parts.items() if (new := made(old)) is not old}
    return replace(holder, **differing) if differing else holder


def _with_rule(group: RuleGroup, change: Change) -> RuleGroup:
    name = "security_rules" if isinstance(group, NetworkSecurityGroup) else "rules"
    rules = getattr(group, name)
    if change.old is None:
        rules = (*rules, change.new)
    else:
        rules = tuple(change.new if rule is change.old else rule for rule in rules)
    values: dict[str, Any] = {name: rules}
    return replace(group, **values)


def _rebuilt(value: Any, new: Mapping[int, RuleGroup | WrittenRule | None]) -> Any:
    """The same value with groups and rules replaced, wherever they stand, or gone from their list where that says None;
    the very same object if there is none in it."""
    if id(value) in new:
        return new[id(value)]
    if isinstance(value, tuple):
        rebuilt = tuple(one for element in value if (one := _rebuilt(element, new)) is not None)
        return value if len(rebuilt) == len(value) and all(map(is_, rebuilt, value)) else rebuilt
    if isinstance(value, _HOLDERS):
        return _with_parts(value, lambda part: _rebuilt(part, new))
    return value
