"""What values that are not known are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.readers.terraform.declarations import source_of
from nwpolicy.readers.terraform.frames import Frame
from nwpolicy.readers.terraform.hcl import syntax
from nwpolicy.readers.terraform.values import Open

__all__ = ["left_open", "named"]

_MAX_NAME: Final = 160


def named(tree: syntax.Expression, frame: Frame) -> str:
    """What an unknown value is called: its expression as written, told from that in other modules and in other turns
    of the loops that it depends on."""
    text = " ".join(frame.document.text[tree.start : tree.end].split())
    if len(text) > _MAX_NAME:
        text = f"{text[:_MAX_NAME]}... ({source_of(tree, frame.document)})"
    mentioned = set(_names(tree)) if frame.names else set()
    turns = [bound.turn for name, bound in frame.names.items() if name in mentioned]
    text = f"{text} [{', '.join(turns)}]" if turns else text
    return f"{frame.module.address}: {text}" if frame.module.address else text


def left_open(tree: syntax.Expression, frame: Frame, cause: Open | None, text: str = "") -> Open:
    """An expression over an unknown is an unknown."""
    if cause is None:
        source = source_of(tree, frame.document)
        return Open(named(tree, frame), "it is not worked out before the configuration is applied", source, text)
    return Open(named(tree, frame), cause.reason, cause.source, text)


def _names(tree: object) -> Iterator[str]:
    """The first names of all references."""
    if isinstance(tree, syntax.Name):
        yield tree.text
    elif isinstance(tree, tuple):
        for element in tree:
            yield from _names(element)
    elif hasattr(tree, "__slots__") and not isinstance(tree, str):
        for slot in type(tree).__slots__:
            yield from _names(getattr(tree, slot))
