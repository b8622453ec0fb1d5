"""ARM templates to definitions: their resources, with loops, conditions, nested resources and nested deployments.

A template is read as a deployment would run that gives it no parameters. What such a deployment could not know either
is unknown. Only resources that matter to network rules are evaluated.

Source: Microsoft Learn, "Understand the structure and syntax of ARM templates", "Resource iteration in ARM templates",
"Conditional deployment in ARM templates", "Use linked and nested templates", "Set name and type for child resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.arm import resource_ids
from nwpolicy.readers.arm.evaluation import copy_count, evaluated
from nwpolicy.readers.arm.frames import Frame, Passed, Reading, Scope, Target, TooMuchWork
from nwpolicy.readers.arm.nodes import node
from nwpolicy.readers.arm.values import Open, Value, find, kind_of, shown_text
from nwpolicy.readers.resources import read_resource
from nwpolicy.readers.resources.dispatch import is_left_out, is_read
from nwpolicy.readers.tree import Node, Raw

__all__ = ["read"]

_DEPLOYMENTS: Final = "microsoft.resources/deployments"
#: The members of a resource that say something about network rules.
_MEMBERS: Final = ("location", "sku", "kind", "properties")
#: The only part of a type's properties that does.
_ONLY: Final[Mapping[str, str]] = {"microsoft.compute/virtualmachines": "networkprofile"}
#: Deployments within deployments. Azure Resource Manager has no limit of its own but the size.
_MAX_NESTING: Final = 20


def read(raw: Raw, document: Document) -> Fragment:
    """The definitions of a deployment template."""
    reading = Reading(document)
    found: list[Resource] = []
    if not isinstance(raw, dict):
        raise TypeError("not a template")
    scope = Scope(reading, raw, document.root(), _target(raw, Target()))
    try:
        _Template(Frame(scope), raw, scope.source, scope.target).read(found)
    except TooMuchWork:
        message = "the loops and nested expressions of this template take too many steps, it is read in part only"
        reading.error("too-much-work", message, document.root())
    return Fragment(tuple(found), tuple(reading.diagnostics))


def _target(raw: Mapping[str, Raw], around: Target) -> Target:
    """A template for a subscription has no resource group, one for a tenant or a management group neither."""
    schema = raw.get("$schema")
    written = str(schema).rstrip("#").lower().rpartition("/")[2]
    if written.startswith("subscription"):
        return Target(around.subscription, "")
    if written.startswith(("managementgroup", "tenant")):
        return Target("", "")
    return around


@dataclass(frozen=True, slots=True)
class _Parent:
    """The resource in whose `resources` another one stands."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class _Instance:
    """A resource as written, at one turn of its loop. `condition` decides whether it exists, where that is unknown."""

    raw: Mapping[str, Raw]
    source: Source
    frame: Frame
    type: str
    label: str
    condition: Unknown | None
    parent: _Parent | None
    target: Target

    def member(self, name: str) -> tuple[Raw, Source] | None:
        found = find(self.raw, name)
        return None if found is None else (found[1], self.source.at(found[0]))

    def value(self, name: str) -> Value:
        found = self.member(name)
        return None if found is None else evaluated(*found, self.frame)

    def name(self) -> str:
        """The path of names; what is not known of it stands in braces."""
        text = shown_text(self.value("name")) or ""
        if self.parent is None or text.count("/") == self.type.count("/") - 1:
            return text
        return f"{self.parent.name}/{text}"


@dataclass(frozen=True, slots=True)
class _Template:
    """The resources of one template, evaluated in `frame` and deployed to `target`. `condition` is that of the
    deployment."""

    frame: Frame
    raw: Mapping[str, Raw]
    source: Source
    target: Target
    condition: Unknown | None = None
    depth: int = 0

    @property
    def reading(self) -> Reading:
        return self.frame.reading

    def read(self, found: list[Resource]) -> None:
        section = find(self.raw, "resources")
        if section is not None:
            self._read_all(section[1], self.source.at(section[0]), self.frame, None, found)

    def _read_all(
        self, resources: Raw, source: Source, frame: Frame, parent: _Parent | None, found: list[Resource]
    ) -> None:
        if not isinstance(resources, dict | list):
            self.reading.error("invalid-resource", "resources stand in an array or an object", source)
        for key, raw in _entries(resources):
            place = source.at(key)
            self.reading.spend()
            if not isinstance(raw, dict):
                self.reading.error("invalid-resource", "a resource is an object", place)
                continue
            written = find(raw, "type")
            if written is None or not isinstance(written[1], str):
                self.reading.error("invalid-resource", "a resource needs a 'type'", place)
                continue
            type = written[1]
            if parent is not None and not type.lower().startswith(f"{parent.type.lower()}/"):
                type = f"{parent.type}/{type}" if "." not in type.partition("/")[0] else type
            if _matters(type, raw):
                self._read_copies(raw, place, frame, type, str(key), parent, found)

    def _read_copies(
        self,
        raw: Mapping[str, Raw],
        source: Source,
        frame: Frame,
        type: str,
        key: str,
        parent: _Parent | None,
        found: list[Resource],
    ) -> None:
        for copy, exists in self._copies(raw, source, frame):
            instance = _Instance(raw, source, copy, type, key, _both(self.condition, exists), parent, self.target)
            self._read_instance(instance, found)

    def _copies(self, raw: Mapping[str, Raw], source: Source, frame: Frame) -> Iterator[tuple[Frame, Unknown | None]]:
        """The turns of a resource's loop. Of a loop whose number of turns is not known, one turn that may not be."""
        loop = find(raw, "copy")
        if loop is None:
            yield frame, None
            return
        place = source.at(loop[0])
        if not isinstance(loop[1], dict) or not isinstance(loop[1].get("name"), str):
            self.reading.error("invalid-copy", "a loop needs 'name' and 'count'", place)
            return
        name = str(loop[1]["name"])
        count = copy_count(loop[1], place, frame)
        if isinstance(count, int):
            for index in range(count):
                yield frame.in_loop(name, index, str(index), resource=True), None
            return
        message = f"how many copies there are depends on {count.name}, which is not known; one stands for all of them"
        self.reading.warning("unknown-count", message, place)
        turn = Open(frame.scope.named(f"copyIndex('{name}')"), count.reason, count.source)
        exists = Unknown(
            f"{name} exists", UnknownKind.CONDITION, count.reason, count.source, count.source.document.path
        )
        yield frame.in_loop(name, turn, turn.name, resource=True), exists

    def _read_instance(self, instance: _Instance, found: list[Resource]) -> None:
        exists = self._exists(instance)
        if exists is not False and instance.raw.get("existing") is not True:
            condition = instance.condition if exists is True else _both(instance.condition, exists)
            if instance.type.lower() == _DEPLOYMENTS:
                self._read_deployment(instance, condition, found)
            elif is_read(instance.type) or is_left_out(instance.type):
                whole = _resource_node(instance)
                found += read_resource(whole, self.reading.diagnostics, condition)
        nested = instance.member("resources")
        if nested is not None:
            # A condition does not reach the nested resources: Azure Resource Manager wants it written on each.
            parent = _Parent(instance.type, instance.name())
            self._read_all(*nested, instance.frame, parent, found)

    def _exists(self, instance: _Instance) -> bool | Unknown:
        """What the condition says."""
        value = instance.value("condition")
        match value:
            case None:
                return True
            case bool():
                return value
            case str() if value.lower() in {"true", "false"}:
                return value.lower() == "true"
            case Open():
                return value.unknown(UnknownKind.CONDITION)
            case _:
                pass
        place = instance.source.at("condition")
        message = f"a condition is true or false, not {kind_of(value)}"
        self.reading.error("invalid-condition", message, place)
        return Unknown(f"condition of {instance.name()}", UnknownKind.CONDITION, message, place, place.document.path)

    def _read_deployment(self, instance: _Instance, condition: Unknown | None, found: list[Resource]) -> None:
        properties = instance.member("properties")
        if properties is None or not isinstance(properties[0], dict):
            self.reading.error("invalid-resource", "a deployment needs 'properties'", instance.source)
            return
        raw, source = properties[0], properties[1]
        template = find(raw, "template")
        if template is None or not isinstance(template[1], dict):
            message = f"the deployment {instance.name()} does not hold its template, what it deploys is not known"
            self.reading.warning("linked-template", message, source)
            return
        if self.depth >= _MAX_NESTING:
            self.reading.error("too-deep", f"deployments are nested more than {_MAX_NESTING} deep", source)
            return
        place = source.at(template[0])
        frame = self._frame_of(instance, raw, template[1], place)
        target = _target(template[1], _nested_target(instance))
        _Template(frame, template[1], place, target, condition, self.depth + 1).read(found)

    def _frame_of(
        self, instance: _Instance, properties: Mapping[str, Raw], template: Mapping[str, Raw], place: Source
    ) -> Frame:
        """A nested template sees what is around it, unless it says that it is evaluated on its own."""
        options = find(properties, "expressionEvaluationOptions")
        inner = options is not None and isinstance(options[1], dict) and str(options[1].get("scope")).lower() == "inner"
        if not inner:
            return instance.frame
        target = _target(template, _nested_target(instance))
        label = self.reading.label(self.frame.scope.named(_label(instance)))
        passed = _passed(properties, Source(place.document, place.route[:-1]), instance.frame)
        return Frame(Scope(self.reading, template, place, target, label, passed))


def _entries(resources: Raw) -> list[tuple[str | int, Raw]]:
    """Resources in an array, or by symbolic name in an object (language version 2.0)."""
    if isinstance(resources, dict):
        return [*resources.items()]
    return [*enumerate(resources)] if isinstance(resources, list) else []


def _matters(type: str, raw: Mapping[str, Raw]) -> bool:
    return type.lower() == _DEPLOYMENTS or is_read(type) or is_left_out(type) or find(raw, "resources") is not None


def _both(one: Unknown | None, other: Unknown | None) -> Unknown | None:
    """Something exists only if both conditions hold."""
    if one is None or other is None or one == other:
        return one or other
    return Unknown(f"{one.name} and {other.name}", UnknownKind.CONDITION, one.reason, one.source, one.scope)


def _resource_node(instance: _Instance) -> Node:
    name = instance.member("name")
    members: dict[str, Node] = {
        "type": Node(instance.type, instance.source.at("type")),
        "name": Node(instance.name(), instance.source if name is None else name[1]),
    }
    identity = _identity(instance)
    if identity is not None:
        members["id"] = Node(identity, instance.source)
    for key in _MEMBERS if is_read(instance.type) else ():
        found = instance.member(key)
        if found is not None:
            raw = _narrowed(instance.type, *found)
            members[key] = node(evaluated(raw, found[1], instance.frame), found[1], instance.frame.reading, key)
    return Node(members, instance.source)


def _identity(instance: _Instance) -> str | None:
    """The id, where a deployment says to which resource group it goes."""
    group, names = instance.target.resource_group, instance.name().split("/")
    if not group or "{" in group or len(names) != instance.type.count("/"):
        return None
    return resource_ids.resource_group(instance.target)["id"] + resource_ids.path(instance.type, names)


def _narrowed(type: str, raw: Raw, source: Source) -> Raw:
    only = _ONLY.get(type.lower())
    if only is None or not isinstance(raw, dict) or source.route[-1] != "properties":
        return raw
    return {key: value for key, value in raw.items() if key.lower() == only}


def _nested_target(instance: _Instance) -> Target:
    """A deployment may go to another subscription or resource group than the template that holds it."""
    around = instance.target
    number, group = (shown_text(instance.value(name)) for name in ("subscriptionId", "resourceGroup"))
    if number is not None and group is None:
        return Target(number, "")
    return Target(number or around.subscription, around.resource_group if group is None else group)


def _label(instance: _Instance) -> str:
    """What an unknown of the nested template is told by: a symbolic name, else the deployment's own."""
    base = instance.name() if instance.label.isdigit() else instance.label
    turn = instance.frame.loops.get(instance.frame.loop or "")
    return f"{base}[{turn.written}]" if turn is not None and not instance.label.isdigit() else base


def _passed(properties: Mapping[str, Raw], source: Source, frame: Frame) -> Mapping[str, Passed]:
    """What a deployment gives its template."""
    section = find(properties, "parameters")
    if section is None or not isinstance(section[1], dict):
        return {}
    return {name: Passed(entry, source.at(section[0], name), frame) for name, entry in section[1].items()}
