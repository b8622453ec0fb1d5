"""JSON values by the standard library's decoder, which is quick and only says yes or no.

What other readers let pass silently is refused with ValueError or RecursionError, like text that is no JSON: keys given
twice, NaN and infinite numbers, integers of very many digits, deep nesting.
"""

from __future__ import annotations

import json
from typing import NoReturn, cast

from nwpolicy.readers.places import MAX_DEPTH, MAX_DIGITS
from nwpolicy.readers.tree import Raw

__all__ = ["decoded", "decoded_at"]


def decoded(text: str) -> Raw:
    """The value of a text. Strings may hold control characters."""
    raw = cast(Raw, _DECODER.decode(text))
    _check_depth(raw, MAX_DEPTH)
    return raw


def decoded_at(text: str, start: int, depth: int) -> int:
    """Where the value ends that starts at an offset, inside of so many objects and arrays."""
    raw, end = _DECODER.raw_decode(text, start)
    _check_depth(raw, MAX_DEPTH - depth)
    return end


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


def _check_depth(raw: Raw, limit: int) -> None:
    """Level by level: no recursion, and no more rounds than the limit."""
    level = [raw]
    for _ in range(limit):
        below: list[Raw] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    if any(isinstance(value, dict | list) for value in level):
        raise RecursionError


_DECODER = json.JSONDecoder(
    strict=False, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_refuse
)
