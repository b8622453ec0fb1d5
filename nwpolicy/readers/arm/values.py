"""The values of template expressions, unknown ones among them.

Values are plain Python values. Objects and arrays that stand in the template as JSON remember where (`Object`,
`Array`), so that a rule that a variable holds is found at the rule and not at the mention of the variable. What cannot
be known before deployment is `Open`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final, TypeAlias, TypeVar

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind

__all__ = [
    "MAX_SIZE",
    "Array",
    "ExpressionError",
    "Object",
    "Open",
    "Value",
    "find",
    "first_open",
    "kind_of",
    "same",
    "shown_text",
]

T = TypeVar("T")

#: Characters and values. A template, with its loops and variables expanded, is refused beyond 4 MB.
MAX_SIZE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Open:
    """A value that the template leaves open.

    Two with the same name are the same value. `text` stands for it inside a longer text, such as a name: an unknown
    piece of it is in braces. `many`: in an array, any number of elements instead of one. `is_named`: `name` is a name
    of the author's, not a whole expression. `is_set`: whatever it is, it is not null. `domain`: what it may be, as its
    author says; only strings and numbers have one. `plain`: the value of which this is the text, the same wherever
    strings and numbers are taken alike.
    """

    name: str
    reason: str = field(compare=False)
    source: Source = field(compare=False, repr=False)
    text: str = field(default="", compare=False)
    many: bool = False
    is_named: bool = field(default=False, compare=False)
    is_set: bool = field(default=False, compare=False)
    domain: Domain | None = field(default=None, compare=False, repr=False)
    plain: Open | None = field(default=None, compare=False, repr=False)

    @property
    def placeholder(self) -> str:
        """Never empty, and never with a slash of its own, which would part a name."""
        return self.text or "{" + self.name.replace("/", "%2F") + "}"

    def unknown(self, kind: UnknownKind = UnknownKind.TEXT) -> Unknown:
        if self.plain is not None:
            return self.plain.unknown(kind)
        scope = self.source.document.whole.path
        return Unknown(self.name, kind, self.reason, self.source, scope, self.domain)


Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | Open | None"


class Object(dict[str, Value]):
    """An object as it stands in the template."""

    __slots__ = ("source",)

    def __init__(self, members: Mapping[str, Value], source: Source) -> None:
        super().__init__(members)
        self.source = source


class Array(list[Value]):
    """An array as it stands in the template."""

    __slots__ = ("source",)

    def __init__(self, elements: Iterable[Value], source: Source) -> None:
        super().__init__(elements)
        self.source = source


class ExpressionError(Exception):
    """An expression that Azure Resource Manager would refuse: why, and where in its text."""

    def __init__(self, message: str, start: int | None = None, end: int | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help


def find(members: Mapping[str, T], name: str) -> tuple[str, T] | None:
    """A member by name as Azure Resource Manager finds it: without case."""
    if name in members:
        return name, members[name]
    lowered = name.lower()
    return next(((key, value) for key, value in members.items() if key.lower() == lowered), None)


def same(one: Value, other: Value) -> bool | None:
    """Whether two values are equal; None where that depends on what is unknown."""
    if one is other:
        return True
    if isinstance(one, Open) or isinstance(other, Open):
        return True if one == other and not _is_many(one) else None
    if isinstance(one, list) and isinstance(other, list):
        if any(map(_is_many, (*one, *other))):
            return True if one == other else None
        return _all(map(same, one, other)) if len(one) == len(other) else False
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return False
        return _all(same(value, other[key]) for key, value in one.items())
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _is_many(value: Value) -> bool:
    return isinstance(value, Open) and value.many


def _all(answers: Iterable[bool | None]) -> bool | None:
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def first_open(values: Sequence[Value]) -> Open | None:
    """The first unknown anywhere in these values. Raises ExpressionError if they are too large for any template."""
    found: Open | None = None
    size = 0
    pending: list[Value] = [*reversed(values)]
    while pending:
        value = pending.pop()
        size += len(value) if isinstance(value, str) else 1
        if size > MAX_SIZE:
            raise ExpressionError("the value is larger than a template can be")
        if isinstance(value, Open):
            found = found or value
        elif isinstance(value, list):
            pending.extend(reversed(value))
        elif isinstance(value, dict):
            pending.extend(reversed(value.values()))
    return found


def kind_of(value: Value) -> str:
    """What a person calls this kind of value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
        case Open():
            return "an unknown value"


def shown_text(value: Value) -> str | None:
    """A value inside a longer text, unknown pieces in braces; None for what has no text of its own."""
    match value:
        case str():
            return value
        case bool():
            return "True" if value else "False"
        case int():
            return str(value)
        case Open():
            return value.placeholder
        case _:
            return None
