"""The resources of a template as they are written, one for each turn of their loops.

Source: Microsoft Learn, "Understand the structure and syntax of ARM templates", "Resource iteration in ARM templates",
"Set name and type for child resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.arm import resource_ids
from nwpolicy.readers.arm.evaluation import copy_count, evaluated
from nwpolicy.readers.arm.frames import Frame, Scope, Target
from nwpolicy.readers.arm.values import Open, Value, find, shown_text
from nwpolicy.readers.tree import Raw

__all__ = ["DEPLOYMENTS", "Deployed", "Instance", "Parent", "both", "deployments", "entries", "turns"]

DEPLOYMENTS: Final = "microsoft.resources/deployments"


@dataclass(frozen=True, slots=True)
class Parent:
    """The resource in whose `resources` another one stands."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """A resource as written, at one turn of its loop. `label` is its symbolic name (else its number), `condition`
    decides whether it exists, where that is unknown."""

    raw: Mapping[str, Raw]
    source: Source
    frame: Frame
    type: str
    label: str
    target: Target
    condition: Unknown | None = None
    parent: Parent | None = None

    def member(self, name: str) -> tuple[Raw, Source] | None:
        found = find(self.raw, name)
        return None if found is None else (found[1], self.source.at(found[0]))

    def value(self, name: str) -> Value:
        found = self.member(name)
        return None if found is None else evaluated(*found, self.frame)

    def name(self) -> str:
        """The path of names; what is not known of it stands in braces. A nested resource that leaves out the type of
        its parent leaves out its name, too."""
        text = shown_text(self.value("name")) or ""
        written = find(self.raw, "type")
        in_full = written is not None and written[1] == self.type and text.count("/") == self.type.count("/") - 1
        return text if self.parent is None or in_full else f"{self.parent.name}/{text}"

    def id(self) -> str | None:
        """The id, where a deployment says to which resource group it goes."""
        group, names = self.target.resource_group, self.name().split("/")
        if not group or "{" in group or len(names) != self.type.count("/"):
            return None
        return resource_ids.resource_group(self.target)["id"] + resource_ids.path(self.type, names)

    @property
    def symbol(self) -> str:
        """What the template's author calls it: by the symbolic name, else by the name; with the turn of its loop."""
        if self.label.isdigit():
            return self.name()
        turn = self.frame.loops.get(self.frame.loop or "")
        return self.label if turn is None else f"{self.label}[{turn.written}]"


@dataclass(frozen=True, slots=True)
class Deployed:
    """The template that a deployment deploys: `frame` is what its expressions see."""

    frame: Frame
    raw: Mapping[str, Raw]
    source: Source
    target: Target


def entries(resources: Raw) -> list[tuple[str | int, Raw]]:
    """Resources in an array, or by symbolic name in an object (language version 2.0)."""
    if isinstance(resources, dict):
        return [*resources.items()]
    return [*enumerate(resources)] if isinstance(resources, list) else []


def turns(instance: Instance) -> Iterator[Instance]:
    """The turns of a resource's loop. Of a loop whose number of turns is not known, one turn that may not be."""
    loop, frame = instance.member("copy"), instance.frame
    if loop is None:
        yield instance
        return
    raw, place = loop
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        frame.reading.error("invalid-copy", "a loop needs 'name' and 'count'", place)
        return
    name = str(raw["name"])
    count = copy_count(raw, place, frame)
    if isinstance(count, int):
        for index in range(count):
            yield replace(instance, frame=frame.in_loop(name, index, str(index), resource=True))
        return
    message = f"how many copies there are depends on {count.name}, which is not known; one stands for all of them"
    frame.reading.warning("unknown-count", message, place)
    turn = Open(frame.scope.named(f"copyIndex('{name}')"), count.reason, count.source)
    scope = count.source.document.whole.path
    exists = Unknown(f"{name} exists", UnknownKind.CONDITION, count.reason, count.source, scope)
    frame = frame.in_loop(name, turn, turn.name, resource=True)
    yield replace(instance, frame=frame, condition=both(instance.condition, exists))


def both(one: Unknown | None, other: Unknown | None) -> Unknown | None:
    """Something exists only if both conditions hold."""
    if one is None or other is None or one == other:
        return one or other
    return Unknown(f"{one.name} and {other.name}", UnknownKind.CONDITION, one.reason, one.source, one.scope)


def deployments(scope: Scope) -> Mapping[str, Instance | None]:
    """The deployments in a template by symbolic name and by name, in lower case; None where several have the name."""
    if scope.deployments is None:
        scope.deployments = {}
        scope.deployments = _by_name(scope)
    return scope.deployments


def _by_name(scope: Scope) -> Mapping[str, Instance | None]:
    names: dict[str, Instance | None] = {}
    symbols: dict[str, Instance | None] = {}
    section = find(scope.raw, "resources")
    place = scope.source.at("resources" if section is None else section[0])
    for key, raw in entries(None if section is None else section[1]):
        type = find(raw, "type") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or type is None or str(type[1]).lower() != DEPLOYMENTS:
            continue
        for turn in turns(Instance(raw, place.at(key), Frame(scope), DEPLOYMENTS, str(key), scope.target)):
            name = turn.name().lower()
            names[name] = None if name in names else turn
            if not turn.label.isdigit():
                symbols[turn.symbol.lower()] = turn
    return names | symbols
