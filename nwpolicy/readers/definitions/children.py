"""Children that stand on their own, as Azure Resource Manager has them: by full types and paths of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from nwpolicy.model.unknowns import Unknown
from nwpolicy.readers.tree import Node

__all__ = ["is_existing", "mentions_existing", "parted", "unsaid_of_existing"]

#: The properties that hold children, which are also the last segments of the children's types.
_CHILDREN: Final = (
    *("securityRules", "subnets", "virtualNetworkPeerings", "routes"),
    *("networkGroups", "staticMembers"),
    *("securityAdminConfigurations", "connectivityConfigurations", "routingConfigurations", "ruleCollections", "rules"),
)


def parted(node: Node, apart: Callable[[str, Node], bool]) -> Iterator[Node]:
    """A resource without the children that are to stand apart, then each of these. Of an existing resource, which is
    not defined here, there are only the children."""
    properties = node.get("properties")
    members = dict(properties.items()) if properties is not None else {}
    loose: list[Node] = []
    for key in (key for key in _CHILDREN if key in members):
        children = members[key].elements()
        gone = [child for child in children if is_existing(node) or apart(key, child)]
        left = tuple(child for child in children if not any(child is other for other in gone))
        loose += (_child(node, key, child) for child in gone if isinstance(child.value, Mapping))
        members[key] = Node(left, members[key].source)
        if not left:
            del members[key]
    if not is_existing(node):
        source = node.source if properties is None else properties.source
        yield Node({**dict(node.items()), "properties": Node(members, source)}, node.source)
    for child in loose:
        yield from parted(child, apart)


def unsaid_of_existing(node: Node) -> Iterator[Node]:
    """What is said of existing resources, here and below, besides what stands in them."""
    properties = node.get("properties")
    for key, found in properties.items() if properties is not None else ():
        children = found.elements() if key in _CHILDREN else ()
        if is_existing(node):
            yield from (child for child in children if isinstance(child.value, Unknown))
            if key not in _CHILDREN:
                yield found
        for child in children:
            yield from unsaid_of_existing(child)


def is_existing(node: Node) -> bool:
    found = node.get("existing")
    return found is not None and found.value is True


def mentions_existing(node: Node) -> bool:
    """Whether this is not defined here, or something that stands in it."""
    properties = node.get("properties")
    inner = () if properties is None else tuple(properties.items())
    return is_existing(node) or any(
        mentions_existing(child) for key, found in inner if key in _CHILDREN for child in found.elements()
    )


def _child(parent: Node, key: str, child: Node) -> Node:
    members = dict(child.items())
    if "properties" not in members:  # a member of a network group, which is all properties
        members = {"properties": child}
    name = members.get("name") or _name_of(members["properties"])
    members["name"] = Node(f"{_text(parent, 'name')}/{name.text or ''}", name.source)
    members["type"] = Node(f"{_text(parent, 'type')}/{key}", child.source)
    full = _text(parent, "id")
    if full and "id" not in members:
        members["id"] = Node(f"{full}/{key}/{name.text or ''}", child.source)
    return Node(members, child.source)


def _name_of(properties: Node) -> Node:
    """A member goes by the name of what it makes a member."""
    found = properties.get("resourceId")
    text = "" if found is None else found.text or "member"
    return Node(text.rstrip("/").rpartition("/")[2], properties.source)


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return "" if found is None else found.text or ""
