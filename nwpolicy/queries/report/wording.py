"""Changes of text: which definitions say something else than before, or the same in other words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from nwpolicy.model.avnm import RoutingRule
from nwpolicy.model.resource import Resource
from nwpolicy.model.routes import Route
from nwpolicy.model.rules import AdminRule, Rule, SecurityRule
from nwpolicy.queries.definitions import DefinitionPair
from nwpolicy.queries.report.answers import DefinitionChange

__all__ = ["RULES", "Reworded", "is_renamed", "is_rule", "reworded"]

#: What decides about packets by itself; everything else only says what these are about, or where they apply.
RULES: Final = (SecurityRule, AdminRule, Route, RoutingRule)

#: A change of text, and the definition before and after.
Reworded: TypeAlias = tuple[DefinitionPair, DefinitionChange]


def is_rule(pair: DefinitionPair) -> bool:
    return isinstance(pair.one, RULES)


def is_renamed(pair: DefinitionPair) -> bool:
    """Whether a rule has another name or description, and nothing else, so that it does what it did."""
    old, new = pair.old, pair.new
    if old is None or new is None or not isinstance(new, RULES):
        return False
    same = type(old) is type(new) and _essence(old) == _essence(new)
    return same and getattr(old, "priority", None) == getattr(new, "priority", None)


def reworded(pairs: Iterable[DefinitionPair]) -> tuple[Reworded, ...]:
    """Every change in words. A rule that is gone while one that says the same has come was renamed."""
    found = list(pairs)
    gone: defaultdict[tuple[str, ...], list[tuple[DefinitionPair, Resource]]] = defaultdict(list)
    for pair in found:
        if pair.new is None and pair.old is not None and isinstance(pair.old, RULES):
            gone[pair.inside].append((pair, _essence(pair.old)))
    renamed: dict[int, Resource] = {}
    left: set[int] = set()
    for pair in found:
        near = gone[pair.inside] if pair.old is None and isinstance(pair.new, RULES) else []
        essence = _essence(pair.new) if near and pair.new is not None else None
        index = next((index for index, (_, said) in enumerate(near) if said == essence), None)
        if index is not None:
            twin, _ = near.pop(index)
            renamed[id(pair)] = twin.one
            left.add(id(twin))
    return tuple(_told(found, renamed, left))


def _told(pairs: Iterable[DefinitionPair], renamed: dict[int, Resource], left: set[int]) -> Iterator[Reworded]:
    for pair in pairs:
        if id(pair) not in left:
            whole = DefinitionPair(renamed.get(id(pair), pair.old), pair.new, pair.inside)
            yield whole, _change(whole, is_renamed=id(pair) in renamed)


def _change(pair: DefinitionPair, *, is_renamed: bool) -> DefinitionChange:
    one = pair.one
    what = "renamed" if is_renamed else "added" if pair.old is None else "removed" if pair.new is None else "changed"
    return DefinitionChange(
        type=one.type,
        name="/".join((*pair.inside, one.name)),
        what=what,
        old_name=pair.old.name if is_renamed and pair.old is not None else None,
        before=pair.old.source.location if pair.old is not None else None,
        after=pair.new.source.location if pair.new is not None else None,
    )


def _essence(rule: Resource) -> Resource:
    """What a rule says, but for its name, description and priority."""
    if isinstance(rule, Rule):
        return replace(rule, name="", description=None, priority=0, parent=None)
    return replace(rule, name="", parent=None)
