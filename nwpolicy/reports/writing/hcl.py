"""Text in the language of Terraform, laid out as `terraform fmt` does.

python-hcl2 (8.1) writes this language, too, but leaves quoting and escaping to the caller, which is what is difficult
about it, and takes a quarter of a second to load.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, TypeAlias

from nwpolicy.model.records import dataclass

__all__ = ["Block", "Expression", "Value", "block_text", "escaped", "inline", "quoted"]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INDENT: Final = "  "


class Expression(str):
    """A text that stands as it is: a reference, a call, a template in its quotes."""

    __slots__ = ()


#: A text, number, boolean, list or mapping of values, or an expression.
Value: TypeAlias = "str | int | bool | Expression | Sequence[Value] | Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its type, its labels, its arguments, and the blocks in it."""

    type: str
    labels: tuple[str, ...] = ()
    arguments: Mapping[str, Value] | None = None
    blocks: tuple[Block, ...] = ()


def block_text(block: Block) -> str:
    return "\n".join(_block(block)) + "\n"


def _block(block: Block) -> Iterator[str]:
    """Arguments stand before blocks, which stand apart from them and from one another."""
    head = " ".join((block.type, *map(quoted, block.labels)))
    parts = [list(_arguments(block.arguments or {}))] if block.arguments else []
    parts += [list(_block(inner)) for inner in block.blocks]
    if not parts:
        yield f"{head} {{"
        yield "}"
        return
    yield f"{head} {{"
    for number, lines in enumerate(parts):
        if number:
            yield ""
        yield from (f"{_INDENT}{line}" for line in lines)
    yield "}"


def _arguments(arguments: Mapping[str, Value]) -> Iterator[str]:
    """The equals signs of arguments that stand together are in one column."""
    written = [(_key(name), list(_value(value))) for name, value in arguments.items()]
    for group in _groups(written):
        width = max(len(name) for name, _ in group)
        for name, lines in group:
            yield f"{name:{width}} = {lines[0]}"
            yield from lines[1:]


def _groups(written: Iterable[tuple[str, list[str]]]) -> Iterator[list[tuple[str, list[str]]]]:
    """What takes several lines is in no column with others."""
    for is_long, together in groupby(written, key=lambda argument: len(argument[1]) > 1):
        group = list(together)
        yield from ([argument] for argument in group) if is_long else (group,)


def _value(value: Value) -> Iterator[str]:
    match value:
        case Expression():
            yield str(value)
        case bool():
            yield str(value).lower()
        case int():
            yield str(value)
        case str():
            yield quoted(value)
        case Mapping():
            yield from _enclosed("{", _arguments(value), "}")
        case _:
            yield from _list(list(value))


def inline(value: Value) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {inline(inner)}' for name, inner in value.items())} }}"
    if isinstance(value, str | int):
        return next(_value(value))
    return f"[{', '.join(map(inline, value))}]"


def _list(elements: Sequence[Value]) -> Iterator[str]:
    """One line for a few plain values."""
    written = [list(_value(element)) for element in elements]
    if all(len(lines) == 1 for lines in written):
        line = f"[{', '.join(lines[0] for lines in written)}]"
        if len(line) <= 100:  # noqa: PLR2004 - what one sees at a glance
            yield line
            return
    lines = [line for each in written for line in (*each[:-1], f"{each[-1]},")]
    yield from _enclosed("[", lines, "]")


def _enclosed(start: str, lines: Iterable[str], end: str) -> Iterator[str]:
    inner = [f"{_INDENT}{line}" for line in lines]
    yield from (start, *inner, end) if inner else (f"{start}{end}",)


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """A text as it stands between quotes; what Azure Pipelines would take for a command (`##vso[`) is none."""
    plain = "".join(_ESCAPES.get(character) or _shown(character) for character in text)
    return plain.replace("${", "$${").replace("%{", "%%{").replace("##", "#\\u0023")


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - what \u can say
