"""Type constraints of variables: what values are converted to, and what objects have where nothing is given.

Source: HashiCorp, "Terraform language: Type Constraints", Optional Object Type Attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from nwpolicy.readers.terraform.functions.conversions import tobool, tolist, tonumber, toset, tostring
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.values import EvaluationError, Lazy, Open, SetOf, Value, kind_of

__all__ = ["Default", "converted", "is_text"]

#: The value of a default that a type constraint holds.
Default = Callable[[syntax.Expression], Value]

_SCALARS: Final[Mapping[str, Callable[[Value], Value]]] = {"bool": tobool, "number": tonumber, "string": tostring}
_MAX_ARGUMENTS: Final = 2


def is_text(type: syntax.Expression | None) -> bool:
    """Whether values of the type are strings, so that what is written for one is not looked into."""
    return type is None or (isinstance(type, syntax.Name) and type.text in ("string", "any"))


def converted(value: Value, type: syntax.Expression, default: Default) -> Value:
    """The value as the type has it. Raises EvaluationError where it cannot be converted."""
    if value.data is None or isinstance(value.data, Open | Lazy):
        return value
    match type:
        case syntax.Name() if type.text in _SCALARS:
            return _SCALARS[type.text](value)
        case syntax.Name("list" | "set" | "map"):
            return _container(type.text, value, None, default)
        case syntax.Call("list" | "set" | "map", (inner,)):
            return _container(type.name, value, inner, default)
        case syntax.Call("object", (syntax.Object() as members,)):
            return _object(value, members, default)
        case syntax.Call("tuple", (syntax.Array() as parts,)):
            return _tuple(value, parts, default)
        case syntax.Literal():  # quoted, as before Terraform 0.12
            return value
        case _:
            return value


def _container(kind: str, value: Value, inner: syntax.Expression | None, default: Default) -> Value:
    def element(one: Value) -> Value:
        return one if inner is None else converted(one, inner, default)

    if kind == "map":
        if not isinstance(value.data, Mapping):
            raise EvaluationError(f"expected a map, found {kind_of(value)}")
        return Value({key: element(one) for key, one in value.data.items()}, value.source)
    if not isinstance(value.data, tuple):
        raise EvaluationError(f"expected a list, found {kind_of(value)}")
    made = Value(tuple(map(element, value.data)), value.source)
    return (
        toset(made) if kind == "set" and not isinstance(value.data, SetOf) else tolist(made) if kind == "list" else made
    )


def _tuple(value: Value, parts: syntax.Array, default: Default) -> Value:
    if not isinstance(value.data, tuple) or len(value.data) != len(parts.elements):
        raise EvaluationError(f"expected a list of {len(parts.elements)} elements, found {kind_of(value)}")
    pairs = zip(value.data, parts.elements, strict=True)
    return Value(tuple(converted(one, inner, default) for one, inner in pairs), value.source)


def _object(value: Value, members: syntax.Object, default: Default) -> Value:
    """An attribute that is optional and not given, or null, has its default."""
    if not isinstance(value.data, Mapping):
        raise EvaluationError(f"expected an object, found {kind_of(value)}")
    found: dict[str, Value] = {}
    for item in members.items:
        name = item.key.text if isinstance(item.key, syntax.Name) else str(getattr(item.key, "value", ""))
        type, other, is_optional = _optional(item.value)
        given = value.data.get(name, Value(None, value.source))
        if name not in value.data and not is_optional:
            raise EvaluationError(f"the attribute {name!r} is missing")
        if given.data is None and other is not None:
            given = default(other)
        found[name] = converted(given, type, default)
    return Value(found, value.source)


def _optional(type: syntax.Expression) -> tuple[syntax.Expression, syntax.Expression | None, bool]:
    """The type, the default and whether it is optional."""
    if isinstance(type, syntax.Call) and type.name == "optional" and 0 < len(type.arguments) <= _MAX_ARGUMENTS:
        inner, *default = type.arguments
        return inner, default[0] if default else None, True
    return type, None, False
