"""A parameters file as a template: one that deploys the Bicep file that it is for, with the values that it gives.

Source: Microsoft Learn, "Bicep parameters file" (using, extends, param, var).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nwpolicy.readers.bicep import pieces, syntax
from nwpolicy.readers.bicep.misuse import Misuse
from nwpolicy.readers.bicep.pieces import Piece, leaf, members, quoted
from nwpolicy.readers.bicep.program import Program
from nwpolicy.readers.bicep.template import argument, template

__all__ = ["deployment"]

_MODULE: Final = "Microsoft.Resources/deployments"
#: Files that extend others.
_MAX_DEPTH: Final = 20


def deployment(program: Program) -> Piece:
    """The template; without a resource where the file is for none (`using none`)."""
    given = dict(_given(program))
    whole = template(program)
    using = next((item for item in program.statements if isinstance(item, syntax.Using)), None)
    if using is None or using.path is None or using.path.plain is None:
        return whole
    parts = dict(pieces.split(whole))
    link = members({"relativePath": leaf(pieces.literal(using.path.plain), using.path)}, using.path)
    properties = {"templateLink": link, "parameters": members(given, using)}
    found = {
        "type": leaf(_MODULE, using),
        "name": leaf("deployment", using),
        "properties": members(properties, using),
    }
    parts["resources"] = members({"": members(found, using)}, using)  # no name: that of an unknown is the parameter's
    return members(parts, using)


def _given(program: Program, depth: int = 0) -> Iterator[tuple[str, Piece]]:
    """The values; those of a file that this one extends come first, so that this one's take their place."""
    for item in program.statements:
        if isinstance(item, syntax.Extends) and depth < _MAX_DEPTH:
            try:
                base = program.program_at(item.path.plain or "", item.path)
            except Misuse as misuse:
                program.error(misuse.message, misuse.where)
            else:
                yield from _given(base, depth + 1)
    for item in program.statements:
        if isinstance(item, syntax.Parameter) and item.value is not None:
            own = not program.prefix and not isinstance(item.value, syntax.Loop)
            mention = leaf(f"[parameters({quoted(item.name.text)})]", item.name)
            given = members({"value": mention}, item.name) if own else argument(item.value, program.writer)
            yield item.name.text, program.placed(given)
