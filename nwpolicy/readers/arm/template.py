"""ARM templates to definitions: their resources, with loops, conditions, nested resources and deployments within them.

A template is read as a deployment would run that gives it no parameters but those that are set. What such a deployment
could not know either is unknown. Only resources that matter to network rules are evaluated.

Source: Microsoft Learn, "Understand the structure and syntax of ARM templates", "Conditional deployment in ARM
templates", "Use linked and nested templates when deploying Azure resources".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.snapshot import PassedOver
from nwpolicy.model.source import Document, Source
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.arm.deployments import deployed, target_of
from nwpolicy.readers.arm.evaluation import evaluated
from nwpolicy.readers.arm.frames import Frame, Inside, Link, Reading, Scope, Target, TooMuchWork, inside_json
from nwpolicy.readers.arm.instances import DEPLOYMENTS, Deployed, Instance, Parent, both, entries, turns
from nwpolicy.readers.arm.nodes import node
from nwpolicy.readers.arm.values import Open, find, kind_of
from nwpolicy.readers.pins import Pins
from nwpolicy.readers.resources import read_resource
from nwpolicy.readers.resources.dispatch import is_left_out, is_read
from nwpolicy.readers.tree import Node, Raw

__all__ = ["read"]

#: The members of a resource that say something about network rules.
_MEMBERS: Final = ("location", "sku", "kind", "properties")
#: What else does, of one type.
_BESIDES: Final[Mapping[str, tuple[str, ...]]] = {"microsoft.network/applicationgateways": ("tags",)}
#: The only part of a type's properties that does.
_ONLY: Final[Mapping[str, str]] = {"microsoft.compute/virtualmachines": "networkprofile"}
#: Deployments within deployments. Azure Resource Manager has no limit of its own but the size.
_MAX_NESTING: Final = 20
#: What it takes to read a deployment once more, whatever it deploys: deployments may deploy what deploys more.
_STEPS_OF_A_DEPLOYMENT: Final = 100


def read(
    raw: Raw,
    document: Document,
    *,
    link: Link | None = None,
    inside: Inside = inside_json,
    pins: Pins | None = None,
) -> Fragment:
    """The definitions of a deployment template, and of those that it links; `pins` are given for its parameters."""
    reading = Reading(document, link, inside, Pins() if pins is None else pins)
    found: list[Resource] = []
    if not isinstance(raw, dict):
        raise TypeError("not a template")
    source, target = document.root(), target_of(raw, Target())
    scope = Scope(reading, raw, source, target, trail=(document.path,))
    reading.pins.know(*scope.section("parameters"))
    try:
        _Template(Deployed(Frame(scope), raw, source, target)).read(found)
    except TooMuchWork:
        message = "the loops and nested expressions of this template take too many steps, it is read in part only"
        reading.error("too-much-work", message, source)
    linked = tuple(dict.fromkeys(reading.linked))
    return Fragment(tuple(found), tuple(reading.diagnostics), linked=linked, passed_over=tuple(reading.passed_over))


@dataclass(frozen=True, slots=True)
class _Template:
    """The resources of one template. `condition` is that of the deployment."""

    deployed: Deployed
    condition: Unknown | None = None
    depth: int = 0

    @property
    def reading(self) -> Reading:
        return self.deployed.frame.reading

    def read(self, found: list[Resource]) -> None:
        section = find(self.deployed.raw, "resources")
        if section is not None:
            self._read_all(section[1], self.deployed.source.at(section[0]), self.deployed.frame, None, found)

    def _read_all(
        self, resources: Raw, source: Source, frame: Frame, parent: Parent | None, found: list[Resource]
    ) -> None:
        if not isinstance(resources, dict | list):
            self.reading.error("invalid-resource", "resources stand in an array or an object", source)
        for key, raw in entries(resources):
            place = source.at(key)
            self.reading.spend()
            if not isinstance(raw, dict):
                self.reading.error("invalid-resource", "a resource is an object", place)
                continue
            type = self._type(raw, place, parent)
            if type is None:
                continue
            if not is_read(type) and type.lower() != DEPLOYMENTS:
                self.reading.passed_over.append(PassedOver(type, place))
            if _matters(type, raw):
                written = Instance(raw, place, frame, type, str(key), self.deployed.target, self.condition, parent)
                for instance in turns(written):
                    self._read_instance(instance, found)

    def _type(self, raw: Mapping[str, Raw], place: Source, parent: Parent | None) -> str | None:
        """The whole type: a nested resource may leave out that of its parent."""
        written = find(raw, "type")
        if written is None or not isinstance(written[1], str):
            self.reading.error("invalid-resource", "a resource needs a 'type'", place)
            return None
        type = written[1]
        if parent is None or type.lower().startswith(f"{parent.type.lower()}/") or "." in type.partition("/")[0]:
            return type
        return f"{parent.type}/{type}"

    def _read_instance(self, instance: Instance, found: list[Resource]) -> None:
        exists = self._exists(instance)
        if exists is not False and instance.raw.get("existing") is not True:
            condition = instance.condition if exists is True else both(instance.condition, exists)
            if instance.type.lower() == DEPLOYMENTS:
                self._read_deployment(instance, condition, found)
            elif is_read(instance.type) or is_left_out(instance.type):
                whole = _resource_node(instance)
                found += read_resource(whole, self.reading.diagnostics, condition)
        nested = instance.member("resources")
        if nested is not None:
            # A condition does not reach the nested resources: Azure Resource Manager wants it written on each.
            parent = Parent(instance.type, instance.name())
            self._read_all(*nested, instance.frame, parent, found)

    def _exists(self, instance: Instance) -> bool | Unknown:
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

    def _read_deployment(self, instance: Instance, condition: Unknown | None, found: list[Resource]) -> None:
        if self.depth >= _MAX_NESTING:
            self.reading.error("too-deep", f"deployments are nested more than {_MAX_NESTING} deep", instance.source)
            return
        self.reading.spend(_STEPS_OF_A_DEPLOYMENT)
        template = deployed(instance)
        if template is not None:
            _Template(template, condition, self.depth + 1).read(found)


def _matters(type: str, raw: Mapping[str, Raw]) -> bool:
    return type.lower() == DEPLOYMENTS or is_read(type) or is_left_out(type) or find(raw, "resources") is not None


def _resource_node(instance: Instance) -> Node:
    name = instance.member("name")
    members: dict[str, Node] = {
        "type": Node(instance.type, instance.source.at("type")),
        "name": Node(instance.name(), instance.source if name is None else name[1]),
    }
    identity = instance.id()
    if identity is not None:
        members["id"] = Node(identity, instance.source)
    read = (*_MEMBERS, *_BESIDES.get(instance.type.lower(), ())) if is_read(instance.type) else ()
    for key in read:
        found = instance.member(key)
        if found is not None:
            raw = _narrowed(instance.type, *found)
            members[key] = node(evaluated(raw, found[1], instance.frame), found[1], instance.frame.reading, key)
    return Node(members, instance.source)


def _narrowed(type: str, raw: Raw, source: Source) -> Raw:
    only = _ONLY.get(type.lower())
    if only is None or not isinstance(raw, dict) or source.route[-1] != "properties":
        return raw
    return {key: value for key, value in raw.items() if key.lower() == only}
