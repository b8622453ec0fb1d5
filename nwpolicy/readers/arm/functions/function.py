"""What a template function is: its arguments, and what it makes of arguments that are partly unknown.

Some functions look at unknown arguments and still give an answer: the length of an array of unknown addresses, the
first of two names. `Undecided` says that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from nwpolicy.model.records import dataclass
from nwpolicy.readers.arm.values import ExpressionError, Open, Value, find, first_open, kind_of

__all__ = [
    "ANY",
    "COLLECTION",
    "CONTAINER",
    "DICT",
    "INT",
    "LIST",
    "MAX_ELEMENTS",
    "ORDERED",
    "SEQUENCE",
    "TEXT",
    "Function",
    "Functions",
    "Undecided",
    "countable",
    "has_many",
    "member",
    "partly",
    "plain_of",
    "plainly",
    "undecided",
]

#: What Azure Resource Manager allows `range` to make.
MAX_ELEMENTS: Final = 10_000

#: Properties that a message lists.
_MAX_NAMED: Final = 8

TEXT: Final = (str,)
INT: Final = (int,)
LIST: Final = (list,)
DICT: Final = (dict,)
ANY: Final = (object,)
SEQUENCE: Final = (str, list)
COLLECTION: Final = (list, dict)
CONTAINER: Final = (str, list, dict, type(None))
ORDERED: Final = (int, str)


class Undecided(Exception):  # noqa: N818 - not an error: the answer depends on an unknown
    """The value depends on what is unknown. `text` is what stands for it inside a longer text, `plain` what it is the
    text of (see `Open`)."""

    def __init__(self, text: str = "", plain: Open | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.plain = plain


def undecided() -> NoReturn:
    raise Undecided


def plain_of(value: Value) -> Open | None:
    """An unknown that is a string or a number: its text is the same in places that take both alike."""
    is_scalar = isinstance(value, Open) and (value.domain is not None or value.plain is not None)
    return value if isinstance(value, Open) and is_scalar else None


def plainly(value: Value) -> NoReturn:
    """Raises Undecided for the text, or the number, that an unknown stands for."""
    plain = plain_of(value)
    raise Undecided("" if plain is None else plain.placeholder, plain)


@dataclass(frozen=True, slots=True)
class Function:
    """`types` are those of the arguments, of which the last `optional` ones may be left out, and of which the last one
    repeats if `repeats`. Unless it `sees_unknowns`, it is never called with any."""

    apply: Callable[..., Value]
    types: tuple[tuple[type, ...], ...] = ()
    optional: int = 0
    repeats: bool = False
    sees_unknowns: bool = False

    def __call__(self, arguments: Sequence[Value]) -> Value:
        """Raises ExpressionError for arguments that the function does not take, Undecided where one is unknown."""
        self._check(arguments)
        if not self.sees_unknowns and first_open(arguments) is not None:
            raise Undecided
        return self.apply(*arguments)

    def _check(self, arguments: Sequence[Value]) -> None:
        least, most = len(self.types) - self.optional, len(self.types)
        if len(arguments) < least or (len(arguments) > most and not self.repeats):
            wanted = f"at least {least}" if self.repeats else str(least) if least == most else f"{least} to {most}"
            raise ExpressionError(f"takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(arguments)}")
        for index, argument in enumerate(arguments):
            types = self.types[min(index, most - 1)]
            if object in types or isinstance(argument, Open):
                continue
            if not isinstance(argument, types) or (isinstance(argument, bool) and bool not in types):
                raise ExpressionError(f"does not take {kind_of(argument)} as argument {index + 1}")


#: By name in lower case: function names have no case.
Functions: TypeAlias = Mapping[str, Function]


def partly(apply: Callable[..., Value], *types: tuple[type, ...], optional: int = 0, repeats: bool = False) -> Function:
    """A function that looks at unknown arguments itself."""
    return Function(apply, types, optional, repeats=repeats, sees_unknowns=True)


def member(container: Value, key: Value) -> Value:
    """What `container[key]` holds. Raises ExpressionError where there is no such thing."""
    match container, key:
        case dict(), str():
            found = find(container, key)
            if found is None:
                raise ExpressionError(f"there is no property '{key}'", help=_among(container))
            return found[1]
        case list(), int() if not isinstance(key, bool):
            if has_many(container[: key + 1] if key >= 0 else []):
                raise Undecided
            if 0 <= key < len(container):
                return container[key]
            raise ExpressionError(f"there is no element {key} in an array of {len(container)}")
        case _:
            raise ExpressionError(f"{kind_of(container)} has no '{key}'")


def _among(container: Mapping[str, Value]) -> str | None:
    return f"it has {', '.join(container)}" if 0 < len(container) <= _MAX_NAMED else None


def has_many(elements: Sequence[Value]) -> bool:
    """Whether a value stands for any number of elements."""
    return any(isinstance(element, Open) and element.many for element in elements)


def countable(value: Value) -> list[Value]:
    """The elements of an array of a known number of them."""
    if isinstance(value, list) and not has_many(value):
        return value
    raise Undecided
