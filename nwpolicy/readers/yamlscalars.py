"""The value of a YAML scalar by the core schema of YAML 1.2 (yaml.org/spec/1.2.2, chapter 10.3).

Only what the schema names is null, a boolean or a number; every other plain scalar is a string. Numbers that JSON
could not hold (infinite, not a number, endless) are refused, as is every tag but those of the schema.
"""

from __future__ import annotations

import re

from nwpolicy.readers.places import MAX_DIGITS, shown
from nwpolicy.readers.tree import Scalar

__all__ = ["YAML_TAG", "ScalarError", "resolve", "unsupported_tag"]

#: What `!!` stands for.
YAML_TAG = "tag:yaml.org,2002:"

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_START = frozenset("+-.0123456789")
_TYPES: dict[str, tuple[type, ...]] = {
    YAML_TAG + "null": (type(None),),
    YAML_TAG + "bool": (bool,),
    YAML_TAG + "int": (int,),
    YAML_TAG + "float": (int, float),
}


class ScalarError(Exception):
    """A scalar that has no value here; the reader knows where it stands."""

    def __init__(self, code: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help


def resolve(text: str, tag: str | None, *, is_plain: bool) -> Scalar:
    """The value of a scalar by its tag, or by the schema if it has none; raises ScalarError."""
    if tag is None:
        return _plain(text) if is_plain else text
    if tag in ("!", YAML_TAG + "str"):
        return text
    if tag not in _TYPES:
        raise unsupported_tag(tag)
    value = _plain(text)
    if not isinstance(value, _TYPES[tag]) or (isinstance(value, bool) and bool not in _TYPES[tag]):
        raise ScalarError("invalid-yaml", f"{shown(text)} is not a value of type {tag.removeprefix(YAML_TAG)}")
    return value


def unsupported_tag(tag: str) -> ScalarError:
    message = f"tag {shown(tag.replace(YAML_TAG, '!!', 1))} is not supported"
    return ScalarError("unsupported-yaml", message, "remove the tag; only plain values can be read")


def _plain(text: str) -> Scalar:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_START:
        return text
    message = f"{shown(text)} is not a number that can be used"
    if _INTEGER.fullmatch(text):
        if len(text) <= MAX_DIGITS:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        message = f"this number has more than {MAX_DIGITS} digits"
    elif _FLOAT.fullmatch(text):
        number = float(text)
        if number not in (float("inf"), float("-inf")):
            return number
        message = f"the number {shown(text)} is too large"
    elif not _NO_NUMBER.fullmatch(text):
        return text
    raise ScalarError("number-too-large", message, "put it in quotes if it is meant as text")
