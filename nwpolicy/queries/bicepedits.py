"""Changes of rules as edits of Bicep: what changes in a tree, written as Bicep writes it.

As for JSON and YAML, nothing here is trusted: whoever asks for an edit reads the edited text again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.queries.change import Change, WrittenRule
from nwpolicy.queries.textedit import TextEdit
from nwpolicy.queries.treeedits import Tree
from nwpolicy.readers import jsontext
from nwpolicy.readers.bicep import Compiler
from nwpolicy.readers.filestore import DISK
from nwpolicy.readers.linking import Linker

__all__ = ["BicepText"]

_LIMIT: Final = 1 << 27
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


@dataclass(frozen=True, slots=True)
class BicepText(Tree):
    """A Bicep file, and the values of the template that it is compiled to."""

    @classmethod
    def of(cls, document: Document) -> Tree:
        """Raises InputError."""
        linker = Linker(DISK, document.path, _LIMIT, jsontext.parse)
        compiled = Compiler(linker.text, jsontext.parse).compiled(document.path, document.text)
        return cls(compiled.document, compiled.raw, is_yaml=False)

    def addition(self, change: Change, neighbour: WrittenRule, *, before: bool) -> TextEdit | None:
        """A new rule in the list that holds another; none beside a rule that is a resource of its own."""
        sibling = self._at(self._here(neighbour.source))
        if not isinstance(sibling, Mapping) or "type" in sibling:
            return None
        return Tree.addition(self, change, neighbour, before=before)

    @property
    def _is_short(self) -> bool:
        return False

    @property
    def _is_minified(self) -> bool:
        return False

    def _between(self, line: str | None) -> str:
        return ", " if line is None else f"{self._newline}{line}"

    def _text(self, value: Any) -> str:
        match value:
            case dict():
                inner = ", ".join(f"{self._key_text(key)}{self._text(child)}" for key, child in value.items())
                return f"{{ {inner} }}" if inner else "{}"
            case list():
                return f"[{', '.join(map(self._text, value))}]"
            case str():
                return f"'{value.translate(_ESCAPES).replace('${', chr(92) + '${')}'"
            case _:
                return "null" if value is None else str(value).lower()

    def _key_text(self, key: str) -> str:
        return f"{key}: " if _NAME.fullmatch(key) else f"{self._text(key)}: "

    def _block(self, value: Any, line: str | None, width: int) -> str:
        if line is None or not value or not isinstance(value, dict | list):
            return self._text(value)
        inner = line + " " * width
        if isinstance(value, dict):
            items = [f"{self._key_text(key)}{self._block(child, inner, width)}" for key, child in value.items()]
        else:
            items = [self._block(child, inner, width) for child in value]
        first, last = "{}" if isinstance(value, dict) else "[]"
        return self._newline.join((first, *(f"{inner}{item}" for item in items), f"{line}{last}"))
