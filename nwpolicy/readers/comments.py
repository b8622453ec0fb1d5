"""Where the comments of a text are, in each format: a text within a string is none, however it looks.

For texts that have been read: what is wrong with others is for the readers to say. Sources: the YAML 1.2.2
specification, chapter 6.6; HashiCorp, HCL Native Syntax Specification, "Comments" and "Templates"; Microsoft Learn,
"Bicep file structure and syntax" and "Data types in Bicep" (strings, multi-line strings).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

__all__ = ["Extent", "comments_in"]

#: From where to where.
Extent: TypeAlias = tuple[int, int]

_BLOCK: Final = r"/\*[^*]*+(?:\*(?!/)[^*]*)*+\*/"
_JSON: Final = re.compile(rf'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(//[^\r\n]*|{_BLOCK})', re.DOTALL)
_NWP: Final = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|(#[^\r\n]*)')
_HCL: Final = re.compile(
    rf"(?P<comment>(?:\#|//)[^\r\n]*|{_BLOCK})|(?P<open>\{{)|(?P<close>\}})"
    r'|(?P<quote>")|(?P<heredoc><<-?(?P<marker>[^\W\d][\w-]*)[ \t]*[\r\n])'
)
_BICEP: Final = re.compile(
    rf"(?P<comment>//[^\r\n]*|{_BLOCK})|(?P<open>\{{)|(?P<close>\}})|(?P<lines>(?P<dollars>\$*)''')|(?P<quote>')"
)
#: The text of a string, and behind it the sign of an expression in it, or its end.
_HCL_QUOTED: Final = re.compile(r'(?:[^"\\$%]|\\.|\$\$\{|%%\{|[$%](?!\{))*+(?:([$%]\{)|"|)', re.DOTALL)
_HCL_PLAIN: Final = re.compile(r"(?:[^$%]|\$\$\{|%%\{|[$%](?!\{))*+([$%]\{)?")
_BICEP_QUOTED: Final = re.compile(r"(?:[^'\\$]|\\.|\$(?!\{))*+(?:(\$\{)|'|)", re.DOTALL)


class _String(NamedTuple):
    """A string that may have expressions in it: what its text is made of, and where the whole ends at the latest."""

    text: re.Pattern[str]
    limit: int


def comments_in(kind: str, text: str) -> Iterator[Extent]:
    """The comments of a text in a format (`bicep`, `json`, `nwp`, `terraform`, `yaml`), in order."""
    match kind:
        case "yaml":
            yield from _in_yaml(text)
        case "bicep":
            yield from _among_strings(text, _BICEP, _bicep_string)
        case "terraform":
            yield from _among_strings(text, _HCL, _hcl_string)
        case _:
            pattern = _JSON if kind == "json" else _NWP
            yield from (found.span() for found in pattern.finditer(text) if found[1] is not None)


def _among_strings(
    text: str, code: re.Pattern[str], string_of: Callable[[str, re.Match[str]], _String]
) -> Iterator[Extent]:
    """`around` are the open braces: with the string that goes on behind one, if it is an expression's."""
    around: list[_String | None] = []
    position = 0
    while (found := code.search(text, position)) is not None:
        position = found.end()
        string = None
        if found.lastgroup == "comment":
            yield found.span()
        elif found.lastgroup == "open":
            around.append(None)
        elif found.lastgroup == "close":
            string = around.pop() if around else None
        else:
            string = string_of(text, found)
        if string is not None:
            read = string.text.match(text, position, string.limit)
            position = string.limit if read is None else read.end()
            if read is not None and read[1] is not None:
                around.append(string)


def _hcl_string(text: str, found: re.Match[str]) -> _String:
    if found.lastgroup == "quote":
        return _String(_HCL_QUOTED, len(text))
    end = re.compile(rf"^[ \t]*{re.escape(found['marker'])}[ \t]*\r?$", re.MULTILINE).search(text, found.end())
    return _String(_HCL_PLAIN, len(text) if end is None else end.start())


def _bicep_string(text: str, found: re.Match[str]) -> _String:
    """A string of several lines has expressions where dollars stand before it."""
    if found.lastgroup == "quote":
        return _String(_BICEP_QUOTED, len(text))
    hole = rf"({re.escape(found['dollars'])}\{{)" if found["dollars"] else r"((?!))"
    return _String(re.compile(rf"(?:(?!'''|{hole[1:-1]}).)*+(?:{hole}|'''+|)", re.DOTALL), len(text))


def _in_yaml(text: str) -> Iterator[Extent]:
    """What begins with `#` and is in no scalar; of a block scalar its first line may have a comment."""
    import yaml

    loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    scalars = (token for token in yaml.scan(text, Loader=loader) if isinstance(token, yaml.ScalarToken))
    position = 0
    for token in scalars:
        start = token.start_mark.index
        yield from _between(text, position, start)
        position = token.end_mark.index
        if token.style in {"|", ">"}:
            header = re.compile(r"[^\r\n]*").match(text, start)
            yield from _between(text, start, header.end() if header is not None else start)
    yield from _between(text, position, len(text))


def _between(text: str, start: int, end: int) -> Iterator[Extent]:
    return (found.span() for found in re.compile(r"#[^\r\n]*").finditer(text, start, end))
