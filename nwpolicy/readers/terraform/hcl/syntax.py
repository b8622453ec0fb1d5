"""What the parser makes of a text in HCL, the language of Terraform: a tree of what is written, nothing evaluated.

Every node knows its offsets (`start`, and `end` behind it) in the text of its file.

Source: HashiCorp, "HCL Native Syntax Specification"; "Terraform language: Expressions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from nwpolicy.model.records import dataclass

__all__ = [
    "Array",
    "Attribute",
    "Binary",
    "Block",
    "Body",
    "Call",
    "Choice",
    "Conditional",
    "Expression",
    "For",
    "Group",
    "Index",
    "Item",
    "Literal",
    "Member",
    "Name",
    "Object",
    "Repetition",
    "Splat",
    "Template",
    "Unary",
]


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, `true`, `false`, `null`, or a string without expressions."""

    value: bool | int | float | str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Template:
    """A string with expressions or directives in it."""

    parts: tuple[Part, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`%{ if condition }...%{ else }...%{ endif }`"""

    condition: Expression
    then: tuple[Part, ...]
    otherwise: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """`%{ for key, value in collection }...%{ endfor }`"""

    key: str | None
    value: str
    collection: Expression
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """The first name of a reference: `var`, `azurerm_subnet`, the variable of a loop."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Member:
    """`target.name`"""

    target: Expression
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    """`target[key]`"""

    target: Expression
    key: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Splat:
    """`target[*]` and what follows for each element: `each` is that, over the name `*`."""

    target: Expression
    each: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`; with `expands`, the last argument is a list of arguments (`...`)."""

    name: str
    arguments: tuple[Expression, ...]
    expands: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """`(inner)`: as the key of an object, it is an expression and not a name."""

    inner: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Array:
    elements: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """`key = value` in an object"""

    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Object:
    items: tuple[Item, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class For:
    """`[for key, value in collection : result if condition]`; for an object, `new_key => result`. With `grouped`
    (`...`), the results of one key are collected in a list."""

    key: str | None
    value: str
    collection: Expression
    new_key: Expression | None
    result: Expression
    grouped: bool
    condition: Expression | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? then : otherwise`"""

    condition: Expression
    then: Expression
    otherwise: Expression
    start: int
    end: int


Expression: TypeAlias = (
    Literal
    | Template
    | Name
    | Member
    | Index
    | Splat
    | Call
    | Group
    | Array
    | Object
    | For
    | Unary
    | Binary
    | Conditional
)
Part: TypeAlias = "str | Expression | Choice | Repetition"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value` in a body"""

    name: str
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Body:
    attributes: Mapping[str, Attribute]
    blocks: tuple[Block, ...]

    def of_type(self, type: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.type == type)


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { ... }`"""

    type: str
    labels: tuple[str, ...]
    body: Body
    start: int
    end: int
