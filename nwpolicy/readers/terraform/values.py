"""The values of Terraform's expressions, unknown ones among them.

A value knows where it was written: a rule that a variable holds is found at the rule, not where the variable is
mentioned. What an expression works out stands where the expression does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Source
from nwpolicy.model.unknowns import Domain, Unknown, UnknownKind
from nwpolicy.readers.tree import Scalar

__all__ = [
    "MAX_SIZE",
    "Data",
    "EvaluationError",
    "Lazy",
    "Open",
    "SetOf",
    "Undecided",
    "UndeclaredError",
    "Value",
    "countable",
    "first_open",
    "kind_of",
    "number_text",
    "plain",
    "same",
    "size_of",
    "text_of",
    "wrapped",
]

#: Characters of a text and elements of a list. Far more than any configuration has.
MAX_SIZE: Final = 1_000_000


class EvaluationError(Exception):
    """An expression that Terraform would refuse. Offsets are those of the expression that is at fault."""

    def __init__(self, message: str, offsets: tuple[int, int] | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offsets = offsets
        self.help = help


class UndeclaredError(EvaluationError):
    """A name that nothing in the configuration declares, or that needs itself: whatever else is given, this stays."""


class Undecided(Exception):  # noqa: N818 - not an error: the answer depends on an unknown
    """The value depends on what is unknown. `text` is what stands for it inside a longer text."""

    def __init__(self, cause: Open | None = None, text: str = "") -> None:
        super().__init__(text)
        self.cause = cause
        self.text = text


@dataclass(frozen=True, slots=True)
class Open:
    """A value that the configuration leaves open. Two with the same name are the same value.

    `text` stands for it inside a longer text, such as a name: an unknown piece of it is in braces. `many`: in a list,
    any number of elements instead of one. `is_named`: `name` is a name of the author's, not a whole expression.
    `is_set`: whatever it is, it is not null. `instance` stands for each of the resources of which nobody knows how
    many there are. `domain` is what its author lets it be.
    """

    name: str
    reason: str = field(compare=False)
    source: Source = field(compare=False, repr=False)
    text: str = field(default="", compare=False)
    many: bool = False
    is_named: bool = field(default=False, compare=False)
    is_set: bool = field(default=False, compare=False)
    instance: Value | None = field(default=None, compare=False, repr=False)
    domain: Domain | None = field(default=None, compare=False, repr=False)

    @property
    def placeholder(self) -> str:
        """Never empty, and never with a slash of its own, which would part a name."""
        return self.text or "{" + self.name.replace("/", "%2F") + "}"

    def unknown(self, kind: UnknownKind = UnknownKind.TEXT) -> Unknown:
        scope = self.source.document.whole.path
        return Unknown(self.name, kind, self.reason, self.source, scope, self.domain)


@dataclass(frozen=True, slots=True)
class Lazy:
    """A resource or a module: its attributes are evaluated when they are asked for. `name` is its address."""

    name: str
    attribute: Callable[[str], Value] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Value:
    """`data` is a scalar, a tuple of values (a list), a mapping of values (a map or an object), or one of the above."""

    data: Data
    source: Source = field(compare=False, repr=False)


class SetOf(tuple[Value, ...]):
    """A set: its elements in Terraform's order, each once."""

    __slots__ = ()


Data: TypeAlias = "Scalar | Open | Lazy | tuple[Value, ...] | Mapping[str, Value]"


def size_of(value: Value) -> int:
    """How many values there are in one. Raises EvaluationError where there are too many: lists that hold one another
    several times take no space, but no end of time."""
    size = 0
    pending = [value]
    while pending:
        data = pending.pop().data
        size += 1
        if size > MAX_SIZE:
            raise EvaluationError("the value is too large")
        if isinstance(data, tuple):
            pending += data
        elif isinstance(data, Mapping):
            pending += data.values()
    return size


def first_open(values: Iterable[Value], *, deep: bool = True) -> Open | None:
    """The first unknown among or (if `deep`) anywhere in values."""
    size = 0
    pending = [*values][::-1]
    while pending:
        value = pending.pop()
        size += 1
        if size > MAX_SIZE:
            raise EvaluationError("the value is too large")
        match value.data:
            case Open():
                return value.data
            case Lazy():
                reason = f"{value.data.name} is known only when the configuration is applied"
                return Open(value.data.name, reason, value.source)
            case tuple() if deep:
                pending += reversed(value.data)
            case Mapping() if deep:
                pending += [*value.data.values()][::-1]
            case _:
                pass
    return None


def countable(value: Value) -> tuple[Value, ...]:
    """The elements of a list of a known number of them."""
    if not isinstance(value.data, tuple):
        found = first_open([value], deep=False)
        if found is not None:
            raise Undecided(found)
        raise EvaluationError(f"expected a list, found {kind_of(value)}")
    for element in value.data:
        if isinstance(element.data, Open) and element.data.many:
            raise Undecided(element.data)
    return value.data


def plain(value: Value) -> Any:
    """The value as plain Python lists and dicts; Undecided where something in it is unknown."""
    found = first_open([value])
    if found is not None:
        raise Undecided(found)
    return _plain(value)


def _plain(value: Value) -> Any:
    match value.data:
        case tuple():
            return [_plain(element) for element in value.data]
        case Mapping():
            return {key: _plain(element) for key, element in value.data.items()}
        case _:
            return value.data


def wrapped(raw: Any, source: Source) -> Value:
    """Plain Python values, all at one place."""
    match raw:
        case list() | tuple():
            return Value(tuple(wrapped(element, source) for element in raw), source)
        case dict():
            return Value({str(key): wrapped(element, source) for key, element in raw.items()}, source)
        case float() if raw.is_integer():
            return Value(int(raw), source)
        case _:
            return Value(raw, source)


def same(one: Value, other: Value) -> bool | None:
    """Whether two values are equal; None where that depends on what is unknown."""
    a, b = one.data, other.data
    if isinstance(a, Open | Lazy) or isinstance(b, Open | Lazy):
        return _same_unknown(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        if any(isinstance(element.data, Open) and element.data.many for element in (*a, *b)):
            return None
        return _all(map(same, a, b)) if len(a) == len(b) else False
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return _all(same(a[key], b[key]) for key in a) if a.keys() == b.keys() else False
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def _same_unknown(a: Data, b: Data) -> bool | None:
    if a == b and not (isinstance(a, Open) and a.many):
        return True
    open_, other = (a, b) if isinstance(a, Open | Lazy) else (b, a)
    is_set = isinstance(open_, Lazy) or (isinstance(open_, Open) and open_.is_set)
    return False if other is None and is_set else None


def _all(answers: Iterator[bool | None] | Iterable[bool | None]) -> bool | None:
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def kind_of(value: Value) -> str:
    """What a person calls this kind of value."""
    match value.data:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case SetOf():
            return "a set"
        case tuple():
            return "a list"
        case Open():
            return "an unknown value"
        case _:
            return "an object"


def number_text(number: int | float) -> str:
    """A number as Terraform writes it."""
    if isinstance(number, int) or number.is_integer():
        return str(int(number))
    return repr(number)


def text_of(value: Value) -> str:
    """The text of a scalar. Raises Undecided, or EvaluationError for what has no text."""
    match value.data:
        case str():
            return value.data
        case bool():
            return "true" if value.data else "false"
        case int() | float():
            return number_text(value.data)
        case Open():
            raise Undecided(value.data, value.data.placeholder)
        case _:
            raise EvaluationError(f"{kind_of(value)} has no text")
