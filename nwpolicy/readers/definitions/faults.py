"""What the schema of definitions files objects to, in words for the person who wrote the file.

`faults` checks a tree against `schemas/definitions.schema.json`. The schema's titles are the words of the messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Final, Protocol, cast

from nwpolicy.model.diagnostics import Diagnostic
from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document, Key, Route
from nwpolicy.readers.places import shown
from nwpolicy.readers.tree import Raw
from nwpolicy.resources import read_data

__all__ = ["MAX_FAULTS", "SCHEMA", "faults", "suggestion"]

#: The file of the schema.
SCHEMA: Final = "definitions.schema.json"

#: Faults reported for one file.
MAX_FAULTS: Final = 50

_MISSING_KEY: Final = "missing-key"
_UNKNOWN_KEY: Final = "unknown-key"
_UNKNOWN: Final = "Unknown value"


class _Error(Protocol):
    """An error of the validator, as far as it is put into words."""

    validator: str
    validator_value: Any
    schema: Mapping[str, Any]
    instance: Any
    message: str
    absolute_path: Sequence[str | int]
    relative_path: Sequence[str | int]
    schema_path: Sequence[str | int]
    context: Sequence[_Error]


@dataclass(frozen=True, slots=True)
class _Fault:
    route: Route
    code: str
    message: str
    help: str | None = None


def faults(raw: Raw, document: Document) -> tuple[Diagnostic, ...]:
    """Everything in which a tree is not as the schema wants it, in the order of the file; `MAX_FAULTS` at most, and a
    note where there are more."""
    root = document.root()
    try:
        found = list(islice(_faults(_errors(raw)), MAX_FAULTS + 1))
    except RecursionError:  # the validator recurses; `properties` may stand in `properties` as often as one likes
        return (Diagnostic.error("nesting-too-deep", "nested far deeper than definitions are", root),)
    located = [Diagnostic.error(f.code, f.message, root.at(*f.route), f.help) for f in found[:MAX_FAULTS]]
    located.sort(key=lambda diagnostic: diagnostic.sort_key)
    if len(found) > MAX_FAULTS:
        located.append(Diagnostic.note("more-errors", f"only {MAX_FAULTS} errors of this file are shown", root))
    return tuple(located)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A help text that names the known word which is most like the given one, if one is."""
    from difflib import get_close_matches

    spellings = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spellings, n=1)
    return f"did you mean '{spellings[near[0]]}'?" if near else None


def _errors(raw: Raw) -> Iterator[_Error]:
    from jsonschema import Draft7Validator  # costs more time to import than most files to read

    return cast("Iterator[_Error]", Draft7Validator(json.loads(read_data("schemas", SCHEMA))).iter_errors(raw))


def _faults(errors: Iterable[_Error]) -> Iterator[_Fault]:
    for error in errors:
        if error.validator == "anyOf":
            yield from _of_choice(error)
        else:
            yield from _WORDS[error.validator](error)


def _of_choice(error: _Error) -> Iterator[_Fault]:
    """Of several forms that a value may have, only the one that its author seems to have meant is worth words."""
    forms = [list(group) for _, group in groupby(error.context, key=lambda inner: inner.schema_path[0])]
    possible = [list(_faults(form)) for form in forms if not any(map(_is_other_form, form))]
    if possible:
        yield from min(possible, key=_distance)
        return
    wanted = [_wanted(inner) for form in forms for inner in form[:1] if inner.schema["title"] != _UNKNOWN]
    yield _wrong(error, _either(wanted))


def _distance(form: Sequence[_Fault]) -> tuple[int, int]:
    """How far an object is from a form: keys that the form does not have weigh more than keys that are missing."""
    codes = [fault.code for fault in form]
    return codes.count(_UNKNOWN_KEY), codes.count(_MISSING_KEY)


def _is_other_form(error: _Error) -> bool:
    """Whether a value is not even of the type that this form has."""
    if error.relative_path:
        return False
    return error.validator == "type" or (error.validator == "enum" and not isinstance(error.instance, str))


def _wanted(error: _Error) -> str:
    match error.validator:
        case "enum":
            return _either(error.validator_value)
        case "type" if error.validator_value == "string":
            return "text"  # the title tells which text
        case _:
            return _title(error)


def _unknown_keys(error: _Error) -> Iterator[_Fault]:
    for key in _strangers(error):
        known = error.schema["properties"]
        help = suggestion(key, known) or f"known keys are {', '.join(known)}"
        route = (*error.absolute_path, Key(key))
        yield _Fault(route, _UNKNOWN_KEY, f"unknown key {shown(key)} in {_title(error)}", help)


def _strangers(error: _Error) -> list[str]:
    known = error.schema.get("properties")
    return [] if known is None else [key for key in error.instance if key not in known]


def _missing_key(error: _Error) -> Iterator[_Fault]:
    """There is an error for each missing key, and only its message tells which it is about."""
    key = next(key for key in error.validator_value if error.message.startswith(repr(key)))
    if suggestion(key, _strangers(error)) is None:  # else it is misspelt, which is said already
        yield _fault(error, _MISSING_KEY, f"{_title(error)} lacks {shown(key)}")


def _wrong_form(error: _Error) -> Iterator[_Fault]:
    yield _wrong(error, _wanted(error))


def _wrong_choice(error: _Error) -> Iterator[_Fault]:
    help = suggestion(error.instance, error.validator_value) if isinstance(error.instance, str) else None
    yield _wrong(error, _wanted(error), help)


def _out_of_range(error: _Error) -> Iterator[_Fault]:
    low, high = error.schema.get("minimum"), error.schema.get("maximum")
    limits = f"{low} or more" if high is None else f"from {low} to {high}"
    yield _fault(error, "invalid-value", f"{_field(error)} has to be {limits}, found {error.instance}")


def _empty(error: _Error) -> Iterator[_Fault]:
    yield _fault(error, "invalid-value", f"{_field(error)} is empty")


def _wrong_pattern(error: _Error) -> Iterator[_Fault]:
    if "propertyNames" not in error.schema_path:
        yield from _wrong_form(error)
        return
    name = str(error.instance)
    help = "a name has letters, digits, '_', '.' and '-'"
    yield _Fault((*error.absolute_path, name), "invalid-value", f"{shown(name)} is no name for a variable", help)


def _wrong_version(error: _Error) -> Iterator[_Fault]:
    message = f"nwpolicy has to be the version of this form, 1, found {_found(error.instance)}"
    yield _fault(error, "unknown-version", message, "write `nwpolicy: 1`")


def _not_one(error: _Error) -> Iterator[_Fault]:
    message = f"{_title(error)} names exactly one resource, found {len(error.instance)} keys"
    yield _fault(error, "invalid-value", message, "write several as a list")


_WORDS: Final[dict[str, Callable[[_Error], Iterator[_Fault]]]] = {
    "additionalProperties": _unknown_keys,
    "const": _wrong_version,
    "enum": _wrong_choice,
    "maxProperties": _not_one,
    "maximum": _out_of_range,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _not_one,
    "minimum": _out_of_range,
    "pattern": _wrong_pattern,
    "required": _missing_key,
    "type": _wrong_form,
}


def _fault(error: _Error, code: str, message: str, help: str | None = None) -> _Fault:
    return _Fault(tuple(error.absolute_path), code, message, help)


def _wrong(error: _Error, wanted: str, help: str | None = None) -> _Fault:
    value = error.instance
    if isinstance(value, str) and (value.isdigit() or value in ("true", "false")):
        help = "remove the quotes"
    elif isinstance(value, str) and value.startswith("$"):
        help = "variables hold addresses and ports only"
    elif isinstance(value, int | float) and "text" in wanted:
        help = "put it in quotes if it is meant as text"
    return _fault(error, "invalid-value", f"{_field(error)} has to be {wanted}, found {_found(value)}", help)


def _field(error: _Error) -> str:
    """What a message calls the value: its key, or the list that it is in."""
    route = tuple(error.absolute_path)
    key = next((str(step) for step in reversed(route) if isinstance(step, str)), "the file")
    key = key if key.isprintable() else shown(key)
    return f"an element of {key}" if route and isinstance(route[-1], int) else key


def _title(error: _Error) -> str:
    """The title of what the schema wants, with an article."""
    title = str(error.schema["title"])
    words = title if title[1:2].isupper() else title[:1].lower() + title[1:]
    if words in _WITHOUT_ARTICLE:
        return words
    return f"{'an' if words.startswith(_VOWELS) else 'a'} {words}"


_VOWELS: Final = ("a", "e", "i", "o", "unk", "A", "I")  # as they sound: an IP configuration, an unknown, a user
_WITHOUT_ARTICLE: Final = frozenset({"text", "true or false"})


def _either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`, without repetition."""
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} or {last}" if others else last


def _found(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"the text {shown(value)}"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case _:
            return "an object"
