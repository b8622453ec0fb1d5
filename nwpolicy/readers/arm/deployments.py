"""Deployments within a template: what they deploy, where to, and what their templates see.

Source: Microsoft Learn, "Use linked and nested templates when deploying Azure resources".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from nwpolicy.model.diagnostics import Diagnostic, InputError
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Source
from nwpolicy.readers.arm.frames import Frame, Passed, Scope, Target
from nwpolicy.readers.arm.instances import Deployed, Instance
from nwpolicy.readers.arm.values import find, shown_text
from nwpolicy.readers.recognise import is_template
from nwpolicy.readers.tree import Raw

__all__ = ["deployed", "target_of"]

_OWN_ADDRESS: Final = "deployment().properties.templateLink.uri"
#: What is wrong with a link that leads to nothing that can be read here.
_ABSENT: Final = frozenset({"file-not-found", "outside-root"})


def target_of(raw: Mapping[str, Raw], around: Target) -> Target:
    """A template for a subscription has no resource group, one for a tenant or a management group neither."""
    schema = raw.get("$schema")
    written = str(schema).rstrip("#").lower().rpartition("/")[2]
    if written.startswith("subscription"):
        return Target(around.subscription, "")
    if written.startswith(("managementgroup", "tenant")):
        return Target("", "")
    return around


def deployed(instance: Instance) -> Deployed | None:
    """The template that a deployment deploys; None, which is said, where it is not known. Each is prepared once: what
    its unknowns are called rests on that."""
    loops = tuple((name, bound.written) for name, bound in instance.frame.loops.items())
    key = (instance.source.document.path, instance.source.route, loops)
    known = instance.frame.scope.deployed
    if key not in known:
        known[key] = _prepared(instance)
    return known[key]


def _prepared(instance: Instance) -> Deployed | None:
    found = instance.member("properties")
    if found is None or not isinstance(found[0], dict):
        instance.frame.reading.error("invalid-resource", "a deployment needs 'properties'", instance.source)
        return None
    return _Deployment(instance, found[0], found[1]).template()


@dataclass(frozen=True, slots=True)
class _Deployment:
    """A deployment, its properties and where they stand."""

    instance: Instance
    properties: Mapping[str, Raw]
    source: Source

    @property
    def frame(self) -> Frame:
        return self.instance.frame

    @property
    def name(self) -> str:
        return self.instance.name()

    def template(self) -> Deployed | None:
        found = find(self.properties, "template")
        if found is None or not isinstance(found[1], dict):
            return self._linked()
        raw, place = found[1], self.source.at(found[0])
        if self._is_apart():
            return self._apart(raw, place, self.frame.scope.trail)
        return Deployed(self.frame, raw, place, target_of(raw, self._target()))

    def _is_apart(self) -> bool:
        """A nested template sees what is around it, unless it says that it is evaluated on its own."""
        options = find(self.properties, "expressionEvaluationOptions")
        return options is not None and isinstance(options[1], dict) and str(options[1].get("scope")).lower() == "inner"

    def _apart(self, raw: Mapping[str, Raw], place: Source, trail: tuple[str, ...]) -> Deployed:
        """A template that is evaluated on its own, with the parameters that it is given."""
        scope = self.frame.scope
        target = target_of(raw, self._target())
        label = scope.reading.label(scope.named(self.instance.symbol))
        linked = find(self.properties, "parametersLink")
        unread = None if linked is None else f"the parameters of the deployment {self.name} are in a file elsewhere"
        own = Scope(scope.reading, raw, place, target, label, self._passed(), unread, trail)
        return Deployed(Frame(own), raw, place, target)

    def _passed(self) -> Mapping[str, Passed]:
        """What the template is given."""
        section = find(self.properties, "parameters")
        if section is None or not isinstance(section[1], dict):
            return {}
        place = self.source.at(section[0])
        return {name: Passed(entry, place.at(name), self.frame) for name, entry in section[1].items()}

    def _target(self) -> Target:
        """A deployment may go to another subscription or resource group than the template that holds it."""
        around = self.instance.target
        number, group = (shown_text(self.instance.value(name)) for name in ("subscriptionId", "resourceGroup"))
        if number is not None and group is None:
            return Target(number, "")
        return Target(number or around.subscription, around.resource_group if group is None else group)

    def _linked(self) -> Deployed | None:
        """The template of another file, with the parameters that it is given."""
        found = self._read()
        if found is None:
            return None
        raw, document = found
        reading, trail = self.frame.reading, self.frame.scope.trail
        if document.path in trail:
            message = f"the deployment {self.name} deploys {document.path}, which it is part of"
            reading.error("cyclic-link", message, self.source)
            return None
        reading.linked.append(document.path)
        own = replace(document, part_of=reading.document.whole)
        return self._apart(raw, own.root(), (*trail, document.path))

    def _read(self) -> tuple[dict[str, Raw], Document] | None:
        """The linked template, if it is a file that can be read."""
        reading, path = self.frame.reading, self._path()
        if path is None or reading.link is None:
            message = f"the deployment {self.name} does not hold its template, what it deploys is not known"
            reading.warning("linked-template", message, self.source)
            return None
        try:
            raw, document = reading.link(self.source.document, path)
        except InputError as error:
            self._say(path, error.diagnostics)
            return None
        if isinstance(raw, dict) and is_template(raw):
            return raw, document
        reading.error("linked-template", f"{path} is no template", self.source)
        return None

    def _say(self, path: str, faults: Sequence[Diagnostic]) -> None:
        """A file that is not here leaves open what is deployed, one that cannot be read is an error."""
        reading = self.frame.reading
        if {fault.code for fault in faults} <= _ABSENT:
            message = f"what the deployment {self.name} deploys is not known: {path}: {faults[0].message}"
            reading.warning("linked-template", message, self.source)
        else:
            reading.diagnostics.extend(faults)

    def _path(self) -> str | None:
        """Where the linked template is, from the template that links it."""
        link = find(self.properties, "templateLink")
        if link is None or not isinstance(link[1], dict):
            return None
        linking = replace(self.instance, raw=link[1], source=self.source.at(link[0]))
        relative = linking.value("relativePath")
        if isinstance(relative, str):
            return relative
        return self._path_in(shown_text(linking.value("uri")) or "")

    def _path_in(self, uri: str) -> str | None:
        """The path of an address that lies beside the template: below `deployment().properties.templateLink.uri`, or
        below what is no address but a folder. An access token may stand behind it."""
        own = f"{{{self.frame.scope.named(_OWN_ADDRESS)}}}/"
        path = uri.removeprefix(own).partition("{")[0].partition("?")[0].lstrip("/")
        return path if path and "://" not in uri else None
