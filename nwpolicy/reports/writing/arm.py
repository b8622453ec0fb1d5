"""Definitions as an ARM template that can be deployed to a resource group.

Source: Microsoft Learn, "Understand the structure and syntax of ARM templates", "Set name and type for child
resources", "Define the order for deploying resources in ARM templates".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from nwpolicy.model.opennames import pieces
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown, UnknownKind
from nwpolicy.readers.tree import Node
from nwpolicy.reports.jsonform import dumps
from nwpolicy.reports.writing.azure import Deployed, FullNames, Named, Tree, deployed
from nwpolicy.reports.writing.deployment import Deployment
from nwpolicy.reports.writing.identifiers import Identifiers
from nwpolicy.reports.writing.unknowns import Parameter, Parameters

__all__ = ["ALWAYS_APART", "API_VERSIONS", "LOCATION", "OBJECTS", "arm_template", "is_apart", "is_list", "scope_names"]

_SCHEMA: Final = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
API_VERSIONS: Final[Mapping[str, str]] = {"Microsoft.Network": "2025-01-01", "Microsoft.Compute": "2024-11-01"}
#: Children that have no place in what they belong to.
ALWAYS_APART: Final = frozenset(
    {
        *("virtualNetworkPeerings", "networkGroups", "staticMembers", "ruleCollections", "rules"),
        *("securityAdminConfigurations", "connectivityConfigurations", "routingConfigurations"),
    }
)
#: Arrays of objects of which one may not be known.
OBJECTS: Final = frozenset({"frontendIPConfigurations"})
#: The parameter for the region of what is not said to be in any.
LOCATION: Final = "location"


def arm_template(resources: Iterable[Resource], names: FullNames, home: str) -> tuple[str, Parameters]:
    """The template, and the parameters for what is not known. Raises NotWritable."""
    writer = _Template(Deployment(deployed(resources, is_apart, names), home))
    return writer.text(), writer.parameters


def is_apart(key: str, child: Node) -> bool:
    """Whether a child is a resource of its own; those with a condition are."""
    if isinstance(child.value, Unknown):
        return False
    return key in ALWAYS_APART or child.get("condition") is not None


def is_list(element: Tree, key: str) -> bool:
    """Whether what is not known stands for any number of elements of an array."""
    return isinstance(element, Unknown) and (element.kind is UnknownKind.RULES or key == "appliesToGroups")


def scope_names(scope: str) -> tuple[str, str] | None:
    """The subscription and the resource group of a scope, empty if not known; None for any other scope."""
    parts = scope.strip("/").split("/")
    if [part.lower() for part in parts[::2]] != ["subscriptions", "resourcegroups"]:
        return None
    return ("" if parts[1] == "{subscription}" else parts[1]), parts[3]


class _Template:
    def __init__(self, deployment: Deployment) -> None:
        self.parameters = Parameters(Identifiers((LOCATION,)))
        self._deployment = deployment
        self._variables: dict[str, Any] = {}
        self._has_location = False

    def text(self) -> str:
        resources = [self._resource(one) for one in self._deployment.resources]
        parameters = {one.name: _parameter(one) for one in self.parameters}
        if self._has_location:
            described = {"metadata": {"description": "region of resources that are not said to be in another one"}}
            default = {"type": "string", "defaultValue": "[resourceGroup().location]"}
            parameters = {LOCATION: {**default, **described}, **parameters}
        template = {
            "$schema": _SCHEMA,
            "contentVersion": "1.0.0.0",
            **({"parameters": parameters} if parameters else {}),
            **({"variables": self._variables} if self._variables else {}),
            "resources": resources,
        }
        return f"{dumps(template, indent=2)}\n"

    def _resource(self, one: Deployed) -> dict[str, Any]:
        written: dict[str, Any] = {} if one.condition is None else {"condition": self._value(one.condition, "")}
        written |= {
            "type": one.type,
            "apiVersion": API_VERSIONS[one.type.partition("/")[0]],
            "name": self._text("/".join(one.names)),
        }
        if len(one.names) == 1:
            self._has_location |= one.location is None
            written["location"] = _literal(one.location) if one.location else f"[parameters('{LOCATION}')]"
        needs = [f"[{self._id(other.type, other.names)}]" for other in self._deployment.needs(one)]
        if needs:
            written["dependsOn"] = needs
        written |= {key: self._value(value, key) for key, value in one.beside.items()}
        return {**written, "properties": self._value(one.properties, one.names[-1])}

    def _value(self, tree: Tree, key: str) -> Any:
        match tree:
            case Unknown():
                return f"[parameters('{self.parameters.of(tree).name}')]"
            case Named():
                return f"[{self._named(tree)}]"
            case Mapping():
                return {name: self._value(child, name) for name, child in tree.items()}
            case list():
                return self._array(tree, key)
            case str():
                return self._text(tree) if key == "name" else _literal(tree)
            case _:
                return tree

    def _array(self, elements: list[Tree], key: str) -> Any:
        known = [self._element(one, key) for one in elements if not is_list(one, key)]
        lists = [one for one in elements if is_list(one, key)]
        if not lists:
            return known
        parts = [f"parameters('{self.parameters.of(one, 'array').name}')" for one in lists]
        if known or len(parts) > 1:
            parts.insert(0, f"variables('{self._variable(key, known)}')" if known else "createArray()")
        return f"[{parts[0]}]" if len(parts) == 1 else f"[concat({', '.join(parts)})]"

    def _element(self, element: Tree, key: str) -> Any:
        """Where elements are objects, one that is not known is an object, too."""
        if isinstance(element, Unknown) and key in OBJECTS:
            return f"[parameters('{self.parameters.of(element, 'object').name}')]"
        return self._value(element, key)

    def _variable(self, key: str, value: Any) -> str:
        name = key if not self._variables else f"{key}{len(self._variables) + 1}"
        self._variables[name] = value
        return name

    def _text(self, text: str) -> str:
        """A text in which pieces are not known."""
        if not any(is_open for _, is_open in pieces(text)):
            return _literal(text)
        return f"[{self._expression(text)}]"

    def _expression(self, text: str) -> str:
        parts = [self._piece(piece) if is_open else _quoted(piece) for piece, is_open in pieces(text)]
        return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"

    def _piece(self, name: str) -> str:
        return f"parameters('{self.parameters.piece(name).name}')"

    def _named(self, named: Named) -> str:
        if self._deployment.is_local(named):
            return self._id(named.type, named.names)
        places = scope_names(named.scope)
        if places is None:
            segments = named.type.split("/")
            path = "".join(f"/{kind}/{name}" for kind, name in zip(segments[1:], named.names, strict=True))
            return self._expression(f"{named.scope}/providers/{segments[0]}{path}")
        return self._id(named.type, named.names, [place for place in places if place])

    def _id(self, type: str, names: Sequence[str], places: Sequence[str] = ()) -> str:
        arguments = (*map(self._expression, places), _quoted(type), *map(self._expression, names))
        return f"resourceId({', '.join(arguments)})"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    domain = parameter.domain
    limits: dict[str, Any] = {}
    if domain is not None and domain.allowed:
        limits["allowedValues"] = [int(text) if parameter.type == "int" else text for text in domain.allowed]
    if domain is not None and parameter.type == "int":
        limits |= {"minValue": domain.least} if domain.least is not None else {}
        limits |= {"maxValue": domain.most} if domain.most is not None else {}
    return {"type": parameter.type, **limits, "metadata": {"description": parameter.about}}


def _literal(text: str) -> str:
    """A text in brackets would be an expression."""
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
