"""Changes of rules as edits of `.nwp` files, in which a rule is a line.

What the language cannot say raises ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nwpolicy.model.records import dataclass
from nwpolicy.model.source import Document
from nwpolicy.queries.change import Change, RuleGroup, WrittenRule
from nwpolicy.queries.rulejson import field_keys, field_values
from nwpolicy.queries.textedit import TextEdit, indent_at, offsets

__all__ = ["NwpText"]

_INDENT: Final = "  "
_OPENED: Final = re.compile(r"[ \t]*\{")
_ACCESS: Final = {"Allow": "allow", "Deny": "deny"}


@dataclass(frozen=True, slots=True)
class NwpText:
    """A document in the policy language."""

    document: Document

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.document.text else "\n"

    def replacement(self, change: Change) -> TextEdit:
        """The word that changes, where it stands alone; else the whole rule."""
        assert change.old is not None
        if change.fields == ("priority",) and "priority" in change.old.fields:
            return TextEdit(*offsets(change.old.fields["priority"]), str(change.new.priority))
        if change.fields == ("access",) and "access" in change.old.fields:
            return TextEdit(*offsets(change.old.fields["access"]), _ACCESS[str(change.new.access)])
        return self._longer(change, change.old) or TextEdit(*offsets(change.old.source), _line(change.new))

    def _longer(self, change: Change, old: WrittenRule) -> TextEdit | None:
        """More entries behind those of a list, which stay as they were written."""
        name = change.fields[0]
        written = old.fields.get(field_keys(old, name)[1])
        before, after = (field_values(rule, name, short=True) for rule in (old, change.new))
        if written is None or not isinstance(before, list) or not before or after[: len(before)] != before:
            return None
        end = offsets(written)[1]
        return TextEdit(end, end, "".join(f", {text}" for text in after[len(before) :]))

    def addition(self, change: Change, neighbour: WrittenRule, *, before: bool) -> TextEdit | None:
        """A line before or behind another rule; a block of its own for the first rule of a direction."""
        start, end = offsets(neighbour.source)
        indent = indent_at(self.document.text, start)
        if indent is None:
            return None
        if neighbour.direction is not change.new.direction:
            return self.first(change.group, [change.new])
        line = _line(change.new)
        if before:
            return TextEdit(start, start, f"{line}{self._newline}{indent}")
        return TextEdit(end, end, f"{self._newline}{indent}{line}")

    def first(self, group: RuleGroup, rules: Sequence[WrittenRule]) -> TextEdit | None:
        """A block of their direction, at the beginning of the group's."""
        start, end = offsets(group.source)
        outer = indent_at(self.document.text, start)
        if outer is None:
            return None
        inner = f"{self._newline}{outer}{_INDENT}"
        lines = "".join(f"{inner}{_INDENT}{_line(rule)}" for rule in rules)
        block = f"{inner}{str(rules[0].direction).lower()} {{{lines}{inner}}}"
        opened = _OPENED.match(self.document.text, end)
        if opened is None:
            return TextEdit(end, end, f" {{{block}{self._newline}{outer}}}")
        return TextEdit(opened.end(), opened.end(), block)


def _line(rule: WrittenRule) -> str:
    from nwpolicy.readers.nwp import rule_line

    return rule_line(rule)
