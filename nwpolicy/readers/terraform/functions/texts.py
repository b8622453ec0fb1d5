"""String functions.

Source: HashiCorp, "Terraform language: Functions", String Functions.
"""

from __future__ import annotations

import re
from typing import Any, Final

from nwpolicy.readers.terraform.functions.function import (
    Functions,
    as_list,
    as_number,
    as_text,
    as_whole,
    function,
    partly,
    textual,
)
from nwpolicy.readers.terraform.values import MAX_SIZE, Data, EvaluationError, Open, Undecided, Value, text_of

__all__ = ["TEXTS"]

_VERB: Final = re.compile(r"%(?:\[(\d+)\])?([-+ 0#]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
_MAX_WIDTH: Final = 1000
#: What backtracks without end on some text: a repeated group that repeats something itself.
_RISKY: Final = re.compile(r"[*+}]\)?[*+{]|\)[*+{]")
_MAX_SEARCHED: Final = 2000
_GO_ONLY: Final = re.compile(r"\\[pPzQEC]|\[\[:")


def _format(template: Any, *arguments: Any) -> str:
    position = 0

    def replaced(verb: re.Match[str]) -> str:
        nonlocal position
        if verb[5] == "%":
            return "%"
        position = int(verb[1]) if verb[1] else position + 1
        if not 1 <= position <= len(arguments):
            raise EvaluationError(f"there is no argument for {verb[0]}")
        return _formatted(verb, arguments[position - 1])

    text = _VERB.sub(replaced, as_text(template))
    if len(text) > MAX_SIZE:
        raise EvaluationError("the text is too long")
    return text


def _formatted(verb: re.Match[str], argument: Any) -> str:
    flags, width, kind = verb[2], int(verb[3] or 0), verb[5]
    if width > _MAX_WIDTH or int(verb[4] or 0) > _MAX_WIDTH:
        raise EvaluationError(f"the width of {verb[0]} is too large")
    sign = "+" if "+" in flags else ""
    if kind in "svt":
        text = as_text(argument)[: None if verb[4] is None else int(verb[4])]
    elif kind in "dboxX":
        text = format(as_whole(argument), f"{sign}{kind}")
    elif kind in "feEgG":
        text = format(float(as_number(argument)), f"{sign}{'' if verb[4] is None else '.' + verb[4]}{kind}")
    else:
        raise Undecided
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags and kind not in "svt" else text.rjust(width)


def _formatlist(template: Any, *arguments: Any) -> list[str]:
    lists = [argument for argument in arguments if isinstance(argument, list)]
    count = len(lists[0]) if lists else 1
    if any(len(one) != count for one in lists):
        raise EvaluationError("takes lists of one length")
    return [
        _format(template, *(argument[index] if isinstance(argument, list) else argument for argument in arguments))
        for index in range(count)
    ]


def _join(separator: Any, *lists: Any) -> str:
    return as_text(separator).join(as_text(element) for one in lists for element in as_list(one))


def _split(separator: Value, text: Value) -> Data:
    """Of an id that is known but for some names, the pieces that are known."""
    parts = text_of(separator)
    if not isinstance(text.data, Open):
        whole_text = text_of(text)
        pieces = whole_text.split(parts) if parts else list(whole_text)
        return tuple(Value(piece, text.source) for piece in pieces)
    whole = text.data
    if parts != "/" or not whole.text.startswith("/"):
        raise Undecided(whole)
    return tuple(
        Value(_piece(part, number, whole) if "{" in part else part, text.source)
        for number, part in enumerate(whole.text.split("/"))
    )


def _piece(part: str, number: int, whole: Open) -> Open:
    return Open(f'split("/", {whole.name})[{number}]', whole.reason, whole.source, part, is_set=True)


def _substr(text: Any, offset: Any, length: Any) -> str:
    whole, start, count = as_text(text), as_whole(offset), as_whole(length)
    start = max(0, start + len(whole)) if start < 0 else start
    return whole[start:] if count < 0 else whole[start : start + count]


def _replace(text: Any, old: Any, new: Any) -> str:
    found, replacement = as_text(old), as_text(new)
    if len(found) > 1 and found.startswith("/") and found.endswith("/"):
        template = re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda group: rf"\g<{group[1] or group[2]}>", replacement)
        try:
            return _pattern(found[1:-1], as_text(text)).sub(template.replace("\\\\", "\\"), as_text(text))
        except (re.error, IndexError):
            raise EvaluationError(f"{replacement!r} is no replacement") from None
    return as_text(text).replace(found, replacement)


def _pattern(pattern: str, text: str) -> re.Pattern[str]:
    """The pattern, where Python is sure to read it as Terraform does, and in no time."""
    if _RISKY.search(pattern) or _GO_ONLY.search(pattern) or len(text) > _MAX_SEARCHED:
        raise Undecided
    try:
        return re.compile(pattern)
    except re.error as error:
        raise EvaluationError(f"{pattern!r} is no regular expression: {error.msg}") from None


def _captured(match: re.Match[str]) -> Any:
    """The groups by name or in order, or the whole match if there are none."""
    if match.groupdict():
        return match.groupdict()
    return list(match.groups()) if match.re.groups else match[0]


def _regex(pattern: Any, text: Any) -> Any:
    match = _pattern(as_text(pattern), as_text(text)).search(as_text(text))
    if match is None:
        raise EvaluationError("the pattern is not found")
    return _captured(match)


def _regexall(pattern: Any, text: Any) -> Any:
    return [_captured(match) for match in _pattern(as_text(pattern), as_text(text)).finditer(as_text(text))]


def _indent(spaces: Any, text: Any) -> str:
    count = as_whole(spaces)
    if not 0 <= count <= _MAX_WIDTH:
        raise EvaluationError("the number of spaces is too large")
    return as_text(text).replace("\n", "\n" + " " * count)


def _title(text: Any) -> str:
    return re.sub(r"(?<!\w)\w", lambda first: first[0].upper(), as_text(text))


TEXTS: Final[Functions] = {
    "chomp": function(lambda text: as_text(text).rstrip("\r\n"), 1),
    "endswith": function(lambda text, end: as_text(text).endswith(as_text(end)), 2),
    "format": textual(_format, 1, -1),
    "formatlist": function(_formatlist, 1, -1),
    "indent": function(_indent, 2),
    "join": textual(_join, 2, -1),
    "lower": textual(lambda text: as_text(text).lower(), 1),
    "regex": function(_regex, 2),
    "regexall": function(_regexall, 2),
    "replace": function(_replace, 3),
    "split": partly(_split, 2),
    "startswith": function(lambda text, start: as_text(text).startswith(as_text(start)), 2),
    "strcontains": function(lambda text, piece: as_text(piece) in as_text(text), 2),
    "strrev": function(lambda text: as_text(text)[::-1], 1),
    "substr": function(_substr, 3),
    "title": function(_title, 1),
    "trim": function(lambda text, chars: as_text(text).strip(as_text(chars)), 2),
    "trimprefix": function(lambda text, start: as_text(text).removeprefix(as_text(start)), 2),
    "trimspace": function(lambda text: as_text(text).strip(), 1),
    "trimsuffix": function(lambda text, end: as_text(text).removesuffix(as_text(end)), 2),
    "upper": textual(lambda text: as_text(text).upper(), 1),
}
