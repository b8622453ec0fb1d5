"""Names that a language takes for what has any name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["Identifiers"]

_NOT_IN_ONE: Final = re.compile(r"\W+", re.ASCII)
#: Characters of a name; longer ones are expressions, which are told in full elsewhere.
_LONGEST: Final = 60


class Identifiers:
    """Letters, digits and underscores, and none twice, whatever its case. `taken` are names with a meaning."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def like(self, text: str) -> str:
        """A name that is not in use yet."""
        plain = _NOT_IN_ONE.sub("_", text)[:_LONGEST].strip("_") or "value"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        number, name = 1, plain
        while name.lower() in self._taken:
            number += 1
            name = f"{plain}_{number}"
        self._taken.add(name.lower())
        return name
