"""What expressions ask of the resources of their own template: what its deployments give out, names and ids.

The state of a resource is known to Azure only. But a deployment whose template is known gives out what that says, and
what a resource lists under names, such as the subnets of a virtual network, has ids made of them.

Source: Microsoft Learn, "Resource functions for ARM templates" (reference, references), "Outputs in ARM templates",
"Use linked and nested templates when deploying Azure resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from nwpolicy.readers.arm import resource_ids
from nwpolicy.readers.arm.deployments import deployed
from nwpolicy.readers.arm.expressions import Call, Step
from nwpolicy.readers.arm.frames import Frame, Scope
from nwpolicy.readers.arm.functions import Undecided
from nwpolicy.readers.arm.instances import Instance, deployments, entries, turns
from nwpolicy.readers.arm.lookups import once
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, find, first_open, shown_text

if TYPE_CHECKING:
    from nwpolicy.readers.arm.evaluation import Evaluation

__all__ = ["known_steps", "references", "resource_info"]

#: `.outputs.name.value`, `.subnets[0].id`
_STEPS: Final = 3
_PROVIDER: Final = "/providers/microsoft.resources/deployments/"


def known_steps(evaluation: Evaluation, call: Call, steps: Sequence[Step]) -> tuple[Value, int] | None:
    """The value of the first steps into `reference(...)`, and how many they are; None where it is not known here."""
    return _given_out(evaluation, call, steps) or _listed(evaluation, call, steps)


def _given_out(evaluation: Evaluation, call: Call, steps: Sequence[Step]) -> tuple[Value, int] | None:
    """`reference(deployment).outputs.name.value`"""
    keys = [step.key.lower() for step in steps[:_STEPS] if isinstance(step.key, str)]
    if len(keys) != _STEPS or keys[0] != "outputs" or keys[2] != "value" or not call.arguments:
        return None
    instance = _deployment(evaluation, evaluation.value(call.arguments[0]))
    name = steps[1].key
    if instance is None or not isinstance(name, str):
        return None
    try:
        value = _output(evaluation, instance, name)
    except ExpressionError as error:
        raise ExpressionError(f"{call.name}: {error.message}", call.start, call.end) from None
    return None if value is None else (value, _STEPS)


def _listed(evaluation: Evaluation, call: Call, steps: Sequence[Step]) -> tuple[Value, int] | None:
    """`reference(network).subnets[0].id`: the id of what a resource of this template lists in its properties. Azure
    gives such lists out in the order in which they were written."""
    keys = [step.key for step in steps[:_STEPS]]
    if len(keys) != _STEPS or not isinstance(keys[0], str) or isinstance(keys[1], str) or keys[2] not in ("id", "name"):
        return None
    index = evaluation.value(keys[1])
    instance = _meant(evaluation.frame.scope, evaluation.value(call.arguments[0])) if call.arguments else None
    name = _listed_name(evaluation, instance, keys[0], index) if instance and isinstance(index, int) else None
    if instance is None or name is None:
        return None
    return name if keys[2] == "name" else _id(evaluation, instance, keys[0], name), _STEPS


def _listed_name(evaluation: Evaluation, instance: Instance, list_name: str, index: int) -> str | None:
    properties = instance.member("properties")
    found = find(properties[0], list_name) if properties is not None and isinstance(properties[0], dict) else None
    if properties is None or found is None:
        return None
    place, key = properties[1].at(found[0]), ("property", f"{instance.symbol}.{found[0]}".lower())
    listed = once(evaluation.frame.scope, key, lambda: evaluation.json(found[1], place, instance.frame))
    element = listed[index] if isinstance(listed, list) and 0 <= index < len(listed) else None
    name = find(element, "name") if isinstance(element, dict) else None
    return name[1] if name is not None and isinstance(name[1], str) else None


def references(evaluation: Evaluation, call: Call) -> Value:
    """`references('loop')`: the deployments of a loop. Those of other resources are known to Azure only."""
    name = evaluation.value(call.arguments[0]) if call.arguments else None
    found = [] if not isinstance(name, str) else _turns(evaluation.frame.scope, name)
    values = [_outputs(evaluation, instance) for instance in found]
    if not values or None in values:
        return Open(evaluation.written(call), f"only Azure knows the value of {call.name}", evaluation.source)
    return [*values]


def resource_info(evaluation: Evaluation, call: Call) -> Value:
    """`resourceInfo('symbolic name')`: what is known of a resource before it is deployed."""
    name = evaluation.value(call.arguments[0]) if len(call.arguments) == 1 else None
    instance = _resource(evaluation.frame.scope, name) if isinstance(name, str) else None
    if instance is None:
        return evaluation.open(call, first_open([name]))
    info: dict[str, Value] = {"name": instance.value("name"), "type": instance.type, "id": _id(evaluation, instance)}
    version = instance.value("apiVersion")
    return info if version is None else {**info, "apiVersion": version}


def _id(evaluation: Evaluation, instance: Instance, *below: str) -> Value:
    """The id of a resource, or of what it lists `below`: the name of the list and that in the list."""
    type, names = "/".join((instance.type, *below[:1])), [*instance.name().split("/"), *below[1:]]
    written = evaluation.frame.scope.named(".".join((instance.symbol, *below, "id")))
    reason = "it depends on where the template is deployed"
    if instance.member("scope") is not None:
        return Open(written, reason, instance.source, is_named=True, is_set=True)
    try:
        return resource_ids.in_resource_group(instance.target, [type, *names])
    except Undecided as undecided:
        return Open(written, reason, instance.source, undecided.text, is_named=True, is_set=True)


def _deployment(evaluation: Evaluation, meant: Value) -> Instance | None:
    """The deployment of this template that a symbolic name, a name or an id means."""
    text = (shown_text(meant) or "").lower()
    *_, name = text.rpartition(_PROVIDER) if _PROVIDER in text else ("", text)
    return deployments(evaluation.frame.scope).get(name) if name and "/" not in name else None


def _turns(scope: Scope, name: str) -> list[Instance]:
    found = deployments(scope)
    prefix = f"{name.lower()}["
    return [turn for symbol, turn in found.items() if turn is not None and symbol.startswith(prefix)]


def _output(evaluation: Evaluation, instance: Instance, name: str) -> Value:
    """What a deployment gives out by a name; None where its template is not known or has no such output."""
    template = deployed(instance)
    section = None if template is None else find(template.raw, "outputs")
    if template is None or section is None or not isinstance(section[1], dict):
        return None
    found = find(section[1], name)
    if found is None or not isinstance(found[1], dict):
        raise ExpressionError(f"the deployment {instance.name()} has no output '{name}'")
    place = template.source.at(section[0], found[0])
    scope, frame, definition = template.frame.scope, template.frame, found[1]
    key = (f"output {instance.symbol}", name.lower())
    if "copy" in definition and isinstance(definition["copy"], dict):
        loop = {"name": name, **definition["copy"]}
        return once(scope, key, lambda: evaluation.copies(name, loop, place.at("copy"), frame))
    value = find(definition, "value")
    return None if value is None else once(scope, key, lambda: evaluation.json(value[1], place.at(value[0]), frame))


def _outputs(evaluation: Evaluation, instance: Instance) -> Value:
    """All that a deployment gives out, as `reference` would show it; None where that is not known."""
    template = deployed(instance)
    section = None if template is None else find(template.raw, "outputs")
    if section is None or not isinstance(section[1], dict):
        return None
    return {"outputs": {name: {"value": _output(evaluation, instance, name)} for name in section[1]}}


def _resource(scope: Scope, name: str) -> Instance | None:
    """The resource with a symbolic name, which may be followed by the turn of its loop."""
    base = name.partition("[")[0].lower()
    written = (one for one in _written(scope) if one.label.lower() == base)
    return next((turn for one in written for turn in turns(one) if turn.symbol.lower() == name.lower()), None)


def _meant(scope: Scope, meant: Value) -> Instance | None:
    """The one resource of this template that a symbolic name or an id means."""
    text = (shown_text(meant) or "").lower()
    if "/providers/" not in text:
        return _resource(scope, text)
    wanted = text.rpartition("/providers/")[2]
    found = [one for one in _written(scope) if wanted.startswith(one.type.lower()) and _path(one) == wanted]
    return found[0] if len(found) == 1 else None


def _path(instance: Instance) -> str | None:
    """`microsoft.network/virtualnetworks/name`; None of a loop, which means several, and where names do not fit."""
    names = instance.name().split("/") if instance.member("copy") is None else []
    if len(names) != instance.type.count("/"):
        return None
    return resource_ids.path(instance.type, names).lower().removeprefix("/providers/")


def _written(scope: Scope) -> Iterator[Instance]:
    """The resources of the template, loops as one."""
    section = find(scope.raw, "resources")
    for key, raw in entries(None if section is None else section[1]):
        type = find(raw, "type") if isinstance(raw, dict) else None
        if section is not None and isinstance(raw, dict) and type is not None:
            place = scope.source.at(section[0], key)
            yield Instance(raw, place, Frame(scope), str(type[1]), str(key), scope.target)
