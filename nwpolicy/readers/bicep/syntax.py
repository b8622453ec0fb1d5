"""What the parser makes of a Bicep file: a tree of what is written, nothing evaluated.

Every node knows its offsets (`start`, and `end` behind it) in the text of its file; `places.Lines` turns them into
lines and columns.

Source: Microsoft Learn, "Bicep file structure and syntax", "Expressions and symbolic names", "Bicep operators",
"Data types in Bicep", "User-defined data types in Bicep", "Bicep parameters file".
"""

from __future__ import annotations

from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = [
    "Alias",
    "Array",
    "Assertion",
    "Binary",
    "Body",
    "Call",
    "Conditional",
    "Decorator",
    "Expression",
    "Extends",
    "Extension",
    "Function",
    "Group",
    "Import",
    "Index",
    "Lambda",
    "Literal",
    "Loop",
    "Member",
    "Metadata",
    "Module",
    "Name",
    "Nested",
    "NotNull",
    "Object",
    "Output",
    "Parameter",
    "Property",
    "ResourceDeclaration",
    "Spread",
    "Statement",
    "Symbol",
    "Target",
    "Ternary",
    "Test",
    "Text",
    "Type",
    "TypeArray",
    "TypeCall",
    "TypeIndex",
    "TypeLiteral",
    "TypeMember",
    "TypeName",
    "TypeNullable",
    "TypeObject",
    "TypeProperty",
    "TypeResource",
    "TypeTuple",
    "TypeUnion",
    "Unary",
    "Using",
    "Variable",
    "Word",
]


@dataclass(frozen=True, slots=True)
class Word:
    """A name where it is declared or taken."""

    text: str
    start: int
    end: int


# Expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A whole number, `true`, `false` or `null`."""

    value: bool | int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string: texts and, between them, the expressions in `${...}`. There is always one text more."""

    texts: tuple[str, ...]
    holes: tuple[Expression, ...]
    start: int
    end: int

    @property
    def plain(self) -> str | None:
        """The text where there are no expressions in it."""
        return None if self.holes else self.texts[0]


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, a variable, a resource, a namespace, ..."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(...)`, or `target.name(...)`"""

    target: Expression | None
    name: str
    arguments: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`, or `target.?name`: null where there is no such member"""

    target: Expression
    name: str
    safe: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    """`target[key]`, `target[?key]`; with `^`, counted from the end"""

    target: Expression
    key: Expression
    safe: bool
    from_end: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Nested:
    """`target::name`: a resource within a resource"""

    target: Expression
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NotNull:
    """`target!`, which changes nothing but what the compiler takes it for"""

    target: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """`(target)` around an access, which ends what `.?` in it makes of the steps behind"""

    target: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    sign: str
    operand: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    sign: str
    left: Expression
    right: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ternary:
    condition: Expression
    positive: Expression
    negative: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lambda:
    names: tuple[Word, ...]
    body: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Property:
    key: Word | Text
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Spread:
    """`...value`"""

    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Object:
    items: tuple[Property | Spread | ResourceDeclaration, ...]
    start: int
    end: int

    def get(self, key: str) -> Property | None:
        """A member by its name as written, which has case in Bicep."""
        return next((item for item in self.items if isinstance(item, Property) and _key(item) == key), None)


def _key(item: Property) -> str | None:
    return item.key.text if isinstance(item.key, Word) else item.key.plain


@dataclass(frozen=True, slots=True)
class Array:
    elements: tuple[Expression | Spread, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Loop:
    """`[for item in over: body]`, `[for (item, index) in over: body]`"""

    item: Word
    index: Word | None
    over: Expression
    body: Expression | Conditional
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """`if (condition) { ... }`"""

    condition: Expression
    body: Object
    start: int
    end: int


Expression: TypeAlias = (
    "Literal | Text | Name | Call | Member | Index | Nested | NotNull | Group | Unary | Binary | Ternary | Lambda"
    " | Object | Array | Loop"
)
#: What a resource or a module is made of.
Body: TypeAlias = "Object | Conditional | Loop"


# Types


@dataclass(frozen=True, slots=True)
class TypeName:
    """`string`, `mine`"""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeCall:
    """`resourceInput<'Microsoft.Network/virtualNetworks@2024-05-01'>`"""

    name: str
    arguments: tuple[Type, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeProperty:
    """`target.name`; without arguments, unless it is a namespace's; `*` for what all other members are"""

    target: Type
    name: str
    arguments: tuple[Type, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeIndex:
    """`target[0]`; `target[*]` for what all elements are"""

    target: Type
    key: Expression | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeArray:
    """`item[]`"""

    item: Type
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeNullable:
    """`target?`; with `is_set`, `target!`"""

    target: Type
    is_set: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeLiteral:
    """`'Allow'`, `-1`, `true`"""

    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeUnion:
    members: tuple[Type, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeMember:
    """A member of an object type or a tuple. The key is None for an element, `*` for all other members."""

    decorators: tuple[Decorator, ...]
    key: Word | Text | None
    type: Type
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeObject:
    members: tuple[TypeMember, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeTuple:
    elements: tuple[TypeMember, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TypeResource:
    """`resource 'Microsoft.Network/virtualNetworks@2024-05-01'`"""

    type: Text | None
    start: int
    end: int


Type: TypeAlias = (
    "TypeName | TypeCall | TypeProperty | TypeIndex | TypeArray | TypeNullable | TypeLiteral | TypeUnion | TypeObject"
    " | TypeTuple | TypeResource"
)


# Statements


@dataclass(frozen=True, slots=True)
class Decorator:
    """`@name(...)`, `@namespace.name(...)`"""

    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Target:
    """`targetScope = '...'`"""

    decorators: tuple[Decorator, ...]
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    decorators: tuple[Decorator, ...]
    name: Word
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its type and default; in a parameters file, what it is given."""

    decorators: tuple[Decorator, ...]
    name: Word
    type: Type | None
    value: Expression | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Variable:
    decorators: tuple[Decorator, ...]
    name: Word
    type: Type | None
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Alias:
    """`type name = ...`"""

    decorators: tuple[Decorator, ...]
    name: Word
    type: Type
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Function:
    decorators: tuple[Decorator, ...]
    name: Word
    parameters: tuple[tuple[Word, Type], ...]
    type: Type
    body: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ResourceDeclaration:
    decorators: tuple[Decorator, ...]
    name: Word
    type: Text
    existing: bool
    body: Body
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Module:
    decorators: tuple[Decorator, ...]
    name: Word
    path: Text
    body: Body
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Output:
    decorators: tuple[Decorator, ...]
    name: Word
    type: Type | None
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Assertion:
    decorators: tuple[Decorator, ...]
    name: Word
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Test:
    decorators: tuple[Decorator, ...]
    name: Word
    path: Text
    body: Object
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """`name as alias` of an import; the name `*` for all that a file exports"""

    name: str
    alias: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Import:
    """`import { ... } from 'path'`, `import * as name from 'path'`"""

    decorators: tuple[Decorator, ...]
    symbols: tuple[Symbol, ...]
    path: Text
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extension:
    """`extension name with { ... } as alias`, or as it was written before: `provider`, `import 'name@version'`"""

    decorators: tuple[Decorator, ...]
    name: str
    configuration: Object | None
    alias: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Using:
    """`using 'path'` of a parameters file; `using none` has no path"""

    path: Text | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extends:
    path: Text
    start: int
    end: int


Statement: TypeAlias = (
    "Target | Metadata | Parameter | Variable | Alias | Function | ResourceDeclaration | Module | Output | Assertion"
    " | Test | Import | Extension | Using | Extends"
)
