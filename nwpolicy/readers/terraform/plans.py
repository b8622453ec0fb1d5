"""Plans and states that `terraform show -json` prints, and the file `terraform.tfstate` itself.

A plan is two sets of definitions: those before it is applied, and those after. Before are the values of the prior
state, after are the planned ones, with what only the apply can tell as unknowns.

Source: HashiCorp, "JSON output format" (Terraform internals), format versions 0.2 to 1.x; state file version 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from nwpolicy.model.assembly import Fragment
from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.source import Document, Source
from nwpolicy.readers.terraform.configured import Configured
from nwpolicy.readers.terraform.definitions import definitions
from nwpolicy.readers.terraform.instances import Instance
from nwpolicy.readers.terraform.plannedvalues import Values
from nwpolicy.readers.terraform.wanted import passed_over
from nwpolicy.readers.tree import Raw

__all__ = ["Side", "read_plan", "read_state"]

Side: TypeAlias = Literal["before", "after"]

_STATE_VERSION: Final = 4


def read_plan(raw: Raw, document: Document, side: Side = "after") -> Fragment:
    """The definitions before or after a plan is applied."""
    root = document.root()
    plan = raw if isinstance(raw, dict) else {}
    base = ("planned_values",) if side == "after" else ("prior_state", "values")
    found = {instance.address: instance for instance in _values(_at(plan, *base), root.at(*base))}
    for address, instance in _changes(plan, root, side):
        found.pop(address, None)
        if instance is not None:
            found[address] = instance
    instances = Configured.of(plan, found).settled() if side == "after" else tuple(found.values())
    return _fragment(instances, document)


def read_state(raw: Raw, document: Document) -> Fragment:
    """The definitions that are deployed, as Terraform knows them."""
    state = raw if isinstance(raw, dict) else {}
    root = document.root()
    if "format_version" in state:
        return _fragment(_values(state.get("values"), root.at("values")), document)
    if state.get("version") != _STATE_VERSION:
        message = f"state files of version {state.get('version')} are not read"
        help = f"Terraform 0.12 and later write version {_STATE_VERSION}"
        return Fragment(diagnostics=(Diagnostic.error("unsupported-version", message, root.at("version"), help),))
    return _fragment(_file(state, root), document)


def _fragment(instances: Iterable[Instance], document: Document) -> Fragment:
    diagnostics: list[Diagnostic] = []
    found = [*instances]
    resources = definitions(found, diagnostics)
    if not resources and not diagnostics:
        message = "this holds nothing that filters or routes traffic"
        diagnostics.append(Diagnostic.note("empty-export", message, document.root()))
    left = tuple(one for instance in found if (one := passed_over(instance)) is not None)
    return Fragment(resources, tuple(diagnostics), passed_over=left)


def _values(state: Raw, source: Source) -> Iterator[Instance]:
    """The managed resources of all modules."""
    pending = [(_at(state, "root_module"), source.at("root_module"))]
    while pending:
        module, place = pending.pop(0)
        for index, entry in enumerate(_list(_at(module, "resources"))):
            below = place.at("resources", index)
            if _at(entry, "mode") == "managed":
                yield _instance(
                    entry, below, Values(_at(entry, "values"), None, _at(entry, "sensitive_values"), ""), "values"
                )
        pending += (
            (child, place.at("child_modules", index)) for index, child in enumerate(_list(_at(module, "child_modules")))
        )


def _changes(plan: Mapping[str, Raw], root: Source, side: Side) -> Iterator[tuple[str, Instance | None]]:
    """What the plan says of each resource: None where there is none on this side."""
    for index, entry in enumerate(_list(plan.get("resource_changes"))):
        change = _at(entry, "change")
        if _at(entry, "mode") != "managed" or _at(entry, "deposed") is not None or not isinstance(change, dict):
            continue
        if change.get(side) is None:
            yield str(_at(entry, "address")), None
            continue
        unknown = change.get("after_unknown") if side == "after" else None
        values = Values(change.get(side), unknown, change.get(f"{side}_sensitive"), "")
        place = root.at("resource_changes", index)
        yield str(_at(entry, "address")), _instance(entry, place, values, "change", side)


def _instance(entry: Raw, source: Source, values: Values, *route: str) -> Instance:
    address = str(_at(entry, "address"))
    named = Values(values.raw, values.unknown, values.secret, address)
    return Instance(address, str(_at(entry, "type")), named.node(source.at(*route)), source)


def _file(state: Mapping[str, Raw], root: Source) -> Iterator[Instance]:
    for number, entry in enumerate(_list(state.get("resources"))):
        if _at(entry, "mode") != "managed":
            continue
        module = _at(entry, "module")
        base = f"{module}." if isinstance(module, str) else ""
        type = str(_at(entry, "type"))
        for index, instance in enumerate(_list(_at(entry, "instances"))):
            if _at(instance, "deposed") is not None:
                continue
            address = f"{base}{type}.{_at(entry, 'name')}{_key(_at(instance, 'index_key'))}"
            place = root.at("resources", number, "instances", index)
            values = Values(_at(instance, "attributes"), None, _sensitive(instance), address)
            yield Instance(address, type, values.node(place.at("attributes")), place)


def _sensitive(instance: Raw) -> Raw:
    """The paths of sensitive values as an object of marks; only whole attributes are told apart."""
    marks: dict[str, Raw] = {}
    for path in _list(_at(instance, "sensitive_attributes")):
        first = path[0] if isinstance(path, list) and path else path
        name = _at(first, "value")
        if isinstance(name, str):
            marks[name] = True
    return marks


def _key(index: Raw) -> str:
    if index is None:
        return ""
    return f'["{index}"]' if isinstance(index, str) else f"[{index}]"


def _at(raw: Raw, *keys: str) -> Raw:
    for key in keys:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def _list(raw: Raw) -> list[Raw]:
    return raw if isinstance(raw, list) else []
