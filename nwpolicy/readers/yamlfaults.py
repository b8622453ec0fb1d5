"""What the YAML parser objects to, in words for the person who wrote the text.

libyaml and the parser in Python word the same objection differently; both come out alike here.
"""

from __future__ import annotations

import re

import yaml

from nwpolicy.readers.places import Fault, Lines, shown

__all__ = ["explain"]

_TAB = ("a tab cannot indent YAML", "use spaces")
_REST = ("expected the end of the line after this value, found {char}", "put the whole value in quotes")
_REST_OF_LINE = re.compile(r"(?<=[^\s:-])[ \t]*")

#: Patterns over "context: problem" with what they mean; the first that is found decides. `char` and `pair` are
#: the first one and two characters of what was found, `line` is where the construct around it starts.
_MEANINGS: tuple[tuple[str, str, str | None], ...] = (
    (r"found a tab character", *_TAB),
    (r"cannot start any token", "a value cannot start with {char}", "put the value in quotes"),
    (
        r"mapping values are not allowed",
        "a key cannot stand here",
        "check the indentation; a text that holds ': ' has to stand in quotes",
    ),
    (r"sequence entries are not allowed", "a list element cannot stand here", "start the list on a line of its own"),
    (r"expected ',' or '\]'", "expected ',' or ']' in the list that starts on line {line}", "is a ']' missing?"),
    (
        r"expected ',' or '\}'",
        "expected ',' or '}}' in the mapping that starts on line {line}",
        "is a '}' missing?",
    ),
    (
        r"block (collection|sequence)",
        "this does not continue the list that starts on line {line}",
        "the elements of one list start with '-' in the same column",
    ),
    (
        r"block mapping",
        "this does not continue the mapping that starts on line {line}",
        "the keys of one mapping start in the same column",
    ),
    (
        r"alphabetic or numeric",
        "'*' and '&' need a name, for they mark aliases and anchors",
        "put the value in quotes if it is meant as text",
    ),
    (r"unknown escape character", "{pair} is not an escape that YAML knows", "text in single quotes has no escapes"),
    (r"Unicode character escape|hexdecimal|hexadecimal", "this escape is not a character", None),
    (r"node content", "expected a value, found {char}", "put the value in quotes if it is meant as text"),
    (r"comment or line break|indentation indicators", "expected the end of the line, found {char}", None),
    (r"incompatible YAML", "this is a reader of YAML 1.2", "remove the %YAML line"),
    (r"unknown directive", "this directive is not known", "remove the line"),
    (r"<document start>", "expected the end of the document, found {char}", None),
    (r"undefined tag handle", "this tag is not defined", "remove the tag; only plain values can be read"),
)


def explain(error: yaml.YAMLError, text: str, offset: int) -> Fault:
    """The fault that a parser's error stands for; up to `offset` the text was understood."""
    problem: str = getattr(error, "problem", None) or "this is not YAML"
    context: str = getattr(error, "context", None) or ""
    start = _index(getattr(error, "problem_mark", None), offset)
    context_start = _index(getattr(error, "context_mark", None), start)
    if "unexpected document" in problem or ("quoted scalar" in context and "unexpected end" in problem):
        return _fault("this quoted text is never closed", context_start, text)
    if "could not find expected ':'" in problem:
        return _fault("expected ':' after this key", context_start, text)
    if "unknown escape" in problem and text[start : start + 1] != "\\":
        start -= 1  # the parser in Python points behind the backslash
    message, help = _meaning(f"{context}: {problem}", text, start, offset)
    line = Lines(text).number(context_start)
    words = {"char": shown(text[start : start + 1]), "pair": shown(text[start : start + 2]), "line": line}
    return _fault(message.format_map(words), start, text, help)


def _meaning(objection: str, text: str, start: int, offset: int) -> tuple[str, str | None]:
    """Message and help for an objection; the objection's own words if it is not known."""
    if "cannot start any token" in objection and text[start : start + 1] == "\t":
        return _TAB
    if "block mapping" in objection and text[start : start + 1] == ":":
        return "a key is missing before ':'", None
    if "block" in objection and _REST_OF_LINE.fullmatch(text, offset, start):
        return _REST
    for pattern, message, help in _MEANINGS:
        if re.search(pattern, objection):
            return message, help
    return objection.rpartition(": ")[2].replace("{", "{{").replace("}", "}}"), None


def _index(mark: yaml.Mark | None, otherwise: int) -> int:
    return otherwise if mark is None else mark.index


def _fault(message: str, start: int, text: str, help: str | None = None) -> Fault:
    """At the end of the text the parser points behind the last line end, where nothing is to be seen."""
    start = min(start, len(text.rstrip()))
    return Fault("invalid-yaml", message, start, min(start + 1, len(text)), help)
