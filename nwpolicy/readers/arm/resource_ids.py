"""Resource ids as template functions make them. What is not known of the deployment stands in braces.

Source: Microsoft Learn, "Resource functions for ARM templates", "Scope functions for ARM templates".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from nwpolicy.readers.arm.frames import Target
from nwpolicy.readers.arm.functions import Undecided
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, kind_of, shown_text

__all__ = [
    "Maker",
    "Place",
    "in_management_group",
    "in_resource_group",
    "in_subscription",
    "in_tenant",
    "of_extension",
    "path",
    "resource_group",
    "subscription",
]

#: An id from the arguments; Undecided, with the text, where a piece is not known.
Maker: TypeAlias = Callable[[Target, Sequence[Value]], str]

#: The members of what describes a place; empty, or with braces in it, where not known.
Place: TypeAlias = Callable[[Target], Mapping[str, str]]

_SUBSCRIPTION: Final = "{subscription}"
_RESOURCE_GROUP: Final = "{resourceGroup}"
_MANAGEMENT_GROUP: Final = "{managementGroup}"


def subscription(target: Target) -> Mapping[str, str]:
    number = target.subscription or _SUBSCRIPTION
    return {"id": f"/subscriptions/{number}", "subscriptionId": number, "tenantId": "{tenant}", "displayName": ""}


def resource_group(target: Target) -> Mapping[str, str]:
    group = target.resource_group or _RESOURCE_GROUP
    return {
        "id": f"/subscriptions/{target.subscription or _SUBSCRIPTION}/resourceGroups/{group}",
        "name": group,
        "type": "Microsoft.Resources/resourceGroups",
        "location": "",
        "tags": "",
        "managedBy": "",
    }


def in_resource_group(target: Target, arguments: Sequence[Value]) -> str:
    """`resourceId([subscription], [resource group], type, name, ...)`; at other scopes there is no resource group."""
    given, path, open_ = _parts(arguments, most=2)
    own_group = _RESOURCE_GROUP if target.resource_group is None else target.resource_group
    group = given[-1] if given else own_group
    number = given[0] if len(given) > 1 else target.subscription
    if number == "" and not given:
        return _decided(path, open_ or "{" in path)
    scope = f"/subscriptions/{number or _SUBSCRIPTION}" + (f"/resourceGroups/{group}" if group else "")
    return _decided(scope + path, open_ or "{" in scope)


def in_subscription(target: Target, arguments: Sequence[Value]) -> str:
    """`subscriptionResourceId([subscription], type, name, ...)`"""
    given, path, open_ = _parts(arguments, most=1)
    number = given[0] if given else target.subscription or _SUBSCRIPTION
    return _decided(f"/subscriptions/{number}{path}", open_ or "{" in number)


def in_tenant(_target: Target, arguments: Sequence[Value]) -> str:
    """`tenantResourceId(type, name, ...)`"""
    _, path, open_ = _parts(arguments, most=0)
    return _decided(path, open_)


def in_management_group(_target: Target, arguments: Sequence[Value]) -> str:
    """`managementGroupResourceId([management group], type, name, ...)`"""
    given, path, open_ = _parts(arguments, most=1)
    group = given[0] if given else _MANAGEMENT_GROUP
    scope = f"/providers/Microsoft.Management/managementGroups/{group}"
    return _decided(scope + path, open_ or "{" in group)


def of_extension(_target: Target, arguments: Sequence[Value]) -> str:
    """`extensionResourceId(base id, type, name, ...)`"""
    base = shown_text(arguments[0]) if arguments else None
    if base is None:
        raise ExpressionError("takes the id of a resource first")
    _, path, open_ = _parts(arguments[1:], most=0)
    return _decided(base + path, open_ or isinstance(arguments[0], Open))


def _decided(text: str, is_open: bool) -> str:
    if is_open:
        raise Undecided(text)
    return text


def _parts(arguments: Sequence[Value], *, most: int) -> tuple[list[str], str, bool]:
    """What stands before the type (`most` arguments at most), `/providers/...`, and whether a piece is not known."""
    texts: list[str] = []
    for argument in arguments:
        text = shown_text(argument)
        if text is None:
            raise ExpressionError(f"does not take {kind_of(argument)}")
        texts.append(text)
    for index, argument in enumerate(arguments[: most + 1]):
        if isinstance(argument, str) and "." in argument and "/" in argument:
            is_open = any(isinstance(piece, Open) for piece in arguments)
            return texts[:index], path(argument, texts[index + 1 :]), is_open
    if any(isinstance(argument, Open) for argument in arguments):
        raise Undecided
    raise ExpressionError("takes a resource type such as Microsoft.Network/virtualNetworks")


def path(type: str, names: Sequence[str]) -> str:
    """What an id has behind its scope."""
    provider, *types = type.strip("/").split("/")
    if len(types) != len(names):
        raise ExpressionError(f"{type} needs {len(types)} name{'s' * (len(types) != 1)}, not {len(names)}")
    steps = (f"/{segment}/{name}" for segment, name in zip(types, names, strict=True))
    return f"/providers/{provider}{''.join(steps)}"
