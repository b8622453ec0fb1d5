"""Types of parameters, as far as they say something about values: what a template has for them.

Source: Microsoft Learn, "Data types in Bicep", "User-defined data types in Bicep", "Parameters in Bicep".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from nwpolicy.readers.bicep import syntax
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.program import Program
from nwpolicy.readers.bicep.symbols import Imported, Namespace, decorated
from nwpolicy.readers.tree import Raw

__all__ = ["definition"]

_PRIMITIVE: Final = frozenset({"string", "int", "bool", "array", "object"})
_SECURE: Final = {"string": "secureString", "object": "secureObject"}
_LIMITS: Final = ("minValue", "maxValue", "minLength", "maxLength")
#: Types that are made of types, which are made of types.
_MAX_DEPTH: Final = 50


def definition(
    type: syntax.Type | None, decorators: Iterable[syntax.Decorator], program: Program, depth: int = 0
) -> dict[str, Raw]:
    """What a template says of a type; little where it is defined elsewhere."""
    if type is None or depth > _MAX_DEPTH:
        return {}
    found = _of_type(type, program, depth + 1)
    decorators = tuple(decorators)
    if decorated(decorators, "secure") is not None:
        found["type"] = _SECURE.get(str(found.get("type")), "secureString")
    allowed = decorated(decorators, "allowed")
    if allowed is not None and allowed.arguments:
        found["allowedValues"] = program.writer.json(allowed.arguments[0]).raw
    for limit in _LIMITS:
        call = decorated(decorators, limit)
        if call is not None and call.arguments:
            found[limit] = program.writer.json(call.arguments[0]).raw
    return found


def _of_type(type: syntax.Type, program: Program, depth: int) -> dict[str, Raw]:
    match type:
        case syntax.TypeName() if type.text in _PRIMITIVE:
            return {"type": type.text}
        case syntax.TypeName() | syntax.TypeProperty() | syntax.TypeIndex():
            found = _resolved(type, program, depth)
            if found is None:
                return {}
            own, member, elsewhere = found
            return definition(own, member, elsewhere, depth)
        case syntax.TypeNullable() if depth <= _MAX_DEPTH:
            return {**_of_type(type.target, program, depth + 1), "nullable": not type.is_set}
        case syntax.TypeLiteral() | syntax.TypeUnion():
            return _choices(type, program, depth)
        case syntax.TypeArray() | syntax.TypeTuple():
            return {"type": "array"}
        case syntax.TypeObject():
            return {"type": "object"}
        case _:
            return {}


def _choices(type: syntax.TypeLiteral | syntax.TypeUnion, program: Program, depth: int) -> dict[str, Raw]:
    """Literals are the values that are allowed; a union of anything else says nothing."""
    members = type.members if isinstance(type, syntax.TypeUnion) else (type,)
    values: list[Raw] = []
    for member in members:
        if isinstance(member, syntax.TypeLiteral):
            values.append(program.writer.json(member.value).raw)
            continue
        inner = _of_type(member, program, depth + 1) if depth < _MAX_DEPTH else {}
        known = inner.get("allowedValues")
        if not isinstance(known, list):
            return {}
        values += [*known, *([None] if inner.get("nullable") is True else [])]
    found: dict[str, Raw] = {"allowedValues": [value for value in values if value is not None]}
    if None in values:
        found["nullable"] = True
    kinds = {_kind(value) for value in values if value is not None}
    return {"type": kinds.pop(), **found} if len(kinds) == 1 else found


def _kind(value: Raw) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case _:
            return "string"


_Found = tuple[syntax.Type, tuple[syntax.Decorator, ...], Program]


def _resolved(type: syntax.Type, program: Program, depth: int) -> _Found | None:
    """The definition that a name or a path of names means, its decorators, and the file that it is in."""
    if depth > _MAX_DEPTH:
        return None
    match type:
        case syntax.TypeName():
            return _named(type.text, program, depth + 1)
        case syntax.TypeProperty(target=syntax.TypeName(text=name)) if isinstance(program.symbols.get(name), Namespace):
            exports = program.symbols[name]
            assert isinstance(exports, Namespace)
            return _imported(Imported(type.name, exports.path, exports.symbol), program, depth + 1)
        case syntax.TypeProperty() | syntax.TypeIndex():
            above = _settled(type.target, program, depth + 1)
            return None if above is None else _member(above, type)
        case _:
            return type, (), program


def _settled(type: syntax.Type, program: Program, depth: int) -> _Found | None:
    """The same, until it is no name any more."""
    found = _resolved(type, program, depth)
    if found is None or found[0] is type or depth > _MAX_DEPTH:
        return found
    return _settled(found[0], found[2], depth + 1)


def _named(name: str, program: Program, depth: int) -> _Found | None:
    symbol = program.symbols.get(name)
    if isinstance(symbol, Imported):
        return _imported(symbol, program, depth)
    return (symbol.type, symbol.decorators, program) if isinstance(symbol, syntax.Alias) else None


def _imported(imported: Imported, program: Program, depth: int) -> _Found | None:
    try:
        other = program.imported_program(imported.path, imported.symbol)
    except Misuse as misuse:
        program.warning("import-not-read", misuse.message, misuse.where)
        return None
    return None if other is None else _named(imported.name, other, depth)


def _member(above: _Found, type: syntax.TypeProperty | syntax.TypeIndex) -> _Found | None:
    target, _, program = above
    members: Mapping[str | None, syntax.TypeMember] = {}
    if isinstance(target, syntax.TypeObject) and isinstance(type, syntax.TypeProperty):
        members = {_key(member): member for member in target.members}
        found = members.get(type.name)
        return None if found is None else (found.type, found.decorators, program)
    if isinstance(target, syntax.TypeArray) and isinstance(type, syntax.TypeIndex):
        return target.item, (), program
    return None


def _key(member: syntax.TypeMember) -> str | None:
    return member.key.plain if isinstance(member.key, syntax.Text) else None if member.key is None else member.key.text
