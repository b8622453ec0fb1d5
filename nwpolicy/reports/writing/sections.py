"""Whole definitions files, as plain values: resources, assertions, service tags, exports, what unknowns may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from nwpolicy.model.assertions import Assertion, AssertionException, Environment, Expectation, Statement
from nwpolicy.model.domains import limits, options
from nwpolicy.model.resource import Reference, Resource
from nwpolicy.model.routes import EffectiveRoutes
from nwpolicy.model.rules import EffectiveAdminRules, EffectiveSecurityGroups
from nwpolicy.model.tags import ServiceTagCatalogue
from nwpolicy.model.unknowns import Unknown, unknowns_in
from nwpolicy.reports.jsonform import camel
from nwpolicy.reports.writing.effective import EXPORTS, export_form
from nwpolicy.reports.writing.form import HANDLED, Form, value_form, values_form, written

__all__ = ["sections"]

#: The keys of an assertion that are not those of its fields.
_STATED: Final = {
    "sources": "source",
    "destinations": "destination",
    "destination_port_ranges": "destinationPortRange",
    "next_hop_ip_addresses": "nextHopIpAddress",
}
#: What an end of an assertion may name, by the type of the reference.
_ENDS: Final = {
    "applicationSecurityGroups": "applicationSecurityGroup",
    "networkGroups": "networkGroup",
    "virtualNetworks": "virtualNetwork",
    "subnets": "subnet",
    "networkInterfaces": "networkInterface",
    "virtualMachines": "virtualMachine",
    "privateEndpoints": "privateEndpoint",
    "networkSecurityGroups": "networkSecurityGroup",
}


def sections(resources: Iterable[Resource]) -> dict[str, Form]:
    """All definitions by their sections. Raises NotWritable."""
    found: dict[str, Any] = {}
    for resource in resources:
        for unknown in unknowns_in(resource):
            if domain := _domain(unknown):
                found.setdefault("unknowns", {})[unknown.name] = domain
        match resource:
            case ServiceTagCatalogue():
                tags = {entry.name: list(entry.address_prefixes) for entry in resource.tags.values()}
                found.setdefault("serviceTags", {}).update(tags)
            case Environment():
                found.setdefault("environments", {})[resource.name] = _environment(resource)
            case Assertion():
                found.setdefault("assertions", []).append(_statement(resource, "name"))
            case Expectation():
                found.setdefault("expectations", []).append(_statement(resource, "name"))
            case AssertionException():
                found.setdefault("exceptions", []).append(_statement(resource, "assertion"))
            case EffectiveSecurityGroups() | EffectiveAdminRules() | EffectiveRoutes():
                found.setdefault(EXPORTS[resource.type], []).append(export_form(resource))
            case _:
                found.setdefault(resource.type, []).append(written(resource))
    return found


def _domain(unknown: Unknown) -> dict[str, Form]:
    """What an unknown may be, as far as that says something about what it ranges over."""
    if options(unknown) is not None and unknown.domain is not None:
        return {"allowedValues": list(unknown.domain.allowed)}
    within = limits(unknown)
    return {} if within is None else {"minValue": within[0], "maxValue": within[1]}


def _statement(said: Statement, key: str) -> Form:
    """An assertion, and what is like one."""
    body: dict[str, Form] = {key: said.name}
    if said.condition is not None:
        body["condition"] = said.condition
    for item in fields(said):
        value = getattr(said, item.name)
        if item.name not in HANDLED and value is not None and value != item.default:
            body[_STATED.get(item.name) or camel(item.name)] = _one_or_list(value)
    return body


def _one_or_list(value: Any) -> Form:
    if not isinstance(value, tuple):
        return value_form(value)
    found = [text for element in value for text in _end(element)]
    return found[0] if len(found) == 1 else found


def _end(term: Any) -> tuple[Form, ...]:
    return ({_ENDS[term.type]: term.target},) if isinstance(term, Reference) else values_form(term)


def _environment(environment: Environment) -> Form:
    return {given.name: _one_or_list(given.values) for given in environment.values}
