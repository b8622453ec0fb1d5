"""Definitions as a configuration of Terraform for the provider `azurerm`, laid out as `terraform fmt` does.

The arguments are those that the reader makes properties of, turned round. Where `azurerm` has no argument for
something, the resource is one of `azapi`, which takes what Azure Resource Manager takes.

Source: registry.terraform.io, hashicorp/azurerm 4 and azure/azapi 2; HashiCorp, Terraform style guide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from nwpolicy.model.opennames import pieces
from nwpolicy.model.records import dataclass
from nwpolicy.model.resource import Resource
from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.terraform.azurerm.shapes import Blocks, Opposite, unshaped
from nwpolicy.readers.terraform.azurerm.types import TYPES, Type
from nwpolicy.readers.tree import Node
from nwpolicy.reports.writing.arm import API_VERSIONS, OBJECTS, is_apart, is_list, scope_names
from nwpolicy.reports.writing.attachments import Attachment, attachments
from nwpolicy.reports.writing.azure import Deployed, FullNames, Named, Tree, deployed
from nwpolicy.reports.writing.deployment import Deployment
from nwpolicy.reports.writing.hcl import Block, Expression, block_text, escaped, inline, quoted
from nwpolicy.reports.writing.identifiers import Identifiers
from nwpolicy.reports.writing.tfhead import providers, variable
from nwpolicy.reports.writing.unknowns import Parameters

__all__ = ["terraform_text"]

_AZAPI: Final = "azapi_resource"
_AZURERM: Final[Mapping[str, tuple[str, Type]]] = {
    type.name: (name, type)
    for name, type in reversed(list(TYPES.items()))
    if name not in ("azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine")
}
_TAKEN: Final = frozenset(
    ("count", "depends_on", "for_each", "lifecycle", "locals", "provider", "providers", "source", "version")
)
_GROUP: Final = "resource_group_name"
_LOCATION: Final = "location"
_OWN: Final = {
    _GROUP: "the resource group of everything that is not said to be elsewhere",
    _LOCATION: "region of resources that are not said to be in another one",
}
_SUBSCRIPTION: Final = "${data.azurerm_subscription.current.subscription_id}"
#: What a rule or route of a list that is not known is made of.
_LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "security_rule": (
        *("name", "description", "priority", "direction", "access", "protocol"),
        *("source_port_range", "source_port_ranges", "destination_port_range", "destination_port_ranges"),
        *("source_address_prefix", "source_address_prefixes"),
        *("destination_address_prefix", "destination_address_prefixes"),
        *("source_application_security_group_ids", "destination_application_security_group_ids"),
    ),
    "route": ("name", "address_prefix", "next_hop_type", "next_hop_in_ip_address"),
}


def terraform_text(resources: Iterable[Resource], names: FullNames, home: str) -> tuple[str, Parameters]:
    """The configuration, and the variables for what is not known. Raises NotWritable."""
    found = tuple(_unmixed(tuple(deployed(resources, _is_apart, names))))
    writer = _Configuration(Deployment(found, home))
    return writer.text(), writer.parameters


def _is_apart(key: str, child: Node) -> bool:
    return is_apart(key, child) or (key == "subnets" and not isinstance(child.value, Unknown))


def _unmixed(resources: Sequence[Deployed]) -> Iterator[Deployed]:
    """Rules and routes are either all blocks of what they belong to or all resources of their own."""
    apart = {(one.parent_key, one.type.rpartition("/")[2]) for one in resources}
    for one in resources:
        moved = [key for key in ("securityRules", "routes") if (one.key, key) in apart and key in one.properties]
        if not moved:
            yield one
            continue
        (key,) = moved
        known = [child for child in one.properties[key] if isinstance(child, dict)]
        left = [child for child in one.properties[key] if not isinstance(child, dict)]
        rest = {name: value for name, value in one.properties.items() if name != key}
        yield replace(one, properties={**rest, key: left} if left else rest)
        for child in known:
            path = (*one.names, str(child["name"]))
            yield Deployed(f"{one.type}/{key}", path, None, None, None, {}, child["properties"], one.source)


@dataclass(frozen=True, slots=True)
class _Address:
    """How other resources name one: its type and name in Terraform, and whether it may be absent."""

    type: str
    name: str
    is_counted: bool

    def attribute(self, name: str) -> str:
        return f"{self.type}.{self.name}{'[0]' * self.is_counted}.{name}"


class _Configuration:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._plain: dict[int, Mapping[str, Any]] = {}
        self._attached: dict[int, tuple[Attachment, ...]] = {}
        self._addresses: dict[int, _Address] = {}
        self._names: defaultdict[str, Identifiers] = defaultdict(Identifiers)
        self._uses_subscription = False
        self._uses_azapi = False
        self.parameters = Parameters(Identifiers(_TAKEN))
        for one in deployment.resources:
            self._settle(one)

    def _settle(self, one: Deployed) -> None:
        """Decides which provider's resource this is, and what it is called."""
        type = _AZAPI
        if one.type in _AZURERM:
            try:
                rest, attached = attachments(one)
                self._plain[id(one)] = _checked(unshaped(rest, _AZURERM[one.type][1].shape))
                self._attached[id(one)] = attached
                type = _AZURERM[one.type][0]
            except (KeyError, TypeError, AttributeError):
                self._uses_azapi = True
        self._addresses[id(one)] = _Address(
            type, self._names[type].like("_".join(one.names)), one.condition is not None
        )

    def text(self) -> str:
        resources = [block for one in self._deployment.resources for block in self._blocks(one)]
        variables = [variable(parameter) for parameter in self.parameters]
        head = [providers(self._uses_azapi)]
        if self._uses_subscription:
            head.append(Block("data", ("azurerm_subscription", "current")))
        return "\n".join(block_text(block) for block in (head[0], *variables, *head[1:], *resources))

    def _blocks(self, one: Deployed) -> Iterator[Block]:
        address = self._addresses[id(one)]
        if address.type == _AZAPI:
            yield Block("resource", (_AZAPI, address.name), {**self._counted(one), **self._azapi(one)})
            return
        arguments, blocks = self._parts(self._plain[id(one)], one)
        head = {**self._counted(one), **self._placed(one), **self._beside(one)}
        yield Block("resource", (address.type, address.name), {**head, **arguments}, blocks)
        for attachment in self._attached[id(one)]:
            yield self._attachment(one, attachment)

    def _counted(self, one: Deployed) -> dict[str, Any]:
        if one.condition is None:
            return {}
        return {"count": Expression(f"var.{self.parameters.of(one.condition).name} ? 1 : 0")}

    def _placed(self, one: Deployed) -> dict[str, Any]:
        """The name of a resource, and where it stands."""
        type = _AZURERM[one.type][1]
        placed: dict[str, Any] = {"name": self._text(one.names[-1])}
        if type.parent is not None:
            return {**placed, type.parent: self._id(Named(one.type.rpartition("/")[0], one.names[:-1]), one)}
        for argument, depth in zip(type.outer, range(1, len(one.names)), strict=True):
            placed[argument] = self._name_of(one, depth)
        placed[_GROUP] = self._group(one)
        if not type.outer:
            placed[_LOCATION] = self._region(one)
        return placed

    def _name_of(self, one: Deployed, depth: int) -> Any:
        """The name of what a resource stands in."""
        parent = self._deployment.parent(one)
        if parent is None:
            return self._text(one.names[depth - 1])
        return Expression(self._addresses[id(parent)].attribute("name"))

    def _group(self, one: Deployed) -> Any:
        parent = self._deployment.parent(one)
        places = scope_names(_scope(parent.id if parent is not None and one.id is None else one.id))
        if places is None or places[1] == "{resourceGroup}":
            return Expression(f"var.{self._own(_GROUP)}")
        return self._text(places[1])

    def _region(self, one: Deployed) -> Any:
        if one.location is not None:
            return one.location
        return Expression(f"var.{self._own(_LOCATION)}")

    def _own(self, name: str) -> str:
        """A variable of the configuration itself."""
        return self.parameters.named(name, "string", _OWN[name]).name

    def _beside(self, one: Deployed) -> dict[str, Any]:
        """What the provider wants to be told though Azure has a default for it."""
        sku = one.beside.get("sku", {"name": "Basic"})
        if one.type.endswith("/loadBalancers"):
            return {"sku": self._value(sku["name"], "sku", one)}
        if one.type.endswith("/publicIPAddresses"):
            method = "Dynamic" if sku["name"] == "Basic" else "Static"
            return {"sku": self._value(sku["name"], "sku", one), "allocation_method": method}
        if one.type.endswith("/applicationGateways") and "tags" in one.beside:
            return {"tags": self._value(one.beside["tags"], "tags", one)}
        return {}

    def _parts(self, plain: Mapping[str, Any], one: Deployed) -> tuple[dict[str, Any], tuple[Block, ...]]:
        """The arguments of a resource or block, and the blocks in it."""
        arguments: dict[str, Any] = {}
        blocks: list[Block] = []
        for name, value in plain.items():
            if isinstance(value, Blocks):
                blocks += (self._block(name, inner, one) for inner in value)
            else:
                arguments[name] = self._value(value, name, one)
        return arguments, tuple(blocks)

    def _block(self, name: str, inner: Any, one: Deployed) -> Block:
        if isinstance(inner, Unknown):
            content = {part: Expression(f"lookup({name}.value, {quoted(part)}, null)") for part in _LISTED[name]}
            loop = Expression(f"var.{self.parameters.of(inner, 'array').name}")
            return Block("dynamic", (name,), {"for_each": loop}, (Block("content", (), content),))
        if name == "ip_configuration" and one.type.endswith("/networkInterfaces"):
            method = "Static" if "private_ip_address" in inner else "Dynamic"
            inner = {**inner, "private_ip_address_allocation": method}
        return Block(name, (), *self._parts(inner, one))

    def _attachment(self, one: Deployed, attachment: Attachment) -> Block:
        own, attached = attachment.own, attachment.attached
        target = self._addresses[id(one)]
        arguments = {own: Expression(target.attribute("id"))}
        arguments |= {key: self._value(value, key, None) for key, value in attached.items()}
        label = self._names[attachment.type].like("_".join((target.name, *attachment.label)))
        return Block("resource", (attachment.type, label), {**self._counted(one), **arguments})

    def _azapi(self, one: Deployed) -> dict[str, Any]:
        """A resource in the words of Azure Resource Manager."""
        parent = one.type.rpartition("/")[0]
        above: Any
        if len(one.names) > 1:
            above = self._id(Named(parent, one.names[:-1]), one)
        else:
            self._uses_subscription = True
            group = self._group(one)
            inner = f"${{{group}}}" if isinstance(group, Expression) else escaped(group)
            above = Expression(f'"/subscriptions/{_SUBSCRIPTION}/resourceGroups/{inner}"')
        head = {
            "type": f"{one.type}@{API_VERSIONS[one.type.partition('/')[0]]}",
            "name": self._text(one.names[-1]),
            "parent_id": above,
        }
        if len(one.names) == 1:
            head[_LOCATION] = self._region(one)
        body = {key: self._value(value, key, one) for key, value in one.beside.items()}
        return {**head, "body": {**body, "properties": self._value(dict(one.properties), "properties", one)}}

    def _value(self, tree: Tree, key: str, one: Deployed | None) -> Any:
        match tree:
            case Unknown():
                return Expression(f"var.{self.parameters.of(tree).name}")
            case Opposite():
                return Expression(f"!var.{self.parameters.of(tree.of).name}")
            case Named():
                return self._id(tree, one)
            case Mapping():
                return {name: self._value(child, name, one) for name, child in tree.items()}
            case list():
                return self._array(tree, key, one)
            case str() if key == "name":
                return self._text(tree)
            case _:
                return tree == "True" if key in _FLAGS else tree

    def _array(self, elements: list[Tree], key: str, one: Deployed | None) -> Any:
        known = [self._element(element, key, one) for element in elements if not is_list(element, key)]
        lists = [f"var.{self.parameters.of(each, 'array').name}" for each in elements if is_list(each, key)]
        if not lists:
            return known
        parts = [inline(known), *lists] if known else lists
        return Expression(parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})")

    def _element(self, element: Tree, key: str, one: Deployed | None) -> Any:
        """Where elements are objects, one that is not known is an object, too."""
        if isinstance(element, Unknown) and key in OBJECTS:
            return Expression(f"var.{self.parameters.of(element, 'object').name}")
        return self._value(element, key, one)

    def _text(self, text: str) -> Any:
        """A text in which pieces are not known."""
        parts = pieces(text)
        if not any(is_open for _, is_open in parts):
            return text
        if len(parts) == 1:
            return Expression(f"var.{self.parameters.piece(text[1:-1]).name}")
        return Expression(f'"{self._inside(text)}"')

    def _inside(self, text: str) -> str:
        written = (
            f"${{var.{self.parameters.piece(piece).name}}}" if is_open else escaped(piece)
            for piece, is_open in pieces(text)
        )
        return "".join(written)

    def _id(self, named: Named, one: Deployed | None) -> Expression:
        """The id of a resource that `one` names; None for what nothing names, and so can name anything."""
        found = self._deployment.holder(named)
        if found is not None and (one is None or found[0] in self._deployment.needs(one)):
            holder, steps = found
            reference = self._addresses[id(holder)].attribute("id")
            return Expression(reference) if not steps else Expression(f'"${{{reference}}}{self._path(named, steps)}"')
        scope = self._scope_text(named)
        path = self._path(named, len(named.names))
        provider = f"/providers/{escaped(named.type.partition('/')[0])}"
        return Expression(f'"{scope}{provider}{path}"')

    def _path(self, named: Named, steps: int) -> str:
        inner = zip(named.type.split("/")[-steps:], named.names[-steps:], strict=True)
        return "".join(f"/{kind}/{self._inside(name)}" for kind, name in inner)

    def _scope_text(self, named: Named) -> str:
        """What stands before the provider in an id."""
        places = scope_names(named.scope)
        if places is None and named.scope:
            return self._inside(named.scope)
        subscription, group = places or ("", "{resourceGroup}")
        if not subscription:
            self._uses_subscription = True
        inner = f"${{var.{self._own(_GROUP)}}}" if group == "{resourceGroup}" else self._inside(group)
        return f"/subscriptions/{self._inside(subscription) or _SUBSCRIPTION}/resourceGroups/{inner}"


#: Arguments that are true or false, where Azure has texts.
_FLAGS: Final = frozenset(("global_mesh_enabled", "use_hub_gateway"))


def _checked(plain: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a resource. Raises KeyError where blocks are not known of which nobody knows the arguments."""
    for name, value in plain.items():
        if name not in _LISTED and isinstance(value, Blocks) and any(isinstance(inner, Unknown) for inner in value):
            raise KeyError(name)
    return plain


def _scope(full: str | None) -> str:
    return "" if full is None else full[: full.lower().rfind("/providers/")]
