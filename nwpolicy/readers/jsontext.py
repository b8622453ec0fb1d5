"""JSON text to plain Python values.

`parse` accepts JSON as RFC 8259 defines it and what Azure Resource Manager templates add to it: `//` and
`/* */` comments and strings that run over several lines. It refuses what other readers let pass silently: keys
given twice, NaN and infinite numbers, halves of surrogate pairs.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn, cast

from nwpolicy.model.source import Document
from nwpolicy.readers.jsonscan import scan
from nwpolicy.readers.places import LONE_SURROGATE, MAX_DEPTH, MAX_DIGITS, Fault, input_error, locator
from nwpolicy.readers.tree import Raw

__all__ = ["parse"]

_SURROGATE = re.compile(rf"\\u[dD][89a-fA-F]|{LONE_SURROGATE.pattern}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: What never ends runs to the end of the text: looking for its end from every later quote again would be quadratic.
_STRING_OR_COMMENT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|(//[^\r\n]*|/\*.*?\*/)|/\*.*\Z', re.DOTALL)
_NOT_LINE_END = re.compile(r"[^\r\n]")


def parse(path: str, text: str) -> tuple[Raw, Document]:
    """The value of a JSON text and its document; raises InputError where the text cannot be read."""
    text = text.removeprefix("\ufeff")
    plain = text
    try:
        raw = _load(plain, strict=True)
    except (ValueError, RecursionError):
        plain = _without_comments(text)
        raw = _load_or_explain(path, text, plain)
    return raw, Document(path, text, locator(text, lambda: scan(plain)[0]))


def _load_or_explain(path: str, text: str, plain: str) -> Raw:
    """The quick reader only says yes or no; the scanner knows what is wrong, and where."""
    try:
        if _CONTROL.search(plain):
            raise ValueError("control character")
        return _load(plain, strict=False)
    except (ValueError, RecursionError) as error:
        doubt = Fault("invalid-json", f"this is not JSON: {error}", 0, 0)
        raise input_error(path, text, scan(plain)[1] or [doubt]) from None


def _load(text: str, *, strict: bool) -> Raw:
    """The value, or ValueError or RecursionError for every text that is to be refused."""
    raw = cast(
        Raw,
        json.loads(
            text,
            strict=strict,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_refuse,
        ),
    )
    if _is_too_deep(raw):
        raise RecursionError
    if _SURROGATE.search(text) and scan(text)[1]:
        raise ValueError("lone surrogate")
    return raw


def _object(pairs: list[tuple[str, Raw]]) -> dict[str, Raw]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError("infinite number")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_too_deep(raw: Raw) -> bool:
    """Level by level: no recursion, and no more than MAX_DEPTH rounds."""
    level = [raw]
    for _ in range(MAX_DEPTH):
        below: list[Raw] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return False
        level = below
    return any(isinstance(value, dict | list) for value in level)


def _without_comments(text: str) -> str:
    """The text with its comments blanked in place, so that every offset stays what it was."""
    return _STRING_OR_COMMENT.sub(
        lambda match: match[0] if match[1] is None else _NOT_LINE_END.sub(" ", match[1]), text
    )
